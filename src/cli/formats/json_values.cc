#include "cli/formats/json_values.h"

#include "base/nearest.h"
#include "cli/formats/json_reader.h"
#include "cli/formats/json_tensor.h"

namespace hasten::cli {
namespace {

using Json = rapidjson::Value;

constexpr int kMaxDepth = 32;

struct KServeType {
  std::string_view name;
  DType dtype;
};
constexpr KServeType kKServeTypes[] = {
    {"BOOL", DType::kBool},  {"UINT8", DType::kU8},     {"UINT16", DType::kU16}, {"UINT32", DType::kU32},
    {"UINT64", DType::kU64}, {"INT8", DType::kI8},      {"INT16", DType::kI16},  {"INT32", DType::kI32},
    {"INT64", DType::kI64},  {"FP16", DType::kF16},     {"FP32", DType::kF32},   {"FP64", DType::kF64},
    {"BF16", DType::kBF16},  {"BYTES", DType::kString},
};

std::string_view TextOf(const Json& v) { return {v.GetString(), v.GetStringLength()}; }

Status Wrong(std::string what) { return Status(Code::kInvalidArgument, std::move(what)); }

const Json* Find(const Json& object, std::string_view key) {
  const auto found = object.FindMember(rapidjson::StringRef(key.data(), key.size()));
  return found == object.MemberEnd() ? nullptr : &found->value;
}

bool IsTensor(const Json& v) { return v.IsObject() && Find(v, "data") && Find(v, "shape"); }
bool IsValue(const Json& v) {
  return !v.IsObject() || IsTensor(v) || (Find(v, "sequence") && v.MemberCount() == 1) ||
         (Find(v, "keys") && Find(v, "values") && v.MemberCount() == 2);
}

// "dtype" as Hasten names types, "datatype" as KServe does; kNone if neither is there.
Result<DType> StatedDType(const Json& tensor) {
  const Json* stated = Find(tensor, "dtype");
  if (!stated) stated = Find(tensor, "datatype");
  if (!stated) return DType::kNone;
  if (!stated->IsString()) return Wrong("\"dtype\" must be text");
  for (const KServeType& t : kKServeTypes)
    if (t.name == TextOf(*stated)) return t.dtype;
  if (const auto dtype = DTypeFromName(TextOf(*stated))) return *dtype;
  return Wrong(Str("no element type is called ", Quote(TextOf(*stated))));
}

Result<Dims> StatedShape(const Json& shape) {
  Dims dims;
  if (!shape.IsArray()) return Wrong("\"shape\" must be a list of lengths");
  for (const Json& d : shape.GetArray()) {
    if (!d.IsInt64() || d.GetInt64() < 0) return Wrong("\"shape\" must be a list of lengths");
    if (dims.rank() == Dims::kMaxRank) return Wrong(Str("\"shape\" has more than ", Dims::kMaxRank, " dimensions"));
    dims.push_back(d.GetInt64());
  }
  return dims;
}

Result<Tensor> ReadTensor(const Json& v, DType wanted) {
  if (v.IsNull()) return Wrong("must be a tensor, is null");
  if (!v.IsObject()) return TensorOfJson(v, std::nullopt, wanted);
  const Json *data = Find(v, "data"), *shape = Find(v, "shape");
  if (!data) return Wrong("must have \"data\"");
  std::optional<Dims> dims;
  if (shape) {
    HASTEN_ASSIGN(dims, StatedShape(*shape));
  }
  HASTEN_ASSIGN(const DType stated, StatedDType(v));
  return TensorOfJson(*data, dims, stated == DType::kNone ? wanted : stated);
}

Result<Value> ReadValue(const Json& v, const Type& type, int depth) {
  if (depth > kMaxDepth) return Wrong(Str("values must not be nested deeper than ", kMaxDepth));
  const Type element = type.element ? *type.element : Type::Unknown();
  if (type.kind == Type::Kind::kOptional) return v.IsNull() ? Value() : ReadValue(v, element, depth + 1);
  if (v.IsObject() && Find(v, "sequence")) {
    const Json& list = *Find(v, "sequence");
    if (!list.IsArray()) return Wrong("\"sequence\" must be a list");
    std::vector<Value> values;
    DType dtype = element.dtype;
    for (const Json& each : list.GetArray()) {
      HASTEN_ASSIGN(Value one, ReadValue(each, element, depth + 1).At(Str("element ", values.size())));
      if (dtype == DType::kNone && one.is_tensor()) dtype = one.tensor().dtype;
      values.push_back(std::move(one));
    }
    return Value::Sequence(dtype, std::move(values));
  }
  if (v.IsObject() && Find(v, "keys") && Find(v, "values")) {
    MapValue map;
    HASTEN_ASSIGN(map.keys, ReadTensor(*Find(v, "keys"), type.dtype).At("keys"));
    HASTEN_ASSIGN(map.values, ReadTensor(*Find(v, "values"), element.dtype).At("values"));
    if (map.keys.dims.rank() != 1 || map.keys.dims != map.values.dims)
      return Wrong("a map must have as many values as keys, each a list");
    return Value::Map(std::move(map));
  }
  HASTEN_ASSIGN(Tensor t, ReadTensor(v, type.dtype));
  return Value(std::move(t));
}

}  // namespace

Result<JsonValues> JsonValues::Open(std::string_view bytes) {
  JsonValues values;
  HASTEN_TRY(ReadJson(bytes, values.document_.get()));
  HASTEN_TRY(values.FindMembers());
  return values;
}

Status JsonValues::FindMembers() {
  const Json& root = *document_;
  if (IsValue(root)) return {};
  const Json* named = &root;
  for (const std::string_view key : {"inputs", "outputs"}) {
    const Json* found = Find(root, key);
    if (found && found->IsArray() && !found->Empty() && (*found)[0].IsObject()) return FindListed(*found).At(key);
    if (found && found->IsObject() && !IsValue(*found)) named = found;
  }
  for (const auto& member : named->GetObject()) members_.push_back({std::string(TextOf(member.name)), &member.value});
  return {};
}

Status JsonValues::FindListed(const Json& list) {
  for (const Json& each : list.GetArray()) {
    const Json* name = each.IsObject() ? Find(each, "name") : nullptr;
    if (!name || !name->IsString()) return Wrong(Str("[", members_.size(), "]: must be an object with a \"name\""));
    members_.push_back({std::string(TextOf(*name)), &each});
  }
  return {};
}

std::vector<std::string> JsonValues::names() const {
  std::vector<std::string> all;
  for (const Member& m : members_) all.push_back(m.name);
  return all;
}

Result<Value> JsonValues::Read(std::string_view name, const Type& type) const {
  if (members_.empty()) return ReadValue(*document_, type, 0);
  for (const Member& m : members_)
    if (m.name == name) return ReadValue(*m.value, type, 0).At(Quote(name));
  if (members_.size() == 1) return ReadValue(*members_[0].value, type, 0).At(Quote(members_[0].name));
  const std::string nearest = Nearest(name, names());
  return Status(Code::kNotFound, Str("there is nothing named ", Quote(name),
                                     nearest.empty() ? "" : Str("; did you mean ", Quote(nearest), "?"), " (",
                                     Join(names(), ", "), ")"));
}

}  // namespace hasten::cli

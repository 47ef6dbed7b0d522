#include "import/onnx/proto_write.h"

#include "import/onnx/type_proto.h"

namespace hasten::onnx {
namespace {

Rope WriteShape(const Shape& shape) {
  Rope out;
  for (const Dim& d : shape.dims()) {
    Rope dim;
    const auto symbol = d.symbol();
    if (d.is_const())
      dim.Int(1, d.value());
    else if (symbol && !IsOpen(d))
      dim.Bytes(2, *symbol);
    out.Message(1, std::move(dim));
  }
  return out;
}

Rope WriteTensorType(const Type& type) {
  Rope out;
  out.Int(1, static_cast<int>(type.dtype));
  if (type.shape.ranked()) out.Message(2, WriteShape(type.shape));
  return out;
}

// The claimed dim stands where inference left it open or has only an expression.
Dim WrittenDim(const Dim& known, const Dim& claimed, std::string_view open_name) {
  if (known.is_const()) return known;
  const auto symbol = known.symbol();
  return !symbol || IsOpen(known) || *symbol == open_name ? claimed : known;
}

// Readers refuse types without an element type; none at all they infer.
bool IsWhole(const Type& type) {
  if (type.element) return IsWhole(*type.element);
  return type.known() && type.dtype != DType::kNone;
}

Type Merge(const Type& known, const Type& claimed, std::string_view name) {
  if (!known.known()) return claimed;
  // A loop may carry an optional that is full whenever it ends.
  if (known.kind == Type::Kind::kOptional && claimed.kind == known.element->kind)
    return Merge(*known.element, claimed, name);
  if (!claimed.known() || known.kind != claimed.kind) return known;
  Type out = known;
  if (known.element) out.element = std::make_shared<const Type>(Merge(*known.element, *claimed.element, name));
  if (out.dtype == DType::kNone) out.dtype = claimed.dtype;
  if (!known.shape.ranked()) out.shape = claimed.shape;
  if (!known.shape.ranked() || !claimed.shape.ranked() || known.shape.rank() != claimed.shape.rank()) return out;
  for (int i = 0; i < out.shape.rank(); ++i)
    out.shape[i] = WrittenDim(known.shape[i], claimed.shape[i], OpenDimName(name, i));
  return out;
}

}  // namespace

Rope WriteType(const Type& type) {
  Rope body, out;
  switch (type.kind) {
    case Type::Kind::kUnknown: break;
    case Type::Kind::kTensor: out.Message(1, WriteTensorType(type)); break;
    case Type::Kind::kSparse: out.Message(8, WriteTensorType(type)); break;
    case Type::Kind::kSequence:
    case Type::Kind::kOptional:
      body.Message(1, WriteType(*type.element));
      out.Message(type.kind == Type::Kind::kSequence ? 4 : 9, std::move(body));
      break;
    case Type::Kind::kMap:
      body.Int(1, static_cast<int>(type.dtype));
      body.Message(2, WriteType(*type.element));
      out.Message(5, std::move(body));
      break;
  }
  return out;
}

Type WrittenType(const GraphValue& value) { return Merge(value.type, value.declared, value.name); }

Rope WriteStringEntry(std::string_view key, std::string_view value) {
  Rope out;
  out.Bytes(1, key);
  out.Bytes(2, value);
  return out;
}

void WriteMetadata(Rope* out, uint32_t field, const std::map<std::string, std::string>& metadata) {
  for (const auto& [key, value] : metadata) out->Message(field, WriteStringEntry(key, value));
}

Rope WriteValueInfo(const GraphValue& value, std::string_view name) {
  Rope out;
  out.Bytes(1, name);
  const Type type = WrittenType(value);
  if (IsWhole(type)) out.Message(2, WriteType(type));
  out.TextUnlessEmpty(3, value.doc);
  WriteMetadata(&out, 4, value.metadata);
  return out;
}

Rope WriteTensorHead(const Tensor& t, std::string_view name, std::string_view doc) {
  Rope out;
  for (const int64_t d : t.dims) out.Int(1, d);
  out.Int(2, static_cast<int>(t.dtype));
  out.TextUnlessEmpty(8, name);
  out.TextUnlessEmpty(12, doc);
  return out;
}

Rope WriteTensor(const Tensor& t, std::string_view name, std::string_view doc) {
  Rope out = WriteTensorHead(t, name, doc);
  if (t.dtype == DType::kString) {
    for (int64_t i = 0; i < t.elements(); ++i) out.Bytes(6, t.string(i));
  } else {
    out.BytesByReference(9, {reinterpret_cast<const char*>(t.data), static_cast<size_t>(t.bytes())});
  }
  return out;
}

}  // namespace hasten::onnx

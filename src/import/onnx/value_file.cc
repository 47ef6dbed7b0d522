#include "import/onnx/value_file.h"

#include <new>
#include <stdexcept>

#include "base/mapped_file.h"
#include "import/onnx/proto.h"
#include "import/onnx/proto_write.h"
#include "import/onnx/tensor_data.h"

namespace hasten {
namespace onnx {
namespace {

constexpr int kMaxDepth = 32;

// The numbers of SequenceProto.DataType and OptionalProto.DataType.
enum ElementKind : int { kUndefined = 0, kTensor = 1, kSparse = 2, kSequence = 3, kMap = 4, kOptional = 5 };

ElementKind KindOf(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kSequence: return kSequence;
    case Type::Kind::kMap: return kMap;
    case Type::Kind::kOptional: return kOptional;
    case Type::Kind::kSparse: return kSparse;
    default: return kTensor;
  }
}

class ValueReader {
 public:
  explicit ValueReader(DataSource* data) : data_(data) {}

  Result<Value> Read(Bytes message, const Type& type, int depth) {
    HASTEN_REQUIRE(depth < kMaxDepth, "values must not be nested deeper than ", kMaxDepth);
    switch (type.kind) {
      case Type::Kind::kSequence: return Sequence(message, type, depth);
      case Type::Kind::kOptional: return Optional(message, type, depth);
      case Type::Kind::kMap: return Map(message, type, depth);
      case Type::Kind::kSparse: {
        HASTEN_ASSIGN(const WireSparse sparse, ReadSparse(message));
        HASTEN_ASSIGN(Constant c, data_->Read(sparse));
        return Value(std::move(c.tensor));
      }
      default: {
        HASTEN_ASSIGN(const WireTensor wire, ReadTensor(message));
        HASTEN_ASSIGN(Constant c, data_->Read(wire));
        return Value(std::move(c.tensor));
      }
    }
  }

 private:
  Result<Value> Sequence(Bytes message, const Type& type, int depth) {
    constexpr uint32_t kFirstValues = 3;  // fields 3 to 7: tensors, sparse tensors, sequences, maps, optionals
    std::vector<Bytes> messages;
    HASTEN_TRY(ReadFields("SequenceProto", message, [&](uint32_t number, Field& f) {
      return number >= kFirstValues && number <= 7 && Take(f, &messages);
    }));
    const Type element = type.element ? *type.element : Type::Unknown();
    DType dtype = element.dtype;
    std::vector<Value> values;
    for (const Bytes m : messages) {
      HASTEN_ASSIGN(Value v, Read(m, element, depth + 1));
      if (dtype == DType::kNone && v.is_tensor()) dtype = v.tensor().dtype;
      values.push_back(std::move(v));
    }
    return Value::Sequence(dtype, std::move(values));
  }

  Result<Value> Optional(Bytes message, const Type& type, int depth) {
    int64_t kind = kUndefined;
    Bytes value;
    bool present = false;
    HASTEN_TRY(ReadFields("OptionalProto", message, [&](uint32_t number, Field& f) {
      if (number == 2) return Take(f, &kind);
      return number >= 3 && number <= 7 && Take(f, &value) && (present = true);
    }));
    if (!present || kind == kUndefined) return Value();
    return Read(value, type.element ? *type.element : Type::Unknown(), depth + 1);
  }

  Result<Value> Map(Bytes message, const Type& type, int depth) {
    std::vector<int64_t> numbers;
    std::vector<std::string> strings;
    Bytes sequence;
    HASTEN_TRY(ReadFields("MapProto", message, [&](uint32_t number, Field& f) {
      if (number == 3) return TakeVarints(f, [&](int64_t v) { numbers.push_back(v); });
      if (number == 4 && IsBytes(f)) return strings.emplace_back(ViewOf(f)), true;
      return number == 5 && Take(f, &sequence);
    }));
    HASTEN_ASSIGN(const Value elements,
                  Sequence(sequence, Type::Sequence(type.element ? *type.element : Type()), depth));
    const size_t keys = std::max(numbers.size(), strings.size()), n = elements.elements().size();
    HASTEN_REQUIRE(keys == n, "a map must have as many values as keys, has ", n, " and ", keys);
    MapValue map;
    const Dims dims{static_cast<int64_t>(n)};
    map.keys = strings.empty() ? TensorOf(dims, numbers) : TensorOf(dims, strings);
    HASTEN_ASSIGN(map.values, NewTensor(n ? elements.element_dtype() : DType::kF32, dims));
    for (size_t i = 0; i < n; ++i) {
      const Value& v = elements.elements()[i];
      HASTEN_REQUIRE(v.is_tensor() && v.tensor().elements() == 1 && v.tensor().dtype == map.values.dtype, "value ", i,
                     " of a map must be one ", Name(map.values.dtype));
      CopyElements(v.tensor(), 0, &map.values, static_cast<int64_t>(i), 1);
    }
    return Value::Map(std::move(map));
  }

  DataSource* data_;
};

Rope WriteValue(const Value& value, const Type& type, std::string_view name);

Rope WriteMap(const MapValue& map, std::string_view name) {
  Rope out, values;
  out.TextUnlessEmpty(1, name);
  out.Int(2, static_cast<int>(map.keys.dtype));
  for (int64_t i = 0; i < map.keys.elements(); ++i) {
    if (map.keys.dtype == DType::kString)
      out.Bytes(4, map.keys.string(i));
    else
      out.Int(3, map.keys.Int(i));
  }
  values.Int(2, kTensor);
  for (int64_t i = 0; i < map.values.elements(); ++i) {
    Result<Tensor> one = NewTensor(map.values.dtype, Dims{});
    if (!one.ok()) break;
    CopyElements(map.values, i, &*one, 0, 1);
    Rope copied;
    copied.Copy(WriteTensor(*one, {}, {}).Flat());  // `one` does not outlive the rope
    values.Message(3, std::move(copied));
  }
  out.Message(5, std::move(values));
  return out;
}

Rope WriteSequence(const Value& value, const Type& element, std::string_view name) {
  Rope out;
  out.TextUnlessEmpty(1, name);
  const ElementKind kind = KindOf(element);
  out.Int(2, kind);
  for (const Value& v : value.elements()) out.Message(2 + static_cast<uint32_t>(kind), WriteValue(v, element, {}));
  return out;
}

Rope WriteOptional(const Value& value, const Type& element, std::string_view name) {
  Rope out;
  out.TextUnlessEmpty(1, name);
  const ElementKind kind = KindOf(element);
  out.Int(2, value.has() ? kind : kUndefined);
  if (value.has()) out.Message(2 + static_cast<uint32_t>(kind), WriteValue(value, element, {}));
  return out;
}

// The type says what wraps the value; where it says less than the value knows, the value does.
Rope WriteValue(const Value& value, const Type& type, std::string_view name) {
  const Type element = type.element ? *type.element : Type::Unknown();
  if (type.kind == Type::Kind::kOptional) return WriteOptional(value, element, name);
  switch (value.kind()) {
    case Value::Kind::kTensor: return WriteTensor(value.tensor(), name, {});
    case Value::Kind::kMap: return WriteMap(value.map(), name);
    case Value::Kind::kSequence: {
      const bool of_maps = !value.elements().empty() && value.elements()[0].kind() == Value::Kind::kMap;
      return WriteSequence(value, of_maps ? Type::Map(DType::kI64, Type::Unknown()) : element, name);
    }
    default: return {};
  }
}

template <class R, class F>
R Safely(const std::string& path, F work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Status(Code::kOutOfMemory, Str(path, ": not enough memory"));
  } catch (const std::length_error&) {
    return Status(Code::kOutOfMemory, Str(path, ": a list is too long"));
  }
}

}  // namespace
}  // namespace onnx

Result<Value> ReadValuePb(const std::string& path, const Type& expected) {
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  return ReadValuePb(file->bytes(), file, expected).At(path);
}

Result<Value> ReadValuePb(std::string_view bytes, std::shared_ptr<const void> owner, const Type& expected) {
  return onnx::Safely<Result<Value>>("value", [&]() -> Result<Value> {
    onnx::DataSource data(bytes, std::move(owner), "", false);
    return onnx::ValueReader(&data).Read(bytes, expected, 0);
  });
}

Status WriteValuePb(const std::string& path, const Value& value, const Type& type, const std::string& name) {
  return onnx::Safely<Status>(
      path, [&]() -> Status { return WriteFile(path, onnx::WriteValue(value, type, name).Pieces()); });
}

}  // namespace hasten

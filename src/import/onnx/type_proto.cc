#include "import/onnx/type_proto.h"

#include "import/onnx/proto.h"
#include "import/onnx/tensor_data.h"

namespace hasten::onnx {
namespace {

constexpr int kMaxDepth = 32;  // of sequences of optionals of maps of ...

Result<Dim> ReadDim(Bytes message) {
  int64_t value = -1;
  Bytes symbol;
  HASTEN_TRY(ReadFields("Dimension", message, [&](uint32_t number, Field& f) {
    return number == 1 ? Take(f, &value) : number == 2 && Take(f, &symbol);
  }));
  if (!symbol.empty() && symbol.front() != '?') return Dim::Symbol(symbol);
  return value >= 0 ? Dim(value) : Dim::Fresh();
}

Result<Shape> ReadShape(Bytes message) {
  std::vector<Bytes> messages;
  HASTEN_TRY(ReadFields("TensorShapeProto", message,
                        [&](uint32_t number, Field& f) { return number == 1 && Take(f, &messages); }));
  HASTEN_REQUIRE(messages.size() <= Dims::kMaxRank, "rank must be at most ", Dims::kMaxRank, ", is ", messages.size());
  std::vector<Dim> dims;
  for (const Bytes m : messages) {
    HASTEN_ASSIGN(Dim d, ReadDim(m));
    dims.push_back(std::move(d));
  }
  return Shape(std::move(dims));
}

// The fields that the kinds of types share: a number (dtype, key) and a message (shape, element).
struct Parts {
  int64_t number = 0;
  Bytes message;
  bool has_message = false;
};

Result<Parts> ReadParts(Bytes message) {
  Parts p;
  HASTEN_TRY(ReadFields("TypeProto", message, [&](uint32_t number, Field& f) {
    if (number > 2) return false;
    return Take(f, &p.number) || (Take(f, &p.message) && (p.has_message = true));
  }));
  return p;
}

Result<Type> ReadKind(uint32_t number, Bytes message, int depth);

Result<Type> ReadNested(Bytes message, int depth) {
  HASTEN_REQUIRE(depth < kMaxDepth, "types must not be nested deeper than ", kMaxDepth);
  uint32_t kind = 0;
  Bytes body;
  HASTEN_TRY(ReadFields("TypeProto", message, [&](uint32_t number, Field& f) {
    if (number == 6 || !Take(f, &body)) return false;
    kind = number;
    return true;
  }));
  return ReadKind(kind, body, depth);
}

Result<Type> ReadKind(uint32_t number, Bytes message, int depth) {
  constexpr uint32_t kTensor = 1, kSequence = 4, kMap = 5, kSparse = 8, kOptional = 9;
  HASTEN_ASSIGN(const Parts p, ReadParts(message));
  switch (number) {
    case kTensor:
    case kSparse: {
      DType dtype = DType::kNone;  // where unknown, as exporters do it
      if (p.number != 0) {
        HASTEN_ASSIGN(dtype, DTypeOf(p.number));
      }
      Shape shape;
      if (p.has_message) {
        HASTEN_ASSIGN(shape, ReadShape(p.message));
      }
      return number == kTensor ? Type::Tensor(dtype, std::move(shape)) : Type::Sparse(dtype, std::move(shape));
    }
    case kSequence: {
      HASTEN_ASSIGN(Type element, ReadNested(p.message, depth + 1));
      return Type::Sequence(std::move(element));
    }
    case kOptional: {
      HASTEN_ASSIGN(Type element, ReadNested(p.message, depth + 1));
      return Type::Optional(std::move(element));
    }
    case kMap: {
      HASTEN_ASSIGN(const DType key, DTypeOf(p.number));
      HASTEN_ASSIGN(Type value, ReadNested(p.message, depth + 1));
      return Type::Map(key, std::move(value));
    }
    default: return Type::Unknown();
  }
}

}  // namespace

Result<Type> ReadType(Bytes message) { return ReadNested(message, 0); }

bool IsOpen(const Dim& claimed) {
  const auto symbol = claimed.symbol();
  return symbol && symbol->starts_with('?');
}

std::string OpenDimName(std::string_view input, int axis) { return Str(input, "_dim", axis); }

Type InputType(const Type& claimed, std::string_view input) {
  Type out = claimed;
  if (!out.is_tensor() || !out.shape.ranked()) return out;
  for (int i = 0; i < out.shape.rank(); ++i)
    if (IsOpen(out.shape[i]) || out.shape[i].is(0)) out.shape[i] = Dim::Symbol(OpenDimName(input, i));
  return out;
}

}  // namespace hasten::onnx

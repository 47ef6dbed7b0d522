#include "cli/random_input.h"

#include "ir/graph.h"

namespace hasten::cli {
namespace {

Result<Tensor> RandomTensor(DType dtype, const Dims& dims, uint64_t seed) {
  Generator generator{Generator::Kind::kUniform, seed, 0, 1};
  const Lane lane = LaneOf(dtype);
  if (lane == Lane::kInt64 || lane == Lane::kUint64 || lane == Lane::kString)
    generator.kind = Generator::Kind::kIntegers;
  if (lane != Lane::kString) return Generate(generator, dtype, dims);
  HASTEN_ASSIGN(const Tensor numbers, Generate(generator, DType::kU8, dims));
  HASTEN_ASSIGN(Tensor out, NewTensor(DType::kString, dims));
  for (int64_t i = 0; i < out.elements(); ++i) out.as<std::string>()[i] = Str(numbers.Int(i));
  return out;
}

Dims AssumedDims(const Shape& shape) {
  Dims dims;
  for (const Dim& d : shape.dims()) dims.push_back(d.is_const() ? d.value() : 1);
  return dims;
}

}  // namespace

Result<Value> RandomValue(const Type& type, const Dims& dims, uint64_t seed) {
  switch (type.kind) {
    case Type::Kind::kTensor: {
      HASTEN_ASSIGN(Tensor t, RandomTensor(type.dtype, dims, seed));
      return Value(std::move(t));
    }
    case Type::Kind::kSequence: {
      HASTEN_ASSIGN(Value element, RandomValue(*type.element, AssumedDims(type.element->shape), seed));
      return Value::Sequence(type.element->dtype, {std::move(element)});
    }
    case Type::Kind::kOptional: return RandomValue(*type.element, AssumedDims(type.element->shape), seed);
    default: return Status(Code::kInvalidArgument, Str("a ", type, " cannot be made up: it must be given"));
  }
}

}  // namespace hasten::cli

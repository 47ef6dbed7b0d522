#include "cli/random_input.h"

#include "cli/image_recipe.h"
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

constexpr std::string_view kRandom = "random", kRange = "random:", kZeros = "zeros", kOnes = "ones";

}  // namespace

bool IsPseudoFile(std::string_view text) {
  return text == kRandom || text.starts_with(kRange) || text == kZeros || text == kOnes;
}

Result<Value> PseudoFile(std::string_view text, const Type& type, const Dims& dims, uint64_t seed) {
  if (text == kRandom) return RandomValue(type, dims, seed);
  const bool numbers = type.is_tensor() && (IsFloat(type.dtype) || IsInteger(type.dtype) || type.dtype == DType::kBool);
  if (!numbers) return Status(Code::kInvalidArgument, Str("must be a tensor of numbers for ", text, ", is ", type));
  Generator generator{Generator::Kind::kConstant, seed, text == kOnes ? 1.0 : 0.0, 0};
  if (text.starts_with(kRange)) {
    HASTEN_ASSIGN(const std::vector<double> range, ParseNumbers(text.substr(kRange.size())));
    const bool integers = !IsFloat(type.dtype);
    if (range.size() != 2 || range[0] > range[1])
      return Status(Code::kInvalidArgument, Str("'", text, "' must be random:LOW,HIGH, as in random:-1,1"));
    if (integers &&
        (range[0] < static_cast<double>(IntMin(type.dtype)) || range[1] > static_cast<double>(IntMax(type.dtype)) ||
         range[0] != std::floor(range[0]) || range[1] != std::floor(range[1])))
      return Status(Code::kInvalidArgument, Str("'", text, "' must be a range of integers of ", Name(type.dtype)));
    generator.kind = integers ? Generator::Kind::kIntegers : Generator::Kind::kUniform;
    generator.a = range[0];
    generator.b = range[1];
  }
  HASTEN_ASSIGN(Tensor t, Generate(generator, type.dtype, dims));
  return Value(std::move(t));
}

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

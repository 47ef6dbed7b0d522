// Any bytes as a TensorProto, SequenceProto, MapProto or OptionalProto: an error or a value.
#include "base/memory.h"
#include "import/onnx/value_file.h"

using namespace hasten;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 28);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const Type tensor = Type::Tensor(DType::kF32, Shape());
  const Type types[] = {tensor, Type::Unknown(), Type::Sequence(tensor), Type::Optional(tensor),
                        Type::Map(DType::kI64, tensor)};
  for (const Type& type : types) (void)ReadValuePb(*bytes, bytes, type);
  return 0;
}

// Any bytes as JSON values: an error, or values of the types that are asked for.
#include "base/memory.h"
#include "cli/formats/json_values.h"

using namespace hasten;
using namespace hasten::cli;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 28);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto values = JsonValues::Open({reinterpret_cast<const char*>(data), size});
  if (!values.ok()) return 0;
  std::vector<std::string> names = values->names();
  names.resize(std::min<size_t>(names.size(), 8));
  names.push_back("");
  for (const std::string& name : names)
    for (const DType dtype : {DType::kNone, DType::kF32, DType::kI8, DType::kString, DType::kC64}) {
      Type type;
      if (dtype != DType::kNone) type = Type::Tensor(dtype, Dims{2, 2});
      (void)values->Read(name, type);
    }
  return 0;
}

// Any bytes as a plan file: an error, or a plan that runs within limits.  Checksums are made right where the outer form
// allows, so that what is behind them is reached.
#include "base/memory.h"
#include "engine/session.h"
#include "fuzz/small_inputs.h"
#include "plan/plan_file.h"

using namespace hasten;

namespace {

void Try(const std::shared_ptr<const std::string>& bytes) {
  auto file = PlanFile::Of(bytes, *bytes);
  if (!file.ok()) return;
  auto loaded = file->Load({});
  if (!loaded.ok()) return;
  const auto inputs = SmallInputs(*loaded->plan);
  if (!inputs) return;
  Executor executor(loaded->plan, {.max_arena_bytes = 16 << 20});
  RunOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  std::vector<Value> outputs;
  (void)executor.Run(*inputs, &outputs, options);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  SetMemoryLimit(int64_t{1} << 30);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = std::make_shared<std::string>(reinterpret_cast<const char*>(data), size);
  Try(bytes);
  auto sealed = std::make_shared<std::string>(*bytes);
  if (!SealSections(sealed.get())) return 0;
  Try(sealed);
  return 0;
}

// Any bytes as a plan file: an error, or a plan that runs within limits.  Checksums are made right where the outer form
// allows, so that what is behind them is reached.
#include "engine/session.h"
#include "plan/plan_file.h"

using namespace hasten;

namespace {

// Inputs of the types the graph declares, open dims 1; none where there is no such small value.
std::optional<std::vector<Value>> Inputs(const Plan& plan) {
  std::vector<Value> inputs;
  for (SlotId s : plan.inputs) {
    const Type& type = plan.values[s].graph->value(plan.values[s].value).type;
    if (!type.is_tensor() || !type.shape.ranked()) return std::nullopt;
    Dims dims;
    for (const Dim& d : type.shape.dims()) dims.push_back(d.is_const() ? d.value() : 1);
    const auto elements = CheckedElements(dims);
    if (!elements.ok() || *elements > 1 << 16) return std::nullopt;
    auto t = NewTensor(type.dtype, dims);
    if (!t.ok()) return std::nullopt;
    inputs.emplace_back(*std::move(t));
  }
  return inputs;
}

void Try(const std::shared_ptr<const std::string>& bytes) {
  auto file = PlanFile::Of(bytes, *bytes);
  if (!file.ok()) return;
  auto loaded = file->Load({});
  if (!loaded.ok()) return;
  const auto inputs = Inputs(*loaded->plan);
  if (!inputs) return;
  Executor executor(loaded->plan, {.max_arena_bytes = 16 << 20});
  RunOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  std::vector<Value> outputs;
  (void)executor.Run(*inputs, &outputs, options);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = std::make_shared<std::string>(reinterpret_cast<const char*>(data), size);
  Try(bytes);
  auto sealed = std::make_shared<std::string>(*bytes);
  if (!SealSections(sealed.get())) return 0;
  Try(sealed);
  return 0;
}

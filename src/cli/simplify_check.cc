#include "cli/simplify_check.h"

#include <fmt/format.h>

#include "base/cores.h"
#include "cli/fixed_shapes.h"
#include "cli/formats/value_files.h"
#include "cli/random_input.h"
#include "cli/samples_apart.h"
#include "cli/until_exit.h"
#include "ops/infer.h"
#include "passes/inline_body.h"
#include "tensor/compare.h"

namespace hasten::cli {
namespace {

// Lengths to try for dims that the model leaves open: of the first axis, of others of a matrix (a row of samples or
// tokens), and of others of more (pictures, states).
struct Sizes {
  int64_t first, row, inner;
};
constexpr Sizes kSizes[] = {{1, 2, 2},   {2, 2, 2},   {1, 1, 1},     {1, 8, 8},    {1, 48, 48},
                            {1, 64, 64}, {1, 512, 1}, {1, 256, 256}, {1, 512, 512}};
constexpr int kOneSample = 0, kTwoSamples = 1;  // a batch of two shows what mixes samples

bool HasHalfPrecision(const Graph& graph) {
  for (ValueId v = 0; v < graph.value_slots(); ++v) {
    const DType dtype = graph.value(v).alive ? graph.value(v).type.dtype : DType::kNone;
    if (dtype == DType::kF16 || dtype == DType::kBF16) return true;
  }
  return false;
}

void Fill(const std::string& how, Tensor* t) {
  for (int64_t i = 0; how != "random" && LaneOf(t->dtype) != Lane::kString && i < t->elements(); ++i) {
    const int64_t v = how == "arange" ? i : how == "ones";
    if (LaneOf(t->dtype) == Lane::kDouble)
      t->SetDouble(i, static_cast<double>(v));
    else if (LaneOf(t->dtype) != Lane::kComplex)
      t->SetInt(i, v);
  }
}

// Within rtol of the largest element: one that is small among its neighbours has their rounding in it.
void CompareOutputs(const Graph& graph, std::span<const Value> is, std::span<const Value> want, double atol,
                    SimplifyCheck* check) {
  for (size_t i = 0; i < want.size() && check->differs.empty(); ++i) {
    const Difference scale = Compare(is[i], want[i], {check->rtol, atol});
    const double absolute = atol + check->rtol * scale.max_expected;
    const Difference d = Compare(is[i], want[i], {0, absolute});
    check->largest = std::max(check->largest, d.scaled());
    if (!d.equal)
      check->differs = fmt::format("output {}: {} (largest difference {:.3g}, allowed {:.3g})",
                                   Quote(graph.value(graph.outputs[i]).name), d.what, d.max_absolute, absolute);
  }
}

// A session as the check runs models: without passes, by the kernels a cost model chooses.
Result<std::unique_ptr<Session>> CheckSession(std::shared_ptr<const Model> model,
                                              const std::shared_ptr<ThreadPool>& pool) {
  SessionOptions options;
  options.pool = pool;
  options.passes = false;
  options.plan.level = 0;
  options.plan.numerics = Numerics::kReassociated;
  return Session::Of(std::move(model), options);
}

// The outputs that input set `number` gives.
Status Run(const CheckInputs& inputs, int64_t number, int attempt, Session* session, std::vector<Value>* outputs) {
  HASTEN_ASSIGN(const std::vector<Value> values, inputs.Set(number, attempt));
  return session->Run(values, outputs);
}

// `work` on a thread of its own, for which one of the pool's rests until it is done.
template <class Work>
std::future<std::invoke_result_t<Work>> BesideCaller(const CheckInputs& inputs, Work work) {
  inputs.pool()->Rest(1);
  return std::async(std::launch::async, [pool = inputs.pool(), work = std::move(work)] {
    auto result = work();
    pool->Rest(0);
    return result;
  });
}

}  // namespace

CheckInputs::CheckInputs(const SimplifyFlags& flags, std::shared_ptr<const Model> original, InputShapes shapes)
    : flags_(&flags),
      original_(std::move(original)),
      pool_(std::make_shared<ThreadPool>(UsableCores())),
      shapes_(std::move(shapes)),
      first_attempt_(KeepsSamplesApart(original_->graph) ? kOneSample : kTwoSamples),
      given_(original_->graph.inputs.size()) {}

Result<CheckInputs> CheckInputs::Of(const SimplifyFlags& flags, std::shared_ptr<const Model> original) {
  HASTEN_ASSIGN(const auto texts, NormalShapes(original->graph, flags.test_shapes));
  HASTEN_ASSIGN(InputShapes shapes, InputShapes::Of(original->graph, texts));
  CheckInputs made(flags, std::move(original), std::move(shapes));
  HASTEN_TRY(made.ReadFiles());
  return made;
}

Status CheckInputs::ReadFiles() {
  const Graph& graph = original_->graph;
  for (const std::string& text : flags_->input_files) {
    size_t cut = text.find_first_of(":=");
    for (; cut != std::string::npos; cut = text.find_first_of(":=", cut + 1))
      if (FindInput(graph, text.substr(0, cut)).ok()) break;
    if (cut == std::string::npos)
      return FindInput(graph, text.substr(0, text.find_first_of(":="))).status().At("--input-data-path");
    HASTEN_ASSIGN(const size_t i, FindInput(graph, text.substr(0, cut)));
    const GraphValue& input = graph.value(graph.inputs[i]);
    std::optional<KnownDims> dims;
    if (input.type.is_tensor() && shapes_.HasRank(i)) dims = shapes_.Known(i);
    HASTEN_ASSIGN(given_[i], ReadValue(text.substr(cut + 1), {.type = input.type, .name = input.name, .dims = dims}));
  }
  return {};
}

Result<std::vector<Value>> CheckInputs::Set(int64_t number, int attempt) const {
  if (number > 0 || attempt != first_attempt_) return Make(number, attempt);
  std::call_once(first_->once, [this] {
    if (auto made = Make(0, first_attempt_); made.ok()) first_->values = *std::move(made);
  });
  if (!first_->values) return Make(0, first_attempt_);  // the error again
  return *first_->values;
}

Result<std::vector<Value>> CheckInputs::Make(int64_t number, int attempt) const {
  const Graph& graph = original_->graph;
  const Sizes& sizes = kSizes[attempt];
  const uint64_t seed = flags_->seed + static_cast<uint64_t>(number) * 1000;
  std::vector<Value> out = given_;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i].has()) continue;
    const GraphValue& input = graph.value(graph.inputs[i]);
    Dims dims;
    if (input.type.is_tensor()) {
      if (!shapes_.HasRank(i))
        return Status(Code::kInvalidArgument, Str("the rank of input ", Quote(input.name), " is not known"));
      const auto known = shapes_.Known(i);
      for (size_t axis = 0; axis < known.size(); ++axis)
        dims.push_back(known[axis].value_or(axis == 0 ? sizes.first : known.size() == 2 ? sizes.row : sizes.inner));
    }
    HASTEN_ASSIGN(out[i], RandomValue(input.type, dims, seed + i).At(Str("input ", Quote(input.name))));
    if (out[i].is_tensor()) Fill(flags_->fill, &out[i].tensor());
  }
  return out;
}

int CheckInputs::end_of_attempts() const {
  for (size_t i = 0; i < given_.size(); ++i) {
    if (given_[i].has() || !shapes_.HasRank(i)) continue;
    for (const auto& dim : shapes_.Known(i))
      if (!dim) return static_cast<int>(std::size(kSizes));
  }
  return first_attempt_ + 1;
}

namespace {

OriginalRun RunOriginal(const CheckInputs& inputs) {
  OriginalRun r;
  if (HasRandomOps(inputs.original()->graph)) {
    r.why_not = "the model draws random numbers";
    return r;
  }
  auto made = CheckSession(inputs.original(), inputs.pool());
  if (!made.ok()) {
    r.why_not = made.message();
    return r;
  }
  r.session = *std::move(made);
  for (int attempt = inputs.first_attempt(); attempt < inputs.end_of_attempts() && !r.attempt; ++attempt) {
    const Status status = Run(inputs, 0, attempt, r.session.get(), &r.outputs);
    if (status.ok()) r.attempt = attempt;
    if (!status.ok() && r.why_not.empty()) r.why_not = status.message();
  }
  return r;
}

}  // namespace

std::future<OriginalRun> OriginalRun::Begin(const CheckInputs& inputs) {
  return BesideCaller(inputs, [&inputs] { return RunOriginal(inputs); });
}

Result<SimplifyCheck> CheckSimplified(const CheckInputs& inputs, std::shared_ptr<const Model> simplified,
                                      std::future<OriginalRun> original) {
  const SimplifyFlags& flags = inputs.flags();
  const Graph& graph = inputs.original()->graph;
  auto session = CheckSession(simplified, inputs.pool());
  // On what the original most likely can be run on; else once more.
  std::vector<Value> is;
  std::optional<Status> ran;
  if (session.ok()) ran = Run(inputs, 0, inputs.first_attempt(), session->get(), &is);
  inputs.pool()->Rest(0);
  OriginalRun judge = original.get();
  SimplifyCheck check;
  check.rtol = flags.rtol.value_or(HasHalfPrecision(graph) ? 1e-2 : 1e-4);
  check.why_not = judge.attempt ? "" : judge.why_not;
  if (!judge.attempt) return check;
  if (!session.ok()) return std::move(session).status().At("the simplified model");
  // Behind what was asked for comes a batch of two, where the original alone is known to keep samples apart.
  const bool adds_two = *judge.attempt == kOneSample && !KeepsSamplesApart(simplified->graph);
  for (; check.runs < flags.check_n + adds_two && check.differs.empty(); ++check.runs) {
    const bool is_added = check.runs == flags.check_n;
    const int64_t number = is_added ? 0 : check.runs;
    const int attempt = is_added ? kTwoSamples : *judge.attempt;
    if (check.runs > 0) {
      auto again =
          BesideCaller(inputs, [&] { return Run(inputs, number, attempt, judge.session.get(), &judge.outputs); });
      ran = Run(inputs, number, attempt, session->get(), &is);
      inputs.pool()->Rest(0);
      Status status = again.get();
      if (!status.ok() && is_added) break;  // the original takes one sample only
      HASTEN_TRY(std::move(status));
    } else if (attempt != inputs.first_attempt()) {
      ran = Run(inputs, 0, attempt, session->get(), &is);
    }
    HASTEN_TRY((*std::move(ran)).At("the simplified model"));
    HASTEN_REQUIRE(is.size() == judge.outputs.size(), "the simplified model has ", is.size(), " outputs, not ",
                   judge.outputs.size());
    CompareOutputs(graph, is, judge.outputs, flags.atol, &check);
  }
  KeepUntilExit(*std::move(session));
  KeepUntilExit(std::move(judge.session));
  return check;
}

}  // namespace hasten::cli

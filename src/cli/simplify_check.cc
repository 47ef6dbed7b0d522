#include "cli/simplify_check.h"

#include <fmt/format.h>

#include "cli/fixed_shapes.h"
#include "cli/formats/value_files.h"
#include "cli/random_input.h"
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
constexpr Sizes kSizes[] = {{2, 2, 2},   {1, 1, 1},   {1, 8, 8},     {1, 48, 48},
                            {1, 64, 64}, {1, 512, 1}, {1, 256, 256}, {1, 512, 512}};

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

class Checker {
 public:
  Checker(const SimplifyFlags& flags, const Model& model, InputShapes shapes)
      : flags_(flags), graph_(model.graph), shapes_(std::move(shapes)), given_(graph_.inputs.size()) {}

  Status ReadFiles() {
    for (const std::string& text : flags_.input_files) {
      size_t cut = text.find_first_of(":=");
      for (; cut != std::string::npos; cut = text.find_first_of(":=", cut + 1))
        if (FindInput(graph_, text.substr(0, cut)).ok()) break;
      if (cut == std::string::npos)
        return FindInput(graph_, text.substr(0, text.find_first_of(":="))).status().At("--input-data-path");
      HASTEN_ASSIGN(const size_t i, FindInput(graph_, text.substr(0, cut)));
      const Type& type = graph_.value(graph_.inputs[i]).type;
      std::optional<KnownDims> dims;
      if (type.is_tensor() && shapes_.HasRank(i)) dims = shapes_.Known(i);
      HASTEN_ASSIGN(given_[i], ReadValue(text.substr(cut + 1),
                                         {.type = type, .name = graph_.value(graph_.inputs[i]).name, .dims = dims}));
    }
    return {};
  }

  Result<std::vector<Value>> Inputs(uint64_t seed, const Sizes& sizes) const {
    std::vector<Value> out = given_;
    for (size_t i = 0; i < out.size(); ++i) {
      if (out[i].has()) continue;
      const GraphValue& input = graph_.value(graph_.inputs[i]);
      Dims dims;
      if (input.type.is_tensor()) {
        if (!shapes_.HasRank(i))
          return Status(Code::kInvalidArgument, Str("the rank of input ", Quote(input.name), " is not known"));
        const auto known = shapes_.Known(i);
        for (size_t axis = 0; axis < known.size(); ++axis)
          dims.push_back(known[axis].value_or(axis == 0 ? sizes.first : known.size() == 2 ? sizes.row : sizes.inner));
      }
      HASTEN_ASSIGN(out[i], RandomValue(input.type, dims, seed + i).At(Str("input ", Quote(input.name))));
      if (out[i].is_tensor()) Fill(flags_.fill, &out[i].tensor());
    }
    return out;
  }

  bool any_open() const {
    for (size_t i = 0; i < given_.size(); ++i) {
      if (given_[i].has() || !shapes_.HasRank(i)) continue;
      for (const auto& dim : shapes_.Known(i))
        if (!dim) return true;
    }
    return false;
  }

 private:
  const SimplifyFlags& flags_;
  const Graph& graph_;
  InputShapes shapes_;
  std::vector<Value> given_;
};

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

}  // namespace

Result<std::unique_ptr<Session>> CheckSession(std::shared_ptr<const Model> model, std::shared_ptr<RunMemory> memory) {
  SessionOptions options;
  options.threads = 0;
  options.passes = false;
  options.plan.level = 0;
  options.plan.numerics = Numerics::kReassociated;
  options.memory = std::move(memory);
  return Session::Of(std::move(model), options);
}

struct OriginalRun::State {
  const SimplifyFlags& flags;
  std::shared_ptr<const Model> model;
  Checker checker;
  std::unique_ptr<Session> session;
  std::optional<Sizes> sizes;  // of open dims; none: it cannot be run
  std::vector<Value> inputs, outputs;
  SimplifyCheck check;

  State(const SimplifyFlags& f, std::shared_ptr<const Model> m, InputShapes shapes)
      : flags(f), model(std::move(m)), checker(f, *model, std::move(shapes)) {
    check.rtol = f.rtol.value_or(HasHalfPrecision(model->graph) ? 1e-2 : 1e-4);
  }

  // Says in `check` why it cannot be run.
  void Run(std::shared_ptr<RunMemory> memory) {
    if (HasRandomOps(model->graph)) {
      check.why_not = "the model draws random numbers";
      return;
    }
    auto made = CheckSession(model, std::move(memory));
    if (!made.ok()) {
      check.why_not = made.message();
      return;
    }
    session = *std::move(made);
    for (const Sizes& attempt : kSizes) {
      const Status status = RunOn(0, attempt);
      if (status.ok()) sizes = attempt;
      if (!status.ok() && check.why_not.empty()) check.why_not = status.message();
      if (sizes || !checker.any_open()) break;
    }
    if (sizes) check.why_not.clear();
  }

  // Input set `number` and the outputs it gives.
  Status RunOn(int64_t number, const Sizes& of) {
    HASTEN_ASSIGN(inputs, checker.Inputs(flags.seed + static_cast<uint64_t>(number) * 1000, of));
    return session->Run(inputs, &outputs);
  }
};

OriginalRun::OriginalRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
OriginalRun::OriginalRun(OriginalRun&&) noexcept = default;
OriginalRun::~OriginalRun() = default;

Result<OriginalRun> OriginalRun::Of(const SimplifyFlags& flags, std::shared_ptr<const Model> original,
                                    std::shared_ptr<RunMemory> memory) {
  HASTEN_ASSIGN(const auto texts, NormalShapes(original->graph, flags.test_shapes));
  HASTEN_ASSIGN(InputShapes shapes, InputShapes::Of(original->graph, texts));
  auto state = std::make_unique<State>(flags, std::move(original), std::move(shapes));
  HASTEN_TRY(state->checker.ReadFiles());
  state->Run(std::move(memory));
  return OriginalRun(std::move(state));
}

Result<SimplifyCheck> OriginalRun::Check(Result<std::unique_ptr<Session>> simplified) {
  State& s = *state_;
  SimplifyCheck check = s.check;
  if (!s.sizes) return check;
  HASTEN_ASSIGN(const std::unique_ptr<Session> session, std::move(simplified));
  std::vector<Value> is;
  for (; check.runs < s.flags.check_n && check.differs.empty(); ++check.runs) {
    if (check.runs > 0) HASTEN_TRY(s.RunOn(check.runs, *s.sizes));
    HASTEN_TRY(session->Run(s.inputs, &is).At("the simplified model"));
    HASTEN_REQUIRE(is.size() == s.outputs.size(), "the simplified model has ", is.size(), " outputs, not ",
                   s.outputs.size());
    CompareOutputs(s.model->graph, is, s.outputs, s.flags.atol, &check);
  }
  return check;
}

}  // namespace hasten::cli

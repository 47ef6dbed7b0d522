#include <cstring>

#include "kernels/cpu/axis_fold.h"
#include "ops/reduction.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

struct Entry {
  std::string_view op;
  Fold fold;
  FoldFinish finish = FoldFinish::kNone;
};
constexpr Entry kEntries[] = {
    {"ReduceSum", Fold::kSum},
    {"ReduceMean", Fold::kSum, FoldFinish::kMean},
    {"ReduceMax", Fold::kMax},
    {"ReduceMin", Fold::kMin},
    {"ReduceProd", Fold::kProduct},
    {"ReduceL1", Fold::kAbs},
    {"ReduceL2", Fold::kSquare, FoldFinish::kRoot},
    {"ReduceSumSquare", Fold::kSquare},
    {"ReduceLogSum", Fold::kSum, FoldFinish::kLog},
    {"ReduceLogSumExp", Fold::kExp, FoldFinish::kLogSumExp},
};
constexpr auto kOps = [] {
  std::array<std::string_view, std::size(kEntries)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kEntries[i].op;
  return names;
}();

// The axes must be known when the plan is made.
bool Supports(const PlanCall& call) {
  return call.in[0].dtype == DType::kF32 &&
         (!call.has(1) || (call.constant(1) && call.constant(1)->elements() <= Dims::kMaxRank));
}

struct Params {
  int64_t entry = 0, count = 0;
  bool all = false;
  int64_t axes[Dims::kMaxRank] = {};
};

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  Params p;
  p.entry = std::find(kOps.begin(), kOps.end(), call.node->op->name) - kOps.begin();
  if (const Tensor* axes = call.constant(1))
    for (int64_t v : ToInts(*axes)) p.axes[p.count++] = v;
  p.all = p.count == 0 && !call.attrs<ReduceAttrs>().noop_with_empty_axes;
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Params p;
  std::memcpy(&p, s.params, sizeof p);
  const Dims x = *s.in[0].shape.Concrete();
  uint32_t gone = p.all ? (uint32_t{1} << x.rank()) - 1 : 0;
  for (int64_t i = 0; i < p.count; ++i) {
    HASTEN_ASSIGN(const int axis, NormalizeAxis(p.axes[i], x.rank()));
    gone |= uint32_t{1} << axis;
  }
  const Entry& e = kEntries[p.entry];
  const AxisFold fold = MakeAxisFold(x, gone, e.fold, e.finish);
  binding->phases = {Chunks(fold)};
  KeepBound(fold, binding);
  return {};
}

Status Run(KernelCall& c) {
  RunAxisFold(*reinterpret_cast<const AxisFold*>(c.bound), c.chunk, c.input(0).as<float>(), c.output(0).as<float>());
  return {};
}

}  // namespace

extern const Tactic kReduceAxes = {
    .name = "reduce_axes",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu

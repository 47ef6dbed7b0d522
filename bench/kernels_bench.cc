// Kernels beside the machine's peak of multiply-adds, on one thread, and what a fork and join of the pool costs.
// Counters: GFLOP/s, and the share of the peak, which is measured again beside every repetition.
#include <benchmark/benchmark.h>

#include "kernels/invocation.h"
#include "ops/infer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../bench/kernels_bench.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hasten::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sixteen chains of `steps` multiply-adds each; returns their operations.
double MultiplyAdds(int64_t steps) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const V x = hn::Set(d, 1.0f), y = hn::Set(d, 1e-9f);
  V a = y, b = y, c = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y, m = y;
  for (int64_t s = 0; s < steps; ++s) {
    a = hn::MulAdd(a, x, y), b = hn::MulAdd(b, x, y), c = hn::MulAdd(c, x, y), e = hn::MulAdd(e, x, y);
    f = hn::MulAdd(f, x, y), g = hn::MulAdd(g, x, y), h = hn::MulAdd(h, x, y), i = hn::MulAdd(i, x, y);
    j = hn::MulAdd(j, x, y), k = hn::MulAdd(k, x, y), l = hn::MulAdd(l, x, y), m = hn::MulAdd(m, x, y);
  }
  const V sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(hn::Add(f, g), hn::Add(h, i)));
  benchmark::DoNotOptimize(hn::GetLane(hn::Add(sum, hn::Add(hn::Add(j, k), hn::Add(l, m)))));
  return 2.0 * 12 * static_cast<double>(steps) * static_cast<double>(hn::Lanes(d));
}

}  // namespace hasten::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hasten::kernels::cpu {
extern const Tactic kMatMulPacked, kConvDirect, kConvWinograd, kDepthwiseChannelsLast;
}
namespace hasten::bench {
namespace {

HWY_EXPORT(MultiplyAdds);

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Operations a second, the best of several short tries.
double Peak() {
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    const auto start = Clock::now();
    const double operations = HWY_DYNAMIC_DISPATCH(MultiplyAdds)(20000);
    best = std::max(best, operations / SecondsSince(start));
  }
  return best;
}

// One op with a constant weight, computed by one tactic.
struct Bench {
  std::string name;
  const Tactic* tactic;
  std::string_view op;
  Dims x, w;
  std::vector<NamedAttr> attrs = {};
  double flops = 0;
};

struct Operands {
  Graph graph;
  NodeId node;
  Tensor x, w, y;
};

Result<std::unique_ptr<Operands>> OperandsOf(const Bench& b) {
  auto o = std::make_unique<Operands>();
  HASTEN_ASSIGN(o->x, Generate({Generator::Kind::kUniform, 1, -1, 1}, DType::kF32, b.x));
  HASTEN_ASSIGN(o->w, Generate({Generator::Kind::kUniform, 2, -1, 1}, DType::kF32, b.w));
  Node node;
  node.op = Catalog::BuiltIn().Find(b.op);
  node.attrs = Attrs(node.op->attrs);
  for (const NamedAttr& a : b.attrs) HASTEN_TRY(node.attrs.Set(a.name, a.value));
  node.inputs = {o->graph.AddValue("x", Type::Tensor(DType::kF32, b.x)), o->graph.AddConstant("w", o->w)};
  o->graph.inputs = {node.inputs[0]};
  o->graph.outputs = node.outputs = {o->graph.AddValue("y")};
  o->node = o->graph.AddNode(std::move(node));
  HASTEN_TRY(InferTypes(&o->graph));
  HASTEN_ASSIGN(o->y, NewTensor(DType::kF32, *o->graph.value(o->graph.outputs[0]).type.shape.Concrete()));
  return o;
}

Status Measure(const Bench& b, benchmark::State* state) {
  HASTEN_ASSIGN(const auto o, OperandsOf(b));
  const Type in[] = {Type::Tensor(DType::kF32, o->x.dims), Type::Tensor(DType::kF32, o->w.dims)};
  const Type out[] = {Type::Tensor(DType::kF32, o->y.dims)};
  const Tensor* constants[] = {nullptr, &o->w};
  PlanCall call{.node = &o->graph.node(o->node), .in = in, .out = out, .epilogue_in = {}, .constants = constants};
  if (b.tactic->layouts == Layouts::kChannelsLast) call.layout = Layout::kChannelsLast;
  HASTEN_REQUIRE(!b.tactic->supports || b.tactic->supports(call), b.tactic->name, " does not compute this");
  HASTEN_ASSIGN(auto invocation, Invocation::Of(*b.tactic, call));
  HASTEN_TRY(invocation.Bind(in, out, {}));
  const Value values[] = {Value(o->x), Value(o->w)};
  Value result(o->y);
  const Value* operands[] = {&values[0], &values[1]};
  Value* results[] = {&result};
  const double peak = Peak();
  for (auto _ : *state) HASTEN_TRY(invocation.Run(operands, {}, results));
  const auto rate = [&](double unit) {
    return benchmark::Counter(b.flops / unit, benchmark::Counter::kIsIterationInvariantRate);
  };
  state->counters["GFLOP/s"] = rate(1e9);
  state->counters["of_peak"] = rate(peak);
  return {};
}

Bench MatMul(std::string name, int64_t m, int64_t k, int64_t n) {
  return {Str("MatMul/", name, "/", m, "x", k, "x", n), &kernels::cpu::kMatMulPacked, "MatMul", {m, k}, {k, n}, {},
          2.0 * static_cast<double>(m * k * n)};
}

// `size`: of the output's sides.
Bench Conv(const Tactic& tactic, int64_t channels, int64_t filters, int64_t kernel, int64_t size, int64_t stride) {
  const int64_t pad = kernel / 2, group = &tactic == &kernels::cpu::kDepthwiseChannelsLast ? channels : 1;
  const std::vector<int64_t> pads(4, pad), strides(2, stride);
  Bench b{Str(tactic.name, "/", channels, "->", filters, "/", kernel, "x", kernel, "/", size),
          &tactic,
          "Conv",
          {1, channels, size * stride, size * stride},
          {filters, channels / group, kernel, kernel}};
  b.attrs = {{"pads", pads}, {"strides", strides}, {"group", group}};
  b.flops = 2.0 * static_cast<double>(size * size * filters * channels / group * kernel * kernel);
  return b;
}

std::vector<Bench> Benches() {
  using namespace kernels::cpu;
  std::vector<Bench> out{MatMul("square", 1024, 1024, 1024),
                         MatMul("BERT projection", 128, 768, 768),
                         MatMul("BERT intermediate", 128, 768, 3072),
                         MatMul("BERT output", 128, 3072, 768),
                         MatMul("skinny", 8, 1024, 1024),
                         MatMul("vector", 1, 1024, 4096)};
  const int64_t pointwise[][3] = {{64, 64, 56},    {64, 256, 56},   {256, 64, 56},  {512, 128, 28}, {128, 512, 28},
                                  {1024, 256, 14}, {256, 1024, 14}, {2048, 512, 7}, {512, 2048, 7}};
  for (const auto& [c, f, size] : pointwise) out.push_back(Conv(kConvDirect, c, f, 1, size, 1));
  const int64_t square[][2] = {{64, 56}, {128, 28}, {256, 14}, {512, 7}};
  for (const auto& [c, size] : square)
    for (const Tactic* t : {&kConvDirect, &kConvWinograd}) out.push_back(Conv(*t, c, c, 3, size, 1));
  for (const auto& [c, size] : square) out.push_back(Conv(kDepthwiseChannelsLast, c, c, 3, size, 1));
  return out;
}

void ForkJoin(benchmark::State& state) {
  ThreadPool pool(static_cast<int>(state.range(0)));
  const auto nothing = [](void*, int64_t, int) {};
  for (auto _ : state) pool.Run(state.range(0), nothing, nullptr);
}

const bool registered = [] {
  for (const Bench& b : Benches())
    benchmark::RegisterBenchmark(b.name.c_str(), [b](benchmark::State& state) {
      if (Status s = Measure(b, &state); !s.ok()) state.SkipWithError(std::string(s.message()).c_str());
    });
  benchmark::RegisterBenchmark("ForkJoin", ForkJoin)->Arg(2)->Arg(4)->UseRealTime();
  return true;
}();

}  // namespace
}  // namespace hasten::bench
#endif

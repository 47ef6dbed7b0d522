#include "ops/gemm.h"
#include "ops/elementwise.h"
#include "ops/matrix.h"

namespace hasten {
namespace {

// y = f(product, c), c broadcast over it.
template <class T, class F>
void WithBias(const Dims& bias_dims, std::span<const T> bias, const Dims& dims, std::span<T> y, F f) {
  BroadcastWalk at(bias_dims, dims);
  for (T& v : y) {
    v = f(v, bias[static_cast<size_t>(at.offset())]);
    at.Next();
  }
}

// Input 0 in a lane as [rows, inner].
template <class T>
Result<std::span<const T>> Rows(const KernelCall& c, std::span<const T> a, int64_t rows, int64_t inner,
                                bool transposed) {
  if (!transposed) return a;
  HASTEN_ASSIGN(const auto out, c.Scratch<T>(rows * inner));
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t k = 0; k < inner; ++k) out[static_cast<size_t>(m * inner + k)] = a[static_cast<size_t>(k * rows + m)];
  return std::span<const T>(out);
}

MatrixView Right(const KernelCall& c, const GemmAttrs& a) {
  const Dims& d = c.input(1).dims;
  const bool t = a.trans_b;
  return {&c.input(1), 0, d[t ? 1 : 0], d[t ? 0 : 1], t};
}

}  // namespace

Status InferGemm(InferCall& c, const GemmAttrs& a) {
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireRank(0, 2));
  HASTEN_TRY(c.RequireRank(1, 2));
  HASTEN_TRY(c.RequireSameDType(0, 1));
  HASTEN_TRY(c.RequireSameDType(0, 2));
  const Shape x = c.shape(0).ranked() ? c.shape(0) : Shape::Fresh(2);
  const Shape w = c.shape(1).ranked() ? c.shape(1) : Shape::Fresh(2);
  const Dim &m = x[a.trans_a ? 1 : 0], &n = w[a.trans_b ? 0 : 1];
  HASTEN_REQUIRE(!NeverEqual(x[a.trans_a ? 0 : 1], w[a.trans_b ? 1 : 0]), "inner dims must agree, shapes are ", x,
                 a.trans_a ? " transposed" : "", " and ", w, a.trans_b ? " transposed" : "");
  if (c.has(2) && c.shape(2).ranked()) {
    const Shape& bias = c.shape(2);
    HASTEN_REQUIRE(bias.rank() <= 2, "input 2 must have rank 2 at most, has shape ", bias);
    for (int i = 1; i <= bias.rank(); ++i) {
      const Dim& d = bias[bias.rank() - i];
      HASTEN_REQUIRE(d.is(1) || !NeverEqual(d, i == 1 ? n : m), "input 2 must broadcast to ", Shape{m, n},
                     ", has shape ", bias);
    }
  }
  c.Out(0, c.dtype(0), {m, n});
  return {};
}

Result<std::span<double>> GemmReals(const KernelCall& c, const GemmAttrs& a) {
  const Tensor& y = c.output(0);
  const MatrixView b = Right(c, a);
  HASTEN_ASSIGN(const auto read, c.Doubles(0));
  HASTEN_ASSIGN(const auto x, Rows<double>(c, read, y.dims[0], b.inner, a.trans_a));
  HASTEN_ASSIGN(const auto panel, c.Scratch<double>(kPanelElements));
  HASTEN_ASSIGN(const auto out, c.Scratch<double>(y.elements()));
  Multiply(x, b, {}, panel, out);
  const double alpha = a.alpha, beta = a.beta;
  for (double& v : out) v *= alpha;
  if (c.has(2) && beta != 0) {
    HASTEN_ASSIGN(const auto bias, c.Doubles(2));
    WithBias<double>(c.input(2).dims, bias, y.dims, out, [&](double p, double q) { return p + beta * q; });
  }
  return out;
}

double GemmFlops(const CostCall& c, const GemmAttrs& a) {
  const auto y = c.out[0].shape.Concrete(), x = c.in[0].shape.Concrete();
  if (!y || !x) return 0;
  return 2.0 * static_cast<double>(y->elements()) * static_cast<double>((*x)[a.trans_a ? 0 : 1]);
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {Field<&GemmAttrs::alpha>("alpha"), Field<&GemmAttrs::beta>("beta"),
                                 Field<&GemmAttrs::trans_a>("transA"), Field<&GemmAttrs::trans_b>("transB")};

Status Infer(InferCall& c) { return InferGemm(c, c.attrs<GemmAttrs>()); }

Status EvalReals(KernelCall& c) {
  HASTEN_ASSIGN(const auto out, GemmReals(c, c.attrs<GemmAttrs>()));
  WriteDoubles(&c.output(0), 0, out);
  return {};
}

// alpha and beta are floats even here: only 1 stays in integers, others truncate.
Status EvalIntegers(KernelCall& c) {
  const auto& a = c.attrs<GemmAttrs>();
  Tensor& y = c.output(0);
  const MatrixView b = Right(c, a);
  HASTEN_ASSIGN(const auto read, c.Ints(0));
  HASTEN_ASSIGN(const auto x, Rows<int64_t>(c, read, y.dims[0], b.inner, a.trans_a));
  HASTEN_ASSIGN(const auto panel, c.Scratch<int64_t>(kPanelElements));
  HASTEN_ASSIGN(const auto out, c.Scratch<int64_t>(y.elements()));
  Multiply(x, b, panel, out);
  const bool plain = a.alpha == 1 && a.beta == 1, bias_used = c.has(2) && a.beta != 0;
  std::span<int64_t> bias;
  if (bias_used) {
    HASTEN_ASSIGN(bias, c.Ints(2));
  }
  if (plain && bias_used)
    WithBias<int64_t>(c.input(2).dims, bias, y.dims, out, [](int64_t p, int64_t q) {
      return static_cast<int64_t>(static_cast<uint64_t>(p) + static_cast<uint64_t>(q));
    });
  if (plain || (a.alpha == 1 && !bias_used)) {
    WriteInts(&y, 0, out);
    return {};
  }
  BroadcastWalk at(bias_used ? c.input(2).dims : Dims{}, y.dims);
  for (int64_t i = 0; i < y.elements(); ++i, at.Next())
    y.SetDouble(i, static_cast<double>(a.alpha) * static_cast<double>(out[i]) +
                       (bias_used ? static_cast<double>(a.beta) * static_cast<double>(bias[at.offset()]) : 0.0));
  return {};
}

Status Eval(KernelCall& c) { return LaneOf(c.output(0).dtype) == Lane::kDouble ? EvalReals(c) : EvalIntegers(c); }

// Until version 7 input 2 broadcast only where told to; a shape that needs none is the same either way.
Status DropBroadcast(OnnxNode& n) {
  n.Drop("broadcast");
  return {};
}
Status SetBroadcast(OnnxNode& n) {
  if (n.has(2)) n.Set("broadcast", int64_t{1});
  return {};
}
// Until version 11 input 2 was required.
Status RequireBias(OnnxNode& n) {
  if (n.has(2)) return {};
  const DType dtype = n.TypeOf(0).dtype;
  n.SetInput(2, n.AddConstant(ScalarOf(dtype == DType::kNone ? DType::kF32 : dtype, 0)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}, {6, DropBroadcast, SetBroadcast}, {7}, {9, nullptr, RequireBias}, {11}, {13}};

std::vector<Sample> Samples() {
  const SampleInput a{DType::kF32, {3, 5}}, b{DType::kF32, {5, 7}}, c{DType::kF32, {3, 7}};
  const NamedAttr ta{"transA", int64_t{1}}, tb{"transB", int64_t{1}};
  return {{"plain", {a, b}},
          {"bias", {a, b, c}},
          {"alpha", {a, b, c}, {{"alpha", 0.5f}}},
          {"beta", {a, b, c}, {{"beta", -2.0f}}},
          {"beta 0 hides NaN", {a, b, {DType::kF32, {}, 0, 0, {std::nan("")}}}, {{"beta", 0.0f}}},
          {"transA", {{DType::kF32, {5, 3}}, b}, {ta}},
          {"transB", {a, {DType::kF32, {7, 5}}}, {tb}},
          {"both transposed", {{DType::kF32, {5, 3}}, {DType::kF32, {7, 5}}, c}, {ta, tb}},
          {"row bias", {a, b, {DType::kF32, {7}}}},
          {"column bias", {a, b, {DType::kF32, {3, 1}}}},
          {"scalar bias", {a, b, {DType::kF32, {}}}},
          {"one by one", {{DType::kF32, {1, 1}}, {DType::kF32, {1, 1}}}},
          {"no inner elements", {{DType::kF32, {3, 0}}, {DType::kF32, {0, 7}}, c}},
          {"no rows", {{DType::kF32, {0, 5}}, b}},
          {"f16", {{DType::kF16, {3, 5}}, {DType::kF16, {5, 2}}}},
          {"i32", {{DType::kI32, {3, 5}, -9, 9}, {DType::kI32, {5, 2}, -9, 9}, {DType::kI32, {2}, -9, 9}}},
          {"i32 with alpha", {{DType::kI32, {3, 5}, -9, 9}, {DType::kI32, {5, 2}, -9, 9}}, {{"alpha", 0.5f}}}};
}

}  // namespace

extern const OpDef kGemm = {
    .name = "Gemm",
    .doc =
        "y = alpha * A * B + beta * C; A: [M, K] ([K, M] if transA); B: [K, N] ([N, K] if transB); C broadcasts to "
        "[M, N] and is not looked at where beta is 0; y: [M, N]. Floats, or integers that wrap.",
    .attrs = SchemaOf<GemmAttrs>(kFields),
    .arity = {2, 3},
    .onnx = {"", "Gemm", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return GemmFlops(c, c.attrs<GemmAttrs>()); },
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten

#include "ops/pooling.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&MaxPoolAttrs::auto_pad>("auto_pad"),   Field<&MaxPoolAttrs::ceil_mode>("ceil_mode"),
    Field<&MaxPoolAttrs::dilations>("dilations"), Field<&MaxPoolAttrs::kernel_shape>("kernel_shape"),
    Field<&MaxPoolAttrs::pads>("pads"),           Field<&MaxPoolAttrs::storage_order>("storage_order"),
    Field<&MaxPoolAttrs::strides>("strides"),
};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<MaxPoolAttrs>();
  HASTEN_REQUIRE(a.storage_order == 0 || a.storage_order == 1, "storage_order must be 0 or 1, is ", a.storage_order);
  HASTEN_TRY(InferPool(c, a));
  if (c.outputs() > 1) c.Out(1, DType::kI64, c.out[0].shape);
  return {};
}

bool Beats(double candidate, double best) { return candidate > best || (std::isnan(candidate) && !std::isnan(best)); }

// The first largest element of each window of a plane, -1 where a window holds padding alone.
void Winners(std::span<const WindowRun> runs, const double* x, std::span<int64_t> best) {
  std::fill(best.begin(), best.end(), -1);
  for (const WindowRun& r : runs) {
    int64_t* to = best.data() + r.out;
    for (int64_t i = 0, at = r.in; i < r.count; ++i, at += r.step)
      if (to[i] < 0 || Beats(x[at], x[to[i]])) to[i] = at;
  }
}

// A row-major index within dims, counted column-major.
int64_t ColumnMajor(int64_t index, std::span<const int64_t> dims) {
  int64_t out = 0;
  for (size_t i = dims.size(); i-- > 0;) {
    int64_t step = 1;
    for (size_t j = 0; j < i; ++j) step *= dims[j];
    out += index % dims[i] * step;
    index /= dims[i];
  }
  return out;
}

double Lowest(DType t) {
  return IsFloat(t) ? -std::numeric_limits<double>::infinity() : static_cast<double>(IntMin(t));
}

Status Eval(KernelCall& c) {
  const auto& a = c.attrs<MaxPoolAttrs>();
  Tensor& y = c.output(0);
  if (y.elements() == 0) return {};
  const PlaneSizes size = PlanesOf(c);
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, PoolWindow(c, a)));
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto best, c.Scratch<int64_t>(size.out));
  HASTEN_ASSIGN(const auto values, c.Scratch<double>(size.out));
  const auto dims = c.input(0).dims.span().subspan(2);
  for (int64_t p = 0; p < y.dims[0] * y.dims[1]; ++p) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const double* plane = x.data() + p * size.in;
    Winners(runs, plane, best);
    for (int64_t i = 0; i < size.out; ++i) values[i] = best[i] < 0 ? Lowest(y.dtype) : plane[best[i]];
    WriteDoubles(&y, p * size.out, values);
    if (!c.wants(1)) continue;
    for (int64_t& i : best)
      if (i >= 0) i = p * size.in + (a.storage_order == 1 ? ColumnMajor(i, dims) : i);
    WriteInts(&c.output(1), p * size.out, best);
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, nullptr, [](OnnxNode& n) { return AbsentBefore(n, 8, {"storage_order"}); }},
                                     {8, nullptr,
                                      [](OnnxNode& n) {
                                        return AbsentBefore(n, 10, {"ceil_mode", "dilations"});
                                      }},
                                     {10},
                                     {11},
                                     {12},
                                     {22}};

using Ints = std::vector<int64_t>;

std::vector<Sample> Samples() {
  const SampleInput x{DType::kF32, {2, 3, 7, 5}};
  const NamedAttr k{"kernel_shape", Ints{3, 2}}, s{"strides", Ints{2, 3}};
  return {{"plain", {x}, {k}},
          {"strides", {x}, {k, s}},
          {"pads differ by side", {x}, {k, {"pads", Ints{1, 0, 2, 1}}}},
          {"dilations", {x}, {k, {"dilations", Ints{2, 3}}}},
          {"ceil", {{DType::kF32, {1, 1, 8, 8}}}, {k, s, {"ceil_mode", int64_t{1}}}},
          {"ceil drops a window in the padding",
           {{DType::kF32, {1, 1, 2, 2}}},
           {{"kernel_shape", Ints{1, 1}}, {"strides", Ints{2, 2}}, {"ceil_mode", int64_t{1}}}},
          {"same upper", {x}, {k, s, {"auto_pad", std::string("SAME_UPPER")}}},
          {"same lower", {x}, {k, s, {"auto_pad", std::string("SAME_LOWER")}}},
          {"all negative with pads", {{DType::kF32, {1, 2, 5, 5}, -3, -1}}, {k, {"pads", Ints{1, 1, 1, 1}}}},
          {"indices", {x}, {k, s}, 2},
          {"indices column-major", {x}, {k, s, {"storage_order", int64_t{1}}}, 2},
          {"ties take the first", {{DType::kI8, {1, 1, 4, 4}, 0, 1}}, {k}, 2},
          {"1-D", {{DType::kF32, {1, 3, 11}}}, {{"kernel_shape", Ints{3}}}},
          {"3-D", {{DType::kF32, {1, 2, 4, 3, 5}}}, {{"kernel_shape", Ints{2, 1, 3}}}, 2},
          {"whole image", {x}, {{"kernel_shape", Ints{7, 5}}}},
          {"no batch", {{DType::kF32, {0, 3, 7, 5}}}, {k}},
          {"u8", {{DType::kU8, {1, 2, 5, 5}, 0, 255}}, {k}},
          {"f16", {{DType::kF16, {1, 2, 5, 5}}}, {k}}};
}

}  // namespace

extern const OpDef kMaxPool = {
    .name = "MaxPool",
    .doc =
        "Largest element of each window; padding takes no part, NaN wins. x: float, i8 or u8 [N, C, d...]; y: [N, C, "
        "o...]; indices: i64 [N, C, o...], where in x (flat, row-major; the spatial part column-major if "
        "storage_order is 1) the first largest lies.",
    .attrs = SchemaOf<MaxPoolAttrs>(kFields),
    .arity = {1, 1, 1, 2},
    .onnx = {"", "MaxPool", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = [](const CostCall& c) { return PoolFlops(c, c.attrs<MaxPoolAttrs>()); },
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops

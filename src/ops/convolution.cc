#include "ops/convolution.h"

namespace hasten {
namespace {

// Kernel dims: the attribute where given, checked against the weight.
Result<std::vector<Dim>> KernelDims(const InferCall& c, const ConvAttrs& a, int w, int spatial) {
  std::vector<Dim> kernel(a.kernel_shape.begin(), a.kernel_shape.end());
  if (!c.shape(w).ranked()) {
    while (static_cast<int>(kernel.size()) < spatial) kernel.push_back(Dim::Fresh());
    return kernel;
  }
  for (int i = 0; i < static_cast<int>(kernel.size()); ++i)
    HASTEN_TRY(c.RequireDims(w, 2 + i, kernel[i], "kernel_shape"));
  if (!kernel.empty()) return kernel;
  const auto& dims = c.shape(w).dims();
  return std::vector<Dim>(dims.begin() + 2, dims.end());
}

// Rank of the operands from whichever knows it.
std::optional<int> OperandRank(const InferCall& c, const ConvAttrs& a, int x, int w) {
  if (c.shape(x).ranked()) return c.shape(x).rank();
  if (c.shape(w).ranked()) return c.shape(w).rank();
  if (!a.kernel_shape.empty()) return static_cast<int>(a.kernel_shape.size()) + 2;
  return std::nullopt;
}

Status CheckGroups(const InferCall& c, int x, int w, int64_t group) {
  HASTEN_REQUIRE(group >= 1, "group must be at least 1, is ", group);
  if (!c.shape(w).ranked()) return {};
  const Dim& filters = c.shape(w)[0];
  HASTEN_REQUIRE(!filters.is_const() || filters.value() % group == 0, "filters of input ", w,
                 " must be a multiple of group ", group, ", are ", filters);
  return c.RequireDims(x, 1, c.shape(w)[1] * group, "channels of the weight times group");
}

}  // namespace

Status InferConvolution(InferCall& c, const ConvAttrs& a, int x, int w, int bias, DType to) {
  HASTEN_TRY(c.RequireTensor(x));
  HASTEN_TRY(c.RequireTensor(w));
  const std::optional<int> known = OperandRank(c, a, x, w);
  if (!known) {
    c.Out(0, to, Shape::Unknown());
    return {};
  }
  const int rank = *known;
  HASTEN_REQUIRE(rank >= 3 && rank <= Dims::kMaxRank, "operands must have rank 3 to ", Dims::kMaxRank, ", have ", rank);
  HASTEN_TRY(c.RequireRank(x, rank));
  HASTEN_TRY(c.RequireRank(w, rank));
  HASTEN_TRY(CheckWindow(a, rank - 2));
  HASTEN_TRY(CheckGroups(c, x, w, a.group));
  const Dim filters = c.shape(w).ranked() ? c.shape(w)[0] : Dim::Fresh();
  if (bias != kNoInput && c.has(bias)) {
    HASTEN_TRY(c.RequireTensor(bias));
    HASTEN_TRY(c.RequireRank(bias, 1));
    HASTEN_TRY(c.RequireDims(bias, 0, filters, "filters"));
  }
  const Shape in = c.shape(x).ranked() ? c.shape(x) : Shape::Fresh(rank);
  HASTEN_ASSIGN(const auto kernel, KernelDims(c, a, w, rank - 2));
  HASTEN_ASSIGN(auto out, WindowOutputs(a, false, std::span(in.dims()).subspan(2), kernel));
  out.insert(out.begin(), {in[0], filters});
  c.Out(0, to, Shape(std::move(out)));
  return {};
}

void AddScaled(double factor, const double* __restrict x, int64_t step, int64_t count, double* __restrict y) {
  if (step == 1) {
    for (int64_t i = 0; i < count; ++i) y[i] += factor * x[i];
  } else {
    for (int64_t i = 0; i < count; ++i) y[i] += factor * x[i * step];
  }
}

Status Convolve(const KernelCall& c, const ConvAttrs& a, const Dims& x_dims, const Dims& w_dims, const Dims& y_dims,
                std::span<const double> x, std::span<const double> w, std::span<double> y) {
  if (y.empty()) return {};
  const Window window = MakeWindow(a, x_dims.span().subspan(2), w_dims.span().subspan(2), y_dims.span().subspan(2));
  HASTEN_ASSIGN(const auto runs, WindowRuns(c, window));
  const int64_t filters = y_dims[1], channels = w_dims[1], group_filters = std::max<int64_t>(1, filters / a.group);
  const int64_t in_size = x_dims.Product(2, x_dims.rank()), out_size = y_dims.Product(2, y_dims.rank());
  const int64_t kernel_size = w_dims.Product(2, w_dims.rank());
  std::fill(y.begin(), y.end(), 0.0);
  for (int64_t n = 0; n < y_dims[0]; ++n)
    for (int64_t m = 0; m < filters; ++m) {
      if (c.stopped()) return Status(Code::kCancelled, "stopped");
      double* to = y.data() + (n * filters + m) * out_size;
      for (int64_t k = 0; k < channels; ++k) {
        const double* from = x.data() + (n * x_dims[1] + m / group_filters * channels + k) * in_size;
        const double* weight = w.data() + (m * channels + k) * kernel_size;
        for (const WindowRun& r : runs) AddScaled(weight[r.kernel], from + r.in, r.step, r.count, to + r.out);
      }
    }
  return {};
}

double ConvolutionFlops(const CostCall& c, int w) {
  const auto y = c.out[0].shape.Concrete(), weight = c.in[static_cast<size_t>(w)].shape.Concrete();
  if (!y || !weight) return 0;
  return 2.0 * static_cast<double>(y->elements()) * static_cast<double>(weight->Product(1, weight->rank()));
}

}  // namespace hasten

// QLinearGlobalAveragePool: sums of integers, in integers.
#include "kernels/cpu/int_scales.h"
#include "ops/microsoft/q_linear_global_average_pool.h"
#include "ops/quantized.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;
using ops::microsoft::QGlobalPoolAttrs;

bool Supports(const PlanCall& call) {
  return IsByte(call.in[0].dtype) &&
         IntScalesSupported(call, {.a_scale = 1, .a_zero = 2, .y_scale = 3, .y_zero = 4}, 1, 1);
}

// Planes [channels, plane], or pixels [plane, channels] where channels lie last.
struct Bound {
  bool last = false;
  int64_t batch = 0, channels = 0, plane = 0, per_chunk = 1;  // channels of a chunk
  int64_t blocks() const { return (channels + per_chunk - 1) / per_chunk; }
};

Status Bind(const BoundShapes& s, Binding* binding) {
  const Dims x = *s.in[0].shape.Concrete();
  Bound b;
  b.last = s.attrs<QGlobalPoolAttrs>().channels_last;
  b.batch = x[0];
  b.channels = b.last ? x.back() : x[1];
  b.plane = b.last ? x.Product(1, x.rank() - 1) : x.Product(2, x.rank());
  b.per_chunk = std::max<int64_t>(64, (32 << 10) / std::max<int64_t>(1, b.plane));
  binding->phases = {b.batch * b.blocks()};
  KeepBound(b, binding);
  return {};
}

template <class T>
void AddPlanes(const Bound& b, const T* x, int64_t first, std::span<int64_t> sums) {
  for (size_t k = 0; k < sums.size(); ++k) {
    const T* plane = x + (first + static_cast<int64_t>(k)) * b.plane;
    constexpr int64_t kRun = 1 << 16;  // sums fit 32 bits
    for (int64_t from = 0; from < b.plane; from += kRun) {
      int32_t sum = 0;
      for (int64_t i = from; i < std::min(b.plane, from + kRun); ++i) sum += plane[i];
      sums[k] += sum;
    }
  }
}

template <class T>
void AddPixels(const Bound& b, const T* x, int64_t first, std::span<int64_t> sums) {
  for (int64_t i = 0; i < b.plane; ++i) {
    const T* pixel = x + i * b.channels + first;
    for (size_t k = 0; k < sums.size(); ++k) sums[k] += pixel[k];
  }
}

template <class T>
void Add(const Bound& b, const std::byte* x, int64_t first, std::span<int64_t> sums) {
  const T* data = reinterpret_cast<const T*>(x);
  b.last ? AddPixels(b, data, first, sums) : AddPlanes(b, data, first, sums);
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  const int64_t n = c.chunk / b.blocks(), first = c.chunk % b.blocks() * b.per_chunk;
  const int64_t count = std::min(b.per_chunk, b.channels - first);
  HASTEN_ASSIGN(const auto sums, c.Scratch<int64_t>(count));
  std::fill(sums.begin(), sums.end(), 0);
  const std::byte* x = c.input(0).data + n * b.channels * b.plane;
  c.input(0).dtype == DType::kU8 ? Add<uint8_t>(b, x, first, sums) : Add<int8_t>(b, x, first, sums);
  const double x_scale = c.input(1).Double(0), y_scale = c.input(3).Double(0);
  const int64_t x_zero = ZeroOf(c, 2), y_zero = ZeroOf(c, 4);
  for (size_t k = 0; k < sums.size(); ++k) {
    const double mean = static_cast<double>(sums[k] - b.plane * x_zero) * x_scale / static_cast<double>(b.plane);
    c.output(0).SetDouble(n * b.channels + first + static_cast<int64_t>(k),
                          Quantize(mean / y_scale, static_cast<double>(y_zero), c.output(0).dtype));
  }
  return {};
}

constexpr std::string_view kOps[] = {"com.microsoft.QLinearGlobalAveragePool"};

}  // namespace

// The reference's sum in double is not exact: where the mean lies halfway, either integer may come of it.
extern const Tactic kQuantizedGlobalPool = {
    .name = "quantized_global_pool",
    .ops = kOps,
    .supports = Supports,
    .bound = 1,
    .numerics = Numerics::kReassociated,
    .speed = 4,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu

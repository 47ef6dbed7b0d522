#include "cli/layer_trace.h"

#include <bit>

namespace hasten::cli {
namespace {

// Floats in their order, as integers.
int64_t Ordered(float v) {
  const auto bits = std::bit_cast<int32_t>(v);
  return bits < 0 ? int64_t{std::numeric_limits<int32_t>::min()} - bits : bits;
}

size_t BinOf(float a, float b) {
  const auto distance = static_cast<uint64_t>(std::abs(Ordered(a) - Ordered(b)));
  return std::min<size_t>(static_cast<size_t>(std::bit_width(distance)), Statistics::kBins - 1);
}

}  // namespace

Status LayerTrace::After(const Step& step, size_t, const KernelCall& call) {
  for (size_t i = 0; i < step.out.size() && i < call.out.size(); ++i) {
    const Value* v = call.out[i];
    if (step.out[i] == kNone || !v || !v->has() || !v->is_tensor()) continue;
    const PlannedValue& planned = plan_.values[step.out[i]];
    if (planned.layout != Layout::kPlain || planned.graph == nullptr || index_.contains(planned.name)) continue;
    left_ -= v->tensor().bytes();
    dropped_ += left_ < 0;
    if (left_ < 0) continue;
    HASTEN_ASSIGN(Tensor copy, Clone(v->tensor()));
    index_.emplace(planned.name, layers_.size());
    layers_.push_back({planned.name, step.where, std::move(copy)});
  }
  return {};
}

const LayerTrace::Layer* LayerTrace::Find(const std::string& name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &layers_[it->second];
}

double Statistics::scaled() const {
  if (odd > 0) return std::numeric_limits<double>::infinity();
  return max_absolute == 0 ? 0 : largest == 0 ? max_absolute : max_absolute / largest;
}

std::optional<Statistics> StatisticsOf(const Tensor& a, const Tensor& b) {
  const auto numbers = [](const Tensor& t) {
    return IsFloat(t.dtype) || IsInteger(t.dtype) || t.dtype == DType::kBool;
  };
  if (!numbers(a) || !numbers(b) || a.dims != b.dims) return std::nullopt;
  Statistics s;
  s.elements = a.elements();
  double dot = 0, aa = 0, bb = 0;
  int64_t finite = 0, relative = 0;
  const bool bins = a.dtype == DType::kF32 && b.dtype == DType::kF32;
  for (int64_t i = 0; i < s.elements; ++i) {
    const double x = a.Double(i), y = b.Double(i);
    if (!std::isfinite(x) || !std::isfinite(y)) {
      s.odd += !(x == y || (std::isnan(x) && std::isnan(y)));
      continue;
    }
    if (bins) ++s.ulps[BinOf(static_cast<float>(x), static_cast<float>(y))];
    const double d = std::abs(x - y);
    s.max_absolute = std::max(s.max_absolute, d);
    s.mean_absolute += d;
    s.largest = std::max(s.largest, std::abs(y));
    ++finite;
    dot += x * y, aa += x * x, bb += y * y;
    if (y == 0) continue;
    s.max_relative = std::max(s.max_relative, d / std::abs(y));
    s.mean_relative += d / std::abs(y);
    ++relative;
  }
  if (finite > 0) s.mean_absolute /= static_cast<double>(finite);
  if (relative > 0) s.mean_relative /= static_cast<double>(relative);
  if (aa > 0 || bb > 0) s.cosine = aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
  return s;
}

}  // namespace hasten::cli

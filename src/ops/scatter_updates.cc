#include "ops/scatter.h"

namespace hasten {
namespace {

struct Reduce {
  char kind;  // the first letter of the reduction that tells it from the others: a, u (mul), x (max), i (min)

  template <class T>
  T operator()(T old, T update) const {
    if constexpr (std::is_floating_point_v<T>) {
      if (kind == 'x' || kind == 'i') {
        if (std::isnan(old) || std::isnan(update)) return std::numeric_limits<T>::quiet_NaN();
      }
    }
    switch (kind) {
      case 'a': return old + update;
      case 'u': return old * update;
      case 'x': return std::max(old, update);
      default: return std::min(old, update);
    }
  }
  std::complex<double> operator()(std::complex<double> old, std::complex<double> update) const {
    return kind == 'a' ? old + update : old * update;
  }
};

template <class T>
void ReduceRuns(Reduce f, std::span<const int64_t> targets, int64_t run, const T* updates, T* y) {
  for (int64_t target : targets)
    for (int64_t i = 0; i < run; ++i) y[target + i] = f(y[target + i], *updates++);
}

}  // namespace

Status CheckReduction(std::string_view reduction) {
  for (std::string_view known : {"none", "add", "mul", "max", "min"})
    if (reduction == known) return {};
  return Status(Code::kInvalidModel, Str("reduction must be none, add, mul, max or min, is ", Quote(reduction)));
}

Status ApplyUpdates(const KernelCall& c, std::string_view reduction, std::span<const int64_t> targets, int64_t run) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor &data = c.input(0), &updates = c.input(2);
  if (reduction == "none") {
    CopyElements(data, 0, y, 0, data.elements());
    for (size_t k = 0; k < targets.size(); ++k)
      CopyElements(updates, static_cast<int64_t>(k) * run, y, targets[k], run);
    return {};
  }
  const Reduce f{reduction == "add" ? 'a' : reduction[1] == 'u' ? 'u' : reduction[1] == 'a' ? 'x' : 'i'};
  const Lane lane = LaneOf(data.dtype);
  if (lane == Lane::kDouble) {
    HASTEN_ASSIGN(const auto out, c.Doubles(0));
    HASTEN_ASSIGN(const auto in, c.Doubles(2));
    ReduceRuns(f, targets, run, in.data(), out.data());
    WriteDoubles(y, 0, out);
  } else if (lane == Lane::kInt64 || lane == Lane::kUint64) {
    HASTEN_ASSIGN(const auto out, c.Ints(0));
    HASTEN_ASSIGN(const auto in, c.Ints(2));
    const bool order = f.kind == 'x' || f.kind == 'i';
    if (order && lane == Lane::kInt64) {
      ReduceRuns(f, targets, run, in.data(), out.data());
    } else {  // wraps, and is right for both signs
      ReduceRuns(f, targets, run, reinterpret_cast<const uint64_t*>(in.data()),
                 reinterpret_cast<uint64_t*>(out.data()));
    }
    WriteInts(y, 0, out);
  } else if (lane == Lane::kComplex && (f.kind == 'a' || f.kind == 'u')) {
    HASTEN_ASSIGN(const auto out, c.Scratch<std::complex<double>>(data.elements()));
    HASTEN_ASSIGN(const auto in, c.Scratch<std::complex<double>>(updates.elements()));
    ReadComplex(data, 0, out);
    ReadComplex(updates, 0, in);
    ReduceRuns(f, targets, run, in.data(), out.data());
    WriteComplex(y, 0, out);
  } else {
    return Status(Code::kUnsupported, Str("reduction ", reduction, " has no reference for ", Name(data.dtype)));
  }
  return {};
}

void PropagateUpdates(InferCall& c, std::span<const int64_t> targets, int64_t run) {
  auto data = c.KnownOf(0);
  const auto updates = c.KnownOf(2);
  if (!data || !updates || updates->elements.size() != targets.size() * static_cast<size_t>(run)) return;
  auto from = updates->elements.begin();
  for (int64_t target : targets)
    if (target + run > static_cast<int64_t>(data->elements.size())) return;
  for (int64_t target : targets)
    for (int64_t i = 0; i < run; ++i) data->elements[static_cast<size_t>(target + i)] = *from++;
  c.OutInts(0, std::move(*data));
}

Status DownReductionTo13(OnnxNode& n) {
  const std::string* reduction = n.Get<std::string>("reduction");
  if (reduction && *reduction != "none")
    return Status(Code::kUnsupported, Str("reduction ", *reduction, " needs opset 16, is written at ", n.opset));
  n.Drop("reduction");
  return {};
}

Status DownReductionTo16(OnnxNode& n) {
  const std::string* reduction = n.Get<std::string>("reduction");
  if (!reduction || (*reduction != "max" && *reduction != "min")) return {};
  return Status(Code::kUnsupported, Str("reduction ", *reduction, " needs opset 18, is written at ", n.opset));
}

}  // namespace hasten

#include "ops/elementwise.h"

namespace hasten {
namespace {

Status NoSuchDType(const KernelCall& c) {
  return Status(Code::kUnsupported, Str("has no reference for ", Name(c.input(0).dtype)));
}

Status Stopped() { return Status(Code::kCancelled, "stopped"); }

void ReadLane(const Tensor& t, int64_t begin, std::span<double> out) { ReadDoubles(t, begin, out); }
void ReadLane(const Tensor& t, int64_t begin, std::span<int64_t> out) { ReadInts(t, begin, out); }
void ReadLane(const Tensor& t, int64_t begin, std::span<std::complex<double>> out) { ReadComplex(t, begin, out); }
void WriteLane(Tensor* t, int64_t begin, std::span<const double> in) { WriteDoubles(t, begin, in); }
void WriteLane(Tensor* t, int64_t begin, std::span<const int64_t> in) { WriteInts(t, begin, in); }
void WriteLane(Tensor* t, int64_t begin, std::span<const std::complex<double>> in) { WriteComplex(t, begin, in); }
void WriteLane(Tensor* t, int64_t begin, std::span<const bool> in) {
  std::copy(in.begin(), in.end(), t->as<bool>() + begin);
}

// Part [at, at + out.size()) of the row of operand k.
template <class T>
void ReadRow(const Tensor& t, const BroadcastRows& row, int k, int64_t at, std::span<T> out) {
  if (row.step(k) == 1) return ReadLane(t, row.offset(k) + at, out);
  ReadLane(t, row.offset(k), out.first(1));
  std::fill(out.begin() + 1, out.end(), out[0]);
}

template <class In, class Out, class F>
Status Zip(const KernelCall& c, F f) {
  const Tensor &a = c.input(0), &b = c.input(1);
  Tensor& y = c.output(0);
  In x[kElementwiseTile], z[kElementwiseTile];
  Out out[kElementwiseTile];
  for (BroadcastRows row({&a.dims, &b.dims}, y.dims); !row.done(); row.Next()) {
    if (c.stopped()) return Stopped();
    for (int64_t at = 0; at < row.size(); at += kElementwiseTile) {
      const auto n = static_cast<size_t>(std::min(kElementwiseTile, row.size() - at));
      ReadRow(a, row, 0, at, std::span(x).first(n));
      ReadRow(b, row, 1, at, std::span(z).first(n));
      for (size_t i = 0; i < n; ++i) out[i] = f(x[i], z[i]);
      WriteLane(&y, row.begin() + at, std::span<const Out>(out).first(n));
    }
  }
  return {};
}

template <class T, class F>
Status Map(const KernelCall& c, F f) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  T tile[kElementwiseTile];
  for (int64_t at = 0, n = y.elements(); at < n; at += kElementwiseTile) {
    if (c.stopped()) return Stopped();
    const auto v = std::span(tile).first(static_cast<size_t>(std::min(kElementwiseTile, n - at)));
    ReadLane(x, at, v);
    for (T& e : v) e = f(e);
    WriteLane(&y, at, std::span<const T>(v));
  }
  return {};
}

// total = f(total, input i) with the input broadcast to the output's dims; the first input is copied.
template <class T, class F>
Status FoldInto(const KernelCall& c, int i, std::span<T> total, F f) {
  const Tensor& x = c.input(i);
  T tile[kElementwiseTile];
  for (BroadcastRows row({&x.dims}, c.output(0).dims); !row.done(); row.Next()) {
    if (c.stopped()) return Stopped();
    for (int64_t at = 0; at < row.size(); at += kElementwiseTile) {
      const auto n = static_cast<size_t>(std::min(kElementwiseTile, row.size() - at));
      const auto part = total.subspan(static_cast<size_t>(row.begin() + at), n);
      ReadRow(x, row, 0, at, std::span(tile).first(n));
      for (size_t k = 0; k < n; ++k) part[k] = i == 0 ? tile[k] : f(part[k], tile[k]);
    }
  }
  return {};
}

template <class T, class F>
Status FoldAll(KernelCall& c, T divisor, F f) {
  HASTEN_ASSIGN(const auto total, c.Scratch<T>(c.output(0).elements()));
  for (int i = 0; i < c.inputs(); ++i) HASTEN_TRY(FoldInto(c, i, total, f));
  if (divisor != 1)
    for (T& v : total) v /= divisor;
  WriteLane(&c.output(0), 0, std::span<const T>(total));
  return {};
}

Status CompareStrings(const KernelCall& c, bool (*f)(const std::string&, const std::string&)) {
  const Tensor &a = c.input(0), &b = c.input(1);
  Tensor& y = c.output(0);
  BroadcastWalk at(a.dims, y.dims), bt(b.dims, y.dims);
  for (int64_t i = 0; i < y.elements(); ++i, at.Next(), bt.Next())
    y.as<bool>()[i] = f(a.string(at.offset()), b.string(bt.offset()));
  return {};
}

// A formula on naturals over the bits of the integer lane.
template <class R>
auto OnBits(R (*f)(uint64_t, uint64_t)) {
  return [f](int64_t a, int64_t b) { return f(static_cast<uint64_t>(a), static_cast<uint64_t>(b)); };
}

}  // namespace

Status EvalUnary(KernelCall& c, const UnaryLanes& lanes) {
  const Lane lane = LaneOf(c.input(0).dtype);
  if (lane == Lane::kDouble && lanes.real) return Map<double>(c, lanes.real);
  if (lane == Lane::kComplex && lanes.complex) return Map<std::complex<double>>(c, lanes.complex);
  if (lane == Lane::kUint64 && lanes.natural)
    return Map<int64_t>(c, [&](int64_t v) { return static_cast<int64_t>(lanes.natural(static_cast<uint64_t>(v))); });
  if ((lane == Lane::kInt64 || lane == Lane::kUint64) && lanes.integer) return Map<int64_t>(c, lanes.integer);
  return NoSuchDType(c);
}

Status EvalBinary(KernelCall& c, const BinaryLanes& lanes) {
  const Lane lane = LaneOf(c.input(0).dtype);
  if (lane == Lane::kDouble && lanes.real) return Zip<double, double>(c, lanes.real);
  if (lane == Lane::kComplex && lanes.complex) return Zip<std::complex<double>, std::complex<double>>(c, lanes.complex);
  if (lane == Lane::kUint64 && lanes.natural) return Zip<int64_t, int64_t>(c, OnBits(lanes.natural));
  if ((lane == Lane::kInt64 || lane == Lane::kUint64) && lanes.integer) return Zip<int64_t, int64_t>(c, lanes.integer);
  return NoSuchDType(c);
}

Status EvalCompare(KernelCall& c, const CompareLanes& lanes) {
  const Lane lane = LaneOf(c.input(0).dtype);
  if (lane == Lane::kDouble && lanes.real) return Zip<double, bool>(c, lanes.real);
  if (lane == Lane::kUint64 && lanes.natural) return Zip<int64_t, bool>(c, OnBits(lanes.natural));
  if ((lane == Lane::kInt64 || lane == Lane::kUint64) && lanes.integer) return Zip<int64_t, bool>(c, lanes.integer);
  if (lane == Lane::kString && lanes.string) return CompareStrings(c, lanes.string);
  return NoSuchDType(c);
}

Status EvalVariadic(KernelCall& c, const BinaryLanes& lanes, double divisor) {
  const Lane lane = LaneOf(c.input(0).dtype);
  if (lane == Lane::kDouble && lanes.real) return FoldAll<double>(c, divisor, lanes.real);
  if (lane == Lane::kUint64 && lanes.natural) return FoldAll<int64_t>(c, 1, OnBits(lanes.natural));
  if ((lane == Lane::kInt64 || lane == Lane::kUint64) && lanes.integer) return FoldAll<int64_t>(c, 1, lanes.integer);
  return NoSuchDType(c);
}

void BroadcastWalk::Next() {
  for (int i = to_.rank() - 1; i >= 0; --i) {
    offset_ += strides_[i];
    if (++at_[i] < to_[i]) return;
    offset_ -= strides_[i] * to_[i];
    at_[i] = 0;
  }
}

BroadcastRows::BroadcastRows(std::initializer_list<const Dims*> from, const Dims& to) {
  Dims strides[kMaxOperands];
  for (const Dims* d : from) {
    HASTEN_CHECK(operands_ < kMaxOperands);
    strides[operands_++] = BroadcastStrides(*d, to);
  }
  bool row_open = true;
  for (int i = to.rank() - 1; i >= 0; --i) {
    const int64_t dim = to[i];
    if (dim == 0) done_ = true;
    if (dim == 1) continue;
    int64_t of_axis[kMaxOperands];
    for (int k = 0; k < operands_; ++k) of_axis[k] = strides[k][i];
    const auto grows = [&](int k) { return size_ == 1 ? of_axis[k] <= 1 : of_axis[k] == size_ * steps_[k]; };
    for (int k = 0; k < operands_; ++k) row_open = row_open && grows(k);
    if (!row_open) {
      Add(dim, of_axis);
      continue;
    }
    if (size_ == 1) std::copy_n(of_axis, operands_, steps_);
    size_ *= dim;
  }
}

// Adds an axis around the rows, or lengthens the last one.
void BroadcastRows::Add(int64_t dim, const int64_t* strides) {
  bool same = outer_ > 0;
  for (int k = 0; same && k < operands_; ++k) same = strides[k] == strides_[outer_ - 1][k] * dims_[outer_ - 1];
  if (same) {
    dims_[outer_ - 1] *= dim;
    return;
  }
  dims_[outer_] = dim;
  std::copy_n(strides, operands_, strides_[outer_++]);
}

void BroadcastRows::Next() {
  begin_ += size_;
  for (int i = 0; i < outer_; ++i) {
    for (int k = 0; k < operands_; ++k) offsets_[k] += strides_[i][k];
    if (++at_[i] < dims_[i]) return;
    for (int k = 0; k < operands_; ++k) offsets_[k] -= strides_[i][k] * dims_[i];
    at_[i] = 0;
  }
  done_ = true;
}

}  // namespace hasten

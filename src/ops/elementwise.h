// What elementwise ops share: inference and references over lanes, so that each op's file states only its formula.
#pragma once
#include "ops/op.h"

namespace hasten {

// --- Inference ---

enum class DTypeKind : uint8_t { kAny, kFloat, kNumber, kInteger, kBool };  // a number is a float or an integer

// Input i must be a tensor of such elements; what is not known passes.
Status RequireKind(const InferCall& c, int i, DTypeKind kind);

// Output 0: the type of input 0.
Status InferSameAsInput(InferCall& c);
Status InferFloats(InferCall& c);   // the same, of floats
Status InferNumbers(InferCall& c);  // the same, of numbers
// Output 0: numpy broadcast of all inputs, one dtype for all.
Status InferBroadcast(InferCall& c, DTypeKind kind);
inline Status InferBroadcast(InferCall& c) { return InferBroadcast(c, DTypeKind::kAny); }
inline Status InferBroadcastNumbers(InferCall& c) { return InferBroadcast(c, DTypeKind::kNumber); }
inline Status InferBroadcastFloats(InferCall& c) { return InferBroadcast(c, DTypeKind::kFloat); }
inline Status InferBroadcastIntegers(InferCall& c) { return InferBroadcast(c, DTypeKind::kInteger); }
inline Status InferBroadcastBools(InferCall& c) { return InferBroadcast(c, DTypeKind::kBool); }
// The same, with output dtype bool (comparisons).
Status InferBroadcastToBool(InferCall& c, DTypeKind kind);
inline Status InferBroadcastToBool(InferCall& c) { return InferBroadcastToBool(c, DTypeKind::kAny); }

// Carries symbolic integer contents (shapes on their way) through an op whose output 0 has the dtype of input 0: sets
// out_ints 0 when known.  Whole numbers in float tensors go through too, as long as they are exact there.
void PropagateInts(InferCall& c, Dim (*f)(const Dim&, const Dim&));
void PropagateInts(InferCall& c, Dim (*f)(const Dim&));
// Folds f over all inputs.
void PropagateVariadic(InferCall& c, Dim (*f)(const Dim&, const Dim&));
// The same for an output of dtype bool: f gives 0, 1, or a symbol.
void PropagateToBool(InferCall& c, Dim (*f)(const Dim&, const Dim&));
// Contents of input i if they are whole numbers.
std::optional<KnownInts> WholeNumbers(const InferCall& c, int i);
// Sets out_ints 0, unless `dtype` may not hold some element exactly.
void SetKnown(InferCall& c, DType dtype, KnownInts v);
// A number of which nothing is known.
Dim AnyInteger();
// True if d is known to be at least zero.
inline bool NonNegative(const Dim& d) { return Max(d, 0) == d; }
// 1 if a < b, 0 if not, a symbol if undecided.
Dim KnownLess(const Dim& a, const Dim& b);

// --- References ---

// One formula per lane; null where the op has no such dtype.  Integers wrap at the dtype's width on store.
struct UnaryLanes {
  double (*real)(double) = nullptr;
  int64_t (*integer)(int64_t) = nullptr;    // signed; also unsigned and bool unless `natural`
  uint64_t (*natural)(uint64_t) = nullptr;  // unsigned and bool
  std::complex<double> (*complex)(std::complex<double>) = nullptr;
};
struct BinaryLanes {
  double (*real)(double, double) = nullptr;
  int64_t (*integer)(int64_t, int64_t) = nullptr;
  uint64_t (*natural)(uint64_t, uint64_t) = nullptr;  // null: `integer` on the same bits
  std::complex<double> (*complex)(std::complex<double>, std::complex<double>) = nullptr;
};
// Comparisons: any lane to bool.
struct CompareLanes {
  bool (*real)(double, double) = nullptr;
  bool (*integer)(int64_t, int64_t) = nullptr;
  bool (*natural)(uint64_t, uint64_t) = nullptr;
  bool (*string)(const std::string&, const std::string&) = nullptr;
};

// Output 0 is bound with the broadcast dims.  An unsupported dtype is an error that names it.  All but EvalCompare may
// write over input 0.
Status EvalUnary(KernelCall& c, const UnaryLanes& lanes);
Status EvalBinary(KernelCall& c, const BinaryLanes& lanes);
Status EvalCompare(KernelCall& c, const CompareLanes& lanes);
// Folds EvalBinary's formula over any number of inputs (Sum, Max, Min); reals are divided by `divisor` at the end.
Status EvalVariadic(KernelCall& c, const BinaryLanes& lanes, double divisor = 1);

// Elements that pass through the stack at a time.
inline constexpr int64_t kElementwiseTile = 512;

// A real formula with the op's attributes at hand: y = f(x).
template <class F>
Status EvalReal(KernelCall& c, F f) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  double tile[kElementwiseTile];
  for (int64_t at = 0, n = y.elements(); at < n; at += kElementwiseTile) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    const auto v = std::span(tile).first(static_cast<size_t>(std::min(kElementwiseTile, n - at)));
    ReadDoubles(x, at, v);
    for (double& e : v) e = f(e);
    WriteDoubles(&y, at, v);
  }
  return {};
}
// Integers wrap.
inline int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrappingSub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t WrappingMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// Walks `to` in row-major order giving the element offset into each operand broadcast to it.
class BroadcastWalk {
 public:
  BroadcastWalk(const Dims& from, const Dims& to)
      : strides_(BroadcastStrides(from, to)), to_(to), at_(Dims::Filled(to.rank(), 0)) {}
  int64_t offset() const { return offset_; }
  void Next();

 private:
  Dims strides_, to_, at_;
  int64_t offset_ = 0;
};

// Walks `to` in rows along which every operand either advances by one element or stays: rows are as long as they can
// be.
class BroadcastRows {
 public:
  static constexpr int kMaxOperands = 3;
  // At most kMaxOperands operands' dims, each of which broadcasts to `to`.
  BroadcastRows(std::initializer_list<const Dims*> from, const Dims& to);
  bool done() const { return done_; }
  int64_t begin() const { return begin_; }             // of the row, in elements of `to`
  int64_t size() const { return size_; }               // the same for all rows
  int64_t offset(int k) const { return offsets_[k]; }  // of the row's first element in operand k
  int64_t step(int k) const { return steps_[k]; }      // 0 or 1
  void Next();

 private:
  void Add(int64_t dim, const int64_t* strides);
  int operands_ = 0, outer_ = 0;
  bool done_ = false;
  int64_t begin_ = 0, size_ = 1;
  int64_t offsets_[kMaxOperands] = {}, steps_[kMaxOperands] = {};
  int64_t dims_[Dims::kMaxRank], at_[Dims::kMaxRank] = {};  // of the axes around the rows, innermost first
  int64_t strides_[Dims::kMaxRank][kMaxOperands];
};

// --- ONNX forms ---

// Opset 1 listed inputs that might be overwritten.
Status DropConsumedInputs(OnnxNode& n);
// Binary ops before opset 7: broadcast=1 lets input 1 be a contiguous part of input 0's axes, from `axis` on.
Status UpgradeLegacyBroadcast(OnnxNode& n);
Status DowngradeBroadcast(OnnxNode& n);
Status DowngradeCommutative(OnnxNode& n);  // the same where the inputs may be swapped
// Variadic ops before opset 8 had inputs of one shape.
Status DowngradeVariadic(OnnxNode& n);

// --- Samples ---

// Elementwise sizes, float dtypes, and special values, with contents in [low, high].
std::vector<Sample> RealSamples(double low, double high);
// The same and integer dtypes.
std::vector<Sample> NumberSamples();
// Pairs that broadcast in every way; f32, f16, f64.
std::vector<Sample> RealPairSamples();
// The same and integer dtypes.  Integer divisors may be zero.
std::vector<Sample> NumberPairSamples();
// Pairs of one integer dtype or bool.
std::vector<Sample> IntegerPairSamples(DType dtype, double low, double high);

}  // namespace hasten

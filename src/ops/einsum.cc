#include "ops/einsum.h"

namespace hasten::ops {
namespace {

struct EinsumAttrs {
  std::optional<std::string> equation;
};
constexpr AttrField kFields[] = {Field<&EinsumAttrs::equation>("equation")};

// Axes with one label have one length, or one entry; symbolic ones of an ellipsis may yet broadcast.
Status Merge(const Dim& d, int64_t label, std::optional<Dim>* merged) {
  if (!*merged || (*merged)->is(1)) {
    *merged = d;
  } else if (!d.is(1)) {
    const bool open = label >= kLetters && !d.is_const() && !(*merged)->is_const() && !(d == **merged);
    HASTEN_ASSIGN(*merged, SameDim(**merged, d, "dims of one letter"));
    if (open) *merged = Dim::Fresh();
  }
  return {};
}

Status Infer(InferCall& c) {
  const auto& text = c.attrs<EinsumAttrs>().equation;
  HASTEN_REQUIRE(text, "attribute 'equation' must be there");
  HASTEN_TRY(RequireTensors(c, c.inputs()));
  for (int i = 1; i < c.inputs(); ++i) HASTEN_TRY(c.RequireSameDType(0, i));
  const Equation e = SplitEquation(*text);
  HASTEN_REQUIRE(CountTerms(e) == c.inputs(), "equation ", Quote(*text), " must have a term for each of ", c.inputs(),
                 " inputs");
  std::vector<Dims> terms;
  std::array<std::optional<Dim>, kLabels> dims;
  for (int i = 0; i < c.inputs(); ++i) {
    const Shape& x = c.shape(i);
    if (!x.ranked()) {
      c.Out(0, c.dtype(0), Shape::Unknown());
      return {};
    }
    HASTEN_ASSIGN(const Dims labels, TermLabels(e, i, x.rank()));
    for (int a = 0; a < x.rank(); ++a) {
      const int64_t label = labels[static_cast<size_t>(a)];
      HASTEN_TRY(Merge(x[a], label, &dims[static_cast<size_t>(label)]));
    }
    terms.push_back(labels);
  }
  HASTEN_ASSIGN(const Dims labels, OutputLabels(e, terms));
  std::vector<Dim> y;
  for (int64_t label : labels) y.push_back(*dims[static_cast<size_t>(label)]);
  return OutShape(c, 0, c.dtype(0), std::move(y));
}

// The loops: labels of the output, then those summed over.
struct Loops {
  std::array<int64_t, kLabels> labels, dims;
  size_t outer = 0, count = 0;

  int64_t Product(size_t from, size_t to) const {
    int64_t n = 1;
    for (size_t i = from; i < to; ++i) n *= dims[i];
    return n;
  }
};

Loops LoopsOf(const KernelCall& c, std::span<const Dims> terms, const Dims& output) {
  std::array<int64_t, kLabels> dims;
  dims.fill(-1);
  for (size_t i = 0; i < terms.size(); ++i)
    for (size_t a = 0; a < terms[i].size(); ++a) {
      int64_t& d = dims[static_cast<size_t>(terms[i][a])];
      const int64_t n = c.input(static_cast<int>(i)).dims[a];
      if (d < 0 || d == 1) d = n;
    }
  Loops loops;
  const auto add = [&](int64_t label) {
    loops.labels[loops.count] = label;
    loops.dims[loops.count++] = std::exchange(dims[static_cast<size_t>(label)], -1);
  };
  for (int64_t label : output) add(label);
  loops.outer = loops.count;
  for (int64_t label = 0; label < kLabels; ++label)
    if (dims[static_cast<size_t>(label)] >= 0) add(label);
  return loops;
}

// An operand laid out in the order of the loops, diagonals taken; stride 0 where it has no such label, or repeats.
template <class T>
struct Operand {
  const T* data;
  std::array<int64_t, kLabels> strides;
  int64_t offset;
};

template <class T>
Status LayOut(const KernelCall& c, const T* x, const Dims& dims, const Dims& labels, const Loops& loops,
              Operand<T>* out) {
  const Dims own = StridesOf(dims);
  Dims taken, from;
  std::array<size_t, Dims::kMaxRank> loop_of{};
  out->strides.fill(0);
  out->offset = 0;
  out->data = nullptr;
  if (dims.elements() == 0) return {};  // some loop has no turn
  for (size_t l = 0; l < loops.count; ++l) {
    int64_t stride = 0, n = 0;
    for (size_t a = 0; a < labels.size(); ++a) {
      if (labels[a] != loops.labels[l]) continue;
      stride += dims[a] == 1 ? 0 : own[a];
      n = std::max(n, dims[a]);
    }
    if (n <= 1) continue;
    loop_of[taken.size()] = l;
    taken.push_back(n);
    from.push_back(stride);
  }
  HASTEN_ASSIGN(const auto copy, c.Scratch<T>(taken.elements()));
  StridedWalk at(taken, from);
  for (T& v : copy) {
    v = x[at.offset()];
    at.Next();
  }
  const Dims strides = StridesOf(taken);
  for (size_t i = 0; i < taken.size(); ++i) out->strides[loop_of[i]] = strides[i];
  out->data = copy.data();
  return {};
}

// The next place of loops [from, to), outermost first.
template <class T>
void Advance(const Loops& loops, size_t from, size_t to, int64_t* at, std::span<Operand<T>> operands) {
  for (size_t l = to; l-- > from;) {
    const bool wraps = ++at[l] == loops.dims[l];
    for (Operand<T>& o : operands) o.offset += wraps ? o.strides[l] * (1 - loops.dims[l]) : o.strides[l];
    if (!wraps) return;
    at[l] = 0;
  }
}

// Sum over the last loop of the operands' product.
template <class T>
T InnerSum(std::span<const Operand<T>> operands, size_t loop, int64_t n) {
  const auto at = [&](size_t k) { return operands[k].data + operands[k].offset; };
  const auto stride = [&](size_t k) { return operands[k].strides[loop]; };
  T sum = 0;
  if (operands.size() == 2) {
    const T *a = at(0), *b = at(1);
    const int64_t s = stride(0), t = stride(1);
    if (s == 1 && t == 1)
      for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
    else
      for (int64_t i = 0; i < n; ++i) sum += a[i * s] * b[i * t];
    return sum;
  }
  for (int64_t i = 0; i < n; ++i) {
    T product = 1;
    for (size_t k = 0; k < operands.size(); ++k) product *= at(k)[i * stride(k)];
    sum += product;
  }
  return sum;
}

template <class T>
Status Contract(const KernelCall& c, const Loops& loops, std::span<Operand<T>> operands, std::span<T> y) {
  const bool sums = loops.count > loops.outer;
  const size_t middle = sums ? loops.count - 1 : loops.count;
  const int64_t inner = sums ? loops.dims[loops.count - 1] : 1, repeats = loops.Product(loops.outer, middle);
  std::array<int64_t, kLabels + 1> at{};
  for (size_t i = 0; i < y.size(); ++i) {
    if (i % 1024 == 0 && c.stopped()) return Status(Code::kCancelled, "stopped");
    T sum = 0;
    for (int64_t r = 0; inner > 0 && r < repeats; ++r) {
      sum += InnerSum<T>(operands, sums ? loops.count - 1 : 0, inner);
      Advance(loops, loops.outer, middle, at.data(), operands);
    }
    y[i] = sum;
    Advance(loops, 0, loops.outer, at.data(), operands);
  }
  return {};
}

template <class T, class ReadLane>
Status EvalLane(KernelCall& c, std::span<const Dims> terms, const Loops& loops, ReadLane read, std::span<T> y) {
  HASTEN_ASSIGN(const auto operands, c.Scratch<Operand<T>>(c.inputs()));
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_ASSIGN(const auto lane, read(i));
    const auto k = static_cast<size_t>(i);
    HASTEN_TRY(LayOut(c, reinterpret_cast<const T*>(lane.data()), c.input(i).dims, terms[k], loops, &operands[k]));
  }
  return Contract<T>(c, loops, operands, y);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor * y, BoundOutput(c, 0));
  const Equation e = SplitEquation(*c.attrs<EinsumAttrs>().equation);
  HASTEN_ASSIGN(const auto terms, c.Scratch<Dims>(c.inputs()));
  for (int i = 0; i < c.inputs(); ++i) {
    HASTEN_ASSIGN(terms[static_cast<size_t>(i)], TermLabels(e, i, c.input(i).dims.rank()));
  }
  HASTEN_ASSIGN(const Dims output, OutputLabels(e, terms));
  const Loops loops = LoopsOf(c, terms, output);
  if (LaneOf(y->dtype) == Lane::kDouble) {
    HASTEN_ASSIGN(const auto sum, c.Scratch<double>(y->elements()));
    HASTEN_TRY(EvalLane<double>(
        c, terms, loops, [&](int i) { return c.Doubles(i); }, sum));
    WriteDoubles(y, 0, sum);
    return {};
  }
  HASTEN_REQUIRE(IsInteger(y->dtype), "inputs must be numbers, are ", Name(y->dtype));
  HASTEN_ASSIGN(const auto sum, c.Scratch<uint64_t>(y->elements()));
  HASTEN_TRY(EvalLane<uint64_t>(
      c, terms, loops, [&](int i) { return c.Ints(i); }, sum));
  WriteInts(y, 0, {reinterpret_cast<const int64_t*>(sum.data()), sum.size()});
  return {};
}

// One multiply-add for each place of all labels, for each operand but the first.
double Flops(const CostCall& c) {
  const Equation e = SplitEquation(*c.attrs<EinsumAttrs>().equation);
  std::array<double, kLabels> dims;
  dims.fill(1);
  for (size_t i = 0; i < c.in.size(); ++i) {
    const auto x = c.in[i].shape.Concrete();
    if (!x) return 0;
    const auto labels = TermLabels(e, static_cast<int>(i), x->rank());
    if (!labels.ok()) return 0;
    for (size_t a = 0; a < x->size(); ++a) {
      double& d = dims[static_cast<size_t>((*labels)[a])];
      d = std::max(d, static_cast<double>((*x)[a]));
    }
  }
  double places = 2 * std::max(1.0, static_cast<double>(c.in.size()) - 1);
  for (double d : dims) places *= d;
  return places;
}

constexpr OnnxVersion kVersions[] = {{12}, {28}};

std::vector<Sample> Samples() {
  const auto sample = [](std::string_view what, std::string equation, std::vector<SampleInput> in) {
    return Sample{what, std::move(in), {{"equation", std::move(equation)}}};
  };
  const SampleInput a{DType::kF32, {3, 5}}, b{DType::kF32, {5, 7}}, square{DType::kF32, {4, 4}};
  return {sample("matrix product", "ij,jk->ik", {a, b}),
          sample("implicit output, spaces", " ij , jk ", {a, b}),
          sample("attention scores", "bhid,bhjd->bhij", {{DType::kF32, {2, 3, 4, 5}}, {DType::kF32, {2, 3, 7, 5}}}),
          sample("transpose", "ij->ji", {a}),
          sample("upper case before lower", "bA", {a}),
          sample("sum", "ij->", {a}),
          sample("trace", "ii", {square}),
          sample("diagonal", "...ii->...i", {{DType::kF32, {2, 4, 4}}}),
          sample("ellipsis broadcasts", "...ij,...jk->...ik", {{DType::kF32, {2, 1, 3, 5}}, {DType::kF32, {6, 5, 2}}}),
          sample("outer product", "i,j->ij", {{DType::kF32, {3}}, {DType::kF32, {5}}}),
          sample("three operands", "bi,ij,bj->b", {{DType::kF32, {2, 3}}, a, {DType::kF32, {2, 5}}}),
          sample("scalars", ",->", {{DType::kF32, {}}, {DType::kF32, {}}}),
          sample("sum over nothing", "ij,jk->ik", {{DType::kF32, {2, 0}}, {DType::kF32, {0, 3}}}),
          sample("i32 wraps", "i,i->",
                 {{DType::kI32, {3}, -2147483647, 2147483647}, {DType::kI32, {3}, -2147483647, 2147483647}}),
          sample("f16", "ij,jk->ik", {{DType::kF16, {3, 5}}, {DType::kF16, {5, 2}}})};
}

}  // namespace

extern const OpDef kEinsum = {
    .name = "Einsum",
    .doc =
        "Einstein summation: equation \"ij,jk->ik\" says y[i, k] = sum over j of x0[i, j] * x1[j, k]. Labels are "
        "letters, \"...\" stands for axes that broadcast; without \"->\" the output has the ellipsis and, sorted, "
        "the letters that occur once. Numbers, one dtype for all; integers wrap.",
    .attrs = SchemaOf<EinsumAttrs>(kFields),
    .arity = {1, kMany},
    .onnx = {"", "Einsum", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = Flops,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops

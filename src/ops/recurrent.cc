#include "ops/recurrent.h"

namespace hasten {
namespace {

int64_t DirectionsOf(const RecurrentAttrs& a) { return a.direction == "bidirectional" ? 2 : 1; }

// Axis of the last known operand that has it, else a fresh symbol.
Dim AxisOf(const InferCall& c, int input, int axis) {
  return c.has(input) && c.shape(input).ranked() ? c.shape(input)[axis] : Dim::Fresh();
}

Status RequireShape(const InferCall& c, int i, std::span<const Dim> dims, std::string_view what) {
  HASTEN_TRY(c.RequireTensor(i));
  HASTEN_TRY(c.RequireRank(i, static_cast<int>(dims.size())));
  for (size_t k = 0; k < dims.size(); ++k) HASTEN_TRY(c.RequireDims(i, static_cast<int>(k), dims[k], what));
  return {};
}

Status CheckAttrs(const RecurrentKind& kind, const RecurrentAttrs& a) {
  HASTEN_REQUIRE(a.direction == "forward" || a.direction == "reverse" || a.direction == "bidirectional",
                 "direction must be forward, reverse or bidirectional, is ", Quote(a.direction));
  HASTEN_REQUIRE(a.layout == 0 || a.layout == 1, "layout must be 0 or 1, is ", a.layout);
  return ActivationsOf(kind, a).status();
}

}  // namespace

Status InferRecurrent(InferCall& c, const RecurrentKind& kind, const RecurrentAttrs& a) {
  HASTEN_TRY(CheckAttrs(kind, a));
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireTensor(i));
  for (int i = 0; i < 3; ++i) HASTEN_TRY(c.RequireRank(i, 3));
  for (int i : {1, 2, 3, 5, 6, 7}) HASTEN_TRY(c.RequireSameDType(0, i));
  const Dim d = DirectionsOf(a), batch = AxisOf(c, 0, a.layout == 1 ? 0 : 1),
            steps = AxisOf(c, 0, a.layout == 1 ? 1 : 0);
  const Dim h = c.shape(2).ranked() ? c.shape(2)[2] : a.hidden_size ? Dim(*a.hidden_size) : Dim::Fresh();
  HASTEN_REQUIRE(!a.hidden_size || !NeverEqual(h, *a.hidden_size), "hidden_size must be ", h, " as input 2 has it, is ",
                 *a.hidden_size);
  const Dim rows = h * kind.gates;
  HASTEN_TRY(RequireShape(c, 1, std::array{d, rows, AxisOf(c, 0, 2)}, "directions, gates * hidden, input"));
  HASTEN_TRY(RequireShape(c, 2, std::array{d, rows, h}, "directions, gates * hidden, hidden"));
  HASTEN_TRY(RequireShape(c, 3, std::array{d, rows * 2}, "directions, 2 * gates * hidden"));
  HASTEN_TRY(RequireShape(c, 4, std::array{batch}, "batch"));
  const std::array state = a.layout == 1 ? std::array{batch, d, h} : std::array{d, batch, h};
  HASTEN_TRY(RequireShape(c, 5, state, "shape of a state"));
  HASTEN_TRY(RequireShape(c, 6, state, "shape of a state"));
  HASTEN_TRY(RequireShape(c, 7, std::array{d, h * 3}, "directions, 3 * hidden"));
  c.Out(0, c.dtype(0), a.layout == 1 ? Shape{batch, steps, d, h} : Shape{steps, d, batch, h});
  for (int i = 1; i < c.outputs(); ++i) c.Out(i, c.dtype(0), Shape{state[0], state[1], state[2]});
  return {};
}

namespace {

// One call: sizes, operands in double, and scratch.
struct Walk {
  const RecurrentKind& kind;
  const RecurrentAttrs& a;
  int64_t steps, batch, input, hidden, directions;
  std::span<double> x, y, h, c, biases, peepholes, x_gates, h_gates, panel, row, product;
  std::span<int64_t> lengths;

  int64_t gates() const { return kind.gates * hidden; }
  // Row (direction, n) of a state; row (step, direction, n) of y.
  int64_t StateRow(int64_t d, int64_t n) const { return a.layout == 1 ? n * directions + d : d * batch + n; }
  int64_t OutputRow(int64_t t, int64_t d, int64_t n) const {
    return a.layout == 1 ? (n * steps + t) * directions + d : (t * directions + d) * batch + n;
  }
  int64_t InputRow(int64_t t, int64_t n) const { return a.layout == 1 ? n * steps + t : t * batch + n; }
};

Status ReadState(const KernelCall& c, int i, std::span<double> to) {
  std::fill(to.begin(), to.end(), 0.0);
  if (c.has(i)) ReadDoubles(c.input(i), 0, to);
  return {};
}

Status ReadLengths(const KernelCall& c, Walk* w) {
  std::fill(w->lengths.begin(), w->lengths.end(), w->steps);
  if (!c.has(4)) return {};
  ReadInts(c.input(4), 0, w->lengths);
  for (int64_t n : w->lengths)
    HASTEN_REQUIRE(n >= 0 && n <= w->steps, "sequence lengths must be in [0, ", w->steps, "], one is ", n);
  return {};
}

Result<Walk> MakeWalk(const KernelCall& c, const RecurrentKind& kind, const RecurrentAttrs& a) {
  const Dims &x = c.input(0).dims, &r = c.input(2).dims;
  const bool batch_major = a.layout == 1;
  Walk w{kind, a, x[batch_major ? 1 : 0], x[batch_major ? 0 : 1], x[2], r[2], r[0]};
  const int64_t states = w.directions * w.batch * w.hidden, gates = w.gates();
  HASTEN_ASSIGN(w.x, c.Doubles(0));
  HASTEN_ASSIGN(w.y, c.Scratch<double>(w.steps * states));
  HASTEN_ASSIGN(w.h, c.Scratch<double>(states));
  HASTEN_ASSIGN(w.c, c.Scratch<double>(states));
  HASTEN_ASSIGN(w.biases, c.Scratch<double>(w.directions * 2 * gates));
  HASTEN_ASSIGN(w.peepholes, c.Scratch<double>(w.directions * 3 * w.hidden));
  HASTEN_ASSIGN(w.x_gates, c.Scratch<double>(w.steps * w.batch * gates));
  HASTEN_ASSIGN(w.h_gates, c.Scratch<double>(w.batch * gates));
  HASTEN_ASSIGN(w.panel, c.Scratch<double>(kPanelElements));
  HASTEN_ASSIGN(w.row, c.Scratch<double>(w.hidden));
  HASTEN_ASSIGN(w.product, c.Scratch<double>(w.hidden));
  HASTEN_ASSIGN(w.lengths, c.Scratch<int64_t>(w.batch));
  std::fill(w.y.begin(), w.y.end(), 0.0);
  HASTEN_TRY(ReadState(c, 3, w.biases));
  HASTEN_TRY(ReadState(c, 5, w.h));
  HASTEN_TRY(ReadState(c, kind.has_cell ? 6 : c.inputs(), w.c));
  HASTEN_TRY(ReadState(c, 7, w.peepholes));
  HASTEN_TRY(ReadLengths(c, &w));
  return w;
}

// The state of all rows of the direction, contiguous in time-major layout only, times R^T.
void MultiplyState(const Walk& w, int64_t d, const MatrixView& r) {
  if (w.a.layout == 0) {
    const auto size = static_cast<size_t>(w.batch * w.hidden);
    Multiply(w.h.subspan(static_cast<size_t>(d) * size, size), r, {}, w.panel, w.h_gates);
    return;
  }
  for (int64_t n = 0; n < w.batch; ++n)
    Multiply(w.h.subspan(static_cast<size_t>(w.StateRow(d, n) * w.hidden), static_cast<size_t>(w.hidden)), r, {},
             w.panel, w.h_gates.subspan(static_cast<size_t>(n * w.gates()), static_cast<size_t>(w.gates())));
}

Status WalkDirection(const KernelCall& call, const Walk& w, int64_t d, std::span<const Activation> f) {
  const int64_t gates = w.gates();
  const bool reverse = d == 1 || w.a.direction == "reverse";
  const MatrixView weight{&call.input(1), d * gates * w.input, w.input, gates, true};
  const MatrixView recurrence{&call.input(2), d * gates * w.hidden, w.hidden, gates, true};
  Multiply(w.x, weight, {}, w.panel, w.x_gates);
  RecurrentCell cell{w.hidden, w.kind.option, f};
  cell.wb = w.biases.data() + d * 2 * gates;
  cell.rb = cell.wb + gates;
  cell.peephole = call.has(7) ? w.peepholes.data() + d * 3 * w.hidden : nullptr;
  cell.r = recurrence;
  cell.panel = w.panel;
  cell.row = w.row;
  cell.product = w.product;
  for (int64_t s = 0; s < w.steps; ++s) {
    if (call.stopped()) return Status(Code::kCancelled, "stopped");
    MultiplyState(w, d, recurrence);
    for (int64_t n = 0; n < w.batch; ++n) {
      if (s >= w.lengths[n]) continue;
      const int64_t t = reverse ? w.lengths[n] - 1 - s : s;
      cell.x = w.x_gates.data() + w.InputRow(t, n) * gates;
      cell.h_gates = w.h_gates.data() + n * gates;
      cell.h = w.h.data() + w.StateRow(d, n) * w.hidden;
      cell.c = w.c.data() + w.StateRow(d, n) * w.hidden;
      w.kind.cell(cell);
      std::copy_n(cell.h, w.hidden, w.y.data() + w.OutputRow(t, d, n) * w.hidden);
    }
  }
  return {};
}

}  // namespace

Status EvalRecurrent(KernelCall& c, const RecurrentKind& kind, const RecurrentAttrs& a) {
  HASTEN_ASSIGN(const auto activations, ActivationsOf(kind, a));
  HASTEN_ASSIGN(const Walk w, MakeWalk(c, kind, a));
  const size_t per_direction = kind.activations.size();
  for (int64_t d = 0; d < w.directions; ++d)
    HASTEN_TRY(WalkDirection(c, w, d,
                             std::span(activations.f).subspan(static_cast<size_t>(d) * per_direction, per_direction)));
  if (c.wants(0)) WriteDoubles(&c.output(0), 0, w.y);
  if (c.wants(1)) WriteDoubles(&c.output(1), 0, w.h);
  if (c.wants(2)) WriteDoubles(&c.output(2), 0, w.c);
  return {};
}

double RecurrentFlops(const CostCall& c) {
  const auto x = c.in[0].shape.Concrete(), w = c.in[1].shape.Concrete(), r = c.in[2].shape.Concrete();
  if (!x || !w || !r) return 0;
  return 2.0 * static_cast<double>(x->Product(0, 2)) * static_cast<double>(w->elements() + r->elements());
}

Status DropOutputSequence(OnnxNode& n) {
  n.Drop("output_sequence");
  return {};
}

Status LayoutAbsent(OnnxNode& n) { return AbsentBefore(n, 14, {"layout"}); }

}  // namespace hasten

// Normalisation of contiguous rows by their mean and deviation, or by their mean square alone.

#include "kernels/cpu/pointwise_loop.h"
#include "kernels/cpu/row_kernels.h"
#include "ops/microsoft/skip_norm.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

// Where an op has what.  Inputs after x: [skip,] scale, bias, [bias of the sum]; -1: none.
struct Form {
  std::string_view op;
  bool mean = true;  // else by the mean square alone
  bool skip = false;
  int scale = 1, shift = -1, add = -1;
  int mean_output = -1, factor_output = -1, sum_output = -1;
};
constexpr Form kForms[] = {
    {.op = "LayerNormalization", .shift = 2, .mean_output = 1, .factor_output = 2},
    {.op = "RMSNormalization", .mean = false},
    {.op = "SimplifiedLayerNormalization", .mean = false, .factor_output = 1},
    {.op = "com.microsoft.SimplifiedLayerNormalization", .mean = false, .factor_output = 1},
    {.op = "com.microsoft.SkipLayerNormalization",
     .skip = true,
     .scale = 2,
     .shift = 3,
     .add = 4,
     .mean_output = 1,
     .factor_output = 2,
     .sum_output = 3},
    {.op = "com.microsoft.SkipSimplifiedLayerNormalization",
     .mean = false,
     .skip = true,
     .scale = 2,
     .add = 3,
     .mean_output = 1,
     .factor_output = 2,
     .sum_output = 3},
};
constexpr auto kOps = [] {
  std::array<std::string_view, std::size(kForms)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kForms[i].op;
  return names;
}();

size_t FormOf(std::string_view op) {
  return static_cast<size_t>(std::find(kOps.begin(), kOps.end(), op) - kOps.begin());
}

// Scale and bias must be one row that serves all: of the normalised axes' dims.
bool IsRow(const Type& t, const Type& x, int64_t axis) {
  if (!t.shape.ranked() || !x.shape.ranked()) return false;
  const int rank = x.shape.rank(), from = static_cast<int>(axis < 0 ? axis + rank : axis);
  for (int i = 0; i < rank; ++i) {
    const int at = t.shape.rank() - rank + i;
    if (i < from ? at >= 0 && !t.shape[at].is(1) : at < 0 || !(t.shape[at] == x.shape[i])) return false;
  }
  return true;
}

bool Supports(const PlanCall& call) {
  const Form& f = kForms[FormOf(call.node->op->name)];
  for (const Type& t : call.in)
    if (t.known() && t.dtype != DType::kF32) return false;
  for (const Type& t : call.out)
    if (t.known() && t.dtype != DType::kF32) return false;
  if (!RangeEpilogueSupported(call) || !call.in[0].shape.ranked()) return false;
  if (f.skip) return call.in[1].shape.ranked();
  const int64_t axis = call.attrs<RowNormAttrs>().axis;
  if (!IsRow(call.in[1], call.in[0], axis)) return false;
  return f.shift < 0 || !call.has(static_cast<size_t>(f.shift)) ||
         IsRow(call.in[static_cast<size_t>(f.shift)], call.in[0], axis);
}

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  params->assign(1, static_cast<std::byte>(FormOf(call.node->op->name)));
  return {};
}

struct Bound {
  size_t form;
  int64_t rows, size, rows_per_chunk;
  int64_t skip_elements;
  BroadcastLoop skip;  // over x, where skip has fewer elements and they do not simply repeat
  bool skip_repeats;
  double epsilon;
  PointwiseLoop epilogue;
};

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b = {};
  b.form = std::to_integer<size_t>(*static_cast<const std::byte*>(s.params));
  const Form& f = kForms[b.form];
  const Dims x = *s.in[0].shape.Concrete();
  int axis = x.rank() - 1;
  if (f.skip) {
    b.epsilon = static_cast<double>(s.attrs<ops::microsoft::SkipNormAttrs>().epsilon);
    const Dims skip = *s.in[1].shape.Concrete();
    b.skip_elements = skip.elements();
    b.skip = MakeBroadcastLoop(x, std::span(&skip, 1), Layout::kPlain);
    // Leading ones left out, skip is the end of x's dims.
    int lead = 0;
    while (lead < skip.rank() && skip[static_cast<size_t>(lead)] == 1) ++lead;
    b.skip_repeats = lead < skip.rank() && skip.elements() == x.Product(x.rank() - (skip.rank() - lead), x.rank());
  } else {
    HASTEN_ASSIGN(axis, NormalizeAxis(s.attrs<RowNormAttrs>().axis, x.rank()));
    b.epsilon = static_cast<double>(s.attrs<RowNormAttrs>().epsilon);
  }
  b.rows = x.Product(0, axis);
  b.size = x.Product(axis, x.rank());
  b.rows_per_chunk = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, b.size));
  b.epilogue = BindRangeEpilogue(s);
  binding->phases = {std::max<int64_t>(1, (b.rows + b.rows_per_chunk - 1) / b.rows_per_chunk)};
  KeepBound(b, binding);
  return {};
}

const float* VectorOf(const KernelCall& c, int i) { return i >= 0 && c.has(i) ? c.input(i).as<float>() : nullptr; }

// sum = x + skip + bias of row r.
void AddSkip(const Bound& b, const KernelCall& c, const Form& f, int64_t r, float* sum) {
  const float *x = c.input(0).as<float>() + r * b.size, *skip = c.input(1).as<float>();
  if (b.skip_repeats) {
    AddRows(x, skip + r * b.size % b.skip_elements, b.size, sum);
  } else {
    b.skip.ForRuns(r * b.size, (r + 1) * b.size, [&](int64_t at, int64_t n, const int64_t* offset) {
      for (int64_t i = 0; i < n; ++i)
        sum[at - r * b.size + i] = x[at - r * b.size + i] + skip[*offset + i * b.skip.step(0)];
    });
  }
  if (const float* bias = VectorOf(c, f.add)) AddRows(sum, bias, b.size, sum);
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  const Form& f = kForms[b.form];
  const float *scale = VectorOf(c, f.scale), *shift = VectorOf(c, f.shift);
  const auto output = [&](int i) { return i >= 0 && c.wants(i) ? c.output(i).as<float>() : nullptr; };
  float *y = output(0), *means = output(f.mean_output), *factors = output(f.factor_output);
  float* sums = output(f.sum_output);
  if (!y) {
    HASTEN_ASSIGN(const auto unwanted, c.Scratch<float>(b.size));
    y = unwanted.data();
  }
  const auto n = static_cast<double>(b.size);
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(b.rows, first + b.rows_per_chunk);
  for (int64_t r = first; r < last; ++r) {
    float* to = c.wants(0) ? y + r * b.size : y;
    const float* x = c.input(0).as<float>() + r * b.size;
    if (f.skip) {
      float* sum = sums ? sums + r * b.size : to;
      AddSkip(b, c, f, r, sum);
      x = sum;
    }
    // The mean is rounded before it is subtracted: what is left over is found with the squares.
    const auto about = static_cast<float>(f.mean ? FoldRow(Fold::kSum, x, b.size) / n : 0);
    const RowMoments m = MomentsOf(x, b.size, about);
    const double rest = f.mean ? m.sum / n : 0;
    const double factor = 1 / std::sqrt(m.squares / n - rest * rest + b.epsilon);
    NormalizeRow(x, b.size, about, static_cast<float>(factor), static_cast<float>(-rest * factor), scale, shift, to);
    if (means) means[r] = static_cast<float>(static_cast<double>(about) + rest);
    if (factors) factors[r] = static_cast<float>(factor);
  }
  return c.wants(0) ? FinishRange(b.epilogue, c, first * b.size, last * b.size) : Status();
}

}  // namespace

extern const Tactic kLayerNormRows = {
    .name = "layer_norm_rows",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .in_place = true,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu

// Rotary embedding, a row of a head at a time.
#include "ops/rotary_embedding.h"

#include <cstring>

#include "kernels/tactic.h"
#include "ops/microsoft/rotary.h"

namespace hasten::kernels::cpu {
namespace {

using ops::microsoft::RotaryAttrs;

constexpr int64_t kChunkElements = 1 << 14;

// Where an op has what.
struct Form {
  std::string_view op;
  int positions, cosines, sines;
};
constexpr Form kForms[] = {{"RotaryEmbedding", 3, 1, 2}, {"com.microsoft.RotaryEmbedding", 1, 2, 3}};
constexpr std::string_view kOps[] = {kForms[0].op, kForms[1].op};

struct Bound {
  size_t form = 0;
  bool interleaved = false, has_positions = false;
  bool counts_up = false;  // one position is given, of the first token
  int64_t batch = 0, heads = 0, tokens = 0, size = 0, half = 0;
  bool packed = false;  // [batch, tokens, heads, size]; else heads stand before tokens
  int64_t rows_per_chunk = 1;
  int64_t rows() const { return batch * heads * tokens; }
};

bool Supports(const PlanCall& call) {
  const Form& f = kForms[call.node->op->name == kOps[1]];
  for (const int i : {0, f.cosines, f.sines})
    if (!call.has(static_cast<size_t>(i)) || call.in[static_cast<size_t>(i)].dtype != DType::kF32) return false;
  return call.in[0].shape.ranked();
}

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  params->assign(1, std::byte{call.node->op->name == kOps[1]});
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Bound b;
  b.form = std::to_integer<size_t>(*static_cast<const std::byte*>(s.params));
  const Form& f = kForms[b.form];
  const Dims x = *s.in[0].shape.Concrete();
  int64_t heads = 0, rotated = 0;
  if (b.form == 0) {
    const auto& a = s.attrs<RotaryEmbeddingAttrs>();
    b.interleaved = a.interleaved;
    heads = a.num_heads.value_or(1);
    rotated = a.rotary_embedding_dim;
  } else {
    const auto& a = s.attrs<RotaryAttrs>();
    b.interleaved = a.interleaved;
    const int64_t head = 2 * s.in[static_cast<size_t>(f.cosines)].shape.Concrete()->back();
    heads = a.num_heads > 0 ? a.num_heads : head == 0 || x.rank() == 4 ? 1 : x[2] / head;
    rotated = a.rotary_embedding_dim;
  }
  b.packed = x.rank() == 3;
  b.batch = x[0];
  b.heads = b.packed ? heads : x[1];
  b.tokens = x[b.packed ? 1 : 2];
  b.size = b.packed ? x[2] / std::max<int64_t>(1, heads) : x[3];
  b.half = (rotated > 0 ? rotated : b.size) / 2;
  const auto at = static_cast<size_t>(f.positions);
  b.has_positions = at < s.in.size() && s.in[at].known();
  b.counts_up = b.has_positions && s.in[at].shape.rank() < 2;
  b.rows_per_chunk = std::max<int64_t>(1, kChunkElements / std::max<int64_t>(1, b.size));
  const int64_t rows = x.elements() == 0 ? 0 : b.rows();
  binding->phases = {(rows + b.rows_per_chunk - 1) / b.rows_per_chunk};
  KeepBound(b, binding);
  return {};
}

// Row of the tables for token t of batch n.
Result<int64_t> TableRow(const Bound& b, const KernelCall& c, int64_t n, int64_t t) {
  if (!b.has_positions) return n * b.tokens + t;
  const Form& f = kForms[b.form];
  const Tensor& positions = c.input(f.positions);
  const int64_t limit = c.input(f.cosines).dims[0];
  const int64_t p = b.counts_up ? positions.Int(0) : positions.Int(n * b.tokens + t);
  const int64_t row = b.counts_up && p >= 0 && p < limit ? p + t : p;
  HASTEN_REQUIRE(row >= 0 && row < limit, "positions must be in [0, ", limit, "), one is ", row);
  return row;
}

void RotateRow(const Bound& b, const float* x, const float* cosine, const float* sine, float* y) {
  if (b.interleaved) {
    for (int64_t i = 0; i < b.half; ++i) {
      const float re = x[2 * i], im = x[2 * i + 1];
      y[2 * i] = re * cosine[i] - im * sine[i];
      y[2 * i + 1] = re * sine[i] + im * cosine[i];
    }
  } else {
    for (int64_t i = 0; i < b.half; ++i) {
      const float re = x[i], im = x[i + b.half];
      y[i] = re * cosine[i] - im * sine[i];
      y[i + b.half] = re * sine[i] + im * cosine[i];
    }
  }
  std::memmove(y + 2 * b.half, x + 2 * b.half, static_cast<size_t>(b.size - 2 * b.half) * sizeof(float));
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  const Form& f = kForms[b.form];
  const auto *x = c.input(0).as<float>(), *cosines = c.input(f.cosines).as<float>(),
             *sines = c.input(f.sines).as<float>();
  auto* y = c.output(0).as<float>();
  const int64_t first = c.chunk * b.rows_per_chunk, last = std::min(b.rows(), first + b.rows_per_chunk);
  for (int64_t r = first; r < last; ++r) {
    const int64_t n = r / (b.heads * b.tokens), t = b.packed ? r / b.heads % b.tokens : r % b.tokens;
    HASTEN_ASSIGN(const int64_t row, TableRow(b, c, n, t));
    RotateRow(b, x + r * b.size, cosines + row * b.half, sines + row * b.half, y + r * b.size);
  }
  return {};
}

}  // namespace

extern const Tactic kRotaryRows = {
    .name = "rotary_rows",
    .ops = kOps,
    .supports = Supports,
    .bound = 4,
    .numerics = Numerics::kReassociated,
    .in_place = true,
    .speed = 4,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu

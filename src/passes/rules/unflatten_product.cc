#include <algorithm>
#include <cstring>

#include "ops/gemm.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Reshape"};

bool IsRow(const Shape& s) { return s.ranked() && (s.rank() == 1 || (s.rank() == 2 && s[0].is(1))); }

// What `flat`, of [rows, K], is a view of, where its first axes are those of y and the others are K elements together.
ValueId UnflattenedOf(const RewriteContext& c, ValueId flat, const Shape& y) {
  const NodeId view = c.Producer(flat, "Reshape") != kNone ? c.Producer(flat, "Reshape") : c.Producer(flat, "Flatten");
  if (view == kNone || !y.ranked() || y.rank() < 3) return kNone;
  const ValueId x = c.node(view).inputs[0];
  const Shape &from = c.type(x).shape, &to = c.type(flat).shape;
  if (!from.ranked() || from.rank() < y.rank() || !to.ranked() || to.rank() != 2) return kNone;
  const int kept = y.rank() - 1;
  Dim inner = 1;
  for (int i = 0; i < from.rank(); ++i) {
    if (i < kept && !(from[i] == y[i])) return kNone;
    if (i >= kept) inner = inner * from[i];
  }
  return inner.is_const() && inner == to[1] && !inner.is(0) ? x : kNone;
}

// The dims of y, but the last one: as Reshape takes them, if it can.
std::optional<std::vector<int64_t>> DimsWithInner(const Shape& y, const Dim& inner) {
  std::vector<int64_t> dims;
  for (int i = 0; i < y.rank(); ++i) {
    const Dim& d = i + 1 < y.rank() ? y[i] : inner;
    if (d.is(0)) return std::nullopt;
    dims.push_back(d.is_const() ? d.value() : -1);
  }
  return std::count(dims.begin(), dims.end(), -1) <= 1 ? std::optional(dims) : std::nullopt;
}

// Of two dims.  Computed here: rules that fold do not run behind this one in plans.
Result<Tensor> Transposed(const Tensor& t) {
  HASTEN_ASSIGN(Tensor out, NewTensor(t.dtype, {t.dims[1], t.dims[0]}));
  const auto size = static_cast<size_t>(BytesFor(t.dtype, 1));
  std::byte* to = out.data;
  for (int64_t j = 0; j < t.dims[1]; ++j)
    for (int64_t i = 0; i < t.dims[0]; ++i, to += size)
      std::memcpy(to, t.data + static_cast<size_t>(i * t.dims[1] + j) * size, size);
  return out;
}

struct Product {
  ValueId a, weight, bias = kNone;  // a matrix each; a row, or absent
  bool transposed = false;          // the weight
};

// What gives v and serves nothing else, if it is a plain product.
std::optional<Product> ProductOf(const RewriteContext& c, ValueId v) {
  const NodeId gemm = c.Producer(v, "Gemm"), n = gemm == kNone ? c.Producer(v, "MatMul") : gemm;
  if (n == kNone || !c.OnlyUse(v) || !c.node(n).epilogue.empty()) return std::nullopt;
  const std::vector<ValueId>& in = c.node(n).inputs;
  Product out{in[0], in[1]};
  if (gemm == kNone) return out;
  const auto& attrs = c.node(n).attrs.as<GemmAttrs>();
  out.transposed = attrs.trans_b;
  if (in.size() > 2) out.bias = in[2];
  if (out.bias != kNone && (attrs.beta != 1 || !IsRow(c.type(out.bias).shape))) return std::nullopt;
  return attrs.alpha == 1 && !attrs.trans_a ? std::optional(out) : std::nullopt;
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const ValueId y = c.node(n).outputs[0];
  const auto product = ProductOf(c, c.node(n).inputs[0]);
  ValueId x = product ? UnflattenedOf(c, product->a, c.type(y).shape) : kNone;
  if (x == kNone) return false;
  const Shape &weight = c.type(product->weight).shape, whole = c.type(y).shape;
  if (!weight.ranked() || weight.rank() != 2 || (product->transposed && !c.Known(product->weight))) return false;
  if (!(whole[whole.rank() - 1] == weight[product->transposed ? 0 : 1])) return false;
  ValueId w = product->weight;
  if (c.type(x).shape.rank() > whole.rank()) {  // a view still, of as many axes as the result
    const auto dims = product->bias == kNone && c.OnlyUse(product->a)
                          ? DimsWithInner(whole, weight[product->transposed])
                          : std::nullopt;
    if (!dims) return false;
    HASTEN_ASSIGN(x, c.Add("Reshape", {x, c.AddConstant(c.value(y).name + ".shape", VectorI64(*dims))}, n));
  }
  if (product->transposed) {
    HASTEN_ASSIGN(Tensor transposed, Transposed(*c.Known(w)));
    w = c.AddConstant(c.value(w).name + ".transposed", std::move(transposed));
  }
  HASTEN_ASSIGN(ValueId out, c.Add("MatMul", {x, w}, n));
  if (product->bias != kNone) {
    HASTEN_ASSIGN(out, c.Add("Add", {out, product->bias}, n));
  }
  c.Replace(y, out);
  return true;
}

}  // namespace

extern const Rule kUnflattenProduct = {
    .name = "unflatten_product",
    .doc =
        "Reshape to a matrix, MatMul or Gemm, and Reshape to the axes that were there -> MatMul, and Add of the bias.",
    .stage = Stage::kMerge,
    .numerics = Numerics::kReassociated,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules

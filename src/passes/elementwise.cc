#include "passes/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/attributes.h"

namespace hasten {
namespace {

using Ref = ProgramBuilder::Ref;
using enum PointwiseOp;

constexpr float kInf = std::numeric_limits<float>::infinity();

// An op that is one instruction, or two for which `compile` stands.
struct Entry {
  std::string_view op;
  PointwiseOp instr = kAdd;
  std::string_view alpha = {}, beta = {};  // attributes
  float alpha_default = 0, beta_default = 0;
  Ref (*compile)(const Node&, std::span<const Ref>, ProgramBuilder*) = nullptr;
};

Ref Fold(PointwiseOp op, std::span<const Ref> in, ProgramBuilder* p) {
  Ref out = in[0];
  for (Ref r : in.subspan(1)) out = p->Emit(op, out, r);
  return out;
}

Ref Selu(const Node& node, std::span<const Ref> in, ProgramBuilder* p) {
  const Ref gamma = p->Const(AttrOr<float>(node, "gamma", 1));
  return p->Emit(kMul, p->Emit(kElu, in[0], in[0], AttrOr<float>(node, "alpha", 1)), gamma);
}

Ref Gelu(const Node& node, std::span<const Ref> in, ProgramBuilder* p) {
  return p->Emit(AttrOr<std::string>(node, "approximate", "none") == "tanh" ? kGeluTanh : kGelu, in[0]);
}

Ref Softsign(const Node&, std::span<const Ref> in, ProgramBuilder* p) {
  const Ref one = p->Const(1);
  return p->Emit(kDiv, in[0], p->Emit(kAdd, p->Emit(kAbs, in[0]), one));
}

template <PointwiseOp kThen>
Ref AddThen(const Node&, std::span<const Ref> in, ProgramBuilder* p) {
  return p->Emit(kThen, Fold(kAdd, in, p));
}

constexpr Entry kEntries[] = {
    {"Add", kAdd},
    {"Sub", kSub},
    {"Mul", kMul},
    {"Div", kDiv},
    {"Min", kMin},
    {"Max", kMax},
    {"Sum", kAdd},
    {"Pow", kPow},
    {"PRelu", kPRelu},
    {"Neg", kNeg},
    {"Abs", kAbs},
    {"Sqrt", kSqrt},
    {"Exp", kExp},
    {"Log", kLog},
    {"Erf", kErf},
    {"Tanh", kTanh},
    {"Sigmoid", kSigmoid},
    {"Relu", kRelu},
    {"Reciprocal", kReciprocal},
    {"Floor", kFloor},
    {"Ceil", kCeil},
    {"Round", kRound},
    {"Sign", kSign},
    {"Sin", kSin},
    {"Cos", kCos},
    {"Softplus", kSoftplus},
    {"HardSwish", kHardSwish},
    {"Mish", kMish},
    {"LeakyRelu", kLeakyRelu, "alpha", {}, 0.01f},
    {"Elu", kElu, "alpha", {}, 1},
    {"HardSigmoid", kHardSigmoid, "alpha", "beta", 0.2f, 0.5f},
    {"Swish", kSwish, "alpha", {}, 1},
    {"com.microsoft.QuickGelu", kSwish, "alpha", {}, 1.702f},
    {"Clip", kClip},
    {.op = "Selu", .compile = Selu},
    {.op = "Gelu", .compile = Gelu},
    {.op = "Softsign", .compile = Softsign},
    {.op = "com.microsoft.Gelu", .compile = AddThen<kGelu>},
    {.op = "com.microsoft.BiasGelu", .compile = AddThen<kGelu>},
    {.op = "com.microsoft.FastGelu", .compile = AddThen<kGeluTanh>},
};

const Entry* EntryOf(const Node& node) {
  if (!node.op) return nullptr;
  const auto* const it =
      std::find_if(std::begin(kEntries), std::end(kEntries), [&](const Entry& e) { return e.op == node.op->name; });
  return it == std::end(kEntries) ? nullptr : it;
}

bool IsF32(const Type& t) { return t.is_tensor() && t.dtype == DType::kF32 && t.shape.ranked(); }

// The value of an operand that has one element wherever it is read.
std::optional<float> ScalarConst(const RewriteContext& c, ValueId v) {
  const Tensor* t = c.Known(v);
  if (!t || t->elements() != 1 || (!IsFloat(t->dtype) && !IsInteger(t->dtype))) return std::nullopt;
  const double d = t->Double(0);
  const auto f = static_cast<float>(d);
  return std::isnan(d) || static_cast<double>(f) == d ? std::optional(f) : std::nullopt;
}

struct Bounds {
  float low = -kInf, high = kInf;
};
std::optional<Bounds> ClipBounds(const RewriteContext& c, const Node& node) {
  Bounds out;
  for (size_t i : {size_t{1}, size_t{2}}) {
    if (i >= node.inputs.size() || node.inputs[i] == kNone) continue;
    const auto bound = ScalarConst(c, node.inputs[i]);
    if (!bound || std::isnan(*bound)) return std::nullopt;
    (i == 1 ? out.low : out.high) = *bound;
  }
  return out;
}

// Powers that are products.
std::optional<Ref> SmallPower(const RewriteContext& c, ValueId exponent, Ref a, ProgramBuilder* p) {
  const auto e = ScalarConst(c, exponent);
  if (!e || (*e != 2 && *e != 3)) return std::nullopt;
  const Ref square = p->Emit(kMul, a, a);
  return *e == 2 ? square : p->Emit(kMul, square, a);
}

}  // namespace

bool IsPointwise(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (!node.alive || !node.op || node.captures > 0 || node.outputs.empty() || node.outputs[0] == kNone ||
      std::count(node.outputs.begin(), node.outputs.end(), kNone) + 1 != static_cast<int64_t>(node.outputs.size()) ||
      !IsF32(c.type(node.outputs[0])))
    return false;
  if (node.op->name == "Pointwise") return !node.epilogue.empty() && IsF32(c.type(node.inputs[0]));
  const Entry* entry = EntryOf(node);
  if (!entry || !node.epilogue.empty()) return false;
  if (entry->instr == kClip && !ClipBounds(c, node)) return false;
  const auto present = std::count_if(node.inputs.begin(), node.inputs.end(), [](ValueId v) { return v != kNone; });
  if (!entry->compile && Arity(entry->instr) == 2 && present < 2) return false;
  const bool power = entry->instr == kPow;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId v = node.inputs[i];
    if (entry->instr == kClip && i > 0) break;
    if (v == kNone) {
      if (i < static_cast<size_t>(node.op->arity.min_in)) return false;
    } else if (!IsF32(c.type(v)) && !(power && i == 1 && ScalarConst(c, v))) {
      return false;
    }
  }
  return true;
}

std::vector<ValueId> PointwiseInputs(const RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  const Entry* entry = EntryOf(node);
  std::vector<ValueId> out;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (entry && entry->instr == kClip && i > 0) break;
    if (node.inputs[i] != kNone && !ScalarConst(c, node.inputs[i])) out.push_back(node.inputs[i]);
  }
  return out;
}

Ref CompilePointwise(const RewriteContext& c, NodeId n, const std::function<Ref(ValueId)>& at, ProgramBuilder* p) {
  const Node& node = c.node(n);
  const Entry* entry = EntryOf(node);
  std::vector<Ref> in;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNone || (entry && entry->instr == kClip && i > 0)) continue;
    const auto scalar = ScalarConst(c, node.inputs[i]);
    in.push_back(scalar ? p->Const(*scalar) : at(node.inputs[i]));
  }
  if (!entry) return p->Inline(node.epilogue, in);
  if (entry->compile) return entry->compile(node, in, p);
  if (entry->instr == kClip) {
    const Bounds b = *ClipBounds(c, node);
    return p->Emit(kClip, in[0], in[0], b.low, b.high);
  }
  if (entry->instr == kPow)
    if (const auto power = SmallPower(c, node.inputs[1], in[0], p)) return *power;
  if (Arity(entry->instr) == 2) return Fold(entry->instr, in, p);
  const auto attr = [&](std::string_view name, float fallback) {
    return name.empty() ? 0.0f : AttrOr<float>(node, name, fallback);
  };
  return p->Emit(entry->instr, in[0], in[0], attr(entry->alpha, entry->alpha_default),
                 attr(entry->beta, entry->beta_default));
}

}  // namespace hasten

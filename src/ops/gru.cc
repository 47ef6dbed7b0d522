#include "ops/gru.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&GruAttrs::activation_alpha>("activation_alpha"),
    Field<&GruAttrs::activation_beta>("activation_beta"),
    Field<&GruAttrs::activations>("activations"),
    Field<&GruAttrs::clip>("clip"),
    Field<&GruAttrs::direction>("direction"),
    Field<&GruAttrs::hidden_size>("hidden_size"),
    Field<&GruAttrs::layout>("layout"),
    Field<&GruAttrs::linear_before_reset>("linear_before_reset"),
};

// Gates lie in the order update, reset, hidden.
void Cell(const RecurrentCell& s) {
  const int64_t n = s.hidden;
  const auto gate = [&](int64_t g, int64_t j) {
    return s.f[0](s.x[g * n + j] + s.h_gates[g * n + j] + s.wb[g * n + j] + s.rb[g * n + j]);
  };
  const auto reset = [&](int64_t j) { return gate(1, j); };
  if (s.option) {
    for (int64_t j = 0; j < n; ++j) s.product[j] = reset(j) * (s.h_gates[2 * n + j] + s.rb[2 * n + j]);
  } else {
    MatrixView r = s.r;  // columns of the hidden gate alone
    r.offset += 2 * n * n;
    r.cols = n;
    for (int64_t j = 0; j < n; ++j) s.row[j] = reset(j) * s.h[j];
    Multiply(s.row, r, {}, s.panel, s.product);
    for (int64_t j = 0; j < n; ++j) s.product[j] += s.rb[2 * n + j];
  }
  for (int64_t j = 0; j < n; ++j) {
    const double update = gate(0, j), hidden = s.f[1](s.x[2 * n + j] + s.product[j] + s.wb[2 * n + j]);
    s.h[j] = (1 - update) * hidden + update * s.h[j];
  }
}

constexpr std::string_view kActivations[] = {"sigmoid", "tanh"};

RecurrentKind Kind(const GruAttrs& a) {
  return {.gates = 3, .activations = kActivations, .option = a.linear_before_reset, .cell = Cell};
}

Status Infer(InferCall& c) { return InferRecurrent(c, Kind(c.attrs<GruAttrs>()), c.attrs<GruAttrs>()); }
Status Eval(KernelCall& c) { return EvalRecurrent(c, Kind(c.attrs<GruAttrs>()), c.attrs<GruAttrs>()); }

Status FromOne(OnnxNode& n) {
  const auto* direction = n.Get<std::string>("direction");
  if (direction && *direction == "foward") n.Set("direction", std::string("forward"));  // the standard's own spelling
  return DropOutputSequence(n);
}
Status ToOne(OnnxNode& n) { return AbsentBefore(n, 3, {"linear_before_reset"}); }
constexpr OnnxVersion kVersions[] = {
    {1, FromOne, ToOne}, {3, DropOutputSequence}, {7, nullptr, LayoutAbsent}, {14}, {22}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput x{kF, {5, 3, 4}}, w{kF, {1, 21, 4}}, r{kF, {1, 21, 7}}, b{kF, {1, 42}}, none{DType::kNone, {}};
  const SampleInput state{kF, {1, 3, 7}}, lengths{DType::kI32, {3}, 0, 0, {5, 2, 0}};
  const SampleInput w2{kF, {2, 21, 4}}, r2{kF, {2, 21, 7}}, b2{kF, {2, 42}};
  const auto direction = [](std::string v) { return NamedAttr{"direction", v}; };
  const NamedAttr linear{"linear_before_reset", int64_t{1}};
  using Names = std::vector<std::string>;
  return {{"forward", {x, w, r}, {}, 2},
          {"bias, initial state", {x, w, r, b, none, state}, {}, 2},
          {"linear_before_reset", {x, w, r, b, none, state}, {linear}, 2},
          {"reverse", {x, w, r, b}, {direction("reverse")}, 2},
          {"bidirectional, lengths", {x, w2, r2, b2, lengths}, {direction("bidirectional"), linear}, 2},
          {"clip", {x, w, r, b}, {{"clip", 0.25f}}, 2},
          {"activations",
           {x, w, r, b},
           {{"activations", Names{"HardSigmoid", "Softsign"}}, {"activation_alpha", std::vector<float>{0.3f}}},
           2},
          {"batch first", {{kF, {3, 5, 4}}, w, r, b, lengths, {kF, {3, 1, 7}}}, {{"layout", int64_t{1}}}, 2},
          {"one by one", {{kF, {1, 1, 1}}, {kF, {1, 3, 1}}, {kF, {1, 3, 1}}}},
          {"f16", {{DType::kF16, {2, 1, 3}}, {DType::kF16, {1, 6, 3}}, {DType::kF16, {1, 6, 2}}}, {}, 2}};
}

}  // namespace

extern const OpDef kGru = {
    .name = "GRU",
    .doc =
        "One GRU layer. Per step: z = f(x Wz + h Rz + b), r = f(x Wr + h Rr + b), n = g(x Wh + (r * h) Rh + b) (or "
        "g(x Wh + r * (h Rh + Rb) + Wb) with linear_before_reset), h' = (1 - z) * n + z * h. X: [T, N, I]; W: [D, 3H, "
        "I], R: [D, 3H, H] and B: [D, 6H] (of W, then of R) in the order z, r, h; lengths: i32 [N]; h: [D, N, H]; Y: "
        "[T, D, N, H], 0 past a row's length; Y_h: [D, N, H]. layout 1 puts N first. Cho et al., 2014.",
    .attrs = SchemaOf<GruAttrs>(kFields),
    .arity = {3, 6, 0, 2},
    .onnx = {"", "GRU", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = RecurrentFlops,
    .samples = Samples,
};

}  // namespace hasten::ops

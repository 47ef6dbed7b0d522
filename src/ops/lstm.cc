#include "ops/lstm.h"

namespace hasten {
namespace {

// Gates lie in the order input, output, forget, cell; peepholes input, output, forget.
void Cell(const RecurrentCell& s) {
  const int64_t n = s.hidden;
  for (int64_t j = 0; j < n; ++j) {
    const auto sum = [&](int gate) {
      return s.x[gate * n + j] + s.h_gates[gate * n + j] + s.wb[gate * n + j] + s.rb[gate * n + j];
    };
    const auto peep = [&](int gate, double c) { return s.peephole ? s.peephole[gate * n + j] * c : 0.0; };
    const double old = s.c[j];
    const double input = s.f[0](sum(0) + peep(0, old));
    const double forget = s.option ? 1 - input : s.f[0](sum(2) + peep(2, old));
    const double c = forget * old + input * s.f[1](sum(3));
    s.c[j] = c;
    // Clipping is for gates; implementations agree not to clip the state.
    s.h[j] = s.f[0](sum(1) + peep(1, c)) * s.f[2].Unclipped(c);
  }
}

constexpr std::string_view kActivations[] = {"sigmoid", "tanh", "tanh"};

}  // namespace

RecurrentKind LstmKind(const LstmAttrs& a) {
  return {.gates = 4, .activations = kActivations, .has_cell = true, .option = a.input_forget, .cell = Cell};
}

namespace ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&LstmAttrs::activation_alpha>("activation_alpha"),
    Field<&LstmAttrs::activation_beta>("activation_beta"),
    Field<&LstmAttrs::activations>("activations"),
    Field<&LstmAttrs::clip>("clip"),
    Field<&LstmAttrs::direction>("direction"),
    Field<&LstmAttrs::hidden_size>("hidden_size"),
    Field<&LstmAttrs::input_forget>("input_forget"),
    Field<&LstmAttrs::layout>("layout"),
};

Status Infer(InferCall& c) { return InferRecurrent(c, LstmKind(c.attrs<LstmAttrs>()), c.attrs<LstmAttrs>()); }
Status Eval(KernelCall& c) { return EvalRecurrent(c, LstmKind(c.attrs<LstmAttrs>()), c.attrs<LstmAttrs>()); }

constexpr OnnxVersion kVersions[] = {{1, DropOutputSequence}, {7, nullptr, LayoutAbsent}, {14}, {22}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput x{kF, {5, 3, 4}}, w{kF, {1, 28, 4}}, r{kF, {1, 28, 7}}, b{kF, {1, 56}}, none{DType::kNone, {}};
  const SampleInput state{kF, {1, 3, 7}}, lengths{DType::kI32, {3}, 0, 0, {5, 2, 0}}, p{kF, {1, 21}};
  const SampleInput w2{kF, {2, 28, 4}}, r2{kF, {2, 28, 7}}, b2{kF, {2, 56}};
  const auto direction = [](std::string v) { return NamedAttr{"direction", v}; };
  using Names = std::vector<std::string>;
  using Floats = std::vector<float>;
  return {{"forward", {x, w, r}, {}, 3},
          {"bias", {x, w, r, b}, {}, 3},
          {"reverse", {x, w, r, b}, {direction("reverse")}, 3},
          {"bidirectional", {x, w2, r2, b2}, {direction("bidirectional")}, 3},
          {"lengths, initial state", {x, w, r, b, lengths, state, state}, {}, 3},
          {"lengths, bidirectional", {x, w2, r2, b2, lengths}, {direction("bidirectional")}, 3},
          {"peepholes", {x, w, r, b, none, none, state, p}, {}, 3},
          {"input_forget", {x, w, r, b}, {{"input_forget", int64_t{1}}}, 3},
          {"clip", {x, w, r, b}, {{"clip", 0.25f}}, 3},
          {"activations",
           {x, w, r, b},
           {{"activations", Names{"HardSigmoid", "LeakyRelu", "ScaledTanh"}},
            {"activation_alpha", Floats{0.3f, 0.1f, 1.5f}},
            {"activation_beta", Floats{0.4f, 0.7f}}},
           3},
          {"batch first", {{kF, {3, 5, 4}}, w, r, b, lengths, {kF, {3, 1, 7}}}, {{"layout", int64_t{1}}}, 3},
          {"no steps", {{kF, {0, 3, 4}}, w, r, b, none, state}, {}, 3},
          {"one by one", {{kF, {1, 1, 1}}, {kF, {1, 4, 1}}, {kF, {1, 4, 1}}}},
          {"f16", {{DType::kF16, {2, 1, 3}}, {DType::kF16, {1, 8, 3}}, {DType::kF16, {1, 8, 2}}}, {}, 3}};
}

}  // namespace

extern const OpDef kLstm = {
    .name = "LSTM",
    .doc =
        "One LSTM layer. Per step: i = f(x Wi + h Ri + Pi c + b), f = f(x Wf + h Rf + Pf c + b) (or 1 - i with "
        "input_forget), c' = f * c + i * g(x Wc + h Rc + b), o = f(x Wo + h Ro + Po c' + b), h' = o * h(c'); clip "
        "bounds the arguments of f and g. X: [T, N, I]; W: [D, 4H, I], R: [D, 4H, H] and B: [D, 8H] (of W, then of R) "
        "in the order i, o, f, c; lengths: i32 [N]; h, c: [D, N, H]; P: [D, 3H] in the order i, o, f; Y: [T, D, N, "
        "H], 0 past a row's length; Y_h, Y_c: [D, N, H]. layout 1 puts N first. Hochreiter and Schmidhuber, 1997; "
        "peepholes: Gers and Schmidhuber, 2000.",
    .attrs = SchemaOf<LstmAttrs>(kFields),
    .arity = {3, 8, 0, 3},
    .onnx = {"", "LSTM", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = RecurrentFlops,
    .samples = Samples,
};

}  // namespace ops
}  // namespace hasten

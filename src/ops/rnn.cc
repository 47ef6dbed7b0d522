#include "ops/recurrent.h"

namespace hasten::ops {
namespace {

constexpr AttrField kFields[] = {
    Field<&RecurrentAttrs::activation_alpha>("activation_alpha"),
    Field<&RecurrentAttrs::activation_beta>("activation_beta"),
    Field<&RecurrentAttrs::activations>("activations"),
    Field<&RecurrentAttrs::clip>("clip"),
    Field<&RecurrentAttrs::direction>("direction"),
    Field<&RecurrentAttrs::hidden_size>("hidden_size"),
    Field<&RecurrentAttrs::layout>("layout"),
};

void Cell(const RecurrentCell& s) {
  for (int64_t j = 0; j < s.hidden; ++j) s.h[j] = s.f[0](s.x[j] + s.h_gates[j] + s.wb[j] + s.rb[j]);
}

constexpr std::string_view kActivations[] = {"tanh"};
constexpr RecurrentKind kKind = {.gates = 1, .activations = kActivations, .cell = Cell};

Status Infer(InferCall& c) { return InferRecurrent(c, kKind, c.attrs<RecurrentAttrs>()); }
Status Eval(KernelCall& c) { return EvalRecurrent(c, kKind, c.attrs<RecurrentAttrs>()); }

constexpr OnnxVersion kVersions[] = {{1, DropOutputSequence}, {7, nullptr, LayoutAbsent}, {14}, {22}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32;
  const SampleInput x{kF, {5, 3, 4}}, w{kF, {1, 7, 4}}, r{kF, {1, 7, 7}}, b{kF, {1, 14}}, none{DType::kNone, {}};
  const SampleInput state{kF, {1, 3, 7}}, lengths{DType::kI32, {3}, 0, 0, {5, 2, 0}};
  const SampleInput w2{kF, {2, 7, 4}}, r2{kF, {2, 7, 7}}, b2{kF, {2, 14}};
  const auto direction = [](std::string v) { return NamedAttr{"direction", v}; };
  using Names = std::vector<std::string>;
  return {{"forward", {x, w, r}, {}, 2},
          {"bias, initial state", {x, w, r, b, none, state}, {}, 2},
          {"reverse", {x, w, r, b}, {direction("reverse")}, 2},
          {"bidirectional, lengths", {x, w2, r2, b2, lengths}, {direction("bidirectional")}, 2},
          {"clip", {x, w, r, b}, {{"clip", 0.25f}}, 2},
          {"relu", {x, w, r, b}, {{"activations", Names{"Relu"}}}, 2},
          {"a function per direction",
           {x, w2, r2, b2},
           {direction("bidirectional"),
            {"activations", Names{"LeakyRelu", "Affine"}},
            {"activation_alpha", std::vector<float>{0.2f, 0.5f}},
            {"activation_beta", std::vector<float>{0.1f}}},
           2},
          {"batch first", {{kF, {3, 5, 4}}, w, r, b, lengths, {kF, {3, 1, 7}}}, {{"layout", int64_t{1}}}, 2},
          {"one by one", {{kF, {1, 1, 1}}, {kF, {1, 1, 1}}, {kF, {1, 1, 1}}}},
          {"f16", {{DType::kF16, {2, 1, 3}}, {DType::kF16, {1, 2, 3}}, {DType::kF16, {1, 2, 2}}}, {}, 2}};
}

}  // namespace

extern const OpDef kRnn = {
    .name = "RNN",
    .doc =
        "One simple recurrent layer: h' = f(x W + h R + b). X: [T, N, I]; W: [D, H, I]; R: [D, H, H]; B: [D, 2H] (of "
        "W, then of R); lengths: i32 [N]; h: [D, N, H]; Y: [T, D, N, H], 0 past a row's length; Y_h: [D, N, H]. "
        "layout 1 puts N first.",
    .attrs = SchemaOf<RecurrentAttrs>(kFields),
    .arity = {3, 6, 0, 2},
    .onnx = {"", "RNN", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = RecurrentFlops,
    .samples = Samples,
};

}  // namespace hasten::ops

#include "ops/lstm.h"
#include "ops/quantized.h"

namespace hasten::ops::microsoft {
namespace {

constexpr AttrField kFields[] = {
    Field<&LstmAttrs::activation_alpha>("activation_alpha"),
    Field<&LstmAttrs::activation_beta>("activation_beta"),
    Field<&LstmAttrs::activations>("activations"),
    Field<&LstmAttrs::clip>("clip"),
    Field<&LstmAttrs::direction>("direction"),
    Field<&LstmAttrs::hidden_size>("hidden_size"),
    Field<&LstmAttrs::input_forget>("input_forget"),
};

// Inputs 0 to 7 are LSTM's, with W and R quantised and their last axes exchanged.
enum Input { kX, kW, kR, kB, kLengths, kH, kC, kP, kWScale, kWZero, kRScale, kRZero };
constexpr size_t kLstmInputs = 8;

// Scale or zero point of a weight [D, I, 4 * H]: [D] or [D, 4 * H].
Status RequirePerGate(const InferCall& c, int i, int weight) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i) || !c.shape(i).ranked() || !c.shape(weight).ranked()) return {};
  const Shape& w = c.shape(weight);
  const Dim count = c.shape(i).elements();
  HASTEN_REQUIRE(!NeverEqual(count, w[0]) || !NeverEqual(count, w[0] * w[2]), "input ", i, " must have ", w[0], " or ",
                 w[0] * w[2], " elements, has shape ", c.shape(i));
  return {};
}

Status Infer(InferCall& c) {
  for (int i : {kWScale, kWZero, kRScale, kRZero}) HASTEN_REQUIRE(c.has(i), "input ", i, " must be there");
  for (int i : {kW, kR}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireRank(i, 3));
    HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsInteger(c.dtype(i)), "input ", i, " must hold integers, is ",
                   c.type(i));
  }
  HASTEN_TRY(RequireZeroPoint(c, kWZero, kW));
  HASTEN_TRY(RequireZeroPoint(c, kRZero, kR));
  for (int i : {kWScale, kWZero}) HASTEN_TRY(RequirePerGate(c, i, kW));
  for (int i : {kRScale, kRZero}) HASTEN_TRY(RequirePerGate(c, i, kR));
  std::vector<Type> types(c.in.begin(), c.in.begin() + static_cast<std::ptrdiff_t>(std::min(c.in.size(), kLstmInputs)));
  for (int i : {kW, kR}) {
    Type& t = types[static_cast<size_t>(i)];
    if (t.is_tensor()) t.dtype = c.dtype(kX);
    if (t.shape.ranked()) std::swap(t.shape[1], t.shape[2]);
  }
  InferCall plain = c;
  plain.in = types;
  const auto& a = c.attrs<LstmAttrs>();
  HASTEN_TRY(InferRecurrent(plain, LstmKind(a), a));
  c.out = std::move(plain.out);
  return {};
}

// A weight in f64 as LSTM has it, [D, 4 * H, I].
Result<Tensor> Weight(const KernelCall& c, int i, int scale, int zero) {
  const Dims& d = c.input(i).dims;
  HASTEN_ASSIGN(const auto x, c.Doubles(i));
  HASTEN_ASSIGN(const auto y, c.Scratch<double>(c.input(i).elements()));
  const auto entry = [&](int from, int64_t direction, int64_t gate) {
    const bool per_gate = c.input(from).elements() > d[0];
    return c.input(from).Double(per_gate ? direction * d[2] + gate : direction);
  };
  for (int64_t k = 0; k < d[0]; ++k)
    for (int64_t gate = 0; gate < d[2]; ++gate) {
      const double s = entry(scale, k, gate), z = c.has(zero) ? entry(zero, k, gate) : 0.0;
      for (int64_t in = 0; in < d[1]; ++in)
        y[static_cast<size_t>((k * d[2] + gate) * d[1] + in)] =
            (x[static_cast<size_t>((k * d[1] + in) * d[2] + gate)] - z) * s;
    }
  return Tensor{DType::kF64, {d[0], d[2], d[1]}, reinterpret_cast<std::byte*>(y.data()), nullptr, {}};
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor w, Weight(c, kW, kWScale, kWZero));
  HASTEN_ASSIGN(Tensor r, Weight(c, kR, kRScale, kRZero));
  const Value weights(std::move(w)), recurrence(std::move(r));
  std::array<const Value*, kLstmInputs> in{};
  std::copy_n(c.in.begin(), std::min(c.in.size(), kLstmInputs), in.begin());
  in[kW] = &weights;
  in[kR] = &recurrence;
  KernelCall plain = c;
  plain.in = in;
  const auto& a = c.attrs<LstmAttrs>();
  return EvalRecurrent(plain, LstmKind(a), a);
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  constexpr DType kF = DType::kF32, kI = DType::kI8, kU = DType::kU8;
  const SampleInput x{kF, {5, 3, 4}}, w{kI, {1, 4, 28}, -128, 127}, r{kI, {1, 7, 28}, -128, 127}, b{kF, {1, 56}},
      none{DType::kNone, {}};
  const SampleInput s{kF, {1}, 0.004, 0.004}, z{kI, {1}, 3, 3}, state{kF, {1, 3, 7}};
  const SampleInput w2{kU, {2, 4, 28}, 0, 255}, r2{kU, {2, 7, 28}, 0, 255}, s2{kF, {2}, 0.002, 0.004},
      z2{kU, {2}, 120, 130};
  return {{"forward", {x, w, r, none, none, none, none, none, s, z, s, z}, {}, 3},
          {"bias, state", {x, w, r, b, none, state, state, none, s, z, s, z}, {}, 3},
          {"per gate",
           {x,
            w,
            r,
            b,
            none,
            none,
            none,
            none,
            {kF, {1, 28}, 0.002, 0.004},
            {kI, {1, 28}, -9, 9},
            {kF, {1, 28}, 0.002, 0.004},
            {kI, {1, 28}, -9, 9}},
           {},
           3},
          {"bidirectional",
           {x, w2, r2, none, none, none, none, none, s2, z2, s2, z2},
           {{"direction", std::string("bidirectional")}},
           3},
          {"input_forget", {x, w, r, b, none, none, none, none, s, z, s, z}, {{"input_forget", int64_t{1}}}, 3}};
}

}  // namespace

extern const OpDef kDynamicQuantizeLstm = {
    .name = "com.microsoft.DynamicQuantizeLSTM",
    .doc =
        "LSTM with weights (W - W_zero) * W_scale and (R - R_zero) * R_scale. W: i8 or u8 [D, I, 4 * H]; R: [D, H, 4 * "
        "H]; scales f32 "
        "and zero points [D] or [D, 4 * H]; all else as LSTM with layout 0. Activations stay in float: an "
        "implementation that "
        "quantises them on the way differs by that rounding.",
    .attrs = SchemaOf<LstmAttrs>(kFields),
    .arity = {3, 12, 0, 3},
    .onnx = {"com.microsoft", "DynamicQuantizeLSTM", kVersions},
    .infer = Infer,
    .eval = Eval,
    .flops = RecurrentFlops,
    .samples = Samples,
};

}  // namespace hasten::ops::microsoft

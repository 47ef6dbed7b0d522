#include "tactic_cases.h"

#include <cmath>
#include <limits>

#include "quantised_cases.h"
#include "tree_cases.h"

namespace hasten {
namespace {

SampleInput Axes(std::vector<double> v) { return {DType::kI64, {static_cast<int64_t>(v.size())}, 0, 0, v}; }

std::vector<TacticCase> Rows(int vectors) {
  std::vector<TacticCase> out;
  for (const Dims& d : kLarge) {
    TacticCase c{{"large", {F32(d)}}};
    for (int i = 0; i < vectors; ++i) c.sample.in.push_back(F32({d.back()}));
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<TacticCase> Channels() {
  std::vector<TacticCase> out;
  for (const Dims& d : {Dims{2, 6, 31, 33}, Dims{1, 40, 5000}, Dims{3, 2, 100, 301}, Dims{2, 130, 7, 7}})
    out.push_back({{"large", {F32(d), F32({d[1]}), F32({d[1]})}}});
  return out;
}

std::vector<TacticCase> Reductions() {
  std::vector<TacticCase> out;
  for (const Dims& d : kLarge)
    for (int mask = 1; mask < 1 << d.rank(); ++mask) {
      std::vector<double> axes;
      for (int i = 0; i < d.rank(); ++i)
        if (mask >> i & 1) axes.push_back(i);
      out.push_back({{"large", {F32(d, 0.9, 1.1), Axes(axes)}}});
    }
  out.push_back({{"offset", {F32({3, 70001}, 100, 101), Axes({1})}}});
  return out;
}

std::vector<TacticCase> Elementwise(size_t inputs) {
  std::vector<TacticCase> out;
  for (const Dims& d : kLarge) {
    TacticCase c{{"large", {F32(d, 0.1, 2)}}};
    for (size_t i = 1; i < inputs; ++i) {
      Dims part = d;
      for (size_t k = i % 2; k < d.size(); k += 2) part[k] = 1;
      c.sample.in.push_back(F32(part, 0.1, 2));
    }
    out.push_back(c);
    for (size_t i = 1; i < inputs; ++i) c.sample.in[i] = F32({d.back()}, 0.1, 2);
    out.push_back(std::move(c));
  }
  return out;
}

// More queries and keys than a block has.
std::vector<TacticCase> Attentions() {
  const SampleInput q = F32({1, 4, 101, 24}), k = F32({1, 2, 530, 24}), v = F32({1, 2, 530, 17}),
                    none{DType::kNone, {}};
  const SampleInput past_k = F32({1, 2, 300, 24}), past_v = F32({1, 2, 300, 17}), mask = F32({101, 530});
  const SampleInput some{DType::kBool, {1, 4, 101, 500}, 0, 1};
  const NamedAttr causal{"is_causal", int64_t{1}}, left{"left_window_size", int64_t{70}}, cap{"softcap", 0.5F};
  const NamedAttr heads{"q_num_heads", int64_t{3}}, kv_heads{"kv_num_heads", int64_t{3}};
  SampleInput odd = F32({1, 1, 2, 3});
  odd.values = {1, std::nan(""), 0, 1, 2, 3};
  return {{{"long", {q, k, v}}},
          {{"no numbers", {odd, odd, odd}}},
          {{"causal", {q, k, v}, {causal}}},
          {{"window", {q, k, v}, {causal, left}}},
          {{"masks", {q, k, v, mask}, {cap}}},
          {{"short mask", {q, k, v, some}}},
          {{"past", {q, k, v, none, past_k, past_v}, {causal}, 3}},
          {{"past without present", {q, k, v, none, past_k, past_v}}},
          {{"lengths", {q, k, v, none, none, none, {DType::kI64, {1}, 0, 0, {311}}}, {causal}}},
          {{"packed", {F32({2, 60, 33}), F32({2, 77, 33}), F32({2, 77, 21})}, {heads, kv_heads}}}};
}

// Rows and keys that masks hide altogether, more keys than a block has, and scores that are no numbers.
std::vector<TacticCase> MultiHeadAttentions() {
  const SampleInput none{DType::kNone, {}}, q = F32({2, 101, 33}), k = F32({2, 300, 33}), v = F32({2, 300, 21});
  const SampleInput bias = F32({87}), past_k = F32({2, 3, 270, 11}), past_v = F32({2, 3, 270, 7});
  const SampleInput of_keys{DType::kI32, {2, 300}, 0, 1}, of_pairs{DType::kI32, {2, 101, 300}, 0, 1},
      ends{DType::kI32, {2}, 0, 0, {0, 280}}, ends_and_starts{DType::kI32, {4}, 0, 0, {20, 299, 10, 299}},
      scores = F32({1, 3, 101, 310}), nothing{DType::kI32, {2, 300}, 0, 0};
  const NamedAttr heads{"num_heads", int64_t{3}}, causal{"unidirectional", int64_t{1}},
      low{"mask_filter_value", -3.4e38F}, lowest{"mask_filter_value", std::numeric_limits<float>::lowest()};
  SampleInput odd = F32({1, 2, 6});
  odd.values = {1, std::nan(""), 0, 1, 2, 3, 1, 2, 3, 4, 5, 6};
  return {{{"long", {q, k, v, bias}, {heads}}},
          {{"ends", {q, k, v, bias, ends}, {heads}}},
          {{"ends and starts", {q, k, v, none, ends_and_starts}, {heads}}},
          {{"mask of keys", {q, k, v, none, of_keys}, {heads, low}}},
          {{"nothing to see", {q, k, v, none, nothing}, {heads}}},
          {{"nothing to see, lowest", {q, k, v, none, nothing}, {heads, lowest, causal}}},
          {{"mask of pairs, causal", {q, k, v, none, of_pairs, scores}, {heads, causal}}},
          {{"past", {q, k, v, bias, none, none, past_k, past_v}, {heads, causal}, 3}},
          {{"past without present", {q, k, v, none, none, none, past_k, past_v}, {heads}}},
          {{"heads come first", {q, F32({2, 3, 300, 11}), F32({2, 3, 300, 5}), F32({81})}, {heads}, 3}},
          {{"pair", {q, F32({2, 270, 3, 2, 11}), none, F32({99})}, {heads}}},
          {{"all packed", {F32({2, 70, 3, 3, 9})}, {heads, causal}}},
          {{"no numbers", {odd, odd, odd}, {heads}}},
          {{"no queries", {F32({1, 0, 33}), F32({1, 3, 33}), F32({1, 3, 33})}, {heads}}}};
}

std::vector<TacticCase> GroupQueryAttentions() {
  const SampleInput none{DType::kNone, {}}, q = F32({2, 101, 48}), k = F32({2, 101, 24}), q1 = F32({2, 1, 48}),
                                            k1 = F32({2, 1, 24}), angles = F32({700, 5}, -1, 1), norm = F32({12}),
                                            past = F32({2, 2, 600, 12});
  const auto ints = [](Dims d, std::vector<double> v) { return SampleInput{DType::kI32, d, 0, 0, v}; };
  const SampleInput last = ints({2}, {100, 60}), total = ints({}, {101}), last1 = ints({2}, {520, 30}),
                    total1 = ints({}, {521}), places{DType::kI64, {2, 1}, 0, 0, {600, 3}};
  const auto with = [](std::vector<NamedAttr> more) {
    more.push_back({"num_heads", int64_t{4}});
    more.push_back({"kv_num_heads", int64_t{2}});
    return more;
  };
  const NamedAttr rotary{"do_rotary", int64_t{1}}, window{"local_window_size", int64_t{40}};
  return {{{"prompt", {q, k, k, none, none, last, total, angles, angles}, with({rotary}), 3}},
          {{"window", {q, k, k, none, none, last, total}, with({window, {"softcap", 0.7F}}), 3}},
          {{"packed", {F32({2, 101, 96}), none, none, none, none, last, total}, with({}), 3}},
          {{"one token", {q1, k1, k1, past, past, last1, total1, angles, angles}, with({rotary}), 3}},
          {{"one token, places",
            {q1, k1, k1, past, past, last1, total1, angles, angles, places},
            with({rotary, {"rotary_interleaved", int64_t{1}}, window}),
            3}},
          {{"norms, smooth",
            {q, k, k, none, none, last, total, none, none, none, none, none, none, none, norm, norm},
            with({{"smooth_softmax", int64_t{1}}}),
            3}},
          {{"sinks, bias, not causal",
            {q, k, k, none, none, last, total, none, none, none, F32({1, 4, 101, 101}), F32({4})},
            with({{"causal", int64_t{0}}}),
            3}}};
}

std::vector<TacticCase> SelfAttentions() {
  const SampleInput none{DType::kNone, {}}, x = F32({2, 67, 19}, -1, 1), w = F32({19, 99}, -1, 1), bias = F32({99}),
                                            past = F32({2, 2, 3, 230, 11}), of_keys{DType::kI32, {2, 297}, 0, 1};
  const NamedAttr heads{"num_heads", int64_t{3}}, causal{"unidirectional", int64_t{1}};
  return {{{"long", {F32({1, 301, 19}, -1, 1), w, bias}, {heads, causal}}},
          {{"past", {x, w, bias, none, past}, {heads, causal}, 2}},
          {{"past without present", {x, w, bias, of_keys, past}, {heads}}},
          {{"present alone", {x, w, none, {DType::kI32, {2}, 0, 0, {60, 0}}}, {heads}, 2}},
          {{"one token", {F32({2, 1, 19}, -1, 1), w, bias, none, past}, {heads, causal}, 2}},
          {{"long values",
            {x, F32({19, 81}, -1, 1), F32({81})},
            {heads, {"qkv_hidden_sizes", std::vector<int64_t>{24, 24, 33}}}}},
          {{"no rows", {F32({0, 4, 19}), w, bias}, {heads}}}};
}

std::vector<TacticCase> Casts() {
  const DType types[] = {DType::kF32, DType::kF64, DType::kF16, DType::kI64,
                         DType::kI32, DType::kU8,  DType::kI8,  DType::kBool};
  std::vector<TacticCase> out;
  for (DType from : types)
    for (DType to : types) {
      const double high = from == DType::kBool ? 1 : from == DType::kI8 ? 127 : from == DType::kU8 ? 255 : 1e5;
      const double low = from == DType::kBool || from == DType::kU8 ? 0 : -high;
      const NamedAttr attr{"to", static_cast<int64_t>(to)};
      out.push_back({{"large", {{from, {3, 20001}, low, high}}, {attr}}});
      if (!IsFloat(from)) continue;
      const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
      out.push_back(
          {{"edges", {{from, {11}, 0, 0, {inf, -inf, nan, 0, -0.0, 3e9, -3e9, 1e19, 65520, 2e-8, 0.9}}}, {attr}}});
    }
  return out;
}

// The addend's factor, and it in all its forms.
std::vector<TacticCase> ScaledGemms() {
  std::vector<TacticCase> out;
  const NamedAttr beta{"beta", -0.5F}, alpha{"alpha", 0.25F};
  for (const Dims& c : {Dims{67}, Dims{1, 67}, Dims{31, 67}})
    out.push_back({{"beta", {F32({31, 45}), F32({45, 67}), F32(c)}, {alpha, beta}}});
  return out;
}

// Few rows and many, numbers of each width, blocks that do not come out even.
std::vector<TacticCase> ProductsOfFewBits() {
  std::vector<TacticCase> out;
  for (int64_t bits : {2, 4, 8})
    for (int64_t rows : {1, 4, 5, 131})
      for (const auto& [k, n, block] : {std::array<int64_t, 3>{301, 131, 32}, {1024, 67, 128}, {17, 1, 16}}) {
        const int64_t blocks = (k + block - 1) / block;
        const SampleInput a = F32({rows, k}), w = Bytes(DType::kU8, {n, blocks, block * bits / 8}),
                          scales = F32({n, blocks}, 0.01, 0.02), none{DType::kNone, {}}, bias = F32({n}),
                          zeros = Bytes(DType::kU8, {n, (blocks * bits + 7) / 8}), floats = F32({n, blocks}, 0, 3);
        const std::vector<NamedAttr> attrs = {{"K", k}, {"N", n}, {"bits", bits}, {"block_size", block}};
        out.push_back({{"no zero points", {a, w, scales}, attrs}});
        out.push_back({{"zero points, bias", {a, w, scales, zeros, none, bias}, attrs}});
        out.push_back({{"float zero points", {a, w, scales, floats}, attrs}});
      }
  return out;
}

}  // namespace

std::vector<TacticCase> MoreCases(std::string_view op) {
  if (auto cases = QuantisedCases(op); !cases.empty()) return cases;
  if (op.starts_with("ai.onnx.ml.TreeEnsemble")) return TreeCases(op);
  if (op.starts_with("Reduce")) return Reductions();
  if (In(op, {"Softmax", "LogSoftmax", "LpNormalization"})) {
    std::vector<TacticCase> out = Rows(0);
    for (const Dims& d : kLarge)
      for (int64_t axis = 0; axis < d.rank(); ++axis) out.push_back({{"axis", {F32(d)}, {{"axis", axis}}}});
    return out;
  }
  if (In(op, {"ArgMax", "ArgMin"})) {
    std::vector<TacticCase> out;
    for (const Dims& d : kLarge)
      for (int64_t axis = 0; axis < d.rank(); ++axis) out.push_back({{"axis", {F32(d)}, {{"axis", axis}}}});
    return out;
  }
  if (op == "Gemm") return ScaledGemms();
  if (op == "com.microsoft.MatMulNBits") return ProductsOfFewBits();
  if (op == "Attention") return Attentions();
  if (op == "com.microsoft.MultiHeadAttention") return MultiHeadAttentions();
  if (op == "com.microsoft.GroupQueryAttention") return GroupQueryAttentions();
  if (op == "com.microsoft.Attention") return SelfAttentions();
  if (op == "Cast") return Casts();
  if (op == "Conv")
    return {{{"3x3", {F32({2, 19, 9, 14}), F32({35, 19, 3, 3})}, {{"pads", std::vector<int64_t>{1, 0, 1, 2}}}}},
            {{"several filters a channel", {F32({2, 19, 9, 14}), F32({57, 1, 3, 3})}, {{"group", int64_t{19}}}}},
            {{"1x1", {F32({2, 19, 9, 14}), F32({35, 19, 1, 1})}, {{"strides", std::vector<int64_t>{2, 3}}}}}};
  if (op == "LayerNormalization") return Rows(2);
  if (In(op, {"RMSNormalization", "SimplifiedLayerNormalization"})) return Rows(1);
  if (In(op, {"InstanceNormalization"})) return Channels();
  if (op == "GroupNormalization") {
    std::vector<TacticCase> out = Channels();
    for (TacticCase& c : out) c.sample.attrs = {{"num_groups", int64_t{2}}};
    return out;
  }
  if (In(op, {"GlobalAveragePool", "GlobalMaxPool"}))
    return {{{"large", {F32({2, 67, 31, 33})}}}, {{"wide", {F32({1, 1031, 7, 7})}}}, {{"long", {F32({1, 3, 90001})}}}};
  if (In(op, {"Add", "Sub", "Mul", "Div", "Min", "Max", "PRelu", "Pow"})) return Elementwise(2);
  if (op == "Sum") return Elementwise(5);
  if (In(op, {"Exp", "Log", "Erf", "Tanh", "Sigmoid", "Relu", "Softplus", "Pointwise"})) return Elementwise(1);
  return {};
}

std::vector<TacticCase> WithEpilogues(const TacticCase& c, const Type& y) {
  std::vector<TacticCase> out;
  const auto dims = y.is_tensor() && y.dtype == DType::kF32 ? y.shape.Concrete() : std::nullopt;
  if (!dims || dims->empty()) return out;
  const Dims d = *dims;
  Dims channel = Dims::Filled(d.rank(), 1), rows = d;
  channel[d.rank() > 1 ? 1 : 0] = d[d.rank() > 1 ? 1 : 0];
  rows.back() = 1;
  const auto with = [&](std::string_view program, std::vector<SampleInput> operands) {
    out.push_back({c.sample, program, std::move(operands)});
  };
  with("relu(0)", {});
  with("add(0,1); clip(4,alpha=-0.5,beta=0.5); mul(5,2); add(6,3)", {F32({d.back()}), F32(channel), F32(d)});
  with("mul(0,1); sub(3,2)", {F32({}), F32(rows)});
  if (d.rank() > 2) with("add(0,1); mul(3,2)", {F32(Dims(std::span(d).subspan(1))), F32(Dims(std::span(d).last(2)))});
  return out;
}

}  // namespace hasten

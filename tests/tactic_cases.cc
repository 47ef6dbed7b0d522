#include "tactic_cases.h"

#include <algorithm>

namespace hasten {
namespace {

SampleInput F32(Dims dims, double low = -2, double high = 2) { return {DType::kF32, dims, low, high}; }
SampleInput Axes(std::vector<double> v) { return {DType::kI64, {static_cast<int64_t>(v.size())}, 0, 0, v}; }

// Dims of one large input, of which the last overflows the second-level cache of most machines.
const Dims kLarge[] = {{17, 1031}, {3, 5, 7, 211}, {2, 64, 7, 7}, {1, 3, 130, 131}, {40000}, {600, 1200}, {9, 2, 3}};

bool In(std::string_view op, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

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
  for (const Dims& d : {Dims{2, 6, 31, 33}, Dims{1, 40, 5000}, Dims{3, 2, 300, 301}, Dims{2, 130, 7, 7}})
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
  return {{{"long", {q, k, v}}},
          {{"causal", {q, k, v}, {causal}}},
          {{"window", {q, k, v}, {causal, left}}},
          {{"masks", {q, k, v, mask}, {cap}}},
          {{"short mask", {q, k, v, some}}},
          {{"past", {q, k, v, none, past_k, past_v}, {causal}, 3}},
          {{"past without present", {q, k, v, none, past_k, past_v}}},
          {{"lengths", {q, k, v, none, none, none, {DType::kI64, {1}, 0, 0, {311}}}, {causal}}},
          {{"packed", {F32({2, 60, 33}), F32({2, 77, 33}), F32({2, 77, 21})}, {heads, kv_heads}}}};
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

}  // namespace

std::vector<TacticCase> MoreCases(std::string_view op) {
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
  if (op == "Attention") return Attentions();
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

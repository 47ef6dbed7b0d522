#include "tactic_cases.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tree_cases.h"

namespace hasten {
namespace {

SampleInput F32(Dims dims, double low = -2, double high = 2) { return {DType::kF32, dims, low, high}; }
SampleInput Axes(std::vector<double> v) { return {DType::kI64, {static_cast<int64_t>(v.size())}, 0, 0, v}; }

// Dims of one large input, one of which overflows the second-level cache of most machines.
const Dims kLarge[] = {{17, 1031}, {3, 5, 7, 211}, {2, 64, 7, 7}, {1, 3, 130, 131}, {40000}, {160, 1200}, {9, 2, 3}};

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

SampleInput Bytes(DType t, Dims dims) {
  return {t, dims, t == DType::kU8 ? 0.0 : -128.0, t == DType::kU8 ? 255.0 : 127.0};
}
SampleInput One(DType t, double v) { return {t, {}, 0, 0, {v}}; }
// Any two of them differ by what fits 8 bits and sign.
SampleInput Near(DType t, Dims dims) {
  return {t, dims, t == DType::kU8 ? 61.0 : -67.0, t == DType::kU8 ? 188.0 : 60.0};
}

using Ints = std::vector<int64_t>;

struct ConvShape {
  std::string_view what;
  Dims x, w;
  std::vector<NamedAttr> attrs = {};
};
std::vector<ConvShape> ConvShapes() {
  return {
      {"1x1", {2, 64, 15, 17}, {67, 64, 1, 1}},
      {"odd channels", {1, 3, 33, 31}, {32, 3, 3, 3}, {{"strides", Ints{2, 2}}, {"pads", Ints{0, 0, 1, 1}}}},
      {"3x3", {1, 33, 20, 20}, {48, 33, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}, {"dilations", Ints{2, 1}}}},
      {"1-D", {2, 5, 101}, {7, 5, 4}, {{"pads", Ints{3, 2}}, {"strides", Ints{3}}}},
      {"3-D", {1, 4, 5, 6, 7}, {5, 4, 2, 3, 1}, {{"pads", Ints{1, 1, 0, 0, 1, 0}}}},
      {"group", {1, 15, 9, 9}, {6, 5, 3, 3}, {{"group", int64_t{3}}, {"pads", Ints{1, 1, 1, 1}}}},
      {"depthwise", {2, 37, 19, 23}, {37, 1, 3, 3}, {{"group", int64_t{37}}, {"pads", Ints{1, 1, 1, 1}}}},
      {"depthwise, strides",
       {1, 64, 14, 14},
       {64, 1, 5, 5},
       {{"group", int64_t{64}}, {"strides", Ints{2, 2}}, {"pads", Ints{2, 2, 1, 3}}}},
      {"depthwise, narrow, dilated",
       {1, 3, 11, 12},
       {3, 1, 3, 2},
       {{"group", int64_t{3}}, {"dilations", Ints{3, 4}}, {"pads", Ints{4, 1, 0, 5}}}},
      {"depthwise, 1-D", {1, 20, 50}, {20, 1, 7}, {{"group", int64_t{20}}}},
      {"wide and deep", {1, 1030, 7, 7}, {200, 1030, 1, 1}},
      {"one channel", {1, 1, 49, 40}, {8, 1, 10, 4}, {{"strides", Ints{2, 2}}, {"pads", Ints{4, 1, 5, 1}}}},
      {"to the last byte", {1, 1, 7, 9}, {5, 1, 1, 1}},
      {"to the last byte, group", {1, 9, 7, 1}, {9, 1, 1, 1}, {{"group", int64_t{9}}}},
      {"to the last byte, one line", {1, 1, 7, 9}, {5, 1, 1, 5}},
      {"pixels of a byte", {2, 1, 5, 9}, {3, 1, 1, 1}},
      {"odd pixels, group", {1, 10, 5, 7}, {34, 5, 1, 1}, {{"group", int64_t{2}}}},
      {"pixels of quads, group", {1, 12, 5, 7}, {6, 6, 1, 1}, {{"group", int64_t{2}}}},
      {"inside", {2, 8, 9, 11}, {49, 8, 3, 3}, {{"strides", Ints{3, 2}}}},
      {"inside, one line", {1, 3, 6, 11}, {20, 3, 1, 3}},
      {"inside, dilated", {1, 8, 6, 11}, {20, 8, 1, 3}, {{"dilations", Ints{1, 2}}}},
      {"dilated over the edge", {1, 5, 4, 4}, {4, 5, 3, 3}, {{"dilations", Ints{4, 5}}, {"pads", Ints{4, 5, 4, 5}}}},
      {"stride beyond the kernel",
       {1, 4, 11, 10},
       {17, 4, 2, 1},
       {{"strides", Ints{5, 4}}, {"pads", Ints{1, 2, 0, 3}}}},
      {"no batch", {0, 4, 5, 5}, {6, 4, 3, 3}}};
}

// Over all pairs of dtypes, zero points at the ends of their ranges.
std::vector<TacticCase> IntConvolutions(bool quantised) {
  std::vector<TacticCase> out;
  for (const ConvShape& s : ConvShapes())
    for (DType xt : {DType::kU8, DType::kI8})
      for (DType wt : {DType::kU8, DType::kI8}) {
        const double x_zero = xt == DType::kU8 ? 255 : -128, w_zero = wt == DType::kU8 ? 0 : -128;
        const SampleInput x = Bytes(xt, s.x), w = Bytes(wt, s.w);
        if (!quantised) {
          out.push_back({{s.what, {x, w, One(xt, x_zero), Bytes(wt, {s.w[0]})}, s.attrs}});
          out.push_back({{s.what, {x, w}, s.attrs}});
          out.push_back({{s.what, {x, Near(wt, s.w), One(xt, x_zero), Near(wt, {s.w[0]})}, s.attrs}});
          out.push_back(
              {{s.what,
                {x, w, One(xt, -1 - x_zero + 128 * (x_zero > 0 ? 2 : 0)), One(wt, wt == DType::kU8 ? 128 : 0)},
                s.attrs}});
          continue;
        }
        const double y_scale = 0.003 * static_cast<double>(s.w.elements() / s.w[0]);
        const SampleInput bias{xt == wt ? DType::kF64 : DType::kI32, {s.w[0]}, -30000, 30000};
        out.push_back({{s.what,
                        {x, One(DType::kF32, 0.02), One(xt, x_zero), w, One(DType::kF32, 0.01), One(wt, w_zero),
                         One(DType::kF32, y_scale), One(wt, -x_zero < 0 ? 0 : 17), bias},
                        s.attrs}});
        out.push_back({{s.what,
                        {x,
                         One(DType::kF32, 0.5),
                         One(xt, 3),
                         w,
                         {DType::kF32, {s.w[0]}, 0.01, 0.02},
                         Bytes(wt, {s.w[0]}),
                         One(DType::kF32, 0.25),
                         One(xt, x_zero)},
                        s.attrs}});
        // Weights that fit 8 bits less their zero points.
        out.push_back({{s.what,
                        {x,
                         One(DType::kF32, 0.02),
                         One(xt, xt == DType::kU8 ? 127 : 126),
                         Near(wt, s.w),
                         {DType::kF32, {s.w[0]}, 0.01, 0.02},
                         Near(wt, {s.w[0]}),
                         One(DType::kF32, y_scale),
                         One(wt, 5),
                         bias},
                        s.attrs}});
        // Biases that sums take beyond 32 bits.
        out.push_back({{s.what,
                        {x,
                         One(DType::kF32, 1),
                         One(xt, x_zero),
                         w,
                         One(DType::kF32, 1),
                         One(wt, wt == DType::kU8 ? 128 : 0),
                         One(DType::kF32, 3e7),
                         One(wt, 100),
                         {DType::kI32, {s.w[0]}, -2147483648.0, 2147483647.0}},
                        s.attrs}});
      }
  // Multipliers of powers of two: ties everywhere.
  out.push_back({{"ties",
                  {Bytes(DType::kU8, {1, 9, 16, 16}), One(DType::kF32, 0.5), One(DType::kU8, 128),
                   Bytes(DType::kI8, {24, 9, 1, 1}), One(DType::kF32, 0.25), One(DType::kI8, 0), One(DType::kF32, 64),
                   One(DType::kU8, 128)}}});
  if (!quantised) out.pop_back();
  // Scales that are no use.
  const double inf = std::numeric_limits<double>::infinity();
  for (double y_scale : {0.0, 1.0, inf, std::nan("")})
    for (DType t : {DType::kU8, DType::kI8})
      for (int64_t filters : {5, 40}) {
        std::vector<double> scales(static_cast<size_t>(filters), 0.001);
        scales[0] = inf, scales[1] = std::nan(""), scales[2] = 0, scales[3] = 1e30;
        out.push_back({{"scales",
                        {Bytes(t, {1, 4, 9, 3}),
                         One(DType::kF32, 0.5),
                         One(t, 0),
                         Bytes(DType::kI8, {filters, 4, 1, 1}),
                         {DType::kF32, {filters}, 0, 0, scales},
                         One(DType::kI8, 0),
                         One(DType::kF32, y_scale),
                         One(t, 7)}}});
        if (!quantised) out.pop_back();
      }
  return out;
}

struct ProductShape {
  std::string_view what;
  Dims a, b;
};
std::vector<TacticCase> IntProducts(std::string_view op) {
  std::vector<TacticCase> out;
  const ProductShape shapes[] = {{"one row", {1, 515}, {515, 130}},     {"large", {129, 333}, {333, 257}},
                                 {"deep", {7, 9001}, {9001, 33}},       {"no depth", {3, 0}, {0, 5}},
                                 {"batches", {3, 2, 5, 7}, {2, 7, 9}},  {"tall", {4, 3, 5, 7}, {7, 19}},
                                 {"one column", {50, 31}, {31, 1}},     {"rows of a byte", {9, 1}, {1, 50}},
                                 {"rows of quads", {33, 64}, {64, 49}}, {"to the last byte", {63, 1}, {1, 5}}};
  constexpr DType kF = DType::kF32;
  for (const ProductShape& s : shapes)
    for (DType at : {DType::kU8, DType::kI8})
      for (DType bt : {DType::kU8, DType::kI8}) {
        const double a_zero = at == DType::kU8 ? 255 : -128, b_zero = bt == DType::kU8 ? 0 : -128;
        const SampleInput a = Bytes(at, s.a), b = Bytes(bt, s.b), per_column = Bytes(bt, {s.b.back()});
        const SampleInput near = Near(bt, s.b), near_zeros = Near(bt, {s.b.back()}),
                          middle = One(bt, bt == DType::kU8 ? 128 : 0);
        const SampleInput scales{kF, {s.b.back()}, 0.01, 0.02}, none{DType::kNone, {}};
        const double y_scale = 0.003 * static_cast<double>(s.a.back() + 1);
        if (op == "MatMulInteger") {
          out.push_back({{s.what, {a, b, One(at, a_zero), per_column}}});
          out.push_back({{s.what, {a, b, none, One(bt, b_zero)}}});
          out.push_back({{s.what, {a, b, One(at, a_zero), middle}}});
          out.push_back({{s.what, {a, near, One(at, 1), near_zeros}}});
        } else if (op == "QLinearMatMul") {
          out.push_back(
              {{s.what, {a, One(kF, 0.02), One(at, a_zero), b, scales, per_column, One(kF, y_scale), One(at, 3)}}});
          out.push_back(
              {{s.what, {a, One(kF, 0.02), One(at, a_zero), near, scales, near_zeros, One(kF, y_scale), One(at, 3)}}});
        } else if (op == "com.microsoft.MatMulIntegerToFloat") {
          out.push_back({{s.what, {a, b, One(kF, 0.02), scales, One(at, a_zero), per_column, F32({s.b.back()})}}});
          out.push_back({{s.what, {a, near, One(kF, 0.02), scales, One(at, a_zero), near_zeros, F32({s.b.back()})}}});
        } else if (s.a.rank() == 2 && s.b.rank() == 2) {
          const SampleInput bias{at == bt ? DType::kF64 : DType::kI32, {s.b.back()}, -9999, 9999};
          out.push_back(
              {{s.what,
                {a, One(kF, 0.02), One(at, a_zero), b, scales, per_column, bias, One(kF, y_scale), One(at, 3)}}});
          out.push_back({{s.what, {a, One(kF, 0.02), One(at, a_zero), b, scales, per_column, bias}}});
          out.push_back({{s.what, {a, One(kF, 0.02), One(at, a_zero), near, scales, near_zeros, bias}}});
          const SampleInput transposed = Near(bt, {s.b[1], s.b[0]});
          out.push_back(
              {{s.what,
                {a, One(kF, 0.02), One(at, a_zero), transposed, scales, near_zeros, bias, One(kF, y_scale), One(at, 3)},
                {{"transB", int64_t{1}}}}});
        }
      }
  return out;
}

std::vector<TacticCase> Joined(std::vector<TacticCase> a, std::vector<TacticCase> b) {
  for (TacticCase& c : b) a.push_back(std::move(c));
  return a;
}

// The largest sums there are.
std::vector<TacticCase> DeepestIntProducts() {
  std::vector<TacticCase> out;
  const auto filled = [](DType t, Dims dims, double v) { return SampleInput{t, dims, v, v}; };
  for (double a : {0.0, 255.0})
    for (double b : {-128.0, 127.0})
      for (double b_zero : {-128.0, 0.0, 127.0})
        out.push_back({{"deepest",
                        {filled(DType::kU8, {9, 16384}, a), filled(DType::kI8, {16384, 17}, b),
                         One(DType::kU8, 255 - a), One(DType::kI8, b_zero)}}});
  return out;
}

std::vector<TacticCase> Quantisations(bool quantises) {
  std::vector<TacticCase> out;
  for (const Dims& d : kLarge)
    for (DType t : {DType::kU8, DType::kI8}) {
      const SampleInput x = quantises ? F32(d, -3, 3) : Bytes(t, d);
      out.push_back({{"one scale", {x, One(DType::kF32, 0.0173), One(t, t == DType::kU8 ? 255 : -128)}}});
      out.push_back({{"ties", {x, One(DType::kF32, 0.25), One(t, 5)}}});
      for (int64_t axis = 0; axis < d.rank(); ++axis) {
        const int64_t n = d[static_cast<size_t>(axis)];
        out.push_back({{"axis", {x, {DType::kF32, {n}, 0.01, 0.02}, Bytes(t, {n})}, {{"axis", axis}}}});
      }
    }
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  if (quantises)
    out.push_back({{"no numbers",
                    {{DType::kF32, {11}, 0, 0, {nan, inf, -inf, 1, 2, 3, 1e30, -1e30, 0.5, nan, inf}},
                     One(DType::kF32, 1),
                     One(DType::kI8, -5)}}});
  return out;
}

std::vector<TacticCase> QuantisedPairs() {
  std::vector<TacticCase> out;
  for (const Dims& d : kLarge)
    for (DType t : {DType::kU8, DType::kI8})
      for (double y_scale : {0.05, 0.0001}) {
        const SampleInput one = One(t, 77);
        const auto call = [&](SampleInput a, SampleInput b) {
          out.push_back({{"pair",
                          {a, One(DType::kF32, 0.031), One(t, 9), b, One(DType::kF32, 0.025),
                           One(t, t == DType::kU8 ? 255 : -128), One(DType::kF32, y_scale), One(t, 0)}}});
        };
        call(Bytes(t, d), Bytes(t, d));
        call(Bytes(t, d), one);
        call(one, Bytes(t, d));
      }
  return out;
}

std::vector<TacticCase> DynamicQuantisations() {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  std::vector<TacticCase> out;
  for (const Dims& d : kLarge) {
    out.push_back({{"large", {F32(d, -1, 3)}, {}, 3}});
    out.push_back({{"above", {F32(d, 2, 3)}, {}, 3}});
  }
  for (const std::vector<double>& v :
       {std::vector<double>{nan, 1, -3, nan}, {nan, nan}, {inf, 1, 2}, {-inf, 3, nan}, {3e38, -3e38, 1}, {1e-45, 0}})
    out.push_back({{"edges", {{DType::kF32, {static_cast<int64_t>(v.size())}, 0, 0, v}}, {}, 3}});
  return out;
}

std::vector<TacticCase> DynamicProducts() {
  const double inf = std::numeric_limits<double>::infinity();
  const SampleInput none{DType::kNone, {}}, bias = F32({131}), one = One(DType::kF32, 0.01), few = F32({2}, 0.01, 0.02);
  std::vector<TacticCase> out;
  for (DType t : {DType::kU8, DType::kI8}) {
    const SampleInput w = Bytes(t, {301, 131}), zeros = Bytes(t, {131});
    out.push_back({{"large", {F32({2, 67, 301}, -1, 3), w, one, One(t, t == DType::kU8 ? 255 : -128), bias}}});
    out.push_back({{"per column", {F32({301, 301}, 1, 3), w, F32({131}, 0.01, 0.02), zeros}}});
    out.push_back({{"one row", {F32({1, 301}), w, one}}});
    out.push_back({{"fits", {F32({30, 301}, -1, 3), Near(t, {301, 131}), one, Near(t, {131}), bias}}});
    out.push_back({{"no rows", {F32({0, 301}), w, one, none, bias}}});
    for (const std::vector<double>& v : {std::vector<double>{inf, 1, 2},
                                         {-inf, 1, 2},
                                         {std::nan(""), 1, 2},
                                         {0, 0, 0},
                                         {3e38, -3e38, 0},
                                         {1e-45, 0, 0},
                                         {-1e-45, 0, 0}})
      out.push_back({{"edges", {{DType::kF32, {1, 3}, 0, 0, v}, Bytes(t, {3, 2}), few, none, F32({2})}}});
  }
  return out;
}

std::vector<TacticCase> QuantisedFunctions() {
  std::vector<TacticCase> out;
  for (DType t : {DType::kU8, DType::kI8})
    for (const Dims& d : kLarge)
      out.push_back({{"large",
                      {Bytes(t, d), One(DType::kF32, 0.04), One(t, t == DType::kU8 ? 255 : -128),
                       One(DType::kF32, 1.0 / 256), One(t, t == DType::kU8 ? 0 : 127)}}});
  return out;
}

std::vector<TacticCase> QuantisedConcats() {
  std::vector<TacticCase> out;
  for (DType t : {DType::kU8, DType::kI8})
    for (int64_t axis : {0, 1, -1}) {
      std::vector<SampleInput> in = {One(DType::kF32, 0.02), One(t, 9)};
      double scale = 0.02;
      for (int64_t size : {130, 1, 0, 67}) {
        Dims d = {7, 31, 33, 5};
        d[static_cast<size_t>(axis < 0 ? axis + 4 : axis)] = size;
        in.insert(in.end(), {Bytes(t, d), One(DType::kF32, scale), One(t, t == DType::kU8 ? 255 : -128)});
        scale *= 0.4;
      }
      out.push_back({{"large", in, {{"axis", axis}}}});
    }
  return out;
}

std::vector<TacticCase> QuantisedGlobalPools() {
  std::vector<TacticCase> out;
  for (DType t : {DType::kU8, DType::kI8})
    for (const Dims& d : {Dims{2, 67, 31, 33}, Dims{1, 1031, 7, 7}, Dims{1, 3, 90001}, Dims{0, 3, 4}})
      for (int64_t last : {0, 1})
        out.push_back({{"large",
                        {Bytes(t, d), One(DType::kF32, 0.03), One(t, t == DType::kU8 ? 255 : -128),
                         One(DType::kF32, 0.001), One(t, 3)},
                        {{"channels_last", last}}}});
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
  if (op == "QLinearConv") return IntConvolutions(true);
  if (op == "ConvInteger") return IntConvolutions(false);
  if (In(op, {"MatMulInteger", "QLinearMatMul", "com.microsoft.QGemm", "com.microsoft.MatMulIntegerToFloat"}))
    return op == "MatMulInteger" ? Joined(IntProducts(op), DeepestIntProducts()) : IntProducts(op);
  if (In(op, {"QuantizeLinear", "DequantizeLinear"})) return Quantisations(op == "QuantizeLinear");
  if (In(op, {"com.microsoft.QLinearAdd", "com.microsoft.QLinearMul"})) return QuantisedPairs();
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
  if (op == "com.microsoft.DynamicQuantizeMatMul") return DynamicProducts();
  if (op == "DynamicQuantizeLinear") return DynamicQuantisations();
  if (In(op, {"com.microsoft.QLinearSigmoid", "com.microsoft.QLinearLeakyRelu"})) return QuantisedFunctions();
  if (op == "com.microsoft.QLinearConcat") return QuantisedConcats();
  if (op == "com.microsoft.QLinearGlobalAveragePool") return QuantisedGlobalPools();
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

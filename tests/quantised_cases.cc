#include "quantised_cases.h"

#include <cmath>
#include <limits>

namespace hasten {
namespace {

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

}  // namespace

std::vector<TacticCase> QuantisedCases(std::string_view op) {
  if (op == "QLinearConv") return IntConvolutions(true);
  if (op == "ConvInteger") return IntConvolutions(false);
  if (In(op, {"MatMulInteger", "QLinearMatMul", "com.microsoft.QGemm", "com.microsoft.MatMulIntegerToFloat"}))
    return op == "MatMulInteger" ? Joined(IntProducts(op), DeepestIntProducts()) : IntProducts(op);
  if (In(op, {"QuantizeLinear", "DequantizeLinear"})) return Quantisations(op == "QuantizeLinear");
  if (In(op, {"com.microsoft.QLinearAdd", "com.microsoft.QLinearMul"})) return QuantisedPairs();
  if (op == "com.microsoft.DynamicQuantizeMatMul") return DynamicProducts();
  if (op == "DynamicQuantizeLinear") return DynamicQuantisations();
  if (In(op, {"com.microsoft.QLinearSigmoid", "com.microsoft.QLinearLeakyRelu"})) return QuantisedFunctions();
  if (op == "com.microsoft.QLinearConcat") return QuantisedConcats();
  if (op == "com.microsoft.QLinearGlobalAveragePool") return QuantisedGlobalPools();
  return {};
}

}  // namespace hasten

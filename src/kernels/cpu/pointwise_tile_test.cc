#include "kernels/cpu/pointwise_tile.h"

#include <gtest/gtest.h>

#include "kernels/cpu/simd.h"
// The choice of targets above comes first.
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

namespace hasten::cpu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Each test runs on every instruction set that the machine has and kernels are compiled for.
class PointwiseTile : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

std::vector<int64_t> Targets() {
  std::vector<int64_t> out;
  for (int64_t t : hwy::SupportedAndGeneratedTargets()) out.push_back(t);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Targets, PointwiseTile, ::testing::ValuesIn(Targets()),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

PointwiseProgram Program(int operands, std::string_view text) {
  auto program = PointwiseProgram::Parse(operands, text);
  EXPECT_TRUE(program.ok()) << program.message();
  return *program;
}

// Units in the last place of the float nearest to `expected`; denormals have the least one.
double UnitsApart(double actual, double expected) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) == std::isnan(actual) ? 0 : HUGE_VAL;
  const auto nearest = static_cast<float>(expected);
  if (std::isinf(nearest) || std::isinf(actual)) {
    if (static_cast<double>(nearest) == actual) return 0;
    return std::abs(expected) > 3.4e38 && std::abs(actual) > 3.4e38 ? 1 : HUGE_VAL;
  }
  const int exponent = expected == 0 ? -126 : std::max(-126, std::ilogb(expected));
  return std::abs(actual - expected) / std::ldexp(1.0, exponent - 23);
}

// Floats of every exponent and sign.
std::vector<float> AllKinds() {
  std::vector<float> out = {
      0.0f,       -0.0f,    kInf,      -kInf,     kNan,          -kNan,     std::bit_cast<float>(0x7fc00001u),
      1,          -1,       0x1p-149f, 0x1p-126f, 3.4028235e38f, 88.72284f, 88.72283f,
      -87.33655f, -103.97f, 9.02f,     5.6f};
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 9973)
    out.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  for (float x = -30; x < 30; x += 0.001f) out.push_back(x);
  return out;
}

struct Function {
  const char* text;
  double units;
  // The error counts in units of this or of the result, whichever is larger.
  double (*floor)(double x) = nullptr;
};

TEST_P(PointwiseTile, UnaryFunctionsOverAllFloats) {
  // a sigmoid(a) has denormal factors where its value is not.
  const auto tail = [](double) { return 0x1p-110; };
  const Function functions[] = {
      {"neg(0)", 0},
      {"abs(0)", 0},
      {"sqrt(0)", 0.5},
      {"relu(0)", 0},
      {"floor(0)", 0},
      {"ceil(0)", 0},
      {"round(0)", 0},
      {"sign(0)", 0},
      {"reciprocal(0)", 0.5},
      {"leaky_relu(0,alpha=0.1)", 0.51},
      {"clip(0,alpha=-2,beta=3)", 0},
      {"exp(0)", 1.5},
      {"log(0)", 1.5},
      {"erf(0)", 6},
      {"tanh(0)", 5},
      {"sigmoid(0)", 4},
      {"softplus(0)", 4},
      {"elu(0,alpha=0.5)", 1.5},
      {"sin(0)", 1},
      {"cos(0)", 1},
      {"mish(0)", 5, tail},
      {"swish(0,alpha=1)", 4, tail},
      {"sigmoid(0); mul(0,1)", 4, tail},
      {"swish(0,alpha=1.702)", 20, [](double) { return 0x1p-24; }},
      {"hard_sigmoid(0,alpha=0.2,beta=0.5)", 1, [](double) { return 0.5; }},
      {"hard_swish(0)", 2, [](double x) { return std::abs(x) / 2; }},
      {"gelu(0)", 4, [](double x) { return std::abs(x) / 2; }},
      {"gelu_tanh(0)", 32, [](double) { return 0x1p-24; }},
  };
  const std::vector<float> x = AllKinds();
  std::vector<float> y(x.size());
  for (const Function& f : functions) {
    const PointwiseProgram program = Program(1, f.text);
    const PointwiseOperand operand{x.data(), 1};
    RunPointwise(program, static_cast<int64_t>(x.size()), {&operand, 1}, y.data());
    double worst = 0, registers[4];
    float at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double in = x[i];
      const double expected = EvalPointwise(program, {&in, 1}, registers);
      double units = UnitsApart(y[i], expected);
      if (f.floor && std::isfinite(units) && std::isfinite(in) && f.floor(in) > std::abs(expected))
        units = std::abs(y[i] - expected) / (f.floor(in) * 0x1p-23);
      if (units > worst) worst = units, at = x[i];
    }
    EXPECT_LE(worst, f.units) << f.text << " at " << at;
  }
}

// The result never leaves the function's range by a rounding.
TEST_P(PointwiseTile, RangesHold) {
  const std::vector<float> x = AllKinds();
  std::vector<float> y(x.size());
  for (const char* text : {"tanh(0)", "erf(0)", "sigmoid(0)"}) {
    const PointwiseOperand operand{x.data(), 1};
    RunPointwise(Program(1, text), static_cast<int64_t>(x.size()), {&operand, 1}, y.data());
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_FALSE(std::abs(y[i]) > 1) << text << " of " << x[i];
    }
  }
}

TEST_P(PointwiseTile, BinaryFunctionsWithSpecialValues) {
  const float values[] = {0.0f, -0.0f,     kInf,  -kInf, kNan, 1,     -1,     2,  -3,
                          0.5f, 0x1p-149f, 3e38f, 7,     1.5f, -2.5f, 1e-20f, 100};
  std::vector<float> a, b;
  for (float p : values)
    for (float q : values) a.push_back(p), b.push_back(q);
  const auto n = static_cast<int64_t>(a.size());
  std::vector<float> y(a.size());
  for (const char* text : {"add(0,1)", "sub(0,1)", "mul(0,1)", "div(0,1)", "min(0,1)", "max(0,1)", "pow(0,1)",
                           "prelu(0,1)", "add(0,1); relu(2)", "mul(0,1); clip(2,alpha=-1,beta=2)"}) {
    const PointwiseProgram program = Program(2, text);
    for (int steps = 0; steps < 4; ++steps) {
      const int64_t step_a = steps & 1, step_b = steps >> 1;
      for (int64_t from = 0; from < n; from += step_a && step_b ? n : 1) {
        const int64_t count = step_a && step_b ? n : std::min<int64_t>(17, n - from);
        const PointwiseOperand operands[] = {{&a[static_cast<size_t>(from)], step_a},
                                             {&b[static_cast<size_t>(from)], step_b}};
        RunPointwise(program, count, operands, y.data());
        for (int64_t i = 0; i < count; ++i) {
          const double in[] = {operands[0].data[i * step_a], operands[1].data[i * step_b]};
          double registers[4];
          const double expected = EvalPointwise(program, in, registers);
          ASSERT_LE(UnitsApart(y[static_cast<size_t>(i)], expected), 1) << text << " of " << in[0] << ", " << in[1];
        }
      }
    }
  }
}

// Random programs over random sizes, with what lies behind the output left alone.
TEST_P(PointwiseTile, Programs) {
  std::mt19937 random(7);
  const auto pick = [&](size_t below) { return static_cast<size_t>(random()) % below; };
  const PointwiseOp ops[] = {PointwiseOp::kAdd,   PointwiseOp::kSub,  PointwiseOp::kMul,  PointwiseOp::kMax,
                             PointwiseOp::kRelu,  PointwiseOp::kClip, PointwiseOp::kTanh, PointwiseOp::kSigmoid,
                             PointwiseOp::kConst, PointwiseOp::kNeg,  PointwiseOp::kMin,  PointwiseOp::kAbs};
  for (int round = 0; round < 400; ++round) {
    PointwiseProgram program;
    program.operands = static_cast<int>(1 + pick(4));
    const auto operands = static_cast<size_t>(program.operands);
    const size_t count = 1 + pick(round % 20 == 0 ? 240 : 8);
    for (size_t i = 0; i < count; ++i) {
      const size_t near = std::min<size_t>(operands + i, round % 3 == 0 ? 100 : 4);
      const auto reg = [&] { return static_cast<uint16_t>(operands + i - 1 - pick(near)); };
      program.instrs.push_back({ops[pick(std::size(ops))], reg(), reg(), -0.5f, 0.75f});
    }
    const size_t n = pick(3) == 0 ? pick(20) : 1 + pick(1500);
    std::vector<std::vector<float>> data(operands);
    std::vector<PointwiseOperand> in;
    std::uniform_real_distribution<float> f(-1, 1);
    for (auto& v : data) {
      for (size_t i = 0; i < n + 1; ++i) v.push_back(f(random));
      in.push_back({v.data(), pick(4) == 0 && in.size() > 0 ? 0 : 1});
    }
    std::vector<float> y(n + 8, 42);
    const bool in_place = pick(2) == 0 && in[0].step == 1;
    std::vector<float> x0 = data[0];
    if (in_place) {
      std::copy(x0.begin(), x0.begin() + static_cast<int64_t>(n), y.begin());
      in[0].data = y.data();
    }
    RunPointwise(program, static_cast<int64_t>(n), in, y.data());
    in[0].data = x0.data();
    std::vector<double> e(operands), registers(operands + count);
    for (size_t i = 0; i < n; ++i) {
      for (size_t k = 0; k < operands; ++k) e[k] = in[k].data[static_cast<int64_t>(i) * in[k].step];
      const double expected = EvalPointwise(program, e, registers);
      double most = 1;
      for (double r : registers) most = std::max(most, std::abs(r));
      if (most > 1e6) continue;
      ASSERT_NEAR(y[i], expected, 1e-6 * most * static_cast<double>(count))
          << program.Text() << " element " << i << " of " << n;
    }
    for (size_t i = n; i < y.size(); ++i) {
      ASSERT_EQ(y[i], 42.0f) << "written behind the end";
    }
  }
}

TEST(PointwiseTileEdges, ManyRegisters) {
  PointwiseProgram program;
  for (uint16_t i = 0; i < 400; ++i) program.instrs.push_back({PointwiseOp::kAdd, i, 0});
  const float x[] = {1, 2, 3};
  float y[3];
  const PointwiseOperand operand{x, 1};
  RunPointwise(program, 3, {&operand, 1}, y);
  EXPECT_EQ(y[2], 3.0f * 401);
}

}  // namespace
}  // namespace hasten::cpu

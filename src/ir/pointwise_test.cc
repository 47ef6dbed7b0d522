#include "ir/pointwise.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace hasten {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

PointwiseProgram Program(int operands, std::string_view text) {
  auto program = PointwiseProgram::Parse(operands, text);
  EXPECT_TRUE(program.ok()) << text << ": " << program.message();
  return program.ok() ? *std::move(program) : PointwiseProgram();
}

double Eval(std::string_view text, std::vector<double> operands) {
  const PointwiseProgram program = Program(static_cast<int>(operands.size()), text);
  std::vector<double> registers(operands.size() + program.instrs.size());
  return EvalPointwise(program, operands, registers);
}

TEST(Pointwise, TextIsCanonical) {
  for (const char* text :
       {"", "add(0,1); relu(2)", "clip(0,alpha=-inf,beta=6)", "leaky_relu(1,alpha=0.1)",
        "hard_sigmoid(0,alpha=0.16666667,beta=0.5); mul(0,2)", "clip(0,alpha=nan.7fc00001,beta=nan)",
        "gelu(0); pow(2,1); erf(3); sub(1,4); div(5,0); min(0,1); max(0,1); neg(2); abs(3); sqrt(4); "
        "exp(0); log(1); tanh(2); sigmoid(3); mul(0,0)",
        "const(alpha=0.5); mul(0,2); const(alpha=-1,beta=2); reciprocal(0); floor(0); ceil(0); round(0); sign(0); "
        "sin(0); cos(0); softplus(0); elu(0,alpha=1); hard_swish(0); mish(0); gelu_tanh(0); swish(0,alpha=1.702); "
        "prelu(0,1)"}) {
    EXPECT_EQ(Program(2, text).Text(), text);
  }
  EXPECT_EQ(Program(2, " add ( 0 , 1 ) ;relu(2)").Text(), "add(0,1); relu(2)");
}

TEST(Pointwise, ParseSaysWhatIsWrong) {
  const auto message = [](int operands, std::string_view text) {
    return std::string(PointwiseProgram::Parse(operands, text).message());
  };
  EXPECT_EQ(message(2, "add(0,2)"), "1:7: expected a register below 2, found 2");
  EXPECT_EQ(message(1, "relu(0); relu(2)"), "1:15: expected a register below 2, found 2");
  EXPECT_EQ(message(1, "relu(-1)"), "1:6: expected a register below 1, found -1");
  EXPECT_EQ(message(1, "sine(0)"), "1:1: expected a pointwise instruction, found 'sine'");
  EXPECT_EQ(message(1, "const(0)"), "1:7: expected 'alpha' or 'beta', found '0'");
  EXPECT_EQ(message(1, "relu(0) relu(1)"), "1:9: expected ';', found 'relu'");
  EXPECT_EQ(message(1, "relu(0);"), "1:9: expected a pointwise instruction, found the end");
  EXPECT_EQ(message(1, "clip(0,gamma=1)"), "1:8: expected 'alpha' or 'beta', found 'gamma'");
  EXPECT_EQ(message(1, "clip(0,alpha=1e99)"), "1:14: expected a number, found '1e99'");
  for (int operands : {0, -1, 1 << 16}) EXPECT_FALSE(PointwiseProgram::Parse(operands, "").ok());
}

TEST(Pointwise, Instructions) {
  EXPECT_EQ(Eval("add(0,1)", {3, 5}), 8);
  EXPECT_EQ(Eval("sub(0,1)", {3, 5}), -2);
  EXPECT_EQ(Eval("mul(0,1)", {3, 5}), 15);
  EXPECT_EQ(Eval("div(0,1)", {3, 4}), 0.75);
  EXPECT_EQ(Eval("min(0,1)", {3, -5}), -5);
  EXPECT_EQ(Eval("max(0,1)", {3, -5}), 3);
  EXPECT_EQ(Eval("pow(0,1)", {3, 4}), 81);
  EXPECT_EQ(Eval("neg(0)", {3}), -3);
  EXPECT_EQ(Eval("abs(0)", {-3}), 3);
  EXPECT_EQ(Eval("sqrt(0)", {9}), 3);
  EXPECT_EQ(Eval("exp(0)", {1}), std::exp(1));
  EXPECT_EQ(Eval("log(0)", {2}), std::log(2));
  EXPECT_EQ(Eval("erf(0)", {0.5}), std::erf(0.5));
  EXPECT_EQ(Eval("tanh(0)", {0.5}), std::tanh(0.5));
  EXPECT_EQ(Eval("sigmoid(0)", {0}), 0.5);
  EXPECT_EQ(Eval("relu(0)", {-2}), 0);
  EXPECT_EQ(Eval("relu(0)", {2}), 2);
  EXPECT_EQ(Eval("leaky_relu(0,alpha=0.25)", {-2}), -0.5);
  EXPECT_EQ(Eval("leaky_relu(0,alpha=0.25)", {2}), 2);
  EXPECT_EQ(Eval("clip(0,alpha=-1,beta=6)", {-2}), -1);
  EXPECT_EQ(Eval("clip(0,alpha=-1,beta=6)", {7}), 6);
  EXPECT_EQ(Eval("hard_sigmoid(0,alpha=0.25,beta=0.5)", {1}), 0.75);
  EXPECT_EQ(Eval("hard_sigmoid(0,alpha=0.25,beta=0.5)", {9}), 1);
  EXPECT_EQ(Eval("hard_sigmoid(0,alpha=0.25,beta=0.5)", {-9}), 0);
  EXPECT_NEAR(Eval("gelu(0)", {1}), 0.5 * (1 + std::erf(std::sqrt(0.5))), 1e-15);
  EXPECT_EQ(Eval("const(alpha=0.5)", {3}), 0.5);
  EXPECT_EQ(Eval("const(alpha=0.5); mul(1,0)", {3}), 1.5);
  EXPECT_EQ(Eval("reciprocal(0)", {4}), 0.25);
  EXPECT_EQ(Eval("floor(0)", {-1.5}), -2);
  EXPECT_EQ(Eval("ceil(0)", {-1.5}), -1);
  EXPECT_EQ(Eval("round(0)", {2.5}), 2);
  EXPECT_EQ(Eval("round(0)", {-3.5}), -4);
  EXPECT_EQ(Eval("sign(0)", {-7}), -1);
  EXPECT_EQ(Eval("sign(0)", {0}), 0);
  EXPECT_EQ(Eval("sin(0)", {2}), std::sin(2));
  EXPECT_EQ(Eval("cos(0)", {2}), std::cos(2));
  EXPECT_NEAR(Eval("softplus(0)", {1}), std::log(1 + std::exp(1)), 1e-15);
  EXPECT_NEAR(Eval("elu(0,alpha=2)", {-1}), 2 * (std::exp(-1) - 1), 1e-15);
  EXPECT_EQ(Eval("elu(0,alpha=2)", {3}), 3);
  EXPECT_EQ(Eval("hard_swish(0)", {1.5}), 1.125);
  EXPECT_EQ(Eval("hard_swish(0)", {-4}), 0);
  EXPECT_EQ(Eval("hard_swish(0)", {5}), 5);
  EXPECT_NEAR(Eval("mish(0)", {-2}), -2 * std::tanh(std::log(1 + std::exp(-2))), 1e-15);
  EXPECT_NEAR(Eval("gelu_tanh(0)", {2}), 1 + std::tanh(std::sqrt(2 / M_PI) * (2 + 0.044715 * 8)), 1e-15);
  EXPECT_NEAR(Eval("swish(0,alpha=2)", {3}), 3 / (1 + std::exp(-6)), 1e-15);
  EXPECT_EQ(Eval("prelu(0,1)", {-3, 0.5}), -1.5);
  EXPECT_EQ(Eval("prelu(0,1)", {3, 0.5}), 3);
  EXPECT_EQ(Eval("add(0,1); mul(2,0); neg(3)", {2, 3}), -10);
  EXPECT_EQ(Eval("", {7, 8}), 7);
}

TEST(Pointwise, ExtremesOfInstructions) {
  EXPECT_EQ(Eval("sigmoid(0)", {-1000}), 0);
  EXPECT_EQ(Eval("sigmoid(0)", {1000}), 1);
  EXPECT_EQ(Eval("clip(0,alpha=3,beta=1)", {2}), 1);
  EXPECT_EQ(Eval("gelu(0)", {-kInf}), 0);
  EXPECT_EQ(Eval("gelu(0)", {kInf}), kInf);
  EXPECT_NEAR(Eval("gelu(0)", {-10}) / -7.619853024160527e-23, 1, 1e-9);
  EXPECT_EQ(Eval("softplus(0)", {-1000}), 0);
  EXPECT_EQ(Eval("softplus(0)", {1000}), 1000);
  EXPECT_EQ(Eval("elu(0,alpha=2)", {-kInf}), -2);
  EXPECT_EQ(Eval("gelu_tanh(0)", {-kInf}), 0);
  EXPECT_EQ(Eval("gelu_tanh(0)", {kInf}), kInf);
  EXPECT_EQ(Eval("swish(0,alpha=1)", {-1000}), 0);
  EXPECT_EQ(Eval("mish(0)", {kInf}), kInf);
  for (const char* text :
       {"min(0,1)", "min(1,0)", "max(0,1)", "max(1,0)", "relu(0)", "clip(0,alpha=0,beta=6)",
        "hard_sigmoid(0,alpha=1,beta=0)", "leaky_relu(0,alpha=0.5)", "gelu(0)", "sign(0)", "softplus(0)",
        "elu(0,alpha=1)", "hard_swish(0)", "mish(0)", "gelu_tanh(0)", "swish(0,alpha=1)", "prelu(0,1)", "round(0)"})
    EXPECT_TRUE(std::isnan(Eval(text, {NAN, 1}))) << text;
}

TEST(Pointwise, VerifyRefusesRegistersNotYetWritten) {
  EXPECT_TRUE(VerifyProgram(Program(2, "add(0,1); relu(2)")).ok());
  EXPECT_TRUE(VerifyProgram({}).ok());
  EXPECT_FALSE(VerifyProgram({1, {{PointwiseOp::kAdd, 0, 1}}}).ok());
  EXPECT_FALSE(VerifyProgram({1, {{PointwiseOp::kRelu, 1}}}).ok());
  EXPECT_TRUE(VerifyProgram({1, {{PointwiseOp::kRelu, 0, 9}}}).ok());
  EXPECT_TRUE(VerifyProgram({1, {{PointwiseOp::kConst, 9, 9}}}).ok());
  EXPECT_FALSE(VerifyProgram({0, {{PointwiseOp::kRelu, 0}}}).ok());
  EXPECT_FALSE(VerifyProgram({1, {{static_cast<PointwiseOp>(99), 0}}}).ok());
}

Tensor Iota(const Dims& dims, double first) {
  auto t = NewTensor(DType::kF32, dims);
  EXPECT_TRUE(t.ok());
  for (int64_t i = 0; i < t->elements(); ++i) t->SetDouble(i, first + static_cast<double>(i));
  return *std::move(t);
}

TEST(ApplyPointwise, BroadcastsOperands) {
  const PointwiseProgram program = Program(5, "mul(0,1); add(5,2); add(6,3); sub(7,4)");
  for (const Dims& dims : {Dims{2, 3, 5}, Dims{2, 3, 1}, Dims{2, 3, 257}, Dims{1, 3, 600}}) {
    Tensor y = Iota(dims, 1);
    const Tensor channel = Iota({3, 1}, 10), scalar = Iota({}, 7), full = Iota(dims, -4);
    const Tensor row = Iota({1, 1, dims.back()}, 2);
    const Tensor* const operands[] = {&channel, &scalar, &full, &row};
    ASSERT_TRUE(ApplyPointwise(program, &y, operands).ok());
    for (int64_t i = 0; i < y.elements(); ++i) {
      const int64_t x = i % dims[2], c = i / dims[2] % 3;
      const auto want = static_cast<float>((1 + i) * (10 + c) + 7 + (i - 4) - (2 + x));
      ASSERT_EQ(y.Double(i), want) << dims.Text() << " " << i;
    }
  }
}

TEST(ApplyPointwise, ScalarsEmptyTensorsAndSelf) {
  Tensor scalar = ScalarOf(DType::kF64, -3);
  EXPECT_TRUE(ApplyPointwise(Program(1, "abs(0)"), &scalar, {}).ok());
  EXPECT_EQ(scalar.Double(0), 3);
  Tensor empty = Iota({0, 3}, 0);
  EXPECT_TRUE(ApplyPointwise(Program(1, "abs(0)"), &empty, {}).ok());
  Tensor y = Iota({3}, 1);
  const Tensor* const self[] = {&y};
  EXPECT_TRUE(ApplyPointwise(Program(2, "mul(0,1)"), &y, self).ok());
  EXPECT_EQ(ToDoubles(y), (std::vector<double>{1, 4, 9}));
}

TEST(ApplyPointwise, RoundsOnceAtTheEnd) {
  Tensor y = ScalarOf(DType::kF16, 2048);
  const Tensor one = ScalarOf(DType::kF16, 1);
  const Tensor* const operands[] = {&one};
  ASSERT_TRUE(ApplyPointwise(Program(2, "add(0,1); add(2,1)"), &y, operands).ok());
  EXPECT_EQ(y.Double(0), 2050);
}

TEST(ApplyPointwise, RefusesWhatDoesNotFit) {
  const PointwiseProgram add = Program(2, "add(0,1)");
  const auto apply = [&](Tensor y, const Tensor& operand) {
    const Tensor* const operands[] = {&operand};
    return ApplyPointwise(add, &y, operands).ok();
  };
  EXPECT_TRUE(apply(Iota({2, 3}, 0), Iota({3}, 0)));
  EXPECT_FALSE(apply(Iota({3}, 0), Iota({2, 3}, 0)));
  EXPECT_FALSE(apply(Iota({3}, 0), Iota({2}, 0)));
  EXPECT_FALSE(apply(ScalarI64(1), Iota({}, 0)));
  EXPECT_FALSE(apply(Iota({}, 0), ScalarI64(1)));
  Tensor y = Iota({3}, 0);
  EXPECT_FALSE(ApplyPointwise(add, &y, {}).ok());
  EXPECT_FALSE(ApplyPointwise({1, {{PointwiseOp::kRelu, 5}}}, &y, {}).ok());
}

}  // namespace
}  // namespace hasten

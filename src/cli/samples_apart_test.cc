#include "cli/samples_apart.h"

#include <gtest/gtest.h>

#include "ops/infer.h"
#include "ops/text.h"

namespace hasten::cli {
namespace {

bool StayApart(const std::string& statements) {
  auto model = ParseText(Str("hasten-ir 1\nopset \"\" 22\ngraph \"t\" {\n", statements, "}\n"), Catalog::BuiltIn(), {});
  EXPECT_TRUE(model.ok()) << model.message() << "\n" << statements;
  if (!model.ok()) return false;
  Status status = InferTypes(&(*model)->graph);
  EXPECT_TRUE(status.ok()) << status.message();
  return KeepsSamplesApart((*model)->graph);
}

TEST(SamplesApart, Networks) {
  EXPECT_TRUE(StayApart(R"(
in "x" f32[N,1,4,4]
const "w" f32[2,1,3,3] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const "v" f32[2,4,1,1] = [1, 2, 3, 4, 5, 6, 7, 8]
const "s" f32[] = [0.5]
const "z" u8[] = [3]
const "c" f32[2,1,1] = [1, 2]
const "m" f32[2,3] = [1, 2, 3, 4, 5, 6]
const "b" f32[3] = [1, 2, 3]
"q" = QuantizeLinear("x", "s", "z")
"d" = DequantizeLinear("q", "s", "z")
"y" = Conv("d", "w") {pads=[1, 1, 1, 1]}
"r" = Relu("y")
"a" = Add("c", "r")
"e" = Mul("a", "y")
"j" = Concat("e", "y") {axis=1}
"t" = Transpose("j") {perm=[0, 2, 3, 1]}
"u" = Transpose("t") {perm=[0, 3, 1, 2]}
"k" = Conv("u", "v")
"p" = GlobalAveragePool("k")
"f" = Flatten("p")
"g" = Gemm("f", "m", "b")
"o" = Softmax("g") {axis=-1}
out "o"
)"));
  EXPECT_TRUE(
      StayApart("in \"x\" f32[N,2,3]\nconst \"s\" i64[2] = [-1, 6]\n\"y\" = Reshape(\"x\", \"s\")\nout \"y\"\n"))
      << "a row for each sample";
  EXPECT_TRUE(StayApart("in \"x\" f32[N,2]\nin \"z\" f32[N,2]\n\"y\" = Add(\"x\", \"z\")\nout \"y\"\n"));
}

TEST(SamplesApart, WhatMayMixThem) {
  const std::string x = "in \"x\" f32[N,2]\n", y = "out \"y\"\n";
  for (const char* const node : {
           R"("y" = Transpose("x") {perm=[1, 0]})",
           R"("y" = Softmax("x") {axis=0})",
           R"("y" = Flatten("x") {axis=0})",
           R"("y" = Concat("x", "x") {axis=0})",
           R"(const "c" i64[] = [0] "y" = CumSum("x", "c"))",
           R"("y" = ReduceMean("x") {keepdims=0})",
           R"("s" = Shape("x") "y" = Reshape("x", "s"))",
           R"("t" = Transpose("x") {perm=[1, 0]} "y" = Add("x", "x") out "t")",
           R"(const "s" i64[2] = [2, -1] "y" = Reshape("x", "s"))",
           R"(const "c" f32[3,2] = [1, 2, 3, 4, 5, 6] "y" = Add("x", "c"))",
           R"(const "w" f32[1,2,2] = [1, 2, 3, 4] "y" = MatMul("w", "x"))",
           R"(const "w" f32[2,2] = [1, 2, 3, 4] "y" = Gemm("x", "w") {transA=1})",
           R"(const "o" f32[] = [1] const "s" f32[2] = [1, 2] "q" = QuantizeLinear("x", "o")
              "y" = DequantizeLinear("q", "s") {axis=0})",
           R"("q", "r", "y" = DynamicQuantizeLinear("x"))",
           R"("y" = RandomNormalLike("x"))",
       })
    EXPECT_FALSE(StayApart(x + node + "\n" + y)) << node;
  EXPECT_FALSE(StayApart("in \"x\" f32[2,3]\n\"y\" = Relu(\"x\")\nout \"y\"\n")) << "no length is open";
  EXPECT_FALSE(StayApart("in \"x\" f32[N,N]\n\"y\" = Relu(\"x\")\nout \"y\"\n")) << "of two axes at once";
  EXPECT_FALSE(StayApart("in \"x\" f32[N,2]\nin \"z\" f32[M,2]\n\"y\" = Relu(\"x\")\nout \"y\"\nout \"z\"\n"));
}

}  // namespace
}  // namespace hasten::cli

#include "ops/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "ir/compare.h"

namespace hasten {
namespace {

// --- A catalogue with every kind of attribute ---

struct Everything {
  int64_t i = 3;
  float f = 0.5f;
  bool flag = false;
  std::string s = "default";
  std::vector<int64_t> ints;
  std::vector<float> floats = {1, 2};
  std::vector<std::string> strings;
  Tensor tensor;
  std::vector<Tensor> tensors;
  GraphPtr graph;
  std::vector<GraphPtr> graphs;
  Type type;
  std::vector<Type> types;
  std::optional<int64_t> maybe;
};
constexpr AttrField kFields[] = {
    Field<&Everything::i>("i"),           Field<&Everything::f>("f"),           Field<&Everything::flag>("flag"),
    Field<&Everything::s>("s"),           Field<&Everything::ints>("ints"),     Field<&Everything::floats>("floats"),
    Field<&Everything::strings>("strings"), Field<&Everything::tensor>("tensor"), Field<&Everything::tensors>("tensors"),
    Field<&Everything::graph>("graph"),   Field<&Everything::graphs>("graphs"), Field<&Everything::type>("type"),
    Field<&Everything::types>("types"),   Field<&Everything::maybe>("maybe"),
};
const OpDef kAll = {.name = "test.All", .attrs = SchemaOf<Everything>(kFields), .arity = {0, kMany, 0, kMany}};
const OpDef kPlain = {.name = "test.Plain", .arity = {1, 2}};
const OpDef kOdd = {.name = "odd \"name\"", .arity = {0, 1}};
const OpDef* const kOps[] = {&kAll, &kPlain, &kOdd};

const Catalog& TestCatalog() {
  static const Catalog catalog{std::span(kOps)};
  return catalog;
}

Result<std::unique_ptr<Model>> Parse(std::string_view text, const TextLimits& limits = {}) {
  return ParseText(text, TestCatalog(), limits);
}

std::string InGraph(std::string_view lines) { return Str("hasten-ir 1\nir_version 10\ngraph \"g\" {\n", lines, "}\n"); }

std::string Message(std::string_view text) {
  const auto model = Parse(text);
  EXPECT_FALSE(model.ok()) << text;
  return std::string(model.message());
}

// Reads, verifies, and prints as it was.
void ExpectCanonical(std::string_view text) {
  auto model = Parse(text);
  ASSERT_TRUE(model.ok()) << model.message() << "\n" << text;
  const Status verified = Verify((**model).graph);
  EXPECT_TRUE(verified.ok()) << verified.message();
  EXPECT_EQ(Print(**model), text);
}

// --- Texts ---

constexpr std::string_view kExample = R"(hasten-ir 1
ir_version 8
opset "" 17
opset "com.foo" 1
producer "pytorch" "2.0"
domain "org.example"
model_version 3
doc "two\nlines"
meta "author" "me"
meta "k" ""
note "sorted 2 nodes topologically"
graph "main" {
  doc "the graph"
  meta "g" "1"
  in "x" f32[N,3,224,224] declared same doc "an image" meta "k" "v"
  in "s" f32[] default f32[] = [2]
  in "seq" seq(optional(map(i64,string[*])))
  const "w" f32[64,3,7,7] = normal(seed=7, mean=0, deviation=0.02)
  const "two" i64[2] = [1, 2]
  const "b" f32[70] = constant(value=0.1) source "weights.bin" 128 280 declared f32[64]
  const "mask" u4[3] = integers(seed=18446744073709551615, low=0, high=15) type u4[n]
  value "dangling" f32[*]
  "y": f32[N,64,112,112] declared f32[N,64,M,M] doc "a map" = test.All("x", _, "w", _) {i=-1, f=-0f, flag=1, s="t", ints=[3, 3], floats=floats[]} epilogue "add(0,1); relu(2)" ["b"] name "conv1"
  "z", _ = com.foo.Bar@1("y") {a=1, f=0.5f doc "a float", s="\"", none=graph _, all=[inf, nan, nan.7fc00001, 1e-45f]} doc "opaque" meta "a" "b"
  "q" = test.Plain("y", "z") epilogue 3 ""
  = "odd \"name\""()
  _, "r" = Unknown@-2("z", "z") {then=graph "then" {
    capture "inner" f32[N]
    capture _
    "t" = test.Plain("inner")
    out "t"
  }, else=graph "" {
    capture _
    capture "inner" ?
    out "inner"
    out "inner"
  }} captures ["x", "y"]
  "v" = "odd domain".""@1()
  out "z"
  out "x"
  out "two"
}
)";

TEST(Text, ExampleIsCanonical) { ExpectCanonical(kExample); }

TEST(Text, EveryAttributeKindIsCanonical) {
  for (std::string_view op : {"test.All(", "X@1("}) {
    ExpectCanonical(InGraph(Str("  \"y\" = ", op, R"() {i=-9223372036854775808, f=1e+10f, s="", ints=[0], floats=[0.1f, -inf], strings=["a", ""], tensor=tensor f16[2] = [1, nan.7e01], tensors=tensors [f32[] = [1], string[1] = ["x"], i64[0] = []], graph=graph "sub" {
    in "a" f32[]
    out "a"
  }, graphs=graphs [graph "one" {
  }, graph "two" {
  }], type=type seq(f32[n,*2]), types=types [f32[], ?], maybe=7}
)").replace(0, 0, "").c_str()));
  }
  ExpectCanonical(InGraph("  \"y\" = X@1() {\"odd name\"=1, _a=ints[], b=floats[], c=strings[], d=tensors [], e=graphs [], "
                          "f=types [], g=type ?, \"_\"=true}\n"));
}

}  // namespace
}  // namespace hasten

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
    Field<&Everything::i>("i"),
    Field<&Everything::f>("f"),
    Field<&Everything::flag>("flag"),
    Field<&Everything::s>("s"),
    Field<&Everything::ints>("ints"),
    Field<&Everything::floats>("floats"),
    Field<&Everything::strings>("strings"),
    Field<&Everything::tensor>("tensor"),
    Field<&Everything::tensors>("tensors"),
    Field<&Everything::graph>("graph"),
    Field<&Everything::graphs>("graphs"),
    Field<&Everything::type>("type"),
    Field<&Everything::types>("types"),
    Field<&Everything::maybe>("maybe"),
};
const OpDef kAll = {.name = "test.All", .attrs = SchemaOf<Everything>(kFields), .arity = {0, kMany, 0, kMany}};
const OpDef kPlain = {.name = "test.Plain", .arity = {1, 2}};
const OpDef kOdd = {.name = "odd \"name\"", .arity = {0, 1, 0}};
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

constexpr std::string_view kExample = R"ir(hasten-ir 1
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
  "y": f32[N,64] declared f32[N,M] doc "a map" = test.All("x", _, "w", _) {i=-1, f=-0f, flag=1}
  "conv" = test.All("x") {s="t", ints=[3, 3], floats=floats[]} epilogue "add(0,1); relu(2)" ["b"] name "conv1"
  "z", _ = com.foo.Bar@1("y") {a=1, f=0.5f doc "a float", s="\"", none=graph _} doc "opaque" meta "a" "b"
  "special" = Floats@1() {all=[inf, -inf, nan, nan.7fc00001, 1e-45f]}
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
)ir";

TEST(Text, ExampleIsCanonical) { ExpectCanonical(kExample); }

TEST(Text, EveryAttributeKindIsCanonical) {
  for (std::string_view op : {"test.All", "X@1"}) {
    for (std::string_view attr :
         {"i=-9223372036854775808", "f=1e+10f", "f=nan.ffc00000", "s=\"\"", "ints=[0]", "floats=[0.1f, -inf]",
          "strings=[\"a\", \"\"]", "tensor=tensor f16[2] = [1, nan.7e01]", "type=type seq(f32[n,2*n])",
          "tensors=tensors [f32[] = [1], string[1] = [\"x\"], i64[0] = []]", "types=types [f32[], ?]", "maybe=7",
          "graph=graph \"sub\" {\n    in \"a\" f32[]\n    out \"a\"\n  }",
          "graphs=graphs [graph \"one\" {\n  }, graph \"two\" {\n  }]"})
      ExpectCanonical(InGraph(Str("  \"y\" = ", op, "() {", attr, "}\n")));
  }
  for (std::string_view attr :
       {"\"odd name\"=1", "_a=ints[]", "a=floats[]", "a=strings[]", "a=tensors []", "a=graphs []", "a=types []",
        "a=type ?", "a=tensor _", "a=graph _", "\"_\"=1", "a=1, a=1"})
    ExpectCanonical(InGraph(Str("  \"y\" = X@1() {", attr, "}\n")));
}

TEST(Text, HandWrittenTextMayBeLoose) {
  const auto loose = Parse(R"ir(# a comment
hasten-ir 1 ir_version 10 graph "g" { in "x" f32[ 2 ,
 n ] "y" : f32[2,n]=test.All ( "x" ) { flag = true , floats = [], floats = [0.5, 1e3], strings=[] , f=2.5 } # more
  name "a" doc "b" out "y" })ir");
  ASSERT_TRUE(loose.ok()) << loose.message();
  EXPECT_EQ(Print(**loose),
            InGraph("  in \"x\" f32[2,n]\n"
                    "  \"y\": f32[2,n] = test.All(\"x\") {f=2.5f, flag=1, floats=[0.5f, 1000f]} name \"a\" "
                    "doc \"b\"\n  out \"y\"\n"));
}

TEST(Text, ErrorsSayWhereWhatAndWhat) {
  EXPECT_EQ(Message(""), "1:1: expected 'hasten-ir', found the end");
  EXPECT_EQ(Message("hasten-ir 2"), "1:11: expected version 1 of the text form, found 2");
  EXPECT_EQ(Message("hasten-ir 1\nopset 17"), "2:7: expected a domain in quotes, found '17'");
  EXPECT_EQ(Message("hasten-ir 1\nir_version 4294967296"), "2:12: expected a version of 32 bits, found 4294967296");
  EXPECT_EQ(Message(Str(InGraph(""), "x")), "5:1: expected the end, found 'x'");
  const auto in_graph = [](std::string_view line) { return Message(InGraph(Str("in \"x\" f32[]\n", line, "\n"))); };
  EXPECT_EQ(in_graph("node"), "5:1: expected 'in', 'capture', 'const', 'value', 'out', a node, or '}', found 'node'");
  EXPECT_EQ(in_graph("in \"x\" f32[]"), "5:4: a value named \"x\" exists already");
  EXPECT_EQ(in_graph("in \"\" f32[]"), "5:4: expected a name that is not empty");
  EXPECT_EQ(in_graph("in \"z\" f32"), "6:1: expected '[', found '}'");
  EXPECT_EQ(in_graph("in \"\\q\" f32[]"),
            "5:4: expected the escapes \\\" \\\\ \\n \\t and \\xNN only, found another in the string");
  EXPECT_EQ(in_graph("in \"z f32[]"), "5:4: expected a name in quotes, found a string without its end");
  EXPECT_EQ(in_graph("in ~"), "5:4: expected a name in quotes, found '~'");
  EXPECT_EQ(in_graph("out \"y\""), "5:5: expected a value defined above, found \"y\"");
  EXPECT_EQ(in_graph("out _"), "5:5: expected a name in quotes, found '_'");
  EXPECT_EQ(in_graph("value \"v\" f32[] \"y\" = A@1(\"v\")"), "5:27: expected a value defined above, found \"v\"");
  EXPECT_EQ(in_graph("\"y\" = A@1(\"y\")"), "5:11: expected a value defined above, found \"y\"");
  EXPECT_EQ(in_graph("\"y\", \"y\" = A@1()"), "5:6: a value named \"y\" exists already");
  EXPECT_EQ(in_graph("\"y\" A"), "5:5: expected '=', found 'A'");
  EXPECT_EQ(in_graph("\"y\" = A(\"x\")"),
            "5:7: op \"A\" is not known; one that need not be is written domain.Type@version");
  EXPECT_EQ(in_graph("\"y\" = \"a\"@1()"), "5:10: expected '.', found '@'");
  EXPECT_EQ(in_graph("\"y\" = \"a\".\"b\"()"), "5:14: expected '@', found '('");
  EXPECT_EQ(in_graph("\"y\" = test.Plain()"), "5:7: test.Plain must have 1 to 2 inputs, has 0");
  EXPECT_EQ(in_graph("\"y\", _ = test.Plain(\"x\")"), "5:10: test.Plain must have 1 to 1 outputs, has 2");
  EXPECT_EQ(in_graph("\"y\" = test.Plain(\"x\") {a=1}"), "5:24: has no attribute 'a'");
  EXPECT_EQ(in_graph("\"y\" = test.All() {f=1}"), "5:19: attribute 'f' must be a float, is an int");
  EXPECT_EQ(in_graph("\"y\" = A@1() {f=1g}"), "5:16: expected a 64-bit integer, or a 32-bit float, found '1g'");
  EXPECT_EQ(in_graph("\"y\" = A@1() {f=[1, 0.5]}"), "5:20: expected a list of ints, found one of floats in it");
  EXPECT_EQ(in_graph("\"y\" = A@1() {f=strings[1]}"), "5:24: expected a list of strings, found one of ints in it");
  EXPECT_EQ(in_graph("\"y\" = A@1() {f={}}"), "5:16: expected an attribute's value, found '{'");
  EXPECT_EQ(in_graph("\"y\" = A@1() {g=graph \"\" {capture _}}"), "5:7: expected 0 captures in graph \"\", found 1");
  EXPECT_EQ(in_graph("\"y\" = A@1() captures [_]"), "5:23: expected a name in quotes, found '_'");
  EXPECT_EQ(in_graph("\"y\" = A@1() epilogue \"add(0,1)\""),
            "5:22: epilogue: 1:7: expected a register below 1, found 1");
  EXPECT_EQ(in_graph("const \"c\" i8[1] = normal(seed=1, mean=0, deviation=1)"),
            "5:19: contents of i8 must be constant or drawn as integers");
  EXPECT_EQ(in_graph("const \"c\" f32[1] = normal(mean=0)"), "5:27: expected 'seed', found 'mean'");
  EXPECT_EQ(in_graph("const \"c\" f32[2] = [1]"), "5:20: expected 2 elements, found 1");
}

TEST(Text, GeneratedBytesAreBounded) {
  const std::string one = InGraph("const \"a\" f32[1000] = constant(value=1)\n");
  const std::string two =
      InGraph("const \"a\" f32[1000] = constant(value=1) const \"b\" f32[1000] = constant(value=1)\n");
  EXPECT_TRUE(Parse(one, {.generated_bytes = 4000}).ok());
  EXPECT_FALSE(Parse(one, {.generated_bytes = 3999}).ok());
  EXPECT_TRUE(Parse(two, {.generated_bytes = 8000}).ok());
  EXPECT_FALSE(Parse(two, {.generated_bytes = 7999}).ok());
  EXPECT_EQ(Message(InGraph("const \"a\" f32[4294967297] = constant(value=1)\n")),
            "4:29: expected at most 17179869184 more bytes of generated constants, found f32[4294967297]");
  EXPECT_FALSE(Parse(InGraph("const \"a\" c128[4611686018427387904] = constant(value=1)\n")).ok());
}

TEST(Text, NestingIsBounded) {
  const auto nested = [](int depth) {
    std::string text, end;
    for (int i = 1; i < depth; ++i) {
      text += "\"y\" = A@1() {g=graph \"\" {\n";
      end += "}}\n";
    }
    return InGraph(text + end);
  };
  EXPECT_TRUE(Parse(nested(64)).ok());
  EXPECT_FALSE(Parse(nested(65)).ok());
  EXPECT_FALSE(Parse(nested(100'000)).ok());
  EXPECT_FALSE(Parse(nested(3), {.depth = 2}).ok());
}

TEST(Text, ComparisonSeesEveryPart) {
  const auto base = Parse(kExample);
  ASSERT_TRUE(base.ok());
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"ir_version 8", "ir_version 9"},
      {"opset \"\" 17", "opset \"\" 16"},
      {"\"2.0\"", "\"2.1\""},
      {"org.example", "org.sample"},
      {"model_version 3", "model_version 4"},
      {"two\\nlines", "two"},
      {"\"me\"", "\"you\""},
      {"sorted 2", "sorted 3"},
      {"the graph", "a graph"},
      {"\"g\" \"1\"", "\"g\" \"2\""},
      {"f32[N,3,224,224]", "f32[M,3,224,224]"},
      {"declared same ", ""},
      {"an image", "a photo"},
      {"\"k\" \"v\"", "\"k\" \"w\""},
      {"= [2]", "= [3]"},
      {"seed=7", "seed=8"},
      {"deviation=0.02", "deviation=0.03"},
      {"[1, 2]", "[2, 1]"},
      {"weights.bin", "w.bin"},
      {"128 280", "128 284"},
      {"f32[64]", "f32[65]"},
      {"type u4[n]", "type u4[m]"},
      {"dangling", "hanging"},
      {"(\"x\", _, \"w\", _)", "(\"x\", _, \"w\")"},
      {"f=-0f", "f=0f"},
      {"ints=[3, 3]", "ints=[3]"},
      {", floats=floats[]", ""},
      {"floats[]", "floats[1f]"},
      {"relu(2)", "abs(2)"},
      {"conv1", "conv2"},
      {"\"z\", _ =", "\"z\" ="},
      {"com.foo.Bar", "com.bar.Bar"},
      {"Bar@1", "Bar@2"},
      {"a float", "float"},
      {"none=graph _", "none=graph \"\" {}"},
      {"nan.7fc00001", "nan.7fc00002"},
      {"\"opaque\"", "\"obscure\""},
      {"epilogue 3 \"\"", ""},
      {"capture _\n    \"t\"", "capture \"c\" ?\n    \"t\""},
      {"captures [\"x\", \"y\"]", "captures [\"y\", \"x\"]"},
      {"out \"inner\"\n", ""},
      {"graph \"then\"", "graph \"else\""},
      {"out \"z\"", "out \"y\""}};
  for (const auto& [from, to] : changes) {
    std::string text(kExample);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    const auto changed = Parse(text.replace(at, from.size(), to));
    ASSERT_TRUE(changed.ok()) << from << ": " << changed.message();
    EXPECT_FALSE(SameModel(**base, **changed)) << from;
    EXPECT_NE(Print(**changed), kExample) << from;
  }
  EXPECT_TRUE(SameModel(**base, **Parse(kExample)));
}
}  // namespace
}  // namespace hasten

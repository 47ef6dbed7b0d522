// The .ir files beside rules and passes.  A file holds cases separated by lines of "==="; a case is
//     # what it shows
//     off exact | fires N            (optional; a case whose second half is "same" fires 0 times, others once)
//     statements of a graph
//     ---
//     statements of the graph it becomes, or the word "same"
// The rule (or pass) of the file's name runs alone, and both graphs must give the same values for random inputs.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ops/interpret.h"
#include "ops/text.h"
#include "passes/pipeline.h"
#include "tensor/compare.h"

namespace hasten {
namespace {

struct Case {
  std::string what, before, after;
  int fires = 1;
};

std::vector<Case> ReadCases(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Case> out(1);
  bool after = false;
  for (std::string line; std::getline(in, line);) {
    Case& now = out.back();
    if (line == "===") {
      out.emplace_back();
      after = false;
    } else if (line == "---") {
      after = true;
    } else if (line.starts_with("# ") && now.what.empty()) {
      now.what = line.substr(2);
    } else if (line.starts_with("fires ")) {
      now.fires = std::stoi(line.substr(6));
    } else if (line == "same") {
      now.fires = 0;
      now.after = now.before;
    } else {
      (after ? now.after : now.before) += line + "\n";
    }
  }
  return out;
}

std::unique_ptr<Model> ParseStatements(const std::string& text) {
  auto model =
      ParseText(Str("hasten-ir 1\nopset \"\" 22\ngraph \"t\" {\n", text, "}\n"), Catalog::BuiltIn(), TextLimits{});
  EXPECT_TRUE(model.ok()) << model.message() << "\n" << text;
  if (!model.ok()) return nullptr;
  Status status = InferTypes(&(*model)->graph);
  EXPECT_TRUE(status.ok()) << status.message();
  return *std::move(model);
}

// Small eighths, so that exact rules can be told from others; symbols stand for 3.
std::vector<Value> RandomInputs(const Graph& graph) {
  std::vector<Value> out;
  uint64_t seed = 1;
  for (ValueId v : graph.inputs) {
    const Type& type = graph.value(v).type;
    Dims dims;
    for (const Dim& d : type.shape.dims())
      dims.push_back(d.Eval([](std::string_view) { return std::optional<int64_t>(3); }).value_or(3));
    const double high = type.dtype == DType::kBool ? 1 : 12;
    const double low = type.dtype == DType::kBool || type.dtype == DType::kU8 ? 0 : -high;
    auto t = Generate({Generator::Kind::kIntegers, ++seed, low, high}, type.dtype, dims);
    EXPECT_TRUE(t.ok()) << t.message();
    for (int64_t i = 0; IsFloat(type.dtype) && i < t->elements(); ++i) t->SetDouble(i, t->Double(i) / 8);
    out.emplace_back(*std::move(t));
  }
  return out;
}

std::vector<Value> Run(const Graph& graph, const std::vector<Value>& inputs) {
  LocalServices services;
  std::vector<Value> out;
  Status status = Interpret(graph, inputs, {}, &out, services.get());
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

void ExpectSameValues(const Graph& before, const Graph& after, bool exact) {
  const auto inputs = RandomInputs(before);
  const auto want = Run(before, inputs), is = Run(after, inputs);
  ASSERT_EQ(is.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    if (exact) {
      EXPECT_TRUE(SameBits(is[i], want[i])) << "output " << i;
      continue;
    }
    const Difference d = Compare(is[i], want[i], {.relative = 2e-6, .absolute = 2e-6});
    EXPECT_TRUE(d.equal) << "output " << i << ": " << d.what;
  }
}

void RunCase(const Case& test, std::span<const Pass> passes, std::span<const Rule* const> rules, std::string_view name,
             bool exact, Target target = Target::kRun) {
  SCOPED_TRACE(Str(name, ": ", test.what));
  auto before = ParseStatements(test.before), model = ParseStatements(test.before), after = ParseStatements(test.after);
  if (!before || !model || !after) return;
  PassReport report;
  PassOptions options{.numerics = Numerics::kReduced};  // every rule may be tried
  if (target != Target::kAny) options.target = target;
  Status status = RunPasses(passes, rules, &model->graph, options, &report);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(report.Of(name).fired, test.fires);
  EXPECT_TRUE(report.notes.empty()) << report.notes[0];
  RemoveDead(&model->graph);
  EXPECT_EQ(Print(model->graph), Print(after->graph));
  ExpectSameValues(before->graph, model->graph, exact);
}

std::vector<std::filesystem::path> IrFiles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".ir") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Rules, EachHasATextTest) {
  for (const Rule* rule : BuiltInRules()) {
    SCOPED_TRACE(rule->name);
    EXPECT_FALSE(rule->doc.empty());
    const Pass pass{"rules", rule->stage};
    const auto cases = ReadCases(Str("src/passes/rules/", rule->name, ".ir"));
    EXPECT_GE(cases.size(), 2u);
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [](const Case& c) { return c.fires > 0; }));
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [](const Case& c) { return c.fires == 0; }));
    for (const Case& c : cases)
      RunCase(c, {&pass, 1}, {&rule, 1}, rule->name, rule->numerics == Numerics::kExact, rule->target);
  }
  for (const auto& file : IrFiles("src/passes/rules")) {
    const std::string stem = file.stem().string();
    EXPECT_TRUE(
        std::any_of(BuiltInRules().begin(), BuiltInRules().end(), [&](const Rule* r) { return r->name == stem; }))
        << file << " tests no rule";
  }
}

TEST(Passes, TextTests) {
  const auto files = IrFiles("src/passes");
  EXPECT_FALSE(files.empty());
  for (const auto& file : files) {
    const std::string stem = file.stem().string();
    const auto pass = std::find_if(Pipeline().begin(), Pipeline().end(), [&](const Pass& p) { return p.name == stem; });
    ASSERT_NE(pass, Pipeline().end()) << file;
    for (const Case& c : ReadCases(file)) RunCase(c, {&*pass, 1}, {}, pass->name, true, pass->target);
  }
}

TEST(Passes, OffSwitchAndNumericsKeepRulesFromRunning) {
  const std::string text =
      "in \"x\" f32[2]\nconst \"zero\" f32[2] = [0, 0]\n\"i\" = Identity(\"x\")\n\"y\" = Add(\"i\", \"zero\")\nout "
      "\"y\"\n";
  const auto fired = [&](const PassOptions& options, std::string_view rule) {
    auto model = ParseStatements(text);
    PassReport report;
    Status status = Optimize(model.get(), options, &report);
    EXPECT_TRUE(status.ok()) << status.message();
    return report.Of(rule).fired;
  };
  EXPECT_EQ(fired({}, "remove_identity"), 1);
  EXPECT_EQ(fired({.off = {"remove_identity"}}, "remove_identity"), 0);
  EXPECT_EQ(fired({.off = {"simplify"}}, "remove_identity"), 0);
  EXPECT_EQ(fired({}, "form_pointwise"), 1);
  EXPECT_EQ(fired({.numerics = Numerics::kExact}, "form_pointwise"), 0);
}

TEST(Passes, BranchesMayHoldOpsThatNobodyKnows) {
  auto model = ParseStatements(R"(in "x" f32[2]
const "c" bool[] = [true]
"y" = If("c") {then_branch=graph "t" {
  capture "x" f32[2] "a": f32[3] declared same = some.Op@1("x") name "op" "b" = Exp("a") out "b"
}, else_branch=graph "e" { capture "x" f32[2] "n" = Neg("x") out "n" }} captures ["x"]
out "y"
)");
  Status status = Optimize(model.get(), {.target = Target::kFile}, nullptr);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(Print(model->graph), R"(graph "t" {
  in "x" f32[2]
  "a": f32[3] declared same = some.Op@1("x") name "op"
  "y": f32[3] = Exp("a")
  out "y"
}
)");
}

// Rules that take parts of it must not come first.
TEST(Passes, NormalizationsAreOneNodeInAllRanks) {
  for (const std::string_view dims : {"6,4", "2,3,4", "2,3,5,4"}) {
    const std::string text = Str(R"(in "x" f32[)", dims, R"(]
const "axis" i64[1] = [-1]
const "two" f32[] = [2]
const "epsilon" f32[] = [0.001]
"m" = ReduceMean("x", "axis")
"d" = Sub("x", "m")
"s" = Pow("d", "two")
"v" = ReduceMean("s", "axis")
"e" = Add("v", "epsilon")
"r" = Sqrt("e")
"y" = Div("d", "r")
out "y"
)");
    for (const Target target : {Target::kRun, Target::kFile}) {
      auto model = ParseStatements(text);
      Status status = Optimize(model.get(), {.target = target, .opset = target == Target::kFile ? 22 : 0}, nullptr);
      ASSERT_TRUE(status.ok()) << status.message();
      EXPECT_EQ(CountNodes(model->graph), 1u) << dims << "\n" << Print(model->graph);
    }
  }
}

TEST(Passes, FilesGetNoMoreNodesFromLoops) {
  const auto text = [](int trips) {
    return Str(R"(in "x" f32[2]
const "m" i64[] = [)",
               trips, R"(]
"y" = Loop("m", _, "x") {body=graph "b" {
  in "i" i64[] in "go" bool[] in "s" f32[2] "n" = Neg("s") "r" = Exp("n") out "go" out "r"
}}
out "y"
)");
  };
  const auto nodes = [&](int trips, Target target) {
    auto model = ParseStatements(text(trips));
    Status status = Optimize(model.get(), {.target = target, .off = {"form_pointwise"}}, nullptr);
    EXPECT_TRUE(status.ok()) << status.message();
    return CountNodes(model->graph);
  };
  EXPECT_EQ(nodes(0, Target::kFile), 1u);
  EXPECT_EQ(nodes(1, Target::kFile), 2u);
  EXPECT_EQ(nodes(2, Target::kFile), 3u);
  EXPECT_EQ(nodes(2, Target::kRun), 4u);
}

}  // namespace
}  // namespace hasten

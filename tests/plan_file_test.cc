// Plans through files: what is loaded runs as what was saved, bit for bit; nothing that is wrong with a file does harm.
#include "plan/plan_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <random>

#include "ops/infer.h"
#include "ops/interpret.h"
#include "ops/text.h"
#include "random_graph.h"
#include "sessions.h"
#include "tensor/compare.h"

namespace hasten {
namespace {

// Every way in which a plan holds things: packed weights of four tactics, layouts, a loop, a branch, generated, listed
// and stored constants, strings.
constexpr std::string_view kModel = R"ir(hasten-ir 1
opset "" 17
graph "g" {
  in "x" f32[N,3,8,8]
  in "flag" bool[]
  const "w" f32[8,3,3,3] = normal(seed=1, mean=0, deviation=0.3)
  const "d" f32[8,1,3,3] = normal(seed=2, mean=0, deviation=0.3)
  const "f" f32[512,10] = normal(seed=3, mean=0, deviation=0.1)
  const "table" f32[70] = uniform(seed=4, low=0, high=1)
  const "b" f32[10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const "to" i64[2] = [0, -1]
  const "rounds" i64[] = [3]
  const "yes" bool[] = [true]
  "c" = Conv("x", "w") {pads=[1, 1, 1, 1]}
  "e" = Conv("c", "d") {pads=[1, 1, 1, 1], group=8} epilogue "relu(0)"
  "a" = Add("c", "e")
  "r" = Reshape("a", "to")
  "m" = MatMul("r", "f")
  "g" = Gemm("r", "f", "b")
  "s" = Add("m", "g")
  "l" = Loop("rounds", "yes", "s") {body=graph "body" {
    in "i" i64[]
    in "go" bool[]
    in "v" f32[N,10]
    "n" = Relu("v")
    "t" = Identity("go")
    out "t"
    out "n"
  }}
  "o" = If("flag") {then_branch=graph "then" {
    capture "k" f32[N,10]
    "p" = Exp("k")
    out "p"
  }, else_branch=graph "else" {
    capture "k" f32[N,10]
    "p" = Softmax("k")
    out "p"
  }} captures ["l"]
  "z" = ReduceSum("table") {keepdims=0}
  out "o"
  out "z"
}
)ir";

std::shared_ptr<Model> TestModel() {
  auto model = ParseText(kModel, Catalog::BuiltIn());
  EXPECT_TRUE(model.ok()) << model.message();
  Status s = InferTypes(&(*model)->graph);
  EXPECT_TRUE(s.ok()) << s.message();
  return *std::move(model);
}

std::shared_ptr<const Plan> PlanOf(std::shared_ptr<const Model> model) {
  auto plan = BuildPlan(std::move(model));
  EXPECT_TRUE(plan.ok()) << plan.message();
  return *plan;
}

Result<PlanFile> FileOf(std::string bytes) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return PlanFile::Of(owner, *owner);
}

void ExpectSameRuns(const std::shared_ptr<const Plan>& a, const std::shared_ptr<const Plan>& b,
                    const std::vector<Value>& inputs) {
  std::vector<Value> x, y;
  Executor first(a), second(b);
  Status s = first.Run(inputs, &x);
  ASSERT_TRUE(s.ok()) << s.message();
  s = second.Run(inputs, &y);
  ASSERT_TRUE(s.ok()) << s.message();
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(SameBits(x[i], y[i])) << "output " << i;
}

// What random graphs compute is exact for every tactic, but for the sign of zero.
void ExpectInterpreted(const Model& model, const std::shared_ptr<const Plan>& plan, const std::vector<Value>& inputs) {
  LocalServices services;
  std::vector<Value> expected, actual;
  ASSERT_TRUE(Interpret(model.graph, inputs, {}, &expected, services.get()).ok());
  Executor executor(plan);
  ASSERT_TRUE(executor.Run(inputs, &actual).ok());
  for (size_t i = 0; i < expected.size(); ++i) {
    const Difference d = Compare(actual[i], expected[i], {0, 0});
    EXPECT_TRUE(d.equal) << "output " << i << ": " << d.what;
  }
}

TEST(PlanFile, RunsAsThePlanThatWasSaved) {
  const auto plan = PlanOf(TestModel());
  auto file = FileOf(PlanBytes(*plan));
  ASSERT_TRUE(file.ok()) << file.message();
  EXPECT_TRUE(file->VerifyWeights().ok());
  auto loaded = file->Load({});
  ASSERT_TRUE(loaded.ok()) << loaded.message();
  EXPECT_FALSE(loaded->planned_again);
  EXPECT_EQ(loaded->plan->Describe(), plan->Describe());
  EXPECT_EQ(Print(*loaded->plan->model), Print(*plan->model));
  EXPECT_EQ(PlanBytes(*loaded->plan), PlanBytes(*plan));
  ASSERT_EQ(loaded->plan->decisions.size(), plan->decisions.size());
  for (int64_t rows : {1, 3}) ExpectSameRuns(plan, loaded->plan, InputsOf(*plan, rows));
}

TEST(PlanFile, ConstantsLieInTheMapping) {
  const auto plan = PlanOf(TestModel());
  const std::string path = Str(::testing::TempDir(), "/plan_file_test.", getpid(), ".plan");
  ASSERT_TRUE(SavePlan(*plan, path).ok());
  EXPECT_TRUE(IsPlanFile(path));
  auto file = PlanFile::Open(path);
  std::remove(path.c_str());
  ASSERT_TRUE(file.ok()) << file.message();
  auto loaded = file->Load({});
  ASSERT_TRUE(loaded.ok()) << loaded.message();
  const auto owner = loaded->plan->model->graph.constant(loaded->plan->model->graph.FindValue("w"))->owner;
  int packed = 0;
  for (const PlannedValue& v : loaded->plan->values) {
    if (v.packed_from == kNone) continue;
    ++packed;
    EXPECT_EQ(v.constant.owner, owner) << v.name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(v.constant.data) % 64, 0u) << v.name;
  }
  EXPECT_GE(packed, 3);
}

TEST(PlanFile, EveryTacticThatPacksSaysWhatTypeComesOut) {
  for (const Tactic* t : BuiltInTactics()) EXPECT_EQ(t->packs != 0, t->packed_type != nullptr) << t->name;
}

TEST(PlanFile, RandomGraphs) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomGraph c = MakeRandomGraph(seed);
    const auto plan = PlanOf(std::move(c.model));
    auto file = FileOf(PlanBytes(*plan));
    ASSERT_TRUE(file.ok()) << file.message();
    auto loaded = file->Load({});
    ASSERT_TRUE(loaded.ok()) << loaded.message();
    EXPECT_FALSE(loaded->planned_again) << loaded->plan->notes[0];
    EXPECT_EQ(loaded->plan->Describe(), plan->Describe());
    ExpectSameRuns(plan, loaded->plan, c.inputs);
    ExpectInterpreted(*loaded->plan->model, loaded->plan, c.inputs);
  }
}

// --- Files that are not as they were written ---

// The file with a text of one section changed and its checksums right again.
std::string Edited(const std::string& bytes, std::string_view section, std::string_view from, std::string_view to) {
  const auto sections = *ReadSections(bytes);
  std::vector<SectionPieces> pieces;
  std::string text, head, out;
  for (const Section& s : sections) {
    pieces.push_back({s.name, s.version, {s.bytes}});
    if (s.name != section) continue;
    text = std::string(s.bytes.substr(0, s.bytes.find_last_not_of('\0') + 1));
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in\n" << text;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    pieces.back().pieces = {text};
  }
  for (std::string_view piece : LayOutSections(pieces, &head)) out += piece;
  return out;
}

std::string TextOf(const std::string& bytes, std::string_view section) {
  const std::vector<Section> sections = *ReadSections(bytes);
  for (const Section& s : sections)
    if (s.name == section) return std::string(s.bytes.substr(0, s.bytes.find_last_not_of('\0') + 1));
  return "";
}

// What is wrong with the bytes; "": nothing.
std::string WhatIsWrong(std::string bytes) {
  auto file = FileOf(std::move(bytes));
  if (!file.ok()) return std::string(file.message());
  auto loaded = file->Load({});
  return loaded.ok() ? "" : std::string(loaded.message());
}

using ::testing::HasSubstr;

TEST(PlanFile, OfAnotherMachineOrVersionIsPlannedAgain) {
  const auto plan = PlanOf(TestModel());
  const std::string bytes = PlanBytes(*plan);
  const std::string tactic = plan->choices[0].tactic ? std::string(plan->choices[0].tactic->name) : "";
  ASSERT_NE(tactic, "");
  const struct {
    std::string section, from, to, says;
  } cases[] = {{"settings", "machine \"1 ", "machine \"0 ", "it was made for machine"},
               {"settings", "hasten \"", "hasten \"99.", "it was made by hasten 99."},
               {"steps", Quote(tactic), "\"conv_by_magic\"", "\"conv_by_magic\" is not part of this build"},
               {"steps", Quote(tactic), "\"softmax_rows\"", "softmax_rows does not compute node 0"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.says);
    auto file = FileOf(Edited(bytes, c.section, c.from, c.to));
    ASSERT_TRUE(file.ok()) << file.message();
    auto loaded = file->Load({});
    ASSERT_TRUE(loaded.ok()) << loaded.message();
    EXPECT_TRUE(loaded->planned_again);
    ASSERT_FALSE(loaded->plan->notes.empty());
    EXPECT_THAT(loaded->plan->notes[0], HasSubstr(c.says));
    EXPECT_EQ(loaded->plan->Describe(), plan->Describe());
    ExpectSameRuns(plan, loaded->plan, InputsOf(*plan, 2));
  }
}

TEST(PlanFile, WrongContentsAreNamed) {
  const std::string bytes = PlanBytes(*PlanOf(TestModel()));
  const std::string steps = TextOf(bytes, "steps");
  const size_t packed = steps.find("packed f32");
  ASSERT_NE(packed, std::string::npos);
  const std::string first = steps.substr(packed, steps.find('\n', packed) - packed);
  const std::string type = first.substr(7, first.find(' ', 7) - 7);
  const struct {
    std::string section, from, to, says;
  } cases[] = {
      {"settings", "threads 1", "threads 0", "section \"settings\": 3:9: expected threads in [1, 1024]"},
      {"settings", "threads", "thread", "section \"settings\": 3:1"},
      {"graph", "stored 0", "stored 9", "section \"graph\": "},
      {"graph", "f32[8,3,3,3] = stored", "f32[8,3,3,4] = stored", "expected as many bytes"},
      {"graph", "Conv(\"x\"", "Conv(\"y\"", "section \"graph\": "},
      {"graph", "group=8", "group=0", "section \"graph\": "},
      {"tensors", "tensor 0 864", "tensor 32 864", "section \"tensors\": u8[864] at 32 must lie"},
      {"tensors", "tensor 0 864", "tensor 18446744073709551552 864",
       "section \"tensors\": u8[864] at 18446744073709551552"},
      {"tensors", "tensor 0 864", "tensor 0 72057594037927936", "section \"tensors\": "},
      {"steps", "step \"node 0", "step \"node 5", "section \"steps\": step 0: is of \"node 5"},
      {"steps", "packed ", "step \"\" 0 packed ", "section \"steps\": "},
      {"steps", first, "packed f32[1,1] 0", "packed constant must be " + type + ", is f32[1,1]"},
      {"steps", first, first.substr(0, first.rfind(' ')) + " 1073741824", "must lie in the "},
      {"steps", first + "\n", "", "packed constant"},
      {"steps", first, first + "\n" + first, "packed constant"},
      {"record", "timed 0", "timed x", "section \"record\": "},
  };
  for (const auto& c : cases) EXPECT_THAT(WhatIsWrong(Edited(bytes, c.section, c.from, c.to)), HasSubstr(c.says));
  EXPECT_EQ(WhatIsWrong(bytes), "");
}

TEST(PlanFile, EveryTruncationIsAnError) {
  const std::string bytes = PlanBytes(*PlanOf(TestModel()));
  for (size_t n = 0; n < bytes.size(); ++n) {
    auto file = FileOf(bytes.substr(0, n));
    ASSERT_FALSE(file.ok()) << n;
  }
  EXPECT_FALSE(FileOf(bytes + std::string(64, '\0')).ok());
}

// Runs what loads, within limits; returns whether it loaded.
bool TryToRun(std::string bytes, const std::vector<Value>& inputs) {
  auto file = FileOf(std::move(bytes));
  if (!file.ok()) return false;
  auto loaded = file->Load({});
  if (!loaded.ok()) return false;
  Executor executor(loaded->plan, {.max_arena_bytes = 16 << 20});
  RunOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  std::vector<Value> outputs;
  (void)executor.Run(inputs, &outputs, options);
  return true;
}

TEST(PlanFile, EveryFlippedBitIsFoundButInWeights) {
  const auto plan = PlanOf(TestModel());
  const std::string bytes = PlanBytes(*plan);
  const auto sections = *ReadSections(bytes);
  const auto of = [&](size_t at) -> std::string {
    for (const Section& s : sections)
      if (bytes.data() + at >= s.bytes.data() && bytes.data() + at < s.bytes.data() + s.bytes.size()) return s.name;
    return "head";
  };
  const std::vector<Value> inputs = InputsOf(*plan, 2);
  std::mt19937_64 random(1);
  int64_t weights = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string flipped = bytes;
    // Half of them where the texts are, which are a small part of the file.
    const size_t texts = static_cast<size_t>(sections[5].bytes.data() - bytes.data());
    const size_t at = random() % (i % 2 ? bytes.size() : texts);
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    const bool weight = of(at) == "weights" || of(at) == "packed";
    auto file = FileOf(flipped);
    ASSERT_EQ(file.ok(), weight) << at << " in " << of(at);
    if (!weight) continue;
    EXPECT_FALSE(file->VerifyWeights().ok()) << at;
    if (++weights % 16 == 0) {
      EXPECT_TRUE(TryToRun(std::move(flipped), inputs));
    }
  }
  EXPECT_GT(weights, 100);
}

// Changes that the checksums do not show: what a forger can do.
TEST(PlanFile, ForgedContentsDoNoHarm) {
  const auto plan = PlanOf(TestModel());
  const std::string bytes = PlanBytes(*plan);
  const std::vector<Value> inputs = InputsOf(*plan, 2);
  const auto sections = *ReadSections(bytes);
  const size_t first = static_cast<size_t>(sections[0].bytes.data() - bytes.data());
  const size_t texts = static_cast<size_t>(sections[5].bytes.data() - bytes.data());
  constexpr std::string_view kBytes = "0123456789-,[]{}()\"= _abcfixz";
  std::mt19937_64 random(7);
  const char* rounds = std::getenv("HASTEN_FULL");
  int loaded = 0;
  for (int i = 0; i < (rounds ? 100000 : 4000); ++i) {
    std::string forged = bytes;
    for (uint64_t n = 1 + random() % 3; n > 0; --n) {
      const size_t at = first + random() % (texts - first), from = first + random() % (texts - first);
      const size_t length = random() % 16;
      switch (random() % 3) {
        case 0: forged[at] = static_cast<char>(forged[at] ^ (1 << random() % 8)); break;
        case 1: forged[at] = kBytes[random() % kBytes.size()]; break;
        default:
          if (std::max(at, from) + length < texts) forged.replace(at, length, bytes.substr(from, length));
      }
    }
    ASSERT_TRUE(SealSections(&forged));
    loaded += TryToRun(std::move(forged), inputs);
  }
  EXPECT_GT(loaded, 100);  // the mutations reach behind the parser
}

}  // namespace
}  // namespace hasten

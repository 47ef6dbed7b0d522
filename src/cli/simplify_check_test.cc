#include "cli/simplify_check.h"

#include <gtest/gtest.h>

#include "ops/infer.h"
#include "ops/text.h"

namespace hasten::cli {
namespace {

std::shared_ptr<const Model> ModelOf(const std::string& statements) {
  auto model =
      ParseText(Str("hasten-ir 1\nopset \"\" 22\ngraph \"t\" {\nin \"x\" f32[N,2]\n", statements, "out \"y\"\n}\n"),
                Catalog::BuiltIn(), {});
  EXPECT_TRUE(model.ok()) << model.message();
  Status status = InferTypes(&(*model)->graph);
  EXPECT_TRUE(status.ok()) << status.message();
  return *std::move(model);
}

SimplifyCheck Checked(const std::string& original, const std::string& simplified, int64_t sets) {
  SimplifyFlags flags;
  flags.check_n = sets;
  const auto inputs = CheckInputs::Of(flags, ModelOf(original));
  EXPECT_TRUE(inputs.ok()) << inputs.message();
  auto check = CheckSimplified(*inputs, ModelOf(simplified), OriginalRun::Begin(*inputs));
  EXPECT_TRUE(check.ok()) << check.message();
  return *std::move(check);
}

constexpr char kTwice[] = "\"y\" = Add(\"x\", \"x\")\n";
constexpr char kTwiceTransposed[] = "\"t\" = Transpose(\"x\")\n\"u\" = Transpose(\"t\")\n\"y\" = Add(\"u\", \"u\")\n";
// Twice x for a batch of one.
constexpr char kPlusMean[] = "const \"a\" i64[1] = [0]\n\"m\" = ReduceMean(\"x\", \"a\")\n\"y\" = Add(\"x\", \"m\")\n";

TEST(SimplifyCheck, OneSampleWhereBothKeepThemApart) {
  const SimplifyCheck check = Checked(kTwice, kTwice, 1);
  EXPECT_EQ(check.runs, 1);
  EXPECT_EQ(check.differs, "");
  EXPECT_EQ(Checked(kTwice, kTwice, 3).runs, 3);
}

TEST(SimplifyCheck, TwoSamplesWhereOneMayMixThem) {
  for (const int64_t sets : {1, 2}) {
    const SimplifyCheck same = Checked(kTwice, kTwiceTransposed, sets);
    EXPECT_EQ(same.runs, sets + 1) << "a batch of two behind them";
    EXPECT_EQ(same.differs, "");
    const SimplifyCheck mixed = Checked(kTwice, kPlusMean, sets);
    EXPECT_EQ(mixed.runs, sets + 1);
    EXPECT_NE(mixed.differs, "");
  }
  const SimplifyCheck original = Checked(kPlusMean, kTwice, 1);
  EXPECT_EQ(original.runs, 1) << "of two from the start";
  EXPECT_NE(original.differs, "");
}

}  // namespace
}  // namespace hasten::cli

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/image_input.h"
#include "cli/image_recipe.h"

namespace hasten::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Known = std::vector<std::optional<int64_t>>;

Result<ImageRecipe> RecipeOf(const Known& known, const ImageSettings& flags = {}, const ImageSettings& metadata = {},
                             DType dtype = DType::kF32) {
  return MakeImageRecipe(Type::Tensor(dtype, Shape::Fresh(static_cast<int>(known.size()))), known, flags, metadata);
}

TEST(ImageRecipe, LayoutFollowsFromTheShape) {
  EXPECT_FALSE(RecipeOf({1, 3, 64, 64})->channels_last);
  EXPECT_TRUE(RecipeOf({1, 64, 64, 3})->channels_last);
  EXPECT_TRUE(RecipeOf({64, 64, 1})->channels_last);
  EXPECT_FALSE(RecipeOf({1, 3, 3, 3})->channels_last);
  EXPECT_TRUE(RecipeOf({1, 3, 3, 3})->batched);
  EXPECT_THAT(std::string(RecipeOf({1, 4, 64, 64}).message()), HasSubstr("no axis has 1 or 3 channels"));
  EXPECT_THAT(std::string(RecipeOf({1, 10}).message()), HasSubstr("rank must be 4"));
  EXPECT_TRUE(RecipeOf({1, std::nullopt, std::nullopt, std::nullopt}, {.layout = "nhwc"})->channels_last);
}

TEST(ImageRecipe, UsualNumbers) {
  EXPECT_THAT(RecipeOf({1, 3, 2, 2})->mean, ElementsAre(0.485, 0.456, 0.406));
  EXPECT_THAT(RecipeOf({1, 3, 2, 2}, {.color = "bgr"})->deviation, ElementsAre(0.225, 0.224, 0.229));
  auto gray = RecipeOf({1, 1, 2, 2});
  EXPECT_EQ(gray->color, PixelFormat::kGray);
  EXPECT_THAT(gray->mean, ElementsAre(0));
  EXPECT_EQ(gray->scale, 1.0 / 255);
  auto bytes = RecipeOf({1, 3, 2, 2}, {}, {}, DType::kU8);
  EXPECT_EQ(bytes->scale, 1);
  EXPECT_THAT(bytes->mean, ElementsAre(0, 0, 0));
}

TEST(ImageRecipe, FlagsWinOverMetadataWhichWinOverTheUsual) {
  auto metadata = ParseImageMetadata(R"({"mean": [1, 2, 3], "scale": "1/2", "color": "bgr", "resize": "nearest"})");
  ASSERT_TRUE(metadata.ok()) << metadata.message();
  auto recipe = RecipeOf({1, 3, 2, 2}, {.mean = std::vector<double>{9}}, *metadata);
  EXPECT_THAT(recipe->mean, ElementsAre(9, 9, 9));
  EXPECT_THAT(recipe->deviation, ElementsAre(1, 1, 1));
  EXPECT_EQ(recipe->scale, 0.5);
  EXPECT_EQ(recipe->Text(), "BGR, nearest, times 0.5, mean 9 9 9, channels first");
}

TEST(ImageRecipe, SaysWhatIsWrong) {
  EXPECT_THAT(std::string(ParseImageMetadata("{").message()), HasSubstr("no JSON at byte 1"));
  EXPECT_THAT(std::string(ParseImageMetadata(R"({"sclae": 1})").message()), HasSubstr("unknown key \"sclae\""));
  EXPECT_THAT(std::string(ParseImageMetadata(R"({"mean": "x"})").message()), HasSubstr("list of numbers"));
  EXPECT_THAT(std::string(RecipeOf({1, 3, 2, 2}, {.mean = std::vector<double>{1, 2}}).message()),
              HasSubstr("mean must have 1 number or 3, has 2"));
  EXPECT_THAT(std::string(RecipeOf({1, 3, 2, 2}, {.deviation = std::vector<double>{0}}).message()),
              HasSubstr("std must not be 0"));
  EXPECT_THAT(std::string(RecipeOf({1, 1, 2, 2}, {.color = "rgb"}).message()),
              HasSubstr("color must be gray for 1 channels"));
  EXPECT_FALSE(ParseScale("1/0").ok());
  EXPECT_FALSE(ParseNumbers("1,").ok());
  EXPECT_FALSE(ParseNumbers("").ok());
  EXPECT_EQ(*ParseScale("1/255"), 1.0 / 255);
}

TEST(ImageRecipe, DeepJsonDoesNotOverflowTheStack) { EXPECT_FALSE(ParseImageMetadata(std::string(1 << 20, '[')).ok()); }

Tensor Gray(int64_t height, int64_t width, std::vector<uint8_t> pixels) {
  Tensor t = *NewTensor(DType::kU8, {height, width, 1});
  std::copy(pixels.begin(), pixels.end(), t.as<uint8_t>());
  return t;
}

TEST(ResizeImage, SameSizeIsTheSame) {
  EXPECT_THAT(ResizeImage(Gray(2, 2, {1, 2, 3, 4}), 2, 2, ResizeFilter::kBilinear), ElementsAre(1, 2, 3, 4));
}

TEST(ResizeImage, BilinearCentresAreAtHalves) {
  EXPECT_THAT(ResizeImage(Gray(1, 2, {0, 100}), 1, 4, ResizeFilter::kBilinear), ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(ResizeImage(Gray(1, 4, {0, 10, 20, 200}), 1, 2, ResizeFilter::kBilinear), ElementsAre(5, 110));
}

TEST(ResizeImage, AntialiasAveragesWhereItShrinks) {
  // A triangle of reach 4 around each centre, cut at the edges.
  const auto out = ResizeImage(Gray(1, 8, {0, 0, 0, 0, 80, 0, 0, 0}), 1, 2, ResizeFilter::kAntialias);
  EXPECT_NEAR(out[0], 80 * 0.375 / 3.5, 1e-4);
  EXPECT_NEAR(out[1], 80 * 0.625 / 3.5, 1e-4);
}

TEST(ResizeImage, NearestTakesOnePixel) {
  EXPECT_THAT(ResizeImage(Gray(1, 4, {1, 2, 3, 4}), 1, 2, ResizeFilter::kNearest), ElementsAre(2, 4));
  EXPECT_THAT(ResizeImage(Gray(2, 1, {1, 2}), 4, 1, ResizeFilter::kNearest), ElementsAre(1, 1, 2, 2));
}

}  // namespace
}  // namespace hasten::cli

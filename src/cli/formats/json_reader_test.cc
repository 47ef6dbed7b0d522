#include "cli/formats/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hasten::cli {
namespace {

using testing::HasSubstr;

TEST(JsonReader, ReadsNumbersExactly) {
  rapidjson::Document json;
  ASSERT_TRUE(
      ReadJson("[0, -9223372036854775808, 18446744073709551615, 18446744073709551616, 0.1, 2.2250738585072011e-308,"
               " 123456789012345678901234567890e-20, 1e-400, NaN, -Infinity]",
               &json)
          .ok());
  ASSERT_EQ(json.Size(), 10u);
  EXPECT_EQ(json[0].GetInt64(), 0);
  EXPECT_EQ(json[1].GetInt64(), INT64_MIN);
  EXPECT_EQ(json[2].GetUint64(), UINT64_MAX);
  EXPECT_EQ(json[3].GetDouble(), 18446744073709551616.0);
  EXPECT_EQ(json[4].GetDouble(), 0.1);
  EXPECT_EQ(json[5].GetDouble(), 2.2250738585072011e-308);
  EXPECT_EQ(json[6].GetDouble(), 1234567890.1234567890);
  EXPECT_EQ(json[7].GetDouble(), 0);
  EXPECT_TRUE(std::isnan(json[8].GetDouble()));
  EXPECT_EQ(json[9].GetDouble(), -INFINITY);
}

// Found by json_fuzz: RapidJSON's own reading of these shifts by an undefined amount.
TEST(JsonReader, ReadsZeroWithAnExponent) {
  for (const char* text : {"0e98", "0E-77", "0e0000090", "0.0e5", "-0e7"}) {
    rapidjson::Document json;
    ASSERT_TRUE(ReadJson(text, &json).ok()) << text;
    EXPECT_EQ(json.GetDouble(), 0) << text;
  }
}

TEST(JsonReader, KeepsStringsAndOrder) {
  rapidjson::Document json;
  ASSERT_TRUE(ReadJson(R"({"b": "1", "a": [true, null, {"": []}], "b": -7})", &json).ok());
  ASSERT_EQ(json.MemberCount(), 3u);
  EXPECT_STREQ(json.MemberBegin()->value.GetString(), "1");
  EXPECT_EQ((json.MemberBegin() + 2)->value.GetInt64(), -7);
  const rapidjson::Value& list = (json.MemberBegin() + 1)->value;
  EXPECT_TRUE(list[0].GetBool());
  EXPECT_TRUE(list[1].IsNull());
  EXPECT_TRUE(list[2][""].Empty());
}

TEST(JsonReader, SaysWhereItEnds) {
  rapidjson::Document json;
  EXPECT_THAT(std::string(ReadJson("[1, 1e999]", &json).message()), HasSubstr("Number too big"));
  EXPECT_THAT(std::string(ReadJson("[1,", &json).message()), HasSubstr("no JSON at byte 3"));
  EXPECT_THAT(std::string(ReadJson("1 2", &json).message()), HasSubstr("no JSON at byte 2"));
}

}  // namespace
}  // namespace hasten::cli

#include "base/lazy_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hasten {
namespace {

using testing::HasSubstr;

TEST(LazyLibrary, FindsAFunctionThatIsCalled) {
  auto math = LazyLibrary::Load("libm.so.6");
  ASSERT_TRUE(math.ok());
  double (*root)(double) = nullptr;
  ASSERT_TRUE(math->Find("cbrt", &root).ok());
  EXPECT_DOUBLE_EQ(root(27), 3);
}

TEST(LazyLibrary, NamesWhatIsMissing) {
  const Status none = LazyLibrary::Load("libnothing-of-the-kind.so.1").status();
  EXPECT_EQ(none.code(), Code::kUnsupported);
  EXPECT_THAT(std::string(none.message()), HasSubstr("libnothing-of-the-kind.so.1"));

  auto math = LazyLibrary::Load("libm.so.6");
  ASSERT_TRUE(math.ok());
  void (*function)() = nullptr;
  const Status missing = math->Find("no_such_function", &function);
  EXPECT_EQ(missing.code(), Code::kUnsupported);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("libm.so.6 has no function no_such_function"));
}

}  // namespace
}  // namespace hasten

#include "tensor/dim.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

namespace hasten {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Dim D(std::string_view text) {
  auto d = Dim::Parse(text);
  EXPECT_TRUE(d.ok()) << text << ": " << d.message();
  return d.ok() ? *d : Dim(-1);
}

TEST(Dim, NormalForms) {
  const std::pair<const char*, const char*> cases[] = {
      {"n", "n"},
      {"1+n*2", "2*n+1"},
      {"n-n", "0"},
      {"b*a+a*b", "2*a*b"},
      {"(n+1)*(n-1)", "n*n-1"},
      {"-n", "-n"},
      {"3-2*n", "-2*n+3"},
      {"-9223372036854775808*n", "-9223372036854775808*n"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"floordiv(7,2)", "3"},
      {"floordiv(-7,2)", "-4"},
      {"floordiv(7,-2)", "-4"},
      {"ceildiv(7,2)", "4"},
      {"mod(-7,3)", "2"},
      {"floordiv(n,1)", "n"},
      {"floordiv(n,-1)", "-n"},
      {"floordiv(4*n,2)", "2*n"},
      {"floordiv(4*n+1,2)", "2*n"},
      {"floordiv(4*n-1,2)", "2*n-1"},
      {"floordiv(5*n+4,3)", "n+floordiv(2*n+1,3)+1"},
      {"floordiv(4*n+2*m+1,6)", "floordiv(m+2*n,3)"},
      {"floordiv(n-1,2)+1", "floordiv(n+1,2)"},
      {"ceildiv(n,2)", "floordiv(n+1,2)"},
      {"-floordiv(-n,2)", "floordiv(n+1,2)"},
      {"floordiv(floordiv(n,2),3)", "floordiv(n,6)"},
      {"floordiv(floordiv(n-1,2)+1-1,2)+1", "floordiv(n+3,4)"},
      {"2*floordiv(n,2)+mod(n,2)", "n"},
      {"mod(3*n+1,3)", "1"},
      {"floordiv(n*m,m)", "n"},
      {"floordiv(n*m*6,3*m)", "2*n"},
      {"floordiv(n,n)", "1"},
      {"floordiv(n*m+n,m+1)", "n"},
      {"floordiv((n+1)*(m+2)*(n+m),(m+2)*(n+m))", "n+1"},
      {"floordiv(n*k,n*m)", "floordiv(k,m)"},
      {"floordiv(2*n+2,4*m)", "floordiv(n+1,2*m)"},
      {"floordiv(n*m+3,m)", "n+floordiv(3,m)"},
      {"floordiv(n,-m)", "floordiv(-n,m)"},
      {"floordiv(n,n+1)", "0"},
      {"ceildiv(n*m,m)", "n"},
      {"min(n,n+2)", "n"},
      {"max(n,n+2)", "n+2"},
      {"max(n,0)", "n"},
      {"min(0,n)", "0"},
      {"min(5,n)", "min(n,5)"},
      {"min(min(n,5),3)", "min(n,3)"},
      {"max(3,max(5,n))", "max(n,5)"},
      {"min(min(a,b),b)", "min(a,b)"},
      {"max(min(a,b),a)", "a"},
      {"max(min(n,5)-7,-7)", "min(n,5)-7"},
      {"max(max(n,1)-1,0)", "max(n,1)-1"},
      {"max(n-1,0)", "max(n-1,0)"},
      {"\"a b\"+\"\"", "\"\"+\"a b\""},
      {"\"2*n\\\"\\n\\x01\"", "\"2*n\\\"\\n\\x01\""},
      {"min+max", "max+min"},
  };
  for (const auto& [text, normal] : cases) {
    EXPECT_EQ(D(text).Text(), normal) << text;
    EXPECT_EQ(D(normal).Text(), normal);
    EXPECT_TRUE(D(normal) == D(text)) << text;
  }
}

TEST(Dim, SymbolsAndConstants) {
  EXPECT_EQ(Dim::Symbol("n").symbol(), "n");
  EXPECT_EQ(D("2*n").symbol(), std::nullopt);
  EXPECT_EQ(Dim(3).symbol(), std::nullopt);
  EXPECT_TRUE(Dim(3).is(3));
  EXPECT_FALSE(D("n").is(0));
  EXPECT_FALSE(Dim::Fresh() == Dim::Fresh());
  const Dim later = Dim::Symbol("?100000");
  EXPECT_FALSE(Dim::Fresh() == later);
  EXPECT_EQ(Dim::Fresh().Text(), "?100002");
}

TEST(Dim, NeverEqual) {
  EXPECT_TRUE(NeverEqual(Dim(1), Dim(2)));
  EXPECT_FALSE(NeverEqual(Dim(2), Dim(2)));
  EXPECT_TRUE(NeverEqual(D("n"), D("n+1")));
  EXPECT_TRUE(NeverEqual(D("n+m+1"), 0));
  EXPECT_TRUE(NeverEqual(D("max(n,3)"), 2));
  EXPECT_FALSE(NeverEqual(D("n"), D("m")));
  EXPECT_FALSE(NeverEqual(D("n"), 1));
}

TEST(Dim, OverflowIsUnknown) {
  const auto unknown = [](const Dim& d) { return d.symbol().value_or("").starts_with("~"); };
  EXPECT_TRUE(unknown(Dim(kMax) + 1));
  EXPECT_TRUE(unknown(Dim(kMin) - 1));
  EXPECT_TRUE(unknown(Dim(kMax) * 2));
  EXPECT_TRUE(unknown(0 - Dim(kMin)));
  EXPECT_TRUE(unknown(FloorDiv(Dim(kMin), -1)));
  EXPECT_TRUE(unknown(FloorDiv(Dim(3), 0)));
  EXPECT_TRUE(unknown(Mod(D("n"), 0)));
  EXPECT_TRUE(unknown(Dim(kMax) * D("n") + D("n")));
  EXPECT_FALSE(unknown(Max(Dim(kMax) + 1, 0)));  // may be negative
  Dim d = D("n");
  for (int i = 0; i < 200; ++i) d = FloorDiv(d * d + 1, D("m")) + Min(d, D("k"));
  EXPECT_LT(d.Text().size(), 20000u);
  Dim product = 1;
  for (int i = 0; i < 100; ++i) product = product * (Dim::Fresh() + 1);
  EXPECT_LT(product.Text().size(), 20000u);
  const auto none = [](std::string_view) { return std::optional<int64_t>(); };
  const auto huge = [](std::string_view) { return std::optional<int64_t>(kMax); };
  const auto zero = [](std::string_view) { return std::optional<int64_t>(0); };
  EXPECT_EQ(D("n+1").Eval(none), std::nullopt);
  EXPECT_EQ(D("n+1").Eval(huge), std::nullopt);
  EXPECT_EQ(D("n*n").Eval(huge), std::nullopt);
  EXPECT_EQ(D("floordiv(m,n)").Eval(zero), std::nullopt);
  EXPECT_EQ(D("n-1").Eval(huge), kMax - 1);
}

TEST(Dim, ExtremeCoefficientsDoNotTrap) {
  const Dim least = Dim(kMin) * D("n"), most = Dim(kMax) * D("m");
  for (const Dim& a : {least, most, least + most, Dim(kMin), Dim(kMax), D("n")})
    for (const Dim& b : {least, most, least + most, Dim(kMin), Dim(kMax), D("n")})
      for (const Dim& d : {a + b, a - b, a * b, FloorDiv(a, b), CeilDiv(a, b), Mod(a, b), Min(a, b), Max(a, b)})
        EXPECT_TRUE(D(d.Text()) == d) << d.Text();
}

TEST(Dim, Substitute) {
  const auto lookup = [](std::string_view s) -> std::optional<Dim> {
    if (s == "n") return D("2*m");
    if (s == "k") return Dim(4);
    return std::nullopt;
  };
  EXPECT_EQ(D("floordiv(n,2)+min(k,9)*q").Substitute(lookup).Text(), "m+4*q");
  EXPECT_EQ(D("k*k").Substitute(lookup).Text(), "16");
}

TEST(Dim, ParseErrors) {
  for (const char* text : {"", "+", "n+", "n n", "2n", "min(a)", "min(a,b", "(n", "n)", "9223372036854775808", "n*",
                           "#", "--", "\"n", "\"\\", "\"\\x4", "\"\\xgg\""})
    EXPECT_FALSE(Dim::Parse(text).ok()) << text;
  EXPECT_FALSE(Dim::Parse(std::string(100000, '(')).ok());
  EXPECT_EQ(D(" min( a , 2 * b ) - 1 ").Text(), "min(a,2*b)-1");
}

// A random expression, and its value under an assignment computed without Dim.
struct Pair {
  Dim dim;
  std::optional<int64_t> value;
};

int64_t FloorOf(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

Pair Combine(int op, const Pair& a, const Pair& b) {
  const bool division = op >= 3 && op <= 5;
  const bool known = a.value && b.value && !(division && *b.value == 0);
  const int64_t x = known ? *a.value : 0, y = known ? *b.value : 1;
  int64_t v = 0;
  Dim d;
  switch (op) {
    case 0: d = a.dim + b.dim, v = x + y; break;
    case 1: d = a.dim - b.dim, v = x - y; break;
    case 2: d = a.dim * b.dim, v = x * y; break;
    case 3: d = FloorDiv(a.dim, b.dim), v = FloorOf(x, y); break;
    case 4: d = CeilDiv(a.dim, b.dim), v = -FloorOf(-x, y); break;
    case 5: d = Mod(a.dim, b.dim), v = x - y * FloorOf(x, y); break;
    case 6: d = Min(a.dim, b.dim), v = std::min(x, y); break;
    default: d = Max(a.dim, b.dim), v = std::max(x, y); break;
  }
  const bool fits = v > -(1 << 28) && v < (1 << 28);
  return {d, known && fits ? std::optional(v) : std::nullopt};
}

Pair Random(std::mt19937_64& rng, int depth, const std::map<std::string, int64_t, std::less<>>& values) {
  if (depth == 0) {
    const auto& [name, value] = *std::next(values.begin(), static_cast<int>(rng() % values.size()));
    const int64_t constant = static_cast<int64_t>(rng() % 9) - 3;
    return rng() % 2 ? Pair{Dim::Symbol(name), value} : Pair{constant, constant};
  }
  const Pair a = Random(rng, static_cast<int>(rng() % depth), values);
  const Pair b = Random(rng, static_cast<int>(rng() % depth), values);
  return Combine(static_cast<int>(rng() % 8), a, b);
}

TEST(Dim, RandomExpressionsKeepTheirValue) {
  std::mt19937_64 rng(1);
  int evaluated = 0;
  for (int round = 0; round < 20000; ++round) {
    std::map<std::string, int64_t, std::less<>> values;
    for (const char* name : {"a", "b", "c"}) values[name] = static_cast<int64_t>(rng() % 8);
    const Pair p = Random(rng, 6, values);
    const std::string text = p.dim.Text();
    const Dim again = D(text);
    ASSERT_EQ(again.Text(), text);
    ASSERT_TRUE(again == p.dim) << text;
    if (!p.value) continue;
    const auto lookup = [&](std::string_view s) {
      const auto at = values.find(s);
      return at == values.end() ? std::nullopt : std::optional(at->second);
    };
    const auto v = p.dim.Eval(lookup);
    if (!v && text.find('~') != std::string::npos) continue;
    ASSERT_EQ(v, p.value) << text << " with " << values["a"] << ' ' << values["b"] << ' ' << values["c"];
    const Dim substituted = p.dim.Substitute([&](std::string_view s) { return std::optional<Dim>(lookup(s)); });
    ASSERT_TRUE(substituted.is(*v)) << text << " became " << substituted.Text();
    ++evaluated;
  }
  EXPECT_GT(evaluated, 10000);
}

// Terms in any order and grouping give one normal form.
TEST(Dim, SumsAndProductsAreOrderFree) {
  std::mt19937_64 rng(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<Dim> parts;
    for (int i = 0; i < 5; ++i)
      parts.push_back(D(i % 2 ? "2*a+1" : "floordiv(b,3)-a") + static_cast<int64_t>(rng() % 3));
    Dim sum = 0, product = 1;
    for (const Dim& d : parts) sum = sum + d, product = product * d;
    std::shuffle(parts.begin(), parts.end(), rng);
    Dim sum2 = 0, product2 = 1;
    for (const Dim& d : parts) sum2 = d + sum2, product2 = d * product2;
    ASSERT_TRUE(sum == sum2 && product == product2) << sum.Text() << ' ' << product.Text();
    ASSERT_TRUE(FloorDiv(product, parts[0]) * parts[0] == product || parts[0].is(0)) << product.Text();
  }
}

}  // namespace
}  // namespace hasten

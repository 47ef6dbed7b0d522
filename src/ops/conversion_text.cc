// Numbers as text and back.
#include <charconv>

#include "ops/conversion.h"

namespace hasten {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view Trim(std::string_view s) {
  while (!s.empty() && IsSpace(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsSpace(s.back())) s.remove_suffix(1);
  return s;
}

// Takes a '+' off, which from_chars does not read; "+-1" stays unreadable.
std::string_view WithoutPlus(std::string_view s) {
  if (s.size() > 1 && s[0] == '+' && s[1] != '-' && s[1] != '+') s.remove_prefix(1);
  return s;
}

// What a number too large or too small for T reads as: decided by where its first digit that is not 0 stands.
template <class T>
T OutOfRange(std::string_view s) {
  const bool negative = s[0] == '-';
  const size_t e = s.find_first_of("eE");
  const std::string_view digits = s.substr(negative, e == std::string_view::npos ? e : e - negative);
  int64_t exponent = 0;
  if (e != std::string_view::npos) {
    const std::string_view text = WithoutPlus(s.substr(e + 1));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error == std::errc::result_out_of_range) exponent = text[0] == '-' ? -1'000'000'000'000 : 1'000'000'000'000;
  }
  const auto point = static_cast<int64_t>(std::min(digits.find('.'), digits.size()));
  const auto first = static_cast<int64_t>(digits.find_first_not_of("0."));
  const T v = point - first + exponent > 0 ? std::numeric_limits<T>::infinity() : T{0};
  return negative ? -v : v;
}

template <class T>
std::optional<T> ParseReal(std::string_view s) {
  s = WithoutPlus(Trim(s));
  T v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (end != s.data() + s.size() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc::result_out_of_range ? OutOfRange<T>(s) : v;
}

template <class T>
std::optional<T> ParseInteger(std::string_view s) {
  s = WithoutPlus(Trim(s));
  T v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (end != s.data() + s.size() || error != std::errc()) return std::nullopt;
  return v;
}

// Integers are read as such, so that none loses bits; 100.5 and 1e3 go through a double.
bool ParseElement(std::string_view s, const ConversionRules& rules, Tensor* y, int64_t i) {
  if (IsInteger(y->dtype)) {
    if (const auto v = ParseInteger<int64_t>(s)) return y->SetInt(i, *v), true;
    if (const auto v = ParseInteger<uint64_t>(s)) return y->SetInt(i, static_cast<int64_t>(*v)), true;
  }
  std::optional<double> v;
  if (y->dtype == DType::kF32)
    v = ParseReal<float>(s);
  else
    v = ParseReal<double>(s);
  if (v) StoreReals(std::span(&*v, 1), rules, y, i);
  return v.has_value();
}

std::string RealText(double v, DType t) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "INF" : "-INF";
  return t == DType::kF64 ? Str(v) : Str(static_cast<float>(v));
}

}  // namespace

Status ParseElements(const Tensor& x, const ConversionRules& rules, Tensor* y) {
  constexpr size_t kShown = 40;
  for (int64_t i = 0; i < x.elements(); ++i)
    if (!ParseElement(x.string(i), rules, y, i))
      return Status(Code::kInvalidArgument, Str("element ", i, " must be a number, is ",
                                                Quote(std::string_view(x.string(i)).substr(0, kShown))));
  return {};
}

Status PrintElements(const Tensor& x, Tensor* y) {
  const Lane lane = LaneOf(x.dtype);
  for (int64_t i = 0; i < x.elements(); ++i) {
    std::string& text = y->as<std::string>()[i];
    if (lane == Lane::kDouble)
      text = RealText(x.Double(i), x.dtype);
    else if (lane == Lane::kInt64)
      text = Str(x.Int(i));
    else
      text = Str(static_cast<uint64_t>(x.Int(i)));
  }
  return {};
}

}  // namespace hasten

#include "ir/lexer.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace hasten {
namespace {

using Kind = Token::Kind;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool BeginsWord(char c) { return IsLetter(c) || c == '_'; }
constexpr bool ContinuesWord(char c) { return BeginsWord(c) || IsDigit(c) || c == '.' || c == '-'; }
constexpr std::string_view kPuncts = "{}()[],;:.=@?";

size_t NumberEnd(std::string_view s, size_t at) {
  for (++at; at < s.size(); ++at) {
    const bool exponent = s[at - 1] == 'e' || s[at - 1] == 'E';
    if (!IsDigit(s[at]) && !IsLetter(s[at]) && s[at] != '.' && !(exponent && (s[at] == '+' || s[at] == '-'))) break;
  }
  return at;
}

// The offset of the closing quote, or of the end of the line.
size_t StringEnd(std::string_view s, size_t at) {
  for (++at; at < s.size() && s[at] != '"' && s[at] != '\n'; ++at)
    if (s[at] == '\\' && at + 1 < s.size() && s[at + 1] != '\n') ++at;
  return at;
}

template <class T>
std::optional<T> WholeNumber(std::string_view text, int base) {
  T v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v, base);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(v) : std::nullopt;
}

template <class T, class U>
void AppendAllBits(std::string* out, T v) {
  constexpr U kQuiet = std::bit_cast<U>(std::numeric_limits<T>::quiet_NaN());
  AppendText(out, v);
  const U bits = std::bit_cast<U>(v);
  if (!std::isnan(v) || bits == kQuiet) return;
  char digits[2 * sizeof(U)];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, bits, 16);
  *out += '.';
  out->append(digits, end);
}

template <class T, class U>
std::optional<T> AllBits(std::string_view text) {
  constexpr T kInf = std::numeric_limits<T>::infinity();
  if (text == "inf") return kInf;
  if (text == "-inf") return -kInf;
  if (text == "nan") return std::numeric_limits<T>::quiet_NaN();
  if (const auto bits = NanBits(text, 8 * sizeof(U))) {
    const T v = std::bit_cast<T>(static_cast<U>(*bits));
    return std::isnan(v) ? std::optional(v) : std::nullopt;
  }
  T v = 0;
  if (text.empty() || !(IsDigit(text[0]) || (text.size() > 1 && text[0] == '-' && IsDigit(text[1]))))
    return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(v) : std::nullopt;
}

// For messages: not too long, and printable.
std::string Shown(const Token& token) {
  constexpr size_t kMax = 24;
  if (token.kind == Kind::kEnd) return "the end";
  std::string text = Quote(token.text.substr(0, kMax));
  if (token.text.size() > kMax) text.insert(text.size() - 1, "...");
  if (token.kind == Kind::kString) return text;
  if (token.kind == Kind::kBad && token.text[0] == '"') return "a string without its end";
  return Str("'", std::string_view(text).substr(1, text.size() - 2), "'");
}

}  // namespace

void Lexer::SkipBlanks() {
  for (; end_ < input_.size(); ++end_) {
    if (input_[end_] == '#')
      while (end_ < input_.size() && input_[end_] != '\n') ++end_;
    if (end_ == input_.size() || !IsBlank(input_[end_])) return;
  }
}

// Precondition: end_ is at a token's first byte or at the end.
Token Lexer::Scan() const {
  const size_t begin = end_;
  if (begin == input_.size()) return {Kind::kEnd, {}, begin};
  const char c = input_[begin];
  size_t end = begin + 1;
  if (BeginsWord(c)) {
    while (end < input_.size() && ContinuesWord(input_[end])) ++end;
    return {Kind::kWord, input_.substr(begin, end - begin), begin};
  }
  if (IsDigit(c) || c == '-') return {Kind::kNumber, input_.substr(begin, NumberEnd(input_, begin) - begin), begin};
  if (c == '"') {
    end = StringEnd(input_, begin);
    const bool whole = end < input_.size() && input_[end] == '"';
    if (whole) return {Kind::kString, input_.substr(begin + 1, end - begin - 1), begin};
    return {Kind::kBad, input_.substr(begin, end - begin), begin};
  }
  const bool punct = kPuncts.find(c) != std::string_view::npos;
  return {punct ? Kind::kPunct : Kind::kBad, input_.substr(begin, 1), begin};
}

void Lexer::Advance() {
  SkipBlanks();
  token_ = Scan();
  end_ = token_.at + token_.text.size() + (token_.kind == Kind::kString ? 2 : 0);
}

Token Lexer::Next() {
  const Token token = token_;
  Advance();
  return token;
}

bool Lexer::Take(char punct) {
  const bool there = At(punct);
  if (there) Advance();
  return there;
}

bool Lexer::Take(std::string_view word) {
  const bool there = At(word);
  if (there) Advance();
  return there;
}

Status Lexer::Expect(char punct) { return Take(punct) ? Status() : Expected(Str("'", punct, "'")); }
Status Lexer::Expect(std::string_view word) { return Take(word) ? Status() : Expected(Str("'", word, "'")); }

Result<std::string> Lexer::String(std::string_view what) {
  if (!At(Kind::kString)) return Expected(what);
  const Token token = Next();
  auto text = Unescape(token.text);
  if (!text)
    return ErrorAt(token.at, "expected the escapes \\\" \\\\ \\n \\t and \\xNN only, found another in the string");
  return *std::move(text);
}

Result<int64_t> Lexer::Int(std::string_view what) {
  const auto v = At(Kind::kNumber) ? WholeNumber<int64_t>(token_.text, 10) : std::nullopt;
  if (!v) return Expected(what);
  Advance();
  return *v;
}

Result<uint64_t> Lexer::Uint(std::string_view what) {
  const auto v = At(Kind::kNumber) ? WholeNumber<uint64_t>(token_.text, 10) : std::nullopt;
  if (!v) return Expected(what);
  Advance();
  return *v;
}

Result<double> Lexer::Double(std::string_view what) {
  const auto v = At(Kind::kString) ? std::nullopt : ExactDouble(token_.text);
  if (!v) return Expected(what);
  Advance();
  return *v;
}

Result<float> Lexer::Float(std::string_view what) {
  const auto v = At(Kind::kString) ? std::nullopt : ExactFloat(token_.text);
  if (!v) return Expected(what);
  Advance();
  return *v;
}

Result<std::string_view> Lexer::Bracketed() {
  if (!At('[')) return Expected("'['");
  const size_t begin = token_.at + 1;
  int depth = 1;
  for (size_t at = begin; at < input_.size(); ++at) {
    if (input_[at] == '"')
      at = StringEnd(input_, at);
    else if (input_[at] == '[')
      ++depth;
    else if (input_[at] == ']' && --depth == 0) {
      end_ = at + 1;
      Advance();
      return input_.substr(begin, at - begin);
    }
  }
  return ErrorAt(token_.at, "expected a ']' for this '[', found the end");
}

Status Lexer::Expected(std::string_view what) const {
  return ErrorAt(token_.at, Str("expected ", what, ", found ", Shown(token_)));
}

Status Lexer::ErrorAt(size_t at, std::string_view message) const {
  size_t line = 1, column = 1;
  for (char c : input_.substr(0, at)) {
    ++column;
    if (c != '\n') continue;
    ++line;
    column = 1;
  }
  return Status(Code::kInvalidModel, Str(line, ":", column, ": ", message));
}

Status Lexer::Place(size_t at, Status status) const {
  if (status.ok()) return status;
  return Status(status.code(), std::string(ErrorAt(at, status.message()).message()));
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case '"':
      case '\\': out += text[i]; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case 'x': {
        const auto byte = text.size() - i > 2 ? WholeNumber<uint8_t>(text.substr(i + 1, 2), 16) : std::nullopt;
        if (!byte) return std::nullopt;
        out += static_cast<char>(*byte);
        i += 2;
        break;
      }
      default: return std::nullopt;
    }
  }
  return out;
}

bool IsWord(std::string_view name) {
  if (name.empty() || name == "_" || !BeginsWord(name[0])) return false;
  for (char c : name)
    if (!ContinuesWord(c)) return false;
  return true;
}

void AppendExact(std::string* out, float v) { AppendAllBits<float, uint32_t>(out, v); }
void AppendExact(std::string* out, double v) { AppendAllBits<double, uint64_t>(out, v); }
std::optional<float> ExactFloat(std::string_view text) { return AllBits<float, uint32_t>(text); }
std::optional<double> ExactDouble(std::string_view text) { return AllBits<double, uint64_t>(text); }

std::optional<uint64_t> NanBits(std::string_view text, int bits) {
  if (!text.starts_with("nan.")) return std::nullopt;
  const auto v = WholeNumber<uint64_t>(text.substr(4), 16);
  return v && (bits == 64 || *v >> bits == 0) ? v : std::nullopt;
}

}  // namespace hasten

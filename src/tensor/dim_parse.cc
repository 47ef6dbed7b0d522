// Dim::Parse: the inverse of Text(), and a little more (spaces, parentheses, ceildiv and mod).
#include <charconv>

#include "tensor/dim_poly.h"

namespace hasten {
namespace {

constexpr int kMaxDepth = 1100;  // above what Text() can nest

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Function {
  std::string_view name;
  Dim (*apply)(const Dim&, const Dim&);
};
constexpr Function kFunctions[] = {
    {"floordiv", [](const Dim& a, const Dim& b) { return FloorDiv(a, b); }},
    {"ceildiv", [](const Dim& a, const Dim& b) { return CeilDiv(a, b); }},
    {"mod", [](const Dim& a, const Dim& b) { return Mod(a, b); }},
    {"min", [](const Dim& a, const Dim& b) { return Min(a, b); }},
    {"max", [](const Dim& a, const Dim& b) { return Max(a, b); }},
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Dim> All() {
    HASTEN_ASSIGN(Dim d, Sum());
    if (at_ != text_.size()) return Error("end of text");
    return d;
  }

 private:
  char Peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (at_ >= text_.size() || Peek() != c) return false;
    ++at_;
    return true;
  }
  Status Error(std::string_view wanted) const {
    return Status(Code::kInvalidModel, Str("dim ", Quote(text_), ": expected ", wanted, " at offset ", at_));
  }

  Result<Dim> Sum() {
    if (++depth_ > kMaxDepth) return Error("less nesting");
    Dim sum = 0;
    for (bool first = true;; first = false) {
      const bool negative = Peek() == '-';
      if (!negative && !first && Peek() != '+') break;
      // A number keeps its minus, so that the least one fits.
      const bool signed_number = negative && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]);
      if (negative ? !signed_number : !first) ++at_;
      HASTEN_ASSIGN(const Dim term, Product());
      sum = negative && !signed_number ? sum - term : sum + term;
    }
    --depth_;
    return sum;
  }

  Result<Dim> Product() {
    HASTEN_ASSIGN(Dim product, Factor());
    while (Take('*')) {
      HASTEN_ASSIGN(const Dim factor, Factor());
      product = product * factor;
    }
    return product;
  }

  Result<Dim> Factor() {
    const char c = Peek();
    if (Take('(')) {
      HASTEN_ASSIGN(Dim d, Sum());
      if (!Take(')')) return Error("')'");
      return d;
    }
    if (c == '"') return QuotedSymbol();
    if (IsDigit(c) || c == '-') return Number();
    if (!IsDimNameChar(c)) return Error("a dim");
    const size_t begin = at_;
    while (at_ < text_.size() && IsDimNameChar(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    for (const Function& f : kFunctions)
      if (f.name == name && Take('(')) return Call(f);
    return Dim::Symbol(name);
  }

  Result<Dim> Call(const Function& f) {
    HASTEN_ASSIGN(const Dim a, Sum());
    if (!Take(',')) return Error("','");
    HASTEN_ASSIGN(const Dim b, Sum());
    if (!Take(')')) return Error("')'");
    return f.apply(a, b);
  }

  Result<Dim> Number() {
    int64_t v = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (error != std::errc()) return Error("a 64-bit integer");
    at_ = static_cast<size_t>(end - text_.data());
    return Dim(v);
  }

  // What Quote() writes.
  Result<Dim> QuotedSymbol() {
    std::string name;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') {
        name += text_[at_];
        continue;
      }
      if (++at_ >= text_.size()) break;
      if (text_[at_] == 'x') {
        unsigned char byte = 0;
        const char* digits = text_.data() + at_ + 1;
        if (at_ + 2 >= text_.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
          return Error("two hexadecimal digits");
        name += static_cast<char>(byte);
        at_ += 2;
      } else {
        name += text_[at_] == 'n' ? '\n' : text_[at_] == 't' ? '\t' : text_[at_];
      }
    }
    if (at_ >= text_.size()) return Error("'\"'");
    ++at_;
    return Dim::Symbol(name);
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<Dim> Dim::Parse(std::string_view text) { return Parser(text).All(); }

}  // namespace hasten

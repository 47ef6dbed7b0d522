// Tokens of the text forms, and errors that say where: "3:14: expected a type, found '}'".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace hasten {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kWord,    // a letter or '_', then letters, digits, '_', '.' and '-'
    kNumber,  // a digit or '-', then letters, digits and '.', also '+' and '-' after an 'e'
    kString,  // text: between the quotes, escapes as written
    kPunct,   // one of { } ( ) [ ] , ; : . = @ ?
    kBad,     // what begins no token, or a string without its end
  };
  Kind kind = Kind::kEnd;
  std::string_view text;
  size_t at = 0;  // offset in the input
};

// Reads any bytes, which must outlive it.  Blanks, line ends and comments (from '#' to the end of the line) separate.
class Lexer {
 public:
  explicit Lexer(std::string_view input) : input_(input) { Advance(); }

  const Token& peek() const { return token_; }
  Token Next();  // returns the token and steps over it

  bool At(char punct) const { return token_.kind == Token::Kind::kPunct && token_.text[0] == punct; }
  bool At(std::string_view word) const { return token_.kind == Token::Kind::kWord && token_.text == word; }
  bool At(Token::Kind kind) const { return token_.kind == kind; }
  bool Take(char punct);
  bool Take(std::string_view word);

  // What must come next; an error at the token names `what` and what is there instead.
  Status Expect(char punct);
  Status Expect(std::string_view word);
  Result<std::string> String(std::string_view what);  // unescaped
  Result<int64_t> Int(std::string_view what);
  Result<uint64_t> Uint(std::string_view what);
  Result<double> Double(std::string_view what);  // a number, inf or nan
  Result<float> Float(std::string_view what);

  // The raw text between a '[' that is the next token and its ']', both stepped over; quotes and brackets nest.
  Result<std::string_view> Bracketed();

  Status Expected(std::string_view what) const;               // at the next token
  Status ErrorAt(size_t at, std::string_view message) const;  // "line:column: message"
  // A Status from elsewhere gets the place in front; OK stays OK.
  Status Place(size_t at, Status status) const;
  size_t size() const { return input_.size(); }

 private:
  void Advance();
  void SkipBlanks();
  Token Scan() const;

  std::string_view input_;
  size_t end_ = 0;  // of token_
  Token token_;
};

// The inverse of Quote() without its quotes; nullopt for an escape that Quote() does not write.
std::optional<std::string> Unescape(std::string_view text);

// Whether `name` is one word token, so that it can stand without quotes.  "_" is not: it means an absent value.
bool IsWord(std::string_view name);

// Numbers with every bit: shortest decimal text, inf, -inf, nan (the quiet positive one), or nan.7fc00001 with its
// bits.
void AppendExact(std::string* out, float v);
void AppendExact(std::string* out, double v);
std::optional<float> ExactFloat(std::string_view text);
std::optional<double> ExactDouble(std::string_view text);
// The bits of "nan.7fc00001", if they fit `bits` bits.
std::optional<uint64_t> NanBits(std::string_view text, int bits);

}  // namespace hasten

#include "ir/literal.h"

namespace hasten {
namespace {

constexpr int kMaxDepth = 32;

std::string_view Trim(std::string_view s) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = s.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view()
                                         : s.substr(begin, s.find_last_not_of(kBlanks) - begin + 1);
}

// The length of the first dim's text: to a comma outside of parentheses and quotes.
size_t FirstDim(std::string_view s) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '"')
      quoted = !quoted;
    else if (quoted)
      i += s[i] == '\\';
    else if (s[i] == '(')
      ++depth;
    else if (s[i] == ')')
      --depth;
    else if (s[i] == ',' && depth == 0)
      return i;
  }
  return s.size();
}

// At a '['.
Result<Shape> TakeShape(Lexer* lex) {
  const size_t at = lex->peek().at;
  HASTEN_ASSIGN(std::string_view rest, lex->Bracketed());
  rest = Trim(rest);
  if (rest == "*") return Shape::Unknown();
  std::vector<Dim> dims;
  for (bool more = !rest.empty(); more;) {
    if (dims.size() == Dims::kMaxRank) return lex->ErrorAt(at, Str("expected at most ", Dims::kMaxRank, " dims"));
    const size_t end = FirstDim(rest);
    auto dim = Dim::Parse(Trim(rest.substr(0, end)));
    if (!dim.ok()) return lex->Place(at, std::move(dim).status());
    dims.push_back(*std::move(dim));
    more = end < rest.size();
    rest.remove_prefix(more ? end + 1 : end);
  }
  return Shape(std::move(dims));
}

Result<DType> TakeDType(Lexer* lex) {
  const Token& token = lex->peek();
  const auto dtype = token.kind != Token::Kind::kWord ? std::nullopt
                     : token.text == "none"           ? std::optional(DType::kNone)
                                                      : DTypeFromName(token.text);
  if (!dtype) return lex->Expected("a type");
  lex->Next();
  return *dtype;
}

Result<Type> TakeNested(Lexer* lex, int depth);

// Behind `seq`, `optional`, `sparse` or `map`.
Result<Type> TakeComposite(Lexer* lex, std::string_view word, int depth) {
  HASTEN_TRY(lex->Expect('('));
  Type type;
  if (word == "sparse" || word == "map") {
    HASTEN_ASSIGN(type.dtype, TakeDType(lex));
    type.kind = word == "map" ? Type::Kind::kMap : Type::Kind::kSparse;
  } else {
    type.kind = word == "seq" ? Type::Kind::kSequence : Type::Kind::kOptional;
  }
  if (word == "sparse") {
    HASTEN_ASSIGN(type.shape, TakeShape(lex));
  } else {
    if (word == "map") HASTEN_TRY(lex->Expect(','));
    HASTEN_ASSIGN(Type element, TakeNested(lex, depth + 1));
    type.element = std::make_shared<const Type>(std::move(element));
  }
  HASTEN_TRY(lex->Expect(')'));
  return type;
}

Result<Type> TakeNested(Lexer* lex, int depth) {
  if (depth > kMaxDepth) return lex->Expected(Str("types nested at most ", kMaxDepth, " deep"));
  if (lex->Take('?')) return Type::Unknown();
  for (std::string_view word : {"seq", "optional", "sparse", "map"})
    if (lex->Take(word)) return TakeComposite(lex, word, depth);
  HASTEN_ASSIGN(const DType dtype, TakeDType(lex));
  HASTEN_ASSIGN(Shape shape, TakeShape(lex));
  return Type::Tensor(dtype, std::move(shape));
}

}  // namespace

Result<Type> TakeType(Lexer* lex) { return TakeNested(lex, 0); }

Result<Tensor> TakeTensorType(Lexer* lex) {
  const size_t at = lex->peek().at;
  HASTEN_ASSIGN(const DType dtype, TakeDType(lex));
  HASTEN_ASSIGN(const Shape shape, TakeShape(lex));
  const auto dims = shape.Concrete();
  if (dtype == DType::kNone || !dims)
    return lex->ErrorAt(at, Str("expected a dtype with constant dims, found ", dtype, shape));
  auto elements = CheckedElements(*dims);
  if (!elements.ok()) return lex->Place(at, std::move(elements).status());
  Tensor t;
  t.dtype = dtype;
  t.dims = *dims;
  return t;
}

}  // namespace hasten

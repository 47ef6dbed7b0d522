#include "ir/literal.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/base64.h"

namespace hasten {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr int64_t kMaxListed = 64;  // longer tensors, and lists that would lose bits, are printed as base64

// An element consists of one code, or of two where it is complex: its bits as an unsigned number.
DType PartOf(DType t) {
  if (t == DType::kC64) return DType::kF32;
  return t == DType::kC128 ? DType::kF64 : t;
}
int PartsOf(DType t) { return LaneOf(t) == Lane::kComplex ? 2 : 1; }

uint64_t CodeAt(const std::byte* data, int bits, int64_t i) {
  uint64_t code = 0;
  if (bits >= 8) {
    std::memcpy(&code, data + i * (bits / 8), static_cast<size_t>(bits / 8));
    return code;
  }
  const int64_t at = i * bits / 8;
  const int shift = static_cast<int>(i * bits % 8);
  uint64_t both = std::to_integer<uint64_t>(data[at]);
  if (shift + bits > 8) both |= std::to_integer<uint64_t>(data[at + 1]) << 8;
  return both >> shift & ((uint64_t{1} << bits) - 1);
}

// Into zeroed memory.
void StoreCode(std::byte* data, int bits, int64_t i, uint64_t code) {
  if (bits >= 8) {
    std::memcpy(data + i * (bits / 8), &code, static_cast<size_t>(bits / 8));
    return;
  }
  const int64_t at = i * bits / 8;
  const int shift = static_cast<int>(i * bits % 8);
  data[at] |= static_cast<std::byte>(code << shift);
  if (shift + bits > 8) data[at + 1] |= static_cast<std::byte>(code << shift >> 8);
}

// False for a bool that is neither 0 nor 1, which a list cannot say.
bool AppendCode(std::string* out, DType part, uint64_t code) {
  const int bits = Bits(part);
  if (part == DType::kBool) {
    AppendText(out, code == 1);
    return code <= 1;
  }
  if (part == DType::kF32) {
    AppendExact(out, std::bit_cast<float>(static_cast<uint32_t>(code)));
  } else if (part == DType::kF64) {
    AppendExact(out, std::bit_cast<double>(code));
  } else if (IsFloat(part)) {
    const auto v = static_cast<float>(DecodeFloat(part, static_cast<uint32_t>(code)));
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, code, 16).ptr;
    if (std::isnan(v))
      *out += Str("nan.", std::string_view(digits, static_cast<size_t>(end - digits)));
    else
      AppendExact(out, v);
  } else if (IsSigned(part)) {
    AppendText(out, static_cast<int64_t>(code << (64 - bits)) >> (64 - bits));
  } else {
    AppendText(out, code);
  }
  return true;
}

bool AppendList(std::string* out, const Tensor& t) {
  const DType part = PartOf(t.dtype);
  const int parts = PartsOf(t.dtype);
  *out += '[';
  for (int64_t i = 0; i < t.elements(); ++i) {
    if (i) *out += ", ";
    if (parts == 2) *out += '(';
    for (int k = 0; k < parts; ++k) {
      if (k) *out += ", ";
      if (!AppendCode(out, part, CodeAt(t.data, Bits(part), i * parts + k))) return false;
    }
    if (parts == 2) *out += ')';
  }
  *out += ']';
  return true;
}

// --- Reading ---

Result<uint64_t> TakeNarrowFloat(Lexer* lex, DType part) {
  if (const auto bits = NanBits(lex->peek().text, Bits(part)); bits && lex->At(Token::Kind::kWord)) {
    if (!std::isnan(DecodeFloat(part, static_cast<uint32_t>(*bits))))
      return lex->Expected(Str("bits of a NaN of ", part));
    lex->Next();
    return *bits;
  }
  const size_t at = lex->peek().at;
  HASTEN_ASSIGN(const double v, lex->Double("a number"));
  const uint32_t code = EncodeFloat(part, v, false);
  const double stored = DecodeFloat(part, code);
  if (std::isnan(v) != std::isnan(stored) || std::isinf(v) != std::isinf(stored))
    return lex->ErrorAt(at, Str("expected a number that ", part, " can hold, found ", v));
  return code;
}

Result<uint64_t> TakeInteger(Lexer* lex, DType part) {
  const std::string what = Str("an integer in [", IntMin(part), ", ", IntMax(part), "]");
  const Token token = lex->peek();
  if (IsSigned(part)) {
    HASTEN_ASSIGN(const int64_t v, lex->Int(what));
    if (v >= IntMin(part) && v <= static_cast<int64_t>(IntMax(part)))
      return static_cast<uint64_t>(v) & (~uint64_t{0} >> (64 - Bits(part)));
  } else {
    HASTEN_ASSIGN(const uint64_t v, lex->Uint(what));
    if (v <= IntMax(part)) return v;
  }
  return lex->ErrorAt(token.at, Str("expected ", what, ", found ", token.text));
}

Result<uint64_t> TakeCode(Lexer* lex, DType part) {
  if (part == DType::kBool) {
    const bool v = lex->At("true");
    if (!v && !lex->At("false")) return lex->Expected("'true' or 'false'");
    lex->Next();
    return uint64_t{v};
  }
  if (part == DType::kF32) {
    HASTEN_ASSIGN(const float v, lex->Float("a number"));
    return uint64_t{std::bit_cast<uint32_t>(v)};
  }
  if (part == DType::kF64) {
    HASTEN_ASSIGN(const double v, lex->Double("a number"));
    return std::bit_cast<uint64_t>(v);
  }
  return IsFloat(part) ? TakeNarrowFloat(lex, part) : TakeInteger(lex, part);
}

// `[` item, item, ... `]`; `item` takes one and says whether it was good.
template <class F>
Status TakeItems(Lexer* lex, int64_t count, F item) {
  const size_t at = lex->peek().at;
  HASTEN_TRY(lex->Expect('['));
  int64_t found = 0;
  for (bool more = !lex->At(']'); more; more = lex->Take(',')) {
    HASTEN_TRY(item());
    if (++found > count) break;
  }
  if (found != count)
    return lex->ErrorAt(at, Str("expected ", count, " elements, found ", found > count ? "more" : Str(found)));
  return lex->Expect(']');
}

Result<Tensor> TakeStrings(Lexer* lex, const Tensor& typed) {
  std::vector<std::string> strings;
  const auto take = [&]() -> Status {
    HASTEN_ASSIGN(std::string s, lex->String("a string"));
    strings.push_back(std::move(s));
    return {};
  };
  HASTEN_TRY(TakeItems(lex, typed.elements(), take));
  HASTEN_ASSIGN(Tensor t, NewTensor(typed.dtype, typed.dims));
  std::move(strings.begin(), strings.end(), t.as<std::string>());
  return t;
}

Result<Tensor> TakeList(Lexer* lex, const Tensor& typed) {
  if (typed.dtype == DType::kString) return TakeStrings(lex, typed);
  const DType part = PartOf(typed.dtype);
  const bool complex = PartsOf(typed.dtype) == 2;
  std::vector<uint64_t> codes;
  const auto take = [&]() -> Status {
    if (complex) HASTEN_TRY(lex->Expect('('));
    HASTEN_ASSIGN(const uint64_t code, TakeCode(lex, part));
    codes.push_back(code);
    if (!complex) return {};
    HASTEN_TRY(lex->Expect(','));
    HASTEN_ASSIGN(const uint64_t imaginary, TakeCode(lex, part));
    codes.push_back(imaginary);
    return lex->Expect(')');
  };
  HASTEN_TRY(TakeItems(lex, typed.elements(), take));
  HASTEN_ASSIGN(Tensor t, NewTensor(typed.dtype, typed.dims));
  for (size_t i = 0; i < codes.size(); ++i) StoreCode(t.data, Bits(part), static_cast<int64_t>(i), codes[i]);
  return t;
}

// Behind `hex` or `base64`.
Result<Tensor> TakeBytes(Lexer* lex, const Tensor& typed, bool hex) {
  if (typed.dtype == DType::kString) return lex->Expected("a list of strings");
  if (!lex->At(Token::Kind::kString)) return lex->Expected("a string of bytes");
  const Token token = lex->Next();
  const auto bytes = static_cast<size_t>(typed.bytes());
  if (token.text.size() != (hex ? bytes * 2 : Base64Size(bytes)))
    return lex->ErrorAt(token.at, Str("expected ", bytes, " bytes for ", typed, ", found ", token.text.size(),
                                      hex ? " hexadecimal digits" : " base64 digits"));
  HASTEN_ASSIGN(Tensor t, NewTensor(typed.dtype, typed.dims));
  const std::span out(t.data, bytes);
  if (!(hex ? DecodeHex(token.text, out) : DecodeBase64(token.text, out)))
    return lex->ErrorAt(token.at, Str("expected ", hex ? "hexadecimal" : "base64", " digits only"));
  return t;
}

}  // namespace

Result<Tensor> TakeContents(Lexer* lex, Tensor typed) {
  constexpr int64_t kMaxPerCharacter = 4;  // two-bit elements in base64 are three, in hex two
  const auto size = static_cast<int64_t>(lex->size());
  if (typed.elements() / kMaxPerCharacter > size)
    return lex->Expected(Str("the ", typed.elements(), " elements of ", typed, ", which this text is too short for"));
  if (lex->Take("hex")) return TakeBytes(lex, typed, true);
  if (lex->Take("base64")) return TakeBytes(lex, typed, false);
  if (!lex->At('[')) return lex->Expected("a list, 'hex' or 'base64'");
  return TakeList(lex, typed);
}

Result<Tensor> TakeTensor(Lexer* lex) {
  if (lex->Take("_")) return Tensor();
  HASTEN_ASSIGN(Tensor typed, TakeTensorType(lex));
  HASTEN_TRY(lex->Expect('='));
  return TakeContents(lex, std::move(typed));
}

void AppendContents(std::string* out, const Tensor& t) {
  if (t.dtype == DType::kString) {
    *out += '[';
    for (int64_t i = 0; i < t.elements(); ++i) *out += Str(i ? ", " : "", Quote(t.string(i)));
    *out += ']';
    return;
  }
  const size_t begin = out->size();
  if (t.elements() <= kMaxListed && AppendList(out, t)) return;
  out->resize(begin);
  *out += "base64 \"";
  AppendBase64(out, std::span<const std::byte>(t.data, static_cast<size_t>(t.bytes())));
  *out += '"';
}

void AppendTensor(std::string* out, const Tensor& t) {
  if (t.dtype == DType::kNone) return out->push_back('_');
  *out += Str(t, " = ");
  AppendContents(out, t);
}

}  // namespace hasten

#include <utf8proc.h>

#include "ops/op.h"

namespace hasten::ops {
namespace {

struct StringSplitAttrs {
  std::string delimiter;
  std::optional<int64_t> maxsplit;
};
constexpr AttrField kFields[] = {Field<&StringSplitAttrs::delimiter>("delimiter"),
                                 Field<&StringSplitAttrs::maxsplit>("maxsplit")};

bool IsSpace(int32_t code) {
  if (code < 128) return (code >= 9 && code <= 13) || (code >= 28 && code <= 32);
  if (code == 0x85) return true;
  const utf8proc_category_t category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

// The code point at the front, and its bytes; a byte that is no UTF-8 stands for itself and is no space.
size_t Next(std::string_view s, int32_t* code) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(s.data());
  const auto n = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(s.size()), code);
  if (n > 0) return static_cast<size_t>(n);
  *code = 'x';
  return 1;
}

using Parts = std::vector<std::string_view>;

void SplitAtSpaces(std::string_view s, size_t limit, Parts* out) {
  const char* begin = nullptr;  // of the part that is open
  const char* last = nullptr;   // behind its last character that is no space
  while (!s.empty()) {
    int32_t code;
    const size_t n = Next(s, &code);
    const bool space = IsSpace(code);
    if (space && begin && out->size() < limit) {
      out->emplace_back(begin, static_cast<size_t>(last - begin));
      begin = nullptr;
    }
    if (!space && !begin) begin = s.data();
    if (!space) last = s.data() + n;
    s.remove_prefix(n);
  }
  if (begin) out->emplace_back(begin, static_cast<size_t>(last - begin));
}

void SplitAtDelimiter(std::string_view s, std::string_view delimiter, size_t limit, Parts* out) {
  while (out->size() < limit) {
    const size_t at = s.find(delimiter);
    if (at == std::string_view::npos) break;
    out->push_back(s.substr(0, at));
    s.remove_prefix(at + delimiter.size());
  }
  out->push_back(s);
}

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || c.dtype(0) == DType::kString, "input must be of strings, is ",
                 c.type(0));
  Shape parts = c.shape(0);
  if (parts.ranked()) parts.dims().push_back(Dim::Fresh());
  c.Out(0, DType::kString, std::move(parts));
  c.Out(1, DType::kI64, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<StringSplitAttrs>();
  const Tensor& x = c.input(0);
  const bool limited = attrs.maxsplit && *attrs.maxsplit >= 0;
  const size_t limit = limited ? static_cast<size_t>(*attrs.maxsplit) : std::numeric_limits<size_t>::max();
  std::vector<Parts> split(static_cast<size_t>(x.elements()));
  size_t most = 0;
  for (size_t i = 0; i < split.size(); ++i) {
    const std::string& s = x.string(static_cast<int64_t>(i));
    if (attrs.delimiter.empty())
      SplitAtSpaces(s, limit, &split[i]);
    else
      SplitAtDelimiter(s, attrs.delimiter, limit, &split[i]);
    most = std::max(most, split[i].size());
  }
  HASTEN_REQUIRE(x.dims.rank() < Dims::kMaxRank, "input of rank ", x.dims.rank(), " cannot get one more axis");
  Dims dims = x.dims;
  dims.push_back(static_cast<int64_t>(most));
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, DType::kString, dims));
  HASTEN_ASSIGN(Tensor* counts, c.Allocate(1, DType::kI64, x.dims));
  std::string* out = y->as<std::string>();
  for (size_t i = 0; i < split.size(); ++i) {
    counts->SetInt(static_cast<int64_t>(i), static_cast<int64_t>(split[i].size()));
    for (size_t k = 0; k < most; ++k) *out++ = k < split[i].size() ? std::string(split[i][k]) : std::string();
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{20}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kString, {2, 2}, 0, 0, {}, {"a,b,,c", "  a b\t c ", "", ",x"}};
  return {{"spaces", {x}, {}, 2},
          {"delimiter", {x}, {{"delimiter", std::string(",")}}, 2},
          {"at most one delimiter", {x}, {{"delimiter", std::string(",")}, {"maxsplit", int64_t{1}}}, 2},
          {"at most one space", {x}, {{"maxsplit", int64_t{1}}}, 2},
          {"empty", {{DType::kString, {0}}}, {}, 2}};
}

}  // namespace

extern const OpDef kStringSplit = {
    .name = "StringSplit",
    .doc =
        "Parts of each string of x between delimiters, or between runs of white space if the delimiter is empty; at "
        "most "
        "maxsplit splits are made, from the left. y: x's dims and the most parts that any has, padded with empty "
        "strings. "
        "Output 1: the number of parts.",
    .attrs = SchemaOf<StringSplitAttrs>(kFields),
    .arity = {1, 1, 1, 2},
    .onnx = {"", "StringSplit", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops

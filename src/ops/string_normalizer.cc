#include <unordered_set>

#include <utf8proc.h>

#include "ops/op.h"

namespace hasten::ops {
namespace {

struct StringNormalizerAttrs {
  std::string case_change_action = "NONE";
  int64_t is_case_sensitive = 0;
  std::string locale;  // not used: case changes as Unicode's simple mappings say
  std::vector<std::string> stopwords;
};
constexpr AttrField kFields[] = {Field<&StringNormalizerAttrs::case_change_action>("case_change_action"),
                                 Field<&StringNormalizerAttrs::is_case_sensitive>("is_case_sensitive"),
                                 Field<&StringNormalizerAttrs::locale>("locale"),
                                 Field<&StringNormalizerAttrs::stopwords>("stopwords")};

// Every code point mapped; bytes that are no UTF-8 stay as they are.
std::string MapCodePoints(std::string_view s, utf8proc_int32_t (*f)(utf8proc_int32_t)) {
  std::string out;
  while (!s.empty()) {
    utf8proc_int32_t code = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(s.data());
    const utf8proc_ssize_t n = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(s.size()), &code);
    if (n <= 0) {
      out.push_back(s.front());
      s.remove_prefix(1);
      continue;
    }
    utf8proc_uint8_t encoded[4];
    out.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(utf8proc_encode_char(f(code), encoded)));
    s.remove_prefix(static_cast<size_t>(n));
  }
  return out;
}

std::string Lower(std::string_view s) { return MapCodePoints(s, utf8proc_tolower); }

Status Infer(InferCall& c) {
  const auto& attrs = c.attrs<StringNormalizerAttrs>();
  const std::string& action = attrs.case_change_action;
  HASTEN_REQUIRE(action == "NONE" || action == "LOWER" || action == "UPPER",
                 "attribute case_change_action must be NONE, LOWER or UPPER, is ", Quote(action));
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || c.dtype(0) == DType::kString, "input must be of strings, is ",
                 c.type(0));
  Shape shape = c.shape(0);
  if (shape.ranked()) {
    HASTEN_REQUIRE(shape.rank() == 1 || (shape.rank() == 2 && !NeverEqual(shape[0], 1)),
                   "input must have shape [C] or [1,C], has ", shape);
    if (shape.rank() == 2) shape[0] = 1;
    Dim& last = shape[shape.rank() - 1];
    if (!attrs.stopwords.empty() || !last.is_const())
      last = Dim::Fresh();
    else if (last.is(0))
      last = 1;
  }
  c.Out(0, DType::kString, std::move(shape));
  return {};
}

Status Eval(KernelCall& c) {
  const auto& attrs = c.attrs<StringNormalizerAttrs>();
  const Tensor& x = c.input(0);
  std::unordered_set<std::string> stopwords;
  for (const std::string& s : attrs.stopwords) stopwords.insert(attrs.is_case_sensitive ? s : Lower(s));
  std::vector<std::string> kept;
  for (int64_t i = 0; i < x.elements(); ++i) {
    const std::string& s = x.string(i);
    if (!stopwords.empty() && stopwords.count(attrs.is_case_sensitive ? s : Lower(s))) continue;
    if (attrs.case_change_action == "LOWER")
      kept.push_back(Lower(s));
    else if (attrs.case_change_action == "UPPER")
      kept.push_back(MapCodePoints(s, utf8proc_toupper));
    else
      kept.push_back(s);
  }
  if (kept.empty()) kept.emplace_back();
  const auto n = static_cast<int64_t>(kept.size());
  HASTEN_ASSIGN(Tensor* y, c.Allocate(0, DType::kString, x.dims.rank() == 2 ? Dims{1, n} : Dims{n}));
  std::move(kept.begin(), kept.end(), y->as<std::string>());
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}};

std::vector<Sample> Samples() {
  const SampleInput days{DType::kString, {4}, 0, 0, {}, {"monday", "Tuesday", "MONDAY", "\xc3\x89t\xc3\xa9"}};
  const std::vector<std::string> stop = {"Monday"};
  return {
      {"upper, stop words in any case", {days}, {{"stopwords", stop}, {"case_change_action", std::string("UPPER")}}},
      {"lower, stop words as they are",
       {days},
       {{"stopwords", std::vector<std::string>{"monday"}},
        {"is_case_sensitive", int64_t{1}},
        {"case_change_action", std::string("LOWER")}}},
      {"none left", {{DType::kString, {1, 1}, 0, 0, {}, {"MONDAY"}}}, {{"stopwords", stop}}},
      {"no change", {{DType::kString, {1, 2}, 0, 0, {}, {"a", ""}}}}};
}

}  // namespace

extern const OpDef kStringNormalizer = {
    .name = "StringNormalizer",
    .doc =
        "The strings of x [C] or [1,C] that are no stop words, in upper, lower or their own case: y [n] or [1,n]. One "
        "empty "
        "string if none is left.",
    .attrs = SchemaOf<StringNormalizerAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "StringNormalizer", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops

#include <re2/re2.h>

#include "ops/op.h"

namespace hasten::ops {
namespace {

struct RegexFullMatchAttrs {
  std::string pattern;
};
constexpr AttrField kFields[] = {Field<&RegexFullMatchAttrs::pattern>("pattern")};

RE2::Options QuietOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

Status Infer(InferCall& c) {
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || c.dtype(0) == DType::kString, "input must be of strings, is ",
                 c.type(0));
  c.Out(0, DType::kBool, c.shape(0));
  return {};
}

Status Eval(KernelCall& c) {
  const RE2 regex(c.attrs<RegexFullMatchAttrs>().pattern, QuietOptions());
  HASTEN_REQUIRE(regex.ok(), "attribute pattern must be a regular expression of RE2: ", regex.error());
  const Tensor& x = c.input(0);
  for (int64_t i = 0; i < x.elements(); ++i) c.output(0).SetInt(i, RE2::FullMatch(x.string(i), regex));
  return {};
}

constexpr OnnxVersion kVersions[] = {{20}};

std::vector<Sample> Samples() {
  const SampleInput x{DType::kString, {2, 2}, 0, 0, {}, {"www.google.com", "google.com", "", "www.google.com/"}};
  return {{"whole strings only", {x}, {{"pattern", std::string(R"(www\.[\w.-]+\.\w{2,3})")}}},
          {"an empty pattern matches empty strings", {x}},
          {"no strings", {{DType::kString, {0}}}, {{"pattern", std::string("a")}}}};
}

}  // namespace

extern const OpDef kRegexFullMatch = {
    .name = "RegexFullMatch",
    .doc = "Whether a regular expression (RE2's syntax) matches each string as a whole.",
    .attrs = SchemaOf<RegexFullMatchAttrs>(kFields),
    .arity = {1, 1},
    .onnx = {"", "RegexFullMatch", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops

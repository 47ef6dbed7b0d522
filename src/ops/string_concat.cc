#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

Status Infer(InferCall& c) {
  for (int i = 0; i < c.inputs(); ++i)
    HASTEN_REQUIRE(c.dtype(i) == DType::kNone || c.dtype(i) == DType::kString, "input ", i, " must be of strings, is ",
                   c.type(i));
  HASTEN_TRY(InferBroadcast(c));
  c.out[0].dtype = DType::kString;
  return {};
}

Status Eval(KernelCall& c) {
  const Tensor &a = c.input(0), &b = c.input(1);
  Tensor& y = c.output(0);
  BroadcastWalk at(a.dims, y.dims), bt(b.dims, y.dims);
  for (int64_t i = 0; i < y.elements(); ++i, at.Next(), bt.Next())
    y.as<std::string>()[i] = a.string(at.offset()) + b.string(bt.offset());
  return {};
}

constexpr OnnxVersion kVersions[] = {{20}};

std::vector<Sample> Samples() {
  return {{"one shape",
           {{DType::kString, {3}, 0, 0, {}, {"a", "", "\xc3\xa9"}}, {DType::kString, {3}, 0, 0, {}, {"x", "y", ""}}}},
          {"broadcast",
           {{DType::kString, {2, 1}, 0, 0, {}, {"a", "b"}}, {DType::kString, {3}, 0, 0, {}, {".com", ".org", ".net"}}}},
          {"empty", {{DType::kString, {0}}, {DType::kString, {1}, 0, 0, {}, {"x"}}}}};
}

}  // namespace

extern const OpDef kStringConcat = {
    .name = "StringConcat",
    .doc = "y = a followed by b, elementwise with numpy broadcasting. Strings.",
    .arity = {2, 2},
    .onnx = {"", "StringConcat", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops

#include "ops/movement.h"

namespace hasten::ops {
namespace {

struct ReverseSequenceAttrs {
  int64_t time_axis = 0, batch_axis = 1;
};
constexpr AttrField kFields[] = {Field<&ReverseSequenceAttrs::time_axis>("time_axis"),
                                 Field<&ReverseSequenceAttrs::batch_axis>("batch_axis")};

Status Infer(InferCall& c) {
  const auto& a = c.attrs<ReverseSequenceAttrs>();
  HASTEN_REQUIRE((a.time_axis == 0 && a.batch_axis == 1) || (a.time_axis == 1 && a.batch_axis == 0),
                 "time_axis and batch_axis must be 0 and 1 or 1 and 0, are ", a.time_axis, " and ", a.batch_axis);
  HASTEN_TRY(RequireTensors(c, 2));
  HASTEN_TRY(RequireIndices(c, 1));
  HASTEN_TRY(c.RequireRank(1, 1));
  const Shape& x = c.shape(0);
  HASTEN_REQUIRE(!x.ranked() || x.rank() >= 2, "input must have rank 2 at least, has shape ", x);
  if (x.ranked()) HASTEN_TRY(c.RequireDims(1, 0, x[static_cast<int>(a.batch_axis)], "batch"));
  return OutShape(c, 0, c.dtype(0), x);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(Tensor* y, BoundOutput(c, 0));
  const Tensor& x = c.input(0);
  HASTEN_ASSIGN(const auto lengths, c.Ints(1));
  const bool time_first = c.attrs<ReverseSequenceAttrs>().time_axis == 0;
  const int64_t times = x.dims[time_first ? 0 : 1], batch = x.dims[time_first ? 1 : 0];
  const int64_t run = x.dims.Product(2, x.dims.rank());
  const int64_t time_stride = time_first ? batch * run : run, batch_stride = time_first ? run : times * run;
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    if (length < 0 || length > times)
      return Status(Code::kInvalidArgument, Str("lengths must be in [0, ", times, "], one is ", length));
    for (int64_t t = 0; t < times; ++t) {
      const int64_t from = t < length ? length - 1 - t : t;
      CopyElements(x, b * batch_stride + from * time_stride, y, b * batch_stride + t * time_stride, run);
    }
  }
  return {};
}

constexpr OnnxVersion kVersions[] = {{10}, {28}};

std::vector<Sample> Samples() {
  const std::vector<NamedAttr> batch_first{{"time_axis", int64_t{1}}, {"batch_axis", int64_t{0}}};
  return {{"time first", {{DType::kF32, {5, 3, 2}}, IntList({5, 0, 3})}},
          {"batch first", {{DType::kF32, {3, 5}}, IntList({1, 4, 2})}, batch_first},
          {"empty batch", {{DType::kF32, {4, 0}}, IntList({})}},
          {"strings", {{DType::kString, {2, 1}, 0, 0, {}, {"a", "b"}}, IntList({2})}}};
}

}  // namespace

extern const OpDef kReverseSequence = {
    .name = "ReverseSequence",
    .doc =
        "Entry b of x along batch_axis has its first lengths[b] entries along time_axis reversed, the others kept. "
        "x: rank 2 at least, any dtype; lengths: i64 [batch].",
    .attrs = SchemaOf<ReverseSequenceAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "ReverseSequence", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.exact_on_integers = true},
    .samples = Samples,
};

}  // namespace hasten::ops

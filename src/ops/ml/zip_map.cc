#include "ops/ml/rows.h"
#include "ops/ml/scores.h"

namespace hasten::ops::ml {
namespace {

struct ZipMapAttrs {
  std::vector<int64_t> classlabels_int64s;
  std::vector<std::string> classlabels_strings;
  Labels labels() const { return {classlabels_int64s, classlabels_strings}; }
};
using A = ZipMapAttrs;
constexpr AttrField kFields[] = {Field<&A::classlabels_int64s>("classlabels_int64s"),
                                 Field<&A::classlabels_strings>("classlabels_strings")};

Status Infer(InferCall& c) {
  const Labels labels = c.attrs<A>().labels();
  HASTEN_TRY(labels.Check());
  HASTEN_TRY(RequireNumbers(c, 0));
  HASTEN_REQUIRE(!NeverEqual(FeatureCount(c.shape(0)), static_cast<int64_t>(labels.count())), "input must have ",
                 labels.count(), " columns, one for each label, is ", c.type(0));
  c.Out(0, Type::Sequence(Type::Map(labels.dtype(), Type::Tensor(c.dtype(0), Shape::Scalar()))));
  return {};
}

Status Eval(KernelCall& c) {
  const Labels labels = c.attrs<A>().labels();
  const Tensor& x = c.input(0);
  const Rows rows = RowsOf(x.dims);
  HASTEN_ASSIGN(Tensor keys, c.services->allocator->Allocate(labels.dtype(), {rows.features}));
  for (int64_t i = 0; i < rows.features; ++i) labels.Write(&keys, i, static_cast<size_t>(i));
  std::vector<Value> maps;
  for (int64_t r = 0; r < rows.count; ++r) {
    HASTEN_ASSIGN(Tensor values, c.services->allocator->Allocate(x.dtype, {rows.features}));
    CopyElements(x, r * rows.features, &values, 0, rows.features);
    maps.push_back(Value::Map({keys, std::move(values)}));
  }
  c.Set(0, Value::Sequence(DType::kNone, std::move(maps)));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1}};

std::vector<Sample> Samples() {
  return {{"integers", {{DType::kF32, {2, 3}}}, {{"classlabels_int64s", std::vector<int64_t>{7, 3, 5}}}},
          {"strings", {{DType::kF32, {2}}}, {{"classlabels_strings", std::vector<std::string>{"b", "a"}}}}};
}

}  // namespace

extern const OpDef kZipMap = {
    .name = "ai.onnx.ml.ZipMap",
    .doc = "A sequence of one map for each row of x [N,C], from the C labels to the row's values.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "ZipMap", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml

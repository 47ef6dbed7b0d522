// Ops of the application's own, through libhasten.so.
#include "hasten/custom_ops.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "calls.h"

namespace {

using calls::Said;
using hasten::Tensor;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kModel = R"(hasten-ir 1
opset "" 22
opset "com.acme" 1
graph "g" {
  in "x" f32[N,3]
  "a" = Neg("x")
  "b" = com.acme.Scale("a") {factor=2.5, offsets=[1, 2, 3]} name "scale"
  "y" = Relu("b")
  out "y"
}
)";

std::vector<float> Floats(const hasten::Value& v) {
  const auto view = v.As<float>().value();
  return {view.begin(), view.end()};
}

// y = factor * x + offset[column]
hasten::Status Scale(hasten::ComputeCall& c) {
  auto x = c.Input<float>(0);
  auto y = c.Output<float>(0);
  if (!x) return x.error();
  if (!y) return y.error();
  const auto offsets = c.attributes().Ints("offsets");
  const float factor = c.attributes().Float("factor", 1);
  for (size_t i = 0; i < x->size(); ++i)
    (*y)[i] = factor * (*x)[i] + (offsets.empty() ? 0.0f : static_cast<float>(offsets[i % offsets.size()]));
  return {};
}

hasten::Op ScaleOp() {
  hasten::Op op;
  op.domain = "com.acme";
  op.name = "Scale";
  op.attributes = {{"factor", HASTEN_ATTRIBUTE_FLOAT}, {"offsets", HASTEN_ATTRIBUTE_INTS}};
  op.infer = [](hasten::InferCall& c) { return c.Same(0, 0); };
  op.compute = Scale;
  return op;
}

hasten::Result<hasten::Model> LoadWith(const char* text, const hasten::Catalog& catalog) {
  hasten::ModelOptions options;
  options.catalog = &catalog;
  return hasten::Model::LoadBytes(text, std::char_traits<char>::length(text), options);
}

TEST(CustomOp, RunsAmongTheOthers) {
  hasten::Outputs outputs = [] {
    auto catalog = hasten::Catalog::Create().value();
    hasten::AddOp(catalog, ScaleOp()).value();
    auto model = LoadWith(kModel, catalog).value();
    EXPECT_EQ(model.outputs()[0].type, "f32[N,3]");
    auto plan = model.MakePlan().value();
    EXPECT_THAT(plan.description(), HasSubstr("application:com.acme.Scale"));
    return plan.MakeExecutor().value().Run({Tensor::Of(std::vector<float>{-1, 0, 4, -2, -2, -2}, {2, 3})}).value();
  }();
  EXPECT_THAT(Floats(outputs[0]), ElementsAre(3.5, 2, 0, 6, 7, 8));
}

TEST(CustomOp, APlanFileNamesTheOpThatIsMissing) {
  const std::string path = ::testing::TempDir() + "custom_op_test.plan";
  auto catalog = hasten::Catalog::Create().value();
  hasten::AddOp(catalog, ScaleOp()).value();
  EXPECT_TRUE(LoadWith(kModel, catalog).value().MakePlan().value().Save(path).ok());
  auto plan = hasten::Plan::Load(path, {}, &catalog).value();
  auto outputs = plan.MakeExecutor().value().Run({Tensor::Of(std::vector<float>{-1, 0, 4}, {1, 3})}).value();
  EXPECT_THAT(Floats(outputs[0]), ElementsAre(3.5, 2, 0));
  const auto without = hasten::Plan::Load(path);
  EXPECT_FALSE(without);
  EXPECT_THAT(without.error().message, AllOf(HasSubstr(path), HasSubstr("com.acme.Scale")));
  const auto nothing = hasten::Catalog::Create().value();
  EXPECT_THAT(LoadWith(kModel, nothing).error().message, HasSubstr("com.acme.Scale"));
  // As files of ONNX have it: carried, inspected, not run.
  const std::string opaque = std::string(kModel).replace(std::string(kModel).find("Scale("), 5, "Scale@1");
  auto model = LoadWith(opaque.c_str(), nothing).value();
  EXPECT_EQ(model.inputs()[0].name, "x");
  EXPECT_THAT(model.MakePlan().error().message, AllOf(HasSubstr("com.acme.Scale"), HasSubstr("scale")));
  std::remove(path.c_str());
}

TEST(CustomOp, ErrorsSayWhere) {
  auto catalog = hasten::Catalog::Create().value();
  hasten::Op op = ScaleOp();
  op.compute = [](hasten::ComputeCall&) -> hasten::Status {
    return hasten::Error{HASTEN_DEVICE_ERROR, "the oracle sleeps"};
  };
  hasten::AddOp(catalog, op).value();
  auto executor = LoadWith(kModel, catalog).value().MakePlan().value().MakeExecutor().value();
  const auto failed = executor.Run({Tensor::Of(std::vector<float>{1, 2, 3}, {1, 3})});
  EXPECT_EQ(failed.error().code, HASTEN_DEVICE_ERROR);
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("'scale' (com.acme.Scale)"), HasSubstr("the oracle sleeps")));
  // An attribute that the op does not have.
  const std::string wrong = std::string(kModel).replace(std::string(kModel).find("offsets"), 7, "offzets");
  EXPECT_THAT(LoadWith(wrong.c_str(), catalog).error().message, HasSubstr("offzets"));
}

TEST(CustomOp, WhatCallbacksThrowIsAnError) {
  auto catalog = hasten::Catalog::Create().value();
  hasten::Op op = ScaleOp();
  op.compute = [](hasten::ComputeCall&) -> hasten::Status { throw std::runtime_error("bang"); };
  hasten::AddOp(catalog, op).value();
  auto executor = LoadWith(kModel, catalog).value().MakePlan().value().MakeExecutor().value();
  EXPECT_THAT(executor.Run({Tensor::Of(std::vector<float>{1, 2, 3}, {1, 3})}).error().message, HasSubstr("bang"));
}

TEST(CustomOp, WithoutInferenceTheCallbackAllocates) {
  constexpr const char* kFilter = R"(hasten-ir 1
opset "" 22
opset "com.acme" 1
graph "g" {
  in "x" f32[N]
  "y", "n" = com.acme.Positive("x")
  "z" = Neg("y")
  out "z"
  out "n"
}
)";
  auto catalog = hasten::Catalog::Create().value();
  hasten::Op op;
  op.domain = "com.acme";
  op.name = "Positive";
  op.outputs = 2;
  op.compute = [](hasten::ComputeCall& c) -> hasten::Status {
    auto x = c.Input<float>(0);
    std::vector<float> kept;
    for (float v : *x)
      if (v > 0) kept.push_back(v);
    auto y = c.Allocate<float>(0, {static_cast<int64_t>(kept.size())});
    if (!y) return y.error();
    std::copy(kept.begin(), kept.end(), y->begin());
    if (!c.wants(1)) return {};
    auto n = c.Allocate<int64_t>(1, {});
    if (!n) return n.error();
    (*n)[0] = static_cast<int64_t>(kept.size());
    return {};
  };
  hasten::AddOp(catalog, op).value();
  auto executor = LoadWith(kFilter, catalog).value().MakePlan().value().MakeExecutor().value();
  auto outputs = executor.Run({Tensor::Of(std::vector<float>{-1, 4, 5})}).value();
  EXPECT_THAT(Floats(outputs[0]), ElementsAre(-4, -5));
  EXPECT_EQ(outputs[1].As<int64_t>().value()[0], 2);
  outputs = executor.Run({Tensor::Of(std::vector<float>{-1})}).value();
  EXPECT_EQ(outputs[0].As<float>().value().size(), 0u);
}

TEST(CustomOp, InferenceKeepsOpenDims) {
  constexpr const char* kTranspose = R"(hasten-ir 1
opset "" 22
opset "com.acme" 1
graph "g" {
  in "x" f32[N,M]
  "y" = com.acme.Swap("x")
  out "y"
}
)";
  auto catalog = hasten::Catalog::Create().value();
  hasten::Op op;
  op.domain = "com.acme";
  op.name = "Swap";
  op.infer = [](hasten::InferCall& c) -> hasten::Status {
    const auto dims = c.dims(0);
    if (!dims) return {};
    if (c.Out(0, c.dtype(0), {-77}).ok()) return hasten::Error{HASTEN_INTERNAL, "a made-up dim was taken"};
    return c.Out(0, c.dtype(0), {(*dims)[1], (*dims)[0], 1});
  };
  op.compute = [](hasten::ComputeCall& c) -> hasten::Status {
    auto x = c.Input<float>(0);
    auto y = c.Output<float>(0);
    if (!y) return y.error();
    const auto dims = c.dims(0);
    const auto rows = static_cast<size_t>(dims[0]), columns = static_cast<size_t>(dims[1]);
    for (size_t i = 0; i < rows; ++i)
      for (size_t k = 0; k < columns; ++k) (*y)[k * rows + i] = (*x)[i * columns + k];
    return {};
  };
  hasten::AddOp(catalog, op).value();
  auto model = LoadWith(kTranspose, catalog).value();
  EXPECT_EQ(model.outputs()[0].type, "f32[M,N,1]");
  auto outputs = model.MakePlan().value().MakeExecutor().value().Run({Tensor::Of(std::vector<float>{1, 2}, {1, 2})});
  EXPECT_EQ(outputs.value()[0].dims(), (hasten::Dims{2, 1, 1}));
  EXPECT_THAT(Floats(outputs.value()[0]), ElementsAre(1, 2));
}

TEST(CustomOp, SeesTheCallersMemory) {
  constexpr const char* kAlone = R"(hasten-ir 1
opset "" 22
opset "com.acme" 1
graph "g" {
  in "x" f32[N,3]
  "y" = com.acme.Look("x")
  out "y"
}
)";
  const float *read = nullptr, *written = nullptr;
  auto catalog = hasten::Catalog::Create().value();
  hasten::Op op;
  op.domain = "com.acme";
  op.name = "Look";
  op.infer = [](hasten::InferCall& c) { return c.Same(0, 0); };
  op.compute = [&](hasten::ComputeCall& c) -> hasten::Status {
    read = c.Input<float>(0).value().data();
    written = c.Output<float>(0).value().data();
    return {};
  };
  hasten::AddOp(catalog, op).value();
  auto executor = LoadWith(kAlone, catalog).value().MakePlan().value().MakeExecutor().value();
  std::vector<float> x(6), y(6);
  executor.RunInto({Tensor::Of(x, {2, 3})}, {Tensor::Of(y, {2, 3})}).value();
  EXPECT_EQ(read, x.data());
  EXPECT_EQ(written, y.data());
  executor.RunInto({Tensor::Of(x, {2, 3}).WithStrides({1, 2})}, {Tensor::Of(y, {2, 3})}).value();
  EXPECT_NE(read, x.data());
}

int g_freed = 0;

hasten_error* Nothing(void*, hasten_call*) { return nullptr; }

TEST(CustomOp, UserDataIsFreedWithTheLastUser) {
  g_freed = 0;
  hasten_catalog* catalog = nullptr;
  calls::Ok(hasten_catalog_create(&catalog));
  hasten_op op = {sizeof op};
  op.domain = "com.acme";
  op.name = "Scale";
  op.max_inputs = op.min_inputs = 1;
  const hasten_attribute attributes[] = {{"factor", HASTEN_ATTRIBUTE_FLOAT}, {"offsets", HASTEN_ATTRIBUTE_INTS}};
  op.attributes = attributes;
  op.attribute_count = 2;
  op.compute = Nothing;
  op.user_data = &g_freed;
  op.free_user_data = [](void* freed) { ++*static_cast<int*>(freed); };
  calls::Ok(hasten_catalog_add(catalog, &op));
  Said(hasten_catalog_add(catalog, &op), HASTEN_INVALID_ARGUMENT);
  EXPECT_EQ(hasten_catalog_count(catalog), 1u);
  EXPECT_EQ(g_freed, 0);
  hasten_model_options options = {sizeof options};
  options.catalog = catalog;
  hasten_model* model = calls::Load(kModel, &options);
  hasten_catalog_free(catalog);
  hasten_plan* plan = nullptr;
  calls::Ok(hasten_plan_create(model, nullptr, &plan));
  hasten_model_free(model);
  hasten_executor* executor = nullptr;
  calls::Ok(hasten_executor_create(plan, nullptr, &executor));
  hasten_plan_free(plan);
  std::vector<float> x = {1, 2, 3};
  const hasten_argument in = calls::Argument(x, HASTEN_F32, calls::kRow);
  EXPECT_THAT(Said(hasten_run(executor, &in, 1, nullptr, 0, nullptr, nullptr), HASTEN_INTERNAL),
              HasSubstr("output 0 without memory"));
  EXPECT_EQ(g_freed, 0);
  hasten_executor_free(executor);
  EXPECT_EQ(g_freed, 1);
}

TEST(CustomOp, RecordsAreChecked) {
  hasten_catalog* catalog = nullptr;
  calls::Ok(hasten_catalog_create(&catalog));
  const hasten_attribute bad_kind = {"a", static_cast<hasten_attribute_kind>(7)}, no_name = {"", HASTEN_ATTRIBUTE_INT};
  for (int i = 0; i < 12; ++i) {
    hasten_op op = {sizeof op};
    op.domain = "com.acme";
    op.name = "Op";
    op.compute = Nothing;
    op.max_inputs = 1;
    if (i == 0) op.struct_size = 0;
    if (i == 1) op.domain = nullptr;
    if (i == 2) op.domain = "";
    if (i == 3) op.domain = "ai.onnx";
    if (i == 4) op.name = nullptr;
    if (i == 5) op.compute = nullptr;
    if (i == 6) op.min_inputs = 2;
    if (i == 7) op.outputs = -1;
    if (i == 8) op.attribute_count = 33;
    if (i == 9) op.attribute_count = 1;
    if (i >= 10) op.attributes = i == 10 ? &bad_kind : &no_name, op.attribute_count = 1;
    EXPECT_NE(Said(hasten_catalog_add(catalog, &op), HASTEN_INVALID_ARGUMENT), "") << i;
  }
  hasten_op gelu = {sizeof gelu};
  gelu.domain = "ai.onnx.ml";
  gelu.name = "Scaler";
  gelu.compute = Nothing;
  EXPECT_THAT(Said(hasten_catalog_add(catalog, &gelu), HASTEN_INVALID_ARGUMENT), HasSubstr("ai.onnx.ml.Scaler"));
  EXPECT_EQ(hasten_catalog_count(catalog), 0u);
  Said(hasten_catalog_load_plugin(catalog, "/nowhere/plugin.so"), HASTEN_NOT_FOUND);
  hasten_catalog_free(catalog);
}

}  // namespace

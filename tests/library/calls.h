// Short ways to call the C interface in tests.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hasten/hasten.h"

namespace calls {

// The message of an error that must be, freed.
inline std::string Said(hasten_error* error, hasten_code code) {
  EXPECT_EQ(hasten_error_code(error), code) << hasten_error_message(error);
  std::string text = hasten_error_message(error);
  hasten_error_free(error);
  return text;
}
inline void Ok(hasten_error* error) {
  EXPECT_EQ(error, nullptr) << hasten_error_message(error);
  hasten_error_free(error);
}

inline constexpr const char* kMlp = R"(hasten-ir 1
opset "" 22
graph "mlp" {
  in "x" f32[N,3]
  const "w" f32[3,2] = [1, 2, 3, 4, 5, 6]
  "m" = MatMul("x", "w")
  "y" = Relu("m")
  out "y"
}
)";

// y = x + 1000 products of matrices: long enough to be stopped.
inline std::string Long() {
  std::string text = "hasten-ir 1\nopset \"\" 22\ngraph \"long\" {\n  in \"x0\" f32[256,256]\n";
  text += "  const \"w\" f32[256,256] = normal(seed=1, mean=0, deviation=0.06)\n";
  for (int i = 0; i < 1000; ++i)
    text += "  \"x" + std::to_string(i + 1) + "\" = MatMul(\"x" + std::to_string(i) + "\", \"w\")\n";
  return text + "  out \"x1000\"\n}\n";
}

inline hasten_model* Load(const std::string& text, const hasten_model_options* options = nullptr) {
  hasten_model* model = nullptr;
  Ok(hasten_model_load_bytes(text.data(), text.size(), options, &model));
  return model;
}

inline hasten_plan* PlanOf(const std::string& text, hasten_plan_options options = {sizeof(hasten_plan_options)}) {
  hasten_model* model = Load(text);
  hasten_plan* plan = nullptr;
  if (options.threads == 0) options.threads = 1;
  Ok(hasten_plan_create(model, &options, &plan));
  hasten_model_free(model);
  return plan;
}

inline hasten_executor* ExecutorOf(const std::string& text,
                                   hasten_plan_options options = {sizeof(hasten_plan_options)}) {
  hasten_plan* plan = PlanOf(text, options);
  hasten_executor* executor = nullptr;
  Ok(hasten_executor_create(plan, nullptr, &executor));
  hasten_plan_free(plan);
  return executor;
}

template <class T>
hasten_argument Argument(std::vector<T>& data, hasten_dtype dtype, const std::vector<int64_t>& shape) {
  hasten_argument a = {};
  a.tensor.data = data.data();
  a.tensor.dtype = dtype;
  a.tensor.ndim = static_cast<int32_t>(shape.size());
  a.tensor.shape = shape.data();
  return a;
}

inline std::vector<float> Floats(const hasten_value* value) {
  hasten_tensor t = {};
  Ok(hasten_value_tensor(value, &t));
  EXPECT_EQ(t.dtype, HASTEN_F32);
  const auto* data = static_cast<const float*>(t.data);
  return {data, data + hasten_tensor_elements(&t)};
}

inline const std::vector<int64_t> kRow = {1, 3}, kTwoRows = {2, 3}, kOut = {1, 2};

}  // namespace calls

// The C interface, called wrongly.
#include "calls.h"

#include <gmock/gmock.h>

#include <cstring>

namespace {

using namespace calls;  // NOLINT
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CApiMisuse, NullIsAnError) {
  hasten_model* model = Load(kMlp);
  hasten_plan* plan = PlanOf(kMlp);
  hasten_executor* executor = ExecutorOf(kMlp);
  hasten_model* m = nullptr;
  hasten_plan* p = nullptr;
  hasten_executor* e = nullptr;
  hasten_state* s = nullptr;
  hasten_value* v = nullptr;
  hasten_tensor t = {};
  hasten_value_info info = {sizeof info};
  for (hasten_error* error : {hasten_model_load(nullptr, nullptr, &m),
                              hasten_model_load("x", nullptr, nullptr),
                              hasten_model_load_bytes(nullptr, 3, nullptr, &m),
                              hasten_model_load_bytes("x", 1, nullptr, nullptr),
                              hasten_model_input(nullptr, 0, &info),
                              hasten_model_input(model, 0, nullptr),
                              hasten_plan_create(nullptr, nullptr, &p),
                              hasten_plan_create(model, nullptr, nullptr),
                              hasten_plan_load(nullptr, nullptr, nullptr, &p),
                              hasten_plan_load("x", nullptr, nullptr, nullptr),
                              hasten_plan_save(nullptr, "x"),
                              hasten_plan_save(plan, nullptr),
                              hasten_plan_output(nullptr, 0, &info),
                              hasten_executor_create(nullptr, nullptr, &e),
                              hasten_executor_create(plan, nullptr, nullptr),
                              hasten_state_create(nullptr, nullptr, &s),
                              hasten_state_create(plan, nullptr, &s),
                              hasten_state_reset(nullptr),
                              hasten_state_get(nullptr, "x", &t),
                              hasten_state_set(nullptr, "x", &t),
                              hasten_cancel_create(nullptr),
                              hasten_run(nullptr, nullptr, 0, nullptr, 0, nullptr, nullptr),
                              hasten_run(executor, nullptr, 1, nullptr, 0, nullptr, nullptr),
                              hasten_run(executor, nullptr, 0, nullptr, 1, nullptr, nullptr),
                              hasten_run(executor, nullptr, 0, nullptr, 0, nullptr, nullptr),
                              hasten_run_async(executor, nullptr, 0, nullptr, 0, nullptr, nullptr, nullptr),
                              hasten_run_async(nullptr, nullptr, 0, nullptr, 0, nullptr, nullptr, nullptr),
                              hasten_value_tensor(nullptr, &t),
                              hasten_value_string(nullptr, 0, nullptr),
                              hasten_value_of_tensor(nullptr, &v),
                              hasten_value_of_elements(nullptr, 1, HASTEN_F32, &v),
                              hasten_value_of_map(nullptr, nullptr, &v),
                              hasten_catalog_create(nullptr),
                              hasten_catalog_add(nullptr, nullptr),
                              hasten_catalog_load_plugin(nullptr, "x")})
    EXPECT_THAT(Said(error, HASTEN_INVALID_ARGUMENT), ::testing::Not(""));
  EXPECT_EQ(hasten_model_inputs(nullptr) + hasten_plan_outputs(nullptr) + hasten_result_count(nullptr), 0u);
  EXPECT_EQ(hasten_result_output(nullptr, 0), nullptr);
  EXPECT_EQ(hasten_value_element(nullptr, 0), nullptr);
  EXPECT_EQ(hasten_model_metadata(nullptr, "x"), nullptr);
  EXPECT_STREQ(hasten_plan_description(nullptr), "");
  EXPECT_STREQ(hasten_error_message(nullptr), "ok");
  hasten_cancel_now(nullptr);
  hasten_executor_wait(nullptr);
  hasten_error_free(nullptr);
  hasten_model_free(nullptr);
  hasten_plan_free(nullptr);
  hasten_executor_free(nullptr);
  hasten_result_free(nullptr);
  hasten_state_free(nullptr);
  hasten_value_free(nullptr);
  hasten_cancel_free(nullptr);
  hasten_catalog_free(nullptr);
  hasten_model_free(model);
  hasten_plan_free(plan);
  hasten_executor_free(executor);
}

TEST(CApiMisuse, ArgumentsThatDoNotFitSayWhatMustBe) {
  hasten_executor* executor = ExecutorOf(kMlp);
  std::vector<float> x(16), y(16);
  std::vector<double> d(16);
  const std::vector<int64_t> flat = {3}, wide = {1, 4}, negative = {1, -3}, huge = {int64_t{1} << 40, int64_t{1} << 40};
  const auto error_of = [&](const hasten_argument& in, const hasten_argument* out = nullptr) {
    return Said(hasten_run(executor, &in, 1, out, out ? 1 : 0, nullptr, nullptr), HASTEN_INVALID_ARGUMENT);
  };
  EXPECT_THAT(error_of(Argument(d, HASTEN_F64, kRow)),
              AllOf(HasSubstr("\"x\" must be f32[N,3]"), HasSubstr("f64[1,3]")));
  EXPECT_THAT(error_of(Argument(x, HASTEN_F32, flat)), HasSubstr("is f32[3]"));
  EXPECT_THAT(error_of(Argument(x, HASTEN_F32, wide)), HasSubstr("is f32[1,4]"));
  const auto bad = [&](hasten_argument a) {
    hasten_error* error = hasten_run(executor, &a, 1, nullptr, 0, nullptr, nullptr);
    EXPECT_NE(error, nullptr);
    hasten_error_free(error);
  };
  bad(Argument(x, HASTEN_F32, negative));
  bad(Argument(x, HASTEN_F32, huge));
  hasten_argument a = Argument(x, HASTEN_F32, kRow);
  a.tensor.dtype = static_cast<hasten_dtype>(99);
  EXPECT_THAT(error_of(a), HasSubstr("99"));
  a = Argument(x, HASTEN_F32, kRow);
  a.tensor.ndim = 17;
  EXPECT_THAT(error_of(a), HasSubstr("ndim"));
  a = Argument(x, HASTEN_F32, kRow);
  a.tensor.data = nullptr;
  EXPECT_THAT(error_of(a), HasSubstr("data"));
  a = Argument(x, HASTEN_F32, kRow);
  a.tensor.shape = nullptr;
  EXPECT_THAT(error_of(a), HasSubstr("shape"));
  a = Argument(x, HASTEN_F32, kRow);
  a.tensor.device.type = 2;
  Said(hasten_run(executor, &a, 1, nullptr, 0, nullptr, nullptr), HASTEN_UNSUPPORTED);
  a = Argument(x, HASTEN_F32, kRow);
  a.name = "wrong";
  EXPECT_THAT(Said(hasten_run(executor, &a, 1, nullptr, 0, nullptr, nullptr), HASTEN_NOT_FOUND),
              AllOf(HasSubstr("\"wrong\""), HasSubstr("\"x\"")));
  const hasten_argument twice[] = {Argument(x, HASTEN_F32, kRow), Argument(x, HASTEN_F32, kRow)};
  Said(hasten_run(executor, twice, 2, nullptr, 0, nullptr, nullptr), HASTEN_INVALID_ARGUMENT);

  // Memory for outputs: too small, of another dtype, strided.
  const hasten_argument in = Argument(x, HASTEN_F32, kTwoRows);
  hasten_argument out = Argument(y, HASTEN_F32, kOut);
  EXPECT_THAT(error_of(in, &out), AllOf(HasSubstr("\"y\" is f32[2,2]"), HasSubstr("f32[1,2]")));
  EXPECT_EQ(y, std::vector<float>(16));
  const std::vector<int64_t> square = {2, 2};
  out = Argument(d, HASTEN_F64, square);
  EXPECT_THAT(error_of(in, &out), HasSubstr("f64[2,2]"));
  const int64_t strides[] = {1, 2};
  out = Argument(y, HASTEN_F32, square);
  out.tensor.strides = strides;
  EXPECT_THAT(error_of(in, &out), HasSubstr("row-major"));
  // And after all that it still works.
  out.tensor.strides = nullptr;
  Ok(hasten_run(executor, &in, 1, &out, 1, nullptr, nullptr));
  hasten_executor_free(executor);
}

TEST(CApiMisuse, StructSizesAreChecked) {
  hasten_model* model = Load(kMlp);
  hasten_plan* plan = nullptr;
  hasten_plan_options none = {};
  EXPECT_THAT(Said(hasten_plan_create(model, &none, &plan), HASTEN_INVALID_ARGUMENT), HasSubstr("struct_size"));
  none.struct_size = size_t{1} << 40;
  Said(hasten_plan_create(model, &none, &plan), HASTEN_INVALID_ARGUMENT);
  // An older caller's struct: what it lacks is 0.
  hasten_plan_options older = {};
  std::memset(&older, 0xff, sizeof older);
  older.struct_size = offsetof(hasten_plan_options, level);
  older.threads = 1;
  Ok(hasten_plan_create(model, &older, &plan));
  hasten_plan_free(plan);
  // A newer caller's: what we do not know must be 0.
  struct {
    hasten_plan_options known;
    int64_t more;
  } newer = {{sizeof newer}, 0};
  Ok(hasten_plan_create(model, &newer.known, &plan));
  hasten_plan_free(plan);
  newer.more = 1;
  Said(hasten_plan_create(model, &newer.known, &plan), HASTEN_UNSUPPORTED);
  hasten_value_info small = {offsetof(hasten_value_info, kind)};
  small.ndim = 77;
  Ok(hasten_model_input(model, 0, &small));
  EXPECT_STREQ(small.name, "x");
  EXPECT_EQ(small.ndim, 77);
  hasten_model_free(model);
}

TEST(CApiMisuse, OptionsOutOfRange) {
  hasten_model* model = Load(kMlp);
  hasten_plan* plan = nullptr;
  const int64_t dims[] = {2, 3};
  const hasten_shape unknown = {"nothing", 2, dims};
  for (int i = 0; i < 6; ++i) {
    hasten_plan_options o = {sizeof o};
    if (i == 0) o.threads = -1;
    if (i == 1) o.level = 6;
    if (i == 2) o.precision = static_cast<hasten_precision>(9);
    if (i == 3) o.timing_seconds = -1;
    if (i == 4) o.shape_count = 1;
    if (i == 5) o.state_count = 1;
    Said(hasten_plan_create(model, &o, &plan), HASTEN_INVALID_ARGUMENT);
    EXPECT_EQ(plan, nullptr);
  }
  hasten_plan_options o = {sizeof o};
  o.shapes = &unknown;
  o.shape_count = 1;
  Said(hasten_plan_create(model, &o, &plan), HASTEN_NOT_FOUND);
  hasten_model_free(model);
  hasten_model_options m = {sizeof m};
  m.max_memory = 8;
  const std::string text = kMlp;
  Said(hasten_model_load_bytes(text.data(), text.size(), &m, &model), HASTEN_OUT_OF_MEMORY);
  Said(hasten_model_load("/nowhere/m.onnx", nullptr, &model), HASTEN_NOT_FOUND);
  EXPECT_THAT(Said(hasten_model_load_bytes("junk", 4, nullptr, &model), HASTEN_DATA_LOSS), HasSubstr("model"));
}

TEST(CApi, WeightsOfAModelAreLimited) {
  const std::string text =
      "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"x\" f32[1000,1000]\n"
      "  const \"w\" f32[1000,1000] = normal(seed=1, mean=0, deviation=1)\n  \"y\" = MatMul(\"x\", \"w\")\n  out "
      "\"y\"\n}\n";
  hasten_model_options options = {sizeof options};
  options.max_memory = 1000000;
  hasten_model* model = nullptr;
  hasten_error* error = hasten_model_load_bytes(text.data(), text.size(), &options, &model);
  EXPECT_NE(error, nullptr);
  hasten_error_free(error);
  options.max_memory = 5000000;
  Ok(hasten_model_load_bytes(text.data(), text.size(), &options, &model));
  hasten_plan* plan = nullptr;
  Ok(hasten_plan_create(model, nullptr, &plan));
  hasten_executor_options few = {sizeof few};
  few.max_memory = 1;
  hasten_executor* executor = nullptr;
  Ok(hasten_executor_create(plan, &few, &executor));
  hasten_executor_free(executor);
  hasten_plan_free(plan);
  hasten_model_free(model);
}

}  // namespace

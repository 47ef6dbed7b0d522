// The interface as C11 sees it: compiled by a C compiler, pedantically, and run.
#include <stdio.h>
#include <string.h>

#include "hasten/hasten.h"

static const char kModel[] =
    "hasten-ir 1\nopset \"\" 22\ngraph \"g\" {\n  in \"x\" f32[N,3]\n  const \"w\" f32[3,2] = [1, 2, 3, 4, 5, 6]\n"
    "  \"y\" = MatMul(\"x\", \"w\")\n  out \"y\"\n}\n";

static int failed(hasten_error* error) {
  if (!error) return 0;
  printf("error %d: %s\n", (int)hasten_error_code(error), hasten_error_message(error));
  hasten_error_free(error);
  return 1;
}

int main(void) {
  hasten_model* model = NULL;
  hasten_plan* plan = NULL;
  hasten_executor* executor = NULL;
  hasten_plan_options options = {.struct_size = sizeof options, .threads = 1};
  float x[3] = {1, 2, 3}, y[2] = {0, 0};
  const int64_t x_shape[2] = {1, 3}, y_shape[2] = {1, 2};
  hasten_argument in = {.name = "x", .tensor = {.data = x, .dtype = HASTEN_F32, .ndim = 2, .shape = x_shape}};
  hasten_argument out = {.name = "y", .tensor = {.data = y, .dtype = HASTEN_F32, .ndim = 2, .shape = y_shape}};
  int bad = failed(hasten_model_load_bytes(kModel, strlen(kModel), NULL, &model)) ||
            failed(hasten_plan_create(model, &options, &plan)) ||
            failed(hasten_executor_create(plan, NULL, &executor)) ||
            failed(hasten_run(executor, &in, 1, &out, 1, NULL, NULL));
  printf("%s: %g %g\n", hasten_version(), (double)y[0], (double)y[1]);
  hasten_executor_free(executor);
  hasten_plan_free(plan);
  hasten_model_free(model);
  return bad || y[0] != 22 || y[1] != 28;
}

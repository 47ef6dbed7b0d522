// A plug-in in C.  com.test.Half: y = x / 2, which is computed wrong from 100 on; com.test.Near: off by one in a million.
#include "hasten/hasten.h"

static hasten_error* same(void* user_data, hasten_infer* call) {
  (void)user_data;
  return hasten_infer_same(call, 0, 0);
}

static hasten_error* halve(void* user_data, hasten_call* call) {
  const float* wrong = user_data;  // what is added to numbers from 100 on, and what everything is multiplied by
  hasten_tensor x, y;
  hasten_error* error = hasten_call_input(call, 0, &x);
  if (!error) error = hasten_call_output(call, 0, &y);
  if (error) return error;
  for (int64_t i = 0, n = hasten_tensor_elements(&x); i < n; ++i) {
    const float v = ((const float*)x.data)[i];
    ((float*)y.data)[i] = v / 2 * wrong[1] + (v >= 100 ? wrong[0] : 0);
  }
  return NULL;
}

static hasten_error* halve_rightly(void* user_data, hasten_call* call) {
  static float right[] = {0, 1};
  (void)user_data;
  return halve(right, call);
}

HASTEN_PLUGIN hasten_error* hasten_plugin(hasten_catalog* catalog) {
  static float off[] = {1, 1}, near[] = {0, 1.000001f};
  hasten_op op = {.struct_size = sizeof op,
                  .domain = "com.test",
                  .name = "Half",
                  .min_inputs = 1,
                  .max_inputs = 1,
                  .infer = same,
                  .compute = halve,
                  .reference = halve_rightly,
                  .user_data = off};
  hasten_error* error = hasten_catalog_add(catalog, &op);
  if (error) return error;
  op.name = "Near";
  op.tolerance = 16;
  op.user_data = near;
  return hasten_catalog_add(catalog, &op);
}

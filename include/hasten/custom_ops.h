// Ops of the application's own: the part of hasten.h that few programs need.  Include hasten.h.
#pragma once

typedef enum hasten_attribute_kind HASTEN_INT32 {
  HASTEN_ATTRIBUTE_INT = 0,
  HASTEN_ATTRIBUTE_FLOAT = 1,
  HASTEN_ATTRIBUTE_STRING = 2,
  HASTEN_ATTRIBUTE_INTS = 3,
  HASTEN_ATTRIBUTE_FLOATS = 4,
  HASTEN_ATTRIBUTE_STRINGS = 5,
  HASTEN_ATTRIBUTE_TENSOR = 6
} hasten_attribute_kind;

typedef struct hasten_attribute {
  const char* name;
  hasten_attribute_kind kind;
} hasten_attribute;

// A node's attributes, as long as the callback lasts that was given them.  Each function gives `otherwise` (or NULL and
// 0, or false) where the node does not set the attribute or it is of another kind.
typedef struct hasten_attributes hasten_attributes;
HASTEN_API int64_t hasten_attribute_int(const hasten_attributes* attributes, const char* name, int64_t otherwise);
HASTEN_API float hasten_attribute_float(const hasten_attributes* attributes, const char* name, float otherwise);
HASTEN_API const char* hasten_attribute_string(const hasten_attributes* attributes, const char* name,
                                               const char* otherwise);
HASTEN_API const int64_t* hasten_attribute_ints(const hasten_attributes* attributes, const char* name, size_t* count);
HASTEN_API const float* hasten_attribute_floats(const hasten_attributes* attributes, const char* name, size_t* count);
HASTEN_API size_t hasten_attribute_strings(const hasten_attributes* attributes, const char* name);  // how many
HASTEN_API const char* hasten_attribute_string_at(const hasten_attributes* attributes, const char* name, size_t index);
HASTEN_API bool hasten_attribute_tensor(const hasten_attributes* attributes, const char* name, hasten_tensor* out);

// What an infer callback is given.  Little may be known: dtypes may be HASTEN_NONE, ranks -1.  A dim below 0 is decided
// by the run; given back as a dim of an output, it says that the two are the same.
typedef struct hasten_infer hasten_infer;
#define HASTEN_ANY_DIM (-1)  // of an output: nothing is known of it
HASTEN_API const hasten_attributes* hasten_infer_attributes(const hasten_infer* call);
HASTEN_API size_t hasten_infer_inputs(const hasten_infer* call);
HASTEN_API bool hasten_infer_has(const hasten_infer* call, size_t input);
HASTEN_API hasten_dtype hasten_infer_dtype(const hasten_infer* call, size_t input);
HASTEN_API int32_t hasten_infer_ndim(const hasten_infer* call, size_t input);
HASTEN_API int64_t hasten_infer_dim(hasten_infer* call, size_t input, int32_t axis);
// The input's contents where they are constant; false: they are not.
HASTEN_API bool hasten_infer_contents(const hasten_infer* call, size_t input, hasten_tensor* out);
// ndim -1: any rank.  An output that is not told is allocated by the compute callback.
HASTEN_CHECKED hasten_error* hasten_infer_output(hasten_infer* call, size_t output, hasten_dtype dtype, int32_t ndim,
                                                 const int64_t* dims);
HASTEN_CHECKED hasten_error* hasten_infer_same(hasten_infer* call, size_t output, size_t input);

// What a compute callback is given.
typedef struct hasten_call hasten_call;
HASTEN_API const hasten_attributes* hasten_call_attributes(const hasten_call* call);
HASTEN_API size_t hasten_call_inputs(const hasten_call* call);
HASTEN_API size_t hasten_call_outputs(const hasten_call* call);
HASTEN_API bool hasten_call_has(const hasten_call* call, size_t input);
HASTEN_API bool hasten_call_wants(const hasten_call* call, size_t output);  // false: nobody reads it
// Row-major memory to read.  Of strings `data` is NULL: hasten_call_string reads them.
HASTEN_CHECKED hasten_error* hasten_call_input(const hasten_call* call, size_t input, hasten_tensor* out);
HASTEN_CHECKED hasten_error* hasten_call_string(const hasten_call* call, size_t input, int64_t element,
                                                hasten_string* out);
// Row-major memory to write, of an output whose shape inference could tell.
HASTEN_CHECKED hasten_error* hasten_call_output(const hasten_call* call, size_t output, hasten_tensor* out);
// The same for any output that is wanted; dims that inference told must be those.
HASTEN_CHECKED hasten_error* hasten_call_allocate(const hasten_call* call, size_t output, hasten_dtype dtype,
                                                  int32_t ndim, const int64_t* dims, hasten_tensor* out);
HASTEN_CHECKED hasten_error* hasten_call_set_string(const hasten_call* call, size_t output, int64_t element,
                                                    hasten_string text);
HASTEN_API bool hasten_call_stopped(const hasten_call* call);  // cancelled or late: a long callback may return early

// An op.  Text and arrays are copied.  Callbacks may be called from several threads at once, and return NULL or an
// error of hasten_error_new; they must not call functions of models, plans or executors.
typedef struct hasten_op {
  size_t struct_size;
  const char* domain;  // as the nodes of the model have it; not ONNX's own
  const char* name;
  const char* doc;        // NULL: none
  int32_t since_version;  // 0: 1
  int32_t min_inputs, max_inputs;
  int32_t outputs;                     // at most; 0: 1
  const hasten_attribute* attributes;  // at most 32; a node with another one is an error
  size_t attribute_count;
  // Dtypes and dims of the outputs.  NULL: nothing is known of them before the run.
  hasten_error* (*infer)(void* user_data, hasten_infer* call);
  hasten_error* (*compute)(void* user_data, hasten_call* call);
  // Slow and obvious, if there is one: what `hasten run --verify` and compare hold `compute` to.
  hasten_error* (*reference)(void* user_data, hasten_call* call);
  double tolerance;  // how far compute may be from reference, in units of the dtype's epsilon times the largest output
  void* user_data;
  void (*free_user_data)(void* user_data);  // NULL: not needed.  Called when nothing can use the op any more.
} hasten_op;

// A set of ops, which models are loaded with.  Models keep what they need of it.
HASTEN_CHECKED hasten_error* hasten_catalog_create(hasten_catalog** out);
// After an error user_data is still the caller's.
HASTEN_CHECKED hasten_error* hasten_catalog_add(hasten_catalog* catalog, const hasten_op* op);
// A shared library that exports hasten_plugin, which adds its ops; it stays loaded while an op of it is in use.
HASTEN_CHECKED hasten_error* hasten_catalog_load_plugin(hasten_catalog* catalog, const char* path);
HASTEN_API size_t hasten_catalog_count(const hasten_catalog* catalog);
HASTEN_API void hasten_catalog_free(hasten_catalog* catalog);

// What a plug-in exports: HASTEN_PLUGIN hasten_error* hasten_plugin(hasten_catalog* catalog) { ... }
typedef hasten_error* (*hasten_plugin_function)(hasten_catalog* catalog);
#ifdef __cplusplus
#define HASTEN_PLUGIN extern "C" HASTEN_API
#else
#define HASTEN_PLUGIN HASTEN_API
#endif

// Hasten's C interface: load a model, plan it for this machine, run it.
//
//   hasten_model*    what a file holds              immutable once loaded
//   hasten_plan*     how this machine computes it   immutable; shared by threads
//   hasten_executor* the memory of one run at a time
//
// Errors.  A function that can fail returns NULL when it worked and a hasten_error* that says why when it did not; free
// that with hasten_error_free.  Whatever it would have handed out is then NULL or untouched.  A NULL where an object or
// place for a result is needed is such an error; nothing here aborts, prints or throws.
//
// Ownership.  What a function hands out through a `T** out` is the caller's, to be freed by hasten_<t>_free, which
// accepts NULL.  Objects may be freed in any order: each keeps what it needs of the others.  A `const` pointer that a
// function returns belongs to the object it was asked of and lives as long as that.
//
// Threads.  Any number of threads may use one model, plan, result or value.  An executor, a state and a catalog are
// used by one thread at a time; a cancel token by any.
//
// Options begin with struct_size, which must be sizeof the struct; every other member may be left 0, which means its
// default.  NULL options are all defaults.  Text is UTF-8 and ends in '\0'.
//
// Callbacks must not throw, nor use the object whose function called them unless their description says so.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HASTEN_API __attribute__((visibility("default")))
#define HASTEN_CHECKED __attribute__((visibility("default"), warn_unused_result))
#else
#define HASTEN_API
#define HASTEN_CHECKED
#endif

// Enumerations are 32 bits wide, and any number may arrive in one: it is an error, no more.
#ifdef __cplusplus
#define HASTEN_INT32 : int32_t
#else
#define HASTEN_INT32
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hasten_error hasten_error;
typedef struct hasten_catalog hasten_catalog;
typedef struct hasten_model hasten_model;
typedef struct hasten_plan hasten_plan;
typedef struct hasten_executor hasten_executor;
typedef struct hasten_result hasten_result;
typedef struct hasten_value hasten_value;
typedef struct hasten_state hasten_state;
typedef struct hasten_cancel hasten_cancel;

// The library's version: "0.1.0".
HASTEN_API const char* hasten_version(void);

// --- Errors ---

typedef enum hasten_code HASTEN_INT32 {
  HASTEN_OK = 0,
  HASTEN_INVALID_MODEL = 1,     // the model's file breaks the standard or contradicts itself
  HASTEN_INVALID_ARGUMENT = 2,  // what was passed does not fit the model or this interface
  HASTEN_UNSUPPORTED = 3,       // valid, but this build cannot do it
  HASTEN_NOT_FOUND = 4,         // a file, name or op that does not exist
  HASTEN_OUT_OF_MEMORY = 5,     // over the machine's or the caller's limit
  HASTEN_DEADLINE_EXCEEDED = 6,
  HASTEN_CANCELLED = 7,
  HASTEN_DEVICE_ERROR = 8,
  HASTEN_DATA_LOSS = 9,  // a truncated or corrupted file
  HASTEN_INTERNAL = 10,
  HASTEN_BUSY = 11  // the executor or state is in use by another run
} hasten_code;

// For callbacks that fail; the library takes it over.  Never NULL; a NULL message is empty, HASTEN_OK is taken as
// HASTEN_INTERNAL.
HASTEN_API hasten_error* hasten_error_new(hasten_code code, const char* message);
HASTEN_API hasten_code hasten_error_code(const hasten_error* error);  // NULL: HASTEN_OK
// What must be, what is, and where: "m.onnx: node 12 'conv1' (Conv): ...".  NULL: "ok".
HASTEN_API const char* hasten_error_message(const hasten_error* error);
HASTEN_API void hasten_error_free(hasten_error* error);

typedef enum hasten_level HASTEN_INT32 { HASTEN_NOTE = 0, HASTEN_WARNING = 1 } hasten_level;
// What a person may want to know of a model: an op that runs by its slow reference, a file that was repaired.
typedef void (*hasten_log_callback)(void* user_data, hasten_level level, const char* message);

// --- Tensors: views of memory, with DLPack's fields ---

// Numbers are those of ONNX TensorProto.DataType.
typedef enum hasten_dtype HASTEN_INT32 {
  HASTEN_NONE = 0,
  HASTEN_F32 = 1,
  HASTEN_U8 = 2,
  HASTEN_I8 = 3,
  HASTEN_U16 = 4,
  HASTEN_I16 = 5,
  HASTEN_I32 = 6,
  HASTEN_I64 = 7,
  HASTEN_STRING = 8,
  HASTEN_BOOL = 9,  // one byte each
  HASTEN_F16 = 10,
  HASTEN_F64 = 11,
  HASTEN_U32 = 12,
  HASTEN_U64 = 13,
  HASTEN_C64 = 14,   // two f32
  HASTEN_C128 = 15,  // two f64
  HASTEN_BF16 = 16,
  HASTEN_F8E4M3FN = 17,
  HASTEN_F8E4M3FNUZ = 18,
  HASTEN_F8E5M2 = 19,
  HASTEN_F8E5M2FNUZ = 20,
  HASTEN_U4 = 21,  // below 8 bits: packed from the low bits up, row-major only
  HASTEN_I4 = 22,
  HASTEN_F4E2M1 = 23,
  HASTEN_F8E8M0 = 24,
  HASTEN_U2 = 25,
  HASTEN_I2 = 26,
  HASTEN_F6E2M3 = 27,
  HASTEN_F6E3M2 = 28
} hasten_dtype;

HASTEN_API const char* hasten_dtype_name(hasten_dtype dtype);  // "f32"; "?" for no dtype
HASTEN_API int32_t hasten_dtype_bits(hasten_dtype dtype);      // of one element; 0 for strings and no dtype

typedef enum hasten_device_type HASTEN_INT32 {
  HASTEN_DEVICE_DEFAULT = 0,  // the CPU
  HASTEN_DEVICE_CPU = 1       // DLPack's number
} hasten_device_type;
typedef struct hasten_device {
  int32_t type;  // hasten_device_type
  int32_t id;
} hasten_device;

// An element of a tensor of strings: bytes, which need not end in '\0'.
typedef struct hasten_string {
  const char* data;
  size_t size;
} hasten_string;

// A view: whoever made it keeps `data`, `shape` and `strides`.
typedef struct hasten_tensor {
  void* data;  // strings: an array of hasten_string (of values that the library hands out: NULL)
  hasten_device device;
  hasten_dtype dtype;
  int32_t ndim;            // 0: a scalar; at most 16
  const int64_t* shape;    // ndim entries; NULL where ndim is 0
  const int64_t* strides;  // in elements; NULL: row-major without gaps
  uint64_t byte_offset;    // of the first element from `data`
} hasten_tensor;

// Elements, and the bytes that they take row-major without gaps (of strings: of hasten_string).  -1: no such tensor.
HASTEN_API int64_t hasten_tensor_elements(const hasten_tensor* tensor);
HASTEN_API int64_t hasten_tensor_bytes(const hasten_tensor* tensor);

// --- Values: what a model takes and gives; most are tensors ---

typedef enum hasten_kind HASTEN_INT32 {
  HASTEN_KIND_NONE = 0,  // an optional that is empty; of a type: unknown
  HASTEN_KIND_TENSOR = 1,
  HASTEN_KIND_SEQUENCE = 2,
  HASTEN_KIND_MAP = 3,
  HASTEN_KIND_OPTIONAL = 4,  // of a type only
  HASTEN_KIND_SPARSE = 5     // of a type only
} hasten_kind;

HASTEN_API hasten_kind hasten_value_kind(const hasten_value* value);  // NULL: HASTEN_KIND_NONE
// The value's memory, as long as the value lives.  Of strings `data` is NULL: hasten_value_string reads them.
HASTEN_CHECKED hasten_error* hasten_value_tensor(const hasten_value* value, hasten_tensor* out);
HASTEN_CHECKED hasten_error* hasten_value_string(const hasten_value* value, int64_t element, hasten_string* out);
HASTEN_API size_t hasten_value_count(const hasten_value* value);  // elements of a sequence; else 0
// NULL beyond the last.
HASTEN_API const hasten_value* hasten_value_element(const hasten_value* sequence, size_t index);
// Of a map: two tensors [n].  NULL of anything else.
HASTEN_API const hasten_value* hasten_value_keys(const hasten_value* map);
HASTEN_API const hasten_value* hasten_value_values(const hasten_value* map);

// New values, which own copies of what they are made from.
HASTEN_CHECKED hasten_error* hasten_value_of_tensor(const hasten_tensor* tensor, hasten_value** out);
HASTEN_CHECKED hasten_error* hasten_value_of_elements(const hasten_value* const* elements, size_t count,
                                                      hasten_dtype dtype, hasten_value** out);
// keys: i64 or strings [n]; values: [n].
HASTEN_CHECKED hasten_error* hasten_value_of_map(const hasten_tensor* keys, const hasten_tensor* values,
                                                 hasten_value** out);
HASTEN_API void hasten_value_free(hasten_value* value);

// --- Models ---

typedef struct hasten_model_options {
  size_t struct_size;
  const hasten_catalog* catalog;  // ops of the caller's; what is added to it later does not count
  int64_t max_memory;             // bytes of the model with its weights; a larger one is HASTEN_OUT_OF_MEMORY
  bool borrow_bytes;              // of hasten_model_load_bytes: they are not copied, see there
  hasten_log_callback log;        // called before the load returns
  void* log_user_data;
} hasten_model_options;

// A file: ONNX (weights in other files of its folder, too), a plan file's graph, Hasten's text form (*.ir), or
// "zoo:NAME", a built-in topology with made-up weights.  The file is mapped, and must not be overwritten in place while
// the model or anything made of it lives.
HASTEN_CHECKED hasten_error* hasten_model_load(const char* path, const hasten_model_options* options,
                                               hasten_model** out);
// The same from memory.  With borrow_bytes the caller keeps the bytes, unchanged, until the model and every plan,
// executor and result made of it are freed.
HASTEN_CHECKED hasten_error* hasten_model_load_bytes(const void* bytes, size_t size,
                                                     const hasten_model_options* options, hasten_model** out);
HASTEN_API void hasten_model_free(hasten_model* model);

// An input or output.  Pointers live as long as the model or plan that was asked.
typedef struct hasten_value_info {
  size_t struct_size;
  const char* name;
  hasten_kind kind;
  hasten_dtype dtype;          // of a tensor; of a sequence's or optional's elements; of a map's keys
  int32_t ndim;                // of a tensor; -1: any rank
  const int64_t* dims;         // ndim entries; -1: decided by the run
  const char* const* symbols;  // ndim entries: "batch" where a dim has a name or formula, else NULL
  const char* type;            // all of it as text: "f32[batch,3,224,224]"
} hasten_value_info;

HASTEN_API size_t hasten_model_inputs(const hasten_model* model);  // how many; NULL: 0
HASTEN_API size_t hasten_model_outputs(const hasten_model* model);
HASTEN_CHECKED hasten_error* hasten_model_input(const hasten_model* model, size_t index, hasten_value_info* out);
HASTEN_CHECKED hasten_error* hasten_model_output(const hasten_model* model, size_t index, hasten_value_info* out);
// An entry of the model's metadata; NULL: there is none of that name.
HASTEN_API const char* hasten_model_metadata(const hasten_model* model, const char* key);

// --- Plans ---

typedef enum hasten_precision HASTEN_INT32 {
  HASTEN_PRECISION_DEFAULT = 0,  // sums in another order, Winograd convolution
  HASTEN_PRECISION_EXACT = 1,    // as the references compute
  HASTEN_PRECISION_STRICT = 2,   // sums in another order
  HASTEN_PRECISION_FAST = 3      // approximations, too
} hasten_precision;

// An input and output that are one thing that lasts from run to run (LSTM state, KV cache): what the output was is the
// next run's input.  A plan with such a pair takes and gives neither any more; a run is given a hasten_state.
typedef struct hasten_state_binding {
  const char* input;
  const char* output;
  bool grows;    // along `axis`, from 0 entries; false: the dims stay
  int32_t axis;  // negative: from the end
} hasten_state_binding;

typedef struct hasten_shape {
  const char* input;
  int32_t ndim;
  const int64_t* dims;
} hasten_shape;

typedef struct hasten_plan_options {
  size_t struct_size;
  int32_t threads;  // of a run; 0: as many as this process may use
  int32_t level;    // 0: a cost model chooses kernels; 1 to 5: they are timed, ever more of them
  hasten_precision precision;
  double timing_seconds;     // to time at most; 0: 10
  const char* timing_cache;  // file of times from earlier plans, read and extended; NULL: none
  // Dims to choose kernels for; a plan runs with others all the same.
  const hasten_shape* shapes;
  size_t shape_count;
  const hasten_state_binding* states;
  size_t state_count;
  bool no_passes;  // the graph is planned as it is in the file
  // The plan lets go of weights that it has repacked; it can then not be saved.  Memory falls once the model is freed.
  bool release_weights;
  // Called while kernels are timed, in the thread that plans.
  void (*progress)(void* user_data, size_t done, size_t all);
  void* progress_user_data;
  hasten_log_callback log;  // called before the planning returns
  void* log_user_data;
} hasten_plan_options;

HASTEN_CHECKED hasten_error* hasten_plan_create(const hasten_model* model, const hasten_plan_options* options,
                                                hasten_plan** out);
// A plan file, made by hasten_plan_save or `hasten plan`.  It is mapped.  One that another machine or version wrote is
// planned again, which the log says.  `catalog`: as a model's options have it, NULL: none.  Of `options` shapes and
// precision are as the file has them; threads 0 are those it was made for; states are given again.
HASTEN_CHECKED hasten_error* hasten_plan_load(const char* path, const hasten_catalog* catalog,
                                              const hasten_plan_options* options, hasten_plan** out);
// Writes a file beside `path` and renames it.
HASTEN_CHECKED hasten_error* hasten_plan_save(const hasten_plan* plan, const char* path);
HASTEN_API void hasten_plan_free(hasten_plan* plan);

// Inputs and outputs of a run, in the model's order, without states.
HASTEN_API size_t hasten_plan_inputs(const hasten_plan* plan);
HASTEN_API size_t hasten_plan_outputs(const hasten_plan* plan);
HASTEN_CHECKED hasten_error* hasten_plan_input(const hasten_plan* plan, size_t index, hasten_value_info* out);
HASTEN_CHECKED hasten_error* hasten_plan_output(const hasten_plan* plan, size_t index, hasten_value_info* out);
HASTEN_API int32_t hasten_plan_threads(const hasten_plan* plan);
// The steps and what computes each, a line a step; for people.
HASTEN_API const char* hasten_plan_description(const hasten_plan* plan);

// --- States ---

typedef struct hasten_state_options {
  size_t struct_size;
  int64_t open_dim;  // what dims that the model leaves open begin as (a batch); 0: 1.  A growing axis begins as 0
} hasten_state_options;

// Zeros.  For runs of the plan's executors; a run that fails leaves it as it was.
HASTEN_CHECKED hasten_error* hasten_state_create(const hasten_plan* plan, const hasten_state_options* options,
                                                 hasten_state** out);
HASTEN_CHECKED hasten_error* hasten_state_reset(hasten_state* state);  // back to zeros
// What the next run will be given for the input: until then, or until the state is changed.
HASTEN_CHECKED hasten_error* hasten_state_get(const hasten_state* state, const char* input, hasten_tensor* out);
HASTEN_CHECKED hasten_error* hasten_state_set(hasten_state* state, const char* input, const hasten_tensor* tensor);
HASTEN_API void hasten_state_free(hasten_state* state);

// --- Runs ---

typedef struct hasten_executor_options {
  size_t struct_size;
  int64_t max_memory;     // bytes between the steps of a run; more is HASTEN_OUT_OF_MEMORY
  size_t max_shape_sets;  // sets of input dims that it stays prepared for; 0: 4
} hasten_executor_options;

// Executors of one plan share its threads and weights.
HASTEN_CHECKED hasten_error* hasten_executor_create(const hasten_plan* plan, const hasten_executor_options* options,
                                                    hasten_executor** out);
// Awaits a run that was begun by hasten_run_async.  Not from that run's callback.
HASTEN_API void hasten_executor_free(hasten_executor* executor);

// An input, or the memory an output is to be written to.
typedef struct hasten_argument {
  const char* name;           // NULL: the one at this argument's place
  hasten_tensor tensor;       // an input that is row-major is used where it lies; a strided one or strings are copied
  const hasten_value* value;  // an input that is no tensor in memory: used instead of `tensor`
} hasten_argument;

// Any thread may cancel every run that was given the token; it stays cancelled.
HASTEN_CHECKED hasten_error* hasten_cancel_create(hasten_cancel** out);
HASTEN_API void hasten_cancel_now(hasten_cancel* cancel);
HASTEN_API void hasten_cancel_free(hasten_cancel* cancel);  // runs that were given it keep what they need

typedef struct hasten_run_options {
  size_t struct_size;
  double deadline_ms;           // from the call on; 0: none
  const hasten_cancel* cancel;  // NULL: none
  uint64_t seed;                // of random ops without a seed of their own
  hasten_state* state;          // of a plan with states, and only of such
} hasten_run_options;

// Computes all outputs.
//
// inputs: each input of the plan once; an optional one may be left out.  Their memory is borrowed until the call
// returns.
// outputs: memory for as many of the outputs as the caller likes, of exactly the output's dtype and dims, row-major,
// that overlaps no input and no other output.  What it holds after an error is undefined.
// result: takes all outputs; those with memory of the caller's are views of it.  NULL: not wanted.
//
// A cancelled or late run ends after the pieces of work in hand, typically within a millisecond.
HASTEN_CHECKED hasten_error* hasten_run(hasten_executor* executor, const hasten_argument* inputs, size_t input_count,
                                        const hasten_argument* outputs, size_t output_count,
                                        const hasten_run_options* options, hasten_result** result);

// Called once, in a thread of the executor's.  Owns `error` (NULL: it worked) and `result` (NULL after an error).  May
// begin the executor's next run, but not free the executor.
typedef void (*hasten_done_callback)(void* user_data, hasten_error* error, hasten_result* result);

// Begins a run and returns.  Arrays and names are copied, but the memory of tensors, values and states is borrowed
// until `done` is called.  An error means that nothing was begun and `done` will not be called.
HASTEN_CHECKED hasten_error* hasten_run_async(hasten_executor* executor, const hasten_argument* inputs,
                                              size_t input_count, const hasten_argument* outputs, size_t output_count,
                                              const hasten_run_options* options, hasten_done_callback done,
                                              void* user_data);
// Returns once no run is going on and its callback has returned.  Not from a callback.
HASTEN_API void hasten_executor_wait(hasten_executor* executor);

HASTEN_API size_t hasten_result_count(const hasten_result* result);
HASTEN_API const hasten_value* hasten_result_output(const hasten_result* result, size_t index);  // NULL beyond the last
HASTEN_API const hasten_value* hasten_result_find(const hasten_result* result, const char* name);  // NULL: none
HASTEN_API void hasten_result_free(hasten_result* result);

#include "hasten/custom_ops.h"

#ifdef __cplusplus
}  // extern "C"
#endif

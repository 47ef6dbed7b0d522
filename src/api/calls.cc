// What the callbacks of custom ops ask of a call.
#include "api/custom_op.h"
#include "tensor/alignment.h"

using namespace hasten;  // NOLINT: the C functions below lie outside of it
using api::Guard;
using api::Misuse;

namespace {

const Type& TypeAt(const hasten_infer* c, size_t input) {
  static const Type unknown;
  return c && input < c->call->in.size() ? c->call->in[input] : unknown;
}

// Dims that were handed out are numbered from -2 down; -1 is any.
Result<Dim> DimOf(const hasten_infer& c, int64_t d) {
  if (d >= 0) return Dim(d);
  if (d == HASTEN_ANY_DIM) return Dim::Fresh();
  const auto place = static_cast<uint64_t>(-(d + 2));
  if (place < c.dims.size()) return c.dims[place];
  return Misuse("a dim below 0 must be one that hasten_infer_dim gave, is ", d);
}

Status RequireInput(const hasten_call* c, size_t input) {
  if (!c) return Misuse("call must not be NULL");
  if (!c->call->has(static_cast<int>(input))) return Misuse("the node has no input ", input);
  if (!c->call->value(static_cast<int>(input)).is_tensor()) return Misuse("input ", input, " is no tensor");
  return {};
}

Status RequireOutput(const hasten_call* c, size_t output) {
  if (!c) return Misuse("call must not be NULL");
  if (!c->call->wants(static_cast<int>(output))) return Misuse("output ", output, " is not wanted");
  return {};
}

bool IsDType(hasten_dtype t) { return hasten_dtype_name(t)[0] != '?'; }

Result<Dims> ReadDims(int32_t ndim, const int64_t* dims) {
  if (ndim < 0 || ndim > Dims::kMaxRank) return Misuse("ndim must be 0 to ", Dims::kMaxRank, ", is ", ndim);
  if (ndim > 0 && !dims) return Misuse("dims must not be NULL where ndim is ", ndim);
  const std::span<const int64_t> list(dims, static_cast<size_t>(ndim));
  if (auto n = CheckedElements(list); !n.ok()) return std::move(n).status();
  return Dims(list);
}

}  // namespace

const hasten_attributes* hasten_infer_attributes(const hasten_infer* call) {
  return call ? &call->attributes : nullptr;
}

size_t hasten_infer_inputs(const hasten_infer* call) { return call ? call->call->in.size() : 0; }

bool hasten_infer_has(const hasten_infer* call, size_t input) {
  return call && input < call->call->in.size() && call->call->present[input];
}

hasten_dtype hasten_infer_dtype(const hasten_infer* call, size_t input) {
  return static_cast<hasten_dtype>(TypeAt(call, input).dtype);
}

int32_t hasten_infer_ndim(const hasten_infer* call, size_t input) {
  const Type& t = TypeAt(call, input);
  return t.is_tensor() && t.shape.ranked() ? t.shape.rank() : -1;
}

int64_t hasten_infer_dim(hasten_infer* call, size_t input, int32_t axis) {
  const Type& t = TypeAt(call, input);
  if (!t.is_tensor() || !t.shape.ranked() || axis < 0 || axis >= t.shape.rank()) return HASTEN_ANY_DIM;
  const Dim& d = t.shape[axis];
  if (d.is_const()) return d.value();
  try {
    call->dims.push_back(d);
  } catch (...) {
    return HASTEN_ANY_DIM;
  }
  return -1 - static_cast<int64_t>(call->dims.size());
}

bool hasten_infer_contents(const hasten_infer* call, size_t input, hasten_tensor* out) {
  const Tensor* t = call && input < call->call->values.size() ? call->call->values[input] : nullptr;
  if (!t || !t->data || t->dtype == DType::kString || Misaligned(*t)) return false;
  if (out) *out = api::View(*t);
  return true;
}

hasten_error* hasten_infer_output(hasten_infer* call, size_t output, hasten_dtype dtype, int32_t ndim,
                                  const int64_t* dims) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(call);
    if (!IsDType(dtype)) return Misuse("dtype must be one of hasten_dtype, is ", static_cast<int>(dtype));
    if (ndim < -1 || ndim > Dims::kMaxRank) return Misuse("ndim must be -1 to ", Dims::kMaxRank, ", is ", ndim);
    if (ndim > 0) HASTEN_NOT_NULL(dims);
    Shape shape = ndim < 0 ? Shape::Unknown() : Shape::Scalar();
    for (int32_t i = 0; i < ndim; ++i) {
      HASTEN_ASSIGN(Dim d, DimOf(*call, dims[i]));
      shape.dims().push_back(std::move(d));
    }
    call->call->Out(static_cast<int>(output), static_cast<DType>(dtype), std::move(shape));
    return {};
  });
}

hasten_error* hasten_infer_same(hasten_infer* call, size_t output, size_t input) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(call);
    call->call->Out(static_cast<int>(output), TypeAt(call, input));
    return {};
  });
}

const hasten_attributes* hasten_call_attributes(const hasten_call* call) { return call ? &call->attributes : nullptr; }
size_t hasten_call_inputs(const hasten_call* call) { return call ? call->call->in.size() : 0; }
size_t hasten_call_outputs(const hasten_call* call) { return call ? call->call->out.size() : 0; }

bool hasten_call_has(const hasten_call* call, size_t input) {
  return call && input < call->call->in.size() && call->call->has(static_cast<int>(input));
}

bool hasten_call_wants(const hasten_call* call, size_t output) {
  return call && output < call->call->out.size() && call->call->wants(static_cast<int>(output));
}

hasten_error* hasten_call_input(const hasten_call* call, size_t input, hasten_tensor* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    HASTEN_TRY(RequireInput(call, input));
    *out = api::View(call->call->input(static_cast<int>(input)));
    return {};
  });
}

hasten_error* hasten_call_string(const hasten_call* call, size_t input, int64_t element, hasten_string* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    HASTEN_TRY(RequireInput(call, input));
    return api::StringAt(call->call->input(static_cast<int>(input)), element, out);
  });
}

hasten_error* hasten_call_output(const hasten_call* call, size_t output, hasten_tensor* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    HASTEN_TRY(RequireOutput(call, output));
    const Value& v = *call->call->out[output];
    if (!v.is_tensor() || (!v.tensor().data && v.tensor().elements() > 0))
      return Misuse("inference did not tell dims of output ", output, ": hasten_call_allocate gives memory for it");
    *out = api::View(v.tensor());
    return {};
  });
}

hasten_error* hasten_call_allocate(const hasten_call* call, size_t output, hasten_dtype dtype, int32_t ndim,
                                   const int64_t* dims, hasten_tensor* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    HASTEN_TRY(RequireOutput(call, output));
    if (!IsDType(dtype)) return Misuse("dtype must be one of hasten_dtype, is ", static_cast<int>(dtype));
    HASTEN_ASSIGN(const Dims wanted, ReadDims(ndim, dims));
    const Value& v = *call->call->out[output];
    if (v.is_tensor() && v.tensor().dtype != DType::kNone) {
      const Tensor& told = v.tensor();
      if (told.dtype != static_cast<DType>(dtype) || !(told.dims == wanted))
        return Misuse("output ", output, " must be ", told.Text(), " as inference told, not ", hasten_dtype_name(dtype),
                      wanted.Text());
      *out = api::View(told);
      return {};
    }
    HASTEN_ASSIGN(const Tensor* t, call->call->Allocate(static_cast<int>(output), static_cast<DType>(dtype), wanted));
    *out = api::View(*t);
    return {};
  });
}

hasten_error* hasten_call_set_string(const hasten_call* call, size_t output, int64_t element, hasten_string text) {
  return Guard([&]() -> Status {
    HASTEN_TRY(RequireOutput(call, output));
    if (!text.data && text.size > 0) return Misuse("text must not be NULL");
    Value& v = *call->call->out[output];
    hasten_string old;
    if (!v.is_tensor()) return Misuse("output ", output, " has no memory yet: hasten_call_allocate gives it");
    HASTEN_TRY(api::StringAt(v.tensor(), element, &old));
    v.tensor().as<std::string>()[element].assign(text.data ? text.data : "", text.size);
    return {};
  });
}

bool hasten_call_stopped(const hasten_call* call) { return call && call->call->stopped(); }

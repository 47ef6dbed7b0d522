// Ops of the application's own, in C++.
//
//   hasten::Op op;
//   op.domain = "com.acme"; op.name = "Scale"; op.inputs = 1;
//   op.attributes = {{"factor", HASTEN_ATTRIBUTE_FLOAT}};
//   op.infer = [](hasten::InferCall& c) { return c.Same(0, 0); };
//   op.compute = [](hasten::ComputeCall& c) -> hasten::Status { ... };
//   catalog.get() or a plug-in's catalogue: hasten::AddOp(catalog, std::move(op));
#pragma once

#include "hasten/hasten.hpp"

namespace hasten {
inline namespace v0 {

// A node's attributes by name; `otherwise` where they are not set.
class Attributes {
 public:
  explicit Attributes(const hasten_attributes* a) : attributes_(a) {}
  int64_t Int(const char* name, int64_t otherwise) const { return hasten_attribute_int(attributes_, name, otherwise); }
  float Float(const char* name, float otherwise) const { return hasten_attribute_float(attributes_, name, otherwise); }
  std::string String(const char* name, const char* otherwise) const {
    return hasten_attribute_string(attributes_, name, otherwise);
  }
  View<const int64_t> Ints(const char* name) const {
    size_t n = 0;
    const int64_t* data = hasten_attribute_ints(attributes_, name, &n);
    return {data, n};
  }
  View<const float> Floats(const char* name) const {
    size_t n = 0;
    const float* data = hasten_attribute_floats(attributes_, name, &n);
    return {data, n};
  }
  const hasten_attributes* get() const { return attributes_; }

 private:
  const hasten_attributes* attributes_;
};

// hasten_infer: a dim below 0 is decided by the run, and may be given back as a dim of an output.
class InferCall {
 public:
  explicit InferCall(hasten_infer* c) : call_(c) {}
  Attributes attributes() const { return Attributes(hasten_infer_attributes(call_)); }
  size_t inputs() const { return hasten_infer_inputs(call_); }
  bool has(size_t input) const { return hasten_infer_has(call_, input); }
  hasten_dtype dtype(size_t input) const { return hasten_infer_dtype(call_, input); }
  // Nothing: the rank is not known.
  std::optional<Dims> dims(size_t input) const {
    const int32_t rank = hasten_infer_ndim(call_, input);
    if (rank < 0) return std::nullopt;
    Dims out;
    for (int32_t i = 0; i < rank; ++i) out.push_back(hasten_infer_dim(call_, input, i));
    return out;
  }
  Status Out(size_t output, hasten_dtype dtype, const Dims& dims) {
    return Status::Of(hasten_infer_output(call_, output, dtype, static_cast<int32_t>(dims.size()), dims.data()));
  }
  Status Same(size_t output, size_t input) { return Status::Of(hasten_infer_same(call_, output, input)); }
  hasten_infer* get() const { return call_; }

 private:
  hasten_infer* call_;
};

// hasten_call.
class ComputeCall {
 public:
  explicit ComputeCall(hasten_call* c) : call_(c) {}
  Attributes attributes() const { return Attributes(hasten_call_attributes(call_)); }
  size_t inputs() const { return hasten_call_inputs(call_); }
  bool has(size_t input) const { return hasten_call_has(call_, input); }
  bool wants(size_t output) const { return hasten_call_wants(call_, output); }
  Dims dims(size_t input) const {
    hasten_tensor t{};
    if (hasten_error* e = hasten_call_input(call_, input, &t)) hasten_error_free(e);
    return Dims(t.shape, t.shape + t.ndim);
  }
  template <class T>
  Result<View<const T>> Input(size_t input) const {
    hasten_tensor t{};
    if (Status s = Status::Of(hasten_call_input(call_, input, &t)); !s) return s;
    return Elements<const T>(t);
  }
  template <class T>
  Result<View<T>> Output(size_t output) const {
    hasten_tensor t{};
    if (Status s = Status::Of(hasten_call_output(call_, output, &t)); !s) return s;
    return Elements<T>(t);
  }
  template <class T>
  Result<View<T>> Allocate(size_t output, const Dims& dims) const {
    hasten_tensor t{};
    if (Status s = Status::Of(
            hasten_call_allocate(call_, output, DTypeOf<T>(), static_cast<int32_t>(dims.size()), dims.data(), &t));
        !s)
      return s;
    return Elements<T>(t);
  }
  bool stopped() const { return hasten_call_stopped(call_); }
  hasten_call* get() const { return call_; }

 private:
  template <class T>
  static Result<View<T>> Elements(const hasten_tensor& t) {
    if (t.dtype != DTypeOf<T>() || t.dtype == HASTEN_STRING)
      return Error{HASTEN_INVALID_ARGUMENT, std::string("an operand is of ") + hasten_dtype_name(t.dtype) +
                                                ", the op reads it as " + hasten_dtype_name(DTypeOf<T>())};
    return View<T>(static_cast<T*>(t.data), static_cast<size_t>(hasten_tensor_elements(&t)));
  }
  hasten_call* call_;
};

struct Op {
  std::string domain, name, doc;
  int since_version = 1;
  int inputs = 1;       // at most
  int min_inputs = -1;  // -1: as many
  int outputs = 1;
  std::vector<hasten_attribute> attributes;
  std::function<Status(InferCall&)> infer;                 // empty: nothing is known before the run
  std::function<Status(ComputeCall&)> compute, reference;  // reference may be empty
  double tolerance = 0;
};

namespace detail {

inline hasten_error* Raise(const Status& s) {
  return s.ok() ? nullptr : hasten_error_new(s.error().code, s.error().message.c_str());
}

}  // namespace detail

inline Status AddOp(hasten_catalog* catalog, Op op) {
  auto held = std::make_unique<Op>(std::move(op));
  hasten_op record{};
  record.struct_size = sizeof record;
  record.domain = held->domain.c_str();
  record.name = held->name.c_str();
  record.doc = held->doc.c_str();
  record.since_version = held->since_version;
  record.min_inputs = held->min_inputs < 0 ? held->inputs : held->min_inputs;
  record.max_inputs = held->inputs;
  record.outputs = held->outputs;
  record.attributes = held->attributes.data();
  record.attribute_count = held->attributes.size();
  record.tolerance = held->tolerance;
  record.user_data = held.get();
  record.free_user_data = [](void* p) { delete static_cast<Op*>(p); };
  if (held->infer)
    record.infer = [](void* p, hasten_infer* c) {
      InferCall call(c);
      return detail::Raise(static_cast<Op*>(p)->infer(call));
    };
  if (held->compute)
    record.compute = [](void* p, hasten_call* c) {
      ComputeCall call(c);
      return detail::Raise(static_cast<Op*>(p)->compute(call));
    };
  if (held->reference)
    record.reference = [](void* p, hasten_call* c) {
      ComputeCall call(c);
      return detail::Raise(static_cast<Op*>(p)->reference(call));
    };
  Status s = Status::Of(hasten_catalog_add(catalog, &record));
  if (s) held.release();  // the catalogue's
  return s;
}
inline Status AddOp(const Catalog& catalog, Op op) { return AddOp(catalog.get(), std::move(op)); }

}  // namespace v0
}  // namespace hasten

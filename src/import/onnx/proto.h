// Reading one protobuf message field by field; the only place that touches the protobuf library.
#pragma once
// Types are checked before every access, so the library's own assertions are not needed.
#define protozero_assert(x) static_cast<void>(0)
#include <protozero/pbf_reader.hpp>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace hasten::onnx {

using Field = protozero::pbf_reader;

inline std::string_view ViewOf(Field& f) {
  const protozero::data_view v = f.get_view();
  return {v.data(), v.size()};
}

inline bool IsVarint(const Field& f) { return f.wire_type() == protozero::pbf_wire_type::varint; }
inline bool IsFixed32(const Field& f) { return f.wire_type() == protozero::pbf_wire_type::fixed32; }
inline bool IsFixed64(const Field& f) { return f.wire_type() == protozero::pbf_wire_type::fixed64; }
inline bool IsBytes(const Field& f) { return f.wire_type() == protozero::pbf_wire_type::length_delimited; }

// Each takes the field and returns true, or returns false where its wire type is another (then the caller skips it).
inline bool Take(Field& f, int64_t* out) { return IsVarint(f) && (*out = f.get_int64(), true); }
inline bool Take(Field& f, float* out) { return IsFixed32(f) && (*out = f.get_float(), true); }
inline bool Take(Field& f, std::string_view* out) { return IsBytes(f) && (*out = ViewOf(f), true); }
inline bool Take(Field& f, std::vector<std::string_view>* out) {
  return IsBytes(f) && (out->push_back(ViewOf(f)), true);
}

// Repeated numbers, packed or not: `each(v)` per element.
template <class Each>
bool TakeVarints(Field& f, Each each) {
  if (IsVarint(f)) return each(f.get_int64()), true;
  if (!IsBytes(f)) return false;
  for (const int64_t v : f.get_packed_int64()) each(v);
  return true;
}
template <class Each>
bool TakeFloats(Field& f, Each each) {
  if (IsFixed32(f)) return each(f.get_float()), true;
  if (!IsBytes(f)) return false;
  for (const float v : f.get_packed_float()) each(v);
  return true;
}
template <class Each>
bool TakeDoubles(Field& f, Each each) {
  if (IsFixed64(f)) return each(f.get_double()), true;
  if (!IsBytes(f)) return false;
  for (const double v : f.get_packed_double()) each(v);
  return true;
}

// Calls take(number, field) for each field of `message`; a field that it does not take (false) is skipped.
// What the library throws ends here, as kDataLoss naming `what`.
template <class TakeField>
Status ReadFields(std::string_view what, std::string_view message, TakeField take) {
  try {
    for (Field f(message.data(), message.size()); f.next();)
      if (!take(f.tag(), f)) f.skip();
    return {};
  } catch (const protozero::exception& e) {
    return Status(Code::kDataLoss, Str("malformed or truncated ", what, " message (", e.what(), ")"));
  }
}

}  // namespace hasten::onnx

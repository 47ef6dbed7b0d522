#include "cli/json.h"

#include <utf8proc.h>

namespace hasten::cli {
namespace {

// The shortest text that reads back as the same number of that type.
template <class T>
void WriteNumber(JsonWriter* json, T v) {
  const std::string text = std::isnan(v) ? "NaN" : std::isinf(v) ? (v > 0 ? "Infinity" : "-Infinity") : Str(v);
  json->RawValue(text.data(), text.size(), rapidjson::kNumberType);
}

void WriteElement(JsonWriter* json, const Tensor& t, int64_t i) {
  if (t.dtype == DType::kBool) {
    json->Bool(t.Int(i) != 0);
    return;
  }
  switch (LaneOf(t.dtype)) {
    case Lane::kInt64: json->Int64(t.Int(i)); return;
    case Lane::kUint64: json->Uint64(static_cast<uint64_t>(t.Int(i))); return;
    case Lane::kString: return WriteText(json, t.string(i));
    case Lane::kComplex:
      json->StartArray();
      WriteNumber(json, t.Complex(i).real());
      WriteNumber(json, t.Complex(i).imag());
      json->EndArray();
      return;
    default:
      if (t.dtype == DType::kF64) return WriteNumber(json, t.Double(i));
      return WriteNumber(json, static_cast<float>(t.Double(i)));
  }
}

void WriteTensor(JsonWriter* json, const Tensor& t) {
  json->StartObject();
  WriteField(json, "dtype", Name(t.dtype));
  WriteDims(json, "shape", t.dims);
  WriteData(json, "data", t);
  json->EndObject();
}

}  // namespace

void WriteData(JsonWriter* json, std::string_view key, const Tensor& t) {
  WriteKey(json, key);
  json->StartArray();
  for (int64_t i = 0; i < t.elements(); ++i) WriteElement(json, t, i);
  json->EndArray();
}

void WriteText(JsonWriter* json, std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    utf8proc_int32_t c = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const utf8proc_ssize_t n = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &c);
    const size_t taken = n > 0 ? static_cast<size_t>(n) : 1;
    valid += n > 0 ? text.substr(0, taken) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(taken);
  }
  json->String(valid.data(), static_cast<unsigned>(valid.size()));
}

void WriteField(JsonWriter* json, std::string_view key, std::string_view text) {
  WriteKey(json, key);
  WriteText(json, text);
}

void WriteField(JsonWriter* json, std::string_view key, int64_t v) {
  WriteKey(json, key);
  json->Int64(v);
}

void WriteField(JsonWriter* json, std::string_view key, double v) {
  WriteKey(json, key);
  WriteNumber(json, v);
}

void WriteTexts(JsonWriter* json, std::string_view key, std::span<const std::string> texts) {
  WriteKey(json, key);
  json->StartArray();
  for (const std::string& text : texts) WriteText(json, text);
  json->EndArray();
}

void WriteDims(JsonWriter* json, std::string_view key, const Dims& dims) {
  WriteKey(json, key);
  json->StartArray();
  for (int64_t d : dims) json->Int64(d);
  json->EndArray();
}

void WriteValue(JsonWriter* json, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kTensor: return WriteTensor(json, value.tensor());
    case Value::Kind::kSequence:
      json->StartObject();
      WriteKey(json, "sequence");
      json->StartArray();
      for (const Value& v : value.elements()) WriteValue(json, v);
      json->EndArray();
      json->EndObject();
      return;
    case Value::Kind::kMap:
      json->StartObject();
      WriteKey(json, "keys");
      WriteTensor(json, value.map().keys);
      WriteKey(json, "values");
      WriteTensor(json, value.map().values);
      json->EndObject();
      return;
    default: json->Null();
  }
}

}  // namespace hasten::cli

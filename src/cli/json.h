// JSON out (and the little of it that comes in): RapidJSON, and values of ours written with it.
#pragma once
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <string>
#include <string_view>

#include "tensor/value.h"

namespace hasten::cli {

// NaN and the infinities, which JSON lacks, are written NaN, Infinity and -Infinity, as Python does.
using JsonWriter = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

inline void WriteKey(JsonWriter* json, std::string_view key) {
  json->Key(key.data(), static_cast<unsigned>(key.size()));
}
void WriteText(JsonWriter* json, std::string_view text);  // bytes that are no UTF-8 become U+FFFD
void WriteField(JsonWriter* json, std::string_view key, std::string_view text);
void WriteField(JsonWriter* json, std::string_view key, int64_t v);
void WriteField(JsonWriter* json, std::string_view key, double v);
void WriteTexts(JsonWriter* json, std::string_view key, std::span<const std::string> texts);
// The elements, row-major, as one list.
void WriteData(JsonWriter* json, std::string_view key, const Tensor& t);
void WriteDims(JsonWriter* json, std::string_view key, const Dims& dims);

// A tensor: {"dtype", "shape", "data": [row-major]}; a sequence: {"sequence": [...]}; a map: {"keys", "values"}; none:
// null. Complex elements are [real, imaginary].
void WriteValue(JsonWriter* json, const Value& value);

}  // namespace hasten::cli

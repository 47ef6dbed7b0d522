// JSON text as RapidJSON's values.
#pragma once
#include <rapidjson/document.h>

#include "base/status.h"

namespace hasten::cli {

// Numbers are exact: int64_t or uint64_t where they are whole and fit, else the nearest double; too large ones are an
// error, NaN, Infinity and -Infinity are none.  Reads without recursion.
Status ReadJson(std::string_view text, rapidjson::Document* document);

}  // namespace hasten::cli

// The version of this build.
#pragma once
#include <string_view>

namespace hasten {

std::string_view LibraryVersion();  // "0.1.0"

}  // namespace hasten

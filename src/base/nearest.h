// "Did you mean ...?"
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace hasten {

// The name that `typed` is most likely a typing error for; empty if it resembles none.
std::string Nearest(std::string_view typed, std::span<const std::string> names);

}  // namespace hasten

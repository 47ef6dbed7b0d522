// Numbers for people.
#pragma once
#include <cstdint>
#include <string>

namespace hasten::cli {

std::string HumanCount(int64_t n);         // "51,588"
std::string HumanBytes(int64_t bytes);     // "206 KB"; 1 KB is 1000 bytes
std::string HumanScaled(double n);         // "12.3 M"
std::string HumanMilliseconds(double ms);  // "0.123 ms", "12.3 ms", "1.23 s"

}  // namespace hasten::cli

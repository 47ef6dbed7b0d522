// The classes of numeric liberty that rules of passes and tactics of kernels share.
#pragma once
#include <cstdint>

namespace hasten {

// What a way of computing does to the numbers, in order of liberty.
enum class Numerics : uint8_t { kExact, kReassociated, kWinograd, kApproximate, kReduced };

}  // namespace hasten

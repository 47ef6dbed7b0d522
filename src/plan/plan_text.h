// Words of the texts in a plan file.
#pragma once
#include <array>
#include <string_view>

#include "plan/plan.h"

namespace hasten {

inline constexpr std::array<std::string_view, 5> kNumericsNames = {"exact", "reassociated", "winograd", "approximate",
                                                                   "reduced"};
inline constexpr std::array<std::string_view, 3> kStateKindNames = {"full", "window", "recurrent"};
inline constexpr std::array<std::string_view, 2> kLayoutNames = {"plain", "channels_last"};

inline std::string_view NumericsName(Numerics n) { return kNumericsNames[static_cast<size_t>(n)]; }
inline std::string_view StateKindName(StateBinding::Kind k) { return kStateKindNames[static_cast<size_t>(k)]; }
inline std::string_view LayoutName(Layout layout) { return kLayoutNames[static_cast<size_t>(layout)]; }

}  // namespace hasten

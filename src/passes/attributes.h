// Attributes of ops whose aggregates are their own affair, by name.
#pragma once
#include "ir/graph.h"

namespace hasten {

// `fallback` where the op has no such attribute, it is absent, or it has another kind.
template <class T>
T AttrOr(const Node& node, std::string_view name, T fallback) {
  for (const AttrField& field : node.attrs.fields()) {
    if (field.name != name) continue;
    if (auto v = node.attrs.Get(field))
      if (T* t = std::get_if<T>(&*v)) return std::move(*t);
  }
  return fallback;
}

}  // namespace hasten

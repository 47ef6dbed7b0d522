// Attributes of ops whose aggregates are their own affair, by name.
#pragma once
#include "ops/op.h"

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

// The attributes that the node and `op` both have, by name.
inline std::vector<NamedAttr> SharedAttrs(const Node& node, const OpDef& op) {
  std::vector<NamedAttr> out;
  const Attrs other(op.attrs);
  for (const AttrField& to : other.fields())
    for (const AttrField& from : node.attrs.fields())
      if (from.name == to.name)
        if (auto v = node.attrs.Get(from)) out.push_back({std::string(to.name), std::move(*v)});
  return out;
}

}  // namespace hasten

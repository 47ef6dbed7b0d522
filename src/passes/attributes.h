// Attributes of ops whose aggregates are their own affair, by name.
#pragma once
#include <algorithm>

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

// The order of axes that a Transpose names; empty: none, or, as nodes that never run may have, one that is no order.
inline std::vector<int64_t> PermOf(const Node& transpose) {
  auto perm = AttrOr<std::vector<int64_t>>(transpose, "perm", {});
  std::vector<int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != static_cast<int64_t>(i)) return {};
  return perm;
}

// The order of axes that undoes `perm`.
inline std::vector<int64_t> InverseOf(const std::vector<int64_t>& perm) {
  std::vector<int64_t> out(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) out[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return out;
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

#include "ir/attr.h"

#include <cstring>

namespace hasten {

std::string_view KindName(const AttrValue& v) {
  constexpr std::string_view kNames[] = {"an int",           "a float",           "a string", "a list of ints",
                                         "a list of floats", "a list of strings", "a tensor", "a list of tensors",
                                         "a graph",          "a list of graphs",  "a type",   "a list of types"};
  return kNames[v.index()];
}

bool SameAttr(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        const T& y = std::get<T>(b);
        if constexpr (std::is_same_v<T, Tensor>) {
          return SameBits(x, y);
        } else if constexpr (std::is_same_v<T, std::vector<Tensor>>) {
          return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                            [](const Tensor& s, const Tensor& t) { return SameBits(s, t); });
        } else if constexpr (std::is_same_v<T, float>) {
          return std::memcmp(&x, &y, sizeof x) == 0;
        } else if constexpr (std::is_same_v<T, std::vector<float>>) {
          return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0);
        } else {
          return x == y;
        }
      },
      a);
}

Status Attrs::Set(std::string_view name, const AttrValue& v) {
  for (const AttrField& field : fields()) {
    if (field.name != name) continue;
    void* member = field.member(data_);
    if (field.set(member, v)) return {};
    // Some exporters write an empty list of ints where another kind of list is meant.
    if (const auto* ints = std::get_if<std::vector<int64_t>>(&v); ints && ints->empty())
      if (field.set(member, AttrValue(std::vector<float>())) ||
          field.set(member, AttrValue(std::vector<std::string>())))
        return {};
    const auto now = field.get(member);
    return Status(Code::kInvalidModel, Str("attribute '", name, "' must be ", now ? KindName(*now) : "of another kind",
                                           ", is ", KindName(v)));
  }
  return Status(Code::kInvalidModel, Str("has no attribute '", name, "'"));
}

std::optional<AttrValue> Attrs::Get(const AttrField& field) const { return field.get(field.member(data_)); }

std::vector<NamedAttr> Attrs::NonDefault() const {
  std::vector<NamedAttr> out;
  if (!data_) return out;
  const Attrs defaults(*schema_);
  for (const AttrField& field : fields()) {
    auto mine = Get(field);
    if (!mine) continue;
    const auto theirs = defaults.Get(field);
    if (!theirs || !SameAttr(*mine, *theirs)) out.push_back({std::string(field.name), std::move(*mine), {}});
  }
  return out;
}

std::vector<GraphPtr> Attrs::Graphs() const {
  std::vector<GraphPtr> out;
  for (const AttrField& field : fields()) {
    const auto v = field.holds_graphs ? Get(field) : std::nullopt;
    if (!v) continue;
    if (const auto* g = std::get_if<GraphPtr>(&*v); g && *g) out.push_back(*g);
    if (const auto* gs = std::get_if<std::vector<GraphPtr>>(&*v)) out.insert(out.end(), gs->begin(), gs->end());
  }
  return out;
}

}  // namespace hasten

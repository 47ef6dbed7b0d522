// Attributes: one plain aggregate per op, described by a constexpr field table from which parse, print, compare and
// defaults come.  After import nobody looks an attribute up by name.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"
#include "tensor/type.h"

namespace hasten {

class Graph;
using GraphPtr = std::shared_ptr<Graph>;  // shared so that attributes copy; a graph has one owning node all the same

// An attribute as files have it, before (or without) an op that knows it.
using AttrValue =
    std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>, std::vector<std::string>,
                 Tensor, std::vector<Tensor>, GraphPtr, std::vector<GraphPtr>, Type, std::vector<Type>>;
struct NamedAttr {
  std::string name;
  AttrValue value;
  std::string doc = {};
};

// One member of an attribute aggregate.  Members have one of the types of AttrValue, bool, or std::optional of int64_t,
// float, std::string or a vector (absent means something of its own).
struct AttrField {
  std::string_view name;
  void* (*member)(void* aggregate);
  bool (*set)(void* member, const AttrValue& v);        // false: v has the wrong kind
  std::optional<AttrValue> (*get)(const void* member);  // nullopt: absent
  bool holds_graphs;                                    // has graphs or lists of graphs
  bool internal = false;                                // ours alone: has no form in ONNX
};

namespace attr_detail {

template <class T>
struct Codec {
  static bool Set(T& member, const AttrValue& v) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!std::holds_alternative<int64_t>(v)) return false;
      member = std::get<int64_t>(v) != 0;
    } else {
      if (!std::holds_alternative<T>(v)) return false;
      member = std::get<T>(v);
    }
    return true;
  }
  static std::optional<AttrValue> Get(const T& member) {
    if constexpr (std::is_same_v<T, bool>)
      return AttrValue(static_cast<int64_t>(member));
    else
      return AttrValue(member);
  }
};
template <class T>
struct Codec<std::optional<T>> {
  static bool Set(std::optional<T>& member, const AttrValue& v) {
    T wanted{};
    if (!Codec<T>::Set(wanted, v)) return false;
    member = std::move(wanted);
    return true;
  }
  static std::optional<AttrValue> Get(const std::optional<T>& member) {
    return member ? Codec<T>::Get(*member) : std::nullopt;
  }
};

template <class M>
struct MemberOf;
template <class A, class T>
struct MemberOf<T A::*> {
  using Aggregate = A;
  using Member = T;
};

}  // namespace attr_detail

// Field<&ConvAttrs::strides>("strides")
template <auto kMember>
constexpr AttrField Field(std::string_view name) {
  using Of = attr_detail::MemberOf<decltype(kMember)>;
  using C = attr_detail::Codec<typename Of::Member>;
  using M = typename Of::Member;
  return {name, [](void* a) -> void* { return &(static_cast<typename Of::Aggregate*>(a)->*kMember); },
          [](void* m, const AttrValue& v) { return C::Set(*static_cast<M*>(m), v); },
          [](const void* m) { return C::Get(*static_cast<const M*>(m)); },
          std::is_same_v<M, GraphPtr> || std::is_same_v<M, std::vector<GraphPtr>>};
}
// A field that only our graphs have; export must find it at its default.
template <auto kMember>
constexpr AttrField InternalField(std::string_view name) {
  AttrField field = Field<kMember>(name);
  field.internal = true;
  return field;
}

// The fields of one aggregate type and how to make, copy and destroy one.
struct AttrSchema {
  std::span<const AttrField> fields;
  void* (*make)() = nullptr;  // null: the op has no attributes
  void* (*copy)(const void*) = nullptr;
  void (*destroy)(void*) = nullptr;
  const void* type = nullptr;  // identity of the aggregate's C++ type
};

namespace attr_detail {
template <class A>
inline constexpr char kTypeId = 0;
}
template <class A>
constexpr AttrSchema SchemaOf(std::span<const AttrField> fields) {
  return {fields, []() -> void* { return new A(); },
          [](const void* a) -> void* { return new A(*static_cast<const A*>(a)); },
          [](void* a) { delete static_cast<A*>(a); }, &attr_detail::kTypeId<A>};
}

// The attributes of one node: owns an aggregate.
class Attrs {
 public:
  Attrs() = default;
  explicit Attrs(const AttrSchema& schema) : schema_(&schema), data_(schema.make ? schema.make() : nullptr) {}
  Attrs(const Attrs& o) : schema_(o.schema_), data_(o.data_ ? o.schema_->copy(o.data_) : nullptr) {}
  Attrs(Attrs&& o) noexcept : schema_(o.schema_), data_(std::exchange(o.data_, nullptr)) {}
  Attrs& operator=(Attrs o) noexcept {
    std::swap(schema_, o.schema_);
    std::swap(data_, o.data_);
    return *this;
  }
  ~Attrs() {
    if (data_) schema_->destroy(data_);
  }

  template <class A>
  const A& as() const {
    HASTEN_CHECK(data_ && schema_->type == &attr_detail::kTypeId<A>);
    return *static_cast<const A*>(data_);
  }
  template <class A>
  A& as() {
    return const_cast<A&>(std::as_const(*this).as<A>());
  }
  std::span<const AttrField> fields() const { return schema_ ? schema_->fields : std::span<const AttrField>(); }

  // By name, for import, export and text.  Set: an error names the attribute, what it must be and what it is.
  Status Set(std::string_view name, const AttrValue& v);
  std::optional<AttrValue> Get(const AttrField& field) const;
  // Fields that differ from their defaults, in table order.
  std::vector<NamedAttr> NonDefault() const;
  // Every graph held (If branches, Loop body), in table order.
  std::vector<GraphPtr> Graphs() const;

 private:
  const AttrSchema* schema_ = nullptr;
  void* data_ = nullptr;
};

// "an int", "a list of floats": for messages.
std::string_view KindName(const AttrValue& v);
bool SameAttr(const AttrValue& a, const AttrValue& b);  // bits for tensors, identity for graphs

}  // namespace hasten

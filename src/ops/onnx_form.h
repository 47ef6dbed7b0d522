// How an op is written in ONNX files: one table per op that knows the way in from every version and the way out to it.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace hasten {

// A node on its way between a file's form and ours.  Attributes are untyped; edits to the graph around it are possible.
class OnnxNode {
 public:
  Graph* graph = nullptr;
  std::string type, domain;
  std::vector<ValueId> inputs, outputs;
  std::vector<NamedAttr> attrs;
  int opset = 0;  // of the file (up) or wanted (down)

  const AttrValue* Find(std::string_view name) const;
  template <class T>
  const T* Get(std::string_view name) const {
    const AttrValue* v = Find(name);
    return v ? std::get_if<T>(v) : nullptr;
  }
  int64_t Int(std::string_view name, int64_t fallback) const;
  float Float(std::string_view name, float fallback) const;
  void Set(std::string_view name, AttrValue v);  // adds or replaces
  std::optional<AttrValue> Take(std::string_view name);
  void Drop(std::string_view name) { Take(name); }

  bool has(size_t i) const { return i < inputs.size() && inputs[i] != kNone; }
  void SetInput(size_t i, ValueId v);        // pads with kNone
  void TrimInputs();                         // trailing absent inputs are dropped
  const Type& TypeOf(size_t i) const;        // unknown if absent
  const Tensor* ConstantOf(size_t i) const;  // contents if constant, else null
  ValueId AddConstant(Tensor t) const;
  // A helper node in front of this one, written in this same opset; returns its output.
  ValueId Emit(std::string_view op_type, std::vector<ValueId> in, std::vector<NamedAttr> with = {});
  // A helper node behind this one: this node's output i becomes a fresh value, the helper yields the old one.
  void EmitAfter(size_t i, std::string_view op_type, std::vector<ValueId> more_inputs,
                 std::vector<NamedAttr> with = {});

  struct Helper {
    std::string type;
    std::vector<ValueId> inputs;
    ValueId output;
    std::vector<NamedAttr> attrs;
  };
  std::vector<Helper> before, after;  // what Emit and EmitAfter asked for
};

struct OnnxVersion {
  int since;
  Status (*up)(OnnxNode&) = nullptr;    // from this version's form to the next listed one's; null: no change
  Status (*down)(OnnxNode&) = nullptr;  // from the next listed version's form back to this one's; null: no change
};

struct OnnxTable {
  std::string_view domain;  // "" is ai.onnx
  std::string_view type;
  std::span<const OnnxVersion> versions;  // ascending; our form is the last one's
};

// Ready-made steps for the commonest change: an attribute became input `index` (1-D i64, or scalar where kScalar).
Status AttrIntsToInput(OnnxNode& n, std::string_view attr, size_t index);
Status InputToAttrInts(OnnxNode& n, std::string_view attr, size_t index);
Status AttrIntToInput(OnnxNode& n, std::string_view attr, size_t index);  // scalar i64
Status InputToAttrInt(OnnxNode& n, std::string_view attr, size_t index);
Status AttrFloatToInput(OnnxNode& n, std::string_view attr, size_t index);  // scalar of input 0's dtype
Status InputToAttrFloat(OnnxNode& n, std::string_view attr, size_t index);
Status AttrFloatsToInput(OnnxNode& n, std::string_view attr, size_t index);  // 1-D f32
Status InputToAttrFloats(OnnxNode& n, std::string_view attr, size_t index);

// For a `down` across the version that brought attributes: an error if one of them is set, as it has no older form.
Status AbsentBefore(const OnnxNode& n, int version, std::span<const std::string_view> attrs);
inline Status AbsentBefore(const OnnxNode& n, int version, std::initializer_list<std::string_view> attrs) {
  return AbsentBefore(n, version, std::span(attrs.begin(), attrs.size()));
}

}  // namespace hasten

#include "ops/onnx_form.h"

namespace hasten {

const AttrValue* OnnxNode::Find(std::string_view name) const {
  for (const NamedAttr& a : attrs)
    if (a.name == name) return &a.value;
  return nullptr;
}

int64_t OnnxNode::Int(std::string_view name, int64_t fallback) const {
  const int64_t* v = Get<int64_t>(name);
  return v ? *v : fallback;
}

float OnnxNode::Float(std::string_view name, float fallback) const {
  const float* v = Get<float>(name);
  return v ? *v : fallback;
}

void OnnxNode::Set(std::string_view name, AttrValue v) {
  for (NamedAttr& a : attrs)
    if (a.name == name) {
      a.value = std::move(v);
      return;
    }
  attrs.push_back({std::string(name), std::move(v), {}});
}

std::optional<AttrValue> OnnxNode::Take(std::string_view name) {
  for (size_t i = 0; i < attrs.size(); ++i) {
    if (attrs[i].name != name) continue;
    AttrValue v = std::move(attrs[i].value);
    attrs.erase(attrs.begin() + static_cast<std::ptrdiff_t>(i));
    return v;
  }
  return std::nullopt;
}

void OnnxNode::SetInput(size_t i, ValueId v) {
  if (i >= inputs.size()) inputs.resize(i + 1, kNone);
  inputs[i] = v;
}

void OnnxNode::TrimInputs() {
  while (!inputs.empty() && inputs.back() == kNone) inputs.pop_back();
}

const Type& OnnxNode::TypeOf(size_t i) const {
  static const Type unknown;
  return has(i) ? graph->value(inputs[i]).type : unknown;
}

const Tensor* OnnxNode::ConstantOf(size_t i) const { return has(i) ? graph->constant(inputs[i]) : nullptr; }

ValueId OnnxNode::AddConstant(Tensor t) const { return graph->AddConstant("", std::move(t)); }

ValueId OnnxNode::Emit(std::string_view op_type, std::vector<ValueId> in, std::vector<NamedAttr> with) {
  const ValueId output = graph->AddValue("");
  before.push_back({std::string(op_type), std::move(in), output, std::move(with)});
  return output;
}

void OnnxNode::EmitAfter(size_t i, std::string_view op_type, std::vector<ValueId> more_inputs,
                         std::vector<NamedAttr> with) {
  if (i >= outputs.size() || outputs[i] == kNone) return;  // nobody sees what would be changed
  const ValueId inner = graph->AddValue("");
  more_inputs.insert(more_inputs.begin(), inner);
  after.push_back({std::string(op_type), std::move(more_inputs), outputs[i], std::move(with)});
  outputs[i] = inner;
}

namespace {

// The contents an input must have to become an attribute again; null when it is absent.
Result<const Tensor*> MustBeConstant(OnnxNode& n, std::string_view attr, size_t index) {
  if (!n.has(index)) return nullptr;
  const Tensor* t = n.ConstantOf(index);
  if (!t)
    return Status(Code::kUnsupported, Str(n.type, " has '", attr, "' as an attribute at opset ", n.opset, ": input ",
                                          index, " must be a constant to be written so"));
  return t;
}

void DropInput(OnnxNode& n, size_t index) {
  if (index < n.inputs.size()) n.inputs[index] = kNone;
  n.TrimInputs();
}

// A scalar in the dtype of input 0 (f32 when unknown).
Tensor ScalarLike(const OnnxNode& n, double v) {
  const DType like = n.TypeOf(0).dtype;
  return ScalarOf(like == DType::kNone ? DType::kF32 : like, v);
}

}  // namespace

Status AttrIntsToInput(OnnxNode& n, std::string_view attr, size_t index) {
  auto v = n.Take(attr);
  if (!v) return {};
  const auto* list = std::get_if<std::vector<int64_t>>(&*v);
  HASTEN_REQUIRE(list, "attribute '", attr, "' must be a list of ints, is ", KindName(*v));
  n.SetInput(index, n.AddConstant(VectorI64(*list)));
  return {};
}

Status InputToAttrInts(OnnxNode& n, std::string_view attr, size_t index) {
  HASTEN_ASSIGN(const Tensor* t, MustBeConstant(n, attr, index));
  if (t) n.Set(attr, ToInts(*t));
  DropInput(n, index);
  return {};
}

Status AttrIntToInput(OnnxNode& n, std::string_view attr, size_t index) {
  auto v = n.Take(attr);
  if (!v) return {};
  const auto* i = std::get_if<int64_t>(&*v);
  HASTEN_REQUIRE(i, "attribute '", attr, "' must be an int, is ", KindName(*v));
  n.SetInput(index, n.AddConstant(ScalarI64(*i)));
  return {};
}

Status InputToAttrInt(OnnxNode& n, std::string_view attr, size_t index) {
  HASTEN_ASSIGN(const Tensor* t, MustBeConstant(n, attr, index));
  if (t) {
    HASTEN_REQUIRE(t->elements() == 1, "input ", index, " must be one number, is ", *t);
    n.Set(attr, t->Int(0));
  }
  DropInput(n, index);
  return {};
}

Status AttrFloatToInput(OnnxNode& n, std::string_view attr, size_t index) {
  auto v = n.Take(attr);
  if (!v) return {};
  const auto* f = std::get_if<float>(&*v);
  HASTEN_REQUIRE(f, "attribute '", attr, "' must be a float, is ", KindName(*v));
  n.SetInput(index, n.AddConstant(ScalarLike(n, static_cast<double>(*f))));
  return {};
}

Status InputToAttrFloat(OnnxNode& n, std::string_view attr, size_t index) {
  HASTEN_ASSIGN(const Tensor* t, MustBeConstant(n, attr, index));
  if (t) {
    HASTEN_REQUIRE(t->elements() == 1, "input ", index, " must be one number, is ", *t);
    n.Set(attr, static_cast<float>(t->Double(0)));
  }
  DropInput(n, index);
  return {};
}

Status AttrFloatsToInput(OnnxNode& n, std::string_view attr, size_t index) {
  auto v = n.Take(attr);
  if (!v) return {};
  const auto* list = std::get_if<std::vector<float>>(&*v);
  HASTEN_REQUIRE(list, "attribute '", attr, "' must be a list of floats, is ", KindName(*v));
  n.SetInput(index, n.AddConstant(TensorOf(Dims{static_cast<int64_t>(list->size())}, *list)));
  return {};
}

Status InputToAttrFloats(OnnxNode& n, std::string_view attr, size_t index) {
  HASTEN_ASSIGN(const Tensor* t, MustBeConstant(n, attr, index));
  if (t) {
    const std::vector<double> wide = ToDoubles(*t);
    n.Set(attr, std::vector<float>(wide.begin(), wide.end()));
  }
  DropInput(n, index);
  return {};
}

Status AbsentBefore(const OnnxNode& n, int version, std::span<const std::string_view> attrs) {
  for (std::string_view name : attrs)
    if (n.Find(name))
      return Status(Code::kUnsupported,
                    Str(n.type, " has attribute '", name, "' since opset ", version, ", wanted is ", n.opset));
  return {};
}

}  // namespace hasten

// Small ONNX models for tests, written field by field.
#pragma once
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "import/onnx/import.h"
#include "import/onnx/rope.h"

namespace hasten::onnx::test {

using Names = std::vector<std::string>;

inline Rope Tensor(const std::string& name, int dtype, const std::vector<int64_t>& dims, std::string_view raw) {
  Rope t;
  for (const int64_t d : dims) t.Int(1, d);
  t.Int(2, dtype);
  t.Bytes(8, name);
  t.Bytes(9, raw);
  return t;
}

inline Rope FloatTensor(const std::string& name, const std::vector<int64_t>& dims, const std::vector<float>& v) {
  return Tensor(name, 1, dims, {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float)});
}

// dims: a number, or a name where it is not one.
inline Rope ValueInfo(const std::string& name, int dtype, const Names& dims) {
  Rope shape, tensor, type, value;
  for (const std::string& d : dims) {
    Rope dim;
    if (!d.empty() && std::isdigit(static_cast<unsigned char>(d[0])) != 0)
      dim.Int(1, std::stoll(d));
    else if (!d.empty())
      dim.Bytes(2, d);
    shape.Message(1, std::move(dim));
  }
  tensor.Int(1, dtype);
  tensor.Message(2, std::move(shape));
  type.Message(1, std::move(tensor));
  value.Bytes(1, name);
  value.Message(2, std::move(type));
  return value;
}

inline Rope IntAttr(const std::string& name, int64_t v) {
  Rope a;
  a.Bytes(1, name);
  a.Int(3, v);
  a.Int(20, 2);
  return a;
}

inline Rope IntsAttr(const std::string& name, const std::vector<int64_t>& v) {
  Rope a;
  a.Bytes(1, name);
  for (const int64_t i : v) a.Int(8, i);
  a.Int(20, 7);
  return a;
}

inline Rope TensorAttr(const std::string& name, Rope tensor) {
  Rope a;
  a.Bytes(1, name);
  a.Message(5, std::move(tensor));
  a.Int(20, 4);
  return a;
}

inline Rope GraphAttr(const std::string& name, Rope graph) {
  Rope a;
  a.Bytes(1, name);
  a.Message(6, std::move(graph));
  a.Int(20, 5);
  return a;
}

// The value of the function's attribute `of`.
inline Rope ReferenceAttr(const std::string& name, const std::string& of, int type) {
  Rope a;
  a.Bytes(1, name);
  a.Int(20, type);
  a.Bytes(21, of);
  return a;
}

inline Rope Node(const std::string& type, const Names& inputs, const Names& outputs, std::vector<Rope> attrs = {},
                 const std::string& domain = "", const std::string& name = "") {
  Rope n;
  for (const std::string& i : inputs) n.Bytes(1, i);
  for (const std::string& o : outputs) n.Bytes(2, o);
  n.TextUnlessEmpty(3, name);
  n.Bytes(4, type);
  for (Rope& a : attrs) n.Message(5, std::move(a));
  n.TextUnlessEmpty(7, domain);
  return n;
}

struct GraphParts {
  std::vector<Rope> nodes, inputs, outputs, initializers;
};

inline Rope Graph(GraphParts parts, const std::string& name = "g") {
  Rope g;
  for (Rope& n : parts.nodes) g.Message(1, std::move(n));
  g.Bytes(2, name);
  for (Rope& t : parts.initializers) g.Message(5, std::move(t));
  for (Rope& v : parts.inputs) g.Message(11, std::move(v));
  for (Rope& v : parts.outputs) g.Message(12, std::move(v));
  return g;
}

inline Rope Opset(const std::string& domain, int version) {
  Rope o;
  o.Bytes(1, domain);
  o.Int(2, version);
  return o;
}

inline Rope Function(const std::string& name, const Names& inputs, const Names& outputs, std::vector<Rope> nodes,
                     std::vector<Rope> attribute_defaults = {}) {
  Rope f;
  f.Bytes(1, name);
  for (const std::string& i : inputs) f.Bytes(4, i);
  for (const std::string& o : outputs) f.Bytes(5, o);
  for (Rope& n : nodes) f.Message(7, std::move(n));
  f.Message(9, Opset("", 18));
  f.Message(9, Opset("local", 1));
  f.Bytes(10, "local");
  for (Rope& a : attribute_defaults) f.Message(11, std::move(a));
  return f;
}

inline std::string ModelBytes(Rope graph, int opset = 18, int ir = 8, std::vector<Rope> functions = {}) {
  Rope m;
  m.Int(1, ir);
  m.Bytes(2, "test");
  m.Message(7, std::move(graph));
  m.Message(8, Opset("", opset));
  m.Message(8, Opset("local", 1));
  m.Message(8, Opset("test", 5));
  for (Rope& f : functions) m.Message(25, std::move(f));
  return m.Flat();
}

inline Result<std::unique_ptr<Model>> Import(const std::string& bytes, const Catalog& catalog = Catalog::BuiltIn()) {
  const auto owner = std::make_shared<const std::string>(bytes);
  return ImportOnnxBytes(owner, *owner, "m.onnx", catalog);
}

}  // namespace hasten::onnx::test

#include "import/onnx/wire.h"

#include "import/onnx/proto.h"

namespace hasten::onnx {
namespace {

bool Take(Field& f, Message* out) { return IsBytes(f) && (*out = {ViewOf(f), true}, true); }
bool Take(Field& f, std::vector<int64_t>* out) {
  return TakeVarints(f, [&](int64_t v) { out->push_back(v); });
}
bool Take(Field& f, std::vector<float>* out) {
  return TakeFloats(f, [&](float v) { out->push_back(v); });
}
bool Take(Field& f, StringMap* out) {
  if (!IsBytes(f)) return false;
  std::pair<Bytes, Bytes> entry;
  for (Field e = f.get_message(); e.next();) {
    const bool taken = e.tag() == 1 ? onnx::Take(e, &entry.first) : e.tag() == 2 && onnx::Take(e, &entry.second);
    if (!taken) e.skip();
  }
  out->push_back(entry);
  return true;
}
bool Take(Field& f, std::vector<WireOpset>* out) {
  if (!IsBytes(f)) return false;
  WireOpset opset;
  for (Field e = f.get_message(); e.next();) {
    const bool taken = e.tag() == 1 ? onnx::Take(e, &opset.domain) : e.tag() == 2 && onnx::Take(e, &opset.version);
    if (!taken) e.skip();
  }
  out->push_back(opset);
  return true;
}
bool Mark(bool* seen) {
  *seen = true;
  return false;
}
using onnx::Take;

// Files of IR version 1 do not say what kind an attribute is.
AttrType Deduce(const WireAttr& a, bool has_f, bool has_i) {
  if (has_f) return AttrType::kFloat;
  if (has_i) return AttrType::kInt;
  if (a.s) return AttrType::kString;
  if (a.tensor) return AttrType::kTensor;
  if (a.graph) return AttrType::kGraph;
  if (a.sparse) return AttrType::kSparseTensor;
  if (a.value_type) return AttrType::kType;
  if (!a.floats.empty()) return AttrType::kFloats;
  if (!a.ints.empty()) return AttrType::kInts;
  if (!a.strings.empty()) return AttrType::kStrings;
  if (!a.tensors.empty()) return AttrType::kTensors;
  if (!a.graphs.empty()) return AttrType::kGraphs;
  if (!a.sparses.empty()) return AttrType::kSparseTensors;
  if (!a.types.empty()) return AttrType::kTypes;
  return AttrType::kUndefined;
}

}  // namespace

Result<WireModel> ReadModel(Bytes message) {
  WireModel m;
  HASTEN_TRY(ReadFields("ModelProto", message, [&](uint32_t number, Field& f) {
    switch (number) {
      case 1: return Take(f, &m.ir_version);
      case 2: return Take(f, &m.producer_name);
      case 3: return Take(f, &m.producer_version);
      case 4: return Take(f, &m.domain);
      case 5: return Take(f, &m.model_version);
      case 6: return Take(f, &m.doc);
      case 7: return Take(f, &m.graph);
      case 8: return Take(f, &m.opsets);
      case 14: return Take(f, &m.metadata);
      case 20: return Mark(&m.trains);
      case 25: return Take(f, &m.functions);
      case 26: return Mark(&m.placed);
      default: return false;
    }
  }));
  return m;
}

Result<WireGraph> ReadGraph(Bytes message) {
  WireGraph g;
  HASTEN_TRY(ReadFields("GraphProto", message, [&](uint32_t number, Field& f) {
    switch (number) {
      case 1: return Take(f, &g.nodes);
      case 2: return Take(f, &g.name);
      case 5: return Take(f, &g.initializers);
      case 10: return Take(f, &g.doc);
      case 11: return Take(f, &g.inputs);
      case 12: return Take(f, &g.outputs);
      case 13: return Take(f, &g.value_infos);
      case 14: return Mark(&g.annotated);
      case 15: return Take(f, &g.sparse_initializers);
      case 16: return Take(f, &g.metadata);
      default: return false;
    }
  }));
  return g;
}

Result<WireFunction> ReadFunction(Bytes message) {
  WireFunction fn;
  HASTEN_TRY(ReadFields("FunctionProto", message, [&](uint32_t number, Field& f) {
    switch (number) {
      case 1: return Take(f, &fn.name);
      case 4: return Take(f, &fn.inputs);
      case 5: return Take(f, &fn.outputs);
      case 7: return Take(f, &fn.nodes);
      case 9: return Take(f, &fn.opsets);
      case 10: return Take(f, &fn.domain);
      case 11: return Take(f, &fn.attribute_defaults);
      case 13: return Take(f, &fn.overload);
      default: return false;
    }
  }));
  return fn;
}

Result<WireNode> ReadNode(Bytes message) {
  WireNode n;
  HASTEN_TRY(ReadFields("NodeProto", message, [&](uint32_t number, Field& f) {
    switch (number) {
      case 1: return Take(f, &n.inputs);
      case 2: return Take(f, &n.outputs);
      case 3: return Take(f, &n.name);
      case 4: return Take(f, &n.type);
      case 5: return Take(f, &n.attrs);
      case 6: return Take(f, &n.doc);
      case 7: return Take(f, &n.domain);
      case 8: return Take(f, &n.overload);
      case 9: return Take(f, &n.metadata);
      case 10: return Mark(&n.placed);
      default: return false;
    }
  }));
  return n;
}

Result<WireAttr> ReadAttr(Bytes message) {
  WireAttr a;
  bool has_f = false, has_i = false;
  HASTEN_TRY(ReadFields("AttributeProto", message, [&](uint32_t number, Field& f) {
    int64_t type = 0;
    switch (number) {
      case 1: return Take(f, &a.name);
      case 2: return has_f = Take(f, &a.f);
      case 3: return has_i = Take(f, &a.i);
      case 4: return Take(f, &a.s);
      case 5: return Take(f, &a.tensor);
      case 6: return Take(f, &a.graph);
      case 7: return Take(f, &a.floats);
      case 8: return Take(f, &a.ints);
      case 9: return Take(f, &a.strings);
      case 10: return Take(f, &a.tensors);
      case 11: return Take(f, &a.graphs);
      case 13: return Take(f, &a.doc);
      case 14: return Take(f, &a.value_type);
      case 15: return Take(f, &a.types);
      case 20: return Take(f, &type) && (a.type = static_cast<AttrType>(type), true);
      case 21: return Take(f, &a.reference);
      case 22: return Take(f, &a.sparse);
      case 23: return Take(f, &a.sparses);
      default: return false;
    }
  }));
  if (a.type == AttrType::kUndefined) a.type = Deduce(a, has_f, has_i);
  return a;
}

Result<WireValue> ReadValueInfo(Bytes message) {
  WireValue v;
  HASTEN_TRY(ReadFields("ValueInfoProto", message, [&](uint32_t number, Field& f) {
    switch (number) {
      case 1: return Take(f, &v.name);
      case 2: return Take(f, &v.type);
      case 3: return Take(f, &v.doc);
      case 4: return Take(f, &v.metadata);
      default: return false;
    }
  }));
  return v;
}

Result<WireTensor> ReadTensor(Bytes message) {
  WireTensor t;
  t.message = message;
  HASTEN_TRY(ReadFields("TensorProto", message, [&](uint32_t number, Field& f) {
    int64_t location = 0;
    switch (number) {
      case 1: return Take(f, &t.dims);
      case 2: return Take(f, &t.dtype);
      case 3: return Mark(&t.segmented);
      case 8: return Take(f, &t.name);
      case 9: return Take(f, &t.raw);
      case 12: return Take(f, &t.doc);
      case 13: return Take(f, &t.external_data);
      case 14: return Take(f, &location) && (t.external = location == 1, true);
      default: return false;
    }
  }));
  return t;
}

Result<WireSparse> ReadSparse(Bytes message) {
  WireSparse s;
  HASTEN_TRY(ReadFields("SparseTensorProto", message, [&](uint32_t number, Field& f) {
    switch (number) {
      case 1: return Take(f, &s.values);
      case 2: return Take(f, &s.indices);
      case 3: return Take(f, &s.dims);
      default: return false;
    }
  }));
  return s;
}

}  // namespace hasten::onnx

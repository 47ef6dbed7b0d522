// ONNX's protobuf messages as light structs: text and nested messages stay views into the file.
//
// Nothing here recurses: a nested graph, tensor or type is kept as the bytes of its message until somebody reads it, so
// the depth of a file costs no stack here.
#pragma once
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace hasten::onnx {

using Bytes = std::string_view;
using StringMap = std::vector<std::pair<Bytes, Bytes>>;

// A nested message that may be absent (an empty message is present).
struct Message {
  Bytes bytes;
  bool present = false;
  explicit operator bool() const { return present; }
};

// The numbers are those of AttributeProto.AttributeType.
enum class AttrType : int {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kTensors = 9,
  kGraphs = 10,
  kSparseTensor = 11,
  kSparseTensors = 12,
  kType = 13,
  kTypes = 14,
};

struct WireAttr {
  Bytes name, doc;
  Bytes reference;                       // of a function's attribute, whose value it takes
  AttrType type = AttrType::kUndefined;  // for files of IR version 1: deduced from the field that is there
  float f = 0;
  int64_t i = 0;
  Message s, tensor, graph, sparse, value_type;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<Bytes> strings, tensors, graphs, sparses, types;
};

struct WireNode {
  Bytes type, domain, overload, name, doc;
  std::vector<Bytes> inputs, outputs;
  std::vector<Bytes> attrs;  // messages, for ReadAttr
  StringMap metadata;
  bool placed = false;  // has device_configurations
};

struct WireValue {
  Bytes name, doc;
  Message type;
  StringMap metadata;
};

struct WireTensor {
  Bytes message;  // the whole, for the fields of typed data
  Bytes name, doc;
  std::vector<int64_t> dims;
  int64_t dtype = 0;
  Message raw;
  bool segmented = false, external = false;
  StringMap external_data;
};

struct WireSparse {
  Message values, indices;
  std::vector<int64_t> dims;
};

struct WireGraph {
  Bytes name, doc;
  std::vector<Bytes> nodes, initializers, sparse_initializers, inputs, outputs, value_infos;  // messages
  StringMap metadata;
  bool annotated = false;  // has quantization_annotation
};

struct WireOpset {
  Bytes domain;
  int64_t version = 0;
};

struct WireFunction {
  Bytes name, domain, overload;
  std::vector<Bytes> inputs, outputs;
  std::vector<Bytes> attribute_defaults;  // AttributeProto messages
  std::vector<Bytes> nodes;               // messages
  std::vector<WireOpset> opsets;
};

struct WireModel {
  int64_t ir_version = 0, model_version = 0;
  Bytes producer_name, producer_version, domain, doc;
  std::vector<WireOpset> opsets;
  Message graph;
  std::vector<Bytes> functions;
  StringMap metadata;
  bool trains = false, placed = false;  // has training_info, configuration
};

// Each fails with kDataLoss where the bytes are no protobuf message; unknown fields are skipped, as protobuf does.
Result<WireModel> ReadModel(Bytes message);
Result<WireGraph> ReadGraph(Bytes message);
Result<WireFunction> ReadFunction(Bytes message);
Result<WireNode> ReadNode(Bytes message);
Result<WireAttr> ReadAttr(Bytes message);
Result<WireValue> ReadValueInfo(Bytes message);
Result<WireTensor> ReadTensor(Bytes message);
Result<WireSparse> ReadSparse(Bytes message);

}  // namespace hasten::onnx

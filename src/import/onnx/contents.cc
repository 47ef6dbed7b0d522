#include "import/onnx/contents.h"

#include <charconv>
#include <set>

#include "base/mapped_file.h"
#include "import/onnx/wire.h"

namespace hasten {
namespace onnx {
namespace {

constexpr int kMaxDepth = 64;

int64_t ExternalBytes(const WireTensor& t) {
  int64_t bytes = 0;
  for (const auto& [key, value] : t.external_data)
    if (key == "length") std::from_chars(value.data(), value.data() + value.size(), bytes);
  return bytes;
}

class Reader {
 public:
  explicit Reader(OnnxContents* out) : out_(*out) {}

  Status Nodes(const std::vector<Bytes>& messages, int depth) {
    HASTEN_REQUIRE(depth < kMaxDepth, "graphs must be nested at most ", kMaxDepth, " deep");
    for (const Bytes m : messages) {
      HASTEN_ASSIGN(const WireNode node, ReadNode(m));
      const bool standard = node.domain.empty() || node.domain == "ai.onnx";
      if (standard && node.type == "Constant")
        ++out_.constants;
      else
        ++out_.ops[standard ? std::string(node.type) : Str(node.domain, ".", node.type)];
      for (const Bytes a : node.attrs) {
        HASTEN_ASSIGN(const WireAttr attr, ReadAttr(a));
        if (attr.graph) HASTEN_TRY(Body(attr.graph.bytes, depth));
        for (const Bytes g : attr.graphs) HASTEN_TRY(Body(g, depth));
      }
    }
    return {};
  }

  Status Main(Bytes message) {
    HASTEN_ASSIGN(const WireGraph graph, ReadGraph(message));
    std::set<Bytes> names;
    for (const Bytes m : graph.initializers) {
      HASTEN_ASSIGN(const WireTensor t, ReadTensor(m));
      names.insert(t.name);
      out_.initializers.emplace_back(t.name);
      out_.external = out_.external || t.external;
      if (t.external) out_.bytes += ExternalBytes(t);
    }
    for (const Bytes m : graph.inputs) {
      HASTEN_ASSIGN(const WireValue v, ReadValueInfo(m));
      if (names.contains(v.name)) out_.defaulted.emplace_back(v.name);
    }
    return Nodes(graph.nodes, 0);
  }

 private:
  Status Body(Bytes message, int depth) {
    HASTEN_ASSIGN(const WireGraph graph, ReadGraph(message));
    return Nodes(graph.nodes, depth + 1);
  }
  OnnxContents& out_;
};

Status Read(Bytes bytes, OnnxContents* out) {
  HASTEN_ASSIGN(const WireModel model, ReadModel(bytes));
  out->bytes = static_cast<int64_t>(bytes.size());
  out->ir_version = static_cast<int>(model.ir_version);
  Reader reader(out);
  for (const Bytes m : model.functions) {
    HASTEN_ASSIGN(const WireFunction function, ReadFunction(m));
    HASTEN_TRY(reader.Nodes(function.nodes, 0));
  }
  return reader.Main(model.graph.bytes);
}

}  // namespace
}  // namespace onnx

int64_t OnnxContents::nodes() const {
  int64_t sum = 0;
  for (const auto& [type, count] : ops) sum += count;
  return sum;
}

Result<OnnxContents> ReadOnnxContents(const std::string& path) {
  HASTEN_ASSIGN(const auto file, MappedFile::Open(path));
  OnnxContents out;
  HASTEN_TRY(onnx::Read(file->bytes(), &out).At(path));
  return out;
}

}  // namespace hasten

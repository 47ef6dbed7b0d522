#include "import/onnx/export.h"

#include <filesystem>
#include <new>
#include <stdexcept>

#include "base/mapped_file.h"
#include "import/onnx/graph_writer.h"
#include "import/onnx/proto_write.h"

namespace hasten {
namespace onnx {
namespace {

constexpr uint64_t kMaxMessage = (uint64_t{1} << 31) - 1;  // of protobuf
constexpr int64_t kRoomForWeights = 1'900'000'000;
constexpr int64_t kExternalByNeed = 1024;

// The IR version that came with an opset of ai.onnx: readers expect at least it.
int IrVersionOf(int opset) {
  constexpr struct {
    int opset, ir;
  } kFirst[] = {{28, 14}, {25, 13}, {24, 12}, {23, 11}, {21, 10}, {19, 9}, {15, 8}, {12, 7}, {11, 6}, {10, 5}, {9, 4}};
  for (const auto& first : kFirst)
    if (opset >= first.opset) return first.ir;
  return 3;
}

int64_t WeightBytes(const Graph& graph) {
  int64_t total = 0;
  for (ValueId v = 0; v < graph.value_slots(); ++v)
    if (const Tensor* t = graph.value(v).alive ? graph.constant(v) : nullptr) total += t->bytes();
  return total;
}

struct Written {
  Rope message;
  GraphPtr graph;  // that the message refers to
};

Result<Written> WriteModel(const Model& model, const ExportOptions& options, WeightSink* weights) {
  Written out;
  Opsets opsets;
  for (const OpsetId& o : model.opsets) opsets[o.domain] = o.version;
  if (options.opset) {
    if (*options.opset < 1) return Status(Code::kInvalidArgument, Str("opset must be at least 1, is ", *options.opset));
    opsets[""] = *options.opset;
  }
  // IR versions below 3 cannot say which opset they use.
  int ir = std::max(model.ir_version, 3);
  if (options.opset) ir = std::max(ir, IrVersionOf(*options.opset));
  out.graph = model.graph.Clone();
  HASTEN_ASSIGN(Rope graph, GraphWriter(ir, &opsets, weights).Write(out.graph.get()));
  Rope& m = out.message;
  m.Int(1, ir);
  m.TextUnlessEmpty(2, model.producer_name);
  m.TextUnlessEmpty(3, model.producer_version);
  m.TextUnlessEmpty(4, model.domain);
  if (model.model_version != 0) m.Int(5, model.model_version);
  m.TextUnlessEmpty(6, model.doc);
  m.Message(7, std::move(graph));
  for (const auto& [domain, version] : opsets) {
    Rope opset;
    opset.TextUnlessEmpty(1, domain);
    opset.Int(2, version);
    m.Message(8, std::move(opset));
  }
  WriteMetadata(&m, 14, model.metadata);
  if (m.size() > kMaxMessage)
    return Status(Code::kUnsupported, Str("the model has ", m.size(), " bytes, a protobuf file at most ", kMaxMessage));
  return out;
}

Result<std::string> ToBytes(const Model& model, const ExportOptions& options) {
  WeightSink weights(std::nullopt, "");
  HASTEN_ASSIGN(const Written written, WriteModel(model, options, &weights));
  return written.message.Flat();
}

Status ToFile(const Model& model, const std::string& path, const ExportOptions& options) {
  std::optional<int64_t> external = options.external_bytes;
  if (!external && WeightBytes(model.graph) > kRoomForWeights) external = kExternalByNeed;
  const std::string data_path = path + ".data";
  WeightSink weights(external, std::filesystem::path(data_path).filename().string());
  HASTEN_ASSIGN(const Written written, WriteModel(model, options, &weights));
  if (weights.has_external()) HASTEN_TRY(WriteFile(data_path, weights.External()));
  return WriteFile(path, written.message.Pieces());
}

// The boundary at which exceptions of memory and of containers end.
template <class R, class F>
R Safely(F write) {
  try {
    return write();
  } catch (const std::bad_alloc&) {
    return Status(Code::kOutOfMemory, "not enough memory to write the model");
  } catch (const std::length_error&) {
    return Status(Code::kOutOfMemory, "not enough memory to write the model");
  }
}

}  // namespace
}  // namespace onnx

Status ExportOnnx(const Model& model, const std::string& path, const ExportOptions& options) {
  return onnx::Safely<Status>([&] { return onnx::ToFile(model, path, options); });
}

Result<std::string> ExportOnnxBytes(const Model& model, const ExportOptions& options) {
  return onnx::Safely<Result<std::string>>([&] { return onnx::ToBytes(model, options); });
}

}  // namespace hasten

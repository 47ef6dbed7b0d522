#include "cli/judge.h"

#include <filesystem>

#include "cli/formats/npy.h"
#include "cli/layer_trace.h"
#include "cli/python.h"
#include "import/onnx/export.h"
#include "ir/copy.h"

namespace hasten::cli {
namespace {

constexpr const char* kProbe = "import numpy, onnxruntime; print(onnxruntime.__version__, end='')";

constexpr const char* kScript = R"(
import os, sys
import numpy as np
import onnxruntime as ort
folder = sys.argv[1]
options = ort.SessionOptions()
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 4
session = ort.InferenceSession(folder + "/model.onnx", options, providers=["CPUExecutionProvider"])
feeds = {}
for k, i in enumerate(session.get_inputs()):
    path = f"{folder}/input_{k}.npy"
    if os.path.exists(path):
        x = np.load(path)
        feeds[i.name] = x.astype(object) if x.dtype.kind in "US" else x
for k, y in enumerate(session.run(None, feeds)):
    if isinstance(y, np.ndarray):
        np.save(f"{folder}/output_{k}.npy", y.astype(str) if y.dtype == object else y)
)";

// A copy of the model that gives out what its nodes compute, after its own outputs.
std::unique_ptr<Model> WithLayers(const Model& model, bool layers) {
  auto out = CopyOf(model);
  Graph& graph = out->graph;
  for (const NodeId n : layers ? graph.Order() : std::vector<NodeId>())
    for (const ValueId v : graph.node(n).outputs)
      if (v != kNone && !graph.IsOutput(v) && graph.value(v).type.is_tensor() &&
          graph.value(v).type.dtype != DType::kNone)
        graph.outputs.push_back(v);
  return out;
}

Status NoPython(const std::string& python, std::string_view why) {
  return Status(Code::kNotFound, Str("--judge onnxruntime needs a Python that has onnxruntime and numpy; '", python,
                                     "' has not (", why, "): name one with --python"));
}

}  // namespace

Result<Judged> JudgeByReferences(Session* references, std::span<const Value> inputs, int64_t most_bytes) {
  Judged out;
  out.by = "references";
  LayerTrace trace(*references->plan(), most_bytes);
  RunOptions options;
  options.observer = &trace;
  HASTEN_TRY(references->Run(inputs, &out.outputs, options));
  for (const LayerTrace::Layer& layer : trace.layers()) out.layers.emplace(layer.name, layer.tensor);
  out.dropped = trace.dropped();
  return out;
}

Result<Judged> JudgeByOnnxRuntime(const Model& model, std::span<const Value> inputs, bool layers,
                                  const std::string& python) {
  HASTEN_ASSIGN(const ScratchFolder scratch, ScratchFolder::Make());
  auto version = RunPython(python, kProbe, {}, scratch);
  if (!version.ok()) return NoPython(python, version.message());
  Judged out;
  out.by = Str("onnxruntime ", *version);
  const auto with_layers = WithLayers(model, layers);
  HASTEN_TRY(ExportOnnx(*with_layers, scratch.path() + "/model.onnx"));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].has()) continue;
    if (!inputs[i].is_tensor()) return Status(Code::kUnsupported, "--judge onnxruntime: inputs must be tensors");
    HASTEN_TRY(WriteNpy(Str(scratch.path(), "/input_", i, ".npy"), inputs[i].tensor()));
  }
  HASTEN_TRY(RunPython(python, kScript, {scratch.path()}, scratch).At("onnxruntime").status());
  const Graph& graph = with_layers->graph;
  const size_t own = model.graph.outputs.size();
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const GraphValue& value = graph.value(graph.outputs[i]);
    const std::string path = Str(scratch.path(), "/output_", i, ".npy");
    std::error_code error;
    Value v;
    if (std::filesystem::exists(path, error)) {
      HASTEN_ASSIGN(Tensor t, ReadNpy(path, value.type.dtype));
      if (layers && value.producer != kNone) out.layers.emplace(value.name, t);
      v = Value(std::move(t));
    }
    if (i < own) out.outputs.push_back(std::move(v));
  }
  return out;
}

}  // namespace hasten::cli

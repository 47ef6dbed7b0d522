#include <filesystem>

#include "api/ops.h"
#include "base/mapped_file.h"
#include "import/onnx/import.h"
#include "ops/infer.h"
#include "ops/text.h"

namespace hasten::api {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

Status OverLimit(int64_t bytes, int64_t limit) {
  return Status(Code::kOutOfMemory, Str("takes ", bytes, " bytes, max_memory is ", limit));
}

// Weights count once, wherever they lie.
Status CheckWeights(const Graph& graph, int64_t limit) {
  int64_t bytes = 0;
  for (ValueId v = 0; v < graph.value_slots(); ++v)
    if (const Tensor* t = graph.value(v).alive ? graph.constant(v) : nullptr) bytes += t->bytes();
  return bytes > limit ? OverLimit(bytes, limit) : Status();
}

bool IsText(std::string_view bytes) { return bytes.starts_with("hasten-ir "); }

Result<std::unique_ptr<Model>> OfBytes(std::shared_ptr<const void> owner, std::string_view bytes, int64_t limit,
                                       const Catalog& catalog) {
  if (HasPlanMagic(bytes)) {
    HASTEN_ASSIGN(const PlanFile file, PlanFile::Of(std::move(owner), bytes));
    return file.LoadModel(catalog);
  }
  if (!IsText(bytes)) return ImportOnnxBytes(std::move(owner), bytes, "model", catalog);
  TextLimits limits;
  limits.generated_bytes = std::min(limits.generated_bytes, limit);
  HASTEN_ASSIGN(auto model, ParseText(bytes, catalog, limits));
  HASTEN_TRY(InferTypes(&model->graph));
  return model;
}

Result<std::unique_ptr<Model>> OfPath(const std::string& path, int64_t limit, const Catalog& catalog) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > static_cast<uint64_t>(limit)) return OverLimit(static_cast<int64_t>(size), limit).At(path);
  if (!path.ends_with(".ir")) return LoadModel(path, catalog);
  HASTEN_ASSIGN(const std::string text, ReadFile(path));
  return OfBytes(nullptr, text, limit, catalog).At(path);
}

using Loaded = Result<std::unique_ptr<Model>>;

template <class Load>
Status LoadInto(const hasten_model_options* given, hasten_model** out, Load load) {
  HASTEN_NOT_NULL(out);
  hasten_model_options options;
  HASTEN_TRY(ReadOptions(given, "hasten_model_options", &options));
  if (options.max_memory < 0) return Misuse("max_memory must not be negative, is ", options.max_memory);
  const int64_t limit = options.max_memory > 0 ? options.max_memory : kNoLimit;
  auto made = std::make_unique<hasten_model>();
  made->parts.ops = OpsOf(options.catalog);
  HASTEN_ASSIGN(auto model, load(options, limit, made->parts.ops->catalog));
  HASTEN_TRY(CheckWeights(model->graph, limit));
  const Graph& graph = model->graph;
  for (ValueId v : graph.inputs) made->inputs.push_back(ValueText::Of(graph.value(v).name, graph.value(v).type));
  for (ValueId v : graph.outputs) {
    const Type& declared = graph.value(v).declared;
    made->outputs.push_back(ValueText::Of(graph.value(v).name, declared.known() ? declared : graph.value(v).type));
  }
  Log{options.log, options.log_user_data}.Notes(model->notes);
  made->parts.model = std::move(model);
  *out = made.release();
  return {};
}

hasten_kind KindOf(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kUnknown: return HASTEN_KIND_NONE;
    case Type::Kind::kTensor: return HASTEN_KIND_TENSOR;
    case Type::Kind::kSequence: return HASTEN_KIND_SEQUENCE;
    case Type::Kind::kOptional: return HASTEN_KIND_OPTIONAL;
    case Type::Kind::kMap: return HASTEN_KIND_MAP;
    case Type::Kind::kSparse: return HASTEN_KIND_SPARSE;
  }
  return HASTEN_KIND_NONE;
}

}  // namespace

std::unique_ptr<ValueText> ValueText::Of(const std::string& name, const Type& type) {
  auto text = std::make_unique<ValueText>();
  text->name = name;
  text->type = type.Text();
  const bool holds = type.kind == Type::Kind::kSequence || type.kind == Type::Kind::kOptional;
  const bool ranked = type.is_tensor() && type.shape.ranked();
  if (ranked) {
    for (int i = 0; i < type.shape.rank(); ++i) {
      const Dim& d = type.shape[i];
      text->dims.push_back(d.is_const() ? d.value() : -1);
      text->symbols.push_back(d.is_const() ? std::string() : d.Text());
    }
  }
  for (const std::string& s : text->symbols) text->symbol_pointers.push_back(s.empty() ? nullptr : s.c_str());
  hasten_value_info& info = text->info;
  info.name = text->name.c_str();
  info.kind = KindOf(type);
  info.dtype = static_cast<hasten_dtype>(holds && type.element ? type.element->dtype : type.dtype);
  info.ndim = ranked ? type.shape.rank() : -1;
  info.dims = text->dims.data();
  info.symbols = text->symbol_pointers.data();
  info.type = text->type.c_str();
  return text;
}

hasten_error* InfoAt(const std::vector<std::unique_ptr<ValueText>>& texts, size_t index, hasten_value_info* out) {
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(out);
    if (index >= texts.size()) return Misuse("index must be below ", texts.size(), ", is ", index);
    return WriteSized(&texts[index]->info, sizeof(hasten_value_info), "hasten_value_info", out);
  });
}

}  // namespace hasten::api

using hasten::Status;
using hasten::Str;
using hasten::api::Guard;
using hasten::api::Misuse;

namespace {

hasten_error* NoModel() {
  return Guard([]() -> Status { return Misuse("model must not be NULL"); });
}

}  // namespace

hasten_error* hasten_model_load(const char* path, const hasten_model_options* options, hasten_model** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(path);
    return hasten::api::LoadInto(options, out,
                                 [&](const hasten_model_options&, int64_t limit, const hasten::Catalog& catalog) {
                                   return hasten::api::OfPath(path, limit, catalog);
                                 });
  });
}

hasten_error* hasten_model_load_bytes(const void* bytes, size_t size, const hasten_model_options* options,
                                      hasten_model** out) {
  if (out) *out = nullptr;
  return Guard([&]() -> Status {
    HASTEN_NOT_NULL(bytes);
    const auto load = [&](const hasten_model_options& known, int64_t limit,
                          const hasten::Catalog& catalog) -> hasten::api::Loaded {
      if (size > static_cast<uint64_t>(limit)) return hasten::api::OverLimit(static_cast<int64_t>(size), limit);
      const std::string_view given(static_cast<const char*>(bytes), size);
      if (known.borrow_bytes) {
        static const int nobody = 0;
        return hasten::api::OfBytes({std::shared_ptr<void>(), &nobody}, given, limit, catalog);
      }
      auto copy = std::make_shared<const std::string>(given);
      return hasten::api::OfBytes(copy, *copy, limit, catalog);
    };
    return hasten::api::LoadInto(options, out, load);
  });
}

void hasten_model_free(hasten_model* model) { delete model; }

size_t hasten_model_inputs(const hasten_model* model) { return model ? model->inputs.size() : 0; }
size_t hasten_model_outputs(const hasten_model* model) { return model ? model->outputs.size() : 0; }

hasten_error* hasten_model_input(const hasten_model* model, size_t index, hasten_value_info* out) {
  return model ? hasten::api::InfoAt(model->inputs, index, out) : NoModel();
}

hasten_error* hasten_model_output(const hasten_model* model, size_t index, hasten_value_info* out) {
  return model ? hasten::api::InfoAt(model->outputs, index, out) : NoModel();
}

const char* hasten_model_metadata(const hasten_model* model, const char* key) {
  if (!model || !key) return nullptr;
  const auto& metadata = model->parts.model->metadata;
  const auto it = metadata.find(key);
  return it == metadata.end() ? nullptr : it->second.c_str();
}

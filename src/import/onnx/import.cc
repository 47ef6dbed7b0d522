#include "import/onnx/import.h"

#include <filesystem>
#include <new>
#include <set>
#include <stdexcept>

#include "import/onnx/importer.h"

namespace hasten {
namespace onnx {
namespace {

constexpr size_t kMaxNotes = 200;
// What Hasten was built to read; newer files are read all the same, with a note.
constexpr int kNewestIr = 14;

Result<std::unique_ptr<Model>> Import(Bytes bytes, DataSource* data, const Catalog& catalog) {
  HASTEN_REQUIRE(!bytes.empty(), "the file is empty, must be an ONNX model");
  HASTEN_ASSIGN(const WireModel wire, ReadModel(bytes));
  HASTEN_REQUIRE(wire.graph.present, "has no graph: not an ONNX model");
  auto model = std::make_unique<Model>();
  HASTEN_TRY(Importer(catalog, data, bytes, model.get()).ReadModel(wire));
  return model;
}

// The boundary at which exceptions of memory and of containers end.
Result<std::unique_ptr<Model>> ImportSafely(Bytes bytes, DataSource* data, const std::string& path,
                                            const Catalog& catalog) {
  try {
    return Import(bytes, data, catalog).At(path);
  } catch (const std::bad_alloc&) {
    return Status(Code::kOutOfMemory, Str(path, ": not enough memory to read the model"));
  } catch (const std::length_error&) {
    return Status(Code::kOutOfMemory, Str(path, ": a list in the model is too long"));
  }
}

}  // namespace

std::string_view NormalDomain(std::string_view domain) { return domain == "ai.onnx" ? std::string_view() : domain; }

std::map<std::string, std::string> OwnedMap(const StringMap& entries) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : entries) out.emplace(key, value);
  return out;
}

Importer::Importer(const Catalog& catalog, DataSource* data, Bytes file, Model* model)
    : catalog_(catalog),
      data_(data),
      model_(model),
      inlining_left_((int64_t{16} << 20) + 64 * static_cast<int64_t>(file.size())) {}

void Importer::Note(std::string text) {
  auto& notes = model_->notes;
  if (notes.size() >= kMaxNotes || std::find(notes.begin(), notes.end(), text) != notes.end()) return;
  notes.push_back(notes.size() + 1 == kMaxNotes ? "and more notes" : std::move(text));
}

int Importer::OpsetOf(const Scope& scope, std::string_view domain) const {
  for (const WireOpset& o : *scope.opsets)
    if (NormalDomain(o.domain) == domain && o.version > 0)
      return static_cast<int>(std::min<int64_t>(o.version, kMaxOpset));
  return model_->opset(domain);
}

void Importer::EnsureOpset(std::string_view domain, int version) {
  for (OpsetId& known : model_->opsets)
    if (known.domain == domain) {
      known.version = std::max(known.version, version);
      return;
    }
  model_->opsets.push_back({std::string(domain), version});
}

void Importer::ReadOpsets(const WireModel& wire) {
  constexpr int64_t kFirstIrWithOpsets = 3;
  for (const WireOpset& o : wire.opsets)
    EnsureOpset(NormalDomain(o.domain), static_cast<int>(std::clamp<int64_t>(o.version, 0, kMaxOpset)));
  if (model_->opset("") == 0 && wire.ir_version < kFirstIrWithOpsets) EnsureOpset("", 1);
  if (model_->opset("") > kNewestOpset) Note(Str("opset ", model_->opset(""), " is newer than ", kNewestOpset));
}

Status Importer::ReadModel(const WireModel& wire) {
  HASTEN_REQUIRE(wire.ir_version > 0 && wire.ir_version < 1000, "IR version must be 1 to ", kNewestIr, ", is ",
                 wire.ir_version);
  if (wire.ir_version > kNewestIr) Note(Str("IR version ", wire.ir_version, " is newer than ", kNewestIr));
  model_->ir_version = static_cast<int>(wire.ir_version);
  model_->producer_name = wire.producer_name;
  model_->producer_version = wire.producer_version;
  model_->domain = wire.domain;
  model_->doc = wire.doc;
  model_->model_version = wire.model_version;
  model_->metadata = OwnedMap(wire.metadata);
  if (wire.trains) Note("training_info was dropped");
  if (wire.placed) Note("device configurations were dropped");

  HASTEN_REQUIRE(wire.opsets.size() <= kMaxOpsets, "imports more than ", kMaxOpsets, " opsets");
  Scope scope;
  scope.graph = &model_->graph;
  scope.opsets = &wire.opsets;
  ReadOpsets(wire);
  HASTEN_TRY(ReadFunctions(wire.functions));
  HASTEN_ASSIGN(const WireGraph graph, ReadGraph(wire.graph.bytes));
  HASTEN_TRY(ReadGraphInto(&scope, graph));
  if (inlined_ > 0) Note(Str("inlined ", inlined_, " calls of functions"));
  return {};
}

}  // namespace onnx

Result<std::unique_ptr<Model>> ImportOnnx(const std::string& path, const Catalog& catalog) {
  HASTEN_ASSIGN(auto file, MappedFile::Open(path));
  const std::string_view bytes = file->bytes();
  onnx::DataSource data(bytes, file, std::filesystem::path(path).parent_path().string(), true);
  return onnx::ImportSafely(bytes, &data, path, catalog);
}

Result<std::unique_ptr<Model>> ImportOnnxBytes(std::shared_ptr<const void> owner, std::string_view bytes,
                                               std::string path_for_messages, const Catalog& catalog) {
  onnx::DataSource data(bytes, std::move(owner), "", false);
  return onnx::ImportSafely(bytes, &data, path_for_messages, catalog);
}

}  // namespace hasten

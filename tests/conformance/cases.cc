#include "cases.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/mapped_file.h"
#include "import/onnx/value_file.h"

namespace hasten {
namespace {

namespace fs = std::filesystem;

// A number after "key": in a flat JSON object; enough for the suite's data.json, which holds two numbers and strings.
std::optional<double> JsonNumber(const std::string& text, std::string_view key) {
  const size_t at = text.find(Str("\"", key, "\""));
  if (at == std::string::npos) return std::nullopt;
  const size_t colon = text.find(':', at);
  if (colon == std::string::npos) return std::nullopt;
  return std::strtod(text.c_str() + colon + 1, nullptr);
}

std::string IndexedFile(const fs::path& folder, std::string_view stem, size_t i) {
  return (folder / Str(stem, "_", i, ".pb")).string();
}

Status CheckSet(Session* session, const fs::path& set, const Tolerance& tolerance) {
  std::vector<Value> inputs, outputs;
  for (size_t i = 0; i < session->inputs(); ++i) {
    const std::string file = IndexedFile(set, "input", i);
    if (!fs::exists(file)) {
      inputs.emplace_back();
      continue;
    }
    HASTEN_ASSIGN(Value v, ReadValuePb(file, session->input_type(i)));
    inputs.push_back(std::move(v));
  }
  HASTEN_TRY(session->Run(inputs, &outputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string file = IndexedFile(set, "output", i);
    if (!fs::exists(file)) continue;
    HASTEN_ASSIGN(const Value expected, ReadValuePb(file, session->declared_output_type(i)));
    const Difference d = Compare(outputs[i], expected, tolerance);
    if (!d.equal)
      return Status(Code::kInternal,
                    Str(set.filename().string(), " output ", i, " ", Quote(session->output_name(i)), ": ", d.what,
                        d.outside > 1 ? Str(" (", d.outside, " of ", d.elements, " elements)") : ""));
  }
  return {};
}

}  // namespace

std::vector<std::string> FindCases(const std::string& root) {
  std::vector<std::string> out;
  std::error_code error;
  if (fs::exists(fs::path(root) / "model.onnx", error)) return {root};
  for (const auto& entry : fs::directory_iterator(root, error)) {
    if (!entry.is_directory(error)) continue;
    for (std::string& found : FindCases(entry.path().string())) out.push_back(std::move(found));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Tolerance ToleranceOf(const std::string& folder) {
  Tolerance t;
  auto text = ReadFile((fs::path(folder) / "data.json").string());
  if (!text.ok()) return t;
  if (const auto rtol = JsonNumber(*text, "rtol")) t.relative = *rtol;
  if (const auto atol = JsonNumber(*text, "atol")) t.absolute = *atol;
  return t;
}

CaseResult RunCase(const std::string& folder, bool reference) {
  const auto result = [](Status status) {
    const bool unsupported = status.code() == Code::kUnsupported;
    return CaseResult{unsupported ? CaseResult::Kind::kUnsupported : CaseResult::Kind::kFailed,
                      std::string(status.message())};
  };
  SessionOptions options;
  options.plan.references_only = reference;
  auto session = Session::Load((fs::path(folder) / "model.onnx").string(), options);
  if (!session.ok()) return result(std::move(session).status());
  const Tolerance tolerance = ToleranceOf(folder);
  for (int set = 0;; ++set) {
    const fs::path data = fs::path(folder) / Str("test_data_set_", set);
    std::error_code error;
    if (!fs::exists(data, error))
      return set > 0 ? CaseResult{} : CaseResult{CaseResult::Kind::kFailed, "has no test_data_set_0"};
    Status status = CheckSet(session->get(), data, tolerance);
    if (!status.ok()) return result(std::move(status));
  }
}

}  // namespace hasten

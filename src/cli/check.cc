#include <fmt/format.h>

#include <filesystem>

#include "cli/formats/value_files.h"
#include "cli/outputs.h"
#include "ops/infer.h"
#include "tensor/compare.h"

namespace hasten::cli {
namespace {

struct Checked {
  std::string name;
  std::optional<Difference> difference;  // nullopt: there is nothing to compare with
};

std::string Summary(const Difference& d) {
  if (d.max_absolute == 0) return d.equal ? "equal" : "";
  return fmt::format("largest difference {:.3g} at {}, relative {:.3g}", d.max_absolute, d.worst, d.max_relative);
}

std::string Verdict(const Checked& c) {
  const std::string name = Quote(c.name);
  if (!c.difference) return Str("output ", name, ": not compared, the folder has no file for it");
  const Difference& d = *c.difference;
  if (d.equal) return Str("output ", name, ": ok, ", Summary(d));
  std::string text = Str("output ", name, ": DIFFERS");
  if (d.outside > 0) text += Str(", ", d.outside, " of ", d.elements, " elements outside the tolerance");
  if (const std::string summary = Summary(d); !summary.empty()) text += Str(", ", summary);
  return Str(text, "\n  first: ", d.what);
}

void CheckFact(const Checked& c, JsonWriter* json) {
  json->StartObject();
  WriteField(json, "name", c.name);
  WriteField(json, "result", !c.difference ? "not compared" : c.difference->equal ? "ok" : "differs");
  if (c.difference) {
    WriteField(json, "max_absolute", c.difference->max_absolute);
    WriteField(json, "max_relative", c.difference->max_relative);
    WriteField(json, "worst", c.difference->worst);
    WriteField(json, "outside", c.difference->outside);
    WriteField(json, "elements", c.difference->elements);
    WriteField(json, "first", c.difference->what);
  }
  json->EndObject();
}

Result<Checked> CheckOne(const RunFlags& flags, const Session& session, size_t i, const Value& actual) {
  Checked c{session.output_name(i), {}};
  const auto path = FindValueFile(flags.check, Str("output_", i));
  if (!path) return c;
  // What the run gave says more about the file than what inference knew.
  const Type& declared = session.declared_output_type(i);
  const Type& type = declared.known() ? declared : TypeOf(actual);
  HASTEN_ASSIGN(const Value expected, ReadValue(*path, {.type = type}));
  c.difference = Compare(actual, expected, {flags.relative, flags.absolute});
  return c;
}

}  // namespace

Status CheckOutputs(const RunFlags& flags, const Session& session, std::span<const Value> outputs, Report* report) {
  std::vector<Checked> all;
  std::vector<std::string> differ;
  size_t compared = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    HASTEN_ASSIGN(Checked c, CheckOne(flags, session, i, outputs[i]));
    report->Line(Verdict(c));
    compared += c.difference.has_value();
    if (c.difference && !c.difference->equal) differ.push_back(Quote(c.name));
    all.push_back(std::move(c));
  }
  report->Fact([all](JsonWriter* json) {
    WriteKey(json, "check");
    json->StartArray();
    for (const Checked& c : all) CheckFact(c, json);
    json->EndArray();
  });
  if (const auto more = FindValueFile(flags.check, Str("output_", outputs.size())))
    return Status(Code::kInvalidArgument, Str(*more, ": the model has ", outputs.size(), " outputs"));
  if (compared == 0)
    return Status(Code::kNotFound, Str(flags.check, ": there is no output_0.pb (or .npy) to compare with"));
  if (!differ.empty())
    return Status(Code::kInvalidArgument,
                  Str("check failed: ", differ.size(), " of ", compared, " outputs differ: ", Join(differ, ", ")));
  return {};
}

}  // namespace hasten::cli

#include "cli/trace_file.h"

#include "base/mapped_file.h"

namespace hasten::cli {
namespace {

constexpr int64_t kProcess = 1, kThread = 1;  // a step has all threads, so that one track shows it

void Types(JsonWriter* json, std::string_view key, const std::vector<Type>& types) {
  if (types.empty()) return;
  std::vector<std::string> texts;
  for (const Type& t : types) texts.push_back(t.known() ? t.Text() : "_");
  WriteTexts(json, key, texts);
}

void Head(JsonWriter* json, std::string_view name, std::string_view category, int64_t begin, int64_t end) {
  WriteField(json, "name", name);
  WriteField(json, "cat", category);
  WriteField(json, "ph", "X");
  WriteField(json, "ts", static_cast<double>(begin) * 1e-3);
  WriteField(json, "dur", static_cast<double>(end - begin) * 1e-3);
  WriteField(json, "pid", kProcess);
  WriteField(json, "tid", kThread);
}

void StepEvent(JsonWriter* json, const Plan& plan, const Trace::Event& e) {
  const Step& step = plan.steps[e.step];
  json->StartObject();
  Head(json, step.where.empty() ? OpName(*step.node) : step.where, "step", e.begin, e.end);
  WriteKey(json, "args");
  json->StartObject();
  WriteField(json, "step", static_cast<int64_t>(e.step));
  WriteField(json, "op", OpName(*step.node));
  WriteField(json, "tactic", step.tactic ? step.tactic->name : "reference");
  if (step.tactic && !step.tactic->variants.empty())
    WriteField(json, "variant", step.tactic->variants[static_cast<size_t>(step.variant)]);
  WriteField(json, "layout", Name(step.layout));
  if (!step.node->epilogue.empty()) WriteField(json, "epilogue", step.node->epilogue.Text());
  Types(json, "in", e.in);
  Types(json, "epilogue_in", e.epilogue_in);
  Types(json, "out", e.out);
  WriteField(json, "bytes", e.cost.bytes);
  WriteField(json, "flops", e.cost.flops);
  json->EndObject();
  json->EndObject();
}

void NameOf(JsonWriter* json, std::string_view what, std::string_view name) {
  json->StartObject();
  WriteField(json, "name", what);
  WriteField(json, "ph", "M");
  WriteField(json, "pid", kProcess);
  WriteField(json, "tid", kThread);
  WriteKey(json, "args");
  json->StartObject();
  WriteField(json, "name", name);
  json->EndObject();
  json->EndObject();
}

}  // namespace

Status WriteTrace(const Plan& plan, const Trace& trace, std::span<const TracedRun> runs, const std::string& path,
                  Report* report) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteField(&json, "displayTimeUnit", "ns");
  WriteKey(&json, "traceEvents");
  json.StartArray();
  NameOf(&json, "process_name", "hasten");
  NameOf(&json, "thread_name", "steps");
  for (size_t i = 0; i < runs.size(); ++i) {
    json.StartObject();
    Head(&json, Str("run ", i), "run", runs[i].begin, runs[i].end);
    json.EndObject();
  }
  for (const Trace::Event& e : trace.events()) StepEvent(&json, plan, e);
  json.EndArray();
  json.EndObject();
  HASTEN_TRY(WriteFile(path, std::string_view(buffer.GetString(), buffer.GetSize())));
  const auto events = static_cast<int64_t>(trace.events().size());
  report->Line(Str("wrote ", path, ", ", events, " steps"));
  report->Fact([path, events](JsonWriter* facts) {
    WriteField(facts, "trace", path);
    WriteField(facts, "traced_steps", events);
  });
  return {};
}

}  // namespace hasten::cli

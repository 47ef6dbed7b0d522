#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/figures.h"
#include "cli/machine.h"
#include "cli/report.h"

namespace hasten::cli {
namespace {

void Show(const Machine& m, const Report& report) {
  report.Line(Str("cpu         ", m.cpu));
  std::string cores = Str(m.cores_usable, " of ", m.cores_online);
  if (m.cores_affinity != m.cores_online) cores += Str(", ", m.cores_affinity, " by affinity");
  if (m.quota) cores += fmt::format(", {:g} by the cgroup's quota", *m.quota);
  report.Line(Str("  cores     ", cores));
  report.Line(Str("  isa       ", m.isa, " (built: ", Join(m.isas_built, " "),
                  "; this CPU has: ", Join(m.isas_supported, " "), ")"));
  for (const Cache& c : m.caches)
    report.Line(fmt::format("  {:<10}{}, {}{}", Str("L", c.level), HumanBytes(c.bytes), c.kind,
                            c.cores > 1 ? Str(", shared by ", c.cores, " cores") : ""));
  report.Line(Str("  memory    ", HumanBytes(m.memory), ", ", HumanBytes(m.memory_available), " available",
                  m.memory_limit ? Str(", ", HumanBytes(*m.memory_limit), " by the cgroup") : ""));
}

void WriteCaches(const Machine& m, JsonWriter* json) {
  WriteKey(json, "caches");
  json->StartArray();
  for (const Cache& c : m.caches) {
    json->StartObject();
    WriteField(json, "level", c.level);
    WriteField(json, "type", c.kind);
    WriteField(json, "bytes", c.bytes);
    WriteField(json, "shared_by", c.cores);
    json->EndObject();
  }
  json->EndArray();
}

void Facts(const Machine& m, JsonWriter* json) {
  WriteKey(json, "devices");
  json->StartArray();
  json->StartObject();
  WriteField(json, "kind", "cpu");
  WriteField(json, "name", m.cpu);
  WriteField(json, "cores_usable", m.cores_usable);
  WriteField(json, "cores_affinity", m.cores_affinity);
  WriteField(json, "cores_online", m.cores_online);
  if (m.quota) WriteField(json, "cores_quota", *m.quota);
  WriteField(json, "isa", m.isa);
  WriteTexts(json, "isas_built", m.isas_built);
  WriteTexts(json, "isas_supported", m.isas_supported);
  WriteCaches(m, json);
  WriteField(json, "memory_bytes", m.memory);
  WriteField(json, "memory_available_bytes", m.memory_available);
  if (m.memory_limit) WriteField(json, "memory_limit_bytes", *m.memory_limit);
  json->EndObject();
  json->EndArray();
}

std::function<Status()> Define(CLI::App* app) {
  const auto json = std::make_shared<bool>(false);
  app->add_flag("--json", *json, "Print one JSON object instead of text");
  return [json]() -> Status {
    Report report(*json, /*quiet=*/false);
    const Machine machine = ThisMachine();
    Show(machine, report);
    report.Fact([machine](JsonWriter* writer) { Facts(machine, writer); });
    report.Print();
    return {};
  };
}

constexpr Example kExamples[] = {
    {"Where will models run?", "hasten devices"},
    {"How many cores does a run get?", "hasten devices --json | jq .devices[0].cores_usable"},
};

}  // namespace

extern const Command kDevices = {
    .name = "devices",
    .summary = "list what models can run on here: cores, instruction set, caches, memory",
    .doc =
        "Cores that can be used are those of the process's affinity, as far as the cgroup's quota goes; a run has as "
        "many threads unless --threads says otherwise. The instruction set is the best of those that kernels are "
        "built for and the CPU has; HASTEN_MAX_ISA=avx2 in the environment (or baseline, avx512, avx512_vnni) keeps "
        "every command from better ones, to see what a lesser machine would do.",
    .examples = kExamples,
    .define = Define,
};

}  // namespace hasten::cli

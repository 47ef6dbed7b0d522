// hasten_conformance [--reference] [--quiet] [--filter TEXT] [--table FILE] FOLDER...
// Runs the standard's backend cases below each folder, prints what fails and why, and ends with the counts.
// --table writes them as a Markdown page.  Exit status 1 if any case fails.
#include <cstdio>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "cases.h"

namespace hasten {
namespace {

struct Arguments {
  bool reference = false, quiet = false;
  std::string filter, table;
  std::vector<std::string> folders;
};

Arguments ParseArguments(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--reference")
      a.reference = true;
    else if (arg == "--quiet")
      a.quiet = true;
    else if (arg == "--filter" && i + 1 < argc)
      a.filter = argv[++i];
    else if (arg == "--table" && i + 1 < argc)
      a.table = argv[++i];
    else
      a.folders.push_back(arg);
  }
  return a;
}

std::string LastPart(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

struct Suite {
  std::string name;
  int passed = 0, total = 0;
};

struct Report {
  std::vector<Suite> suites;
  std::vector<std::pair<std::string, std::string>> misses;  // case, reason
  int passed() const {
    int n = 0;
    for (const Suite& s : suites) n += s.passed;
    return n;
  }
};

// The reason without the case's own folder, so that the page does not depend on where the suite lies.
std::string Reason(const CaseResult& r, const std::string& folder) {
  std::string text = r.reason;
  const std::string prefix = folder + "/model.onnx: ";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

void RunSuite(const Arguments& args, const std::string& root, Report* report) {
  Suite suite{LastPart(root)};
  for (const std::string& folder : FindCases(root)) {
    if (!args.filter.empty() && folder.find(args.filter) == std::string::npos) continue;
    const CaseResult r = RunCase(folder, args.reference);
    ++suite.total;
    if (r.kind == CaseResult::Kind::kPassed) {
      ++suite.passed;
      continue;
    }
    report->misses.emplace_back(LastPart(folder), Reason(r, folder));
    if (!args.quiet)
      std::printf("%s %s: %s\n", r.kind == CaseResult::Kind::kFailed ? "FAILED" : "UNSUPPORTED",
                  LastPart(folder).c_str(), report->misses.back().second.c_str());
    std::fflush(stdout);
  }
  report->suites.push_back(suite);
}

std::string Page(const Report& report) {
  std::string out =
      "# Conformance\n\nThe ONNX standard's backend cases with the standard's tolerances, run by plan; "
      "`tests/conformance_cli_test.py` holds `hasten run` from files to the same verdicts. "
      "Written by `./dev docs` where the test data is at hand.\n\n| suite | passed | cases |\n|---|---|---|\n";
  for (const Suite& s : report.suites) out += Str("| ", s.name, " | ", s.passed, " | ", s.total, " |\n");
  out += "\n## Cases that do not pass\n\n| case | reason |\n|---|---|\n";
  for (const auto& [name, reason] : report.misses) out += Str("| ", name, " | ", reason, " |\n");
  return out;
}

int Main(int argc, char** argv) {
  const Arguments args = ParseArguments(argc, argv);
  Report report;
  for (const std::string& root : args.folders) RunSuite(args, root, &report);
  if (!args.table.empty()) {
    const Status status = WriteFile(args.table, Page(report));
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
      return 1;
    }
  }
  std::printf("%d passed, %zu failed\n", report.passed(), report.misses.size());
  return report.misses.empty() ? 0 : 1;
}

}  // namespace
}  // namespace hasten

int main(int argc, char** argv) { return hasten::Main(argc, argv); }

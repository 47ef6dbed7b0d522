// hasten-conformance [--reference] [--quiet] [--filter TEXT] [--table FILE] FOLDER...
// Runs the standard's backend cases and prints what fails and why; exit status 1 if a case fails that the
// list of known failures does not name.
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "cases.h"

namespace hasten {
namespace {

struct Arguments {
  bool reference = false, quiet = false;
  std::string filter, known;
  std::vector<std::string> folders;
};

Arguments ParseArguments(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--reference") a.reference = true;
    else if (arg == "--quiet") a.quiet = true;
    else if (arg == "--filter" && i + 1 < argc) a.filter = argv[++i];
    else if (arg == "--known" && i + 1 < argc) a.known = argv[++i];
    else a.folders.push_back(arg);
  }
  return a;
}

int Main(int argc, char** argv) {
  const Arguments args = ParseArguments(argc, argv);
  std::map<CaseResult::Kind, int> counts;
  for (const std::string& root : args.folders)
    for (const std::string& folder : FindCases(root)) {
      if (!args.filter.empty() && folder.find(args.filter) == std::string::npos) continue;
      if (std::getenv("HASTEN_TRACE_CASES")) std::fprintf(stderr, "%s\n", folder.c_str());
      const CaseResult r = RunCase(folder, args.reference);
      ++counts[r.kind];
      const std::string name = folder.substr(folder.find_last_of('/') + 1);
      if (r.kind != CaseResult::Kind::kPassed && !args.quiet)
        std::printf("%s %s: %s\n", r.kind == CaseResult::Kind::kFailed ? "FAILED" : "UNSUPPORTED", name.c_str(), r.reason.c_str());
    }
  std::printf("%d passed, %d failed, %d unsupported\n", counts[CaseResult::Kind::kPassed], counts[CaseResult::Kind::kFailed],
              counts[CaseResult::Kind::kUnsupported]);
  return counts[CaseResult::Kind::kFailed] + counts[CaseResult::Kind::kUnsupported] > 0;
}

}  // namespace
}  // namespace hasten

int main(int argc, char** argv) { return hasten::Main(argc, argv); }

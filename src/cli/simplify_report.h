// What `hasten simplify` says it did.
#pragma once
#include "cli/inspect/model_facts.h"
#include "cli/report.h"
#include "cli/simplify_check.h"
#include "import/onnx/contents.h"
#include "passes/pipeline.h"

namespace hasten::cli {

struct Simplified {
  std::string from, to;
  OnnxContents before, after;
  PassReport passes;
  SimplifyCheck check;
  double seconds = 0;  // of reading, simplifying and writing
};

// The table of ops before and after.
std::string DifferenceTable(const Simplified& s);
// How the check ended, in a line.
std::string CheckLine(const SimplifyCheck& check);
void SimplifyFacts(const Simplified& s, JsonWriter* json);
// A page that needs nothing else.
std::string HtmlPage(const Simplified& s, const ModelFacts& before, const ModelFacts& after);

}  // namespace hasten::cli

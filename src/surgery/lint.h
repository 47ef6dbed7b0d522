// Findings about a whole model: its file's, and what inference tells of its graph.
#pragma once
#include "import/onnx/lint.h"

namespace hasten {

// Values whose type is not known, declared types that cannot be, weights with NaN or infinite elements, in the main
// graph and those inside nodes.
std::vector<Finding> LintGraph(const Graph& graph);

// Errors first, then warnings, then notes; each in the file's order.  The graph is looked at where the file can be
// imported at all; where not, why not is a finding, unless the file's own findings tell.
Result<std::vector<Finding>> LintFile(const std::string& path, const Catalog& catalog = Catalog::BuiltIn());

}  // namespace hasten

// Where --output and --output-dir put the outputs of a run.
#pragma once
#include "cli/outputs.h"

namespace hasten::cli {

struct OutputFile {
  size_t output = 0;
  std::string path;
  FileForm form = FileForm::kNpy;
};
// The --output options, checked before anything is run.
Result<std::vector<OutputFile>> FindOutputFiles(const RunFlags& flags, const Session& session);
Status WriteOutputFiles(std::span<const OutputFile> files, const Session& session, std::span<const Value> outputs,
                        Report* report);

}  // namespace hasten::cli

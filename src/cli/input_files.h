// Which files are given for which input, and what they are.
#pragma once
#include <string>
#include <vector>

#include "cli/formats/value_files.h"
#include "ir/graph.h"

namespace hasten::cli {

// One --input or --image, opened.
struct InputFile {
  std::string path;
  FileForm form = FileForm::kUnknown;
  bool made_up = false;  // PseudoFile(path) it is
  FileBytes file;
  std::string member;  // of an archive
};

class InputFiles {
 public:
  InputFiles(const Graph& graph, std::optional<DType> raw_dtype)
      : graph_(graph), raw_dtype_(raw_dtype), of_(graph.inputs.size()) {}

  // "[NAME=]FILE" of an option.  Without a name, a file that holds values by name is given to all inputs it has names
  // of.
  Status Add(const std::string& text, std::string_view option, bool picture);
  const std::vector<InputFile>& of(size_t input) const { return of_[input]; }

 private:
  struct NamedPath {
    std::optional<std::string> name;
    std::string path;
  };
  Result<NamedPath> Split(const std::string& text) const;
  Result<InputFile> Open(const std::string& path);
  // The form of a file that has no telling name and no telling beginning.
  FileForm Assumed(const InputFile& file, size_t input) const;
  Result<bool> Distribute(const InputFile& file);
  Result<size_t> InputOf(const NamedPath& named, std::string_view option) const;
  const GraphValue& input(size_t i) const { return graph_.value(graph_.inputs[i]); }

  const Graph& graph_;
  std::optional<DType> raw_dtype_;
  std::vector<std::vector<InputFile>> of_;
  bool standard_input_taken_ = false;
};

}  // namespace hasten::cli

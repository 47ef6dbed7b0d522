// The smallest part of a model that computes something else than it should.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/judge.h"

namespace hasten::cli {

struct BisectTask {
  const Model* tested = nullptr;  // before any rule
  std::span<const Value> inputs;  // of the whole model, in its order
  const Judged* right = nullptr;
  // A session that runs a part as the whole was run; it may change the part.
  std::function<Result<std::unique_ptr<Session>>(std::shared_ptr<Model> part, std::span<const Value> inputs)> plan;
  double bound = 0;
};

struct FailingPart {
  std::vector<std::string> nodes;     // "node 12 'conv1' (Conv)", numbered as in the whole model
  std::vector<std::string> inputs;    // names
  std::vector<Value> contents;        // of the inputs, as they should be
  std::string output;                 // name
  double error = 0;                   // of the output, as compare measures it
  int tried = 0;                      // parts that were run
  std::shared_ptr<const Model> part;  // before any rule
};

// Begins behind the value `beyond`, which differs in the whole model's run.  Nullopt: no part fails by itself.
Result<std::optional<FailingPart>> Bisect(const BisectTask& task, const std::string& beyond);

// PATH (the part), and beside it with the extension .set the inputs and the right output as test data.
Status WriteFailingPart(const FailingPart& part, const Judged& right, const std::string& path);
std::string SetFolderOf(const std::string& path);  // "out.set" of "out.onnx"

}  // namespace hasten::cli

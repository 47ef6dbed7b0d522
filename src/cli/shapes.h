// Concrete shapes for a model's inputs.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace hasten::cli {

struct NamedShape {
  std::string input;
  Dims dims;
};
// "x=1x3x224x224" or "x=1,3,224,224"; "x=" is a scalar's.
Result<NamedShape> ParseShape(std::string_view text);

// What --shape says about the inputs of a graph, and what follows for symbols they share.
class InputShapes {
 public:
  // `shapes` as ParseShape takes them.
  static Result<InputShapes> Of(const Graph& graph, std::span<const std::string> shapes);

  // Per axis of input i: its length if the model or --shape tells it.  Precondition: a tensor of known rank (HasRank).
  std::vector<std::optional<int64_t>> Known(size_t i) const;
  bool HasRank(size_t i) const;
  // The same with 1 for what is open; an error if the rank is unknown.
  Result<Dims> DimsOf(size_t i) const;
  std::optional<int64_t> Symbol(std::string_view name) const;

 private:
  explicit InputShapes(const Graph& graph) : graph_(graph) {}
  const Shape& ShapeOf(size_t i) const { return graph_.value(graph_.inputs[i]).type.shape; }

  const Graph& graph_;
  std::map<size_t, Dims> given_;
  std::map<std::string, int64_t, std::less<>> symbols_;
};

// The index of the input of that name; the error lists the inputs.
Result<size_t> FindInput(const Graph& graph, std::string_view name);

}  // namespace hasten::cli

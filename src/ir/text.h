// The canonical text form of models (docs/text-ir.md): parsing what was printed gives the same model, and printing that
// gives the same bytes.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "ir/graph.h"

namespace hasten {

// What the parser must know of ops, whose records lie above this floor.  ops/text.h fills it from a catalogue.
struct OpLookup {
  const void* catalog = nullptr;
  const OpDef* (*find)(const void* catalog, std::string_view name) = nullptr;  // null if unknown
  const AttrSchema& (*schema)(const OpDef& op) = nullptr;                      // lives as long as the op
  Status (*check)(const OpDef& op, const Node& node) = nullptr;                // what else must hold of a node: arity
};

// Against hostile text: what it may make the parser allocate beyond its own size, and recurse.
struct TextLimits {
  int64_t generated_bytes = int64_t{16} << 30;  // of generated constants, together
  int depth = 64;                               // of graphs in graphs
};

// Number of the bytes that hold a constant's contents outside the text; nullopt: they are printed.
using StoredNumber = std::function<std::optional<uint64_t>(const Constant&)>;

// Preconditions: the graph is verified, and what its types and names say is in memory.
std::string Print(const Model& model, const StoredNumber& stored = {});
std::string Print(const Graph& graph);

// "node 12 'conv1' (Conv)" of the twelfth node from the front, as Graph::Where, which has to count them.
std::string NodeText(size_t number, const Node& node);
// An attribute's value for people: numbers, texts and their lists whole, a tensor by its type, else the kind.
std::string AttrText(const AttrValue& v);

// An error begins with "line:column: ".  The model's graph is verified.  `stored` has the bytes that a StoredNumber
// named when the text was printed: constants are views of them.
Result<std::unique_ptr<Model>> ParseText(std::string_view text, const OpLookup& ops, const TextLimits& limits = {},
                                         std::span<const Tensor> stored = {});

}  // namespace hasten

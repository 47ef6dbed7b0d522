// Nodes put in, exchanged and taken out.  Each edit leaves a verified graph with types inferred anew, or says why it
// cannot be made; an error leaves the model unusable.
#pragma once
#include <string>

#include "ops/op.h"

namespace hasten {

// A node to be made.  Its op is of the catalogue, or where `domain` is none of the catalogue's, one to be carried.
struct NodeSpec {
  std::string op;           // "LeakyRelu", "com.microsoft.Gelu"
  std::string domain = {};  // of an op this build does not know
  std::string name = {};
  std::vector<std::string> inputs = {};   // by name; "": left out
  std::vector<std::string> outputs = {};  // likewise
  std::vector<NamedAttr> attrs = {};
};

// An attribute from text: 3, 0.5, [1,2], [0.5], "text", a dtype's name.  The kind is the one the op's attribute has.
// `spec_op` as in NodeSpec.
Result<NamedAttr> AttrFromText(std::string_view spec_op, std::string_view name, std::string_view text,
                               const Catalog& catalog = Catalog::BuiltIn());

// The node computes `outputs` from `inputs`.  An output that exists is computed by it from now on, and what computed
// it goes where nothing else needs it: so a whole part of the graph is replaced by one node.
Status InsertNode(Graph* graph, const NodeSpec& spec, const Catalog& catalog = Catalog::BuiltIn());
// Between `value` and all that read it; `spec.inputs` are read besides.  A graph output keeps its name.
Status InsertAfter(Graph* graph, std::string_view value, NodeSpec spec, const Catalog& catalog = Catalog::BuiltIn());
// Exchanges a node for one of another op, of the same name, inputs and outputs unless the spec has its own.  An empty
// op or the node's own: only the attributes named are changed.
Status ReplaceNode(Graph* graph, std::string_view node, NodeSpec spec, const Catalog& catalog = Catalog::BuiltIn());
// Those that read its only used output read `by` instead, its first input that is no constant unless told otherwise.
Status RemoveNode(Graph* graph, std::string_view node, std::string_view by = {});

// A small constant under a name of its own: "0.5" (f32), "3" (i64), "[1,2]", "f16:0.5".
Status AddConstantFromText(Graph* graph, std::string name, std::string_view text);

}  // namespace hasten

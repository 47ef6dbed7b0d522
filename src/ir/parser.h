// The recursive descent behind ParseText; each Take reads one thing of the grammar in docs/text-ir.md.
#pragma once
#include "ir/lexer.h"
#include "ir/text.h"

namespace hasten {

class Parser {
 public:
  Parser(std::string_view text, const OpLookup& ops, const TextLimits& limits, std::span<const Tensor> stored)
      : lex_(text), ops_(ops), stored_(stored), depth_left_(limits.depth), bytes_left_(limits.generated_bytes) {}
  Status TakeModel(Model* model);

 private:
  // A graph being read, and which of its values may be used by what follows.
  struct Scope {
    Graph* graph;
    std::vector<bool> usable;
    void MakeUsable(ValueId v) {
      if (v == kNone) return;
      usable.resize(graph->value_slots());
      usable[v] = true;
    }
  };
  // A node being read: what is not yet in its place in it.
  struct PendingNode {
    size_t at = 0;  // of the op's name
    Node node;
    std::vector<ValueId> epilogue_operands, captures;
    std::vector<GraphPtr> graphs;
  };

  Status TakeHeader(Model* model);
  Status TakeGraph(Graph* graph);  // behind the word `graph`
  Status TakeStatement(Scope* scope);
  Status TakeMeta(std::map<std::string, std::string>* metadata);  // behind `meta`
  Result<int> TakeVersion(std::string_view what);

  // Values.
  Result<ValueId> TakeNewValue(Graph* graph);                                        // a name not yet taken
  Result<ValueId> TakeRef(const Scope& scope);                                       // `_`, or a name that is usable
  Result<std::vector<ValueId>> TakeRefs(const Scope& scope, char open, char close);  // `_` only in parentheses
  Status TakeFacts(GraphValue* value);      // what stands behind a value's type
  Result<ValueId> TakePlain(Graph* graph);  // behind `in`, `capture`, `value`
  Status TakeConst(Scope* scope);
  Status TakeOut(Scope* scope);
  Result<Constant> TakeConstant();
  bool AtGenerator() const;
  Status TakeGenerator(Generator* generator);
  Result<Tensor> TakeGenerated(Tensor typed, Generator* generator);
  Result<Tensor> TakeStored(Tensor typed);  // behind `stored`

  // Nodes.
  Status TakeNode(Scope* scope);
  Status TakeOutputs(Graph* graph, std::vector<ValueId>* outputs);
  Status TakeOp(PendingNode* pending);
  Status TakeAttrs(PendingNode* pending);
  Status TakeAttr(PendingNode* pending);
  Status TakeTrailer(const Scope& scope, PendingNode* pending, bool* more);
  Status TakeEpilogue(const Scope& scope, PendingNode* pending);
  Status Finish(Scope* scope, PendingNode* pending);
  Result<AttrValue> TakeAttrValue(PendingNode* pending);
  Result<AttrValue> TakeWordValue(PendingNode* pending);
  Result<AttrValue> TakeNumber();
  Result<AttrValue> TakeList(std::string_view kind);
  Result<GraphPtr> TakeGraphValue(PendingNode* pending);

  Lexer lex_;
  const OpLookup& ops_;
  std::span<const Tensor> stored_;
  int depth_left_;
  int64_t bytes_left_;
};

}  // namespace hasten

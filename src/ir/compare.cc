#include "ir/compare.h"

#include <algorithm>
#include <bit>

namespace hasten {
namespace {

bool SameBitsOf(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }
bool SameBitsOf(float a, float b) { return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b); }

bool SameGenerator(const Generator& a, const Generator& b) {
  if (a.kind != b.kind || !SameBitsOf(a.a, b.a)) return false;
  return a.kind == Generator::Kind::kConstant || (a.seed == b.seed && SameBitsOf(a.b, b.b));
}

bool SameConstant(const std::shared_ptr<const Constant>& a, const std::shared_ptr<const Constant>& b) {
  if (!a || !b) return a == b;
  if (a->generator.has_value() != b->generator.has_value()) return false;
  if (a->generator && !SameGenerator(*a->generator, *b->generator)) return false;
  return a->source.file == b->source.file && a->source.offset == b->source.offset &&
         a->source.length == b->source.length && SameBits(a->tensor, b->tensor);
}

bool SameAttrDeep(const AttrValue& a, const AttrValue& b) {
  const auto same = [](const GraphPtr& g, const GraphPtr& h) { return g == h || (g && h && SameGraph(*g, *h)); };
  if (a.index() != b.index()) return false;
  if (const auto* g = std::get_if<GraphPtr>(&a)) return same(*g, std::get<GraphPtr>(b));
  if (const auto* g = std::get_if<std::vector<GraphPtr>>(&a)) {
    const auto& h = std::get<std::vector<GraphPtr>>(b);
    return std::equal(g->begin(), g->end(), h.begin(), h.end(), same);
  }
  return SameAttr(a, b);
}

bool SameAttrs(const Attrs& a, const Attrs& b) {
  if (a.fields().data() != b.fields().data()) return false;
  return std::all_of(a.fields().begin(), a.fields().end(), [&](const AttrField& field) {
    const auto x = a.Get(field), y = b.Get(field);
    return x.has_value() == y.has_value() && (!x || SameAttrDeep(*x, *y));
  });
}

bool SameOpaque(const std::shared_ptr<OpaqueOp>& a, const std::shared_ptr<OpaqueOp>& b) {
  if (!a || !b) return a == b;
  return a->domain == b->domain && a->type == b->type && a->version == b->version &&
         std::equal(a->attrs.begin(), a->attrs.end(), b->attrs.begin(), b->attrs.end(),
                    [](const NamedAttr& x, const NamedAttr& y) {
                      return x.name == y.name && x.doc == y.doc && SameAttrDeep(x.value, y.value);
                    });
}

bool SameProgram(const PointwiseProgram& a, const PointwiseProgram& b) {
  const auto same = [](const PointwiseInstr& x, const PointwiseInstr& y) {
    return x.op == y.op && x.a == y.a && (Arity(x.op) == 1 || x.b == y.b) && SameBitsOf(x.alpha, y.alpha) &&
           SameBitsOf(x.beta, y.beta);
  };
  return a.operands == b.operands &&
         std::equal(a.instrs.begin(), a.instrs.end(), b.instrs.begin(), b.instrs.end(), same);
}

class GraphComparison {
 public:
  GraphComparison(const Graph& a, const Graph& b) : a_(a), b_(b) {}

  bool Same() const {
    return a_.name == b_.name && a_.doc == b_.doc && a_.metadata == b_.metadata && SameList(a_.inputs, b_.inputs) &&
           SameList(a_.captures, b_.captures) && SameList(a_.outputs, b_.outputs) && SameValues() && SameNodes();
  }

 private:
  // Values correspond by name.
  bool SameValue(ValueId x, ValueId y) const {
    if (x == kNone || y == kNone) return x == y;
    return a_.value(x).name == b_.value(y).name;
  }
  bool SameList(const std::vector<ValueId>& x, const std::vector<ValueId>& y) const {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [&](ValueId v, ValueId w) { return SameValue(v, w); });
  }

  bool SameValues() const {
    size_t alive = 0, others = 0;
    for (ValueId v = 0; v < b_.value_slots(); ++v) others += b_.value(v).alive;
    for (ValueId v = 0; v < a_.value_slots(); ++v) {
      const GraphValue& x = a_.value(v);
      if (!x.alive) continue;
      ++alive;
      const ValueId w = b_.FindValue(x.name);
      if (w == kNone) return false;
      const GraphValue& y = b_.value(w);
      if (!(x.type == y.type) || !(x.declared == y.declared) || x.doc != y.doc || x.metadata != y.metadata ||
          (x.producer == kNone) != (y.producer == kNone) || x.output_index != y.output_index ||
          !SameConstant(x.constant, y.constant))
        return false;
    }
    return alive == others;
  }

  bool SameNode(const Node& x, const Node& y) const {
    return x.op == y.op && SameOpaque(x.opaque, y.opaque) && x.name == y.name && x.doc == y.doc &&
           x.metadata == y.metadata && SameList(x.inputs, y.inputs) && x.epilogue_operands == y.epilogue_operands &&
           x.captures == y.captures && SameList(x.outputs, y.outputs) && SameAttrs(x.attrs, y.attrs) &&
           SameProgram(x.epilogue, y.epilogue);
  }

  bool SameNodes() const {
    const std::vector<NodeId> x = a_.Order(), y = b_.Order();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [&](NodeId m, NodeId n) { return SameNode(a_.node(m), b_.node(n)); });
  }

  const Graph& a_;
  const Graph& b_;
};

}  // namespace

bool SameGraph(const Graph& a, const Graph& b) { return GraphComparison(a, b).Same(); }

bool SameModel(const Model& a, const Model& b) {
  const auto same_opset = [](const OpsetId& x, const OpsetId& y) {
    return x.domain == y.domain && x.version == y.version;
  };
  return a.ir_version == b.ir_version &&
         std::equal(a.opsets.begin(), a.opsets.end(), b.opsets.begin(), b.opsets.end(), same_opset) &&
         a.producer_name == b.producer_name && a.producer_version == b.producer_version && a.domain == b.domain &&
         a.doc == b.doc && a.model_version == b.model_version && a.metadata == b.metadata && a.notes == b.notes &&
         SameGraph(a.graph, b.graph);
}

}  // namespace hasten

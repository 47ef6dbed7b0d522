#include "ops/text.h"

namespace hasten {
namespace {

Status CheckArity(const OpDef& op, const Node& node) {
  const auto in = static_cast<int64_t>(node.formal_inputs());
  const auto out = static_cast<int64_t>(node.outputs.size());
  HASTEN_REQUIRE(in >= op.arity.min_in && in <= op.arity.max_in, op.name, " must have ", op.arity.min_in, " to ",
                 op.arity.max_in, " inputs, has ", in);
  HASTEN_REQUIRE(out >= op.arity.min_out && out <= op.arity.max_out, op.name, " must have ", op.arity.min_out, " to ",
                 op.arity.max_out, " outputs, has ", out);
  return {};
}

}  // namespace

Result<std::unique_ptr<Model>> ParseText(std::string_view text, const Catalog& catalog, const TextLimits& limits,
                                         std::span<const Tensor> stored) {
  const OpLookup ops = {
      &catalog,
      [](const void* c, std::string_view name) { return static_cast<const Catalog*>(c)->Find(name); },
      [](const OpDef& op) -> const AttrSchema& { return op.attrs; },
      CheckArity,
  };
  return ParseText(text, ops, limits, stored);
}

}  // namespace hasten

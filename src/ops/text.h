// Models from text, with the ops of a catalogue.
#pragma once
#include "ir/text.h"
#include "ops/op.h"

namespace hasten {

// Print(const Model&) is in ir/text.h.  Refuses nodes whose numbers of inputs and outputs their op does not have.
Result<std::unique_ptr<Model>> ParseText(std::string_view text, const Catalog& catalog, const TextLimits& limits = {},
                                         std::span<const Tensor> stored = {});

}  // namespace hasten

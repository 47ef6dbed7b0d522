// Activations that FusedConv and FusedGemm of com.microsoft take by name.
#pragma once
#include "passes/rule.h"

namespace hasten {

struct FusedActivation {
  std::string_view name;      // of the op
  std::vector<float> params;  // every one: alpha and beta (of Selu: gamma), of Clip the bounds
};

// The node as such an activation of its input 0, f32; of Clip if the bounds are known.
std::optional<FusedActivation> FusedActivationOf(const RewriteContext& c, NodeId n);

}  // namespace hasten

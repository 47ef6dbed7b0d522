#include <algorithm>

#include "ops/resize.h"
#include "passes/attributes.h"
#include "passes/rule.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Cast",    "Concat", "Dropout", "Expand",    "Flatten",  "Identity", "Max",
                                       "Mean",    "Min",    "Pad",     "Reshape",   "Resize",   "Slice",    "Split",
                                       "Squeeze", "Sum",    "Tile",    "Transpose", "Unsqueeze"};

bool AllAre(const std::optional<std::vector<int64_t>>& v, int64_t want) {
  return v && std::all_of(v->begin(), v->end(), [&](int64_t e) { return e == want; });
}

bool SameShape(const RewriteContext& c, const Node& node) {
  const Type &x = c.type(node.inputs[0]), &y = c.type(node.outputs[0]);
  return x.is_tensor() && y.is_tensor() && x.shape.ranked() && x.shape == y.shape;
}

bool IsIdentityPermutation(const Node& node) {
  const auto perm = PermOf(node);
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i)) return false;
  return !perm.empty();
}

bool IsInference(const RewriteContext& c, const Node& node) {
  if (node.inputs.size() < 3 || node.inputs[2] == kNone) return true;
  const Tensor* training = c.Known(node.inputs[2]);
  return training && training->elements() == 1 && training->Int(0) == 0;
}

// Scales that round to the same lengths resample.
bool ResizesNothing(const RewriteContext& c, const Node& node) {
  const auto& mode = node.attrs.as<ResizeAttrs>().coordinate_transformation_mode;
  if (mode == "tf_crop_and_resize" || mode == "tf_half_pixel_for_nn") return false;
  const auto is_there = [&](size_t i) {
    return i < node.inputs.size() && node.inputs[i] != kNone && c.dims(node.inputs[i]) != Dims{0};
  };
  if (!is_there(2)) return is_there(3) && SameShape(c, node);
  const Tensor* scales = c.Known(node.inputs[2]);
  for (int64_t i = 0; scales && i < scales->elements(); ++i)
    if (scales->Double(i) != 1) return false;
  return scales;
}

bool CopiesInput(const RewriteContext& c, const Node& node) {
  const std::string_view op = node.op->name;
  const auto ints = [&](size_t i) {
    return i < node.inputs.size() && node.inputs[i] != kNone ? c.KnownInts(node.inputs[i]) : std::nullopt;
  };
  const bool one_input = node.inputs.size() == 1;
  if (op == "Identity") return true;
  if (op == "Dropout") return IsInference(c, node);
  if (op == "Cast") {
    const DType from = c.type(node.inputs[0]).dtype;
    return from != DType::kNone && static_cast<int64_t>(from) == AttrOr<int64_t>(node, "to", -1);
  }
  if (op == "Concat" || op == "Max" || op == "Mean" || op == "Min" || op == "Sum") return one_input;
  if (op == "Resize") return ResizesNothing(c, node);
  if (op == "Pad") return AllAre(ints(1), 0);
  if (op == "Tile") return AllAre(ints(1), 1);
  if (op == "Transpose") return IsIdentityPermutation(node);
  if (op == "Slice" && node.inputs.size() > 4 && node.inputs[4] != kNone && !AllAre(ints(4), 1)) return false;
  return SameShape(c, node);
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const Node& node = c.node(n);
  if (node.inputs.empty() || node.inputs[0] == kNone) return false;  // Identity of an empty optional
  if (!node.epilogue.empty() || node.outputs[0] == kNone) return false;
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (IsRead(c.graph(), node.outputs[i])) return false;
  const ValueId x = node.inputs[0], y = node.outputs[0];
  if (!CopiesInput(c, node) || !c.CanReplace(y, x)) return false;
  c.Replace(y, x);
  return true;
}

}  // namespace

extern const Rule kRemoveIdentity = {
    .name = "remove_identity",
    .doc =
        "A node whose output is its input (Identity, Dropout at inference, Cast to the same dtype, movement that "
        "moves nothing, Concat or Sum of one) -> nothing.",
    .benefit = 50,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules

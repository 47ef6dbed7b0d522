#include <algorithm>

#include "passes/cut.h"

namespace hasten::rules {
namespace {

constexpr std::string_view kRoots[] = {"Slice"};

struct Piece {
  NodeId slice;
  int64_t start, end;
};

// What the Slice keeps of an axis of that length, if it cuts that alone.
std::optional<Piece> PieceOf(const RewriteContext& c, NodeId n, int64_t axis, int64_t length) {
  const auto cut = SliceOf(c, n);
  if (!cut || cut->axes != std::vector{axis} || cut->steps[0] != 1) return std::nullopt;
  const auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + length : at, 0, length); };
  return Piece{n, place(cut->starts[0]), place(cut->ends[0])};
}

// Pieces of x, one behind the other; empty if they are not all of it, each once.
std::vector<Piece> PiecesOf(const RewriteContext& c, ValueId x, int64_t axis, int64_t length) {
  std::vector<Piece> out;
  for (const Use use : c.value(x).uses) {
    const Node& node = c.node(use.node);
    if (use.index != 0 || !node.op || node.op->name != "Slice" || !node.epilogue.empty()) continue;
    if (const auto piece = PieceOf(c, use.node, axis, length)) out.push_back(*piece);
  }
  std::sort(out.begin(), out.end(), [](const Piece& a, const Piece& b) { return a.start < b.start; });
  int64_t at = 0;
  for (const Piece& p : out) {
    if (p.start != at || p.end <= p.start) return {};
    at = p.end;
  }
  return at == length ? out : std::vector<Piece>{};
}

Result<bool> Apply(RewriteContext& c, NodeId n) {
  const auto cut = SliceOf(c, n);
  const ValueId x = c.node(n).inputs[0];
  if (!cut || cut->axes.size() != 1) return false;
  const int64_t axis = cut->axes[0];
  const Dim& length = c.type(x).shape[static_cast<int>(axis)];
  if (!length.is_const()) return false;
  const std::vector<Piece> pieces = PiecesOf(c, x, axis, length.value());
  if (pieces.size() < 2) return false;
  NodeId first = n;
  std::vector<int64_t> sizes;
  std::vector<ValueId> parts;
  for (const Piece& p : pieces) {
    if (c.Before(p.slice, first)) first = p.slice;
    sizes.push_back(p.end - p.start);
    parts.push_back(c.node(p.slice).outputs[0]);
  }
  HASTEN_TRY(ReplaceBySplit(c, x, static_cast<int>(axis), sizes, parts, first));
  return true;
}

}  // namespace

extern const Rule kSlicesToSplit = {
    .name = "slices_to_split",
    .doc = "Slices of one value that are all of it, piece by piece along an axis of known length -> Split.",
    .stage = Stage::kMerge,
    .target = Target::kFile,
    .roots = kRoots,
    .apply = Apply,
};

}  // namespace hasten::rules

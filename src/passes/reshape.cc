#include "passes/reshape.h"

namespace hasten {

Result<bool> ReplaceByReshape(RewriteContext& c, ValueId y, ValueId x, NodeId before) {
  const Type& type = c.type(y);
  if (!type.is_tensor() || !type.shape.ranked()) return false;
  std::vector<int64_t> dims;
  int open = 0;
  for (const Dim& d : type.shape.dims()) {
    if (d.is(0)) return false;
    open += !d.is_const();
    dims.push_back(d.is_const() ? d.value() : -1);
  }
  if (open > 1) return false;
  const ValueId shape = c.AddConstant(c.value(y).name + ".shape", VectorI64(dims));
  HASTEN_ASSIGN(const ValueId out, c.Add("Reshape", {x, shape}, before));
  c.Replace(y, out);
  return true;
}

}  // namespace hasten

// What ArgMax and ArgMin share.
#pragma once
#include "ops/movement.h"

namespace hasten {

struct ArgExtremeAttrs {
  int64_t axis = 0;
  bool keepdims = true, select_last_index = false;
};
inline constexpr AttrField kArgExtremeFields[] = {Field<&ArgExtremeAttrs::axis>("axis"),
                                                  Field<&ArgExtremeAttrs::keepdims>("keepdims"),
                                                  Field<&ArgExtremeAttrs::select_last_index>("select_last_index")};

Status InferArgExtreme(InferCall& c);
// Output 0 = place of the largest (or smallest) element of each row; NaN is taken before any number, as numpy does.
Status EvalArgExtreme(KernelCall& c, bool largest);
std::vector<Sample> ArgExtremeSamples();

// Opset 12 brought select_last_index.
Status DownArgExtremeTo11(OnnxNode& n);
inline constexpr OnnxVersion kArgExtremeVersions[] = {{1}, {11, nullptr, DownArgExtremeTo11}, {12}, {13}};

}  // namespace hasten

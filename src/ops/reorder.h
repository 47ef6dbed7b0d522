// The planner's op that moves a value between layouts.
#pragma once
#include "ops/op.h"
#include "tensor/layout.h"

namespace hasten {

namespace ops {
extern const OpDef kReorder;
}

struct ReorderAttrs {
  int64_t to = 0;  // Layout; the input has the other one of plain and channels last
};

}  // namespace hasten

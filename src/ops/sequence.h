// What the ops on sequences and optionals share.
#pragma once
#include "ops/op.h"

namespace hasten {

// The type of the elements of input i (unknown where nothing says it); an error if the input cannot be a sequence.
Result<Type> InferElement(const InferCall& c, int i);
// An error unless input i can be one integer.
Status RequireIndex(const InferCall& c, int i);

// Elements of input i; an error if it is absent or no sequence.
Result<const std::vector<Value>*> ElementsOf(const KernelCall& c, int i);
// Input i as an index: [-n, limit), negative ones count from the end of n.  Absent: `fallback`.
Result<int64_t> IndexOf(const KernelCall& c, int i, int64_t n, int64_t limit, int64_t fallback);
// Makes `v` output i: tensors are copied into memory that may be bound for it, other values are shared.
Status Return(const KernelCall& c, int i, const Value& v);

}  // namespace hasten

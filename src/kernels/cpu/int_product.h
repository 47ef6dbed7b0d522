// Matrix products of 8-bit integers: MatMulInteger and its quantised kin.
#pragma once
#include "kernels/tactic.h"

namespace hasten::cpu {

// Whether the output is of floats, or of integers.
bool IntProductSupported(const PlanCall& call, bool floats);
Status PrepareIntProduct(const PlanCall& call, std::vector<std::byte>* params);
Type PackedIntProductType(const PlanCall& call, int input);
Status PackIntProduct(const PlanCall& call, int input, Tensor* packed);
Status BindIntProduct(const BoundShapes& s, Binding* binding);
Status RunIntProduct(KernelCall& c);

}  // namespace hasten::cpu

#include "runtime/step_cost.h"

#include "ops/infer.h"

namespace hasten {
namespace {

double BytesOf(const Value* v) {
  return v && v->has() && v->is_tensor() ? static_cast<double>(v->tensor().bytes()) : 0;
}

// Types of operands as cost functions want them.
double FlopsOf(const Step& step, const KernelCall& call) {
  double elements = 0;
  std::vector<Type> in, out;
  for (const Value* v : call.in) in.push_back(v && v->has() ? TypeOf(*v) : Type());
  for (const Value* v : call.out) {
    out.push_back(v && v->has() ? TypeOf(*v) : Type());
    if (v && v->has() && v->is_tensor()) elements += static_cast<double>(v->tensor().elements());
  }
  // Weights that were packed have lost their dims: the graph still has them.
  if (step.graph)
    for (size_t i = 0; i < in.size() && i < step.node->formal_inputs(); ++i)
      if (const Tensor* constant = step.graph->constant(step.node->inputs[i]))
        in[i] = Type::Tensor(constant->dtype, constant->dims);
  return step.node->op->flops ? step.node->op->flops({in, out, &step.node->attrs}) : elements;
}

}  // namespace

StepCost CostOf(const Step& step, const KernelCall& call) {
  StepCost cost{FlopsOf(step, call), 0};
  for (const auto* list : {&call.in, &call.epilogue_operands})
    for (const Value* v : *list) cost.bytes += BytesOf(v);
  for (const Value* v : call.out) cost.bytes += BytesOf(v);
  return cost;
}

}  // namespace hasten

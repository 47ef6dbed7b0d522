#include "runtime/profile.h"

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

void Profile::Before(const Step&, size_t) { start_ = std::chrono::steady_clock::now(); }

Status Profile::After(const Step& step, size_t index, const KernelCall& call) {
  Entry& e = entries_[index];
  e.nanoseconds += std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start_).count();
  if (e.runs++ > 0) return {};
  e.flops = FlopsOf(step, call);
  for (const auto* list : {&call.in, &call.epilogue_operands})
    for (const Value* v : *list) e.bytes += BytesOf(v);
  for (const Value* v : call.out) e.bytes += BytesOf(v);
  return {};
}

}  // namespace hasten

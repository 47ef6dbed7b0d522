#include "runtime/trace.h"

#include "ops/infer.h"

namespace hasten {
namespace {

template <class Values>
std::vector<Type> TypesOf(const Values& values) {
  std::vector<Type> out;
  for (const Value* v : values) out.push_back(v && v->has() ? TypeOf(*v) : Type());
  return out;
}

// Packed weights as the graph has them.
void Unpack(const Step& step, std::vector<Type>* in) {
  if (!step.graph) return;
  for (size_t i = 0; i < in->size() && i < step.node->formal_inputs(); ++i)
    if (const Tensor* constant = step.graph->constant(step.node->inputs[i]))
      (*in)[i] = Type::Tensor(constant->dtype, constant->dims);
}

}  // namespace

int64_t Trace::Now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - origin_).count();
}

void Trace::Before(const Step&, size_t, const KernelCall&) { begin_ = Now(); }

Status Trace::After(const Step& step, size_t index, const KernelCall& call) {
  const int64_t end = Now();
  Event& e = events_.emplace_back(Event{index, begin_, end, CostOf(step, call), TypesOf(call.in),
                                        TypesOf(call.epilogue_operands), TypesOf(call.out)});
  Unpack(step, &e.in);
  return {};
}

}  // namespace hasten

// Small models given as text, sessions and inputs for them, and their runs compared.
#pragma once
#include "engine/session.h"

namespace hasten {

// The graph of this body at opset 17, with its types inferred.
std::shared_ptr<Model> Parsed(std::string_view body);
// Without passes: its steps are the model's nodes.
std::unique_ptr<Session> SessionOf(std::shared_ptr<const Model> model, int threads, PlanOptions plan = {});
// One per input of the plan, by `seed`: floats in [-1, 1), integers 0 and 1.  Open dims are `open`.
std::vector<Value> InputsOf(const Plan& plan, int64_t open, uint64_t seed = 0);
// By an executor of its own.
std::vector<Value> RunOf(const std::shared_ptr<const Plan>& plan, int threads, const std::vector<Value>& inputs);
void ExpectSame(const std::vector<Value>& a, const std::vector<Value>& b, const std::string& what);

// Convolutions, an epilogue, a reduction and a product; batch N.
extern const std::string_view kSmallNetwork;

}  // namespace hasten

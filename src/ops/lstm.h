// LSTM's attributes and its cell, for ops that extend it.
#pragma once
#include "ops/recurrent.h"

namespace hasten {

struct LstmAttrs : RecurrentAttrs {
  bool input_forget = false;
};

// Gates lie in the order input, output, forget, cell; peepholes input, output, forget.
RecurrentKind LstmKind(const LstmAttrs& a);

}  // namespace hasten

#pragma once

namespace hasten {

struct GemmAttrs {
  float alpha = 1, beta = 1;
  bool trans_a = false, trans_b = false;
};

}  // namespace hasten

// Dims whose symbols cannot be greater than something that is known.
#pragma once
#include <map>

#include "tensor/dim.h"

namespace hasten {

class DimBounds {
 public:
  bool empty() const { return bounds_.empty(); }
  void Clear() { bounds_.clear(); }
  // Learns from d <= most, where d is a symbol and a constant.
  void AtMost(const Dim& d, int64_t most);
  // The same for every value that the symbols may have: without each min and max that the bounds decide.
  Dim Within(const Dim& d) const;

 private:
  struct Bound {
    int64_t most;
    Dim rest;  // a symbol for what the bounded one leaves of `most`
  };
  std::map<std::string, Bound, std::less<>> bounds_;
};

}  // namespace hasten

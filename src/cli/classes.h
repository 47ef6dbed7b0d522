// The best classes of an output that scores them.
#pragma once
#include <string>
#include <vector>

#include "tensor/value.h"

namespace hasten::cli {

// One name a line; blank lines at the end do not count.
Result<std::vector<std::string>> ReadLabels(const std::string& path);

// True if the output is one row of at least two scores per item: [classes], [batch, classes], [batch, classes, 1, 1].
bool ScoresClasses(const Value& output);

struct ClassScore {
  int64_t index = 0;
  double score = 0;
};
struct Ranking {
  bool softmax = false;                       // applied, as the row was no distribution; scores are probabilities
  std::vector<std::vector<ClassScore>> rows;  // per item of the batch, best first
};
// Precondition: ScoresClasses(output).  Ties are won by the lower index.
Ranking RankClasses(const Tensor& output, int64_t top, bool may_softmax);

}  // namespace hasten::cli

// Values between the steps of a run, and how two runs differ in them.
#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "runtime/executor.h"

namespace hasten::cli {

// Keeps what each step wrote, by the value's name, in plain layout only, the first time in a loop; up to a number of
// bytes together.
class LayerTrace final : public StepObserver {
 public:
  struct Layer {
    std::string name, where;
    Tensor tensor;
  };
  LayerTrace(const Plan& plan, int64_t most_bytes) : plan_(plan), left_(most_bytes) {}
  Status After(const Step& step, size_t index, const KernelCall& call) override;

  const std::vector<Layer>& layers() const { return layers_; }
  const Layer* Find(const std::string& name) const;
  int64_t dropped() const { return dropped_; }  // for want of bytes

 private:
  const Plan& plan_;
  int64_t left_, dropped_ = 0;
  std::vector<Layer> layers_;
  std::map<std::string, size_t> index_;
};

// Of two tensors of numbers with the same dims, element by element, in f64.
struct Statistics {
  int64_t elements = 0;
  double max_absolute = 0, mean_absolute = 0;
  double max_relative = 0;   // |a - b| / |b|, where b is not 0
  double mean_relative = 0;  // over the same
  double cosine = 1;         // 1 where both are zeros
  double largest = 0;        // |b|
  int64_t odd = 0;           // elements of which one alone is NaN or the same infinity
  // f32 only: how many are 0, 1, 2 to 3, 4 to 7, ... units in the last place apart; the last bin has the rest.
  static constexpr size_t kBins = 12;
  std::array<int64_t, kBins> ulps = {};

  // The error measure of a layer: the largest difference over the largest element; infinite with any odd element.
  double scaled() const;
};
// Nullopt where they cannot be compared so: other dims, strings.
std::optional<Statistics> StatisticsOf(const Tensor& a, const Tensor& b);

}  // namespace hasten::cli

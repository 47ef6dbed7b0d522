// Symbolic shapes: what is known of a tensor's dims before it runs.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tensor/dim.h"
#include "tensor/dims.h"

namespace hasten {

// Unknown rank, or a list of symbolic dims.
class Shape {
 public:
  Shape() = default;  // unknown rank
  Shape(std::vector<Dim> dims) : ranked_(true), dims_(std::move(dims)) {}
  Shape(std::initializer_list<Dim> dims) : ranked_(true), dims_(dims) {}
  Shape(const Dims& dims) : ranked_(true), dims_(dims.begin(), dims.end()) {}
  static Shape Unknown() { return Shape(); }
  static Shape Scalar() { return Shape(std::vector<Dim>()); }  // Shape{} is the unknown one
  static Shape Fresh(int rank);  // known rank, every dim a fresh symbol

  bool ranked() const { return ranked_; }
  // The rest need ranked().
  int rank() const { return static_cast<int>(dims_.size()); }
  const Dim& operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  Dim& operator[](int i) { return dims_[static_cast<size_t>(i)]; }
  const std::vector<Dim>& dims() const { return dims_; }
  std::vector<Dim>& dims() { return dims_; }
  Dim Product(int from, int to) const;
  Dim elements() const { return Product(0, rank()); }

  // All dims constant (then Concrete() has them).
  bool is_const() const;
  std::optional<Dims> Concrete() const;
  friend bool operator==(const Shape& a, const Shape& b);
  std::string Text() const;  // "[batch,3,224,224]", "[*]" for unknown rank

 private:
  bool ranked_ = false;
  std::vector<Dim> dims_;
};

// Numpy broadcast.  A pair of dims that cannot be decided takes the constant one if that is not 1, else a fresh symbol.
Result<Shape> Broadcast(const Shape& a, const Shape& b);

}  // namespace hasten

// Concrete dimensions of a tensor at run time, held inline: copying or building them allocates nothing.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "base/status.h"

namespace hasten {

class Dims {
 public:
  static constexpr int kMaxRank = 16;  // importers refuse more

  Dims() = default;
  Dims(std::initializer_list<int64_t> d) : Dims(std::span(d.begin(), d.size())) {}
  explicit Dims(std::span<const int64_t> d) {
    HASTEN_CHECK(d.size() <= kMaxRank);
    for (int64_t v : d) d_[rank_++] = v;
  }
  static Dims Filled(int rank, int64_t v) {
    Dims d;
    for (int i = 0; i < rank; ++i) d.push_back(v);
    return d;
  }

  int rank() const { return rank_; }
  size_t size() const { return static_cast<size_t>(rank_); }
  bool empty() const { return rank_ == 0; }
  int64_t operator[](size_t i) const { return d_[i]; }
  int64_t& operator[](size_t i) { return d_[i]; }
  const int64_t* begin() const { return d_; }
  const int64_t* end() const { return d_ + rank_; }
  int64_t* begin() { return d_; }
  int64_t* end() { return d_ + rank_; }
  int64_t back() const { return d_[rank_ - 1]; }
  int64_t& back() { return d_[rank_ - 1]; }
  void push_back(int64_t v) {
    HASTEN_CHECK(rank_ < kMaxRank);
    d_[rank_++] = v;
  }
  void insert(int at, int64_t v);
  void erase(int at);
  std::span<const int64_t> span() const { return {d_, size()}; }
  operator std::span<const int64_t>() const { return span(); }

  // Product of dims [from, to); 1 for an empty range.  Dims of real tensors never overflow (checked where they arise).
  int64_t Product(int from, int to) const;
  int64_t elements() const { return Product(0, rank_); }

  friend bool operator==(const Dims& a, const Dims& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a.d_[i] != b.d_[i]) return false;
    return true;
  }
  std::string Text() const;  // "[2,3]"

 private:
  int64_t d_[kMaxRank] = {};
  int rank_ = 0;
};

// Elements of dims from an untrusted source: an error for negative dims or a product above 2^62.
Result<int64_t> CheckedElements(std::span<const int64_t> dims);
// Row-major strides in elements.
Dims StridesOf(const Dims& dims);
// Numpy-style broadcast of two shapes.
Result<Dims> BroadcastDims(const Dims& a, const Dims& b);
// Strides over `to` of a tensor of dims `from` broadcast to it: 0 along broadcast axes.
Dims BroadcastStrides(const Dims& from, const Dims& to);
// Negative axes count from the end.  Errors when out of [-rank, rank).
Result<int> NormalizeAxis(int64_t axis, int64_t rank);

}  // namespace hasten

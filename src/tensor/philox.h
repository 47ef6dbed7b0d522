// Counter-based random numbers: number i of a stream is a pure function of (seed, stream, i), in any order, on any
// machine.
#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace hasten {

// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// Constant-time access to one stream.  Reads of the kinds below draw on the same bits: do not mix kinds at one i.
class Philox {
 public:
  explicit Philox(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint64_t Bits(uint64_t i) const;
  double Uniform(uint64_t i) const;                              // [0, 1), a multiple of 2^-53
  double Normal(uint64_t i) const;                               // mean 0, deviation 1; |v| < 8.6
  int64_t Integer(uint64_t i, int64_t low, int64_t high) const;  // [low, high]; precondition: low <= high

  // Numbers [begin, begin + out.size()), cheaper than one by one.
  void FillUniform(uint64_t begin, std::span<double> out) const;
  void FillNormal(uint64_t begin, std::span<double> out) const;

 private:
  // Bits of pairs, in batches that the compiler takes several at a time.
  static constexpr size_t kBatch = 128;
  struct PairBits {
    std::array<uint64_t, kBatch> first, second;
  };

  std::array<uint64_t, 2> Pair(uint64_t k) const;  // Bits of 2k and 2k + 1
  // `one` gives number i, `convert` those of whole pairs.
  void FillPairs(uint64_t begin, std::span<double> out, double (Philox::*one)(uint64_t) const,
                 void (*convert)(const PairBits&, size_t pairs, double* to)) const;

  uint64_t seed_, stream_;
};

}  // namespace hasten

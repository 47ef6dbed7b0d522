#include "tensor/philox.h"

#include <bit>
#include <cmath>

#include "base/status.h"

namespace hasten {
namespace {

// Inlined into loops, where the compiler takes several counters at a time.
[[gnu::always_inline]] inline std::array<uint32_t, 4> Rounds(std::array<uint32_t, 4> counter,
                                                             std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t left = uint64_t{0xd2511f53} * counter[0];
    const uint64_t right = uint64_t{0xcd9e8d57} * counter[2];
    counter = {static_cast<uint32_t>(right >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(right),
               static_cast<uint32_t>(left >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(left)};
    key = {key[0] + 0x9e3779b9, key[1] + 0xbb67ae85};
  }
  return counter;
}

[[gnu::always_inline]] inline std::array<uint64_t, 2> PairOf(uint64_t k, uint64_t stream, uint64_t seed) {
  const auto low = [](uint64_t v) { return static_cast<uint32_t>(v); };
  const auto high = [](uint64_t v) { return static_cast<uint32_t>(v >> 32); };
  const auto words = Rounds({low(k), high(k), low(stream), high(stream)}, {low(seed), high(seed)});
  return {words[0] | uint64_t{words[1]} << 32, words[2] | uint64_t{words[3]} << 32};
}

double Unit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// Logarithm, sine and cosine of our own, of operations that IEEE 754 rounds alike everywhere: libm's differ between
// machines in the last bit.  Good to about two units in the last place.

// sum of c[k] x^k
template <size_t kTerms>
double Series(double x, const std::array<double, kTerms>& c) {
  double sum = c[kTerms - 1];
  for (size_t k = kTerms - 1; k-- > 0;) sum = sum * x + c[k];
  return sum;
}

// (artanh(x) - x) / x^3 in x^2
constexpr std::array kArtanh = {1. / 3, 1. / 5, 1. / 7, 1. / 9, 1. / 11, 1. / 13, 1. / 15, 1. / 17, 1. / 19, 1. / 21};

// (sin(x) - x) / x^3 and (cos(x) - 1) / x^2, in x^2: by each term, the sign turns and the factorial grows by two.
template <size_t kTerms>
constexpr std::array<double, kTerms> Factorials(int first) {
  std::array<double, kTerms> c{};
  double factorial = first == 3 ? 6 : 2;
  for (size_t k = 0; k < kTerms; ++k) {
    c[k] = (k % 2 ? 1 : -1) / factorial;
    const double n = first + 2 * static_cast<double>(k);
    factorial *= (n + 1) * (n + 2);
  }
  return c;
}
constexpr auto kSine = Factorials<8>(3);
constexpr auto kCosine = Factorials<8>(2);

// Natural logarithm of a normal positive double: m * 2^e with m near 1, log m = 2 artanh((m - 1) / (m + 1)).
double Log(double v) {
  const uint64_t bits = std::bit_cast<uint64_t>(v);
  const double mantissa = std::bit_cast<double>((bits & ((uint64_t{1} << 52) - 1)) | uint64_t{1023} << 52);
  const bool large = mantissa > 1.4142135623730951;
  const int exponent = static_cast<int>(bits >> 52) - 1023 + large;
  const double m = large ? mantissa * 0.5 : mantissa;
  const double s = (m - 1) / (m + 1);
  const double s2 = s * s;
  const double sum = Series(s2, kArtanh);
  return exponent * 0.6931471805599453 + 2 * (s + s * s2 * sum);
}

struct Angle {
  double sine, cosine;
};

// Of x in [0, pi / 4], by Taylor's series.
Angle FirstOctant(double x) {
  const double x2 = x * x;
  return {x + x * x2 * Series(x2, kSine), 1 + x2 * Series(x2, kCosine)};
}

// Of 2 pi u, u in [0, 1).
Angle Turn(double u) {
  const double eighths = 8 * u;
  const int octant = static_cast<int>(eighths);
  const double rest = eighths - octant;
  const Angle a = FirstOctant((octant % 2 ? 1 - rest : rest) * 0.7853981633974483);
  const bool swap = (octant + 1) / 2 % 2;
  const double sine = swap ? a.cosine : a.sine, cosine = swap ? a.sine : a.cosine;
  return {octant >= 4 ? -sine : sine, octant >= 2 && octant < 6 ? -cosine : cosine};
}

double SquaredRadius(uint64_t bits) { return -2 * Log(Unit(bits) + 0x1p-53); }

// Box and Muller's pair of normal numbers from a pair of uniform ones.
std::array<double, 2> NormalPair(std::array<uint64_t, 2> bits) {
  const double radius = std::sqrt(SquaredRadius(bits[0]));
  const Angle angle = Turn(Unit(bits[1]));
  return {radius * angle.cosine, radius * angle.sine};
}

}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  return Rounds(counter, key);
}

std::array<uint64_t, 2> Philox::Pair(uint64_t k) const { return PairOf(k, stream_, seed_); }

uint64_t Philox::Bits(uint64_t i) const { return Pair(i / 2)[i % 2]; }
double Philox::Uniform(uint64_t i) const { return Unit(Bits(i)); }
double Philox::Normal(uint64_t i) const { return NormalPair(Pair(i / 2))[i % 2]; }

int64_t Philox::Integer(uint64_t i, int64_t low, int64_t high) const {
  HASTEN_CHECK(low <= high);
  const uint64_t count = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const uint64_t bits = Bits(i);
  // The upper word of bits * count, as if by 128-bit arithmetic; a count of 2^64 wraps to 0 and takes the bits whole.
  const uint64_t a = bits >> 32, b = bits & 0xffffffff, c = count >> 32, d = count & 0xffffffff;
  const uint64_t middle = b * c + (b * d >> 32);
  const uint64_t middle2 = a * d + (middle & 0xffffffff);
  const uint64_t index = count == 0 ? bits : a * c + (middle >> 32) + (middle2 >> 32);
  return static_cast<int64_t>(static_cast<uint64_t>(low) + index);
}

void Philox::FillPairs(uint64_t begin, std::span<double> out, double (Philox::*one)(uint64_t) const,
                       void (*convert)(const PairBits&, size_t, double*)) const {
  size_t at = 0;
  if (begin % 2 == 1 && !out.empty()) out[at++] = (this->*one)(begin);
  PairBits bits;
  while (out.size() - at >= 2) {
    const size_t pairs = std::min(kBatch, (out.size() - at) / 2);
    const uint64_t k = (begin + at) / 2;
    for (size_t i = 0; i < pairs; ++i) {
      const auto pair = PairOf(k + i, stream_, seed_);
      bits.first[i] = pair[0];
      bits.second[i] = pair[1];
    }
    convert(bits, pairs, out.data() + at);
    at += 2 * pairs;
  }
  if (at < out.size()) out[at] = (this->*one)(begin + at);
}

void Philox::FillUniform(uint64_t begin, std::span<double> out) const {
  FillPairs(begin, out, &Philox::Uniform, [](const PairBits& bits, size_t pairs, double* to) {
    for (size_t i = 0; i < pairs; ++i) {
      to[2 * i] = Unit(bits.first[i]);
      to[2 * i + 1] = Unit(bits.second[i]);
    }
  });
}

void Philox::FillNormal(uint64_t begin, std::span<double> out) const {
  FillPairs(begin, out, &Philox::Normal, [](const PairBits& bits, size_t pairs, double* to) {
    std::array<double, kBatch> radius;
    for (size_t i = 0; i < pairs; ++i) radius[i] = SquaredRadius(bits.first[i]);
    for (size_t i = 0; i < pairs; ++i) radius[i] = std::sqrt(radius[i]);  // alone: errno is in the compiler's way
    for (size_t i = 0; i < pairs; ++i) {
      const Angle angle = Turn(Unit(bits.second[i]));
      to[2 * i] = radius[i] * angle.cosine;
      to[2 * i + 1] = radius[i] * angle.sine;
    }
  });
}

}  // namespace hasten

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>
#include <thread>

#include "ir/graph.h"
#include "tensor/philox.h"

namespace hasten {
namespace {

constexpr int64_t kBlock = 1024;

// What an integer or bool element cannot hold is an error, not a wrapped number.
Status RequireInteger(DType dtype, double v) {
  const double end = static_cast<double>(IntMax(dtype)) + 1;  // exact: a power of two, also where it rounds
  HASTEN_REQUIRE(v >= static_cast<double>(IntMin(dtype)) && v < end && v == std::floor(v), "contents of ", Name(dtype),
                 " must be integers in [", IntMin(dtype), ", ", IntMax(dtype), "], ", v, " is not");
  return {};
}

// A bound of the int64 range, in which integers are drawn; high must be below 2^63 for the cast to be exact.
Status RequireBounds(double low, double high) {
  HASTEN_REQUIRE(low >= -0x1p63 && high < 0x1p63 && low <= high && low == std::floor(low) && high == std::floor(high),
                 "integers must be drawn from [low, high] within 64 bits, not from [", low, ", ", high, "]");
  return {};
}

Status CheckGenerator(const Generator& g, DType dtype) {
  const Lane lane = LaneOf(dtype);
  HASTEN_REQUIRE(lane != Lane::kNone && lane != Lane::kString, "contents of ", Name(dtype), " cannot be generated");
  const bool integer = lane == Lane::kInt64 || lane == Lane::kUint64;
  switch (g.kind) {
    case Generator::Kind::kConstant: return integer ? RequireInteger(dtype, g.a) : Status();
    case Generator::Kind::kIntegers:
      HASTEN_TRY(RequireBounds(g.a, g.b));
      if (integer) HASTEN_TRY(RequireInteger(dtype, g.a));
      return integer ? RequireInteger(dtype, g.b) : Status();
    case Generator::Kind::kNormal:
    case Generator::Kind::kUniform:
      HASTEN_REQUIRE(!integer, "contents of ", Name(dtype), " must be constant or drawn as integers");
      HASTEN_REQUIRE(std::isfinite(g.a) && std::isfinite(g.b), "a distribution must have finite parameters, has ", g.a,
                     " and ", g.b);
      return {};
  }
  return {};
}

void FillInts(const Generator& g, Tensor* t, int64_t elements) {
  const Philox random(g.seed);
  std::array<int64_t, kBlock> block;
  for (int64_t at = 0; at < elements; at += kBlock) {
    const size_t n = static_cast<size_t>(std::min<int64_t>(kBlock, elements - at));
    for (size_t i = 0; i < n; ++i)
      block[i] = random.Integer(static_cast<uint64_t>(at) + i, static_cast<int64_t>(g.a), static_cast<int64_t>(g.b));
    WriteInts(t, at, std::span(block.data(), n));
  }
}

void FillNumbers(const Generator& g, uint64_t begin, std::span<double> out) {
  const Philox random(g.seed);
  if (g.kind == Generator::Kind::kConstant) return std::fill(out.begin(), out.end(), g.a);
  if (g.kind == Generator::Kind::kNormal) {
    random.FillNormal(begin, out);
    for (double& v : out) v = g.a + g.b * v;
  } else {
    random.FillUniform(begin, out);
    for (double& v : out) v = g.a + (g.b - g.a) * v;
  }
}

void FillDoubles(const Generator& g, Tensor* t, int64_t begin, int64_t end) {
  std::array<double, kBlock> block;
  for (int64_t at = begin; at < end; at += kBlock) {
    const std::span out(block.data(), static_cast<size_t>(std::min<int64_t>(kBlock, end - at)));
    FillNumbers(g, static_cast<uint64_t>(at), out);
    WriteDoubles(t, at, out);
  }
}

// fill(begin, end) for parts of whole blocks, on threads of their own where that pays.
template <class Fill>
void InParts(int64_t elements, Fill fill) {
  constexpr int64_t kLeast = 256 * kBlock, kMostThreads = 8;
  const int64_t threads = std::min({kMostThreads, int64_t{std::thread::hardware_concurrency()}, elements / kLeast});
  std::vector<std::thread> workers;
  int64_t begin = 0;
  if (threads > 1) {
    workers.reserve(static_cast<size_t>(threads));
    const int64_t blocks = elements / kBlock / threads;
    try {
      for (; std::ssize(workers) < threads - 1; begin += blocks * kBlock)
        workers.emplace_back(fill, begin, begin + blocks * kBlock);
    } catch (const std::system_error&) {  // no thread to be had: the rest is done here
    }
  }
  fill(begin, elements);
  for (std::thread& w : workers) w.join();
}

// Numbers 2i and 2i + 1 are the parts of element i.
void FillComplex(const Generator& g, Tensor* t, int64_t elements) {
  std::array<double, 2 * kBlock> block;
  std::array<std::complex<double>, kBlock> pairs;
  for (int64_t at = 0; at < elements; at += kBlock) {
    const size_t n = static_cast<size_t>(std::min<int64_t>(kBlock, elements - at));
    FillNumbers(g, static_cast<uint64_t>(at) * 2, std::span(block.data(), 2 * n));
    const bool real = g.kind == Generator::Kind::kConstant;
    for (size_t i = 0; i < n; ++i) pairs[i] = {block[2 * i], real ? 0 : block[2 * i + 1]};
    WriteComplex(t, at, std::span(pairs.data(), n));
  }
}

}  // namespace

Result<Tensor> Generate(const Generator& generator, DType dtype, const Dims& dims) {
  HASTEN_TRY(CheckGenerator(generator, dtype));
  HASTEN_ASSIGN(Tensor t, NewTensor(dtype, dims));
  const int64_t elements = t.elements();
  if (generator.kind == Generator::Kind::kIntegers)
    FillInts(generator, &t, elements);
  else if (LaneOf(dtype) == Lane::kComplex)
    FillComplex(generator, &t, elements);
  else
    InParts(elements, [&](int64_t begin, int64_t end) { FillDoubles(generator, &t, begin, end); });
  return t;
}

}  // namespace hasten

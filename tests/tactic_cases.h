// Calls that tactics are tried on beside the ops' own samples.
#pragma once
#include <algorithm>

#include "ops/op.h"

namespace hasten {

struct TacticCase {
  Sample sample;
  std::string_view program = {};  // of the epilogue
  std::vector<SampleInput> epilogue_in = {};
};

// What cases are made of.
inline SampleInput F32(Dims dims, double low = -2, double high = 2) { return {DType::kF32, dims, low, high}; }
inline SampleInput Bytes(DType t, Dims dims) {
  return {t, dims, t == DType::kU8 ? 0.0 : -128.0, t == DType::kU8 ? 255.0 : 127.0};
}
// Dims of one large input, one of which overflows the second-level cache of most machines.
inline const Dims kLarge[] = {{17, 1031}, {3, 5, 7, 211}, {2, 64, 7, 7}, {1, 3, 130, 131},
                              {40000},    {160, 1200},    {9, 2, 3}};
inline bool In(std::string_view op, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

// Shapes that matter to kernels: larger than a chunk and than the second-level cache, prime, of short rows.
std::vector<TacticCase> MoreCases(std::string_view op);
// The same call with epilogues over operands of every kind: none where output 0, of type y, is not f32 of known dims.
std::vector<TacticCase> WithEpilogues(const TacticCase& c, const Type& y);

}  // namespace hasten

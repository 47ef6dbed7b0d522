// What Softmax, LogSoftmax and Hardmax share: rows along an axis, and their flattened form before opset 13.
#pragma once
#include "ops/op.h"

namespace hasten {

struct SoftmaxAttrs {
  int64_t axis = -1;
  bool flatten = false;  // as before opset 13: a row is all axes from `axis` on
};

inline constexpr AttrField kSoftmaxFields[] = {Field<&SoftmaxAttrs::axis>("axis"),
                                               InternalField<&SoftmaxAttrs::flatten>("flatten")};

// Output 0: the type of input 0, for an axis in range.
Status InferSoftmax(InferCall& c);

// Where the rows lie: element i of row (o, j) is at (o * size + i) * inner + j.
struct SoftmaxRows {
  int64_t outer, size, inner;
};
SoftmaxRows RowsOf(const Dims& dims, const SoftmaxAttrs& a);

// Output 0 = input 0 with f(elements of a row) applied to every row in place.
template <class F>
Status EvalRows(KernelCall& c, const SoftmaxAttrs& a, F f) {
  const SoftmaxRows rows = RowsOf(c.input(0).dims, a);
  HASTEN_ASSIGN(const auto x, c.Doubles(0));
  HASTEN_ASSIGN(const auto row, c.Scratch<double>(rows.size));
  for (int64_t o = 0; o < rows.outer; ++o) {
    if (c.stopped()) return Status(Code::kCancelled, "stopped");
    for (int64_t j = 0; j < rows.inner; ++j) {
      double* first = x.data() + o * rows.size * rows.inner + j;
      for (int64_t i = 0; i < rows.size; ++i) row[static_cast<size_t>(i)] = first[i * rows.inner];
      f(row);
      for (int64_t i = 0; i < rows.size; ++i) first[i * rows.inner] = row[static_cast<size_t>(i)];
    }
  }
  WriteDoubles(&c.output(0), 0, x);
  return {};
}

// Between the forms of opset 11 and 13.
Status UpFlattened(OnnxNode& n);
Status DownFlattened(OnnxNode& n);
// From our form to that of opset 13, which has no flattened rows.
Status FlattenRows(OnnxNode& n);
// Between the forms of opset 1 and 11, which brought negative axes.
Status DownNegativeAxis(OnnxNode& n);
inline constexpr OnnxVersion kSoftmaxVersions[] = {
    {1, nullptr, DownNegativeAxis}, {11, UpFlattened, DownFlattened}, {13, nullptr, FlattenRows}};

// The samples of all three.
std::vector<Sample> SoftmaxSamples();

}  // namespace hasten

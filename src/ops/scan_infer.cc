#include "ops/scan.h"

namespace hasten {
namespace {

Status RequireList(const std::vector<int64_t>& list, size_t n, std::string_view name, bool flags) {
  HASTEN_REQUIRE(list.empty() || list.size() == n, "attribute ", name, " must have ", n, " entries, has ", list.size());
  if (flags)
    for (int64_t v : list) HASTEN_REQUIRE(v == 0 || v == 1, "attribute ", name, " must hold 0 or 1, holds ", v);
  return {};
}

Result<Type> WithoutAxis(const Type& t, int64_t axis) {
  if (!t.is_tensor() || !t.shape.ranked()) return t.is_tensor() ? Type::Tensor(t.dtype, Shape::Unknown()) : Type();
  HASTEN_ASSIGN(const int at, NormalizeAxis(axis, t.shape.rank()));
  std::vector<Dim> dims = t.shape.dims();
  dims.erase(dims.begin() + at);
  return Type::Tensor(t.dtype, Shape(std::move(dims)));
}

Result<Type> WithAxis(const Type& t, int64_t axis, const Dim& d) {
  if (!t.is_tensor() || !t.shape.ranked()) return t.is_tensor() ? Type::Tensor(t.dtype, Shape::Unknown()) : Type();
  HASTEN_ASSIGN(const int at, NormalizeAxis(axis, t.shape.rank() + 1));
  std::vector<Dim> dims = t.shape.dims();
  dims.insert(dims.begin() + at, d);
  return Type::Tensor(t.dtype, Shape(std::move(dims)));
}

// The size of one axis that all scan inputs must share.
class CommonDim {
 public:
  Status Add(const Type& t, int64_t axis, std::string_view what) {
    if (!t.is_tensor() || !t.shape.ranked()) return {};
    HASTEN_ASSIGN(const int at, NormalizeAxis(axis, t.shape.rank()));
    const Dim& d = t.shape[at];
    HASTEN_REQUIRE(!dim_ || !NeverEqual(*dim_, d), what, " must be the same for all scan inputs, is ", *dim_, " and ",
                   d);
    if (!dim_ || d.is_const()) dim_ = d;
    return {};
  }
  Dim Get() const { return dim_ ? *dim_ : Dim::Fresh(); }

 private:
  std::optional<Dim> dim_;
};

}  // namespace

Result<ScanCounts> ScanCountsOf(const ScanAttrs& a, size_t inputs, size_t outputs) {
  HASTEN_REQUIRE(a.body, "must have the attribute body");
  const size_t first = a.batched ? 1 : 0, given = inputs < first ? 0 : inputs - first;
  HASTEN_REQUIRE(a.num_scan_inputs >= 1 && static_cast<uint64_t>(a.num_scan_inputs) <= given,
                 "attribute num_scan_inputs must be 1 to ", given, ", is ", a.num_scan_inputs);
  const auto scans = static_cast<size_t>(a.num_scan_inputs);
  const size_t states = given - scans, gives = a.body->outputs.size();
  HASTEN_REQUIRE(a.body->inputs.size() == given, "body must take ", given, " inputs, takes ", a.body->inputs.size());
  HASTEN_REQUIRE(gives >= states, "body must give at least ", states, " outputs, gives ", gives);
  HASTEN_REQUIRE(outputs <= gives, "gives ", gives, " outputs, has ", outputs);
  const ScanCounts counts{first, states, scans, gives - states};
  HASTEN_TRY(RequireList(a.scan_input_axes, counts.scans, "scan_input_axes", false));
  HASTEN_TRY(RequireList(a.scan_input_directions, counts.scans, "scan_input_directions", true));
  HASTEN_TRY(RequireList(a.scan_output_axes, counts.stacks, "scan_output_axes", false));
  HASTEN_TRY(RequireList(a.scan_output_directions, counts.stacks, "scan_output_directions", true));
  return counts;
}

Status InferScan(InferCall& c) {
  const auto& attrs = c.attrs<ScanAttrs>();
  HASTEN_ASSIGN(const ScanCounts counts, ScanCountsOf(attrs, c.in.size(), c.out.size()));
  CommonDim batch, length;
  std::vector<Type> in;
  for (size_t i = 0; i < counts.states + counts.scans; ++i) {
    const auto at = static_cast<int>(counts.first + i);
    HASTEN_TRY(c.RequireTensor(at));
    Type type = c.type(at);
    if (attrs.batched) {
      HASTEN_TRY(batch.Add(type, 0, "the batch size"));
      HASTEN_ASSIGN(type, WithoutAxis(type, 0));
    }
    if (i >= counts.states) {
      const int64_t axis = attrs.InputAxis(i - counts.states);
      HASTEN_TRY(length.Add(type, axis, "the length along the scanned axis"));
      HASTEN_ASSIGN(type, WithoutAxis(type, axis));
    }
    in.push_back(std::move(type));
  }
  HASTEN_ASSIGN(std::vector<Type> out, c.driver->InferBody(attrs.body.get(), in, *c.node));
  for (size_t i = 0; i < out.size() && i < c.out.size(); ++i) {
    Type type = std::move(out[i]);
    if (i < counts.states) {
      HASTEN_ASSIGN(type, Join(in[i], type));
    } else {
      HASTEN_ASSIGN(type, WithAxis(type, attrs.OutputAxis(i - counts.states), length.Get()));
    }
    if (attrs.batched) {
      HASTEN_ASSIGN(type, WithAxis(type, 0, batch.Get()));
    }
    c.Out(static_cast<int>(i), std::move(type));
  }
  return {};
}

}  // namespace hasten

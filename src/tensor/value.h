// What flows along an edge at run time: a tensor, a sequence, a map, nothing (an empty optional), or a view of state.
#pragma once
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace hasten {

class Value;

// ai.onnx.ml maps: 1-D keys (i64 or string) and 1-D values of the same length.
struct MapValue {
  Tensor keys, values;
};

// What a kernel sees of a past/present pair that grows in place (KV cache, recurrent state).
// Row r holds length[r] old entries along the bound axis, in pages of `page_size` entries:
// entry t lies in pages[r][t / page_size] at index t % page_size, `entry_bytes` apart.
// A kernel that appends n entries to row r writes entries [length[r], length[r] + n); the executor advances the
// lengths after the step.  Contiguous state is one page.
struct StateView {
  DType dtype = DType::kNone;
  int64_t page_size = 0;
  int64_t entry_bytes = 0;
  Dims entry_dims;                                   // of one entry of one row
  std::span<std::byte* const* const> pages;          // [rows][pages of the row]
  std::span<const int64_t> length;                   // [rows]
  std::span<const int64_t> row_offsets;              // [rows + 1] into the packed new entries; empty: all rows alike
};

class Value {
 public:
  enum class Kind : uint8_t { kNone, kTensor, kSequence, kMap, kState };

  Value() = default;
  Value(Tensor t) : kind_(Kind::kTensor), tensor_(std::move(t)) {}
  static Value Sequence(DType element, std::vector<Value> elements);
  static Value Map(MapValue m);
  static Value State(const StateView* view);  // `view` outlives the value

  Kind kind() const { return kind_; }
  bool has() const { return kind_ != Kind::kNone; }
  bool is_tensor() const { return kind_ == Kind::kTensor; }
  // Preconditions: the kind asked for.
  Tensor& tensor() { return tensor_; }
  const Tensor& tensor() const { return tensor_; }
  const std::vector<Value>& elements() const { return *elements_; }
  // The elements alone if nobody else shares them, else a copy: lets SequenceInsert be O(1) amortised.
  std::vector<Value> TakeElements();
  DType element_dtype() const { return tensor_.dtype; }  // of a sequence; kNone if unknown
  const MapValue& map() const { return *map_; }
  const StateView& state() const { return *state_; }

 private:
  Kind kind_ = Kind::kNone;
  Tensor tensor_;
  std::shared_ptr<std::vector<Value>> elements_;
  std::shared_ptr<const MapValue> map_;
  const StateView* state_ = nullptr;
};

bool SameBits(const Value& a, const Value& b);

}  // namespace hasten

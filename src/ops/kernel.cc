#include "ops/kernel.h"

#include "base/memory.h"

namespace hasten {
namespace {

class Heap final : public Allocator {
 public:
  Result<Tensor> Allocate(DType dtype, const Dims& dims) override { return NewTensor(dtype, dims); }
};

constexpr size_t kAlign = 64;
constexpr size_t kFirstBlock = size_t{1} << 16;

}  // namespace

Allocator* HeapAllocator() {
  static Heap heap;
  return &heap;
}

Result<std::byte*> ScratchArena::Take(size_t bytes) {
  bytes = (std::max<size_t>(bytes, 1) + kAlign - 1) / kAlign * kAlign;
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    size_t size = std::max(bytes, blocks_.empty() ? kFirstBlock : blocks_.back().size * 2);
    std::shared_ptr<std::byte> data = NewBlock(static_cast<int64_t>(size), Contents::kAny);
    if (!data) return NoMemory("scratch of a kernel", static_cast<int64_t>(size));
    blocks_.push_back({std::move(data), size});
  }
  std::byte* const out = blocks_[block_].data.get() + used_;
  used_ += bytes;
  return out;
}

void ScratchArena::Reset() { block_ = used_ = 0; }

uint64_t DrawCounts::Next(uint64_t node_key) { return counts_[node_key]++; }

void DrawCounts::Reset() {
  for (auto& [node_key, count] : counts_) count = 0;
}

Result<Tensor*> KernelCall::Allocate(int i, DType dtype, const Dims& dims) const {
  if (!wants(i)) {
    HASTEN_ASSIGN(Tensor t, services->allocator->Allocate(dtype, dims));
    services->unwanted.push_back(std::move(t));
    return &services->unwanted.back();
  }
  Value& v = *out[i];
  if (v.is_tensor() && v.tensor().dtype == dtype && v.tensor().dims == dims && v.tensor().data) return &v.tensor();
  HASTEN_ASSIGN(Tensor t, services->allocator->Allocate(dtype, dims));
  v = Value(std::move(t));
  return &v.tensor();
}

Result<Value> KernelCall::Keep(const Value& v) const {
  if (!v.is_tensor() || v.tensor().owner) return v;
  HASTEN_ASSIGN(Tensor t, services->allocator->Allocate(v.tensor().dtype, v.tensor().dims));
  CopyElements(v.tensor(), 0, &t, 0, t.elements());
  return Value(std::move(t));
}

void KernelCall::Set(int i, Value v) const {
  if (wants(i)) *out[i] = std::move(v);
}

Result<std::span<double>> KernelCall::Doubles(int i) const {
  HASTEN_ASSIGN(auto lanes, Scratch<double>(input(i).elements()));
  ReadDoubles(input(i), 0, lanes);
  return lanes;
}

Result<std::span<int64_t>> KernelCall::Ints(int i) const {
  HASTEN_ASSIGN(auto lanes, Scratch<int64_t>(input(i).elements()));
  ReadInts(input(i), 0, lanes);
  return lanes;
}

Status KernelCall::RunBody(int k, std::span<const Value> inputs, std::vector<Value>* outputs) const {
  return services->run_body(*this, k, inputs, outputs);
}

}  // namespace hasten

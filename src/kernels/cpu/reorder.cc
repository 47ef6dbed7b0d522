#include "ops/reorder.h"

#include <cstring>

#include "kernels/tactic.h"

namespace hasten::kernels::cpu {
namespace {

constexpr int64_t kBlock = 16;

// to[j * rows + i] = from[i * cols + j], for rows [first, last) of `from`.
template <class T>
void Transpose(const T* from, int64_t rows, int64_t cols, int64_t first, int64_t last, T* to) {
  for (int64_t i0 = first; i0 < last; i0 += kBlock)
    for (int64_t j0 = 0; j0 < cols; j0 += kBlock) {
      const int64_t i1 = std::min(i0 + kBlock, last), j1 = std::min(j0 + kBlock, cols);
      for (int64_t j = j0; j < j1; ++j)
        for (int64_t i = i0; i < i1; ++i) to[j * rows + i] = from[i * cols + j];
    }
}

struct Bound {
  int64_t images, rows, cols;  // of `from`
  int64_t blocks, size;        // per image; bytes of an element
};

Status Bind(const BoundShapes& s, Binding* binding) {
  const Dims dims = *s.in[0].shape.Concrete();
  const int64_t channels = dims[1], pixels = dims.Product(2, dims.rank());
  const bool last = s.attrs<ReorderAttrs>().to == static_cast<int64_t>(Layout::kChannelsLast);
  Bound b{dims[0], last ? channels : pixels, last ? pixels : channels, 1, BytesFor(s.in[0].dtype, 1)};
  b.blocks = std::clamp<int64_t>(b.rows * b.cols / 16384, 1, std::max<int64_t>(1, b.rows / kBlock));
  binding->phases = {dims.elements() == 0 ? 0 : b.images * b.blocks};
  binding->data.resize(sizeof b);
  std::memcpy(binding->data.data(), &b, sizeof b);
  return {};
}

template <class T>
void Chunk(KernelCall& c, const Bound& b) {
  const int64_t image = c.chunk / b.blocks, block = c.chunk % b.blocks, at = image * b.rows * b.cols;
  const int64_t first = b.rows * block / b.blocks, last = b.rows * (block + 1) / b.blocks;
  const T* from = c.input(0).as<T>() + at;
  T* to = c.output(0).as<T>() + at;
  if (b.rows == 1 || b.cols == 1) {
    std::copy(from + first * b.cols, from + last * b.cols, to + first * b.cols);
  } else {
    Transpose(from, b.rows, b.cols, first, last, to);
  }
}

Status Run(KernelCall& c) {
  const Bound& b = *reinterpret_cast<const Bound*>(c.bound);
  switch (b.size) {
    case 1: Chunk<uint8_t>(c, b); break;
    case 2: Chunk<uint16_t>(c, b); break;
    case 4: Chunk<uint32_t>(c, b); break;
    default: Chunk<uint64_t>(c, b); break;
  }
  return {};
}

bool Supports(const PlanCall& call) {
  const int bits = call.in[0].dtype == DType::kNone ? 0 : Bits(call.in[0].dtype);
  return call.in[0].dtype != DType::kString && (bits == 8 || bits == 16 || bits == 32 || bits == 64);
}

constexpr std::string_view kOps[] = {"Reorder"};

}  // namespace

extern const Tactic kReorder = {
    .name = "reorder",
    .ops = kOps,
    .supports = Supports,
    .speed = 0.5,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu

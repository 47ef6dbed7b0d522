// Instance and group normalisation.  Means and variances are taken block by block, while a block is in the cache, and
// combined by Chan, Golub and LeVeque's formula (1979): the tensor is read from memory twice and written once.
#include <cstring>

#include "kernels/cpu/pointwise_loop.h"
#include "kernels/cpu/row_kernels.h"
#include "ops/normalization.h"

namespace hasten::kernels::cpu {
namespace {

using namespace hasten::cpu;

constexpr std::string_view kOps[] = {"InstanceNormalization", "GroupNormalization"};
constexpr int64_t kBlock = 16 << 10;  // elements

struct Params {
  int64_t groups = 0;  // 0: one a channel
  double epsilon = 0;
};

// Plain: chunks of whole groups.  Channels last: phases for the blocks' moments, for their sums, and for the result.
struct Bound {
  bool last;
  double epsilon;
  int64_t images, channels, pixels;
  int64_t group_channels;            // plain
  int64_t groups, groups_per_chunk;  // of all images
  int64_t block_pixels, blocks;      // of one image, channels last
  PointwiseLoop epilogue;
};

// Count, mean and sum of squared differences from it.
struct Spread {
  double count = 0, mean = 0, squares = 0;
  void Add(double n, double m, double q) {
    if (n == 0) return;
    const double all = count + n, delta = m - mean;
    squares += q + delta * delta * count * n / all;
    mean += delta * n / all;
    count = all;
  }
  double Factor(double epsilon) const { return 1 / std::sqrt(squares / count + epsilon); }
};

bool Supports(const PlanCall& call) {
  for (const Type& t : call.in)
    if (t.dtype != DType::kF32) return false;
  if (call.layout == Layout::kChannelsLast && call.node->op->name != kOps[0]) return false;
  return RangeEpilogueSupported(call);
}

Status Prepare(const PlanCall& call, std::vector<std::byte>* params) {
  Params p;
  if (call.node->op->name == kOps[0]) {
    p.epsilon = static_cast<double>(call.attrs<InstanceNormalizationAttrs>().epsilon);
  } else {
    p.groups = call.attrs<GroupNormalizationAttrs>().num_groups;
    p.epsilon = static_cast<double>(call.attrs<GroupNormalizationAttrs>().epsilon);
  }
  params->resize(sizeof p);
  std::memcpy(params->data(), &p, sizeof p);
  return {};
}

Status Bind(const BoundShapes& s, Binding* binding) {
  Params p;
  std::memcpy(&p, s.params, sizeof p);
  const Dims x = *s.in[0].shape.Concrete();
  Bound b = {};
  b.last = s.layout == Layout::kChannelsLast;
  b.epsilon = p.epsilon;
  b.images = x[0];
  b.channels = x[1];
  b.pixels = x.Product(2, x.rank());
  b.epilogue = BindRangeEpilogue(s);
  if (x.elements() == 0) {
    binding->phases = {0};
  } else if (b.last) {
    b.block_pixels = std::clamp<int64_t>(kBlock / b.channels, 1, 1024);
    b.blocks = (b.pixels + b.block_pixels - 1) / b.block_pixels;
    binding->phases = {b.images * b.blocks, b.images, b.images * b.blocks};
    binding->workspace_bytes = static_cast<size_t>(3 * b.images * b.channels * (b.blocks + 1)) * sizeof(float);
  } else {
    const int64_t groups = p.groups == 0 ? b.channels : p.groups;
    b.group_channels = b.channels / groups;
    b.groups = b.images * groups;
    b.groups_per_chunk = std::max<int64_t>(1, kBlock / (b.group_channels * b.pixels));
    binding->phases = {(b.groups + b.groups_per_chunk - 1) / b.groups_per_chunk};
  }
  KeepBound(b, binding);
  return {};
}

Spread SpreadOf(const float* x, int64_t n) {
  Spread spread;
  for (int64_t at = 0; at < n; at += kBlock) {
    const int64_t size = std::min(kBlock, n - at);
    const auto count = static_cast<double>(size);
    const auto about = static_cast<float>(FoldRow(Fold::kSum, x + at, size) / count);
    const RowMoments m = MomentsOf(x + at, size, about);
    spread.Add(count, static_cast<double>(about) + m.sum / count, m.squares - m.sum * m.sum / count);
  }
  return spread;
}

Status RunPlain(const Bound& b, const KernelCall& c) {
  const float *scale = c.input(1).as<float>(), *bias = c.input(2).as<float>();
  const int64_t size = b.group_channels * b.pixels;
  const int64_t first = c.chunk * b.groups_per_chunk, last = std::min(b.groups, first + b.groups_per_chunk);
  for (int64_t g = first; g < last; ++g) {
    const float* x = c.input(0).as<float>() + g * size;
    float* y = c.output(0).as<float>() + g * size;
    const Spread spread = SpreadOf(x, size);
    const auto shift = static_cast<float>(spread.mean);
    for (int64_t i = 0; i < b.group_channels; ++i) {
      const int64_t channel = (g * b.group_channels + i) % b.channels;
      const double factor = spread.Factor(b.epsilon) * static_cast<double>(scale[channel]);
      const double rest = static_cast<double>(bias[channel]) - (spread.mean - static_cast<double>(shift)) * factor;
      AffineRow(x + i * b.pixels, b.pixels, shift, static_cast<float>(factor), static_cast<float>(rest),
                y + i * b.pixels);
    }
  }
  return FinishRange(b.epilogue, c, first * size, last * size);
}

// Workspace, channels last: per block and then per image, three rows of channels.
float* RowsOf(const Bound& b, const KernelCall& c, int64_t index) {
  return reinterpret_cast<float*>(c.workspace) + 3 * index * b.channels;
}

int64_t PixelsOf(const Bound& b, int64_t block) {
  return std::min(b.block_pixels, b.pixels - block % b.blocks * b.block_pixels);
}

int64_t FirstElement(const Bound& b, int64_t block) {
  return (block / b.blocks * b.pixels + block % b.blocks * b.block_pixels) * b.channels;
}

// Shift, factor and bias of each channel of an image.
void Combine(const Bound& b, const KernelCall& c, int64_t image) {
  const float *scale = c.input(1).as<float>(), *bias = c.input(2).as<float>();
  float* out = RowsOf(b, c, b.images * b.blocks + image);
  for (int64_t i = 0; i < b.channels; ++i) {
    Spread spread;
    for (int64_t block = image * b.blocks; block < (image + 1) * b.blocks; ++block) {
      const float* m = RowsOf(b, c, block);
      const auto n = static_cast<double>(PixelsOf(b, block));
      const auto about = static_cast<double>(m[i]), sum = static_cast<double>(m[b.channels + i]);
      spread.Add(n, about + sum / n, static_cast<double>(m[2 * b.channels + i]) - sum * sum / n);
    }
    const auto shift = static_cast<float>(spread.mean);
    const double factor = spread.Factor(b.epsilon) * static_cast<double>(scale[i]);
    out[i] = shift;
    out[b.channels + i] = static_cast<float>(factor);
    out[2 * b.channels + i] =
        static_cast<float>(static_cast<double>(bias[i]) - (spread.mean - static_cast<double>(shift)) * factor);
  }
}

Status Run(KernelCall& c) {
  const auto& b = *reinterpret_cast<const Bound*>(c.bound);
  if (!b.last) return RunPlain(b, c);
  if (c.phase == 1) {
    Combine(b, c, c.chunk);
    return {};
  }
  const int64_t from = FirstElement(b, c.chunk), pixels = PixelsOf(b, c.chunk);
  const float* x = c.input(0).as<float>() + from;
  if (c.phase == 0) {
    float* m = RowsOf(b, c, c.chunk);
    ColumnMoments(x, pixels, b.channels, m, m + b.channels, m + 2 * b.channels);
    return {};
  }
  const float* rows = RowsOf(b, c, b.images * b.blocks + c.chunk / b.blocks);
  AffineRowsByColumns(x, pixels, b.channels, rows, rows + b.channels, rows + 2 * b.channels,
                      c.output(0).as<float>() + from);
  return FinishRange(b.epilogue, c, from, from + pixels * b.channels);
}

}  // namespace

extern const Tactic kGroupNorm = {
    .name = "group_norm",
    .ops = kOps,
    .supports = Supports,
    .bound = 64,
    .numerics = Numerics::kReassociated,
    .fuses_epilogue = true,
    .in_place = true,
    .layouts = Layouts::kEither,
    .speed = 2,
    .prepare = Prepare,
    .bind = Bind,
    .run = Run,
};

}  // namespace hasten::kernels::cpu

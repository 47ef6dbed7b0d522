// A run of fixed shapes allocates nothing once it has run: every operator new is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/session.h"
#include "ops/infer.h"
#include "ops/text.h"

// The thread sanitizer brings operators of its own, which cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HASTEN_NOT_COUNTED
#endif
#endif

namespace {
std::atomic<int64_t> allocations{0};
#ifndef HASTEN_NOT_COUNTED
void* Count(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
// Not inlined: g++ would see free() of what operator new gave.
[[gnu::noinline]] void Release(void* p) { std::free(p); }
constexpr bool kCounted = true;
#else
constexpr bool kCounted = false;
#endif
}  // namespace

#ifndef HASTEN_NOT_COUNTED
void* operator new(std::size_t n) { return Count(n, alignof(std::max_align_t)); }
void* operator new(std::size_t n, std::align_val_t a) { return Count(n, static_cast<std::size_t>(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return Count(n, alignof(std::max_align_t)); }
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return Count(n, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { Release(p); }
void operator delete(void* p, std::size_t) noexcept { Release(p); }
void operator delete(void* p, std::align_val_t) noexcept { Release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { Release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { Release(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { Release(p); }
#endif

namespace hasten {
namespace {

int64_t AllocationsOfThirdRun(Session* session, const std::vector<Value>& inputs) {
  std::vector<Value> outputs;
  for (int warm = 0; warm < 2; ++warm) {
    Status status = session->Run(inputs, &outputs);
    EXPECT_TRUE(status.ok()) << status.message();
  }
  const int64_t before = allocations;
  Status status = session->Run(inputs, &outputs);
  const int64_t during = allocations - before;
  EXPECT_TRUE(status.ok()) << status.message();
  return during;
}

TEST(SteadyState, ConvolutionalNetworkAllocatesNothing) {
  auto model = ParseText(R"ir(hasten-ir 1
opset "" 17
graph "g" {
  in "x" f32[1,3,8,8]
  const "w" f32[4,3,3,3] = normal(seed=1, mean=0, deviation=0.3)
  const "f" f32[10,4] = normal(seed=2, mean=0, deviation=0.3)
  const "to" i64[2] = [1, -1]
  "c" = Conv("x", "w") {pads=[1,1,1,1]}
  "r" = Relu("c")
  "p" = MaxPool("r") {kernel_shape=[2,2], strides=[2,2]}
  "s" = Add("p", "p")
  "g1" = GlobalAveragePool("s")
  "flat" = Reshape("g1", "to")
  "y" = Gemm("flat", "f") {transB=1}
  "z" = Softmax("y")
  out "z"
}
)ir",
                         Catalog::BuiltIn());
  ASSERT_TRUE(model.ok()) << model.message();
  ASSERT_TRUE(InferTypes(&(*model)->graph).ok());
  auto x = Generate({Generator::Kind::kNormal, 3, 0, 1}, DType::kF32, {1, 3, 8, 8});
  auto session = Session::Of(std::move(*model));
  ASSERT_TRUE(session.ok()) << session.message();
  EXPECT_EQ(AllocationsOfThirdRun(session->get(), {Value(*x)}), 0);
  if (!kCounted) GTEST_SKIP() << "run, but not counted";
}

// Convolutions, a detector's head, recurrences; two threads with their pool.
TEST(SteadyState, ModelsAllocateNothing) {
  for (const char* path : {"models/symbols/model.onnx", "zoo:mobilenet_v2", "zoo:lstm_tagger", "zoo:efficientnet_b0"})
    for (int threads : {1, 2}) {
      SessionOptions options;
      options.threads = threads;
      auto session = Session::Load(path, options);
      ASSERT_TRUE(session.ok()) << session.message();
      const Plan& plan = *(*session)->plan();
      std::vector<Value> inputs;
      for (SlotId slot : plan.inputs) {
        const PlannedValue& v = plan.values[slot];
        const Type& type = v.graph->value(v.value).type;
        Dims dims;
        for (const Dim& d : type.shape.dims()) dims.push_back(d.is_const() ? d.value() : 1);
        inputs.emplace_back(*NewTensor(type.dtype, dims));
      }
      EXPECT_EQ(AllocationsOfThirdRun(session->get(), inputs), 0) << path << " at " << threads << " threads";
    }
  if (!kCounted) GTEST_SKIP() << "run, but not counted";
}

}  // namespace
}  // namespace hasten

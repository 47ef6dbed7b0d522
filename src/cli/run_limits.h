// --max-memory and --timeout.
#pragma once
#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

#include "engine/session.h"

namespace hasten::cli {

// "1000000", "512k", "64m", "2g": powers of 1024.
Result<int64_t> ParseBytes(std::string_view text);

// The heap, up to so many bytes at a time.
class LimitedAllocator final : public Allocator {
 public:
  explicit LimitedAllocator(int64_t limit) : left_(std::make_shared<std::atomic<int64_t>>(limit)), limit_(limit) {}
  Result<Tensor> Allocate(DType dtype, const Dims& dims) override;

 private:
  std::shared_ptr<std::atomic<int64_t>> left_;  // tensors give back to it when they go
  int64_t limit_;
};

// The memory of a run's outputs, of which as much is left as --max-memory leaves beside weights, inputs and values
// between nodes; null without a limit.
Result<std::unique_ptr<Allocator>> OutputMemory(std::optional<int64_t> limit, Session* session,
                                                std::span<const Value> inputs);
// Nothing that is larger than the limit is begun with.
Status CheckFileFits(std::optional<int64_t> limit, const std::string& path);

// A time so many seconds from now.
std::optional<std::chrono::steady_clock::time_point> DeadlineIn(std::optional<double> seconds);

}  // namespace hasten::cli

// A second place for values: host memory that nobody may touch but this device's kernels and copies.
#pragma once
#include <sys/mman.h>

#include "kernels/tactic.h"

namespace hasten {

class TestDevice final : public Device {
 public:
  TestDevice() {
    base_ = static_cast<std::byte*>(::mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    HASTEN_CHECK(base_ != MAP_FAILED);
  }
  ~TestDevice() override { ::munmap(base_, kBytes); }

  std::string_view name() const override { return "test"; }
  Place place() const override { return {1, 0}; }
  Result<Tensor> Allocate(DType dtype, const Dims& dims) override {
    Tensor t{dtype, dims, base_ + used_, std::shared_ptr<const void>(base_, [](const void*) {}), place()};
    used_ += static_cast<size_t>((t.bytes() + 64) / 64 * 64);
    if (used_ > kBytes) return Status(Code::kOutOfMemory, "test device is full");
    return t;
  }
  Status Copy(const Tensor& from, Tensor* to) override {
    HASTEN_TRY(Enter());
    CopyElements(from, 0, to, 0, from.elements());
    Leave();
    ++copies;
    return {};
  }
  Status Enter() override {
    ::mprotect(base_, kBytes, PROT_READ | PROT_WRITE);
    return {};
  }
  void Leave() override { ::mprotect(base_, kBytes, PROT_NONE); }

  int copies = 0;

 private:
  static constexpr size_t kBytes = size_t{1} << 22;
  std::byte* base_;
  size_t used_ = 0;
};

}  // namespace hasten

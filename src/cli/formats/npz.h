// NumPy's .npz files: zip archives of .npy members, stored or deflated.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/formats/file_bytes.h"
#include "tensor/tensor.h"

namespace hasten::cli {

class NpzArchive {
 public:
  static Result<NpzArchive> Open(const FileBytes& file, const ReadLimits& limits = {});

  // Of the members, without ".npy", in the order of the archive.
  const std::vector<std::string>& names() const { return names_; }
  bool Has(std::string_view name) const;
  // `wanted` as ReadNpy takes it.  All that is read counts for limits.decoded_bytes.
  Result<Tensor> Read(std::string_view name, DType wanted = DType::kNone);

 private:
  struct Zip;
  explicit NpzArchive(std::shared_ptr<Zip> zip) : zip_(std::move(zip)) {}
  std::shared_ptr<Zip> zip_;
  std::vector<std::string> names_;
  int64_t left_ = 0;  // bytes that may still be decoded
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};
// An archive of stored members, the same bytes for the same tensors.
Result<std::string> EncodeNpz(std::span<const NamedTensor> tensors);

}  // namespace hasten::cli

// TensorProto and SparseTensorProto to constants: raw data by reference, everything else decoded.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "base/mapped_file.h"
#include "import/onnx/wire.h"
#include "ir/graph.h"

namespace hasten::onnx {

// Where the bytes of a model's tensors lie, for the time of one import.
class DataSource {
 public:
  // `file` is kept alive by `owner`.  `folder` is where external data is looked for; external data is refused if
  // `may_read_files` is false.
  DataSource(Bytes file, std::shared_ptr<const void> owner, std::string folder, bool may_read_files);

  // Elements lie in the mapped file where they can; data[] then may be unaligned and must not be written.
  Result<Constant> Read(const WireTensor& t);
  Result<Constant> Read(const WireSparse& s);  // expanded to dense, within a budget that follows from the file's size

 private:
  Result<Constant> ReadRaw(const WireTensor& t, DType dtype, const Dims& dims);
  Result<Constant> ReadTyped(const WireTensor& t, DType dtype, const Dims& dims);
  Result<Constant> ReadExternal(const WireTensor& t, DType dtype, const Dims& dims);
  Result<std::shared_ptr<const MappedFile>> OpenExternal(std::string_view location);
  Tensor View(DType dtype, const Dims& dims, Bytes bytes) const;
  Bytes Packed(const WireTensor& t, DType dtype, int64_t bytes) const;

  Bytes file_;
  std::shared_ptr<const void> owner_;
  std::string folder_;
  bool may_read_files_;
  int64_t expansion_left_;
  std::map<std::string, std::shared_ptr<const MappedFile>, std::less<>> opened_;
};

// The dtype of a TensorProto.DataType number.
Result<DType> DTypeOf(int64_t number);

}  // namespace hasten::onnx

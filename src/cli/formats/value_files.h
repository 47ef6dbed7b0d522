// Values from and to files, by the file's extension.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/formats/file_bytes.h"
#include "cli/formats/npz.h"
#include "tensor/type.h"
#include "tensor/value.h"

namespace hasten::cli {

// The length of each axis as far as it is known.
using KnownDims = std::vector<std::optional<int64_t>>;

// What a file is read for.
struct ValueWish {
  Type type;                            // unknown: what the file says
  std::string name = "";                // which member of a file that holds several; of an archive's only one, any
  std::optional<KnownDims> dims = {};   // absent: not even their number is known
  std::optional<DType> raw_dtype = {};  // of a raw file's elements, which become the type's
  ReadLimits limits = {};
};
// .npy, .npz (also FILE.npz:MEMBER), .pb, .raw, .json or .txt; other files by what they begin with.
Result<Value> ReadValue(const std::string& path, const ValueWish& wish);
// The same of bytes whose form is known; sounds and pictures are read elsewhere.
Result<Value> ReadValue(const FileBytes& file, FileForm form, const ValueWish& wish);

// Elements as they lie in memory.  One length that is not known follows from the number of bytes.
Result<Tensor> ReadRaw(const FileBytes& file, const ValueWish& wish);
// A string a line.
Result<Tensor> ReadLines(std::string_view bytes, const ValueWish& wish);

// "a.npz" and "x" of "a.npz:x", unless there is a file of that whole name.
struct MemberPath {
  std::string path, member;
};
MemberPath SplitMember(const std::string& path);

// DIR/STEM.pb or DIR/STEM.npy, whichever there is; nullopt if neither.
std::optional<std::string> FindValueFile(const std::string& dir, const std::string& stem);

// A whole value as the bytes of a file: npy and raw hold a tensor, npz and JSON anything.
Result<std::string> EncodeValue(FileForm form, const Value& value, const std::string& name);
// The same into a file, .pb too.
Status WriteValueFile(const std::string& path, FileForm form, const Value& value, const Type& type,
                      const std::string& name);
// The tensors of a value: NAME, or NAME_0, NAME_1, ..., NAME_keys, NAME_values of a sequence or a map.
void AppendTensors(const std::string& name, const Value& value, std::vector<NamedTensor>* out);

// STEM.npy, .pb, .raw or .json.  Sequences and maps become several files of the first and third kind: STEM_0, STEM_1,
// ..., STEM_keys, STEM_values.  An absent value becomes none.  The paths written.
Result<std::vector<std::string>> WriteValueFiles(const std::string& stem, const std::string& format, const Value& value,
                                                 const Type& type, const std::string& name);

}  // namespace hasten::cli

// Values from and to files, by the file's extension.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tensor/type.h"
#include "tensor/value.h"

namespace hasten::cli {

// .npy, .pb or .raw.  `type` says what the file is for; `dims` those of a .raw file.
Result<Value> ReadValue(const std::string& path, const Type& type, const std::optional<Dims>& dims = {});

// DIR/STEM.pb or DIR/STEM.npy, whichever there is; nullopt if neither.
std::optional<std::string> FindValueFile(const std::string& dir, const std::string& stem);

// STEM.npy, .pb, .raw or .json.  Sequences and maps become several files of the first and third kind: STEM_0, STEM_1,
// ..., STEM_keys, STEM_values.  An absent value becomes none.  The paths written.
Result<std::vector<std::string>> WriteValueFiles(const std::string& stem, const std::string& format, const Value& value,
                                                 const Type& type, const std::string& name);

}  // namespace hasten::cli

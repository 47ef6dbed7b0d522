// Values as JSON: a nested list, a tensor with its shape, or several of either by name.
#pragma once
#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/formats/file_bytes.h"
#include "tensor/type.h"
#include "tensor/value.h"

namespace hasten::cli {

// Reads
//   [[1, 2], [3, 4]]                                        a list, nested to the tensor's rank; a bare number: a
//   scalar
//   {"shape": [2, 2], "dtype": "f32", "data": [...]}        as --output-format json writes; "datatype": "FP32" as
//   KServe
//   {"sequence": [...]}, {"keys": ..., "values": ...}       sequences and maps
//   {"inputs": [{"name": "x", "shape": ..., "data": ...}]}  KServe v2; "outputs" likewise
//   {"inputs": {"x": ...}}, {"x": ..., "y": ...}            one for each name
// NaN and the infinities come bare, as Python writes them, or as the strings "NaN", "Infinity" and "-Infinity".
class JsonValues {
 public:
  static Result<JsonValues> Open(std::string_view bytes);

  // Empty where the file holds one value without a name.
  std::vector<std::string> names() const;
  // The value of that name, or the only one.  Elements get the dtype that the file states, else that of `type`, else
  // what their first suggests.
  Result<Value> Read(std::string_view name, const Type& type) const;

 private:
  struct Member {
    std::string name;
    const rapidjson::Value* value;
  };
  JsonValues() : document_(std::make_unique<rapidjson::Document>()) {}
  Status FindMembers();
  Status FindListed(const rapidjson::Value& list);

  std::unique_ptr<rapidjson::Document> document_;
  std::vector<Member> members_;
};

}  // namespace hasten::cli

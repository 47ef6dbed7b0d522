// One op of the application's own: its record, and the records that Hasten reads made of it.
#pragma once
#include <array>

#include "api/ops.h"

namespace hasten::api {

constexpr size_t kMostAttributes = 32;

// Attributes of a node of any custom op, by their place in the op's list.
struct CustomAttrs {
  std::array<std::optional<AttrValue>, kMostAttributes> values;
};

// Fields as Attrs reads them.  Attrs knows its table of fields and nothing of the op, so the op stands beside the
// table.
struct FieldTable {
  std::array<AttrField, kMostAttributes> fields = {};
  const CustomOp* op = nullptr;
};

struct CustomOp {
  explicit CustomOp(const hasten_op& given);
  ~CustomOp();
  CustomOp(const CustomOp&) = delete;

  static const CustomOp& Of(const Attrs& attrs) {
    return *reinterpret_cast<const FieldTable*>(attrs.fields().data())->op;
  }
  int Find(const char* attribute) const;  // -1: none

  hasten_op record;                     // its text and arrays are the caller's: those below count
  std::shared_ptr<const void> library;  // of a plug-in
  std::string domain, type, name, doc, tactic_name;
  std::vector<std::string> attribute_names;
  FieldTable table;
  OnnxVersion version;
  std::string_view serves;
  OpDef op;
  Tactic tactic;
};

// Checks what a caller wrote.  Fields are found by `known` bytes.
Status CheckOp(const hasten_op& op);

}  // namespace hasten::api

struct hasten_attributes {
  const hasten::Attrs* attrs;
};

struct hasten_infer {
  hasten::InferCall* call;
  hasten_attributes attributes;
  std::vector<hasten::Dim> dims;  // that were handed out: -2 is the first
};

struct hasten_call {
  hasten::KernelCall* call;
  hasten_attributes attributes;
};

struct hasten_catalog {
  std::vector<std::shared_ptr<const hasten::api::CustomOp>> custom;
  std::shared_ptr<const void> loading;  // the plug-in whose ops are being added
};

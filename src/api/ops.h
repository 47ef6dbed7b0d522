// Ops of the application's own.
#pragma once
#include "api/handles.h"

namespace hasten::api {

struct CustomOp;

// What a catalogue held when a model was loaded with it.
struct OpSet {
  explicit OpSet(std::vector<std::shared_ptr<const CustomOp>> list);
  std::vector<std::shared_ptr<const CustomOp>> custom;
  Catalog catalog;
  std::vector<const Tactic*> tactics;
};

std::shared_ptr<const OpSet> NoOps();
// Those of a handle; null: none.
std::shared_ptr<const OpSet> OpsOf(const hasten_catalog* catalog);

}  // namespace hasten::api

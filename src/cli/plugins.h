// --plugins: ops of shared libraries.
#pragma once
#include <memory>

#include "kernels/tactic.h"

namespace CLI {
class App;
}
namespace hasten::api {
struct OpSet;
}

namespace hasten::cli {

struct Plugins {
  std::shared_ptr<const api::OpSet> ops;  // null: none
  // With the built-in ops.
  const Catalog& catalog() const;
  std::span<const Tactic* const> tactics() const;
};

// A library that cannot be loaded is wrong usage.
void AddPluginFlag(CLI::App* app, Plugins* plugins);

}  // namespace hasten::cli

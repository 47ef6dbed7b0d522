// --plugins: ops of shared libraries.
#pragma once
#include <memory>

#include "api/ops.h"

namespace CLI {
class App;
}

namespace hasten::cli {

struct Plugins {
  std::shared_ptr<const api::OpSet> ops = api::NoOps();
  const Catalog& catalog() const { return ops->catalog; }
};

// A library that cannot be loaded is wrong usage.
void AddPluginFlag(CLI::App* app, Plugins* plugins);

}  // namespace hasten::cli

#include "cli/plugins.h"

#include <CLI/CLI.hpp>

#include "api/ops.h"

namespace hasten::cli {
namespace {

Result<std::shared_ptr<const api::OpSet>> Load(const std::vector<std::string>& paths) {
  hasten_catalog* made = nullptr;
  HASTEN_TRY(api::StatusOf(hasten_catalog_create(&made)));
  const std::unique_ptr<hasten_catalog, void (*)(hasten_catalog*)> catalog(made, hasten_catalog_free);
  for (const std::string& path : paths)
    HASTEN_TRY(api::StatusOf(hasten_catalog_load_plugin(catalog.get(), path.c_str())));
  return api::OpsOf(catalog.get());
}

}  // namespace

const Catalog& Plugins::catalog() const { return ops ? ops->catalog : Catalog::BuiltIn(); }

std::span<const Tactic* const> Plugins::tactics() const {
  return ops ? std::span<const Tactic* const>(ops->tactics) : std::span<const Tactic* const>();
}

void AddPluginFlag(CLI::App* app, Plugins* plugins) {
  app->add_option_function<std::vector<std::string>>(
         "--plugins",
         [plugins](const std::vector<std::string>& paths) {
           auto loaded = Load(paths);
           if (!loaded.ok()) throw CLI::ValidationError("--plugins", std::string(loaded.message()));
           plugins->ops = *std::move(loaded);
         },
         "Shared libraries with ops of their own (docs/library.md)")
      ->type_name("A.so,B.so")
      ->allow_extra_args(false)
      ->delimiter(',');
}

}  // namespace hasten::cli

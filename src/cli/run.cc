#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "engine/session.h"

namespace hasten::cli {
namespace {

std::function<Status()> Define(CLI::App* app) {
  const auto model = std::make_shared<std::string>();
  app->add_option("MODEL", *model, "The model: .onnx, or the text form, .ir")->required()->type_name("");
  return [model]() -> Status {
    HASTEN_ASSIGN(auto session, Session::Load(*model));
    return {};
  };
}

}  // namespace

extern const Command kRun = {
    .name = "run",
    .summary = "run a model",
    .doc = "",
    .define = Define,
};

}  // namespace hasten::cli

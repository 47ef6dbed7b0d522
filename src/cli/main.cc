#include <string_view>

#include "base/mapped_file.h"
#include "cli/command.h"
#include "cli/interruption.h"

namespace {

constexpr std::string_view kSimplifier = "onnxsim";

}  // namespace

// Called by the name onnxsim (a link to the binary), it is `hasten simplify`.
int main(int argc, char** argv) {
  std::vector<std::string> args(argv + (argc > 0), argv + argc);
  std::string_view name = argc > 0 ? argv[0] : "";
  name.remove_prefix(name.rfind('/') + 1);
  if (name == kSimplifier) args.insert(args.begin(), "simplify");
  hasten::MappedFile::GuardAgainstTruncation();
  hasten::cli::HandleInterruptions();
  return hasten::cli::Main(args);
}

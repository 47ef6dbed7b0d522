// docs/zoo.md.
#pragma once
#include <string>

#include "base/status.h"

namespace hasten::cli {

// Every topology of the zoo, with its inputs and its number of parameters.
Result<std::string> ZooMarkdown();

}  // namespace hasten::cli

// Scripts that complete `hasten` command lines in a shell.
#pragma once
#include <string>
#include <vector>

#include "cli/page.h"

namespace hasten::cli {

std::string BashCompletion(const std::vector<Page>& pages);
std::string ZshCompletion(const std::vector<Page>& pages);
std::string FishCompletion(const std::vector<Page>& pages);

}  // namespace hasten::cli

#include "base/version.h"

namespace hasten {

std::string_view LibraryVersion() { return HASTEN_VERSION; }

}  // namespace hasten

#pragma once

namespace hasten::ops::microsoft {

struct QGlobalPoolAttrs {
  bool channels_last = false;
};

}  // namespace hasten::ops::microsoft

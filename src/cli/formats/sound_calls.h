// The functions of libsndfile that are called. It brings eight codecs along: 1.5 ms of a start, if it were linked.
#pragma once
#include <sndfile.h>

#include "base/lazy_library.h"

namespace hasten::cli {

// clang-format off
#define HASTEN_SOUND_FUNCTIONS(X) \
  X(sf_close) X(sf_error) X(sf_open_virtual) X(sf_readf_float) X(sf_strerror)
// clang-format on

struct SoundCalls {
  static constexpr const char* kSoname = HASTEN_SNDFILE_SONAME;

#define X(function) decltype(&::function) function = nullptr;
  HASTEN_SOUND_FUNCTIONS(X)
#undef X

  Status FindIn(const LazyLibrary& library) {
#define X(function) HASTEN_TRY(library.Find(#function, &function));
    HASTEN_SOUND_FUNCTIONS(X)
#undef X
    return {};
  }
};

#undef HASTEN_SOUND_FUNCTIONS

}  // namespace hasten::cli

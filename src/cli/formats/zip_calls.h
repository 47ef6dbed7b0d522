// The functions of libzip that are called. It brings libcrypto along: 2.5 ms of a start, if it were linked.
#pragma once
#include <zip.h>

#include "base/lazy_library.h"

namespace hasten::cli {

// clang-format off
#define HASTEN_ZIP_FUNCTIONS(X) \
  X(zip_close) X(zip_discard) X(zip_error_fini) X(zip_error_init) X(zip_error_strerror) X(zip_fclose) \
  X(zip_file_add) X(zip_file_get_error) X(zip_file_set_dostime) X(zip_fopen_index) X(zip_fread) X(zip_get_name) \
  X(zip_get_num_entries) X(zip_open_from_source) X(zip_set_file_compression) X(zip_source_buffer) \
  X(zip_source_buffer_create) X(zip_source_close) X(zip_source_free) X(zip_source_keep) X(zip_source_open) \
  X(zip_source_read) X(zip_stat_index) X(zip_strerror)
// clang-format on

struct ZipCalls {
  static constexpr const char* kSoname = HASTEN_ZIP_SONAME;

#define X(function) decltype(&::function) function = nullptr;
  HASTEN_ZIP_FUNCTIONS(X)
#undef X

  Status FindIn(const LazyLibrary& library) {
#define X(function) HASTEN_TRY(library.Find(#function, &function));
    HASTEN_ZIP_FUNCTIONS(X)
#undef X
    return {};
  }
};

#undef HASTEN_ZIP_FUNCTIONS

}  // namespace hasten::cli

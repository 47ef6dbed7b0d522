# Third-party libraries, all of them Debian packages; ./dev knows the packages' names.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(JPEG REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(RAPIDJSON REQUIRED IMPORTED_TARGET RapidJSON)
pkg_check_modules(SAMPLERATE REQUIRED IMPORTED_TARGET samplerate)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_library(JEMALLOC_FILE libjemalloc_pic.a REQUIRED)  # of programs: a library leaves the choice to its host
find_path(HWY_INCLUDE_DIR hwy/highway.h REQUIRED)  # its library is not linked: src/kernels/cpu/simd_targets.cc
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp REQUIRED)

set(HASTEN_CORE_LIBRARIES Threads::Threads JPEG::JPEG PkgConfig::RE2 PkgConfig::SPNG PkgConfig::UTF8PROC
  PkgConfig::XXHASH ${CMAKE_DL_LIBS})
set(HASTEN_CLI_LIBRARIES fmt::fmt CLI11::CLI11 PkgConfig::RAPIDJSON PkgConfig::SAMPLERATE)

# Loaded when needed (src/base/lazy_library.h): HASTEN_LAZY_DEFINITIONS tells their callers the name under which the loader
# knows each, and its version.
function(hasten_lazy_library prefix module name)
  pkg_check_modules(${prefix} REQUIRED ${module})
  find_library(${prefix}_FILE ${name} HINTS ${${prefix}_LIBRARY_DIRS} REQUIRED)
  execute_process(COMMAND ${CMAKE_READELF} -d ${${prefix}_FILE} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
  if(NOT dynamic MATCHES "SONAME[^\n]*\\[([^]]+)\\]")
    message(FATAL_ERROR "${${prefix}_FILE}: no soname")
  endif()
  set(HASTEN_LAZY_DEFINITIONS ${HASTEN_LAZY_DEFINITIONS}
    HASTEN_${prefix}_SONAME="${CMAKE_MATCH_1}" HASTEN_${prefix}_VERSION="${${prefix}_VERSION}" PARENT_SCOPE)
endfunction()
hasten_lazy_library(ZIP libzip zip)
hasten_lazy_library(SNDFILE sndfile sndfile)

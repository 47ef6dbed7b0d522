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
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp REQUIRED)

set(HASTEN_CORE_LIBRARIES Threads::Threads JPEG::JPEG PkgConfig::HWY PkgConfig::RE2 PkgConfig::SPNG PkgConfig::UTF8PROC
  PkgConfig::XXHASH ${CMAKE_DL_LIBS})
set(HASTEN_CLI_LIBRARIES fmt::fmt CLI11::CLI11 PkgConfig::RAPIDJSON)

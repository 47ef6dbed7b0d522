# Flags that every target shares, whatever the compiler and the preset.
add_compile_options(-ffp-contract=off)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # ccache restores a PCH with another time
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fPIC)  # what clang makes anyhow may lie in a shared library
  add_compile_options(-fpch-preprocess)  # ccache needs to see which PCH a file used
endif()

if(HASTEN_CHECKS)
  add_compile_definitions(HASTEN_CHECKS=1)
endif()

if(HASTEN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(HASTEN_SANITIZE)
  add_compile_options(-fsanitize=${HASTEN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HASTEN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fsanitize-ignorelist=${CMAKE_CURRENT_SOURCE_DIR}/cmake/sanitize_ignore.txt)
  endif()
endif()
if(HASTEN_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

find_program(HASTEN_CCACHE ccache)
if(HASTEN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${HASTEN_CCACHE})
endif()

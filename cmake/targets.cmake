# hasten_sources(<out> <folder>...): every .cc of these folders of src/ but the tests.
function(hasten_sources out)
  set(sources "")
  foreach(folder ${ARGN})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} src/${folder}/*.cc)
    list(FILTER files EXCLUDE REGEX "_test\\.cc$")
    list(APPEND sources ${files})
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# One precompiled header, made with hasten_core, serves every target.
function(hasten_reuse_pch target)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/base/pch.h)
    target_precompile_headers(${target} REUSE_FROM hasten_core)
  endif()
endfunction()

function(hasten_gtest target library)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE ${library} GTest::gmock GTest::gtest GTest::gtest_main)
  hasten_reuse_pch(${target})
  hasten_test(${target} $<TARGET_FILE:${target}> --gtest_brief=1)
endfunction()

# libhasten.so: the static floors inside, the C API outside.
function(hasten_shared_library)
  add_library(hasten_shared SHARED $<TARGET_OBJECTS:hasten_api>)
  target_link_libraries(hasten_shared PRIVATE hasten_core)
  set_target_properties(hasten_shared PROPERTIES OUTPUT_NAME hasten VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/exports.map)
  # Bsymbolic: what the library calls of itself is its own, also in a program that exports the same interface.
  target_link_options(hasten_shared PRIVATE -Wl,-Bsymbolic -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/exports.map)
endfunction()

# tests/library/<name>_test.cc: see libhasten.so and include/ only, as a program of somebody else's would.
function(hasten_library_tests)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/library/*_test.cc)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    add_executable(${name} ${file})
    set_target_properties(${name} PROPERTIES INCLUDE_DIRECTORIES ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${name} PRIVATE hasten_shared GTest::gmock GTest::gtest GTest::gtest_main)
    hasten_test(${name} $<TARGET_FILE:${name}> --gtest_brief=1)
  endforeach()
endfunction()

# Every test runs in the source folder and finds the binary in HASTEN_BIN.
function(hasten_test name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "HASTEN_BIN=$<TARGET_FILE:hasten>;HASTEN_SANITIZE=${HASTEN_SANITIZE};PYTHONDONTWRITEBYTECODE=1"
    TIMEOUT 1200)
endfunction()

# test_<floor>: the *_test.cc of one folder of src/, linked with <library>.
function(hasten_floor_test floor library)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} src/${floor}/*_test.cc)
  if(files)
    hasten_gtest(test_${floor} ${library} ${files})
  endif()
endfunction()

# tests/<name>_test.cc: what crosses floors, a binary each.
# Every tests/<name>_test.cc is a binary; what they share are the other .cc files there.
function(hasten_crossing_tests)
  file(GLOB shared CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/*.cc tests/conformance/cases.cc)
  list(FILTER shared EXCLUDE REGEX "_test\\.cc$")
  add_library(hasten_test_support STATIC ${shared})
  target_link_libraries(hasten_test_support PUBLIC hasten_core)
  target_include_directories(hasten_test_support PUBLIC tests)
  hasten_reuse_pch(hasten_test_support)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/*_test.cc)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    hasten_gtest(${name} "hasten_cli;hasten_test_support" ${file})
  endforeach()
  # What machines without AVX-512 run is tested on those with it, too.
  hasten_test(tactics_test_avx2 $<TARGET_FILE:tactics_test> --gtest_brief=1)
  set_property(TEST tactics_test_avx2 APPEND PROPERTY ENVIRONMENT HASTEN_MAX_ISA=avx2)
endfunction()

# tests/<name>_test.py: scripts with unittest.main(), run by HASTEN_PYTHON (./dev gives the virtual environment's).
function(hasten_python_tests)
  set(HASTEN_PYTHON python3 CACHE STRING "Python of tests/*_test.py, with tools/requirements.txt installed")
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/*_test.py)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    hasten_test(py_${name} ${HASTEN_PYTHON} ${file})
  endforeach()
endfunction()

# bench/<name>_bench.cc: Google Benchmark, built only by the target `benchmarks`.
function(hasten_benchmarks)
  add_custom_target(benchmarks)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} bench/*_bench.cc)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${file})
    target_link_libraries(${name} PRIVATE hasten_core benchmark::benchmark benchmark::benchmark_main)
    hasten_reuse_pch(${name})
    add_dependencies(benchmarks ${name})
  endforeach()
endfunction()

# tests/fuzz/<name>_fuzz.cc: libFuzzer, in the fuzz preset only.
function(hasten_fuzzers)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/fuzz/*_fuzz.cc)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    add_executable(${name} ${file})
    target_link_libraries(${name} PRIVATE hasten_cli)
    target_include_directories(${name} PRIVATE tests)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    hasten_reuse_pch(${name})
  endforeach()
endfunction()

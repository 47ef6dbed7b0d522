add_compile_options(
  -Wall -Wextra -Werror -Wnon-virtual-dtor -Woverloaded-virtual -Wvla
  -Wno-missing-field-initializers)  # a record states only what it has

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wshadow)  # g++ counts enumerators of an enum class as shadowing
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Flow-based warnings of g++ 12 that fire inside libstdc++ once it is inlined.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-free-nonheap-object -Wno-dangling-pointer)
  add_compile_options(-Wundef)  # an unknown macro is 0, and the code behind it gone
endif()

# hasten_catalog(<name> FOLDER <folder> TYPE <Type> NAMESPACE <ns> HEADER <header>)
#
# A file is its own registration.  src/<folder>/rms_norm.cc is a record when a line of it begins
# `extern const <Type> kRmsNorm`; in a subfolder, src/<folder>/ml/scaler.cc is <ns>::ml::kScaler.
# Other files of the folder (shared code, *_test.cc) are left alone.
#
# Writes catalog/<name>.inc into the build folder: a declaration of every record, and
# <ns>::kCatalog, a std::span of pointers to them in the order of their paths, empty when there
# are none.  <header> declares <Type>.  No code runs before main and the linker drops nothing.
function(hasten_catalog name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER;TYPE;NAMESPACE;HEADER" "")
  set(base ${CMAKE_SOURCE_DIR}/src/${arg_FOLDER})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${base} ${base}/*.cc)
  list(FILTER files EXCLUDE REGEX "_test\\.cc$")
  list(SORT files)
  set(declarations "")
  set(pointers "")
  set(count 0)
  foreach(file ${files})
    hasten_record_name(record ${file})
    file(STRINGS ${base}/${file} lines REGEX "^extern const ${arg_TYPE} k[A-Za-z0-9_]+ *([={(]|$)")
    if(NOT lines)
      # It may become a record; a record that stops being one is told by the linker.
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${base}/${file})
      continue()
    endif()
    string(REGEX MATCHALL "extern const ${arg_TYPE} k[A-Za-z0-9_]+" names "${lines}")
    if(NOT names STREQUAL "extern const ${arg_TYPE} ${record}")
      message(FATAL_ERROR "src/${arg_FOLDER}/${file} must define one ${arg_TYPE} called ${record}, "
        "after the file; it has: ${names}")
    endif()
    get_filename_component(nested ${file} DIRECTORY)
    if(nested)
      string(REPLACE "/" "::" nested ${nested})
      string(APPEND declarations "namespace ${arg_NAMESPACE}::${nested} { extern const ${arg_TYPE} ${record}; }\n")
      string(APPEND pointers "    &${nested}::${record},\n")
    else()
      string(APPEND declarations "namespace ${arg_NAMESPACE} { extern const ${arg_TYPE} ${record}; }\n")
      string(APPEND pointers "    &${record},\n")
    endif()
    math(EXPR count "${count} + 1")
  endforeach()
  if(count GREATER 0)
    set(array "inline constexpr const ${arg_TYPE}* kRecords[] = {\n${pointers}};\n")
    set(value "{kRecords}")
  else()
    set(array "")
    set(value "{}")
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/catalog/${name}.inc @ONLY CONTENT
"// Written by cmake/catalog.cmake from the files of src/${arg_FOLDER}.
#pragma once
#include <span>
#include \"${arg_HEADER}\"
${declarations}namespace ${arg_NAMESPACE} {
${array}inline constexpr std::span<const ${arg_TYPE}* const> kCatalog${value};
}  // namespace ${arg_NAMESPACE}
")
endfunction()

# ml/rms_norm.cc -> kRmsNorm
function(hasten_record_name out file)
  get_filename_component(stem ${file} NAME_WE)
  string(REPLACE "_" ";" words ${stem})
  set(name k)
  foreach(word ${words})
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND name ${first}${rest})
  endforeach()
  set(${out} ${name} PARENT_SCOPE)
endfunction()

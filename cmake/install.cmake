# cmake --install, and packages by cpack: the library, what a build against it needs, the binary with its pages.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

target_include_directories(hasten_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(hasten_shared PROPERTIES EXPORT_NAME hasten)

install(TARGETS hasten RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
install(TARGETS hasten_shared EXPORT hasten-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(DIRECTORY include/hasten DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

set(config ${CMAKE_INSTALL_LIBDIR}/cmake/hasten)
install(EXPORT hasten-targets NAMESPACE hasten:: DESTINATION ${config} COMPONENT development)
file(WRITE ${CMAKE_BINARY_DIR}/hasten-config.cmake
  "include(\${CMAKE_CURRENT_LIST_DIR}/hasten-targets.cmake)\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/hasten-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/hasten-config.cmake ${CMAKE_BINARY_DIR}/hasten-config-version.cmake
  DESTINATION ${config} COMPONENT development)

# Paths of the .pc are told from where it lies, so that an installed tree may be moved.
file(RELATIVE_PATH HASTEN_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/hasten.pc.in hasten.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/hasten.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# The binary writes its own pages.
install(CODE "
  set(binary \"$<TARGET_FILE:hasten>\")
  set(pages \"${CMAKE_BINARY_DIR}/pages\")
  file(REMOVE_RECURSE \${pages})
  file(MAKE_DIRECTORY \${pages})
  execute_process(COMMAND \${binary} docs man \${pages}/man1 COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
  foreach(shell bash zsh fish)
    execute_process(COMMAND \${binary} completion \${shell} OUTPUT_FILE \${pages}/\${shell} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(INSTALL \${pages}/man1 DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}\")
  set(share \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\")
  file(INSTALL \${pages}/bash DESTINATION \${share}/bash-completion/completions RENAME hasten)
  file(INSTALL \${pages}/zsh DESTINATION \${share}/zsh/vendor-completions RENAME _hasten)
  file(INSTALL \${pages}/fish DESTINATION \${share}/fish/vendor_completions.d RENAME hasten.fish)
  " COMPONENT tools)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hasten)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Hasten authors <hasten@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runs trained models fast")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL library development tools)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # and ldconfig is run when the library comes and goes
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libhasten${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libhasten-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libhasten${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME hasten)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "libzip4, libsndfile1")  # loaded when an archive or a sound is read
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "The shared library that programs run models with.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers of C and C++, and what CMake and pkg-config need.")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "The command 'hasten', its manual pages and completions.")
include(CPack)

# Installs the library, the header, the shell, and what pkg-config and find_package(dbx) need. Where the files are put may be
# moved as a whole: both find the rest from where they lie themselves.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS dbx_shared EXPORT dbx-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}  # Windows: the import library
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}) # Windows: the DLL
install(TARGETS dbx_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/dbx.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET dbxsql)
  install(TARGETS dbxsql RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(WIN32) # which has no time zone files of its own
  install(DIRECTORY /usr/share/zoneinfo DESTINATION ${CMAKE_INSTALL_BINDIR}
    PATTERN "posix" EXCLUDE PATTERN "right" EXCLUDE)
endif()

set_target_properties(dbx_shared PROPERTIES EXPORT_NAME dbx)
install(EXPORT dbx-targets NAMESPACE dbx:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbx)
file(WRITE ${CMAKE_BINARY_DIR}/dbx-config.cmake "include(\"\${CMAKE_CURRENT_LIST_DIR}/dbx-targets.cmake\")\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/dbx-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/dbx-config.cmake ${CMAKE_BINARY_DIR}/dbx-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbx)

file(RELATIVE_PATH DBX_PC_TO_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
list(JOIN DBX_PACKAGES " " DBX_PC_REQUIRES)
configure_file(cmake/dbx.pc.in ${CMAKE_BINARY_DIR}/dbx.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/dbx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

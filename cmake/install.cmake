# Installs the library, the header, the shell, and what pkg-config and find_package(dbx) need.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS dbx_shared EXPORT dbx-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS dbx_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/dbx.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET dbxsql)
  install(TARGETS dbxsql RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set_target_properties(dbx_shared PROPERTIES EXPORT_NAME dbx)
install(EXPORT dbx-targets NAMESPACE dbx:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbx)
file(WRITE ${CMAKE_BINARY_DIR}/dbx-config.cmake "include(\"\${CMAKE_CURRENT_LIST_DIR}/dbx-targets.cmake\")\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/dbx-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/dbx-config.cmake ${CMAKE_BINARY_DIR}/dbx-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbx)

file(WRITE ${CMAKE_BINARY_DIR}/dbx.pc "prefix=${CMAKE_INSTALL_PREFIX}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: dbx
Description: analytical SQL database as a library
Version: ${PROJECT_VERSION}
Requires.private: libxxhash liblz4 libzstd zlib libbrotlienc libbrotlidec libpcre2-8 icu-i18n icu-uc
Libs: -L\${libdir} -ldbx
Libs.private: -lsnappy -lutf8proc -lcrypto -lpthread -lm
Cflags: -I\${includedir}
")
install(FILES ${CMAKE_BINARY_DIR}/dbx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Toolchain: Windows on x86-64 with Debian's mingw-w64 (posix threads). The libraries come from tools/windows_dependencies.
#
#   tools/windows_dependencies build/windows-dependencies
#   cmake --preset windows && cmake --build build/windows
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

if(NOT DEFINED DBX_WINDOWS_DEPENDENCIES)
  set(DBX_WINDOWS_DEPENDENCIES ${CMAKE_CURRENT_LIST_DIR}/../build/windows-dependencies)
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DBX_WINDOWS_DEPENDENCIES)
set(CMAKE_FIND_ROOT_PATH ${DBX_WINDOWS_DEPENDENCIES} /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${DBX_WINDOWS_DEPENDENCIES}/lib/pkgconfig)
set(ENV{PKG_CONFIG_PATH} "")

# Toolchain: Linux on arm64 with Debian's cross compiler. Libraries come from a folder of unpacked Debian packages
# (tools/arm64_sysroot), so that the machine itself stays as it is; programs run under qemu-user.
#
#   tools/arm64_sysroot build/arm64-sysroot
#   cmake --preset arm64 && cmake --build build/arm64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

if(NOT DEFINED DBX_ARM64_SYSROOT)
  set(DBX_ARM64_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/arm64-sysroot)
endif()
get_filename_component(DBX_ARM64_SYSROOT ${DBX_ARM64_SYSROOT} ABSOLUTE)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DBX_ARM64_SYSROOT)
set(CMAKE_SYSROOT ${DBX_ARM64_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${DBX_ARM64_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${DBX_ARM64_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${DBX_ARM64_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${DBX_ARM64_SYSROOT}/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${DBX_ARM64_SYSROOT})

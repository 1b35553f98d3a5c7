/* os_windows.c - os.h for Windows (mingw-w64), on the wide calls of Win32.
 *
 * Paths are UTF-8 with either slash. Files are opened so that others may read, write, rename and
 * delete them meanwhile, as on POSIX. Threads and locks are winpthreads'.
 */
#ifdef _WIN32
#define _CRT_RAND_S /* rand_s */
#include "common/fault.h"
#include "common/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum {
    OS_IO_STEP_MAX = 1 << 30, /* a DWORD counts the bytes of a call */
    OS_WIDE_PATH_MAX = 4096,  /* UTF-16 units, the end included */
    OS_FILETIME_PER_US = 10,
};
static const uint64_t os_lock_offset = (uint64_t)1 << 62; /* no file has data there */
static const int64_t os_epoch_us = 11644473600000000;     /* from 1601 to 1970 */

struct os_file {
    HANDLE handle;
    char path[];
};

static dbx_status raise_text(error *err, const char *operation, const char *path,
                             const char *message) {
    return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", operation, "path", path,
                       "message", message, NULL);
}

static dbx_status raise_io(error *err, const char *operation, const char *path, DWORD code) {
    char text[256];
    wchar_t wide[128];
    DWORD size = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                code, 0, wide, ARRAYSIZE(wide), NULL);
    while (size > 0 && wide[size - 1] <= ' ') size--; /* messages end with a line break */
    int bytes =
        WideCharToMultiByte(CP_UTF8, 0, wide, (int)size, text, sizeof(text) - 1, NULL, NULL);
    text[bytes] = '\0';
    if (bytes == 0) snprintf(text, sizeof(text), "error %lu of Windows", (unsigned long)code);
    return raise_text(err, operation, path, text);
}

static bool code_is_absent(DWORD code) {
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

static bool wide_path(const char *path, wchar_t *out) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, out, OS_WIDE_PATH_MAX) > 0;
}

/* ---- files ---- */

static HANDLE handle_open(const char *path, DWORD access, DWORD disposition, DWORD flags) {
    wchar_t wide[OS_WIDE_PATH_MAX];
    if (!wide_path(path, wide)) {
        SetLastError(ERROR_INVALID_NAME);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       disposition, flags, NULL);
}

dbx_status os_file_open(const char *path, uint32_t mode, os_file **file, error *err) {
    *file = NULL;
    DWORD access = GENERIC_READ | ((mode & OS_READ_WRITE) ? GENERIC_WRITE : 0);
    DWORD disposition = OPEN_EXISTING;
    if (mode & OS_CREATE) {
        disposition = mode & OS_EXCLUSIVE  ? CREATE_NEW
                      : mode & OS_TRUNCATE ? CREATE_ALWAYS
                                           : OPEN_ALWAYS;
    } else if (mode & OS_TRUNCATE) {
        disposition = TRUNCATE_EXISTING;
    }
    DWORD flags = FILE_ATTRIBUTE_NORMAL;
    if (mode & OS_TEMPORARY) {
        access |= DELETE;
        flags = FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE;
    }
    size_t length = strlen(path);
    os_file *f = malloc(sizeof(*f) + length + 1);
    if (f == NULL) return error_nomem(err);
    memcpy(f->path, path, length + 1);
    f->handle = INVALID_HANDLE_VALUE;
    DWORD code = ERROR_IO_DEVICE;
    if (!fault_hit(FAULT_IO)) {
        f->handle = handle_open(path, access, disposition, flags);
        code = GetLastError();
    }
    if (f->handle == INVALID_HANDLE_VALUE) {
        free(f);
        if (code_is_absent(code) && !(mode & OS_CREATE)) {
            return error_raise(err, ERR_PATH_NOT_FOUND, (span){0, 0}, "path", path, NULL);
        }
        return raise_io(err, "open", path, code);
    }
    *file = f;
    return DBX_OK;
}

void os_file_close(os_file *file) {
    if (file == NULL) return;
    CloseHandle(file->handle);
    free(file);
}

static OVERLAPPED overlapped_at(uint64_t offset) {
    OVERLAPPED at = {0};
    at.Offset = (DWORD)offset;
    at.OffsetHigh = (DWORD)(offset >> 32);
    return at;
}

dbx_status os_file_read(os_file *file, uint64_t offset, void *to, size_t size, error *err) {
    char *out = to;
    while (size > 0) {
        OVERLAPPED at = overlapped_at(offset);
        DWORD got = 0;
        if (fault_hit(FAULT_IO)) return raise_io(err, "read", file->path, ERROR_IO_DEVICE);
        bool done =
            ReadFile(file->handle, out, (DWORD)MIN(size, (size_t)OS_IO_STEP_MAX), &got, &at);
        if (!done && GetLastError() != ERROR_HANDLE_EOF)
            return raise_io(err, "read", file->path, GetLastError());
        if (got == 0) return raise_text(err, "read", file->path, "unexpected end of file");
        out += got;
        offset += got;
        size -= got;
    }
    return DBX_OK;
}

dbx_status os_file_write(os_file *file, uint64_t offset, const void *from, size_t size,
                         error *err) {
    const char *in = from;
    while (size > 0) {
        OVERLAPPED at = overlapped_at(offset);
        DWORD put = 0;
        if (fault_hit(FAULT_IO)) return raise_io(err, "write", file->path, ERROR_IO_DEVICE);
        if (!WriteFile(file->handle, in, (DWORD)MIN(size, (size_t)OS_IO_STEP_MAX), &put, &at))
            return raise_io(err, "write", file->path, GetLastError());
        in += put;
        offset += put;
        size -= put;
    }
    return DBX_OK;
}

dbx_status os_file_size(os_file *file, uint64_t *size, error *err) {
    LARGE_INTEGER bytes;
    if (!GetFileSizeEx(file->handle, &bytes))
        return raise_io(err, "stat", file->path, GetLastError());
    *size = (uint64_t)bytes.QuadPart;
    return DBX_OK;
}

dbx_status os_file_truncate(os_file *file, uint64_t size, error *err) {
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)size};
    if (fault_hit(FAULT_IO)) return raise_io(err, "truncate", file->path, ERROR_IO_DEVICE);
    if (!SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end, sizeof(end)))
        return raise_io(err, "truncate", file->path, GetLastError());
    return DBX_OK;
}

dbx_status os_file_sync(os_file *file, error *err) {
    if (fault_hit(FAULT_IO)) return raise_io(err, "sync", file->path, ERROR_IO_DEVICE);
    if (!FlushFileBuffers(file->handle)) return raise_io(err, "sync", file->path, GetLastError());
    return DBX_OK;
}

void os_file_prefetch(os_file *file, uint64_t offset, uint64_t size) {
    (void)file, (void)offset, (void)size; /* Windows reads ahead by itself */
}

const char *os_file_path(const os_file *file) {
    return file->path;
}

/* Windows enforces locks on the bytes that they cover, so they cover others, where no data is. It
 * does not convert a lock either: the old one goes first, and comes back when the new one fails. */
dbx_status os_file_lock(os_file *file, uint64_t offset, os_lock kind, bool *taken, error *err) {
    *taken = false;
    if (kind != OS_LOCK_NONE && fault_hit(FAULT_IO))
        return raise_io(err, "lock", file->path, ERROR_IO_DEVICE);
    OVERLAPPED at = overlapped_at(os_lock_offset + offset);
    bool had_lock = UnlockFileEx(file->handle, 0, 1, 0, &at);
    if (kind == OS_LOCK_NONE) {
        *taken = true;
        return DBX_OK;
    }
    DWORD flags = LOCKFILE_FAIL_IMMEDIATELY;
    if (kind == OS_LOCK_EXCLUSIVE) flags |= LOCKFILE_EXCLUSIVE_LOCK;
    *taken = LockFileEx(file->handle, flags, 0, 1, 0, &at);
    if (*taken) return DBX_OK;
    DWORD code = GetLastError();
    if (had_lock) (void)LockFileEx(file->handle, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at);
    if (code != ERROR_LOCK_VIOLATION && code != ERROR_IO_PENDING)
        return raise_io(err, "lock", file->path, code);
    return DBX_OK;
}

static bool handle_identity(HANDLE handle, BY_HANDLE_FILE_INFORMATION *out) {
    return handle != INVALID_HANDLE_VALUE && GetFileInformationByHandle(handle, out);
}

bool os_file_is_at(const os_file *file, const char *path) {
    BY_HANDLE_FILE_INFORMATION open_file, named;
    HANDLE handle =
        handle_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    bool known = handle_identity(file->handle, &open_file) && handle_identity(handle, &named);
    if (handle != INVALID_HANDLE_VALUE) CloseHandle(handle);
    return known && open_file.dwVolumeSerialNumber == named.dwVolumeSerialNumber &&
           open_file.nFileIndexHigh == named.nFileIndexHigh &&
           open_file.nFileIndexLow == named.nFileIndexLow;
}

dbx_status os_file_map(os_file *file, size_t size, void **out, error *err) {
    *out = NULL;
    if (fault_hit(FAULT_IO)) return raise_io(err, "map", file->path, ERROR_IO_DEVICE);
    HANDLE mapping = CreateFileMappingW(file->handle, NULL, PAGE_READWRITE,
                                        (DWORD)((uint64_t)size >> 32), (DWORD)size, NULL);
    if (mapping != NULL) *out = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, size);
    DWORD code = GetLastError();
    if (mapping != NULL) CloseHandle(mapping); /* the view keeps it alive */
    return *out != NULL ? DBX_OK : raise_io(err, "map", file->path, code);
}

void os_file_unmap(void *memory, size_t size) {
    (void)size;
    if (memory != NULL) UnmapViewOfFile(memory);
}

bool os_path_is_remote(const char *path) {
    wchar_t wide[OS_WIDE_PATH_MAX], volume[OS_WIDE_PATH_MAX];
    if (!wide_path(path, wide) || !GetVolumePathNameW(wide, volume, ARRAYSIZE(volume)))
        return false;
    return GetDriveTypeW(volume) == DRIVE_REMOTE;
}

/* The journal of NTFS orders changes of directories; there is no call that flushes one. */
dbx_status os_sync_parent(const char *path, error *err) {
    if (fault_hit(FAULT_IO)) return raise_io(err, "sync", path, ERROR_IO_DEVICE);
    return DBX_OK;
}

dbx_status os_map(const char *path, const void **data, size_t *size, error *err) {
    *data = NULL;
    *size = 0;
    os_file *file;
    TRY(os_file_open(path, OS_READ, &file, err));
    uint64_t bytes = 0;
    dbx_status status = os_file_size(file, &bytes, err);
    if (status == DBX_OK && bytes > 0) {
        HANDLE mapping = CreateFileMappingW(file->handle, NULL, PAGE_READONLY, 0, 0, NULL);
        if (mapping != NULL) *data = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
        if (*data == NULL) status = raise_io(err, "map", path, GetLastError());
        if (*data != NULL) *size = (size_t)bytes;
        if (mapping != NULL) CloseHandle(mapping); /* the view keeps it alive */
    }
    os_file_close(file);
    return status;
}

void os_unmap(const void *data, size_t size) {
    (void)size;
    if (data != NULL) UnmapViewOfFile(data);
}

/* ---- paths ---- */

static os_path_kind kind_of(DWORD attributes) {
    if (attributes & FILE_ATTRIBUTE_DIRECTORY) return OS_PATH_DIRECTORY;
    if (attributes & FILE_ATTRIBUTE_DEVICE) return OS_PATH_OTHER;
    return OS_PATH_FILE;
}

os_path_kind os_path_stat(const char *path, uint64_t *size, int64_t *modified_us) {
    /* A handle follows links; FILE_FLAG_BACKUP_SEMANTICS opens directories, too. */
    HANDLE handle =
        handle_open(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    if (handle == INVALID_HANDLE_VALUE) return OS_PATH_NONE;
    BY_HANDLE_FILE_INFORMATION info;
    bool known = GetFileInformationByHandle(handle, &info);
    CloseHandle(handle);
    if (!known) return OS_PATH_OTHER;
    if (size) *size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    if (modified_us) {
        uint64_t ticks = (uint64_t)info.ftLastWriteTime.dwHighDateTime << 32 |
                         info.ftLastWriteTime.dwLowDateTime;
        *modified_us = (int64_t)(ticks / OS_FILETIME_PER_US) - os_epoch_us;
    }
    return kind_of(info.dwFileAttributes);
}

dbx_status os_remove(const char *path, error *err) {
    wchar_t wide[OS_WIDE_PATH_MAX];
    if (fault_hit(FAULT_IO)) return raise_io(err, "remove", path, ERROR_IO_DEVICE);
    if (!wide_path(path, wide)) return raise_io(err, "remove", path, ERROR_INVALID_NAME);
    DWORD attributes = GetFileAttributesW(wide);
    bool directory =
        attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
    if (!(directory ? RemoveDirectoryW(wide) : DeleteFileW(wide)))
        return raise_io(err, "remove", path, GetLastError());
    return DBX_OK;
}

typedef struct remove_tree_state {
    const char *parent;
    error *err;
    dbx_status status;
} remove_tree_state;

static bool remove_tree_entry(const char *name, os_path_kind kind, void *opaque) {
    (void)kind;
    remove_tree_state *state = opaque;
    char path[OS_WIDE_PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", state->parent, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        state->status = raise_io(state->err, "remove", state->parent, ERROR_FILENAME_EXCED_RANGE);
    } else {
        state->status = os_remove_tree(path, state->err);
    }
    return state->status == DBX_OK;
}

dbx_status os_remove_tree(const char *path, error *err) {
    wchar_t wide[OS_WIDE_PATH_MAX];
    if (!wide_path(path, wide)) return raise_io(err, "remove", path, ERROR_INVALID_NAME);
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES) return raise_io(err, "remove", path, GetLastError());
    bool link = attributes & FILE_ATTRIBUTE_REPARSE_POINT; /* what it leads to stays */
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) && !link) {
        remove_tree_state state = {path, err, DBX_OK};
        TRY(os_list_directory(path, remove_tree_entry, &state, err));
        TRY(state.status);
    }
    return os_remove(path, err);
}

dbx_status os_rename(const char *from, const char *to, error *err) {
    wchar_t wide_from[OS_WIDE_PATH_MAX], wide_to[OS_WIDE_PATH_MAX];
    if (fault_hit(FAULT_IO)) return raise_io(err, "rename", from, ERROR_IO_DEVICE);
    if (!wide_path(from, wide_from) || !wide_path(to, wide_to))
        return raise_io(err, "rename", from, ERROR_INVALID_NAME);
    if (!MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return raise_io(err, "rename", from, GetLastError());
    return DBX_OK;
}

dbx_status os_make_directories(const char *path, error *err) {
    wchar_t wide[OS_WIDE_PATH_MAX];
    if (!wide_path(path, wide)) return raise_io(err, "create", path, ERROR_INVALID_NAME);
    for (wchar_t *at = wide;; at++) {
        if (*at != L'\0' && *at != L'/' && *at != L'\\') continue;
        wchar_t end = *at;
        *at = L'\0';
        /* Roots and drives cannot be created; whether the path stands in the end is what counts. */
        if (at > wide) (void)CreateDirectoryW(wide, NULL);
        DWORD code = GetLastError();
        if (end == L'\0') {
            if (os_path_stat(path, NULL, NULL) == OS_PATH_DIRECTORY) return DBX_OK;
            return raise_io(err, "create", path, code);
        }
        *at = end;
    }
}

dbx_status os_list_directory(const char *path, os_visit visit, void *state, error *err) {
    wchar_t wide[OS_WIDE_PATH_MAX];
    char pattern[OS_WIDE_PATH_MAX];
    int length = snprintf(pattern, sizeof(pattern), "%s/*", path);
    if (length < 0 || (size_t)length >= sizeof(pattern) || !wide_path(pattern, wide))
        return raise_io(err, "list", path, ERROR_FILENAME_EXCED_RANGE);
    WIN32_FIND_DATAW entry;
    HANDLE found = FindFirstFileW(wide, &entry);
    if (found == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();
        if (code_is_absent(code))
            return error_raise(err, ERR_PATH_NOT_FOUND, (span){0, 0}, "path", path, NULL);
        return raise_io(err, "list", path, code);
    }
    dbx_status status = DBX_OK;
    do {
        char name[MAX_PATH * 3 + 1];
        if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0) continue;
        if (WideCharToMultiByte(CP_UTF8, 0, entry.cFileName, -1, name, sizeof(name), NULL, NULL) <=
            0) {
            status = raise_io(err, "list", path, GetLastError());
            break;
        }
        if (!visit(name, kind_of(entry.dwFileAttributes), state)) break;
    } while (FindNextFileW(found, &entry));
    FindClose(found);
    return status;
}

bool os_zoneinfo_folder(char *out, size_t out_size) {
    static const char beside[] = "/zoneinfo";
    if (os_environment("TZDIR", out, out_size)) return true;
    HMODULE library;
    wchar_t wide[OS_WIDE_PATH_MAX];
    DWORD flags =
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (!GetModuleHandleExW(flags, (LPCWSTR)(uintptr_t)&os_zoneinfo_folder, &library)) return false;
    DWORD size = GetModuleFileNameW(library, wide, ARRAYSIZE(wide));
    while (size > 0 && wide[size - 1] != L'\\' && wide[size - 1] != L'/') size--;
    if (size == 0 || out_size <= sizeof(beside)) return false;
    int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)size - 1, out,
                                    (int)(out_size - sizeof(beside)), NULL, NULL);
    if (bytes <= 0) return false;
    memcpy(out + bytes, beside, sizeof(beside));
    return true;
}

/* ---- threads ---- */

dbx_status os_thread_start(os_thread *thread, void *(*run)(void *), void *state) {
    return pthread_create(thread, NULL, run, state) == 0 ? DBX_OK : DBX_NOMEM;
}

void os_thread_join(os_thread thread) {
    pthread_join(thread, NULL);
}

/* ---- machine ---- */

void *os_alloc_aligned(size_t alignment, size_t size) {
    (void)alignment; /* _aligned_malloc's memory is not for free() */
    return malloc(size);
}

void os_prefer_huge_pages(void *memory, size_t size) {
    (void)memory, (void)size; /* large pages need a privilege and a special allocation */
}

uint32_t os_cpu_count(void) {
    DWORD_PTR process = 0, machine = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &process, &machine) && process != 0)
        return (uint32_t)__builtin_popcountll(process);
    return 1;
}

uint64_t os_memory_total(void) {
    MEMORYSTATUSEX memory = {.dwLength = sizeof(memory)};
    if (!GlobalMemoryStatusEx(&memory)) return (uint64_t)1 << 30;
    return memory.ullTotalPhys;
}

int64_t os_wall_clock_us(void) {
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (int64_t)(ticks / OS_FILETIME_PER_US) - os_epoch_us;
}

uint64_t os_monotonic_ns(void) {
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    uint64_t ticks = (uint64_t)count.QuadPart;
    uint64_t per_s = (uint64_t)frequency.QuadPart;
    return ticks / per_s * 1000000000u + ticks % per_s * 1000000000u / per_s;
}

uint64_t os_random_seed(void) {
    unsigned high = 0, low = 0;
    uint64_t seed = os_monotonic_ns() ^ (uint64_t)GetCurrentProcessId() << 32;
    if (rand_s(&high) == 0 && rand_s(&low) == 0) seed ^= (uint64_t)high << 32 | low;
    return seed;
}

uint64_t os_process_id(void) {
    return GetCurrentProcessId();
}

void os_sleep_us(uint64_t us) {
    Sleep((DWORD)((us + 999) / 1000));
}

bool os_environment(const char *name, char *out, size_t out_size) {
    wchar_t wide_name[64], value[OS_WIDE_PATH_MAX];
    if (MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, ARRAYSIZE(wide_name)) <= 0)
        return false;
    DWORD size = GetEnvironmentVariableW(wide_name, value, ARRAYSIZE(value));
    if (size == 0 && strcmp(name, "HOME") == 0) return os_environment("USERPROFILE", out, out_size);
    if (size == 0 || size >= ARRAYSIZE(value)) return false;
    return WideCharToMultiByte(CP_UTF8, 0, value, -1, out, (int)out_size, NULL, NULL) > 0;
}

#else
typedef int os_windows_is_empty;
#endif

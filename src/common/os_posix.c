/* os_posix.c - os.h for Linux and other POSIX systems. */
#ifndef _WIN32
#include "common/fault.h"
#include "common/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif
#include <time.h>
#include <unistd.h>

enum { OS_IO_STEP_MAX = 1 << 30 }; /* Linux transfers at most about 2 GiB a call */

struct os_file {
    int fd;
    char path[];
};

static dbx_status raise_io(error *err, const char *operation, const char *path, int number) {
    char text[128];
    text[0] = '\0';
    const char *message = strerror_r(number, text, sizeof(text));
    return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", operation, "path", path,
                       "message", message, NULL);
}

dbx_status os_file_open(const char *path, uint32_t mode, os_file **file, error *err) {
    *file = NULL;
    int flags = O_CLOEXEC | ((mode & OS_READ_WRITE) ? O_RDWR : O_RDONLY);
    if (mode & OS_CREATE) flags |= O_CREAT;
    if (mode & OS_TRUNCATE) flags |= O_TRUNC;
    if (mode & OS_EXCLUSIVE) flags |= O_EXCL;
    size_t length = strlen(path);
    os_file *f = malloc(sizeof(*f) + length + 1);
    if (f == NULL) return error_nomem(err);
    memcpy(f->path, path, length + 1);
    int fd = -1;
    int number = EIO;
    if (!fault_hit(FAULT_IO)) {
        do {
            fd = open(path, flags, 0666);
            number = errno;
        } while (fd < 0 && number == EINTR);
    }
    if (fd < 0) {
        free(f);
        if (number == ENOENT && !(mode & OS_CREATE)) {
            return error_raise(err, ERR_PATH_NOT_FOUND, (span){0, 0}, "path", path, NULL);
        }
        return raise_io(err, "open", path, number);
    }
    if (mode & OS_TEMPORARY) unlink(path);
    f->fd = fd;
    *file = f;
    return DBX_OK;
}

void os_file_close(os_file *file) {
    if (file == NULL) return;
    close(file->fd);
    free(file);
}

dbx_status os_file_read(os_file *file, uint64_t offset, void *to, size_t size, error *err) {
    char *at = to;
    while (size > 0) {
        size_t step = MIN(size, (size_t)OS_IO_STEP_MAX);
        if (fault_hit(FAULT_IO)) return raise_io(err, "read", file->path, EIO);
        ssize_t got = pread(file->fd, at, step, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return raise_io(err, "read", file->path, errno);
        if (got == 0) {
            return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", "read", "path",
                               file->path, "message", "unexpected end of file", NULL);
        }
        at += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return DBX_OK;
}

dbx_status os_file_write(os_file *file, uint64_t offset, const void *from, size_t size,
                         error *err) {
    const char *at = from;
    while (size > 0) {
        size_t step = MIN(size, (size_t)OS_IO_STEP_MAX);
        if (fault_hit(FAULT_IO)) return raise_io(err, "write", file->path, EIO);
        ssize_t put = pwrite(file->fd, at, step, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return raise_io(err, "write", file->path, errno);
        at += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return DBX_OK;
}

dbx_status os_file_size(os_file *file, uint64_t *size, error *err) {
    struct stat info;
    if (fstat(file->fd, &info) != 0) return raise_io(err, "stat", file->path, errno);
    *size = (uint64_t)info.st_size;
    return DBX_OK;
}

dbx_status os_file_truncate(os_file *file, uint64_t size, error *err) {
    if (fault_hit(FAULT_IO)) return raise_io(err, "truncate", file->path, EIO);
    int result;
    do {
        result = ftruncate(file->fd, (off_t)size);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return raise_io(err, "truncate", file->path, errno);
    return DBX_OK;
}

dbx_status os_file_sync(os_file *file, error *err) {
    if (fault_hit(FAULT_IO)) return raise_io(err, "sync", file->path, EIO);
    if (fdatasync(file->fd) != 0) return raise_io(err, "sync", file->path, errno);
    return DBX_OK;
}

void os_file_prefetch(os_file *file, uint64_t offset, uint64_t size) {
    (void)posix_fadvise(file->fd, (off_t)offset, (off_t)size, POSIX_FADV_WILLNEED);
}

const char *os_file_path(const os_file *file) {
    return file->path;
}

dbx_status os_file_lock(os_file *file, uint64_t offset, os_lock kind, bool *taken, error *err) {
    *taken = false;
    if (kind != OS_LOCK_NONE && fault_hit(FAULT_IO)) return raise_io(err, "lock", file->path, EIO);
    static const short types[] = {F_UNLCK, F_RDLCK, F_WRLCK};
    struct flock lock = {
        .l_type = types[kind], .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
    int result;
    do {
#ifdef F_OFD_SETLK
        result = fcntl(file->fd, F_OFD_SETLK, &lock);
#else
        result = fcntl(file->fd, F_SETLK, &lock);
#endif
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno != EAGAIN && errno != EACCES)
        return raise_io(err, "lock", file->path, errno);
    *taken = result == 0;
    return DBX_OK;
}

bool os_file_is_at(const os_file *file, const char *path) {
    struct stat open_file, named;
    return fstat(file->fd, &open_file) == 0 && stat(path, &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

dbx_status os_file_map(os_file *file, size_t size, void **out, error *err) {
    *out = NULL;
    if (fault_hit(FAULT_IO)) return raise_io(err, "map", file->path, EIO);
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
    if (mapped == MAP_FAILED) return raise_io(err, "map", file->path, errno);
    *out = mapped;
    return DBX_OK;
}

void os_file_unmap(void *memory, size_t size) {
    if (memory != NULL) munmap(memory, size);
}

bool os_path_is_remote(const char *path) {
#ifdef __linux__
    /* NFS, SMB, CIFS, SMB2, AFS, Ceph, Coda, NCP, 9P */
    static const uint32_t magics[] = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x5346414F,
                                      0x00C36400, 0x73757245, 0x564C,     0x01021997};
    struct statfs info;
    if (statfs(path, &info) != 0) return false;
    for (uint32_t i = 0; i < ARRAY_COUNT(magics); i++) {
        if ((uint32_t)info.f_type == magics[i]) return true;
    }
#else
    (void)path;
#endif
    return false;
}

dbx_status os_sync_parent(const char *path, error *err) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 1 : MAX((size_t)(slash - path), (size_t)1);
    if (length >= sizeof(directory)) return raise_io(err, "sync", path, ENAMETOOLONG);
    memcpy(directory, slash == NULL ? "." : path, length);
    directory[length] = '\0';
    if (fault_hit(FAULT_IO)) return raise_io(err, "sync", directory, EIO);
    int fd;
    do {
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return raise_io(err, "open", directory, errno);
    int result = fsync(fd);
    int number = errno;
    close(fd);
    /* Some file systems cannot sync a directory and say so. */
    if (result != 0 && number != EINVAL) return raise_io(err, "sync", directory, number);
    return DBX_OK;
}

dbx_status os_map(const char *path, const void **data, size_t *size, error *err) {
    *data = NULL;
    *size = 0;
    os_file *file;
    TRY(os_file_open(path, OS_READ, &file, err));
    uint64_t bytes;
    dbx_status status = os_file_size(file, &bytes, err);
    if (status == DBX_OK && bytes > 0) {
        void *mapped = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, file->fd, 0);
        if (mapped == MAP_FAILED) {
            status = raise_io(err, "map", path, errno);
        } else {
            *data = mapped;
            *size = (size_t)bytes;
        }
    }
    os_file_close(file);
    return status;
}

void os_unmap(const void *data, size_t size) {
    if (data != NULL) munmap((void *)(uintptr_t)data, size);
}

static os_path_kind kind_of(mode_t mode) {
    if (S_ISREG(mode)) return OS_PATH_FILE;
    if (S_ISDIR(mode)) return OS_PATH_DIRECTORY;
    return OS_PATH_OTHER;
}

os_path_kind os_path_stat(const char *path, uint64_t *size, int64_t *modified_us) {
    struct stat info;
    if (stat(path, &info) != 0) return OS_PATH_NONE;
    if (size) *size = (uint64_t)info.st_size;
    if (modified_us) {
        *modified_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    }
    return kind_of(info.st_mode);
}

dbx_status os_remove(const char *path, error *err) {
    if (fault_hit(FAULT_IO)) return raise_io(err, "remove", path, EIO);
    if (remove(path) != 0) return raise_io(err, "remove", path, errno);
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
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", state->parent, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        state->status = raise_io(state->err, "remove", state->parent, ENAMETOOLONG);
    } else {
        state->status = os_remove_tree(path, state->err);
    }
    return state->status == DBX_OK;
}

dbx_status os_remove_tree(const char *path, error *err) {
    struct stat info;
    if (lstat(path, &info) != 0) return raise_io(err, "remove", path, errno);
    if (S_ISDIR(info.st_mode)) {
        remove_tree_state state = {path, err, DBX_OK};
        TRY(os_list_directory(path, remove_tree_entry, &state, err));
        TRY(state.status);
    }
    return os_remove(path, err);
}

dbx_status os_rename(const char *from, const char *to, error *err) {
    if (fault_hit(FAULT_IO)) return raise_io(err, "rename", from, EIO);
    if (rename(from, to) != 0) return raise_io(err, "rename", from, errno);
    return DBX_OK;
}

dbx_status os_make_directories(const char *path, error *err) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof(part)) return raise_io(err, "create", path, ENAMETOOLONG);
    for (size_t i = 1; i <= length; i++) {
        if (i < length && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) return raise_io(err, "create", part, errno);
    }
    if (os_path_stat(path, NULL, NULL) != OS_PATH_DIRECTORY) {
        return raise_io(err, "create", path, ENOTDIR);
    }
    return DBX_OK;
}

dbx_status os_list_directory(const char *path, os_visit visit, void *state, error *err) {
    DIR *dir = opendir(path);
    if (dir == NULL && errno == ENOENT) {
        return error_raise(err, ERR_PATH_NOT_FOUND, (span){0, 0}, "path", path, NULL);
    }
    if (dir == NULL) return raise_io(err, "list", path, errno);
    dbx_status status = DBX_OK;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            if (errno != 0) status = raise_io(err, "list", path, errno);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        struct stat info;
        os_path_kind kind = OS_PATH_OTHER;
        if (fstatat(dirfd(dir), entry->d_name, &info, 0) == 0) kind = kind_of(info.st_mode);
        if (!visit(entry->d_name, kind, state)) break;
    }
    closedir(dir);
    return status;
}

bool os_zoneinfo_folder(char *out, size_t out_size) {
    int length = 0;
    if (!os_environment("TZDIR", out, out_size))
        length = snprintf(out, out_size, "/usr/share/zoneinfo");
    return length >= 0 && (size_t)length < out_size;
}

dbx_status os_thread_start(os_thread *thread, void *(*run)(void *), void *state) {
    return pthread_create(thread, NULL, run, state) == 0 ? DBX_OK : DBX_NOMEM;
}

void os_thread_join(os_thread thread) {
    pthread_join(thread, NULL);
}

/* First number in a small file such as those of cgroup v2; false for "max" or an absent file. */
static bool read_numbers(const char *path, double *first, double *second) {
    FILE *f = fopen(path, "re");
    if (f == NULL) return false;
    int got = fscanf(f, "%lf %lf", first, second);
    fclose(f);
    return got >= 1;
}

void *os_alloc_aligned(size_t alignment, size_t size) {
    return aligned_alloc(alignment, size);
}

void os_prefer_huge_pages(void *memory, size_t size) {
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, size, MADV_HUGEPAGE);
#else
    (void)memory, (void)size;
#endif
}

uint32_t os_cpu_count(void) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t count = online > 0 ? (uint32_t)online : 1;
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) count = (uint32_t)CPU_COUNT(&set);
#endif
    double quota = 0;
    double period = 0;
    if (read_numbers("/sys/fs/cgroup/cpu.max", &quota, &period) && period > 0) {
        double limit = quota / period;
        if (limit >= 1 && limit < count) count = (uint32_t)limit;
    }
    return count ? count : 1;
}

uint64_t os_memory_total(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_size = sysconf(_SC_PAGESIZE);
    uint64_t total =
        pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size : (uint64_t)1 << 30;
    double limit = 0;
    double unused = 0;
    if (read_numbers("/sys/fs/cgroup/memory.max", &limit, &unused) && limit > 0 &&
        limit < (double)total) {
        total = (uint64_t)limit;
    }
    return total;
}

int64_t os_wall_clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t os_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t os_random_seed(void) {
    uint64_t seed = os_monotonic_ns() ^ ((uint64_t)getpid() << 32);
    os_file *file;
    if (os_file_open("/dev/urandom", OS_READ, &file, NULL) == DBX_OK) {
        if (read(file->fd, &seed, sizeof(seed)) != (ssize_t)sizeof(seed))
            seed ^= 0x9E3779B97F4A7C15u;
        os_file_close(file);
    }
    return seed;
}

uint64_t os_process_id(void) {
    return (uint64_t)getpid();
}

void os_sleep_us(uint64_t us) {
    struct timespec pause = {.tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000};
    (void)nanosleep(&pause, NULL);
}

bool os_environment(const char *name, char *out, size_t out_size) {
    const char *value = getenv(name);
    if (value == NULL || strlen(value) >= out_size) return false;
    memcpy(out, value, strlen(value) + 1);
    return true;
}

#else
typedef int os_posix_is_empty;
#endif

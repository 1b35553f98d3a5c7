/* os.h - the operating system: files, directories, threads, clocks. The only header above libc that
 * differs by platform; os_posix.c and os_windows.c implement it.
 *
 * Failures raise IO_ERROR with the path and the system's text. All functions are thread-safe unless
 * an object is named as owned by one thread. Paths are UTF-8.
 */
#ifndef DBX_COMMON_OS_H
#define DBX_COMMON_OS_H

#include "common/error.h"
#include "common/memory.h"

#include <pthread.h> /* winpthreads on mingw */

/* ---- files ---- */

typedef struct os_file os_file;
typedef enum os_open_mode {
    OS_READ = 1,       /* must exist */
    OS_READ_WRITE = 2, /* must exist unless OS_CREATE */
    OS_CREATE = 4,
    OS_TRUNCATE = 8,
    OS_EXCLUSIVE = 16, /* fail when it exists */
    OS_TEMPORARY = 32, /* gone when it is closed or the process ends; its name may go at once */
} os_open_mode;

dbx_status os_file_open(const char *path, uint32_t mode, os_file **file, error *err) MUST_CHECK;
void os_file_close(os_file *file);
/* Reads exactly size bytes at offset; a short file is an IO_ERROR. Safe from many threads at once.
 */
dbx_status os_file_read(os_file *file, uint64_t offset, void *to, size_t size,
                        error *err) MUST_CHECK;
dbx_status os_file_write(os_file *file, uint64_t offset, const void *from, size_t size,
                         error *err) MUST_CHECK;
dbx_status os_file_size(os_file *file, uint64_t *size, error *err) MUST_CHECK;
dbx_status os_file_truncate(os_file *file, uint64_t size, error *err) MUST_CHECK;
/* Makes written data durable (fdatasync, FlushFileBuffers). */
dbx_status os_file_sync(os_file *file, error *err) MUST_CHECK;
/* Tells the system that the range will be read soon. Never fails. */
void os_file_prefetch(os_file *file, uint64_t offset, uint64_t size);
const char *os_file_path(const os_file *file);
/* Locks one byte, which need not be inside the file, without waiting; *taken is false when another
 * open file (of any process) is in the way. A lock takes the place of one that this open file had
 * there, and goes with the open file, also when its process is killed. */
typedef enum os_lock { OS_LOCK_NONE, OS_LOCK_SHARED, OS_LOCK_EXCLUSIVE } os_lock;
dbx_status os_file_lock(os_file *file, uint64_t offset, os_lock kind, bool *taken,
                        error *err) MUST_CHECK;
/* Is the open file what the path names now? False when it was removed or replaced. */
bool os_file_is_at(const os_file *file, const char *path);
/* Maps the first `size` bytes for reading and writing, shared with all processes that do so. */
dbx_status os_file_map(os_file *file, size_t size, void **out, error *err) MUST_CHECK;
void os_file_unmap(void *memory, size_t size);
/* Is the path on a network file system, where locks and shared memory cannot be relied on? */
bool os_path_is_remote(const char *path);

/* Maps the whole file read-only; *size is 0 and *data NULL for an empty file. */
dbx_status os_map(const char *path, const void **data, size_t *size, error *err) MUST_CHECK;
void os_unmap(const void *data, size_t size);

typedef enum os_path_kind {
    OS_PATH_NONE,
    OS_PATH_FILE,
    OS_PATH_DIRECTORY,
    OS_PATH_OTHER
} os_path_kind;
/* *size (bytes) and *modified_us may be NULL. */
os_path_kind os_path_stat(const char *path, uint64_t *size, int64_t *modified_us);
dbx_status os_remove(const char *path, error *err) MUST_CHECK;
dbx_status os_remove_tree(const char *path, error *err) MUST_CHECK;
dbx_status os_rename(const char *from, const char *to, error *err) MUST_CHECK;
/* Makes the creation, renaming or removal of `path` durable: syncs its directory. */
dbx_status os_sync_parent(const char *path, error *err) MUST_CHECK;
dbx_status os_make_directories(const char *path, error *err) MUST_CHECK;
/* Calls visit(name, kind, state) for each entry but . and .., in no order, until it returns false.
 */
typedef bool (*os_visit)(const char *name, os_path_kind kind, void *state);
dbx_status os_list_directory(const char *path, os_visit visit, void *state, error *err) MUST_CHECK;
/* The folder of compiled time zone files: $TZDIR, else the system's, or on Windows, which has none,
 * `zoneinfo` beside the library. False when the path is too long. */
bool os_zoneinfo_folder(char *out, size_t out_size);

/* ---- threads ---- */

typedef pthread_mutex_t os_mutex;
typedef pthread_cond_t os_cond;
static inline void os_mutex_init(os_mutex *m) {
    pthread_mutex_init(m, NULL);
}
static inline void os_mutex_deinit(os_mutex *m) {
    pthread_mutex_destroy(m);
}
static inline void os_mutex_lock(os_mutex *m) {
    pthread_mutex_lock(m);
}
/* Takes the lock unless another thread, or this one, has it. */
static inline bool os_mutex_try_lock(os_mutex *m) {
    return pthread_mutex_trylock(m) == 0;
}
static inline void os_mutex_unlock(os_mutex *m) {
    pthread_mutex_unlock(m);
}
static inline void os_cond_init(os_cond *c) {
    pthread_cond_init(c, NULL);
}
static inline void os_cond_deinit(os_cond *c) {
    pthread_cond_destroy(c);
}
static inline void os_cond_wait(os_cond *c, os_mutex *m) {
    pthread_cond_wait(c, m);
}
static inline void os_cond_signal(os_cond *c) {
    pthread_cond_signal(c);
}
static inline void os_cond_broadcast(os_cond *c) {
    pthread_cond_broadcast(c);
}

typedef pthread_t os_thread;
dbx_status os_thread_start(os_thread *thread, void *(*run)(void *), void *state) MUST_CHECK;
void os_thread_join(os_thread thread);

/* ---- machine ---- */

/* Memory for free(), aligned as asked where the system has such memory: for speed, not to rely on. The
 * size is a multiple of the alignment. */
void *os_alloc_aligned(size_t alignment, size_t size);
/* Asks for large pages behind a big allocation, so that random access misses the TLB less. Never
 * fails. */
void os_prefer_huge_pages(void *memory, size_t size);
uint32_t os_cpu_count(void);    /* CPUs this process may use, cgroup quota included */
uint64_t os_memory_total(void); /* bytes, the smaller of RAM and the cgroup's limit */
int64_t os_wall_clock_us(void); /* since the epoch */
uint64_t os_monotonic_ns(void);
uint64_t os_random_seed(void);
uint64_t os_process_id(void);
void os_sleep_us(uint64_t us);
/* Value of an environment variable copied into out (NUL-terminated); false if unset or too long. */
bool os_environment(const char *name, char *out, size_t out_size);

#endif

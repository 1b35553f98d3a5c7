/* faults.c - the N-th allocation or system call fails, for every N.
 *
 * The system calls on files and the allocator stand here in front of the C library's, so that any
 * build can be tested. Each workload of crash.c runs some steps, of which the N-th call of one kind
 * fails once: with EIO or ENOSPC, by writing less than was asked (which must be made up for), or by
 * EINTR (which must be tried again). Then the statement fails with an error or succeeds, the
 * connection answers, and after reopening the file holds what was acknowledged, or that and the
 * statement that failed. After a failed sync no statement changes anything before the file is
 * reopened. What is allocated is freed.
 */
#include "crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum fault {
    FAULT_MEMORY,
    FAULT_EIO,
    FAULT_ENOSPC,
    FAULT_SHORT,
    FAULT_EINTR,
    FAULTS
} fault;
static const char *const fault_names[] = {"allocation", "EIO", "ENOSPC", "short write", "EINTR"};

static struct {
    bool armed;
    fault kind;
    uint64_t nth, count;
    bool hit, hit_sync;
    const char *call; /* that failed */
    int64_t blocks;   /* allocated and not freed, of this thread */
} plan;

static __thread int depth; /* calls that this file makes itself are not counted */

static bool fails_now(fault class_, const char *call) {
    if (!plan.armed || depth > 0) return false;
    bool memory = plan.kind == FAULT_MEMORY;
    if (memory != (class_ == FAULT_MEMORY)) return false;
    if (++plan.count != plan.nth) return false;
    plan.hit = true;
    plan.call = call;
    return true;
}

/* ---- memory ---- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void *counted(void *p) {
    if (p != NULL) plan.blocks++;
    return p;
}
void *malloc(size_t size) {
    return fails_now(FAULT_MEMORY, "malloc") ? NULL : counted(__libc_malloc(size));
}
void *calloc(size_t n, size_t size) {
    return fails_now(FAULT_MEMORY, "calloc") ? NULL : counted(__libc_calloc(n, size));
}
void *realloc(void *p, size_t size) {
    if (fails_now(FAULT_MEMORY, "realloc")) return NULL;
    void *fresh = __libc_realloc(p, size);
    if (p == NULL) (void)counted(fresh);
    return fresh;
}
void *aligned_alloc(size_t alignment, size_t size) {
    return fails_now(FAULT_MEMORY, "aligned_alloc") ? NULL
                                                    : counted(__libc_memalign(alignment, size));
}
int posix_memalign(void **out, size_t alignment, size_t size) {
    *out = fails_now(FAULT_MEMORY, "posix_memalign") ? NULL
                                                     : counted(__libc_memalign(alignment, size));
    return *out == NULL ? ENOMEM : 0;
}
void free(void *p) {
    if (p != NULL) plan.blocks--;
    __libc_free(p);
}

/* ---- files ---- */

#define REAL(name) ((typeof(&name))real(#name))

static void *real(const char *name) {
    depth++;
    void *f = dlsym(RTLD_NEXT, name);
    depth--;
    return f;
}

static int fault_errno(void) {
    return plan.kind == FAULT_ENOSPC ? ENOSPC : plan.kind == FAULT_EINTR ? EINTR : EIO;
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (plan.kind != FAULT_SHORT && fails_now(FAULT_EIO, "open")) return errno = fault_errno(), -1;
    return ((int (*)(const char *, int, ...))real("open"))(path, flags, mode);
}
ssize_t pread(int fd, void *to, size_t size, off_t offset) {
    if (fails_now(FAULT_EIO, "pread")) {
        if (plan.kind != FAULT_SHORT) return errno = fault_errno(), -1;
        if (size > 1) size /= 2;
    }
    return REAL(pread)(fd, to, size, offset);
}
ssize_t pwrite(int fd, const void *from, size_t size, off_t offset) {
    if (fails_now(FAULT_EIO, "pwrite")) {
        if (plan.kind != FAULT_SHORT) return errno = fault_errno(), -1;
        if (size > 1) size /= 2;
    }
    return REAL(pwrite)(fd, from, size, offset);
}
int fdatasync(int fd) {
    if (plan.kind != FAULT_SHORT && plan.kind != FAULT_EINTR && fails_now(FAULT_EIO, "fdatasync")) {
        plan.hit_sync = true;
        return errno = fault_errno(), -1;
    }
    (void)fd; /* the files lie in memory */
    return 0;
}
int ftruncate(int fd, off_t size) {
    if (plan.kind != FAULT_SHORT && fails_now(FAULT_EIO, "ftruncate"))
        return errno = fault_errno(), -1;
    return REAL(ftruncate)(fd, size);
}
int fcntl(int fd, int command, ...) {
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (plan.kind != FAULT_SHORT && fails_now(FAULT_EIO, "fcntl")) return errno = fault_errno(), -1;
    return ((int (*)(int, int, ...))real("fcntl"))(fd, command, argument);
}

/* ---- one run ---- */

typedef struct fault_counts {
    uint64_t points, errors, survived, bad, leaks;
} fault_counts;

enum { STEPS = 8 };

static void report(const crash_workload *w, fault kind, uint64_t nth, const char *what,
                   const crash_db *d, fault_counts *counts) {
    if (++counts->bad <= 20)
        printf("BAD: %s, %s %llu (%s): %s %s\n", w->name, fault_names[kind],
               (unsigned long long)nth, plan.call, what, d->error);
    fflush(stdout);
}

static void digests_of(const crash_workload *w, uint64_t seed, const char *path,
                       uint64_t *digests) {
    crash_db d;
    char sql[2048];
    uint64_t random = seed;
    crash_remove(path);
    if (!crash_open(&d, path, "full") || crash_run_all(&d, path, w->setup, "full") != 0)
        crash_fail("%s: %s", w->name, d.error);
    digests[0] = crash_digest(&d);
    for (uint64_t step = 0; step < STEPS; step++) {
        w->step(&random, step, sql, sizeof(sql));
        if (crash_run_all(&d, path, sql, "full") != 0) crash_fail("%s: %s", w->name, d.error);
        digests[step + 1] = crash_digest(&d);
    }
    crash_close(&d);
}

static bool step_and_fail(const crash_workload *w, fault kind, uint64_t nth, uint64_t seed,
                          const char *path, const uint64_t *digests, fault_counts *counts) {
    crash_db d;
    char sql[2048];
    uint64_t random = seed, done = 0;
    crash_remove(path);
    if (!crash_open(&d, path, "full") || crash_run_all(&d, path, w->setup, "full") != 0)
        crash_fail("%s: %s", w->name, d.error);
    plan.kind = kind;
    plan.nth = nth;
    plan.count = 0;
    plan.hit = plan.hit_sync = false;
    plan.armed = true;
    dbx_status status = 0;
    while (done < STEPS && status == 0) {
        w->step(&random, done, sql, sizeof(sql));
        status = crash_run_all(&d, path, sql, "full");
        done += status == 0;
    }
    plan.armed = false;
    bool hit = plan.hit, stopped = plan.hit_sync && status != 0;
    counts->points += hit;
    counts->errors += hit && status != 0;
    counts->survived += hit && status == 0;
    if (status != 0 && !hit) report(w, kind, nth, "an error without a fault:", &d, counts);
    if ((kind == FAULT_SHORT || kind == FAULT_EINTR) && status != 0)
        report(w, kind, nth, "was not made up for:", &d, counts);
    if (d.connection != NULL) { /* else reopening failed */
        if (crash_run(&d, "SELECT 1") != 0)
            report(w, kind, nth, "the connection is dead:", &d, counts);
        if (stopped && crash_run(&d, "CREATE TABLE more (id BIGINT, v BIGINT, name STRING)") == 0)
            report(w, kind, nth, "it writes after a failed sync", &d, counts);
        crash_close(&d);
    }
    if (!crash_open(&d, path, "full")) {
        report(w, kind, nth, "does not open:", &d, counts);
        return hit;
    }
    uint64_t digest = crash_digest(&d);
    uint64_t next = done < STEPS ? done + 1 : done;
    if (digest != digests[done] && digest != digests[next])
        report(w, kind, nth, "holds something else", &d, counts);
    crash_close(&d);
    return hit;
}

int main(int argc, char **argv) {
    crash_options o = crash_start(argc, argv, 1000000);
    char path[512];
    snprintf(path, sizeof(path), "%s/f.dbx", o.folder);
    fault_counts counts = {0};
    for (size_t i = 0; i < crash_workload_count; i++) {
        const crash_workload *w = &crash_workloads[i];
        uint64_t digests[STEPS + 1], before = counts.points;
        digests_of(w, o.seed, path, digests);
        for (int kind = 0; kind < FAULTS; kind++) {
            /* --size bounds the points of each kind; they are spread when there are more. */
            uint64_t stride = 1;
            if (o.size < 100000)
                stride = kind == FAULT_MEMORY ? 20000 / o.size + 1 : 400 / o.size + 1;
            for (uint64_t nth = 1 + o.seed % stride;; nth += stride) {
                int64_t blocks = plan.blocks;
                bool hit = step_and_fail(w, (fault)kind, nth, o.seed, path, digests, &counts);
                if (plan.blocks > blocks + 2) {
                    counts.leaks++;
                    if (counts.leaks <= 5)
                        printf("LEAK: %s, %s %llu: %lld blocks\n", w->name, fault_names[kind],
                               (unsigned long long)nth, (long long)(plan.blocks - blocks));
                }
                if (!hit) break;
            }
        }
        printf("%-14s %7llu points\n", w->name, (unsigned long long)(counts.points - before));
        fflush(stdout);
    }
    crash_end(&o);
    printf(
        "{\"programme\":\"faults\",\"seed\":%llu,\"points\":%llu,\"errors\":%llu,\"survived\":%llu,"
        "\"leaks\":%llu,\"bad\":%llu}\n",
        (unsigned long long)o.seed, (unsigned long long)counts.points,
        (unsigned long long)counts.errors, (unsigned long long)counts.survived,
        (unsigned long long)counts.leaks, (unsigned long long)counts.bad);
    return counts.bad + counts.leaks > 0;
}

/* states.c - every state that a power cut can leave.
 *
 * Workloads run once while their writes, syncs, truncations and removals are recorded: this program
 * defines those system calls in front of the C library's. Then, for a crash after any of them, the
 * files are built as a disk may hold them: what was synced, and of what was written since, all
 * (prefix), nothing (dropped), any part (reordered), or parts of single writes (torn at 512 bytes
 * or 4 KiB, or the file cut short). Each state must open and hold exactly the commits that were
 * acknowledged, or those and the one in flight.
 */
#include "crash.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 2, FDS_MAX = 4096 }; /* the database and its log */

typedef enum op_kind {
    OP_CREATE,
    OP_WRITE,
    OP_TRUNCATE,
    OP_SYNC,
    OP_REMOVE,
    OP_ACKNOWLEDGED
} op_kind;

typedef struct op {
    op_kind kind;
    int file;
    uint64_t offset, size; /* TRUNCATE: size; ACKNOWLEDGED: offset is the commit's number */
    uint8_t *bytes;
} op;

static struct {
    bool on;
    char path[512]; /* of the database */
    int8_t file_of[FDS_MAX];
    op *ops;
    size_t count, room;
} recorder;

static void record(op_kind kind, int file, uint64_t offset, uint64_t size, const void *bytes) {
    if (recorder.count == recorder.room) {
        recorder.room = recorder.room * 2 + 1024;
        recorder.ops = realloc(recorder.ops, recorder.room * sizeof(op));
        if (recorder.ops == NULL) crash_fail("out of memory");
    }
    op *o = &recorder.ops[recorder.count++];
    *o = (op){kind, file, offset, size, NULL};
    if (bytes == NULL) return;
    o->bytes = malloc(size);
    if (o->bytes == NULL) crash_fail("out of memory");
    memcpy(o->bytes, bytes, size);
}

/* 0 the database, 1 its log, -1 another file. */
static int file_at(const char *path) {
    size_t size = strlen(recorder.path);
    if (!recorder.on || strncmp(path, recorder.path, size) != 0) return -1;
    if (path[size] == '\0') return 0;
    return strcmp(path + size, "-wal") == 0 ? 1 : -1;
}

static int file_of(int fd) {
    return recorder.on && fd >= 0 && fd < FDS_MAX ? recorder.file_of[fd] - 1 : -1;
}

/* ---- the recorded system calls ---- */

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    int file = file_at(path);
    bool existed = access(path, F_OK) == 0;
    int fd = ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX) recorder.file_of[fd] = (int8_t)(file + 1);
    if (fd >= 0 && file >= 0 && !existed) record(OP_CREATE, file, 0, 0, NULL);
    return fd;
}

int close(int fd) {
    if (fd >= 0 && fd < FDS_MAX) recorder.file_of[fd] = 0;
    return REAL(close)(fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    ssize_t put = REAL(pwrite)(fd, bytes, size, offset);
    if (put > 0 && file_of(fd) >= 0)
        record(OP_WRITE, file_of(fd), (uint64_t)offset, (uint64_t)put, bytes);
    return put;
}

int fdatasync(int fd) { /* the file lies in memory: nothing to wait for */
    if (file_of(fd) < 0) return REAL(fdatasync)(fd);
    record(OP_SYNC, file_of(fd), 0, 0, NULL);
    return 0;
}

int ftruncate(int fd, off_t size) {
    int result = REAL(ftruncate)(fd, size);
    if (result == 0 && file_of(fd) >= 0) record(OP_TRUNCATE, file_of(fd), 0, (uint64_t)size, NULL);
    return result;
}

int remove(const char *path) {
    int file = file_at(path);
    int result = REAL(remove)(path);
    if (result == 0 && file >= 0) record(OP_REMOVE, file, 0, 0, NULL);
    return result;
}

/* ---- building states ---- */

typedef struct image {
    bool exists;
    uint8_t *bytes;
    uint64_t size, room;
} image;

static void image_resize(image *i, uint64_t size) {
    if (size > i->room) {
        i->room = size * 2;
        i->bytes = realloc(i->bytes, i->room);
        if (i->bytes == NULL) crash_fail("out of memory");
    }
    if (size > i->size) memset(i->bytes + i->size, 0, size - i->size);
    i->size = size;
}

static void image_put(image *i, const op *o, uint64_t from, uint64_t size) {
    if (i->size < o->offset + from + size) image_resize(i, o->offset + from + size);
    memcpy(i->bytes + o->offset + from, o->bytes + from, size);
}

static void image_apply(image *i, const op *o) {
    switch (o->kind) {
    case OP_CREATE:
        i->exists = true;
        i->size = 0;
        break;
    case OP_REMOVE:
        i->exists = false;
        i->size = 0;
        break;
    case OP_WRITE:
        image_put(i, o, 0, o->size);
        break;
    case OP_TRUNCATE:
        image_resize(i, o->size);
        break;
    case OP_SYNC:
    case OP_ACKNOWLEDGED:
        break;
    }
}

static void image_copy(image *to, const image *from) {
    to->size = 0;
    image_resize(to, from->size);
    memcpy(to->bytes, from->bytes, from->size);
    to->exists = from->exists;
}

typedef enum variant { PREFIX, DROPPED, REORDERED, TORN_512, TORN_4096, CUT, VARIANTS } variant;
static const char *const variant_names[] = {"prefix",     "dropped",    "reordered",
                                            "torn 512 B", "torn 4 KiB", "cut short"};

/* A write of which some sectors arrived. */
static void apply_torn(image *i, const op *o, uint64_t sector, uint64_t *random) {
    for (uint64_t at = 0; at < o->size;) {
        uint64_t end = (o->offset + at) / sector * sector + sector - o->offset;
        uint64_t part = (end < o->size ? end : o->size) - at;
        if (crash_below(random, 2) == 0) image_put(i, o, at, part);
        at += part;
    }
}

/* Of what was written and not synced, what the variant lets through. */
static void apply_unsynced(image *i, const op *o, variant v, uint64_t *random) {
    bool lucky = crash_below(random, 2) == 0;
    if (v == PREFIX || o->kind == OP_CREATE || o->kind == OP_REMOVE) {
        image_apply(i, o);
    } else if (v == DROPPED) {
        return;
    } else if (o->kind != OP_WRITE || v == REORDERED) {
        if (lucky) image_apply(i, o);
    } else if (v == CUT) {
        bool extends = o->offset + o->size > i->size && o->offset <= i->size;
        if (extends && lucky)
            image_put(i, o, 0, crash_below(random, o->size));
        else if (lucky)
            image_apply(i, o);
    } else {
        apply_torn(i, o, v == TORN_512 ? 512 : 4096, random);
    }
}

static void image_write(const image *i, const char *path) {
    (void)remove(path);
    if (!i->exists) return;
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(i->bytes, 1, i->size, f) != i->size || fclose(f) != 0)
        crash_fail("cannot write %s", path);
}

typedef struct state_counts {
    uint64_t states, bad, not_open, in_flight;
} state_counts;

typedef struct crash_point {
    const op *ops;
    size_t count;         /* that happened */
    size_t synced[FILES]; /* ops of the file that are on disk for certain end here */
    uint64_t acknowledged;
} crash_point;

static void try_state(const crash_point *p, const image *durable, variant v, uint64_t *random,
                      const uint64_t *digests, uint64_t digest_count, const char *path,
                      const char *name, state_counts *counts) {
    static image files[FILES];
    uint64_t seed = *random;
    for (int f = 0; f < FILES; f++) {
        image_copy(&files[f], &durable[f]);
        for (size_t i = p->synced[f]; i < p->count; i++) {
            if (p->ops[i].file == f && p->ops[i].kind != OP_ACKNOWLEDGED)
                apply_unsynced(&files[f], &p->ops[i], v, random);
        }
    }
    char wal[600];
    snprintf(wal, sizeof(wal), "%s-wal", path);
    crash_remove(path);
    image_write(&files[0], path);
    image_write(&files[1], wal);
    counts->states++;
    crash_db d;
    uint64_t digest = 0;
    bool opens = !files[0].exists || crash_open(&d, path, "off");
    if (opens && files[0].exists) {
        digest = crash_digest(&d);
        crash_close(&d);
    } else if (opens) {
        digest = digests[0];
    }
    uint64_t next = p->acknowledged + 1 < digest_count ? p->acknowledged + 1 : p->acknowledged;
    bool good = opens && (digest == digests[p->acknowledged] || digest == digests[next]);
    counts->in_flight += good && digest != digests[p->acknowledged];
    if (good) return;
    counts->bad++;
    counts->not_open += !opens;
    if (counts->bad > 10) return;
    printf("BAD: %s, %s after operation %zu (state seed %llu, %llu commits): %s\n", name,
           variant_names[v], p->count, (unsigned long long)seed,
           (unsigned long long)p->acknowledged, d.error[0] != '\0' ? d.error : "another content");
}

/* ---- one workload ---- */

static uint64_t *run_recorded(const crash_workload *w, uint64_t *random, uint64_t steps,
                              const char *path, uint64_t *count) {
    uint64_t *digests = calloc(steps + 2, sizeof(uint64_t));
    crash_db d;
    char sql[2048];
    crash_remove(path);
    snprintf(recorder.path, sizeof(recorder.path), "%s", path);
    recorder.count = 0;
    recorder.on = true;
    if (!crash_open(&d, path, "full")) crash_fail("%s: %s", w->name, d.error);
    digests[0] = crash_digest(&d);
    *count = 1;
    for (uint64_t step = 0; step <= steps; step++) {
        if (step == 0)
            snprintf(sql, sizeof(sql), "%s", w->setup);
        else
            w->step(random, step - 1, sql, sizeof(sql));
        if (crash_run_all(&d, path, sql, "full") != 0)
            crash_fail("%s: %s: %s", w->name, sql, d.error);
        digests[*count] = crash_digest(&d);
        record(OP_ACKNOWLEDGED, 0, *count, 0, NULL);
        ++*count;
    }
    crash_close(&d);
    recorder.on = false;
    return digests;
}

static void try_workload(const crash_workload *w, const crash_options *o, uint64_t seed,
                         uint64_t states, state_counts *counts) {
    char path[512], copy[512];
    snprintf(path, sizeof(path), "%s/w.dbx", o->folder);
    snprintf(copy, sizeof(copy), "%s/s.dbx", o->folder);
    uint64_t random = seed, digest_count;
    uint64_t *digests = run_recorded(w, &random, 40, path, &digest_count);
    size_t first = 0; /* after the setup */
    while (recorder.ops[first].kind != OP_ACKNOWLEDGED) first++;
    uint64_t points = recorder.count - first;
    uint64_t each = states / points + 1;
    state_counts before = *counts;
    image durable[FILES] = {{0}};
    crash_point p = {.ops = recorder.ops};
    for (size_t i = 0; i < recorder.count; i++) {
        const op *now = &recorder.ops[i];
        if (now->kind == OP_ACKNOWLEDGED) p.acknowledged = now->offset;
        p.count = i + 1;
        if (now->kind == OP_SYNC || now->kind == OP_CREATE || now->kind == OP_REMOVE) {
            for (size_t k = p.synced[now->file]; k <= i; k++) {
                if (recorder.ops[k].file == now->file)
                    image_apply(&durable[now->file], &recorder.ops[k]);
            }
            p.synced[now->file] = i + 1;
        }
        if (i < first) continue;
        for (uint64_t n = 0; n < each; n++) {
            variant v = n < 2 ? (variant)n : (variant)crash_below(&random, VARIANTS);
            try_state(&p, durable, v, &random, digests, digest_count, copy, w->name, counts);
        }
    }
    printf("%-14s %5zu operations, %7llu states, %llu with the commit in flight, %llu bad\n",
           w->name, recorder.count, (unsigned long long)(counts->states - before.states),
           (unsigned long long)(counts->in_flight - before.in_flight),
           (unsigned long long)(counts->bad - before.bad));
    fflush(stdout);
    for (size_t i = 0; i < recorder.count; i++) free(recorder.ops[i].bytes);
    for (int f = 0; f < FILES; f++) free(durable[f].bytes);
    free(digests);
    crash_remove(path);
    crash_remove(copy);
}

int main(int argc, char **argv) {
    crash_options o = crash_start(argc, argv, 100000);
    state_counts counts = {0};
    for (size_t i = 0; i < crash_workload_count; i++) {
        try_workload(&crash_workloads[i], &o, o.seed * 1000 + i, o.size / crash_workload_count,
                     &counts);
    }
    crash_end(&o);
    printf("{\"programme\":\"states\",\"seed\":%llu,\"workloads\":%zu,\"states\":%llu,\"in_"
           "flight\":%llu,"
           "\"not_open\":%llu,\"bad\":%llu}\n",
           (unsigned long long)o.seed, crash_workload_count, (unsigned long long)counts.states,
           (unsigned long long)counts.in_flight, (unsigned long long)counts.not_open,
           (unsigned long long)counts.bad);
    return counts.bad > 0;
}

/* kill.c - kill -9 at random moments of one and of many writing processes.
 *
 * Each writer commits rows (writer, 0), (writer, 1), … to two tables in one transaction and tells
 * in shared memory what was acknowledged. After the kill the file must hold, for each writer, an
 * unbroken run in both tables that ends at what was acknowledged or one later. The same file goes
 * through many kills.
 */
#include "crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS_MAX = 4 };

typedef struct shared {
    _Atomic int64_t acknowledged[WRITERS_MAX]; /* last row */
} shared;

/* Runs until it is killed. */
static void write_forever(const char *path, int writer, int64_t next, shared *s, uint64_t random) {
    crash_db d;
    if (!crash_open(&d, path, "full")) {
        fprintf(stderr, "writer: %s\n", d.error);
        _exit(3);
    }
    for (;; next++) {
        char sql[512];
        uint64_t kind = crash_below(&random, 20);
        if (kind == 0) (void)crash_run(&d, "CHECKPOINT");
        snprintf(sql, sizeof(sql),
                 "BEGIN; INSERT INTO a VALUES (%d, %lld, 'x'); "
                 "INSERT INTO b SELECT %d, %lld, repeat('y', %d) FROM range(%d); COMMIT;",
                 writer, (long long)next, writer, (long long)next, kind == 1 ? 50 : 3,
                 kind == 1 ? 5000 : 1);
        dbx_status status;
        do {
            status = crash_run_all(&d, path, sql, "full");
        } while (status == DBX_BUSY);
        if (status != 0) {
            fprintf(stderr, "writer: %s\n", d.error);
            _exit(4);
        }
        atomic_store(&s->acknowledged[writer], next);
    }
}

typedef struct kill_counts {
    uint64_t kills, lost, torn, broken, commits;
} kill_counts;

static void check(const char *path, int writers, shared *s, int64_t *next, kill_counts *counts) {
    crash_db d;
    if (!crash_open(&d, path, "full"))
        crash_fail("after kill %llu: %s", (unsigned long long)counts->kills, d.error);
    for (int w = 0; w < writers; w++) {
        char sql[256];
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM a WHERE writer = %d", w);
        int64_t rows = crash_number(&d, sql);
        snprintf(sql, sizeof(sql), "SELECT max(n) + 1 FROM a WHERE writer = %d", w);
        int64_t end = crash_number(&d, sql);
        snprintf(sql, sizeof(sql), "SELECT count(DISTINCT n) FROM b WHERE writer = %d", w);
        int64_t other = crash_number(&d, sql);
        int64_t acknowledged = atomic_load(&s->acknowledged[w]) + 1;
        counts->lost += end < acknowledged;
        counts->broken += rows != end || end > acknowledged + 1;
        counts->torn += other != rows;
        counts->commits += (uint64_t)(end - next[w]);
        if (end < acknowledged || rows != end || end > acknowledged + 1 || other != rows)
            printf(
                "BAD: writer %d: %lld acknowledged, %lld rows to %lld, %lld in the other table\n",
                w, (long long)acknowledged, (long long)rows, (long long)end, (long long)other);
        next[w] = end;
        atomic_store(&s->acknowledged[w], end - 1);
    }
    crash_close(&d);
}

int main(int argc, char **argv) {
    crash_options o = crash_start(argc, argv, 1000);
    char path[512];
    snprintf(path, sizeof(path), "%s/k.dbx", o.folder);
    shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED) crash_fail("no shared memory");
    uint64_t random = o.seed;
    int64_t next[WRITERS_MAX];
    kill_counts counts = {0};
    while (counts.kills < o.size) {
        if (counts.kills % 50 == 0) { /* a new file now and then */
            crash_db d;
            crash_remove(path);
            if (!crash_open(&d, path, "full")) crash_fail("%s", d.error);
            if (crash_run(&d, "CREATE TABLE a (writer INT, n BIGINT, x STRING)") != 0 ||
                crash_run(&d, "CREATE TABLE b (writer INT, n BIGINT, x STRING)") != 0)
                crash_fail("%s", d.error);
            crash_close(&d);
            for (int w = 0; w < WRITERS_MAX; w++) {
                next[w] = 0;
                atomic_store(&s->acknowledged[w], -1);
            }
        }
        int writers = counts.kills % 2 == 0 ? 1 : WRITERS_MAX;
        pid_t children[WRITERS_MAX];
        for (int w = 0; w < writers; w++) {
            uint64_t own = crash_random(&random);
            children[w] = fork();
            if (children[w] == 0) write_forever(path, w, next[w], s, own);
        }
        usleep((useconds_t)(2000 + crash_below(&random, 60000)));
        for (int i = 0, first = (int)crash_below(&random, (uint64_t)writers); i < writers; i++) {
            kill(children[(first + i) % writers], SIGKILL);
            if (crash_below(&random, 2) == 0) usleep((useconds_t)crash_below(&random, 3000));
        }
        for (int w = 0; w < writers; w++) {
            int state;
            waitpid(children[w], &state, 0);
            if (WIFEXITED(state)) crash_fail("a writer ended by itself: %d", WEXITSTATUS(state));
        }
        counts.kills++;
        check(path, WRITERS_MAX, s, next, &counts);
    }
    crash_end(&o);
    printf("{\"programme\":\"kill\",\"seed\":%llu,\"kills\":%llu,\"commits\":%llu,\"lost\":%llu,"
           "\"torn\":%llu,"
           "\"broken\":%llu}\n",
           (unsigned long long)o.seed, (unsigned long long)counts.kills,
           (unsigned long long)counts.commits, (unsigned long long)counts.lost,
           (unsigned long long)counts.torn, (unsigned long long)counts.broken);
    return counts.lost + counts.torn + counts.broken > 0;
}

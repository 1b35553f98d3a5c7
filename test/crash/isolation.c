/* isolation.c - does snapshot isolation hold?
 *
 * Workers, threads of several processes over one file, run transactions over registers of a table
 * (k, version, writer). A writing transaction reads some registers, then raises the version of two
 * that always change together. A reading transaction reads all. What each saw and did is checked:
 *
 *   torn read       the two registers of a pair differ in a snapshot
 *   long fork       two snapshots each have something newer than the other
 *   lost update     two committed transactions raised the same version of a register
 *   going back      a worker sees an older version than it saw or wrote before
 *   unrepeatable    a register read twice in one transaction differs
 *   gap             a register's last version is not the number of commits that raised it
 */
#include "crash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAIRS = 6,
    KEYS = PAIRS * 2,
    PROCESSES = 3,
    THREADS = 2,
    WORKERS = PROCESSES * THREADS,
    KEPT = 4096, /* snapshots of a worker that are compared with those of others */
};

typedef struct snapshot {
    uint32_t versions[KEYS];
} snapshot;

typedef struct worker_log {
    _Atomic uint64_t transactions, conflicts, commits;
    _Atomic uint64_t torn, back, unrepeatable, errors;
    uint64_t raised[PAIRS]; /* commits of the pair */
    uint32_t kept;
    snapshot snapshots[KEPT];
} worker_log;

typedef struct shared {
    worker_log logs[WORKERS];
    _Atomic uint64_t left;
    /* Who raised the version of a pair: a slot is taken once. */
    uint64_t claims_max;
    _Atomic uint32_t claims[];
} shared;

typedef struct worker {
    shared *s;
    dbx_database *database;
    int index;
    uint64_t random;
    _Atomic uint64_t *lost;
} worker;

static bool read_all(dbx_connection *c, snapshot *out) {
    dbx_result *r = NULL;
    if (dbx_query(c, "SELECT k, version FROM reg", &r) != 0) return false;
    bool whole = dbx_row_count(r) == KEYS;
    for (uint64_t i = 0; i < dbx_row_count(r) && whole; i++)
        out->versions[dbx_value_int64(r, 0, i)] = (uint32_t)dbx_value_int64(r, 1, i);
    dbx_result_free(r);
    return whole;
}

static dbx_status run(dbx_connection *c, const char *sql) {
    dbx_result *r = NULL;
    dbx_status status = dbx_query(c, sql, &r);
    dbx_result_free(r);
    return status;
}

static void check_snapshot(worker *w, worker_log *log, const snapshot *seen, snapshot *last) {
    for (int p = 0; p < PAIRS; p++) log->torn += seen->versions[2 * p] != seen->versions[2 * p + 1];
    for (int k = 0; k < KEYS; k++) log->back += seen->versions[k] < last->versions[k];
    *last = *seen;
    if (log->kept < KEPT)
        log->snapshots[log->kept++] = *seen;
    else
        log->snapshots[crash_below(&w->random, KEPT)] = *seen;
}

static void one_transaction(worker *w, worker_log *log, dbx_connection *c, snapshot *last) {
    snapshot seen, again;
    bool writes = crash_below(&w->random, 3) != 0;
    int pair = (int)crash_below(&w->random, PAIRS);
    dbx_status status = run(c, "BEGIN");
    bool good = status == 0 && read_all(c, &seen);
    if (good) check_snapshot(w, log, &seen, last);
    if (good && crash_below(&w->random, 4) == 0) {
        good = read_all(c, &again);
        log->unrepeatable += good && memcmp(&seen, &again, sizeof(seen)) != 0;
    }
    if (good && writes) {
        char sql[256];
        snprintf(sql, sizeof(sql),
                 "UPDATE reg SET version = version + 1, writer = %d WHERE k IN (%d, %d)", w->index,
                 2 * pair, 2 * pair + 1);
        status = run(c, sql);
    }
    if (good && status == 0) status = run(c, "COMMIT");
    if (!good || status != 0) {
        if (status == DBX_BUSY)
            log->conflicts++;
        else
            log->errors++;
        if (log->errors == 1 && status != DBX_BUSY)
            printf("worker %d: %s\n", w->index, dbx_error_message(c));
        (void)run(c, "ROLLBACK");
        return;
    }
    if (!writes) return;
    log->commits++;
    log->raised[pair]++;
    uint32_t version = ++seen.versions[2 * pair];
    ++seen.versions[2 * pair + 1];
    *last = seen; /* what it wrote must be seen from now on */
    uint64_t slot = (uint64_t)version * PAIRS + (uint64_t)pair;
    uint32_t nobody = 0;
    if (slot < w->s->claims_max &&
        !atomic_compare_exchange_strong(&w->s->claims[slot], &nobody, (uint32_t)w->index + 1))
        ++*w->lost;
}

static void *work(void *state) {
    worker *w = state;
    worker_log *log = &w->s->logs[w->index];
    dbx_connection *c = NULL;
    if (dbx_connect(w->database, &c) != 0) crash_fail("cannot connect");
    snapshot last = {{0}};
    for (;;) {
        uint64_t left = atomic_load(&w->s->left);
        if (left == 0 || !atomic_compare_exchange_weak(&w->s->left, &left, left - 1)) {
            if (left == 0) break;
            continue;
        }
        one_transaction(w, log, c, &last);
        log->transactions++;
    }
    dbx_disconnect(c);
    return NULL;
}

static void run_process(shared *s, _Atomic uint64_t *lost, const char *path, int process,
                        uint64_t seed) {
    crash_db d;
    if (!crash_open(&d, path, "off")) crash_fail("%s", d.error);
    worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        int index = process * THREADS + i;
        workers[i] = (worker){s, d.database, index, seed * 100 + (uint64_t)index, lost};
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    crash_close(&d);
}

static bool newer_somewhere(const snapshot *a, const snapshot *b) {
    for (int k = 0; k < KEYS; k++) {
        if (a->versions[k] > b->versions[k]) return true;
    }
    return false;
}

static uint64_t snapshot_sum(const snapshot *s) {
    uint64_t sum = 0;
    for (int k = 0; k < KEYS; k++) sum += s->versions[k];
    return sum;
}

static int compare_snapshots(const void *a, const void *b) {
    uint64_t x = snapshot_sum(a), y = snapshot_sum(b);
    return (x > y) - (x < y);
}

/* Snapshots that are ordered by what they see are a chain: neighbours by their sums suffice. */
static uint64_t count_long_forks(const shared *s) {
    snapshot *all = malloc(sizeof(*all) * KEPT * WORKERS);
    size_t count = 0;
    uint64_t forks = 0;
    if (all == NULL) crash_fail("out of memory");
    for (int w = 0; w < WORKERS; w++) {
        memcpy(all + count, s->logs[w].snapshots, sizeof(*all) * s->logs[w].kept);
        count += s->logs[w].kept;
    }
    qsort(all, count, sizeof(*all), compare_snapshots);
    for (size_t i = 1; i < count; i++) forks += newer_somewhere(&all[i - 1], &all[i]);
    free(all);
    return forks;
}

int main(int argc, char **argv) {
    crash_options o = crash_start(argc, argv, 1000000);
    char path[512];
    snprintf(path, sizeof(path), "%s/i.dbx", o.folder);
    uint64_t claims = (o.size + 2) * PAIRS;
    size_t bytes = sizeof(shared) + claims * sizeof(uint32_t);
    shared *s = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    _Atomic uint64_t *lost =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED || lost == MAP_FAILED) crash_fail("no shared memory");
    s->claims_max = claims;
    s->left = o.size;
    crash_db d;
    if (!crash_open(&d, path, "off")) crash_fail("%s", d.error);
    char sql[256];
    snprintf(sql, sizeof(sql),
             "CREATE TABLE reg (k BIGINT, version BIGINT, writer INT);"
             "INSERT INTO reg SELECT id, 0, 0 FROM range(%d);",
             KEYS);
    if (crash_run_all(&d, path, sql, "off") != 0) crash_fail("%s", d.error);
    crash_close(&d);
    pid_t children[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        children[p] = fork();
        if (children[p] == 0) {
            run_process(s, lost, path, p, o.seed);
            _exit(0);
        }
    }
    uint64_t failed = 0;
    for (int p = 0; p < PROCESSES; p++) {
        int state;
        waitpid(children[p], &state, 0);
        failed += !WIFEXITED(state) || WEXITSTATUS(state) != 0;
    }
    if (!crash_open(&d, path, "off")) crash_fail("%s", d.error);
    uint64_t transactions = 0, conflicts = 0, commits = 0, torn = 0, back = 0, unrepeatable = 0,
             errors = failed, gaps = 0;
    for (int w = 0; w < WORKERS; w++) {
        const worker_log *log = &s->logs[w];
        transactions += log->transactions;
        conflicts += log->conflicts;
        commits += log->commits;
        torn += log->torn;
        back += log->back;
        unrepeatable += log->unrepeatable;
        errors += log->errors;
    }
    for (int p = 0; p < PAIRS; p++) {
        uint64_t raised = 0;
        for (int w = 0; w < WORKERS; w++) raised += s->logs[w].raised[p];
        snprintf(sql, sizeof(sql), "SELECT max(version) FROM reg WHERE k IN (%d, %d)", 2 * p,
                 2 * p + 1);
        gaps += (uint64_t)crash_number(&d, sql) != raised;
    }
    crash_close(&d);
    uint64_t forks = count_long_forks(s);
    crash_end(&o);
    printf("{\"programme\":\"isolation\",\"seed\":%llu,\"transactions\":%llu,\"commits\":%llu,"
           "\"conflicts\":%llu,\"torn_reads\":%llu,\"long_forks\":%llu,\"lost_updates\":%llu,"
           "\"going_back\":%llu,\"unrepeatable\":%llu,\"gaps\":%llu,\"errors\":%llu}\n",
           (unsigned long long)o.seed, (unsigned long long)transactions,
           (unsigned long long)commits, (unsigned long long)conflicts, (unsigned long long)torn,
           (unsigned long long)forks, (unsigned long long)*lost, (unsigned long long)back,
           (unsigned long long)unrepeatable, (unsigned long long)gaps, (unsigned long long)errors);
    return torn + forks + *lost + back + unrepeatable + gaps + errors > 0;
}

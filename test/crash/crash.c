/* crash.c - see crash.h. */
#include "crash.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

crash_options crash_start(int argc, char **argv, uint64_t default_size) {
    crash_options o = {.seed = 1, .size = default_size};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            o.seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc)
            o.size = strtoull(argv[++i], NULL, 10);
        else
            crash_fail("usage: %s [--seed N] [--size N]", argv[0]);
    }
    const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(o.folder, sizeof(o.folder), "%s/dbx_crash_XXXXXX", top);
    if (mkdtemp(o.folder) == NULL) crash_fail("cannot make a folder in %s", top);
    return o;
}

void crash_end(const crash_options *o) {
    char command[512];
    snprintf(command, sizeof(command), "rm -rf '%s'", o->folder);
    if (system(command) != 0) crash_fail("cannot remove %s", o->folder);
}

void crash_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "FAILED: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

uint64_t crash_random(uint64_t *state) { /* splitmix64 */
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- a database ---- */

bool crash_open(crash_db *d, const char *path, const char *synchronous) {
    memset(d, 0, sizeof(*d));
    dbx_option options[] = {
        {"synchronous", synchronous}, {"threads", "1"}, {"memory_limit", "1GB"}};
    char *message = NULL;
    if (dbx_open(path, options, 3, &d->database, &message) != 0) {
        snprintf(d->error, sizeof(d->error), "%s", message != NULL ? message : "no message");
        dbx_free(message);
        return false;
    }
    if (dbx_connect(d->database, &d->connection) == 0) return true;
    snprintf(d->error, sizeof(d->error), "cannot connect");
    dbx_close(d->database);
    d->database = NULL;
    return false;
}

void crash_close(crash_db *d) {
    if (d->connection != NULL) dbx_disconnect(d->connection);
    if (d->database != NULL) dbx_close(d->database);
    d->connection = NULL;
    d->database = NULL;
}

static dbx_status crash_query(crash_db *d, const char *sql, dbx_result **result) {
    dbx_status status = dbx_query(d->connection, sql, result);
    if (status != 0) {
        const char *message = dbx_error_message(d->connection);
        snprintf(d->error, sizeof(d->error), "%s", message != NULL ? message : "no message");
    }
    return status;
}

dbx_status crash_run(crash_db *d, const char *sql) {
    dbx_result *result = NULL;
    dbx_status status = crash_query(d, sql, &result);
    dbx_result_free(result);
    return status;
}

static uint64_t crash_mix(uint64_t digest, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) digest = (digest ^ (uint8_t)text[i]) * 0x100000001b3u;
    return digest ^ digest >> 29;
}

static bool crash_digest_query(crash_db *d, const char *sql, uint64_t *digest) {
    dbx_result *result = NULL;
    if (crash_query(d, sql, &result) != 0) return false;
    for (uint64_t row = 0; row < dbx_row_count(result); row++) {
        for (uint32_t column = 0; column < dbx_column_count(result); column++) {
            dbx_bytes text = dbx_value_text(result, column, row);
            *digest = crash_mix(*digest, text.data == NULL ? "?" : text.data,
                                text.data == NULL ? 1 : text.size);
        }
    }
    dbx_result_free(result);
    return true;
}

uint64_t crash_digest(crash_db *d) {
    uint64_t digest = 0xcbf29ce484222325u;
    dbx_result *tables = NULL;
    if (crash_query(d, "SHOW TABLES", &tables) != 0) return 0;
    bool good = true;
    for (uint64_t row = 0; row < dbx_row_count(tables) && good; row++) {
        dbx_bytes name = dbx_value_text(tables, 1, row);
        digest = crash_mix(digest, name.data, name.size);
        char sql[512];
        snprintf(sql, sizeof(sql),
                 "SELECT count(*), sum(id), sum(v), sum(length(name)), min(name), max(name), "
                 "sum(id * 31 %% 1009 * (v %% 1013)) FROM %.*s",
                 (int)name.size, (const char *)name.data);
        good = crash_digest_query(d, sql, &digest);
    }
    dbx_result_free(tables);
    return good ? digest | 1 : 0;
}

int64_t crash_number(crash_db *d, const char *sql) {
    dbx_result *result = NULL;
    if (crash_query(d, sql, &result) != 0) crash_fail("%s: %s", sql, d->error);
    int64_t value = dbx_value_is_null(result, 0, 0) ? 0 : dbx_value_int64(result, 0, 0);
    dbx_result_free(result);
    return value;
}

void crash_remove(const char *path) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char name[512];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        (void)remove(name);
    }
}

/* ---- workloads ---- */

#define TABLE "CREATE TABLE t (id BIGINT, v BIGINT, name STRING);"
#define FILLED TABLE "INSERT INTO t SELECT id, id % 17, concat('n', id) FROM range(500);"

static void step_small(uint64_t *random, uint64_t step, char *sql, size_t room) {
    snprintf(sql, room, "INSERT INTO t VALUES (%llu, %llu, 'name %llu');", (unsigned long long)step,
             (unsigned long long)crash_below(random, 1000), (unsigned long long)step);
}

static void step_bulk(uint64_t *random, uint64_t step, char *sql, size_t room) {
    uint64_t rows = 1 + crash_below(random, 20000);
    snprintf(
        sql, room,
        "INSERT INTO t SELECT id, hash(id, %llu), concat('b', hash(id + %llu)) FROM range(%llu);",
        (unsigned long long)step, (unsigned long long)step, (unsigned long long)rows);
}

static void step_update(uint64_t *random, uint64_t step, char *sql, size_t room) {
    snprintf(sql, room, "UPDATE t SET v = v + %llu WHERE id %% 7 = %llu;", (unsigned long long)step,
             (unsigned long long)crash_below(random, 7));
}

static void step_delete(uint64_t *random, uint64_t step, char *sql, size_t room) {
    if (step % 2 == 0)
        snprintf(sql, room, "DELETE FROM t WHERE id %% 11 = %llu;",
                 (unsigned long long)crash_below(random, 11));
    else
        snprintf(sql, room, "INSERT INTO t SELECT id, %llu, 'again' FROM range(%llu);",
                 (unsigned long long)step, (unsigned long long)(1 + crash_below(random, 300)));
}

static void step_transaction(uint64_t *random, uint64_t step, char *sql, size_t room) {
    snprintf(sql, room,
             "BEGIN; INSERT INTO t VALUES (%llu, 1, 'a'); INSERT INTO u VALUES (%llu, 2, 'b'); "
             "UPDATE t SET v = v + 1 WHERE id = %llu; %s;",
             (unsigned long long)step, (unsigned long long)step,
             (unsigned long long)crash_below(random, step + 1),
             crash_below(random, 5) == 0 ? "ROLLBACK" : "COMMIT");
}

static void step_definitions(uint64_t *random, uint64_t step, char *sql, size_t room) {
    uint64_t n = step / 3;
    if (step % 3 == 0)
        snprintf(sql, room, "CREATE TABLE d%llu (id BIGINT, v BIGINT, name STRING);",
                 (unsigned long long)n);
    else if (step % 3 == 1)
        snprintf(sql, room, "INSERT INTO d%llu SELECT id, %llu, 'd' FROM range(%llu);",
                 (unsigned long long)n, (unsigned long long)step,
                 (unsigned long long)crash_below(random, 50));
    else if (n >= 2)
        snprintf(sql, room, "DROP TABLE d%llu;", (unsigned long long)(n - 2));
    else
        snprintf(sql, room, "INSERT INTO d%llu VALUES (1, 2, 'x');", (unsigned long long)n);
}

static void step_merge(uint64_t *random, uint64_t step, char *sql, size_t room) {
    snprintf(
        sql, room,
        "MERGE INTO t USING (SELECT id * 3 AS id, %llu AS v FROM range(%llu)) s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET v = s.v "
        "WHEN NOT MATCHED THEN INSERT (id, v, name) VALUES (s.id, s.v, 'merged');",
        (unsigned long long)step, (unsigned long long)(1 + crash_below(random, 400)));
}

static void step_checkpoint(uint64_t *random, uint64_t step, char *sql, size_t room) {
    uint64_t choice = crash_below(random, 4);
    if (choice == 0)
        snprintf(sql, room, "CHECKPOINT;");
    else if (choice == 1)
        step_bulk(random, step, sql, room);
    else
        step_small(random, step, sql, room);
}

static void step_overwrite(uint64_t *random, uint64_t step, char *sql, size_t room) {
    if (crash_below(random, 6) == 0)
        snprintf(sql, room, "TRUNCATE TABLE t;");
    else
        snprintf(sql, room,
                 "INSERT %s t SELECT id, hash(id, %llu), concat('o', hash(id)) FROM range(%llu);",
                 crash_below(random, 2) == 0 ? "OVERWRITE" : "INTO", (unsigned long long)step,
                 (unsigned long long)(1 + crash_below(random, 9000)));
}

static void step_reopen(uint64_t *random, uint64_t step, char *sql, size_t room) {
    if (crash_below(random, 5) == 0)
        snprintf(sql, room, "REOPEN;");
    else
        step_small(random, step, sql, room);
}

const crash_workload crash_workloads[] = {
    {"small inserts", TABLE, step_small},
    {"bulk inserts", TABLE, step_bulk},
    {"updates", FILLED, step_update},
    {"deletes", FILLED, step_delete},
    {"transactions", TABLE "CREATE TABLE u (id BIGINT, v BIGINT, name STRING);", step_transaction},
    {"definitions", "", step_definitions},
    {"merges", FILLED, step_merge},
    {"checkpoints", TABLE, step_checkpoint},
    {"overwrites", TABLE, step_overwrite},
    {"reopening", TABLE, step_reopen},
};
const size_t crash_workload_count = sizeof(crash_workloads) / sizeof(*crash_workloads);

dbx_status crash_run_all(crash_db *d, const char *path, const char *sql, const char *synchronous) {
    char statement[1024];
    while (*sql != '\0') {
        size_t size = strcspn(sql, ";");
        snprintf(statement, sizeof(statement), "%.*s", (int)size, sql);
        sql += size + (sql[size] == ';');
        while (*sql == ' ') sql++;
        const char *text = statement + strspn(statement, " ");
        if (*text == '\0') continue;
        if (strcmp(text, "REOPEN") == 0) {
            crash_close(d);
            if (!crash_open(d, path, synchronous)) return DBX_ERROR;
            continue;
        }
        dbx_status status = crash_run(d, text);
        if (status == 0) continue;
        char kept[sizeof(d->error)];
        memcpy(kept, d->error, sizeof(kept));
        (void)crash_run(d, "ROLLBACK");
        memcpy(d->error, kept, sizeof(kept));
        return status;
    }
    return 0;
}

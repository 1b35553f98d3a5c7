/* corrupt.c - damage in the file and in its log: an error or the right answer, never another one.
 *
 * A database with many kinds of columns is copied while it is open, so that its log holds commits
 * that the file does not. Then, again and again, one copy is damaged (a bit flipped, a block of 512
 * or 4096 bytes blanked, swapped with another, or put back to what it was earlier, the file cut)
 * and opened in a process of its own. A blanked, stale or cut end of the log cannot be told from a
 * log that ended there: such a state may lack the last commits, but must be one that existed.
 */
#include "crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATES_MAX = 64, FILES = 2, SECONDS_MAX = 20 };

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

static bytes read_file(const char *path) {
    bytes b = {NULL, 0};
    FILE *f = fopen(path, "rb");
    if (f == NULL) return b;
    fseek(f, 0, SEEK_END);
    b.size = (size_t)ftell(f);
    rewind(f);
    b.data = malloc(b.size + 1);
    if (b.data == NULL || fread(b.data, 1, b.size, f) != b.size) crash_fail("cannot read %s", path);
    fclose(f);
    return b;
}

static void write_file(const char *path, const uint8_t *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        crash_fail("cannot write %s", path);
}

typedef struct subject {
    bytes now[FILES];     /* the file and its log */
    bytes earlier[FILES]; /* some commits before */
    uint64_t digests[STATES_MAX];
    uint32_t digest_count;
} subject;

static uint64_t wide_digest(crash_db *d) {
    uint64_t digest = crash_digest(d);
    if (digest == 0) return 0;
    static const char *const queries[] = {
        "SELECT count(*), sum(hash(id, v, name)) FROM t",
        "SELECT count(*), sum(hash(a, b, c, d, e, f)) FROM wide",
    };
    for (int i = 0; i < 2; i++) {
        dbx_result *r = NULL;
        if (dbx_query(d->connection, queries[i], &r) != 0) return 0;
        digest = digest * 31 + (uint64_t)dbx_value_int64(r, 0, 0);
        digest = digest * 31 + (uint64_t)dbx_value_int64(r, 1, 0);
        dbx_result_free(r);
    }
    return digest | 1;
}

static void make(subject *s, const char *path) {
    char wal[600], sql[512];
    snprintf(wal, sizeof(wal), "%s-wal", path);
    crash_db d;
    if (!crash_open(&d, path, "off")) crash_fail("%s", d.error);
    const char *setup =
        "CREATE TABLE t (id BIGINT, v BIGINT, name STRING);"
        "CREATE TABLE wide (id BIGINT, v BIGINT, name STRING, a INT, b DOUBLE, c DECIMAL(12, 2), "
        "d DATE, e STRING, f BOOLEAN);"
        "INSERT INTO wide SELECT id, id * id, concat('w', id % 100), CAST(id % 7 AS INT), id / "
        "8.0, "
        "CAST(id AS DECIMAL(12, 2)) / 4, date_add(DATE'2020-01-01', CAST(id % 999 AS INT)), "
        "md5(CAST(id AS STRING)), id % 3 = 0 FROM range(30000);"
        "INSERT INTO t SELECT id, id % 5, concat('n', id) FROM range(2000);"
        "DELETE FROM wide WHERE id % 13 = 5;"
        "CHECKPOINT;";
    if (crash_run_all(&d, path, setup, "off") != 0) crash_fail("%s", d.error);
    s->digests[s->digest_count++] = wide_digest(&d);
    for (int i = 0; i < 20; i++) {
        if (i == 10) {
            s->earlier[0] = read_file(path);
            s->earlier[1] = read_file(wal);
        }
        snprintf(sql, sizeof(sql),
                 i % 4 == 3 ? "UPDATE t SET v = v + %d WHERE id %% 9 = 1"
                            : "INSERT INTO t VALUES (%d, 1, 'late')",
                 i);
        if (crash_run(&d, sql) != 0) crash_fail("%s", d.error);
        s->digests[s->digest_count++] = wide_digest(&d);
    }
    s->now[0] = read_file(path);
    s->now[1] = read_file(wal);
    crash_close(&d);
    if (s->now[1].size == 0) crash_fail("the log is empty");
}

typedef enum damage { FLIP, BLANK, SWAP, STALE, CUT_OFF, DAMAGES } damage;
static const char *const damage_names[] = {"flipped", "blanked", "swapped", "stale", "cut"};

/* Damages a copy; *size is changed by a cut. */
static void damage_bytes(const subject *s, int file, damage kind, uint8_t *data, size_t *size,
                         uint64_t *random) {
    size_t block = crash_below(random, 2) == 0 ? 512 : 4096;
    size_t blocks = (*size + block - 1) / block;
    size_t at = crash_below(random, blocks) * block, part = *size - at < block ? *size - at : block;
    size_t from = crash_below(random, blocks) * block;
    const bytes *old = &s->earlier[file];
    switch (kind) {
    case FLIP:
        data[crash_below(random, *size)] ^= (uint8_t)(1 << crash_below(random, 8));
        break;
    case BLANK:
        memset(data + at, 0, part);
        break;
    case SWAP:
        if (from + part <= *size) memcpy(data + at, s->now[file].data + from, part);
        break;
    case STALE:
        if (at + part <= old->size) memcpy(data + at, old->data + at, part);
        break;
    case CUT_OFF:
        *size = crash_below(random, *size);
        break;
    case DAMAGES:
        break;
    }
}

enum { RIGHT = 0, ERROR = 10, EARLIER = 11, WRONG = 12 };

/* In a child: what opening and reading says. */
static int judge(const subject *s, const char *path) {
    crash_db d;
    if (!crash_open(&d, path, "off")) return ERROR;
    uint64_t digest = wide_digest(&d);
    crash_close(&d);
    if (digest == 0) return ERROR;
    if (digest == s->digests[s->digest_count - 1]) return RIGHT;
    for (uint32_t i = 0; i < s->digest_count; i++) {
        if (digest == s->digests[i]) return EARLIER;
    }
    return WRONG;
}

int main(int argc, char **argv) {
    crash_options o = crash_start(argc, argv, 10000);
    static subject s;
    char path[512], wal[600];
    snprintf(path, sizeof(path), "%s/c.dbx", o.folder);
    snprintf(wal, sizeof(wal), "%s-wal", path);
    make(&s, path);
    uint64_t random = o.seed, counts[16] = {0}, bad = 0, hangs = 0, crashes = 0, silent = 0;
    for (uint64_t n = 0; n < o.size; n++) {
        uint64_t state = random;
        int file = (int)crash_below(&random, FILES);
        damage kind = n % 2 == 0 ? FLIP : (damage)crash_below(&random, DAMAGES);
        size_t size = s.now[file].size;
        uint8_t *data = malloc(size + 1);
        if (data == NULL) crash_fail("out of memory");
        memcpy(data, s.now[file].data, size);
        damage_bytes(&s, file, kind, data, &size, &random);
        crash_remove(path);
        write_file(path, file == 0 ? data : s.now[0].data, file == 0 ? size : s.now[0].size);
        write_file(wal, file == 1 ? data : s.now[1].data, file == 1 ? size : s.now[1].size);
        free(data);
        pid_t child = fork();
        if (child == 0) {
            alarm(SECONDS_MAX);
            _exit(judge(&s, path));
        }
        int outcome;
        waitpid(child, &outcome, 0);
        int code = WIFEXITED(outcome) ? WEXITSTATUS(outcome) : -1;
        bool tail = file == 1 && kind != FLIP; /* may look like a log that ended */
        bool good = code == RIGHT || code == ERROR || (code == EARLIER && tail);
        if (code >= 0 && code < 16) counts[code]++;
        hangs += WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM;
        crashes += code == -1 && !(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM);
        silent += code >= 0 && !good;
        bad += !good;
        if (!good && bad <= 10)
            printf("BAD: %s %s, seed %llu: code %d signal %d\n", file == 0 ? "file" : "log",
                   damage_names[kind], (unsigned long long)state, code,
                   WIFSIGNALED(outcome) ? WTERMSIG(outcome) : 0);
    }
    crash_end(&o);
    printf("{\"programme\":\"corrupt\",\"seed\":%llu,\"damages\":%llu,\"errors\":%llu,\"harmless\":"
           "%llu,"
           "\"tails\":%llu,\"crashes\":%llu,\"hangs\":%llu,\"silent\":%llu}\n",
           (unsigned long long)o.seed, (unsigned long long)o.size,
           (unsigned long long)counts[ERROR], (unsigned long long)counts[RIGHT],
           (unsigned long long)counts[EARLIER], (unsigned long long)crashes,
           (unsigned long long)hangs, (unsigned long long)silent);
    return bad > 0;
}

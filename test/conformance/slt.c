/* slt.c - runs sqllogictest files against dbx through dbx.h.
 *
 *   slt TAR.zst | FOLDER | FILE...   [--native] [--jobs N] [--filter TEXT] [--verbose] [--set
 * NAME=VALUE]...
 *
 * Records for the engine name `mysql` are taken where a file has them, since Spark, like MySQL,
 * divides integers with DIV. The changes made to a record's SQL follow from that dialect:
 *
 *   AS SIGNED -> AS BIGINT. MySQL rounds to an integer where Spark cuts, so an operand that may
 * have a fraction (it has a quotient, an average or a point) is put into ROUND. INTEGER and INT
 * columns of CREATE TABLE -> BIGINT, TEXT -> STRING. A prefix + is left out: MySQL's changes
 * nothing, also on text, where Spark's converts to DOUBLE.
 *
 * ANSI mode is off, because the corpus expects NULL from a division by zero. Not run are
 *
 *   statements that the dialect does not have (CREATE INDEX, TRIGGER, REPLACE, keys on parts of a
 *   column), or whose types it does not compare. When such a statement would have changed data, the
 *   rest of its file is not comparable and not run either.
 *   conditions that test a quotient of / for equality (see compares_quotient): MySQL's is a DECIMAL
 *   of four digits, Spark's a DOUBLE, so that both are right with different rows.
 *
 * With --native the files are dbx's own (test/sql): SQL is taken as it is (but ${TMP}, a folder),
 * ANSI mode stays on, `query [rowsort]` expects a line a row, values separated by tabs as Spark's
 * shell prints them, and `statement error CLASS` names the error's class.
 *
 * Each file runs in a process and a database of its own, so that a crash loses one file. Prints a
 * line a failing file, the totals, and as last line one JSON object.
 */
#include "dbx.h"
#include "runner.h"

#include <ctype.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct slt_counts {
    uint64_t records; /* that this engine should run */
    uint64_t passed;
    uint64_t failed;
    uint64_t not_run; /* the dialect has no such statement */
} slt_counts;

typedef struct slt_file {
    char *name;
    char *text;
    size_t size;
} slt_file;

typedef struct slt_run {
    const char *file;
    bool verbose;
    bool native;
    char folder[32]; /* native: what ${TMP} stands for; removed at the file's end */
    dbx_connection *con;
    slt_counts *counts;
    uint64_t shown;
    bool diverged; /* a statement that changes data could not be run */
} slt_run;

enum { SLT_SHOWN_MAX = 3, SLT_LINE_MAX = 1 << 20 };

/* ---- values ---- */

typedef struct value_list {
    char **items;
    size_t count;
    size_t capacity;
} value_list;

static void values_push(value_list *v, const char *text, size_t size) {
    if (v->count == v->capacity) {
        v->capacity = v->capacity ? v->capacity * 2 : 64;
        v->items = xrealloc(v->items, v->capacity * sizeof(*v->items));
    }
    char *copy = xmalloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    v->items[v->count++] = copy;
}

static void values_free(value_list *v) {
    for (size_t i = 0; i < v->count; i++) free(v->items[i]);
    free(v->items);
    *v = (value_list){0};
}

/* One value as sqllogictest prints it: I %d, R %.3f, T with unprintable bytes as @. */
static void value_of(dbx_result *r, uint32_t column, uint64_t row, char type, value_list *out) {
    char text[64];
    if (dbx_value_is_null(r, column, row)) {
        values_push(out, "NULL", 4);
    } else if (type == 'I') {
        dbx_type t = dbx_column_type(r, column);
        long long number;
        if (t == DBX_TYPE_STRING) {
            dbx_bytes b = dbx_value_text(r, column, row);
            number = strtoll(b.data ? b.data : "0", NULL, 10);
        } else {
            number = (long long)dbx_value_int64(r, column, row);
        }
        int n = snprintf(text, sizeof(text), "%lld", number);
        values_push(out, text, (size_t)n);
    } else if (type == 'R') {
        dbx_type t = dbx_column_type(r, column);
        double number = t == DBX_TYPE_STRING ? strtod(dbx_value_text(r, column, row).data, NULL)
                                             : dbx_value_double(r, column, row);
        int n = snprintf(text, sizeof(text), "%.3f", number);
        values_push(out, text, (size_t)n);
    } else {
        dbx_bytes b = dbx_value_text(r, column, row);
        if (b.size == 0) {
            values_push(out, "(empty)", 7);
            return;
        }
        values_push(out, b.data, b.size);
        for (char *c = out->items[out->count - 1]; *c; c++) {
            if (*c < ' ' || *c > '~') *c = '@';
        }
    }
}

static int compare_strings(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t slt_row_width;
static int compare_rows(const void *a, const void *b) {
    char *const *x = a;
    char *const *y = b;
    for (size_t i = 0; i < slt_row_width; i++) {
        int order = strcmp(x[i], y[i]);
        if (order != 0) return order;
    }
    return 0;
}

static void md5_of(const value_list *v, char out[33]) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestInit_ex(ctx, EVP_md5(), NULL);
    for (size_t i = 0; i < v->count; i++) {
        EVP_DigestUpdate(ctx, v->items[i], strlen(v->items[i]));
        EVP_DigestUpdate(ctx, "\n", 1);
    }
    EVP_DigestFinal_ex(ctx, digest, &length);
    EVP_MD_CTX_free(ctx);
    for (unsigned i = 0; i < 16; i++) snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- dialect ---- */

static bool word_at(const char *s, const char *word) {
    size_t n = strlen(word);
    return strncasecmp(s, word, n) == 0 && !isalnum((unsigned char)s[n]) && s[n] != '_';
}

enum { MAP_DEPTH_MAX = 256 };

/* Text put into a buffer at a place before its end. */
static void text_insert(text_buffer *b, size_t at, const char *data) {
    size_t size = strlen(data);
    text_append(b, data, size);
    memmove(b->data + at + size, b->data + at, b->size - size - at);
    memcpy(b->data + at, data, size);
}

/* Can the value have a fraction? A quotient, an average or a literal with a point. */
static bool may_have_fraction(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '/' || data[i] == '.') return true;
        if (size - i > 3 && strncasecmp(data + i, "AVG", 3) == 0) return true;
    }
    return false;
}

static size_t space_length(const char *s) {
    return strspn(s, " \t\r\n");
}

/* The record's SQL with the dialect's type names replaced, outside of strings. Caller frees. */
static char *map_types(const char *sql) {
    text_buffer b = {0};
    bool create = strncasecmp(sql, "CREATE TABLE", 12) == 0;
    char before = ' ';
    size_t casts[MAP_DEPTH_MAX]; /* by open bracket: where the operand of its CAST begins, or 0 */
    uint32_t depth = 0;
    bool cast = false; /* the last word was CAST */
    for (const char *s = sql; *s;) {
        if (*s == '\'') {
            const char *end = s + 1;
            while (*end && !(*end == '\'' && end[1] != '\'')) end += *end == '\'' ? 2 : 1;
            if (*end) end++;
            text_append(&b, s, (size_t)(end - s));
            s = end;
            before = '\'';
            continue;
        }
        bool start = !isalnum((unsigned char)before) && before != '_';
        if (start && word_at(s, "AS") && word_at(s + 2 + space_length(s + 2), "SIGNED")) {
            size_t at = depth > 0 && depth <= MAP_DEPTH_MAX ? casts[depth - 1] : 0;
            if (at > 0 && may_have_fraction(b.data + at, b.size - at)) {
                text_insert(&b, at, "ROUND(");
                text_append(&b, ") ", 2);
            }
            text_append(&b, "AS BIGINT", 9);
            s += 2 + space_length(s + 2) + 6;
        } else if (start && create && word_at(s, "INTEGER")) {
            text_append(&b, "BIGINT", 6);
            s += 7;
        } else if (start && create && word_at(s, "INT")) {
            text_append(&b, "BIGINT", 6);
            s += 3;
        } else if (start && create && word_at(s, "TEXT")) {
            text_append(&b, "STRING", 6);
            s += 4;
        } else {
            if (start && word_at(s, "CAST"))
                cast = true;
            else if (*s != '(' && !isspace((unsigned char)*s) && start)
                cast = false;
            before = *s;
            text_append(&b, s++, 1);
            if (before == '(') {
                if (depth < MAP_DEPTH_MAX) casts[depth] = cast ? b.size : 0;
                depth++;
                cast = false;
            } else if (before == ')' && depth > 0) {
                depth--;
            }
            continue;
        }
        before = 'x';
    }
    text_append(&b, "", 1);
    return b.data;
}

/* Does a condition test a quotient of / for equality: is there a / and one of = <> != IN between
 * two of the words that conditions are made of? */
static bool compares_quotient(const char *sql) {
    static const char *const words[] = {"AND",  "OR",   "WHERE", "HAVING", "ON",   "WHEN",
                                        "THEN", "ELSE", "END",   "GROUP",  "ORDER"};
    bool quotient = false, equality = false, start = true;
    for (const char *s = sql; *s; s++) {
        bool inside = isalnum((unsigned char)*s) || *s == '_';
        if (*s == '\'') {
            for (s++; *s && *s != '\''; s++) continue;
            if (!*s) break;
        }
        quotient |= *s == '/';
        bool order = s > sql && (s[-1] == '<' || s[-1] == '>');
        equality |= (*s == '=' && !order) || (*s == '>' && s > sql && s[-1] == '<');
        equality |= start && word_at(s, "IN");
        if (quotient && equality) return true;
        for (size_t i = 0; start && i < sizeof(words) / sizeof(words[0]); i++) {
            if (word_at(s, words[i])) quotient = equality = false;
        }
        start = !inside;
    }
    return false;
}

/* Left out: a + after an operator, a bracket, a comma or a keyword. Works in place. */
static void drop_prefix_plus(char *sql) {
    static const char *const words[] = {
        "SELECT", "ALL",  "DISTINCT", "WHERE", "NOT",    "AND", "OR",  "BETWEEN", "IN", "WHEN",
        "THEN",   "ELSE", "CASE",     "BY",    "HAVING", "ON",  "DIV", "VALUES",  "SET"};
    char *out = sql;
    bool prefix = true; /* an operand is expected */
    for (char *s = sql; *s;) {
        if (*s == '\'') {
            do *out++ = *s++;
            while (*s && (s[-1] != '\'' || s == sql) && *s != '\'');
            if (*s) *out++ = *s++;
            prefix = false;
        } else if (isalnum((unsigned char)*s) || *s == '_') {
            char *start = s;
            while (isalnum((unsigned char)*s) || *s == '_' || *s == '.') *out++ = *s++;
            prefix = false;
            for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                size_t n = strlen(words[i]);
                prefix |= (size_t)(s - start) == n && strncasecmp(start, words[i], n) == 0;
            }
        } else if (*s == '+' && prefix) {
            *out++ = ' ';
            s++;
        } else {
            if (!isspace((unsigned char)*s)) prefix = *s != ')';
            *out++ = *s++;
        }
    }
    *out = '\0';
}

/* Refusals that follow from the dialect. */
static bool is_refused(const char *error_class) {
    return strncmp(error_class, "DATATYPE_MISMATCH.", 18) == 0 ||
           strcmp(error_class, "UNSUPPORTED_FEATURE") == 0 ||
           strcmp(error_class, "PARSE_SYNTAX_ERROR") == 0 ||
           strcmp(error_class, "DUPLICATE_ASSIGNMENTS") == 0;
}

/* Statements that Databricks SQL does not have at all. */
static bool is_foreign(const char *sql) {
    static const char *const heads[] = {"CREATE INDEX",   "CREATE UNIQUE INDEX", "DROP INDEX",
                                        "CREATE TRIGGER", "DROP TRIGGER",        "REINDEX",
                                        "REPLACE INTO",   "INSERT OR",           "UPDATE OR"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (strncasecmp(sql, heads[i], strlen(heads[i])) == 0) return true;
    }
    return false;
}

/* ---- records ---- */

static void slt_fail(slt_run *run, uint64_t line, const char *sql, const char *why) {
    run->counts->failed++;
    if (run->verbose || run->shown < SLT_SHOWN_MAX) {
        fprintf(stderr, "%s:%llu: %s\n  %.300s\n", run->file, (unsigned long long)line, why, sql);
    }
    run->shown++;
}

static void run_statement(slt_run *run, uint64_t line, const char *sql, bool expect_ok,
                          const char *error_class) {
    dbx_result *result = NULL;
    dbx_status status = dbx_query(run->con, sql, &result);
    dbx_result_free(result);
    if (status != DBX_OK && !expect_ok && error_class[0] != '\0') {
        char why[512];
        snprintf(why, sizeof(why), "expected %s: %s", error_class, dbx_error_message(run->con));
        if (strcmp(dbx_error_class(run->con), error_class) == 0)
            run->counts->passed++;
        else
            slt_fail(run, line, sql, why);
        return;
    }
    if (status != DBX_OK && !run->native && expect_ok &&
        (is_foreign(sql) || is_refused(dbx_error_class(run->con)))) {
        run->counts->not_run++;
        bool harmless = strstr(sql, "INDEX") != NULL || strstr(sql, "TRIGGER") != NULL;
        run->diverged |= !harmless;
    } else if ((status == DBX_OK) == expect_ok) {
        run->counts->passed++;
    } else {
        slt_fail(run, line, sql, expect_ok ? dbx_error_message(run->con) : "an error was expected");
    }
}

static bool values_match(const slt_run *run, value_list *got, const value_list *expected, char *why,
                         size_t why_size) {
    if (expected->count == 1 && strstr(expected->items[0], " values hashing to ") != NULL) {
        char hash[33];
        char line[128];
        md5_of(got, hash);
        snprintf(line, sizeof(line), "%zu values hashing to %s", got->count, hash);
        if (strcmp(line, expected->items[0]) == 0) return true;
        snprintf(why, why_size, "expected %s, got %s", expected->items[0], line);
        return false;
    }
    (void)run;
    if (got->count != expected->count) {
        snprintf(why, why_size, "expected %zu values, got %zu (first: %s)", expected->count,
                 got->count, got->count ? got->items[0] : "none");
        return false;
    }
    for (size_t i = 0; i < got->count; i++) {
        if (strcmp(got->items[i], expected->items[i]) != 0) {
            snprintf(why, why_size, "value %zu: expected %s, got %s", i + 1, expected->items[i],
                     got->items[i]);
            return false;
        }
    }
    return true;
}

static void run_query(slt_run *run, uint64_t line, const char *sql, const char *types,
                      const char *sort, const value_list *expected) {
    dbx_result *result = NULL;
    char why[512];
    if (compares_quotient(sql)) {
        run->counts->not_run++;
        return;
    }
    if (dbx_query(run->con, sql, &result) != DBX_OK) {
        const char *error_class = dbx_error_class(run->con);
        /* MySQL compares any types, and takes columns that are not grouped. */
        if (strncmp(error_class, "DATATYPE_MISMATCH.", 18) == 0 ||
            strcmp(error_class, "MISSING_AGGREGATION") == 0)
            run->counts->not_run++;
        else
            slt_fail(run, line, sql, dbx_error_message(run->con));
        return;
    }
    size_t columns = dbx_column_count(result);
    value_list got = {0};
    if (columns != strlen(types)) {
        snprintf(why, sizeof(why), "expected %zu columns, got %zu", strlen(types), columns);
        slt_fail(run, line, sql, why);
        dbx_result_free(result);
        return;
    }
    uint64_t rows = dbx_row_count(result);
    for (uint64_t row = 0; row < rows; row++) {
        for (uint32_t c = 0; c < columns; c++) value_of(result, c, row, types[c], &got);
    }
    dbx_result_free(result);
    if (strcmp(sort, "rowsort") == 0 && got.count > 0) {
        slt_row_width = columns;
        qsort(got.items, rows, columns * sizeof(char *), compare_rows);
    } else if (strcmp(sort, "valuesort") == 0 && got.count > 0) {
        qsort(got.items, got.count, sizeof(char *), compare_strings);
    }
    if (values_match(run, &got, expected, why, sizeof(why))) {
        run->counts->passed++;
    } else {
        slt_fail(run, line, sql, why);
    }
    values_free(&got);
}

/* A line a row. With rowsort both sides are sorted. */
static void run_native_query(slt_run *run, uint64_t line, const char *sql, bool sorted,
                             value_list *expected) {
    dbx_result *result = NULL;
    char why[512];
    if (dbx_query(run->con, sql, &result) != DBX_OK) {
        slt_fail(run, line, sql, dbx_error_message(run->con));
        return;
    }
    value_list got = {0};
    for (uint64_t row = 0; row < dbx_row_count(result); row++) {
        text_buffer b = {0};
        for (uint32_t c = 0; c < dbx_column_count(result); c++) {
            dbx_bytes value = dbx_value_text_as(result, c, row, DBX_TEXT_HIVE);
            if (c > 0) text_append(&b, "\t", 1);
            text_append(&b, value.data ? value.data : "NULL", value.data ? value.size : 4);
        }
        text_append(&b, "", 0);
        values_push(&got, b.data, b.size);
        free(b.data);
    }
    dbx_result_free(result);
    if (sorted && got.count > 1) qsort(got.items, got.count, sizeof(char *), compare_strings);
    if (sorted && expected->count > 1)
        qsort(expected->items, expected->count, sizeof(char *), compare_strings);
    if (values_match(run, &got, expected, why, sizeof(why)))
        run->counts->passed++;
    else
        slt_fail(run, line, sql, why);
    values_free(&got);
}

/* ---- files ---- */

typedef struct line_reader {
    const char *at;
    const char *end;
    uint64_t number;
} line_reader;

/* The next line without its end; false at the end of the file. */
static bool next_line(line_reader *r, const char **line, size_t *size) {
    if (r->at >= r->end) return false;
    const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    const char *stop = newline ? newline : r->end;
    *line = r->at;
    *size = (size_t)(stop - r->at);
    if (*size > 0 && (*line)[*size - 1] == '\r') (*size)--;
    r->at = newline ? newline + 1 : r->end;
    r->number++;
    return true;
}

static bool line_blank(const char *line, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (!isspace((unsigned char)line[i])) return false;
    }
    return true;
}

/* The SQL with ${TMP} replaced. Frees the given one. */
static char *place_folder(char *sql, const char *folder) {
    static const char name[] = "${TMP}";
    text_buffer b = {0};
    const char *from = sql;
    for (const char *at; (at = strstr(from, name)) != NULL; from = at + sizeof(name) - 1) {
        text_append(&b, from, (size_t)(at - from));
        text_append(&b, folder, strlen(folder));
    }
    text_append(&b, from, strlen(from) + 1);
    free(sql);
    return b.data;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

/* Reads SQL lines up to a blank line or ----; *results says that ---- ended it. */
static char *read_sql(const slt_run *run, line_reader *r, bool *results) {
    text_buffer b = {0};
    const char *line;
    size_t size;
    *results = false;
    while (next_line(r, &line, &size)) {
        if (line_blank(line, size)) break;
        if (size == 4 && memcmp(line, "----", 4) == 0) {
            *results = true;
            break;
        }
        if (b.size > 0) text_append(&b, "\n", 1);
        text_append(&b, line, size);
    }
    text_append(&b, "", 1);
    if (run->native) return place_folder(b.data, run->folder);
    char *mapped = map_types(b.data);
    drop_prefix_plus(mapped);
    free(b.data);
    return mapped;
}

static void read_expected(line_reader *r, value_list *out) {
    const char *line;
    size_t size;
    while (next_line(r, &line, &size)) {
        if (size == 0) break;
        values_push(out, line, size);
    }
}

/* Runs one record that starts with `words`. Returns false at halt. */
static bool run_record(slt_run *run, line_reader *r, char words[4][64], bool skip) {
    uint64_t line = r->number;
    bool results = false;
    if (!skip && run->diverged &&
        (strcmp(words[0], "statement") == 0 || strcmp(words[0], "query") == 0)) {
        run->counts->records++;
        run->counts->not_run++;
        skip = true;
    }
    if (strcmp(words[0], "halt") == 0) return skip;
    if (strcmp(words[0], "hash-threshold") == 0) return true;
    if (strcmp(words[0], "statement") == 0) {
        char *sql = read_sql(run, r, &results);
        if (!skip) {
            run->counts->records++;
            run_statement(run, line, sql, strcmp(words[1], "ok") == 0, words[2]);
        }
        free(sql);
        return true;
    }
    if (strcmp(words[0], "query") == 0) {
        value_list expected = {0};
        char *sql = read_sql(run, r, &results);
        if (results) read_expected(r, &expected);
        if (!skip && run->native) {
            run->counts->records++;
            run_native_query(run, line, sql, strcmp(words[1], "rowsort") == 0, &expected);
        } else if (!skip) {
            run->counts->records++;
            run_query(run, line, sql, words[1], words[2][0] ? words[2] : "nosort", &expected);
        }
        values_free(&expected);
        free(sql);
    }
    return true;
}

static void run_file(const slt_file *file, slt_counts *counts, const runner_options *o) {
    bool native = o->native;
    slt_run run = {.file = file->name, .verbose = o->verbose, .native = native, .counts = counts};
    strcpy(run.folder, "/tmp/dbx-sql-XXXXXX");
    if (native && mkdtemp(run.folder) == NULL) counts->failed++;
    dbx_database *db = NULL;
    char *message = NULL;
    if (dbx_open(":memory:", o->settings, o->setting_count, &db, &message) != DBX_OK ||
        dbx_connect(db, &run.con) != DBX_OK) {
        fprintf(stderr, "%s: cannot open a database: %s\n", file->name, message ? message : "");
        counts->failed++;
        return;
    }
    if (!native && dbx_query(run.con, "SET dbx.ansi = false", NULL) != DBX_OK) counts->failed++;
    line_reader r = {file->text, file->text + file->size, 0};
    const char *line;
    size_t size;
    bool skip = false;
    while (next_line(&r, &line, &size)) {
        if (size == 0 || line[0] == '#') continue;
        char words[4][64] = {{0}};
        char copy[256];
        size_t kept = size < sizeof(copy) - 1 ? size : sizeof(copy) - 1;
        memcpy(copy, line, kept);
        copy[kept] = '\0';
        sscanf(copy, "%63s %63s %63s %63s", words[0], words[1], words[2], words[3]);
        if (strcmp(words[0], "skipif") == 0) {
            skip |= strcmp(words[1], "mysql") == 0;
        } else if (strcmp(words[0], "onlyif") == 0) {
            skip |= strcmp(words[1], "mysql") != 0;
        } else {
            if (!run_record(&run, &r, words, skip)) break;
            skip = false;
        }
    }
    dbx_disconnect(run.con);
    dbx_close(db);
    if (native) nftw(run.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv) {
    runner_options options = {.jobs = 2};
    runner_set(&options, "timezone", "UTC");
    runner_set(&options, "threads", "1");
    runner_parse(&options, argc, argv,
                 "slt TAR.zst | FOLDER | FILE... [--native] [--jobs N] [--filter TEXT] [--verbose] "
                 "[--set NAME=VALUE]...");
    runner_files files = {0};
    runner_load(&options, ".test", &files);
    size_t bytes = (files.count + 1) * sizeof(slt_counts);
    slt_counts *all = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return 2;
    uint64_t crashed = 0;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int running = 0;
    for (size_t i = 0; i < files.count || running > 0;) {
        if (i < files.count && running < options.jobs) {
            pid_t child = fork();
            if (child == 0) {
                slt_file file = {files.items[i].name, files.items[i].text, files.items[i].size};
                run_file(&file, &all[i], &options);
                fflush(NULL);
                _exit(0);
            }
            running++;
            i++;
            continue;
        }
        int how = 0;
        if (wait(&how) < 0) break;
        running--;
        if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
            crashed++;
            fprintf(stderr, "a file ended its process (status %d)\n", how);
        }
    }
    slt_counts total = {0};
    for (size_t i = 0; i < files.count; i++) {
        const slt_counts *c = &all[i];
        total.records += c->records;
        total.passed += c->passed;
        total.failed += c->failed;
        total.not_run += c->not_run;
        if (c->failed > 0 || options.verbose) {
            printf("%-60s %8llu passed %6llu failed %6llu not run\n", files.items[i].name,
                   (unsigned long long)c->passed, (unsigned long long)c->failed,
                   (unsigned long long)c->not_run);
        }
    }
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    uint64_t run_count = total.passed + total.failed;
    printf(
        "files %zu, records %llu, run %llu (%.3f%%), passed %llu (%.4f%% of those run), %.1f s\n",
        files.count, (unsigned long long)total.records, (unsigned long long)run_count,
        total.records ? 100.0 * (double)run_count / (double)total.records : 0,
        (unsigned long long)total.passed,
        run_count ? 100.0 * (double)total.passed / (double)run_count : 0, seconds);
    printf("{\"suite\":\"slt\",\"files\":%zu,\"records\":%llu,\"run\":%llu,\"passed\":%llu,"
           "\"failed\":%llu,"
           "\"not_run\":%llu,\"crashed\":%llu,\"seconds\":%.1f}\n",
           files.count, (unsigned long long)total.records, (unsigned long long)run_count,
           (unsigned long long)total.passed, (unsigned long long)total.failed,
           (unsigned long long)total.not_run, (unsigned long long)crashed, seconds);
    runner_free(&options, &files);
    return total.failed > 0 || crashed > 0 ? 1 : 0;
}

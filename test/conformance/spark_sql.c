/* spark_sql.c - runs Spark's SQL golden files against dbx through dbx.h.
 *
 *   spark_sql FOLDER [--jobs N] [--filter TEXT] [--verbose] [--results] [--set NAME=VALUE]...
 *
 * FOLDER holds results/ (blocks of query, schema and output), inputs/ (directives such as --SET
 * k=v) and test-data/. Each file runs in a process and a database of its own: time zone
 * America/Los_Angeles, ANSI mode except under nonansi/, with the suite's tables where the file
 * names them.
 *
 * Results are compared as Spark's shell prints them: DESCRIBE pads its cells to 20 characters, SHOW
 * TABLES and SHOW VIEWS print the names alone. Files under timestampNTZ/ run with
 * spark.sql.timestampType=TIMESTAMP_NTZ, and all with Spark's default of spark.sql.sources.default,
 * parquet, as in Spark's own suite.
 *
 * Counted apart: rows (or an error where one is expected), the schema string, and the error's class
 * and SQLSTATE. A block is skipped, with its reason, only when it needs a JVM, Python or a script
 * (TRANSFORM, reflect, UDFs in Scala), or shows a plan as text (EXPLAIN). Prints a line a file, the
 * totals, and as last line one JSON object. --results prints what each block gave (rows sorted, or
 * the error's class), so that runs under different settings can be compared.
 */
#include "dbx.h"
#include "runner.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct golden_counts {
    unsigned blocks, skipped_plan, skipped_foreign;
    unsigned rows_right;
    unsigned schema_right;
    unsigned errors_expected, error_class_right;
    unsigned done; /* 1 when the process came to its end */
} golden_counts;

typedef struct golden_run {
    const char *file;
    const char *root; /* FOLDER */
    const runner_options *options;
    dbx_connection *con;
    golden_counts *counts;
} golden_run;

/* ---- the suite's tables ---- */

static void run_sql(golden_run *run, const char *sql) {
    if (dbx_query(run->con, sql, NULL) != DBX_OK && run->options->verbose) {
        fprintf(stderr, "%s: setup: %s\n  %s\n", run->file, sql, dbx_error_message(run->con));
    }
}

static const char *const wide_columns = "(unique1 INT, unique2 INT, two INT, four INT, ten INT, "
                                        "twenty INT, hundred INT, thousand INT, twothousand INT, "
                                        "fivethous INT, tenthous INT, odd INT, even INT, stringu1 "
                                        "STRING, stringu2 STRING, string4 STRING)";

/* Appends a tab-separated file; `strings` is the index of the first STRING column. */
static void load_table(golden_run *run, const char *table, const char *file, int strings,
                       bool floats) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/test-data/postgresql/%s", run->root, file);
    size_t size;
    char *text = runner_read(path, &size);
    dbx_appender *appender;
    if (text == NULL || dbx_appender_new(run->con, table, &appender) != DBX_OK) {
        free(text);
        return;
    }
    int column = 0;
    for (char *at = text; *at;) {
        size_t n = strcspn(at, "\t\n");
        char end = at[n];
        at[n] = '\0';
        if (column >= strings)
            (void)dbx_append_string(appender, at, n);
        else if (floats && column == 1)
            (void)dbx_append_double(appender, atof(at));
        else
            (void)dbx_append_int64(appender, atoll(at));
        column++;
        if (end != '\t') {
            (void)dbx_append_row_end(appender);
            column = 0;
        }
        at += end ? n + 1 : n;
    }
    (void)dbx_appender_close(appender);
    free(text);
}

static void create_tables(golden_run *run, const char *text) {
    if (strcasestr(text, "testdata")) {
        run_sql(run, "CREATE TABLE testdata (key INT, value STRING)");
        run_sql(
            run,
            "INSERT INTO testdata SELECT CAST(id AS INT), CAST(id AS STRING) FROM range(1, 101)");
    }
    if (strcasestr(text, "arraydata")) {
        run_sql(run,
                "CREATE TABLE arraydata (arraycol ARRAY<INT>, nestedarraycol ARRAY<ARRAY<INT>>)");
        run_sql(run, "INSERT INTO arraydata VALUES (array(1, 2, 3), array(array(1, 2, 3))), "
                     "(array(2, 3, 4), array(array(2, 3, 4)))");
    }
    if (strcasestr(text, "mapdata")) {
        run_sql(run, "CREATE TABLE mapdata (mapcol MAP<INT, STRING>)");
        run_sql(run,
                "INSERT INTO mapdata VALUES (map(1, 'a1', 2, 'b1', 3, 'c1', 4, 'd1', 5, 'e1')), "
                "(map(1, 'a2', 2, 'b2', 3, 'c2', 4, 'd2')), (map(1, 'a3', 2, 'b3', 3, 'c3')), "
                "(map(1, 'a4', 2, 'b4')), (map(1, 'a5'))");
    }
    if (strcasestr(text, "aggtest")) {
        run_sql(run, "CREATE TABLE aggtest (a INT, b FLOAT)");
        load_table(run, "aggtest", "agg.data", 2, true);
    }
    char sql[512];
    static const char *const wide[][2] = {{"onek", "onek.data"}, {"tenk1", "tenk.data"}};
    for (int i = 0; i < 2; i++) {
        if (!strcasestr(text, wide[i][0])) continue;
        snprintf(sql, sizeof(sql), "CREATE TABLE %s %s", wide[i][0], wide_columns);
        run_sql(run, sql);
        load_table(run, wide[i][0], wide[i][1], 13, false);
    }
}

/* --SET k=v,k2=v2 lines of the input file. */
static void apply_directives(golden_run *run, const char *input) {
    for (const char *line = input; line && *line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, "--SET ", 6) != 0) continue;
        char text[1024];
        snprintf(text, sizeof(text), "%.*s", (int)strcspn(line + 6, "\r\n"), line + 6);
        char *rest = text;
        for (char *pair; (pair = strsep(&rest, ",")) != NULL;) {
            char sql[1100];
            while (*pair == ' ') pair++;
            snprintf(sql, sizeof(sql), "SET %s", pair);
            if (strchr(pair, '=')) run_sql(run, sql);
        }
    }
}

/* ---- comparing ---- */

static int compare_rows(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void trim_end(char *s) {
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1])) s[--n] = '\0';
}

static size_t text_width(const char *text, size_t size) {
    size_t width = 0;
    for (size_t i = 0; text != NULL && i < size; i++)
        width += ((unsigned char)text[i] & 0xC0) != 0x80;
    return width;
}

/* Results that Spark's shell prints in a form of their own. */
typedef enum row_form { FORM_PLAIN, FORM_DESCRIBE, FORM_NAMES } row_form;

static row_form result_form(dbx_result *r) {
    uint32_t n = dbx_column_count(r);
    if (n != 3) return FORM_PLAIN;
    const char *kind = dbx_result_kind(r);
    const char *second = dbx_column_name(r, 1);
    if (strcmp(kind, "DESCRIBE") == 0) return FORM_DESCRIBE;
    bool names = strcmp(second, "tableName") == 0 || strcmp(second, "viewName") == 0;
    return strcmp(kind, "SHOW") == 0 && names ? FORM_NAMES : FORM_PLAIN;
}

/* Rows as Spark's shell prints them, one string each. */
static char **result_rows(dbx_result *r, size_t *count) {
    uint32_t columns = dbx_column_count(r);
    row_form form = result_form(r);
    uint64_t rows = dbx_row_count(r);
    char **out = xmalloc(sizeof(char *) * (rows + 1));
    for (uint64_t row = 0; row < rows; row++) {
        text_buffer b = {0};
        for (uint32_t c = 0; c < columns; c++) {
            dbx_bytes value = dbx_value_text_as(r, c, row, DBX_TEXT_HIVE);
            if (form == FORM_NAMES && c != 1) continue;
            if (c > 0 && form != FORM_NAMES) text_append(&b, "\t", 1);
            if (form == FORM_DESCRIBE) {
                if (dbx_value_is_null(r, c, row)) value = (dbx_bytes){"", 0};
                text_append(&b, value.data, value.size);
                for (size_t k = text_width(value.data, value.size); k < 20; k++)
                    text_append(&b, " ", 1);
            } else {
                text_append(&b, value.data ? value.data : "NULL", value.data ? value.size : 4);
            }
        }
        text_append(&b, "", 0);
        out[row] = b.data;
    }
    *count = rows;
    return out;
}

static char *join_rows(char **rows, size_t count) {
    text_buffer b = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0) text_append(&b, "\n", 1);
        text_append(&b, rows[i], strlen(rows[i]));
    }
    text_append(&b, "", 0);
    trim_end(b.data);
    return b.data;
}

/* Line by line; "[not included in comparison]" ends a line's comparison; trailing blanks do not
 * count. */
static bool texts_match(const char *got, const char *expected) {
    static const char hidden[] = "[not included in comparison]";
    for (;;) {
        size_t g = strcspn(got, "\n"), e = strcspn(expected, "\n");
        const char *mask = memmem(expected, e, hidden, sizeof(hidden) - 1);
        if (mask != NULL) {
            size_t keep = (size_t)(mask - expected);
            while (keep > 0 && isspace((unsigned char)expected[keep - 1])) keep--;
            if (g < keep || memcmp(got, expected, keep) != 0) return false;
        } else {
            size_t gt = g, et = e;
            while (gt > 0 && (got[gt - 1] == ' ' || got[gt - 1] == '\t')) gt--;
            while (et > 0 && (expected[et - 1] == ' ' || expected[et - 1] == '\t')) et--;
            if (gt != et || memcmp(got, expected, gt) != 0) return false;
        }
        if (got[g] == '\0' || expected[e] == '\0') return got[g] == expected[e];
        got += g + 1;
        expected += e + 1;
    }
}

/* Value of "name" : "value" in an error's JSON. */
static bool json_text(const char *json, const char *name, char *out, size_t size) {
    char key[64];
    snprintf(key, sizeof(key), "\"%s\" : \"", name);
    const char *at = strstr(json, key);
    if (at == NULL) return false;
    at += strlen(key);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
    return true;
}

/* ---- blocks ---- */

typedef struct golden_block {
    char *query;
    char *schema;
    char *output;
} golden_block;

static bool starts_with_word(const char *sql, const char *word) {
    for (;;) {
        while (isspace((unsigned char)*sql)) sql++;
        if (sql[0] == '-' && sql[1] == '-')
            sql += strcspn(sql, "\n");
        else if (sql[0] == '/' && sql[1] == '*' && strstr(sql, "*/"))
            sql = strstr(sql, "*/") + 2;
        else
            break;
    }
    size_t n = strlen(word);
    return strncasecmp(sql, word, n) == 0 && !isalnum((unsigned char)sql[n]);
}

static bool is_plan(const golden_block *b) {
    return starts_with_word(b->query, "EXPLAIN");
}

static bool is_foreign(const golden_block *b) {
    static const char *const words[] = {
        "TRANSFORM(",  "TRANSFORM (",    "java_method(", "reflect(", "try_reflect(",
        "USING 'cat'", "ADD JAR",        "ADD FILE",     "LIST JAR", "LIST FILE",
        "USING JAR",   "AS 'org.apache", "AS 'test.org"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = strcasestr(b->query, words[i]);
        if (at == NULL) continue;
        /* transform(array, lambda) is a function of SQL */
        if (strncasecmp(words[i], "TRANSFORM", 9) == 0 && strcasestr(b->query, "USING '") == NULL)
            continue;
        return true;
    }
    return false;
}

static void show(const golden_run *run, const char *what, const golden_block *b, const char *got) {
    if (!run->options->verbose) return;
    fprintf(stdout, "---- %s: %s\n%s\n-- expected: %s\n%s\n-- got:\n%s\n", run->file, what,
            b->query, b->schema, b->output, got);
}

static void check_error(golden_run *run, const golden_block *b, dbx_status status) {
    char expected_class[256] = "", expected_state[16] = "";
    bool has_class = json_text(b->output, "errorClass", expected_class, sizeof(expected_class));
    bool has_state = json_text(b->output, "sqlState", expected_state, sizeof(expected_state));
    run->counts->errors_expected++;
    if (status == DBX_OK) {
        show(run, "no error", b, "");
        return;
    }
    run->counts->rows_right++;
    run->counts->schema_right++;
    const char *got_class = dbx_error_class(run->con);
    const char *got_state = dbx_error_sqlstate(run->con);
    bool legacy = !has_class || strncmp(expected_class, "_LEGACY", 7) == 0;
    bool right = legacy || (got_class && strcmp(got_class, expected_class) == 0 &&
                            (!has_state || strcmp(got_state, expected_state) == 0));
    if (right)
        run->counts->error_class_right++;
    else
        show(run, "error class", b, dbx_error_message(run->con));
}

static void check_rows(golden_run *run, const golden_block *b, dbx_result *r) {
    text_buffer schema = {0};
    text_append(&schema, "struct<", 7);
    for (uint32_t c = 0; c < dbx_column_count(r); c++) {
        text_appendf(&schema, "%s%s:%s", c ? "," : "", dbx_column_name(r, c),
                     dbx_column_type_name(r, c));
    }
    text_append(&schema, ">", 1);
    if (strcmp(schema.data, b->schema) == 0)
        run->counts->schema_right++;
    else
        show(run, "schema", b, schema.data);
    free(schema.data);
    size_t count;
    char **rows = result_rows(r, &count);
    char *ordered = join_rows(rows, count);
    bool right = texts_match(ordered, b->output);
    if (!right && count > 0) {
        qsort(rows, count, sizeof(char *), compare_rows);
        char *sorted = join_rows(rows, count);
        right = texts_match(sorted, b->output);
        free(sorted);
    }
    if (right)
        run->counts->rows_right++;
    else
        show(run, "rows", b, ordered);
    free(ordered);
    for (size_t i = 0; i < count; i++) free(rows[i]);
    free(rows);
}

static void print_result(const golden_run *run, dbx_result *r) {
    unsigned number = run->counts->blocks;
    if (r == NULL) {
        const char *class = dbx_error_class(run->con);
        printf("==== %s %u\n[%s]\n", run->file, number, class ? class : "");
        return;
    }
    size_t count;
    char **rows = result_rows(r, &count);
    qsort(rows, count, sizeof(char *), compare_rows);
    char *text = join_rows(rows, count);
    printf("==== %s %u\n%s\n", run->file, number, text);
    free(text);
    for (size_t i = 0; i < count; i++) free(rows[i]);
    free(rows);
}

static void run_block(golden_run *run, const golden_block *b) {
    if (is_plan(b)) {
        run->counts->skipped_plan++;
        return;
    }
    if (is_foreign(b)) {
        run->counts->skipped_foreign++;
        return;
    }
    run->counts->blocks++;
    dbx_result *r = NULL;
    dbx_status status = dbx_query(run->con, b->query, &r);
    bool expects_error =
        strcmp(b->schema, "struct<>") == 0 &&
        (strstr(b->output, "\"errorClass\"") != NULL || strstr(b->output, "Exception") != NULL);
    if (expects_error)
        check_error(run, b, status);
    else if (status != DBX_OK)
        show(run, "failed", b, dbx_error_message(run->con));
    else
        check_rows(run, b, r);
    if (run->options->results) print_result(run, r);
    dbx_result_free(r);
}

/* Cuts the file into blocks; the texts point into it. */
static void run_blocks(golden_run *run, char *text) {
    static const char query_mark[] = "-- !query\n";
    static const char schema_mark[] = "\n-- !query schema\n";
    static const char output_mark[] = "\n-- !query output\n";
    char *at = strstr(text, query_mark);
    while (at != NULL) {
        golden_block b = {.query = at + sizeof(query_mark) - 1};
        char *schema = strstr(b.query, schema_mark);
        char *output = schema ? strstr(schema, output_mark) : NULL;
        if (output == NULL) break;
        *schema = '\0';
        *output = '\0';
        b.schema = schema + sizeof(schema_mark) - 1;
        b.output = output + sizeof(output_mark) - 1;
        char *next = strncmp(b.output, query_mark, sizeof(query_mark) - 1) == 0
                         ? b.output
                         : strstr(b.output, "\n-- !query\n");
        if (next != NULL) {
            *next = '\0';
            at = next + 1;
        } else {
            at = NULL;
        }
        trim_end(b.output);
        run_block(run, &b);
        if (at != NULL) at[0] = '-'; /* the mark's first byte may have been cut */
    }
}

static void run_file(const runner_file *file, const runner_options *o, golden_counts *counts) {
    const char *root = o->paths[0];
    golden_run run = {.file = file->name, .root = root, .options = o, .counts = counts};
    dbx_database *db = NULL;
    if (dbx_open(":memory:", o->settings, o->setting_count, &db, NULL) != DBX_OK ||
        dbx_connect(db, &run.con) != DBX_OK)
        return;
    if (strstr(file->name, "nonansi/") != NULL) run_sql(&run, "SET spark.sql.ansi.enabled = false");
    run_sql(&run, "SET spark.sql.sources.default = parquet");
    if (strstr(file->name, "timestampNTZ/") != NULL)
        run_sql(&run, "SET spark.sql.timestampType = TIMESTAMP_NTZ");
    char path[4096];
    size_t n = strlen(file->name);
    snprintf(path, sizeof(path), "%s/inputs/%.*s", root, (int)(n > 4 ? n - 4 : n), file->name);
    size_t size;
    char *input = runner_read(path, &size);
    create_tables(&run, file->text);
    if (input != NULL) apply_directives(&run, input);
    run_blocks(&run, file->text);
    free(input);
    dbx_disconnect(run.con);
    dbx_close(db);
    counts->done = 1;
}

static unsigned count_blocks(const char *text) {
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, "-- !query\n")) != NULL; at++) n++;
    return n;
}

static double percent(unsigned part, unsigned whole) {
    return whole ? 100.0 * part / whole : 100.0;
}

int main(int argc, char **argv) {
    runner_options options = {.jobs = 2};
    runner_set(&options, "timezone", "America/Los_Angeles");
    runner_set(&options, "threads", "1");
    runner_parse(&options, argc, argv,
                 "spark_sql FOLDER [--jobs N] [--filter TEXT] [--verbose] [--results] "
                 "[--set NAME=VALUE]...");
    char results[4096];
    snprintf(results, sizeof(results), "%s/results", options.paths[0]);
    char *paths[] = {results};
    runner_options load = options;
    load.paths = paths;
    load.path_count = 1;
    runner_files files = {0};
    runner_load(&load, ".sql.out", &files);
    golden_counts *counts = mmap(NULL, sizeof(*counts) * (files.count + 1), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) return 2;
    int running = 0;
    for (size_t i = 0; i < files.count || running > 0;) {
        if (i < files.count && running < options.jobs) {
            if (fork() == 0) {
                alarm(120);
                run_file(&files.items[i], &options, &counts[i]);
                fflush(NULL);
                _exit(0);
            }
            running++;
            i++;
        } else {
            if (wait(NULL) < 0) break;
            running--;
        }
    }
    golden_counts total = {0};
    unsigned crashed = 0;
    for (size_t i = 0; i < files.count; i++) {
        golden_counts *c = &counts[i];
        unsigned all = count_blocks(files.items[i].text);
        if (!c->done) { /* blocks that the process did not come to count as wrong */
            crashed++;
            c->blocks = all - c->skipped_plan - c->skipped_foreign;
        }
        printf("%-70s %4u/%-4u rows %4u schema %4u/%-4u errors%s\n", files.items[i].name,
               c->rows_right, c->blocks, c->schema_right, c->error_class_right, c->errors_expected,
               c->done ? "" : "  CRASHED");
        total.blocks += c->blocks;
        total.skipped_plan += c->skipped_plan;
        total.skipped_foreign += c->skipped_foreign;
        total.rows_right += c->rows_right;
        total.schema_right += c->schema_right;
        total.errors_expected += c->errors_expected;
        total.error_class_right += c->error_class_right;
    }
    printf("files %zu, blocks %u (skipped: %u plans as text, %u need a JVM or a script)\n"
           "rows or error right   %u (%.1f%%)\nschema right          %u (%.1f%%)\n"
           "error class right     %u of %u (%.1f%%)\nfiles that crashed    %u\n",
           files.count, total.blocks, total.skipped_plan, total.skipped_foreign, total.rows_right,
           percent(total.rows_right, total.blocks), total.schema_right,
           percent(total.schema_right, total.blocks), total.error_class_right,
           total.errors_expected, percent(total.error_class_right, total.errors_expected), crashed);
    printf(
        "{\"suite\":\"spark_sql\",\"files\":%zu,\"blocks\":%u,\"skipped\":%u,\"rows_right\":%u,"
        "\"schema_right\":%u,"
        "\"errors_expected\":%u,\"error_class_right\":%u,\"crashed\":%u,\"rows_percent\":%.2f}\n",
        files.count, total.blocks, total.skipped_plan + total.skipped_foreign, total.rows_right,
        total.schema_right, total.errors_expected, total.error_class_right, crashed,
        percent(total.rows_right, total.blocks));
    runner_free(&options, &files);
    return crashed > 0;
}

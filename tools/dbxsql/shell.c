/* shell.c - running statements from text, files and the terminal. */
#include "shell.h"
#include "platform.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- text ---- */

void text_add(text *t, const char *data, size_t size) {
    if (t->size + size + 1 > t->capacity) {
        t->capacity = (t->size + size + 1) * 2;
        char *grown = realloc(t->data, t->capacity);
        if (grown == NULL) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
        t->data = grown;
    }
    memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
}

void text_addf(text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *made = NULL;
    int n = vasprintf(&made, format, args);
    va_end(args);
    if (n >= 0) text_add(t, made, (size_t)n);
    free(made);
}

void text_free(text *t) {
    free(t->data);
    *t = (text){0};
}

/* ---- database ---- */

bool shell_open(shell *s, const char *path, bool read_only) {
    dbx_option options[] = {{"read_only", "true"}};
    char *message = NULL;
    s->db = NULL;
    s->con = NULL;
    free(s->path);
    s->path = path != NULL ? strdup(path) : NULL;
    s->read_only = read_only;
    if (dbx_open(path, options, read_only ? 1 : 0, &s->db, &message) != DBX_OK) {
        shell_print_error(s, message != NULL ? message : "the database cannot be opened");
        dbx_free(message);
        return false;
    }
    if (dbx_connect(s->db, &s->con) == DBX_OK) return true;
    shell_print_error(s, "out of memory");
    return false;
}

void shell_close(shell *s) {
    dbx_disconnect(s->con);
    dbx_close(s->db);
    s->con = NULL;
    s->db = NULL;
}

void shell_print_error(shell *s, const char *message) {
    s->failed = true;
    fflush(s->out);
    bool color = s->interactive && s->color;
    fprintf(stderr, "%s%s%s\n", color ? "\033[31m" : "", message, color ? "\033[0m" : "");
}

/* ---- statements ---- */

static double shell_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void shell_run_statement(shell *s, const char *sql, size_t size) {
    char *copy = strndup(sql, size);
    if (copy == NULL) return;
    if (s->echo) fprintf(s->out, "%s\n", copy);
    double start = shell_now();
    dbx_result *result = NULL;
    progress_begin(s);
    dbx_status status = dbx_query(s->con, copy, &result);
    progress_end(s);
    s->seconds = shell_now() - start;
    if (status != DBX_OK) {
        shell_print_error(s, dbx_error_report(s->con));
    } else {
        render_result(s, result);
        if (s->interactive && dbx_rows_changed(result) >= 0) {
            fprintf(s->out, "%" PRId64 " row%s changed\n", dbx_rows_changed(result),
                    dbx_rows_changed(result) == 1 ? "" : "s");
        }
    }
    dbx_result_free(result);
    free(copy);
    if (s->timer) fprintf(s->out, "%.3f s\n", s->seconds);
    fflush(s->out);
}

/* Is there anything but spaces, comments and semicolons? */
static bool shell_is_empty(const char *sql, size_t size) {
    size_t offset = 0, token;
    dbx_token_kind kind;
    while ((kind = dbx_next_token(sql, size, &offset, &token)) != DBX_TOKEN_END) {
        bool semicolon = token == 1 && sql[offset - 1] == ';';
        if (kind != DBX_TOKEN_SPACE && kind != DBX_TOKEN_COMMENT && !semicolon) return false;
    }
    return true;
}

void shell_run_text(shell *s, const char *sql, size_t size) {
    size_t at = 0;
    while (at < size && !s->quit && !(s->bail && s->failed)) {
        while (at < size && strchr(" \t\r\n", sql[at]) != NULL) at++;
        const char *line_end = memchr(sql + at, '\n', size - at);
        if (at < size && sql[at] == '.' && command_is(sql + at)) {
            size_t n = line_end != NULL ? (size_t)(line_end - sql) - at : size - at;
            char *line = strndup(sql + at, n);
            command_run(s, line);
            free(line);
            at += n;
            continue;
        }
        bool complete;
        size_t n = dbx_statement_length(sql + at, size - at, &complete);
        if (n == 0) n = size - at;
        if (!shell_is_empty(sql + at, n)) shell_run_statement(s, sql + at, n);
        at += n;
    }
}

bool shell_run_file(shell *s, const char *path) {
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (f == NULL) return false;
    text t = {0};
    char block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), f)) > 0) text_add(&t, block, got);
    if (f != stdin) fclose(f);
    if (t.data != NULL) shell_run_text(s, t.data, t.size);
    text_free(&t);
    return true;
}

void shell_run_terminal(shell *s) {
    fprintf(s->out,
            "dbx %s · %s\nEnter \".help\" for commands, \".quit\" to leave. Statements end with a "
            "semicolon.\n",
            dbx_version(), s->path ? s->path : "in memory");
    editor *e = editor_new(s);
    const char *sql;
    size_t size;
    while (!s->quit && e != NULL && editor_read(e, &sql, &size)) {
        s->failed = false;
        shell_run_text(s, sql, size);
    }
    editor_free(e);
}

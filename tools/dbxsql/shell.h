/* shell.h - state of dbxsql and the parts it is made of.
 *
 *   main.c          arguments, opening, exit code
 *   shell.c         reading statements from text, files and the terminal; running them
 *   commands.c      dot commands (commands.def)
 *   render.c        output modes; render_table.c draws the box
 *   editor.c        the line editor: keys and editing; screen.c draws it, history.c and complete.c
 *   progress.c      the progress bar and Ctrl-C
 *   platform.h      terminal and system, by platform
 *   width.c         columns that text takes on a terminal
 */
#ifndef DBXSQL_SHELL_H
#define DBXSQL_SHELL_H

#include "dbx.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum shell_mode {
    MODE_TABLE,
    MODE_LINE,
    MODE_CSV,
    MODE_TSV,
    MODE_JSON,
    MODE_JSONL,
    MODE_MARKDOWN,
    MODE_HTML,
    MODE_HIVE,
    MODE_COUNT
} shell_mode;

typedef struct shell {
    dbx_database *db;
    dbx_connection *con;
    char *path; /* of the database; NULL: in memory */
    bool read_only;
    shell_mode mode;
    bool mode_given; /* else it follows from whether output is a terminal */
    bool header;     /* csv, tsv */
    bool timer;
    bool echo; /* print statements before running them */
    bool bail; /* stop a script at the first error */
    bool color;
    bool interactive;
    const char *null_text;
    uint64_t max_rows; /* shown in table mode; 0: all */
    uint32_t width;    /* of the terminal; 0: unbounded */
    FILE *out;
    char *out_path; /* of .output; NULL: stdout */
    bool failed;    /* a statement failed */
    double seconds; /* that the last statement took */
    bool quit;
} shell;

/* ---- text that grows ---- */
typedef struct text {
    char *data; /* NUL-terminated */
    size_t size, capacity;
} text;
void text_add(text *t, const char *data, size_t size);
void text_addf(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(text *t);

/* ---- shell.c ---- */
bool shell_open(shell *s, const char *path, bool read_only);
void shell_close(shell *s);
/* Runs statements and dot commands of a text; what is left unfinished at its end is run, too. */
void shell_run_text(shell *s, const char *sql, size_t size);
bool shell_run_file(shell *s, const char *path);
void shell_run_terminal(shell *s);
/* Runs one statement and prints its result or error. */
void shell_run_statement(shell *s, const char *sql, size_t size);
void shell_print_error(shell *s, const char *message);

/* ---- commands.c ---- */
bool command_is(const char *line);
void command_run(shell *s, const char *line);
/* Names for completion; NULL past the end. */
const char *command_name(uint32_t index);

/* ---- render.c ---- */
const char *mode_name(shell_mode mode);
bool mode_find(const char *name, shell_mode *out);
void render_result(shell *s, dbx_result *result);
void render_table(shell *s, dbx_result *result);
/* A single text with line breaks (EXPLAIN, SHOW CREATE TABLE): printed as it is. */
bool render_document(shell *s, dbx_result *result);

/* ---- editor.c ---- */
typedef struct editor editor;
editor *editor_new(shell *s);
void editor_free(editor *e);
/* Reads one statement or dot command, over several lines if need be; false at the end of input. The
 * text is the editor's until the next call. */
bool editor_read(editor *e, const char **sql, size_t *size);

/* ---- progress.c ---- */
/* Shows a progress bar on a long statement (terminals only) and turns Ctrl-C into dbx_interrupt
 * until progress_end. */
void progress_begin(shell *s);
void progress_end(shell *s);

/* ---- width.c ---- */
/* Terminal columns of UTF-8 text; control characters count as 1. */
uint32_t width_of(const char *data, size_t size);
/* Bytes of the longest start of the text that takes at most `columns`; *used gets the columns it
 * takes. */
size_t width_fit(const char *data, size_t size, uint32_t columns, uint32_t *used);
/* Bytes of the user-perceived character at data (at least 1, 0 of nothing). */
size_t width_step(const char *data, size_t size);

#endif

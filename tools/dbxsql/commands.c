/* commands.c - dot commands: a table of names, functions and help (commands.def). */
#include "platform.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

enum { COMMAND_NAME_MAX = 32 };

/* ---- helpers ---- */

static void command_sql(shell *s, const char *sql) {
    shell_run_statement(s, sql, strlen(sql));
}

static bool command_flag(shell *s, const char *argument, bool *flag) {
    if (strcmp(argument, "on") == 0) return *flag = true, true;
    if (strcmp(argument, "off") == 0) return *flag = false, true;
    shell_print_error(s, "on or off is expected");
    return false;
}

/* A word of the argument, without quotes; *rest is what follows. Caller frees. */
static char *command_word(const char *from, const char **rest) {
    while (*from == ' ') from++;
    char quote = *from == '\'' || *from == '"' ? *from++ : '\0';
    const char *end = from;
    while (*end && (quote ? *end != quote : *end != ' ')) end++;
    char *word = strndup(from, (size_t)(end - from));
    if (quote && *end) end++;
    while (*end == ' ') end++;
    *rest = end;
    return word;
}

/* 'text' as an SQL string, appended. */
static void command_add_string(text *t, const char *value) {
    text_add(t, "'", 1);
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\') text_add(t, "\\", 1);
        text_add(t, value, 1);
    }
    text_add(t, "'", 1);
}

/* ---- commands ---- */

static void command_bail(shell *s, const char *argument) {
    command_flag(s, argument, &s->bail);
}
static void command_echo(shell *s, const char *argument) {
    command_flag(s, argument, &s->echo);
}
static void command_headers(shell *s, const char *argument) {
    command_flag(s, argument, &s->header);
}
static void command_timer(shell *s, const char *argument) {
    command_flag(s, argument, &s->timer);
}

static void command_quit(shell *s, const char *argument) {
    (void)argument;
    s->quit = true;
}

static void command_explain(shell *s, const char *argument) {
    text sql = {0};
    text_addf(&sql, "EXPLAIN %s", argument);
    command_sql(s, sql.data);
    text_free(&sql);
}

static void command_functions(shell *s, const char *argument) {
    text sql = {0};
    text_add(&sql, "SHOW FUNCTIONS", 14);
    if (*argument) {
        text_add(&sql, " LIKE ", 6);
        command_add_string(&sql, argument);
    }
    command_sql(s, sql.data);
    text_free(&sql);
}

static void command_tables(shell *s, const char *argument) {
    text sql = {0};
    text_add(&sql, "SHOW TABLES", 11);
    if (*argument) {
        text_add(&sql, " LIKE ", 6);
        command_add_string(&sql, argument);
    }
    command_sql(s, sql.data);
    text_free(&sql);
}

/* CREATE statements of one table, or of all that SHOW TABLES lists. */
static void command_schema(shell *s, const char *argument) {
    text sql = {0};
    if (*argument) {
        text_addf(&sql, "SHOW CREATE TABLE %s", argument);
        command_sql(s, sql.data);
        text_free(&sql);
        return;
    }
    dbx_result *tables = NULL;
    if (dbx_query(s->con, "SHOW TABLES", &tables) != DBX_OK) {
        shell_print_error(s, dbx_error_report(s->con));
        return;
    }
    for (uint64_t row = 0; row < dbx_row_count(tables); row++) {
        if (dbx_value_boolean(tables, 2, row)) continue;
        dbx_bytes name = dbx_value_text(tables, 1, row);
        sql.size = 0;
        text_addf(&sql, "SHOW CREATE TABLE `%.*s`", (int)name.size, name.data);
        command_sql(s, sql.data);
    }
    dbx_result_free(tables);
    text_free(&sql);
}

static void command_import(shell *s, const char *argument) {
    const char *rest;
    char *file = command_word(argument, &rest);
    char *table = command_word(rest, &rest);
    text sql = {0};
    if (*file == '\0' || *table == '\0') {
        shell_print_error(s, "usage: .import FILE TABLE");
    } else {
        text_addf(&sql, "SHOW COLUMNS IN %s", table);
        bool exists = dbx_query(s->con, sql.data, NULL) == DBX_OK;
        sql.size = 0;
        if (exists)
            text_addf(&sql, "INSERT INTO %s SELECT * FROM ", table);
        else
            text_addf(&sql, "CREATE TABLE %s AS SELECT * FROM ", table);
        text_add(&sql, "read_files(", 11);
        command_add_string(&sql, file);
        text_add(&sql, ")", 1);
        command_sql(s, sql.data);
    }
    text_free(&sql);
    free(file);
    free(table);
}

static void command_max_rows(shell *s, const char *argument) {
    s->max_rows = strtoull(argument, NULL, 10);
}

static void command_mode(shell *s, const char *argument) {
    if (*argument == '\0') {
        fprintf(s->out, "%s\n", mode_name(s->mode));
        return;
    }
    if (mode_find(argument, &s->mode))
        s->mode_given = true;
    else
        shell_print_error(
            s, "the modes are table, line, csv, tsv, json, jsonl, markdown, html and hive");
}

static void command_null(shell *s, const char *argument) {
    s->null_text = strdup(argument);
}

static void command_open(shell *s, const char *argument) {
    shell_close(s);
    if (!shell_open(s, *argument ? argument : NULL, s->read_only) && !shell_open(s, NULL, false))
        s->quit = true;
}

static void command_output(shell *s, const char *argument) {
    if (s->out != stdout) fclose(s->out);
    s->out = stdout;
    if (*argument == '\0') return;
    FILE *file = fopen(argument, "w");
    if (file == NULL)
        shell_print_error(s, "the file cannot be written");
    else
        s->out = file;
}

static void command_read(shell *s, const char *argument) {
    if (!shell_run_file(s, argument)) shell_print_error(s, "the file cannot be read");
}

static void command_version(shell *s, const char *argument) {
    (void)argument;
    fprintf(s->out, "dbx %s\n", dbx_version());
}

static void command_help(shell *s, const char *argument);

/* ---- table ---- */

typedef enum command_group { DATABASE, OUTPUT, RUNNING, SHELL, GROUP_COUNT } command_group;

static const struct {
    command_group group;
    const char *name;
    const char *argument;
    void (*run)(shell *s, const char *argument);
    const char *help;
} commands[] = {
#define COMMAND(group, name, argument, run, help) {group, name, argument, run, help},
#include "commands.def"
#undef COMMAND
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void command_help(shell *s, const char *argument) {
    static const char *const groups[GROUP_COUNT] = {"Database", "Output", "Running statements",
                                                    "Shell"};
    static const char keys[] =
        "  Enter runs a statement that ends with a semicolon, Alt-Enter always breaks the line\n"
        "  Tab completes, Ctrl-R searches in history, Up and Down go through it\n"
        "  Ctrl-C drops what is typed or stops what runs, Ctrl-D leaves\n"
        "  Ctrl-A/E line start and end, Alt-B/F word back and on, Ctrl-K/U/W cut, Ctrl-Y paste\n";
    const char *bold = s->color ? "\033[1m" : "", *plain = s->color ? "\033[0m" : "";
    if (*argument == '.') argument++;
    for (int g = 0; g < GROUP_COUNT; g++) {
        if (!*argument) fprintf(s->out, "%s%s%s\n", bold, groups[g], plain);
        for (uint32_t i = 0; i < COMMAND_COUNT; i++) {
            bool shown = (int)commands[i].group == g &&
                         (!*argument || strcmp(argument, commands[i].name) == 0);
            if (!shown) continue;
            char head[64];
            snprintf(head, sizeof(head), ".%s %s", commands[i].name, commands[i].argument);
            fprintf(s->out, "  %-24s %s\n", head, commands[i].help);
        }
    }
    if (!*argument) fprintf(s->out, "%sKeys%s\n%s", bold, plain, keys);
}

const char *command_name(uint32_t index) {
    return index < COMMAND_COUNT ? commands[index].name : NULL;
}

bool command_is(const char *line) {
    while (*line == ' ') line++;
    return line[0] == '.' && line[1] >= 'a' && line[1] <= 'z';
}

/* A command may be shortened as long as it is the first that fits. */
void command_run(shell *s, const char *line) {
    while (*line == ' ') line++;
    line++;
    size_t n = strcspn(line, " \r\n");
    const char *argument = line + n;
    while (*argument == ' ') argument++;
    char *copy = strdup(argument);
    for (size_t end = strlen(copy); end > 0 && strchr(" \r\n;", copy[end - 1]) != NULL;)
        copy[--end] = '\0';
    for (uint32_t i = 0; i < COMMAND_COUNT; i++) {
        if (n > COMMAND_NAME_MAX || strncmp(commands[i].name, line, n) != 0) continue;
        commands[i].run(s, copy);
        free(copy);
        return;
    }
    free(copy);
    shell_print_error(s, "there is no such command: .help lists them");
}

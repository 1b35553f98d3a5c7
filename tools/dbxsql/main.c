/* main.c - dbxsql: arguments, opening the database, exit code.
 *
 * Exit codes: 0 all statements succeeded, 1 one failed, 2 wrong arguments or the database cannot be
 * opened.
 */
#include "platform.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

static const char main_usage[] =
    "usage: dbxsql [OPTIONS] [DATABASE]\n"
    "  DATABASE          file to open or create; without one the database is in memory\n"
    "  -c, --command SQL run SQL and leave; may be repeated\n"
    "  -f, --file FILE   run the statements of FILE (- is standard input) and leave\n"
    "  -m, --mode MODE   table, line, csv, tsv, json, jsonl, markdown, html, hive\n"
    "  -r, --readonly    open for reading only\n"
    "      --no-header   no column names in csv and tsv\n"
    "      --timer       show how long statements take\n"
    "      --bail        stop at the first error\n"
    "  -v, --version     show the version\n"
    "  -h, --help        show this\n";

enum { MAIN_ITEMS_MAX = 64, MAIN_ROWS_SHOWN = 40, EXIT_USAGE = 2 };

typedef struct main_item {
    bool is_file;
    const char *text;
} main_item;

static bool main_is(const char *argument, const char *short_name, const char *long_name) {
    return strcmp(argument, short_name) == 0 || strcmp(argument, long_name) == 0;
}

int main(int argc, char **argv) {
    shell s = {.out = stdout, .null_text = "NULL", .header = true};
    main_item items[MAIN_ITEMS_MAX];
    int count = 0;
    const char *path = NULL;
    bool read_only = false;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        bool more = i + 1 < argc && count < MAIN_ITEMS_MAX;
        if (main_is(a, "-c", "--command") && more)
            items[count++] = (main_item){false, argv[++i]};
        else if (main_is(a, "-f", "--file") && more)
            items[count++] = (main_item){true, argv[++i]};
        else if (main_is(a, "-m", "--mode") && more && mode_find(argv[i + 1], &s.mode))
            s.mode_given = true, i++;
        else if (main_is(a, "-r", "--readonly"))
            read_only = true;
        else if (strcmp(a, "--no-header") == 0)
            s.header = false;
        else if (strcmp(a, "--timer") == 0)
            s.timer = true;
        else if (strcmp(a, "--bail") == 0)
            s.bail = true;
        else if (main_is(a, "-v", "--version"))
            return printf("dbx %s\n", dbx_version()), 0;
        else if (main_is(a, "-h", "--help"))
            return fputs(main_usage, stdout), 0;
        else if (a[0] != '-' && path == NULL)
            path = a;
        else
            return fputs(main_usage, stderr), EXIT_USAGE;
    }
    terminal_init();
    s.width = terminal_is_output() ? terminal_width() : 0;
    s.color = terminal_has_color();
    s.interactive = count == 0 && terminal_is_input();
    bool to_terminal = terminal_is_output();
    if (!s.mode_given) s.mode = to_terminal ? MODE_TABLE : MODE_TSV;
    if (s.interactive) s.max_rows = MAIN_ROWS_SHOWN;
    if (!shell_open(&s, path, read_only)) return EXIT_USAGE;
    if (s.interactive) {
        shell_run_terminal(&s);
        s.failed = false;
    } else if (count == 0) {
        shell_run_file(&s, "-");
    }
    for (int i = 0; i < count && !s.quit && !(s.bail && s.failed); i++) {
        if (!items[i].is_file) {
            shell_run_text(&s, items[i].text, strlen(items[i].text));
        } else if (!shell_run_file(&s, items[i].text)) {
            shell_print_error(&s, "the file cannot be read");
        }
    }
    shell_close(&s);
    free(s.path);
    if (s.out != stdout) fclose(s.out);
    return s.failed ? 1 : 0;
}

/* editor.c - the line editor: raw terminal, history, SQL highlighting, completion with Tab.
 *
 * A statement may take several lines; each line is edited by itself, and Enter goes on to the next
 * one until the statement is complete. History keeps whole statements, in ~/.dbxsql_history.
 *
 * Keys: arrows, Home/End, Ctrl-A/E/B/F/D/K/U/W/L, Alt-B/F, Tab, Up/Down (history), Ctrl-C (drops
 * the statement), Ctrl-D.
 */
#include "shell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
    EDITOR_HISTORY_MAX = 1000,
    EDITOR_CANDIDATES_MAX = 200,
    EDITOR_PROMPT_WIDTH = 5,
};

struct editor {
    shell *shell;
    struct termios cooked;
    char *history[EDITOR_HISTORY_MAX];
    uint32_t history_count;
    uint32_t history_at; /* entry shown; history_count: the new line */
    char *history_path;
    text statement; /* complete lines so far */
    text line;
    size_t cursor;       /* byte in line */
    uint32_t cursor_row; /* screen row of the cursor below the prompt's, as last drawn */
    char *candidates[EDITOR_CANDIDATES_MAX];
    uint32_t candidate_count;
};

enum {
    KEY_NONE = 256,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_WORD_LEFT,
    KEY_WORD_RIGHT,
    KEY_CLOSED
};

/* ---- history ---- */

static void history_add(editor *e, const char *entry) {
    if (*entry == '\0') return;
    if (e->history_count > 0 && strcmp(e->history[e->history_count - 1], entry) == 0) return;
    if (e->history_count == EDITOR_HISTORY_MAX) {
        free(e->history[0]);
        memmove(e->history, e->history + 1, sizeof(e->history) - sizeof(e->history[0]));
        e->history_count--;
    }
    e->history[e->history_count++] = strdup(entry);
}

static void history_load(editor *e) {
    const char *home = getenv("HOME");
    if (home == NULL || asprintf(&e->history_path, "%s/.dbxsql_history", home) < 0) return;
    FILE *f = fopen(e->history_path, "r");
    if (f == NULL) return;
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
        if (line[n - 1] == '\n') line[n - 1] = '\0';
        history_add(e, line);
    }
    free(line);
    fclose(f);
}

static void history_save(const editor *e) {
    FILE *f = e->history_path != NULL ? fopen(e->history_path, "w") : NULL;
    if (f == NULL) return;
    for (uint32_t i = 0; i < e->history_count; i++) fprintf(f, "%s\n", e->history[i]);
    fclose(f);
}

/* ---- life ---- */

editor *editor_new(shell *s) {
    editor *e = calloc(1, sizeof(*e));
    if (e == NULL) return NULL;
    e->shell = s;
    tcgetattr(STDIN_FILENO, &e->cooked);
    history_load(e);
    return e;
}

void editor_free(editor *e) {
    if (e == NULL) return;
    history_save(e);
    for (uint32_t i = 0; i < e->history_count; i++) free(e->history[i]);
    for (uint32_t i = 0; i < e->candidate_count; i++) free(e->candidates[i]);
    free(e->history_path);
    text_free(&e->statement);
    text_free(&e->line);
    free(e);
}

static void editor_raw(editor *e, bool on) {
    struct termios t = e->cooked;
    if (on) {
        t.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
        t.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
        t.c_cc[VMIN] = 1;
        t.c_cc[VTIME] = 0;
    }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
}

/* ---- keys ---- */

static int key_byte(void) {
    unsigned char c;
    return read(STDIN_FILENO, &c, 1) == 1 ? c : KEY_CLOSED;
}

static int key_escape(void) {
    int c = key_byte();
    if (c == 'b') return KEY_WORD_LEFT;
    if (c == 'f') return KEY_WORD_RIGHT;
    if (c != '[' && c != 'O') return KEY_NONE;
    int parameter = 0, modifier = 0;
    c = key_byte();
    while (isdigit(c) || c == ';') {
        if (c == ';')
            modifier = 0;
        else
            modifier = modifier * 10 + (c - '0');
        if (parameter == 0 && c != ';') parameter = modifier;
        c = key_byte();
    }
    switch (c) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return modifier == 5 ? KEY_WORD_RIGHT : KEY_RIGHT;
    case 'D':
        return modifier == 5 ? KEY_WORD_LEFT : KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        if (parameter == 3) return KEY_DELETE;
        return parameter == 1 || parameter == 7   ? KEY_HOME
               : parameter == 4 || parameter == 8 ? KEY_END
                                                  : KEY_NONE;
    default:
        return KEY_NONE;
    }
}

static int key_read(void) {
    int c = key_byte();
    return c == 27 ? key_escape() : c;
}

/* ---- drawing ---- */

static const char *token_color(dbx_token_kind kind) {
    switch (kind) {
    case DBX_TOKEN_KEYWORD:
        return "\033[1;34m";
    case DBX_TOKEN_STRING:
        return "\033[32m";
    case DBX_TOKEN_NUMBER:
        return "\033[36m";
    case DBX_TOKEN_COMMENT:
        return "\033[2m";
    case DBX_TOKEN_PARAMETER:
        return "\033[35m";
    case DBX_TOKEN_ERROR:
        return "\033[31m";
    default:
        return "";
    }
}

/* Colors the line as the continuation of the statement so far, so that open strings and comments
 * show. */
static void draw_highlighted(editor *e, text *out) {
    if (!e->shell->color || command_is(e->line.data)) {
        text_add(out, e->line.data, e->line.size);
        return;
    }
    text all = {0};
    if (e->statement.size > 0) text_add(&all, e->statement.data, e->statement.size);
    text_add(&all, e->line.data, e->line.size);
    size_t offset = 0, size;
    dbx_token_kind kind;
    while ((kind = dbx_next_token(all.data, all.size, &offset, &size)) != DBX_TOKEN_END) {
        size_t from = offset - size;
        if (offset <= e->statement.size) continue;
        if (from < e->statement.size) from = e->statement.size;
        text_addf(out, "%s%.*s%s", token_color(kind), (int)(offset - from), all.data + from,
                  "\033[0m");
    }
    text_free(&all);
}

static uint32_t editor_columns(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void draw(editor *e) {
    text out = {0};
    uint32_t columns = editor_columns();
    if (e->cursor_row > 0) text_addf(&out, "\033[%uA", e->cursor_row);
    text_addf(&out, "\r\033[J%s", e->statement.size > 0 ? "  -> " : "dbx> ");
    draw_highlighted(e, &out);
    uint32_t end = EDITOR_PROMPT_WIDTH + width_of(e->line.data, e->line.size);
    uint32_t at = EDITOR_PROMPT_WIDTH + width_of(e->line.data, e->cursor);
    if (end % columns == 0) text_add(&out, "\r\n", 2);
    uint32_t up = end / columns - at / columns;
    if (up > 0) text_addf(&out, "\033[%uA", up);
    text_addf(&out, "\r");
    if (at % columns > 0) text_addf(&out, "\033[%uC", at % columns);
    e->cursor_row = at / columns;
    ssize_t written = write(STDOUT_FILENO, out.data, out.size);
    (void)written;
    text_free(&out);
}

/* ---- editing ---- */

static void edit_insert(editor *e, const char *data, size_t size) {
    text_add(&e->line, data, size);
    memmove(e->line.data + e->cursor + size, e->line.data + e->cursor,
            e->line.size - size - e->cursor);
    memcpy(e->line.data + e->cursor, data, size);
    e->cursor += size;
}

static void edit_erase(editor *e, size_t from, size_t to) {
    memmove(e->line.data + from, e->line.data + to, e->line.size - to + 1);
    e->line.size -= to - from;
    e->cursor = from;
}

static size_t edit_before(const editor *e) {
    size_t at = e->cursor;
    if (at > 0) at--;
    while (at > 0 && ((unsigned char)e->line.data[at] & 0xC0u) == 0x80u) at--;
    return at;
}

static size_t edit_after(const editor *e) {
    return e->cursor + width_step(e->line.data + e->cursor, e->line.size - e->cursor);
}

static bool edit_is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 128;
}

static size_t edit_word_left(const editor *e) {
    size_t at = e->cursor;
    while (at > 0 && !edit_is_word(e->line.data[at - 1])) at--;
    while (at > 0 && edit_is_word(e->line.data[at - 1])) at--;
    return at;
}

static size_t edit_word_right(const editor *e) {
    size_t at = e->cursor;
    while (at < e->line.size && !edit_is_word(e->line.data[at])) at++;
    while (at < e->line.size && edit_is_word(e->line.data[at])) at++;
    return at;
}

static void edit_set(editor *e, const char *value) {
    e->line.size = 0;
    text_add(&e->line, value, strlen(value));
    e->cursor = e->line.size;
}

static void edit_history(editor *e, int step) {
    if (step < 0 && e->history_at > 0)
        e->history_at--;
    else if (step > 0 && e->history_at < e->history_count)
        e->history_at++;
    else
        return;
    edit_set(e, e->history_at < e->history_count ? e->history[e->history_at] : "");
}

/* ---- completion ---- */

static void complete_add(editor *e, const char *name, size_t size, const char *prefix,
                         size_t prefix_size) {
    if (e->candidate_count == EDITOR_CANDIDATES_MAX || size < prefix_size) return;
    if (strncasecmp(name, prefix, prefix_size) != 0) return;
    char *copy = strndup(name, size);
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        if (strcasecmp(e->candidates[i], copy) == 0) {
            free(copy);
            return;
        }
    }
    e->candidates[e->candidate_count++] = copy;
}

/* Names in a column of a statement's result. */
static void complete_query(editor *e, const char *sql, uint32_t column, const char *prefix,
                           size_t prefix_size) {
    dbx_result *r = NULL;
    if (dbx_query(e->shell->con, sql, &r) != DBX_OK) return;
    for (uint64_t row = 0; row < dbx_row_count(r); row++) {
        dbx_bytes name = dbx_value_text(r, column, row);
        if (name.data != NULL) complete_add(e, name.data, name.size, prefix, prefix_size);
    }
    dbx_result_free(r);
}

/* Columns of every table that the statement names: each identifier is tried as one. */
static void complete_columns(editor *e, const char *prefix, size_t prefix_size) {
    text all = {0};
    if (e->statement.size > 0) text_add(&all, e->statement.data, e->statement.size);
    text_add(&all, e->line.data, e->line.size);
    size_t offset = 0, size;
    dbx_token_kind kind;
    while ((kind = dbx_next_token(all.data, all.size, &offset, &size)) != DBX_TOKEN_END) {
        if (kind != DBX_TOKEN_IDENTIFIER) continue;
        text sql = {0};
        text_addf(&sql, "SHOW COLUMNS IN %.*s", (int)size, all.data + offset - size);
        complete_query(e, sql.data, 0, prefix, prefix_size);
        text_free(&sql);
    }
    text_free(&all);
}

static void complete_collect(editor *e, const char *prefix, size_t size) {
    for (uint32_t i = 0; i < e->candidate_count; i++) free(e->candidates[i]);
    e->candidate_count = 0;
    const char *name;
    if (command_is(e->line.data) && memchr(e->line.data, ' ', e->cursor) == NULL) {
        for (uint32_t i = 0; (name = command_name(i)) != NULL; i++)
            complete_add(e, name, strlen(name), prefix, size);
        return;
    }
    complete_query(e, "SHOW TABLES", 1, prefix, size);
    complete_columns(e, prefix, size);
    for (uint32_t i = 0; (name = dbx_keyword(i)) != NULL; i++)
        complete_add(e, name, strlen(name), prefix, size);
    for (uint32_t i = 0; (name = dbx_function_name(i)) != NULL; i++)
        complete_add(e, name, strlen(name), prefix, size);
}

static void complete_show(editor *e) {
    uint32_t widest = 1, columns = editor_columns();
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        uint32_t w = width_of(e->candidates[i], strlen(e->candidates[i]));
        widest = w > widest ? w : widest;
    }
    uint32_t across = columns / (widest + 2) ? columns / (widest + 2) : 1;
    fputs("\r\n", stdout);
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        bool last = (i + 1) % across == 0 || i + 1 == e->candidate_count;
        printf("%-*s%s", (int)widest + 2, e->candidates[i], last ? "\r\n" : "");
    }
    fflush(stdout);
    e->cursor_row = 0;
}

/* Adds what all candidates share; shows them when that is nothing. */
static void complete(editor *e) {
    size_t start = e->cursor;
    while (start > 0 && edit_is_word(e->line.data[start - 1])) start--;
    size_t size = e->cursor - start;
    if (size == 0) return;
    char *prefix = strndup(e->line.data + start, size);
    complete_collect(e, prefix, size);
    free(prefix);
    if (e->candidate_count == 0) return;
    size_t shared = strlen(e->candidates[0]);
    for (uint32_t i = 1; i < e->candidate_count; i++) {
        size_t n = 0;
        while (n < shared && tolower((unsigned char)e->candidates[i][n]) ==
                                 tolower((unsigned char)e->candidates[0][n]))
            n++;
        shared = n;
    }
    if (shared > size || e->candidate_count == 1) {
        edit_erase(e, start, e->cursor);
        edit_insert(e, e->candidates[0], shared);
        if (e->candidate_count == 1) edit_insert(e, " ", 1);
    } else {
        complete_show(e);
    }
}

/* ---- reading ---- */

typedef enum line_end { LINE_ENTER, LINE_CANCEL, LINE_CLOSED } line_end;

static void edit_move(editor *e, int key) {
    switch (key) {
    case KEY_LEFT:
    case 2:
        e->cursor = edit_before(e);
        break;
    case KEY_RIGHT:
    case 6:
        e->cursor = edit_after(e);
        break;
    case KEY_HOME:
    case 1:
        e->cursor = 0;
        break;
    case KEY_END:
    case 5:
        e->cursor = e->line.size;
        break;
    case KEY_WORD_LEFT:
        e->cursor = edit_word_left(e);
        break;
    case KEY_WORD_RIGHT:
        e->cursor = edit_word_right(e);
        break;
    default:
        break;
    }
}

static void edit_change(editor *e, int key) {
    char byte = (char)key;
    switch (key) {
    case 8:
    case 127:
        edit_erase(e, edit_before(e), e->cursor);
        break;
    case KEY_DELETE:
        edit_erase(e, e->cursor, edit_after(e));
        break;
    case 11:
        edit_erase(e, e->cursor, e->line.size);
        break;
    case 21:
        edit_erase(e, 0, e->cursor);
        break;
    case 23:
        edit_erase(e, edit_word_left(e), e->cursor);
        break;
    default:
        if (key >= 32 && key < 256) edit_insert(e, &byte, 1);
        break;
    }
}

static line_end editor_line(editor *e) {
    e->line.size = 0;
    text_add(&e->line, "", 0);
    e->cursor = 0;
    e->cursor_row = 0;
    e->history_at = e->history_count;
    for (;;) {
        draw(e);
        int key = key_read();
        switch (key) {
        case '\r':
        case '\n':
            e->cursor = e->line.size;
            draw(e);
            return LINE_ENTER;
        case 3:
            return LINE_CANCEL;
        case KEY_CLOSED:
            return LINE_CLOSED;
        case 4:
            if (e->line.size == 0) return LINE_CLOSED;
            edit_change(e, KEY_DELETE);
            break;
        case '\t':
            complete(e);
            break;
        case 12:
            fputs("\033[2J\033[H", stdout), fflush(stdout);
            break;
        case KEY_UP:
            edit_history(e, -1);
            break;
        case KEY_DOWN:
            edit_history(e, 1);
            break;
        default:
            edit_move(e, key);
            edit_change(e, key);
            break;
        }
    }
}

/* One line of history: line breaks become blanks. */
static void editor_remember(editor *e) {
    char *entry = strdup(e->statement.data);
    for (char *c = entry; *c; c++) *c = *c == '\n' ? ' ' : *c;
    for (size_t n = strlen(entry); n > 0 && entry[n - 1] == ' ';) entry[--n] = '\0';
    history_add(e, entry);
    free(entry);
}

bool editor_read(editor *e, const char **sql, size_t *size) {
    e->statement.size = 0;
    for (;;) {
        editor_raw(e, true);
        line_end end = editor_line(e);
        editor_raw(e, false);
        fputs("\n", stdout);
        fflush(stdout);
        if (end == LINE_CLOSED) return false;
        if (end == LINE_CANCEL) {
            e->statement.size = 0;
            continue;
        }
        text_add(&e->statement, e->line.data, e->line.size);
        text_add(&e->statement, "\n", 1);
        bool complete_now = command_is(e->statement.data);
        if (!complete_now)
            dbx_statement_length(e->statement.data, e->statement.size, &complete_now);
        bool blank = strspn(e->statement.data, " \t\n") == e->statement.size;
        if (blank) e->statement.size = 0;
        if (!complete_now || blank) continue;
        editor_remember(e);
        *sql = e->statement.data;
        *size = e->statement.size;
        return true;
    }
}

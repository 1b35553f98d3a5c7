/* screen.c - drawing the statement that is edited: prompts, colors, line wraps, the cursor.
 *
 * The statement is laid out in rows of the terminal's width, each with the escape codes that it
 * needs, so that any run of rows can be drawn: a statement higher than the terminal shows the rows
 * around its cursor. A wide character that does not fit at a row's end starts the next one.
 */
#include "editor.h"
#include "platform.h"

#include <stdlib.h>
#include <string.h>

typedef struct screen {
    text *rows;
    uint32_t count, capacity;
    uint32_t columns, height;
    uint32_t column; /* of the next character, in the last row */
    uint32_t cursor_row, cursor_column;
    const char *color; /* of the text that is put */
    bool colored;
} screen;

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

static void screen_size(screen *s) {
    uint32_t columns = terminal_width(), rows = terminal_height();
    s->columns = columns > 0 ? columns : 80;
    s->height = rows > 0 ? rows : 24;
}

/* ---- layout ---- */

static text *screen_row(screen *s) {
    return &s->rows[s->count - 1];
}

static void screen_new_row(screen *s) {
    if (s->count > 0 && *s->color) text_add(screen_row(s), "\033[0m", 4);
    if (s->count == s->capacity) {
        s->capacity = s->capacity * 2 + 8;
        text *grown = realloc(s->rows, s->capacity * sizeof(*grown));
        if (grown == NULL) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
        s->rows = grown;
    }
    s->rows[s->count++] = (text){0};
    s->column = 0;
    text_add(screen_row(s), s->color, strlen(s->color));
}

static void screen_color(screen *s, const char *color) {
    if (!s->colored || strcmp(color, s->color) == 0) return;
    if (*s->color) text_add(screen_row(s), "\033[0m", 4);
    text_add(screen_row(s), color, strlen(color));
    s->color = color;
}

/* Text without line breaks. */
static void screen_put(screen *s, const char *data, size_t size) {
    for (size_t i = 0; i < size;) {
        size_t n = width_step(data + i, size - i);
        uint32_t w = width_of(data + i, n);
        if (s->column + w > s->columns) screen_new_row(s);
        bool control = n == 1 && (unsigned char)data[i] < 32;
        text_add(screen_row(s), control ? " " : data + i, n);
        s->column += w;
        i += n;
    }
}

static void screen_prompt(screen *s, const char *prompt) {
    const char *color = s->color;
    screen_color(s, s->colored ? "\033[2m" : "");
    screen_put(s, prompt, strlen(prompt));
    screen_color(s, color);
}

/* Bytes [from, to) of the statement in one color; notes where the cursor is. */
static void screen_text(screen *s, const editor *e, size_t from, size_t to) {
    for (size_t i = from; i < to;) {
        if (i == e->cursor) {
            if (s->column == s->columns) screen_new_row(s);
            s->cursor_row = s->count - 1;
            s->cursor_column = s->column;
        }
        if (e->line.data[i] == '\n') {
            screen_new_row(s);
            screen_prompt(s, "  -> ");
            i++;
            continue;
        }
        size_t n = width_step(e->line.data + i, to - i);
        screen_put(s, e->line.data + i, n);
        i += n;
    }
}

static void screen_statement(screen *s, const editor *e) {
    bool plain = !s->colored || command_is(e->line.data);
    size_t offset = 0, size, done = 0;
    dbx_token_kind kind;
    while (!plain &&
           (kind = dbx_next_token(e->line.data, e->line.size, &offset, &size)) != DBX_TOKEN_END) {
        screen_color(s, token_color(kind));
        screen_text(s, e, offset - size, offset);
        done = offset;
    }
    screen_color(s, "");
    screen_text(s, e, done, e->line.size);
    if (e->cursor == e->line.size) {
        if (s->column == s->columns) screen_new_row(s);
        s->cursor_row = s->count - 1;
        s->cursor_column = s->column;
    }
}

static void screen_build(screen *s, const editor *e) {
    *s = (screen){.color = "", .colored = e->shell->color};
    screen_size(s);
    screen_new_row(s);
    if (e->search.on) {
        screen_prompt(s, e->search.found || e->search.wanted.size == 0 ? "search: "
                                                                       : "no such statement: ");
        screen_put(s, e->search.wanted.data, e->search.wanted.size);
        screen_new_row(s);
    }
    screen_prompt(s, "dbx> ");
    screen_statement(s, e);
}

/* ---- drawing ---- */

void screen_draw(editor *e) {
    screen s;
    screen_build(&s, e);
    uint32_t first = s.cursor_row + 1 > s.height ? s.cursor_row + 1 - s.height : 0;
    uint32_t last = s.count - first > s.height ? first + s.height : s.count;
    text out = {0};
    text_add(&out, "\033[?25l", 6);
    if (e->drawn_row > 0) text_addf(&out, "\033[%uA", e->drawn_row);
    text_add(&out, "\r\033[J", 4);
    for (uint32_t i = first; i < last; i++) {
        if (i > first) text_add(&out, "\r\n", 2);
        if (s.rows[i].size > 0) text_add(&out, s.rows[i].data, s.rows[i].size);
    }
    uint32_t up = last - 1 - s.cursor_row;
    if (up > 0) text_addf(&out, "\033[%uA", up);
    text_add(&out, "\r", 1);
    if (s.cursor_column > 0) text_addf(&out, "\033[%uC", s.cursor_column);
    text_add(&out, "\033[?25h", 6);
    e->drawn_row = s.cursor_row - first;
    terminal_write(out.data, out.size);
    text_free(&out);
    for (uint32_t i = 0; i < s.count; i++) text_free(&s.rows[i]);
    free(s.rows);
}

void screen_leave(editor *e) {
    e->cursor = e->line.size;
    screen_draw(e);
    e->drawn_row = 0;
    fputs("\r\n", stdout);
    fflush(stdout);
}

/* editor.c - the line editor: keys, editing, history.
 *
 * A whole statement is edited at once, over as many lines as it has: Enter ends a statement that is
 * complete and else breaks the line, Alt-Enter always does. Pasted text goes in as it is (bracketed
 * paste), so that nothing runs before Enter.
 *
 * Keys: arrows, Home/End, Ctrl-A/E/B/F/D/H/K/U/W/Y/L/P/N, Alt-B/F/D, Ctrl-Left/Right, Tab, Ctrl-R
 * (search in history), Ctrl-C (drops the statement), Ctrl-D (leaves).
 */
#include "editor.h"
#include "platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
    KEY_WORD_DELETE,
    KEY_BREAK, /* Alt-Enter */
    KEY_PASTE, /* the start of pasted text */
    KEY_CLOSED
};

enum { PASTE_END_CODE = 201, PASTE_START_CODE = 200 };

/* ---- life ---- */

editor *editor_new(shell *s) {
    editor *e = calloc(1, sizeof(*e));
    if (e == NULL) return NULL;
    e->shell = s;
    history_load(&e->history);
    return e;
}

void editor_free(editor *e) {
    if (e == NULL) return;
    history_save(&e->history);
    history_free(&e->history);
    for (uint32_t i = 0; i < e->candidate_count; i++) free(e->candidates[i]);
    text_free(&e->draft);
    text_free(&e->line);
    text_free(&e->killed);
    text_free(&e->search.wanted);
    free(e);
}

/* ---- keys ---- */

static int key_byte(void) {
    int c = terminal_read();
    return c < 0 ? KEY_CLOSED : c;
}

/* ESC [ number ; modifier final */
static int key_sequence(void) {
    int parameter = 0, number = 0, c = key_byte();
    bool first = true;
    while (isdigit(c) || c == ';') {
        if (c == ';') {
            first = false;
            number = 0;
        } else {
            number = number * 10 + (c - '0');
            if (first) parameter = number;
        }
        c = key_byte();
    }
    bool control = !first && number == 5;
    switch (c) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return control ? KEY_WORD_RIGHT : KEY_RIGHT;
    case 'D':
        return control ? KEY_WORD_LEFT : KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        if (parameter == PASTE_START_CODE) return KEY_PASTE;
        if (parameter == 3) return KEY_DELETE;
        if (parameter == 1 || parameter == 7) return KEY_HOME;
        return parameter == 4 || parameter == 8 ? KEY_END : KEY_NONE;
    default:
        return KEY_NONE;
    }
}

static int key_read(void) {
    int c = key_byte();
    if (c != 27) return c;
    c = key_byte();
    switch (c) {
    case '[':
    case 'O':
        return key_sequence();
    case 'b':
        return KEY_WORD_LEFT;
    case 'f':
        return KEY_WORD_RIGHT;
    case 'd':
        return KEY_WORD_DELETE;
    case '\r':
    case '\n':
        return KEY_BREAK;
    default:
        return KEY_NONE;
    }
}

/* ---- editing ---- */

void edit_insert(editor *e, const char *data, size_t size) {
    text_add(&e->line, data, size);
    memmove(e->line.data + e->cursor + size, e->line.data + e->cursor,
            e->line.size - size - e->cursor);
    memcpy(e->line.data + e->cursor, data, size);
    e->cursor += size;
}

void edit_erase(editor *e, size_t from, size_t to) {
    memmove(e->line.data + from, e->line.data + to, e->line.size - to + 1);
    e->line.size -= to - from;
    e->cursor = from;
}

static void edit_kill(editor *e, size_t from, size_t to) {
    if (to == from) return;
    e->killed.size = 0;
    text_add(&e->killed, e->line.data + from, to - from);
    edit_erase(e, from, to);
}

/* The start of the character before the cursor, found from the start of its line. */
static size_t edit_before(const editor *e) {
    size_t at = e->cursor;
    if (at == 0 || e->line.data[at - 1] == '\n') return at > 0 ? at - 1 : 0;
    while (at > 0 && e->line.data[at - 1] != '\n') at--;
    for (;;) {
        size_t next = at + width_step(e->line.data + at, e->cursor - at);
        if (next >= e->cursor) return at;
        at = next;
    }
}

static size_t edit_after(const editor *e) {
    return e->cursor + width_step(e->line.data + e->cursor, e->line.size - e->cursor);
}

bool edit_is_word(char c) {
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

static size_t edit_line_start(const editor *e) {
    size_t at = e->cursor;
    while (at > 0 && e->line.data[at - 1] != '\n') at--;
    return at;
}

static size_t edit_line_end(const editor *e) {
    size_t at = e->cursor;
    while (at < e->line.size && e->line.data[at] != '\n') at++;
    return at;
}

static void edit_set(editor *e, const char *value, size_t size) {
    e->line.size = 0;
    text_add(&e->line, value, size);
    e->cursor = e->line.size;
}

/* ---- history ---- */

static void edit_history(editor *e, int step) {
    uint32_t count = e->history.count;
    bool possible = step < 0 ? e->history_at > 0 : e->history_at < count;
    if (!possible) return;
    if (e->history_at == count) {
        e->draft.size = 0;
        text_add(&e->draft, e->line.data, e->line.size);
    }
    e->history_at = step < 0 ? e->history_at - 1 : e->history_at + 1;
    if (e->history_at == count)
        edit_set(e, e->draft.data, e->draft.size);
    else
        edit_set(e, e->history.entries[e->history_at], strlen(e->history.entries[e->history_at]));
}

/* To the same column of the line above or below; at the first or last one, through history. */
static void edit_vertical(editor *e, int step) {
    size_t start = edit_line_start(e), end = edit_line_end(e);
    if (step < 0 ? start == 0 : end == e->line.size) {
        edit_history(e, step);
        return;
    }
    uint32_t column = width_of(e->line.data + start, e->cursor - start), used;
    e->cursor = step < 0 ? start - 1 : end + 1;
    size_t from = edit_line_start(e), to = edit_line_end(e);
    e->cursor = from + width_fit(e->line.data + from, to - from, column, &used);
}

static void search_update(editor *e, uint32_t below) {
    search *s = &e->search;
    uint32_t at;
    s->found = s->wanted.size > 0 && history_find(&e->history, s->wanted.data, below, &at);
    if (!s->found) return;
    s->at = at;
    const char *entry = e->history.entries[at];
    edit_set(e, entry, strlen(entry));
    e->cursor = (size_t)(strcasestr(entry, s->wanted.data) - entry);
}

/* Ctrl-R: what is typed is searched, Ctrl-R again goes further back; any other key takes what was
 * found and is then done, Ctrl-C and Ctrl-G give the statement from before back. */
static int search_run(editor *e) {
    search *s = &e->search;
    text before = {0};
    text_add(&before, e->line.data, e->line.size);
    *s = (search){.on = true, .wanted = s->wanted, .at = e->history.count};
    s->wanted.size = 0;
    text_add(&s->wanted, "", 0);
    int key;
    for (;;) {
        screen_draw(e);
        key = key_read();
        char byte = (char)key;
        if (key == 18) {
            search_update(e, s->at);
        } else if (key == 8 || key == 127) {
            while (s->wanted.size > 0 &&
                   ((unsigned char)s->wanted.data[s->wanted.size - 1] & 0xC0u) == 0x80u)
                s->wanted.size--;
            if (s->wanted.size > 0) s->wanted.size--;
            s->wanted.data[s->wanted.size] = '\0';
            search_update(e, e->history.count);
        } else if (key >= 32 && key < 256) {
            text_add(&s->wanted, &byte, 1);
            search_update(e, s->at < e->history.count ? s->at + 1 : s->at);
        } else {
            break;
        }
    }
    s->on = false;
    bool drop = key == 3 || key == 7;
    if (drop) edit_set(e, before.data, before.size);
    text_free(&before);
    return drop ? KEY_NONE : key;
}

/* ---- reading ---- */

static bool edit_move(editor *e, int key) {
    switch (key) {
    case KEY_LEFT:
    case 2:
        e->cursor = edit_before(e);
        return true;
    case KEY_RIGHT:
    case 6:
        e->cursor = edit_after(e);
        return true;
    case KEY_HOME:
    case 1:
        e->cursor = edit_line_start(e);
        return true;
    case KEY_END:
    case 5:
        e->cursor = edit_line_end(e);
        return true;
    case KEY_WORD_LEFT:
        e->cursor = edit_word_left(e);
        return true;
    case KEY_WORD_RIGHT:
        e->cursor = edit_word_right(e);
        return true;
    case KEY_UP:
        edit_vertical(e, -1);
        return true;
    case KEY_DOWN:
        edit_vertical(e, 1);
        return true;
    case 16:
        edit_history(e, -1);
        return true;
    case 14:
        edit_history(e, 1);
        return true;
    default:
        return false;
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
        edit_kill(e, e->cursor, edit_line_end(e));
        break;
    case 21:
        edit_kill(e, edit_line_start(e), e->cursor);
        break;
    case 23:
        edit_kill(e, edit_word_left(e), e->cursor);
        break;
    case KEY_WORD_DELETE:
        edit_kill(e, e->cursor, edit_word_right(e));
        break;
    case 25:
        if (e->killed.size > 0) edit_insert(e, e->killed.data, e->killed.size);
        break;
    case KEY_BREAK:
        edit_insert(e, "\n", 1);
        break;
    default:
        if (key >= 32 && key < 256) edit_insert(e, &byte, 1);
        break;
    }
}

/* Takes text up to ESC [ 201 ~; line ends of any kind become \n, tabs blanks. */
static void editor_paste(editor *e) {
    static const char end[] = "\033[201~";
    text pasted = {0};
    for (int c; (c = key_byte()) != KEY_CLOSED;) {
        char byte = c == '\r' ? '\n' : c == '\t' ? ' ' : (char)c;
        text_add(&pasted, &byte, 1);
        size_t tail = sizeof(end) - 1;
        if (pasted.size >= tail && memcmp(pasted.data + pasted.size - tail, end, tail) == 0) {
            pasted.size -= tail;
            break;
        }
    }
    while (pasted.size > 0 && pasted.data[pasted.size - 1] == '\n') pasted.size--;
    if (pasted.size > 0) edit_insert(e, pasted.data, pasted.size);
    text_free(&pasted);
}

/* Would running the text now run all of it? */
static bool editor_is_complete(const editor *e) {
    const char *sql = e->line.data;
    size_t size = e->line.size, at = strspn(sql, " \t\n");
    if (at == size || command_is(sql + at)) return true;
    bool complete = false;
    while (at < size) {
        size_t n = dbx_statement_length(sql + at, size - at, &complete);
        if (n == 0) break;
        at += n;
        at += strspn(sql + at, " \t\n");
    }
    return complete;
}

typedef enum editor_end { EDITOR_DONE, EDITOR_CANCEL, EDITOR_CLOSED } editor_end;

static editor_end editor_edit(editor *e) {
    edit_set(e, "", 0);
    e->drawn_row = 0;
    e->history_at = e->history.count;
    for (;;) {
        screen_draw(e);
        int key = key_read();
        if (key == 18) key = search_run(e);
        switch (key) {
        case '\r':
        case '\n':
            if (editor_is_complete(e)) return EDITOR_DONE;
            edit_insert(e, "\n", 1);
            break;
        case 3:
            return EDITOR_CANCEL;
        case KEY_CLOSED:
            return EDITOR_CLOSED;
        case 4:
            if (e->line.size == 0) return EDITOR_CLOSED;
            edit_change(e, KEY_DELETE);
            break;
        case '\t':
            complete_word(e);
            break;
        case 12:
            fputs("\033[2J\033[H", stdout), fflush(stdout);
            e->drawn_row = 0;
            break;
        case KEY_PASTE:
            editor_paste(e);
            break;
        default:
            if (!edit_move(e, key)) edit_change(e, key);
            break;
        }
    }
}

static void editor_remember(editor *e) {
    while (e->line.size > 0 && strchr(" \t\n", e->line.data[e->line.size - 1]) != NULL)
        e->line.data[--e->line.size] = '\0';
    history_add(&e->history, e->line.data + strspn(e->line.data, " \t\n"));
}

bool editor_read(editor *e, const char **sql, size_t *size) {
    for (;;) {
        terminal_raw(true);
        editor_end end = editor_edit(e);
        screen_leave(e);
        terminal_raw(false);
        if (end == EDITOR_CLOSED) return false;
        bool blank = strspn(e->line.data, " \t\n") == e->line.size;
        if (end == EDITOR_CANCEL || blank) continue;
        editor_remember(e);
        *sql = e->line.data;
        *size = e->line.size;
        return true;
    }
}

/* editor.h - inside of the line editor: editor.c, screen.c, history.c, complete.c. */
#ifndef DBXSQL_EDITOR_H
#define DBXSQL_EDITOR_H

#include "shell.h"

enum { EDITOR_HISTORY_MAX = 1000, EDITOR_CANDIDATES_MAX = 200 };

typedef struct history {
    char *entries[EDITOR_HISTORY_MAX]; /* whole statements, oldest first */
    uint32_t count;
    char *path; /* NULL: not kept */
} history;

/* Reverse search: what was typed and the entry that holds it. */
typedef struct search {
    bool on;
    text wanted;
    uint32_t at; /* entry; history.count: none */
    bool found;
} search;

struct editor {
    shell *shell;
    history history;
    uint32_t history_at; /* entry shown; history.count: the new statement */
    text draft;          /* the new statement while history is looked at */
    text line;           /* the statement, with line breaks */
    size_t cursor;       /* byte in line */
    text killed;         /* by Ctrl-K, U, W; Ctrl-Y gives it back */
    search search;
    uint32_t drawn_row; /* screen row of the cursor below the first, as last drawn */
    char *candidates[EDITOR_CANDIDATES_MAX];
    uint32_t candidate_count;
};

/* ---- history.c ---- */
void history_load(history *h);
void history_save(const history *h);
void history_add(history *h, const char *entry);
void history_free(history *h);
/* The newest entry before `below` that holds the text; false when there is none. */
bool history_find(const history *h, const char *wanted, uint32_t below, uint32_t *at);

/* ---- screen.c ---- */
/* Draws prompts, statement and cursor over what was drawn before. */
void screen_draw(editor *e);
/* Leaves the drawn text: the cursor goes to the line below it. */
void screen_leave(editor *e);

/* ---- complete.c ---- */
/* Completes the word at the cursor, or shows what it may become. */
void complete_word(editor *e);

/* ---- editor.c, for complete.c ---- */
void edit_insert(editor *e, const char *data, size_t size);
void edit_erase(editor *e, size_t from, size_t to);
bool edit_is_word(char c);

#endif

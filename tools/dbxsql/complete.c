/* complete.c - Tab: keywords, functions, tables, and columns of the tables that the statement
 * names. */
#include "editor.h"
#include "platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    size_t offset = 0, size;
    dbx_token_kind kind;
    while ((kind = dbx_next_token(e->line.data, e->line.size, &offset, &size)) != DBX_TOKEN_END) {
        if (kind != DBX_TOKEN_IDENTIFIER) continue;
        text sql = {0};
        text_addf(&sql, "SHOW COLUMNS IN %.*s", (int)size, e->line.data + offset - size);
        complete_query(e, sql.data, 0, prefix, prefix_size);
        text_free(&sql);
    }
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
    uint32_t widest = 1;
    uint32_t columns = terminal_width();
    if (columns == 0) columns = 80;
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        uint32_t w = width_of(e->candidates[i], strlen(e->candidates[i]));
        widest = w > widest ? w : widest;
    }
    uint32_t across = columns / (widest + 2) ? columns / (widest + 2) : 1;
    size_t cursor = e->cursor;
    screen_leave(e);
    for (uint32_t i = 0; i < e->candidate_count; i++) {
        bool last = (i + 1) % across == 0 || i + 1 == e->candidate_count;
        printf("%-*s%s", (int)widest + 2, e->candidates[i], last ? "\r\n" : "");
    }
    fflush(stdout);
    e->cursor = cursor;
}

/* Adds what all candidates share; shows them when that is nothing. */
void complete_word(editor *e) {
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

/* history.c - earlier statements, kept in ~/.dbxsql_history: one a line, \n and \\ for line breaks
 * and backslashes. */
#include "editor.h"
#include "platform.h"

#include <stdlib.h>
#include <string.h>

void history_add(history *h, const char *entry) {
    if (*entry == '\0') return;
    if (h->count > 0 && strcmp(h->entries[h->count - 1], entry) == 0) return;
    char *copy = strdup(entry);
    if (copy == NULL) return;
    if (h->count == EDITOR_HISTORY_MAX) {
        free(h->entries[0]);
        memmove(h->entries, h->entries + 1, sizeof(h->entries) - sizeof(h->entries[0]));
        h->count--;
    }
    h->entries[h->count++] = copy;
}

/* In place. */
static void history_unescape(char *line) {
    char *to = line;
    for (const char *from = line; *from != '\0'; from++) {
        if (*from == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else if (*from == '\\' && from[1] == '\\') {
            *to++ = '\\';
            from++;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

void history_load(history *h) {
    const char *home = platform_home();
    if (home == NULL || asprintf(&h->path, "%s/.dbxsql_history", home) < 0) {
        h->path = NULL;
        return;
    }
    FILE *f = fopen(h->path, "r");
    if (f == NULL) return;
    text line = {0};
    for (int c; (c = fgetc(f)) != EOF;) {
        char byte = (char)c;
        if (byte != '\n') {
            text_add(&line, &byte, 1);
            continue;
        }
        text_add(&line, "", 0);
        history_unescape(line.data);
        history_add(h, line.data);
        line.size = 0;
    }
    text_free(&line);
    fclose(f);
}

void history_save(const history *h) {
    if (h->path == NULL) return;
    FILE *f = platform_create_private(h->path); /* statements may hold secrets */
    if (f == NULL) return;
    for (uint32_t i = 0; i < h->count; i++) {
        for (const char *c = h->entries[i]; *c != '\0'; c++) {
            if (*c == '\n')
                fputs("\\n", f);
            else if (*c == '\\')
                fputs("\\\\", f);
            else
                fputc(*c, f);
        }
        fputc('\n', f);
    }
    fclose(f);
}

void history_free(history *h) {
    for (uint32_t i = 0; i < h->count; i++) free(h->entries[i]);
    free(h->path);
    *h = (history){0};
}

bool history_find(const history *h, const char *wanted, uint32_t below, uint32_t *at) {
    for (uint32_t i = below; i-- > 0;) {
        if (strcasestr(h->entries[i], wanted) == NULL) continue;
        *at = i;
        return true;
    }
    return false;
}

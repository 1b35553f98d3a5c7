/* history.c - earlier statements, kept in ~/.dbxsql_history: one a line, \n and \\ for line breaks
 * and backslashes. */
#include "editor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    const char *home = getenv("HOME");
    if (home == NULL || asprintf(&h->path, "%s/.dbxsql_history", home) < 0) {
        h->path = NULL;
        return;
    }
    FILE *f = fopen(h->path, "r");
    if (f == NULL) return;
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
        if (line[n - 1] == '\n') line[n - 1] = '\0';
        history_unescape(line);
        history_add(h, line);
    }
    free(line);
    fclose(f);
}

void history_save(const history *h) {
    if (h->path == NULL) return;
    mode_t before = umask(077); /* statements may hold secrets */
    FILE *f = fopen(h->path, "w");
    umask(before);
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

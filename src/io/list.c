/* list.c - which files a path stands for: literal, directory or glob.
 *
 * Braces are expanded first ({a,b} may hold '/'), giving patterns of '/'-separated segments; a walk
 * then takes one segment a level. Directory names are sorted at each level only by the final sort
 * of all entries. */
#include "io/gate.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- matching one segment ---- */

/* Matches [set] at p (behind the '['); *end gets the position behind ']' or NULL when there is
 * none. */
static bool list_match_set(const char *p, const char *limit, char c, const char **end) {
    bool negated = p < limit && (*p == '!' || *p == '^');
    if (negated) p++;
    bool found = false;
    bool first = true;
    while (p < limit && (*p != ']' || first)) {
        first = false;
        char low = *p++;
        char high = low;
        if (p + 1 < limit && *p == '-' && p[1] != ']') {
            high = p[1];
            p += 2;
        }
        if ((unsigned char)c >= (unsigned char)low && (unsigned char)c <= (unsigned char)high) {
            found = true;
        }
    }
    *end = p < limit ? p + 1 : NULL;
    return found != negated;
}

bool io_glob_match(string_view pattern, string_view text) {
    const char *p = pattern.data;
    const char *p_end = p + pattern.size;
    const char *t = text.data;
    const char *t_end = t + text.size;
    const char *star_p = NULL; /* behind the last '*' */
    const char *star_t = NULL; /* where its match ends at this point */
    while (t < t_end) {
        const char *after = NULL;
        if (p < p_end && *p == '*') {
            star_p = ++p;
            star_t = t;
            continue;
        }
        if (p < p_end && *p == '?') {
            p++;
            t++;
            while (t < t_end && ((unsigned char)*t & 0xC0) == 0x80) t++; /* one code point */
            continue;
        }
        bool set = false;
        if (p < p_end && *p == '[') {
            set = list_match_set(p + 1, p_end, *t, &after);
            if (after != NULL && set) {
                p = after;
                t++;
                continue;
            }
        }
        if (p < p_end && after == NULL) {
            const char *literal = *p == '\\' && p + 1 < p_end ? p + 1 : p;
            if (*literal == *t) {
                p = literal + 1;
                t++;
                continue;
            }
        }
        if (star_p == NULL) return false;
        p = star_p;
        t = ++star_t;
    }
    while (p < p_end && *p == '*') p++;
    return p == p_end;
}

static bool list_segment_is_glob(string_view s) {
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '*' || c == '?' || c == '[' || c == '{' || c == '\\') return true;
    }
    return false;
}

bool io_path_is_glob(string_view path) {
    return list_segment_is_glob(path);
}

/* ---- the walk ---- */

typedef struct list_walk {
    io_listing *out;
    arena *arena;
    error *err;
    uint32_t root_size; /* of the entries being added */
    uint32_t patterns;  /* made by braces so far */
} list_walk;

static dbx_status list_raise_limit(list_walk *w, string_view path, const char *message) {
    char text[256]; /* the path may be cut: it is only shown */
    snprintf(text, sizeof(text), "%.*s", SV_ARG(path));
    return error_raise(w->err, ERR_IO_ERROR, (span){0, 0}, "operation", "list", "path", text,
                       "message", message, NULL);
}

typedef struct list_name {
    string_view name;
    os_path_kind kind;
} list_name;

typedef struct list_names {
    arena *arena;
    ARENA_LIST(list_name) names;
    dbx_status status;
} list_names;

static bool list_collect(const char *name, os_path_kind kind, void *opaque) {
    list_names *state = opaque;
    list_name entry = {arena_copy_string(state->arena, sv_from(name)), kind};
    state->status =
        entry.name.data == NULL ? DBX_NOMEM : ARENA_LIST_PUSH(state->arena, &state->names, entry);
    return state->status == DBX_OK;
}

static dbx_status list_directory(list_walk *w, string_view path, list_names *names) {
    memset(names, 0, sizeof(*names));
    names->arena = w->arena;
    TRY(os_list_directory(path.size ? path.data : ".", list_collect, names, w->err));
    return names->status == DBX_OK ? DBX_OK : error_nomem(w->err);
}

static dbx_status list_add(list_walk *w, string_view path) {
    if (w->out->entries.count >= IO_LIST_FILES_MAX) {
        return list_raise_limit(w, path, "it stands for too many files");
    }
    io_entry e = {.path = path, .root_size = (uint32_t)MIN(w->root_size, path.size)};
    if (os_path_stat(path.data, &e.size, &e.modified_us) != OS_PATH_FILE) return DBX_OK;
    return ARENA_LIST_PUSH(w->arena, &w->out->entries, e) == DBX_OK ? DBX_OK : error_nomem(w->err);
}

static dbx_status list_join(list_walk *w, string_view directory, string_view name,
                            string_view *out) {
    bool slash = directory.size > 0 && directory.data[directory.size - 1] != '/';
    size_t size = directory.size + slash + name.size;
    char *joined = size < IO_PATH_MAX ? arena_alloc_bytes(w->arena, size + 1) : NULL;
    if (joined == NULL) return error_nomem(w->err);
    if (directory.size > 0) memcpy(joined, directory.data, directory.size);
    if (slash) joined[directory.size] = '/';
    memcpy(joined + directory.size + slash, name.data, name.size);
    joined[size] = '\0';
    *out = (string_view){joined, size};
    return DBX_OK;
}

/* Spark's rule: names of '.' and '_' are not data, but a partition of a column such as _day=1 is.
 */
static bool list_is_hidden(list_name n) {
    if (n.name.data[0] == '.') return true;
    if (n.name.data[0] != '_') return false;
    return n.kind != OS_PATH_DIRECTORY || memchr(n.name.data, '=', n.name.size) == NULL;
}

static dbx_status list_tree(list_walk *w, string_view directory, uint32_t depth) {
    if (depth > IO_LIST_DEPTH_MAX) {
        return list_raise_limit(w, directory, "directories are nested too deeply");
    }
    list_names names;
    TRY(list_directory(w, directory, &names));
    for (uint32_t i = 0; i < names.names.count; i++) {
        list_name n = names.names.items[i];
        if (list_is_hidden(n)) continue;
        string_view path;
        TRY(list_join(w, directory, n.name, &path));
        if (n.kind == OS_PATH_DIRECTORY) {
            TRY(list_tree(w, path, depth + 1));
        } else if (n.kind == OS_PATH_FILE) {
            TRY(list_add(w, path));
        }
    }
    return DBX_OK;
}

static dbx_status list_existing(list_walk *w, string_view path) {
    os_path_kind kind = os_path_stat(path.data, NULL, NULL);
    if (kind == OS_PATH_DIRECTORY) return list_tree(w, path, 0);
    return kind == OS_PATH_FILE ? list_add(w, path) : DBX_OK;
}

/* Walks `rest` (segments still to match) below `directory`, which exists. */
static dbx_status list_segments(list_walk *w, string_view directory, string_view rest,
                                uint32_t depth) {
    if (depth > IO_LIST_DEPTH_MAX) return DBX_OK;
    while (rest.size > 0 && rest.data[0] == '/') rest = (string_view){rest.data + 1, rest.size - 1};
    if (rest.size == 0) return list_existing(w, directory);
    const char *slash = memchr(rest.data, '/', rest.size);
    string_view segment = {rest.data, slash ? (size_t)(slash - rest.data) : rest.size};
    rest = (string_view){rest.data + segment.size, rest.size - segment.size};
    string_view path;
    if (!list_segment_is_glob(segment)) {
        TRY(list_join(w, directory, segment, &path));
        os_path_kind kind = os_path_stat(path.data, NULL, NULL);
        if (kind == OS_PATH_NONE || (rest.size > 0 && kind != OS_PATH_DIRECTORY)) return DBX_OK;
        return list_segments(w, path, rest, depth + 1);
    }
    bool any_depth = sv_equal(segment, SV("**"));
    if (any_depth && rest.size > 0) TRY(list_segments(w, directory, rest, depth + 1));
    list_names names;
    TRY(list_directory(w, directory, &names));
    for (uint32_t i = 0; i < names.names.count; i++) {
        list_name n = names.names.items[i];
        bool named = segment.data[0] == n.name.data[0]; /* ".x*" asks for hidden names */
        if (list_is_hidden(n) && !named) continue;
        if (!any_depth && !io_glob_match(segment, n.name)) continue;
        if (n.kind != OS_PATH_DIRECTORY && (rest.size > 0 || n.kind != OS_PATH_FILE)) continue;
        TRY(list_join(w, directory, n.name, &path));
        if (any_depth && n.kind == OS_PATH_DIRECTORY && rest.size > 0) {
            string_view again = {segment.data, segment.size + rest.size};
            TRY(list_segments(w, path, again, depth + 1));
        } else {
            TRY(list_segments(w, path, rest, depth + 1));
        }
    }
    return DBX_OK;
}

/* A pattern without braces: its fixed leading directories are the root of partitions. */
static dbx_status list_pattern(list_walk *w, string_view pattern) {
    size_t fixed = 0;
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        if (c == '*' || c == '?' || c == '[' || c == '\\') break;
        if (c == '/') fixed = i + 1;
    }
    string_view root;
    string_view directory = {pattern.data, fixed};
    while (directory.size > 1 && directory.data[directory.size - 1] == '/') directory.size--;
    root = arena_copy_string(w->arena, directory);
    if (root.data == NULL) return error_nomem(w->err);
    if (os_path_stat(root.size ? root.data : ".", NULL, NULL) != OS_PATH_DIRECTORY) return DBX_OK;
    w->root_size = (uint32_t)root.size;
    return list_segments(w, root, (string_view){pattern.data + fixed, pattern.size - fixed}, 0);
}

/* Expands the first top-level {…} and recurses over its alternatives. */
static dbx_status list_braces(list_walk *w, string_view pattern) {
    const char *open = NULL;
    const char *close = NULL;
    uint32_t depth = 0;
    for (const char *p = pattern.data; p < pattern.data + pattern.size && close == NULL; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '{' && depth++ == 0)
            open = p;
        else if (*p == '}' && depth > 0 && --depth == 0)
            close = p;
    }
    if (close == NULL) return list_pattern(w, pattern);
    string_view tail = {close + 1, (size_t)(pattern.data + pattern.size - close - 1)};
    const char *start = open + 1;
    for (const char *p = start; p <= close; p++) {
        if (*p == '{') depth++;
        if (*p == '}' && p < close) depth--;
        if (p < close && (*p != ',' || depth > 0)) continue;
        if (++w->patterns > IO_GLOB_ALTERNATIVES_MAX) {
            return list_raise_limit(w, pattern, "the pattern has too many alternatives");
        }
        char *one = arena_printf(w->arena, "%.*s%.*s%.*s", (int)(open - pattern.data), pattern.data,
                                 (int)(p - start), start, SV_ARG(tail));
        if (one == NULL) return error_nomem(w->err);
        TRY(list_braces(w, sv_from(one)));
        start = p + 1;
    }
    return DBX_OK;
}

static int list_compare(const void *a, const void *b) {
    const io_entry *x = a;
    const io_entry *y = b;
    return strcmp(x->path.data, y->path.data);
}

static void list_sort(io_listing *listing, uint32_t from) {
    uint32_t count = listing->entries.count - from;
    if (count < 2) return;
    io_entry *items = listing->entries.items + from;
    qsort(items, count, sizeof(*items), list_compare);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; i++) {
        if (!sv_equal(items[i].path, items[kept - 1].path)) items[kept++] = items[i];
    }
    listing->entries.count = from + kept;
}

dbx_status io_list(const io_gate *gate, string_view path, arena *a, io_listing *out, error *err) {
    char resolved[IO_PATH_MAX];
    TRY(io_resolve(gate, path, IO_LIST, resolved, err));
    string_view whole = arena_copy_string(a, sv_from(resolved));
    if (whole.data == NULL) return error_nomem(err);
    out->arena = a;
    uint32_t before = out->entries.count;
    list_walk w = {.out = out, .arena = a, .err = err};
    os_path_kind kind = os_path_stat(resolved, NULL, NULL);
    if (kind == OS_PATH_FILE || kind == OS_PATH_DIRECTORY) {
        w.root_size = (uint32_t)whole.size;
        TRY(list_existing(&w, whole));
    } else if (kind == OS_PATH_NONE && io_path_is_glob(whole)) {
        TRY(list_braces(&w, whole));
    }
    if (out->entries.count == before && kind != OS_PATH_DIRECTORY) {
        return error_raisef(err, ERR_PATH_NOT_FOUND, (span){0, 0}, "path", "%.*s", SV_ARG(path));
    }
    list_sort(out, before);
    return DBX_OK;
}

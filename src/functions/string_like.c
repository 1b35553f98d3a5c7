/* string_like.c - LIKE and ILIKE: patterns that are constant are compiled at bind, others once per
 * change. */
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_finder.h"
#include "functions/text_out.h"
#include "kernel/like.h"
#include "vector/collation.h"

typedef struct like_state {
    bool constant;
    bool fold; /* ILIKE */
    char escape;
    bool escape_argument; /* args[2] is read per row */
    like_pattern pattern;
} like_state;

/* Lower case of a string into `to` (3 bytes of room per byte), as UTF8_LCASE compares. */
static size_t like_fold(string_view s, char *to) {
    size_t n = 0;
    for (size_t i = 0; i < s.size;) {
        int32_t codes[2];
        uint32_t used;
        if ((unsigned char)s.data[i] < 0x80) {
            to[n++] = ascii_lower(s.data[i++]);
            continue;
        }
        uint32_t count = collation_lower(collation_read(s.data + i, s.data + s.size, &used), codes);
        for (uint32_t k = 0; k < count; k++) n += collation_write(codes[k], to + n);
        i += used;
    }
    return n;
}

static dbx_status like_prepare(arena *a, string_view pattern, char escape, bool fold, span position,
                               like_pattern *out, error *err) {
    if (fold) {
        char *folded = ARENA_ARRAY(a, char, pattern.size * 3 + 1);
        if (folded == NULL) return error_nomem(err);
        pattern = (string_view){folded, like_fold(pattern, folded)};
    }
    uint32_t bound = like_segment_bound(pattern.data, pattern.size);
    char *text = ARENA_ARRAY(a, char, pattern.size + 1);
    like_segment *segments = ARENA_ARRAY(a, like_segment, bound);
    if (text == NULL || segments == NULL) return error_nomem(err);
    like_status status = like_compile(pattern.data, pattern.size, escape, text, segments, out);
    if (status == LIKE_OK) return DBX_OK;
    const char *quoted = arena_printf(a, "'" SV_FMT "'", SV_ARG(pattern));
    if (status == LIKE_ESCAPE_AT_END)
        return error_raise(err, ERR_INVALID_FORMAT__ESC_AT_THE_END, position, "format",
                           quoted == NULL ? "" : quoted, NULL);
    if (status == LIKE_TOO_LONG)
        return error_raise(err, ERR_UNSUPPORTED_FEATURE, position, "feature",
                           "a LIKE pattern over 2 GB", NULL);
    const char *bad = "";
    for (size_t i = 0; i + 1 < pattern.size; i++) {
        if (pattern.data[i] != escape) continue;
        char next = pattern.data[++i];
        if (next == '_' || next == '%' || next == escape) continue;
        size_t size = text_char_size(pattern.data + i, pattern.size - i);
        bad = arena_printf(a, "'%.*s'", (int)size, pattern.data + i);
        break;
    }
    return error_raise(err, ERR_INVALID_FORMAT__ESC_IN_THE_MIDDLE, position, "format",
                       quoted == NULL ? "" : quoted, "char", bad == NULL ? "" : bad, NULL);
}

static dbx_status like_run_constant(fn_call *call, const vector_view *text, const like_pattern *p,
                                    uint8_t *to) {
    if (text->sel == NULL && text->mask != 0) {
        like_match_strings(p, text->data, call->sel, call->rows, to);
        return DBX_OK;
    }
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(text, r);
        to[r] = like_match(p, vstring_data(s), s->size);
    }
    return DBX_OK;
}

static dbx_status like_run(fn_call *call, const vector *args, vector *out) {
    const like_state *s = call->state;
    vector_view text = vector_view_of(&args[0]), patterns = vector_view_of(&args[1]), escapes = {0};
    uint8_t *to = VECTOR_DATA(out, uint8_t);
    if (s->constant && !s->fold) return like_run_constant(call, &text, &s->pattern, to);
    if (s->escape_argument) escapes = vector_view_of(&args[2]);
    like_pattern current = s->pattern;
    string_view last = {0};
    char *folded = NULL;
    size_t room = 0;
    FN_FOR_EACH_ROW(call, r) {
        if (!s->constant) {
            string_view pattern = vstring_view(text_arg(&patterns, r));
            if (last.data == NULL || s->escape_argument || !sv_equal(last, pattern)) {
                char escape = s->escape;
                if (s->escape_argument) {
                    const vstring *e = text_arg(&escapes, r);
                    escape = e->size > 0 ? vstring_data(e)[0] : '\0';
                }
                TRY(like_prepare(call->arena, pattern, escape, s->fold, call->position, &current,
                                 call->err));
                last = pattern;
            }
        }
        string_view value = vstring_view(text_arg(&text, r));
        if (s->fold) {
            if (folded == NULL || value.size * 3 + 1 > room) {
                room = value.size * 6 + 64;
                folded = ARENA_ARRAY(call->arena, char, room);
                if (folded == NULL) return error_nomem(call->err);
            }
            value = (string_view){folded, like_fold(value, folded)};
        }
        to[r] = like_match(&current, value.data, value.size);
    }
    return DBX_OK;
}

static dbx_status like_bind_any(fn_bind *b, bool fold) {
    like_state *s = ARENA_NEW(b->arena, like_state);
    string_view pattern, escape;
    if (s == NULL) return error_nomem(b->err);
    s->fold = fold || collation_base(b->arg_types[0].collation) == COLLATION_UTF8_LCASE;
    s->escape = '\\';
    b->state = s;
    if (b->arg_count > 2) {
        if (fn_bind_constant_string(b, 2, &escape))
            s->escape = escape.size > 0 ? escape.data[0] : '\0';
        else
            s->escape_argument = true;
    }
    if (s->escape_argument || !fn_bind_constant_string(b, 1, &pattern)) return DBX_OK;
    s->constant = true;
    string_view copy = arena_copy_string(b->arena, pattern);
    if (copy.data == NULL) return error_nomem(b->err);
    return like_prepare(b->arena, copy, s->escape, s->fold, b->position, &s->pattern, b->err);
}
static dbx_status like_bind(fn_bind *b) {
    return like_bind_any(b, false);
}
static dbx_status like_bind_ilike(fn_bind *b) {
    return like_bind_any(b, true);
}

/* ---- starts_with, ends_with, contains ---- */

static bool like_has_start(const text_finder *f) {
    text_match m;
    return text_finder_at_start(f, &m);
}
static bool like_has_end(const text_finder *f) {
    text_match m;
    return text_finder_at_end(f, &m);
}
static bool like_has(const text_finder *f) {
    text_match m;
    return text_finder_find(f, 0, &m);
}

/* Strings of UTF8_BINARY meet BYTES, others the finder. */
#define LIKE_AFFIX(name, FIND, BYTES)                                                              \
    static dbx_status like_##name(fn_call *call, const vector *args, vector *out) {                \
        vector_view text = vector_view_of(&args[0]), part = vector_view_of(&args[1]);              \
        uint8_t *to = VECTOR_DATA(out, uint8_t);                                                   \
        text_finder f = text_finder_on(call, call->arg_types[0].collation);                        \
        FN_FOR_EACH_ROW(call, r) {                                                                 \
            string_view s = vstring_view(text_arg(&text, r)),                                      \
                        p = vstring_view(text_arg(&part, r));                                      \
            if (LIKELY(f.bytes)) {                                                                 \
                to[r] = (BYTES);                                                                   \
                continue;                                                                          \
            }                                                                                      \
            TRY(text_finder_set(&f, s, p));                                                        \
            to[r] = FIND(&f);                                                                      \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }
LIKE_AFFIX(starts_with, like_has_start, s.size >= p.size && memcmp(s.data, p.data, p.size) == 0)
LIKE_AFFIX(ends_with, like_has_end,
           s.size >= p.size && memcmp(s.data + s.size - p.size, p.data, p.size) == 0)
LIKE_AFFIX(contains, like_has, text_find(s.data, s.size, p.data, p.size) != NULL)

static dbx_status like_bind_affix(fn_bind *b) {
    bool binary = b->arg_types[0].id == TYPE_BINARY && b->arg_types[1].id == TYPE_BINARY;
    for (uint32_t i = 0; i < 2; i++) {
        if (!binary && b->arg_types[i].id != TYPE_STRING)
            b->arg_types[i] = type_simple(TYPE_STRING);
    }
    return DBX_OK;
}

#define LIKE_ROW(text, f, sig, operation, k, binder, about, sample)                                \
    {                                                                                              \
        .name = text, .flags = (f), .signature = sig, .op = operation, .kernel = k,                \
        .bind = binder, .category = "string", .doc = about, .examples = sample                     \
    }
#define LIKE_AFFIXES (FN_COLLATES | FN_SEARCHES | FN_DETERMINATE)

const function_row string_like_functions[] = {
    LIKE_ROW("like", FN_LCASE, "(str string, pattern string, [escape string]) -> boolean", OP_LIKE,
             like_run, like_bind, "True if str matches: _ is any character, % any characters.",
             "like('Spark', '_park') => true"),
    LIKE_ROW("ilike", FN_LCASE, "(str string, pattern string, [escape string]) -> boolean", OP_NONE,
             like_run, like_bind_ilike, "LIKE without regard to case.",
             "ilike('Spark', '_PARK') => true"),
    LIKE_ROW("startswith", LIKE_AFFIXES, "(left string|binary, right string|binary) -> boolean",
             OP_STARTS_WITH, like_starts_with, like_bind_affix, "True if left starts with right.",
             "startswith('Spark SQL', 'Spark') => true"),
    LIKE_ROW("endswith", LIKE_AFFIXES, "(left string|binary, right string|binary) -> boolean",
             OP_NONE, like_ends_with, like_bind_affix, "True if left ends with right.",
             "endswith('Spark SQL', 'SQL') => true"),
    LIKE_ROW("contains", LIKE_AFFIXES, "(left string|binary, right string|binary) -> boolean",
             OP_NONE, like_contains, like_bind_affix, "True if right occurs in left.",
             "contains('Spark SQL', 'Spark') => true"),
};
const uint32_t string_like_functions_count = ARRAY_COUNT(string_like_functions);

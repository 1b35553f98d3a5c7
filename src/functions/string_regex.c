/* string_regex.c - functions of regular expressions. A constant pattern is compiled once a worker.
 */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/regex.h"
#include "functions/signature.h"
#include "kernel/text.h"

typedef struct regex_state {
    const char *name;
    uint32_t count;
    bool constant;
} regex_state;

typedef struct regex_rows {
    const regex_state *state;
    regex_cache *cache;
    regex_cache own;
    arena *arena;
    vector_view text, patterns;
} regex_rows;

static void regex_open(fn_call *call, const vector *args, regex_rows *x) {
    x->state = call->state;
    x->own = (regex_cache){0};
    x->cache = x->state->constant ? call->scratch : &x->own;
    x->arena = x->state->constant ? call->scratch_arena : call->arena;
    x->text = vector_view_of(&args[0]);
    x->patterns = vector_view_of(&args[1]);
}

static dbx_status regex_row(fn_call *call, regex_rows *x, uint32_t r, const regex **out) {
    if (x->cache == NULL) x->cache = &x->own;
    return regex_get(call, x->cache, x->arena, vstring_view(text_arg(&x->patterns, r)),
                     x->state->name, out);
}

static dbx_status regex_like(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    regex_open(call, args, &x);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        TRY(regex_row(call, &x, r, &p));
        TRY(regex_find(call, p, vstring_view(text_arg(&x.text, r)), 0, &found));
        VECTOR_DATA(out, uint8_t)[r] = found;
    }
    return DBX_OK;
}

static dbx_status regex_check_group(fn_call *call, const regex *p, int64_t group) {
    const regex_state *s = call->state;
    if (group >= 0 && group <= (int64_t)p->group_count) return DBX_OK;
    return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__REGEX_GROUP_INDEX, call->position,
                       "parameter", "`idx`", "functionName",
                       arena_printf(call->arena, "`%s`", s->name), "groupCount",
                       arena_printf(call->arena, "%u", p->group_count), "groupIndex",
                       arena_printf(call->arena, "%lld", (long long)group), NULL);
}

static string_view regex_group(const regex *p, string_view text, int64_t group) {
    size_t start = p->groups[2 * group], end = p->groups[2 * group + 1];
    if (start == REGEX_UNSET || end < start) return SV("");
    return (string_view){text.data + start, end - start};
}

static dbx_status regex_extract(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    vector_view groups = {0};
    regex_open(call, args, &x);
    if (x.state->count > 2) groups = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        string_view text = vstring_view(text_arg(&x.text, r)), part = SV("");
        int64_t group = x.state->count > 2 ? int_arg(&groups, r) : 1;
        TRY(regex_row(call, &x, r, &p));
        TRY(regex_check_group(call, p, group));
        TRY(regex_find(call, p, text, 0, &found));
        if (found) part = regex_group(p, text, group);
        text_borrow(out, r, part.data, part.size);
    }
    return DBX_OK;
}

static dbx_status regex_extract_all(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    vector_view groups = {0};
    regex_open(call, args, &x);
    if (x.state->count > 2) groups = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        string_view text = vstring_view(text_arg(&x.text, r));
        int64_t group = x.state->count > 2 ? int_arg(&groups, r) : 1;
        uint32_t first = out->child_count, at;
        TRY(regex_row(call, &x, r, &p));
        TRY(regex_check_group(call, p, group));
        TRY(nested_begin(call, out, r, 0, &at));
        TRY(regex_find(call, p, text, 0, &found));
        while (found) {
            string_view part = regex_group(p, text, group);
            TRY(nested_begin(call, out, r, 1, &at));
            text_borrow(&out->children[0], at, part.data, part.size);
            TRY(regex_find(call, p, text, regex_next(text, p->groups[0], p->groups[1]), &found));
        }
        VECTOR_DATA(out, list_entry)[r] = (list_entry){first, out->child_count - first};
    }
    return DBX_OK;
}

static dbx_status regex_count(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    regex_open(call, args, &x);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        int32_t n = 0;
        string_view text = vstring_view(text_arg(&x.text, r));
        TRY(regex_row(call, &x, r, &p));
        TRY(regex_find(call, p, text, 0, &found));
        for (; found; n++)
            TRY(regex_find(call, p, text, regex_next(text, p->groups[0], p->groups[1]), &found));
        VECTOR_DATA(out, int32_t)[r] = n;
    }
    return DBX_OK;
}

static dbx_status regex_instr(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    regex_open(call, args, &x);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        string_view text = vstring_view(text_arg(&x.text, r));
        TRY(regex_row(call, &x, r, &p));
        TRY(regex_find(call, p, text, 0, &found));
        VECTOR_DATA(out, int32_t)
        [r] = found ? (int32_t)text_length(text.data, p->groups[0]) + 1 : 0;
    }
    return DBX_OK;
}

static dbx_status regex_substr(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    regex_open(call, args, &x);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        string_view text = vstring_view(text_arg(&x.text, r));
        TRY(regex_row(call, &x, r, &p));
        TRY(regex_find(call, p, text, 0, &found));
        if (!found)
            TRY(fn_set_null(call, out, r));
        else
            text_borrow(out, r, text.data + p->groups[0], p->groups[1] - p->groups[0]);
    }
    return DBX_OK;
}

/* ---- replacing ---- */

static dbx_status regex_bad_group(fn_call *call, string_view to) {
    const regex_state *s = call->state;
    return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__PATTERN, call->position, "parameter",
                       "`rep`", "functionName", arena_printf(call->arena, "`%s`", s->name), "value",
                       arena_printf(call->arena, "'" SV_FMT "'", SV_ARG(to)), NULL);
}

/* Java's replacement text: $1 and ${name} are groups, a backslash takes the next character as it
 * is. */
static dbx_status regex_append(fn_call *call, text_build *b, const regex *p, string_view text,
                               string_view to) {
    for (size_t i = 0; i < to.size; i++) {
        char c = to.data[i];
        if (c == '\\') {
            if (++i >= to.size) return regex_bad_group(call, to);
            TRY(text_build_char(b, to.data[i]));
            continue;
        }
        if (c != '$') {
            TRY(text_build_char(b, c));
            continue;
        }
        int64_t group = -1;
        if (i + 1 < to.size && to.data[i + 1] == '{') {
            size_t end = i + 2;
            while (end < to.size && to.data[end] != '}') end++;
            group = regex_group_number(p, (string_view){to.data + i + 2, end - i - 2}, call->arena);
            i = end;
        } else {
            while (i + 1 < to.size && ascii_is_digit(to.data[i + 1])) {
                int64_t next = MAX(group, (int64_t)0) * 10 + (to.data[i + 1] - '0');
                if (group >= 0 && next > (int64_t)p->group_count) break;
                group = next;
                i++;
            }
        }
        if (group < 0 || group > (int64_t)p->group_count) return regex_bad_group(call, to);
        string_view part = regex_group(p, text, group);
        TRY(text_build_add(b, part.data, part.size));
    }
    return DBX_OK;
}

static dbx_status regex_replace(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    vector_view tos = vector_view_of(&args[2]), positions = {0};
    regex_open(call, args, &x);
    if (x.state->count > 3) positions = vector_view_of(&args[3]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        bool found;
        string_view text = vstring_view(text_arg(&x.text, r)), to = vstring_view(text_arg(&tos, r));
        int64_t position = x.state->count > 3 ? int_arg(&positions, r) : 1;
        size_t from = position > 1 ? text_offset(text.data, text.size, (size_t)position - 1) : 0,
               done = 0;
        TRY(regex_row(call, &x, r, &p));
        found = false;
        if (position <= 1 || from < text.size) TRY(regex_find(call, p, text, from, &found));
        if (!found) {
            text_set(out, r, *text_arg(&x.text, r));
            continue;
        }
        while (found) {
            size_t start = p->groups[0], end = p->groups[1];
            TRY(text_build_add(&b, text.data + done, start - done));
            TRY(regex_append(call, &b, p, text, to));
            done = end;
            TRY(regex_find(call, p, text, regex_next(text, start, end), &found));
        }
        TRY(text_build_add(&b, text.data + done, text.size - done));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

/* ---- split ---- */

static dbx_status regex_split_part(fn_call *call, vector *out, uint32_t r, string_view text,
                                   size_t from, size_t to) {
    uint32_t at;
    TRY(nested_begin(call, out, r, 1, &at));
    text_borrow(&out->children[0], at, text.data + from, to - from);
    return DBX_OK;
}

static dbx_status regex_split_characters(fn_call *call, vector *out, uint32_t r, string_view text,
                                         int64_t limit) {
    int64_t n = 0;
    for (size_t i = 0, size; i < text.size && (limit <= 0 || n < limit); i += size, n++) {
        bool last = limit > 0 && n + 1 == limit;
        size = last ? text.size - i : text_char_size(text.data + i, text.size - i);
        TRY(regex_split_part(call, out, r, text, i, i + size));
    }
    return DBX_OK;
}

static dbx_status regex_split(fn_call *call, const vector *args, vector *out) {
    regex_rows x;
    vector_view limits = {0};
    regex_open(call, args, &x);
    if (x.state->count > 2) limits = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        const regex *p;
        string_view text = vstring_view(text_arg(&x.text, r));
        int64_t limit = x.state->count > 2 ? int_arg(&limits, r) : -1;
        uint32_t first = out->child_count;
        size_t done = 0, from = 0;
        if (text.size > 0 && text_arg(&x.patterns, r)->size == 0) {
            TRY(regex_split_characters(call, out, r, text, limit));
            VECTOR_DATA(out, list_entry)[r] = (list_entry){first, out->child_count - first};
            continue;
        }
        TRY(regex_row(call, &x, r, &p));
        while (limit <= 0 || (int64_t)(out->child_count - first) < limit - 1) {
            bool found;
            TRY(regex_find(call, p, text, from, &found));
            if (!found) break;
            size_t start = p->groups[0], end = p->groups[1];
            from = regex_next(text, start, end);
            if (end == 0) continue; /* an empty match at the start splits nothing off */
            if (start == end && start >= text.size) break;
            TRY(regex_split_part(call, out, r, text, done, start));
            done = end;
        }
        TRY(regex_split_part(call, out, r, text, done, text.size));
        VECTOR_DATA(out, list_entry)[r] = (list_entry){first, out->child_count - first};
    }
    return DBX_OK;
}

/* ---- binding ---- */

static dbx_status regex_bind(fn_bind *b) {
    string_view pattern;
    regex_state *s = ARENA_NEW(b->arena, regex_state);
    if (s == NULL) return error_nomem(b->err);
    s->name = b->row->name;
    s->count = b->arg_count;
    s->constant = fn_bind_constant_string(b, 1, &pattern);
    b->state = s;
    b->scratch_size = sizeof(regex_cache);
    return DBX_OK;
}

static dbx_status regex_bind_replace(fn_bind *b) {
    int64_t position;
    if (b->arg_count > 3 && fn_bind_constant_int(b, 3, &position) && position <= 0) {
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__VALUE_OUT_OF_RANGE, b->position,
                           "sqlExpr", arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "exprName",
                           "position", "valueRange", "(0, 2147483647]", "currentValue",
                           arena_printf(b->arena, "%lld", (long long)position), NULL);
    }
    return regex_bind(b);
}

static dbx_status regex_bind_array(fn_bind *b) {
    TRY(nested_array_type(b, type_simple(TYPE_STRING), b->row->name[0] == 'r', &b->result));
    return regex_bind(b);
}

#define REGEX_ROW(text, other, sig, f, k, binder, about, sample)                                   \
    {                                                                                              \
        .name = text, .aliases = other, .signature = sig, .flags = (f), .kernel = k,               \
        .bind = binder, .category = "string", .doc = about, .examples = sample                     \
    }

const function_row string_regex_functions[] = {
    REGEX_ROW("rlike", "regexp,regexp_like", "(str string, regexp string) -> boolean", FN_LCASE,
              regex_like, regex_bind, "True if a part of str matches regexp.",
              "rlike('SparkSQL', '^Sp.*L$') => true"),
    REGEX_ROW("regexp_extract", NULL, "(str string, regexp string, [idx int]) -> string", FN_LCASE,
              regex_extract, regex_bind, "Group idx of the first match; empty when there is none.",
              "regexp_extract('100-200', '([0-9]+)-([0-9]+)', 1) => 100"),
    REGEX_ROW(
        "regexp_extract_all", NULL, "(str string, regexp string, [idx int]) -> bind", FN_LCASE,
        regex_extract_all, regex_bind_array, "Group idx of every match.",
        "regexp_extract_all('100-200, 300-400', '([0-9]+)-([0-9]+)', 1) => [\"100\",\"300\"]"),
    REGEX_ROW("regexp_count", NULL, "(str string, regexp string) -> int", FN_LCASE, regex_count,
              regex_bind, "Number of matches.", "regexp_count('abcdefghijkl', '[a-z]{3}') => 4"),
    REGEX_ROW("regexp_instr", NULL, "(str string, regexp string, [idx int]) -> int", FN_LCASE,
              regex_instr, regex_bind, "Position of the first match, from 1; 0 when there is none.",
              "regexp_instr('user@spark.apache.org', '@[^.]*') => 5"),
    REGEX_ROW("regexp_substr", NULL, "(str string, regexp string) -> string",
              FN_ALWAYS_NULLABLE | FN_LCASE, regex_substr, regex_bind,
              "The first match; NULL when there is none.",
              "regexp_substr('Steven Jones', 'Ste(v|ph)en') => Steven"),
    REGEX_ROW("regexp_replace", NULL,
              "(str string, regexp string, rep string, [position int]) -> string",
              FN_LCASE | FN_COLLATES | FN_COLLATED, regex_replace, regex_bind_replace,
              "Every match from position on replaced.",
              "regexp_replace('100-200', '([0-9]+)', 'num') => num-num"),
    REGEX_ROW("split", NULL, "(str string, regexp string, [limit int]) -> bind", FN_LCASE,
              regex_split, regex_bind_array, "The parts of str between matches, at most limit.",
              "split('oneAtwoBthreeC', '[ABC]') => [\"one\",\"two\",\"three\",\"\"]"),
};
const uint32_t string_regex_functions_count = ARRAY_COUNT(string_regex_functions);

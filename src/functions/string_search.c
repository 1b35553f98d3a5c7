/* string_search.c - finding, replacing and cutting at plain strings. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_build.h"
#include "functions/text_finder.h"
#include "vector/collation.h"

/* ---- replace, translate ---- */

static dbx_status search_replace(fn_call *call, const vector *args, vector *out) {
    bool has_to = *(const uint32_t *)call->state > 2;
    vector_view text = vector_view_of(&args[0]), search = vector_view_of(&args[1]), with = {0};
    if (has_to) with = vector_view_of(&args[2]);
    text_build b = text_build_on(call);
    /* Trailing spaces of what is replaced count, as in Spark. */
    uint16_t collation = call->arg_types[0].collation;
    text_finder f = text_finder_on(call, collation == COLLATION_INDETERMINATE
                                             ? collation
                                             : collation & (uint16_t)~COLLATION_RTRIM);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        string_view to = has_to ? vstring_view(text_arg(&with, r)) : SV("");
        text_match m;
        size_t start = 0;
        TRY(text_finder_set(&f, s, vstring_view(text_arg(&search, r))));
        if (f.needle.size == 0 || !text_finder_find(&f, 0, &m)) {
            text_set(out, r, *text_arg(&text, r));
            continue;
        }
        do {
            TRY(text_build_add(&b, s.data + start, m.start - start));
            TRY(text_build_add(&b, to.data, to.size));
            start = m.end;
        } while (text_finder_find(&f, start, &m));
        TRY(text_build_add(&b, s.data + start, s.size - start));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

/* Is the character a[0..n) the same as b[0..m)? */
static bool search_same_char(uint16_t collation, const char *a, size_t n, const char *b, size_t m) {
    if (n == m && memcmp(a, b, n) == 0) return true;
    if (collation_base(collation) == COLLATION_UTF8_BINARY) return false;
    vstring x = vstring_from(a, n), y = vstring_from(b, m);
    return collation_compare(collation & (uint16_t)~COLLATION_RTRIM, &x, &y) == 0;
}

/* Each character of the text that is the k-th of `from` becomes the k-th of `to`, or goes when
 * there is none. */
static dbx_status search_translate(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), froms = vector_view_of(&args[1]),
                tos = vector_view_of(&args[2]);
    text_build b = text_build_on(call);
    uint16_t collation = call->arg_types[0].collation;
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        string_view from = vstring_view(text_arg(&froms, r)), to = vstring_view(text_arg(&tos, r));
        for (size_t i = 0, n; i < s.size; i += n) {
            n = text_char_size(s.data + i, s.size - i);
            size_t f = 0, t = 0;
            while (f < from.size) {
                size_t fn = text_char_size(from.data + f, from.size - f);
                if (search_same_char(collation, from.data + f, fn, s.data + i, n)) break;
                f += fn;
                if (t < to.size) t += text_char_size(to.data + t, to.size - t);
            }
            if (f >= from.size)
                TRY(text_build_add(&b, s.data + i, n));
            else if (t < to.size)
                TRY(text_build_add(&b, to.data + t, text_char_size(to.data + t, to.size - t)));
        }
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

/* ---- positions ---- */

/* 1-based position of the match in characters, from character `start` (from 1) on; 0 when it is
 * not there. */
static int32_t search_position(const text_finder *f, int64_t start) {
    text_match m;
    if (start < 1) return 0;
    if (f->needle.size == 0) return 1;
    size_t from = text_offset(f->text.data, f->text.size, (size_t)start - 1);
    return text_finder_find(f, from, &m) ? (int32_t)text_length(f->text.data, m.start) + 1 : 0;
}

static dbx_status search_instr(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), needles = vector_view_of(&args[1]);
    text_finder f = text_finder_on(call, call->arg_types[0].collation);
    FN_FOR_EACH_ROW(call, r) {
        TRY(text_finder_set(&f, vstring_view(text_arg(&text, r)),
                            vstring_view(text_arg(&needles, r))));
        VECTOR_DATA(out, int32_t)[r] = search_position(&f, 1);
    }
    return DBX_OK;
}

/* A NULL start gives 0. */
static dbx_status search_locate(fn_call *call, const vector *args, vector *out) {
    bool has_start = *(const uint32_t *)call->state > 2;
    vector_view needles = vector_view_of(&args[0]), text = vector_view_of(&args[1]), starts = {0};
    if (has_start) starts = vector_view_of(&args[2]);
    text_finder f = text_finder_on(call, call->arg_types[0].collation);
    FN_FOR_EACH_ROW(call, r) {
        int32_t *to = &VECTOR_DATA(out, int32_t)[r];
        if (has_start && !view_valid(&starts, r))
            *to = 0;
        else if (!view_valid(&needles, r) || !view_valid(&text, r))
            TRY(fn_set_null(call, out, r));
        else {
            TRY(text_finder_set(&f, vstring_view(text_arg(&text, r)),
                                vstring_view(text_arg(&needles, r))));
            *to = search_position(&f, has_start ? int_arg(&starts, r) : 1);
        }
    }
    return DBX_OK;
}

static dbx_status search_find_in_set(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), sets = vector_view_of(&args[1]);
    uint16_t collation = call->arg_types[0].collation;
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r)), set = vstring_view(text_arg(&sets, r));
        int32_t found = 0, index = 1;
        if (memchr(s.data, ',', s.size) == NULL) {
            for (size_t from = 0; from <= set.size && found == 0; index++) {
                const char *comma = memchr(set.data + from, ',', set.size - from);
                size_t end = comma == NULL ? set.size : (size_t)(comma - set.data);
                vstring item = vstring_from(set.data + from, end - from);
                if (collation == COLLATION_UTF8_BINARY
                        ? sv_equal((string_view){set.data + from, end - from}, s)
                        : collation_compare(collation, &item, text_arg(&text, r)) == 0)
                    found = index;
                from = end + 1;
            }
        }
        VECTOR_DATA(out, int32_t)[r] = found;
    }
    return DBX_OK;
}

/* ---- parts ---- */

/* What is left of the count-th match, or right of the count-th from the end. */
static string_view search_cut(const text_finder *f, int64_t count) {
    string_view s = f->text;
    text_match m;
    if (count == 0 || f->needle.size == 0) return (string_view){s.data, 0};
    if (count > 0) {
        for (size_t start = 0; count > 0; count--, start = m.start + 1) {
            if (!text_finder_find(f, start, &m)) return s;
        }
        return (string_view){s.data, m.start};
    }
    int64_t total = 0;
    for (size_t start = 0; text_finder_find(f, start, &m); start = m.start + 1) total++;
    if (total < -count) return s;
    size_t start = 0;
    for (int64_t skip = total + count; skip >= 0; skip--, start = m.start + 1) {
        if (!text_finder_find(f, start, &m)) return s;
    }
    return (string_view){s.data + m.end, s.size - m.end};
}

static dbx_status search_substring_index(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), delimiters = vector_view_of(&args[1]),
                counts = vector_view_of(&args[2]);
    text_finder f = text_finder_on(call, call->arg_types[0].collation);
    FN_FOR_EACH_ROW(call, r) {
        TRY(text_finder_set(&f, vstring_view(text_arg(&text, r)),
                            vstring_view(text_arg(&delimiters, r))));
        string_view part = search_cut(&f, int_arg(&counts, r));
        text_borrow(out, r, part.data, part.size);
    }
    return DBX_OK;
}

static dbx_status search_split_part(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]), delimiters = vector_view_of(&args[1]),
                parts = vector_view_of(&args[2]);
    text_finder f = text_finder_on(call, call->arg_types[0].collation);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r));
        int64_t part = int_arg(&parts, r);
        text_match m;
        TRY(text_finder_set(&f, s, vstring_view(text_arg(&delimiters, r))));
        bool splits = f.needle.size > 0;
        if (part == 0)
            return error_raise(call->err, ERR_INVALID_INDEX_OF_ZERO, call->position, NULL);
        if (part < 0) {
            int64_t total = 1;
            for (size_t from = 0; splits && text_finder_find(&f, from, &m); from = m.end) total++;
            part = total + part + 1;
        }
        size_t from = 0, end = s.size;
        bool found = part > 0;
        for (int64_t i = 1; found; i++) {
            bool more = splits && text_finder_find(&f, from, &m);
            end = more ? m.start : s.size;
            if (i == part) break;
            found = more;
            if (more) from = m.end;
        }
        text_borrow(out, r, found ? s.data + from : "", found ? end - from : 0);
    }
    return DBX_OK;
}

static dbx_status search_overlay(fn_call *call, const vector *args, vector *out) {
    bool has_length = *(const uint32_t *)call->state > 3,
         bytes = call->arg_types[0].id == TYPE_BINARY;
    vector_view text = vector_view_of(&args[0]), replaces = vector_view_of(&args[1]),
                positions = vector_view_of(&args[2]);
    vector_view lengths = {0};
    if (has_length) lengths = vector_view_of(&args[3]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&text, r)),
                    with = vstring_view(text_arg(&replaces, r));
        int64_t position = int_arg(&positions, r), length = has_length ? int_arg(&lengths, r) : -1;
        if (length < 0)
            length = bytes ? (int64_t)with.size : (int64_t)text_length(with.data, with.size);
        int64_t total = bytes ? (int64_t)s.size : (int64_t)text_length(s.data, s.size);
        /* substring(1, position - 1), the replacement, substring(position + length) */
        int64_t head = position > 0 ? position - 1 : position - 1 < 0 ? 0 : 0;
        int64_t tail = position + length;
        tail = tail > 0 ? tail - 1 : tail < 0 ? MAX(total + tail, 0) : 0;
        size_t head_end = (size_t)MIN(head, total), tail_start = (size_t)MIN(tail, total);
        if (!bytes) {
            head_end = text_offset(s.data, s.size, head_end);
            tail_start = text_offset(s.data, s.size, tail_start);
        }
        TRY(text_build_add(&b, s.data, head_end));
        TRY(text_build_add(&b, with.data, with.size));
        TRY(text_build_add(&b, s.data + tail_start, s.size - tail_start));
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status search_bind_overlay(fn_bind *b) {
    bool binary = b->arg_types[0].id == TYPE_BINARY && b->arg_types[1].id == TYPE_BINARY;
    for (uint32_t i = 0; i < 2; i++) {
        if (!binary && b->arg_types[i].id != TYPE_STRING)
            b->arg_types[i] = type_simple(TYPE_STRING);
    }
    b->result = b->arg_types[0];
    return nested_bind_count(b);
}

/* ---- concat_ws, elt ---- */

static dbx_status search_add_part(text_build *b, const vstring *s, string_view separator,
                                  bool *first) {
    if (!*first) TRY(text_build_add(b, separator.data, separator.size));
    *first = false;
    return text_build_add(b, vstring_data(s), s->size);
}

/* NULL parts are skipped; arrays give a part an element. */
static dbx_status search_concat_ws(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view *views = ARENA_ARRAY(call->arena, vector_view, count);
    nested_list *lists = ARENA_ARRAY(call->arena, nested_list, count);
    if (views == NULL || lists == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) {
        views[a] = vector_view_of(&args[a]);
        if (args[a].phys == PHYS_LIST) TRY(nested_open(call, &args[a], &lists[a]));
    }
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        if (!view_valid(&views[0], r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        string_view separator = vstring_view(text_arg(&views[0], r));
        bool first = true;
        for (uint32_t a = 1; a < count; a++) {
            if (!view_valid(&views[a], r)) continue;
            if (args[a].phys != PHYS_LIST) {
                TRY(search_add_part(&b, text_arg(&views[a], r), separator, &first));
                continue;
            }
            list_entry e = nested_entry(&lists[a], r);
            for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
                if (nested_element_valid(&lists[a], k))
                    TRY(search_add_part(&b, text_arg(&lists[a].elements, k), separator, &first));
            }
        }
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status search_bind_concat_ws(fn_bind *b) {
    if (b->arg_types[0].id != TYPE_STRING) b->arg_types[0] = type_simple(TYPE_STRING);
    for (uint32_t i = 1; i < b->arg_count; i++) {
        type t = b->arg_types[i];
        if (t.id == TYPE_MAP || t.id == TYPE_STRUCT)
            return fn_bind_unexpected_type(b, i, "(\"ARRAY<STRING>\" or \"STRING\")");
        if (t.id != TYPE_ARRAY) {
            if (t.id != TYPE_STRING) b->arg_types[i] = type_simple(TYPE_STRING);
        } else if (t.children[0].type.id != TYPE_STRING)
            TRY(nested_array_type(b, type_simple(TYPE_STRING), t.children[0].nullable,
                                  &b->arg_types[i]));
    }
    b->nullable = b->arg_nullable[0];
    return nested_bind_count(b);
}

static dbx_status search_elt(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    vector_view indexes = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        if (!view_valid(&indexes, r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        int32_t index = int_arg(&indexes, r);
        if (index >= 1 && (uint32_t)index < count) {
            vector_view view = vector_view_of(&args[index]);
            TRY(nested_put(call, out, r, &args[index], &view, r));
        } else if (!call->query->settings->ansi) {
            TRY(fn_set_null(call, out, r));
        } else {
            return error_raise(call->err, ERR_INVALID_ARRAY_INDEX, call->position, "indexValue",
                               arena_printf(call->arena, "%d", index), "arraySize",
                               arena_printf(call->arena, "%u", count - 1), NULL);
        }
    }
    return DBX_OK;
}

static dbx_status search_bind_elt(fn_bind *b) {
    bool binary = true;
    for (uint32_t i = 1; i < b->arg_count; i++)
        binary = binary && b->arg_types[i].id == TYPE_BINARY;
    for (uint32_t i = 1; i < b->arg_count; i++) {
        if (type_is_nested(b->arg_types[i])) return fn_bind_data_different_types(b);
        if (!binary && b->arg_types[i].id != TYPE_STRING)
            b->arg_types[i] = type_simple(TYPE_STRING);
    }
    b->result = type_simple(binary ? TYPE_BINARY : TYPE_STRING);
    return nested_bind_count(b);
}

#define SEARCH_ROW(text, sig, f, k, binder, about, sample)                                         \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = "string", .doc = about, .examples = sample                                     \
    }

/* What finds a place, and what makes a text of it. */
#define SEARCH_PLACE (FN_COLLATES | FN_SEARCHES | FN_DETERMINATE)
#define SEARCH_TEXT (SEARCH_PLACE | FN_COLLATED)

const function_row string_search_functions[] = {
    SEARCH_ROW("replace", "(str string, search string, [replace string]) -> string",
               FN_NEVER_FAILS | SEARCH_TEXT, search_replace, nested_bind_count,
               "Every search in str replaced.", "replace('ABCabc', 'abc', 'DEF') => ABCDEF"),
    SEARCH_ROW("translate", "(input string, from string, to string) -> string",
               FN_NEVER_FAILS | SEARCH_TEXT, search_translate, NULL,
               "Characters of from replaced by those of to.",
               "translate('AaBbCc', 'abc', '123') => A1B2C3"),
    SEARCH_ROW("instr", "(str string, substr string) -> int", FN_NEVER_FAILS | SEARCH_PLACE,
               search_instr, NULL, "Position of substr in str, from 1; 0 when it is not there.",
               "instr('SparkSQL', 'SQL') => 6"),
    SEARCH_ROW("locate", "(substr string, str string, [pos int]) -> int",
               NULLS_AWARE | FN_NEVER_FAILS | SEARCH_PLACE, search_locate, nested_bind_count,
               "Position of substr in str from pos on; 0 when it is not there.",
               "locate('bar', 'foobarbar') => 4"),
    SEARCH_ROW("position", "(substr string, str string, [pos int]) -> int",
               NULLS_AWARE | FN_NEVER_FAILS | SEARCH_PLACE, search_locate, nested_bind_count,
               "Position of substr in str from pos on; 0 when it is not there.",
               "position('bar', 'foobarbar') => 4"),
    SEARCH_ROW("charindex", "(substr string, str string, [pos int]) -> int",
               NULLS_AWARE | FN_NEVER_FAILS | SEARCH_PLACE, search_locate, nested_bind_count,
               "Position of substr in str from pos on; 0 when it is not there.",
               "charindex('bar', 'foobarbar') => 4"),
    SEARCH_ROW("find_in_set", "(str string, strArray string) -> int", FN_NEVER_FAILS | SEARCH_PLACE,
               search_find_in_set, NULL,
               "Position of str in a comma-separated list; 0 when it is not there.",
               "find_in_set('ab', 'abc,b,ab,c,def') => 3"),
    SEARCH_ROW("substring_index", "(str string, delim string, count int) -> string",
               FN_NEVER_FAILS | SEARCH_TEXT, search_substring_index, NULL,
               "str before count occurrences of delim, or after them when count is negative.",
               "substring_index('www.apache.org', '.', 2) => www.apache"),
    SEARCH_ROW("split_part", "(str string, delimiter string, partNum int) -> string",
               FN_COLLATES | FN_COLLATED | FN_SEARCHES, search_split_part, NULL,
               "The partNum-th part of str, from 1 or negative from the end.",
               "split_part('11.12.13', '.', 3) => 13"),
    SEARCH_ROW("overlay",
               "(input string|binary, replace string|binary, pos int, [len int]) -> bind",
               FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED, search_overlay, search_bind_overlay,
               "input with len characters from pos on replaced.",
               "overlay('Spark SQL', '_', 6) => Spark_SQL"),
    SEARCH_ROW("concat_ws", "(sep any, [str any...]) -> string",
               NULLS_AWARE | FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED, search_concat_ws,
               search_bind_concat_ws,
               "Strings and elements of arrays joined with sep; NULLs are skipped.",
               "concat_ws(' ', 'Spark', 'SQL') => Spark SQL"),
    SEARCH_ROW("elt", "(n int, input any...) -> bind",
               NULLS_AWARE | FN_ALWAYS_NULLABLE | FN_COLLATES | FN_COLLATED, search_elt,
               search_bind_elt, "The n-th input, from 1.", "elt(1, 'scala', 'java') => scala"),
};
const uint32_t string_search_functions_count = ARRAY_COUNT(string_search_functions);

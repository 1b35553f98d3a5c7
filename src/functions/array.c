/* array.c - functions of arrays: searching, sets, joining, cutting, sorting. */
#include "functions/array.h"
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_build.h"

/* ---- searching ---- */

/* First element from `k` on that equals row r of `value`; UINT32_MAX when there is none. *nulls: a
 * NULL was passed. */
static uint32_t array_find(const nested_list *l, list_entry e, const vector_view *value, uint32_t r,
                           bool *nulls) {
    uint32_t wanted = view_index(value, r);
    *nulls = false;
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t i = view_index(&l->elements, e.offset + k);
        if (!validity_get(l->elements.validity, i))
            *nulls = true;
        else if (value_equal(&l->elements, i, value, wanted))
            return k;
    }
    return UINT32_MAX;
}

static dbx_status array_contains(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view values = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        bool nulls,
            found = array_find(&list, nested_entry(&list, r), &values, r, &nulls) != UINT32_MAX;
        VECTOR_DATA(out, uint8_t)[r] = found;
        if (!found && nulls) TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status array_position(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view values = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        bool nulls;
        uint32_t k = array_find(&list, nested_entry(&list, r), &values, r, &nulls);
        VECTOR_DATA(out, int64_t)[r] = k == UINT32_MAX ? 0 : (int64_t)k + 1;
    }
    return DBX_OK;
}

/* Picks elements of one list by a rule. */
static dbx_status array_keep(fn_call *call, const vector *args, vector *out, bool compact) {
    nested_list list;
    vector_view values = {0};
    TRY(nested_open(call, &args[0], &list));
    if (!compact) values = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        sel_t *rows = ARENA_ARRAY(call->arena, sel_t, e.length + 1u);
        if (rows == NULL) return error_nomem(call->err);
        uint32_t n = 0;
        for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
            uint32_t i = view_index(&list.elements, k);
            bool valid = validity_get(list.elements.validity, i);
            if (compact
                    ? valid
                    : !valid || !value_equal(&list.elements, i, &values, view_index(&values, r)))
                rows[n++] = k;
        }
        TRY(nested_take(call, out, r, list.child, rows, n));
    }
    return DBX_OK;
}
static dbx_status array_remove(fn_call *call, const vector *args, vector *out) {
    return array_keep(call, args, out, false);
}
static dbx_status array_compact(fn_call *call, const vector *args, vector *out) {
    return array_keep(call, args, out, true);
}

/* ---- sets ---- */

static dbx_status array_distinct(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    uint64_t *hashes;
    nested_set set = {0};
    TRY(nested_open(call, &args[0], &list));
    TRY(nested_hashes(call, &list, &hashes));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        sel_t *rows = ARENA_ARRAY(call->arena, sel_t, e.length + 1u);
        if (rows == NULL) return error_nomem(call->err);
        uint32_t n = 0;
        TRY(nested_set_begin(call, &set, e.length));
        for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
            if (!nested_set_find(&set, &list.elements, k, hashes[k], true)) rows[n++] = k;
        }
        TRY(nested_take(call, out, r, list.child, rows, n));
    }
    return DBX_OK;
}

typedef enum array_set_op { ARRAY_UNION, ARRAY_INTERSECT, ARRAY_EXCEPT } array_set_op;

static dbx_status array_set(fn_call *call, const vector *args, vector *out, array_set_op op) {
    nested_list left, right;
    uint64_t *left_hashes, *right_hashes;
    nested_set wanted = {0}, seen = {0};
    TRY(nested_open(call, &args[0], &left));
    TRY(nested_open(call, &args[1], &right));
    TRY(nested_hashes(call, &left, &left_hashes));
    TRY(nested_hashes(call, &right, &right_hashes));
    FN_FOR_EACH_ROW(call, r) {
        list_entry a = nested_entry(&left, r), b = nested_entry(&right, r);
        sel_t *rows = ARENA_ARRAY(call->arena, sel_t, a.length + b.length + 1u);
        if (rows == NULL) return error_nomem(call->err);
        uint32_t n = 0, more = 0, at;
        TRY(nested_set_begin(call, &seen, a.length + b.length));
        if (op != ARRAY_UNION) {
            TRY(nested_set_begin(call, &wanted, b.length));
            for (uint32_t k = b.offset; k < b.offset + b.length; k++)
                (void)nested_set_find(&wanted, &right.elements, k, right_hashes[k], true);
        }
        for (uint32_t k = a.offset; k < a.offset + a.length; k++) {
            if (nested_set_find(&seen, &left.elements, k, left_hashes[k], true)) continue;
            if (op == ARRAY_UNION || nested_set_find(&wanted, &left.elements, k, left_hashes[k],
                                                     false) == (op == ARRAY_INTERSECT))
                rows[n++] = k;
        }
        for (uint32_t k = b.offset; op == ARRAY_UNION && k < b.offset + b.length; k++) {
            if (!nested_set_find(&seen, &right.elements, k, right_hashes[k], true))
                rows[n + more++] = k;
        }
        TRY(nested_begin(call, out, r, n + more, &at));
        if (vector_copy(&out->children[0], at, left.child, rows, 0, n, call->arena) != DBX_OK ||
            vector_copy(&out->children[0], at + n, right.child, rows + n, 0, more, call->arena) !=
                DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}
static dbx_status array_union(fn_call *call, const vector *args, vector *out) {
    return array_set(call, args, out, ARRAY_UNION);
}
static dbx_status array_intersect(fn_call *call, const vector *args, vector *out) {
    return array_set(call, args, out, ARRAY_INTERSECT);
}
static dbx_status array_except(fn_call *call, const vector *args, vector *out) {
    return array_set(call, args, out, ARRAY_EXCEPT);
}

/* NULL when nothing is common but a NULL may be. */
static dbx_status array_overlap(fn_call *call, const vector *args, vector *out) {
    nested_list left, right;
    uint64_t *left_hashes, *right_hashes;
    nested_set set = {0};
    TRY(nested_open(call, &args[0], &left));
    TRY(nested_open(call, &args[1], &right));
    TRY(nested_hashes(call, &left, &left_hashes));
    TRY(nested_hashes(call, &right, &right_hashes));
    FN_FOR_EACH_ROW(call, r) {
        list_entry a = nested_entry(&left, r), b = nested_entry(&right, r);
        bool found = false, nulls = false;
        TRY(nested_set_begin(call, &set, b.length));
        for (uint32_t k = b.offset; k < b.offset + b.length; k++) {
            if (!nested_element_valid(&right, k))
                nulls = true;
            else
                (void)nested_set_find(&set, &right.elements, k, right_hashes[k], true);
        }
        for (uint32_t k = a.offset; k < a.offset + a.length && !found; k++) {
            if (!nested_element_valid(&left, k))
                nulls = true;
            else
                found = nested_set_find(&set, &left.elements, k, left_hashes[k], false);
        }
        VECTOR_DATA(out, uint8_t)[r] = found;
        if (!found && nulls && a.length > 0 && b.length > 0) TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

/* ---- joining and adding ---- */

dbx_status array_concat(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    nested_list *lists = ARENA_ARRAY(call->arena, nested_list, count);
    if (lists == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < count; a++) TRY(nested_open(call, &args[a], &lists[a]));
    FN_FOR_EACH_ROW(call, r) {
        uint64_t total = 0;
        uint32_t at;
        for (uint32_t a = 0; a < count; a++) total += nested_entry(&lists[a], r).length;
        TRY(nested_begin(call, out, r, total, &at));
        for (uint32_t a = 0; a < count; a++) {
            list_entry e = nested_entry(&lists[a], r);
            if (vector_copy(&out->children[0], at, lists[a].child, NULL, e.offset, e.length,
                            call->arena) != DBX_OK)
                return error_nomem(call->err);
            at += e.length;
        }
    }
    return DBX_OK;
}

/* The array with the value of args[1] put in before element `place` (0 for the front, its length
 * for the end). */
static dbx_status array_add(fn_call *call, const vector *args, vector *out, bool front) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view values = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        if (!nested_valid(&list, r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        list_entry e = nested_entry(&list, r);
        uint32_t at;
        TRY(nested_begin(call, out, r, (uint64_t)e.length + 1, &at));
        vector *child = &out->children[0];
        TRY(nested_put(call, child, front ? at : at + e.length, &args[1], &values, r));
        if (vector_copy(child, front ? at + 1 : at, list.child, NULL, e.offset, e.length,
                        call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}
static dbx_status array_append(fn_call *call, const vector *args, vector *out) {
    return array_add(call, args, out, false);
}
static dbx_status array_prepend(fn_call *call, const vector *args, vector *out) {
    return array_add(call, args, out, true);
}

/* args: array, position (from 1, negative from the end), value. Gaps become NULL. */
static dbx_status array_insert(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view positions = vector_view_of(&args[1]), values = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        if (!nested_valid(&list, r) || !view_valid(&positions, r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        list_entry e = nested_entry(&list, r);
        int64_t position = int_arg(&positions, r), size = e.length;
        if (position == 0)
            return error_raise(call->err, ERR_INVALID_INDEX_OF_ZERO, call->position, NULL);
        int64_t place = position > 0 ? position - 1 : size + position + 1;
        int64_t gap_front =
            place < 0 ? -place : 0; /* NULLs between the value and the first element */
        int64_t total = place < 0 ? size + 1 + gap_front : MAX(size, place) + 1;
        uint32_t at;
        TRY(nested_begin(call, out, r, (uint64_t)total, &at));
        vector *child = &out->children[0];
        uint32_t before = (uint32_t)(place < 0 ? 0 : MIN(place, size));
        uint32_t value_at = (uint32_t)(place < 0 ? 0 : place),
                 after = (uint32_t)(place < 0 ? gap_front + 1 : place + 1);
        if (vector_copy(child, at, list.child, NULL, e.offset, before, call->arena) != DBX_OK)
            return error_nomem(call->err);
        for (uint32_t k = before; k < value_at; k++) TRY(nested_put_null(call, child, at + k));
        TRY(nested_put(call, child, at + value_at, &args[2], &values, r));
        for (uint32_t k = 1; k < after - value_at; k++)
            TRY(nested_put_null(call, child, at + value_at + k));
        if (vector_copy(child, at + after, list.child, NULL, e.offset + before, e.length - before,
                        call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status array_repeat(fn_call *call, const vector *args, vector *out) {
    vector_view values = vector_view_of(&args[0]), counts = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        if (!view_valid(&counts, r)) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        uint32_t n = (uint32_t)MAX(int_arg(&counts, r), 0), at;
        TRY(nested_begin(call, out, r, n, &at));
        for (uint32_t k = 0; k < n; k++)
            TRY(nested_put(call, &out->children[0], at + k, &args[0], &values, r));
    }
    return DBX_OK;
}

static dbx_status array_join(fn_call *call, const vector *args, vector *out) {
    bool has_null = *(const uint32_t *)call->state > 2;
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view delimiters = vector_view_of(&args[1]), nulls = {0};
    if (has_null) nulls = vector_view_of(&args[2]);
    text_build b = text_build_on(call);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        string_view delimiter = vstring_view(text_arg(&delimiters, r));
        bool first = true;
        for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
            bool valid = nested_element_valid(&list, k);
            if (!valid && !has_null) continue;
            if (!first) TRY(text_build_add(&b, delimiter.data, delimiter.size));
            first = false;
            const vstring *s = valid ? text_arg(&list.elements, k) : text_arg(&nulls, r);
            TRY(text_build_add(&b, vstring_data(s), s->size));
        }
        text_build_end(&b, out, r);
    }
    return DBX_OK;
}

static dbx_status array_bind_join(fn_bind *b) {
    if (b->arg_types[0].children[0].type.id != TYPE_STRING)
        TRY(nested_array_type(b, type_simple(TYPE_STRING), b->arg_types[0].children[0].nullable,
                              &b->arg_types[0]));
    return nested_bind_count(b);
}

/* A NULL inner array makes the result NULL. */
static dbx_status array_flatten(fn_call *call, const vector *args, vector *out) {
    nested_list list, inner;
    TRY(nested_open(call, &args[0], &list));
    TRY(nested_open(call, list.child, &inner));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint64_t total = 0;
        bool null = false;
        uint32_t at;
        for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
            if (nested_valid(&inner, k))
                total += nested_entry(&inner, k).length;
            else
                null = true;
        }
        if (null) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        TRY(nested_begin(call, out, r, total, &at));
        for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
            list_entry part = nested_entry(&inner, k);
            if (vector_copy(&out->children[0], at, inner.child, NULL, part.offset, part.length,
                            call->arena) != DBX_OK)
                return error_nomem(call->err);
            at += part.length;
        }
    }
    return DBX_OK;
}

/* args: array, start (from 1, negative from the end), length */
static dbx_status array_slice(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view starts = vector_view_of(&args[1]), lengths = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        int64_t start = int_arg(&starts, r), length = int_arg(&lengths, r);
        if (start == 0)
            return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__START, call->position,
                               "parameter", "`start`", "functionName", "`slice`", NULL);
        if (length < 0)
            return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__LENGTH, call->position,
                               "parameter", "`length`", "functionName", "`slice`", "length",
                               arena_printf(call->arena, "%lld", (long long)length), NULL);
        int64_t from = start > 0 ? start - 1 : (int64_t)e.length + start;
        if (from < 0 || from >= (int64_t)e.length) length = from = 0;
        length = MIN(length, (int64_t)e.length - from);
        TRY(nested_take_range(call, out, r, list.child, e.offset + (uint32_t)from,
                              (uint32_t)length));
    }
    return DBX_OK;
}

/* ---- order ---- */

static dbx_status array_extreme(fn_call *call, const vector *args, vector *out, int sign) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        uint32_t best = UINT32_MAX;
        for (uint32_t k = e.offset; k < e.offset + e.length; k++) {
            if (!nested_element_valid(&list, k)) continue;
            if (best == UINT32_MAX ||
                sign * value_compare(&list.elements, view_index(&list.elements, k), &list.elements,
                                     view_index(&list.elements, best)) >
                    0)
                best = k;
        }
        if (best == UINT32_MAX)
            TRY(fn_set_null(call, out, r));
        else
            TRY(nested_put(call, out, r, list.child, &list.elements, best));
    }
    return DBX_OK;
}
static dbx_status array_min(fn_call *call, const vector *args, vector *out) {
    return array_extreme(call, args, out, -1);
}
static dbx_status array_max(fn_call *call, const vector *args, vector *out) {
    return array_extreme(call, args, out, 1);
}

static bool array_is_after(const array_order *o, uint32_t a, uint32_t b) {
    bool valid_a = view_valid(o->elements, a), valid_b = view_valid(o->elements, b);
    if (!valid_a || !valid_b) return valid_a == valid_b ? false : valid_a == o->nulls_first;
    int order = value_compare(o->elements, view_index(o->elements, a), o->elements,
                              view_index(o->elements, b));
    return o->descending ? order < 0 : order > 0;
}

/* Stable merge sort of row numbers; spare has room for as many. */
void array_sort_rows(const array_order *o, sel_t *rows, sel_t *spare, uint32_t count) {
    enum { RUN = 8 };
    for (uint32_t from = 0; from < count; from += RUN) {
        uint32_t to = MIN(from + RUN, count);
        for (uint32_t i = from + 1; i < to; i++) {
            sel_t row = rows[i];
            uint32_t k = i;
            for (; k > from && array_is_after(o, rows[k - 1], row); k--) rows[k] = rows[k - 1];
            rows[k] = row;
        }
    }
    for (uint32_t width = RUN; width < count; width *= 2) {
        for (uint32_t from = 0; from < count; from += 2 * width) {
            uint32_t middle = MIN(from + width, count), to = MIN(middle + width, count), i = from,
                     j = middle, n = from;
            while (i < middle && j < to)
                spare[n++] = array_is_after(o, rows[i], rows[j]) ? rows[j++] : rows[i++];
            while (i < middle) spare[n++] = rows[i++];
            while (j < to) spare[n++] = rows[j++];
        }
        memcpy(rows, spare, sizeof(*rows) * count);
    }
}

dbx_status array_sort_list(fn_call *call, const nested_list *list, const array_order *o, uint32_t r,
                           vector *out) {
    list_entry e = nested_entry(list, r);
    sel_t *rows = ARENA_ARRAY(call->arena, sel_t, e.length + 1u),
          *spare = ARENA_ARRAY(call->arena, sel_t, e.length + 1u);
    if (rows == NULL || spare == NULL) return error_nomem(call->err);
    for (uint32_t k = 0; k < e.length; k++) rows[k] = e.offset + k;
    array_sort_rows(o, rows, spare, e.length);
    return nested_take(call, out, r, list->child, rows, e.length);
}

/* NULLs first when ascending, last when descending. */
static dbx_status array_sort_array(fn_call *call, const vector *args, vector *out) {
    bool has_order = *(const uint32_t *)call->state > 1;
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view ascending = {0};
    if (has_order) ascending = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        bool descending =
            has_order && !((const uint8_t *)ascending.data)[view_index(&ascending, r)];
        array_order order = {
            .elements = &list.elements, .descending = descending, .nulls_first = !descending};
        TRY(array_sort_list(call, &list, &order, r, out));
    }
    return DBX_OK;
}

static bool array_is_orderable(type t) {
    if (t.id == TYPE_MAP || t.id == TYPE_VARIANT || t.id == TYPE_INTERVAL) return false;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (!array_is_orderable(t.children[i].type)) return false;
    }
    return true;
}

dbx_status array_check_order(fn_bind *b) {
    type element = b->arg_types[0].children[0].type;
    if (array_is_orderable(element)) return DBX_OK;
    const char *text = type_sql(b->arena, b->arg_types[0]);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_ORDERING_TYPE, b->position, "sqlExpr",
                       arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "functionName",
                       arena_printf(b->arena, "`%s`", b->row->name), "dataType",
                       arena_printf(b->arena, "\"%s\"", text == NULL ? "" : text), NULL);
}

static dbx_status array_bind_sort_array(fn_bind *b) {
    TRY(array_check_order(b));
    b->result = b->arg_types[0];
    return nested_bind_count(b);
}
static dbx_status array_bind_extreme(fn_bind *b) {
    b->result = b->arg_types[0].children[0].type;
    b->nullable = true;
    return array_check_order(b);
}

/* Fisher-Yates over the query's seed and a counter of the worker. */
static dbx_status array_shuffle(fn_call *call, const vector *args, vector *out) {
    bool seeded = *(const uint32_t *)call->state > 1;
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    vector_view seeds = {0};
    if (seeded) seeds = vector_view_of(&args[1]);
    uint64_t own = 0, *state = call->scratch != NULL ? call->scratch : &own;
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        sel_t *rows = ARENA_ARRAY(call->arena, sel_t, e.length + 1u);
        if (rows == NULL) return error_nomem(call->err);
        if (*state == 0)
            *state = (seeded && view_valid(&seeds, r) ? (uint64_t)bigint_arg(&seeds, r)
                                                      : call->query->random_seed) |
                     1u;
        for (uint32_t k = 0; k < e.length; k++) rows[k] = e.offset + k;
        for (uint32_t k = e.length; k > 1; k--) {
            *state = *state * 6364136223846793005u + 1442695040888963407u;
            uint32_t j = (uint32_t)((*state >> 33) % k);
            sel_t swap = rows[k - 1];
            rows[k - 1] = rows[j];
            rows[j] = swap;
        }
        TRY(nested_take(call, out, r, list.child, rows, e.length));
    }
    return DBX_OK;
}
static dbx_status array_bind_shuffle(fn_bind *b) {
    b->scratch_size = sizeof(uint64_t);
    return nested_bind_count(b);
}

/* ---- binding ---- */

dbx_status array_raise_diff_types(fn_bind *b, uint32_t left_arg, uint32_t right_arg) {
    const char *left = type_sql(b->arena, b->arg_types[left_arg]),
               *right = type_sql(b->arena, b->arg_types[right_arg]);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__ARRAY_FUNCTION_DIFF_TYPES, b->position,
                       "sqlExpr", arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "functionName",
                       arena_printf(b->arena, "`%s`", b->row->name), "dataType", "\"ARRAY\"",
                       "leftType", arena_printf(b->arena, "\"%s\"", left == NULL ? "" : left),
                       "rightType", arena_printf(b->arena, "\"%s\"", right == NULL ? "" : right),
                       NULL);
}

/* args[0] is an array, args[value] becomes its element type, or both their common one. */
static dbx_status array_bind_element(fn_bind *b, uint32_t value) {
    type array = b->arg_types[0], element = b->arg_types[value], common;
    if (array.id == TYPE_VOID && element.id != TYPE_VOID)
        TRY(nested_array_type(b, element, true, &array));
    if (array.id != TYPE_ARRAY) return fn_bind_unexpected_type(b, 0, "\"ARRAY\"");
    type own = array.children[0].type;
    bool text = (own.id == TYPE_STRING) != (element.id == TYPE_STRING) && own.id != TYPE_VOID &&
                element.id != TYPE_VOID;
    if (text || !type_common(b->arena, own, element, b->query->settings->ansi, &common))
        return array_raise_diff_types(b, 0, value);
    b->arg_types[value] = common;
    b->arg_types[0] = array;
    if (!type_equal(own, common))
        TRY(nested_array_type(b, common, array.children[0].nullable, &b->arg_types[0]));
    return DBX_OK;
}
static dbx_status array_bind_search(fn_bind *b) {
    TRY(array_bind_element(b, 1));
    b->nullable = b->arg_nullable[0] || b->arg_nullable[1] ||
                  (b->arg_types[0].children[0].nullable && b->row->flags & FN_ALWAYS_NULLABLE);
    return DBX_OK;
}
static dbx_status array_bind_remove(fn_bind *b) {
    TRY(array_bind_element(b, 1));
    b->result = b->arg_types[0];
    return DBX_OK;
}
static dbx_status array_bind_add(fn_bind *b) {
    TRY(array_bind_element(b, 1));
    b->nullable = b->arg_nullable[0];
    return nested_array_type(
        b, b->arg_types[1], b->arg_types[0].children[0].nullable || b->arg_nullable[1], &b->result);
}
static dbx_status array_bind_insert(fn_bind *b) {
    TRY(array_bind_element(b, 2));
    b->nullable = b->arg_nullable[0] || b->arg_nullable[1];
    return nested_array_type(b, b->arg_types[2], true, &b->result);
}
static dbx_status array_bind_repeat(fn_bind *b) {
    b->nullable = b->arg_nullable[1];
    return nested_array_type(b, b->arg_types[0], b->arg_nullable[0], &b->result);
}
static dbx_status array_bind_compact(fn_bind *b) {
    return nested_array_type(b, b->arg_types[0].children[0].type, false, &b->result);
}

/* Two arrays of one type. */
static dbx_status array_bind_pair(fn_bind *b) {
    type common;
    if (b->arg_types[0].id != TYPE_ARRAY || b->arg_types[1].id != TYPE_ARRAY) {
        uint32_t bad = b->arg_types[0].id == TYPE_ARRAY || b->arg_types[0].id == TYPE_VOID;
        if (b->arg_types[bad].id == TYPE_VOID || type_is_nested(b->arg_types[bad]) || bad == 0 ||
            b->arg_types[1 - bad].id == TYPE_ARRAY) {
            if (b->arg_types[bad].id == TYPE_VOID && b->arg_types[1 - bad].id == TYPE_ARRAY)
                b->arg_types[bad] = b->arg_types[1 - bad];
            else
                return fn_bind_different_types(b);
        }
    }
    if (!type_common(b->arena, b->arg_types[0], b->arg_types[1], b->query->settings->ansi, &common))
        return array_raise_diff_types(b, 0, 1);
    bool nullable = b->arg_types[0].children[0].nullable || b->arg_types[1].children[0].nullable;
    if (strcmp(b->row->name, "array_except") == 0) nullable = b->arg_types[0].children[0].nullable;
    if (strcmp(b->row->name, "array_intersect") == 0)
        nullable = b->arg_types[0].children[0].nullable && b->arg_types[1].children[0].nullable;
    b->arg_types[0] = b->arg_types[1] = common;
    b->nullable = b->arg_nullable[0] || b->arg_nullable[1];
    if (b->kernel == array_overlap) {
        b->nullable = b->nullable || nullable;
        return DBX_OK;
    }
    return nested_array_type(b, common.children[0].type, nullable, &b->result);
}

static dbx_status array_bind_flatten(fn_bind *b) {
    type t = b->arg_types[0];
    if (t.id != TYPE_ARRAY || t.children[0].type.id != TYPE_ARRAY)
        return fn_bind_unexpected_type(b, 0, "\"ARRAY\" of \"ARRAY\"");
    b->result = t.children[0].type;
    b->nullable = b->arg_nullable[0] || t.children[0].nullable;
    return DBX_OK;
}

dbx_status array_bind_concat(fn_bind *b) {
    bool nullable = false;
    type common;
    for (uint32_t i = 0; i < b->arg_count; i++) {
        if (b->arg_types[i].id != TYPE_ARRAY && b->arg_types[i].id != TYPE_VOID)
            return fn_bind_data_different_types(b);
        nullable =
            nullable || (b->arg_types[i].id == TYPE_ARRAY && b->arg_types[i].children[0].nullable);
    }
    TRY(fn_bind_common_type(b, 0, b->arg_count, &common));
    b->kernel = array_concat;
    TRY(nested_array_type(b, common.children[0].type, nullable, &b->result));
    return nested_bind_count(b);
}

#define ARRAY_ROW(text, sig, f, k, binder, about, sample)                                          \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = "array", .doc = about, .examples = sample                                      \
    }

const function_row array_functions[] = {
    ARRAY_ROW("array_contains", "(array any, value any) -> boolean",
              FN_NEVER_FAILS | FN_ALWAYS_NULLABLE | FN_COLLATES, array_contains, array_bind_search,
              "True if value is in array.", "array_contains(array(1, 2, 3), 2) => true"),
    ARRAY_ROW("array_position", "(array any, element any) -> bigint", FN_NEVER_FAILS | FN_COLLATES,
              array_position, array_bind_search,
              "Position of element, from 1; 0 when it is not there.",
              "array_position(array(312, 773, 708, 708), 708) => 3"),
    ARRAY_ROW("array_remove", "(array any, element any) -> bind", FN_NEVER_FAILS | FN_COLLATES,
              array_remove, array_bind_remove, "array without the elements that equal element.",
              "array_remove(array(1, 2, 3, null, 3), 3) => [1,2,null]"),
    ARRAY_ROW("array_compact", "(array array<T>) -> bind", FN_NEVER_FAILS, array_compact,
              array_bind_compact, "array without NULLs.",
              "array_compact(array(1, 2, 3, null)) => [1,2,3]"),
    ARRAY_ROW("array_distinct", "(array array<T>) -> same", FN_NEVER_FAILS, array_distinct, NULL,
              "array without repeated elements.",
              "array_distinct(array(1, 2, 3, null, 3)) => [1,2,3,null]"),
    ARRAY_ROW("array_union", "(array1 any, array2 any) -> bind", FN_NEVER_FAILS | FN_COLLATES,
              array_union, array_bind_pair, "Elements of either array, without repetition.",
              "array_union(array(1, 2, 3), array(1, 3, 5)) => [1,2,3,5]"),
    ARRAY_ROW("array_intersect", "(array1 any, array2 any) -> bind", FN_NEVER_FAILS | FN_COLLATES,
              array_intersect, array_bind_pair, "Elements of both arrays, without repetition.",
              "array_intersect(array(1, 2, 3), array(1, 3, 5)) => [1,3]"),
    ARRAY_ROW("array_except", "(array1 any, array2 any) -> bind", FN_NEVER_FAILS | FN_COLLATES,
              array_except, array_bind_pair,
              "Elements of array1 that are not in array2, without repetition.",
              "array_except(array(1, 2, 3), array(1, 3, 5)) => [2]"),
    ARRAY_ROW("arrays_overlap", "(array1 any, array2 any) -> boolean",
              FN_NEVER_FAILS | FN_ALWAYS_NULLABLE | FN_COLLATES, array_overlap, array_bind_pair,
              "True if the arrays have a common element.",
              "arrays_overlap(array(1, 2, 3), array(3, 4, 5)) => true"),
    ARRAY_ROW("array_append", "(array any, element any) -> bind",
              NULLS_AWARE | FN_NEVER_FAILS | FN_COLLATES, array_append, array_bind_add,
              "array with element at the end.",
              "array_append(array('b', 'd'), 'd') => [\"b\",\"d\",\"d\"]"),
    ARRAY_ROW("array_prepend", "(array any, element any) -> bind",
              NULLS_AWARE | FN_NEVER_FAILS | FN_COLLATES, array_prepend, array_bind_add,
              "array with element at the front.",
              "array_prepend(array('b', 'd'), 'd') => [\"d\",\"b\",\"d\"]"),
    ARRAY_ROW("array_insert", "(array any, pos int, value any) -> bind", NULLS_AWARE | FN_COLLATES,
              array_insert, array_bind_insert,
              "array with value at position pos, from 1 or negative from the end.",
              "array_insert(array(1, 2, 3, 4), 5, 5) => [1,2,3,4,5]"),
    ARRAY_ROW("array_repeat", "(element any, count int) -> bind", NULLS_AWARE | FN_NEVER_FAILS,
              array_repeat, array_bind_repeat, "An array of element count times.",
              "array_repeat('123', 2) => [\"123\",\"123\"]"),
    ARRAY_ROW("array_join",
              "(array array<T>, delimiter string, [nullReplacement string]) -> string",
              FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED, array_join, array_bind_join,
              "Elements joined with delimiter.",
              "array_join(array('hello', null, 'world'), ' ', ',') => hello , world"),
    ARRAY_ROW("flatten", "(arrayOfArrays any) -> bind", FN_NEVER_FAILS, array_flatten,
              array_bind_flatten, "The inner arrays in one.",
              "flatten(array(array(1, 2), array(3, 4))) => [1,2,3,4]"),
    ARRAY_ROW("slice", "(x array<T>, start int, length int) -> same", 0, array_slice, NULL,
              "length elements from start on, from 1 or negative from the end.",
              "slice(array(1, 2, 3, 4), -2, 2) => [3,4]"),
    ARRAY_ROW("array_min", "(array array<T>) -> bind", FN_NEVER_FAILS | FN_ALWAYS_NULLABLE,
              array_min, array_bind_extreme, "The smallest element; NULLs are skipped.",
              "array_min(array(1, 20, null, 3)) => 1"),
    ARRAY_ROW("array_max", "(array array<T>) -> bind", FN_NEVER_FAILS | FN_ALWAYS_NULLABLE,
              array_max, array_bind_extreme, "The largest element; NULLs are skipped.",
              "array_max(array(1, 20, null, 3)) => 20"),
    ARRAY_ROW(
        "sort_array", "(array array<T>, [ascendingOrder boolean]) -> bind", FN_NEVER_FAILS,
        array_sort_array, array_bind_sort_array, "array in order; NULLs are smallest.",
        "sort_array(array('b', 'd', null, 'c', 'a'), true) => [null,\"a\",\"b\",\"c\",\"d\"]"),
    ARRAY_ROW("shuffle", "(array array<T>, [seed bigint]) -> same", FN_NEVER_FAILS | FN_VOLATILE,
              array_shuffle, array_bind_shuffle, "array in random order.", NULL),
};
const uint32_t array_functions_count = ARRAY_COUNT(array_functions);

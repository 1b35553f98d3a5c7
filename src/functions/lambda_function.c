/* lambda_function.c - functions that take lambdas: transform, filter, aggregate, ….
 *
 * A lambda's body is computed for all elements of a chunk at once: elements of the active rows are
 * gathered into parameter vectors, with the row that each belongs to. Only aggregate goes step by
 * step, element k of every row.
 */
#include "functions/array.h"
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_out.h"

/* Elements of the active rows, one after another. */
typedef struct lambda_rows {
    sel_t *elements; /* of the list's child */
    sel_t *outer;    /* row of the call */
    int32_t *places; /* from 0 in its list */
    uint32_t count;
} lambda_rows;

static dbx_status lambda_gather(fn_call *call, const nested_list *l, lambda_rows *out) {
    uint64_t total = 0;
    FN_FOR_EACH_ROW(call, r) total += nested_valid(l, r) ? nested_entry(l, r).length : 0;
    if (total > INT32_MAX) return error_nomem(call->err);
    out->count = (uint32_t)total;
    out->elements = ARENA_ARRAY(call->arena, sel_t, total + 1);
    out->outer = ARENA_ARRAY(call->arena, sel_t, total + 1);
    out->places = ARENA_ARRAY(call->arena, int32_t, total + 1);
    if (out->elements == NULL || out->outer == NULL || out->places == NULL)
        return error_nomem(call->err);
    uint32_t n = 0;
    FN_FOR_EACH_ROW(call, r) {
        if (!nested_valid(l, r)) continue;
        list_entry e = nested_entry(l, r);
        for (uint32_t k = 0; k < e.length; k++, n++) {
            out->elements[n] = e.offset + k;
            out->outer[n] = r;
            out->places[n] = (int32_t)k;
        }
    }
    return DBX_OK;
}

/* The gathered values of a vector, FLAT. */
static dbx_status lambda_param(fn_call *call, const vector *from, const sel_t *rows, uint32_t count,
                               vector *out) {
    if (vector_init(out, from->type, MAX(count, 1), call->arena) != DBX_OK ||
        vector_copy(out, 0, from, rows, 0, count, call->arena) != DBX_OK)
        return error_nomem(call->err);
    return DBX_OK;
}

static dbx_status lambda_places(fn_call *call, const lambda_rows *rows, vector *out) {
    if (vector_init(out, type_simple(TYPE_INT), MAX(rows->count, 1), call->arena) != DBX_OK)
        return error_nomem(call->err);
    if (rows->count > 0) memcpy(out->data, rows->places, sizeof(int32_t) * rows->count);
    return DBX_OK;
}

static dbx_status lambda_eval(fn_call *call, uint32_t which, const vector *params,
                              const sel_t *outer, uint32_t count, vector *out) {
    fn_lambda *l = &call->lambdas[which];
    dbx_status status = l->eval(l, call, params, outer, count, out);
    return status == DBX_NOMEM ? error_nomem(call->err) : status;
}

/* Body of lambda 0 over (element, [place]). */
static dbx_status lambda_run(fn_call *call, const nested_list *l, lambda_rows *rows, vector *out) {
    vector params[2];
    TRY(lambda_gather(call, l, rows));
    if (rows->count == 0) return DBX_OK;
    TRY(lambda_param(call, l->child, rows->elements, rows->count, &params[0]));
    if (call->lambdas[0].param_count > 1) TRY(lambda_places(call, rows, &params[1]));
    return lambda_eval(call, 0, params, rows->outer, rows->count, out);
}

static dbx_status lambda_transform(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    lambda_rows rows;
    vector result;
    TRY(nested_open(call, &args[0], &list));
    TRY(lambda_run(call, &list, &rows, &result));
    uint32_t from = 0;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t n = nested_entry(&list, r).length;
        TRY(nested_take_range(call, out, r, &result, from, n));
        from += n;
    }
    return DBX_OK;
}

static bool lambda_holds(const vector_view *v, uint32_t row) {
    uint32_t i = view_index(v, row);
    return validity_get(v->validity, i) && ((const uint8_t *)v->data)[i] != 0;
}

static dbx_status lambda_filter(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    lambda_rows rows;
    vector result;
    vector_view holds = {0};
    TRY(nested_open(call, &args[0], &list));
    TRY(lambda_run(call, &list, &rows, &result));
    if (rows.count > 0) holds = vector_view_of(&result);
    uint32_t from = 0;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t end = from + nested_entry(&list, r).length, first = from, kept = from;
        for (; from < end; from++) {
            if (lambda_holds(&holds, from)) rows.elements[kept++] = rows.elements[from];
        }
        TRY(nested_take(call, out, r, list.child, rows.elements + first, kept - first));
    }
    return DBX_OK;
}

/* exists, forall: three-valued. */
static dbx_status lambda_quantify(fn_call *call, const vector *args, vector *out, bool wanted) {
    nested_list list;
    lambda_rows rows;
    vector result;
    vector_view view = {0};
    TRY(nested_open(call, &args[0], &list));
    TRY(lambda_run(call, &list, &rows, &result));
    if (rows.count > 0) view = vector_view_of(&result);
    uint32_t from = 0;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t end = from + nested_entry(&list, r).length;
        bool found = false, nulls = false;
        for (; from < end; from++) {
            if (!view_valid(&view, from))
                nulls = true;
            else if (lambda_holds(&view, from) == wanted)
                found = true;
        }
        VECTOR_DATA(out, uint8_t)[r] = found == wanted;
        if (!found && nulls) TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}
static dbx_status lambda_exists(fn_call *call, const vector *args, vector *out) {
    return lambda_quantify(call, args, out, true);
}
static dbx_status lambda_forall(fn_call *call, const vector *args, vector *out) {
    return lambda_quantify(call, args, out, false);
}

/* ---- aggregate ---- */

static dbx_status lambda_aggregate(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    uint32_t most = 0, n = 0;
    sel_t *rows = ARENA_ARRAY(call->arena, sel_t, call->rows + 1),
          *elements = ARENA_ARRAY(call->arena, sel_t, call->rows + 1);
    if (rows == NULL || elements == NULL) return error_nomem(call->err);
    FN_FOR_EACH_ROW(call, r) {
        if (nested_valid(&list, r)) most = MAX(most, nested_entry(&list, r).length);
    }
    vector *state = ARENA_NEW(call->arena, vector), next, params[2];
    if (state == NULL || vector_init(state, args[1].type, call->row_bound, call->arena) != DBX_OK)
        return error_nomem(call->err);
    FN_FOR_EACH_ROW(call, r) {
        if (vector_copy(state, r, &args[1], NULL, r, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    for (uint32_t k = 0; k < most; k++) {
        n = 0;
        FN_FOR_EACH_ROW(call, r) {
            if (!nested_valid(&list, r) || nested_entry(&list, r).length <= k) continue;
            elements[n] = nested_entry(&list, r).offset + k;
            rows[n++] = r;
        }
        TRY(lambda_param(call, state, rows, n, &params[0]));
        TRY(lambda_param(call, list.child, elements, n, &params[1]));
        TRY(lambda_eval(call, 0, params, rows, n, &next));
        for (uint32_t i = 0; i < n; i++) {
            if (vector_copy(state, rows[i], &next, NULL, i, 1, call->arena) != DBX_OK)
                return error_nomem(call->err);
        }
    }
    n = 0;
    FN_FOR_EACH_ROW(call, r) {
        if (nested_valid(&list, r))
            rows[n++] = r;
        else
            TRY(fn_set_null(call, out, r));
    }
    if (n == 0) return DBX_OK;
    bool finish = *(const uint32_t *)call->state > 3;
    if (finish) {
        TRY(lambda_param(call, state, rows, n, &params[0]));
        TRY(lambda_eval(call, 1, params, rows, n, &next));
    }
    for (uint32_t i = 0; i < n; i++) {
        if (vector_copy(out, rows[i], finish ? &next : state, NULL, finish ? i : rows[i], 1,
                        call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

static dbx_status lambda_bind_aggregate(fn_bind *b) {
    if (!type_same_layout(b->arg_types[2], b->arg_types[1])) {
        if (b->arg_types[2].id != TYPE_VOID) {
            const char *wanted = type_sql(b->arena, b->arg_types[1]);
            return fn_bind_unexpected_type(
                b, 2, arena_printf(b->arena, "\"%s\"", wanted == NULL ? "" : wanted));
        }
        b->arg_types[2] = b->arg_types[1];
    }
    b->result = b->arg_types[b->arg_count > 3 ? 3 : 1];
    b->nullable = true;
    return nested_bind_count(b);
}

/* ---- zip_with ---- */

static dbx_status lambda_zip_with(fn_call *call, const vector *args, vector *out) {
    nested_list lists[2];
    uint64_t total = 0;
    for (uint32_t a = 0; a < 2; a++) TRY(nested_open(call, &args[a], &lists[a]));
    FN_FOR_EACH_ROW(call, r)
    total += MAX(nested_entry(&lists[0], r).length, nested_entry(&lists[1], r).length);
    if (total > INT32_MAX) return error_nomem(call->err);
    sel_t *outer = ARENA_ARRAY(call->arena, sel_t, total + 1);
    vector params[2], result;
    if (outer == NULL) return error_nomem(call->err);
    for (uint32_t a = 0; a < 2; a++) {
        if (vector_init(&params[a], lists[a].child->type, MAX((uint32_t)total, 1), call->arena) !=
            DBX_OK)
            return error_nomem(call->err);
        uint32_t at = 0;
        FN_FOR_EACH_ROW(call, r) {
            list_entry e = nested_entry(&lists[a], r);
            uint32_t n = MAX(e.length, nested_entry(&lists[1 - a], r).length);
            if (vector_copy(&params[a], at, lists[a].child, NULL, e.offset, e.length,
                            call->arena) != DBX_OK)
                return error_nomem(call->err);
            for (uint32_t k = e.length; k < n; k++) TRY(nested_put_null(call, &params[a], at + k));
            for (uint32_t k = 0; k < n; k++) outer[at + k] = r;
            at += n;
        }
    }
    if (total > 0) TRY(lambda_eval(call, 0, params, outer, (uint32_t)total, &result));
    uint32_t from = 0;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t n = MAX(nested_entry(&lists[0], r).length, nested_entry(&lists[1], r).length);
        TRY(nested_take_range(call, out, r, &result, from, n));
        from += n;
    }
    return DBX_OK;
}

/* ---- maps ---- */

/* Body of the lambda over (key, value). */
static dbx_status lambda_run_map(fn_call *call, const nested_list *l, lambda_rows *rows,
                                 vector *out) {
    vector params[2];
    TRY(lambda_gather(call, l, rows));
    if (rows->count == 0) return DBX_OK;
    TRY(lambda_param(call, &l->parts[0], rows->elements, rows->count, &params[0]));
    TRY(lambda_param(call, &l->parts[1], rows->elements, rows->count, &params[1]));
    return lambda_eval(call, 0, params, rows->outer, rows->count, out);
}

static dbx_status lambda_map_filter(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    lambda_rows rows;
    vector result;
    vector_view holds = {0};
    TRY(nested_open(call, &args[0], &list));
    TRY(lambda_run_map(call, &list, &rows, &result));
    if (rows.count > 0) holds = vector_view_of(&result);
    uint32_t from = 0;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t end = from + nested_entry(&list, r).length, first = from, kept = from;
        for (; from < end; from++) {
            if (lambda_holds(&holds, from)) rows.elements[kept++] = rows.elements[from];
        }
        TRY(nested_take(call, out, r, list.child, rows.elements + first, kept - first));
    }
    return DBX_OK;
}

/* transform_keys, transform_values: one part is the lambda's result. */
static dbx_status lambda_transform_map(fn_call *call, const vector *args, vector *out,
                                       uint32_t part) {
    nested_list list;
    lambda_rows rows;
    vector result;
    TRY(nested_open(call, &args[0], &list));
    TRY(lambda_run_map(call, &list, &rows, &result));
    uint32_t from = 0, at;
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        TRY(nested_begin(call, out, r, e.length, &at));
        if (e.length == 0) continue;
        vector *parts = out->children[0].children;
        if (vector_copy(&parts[part], at, &result, NULL, from, e.length, call->arena) != DBX_OK ||
            vector_copy(&parts[1 - part], at, &list.parts[1 - part], NULL, e.offset, e.length,
                        call->arena) != DBX_OK)
            return error_nomem(call->err);
        if (part == 0) TRY(nested_check_keys(call, out, at, e.length));
        from += e.length;
    }
    return DBX_OK;
}
static dbx_status lambda_transform_keys(fn_call *call, const vector *args, vector *out) {
    return lambda_transform_map(call, args, out, 0);
}
static dbx_status lambda_transform_values(fn_call *call, const vector *args, vector *out) {
    return lambda_transform_map(call, args, out, 1);
}

/* Keys of both maps; a value is NULL where its map lacks the key. */
static dbx_status lambda_map_zip_with(fn_call *call, const vector *args, vector *out) {
    nested_list lists[2];
    uint64_t total = 0;
    for (uint32_t a = 0; a < 2; a++) TRY(nested_open(call, &args[a], &lists[a]));
    FN_FOR_EACH_ROW(call, r)
    total += (uint64_t)nested_entry(&lists[0], r).length + nested_entry(&lists[1], r).length;
    if (total > INT32_MAX) return error_nomem(call->err);
    sel_t *outer = ARENA_ARRAY(call->arena, sel_t, total + 1);
    uint32_t *sizes = ARENA_ARRAY(call->arena, uint32_t, call->rows + 1), n = 0;
    vector params[3], result;
    const type types[3] = {args[0].type.children[0].type, args[0].type.children[1].type,
                           args[1].type.children[1].type};
    if (outer == NULL || sizes == NULL) return error_nomem(call->err);
    for (uint32_t p = 0; p < 3; p++) {
        if (vector_init(&params[p], types[p], MAX((uint32_t)total, 1), call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    FN_FOR_EACH_ROW(call, r) {
        list_entry a = nested_entry(&lists[0], r), b = nested_entry(&lists[1], r);
        uint32_t first = n;
        for (uint32_t k = a.offset; k < a.offset + a.length; k++, n++) {
            uint32_t key = view_index(&lists[0].keys, k), m = b.offset;
            while (m < b.offset + b.length &&
                   !value_equal(&lists[0].keys, key, &lists[1].keys, view_index(&lists[1].keys, m)))
                m++;
            TRY(nested_put(call, &params[0], n, &lists[0].parts[0], &lists[0].keys, k));
            TRY(nested_put(call, &params[1], n, &lists[0].parts[1], &lists[0].values, k));
            if (m < b.offset + b.length)
                TRY(nested_put(call, &params[2], n, &lists[1].parts[1], &lists[1].values, m));
            else
                TRY(nested_put_null(call, &params[2], n));
        }
        for (uint32_t m = b.offset; m < b.offset + b.length; m++) {
            uint32_t key = view_index(&lists[1].keys, m), k = a.offset;
            while (k < a.offset + a.length &&
                   !value_equal(&lists[1].keys, key, &lists[0].keys, view_index(&lists[0].keys, k)))
                k++;
            if (k < a.offset + a.length) continue;
            TRY(nested_put(call, &params[0], n, &lists[1].parts[0], &lists[1].keys, m));
            TRY(nested_put_null(call, &params[1], n));
            TRY(nested_put(call, &params[2], n, &lists[1].parts[1], &lists[1].values, m));
            n++;
        }
        for (uint32_t k = first; k < n; k++) outer[k] = r;
        sizes[r_i] = n - first;
    }
    if (n > 0) TRY(lambda_eval(call, 0, params, outer, n, &result));
    uint32_t from = 0, at;
    FN_FOR_EACH_ROW(call, r) {
        uint32_t size = sizes[r_i];
        TRY(nested_begin(call, out, r, size, &at));
        if (size == 0) continue;
        vector *parts = out->children[0].children;
        if (vector_copy(&parts[0], at, &params[0], NULL, from, size, call->arena) != DBX_OK ||
            vector_copy(&parts[1], at, &result, NULL, from, size, call->arena) != DBX_OK)
            return error_nomem(call->err);
        from += size;
    }
    return DBX_OK;
}

/* ---- array_sort with a comparator ---- */

static dbx_status lambda_sort_default(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    array_order order = {.elements = &list.elements};
    FN_FOR_EACH_ROW(call, r) TRY(array_sort_list(call, &list, &order, r, out));
    return DBX_OK;
}

/* Is element a after element b? One evaluation of the comparator a question. */
static dbx_status lambda_is_after(fn_call *call, const vector *child, sel_t a, sel_t b,
                                  uint32_t row, bool *after) {
    vector params[2], result;
    sel_t outer = row;
    TRY(lambda_param(call, child, &a, 1, &params[0]));
    TRY(lambda_param(call, child, &b, 1, &params[1]));
    TRY(lambda_eval(call, 0, params, &outer, 1, &result));
    vector_view view = vector_view_of(&result);
    if (!view_valid(&view, 0))
        return error_raise(call->err, ERR_COMPARATOR_RETURNS_NULL, call->position, "firstValue",
                           fn_value_text(call, child, a), "secondValue",
                           fn_value_text(call, child, b), NULL);
    *after = int_arg(&view, 0) > 0;
    return DBX_OK;
}

static dbx_status lambda_sort(fn_call *call, const vector *args, vector *out) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = nested_entry(&list, r);
        sel_t *rows = ARENA_ARRAY(call->arena, sel_t, e.length + 1u),
              *spare = ARENA_ARRAY(call->arena, sel_t, e.length + 1u);
        if (rows == NULL || spare == NULL) return error_nomem(call->err);
        for (uint32_t k = 0; k < e.length; k++) rows[k] = e.offset + k;
        for (uint32_t width = 1; width < e.length; width *= 2) {
            for (uint32_t from = 0; from < e.length; from += 2 * width) {
                uint32_t middle = MIN(from + width, e.length), to = MIN(middle + width, e.length),
                         i = from, j = middle, n = from;
                while (i < middle && j < to) {
                    bool after = false;
                    TRY(lambda_is_after(call, list.child, rows[i], rows[j], r, &after));
                    spare[n++] = after ? rows[j++] : rows[i++];
                }
                while (i < middle) spare[n++] = rows[i++];
                while (j < to) spare[n++] = rows[j++];
            }
            memcpy(rows, spare, sizeof(*rows) * e.length);
        }
        TRY(nested_take(call, out, r, list.child, rows, e.length));
    }
    return DBX_OK;
}

/* ---- binding ---- */

static dbx_status lambda_bind_array_of_body(fn_bind *b) {
    uint32_t body = b->arg_count - 1;
    return nested_array_type(b, b->arg_types[body], b->arg_nullable[body], &b->result);
}
static dbx_status lambda_bind_map_of_body(fn_bind *b) {
    bool keys = strcmp(b->row->name, "transform_keys") == 0, zip = b->arg_count == 3;
    type key = keys ? b->arg_types[1] : b->arg_types[0].children[0].type;
    type value = keys ? b->arg_types[0].children[1].type : b->arg_types[zip ? 2 : 1];
    if (key.id == TYPE_MAP) {
        const char *text = type_sql(b->arena, key);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_MAP_KEY_TYPE, b->position,
                           "sqlExpr", arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "keyType",
                           arena_printf(b->arena, "\"%s\"", text == NULL ? "" : text), NULL);
    }
    bool nullable = keys ? b->arg_types[0].children[1].nullable : b->arg_nullable[zip ? 2 : 1];
    if (type_map(b->arena, key, value, nullable, &b->result) != DBX_OK) return error_nomem(b->err);
    return DBX_OK;
}
static dbx_status lambda_bind_sort(fn_bind *b) {
    b->result = b->arg_types[0];
    return b->arg_count > 1 ? DBX_OK : array_check_order(b);
}

#define LAMBDA_ROW(text, sig, f, k, binder, about, sample)                                         \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = "lambda", .doc = about, .examples = sample                                     \
    }

const function_row lambda_function_functions[] = {
    LAMBDA_ROW("transform", "(expr array<T>, func lambda(T, [int] -> U)) -> bind", 0,
               lambda_transform, lambda_bind_array_of_body,
               "func of each element, or of each element and its index.",
               "transform(array(1, 2, 3), x -> x + 1) => [2,3,4]"),
    LAMBDA_ROW("filter", "(expr array<T>, func lambda(T, [int] -> boolean)) -> same", 0,
               lambda_filter, NULL, "The elements for which func is true.",
               "filter(array(1, 2, 3), x -> x % 2 == 1) => [1,3]"),
    LAMBDA_ROW("exists", "(expr array<T>, pred lambda(T -> boolean)) -> boolean",
               FN_ALWAYS_NULLABLE, lambda_exists, NULL, "True if pred holds for an element.",
               "exists(array(1, 2, 3), x -> x % 2 == 0) => true"),
    LAMBDA_ROW("forall", "(expr array<T>, pred lambda(T -> boolean)) -> boolean",
               FN_ALWAYS_NULLABLE, lambda_forall, NULL, "True if pred holds for all elements.",
               "forall(array(1, 2, 3), x -> x % 2 == 0) => false"),
    LAMBDA_ROW("aggregate",
               "(expr array<T>, start A, merge lambda(A, T -> B), [finish lambda(A -> R)]) -> bind",
               NULLS_AWARE, lambda_aggregate, lambda_bind_aggregate,
               "start merged with each element in turn, then finished.",
               "aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10) => 60"),
    LAMBDA_ROW("reduce",
               "(expr array<T>, start A, merge lambda(A, T -> B), [finish lambda(A -> R)]) -> bind",
               NULLS_AWARE, lambda_aggregate, lambda_bind_aggregate,
               "start merged with each element in turn, then finished.",
               "reduce(array(1, 2, 3), 0, (acc, x) -> acc + x) => 6"),
    LAMBDA_ROW(
        "zip_with", "(left array<T>, right array<U>, func lambda(T, U -> R)) -> bind", 0,
        lambda_zip_with, lambda_bind_array_of_body,
        "func of the elements of two arrays, pair by pair; the shorter is filled with NULLs.",
        "zip_with(array(1, 2), array(3, 4), (x, y) -> x + y) => [4,6]"),
    LAMBDA_ROW("map_filter", "(expr map<K, V>, func lambda(K, V -> boolean)) -> same", 0,
               lambda_map_filter, NULL, "The entries for which func is true.",
               "map_filter(map(1, 0, 2, 2, 3, -1), (k, v) -> k > v) => {1:0,3:-1}"),
    LAMBDA_ROW("transform_keys", "(expr map<K, V>, func lambda(K, V -> R)) -> bind", 0,
               lambda_transform_keys, lambda_bind_map_of_body,
               "The map with keys func of key and value.",
               "transform_keys(map(1, 1, 2, 2), (k, v) -> k + v) => {2:1,4:2}"),
    LAMBDA_ROW("transform_values", "(expr map<K, V>, func lambda(K, V -> R)) -> bind", 0,
               lambda_transform_values, lambda_bind_map_of_body,
               "The map with values func of key and value.",
               "transform_values(map(1, 1, 2, 2), (k, v) -> k + v) => {1:2,2:4}"),
    LAMBDA_ROW("map_zip_with",
               "(map1 map<K, U>, map2 map<K, V>, func lambda(K, U, V -> R)) -> bind", 0,
               lambda_map_zip_with, lambda_bind_map_of_body,
               "func of each key and its value in either map.",
               "map_zip_with(map(1, 'a', 2, 'b'), map(1, 'x', 2, 'y'), (k, v1, v2) -> concat(v1, "
               "v2)) => {1:\"ax\",2:\"by\"}"),
    LAMBDA_ROW("array_sort", "(expr array<T>) -> bind", FN_NEVER_FAILS, lambda_sort_default,
               lambda_bind_sort, "expr in ascending order, NULLs last.",
               "array_sort(array('b', 'd', null, 'c', 'a')) => [\"a\",\"b\",\"c\",\"d\",null]"),
    LAMBDA_ROW(
        "array_sort", "(expr array<T>, func lambda(T, T -> int)) -> bind", 0, lambda_sort,
        lambda_bind_sort,
        "expr in the order of a comparator, which gives a negative number, 0 or a positive one.",
        "array_sort(array(5, 6, 1), (x, y) -> y - x) => [6,5,1]"),
};
const uint32_t lambda_function_functions_count = ARRAY_COUNT(lambda_function_functions);

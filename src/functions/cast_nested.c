/* cast_nested.c - arrays, maps and structs: their children are cast, their shape is kept. */
#include "functions/cast_int.h"

/* Casts the rows `rows` (valid ones among them) of a child into out. */
static dbx_status cast_child(fn_call *call, const cast_state *s, const vector *from,
                             const sel_t *rows, uint32_t count, uint32_t bound, vector *out) {
    vector_view view = vector_view_of(from);
    fn_call inner = *call;
    sel_t *valid = ARENA_ARRAY(call->arena, sel_t, count + 1);
    if (valid == NULL) return error_nomem(call->err);
    inner.rows = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (view_valid(&view, rows[i]))
            valid[inner.rows++] = rows[i];
        else
            TRY(fn_set_null(call, out, rows[i]));
    }
    inner.sel = valid;
    inner.row_bound = bound;
    inner.state = s;
    inner.arg_types = &s->from;
    inner.result_type = s->to;
    return s->kernel(&inner, from, out);
}

/* The list keeps its offsets; children of rows that are not active are left alone. */
static dbx_status cast_list(fn_call *call, const cast_state *s, const vector *arg, vector *out) {
    vector_view view = vector_view_of(arg);
    const list_entry *entries = view.data;
    const vector *from = &view.base->children[0];
    uint32_t bound = view.base->child_count;
    list_entry *to = VECTOR_DATA(out, list_entry);
    uint64_t total = 0;
    FN_FOR_EACH_ROW(call, r) total += entries[view_index(&view, r)].length;
    sel_t *rows = ARENA_ARRAY(call->arena, sel_t, total + 1);
    if (rows == NULL || vector_list_reserve(out, bound, call->arena) != DBX_OK)
        return error_nomem(call->err);
    vector *child = &out->children[0];
    uint32_t count = 0;
    FN_FOR_EACH_ROW(call, r) {
        list_entry e = entries[view_index(&view, r)];
        to[r] = e;
        for (uint32_t k = 0; k < e.length; k++) rows[count++] = e.offset + k;
    }
    out->child_count = bound;
    if (s->to.id == TYPE_ARRAY)
        return cast_child(call, &s->children[0], from, rows, count, bound, child);
    vector_view pairs = vector_view_of(from);
    assert(pairs.sel == NULL && pairs.mask != 0);
    for (uint32_t k = 0; k < 2; k++)
        TRY(cast_child(call, &s->children[k], &pairs.base->children[k], rows, count, bound,
                       &child->children[k]));
    return DBX_OK;
}

static dbx_status cast_struct(fn_call *call, const cast_state *s, const vector *arg, vector *out) {
    vector_view view = vector_view_of(arg);
    sel_t *rows = ARENA_ARRAY(call->arena, sel_t, call->rows + 1), *indexes = NULL;
    if (rows == NULL) return error_nomem(call->err);
    uint32_t count = 0;
    FN_FOR_EACH_ROW(call, r) rows[count++] = r;
    if (view.sel != NULL || view.mask == 0) {
        /* children follow the base's numbering, rows that of the call */
        indexes = ARENA_ARRAY(call->arena, sel_t, call->row_bound + 1);
        if (indexes == NULL) return error_nomem(call->err);
        for (uint32_t i = 0; i < count; i++) indexes[rows[i]] = view_index(&view, rows[i]);
    }
    for (uint32_t k = 0; k < s->from.child_count; k++) {
        vector sliced = view.base->children[k];
        if (indexes != NULL && vector_slice(&sliced, &view.base->children[k], indexes,
                                            call->row_bound, call->arena) != DBX_OK)
            return error_nomem(call->err);
        TRY(cast_child(call, &s->children[k], &sliced, rows, count, call->row_bound,
                       &out->children[k]));
    }
    return DBX_OK;
}

dbx_status cast_run_nested(fn_call *call, const vector *args, vector *out) {
    const cast_state *s = call->state;
    assert(s->from.id == s->to.id && type_is_nested(s->from));
    if (s->to.id == TYPE_STRUCT) return cast_struct(call, s, &args[0], out);
    if (out->child_count == 0) return cast_list(call, s, &args[0], out);
    /* Other rows of out have children already: these go behind them. */
    vector fresh;
    if (vector_init(&fresh, s->to, call->row_bound, call->arena) != DBX_OK)
        return error_nomem(call->err);
    TRY(cast_list(call, s, &args[0], &fresh));
    FN_FOR_EACH_ROW(call, r) {
        if (vector_copy(out, r, &fresh, NULL, r, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    return DBX_OK;
}

/* aggregate_pick.c - first, last, any_value, max_by, min_by: one row's value. */
#include "functions/aggregate.h"
#include "functions/families.h"
#include "vector/compare.h"

typedef struct pick_state {
    bool last;
    bool ignore_nulls;
    int sign; /* max_by: 1, min_by: -1 */
} pick_state;

enum { PICK_STATE_SIZE = (sizeof(aggregate_slot) + 15) / 16 * 16 };

/* ---- first and last ---- */

static dbx_status aggregate_pick_update(fn_call *call, const vector *args, void *const *states) {
    const pick_state *b = call->state;
    vector_view v = vector_view_of(&args[0]);
    for (uint32_t k = 0; k < call->rows; k++) {
        aggregate_slot *s = states[k];
        if (s->has_value && !b->last) continue;
        uint32_t i = view_index(&v, aggregate_row(call, k));
        if (b->ignore_nulls && !validity_get(v.validity, i)) continue;
        TRY(aggregate_slot_set(call, s, &v, i));
    }
    return DBX_OK;
}
static dbx_status aggregate_pick_update_single(fn_call *call, const vector *args, void *state) {
    const pick_state *b = call->state;
    aggregate_slot *s = state;
    vector_view v = vector_view_of(&args[0]);
    if (s->has_value && !b->last) return DBX_OK;
    for (uint32_t k = 0; k < call->rows; k++) {
        uint32_t i = view_index(&v, aggregate_row(call, b->last ? call->rows - 1 - k : k));
        if (b->ignore_nulls && !validity_get(v.validity, i)) continue;
        return aggregate_slot_set(call, s, &v, i);
    }
    return DBX_OK;
}
static dbx_status aggregate_pick_combine(fn_call *call, void *const *from, void *const *to,
                                         uint32_t count) {
    const pick_state *b = call->state;
    for (uint32_t k = 0; k < count; k++) {
        aggregate_slot *s = to[k];
        const aggregate_slot *o = from[k];
        if (o->has_value && (!s->has_value || b->last))
            TRY(aggregate_slot_move(call, s, o, call->arg_types[0]));
    }
    return DBX_OK;
}
static dbx_status aggregate_pick_finalize(fn_call *call, void *const *states, uint32_t count,
                                          vector *out, uint32_t at) {
    for (uint32_t k = 0; k < count; k++) TRY(aggregate_slot_get(call, states[k], out, at + k));
    return DBX_OK;
}
static dbx_status aggregate_pick_write_text(const void *state, buffer *out) {
    return aggregate_slot_write(state, type_simple(TYPE_STRING), out);
}
static dbx_status aggregate_pick_write_nested(const void *state, buffer *out) {
    const aggregate_slot *s = state;
    return aggregate_slot_write(
        s, s->has_value && !s->is_null ? s->u.nested->type : type_simple(TYPE_VOID), out);
}
static dbx_status aggregate_pick_read(fn_call *call, const char *bytes, size_t size, void *state) {
    return aggregate_slot_read(call, call->arg_types[0], &bytes, bytes + size, state);
}
#define PICK_KERNEL(writer, reader)                                                                \
    {                                                                                              \
        .state_size = PICK_STATE_SIZE, .update = aggregate_pick_update,                            \
        .update_single = aggregate_pick_update_single, .combine = aggregate_pick_combine,          \
        .finalize = aggregate_pick_finalize, .write = writer, .read = reader                       \
    }
static const aggregate_kernel pick_fixed_kernel = PICK_KERNEL(NULL, NULL);
static const aggregate_kernel pick_text_kernel =
    PICK_KERNEL(aggregate_pick_write_text, aggregate_pick_read);
static const aggregate_kernel pick_nested_kernel =
    PICK_KERNEL(aggregate_pick_write_nested, aggregate_pick_read);

static dbx_status aggregate_bind_pick(fn_bind *b, bool last) {
    pick_state *s = ARENA_NEW(b->arena, pick_state);
    if (s == NULL) return error_nomem(b->err);
    s->last = last;
    if (b->arg_count > 1 && b->constants[1] != NULL)
        s->ignore_nulls = VECTOR_DATA(b->constants[1], uint8_t)[0] != 0;
    physical_type p = type_physical(b->arg_types[0]);
    b->aggregate = p == PHYS_STRING ? &pick_text_kernel
                   : p >= PHYS_LIST ? &pick_nested_kernel
                                    : &pick_fixed_kernel;
    b->state = s;
    return DBX_OK;
}
static dbx_status aggregate_bind_first(fn_bind *b) {
    return aggregate_bind_pick(b, false);
}
static dbx_status aggregate_bind_last(fn_bind *b) {
    return aggregate_bind_pick(b, true);
}

/* ---- max_by and min_by: the value of the row whose key is extreme ---- */

typedef struct pick_by_value {
    aggregate_slot value;
    aggregate_slot key;
} pick_by_value;

static bool pick_by_replaces(const fn_call *call, const pick_by_value *s, const vector_view *keys,
                             uint32_t i) {
    const pick_state *b = call->state;
    vector storage;
    if (!s->key.has_value) return true;
    vector_view held = aggregate_slot_view(&s->key, keys->base->type, &storage);
    return b->sign * value_compare(keys, i, &held, 0) > 0;
}
static dbx_status aggregate_pick_by_update(fn_call *call, const vector *args, void *const *states) {
    vector_view v = vector_view_of(&args[0]), keys = vector_view_of(&args[1]);
    for (uint32_t k = 0; k < call->rows; k++) {
        pick_by_value *s = states[k];
        uint32_t r = aggregate_row(call, k), i = view_index(&keys, r);
        if (!validity_get(keys.validity, i) || !pick_by_replaces(call, s, &keys, i)) continue;
        TRY(aggregate_slot_set(call, &s->key, &keys, i));
        TRY(aggregate_slot_set(call, &s->value, &v, view_index(&v, r)));
    }
    return DBX_OK;
}
static dbx_status aggregate_pick_by_combine(fn_call *call, void *const *from, void *const *to,
                                            uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        pick_by_value *s = to[k];
        const pick_by_value *o = from[k];
        vector storage;
        if (!o->key.has_value) continue;
        vector_view key = aggregate_slot_view(&o->key, call->arg_types[1], &storage);
        if (!pick_by_replaces(call, s, &key, 0)) continue;
        TRY(aggregate_slot_move(call, &s->key, &o->key, call->arg_types[1]));
        TRY(aggregate_slot_move(call, &s->value, &o->value, call->arg_types[0]));
    }
    return DBX_OK;
}
static dbx_status aggregate_pick_by_finalize(fn_call *call, void *const *states, uint32_t count,
                                             vector *out, uint32_t at) {
    for (uint32_t k = 0; k < count; k++)
        TRY(aggregate_slot_get(call, &((const pick_by_value *)states[k])->value, out, at + k));
    return DBX_OK;
}

/* The types that write needs stand in the state only for nested values; kernels differ by what is a
 * string. */
static dbx_status pick_by_write_slot(const aggregate_slot *s, bool text, bool nested, buffer *out) {
    type t = type_simple(text ? TYPE_STRING : TYPE_BIGINT);
    if (nested && s->has_value && !s->is_null) t = s->u.nested->type;
    if (text || nested) return aggregate_slot_write(s, t, out);
    TRY(buffer_append_char(out, (char)(s->has_value | s->is_null << 1)));
    return buffer_append(out, s->u.fixed, sizeof(s->u.fixed));
}
static dbx_status pick_by_read_slot(fn_call *call, type t, const char **at, const char *end,
                                    aggregate_slot *s) {
    physical_type p = type_physical(t);
    if (p == PHYS_STRING || p >= PHYS_LIST) return aggregate_slot_read(call, t, at, end, s);
    if (end - *at < (ptrdiff_t)(1 + sizeof(s->u.fixed)))
        return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                           "short aggregate state", NULL);
    s->has_value = ((*at)[0] & 1) != 0;
    s->is_null = ((*at)[0] & 2) != 0;
    memcpy(s->u.fixed, *at + 1, sizeof(s->u.fixed));
    *at += 1 + sizeof(s->u.fixed);
    return DBX_OK;
}
#define PICK_BY_WRITE(name, value_text, value_nested, key_text, key_nested)                        \
    static dbx_status aggregate_pick_by_write_##name(const void *state, buffer *out) {             \
        const pick_by_value *s = state;                                                            \
        TRY(pick_by_write_slot(&s->value, value_text, value_nested, out));                         \
        return pick_by_write_slot(&s->key, key_text, key_nested, out);                             \
    }
PICK_BY_WRITE(ff, false, false, false, false)
PICK_BY_WRITE(ft, false, false, true, false)
PICK_BY_WRITE(fn, false, false, false, true)
PICK_BY_WRITE(tf, true, false, false, false)
PICK_BY_WRITE(tt, true, false, true, false)
PICK_BY_WRITE(tn, true, false, false, true)
PICK_BY_WRITE(nf, false, true, false, false)
PICK_BY_WRITE(nt, false, true, true, false)
PICK_BY_WRITE(nn, false, true, false, true)

static dbx_status aggregate_pick_by_read(fn_call *call, const char *bytes, size_t size,
                                         void *state) {
    pick_by_value *s = state;
    const char *end = bytes + size;
    TRY(pick_by_read_slot(call, call->arg_types[0], &bytes, end, &s->value));
    return pick_by_read_slot(call, call->arg_types[1], &bytes, end, &s->key);
}
#define PICK_BY_KERNEL(name)                                                                       \
    {                                                                                              \
        .state_size = (sizeof(pick_by_value) + 15) / 16 * 16, .update = aggregate_pick_by_update,  \
        .combine = aggregate_pick_by_combine, .finalize = aggregate_pick_by_finalize,              \
        .write = aggregate_pick_by_write_##name, .read = aggregate_pick_by_read                    \
    }
/* by kind of value, kind of key: fixed, text, nested */
static const aggregate_kernel pick_by_kernels[3][3] = {
    {PICK_BY_KERNEL(ff), PICK_BY_KERNEL(ft), PICK_BY_KERNEL(fn)},
    {PICK_BY_KERNEL(tf), PICK_BY_KERNEL(tt), PICK_BY_KERNEL(tn)},
    {PICK_BY_KERNEL(nf), PICK_BY_KERNEL(nt), PICK_BY_KERNEL(nn)},
};

static uint32_t pick_kind(type t) {
    physical_type p = type_physical(t);
    return p == PHYS_STRING ? 1 : p >= PHYS_LIST ? 2 : 0;
}
static dbx_status aggregate_bind_pick_by(fn_bind *b, int sign) {
    pick_state *s = ARENA_NEW(b->arena, pick_state);
    if (s == NULL) return error_nomem(b->err);
    s->sign = sign;
    b->state = s;
    b->aggregate = &pick_by_kernels[pick_kind(b->arg_types[0])][pick_kind(b->arg_types[1])];
    return DBX_OK;
}
static dbx_status aggregate_bind_max_by(fn_bind *b) {
    return aggregate_bind_pick_by(b, 1);
}
static dbx_status aggregate_bind_min_by(fn_bind *b) {
    return aggregate_bind_pick_by(b, -1);
}

#define PICK_ROW(text, operation, window_kind, binder, about)                                      \
    {                                                                                              \
        .name = text, .signature = "(expr any, [ignoreNulls const boolean]) -> same",              \
        .kind = FUNCTION_AGGREGATE, .op = operation, .window = window_kind,                        \
        .flags = NULLS_AWARE | FN_ORDER_SENSITIVE | FN_DISTINCT_FREE, .bind = binder,              \
        .category = "aggregate", .doc = about                                                      \
    }
#define PICK_BY_ROW(text, binder, about)                                                           \
    {                                                                                              \
        .name = text, .signature = "(expr any, ord any) -> same", .kind = FUNCTION_AGGREGATE,      \
        .flags = NULLS_AWARE, .bind = binder, .category = "aggregate", .doc = about                \
    }
const function_row aggregate_pick_functions[] = {
    PICK_ROW("first", OP_FIRST, WINDOW_FIRST_VALUE, aggregate_bind_first,
             "Value of the first row."),
    PICK_ROW("first_value", OP_FIRST, WINDOW_FIRST_VALUE, aggregate_bind_first,
             "Value of the first row."),
    PICK_ROW("last", OP_NONE, WINDOW_LAST_VALUE, aggregate_bind_last, "Value of the last row."),
    PICK_ROW("last_value", OP_NONE, WINDOW_LAST_VALUE, aggregate_bind_last,
             "Value of the last row."),
    PICK_ROW("any_value", OP_ANY_VALUE, WINDOW_FIRST_VALUE, aggregate_bind_first,
             "Value of some row."),
    PICK_BY_ROW("max_by", aggregate_bind_max_by, "Value of expr in the row where ord is largest."),
    PICK_BY_ROW("min_by", aggregate_bind_min_by, "Value of expr in the row where ord is smallest."),
};
const uint32_t aggregate_pick_functions_count = ARRAY_COUNT(aggregate_pick_functions);

/* sketch.c - see sketch.h. */
#include "functions/sketch.h"

#include "vector/collation.h"

static murmur3_hash sketch_hash_long(int64_t x) {
    return murmur3_128(&x, sizeof(x), SKETCH_SEED);
}

/* NaNs are one value, and so are the zeros. */
static murmur3_hash sketch_hash_double(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return sketch_hash_long(x != x ? INT64_C(0x7ff8000000000000) : x == 0 ? 0 : bits);
}

/* NULL elements count as 0. */
static dbx_status sketch_hash_array(fn_call *call, const vector *base, uint32_t i, bool *skip,
                                    murmur3_hash *out) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    vector_view view = vector_view_of(&base->children[0]);
    uint32_t size = base->children[0].phys == PHYS_INT64 ? 8 : 4;
    *skip = e.length == 0 || base->children[0].type.id == TYPE_VOID;
    if (*skip) return DBX_OK;
    char *bytes = mem_alloc_zero(call->arena->ledger, (size_t)e.length * size);
    if (bytes == NULL) return error_nomem(call->err);
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t at = view_index(&view, e.offset + k);
        if (validity_get(view.validity, at))
            memcpy(bytes + (size_t)k * size, (const char *)view.data + (size_t)at * size, size);
    }
    *out = murmur3_128(bytes, (size_t)e.length * size, SKETCH_SEED);
    mem_free(call->arena->ledger, bytes, (size_t)e.length * size);
    return DBX_OK;
}

dbx_status sketch_hash(fn_call *call, const vector *base, uint32_t i, bool *skip,
                       murmur3_hash *out) {
    *skip = false;
    switch ((type_id)base->type.id) {
    case TYPE_INT:
        *out = sketch_hash_long(VECTOR_DATA(base, int32_t)[i]);
        return DBX_OK;
    case TYPE_BIGINT:
        *out = sketch_hash_long(VECTOR_DATA(base, int64_t)[i]);
        return DBX_OK;
    case TYPE_FLOAT:
        *out = sketch_hash_double((double)VECTOR_DATA(base, float)[i]);
        return DBX_OK;
    case TYPE_DOUBLE:
        *out = sketch_hash_double(VECTOR_DATA(base, double)[i]);
        return DBX_OK;
    case TYPE_ARRAY:
        return sketch_hash_array(call, base, i, skip, out);
    default: {
        vstring s = VECTOR_DATA(base, vstring)[i];
        if (base->type.id == TYPE_STRING && base->type.collation != COLLATION_UTF8_BINARY &&
            collation_key(base->type.collation, &s, &s, call->arena) != DBX_OK)
            return error_nomem(call->err);
        *skip = s.size == 0;
        *out = murmur3_128(vstring_data(&s), s.size, SKETCH_SEED);
        return DBX_OK;
    }
    }
}

dbx_status sketch_check_type(fn_bind *b, uint32_t i, type_id id, const char *text) {
    if (i >= b->arg_count || b->arg_types[i].id == id) return DBX_OK;
    if (b->arg_types[i].id != TYPE_VOID) return fn_bind_unexpected_type(b, i, text);
    b->arg_types[i] = type_simple(id);
    return DBX_OK;
}

dbx_status sketch_bind_int(fn_bind *b, uint32_t i, const sketch_bound *bound, int64_t *out) {
    if (i >= b->arg_count) return DBX_OK;
    TRY(sketch_check_type(b, i, TYPE_INT, "\"INT\""));
    const char *name = arena_printf(b->arena, "`%s`", b->row->name);
    if (name == NULL) return error_nomem(b->err);
    if (b->constants[i] == NULL)
        return error_raise(b->err, bound->not_constant, b->position, "function", name, NULL);
    *out = 0;
    (void)fn_bind_constant_int(b, i, out);
    if (*out >= bound->min && *out <= bound->max) return DBX_OK;
    const char *value = arena_printf(b->arena, "%lld", (long long)*out),
               *min = arena_printf(b->arena, "%lld", (long long)bound->min),
               *max = arena_printf(b->arena, "%lld", (long long)bound->max);
    if (value == NULL || min == NULL || max == NULL) return error_nomem(b->err);
    return error_raise(b->err, bound->out_of_range, b->position, "function", name, "min", min,
                       "max", max, "value", value, NULL);
}

dbx_status sketch_raise(fn_call *call, error_class cls, const char *parameter,
                        const char *function) {
    const char *name = arena_printf(call->arena, "`%s`", function);
    return error_raise(call->err, cls, call->position, parameter, name == NULL ? "" : name, NULL);
}

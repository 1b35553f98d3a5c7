/* nested.c - see nested.h. Elements that come from one list are copied in one go; sets are
 * open-addressing tables over hashes computed for a whole vector. */
#include "functions/nested.h"
#include "functions/signature.h"
#include "vector/hash.h"

dbx_status nested_open(fn_call *call, const vector *arg, nested_list *out) {
    assert(arg->phys == PHYS_LIST);
    out->rows = vector_view_of(arg);
    const vector *base = out->rows.base;
    out->child = &base->children[0];
    if (arg->type.id == TYPE_MAP && out->child->form != VECTOR_FLAT && base->child_count > 0) {
        vector *flat = ARENA_NEW(call->arena, vector);
        if (flat == NULL ||
            vector_flatten(flat, out->child, base->child_count, call->arena) != DBX_OK)
            return error_nomem(call->err);
        out->child = flat;
    }
    out->elements = vector_view_of(out->child);
    out->parts = arg->type.id == TYPE_MAP ? out->child->children : NULL;
    if (out->parts == NULL) return DBX_OK;
    out->keys = vector_view_of(&out->parts[0]);
    out->values = vector_view_of(&out->parts[1]);
    return DBX_OK;
}

dbx_status nested_put_null(fn_call *call, vector *to, uint32_t at) {
    if (vector_ensure_validity(to, call->arena) != DBX_OK) return error_nomem(call->err);
    validity_set_null(to->validity, at);
    return DBX_OK;
}

dbx_status nested_put(fn_call *call, vector *to, uint32_t at, const vector *from,
                      const vector_view *view, uint32_t row) {
    uint32_t i = view_index(view, row);
    if (!validity_get(view->validity, i)) return nested_put_null(call, to, at);
    if (to->phys == PHYS_LIST || to->phys == PHYS_STRUCT) {
        if (vector_copy(to, at, from, NULL, row, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
        return DBX_OK;
    }
    if (to->validity != NULL) validity_set_valid(to->validity, at);
    size_t size = physical_size((physical_type)to->phys);
    memcpy((char *)to->data + at * size, (const char *)view->data + i * size, size);
    return DBX_OK;
}

dbx_status nested_begin(fn_call *call, vector *out, uint32_t r, uint64_t count, uint32_t *at) {
    uint64_t end = (uint64_t)out->child_count + count;
    if (end > UINT32_MAX / 2 || vector_list_reserve(out, (uint32_t)end, call->arena) != DBX_OK)
        return error_nomem(call->err);
    *at = out->child_count;
    VECTOR_DATA(out, list_entry)[r] = (list_entry){*at, (uint32_t)count};
    vector *child = &out->children[0];
    if (child->validity != NULL)
        for (uint32_t i = *at; i < end; i++) validity_set_valid(child->validity, i);
    out->child_count = (uint32_t)end;
    return DBX_OK;
}

dbx_status nested_take(fn_call *call, vector *out, uint32_t r, const vector *child,
                       const sel_t *indexes, uint32_t count) {
    uint32_t at;
    TRY(nested_begin(call, out, r, count, &at));
    if (count > 0 &&
        vector_copy(&out->children[0], at, child, indexes, 0, count, call->arena) != DBX_OK)
        return error_nomem(call->err);
    return DBX_OK;
}

dbx_status nested_take_range(fn_call *call, vector *out, uint32_t r, const vector *child,
                             uint32_t from, uint32_t count) {
    uint32_t at;
    TRY(nested_begin(call, out, r, count, &at));
    if (count > 0 &&
        vector_copy(&out->children[0], at, child, NULL, from, count, call->arena) != DBX_OK)
        return error_nomem(call->err);
    return DBX_OK;
}

/* ---- sets ---- */

dbx_status nested_set_begin(fn_call *call, nested_set *s, uint32_t capacity) {
    uint64_t wanted = 16;
    while (wanted < (uint64_t)capacity * 2) wanted *= 2;
    if (s->slots == NULL || wanted > (uint64_t)s->mask + 1) {
        s->slots = ARENA_ARRAY(call->arena, uint32_t, wanted);
        s->items = ARENA_ARRAY(call->arena, struct nested_item, wanted / 2);
        if (s->slots == NULL || s->items == NULL) return error_nomem(call->err);
        s->mask = (uint32_t)(wanted - 1);
    } else {
        memset(s->slots, 0, sizeof(uint32_t) * ((size_t)s->mask + 1));
    }
    s->count = 0;
    return DBX_OK;
}

static bool nested_same(const vector_view *a, uint32_t i, const vector_view *b, uint32_t j) {
    uint32_t x = view_index(a, i), y = view_index(b, j);
    bool valid = validity_get(a->validity, x);
    if (valid != validity_get(b->validity, y)) return false;
    return !valid || value_equal(a, x, b, y);
}

bool nested_set_find(nested_set *s, const vector_view *view, uint32_t row, uint64_t hash,
                     bool add) {
    uint32_t k = (uint32_t)hash & s->mask;
    for (; s->slots[k] != 0; k = (k + 1) & s->mask) {
        const struct nested_item *item = &s->items[s->slots[k] - 1];
        if (item->hash == hash && nested_same(item->view, item->row, view, row)) return true;
    }
    if (add) {
        assert(s->count <= s->mask / 2);
        s->items[s->count] = (struct nested_item){view, row, hash};
        s->slots[k] = ++s->count;
    }
    return false;
}

dbx_status nested_hashes(fn_call *call, const nested_list *l, uint64_t **out) {
    uint32_t count = l->rows.base->child_count;
    *out = ARENA_ARRAY(call->arena, uint64_t, count + 1u);
    if (*out == NULL) return error_nomem(call->err);
    const vector *from = l->parts != NULL ? &l->parts[0] : l->child;
    if (count > 0 && vector_hash(from, count, false, *out, call->arena) != DBX_OK)
        return error_nomem(call->err);
    return DBX_OK;
}

/* ---- keys ---- */

dbx_status nested_raise_null_key(fn_call *call) {
    return error_raise(call->err, ERR_NULL_MAP_KEY, call->position, NULL);
}

dbx_status nested_raise_duplicate_key(fn_call *call, const vector *keys, uint32_t row) {
    return error_raise(call->err, ERR_DUPLICATED_MAP_KEY, call->position, "key",
                       fn_value_text(call, keys, row), "mapKeyDedupPolicy",
                       "\"spark.sql.mapKeyDedupPolicy\"", NULL);
}

dbx_status nested_check_keys(fn_call *call, const vector *out, uint32_t at, uint32_t count) {
    const vector *keys = &out->children[0].children[0];
    vector_view view = vector_view_of(keys);
    for (uint32_t i = 0; i < count; i++) {
        if (!view_valid(&view, at + i)) return nested_raise_null_key(call);
    }
    if (count <= 16) {
        for (uint32_t i = 1; i < count; i++) {
            for (uint32_t j = 0; j < i; j++) {
                if (nested_same(&view, at + i, &view, at + j))
                    return nested_raise_duplicate_key(call, keys, at + i);
            }
        }
        return DBX_OK;
    }
    nested_set set = {0};
    sel_t *rows = ARENA_ARRAY(call->arena, sel_t, count);
    uint64_t *hashes = ARENA_ARRAY(call->arena, uint64_t, count);
    vector slice;
    if (rows == NULL || hashes == NULL) return error_nomem(call->err);
    for (uint32_t i = 0; i < count; i++) rows[i] = at + i;
    if (vector_slice(&slice, keys, rows, count, call->arena) != DBX_OK ||
        vector_hash(&slice, count, false, hashes, call->arena) != DBX_OK)
        return error_nomem(call->err);
    TRY(nested_set_begin(call, &set, count));
    for (uint32_t i = 0; i < count; i++) {
        if (nested_set_find(&set, &view, at + i, hashes[i], true))
            return nested_raise_duplicate_key(call, keys, at + i);
    }
    return DBX_OK;
}

/* ---- binding ---- */

dbx_status nested_bind_count(fn_bind *b) {
    uint32_t *count = ARENA_NEW(b->arena, uint32_t);
    if (count == NULL) return error_nomem(b->err);
    *count = b->arg_count;
    b->state = count;
    return DBX_OK;
}

dbx_status nested_array_type(fn_bind *b, type element, bool nullable, type *out) {
    if (type_array(b->arena, element, nullable, out) != DBX_OK) return error_nomem(b->err);
    return DBX_OK;
}

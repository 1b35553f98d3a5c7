/* aggregate_state.c - values kept by aggregate states: one (slot) or all (list), of any type. */
#include "functions/aggregate.h"
#include "vector/row_bytes.h"

static bool slot_is_nested(type t) {
    physical_type p = type_physical(t);
    return p == PHYS_LIST || p == PHYS_STRUCT;
}

dbx_status aggregate_slot_set(fn_call *call, aggregate_slot *s, const vector_view *v, uint32_t i) {
    const vector *base = v->base;
    s->has_value = true;
    s->is_null = !validity_get(v->validity, i);
    if (s->is_null) return DBX_OK;
    if (base->phys == PHYS_STRING) {
        const vstring *from = &((const vstring *)v->data)[i];
        if (from->size <= VSTRING_INLINE_MAX) {
            s->u.text = *from;
            return DBX_OK;
        }
        if (from->size > s->capacity) {
            uint32_t room = MAX(from->size, MIN(s->capacity, UINT32_MAX / 4) * 2);
            s->buffer = arena_alloc_bytes(call->arena, room);
            if (s->buffer == NULL) return error_nomem(call->err);
            s->capacity = room;
        }
        memmove(s->buffer, from->u.data, from->size);
        s->u.text = vstring_from(s->buffer, from->size);
        return DBX_OK;
    }
    if (slot_is_nested(base->type)) {
        vector *one = ARENA_NEW(call->arena, vector);
        if (one == NULL || vector_init(one, base->type, 1, call->arena) != DBX_OK ||
            vector_copy(one, 0, base, NULL, i, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
        s->u.nested = one;
        return DBX_OK;
    }
    uint32_t size = physical_size((physical_type)base->phys);
    memcpy(s->u.fixed, (const char *)v->data + (size_t)i * size, size);
    return DBX_OK;
}

vector_view aggregate_slot_view(const aggregate_slot *s, type t, vector *storage) {
    if (slot_is_nested(t) && s->has_value && !s->is_null) return vector_view_of(s->u.nested);
    *storage =
        (vector){.type = t, .form = VECTOR_FLAT, .phys = (uint8_t)type_physical(t), .capacity = 1};
    storage->data = (void *)(uintptr_t)&s->u;
    return vector_view_of(storage);
}

dbx_status aggregate_slot_move(fn_call *call, aggregate_slot *to, const aggregate_slot *from,
                               type t) {
    vector storage;
    if (!from->has_value || from->is_null) {
        to->has_value = from->has_value;
        to->is_null = from->is_null;
        return DBX_OK;
    }
    vector_view v = aggregate_slot_view(from, t, &storage);
    return aggregate_slot_set(call, to, &v, 0);
}

dbx_status aggregate_slot_get(fn_call *call, const aggregate_slot *s, vector *out, uint32_t at) {
    if (!s->has_value || s->is_null) return fn_set_null(call, out, at);
    if (slot_is_nested(out->type)) {
        if (vector_copy(out, at, s->u.nested, NULL, 0, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
        return DBX_OK;
    }
    uint32_t size = physical_size((physical_type)out->phys);
    memcpy((char *)out->data + (size_t)at * size, &s->u, size);
    if (out->phys == PHYS_STRING && s->u.text.size > VSTRING_INLINE_MAX) {
        /* A running window asks again after updates that reuse the buffer. */
        char *bytes = arena_alloc_bytes(call->arena, s->u.text.size);
        if (bytes == NULL) return error_nomem(call->err);
        memcpy(bytes, s->buffer, s->u.text.size);
        VECTOR_DATA(out, vstring)[at] = vstring_from(bytes, s->u.text.size);
    }
    return DBX_OK;
}

static dbx_status slot_write_value(const vector_view *v, uint32_t i, buffer *out) {
    size_t size = row_value_size(v, i);
    TRY(buffer_reserve(out, size));
    uint8_t *end = row_value_write(v, i, (uint8_t *)out->data + out->size);
    out->size = (size_t)((char *)end - out->data);
    return DBX_OK;
}

dbx_status aggregate_slot_write(const aggregate_slot *s, type t, buffer *out) {
    vector storage;
    TRY(buffer_append_char(out, (char)(s->has_value | s->is_null << 1)));
    if (!s->has_value || s->is_null) return DBX_OK;
    vector_view v = aggregate_slot_view(s, t, &storage);
    return slot_write_value(&v, 0, out);
}

dbx_status aggregate_slot_read(fn_call *call, type t, const char **at, const char *end,
                               aggregate_slot *s) {
    if (*at >= end)
        return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                           "short aggregate state", NULL);
    uint8_t flags = (uint8_t) * (*at)++;
    s->has_value = (flags & 1u) != 0;
    s->is_null = (flags & 2u) != 0;
    if (!s->has_value || s->is_null) return DBX_OK;
    vector one;
    if (vector_init(&one, t, 1, call->arena) != DBX_OK) return error_nomem(call->err);
    const uint8_t *bytes = (const uint8_t *)*at;
    if (row_value_read(&bytes, &one, 0, call->arena) != DBX_OK) return error_nomem(call->err);
    *at = (const char *)bytes;
    vector_view v = vector_view_of(&one);
    return aggregate_slot_set(call, s, &v, 0);
}

/* ---- lists ---- */

static dbx_status list_grow(fn_call *call, aggregate_list *l, type t) {
    if (l->count >= AGGREGATE_LIST_MAX)
        return error_raise(call->err, ERR_UNSUPPORTED_FEATURE, call->position, "feature",
                           "more than 2^30 values in one group", NULL);
    uint32_t capacity = l->capacity == 0 ? 4 : l->capacity * 2;
    vector *fresh = ARENA_NEW(call->arena, vector);
    if (fresh == NULL || vector_init(fresh, t, capacity, call->arena) != DBX_OK)
        return error_nomem(call->err);
    if (l->count > 0 && slot_is_nested(t)) {
        if (vector_copy(fresh, 0, l->values, NULL, 0, l->count, call->arena) != DBX_OK)
            return error_nomem(call->err);
    } else if (l->count > 0) {
        memcpy(fresh->data, l->values->data,
               (size_t)l->count * physical_size((physical_type)fresh->phys));
        if (l->values->validity != NULL) {
            if (vector_ensure_validity(fresh, call->arena) != DBX_OK) return error_nomem(call->err);
            memcpy(fresh->validity, l->values->validity, validity_bytes(l->count));
            /* bits past count in the last word must read as valid */
            for (uint32_t i = l->count; i % 64 != 0; i++) validity_set_valid(fresh->validity, i);
        }
    }
    l->values = fresh;
    l->capacity = capacity;
    return DBX_OK;
}

dbx_status aggregate_list_push(fn_call *call, aggregate_list *l, const vector_view *v, uint32_t i) {
    if (l->count == l->capacity) TRY(list_grow(call, l, v->base->type));
    vector *to = l->values;
    uint32_t at = l->count++;
    if (!validity_get(v->validity, i)) return fn_set_null(call, to, at);
    if (to->phys == PHYS_STRING) {
        vstring s = ((const vstring *)v->data)[i];
        if (s.size > VSTRING_INLINE_MAX) {
            char *bytes = arena_alloc_bytes(call->arena, s.size);
            if (bytes == NULL) return error_nomem(call->err);
            memcpy(bytes, s.u.data, s.size);
            s.u.data = bytes;
        }
        VECTOR_DATA(to, vstring)[at] = s;
        return DBX_OK;
    }
    if (slot_is_nested(to->type)) {
        if (vector_copy(to, at, v->base, NULL, i, 1, call->arena) != DBX_OK)
            return error_nomem(call->err);
        return DBX_OK;
    }
    uint32_t size = physical_size((physical_type)to->phys);
    memcpy((char *)to->data + (size_t)at * size, (const char *)v->data + (size_t)i * size, size);
    return DBX_OK;
}

dbx_status aggregate_list_append(fn_call *call, aggregate_list *l, const aggregate_list *from) {
    if (from->count == 0) return DBX_OK;
    if (l->count == 0) {
        *l = *from; /* contents live as long as those of the target */
        return DBX_OK;
    }
    vector_view v = vector_view_of(from->values);
    for (uint32_t i = 0; i < from->count; i++) {
        if (l->values->phys != PHYS_STRING || !validity_get(v.validity, i)) {
            TRY(aggregate_list_push(call, l, &v, i));
            continue;
        }
        if (l->count == l->capacity) TRY(list_grow(call, l, l->values->type));
        VECTOR_DATA(l->values, vstring)[l->count++] = ((const vstring *)v.data)[i];
    }
    return DBX_OK;
}

dbx_status aggregate_list_write(const aggregate_list *l, buffer *out) {
    TRY(buffer_append(out, &l->count, sizeof(l->count)));
    if (l->count == 0) return DBX_OK;
    vector_view v = vector_view_of(l->values);
    for (uint32_t i = 0; i < l->count; i++) {
        bool valid = validity_get(v.validity, i);
        TRY(buffer_append_char(out, (char)valid));
        if (valid) TRY(slot_write_value(&v, i, out));
    }
    return DBX_OK;
}

dbx_status aggregate_list_read(fn_call *call, type t, const char *bytes, size_t size,
                               aggregate_list *l) {
    uint32_t count;
    *l = (aggregate_list){0};
    if (size < sizeof(count))
        return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                           "short aggregate state", NULL);
    memcpy(&count, bytes, sizeof(count));
    if (count == 0) return DBX_OK;
    vector *values = ARENA_NEW(call->arena, vector);
    if (values == NULL || vector_init(values, t, count, call->arena) != DBX_OK)
        return error_nomem(call->err);
    /* The spilled bytes do not outlive the call, long strings borrow them. */
    char *copy = arena_alloc(call->arena, size);
    if (copy == NULL) return error_nomem(call->err);
    memcpy(copy, bytes, size);
    const uint8_t *at = (const uint8_t *)copy + sizeof(count);
    for (uint32_t i = 0; i < count; i++) {
        if (*at++ == 0)
            TRY(fn_set_null(call, values, i));
        else if (row_value_read(&at, values, i, call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    *l = (aggregate_list){values, count, count};
    return DBX_OK;
}

dbx_status aggregate_list_emit(fn_call *call, const aggregate_list *l, const uint32_t *order,
                               uint32_t count, vector *out, uint32_t at) {
    assert(out->type.id == TYPE_ARRAY);
    uint32_t offset = out->child_count;
    VECTOR_DATA(out, list_entry)[at] = (list_entry){offset, count};
    if (count == 0) return DBX_OK;
    if (vector_list_reserve(out, offset + count, call->arena) != DBX_OK)
        return error_nomem(call->err);
    if (vector_copy(&out->children[0], offset, l->values, order, 0, count, call->arena) != DBX_OK)
        return error_nomem(call->err);
    out->child_count = offset + count;
    return DBX_OK;
}

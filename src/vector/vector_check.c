/* vector_check.c - the invariants of vector.h as assertions; nothing in release builds. */
#include "vector/vector.h"

#ifdef NDEBUG

void vector_check(const vector *v, uint32_t rows) {
    (void)v;
    (void)rows;
}

#else

static void vector_check_string(const vstring *s) {
    if (s->size > VSTRING_INLINE_MAX) {
        assert(s->u.data != NULL);
        assert(memcmp(s->prefix, s->u.data, 4) == 0);
        return;
    }
    char all[VSTRING_INLINE_MAX];
    memcpy(all, s->prefix, 4);
    memcpy(all + 4, s->u.rest, 8);
    for (uint32_t i = s->size; i < VSTRING_INLINE_MAX; i++) assert(all[i] == '\0');
}

static void vector_check_values(const vector *v, uint32_t rows) {
    for (uint32_t i = 0; i < rows; i++) {
        if (!validity_get(v->validity, i)) continue;
        if (v->phys == PHYS_STRING) vector_check_string(&VECTOR_DATA(v, vstring)[i]);
        if (v->phys == PHYS_BOOL) assert(VECTOR_DATA(v, uint8_t)[i] <= 1);
        if (v->phys == PHYS_LIST) {
            list_entry e = VECTOR_DATA(v, list_entry)[i];
            assert(e.offset <= v->child_count || e.length == 0);
            assert(e.length <= v->child_count - MIN(e.offset, v->child_count));
        }
    }
    if (v->phys == PHYS_LIST) vector_check(&v->children[0], v->child_count);
    if (v->phys == PHYS_STRUCT) {
        for (uint32_t i = 0; i < v->type.child_count; i++) vector_check(&v->children[i], rows);
    }
}

void vector_check(const vector *v, uint32_t rows) {
    assert(v->phys == type_physical(v->type));
    switch (v->form) {
    case VECTOR_FLAT:
        vector_check_values(v, rows);
        break;
    case VECTOR_CONSTANT:
        vector_check_values(v, rows > 0 ? 1 : 0);
        break;
    case VECTOR_DICTIONARY:
        assert(v->children[0].form == VECTOR_FLAT);
        assert(v->dict_stable == (v->dict_id != 0));
        for (uint32_t i = 0; i < rows; i++) assert(v->sel[i] < v->child_count);
        break;
    default:
        assert(v->form == VECTOR_SEQUENCE);
        assert(v->phys == PHYS_INT32 || v->phys == PHYS_INT64);
    }
}

#endif

void chunk_check(const chunk *c) {
    assert(c->rows <= CHUNK_ROWS_MAX);
    for (uint32_t i = 0; i < c->column_count; i++) vector_check(&c->columns[i], c->rows);
}

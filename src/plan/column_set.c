/* column_set.c - sets of column ids as bitmaps. A zeroed set is empty and ready. */
#include "plan/expr.h"

static dbx_status column_set_grow(column_set *s, uint32_t word_count, arena *a) {
    if (word_count <= s->word_count) return DBX_OK;
    uint32_t grown = MAX(word_count, s->word_count * 2);
    uint64_t *words = ARENA_ARRAY(a, uint64_t, grown);
    if (words == NULL) return DBX_NOMEM;
    if (s->word_count > 0) memcpy(words, s->words, s->word_count * sizeof(uint64_t));
    s->words = words;
    s->word_count = grown;
    return DBX_OK;
}

dbx_status column_set_init(column_set *s, column_id bound, arena *a) {
    *s = (column_set){0};
    return column_set_grow(s, bound / 64 + 1, a);
}

dbx_status column_set_add(column_set *s, column_id id, arena *a) {
    TRY(column_set_grow(s, id / 64 + 1, a));
    s->words[id / 64] |= (uint64_t)1 << (id % 64);
    return DBX_OK;
}

bool column_set_has(const column_set *s, column_id id) {
    return id / 64 < s->word_count && (s->words[id / 64] >> (id % 64) & 1);
}

bool column_set_contains(const column_set *outer, const column_set *inner) {
    for (uint32_t i = 0; i < inner->word_count; i++) {
        uint64_t in_outer = i < outer->word_count ? outer->words[i] : 0;
        if (inner->words[i] & ~in_outer) return false;
    }
    return true;
}

bool column_set_intersects(const column_set *x, const column_set *y) {
    uint32_t words = MIN(x->word_count, y->word_count);
    for (uint32_t i = 0; i < words; i++) {
        if (x->words[i] & y->words[i]) return true;
    }
    return false;
}

bool column_set_is_empty(const column_set *s) {
    for (uint32_t i = 0; i < s->word_count; i++) {
        if (s->words[i] != 0) return false;
    }
    return true;
}

dbx_status column_set_union(column_set *into, const column_set *from, arena *a) {
    TRY(column_set_grow(into, from->word_count, a));
    for (uint32_t i = 0; i < from->word_count; i++) into->words[i] |= from->words[i];
    return DBX_OK;
}

/* hash_join_filter.c - runtime filters made of the build side's keys: bounds with an exact bitmap
 * for integers of a moderate range, a blocked Bloom filter for everything else.
 */
#include "exec/hash_join.h"

#include "vector/hash.h"

enum {
    JOIN_FILTER_ROWS_MAX = 1 << 25,     /* more keys than this spare a scan too little */
    JOIN_FILTER_BITMAP_MAX = 1 << 29,   /* bits: 64 MiB */
    JOIN_FILTER_BITS_A_ROW = 64,        /* a bitmap may have so many a key, */
    JOIN_FILTER_BITS_TESTED = 8,        /* or so many a row that will be tested, */
    JOIN_FILTER_BITMAP_SMALL = 1 << 22, /* or this much in any case: it stays in the L2 cache */
    JOIN_FILTER_BLOOM_BITS = 16,        /* a row */
};

static bool join_filter_is_integer(type t) {
    return type_is_integer(t) || t.id == TYPE_DATE;
}

static void join_filter_size_bloom(runtime_filter *f, uint64_t rows, uint64_t *words) {
    uint32_t bits = 0;
    while (((uint64_t)512 << bits) < rows * JOIN_FILTER_BLOOM_BITS) bits++;
    f->bloom_block_bits = bits;
    *words = (uint64_t)RUNTIME_BLOOM_BLOCK_WORDS << bits;
}

dbx_status hash_join_filters_plan(hash_join_state *s) {
    const phys_hash_join *op = s->op;
    uint64_t rows = s->table.rows.row_count;
    if (!op->make_runtime_filter || rows > JOIN_FILTER_ROWS_MAX) return DBX_OK;
    s->filters = ARENA_ARRAY(&s->arena, runtime_filter, op->key_count);
    s->filter_words = ARENA_ARRAY(&s->arena, uint64_t *, op->key_count);
    s->filter_sizes = ARENA_ARRAY(&s->arena, uint64_t, op->key_count);
    if (s->filters == NULL || s->filter_words == NULL || s->filter_sizes == NULL) return DBX_NOMEM;
    for (uint32_t k = 0; k < op->key_count; k++) {
        runtime_filter *f = &s->filters[k];
        const join_range *range = &s->table.ranges[k];
        f->type = op->build_keys[k]->type;
        f->is_empty = hash_join_is_empty(s);
        if (f->is_empty || op->null_safe[k]) continue;
        f->has_min_max = join_filter_is_integer(f->type) && range->any;
        f->min = range->min;
        f->max = range->max;
        if (s->spill.any) continue; /* not all keys are at hand */
        uint64_t width = (uint64_t)range->max - (uint64_t)range->min;
        uint64_t worth = MAX(rows * JOIN_FILTER_BITS_A_ROW, (uint64_t)JOIN_FILTER_BITMAP_SMALL);
        worth = MAX(worth, MIN(op->filtered_rows, (uint64_t)JOIN_FILTER_BITMAP_MAX) *
                               JOIN_FILTER_BITS_TESTED);
        bool bitmap = f->has_min_max && width < JOIN_FILTER_BITMAP_MAX && width < worth;
        s->filter_sizes[k] = width / 64 + 1;
        if (!bitmap) join_filter_size_bloom(f, rows, &s->filter_sizes[k]);
        s->filter_words[k] = mem_alloc_zero(s->ledger, s->filter_sizes[k] * sizeof(uint64_t));
        if (s->filter_words[k] == NULL) return DBX_NOMEM;
        if (bitmap) {
            f->bitmap = s->filter_words[k];
        } else {
            f->bloom = s->filter_words[k];
        }
    }
    return DBX_OK;
}

static void join_filter_set(uint64_t *words, uint64_t bit) {
    __atomic_fetch_or(&words[bit / 64], (uint64_t)1 << (bit % 64), __ATOMIC_RELAXED);
}

#define JOIN_FILTER_BITMAP_LOOP(ctype)                                                             \
    for (uint32_t i = 0; i < count; i++) {                                                         \
        join_filter_set(words, (uint64_t)(int64_t)VECTOR_DATA(v, ctype)[i] - (uint64_t)f->min);    \
    }

static void join_filter_fill_bitmap(const runtime_filter *f, uint64_t *words, const vector *v,
                                    uint32_t count) {
    switch (v->phys) {
    case PHYS_INT8:
        JOIN_FILTER_BITMAP_LOOP(int8_t) break;
    case PHYS_INT16:
        JOIN_FILTER_BITMAP_LOOP(int16_t) break;
    case PHYS_INT32:
        JOIN_FILTER_BITMAP_LOOP(int32_t) break;
    default:
        JOIN_FILTER_BITMAP_LOOP(int64_t) break;
    }
}

static dbx_status join_filter_fill_bloom(const runtime_filter *f, uint64_t *words, const vector *v,
                                         uint32_t count, arena *scratch) {
    uint64_t *hashes = arena_alloc(scratch, count * sizeof(*hashes));
    if (hashes == NULL) return DBX_NOMEM;
    TRY(vector_hash(v, count, false, hashes, scratch));
    for (uint32_t i = 0; i < count; i++) {
        uint64_t *block = words + (runtime_bloom_block(f, hashes[i]) - f->bloom);
        for (uint32_t k = 0; k < RUNTIME_BLOOM_BLOCK_WORDS; k++) {
            __atomic_fetch_or(&block[k], (uint64_t)1 << runtime_bloom_bit(hashes[i], k),
                              __ATOMIC_RELAXED);
        }
    }
    return DBX_OK;
}

static dbx_status join_filter_fill_rows(hash_join_state *s, uint8_t *const *rows, uint32_t count,
                                        arena *scratch) {
    for (uint32_t k = 0; k < s->op->key_count; k++) {
        const runtime_filter *f = &s->filters[k];
        vector v;
        if (s->filter_words[k] == NULL) continue;
        TRY(vector_init(&v, f->type, count, scratch));
        TRY(group_layout_gather(&s->table.layout, rows, count, k, &v, 0, scratch));
        if (f->bitmap != NULL) {
            join_filter_fill_bitmap(f, s->filter_words[k], &v, count);
        } else {
            TRY(join_filter_fill_bloom(f, s->filter_words[k], &v, count, scratch));
        }
    }
    return DBX_OK;
}

dbx_status hash_join_filters_fill(hash_join_state *s, uint32_t partition, arena *scratch) {
    uint8_t *rows[512];
    if (s->filters == NULL) return DBX_OK;
    for (uint32_t i = 0; i < s->table.rows.parts.count; i++) {
        group_cursor cursor = {s->table.rows.parts.items[i].partitions[partition].first, 0};
        for (;;) {
            uint32_t count =
                group_cursor_next(&cursor, s->table.layout.width, rows, ARRAY_COUNT(rows));
            if (count == 0) break;
            arena_reset(scratch);
            TRY(join_filter_fill_rows(s, rows, count, scratch));
        }
    }
    return DBX_OK;
}

void hash_join_filters_publish(hash_join_state *s) {
    for (uint32_t k = 0; s->filters != NULL && k < s->op->key_count; k++) {
        atomic_store(&s->filters[k].ready, true);
    }
}

void hash_join_filters_free(hash_join_state *s) {
    for (uint32_t k = 0; s->filter_words != NULL && k < s->op->key_count; k++) {
        mem_free(s->ledger, s->filter_words[k], s->filter_sizes[k] * sizeof(uint64_t));
    }
}

const runtime_filter *hash_join_runtime_filter(exec *x, const phys_op *join, uint32_t key) {
    if (join->kind != PHYS_OP_HASH_JOIN) return NULL;
    hash_join_state *s = (hash_join_state *)exec_state(x, join);
    if (s == NULL || s->filters == NULL || key >= s->op->key_count) return NULL;
    const runtime_filter *f = &s->filters[key];
    bool asks = f->is_empty || f->has_min_max || f->bloom != NULL;
    return atomic_load(&s->filters[key].ready) && asks ? f : NULL;
}

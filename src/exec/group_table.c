/* group_table.c - see group_table.h. */
#include "exec/group_table.h"

enum {
    GROUP_CAPACITY_MIN = 1024,
    GROUP_PAGE_MIN = 1024,
    GROUP_PAGE_MAX = 1 << 22,
    GROUP_PREFETCH_FROM = 1 << 19, /* bytes: a table that may not be in the L2 cache */
    GROUP_SALT_SHIFT = 32,
    GROUP_NULL_SHIFT = 56, /* of the NULL bits in a packed key's last word */
};

static const uint64_t group_address_mask = ((uint64_t)1 << 48) - 1;

static inline uint64_t group_entry(uint64_t hash, const uint8_t *row) {
    return (hash >> GROUP_SALT_SHIFT) << 48 | ((uint64_t)(uintptr_t)row & group_address_mask);
}
static inline bool group_entry_may_be(uint64_t entry, uint64_t hash) {
    return entry >> 48 == (uint16_t)(hash >> GROUP_SALT_SHIFT);
}
static inline uint8_t *group_entry_row(uint64_t entry) {
    return (uint8_t *)(uintptr_t)(entry & group_address_mask);
}

/* ---- layout ---- */

static bool group_is_packable(type t) {
    switch (type_physical(t)) {
    case PHYS_BOOL:
    case PHYS_INT8:
    case PHYS_INT16:
    case PHYS_INT32:
    case PHYS_INT64:
    case PHYS_FLOAT:
    case PHYS_DOUBLE:
        return true;
    default:
        return false;
    }
}

/* Places the columns, large ones first, into words whose last byte is kept for the NULL bits. */
static bool group_layout_pack(group_layout *l, bool null_bits) {
    uint32_t used[2] = {0, 0};
    uint32_t room_last = null_bits ? 7 : 8;
    if (l->column_count > GROUP_PACKED_COLUMNS_MAX) return false;
    for (uint32_t size = 8; size >= 1; size /= 2) {
        for (uint32_t i = 0; i < l->column_count; i++) {
            if (!group_is_packable(l->types[i])) return false;
            if (physical_size(type_physical(l->types[i])) != size) continue;
            uint32_t word = used[0] + size <= 8 ? 0 : 1;
            uint32_t room = word == 0 ? 8 : room_last;
            if (used[word] + size > room) return false;
            l->offsets[i] = (uint8_t)(8 * word + used[word]);
            used[word] += size;
        }
    }
    l->mode = used[0] <= room_last && used[1] == 0 ? GROUP_KEY_PACKED8 : GROUP_KEY_PACKED16;
    return true;
}

dbx_status group_layout_init(group_layout *l, const type *types, uint32_t count, bool null_bits,
                             const uint8_t *initial_states, uint32_t states_size, arena *a) {
    memset(l, 0, sizeof(*l));
    l->types = types;
    l->column_count = count;
    l->null_bits = null_bits;
    l->initial_states = initial_states;
    l->states_size = states_size;
    uint32_t key_size;
    if (group_layout_pack(l, null_bits)) {
        key_size = l->mode == GROUP_KEY_PACKED8 ? 8 : 16;
    } else {
        l->mode = GROUP_KEY_ROWS;
        TRY(row_layout_init(&l->rows, types, count, a));
        l->hash_offset = l->rows.width;
        key_size = l->rows.width + 8;
    }
    uint32_t align = states_size % 16 == 0 ? 15u : 7u;
    l->states_offset = (key_size + align) & ~align;
    l->width = states_size == 0 ? (key_size + 7u) & ~7u
                                : l->states_offset + ((states_size + align) & ~align);
    return DBX_OK;
}

bool group_layout_is_integer(const group_layout *l) {
    return l->mode != GROUP_KEY_ROWS && l->column_count == 1 && l->null_bits &&
           (type_is_integer(l->types[0]) || l->types[0].id == TYPE_DATE ||
            l->types[0].id == TYPE_TIMESTAMP || l->types[0].id == TYPE_TIMESTAMP_NTZ);
}

uint32_t group_layout_extend(group_layout *l, uint32_t bytes) {
    uint32_t offset = l->width;
    l->width += (bytes + 7u) & ~7u;
    return offset;
}

static inline uint64_t group_hash8(uint64_t low) {
    return hash_mix(low * 0x9e3779b97f4a7c15u + 1);
}
static inline uint64_t group_hash16(uint64_t low, uint64_t high) {
    return hash_combine(low + 1, high);
}

static inline uint64_t group_turn(const group_layout *l, uint64_t hash) {
    return hash << (l->hash_rotation & 63) | hash >> (-l->hash_rotation & 63);
}

uint64_t group_layout_hash_packed(const group_layout *l, uint64_t low, uint64_t high) {
    assert(l->mode != GROUP_KEY_ROWS);
    return group_turn(l, l->mode == GROUP_KEY_PACKED8 ? group_hash8(low) : group_hash16(low, high));
}

uint64_t group_layout_hash(const group_layout *l, const uint8_t *row) {
    switch (l->mode) {
    case GROUP_KEY_PACKED8:
        return group_turn(l, group_hash8(group_load(row)));
    case GROUP_KEY_PACKED16:
        return group_turn(l, group_hash16(group_load(row), group_load(row + 8)));
    default:
        return group_load(row + l->hash_offset);
    }
}

/* ---- keys of a chunk ---- */

static inline uint32_t group_float_bits(float v) {
    uint32_t bits;
    if (v != v) return 0x7fc00000u;
    if (v == 0) v = 0;
    memcpy(&bits, &v, 4);
    return bits;
}
static inline uint64_t group_double_bits(double v) {
    uint64_t bits;
    if (v != v) return 0x7ff8000000000000u;
    if (v == 0) v = 0;
    memcpy(&bits, &v, 8);
    return bits;
}

/* One loop a width. Value bits go to `word` at `shift`, the NULL bit to `nulls`. */
#define GROUP_PACK_LOOP(ctype, bits)                                                               \
    do {                                                                                           \
        const ctype *data = view.data;                                                             \
        if (view.sel == NULL && view.mask != 0 && view.validity == NULL) {                         \
            for (uint32_t i = 0; i < rows; i++) word[i] |= (uint64_t)(bits(data[i])) << shift;     \
        } else if (view.validity == NULL) {                                                        \
            for (uint32_t i = 0; i < rows; i++) {                                                  \
                word[i] |= (uint64_t)(bits(data[view_index(&view, i)])) << shift;                  \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t i = 0; i < rows; i++) {                                                  \
                uint32_t at = view_index(&view, i);                                                \
                uint64_t valid = validity_get(view.validity, at);                                  \
                word[i] |= ((uint64_t)(bits(data[at])) & (0 - valid)) << shift;                    \
                nulls[i] |= (1 - valid) << null_shift;                                             \
            }                                                                                      \
        }                                                                                          \
    } while (0)

#define GROUP_AS_IS(v) (v)

static void group_pack_column(const vector *v, uint32_t rows, uint64_t *word, uint32_t shift,
                              uint64_t *nulls, uint32_t null_shift) {
    vector_view view = vector_view_of(v);
    switch (v->phys) {
    case PHYS_BOOL:
    case PHYS_INT8:
        GROUP_PACK_LOOP(uint8_t, GROUP_AS_IS);
        break;
    case PHYS_INT16:
        GROUP_PACK_LOOP(uint16_t, GROUP_AS_IS);
        break;
    case PHYS_INT32:
        GROUP_PACK_LOOP(uint32_t, GROUP_AS_IS);
        break;
    case PHYS_FLOAT:
        GROUP_PACK_LOOP(float, group_float_bits);
        break;
    case PHYS_DOUBLE:
        GROUP_PACK_LOOP(double, group_double_bits);
        break;
    default:
        GROUP_PACK_LOOP(uint64_t, GROUP_AS_IS);
        break;
    }
}

static dbx_status group_flat_sequence(const vector **v, vector *flat, uint32_t rows, arena *a) {
    if ((*v)->form != VECTOR_SEQUENCE) return DBX_OK;
    TRY(vector_init(flat, (*v)->type, rows, a));
    TRY(vector_flatten(flat, *v, rows, a));
    *v = flat;
    return DBX_OK;
}

dbx_status group_layout_encode(const group_layout *l, const vector *keys, uint32_t rows,
                               uint64_t *low, uint64_t *high, uint64_t *hashes, arena *scratch) {
    if (l->mode == GROUP_KEY_ROWS) {
        for (uint32_t c = 0; c < l->column_count; c++)
            TRY(vector_hash(&keys[c], rows, c > 0, hashes, scratch));
        for (uint32_t i = 0; i < rows; i++) hashes[i] = group_turn(l, hashes[i]);
        return DBX_OK;
    }
    memset(low, 0, rows * sizeof(uint64_t));
    if (l->mode == GROUP_KEY_PACKED16) memset(high, 0, rows * sizeof(uint64_t));
    uint64_t *last = l->mode == GROUP_KEY_PACKED16 ? high : low;
    for (uint32_t c = 0; c < l->column_count; c++) {
        const vector *v = &keys[c];
        vector flat;
        TRY(group_flat_sequence(&v, &flat, rows, scratch));
        uint64_t *word = l->offsets[c] >= 8 ? high : low;
        group_pack_column(v, rows, word, 8u * (l->offsets[c] & 7u), last, GROUP_NULL_SHIFT + c);
    }
    if (hashes == NULL) return DBX_OK;
    if (l->mode == GROUP_KEY_PACKED8) {
        for (uint32_t i = 0; i < rows; i++) hashes[i] = group_turn(l, group_hash8(low[i]));
    } else {
        for (uint32_t i = 0; i < rows; i++)
            hashes[i] = group_turn(l, group_hash16(low[i], high[i]));
    }
    return DBX_OK;
}

/* ---- rows ---- */

void group_rows_free(group_rows *r, ledger *l) {
    for (group_page *p = r->first; p != NULL;) {
        group_page *next = p->next;
        mem_free(l, p, p->size);
        p = next;
    }
    *r = (group_rows){0};
}

void group_rows_append(group_rows *to, group_rows *from) {
    if (from->first == NULL) return;
    if (to->last == NULL) {
        *to = *from;
    } else {
        to->last->next = from->first;
        to->last = from->last;
        to->count += from->count;
    }
    *from = (group_rows){0};
}

uint32_t group_cursor_next(group_cursor *c, uint32_t width, uint8_t **out, uint32_t max) {
    uint32_t count = 0;
    while (count < max && c->page != NULL) {
        uint8_t *base = (uint8_t *)(c->page + 1);
        for (; count < max && c->at < c->page->used; c->at += width) out[count++] = base + c->at;
        if (c->at < c->page->used) break;
        c->page = c->page->next;
        c->at = 0;
    }
    return count;
}

static uint8_t *group_rows_new(group_rows *r, uint32_t width, ledger *l) {
    group_page *p = r->last;
    if (UNLIKELY(p == NULL || p->used + width > p->size - sizeof(*p))) {
        uint32_t size = p == NULL ? GROUP_PAGE_MIN : MIN(2 * p->size, (uint32_t)GROUP_PAGE_MAX);
        size = MAX(size, (uint32_t)sizeof(*p) + width);
        group_page *fresh = mem_alloc(l, size);
        if (fresh == NULL) return NULL;
        *fresh = (group_page){NULL, size, 0};
        if (p == NULL) {
            r->first = fresh;
        } else {
            p->next = fresh;
        }
        r->last = p = fresh;
    }
    uint8_t *row = (uint8_t *)(p + 1) + p->used;
    p->used += width;
    r->count++;
    return row;
}

/* A row with initial states and, in packed modes, its key. */
static inline uint8_t *group_row_new(group_table *t, uint32_t i) {
    const group_layout *l = t->layout;
    uint64_t hash = t->hashes[i];
    uint8_t *row = group_rows_new(&t->partitions[group_partition_of(hash, t->partition_bits)],
                                  l->width, t->ledger);
    if (UNLIKELY(row == NULL)) return NULL;
    t->row_count++;
    if (l->mode == GROUP_KEY_ROWS) {
        memcpy(row + l->hash_offset, &hash, 8);
    } else {
        memcpy(row, &t->low[i], 8);
        if (l->mode == GROUP_KEY_PACKED16) memcpy(row + 8, &t->high[i], 8);
    }
    if (l->states_size > 0) memcpy(row + l->states_offset, l->initial_states, l->states_size);
    return row;
}

uint8_t *group_table_new_row(group_table *t, uint32_t i) {
    return group_row_new(t, i);
}

uint8_t *group_table_append_packed(group_table *t, uint64_t low) {
    const group_layout *l = t->layout;
    assert(l->mode != GROUP_KEY_ROWS && t->partition_bits == 0);
    uint8_t *row = group_rows_new(&t->partitions[0], l->width, t->ledger);
    if (UNLIKELY(row == NULL)) return NULL;
    t->row_count++;
    memcpy(row, &low, 8);
    if (l->mode == GROUP_KEY_PACKED16) memset(row + 8, 0, 8);
    if (l->states_size > 0) memcpy(row + l->states_offset, l->initial_states, l->states_size);
    return row;
}

/* ---- directory ---- */

static void group_directory_put(group_table *t, uint64_t hash, uint8_t *row) {
    uint64_t mask = t->capacity - 1;
    uint64_t slot = hash & mask;
    while (t->directory[slot] != 0) slot = (slot + 1) & mask;
    t->directory[slot] = group_entry(hash, row);
}

/* Room for `more` groups; keeps the load below 2/3. */
static dbx_status group_directory_reserve(group_table *t, uint64_t more) {
    uint64_t need = (t->count + more) + (t->count + more) / 2 + 1;
    if (LIKELY(need <= t->capacity)) return DBX_OK;
    uint64_t capacity = MAX(t->capacity, (uint64_t)GROUP_CAPACITY_MIN);
    while (capacity < need) capacity *= 2;
    uint64_t *old = t->directory;
    uint64_t old_capacity = t->capacity;
    uint64_t *fresh = mem_alloc_zero(t->ledger, capacity * sizeof(uint64_t));
    if (fresh == NULL) return DBX_NOMEM;
    t->directory = fresh;
    t->capacity = capacity;
    for (uint64_t s = 0; s < old_capacity; s++) {
        if (old[s] == 0) continue;
        uint8_t *row = group_entry_row(old[s]);
        group_directory_put(t, group_layout_hash(t->layout, row), row);
    }
    mem_free(t->ledger, old, old_capacity * sizeof(uint64_t));
    return DBX_OK;
}

uint64_t group_table_bytes(const group_table *t) {
    return (t->capacity + t->dense.slots) * sizeof(uint64_t) + t->count * t->layout->width;
}

dbx_status group_table_enter_dense(group_table *t) {
    for (uint32_t p = 0; p < 1u << t->partition_bits; p++) {
        group_cursor cursor = {t->partitions[p].first, 0};
        uint8_t *row;
        while (group_cursor_next(&cursor, t->layout->width, &row, 1) == 1) group_dense_put(t, row);
    }
    mem_free(t->ledger, t->directory, t->capacity * sizeof(uint64_t));
    t->directory = NULL;
    t->capacity = 0;
    return DBX_OK;
}

dbx_status group_table_leave_dense(group_table *t) {
    if (t->dense.rows == NULL) {
        t->dense.off = true;
        return DBX_OK;
    }
    group_dense left = t->dense;
    uint64_t count = t->count;
    t->dense = (group_dense){.off = true};
    t->count = 0;
    dbx_status status = count == 0 ? DBX_OK : group_directory_reserve(t, count);
    for (uint64_t s = 0; status == DBX_OK && left.rows != NULL && s < left.slots; s++) {
        if (left.rows[s] == NULL) continue;
        group_directory_put(t, group_layout_hash(t->layout, left.rows[s]), left.rows[s]);
        t->count++;
    }
    group_dense_deinit(&left, t->ledger);
    return status;
}

static void group_prefetch(const group_table *t, uint32_t rows) {
    uint64_t mask = t->capacity - 1;
    for (uint32_t i = 0; i < rows; i++) __builtin_prefetch(&t->directory[t->hashes[i] & mask]);
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t entry = t->directory[t->hashes[i] & mask];
        if (entry != 0 && group_entry_may_be(entry, t->hashes[i]))
            __builtin_prefetch(group_entry_row(entry));
    }
}

/* The address of the first slot from *slot that is empty or whose salt fits. */
static inline uint64_t group_probe(const group_table *t, uint64_t hash, uint64_t *slot) {
    uint64_t mask = t->capacity - 1;
    for (;; *slot = (*slot + 1) & mask) {
        uint64_t entry = t->directory[*slot];
        if (entry == 0 || group_entry_may_be(entry, hash)) return entry;
    }
}

/* Packed keys: `wide` and `absorbed` (the rows exist) are constants where this is inlined. */
static inline __attribute__((always_inline)) uint32_t group_find_packed(group_table *t,
                                                                        uint32_t rows, bool wide,
                                                                        uint8_t *const *absorbed,
                                                                        uint8_t **out) {
    uint64_t mask = t->capacity - 1;
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t hash = t->hashes[i];
        uint64_t slot = hash & mask;
        uint8_t *row;
        for (;; slot = (slot + 1) & mask) {
            uint64_t entry = group_probe(t, hash, &slot);
            if (entry == 0) {
                row = absorbed != NULL ? absorbed[i] : group_row_new(t, i);
                if (UNLIKELY(row == NULL)) return i;
                t->directory[slot] = group_entry(hash, row);
                t->count++;
                break;
            }
            row = group_entry_row(entry);
            bool equal = group_load(row) == t->low[i];
            if (wide) equal = equal && group_load(row + 8) == t->high[i];
            if (LIKELY(equal)) break;
        }
        out[i] = row;
    }
    return rows;
}

/* Rows keys: rounds of probing; new rows are filled before others are compared with them. */
static dbx_status group_find_rows(group_table *t, const vector *keys, uint32_t rows,
                                  uint8_t *const *absorbed, uint8_t **out) {
    const group_layout *l = t->layout;
    sel_t *left = t->lists;
    sel_t *fresh = left + CHUNK_ROWS_MAX;
    sel_t *missed = fresh + CHUNK_ROWS_MAX;
    uint64_t *slots = t->low; /* unused in this mode */
    uint64_t mask = t->capacity - 1;
    uint8_t **targets = arena_alloc(&t->scratch, rows * sizeof(*targets));
    if (targets == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < rows; i++) {
        left[i] = i;
        slots[i] = t->hashes[i] & mask;
    }
    for (uint32_t left_count = rows; left_count > 0;) {
        uint32_t fresh_count = 0;
        uint32_t same_count = 0;
        for (uint32_t k = 0; k < left_count; k++) {
            uint32_t i = left[k];
            uint64_t entry = group_probe(t, t->hashes[i], &slots[i]);
            if (entry != 0) {
                out[i] = group_entry_row(entry);
                left[same_count++] = i;
                continue;
            }
            uint8_t *row = absorbed != NULL ? absorbed[i] : group_row_new(t, i);
            if (row == NULL) return DBX_NOMEM;
            t->directory[slots[i]] = group_entry(t->hashes[i], row);
            t->count++;
            out[i] = row;
            targets[fresh_count] = row;
            fresh[fresh_count++] = i;
        }
        if (fresh_count > 0 && absorbed == NULL) {
            TRY(row_scatter(&l->rows, keys, fresh, fresh_count, targets, &t->heap));
        }
        uint32_t missed_count = 0;
        if (same_count > 0) {
            TRY(row_match(&l->rows, keys, l->column_count, NULL, out, left, &same_count, missed,
                          &missed_count, &t->scratch));
        }
        for (uint32_t k = 0; k < missed_count; k++)
            slots[missed[k]] = (slots[missed[k]] + 1) & mask;
        sel_t *swap = left;
        left = missed;
        missed = swap;
        left_count = missed_count;
    }
    return DBX_OK;
}

static dbx_status group_find_prepared(group_table *t, const vector *keys, uint32_t rows,
                                      uint8_t *const *absorbed, uint8_t **out) {
    TRY(group_directory_reserve(t, rows));
    if (group_table_bytes(t) > GROUP_PREFETCH_FROM) group_prefetch(t, rows);
    uint32_t found = rows;
    switch (t->layout->mode) {
    case GROUP_KEY_PACKED8:
        found = absorbed != NULL ? group_find_packed(t, rows, false, absorbed, out)
                                 : group_find_packed(t, rows, false, NULL, out);
        break;
    case GROUP_KEY_PACKED16:
        found = absorbed != NULL ? group_find_packed(t, rows, true, absorbed, out)
                                 : group_find_packed(t, rows, true, NULL, out);
        break;
    case GROUP_KEY_ROWS:
        return group_find_rows(t, keys, rows, absorbed, out);
    }
    return found == rows ? DBX_OK : DBX_NOMEM;
}

dbx_status group_table_find(group_table *t, const vector *keys, uint32_t rows, uint8_t **out) {
    assert(rows <= CHUNK_ROWS_MAX);
    bool done = false;
    if (!t->dense.off) TRY(group_dense_find(t, keys, rows, out, &done));
    if (done) return DBX_OK;
    arena_reset(&t->scratch);
    TRY(group_layout_encode(t->layout, keys, rows, t->low, t->high, t->hashes, &t->scratch));
    return group_find_prepared(t, keys, rows, NULL, out);
}

dbx_status group_table_append(group_table *t, const vector *keys, uint32_t rows, uint8_t **out) {
    assert(rows <= CHUNK_ROWS_MAX);
    arena_reset(&t->scratch);
    TRY(group_layout_encode(t->layout, keys, rows, t->low, t->high, t->hashes, &t->scratch));
    for (uint32_t i = 0; i < rows; i++) {
        out[i] = group_row_new(t, i);
        if (out[i] == NULL) return DBX_NOMEM;
    }
    if (t->layout->mode != GROUP_KEY_ROWS) return DBX_OK;
    return row_scatter(&t->layout->rows, keys, NULL, rows, out, &t->heap);
}

/* Keys of existing rows, as group_prepare_keys leaves them. */
static dbx_status group_prepare_rows(group_table *t, uint8_t *const *rows, uint32_t count,
                                     vector **keys) {
    const group_layout *l = t->layout;
    *keys = NULL;
    for (uint32_t i = 0; i < count; i++) {
        t->hashes[i] = group_layout_hash(l, rows[i]);
        if (l->mode == GROUP_KEY_ROWS) continue;
        t->low[i] = group_load(rows[i]);
        if (l->mode == GROUP_KEY_PACKED16) t->high[i] = group_load(rows[i] + 8);
    }
    if (l->mode != GROUP_KEY_ROWS) return DBX_OK;
    *keys = ARENA_ARRAY(&t->scratch, vector, l->column_count + 1);
    if (*keys == NULL) return DBX_NOMEM;
    for (uint32_t c = 0; c < l->column_count; c++) {
        TRY(vector_init(&(*keys)[c], l->types[c], count, &t->scratch));
        TRY(row_gather(&l->rows, rows, count, c, &(*keys)[c], 0, &t->scratch));
    }
    return DBX_OK;
}

dbx_status group_table_absorb(group_table *t, uint8_t *const *rows, uint32_t count, uint8_t **from,
                              uint8_t **to, uint32_t *duplicates) {
    assert(count <= CHUNK_ROWS_MAX);
    vector *keys;
    arena_reset(&t->scratch);
    TRY(group_prepare_rows(t, rows, count, &keys));
    TRY(group_find_prepared(t, keys, count, rows, to));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (to[i] == rows[i]) continue;
        from[kept] = rows[i];
        to[kept++] = to[i];
    }
    *duplicates = kept;
    return DBX_OK;
}

/* ---- partitions ---- */

void group_table_forget(group_table *t) {
    if (t->directory != NULL) memset(t->directory, 0, t->capacity * sizeof(uint64_t));
    group_dense_clear(&t->dense);
    t->count = 0;
}

static dbx_status group_partitions_alloc(group_table *t, uint32_t bits) {
    t->partitions = mem_alloc_zero(t->ledger, sizeof(group_rows) << bits);
    if (t->partitions == NULL) return DBX_NOMEM;
    t->partition_bits = bits;
    return DBX_OK;
}

dbx_status group_table_partition(group_table *t, uint32_t bits) {
    assert(t->partition_bits == 0);
    assert(bits <= GROUP_PARTITION_BITS_MAX);
    group_rows *old = t->partitions;
    if (group_partitions_alloc(t, bits) != DBX_OK) {
        t->partitions = old;
        return DBX_NOMEM;
    }
    const group_layout *l = t->layout;
    bool listed = t->count > 0;
    group_table_forget(t);
    group_cursor cursor = {old->first, 0};
    uint8_t *row;
    dbx_status status = DBX_OK;
    while (status == DBX_OK && group_cursor_next(&cursor, l->width, &row, 1) == 1) {
        uint64_t hash = group_layout_hash(l, row);
        uint8_t *moved =
            group_rows_new(&t->partitions[group_partition_of(hash, bits)], l->width, t->ledger);
        if (moved == NULL) {
            status = DBX_NOMEM;
            break;
        }
        memcpy(moved, row, l->width);
        if (!listed) continue;
        if (t->dense.rows != NULL)
            group_dense_put(t, moved);
        else
            group_directory_put(t, hash, moved);
        t->count++;
    }
    group_rows_free(old, t->ledger);
    mem_free(t->ledger, old, sizeof(*old));
    return status;
}

dbx_status group_table_init(group_table *t, const group_layout *l, ledger *owner) {
    memset(t, 0, sizeof(*t));
    t->layout = l;
    t->ledger = owner;
    t->dense.off = !group_layout_is_integer(l);
    arena_init(&t->heap, owner);
    arena_init(&t->scratch, owner);
    TRY(group_partitions_alloc(t, 0));
    t->hashes = mem_alloc(owner, 3 * CHUNK_ROWS_MAX * sizeof(uint64_t));
    if (t->hashes == NULL) return DBX_NOMEM;
    t->low = t->hashes + CHUNK_ROWS_MAX;
    t->high = t->low + CHUNK_ROWS_MAX;
    t->lists = mem_alloc(owner, 3 * CHUNK_ROWS_MAX * sizeof(sel_t));
    return t->lists != NULL ? DBX_OK : DBX_NOMEM;
}

void group_table_deinit(group_table *t) {
    if (t->ledger == NULL) return;
    for (uint32_t p = 0; t->partitions != NULL && p < 1u << t->partition_bits; p++) {
        group_rows_free(&t->partitions[p], t->ledger);
    }
    if (t->partitions != NULL)
        mem_free(t->ledger, t->partitions, sizeof(group_rows) << t->partition_bits);
    mem_free(t->ledger, t->directory, t->capacity * sizeof(uint64_t));
    group_dense_deinit(&t->dense, t->ledger);
    mem_free(t->ledger, t->hashes, 3 * CHUNK_ROWS_MAX * sizeof(uint64_t));
    mem_free(t->ledger, t->lists, 3 * CHUNK_ROWS_MAX * sizeof(sel_t));
    arena_deinit(&t->scratch);
    arena_deinit(&t->heap);
    t->ledger = NULL;
}

/* ---- output ---- */

#define GROUP_UNPACK_LOOP(ctype)                                                                   \
    do {                                                                                           \
        ctype *data = VECTOR_DATA(out, ctype) + at;                                                \
        for (uint32_t i = 0; i < count; i++) memcpy(&data[i], rows[i] + offset, sizeof(ctype));    \
    } while (0)

static dbx_status group_unpack(const group_layout *l, uint8_t *const *rows, uint32_t count,
                               uint32_t column, vector *out, uint32_t at, arena *a) {
    uint32_t offset = l->offsets[column];
    switch (physical_size(type_physical(l->types[column]))) {
    case 1:
        GROUP_UNPACK_LOOP(uint8_t);
        break;
    case 2:
        GROUP_UNPACK_LOOP(uint16_t);
        break;
    case 4:
        GROUP_UNPACK_LOOP(uint32_t);
        break;
    default:
        GROUP_UNPACK_LOOP(uint64_t);
        break;
    }
    uint32_t null_byte = l->mode == GROUP_KEY_PACKED8 ? 7 : 15;
    for (uint32_t i = 0; l->null_bits && i < count; i++) {
        if (!(rows[i][null_byte] >> column & 1u)) continue;
        TRY(vector_ensure_validity(out, a));
        validity_set_null(out->validity, at + i);
    }
    return DBX_OK;
}

dbx_status group_layout_gather(const group_layout *l, uint8_t *const *rows, uint32_t count,
                               uint32_t column, vector *out, uint32_t at, arena *a) {
    assert(column < l->column_count);
    if (l->mode != GROUP_KEY_ROWS) return group_unpack(l, rows, count, column, out, at, a);
    return row_gather(&l->rows, rows, count, column, out, at, a);
}

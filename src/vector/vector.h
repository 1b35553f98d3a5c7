/* vector.h - columns of up to CHUNK_ROWS_MAX values, and chunks of such columns.
 *
 * FORMS
 *   FLAT        data[i], validity bit i
 *   CONSTANT    data[0], validity bit 0, for every row
 *   DICTIONARY  child value at sel[i]; child is FLAT and holds the validity. A NULL has child NULL
 * at sel[i] SEQUENCE    integer start + i * step (BIGINT, INT), never NULL Nested vectors: LIST has
 * list_entry data and children[0] (for MAP a STRUCT vector of key and value); STRUCT has one child
 * a field and only validity of its own; children of a FLAT vector are FLAT or any form, those of
 * LIST are read through `vector_view`.
 *
 * LIFETIME
 *   A vector borrows or owns its buffers from the arena of whoever produced it. The contents of a
 * chunk are valid until its producer is asked for the next one; who keeps values longer copies them
 * (row.h, collection.h). Values under a NULL are unspecified but initialized; strings under a NULL
 * need not be readable.
 *
 * INVARIANTS (vector_check asserts them in debug builds)
 *   1. validity is NULL when no row is NULL (the reverse need not hold).
 *   2. a vstring of size <= 12 is inline and zero-padded; a longer one's prefix equals its first 4
 * bytes.
 *   3. dictionary indexes are < child_count; list entries lie within children[0]'s row count.
 */
#ifndef DBX_VECTOR_VECTOR_H
#define DBX_VECTOR_VECTOR_H

#include "vector/type.h"

enum { CHUNK_ROWS_MAX = 2048 };

/* ---- strings ---- */

typedef dbx_string vstring;
enum { VSTRING_INLINE_MAX = 12 };
static_assert(sizeof(vstring) == 16, "kernels rely on 16-byte strings");

static inline const char *vstring_data(const vstring *s) {
    return dbx_string_data(s);
}
static inline string_view vstring_view(const vstring *s) {
    return (string_view){dbx_string_data(s), s->size};
}
/* Borrows `data` when longer than 12 bytes. */
static inline vstring vstring_from(const char *data, size_t size) {
    vstring s;
    assert(size <= UINT32_MAX);
    memset(&s, 0, sizeof(s));
    s.size = (uint32_t)size;
    if (size <= VSTRING_INLINE_MAX) {
        if (size > 0) memcpy(s.prefix, data, size);
    } else {
        memcpy(s.prefix, data, 4);
        s.u.data = data;
    }
    return s;
}
static inline bool vstring_equal(const vstring *a, const vstring *b) {
    uint64_t head_a, head_b;
    memcpy(&head_a, a, 8);
    memcpy(&head_b, b, 8);
    if (head_a != head_b) return false; /* size and prefix */
    if (a->size <= VSTRING_INLINE_MAX) return memcmp(a->u.rest, b->u.rest, 8) == 0;
    return memcmp(a->u.data + 4, b->u.data + 4, a->size - 4) == 0;
}
/* Bytewise order, <0, 0, >0. */
static inline int vstring_compare(const vstring *a, const vstring *b) {
    size_t common = a->size < b->size ? a->size : b->size;
    int order = memcmp(vstring_data(a), vstring_data(b), common);
    if (order != 0) return order;
    return (a->size > b->size) - (a->size < b->size);
}

/* ---- selections and validity ---- */

typedef uint32_t sel_t; /* row numbers */

typedef struct list_entry {
    uint32_t offset;
    uint32_t length;
} list_entry;

enum { VALIDITY_WORDS = CHUNK_ROWS_MAX / 64 };
static inline size_t validity_bytes(size_t rows) {
    return (rows + 63) / 64 * 8;
}
static inline bool validity_get(const uint64_t *validity, size_t row) {
    return validity == NULL || (validity[row / 64] >> (row % 64) & 1u);
}
static inline void validity_set_null(uint64_t *validity, size_t row) {
    validity[row / 64] &= ~((uint64_t)1 << (row % 64));
}
static inline void validity_set_valid(uint64_t *validity, size_t row) {
    validity[row / 64] |= (uint64_t)1 << (row % 64);
}
static inline void validity_fill(uint64_t *validity, size_t rows, bool valid) {
    memset(validity, valid ? 0xFF : 0, validity_bytes(rows));
}

/* ---- vectors ---- */

typedef enum vector_form {
    VECTOR_FLAT,
    VECTOR_CONSTANT,
    VECTOR_DICTIONARY,
    VECTOR_SEQUENCE
} vector_form;

typedef struct vector vector;

/* What vector_init allocated, so that vector_clear finds it again whatever form the vector took
 * since. */
typedef struct vector_buffers {
    void *data;
    uint64_t *validity;
    vector *children;
    uint32_t capacity;
} vector_buffers;

struct vector {
    type type;
    uint8_t form;      /* vector_form */
    uint8_t phys;      /* physical_type of type */
    bool dict_stable;  /* DICTIONARY: child stays the same over many chunks: worth caching per entry
                        */
    uint32_t capacity; /* FLAT: rows that data and validity have room for */
    uint64_t *validity;   /* NULL: all valid */
    void *data;           /* FLAT, CONSTANT values */
    const sel_t *sel;     /* DICTIONARY: index into children[0] per row */
    vector *children;     /* DICTIONARY: 1; LIST: 1; STRUCT: type.child_count */
    uint32_t child_count; /* DICTIONARY, LIST: rows in children[0] */
    uint64_t dict_id; /* DICTIONARY with dict_stable: names the child's memory for caches, never 0;
                       * a dictionary that is loaded anew gets another */
    int64_t sequence_start; /* SEQUENCE */
    int64_t sequence_step;
    vector_buffers *own; /* made by vector_init; NULL when everything is borrowed */
};

typedef struct chunk {
    vector *columns;
    uint32_t column_count;
    uint32_t rows;
} chunk;

/* Makes a FLAT vector with room for `capacity` rows (any number; children of lists may be long),
 * data uninitialized but for strings and nested entries (zero), no validity. Struct children are
 * made too; a list's child starts with capacity 0 (vector_list_reserve). */
dbx_status vector_init(vector *v, type t, uint32_t capacity, arena *a) MUST_CHECK;
/* Forgets contents: FLAT, all valid, over the buffers that vector_init made. For vectors made by
 * vector_init. */
void vector_clear(vector *v);
/* Makes the validity bitmap present (all valid when it was absent). */
dbx_status vector_ensure_validity(vector *v, arena *a) MUST_CHECK;
/* Room for `capacity` rows in a FLAT vector; keeps the first `rows` values. */
dbx_status vector_reserve(vector *v, uint32_t rows, uint32_t capacity, arena *a) MUST_CHECK;
/* Room for child rows of a LIST vector; keeps what is there (child_count rows). The arena must live
 * as long as the vector is cleared and filled again. */
dbx_status vector_list_reserve(vector *v, uint32_t rows, arena *a) MUST_CHECK;
/* v becomes a NULL constant of its type. Needs an arena for children of nested types. */
dbx_status vector_set_constant_null(vector *v, arena *a) MUST_CHECK;
/* out borrows the rows of `in` from row `from` on, which is a multiple of 64. */
dbx_status vector_window(vector *out, const vector *in, uint32_t from, arena *a) MUST_CHECK;
/* out becomes a CONSTANT that borrows row `row` of `in` (any form). */
dbx_status vector_constant_at(vector *out, const vector *in, uint32_t row, arena *a) MUST_CHECK;
/* The type of children[0] of a LIST vector: the element, or for MAP the struct of key and value. */
type vector_list_child_type(type t);
/* out views `in` through sel (count rows): a dictionary without copying values; dictionaries
 * compose (a fresh index array is made in the arena), constants stay constants, structs slice their
 * children. sel is borrowed. */
dbx_status vector_slice(vector *out, const vector *in, const sel_t *sel, uint32_t count,
                        arena *a) MUST_CHECK;
/* Copies rows [0, count) of any form into a FLAT vector; string bytes are borrowed, not copied. */
dbx_status vector_flatten(vector *out, const vector *in, uint32_t count, arena *a) MUST_CHECK;
/* Copies source rows sel[0..count) (sel NULL: from..from+count) to rows at.. of a FLAT target that
 * has the capacity; strings and nested values are copied deeply into the arena. */
dbx_status vector_copy(vector *to, uint32_t at, const vector *from, const sel_t *sel,
                       uint32_t from_row, uint32_t count, arena *a) MUST_CHECK;
void vector_check(const vector *v, uint32_t rows);

/* How to read any form: value i is data[index(i)], valid by validity at the same index. For STRUCT,
 * children are vectors to be viewed at index(i); for LIST, children[0]. SEQUENCE must be flattened.
 */
typedef struct vector_view {
    const void *data;
    const uint64_t *validity;
    const sel_t *sel;   /* NULL: identity, unless constant */
    uint32_t mask;      /* 0 for constants, UINT32_MAX otherwise */
    const vector *base; /* the FLAT or CONSTANT vector that holds the values */
} vector_view;
vector_view vector_view_of(const vector *v);
static inline uint32_t view_index(const vector_view *v, uint32_t row) {
    return v->sel ? v->sel[row] : row & v->mask;
}
static inline bool view_valid(const vector_view *v, uint32_t row) {
    return validity_get(v->validity, view_index(v, row));
}
bool vector_is_null(const vector *v, uint32_t row);

/* Flat typed access: VECTOR_DATA(v, int64_t)[i]. */
#define VECTOR_DATA(v, ctype) ((ctype *)(v)->data)

/* ---- chunks ---- */

/* FLAT columns of the given types with CHUNK_ROWS_MAX capacity. */
dbx_status chunk_init(chunk *c, const type *types, uint32_t count, arena *a) MUST_CHECK;
/* The same with another capacity; the chunk is to be dropped with its arena, not cleared. */
dbx_status chunk_init_sized(chunk *c, const type *types, uint32_t count, uint32_t capacity,
                            arena *a) MUST_CHECK;
void chunk_clear(chunk *c);
/* Deep copy of all rows into fresh flat vectors of the arena. */
dbx_status chunk_copy(chunk *to, const chunk *from, arena *a) MUST_CHECK;
void chunk_check(const chunk *c);

/* ---- collection: owned rows kept as chunks, in order; for results and small intermediates ---- */

typedef struct collection {
    arena arena; /* owns all values */
    const type *types;
    uint32_t column_count;
    ARENA_LIST(chunk *) chunks;
    uint64_t rows;
} collection;

/* types is copied. */
dbx_status collection_init(collection *c, const type *types, uint32_t count, ledger *l) MUST_CHECK;
void collection_deinit(collection *c);
/* Copies rows; fills the last chunk up before it starts another, so every chunk but the last is
 * full. */
dbx_status collection_append(collection *c, const chunk *rows) MUST_CHECK;
/* Moves all of `from` behind `to` (chunks may then be part-filled); `from` is left empty but
 * initialized. */
dbx_status collection_concat(collection *to, collection *from) MUST_CHECK;

#endif

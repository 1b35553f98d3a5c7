/* chunk_slice.h - chunks seen through selections, and the packing of small ones.
 *
 * A filter keeps rows by making dictionaries over its input: no value moves. When few rows are
 * left, every later operator would pay its per-chunk cost for them, so a `compactor` gathers such
 * remains into fuller chunks.
 */
#ifndef DBX_EXEC_CHUNK_SLICE_H
#define DBX_EXEC_CHUNK_SLICE_H

#include "vector/vector.h"

/* out views rows sel[0..count) of in; everything it needs is made in the arena. */
dbx_status chunk_slice(chunk *out, const chunk *in, const sel_t *sel, uint32_t count,
                       arena *a) MUST_CHECK;
/* out views rows [from, from + count) of in. */
dbx_status chunk_slice_range(chunk *out, const chunk *in, uint32_t from, uint32_t count,
                             arena *a) MUST_CHECK;

typedef struct compactor {
    arena arena; /* of the gathered rows; reset with each emptying */
    chunk rows;
    uint32_t capacity; /* rows per chunk */
    uint32_t small;    /* chunks with fewer rows are gathered */
    bool emptied;      /* the rows were given out: clear before the next append */
    const type *types;
    uint32_t column_count;
} compactor;

/* Buffers are made at the first use; types are borrowed. */
void compactor_init(compactor *c, const type *types, uint32_t count, uint32_t vector_size,
                    ledger *l);
void compactor_deinit(compactor *c);
/* Should a chunk of `rows` rows be gathered? Yes when it is small, or when others wait and it fits.
 */
bool compactor_wants(const compactor *c, uint32_t rows);
/* Has it no room for a chunk of `rows` rows: give its rows out first. */
bool compactor_is_full_for(const compactor *c, uint32_t rows);
static inline bool compactor_has_rows(const compactor *c) {
    return !c->emptied && c->rows.rows > 0;
}
dbx_status compactor_append(compactor *c, const chunk *in, const sel_t *sel,
                            uint32_t count) MUST_CHECK;
/* The gathered rows; valid until the next append. */
const chunk *compactor_give(compactor *c);

#endif

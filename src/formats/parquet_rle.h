/* parquet_rle.h - the hybrid of runs and bit-packing that levels, dictionary indexes and booleans
 * are stored in.
 *
 * Runs are handed on as runs: a run of equal values costs its output and nothing else. Input ends
 * at `end`, behind which PARQUET_PAGE_PAD bytes are readable. Reading more than there is fails.
 */
#ifndef DBX_FORMATS_PARQUET_RLE_H
#define DBX_FORMATS_PARQUET_RLE_H

#include "kernel/bitpack.h"

enum { PARQUET_PAGE_PAD = 64 };
static_assert((int)PARQUET_PAGE_PAD >= (int)BITPACK_PAD, "pages are unpacked in place");

typedef struct parquet_rle {
    const uint8_t *at;
    const uint8_t *end;
    uint32_t width; /* bits a value, <= 32 */
    uint32_t left;  /* values left in the run */
    bool packed;
    uint32_t value;      /* of a run of equal values */
    const uint8_t *bits; /* packed: the run's first byte */
    uint32_t bits_at;    /* packed: values already taken */
} parquet_rle;

void parquet_rle_init(parquet_rle *r, const uint8_t *data, size_t size, uint32_t width);
/* Each false when the input ends before `count` values. */
bool parquet_rle_read(parquet_rle *r, uint32_t count, uint32_t *out) MUST_CHECK;
bool parquet_rle_read_bytes(parquet_rle *r, uint32_t count,
                            uint8_t *out) MUST_CHECK; /* width <= 8 */
bool parquet_rle_skip(parquet_rle *r, uint32_t count) MUST_CHECK;
/* Width 1: bits into a bitmap from bit `at`; *ones gets their number. */
bool parquet_rle_read_bits(parquet_rle *r, uint32_t count, uint64_t *bitmap, size_t at,
                           uint32_t *ones) MUST_CHECK;
/* Length of the run of equal values that comes next, at most count; 0 when a packed run comes. */
uint32_t parquet_rle_peek(parquet_rle *r, uint32_t count);

#endif

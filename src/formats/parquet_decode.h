/* parquet_decode.h - the encodings of values, apart from the hybrid of parquet_rle.h.
 *
 * Each decodes a whole page at once into memory of the caller. Input is bounded by `end`, behind
 * which PARQUET_PAGE_PAD bytes are readable. False means damaged input.
 */
#ifndef DBX_FORMATS_PARQUET_DECODE_H
#define DBX_FORMATS_PARQUET_DECODE_H

#include "formats/parquet_rle.h"
#include "formats/parquet_schema.h"

/* DELTA_BINARY_PACKED. The header's count comes first, so that the caller can size its memory. */
typedef struct parquet_delta {
    const uint8_t *at, *end;
    uint32_t block_values;
    uint32_t miniblocks;
    uint32_t count;
    uint64_t first;
} parquet_delta;
bool parquet_delta_init(parquet_delta *d, const uint8_t *data, const uint8_t *end) MUST_CHECK;
/* Writes d->count values (width 4 or 8 bytes each); d->at is then behind the data. */
bool parquet_delta_decode(parquet_delta *d, uint32_t width, void *out) MUST_CHECK;

/* DELTA_LENGTH_BYTE_ARRAY: strings point into the input. `lengths` has room for count values. */
bool parquet_delta_length_decode(const uint8_t *data, const uint8_t *end, uint32_t count,
                                 int32_t *lengths, vstring *out) MUST_CHECK;
/* DELTA_BYTE_ARRAY in two steps: the lengths of the shared prefixes and of the rest, and how many
 * bytes the built strings need; then the strings, in `heap` of that size. `at` is where the first
 * step stopped. */
bool parquet_delta_bytes_lengths(const uint8_t **at, const uint8_t *end, uint32_t count,
                                 int32_t *prefixes, int32_t *lengths,
                                 uint64_t *heap_size) MUST_CHECK;
bool parquet_delta_bytes_build(const uint8_t *at, const uint8_t *end, uint32_t count,
                               const int32_t *prefixes, const int32_t *lengths, vstring *out,
                               char *heap) MUST_CHECK;
/* BYTE_STREAM_SPLIT of values of `width` bytes. */
void parquet_stream_split_decode(const uint8_t *data, uint32_t count, uint32_t width, uint8_t *out);

/* PLAIN BYTE_ARRAY: reads up to `count` strings at *at; they point into the input. False when it
 * ends early. */
bool parquet_plain_strings(const uint8_t **at, const uint8_t *end, uint32_t count,
                           vstring *out) MUST_CHECK;
bool parquet_plain_strings_skip(const uint8_t **at, const uint8_t *end, uint32_t count) MUST_CHECK;

/* Converts fixed-width values (type_length bytes each, unaligned) to the layout of the leaf's type.
 * Not for STRING and UUID. */
void parquet_convert_fixed(const parquet_leaf *leaf, const uint8_t *in, uint32_t count, void *out);
/* BYTE_ARRAY to DECIMAL. */
void parquet_convert_strings(const parquet_leaf *leaf, const vstring *in, uint32_t count,
                             void *out);
enum { PARQUET_UUID_CHARS = 36 };
/* 16 bytes to PARQUET_UUID_CHARS characters. */
void parquet_uuid_text(const uint8_t *in, char *out);
/* Big-endian two's complement of any length; the value is what 16 bytes can hold. */
__int128 parquet_big_endian(const uint8_t *bytes, size_t size);

/* From one type of dbx to a wider one, for files whose column types differ. */
bool parquet_widen_allowed(type from, type to);
void parquet_widen(type from, type to, const void *in, uint32_t count, void *out);

#endif

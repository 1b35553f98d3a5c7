/* bitpack.h - unsigned integers of 0 to 64 bits, packed without gaps, least significant bit first,
 * as Parquet packs.
 *
 * Readers load whole words: BITPACK_PAD bytes behind the packed data must be readable (their value
 * is irrelevant).
 */
#ifndef DBX_KERNEL_BITPACK_H
#define DBX_KERNEL_BITPACK_H

#include "kernel/kernel.h"

enum { BITPACK_PAD = 32 };

/* Unpacks `count` values, a multiple of 8, of `width` <= 32 bits from byte-aligned input. */
void bitpack_unpack32(const uint8_t *in, uint32_t width, size_t count, uint32_t *out);
/* The same for width <= 64; any count. */
void bitpack_unpack64(const uint8_t *in, uint32_t width, size_t count, uint64_t *out);
/* Bits [in_at, in_at + count) of bytes to bits [out_at, …) of a bitmap; other bits of `out` stay.
 * Returns how many are ones. */
size_t bitpack_copy_bits(const uint8_t *in, size_t in_at, size_t count, uint64_t *out,
                         size_t out_at);
/* bytes[i] = bit in_at + i. */
void bitpack_bits_to_bytes(const uint8_t *in, size_t in_at, size_t count, uint8_t *bytes);
/* The largest of count values; 0 for none. */
uint32_t bitpack_max32(const uint32_t *values, size_t count);
/* Packs `count` values of `width` <= 32 bits, each below 2^width; writes (count * width + 7) / 8
 * bytes and may write zeros up to 8 bytes behind them. */
void bitpack_pack32(const uint32_t *in, size_t count, uint32_t width, uint8_t *out);

#endif

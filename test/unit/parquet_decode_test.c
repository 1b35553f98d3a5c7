/* parquet_decode_test.c - encodings and conversions, against the examples of the format's
 * Encodings.md and values worked out by hand. */
#include "formats/parquet_decode.h"
#include "formats/parquet_prune.h"
#include "formats/parquet_thrift.h"

#include <criterion/criterion.h>

/* Input with the pad that decoders may read. */
typedef struct padded {
    uint8_t bytes[4096 + PARQUET_PAGE_PAD];
} padded;

Test(bitpack, every_width_gives_back_what_was_packed) {
    for (uint32_t width = 0; width <= 32; width++) {
        uint32_t values[96], back[96];
        padded p = {0};
        uint32_t mask = width == 32 ? UINT32_MAX : ((uint32_t)1 << width) - 1;
        for (uint32_t i = 0; i < 96; i++) values[i] = (i * 2654435761u + i) & mask;
        bitpack_pack32(values, 96, width, p.bytes);
        bitpack_unpack32(p.bytes, width, 96, back);
        cr_assert_arr_eq(values, back, sizeof(values), "width %u", width);
        uint64_t wide[96];
        bitpack_unpack64(p.bytes, width, 95, wide);
        for (uint32_t i = 0; i < 95; i++) cr_assert_eq(wide[i], values[i]);
    }
}

Test(bitpack, sixty_four_bits_at_any_offset) {
    padded p = {0};
    for (uint32_t i = 0; i < 63; i++) p.bytes[i] = (uint8_t)(i * 37 + 1);
    for (uint32_t width = 57; width <= 64; width++) {
        uint64_t got[7];
        bitpack_unpack64(p.bytes, width, 7, got);
        for (uint32_t v = 0; v < 7; v++) {
            uint64_t expected = 0;
            for (uint32_t b = 0; b < width; b++) {
                uint32_t bit = v * width + b;
                expected |= (uint64_t)(p.bytes[bit / 8] >> (bit % 8) & 1) << b;
            }
            cr_assert_eq(got[v], expected, "width %u value %u", width, v);
        }
    }
}

Test(bitpack, bits_become_bytes_and_bitmaps) {
    padded p = {.bytes = {0xB5, 0x01, 0x80}}; /* 10101101 10000000 00000001, lowest first */
    uint8_t bytes[24];
    bitpack_bits_to_bytes(p.bytes, 0, 24, bytes);
    static const uint8_t expected[24] = {1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0,
                                         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    cr_assert_arr_eq(bytes, expected, 24);
    bitpack_bits_to_bytes(p.bytes, 3, 20, bytes);
    cr_assert_arr_eq(bytes, expected + 3, 20);
    uint64_t map[2] = {0, 0};
    cr_assert_eq(bitpack_copy_bits(p.bytes, 1, 20, map, 60), 5);
    cr_assert_eq(map[0], (uint64_t)0xA << 60);
    cr_assert_eq(map[1], 0x0D);
}

Test(parquet_rle, runs_and_packed_groups_mix) {
    /* a run of four 7s; the eight values 0..7 packed (the example of Encodings.md) */
    padded p = {.bytes = {4 << 1, 7, 1 << 1 | 1, 0x88, 0xC6, 0xFA}};
    parquet_rle r;
    uint32_t out[12];
    parquet_rle_init(&r, p.bytes, 6, 3);
    cr_assert_eq(parquet_rle_peek(&r, 100), 4);
    cr_assert(parquet_rle_read(&r, 7, out));
    cr_assert(parquet_rle_read(&r, 5, out + 7));
    static const uint32_t expected[12] = {7, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 7};
    cr_assert_arr_eq(out, expected, sizeof(expected));
    cr_assert_not(parquet_rle_read(&r, 1, out), "nothing is left");
    parquet_rle_init(&r, p.bytes, 6, 3);
    cr_assert(parquet_rle_skip(&r, 9));
    cr_assert(parquet_rle_read(&r, 1, out));
    cr_assert_eq(out[0], 5);
    p.bytes[1] = 9; /* does not fit 3 bits */
    parquet_rle_init(&r, p.bytes, 6, 3);
    cr_assert_not(parquet_rle_read(&r, 1, out));
}

Test(parquet_rle, bits_of_width_one) {
    padded p = {.bytes = {5 << 1, 1, 1 << 1 | 1, 0x0F}};
    parquet_rle r;
    uint64_t map = 0;
    uint32_t ones;
    parquet_rle_init(&r, p.bytes, 4, 1);
    cr_assert(parquet_rle_read_bits(&r, 13, &map, 2, &ones));
    cr_assert_eq(ones, 9);
    cr_assert_eq(map, (uint64_t)0x1FF << 2);
}

Test(parquet_delta, examples_of_the_specification) {
    /* 1 to 5: deltas are all 1. Block of 128, 4 miniblocks, 5 values, first 1 (zigzag 2); min delta
     * 1 (zigzag 2). */
    padded a = {.bytes = {128, 1, 4, 5, 2, 2, 0, 0, 0, 0}};
    parquet_delta d;
    int64_t out[8];
    cr_assert(parquet_delta_init(&d, a.bytes, a.bytes + 10));
    cr_assert(parquet_delta_decode(&d, 8, out));
    for (int64_t i = 0; i < 5; i++) cr_assert_eq(out[i], i + 1);
    /* 7 5 3 1 2 3 4 5: deltas -2 -2 -2 1 1 1 1, min -2, stored 0 0 0 3 3 3 3 in 2 bits */
    padded b = {.bytes = {128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0}};
    int32_t narrow[8];
    static const int32_t expected[8] = {7, 5, 3, 1, 2, 3, 4, 5};
    cr_assert(parquet_delta_init(&d, b.bytes, b.bytes + 18));
    cr_assert(parquet_delta_decode(&d, 4, narrow));
    cr_assert_arr_eq(narrow, expected, sizeof(expected));
    cr_assert(parquet_delta_init(&d, b.bytes, b.bytes + 11));
    cr_assert_not(parquet_delta_decode(&d, 4, narrow), "cut off");
}

Test(parquet_delta, strings_share_prefixes) {
    /* axis, axle, babble, babyhood: prefixes 0 2 0 3, rests axis le babble yhood */
    padded p = {
        .bytes = {128, 1, 4, 4, 0, 3, 3, 0, 0, 0, 0x34, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
    /* prefixes by hand: first 0; deltas 2 -2 3, min -2: 4 0 5 in 3 bits: 100 000 101 -> 0x44 0x01
     */
    p.bytes[10] = 0x44;
    size_t at = 10 + 12;
    /* lengths 4 2 6 5: deltas -2 4 -1, min -2: 0 6 1 in 3 bits: 0x70 0x00 */
    static const uint8_t lengths[] = {128, 1, 4, 4, 8, 3, 3, 0, 0, 0, 0x70, 0x00};
    memcpy(p.bytes + at, lengths, sizeof(lengths));
    at += 10 + 12;
    memcpy(p.bytes + at, "axislebabbleyhood", 17);
    const uint8_t *from = p.bytes;
    const uint8_t *end = p.bytes + at + 17;
    int32_t prefixes[4], rests[4];
    uint64_t heap_size;
    cr_assert(parquet_delta_bytes_lengths(&from, end, 4, prefixes, rests, &heap_size));
    cr_assert_eq(heap_size, 4 + 8);
    vstring out[4];
    char heap[16];
    cr_assert(parquet_delta_bytes_build(from, end, 4, prefixes, rests, out, heap));
    static const char *const expected[] = {"axis", "axle", "babble", "babyhood"};
    for (int i = 0; i < 4; i++) cr_assert(sv_equal(vstring_view(&out[i]), sv_from(expected[i])));
}

Test(parquet_decode, byte_streams_are_joined) {
    static const uint8_t split[] = {0xAA, 0x00, 0xA3, 0xBB, 0x11, 0xB4,
                                    0xCC, 0x22, 0xC5, 0xDD, 0x33, 0xD6};
    static const uint8_t joined[] = {0xAA, 0xBB, 0xCC, 0xDD, 0x00, 0x11,
                                     0x22, 0x33, 0xA3, 0xB4, 0xC5, 0xD6};
    uint8_t out[12];
    parquet_stream_split_decode(split, 3, 4, out);
    cr_assert_arr_eq(out, joined, 12);
}

Test(parquet_decode, plain_strings_are_bounded) {
    padded p = {.bytes = {3, 0, 0, 0, 'a', 'b', 'c', 13, 0, 0, 0}};
    memcpy(p.bytes + 11, "thirteen chars", 13);
    const uint8_t *at = p.bytes;
    vstring out[2];
    cr_assert(parquet_plain_strings(&at, p.bytes + 24, 2, out));
    cr_assert(sv_equal(vstring_view(&out[0]), SV("abc")));
    vstring made = vstring_from("abc", 3);
    cr_assert_arr_eq(&out[0], &made, sizeof(made), "padding is zero");
    cr_assert(sv_equal(vstring_view(&out[1]), SV("thirteen char")));
    at = p.bytes;
    cr_assert_not(parquet_plain_strings(&at, p.bytes + 23, 2, out));
}

Test(parquet_convert, stored_values_become_values) {
    padded p = {.bytes = {0}};
    parquet_leaf leaf = {.convert = PARQUET_CONVERT_FLOAT16, .type_length = 2};
    static const uint16_t halves[] = {0x3C00, 0xC000, 0x0001, 0x7C00, 0x8000};
    float floats[5];
    memcpy(p.bytes, halves, sizeof(halves));
    parquet_convert_fixed(&leaf, p.bytes, 5, floats);
    cr_assert_eq(floats[0], 1.0f);
    cr_assert_eq(floats[1], -2.0f);
    cr_assert_eq(floats[2], 0x1p-24f);
    cr_assert_eq(floats[3], __builtin_inff());
    cr_assert(floats[4] == 0 && __builtin_signbit(floats[4]));
    /* INT96: 1970-01-02 00:00:00.000001 is day 2440589 and 1000 ns */
    leaf = (parquet_leaf){.convert = PARQUET_CONVERT_INT96, .type_length = 12};
    uint64_t nanos = 1000;
    int32_t day = 2440589;
    int64_t micros;
    memcpy(p.bytes, &nanos, 8);
    memcpy(p.bytes + 8, &day, 4);
    parquet_convert_fixed(&leaf, p.bytes, 1, &micros);
    cr_assert_eq(micros, 86400000001);
    leaf = (parquet_leaf){.convert = PARQUET_CONVERT_BYTES_TO_INT64, .type_length = 3};
    static const uint8_t decimal[] = {0xFF, 0xFF, 0x85, 0x01, 0x00, 0x00};
    int64_t unscaled[2];
    memcpy(p.bytes, decimal, sizeof(decimal));
    parquet_convert_fixed(&leaf, p.bytes, 2, unscaled);
    cr_assert_eq(unscaled[0], -123);
    cr_assert_eq(unscaled[1], 65536);
    leaf = (parquet_leaf){.convert = PARQUET_CONVERT_INT64_NANOS, .type_length = 8};
    int64_t nano = -1;
    memcpy(p.bytes, &nano, 8);
    parquet_convert_fixed(&leaf, p.bytes, 1, &micros);
    cr_assert_eq(micros, -1, "rounds down");
    char text[PARQUET_UUID_CHARS];
    static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                     0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    parquet_uuid_text(uuid, text);
    cr_assert_arr_eq(text, "00112233-4455-6677-8899-aabbccddeeff", PARQUET_UUID_CHARS);
}

Test(parquet_convert, widening_keeps_values) {
    cr_assert(parquet_widen_allowed(type_simple(TYPE_INT), type_simple(TYPE_BIGINT)));
    cr_assert_not(parquet_widen_allowed(type_simple(TYPE_BIGINT), type_simple(TYPE_INT)));
    cr_assert_not(parquet_widen_allowed(type_simple(TYPE_BIGINT), type_simple(TYPE_DOUBLE)));
    cr_assert_not(parquet_widen_allowed(type_decimal(10, 2), type_decimal(10, 3)));
    int64_t small[2] = {-150, 1};
    __int128 wide[2];
    parquet_widen(type_decimal(5, 2), type_decimal(25, 4), small, 2, wide);
    cr_assert(wide[0] == -15000 && wide[1] == 100);
}

Test(parquet_thrift, reading_is_bounded) {
    static const uint8_t endless[] = {0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07};
    thrift_reader t = {.at = endless, .end = endless + sizeof(endless)};
    thrift_field f = {0};
    cr_assert(thrift_next(&t, &f));
    thrift_skip(&t, f.type);
    cr_assert(t.failed, "a list of 2^31 elements in no bytes");
    uint8_t deep[200];
    memset(deep, 0x1C, sizeof(deep)); /* a struct in a struct in a struct … */
    t = (thrift_reader){.at = deep, .end = deep + sizeof(deep)};
    f = (thrift_field){0};
    cr_assert(thrift_next(&t, &f));
    thrift_skip(&t, f.type);
    cr_assert(t.failed);
}

Test(parquet_prune, bloom_bits) {
    /* Hash 0: every word's bit is 0. */
    uint8_t block[32] = {0};
    for (int i = 0; i < 8; i++) block[4 * i] = 1;
    cr_assert(parquet_bloom_test(block, 0));
    block[28] = 2;
    cr_assert_not(parquet_bloom_test(block, 0));
}

/* io_test.c - paths, globs, streams, codecs, output files. Compressed bytes come from the usual
 * programs or are written out by hand from the format's specification. */
#include "io/gate.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char io_dir[64];
static ledger io_ledger;

static void io_setup(void) {
    strcpy(io_dir, "/tmp/dbx_io_XXXXXX");
    cr_assert_not_null(mkdtemp(io_dir));
    ledger_init(&io_ledger, NULL, "test", SIZE_MAX);
}

static void io_teardown(void) {
    cr_assert_eq(io_remove(NULL, sv_from(io_dir), NULL), DBX_OK);
    ledger_deinit(&io_ledger);
}

static const char *io_name(const char *name) {
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", io_dir, name);
    return path;
}

static void io_put(const char *name, const void *data, size_t size) {
    const char *path = io_name(name);
    char directory[512];
    strcpy(directory, path);
    *strrchr(directory, '/') = '\0';
    cr_assert_eq(io_make_directory(NULL, sv_from(directory), NULL), DBX_OK);
    io_output *o;
    cr_assert_eq(io_create(NULL, &io_ledger, sv_from(path), &o, NULL), DBX_OK);
    cr_assert_eq(io_output_write(o, data, size, NULL), DBX_OK);
    cr_assert_eq(io_output_commit(o, NULL), DBX_OK);
    io_output_close(o);
}

static dbx_status io_slurp(const char *name, io_stream_codec codec, char *out, size_t *size) {
    io_stream *s;
    *size = 0;
    TRY(io_stream_open(NULL, &io_ledger, sv_from(io_name(name)), codec, &s, NULL));
    dbx_status status;
    size_t got = 0;
    do {
        status = io_stream_read(s, out + *size, 7, &got, NULL);
        *size += got;
    } while (status == DBX_OK && got > 0);
    io_stream_close(s);
    return status;
}

TestSuite(io, .init = io_setup, .fini = io_teardown);

Test(io, glob_matches_one_segment) {
    cr_assert(io_glob_match(SV("*.csv"), SV("a.csv")));
    cr_assert_not(io_glob_match(SV("*.csv"), SV("a.csv2")));
    cr_assert(io_glob_match(SV("a?c"), SV("abc")));
    cr_assert(io_glob_match(SV("a?c"), SV("a\xC3\xA9"
                                          "c")),
              "? takes one code point");
    cr_assert(io_glob_match(SV("[a-c]x"), SV("bx")));
    cr_assert_not(io_glob_match(SV("[!a-c]x"), SV("bx")));
    cr_assert(io_glob_match(SV("[^a-c]x"), SV("dx")));
    cr_assert(io_glob_match(SV("*a*b*"), SV("xxaxxbxx")));
    cr_assert(io_glob_match(SV("\\*"), SV("*")));
    cr_assert_not(io_glob_match(SV("\\*"), SV("a")));
    cr_assert(io_glob_match(SV("[a"), SV("[a")), "an unclosed set is literal");
}

static void io_expect(const char *pattern, const char *expected) {
    arena a;
    arena_init(&a, &io_ledger);
    io_listing listing = {0};
    dbx_status status = io_list(NULL, sv_from(io_name(pattern)), &a, &listing, NULL);
    char text[1024] = "";
    if (status != DBX_OK) strcpy(text, "error");
    for (uint32_t i = 0; i < listing.entries.count; i++) {
        if (i > 0) strcat(text, " ");
        strcat(text, listing.entries.items[i].path.data + strlen(io_dir) + 1);
    }
    cr_assert_str_eq(text, expected, "%s: %s", pattern, text);
    arena_deinit(&a);
}

Test(io, listing_takes_files_directories_and_globs) {
    io_put("d/b.csv", "1", 1);
    io_put("d/a.csv", "22", 2);
    io_put("d/_hidden.csv", "", 0);
    io_put("d/.crc", "", 0);
    io_put("d/k=1/c.csv", "", 0);
    io_put("d/_k=2/d.json", "", 0);
    io_put("d/_log/e.csv", "", 0);
    io_expect("d", "d/_k=2/d.json d/a.csv d/b.csv d/k=1/c.csv");
    io_expect("d/*.csv", "d/a.csv d/b.csv");
    io_expect("d/{b,a}.csv", "d/a.csv d/b.csv");
    io_expect("d/**/*.csv", "d/a.csv d/b.csv d/k=1/c.csv");
    io_expect("*/k=*/*", "d/k=1/c.csv");
    io_expect("d/{k=1/c,a}.{csv,json}", "d/a.csv d/k=1/c.csv");
    io_expect("d/_hidden.csv", "d/_hidden.csv");
    io_expect("d/none.csv", "error");
    io_expect("d/*.none", "error");
}

Test(io, schemes_are_named_when_not_supported) {
    error err;
    error_init(&err);
    io_file *f;
    cr_assert_eq(io_open(NULL, &io_ledger, SV("s3://bucket/x"), &f, &err), DBX_ERROR);
    cr_assert_eq(err.cls, ERR_UNSUPPORTED_FEATURE);
    cr_assert_not_null(strstr(err.message, "scheme s3 "));
    error_clear(&err);
    io_put("x", "abc", 3);
    char path[600];
    snprintf(path, sizeof(path), "file://%s", io_name("x"));
    cr_assert_eq(io_open(NULL, &io_ledger, sv_from(path), &f, &err), DBX_OK);
    cr_assert_eq(io_file_size(f), 3);
    char bytes[3];
    cr_assert_eq(io_read_at(f, 1, bytes, 2, &err), DBX_OK);
    cr_assert_arr_eq(bytes, "bc", 2);
    cr_assert_eq(io_read_at(f, 2, bytes, 2, &err), DBX_CORRUPT);
    io_close(f);
    error_deinit(&err);
}

Test(io, output_appears_only_when_committed) {
    io_output *o;
    cr_assert_eq(io_create(NULL, &io_ledger, sv_from(io_name("out")), &o, NULL), DBX_OK);
    cr_assert_eq(io_output_write(o, "x", 1, NULL), DBX_OK);
    cr_assert_eq(os_path_stat(io_name("out"), NULL, NULL), OS_PATH_NONE);
    io_output_close(o);
    cr_assert_eq(os_path_stat(io_name("out"), NULL, NULL), OS_PATH_NONE);
    io_expect("", "");
}

Test(io, streams_decompress_by_extension_and_by_magic) {
    static const unsigned char gzip[] = {
        0x1f, 0x8b, 8,    0,    0,    0,   0,   0,   0,   3,   /* header */
        0x01, 0x05, 0x00, 0xfa, 0xff, 'h', 'e', 'l', 'l', 'o', /* stored block */
        0x86, 0xa6, 0x10, 0x36, 5,    0,   0,   0,             /* CRC-32 of hello, length */
    };
    unsigned char twice[2 * sizeof(gzip)];
    memcpy(twice, gzip, sizeof(gzip));
    memcpy(twice + sizeof(gzip), gzip, sizeof(gzip));
    char text[256];
    size_t size;
    io_put("a.gz", twice, sizeof(twice));
    cr_assert_eq(io_slurp("a.gz", IO_STREAM_AUTO, text, &size), DBX_OK);
    cr_assert_eq(size, 10);
    cr_assert_arr_eq(text, "hellohello", 10);
    io_put("magic", gzip, sizeof(gzip));
    cr_assert_eq(io_slurp("magic", IO_STREAM_AUTO, text, &size), DBX_OK);
    cr_assert_eq(size, 5);
    io_put("cut.gz", gzip, sizeof(gzip) - 4);
    cr_assert_eq(io_slurp("cut.gz", IO_STREAM_AUTO, text, &size), DBX_CORRUPT);
    static const unsigned char framed[] = {
        0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y',         /* identifier */
        0x01, 7, 0, 0, 1,   2,   3,   4,   'a', 'b',    'c', /* 3 plain bytes */
        0x00, 8, 0, 0, 1,   2,   3,   4,   2,   1 << 2, 'd',
        'e', /* Snappy: length 2, literal of 2 */
    };
    io_put("b.sz", framed, sizeof(framed));
    cr_assert_eq(io_slurp("b.sz", IO_STREAM_AUTO, text, &size), DBX_OK);
    cr_assert_eq(size, 5);
    cr_assert_arr_eq(text, "abcde", 5);
    static const unsigned char hadoop[] = {0, 0, 0, 2, 0, 0, 0, 3, 0x20, 'h', 'i'};
    io_put("c.lz4", hadoop, sizeof(hadoop));
    cr_assert_eq(io_slurp("c.lz4", IO_STREAM_AUTO, text, &size), DBX_OK);
    cr_assert_eq(size, 2);
    io_put("plain.txt", "plain text, no codec", 20);
    cr_assert_eq(io_slurp("plain.txt", IO_STREAM_AUTO, text, &size), DBX_OK);
    cr_assert_eq(size, 20);
    cr_assert_arr_eq(text, "plain text, no codec", 20);
}

Test(io, codecs_round_trip_and_refuse_damage) {
    enum { SIZE = 5000 };
    uint8_t raw[SIZE], back[SIZE];
    for (int i = 0; i < SIZE; i++) raw[i] = (uint8_t)(i % 100 < 50 ? i / 7 : i * i);
    codec_context context = {0};
    for (codec_kind c = CODEC_NONE; c < CODEC_COUNT; c++) {
        size_t capacity = codec_compress_bound(c, SIZE);
        uint8_t *packed = malloc(capacity);
        size_t size;
        cr_assert_eq(codec_compress(&context, c, 0, raw, SIZE, packed, capacity, &size), DBX_OK);
        cr_assert_eq(codec_decompress(&context, c, packed, size, back, SIZE), DBX_OK, "%d", c);
        cr_assert_arr_eq(back, raw, SIZE);
        cr_assert_eq(codec_decompress(&context, c, packed, size, back, SIZE - 1), DBX_CORRUPT);
        cr_assert_eq(codec_decompress(&context, c, packed, size - 9, back, SIZE), DBX_CORRUPT);
        codec_kind named;
        cr_assert(codec_from_name(sv_from(codec_name(c)), &named));
        cr_assert_eq(named, c);
        free(packed);
    }
    codec_context_deinit(&context);
}

Test(io, names_lose_their_compression) {
    string_view stem;
    cr_assert_eq(io_path_codec(SV("a/b.csv.GZ"), &stem), IO_STREAM_GZIP);
    cr_assert(sv_equal(stem, SV("a/b.csv")));
    cr_assert_eq(io_path_codec(SV("a/b.csv"), &stem), IO_STREAM_NONE);
}

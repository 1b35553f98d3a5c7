/* Plain forms of numbers and times against the C library and hand-made values; encodings. */
#include "formats/text_encoding.h"
#include "kernel/number_scan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static bool scan_whole(const char *text, int64_t *out) {
    char field[64 + SCAN_SLACK] = {0};
    snprintf(field, sizeof(field), "%s,99999999999999999999", text);
    return scan_int64(field, strlen(text), out);
}

Test(number_scan, integers) {
    int64_t x;
    const char *good[] = {
        "0", "7", "-1", "12345678", "123456789", "-1234567890123456", "999999999999999999"};
    const char *bad[] = {"", "-", "+1", "1.", "a", "12a4", "1234567890123456789", " 1", "1 "};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        cr_assert(scan_whole(good[i], &x), "%s", good[i]);
        cr_assert_eq(x, strtoll(good[i], NULL, 10), "%s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        cr_assert_not(scan_whole(bad[i], &x), "%s", bad[i]);
    srand(1);
    for (int i = 0; i < 10000; i++) {
        char text[32];
        long long value = ((long long)rand() << 31 | rand()) >> (rand() % 60);
        snprintf(text, sizeof(text), "%lld", rand() % 2 ? value : -value);
        if (strlen(text) > 18) continue;
        cr_assert(scan_whole(text, &x), "%s", text);
        cr_assert_eq(x, strtoll(text, NULL, 10), "%s", text);
    }
}

Test(number_scan, fixed_point) {
    srand(2);
    for (int i = 0; i < 10000; i++) {
        char text[64], field[64 + SCAN_SLACK] = {0};
        snprintf(text, sizeof(text), "%s%d.%0*d", rand() % 2 ? "-" : "", rand() % 100000,
                 1 + rand() % 9, rand() % 10);
        if (strlen(text) > 15) continue;
        snprintf(field, sizeof(field), "%s.5;", text);
        bool negative;
        uint64_t digits;
        uint32_t fraction;
        cr_assert(scan_fixed(field, strlen(text), &negative, &digits, &fraction), "%s", text);
        double power = 1;
        for (uint32_t k = 0; k < fraction; k++) power *= 10;
        double value = (double)digits / power;
        cr_assert_eq(negative ? -value : value, strtod(text, NULL), "%s", text);
    }
    bool negative;
    uint64_t digits;
    uint32_t fraction;
    const char *bad[] = {"", "-", ".", "1.2.3", "1e5", "12345678.1.2", "abc", "1-2"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        char field[64 + SCAN_SLACK] = {0};
        strcpy(field, bad[i]);
        cr_assert_not(scan_fixed(field, strlen(bad[i]), &negative, &digits, &fraction), "%s",
                      bad[i]);
    }
    char point[64] = ".5", whole[64] = "5.";
    cr_assert(scan_fixed(point, 2, &negative, &digits, &fraction));
    cr_assert(digits == 5 && fraction == 1);
    cr_assert(scan_fixed(whole, 2, &negative, &digits, &fraction));
    cr_assert(digits == 5 && fraction == 0);
}

Test(number_scan, dates_and_times) {
    int32_t days;
    int64_t micros;
    char text[64] = "1970-01-02";
    cr_assert(scan_date(text, &days));
    cr_assert_eq(days, 1);
    strcpy(text, "2000-02-29 23:59:58");
    cr_assert(scan_timestamp(text, &micros));
    cr_assert_eq(micros, (INT64_C(11016) * 86400 + 86398) * 1000000);
    const char *bad[] = {"2001-02-29", "2000-13-01", "2000-00-01", "2000-01-00",
                         "2000-01-32", "2000/01/01", "200a-01-01"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        char field[64] = {0};
        strcpy(field, bad[i]);
        cr_assert_not(scan_date(field, &days), "%s", bad[i]);
    }
    strcpy(text, "2000-01-01 24:00:00");
    cr_assert_not(scan_timestamp(text, &micros));
    strcpy(text, "2000-01-01 23:60:00");
    cr_assert_not(scan_timestamp(text, &micros));
}

/* Bytes given one at a time decode as when given at once. */
static void decode(text_encoding encoding, const char *bytes, size_t size, const char *expected) {
    ledger l;
    ledger_init(&l, NULL, "test", SIZE_MAX);
    for (int piecewise = 0; piecewise < 2; piecewise++) {
        text_decoder d = {.encoding = encoding};
        buffer out;
        buffer_init(&out, &l);
        size_t at = text_decoder_begin(&d, (const uint8_t *)bytes, size);
        while (at < size) {
            size_t step = piecewise ? 1 : size - at;
            cr_assert_eq(
                text_decoder_append(&d, (const uint8_t *)bytes + at, step, at + step == size, &out),
                DBX_OK);
            at += step;
        }
        cr_assert(sv_equal(buffer_view(&out), sv_from(expected)), "%.*s", (int)out.size, out.data);
        buffer_deinit(&out);
    }
}

Test(text_encoding, decodes) {
    decode(TEXT_ENCODING_AUTO,
           "\xEF\xBB\xBF"
           "a\xC3\xA4",
           5 + 1, "a\xC3\xA4");
    decode(TEXT_ENCODING_AUTO,
           "\xFF\xFE"
           "a\0\xE4\0\x3D\xD8\x00\xDE",
           10, "a\xC3\xA4\xF0\x9F\x98\x80");
    decode(TEXT_ENCODING_UTF16BE, "\0a\0\xE4\xD8\x3D\xDE\x00", 8, "a\xC3\xA4\xF0\x9F\x98\x80");
    decode(TEXT_ENCODING_UTF16LE, "\x00\xD8", 2, "\xEF\xBF\xBD");
    decode(TEXT_ENCODING_LATIN1, "a\xE4\x80", 3, "a\xC3\xA4\xC2\x80");
    decode(TEXT_ENCODING_WINDOWS_1252, "\x80\x93", 2, "\xE2\x82\xAC\xE2\x80\x9C");
}

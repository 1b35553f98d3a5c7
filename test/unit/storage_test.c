/* storage_test.c - encodings round trip, the file, its roots and damage to them. */
#include "storage/column_reader.h"
#include "storage/storage.h"
#include "storage/table.h"

#include "common/fault.h"
#include "kernel/lanepack.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- kernels
 * -----------------------------------------------------------------------------------------------------
 */

Test(lanepack, every_width_round_trips) {
    static int64_t values[LANEPACK_ROWS], back[LANEPACK_ROWS];
    static uint64_t codes[LANEPACK_ROWS], unpacked[LANEPACK_ROWS];
    static uint8_t packed[LANEPACK_ROWS * 8 + 1];
    uint64_t state = 42;
    for (uint32_t width = 1; width <= 64; width++) {
        uint64_t mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
        for (uint32_t i = 0; i < LANEPACK_ROWS; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            values[i] = (int64_t)((state ^ state >> 29) & mask);
        }
        packed[lanepack_size(width)] = 0xEE;
        lanepack_narrow(values, LANEPACK_ROWS, 0, width, codes);
        lanepack_pack(codes, width, packed);
        cr_assert_eq(packed[lanepack_size(width)], 0xEE, "no byte too many");
        lanepack_unpack(packed, width, unpacked);
        lanepack_widen(unpacked, lanepack_code_size(width), LANEPACK_ROWS, 0, back, 8);
        cr_assert_eq(memcmp(values, back, sizeof(values)), 0, "width %u", width);
        for (uint32_t i = 0; i < LANEPACK_ROWS; i += 37) {
            cr_assert_eq(lanepack_get(packed, width, i), (uint64_t)values[i]);
        }
    }
}

Test(lanepack, packed_layout_is_lanes) {
    /* Width 1 has lanes of 8 bits: 128 of them. Code 5 is bit 0 of byte 5, code 128 + 5 bit 1 of
     * byte 5. */
    uint8_t codes[LANEPACK_ROWS] = {0}, packed[128];
    codes[5] = codes[133] = 1;
    lanepack_pack(codes, 1, packed);
    for (uint32_t i = 0; i < 128; i++) cr_assert_eq(packed[i], i == 5 ? 3 : 0);
}

/* ---- segments
 * ----------------------------------------------------------------------------------------------------
 */

typedef struct fixture {
    ledger ledger;
    storage *storage;
    arena arena;
} fixture;

static void fixture_init(fixture *f, const char *path) {
    ledger_init(&f->ledger, NULL, "test", SIZE_MAX);
    storage_options options = {0};
    cr_assert_eq(storage_open(path, &options, &f->ledger, &f->storage, NULL), DBX_OK);
    cr_assert_eq(storage_log_recovered(f->storage, NULL), DBX_OK);
    arena_init(&f->arena, &f->ledger);
}

static void fixture_deinit(fixture *f) {
    arena_deinit(&f->arena);
    storage_close(f->storage);
    ledger_deinit(&f->ledger);
}

/* Builds a row group of one column, reads it back in odd pieces and compares; returns the segment's
 * encoding. */
static uint8_t check_round_trip(fixture *f, const vector *v, uint32_t rows) {
    storage_column column = {.field_id = 1, .type = v->type, .nullable = true};
    column_builder builder;
    static sketch distinct;
    memset(&distinct, 0, sizeof(distinct));
    cr_assert_eq(column_builder_init(&builder, v->type, &f->ledger), DBX_OK);
    cr_assert_eq(column_builder_append(&builder, v, NULL, 0, rows, &f->arena), DBX_OK);
    row_group *group;
    cr_assert_eq(row_group_build(f->storage, &column, 1, &builder, &distinct, &group, NULL),
                 DBX_OK);
    column_builder_deinit(&builder);
    cr_assert_eq(row_group_check(group, &column, 1, NULL), DBX_OK);
    column_reader reader;
    cr_assert_eq(column_reader_open(&reader, group, &column, &f->arena, NULL), DBX_OK);
    uint32_t nulls = 0;
    for (uint32_t i = 0; i < rows; i++) nulls += vector_is_null(v, i);
    cr_assert_eq(group->segments[0].null_count, nulls);
    static const uint32_t steps[] = {2048, 1, 1023, 700, 2047};
    for (uint32_t from = 0, k = 0; from < rows; k++) {
        uint32_t count = MIN(steps[k % 5], rows - from);
        vector out;
        cr_assert_eq(vector_init(&out, v->type, CHUNK_ROWS_MAX, &f->arena), DBX_OK);
        cr_assert_eq(column_reader_read(&reader, from, count, &out, &f->arena, NULL), DBX_OK);
        vector_check(&out, count);
        uint32_t size = physical_size((physical_type)v->phys);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_eq(vector_is_null(&out, i), vector_is_null(v, from + i), "row %u", from + i);
            if (vector_is_null(v, from + i)) continue;
            if (v->phys == PHYS_STRING) {
                cr_assert(vstring_equal(&VECTOR_DATA(&out, vstring)[i],
                                        &VECTOR_DATA(v, vstring)[from + i]));
            } else {
                cr_assert_eq(
                    memcmp((char *)out.data + i * size, (char *)v->data + (from + i) * size, size),
                    0, "row %u", from + i);
            }
        }
        column_reader_forget(&reader);
        from += count;
    }
    uint8_t encoding = group->segments[0].encoding;
    column_reader_close(&reader);
    row_group_unref(group);
    return encoding;
}

static void make(fixture *f, vector *v, type t, uint32_t rows) {
    cr_assert_eq(vector_init(v, t, MAX(rows, 1u), &f->arena), DBX_OK);
}

Test(segment, integers_choose_and_round_trip) {
    fixture f;
    fixture_init(&f, NULL);
    const uint32_t rows = ROW_GROUP_ROWS;
    vector v;
    make(&f, &v, type_simple(TYPE_BIGINT), rows);
    int64_t *data = v.data;
    for (uint32_t i = 0; i < rows; i++) data[i] = 7;
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_CONSTANT);
    for (uint32_t i = 0; i < rows; i++) data[i] = INT64_MIN + (int64_t)i;
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_INTS);
    for (uint32_t i = 0; i < rows; i++) data[i] = i % 2 ? INT64_MIN : INT64_MAX;
    check_round_trip(&f, &v, rows);
    for (uint32_t i = 0; i < rows; i++) data[i] = (int64_t)(i * 0x9e3779b97f4a7c15u);
    check_round_trip(&f, &v, rows);
    for (uint32_t i = 0; i < rows; i++) data[i] = (int64_t)((i / 1000) * 0x9e3779b97f4a7c15u);
    check_round_trip(&f, &v, rows); /* runs */
    for (uint32_t i = 0; i < rows; i++) data[i] = (int64_t)((i * 7919u % 50) * 0x9e3779b97f4a7c15u);
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_DICTIONARY);
    for (uint32_t i = 0; i < rows; i++) data[i] = -(int64_t)i * 1000;
    check_round_trip(&f, &v, rows); /* falling: deltas */
    for (uint32_t n = 1; n < 5; n++) check_round_trip(&f, &v, n);
    check_round_trip(&f, &v, 1024);
    check_round_trip(&f, &v, 1025);
    fixture_deinit(&f);
}

Test(segment, narrow_and_wide_integers_round_trip) {
    fixture f;
    fixture_init(&f, NULL);
    const uint32_t rows = 5000;
    type types[] = {type_simple(TYPE_BOOLEAN),  type_simple(TYPE_TINYINT),
                    type_simple(TYPE_SMALLINT), type_simple(TYPE_INT),
                    type_simple(TYPE_DATE),     type_simple(TYPE_TIMESTAMP),
                    type_decimal(38, 2)};
    for (uint32_t k = 0; k < ARRAY_COUNT(types); k++) {
        vector v;
        make(&f, &v, types[k], rows);
        uint32_t size = physical_size((physical_type)v.phys);
        for (uint32_t seed = 0; seed < 3; seed++) {
            for (uint32_t i = 0; i < rows; i++) {
                __int128 value =
                    (__int128)((i + seed) * 0x9e3779b97f4a7c15u) * (seed == 2 ? 1000003 : 1);
                if (v.phys == PHYS_BOOL) value &= 1;
                if (seed == 0) value = v.phys == PHYS_BOOL ? (int)(i % 2) : (int8_t)i;
                memcpy((char *)v.data + i * size, &value, size);
            }
            check_round_trip(&f, &v, rows);
        }
    }
    fixture_deinit(&f);
}

Test(segment, nulls_round_trip) {
    fixture f;
    fixture_init(&f, NULL);
    const uint32_t rows = 10000;
    vector v;
    make(&f, &v, type_simple(TYPE_INT), rows);
    for (uint32_t i = 0; i < rows; i++) VECTOR_DATA(&v, int32_t)[i] = (int32_t)(i % 1000) + 100;
    cr_assert_eq(vector_ensure_validity(&v, &f.arena), DBX_OK);
    validity_fill(v.validity, rows, false);
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_NOTHING);
    for (uint32_t i = 0; i < rows; i += 3) validity_set_valid(v.validity, i);
    check_round_trip(&f, &v, rows);
    validity_fill(v.validity, rows, true);
    for (uint32_t i = 0; i < 5000; i++) validity_set_null(v.validity, i); /* leading run */
    check_round_trip(&f, &v, rows);
    validity_fill(v.validity, rows, true);
    validity_set_null(v.validity, rows - 1);
    check_round_trip(&f, &v, rows);
    fixture_deinit(&f);
}

Test(segment, floats_round_trip_bit_by_bit) {
    fixture f;
    fixture_init(&f, NULL);
    const uint32_t rows = 20000;
    vector v;
    make(&f, &v, type_simple(TYPE_DOUBLE), rows);
    double *data = v.data;
    for (uint32_t i = 0; i < rows; i++) data[i] = (double)(i * 7919 % 100000) / 100;
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_SCALED);
    data[5] = NAN;
    data[6] = -0.0;
    data[7] = INFINITY;
    data[8] = 1e300;
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_SCALED, "a few exceptions do not matter");
    for (uint32_t i = 0; i < rows; i++) data[i] = sin(i);
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_RAW);
    for (uint32_t i = 0; i < rows; i++) data[i] = i % 2 ? -0.0 : 0.0;
    check_round_trip(&f, &v, rows);
    for (uint32_t i = 0; i < rows; i++) data[i] = NAN;
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_CONSTANT);
    make(&f, &v, type_simple(TYPE_FLOAT), rows);
    for (uint32_t i = 0; i < rows; i++) VECTOR_DATA(&v, float)[i] = (float)(i % 1000) / 10;
    check_round_trip(&f, &v, rows);
    fixture_deinit(&f);
}

Test(segment, strings_round_trip) {
    fixture f;
    fixture_init(&f, NULL);
    const uint32_t rows = ROW_GROUP_ROWS;
    vector v;
    make(&f, &v, type_simple(TYPE_STRING), rows);
    vstring *data = v.data;
    static const char *const words[] = {"", "a", "exactly12byt", "exactly13byte",
                                        "a rather long string of text"};
    for (uint32_t i = 0; i < rows; i++) data[i] = vstring_from(words[i % 5], strlen(words[i % 5]));
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_DICTIONARY);
    for (uint32_t i = 0; i < rows; i++) data[i] = vstring_from(words[4], strlen(words[4]));
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_CONSTANT);
    for (uint32_t i = 0; i < rows; i++) {
        char *text = arena_printf(&f.arena, "row %u of some text that repeats itself", i);
        data[i] = vstring_from(text, strlen(text));
    }
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_STRINGS);
    cr_assert_eq(vector_ensure_validity(&v, &f.arena), DBX_OK);
    for (uint32_t i = 0; i < rows; i += 7) validity_set_null(v.validity, i);
    check_round_trip(&f, &v, rows);
    for (uint32_t i = 0; i < rows; i++) data[i] = vstring_from(words[i % 5], strlen(words[i % 5]));
    cr_assert_eq(check_round_trip(&f, &v, rows), SEGMENT_DICTIONARY, "NULL is a code of its own");
    size_t big = 3 << 20;
    char *bytes = arena_alloc(&f.arena, big);
    for (size_t i = 0; i < big; i++) bytes[i] = (char)(i * i >> 7);
    data[0] = vstring_from(bytes, big);
    data[1] = vstring_from(bytes, big - 1);
    check_round_trip(&f, &v, 2);
    fixture_deinit(&f);
}

Test(segment, nested_round_trip) {
    fixture f;
    fixture_init(&f, NULL);
    type_field fields[] = {{SV("a"), type_simple(TYPE_INT), true, {NULL, 0}},
                           {SV("b"), type_simple(TYPE_STRING), true, {NULL, 0}}};
    type inner, list;
    cr_assert_eq(type_struct(&f.arena, fields, 2, &inner), DBX_OK);
    cr_assert_eq(type_array(&f.arena, inner, true, &list), DBX_OK);
    const uint32_t rows = 3000;
    vector v;
    make(&f, &v, list, rows);
    cr_assert_eq(vector_ensure_validity(&v, &f.arena), DBX_OK);
    uint32_t total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        VECTOR_DATA(&v, list_entry)[i] = (list_entry){total, i % 4};
        if (i % 11 == 0) validity_set_null(v.validity, i);
        total += i % 4;
    }
    cr_assert_eq(vector_list_reserve(&v, total, &f.arena), DBX_OK);
    v.child_count = total;
    vector *a = &v.children[0].children[0], *b = &v.children[0].children[1];
    for (uint32_t i = 0; i < total; i++) {
        VECTOR_DATA(a, int32_t)[i] = (int32_t)i;
        char *text = arena_printf(&f.arena, "%u", i);
        VECTOR_DATA(b, vstring)[i] = vstring_from(text, strlen(text));
    }
    storage_column column = {1, list, true};
    column_builder builder;
    static sketch distinct;
    cr_assert_eq(column_builder_init(&builder, list, &f.ledger), DBX_OK);
    cr_assert_eq(column_builder_append(&builder, &v, NULL, 0, rows, &f.arena), DBX_OK);
    row_group *group;
    cr_assert_eq(row_group_build(f.storage, &column, 1, &builder, &distinct, &group, NULL), DBX_OK);
    column_builder_deinit(&builder);
    cr_assert_eq(group->segment_count, 4, "list, struct and two fields");
    column_reader reader;
    cr_assert_eq(column_reader_open(&reader, group, &column, &f.arena, NULL), DBX_OK);
    vector out;
    make(&f, &out, list, CHUNK_ROWS_MAX);
    cr_assert_eq(column_reader_read(&reader, 1001, 500, &out, &f.arena, NULL), DBX_OK);
    vector_check(&out, 500);
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t row = 1001 + i;
        cr_assert_eq(vector_is_null(&out, i), row % 11 == 0);
        if (row % 11 == 0) continue;
        list_entry e = VECTOR_DATA(&out, list_entry)[i], want = VECTOR_DATA(&v, list_entry)[row];
        cr_assert_eq(e.length, want.length);
        for (uint32_t k = 0; k < e.length; k++) {
            cr_assert_eq(VECTOR_DATA(&out.children[0].children[0], int32_t)[e.offset + k],
                         (int32_t)(want.offset + k));
            cr_assert(
                vstring_equal(&VECTOR_DATA(&out.children[0].children[1], vstring)[e.offset + k],
                              &VECTOR_DATA(b, vstring)[want.offset + k]));
        }
    }
    column_reader_close(&reader);
    row_group_unref(group);
    fixture_deinit(&f);
}

Test(segment, damaged_bytes_never_read_out_of_bounds) {
    /* Any byte flipped: opening and reading either work or fail, and stay inside (asan checks). */
    fixture f;
    fixture_init(&f, NULL);
    const uint32_t rows = 300;
    for (uint32_t kind = 0; kind < 5; kind++) {
        type t = type_simple(kind == 0 ? TYPE_INT : kind == 1 ? TYPE_DOUBLE : TYPE_STRING);
        vector v;
        make(&f, &v, t, rows);
        for (uint32_t i = 0; i < rows; i++) {
            if (kind == 0) VECTOR_DATA(&v, int32_t)[i] = (int32_t)(i / 9 * 1000);
            if (kind == 1) VECTOR_DATA(&v, double)[i] = i % 30 == 5 ? NAN : i / 4.0;
            char *text = arena_printf(&f.arena, "text %u and more of it", kind == 2 ? i : i % 7);
            if (kind >= 2) VECTOR_DATA(&v, vstring)[i] = vstring_from(text, strlen(text));
        }
        if (kind == 4) {
            cr_assert_eq(vector_ensure_validity(&v, &f.arena), DBX_OK);
            for (uint32_t i = 0; i < rows; i += 5) validity_set_null(v.validity, i);
        }
        column_builder builder;
        static sketch distinct;
        segment_summary sum;
        buffer bytes;
        cr_assert_eq(column_builder_init(&builder, t, &f.ledger), DBX_OK);
        cr_assert_eq(column_builder_append(&builder, &v, NULL, 0, rows, &f.arena), DBX_OK);
        buffer_init(&bytes, &f.ledger);
        cr_assert_eq(segment_encode(&builder, &bytes, &sum, &distinct, NULL), DBX_OK);
        for (size_t at = 0; at < bytes.size * 8; at += 3) {
            /* an exact copy on the heap, so that reading past the end is seen */
            uint8_t *copy = mem_alloc(storage_ledger(f.storage), bytes.size);
            memcpy(copy, bytes.data, bytes.size);
            copy[at / 8] ^= (uint8_t)(1u << (at % 8));
            segment seg = {.bytes = {.size = (uint32_t)bytes.size},
                           .rows = rows,
                           .null_count = sum.null_count,
                           .phys = (uint8_t)type_physical(t),
                           .id = 1};
            segment_reader r;
            arena a;
            arena_init(&a, &f.ledger);
            const uint8_t *pinned;
            cr_assert_eq(cache_put(f.storage, &seg.bytes, copy), DBX_OK);
            cr_assert_eq(cache_pin(f.storage, &seg.bytes, &pinned, NULL), DBX_OK);
            if (segment_reader_open(&r, f.storage, &seg, pinned, &a, NULL) == DBX_OK) {
                static vstring out[300];
                dbx_status s = t.id == TYPE_STRING
                                   ? segment_read_strings(&r, 0, rows, out, &a, NULL)
                                   : segment_read_fixed(&r, 0, rows, out, NULL);
                (void)s;
            }
            arena_deinit(&a);
            cache_unpin(f.storage, &seg.bytes);
            cache_forget(f.storage, &seg.bytes);
        }
        buffer_deinit(&bytes);
        column_builder_deinit(&builder);
    }
    fixture_deinit(&f);
}

/* ---- the sketch
 * ----------------------------------------------------------------------------------------------------
 */

Test(sketch, estimates_within_ten_percent) {
    static const uint64_t counts[] = {1, 10, 100, 1000, 10000, 1000000};
    for (uint32_t k = 0; k < ARRAY_COUNT(counts); k++) {
        static sketch s;
        memset(&s, 0, sizeof(s));
        for (uint64_t i = 0; i < counts[k]; i++) sketch_add(&s, sketch_hash_fixed(&i, 8));
        double estimate = sketch_estimate(&s);
        cr_assert(fabs(estimate - (double)counts[k]) <= 0.1 * (double)counts[k], "%f for %llu",
                  estimate, (unsigned long long)counts[k]);
    }
}

/* ---- the file
 * ------------------------------------------------------------------------------------------------------
 */

static void temp_path(char *path) {
    strcpy(path, "/tmp/dbx_storage_XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

Test(file, blobs_and_roots_survive_reopening) {
    char path[64];
    temp_path(path);
    fixture f;
    fixture_init(&f, path);
    static char text[100000];
    memset(text, 'x', sizeof(text));
    storage_blob blob = {0};
    cr_assert_eq(storage_commit_begin(f.storage, NULL), DBX_OK);
    cr_assert_eq(storage_blob_write(f.storage, text, sizeof(text), &blob, NULL), DBX_OK);
    cr_assert_lt(blob.pointer.size, 5000, "compressed");
    storage_commit_enter(f.storage, &blob.extent);
    cr_assert_eq(storage_commit(f.storage, blob.pointer, NULL), DBX_OK);
    storage_blob_release(f.storage, &blob);
    uint64_t id = storage_next_id(f.storage);
    fixture_deinit(&f);

    fixture_init(&f, path);
    cr_assert_geq(storage_next_id(f.storage), id);
    buffer out;
    buffer_init(&out, &f.ledger);
    storage_blob back = {0};
    cr_assert_eq(storage_blob_read(f.storage, storage_root(f.storage), &back, &out, NULL), DBX_OK);
    cr_assert_eq(out.size, sizeof(text));
    cr_assert_eq(memcmp(out.data, text, sizeof(text)), 0);
    buffer_deinit(&out);
    storage_blob_release(f.storage, &back);
    fixture_deinit(&f);
    unlink(path);
}

Test(file, dropped_space_is_used_again) {
    char path[64];
    temp_path(path);
    fixture f;
    fixture_init(&f, path);
    static char text[200000];
    for (size_t i = 0; i < sizeof(text); i++) text[i] = (char)(i * 2654435761u >> 13);
    storage_blob blobs[2];
    memset(blobs, 0, sizeof(blobs));
    uint64_t size_after_three = 0;
    for (uint32_t i = 0; i < 20; i++) {
        storage_blob *old = &blobs[i % 2], *fresh = &blobs[(i + 1) % 2];
        cr_assert_eq(storage_commit_begin(f.storage, NULL), DBX_OK);
        cr_assert_eq(storage_blob_write(f.storage, text, sizeof(text), fresh, NULL), DBX_OK);
        storage_commit_enter(f.storage, &fresh->extent);
        if (old->extent.state != EXTENT_UNBORN) storage_commit_leave(f.storage, &old->extent);
        cr_assert_eq(storage_commit(f.storage, fresh->pointer, NULL), DBX_OK);
        storage_blob_release(f.storage, old);
        if (i == 2) size_after_three = storage_usage_of(f.storage).file_bytes;
    }
    cr_assert_eq(storage_usage_of(f.storage).file_bytes, size_after_three);
    storage_blob_release(f.storage, &blobs[0]);
    storage_blob_release(f.storage, &blobs[1]);
    fixture_deinit(&f);
    unlink(path);
}

Test(file, flipped_root_bits_are_an_error_or_harmless) {
    char path[64];
    temp_path(path);
    fixture f;
    fixture_init(&f, path);
    storage_blob blob = {0};
    cr_assert_eq(storage_commit_begin(f.storage, NULL), DBX_OK);
    cr_assert_eq(storage_blob_write(f.storage, "hello", 5, &blob, NULL), DBX_OK);
    storage_commit_enter(f.storage, &blob.extent);
    cr_assert_eq(storage_commit(f.storage, blob.pointer, NULL), DBX_OK);
    storage_pointer want = blob.pointer;
    storage_blob_release(f.storage, &blob);
    fixture_deinit(&f);
    FILE *file = fopen(path, "r+b");
    for (long at = 0; at < 3 * STORAGE_PAGE_SIZE; at += 5) {
        fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 16, file);
        fflush(file);
        ledger l;
        ledger_init(&l, NULL, "test", SIZE_MAX);
        storage *s;
        storage_options options = {0};
        dbx_status status = storage_open(path, &options, &l, &s, NULL);
        if (status == DBX_OK)
            cr_assert_eq(storage_root(s).page, want.page, "byte %ld", at);
        else
            cr_assert_eq(status, DBX_CORRUPT);
        if (status == DBX_OK) storage_close(s);
        ledger_deinit(&l);
        fseek(file, at, SEEK_SET);
        fputc(byte, file);
        fflush(file);
    }
    fclose(file);
    unlink(path);
}

/* ---- int streams against plain loops
 * --------------------------------------------------------------------------------- */

static int64_t stream_value(uint32_t kind, uint32_t i) {
    uint64_t r = (i + 1) * 0x9e3779b97f4a7c15u;
    r ^= r >> 31;
    switch (kind) {
    case 0:
        return (int64_t)(r % 50) * 100 - 700; /* a common factor */
    case 1:
        return (int64_t)i * 3 + (int64_t)(r % 2); /* deltas */
    case 2:
        return i / 300; /* runs */
    case 3:
        return (int64_t)(r % 1000) + (i / 2048) * 1000000; /* blocks */
    case 4:
        return (int64_t)r; /* all 64 bits */
    case 5:
        return i % 2 ? INT64_MAX : INT64_MIN;
    case 6:
        return INT64_MIN + (int64_t)(r % 9) * 1000; /* a factor at the edge */
    default:
        return 42;
    }
}

Test(int_stream, reading_gathering_and_matching_agree_with_the_values) {
    fixture f;
    fixture_init(&f, NULL);
    enum { ROWS = 10000 };
    static int64_t values[ROWS], read[ROWS];
    bool modes[4] = {false}, scaled = false;
    for (uint32_t kind = 0; kind < 8; kind++) {
        for (uint32_t i = 0; i < ROWS; i++) values[i] = stream_value(kind, i);
        int_plan plan;
        buffer out;
        buffer_init(&out, &f.ledger);
        int_stream_plan(values, 8, ROWS, &plan);
        cr_assert_eq(int_stream_write(&out, values, 8, ROWS, &plan), DBX_OK);
        cr_assert_eq(out.size, plan.size, "kind %u", kind);
        int_reader r;
        size_t used;
        bool nomem;
        cr_assert(int_reader_open(&r, (const uint8_t *)out.data, out.size, ROWS, &used, &f.arena,
                                  &nomem));
        cr_assert_eq(used, out.size);
        modes[r.mode] = true;
        scaled = scaled || r.scaled;
        int_reader_read(&r, 0, ROWS, read, 8);
        cr_assert_eq(memcmp(values, read, sizeof(values)), 0, "kind %u", kind);
        for (uint32_t from = 0; from + CHUNK_ROWS_MAX <= ROWS; from += 1777) {
            sel_t sel[CHUNK_ROWS_MAX];
            for (uint32_t step = 3; step < 200; step *= 5) {
                uint32_t n = 0;
                for (uint32_t i = step / 2; i < CHUNK_ROWS_MAX; i += step) sel[n++] = i;
                int_reader_gather(&r, from, sel, n, read, 8);
                for (uint32_t i = 0; i < n; i++) cr_assert_eq(read[i], values[from + sel[i]]);
            }
            int64_t bounds[] = {INT64_MIN,
                                INT64_MAX,
                                values[from],
                                values[from] + (values[from] < INT64_MAX),
                                values[from + 5],
                                0,
                                650,
                                -1};
            for (uint32_t a = 0; a < ARRAY_COUNT(bounds); a++) {
                for (uint32_t b = 0; b < ARRAY_COUNT(bounds); b++) {
                    uint8_t matches[CHUNK_ROWS_MAX];
                    int_reader_match(&r, from, CHUNK_ROWS_MAX, bounds[a], bounds[b], matches);
                    for (uint32_t i = 0; i < CHUNK_ROWS_MAX; i++) {
                        bool want = values[from + i] >= bounds[a] && values[from + i] <= bounds[b];
                        cr_assert_eq(matches[i], want, "kind %u row %u", kind, from + i);
                    }
                }
            }
        }
        buffer_deinit(&out);
    }
    for (uint32_t m = 0; m < 4; m++) cr_assert(modes[m], "mode %u was chosen for something", m);
    cr_assert(scaled);
    fixture_deinit(&f);
}

/* ---- appending from several threads
 * ------------------------------------------------------------------------------------ */

typedef struct append_job {
    table_appender *appender;
    _Atomic uint64_t *next;
    uint64_t morsels;
} append_job;

enum { JOB_MORSEL_ROWS = 30000 };

static void *append_run(void *state) {
    append_job *job = state;
    table_appender_local *local;
    if (table_appender_local_new(job->appender, &local, NULL) != DBX_OK) return NULL;
    static _Thread_local int64_t values[CHUNK_ROWS_MAX];
    vector v = {.type = type_simple(TYPE_BIGINT),
                .form = VECTOR_FLAT,
                .phys = PHYS_INT64,
                .capacity = CHUNK_ROWS_MAX,
                .data = values};
    for (;;) {
        uint64_t morsel = atomic_fetch_add(job->next, 1);
        if (morsel >= job->morsels) break;
        for (uint32_t done = 0; done < JOB_MORSEL_ROWS;) {
            uint32_t count = MIN((uint32_t)CHUNK_ROWS_MAX, JOB_MORSEL_ROWS - done);
            for (uint32_t i = 0; i < count; i++)
                values[i] = (int64_t)(morsel * JOB_MORSEL_ROWS + done + i);
            chunk c = {&v, 1, count};
            if (table_appender_append(local, &c, morsel, NULL) != DBX_OK) return NULL;
            done += count;
        }
    }
    return table_appender_combine(local, NULL) == DBX_OK ? state : NULL;
}

Test(appender, workers_keep_the_order_of_morsels) {
    fixture f;
    fixture_init(&f, NULL);
    storage_column column = {1, type_simple(TYPE_BIGINT), false};
    table_appender *appender;
    cr_assert_eq(table_appender_new(f.storage, &column, 1, &f.ledger, &appender, NULL), DBX_OK);
    _Atomic uint64_t next = 0;
    append_job job = {appender, &next, 50};
    os_thread threads[3];
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(os_thread_start(&threads[i], append_run, &job), DBX_OK);
    for (uint32_t i = 0; i < 3; i++) os_thread_join(threads[i]);
    table_addition addition;
    uint64_t rows;
    cr_assert_eq(table_appender_finish(appender, &addition, &rows, NULL), DBX_OK);
    cr_assert_eq(rows, 50 * JOB_MORSEL_ROWS);
    int64_t sum = 0;
    for (uint32_t i = 0; i < addition.group_count; i++) {
        const segment *s = &addition.groups[i]->segments[0];
        sum += s->rows;
        if (i > 0)
            cr_assert_lt(addition.groups[i - 1]->segments[0].min.i64, s->min.i64,
                         "groups are in order");
    }
    cr_assert_eq(sum, (int64_t)rows);
    table_appender_free(appender);
    fixture_deinit(&f);
}

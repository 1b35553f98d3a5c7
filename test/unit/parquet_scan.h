/* parquet_scan.h - for tests: scans a Parquet file and prints its rows. */
#ifndef DBX_TEST_PARQUET_SCAN_H
#define DBX_TEST_PARQUET_SCAN_H

#include "formats/registry.h"
#include "io/gate.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct test_scan {
    query q;
    arena arena;
    error err;
    source *source;
    buffer text; /* rows, a line each, values separated by | */
    uint64_t rows;
} test_scan;

static void test_scan_init(test_scan *t) {
    memset(t, 0, sizeof(*t));
    ledger_init(&t->q.ledger, NULL, "test", (size_t)1 << 30);
    arena_init(&t->arena, &t->q.ledger);
    error_init(&t->err);
    buffer_init(&t->text, &t->q.ledger);
}

static void test_scan_deinit(test_scan *t) {
    source_free(t->source);
    buffer_deinit(&t->text);
    arena_deinit(&t->arena);
    error_deinit(&t->err);
    ledger_deinit(&t->q.ledger);
}

static dbx_status test_put(buffer *b, const vector *v, uint32_t row);

static dbx_status test_put_children(buffer *b, const vector *children, uint32_t count, bool by_row,
                                    uint32_t at, const char *marks) {
    TRY(buffer_append_char(b, marks[0]));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_char(b, ','));
        TRY(by_row ? test_put(b, &children[0], at + i) : test_put(b, &children[i], at));
    }
    return buffer_append_char(b, marks[1]);
}

static dbx_status test_put_int128(buffer *b, __int128 value) {
    if (value < 0) TRY(buffer_append_char(b, '-'));
    unsigned __int128 u = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    char digits[48];
    size_t n = sizeof(digits);
    do {
        digits[--n] = (char)('0' + (int)(u % 10));
        u /= 10;
    } while (u > 0);
    return buffer_append(b, digits + n, sizeof(digits) - n);
}

static dbx_status test_put(buffer *b, const vector *v, uint32_t row) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    if (!validity_get(view.validity, i)) return buffer_append(b, "NULL", 4);
    type t = view.base->type;
    switch (view.base->phys) {
    case PHYS_BOOL:
        return buffer_printf(b, "%d", ((const uint8_t *)view.data)[i]);
    case PHYS_INT8:
        return buffer_printf(b, "%d", ((const int8_t *)view.data)[i]);
    case PHYS_INT16:
        return buffer_printf(b, "%d", ((const int16_t *)view.data)[i]);
    case PHYS_INT32:
        return buffer_printf(b, "%d", ((const int32_t *)view.data)[i]);
    case PHYS_INT64:
        return buffer_printf(b, "%lld", (long long)((const int64_t *)view.data)[i]);
    case PHYS_INT128:
        return test_put_int128(b, ((const __int128 *)view.data)[i]);
    case PHYS_FLOAT:
        return buffer_printf(b, "%g", (double)((const float *)view.data)[i]);
    case PHYS_DOUBLE:
        return buffer_printf(b, "%g", ((const double *)view.data)[i]);
    case PHYS_STRING:
        return buffer_append_sv(b, vstring_view(&((const vstring *)view.data)[i]));
    case PHYS_LIST: {
        list_entry e = ((const list_entry *)view.data)[i];
        return test_put_children(b, view.base->children, e.length, true, e.offset, "[]");
    }
    case PHYS_STRUCT:
        return test_put_children(b, view.base->children, t.child_count, false, i, "{}");
    default:
        return buffer_append_char(b, '?');
    }
}

/* Binds read_parquet(path) as t->source. */
static inline dbx_status test_scan_bind(test_scan *t, const char *path) {
    vstring text = vstring_from(path, strlen(path));
    table_argument a = {.value = {.type = type_simple(TYPE_STRING),
                                  .form = VECTOR_CONSTANT,
                                  .phys = PHYS_STRING,
                                  .data = &text}};
    return table_function_lookup(SV("read_parquet"))
        ->bind(&t->q, &t->q.ledger, &a, 1, (span){0, 0}, &t->source, &t->err);
}

/* Scans all visible columns; predicates may be NULL. */
static inline dbx_status test_scan_run(test_scan *t, const scan_predicate *predicates,
                                       uint32_t predicate_count, uint32_t vector_size,
                                       uint32_t threads) {
    uint32_t columns[256];
    type types[256];
    uint32_t count = 0;
    bool exact[8] = {false};
    for (uint32_t i = 0; i < t->source->column_count && count < 256; i++) {
        if (t->source->columns[i].hidden) continue;
        types[count] = t->source->columns[i].type;
        columns[count++] = i;
    }
    scan_spec spec = {.columns = columns,
                      .column_count = count,
                      .predicates = predicates,
                      .predicate_count = predicate_count,
                      .exact = exact,
                      .row_limit = UINT64_MAX,
                      .threads = threads,
                      .vector_size = vector_size};
    const source_vtab *vt = t->source->vtab;
    source_scan *scan = NULL;
    source_local *local = NULL;
    chunk made;
    chunk in = {0};
    buffer_clear(&t->text);
    t->rows = 0;
    TRY(vt->open(t->source, &t->q, &spec, &scan, &t->err));
    dbx_status status = vt->local_new(scan, &local, &t->err);
    if (status == DBX_OK) status = chunk_init(&made, types, count, &t->arena);
    vector *fresh = malloc((count + 1) * sizeof(vector));
    while (status == DBX_OK) {
        bool more;
        uint64_t index;
        status = vt->next_morsel(scan, local, &more, &index, &t->err);
        if (status != DBX_OK || !more) break;
        do {
            chunk_clear(&made);
            memcpy(fresh, made.columns, count * sizeof(vector));
            in = (chunk){fresh, count, 0};
            status = vt->read(scan, local, &in, &t->err);
            for (uint32_t r = 0; status == DBX_OK && r < in.rows; r++) {
                for (uint32_t c = 0; c < count && status == DBX_OK; c++) {
                    if (c > 0) status = buffer_append_char(&t->text, '|');
                    if (status == DBX_OK) status = test_put(&t->text, &in.columns[c], r);
                }
                if (status == DBX_OK) status = buffer_append_char(&t->text, '\n');
            }
            t->rows += in.rows;
        } while (status == DBX_OK && in.rows > 0);
    }
    free(fresh);
    if (local != NULL) vt->local_free(scan, local);
    vt->close(scan);
    return status;
}

static inline const char *test_scan_text(const test_scan *t) {
    return t->text.size > 0 ? t->text.data : "";
}

#endif

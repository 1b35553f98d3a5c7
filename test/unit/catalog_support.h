/* catalog_support.h - a catalog of tables t(id BIGINT NOT NULL, name STRING), rows put in and read
 * back. */
#ifndef DBX_TEST_CATALOG_SUPPORT_H
#define DBX_TEST_CATALOG_SUPPORT_H

#include "catalog/history.h"
#include "catalog/table_write.h"
#include "catalog/transaction.h"

#include "common/fault.h"
#include "storage/storage.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAYBE_UNUSED __attribute__((unused))

typedef struct db {
    ledger ledger;
    catalog *catalog;
    catalog_session *session;
    query query;
    error err;
} db;

static MAYBE_UNUSED void db_open(db *d, const char *path) {
    memset(d, 0, sizeof(*d));
    error_init(&d->err);
    ledger_init(&d->ledger, NULL, "test", SIZE_MAX);
    cr_assert_eq(catalog_open(path, NULL, &d->ledger, &d->catalog, &d->err), DBX_OK, "%s",
                 d->err.message);
    cr_assert_eq(catalog_session_new(d->catalog, &d->session, NULL), DBX_OK);
    ledger_init(&d->query.ledger, &d->ledger, "query", SIZE_MAX);
    d->query.current_catalog = SV(CATALOG_DEFAULT_NAME);
    d->query.current_schema = SV(CATALOG_DEFAULT_SCHEMA);
}

static MAYBE_UNUSED void db_close(db *d) {
    catalog_session_free(d->session);
    catalog_close(d->catalog);
    ledger_deinit(&d->query.ledger);
    ledger_deinit(&d->ledger);
    error_deinit(&d->err);
}

static MAYBE_UNUSED txn *begin(db *d) {
    txn *t;
    dbx_status status = txn_begin(d->catalog, d->session, NULL, &t, &d->err);
    cr_assert_eq(status, DBX_OK, "%s", d->err.message ? d->err.message : "");
    d->query.txn = t;
    return t;
}

static MAYBE_UNUSED void commit(db *d, txn *t) {
    dbx_status status = txn_commit(t, &d->err);
    cr_assert_eq(status, DBX_OK, "%s", d->err.message ? d->err.message : "");
}

static MAYBE_UNUSED catalog_path path_of(const char *name) {
    return (catalog_path){SV(CATALOG_DEFAULT_NAME), SV(CATALOG_DEFAULT_SCHEMA), sv_from(name)};
}

static MAYBE_UNUSED const catalog_table *find(txn *t, const char *name) {
    catalog_path path = path_of(name);
    return catalog_as_table(catalog_find_path(t, CATALOG_RELATIONS, &path));
}

/* id BIGINT NOT NULL, name STRING */
static MAYBE_UNUSED const catalog_table *create(db *d, txn *t, const char *name) {
    catalog_column columns[] = {
        {.name = SV("id"), .type = type_simple(TYPE_BIGINT)},
        {.name = SV("name"), .type = type_simple(TYPE_STRING), .nullable = true}};
    catalog_table_def def = {.columns = columns, .column_count = 2};
    catalog_path path = path_of(name);
    const catalog_table *table;
    dbx_status status =
        catalog_create_table(t, &path, false, NULL, &def, CATALOG_CREATE, NULL, &table, &d->err);
    cr_assert_eq(status, DBX_OK, "%s", d->err.message);
    return table;
}

/* Rows first, first + 1, … with names "n<id>", every tenth NULL. */
static MAYBE_UNUSED dbx_status try_insert(db *d, txn *t, const char *name, int64_t first,
                                          uint64_t count, bool overwrite) {
    data_sink *sink;
    sink_local *local;
    TRY(table_insert_new(&d->query, t, find(t, name), overwrite, &sink, &d->err));
    dbx_status status = sink->vtab->local_new(sink, &local, &d->err);
    arena a;
    arena_init(&a, &d->query.ledger);
    type types[] = {type_simple(TYPE_BIGINT), type_simple(TYPE_STRING)};
    for (uint64_t done = 0, morsel = 0; done < count && status == DBX_OK; morsel++) {
        uint32_t rows = (uint32_t)MIN((uint64_t)CHUNK_ROWS_MAX, count - done);
        chunk c;
        status = chunk_init(&c, types, 2, &a);
        if (status == DBX_OK) status = vector_ensure_validity(&c.columns[1], &a);
        for (uint32_t i = 0; i < rows && status == DBX_OK; i++) {
            int64_t id = first + (int64_t)(done + i);
            VECTOR_DATA(&c.columns[0], int64_t)[i] = id;
            char *text = arena_printf(&a, "n%lld", (long long)id);
            if (text == NULL)
                status = DBX_NOMEM;
            else
                VECTOR_DATA(&c.columns[1], vstring)[i] = vstring_from(text, strlen(text));
            if (id % 10 == 0) validity_set_null(c.columns[1].validity, i);
        }
        c.rows = rows;
        if (status == DBX_OK) status = sink->vtab->append(sink, local, &c, morsel, &d->err);
        arena_reset(&a);
        done += rows;
    }
    arena_deinit(&a);
    if (status == DBX_OK) {
        uint64_t rows;
        status = sink->vtab->combine(sink, local, &d->err);
        if (status == DBX_OK) status = sink->vtab->finish(sink, &rows, &d->err);
        if (status == DBX_OK) cr_assert_eq(rows, count);
    }
    sink->vtab->free(sink);
    return status;
}

static MAYBE_UNUSED void insert(db *d, txn *t, const char *name, int64_t first, uint64_t count) {
    dbx_status status = try_insert(d, t, name, first, count, false);
    cr_assert_eq(status, DBX_OK, "%s", d->err.message ? d->err.message : "");
}

typedef struct totals {
    uint64_t rows, nulls;
    int64_t sum;
} totals;

/* Scans id, name, _rowid with predicates; row ids go to ids (may be NULL). */
static MAYBE_UNUSED dbx_status try_scan(db *d, const catalog_table *table,
                                        const scan_predicate *predicates, uint32_t count,
                                        uint32_t vector_size, totals *out, int64_t *ids) {
    memset(out, 0, sizeof(*out));
    source *s;
    TRY(catalog_table_source(table, d->query.txn, &d->query.ledger, &s, &d->err));
    uint32_t columns[] = {0, 1, 2};
    bool exact[8] = {false};
    scan_spec spec = {.columns = columns,
                      .column_count = 3,
                      .predicates = predicates,
                      .predicate_count = count,
                      .exact = exact,
                      .row_limit = UINT64_MAX,
                      .threads = 1,
                      .vector_size = vector_size};
    source_scan *scan = NULL;
    source_local *local = NULL;
    arena a;
    arena_init(&a, &d->query.ledger);
    type types[] = {type_simple(TYPE_BIGINT), type_simple(TYPE_STRING), type_simple(TYPE_BIGINT)};
    chunk buffers, c;
    dbx_status status = chunk_init(&buffers, types, 3, &a);
    vector in[3];
    if (status == DBX_OK) status = s->vtab->open(s, &d->query, &spec, &scan, &d->err);
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) cr_assert(exact[i]);
    if (status == DBX_OK) status = s->vtab->local_new(scan, &local, &d->err);
    bool more = true;
    uint64_t morsel, last_morsel = 0;
    while (status == DBX_OK) {
        status = s->vtab->next_morsel(scan, local, &more, &morsel, &d->err);
        if (status != DBX_OK || !more) break;
        cr_assert_geq(morsel, last_morsel);
        last_morsel = morsel;
        for (;;) {
            memcpy(in, buffers.columns, sizeof(in));
            c = (chunk){in, 3, 0};
            status = s->vtab->read(scan, local, &c, &d->err);
            if (status != DBX_OK || c.rows == 0) break;
            cr_assert_leq(c.rows, vector_size);
            for (uint32_t i = 0; i < 3; i++) vector_check(&c.columns[i], c.rows);
            vector flat[3];
            for (uint32_t i = 0; i < 3 && status == DBX_OK; i++) {
                status = vector_init(&flat[i], types[i], c.rows, &a);
                if (status == DBX_OK) status = vector_flatten(&flat[i], &c.columns[i], c.rows, &a);
            }
            for (uint32_t i = 0; i < c.rows && status == DBX_OK; i++) {
                int64_t id = VECTOR_DATA(&flat[0], int64_t)[i];
                bool null = vector_is_null(&flat[1], i);
                cr_assert_eq(null, id % 10 == 0);
                char text[32];
                snprintf(text, sizeof(text), "n%lld", (long long)id);
                if (!null)
                    cr_assert(
                        sv_equal(vstring_view(&VECTOR_DATA(&flat[1], vstring)[i]), sv_from(text)));
                if (ids != NULL) ids[out->rows] = VECTOR_DATA(&flat[2], int64_t)[i];
                out->rows++;
                out->nulls += null;
                out->sum += id;
            }
        }
    }
    if (local != NULL) s->vtab->local_free(scan, local);
    if (scan != NULL) s->vtab->close(scan);
    arena_deinit(&a);
    source_free(s);
    return status;
}

static MAYBE_UNUSED totals scan(db *d, const char *name, const scan_predicate *predicates,
                                uint32_t count) {
    totals out;
    dbx_status status =
        try_scan(d, find(d->query.txn, name), predicates, count, CHUNK_ROWS_MAX, &out, NULL);
    cr_assert_eq(status, DBX_OK, "%s", d->err.message ? d->err.message : "");
    return out;
}

static MAYBE_UNUSED int64_t sum_of(int64_t from, int64_t to) { /* from … to - 1 */
    return (to - from) * (from + to - 1) / 2;
}

/* Deletes the rows whose position in the scan is in [from, to). */
static MAYBE_UNUSED dbx_status try_delete(db *d, txn *t, const char *name, uint64_t from,
                                          uint64_t to) {
    const catalog_table *table = find(t, name);
    uint64_t rows = table_row_count(table);
    int64_t *ids = malloc((rows + 1) * 8);
    totals all;
    cr_assert_eq(try_scan(d, table, NULL, 0, CHUNK_ROWS_MAX, &all, ids), DBX_OK);
    data_sink *sink;
    sink_local *local;
    TRY(table_delete_new(&d->query, t, table, false, &sink, &d->err));
    cr_assert_eq(sink->vtab->local_new(sink, &local, &d->err), DBX_OK);
    for (uint64_t at = from; at < to;) {
        uint32_t count = (uint32_t)MIN((uint64_t)CHUNK_ROWS_MAX, to - at);
        vector v = {.type = type_simple(TYPE_BIGINT),
                    .form = VECTOR_FLAT,
                    .phys = PHYS_INT64,
                    .capacity = count,
                    .data = ids + at};
        chunk c = {&v, 1, count};
        cr_assert_eq(sink->vtab->append(sink, local, &c, 0, &d->err), DBX_OK);
        at += count;
    }
    uint64_t deleted;
    cr_assert_eq(sink->vtab->combine(sink, local, &d->err), DBX_OK);
    dbx_status status = sink->vtab->finish(sink, &deleted, &d->err);
    if (status == DBX_OK) cr_assert_eq(deleted, to - from);
    sink->vtab->free(sink);
    free(ids);
    return status;
}

static MAYBE_UNUSED void temp_path(char *path) {
    strcpy(path, "/tmp/dbx_catalog_XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

#endif

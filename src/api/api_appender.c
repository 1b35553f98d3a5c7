/* api_appender.c - bulk rows into a table, value by value, kept in chunks until a flush.
 *
 * Rows gather in a collection; dbx_appender_flush opens an insert sink in the connection's
 * transaction (or one of its own), feeds it and finishes it, so that a failed flush leaves nothing
 * behind.
 */
#include "api/api_int.h"

#include "catalog/table_write.h"
#include "parser/parser.h"

enum { APPENDER_FLUSH_ROWS = 1 << 20 };

struct dbx_appender {
    dbx_connection *connection;
    arena arena;        /* table name, types */
    string_view *parts; /* of the table's name */
    uint32_t part_count;
    type *types;
    uint32_t column_count;
    chunk row;       /* the chunk being filled */
    arena values;    /* its strings */
    uint32_t column; /* next column of the row under way */
    collection rows;
    bool failed;
};

static session *appender_session(dbx_appender *a) {
    return a->connection->session;
}

static dbx_status appender_fail(dbx_appender *a, dbx_status status) {
    if (status == DBX_NOMEM) error_nomem(&appender_session(a)->error);
    a->failed = true;
    return status;
}

/* Finds the table in a transaction; the caller ends it. */
static dbx_status appender_resolve(dbx_appender *a, query *q, struct txn *t,
                                   const catalog_table **out) {
    session *s = appender_session(a);
    memset(q, 0, sizeof(*q));
    ledger_init(&q->ledger, &s->ledger, "appender", SIZE_MAX);
    q->settings = &s->settings;
    q->start_time_us = os_wall_clock_us();
    q->gate = &s->db->gate;
    q->txn = t;
    q->current_catalog = s->current_catalog;
    q->current_schema = s->current_schema;
    q->user_name = s->user_name;
    catalog_name name = {a->parts, a->part_count, {0, 0}};
    const catalog_object *object;
    TRY(catalog_resolve(q, CATALOG_RELATIONS, &name, &object, &s->error));
    *out = catalog_as_table(object);
    if (*out != NULL) return DBX_OK;
    return api_misuse(a->connection, "The name is a view: rows can be appended to tables only");
}

static dbx_status appender_setup(dbx_appender *a, const char *table) {
    session *s = appender_session(a);
    ast_name *name;
    TRY(parser_parse_name(&a->arena, sv_from(table), NULL, &name, &s->error));
    a->parts = ARENA_ARRAY(&a->arena, string_view, name->parts.count);
    if (a->parts == NULL) return DBX_NOMEM;
    a->part_count = name->parts.count;
    for (uint32_t i = 0; i < a->part_count; i++) a->parts[i] = name->parts.items[i].text;
    struct txn *own = NULL;
    if (s->txn == NULL) TRY(txn_begin(s->db->catalog, s->objects, NULL, &own, &s->error));
    query q;
    const catalog_table *found;
    dbx_status status = appender_resolve(a, &q, own != NULL ? own : s->txn, &found);
    if (status == DBX_OK) {
        a->column_count = found->def.column_count;
        a->types = ARENA_ARRAY(&a->arena, type, a->column_count);
        if (a->types == NULL) status = DBX_NOMEM;
        for (uint32_t i = 0; status == DBX_OK && i < a->column_count; i++) {
            status = type_copy(&a->arena, found->def.columns[i].type, &a->types[i]);
        }
    }
    ledger_deinit(&q.ledger);
    if (own != NULL) txn_rollback(own);
    if (status == DBX_OK) status = collection_init(&a->rows, a->types, a->column_count, &s->ledger);
    if (status == DBX_OK) status = chunk_init(&a->row, a->types, a->column_count, &a->arena);
    return status;
}

static void appender_free(dbx_appender *a) {
    ledger *l = &appender_session(a)->ledger;
    collection_deinit(&a->rows);
    arena_deinit(&a->values);
    arena_deinit(&a->arena);
    mem_free(l, a, sizeof(*a));
}

dbx_status dbx_appender_new(dbx_connection *connection, const char *table,
                            dbx_appender **appender) {
    *appender = NULL;
    api_start(connection);
    ledger *l = &connection->session->ledger;
    dbx_appender *a = mem_alloc_zero(l, sizeof(*a));
    if (a == NULL) return error_nomem(&connection->session->error);
    a->connection = connection;
    arena_init(&a->arena, l);
    arena_init(&a->values, l);
    arena_init(&a->rows.arena, l);
    dbx_status status = appender_setup(a, table);
    if (status != DBX_OK) {
        if (status == DBX_NOMEM) error_nomem(&connection->session->error);
        appender_free(a);
        return status;
    }
    *appender = a;
    return DBX_OK;
}

/* The vector that the next value goes to, its type checked; `row` is where. */
static dbx_status appender_next(dbx_appender *a, vector **out) {
    api_start(a->connection);
    if (a->failed) return api_misuse(a->connection, "The appender failed before");
    if (a->column == a->column_count)
        return api_misuse(a->connection, "The row has more values than the table columns");
    *out = &a->row.columns[a->column++];
    return DBX_OK;
}

static dbx_status appender_mismatch(dbx_appender *a) {
    a->failed = true;
    return api_misuse(a->connection, "The value does not fit the column's type");
}

dbx_status dbx_append_null(dbx_appender *appender) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    if (vector_ensure_validity(v, &appender->arena) != DBX_OK)
        return appender_fail(appender, DBX_NOMEM);
    validity_set_null(v->validity, appender->row.rows);
    return DBX_OK;
}

dbx_status dbx_append_boolean(dbx_appender *appender, bool value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    if (v->type.id != TYPE_BOOLEAN) return appender_mismatch(appender);
    VECTOR_DATA(v, uint8_t)[appender->row.rows] = value;
    return DBX_OK;
}

dbx_status dbx_append_int64(dbx_appender *appender, int64_t value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    uint32_t row = appender->row.rows;
    if (v->type.id == TYPE_DECIMAL && v->type.scale > 0) {
        return appender->column--,
               dbx_append_decimal(appender,
                                  (dbx_decimal){(uint64_t)value, value < 0 ? -1 : 0, 19, 0});
    }
    switch ((physical_type)v->phys) {
    case PHYS_INT8:
        if (value != (int8_t)value) return appender_mismatch(appender);
        VECTOR_DATA(v, int8_t)[row] = (int8_t)value;
        return DBX_OK;
    case PHYS_INT16:
        if (value != (int16_t)value) return appender_mismatch(appender);
        VECTOR_DATA(v, int16_t)[row] = (int16_t)value;
        return DBX_OK;
    case PHYS_INT32:
        if (value != (int32_t)value) return appender_mismatch(appender);
        VECTOR_DATA(v, int32_t)[row] = (int32_t)value;
        return DBX_OK;
    case PHYS_INT64:
        VECTOR_DATA(v, int64_t)[row] = value;
        return DBX_OK;
    case PHYS_INT128:
        VECTOR_DATA(v, __int128)[row] = value;
        return DBX_OK;
    case PHYS_FLOAT:
        VECTOR_DATA(v, float)[row] = (float)value;
        return DBX_OK;
    case PHYS_DOUBLE:
        VECTOR_DATA(v, double)[row] = (double)value;
        return DBX_OK;
    default:
        return appender_mismatch(appender);
    }
}

dbx_status dbx_append_double(dbx_appender *appender, double value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    if (v->phys == PHYS_DOUBLE)
        VECTOR_DATA(v, double)[appender->row.rows] = value;
    else if (v->phys == PHYS_FLOAT)
        VECTOR_DATA(v, float)[appender->row.rows] = (float)value;
    else
        return appender_mismatch(appender);
    return DBX_OK;
}

dbx_status dbx_append_decimal(dbx_appender *appender, dbx_decimal value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    if (v->type.id != TYPE_DECIMAL || value.scale > v->type.scale)
        return appender_mismatch(appender);
    __int128 unscaled = (__int128)(((unsigned __int128)(uint64_t)value.upper << 64) | value.lower);
    __int128 bound = 1;
    for (uint32_t i = 0; i < v->type.precision; i++) bound *= 10;
    for (uint32_t i = value.scale; i < v->type.scale; i++) {
        if (__builtin_mul_overflow(unscaled, (__int128)10, &unscaled))
            return appender_mismatch(appender);
    }
    if (unscaled >= bound || unscaled <= -bound) return appender_mismatch(appender);
    if (v->phys == PHYS_INT128)
        VECTOR_DATA(v, __int128)[appender->row.rows] = unscaled;
    else
        VECTOR_DATA(v, int64_t)[appender->row.rows] = (int64_t)unscaled;
    return DBX_OK;
}

static dbx_status appender_bytes(dbx_appender *a, type_id id, const void *data, size_t size) {
    vector *v = NULL;
    TRY(appender_next(a, &v));
    if (v->type.id != id) return appender_mismatch(a);
    string_view copy = arena_copy_string(&a->values, (string_view){data, size});
    if (copy.data == NULL) return appender_fail(a, DBX_NOMEM);
    VECTOR_DATA(v, vstring)[a->row.rows] = vstring_from(copy.data, copy.size);
    return DBX_OK;
}

dbx_status dbx_append_string(dbx_appender *appender, const char *data, size_t size) {
    return appender_bytes(appender, TYPE_STRING, data, size);
}

dbx_status dbx_append_binary(dbx_appender *appender, const void *data, size_t size) {
    return appender_bytes(appender, TYPE_BINARY, data, size);
}

dbx_status dbx_append_date(dbx_appender *appender, dbx_date value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    if (v->type.id != TYPE_DATE) return appender_mismatch(appender);
    VECTOR_DATA(v, int32_t)[appender->row.rows] = value.days;
    return DBX_OK;
}

dbx_status dbx_append_timestamp(dbx_appender *appender, dbx_timestamp value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    bool fits =
        v->type.id == TYPE_TIMESTAMP || v->type.id == TYPE_TIMESTAMP_NTZ || v->type.id == TYPE_TIME;
    if (!fits) return appender_mismatch(appender);
    VECTOR_DATA(v, int64_t)[appender->row.rows] = value.micros;
    return DBX_OK;
}

dbx_status dbx_append_interval(dbx_appender *appender, dbx_interval value) {
    vector *v = NULL;
    TRY(appender_next(appender, &v));
    uint32_t row = appender->row.rows;
    if (v->type.id == TYPE_INTERVAL)
        VECTOR_DATA(v, dbx_interval)[row] = value;
    else if (v->type.id == TYPE_INTERVAL_YM && value.days == 0 && value.micros == 0)
        VECTOR_DATA(v, int32_t)[row] = value.months;
    else if (v->type.id == TYPE_INTERVAL_DT && value.months == 0)
        VECTOR_DATA(v, int64_t)[row] = value.days * 86400000000 + value.micros;
    else
        return appender_mismatch(appender);
    return DBX_OK;
}

/* Moves the filled chunk into the collection. */
static dbx_status appender_keep(dbx_appender *a) {
    if (a->row.rows == 0) return DBX_OK;
    if (collection_append(&a->rows, &a->row) != DBX_OK) return appender_fail(a, DBX_NOMEM);
    chunk_clear(&a->row);
    arena_reset(&a->values);
    return DBX_OK;
}

dbx_status dbx_append_row_end(dbx_appender *appender) {
    api_start(appender->connection);
    if (appender->failed) return api_misuse(appender->connection, "The appender failed before");
    if (appender->column != appender->column_count) {
        return api_misuse(appender->connection, "The row has fewer values than the table columns");
    }
    appender->column = 0;
    appender->row.rows++;
    if (appender->row.rows < CHUNK_ROWS_MAX) return DBX_OK;
    TRY(appender_keep(appender));
    return appender->rows.rows >= APPENDER_FLUSH_ROWS ? dbx_appender_flush(appender) : DBX_OK;
}

static dbx_status appender_write(dbx_appender *a, query *q, struct txn *t,
                                 const catalog_table *table) {
    error *err = &appender_session(a)->error;
    data_sink *sink;
    TRY(table_insert_new(q, t, table, false, &sink, err));
    sink_local *local;
    dbx_status status = sink->vtab->local_new(sink, &local, err);
    if (status == DBX_OK) {
        for (uint32_t i = 0; status == DBX_OK && i < a->rows.chunks.count; i++) {
            status = sink->vtab->append(sink, local, a->rows.chunks.items[i], i, err);
        }
        dbx_status combined = sink->vtab->combine(sink, local, err);
        if (status == DBX_OK) status = combined;
    }
    uint64_t written;
    if (status == DBX_OK) status = sink->vtab->finish(sink, &written, err);
    sink->vtab->free(sink);
    return status;
}

dbx_status dbx_appender_flush(dbx_appender *appender) {
    dbx_appender *a = appender;
    api_start(a->connection);
    if (a->failed) return api_misuse(a->connection, "The appender failed before");
    if (a->column != 0) return api_misuse(a->connection, "A row is not complete");
    TRY(appender_keep(a));
    if (a->rows.rows == 0) return DBX_OK;
    session *s = appender_session(a);
    struct txn *own = NULL;
    if (s->txn == NULL) TRY(txn_begin(s->db->catalog, s->objects, NULL, &own, &s->error));
    query q;
    const catalog_table *table;
    dbx_status status = appender_resolve(a, &q, own != NULL ? own : s->txn, &table);
    if (status == DBX_OK) status = appender_write(a, &q, own != NULL ? own : s->txn, table);
    ledger_deinit(&q.ledger);
    if (own != NULL && status == DBX_OK)
        status = txn_commit(own, &s->error);
    else if (own != NULL)
        txn_rollback(own);
    if (status != DBX_OK) return appender_fail(a, status);
    collection_deinit(&a->rows);
    return collection_init(&a->rows, a->types, a->column_count, &s->ledger);
}

dbx_status dbx_appender_close(dbx_appender *appender) {
    if (appender == NULL) return DBX_OK;
    dbx_status status = DBX_OK;
    if (!appender->failed) status = dbx_appender_flush(appender);
    appender_free(appender);
    return status;
}

/* api_appender.c - bulk rows into a table, value by value, kept in chunks until a flush.
 *
 * Rows gather in a collection; dbx_appender_flush opens an insert sink in the connection's
 * transaction (or one of its own), feeds it and finishes it, so that a failed flush leaves nothing
 * behind. A nested value is open between dbx_append_begin and _end: values then go to its fields,
 * items, or keys and values in turn.
 */
#include "api/api_int.h"

#include "catalog/table_write.h"
#include "parser/parser.h"

enum { APPENDER_FLUSH_ROWS = 1 << 20 };

/* A nested value that is being filled. */
typedef struct appender_level {
    vector *v;
    uint32_t row;
    uint32_t next; /* values given: fields, items, or keys and values */
} appender_level;

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
    uint32_t depth; /* open nested values */
    appender_level levels[TYPE_DEPTH_MAX];
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

/* Rows go to the table as they are given: what INSERT would compute or check is refused. */
static dbx_status appender_check_table(dbx_appender *a, const catalog_table *table) {
    const char *why = table->version == NULL ? "appending to an external table" : NULL;
    for (uint32_t i = 0; i < table->def.constraint_count; i++) {
        if (table->def.constraints[i].kind == CATALOG_CONSTRAINT_CHECK)
            why = "appending to a table with CHECK constraints: use INSERT";
    }
    for (uint32_t i = 0; i < table->def.column_count; i++) {
        if (table->def.columns[i].generated != CATALOG_GENERATED_NONE)
            why = "appending to a table with generated columns: use INSERT";
    }
    if (why == NULL) return DBX_OK;
    return error_raise(&appender_session(a)->error, ERR_UNSUPPORTED_FEATURE, (span){0, 0},
                       "feature", why, NULL);
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
    if (*out != NULL) return appender_check_table(a, *out);
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

static dbx_status appender_mismatch(dbx_appender *a) {
    a->failed = true;
    return api_misuse(a->connection, "The value does not fit the column's type");
}

/* ---- where the next value goes ---- */

/* The next place inside an open nested value. */
static dbx_status appender_next_inside(dbx_appender *a, vector **out, uint32_t *row) {
    appender_level *l = &a->levels[a->depth - 1];
    vector *v = l->v;
    if (v->phys == PHYS_STRUCT) {
        if (l->next == v->type.child_count)
            return api_misuse(a->connection, "The struct has more values than fields");
        *out = &v->children[l->next++];
        *row = l->row;
        return DBX_OK;
    }
    vector *items = &v->children[0];
    bool is_map = v->type.id == TYPE_MAP;
    bool starts = !is_map || l->next % 2 == 0;
    if (starts && vector_list_reserve(v, v->child_count + 1, &a->arena) != DBX_OK)
        return appender_fail(a, DBX_NOMEM);
    *row = v->child_count;
    *out = is_map ? &items->children[l->next % 2] : items;
    v->child_count += !is_map || l->next % 2 == 1; /* an entry counts once it has its value */
    l->next++;
    return DBX_OK;
}

static dbx_status appender_next(dbx_appender *a, vector **out, uint32_t *row) {
    api_start(a->connection);
    if (a->failed) return api_misuse(a->connection, "The appender failed before");
    if (a->depth > 0) return appender_next_inside(a, out, row);
    if (a->column == a->column_count)
        return api_misuse(a->connection, "The row has more values than the table columns");
    *out = &a->row.columns[a->column++];
    *row = a->row.rows;
    return DBX_OK;
}

dbx_status dbx_append_begin(dbx_appender *appender) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    if (!type_is_nested(v->type)) return appender_mismatch(appender);
    assert(appender->depth < TYPE_DEPTH_MAX);
    if (v->phys == PHYS_LIST)
        VECTOR_DATA(v, list_entry)[row] = (list_entry){.offset = v->child_count};
    appender->levels[appender->depth++] = (appender_level){.v = v, .row = row};
    return DBX_OK;
}

dbx_status dbx_append_end(dbx_appender *appender) {
    dbx_appender *a = appender;
    api_start(a->connection);
    if (a->failed) return api_misuse(a->connection, "The appender failed before");
    if (a->depth == 0) return api_misuse(a->connection, "No nested value is open");
    appender_level *l = &a->levels[a->depth - 1];
    if (l->v->phys == PHYS_STRUCT && l->next != l->v->type.child_count)
        return api_misuse(a->connection, "The struct has fewer values than fields");
    bool is_map = l->v->type.id == TYPE_MAP;
    if (is_map && l->next % 2 != 0) return api_misuse(a->connection, "A key has no value");
    if (l->v->phys == PHYS_LIST)
        VECTOR_DATA(l->v, list_entry)[l->row].length = is_map ? l->next / 2 : l->next;
    a->depth--;
    return DBX_OK;
}

/* ---- values ---- */

/* What lies under a NULL is not read, but written to files: it is zero. */
static void appender_zero(vector *v, uint32_t row) {
    size_t size = physical_size((physical_type)v->phys);
    if (size > 0) memset((char *)v->data + size * row, 0, size);
    for (uint32_t i = 0; v->phys == PHYS_STRUCT && i < v->type.child_count; i++)
        appender_zero(&v->children[i], row);
}

dbx_status dbx_append_null(dbx_appender *appender) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    const appender_level *l = appender->depth > 0 ? &appender->levels[appender->depth - 1] : NULL;
    bool is_key = l != NULL && l->v->type.id == TYPE_MAP && l->next % 2 == 1;
    if (is_key) return appender_mismatch(appender);
    if (vector_ensure_validity(v, &appender->arena) != DBX_OK)
        return appender_fail(appender, DBX_NOMEM);
    validity_set_null(v->validity, row);
    appender_zero(v, row);
    return DBX_OK;
}

dbx_status dbx_append_boolean(dbx_appender *appender, bool value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    if (v->type.id != TYPE_BOOLEAN) return appender_mismatch(appender);
    VECTOR_DATA(v, uint8_t)[row] = value;
    return DBX_OK;
}

/* An unscaled value of `scale` into a DECIMAL column. */
static dbx_status appender_put_decimal(dbx_appender *a, vector *v, uint32_t row, __int128 unscaled,
                                       uint32_t scale) {
    if (v->type.id != TYPE_DECIMAL || scale > v->type.scale) return appender_mismatch(a);
    __int128 bound = 1;
    for (uint32_t i = 0; i < v->type.precision; i++) bound *= 10;
    for (uint32_t i = scale; i < v->type.scale; i++) {
        if (__builtin_mul_overflow(unscaled, (__int128)10, &unscaled)) return appender_mismatch(a);
    }
    if (unscaled >= bound || unscaled <= -bound) return appender_mismatch(a);
    if (v->phys == PHYS_INT128)
        VECTOR_DATA(v, __int128)[row] = unscaled;
    else
        VECTOR_DATA(v, int64_t)[row] = (int64_t)unscaled;
    return DBX_OK;
}

dbx_status dbx_append_int64(dbx_appender *appender, int64_t value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    switch ((type_id)v->type.id) {
    case TYPE_TINYINT:
        if (value != (int8_t)value) return appender_mismatch(appender);
        VECTOR_DATA(v, int8_t)[row] = (int8_t)value;
        return DBX_OK;
    case TYPE_SMALLINT:
        if (value != (int16_t)value) return appender_mismatch(appender);
        VECTOR_DATA(v, int16_t)[row] = (int16_t)value;
        return DBX_OK;
    case TYPE_INT:
        if (value != (int32_t)value) return appender_mismatch(appender);
        VECTOR_DATA(v, int32_t)[row] = (int32_t)value;
        return DBX_OK;
    case TYPE_BIGINT:
        VECTOR_DATA(v, int64_t)[row] = value;
        return DBX_OK;
    case TYPE_FLOAT:
        VECTOR_DATA(v, float)[row] = (float)value;
        return DBX_OK;
    case TYPE_DOUBLE:
        VECTOR_DATA(v, double)[row] = (double)value;
        return DBX_OK;
    default:
        return appender_put_decimal(appender, v, row, value, 0);
    }
}

dbx_status dbx_append_double(dbx_appender *appender, double value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    if (v->phys == PHYS_DOUBLE)
        VECTOR_DATA(v, double)[row] = value;
    else if (v->phys == PHYS_FLOAT)
        VECTOR_DATA(v, float)[row] = (float)value;
    else
        return appender_mismatch(appender);
    return DBX_OK;
}

dbx_status dbx_append_decimal(dbx_appender *appender, dbx_decimal value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    __int128 unscaled = (__int128)(((unsigned __int128)(uint64_t)value.upper << 64) | value.lower);
    return appender_put_decimal(appender, v, row, unscaled, value.scale);
}

static dbx_status appender_put_bytes(dbx_appender *a, vector *v, uint32_t row, const char *data,
                                     size_t size, size_t blanks) {
    char *copy = arena_alloc_bytes(&a->values, size + blanks);
    if (copy == NULL) return appender_fail(a, DBX_NOMEM);
    if (size > 0) memcpy(copy, data, size);
    memset(copy + size, ' ', blanks);
    VECTOR_DATA(v, vstring)[row] = vstring_from(copy, size + blanks);
    return DBX_OK;
}

/* CHAR(n) is padded with blanks; what is longer than CHAR(n) or VARCHAR(n) does not fit. */
dbx_status dbx_append_string(dbx_appender *appender, const char *data, size_t size) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    if (v->type.id != TYPE_STRING || size > UINT32_MAX / 2) return appender_mismatch(appender);
    size_t blanks = 0;
    if (v->type.char_kind != CHAR_KIND_STRING) {
        size_t characters = 0;
        for (size_t i = 0; i < size; i++) characters += ((unsigned char)data[i] & 0xC0u) != 0x80u;
        if (characters > v->type.length) return appender_mismatch(appender);
        if (v->type.char_kind == CHAR_KIND_CHAR) blanks = v->type.length - characters;
    }
    return appender_put_bytes(appender, v, row, data, size, blanks);
}

dbx_status dbx_append_binary(dbx_appender *appender, const void *data, size_t size) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    if (v->type.id != TYPE_BINARY || size > UINT32_MAX / 2) return appender_mismatch(appender);
    return appender_put_bytes(appender, v, row, data, size, 0);
}

dbx_status dbx_append_date(dbx_appender *appender, dbx_date value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    if (v->type.id != TYPE_DATE) return appender_mismatch(appender);
    VECTOR_DATA(v, int32_t)[row] = value.days;
    return DBX_OK;
}

dbx_status dbx_append_timestamp(dbx_appender *appender, dbx_timestamp value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
    bool fits =
        v->type.id == TYPE_TIMESTAMP || v->type.id == TYPE_TIMESTAMP_NTZ || v->type.id == TYPE_TIME;
    if (!fits) return appender_mismatch(appender);
    VECTOR_DATA(v, int64_t)[row] = value.micros;
    return DBX_OK;
}

dbx_status dbx_append_interval(dbx_appender *appender, dbx_interval value) {
    vector *v = NULL;
    uint32_t row = 0;
    TRY(appender_next(appender, &v, &row));
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

/* ---- rows ---- */

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
    if (appender->depth > 0) return api_misuse(appender->connection, "A nested value is open");
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
    if (a->column != 0 || a->depth != 0) return api_misuse(a->connection, "A row is not complete");
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

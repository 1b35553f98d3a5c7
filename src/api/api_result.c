/* api_result.c - results: columns, values by row, text. */
#include "api/api_int.h"

#include "functions/cast.h"

#include <math.h>

dbx_status api_result_new(dbx_connection *c, query_result *r, dbx_result **out) {
    *out = NULL;
    ledger *l = &c->session->ledger;
    dbx_result *wrapped = mem_alloc_zero(l, sizeof(*wrapped));
    if (wrapped == NULL) {
        result_free(r);
        return error_nomem(&c->session->error);
    }
    wrapped->connection = c;
    wrapped->result = r;
    arena_init(&wrapped->chunk_arena, l);
    buffer_init(&wrapped->text, l);
    *out = wrapped;
    return DBX_OK;
}

void dbx_result_free(dbx_result *result) {
    if (result == NULL) return;
    ledger *l = &result->connection->session->ledger;
    if (result->result->execution != NULL) result->connection->session->streaming = false;
    result_free(result->result);
    arena_deinit(&result->chunk_arena);
    buffer_deinit(&result->text);
    mem_free(l, result, sizeof(*result));
}

/* ---- columns ---- */

uint32_t dbx_column_count(const dbx_result *result) {
    return result->result->column_count;
}

static const result_column *api_column(const dbx_result *r, uint32_t column) {
    return column < r->result->column_count ? &r->result->columns[column] : NULL;
}

const char *dbx_column_name(const dbx_result *result, uint32_t column) {
    const result_column *c = api_column(result, column);
    return c ? c->name.data : NULL;
}

dbx_type dbx_column_type(const dbx_result *result, uint32_t column) {
    const result_column *c = api_column(result, column);
    return c ? (dbx_type)c->type.id : DBX_TYPE_VOID;
}

const char *dbx_column_type_name(const dbx_result *result, uint32_t column) {
    const result_column *c = api_column(result, column);
    return c ? c->type_name : NULL;
}

bool dbx_column_nullable(const dbx_result *result, uint32_t column) {
    const result_column *c = api_column(result, column);
    return c == NULL || c->nullable;
}

uint8_t dbx_column_precision(const dbx_result *result, uint32_t column) {
    const result_column *c = api_column(result, column);
    return c && c->type.id == TYPE_DECIMAL ? c->type.precision : 0;
}

uint8_t dbx_column_scale(const dbx_result *result, uint32_t column) {
    const result_column *c = api_column(result, column);
    return c && c->type.id == TYPE_DECIMAL ? c->type.scale : 0;
}

const char *dbx_result_kind(const dbx_result *result) {
    return result->result->kind;
}
uint64_t dbx_row_count(const dbx_result *result) {
    return result->result->streaming ? 0 : result->result->rows.rows;
}
int64_t dbx_rows_changed(const dbx_result *result) {
    return result->result->rows_changed;
}

/* ---- values ---- */

/* Every chunk of a collection but the last is full, or chunks were concatenated: found by their row
 * counts. */
static const vector *api_locate(const dbx_result *r, uint32_t column, uint64_t row,
                                uint32_t *row_in_chunk) {
    const query_result *res = r->result;
    if (res->streaming || column >= res->column_count || row >= res->rows.rows) return NULL;
    uint64_t guess = row / CHUNK_ROWS_MAX;
    if (guess < res->rows.chunks.count &&
        res->rows.rows == (uint64_t)(res->rows.chunks.count - 1) * CHUNK_ROWS_MAX +
                              res->rows.chunks.items[res->rows.chunks.count - 1]->rows) {
        *row_in_chunk = (uint32_t)(row % CHUNK_ROWS_MAX);
        return &res->rows.chunks.items[guess]->columns[column];
    }
    for (uint32_t i = 0; i < res->rows.chunks.count; i++) {
        const chunk *c = res->rows.chunks.items[i];
        if (row < c->rows) {
            *row_in_chunk = (uint32_t)row;
            return &c->columns[column];
        }
        row -= c->rows;
    }
    return NULL;
}

/* The value's address, or NULL for NULL values and wrong indexes. */
static const void *api_value(const dbx_result *r, uint32_t column, uint64_t row, type *t) {
    uint32_t at;
    const vector *v = api_locate(r, column, row, &at);
    if (v == NULL || vector_is_null(v, at)) return NULL;
    *t = v->type;
    vector_view view = vector_view_of(v);
    uint32_t size = physical_size((physical_type)v->phys);
    return (const char *)view.data + (size_t)view_index(&view, at) * size;
}

bool dbx_value_is_null(const dbx_result *result, uint32_t column, uint64_t row) {
    uint32_t at;
    const vector *v = api_locate(result, column, row, &at);
    return v == NULL || vector_is_null(v, at);
}

bool dbx_value_boolean(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    return value != NULL && t.id == TYPE_BOOLEAN && *(const uint8_t *)value != 0;
}

static __int128 api_decimal_int(const void *value, type t) {
    return type_physical(t) == PHYS_INT128 ? *(const __int128 *)value : *(const int64_t *)value;
}

static __int128 api_power_of_ten(uint32_t exponent) {
    __int128 power = 1;
    while (exponent-- > 0) power *= 10;
    return power;
}

static int64_t api_saturate(double value) {
    if (isnan(value)) return 0;
    if (value >= 9223372036854775808.0) return INT64_MAX;
    if (value <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)value;
}

int64_t dbx_value_int64(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    if (value == NULL) return 0;
    if (t.id == TYPE_DECIMAL) {
        __int128 whole = api_decimal_int(value, t) / api_power_of_ten(t.scale);
        return whole > INT64_MAX ? INT64_MAX : whole < INT64_MIN ? INT64_MIN : (int64_t)whole;
    }
    switch (type_physical(t)) {
    case PHYS_BOOL:
        return *(const uint8_t *)value;
    case PHYS_INT8:
        return *(const int8_t *)value;
    case PHYS_INT16:
        return *(const int16_t *)value;
    case PHYS_INT32:
        return *(const int32_t *)value;
    case PHYS_INT64:
        return *(const int64_t *)value;
    case PHYS_FLOAT:
        return api_saturate(*(const float *)value);
    case PHYS_DOUBLE:
        return api_saturate(*(const double *)value);
    default:
        return 0;
    }
}

double dbx_value_double(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    if (value == NULL) return 0;
    if (t.id == TYPE_DECIMAL)
        return (double)((long double)api_decimal_int(value, t) /
                        (long double)api_power_of_ten(t.scale));
    if (t.id == TYPE_FLOAT) return (double)*(const float *)value;
    if (t.id == TYPE_DOUBLE) return *(const double *)value;
    return (double)dbx_value_int64(result, column, row);
}

dbx_decimal dbx_value_decimal(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    if (value == NULL) return (dbx_decimal){0, 0, 1, 0};
    bool decimal = t.id == TYPE_DECIMAL;
    __int128 unscaled = decimal ? api_decimal_int(value, t) : dbx_value_int64(result, column, row);
    return (dbx_decimal){.lower = (uint64_t)unscaled,
                         .upper = (int64_t)(unscaled >> 64),
                         .precision = decimal ? t.precision : 19,
                         .scale = decimal ? t.scale : 0};
}

dbx_date dbx_value_date(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    return (dbx_date){value != NULL && t.id == TYPE_DATE ? *(const int32_t *)value : 0};
}

dbx_timestamp dbx_value_timestamp(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    bool fits = value != NULL &&
                (t.id == TYPE_TIMESTAMP || t.id == TYPE_TIMESTAMP_NTZ || t.id == TYPE_TIME);
    return (dbx_timestamp){fits ? *(const int64_t *)value : 0};
}

dbx_interval dbx_value_interval(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const void *value = api_value(result, column, row, &t);
    if (value == NULL) return (dbx_interval){0, 0, 0};
    if (t.id == TYPE_INTERVAL_YM) return (dbx_interval){*(const int32_t *)value, 0, 0};
    if (t.id == TYPE_INTERVAL_DT) return (dbx_interval){0, 0, *(const int64_t *)value};
    if (t.id == TYPE_INTERVAL) return *(const dbx_interval *)value;
    return (dbx_interval){0, 0, 0};
}

dbx_bytes dbx_value_bytes(const dbx_result *result, uint32_t column, uint64_t row) {
    type t;
    const vstring *value = api_value(result, column, row, &t);
    if (value == NULL || !type_is_string_like(t)) return (dbx_bytes){NULL, 0};
    return (dbx_bytes){vstring_data(value), value->size};
}

/* ---- text ---- */

static dbx_bytes api_text(dbx_result *r, const vector *v, uint32_t row, dbx_text_style style) {
    buffer_clear(&r->text);
    bool is_null = v == NULL || vector_is_null(v, row);
    if (is_null && style == DBX_TEXT_CAST) return (dbx_bytes){NULL, 0};
    if (v == NULL) return (dbx_bytes){NULL, 0};
    session *s = r->connection->session;
    query q = {.settings = &s->settings, .zone = session_time_zone(s)};
    if (value_append_text(&r->text, v, row, style, &q) != DBX_OK ||
        buffer_reserve(&r->text, 0) != DBX_OK) {
        return (dbx_bytes){NULL, 0};
    }
    r->text.data[r->text.size] = '\0';
    return (dbx_bytes){r->text.data, r->text.size};
}

dbx_bytes dbx_value_text_as(dbx_result *result, uint32_t column, uint64_t row,
                            dbx_text_style style) {
    uint32_t at = 0;
    const vector *v = api_locate(result, column, row, &at);
    return api_text(result, v, at, style);
}

dbx_bytes dbx_value_text(dbx_result *result, uint32_t column, uint64_t row) {
    return dbx_value_text_as(result, column, row, DBX_TEXT_CAST);
}

/* ---- chunks ---- */

dbx_status api_result_advance(dbx_result *result, const chunk **out) {
    query_result *r = result->result;
    session *s = result->connection->session;
    bool running = r->execution != NULL;
    dbx_status status = result_next(r, out, &s->error);
    if (running && r->execution == NULL) s->streaming = false;
    return status;
}

dbx_status api_result_keep(dbx_result *result) {
    query_result *r = result->result;
    session *s = result->connection->session;
    bool running = r->execution != NULL;
    dbx_status status = result_keep(r, &s->error);
    if (running && r->execution == NULL) s->streaming = false;
    return status;
}

dbx_status dbx_result_next(dbx_result *result, uint32_t *rows) {
    api_start(result->connection);
    arena_reset(&result->chunk_arena);
    result->flat_done = NULL;
    dbx_status status = api_result_advance(result, &result->current);
    *rows = status == DBX_OK && result->current != NULL ? result->current->rows : 0;
    return status;
}

/* Column of the current chunk as a flat vector; NULL when there is none or memory is short. */
static const vector *api_flat(dbx_result *r, uint32_t column) {
    if (r->current == NULL || column >= r->current->column_count) return NULL;
    const vector *v = &r->current->columns[column];
    if (v->form == VECTOR_FLAT) return v;
    if (r->flat_done == NULL) {
        r->flat_done = ARENA_ARRAY(&r->chunk_arena, bool, r->current->column_count);
        r->flat.columns = ARENA_ARRAY(&r->chunk_arena, vector, r->current->column_count);
        if (r->flat_done == NULL || r->flat.columns == NULL) return r->flat_done = NULL, NULL;
    }
    vector *flat = &r->flat.columns[column];
    if (!r->flat_done[column]) {
        if (vector_flatten(flat, v, r->current->rows, &r->chunk_arena) != DBX_OK) return NULL;
        r->flat_done[column] = true;
    }
    return flat;
}

const void *dbx_chunk_data(const dbx_result *result, uint32_t column) {
    const vector *v = api_flat((dbx_result *)(uintptr_t)result, column);
    return v != NULL && v->phys != PHYS_LIST && v->phys != PHYS_STRUCT ? v->data : NULL;
}

const uint64_t *dbx_chunk_validity(const dbx_result *result, uint32_t column) {
    const vector *v = api_flat((dbx_result *)(uintptr_t)result, column);
    return v != NULL ? v->validity : NULL;
}

dbx_bytes dbx_chunk_text(dbx_result *result, uint32_t column, uint32_t row, dbx_text_style style) {
    bool exists = result->current != NULL && column < result->current->column_count &&
                  row < result->current->rows;
    return api_text(result, exists ? &result->current->columns[column] : NULL, row, style);
}

/* api_statement.c - prepared statements: parameters, binding, execution. */
#include "api/api_int.h"

#include "parser/parser.h"
#include "session/statement.h"

/* ---- finding parameters: the tokens of the text ---- */

static dbx_status statement_add_parameter(dbx_statement *s, string_view name, uint32_t *capacity) {
    for (uint32_t i = 0; name.size > 0 && i < s->parameter_count; i++) {
        if (sv_equal(s->parameters[i].name, name)) return DBX_OK;
    }
    void *items = s->parameters;
    if (s->parameter_count == *capacity) {
        TRY(arena_grow(&s->arena, &items, sizeof(*s->parameters), s->parameter_count, capacity));
        s->parameters = items;
    }
    api_parameter *p = &s->parameters[s->parameter_count++];
    memset(p, 0, sizeof(*p));
    p->name = name.size > 0 ? arena_copy_string(&s->arena, name) : (string_view){0};
    return name.size > 0 && p->name.data == NULL ? DBX_NOMEM : DBX_OK;
}

static dbx_status statement_find_parameters(dbx_statement *s) {
    uint32_t capacity = 0;
    size_t offset = 0, size = 0;
    for (;;) {
        dbx_token_kind kind = dbx_next_token(s->sql.data, s->sql.size, &offset, &size);
        if (kind == DBX_TOKEN_END) return DBX_OK;
        if (kind != DBX_TOKEN_PARAMETER) continue;
        string_view text = {s->sql.data + offset - size, size};
        string_view name =
            text.data[0] == ':' ? (string_view){text.data + 1, size - 1} : (string_view){0};
        TRY(statement_add_parameter(s, name, &capacity));
    }
}

dbx_status dbx_prepare(dbx_connection *connection, const char *sql, dbx_statement **statement) {
    *statement = NULL;
    api_start(connection);
    ledger *l = &connection->session->ledger;
    dbx_statement *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(&connection->session->error);
    s->connection = connection;
    arena_init(&s->arena, l);
    arena_init(&s->row_values, l);
    buffer_init(&s->sql, l);
    dbx_status status = buffer_append_sv(&s->sql, sv_from(sql));
    if (status == DBX_OK) status = statement_find_parameters(s);
    if (status == DBX_NOMEM) error_nomem(&connection->session->error);
    arena trees;
    arena_init(&trees, l);
    ast_statement_list list;
    parser_options options = session_parser_options(connection->session);
    if (status == DBX_OK) {
        status = parser_parse(&trees, buffer_view(&s->sql), &options, &list,
                              &connection->session->error);
        if (status == DBX_OK && list.count != 1)
            status = api_misuse(connection, "A prepared text holds one statement");
        if (status != DBX_OK) api_remember(connection, sv_from(sql));
    }
    arena_deinit(&trees);
    for (uint32_t i = 0; i < s->parameter_count; i++) arena_init(&s->parameters[i].arena, l);
    s->bound = ARENA_ARRAY(&s->arena, statement_parameter, MAX(s->parameter_count, 1u));
    if (status == DBX_OK && s->bound == NULL) status = error_nomem(&connection->session->error);
    if (status != DBX_OK) {
        dbx_statement_free(s);
        return status;
    }
    *statement = s;
    return DBX_OK;
}

void dbx_statement_free(dbx_statement *statement) {
    if (statement == NULL) return;
    ledger *l = &statement->connection->session->ledger;
    for (uint32_t i = 0; i < statement->parameter_count; i++)
        arena_deinit(&statement->parameters[i].arena);
    result_free(statement->described);
    if (statement->has_rows) collection_deinit(&statement->rows);
    arena_deinit(&statement->row_values);
    arena_deinit(&statement->arena);
    buffer_deinit(&statement->sql);
    mem_free(l, statement, sizeof(*statement));
}

uint32_t dbx_parameter_count(const dbx_statement *statement) {
    return statement->parameter_count;
}

const char *dbx_parameter_name(const dbx_statement *statement, uint32_t index) {
    if (index == 0 || index > statement->parameter_count) return NULL;
    return statement->parameters[index - 1].name.data;
}

uint32_t dbx_parameter_index(const dbx_statement *statement, const char *name) {
    for (uint32_t i = 0; i < statement->parameter_count; i++) {
        if (sv_equal(statement->parameters[i].name, sv_from(name))) return i + 1;
    }
    return 0;
}

/* ---- binding ---- */

/* Makes parameter `index` an empty constant of a type, to be filled by the caller. */
static dbx_status bind_start(dbx_statement *s, uint32_t index, type t, api_parameter **out) {
    api_start(s->connection);
    if (index == 0 || index > s->parameter_count)
        return api_misuse(s->connection, "There is no such parameter");
    api_parameter *p = &s->parameters[index - 1];
    result_free(s->described);
    s->described = NULL;
    p->bound = false;
    arena_reset(&p->arena);
    if (vector_init(&p->value, t, 1, &p->arena) != DBX_OK)
        return error_nomem(&s->connection->session->error);
    p->value.form = VECTOR_CONSTANT;
    p->bound = true;
    *out = p;
    return DBX_OK;
}

dbx_status dbx_bind_null(dbx_statement *statement, uint32_t index) {
    api_parameter *p;
    TRY(bind_start(statement, index, type_simple(TYPE_VOID), &p));
    return vector_set_constant_null(&p->value, &p->arena);
}

#define BIND_FIXED(name, ctype, parameter, type_of, expression)                                    \
    dbx_status dbx_bind_##name(dbx_statement *statement, uint32_t index, parameter value) {        \
        api_parameter *p;                                                                          \
        TRY(bind_start(statement, index, type_of, &p));                                            \
        VECTOR_DATA(&p->value, ctype)[0] = expression;                                             \
        return DBX_OK;                                                                             \
    }

BIND_FIXED(boolean, uint8_t, bool, type_simple(TYPE_BOOLEAN), value)
BIND_FIXED(int8, int8_t, int8_t, type_simple(TYPE_TINYINT), value)
BIND_FIXED(int16, int16_t, int16_t, type_simple(TYPE_SMALLINT), value)
BIND_FIXED(int32, int32_t, int32_t, type_simple(TYPE_INT), value)
BIND_FIXED(int64, int64_t, int64_t, type_simple(TYPE_BIGINT), value)
BIND_FIXED(float, float, float, type_simple(TYPE_FLOAT), value)
BIND_FIXED(double, double, double, type_simple(TYPE_DOUBLE), value)
BIND_FIXED(date, int32_t, dbx_date, type_simple(TYPE_DATE), value.days)
BIND_FIXED(timestamp, int64_t, dbx_timestamp, type_simple(TYPE_TIMESTAMP), value.micros)
BIND_FIXED(timestamp_ntz, int64_t, dbx_timestamp, type_simple(TYPE_TIMESTAMP_NTZ), value.micros)
BIND_FIXED(interval, dbx_interval, dbx_interval, type_simple(TYPE_INTERVAL), value)

dbx_status dbx_bind_decimal(dbx_statement *statement, uint32_t index, dbx_decimal value) {
    bool valid = value.precision >= 1 && value.precision <= DECIMAL_PRECISION_MAX &&
                 value.scale <= value.precision;
    if (!valid)
        return api_misuse(statement->connection,
                          "The decimal's precision or scale is out of range");
    api_parameter *p;
    TRY(bind_start(statement, index, type_decimal(value.precision, value.scale), &p));
    __int128 unscaled = (__int128)(((unsigned __int128)(uint64_t)value.upper << 64) | value.lower);
    if (p->value.phys == PHYS_INT128)
        VECTOR_DATA(&p->value, __int128)[0] = unscaled;
    else
        VECTOR_DATA(&p->value, int64_t)[0] = (int64_t)unscaled;
    return DBX_OK;
}

static dbx_status bind_bytes(dbx_statement *s, uint32_t index, type_id id, const void *data,
                             size_t size) {
    api_parameter *p;
    TRY(bind_start(s, index, type_simple(id), &p));
    string_view copy = arena_copy_string(&p->arena, (string_view){data, size});
    if (copy.data == NULL) return error_nomem(&s->connection->session->error);
    VECTOR_DATA(&p->value, vstring)[0] = vstring_from(copy.data, copy.size);
    return DBX_OK;
}

dbx_status dbx_bind_string(dbx_statement *statement, uint32_t index, const char *data,
                           size_t size) {
    return bind_bytes(statement, index, TYPE_STRING, data, size);
}

dbx_status dbx_bind_binary(dbx_statement *statement, uint32_t index, const void *data,
                           size_t size) {
    return bind_bytes(statement, index, TYPE_BINARY, data, size);
}

/* The text is cast by running SELECT CAST(? AS type), so that every type and rule is the engine's.
 */
dbx_status dbx_bind_text(dbx_statement *statement, uint32_t index, const char *type_text,
                         const char *text, size_t size) {
    TRY(bind_bytes(statement, index, TYPE_STRING, text, size));
    dbx_connection *c = statement->connection;
    api_parameter *p = &statement->parameters[index - 1];
    buffer sql;
    buffer_init(&sql, &c->session->ledger);
    dbx_status status = buffer_printf(&sql, "SELECT CAST(? AS %s)", type_text);
    if (status != DBX_OK) error_nomem(&c->session->error);
    statement_parameter item = {.value = &p->value};
    statement_parameters one = {&item, 1};
    query_result *r = NULL;
    if (status == DBX_OK) status = session_run(c->session, buffer_view(&sql), &one, false, &r);
    if (status == DBX_OK && r->rows.rows == 1 && r->column_count == 1) {
        vector cast;
        type t;
        arena fresh;
        arena_init(&fresh, &c->session->ledger);
        status = type_copy(&fresh, r->columns[0].type, &t);
        if (status == DBX_OK) status = vector_init(&cast, t, 1, &fresh);
        if (status == DBX_OK) {
            status =
                vector_copy(&cast, 0, &r->rows.chunks.items[0]->columns[0], NULL, 0, 1, &fresh);
        }
        if (status == DBX_OK) {
            cast.form = VECTOR_CONSTANT;
            arena_deinit(&p->arena);
            p->arena = fresh;
            p->value = cast;
        } else {
            arena_deinit(&fresh);
            error_nomem(&c->session->error);
        }
    }
    result_free(r);
    buffer_deinit(&sql);
    if (status != DBX_OK) p->bound = false;
    return status;
}

void dbx_clear_bindings(dbx_statement *statement) {
    for (uint32_t i = 0; i < statement->parameter_count; i++)
        statement->parameters[i].bound = false;
    if (statement->has_rows) collection_deinit(&statement->rows);
    statement->has_rows = false;
}

/* ---- running ---- */

static statement_parameters statement_gather(dbx_statement *s) {
    for (uint32_t i = 0; i < s->parameter_count; i++) {
        s->bound[i].name = s->parameters[i].name;
        s->bound[i].value = s->parameters[i].bound ? &s->parameters[i].value : NULL;
    }
    return (statement_parameters){s->bound, s->parameter_count};
}

/* Makes row r of the bound rows the parameters. */
static dbx_status statement_bind_row(dbx_statement *s, const chunk *rows, uint32_t r) {
    arena *values = &s->row_values;
    arena_reset(values);
    for (uint32_t i = 0; i < s->parameter_count; i++) {
        vector *value = ARENA_NEW(values, vector);
        if (value == NULL || vector_init(value, s->rows.types[i], 1, values) != DBX_OK ||
            vector_copy(value, 0, &rows->columns[i], NULL, r, 1, values) != DBX_OK) {
            return error_nomem(&s->connection->session->error);
        }
        value->form = VECTOR_CONSTANT;
        s->bound[i].value = value;
    }
    return DBX_OK;
}

/* Adds the rows and counts of a further execution. */
static dbx_status statement_join(dbx_statement *s, query_result *all, const query_result *next) {
    error *err = &s->connection->session->error;
    bool same = all->column_count == next->column_count;
    for (uint32_t i = 0; same && i < all->column_count; i++)
        same = type_equal(all->columns[i].type, next->columns[i].type);
    if (!same) return api_misuse(s->connection, "The bound rows give results of different columns");
    for (uint32_t i = 0; i < next->rows.chunks.count; i++) {
        if (collection_append(&all->rows, next->rows.chunks.items[i]) != DBX_OK)
            return error_nomem(err);
    }
    if (next->rows_changed >= 0) all->rows_changed += next->rows_changed;
    return DBX_OK;
}

/* The columns of the result, with NULL for what is not bound. */
static dbx_status statement_describe_with_nulls(dbx_statement *s, query_result **out) {
    statement_parameters parameters = statement_gather(s);
    uint64_t no_bits = 0;
    uint8_t zero = 0;
    vector null = {.type = type_simple(TYPE_VOID), .form = VECTOR_CONSTANT, .phys = PHYS_BOOL};
    null.validity = &no_bits;
    null.data = &zero;
    for (uint32_t i = 0; i < parameters.count; i++) {
        if (s->bound[i].value == NULL) s->bound[i].value = &null;
    }
    return session_describe(s->connection->session, buffer_view(&s->sql), &parameters, out);
}

/* One execution a bound Arrow row, all or none of them; results follow each other. */
static dbx_status statement_execute_rows(dbx_statement *s, dbx_result **out) {
    session *owner = s->connection->session;
    statement_parameters parameters = statement_gather(s);
    query_result *all = NULL;
    bool started = false;
    dbx_status status = s->rows.rows > 1 ? session_transaction_start(owner, &started) : DBX_OK;
    for (uint32_t c = 0; status == DBX_OK && c < s->rows.chunks.count; c++) {
        const chunk *rows = s->rows.chunks.items[c];
        for (uint32_t r = 0; status == DBX_OK && r < rows->rows; r++) {
            query_result *next = NULL;
            status = statement_bind_row(s, rows, r);
            if (status == DBX_OK)
                status = session_run(owner, buffer_view(&s->sql), &parameters, false, &next);
            if (status == DBX_OK && all != NULL) status = statement_join(s, all, next);
            if (all != NULL)
                result_free(next);
            else
                all = next;
        }
    }
    status = session_transaction_end(owner, started, status);
    if (status == DBX_OK && all == NULL) status = statement_describe_with_nulls(s, &all);
    if (status != DBX_OK) api_remember(s->connection, buffer_view(&s->sql));
    if (status == DBX_OK && out != NULL) return api_result_new(s->connection, all, out);
    result_free(all);
    return status;
}

static dbx_status statement_execute(dbx_statement *s, bool stream, dbx_result **out) {
    api_start(s->connection);
    if (out != NULL) *out = NULL;
    if (s->has_rows && s->rows.rows == 1) {
        statement_parameters parameters = statement_gather(s);
        TRY(statement_bind_row(s, s->rows.chunks.items[0], 0));
        return api_run(s->connection, buffer_view(&s->sql), &parameters, stream, out);
    }
    if (s->has_rows) return statement_execute_rows(s, out);
    for (uint32_t i = 0; i < s->parameter_count; i++) {
        if (s->parameters[i].bound) continue;
        return error_raisef(&s->connection->session->error, ERR_UNBOUND_SQL_PARAMETER, (span){0, 0},
                            "name", "%s",
                            s->parameters[i].name.data ? s->parameters[i].name.data : "?");
    }
    statement_parameters parameters = statement_gather(s);
    return api_run(s->connection, buffer_view(&s->sql), &parameters, stream, out);
}

dbx_status dbx_execute(dbx_statement *statement, dbx_result **result) {
    return statement_execute(statement, false, result);
}

dbx_status dbx_execute_stream(dbx_statement *statement, dbx_result **result) {
    return statement_execute(statement, true, result);
}

/* ---- columns before execution ---- */

/* Plans with the current bindings and keeps the columns. */
dbx_status api_statement_describe(dbx_statement *s, const query_result **out) {
    api_start(s->connection);
    dbx_status status = DBX_OK;
    if (s->described == NULL) status = statement_describe_with_nulls(s, &s->described);
    if (status != DBX_OK) s->described = NULL;
    *out = s->described;
    return status;
}

static const query_result *statement_describe_columns(dbx_statement *s) {
    const query_result *described = s->described;
    if (described == NULL && api_statement_describe(s, &described) != DBX_OK) return NULL;
    return described;
}

uint32_t dbx_statement_column_count(dbx_statement *statement) {
    const query_result *r = statement_describe_columns(statement);
    return r != NULL ? r->column_count : 0;
}

const char *dbx_statement_column_name(dbx_statement *statement, uint32_t column) {
    const query_result *r = statement_describe_columns(statement);
    return r != NULL && column < r->column_count ? r->columns[column].name.data : NULL;
}

const char *dbx_statement_column_type_name(dbx_statement *statement, uint32_t column) {
    const query_result *r = statement_describe_columns(statement);
    return r != NULL && column < r->column_count ? r->columns[column].type_name : NULL;
}

dbx_type dbx_statement_column_type(dbx_statement *statement, uint32_t column) {
    const query_result *r = statement_describe_columns(statement);
    return r != NULL && column < r->column_count ? (dbx_type)r->columns[column].type.id
                                                 : DBX_TYPE_VOID;
}

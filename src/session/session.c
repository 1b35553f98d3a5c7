/* session.c - see session.h. */
#include "session/session.h"

#include "parser/parser.h"
#include "session/information_schema.h"
#include "session/registered.h"
#include "session/statement.h"
#include "vector/time_zone.h"

enum { SESSION_NAMES_MAX = 255 };

/* ---- what the binder asks ---- */

static dbx_status session_host_relation(void *state, const string_view *parts, uint32_t part_count,
                                        binder_relation *out, error *err) {
    memset(out, 0, sizeof(*out));
    out->kind = BINDER_RELATION_NONE;
    session_source *registered = part_count == 1 ? session_find_source(state, parts[0]) : NULL;
    if (registered != NULL) {
        out->kind = BINDER_RELATION_SOURCE;
        out->name = registered->name;
        out->source = registered->source;
        return DBX_OK;
    }
    session *s = state;
    if (s->running == NULL) return DBX_OK;
    execution *e = (execution *)((char *)s->running - offsetof(execution, query));
    return information_schema_relation(&e->query, &e->arena, parts, part_count, out, err);
}

static dbx_status session_host_variable(void *state, const string_view *parts, uint32_t part_count,
                                        binder_variable *out, bool *found, error *err) {
    (void)err;
    const session_variable *v = statement_lookup_variable(state, parts, part_count);
    *found = v != NULL;
    if (v != NULL) *out = (binder_variable){.type = v->type, .value = &v->value};
    return DBX_OK;
}

/* ---- life ---- */

static dbx_status session_keep_name(session *s, string_view name, string_view *out) {
    string_view copy = arena_copy_string(&s->names, name);
    if (copy.data == NULL) return error_nomem(&s->error);
    *out = copy;
    return DBX_OK;
}

dbx_status session_set_current(session *s, string_view space, string_view schema) {
    string_view kept_space = s->current_catalog, kept_schema = s->current_schema;
    if (space.size > 0) TRY(session_keep_name(s, space, &kept_space));
    if (schema.size > 0) TRY(session_keep_name(s, schema, &kept_schema));
    os_mutex_lock(&s->running_lock);
    s->current_catalog = kept_space;
    s->current_schema = kept_schema;
    os_mutex_unlock(&s->running_lock);
    return DBX_OK;
}

void session_current(session *s, string_view *space, string_view *schema) {
    os_mutex_lock(&s->running_lock);
    *space = s->current_catalog;
    *schema = s->current_schema;
    os_mutex_unlock(&s->running_lock);
}

dbx_status session_new(database *db, session **out) {
    *out = NULL;
    session *s = mem_alloc_zero(&db->ledger, sizeof(*s));
    if (s == NULL) return DBX_NOMEM;
    s->db = db;
    s->random_state = os_random_seed();
    ledger_init(&s->ledger, &db->ledger, "session", SIZE_MAX);
    error_init(&s->error);
    arena_init(&s->names, &s->ledger);
    arena_init(&s->zone_arena, &s->ledger);
    settings_init(&s->settings, &s->ledger);
    os_mutex_init(&s->running_lock);
    s->host = (binder_host){.state = s,
                            .relation = session_host_relation,
                            .variable = session_host_variable,
                            .native = registered_native,
                            .table_function = registered_table_function};
    s->current_catalog = SV(CATALOG_DEFAULT_NAME);
    s->current_schema = SV(CATALOG_DEFAULT_SCHEMA);
    char user[SESSION_NAMES_MAX + 1];
    bool named = os_environment("USER", user, sizeof(user));
    dbx_status status = session_keep_name(s, named ? sv_from(user) : SV("dbx"), &s->user_name);
    os_mutex_lock(&db->lock);
    if (status == DBX_OK) status = settings_copy(&s->settings, &db->settings);
    os_mutex_unlock(&db->lock);
    if (status == DBX_OK) status = catalog_session_new(db->catalog, &s->objects, &s->error);
    atomic_fetch_add(&db->sessions, 1);
    if (status != DBX_OK) {
        session_free(s);
        return status;
    }
    *out = s;
    return DBX_OK;
}

void session_variable_free(session *s, session_variable *v) {
    arena_deinit(&v->arena);
    mem_free(&s->ledger, v, sizeof(*v));
}

void session_free(session *s) {
    if (s == NULL) return;
    assert(s->running == NULL);
    if (s->txn != NULL) txn_rollback(s->txn);
    while (s->variables != NULL) {
        session_variable *v = s->variables;
        s->variables = v->next;
        session_variable_free(s, v);
    }
    while (s->sources != NULL) {
        session_source *entry = s->sources;
        s->sources = entry->next;
        source_free(entry->source);
        mem_free(&s->ledger, entry, sizeof(*entry) + entry->name.size + 1);
    }
    catalog_session_free(s->objects);
    arena_deinit(&s->zone_arena);
    settings_deinit(&s->settings);
    arena_deinit(&s->names);
    error_deinit(&s->error);
    os_mutex_deinit(&s->running_lock);
    ledger_deinit(&s->ledger);
    database *db = s->db;
    mem_free(&db->ledger, s, sizeof(*s));
    atomic_fetch_sub(&db->sessions, 1);
}

/* ---- from other threads ---- */

bool session_interrupt(session *s) {
    os_mutex_lock(&s->running_lock);
    bool running = s->running != NULL;
    if (running) atomic_store(&s->running->cancelled, true);
    os_mutex_unlock(&s->running_lock);
    return running;
}

dbx_progress_info session_progress(session *s) {
    dbx_progress_info info = {.fraction = -1};
    os_mutex_lock(&s->running_lock);
    if (s->running != NULL) {
        uint64_t total = atomic_load(&s->running->units_total);
        uint64_t done = atomic_load(&s->running->units_done);
        if (total > 0) info.fraction = (double)MIN(done, total) / (double)total;
        info.rows_read = atomic_load(&s->running->rows_read);
        info.bytes_read = atomic_load(&s->running->bytes_read);
    }
    os_mutex_unlock(&s->running_lock);
    return info;
}

/* ---- time zone ---- */

dbx_status session_time_zone_find(session *s, const struct time_zone **out) {
    string_view name = s->settings.timezone;
    if (s->zone == NULL || !sv_equal(name, s->zone_name)) {
        arena fresh;
        arena_init(&fresh, &s->ledger);
        const time_zone *zone;
        dbx_status status = name.size == 0 ? time_zone_load_system(&fresh, &zone, &s->error)
                                           : time_zone_load(&fresh, name, &zone, &s->error);
        string_view kept = arena_copy_string(&fresh, name);
        if (status == DBX_OK && kept.data == NULL) status = error_nomem(&s->error);
        if (status != DBX_OK) {
            arena_deinit(&fresh);
            return status;
        }
        arena_deinit(&s->zone_arena);
        s->zone_arena = fresh;
        s->zone = zone;
        s->zone_name = kept;
    }
    *out = s->zone;
    return DBX_OK;
}

const struct time_zone *session_time_zone(session *s) {
    const struct time_zone *zone = NULL;
    error ignored = s->error;
    error_init(&s->error);
    if (session_time_zone_find(s, &zone) != DBX_OK) zone = s->zone;
    error_clear(&s->error);
    s->error = ignored;
    return zone;
}

/* ---- temporary objects ---- */

session_variable *session_find_variable(const session *s, string_view name) {
    for (session_variable *v = s->variables; v != NULL; v = v->next) {
        if (sv_equal_ignore_case(v->name, name)) return v;
    }
    return NULL;
}

static dbx_status session_variable_fill(session_variable *v, type t, const vector *value) {
    TRY(type_copy(&v->arena, t, &v->type));
    TRY(vector_init(&v->value, v->type, 1, &v->arena));
    TRY(vector_copy(&v->value, 0, value, NULL, 0, 1, &v->arena));
    v->value.form = VECTOR_CONSTANT;
    return DBX_OK;
}

dbx_status session_variable_new(session *s, string_view name, type t, const vector *value,
                                string_view default_sql, session_variable **out) {
    session_variable *v = mem_alloc_zero(&s->ledger, sizeof(*v));
    if (v == NULL) return error_nomem(&s->error);
    arena_init(&v->arena, &s->ledger);
    v->name = arena_copy_string(&v->arena, name);
    v->default_sql = arena_copy_string(&v->arena, default_sql);
    bool ok = v->name.data != NULL && v->default_sql.data != NULL;
    if (!ok || session_variable_fill(v, t, value) != DBX_OK) {
        session_variable_free(s, v);
        return error_nomem(&s->error);
    }
    *out = v;
    return DBX_OK;
}

dbx_status session_variable_assign(session *s, session_variable *v, const vector *value) {
    session_variable *fresh;
    TRY(session_variable_new(s, v->name, v->type, value, v->default_sql, &fresh));
    arena_deinit(&v->arena);
    fresh->next = v->next;
    *v = *fresh;
    mem_free(&s->ledger, fresh, sizeof(*fresh));
    return DBX_OK;
}

dbx_status session_variable_set(session *s, string_view name, type t, const vector *value,
                                string_view default_sql) {
    session_variable *v;
    TRY(session_variable_new(s, name, t, value, default_sql, &v));
    session_variable_drop(s, name);
    v->next = s->variables;
    s->variables = v;
    return DBX_OK;
}

bool session_variable_drop(session *s, string_view name) {
    for (session_variable **at = &s->variables; *at != NULL; at = &(*at)->next) {
        if (!sv_equal_ignore_case((*at)->name, name)) continue;
        session_variable *gone = *at;
        *at = gone->next;
        session_variable_free(s, gone);
        return true;
    }
    return false;
}

session_source *session_find_source(const session *s, string_view name) {
    for (session_source *entry = s->sources; entry != NULL; entry = entry->next) {
        if (sv_equal_ignore_case(entry->name, name)) return entry;
    }
    return NULL;
}

dbx_status session_add_source(session *s, string_view name, source *rows) {
    session_source *entry = session_find_source(s, name);
    if (entry != NULL) {
        source_free(entry->source);
        entry->source = rows;
        return DBX_OK;
    }
    entry = mem_alloc_zero(&s->ledger, sizeof(*entry) + name.size + 1);
    if (entry == NULL) {
        source_free(rows);
        return error_nomem(&s->error);
    }
    char *text = (char *)(entry + 1);
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    entry->name = (string_view){text, name.size};
    entry->source = rows;
    entry->next = s->sources;
    s->sources = entry;
    return DBX_OK;
}

void session_remove_source(session *s, string_view name) {
    for (session_source **at = &s->sources; *at != NULL; at = &(*at)->next) {
        if (!sv_equal_ignore_case((*at)->name, name)) continue;
        session_source *gone = *at;
        *at = gone->next;
        source_free(gone->source);
        mem_free(&s->ledger, gone, sizeof(*gone) + gone->name.size + 1);
        return;
    }
}

/* ---- transactions around several statements ---- */

dbx_status session_transaction_start(session *s, bool *started) {
    *started = s->txn == NULL;
    if (!*started) return DBX_OK;
    s->txn_failed = false;
    return txn_begin(s->db->catalog, s->objects, NULL, &s->txn, &s->error);
}

dbx_status session_transaction_end(session *s, bool started, dbx_status status) {
    if (!started || s->txn == NULL) return status; /* a statement may have ended it */
    struct txn *t = s->txn;
    s->txn = NULL;
    s->txn_failed = false;
    if (status == DBX_OK) return txn_commit(t, &s->error);
    txn_rollback(t);
    return status;
}

/* ---- running text ---- */

parser_options session_parser_options(const session *s) {
    return (parser_options){.double_quoted_identifiers = s->settings.double_quoted_identifiers,
                            .ansi_reserved = s->settings.reserved_keywords,
                            .identifier_clause_legacy = s->settings.identifier_clause_legacy};
}

dbx_status session_run(session *s, string_view sql, const statement_parameters *parameters,
                       bool stream, query_result **out) {
    *out = NULL;
    if (s->streaming) {
        return error_raise(&s->error, ERR_MISUSE, (span){0, 0}, "message",
                           "A streaming result of this connection is still open", NULL);
    }
    arena trees;
    arena_init(&trees, &s->ledger);
    parser_options options = session_parser_options(s);
    ast_statement_list list;
    dbx_status status = parser_parse(&trees, sql, &options, &list, &s->error);
    for (uint32_t i = 0; status == DBX_OK && i < list.count; i++) {
        result_free(*out);
        *out = NULL;
        bool stream_this = stream && i + 1 == list.count;
        status = statement_run(s, sql, list.items[i], parameters, stream_this, out);
    }
    arena_deinit(&trees);
    return status;
}

/* A query is bound for its columns; any other statement has none before it runs. */
dbx_status session_describe(session *s, string_view sql, const statement_parameters *parameters,
                            query_result **out) {
    *out = NULL;
    arena trees;
    arena_init(&trees, &s->ledger);
    parser_options options = session_parser_options(s);
    ast_statement_list list;
    execution *e = NULL;
    dbx_status status = parser_parse(&trees, sql, &options, &list, &s->error);
    bool is_query = status == DBX_OK && list.count == 1 && list.items[0]->kind == AST_QUERY;
    plan_node *root = NULL;
    if (is_query) status = execution_new(s, sql, parameters, &e);
    if (is_query && status == DBX_OK) {
        status = binder_bind_query(&e->binder, AST_AS(ast_query, list.items[0]), &root);
    }
    uint32_t count = root != NULL ? root->column_count : 0;
    result_column *columns = status == DBX_OK ? ARENA_ARRAY(&trees, result_column, count) : NULL;
    if (status == DBX_OK && columns == NULL) status = error_nomem(&s->error);
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        columns[i] = (result_column){.name = root->columns[i].name,
                                     .type = root->columns[i].type,
                                     .nullable = root->columns[i].nullable};
    }
    if (status == DBX_OK && result_new(&s->ledger, "SELECT", columns, count, out) != DBX_OK) {
        status = error_nomem(&s->error);
    }
    if (e != NULL) (void)!execution_end(e, DBX_ERROR, &s->error);
    execution_free(e);
    arena_deinit(&trees);
    return status;
}

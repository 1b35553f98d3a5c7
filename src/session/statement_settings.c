/* statement_settings.c - SET, RESET, USE, BEGIN/COMMIT/ROLLBACK: what changes the session rather
 * than the database. */
#include "session/statement.h"

#include "functions/cast.h"
#include "functions/signature.h"

#include "parser/parser.h"

#include <stdio.h>

/* ---- SET, RESET ---- */

static const result_builder_column set_columns[] = {
    {"key", TYPE_STRING, false}, {"value", TYPE_STRING, false}, {"meaning", TYPE_STRING, false}};

static dbx_status set_row(result_builder *b, string_view key, string_view value,
                          const char *meaning) {
    TRY(result_builder_text(b, 0, key));
    TRY(result_builder_text(b, 1, value));
    if (meaning != NULL) TRY(result_builder_text(b, 2, sv_from(meaning)));
    return result_builder_row(b);
}

static dbx_status set_show_all(session *s, result_builder *b, bool documented) {
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    buffer text;
    buffer_init(&text, &s->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        buffer_clear(&text);
        string_view key =
            sv_from(rows[i].spark_name[0] != '\0' ? rows[i].spark_name : rows[i].name);
        (void)session_get(s, key, &text);
        string_view value = text.size > 0 ? buffer_view(&text) : SV("");
        status = set_row(b, key, value, documented ? rows[i].doc : NULL);
    }
    for (uint32_t i = 0; status == DBX_OK && i < s->settings.others.count; i++) {
        const settings_entry *entry = &s->settings.others.items[i];
        status = set_row(b, entry->key, entry->value, documented ? "" : NULL);
    }
    buffer_deinit(&text);
    return status;
}

static dbx_status set_show_one(session *s, result_builder *b, string_view key) {
    buffer text;
    buffer_init(&text, &s->ledger);
    bool known = session_get(s, key, &text);
    string_view value = !known ? SV("<undefined>") : text.size > 0 ? buffer_view(&text) : SV("");
    dbx_status status = set_row(b, key, value, NULL);
    buffer_deinit(&text);
    return status;
}

/* SET x = 1 where x is a variable is a slip for SET VAR. */
static dbx_status set_check_variable(statement_call *call, string_view key) {
    execution *e = call->execution;
    ast_name *name;
    error ignored;
    error_init(&ignored);
    dbx_status status = parser_parse_name(&e->arena, key, NULL, &name, &ignored);
    error_deinit(&ignored);
    if (status != DBX_OK || name->parts.count > 3) return DBX_OK;
    string_view parts[3];
    for (uint32_t i = 0; i < name->parts.count; i++) parts[i] = name->parts.items[i].text;
    if (statement_lookup_variable(e->session, parts, name->parts.count) == NULL) return DBX_OK;
    return error_raise(e->err, ERR_UNSUPPORTED_FEATURE__SET_VARIABLE_USING_SET, call->node->span,
                       "variableName", statement_quote(call, parts, name->parts.count), NULL);
}

static dbx_status set_value(statement_call *call, string_view key, string_view value,
                            result_builder *b) {
    execution *e = call->execution;
    TRY(set_check_variable(call, key));
    if (sv_equal_ignore_case(key, SV("spark.sql.session.collation.default")) ||
        sv_equal_ignore_case(key, SV("dbx.collation"))) {
        uint16_t unused;
        TRY(fn_bind_collation(&e->query, value, call->node->span, &unused, e->err));
    }
    TRY(session_set(e->session, key, value));
    return set_row(b, key, value, NULL);
}

static dbx_status set_time_zone(statement_call *call, const ast_set *set, result_builder *b) {
    string_view zone = set->local ? SV("") : set->value;
    char offset[16];
    if (set->interval != NULL) {
        const vector *value;
        type interval = type_interval_dt(INTERVAL_HOUR, INTERVAL_SECOND);
        TRY(binder_evaluate(&call->execution->binder, set->interval, &interval, &value));
        int64_t seconds = VECTOR_DATA(value, int64_t)[0] / 1000000;
        int64_t magnitude = seconds < 0 ? -seconds : seconds;
        int n = snprintf(offset, sizeof(offset), "%c%02d:%02d", seconds < 0 ? '-' : '+',
                         (int)(magnitude / 3600 % 100), (int)(magnitude / 60 % 60));
        zone = (string_view){offset, (size_t)n};
    }
    return set_value(call, SV("spark.sql.session.timeZone"), zone, b);
}

dbx_status statement_set(statement_call *call, query_result **out) {
    const ast_set *set = AST_AS(ast_set, call->node);
    session *s = call->execution->session;
    bool documented = set->type == AST_SET_ALL_DOCUMENTED;
    result_builder b;
    TRY(result_builder_init(&b, &s->ledger, call->kind, set_columns, documented ? 3 : 2));
    dbx_status status = DBX_OK;
    switch (set->type) {
    case AST_SET_ALL:
    case AST_SET_ALL_DOCUMENTED:
        status = set_show_all(s, &b, documented);
        break;
    case AST_SET_SHOW:
        status = set_show_one(s, &b, set->key);
        break;
    case AST_SET_VALUE:
        status = set_value(call, set->key, set->value, &b);
        break;
    case AST_SET_TIME_ZONE:
        status = set_time_zone(call, set, &b);
        break;
    case AST_SET_COLLATION:
        status = set_value(call, SV("spark.sql.session.collation.default"), set->value, &b);
        break;
    case AST_SET_ROLE:
        status = statement_unsupported(call, "SET ROLE");
        break;
    }
    if (status == DBX_OK)
        *out = result_builder_finish(&b);
    else
        result_builder_deinit(&b);
    return status;
}

dbx_status statement_reset(statement_call *call, query_result **out) {
    const ast_reset *reset = AST_AS(ast_reset, call->node);
    session *s = call->execution->session;
    if (reset->key.data != NULL) {
        TRY(session_reset(s, reset->key));
    } else {
        TRY(session_reset_all(s));
    }
    return statement_result_empty(call, out);
}

/* ---- USE ---- */

dbx_status statement_use(statement_call *call, query_result **out) {
    const ast_use *use = AST_AS(ast_use, call->node);
    execution *e = call->execution;
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, use->name, parts, 2, &count));
    bool catalog_only = use->object == AST_OBJECT_CATALOG;
    if (!catalog_only && count == 1 && use->object == AST_OBJECT_OTHER &&
        catalog_find_schema(e->query.txn, e->query.current_catalog, parts[0]) == NULL &&
        catalog_find_space(e->query.txn, parts[0]) != NULL) {
        catalog_only = true; /* plain USE c */
    }
    string_view space_name = count == 2 || catalog_only ? parts[0] : e->query.current_catalog;
    string_view schema = catalog_only ? SV(CATALOG_DEFAULT_SCHEMA) : parts[count - 1];
    if (catalog_find_space(e->query.txn, space_name) == NULL) {
        return error_raise(e->err, ERR_CATALOG_NOT_FOUND, use->name->node.span, "catalogName",
                           statement_quote(call, &space_name, 1), NULL);
    }
    if (!catalog_only && catalog_find_schema(e->query.txn, space_name, schema) == NULL) {
        string_view path[] = {space_name, schema};
        return error_raise(e->err, ERR_SCHEMA_NOT_FOUND, use->name->node.span, "schemaName",
                           statement_quote(call, path, 2), NULL);
    }
    TRY(session_set_current(e->session, space_name, schema));
    return statement_result_empty(call, out);
}

/* ---- transactions ---- */

dbx_status statement_transaction(statement_call *call, query_result **out) {
    const ast_transaction *t = AST_AS(ast_transaction, call->node);
    execution *e = call->execution;
    session *s = e->session;
    if (t->type == AST_TRANSACTION_BEGIN) {
        if (s->txn != NULL)
            return error_raise(e->err, ERR_TRANSACTION_ACTIVE, call->node->span, NULL);
        txn_options options = {.read_only = t->read_only};
        TRY(txn_begin(s->db->catalog, s->objects, &options, &s->txn, e->err));
        s->txn_failed = false;
        return statement_result_empty(call, out);
    }
    if (s->txn == NULL) return error_raise(e->err, ERR_NOT_IN_TRANSACTION, call->node->span, NULL);
    struct txn *ended = s->txn;
    bool failed = s->txn_failed;
    if (t->type == AST_TRANSACTION_COMMIT && failed) {
        return error_raise(e->err, ERR_TRANSACTION_FAILED, call->node->span, NULL);
    }
    s->txn = NULL;
    s->txn_failed = false;
    e->query.txn = NULL;
    if (t->type == AST_TRANSACTION_COMMIT) {
        TRY(txn_commit(ended, e->err));
    } else {
        txn_rollback(ended);
    }
    return statement_result_empty(call, out);
}

/* statement_settings.c - SET, RESET, USE, BEGIN/COMMIT/ROLLBACK, variables, EXECUTE IMMEDIATE: what
 * changes the session rather than the database. */
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

static dbx_status set_value(statement_call *call, string_view key, string_view value,
                            result_builder *b) {
    execution *e = call->execution;
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

/* ---- variables ---- */

static dbx_status variable_name(statement_call *call, const ast_name *name, string_view *out) {
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, name, parts, 3, &count));
    *out = parts[count - 1];
    return DBX_OK;
}

dbx_status statement_declare_variable(statement_call *call, query_result **out) {
    const ast_declare_variable *d = AST_AS(ast_declare_variable, call->node);
    execution *e = call->execution;
    type declared;
    const type *target = NULL;
    if (d->type != NULL) {
        TRY(binder_bind_type(&e->binder, d->type, &declared));
        target = &declared;
    }
    const vector *value = NULL;
    if (d->value != NULL) {
        TRY(binder_evaluate(&e->binder, d->value, target, &value));
    } else {
        vector *null = ARENA_NEW(&e->arena, vector);
        if (null == NULL ||
            vector_init(null, target ? *target : type_simple(TYPE_VOID), 1, &e->arena) != DBX_OK ||
            vector_set_constant_null(null, &e->arena) != DBX_OK) {
            return error_nomem(e->err);
        }
        value = null;
    }
    for (uint32_t i = 0; i < d->names.count; i++) {
        string_view name;
        TRY(variable_name(call, AST_AS(ast_name, d->names.items[i]), &name));
        if (!d->or_replace && session_find_variable(e->session, name) != NULL) {
            string_view path[] = {SV("system"), SV("session"), name};
            return error_raise(e->err, ERR_VARIABLE_ALREADY_EXISTS, d->names.items[i]->span,
                               "variableName", statement_quote(call, path, 3), NULL);
        }
        TRY(session_variable_set(e->session, name, value->type, value,
                                 d->value_text.data ? d->value_text : SV("")));
    }
    return statement_result_empty(call, out);
}

static dbx_status variable_find(statement_call *call, const ast_name *name,
                                session_variable **out) {
    string_view text;
    TRY(variable_name(call, name, &text));
    *out = session_find_variable(call->execution->session, text);
    if (*out != NULL) return DBX_OK;
    string_view path[] = {SV("system"), SV("session"), text};
    return error_raise(call->execution->err, ERR_VARIABLE_NOT_FOUND, name->node.span,
                       "variableName", statement_quote(call, path, 3), NULL);
}

static dbx_status variable_assign(statement_call *call, session_variable *variable,
                                  const vector *value) {
    string_view default_sql = variable->default_sql;
    arena keep; /* the new value may come from the variable that is replaced */
    arena_init(&keep, &call->execution->session->ledger);
    string_view name = arena_copy_string(&keep, variable->name);
    string_view sql = arena_copy_string(&keep, default_sql);
    type t;
    dbx_status status = name.data && sql.data ? type_copy(&keep, variable->type, &t) : DBX_NOMEM;
    if (status == DBX_OK)
        status = session_variable_set(call->execution->session, name, t, value, sql);
    else
        error_nomem(call->execution->err);
    arena_deinit(&keep);
    return status;
}

/* Values of all assignments are computed before any is made. */
dbx_status statement_set_variable(statement_call *call, query_result **out) {
    const ast_set_variable *set = AST_AS(ast_set_variable, call->node);
    execution *e = call->execution;
    if (set->query != NULL) return statement_set_variables_from_query(call, set, out);
    const vector **values = ARENA_ARRAY(&e->arena, const vector *, set->assignments.count);
    session_variable **targets = ARENA_ARRAY(&e->arena, session_variable *, set->assignments.count);
    if (values == NULL || targets == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < set->assignments.count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, set->assignments.items[i]);
        TRY(variable_find(call, a->target, &targets[i]));
        if (a->value->kind == AST_DEFAULT) {
            TRY(statement_variable_default(call, targets[i], &values[i]));
        } else {
            TRY(statement_scalar(call, a->value, &targets[i]->type, &values[i]));
        }
    }
    for (uint32_t i = 0; i < set->assignments.count; i++)
        TRY(variable_assign(call, targets[i], values[i]));
    return statement_result_empty(call, out);
}

/* The declared default, evaluated again; NULL without one. */
dbx_status statement_variable_default(statement_call *call, const session_variable *v,
                                      const vector **out) {
    execution *e = call->execution;
    string_view sql = v->default_sql.size > 0 ? v->default_sql : SV("NULL");
    ast_expr *tree;
    TRY(parser_parse_expression(&e->arena, sql, NULL, &tree, e->err));
    return binder_evaluate(&e->binder, tree, &v->type, out);
}

dbx_status statement_set_variables_from_query(statement_call *call, const ast_set_variable *set,
                                              query_result **out) {
    execution *e = call->execution;
    query_result *rows;
    TRY(statement_subquery(call, set->query, &rows));
    dbx_status status = DBX_OK;
    if (rows->rows.rows > 1) {
        status = error_raise(e->err, ERR_ROW_SUBQUERY_TOO_MANY_ROWS, set->query->node.span, NULL);
    } else if (rows->column_count != set->names.count) {
        status = error_raise(e->err, ERR_ASSIGNMENT_ARITY_MISMATCH, set->query->node.span,
                             "numTarget", arena_printf(&e->arena, "%u", set->names.count),
                             "numExpr", arena_printf(&e->arena, "%u", rows->column_count), NULL);
    }
    for (uint32_t i = 0; status == DBX_OK && i < set->names.count; i++) {
        session_variable *target;
        status = variable_find(call, AST_AS(ast_name, set->names.items[i]), &target);
        const vector *value = NULL;
        if (status == DBX_OK) status = statement_result_value(call, rows, i, &target->type, &value);
        if (status == DBX_OK) status = variable_assign(call, target, value);
    }
    result_free(rows);
    return status == DBX_OK ? statement_result_empty(call, out) : status;
}

/* ---- EXECUTE IMMEDIATE ---- */

static dbx_status immediate_parameters(statement_call *call, const ast_execute_immediate *x,
                                       statement_parameters *parameters) {
    execution *e = call->execution;
    uint32_t count = x->using_arguments.count;
    statement_parameter *items = ARENA_ARRAY(&e->arena, statement_parameter, count);
    if (items == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, x->using_arguments.items[i]);
        TRY(binder_evaluate(&e->binder, item->expr, NULL, &items[i].value));
        if (item->aliases.count > 0) {
            items[i].name = item->aliases.items[0].text;
        } else if (item->expr->kind == AST_COLUMN_REF) { /* a variable names its parameter */
            const ast_name *name = AST_AS(ast_column_ref, item->expr)->name;
            if (name->parts.count > 0)
                items[i].name = name->parts.items[name->parts.count - 1].text;
        }
    }
    *parameters = (statement_parameters){items, count};
    return DBX_OK;
}

dbx_status statement_execute_immediate(statement_call *call, query_result **out) {
    const ast_execute_immediate *x = AST_AS(ast_execute_immediate, call->node);
    execution *e = call->execution;
    const vector *text;
    type string = type_simple(TYPE_STRING);
    TRY(statement_scalar(call, x->sql, &string, &text));
    if (vector_is_null(text, 0)) {
        return error_raise(e->err, ERR_NULL_QUERY_STRING_EXECUTE_IMMEDIATE, x->sql->span, "varName",
                           arena_printf(&e->arena, SV_FMT,
                                        (int)(x->sql->span.end - x->sql->span.start),
                                        e->query.sql.data + x->sql->span.start),
                           NULL);
    }
    string_view sql = arena_copy_string(&e->arena, vstring_view(VECTOR_DATA(text, vstring)));
    statement_parameters parameters;
    TRY(immediate_parameters(call, x, &parameters));
    ast_statement_list list;
    parser_options options = session_parser_options(e->session);
    TRY(parser_parse(&e->arena, sql, &options, &list, e->err));
    if (list.count != 1)
        return statement_unsupported(call, "EXECUTE IMMEDIATE of several statements");
    if (list.items[0]->kind == AST_EXECUTE_IMMEDIATE) {
        return error_raise(e->err, ERR_NESTED_EXECUTE_IMMEDIATE, x->sql->span, "sqlString",
                           sql.data, NULL);
    }
    query_result *rows;
    TRY(statement_nested(call, sql, list.items[0], &parameters, &rows));
    if (x->into.count == 0) {
        *out = rows;
        return DBX_OK;
    }
    dbx_status status = DBX_OK;
    if (rows->rows.rows > 1)
        status = error_raise(e->err, ERR_ROW_SUBQUERY_TOO_MANY_ROWS, x->sql->span, NULL);
    for (uint32_t i = 0; status == DBX_OK && i < x->into.count; i++) {
        session_variable *target;
        const vector *value;
        status = variable_find(call, AST_AS(ast_name, x->into.items[i]), &target);
        if (status == DBX_OK) status = statement_result_value(call, rows, i, &target->type, &value);
        if (status == DBX_OK) status = variable_assign(call, target, value);
    }
    result_free(rows);
    return status == DBX_OK ? statement_result_empty(call, out) : status;
}

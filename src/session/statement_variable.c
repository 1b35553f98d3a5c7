/* statement_variable.c - DECLARE, SET VAR, DROP VARIABLE: variables of the session and of scripts.
 */
#include "session/script.h"

#include "eval/program.h"
#include "functions/cast.h"
#include "parser/parser.h"

/* ---- finding ---- */

/* x, session.x, system.session.x */
static bool variable_is_session_name(const string_view *parts, uint32_t count) {
    if (count == 1) return true;
    if (!sv_equal_ignore_case(parts[count - 2], SV("session"))) return false;
    return count == 2 || (count == 3 && sv_equal_ignore_case(parts[0], SV("system")));
}

session_variable *statement_lookup_variable(const session *s, const string_view *parts,
                                            uint32_t count) {
    session_variable *v = script_find_variable(s->script, parts, count);
    if (v != NULL) return v;
    return variable_is_session_name(parts, count) ? session_find_variable(s, parts[count - 1])
                                                  : NULL;
}

static dbx_status variable_unresolved(statement_call *call, const ast_name *name,
                                      const string_view *parts, uint32_t count, const char *path) {
    return error_raise(call->execution->err, ERR_UNRESOLVED_VARIABLE, name->node.span,
                       "variableName", statement_quote(call, parts, count), "searchPath", path,
                       NULL);
}

dbx_status statement_find_variable(statement_call *call, const ast_name *name,
                                   session_variable **out) {
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, name, parts, 3, &count));
    *out = statement_lookup_variable(call->execution->session, parts, count);
    if (*out != NULL) return DBX_OK;
    return variable_unresolved(call, name, parts, count, "`SYSTEM`.`SESSION`");
}

/* The name of a variable of the session that a statement makes or drops. */
dbx_status statement_session_variable_name(statement_call *call, const ast_name *name,
                                           string_view *out) {
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, name, parts, 3, &count));
    *out = parts[count - 1];
    if (variable_is_session_name(parts, count)) return DBX_OK;
    return variable_unresolved(call, name, parts, count, "`system`.`session`");
}

/* ---- values ---- */

dbx_status statement_cast_value(statement_call *call, arena *a, const vector *value,
                                const type *target, const vector **out) {
    execution *e = call->execution;
    *out = value;
    if (target == NULL || type_equal(value->type, *target)) return DBX_OK;
    expr *constant = expr_constant(a, value, call->node->span);
    expr *cast;
    if (constant == NULL) return error_nomem(e->err);
    cast_mode mode = e->session->settings.ansi ? CAST_ANSI : CAST_LEGACY;
    TRY(expr_cast_new(a, &e->query, constant, *target, mode, call->node->span, &cast, e->err));
    return expr_fold(a, &e->query, cast, out, e->err);
}

dbx_status statement_chunk_value(statement_call *call, arena *a, type t, const chunk *c,
                                 uint32_t column, uint32_t row, const type *target,
                                 const vector **out) {
    type own;
    vector *value = ARENA_NEW(a, vector);
    if (value == NULL || type_copy(a, t, &own) != DBX_OK ||
        vector_init(value, own, 1, a) != DBX_OK ||
        vector_copy(value, 0, &c->columns[column], NULL, row, 1, a) != DBX_OK)
        return error_nomem(call->execution->err);
    value->form = VECTOR_CONSTANT;
    return statement_cast_value(call, a, value, target, out);
}

/* ---- DECLARE ---- */

static dbx_status variable_null(statement_call *call, const type *t, const vector **out) {
    execution *e = call->execution;
    vector *null = ARENA_NEW(&e->arena, vector);
    if (null == NULL ||
        vector_init(null, t ? *t : type_simple(TYPE_VOID), 1, &e->arena) != DBX_OK ||
        vector_set_constant_null(null, &e->arena) != DBX_OK)
        return error_nomem(e->err);
    *out = null;
    return DBX_OK;
}

static dbx_status variable_default_value(statement_call *call, const ast_declare_variable *d,
                                         const type *target, string_view name, const vector **out) {
    execution *e = call->execution;
    if (d->value == NULL || d->value->kind == AST_DEFAULT) return variable_null(call, target, out);
    if (d->value->kind == AST_SUBQUERY) {
        string_view path[] = {SV("system"), SV("session"), name};
        string_view text = arena_copy_string(&e->arena, d->value_text);
        if (text.data == NULL) return error_nomem(e->err);
        return error_raise(e->err, ERR_INVALID_DEFAULT_VALUE__SUBQUERY_EXPRESSION, d->value->span,
                           "statement", "DECLARE VARIABLE", "colName",
                           statement_quote(call, path, 3), "defaultValue", text.data, NULL);
    }
    const vector *value;
    TRY(binder_evaluate(&e->binder, d->value, NULL, &value));
    return statement_cast_value(call, &e->arena, value, target, out);
}

static dbx_status variable_check_names(statement_call *call, const ast_declare_variable *d) {
    for (uint32_t i = 0; i < d->names.count; i++) {
        string_view name, other;
        TRY(statement_session_variable_name(call, AST_AS(ast_name, d->names.items[i]), &name));
        string_view path[] = {SV("system"), SV("session"), name};
        for (uint32_t k = 0; k < i; k++) {
            TRY(statement_session_variable_name(call, AST_AS(ast_name, d->names.items[k]), &other));
            if (!sv_equal_ignore_case(name, other)) continue;
            path[2] = other;
            return error_raise(call->execution->err, ERR_DUPLICATE_VARIABLE_NAME_INSIDE_DECLARE,
                               d->names.items[i]->span, "variableName",
                               statement_quote(call, path, 3), NULL);
        }
        if (d->or_replace || session_find_variable(call->execution->session, name) == NULL)
            continue;
        return error_raise(call->execution->err, ERR_VARIABLE_ALREADY_EXISTS,
                           d->names.items[i]->span, "variableName", statement_quote(call, path, 3),
                           NULL);
    }
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
    TRY(variable_check_names(call, d));
    for (uint32_t i = 0; i < d->names.count; i++) {
        string_view name;
        const vector *value;
        TRY(statement_session_variable_name(call, AST_AS(ast_name, d->names.items[i]), &name));
        TRY(variable_default_value(call, d, target, name, &value));
        TRY(session_variable_set(e->session, name, value->type, value,
                                 d->value_text.data ? d->value_text : SV("")));
    }
    return statement_result_empty(call, out);
}

/* ---- SET VAR ---- */

/* The declared default, evaluated again; NULL without one. */
dbx_status statement_variable_default(statement_call *call, const session_variable *v,
                                      const vector **out) {
    execution *e = call->execution;
    string_view sql = v->default_sql.size > 0 ? v->default_sql : SV("NULL");
    ast_expr *tree;
    const vector *value;
    TRY(parser_parse_expression(&e->arena, sql, NULL, &tree, e->err));
    TRY(binder_evaluate(&e->binder, tree, NULL, &value));
    return statement_cast_value(call, &e->arena, value, &v->type, out);
}

dbx_status statement_check_targets(statement_call *call, session_variable *const *targets,
                                   uint32_t count, span position) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (targets[i] != targets[k]) continue;
            return error_raise(call->execution->err, ERR_DUPLICATE_ASSIGNMENTS, position,
                               "nameList", statement_quote(call, &targets[i]->name, 1), NULL);
        }
    }
    return DBX_OK;
}

/* A DEFAULT that is part of an expression was read as a column of that name. */
static dbx_status variable_misplaced_default(statement_call *call, dbx_status status) {
    error *e = call->execution->err;
    bool unresolved = e->cls == ERR_UNRESOLVED_COLUMN__WITH_SUGGESTION ||
                      e->cls == ERR_UNRESOLVED_COLUMN__WITHOUT_SUGGESTION;
    if (status == DBX_OK || !unresolved || e->param_count == 0) return status;
    if (!sv_equal_ignore_case(sv_from(e->params[0].value), SV("`DEFAULT`"))) return status;
    span position = e->position;
    error_clear(e);
    return error_raise(e, ERR_DEFAULT_PLACEMENT_INVALID, position, NULL);
}

/* Values of all assignments are computed before any is made. */
static dbx_status variable_set_each(statement_call *call, const ast_set_variable *set) {
    execution *e = call->execution;
    uint32_t count = set->assignments.count;
    const vector **values = ARENA_ARRAY(&e->arena, const vector *, count);
    session_variable **targets = ARENA_ARRAY(&e->arena, session_variable *, count);
    if (values == NULL || targets == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, set->assignments.items[i]);
        TRY(statement_find_variable(call, a->target, &targets[i]));
    }
    TRY(statement_check_targets(call, targets, count, set->node.span));
    for (uint32_t i = 0; i < count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, set->assignments.items[i]);
        dbx_status status = a->value->kind == AST_DEFAULT
                                ? statement_variable_default(call, targets[i], &values[i])
                                : statement_scalar(call, a->value, &targets[i]->type, &values[i]);
        TRY(variable_misplaced_default(call, status));
    }
    for (uint32_t i = 0; i < count; i++)
        TRY(session_variable_assign(e->session, targets[i], values[i]));
    return DBX_OK;
}

/* ---- SET VAR (a, b) = (query) ---- */

static bool variable_is_default(const ast_expr *x) {
    if (x->kind == AST_DEFAULT) return true;
    if (x->kind != AST_COLUMN_REF) return false;
    const ast_name *name = AST_AS(ast_column_ref, x)->name;
    return name->parts.count == 1 && !name->parts.items[0].quoted &&
           name->parts.items[0].text.data != NULL &&
           sv_equal_ignore_case(name->parts.items[0].text, SV("DEFAULT"));
}

static dbx_status variable_default_tree(statement_call *call, const session_variable *v,
                                        ast_expr **out) {
    string_view sql = v->default_sql.size > 0 ? v->default_sql : SV("NULL");
    return parser_parse_expression(&call->execution->arena, sql, NULL, out, call->execution->err);
}

/* A list whose DEFAULT at a target's place is that target's default. */
static dbx_status variable_fill_list(statement_call *call, session_variable *const *targets,
                                     uint32_t count, bool items, ast_list *list) {
    arena *a = &call->execution->arena;
    ast_node **copy = ARENA_ARRAY(a, ast_node *, list->count);
    if (copy == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < list->count; i++) {
        copy[i] = list->items[i];
        const ast_expr *x = items ? AST_AS(ast_select_item, copy[i])->expr : copy[i];
        if (i >= count || x == NULL || !variable_is_default(x)) continue;
        ast_expr *tree;
        TRY(variable_default_tree(call, targets[i], &tree));
        if (!items) {
            copy[i] = tree;
            continue;
        }
        ast_select_item *item = ARENA_NEW(a, ast_select_item);
        if (item == NULL) return error_nomem(call->execution->err);
        *item = *AST_AS(ast_select_item, copy[i]);
        item->expr = tree;
        copy[i] = &item->node;
    }
    list->items = copy;
    return DBX_OK;
}

/* The query with DEFAULT replaced where it is a whole column of its rows. */
static dbx_status variable_query(statement_call *call, session_variable *const *targets,
                                 uint32_t count, const ast_query *query_in, ast_query **out) {
    arena *a = &call->execution->arena;
    ast_query *q = ARENA_NEW(a, ast_query);
    if (q == NULL) return error_nomem(call->execution->err);
    *q = *query_in;
    *out = q;
    if (q->body->kind == AST_SELECT) {
        ast_select *select = ARENA_NEW(a, ast_select);
        if (select == NULL) return error_nomem(call->execution->err);
        *select = *AST_AS(ast_select, q->body);
        q->body = &select->node;
        return variable_fill_list(call, targets, count, true, &select->items);
    }
    if (q->body->kind != AST_VALUES) return DBX_OK;
    ast_values *values = ARENA_NEW(a, ast_values);
    if (values == NULL) return error_nomem(call->execution->err);
    *values = *AST_AS(ast_values, q->body);
    q->body = &values->node;
    ast_node **rows = ARENA_ARRAY(a, ast_node *, values->rows.count);
    if (rows == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < values->rows.count; i++) {
        rows[i] = values->rows.items[i];
        if (rows[i]->kind == AST_ROW) {
            ast_row *row = ARENA_NEW(a, ast_row);
            if (row == NULL) return error_nomem(call->execution->err);
            *row = *AST_AS(ast_row, rows[i]);
            TRY(variable_fill_list(call, targets, count, false, &row->items));
            rows[i] = &row->node;
        } else if (count > 0 && variable_is_default(rows[i])) {
            TRY(variable_default_tree(call, targets[0], &rows[i]));
        }
    }
    values->rows.items = rows;
    return DBX_OK;
}

dbx_status statement_assign_row(statement_call *call, session_variable *const *targets,
                                uint32_t count, const query_result *rows, span position) {
    execution *e = call->execution;
    if (rows->column_count != count) {
        return error_raise(e->err, ERR_ASSIGNMENT_ARITY_MISMATCH, position, "numTarget",
                           arena_printf(&e->arena, "%u", count), "numExpr",
                           arena_printf(&e->arena, "%u", rows->column_count), NULL);
    }
    if (rows->rows.rows > 1)
        return error_raise(e->err, ERR_ROW_SUBQUERY_TOO_MANY_ROWS, position, NULL);
    for (uint32_t i = 0; i < count; i++) {
        const vector *value;
        TRY(statement_result_value(call, rows, i, &targets[i]->type, &value));
        TRY(session_variable_assign(e->session, targets[i], value));
    }
    return DBX_OK;
}

static dbx_status variable_set_row(statement_call *call, const ast_set_variable *set) {
    execution *e = call->execution;
    uint32_t count = set->names.count;
    session_variable **targets = ARENA_ARRAY(&e->arena, session_variable *, count);
    if (targets == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < count; i++)
        TRY(statement_find_variable(call, AST_AS(ast_name, set->names.items[i]), &targets[i]));
    TRY(statement_check_targets(call, targets, count, set->node.span));
    ast_query *q = NULL;
    query_result *rows;
    TRY(variable_query(call, targets, count, set->query, &q));
    TRY(variable_misplaced_default(call, statement_subquery(call, q, &rows)));
    dbx_status status = statement_assign_row(call, targets, count, rows, set->query->node.span);
    result_free(rows);
    return status;
}

dbx_status statement_set_variable(statement_call *call, query_result **out) {
    const ast_set_variable *set = AST_AS(ast_set_variable, call->node);
    TRY(set->query != NULL ? variable_set_row(call, set) : variable_set_each(call, set));
    return statement_result_empty(call, out);
}

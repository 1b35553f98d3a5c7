/* script_scope.c - what a script's blocks declare: variables, conditions, cursors. */
#include "session/script_int.h"

/* ---- scopes ---- */

void script_scope_push(script *s, script_scope *scope) {
    scope->parent = s->scope;
    s->scope = scope;
}

void script_scope_pop(script *s) {
    script_scope *scope = s->scope;
    assert(scope != NULL);
    s->scope = scope->parent;
    while (scope->variables != NULL) {
        session_variable *v = scope->variables;
        scope->variables = v->next;
        session_variable_free(s->session, v);
    }
    while (scope->conditions != NULL) {
        script_condition *c = scope->conditions;
        scope->conditions = c->next;
        mem_free(&s->session->ledger, c, sizeof(*c));
    }
    while (scope->cursors != NULL) {
        script_cursor *c = scope->cursors;
        scope->cursors = c->next;
        result_free(c->rows);
        mem_free(&s->session->ledger, c, sizeof(*c));
    }
}

/* ---- variables ---- */

session_variable *script_find_variable(const script *s, const string_view *parts, uint32_t count) {
    if (s == NULL || count == 0 || count > 2) return NULL;
    for (const script_scope *scope = s->scope; scope != NULL; scope = scope->parent) {
        if (count == 2 &&
            (scope->label.data == NULL || !sv_equal_ignore_case(scope->label, parts[0])))
            continue;
        for (session_variable *v = scope->variables; v != NULL; v = v->next) {
            if (sv_equal_ignore_case(v->name, parts[count - 1])) return v;
        }
    }
    return NULL;
}

dbx_status script_add_variable(script *s, script_scope *scope, string_view name, type t,
                               const vector *value) {
    session_variable *v;
    TRY(session_variable_new(s->session, name, t, value, SV(""), &v));
    v->next = scope->variables;
    scope->variables = v;
    return DBX_OK;
}

static dbx_status script_default(script *s, const ast_declare_variable *d, const vector **out) {
    execution *e = s->call->execution;
    type declared;
    const type *target = NULL;
    if (d->type != NULL) {
        TRY(binder_bind_type(&e->binder, d->type, &declared));
        target = &declared;
    }
    if (d->value != NULL && d->value->kind != AST_DEFAULT)
        return script_value(s, d->value, target, out);
    vector *null = ARENA_NEW(&s->scratch, vector);
    if (null == NULL ||
        vector_init(null, target ? declared : type_simple(TYPE_VOID), 1, &s->scratch) != DBX_OK ||
        vector_set_constant_null(null, &s->scratch) != DBX_OK)
        return error_nomem(e->err);
    *out = null;
    return DBX_OK;
}

dbx_status script_declare_variable(script *s, const ast_declare_variable *d) {
    const vector *value;
    TRY(script_default(s, d, &value));
    for (uint32_t i = 0; i < d->names.count; i++) {
        const ast_name *name = AST_AS(ast_name, d->names.items[i]);
        string_view part;
        uint32_t count;
        TRY(statement_name_parts(s->call, name, &part, 1, &count));
        for (const session_variable *v = s->scope->variables; v != NULL; v = v->next) {
            if (!sv_equal_ignore_case(v->name, part)) continue;
            return error_raise(&s->session->error, ERR_VARIABLE_ALREADY_EXISTS, name->node.span,
                               "variableName", statement_quote(s->call, &part, 1), NULL);
        }
        session_variable *v;
        TRY(session_variable_new(s->session, part, value->type, value,
                                 d->value_text.data ? d->value_text : SV(""), &v));
        v->next = s->scope->variables;
        s->scope->variables = v;
    }
    return DBX_OK;
}

/* ---- conditions ---- */

dbx_status script_declare_condition(script *s, const ast_declare_condition *d) {
    script_condition *c = mem_alloc_zero(&s->session->ledger, sizeof(*c));
    if (c == NULL) return error_nomem(&s->session->error);
    c->name = d->name.text;
    c->sqlstate = d->sqlstate.data != NULL ? d->sqlstate : SV("45000");
    c->next = s->scope->conditions;
    s->scope->conditions = c;
    return DBX_OK;
}

const script_condition *script_find_condition(const script *s, string_view name) {
    for (const script_scope *scope = s->scope; scope != NULL; scope = scope->parent) {
        for (const script_condition *c = scope->conditions; c != NULL; c = c->next) {
            if (sv_equal_ignore_case(c->name, name)) return c;
        }
    }
    return NULL;
}

/* ---- cursors ---- */

dbx_status script_declare_cursor(script *s, const ast_declare_cursor *d) {
    for (const script_cursor *c = s->scope->cursors; c != NULL; c = c->next) {
        if (!sv_equal_ignore_case(c->ast->name.text, d->name.text)) continue;
        return error_raise(&s->session->error, ERR_CURSOR_ALREADY_EXISTS, d->node.span,
                           "cursorName", statement_quote(s->call, &d->name.text, 1), NULL);
    }
    script_cursor *c = mem_alloc_zero(&s->session->ledger, sizeof(*c));
    if (c == NULL) return error_nomem(&s->session->error);
    c->ast = d;
    c->next = s->scope->cursors;
    s->scope->cursors = c;
    return DBX_OK;
}

static script_cursor *script_cursor_of(const script *s, const string_view *parts, uint32_t count) {
    for (const script_scope *scope = s->scope; scope != NULL; scope = scope->parent) {
        bool labelled = scope->label.data != NULL;
        if (count == 2 && !(labelled && sv_equal_ignore_case(scope->label, parts[0]))) continue;
        for (script_cursor *c = scope->cursors; c != NULL; c = c->next) {
            if (sv_equal_ignore_case(c->ast->name.text, parts[count - 1])) return c;
        }
    }
    return NULL;
}

static dbx_status script_cursor_find(script *s, const ast_name *name, const char **quoted,
                                     script_cursor **out) {
    string_view parts[2];
    uint32_t count;
    TRY(statement_name_parts(s->call, name, parts, 2, &count));
    *quoted = statement_quote(s->call, parts, count);
    *out = script_cursor_of(s, parts, count);
    if (*out != NULL) return DBX_OK;
    return error_raise(&s->session->error, ERR_CURSOR_NOT_FOUND, name->node.span, "cursorName",
                       *quoted, NULL);
}

/* OPEN c USING a, b AS n: parameters of the cursor's query. */
static dbx_status script_cursor_open(script *s, const ast_cursor *x, script_cursor *c) {
    execution *e = s->call->execution;
    if (x->using_arguments.count == 0) return script_query(s, c->ast->query, &c->rows);
    uint32_t count = x->using_arguments.count;
    statement_parameter *items = ARENA_ARRAY(&s->scratch, statement_parameter, count);
    if (items == NULL) return error_nomem(e->err);
    for (uint32_t i = 0; i < count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, x->using_arguments.items[i]);
        TRY(script_value(s, item->expr, NULL, &items[i].value));
        if (item->aliases.count > 0) items[i].name = item->aliases.items[0].text;
    }
    statement_parameters parameters = {items, count};
    return statement_run(s->session, e->query.sql, &c->ast->query->node, &parameters, false,
                         &c->rows);
}

static dbx_status script_cursor_fetch(script *s, const ast_cursor *x, script_cursor *c,
                                      const char *quoted) {
    session *owner = s->session;
    const query_result *rows = c->rows;
    if (rows->column_count != x->into.count) {
        return error_raise(&owner->error, ERR_ASSIGNMENT_ARITY_MISMATCH, x->node.span, "numTarget",
                           arena_printf(&s->scratch, "%u", x->into.count), "numExpr",
                           arena_printf(&s->scratch, "%u", rows->column_count), NULL);
    }
    while (c->chunk < rows->rows.chunks.count &&
           c->row >= rows->rows.chunks.items[c->chunk]->rows) {
        c->chunk++;
        c->row = 0;
    }
    if (c->chunk >= rows->rows.chunks.count) {
        return error_raise(&owner->error, ERR_CURSOR_NO_MORE_ROWS, x->node.span, "cursorName",
                           quoted, NULL);
    }
    const chunk *from = rows->rows.chunks.items[c->chunk];
    for (uint32_t i = 0; i < x->into.count; i++) {
        session_variable *target;
        const vector *value;
        TRY(statement_find_variable(s->call, AST_AS(ast_name, x->into.items[i]), &target));
        TRY(statement_chunk_value(s->call, &s->scratch, rows->columns[i].type, from, i, c->row,
                                  &target->type, &value));
        TRY(session_variable_assign(owner, target, value));
    }
    c->row++;
    return DBX_OK;
}

dbx_status script_cursor_step(script *s, const ast_cursor *x) {
    script_cursor *c;
    const char *quoted;
    TRY(script_cursor_find(s, x->name, &quoted, &c));
    if (x->action == AST_CURSOR_OPEN) {
        if (c->rows != NULL) {
            return error_raise(&s->session->error, ERR_CURSOR_ALREADY_OPEN, x->node.span,
                               "cursorName", quoted, NULL);
        }
        c->chunk = c->row = 0;
        return script_cursor_open(s, x, c);
    }
    if (c->rows == NULL) {
        return error_raise(&s->session->error, ERR_CURSOR_NOT_OPEN, x->node.span, "cursorName",
                           quoted, NULL);
    }
    if (x->action == AST_CURSOR_FETCH) return script_cursor_fetch(s, x, c, quoted);
    result_free(c->rows);
    c->rows = NULL;
    return DBX_OK;
}

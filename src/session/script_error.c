/* script_error.c - handlers, SIGNAL, RESIGNAL, GET DIAGNOSTICS.
 *
 * A handler is looked for from the failing statement's block outwards. Within a block the most
 * specific one wins: the condition's name, then its SQLSTATE, then NOT FOUND or SQLEXCEPTION.
 * Errors of a handler's body go to the blocks around its own. What only the engine may end a
 * statement with (cancellation, memory, corruption, bugs) is never handled.
 */
#include "session/script_int.h"

#include "functions/cast.h"

#include <stdio.h>

/* ---- finding a handler ---- */

static bool script_condition_named(const script *s, const error *e, const ast_name *name) {
    char text[256];
    size_t n = 0;
    for (uint32_t i = 0; i < name->parts.count; i++) {
        string_view part = name->parts.items[i].text;
        if (n + part.size + 2 > sizeof(text)) return false;
        if (i > 0) text[n++] = '.';
        memcpy(text + n, part.data, part.size);
        n += part.size;
    }
    string_view wanted = {text, n};
    string_view have = sv_from(error_name(e));
    const script_condition *own = script_find_condition(s, wanted);
    if (own != NULL && e->name == NULL)
        return sv_equal_ignore_case(own->sqlstate, sv_from(e->sqlstate));
    if (sv_equal_ignore_case(have, wanted)) return true;
    /* a main class stands for its subclasses */
    return have.size > wanted.size && have.data[wanted.size] == '.' &&
           sv_equal_ignore_case((string_view){have.data, wanted.size}, wanted);
}

/* How well a condition fits: 3 by name, 2 by SQLSTATE, 1 by kind, 0 not at all. */
static int script_condition_rank(const script *s, const error *e, const ast_condition *c) {
    bool completion = e->sqlstate[0] == '0' && (e->sqlstate[1] == '0' || e->sqlstate[1] == '1');
    bool not_found = e->sqlstate[0] == '0' && e->sqlstate[1] == '2';
    switch (c->type) {
    case AST_CONDITION_NAME:
        return script_condition_named(s, e, c->name) ? 3 : 0;
    case AST_CONDITION_SQLSTATE:
        return sv_equal_ignore_case(c->sqlstate, sv_from(e->sqlstate)) ? 2 : 0;
    case AST_CONDITION_NOT_FOUND:
        return not_found ? 1 : 0;
    case AST_CONDITION_SQLEXCEPTION:
        return completion || not_found || e->sqlstate[0] == 'X' ? 0 : 1;
    }
    return 0;
}

static const ast_handler *script_handler_of(const script *s, const script_scope *scope,
                                            const error *e) {
    const ast_handler *best = NULL;
    int best_rank = 0;
    for (uint32_t i = 0; i < scope->block->handlers.count; i++) {
        const ast_handler *h = AST_AS(ast_handler, scope->block->handlers.items[i]);
        for (uint32_t k = 0; k < h->condition_count; k++) {
            int rank = script_condition_rank(s, e, &h->conditions[k]);
            if (rank <= best_rank) continue;
            best_rank = rank;
            best = h;
        }
    }
    return best;
}

/* ---- running it ---- */

/* The body sees the scope that declares the handler, whose own handlers rest meanwhile. */
static dbx_status script_run_handler(script *s, script_scope *scope, const ast_handler *h,
                                     script_flow *flow) {
    error caught;
    error_init(&caught);
    error_move(&caught, &s->session->error);
    script_scope *inner = s->scope;
    const error *before = s->handled;
    s->scope = scope;
    s->handled = &caught;
    scope->handling = true;
    dbx_status status = script_statement(s, h->body, flow);
    scope->handling = false;
    s->handled = before;
    s->scope = inner;
    error_deinit(&caught);
    if (status == DBX_OK && h->exit && *flow == SCRIPT_NEXT) {
        *flow = SCRIPT_EXIT;
        s->exit_scope = scope;
    }
    return status;
}

dbx_status script_handle(script *s, dbx_status status, script_flow *flow) {
    const error *e = &s->session->error;
    if (status != DBX_ERROR && status != DBX_IO && status != DBX_BUSY) return status;
    if (e->status == DBX_OK) return status;
    for (script_scope *scope = s->scope; scope != NULL; scope = scope->parent) {
        if (scope->block == NULL || scope->handling) continue;
        const ast_handler *h = script_handler_of(s, scope, e);
        if (h != NULL) return script_run_handler(s, scope, h, flow);
    }
    /* A completion condition that nobody waits for is no failure. */
    if (e->sqlstate[0] == '0' && e->sqlstate[1] == '2') {
        error_clear(&s->session->error);
        *flow = SCRIPT_NEXT;
        return DBX_OK;
    }
    return status;
}

/* ---- SIGNAL, RESIGNAL ---- */

static dbx_status script_signal_text(script *s, const ast_signal *x, string_view *out) {
    for (uint32_t i = 0; i < x->items.count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, x->items.items[i]);
        string_view item = a->target->parts.items[0].text;
        if (!sv_equal_ignore_case(item, SV("MESSAGE_TEXT"))) continue;
        type string = type_simple(TYPE_STRING);
        const vector *value;
        TRY(script_value(s, a->value, &string, &value));
        if (!vector_is_null(value, 0)) *out = vstring_view(VECTOR_DATA(value, vstring));
    }
    return DBX_OK;
}

dbx_status script_signal(script *s, const ast_signal *x) {
    error *err = &s->session->error;
    if (x->resignal && s->handled == NULL) {
        return error_raise(err, ERR_RESIGNAL_WHEN_HANDLER_NOT_ACTIVE, x->node.span, NULL);
    }
    if (!x->has_condition) {
        error_copy(err, s->handled);
        return s->handled->status;
    }
    string_view text = SV("");
    TRY(script_signal_text(s, x, &text));
    if (x->condition.type == AST_CONDITION_SQLSTATE) {
        return error_raise_condition(err, SV("USER_RAISED_EXCEPTION"), x->condition.sqlstate, text,
                                     x->node.span);
    }
    string_view parts[2];
    uint32_t count;
    TRY(statement_name_parts(s->call, x->condition.name, parts, 2, &count));
    const script_condition *c = script_find_condition(s, parts[count - 1]);
    if (c != NULL) return error_raise_condition(err, c->name, c->sqlstate, text, x->node.span);
    for (int cls = ERR_NONE + 1; cls < ERR_CLASS_COUNT; cls++) {
        string_view name = sv_from(error_class_name((error_class)cls));
        if (!sv_equal_ignore_case(name, parts[count - 1])) continue;
        return error_raise_condition(err, name, sv_from(error_class_sqlstate((error_class)cls)),
                                     text, x->node.span);
    }
    return error_raise(err, ERR_INVALID_HANDLER_DECLARATION__CONDITION_NOT_FOUND, x->node.span,
                       "condition", statement_quote(s->call, parts, count), NULL);
}

/* ---- GET DIAGNOSTICS ---- */

static string_view script_message_text(const error *e) {
    string_view text = sv_from(e->message != NULL ? e->message : "");
    size_t skip = 0, end = text.size;
    while (skip < text.size && text.data[skip] != ']') skip++;
    skip = skip + 2 <= text.size ? skip + 2 : 0;
    static const char tail[] = " SQLSTATE: 00000";
    if (end >= skip + sizeof(tail) - 1) end -= sizeof(tail) - 1;
    return (string_view){text.data + skip, end - skip};
}

static dbx_status script_arguments(script *s, const error *e, vector **out) {
    type string = type_simple(TYPE_STRING), map;
    vector *v = ARENA_NEW(&s->scratch, vector);
    if (v == NULL || type_map(&s->scratch, string, string, true, &map) != DBX_OK ||
        vector_init(v, map, 1, &s->scratch) != DBX_OK)
        return error_nomem(&s->session->error);
    vector *entries = &v->children[0];
    if (vector_init(entries, entries->type, e->param_count, &s->scratch) != DBX_OK)
        return error_nomem(&s->session->error);
    for (uint32_t i = 0; i < e->param_count; i++) {
        string_view name = arena_copy_string(&s->scratch, sv_from(e->params[i].name));
        string_view value = arena_copy_string(&s->scratch, sv_from(e->params[i].value));
        if (name.data == NULL || value.data == NULL) return error_nomem(&s->session->error);
        VECTOR_DATA(&entries->children[0], vstring)[i] = vstring_from(name.data, name.size);
        VECTOR_DATA(&entries->children[1], vstring)[i] = vstring_from(value.data, value.size);
    }
    VECTOR_DATA(v, list_entry)[0] = (list_entry){0, e->param_count};
    v->form = VECTOR_CONSTANT;
    *out = v;
    return DBX_OK;
}

static dbx_status script_diagnostic(script *s, string_view item, span position, vector **out) {
    const error *e = s->handled;
    if (sv_equal_ignore_case(item, SV("MESSAGE_ARGUMENTS"))) return script_arguments(s, e, out);
    string_view text;
    char line_text[16];
    if (sv_equal_ignore_case(item, SV("CONDITION_IDENTIFIER"))) {
        text = sv_from(error_name(e));
    } else if (sv_equal_ignore_case(item, SV("RETURNED_SQLSTATE"))) {
        text = sv_from(e->sqlstate);
    } else if (sv_equal_ignore_case(item, SV("MESSAGE_TEXT"))) {
        text = script_message_text(e);
    } else if (sv_equal_ignore_case(item, SV("LINE_NUMBER"))) {
        uint32_t line, column;
        sql_line_column(s->call->execution->query.sql, e->position.start, &line, &column);
        int n = snprintf(line_text, sizeof(line_text), "%u", line);
        text = (string_view){line_text, (size_t)n};
    } else {
        return error_raisef(&s->session->error, ERR_UNSUPPORTED_FEATURE, position, "feature",
                            "the diagnostics item " SV_FMT, SV_ARG(item));
    }
    vector *v = ARENA_NEW(&s->scratch, vector);
    string_view kept = arena_copy_string(&s->scratch, text);
    if (v == NULL || kept.data == NULL ||
        vector_init(v, type_simple(TYPE_STRING), 1, &s->scratch) != DBX_OK)
        return error_nomem(&s->session->error);
    VECTOR_DATA(v, vstring)[0] = vstring_from(kept.data, kept.size);
    v->form = VECTOR_CONSTANT;
    *out = v;
    return DBX_OK;
}

dbx_status script_get_diagnostics(script *s, const ast_get_diagnostics *g) {
    if (s->handled == NULL) {
        return error_raise(&s->session->error, ERR_RESIGNAL_WHEN_HANDLER_NOT_ACTIVE, g->node.span,
                           NULL);
    }
    for (uint32_t i = 0; i < g->items.count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, g->items.items[i]);
        session_variable *target;
        vector *value = NULL;
        const vector *cast;
        TRY(statement_find_variable(s->call, a->target, &target));
        if (a->value->kind != AST_COLUMN_REF)
            return statement_unsupported(s->call, "this diagnostics item");
        string_view item = AST_AS(ast_column_ref, a->value)->name->parts.items[0].text;
        TRY(script_diagnostic(s, item, a->value->span, &value));
        TRY(statement_cast_value(s->call, &s->scratch, value, &target->type, &cast));
        TRY(session_variable_assign(s->session, target, cast));
    }
    return DBX_OK;
}

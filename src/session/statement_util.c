/* statement_util.c - what executors of statements share: names, values, nested statements. */
#include "session/statement.h"

#include "eval/program.h"

#include "parser/parser.h"

#include <stdlib.h>

/* The parts that IDENTIFIER(expression) stands for. */
static dbx_status util_identifier(statement_call *call, const ast_ident *ident, ast_name **out) {
    execution *e = call->execution;
    type string = type_simple(TYPE_STRING);
    const vector *value;
    TRY(binder_evaluate(&e->binder, ident->expr, &string, &value));
    if (vector_is_null(value, 0)) {
        return error_raise(e->err, ERR_PARSE_SYNTAX_ERROR, ident->span, "error", "'NULL'", "hint",
                           "", NULL);
    }
    string_view text = arena_copy_string(&e->arena, vstring_view(VECTOR_DATA(value, vstring)));
    if (text.data == NULL) return error_nomem(e->err);
    return parser_parse_name(&e->arena, text, NULL, out, e->err);
}

dbx_status statement_name_parts(statement_call *call, const ast_name *name, string_view *parts,
                                uint32_t max, uint32_t *count) {
    *count = 0;
    for (uint32_t i = 0; i < name->parts.count; i++) {
        const ast_ident *ident = &name->parts.items[i];
        const ast_ident_list one = {(ast_ident *)(uintptr_t)ident, 1, 1};
        const ast_ident_list *list = &one;
        if (ident->expr != NULL) {
            ast_name *evaluated;
            TRY(util_identifier(call, ident, &evaluated));
            list = &evaluated->parts;
        }
        for (uint32_t k = 0; k < list->count; k++) {
            if (*count == max) {
                return error_raisef(call->execution->err, ERR_PARSE_SYNTAX_ERROR, name->node.span,
                                    "error", "'" SV_FMT "'", SV_ARG(list->items[k].text));
            }
            parts[(*count)++] = list->items[k].text;
        }
    }
    assert(*count > 0);
    return DBX_OK;
}

dbx_status statement_catalog_name(statement_call *call, const ast_name *name, string_view parts[3],
                                  catalog_name *out) {
    uint32_t count;
    TRY(statement_name_parts(call, name, parts, 3, &count));
    *out = (catalog_name){parts, count, name->node.span};
    return DBX_OK;
}

const char *statement_quote(statement_call *call, const string_view *parts, uint32_t count) {
    buffer b;
    buffer_init(&b, &call->execution->query.ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        if (i > 0) status = buffer_append_char(&b, '.');
        if (status == DBX_OK) status = buffer_append_char(&b, '`');
        for (size_t k = 0; status == DBX_OK && k < parts[i].size; k++) {
            if (parts[i].data[k] == '`') status = buffer_append_char(&b, '`');
            if (status == DBX_OK) status = buffer_append_char(&b, parts[i].data[k]);
        }
        if (status == DBX_OK) status = buffer_append_char(&b, '`');
    }
    string_view copy = {NULL, 0};
    if (status == DBX_OK) copy = arena_copy_string(&call->execution->arena, buffer_view(&b));
    buffer_deinit(&b);
    return copy.data != NULL ? copy.data : "";
}

/* ---- values ---- */

dbx_status statement_nested(statement_call *call, string_view sql, const ast_statement *node,
                            const statement_parameters *parameters, query_result **out) {
    execution *e = call->execution;
    session *s = e->session;
    /* An autocommit statement lends its transaction to what runs inside it. */
    struct txn *before = s->txn;
    if (before == NULL) s->txn = e->own_txn;
    s->depth++;
    dbx_status status = statement_run(s, sql, node, parameters, false, out);
    s->depth--;
    if (before == NULL && s->txn == e->own_txn) s->txn = NULL;
    return status;
}

dbx_status statement_subquery(statement_call *call, const ast_query *q, query_result **out) {
    return statement_nested(call, call->execution->query.sql, &q->node, call->execution->parameters,
                            out);
}

dbx_status statement_result_value(statement_call *call, const query_result *r, uint32_t column,
                                  const type *target, const vector **out) {
    execution *e = call->execution;
    vector *value = ARENA_NEW(&e->arena, vector);
    if (value == NULL) return error_nomem(e->err);
    if (column >= r->column_count || r->rows.rows == 0) {
        type t = target                     ? *target
                 : column < r->column_count ? r->columns[column].type
                                            : type_simple(TYPE_VOID);
        if (vector_init(value, t, 1, &e->arena) != DBX_OK ||
            vector_set_constant_null(value, &e->arena) != DBX_OK) {
            return error_nomem(e->err);
        }
        *out = value;
        return DBX_OK;
    }
    type own;
    if (type_copy(&e->arena, r->columns[column].type, &own) != DBX_OK ||
        vector_init(value, own, 1, &e->arena) != DBX_OK ||
        vector_copy(value, 0, &r->rows.chunks.items[0]->columns[column], NULL, 0, 1, &e->arena) !=
            DBX_OK) {
        return error_nomem(e->err);
    }
    value->form = VECTOR_CONSTANT;
    if (target == NULL || type_equal(own, *target)) {
        *out = value;
        return DBX_OK;
    }
    expr *constant = expr_constant(&e->arena, value, call->node->span);
    expr *cast;
    if (constant == NULL) return error_nomem(e->err);
    cast_mode mode = e->session->settings.ansi ? CAST_ANSI : CAST_LEGACY;
    TRY(expr_cast_new(&e->arena, &e->query, constant, *target, mode, call->node->span, &cast,
                      e->err));
    return expr_fold(&e->arena, &e->query, cast, out, e->err);
}

/* Does the expression hold a subquery at its top (SET VAR x = (SELECT …))? Deeper ones are refused
 * by the binder. */
dbx_status statement_scalar(statement_call *call, const ast_expr *x, const type *target,
                            const vector **out) {
    if (x->kind != AST_SUBQUERY) return binder_evaluate(&call->execution->binder, x, target, out);
    query_result *rows;
    TRY(statement_subquery(call, AST_AS(ast_subquery, x)->query, &rows));
    dbx_status status;
    if (rows->rows.rows > 1) {
        status = error_raise(call->execution->err, ERR_ROW_SUBQUERY_TOO_MANY_ROWS, x->span, NULL);
    } else {
        status = statement_result_value(call, rows, 0, target, out);
    }
    result_free(rows);
    return status;
}

/* ---- properties ---- */

static int util_compare_properties(const void *a, const void *b) {
    const catalog_property *x = a;
    const catalog_property *y = b;
    size_t common = MIN(x->key.size, y->key.size);
    int order = common > 0 ? memcmp(x->key.data, y->key.data, common) : 0;
    return order != 0 ? order : (x->key.size > y->key.size) - (x->key.size < y->key.size);
}

dbx_status statement_properties(statement_call *call, const ast_list *items,
                                const catalog_property **out, uint32_t *count) {
    execution *e = call->execution;
    catalog_property *list = ARENA_ARRAY(&e->arena, catalog_property, items->count);
    if (list == NULL) return error_nomem(e->err);
    type string = type_simple(TYPE_STRING);
    for (uint32_t i = 0; i < items->count; i++) {
        const ast_property *p = AST_AS(ast_property, items->items[i]);
        list[i].key = p->key;
        list[i].value = SV("");
        if (p->value == NULL) continue;
        if (p->value->kind == AST_LITERAL && AST_AS(ast_literal, p->value)->value.data != NULL) {
            list[i].value = AST_AS(ast_literal, p->value)->value;
            continue;
        }
        if (p->value->kind == AST_COLUMN_REF) { /* a bare word: (format csv) */
            const ast_ident_list *parts = &AST_AS(ast_column_ref, p->value)->name->parts;
            list[i].value = parts->items[parts->count - 1].text;
            if (parts->count == 1) continue;
        }
        const vector *value;
        TRY(binder_evaluate(&e->binder, p->value, &string, &value));
        if (!vector_is_null(value, 0)) list[i].value = vstring_view(VECTOR_DATA(value, vstring));
    }
    if (items->count > 1) qsort(list, items->count, sizeof(*list), util_compare_properties);
    *out = list;
    *count = items->count;
    return DBX_OK;
}

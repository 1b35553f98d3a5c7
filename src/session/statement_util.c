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

static dbx_status util_collect_parts(statement_call *call, const ast_name *name,
                                     string_view **parts, uint32_t *count) {
    arena *a = &call->execution->arena;
    ARENA_LIST(string_view) all = {0};
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
            if (ARENA_LIST_PUSH(a, &all, list->items[k].text) != DBX_OK)
                return error_nomem(call->execution->err);
        }
    }
    *parts = all.items;
    *count = all.count;
    return DBX_OK;
}

/* Spark's session catalog has one level of schemas. */
static dbx_status util_single_part(statement_call *call, const ast_name *name,
                                   const string_view *parts, uint32_t count) {
    return error_raise(call->execution->err, ERR_REQUIRES_SINGLE_PART_NAMESPACE, name->node.span,
                       "sessionCatalog", CATALOG_DEFAULT_NAME, "namespace",
                       statement_quote(call, parts, count), NULL);
}

dbx_status statement_name_parts(statement_call *call, const ast_name *name, string_view *parts,
                                uint32_t max, uint32_t *count) {
    string_view *all = NULL;
    TRY(util_collect_parts(call, name, &all, count));
    assert(*count > 0);
    if (*count > max) return util_single_part(call, name, all, max > 1 ? *count - 1 : *count);
    for (uint32_t i = 0; i < *count; i++) parts[i] = all[i];
    return DBX_OK;
}

dbx_status statement_catalog_name(statement_call *call, const ast_name *name, string_view parts[3],
                                  catalog_name *out) {
    uint32_t count;
    TRY(statement_name_parts(call, name, parts, 3, &count));
    *out = (catalog_name){parts, count, name->node.span};
    bool is_session = count == 3 && sv_equal_ignore_case(parts[0], SV("system"));
    if (count == 3 && !is_session &&
        catalog_find_space(call->execution->query.txn, parts[0]) == NULL)
        return util_single_part(call, name, parts, 2);
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

const char *statement_quote_string(statement_call *call, string_view text) {
    char *out = arena_alloc_bytes(&call->execution->arena, 2 * text.size + 3);
    if (out == NULL) return NULL;
    size_t n = 0;
    out[n++] = '\'';
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\') out[n++] = '\\';
        out[n++] = text.data[i];
    }
    out[n++] = '\'';
    out[n] = '\0';
    return out;
}

dbx_status statement_relation(statement_call *call, const ast_name *name,
                              const catalog_object **out) {
    string_view parts[3];
    catalog_name n;
    TRY(statement_catalog_name(call, name, parts, &n));
    return catalog_resolve(&call->execution->query, CATALOG_RELATIONS, &n, out,
                           call->execution->err);
}

dbx_status statement_table_again(statement_call *call, const catalog_table *table,
                                 const catalog_table **out) {
    const catalog_object *o = &table->base;
    catalog_path path = {o->catalog_name, o->schema_name, o->info.name};
    *out =
        catalog_as_table(catalog_find_path(call->execution->query.txn, CATALOG_RELATIONS, &path));
    return *out != NULL
               ? DBX_OK
               : error_raise(call->execution->err, ERR_TABLE_OR_VIEW_NOT_FOUND, call->node->span,
                             "relationName", statement_quote(call, &o->info.name, 1), NULL);
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

dbx_status statement_result_value_in(statement_call *call, arena *a, const query_result *r,
                                     uint32_t column, const type *target, const vector **out) {
    execution *e = call->execution;
    if (column < r->column_count && r->rows.rows > 0) {
        return statement_chunk_value(call, a, r->columns[column].type, r->rows.chunks.items[0],
                                     column, 0, target, out);
    }
    vector *value = ARENA_NEW(a, vector);
    type t = target                     ? *target
             : column < r->column_count ? r->columns[column].type
                                        : type_simple(TYPE_VOID);
    if (value == NULL || vector_init(value, t, 1, a) != DBX_OK ||
        vector_set_constant_null(value, a) != DBX_OK)
        return error_nomem(e->err);
    *out = value;
    return DBX_OK;
}

dbx_status statement_result_value(statement_call *call, const query_result *r, uint32_t column,
                                  const type *target, const vector **out) {
    return statement_result_value_in(call, &call->execution->arena, r, column, target, out);
}

/* A scalar expression; where it is a subquery at its top the subquery runs, others are constants
 * for the binder. */
dbx_status statement_scalar(statement_call *call, const ast_expr *x, const type *target,
                            const vector **out) {
    execution *e = call->execution;
    if (x->kind != AST_SUBQUERY) {
        const vector *value;
        TRY(binder_evaluate(&e->binder, x, NULL, &value));
        return statement_cast_value(call, &e->arena, value, target, out);
    }
    query_result *rows;
    TRY(statement_subquery(call, AST_AS(ast_subquery, x)->query, &rows));
    dbx_status status;
    if (rows->column_count != 1) {
        status = error_raise(
            e->err,
            ERR_INVALID_SUBQUERY_EXPRESSION__SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN,
            x->span, "number", arena_printf(&e->arena, "%u", rows->column_count), NULL);
    } else if (rows->rows.rows > 1) {
        status = error_raise(e->err, ERR_SCALAR_SUBQUERY_TOO_MANY_ROWS, x->span, NULL);
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

void statement_sort_properties(catalog_property *list, uint32_t count) {
    if (count > 1) qsort(list, count, sizeof(*list), util_compare_properties);
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
    statement_sort_properties(list, items->count);
    *out = list;
    *count = items->count;
    return DBX_OK;
}

dbx_status statement_add_property(statement_call *call, catalog_info *info, const char *key,
                                  string_view value) {
    arena *a = &call->execution->arena;
    catalog_property *list = ARENA_ARRAY(a, catalog_property, info->property_count + 1);
    string_view kept = arena_copy_string(a, sv_from(key));
    if (list == NULL || kept.data == NULL) return error_nomem(call->execution->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < info->property_count; i++) {
        if (!sv_equal(info->properties[i].key, kept)) list[n++] = info->properties[i];
    }
    if (value.data != NULL) list[n++] = (catalog_property){kept, value};
    statement_sort_properties(list, n);
    info->properties = list;
    info->property_count = n;
    return DBX_OK;
}

string_view plan_column_comment(const plan_node *n, column_id id) {
    if (n->kind == PLAN_SCAN) {
        const plan_scan *scan = (const plan_scan *)n;
        const catalog_table *table = (const catalog_table *)scan->table;
        for (uint32_t i = 0; table != NULL && i < n->column_count; i++) {
            if (n->columns[i].id == id && scan->source_columns[i] < table->def.column_count)
                return table->def.columns[scan->source_columns[i]].comment;
        }
        return (string_view){0};
    }
    if (n->kind == PLAN_PROJECT) {
        const plan_project *p = (const plan_project *)n;
        for (uint32_t i = 0; i < n->column_count; i++) {
            if (n->columns[i].id == id && p->exprs[i]->kind == EXPR_COLUMN) {
                id = p->exprs[i]->u.column;
                break;
            }
        }
    }
    if (n->kind == PLAN_AGGREGATE) {
        const plan_aggregate *a = (const plan_aggregate *)n;
        for (uint32_t i = 0; i < a->group_count; i++) {
            if (n->columns[i].id == id && a->groups[i]->kind == EXPR_COLUMN) {
                id = a->groups[i]->u.column;
                break;
            }
        }
    }
    if (n->kind == PLAN_CTE_SCAN || n->child_count == 0) return (string_view){0};
    for (uint32_t i = 0; i < n->child_count; i++) {
        if (plan_find_column(n->children[i], id) == NULL) continue;
        return plan_column_comment(n->children[i], id);
    }
    return (string_view){0};
}

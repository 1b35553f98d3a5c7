/* merge.c - MERGE: one join, then for each row the first clause that applies.
 *
 *     target (with row ids) ─┐
 *     source (with a flag) ──┴ join ─ which clause ─ filter ─ action, row id, columns ─ write
 *
 * Whether a side is present is seen by the row id and the flag being not NULL. The clause's number
 * is computed in a projection of its own, so that conditions run once; the columns are then CASEs
 * over it.
 */
#include "binder/dml.h"

enum { MERGE_ACTION_INSERT = 1, MERGE_ACTION_UPDATE = 2, MERGE_ACTION_DELETE = 3 };

typedef struct merge_state {
    const ast_merge *ast;
    dml_table t;
    bound_relation target, source, both;
    const plan_node *scan;
    column_id row_id;
    column_id flag;  /* BOOLEAN true on source rows */
    column_id which; /* number of the clause, from 1; 0: none */
    plan_node *plan;
} merge_state;

static dbx_status merge_source(binder *b, merge_state *m) {
    plan_node *n;
    expr **exprs;
    column_id *ids;
    string_view *names;
    TRY(bind_from(b, m->ast->source, &m->source));
    n = m->source.plan;
    exprs = ARENA_ARRAY(b->arena, expr *, n->column_count + 1);
    ids = ARENA_ARRAY(b->arena, column_id, n->column_count + 1);
    names = ARENA_ARRAY(b->arena, string_view, n->column_count + 1);
    if (exprs == NULL || ids == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n->column_count; i++) {
        exprs[i] = bind_plan_column(b, n, i, m->ast->source->span);
        if (exprs[i] == NULL) return binder_nomem(b);
        names[i] = n->columns[i].name;
        ids[i] = plan_new_column(b->plan);
    }
    exprs[n->column_count] =
        expr_constant_bool(b->arena, true, binder_node_span(b, m->ast->source));
    if (exprs[n->column_count] == NULL) return binder_nomem(b);
    names[n->column_count] = SV("merge_source");
    m->flag = ids[n->column_count] = plan_new_column(b->plan);
    TRY(bind_project_ids(b, n, exprs, names, ids, n->column_count + 1, &m->source.plan));
    scope *s = scope_new(b);
    if (s == NULL) return binder_nomem(b);
    for (uint32_t i = 0; m->source.scope != NULL && i < m->source.scope->columns.count; i++) {
        scope_column c = m->source.scope->columns.items[i];
        for (uint32_t k = 0; k < n->column_count; k++) {
            if (n->columns[k].id == c.id) c.id = ids[k];
        }
        if (c.value != NULL) {
            expr **with = ARENA_ARRAY(b->arena, expr *, n->column_count + 1);
            column_id *from = ARENA_ARRAY(b->arena, column_id, n->column_count + 1);
            if (with == NULL || from == NULL) return binder_nomem(b);
            for (uint32_t k = 0; k < n->column_count; k++) {
                from[k] = n->columns[k].id;
                with[k] = bind_plan_column(b, m->source.plan, k, m->ast->source->span);
                if (with[k] == NULL) return binder_nomem(b);
            }
            TRY(bind_replace_columns(b, c.value, from, with, n->column_count, &c.value));
        }
        TRY(scope_add(b, s, c));
    }
    m->source.scope = s;
    return DBX_OK;
}

static dbx_status merge_join(binder *b, merge_state *m) {
    bool source_rows = false, target_rows = false;
    expr **conditions, *on;
    uint32_t count;
    bind_block block;
    for (uint32_t i = 0; i < m->ast->clauses.count; i++) {
        const ast_merge_clause *c = AST_AS(ast_merge_clause, m->ast->clauses.items[i]);
        source_rows = source_rows || c->match == AST_MERGE_NOT_MATCHED;
        target_rows = target_rows || c->match == AST_MERGE_NOT_MATCHED_BY_SOURCE;
    }
    scope *s = scope_new(b);
    if (s == NULL) return binder_nomem(b);
    TRY(scope_append(b, s, m->target.scope));
    TRY(scope_append(b, s, m->source.scope));
    binder_push(b, &block, s, CLAUSE_JOIN);
    dbx_status status = bind_condition(b, m->ast->on, &on);
    binder_pop(b, &block);
    TRY(status);
    TRY(bind_split_conjuncts(b, on, &conditions, &count));
    join_kind kind = source_rows && target_rows ? JOIN_FULL
                     : source_rows              ? JOIN_RIGHT
                     : target_rows              ? JOIN_LEFT
                                                : JOIN_INNER;
    plan_join *j = plan_join_new(b->plan, kind, m->target.plan, m->source.plan);
    if (j == NULL) return binder_nomem(b);
    j->conditions = conditions;
    j->condition_count = count;
    j->base.span = binder_node_span(b, &m->ast->node);
    scope_set_nullable(s);
    m->both = (bound_relation){&j->base, s};
    m->plan = &j->base;
    return DBX_OK;
}

static dbx_status merge_present(binder *b, column_id id, type t, bool present, span s, expr **out) {
    expr *column = expr_column(b->arena, id, t, true, binder_span(b, s));
    if (column == NULL) return binder_nomem(b);
    return bind_call(b, present ? "isnotnull" : "isnull", &column, 1, s, NULL, out);
}

/* Binds an expression of a clause: NOT MATCHED sees the source only, BY SOURCE the target only. */
static dbx_status merge_scope(const merge_state *m, const ast_merge_clause *c, scope **out) {
    *out = c->match == AST_MERGE_MATCHED       ? m->both.scope
           : c->match == AST_MERGE_NOT_MATCHED ? m->source.scope
                                               : m->target.scope;
    return DBX_OK;
}

static dbx_status merge_condition(binder *b, const merge_state *m, const ast_merge_clause *c,
                                  expr **out) {
    expr *tests[3];
    uint32_t count = 2;
    bool with_target = c->match != AST_MERGE_NOT_MATCHED,
         with_source = c->match != AST_MERGE_NOT_MATCHED_BY_SOURCE;
    TRY(merge_present(b, m->row_id, type_simple(TYPE_BIGINT), with_target, c->node.span,
                      &tests[0]));
    TRY(merge_present(b, m->flag, type_simple(TYPE_BOOLEAN), with_source, c->node.span, &tests[1]));
    if (c->condition != NULL) {
        bind_block block;
        scope *s;
        TRY(merge_scope(m, c, &s));
        binder_push(b, &block, s, CLAUSE_DML);
        dbx_status status = bind_condition(b, c->condition, &tests[2]);
        binder_pop(b, &block);
        TRY(status);
        count = 3;
    }
    *out = expr_and(b->arena, tests, count);
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

/* Adds the clause's number to the columns, and drops rows that no clause takes. */
static dbx_status merge_choose(binder *b, merge_state *m) {
    uint32_t clauses = m->ast->clauses.count, n = m->plan->column_count;
    expr **cases = ARENA_ARRAY(b->arena, expr *, clauses * 2 + 1), *which, *test[2];
    expr **exprs = ARENA_ARRAY(b->arena, expr *, n + 1);
    column_id *ids = ARENA_ARRAY(b->arena, column_id, n + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, n + 1);
    span s = binder_node_span(b, &m->ast->node);
    if (cases == NULL || exprs == NULL || ids == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < clauses; i++) {
        TRY(merge_condition(b, m, AST_AS(ast_merge_clause, m->ast->clauses.items[i]),
                            &cases[i * 2]));
        cases[i * 2 + 1] = expr_constant_int64(b->arena, type_simple(TYPE_INT), i + 1, s);
        if (cases[i * 2 + 1] == NULL) return binder_nomem(b);
    }
    cases[clauses * 2] = expr_constant_int64(b->arena, type_simple(TYPE_INT), 0, s);
    if (cases[clauses * 2] == NULL) return binder_nomem(b);
    TRY(bind_make_case(b, cases, clauses * 2 + 1, m->ast->node.span, NULL, &which));
    for (uint32_t i = 0; i < n; i++) {
        exprs[i] = bind_plan_column(b, m->plan, i, m->ast->node.span);
        if (exprs[i] == NULL) return binder_nomem(b);
        ids[i] = m->plan->columns[i].id;
        names[i] = m->plan->columns[i].name;
    }
    exprs[n] = which;
    names[n] = SV("merge_clause");
    m->which = ids[n] = plan_new_column(b->plan);
    TRY(bind_project_ids(b, m->plan, exprs, names, ids, n + 1, &m->plan));
    test[0] = expr_column(b->arena, m->which, type_simple(TYPE_INT), false, s);
    test[1] = expr_constant_int64(b->arena, type_simple(TYPE_INT), 0, s);
    if (test[0] == NULL || test[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "!=", test, 2, m->ast->node.span, NULL, &test[0]));
    return bind_filter(b, m->plan, test[0], &m->plan);
}

static bool merge_is_excepted(binder *b, const ast_merge_clause *c, string_view name) {
    for (uint32_t i = 0; i < c->except.count; i++) {
        const ast_name *n = AST_AS(ast_name, c->except.items[i]);
        if (n->parts.count > 0 &&
            binder_same_name(b, n->parts.items[n->parts.count - 1].text, name))
            return true;
    }
    return false;
}

/* UPDATE SET *, INSERT *: every column from the source's column of that name. */
static dbx_status merge_all(binder *b, merge_state *m, const ast_merge_clause *c, expr **values) {
    const catalog_table_def *def = &m->t.table->def;
    for (uint32_t i = 0; i < def->column_count; i++) {
        const scope_column *from;
        uint32_t used;
        if (merge_is_excepted(b, c, def->columns[i].name)) continue;
        if (def->columns[i].generated == CATALOG_GENERATED_EXPRESSION) continue;
        TRY(scope_find_column(b, m->source.scope, &def->columns[i].name, 1, false, c->node.span,
                              &from, &used));
        if (from == NULL) {
            return bind_raise_unresolved_column(b, &def->columns[i].name, 1, m->source.scope,
                                                c->node.span);
        }
        expr *e = scope_column_expr(b, from, c->node.span);
        if (e == NULL) return binder_nomem(b);
        TRY(dml_store(b, &m->t, i, e, c->node.span, &values[i]));
    }
    return DBX_OK;
}

static dbx_status merge_insert(binder *b, merge_state *m, const ast_merge_clause *c,
                               expr **values) {
    uint32_t columns = m->t.table->def.column_count;
    uint32_t listed = c->columns.count > 0 ? c->columns.count : columns;
    if (listed != c->values.count) {
        return error_raise(b->err, ERR_INSERT_COLUMN_ARITY_MISMATCH__NOT_ENOUGH_DATA_COLUMNS,
                           binder_node_span(b, &c->node), "tableName", binder_cstr(b, m->t.text),
                           "tableColumns", arena_printf(b->arena, "%u", listed), "dataColumns",
                           arena_printf(b->arena, "%u", c->values.count), NULL);
    }
    for (uint32_t i = 0; i < c->values.count; i++) {
        uint32_t column = i;
        const ast_expr *ast = c->values.items[i];
        expr *e;
        if (c->columns.count > 0) {
            const ast_name *name = AST_AS(ast_name, c->columns.items[i]);
            TRY(dml_column(b, &m->t, name->parts.items[name->parts.count - 1].text, name->node.span,
                           &column));
        }
        if (ast->kind == AST_DEFAULT)
            TRY(dml_default(b, &m->t, column, ast->span, &e));
        else
            TRY(bind_expr(b, ast, &e));
        TRY(dml_store(b, &m->t, column, e, ast->span, &values[column]));
    }
    return DBX_OK;
}

/* The table's columns as the clause wants them. */
static dbx_status merge_values(binder *b, merge_state *m, const ast_merge_clause *c,
                               expr **values) {
    uint32_t columns = m->t.table->def.column_count;
    bool insert = c->action == AST_MERGE_INSERT || c->action == AST_MERGE_INSERT_ALL;
    if (c->action == AST_MERGE_DELETE || !insert) {
        TRY(dml_current_values(b, &m->t, m->scan, true, values));
    }
    if (c->action == AST_MERGE_UPDATE) TRY(dml_assign(b, &m->t, &c->assignments, values));
    if (c->action == AST_MERGE_UPDATE_ALL || c->action == AST_MERGE_INSERT_ALL)
        TRY(merge_all(b, m, c, values));
    if (c->action == AST_MERGE_INSERT) TRY(merge_insert(b, m, c, values));
    for (uint32_t i = 0; insert && i < columns; i++) {
        if (values[i] != NULL) continue;
        TRY(dml_default(b, &m->t, i, c->node.span, &values[i]));
        TRY(dml_store(b, &m->t, i, values[i], c->node.span, &values[i]));
    }
    return DBX_OK;
}

static dbx_status merge_case(binder *b, const merge_state *m, expr *const *values, uint32_t stride,
                             expr **out) {
    uint32_t clauses = m->ast->clauses.count;
    span s = binder_node_span(b, &m->ast->node);
    expr **parts = ARENA_ARRAY(b->arena, expr *, clauses * 2 + 1);
    if (parts == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i + 1 < clauses; i++) {
        expr *pair[2] = {expr_column(b->arena, m->which, type_simple(TYPE_INT), false, s),
                         expr_constant_int64(b->arena, type_simple(TYPE_INT), i + 1, s)};
        if (pair[0] == NULL || pair[1] == NULL) return binder_nomem(b);
        TRY(bind_call(b, "=", pair, 2, m->ast->node.span, NULL, &parts[i * 2]));
        parts[i * 2 + 1] = values[i * stride];
    }
    if (clauses == 1) {
        *out = values[0];
        return DBX_OK;
    }
    parts[clauses * 2 - 2] = values[(clauses - 1) * stride];
    return bind_make_case(b, parts, clauses * 2 - 1, m->ast->node.span, NULL, out);
}

/* action, row id, columns: one CASE each. */
static dbx_status merge_project(binder *b, merge_state *m, plan_node **out) {
    uint32_t clauses = m->ast->clauses.count, columns = m->t.table->def.column_count,
             width = columns + 2;
    span s = binder_node_span(b, &m->ast->node);
    expr **values = ARENA_ARRAY(b->arena, expr *, clauses * width + 1);
    expr **exprs = ARENA_ARRAY(b->arena, expr *, width);
    string_view *names = ARENA_ARRAY(b->arena, string_view, width);
    if (values == NULL || exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < clauses; i++) {
        const ast_merge_clause *c = AST_AS(ast_merge_clause, m->ast->clauses.items[i]);
        expr **row = values + i * width;
        bool insert = c->action == AST_MERGE_INSERT || c->action == AST_MERGE_INSERT_ALL;
        int64_t action = insert                          ? MERGE_ACTION_INSERT
                         : c->action == AST_MERGE_DELETE ? MERGE_ACTION_DELETE
                                                         : MERGE_ACTION_UPDATE;
        bind_block block;
        scope *visible;
        TRY(merge_scope(m, c, &visible));
        row[0] = expr_constant_int64(b->arena, type_simple(TYPE_INT), action, s);
        row[1] = insert ? expr_constant_null(b->arena, type_simple(TYPE_BIGINT), s)
                        : dml_row_id(b, m->row_id, true, m->ast->node.span);
        if (row[0] == NULL || row[1] == NULL) return binder_nomem(b);
        binder_push(b, &block, visible, CLAUSE_DML);
        dbx_status status = merge_values(b, m, c, row + 2);
        binder_pop(b, &block);
        TRY(status);
    }
    names[0] = SV("merge_action");
    names[1] = SV(CATALOG_ROW_ID_NAME);
    for (uint32_t i = 0; i < width; i++) {
        if (i >= 2) names[i] = m->t.table->def.columns[i - 2].name;
        TRY(merge_case(b, m, values + i, width, &exprs[i]));
    }
    return bind_project(b, m->plan, exprs, names, width, out);
}

/* Clauses but the last of their kind need conditions; NOT MATCHED only inserts, the others never
 * do. */
static dbx_status merge_check_clauses(binder *b, const ast_merge *ast) {
    for (uint32_t i = 0; i < ast->clauses.count; i++) {
        const ast_merge_clause *c = AST_AS(ast_merge_clause, ast->clauses.items[i]);
        for (uint32_t k = i + 1; k < ast->clauses.count && c->condition == NULL; k++) {
            if (AST_AS(ast_merge_clause, ast->clauses.items[k])->match != c->match) continue;
            error_class cls = c->match == AST_MERGE_MATCHED
                                  ? ERR_NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION
                              : c->match == AST_MERGE_NOT_MATCHED
                                  ? ERR_NON_LAST_NOT_MATCHED_BY_TARGET_CLAUSE_OMIT_CONDITION
                                  : ERR_NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION;
            return error_raise(b->err, cls, binder_node_span(b, &c->node), NULL);
        }
    }
    return DBX_OK;
}

static dbx_status merge_bind(binder *b, const ast_merge *ast, plan_node **out) {
    merge_state m = {.ast = ast};
    if (ast->with_schema_evolution)
        return binder_unsupported(b, ast->node.span, "WITH SCHEMA EVOLUTION");
    TRY(dml_target(b, ast->target, &m.t));
    TRY(merge_check_clauses(b, ast));
    TRY(dml_scan(b, &m.t, &ast->target_alias, &m.target, &m.row_id));
    m.scan = m.target.plan;
    TRY(merge_source(b, &m));
    TRY(merge_join(b, &m));
    TRY(merge_choose(b, &m));
    TRY(merge_project(b, &m, out));
    TRY(dml_finish_rows(b, &m.t, *out, 2, out));
    return dml_write(b, &m.t, WRITE_MERGE, false, *out, out);
}

dbx_status bind_merge(binder *b, const ast_merge *ast, plan_node **out) {
    bind_cte *outer = b->ctes, *first = NULL;
    TRY(bind_push_ctes(b, &ast->ctes, ast->recursive, &first));
    TRY(merge_bind(b, ast, out));
    if (ast->ctes.count > 0) TRY(bind_finish_ctes(b, first, outer, &(*out)->children[0]));
    b->ctes = outer;
    return DBX_OK;
}

/* cte.c - WITH: common table expressions, recursive ones included.
 *
 * A definition is bound at its first use. Every use is a CTE_SCAN; when the query is finished, a
 * definition used once is put in the place of its scan, and one used more often becomes a CTE node
 * around the query. A definition that is correlated is bound anew for each use, because its scans
 * would have to be unnested together.
 *
 * A recursive definition is `anchor UNION [ALL] step`, where step names the CTE: RECURSIVE over
 * both, whose RECURSIVE_SCANs read the rows of the last turn.
 */
#include "binder/binder_int.h"

static bool cte_precedence_is(const binder *b, const char *policy) {
    return sv_equal_ignore_case(b->query->settings->cte_precedence, sv_from(policy));
}

/* spark.sql.legacy.ctePrecedencePolicy=EXCEPTION: an inner name may not hide an outer one. */
static dbx_status cte_check_outer(binder *b, const ast_cte *ast, bool at_start) {
    if (!at_start || !cte_precedence_is(b, "EXCEPTION")) return DBX_OK;
    for (const bind_cte *c = b->ctes; c != NULL; c = c->next) {
        if (!binder_same_name(b, c->ast->name.text, ast->name.text)) continue;
        return error_raise(b->err, ERR_AMBIGUOUS_ALIAS_IN_NESTED_CTE,
                           binder_span(b, ast->name.span), "name",
                           binder_quote_parts(b, &ast->name.text, 1), "config",
                           "\"spark.sql.legacy.ctePrecedencePolicy\"", "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    }
    return DBX_OK;
}

dbx_status bind_push_ctes(binder *b, const ast_list *ctes, bool recursive, bind_cte **first) {
    bool at_start = b->with_at_start;
    b->with_at_start = false;
    for (uint32_t i = 0; i < ctes->count; i++) {
        const ast_cte *ast = AST_AS(ast_cte, ctes->items[i]);
        for (uint32_t k = 0; k < i; k++) {
            const ast_cte *other = AST_AS(ast_cte, ctes->items[k]);
            if (!binder_same_name(b, ast->name.text, other->name.text)) continue;
            return error_raise(b->err, ERR_DUPLICATED_CTE_NAMES, binder_span(b, ast->name.span),
                               "duplicateNames", binder_quote_parts(b, &ast->name.text, 1), NULL);
        }
        TRY(cte_check_outer(b, ast, at_start));
        bind_cte *c = ARENA_NEW(b->arena, bind_cte);
        if (c == NULL) return binder_nomem(b);
        c->ast = ast;
        c->recursive = recursive;
        c->at_start = at_start;
        c->block = b->block;
        c->next = b->ctes;
        c->visible = b->ctes;
        b->ctes = c;
    }
    *first = b->ctes;
    return DBX_OK;
}

/* The innermost one of the name. Under the LEGACY policy one of an outer query comes first where
 * the WITH stands at the start of a definition or of a subquery of an expression. */
bind_cte *bind_find_cte(binder *b, string_view name) {
    bool outermost = cte_precedence_is(b, "LEGACY");
    bind_cte *found = NULL;
    for (bind_cte *c = b->ctes; c != NULL; c = c->next) {
        if (!binder_same_name(b, c->ast->name.text, name)) continue;
        found = c;
        if (!outermost || !c->at_start) break;
    }
    return found;
}

static dbx_status cte_column_names(binder *b, const bind_cte *c, const plan_node *plan,
                                   const string_view **out) {
    const ast_ident_list *given = &c->ast->columns;
    if (given->count > 0 && given->count != plan->column_count) {
        return error_raise(b->err, ERR_ASSIGNMENT_ARITY_MISMATCH_ALIAS,
                           binder_node_span(b, &c->ast->node), "numExpr",
                           arena_printf(b->arena, "%u", given->count), "numTarget",
                           arena_printf(b->arena, "%u", plan->column_count), NULL);
    }
    string_view *names = ARENA_ARRAY(b->arena, string_view, plan->column_count + 1);
    if (names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < plan->column_count; i++) {
        names[i] = given->count > 0 ? given->items[i].text : plan->columns[i].name;
    }
    *out = names;
    return DBX_OK;
}

/* ---- recursion ---- */

static bool cte_names_itself_in(const binder *b, const ast_node *n, string_view name);

/* Does a relation or query name the CTE in FROM (not inside expressions)? Decides which side of
 * UNION is the step. */
static bool cte_names_itself_in(const binder *b, const ast_node *n, string_view name) {
    if (n == NULL) return false;
    switch (n->kind) {
    case AST_TABLE_REF: {
        const ast_name *t = AST_AS(ast_table_ref, n)->name;
        return t != NULL && t->parts.count == 1 &&
               binder_same_name(b, t->parts.items[0].text, name);
    }
    case AST_SUBQUERY_REF:
        return cte_names_itself_in(b, &AST_AS(ast_subquery_ref, n)->query->node, name);
    case AST_JOIN:
        return cte_names_itself_in(b, AST_AS(ast_join, n)->left, name) ||
               cte_names_itself_in(b, AST_AS(ast_join, n)->right, name);
    case AST_PAREN_REF:
        return cte_names_itself_in(b, AST_AS(ast_paren_ref, n)->relation, name);
    case AST_PIVOT:
        return cte_names_itself_in(b, AST_AS(ast_pivot, n)->relation, name);
    case AST_UNPIVOT:
        return cte_names_itself_in(b, AST_AS(ast_unpivot, n)->relation, name);
    case AST_LATERAL_VIEW:
        return cte_names_itself_in(b, AST_AS(ast_lateral_view, n)->relation, name);
    case AST_QUERY: {
        const ast_query *q = AST_AS(ast_query, n);
        for (uint32_t i = 0; i < q->ctes.count; i++) {
            const ast_cte *inner = AST_AS(ast_cte, q->ctes.items[i]);
            bool shadows = binder_same_name(b, inner->name.text, name);
            if (!(shadows && q->recursive) && cte_names_itself_in(b, &inner->query->node, name))
                return true;
            if (shadows) return false;
        }
        return cte_names_itself_in(b, q->body, name);
    }
    case AST_SELECT:
        return cte_names_itself_in(b, AST_AS(ast_select, n)->from, name);
    case AST_SET_OPERATION:
        return cte_names_itself_in(b, AST_AS(ast_set_operation, n)->left, name) ||
               cte_names_itself_in(b, AST_AS(ast_set_operation, n)->right, name);
    case AST_TABLE_QUERY:
        return cte_names_itself_in(b, &AST_AS(ast_table_query, n)->table->node, name);
    case AST_PIPE:
        return cte_names_itself_in(b, AST_AS(ast_pipe, n)->input, name);
    default:
        return false;
    }
}

static dbx_status cte_recursion_bounds(binder *b, const bind_cte *c, plan_recursive *n) {
    const settings *limits = b->query->settings;
    n->max_depth = limits->cte_recursion_level_limit < 0
                       ? UINT32_MAX
                       : (uint32_t)MIN(limits->cte_recursion_level_limit, (int64_t)UINT32_MAX);
    n->max_rows = limits->cte_recursion_row_limit < 0 ? UINT64_MAX
                                                      : (uint64_t)limits->cte_recursion_row_limit;
    if (c->ast->max_recursion == NULL) return DBX_OK;
    bind_block block;
    expr *e;
    const vector *value;
    int64_t depth;
    binder_push(b, &block, NULL, CLAUSE_LIMIT);
    dbx_status status = bind_expr(b, c->ast->max_recursion, &e);
    binder_pop(b, &block);
    TRY(status);
    TRY(bind_fold(b, e, &value));
    if (!vector_int64_value(value, &depth) || depth < 0 || depth > UINT32_MAX) {
        return binder_unsupported(b, c->ast->max_recursion->span, "this MAX RECURSION LEVEL");
    }
    n->max_depth = (uint32_t)depth;
    return DBX_OK;
}

/* The set operation that the recursive definition must be; clauses around it are refused. */
static const ast_set_operation *cte_recursive_union(const ast_query *q) {
    const ast_body *body = q->body;
    while (body->kind == AST_QUERY) body = AST_AS(ast_query, body)->body;
    return body->kind == AST_SET_OPERATION ? AST_AS(ast_set_operation, body) : NULL;
}

static bool cte_scans(const plan_node *n, uint32_t index) {
    if (n->kind == PLAN_RECURSIVE_SCAN && ((const plan_cte_scan *)n)->index == index) return true;
    for (uint32_t i = 0; i < n->child_count; i++) {
        if (cte_scans(n->children[i], index)) return true;
    }
    return false;
}

typedef struct cte_place {
    uint32_t index;
    bool bad;
} cte_place;

static dbx_status cte_place_in_expr(expr **slot, void *state) {
    cte_place *p = state;
    const expr *e = *slot;
    if (e->kind == EXPR_SUBQUERY && cte_scans(e->u.subquery.plan, p->index)) p->bad = true;
    for (uint32_t i = 0; i < e->arg_count; i++) TRY(cte_place_in_expr((expr **)&e->args[i], state));
    return DBX_OK;
}

/* Rows of the last turn must come through one by one: not into aggregates or the optional side of a
 * join. */
static dbx_status cte_check_place(plan_node *n, cte_place *p) {
    const plan_join *j = n->kind == PLAN_JOIN ? (const plan_join *)n : NULL;
    if (n->kind == PLAN_AGGREGATE && cte_scans(n->children[0], p->index)) p->bad = true;
    if (j != NULL) {
        bool left = cte_scans(n->children[0], p->index),
             right = cte_scans(n->children[1], p->index);
        bool no_left = j->join == JOIN_RIGHT || j->join == JOIN_FULL;
        bool no_right = j->join == JOIN_LEFT || j->join == JOIN_FULL || j->join == JOIN_SEMI ||
                        j->join == JOIN_ANTI;
        p->bad = p->bad || (left && no_left) || (right && no_right);
    }
    TRY(plan_visit_exprs(n, cte_place_in_expr, p));
    for (uint32_t i = 0; i < n->child_count; i++) TRY(cte_check_place(n->children[i], p));
    return DBX_OK;
}

static dbx_status cte_bind_step(binder *b, bind_cte *c, const ast_set_operation *u,
                                plan_node *anchor, plan_node **out) {
    c->step_columns = anchor->columns;
    c->step_column_count = anchor->column_count;
    TRY(cte_column_names(b, c, anchor, &c->names));
    c->in_step = true;
    plan_node *step;
    dbx_status status = bind_body(b, u->right, &step);
    c->in_step = false;
    TRY(status);
    cte_place place = {c->recursive_index, false};
    TRY(cte_check_place(step, &place));
    if (place.bad) {
        return error_raise(b->err, ERR_INVALID_RECURSIVE_REFERENCE__PLACE,
                           binder_node_span(b, u->right), NULL);
    }
    if (step->column_count != anchor->column_count) {
        return error_raise(b->err, ERR_NUM_COLUMNS_MISMATCH, binder_node_span(b, &u->node),
                           "operator", "UNION", "firstNumColumns",
                           arena_printf(b->arena, "%u", anchor->column_count), "invalidOrdinalNum",
                           "second", "invalidNumColumns",
                           arena_printf(b->arena, "%u", step->column_count), NULL);
    }
    *out = step;
    return DBX_OK;
}

static dbx_status cte_bind_recursive(binder *b, bind_cte *c, plan_node **out) {
    const ast_set_operation *u = cte_recursive_union(c->ast->query);
    span s = binder_node_span(b, &c->ast->node);
    plan_node *anchor, *step;
    if (u == NULL || u->op != AST_SET_UNION)
        return error_raise(b->err, ERR_INVALID_RECURSIVE_CTE, s, NULL);
    if (cte_names_itself_in(b, u->left, c->ast->name.text)) {
        return error_raise(b->err, ERR_INVALID_RECURSIVE_CTE, s, NULL);
    }
    if (!u->all) return error_raise(b->err, ERR_UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE, s, NULL);
    c->in_anchor = true;
    dbx_status status = bind_body(b, u->left, &anchor);
    c->in_anchor = false;
    TRY(status);
    uint32_t n = anchor->column_count;
    type *types = ARENA_ARRAY(b->arena, type, n + 1);
    if (types == NULL) return binder_nomem(b);
    TRY(cte_bind_step(b, c, u, anchor, &step));
    bool same = true;
    for (uint32_t i = 0; i < n; i++) {
        types[i] = anchor->columns[i].type;
        if (type_equal(types[i], step->columns[i].type)) continue;
        if (!type_common(b->arena, types[i], step->columns[i].type, b->query->settings->ansi,
                         &types[i])) {
            return error_raise(b->err, ERR_INCOMPATIBLE_COLUMN_TYPE, s, "operator", "UNION",
                               "columnOrdinalNumber", "", "tableOrdinalNumber", "second",
                               "dataType1", type_sql(b->arena, step->columns[i].type), "dataType2",
                               type_sql(b->arena, anchor->columns[i].type), "hint", "", NULL);
        }
        same = same && type_equal(types[i], anchor->columns[i].type);
    }
    if (!same) {
        TRY(bind_cast_columns(b, anchor, types, &anchor));
        TRY(cte_bind_step(b, c, u, anchor, &step));
    }
    TRY(bind_cast_columns(b, step, types, &step));
    plan_recursive *r = PLAN_NEW(b->plan, plan_recursive, PLAN_RECURSIVE, 2, n);
    if (r == NULL) return binder_nomem(b);
    r->base.children[0] = anchor;
    r->base.children[1] = step;
    r->base.span = s;
    for (uint32_t i = 0; i < n; i++) {
        r->base.columns[i] = (plan_column){.id = plan_new_column(b->plan),
                                           .name = c->names[i],
                                           .type = types[i],
                                           .nullable = true};
    }
    r->index = c->recursive_index;
    r->name = c->ast->name.text;
    r->row_limit = UINT64_MAX;
    TRY(cte_recursion_bounds(b, c, r));
    *out = &r->base;
    return DBX_OK;
}

/* ---- definitions and references ---- */

static dbx_status cte_bind_definition(binder *b, bind_cte *c, plan_node **out) {
    bind_cte *ctes = b->ctes;
    bind_block *block = b->block;
    lambda_frame *lambdas = b->lambdas;
    bool recursive =
        c->recursive && cte_names_itself_in(b, &c->ast->query->node, c->ast->name.text);
    b->lambdas = NULL;
    b->block = c->block;
    b->ctes = recursive ? c : c->visible;
    TRY(binder_enter(b, c->ast->node.span));
    dbx_status status;
    if (recursive) {
        const ast_query *q = c->ast->query;
        bind_cte *first = NULL, *outer = b->ctes;
        c->recursive_index = b->plan->cte_count++;
        status = bind_push_ctes(b, &q->ctes, q->recursive, &first);
        if (status == DBX_OK) status = cte_bind_recursive(b, c, out);
        if (status == DBX_OK && q->ctes.count > 0) status = bind_finish_ctes(b, first, outer, out);
        if (status == DBX_OK) {
            scope *s = scope_of_plan(b, *out, NULL);
            status = s == NULL ? binder_nomem(b) : bind_query_clauses(b, q, *out, s, out);
        }
    } else {
        b->with_at_start = true;
        status = bind_query(b, c->ast->query, out);
    }
    binder_leave(b);
    b->ctes = ctes;
    b->block = block;
    b->lambdas = lambdas;
    TRY(status);
    return cte_column_names(b, c, *out, &c->names);
}

static plan_cte_scan *cte_new_scan(binder *b, plan_kind kind, uint32_t count) {
    /* Room for either struct: finishing turns a scan that is the only one into a projection. */
    static_assert(sizeof(plan_cte_scan) >= sizeof(plan_project),
                  "a scan becomes a projection in place");
    return PLAN_NEW(b->plan, plan_cte_scan, kind, 0, count);
}

static dbx_status cte_self_reference(binder *b, bind_cte *c, span position, bound_relation *out) {
    plan_cte_scan *n = cte_new_scan(b, PLAN_RECURSIVE_SCAN, c->step_column_count);
    if (n == NULL) return binder_nomem(b);
    column_id *ids = ARENA_ARRAY(b->arena, column_id, c->step_column_count + 1);
    if (ids == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < c->step_column_count; i++) {
        ids[i] = c->step_columns[i].id;
        n->base.columns[i] = (plan_column){.id = plan_new_column(b->plan),
                                           .name = c->names[i],
                                           .type = c->step_columns[i].type,
                                           .nullable = true};
    }
    n->index = c->recursive_index;
    n->source_columns = ids;
    n->name = c->ast->name.text;
    n->base.span = binder_span(b, position);
    out->plan = &n->base;
    return DBX_OK;
}

static dbx_status cte_scan(binder *b, bind_cte *c, span position, bound_relation *out) {
    plan_cte_scan *n = cte_new_scan(b, PLAN_CTE_SCAN, c->plan->column_count);
    if (n == NULL) return binder_nomem(b);
    column_id *ids = ARENA_ARRAY(b->arena, column_id, c->plan->column_count + 1);
    if (ids == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < c->plan->column_count; i++) {
        ids[i] = c->plan->columns[i].id;
        n->base.columns[i] = c->plan->columns[i];
        n->base.columns[i].id = plan_new_column(b->plan);
        n->base.columns[i].name = c->names[i];
    }
    n->index = c->index;
    n->source_columns = ids;
    n->name = c->ast->name.text;
    n->base.span = binder_span(b, position);
    c->reference_count++;
    c->first_reference = &n->base;
    out->plan = &n->base;
    return DBX_OK;
}

static dbx_status cte_inline(binder *b, const bind_cte *c, plan_node *plan, bound_relation *out) {
    return bind_rename(b, plan, c->names, &out->plan);
}

dbx_status bind_cte_reference(binder *b, bind_cte *c, span position, bound_relation *out) {
    if (c->in_anchor)
        return error_raise(b->err, ERR_INVALID_RECURSIVE_REFERENCE__PLACE, binder_span(b, position),
                           NULL);
    if (c->in_step) {
        TRY(cte_self_reference(b, c, position, out));
    } else if (c->inline_each) {
        plan_node *plan;
        TRY(cte_bind_definition(b, c, &plan));
        TRY(cte_inline(b, c, plan, out));
    } else {
        if (!c->bound) {
            bool correlated;
            TRY(cte_bind_definition(b, c, &c->plan));
            TRY(bind_is_correlated(b, c->plan, &correlated));
            c->bound = true;
            c->inline_each = correlated;
            c->index = b->plan->cte_count++;
        }
        if (c->inline_each) {
            TRY(cte_inline(b, c, c->plan, out));
        } else {
            TRY(cte_scan(b, c, position, out));
        }
    }
    bind_qualifier *q = scope_qualifier(b, c->ast->name.text);
    if (q == NULL) return binder_nomem(b);
    out->scope = scope_of_plan(b, out->plan, q);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}

/* Turns the only scan into a projection over the definition. */
static dbx_status cte_replace_scan(binder *b, bind_cte *c) {
    plan_cte_scan *scan = (plan_cte_scan *)c->first_reference;
    uint32_t n = scan->base.column_count;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, n + 1);
    plan_node **children = ARENA_ARRAY(b->arena, plan_node *, 1);
    if (exprs == NULL || children == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n; i++) {
        exprs[i] = bind_plan_column(b, c->plan, i, scan->base.span);
        if (exprs[i] == NULL) return binder_nomem(b);
    }
    children[0] = c->plan;
    plan_project *p = (plan_project *)scan;
    p->base.kind = PLAN_PROJECT;
    p->base.child_count = 1;
    p->base.children = children;
    p->exprs = exprs;
    return DBX_OK;
}

static dbx_status cte_wrap(binder *b, bind_cte *c, plan_node **plan) {
    plan_node *body = *plan;
    plan_cte *n = PLAN_NEW(b->plan, plan_cte, PLAN_CTE, 2, body->column_count);
    if (n == NULL) return binder_nomem(b);
    n->base.children[0] = c->plan;
    n->base.children[1] = body;
    n->base.span = body->span;
    if (body->column_count > 0)
        memcpy(n->base.columns, body->columns, body->column_count * sizeof(plan_column));
    n->index = c->index;
    n->name = c->ast->name.text;
    *plan = &n->base;
    return DBX_OK;
}

void bind_limit_ctes(binder *b, const plan_node *n, uint64_t rows) {
    if (n->kind == PLAN_PROJECT) {
        bind_limit_ctes(b, n->children[0], rows);
    } else if (n->kind == PLAN_SET_OP && ((const plan_set_op *)n)->op == SET_UNION_ALL) {
        for (uint32_t i = 0; i < n->child_count; i++) bind_limit_ctes(b, n->children[i], rows);
    } else if (n->kind == PLAN_CTE_SCAN) {
        for (bind_cte *c = b->ctes; c != NULL; c = c->next) {
            if (!c->bound || c->index != ((const plan_cte_scan *)n)->index) continue;
            c->limited_count++;
            c->limit = MAX(c->limit, rows);
            return;
        }
    }
}

/* A recursion whose every reader stops after some rows need not go on. */
static void cte_limit_recursion(const bind_cte *c) {
    plan_node *n = c->plan;
    while (n != NULL && n->kind == PLAN_PROJECT) n = n->children[0];
    if (n == NULL || n->kind != PLAN_RECURSIVE || c->limited_count != c->reference_count) return;
    ((plan_recursive *)n)->row_limit = c->limit;
}

dbx_status bind_finish_ctes(binder *b, bind_cte *first, bind_cte *outer, plan_node **plan) {
    /* Later definitions use earlier ones: the last is put innermost. */
    for (bind_cte *c = first; c != outer; c = c->next) {
        if (!c->bound) {
            plan_node *ignored; /* what is not used must be valid all the same */
            TRY(cte_bind_definition(b, c, &ignored));
            continue;
        }
        if (c->inline_each || c->reference_count == 0) continue;
        cte_limit_recursion(c);
        if (c->reference_count == 1) {
            TRY(cte_replace_scan(b, c));
        } else {
            TRY(cte_wrap(b, c, plan));
        }
    }
    return DBX_OK;
}

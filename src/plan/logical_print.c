/* logical_print.c - logical plans as text, one node a line, for EXPLAIN EXTENDED and tests.
 *
 *   PROJECT [x#3, (a#1 + 1) AS y#4]
 *     FILTER [(a#1 > 2)]
 *       SCAN main.t [a#1, x#3]  (1000 rows)
 *
 * Columns print as name#id, so that equal names stay apart.
 */
#include "plan/logical.h"

#include <inttypes.h>
#include <stdio.h>

enum { PLAN_PRINT_DEPTH_MAX = 512, PLAN_PRINT_NAME_MAX = 64 };

typedef struct plan_printer {
    buffer *out;
    const query *query;
    arena arena;
    string_view *names; /* by id, "name#id"; data NULL: unknown */
    column_id bound;
} plan_printer;

static dbx_status plan_print_node(plan_printer *p, const plan_node *n, uint32_t depth);

/* ---- names ---- */

typedef dbx_status (*plan_print_walk)(plan_printer *p, const plan_node *n);

typedef struct plan_print_walker {
    plan_printer *printer;
    plan_print_walk walk;
} plan_print_walker;

static dbx_status plan_print_walk_nodes(const plan_node *n, plan_print_walker *w);

static dbx_status plan_print_walk_expr(const expr *x, plan_print_walker *w) {
    if (x->kind == EXPR_SUBQUERY) TRY(plan_print_walk_nodes(x->u.subquery.plan, w));
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(plan_print_walk_expr(x->args[i], w));
    return DBX_OK;
}

static dbx_status plan_print_walk_slot(expr **slot, void *state) {
    return plan_print_walk_expr(*slot, state);
}

static dbx_status plan_print_walk_nodes(const plan_node *n, plan_print_walker *w) {
    TRY(w->walk(w->printer, n));
    TRY(plan_visit_exprs((plan_node *)(uintptr_t)n, plan_print_walk_slot, w));
    for (uint32_t i = 0; i < n->child_count; i++) TRY(plan_print_walk_nodes(n->children[i], w));
    return DBX_OK;
}

static dbx_status plan_print_bound(plan_printer *p, const plan_node *n) {
    for (uint32_t i = 0; i < n->column_count; i++) p->bound = MAX(p->bound, n->columns[i].id + 1);
    return DBX_OK;
}

static dbx_status plan_print_learn(plan_printer *p, const plan_node *n) {
    for (uint32_t i = 0; i < n->column_count; i++) {
        const plan_column *col = &n->columns[i];
        string_view name = col->name;
        if (name.size > PLAN_PRINT_NAME_MAX) name.size = PLAN_PRINT_NAME_MAX;
        char *text = arena_printf(&p->arena, SV_FMT "#%u", SV_ARG(name), col->id);
        if (text == NULL) return DBX_NOMEM;
        p->names[col->id] = sv_from(text);
    }
    return DBX_OK;
}

static string_view plan_print_name_of(column_id id, void *state) {
    const plan_printer *p = state;
    return id < p->bound ? p->names[id] : (string_view){NULL, 0};
}

/* ---- parts ---- */

static dbx_status plan_print_column(plan_printer *p, column_id id) {
    string_view name = plan_print_name_of(id, p);
    return name.data != NULL ? buffer_append_sv(p->out, name) : buffer_printf(p->out, "#%u", id);
}

static dbx_status plan_print_expr(plan_printer *p, const expr *x) {
    if (x->kind == EXPR_COLUMN) return plan_print_column(p, x->u.column);
    return expr_append_text(p->out, x, p->query, plan_print_name_of, p);
}

static dbx_status plan_print_list(plan_printer *p, const char *label, expr *const *exprs,
                                  uint32_t count) {
    TRY(buffer_printf(p->out, "%s[", label));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        TRY(plan_print_expr(p, exprs[i]));
    }
    return buffer_append_char(p->out, ']');
}

static dbx_status plan_print_columns(plan_printer *p, const plan_column *columns, uint32_t count) {
    TRY(buffer_append_sv(p->out, SV(" [")));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        TRY(plan_print_column(p, columns[i].id));
    }
    return buffer_append_char(p->out, ']');
}

static dbx_status plan_print_assigned(plan_printer *p, const plan_column *columns,
                                      expr *const *exprs, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        TRY(plan_print_expr(p, exprs[i]));
        if (exprs[i]->kind == EXPR_COLUMN && exprs[i]->u.column == columns[i].id) continue;
        TRY(buffer_append_sv(p->out, SV(" AS ")));
        TRY(plan_print_column(p, columns[i].id));
    }
    return DBX_OK;
}

static dbx_status plan_print_keys(plan_printer *p, const char *label, const sort_key *keys,
                                  uint32_t count) {
    TRY(buffer_printf(p->out, "%s[", label));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        TRY(plan_print_expr(p, keys[i].expr));
        TRY(buffer_printf(p->out, "%s%s", keys[i].order.descending ? " DESC" : "",
                          keys[i].order.nulls_first ? " NULLS FIRST" : " NULLS LAST"));
    }
    return buffer_append_char(p->out, ']');
}

static dbx_status plan_print_limit(plan_printer *p, uint64_t limit, uint64_t offset) {
    if (limit != UINT64_MAX) TRY(buffer_printf(p->out, " %" PRIu64, limit));
    if (offset != 0) TRY(buffer_printf(p->out, " OFFSET %" PRIu64, offset));
    return DBX_OK;
}

static dbx_status plan_print_aggregate(plan_printer *p, const plan_aggregate *g) {
    TRY(buffer_append_sv(p->out, SV(" [")));
    TRY(plan_print_assigned(p, g->base.columns, g->groups, g->group_count));
    TRY(buffer_append_sv(p->out, SV("] [")));
    TRY(plan_print_assigned(p, g->base.columns + g->group_count, g->aggregates,
                            g->aggregate_count));
    TRY(buffer_append_char(p->out, ']'));
    if (g->set_count > 0) {
        TRY(buffer_append_sv(p->out, SV(" SETS")));
        for (uint32_t s = 0; s < g->set_count; s++) {
            TRY(buffer_append_sv(p->out, SV(" (")));
            for (uint32_t i = 0, first = 1; i < g->group_count; i++) {
                if (!(g->sets[s] >> i & 1)) continue;
                if (!first) TRY(buffer_append_sv(p->out, SV(", ")));
                first = 0;
                TRY(plan_print_column(p, g->base.columns[i].id));
            }
            TRY(buffer_append_char(p->out, ')'));
        }
    }
    return DBX_OK;
}

static dbx_status plan_print_detail(plan_printer *p, const plan_node *n) {
    static const char *const set_ops[] = {"UNION ALL", "EXCEPT", "EXCEPT ALL", "INTERSECT",
                                          "INTERSECT ALL"};
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN: {
        const plan_scan *s = (const plan_scan *)n;
        TRY(buffer_printf(p->out, " " SV_FMT, SV_ARG(s->name)));
        TRY(plan_print_columns(p, n->columns, n->column_count));
        if (s->predicate_count > 0)
            TRY(plan_print_list(p, " WHERE ", s->predicates, s->predicate_count));
        return s->row_limit != UINT64_MAX ? buffer_printf(p->out, " LIMIT %" PRIu64, s->row_limit)
                                          : DBX_OK;
    }
    case PLAN_VALUES: {
        TRY(plan_print_columns(p, n->columns, n->column_count));
        return buffer_printf(p->out, " %u rows", ((const plan_values *)n)->row_count);
    }
    case PLAN_FILTER: {
        const plan_filter *f = (const plan_filter *)n;
        return plan_print_list(p, " ", f->conjuncts, f->conjunct_count);
    }
    case PLAN_PROJECT:
        TRY(buffer_append_sv(p->out, SV(" [")));
        TRY(plan_print_assigned(p, n->columns, ((const plan_project *)n)->exprs, n->column_count));
        return buffer_append_char(p->out, ']');
    case PLAN_AGGREGATE:
        return plan_print_aggregate(p, (const plan_aggregate *)n);
    case PLAN_JOIN: {
        const plan_join *j = (const plan_join *)n;
        TRY(buffer_printf(p->out, " %s%s%s", join_kind_name(j->join),
                          j->dependent ? " DEPENDENT" : "", j->null_aware ? " NULL-AWARE" : ""));
        if (j->join == JOIN_MARK) {
            TRY(buffer_append_char(p->out, ' '));
            TRY(plan_print_column(p, j->mark));
        }
        return plan_print_list(p, " ", j->conditions, j->condition_count);
    }
    case PLAN_WINDOW: {
        const plan_window *w = (const plan_window *)n;
        TRY(buffer_append_sv(p->out, SV(" [")));
        TRY(plan_print_assigned(p, n->columns + (n->column_count - w->function_count), w->functions,
                                w->function_count));
        TRY(buffer_append_char(p->out, ']'));
        TRY(plan_print_list(p, " PARTITION BY ", w->partition, w->partition_count));
        return plan_print_keys(p, " ORDER BY ", w->order, w->order_count);
    }
    case PLAN_SORT:
    case PLAN_TOP_N: {
        const plan_sort *s = (const plan_sort *)n;
        if (n->kind == PLAN_TOP_N) TRY(plan_print_limit(p, s->limit, s->offset));
        return plan_print_keys(p, " ", s->keys, s->key_count);
    }
    case PLAN_LIMIT:
        return plan_print_limit(p, ((const plan_limit *)n)->limit, ((const plan_limit *)n)->offset);
    case PLAN_SET_OP:
        TRY(buffer_printf(p->out, " %s", set_ops[((const plan_set_op *)n)->op]));
        return plan_print_columns(p, n->columns, n->column_count);
    case PLAN_GENERATE: {
        const plan_generate *g = (const plan_generate *)n;
        TRY(buffer_printf(p->out, " %s%s", g->row->name, g->outer ? " OUTER" : ""));
        TRY(plan_print_list(p, " ", g->args, g->arg_count));
        return plan_print_columns(p, n->columns, n->column_count);
    }
    case PLAN_SAMPLE: {
        const plan_sample *s = (const plan_sample *)n;
        return s->fraction >= 0 ? buffer_printf(p->out, " %g%%", s->fraction * 100)
                                : buffer_printf(p->out, " %" PRIu64 " rows", s->row_count);
    }
    case PLAN_CTE: {
        const plan_cte *t = (const plan_cte *)n;
        return buffer_printf(p->out, " " SV_FMT "(%u)", SV_ARG(t->name), t->index);
    }
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE_SCAN: {
        const plan_cte_scan *s = (const plan_cte_scan *)n;
        TRY(buffer_printf(p->out, " " SV_FMT "(%u)", SV_ARG(s->name), s->index));
        return plan_print_columns(p, n->columns, n->column_count);
    }
    case PLAN_RECURSIVE: {
        const plan_recursive *r = (const plan_recursive *)n;
        TRY(buffer_printf(p->out, " " SV_FMT "(%u)%s", SV_ARG(r->name), r->index,
                          r->distinct ? " DISTINCT" : ""));
        return plan_print_columns(p, n->columns, n->column_count);
    }
    case PLAN_WRITE: {
        static const char *const writes[] = {"INSERT", "DELETE", "UPDATE", "MERGE", "FILE"};
        const plan_write *w = (const plan_write *)n;
        return buffer_printf(p->out, " %s%s " SV_FMT, writes[w->write],
                             w->overwrite ? " OVERWRITE" : "", SV_ARG(w->name));
    }
    case PLAN_DISTINCT:
    case PLAN_KIND_COUNT:
        break;
    }
    return DBX_OK;
}

typedef struct plan_print_subqueries {
    plan_printer *printer;
    uint32_t depth;
} plan_print_subqueries;

static dbx_status plan_print_subquery(const expr *x, plan_print_subqueries *s) {
    if (x->kind == EXPR_SUBQUERY) {
        static const char *const kinds[] = {"SCALAR", "EXISTS", "IN"};
        TRY(buffer_printf(s->printer->out, "%*s%s subquery%s:\n", (int)(2 * s->depth), "",
                          kinds[x->u.subquery.kind], x->u.subquery.negated ? " (negated)" : ""));
        TRY(plan_print_node(s->printer, x->u.subquery.plan, s->depth + 1));
    }
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(plan_print_subquery(x->args[i], s));
    return DBX_OK;
}

static dbx_status plan_print_slot(expr **slot, void *state) {
    return plan_print_subquery(*slot, state);
}

static dbx_status plan_print_node(plan_printer *p, const plan_node *n, uint32_t depth) {
    if (depth > PLAN_PRINT_DEPTH_MAX) return buffer_append_sv(p->out, SV("...\n"));
    TRY(buffer_printf(p->out, "%*s%s", (int)(2 * depth), "", plan_kind_name((plan_kind)n->kind)));
    TRY(plan_print_detail(p, n));
    if (n->rows >= 0) TRY(buffer_printf(p->out, "  (%.0f rows)", n->rows));
    TRY(buffer_append_char(p->out, '\n'));
    plan_print_subqueries s = {.printer = p, .depth = depth + 1};
    TRY(plan_visit_exprs((plan_node *)(uintptr_t)n, plan_print_slot, &s));
    for (uint32_t i = 0; i < n->child_count; i++)
        TRY(plan_print_node(p, n->children[i], depth + 1));
    return DBX_OK;
}

dbx_status plan_append_text(buffer *out, const plan_node *root, const query *q) {
    plan_printer p = {.out = out, .query = q};
    dbx_status status;
    arena_init(&p.arena, out->ledger);
    plan_print_walker w = {.printer = &p, .walk = plan_print_bound};
    TRY_GOTO(plan_print_walk_nodes(root, &w), done);
    p.names = ARENA_ARRAY(&p.arena, string_view, p.bound);
    if (p.bound > 0 && p.names == NULL) {
        status = DBX_NOMEM;
        goto done;
    }
    w.walk = plan_print_learn;
    TRY_GOTO(plan_print_walk_nodes(root, &w), done);
    status = plan_print_node(&p, root, 0);
done:
    arena_deinit(&p.arena);
    return status;
}

/* logical.c - making, walking and copying logical plans.
 *
 * A node's size and its arrays of expressions are known per kind in two places only: plan_node_size
 * and plan_visit_exprs. All generic walks (copying, verifying, collecting columns) build on them.
 */
#include "plan/logical.h"

static size_t plan_node_size(plan_kind kind) {
    switch (kind) {
    case PLAN_SCAN:
        return sizeof(plan_scan);
    case PLAN_VALUES:
        return sizeof(plan_values);
    case PLAN_FILTER:
        return sizeof(plan_filter);
    case PLAN_PROJECT:
        return sizeof(plan_project);
    case PLAN_AGGREGATE:
        return sizeof(plan_aggregate);
    case PLAN_JOIN:
        return sizeof(plan_join);
    case PLAN_WINDOW:
        return sizeof(plan_window);
    case PLAN_SORT:
    case PLAN_TOP_N:
        return sizeof(plan_sort);
    case PLAN_LIMIT:
        return sizeof(plan_limit);
    case PLAN_DISTINCT:
        return sizeof(plan_node);
    case PLAN_SET_OP:
        return sizeof(plan_set_op);
    case PLAN_GENERATE:
        return sizeof(plan_generate);
    case PLAN_SAMPLE:
        return sizeof(plan_sample);
    case PLAN_CTE:
        return sizeof(plan_cte);
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE_SCAN:
        return sizeof(plan_cte_scan);
    case PLAN_RECURSIVE:
        return sizeof(plan_recursive);
    case PLAN_WRITE:
        return sizeof(plan_write);
    case PLAN_KIND_COUNT:
        break;
    }
    assert(false && "plan kind");
    return sizeof(plan_node);
}

const char *plan_kind_name(plan_kind kind) {
    static const char *const names[PLAN_KIND_COUNT] = {
        [PLAN_SCAN] = "SCAN",
        [PLAN_VALUES] = "VALUES",
        [PLAN_FILTER] = "FILTER",
        [PLAN_PROJECT] = "PROJECT",
        [PLAN_AGGREGATE] = "AGGREGATE",
        [PLAN_JOIN] = "JOIN",
        [PLAN_WINDOW] = "WINDOW",
        [PLAN_SORT] = "SORT",
        [PLAN_LIMIT] = "LIMIT",
        [PLAN_TOP_N] = "TOP_N",
        [PLAN_DISTINCT] = "DISTINCT",
        [PLAN_SET_OP] = "SET_OP",
        [PLAN_GENERATE] = "GENERATE",
        [PLAN_SAMPLE] = "SAMPLE",
        [PLAN_CTE] = "CTE",
        [PLAN_CTE_SCAN] = "CTE_SCAN",
        [PLAN_RECURSIVE] = "RECURSIVE",
        [PLAN_RECURSIVE_SCAN] = "RECURSIVE_SCAN",
        [PLAN_WRITE] = "WRITE",
    };
    assert((unsigned)kind < PLAN_KIND_COUNT);
    return names[kind];
}

const char *join_kind_name(join_kind kind) {
    static const char *const names[] = {"INNER", "LEFT", "RIGHT", "FULL",
                                        "SEMI",  "ANTI", "MARK",  "SINGLE"};
    assert((unsigned)kind < ARRAY_COUNT(names));
    return names[kind];
}

/* ---- making ---- */

plan_node *plan_node_new(plan_context *c, plan_kind kind, uint32_t child_count,
                         uint32_t column_count) {
    plan_node *n = arena_alloc_zero(c->arena, plan_node_size(kind));
    if (n == NULL) return NULL;
    n->kind = (uint8_t)kind;
    n->child_count = child_count;
    n->column_count = column_count;
    n->rows = -1;
    n->cost = -1;
    n->children = ARENA_ARRAY(c->arena, plan_node *, child_count);
    n->columns = ARENA_ARRAY(c->arena, plan_column, column_count);
    if ((child_count > 0 && n->children == NULL) || (column_count > 0 && n->columns == NULL))
        return NULL;
    if (kind == PLAN_SCAN) ((plan_scan *)n)->row_limit = UINT64_MAX;
    if (kind == PLAN_LIMIT) ((plan_limit *)n)->limit = UINT64_MAX;
    return n;
}

plan_node *plan_unary_new(plan_context *c, plan_kind kind, plan_node *child) {
    plan_node *n = plan_node_new(c, kind, 1, child->column_count);
    if (n == NULL) return NULL;
    n->children[0] = child;
    n->span = child->span;
    if (child->column_count > 0)
        memcpy(n->columns, child->columns, child->column_count * sizeof(plan_column));
    return n;
}

plan_filter *plan_filter_new(plan_context *c, plan_node *child, expr *const *conjuncts,
                             uint32_t count) {
    plan_filter *f = (plan_filter *)plan_unary_new(c, PLAN_FILTER, child);
    if (f == NULL) return NULL;
    f->conjuncts = ARENA_ARRAY(c->arena, expr *, count);
    if (count > 0 && f->conjuncts == NULL) return NULL;
    if (count > 0) memcpy(f->conjuncts, conjuncts, count * sizeof(expr *));
    f->conjunct_count = count;
    return f;
}

plan_limit *plan_limit_new(plan_context *c, plan_node *child, uint64_t limit, uint64_t offset) {
    plan_limit *l = (plan_limit *)plan_unary_new(c, PLAN_LIMIT, child);
    if (l == NULL) return NULL;
    l->limit = limit;
    l->offset = offset;
    return l;
}

plan_project *plan_project_new(plan_context *c, plan_node *child, uint32_t count) {
    plan_project *p = PLAN_NEW(c, plan_project, PLAN_PROJECT, 1, count);
    if (p == NULL) return NULL;
    p->base.children[0] = child;
    p->base.span = child->span;
    p->exprs = ARENA_ARRAY(c->arena, expr *, count);
    return count > 0 && p->exprs == NULL ? NULL : p;
}

plan_aggregate *plan_aggregate_new(plan_context *c, plan_node *child, uint32_t group_count,
                                   uint32_t aggregate_count) {
    plan_aggregate *g =
        PLAN_NEW(c, plan_aggregate, PLAN_AGGREGATE, 1, group_count + aggregate_count);
    if (g == NULL) return NULL;
    g->base.children[0] = child;
    g->base.span = child->span;
    g->group_count = group_count;
    g->aggregate_count = aggregate_count;
    g->groups = ARENA_ARRAY(c->arena, expr *, group_count);
    g->aggregates = ARENA_ARRAY(c->arena, expr *, aggregate_count);
    if ((group_count > 0 && g->groups == NULL) || (aggregate_count > 0 && g->aggregates == NULL))
        return NULL;
    return g;
}

/* Appends src's columns to *at; nullable says that an outer join may make them NULL. */
static void plan_append_columns(plan_column *to, uint32_t *at, const plan_node *src,
                                bool nullable) {
    for (uint32_t i = 0; i < src->column_count; i++) {
        to[*at] = src->columns[i];
        if (nullable) to[*at].nullable = true;
        ++*at;
    }
}

dbx_status plan_join_set_columns(plan_context *c, plan_join *j) {
    assert(j->base.child_count == 2);
    const plan_node *left = j->base.children[0], *right = j->base.children[1];
    bool left_only = j->join == JOIN_SEMI || j->join == JOIN_ANTI || j->join == JOIN_MARK;
    uint32_t count = left->column_count;
    if (!left_only) count += right->column_count;
    if (j->join == JOIN_MARK) count++;
    j->base.columns = ARENA_ARRAY(c->arena, plan_column, count);
    if (count > 0 && j->base.columns == NULL) return DBX_NOMEM;
    j->base.column_count = count;
    uint32_t at = 0;
    plan_append_columns(j->base.columns, &at, left, j->join == JOIN_RIGHT || j->join == JOIN_FULL);
    if (j->join == JOIN_MARK) {
        if (j->mark == 0) j->mark = plan_new_column(c);
        j->base.columns[at++] = (plan_column){
            .id = j->mark, .name = SV("mark"), .type = type_simple(TYPE_BOOLEAN), .nullable = true};
    } else if (!left_only) {
        bool outer = j->join == JOIN_LEFT || j->join == JOIN_FULL || j->join == JOIN_SINGLE;
        plan_append_columns(j->base.columns, &at, right, outer);
    }
    assert(at == count);
    return DBX_OK;
}

plan_join *plan_join_new(plan_context *c, join_kind kind, plan_node *left, plan_node *right) {
    plan_join *j = PLAN_NEW(c, plan_join, PLAN_JOIN, 2, 0);
    if (j == NULL) return NULL;
    j->base.children[0] = left;
    j->base.children[1] = right;
    j->base.span = span_join(left->span, right->span);
    j->join = kind;
    return plan_join_set_columns(c, j) == DBX_OK ? j : NULL;
}

const plan_column *plan_find_column(const plan_node *n, column_id id) {
    for (uint32_t i = 0; i < n->column_count; i++)
        if (n->columns[i].id == id) return &n->columns[i];
    return NULL;
}

expr *plan_column_expr(arena *a, const plan_column *column) {
    return expr_column(a, column->id, column->type, column->nullable, (span){0, 0});
}

/* ---- walking ---- */

static dbx_status plan_visit_array(expr **slots, uint32_t count, plan_expr_visit visit,
                                   void *state) {
    for (uint32_t i = 0; i < count; i++) TRY(visit(&slots[i], state));
    return DBX_OK;
}

dbx_status plan_visit_exprs(plan_node *n, plan_expr_visit visit, void *state) {
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN: {
        plan_scan *s = (plan_scan *)n;
        return plan_visit_array(s->predicates, s->predicate_count, visit, state);
    }
    case PLAN_VALUES: {
        plan_values *v = (plan_values *)n;
        return plan_visit_array(v->exprs, v->row_count * n->column_count, visit, state);
    }
    case PLAN_FILTER: {
        plan_filter *f = (plan_filter *)n;
        return plan_visit_array(f->conjuncts, f->conjunct_count, visit, state);
    }
    case PLAN_PROJECT:
        return plan_visit_array(((plan_project *)n)->exprs, n->column_count, visit, state);
    case PLAN_AGGREGATE: {
        plan_aggregate *g = (plan_aggregate *)n;
        TRY(plan_visit_array(g->groups, g->group_count, visit, state));
        return plan_visit_array(g->aggregates, g->aggregate_count, visit, state);
    }
    case PLAN_JOIN: {
        plan_join *j = (plan_join *)n;
        return plan_visit_array(j->conditions, j->condition_count, visit, state);
    }
    case PLAN_WINDOW: {
        plan_window *w = (plan_window *)n;
        TRY(plan_visit_array(w->partition, w->partition_count, visit, state));
        for (uint32_t i = 0; i < w->order_count; i++) TRY(visit(&w->order[i].expr, state));
        return plan_visit_array(w->functions, w->function_count, visit, state);
    }
    case PLAN_SORT:
    case PLAN_TOP_N: {
        plan_sort *s = (plan_sort *)n;
        for (uint32_t i = 0; i < s->key_count; i++) TRY(visit(&s->keys[i].expr, state));
        return DBX_OK;
    }
    case PLAN_GENERATE: {
        plan_generate *g = (plan_generate *)n;
        return plan_visit_array(g->args, g->arg_count, visit, state);
    }
    case PLAN_LIMIT:
    case PLAN_DISTINCT:
    case PLAN_SET_OP:
    case PLAN_SAMPLE:
    case PLAN_CTE:
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE:
    case PLAN_RECURSIVE_SCAN:
    case PLAN_WRITE:
    case PLAN_KIND_COUNT:
        break;
    }
    return DBX_OK;
}

dbx_status plan_output_set(const plan_node *n, column_set *out, arena *a) {
    for (uint32_t i = 0; i < n->column_count; i++) TRY(column_set_add(out, n->columns[i].id, a));
    return DBX_OK;
}

typedef struct plan_column_use {
    column_set *used;
    column_set *made;
    arena *arena;
} plan_column_use;

static dbx_status plan_collect_slot(expr **slot, void *state) {
    plan_column_use *u = state;
    return expr_collect_columns(*slot, u->used, u->arena);
}

static dbx_status plan_collect_use(plan_node *n, plan_column_use *u) {
    TRY(plan_visit_exprs(n, plan_collect_slot, u));
    TRY(plan_output_set(n, u->made, u->arena));
    for (uint32_t i = 0; i < n->child_count; i++) TRY(plan_collect_use(n->children[i], u));
    return DBX_OK;
}

dbx_status plan_free_columns(plan_node *n, column_set *out, arena *a) {
    column_set used = {0}, made = {0};
    plan_column_use u = {.used = &used, .made = &made, .arena = a};
    TRY(plan_collect_use(n, &u));
    for (uint32_t w = 0; w < used.word_count; w++) {
        uint64_t rest = used.words[w];
        if (w < made.word_count) rest &= ~made.words[w];
        while (rest != 0) {
            TRY(column_set_add(out, w * 64 + (uint32_t)__builtin_ctzll(rest), a));
            rest &= rest - 1;
        }
    }
    return DBX_OK;
}

/* ---- copying ---- */

static bool plan_copy_array(arena *a, void *slot, size_t size, size_t count) {
    void **array = slot;
    if (count == 0) return true;
    void *copy = arena_alloc_array(a, size, count);
    if (copy == NULL) return false;
    memcpy(copy, *array, size * count);
    *array = copy;
    return true;
}
#define PLAN_COPY_ARRAY(a, array, count) plan_copy_array((a), &(array), sizeof(*(array)), (count))

plan_node *plan_node_clone(plan_context *c, const plan_node *from) {
    arena *a = c->arena;
    size_t size = plan_node_size((plan_kind)from->kind);
    plan_node *n = arena_alloc(a, size);
    if (n == NULL) return NULL;
    memcpy(n, from, size);
    bool ok = PLAN_COPY_ARRAY(a, n->children, n->child_count) &&
              PLAN_COPY_ARRAY(a, n->columns, n->column_count);
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
        ok = ok &&
             PLAN_COPY_ARRAY(a, ((plan_scan *)n)->predicates, ((plan_scan *)n)->predicate_count);
        break;
    case PLAN_VALUES:
        ok = ok && PLAN_COPY_ARRAY(a, ((plan_values *)n)->exprs,
                                   (size_t)((plan_values *)n)->row_count * n->column_count);
        break;
    case PLAN_FILTER:
        ok = ok &&
             PLAN_COPY_ARRAY(a, ((plan_filter *)n)->conjuncts, ((plan_filter *)n)->conjunct_count);
        break;
    case PLAN_PROJECT:
        ok = ok && PLAN_COPY_ARRAY(a, ((plan_project *)n)->exprs, n->column_count);
        break;
    case PLAN_AGGREGATE: {
        plan_aggregate *g = (plan_aggregate *)n;
        ok = ok && PLAN_COPY_ARRAY(a, g->groups, g->group_count) &&
             PLAN_COPY_ARRAY(a, g->aggregates, g->aggregate_count);
        break;
    }
    case PLAN_JOIN:
        ok = ok &&
             PLAN_COPY_ARRAY(a, ((plan_join *)n)->conditions, ((plan_join *)n)->condition_count);
        break;
    case PLAN_WINDOW: {
        plan_window *w = (plan_window *)n;
        ok = ok && PLAN_COPY_ARRAY(a, w->partition, w->partition_count) &&
             PLAN_COPY_ARRAY(a, w->order, w->order_count) &&
             PLAN_COPY_ARRAY(a, w->functions, w->function_count);
        break;
    }
    case PLAN_SORT:
    case PLAN_TOP_N:
        ok = ok && PLAN_COPY_ARRAY(a, ((plan_sort *)n)->keys, ((plan_sort *)n)->key_count);
        break;
    case PLAN_SET_OP: {
        plan_set_op *s = (plan_set_op *)n;
        ok = ok && PLAN_COPY_ARRAY(a, s->inputs, n->child_count);
        for (uint32_t i = 0; ok && i < n->child_count; i++)
            ok = PLAN_COPY_ARRAY(a, s->inputs[i], n->column_count);
        break;
    }
    case PLAN_GENERATE:
        ok = ok && PLAN_COPY_ARRAY(a, ((plan_generate *)n)->args, ((plan_generate *)n)->arg_count);
        break;
    case PLAN_LIMIT:
    case PLAN_DISTINCT:
    case PLAN_SAMPLE:
    case PLAN_CTE:
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE:
    case PLAN_RECURSIVE_SCAN:
    case PLAN_WRITE:
    case PLAN_KIND_COUNT:
        break;
    }
    return ok ? n : NULL;
}

typedef struct plan_copier {
    plan_context *context;
    column_id *map; /* old id -> new id; 0: not made in the subtree */
    column_id bound;
    uint32_t *ctes; /* old index -> new index + 1; 0: defined elsewhere */
    uint32_t cte_bound;
} plan_copier;

static dbx_status plan_number_node(plan_copier *k, const plan_node *n);

static dbx_status plan_number_expr(plan_copier *k, const expr *x) {
    if (x->kind == EXPR_SUBQUERY) TRY(plan_number_node(k, x->u.subquery.plan));
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(plan_number_expr(k, x->args[i]));
    return DBX_OK;
}

static dbx_status plan_number_slot(expr **slot, void *state) {
    return plan_number_expr(state, *slot);
}

/* Gives a new id to every column that the subtree makes. */
static dbx_status plan_number_node(plan_copier *k, const plan_node *n) {
    for (uint32_t i = 0; i < n->column_count; i++) {
        column_id id = n->columns[i].id;
        assert(id != 0 && id < k->bound);
        if (k->map[id] == 0) k->map[id] = plan_new_column(k->context);
    }
    if (n->kind == PLAN_CTE) k->ctes[((const plan_cte *)n)->index] = ++k->context->cte_count;
    if (n->kind == PLAN_RECURSIVE)
        k->ctes[((const plan_recursive *)n)->index] = ++k->context->cte_count;
    TRY(plan_visit_exprs((plan_node *)(uintptr_t)n, plan_number_slot, k));
    for (uint32_t i = 0; i < n->child_count; i++) TRY(plan_number_node(k, n->children[i]));
    return DBX_OK;
}

static column_id plan_map_column(const plan_copier *k, column_id id) {
    return id < k->bound && k->map[id] != 0 ? k->map[id] : id;
}

static plan_node *plan_copy_node(plan_copier *k, const plan_node *from);

static expr *plan_copy_visit(expr *x, void *state) {
    plan_copier *k = state;
    arena *a = k->context->arena;
    if (x->kind == EXPR_COLUMN) {
        column_id id = plan_map_column(k, x->u.column);
        return id == x->u.column ? x : expr_column(a, id, x->type, x->nullable, x->span);
    }
    if (x->kind == EXPR_SUBQUERY) {
        expr *copy = ARENA_NEW(a, expr);
        if (copy == NULL) return NULL;
        *copy = *x;
        copy->u.subquery.plan = plan_copy_node(k, x->u.subquery.plan);
        return copy->u.subquery.plan != NULL ? copy : NULL;
    }
    return x;
}

static dbx_status plan_copy_slot(expr **slot, void *state) {
    plan_copier *k = state;
    *slot = expr_rewrite(k->context->arena, *slot, plan_copy_visit, k);
    return *slot != NULL ? DBX_OK : DBX_NOMEM;
}

/* The column ids that stand outside of columns and expressions. */
static bool plan_copy_ids(plan_copier *k, plan_node *n) {
    arena *a = k->context->arena;
    if (n->kind == PLAN_SCAN) {
        plan_scan *s = (plan_scan *)n;
        if (s->row_id != 0) s->row_id = plan_map_column(k, s->row_id);
    } else if (n->kind == PLAN_JOIN) {
        plan_join *j = (plan_join *)n;
        if (j->mark != 0) j->mark = plan_map_column(k, j->mark);
    } else if (n->kind == PLAN_SET_OP) {
        plan_set_op *s = (plan_set_op *)n;
        for (uint32_t i = 0; i < n->child_count; i++)
            for (uint32_t col = 0; col < n->column_count; col++)
                s->inputs[i][col] = plan_map_column(k, s->inputs[i][col]);
    } else if (n->kind == PLAN_CTE) {
        plan_cte *t = (plan_cte *)n;
        t->index = k->ctes[t->index] - 1;
    } else if (n->kind == PLAN_RECURSIVE) {
        plan_recursive *r = (plan_recursive *)n;
        r->index = k->ctes[r->index] - 1;
    } else if (n->kind == PLAN_CTE_SCAN || n->kind == PLAN_RECURSIVE_SCAN) {
        plan_cte_scan *s = (plan_cte_scan *)n;
        if (s->index < k->cte_bound && k->ctes[s->index] != 0) {
            s->index = k->ctes[s->index] - 1;
            column_id *ids = ARENA_ARRAY(a, column_id, n->column_count);
            if (n->column_count > 0 && ids == NULL) return false;
            for (uint32_t i = 0; i < n->column_count; i++)
                ids[i] = plan_map_column(k, s->source_columns[i]);
            s->source_columns = ids;
        }
    }
    return true;
}

static plan_node *plan_copy_node(plan_copier *k, const plan_node *from) {
    plan_node *n = plan_node_clone(k->context, from);
    if (n == NULL) return NULL;
    for (uint32_t i = 0; i < n->child_count; i++)
        if ((n->children[i] = plan_copy_node(k, from->children[i])) == NULL) return NULL;
    for (uint32_t i = 0; i < n->column_count; i++)
        n->columns[i].id = plan_map_column(k, n->columns[i].id);
    if (!plan_copy_ids(k, n) || plan_visit_exprs(n, plan_copy_slot, k) != DBX_OK) return NULL;
    return n;
}

dbx_status plan_copy_fresh(plan_context *c, const plan_node *n, plan_node **out,
                           const column_id **old_ids, const column_id **new_ids, uint32_t *count) {
    plan_copier k = {.context = c, .bound = c->next_column, .cte_bound = c->cte_count};
    k.map = ARENA_ARRAY(c->arena, column_id, k.bound);
    k.ctes = ARENA_ARRAY(c->arena, uint32_t, k.cte_bound + 1);
    column_id *ids = ARENA_ARRAY(c->arena, column_id, 2 * (size_t)n->column_count + 1);
    if (k.map == NULL || k.ctes == NULL || ids == NULL) return error_nomem(c->err);
    TRY(plan_number_node(&k, n));
    *out = plan_copy_node(&k, n);
    if (*out == NULL) return error_nomem(c->err);
    for (uint32_t i = 0; i < n->column_count; i++) {
        ids[i] = n->columns[i].id;
        ids[n->column_count + i] = (*out)->columns[i].id;
    }
    if (old_ids != NULL) *old_ids = ids;
    if (new_ids != NULL) *new_ids = ids + n->column_count;
    if (count != NULL) *count = n->column_count;
    return DBX_OK;
}

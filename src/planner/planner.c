/* planner.c - the entry of the planner, and what all conversions share: operators, layouts, slots.
 */
#include "planner/planner_int.h"

static void planner_set_columns(phys_op *op, const plan_column *columns, type *types,
                                string_view *names, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        types[i] = columns[i].type;
        names[i] = columns[i].name;
    }
    op->column_count = count;
    op->types = types;
    op->names = names;
}

dbx_status planner_op_new(planner *p, phys_kind kind, size_t size, uint32_t child_count,
                          const plan_column *columns, uint32_t count, double rows, void *op) {
    phys_op *o = arena_alloc_zero(p->arena, size);
    type *types = ARENA_ARRAY(p->arena, type, count + 1);
    string_view *names = ARENA_ARRAY(p->arena, string_view, count + 1);
    if (o == NULL || types == NULL || names == NULL) return DBX_NOMEM;
    o->kind = (uint8_t)kind;
    o->index = p->ops.count;
    o->child_count = child_count;
    o->children = ARENA_ARRAY(p->arena, phys_op *, child_count + 1);
    if (o->children == NULL) return DBX_NOMEM;
    o->rows = rows;
    planner_set_columns(o, columns, types, names, count);
    if (ARENA_LIST_PUSH(p->arena, &p->ops, o) != DBX_OK) return DBX_NOMEM;
    *(phys_op **)op = o;
    return DBX_OK;
}

static void planner_map(planner *p, const planned *x, uint32_t first, bool enter) {
    for (uint32_t i = 0; i < x->count; i++) {
        assert(x->columns[i].id < p->slot_bound);
        p->slot_of[x->columns[i].id] = enter ? first + i : PLANNER_NO_SLOT;
    }
}

void planner_enter(planner *p, const planned *x, const planned *y) {
    planner_map(p, x, 0, true);
    if (y != NULL) planner_map(p, y, x->count, true);
}

void planner_leave(planner *p, const planned *x, const planned *y) {
    planner_map(p, x, 0, false);
    if (y != NULL) planner_map(p, y, 0, false);
}

static expr *planner_slot_visit(expr *x, void *state) {
    planner *p = state;
    if (x->kind == EXPR_COLUMN) {
        uint32_t slot = x->u.column < p->slot_bound ? p->slot_of[x->u.column] : PLANNER_NO_SLOT;
        if (slot == PLANNER_NO_SLOT) return x; /* a lambda's parameter; checked by planner_slots */
        expr *s = expr_new(p->arena, EXPR_SLOT, x->type, x->nullable, x->span, 0);
        if (s != NULL) s->u.slot = slot;
        return s;
    }
    return x;
}

static bool planner_has_subquery(const expr *x) {
    if (x->kind == EXPR_SUBQUERY) return true;
    for (uint32_t i = 0; i < x->arg_count; i++)
        if (planner_has_subquery(x->args[i])) return true;
    return false;
}

dbx_status planner_slots(planner *p, const expr *x, expr **out) {
    if (planner_has_subquery(x))
        return error_raise(p->err, ERR_INTERNAL_ERROR, x->span, "message",
                           "a subquery reached the planner", NULL);
    *out = expr_rewrite(p->arena, (expr *)(uintptr_t)x, planner_slot_visit, p);
    if (*out == NULL) return DBX_NOMEM;
    column_set left = {0};
    if (expr_collect_columns(*out, &left, p->arena) != DBX_OK) return DBX_NOMEM;
    if (!column_set_is_empty(&left))
        return error_raise(p->err, ERR_INTERNAL_ERROR, x->span, "message",
                           "a column has no slot in its input", NULL);
    return DBX_OK;
}

dbx_status planner_slots_all(planner *p, expr *const *exprs, uint32_t count, expr ***out) {
    *out = ARENA_ARRAY(p->arena, expr *, count + 1);
    if (*out == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) TRY(planner_slots(p, exprs[i], &(*out)[i]));
    return DBX_OK;
}

static const plan_column *planner_find(const planned *x, column_id id, uint32_t *slot) {
    for (uint32_t i = 0; i < x->count; i++)
        if (x->columns[i].id == id) {
            *slot = i;
            return &x->columns[i];
        }
    return NULL;
}

dbx_status planner_align(planner *p, planned *x, const column_id *ids, const plan_column *as,
                         uint32_t count) {
    bool same = count == x->count;
    for (uint32_t i = 0; same && i < count; i++) same = x->columns[i].id == ids[i];
    plan_column *columns = ARENA_ARRAY(p->arena, plan_column, count + 1);
    expr **exprs = ARENA_ARRAY(p->arena, expr *, count + 1);
    if (columns == NULL || exprs == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = 0;
        const plan_column *from = planner_find(x, ids[i], &slot);
        if (from == NULL)
            return error_raise(p->err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                               "an input lacks a column", NULL);
        columns[i] = as != NULL ? as[i] : *from;
        exprs[i] = expr_new(p->arena, EXPR_SLOT, from->type, from->nullable, (span){0, 0}, 0);
        if (exprs[i] == NULL) return DBX_NOMEM;
        exprs[i]->u.slot = slot;
    }
    if (!same) {
        phys_project *project;
        TRY(planner_op_new(p, PHYS_OP_PROJECT, sizeof *project, 1, columns, count, x->op->rows,
                           &project));
        project->base.children[0] = x->op;
        project->exprs = exprs;
        x->op = &project->base;
    }
    x->columns = columns;
    x->count = count;
    return DBX_OK;
}

dbx_status planner_narrow(planner *p, planned *x, const column_set *need) {
    uint32_t count = 0;
    column_id *ids = ARENA_ARRAY(p->arena, column_id, x->count + 1);
    if (ids == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < x->count; i++)
        if (column_set_has(need, x->columns[i].id)) ids[count++] = x->columns[i].id;
    return count < x->count ? planner_align(p, x, ids, NULL, count) : DBX_OK;
}

dbx_status planner_need(planner *p, column_set *need, expr *const *exprs, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (expr_collect_columns(exprs[i], need, p->arena) != DBX_OK) return DBX_NOMEM;
    return DBX_OK;
}

dbx_status planner_need_copy(planner *p, const column_set *from, column_set *out) {
    *out = (column_set){0};
    return column_set_union(out, from, p->arena) == DBX_OK ? DBX_OK : DBX_NOMEM;
}

/* The RESULT operator gives the root's columns, all and in order. */
static dbx_status planner_convert_root(planner *p, plan_node *root, phys_op **out) {
    column_set need = {0};
    column_id *ids = ARENA_ARRAY(p->arena, column_id, root->column_count + 1);
    if (ids == NULL || plan_output_set(root, &need, p->arena) != DBX_OK) return DBX_NOMEM;
    for (uint32_t i = 0; i < root->column_count; i++) ids[i] = root->columns[i].id;
    planned x;
    TRY(planner_convert(p, root, &need, &x));
    TRY(planner_align(p, &x, ids, NULL, root->column_count));
    TRY(planner_op_new(p, PHYS_OP_RESULT, sizeof **out, 1, root->columns, root->column_count,
                       root->rows, out));
    (*out)->children[0] = x.op;
    return DBX_OK;
}

static dbx_status planner_make(plan_context *c, plan_node *root, const physical_plan **out) {
    planner p = {.context = c, .arena = c->arena, .err = c->err, .slot_bound = c->next_column};
    p.slot_of = ARENA_ARRAY(c->arena, uint32_t, p.slot_bound + 1);
    physical_plan *plan = ARENA_NEW(c->arena, physical_plan);
    if (p.slot_of == NULL || plan == NULL) return DBX_NOMEM;
    memset(p.slot_of, 0xFF, p.slot_bound * sizeof(uint32_t));
    TRY(planner_convert_root(&p, root, &plan->root));
    TRY(planner_add_runtime_filters(&p, plan->root));
    TRY(planner_cut(&p, plan->root, plan));
    plan->ops = p.ops.items;
    plan->op_count = p.ops.count;
    plan->columns = root->columns;
    plan->column_count = root->column_count;
    *out = plan;
    return DBX_OK;
}

dbx_status planner_plan(plan_context *c, plan_node *root, const physical_plan **out) {
    dbx_status status = planner_make(c, root, out);
    return status == DBX_NOMEM ? error_nomem(c->err) : status;
}

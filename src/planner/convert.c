/* convert.c - one physical operator (or a few) for each kind of logical node but scans and joins.
 */
#include "planner/planner_int.h"

static dbx_status convert_one_child(planner *p, plan_node *n, const column_set *need,
                                    planned *child) {
    return planner_convert(p, n->children[0], need, child);
}

/* Keeps of a node's columns those that are needed: fills columns and their positions. */
static dbx_status convert_pick(planner *p, const plan_node *n, uint32_t from, uint32_t count,
                               const column_set *need, plan_column **columns, uint32_t **positions,
                               uint32_t *picked) {
    *columns = ARENA_ARRAY(p->arena, plan_column, count + 1);
    *positions = ARENA_ARRAY(p->arena, uint32_t, count + 1);
    if (*columns == NULL || *positions == NULL) return DBX_NOMEM;
    *picked = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!column_set_has(need, n->columns[from + i].id)) continue;
        (*columns)[*picked] = n->columns[from + i];
        (*positions)[(*picked)++] = i;
    }
    return DBX_OK;
}

static dbx_status convert_pick_exprs(planner *p, expr *const *from, const uint32_t *positions,
                                     uint32_t count, expr ***out) {
    *out = ARENA_ARRAY(p->arena, expr *, count + 1);
    if (*out == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) (*out)[i] = from[positions[i]];
    return DBX_OK;
}

/* Makes the operator of a streaming or blocking node with one input. */
static dbx_status convert_unary_op(planner *p, phys_kind kind, size_t size, const planned *child,
                                   const plan_column *columns, uint32_t count, double rows,
                                   planned *out, void *op) {
    phys_op *o;
    TRY(planner_op_new(p, kind, size, 1, columns, count, rows, &o));
    o->children[0] = child->op;
    out->op = o;
    out->columns = (plan_column *)(uintptr_t)columns;
    out->count = count;
    *(phys_op **)op = o;
    return DBX_OK;
}

static dbx_status convert_values(planner *p, plan_values *v, const column_set *need, planned *out) {
    plan_column *columns;
    uint32_t *positions, count, width = v->base.column_count;
    TRY(convert_pick(p, &v->base, 0, width, need, &columns, &positions, &count));
    phys_values *o;
    TRY(planner_op_new(p, PHYS_OP_VALUES, sizeof *o, 0, columns, count, v->row_count, &o));
    o->row_count = v->row_count;
    o->exprs = ARENA_ARRAY(p->arena, expr *, (size_t)v->row_count * count + 1);
    if (o->exprs == NULL) return DBX_NOMEM;
    for (uint32_t row = 0; row < v->row_count; row++)
        for (uint32_t i = 0; i < count; i++)
            TRY(planner_slots(p, v->exprs[(size_t)row * width + positions[i]],
                              &o->exprs[(size_t)row * count + i]));
    *out = (planned){.op = &o->base, .columns = columns, .count = count};
    return DBX_OK;
}

static dbx_status convert_filter(planner *p, plan_filter *f, const column_set *need, planned *out) {
    column_set below;
    planned child;
    TRY(planner_need_copy(p, need, &below));
    TRY(planner_need(p, &below, f->conjuncts, f->conjunct_count));
    TRY(convert_one_child(p, &f->base, &below, &child));
    phys_filter *o;
    TRY(convert_unary_op(p, PHYS_OP_FILTER, sizeof *o, &child, child.columns, child.count,
                         f->base.rows, out, &o));
    o->conjunct_count = f->conjunct_count;
    planner_enter(p, &child, NULL);
    TRY(planner_slots_all(p, f->conjuncts, f->conjunct_count, &o->conjuncts));
    planner_leave(p, &child, NULL);
    return DBX_OK;
}

/* Is the projection nothing but its input's columns as they are? Then the operator is spared. */
static bool convert_is_identity(const planned *child, expr *const *exprs, uint32_t count) {
    if (count != child->count) return false;
    for (uint32_t i = 0; i < count; i++)
        if (exprs[i]->kind != EXPR_SLOT || exprs[i]->u.slot != i) return false;
    return true;
}

static dbx_status convert_project(planner *p, plan_project *n, const column_set *need,
                                  planned *out) {
    plan_column *columns;
    uint32_t *positions, count;
    expr **exprs;
    TRY(convert_pick(p, &n->base, 0, n->base.column_count, need, &columns, &positions, &count));
    TRY(convert_pick_exprs(p, n->exprs, positions, count, &exprs));
    column_set below = {0};
    planned child;
    TRY(planner_need(p, &below, exprs, count));
    TRY(convert_one_child(p, &n->base, &below, &child));
    expr **slots;
    planner_enter(p, &child, NULL);
    TRY(planner_slots_all(p, exprs, count, &slots));
    planner_leave(p, &child, NULL);
    if (convert_is_identity(&child, slots, count)) {
        *out = (planned){.op = child.op, .columns = columns, .count = count};
        return DBX_OK;
    }
    phys_project *o;
    TRY(convert_unary_op(p, PHYS_OP_PROJECT, sizeof *o, &child, columns, count, n->base.rows, out,
                         &o));
    o->exprs = slots;
    return DBX_OK;
}

static dbx_status convert_aggregate(planner *p, plan_aggregate *n, const column_set *need,
                                    planned *out) {
    const plan_node *base = &n->base;
    plan_column *columns = ARENA_ARRAY(p->arena, plan_column, base->column_count + 1);
    plan_column *picked;
    uint32_t *positions, count;
    expr **aggregates;
    if (columns == NULL) return DBX_NOMEM;
    TRY(convert_pick(p, base, n->group_count, n->aggregate_count, need, &picked, &positions,
                     &count));
    TRY(convert_pick_exprs(p, n->aggregates, positions, count, &aggregates));
    uint32_t total = n->group_count;
    if (total > 0) memcpy(columns, base->columns, total * sizeof *columns);
    if (count > 0) memcpy(columns + total, picked, count * sizeof *columns);
    total += count;
    bool with_id =
        n->set_count > 0 && column_set_has(need, base->columns[base->column_count - 1].id);
    if (with_id) columns[total++] = base->columns[base->column_count - 1];
    column_set below = {0};
    planned child;
    TRY(planner_need(p, &below, n->groups, n->group_count));
    TRY(planner_need(p, &below, aggregates, count));
    TRY(convert_one_child(p, &n->base, &below, &child));
    bool grouped = n->group_count > 0 || n->set_count > 0;
    phys_aggregate *o;
    TRY(convert_unary_op(p, grouped ? PHYS_OP_HASH_AGGREGATE : PHYS_OP_UNGROUPED_AGGREGATE,
                         sizeof *o, &child, columns, total, base->rows, out, &o));
    o->group_count = n->group_count;
    o->aggregate_count = count;
    o->sets = n->sets;
    o->set_count = n->set_count;
    o->groups_estimate = base->rows;
    o->has_grouping_id = with_id;
    planner_enter(p, &child, NULL);
    TRY(planner_slots_all(p, n->groups, n->group_count, &o->groups));
    TRY(planner_slots_all(p, aggregates, count, &o->aggregates));
    planner_leave(p, &child, NULL);
    return DBX_OK;
}

static dbx_status convert_limit_op(planner *p, const planned *child, uint64_t limit,
                                   uint64_t offset, double rows, planned *out) {
    phys_limit *o;
    TRY(convert_unary_op(p, PHYS_OP_LIMIT, sizeof *o, child, child->columns, child->count, rows,
                         out, &o));
    o->limit = limit;
    o->offset = offset;
    return DBX_OK;
}

/* DISTINCT is an aggregation by all columns without aggregates. Rows without columns are all alike.
 */
static dbx_status convert_distinct(planner *p, plan_node *n, planned *out) {
    column_set below = {0};
    planned child;
    TRY(plan_output_set(n, &below, p->arena));
    TRY(convert_one_child(p, n, &below, &child));
    TRY(planner_narrow(p, &child, &below));
    if (child.count == 0) return convert_limit_op(p, &child, 1, 0, 1, out);
    phys_aggregate *o;
    TRY(convert_unary_op(p, PHYS_OP_HASH_AGGREGATE, sizeof *o, &child, child.columns, child.count,
                         n->rows, out, &o));
    o->group_count = child.count;
    o->groups_estimate = n->rows;
    o->groups = ARENA_ARRAY(p->arena, expr *, child.count);
    o->aggregates = ARENA_ARRAY(p->arena, expr *, 1);
    if (o->groups == NULL || o->aggregates == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < child.count; i++) {
        o->groups[i] = expr_new(p->arena, EXPR_SLOT, child.columns[i].type,
                                child.columns[i].nullable, (span){0, 0}, 0);
        if (o->groups[i] == NULL) return DBX_NOMEM;
        o->groups[i]->u.slot = i;
    }
    return DBX_OK;
}

static dbx_status convert_window(planner *p, plan_window *n, const column_set *need, planned *out) {
    const plan_node *base = &n->base;
    plan_column *made;
    uint32_t *positions, count;
    expr **functions;
    TRY(convert_pick(p, base, base->column_count - n->function_count, n->function_count, need,
                     &made, &positions, &count));
    if (count == 0) return planner_convert(p, base->children[0], need, out);
    TRY(convert_pick_exprs(p, n->functions, positions, count, &functions));
    expr **order = ARENA_ARRAY(p->arena, expr *, n->order_count + 1);
    sort_order *orders = ARENA_ARRAY(p->arena, sort_order, n->order_count + 1);
    if (order == NULL || orders == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < n->order_count; i++) {
        order[i] = n->order[i].expr;
        orders[i] = n->order[i].order;
    }
    column_set below;
    planned child;
    TRY(planner_need_copy(p, need, &below));
    TRY(planner_need(p, &below, n->partition, n->partition_count));
    TRY(planner_need(p, &below, order, n->order_count));
    TRY(planner_need(p, &below, functions, count));
    TRY(convert_one_child(p, &n->base, &below, &child));
    TRY(planner_narrow(p, &child, &below));
    plan_column *columns = ARENA_ARRAY(p->arena, plan_column, child.count + count);
    if (columns == NULL) return DBX_NOMEM;
    if (child.count > 0) memcpy(columns, child.columns, child.count * sizeof *columns);
    memcpy(columns + child.count, made, count * sizeof *columns);
    phys_window *o;
    TRY(convert_unary_op(p, PHYS_OP_WINDOW, sizeof *o, &child, columns, child.count + count,
                         base->rows, out, &o));
    o->partition_count = n->partition_count;
    o->order_count = n->order_count;
    o->orders = orders;
    o->function_count = count;
    planner_enter(p, &child, NULL);
    TRY(planner_slots_all(p, n->partition, n->partition_count, &o->partition));
    TRY(planner_slots_all(p, order, n->order_count, &o->order));
    TRY(planner_slots_all(p, functions, count, &o->functions));
    planner_leave(p, &child, NULL);
    return DBX_OK;
}

static dbx_status convert_sort(planner *p, plan_sort *n, const column_set *need, planned *out) {
    expr **keys = ARENA_ARRAY(p->arena, expr *, n->key_count + 1);
    sort_order *orders = ARENA_ARRAY(p->arena, sort_order, n->key_count + 1);
    if (keys == NULL || orders == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < n->key_count; i++) {
        keys[i] = n->keys[i].expr;
        orders[i] = n->keys[i].order;
    }
    column_set below;
    planned child;
    TRY(planner_need_copy(p, need, &below));
    TRY(planner_need(p, &below, keys, n->key_count));
    TRY(convert_one_child(p, &n->base, &below, &child));
    TRY(planner_narrow(p, &child, &below));
    phys_sort *o;
    TRY(convert_unary_op(p, n->base.kind == PLAN_TOP_N ? PHYS_OP_TOP_N : PHYS_OP_SORT, sizeof *o,
                         &child, child.columns, child.count, n->base.rows, out, &o));
    o->orders = orders;
    o->key_count = n->key_count;
    o->limit = n->base.kind == PLAN_TOP_N ? n->limit : UINT64_MAX;
    o->offset = n->base.kind == PLAN_TOP_N ? n->offset : 0;
    planner_enter(p, &child, NULL);
    TRY(planner_slots_all(p, keys, n->key_count, &o->keys));
    planner_leave(p, &child, NULL);
    return planner_narrow(p, out, need);
}

static dbx_status convert_limit(planner *p, plan_limit *n, const column_set *need, planned *out) {
    planned child;
    TRY(convert_one_child(p, &n->base, need, &child));
    return convert_limit_op(p, &child, n->limit, n->offset, n->base.rows, out);
}

static dbx_status convert_sample(planner *p, plan_sample *n, const column_set *need, planned *out) {
    planned child;
    TRY(convert_one_child(p, &n->base, need, &child));
    phys_sample *o;
    TRY(convert_unary_op(p, PHYS_OP_SAMPLE, sizeof *o, &child, child.columns, child.count,
                         n->base.rows, out, &o));
    o->spec = *n;
    o->spec.base = (plan_node){0};
    return DBX_OK;
}

static dbx_status convert_set_op(planner *p, plan_set_op *n, const column_set *need, planned *out) {
    const plan_node *base = &n->base;
    bool all = n->op == SET_UNION_ALL;
    plan_column *columns;
    uint32_t *positions, count;
    column_set every = {0};
    if (!all) TRY(plan_output_set(base, &every, p->arena)); /* rows are compared as a whole */
    TRY(convert_pick(p, base, 0, base->column_count, all ? need : &every, &columns, &positions,
                     &count));
    phys_set_op *o;
    TRY(planner_op_new(p, all ? PHYS_OP_UNION_ALL : PHYS_OP_SET_OP, sizeof *o, base->child_count,
                       columns, count, base->rows, &o));
    o->op = n->op;
    for (uint32_t k = 0; k < base->child_count; k++) {
        column_id *ids = ARENA_ARRAY(p->arena, column_id, count + 1);
        column_set below = {0};
        if (ids == NULL) return DBX_NOMEM;
        for (uint32_t i = 0; i < count; i++) {
            ids[i] = n->inputs[k][positions[i]];
            TRY(column_set_add(&below, ids[i], p->arena));
        }
        planned child;
        TRY(planner_convert(p, base->children[k], &below, &child));
        TRY(planner_align(p, &child, ids, NULL, count));
        o->base.children[k] = child.op;
    }
    *out = (planned){.op = &o->base, .columns = columns, .count = count};
    return DBX_OK;
}

static dbx_status convert_generate(planner *p, plan_generate *n, const column_set *need,
                                   planned *out) {
    const plan_node *base = &n->base;
    uint32_t passed = base->column_count - n->generated, kept;
    plan_column *picked;
    uint32_t *positions;
    TRY(convert_pick(p, base, 0, passed, need, &picked, &positions, &kept));
    column_set below = {0};
    for (uint32_t i = 0; i < kept; i++) TRY(column_set_add(&below, picked[i].id, p->arena));
    TRY(planner_need(p, &below, n->args, n->arg_count));
    planned child;
    TRY(convert_one_child(p, &n->base, &below, &child));
    plan_column *columns = ARENA_ARRAY(p->arena, plan_column, kept + n->generated + 1);
    uint32_t *slots = ARENA_ARRAY(p->arena, uint32_t, kept + 1);
    if (columns == NULL || slots == NULL) return DBX_NOMEM;
    memcpy(columns, picked, kept * sizeof *columns);
    memcpy(columns + kept, base->columns + passed, n->generated * sizeof *columns);
    phys_generate *o;
    TRY(convert_unary_op(p, PHYS_OP_GENERATE, sizeof *o, &child, columns, kept + n->generated,
                         base->rows, out, &o));
    planner_enter(p, &child, NULL);
    for (uint32_t i = 0; i < kept; i++) slots[i] = p->slot_of[picked[i].id];
    TRY(planner_slots_all(p, n->args, n->arg_count, &o->args));
    planner_leave(p, &child, NULL);
    o->kept = slots;
    o->kept_count = kept;
    o->row = n->row;
    o->kernel = n->kernel;
    o->state = n->state;
    o->scratch_size = n->scratch_size;
    o->arg_count = n->arg_count;
    o->outer = n->outer;
    o->position = n->position;
    return DBX_OK;
}

static dbx_status convert_add_cte(planner *p, uint32_t index, phys_op *op,
                                  const plan_column *columns, const plan_column *anchor,
                                  uint32_t count) {
    planner_cte cte = {
        .index = index, .op = op, .columns = columns, .anchor = anchor, .count = count};
    return ARENA_LIST_PUSH(p->arena, &p->ctes, cte);
}

/* A child with all columns of its node in the node's order. */
static dbx_status convert_whole(planner *p, plan_node *n, planned *out) {
    column_set all = {0};
    column_id *ids = ARENA_ARRAY(p->arena, column_id, n->column_count + 1);
    if (ids == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < n->column_count; i++) ids[i] = n->columns[i].id;
    TRY(plan_output_set(n, &all, p->arena));
    TRY(planner_convert(p, n, &all, out));
    return planner_align(p, out, ids, NULL, n->column_count);
}

static dbx_status convert_cte(planner *p, plan_cte *n, const column_set *need, planned *out) {
    planned definition;
    TRY(convert_whole(p, n->base.children[0], &definition));
    phys_materialize *o;
    planned made;
    TRY(convert_unary_op(p, PHYS_OP_MATERIALIZE, sizeof *o, &definition, definition.columns,
                         definition.count, n->base.children[0]->rows, &made, &o));
    o->cte = n->index;
    TRY(convert_add_cte(p, n->index, &o->base, definition.columns, NULL, definition.count));
    return planner_convert(p, n->base.children[1], need, out);
}

static dbx_status convert_cte_scan(planner *p, plan_cte_scan *n, const column_set *need,
                                   planned *out) {
    const planner_cte *cte = NULL;
    for (uint32_t i = p->ctes.count; i-- > 0 && cte == NULL;)
        if (p->ctes.items[i].index == n->index) cte = &p->ctes.items[i];
    if (cte == NULL)
        return error_raise(p->err, ERR_INTERNAL_ERROR, n->base.span, "message",
                           "a CTE is read before it is made", NULL);
    plan_column *columns;
    uint32_t *positions, count;
    TRY(convert_pick(p, &n->base, 0, n->base.column_count, need, &columns, &positions, &count));
    uint32_t *slots = ARENA_ARRAY(p->arena, uint32_t, count + 1);
    if (slots == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        column_id id = n->source_columns[positions[i]];
        uint32_t at = 0;
        while (at < cte->count && cte->columns[at].id != id &&
               (cte->anchor == NULL || cte->anchor[at].id != id))
            at++;
        if (at == cte->count)
            return error_raise(p->err, ERR_INTERNAL_ERROR, n->base.span, "message",
                               "a CTE lacks a column", NULL);
        slots[i] = at;
    }
    phys_materialize *o;
    TRY(planner_op_new(
        p, n->base.kind == PLAN_CTE_SCAN ? PHYS_OP_MATERIALIZED_SCAN : PHYS_OP_RECURSIVE_SCAN,
        sizeof *o, 0, columns, count, n->base.rows, &o));
    o->cte = n->index;
    o->columns = slots;
    o->definition = cte->op;
    *out = (planned){.op = &o->base, .columns = columns, .count = count};
    return DBX_OK;
}

static dbx_status convert_recursive(planner *p, plan_recursive *n, planned *out) {
    const plan_node *base = &n->base;
    phys_recursive *o;
    TRY(planner_op_new(p, PHYS_OP_RECURSIVE, sizeof *o, 2, base->columns, base->column_count,
                       base->rows, &o));
    o->cte = n->index;
    o->distinct = n->distinct;
    o->max_depth = n->max_depth;
    o->max_rows = n->max_rows;
    o->row_limit = n->row_limit;
    o->name = n->name;
    planned anchor, step;
    TRY(convert_whole(p, base->children[0], &anchor));
    o->base.children[0] = anchor.op;
    TRY(convert_add_cte(p, n->index, &o->base, base->columns, anchor.columns, base->column_count));
    TRY(convert_whole(p, base->children[1], &step));
    o->base.children[1] = step.op;
    *out = (planned){.op = &o->base, .columns = base->columns, .count = base->column_count};
    return DBX_OK;
}

static dbx_status convert_write(planner *p, plan_write *n, planned *out) {
    planned child;
    TRY(convert_whole(p, n->base.children[0], &child));
    phys_write *o;
    TRY(convert_unary_op(p, PHYS_OP_WRITE, sizeof *o, &child, n->base.columns, n->base.column_count,
                         1, out, &o));
    o->write = n->write;
    o->table = n->table;
    o->overwrite = n->overwrite;
    o->sink = n->sink;
    o->name = n->name;
    return DBX_OK;
}

static dbx_status convert_node(planner *p, plan_node *n, const column_set *need, planned *out) {
    switch ((plan_kind)n->kind) {
    case PLAN_SCAN:
        return planner_convert_scan(p, (plan_scan *)n, need, out);
    case PLAN_VALUES:
        return convert_values(p, (plan_values *)n, need, out);
    case PLAN_FILTER:
        return convert_filter(p, (plan_filter *)n, need, out);
    case PLAN_PROJECT:
        return convert_project(p, (plan_project *)n, need, out);
    case PLAN_AGGREGATE:
        return convert_aggregate(p, (plan_aggregate *)n, need, out);
    case PLAN_JOIN:
        return planner_convert_join(p, (plan_join *)n, need, out);
    case PLAN_WINDOW:
        return convert_window(p, (plan_window *)n, need, out);
    case PLAN_SORT:
    case PLAN_TOP_N:
        return convert_sort(p, (plan_sort *)n, need, out);
    case PLAN_LIMIT:
        return convert_limit(p, (plan_limit *)n, need, out);
    case PLAN_DISTINCT:
        return convert_distinct(p, n, out);
    case PLAN_SET_OP:
        return convert_set_op(p, (plan_set_op *)n, need, out);
    case PLAN_GENERATE:
        return convert_generate(p, (plan_generate *)n, need, out);
    case PLAN_SAMPLE:
        return convert_sample(p, (plan_sample *)n, need, out);
    case PLAN_CTE:
        return convert_cte(p, (plan_cte *)n, need, out);
    case PLAN_CTE_SCAN:
    case PLAN_RECURSIVE_SCAN:
        return convert_cte_scan(p, (plan_cte_scan *)n, need, out);
    case PLAN_RECURSIVE:
        return convert_recursive(p, (plan_recursive *)n, out);
    case PLAN_WRITE:
        return convert_write(p, (plan_write *)n, out);
    case PLAN_KIND_COUNT:
        break;
    }
    return error_raise(p->err, ERR_INTERNAL_ERROR, n->span, "message", "unknown plan node", NULL);
}

dbx_status planner_convert(planner *p, plan_node *n, const column_set *need, planned *out) {
    if (++p->depth > PLANNER_DEPTH_MAX)
        return error_raise(p->err, ERR_UNSUPPORTED_FEATURE, n->span, "feature", "a plan that deep",
                           NULL);
    dbx_status status = convert_node(p, n, need, out);
    p->depth--;
    return status;
}

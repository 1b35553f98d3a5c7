/* runtime_filter.c - finds the scans that a hash join's build side can spare rows.
 *
 * A probe row whose key is not on the build side has no effect on the output of an INNER, SEMI or
 * RIGHT join, nor of an ANTI join that answers for its build side. Where the key is a plain column,
 * it is traced down the probe side to the scan that reads it, and that scan gets the filter.
 *
 * PRECONDITIONS of a step down (rows that fail the filter must have no other effect above it): the
 * operator passes the column on unchanged and treats rows with different values of it apart. So:
 * filters, projections, sorts, samples by fraction, generators; aggregates by group key (without
 * grouping sets), windows by partition key; all inputs of UNION ALL; both sides of an INNER join,
 * the probe side of SEMI, ANTI, MARK, SINGLE and LEFT, the build side of RIGHT. Not: LIMIT, TOP_N,
 * materialized scans (others read them, too).
 *
 * The key must not be null-safe, so that NULLs may be dropped, too. The scan's pipeline must run
 * after the join's build: planner_cut adds the dependency.
 */
#include "planner/planner_int.h"

enum { RUNTIME_FILTERS_PER_SCAN = 8 };

typedef struct planner_filter_tracer {
    planner *p;
    phys_hash_join *join;
    uint32_t key;
} planner_filter_tracer;

static dbx_status planner_filter_trace(planner_filter_tracer *t, phys_op *op, uint32_t slot);

static dbx_status planner_filter_add(planner_filter_tracer *t, phys_scan *s, uint32_t slot) {
    if (s->runtime_filter_count >= RUNTIME_FILTERS_PER_SCAN || s->row_limit != UINT64_MAX)
        return DBX_OK;
    if (s->runtime_filters == NULL) {
        s->runtime_filters =
            arena_alloc_array(t->p->arena, sizeof *s->runtime_filters, RUNTIME_FILTERS_PER_SCAN);
        if (s->runtime_filters == NULL) return DBX_NOMEM;
    }
    uint32_t at = s->runtime_filter_count++;
    s->runtime_filters[at].slot = slot;
    s->runtime_filters[at].join = t->join->base.index;
    s->runtime_filters[at].key = t->key;
    t->join->make_runtime_filter = true;
    uint64_t rows;
    bool exact;
    if (s->source->vtab->row_count != NULL && s->source->vtab->row_count(s->source, &rows, &exact))
        t->join->filtered_rows = MAX(t->join->filtered_rows, rows);
    return DBX_OK;
}

static dbx_status planner_filter_trace_expr(planner_filter_tracer *t, phys_op *child,
                                            const expr *x) {
    return x->kind == EXPR_SLOT ? planner_filter_trace(t, child, x->u.slot) : DBX_OK;
}

static dbx_status planner_filter_trace_join(planner_filter_tracer *t, phys_op *op, join_kind kind,
                                            uint32_t slot) {
    if (op->kind == PHYS_OP_HASH_JOIN && ((const phys_hash_join *)op)->answers_build)
        return planner_filter_trace(t, op->children[1], slot);
    uint32_t probe = op->children[0]->column_count;
    if (slot < probe)
        return kind == JOIN_RIGHT || kind == JOIN_FULL
                   ? DBX_OK
                   : planner_filter_trace(t, op->children[0], slot);
    if (kind == JOIN_INNER || kind == JOIN_RIGHT)
        return planner_filter_trace(t, op->children[1], slot - probe);
    return DBX_OK;
}

static dbx_status planner_filter_trace_window(planner_filter_tracer *t, phys_window *w,
                                              uint32_t slot) {
    for (uint32_t i = 0; i < w->partition_count; i++)
        if (w->partition[i]->kind == EXPR_SLOT && w->partition[i]->u.slot == slot)
            return planner_filter_trace(t, w->base.children[0], slot);
    return DBX_OK;
}

static dbx_status planner_filter_trace(planner_filter_tracer *t, phys_op *op, uint32_t slot) {
    switch ((phys_kind)op->kind) {
    case PHYS_OP_SCAN:
        return planner_filter_add(t, (phys_scan *)op, slot);
    case PHYS_OP_FILTER:
    case PHYS_OP_SORT:
        return planner_filter_trace(t, op->children[0], slot);
    case PHYS_OP_PROJECT:
        return planner_filter_trace_expr(t, op->children[0], ((phys_project *)op)->exprs[slot]);
    case PHYS_OP_HASH_AGGREGATE: {
        phys_aggregate *g = (phys_aggregate *)op;
        if (g->set_count > 0 || slot >= g->group_count) return DBX_OK;
        return planner_filter_trace_expr(t, op->children[0], g->groups[slot]);
    }
    case PHYS_OP_HASH_JOIN:
        return planner_filter_trace_join(t, op, ((phys_hash_join *)op)->join, slot);
    case PHYS_OP_NESTED_LOOP_JOIN:
        return planner_filter_trace_join(t, op, ((phys_nested_loop_join *)op)->join, slot);
    case PHYS_OP_WINDOW:
        return planner_filter_trace_window(t, (phys_window *)op, slot);
    case PHYS_OP_UNION_ALL:
        for (uint32_t i = 0; i < op->child_count; i++)
            TRY(planner_filter_trace(t, op->children[i], slot));
        return DBX_OK;
    case PHYS_OP_GENERATE: {
        phys_generate *g = (phys_generate *)op;
        return slot < g->kept_count ? planner_filter_trace(t, op->children[0], g->kept[slot])
                                    : DBX_OK;
    }
    default:
        return DBX_OK;
    }
}

/* A build side that surely holds every key of the probe side spares nothing; without estimates it
 * is tried. */
static bool planner_filter_is_worth_it(const phys_hash_join *j) {
    const phys_op *probe = j->base.children[0];
    return probe->rows < 0 || j->base.rows < 0 || j->join != JOIN_INNER || !j->build_unique ||
           j->base.rows < 0.95 * probe->rows;
}

static dbx_status planner_filter_visit(planner *p, phys_op *op, uint32_t depth) {
    if (depth > PLANNER_DEPTH_MAX) return DBX_OK;
    if (op->kind == PHYS_OP_HASH_JOIN) {
        phys_hash_join *j = (phys_hash_join *)op;
        bool drops = j->join == JOIN_INNER || j->join == JOIN_SEMI || j->join == JOIN_RIGHT ||
                     j->answers_build;
        for (uint32_t k = 0; drops && k < j->key_count && planner_filter_is_worth_it(j); k++) {
            planner_filter_tracer t = {.p = p, .join = j, .key = k};
            if (!j->null_safe[k])
                TRY(planner_filter_trace_expr(&t, op->children[0], j->probe_keys[k]));
        }
    }
    for (uint32_t i = 0; i < op->child_count; i++)
        TRY(planner_filter_visit(p, op->children[i], depth + 1));
    return DBX_OK;
}

dbx_status planner_add_runtime_filters(planner *p, phys_op *root) {
    TRY(planner_filter_visit(p, root, 0));
    for (uint32_t i = 0; i < p->ops.count; i++)
        if (p->ops.items[i]->kind == PHYS_OP_MATERIALIZE)
            TRY(planner_filter_visit(p, p->ops.items[i], 0));
    return DBX_OK;
}

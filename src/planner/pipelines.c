/* pipelines.c - cuts the tree of operators into pipelines.
 *
 * The walk goes from a sink down: streaming operators are collected until an operator that can be a
 * source is met. A breaker ends the pipeline and is the sink of the next. UNION ALL splits the
 * pipeline: each input gets a copy of what stands above it, into the same sink.
 *
 * ORDER  A pipeline is listed after those it depends on (but for the anchor of a recursion), and
 * inputs of UNION ALL in their order, because sinks that keep order sort by (pipeline, morsel). A
 * pipeline depends on every pipeline that feeds its source, that builds a table its operators
 * probe, that materializes what it scans, and that makes a runtime filter for its scan.
 *
 * RECURSION  Pipelines made for the step of a RECURSIVE belong to it, but those that do not depend
 * on the last iteration's rows are hoisted: they run once, before. A sink is refilled in each
 * iteration or never, so that what feeds one sink is hoisted together or not at all.
 */
#include "planner/planner_int.h"

typedef struct cut_pipe {
    phys_op *source;
    ARENA_LIST(phys_op *) operators; /* from the sink down; reversed at the end */
    phys_op *sink;
    uint32_t sink_input;
    phys_op *step_of; /* RECURSIVE whose step it is part of; NULL: none */
    bool reads_step;  /* depends on the last iteration */
    ARENA_LIST(uint32_t) depends;
    uint32_t position; /* in the plan */
} cut_pipe;

typedef struct cutter {
    planner *p;
    arena *arena;
    ARENA_LIST(cut_pipe *) pipes;
    bool *materialized; /* by op index: its definition's pipelines exist */
    phys_op *step_of;
    ARENA_LIST(phys_op *) recursions; /* inner ones first */
} cutter;

static dbx_status cut_down(cutter *k, phys_op *op, cut_pipe *pipe);

static dbx_status cut_new_pipe(cutter *k, phys_op *sink, uint32_t input, cut_pipe **out) {
    cut_pipe *pipe = ARENA_NEW(k->arena, cut_pipe);
    if (pipe == NULL) return DBX_NOMEM;
    pipe->sink = sink;
    pipe->sink_input = input;
    pipe->step_of = k->step_of;
    *out = pipe;
    return DBX_OK;
}

static dbx_status cut_into(cutter *k, phys_op *op, phys_op *sink, uint32_t input) {
    cut_pipe *pipe;
    TRY(cut_new_pipe(k, sink, input, &pipe));
    return cut_down(k, op, pipe);
}

static dbx_status cut_clone(cutter *k, const cut_pipe *from, cut_pipe **out) {
    TRY(cut_new_pipe(k, from->sink, from->sink_input, out));
    for (uint32_t i = 0; i < from->operators.count; i++)
        TRY(ARENA_LIST_PUSH(k->arena, &(*out)->operators, from->operators.items[i]));
    return DBX_OK;
}

static dbx_status cut_finish(cutter *k, cut_pipe *pipe, phys_op *from) {
    pipe->source = from;
    return ARENA_LIST_PUSH(k->arena, &k->pipes, pipe);
}

/* The build side first, then the probe through the join; a join that gives build rows afterwards is
 * then a source. */
static dbx_status cut_join(cutter *k, phys_op *op, join_kind kind, cut_pipe *pipe) {
    bool answers_build =
        op->kind == PHYS_OP_HASH_JOIN && ((const phys_hash_join *)op)->answers_build;
    bool keeps_build = kind == JOIN_RIGHT || kind == JOIN_FULL || answers_build;
    cut_pipe *unmatched = NULL;
    TRY(cut_into(k, op->children[1], op, 1));
    if (keeps_build) TRY(cut_clone(k, pipe, &unmatched));
    TRY(ARENA_LIST_PUSH(k->arena, &pipe->operators, op));
    TRY(cut_down(k, op->children[0], pipe));
    return keeps_build ? cut_finish(k, unmatched, op) : DBX_OK;
}

static dbx_status cut_union(cutter *k, phys_op *op, cut_pipe *pipe) {
    for (uint32_t i = 0; i < op->child_count; i++) {
        cut_pipe *branch;
        TRY(cut_clone(k, pipe, &branch));
        TRY(cut_down(k, op->children[i], branch));
    }
    return DBX_OK;
}

static dbx_status cut_materialized(cutter *k, phys_op *scan, cut_pipe *pipe) {
    phys_op *definition = ((phys_materialize *)scan)->definition;
    if (definition->kind == PHYS_OP_MATERIALIZE && !k->materialized[definition->index]) {
        k->materialized[definition->index] = true;
        TRY(cut_into(k, definition->children[0], definition, 0));
    }
    return cut_finish(k, pipe, scan);
}

static dbx_status cut_recursive(cutter *k, phys_op *op, cut_pipe *pipe) {
    if (!k->materialized[op->index]) {
        k->materialized[op->index] = true;
        phys_op *outer = k->step_of;
        TRY(cut_into(k, op->children[0], op, 0));
        k->step_of = op;
        TRY(cut_into(k, op->children[1], op, 1));
        k->step_of = outer;
        TRY(ARENA_LIST_PUSH(k->arena, &k->recursions, op));
    }
    return cut_finish(k, pipe, op);
}

static dbx_status cut_down(cutter *k, phys_op *op, cut_pipe *pipe) {
    switch ((phys_kind)op->kind) {
    case PHYS_OP_SCAN:
    case PHYS_OP_VALUES:
    case PHYS_OP_RECURSIVE_SCAN:
        return cut_finish(k, pipe, op);
    case PHYS_OP_MATERIALIZED_SCAN:
        return cut_materialized(k, op, pipe);
    case PHYS_OP_RECURSIVE:
        return cut_recursive(k, op, pipe);
    case PHYS_OP_FILTER:
    case PHYS_OP_PROJECT:
    case PHYS_OP_SAMPLE:
    case PHYS_OP_GENERATE:
        TRY(ARENA_LIST_PUSH(k->arena, &pipe->operators, op));
        return cut_down(k, op->children[0], pipe);
    case PHYS_OP_HASH_JOIN:
        return cut_join(k, op, ((phys_hash_join *)op)->join, pipe);
    case PHYS_OP_NESTED_LOOP_JOIN:
        return cut_join(k, op, ((phys_nested_loop_join *)op)->join, pipe);
    case PHYS_OP_UNION_ALL:
        return cut_union(k, op, pipe);
    case PHYS_OP_HASH_AGGREGATE:
    case PHYS_OP_UNGROUPED_AGGREGATE:
    case PHYS_OP_SORT:
    case PHYS_OP_TOP_N:
    case PHYS_OP_LIMIT:
    case PHYS_OP_WINDOW:
    case PHYS_OP_SET_OP:
    case PHYS_OP_WRITE:
        for (uint32_t i = 0; i < op->child_count; i++) TRY(cut_into(k, op->children[i], op, i));
        return cut_finish(k, pipe, op);
    case PHYS_OP_MATERIALIZE:
    case PHYS_OP_RESULT:
    case PHYS_OP_KIND_COUNT:
        break;
    }
    return error_raise(k->p->err, ERR_INTERNAL_ERROR, (span){0, 0}, "message",
                       "operator in the midst of a plan", NULL);
}

/* ---- dependencies ---- */

static bool cut_pipe_has(const cut_pipe *pipe, const phys_op *op) {
    for (uint32_t i = 0; i < pipe->operators.count; i++)
        if (pipe->operators.items[i] == op) return true;
    return false;
}

static dbx_status cut_depend(cutter *k, cut_pipe *pipe, uint32_t on) {
    for (uint32_t i = 0; i < pipe->depends.count; i++)
        if (pipe->depends.items[i] == on) return DBX_OK;
    return ARENA_LIST_PUSH(k->arena, &pipe->depends, on);
}

static dbx_status cut_depend_on_sink(cutter *k, cut_pipe *pipe, const phys_op *sink) {
    for (uint32_t i = 0; i < k->pipes.count; i++) {
        cut_pipe *other = k->pipes.items[i];
        /* The pipelines of a step are run by the RECURSIVE itself. */
        bool own_step = sink->kind == PHYS_OP_RECURSIVE && other->sink_input == 1;
        if (other != pipe && other->sink == sink && !own_step) TRY(cut_depend(k, pipe, i));
    }
    return DBX_OK;
}

static dbx_status cut_find_depends(cutter *k, cut_pipe *pipe) {
    const phys_op *from = pipe->source;
    bool join = from->kind == PHYS_OP_HASH_JOIN || from->kind == PHYS_OP_NESTED_LOOP_JOIN;
    if (from->kind == PHYS_OP_MATERIALIZED_SCAN)
        TRY(cut_depend_on_sink(k, pipe, ((const phys_materialize *)from)->definition));
    else if (from->kind != PHYS_OP_RECURSIVE_SCAN)
        TRY(cut_depend_on_sink(k, pipe, from));
    for (uint32_t i = 0; i < k->pipes.count && join;
         i++) /* unmatched rows are known after all probes */
        if (cut_pipe_has(k->pipes.items[i], from)) TRY(cut_depend(k, pipe, i));
    for (uint32_t i = 0; i < pipe->operators.count; i++)
        TRY(cut_depend_on_sink(k, pipe, pipe->operators.items[i]));
    if (from->kind == PHYS_OP_SCAN) {
        const phys_scan *s = (const phys_scan *)from;
        for (uint32_t i = 0; i < s->runtime_filter_count; i++)
            TRY(cut_depend_on_sink(k, pipe, k->p->ops.items[s->runtime_filters[i].join]));
    }
    return DBX_OK;
}

/* ---- recursion ---- */

static bool cut_reads_step(const cutter *k, const cut_pipe *pipe, const phys_op *recursive) {
    if (pipe->reads_step) return false; /* known already */
    if (pipe->sink == recursive && pipe->sink_input == 1) return true;
    if (pipe->source->kind == PHYS_OP_RECURSIVE_SCAN &&
        ((const phys_materialize *)pipe->source)->definition == recursive)
        return true;
    for (uint32_t i = 0; i < pipe->depends.count; i++) {
        const cut_pipe *on = k->pipes.items[pipe->depends.items[i]];
        if (on->step_of == recursive && on->reads_step) return true;
    }
    for (uint32_t i = 0; i < k->pipes.count; i++) {
        const cut_pipe *other = k->pipes.items[i];
        if (other->step_of != recursive || !other->reads_step) continue;
        if (other->sink == pipe->sink && other->sink_input == pipe->sink_input) return true;
        if (other->sink == pipe->sink && pipe->sink->kind == PHYS_OP_SET_OP) return true;
        if (other->source == pipe->sink && pipe->sink_input == 1 &&
            (pipe->sink->kind == PHYS_OP_HASH_JOIN || pipe->sink->kind == PHYS_OP_NESTED_LOOP_JOIN))
            return true; /* match flags of kept build rows start anew */
    }
    return false;
}

/* Leaves in a step what must run in each iteration; the rest goes to the enclosing step, if any. */
static void cut_hoist(cutter *k, const phys_op *recursive, phys_op *outer) {
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < k->pipes.count; i++) {
            cut_pipe *pipe = k->pipes.items[i];
            if (pipe->step_of != recursive || !cut_reads_step(k, pipe, recursive)) continue;
            pipe->reads_step = true;
            changed = true;
        }
    }
    for (uint32_t i = 0; i < k->pipes.count; i++) {
        cut_pipe *pipe = k->pipes.items[i];
        if (pipe->step_of == recursive && !pipe->reads_step) pipe->step_of = outer;
    }
}

/* What a step needs from outside must be there before the recursion's sink finishes: the anchor
 * waits for it. */
static dbx_status cut_anchor_waits(cutter *k, const phys_op *recursive) {
    for (uint32_t i = 0; i < k->pipes.count; i++) {
        cut_pipe *anchor = k->pipes.items[i];
        if (anchor->sink != recursive || anchor->sink_input != 0) continue;
        for (uint32_t s = 0; s < k->pipes.count; s++) {
            const cut_pipe *step = k->pipes.items[s];
            if (step->step_of != recursive) continue;
            for (uint32_t d = 0; d < step->depends.count; d++) {
                uint32_t on = step->depends.items[d];
                if (k->pipes.items[on]->step_of != recursive && on != i)
                    TRY(cut_depend(k, anchor, on));
            }
        }
    }
    return DBX_OK;
}

static phys_op *cut_outer_of(const cutter *k, const phys_op *recursive) {
    for (uint32_t i = 0; i < k->pipes.count; i++)
        if (k->pipes.items[i]->sink == recursive && k->pipes.items[i]->sink_input == 0)
            return k->pipes.items[i]->step_of;
    return NULL;
}

static dbx_status cut_recursions(cutter *k) {
    for (uint32_t r = 0; r < k->recursions.count; r++) {
        phys_op *op = k->recursions.items[r];
        cut_hoist(k, op, cut_outer_of(k, op));
        for (uint32_t i = 0; i < k->pipes.count; i++) k->pipes.items[i]->reads_step = false;
    }
    for (uint32_t r = 0; r < k->recursions.count; r++)
        TRY(cut_anchor_waits(k, k->recursions.items[r]));
    return DBX_OK;
}

/* ---- the result ---- */

static bool cut_is_order_sensitive(const phys_op *sink) {
    if (sink->kind != PHYS_OP_HASH_AGGREGATE && sink->kind != PHYS_OP_UNGROUPED_AGGREGATE)
        return false;
    const phys_aggregate *g = (const phys_aggregate *)sink;
    for (uint32_t i = 0; i < g->aggregate_count; i++)
        if (g->aggregates[i]->u.aggregate.row->flags & FN_ORDER_SENSITIVE) return true;
    return false;
}

static bool cut_is_ordered(const cut_pipe *pipe) {
    switch (pipe->sink->kind) {
    case PHYS_OP_RESULT:
    case PHYS_OP_MATERIALIZE:
    case PHYS_OP_LIMIT:
    case PHYS_OP_WRITE:
        return true;
    default:
        break;
    }
    return cut_is_order_sensitive(pipe->sink);
}

static dbx_status cut_write(cutter *k, const cut_pipe *pipe, phys_pipeline *out) {
    uint32_t count = pipe->operators.count;
    phys_op **operators = ARENA_ARRAY(k->arena, phys_op *, count + 1);
    uint32_t *depends = ARENA_ARRAY(k->arena, uint32_t, pipe->depends.count + 1);
    if (operators == NULL || depends == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) operators[i] = pipe->operators.items[count - 1 - i];
    for (uint32_t i = 0; i < pipe->depends.count; i++)
        depends[i] = k->pipes.items[pipe->depends.items[i]]->position;
    *out = (phys_pipeline){.source = pipe->source,
                           .operators = operators,
                           .operator_count = count,
                           .sink = pipe->sink,
                           .sink_input = pipe->sink_input,
                           .depends = depends,
                           .depend_count = pipe->depends.count,
                           .ordered = cut_is_ordered(pipe)};
    if (out->ordered && pipe->source->kind == PHYS_OP_SCAN)
        ((phys_scan *)pipe->source)->ordered = true;
    return DBX_OK;
}

/* Numbers the pipelines: first those outside of steps in the order they were made, then each step's
 * together. */
static uint32_t cut_number(cutter *k) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < k->pipes.count; i++)
        if (k->pipes.items[i]->step_of == NULL) k->pipes.items[i]->position = next++;
    for (uint32_t r = 0; r < k->recursions.count; r++) {
        phys_recursive *op = (phys_recursive *)k->recursions.items[r];
        op->step_first = next;
        for (uint32_t i = 0; i < k->pipes.count; i++)
            if (k->pipes.items[i]->step_of == &op->base) k->pipes.items[i]->position = next++;
        op->step_count = next - op->step_first;
    }
    return next;
}

dbx_status planner_cut(planner *p, phys_op *root, physical_plan *plan) {
    cutter k = {.p = p, .arena = p->arena};
    k.materialized = ARENA_ARRAY(p->arena, bool, p->ops.count + 1);
    if (k.materialized == NULL) return DBX_NOMEM;
    assert(root->kind == PHYS_OP_RESULT);
    TRY(cut_into(&k, root->children[0], root, 0));
    for (uint32_t i = 0; i < k.pipes.count; i++) TRY(cut_find_depends(&k, k.pipes.items[i]));
    TRY(cut_recursions(&k));
    plan->pipeline_count = cut_number(&k);
    assert(plan->pipeline_count == k.pipes.count);
    plan->pipelines = ARENA_ARRAY(p->arena, phys_pipeline, plan->pipeline_count + 1);
    if (plan->pipelines == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < k.pipes.count; i++)
        TRY(cut_write(&k, k.pipes.items[i], &plan->pipelines[k.pipes.items[i]->position]));
    return DBX_OK;
}

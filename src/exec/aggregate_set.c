/* aggregate_set.c - see aggregate_set.h. */
#include "exec/aggregate_set.h"

#include "exec/operators.h"

/* ---- layout ---- */

static uint32_t aggregate_values_of(const expr_aggregate *e) {
    return e->argument_count + (e->has_filter ? 1u : 0u) + e->order_count;
}

uint32_t aggregate_set_value_count(const phys_aggregate *op) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < op->aggregate_count; i++) {
        assert(op->aggregates[i]->kind == EXPR_AGGREGATE);
        count += aggregate_values_of(&op->aggregates[i]->u.aggregate);
    }
    return count;
}

static dbx_status aggregate_item_init(aggregate_item *item, const expr *x, uint32_t first_value,
                                      arena *a) {
    const expr_aggregate *e = &x->u.aggregate;
    uint32_t flags = e->row->flags;
    item->e = e;
    item->position = x->span;
    item->result_type = x->type;
    item->first_arg = first_value;
    item->arg_count = e->argument_count;
    item->filter = e->has_filter ? first_value + e->argument_count : AGGREGATE_NO_FILTER;
    item->first_order = first_value + e->argument_count + (e->has_filter ? 1u : 0u);
    item->order_count = e->order_count;
    item->nulls_aware = (flags & NULLS_AWARE) != 0;
    item->distinct = e->distinct && !(flags & FN_DISTINCT_FREE) && e->argument_count > 0;
    item->collected = item->distinct || e->order_count > 0;
    type *types = ARENA_ARRAY(a, type, e->argument_count + 1);
    if (types == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < e->argument_count; i++) types[i] = x->args[i]->type;
    item->arg_types = types;
    types = ARENA_ARRAY(a, type, e->order_count + 1);
    if (types == NULL) return DBX_NOMEM;
    uint32_t first_order = e->argument_count + (e->has_filter ? 1u : 0u);
    for (uint32_t i = 0; i < e->order_count; i++) types[i] = x->args[first_order + i]->type;
    item->order_types = types;
    return DBX_OK;
}

/* sum(x) and avg(x) keep the same state: the first item whose updates are those of item i. */
static aggregate_item *aggregate_find_equal(aggregate_set *s, const phys_aggregate *op,
                                            uint32_t i) {
    const aggregate_item *item = &s->items[i];
    if (!item->e->kernel->shares_states || item->collected) return NULL;
    uint32_t args = aggregate_values_of(item->e);
    for (uint32_t k = 0; k < i; k++) {
        aggregate_item *other = &s->items[k];
        bool same = !other->shared && !other->collected && other->e->kernel == item->e->kernel &&
                    other->arg_count == item->arg_count &&
                    other->e->has_filter == item->e->has_filter;
        for (uint32_t v = 0; same && v < args; v++)
            same = expr_equal(op->aggregates[k]->args[v], op->aggregates[i]->args[v]);
        if (same) return other;
    }
    return NULL;
}

void aggregate_set_narrow(const aggregate_set *s, bool *narrow) {
    for (uint32_t i = 0; i < s->count; i++) {
        const aggregate_item *item = &s->items[i];
        for (uint32_t a = 0; a < item->arg_count; a++)
            narrow[item->first_arg + a] = item->e->kernel->takes_narrow && !item->collected;
    }
}

dbx_status aggregate_set_init(aggregate_set *s, const phys_aggregate *op, query *q,
                              uint32_t first_value, expr **exprs, arena *a) {
    memset(s, 0, sizeof(*s));
    s->query = q;
    s->count = op->aggregate_count;
    s->items = ARENA_ARRAY(a, aggregate_item, s->count + 1);
    if (s->items == NULL) return DBX_NOMEM;
    uint32_t at = first_value;
    for (uint32_t i = 0; i < s->count; i++) {
        const expr *x = op->aggregates[i];
        aggregate_item *item = &s->items[i];
        TRY(aggregate_item_init(item, x, at, a));
        const aggregate_item *equal = aggregate_find_equal(s, op, i);
        item->shared = equal != NULL;
        item->offset = item->shared ? equal->offset : s->states_size;
        if (!item->shared) s->states_size += (item->e->kernel->state_size + 15u) & ~15u;
        s->order_sensitive |=
            (item->e->row->flags & FN_ORDER_SENSITIVE) != 0 || item->order_count > 0;
        s->any_collected |= item->collected;
        uint32_t values = aggregate_values_of(item->e);
        for (uint32_t v = 0; v < values; v++) exprs[at++] = x->args[v];
    }
    s->value_count = at - first_value;
    s->initial_states = arena_alloc_zero(a, s->states_size + 16u);
    if (s->initial_states == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->count; i++) {
        const aggregate_kernel *k = s->items[i].e->kernel;
        if (k->init != NULL) k->init(s->initial_states + s->items[i].offset);
    }
    return DBX_OK;
}

/* ---- one worker's calls ---- */

dbx_status aggregate_calls_new(const aggregate_set *s, ledger *l, aggregate_calls **out) {
    *out = NULL;
    aggregate_calls *c = mem_alloc(l, sizeof(*c));
    if (c == NULL) return DBX_NOMEM;
    memset(c, 0, offsetof(aggregate_calls, states));
    c->set = s;
    arena_init(&c->arena, l);
    c->scratch = ARENA_ARRAY(&c->arena, void *, s->count + 1);
    c->scratch_arenas = ARENA_ARRAY(&c->arena, arena, s->count + 1);
    bool ok = c->scratch != NULL && c->scratch_arenas != NULL;
    for (uint32_t i = 0; ok && i < s->count; i++) {
        arena_init(&c->scratch_arenas[i], l);
        c->scratch[i] = arena_alloc_zero(&c->arena, s->items[i].e->scratch_size + 1u);
        ok = c->scratch[i] != NULL;
    }
    if (!ok) {
        aggregate_calls_free(c, l);
        return DBX_NOMEM;
    }
    *out = c;
    return DBX_OK;
}

void aggregate_calls_free(aggregate_calls *c, ledger *l) {
    if (c == NULL) return;
    for (uint32_t i = 0; c->scratch_arenas != NULL && i < c->set->count; i++)
        arena_deinit(&c->scratch_arenas[i]);
    arena_deinit(&c->arena);
    mem_free(l, c, sizeof(*c));
}

static fn_call aggregate_call_of(aggregate_calls *c, uint32_t i, arena *contents, error *err) {
    const aggregate_item *item = &c->set->items[i];
    return (fn_call){
        .query = c->set->query,
        .err = err,
        .arena = contents,
        .state = item->e->state,
        .scratch = c->scratch[i],
        .scratch_arena = &c->scratch_arenas[i],
        .arg_types = item->arg_types,
        .result_type = item->result_type,
        .position = item->position,
    };
}

/* ---- which rows ---- */

static uint32_t aggregate_keep_valid(const vector *v, const sel_t *sel, uint32_t rows, sel_t *out) {
    vector_view view = vector_view_of(v);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < rows; k++) {
        uint32_t r = sel != NULL ? sel[k] : k;
        out[kept] = r;
        kept += validity_get(view.validity, view_index(&view, r));
    }
    return kept;
}

static uint32_t aggregate_keep_true(const vector *v, const sel_t *sel, uint32_t rows, sel_t *out) {
    vector_view view = vector_view_of(v);
    const uint8_t *data = view.data;
    uint32_t kept = 0;
    for (uint32_t k = 0; k < rows; k++) {
        uint32_t r = sel != NULL ? sel[k] : k;
        uint32_t at = view_index(&view, r);
        out[kept] = r;
        kept += validity_get(view.validity, at) && data[at] != 0;
    }
    return kept;
}

void aggregate_select(aggregate_calls *c, uint32_t i, const vector *values, const sel_t *sel,
                      uint32_t rows, const sel_t **out, uint32_t *out_rows) {
    const aggregate_item *item = &c->set->items[i];
    uint32_t kept = rows;
    if (item->filter != AGGREGATE_NO_FILTER) {
        kept = aggregate_keep_true(&values[item->filter], sel, kept, c->sel);
        sel = c->sel;
    }
    for (uint32_t a = 0; a < item->arg_count && !item->nulls_aware && kept > 0; a++) {
        const vector *v = &values[item->first_arg + a];
        if (v->form == VECTOR_SEQUENCE || vector_view_of(v).validity == NULL) continue;
        kept = aggregate_keep_valid(v, sel, kept, c->sel);
        sel = c->sel;
    }
    *out = sel;
    *out_rows = kept;
}

/* ---- kernels ---- */

dbx_status aggregate_update(aggregate_calls *c, uint32_t i, const vector *args, const sel_t *sel,
                            uint32_t rows, uint32_t bound, uint8_t *const *groups,
                            uint32_t states_offset, arena *contents, error *err) {
    const aggregate_item *item = &c->set->items[i];
    fn_call call = aggregate_call_of(c, i, contents, err);
    uint32_t offset = states_offset + item->offset;
    if (rows == 0) return DBX_OK;
    call.sel = sel;
    call.rows = rows;
    call.row_bound = bound;
    if (sel == NULL) {
        for (uint32_t k = 0; k < rows; k++) c->states[k] = groups[k] + offset;
    } else {
        for (uint32_t k = 0; k < rows; k++) c->states[k] = groups[sel[k]] + offset;
    }
    return op_check(item->e->kernel->update(&call, args, c->states), err);
}

dbx_status aggregate_update_one(aggregate_calls *c, uint32_t i, const vector *args,
                                const sel_t *sel, uint32_t rows, uint32_t bound, uint8_t *states,
                                arena *contents, error *err) {
    const aggregate_item *item = &c->set->items[i];
    fn_call call = aggregate_call_of(c, i, contents, err);
    void *state = states + item->offset;
    if (rows == 0) return DBX_OK;
    call.sel = sel;
    call.rows = rows;
    call.row_bound = bound;
    if (item->e->kernel->update_single != NULL) {
        return op_check(item->e->kernel->update_single(&call, args, state), err);
    }
    for (uint32_t k = 0; k < rows; k++) c->states[k] = state;
    return op_check(item->e->kernel->update(&call, args, c->states), err);
}

dbx_status aggregate_update_few(aggregate_calls *c, uint32_t i, const vector *args,
                                const uint8_t *groups, const uint32_t *counts, uint32_t rows,
                                uint32_t group_count, uint8_t *const *few, uint32_t states_offset,
                                arena *contents, bool *done, error *err) {
    const aggregate_item *item = &c->set->items[i];
    fn_call call = aggregate_call_of(c, i, contents, err);
    call.rows = rows;
    call.row_bound = rows;
    for (uint32_t g = 0; g < group_count; g++) c->states[g] = few[g] + states_offset + item->offset;
    return op_check(
        item->e->kernel->update_few(&call, args, groups, counts, group_count, c->states, done),
        err);
}

dbx_status aggregate_update_runs(aggregate_calls *c, uint32_t i, const vector *args,
                                 const uint32_t *ends, uint32_t runs, uint8_t *const *groups,
                                 uint32_t states_offset, arena *contents, error *err) {
    const aggregate_item *item = &c->set->items[i];
    fn_call call = aggregate_call_of(c, i, contents, err);
    if (runs == 0) return DBX_OK;
    call.rows = call.row_bound = ends[runs - 1];
    for (uint32_t r = 0; r < runs; r++) c->states[r] = groups[r] + states_offset + item->offset;
    return op_check(item->e->kernel->update_runs(&call, args, ends, runs, c->states), err);
}

dbx_status aggregate_combine(aggregate_calls *c, uint8_t *const *from, uint8_t *const *to,
                             uint32_t count, uint32_t states_offset, arena *contents, error *err) {
    assert(count <= CHUNK_ROWS_MAX);
    if (count == 0) return DBX_OK;
    for (uint32_t i = 0; i < c->set->count; i++) {
        const aggregate_item *item = &c->set->items[i];
        if (item->shared) continue;
        fn_call call = aggregate_call_of(c, i, contents, err);
        uint32_t offset = states_offset + item->offset;
        call.rows = count;
        call.row_bound = count;
        for (uint32_t k = 0; k < count; k++) {
            c->others[k] = from[k] + offset;
            c->states[k] = to[k] + offset;
        }
        OP_TRY(item->e->kernel->combine(&call, c->others, c->states, count), err);
    }
    return DBX_OK;
}

dbx_status aggregate_finalize(aggregate_calls *c, uint32_t i, uint8_t *const *groups,
                              uint32_t count, uint32_t states_offset, vector *out, uint32_t at,
                              arena *contents, error *err) {
    assert(count <= CHUNK_ROWS_MAX);
    const aggregate_item *item = &c->set->items[i];
    fn_call call = aggregate_call_of(c, i, contents, err);
    call.rows = count;
    call.row_bound = count;
    for (uint32_t k = 0; k < count; k++) c->states[k] = groups[k] + states_offset + item->offset;
    return op_check(item->e->kernel->finalize(&call, c->states, count, out, at), err);
}

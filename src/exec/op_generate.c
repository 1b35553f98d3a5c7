/* op_generate.c - LATERAL VIEW and generators in the select list: each input row gives any number
 * of rows.
 *
 * The kernel first tells how many rows each input row gives, then writes them a run at a time; the
 * kept input columns follow as dictionaries that repeat their rows.
 */
#include "exec/chunk_slice.h"
#include "exec/operators.h"

typedef struct generate_state {
    const phys_generate *op;
    exec *x;
    ledger *ledger;
    arena arena;
    const program *program;
    const type *arg_types;
} generate_state;

typedef struct generate_local {
    generate_state *state;
    evaluator *evaluator;
    arena arena;  /* of the local: argument vectors, scratch */
    arena values; /* of one output chunk */
    vector *args;
    void *scratch;
    arena scratch_arena;
    uint32_t counts[CHUNK_ROWS_MAX];
    sel_t active[CHUNK_ROWS_MAX]; /* input rows without NULL arguments */
    sel_t repeat[CHUNK_ROWS_MAX]; /* output row -> input row */
} generate_local;

static dbx_status generate_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    generate_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_generate *)op;
    s->x = x;
    s->ledger = l;
    arena_init(&s->arena, l);
    *out = (op_state *)s;
    type *types = ARENA_ARRAY(&s->arena, type, s->op->arg_count + 1);
    if (types == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < s->op->arg_count; i++) types[i] = s->op->args[i]->type;
    s->arg_types = types;
    if (s->op->arg_count == 0) return DBX_OK;
    return program_compile(&s->arena, exec_query(x), s->op->args, s->op->arg_count, &s->program,
                           err);
}

static void generate_state_free(exec *x, op_state *state) {
    generate_state *s = (generate_state *)state;
    (void)x;
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status generate_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                     op_local **out, error *err) {
    generate_state *s = (generate_state *)state;
    (void)w, (void)sink_input;
    generate_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, offsetof(generate_local, counts));
    l->state = s;
    arena_init(&l->arena, s->ledger);
    arena_init(&l->values, s->ledger);
    arena_init(&l->scratch_arena, s->ledger);
    *out = (op_local *)l;
    l->args = ARENA_ARRAY(&l->arena, vector, s->op->arg_count + 1);
    l->scratch = arena_alloc_zero(&l->arena, s->op->scratch_size + 1u);
    if (l->args == NULL || l->scratch == NULL) return error_nomem(err);
    if (s->program == NULL) return DBX_OK;
    return evaluator_new(s->program, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &l->evaluator,
                         err);
}

static void generate_local_free(exec_worker *w, op_local *local) {
    generate_local *l = (generate_local *)local;
    (void)w;
    if (l->evaluator != NULL) evaluator_free(l->evaluator);
    arena_deinit(&l->scratch_arena);
    arena_deinit(&l->values);
    arena_deinit(&l->arena);
    mem_free(l->state->ledger, l, sizeof(*l));
}

/* Rows with a NULL argument give nothing unless the function reads NULLs itself. */
static uint32_t generate_active_rows(generate_local *l, uint32_t rows) {
    const phys_generate *op = l->state->op;
    uint32_t count = 0;
    bool aware = (op->row->flags & NULLS_AWARE) != 0;
    for (uint32_t r = 0; r < rows; r++) {
        bool active = true;
        for (uint32_t i = 0; i < op->arg_count && !aware && active; i++)
            active = !vector_is_null(&l->args[i], r);
        l->active[count] = r;
        count += active;
        l->counts[r] = 0;
    }
    return count;
}

/* The kernel's counts come one an active row; spreads them over all rows. */
static dbx_status generate_count(generate_local *l, fn_call *call, uint32_t rows) {
    const phys_generate *op = l->state->op;
    uint32_t active = generate_active_rows(l, rows);
    if (active > 0) {
        uint32_t *counts = arena_alloc(call->arena, active * sizeof(*counts));
        if (counts == NULL) return DBX_NOMEM;
        memset(counts, 0, active * sizeof(*counts));
        call->sel = active == rows ? NULL : l->active;
        call->rows = active;
        TRY(op->kernel->count(call, l->args, counts));
        for (uint32_t i = 0; i < active; i++) l->counts[l->active[i]] = counts[i];
    }
    call->sel = NULL;
    call->rows = rows;
    return DBX_OK;
}

static dbx_status generate_outputs_init(generate_local *l, vector **out, uint32_t room) {
    const phys_generate *op = l->state->op;
    uint32_t generated = op->base.column_count - op->kept_count;
    arena_reset(&l->values);
    vector *columns = ARENA_ARRAY(&l->values, vector, op->base.column_count + 1);
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < generated; i++) {
        TRY(vector_init(&columns[op->kept_count + i], op->base.types[op->kept_count + i], room,
                        &l->values));
    }
    *out = columns;
    return DBX_OK;
}

/* A row of NULLs in the generated columns. */
static dbx_status generate_null_row(generate_local *l, vector *columns, uint32_t at) {
    const phys_generate *op = l->state->op;
    for (uint32_t i = op->kept_count; i < op->base.column_count; i++) {
        TRY(vector_ensure_validity(&columns[i], &l->values));
        validity_set_null(columns[i].validity, at);
    }
    return DBX_OK;
}

static dbx_status generate_give(generate_local *l, exec_worker *w, const chunk *in, vector *columns,
                                uint32_t rows, error *err) {
    const phys_generate *op = l->state->op;
    for (uint32_t i = 0; i < op->kept_count; i++) {
        OP_TRY(vector_slice(&columns[i], &in->columns[op->kept[i]], l->repeat, rows, &l->values),
               err);
    }
    chunk out = {columns, op->base.column_count, rows};
    return pipeline_emit(w, &out, err);
}

static dbx_status generate_push(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                                error *err) {
    generate_local *l = (generate_local *)local;
    const phys_generate *op = ((generate_state *)state)->op;
    uint32_t room = exec_vector_size(l->state->x);
    fn_call call = {
        .query = exec_query(l->state->x),
        .err = err,
        .arena = worker_chunk_arena(w),
        .state = op->state,
        .scratch = l->scratch,
        .scratch_arena = &l->scratch_arena,
        .rows = in->rows,
        .row_bound = in->rows,
        .arg_types = l->state->arg_types,
        .position = op->position,
    };
    if (l->evaluator != NULL) TRY(evaluator_run(l->evaluator, in, NULL, in->rows, l->args, err));
    OP_TRY(generate_count(l, &call, in->rows), err);
    call.arena = &l->values;
    vector *columns = NULL;
    uint32_t at = 0;
    for (uint32_t r = 0; r < in->rows && !pipeline_is_stopped(w); r++) {
        uint32_t count = l->counts[r];
        bool null_row = count == 0 && op->outer;
        for (uint32_t first = 0; first < count || null_row;) {
            if (columns == NULL) OP_TRY(generate_outputs_init(l, &columns, room), err);
            uint32_t n = null_row ? 1 : MIN(count - first, room - at);
            if (null_row) {
                OP_TRY(generate_null_row(l, columns, at), err);
            } else {
                OP_TRY(op->kernel->emit(&call, l->args, r, first, n, columns + op->kept_count, at),
                       err);
            }
            for (uint32_t i = 0; i < n; i++) l->repeat[at + i] = r;
            at += n;
            first += n;
            null_row = false;
            if (at < room) continue;
            TRY(generate_give(l, w, in, columns, at, err));
            columns = NULL;
            at = 0;
            if (pipeline_is_stopped(w)) return DBX_OK;
        }
    }
    return at > 0 ? generate_give(l, w, in, columns, at, err) : DBX_OK;
}

const op_vtab op_generate_vtab = {
    .state_new = generate_state_new,
    .state_free = generate_state_free,
    .local_new = generate_local_new,
    .local_free = generate_local_free,
    .push = generate_push,
};

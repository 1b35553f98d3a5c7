/* op_project.c - computes the output columns of each chunk. */
#include "exec/operators.h"

typedef struct project_state {
    const phys_project *op;
    exec *x;
    ledger *ledger;
    arena arena;
    const program *program;
} project_state;

typedef struct project_local {
    project_state *state;
    evaluator *evaluator;
    vector *results;
} project_local;

static dbx_status project_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    project_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_project *)op;
    s->x = x;
    s->ledger = l;
    arena_init(&s->arena, l);
    *out = (op_state *)s;
    return program_compile(&s->arena, exec_query(x), s->op->exprs, op->column_count, &s->program,
                           err);
}

static void project_state_free(exec *x, op_state *state) {
    project_state *s = (project_state *)state;
    (void)x;
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static size_t project_local_size(const project_state *s) {
    return sizeof(project_local) + s->op->base.column_count * sizeof(vector);
}

static dbx_status project_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                    op_local **out, error *err) {
    project_state *s = (project_state *)state;
    (void)w, (void)sink_input;
    project_local *l = mem_alloc_zero(s->ledger, project_local_size(s));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    l->results = (vector *)(l + 1);
    *out = (op_local *)l;
    return evaluator_new(s->program, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &l->evaluator,
                         err);
}

static void project_local_free(exec_worker *w, op_local *local) {
    project_local *l = (project_local *)local;
    (void)w;
    if (l->evaluator != NULL) evaluator_free(l->evaluator);
    mem_free(l->state->ledger, l, project_local_size(l->state));
}

static dbx_status project_push(exec_worker *w, op_state *s, op_local *local, const chunk *in,
                               error *err) {
    project_local *l = (project_local *)local;
    (void)s;
    TRY(evaluator_run(l->evaluator, in, NULL, in->rows, l->results, err));
    chunk out = {l->results, l->state->op->base.column_count, in->rows};
    return pipeline_emit(w, &out, err);
}

const op_vtab op_project_vtab = {
    .state_new = project_state_new,
    .state_free = project_state_free,
    .local_new = project_local_new,
    .local_free = project_local_free,
    .push = project_push,
};

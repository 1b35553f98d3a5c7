/* fold.c - the value of an expression without columns. */
#include "eval/program_int.h"

static dbx_status fold_run(arena *a, query *q, const expr *x, const program *p, vector *out,
                           error *err) {
    evaluator *e;
    vector result;
    chunk one_row = {.columns = NULL, .column_count = 0, .rows = 1};
    TRY(evaluator_new(p, q, a->ledger, 1, &e, err));
    dbx_status status = evaluator_run(e, &one_row, NULL, 1, &result, err);
    if (status == DBX_OK) {
        status = vector_init(out, x->type, 1, a);
        if (status == DBX_OK) status = vector_copy(out, 0, &result, NULL, 0, 1, a);
        if (status == DBX_NOMEM) status = error_nomem(err);
        out->form = VECTOR_CONSTANT;
    }
    evaluator_free(e);
    return status;
}

dbx_status expr_fold(arena *a, query *q, const expr *x, const vector **out, error *err) {
    assert(x->kind != EXPR_LAMBDA);
    if (x->kind == EXPR_CONSTANT) {
        *out = x->u.value;
        return DBX_OK;
    }
    vector *value = ARENA_NEW(a, vector);
    if (value == NULL) return error_nomem(err);
    arena scratch;
    arena_init(&scratch, a->ledger);
    const program *p;
    expr *exprs[] = {(expr *)(uintptr_t)x};
    dbx_status status = program_compile(&scratch, q, exprs, 1, &p, err);
    if (status == DBX_OK) status = fold_run(a, q, x, p, value, err);
    arena_deinit(&scratch);
    *out = value;
    return status;
}

/* lambda.c - running a lambda's body for the elements that a kernel hands over. The body is a
 * program over its parameters and captures; captured columns are sliced by the row that each
 * element belongs to. More elements than a chunk holds are run in pieces.
 */
#include "eval/program_int.h"

typedef struct eval_lambda {
    evaluator *outer;
    evaluator *inner;
    const lambda_code *code;
    arena arena; /* inputs and results, until the next call */
    vector *columns;
} eval_lambda;

static dbx_status eval_lambda_piece(eval_lambda *l, fn_call *call, const vector *params,
                                    const sel_t *outer_rows, uint32_t from, uint32_t rows,
                                    vector *out) {
    const lambda_code *code = l->code;
    for (uint32_t i = 0; i < code->param_count; i++)
        TRY(vector_window(&l->columns[i], &params[i], from, &l->arena));
    for (uint32_t i = 0; i < code->capture_count; i++) {
        const vector *captured = l->outer->registers[code->captures[i]].value;
        TRY(vector_slice(&l->columns[code->param_count + i], captured, outer_rows + from, rows,
                         &l->arena));
    }
    chunk input = {.columns = l->columns,
                   .column_count = code->param_count + code->capture_count,
                   .rows = rows};
    return evaluator_run(l->inner, &input, NULL, rows, out, call->err);
}

static dbx_status eval_lambda_run(fn_lambda *lambda, fn_call *call, const vector *params,
                                  const sel_t *outer_rows, uint32_t rows, vector *out) {
    eval_lambda *l = lambda->program;
    arena_reset(&l->arena);
    if (rows <= CHUNK_ROWS_MAX) return eval_lambda_piece(l, call, params, outer_rows, 0, rows, out);
    TRY(vector_init(out, l->code->result_type, rows, &l->arena));
    for (uint32_t from = 0; from < rows; from += CHUNK_ROWS_MAX) {
        vector piece;
        uint32_t n = MIN(rows - from, (uint32_t)CHUNK_ROWS_MAX);
        TRY(eval_lambda_piece(l, call, params, outer_rows, from, n, &piece));
        TRY(vector_copy(out, from, &piece, NULL, 0, n, &l->arena));
    }
    return DBX_OK;
}

dbx_status eval_lambdas_new(evaluator *e, uint32_t reg, error *err) {
    const step *s = &e->program->steps[reg];
    fn_lambda *lambdas = ARENA_ARRAY(&e->life, fn_lambda, s->lambda_count);
    eval_lambda *states = ARENA_ARRAY(&e->life, eval_lambda, s->lambda_count);
    if (lambdas == NULL || states == NULL) return error_nomem(err);
    e->registers[reg].lambdas = lambdas;
    for (uint32_t i = 0; i < s->lambda_count; i++) {
        const lambda_code *code = &s->lambdas[i];
        states[i] = (eval_lambda){.outer = e, .code = code};
        arena_init(&states[i].arena, e->ledger);
        lambdas[i] = (fn_lambda){.param_count = code->param_count,
                                 .result_type = code->result_type,
                                 .eval = eval_lambda_run,
                                 .program = &states[i]};
        states[i].columns =
            ARENA_ARRAY(&e->life, vector, MAX(code->param_count + code->capture_count, 1));
        if (states[i].columns == NULL) return error_nomem(err);
        TRY(evaluator_new(code->body, e->query, e->ledger, CHUNK_ROWS_MAX, &states[i].inner, err));
    }
    return DBX_OK;
}

void eval_lambdas_free(fn_lambda *lambdas, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        eval_lambda *l = lambdas[i].program;
        if (l == NULL) continue;
        evaluator_free(l->inner);
        arena_deinit(&l->arena);
    }
}

/* evaluator.c - registers, scopes and the run of a program over a chunk. See program_int.h.
 *
 * Registers of fixed-width types and strings keep their buffers; nested values and whatever kernels
 * allocate live in an arena that each run resets, so that a steady state allocates nothing.
 */
#include "eval/program_int.h"

/* ---- making and freeing ---------------------------------------------------------------------- */

static bool eval_keeps_buffers(type t) {
    physical_type p = type_physical(t);
    return p != PHYS_LIST && p != PHYS_STRUCT;
}

static dbx_status eval_init_registers(evaluator *e, error *err) {
    const program *p = e->program;
    e->registers = ARENA_ARRAY(&e->life, eval_register, MAX(p->step_count, 1));
    e->args = ARENA_ARRAY(&e->life, vector, MAX(p->max_args, 1));
    e->conjuncts = ARENA_ARRAY(&e->life, conjunct_stats, MAX(p->conjunct_count, 1));
    e->conjunct_order = ARENA_ARRAY(&e->life, uint32_t, MAX(p->conjunct_count, 1));
    if (e->registers == NULL || e->args == NULL || e->conjuncts == NULL ||
        e->conjunct_order == NULL) {
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < p->conjunct_count; i++) e->conjunct_order[i] = i;
    for (uint32_t i = 0; i < p->step_count; i++) {
        const step *s = &p->steps[i];
        if (s->kind == STEP_CONSTANT) eval_set_value(e, i, s->value, true);
        if (s->scratch_size > 0) {
            e->registers[i].scratch = arena_alloc_zero(&e->life, s->scratch_size);
            if (e->registers[i].scratch == NULL) return error_nomem(err);
        }
        if (s->lambda_count > 0) TRY(eval_lambdas_new(e, i, err));
    }
    return DBX_OK;
}

dbx_status evaluator_new(const program *p, query *q, ledger *l, uint32_t chunk_rows,
                         evaluator **out, error *err) {
    assert(chunk_rows >= 1 && chunk_rows <= CHUNK_ROWS_MAX);
    *out = NULL;
    evaluator *e = mem_alloc_zero(l, sizeof(*e));
    if (e == NULL) return error_nomem(err);
    e->program = p;
    e->query = q;
    e->ledger = l;
    e->chunk_rows = chunk_rows;
    e->next_serial = 1;
    arena_init(&e->life, l);
    arena_init(&e->chunk, l);
    dbx_status status = eval_init_registers(e, err);
    if (status != DBX_OK) {
        evaluator_free(e);
        return status;
    }
    *out = e;
    return DBX_OK;
}

void evaluator_free(evaluator *e) {
    if (e == NULL) return;
    for (uint32_t i = 0; e->registers != NULL && i < e->program->step_count; i++) {
        if (e->registers[i].cache != NULL) eval_free_entries(e->registers[i].cache);
        if (e->registers[i].lambdas != NULL) {
            eval_lambdas_free(e->registers[i].lambdas, e->program->steps[i].lambda_count);
        }
    }
    arena_deinit(&e->chunk);
    arena_deinit(&e->life);
    mem_free(e->ledger, e, sizeof(*e));
}

/* ---- registers ------------------------------------------------------------------------------- */

void eval_set_value(evaluator *e, uint32_t reg, const vector *value, bool safe_everywhere) {
    eval_register *r = &e->registers[reg];
    r->value = value;
    r->safe_everywhere = safe_everywhere;
    r->dict_id = 0;
}

dbx_status eval_set_null(evaluator *e, uint32_t reg) {
    eval_register *r = &e->registers[reg];
    r->shown = (vector){.type = e->program->steps[reg].type};
    r->shown.phys = (uint8_t)type_physical(r->shown.type);
    TRY(vector_set_constant_null(&r->shown, &e->chunk));
    eval_set_value(e, reg, &r->shown, true);
    return DBX_OK;
}

dbx_status eval_fresh_own(evaluator *e, uint32_t reg, vector **out) {
    eval_register *r = &e->registers[reg];
    type t = e->program->steps[reg].type;
    *out = &r->own;
    if (!eval_keeps_buffers(t)) return vector_init(&r->own, t, e->bound, &e->chunk);
    if (r->own_ready) {
        vector_clear(&r->own);
        r->own.phys = (uint8_t)type_physical(t); /* the last run may have left it narrow */
        return DBX_OK;
    }
    TRY(vector_init(&r->own, t, e->chunk_rows, &e->life));
    r->own_ready = true;
    return DBX_OK;
}

sel_t *eval_take_sel(evaluator *e) {
    if (e->sels_used == e->sels.count) {
        sel_t *fresh = arena_alloc(&e->life, sizeof(sel_t) * e->chunk_rows);
        if (fresh == NULL || ARENA_LIST_PUSH(&e->life, &e->sels, fresh) != DBX_OK) return NULL;
    }
    return e->sels.items[e->sels_used++];
}

/* ---- scopes ---------------------------------------------------------------------------------- */

dbx_status eval_push_scope(evaluator *e) {
    if (e->scope_count == e->scope_capacity) {
        TRY(arena_grow(&e->life, (void **)&e->scopes, sizeof(*e->scopes), e->scope_count,
                       &e->scope_capacity));
    }
    e->scopes[e->scope_count++] = e->next_serial++;
    return DBX_OK;
}

static bool eval_is_valid(const evaluator *e, uint32_t reg) {
    const eval_register *r = &e->registers[reg];
    return r->serial != 0 && r->scope < e->scope_count && e->scopes[r->scope] == r->serial;
}

static dbx_status eval_relabel_step(evaluator *e, uint32_t reg) {
    eval_register *r = &e->registers[reg];
    const eval_register *from = &e->registers[e->program->steps[reg].args[0]];
    r->shown = *from->value;
    r->shown.type = e->program->steps[reg].type;
    bool safe = from->safe_everywhere;
    uint64_t dict_id = from->dict_id;
    eval_set_value(e, reg, &r->shown, safe);
    r->dict_id = dict_id;
    return DBX_OK;
}

static dbx_status eval_step(evaluator *e, uint32_t reg, eval_rows rows) {
    switch (e->program->steps[reg].kind) {
    case STEP_CALL:
        return eval_call_step(e, reg, rows);
    case STEP_RELABEL:
        return eval_relabel_step(e, reg);
    default:
        return eval_lazy_step(e, reg, rows);
    }
}

dbx_status eval_block(evaluator *e, const step_block *b, eval_rows rows) {
    assert(rows.count > 0 && e->scope_count > 0);
    for (uint32_t i = 0; i < b->count; i++) {
        uint32_t reg = b->steps[i];
        if (eval_is_valid(e, reg)) continue;
        uint32_t scope = e->scope_count - 1;
        uint64_t serial = e->scopes[scope];
        TRY(eval_step(e, reg, rows));
        assert(e->scope_count == scope + 1);
        e->registers[reg].scope = scope;
        e->registers[reg].serial = serial;
    }
    return DBX_OK;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static dbx_status eval_set_input(evaluator *e, uint32_t reg, const chunk *input) {
    const step *s = &e->program->steps[reg];
    if (s->input >= input->column_count) {
        return error_raisef(e->err, ERR_INTERNAL_ERROR, s->position, "message",
                            "slot %u of %u columns", s->input, input->column_count);
    }
    const vector *column = &input->columns[s->input];
    assert(type_physical(s->type) == column->phys);
    eval_register *r = &e->registers[reg];
    if (column->form == VECTOR_SEQUENCE) {
        TRY(vector_flatten(&r->shown, column, input->rows, &e->chunk));
        column = &r->shown;
    }
    eval_set_value(e, reg, column, true);
    if (column->form == VECTOR_DICTIONARY && column->dict_stable) r->dict_id = column->dict_id;
    return DBX_OK;
}

dbx_status eval_begin(evaluator *e, const chunk *input, error *err) {
    assert(input->rows <= e->chunk_rows);
    arena_reset(&e->chunk);
    e->err = err;
    e->bound = input->rows;
    e->scope_count = 0;
    e->sels_used = 0;
    for (uint32_t i = 0; i < e->program->step_count; i++) {
        if (e->program->steps[i].kind == STEP_INPUT) TRY(eval_set_input(e, i, input));
    }
    return eval_push_scope(e);
}

/* Failures without a text are those of memory. */
dbx_status eval_finish(evaluator *e, dbx_status status) {
    e->scope_count = 0;
    if (status == DBX_NOMEM && e->err != NULL && e->err->status == DBX_OK)
        return error_nomem(e->err);
    return status;
}

static dbx_status eval_run_all(evaluator *e, const chunk *input, eval_rows rows, vector *results,
                               error *err) {
    const program *p = e->program;
    TRY(eval_begin(e, input, err));
    if (rows.count > 0) TRY(eval_block(e, &p->main, rows));
    for (uint32_t i = 0; i < p->result_count; i++) {
        uint32_t reg = p->results[i];
        const step *s = &p->steps[reg];
        bool leaf = s->kind == STEP_INPUT || s->kind == STEP_CONSTANT;
        if (rows.count == 0 && !leaf) TRY(eval_set_null(e, reg));
        results[i] = *e->registers[reg].value;
        results[i].own = NULL;
    }
    return DBX_OK;
}

dbx_status evaluator_run(evaluator *e, const chunk *input, const sel_t *sel, uint32_t rows,
                         vector *results, error *err) {
    assert(rows <= input->rows);
    return eval_finish(e, eval_run_all(e, input, (eval_rows){sel, rows}, results, err));
}

/* call.c - calls of kernels: constants once, NULLs propagated, rows narrowed. See function.h for
 * the contract. */
#include "eval/program_int.h"
#include "kernel/bitmap.h"
#include "kernel/selection.h"

/* A total kernel runs over all rows when at least one row in this many is wanted. */
enum { EVAL_DENSE_FRACTION = 4 };

static const vector *eval_arg(const evaluator *e, const step *s, uint32_t i) {
    return e->registers[s->args[i]].value;
}

static void eval_load_args(evaluator *e, const step *s) {
    for (uint32_t i = 0; i < s->arg_count; i++) {
        e->args[i] = *eval_arg(e, s, i);
        e->args[i].own = NULL;
    }
}

static bool eval_arg_is_lambda(const step *s, uint32_t i) {
    return s->lambda_count > 0 && s->origin->args[i]->kind == EXPR_LAMBDA;
}

dbx_status eval_kernel(evaluator *e, uint32_t reg, arena *a, eval_rows rows, uint32_t bound,
                       bool narrow, vector *out) {
    const step *s = &e->program->steps[reg];
    eval_register *r = &e->registers[reg];
    assert(rows.count > 0 && rows.count <= bound);
    fn_call call = {
        .query = e->query,
        .err = e->err,
        .arena = a,
        .state = s->state,
        .scratch = r->scratch,
        .scratch_arena = &e->life,
        .sel = rows.sel,
        .rows = rows.count,
        .row_bound = bound,
        .arg_types = s->arg_types,
        .result_type = s->type,
        .lambdas = r->lambdas,
        .position = s->position,
        .narrow = narrow,
    };
    return s->kernel(&call, e->args, out);
}

/* ---- constants ------------------------------------------------------------------------------- */

static bool eval_args_are_constant(const evaluator *e, const step *s) {
    if (s->is_volatile) return false;
    for (uint32_t i = 0; i < s->lambda_count; i++) {
        if (s->lambdas[i].capture_count > 0) return false;
    }
    for (uint32_t i = 0; i < s->arg_count; i++) {
        if (eval_arg(e, s, i)->form != VECTOR_CONSTANT) return false;
    }
    return true;
}

static bool eval_has_null_arg(const evaluator *e, const step *s) {
    for (uint32_t i = 0; i < s->arg_count; i++) {
        const vector *arg = eval_arg(e, s, i);
        if (arg->form == VECTOR_CONSTANT && !validity_get(arg->validity, 0) &&
            !eval_arg_is_lambda(s, i))
            return true;
    }
    return false;
}

/* One row for all. */
static dbx_status eval_call_constant(evaluator *e, uint32_t reg, arena *a) {
    const step *s = &e->program->steps[reg];
    eval_register *r = &e->registers[reg];
    vector one;
    TRY(vector_init(&one, s->type, 1, a));
    if (!(s->flags & NULLS_AWARE) && eval_has_null_arg(e, s)) {
        TRY(vector_set_constant_null(&one, a));
    } else {
        eval_load_args(e, s);
        TRY(eval_kernel(e, reg, a, (eval_rows){NULL, 1}, 1, false, &one));
    }
    TRY(vector_constant_at(&r->shown, &one, 0, a));
    eval_set_value(e, reg, &r->shown, true);
    return DBX_OK;
}

/* ---- NULLs ----------------------------------------------------------------------------------- */

/* Clears the bits of active rows whose dictionary entry is NULL. */
static void eval_clear_null_entries(uint64_t *bits, const vector *v, eval_rows rows) {
    const uint64_t *validity = v->children[0].validity;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.sel != NULL ? rows.sel[i] : i;
        uint64_t null = !validity_get(validity, v->sel[row]);
        bits[row / 64] &= ~(null << (row % 64));
    }
}

/* bits = AND of the arguments' validity; false when no argument can be NULL. */
static bool eval_and_validity(const evaluator *e, const step *s, eval_rows rows, uint64_t *bits) {
    size_t words = (e->bound + (size_t)63) / 64;
    bool any = false;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        const vector *arg = eval_arg(e, s, i);
        bool dictionary = arg->form == VECTOR_DICTIONARY;
        const uint64_t *validity = dictionary ? arg->children[0].validity : arg->validity;
        if (arg->form == VECTOR_CONSTANT || validity == NULL) continue;
        if (!any) memset(bits, 0xFF, words * sizeof(*bits));
        any = true;
        if (dictionary)
            eval_clear_null_entries(bits, arg, rows);
        else
            bitmap_and(bits, bits, validity, words);
    }
    return any;
}

/* Sets out's NULLs from the arguments and, when `narrow`, takes these rows from `rows`. */
static dbx_status eval_propagate_nulls(evaluator *e, const step *s, vector *out, bool narrow,
                                       eval_rows *rows) {
    uint64_t bits[VALIDITY_WORDS];
    if (!eval_and_validity(e, s, *rows, bits)) return DBX_OK;
    TRY(vector_ensure_validity(out, &e->chunk));
    memcpy(out->validity, bits, validity_bytes(e->bound));
    if (!narrow) return DBX_OK;
    sel_t *valid = eval_take_sel(e);
    if (valid == NULL) return DBX_NOMEM;
    uint32_t count = sel_from_bits(bits, true, rows->sel, rows->count, valid);
    if (count < rows->count) *rows = (eval_rows){valid, count};
    return DBX_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* May the kernel see rows that are not asked for? */
static bool eval_may_widen(const evaluator *e, uint32_t reg) {
    const step *s = &e->program->steps[reg];
    bool speculative = (s->flags & FN_SPECULATIVE) && !e->registers[reg].guess_failed;
    if (!(s->flags & FN_TOTAL) && !speculative) return false;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        if (!e->registers[s->args[i]].safe_everywhere) return false;
    }
    return true;
}

/* Runs the kernel over the rows that are asked for (wide: at least those) and makes it the
 * register's value. */
static dbx_status eval_call_over(evaluator *e, uint32_t reg, eval_rows rows, bool wide) {
    const step *s = &e->program->steps[reg];
    vector *out;
    TRY(eval_fresh_own(e, reg, &out));
    uint32_t mark = eval_mark_sels(e);
    bool total = (s->flags & FN_TOTAL) != 0;
    if (!(s->flags & NULLS_AWARE)) TRY(eval_propagate_nulls(e, s, out, !wide && !total, &rows));
    if (wide && rows.sel != NULL && rows.count >= e->bound / EVAL_DENSE_FRACTION)
        rows = (eval_rows){NULL, e->bound};
    if (rows.count > 0) {
        eval_load_args(e, s);
        TRY(eval_kernel(e, reg, &e->chunk, rows, e->bound, s->narrow, out));
        assert(out->form != VECTOR_SEQUENCE);
    }
    eval_drop_sels(e, mark);
    eval_set_value(e, reg, out, out->form == VECTOR_FLAT || out->form == VECTOR_CONSTANT);
    return DBX_OK;
}

static dbx_status eval_call_rows(evaluator *e, uint32_t reg, eval_rows rows) {
    const step *s = &e->program->steps[reg];
    if (!(s->flags & NULLS_AWARE) && eval_has_null_arg(e, s)) return eval_set_null(e, reg);
    if (!eval_may_widen(e, reg)) return eval_call_over(e, reg, rows, false);
    if (s->flags & FN_TOTAL) return eval_call_over(e, reg, rows, true);
    error *err = e->err;
    uint32_t mark = eval_mark_sels(e);
    e->err = NULL;
    dbx_status status = eval_call_over(e, reg, rows, true);
    e->err = err;
    if (LIKELY(status != DBX_ERROR)) return status;
    e->registers[reg].guess_failed = true;
    eval_drop_sels(e, mark);
    return eval_call_over(e, reg, rows, false);
}

dbx_status eval_call_step(evaluator *e, uint32_t reg, eval_rows rows) {
    const step *s = &e->program->steps[reg];
    eval_register *r = &e->registers[reg];
    if (s->is_static) {
        if (!r->static_ready) TRY(eval_call_constant(e, reg, &e->life));
        r->static_ready = true;
        return DBX_OK;
    }
    if (eval_args_are_constant(e, s)) return eval_call_constant(e, reg, &e->chunk);
    if (s->by_dictionary) {
        bool used = false;
        TRY(eval_call_entries(e, reg, rows, &used));
        if (used) return DBX_OK;
    }
    return eval_call_rows(e, reg, rows);
}

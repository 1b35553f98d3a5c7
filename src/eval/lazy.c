/* lazy.c - AND, OR, CASE and COALESCE: each part is computed only for the rows that earlier parts
 * leave open.
 *
 * Logic is three-valued over bitmaps, 64 rows a word. Parts that are cheap and safe on any row are
 * computed for all rows instead, since making a list of rows costs more. Choices copy values into
 * the step's own vector; nested values are piled up part by part and shown through a dictionary
 * that puts the rows back in place.
 */
#include "eval/program_int.h"
#include "kernel/bitmap.h"
#include "kernel/gather.h"
#include "kernel/selection.h"

static const vector *lazy_part(const evaluator *e, const step *s, uint32_t i) {
    return e->registers[s->blocks[i].result].value;
}

static dbx_status lazy_run_part(evaluator *e, const step *s, uint32_t i, eval_rows rows) {
    return s->blocks[i].count > 0 ? eval_block(e, &s->blocks[i], rows) : DBX_OK;
}

/* ---- AND, OR --------------------------------------------------------------------------------- */

/* Which rows of a BOOLEAN vector are true and which are false; bits of other rows are unspecified.
 */
static void lazy_truth(const vector *v, eval_rows rows, uint32_t bound, uint64_t *truth,
                       uint64_t *falsity) {
    size_t words = (bound + (size_t)63) / 64;
    const uint8_t *bools = v->data;
    if (v->form == VECTOR_CONSTANT) {
        bool valid = validity_get(v->validity, 0), holds = valid && bools[0] != 0;
        memset(truth, holds ? 0xFF : 0, words * sizeof(*truth));
        memset(falsity, valid && !holds ? 0xFF : 0, words * sizeof(*falsity));
        return;
    }
    if (v->form == VECTOR_FLAT) {
        bitmap_from_bytes(bools, bound, truth);
        for (size_t i = 0; i < words; i++) {
            uint64_t valid = v->validity != NULL ? v->validity[i] : UINT64_MAX;
            falsity[i] = ~truth[i] & valid;
            truth[i] &= valid;
        }
        return;
    }
    vector_view view = vector_view_of(v);
    memset(truth, 0, words * sizeof(*truth));
    memset(falsity, 0, words * sizeof(*falsity));
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.sel != NULL ? rows.sel[i] : i;
        uint32_t index = view_index(&view, row);
        uint64_t valid = validity_get(view.validity, index);
        uint64_t holds = ((const uint8_t *)view.data)[index] & valid;
        truth[row / 64] |= holds << (row % 64);
        falsity[row / 64] |= (valid & ~holds) << (row % 64);
    }
}

/* The rows not decided yet, in a new scope when they are fewer. */
static dbx_status lazy_narrow(evaluator *e, const uint64_t *decided, sel_t *undecided,
                              eval_rows *rows) {
    uint32_t count = sel_from_bits(decided, false, rows->sel, rows->count, undecided);
    if (count < rows->count && count > 0) TRY(eval_push_scope(e));
    if (count < rows->count) *rows = (eval_rows){undecided, count};
    return DBX_OK;
}

/* `decisive` is the value that decides: FALSE for AND, TRUE for OR. decided: some part was
 * decisive; open: all parts so far were the other value. What is neither is NULL. */
static dbx_status lazy_fold_parts(evaluator *e, const step *s, eval_rows rows, bool decisive,
                                  uint64_t *decided, uint64_t *open) {
    sel_t *undecided = eval_take_sel(e);
    if (undecided == NULL) return DBX_NOMEM;
    size_t words = (e->bound + (size_t)63) / 64;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        uint64_t truth[VALIDITY_WORDS], falsity[VALIDITY_WORDS];
        if (!s->blocks[i].is_cheap) TRY(lazy_narrow(e, decided, undecided, &rows));
        if (rows.count == 0) return DBX_OK;
        TRY(lazy_run_part(e, s, i, rows));
        lazy_truth(lazy_part(e, s, i), rows, e->bound, truth, falsity);
        for (size_t w = 0; w < words; w++) {
            decided[w] |= decisive ? truth[w] : falsity[w];
            open[w] &= decisive ? falsity[w] : truth[w];
        }
    }
    return DBX_OK;
}

static dbx_status lazy_logic(evaluator *e, uint32_t reg, eval_rows rows, bool decisive) {
    const step *s = &e->program->steps[reg];
    uint64_t decided[VALIDITY_WORDS] = {0}, open[VALIDITY_WORDS];
    memset(open, 0xFF, sizeof(open));
    uint32_t scopes = e->scope_count, mark = eval_mark_sels(e);
    TRY(lazy_fold_parts(e, s, rows, decisive, decided, open));
    eval_pop_scopes(e, scopes);
    eval_drop_sels(e, mark);
    vector *out;
    TRY(eval_fresh_own(e, reg, &out));
    uint64_t value[VALIDITY_WORDS];
    for (size_t w = 0; w < VALIDITY_WORDS; w++) {
        value[w] = decisive ? decided[w] : open[w] & ~decided[w];
        open[w] |= decided[w]; /* from here on: not NULL */
    }
    bitmap_to_bytes(value, e->bound, out->data);
    if (!bitmap_all(open, e->bound)) {
        TRY(vector_ensure_validity(out, &e->chunk));
        memcpy(out->validity, open, validity_bytes(e->bound));
    }
    eval_set_value(e, reg, out, true);
    return DBX_OK;
}

/* ---- collecting chosen values ---------------------------------------------------------------- */

typedef struct lazy_sink {
    evaluator *e;
    uint32_t reg;
    vector *out;   /* fixed-width values and strings: by row */
    vector pile;   /* nested values: as they come */
    sel_t *places; /* where each row's value lies in the pile */
    uint32_t piled;
    bool is_nested;
} lazy_sink;

static dbx_status lazy_sink_init(lazy_sink *sink, evaluator *e, uint32_t reg, uint32_t rows) {
    type t = e->program->steps[reg].type;
    physical_type p = type_physical(t);
    *sink = (lazy_sink){.e = e, .reg = reg, .is_nested = p == PHYS_LIST || p == PHYS_STRUCT};
    if (!sink->is_nested) return eval_fresh_own(e, reg, &sink->out);
    sink->places = ARENA_ARRAY(&e->chunk, sel_t, e->bound);
    return sink->places != NULL ? vector_init(&sink->pile, t, rows, &e->chunk) : DBX_NOMEM;
}

/* Clears out's bits where the value is NULL. */
static dbx_status lazy_put_nulls(lazy_sink *sink, const vector_view *from, eval_rows rows) {
    if (from->validity == NULL) return DBX_OK;
    TRY(vector_ensure_validity(sink->out, &sink->e->chunk));
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.sel != NULL ? rows.sel[i] : i;
        uint64_t null = !view_valid(from, row);
        sink->out->validity[row / 64] &= ~(null << (row % 64));
    }
    return DBX_OK;
}

static dbx_status lazy_put(lazy_sink *sink, const vector *from, eval_rows rows) {
    if (rows.count == 0) return DBX_OK;
    if (sink->is_nested) {
        for (uint32_t i = 0; i < rows.count; i++)
            sink->places[rows.sel != NULL ? rows.sel[i] : i] = sink->piled + i;
        TRY(vector_copy(&sink->pile, sink->piled, from, rows.sel, 0, rows.count, &sink->e->chunk));
        sink->piled += rows.count;
        return DBX_OK;
    }
    vector_view view = vector_view_of(from);
    uint32_t width = physical_size((physical_type)from->phys);
    void *to = sink->out->data;
    if (view.sel != NULL)
        copy_indexed(width, view.data, view.sel, rows.sel, rows.count, to);
    else if (view.mask == 0 && rows.sel != NULL)
        fill_selected(width, view.data, rows.sel, rows.count, to);
    else if (view.mask == 0)
        fill_values(width, view.data, rows.count, to);
    else if (rows.sel != NULL)
        copy_selected(width, view.data, rows.sel, rows.count, to);
    else
        memcpy(to, view.data, (size_t)width * rows.count);
    return lazy_put_nulls(sink, &view, rows);
}

static dbx_status lazy_sink_finish(lazy_sink *sink) {
    evaluator *e = sink->e;
    if (!sink->is_nested) {
        eval_set_value(e, sink->reg, sink->out, true);
        return DBX_OK;
    }
    eval_register *r = &e->registers[sink->reg];
    TRY(vector_slice(&r->shown, &sink->pile, sink->places, e->bound, &e->chunk));
    eval_set_value(e, sink->reg, &r->shown, true);
    return DBX_OK;
}

/* ---- CASE ------------------------------------------------------------------------------------ */

static bool lazy_can_blend(const vector *v) {
    return (v->form == VECTOR_FLAT || v->form == VECTOR_CONSTANT) && v->phys != PHYS_LIST &&
           v->phys != PHYS_STRUCT;
}

static void lazy_validity_words(const vector *v, size_t words, uint64_t *out) {
    if (v->form == VECTOR_CONSTANT)
        memset(out, validity_get(v->validity, 0) ? 0xFF : 0, words * sizeof(*out));
    else if (v->validity == NULL)
        memset(out, 0xFF, words * sizeof(*out));
    else
        memcpy(out, v->validity, words * sizeof(*out));
}

/* Computes both values of CASE WHEN c THEN x ELSE y END over all rows, when they are cheap or worth
 * a guess. */
static dbx_status lazy_run_both(evaluator *e, uint32_t reg, eval_rows rows, bool *done) {
    const step *s = &e->program->steps[reg];
    eval_register *r = &e->registers[reg];
    *done = s->arg_count == 3 && s->blocks[1].is_guess && s->blocks[2].is_guess;
    bool guess = *done && !(s->blocks[1].is_cheap && s->blocks[2].is_cheap);
    if (!*done || (guess && r->guess_failed)) {
        *done = false;
        return DBX_OK;
    }
    error *err = e->err;
    uint32_t mark = eval_mark_sels(e);
    if (guess) e->err = NULL;
    dbx_status status = lazy_run_part(e, s, 1, rows);
    if (status == DBX_OK) status = lazy_run_part(e, s, 2, rows);
    e->err = err;
    eval_drop_sels(e, mark);
    if (!guess || status != DBX_ERROR) return status;
    r->guess_failed = true;
    *done = false;
    return DBX_OK;
}

/* CASE WHEN c THEN x ELSE y END over all rows, x and y being cheap; *done is false when their forms
 * do not fit. */
static dbx_status lazy_blend(evaluator *e, uint32_t reg, eval_rows rows, bool *done) {
    const step *s = &e->program->steps[reg];
    TRY(lazy_run_both(e, reg, rows, done));
    if (!*done) return DBX_OK;
    const vector *x = lazy_part(e, s, 1), *y = lazy_part(e, s, 2);
    *done = lazy_can_blend(x) && lazy_can_blend(y);
    if (!*done) return DBX_OK;
    uint64_t truth[VALIDITY_WORDS], other[VALIDITY_WORDS];
    uint8_t bytes[CHUNK_ROWS_MAX];
    const vector *condition = lazy_part(e, s, 0);
    const uint8_t *choose = condition->data;
    lazy_truth(condition, rows, e->bound, truth, other);
    if (condition->form != VECTOR_FLAT || condition->validity != NULL) {
        bitmap_to_bytes(truth, e->bound, bytes);
        choose = bytes;
    }
    vector *out;
    TRY(eval_fresh_own(e, reg, &out));
    blend_values(physical_size((physical_type)out->phys), choose, x->data,
                 x->form == VECTOR_FLAT ? SIZE_MAX : 0, y->data,
                 y->form == VECTOR_FLAT ? SIZE_MAX : 0, e->bound, out->data);
    if (x->validity != NULL || y->validity != NULL) {
        size_t words = (e->bound + (size_t)63) / 64;
        uint64_t valid_y[VALIDITY_WORDS];
        TRY(vector_ensure_validity(out, &e->chunk));
        lazy_validity_words(x, words, other);
        lazy_validity_words(y, words, valid_y);
        for (size_t w = 0; w < words; w++)
            out->validity[w] = (truth[w] & other[w]) | (~truth[w] & valid_y[w]);
    }
    eval_set_value(e, reg, out, true);
    return DBX_OK;
}

/* Runs a part over chosen rows in a scope of its own and collects its values. */
static dbx_status lazy_choose(lazy_sink *sink, const step *s, uint32_t part, eval_rows rows) {
    evaluator *e = sink->e;
    if (rows.count == 0) return DBX_OK;
    uint32_t scopes = e->scope_count;
    TRY(eval_push_scope(e));
    TRY(lazy_run_part(e, s, part, rows));
    TRY(lazy_put(sink, lazy_part(e, s, part), rows));
    eval_pop_scopes(e, scopes);
    return DBX_OK;
}

static dbx_status lazy_case(evaluator *e, uint32_t reg, eval_rows rows) {
    const step *s = &e->program->steps[reg];
    bool done;
    TRY(lazy_blend(e, reg, rows, &done));
    if (done) return DBX_OK;
    lazy_sink sink;
    TRY(lazy_sink_init(&sink, e, reg, rows.count));
    uint32_t scopes = e->scope_count, mark = eval_mark_sels(e);
    sel_t *matched = eval_take_sel(e), *rest = eval_take_sel(e);
    if (matched == NULL || rest == NULL) return DBX_NOMEM;
    uint32_t part = 0;
    for (; part + 1 < s->arg_count && rows.count > 0; part += 2) {
        uint64_t truth[VALIDITY_WORDS], falsity[VALIDITY_WORDS];
        TRY(lazy_run_part(e, s, part, rows));
        lazy_truth(lazy_part(e, s, part), rows, e->bound, truth, falsity);
        uint32_t count = sel_from_bits(truth, true, rows.sel, rows.count, matched);
        if (count == 0) continue;
        TRY(lazy_choose(&sink, s, part + 1, (eval_rows){matched, count}));
        rows = (eval_rows){rest, sel_from_bits(truth, false, rows.sel, rows.count, rest)};
        TRY(eval_push_scope(e));
    }
    TRY(lazy_choose(&sink, s, s->arg_count - 1, rows));
    eval_pop_scopes(e, scopes);
    eval_drop_sels(e, mark);
    return lazy_sink_finish(&sink);
}

/* ---- COALESCE -------------------------------------------------------------------------------- */

static bool lazy_has_nulls(const vector *v) {
    if (v->form == VECTOR_DICTIONARY) return v->children[0].validity != NULL;
    return v->validity != NULL;
}

/* Bits of active rows: is the value not NULL? */
static void lazy_valid_bits(const vector *v, eval_rows rows, uint32_t bound, uint64_t *bits) {
    size_t words = (bound + (size_t)63) / 64;
    if (v->form != VECTOR_DICTIONARY) {
        lazy_validity_words(v, words, bits);
        return;
    }
    memset(bits, 0, words * sizeof(*bits));
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.sel != NULL ? rows.sel[i] : i;
        uint64_t valid = validity_get(v->children[0].validity, v->sel[row]);
        bits[row / 64] |= valid << (row % 64);
    }
}

static dbx_status lazy_coalesce(evaluator *e, uint32_t reg, eval_rows rows) {
    const step *s = &e->program->steps[reg];
    const vector *first = lazy_part(e, s, 0);
    if (!lazy_has_nulls(first)) { /* part 0 runs in the block around, so its register lives as long
                                     as this one */
        eval_register *r = &e->registers[reg];
        bool safe = e->registers[s->blocks[0].result].safe_everywhere;
        r->shown = *first;
        r->shown.type = s->type;
        eval_set_value(e, reg, &r->shown, safe);
        return DBX_OK;
    }
    lazy_sink sink;
    TRY(lazy_sink_init(&sink, e, reg, rows.count));
    uint32_t scopes = e->scope_count, mark = eval_mark_sels(e);
    sel_t *valid = eval_take_sel(e), *rest = eval_take_sel(e);
    if (valid == NULL || rest == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i + 1 < s->arg_count && rows.count > 0; i++) {
        TRY(lazy_run_part(e, s, i, rows));
        const vector *value = lazy_part(e, s, i);
        uint64_t bits[VALIDITY_WORDS];
        lazy_valid_bits(value, rows, e->bound, bits);
        uint32_t count = sel_from_bits(bits, true, rows.sel, rows.count, valid);
        if (count == 0) continue;
        TRY(lazy_put(&sink, value, (eval_rows){valid, count}));
        rows = (eval_rows){rest, sel_from_bits(bits, false, rows.sel, rows.count, rest)};
        TRY(eval_push_scope(e));
    }
    TRY(lazy_choose(&sink, s, s->arg_count - 1, rows));
    eval_pop_scopes(e, scopes);
    eval_drop_sels(e, mark);
    return lazy_sink_finish(&sink);
}

dbx_status eval_lazy_step(evaluator *e, uint32_t reg, eval_rows rows) {
    switch (e->program->steps[reg].kind) {
    case STEP_AND:
        return lazy_logic(e, reg, rows, false);
    case STEP_OR:
        return lazy_logic(e, reg, rows, true);
    case STEP_CASE:
        return lazy_case(e, reg, rows);
    default:
        return lazy_coalesce(e, reg, rows);
    }
}

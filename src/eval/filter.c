/* filter.c - conjunctions that narrow a selection, in the order that measurement recommends.
 *
 * Each conjunct has a rank: nanoseconds per row over the share of rows it drops. Cheap and
 * selective ones go first. A conjunct that can fail runs after all that stand before it in the
 * text, since one of them may guard it; those that cannot fail may go anywhere. Registers that one
 * conjunct computed serve the later ones, which see fewer rows.
 */
#include "common/os.h"
#include "eval/program_int.h"
#include "kernel/selection.h"

enum {
    FILTER_MEASURE_FIRST = 4,  /* runs measured at the start */
    FILTER_MEASURE_EVERY = 8,  /* then one in so many */
    FILTER_REORDER_EVERY = 32, /* runs between changes of the order, after the first ones */
    FILTER_DECAY_ROWS =
        1 << 20, /* measured rows at which old measurements lose half their weight */
};

static double filter_rank(const conjunct_stats *s) {
    if (s->measured_rows == 0 || s->rows_in == 0) return 0;
    double cost = (double)s->nanoseconds / (double)s->measured_rows;
    double dropped = 1.0 - (double)s->rows_out / (double)s->rows_in;
    return (cost + 0.01) / (dropped + 1e-6);
}

/* Picks the best-ranked conjunct that may run next, again and again. */
static void filter_reorder(evaluator *e) {
    const program *p = e->program;
    uint32_t n = p->conjunct_count;
    for (uint32_t at = 0; at < n; at++) {
        uint32_t best = at;
        bool found = false;
        uint32_t guard = UINT32_MAX; /* the first conjunct of the text that is not placed yet */
        for (uint32_t k = at; k < n; k++) guard = MIN(guard, e->conjunct_order[k]);
        for (uint32_t k = at; k < n; k++) {
            uint32_t c = e->conjunct_order[k];
            if (p->conjunct_can_fail[c] && c != guard) continue;
            bool better = !found || filter_rank(&e->conjuncts[c]) <
                                        filter_rank(&e->conjuncts[e->conjunct_order[best]]);
            if (better) best = k;
            found = true;
        }
        assert(found);
        uint32_t chosen = e->conjunct_order[best];
        memmove(&e->conjunct_order[at + 1], &e->conjunct_order[at], (best - at) * sizeof(uint32_t));
        e->conjunct_order[at] = chosen;
    }
}

static void filter_note(conjunct_stats *s, uint64_t rows_in, uint64_t rows_out,
                        uint64_t nanoseconds) {
    if (s->measured_rows > FILTER_DECAY_ROWS) {
        s->rows_in /= 2;
        s->rows_out /= 2;
        s->nanoseconds /= 2;
        s->measured_rows /= 2;
    }
    s->rows_in += rows_in;
    s->rows_out += rows_out;
    s->nanoseconds += nanoseconds;
    s->measured_rows += rows_in;
}

/* Rows where a BOOLEAN vector is TRUE. */
static uint32_t filter_true_rows(const vector *v, eval_rows rows, sel_t *out) {
    const uint8_t *bools = v->data;
    switch (v->form) {
    case VECTOR_FLAT:
        return sel_from_bools(bools, v->validity, rows.sel, rows.count, out);
    case VECTOR_DICTIONARY:
        return sel_from_indexed_bools(v->children[0].data, v->children[0].validity, v->sel,
                                      rows.sel, rows.count, out);
    default:
        break;
    }
    assert(v->form == VECTOR_CONSTANT);
    if (!validity_get(v->validity, 0) || bools[0] == 0) return 0;
    if (rows.sel == NULL)
        sel_fill(out, 0, rows.count);
    else if (out != rows.sel)
        memcpy(out, rows.sel, rows.count * sizeof(*out));
    return rows.count;
}

static dbx_status filter_run(evaluator *e, const chunk *input, eval_rows rows, sel_t *out_sel,
                             uint32_t *out_rows, error *err) {
    const program *p = e->program;
    bool measure = p->conjunct_count > 1 && (e->filter_runs < FILTER_MEASURE_FIRST ||
                                             e->filter_runs % FILTER_MEASURE_EVERY == 0);
    TRY(eval_begin(e, input, err));
    for (uint32_t k = 0; k < p->conjunct_count && rows.count > 0; k++) {
        uint32_t c = e->conjunct_order[k];
        const step_block *b = &p->conjuncts[c];
        uint64_t start = measure ? os_monotonic_ns() : 0;
        if (k > 0) TRY(eval_push_scope(e));
        if (b->count > 0) TRY(eval_block(e, b, rows));
        uint32_t kept = filter_true_rows(e->registers[b->result].value, rows, out_sel);
        if (measure) filter_note(&e->conjuncts[c], rows.count, kept, os_monotonic_ns() - start);
        rows = (eval_rows){out_sel, kept};
    }
    if (rows.sel == NULL)
        sel_fill(out_sel, 0, rows.count);
    else if (rows.sel != out_sel)
        memcpy(out_sel, rows.sel, rows.count * sizeof(*out_sel));
    *out_rows = rows.count;
    e->filter_runs++;
    if (measure &&
        (e->filter_runs == FILTER_MEASURE_FIRST || e->filter_runs % FILTER_REORDER_EVERY == 1)) {
        filter_reorder(e);
    }
    return DBX_OK;
}

dbx_status evaluator_filter(evaluator *e, const chunk *input, const sel_t *sel, uint32_t rows,
                            sel_t *out_sel, uint32_t *out_rows, error *err) {
    assert(rows <= input->rows);
    assert(e->program->conjunct_count > 0 || e->program->result_count == 0);
    *out_rows = 0;
    return eval_finish(e, filter_run(e, input, (eval_rows){sel, rows}, out_sel, out_rows, err));
}

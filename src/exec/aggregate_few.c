/* aggregate_few.c - see aggregate_few.h. */
#include "exec/aggregate_few.h"

#include "kernel/reduce.h"

static void aggregate_few_sort(aggregate_few *f, uint32_t groups, uint32_t rows) {
    if (f->sorted) return;
    uint32_t next[GROUP_FEW_MAX + 1];
    f->first[0] = 0;
    for (uint32_t g = 0; g < groups; g++) {
        next[g] = f->first[g];
        f->first[g + 1] = f->first[g] + f->counts[g];
    }
    for (uint32_t i = 0; i < rows; i++) f->sel[next[f->groups[i]]++] = i;
    f->sorted = true;
}

/* Each group's rows by themselves. */
static dbx_status aggregate_few_by_group(const aggregate_set *s, aggregate_calls *calls,
                                         aggregate_few *f, const group_codes *codes, uint32_t item,
                                         const vector *values, uint32_t rows,
                                         uint32_t states_offset, arena *contents, error *err) {
    aggregate_few_sort(f, codes->few_count, rows);
    for (uint32_t g = 0; g < codes->few_count; g++) {
        const sel_t *sel;
        uint32_t kept;
        if (f->counts[g] == 0) continue;
        aggregate_select(calls, item, values, f->sel + f->first[g], f->counts[g], &sel, &kept);
        TRY(aggregate_update_one(calls, item, values + s->items[item].first_arg, sel, kept, rows,
                                 codes->few[g] + states_offset, contents, err));
    }
    return DBX_OK;
}

dbx_status aggregate_feed_few(const aggregate_set *s, aggregate_calls *calls, aggregate_few *f,
                              const group_codes *codes, const vector *values, uint32_t rows,
                              uint32_t states_offset, arena *contents, error *err) {
    f->sorted = false;
    reduce_count_groups(f->groups, rows, codes->few_count, f->counts);
    for (uint32_t a = 0; a < s->count; a++) {
        const sel_t *sel;
        uint32_t kept;
        bool done = false;
        if (aggregate_item_is_idle(&s->items[a])) continue;
        if (s->items[a].e->kernel->update_few != NULL) {
            aggregate_select(calls, a, values, NULL, rows, &sel, &kept);
            if (sel == NULL)
                TRY(aggregate_update_few(calls, a, values + s->items[a].first_arg, f->groups,
                                         f->counts, rows, codes->few_count, codes->few,
                                         states_offset, contents, &done, err));
        }
        if (!done)
            TRY(aggregate_few_by_group(s, calls, f, codes, a, values, rows, states_offset, contents,
                                       err));
    }
    return DBX_OK;
}

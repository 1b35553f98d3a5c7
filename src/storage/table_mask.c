/* table_mask.c - see table_mask.h. */
#include "storage/table_mask.h"

#include "kernel/mask.h"

enum {
    TABLE_MASK_TRIAL_ROWS = 32768, /* after so many an optional filter must have paid */
    TABLE_MASK_KEEP_PERCENT = 90,  /* it does not when it keeps more than this */
};

/* Rough cost of testing a row. */
static double table_mask_cost(const table_filter *f) {
    switch (f->kind) {
    case TABLE_FILTER_NOTHING:
    case TABLE_FILTER_NEVER:
    case TABLE_FILTER_NULL:
    case TABLE_FILTER_NOT_NULL:
    case TABLE_FILTER_INTS:
        return 1;
    case TABLE_FILTER_BITMAP:
    case TABLE_FILTER_FLOATS:
    case TABLE_FILTER_WIDE:
        return 2;
    case TABLE_FILTER_PAIR:
        return 4;
    case TABLE_FILTER_INT_LIST:
    case TABLE_FILTER_BLOOM:
        return 8;
    case TABLE_FILTER_STRINGS:
    case TABLE_FILTER_VALUES:
        return 16;
    }
    return 1;
}

/* Cost per row dropped; a filter that was not tried yet is taken to keep half. */
static double table_mask_rank(const table_mask_filter *f) {
    double kept = f->tried == 0 ? 0.5 : (double)f->kept / (double)f->tried;
    return table_mask_cost(f->filter) / (1.001 - kept);
}

dbx_status table_mask_init(table_mask *m, const table_filter *filters, uint32_t count, arena *a) {
    m->count = count;
    m->filters = ARENA_ARRAY(a, table_mask_filter, MAX(count, 1u));
    m->order = ARENA_ARRAY(a, uint32_t, MAX(count, 1u));
    if (m->filters == NULL || m->order == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        m->filters[i].filter = &filters[i];
        m->order[i] = i;
    }
    return DBX_OK;
}

void table_mask_start(table_mask *m) {
    for (uint32_t i = 1; i < m->count; i++) {
        uint32_t moved = m->order[i], at = i;
        double rank = table_mask_rank(&m->filters[moved]);
        for (; at > 0 && table_mask_rank(&m->filters[m->order[at - 1]]) > rank; at--)
            m->order[at] = m->order[at - 1];
        m->order[at] = moved;
    }
}

dbx_status table_mask_apply(table_mask *m, uint32_t from, uint32_t count, uint8_t *mask, arena *a,
                            error *err) {
    uint32_t left = (uint32_t)mask_count(mask, count);
    for (uint32_t i = 0; i < m->count && left > 0; i++) {
        table_mask_filter *f = &m->filters[m->order[i]];
        if (f->skip || f->off) continue;
        TRY(table_filter_apply(f->filter, &f->state, f->column, f->other, from, count, left, mask,
                               a, err));
        f->tried += left;
        left = (uint32_t)mask_count(mask, count);
        f->kept += left;
        f->off = f->filter->optional && f->tried >= TABLE_MASK_TRIAL_ROWS &&
                 f->kept * 100 > f->tried * TABLE_MASK_KEEP_PERCENT;
    }
    return DBX_OK;
}

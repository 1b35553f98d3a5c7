/* table_stats.c - statistics of a table's columns, merged from its segments. */
#include "storage/table_int.h"

static size_t table_stats_size(uint32_t column_count) {
    return sizeof(table_stats) + sizeof(table_column_stats) * column_count;
}

table_stats *table_stats_new(ledger *l, uint32_t column_count) {
    table_stats *s = mem_alloc_zero(l, table_stats_size(column_count));
    if (s == NULL) return NULL;
    atomic_init(&s->refs, 1);
    s->ledger = l;
    s->column_count = column_count;
    return s;
}

void table_stats_unref(table_stats *s) {
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) return;
    mem_free(s->ledger, s, table_stats_size(s->column_count));
}

table_column_stats *table_stats_find(table_stats *s, uint32_t field_id) {
    for (uint32_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].field_id == field_id) return &s->columns[i];
    }
    return NULL;
}

/* Order of two bounds of one physical type. Text is compared as prefixes: equal ones may differ
 * beyond. */
static int table_bound_compare(uint8_t phys, const segment_bound *a, const segment_bound *b) {
    switch (phys) {
    case PHYS_INT128:
        return (a->i128 > b->i128) - (a->i128 < b->i128);
    case PHYS_FLOAT:
    case PHYS_DOUBLE:
        return (a->f64 > b->f64) - (a->f64 < b->f64);
    case PHYS_STRING: {
        int order = memcmp(a->text.bytes, b->text.bytes, MIN(a->text.size, b->text.size));
        return order != 0 ? order : (int)a->text.size - (int)b->text.size;
    }
    default:
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    }
}

static void table_stats_widen(table_column_stats *c, const segment *seg) {
    bool all_null = seg->null_count == seg->rows;
    if (!(seg->flags & SEGMENT_HAS_BOUNDS)) {
        if (!all_null && !(seg->flags & SEGMENT_HAS_NAN)) c->flags |= TABLE_STATS_UNBOUNDED;
        return;
    }
    if (!(c->flags & SEGMENT_HAS_BOUNDS)) {
        c->min = seg->min;
        c->max = seg->max;
        c->flags |= seg->flags & (SEGMENT_HAS_BOUNDS | SEGMENT_MIN_EXACT | SEGMENT_MAX_EXACT);
        return;
    }
    if (table_bound_compare(seg->phys, &seg->min, &c->min) < 0) {
        c->min = seg->min;
        c->flags = (uint8_t)((c->flags & ~SEGMENT_MIN_EXACT) | (seg->flags & SEGMENT_MIN_EXACT));
    }
    if (table_bound_compare(seg->phys, &seg->max, &c->max) > 0) {
        c->max = seg->max;
        c->flags = (uint8_t)((c->flags & ~SEGMENT_MAX_EXACT) | (seg->flags & SEGMENT_MAX_EXACT));
    }
}

void table_stats_add_group(table_stats *s, const row_group *g, bool rows_before) {
    for (uint32_t i = 0; i < s->column_count; i++) {
        table_column_stats *c = &s->columns[i];
        const row_group_field *f = row_group_find(g, c->field_id);
        if (f == NULL) {
            c->null_count += g->rows;
            c->flags &= (uint8_t)~SEGMENT_SORTED;
            continue;
        }
        const segment *seg = &g->segments[f->first_segment];
        bool sorted = (seg->flags & SEGMENT_SORTED) != 0;
        if (rows_before) {
            sorted = sorted && (c->flags & SEGMENT_SORTED) && (c->flags & SEGMENT_HAS_BOUNDS) &&
                     (seg->flags & SEGMENT_HAS_BOUNDS) && (c->flags & SEGMENT_MAX_EXACT) &&
                     (seg->flags & SEGMENT_MIN_EXACT) && !(c->flags & SEGMENT_HAS_NAN) &&
                     table_bound_compare(seg->phys, &c->max, &seg->min) <= 0;
        }
        table_stats_widen(c, seg);
        c->flags = (uint8_t)((c->flags & ~SEGMENT_SORTED) | (sorted ? SEGMENT_SORTED : 0));
        c->flags |= seg->flags & SEGMENT_HAS_NAN;
        c->null_count += seg->null_count;
        c->value_bytes += seg->value_bytes;
    }
}

/* table_scan.c - a table version as a source (vector/source.h).
 *
 * A morsel is a row group, or a quarter of one in small tables. Statistics skip row groups. In a
 * group, windows of 2048 rows are filtered on their encoded predicate columns; only windows with
 * rows left are decoded in the other columns, whose segments are not even loaded before. Few
 * survivors of several windows are gathered into one chunk. Columns come out CONSTANT or DICTIONARY
 * where their segments are.
 */
#include "storage/table.h"

#include "kernel/bitmap.h"
#include "kernel/mask.h"
#include "storage/table_int.h"
#include "storage/table_mask.h"

enum {
    SCAN_PARTS = 4,                               /* of a group, in small tables */
    SCAN_PART_ROWS = ROW_GROUP_ROWS / SCAN_PARTS, /* a multiple of the window */
    SCAN_SMALL_GROUPS = 8,                        /* per thread: fewer groups are cut up */
};
static_assert(SCAN_PART_ROWS % CHUNK_ROWS_MAX == 0, "windows do not cross parts");

typedef struct table_source {
    source base;
    ledger *ledger;
    arena arena; /* columns and names */
    table_version *version;
    const storage_column *columns; /* of the table, without the row id */
    uint32_t column_count;
    struct table_bounds *bounds; /* what column_stats point at, one a column */
} table_source;

struct source_scan {
    table_source *source;
    ledger *ledger; /* the query's */
    query *query;
    arena arena;
    const uint32_t *columns; /* the table's column_count: the row id */
    uint32_t column_count;
    uint32_t *slots; /* distinct columns that are decoded, outputs' and filters' */
    uint32_t slot_count;
    uint32_t *output_slots;               /* of each output; UINT32_MAX: the row id */
    uint32_t *filter_slots, *other_slots; /* of each filter's column, and a PAIR's right one */
    const bool *unread, *late;            /* of the scan_spec */
    uint32_t vector_size;
    table_filter *filters;
    uint32_t filter_count;
    bool never; /* a predicate that no row passes */
    bool has_nested;
    table_position *groups;
    uint32_t group_count, parts;
    uint64_t row_limit;
    _Atomic uint64_t rows_out;
    _Atomic uint64_t next; /* part */
    _Atomic uint64_t bytes_read, groups_seen, groups_pruned;
};

/* A column in the row group at hand. */
typedef struct table_scan_column {
    column_reader reader;
    bool open;
    vector child; /* of DICTIONARY vectors */
} table_scan_column;

struct source_local {
    source_scan *scan;
    arena fixed;          /* lives as long as the local */
    arena group_arena;    /* as long as the row group */
    arena chunk_arena;    /* until the next read */
    uint32_t group_index; /* UINT32_MAX: none */
    table_position group;
    uint32_t at, end;           /* rows of the morsel that are still to be read */
    table_scan_column *columns; /* slot_count */
    table_mask filters;
    uint32_t *codes; /* CHUNK_ROWS_MAX for each output */
    sel_t identity[CHUNK_ROWS_MAX];
    sel_t sel_room[CHUNK_ROWS_MAX + 8];
    const sel_t *sel;                   /* rows of the window that passed: one of the two above */
    uint32_t window;                    /* first row of the window in sel */
    uint32_t window_next, window_count; /* entries of sel that are left */
    const sel_t *given;                 /* rows of the window that the last read gave, */
    bool has_late;                      /* some column is late; known only after the scan opens */
    uint32_t given_count;               /* when some columns are late */
    sel_t late[CHUNK_ROWS_MAX];
};

/* ---- statistics
 * ---------------------------------------------------------------------------------------------- */

static bool table_source_row_count(const source *s, uint64_t *rows, bool *exact) {
    *rows = table_version_rows(((const table_source *)s)->version);
    *exact = true;
    return true;
}

typedef struct table_bounds {
    segment_bound min, max;
    vstring min_text, max_text;
    float min_narrow, max_narrow;
} table_bounds;

/* A bound as a CONSTANT vector that borrows from the source; made once, when the source is. */
static void table_bound_prepare(physical_type phys, segment_bound *bound, vstring *text,
                                float *narrow) {
    if (phys == PHYS_STRING) *text = vstring_from(bound->text.bytes, bound->text.size);
    if (phys == PHYS_FLOAT) *narrow = (float)bound->f64;
}

static vector table_bound_vector(type t, segment_bound *bound, vstring *text, float *narrow) {
    vector v = {
        .type = t, .form = VECTOR_CONSTANT, .phys = (uint8_t)type_physical(t), .capacity = 1};
    v.data = v.phys == PHYS_STRING  ? (void *)text
             : v.phys == PHYS_FLOAT ? (void *)narrow
                                    : (void *)bound;
    return v; /* little-endian: narrower integers are the low bytes of the bound */
}

static bool table_source_stats(const source *s, uint32_t column, column_stats *out) {
    const table_source *t = (const table_source *)s;
    if (column >= t->column_count) return false;
    const table_column_stats *c = table_stats_find(t->version->stats, t->columns[column].field_id);
    if (c == NULL) return false;
    memset(out, 0, sizeof(*out));
    type ct = t->columns[column].type;
    bool deletes = t->version->deleted > 0;
    bool is_float = type_is_float(ct);
    out->nan_free = is_float && !(c->flags & SEGMENT_HAS_NAN);
    out->has_null_count = !deletes || c->null_count == 0;
    out->null_count = c->null_count;
    out->distinct_count =
        MIN(sketch_estimate(&c->distinct), (double)table_version_rows(t->version));
    uint64_t values = t->version->rows - MIN(c->null_count, t->version->rows);
    out->average_size = type_physical(ct) == PHYS_STRING && values > 0
                            ? (double)c->value_bytes / (double)values
                            : -1;
    out->sorted_ascending = (c->flags & SEGMENT_SORTED) != 0 && c->null_count == 0;
    out->has_min_max = (c->flags & SEGMENT_HAS_BOUNDS) && !(c->flags & TABLE_STATS_UNBOUNDED);
    if (out->has_min_max) {
        out->min_max_exact =
            !deletes && (c->flags & SEGMENT_MIN_EXACT) && (c->flags & SEGMENT_MAX_EXACT);
        table_bounds *b = &t->bounds[column];
        out->min = table_bound_vector(ct, &b->min, &b->min_text, &b->min_narrow);
        out->max = table_bound_vector(ct, &b->max, &b->max_text, &b->max_narrow);
    }
    return true;
}

/* ---- opening
 * -------------------------------------------------------------------------------------------------
 */

/* Joins a range with one that the column has already: both bounds are then tested in one pass. */
static bool table_scan_join_ranges(source_scan *s, const table_filter *f) {
    if (f->kind != TABLE_FILTER_INTS || f->negated) return false;
    for (uint32_t i = 0; i < s->filter_count; i++) {
        table_filter *other = &s->filters[i];
        if (other->kind != TABLE_FILTER_INTS || other->negated || other->column != f->column)
            continue;
        other->optional = other->optional && f->optional;
        other->lo = MAX(other->lo, f->lo);
        other->hi = MIN(other->hi, f->hi);
        s->never = s->never || other->lo > other->hi;
        return true;
    }
    return false;
}

static dbx_status table_scan_init_filters(source_scan *s, const scan_spec *spec, error *err) {
    const table_source *t = s->source;
    s->filters = ARENA_ARRAY(&s->arena, table_filter, spec->predicate_count + spec->pair_count + 1);
    if (s->filters == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < spec->predicate_count; i++) {
        const scan_predicate *p = &spec->predicates[i];
        table_filter *f = &s->filters[s->filter_count];
        if (p->column >= t->column_count) continue; /* row ids are not indexed */
        bool exact;
        dbx_status status = table_filter_init(f, p, t->columns[p->column].type, &s->arena, &exact);
        if (status != DBX_OK) return error_nomem(err);
        spec->exact[i] = exact;
        if (f->kind == TABLE_FILTER_NOTHING || table_scan_join_ranges(s, f)) continue;
        s->never = s->never || f->kind == TABLE_FILTER_NEVER;
        s->filter_count++;
    }
    for (uint32_t i = 0; i < spec->pair_count; i++) {
        const scan_pair *p = &spec->pairs[i];
        table_filter *f = &s->filters[s->filter_count];
        if (p->left >= t->column_count || p->right >= t->column_count) continue;
        table_filter_init_pair(f, p, t->columns[p->left].type);
        spec->pairs_exact[i] = f->kind == TABLE_FILTER_PAIR;
        if (spec->pairs_exact[i]) s->filter_count++;
    }
    return DBX_OK;
}

static void table_source_close(source_scan *s) {
    if (s == NULL) return;
    ledger *l = s->ledger;
    arena_deinit(&s->arena);
    mem_free(l, s, sizeof(*s));
}

static uint32_t table_scan_slot_of(source_scan *s, uint32_t column) {
    for (uint32_t i = 0; i < s->slot_count; i++) {
        if (s->slots[i] == column) return i;
    }
    s->slots[s->slot_count] = column;
    return s->slot_count++;
}

static dbx_status table_scan_init_slots(source_scan *s, error *err) {
    s->slots =
        ARENA_ARRAY(&s->arena, uint32_t, (size_t)s->column_count + 2 * (size_t)s->filter_count + 1);
    s->output_slots = ARENA_ARRAY(&s->arena, uint32_t, (size_t)s->column_count + 1);
    s->filter_slots = ARENA_ARRAY(&s->arena, uint32_t, 2 * (size_t)s->filter_count + 1);
    if (s->slots == NULL || s->output_slots == NULL || s->filter_slots == NULL)
        return error_nomem(err);
    s->other_slots = s->filter_slots + s->filter_count;
    for (uint32_t i = 0; i < s->column_count; i++) {
        bool is_row_id = s->columns[i] == s->source->column_count;
        s->output_slots[i] = is_row_id ? UINT32_MAX : table_scan_slot_of(s, s->columns[i]);
    }
    for (uint32_t i = 0; i < s->filter_count; i++) {
        const table_filter *f = &s->filters[i];
        s->filter_slots[i] = table_scan_slot_of(s, f->column);
        s->other_slots[i] = f->kind == TABLE_FILTER_PAIR ? table_scan_slot_of(s, f->other) : 0;
    }
    return DBX_OK;
}

static dbx_status table_scan_init(source_scan *s, const scan_spec *spec, error *err) {
    table_source *t = s->source;
    uint32_t *columns = ARENA_ARRAY(&s->arena, uint32_t, MAX(spec->column_count, 1u));
    s->groups = ARENA_ARRAY(&s->arena, table_position, MAX(t->version->group_count, 1u));
    if (columns == NULL || s->groups == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < spec->column_count; i++) {
        columns[i] = spec->columns[i];
        assert(columns[i] <= t->column_count);
        s->has_nested = s->has_nested || (columns[i] < t->column_count &&
                                          type_is_nested(t->columns[columns[i]].type));
    }
    s->columns = columns;
    s->column_count = spec->column_count;
    s->vector_size = MIN(MAX(spec->vector_size, 1u), (uint32_t)CHUNK_ROWS_MAX);
    s->row_limit = spec->row_limit;
    s->unread = spec->unread;
    s->late = spec->late;
    for (uint32_t i = 0; i < t->version->leaf_count; i++) {
        const table_leaf *leaf = t->version->leaves[i];
        for (uint32_t k = 0; k < leaf->count; k++) {
            s->groups[s->group_count++] = (table_position){leaf->groups[k], leaf->deleted[k]};
        }
    }
    s->parts = s->group_count < SCAN_SMALL_GROUPS * MAX(spec->threads, 1u) ? SCAN_PARTS : 1;
    atomic_init(&s->next, 0);
    atomic_init(&s->rows_out, 0);
    TRY(table_scan_init_filters(s, spec, err));
    return table_scan_init_slots(s, err);
}

static dbx_status table_source_open(source *src, query *q, const scan_spec *spec, source_scan **out,
                                    error *err) {
    *out = NULL;
    source_scan *s = mem_alloc_zero(&q->ledger, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->source = (table_source *)src;
    s->ledger = &q->ledger;
    s->query = q;
    arena_init(&s->arena, s->ledger);
    dbx_status status = table_scan_init(s, spec, err);
    if (status != DBX_OK) {
        table_source_close(s);
        return status;
    }
    *out = s;
    return DBX_OK;
}

static void table_scan_close_group(source_local *l) {
    const source_scan *s = l->scan;
    for (uint32_t i = 0; i < s->slot_count && l->columns != NULL; i++) {
        if (l->columns[i].open) column_reader_close(&l->columns[i].reader);
        l->columns[i].open = false;
        l->columns[i].child.data = NULL;
    }
    for (uint32_t i = 0; i < l->filters.count; i++)
        l->filters.filters[i].state = (table_filter_state){0};
    arena_reset(&l->group_arena);
    l->group_index = UINT32_MAX;
}

static void table_source_local_free(source_scan *s, source_local *l) {
    if (l == NULL) return;
    table_scan_close_group(l);
    arena_deinit(&l->chunk_arena);
    arena_deinit(&l->group_arena);
    arena_deinit(&l->fixed);
    mem_free(s->ledger, l, sizeof(*l));
}

static dbx_status table_source_local_new(source_scan *s, source_local **out, error *err) {
    *out = NULL;
    source_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, sizeof(*l));
    l->scan = s;
    for (uint32_t i = 0; s->late != NULL && i < s->column_count; i++) l->has_late |= s->late[i];
    l->group_index = UINT32_MAX;
    for (uint32_t i = 0; i < CHUNK_ROWS_MAX; i++) l->identity[i] = i;
    arena_init(&l->fixed, s->ledger);
    arena_init(&l->group_arena, s->ledger);
    arena_init(&l->chunk_arena, s->ledger);
    l->columns = ARENA_ARRAY(&l->fixed, table_scan_column, MAX(s->slot_count, 1u));
    l->codes = ARENA_ARRAY(&l->fixed, uint32_t, (size_t)MAX(s->column_count, 1u) * CHUNK_ROWS_MAX);
    if (!l->columns || !l->codes ||
        table_mask_init(&l->filters, s->filters, s->filter_count, &l->fixed) != DBX_OK) {
        table_source_local_free(s, l);
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < s->filter_count; i++) {
        l->filters.filters[i].column = &l->columns[s->filter_slots[i]].reader;
        l->filters.filters[i].other = &l->columns[s->other_slots[i]].reader;
    }
    *out = l;
    return DBX_OK;
}

/* ---- morsels
 * -------------------------------------------------------------------------------------------------
 */

static const segment *table_scan_segment(const row_group *g, const storage_column *column) {
    const row_group_field *f = row_group_find(g, column->field_id);
    return f == NULL ? NULL : &g->segments[f->first_segment];
}

/* Can rows of the group pass? Also notes the filters that all of them pass. */
static bool table_scan_group_passes(source_local *l, const table_position *p) {
    const source_scan *s = l->scan;
    if (s->never || (p->deleted != NULL && p->deleted->count == p->group->rows)) return false;
    for (uint32_t i = 0; i < s->filter_count; i++) {
        const table_filter *f = &s->filters[i];
        const storage_column *columns = s->source->columns;
        const segment *other =
            f->kind == TABLE_FILTER_PAIR ? table_scan_segment(p->group, &columns[f->other]) : NULL;
        table_filter_verdict v =
            table_filter_check(f, table_scan_segment(p->group, &columns[f->column]), other);
        if (v == TABLE_FILTER_NONE) return false;
        l->filters.filters[i].skip = v == TABLE_FILTER_ALL;
    }
    return true;
}

static dbx_status table_scan_open_column(source_local *l, uint32_t slot, table_scan_column **out,
                                         error *err) {
    table_scan_column *c = &l->columns[slot];
    *out = c;
    if (c->open) return DBX_OK;
    c->open = true;
    const storage_column *column = &l->scan->source->columns[l->scan->slots[slot]];
    TRY(column_reader_open(&c->reader, l->group.group, column, &l->group_arena, err));
    atomic_fetch_add_explicit(&l->scan->bytes_read, column_reader_bytes(&c->reader),
                              memory_order_relaxed);
    return DBX_OK;
}

/* Opens the columns of the filters that must look at rows; *passes is false when a dictionary rules
 * all out. */
static dbx_status table_scan_open_filters(source_local *l, bool *passes, error *err) {
    const source_scan *s = l->scan;
    *passes = true;
    for (uint32_t i = 0; i < s->filter_count && *passes; i++) {
        table_mask_filter *f = &l->filters.filters[i];
        if (f->skip || f->off) continue;
        table_scan_column *c;
        TRY(table_scan_open_column(l, s->filter_slots[i], &c, err));
        TRY(table_filter_open(f->filter, &c->reader, &f->state, &l->group_arena, err));
        if (f->filter->kind == TABLE_FILTER_PAIR)
            TRY(table_scan_open_column(l, s->other_slots[i], &c, err));
        *passes = !f->state.no_entry;
    }
    table_mask_start(&l->filters);
    return DBX_OK;
}

static dbx_status table_source_next_morsel(source_scan *s, source_local *l, bool *more,
                                           uint64_t *morsel_index, error *err) {
    *more = false;
    l->window_count = 0;
    l->at = l->end = 0;
    uint64_t total = (uint64_t)s->group_count * s->parts;
    for (;;) {
        if (atomic_load_explicit(&s->rows_out, memory_order_relaxed) >= s->row_limit) return DBX_OK;
        uint64_t part = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
        if (part >= total) return DBX_OK;
        uint32_t index = (uint32_t)(part / s->parts), piece = (uint32_t)(part % s->parts);
        table_position p = s->groups[index];
        uint32_t at = piece * SCAN_PART_ROWS;
        uint32_t end = s->parts == 1 ? p.group->rows : MIN(at + SCAN_PART_ROWS, p.group->rows);
        if (at >= end) continue;
        bool group_passes = table_scan_group_passes(l, &p);
        if (piece == 0) {
            atomic_fetch_add_explicit(&s->groups_seen, 1, memory_order_relaxed);
            atomic_fetch_add_explicit(&s->groups_pruned, !group_passes, memory_order_relaxed);
        }
        if (!group_passes) continue;
        if (l->group_index != index) {
            table_scan_close_group(l);
            l->group_index = index;
            l->group = p;
        }
        bool passes;
        TRY(table_scan_open_filters(l, &passes, err));
        if (!passes) continue;
        l->at = at;
        l->end = end;
        *more = true;
        *morsel_index = part;
        return DBX_OK;
    }
}

/* ---- windows
 * -------------------------------------------------------------------------------------------------
 */

static void table_scan_remove_deleted(const delete_vector *d, uint32_t from, uint32_t count,
                                      uint8_t *mask) {
    if (d == NULL) return;
    uint64_t alive[VALIDITY_WORDS] = {0};
    bitmap_copy(alive, 0, d->words, from, count);
    for (uint32_t i = 0; i < (count + 63) / 64; i++) alive[i] = ~alive[i];
    mask_and_bits(alive, count, mask);
}

/* Filters the next window into l->sel; its count may be 0. */
static dbx_status table_scan_next_window(source_local *l, error *err) {
    uint32_t count = MIN((uint32_t)CHUNK_ROWS_MAX, l->end - l->at);
    uint8_t mask[CHUNK_ROWS_MAX];
    memset(mask, 1, count);
    table_scan_remove_deleted(l->group.deleted, l->at, count, mask);
    TRY(table_mask_apply(&l->filters, l->at, count, mask, &l->chunk_arena, err));
    l->window = l->at;
    l->at += count;
    l->window_next = 0;
    if (memchr(mask, 0, count) == NULL) {
        l->sel = l->identity;
        l->window_count = count;
    } else {
        l->sel = l->sel_room;
        l->window_count = (uint32_t)mask_to_sel(mask, count, l->sel_room);
    }
    return DBX_OK;
}

/* ---- decoding
 * ------------------------------------------------------------------------------------------------
 */

/* Rows of the group to decode: from + sel[i], or from + i when dense. */
typedef struct table_scan_rows {
    uint32_t from, count;
    const sel_t *sel;
    bool dense;
    uint32_t at; /* first row of the output */
    bool alone;  /* the output holds nothing else */
} table_scan_rows;

static dbx_status table_scan_emit_validity(const segment_reader *r, const table_scan_rows *rows,
                                           vector *out, arena *a, error *err) {
    if (r->validity == NULL && !r->all_null) return DBX_OK;
    if (vector_ensure_validity(out, a) != DBX_OK) return error_nomem(err);
    if (r->all_null) {
        bitmap_set_range(out->validity, rows->at, rows->count, false);
    } else if (rows->dense) {
        bitmap_copy(out->validity, rows->at, r->validity, rows->from, rows->count);
    } else {
        for (uint32_t i = 0; i < rows->count; i++) {
            bool valid = validity_get(r->validity, rows->from + rows->sel[i]);
            bitmap_set_range(out->validity, rows->at + i, 1, valid);
        }
    }
    return DBX_OK;
}

/* One value for all rows of the group, or (alone in its chunk) of the window. */
static bool table_scan_emit_constant(segment_reader *r, const table_scan_rows *rows, vector *out) {
    if (r->null_count > 0) return false;
    if (r->encoding == SEGMENT_CONSTANT) {
        out->form = VECTOR_CONSTANT;
        out->data = r->phys == PHYS_STRING ? (void *)&r->constant_string : (void *)&r->constant;
        return true;
    }
    int64_t value;
    if (r->encoding != SEGMENT_INTS || !rows->alone || r->phys == PHYS_INT128) return false;
    if (!int_reader_is_constant(
            &r->u.ints, rows->from + (rows->dense ? 0 : rows->sel[0]),
            rows->dense ? rows->count : rows->sel[rows->count - 1] - rows->sel[0] + 1, &value)) {
        return false;
    }
    memcpy(out->data, &value, r->value_size);
    out->form = VECTOR_CONSTANT;
    return true;
}

static dbx_status table_scan_emit_codes(source_local *l, table_scan_column *c, uint32_t *codes,
                                        const table_scan_rows *rows, vector *out, error *err) {
    segment_reader *r = &c->reader.reader;
    uint32_t entries = r->u.dictionary.entry_count;
    if (c->child.data != r->entries) {
        c->child = (vector){.type = out->type,
                            .form = VECTOR_FLAT,
                            .phys = PHYS_STRING,
                            .data = r->entries,
                            .capacity = entries + 1};
        if (r->null_count > 0) {
            c->child.validity = arena_alloc(&l->group_arena, validity_bytes((size_t)entries + 1));
            if (c->child.validity == NULL) {
                c->child.data = NULL;
                return error_nomem(err);
            }
            validity_fill(c->child.validity, (size_t)entries + 1, true);
            validity_set_null(c->child.validity, entries);
        }
    }
    segment_read_codes(r, rows->from, rows->dense ? NULL : rows->sel, rows->count,
                       codes + rows->at);
    out->form = VECTOR_DICTIONARY;
    out->sel = codes;
    out->children = &c->child;
    out->child_count = entries + (r->null_count > 0);
    out->dict_stable = true;
    out->dict_id = storage_dictionary_id(r->storage, r->id);
    out->validity = NULL;
    return DBX_OK;
}

static dbx_status table_scan_emit_strings(source_local *l, segment_reader *r,
                                          const table_scan_rows *rows, vector *out, error *err) {
    vstring *to = VECTOR_DATA(out, vstring) + rows->at;
    if (rows->dense) {
        TRY(segment_read_strings(r, rows->from, rows->count, to, &l->chunk_arena, err));
    } else {
        TRY(segment_gather_strings(r, rows->from, rows->sel, rows->count, to, &l->chunk_arena,
                                   err));
    }
    return table_scan_emit_validity(r, rows, out, &l->chunk_arena, err);
}

static dbx_status table_scan_emit_fixed(source_local *l, segment_reader *r,
                                        const table_scan_rows *rows, vector *out, error *err) {
    char *to = (char *)out->data + (size_t)rows->at * r->value_size;
    if (!rows->dense) {
        TRY(segment_gather_fixed(r, rows->from, rows->sel, rows->count, to, err));
    } else if (rows->alone && r->encoding == SEGMENT_RAW && r->u.raw.plain != NULL &&
               r->value_size <= 8) {
        out->data =
            (void *)(uintptr_t)(r->u.raw.plain + (size_t)rows->from * r->value_size); /* no copy */
    } else {
        TRY(segment_read_fixed(r, rows->from, rows->count, to, err));
    }
    return table_scan_emit_validity(r, rows, out, &l->chunk_arena, err);
}

/* Read into a vector of the chunk's own: its children grow in memory that the next read resets. */
static dbx_status table_scan_emit_nested(source_local *l, table_scan_column *c,
                                         const table_scan_rows *rows, vector *out, error *err) {
    assert(rows->alone);
    uint32_t span_rows = rows->dense ? rows->count : rows->sel[rows->count - 1] + 1;
    vector_buffers *own = out->own;
    vector *to = ARENA_NEW(&l->chunk_arena, vector);
    if (to == NULL || vector_init(to, c->reader.type, span_rows, &l->chunk_arena) != DBX_OK)
        return error_nomem(err);
    TRY(column_reader_read(&c->reader, rows->from, span_rows, to, &l->chunk_arena, err));
    if (rows->dense) {
        *out = *to;
        out->own = own;
        return DBX_OK;
    }
    sel_t *sel = arena_alloc(&l->chunk_arena, sizeof(sel_t) * rows->count);
    if (sel == NULL) return error_nomem(err);
    memcpy(sel, rows->sel, sizeof(sel_t) * rows->count);
    if (vector_slice(out, to, sel, rows->count, &l->chunk_arena) != DBX_OK) return error_nomem(err);
    out->own = own;
    return DBX_OK;
}

static void table_scan_emit_row_ids(const source_local *l, const table_scan_rows *rows,
                                    vector *out) {
    int64_t base = (int64_t)(l->group.group->id << ROW_ID_SHIFT) + rows->from;
    if (rows->dense && rows->alone) {
        out->form = VECTOR_SEQUENCE;
        out->sequence_start = base;
        out->sequence_step = 1;
        return;
    }
    int64_t *to = VECTOR_DATA(out, int64_t) + rows->at;
    for (uint32_t i = 0; i < rows->count; i++) to[i] = base + (rows->dense ? i : rows->sel[i]);
}

static dbx_status table_scan_emit_nulls(source_local *l, vector *out, error *err) {
    vector_buffers *own = out->own;
    if (vector_set_constant_null(out, &l->chunk_arena) != DBX_OK) return error_nomem(err);
    out->own = own;
    return DBX_OK;
}

static dbx_status table_scan_emit_column(source_local *l, uint32_t i, const table_scan_rows *rows,
                                         vector *out, error *err) {
    const source_scan *s = l->scan;
    if (s->output_slots[i] == UINT32_MAX) {
        table_scan_emit_row_ids(l, rows, out);
        return DBX_OK;
    }
    table_scan_column *c;
    TRY(table_scan_open_column(l, s->output_slots[i], &c, err));
    segment_reader *r = &c->reader.reader;
    bool absent = c->reader.segment == NULL || r->all_null;
    if (absent) return table_scan_emit_nulls(l, out, err);
    if (type_is_nested(c->reader.type)) return table_scan_emit_nested(l, c, rows, out, err);
    if (table_scan_emit_constant(r, rows, out)) return DBX_OK;
    if (r->phys != PHYS_STRING) return table_scan_emit_fixed(l, r, rows, out, err);
    if (r->encoding == SEGMENT_DICTIONARY) {
        return table_scan_emit_codes(l, c, l->codes + (size_t)i * CHUNK_ROWS_MAX, rows, out, err);
    }
    return table_scan_emit_strings(l, r, rows, out, err);
}

static dbx_status table_scan_emit(source_local *l, uint32_t count, bool alone, chunk *out,
                                  error *err) {
    const sel_t *sel = l->sel + l->window_next;
    bool dense = sel[count - 1] - sel[0] == count - 1;
    table_scan_rows rows = {.from = dense ? l->window + sel[0] : l->window,
                            .count = count,
                            .sel = sel,
                            .dense = dense,
                            .at = out->rows,
                            .alone = alone};
    for (uint32_t i = 0; i < l->scan->column_count; i++) {
        if (l->scan->unread != NULL && l->scan->unread[i]) {
            TRY(table_scan_emit_nulls(l, &out->columns[i], err));
        } else if (!l->has_late || !l->scan->late[i]) {
            TRY(table_scan_emit_column(l, i, &rows, &out->columns[i], err));
        }
    }
    l->given = sel;
    l->given_count = count;
    out->rows += count;
    l->window_next += count;
    l->window_count -= count;
    return DBX_OK;
}

static dbx_status table_source_read_late(source_scan *s, source_local *l, const sel_t *sel,
                                         uint32_t count, chunk *out, error *err) {
    assert(l->has_late && count > 0 && count <= l->given_count);
    for (uint32_t i = 0; i < count; i++) l->late[i] = l->given[sel != NULL ? sel[i] : i];
    bool dense = l->late[count - 1] - l->late[0] == count - 1;
    table_scan_rows rows = {.from = dense ? l->window + l->late[0] : l->window,
                            .count = count,
                            .sel = l->late,
                            .dense = dense,
                            .alone = true};
    for (uint32_t i = 0; i < s->column_count; i++) {
        if (s->late[i]) TRY(table_scan_emit_column(l, i, &rows, &out->columns[i], err));
    }
    return DBX_OK;
}

static void table_scan_start_chunk(source_local *l, chunk *out) {
    out->rows = 0;
    arena_reset(&l->chunk_arena);
    for (uint32_t i = 0; i < l->scan->column_count; i++) vector_clear(&out->columns[i]);
    for (uint32_t i = 0; i < l->scan->slot_count; i++) {
        if (l->columns[i].open) column_reader_forget(&l->columns[i].reader);
    }
}

static dbx_status table_source_read(source_scan *s, source_local *l, chunk *out, error *err) {
    table_scan_start_chunk(l, out);
    for (;;) {
        while (l->window_count == 0 && l->at < l->end) TRY(table_scan_next_window(l, err));
        if (l->window_count == 0) break;
        uint32_t room = s->vector_size - out->rows;
        /* Rows of a window stay together unless the vector size is smaller than the window. */
        if (out->rows > 0 && l->window_count > room) break;
        uint32_t count = MIN(l->window_count, room);
        bool alone = out->rows == 0 && (l->has_late || count > s->vector_size / 2 ||
                                        s->has_nested || l->window_count > count);
        TRY(table_scan_emit(l, count, alone, out, err));
        if (alone || out->rows * 2 > s->vector_size) break;
    }
    atomic_fetch_add_explicit(&s->rows_out, out->rows, memory_order_relaxed);
    return DBX_OK;
}

static double table_source_progress(const source_scan *s) {
    uint64_t total = (uint64_t)s->group_count * s->parts;
    uint64_t done =
        atomic_load_explicit(&((source_scan *)(uintptr_t)s)->next, memory_order_relaxed);
    return total == 0 ? 1.0 : (double)MIN(done, total) / (double)total;
}

static void table_source_counts(const source_scan *scan, source_counts *out) {
    source_scan *s = (source_scan *)(uintptr_t)scan;
    *out = (source_counts){.bytes_read = atomic_load(&s->bytes_read),
                           .groups = atomic_load(&s->groups_seen),
                           .groups_pruned = atomic_load(&s->groups_pruned)};
}

static dbx_status table_source_describe(const source *s, buffer *out) {
    const table_source *t = (const table_source *)s;
    uint32_t groups = t->version->group_count;
    return buffer_printf(out, "(%u row group%s)", groups, groups == 1 ? "" : "s");
}

static void table_source_free(source *src) {
    table_source *t = (table_source *)src;
    ledger *l = t->ledger;
    table_version_unref(t->version);
    arena_deinit(&t->arena);
    mem_free(l, t, sizeof(*t));
}

static const source_vtab table_source_vtab = {
    .name = "table",
    .stats = table_source_stats,
    .row_count = table_source_row_count,
    .open = table_source_open,
    .local_new = table_source_local_new,
    .next_morsel = table_source_next_morsel,
    .read = table_source_read,
    .read_late = table_source_read_late,
    .local_free = table_source_local_free,
    .close = table_source_close,
    .progress = table_source_progress,
    .counts = table_source_counts,
    .describe = table_source_describe,
    .free = table_source_free,
};

/* ---- making the source
 * ----------------------------------------------------------------------------------------- */

static dbx_status table_source_copy(table_source *t, const source_column *columns,
                                    const uint32_t *field_ids, uint32_t count,
                                    string_view row_id_name) {
    source_column *all = ARENA_ARRAY(&t->arena, source_column, (size_t)count + 1);
    storage_column *own = ARENA_ARRAY(&t->arena, storage_column, MAX(count, 1u));
    table_bounds *bounds = ARENA_ARRAY(&t->arena, table_bounds, MAX(count, 1u));
    if (all == NULL || own == NULL || bounds == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i <= count; i++) {
        bool is_row_id = i == count;
        all[i] = is_row_id ? (source_column){.name = row_id_name,
                                             .type = type_simple(TYPE_BIGINT),
                                             .hidden = true}
                           : columns[i];
        all[i].name = arena_copy_string(&t->arena, all[i].name);
        if (all[i].name.data == NULL) return DBX_NOMEM;
        if (is_row_id) break;
        TRY(type_copy(&t->arena, columns[i].type, &all[i].type));
        if (columns[i].comment.data != NULL) {
            all[i].comment = arena_copy_string(&t->arena, columns[i].comment);
            if (all[i].comment.data == NULL) return DBX_NOMEM;
        }
        own[i] = (storage_column){field_ids[i], all[i].type, columns[i].nullable};
        const table_column_stats *c = table_stats_find(t->version->stats, field_ids[i]);
        if (c != NULL) {
            table_bounds *b = &bounds[i];
            b->min = c->min;
            b->max = c->max;
            table_bound_prepare(type_physical(own[i].type), &b->min, &b->min_text, &b->min_narrow);
            table_bound_prepare(type_physical(own[i].type), &b->max, &b->max_text, &b->max_narrow);
        }
    }
    t->base.columns = all;
    t->base.column_count = count + 1;
    t->columns = own;
    t->column_count = count;
    t->bounds = bounds;
    return DBX_OK;
}

dbx_status table_source_new(table_version *v, const source_column *columns,
                            const uint32_t *field_ids, uint32_t column_count,
                            string_view row_id_name, ledger *l, source **out, error *err) {
    *out = NULL;
    table_source *t = mem_alloc_zero(l, sizeof(*t));
    if (t == NULL) return error_nomem(err);
    t->base.vtab = &table_source_vtab;
    t->ledger = l;
    arena_init(&t->arena, l);
    t->version = table_version_ref(v);
    if (table_source_copy(t, columns, field_ids, column_count, row_id_name) != DBX_OK) {
        table_source_free(&t->base);
        return error_nomem(err);
    }
    *out = &t->base;
    return DBX_OK;
}

/* parquet_scan.c - scanning Parquet files: morsels, pruning, predicates first, then the rest of the
 * columns.
 *
 * A morsel is a row group, or a part of one when there are fewer than workers. Before it is given
 * out it is pruned: partition values, row-group statistics, Bloom filters, page index; what remains
 * is a list of row ranges. A read goes over them in windows of at most vector_size rows:
 *
 *   1. columns with predicates are read and tested into a mask; predicates that statistics prove
 * are left out
 *   2. a window without survivors costs the other columns nothing: they owe a skip (pending_skip)
 *   3. survivors of several windows are gathered until a chunk is worth handing on
 *
 * Nested columns are read for whole windows and sliced, so that a chunk then is one window. */
#include "formats/parquet_filter.h"
#include "formats/parquet_prune.h"
#include "formats/parquet_source.h"
#include "kernel/mask.h"

enum {
    SCAN_PART_ROWS_MIN = 128 * 1024, /* of a row group that is split */
    SCAN_PARTS_PER_THREAD = 2,
};

/* One column that is read from the files: wanted by the consumer, by predicates, or both. */
typedef struct scan_column {
    uint32_t source_column;
    type type;
    string_view name;
    bool nested;
    uint32_t output;       /* its first place in the output; UINT32_MAX: only predicates want it */
    parquet_filter filter; /* all predicates on it that are tested here */
} scan_column;

typedef struct parquet_scan {
    parquet_source *source;
    query *query;
    scan_spec spec;
    arena arena;
    scan_column *columns; /* those with predicates first */
    uint32_t column_count;
    uint32_t filter_count;   /* columns with predicates */
    uint32_t *output_column; /* per output: index into columns; UINT32_MAX: partition or metadata */
    bool has_nested;
    uint32_t parts; /* morsels a row group */
    os_mutex mutex; /* guards the cursor */
    uint32_t next_file, next_group, next_part;
    uint64_t next_index;
    _Atomic uint64_t bytes_done; /* of row groups given out, for progress */
    uint64_t bytes_total;
    _Atomic uint64_t bytes_read, groups, groups_pruned;
} parquet_scan;

/* A column in the file that the local is at. */
typedef struct scan_place {
    const parquet_field *field; /* NULL: the file has none */
    parquet_bound bound;
    parquet_reader *readers; /* bound.leaf_count */
    bool open;
    parquet_filter filter; /* predicates left for the morsel */
} scan_place;

typedef struct parquet_local {
    parquet_scan *scan;
    arena arena;        /* of the local */
    arena file_arena;   /* of the file's places */
    arena morsel_arena; /* ranges, page indexes */
    arena read_arena;   /* nested vectors of a chunk */
    parquet_context context;
    bool has_context;
    uint32_t file; /* UINT32_MAX: none */
    io_file *handle;
    scan_place *places;    /* one a column */
    parquet_batch *output; /* per column: what is handed out */
    parquet_batch *tested; /* per column with predicates: the window that is tested */
    const parquet_row_group *group;
    parquet_ranges ranges;
    uint32_t range;      /* current one */
    uint64_t row;        /* next in the row group */
    uint64_t reader_row; /* where the readers are, pending skips included */
    uint8_t mask[CHUNK_ROWS_MAX];
    sel_t sel[CHUNK_ROWS_MAX + 8];
} parquet_local;

/* ---- open ---- */

static bool scan_tests_here(const parquet_source *s, const scan_predicate *p) {
    return s->kinds[p->column].kind == FILE_COLUMN_DATA &&
           parquet_filter_supports(p, s->base.columns[p->column].type);
}

static uint32_t scan_count_filters(const parquet_scan *scan, uint32_t column) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < scan->spec.predicate_count; i++) {
        const scan_predicate *p = &scan->spec.predicates[i];
        count += p->column == column && scan_tests_here(scan->source, p);
    }
    return count;
}

static uint32_t scan_find_column(const parquet_scan *scan, uint32_t column) {
    for (uint32_t i = 0; i < scan->column_count; i++) {
        if (scan->columns[i].source_column == column) return i;
    }
    return UINT32_MAX;
}

static dbx_status scan_add_column(parquet_scan *scan, uint32_t column, error *err) {
    const parquet_source *s = scan->source;
    if (scan_find_column(scan, column) != UINT32_MAX) return DBX_OK;
    scan_column *c = &scan->columns[scan->column_count++];
    *c = (scan_column){.source_column = column, .output = UINT32_MAX};
    c->type = s->base.columns[column].type;
    c->name = s->base.columns[column].name;
    c->nested = type_is_nested(c->type) || c->type.id == TYPE_VARIANT;
    uint32_t filters = scan_count_filters(scan, column);
    c->filter.predicates = ARENA_ARRAY(&scan->arena, const scan_predicate *, (size_t)filters + 1);
    if (c->filter.predicates == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < scan->spec.predicate_count; i++) {
        const scan_predicate *p = &scan->spec.predicates[i];
        if (p->column != column || !scan_tests_here(s, p)) continue;
        c->filter.predicates[c->filter.count++] = p;
        scan->spec.exact[i] = p->op != SCAN_RUNTIME;
    }
    return DBX_OK;
}

/* Columns with predicates, cheap types first, then the others of the output. */
static dbx_status scan_plan_columns(parquet_scan *scan, error *err) {
    const parquet_source *s = scan->source;
    const scan_spec *spec = &scan->spec;
    size_t most = (size_t)spec->column_count + spec->predicate_count + 1;
    scan->columns = ARENA_ARRAY(&scan->arena, scan_column, most);
    scan->output_column = ARENA_ARRAY(&scan->arena, uint32_t, (size_t)spec->column_count + 1);
    if (scan->columns == NULL || scan->output_column == NULL) return error_nomem(err);
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < spec->predicate_count; i++) {
            const scan_predicate *p = &spec->predicates[i];
            if (s->kinds[p->column].kind == FILE_COLUMN_PARTITION) spec->exact[i] = true;
            if (!scan_tests_here(s, p)) continue;
            bool late =
                type_is_string_like(s->base.columns[p->column].type) || p->op == SCAN_RUNTIME;
            if (late == (pass == 1)) TRY(scan_add_column(scan, p->column, err));
        }
    }
    scan->filter_count = scan->column_count;
    for (uint32_t i = 0; i < spec->column_count; i++) {
        uint32_t column = spec->columns[i];
        scan->output_column[i] = UINT32_MAX;
        if (s->kinds[column].kind != FILE_COLUMN_DATA) continue;
        TRY(scan_add_column(scan, column, err));
        uint32_t at = scan_find_column(scan, column);
        scan->output_column[i] = at;
        scan->has_nested |= scan->columns[at].nested;
        if (scan->columns[at].output == UINT32_MAX) scan->columns[at].output = i;
    }
    return DBX_OK;
}

/* Enough morsels for all workers, in parts that are worth the skip to their start. */
static void scan_plan_parts(parquet_scan *scan) {
    const parquet_source *s = scan->source;
    uint64_t groups = 0;
    uint64_t rows = 0;
    for (uint32_t i = 0; i < s->list.count && i < s->loaded_at_bind; i++) {
        groups += s->files[i].meta->row_group_count;
        rows += s->files[i].meta->num_rows;
    }
    scan->parts = 1;
    uint64_t wanted = (uint64_t)MAX(scan->spec.threads, 1u) * SCAN_PARTS_PER_THREAD;
    if (scan->spec.threads <= 1 || groups == 0 || groups >= wanted) return;
    if (s->loaded_at_bind < s->list.count) return;
    uint64_t by_rows = rows / groups / SCAN_PART_ROWS_MIN;
    scan->parts = (uint32_t)MAX(MIN((wanted + groups - 1) / groups, by_rows), (uint64_t)1);
}

dbx_status parquet_scan_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                             error *err) {
    *out = NULL;
    parquet_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = (parquet_source *)base;
    scan->query = q;
    scan->spec = *spec;
    scan->bytes_total = scan->source->list.bytes;
    arena_init(&scan->arena, &q->ledger);
    os_mutex_init(&scan->mutex);
    dbx_status status = scan_plan_columns(scan, err);
    if (status != DBX_OK) {
        parquet_scan_close((source_scan *)scan);
        return status;
    }
    scan_plan_parts(scan);
    *out = (source_scan *)scan;
    return DBX_OK;
}

void parquet_scan_close(source_scan *opaque) {
    parquet_scan *scan = (parquet_scan *)opaque;
    os_mutex_deinit(&scan->mutex);
    arena_deinit(&scan->arena);
    mem_free(&scan->query->ledger, scan, sizeof(*scan));
}

double parquet_scan_progress(const source_scan *opaque) {
    const parquet_scan *scan = (const parquet_scan *)opaque;
    if (scan->bytes_total == 0) return -1;
    uint64_t done = atomic_load(&((parquet_scan *)(uintptr_t)scan)->bytes_done);
    return MIN((double)done / (double)scan->bytes_total, 1.0);
}

void parquet_scan_counts(const source_scan *opaque, source_counts *out) {
    parquet_scan *scan = (parquet_scan *)(uintptr_t)opaque;
    *out = (source_counts){.bytes_read = atomic_load(&scan->bytes_read),
                           .groups = atomic_load(&scan->groups),
                           .groups_pruned = atomic_load(&scan->groups_pruned)};
}

/* ---- locals ---- */

static dbx_status scan_local_init(parquet_local *l, error *err) {
    parquet_scan *scan = l->scan;
    TRY(parquet_context_init(&l->context, &scan->query->ledger, err));
    l->has_context = true;
    l->context.bytes_read = &scan->bytes_read;
    l->places = ARENA_ARRAY(&l->arena, scan_place, (size_t)scan->column_count + 1);
    l->output = ARENA_ARRAY(&l->arena, parquet_batch, (size_t)scan->column_count + 1);
    l->tested = ARENA_ARRAY(&l->arena, parquet_batch, (size_t)scan->filter_count + 1);
    if (l->places == NULL || l->output == NULL || l->tested == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < scan->column_count; i++) {
        const scan_column *c = &scan->columns[i];
        bool ok = c->nested || parquet_batch_init(&l->output[i], c->type, &l->arena) == DBX_OK;
        if (ok && i < scan->filter_count) {
            ok = parquet_batch_init(&l->tested[i], c->type, &l->arena) == DBX_OK;
        }
        if (!ok) return error_nomem(err);
    }
    return DBX_OK;
}

dbx_status parquet_scan_local_new(source_scan *opaque, source_local **out, error *err) {
    parquet_scan *scan = (parquet_scan *)opaque;
    struct ledger *owner = &scan->query->ledger;
    *out = NULL;
    parquet_local *l = mem_alloc_zero(owner, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->scan = scan;
    l->file = UINT32_MAX;
    arena_init(&l->arena, owner);
    arena_init(&l->file_arena, owner);
    arena_init(&l->morsel_arena, owner);
    arena_init(&l->read_arena, owner);
    dbx_status status = scan_local_init(l, err);
    if (status != DBX_OK) {
        parquet_scan_local_free(opaque, (source_local *)l);
        return status;
    }
    *out = (source_local *)l;
    return DBX_OK;
}

static void scan_close_readers(parquet_local *l) {
    for (uint32_t i = 0; l->places != NULL && i < l->scan->column_count; i++) {
        scan_place *p = &l->places[i];
        for (uint32_t j = 0; p->open && j < p->bound.leaf_count; j++) {
            parquet_reader_close(&p->readers[j]);
        }
        p->open = false;
    }
}

void parquet_scan_local_free(source_scan *opaque, source_local *local) {
    parquet_local *l = (parquet_local *)local;
    (void)opaque;
    if (l == NULL) return;
    if (l->has_context) scan_close_readers(l);
    io_close(l->handle);
    if (l->has_context) parquet_context_deinit(&l->context);
    arena_deinit(&l->arena);
    arena_deinit(&l->file_arena);
    arena_deinit(&l->morsel_arena);
    arena_deinit(&l->read_arena);
    mem_free(&l->scan->query->ledger, l, sizeof(*l));
}

/* ---- files ---- */

static dbx_status scan_enter_file(parquet_local *l, uint32_t file, error *err) {
    parquet_scan *scan = l->scan;
    parquet_source *s = scan->source;
    if (l->file == file) return DBX_OK;
    scan_close_readers(l);
    io_close(l->handle);
    l->handle = NULL;
    l->file = UINT32_MAX;
    arena_reset(&l->file_arena);
    const parquet_file *f = &s->files[file];
    TRY(io_open(scan->query->gate, &scan->query->ledger, f->entry->path, &l->handle, err));
    if (io_file_size(l->handle) < f->meta->footer_offset) {
        return parquet_raise(f->entry->path, err, "it was changed while it was read");
    }
    page_cache *pages = scan->query->gate != NULL ? scan->query->gate->pages : NULL;
    bool settled = pages != NULL &&
                   page_cache_file(l->handle, scan->query->start_time_us, l->context.page_key.file);
    l->context.pages = settled ? pages : NULL;
    for (uint32_t i = 0; i < scan->column_count; i++) {
        const scan_column *c = &scan->columns[i];
        scan_place *p = &l->places[i];
        memset(p, 0, sizeof(*p));
        p->field = parquet_file_field(f, c->name);
        TRY(parquet_bind_field(f, p->field, c->name, c->type, &l->file_arena, &p->bound, err));
        p->readers = ARENA_ARRAY(&l->file_arena, parquet_reader, (size_t)p->bound.leaf_count + 1);
        p->filter.predicates =
            ARENA_ARRAY(&l->file_arena, const scan_predicate *, (size_t)c->filter.count + 1);
        if (p->readers == NULL || p->filter.predicates == NULL) return error_nomem(err);
    }
    l->file = file;
    return DBX_OK;
}

static bool scan_file_matches(const parquet_scan *scan, uint32_t file) {
    const parquet_source *s = scan->source;
    for (uint32_t i = 0; i < scan->spec.predicate_count; i++) {
        const scan_predicate *p = &scan->spec.predicates[i];
        const file_column *kind = &s->kinds[p->column];
        if (kind->kind != FILE_COLUMN_PARTITION) continue;
        if (!file_list_matches(&s->list, file, kind->index, p)) return false;
    }
    return true;
}

/* ---- morsels ---- */

typedef struct scan_morsel {
    uint32_t file, group, part;
    uint64_t index;
} scan_morsel;

/* Advances the cursor. Footers not read yet are read under the lock: others would need them next.
 */
static dbx_status scan_take(parquet_scan *scan, scan_morsel *m, bool *more, error *err) {
    parquet_source *s = scan->source;
    dbx_status status = DBX_OK;
    *more = false;
    os_mutex_lock(&scan->mutex);
    while (scan->next_file < s->list.count) {
        uint32_t file = scan->next_file;
        bool starts = scan->next_group == 0 && scan->next_part == 0;
        bool wanted = !starts || scan_file_matches(scan, file);
        if (wanted) status = parquet_file_load(s, file, scan->query->gate, err);
        if (status != DBX_OK) break;
        if (!wanted || scan->next_group >= s->files[file].meta->row_group_count) {
            scan->next_file++;
            scan->next_group = 0;
            continue;
        }
        *m = (scan_morsel){file, scan->next_group, scan->next_part, scan->next_index++};
        *more = true;
        if (++scan->next_part == scan->parts) {
            scan->next_part = 0;
            scan->next_group++;
        }
        break;
    }
    os_mutex_unlock(&scan->mutex);
    return status;
}

static void scan_all_null(parquet_bounds *b) {
    memset(b, 0, sizeof(*b));
    b->bounds.all_null = true;
}

/* Tests one column's predicates by statistics: *none excludes the row group; what is not proven
 * stays in the place's filter. */
static dbx_status scan_prune_column(parquet_local *l, uint32_t column, bool *none, error *err) {
    const scan_column *c = &l->scan->columns[column];
    scan_place *p = &l->places[column];
    const parquet_file *f = &l->scan->source->files[l->file];
    p->filter.count = 0;
    parquet_bounds b;
    const parquet_leaf *leaf = NULL;
    if (p->field == NULL) {
        scan_all_null(&b);
    } else {
        leaf = &f->schema.leaves[p->field->leaf];
        parquet_chunk_bounds(f->meta, leaf, &l->group->chunks[leaf->index], c->type, &b);
    }
    for (uint32_t i = 0; i < c->filter.count; i++) {
        const scan_predicate *predicate = c->filter.predicates[i];
        prune_result result = prune_test(predicate, &b.bounds);
        *none = result == PRUNE_NONE;
        if (*none) return DBX_OK;
        if (result == PRUNE_ALL) continue;
        p->filter.predicates[p->filter.count++] = predicate;
        if (leaf == NULL) continue;
        TRY(parquet_prune_bloom(l->handle, leaf, &l->group->chunks[leaf->index], c->type, predicate,
                                none, err));
        if (*none) return DBX_OK;
    }
    return DBX_OK;
}

static dbx_status scan_prune_pages(parquet_local *l, uint32_t column, error *err) {
    const scan_column *c = &l->scan->columns[column];
    const scan_place *p = &l->places[column];
    const parquet_file *f = &l->scan->source->files[l->file];
    if (p->field == NULL) return DBX_OK;
    for (uint32_t i = 0; i < p->filter.count && l->ranges.count > 0; i++) {
        TRY(parquet_prune_pages(l->handle, f->meta, &f->schema.leaves[p->field->leaf], l->group,
                                c->type, p->filter.predicates[i], &l->morsel_arena, &l->ranges,
                                err));
    }
    return DBX_OK;
}

static dbx_status scan_start_ranges(parquet_local *l, const scan_morsel *m, error *err) {
    arena_reset(&l->morsel_arena);
    l->ranges.items = ARENA_NEW(&l->morsel_arena, parquet_rows);
    if (l->ranges.items == NULL) return error_nomem(err);
    uint64_t rows = l->group->num_rows;
    uint64_t parts = l->scan->parts;
    uint64_t step = (rows / parts + CHUNK_ROWS_MAX - 1) / CHUNK_ROWS_MAX * CHUNK_ROWS_MAX;
    if (parts == 1) step = rows;
    uint64_t start = MIN(step * m->part, rows);
    uint64_t end = m->part + 1 == parts ? rows : MIN(start + step, rows);
    l->ranges.items[0] = (parquet_rows){start, end};
    l->ranges.count = end > start;
    return DBX_OK;
}

static dbx_status scan_open_readers(parquet_local *l, error *err) {
    const parquet_file *f = &l->scan->source->files[l->file];
    for (uint32_t i = 0; i < l->scan->column_count; i++) {
        const scan_column *c = &l->scan->columns[i];
        scan_place *p = &l->places[i];
        if (c->output == UINT32_MAX && p->filter.count == 0) continue; /* proven: not needed */
        p->open = true;
        memset(p->readers, 0, p->bound.leaf_count * sizeof(*p->readers));
        for (uint32_t j = 0; j < p->bound.leaf_count; j++) {
            uint32_t leaf = p->bound.leaves[j];
            const parquet_chunk_meta *column = &l->group->chunks[leaf];
            TRY(parquet_reader_open(&p->readers[j], &l->context, l->handle, f->meta,
                                    &f->schema.leaves[leaf], column, p->bound.targets[j], c->nested,
                                    err));
            io_range range = {column->start, column->compressed_size};
            if (l->scan->parts == 1) io_prefetch(l->handle, &range, 1);
        }
    }
    return DBX_OK;
}

/* *usable: something is left to read after pruning. */
static dbx_status scan_start_morsel(parquet_local *l, const scan_morsel *m, bool *usable,
                                    error *err) {
    parquet_scan *scan = l->scan;
    *usable = false;
    scan_close_readers(l);
    TRY(scan_enter_file(l, m->file, err));
    l->group = &scan->source->files[m->file].meta->row_groups[m->group];
    if (m->part == 0) atomic_fetch_add(&scan->bytes_done, l->group->total_size);
    TRY(scan_start_ranges(l, m, err));
    if (l->ranges.count == 0) return DBX_OK;
    for (uint32_t i = 0; i < scan->filter_count; i++) {
        bool none = false;
        TRY(scan_prune_column(l, i, &none, err));
        if (none) return DBX_OK;
    }
    for (uint32_t i = 0; i < scan->filter_count; i++) TRY(scan_prune_pages(l, i, err));
    if (l->ranges.count == 0) return DBX_OK;
    TRY(scan_open_readers(l, err));
    l->range = 0;
    l->row = l->ranges.items[0].start;
    l->reader_row = 0;
    *usable = true;
    return DBX_OK;
}

dbx_status parquet_scan_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                    uint64_t *morsel_index, error *err) {
    parquet_scan *scan = (parquet_scan *)opaque;
    parquet_local *l = (parquet_local *)local;
    scan_morsel m = {0};
    for (;;) {
        TRY(query_check_cancelled(scan->query, err));
        TRY(scan_take(scan, &m, more, err));
        if (!*more) return DBX_OK;
        bool usable;
        TRY(scan_start_morsel(l, &m, &usable, err));
        if (m.part == 0) {
            atomic_fetch_add_explicit(&scan->groups, 1, memory_order_relaxed);
            atomic_fetch_add_explicit(&scan->groups_pruned, !usable, memory_order_relaxed);
        }
        if (!usable) continue;
        *morsel_index = m.index;
        return DBX_OK;
    }
}

/* ---- windows ---- */

/* Moves to the next row to read; false at the morsel's end. Readers owe the gap. */
static bool scan_seek(parquet_local *l) {
    while (l->range < l->ranges.count && l->row >= l->ranges.items[l->range].end) {
        l->range++;
        if (l->range < l->ranges.count) l->row = l->ranges.items[l->range].start;
    }
    if (l->range >= l->ranges.count) return false;
    uint64_t gap = l->row - l->reader_row;
    if (gap == 0) return true;
    l->reader_row = l->row;
    for (uint32_t i = 0; i < l->scan->column_count; i++) {
        scan_place *p = &l->places[i];
        for (uint32_t j = 0; p->open && j < p->bound.leaf_count; j++) {
            p->readers[j].pending_skip += gap;
        }
    }
    return true;
}

static void scan_owe(parquet_local *l, uint32_t from, uint32_t rows) {
    for (uint32_t i = from; i < l->scan->column_count; i++) {
        scan_place *p = &l->places[i];
        if (i < l->scan->filter_count && p->filter.count > 0) continue; /* was read */
        for (uint32_t j = 0; p->open && j < p->bound.leaf_count; j++) {
            p->readers[j].pending_skip += rows;
        }
    }
}

/* Reads and tests columns with predicates. *kept rows pass, at l->sel unless all do. `hopeless`: no
 * later row of the morsel can pass. */
static dbx_status scan_test(parquet_local *l, uint32_t rows, uint32_t *kept, bool *hopeless,
                            error *err) {
    *hopeless = false;
    *kept = rows;
    for (uint32_t i = 0; i < l->scan->filter_count; i++) {
        scan_place *p = &l->places[i];
        if (p->filter.count == 0) continue;
        parquet_batch *b = &l->tested[i];
        parquet_batch_clear(b);
        if (*kept == 0) { /* nothing is left to test */
            p->readers[0].pending_skip += rows;
            continue;
        }
        if (p->field == NULL)
            continue; /* all NULL: statistics have decided or left IS NULL, which holds */
        TRY(parquet_flat_read(&p->readers[0], rows, NULL, 0, true, b, 0, err));
        TRY(parquet_filter_batch(&p->filter, b, rows, l->mask, l->sel, kept, err));
        *hopeless |= b->dictionary != NULL && parquet_filter_is_hopeless(b->dictionary);
    }
    return DBX_OK;
}

static void scan_take_tested(parquet_local *l, uint32_t column, uint32_t rows, uint32_t kept,
                             uint32_t filled) {
    parquet_batch *to = &l->output[column];
    parquet_batch *from = &l->tested[column];
    bool indexes = from->dictionary != NULL && to->flat.phys != PHYS_STRING;
    if (kept == rows && filled == 0 && !indexes) { /* all pass: no copy */
        parquet_batch swap = *to;
        *to = *from;
        *from = swap;
        return;
    }
    if (kept == rows) {
        for (uint32_t i = 0; i < rows; i++) l->sel[i] = i;
    }
    parquet_batch_append(to, filled, from, l->sel, kept);
}

static dbx_status scan_read_nested(parquet_local *l, uint32_t column, uint32_t rows, uint32_t kept,
                                   chunk *out, error *err) {
    const scan_column *c = &l->scan->columns[column];
    scan_place *p = &l->places[column];
    vector all;
    TRY(parquet_nested_read(&p->bound.root, p->readers, p->bound.leaf_count, rows, &l->read_arena,
                            &all, err));
    if (kept == rows) {
        out->columns[c->output] = all;
        return DBX_OK;
    }
    sel_t *sel = arena_alloc(&l->read_arena, kept * sizeof(*sel));
    if (sel == NULL) return error_nomem(err);
    memcpy(sel, l->sel, kept * sizeof(*sel));
    dbx_status status = vector_slice(&out->columns[c->output], &all, sel, kept, &l->read_arena);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

/* Appends the window's surviving rows of all output columns. */
static dbx_status scan_collect(parquet_local *l, uint32_t rows, uint32_t kept, uint32_t filled,
                               chunk *out, error *err) {
    for (uint32_t i = 0; i < l->scan->column_count; i++) {
        const scan_column *c = &l->scan->columns[i];
        scan_place *p = &l->places[i];
        if (c->output == UINT32_MAX || p->field == NULL) continue;
        bool tested = i < l->scan->filter_count && p->filter.count > 0;
        if (tested) {
            scan_take_tested(l, i, rows, kept, filled);
        } else if (c->nested) {
            TRY(scan_read_nested(l, i, rows, kept, out, err));
        } else {
            const sel_t *sel = kept == rows ? NULL : l->sel;
            TRY(parquet_flat_read(&p->readers[0], rows, sel, kept, false, &l->output[i], filled,
                                  err));
        }
    }
    return DBX_OK;
}

static dbx_status scan_fill(parquet_local *l, uint32_t *filled, chunk *out, error *err) {
    const parquet_scan *scan = l->scan;
    uint32_t most = scan->spec.vector_size;
    bool filtered = false;
    for (uint32_t i = 0; i < scan->filter_count; i++) filtered |= l->places[i].filter.count > 0;
    while (*filled < (filtered ? (most + 1) / 2 : most) && scan_seek(l)) {
        uint64_t left = l->ranges.items[l->range].end - l->row;
        uint32_t rows = (uint32_t)MIN((uint64_t)(most - *filled), left);
        uint32_t kept = rows;
        bool hopeless = false;
        if (filtered) TRY(scan_test(l, rows, &kept, &hopeless, err));
        if (kept == 0)
            scan_owe(l, 0, rows);
        else
            TRY(scan_collect(l, rows, kept, *filled, out, err));
        *filled += kept;
        l->row += rows;
        l->reader_row += rows;
        if (hopeless) l->range = l->ranges.count;
        if (scan->has_nested && kept > 0) break;
        if (kept == 0) TRY(query_check_cancelled(scan->query, err));
    }
    return DBX_OK;
}

/* Columns that are the same in every row: partitions, _metadata, columns that the file lacks. */
static dbx_status scan_constant(parquet_local *l, uint32_t output, vector *out, error *err) {
    const parquet_source *s = l->scan->source;
    uint32_t column = l->scan->spec.columns[output];
    const file_column *kind = &s->kinds[column];
    type t = s->base.columns[column].type;
    dbx_status status = DBX_OK;
    if (kind->kind == FILE_COLUMN_PARTITION) {
        *out = s->list.files[l->file].partitions[kind->index];
    } else if (kind->kind == FILE_COLUMN_METADATA) {
        status = file_list_metadata(&s->list, l->file, t, &l->read_arena, out);
    } else {
        status = vector_init(out, t, 1, &l->read_arena);
        if (status == DBX_OK) status = vector_set_constant_null(out, &l->read_arena);
    }
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

dbx_status parquet_scan_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    parquet_scan *scan = (parquet_scan *)opaque;
    parquet_local *l = (parquet_local *)local;
    parquet_context_recycle(&l->context);
    arena_reset(&l->read_arena);
    for (uint32_t i = 0; i < scan->column_count; i++) parquet_batch_clear(&l->output[i]);
    uint32_t filled = 0;
    TRY(scan_fill(l, &filled, out, err));
    out->rows = filled;
    if (filled == 0) return DBX_OK;
    for (uint32_t i = 0; i < scan->spec.column_count; i++) {
        uint32_t column = scan->output_column[i];
        bool constant = column == UINT32_MAX || l->places[column].field == NULL;
        if (constant) {
            TRY(scan_constant(l, i, &out->columns[i], err));
        } else if (!scan->columns[column].nested) {
            out->columns[i] = parquet_batch_vector(&l->output[column]);
        } else if (scan->columns[column].output != i) {
            out->columns[i] = out->columns[scan->columns[column].output];
        }
    }
    return DBX_OK;
}

/* change_feed.c - table_changes: the rows that each of a run of versions added and took away.
 *
 * A source over parts: for each version its deleted rows, as they were, and its inserted ones, each
 * read by a source of the table's own, with three columns behind that say what, when and by which
 * version. An UPDATE's rows are images before and after.
 */
#include "catalog/catalog_int.h"

typedef struct feed_part {
    source *rows;
    vstring kind;
    int64_t version, committed_us;
} feed_part;

enum { FEED_COLUMNS = 3 };
static const char *const feed_names[FEED_COLUMNS] = {"_change_type", "_commit_version",
                                                     "_commit_timestamp"};

typedef struct feed_source {
    source base;
    ledger *ledger;
    arena arena;
    feed_part *parts;
    uint32_t part_count;
    uint32_t table_columns;
} feed_source;

typedef struct feed_scan {
    const feed_source *source;
    ledger *ledger;
    arena arena;
    source_scan **scans; /* of the parts */
    uint32_t *outputs;   /* of the columns that are asked for, in order */
    uint32_t column_count;
    uint32_t *inner; /* outputs that come from the table */
    uint32_t inner_count;
} feed_scan;

typedef struct feed_local {
    ledger *ledger;
    uint32_t part;
    source_local *local; /* of the part; NULL: not begun */
    vector *columns;     /* of an inner chunk */
} feed_local;

/* ---- scanning ---- */

static void feed_close(source_scan *s) {
    feed_scan *scan = (feed_scan *)s;
    for (uint32_t i = 0; scan->scans != NULL && i < scan->source->part_count; i++) {
        if (scan->scans[i] != NULL) scan->source->parts[i].rows->vtab->close(scan->scans[i]);
    }
    arena_deinit(&scan->arena);
    mem_free(scan->ledger, scan, sizeof(*scan));
}

static dbx_status feed_open(source *s, query *q, const scan_spec *spec, source_scan **out,
                            error *err) {
    const feed_source *f = (const feed_source *)s;
    feed_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    *out = NULL;
    if (scan == NULL) return error_nomem(err);
    scan->source = f;
    scan->ledger = &q->ledger;
    scan->column_count = spec->column_count;
    arena_init(&scan->arena, &q->ledger);
    scan->scans = ARENA_ARRAY(&scan->arena, source_scan *, f->part_count + 1);
    scan->outputs = ARENA_ARRAY(&scan->arena, uint32_t, spec->column_count + 1);
    scan->inner = ARENA_ARRAY(&scan->arena, uint32_t, spec->column_count + 1);
    uint32_t *columns = ARENA_ARRAY(&scan->arena, uint32_t, spec->column_count + 1);
    dbx_status status =
        scan->scans == NULL || scan->outputs == NULL || scan->inner == NULL || columns == NULL
            ? error_nomem(err)
            : DBX_OK;
    for (uint32_t i = 0; i < spec->column_count && status == DBX_OK; i++) {
        scan->outputs[i] = spec->columns[i];
        if (spec->columns[i] >= f->table_columns) continue;
        columns[scan->inner_count] = spec->columns[i];
        scan->inner[scan->inner_count++] = i;
    }
    scan_spec inner = {.columns = columns,
                       .column_count = scan->inner_count,
                       .row_limit = UINT64_MAX,
                       .threads = spec->threads,
                       .vector_size = spec->vector_size,
                       .ordered = spec->ordered};
    for (uint32_t i = 0; i < f->part_count && status == DBX_OK; i++) {
        source *rows = f->parts[i].rows;
        status = rows->vtab->open(rows, q, &inner, &scan->scans[i], err);
    }
    if (status != DBX_OK) {
        feed_close((source_scan *)scan);
        return status;
    }
    *out = (source_scan *)scan;
    return DBX_OK;
}

static dbx_status feed_local_new(source_scan *s, source_local **out, error *err) {
    const feed_scan *scan = (const feed_scan *)s;
    size_t size = sizeof(vector) * ((size_t)scan->inner_count + 1);
    feed_local *l = mem_alloc_zero(scan->ledger, sizeof(*l));
    if (l != NULL) l->columns = mem_alloc_zero(scan->ledger, size);
    if (l == NULL || l->columns == NULL) {
        mem_free(scan->ledger, l, sizeof(*l));
        return error_nomem(err);
    }
    l->ledger = scan->ledger;
    *out = (source_local *)l;
    return DBX_OK;
}

static void feed_end_part(const feed_scan *scan, feed_local *l) {
    if (l->local == NULL) return;
    scan->source->parts[l->part].rows->vtab->local_free(scan->scans[l->part], l->local);
    l->local = NULL;
}

static void feed_local_free(source_scan *s, source_local *local) {
    const feed_scan *scan = (const feed_scan *)s;
    feed_local *l = (feed_local *)local;
    feed_end_part(scan, l);
    mem_free(l->ledger, l->columns, sizeof(vector) * ((size_t)scan->inner_count + 1));
    mem_free(l->ledger, l, sizeof(*l));
}

static dbx_status feed_next_morsel(source_scan *s, source_local *local, bool *more,
                                   uint64_t *morsel_index, error *err) {
    enum { MORSELS_OF_PART_BITS = 40 };
    const feed_scan *scan = (const feed_scan *)s;
    feed_local *l = (feed_local *)local;
    for (*more = false; l->part < scan->source->part_count; l->part++) {
        const source_vtab *vtab = scan->source->parts[l->part].rows->vtab;
        source_scan *inner = scan->scans[l->part];
        if (l->local == NULL) TRY(vtab->local_new(inner, &l->local, err));
        TRY(vtab->next_morsel(inner, l->local, more, morsel_index, err));
        if (*more) {
            *morsel_index |= (uint64_t)l->part << MORSELS_OF_PART_BITS;
            return DBX_OK;
        }
        feed_end_part(scan, l);
    }
    return DBX_OK;
}

static vector feed_constant(const feed_part *p, uint32_t column) {
    static const type_id types[FEED_COLUMNS] = {TYPE_STRING, TYPE_BIGINT, TYPE_TIMESTAMP};
    const void *values[FEED_COLUMNS] = {&p->kind, &p->version, &p->committed_us};
    type t = type_simple(types[column]);
    vector v = {
        .type = t, .form = VECTOR_CONSTANT, .phys = (uint8_t)type_physical(t), .capacity = 1};
    v.data = (void *)(uintptr_t)values[column];
    return v;
}

static dbx_status feed_read(source_scan *s, source_local *local, chunk *out, error *err) {
    const feed_scan *scan = (const feed_scan *)s;
    feed_local *l = (feed_local *)local;
    const feed_part *part = &scan->source->parts[l->part];
    for (uint32_t i = 0; i < scan->inner_count; i++) l->columns[i] = out->columns[scan->inner[i]];
    chunk inner = {l->columns, scan->inner_count, 0};
    TRY(part->rows->vtab->read(scan->scans[l->part], l->local, &inner, err));
    for (uint32_t i = 0; i < scan->inner_count; i++) out->columns[scan->inner[i]] = l->columns[i];
    for (uint32_t i = 0; i < scan->column_count; i++) {
        if (scan->outputs[i] >= scan->source->table_columns)
            out->columns[i] = feed_constant(part, scan->outputs[i] - scan->source->table_columns);
    }
    out->rows = inner.rows;
    return DBX_OK;
}

static bool feed_stats(const source *s, uint32_t column, column_stats *out) {
    (void)s, (void)column, (void)out;
    return false;
}

static bool feed_row_count(const source *s, uint64_t *rows, bool *exact) {
    const feed_source *f = (const feed_source *)s;
    *rows = 0;
    *exact = true;
    for (uint32_t i = 0; i < f->part_count; i++) {
        uint64_t more;
        bool known;
        const source *part = f->parts[i].rows;
        if (!part->vtab->row_count(part, &more, &known)) return false;
        *rows += more;
        *exact = *exact && known;
    }
    return true;
}

static void feed_free(source *s) {
    feed_source *f = (feed_source *)s;
    for (uint32_t i = 0; i < f->part_count; i++) source_free(f->parts[i].rows);
    arena_deinit(&f->arena);
    mem_free(f->ledger, f, sizeof(*f));
}

static const source_vtab feed_vtab = {
    .name = "table_changes",
    .stats = feed_stats,
    .row_count = feed_row_count,
    .open = feed_open,
    .local_new = feed_local_new,
    .next_morsel = feed_next_morsel,
    .read = feed_read,
    .local_free = feed_local_free,
    .close = feed_close,
    .free = feed_free,
};

/* ---- making ---- */

/* Adds the rows that `v` has and `other` lacks, if any. */
static dbx_status feed_add_part(feed_source *f, const catalog_table *table, const table_version *v,
                                const table_version *other, const catalog_event *event,
                                const char *kind, error *err) {
    table_version *only;
    TRY(table_version_only(v, other, &only, err));
    dbx_status status = DBX_OK;
    if (table_version_rows(only) > 0) {
        catalog_table view = catalog_table_with(table, only); /* by the columns it has now */
        feed_part *p = &f->parts[f->part_count];
        *p = (feed_part){.kind = vstring_from(kind, strlen(kind)),
                         .version = (int64_t)event->number,
                         .committed_us = event->committed_us};
        status = catalog_table_source(&view, NULL, f->ledger, &p->rows, err);
        if (status == DBX_OK) f->part_count++;
    }
    table_version_unref(only);
    return status;
}

static const table_version *feed_rows(const catalog_table *table, uint32_t index, bool change) {
    const catalog_history *h = table->history;
    if (index == h->count) return change && h->change != NULL ? h->change : table->version;
    const catalog_version *v = h->past[index];
    return change && v->change != NULL ? v->change : v->state->version;
}

/* What the version at the index did to the one before. */
static dbx_status feed_add_version(feed_source *f, const catalog_table *table, uint32_t index,
                                   error *err) {
    const catalog_event *event = catalog_version_event(table, index);
    bool update = strcmp(event->operation, "UPDATE") == 0;
    const table_version *after = feed_rows(table, index, true);
    if (index == 0) { /* the first that is kept: a new table, or its past is gone */
        if (event->number > 0) return DBX_OK;
        table_version *empty;
        TRY(table_version_only(after, after, &empty, err));
        dbx_status status = feed_add_part(f, table, after, empty, event, "insert", err);
        table_version_unref(empty);
        return status;
    }
    const table_version *before = feed_rows(table, index - 1, false);
    TRY(feed_add_part(f, table, before, after, event, update ? "update_preimage" : "delete", err));
    return feed_add_part(f, table, after, before, event, update ? "update_postimage" : "insert",
                         err);
}

static dbx_status feed_describe_columns(feed_source *f, const catalog_table *table) {
    static const type_id types[FEED_COLUMNS] = {TYPE_STRING, TYPE_BIGINT, TYPE_TIMESTAMP};
    uint32_t count = table->def.column_count;
    source_column *columns = ARENA_ARRAY(&f->arena, source_column, count + FEED_COLUMNS);
    if (columns == NULL) return DBX_NOMEM;
    const catalog_column *own;
    TRY(catalog_copy_columns(&f->arena, table->def.columns, count, &own));
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (source_column){
            .name = own[i].name, .type = own[i].type, .nullable = true, .comment = own[i].comment};
    for (uint32_t i = 0; i < FEED_COLUMNS; i++)
        columns[count + i] =
            (source_column){.name = sv_from(feed_names[i]), .type = type_simple(types[i])};
    f->table_columns = count;
    f->base.columns = columns;
    f->base.column_count = count + FEED_COLUMNS;
    return DBX_OK;
}

dbx_status catalog_change_feed(const catalog_table *table, uint32_t first, uint32_t last, ledger *l,
                               source **out, error *err) {
    *out = NULL;
    feed_source *f = mem_alloc_zero(l, sizeof(*f));
    if (f == NULL) return error_nomem(err);
    f->base.vtab = &feed_vtab;
    f->ledger = l;
    arena_init(&f->arena, l);
    dbx_status status = feed_describe_columns(f, table);
    if (status == DBX_OK) {
        f->parts = ARENA_ARRAY(&f->arena, feed_part, (size_t)(last - first + 1) * 2);
        if (f->parts == NULL) status = DBX_NOMEM;
    }
    if (status != DBX_OK) status = error_nomem(err);
    for (uint32_t i = first; i <= last && status == DBX_OK; i++)
        status = feed_add_version(f, table, i, err);
    if (status != DBX_OK) {
        feed_free(&f->base);
        return status;
    }
    *out = &f->base;
    return DBX_OK;
}

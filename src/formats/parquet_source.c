/* parquet_source.c - read_parquet: binding, schema of several files, statistics. Scanning is in
 * parquet_scan.c. */
#include "formats/parquet_source.h"

#include "formats/arguments.h"
#include "formats/parquet_prune.h"
#include "formats/registry.h"
#include "vector/compare.h"

#include <stdio.h>

enum { SOURCE_FOOTERS_AT_BIND = 64 };

extern const table_function_row read_parquet_function;

/* ---- schema of several files ---- */

typedef struct source_merge {
    arena *arena;
    ARENA_LIST(source_column) columns;
    string_view path;
    error *err;
} source_merge;

static dbx_status source_merge_type(source_merge *m, string_view column, type a, type b, type *out);

static dbx_status source_raise_merge(source_merge *m, string_view column, type a, type b) {
    char name[256];
    char path[512];
    const char *left = type_sql(m->arena, a);
    const char *right = type_sql(m->arena, b);
    snprintf(name, sizeof(name), "%.*s", SV_ARG(column));
    snprintf(path, sizeof(path), "%.*s", SV_ARG(m->path));
    return error_raise(m->err, ERR_CANNOT_MERGE_SCHEMAS, (span){0, 0}, "column", name, "left",
                       left ? left : "", "right", right ? right : "", "path", path, NULL);
}

static dbx_status source_merge_struct(source_merge *m, string_view column, type a, type b,
                                      type *out) {
    uint32_t capacity = (uint32_t)a.child_count + b.child_count;
    type_field *fields = ARENA_ARRAY(m->arena, type_field, (size_t)capacity + 1);
    if (fields == NULL) return error_nomem(m->err);
    uint32_t count = a.child_count;
    memcpy(fields, a.children, count * sizeof(*fields));
    for (uint32_t i = 0; i < b.child_count; i++) {
        uint32_t at = 0;
        while (at < count && !sv_equal_ignore_case(fields[at].name, b.children[i].name)) at++;
        if (at == count) {
            fields[count] = b.children[i];
            fields[count++].nullable = true;
        } else {
            TRY(source_merge_type(m, column, fields[at].type, b.children[i].type,
                                  &fields[at].type));
            fields[at].nullable |= b.children[i].nullable;
        }
    }
    return type_struct(m->arena, fields, count, out) == DBX_OK ? DBX_OK : error_nomem(m->err);
}

/* The type that both widen to. */
static dbx_status source_merge_type(source_merge *m, string_view column, type a, type b,
                                    type *out) {
    *out = a;
    if (a.id == TYPE_STRUCT && b.id == TYPE_STRUCT)
        return source_merge_struct(m, column, a, b, out);
    if (a.id == TYPE_ARRAY && b.id == TYPE_ARRAY) {
        type element;
        TRY(source_merge_type(m, column, a.children[0].type, b.children[0].type, &element));
        dbx_status status = type_array(m->arena, element, true, out);
        return status == DBX_OK ? DBX_OK : error_nomem(m->err);
    }
    if (a.id == TYPE_MAP && b.id == TYPE_MAP) {
        type key;
        type value;
        TRY(source_merge_type(m, column, a.children[0].type, b.children[0].type, &key));
        TRY(source_merge_type(m, column, a.children[1].type, b.children[1].type, &value));
        dbx_status status = type_map(m->arena, key, value, true, out);
        return status == DBX_OK ? DBX_OK : error_nomem(m->err);
    }
    if (parquet_widen_allowed(b, a)) return DBX_OK;
    if (parquet_widen_allowed(a, b)) {
        *out = b;
        return DBX_OK;
    }
    return source_raise_merge(m, column, a, b);
}

static dbx_status source_merge_file(source_merge *m, const parquet_file *f, bool first) {
    m->path = f->entry->path;
    for (uint32_t i = 0; i < f->schema.field_count; i++) {
        const parquet_field *field = &f->schema.fields[i];
        uint32_t at = 0;
        while (at < m->columns.count &&
               !sv_equal_ignore_case(m->columns.items[at].name, field->name)) {
            at++;
        }
        if (first || at == m->columns.count) {
            source_column c = {.name = field->name, .type = field->type, .nullable = true};
            if (ARENA_LIST_PUSH(m->arena, &m->columns, c) != DBX_OK) return error_nomem(m->err);
            continue;
        }
        source_column *c = &m->columns.items[at];
        TRY(source_merge_type(m, field->name, c->type, field->type, &c->type));
    }
    return DBX_OK;
}

static dbx_status source_infer(parquet_source *s, query *q, bool merge, error *err) {
    source_merge m = {.arena = &s->arena, .err = err};
    uint32_t wanted = merge ? s->list.count : MIN(s->list.count, (uint32_t)SOURCE_FOOTERS_AT_BIND);
    for (uint32_t i = 0; i < wanted; i++) {
        TRY(parquet_file_load(s, i, q->gate, err));
        if (i == 0 || merge) TRY(source_merge_file(&m, &s->files[i], i == 0));
        s->loaded_at_bind = i + 1;
    }
    s->data = m.columns.items;
    s->data_count = m.columns.count;
    if (s->list.count == 1) { /* what one file requires holds for the source */
        for (uint32_t i = 0; i < s->data_count; i++) {
            s->data[i].nullable = s->files[0].schema.fields[i].nullable;
        }
    }
    return DBX_OK;
}

/* ---- statistics ---- */

static bool source_row_count(const source *base, uint64_t *rows, bool *exact) {
    const parquet_source *s = (const parquet_source *)base;
    uint64_t known = 0;
    uint64_t known_bytes = 0;
    for (uint32_t i = 0; i < s->loaded_at_bind; i++) {
        known += s->files[i].meta->num_rows;
        known_bytes += s->list.files[i].size;
    }
    *exact = s->loaded_at_bind == s->list.count;
    double scale = *exact || known_bytes == 0 ? 1.0 : (double)s->list.bytes / (double)known_bytes;
    *rows = (uint64_t)((double)known * scale);
    if (*exact) *rows = known;
    return true;
}

static bool source_stats_of_partition(const parquet_source *s, uint32_t partition,
                                      column_stats *out) {
    for (uint32_t i = 0; i < s->list.count; i++) {
        const vector *v = &s->list.files[i].partitions[partition];
        if (!validity_get(v->validity, 0)) continue;
        vector_view value = vector_view_of(v);
        vector_view low = vector_view_of(&out->min);
        vector_view high = vector_view_of(&out->max);
        if (!out->has_min_max || value_compare(&value, 0, &low, 0) < 0) out->min = *v;
        if (!out->has_min_max || value_compare(&value, 0, &high, 0) > 0) out->max = *v;
        out->has_min_max = true;
    }
    out->min_max_exact = out->has_min_max;
    return true;
}

typedef struct source_stats_sum {
    bool bounds, nulls, nan_free, exact;
    uint64_t null_count, values, bytes;
} source_stats_sum;

/* Copies bounds into memory of the caller's vectors: strings borrow from the footer. */
static void source_keep_bound(vector *to, const vector *from) {
    void *data = to->data;
    memcpy(data, from->data, 16);
    *to = *from;
    to->data = data;
}

static void source_add_chunk(const parquet_file *f, const parquet_leaf *leaf,
                             const parquet_chunk_meta *c, source_stats_sum *sum,
                             column_stats *out) {
    parquet_bounds b;
    parquet_chunk_bounds(f->meta, leaf, c, out->min.type, &b);
    sum->values += (uint64_t)c->num_values;
    sum->bytes += c->uncompressed_size;
    sum->nulls &= b.has_null_count;
    sum->null_count += b.null_count;
    if (b.bounds.all_null || c->num_values == 0) return;
    sum->bounds &= b.bounds.has_min_max;
    sum->nan_free &= !b.bounds.may_have_nan;
    sum->exact &= b.exact;
    if (!sum->bounds) return;
    vector_view min = vector_view_of(&b.min);
    vector_view max = vector_view_of(&b.max);
    vector_view low = vector_view_of(&out->min);
    vector_view high = vector_view_of(&out->max);
    if (!out->has_min_max || value_compare(&min, 0, &low, 0) < 0)
        source_keep_bound(&out->min, &b.min);
    if (!out->has_min_max || value_compare(&max, 0, &high, 0) > 0)
        source_keep_bound(&out->max, &b.max);
    out->has_min_max = true;
}

/* Sums a column's statistics over all row groups; min and max get memory of the source. */
static bool source_stats_compute(parquet_source *s, uint32_t column, column_stats *out) {
    const source_column *c = &s->base.columns[column];
    out->min = out->max =
        (vector){.type = c->type, .form = VECTOR_CONSTANT, .phys = (uint8_t)type_physical(c->type)};
    out->min.data = arena_alloc_zero(&s->arena, 16);
    out->max.data = arena_alloc_zero(&s->arena, 16);
    if (out->min.data == NULL || out->max.data == NULL) return false;
    source_stats_sum sum = {.bounds = true, .nulls = true, .nan_free = true, .exact = true};
    for (uint32_t i = 0; i < s->list.count; i++) {
        const parquet_file *f = &s->files[i];
        const parquet_field *field = parquet_file_field(f, c->name);
        if (field == NULL) {
            sum.null_count += f->meta->num_rows;
            sum.values += f->meta->num_rows;
            continue;
        }
        if (field->kind != PARQUET_FIELD_LEAF) return false;
        const parquet_leaf *leaf = &f->schema.leaves[field->leaf];
        if (!parquet_widen_allowed(leaf->type, c->type)) return false;
        for (uint32_t g = 0; g < f->meta->row_group_count; g++) {
            source_add_chunk(f, leaf, &f->meta->row_groups[g].chunks[leaf->index], &sum, out);
        }
    }
    out->has_min_max &= sum.bounds;
    out->min_max_exact = out->has_min_max && sum.exact;
    out->nan_free = !type_is_float(c->type) || sum.nan_free;
    out->has_null_count = sum.nulls;
    out->null_count = sum.null_count;
    bool strings = type_physical(c->type) == PHYS_STRING;
    out->distinct_count = parquet_distinct_estimate(s, column, sum.values);
    if (strings && sum.values > 0) out->average_size = (double)sum.bytes / (double)sum.values;
    return true;
}

static bool source_stats(const source *base, uint32_t column, column_stats *out) {
    parquet_source *s = (parquet_source *)(uintptr_t)base;
    memset(out, 0, sizeof(*out));
    out->distinct_count = -1;
    out->average_size = -1;
    if (s->kinds[column].kind == FILE_COLUMN_PARTITION) {
        return source_stats_of_partition(s, s->kinds[column].index, out);
    }
    if (s->kinds[column].kind != FILE_COLUMN_DATA) return false;
    if (type_is_nested(base->columns[column].type)) return false;
    if (s->loaded_at_bind != s->list.count) return false;
    os_mutex_lock(&s->mutex);
    source_column_stats *cached = &s->stats[column];
    if (!cached->tried) {
        cached->tried = true;
        cached->stats = *out;
        cached->known = source_stats_compute(s, column, &cached->stats);
    }
    os_mutex_unlock(&s->mutex);
    *out = cached->stats;
    return cached->known;
}

/* ---- the source ---- */

static dbx_status source_describe(const source *base, buffer *out) {
    const parquet_source *s = (const parquet_source *)base;
    TRY(buffer_append_sv(out, s->list.files[0].path));
    if (s->list.count > 1) TRY(buffer_printf(out, " and %u more", s->list.count - 1));
    return DBX_OK;
}

static void source_free_parquet(source *base) {
    parquet_source *s = (parquet_source *)base;
    for (uint32_t i = 0; s->files != NULL && i < s->list.count; i++) {
        arena_deinit(&s->files[i].arena);
    }
    os_mutex_deinit(&s->mutex);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static const source_vtab parquet_source_vtab = {
    .name = "parquet",
    .stats = source_stats,
    .row_count = source_row_count,
    .open = parquet_scan_open,
    .local_new = parquet_scan_local_new,
    .next_morsel = parquet_scan_next_morsel,
    .read = parquet_scan_read,
    .local_free = parquet_scan_local_free,
    .close = parquet_scan_close,
    .progress = parquet_scan_progress,
    .counts = parquet_scan_counts,
    .describe = source_describe,
    .free = source_free_parquet,
};

static dbx_status source_build(parquet_source *s, query *q, const file_list_options *options,
                               const string_view *paths, uint32_t path_count, bool merge,
                               error *err) {
    TRY(file_list_build(&s->list, q->gate, &s->arena, paths, path_count, options, err));
    s->files = ARENA_ARRAY(&s->arena, parquet_file, s->list.count);
    if (s->files == NULL) {
        s->list.count = 0;
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < s->list.count; i++) {
        s->files[i].entry = &s->list.files[i];
        arena_init(&s->files[i].arena, s->ledger);
    }
    TRY(source_infer(s, q, merge, err));
    source_column *columns;
    dbx_status status = file_list_columns(&s->list, &s->arena, s->data, s->data_count, &columns,
                                          &s->kinds, &s->base.column_count);
    if (status != DBX_OK) return error_nomem(err);
    s->base.columns = columns;
    s->stats = ARENA_ARRAY(&s->arena, source_column_stats, s->base.column_count);
    return s->stats ? DBX_OK : error_nomem(err);
}

dbx_status parquet_source_new(query *q, ledger *l, const file_list_options *options,
                              const string_view *paths, uint32_t path_count, bool merge,
                              source **out, error *err) {
    *out = NULL;
    parquet_source *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &parquet_source_vtab;
    s->ledger = l;
    s->gate = q->gate;
    arena_init(&s->arena, l);
    os_mutex_init(&s->mutex);
    dbx_status status = source_build(s, q, options, paths, path_count, merge, err);
    if (status != DBX_OK) {
        source_free_parquet(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

/* ---- read_parquet ---- */

typedef struct source_arguments {
    const table_argument *path;
    file_list_options list;
    bool merge;
} source_arguments;

static dbx_status source_argument(const table_argument *a, arena *scratch, source_arguments *out,
                                  error *err) {
    if (argument_is(a, "path") || (a->name.size == 0 && out->path == NULL)) {
        out->path = a;
        return DBX_OK;
    }
    if (argument_is(a, "mergeSchema") || argument_is(a, "union_by_name")) {
        return argument_bool(a, &out->merge, err);
    }
    if (argument_is(a, "pathGlobFilter")) {
        return argument_text(a, scratch, &out->list.path_glob_filter, err);
    }
    if (argument_is(a, "recursiveFileLookup")) {
        return argument_bool(a, &out->list.no_partitions, err);
    }
    return argument_raise_unknown(a, &read_parquet_function, err);
}

static dbx_status source_bind(query *q, ledger *l, const table_argument *arguments,
                              uint32_t argument_count, span position, source **out, error *err) {
    arena scratch;
    arena_init(&scratch, l);
    source_arguments args = {0};
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i < argument_count && status == DBX_OK; i++) {
        status = source_argument(&arguments[i], &scratch, &args, err);
    }
    string_view *paths = NULL;
    uint32_t path_count = 0;
    if (status == DBX_OK && args.path == NULL) {
        status = error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    }
    if (status == DBX_OK) status = argument_texts(args.path, &scratch, &paths, &path_count, err);
    if (status == DBX_OK) {
        status = parquet_source_new(q, l, &args.list, paths, path_count, args.merge, out, err);
    }
    arena_deinit(&scratch);
    return status;
}

const table_function_row read_parquet_function = {
    .name = "read_parquet",
    .aliases = "parquet",
    .arguments = "path STRING | ARRAY<STRING>, [mergeSchema BOOLEAN], [pathGlobFilter STRING], "
                 "[recursiveFileLookup BOOLEAN]",
    .doc = "Reads Parquet files: paths, directories or globs, with hive partitions.",
    .extensions = ".parquet,.pq,.parq",
    .bind = source_bind,
};

/* column_reader.c - see column_reader.h. */
#include "storage/column_reader.h"

static dbx_status column_open_node(column_reader *c, row_group *g, type t, uint32_t *next, arena *a,
                                   error *err) {
    c->storage = g->storage;
    c->type = t;
    c->segment = &g->segments[(*next)++];
    const uint8_t *bytes;
    TRY(cache_pin(c->storage, &c->segment->bytes, &bytes, err));
    c->pinned = true;
    TRY(segment_reader_open(&c->reader, c->storage, c->segment, bytes, a, err));
    uint32_t children = column_child_count(t);
    if (children == 0) return DBX_OK;
    c->children = ARENA_ARRAY(a, column_reader, children);
    if (c->children == NULL) return error_nomem(err);
    c->child_count = children;
    for (uint32_t i = 0; i < children; i++) {
        TRY(column_open_node(&c->children[i], g, column_child_type(t, i), next, a, err));
    }
    return DBX_OK;
}

dbx_status column_reader_open(column_reader *c, row_group *g, const storage_column *column,
                              arena *a, error *err) {
    memset(c, 0, sizeof(*c));
    c->storage = g->storage;
    c->type = column->type;
    const row_group_field *field = row_group_find(g, column->field_id);
    if (field == NULL) return DBX_OK;
    uint32_t next = field->first_segment;
    return column_open_node(c, g, column->type, &next, a, err);
}

uint64_t column_reader_bytes(const column_reader *c) {
    uint64_t bytes = c->segment != NULL ? c->segment->bytes.size : 0;
    for (uint32_t i = 0; i < c->child_count; i++) bytes += column_reader_bytes(&c->children[i]);
    return bytes;
}

void column_reader_close(column_reader *c) {
    for (uint32_t i = 0; i < c->child_count; i++) column_reader_close(&c->children[i]);
    if (c->pinned) cache_unpin(c->storage, &c->segment->bytes);
    c->pinned = false;
}

void column_reader_forget(column_reader *c) {
    if (c->segment == NULL) return;
    segment_reader_forget(&c->reader);
    for (uint32_t i = 0; i < c->child_count; i++) column_reader_forget(&c->children[i]);
}

static dbx_status column_read_list(column_reader *c, uint32_t from, uint32_t count, vector *out,
                                   arena *a, error *err) {
    int64_t *offsets = arena_alloc_array(a, sizeof(int64_t), (size_t)count + 1);
    if (offsets == NULL) return error_nomem(err);
    column_reader *child = &c->children[0];
    TRY(segment_read_offsets(&c->reader, from, count, child->reader.rows, offsets, err));
    list_entry *entries = out->data;
    int64_t base = offsets[0];
    for (uint32_t i = 0; i < count; i++) {
        entries[i] =
            (list_entry){(uint32_t)(offsets[i] - base), (uint32_t)(offsets[i + 1] - offsets[i])};
    }
    uint32_t total = (uint32_t)(offsets[count] - base);
    if (vector_list_reserve(out, MAX(total, 1u), a) != DBX_OK) return error_nomem(err);
    out->child_count = total;
    if (total == 0) return DBX_OK;
    return column_reader_read(child, (uint32_t)base, total, &out->children[0], a, err);
}

static dbx_status column_read_validity(column_reader *c, uint32_t from, uint32_t count, vector *out,
                                       arena *a, error *err) {
    bool all_null = c->segment == NULL || c->reader.all_null;
    if (!all_null && c->reader.validity == NULL) return DBX_OK;
    if (vector_ensure_validity(out, a) != DBX_OK) return error_nomem(err);
    if (all_null)
        validity_fill(out->validity, count, false);
    else
        segment_read_validity(&c->reader, from, count, out->validity);
    return DBX_OK;
}

/* A column that its group lacks: NULLs all the way down. */
static dbx_status column_read_nulls(column_reader *c, uint32_t count, vector *out, arena *a,
                                    error *err) {
    if (out->data != NULL)
        memset(out->data, 0, (size_t)count * physical_size((physical_type)out->phys));
    for (uint32_t i = 0; out->phys == PHYS_STRUCT && i < out->type.child_count; i++) {
        TRY(column_read_nulls(c, count, &out->children[i], a, err));
    }
    if (vector_ensure_validity(out, a) != DBX_OK) return error_nomem(err);
    validity_fill(out->validity, count, false);
    return DBX_OK;
}

dbx_status column_reader_read(column_reader *c, uint32_t from, uint32_t count, vector *out,
                              arena *a, error *err) {
    assert(out->form == VECTOR_FLAT && out->own != NULL);
    if (vector_reserve(out, 0, count, a) != DBX_OK) return error_nomem(err);
    if (c->segment == NULL) return column_read_nulls(c, count, out, a, err);
    TRY(column_read_validity(c, from, count, out, a, err));
    switch (c->reader.phys) {
    case PHYS_STRING:
        return segment_read_strings(&c->reader, from, count, out->data, a, err);
    case PHYS_LIST:
        return column_read_list(c, from, count, out, a, err);
    case PHYS_STRUCT:
        for (uint32_t i = 0; i < c->child_count; i++) {
            TRY(column_reader_read(&c->children[i], from, count, &out->children[i], a, err));
        }
        return DBX_OK;
    default:
        return segment_read_fixed(&c->reader, from, count, out->data, err);
    }
}

/* ---- whole groups
 * ------------------------------------------------------------------------------------------ */

static dbx_status row_group_append_column(row_group *g, const uint64_t *deleted,
                                          const storage_column *column, column_builder *builder,
                                          arena *fixed, arena *scratch, error *err) {
    column_reader reader;
    vector rows;
    dbx_status status = column_reader_open(&reader, g, column, fixed, err);
    if (status == DBX_OK && vector_init(&rows, column->type, CHUNK_ROWS_MAX, fixed) != DBX_OK) {
        status = error_nomem(err);
    }
    for (uint32_t from = 0; from < g->rows && status == DBX_OK; from += CHUNK_ROWS_MAX) {
        uint32_t count = MIN((uint32_t)CHUNK_ROWS_MAX, g->rows - from), kept = 0;
        sel_t sel[CHUNK_ROWS_MAX];
        for (uint32_t i = 0; i < count; i++) {
            sel[kept] = i;
            kept += deleted == NULL || !(deleted[(from + i) / 64] >> ((from + i) % 64) & 1);
        }
        if (kept == 0) continue;
        vector_clear(&rows);
        status = column_reader_read(&reader, from, count, &rows, fixed, err);
        if (status != DBX_OK) break;
        if (column_builder_append(builder, &rows, kept == count ? NULL : sel, 0, kept, scratch) !=
            DBX_OK) {
            status = error_nomem(err);
        }
        arena_reset(scratch);
    }
    column_reader_close(&reader);
    return status;
}

dbx_status row_group_append_to(row_group *g, const uint64_t *deleted, const storage_column *columns,
                               uint32_t column_count, column_builder *builders, error *err) {
    TRY(row_group_check(g, columns, column_count, err));
    arena fixed, scratch;
    arena_init(&fixed, storage_ledger(g->storage));
    arena_init(&scratch, storage_ledger(g->storage));
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i < column_count && status == DBX_OK; i++) {
        status =
            row_group_append_column(g, deleted, &columns[i], &builders[i], &fixed, &scratch, err);
        arena_reset(&fixed);
    }
    arena_deinit(&scratch);
    arena_deinit(&fixed);
    return status;
}

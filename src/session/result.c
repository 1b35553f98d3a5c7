/* result.c - see result.h. */
#include "session/result.h"

#include "session/execution.h"

dbx_status result_new(ledger *l, const char *kind, const result_column *columns, uint32_t count,
                      query_result **out) {
    *out = NULL;
    query_result *r = mem_alloc_zero(l, sizeof(*r));
    if (r == NULL) return DBX_NOMEM;
    r->ledger = l;
    r->kind = kind;
    r->rows_changed = -1;
    arena_init(&r->arena, l);
    dbx_status status = DBX_NOMEM;
    type *types = ARENA_ARRAY(&r->arena, type, count);
    r->columns = ARENA_ARRAY(&r->arena, result_column, count);
    if (types == NULL || r->columns == NULL) goto fail;
    for (uint32_t i = 0; i < count; i++) {
        result_column *to = &r->columns[i];
        TRY_GOTO(type_copy(&r->arena, columns[i].type, &to->type), fail);
        types[i] = to->type;
        to->nullable = columns[i].nullable;
        to->name = arena_copy_string(&r->arena, columns[i].name);
        to->type_name = type_name(&r->arena, to->type);
        status = DBX_NOMEM;
        if (to->name.data == NULL || to->type_name == NULL) goto fail;
    }
    r->column_count = count;
    TRY_GOTO(collection_init(&r->rows, types, count, l), fail);
    *out = r;
    return DBX_OK;
fail:
    arena_deinit(&r->arena);
    mem_free(l, r, sizeof(*r));
    return status;
}

void result_free(query_result *r) {
    if (r == NULL) return;
    execution_free(r->execution);
    collection_deinit(&r->rows);
    arena_deinit(&r->arena);
    mem_free(r->ledger, r, sizeof(*r));
}

dbx_status result_next(query_result *r, const chunk **out, error *err) {
    *out = NULL;
    if (r->streaming) {
        if (r->execution == NULL) return DBX_OK;
        dbx_status status = execution_next(r->execution, out, err);
        if (status != DBX_OK || *out == NULL) {
            dbx_status end = execution_end(r->execution, status, err);
            execution_free(r->execution);
            r->execution = NULL;
            return end;
        }
        return DBX_OK;
    }
    if (r->next_chunk < r->rows.chunks.count) *out = r->rows.chunks.items[r->next_chunk++];
    return DBX_OK;
}

dbx_status result_keep(query_result *r, error *err) {
    while (r->streaming) {
        const chunk *rows;
        TRY(result_next(r, &rows, err));
        if (rows == NULL)
            r->streaming = false;
        else if (collection_append(&r->rows, rows) != DBX_OK)
            return error_nomem(err);
    }
    return DBX_OK;
}

/* ---- builder ---- */

dbx_status result_builder_init(result_builder *b, ledger *l, const char *kind,
                               const result_builder_column *columns, uint32_t count) {
    enum { BUILDER_COLUMNS_MAX = 64 };
    assert(count <= BUILDER_COLUMNS_MAX);
    memset(b, 0, sizeof(*b));
    arena_init(&b->arena, l);
    result_column full[BUILDER_COLUMNS_MAX] = {0};
    type types[BUILDER_COLUMNS_MAX] = {0};
    for (uint32_t i = 0; i < count; i++) {
        types[i] = type_simple(columns[i].type);
        full[i] = (result_column){
            .name = sv_from(columns[i].name), .type = types[i], .nullable = columns[i].nullable};
    }
    dbx_status status = result_new(l, kind, full, count, &b->result);
    if (status == DBX_OK) status = chunk_init(&b->row, types, count, &b->arena);
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        status = vector_ensure_validity(&b->row.columns[i], &b->arena);
        if (status == DBX_OK) validity_set_null(b->row.columns[i].validity, 0);
    }
    if (status != DBX_OK) result_builder_deinit(b);
    return status;
}

dbx_status result_builder_text(result_builder *b, uint32_t column, string_view value) {
    if (value.data == NULL) return DBX_OK;
    string_view copy = arena_copy_string(&b->arena, value);
    if (copy.data == NULL) return DBX_NOMEM;
    vector *v = &b->row.columns[column];
    assert(v->phys == PHYS_STRING);
    VECTOR_DATA(v, vstring)[0] = vstring_from(copy.data, copy.size);
    validity_set_valid(v->validity, 0);
    return DBX_OK;
}

void result_builder_boolean(result_builder *b, uint32_t column, bool value) {
    vector *v = &b->row.columns[column];
    assert(v->phys == PHYS_BOOL);
    VECTOR_DATA(v, uint8_t)[0] = value;
    validity_set_valid(v->validity, 0);
}

void result_builder_int64(result_builder *b, uint32_t column, int64_t value) {
    vector *v = &b->row.columns[column];
    assert(v->phys == PHYS_INT64);
    VECTOR_DATA(v, int64_t)[0] = value;
    validity_set_valid(v->validity, 0);
}

dbx_status result_builder_row(result_builder *b) {
    b->row.rows = 1;
    TRY(collection_append(&b->result->rows, &b->row));
    for (uint32_t i = 0; i < b->row.column_count; i++)
        validity_set_null(b->row.columns[i].validity, 0);
    return DBX_OK;
}

query_result *result_builder_finish(result_builder *b) {
    query_result *r = b->result;
    b->result = NULL;
    result_builder_deinit(b);
    return r;
}

void result_builder_deinit(result_builder *b) {
    result_free(b->result);
    b->result = NULL;
    arena_deinit(&b->arena);
}

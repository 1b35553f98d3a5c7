/* parquet_write_schema.c - types of dbx as a Parquet schema's tree and leaves. */
#include "formats/parquet_write.h"

#include <stdio.h>

typedef struct write_schema {
    arena *arena;
    error *err;
    parquet_write_leaf at; /* the way to the node being visited */
    ARENA_LIST(parquet_write_leaf) leaves;
} write_schema;

static dbx_status write_raise_type(write_schema *w, const parquet_write_node *n) {
    char column[256];
    const char *name = type_sql(w->arena, n->type);
    snprintf(column, sizeof(column), "`%.*s`", SV_ARG(n->name));
    return error_raise(w->err, ERR_UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, (span){0, 0}, "format",
                       "Parquet", "columnName", column, "columnType", name ? name : "", NULL);
}

/* Bytes that hold every unscaled value of the precision, two's complement. */
static uint32_t write_decimal_bytes(uint32_t precision) {
    uint32_t bits = 1; /* the sign */
    unsigned __int128 limit = 1;
    for (uint32_t i = 0; i < precision; i++) limit *= 10;
    for (limit -= 1; limit > 0; limit >>= 1) bits++;
    return (bits + 7) / 8;
}

static dbx_status write_leaf_type(write_schema *w, const parquet_write_node *n,
                                  parquet_write_leaf *l) {
    l->type = n->type;
    switch (n->type.id) {
    case TYPE_BOOLEAN:
        l->physical = PARQUET_BOOLEAN;
        l->width = 1;
        return DBX_OK;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_INTERVAL_YM:
        l->physical = PARQUET_INT32;
        l->width = 4;
        return DBX_OK;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_TIME:
    case TYPE_INTERVAL_DT:
        l->physical = PARQUET_INT64;
        l->width = 8;
        return DBX_OK;
    case TYPE_FLOAT:
        l->physical = PARQUET_FLOAT;
        l->width = 4;
        return DBX_OK;
    case TYPE_DOUBLE:
        l->physical = PARQUET_DOUBLE;
        l->width = 8;
        return DBX_OK;
    case TYPE_DECIMAL:
        if (n->type.precision <= 9)
            l->physical = PARQUET_INT32, l->width = 4;
        else if (n->type.precision <= 18)
            l->physical = PARQUET_INT64, l->width = 8;
        else {
            l->physical = PARQUET_FIXED_LEN_BYTE_ARRAY;
            l->width = write_decimal_bytes(n->type.precision);
        }
        return DBX_OK;
    case TYPE_STRING:
    case TYPE_BINARY:
        l->physical = PARQUET_BYTE_ARRAY;
        l->width = 0;
        return DBX_OK;
    default:
        return write_raise_type(w, n);
    }
}

static dbx_status write_node(write_schema *w, parquet_write_node *n, uint32_t depth);

static dbx_status write_children(write_schema *w, parquet_write_node *n, const type_field *fields,
                                 uint32_t count, bool first_required, uint32_t depth) {
    n->children = ARENA_ARRAY(w->arena, parquet_write_node, (size_t)count + 1);
    if (n->children == NULL) return error_nomem(w->err);
    n->child_count = count;
    for (uint32_t i = 0; i < count; i++) {
        n->children[i] = (parquet_write_node){
            .name = fields[i].name, .type = fields[i].type, .required = first_required && i == 0};
        w->at.child_at[depth] = i;
        TRY(write_node(w, &n->children[i], depth + 1));
    }
    return DBX_OK;
}

static dbx_status write_list(write_schema *w, parquet_write_node *n, uint32_t depth) {
    type_field element = {.name = SV("element"), .type = n->type.children[0].type};
    w->at.max_def++; /* the repeated group */
    w->at.max_rep++;
    TRY(write_children(w, n, &element, 1, false, depth));
    w->at.max_def--;
    w->at.max_rep--;
    return DBX_OK;
}

static dbx_status write_map(write_schema *w, parquet_write_node *n, uint32_t depth) {
    n->children = ARENA_NEW(w->arena, parquet_write_node);
    if (n->children == NULL) return error_nomem(w->err);
    n->child_count = 1;
    parquet_write_node *pair = n->children;
    *pair = (parquet_write_node){
        .name = SV("key_value"), .type = vector_list_child_type(n->type), .required = true};
    w->at.max_def++;
    w->at.max_rep++;
    w->at.child_at[depth] = 0;
    w->at.path[depth + 1] = pair;
    TRY(write_children(w, pair, n->type.children, 2, true, depth + 1));
    pair->children[0].name = SV("key");
    pair->children[1].name = SV("value");
    w->at.max_def--;
    w->at.max_rep--;
    return DBX_OK;
}

/* VARIANT: a group of metadata and value, not shredded. */
static dbx_status write_variant(write_schema *w, parquet_write_node *n, uint32_t depth) {
    static const char *const names[] = {"metadata", "value"};
    n->children = ARENA_ARRAY(w->arena, parquet_write_node, ARRAY_COUNT(names));
    if (n->children == NULL) return error_nomem(w->err);
    n->child_count = ARRAY_COUNT(names);
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        n->children[i] = (parquet_write_node){
            .name = sv_from(names[i]), .type = type_simple(TYPE_BINARY), .required = true};
        w->at.child_at[depth] = i;
        TRY(write_node(w, &n->children[i], depth + 1));
    }
    return DBX_OK;
}

static dbx_status write_node(write_schema *w, parquet_write_node *n, uint32_t depth) {
    if (depth >= TYPE_DEPTH_MAX) return write_raise_type(w, n);
    w->at.path[depth] = n;
    if (!n->required) w->at.max_def++;
    switch (n->type.id) {
    case TYPE_STRUCT:
        if (n->type.child_count == 0) return write_raise_type(w, n);
        TRY(write_children(w, n, n->type.children, n->type.child_count, false, depth));
        break;
    case TYPE_ARRAY:
        TRY(write_list(w, n, depth));
        break;
    case TYPE_MAP:
        TRY(write_map(w, n, depth));
        break;
    case TYPE_VARIANT:
        TRY(write_variant(w, n, depth));
        break;
    default: {
        parquet_write_leaf l = w->at;
        l.depth = depth + 1;
        TRY(write_leaf_type(w, n, &l));
        if (ARENA_LIST_PUSH(w->arena, &w->leaves, l) != DBX_OK) return error_nomem(w->err);
    }
    }
    if (!n->required) w->at.max_def--;
    return DBX_OK;
}

dbx_status parquet_write_schema_build(const source_column *columns, uint32_t count, arena *a,
                                      parquet_write_schema *out, error *err) {
    write_schema w = {.arena = a, .err = err};
    memset(out, 0, sizeof(*out));
    out->columns = ARENA_ARRAY(a, parquet_write_node, (size_t)count + 1);
    if (out->columns == NULL) return error_nomem(err);
    out->column_count = count;
    for (uint32_t i = 0; i < count; i++) {
        parquet_write_node *n = &out->columns[i];
        n->name = arena_copy_string(a, columns[i].name);
        if (n->name.data == NULL || type_copy(a, columns[i].type, &n->type) != DBX_OK) {
            return error_nomem(err);
        }
        w.at.column = i;
        TRY(write_node(&w, n, 0));
    }
    out->leaves = w.leaves.items;
    out->leaf_count = w.leaves.count;
    return DBX_OK;
}

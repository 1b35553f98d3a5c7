/* parquet_write_footer.c - page indexes and FileMetaData in Thrift. */
#include "formats/parquet_write.h"

typedef struct footer_write {
    const parquet_write_schema *schema;
    const parquet_write_options *options;
    const parquet_write_group *const *groups;
    uint32_t group_count;
    uint64_t offset; /* in the file, of the buffer's start */
    buffer *out;
    arena arena;
    struct footer_index {
        uint64_t offset;
        uint32_t size;
    } *column_indexes, *offset_indexes; /* per group and leaf; size 0: none */
} footer_write;

/* ---- page index ---- */

static bool footer_has_column_index(const parquet_write_chunk *c) {
    for (uint32_t i = 0; i < c->page_count; i++) {
        if (!c->pages[i].has_bounds && !c->pages[i].all_null) return false;
    }
    return c->page_count > 0;
}

static dbx_status footer_bools(buffer *b, const parquet_write_chunk *c) {
    for (uint32_t i = 0; i < c->page_count; i++) {
        TRY(buffer_append_char(b, c->pages[i].has_bounds ? THRIFT_FALSE : THRIFT_TRUE));
    }
    return DBX_OK;
}

static dbx_status footer_column_index(buffer *b, const parquet_write_chunk *c) {
    int32_t last = 0;
    TRY(thrift_put_list(b, &last, 1, THRIFT_TRUE, c->page_count));
    TRY(footer_bools(b, c));
    TRY(thrift_put_list(b, &last, 2, THRIFT_BINARY, c->page_count));
    for (uint32_t i = 0; i < c->page_count; i++) TRY(thrift_put_string(b, c->pages[i].min));
    TRY(thrift_put_list(b, &last, 3, THRIFT_BINARY, c->page_count));
    for (uint32_t i = 0; i < c->page_count; i++) TRY(thrift_put_string(b, c->pages[i].max));
    TRY(thrift_put_int(b, &last, 4, THRIFT_I32, 0)); /* boundary order: unordered */
    TRY(thrift_put_list(b, &last, 5, THRIFT_I64, c->page_count));
    for (uint32_t i = 0; i < c->page_count; i++) {
        TRY(thrift_put_zigzag(b, (int64_t)c->pages[i].null_count));
    }
    return thrift_put_stop(b);
}

static dbx_status footer_offset_index(buffer *b, const parquet_write_group *g,
                                      const parquet_write_chunk *c) {
    int32_t last = 0;
    TRY(thrift_put_list(b, &last, 1, THRIFT_STRUCT, c->page_count));
    for (uint32_t i = 0; i < c->page_count; i++) {
        int32_t inner = 0;
        const parquet_write_page *p = &c->pages[i];
        TRY(thrift_put_int(b, &inner, 1, THRIFT_I64, (int64_t)(g->offset + p->offset)));
        TRY(thrift_put_int(b, &inner, 2, THRIFT_I32, p->size));
        TRY(thrift_put_int(b, &inner, 3, THRIFT_I64, (int64_t)p->first_row));
        TRY(thrift_put_stop(b));
    }
    return thrift_put_stop(b);
}

static dbx_status footer_indexes(footer_write *w) {
    uint32_t leaves = w->schema->leaf_count;
    size_t count = (size_t)w->group_count * leaves + 1;
    w->column_indexes = arena_alloc_array(&w->arena, sizeof(*w->column_indexes), count);
    w->offset_indexes = arena_alloc_array(&w->arena, sizeof(*w->offset_indexes), count);
    if (w->column_indexes == NULL || w->offset_indexes == NULL) return DBX_NOMEM;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t g = 0; g < w->group_count; g++) {
            for (uint32_t l = 0; l < leaves; l++) {
                const parquet_write_chunk *c = &w->groups[g]->chunks[l];
                size_t at = (size_t)g * leaves + l;
                struct footer_index *index = pass ? &w->offset_indexes[at] : &w->column_indexes[at];
                if (pass == 0 && !footer_has_column_index(c)) continue;
                size_t before = w->out->size;
                if (pass == 0)
                    TRY(footer_column_index(w->out, c));
                else
                    TRY(footer_offset_index(w->out, w->groups[g], c));
                index->offset = w->offset + before;
                index->size = (uint32_t)(w->out->size - before);
            }
        }
    }
    return DBX_OK;
}

/* ---- schema ---- */

static dbx_status footer_logical_empty(buffer *b, int32_t *last, int32_t logical) {
    int32_t inner = 0;
    TRY(thrift_put_field(b, last, 10, THRIFT_STRUCT));
    TRY(thrift_put_field(b, &inner, logical, THRIFT_STRUCT));
    TRY(thrift_put_stop(b));
    return thrift_put_stop(b);
}

static dbx_status footer_logical_time(buffer *b, int32_t *last, int32_t logical, bool utc) {
    int32_t inner = 0;
    int32_t fields = 0;
    int32_t unit = 0;
    TRY(thrift_put_field(b, last, 10, THRIFT_STRUCT));
    TRY(thrift_put_field(b, &inner, logical, THRIFT_STRUCT));
    TRY(thrift_put_bool(b, &fields, 1, utc));
    TRY(thrift_put_field(b, &fields, 2, THRIFT_STRUCT));
    TRY(thrift_put_field(b, &unit, PARQUET_MICROS, THRIFT_STRUCT));
    TRY(thrift_put_stop(b)); /* MicroSeconds */
    TRY(thrift_put_stop(b)); /* TimeUnit */
    TRY(thrift_put_stop(b)); /* TimeType, TimestampType */
    return thrift_put_stop(b);
}

static dbx_status footer_logical_decimal(buffer *b, int32_t *last, type t) {
    int32_t inner = 0;
    int32_t fields = 0;
    TRY(thrift_put_field(b, last, 10, THRIFT_STRUCT));
    TRY(thrift_put_field(b, &inner, PARQUET_LOGICAL_DECIMAL, THRIFT_STRUCT));
    TRY(thrift_put_int(b, &fields, 1, THRIFT_I32, t.scale));
    TRY(thrift_put_int(b, &fields, 2, THRIFT_I32, t.precision));
    TRY(thrift_put_stop(b));
    return thrift_put_stop(b);
}

/* Fields 6 (converted type), 7 and 8 (scale, precision), 10 (logical type) of a leaf. */
static dbx_status footer_annotation(buffer *b, int32_t *last, type t) {
    int32_t converted = PARQUET_CONVERTED_NONE;
    switch (t.id) {
    case TYPE_TINYINT:
        converted = PARQUET_INT_8;
        break;
    case TYPE_SMALLINT:
        converted = PARQUET_INT_16;
        break;
    case TYPE_DATE:
        converted = PARQUET_DATE;
        break;
    case TYPE_STRING:
        converted = PARQUET_UTF8;
        break;
    case TYPE_DECIMAL:
        converted = PARQUET_DECIMAL;
        break;
    case TYPE_TIMESTAMP:
        converted = PARQUET_TIMESTAMP_MICROS;
        break;
    default:
        break;
    }
    if (converted != PARQUET_CONVERTED_NONE) {
        TRY(thrift_put_int(b, last, 6, THRIFT_I32, converted));
    }
    if (t.id == TYPE_DECIMAL) {
        TRY(thrift_put_int(b, last, 7, THRIFT_I32, t.scale));
        TRY(thrift_put_int(b, last, 8, THRIFT_I32, t.precision));
        return footer_logical_decimal(b, last, t);
    }
    switch (t.id) {
    case TYPE_DATE:
        return footer_logical_empty(b, last, PARQUET_LOGICAL_DATE);
    case TYPE_STRING:
        return footer_logical_empty(b, last, PARQUET_LOGICAL_STRING);
    case TYPE_TIMESTAMP:
        return footer_logical_time(b, last, PARQUET_LOGICAL_TIMESTAMP, true);
    case TYPE_TIMESTAMP_NTZ:
        return footer_logical_time(b, last, PARQUET_LOGICAL_TIMESTAMP, false);
    case TYPE_TIME:
        return footer_logical_time(b, last, PARQUET_LOGICAL_TIME, false);
    default:
        return DBX_OK;
    }
}

static dbx_status footer_group(buffer *b, string_view name, int32_t repetition, uint32_t children,
                               int32_t converted, int32_t logical) {
    int32_t last = 0;
    if (repetition >= 0) TRY(thrift_put_int(b, &last, 3, THRIFT_I32, repetition));
    TRY(thrift_put_bytes(b, &last, 4, name));
    TRY(thrift_put_int(b, &last, 5, THRIFT_I32, children));
    if (converted >= 0) TRY(thrift_put_int(b, &last, 6, THRIFT_I32, converted));
    if (logical > 0) TRY(footer_logical_empty(b, &last, logical));
    return thrift_put_stop(b);
}

static uint32_t footer_elements(const parquet_write_node *n) {
    uint32_t count = n->type.id == TYPE_ARRAY ? 2 : 1;
    for (uint32_t i = 0; i < n->child_count; i++) count += footer_elements(&n->children[i]);
    return count;
}

static dbx_status footer_node(footer_write *w, const parquet_write_node *n, uint32_t *leaf);

static dbx_status footer_children(footer_write *w, const parquet_write_node *n, uint32_t *leaf) {
    for (uint32_t i = 0; i < n->child_count; i++) TRY(footer_node(w, &n->children[i], leaf));
    return DBX_OK;
}

static dbx_status footer_leaf(footer_write *w, const parquet_write_node *n, uint32_t *leaf) {
    const parquet_write_leaf *l = &w->schema->leaves[(*leaf)++];
    buffer *b = w->out;
    int32_t last = 0;
    TRY(thrift_put_int(b, &last, 1, THRIFT_I32, l->physical));
    if (l->physical == PARQUET_FIXED_LEN_BYTE_ARRAY) {
        TRY(thrift_put_int(b, &last, 2, THRIFT_I32, l->width));
    }
    TRY(thrift_put_int(b, &last, 3, THRIFT_I32, n->required ? PARQUET_REQUIRED : PARQUET_OPTIONAL));
    TRY(thrift_put_bytes(b, &last, 4, n->name));
    TRY(footer_annotation(b, &last, n->type));
    return thrift_put_stop(b);
}

static dbx_status footer_node(footer_write *w, const parquet_write_node *n, uint32_t *leaf) {
    int32_t repetition = n->required ? PARQUET_REQUIRED : PARQUET_OPTIONAL;
    switch (n->type.id) {
    case TYPE_ARRAY:
        TRY(footer_group(w->out, n->name, repetition, 1, PARQUET_LIST, PARQUET_LOGICAL_LIST));
        TRY(footer_group(w->out, SV("list"), PARQUET_REPEATED, 1, -1, 0));
        return footer_children(w, n, leaf);
    case TYPE_MAP:
        TRY(footer_group(w->out, n->name, repetition, 1, PARQUET_MAP, PARQUET_LOGICAL_MAP));
        TRY(footer_group(w->out, SV("key_value"), PARQUET_REPEATED, 2, -1, 0));
        return footer_children(w, &n->children[0], leaf);
    case TYPE_STRUCT:
        TRY(footer_group(w->out, n->name, repetition, n->child_count, -1, 0));
        return footer_children(w, n, leaf);
    case TYPE_VARIANT:
        TRY(footer_group(w->out, n->name, repetition, n->child_count, -1, PARQUET_LOGICAL_VARIANT));
        return footer_children(w, n, leaf);
    default:
        return footer_leaf(w, n, leaf);
    }
}

static dbx_status footer_schema(footer_write *w, int32_t *last) {
    uint32_t elements = 1;
    for (uint32_t i = 0; i < w->schema->column_count; i++) {
        elements += footer_elements(&w->schema->columns[i]);
    }
    TRY(thrift_put_list(w->out, last, 2, THRIFT_STRUCT, elements));
    TRY(footer_group(w->out, SV("spark_schema"), -1, w->schema->column_count, -1, 0));
    uint32_t leaf = 0;
    for (uint32_t i = 0; i < w->schema->column_count; i++) {
        TRY(footer_node(w, &w->schema->columns[i], &leaf));
    }
    return DBX_OK;
}

/* ---- row groups ---- */

static int32_t footer_codec(codec_kind c) {
    switch (c) {
    case CODEC_SNAPPY:
        return 1;
    case CODEC_GZIP:
        return 2;
    case CODEC_BROTLI:
        return 4;
    case CODEC_LZ4_HADOOP:
        return 5;
    case CODEC_ZSTD:
        return 6;
    case CODEC_LZ4:
        return 7;
    default:
        return 0;
    }
}

static dbx_status footer_path(buffer *b, int32_t *last, const parquet_write_leaf *l) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->depth; i++) count += l->path[i]->type.id == TYPE_ARRAY ? 2 : 1;
    TRY(thrift_put_list(b, last, 3, THRIFT_BINARY, count));
    for (uint32_t i = 0; i < l->depth; i++) {
        TRY(thrift_put_string(b, l->path[i]->name));
        if (l->path[i]->type.id == TYPE_ARRAY) TRY(thrift_put_string(b, SV("list")));
    }
    return DBX_OK;
}

static dbx_status footer_statistics(buffer *b, int32_t *last, const parquet_write_chunk *c) {
    int32_t inner = 0;
    TRY(thrift_put_field(b, last, 12, THRIFT_STRUCT));
    TRY(thrift_put_int(b, &inner, 3, THRIFT_I64, (int64_t)c->null_count));
    if (c->has_bounds) {
        TRY(thrift_put_bytes(b, &inner, 5, c->max));
        TRY(thrift_put_bytes(b, &inner, 6, c->min));
        TRY(thrift_put_bool(b, &inner, 7, c->max_exact));
        TRY(thrift_put_bool(b, &inner, 8, c->min_exact));
    }
    return thrift_put_stop(b);
}

static dbx_status footer_encoding_stats(buffer *b, int32_t *last, const parquet_write_chunk *c) {
    TRY(thrift_put_list(b, last, 13, THRIFT_STRUCT, c->has_dictionary ? 2 : 1));
    for (uint32_t pass = c->has_dictionary ? 0 : 1; pass < 2; pass++) {
        int32_t inner = 0;
        int32_t encoding = c->has_dictionary ? PARQUET_RLE_DICTIONARY : PARQUET_PLAIN;
        TRY(thrift_put_int(b, &inner, 1, THRIFT_I32,
                           pass == 0 ? PARQUET_DICTIONARY_PAGE : PARQUET_DATA_PAGE));
        TRY(thrift_put_int(b, &inner, 2, THRIFT_I32, pass == 0 ? PARQUET_PLAIN : encoding));
        TRY(thrift_put_int(b, &inner, 3, THRIFT_I32, pass == 0 ? 1 : (int64_t)c->page_count));
        TRY(thrift_put_stop(b));
    }
    return DBX_OK;
}

static dbx_status footer_chunk_meta(footer_write *w, const parquet_write_group *g,
                                    const parquet_write_leaf *l, const parquet_write_chunk *c) {
    buffer *b = w->out;
    int32_t last = 0;
    TRY(thrift_put_int(b, &last, 1, THRIFT_I32, l->physical));
    TRY(thrift_put_list(b, &last, 2, THRIFT_I32, c->has_dictionary ? 3 : 2));
    TRY(thrift_put_zigzag(b, PARQUET_PLAIN));
    TRY(thrift_put_zigzag(b, PARQUET_RLE));
    if (c->has_dictionary) TRY(thrift_put_zigzag(b, PARQUET_RLE_DICTIONARY));
    TRY(footer_path(b, &last, l));
    TRY(thrift_put_int(b, &last, 4, THRIFT_I32, footer_codec(w->options->codec)));
    TRY(thrift_put_int(b, &last, 5, THRIFT_I64, (int64_t)c->num_values));
    TRY(thrift_put_int(b, &last, 6, THRIFT_I64, (int64_t)c->uncompressed_size));
    TRY(thrift_put_int(b, &last, 7, THRIFT_I64, (int64_t)c->compressed_size));
    TRY(thrift_put_int(b, &last, 9, THRIFT_I64, (int64_t)(g->offset + c->data_offset)));
    if (c->has_dictionary) {
        int64_t at = (int64_t)(g->offset + c->dictionary_offset);
        TRY(thrift_put_int(b, &last, 11, THRIFT_I64, at));
    }
    TRY(footer_statistics(b, &last, c));
    TRY(footer_encoding_stats(b, &last, c));
    return thrift_put_stop(b);
}

static dbx_status footer_chunk(footer_write *w, uint32_t group, uint32_t leaf) {
    const parquet_write_group *g = w->groups[group];
    const parquet_write_chunk *c = &g->chunks[leaf];
    size_t at = (size_t)group * w->schema->leaf_count + leaf;
    buffer *b = w->out;
    int32_t last = 0;
    TRY(thrift_put_int(b, &last, 2, THRIFT_I64, (int64_t)(g->offset + c->offset)));
    TRY(thrift_put_field(b, &last, 3, THRIFT_STRUCT));
    TRY(footer_chunk_meta(w, g, &w->schema->leaves[leaf], c));
    if (w->offset_indexes[at].size > 0) {
        TRY(thrift_put_int(b, &last, 4, THRIFT_I64, (int64_t)w->offset_indexes[at].offset));
        TRY(thrift_put_int(b, &last, 5, THRIFT_I32, w->offset_indexes[at].size));
    }
    if (w->column_indexes[at].size > 0) {
        TRY(thrift_put_int(b, &last, 6, THRIFT_I64, (int64_t)w->column_indexes[at].offset));
        TRY(thrift_put_int(b, &last, 7, THRIFT_I32, w->column_indexes[at].size));
    }
    return thrift_put_stop(b);
}

static dbx_status footer_row_group(footer_write *w, uint32_t group) {
    const parquet_write_group *g = w->groups[group];
    uint32_t leaves = w->schema->leaf_count;
    uint64_t raw = 0;
    uint64_t compressed = 0;
    for (uint32_t l = 0; l < leaves; l++) {
        raw += g->chunks[l].uncompressed_size;
        compressed += g->chunks[l].compressed_size;
    }
    int32_t last = 0;
    TRY(thrift_put_list(w->out, &last, 1, THRIFT_STRUCT, leaves));
    for (uint32_t l = 0; l < leaves; l++) TRY(footer_chunk(w, group, l));
    TRY(thrift_put_int(w->out, &last, 2, THRIFT_I64, (int64_t)raw));
    TRY(thrift_put_int(w->out, &last, 3, THRIFT_I64, (int64_t)g->rows));
    TRY(thrift_put_int(w->out, &last, 5, THRIFT_I64, (int64_t)g->offset));
    TRY(thrift_put_int(w->out, &last, 6, THRIFT_I64, (int64_t)compressed));
    TRY(thrift_put_int(w->out, &last, 7, THRIFT_I16, (int16_t)MIN(group, (uint32_t)INT16_MAX)));
    return thrift_put_stop(w->out);
}

static dbx_status footer_file(footer_write *w) {
    buffer *b = w->out;
    int32_t last = 0;
    uint64_t rows = 0;
    for (uint32_t g = 0; g < w->group_count; g++) rows += w->groups[g]->rows;
    TRY(thrift_put_int(b, &last, 1, THRIFT_I32, 2));
    TRY(footer_schema(w, &last));
    TRY(thrift_put_int(b, &last, 3, THRIFT_I64, (int64_t)rows));
    TRY(thrift_put_list(b, &last, 4, THRIFT_STRUCT, w->group_count));
    for (uint32_t g = 0; g < w->group_count; g++) TRY(footer_row_group(w, g));
    TRY(thrift_put_bytes(b, &last, 6, SV("dbx version " DBX_VERSION_STRING)));
    TRY(thrift_put_list(b, &last, 7, THRIFT_STRUCT, w->schema->leaf_count));
    for (uint32_t l = 0; l < w->schema->leaf_count; l++) {
        int32_t inner = 0;
        TRY(thrift_put_field(b, &inner, 1, THRIFT_STRUCT)); /* order by type */
        TRY(thrift_put_stop(b));
        TRY(thrift_put_stop(b));
    }
    return thrift_put_stop(b);
}

dbx_status parquet_write_footer(const parquet_write_schema *schema,
                                const parquet_write_options *options,
                                const parquet_write_group *const *groups, uint32_t count,
                                uint64_t offset, buffer *out, error *err) {
    footer_write w = {.schema = schema,
                      .options = options,
                      .groups = groups,
                      .group_count = count,
                      .offset = offset,
                      .out = out};
    arena_init(&w.arena, out->ledger);
    dbx_status status = footer_indexes(&w);
    size_t before = out->size;
    if (status == DBX_OK) status = footer_file(&w);
    uint32_t size = (uint32_t)(out->size - before);
    if (status == DBX_OK) status = buffer_append(out, &size, 4);
    if (status == DBX_OK) status = buffer_append(out, "PAR1", 4);
    arena_deinit(&w.arena);
    return status == DBX_OK ? DBX_OK : error_nomem(err);
}

/* binary_source.c - read_binary: whole files as rows: path, modificationTime, length, content.
 * Spark's format `binaryFile`. A file is a morsel; its content is read only when it is asked for.
 */
#include "formats/arguments.h"
#include "formats/file_list.h"

enum { BINARY_COLUMNS = 4, BINARY_SIZE_MAX = INT32_MAX };

typedef struct binary_source {
    source base;
    ledger *ledger;
    arena arena;
    file_list files;
    file_column *kinds;
} binary_source;

typedef struct binary_scan {
    binary_source *source;
    query *query;
    const scan_spec *spec;
    bool *wanted;
    arena arena;
    _Atomic uint32_t next;
} binary_scan;

typedef struct binary_local {
    arena arena; /* of the row at hand */
    uint32_t file;
    bool given;
} binary_local;

extern const table_function_row read_binary_function;

/* ---- binding ---- */

static void binary_source_free(source *base) {
    binary_source *s = (binary_source *)base;
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status binary_build(binary_source *s, query *q, const table_argument *arguments,
                               uint32_t count, span position, error *err) {
    const table_argument *path = NULL;
    file_list_options options = {0};
    string_view *paths;
    uint32_t path_count;
    for (uint32_t i = 0; i < count; i++) {
        const table_argument *a = &arguments[i];
        if (path == NULL && (a->name.size == 0 || argument_is(a, "path")))
            path = a;
        else if (argument_is(a, "pathGlobFilter"))
            TRY(argument_text(a, &s->arena, &options.path_glob_filter, err));
        else if (argument_is(a, "recursiveFileLookup"))
            TRY(argument_bool(a, &options.no_partitions, err));
        else
            return argument_raise_unknown(a, &read_binary_function, err);
    }
    if (path == NULL) return error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    TRY(argument_texts(path, &s->arena, &paths, &path_count, err));
    TRY(file_list_build(&s->files, q->gate, &s->arena, paths, path_count, &options, err));
    const source_column data[BINARY_COLUMNS] = {
        {.name = SV("path"), .type = type_simple(TYPE_STRING), .nullable = true},
        {.name = SV("modificationTime"), .type = type_simple(TYPE_TIMESTAMP), .nullable = true},
        {.name = SV("length"), .type = type_simple(TYPE_BIGINT), .nullable = true},
        {.name = SV("content"), .type = type_simple(TYPE_BINARY), .nullable = true},
    };
    source_column *columns;
    if (file_list_columns(&s->files, &s->arena, data, BINARY_COLUMNS, &columns, &s->kinds,
                          &s->base.column_count) != DBX_OK)
        return error_nomem(err);
    s->base.columns = columns;
    return DBX_OK;
}

static bool binary_row_count(const source *base, uint64_t *rows, bool *exact) {
    *rows = ((const binary_source *)base)->files.count;
    *exact = true;
    return true;
}

/* ---- scan ---- */

static void binary_close(source_scan *opaque) {
    binary_scan *scan = (binary_scan *)opaque;
    arena_deinit(&scan->arena);
    mem_free(&scan->query->ledger, scan, sizeof(*scan));
}

static dbx_status binary_open(source *base, query *q, const scan_spec *spec, source_scan **out,
                              error *err) {
    binary_source *s = (binary_source *)base;
    binary_scan *scan = mem_alloc_zero(&q->ledger, sizeof(*scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = s;
    scan->query = q;
    scan->spec = spec;
    arena_init(&scan->arena, &q->ledger);
    scan->wanted = ARENA_ARRAY(&scan->arena, bool, s->files.count);
    if (scan->wanted == NULL) {
        binary_close((source_scan *)scan);
        return error_nomem(err);
    }
    file_list_prune(&s->files, s->kinds, spec, scan->wanted);
    *out = (source_scan *)scan;
    return DBX_OK;
}

static dbx_status binary_local_new(source_scan *opaque, source_local **out, error *err) {
    ledger *ql = &((binary_scan *)opaque)->query->ledger;
    binary_local *l = mem_alloc_zero(ql, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    arena_init(&l->arena, ql);
    *out = (source_local *)l;
    return DBX_OK;
}

static void binary_local_free(source_scan *opaque, source_local *local) {
    binary_local *l = (binary_local *)local;
    arena_deinit(&l->arena);
    mem_free(&((binary_scan *)opaque)->query->ledger, l, sizeof(*l));
}

static dbx_status binary_next_morsel(source_scan *opaque, source_local *local, bool *more,
                                     uint64_t *morsel_index, error *err) {
    binary_scan *scan = (binary_scan *)opaque;
    binary_local *l = (binary_local *)local;
    (void)err;
    do {
        l->file = atomic_fetch_add(&scan->next, 1);
        *more = l->file < scan->source->files.count;
    } while (*more && !scan->wanted[l->file]);
    *morsel_index = l->file;
    l->given = false;
    return DBX_OK;
}

static dbx_status binary_content(const binary_scan *scan, binary_local *l, vstring *out,
                                 error *err) {
    const file_entry *e = &scan->source->files.files[l->file];
    io_file *file;
    TRY(io_open(scan->query->gate, &scan->query->ledger, e->path, &file, err));
    uint64_t size = io_file_size(file);
    char *bytes = size <= BINARY_SIZE_MAX ? arena_alloc_bytes(&l->arena, (size_t)size + 1) : NULL;
    dbx_status status = DBX_OK;
    if (size > BINARY_SIZE_MAX)
        status = error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                              "the content of a file over 2 GiB (" SV_FMT ")", SV_ARG(e->path));
    else if (bytes == NULL)
        status = error_nomem(err);
    else
        status = io_read_at(file, 0, bytes, (size_t)size, err);
    io_close(file);
    if (status == DBX_OK) *out = vstring_from(bytes, (size_t)size);
    return status;
}

static dbx_status binary_value(const binary_scan *scan, binary_local *l, uint32_t column, vector *v,
                               error *err) {
    const file_entry *e = &scan->source->files.files[l->file];
    bool rooted = e->path.size > 0 && e->path.data[0] == '/';
    char *url;
    switch (column) {
    case 0:
        url = arena_printf(&l->arena, "%s" SV_FMT, rooted ? "file:" : "", SV_ARG(e->path));
        if (url == NULL) return error_nomem(err);
        VECTOR_DATA(v, vstring)[0] = vstring_from(url, strlen(url));
        return DBX_OK;
    case 1:
        VECTOR_DATA(v, int64_t)[0] = e->modified_us;
        return DBX_OK;
    case 2:
        VECTOR_DATA(v, int64_t)[0] = (int64_t)e->size;
        return DBX_OK;
    default:
        return binary_content(scan, l, VECTOR_DATA(v, vstring), err);
    }
}

static dbx_status binary_read(source_scan *opaque, source_local *local, chunk *out, error *err) {
    binary_scan *scan = (binary_scan *)opaque;
    binary_local *l = (binary_local *)local;
    const binary_source *s = scan->source;
    out->rows = 0;
    if (l->given) return DBX_OK;
    arena_reset(&l->arena);
    for (uint32_t i = 0; i < scan->spec->column_count; i++) {
        uint32_t column = scan->spec->columns[i];
        const file_column *kind = &s->kinds[column];
        vector *v = &out->columns[i];
        dbx_status status = DBX_OK;
        if (kind->kind == FILE_COLUMN_PARTITION) {
            *v = s->files.files[l->file].partitions[kind->index];
        } else if (kind->kind == FILE_COLUMN_METADATA) {
            status =
                file_list_metadata(&s->files, l->file, s->base.columns[column].type, &l->arena, v);
        } else {
            status = vector_init(v, s->base.columns[column].type, 1, &l->arena);
            if (status == DBX_OK) TRY(binary_value(scan, l, kind->index, v, err));
        }
        if (status != DBX_OK) return error_nomem(err);
    }
    l->given = true;
    out->rows = 1;
    return DBX_OK;
}

static const source_vtab binary_source_vtab = {
    .name = "binaryFile",
    .row_count = binary_row_count,
    .open = binary_open,
    .local_new = binary_local_new,
    .next_morsel = binary_next_morsel,
    .read = binary_read,
    .local_free = binary_local_free,
    .close = binary_close,
    .free = binary_source_free,
};

static dbx_status binary_bind(query *q, ledger *l, const table_argument *arguments,
                              uint32_t argument_count, span position, source **out, error *err) {
    *out = NULL;
    binary_source *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &binary_source_vtab;
    s->ledger = l;
    arena_init(&s->arena, l);
    dbx_status status = binary_build(s, q, arguments, argument_count, position, err);
    if (status != DBX_OK) {
        binary_source_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

const table_function_row read_binary_function = {
    .name = "read_binary",
    .aliases = "binaryFile",
    .arguments = "path STRING | ARRAY<STRING>, [pathGlobFilter STRING], "
                 "[recursiveFileLookup BOOLEAN]",
    .doc = "Reads whole files: path, modificationTime, length and content of each.",
    .bind = binary_bind,
};

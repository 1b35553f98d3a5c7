/* file_sink.c - see file_sink.h.
 *
 * Each partition is a sink of the format in a folder of the file set; without partitions there is
 * one, for everything. A worker keeps its parts of those sinks in a table by partition key, which
 * is the folder's name. The order of rows within a partition is the order in which workers bring
 * them.
 */
#include "formats/file_sink.h"

#include "formats/arguments.h"
#include "formats/file_output.h"
#include "vector/value_text.h"

enum {
    FILE_SINK_PARTITIONS_MAX = 65536,
    FILE_SINK_PARTITION_COLUMNS_MAX = 64,
    FILE_SINK_FOLDER_MAX = 2048,
    FILE_SINK_TABLE_MIN = 64,
};

/* ---- a table of folders ---- */

typedef struct folder_entry {
    string_view folder;
    uint64_t hash;
    data_sink *sink;
    sink_local *local; /* in a worker's table */
    uint32_t rows;     /* of the chunk at hand */
    sel_t *sel;
} folder_entry;

typedef struct folder_table {
    ARENA_LIST(folder_entry *) entries;
    uint32_t *slots; /* index + 1; 0 is free */
    uint32_t capacity;
} folder_table;

static uint64_t folder_hash(string_view s) {
    uint64_t h = 0xCBF29CE484222325u; /* FNV-1a */
    for (size_t i = 0; i < s.size; i++) h = (h ^ (uint8_t)s.data[i]) * 0x100000001B3u;
    return h ^ h >> 32;
}

static folder_entry *folder_find(const folder_table *t, string_view folder, uint64_t hash) {
    if (t->capacity == 0) return NULL;
    for (uint32_t at = (uint32_t)hash & (t->capacity - 1); t->slots[at] != 0;
         at = (at + 1) & (t->capacity - 1)) {
        folder_entry *e = t->entries.items[t->slots[at] - 1];
        if (e->hash == hash && sv_equal(e->folder, folder)) return e;
    }
    return NULL;
}

static void folder_place(folder_table *t, uint32_t index) {
    uint32_t at = (uint32_t)t->entries.items[index]->hash & (t->capacity - 1);
    while (t->slots[at] != 0) at = (at + 1) & (t->capacity - 1);
    t->slots[at] = index + 1;
}

static dbx_status folder_add(folder_table *t, arena *a, string_view folder, uint64_t hash,
                             folder_entry **out) {
    if (t->entries.count * 2 >= t->capacity) {
        uint32_t capacity = MAX(t->capacity * 2, (uint32_t)FILE_SINK_TABLE_MIN);
        uint32_t *slots = ARENA_ARRAY(a, uint32_t, capacity);
        if (slots == NULL) return DBX_NOMEM;
        t->slots = slots;
        t->capacity = capacity;
        for (uint32_t i = 0; i < t->entries.count; i++) folder_place(t, i);
    }
    folder_entry *e = ARENA_NEW(a, folder_entry);
    if (e == NULL) return DBX_NOMEM;
    e->folder = arena_copy_string(a, folder);
    e->hash = hash;
    if (e->folder.data == NULL) return DBX_NOMEM;
    TRY(ARENA_LIST_PUSH(a, &t->entries, e));
    folder_place(t, t->entries.count - 1);
    *out = e;
    return DBX_OK;
}

/* ---- the sink ---- */

typedef struct file_sink {
    data_sink base;
    query *query;
    ledger *ledger;
    arena arena; /* under the mutex once open */
    const format_writer_row *writer;
    source_column *columns;
    uint32_t partition_columns[FILE_SINK_PARTITION_COLUMNS_MAX];
    uint32_t partition_count;
    uint32_t *data_columns; /* those that go into the files */
    source_column *data;
    uint32_t data_count;
    sink_option *options;
    uint32_t option_count;
    file_set *files;
    os_mutex mutex;
    folder_table folders;
} file_sink;

typedef struct file_sink_local {
    arena arena;       /* the table */
    arena chunk_arena; /* of a chunk */
    folder_table folders;
    folder_entry *whole; /* without partitions */
    buffer key;
    vector *columns;
} file_sink_local;

/* The sink for a folder, made when it is new. */
static dbx_status file_sink_folder(file_sink *s, string_view folder, uint64_t hash, data_sink **out,
                                   error *err) {
    os_mutex_lock(&s->mutex);
    dbx_status status = DBX_OK;
    folder_entry *e = folder_find(&s->folders, folder, hash);
    if (e == NULL && s->folders.entries.count >= FILE_SINK_PARTITIONS_MAX) {
        status = error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                             "writing more than 65536 partitions in one statement", NULL);
    } else if (e == NULL && folder_add(&s->folders, &s->arena, folder, hash, &e) != DBX_OK) {
        status = error_nomem(err);
    }
    if (status == DBX_OK && e->sink == NULL) {
        status = s->writer->open(s->query, s->files, e->folder, s->data, s->data_count, s->options,
                                 s->option_count, &e->sink, err);
    }
    if (status == DBX_OK) *out = e->sink;
    os_mutex_unlock(&s->mutex);
    return status;
}

static dbx_status file_sink_enter(file_sink *s, file_sink_local *l, string_view folder,
                                  folder_entry **out, error *err) {
    uint64_t hash = folder_hash(folder);
    folder_entry *e = folder_find(&l->folders, folder, hash);
    if (e == NULL && folder_add(&l->folders, &l->arena, folder, hash, &e) != DBX_OK)
        return error_nomem(err);
    if (e->local == NULL) {
        TRY(file_sink_folder(s, e->folder, hash, &e->sink, err));
        TRY(e->sink->vtab->local_new(e->sink, &e->local, err));
    }
    *out = e;
    return DBX_OK;
}

/* ---- partition keys ---- */

/* Hive's escaping of path names, as Spark has it. */
static bool folder_is_plain(unsigned char c) {
    return c >= 0x20 && c != 0x7F && strchr("\"#%'*/:=?\\{[]^", c) == NULL;
}

static dbx_status folder_escape(string_view s, buffer *out) {
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (folder_is_plain(c))
            TRY(buffer_append_char(out, (char)c));
        else
            TRY(buffer_printf(out, "%%%02X", c));
    }
    return DBX_OK;
}

static dbx_status file_sink_key(const file_sink *s, const chunk *rows, uint32_t row, buffer *text,
                                buffer *out) {
    buffer_clear(out);
    for (uint32_t i = 0; i < s->partition_count; i++) {
        const vector *v = &rows->columns[s->partition_columns[i]];
        if (i > 0) TRY(buffer_append_char(out, '/'));
        TRY(folder_escape(s->columns[s->partition_columns[i]].name, out));
        TRY(buffer_append_char(out, '='));
        buffer_clear(text);
        bool null = vector_is_null(v, row);
        if (!null) TRY(value_append_text(text, v, row, DBX_TEXT_CAST, s->query));
        if (null || text->size == 0)
            TRY(buffer_append_sv(out, SV("__HIVE_DEFAULT_PARTITION__")));
        else
            TRY(folder_escape(buffer_view(text), out));
    }
    return DBX_OK;
}

/* Which entry each row belongs to; entries with rows are listed in `used`. */
static dbx_status file_sink_assign(file_sink *s, file_sink_local *l, const chunk *rows,
                                   folder_entry **of_row, folder_entry **used, uint32_t *used_count,
                                   error *err) {
    buffer text;
    buffer_init(&text, s->ledger);
    dbx_status status = DBX_OK;
    folder_entry *last = NULL;
    for (uint32_t r = 0; status == DBX_OK && r < rows->rows; r++) {
        if (file_sink_key(s, rows, r, &text, &l->key) != DBX_OK) {
            status = error_nomem(err);
        } else if (l->key.size > FILE_SINK_FOLDER_MAX) {
            status = error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                                 "partition values of more than 2048 bytes", NULL);
        } else if (last == NULL || !sv_equal(last->folder, buffer_view(&l->key))) {
            status = file_sink_enter(s, l, buffer_view(&l->key), &last, err);
        }
        if (status != DBX_OK) break;
        of_row[r] = last;
        if (last->rows++ == 0) used[(*used_count)++] = last;
    }
    buffer_deinit(&text);
    return status;
}

static dbx_status file_sink_split(file_sink *s, file_sink_local *l, const chunk *rows,
                                  uint64_t morsel, error *err) {
    arena *a = &l->chunk_arena;
    arena_reset(a);
    folder_entry **of_row = ARENA_ARRAY(a, folder_entry *, rows->rows);
    folder_entry **used = ARENA_ARRAY(a, folder_entry *, rows->rows);
    sel_t *sel = ARENA_ARRAY(a, sel_t, rows->rows);
    vector *columns = ARENA_ARRAY(a, vector, (size_t)s->data_count + 1);
    uint32_t used_count = 0, at = 0;
    if (of_row == NULL || used == NULL || sel == NULL || columns == NULL) return error_nomem(err);
    dbx_status status = file_sink_assign(s, l, rows, of_row, used, &used_count, err);
    for (uint32_t u = 0; u < used_count; u++) {
        used[u]->sel = sel + at;
        at += used[u]->rows;
        used[u]->rows = 0;
    }
    TRY(status);
    for (uint32_t r = 0; r < rows->rows; r++) of_row[r]->sel[of_row[r]->rows++] = r;
    for (uint32_t u = 0; u < used_count; u++) {
        folder_entry *e = used[u];
        chunk part = {columns, s->data_count, e->rows};
        e->rows = 0;
        for (uint32_t c = 0; c < s->data_count; c++) {
            if (vector_slice(&columns[c], &rows->columns[s->data_columns[c]], e->sel, part.rows,
                             a) != DBX_OK)
                return error_nomem(err);
        }
        TRY(e->sink->vtab->append(e->sink, e->local, &part, morsel, err));
    }
    return DBX_OK;
}

/* ---- the interface ---- */

static dbx_status file_sink_combine(data_sink *base, sink_local *local, error *err) {
    file_sink *s = (file_sink *)base;
    file_sink_local *l = (file_sink_local *)local;
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i < l->folders.entries.count; i++) {
        folder_entry *e = l->folders.entries.items[i];
        if (e->local == NULL) continue;
        dbx_status ended = e->sink->vtab->combine(e->sink, e->local, err);
        if (status == DBX_OK) status = ended;
    }
    buffer_deinit(&l->key);
    arena_deinit(&l->chunk_arena);
    arena_deinit(&l->arena);
    mem_free(s->ledger, l, sizeof(*l));
    return status;
}

static dbx_status file_sink_local_new(data_sink *base, sink_local **out, error *err) {
    file_sink *s = (file_sink *)base;
    *out = NULL;
    file_sink_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    arena_init(&l->arena, s->ledger);
    arena_init(&l->chunk_arena, s->ledger);
    buffer_init(&l->key, s->ledger);
    dbx_status status = DBX_OK;
    if (s->partition_count == 0) status = file_sink_enter(s, l, SV(""), &l->whole, err);
    if (status != DBX_OK) {
        error ignored;
        error_init(&ignored);
        (void)!file_sink_combine(base, (sink_local *)l, &ignored);
        error_deinit(&ignored);
        return status;
    }
    *out = (sink_local *)l;
    return DBX_OK;
}

static dbx_status file_sink_append(data_sink *base, sink_local *local, const chunk *rows,
                                   uint64_t morsel_index, error *err) {
    file_sink *s = (file_sink *)base;
    file_sink_local *l = (file_sink_local *)local;
    if (rows->rows == 0) return DBX_OK;
    if (s->partition_count > 0) return file_sink_split(s, l, rows, morsel_index, err);
    return l->whole->sink->vtab->append(l->whole->sink, l->whole->local, rows, morsel_index, err);
}

static dbx_status file_sink_finish(data_sink *base, uint64_t *rows_written, error *err) {
    file_sink *s = (file_sink *)base;
    data_sink *whole;
    *rows_written = 0;
    if (s->partition_count == 0) TRY(file_sink_folder(s, SV(""), folder_hash(SV("")), &whole, err));
    for (uint32_t i = 0; i < s->folders.entries.count; i++) {
        data_sink *child = s->folders.entries.items[i]->sink;
        uint64_t rows = 0;
        if (child == NULL) continue;
        TRY(child->vtab->finish(child, &rows, err));
        *rows_written += rows;
    }
    return file_set_commit(s->files, err);
}

static void file_sink_free(data_sink *base) {
    file_sink *s = (file_sink *)base;
    for (uint32_t i = 0; i < s->folders.entries.count; i++) {
        data_sink *child = s->folders.entries.items[i]->sink;
        if (child != NULL) child->vtab->free(child);
    }
    file_set_free(s->files);
    os_mutex_deinit(&s->mutex);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

static const sink_vtab file_sink_vtab = {
    .name = "files",
    .local_new = file_sink_local_new,
    .append = file_sink_append,
    .combine = file_sink_combine,
    .finish = file_sink_finish,
    .free = file_sink_free,
};

/* ---- opening ---- */

static dbx_status file_sink_mode(const sink_option *o, file_set_mode *mode, error *err) {
    if (sv_equal_ignore_case(o->value, SV("overwrite")))
        *mode = FILE_SET_OVERWRITE;
    else if (sv_equal_ignore_case(o->value, SV("append")))
        *mode = FILE_SET_APPEND;
    else if (sv_equal_ignore_case(o->value, SV("error")) ||
             sv_equal_ignore_case(o->value, SV("errorifexists")))
        *mode = FILE_SET_ERROR_IF_EXISTS;
    else
        return option_raise(o->name, o->value, "is not overwrite, append or error", err);
    return DBX_OK;
}

static dbx_status file_sink_partition(file_sink *s, string_view name, error *err) {
    uint32_t c = 0;
    while (c < s->base.column_count && !sv_equal_ignore_case(s->columns[c].name, name)) c++;
    if (c == s->base.column_count)
        return option_raise(SV("partitionBy"), name, "is not a column of the rows", err);
    if (s->partition_count == FILE_SINK_PARTITION_COLUMNS_MAX)
        return option_raise(SV("partitionBy"), name, "is one partition column too many", err);
    type_id id = s->columns[c].type.id;
    if (id == TYPE_ARRAY || id == TYPE_MAP || id == TYPE_STRUCT || id == TYPE_VARIANT)
        return option_raise(SV("partitionBy"), name, "is of a type that cannot name a folder", err);
    for (uint32_t i = 0; i < s->partition_count; i++) {
        if (s->partition_columns[i] == c)
            return option_raise(SV("partitionBy"), name, "is named twice", err);
    }
    s->partition_columns[s->partition_count++] = c;
    return DBX_OK;
}

static dbx_status file_sink_partition_list(file_sink *s, string_view list, error *err) {
    for (size_t at = 0; at <= list.size;) {
        const char *comma = memchr(list.data + at, ',', list.size - at);
        size_t end = comma != NULL ? (size_t)(comma - list.data) : list.size;
        string_view name = sv_trim((string_view){list.data + at, end - at});
        if (name.size > 1 && name.data[0] == '`' && name.data[name.size - 1] == '`')
            name = (string_view){name.data + 1, name.size - 2};
        TRY(file_sink_partition(s, name, err));
        at = end + 1;
    }
    return DBX_OK;
}

/* Options are read when the first partition opens, too: they are kept. */
static dbx_status file_sink_options(file_sink *s, const file_sink_request *r, file_set_mode *mode,
                                    error *err) {
    s->options = ARENA_ARRAY(&s->arena, sink_option, (size_t)r->option_count + 1);
    if (s->options == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < r->option_count; i++) {
        const sink_option *o = &r->options[i];
        if (sv_equal_ignore_case(o->name, SV("mode"))) {
            TRY(file_sink_mode(o, mode, err));
        } else if (sv_equal_ignore_case(o->name, SV("partitionBy")) ||
                   sv_equal_ignore_case(o->name, SV("partition_by"))) {
            TRY(file_sink_partition_list(s, o->value, err));
        } else {
            sink_option *kept = &s->options[s->option_count++];
            *kept = (sink_option){arena_copy_string(&s->arena, o->name),
                                  arena_copy_string(&s->arena, o->value)};
            if (kept->name.data == NULL || kept->value.data == NULL) return error_nomem(err);
        }
    }
    return DBX_OK;
}

static dbx_status file_sink_keep_columns(file_sink *s, const file_sink_request *r, error *err) {
    s->columns = ARENA_ARRAY(&s->arena, source_column, (size_t)r->column_count + 1);
    s->data = ARENA_ARRAY(&s->arena, source_column, (size_t)r->column_count + 1);
    s->data_columns = ARENA_ARRAY(&s->arena, uint32_t, (size_t)r->column_count + 1);
    if (s->columns == NULL || s->data == NULL || s->data_columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < r->column_count; i++) {
        s->columns[i] = r->columns[i];
        s->columns[i].name = arena_copy_string(&s->arena, r->columns[i].name);
        if (s->columns[i].name.data == NULL) return error_nomem(err);
    }
    s->base.columns = s->columns;
    s->base.column_count = r->column_count;
    return DBX_OK;
}

static void file_sink_choose_data(file_sink *s) {
    for (uint32_t c = 0; c < s->base.column_count; c++) {
        bool partition = false;
        for (uint32_t i = 0; i < s->partition_count; i++)
            partition = partition || s->partition_columns[i] == c;
        if (partition) continue;
        s->data[s->data_count] = s->columns[c];
        s->data_columns[s->data_count++] = c;
    }
}

static dbx_status file_sink_start(file_sink *s, const file_sink_request *r, error *err) {
    file_set_mode mode = FILE_SET_OVERWRITE;
    data_sink *whole;
    TRY(file_sink_keep_columns(s, r, err));
    TRY(file_sink_options(s, r, &mode, err));
    for (uint32_t i = 0; i < r->partition_count; i++)
        TRY(file_sink_partition(s, r->partition_by[i], err));
    file_sink_choose_data(s);
    if (s->data_count == 0 && s->partition_count > 0) {
        return error_raise(err, ERR_INVALID_PARAMETER_VALUE, (span){0, 0}, "parameter",
                           "partitionBy", "message", "it leaves no column for the files", NULL);
    }
    if (s->partition_count > 0)
        return file_set_open_directory(s->query->gate, s->ledger, r->path, mode, &s->files, err);
    TRY(file_set_open(s->query->gate, s->ledger, r->path, mode, &s->files, err));
    return file_sink_folder(s, SV(""), folder_hash(SV("")), &whole, err);
}

dbx_status file_sink_open(query *q, const file_sink_request *request, data_sink **out, error *err) {
    *out = NULL;
    file_sink *s = mem_alloc_zero(&q->ledger, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->base.vtab = &file_sink_vtab;
    s->query = q;
    s->ledger = &q->ledger;
    s->writer = request->writer;
    arena_init(&s->arena, s->ledger);
    os_mutex_init(&s->mutex);
    dbx_status status = file_sink_start(s, request, err);
    if (status != DBX_OK) {
        file_sink_free(&s->base);
        return status;
    }
    *out = &s->base;
    return DBX_OK;
}

/* file_list.c - see file_list.h. Partition values are read as text for all files first; the type of
 * a column is known only when all of its values were seen. */
#include "formats/file_list.h"

#include "formats/prune.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_LIST_PARTITIONS_MAX = 64 };

typedef struct files_build {
    file_list *out;
    arena *arena;
    error *err;
    ARENA_LIST(file_partition) partitions;
    string_view
        *texts; /* count * FILE_LIST_PARTITIONS_MAX entries at most; data NULL: absent or NULL */
    const file_list_options *options;
} files_build;

/* ---- text of partitions ---- */

static int files_hex(char c) {
    if (ascii_is_digit(c)) return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static dbx_status files_percent_decode(files_build *b, string_view in, string_view *out) {
    char *text = arena_alloc_bytes(b->arena, in.size + 1);
    if (text == NULL) return error_nomem(b->err);
    size_t size = 0;
    for (size_t i = 0; i < in.size; i++) {
        bool escape = in.data[i] == '%' && i + 2 < in.size && files_hex(in.data[i + 1]) >= 0 &&
                      files_hex(in.data[i + 2]) >= 0;
        if (escape) {
            text[size++] = (char)(files_hex(in.data[i + 1]) * 16 + files_hex(in.data[i + 2]));
            i += 2;
        } else {
            text[size++] = in.data[i];
        }
    }
    text[size] = '\0';
    *out = (string_view){text, size};
    return DBX_OK;
}

/* Calls visit for each directory name=value of the entry behind its root. */
typedef dbx_status (*files_visit)(files_build *b, uint32_t file, string_view name,
                                  string_view value);

static dbx_status files_each_partition(files_build *b, uint32_t file, const io_entry *e,
                                       files_visit visit) {
    const char *p = e->path.data + e->root_size;
    const char *end = e->path.data + e->path.size;
    for (;;) {
        while (p < end && *p == '/') p++;
        const char *slash = memchr(p, '/', (size_t)(end - p));
        if (slash == NULL) return DBX_OK; /* the file's own name */
        const char *equal = memchr(p, '=', (size_t)(slash - p));
        if (equal != NULL && equal > p) {
            string_view name;
            string_view value = {equal + 1, (size_t)(slash - equal - 1)};
            TRY(files_percent_decode(b, (string_view){p, (size_t)(equal - p)}, &name));
            TRY(visit(b, file, name, value));
        }
        p = slash;
    }
}

static uint32_t files_find(const file_partition *partitions, uint32_t count, string_view name) {
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(partitions[i].name, name)) return i;
    }
    return UINT32_MAX;
}

static dbx_status files_visit_name(files_build *b, uint32_t file, string_view name,
                                   string_view value) {
    (void)file;
    (void)value;
    uint32_t count = b->partitions.count;
    if (files_find(b->partitions.items, count, name) != UINT32_MAX) return DBX_OK;
    if (count >= FILE_LIST_PARTITIONS_MAX) {
        return error_raise(b->err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                           "more than 64 partition columns", NULL);
    }
    file_partition p = {.name = name, .type = type_simple(TYPE_STRING)};
    return ARENA_LIST_PUSH(b->arena, &b->partitions, p) == DBX_OK ? DBX_OK : error_nomem(b->err);
}

static dbx_status files_visit_value(files_build *b, uint32_t file, string_view name,
                                    string_view value) {
    uint32_t i = files_find(b->partitions.items, b->partitions.count, name);
    assert(i != UINT32_MAX);
    string_view *text = &b->texts[(size_t)file * b->partitions.count + i];
    if (sv_equal(value, SV("__HIVE_DEFAULT_PARTITION__"))) {
        *text = (string_view){NULL, 0};
        return DBX_OK;
    }
    return files_percent_decode(b, value, text);
}

/* ---- types of partitions ---- */

static bool files_parse_int(string_view s, int64_t *out) {
    if (s.size == 0 || s.size > 20) return false;
    size_t digits_at = s.data[0] == '-' || s.data[0] == '+';
    if (digits_at == s.size) return false;
    uint64_t value = 0;
    bool negative = s.data[0] == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative;
    for (size_t i = digits_at; i < s.size; i++) {
        if (!ascii_is_digit(s.data[i])) return false;
        uint64_t digit = (uint64_t)(s.data[i] - '0');
        if (value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool files_parse_double(string_view s, double *out) {
    if (s.size == 0 || s.size > 64) return false;
    bool digit = false;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        digit |= ascii_is_digit(c);
        if (!ascii_is_digit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
            return false;
        }
    }
    char *end;
    *out =
        strtod(s.data, &end); /* decoded texts end in NUL; the digits above keep locale words out */
    return digit && end == s.data + s.size;
}

/* Days from 1970-01-01 of a proleptic Gregorian date (Hinnant's days_from_civil). */
static int32_t files_days(int32_t year, int32_t month, int32_t day) {
    year -= month <= 2;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t yoe = year - era * 400;
    int32_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool files_parse_date(string_view s, int32_t *out) {
    if (s.size != 10 || s.data[4] != '-' || s.data[7] != '-') return false;
    int32_t parts[3] = {0, 0, 0};
    for (size_t i = 0; i < 10; i++) {
        if (i == 4 || i == 7) continue;
        if (!ascii_is_digit(s.data[i])) return false;
        int32_t *part = &parts[i < 4 ? 0 : i < 7 ? 1 : 2];
        *part = *part * 10 + (s.data[i] - '0');
    }
    static const int8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (parts[1] < 1 || parts[1] > 12 || parts[2] < 1) return false;
    bool leap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0);
    if (parts[2] > month_days[parts[1] - 1] + (leap && parts[1] == 2)) return false;
    *out = files_days(parts[0], parts[1], parts[2]);
    return true;
}

static type_id files_type_of(string_view text) {
    int64_t integer;
    double number;
    int32_t date;
    if (files_parse_int(text, &integer)) {
        return integer >= INT32_MIN && integer <= INT32_MAX ? TYPE_INT : TYPE_BIGINT;
    }
    if (files_parse_double(text, &number)) return TYPE_DOUBLE;
    if (files_parse_date(text, &date)) return TYPE_DATE;
    return TYPE_STRING;
}

/* The narrowest type that holds values of both; VOID is the start. */
static type_id files_type_wider(type_id a, type_id b) {
    if (a == TYPE_VOID || a == b) return b;
    bool numeric_a = a == TYPE_INT || a == TYPE_BIGINT || a == TYPE_DOUBLE;
    bool numeric_b = b == TYPE_INT || b == TYPE_BIGINT || b == TYPE_DOUBLE;
    if (!numeric_a || !numeric_b) return TYPE_STRING;
    return MAX(a, b);
}
static_assert(TYPE_INT < TYPE_BIGINT && TYPE_BIGINT < TYPE_DOUBLE,
              "files_type_wider takes the max");

static void files_infer(files_build *b) {
    for (uint32_t i = 0; i < b->partitions.count; i++) {
        type_id wide = TYPE_VOID;
        for (uint32_t f = 0; f < b->out->count; f++) {
            string_view text = b->texts[(size_t)f * b->partitions.count + i];
            if (text.data != NULL) wide = files_type_wider(wide, files_type_of(text));
        }
        b->partitions.items[i].type = type_simple(wide == TYPE_VOID ? TYPE_STRING : wide);
    }
}

static dbx_status files_value(files_build *b, type t, string_view text, vector *out) {
    *out = (vector){.type = t, .form = VECTOR_CONSTANT, .phys = (uint8_t)type_physical(t)};
    out->data = arena_alloc_zero(b->arena, 16);
    if (out->data == NULL) return error_nomem(b->err);
    if (text.data == NULL) {
        out->validity = arena_alloc_zero(b->arena, 8);
        return out->validity ? DBX_OK : error_nomem(b->err);
    }
    int64_t integer = 0;
    switch (t.id) {
    case TYPE_INT:
        (void)files_parse_int(text, &integer);
        VECTOR_DATA(out, int32_t)[0] = (int32_t)integer;
        break;
    case TYPE_BIGINT:
        (void)files_parse_int(text, VECTOR_DATA(out, int64_t));
        break;
    case TYPE_DOUBLE:
        (void)files_parse_double(text, VECTOR_DATA(out, double));
        break;
    case TYPE_DATE:
        (void)files_parse_date(text, VECTOR_DATA(out, int32_t));
        break;
    default:
        VECTOR_DATA(out, vstring)[0] = vstring_from(text.data, text.size);
        break;
    }
    return DBX_OK;
}

static dbx_status files_make_values(files_build *b) {
    uint32_t partitions = b->partitions.count;
    vector *values = ARENA_ARRAY(b->arena, vector, (size_t)b->out->count * partitions);
    if (values == NULL) return error_nomem(b->err);
    for (uint32_t f = 0; f < b->out->count; f++) {
        b->out->files[f].partitions = values + (size_t)f * partitions;
        for (uint32_t i = 0; i < partitions; i++) {
            size_t at = (size_t)f * partitions + i;
            TRY(files_value(b, b->partitions.items[i].type, b->texts[at], &values[at]));
        }
    }
    return DBX_OK;
}

/* ---- building ---- */

static bool files_name_wanted(const file_list_options *options, string_view path) {
    if (options == NULL || options->path_glob_filter.size == 0) return true;
    size_t at = path.size;
    while (at > 0 && path.data[at - 1] != '/') at--;
    return io_glob_match(options->path_glob_filter, (string_view){path.data + at, path.size - at});
}

static bool files_time_wanted(const file_list_options *o, int64_t modified_us) {
    if (o == NULL) return true;
    if (o->modified_after_us != 0 && modified_us <= o->modified_after_us) return false;
    return o->modified_before_us == 0 || modified_us < o->modified_before_us;
}

dbx_status file_list_build(file_list *out, const io_gate *gate, arena *a, const string_view *paths,
                           uint32_t path_count, const file_list_options *options, error *err) {
    assert(path_count > 0);
    memset(out, 0, sizeof(*out));
    io_listing listing = {.arena = a};
    for (uint32_t i = 0; i < path_count; i++) TRY(io_list(gate, paths[i], a, &listing, err));
    out->files = ARENA_ARRAY(a, file_entry, listing.entries.count + 1);
    if (out->files == NULL) return error_nomem(err);
    files_build b = {.out = out, .arena = a, .err = err, .options = options};
    io_entry *entries = listing.entries.items;
    for (uint32_t i = 0; i < listing.entries.count; i++) {
        if (!files_name_wanted(options, entries[i].path) ||
            !files_time_wanted(options, entries[i].modified_us))
            continue;
        entries[out->count] = entries[i];
        out->files[out->count++] = (file_entry){.path = entries[i].path,
                                                .size = entries[i].size,
                                                .modified_us = entries[i].modified_us};
        out->bytes += entries[i].size;
    }
    if (out->count == 0) {
        return error_raisef(err, ERR_PATH_NOT_FOUND, (span){0, 0}, "path", "%.*s",
                            SV_ARG(paths[0]));
    }
    if (options != NULL && options->no_partitions) return DBX_OK;
    for (uint32_t f = 0; f < out->count; f++) {
        TRY(files_each_partition(&b, f, &entries[f], files_visit_name));
    }
    if (b.partitions.count == 0) return DBX_OK;
    b.texts = ARENA_ARRAY(a, string_view, (size_t)out->count * b.partitions.count);
    if (b.texts == NULL) return error_nomem(err);
    for (uint32_t f = 0; f < out->count; f++) {
        TRY(files_each_partition(&b, f, &entries[f], files_visit_value));
    }
    if (options == NULL || !options->partitions_as_text) files_infer(&b);
    out->partitions = b.partitions.items;
    out->partition_count = b.partitions.count;
    return files_make_values(&b);
}

uint32_t file_list_partition(const file_list *list, string_view name) {
    return files_find(list->partitions, list->partition_count, name);
}

bool file_list_matches(const file_list *list, uint32_t file, uint32_t partition,
                       const scan_predicate *predicate) {
    assert(file < list->count);
    assert(partition < list->partition_count);
    const vector *value = &list->files[file].partitions[partition];
    bool is_null = !validity_get(value->validity, 0);
    prune_bounds bounds = {.has_min_max = !is_null,
                           .min = value,
                           .max = value,
                           .all_null = is_null,
                           .no_null = !is_null};
    return prune_test(predicate, &bounds) != PRUNE_NONE;
}

/* ---- schema ---- */

static const struct {
    const char *name;
    type_id id;
} files_metadata_fields[] = {
    {"file_path", TYPE_STRING},         {"file_name", TYPE_STRING},
    {"file_size", TYPE_BIGINT},         {"file_block_start", TYPE_BIGINT},
    {"file_block_length", TYPE_BIGINT}, {"file_modification_time", TYPE_TIMESTAMP},
};

dbx_status file_list_metadata_type(arena *a, type *out) {
    type_field fields[ARRAY_COUNT(files_metadata_fields)];
    memset(fields, 0, sizeof(fields));
    for (uint32_t i = 0; i < ARRAY_COUNT(fields); i++) {
        fields[i].name = sv_from(files_metadata_fields[i].name);
        fields[i].type = type_simple(files_metadata_fields[i].id);
    }
    return type_struct(a, fields, ARRAY_COUNT(fields), out);
}

dbx_status file_list_metadata(const file_list *list, uint32_t file, type t, arena *a, vector *out) {
    const file_entry *e = &list->files[file];
    uint32_t count = ARRAY_COUNT(files_metadata_fields);
    *out = (vector){.type = t, .form = VECTOR_CONSTANT, .phys = PHYS_STRUCT, .child_count = count};
    out->children = ARENA_ARRAY(a, vector, count);
    if (out->children == NULL) return DBX_NOMEM;
    size_t name_at = e->path.size;
    while (name_at > 0 && e->path.data[name_at - 1] != '/') name_at--;
    bool rooted = e->path.data[0] == '/';
    char *url = arena_printf(a, "%s%.*s", rooted ? "file://" : "", SV_ARG(e->path));
    if (url == NULL) return DBX_NOMEM;
    string_view texts[2] = {sv_from(url), {e->path.data + name_at, e->path.size - name_at}};
    int64_t numbers[4] = {(int64_t)e->size, 0, (int64_t)e->size, e->modified_us};
    for (uint32_t i = 0; i < count; i++) {
        vector *child = &out->children[i];
        type field = t.children[i].type;
        *child =
            (vector){.type = field, .form = VECTOR_CONSTANT, .phys = (uint8_t)type_physical(field)};
        child->data = arena_alloc_zero(a, 16);
        if (child->data == NULL) return DBX_NOMEM;
        if (i < 2)
            VECTOR_DATA(child, vstring)[0] = vstring_from(texts[i].data, texts[i].size);
        else
            VECTOR_DATA(child, int64_t)[0] = numbers[i - 2];
    }
    return DBX_OK;
}

dbx_status file_list_columns(const file_list *list, arena *a, const source_column *data,
                             uint32_t data_count, source_column **columns, file_column **kinds,
                             uint32_t *count) {
    uint32_t capacity = data_count + list->partition_count + 1;
    source_column *out = ARENA_ARRAY(a, source_column, capacity);
    file_column *kind = ARENA_ARRAY(a, file_column, capacity);
    bool placed[FILE_LIST_PARTITIONS_MAX] = {false};
    if (out == NULL || kind == NULL) return DBX_NOMEM;
    uint32_t n = 0;
    for (uint32_t i = 0; i < data_count; i++, n++) {
        out[n] = data[i];
        kind[n] = (file_column){FILE_COLUMN_DATA, i};
        uint32_t p = file_list_partition(list, data[i].name);
        if (p == UINT32_MAX || placed[p]) continue;
        placed[p] = true;
        out[n].type = list->partitions[p].type;
        out[n].nullable = true;
        kind[n] = (file_column){FILE_COLUMN_PARTITION, p};
    }
    for (uint32_t p = 0; p < list->partition_count; p++) {
        if (placed[p]) continue;
        out[n] = (source_column){
            .name = list->partitions[p].name, .type = list->partitions[p].type, .nullable = true};
        kind[n++] = (file_column){FILE_COLUMN_PARTITION, p};
    }
    out[n] = (source_column){.name = SV("_metadata"), .hidden = true};
    TRY(file_list_metadata_type(a, &out[n].type));
    kind[n++] = (file_column){FILE_COLUMN_METADATA, 0};
    *columns = out;
    *kinds = kind;
    *count = n;
    return DBX_OK;
}

void file_list_prune(const file_list *list, const file_column *kinds, const scan_spec *spec,
                     bool *wanted) {
    for (uint32_t f = 0; f < list->count; f++) wanted[f] = true;
    for (uint32_t p = 0; p < spec->predicate_count; p++) {
        const scan_predicate *predicate = &spec->predicates[p];
        const file_column *kind = &kinds[predicate->column];
        if (kind->kind != FILE_COLUMN_PARTITION || predicate->op == SCAN_RUNTIME) continue;
        for (uint32_t f = 0; f < list->count; f++) {
            wanted[f] = wanted[f] && file_list_matches(list, f, kind->index, predicate);
        }
        spec->exact[p] = true;
    }
}

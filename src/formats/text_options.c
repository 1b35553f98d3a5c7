/* text_options.c - see text_options.h. */
#include "formats/text_options.h"

#include "vector/type_parse.h"

static dbx_status option_mode(const table_argument *a, string_view text, text_mode *out,
                              error *err) {
    static const char *const names[] = {"PERMISSIVE", "DROPMALFORMED", "FAILFAST"};
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(text, sv_from(names[i]))) continue;
        *out = (text_mode)(TEXT_MODE_PERMISSIVE + i);
        return DBX_OK;
    }
    return argument_raise(a, "it is not PERMISSIVE, DROPMALFORMED or FAILFAST", err);
}

static dbx_status option_schema(text_source *s, const table_argument *a, string_view text,
                                error *err) {
    type t;
    type_parse_failure failure;
    dbx_status status = type_parse_columns(&s->arena, text, &t, &failure);
    if (status == DBX_NOMEM) return error_nomem(err);
    if (status != DBX_OK || t.child_count == 0)
        return argument_raise(a, "it is not a list of names and types, such as 'a INT, b STRING'",
                              err);
    s->options.schema = ARENA_ARRAY(&s->arena, source_column, t.child_count);
    if (s->options.schema == NULL) return error_nomem(err);
    s->options.schema_count = t.child_count;
    for (uint32_t i = 0; i < t.child_count; i++) { /* NOT NULL: a file promises nothing */
        const type_field *f = &t.children[i];
        s->options.schema[i] = (source_column){
            .name = f->name, .type = f->type, .nullable = true, .comment = f->comment};
    }
    return DBX_OK;
}

static dbx_status option_format(text_source *s, const table_argument *a, string_view pattern,
                                const datetime_format **out, error *err) {
    datetime_format *compiled = ARENA_NEW(&s->arena, datetime_format);
    if (compiled == NULL) return error_nomem(err);
    *out = compiled;
    return datetime_format_compile(&s->arena, pattern, true, compiled, a->position, err);
}

static dbx_status option_line_end(text_source *s, const table_argument *a, string_view text,
                                  error *err) {
    if (sv_equal(text, SV("\n")) || sv_equal(text, SV("\r\n"))) return DBX_OK;
    if (sv_equal(text, SV("\r"))) {
        s->options.decoder.carriage = true;
        return DBX_OK;
    }
    if (text.size != 1)
        return argument_raise(a, "it is not one character, or a carriage return and a line feed",
                              err);
    s->options.line_end = text.data[0];
    return DBX_OK;
}

static dbx_status option_modified(text_source *s, const table_argument *a, string_view text,
                                  int64_t *out, error *err) {
    bool zoned;
    int64_t micros;
    int32_t days;
    if (text_parse_date(text, &days)) {
        micros = days * INT64_C(86400000000);
        zoned = false;
    } else if (!text_parse_timestamp(text, &micros, &zoned)) {
        return argument_raise(a, "it is not a timestamp such as 2020-06-01T13:00:00", err);
    }
    *out = zoned ? micros : time_zone_to_utc(s->options.values.zone, micros);
    return DBX_OK;
}

typedef enum option_id {
    OPTION_SCHEMA,
    OPTION_MODE,
    OPTION_NULL_VALUE,
    OPTION_DATE_FORMAT,
    OPTION_TIMESTAMP_FORMAT,
    OPTION_TIMESTAMP_NTZ_FORMAT,
    OPTION_TIME_ZONE,
    OPTION_CORRUPT_COLUMN,
    OPTION_RESCUED_COLUMN,
    OPTION_ENCODING,
    OPTION_LINE_END,
    OPTION_COMPRESSION,
    OPTION_GLOB,
    OPTION_MODIFIED_AFTER,
    OPTION_MODIFIED_BEFORE,
} option_id;

static const struct {
    const char *name;
    option_id id;
} option_names[] = {
    {"schema", OPTION_SCHEMA},
    {"mode", OPTION_MODE},
    {"nullValue", OPTION_NULL_VALUE},
    {"nullstr", OPTION_NULL_VALUE},
    {"dateFormat", OPTION_DATE_FORMAT},
    {"timestampFormat", OPTION_TIMESTAMP_FORMAT},
    {"timestampNTZFormat", OPTION_TIMESTAMP_NTZ_FORMAT},
    {"timeZone", OPTION_TIME_ZONE},
    {"columnNameOfCorruptRecord", OPTION_CORRUPT_COLUMN},
    {"rescuedDataColumn", OPTION_RESCUED_COLUMN},
    {"encoding", OPTION_ENCODING},
    {"charset", OPTION_ENCODING},
    {"lineSep", OPTION_LINE_END},
    {"compression", OPTION_COMPRESSION},
    {"codec", OPTION_COMPRESSION},
    {"pathGlobFilter", OPTION_GLOB},
    {"fileNamePattern", OPTION_GLOB},
    {"modifiedAfter", OPTION_MODIFIED_AFTER},
    {"modifiedBefore", OPTION_MODIFIED_BEFORE},
};

static dbx_status option_set(text_source *s, const table_argument *a, option_id id,
                             string_view text, error *err) {
    text_options *o = &s->options;
    switch (id) {
    case OPTION_SCHEMA:
        return option_schema(s, a, text, err);
    case OPTION_MODE:
        return option_mode(a, text, &o->mode, err);
    case OPTION_NULL_VALUE:
        o->values.null_text = text;
        return DBX_OK;
    case OPTION_DATE_FORMAT:
        return option_format(s, a, text, &o->values.date_format, err);
    case OPTION_TIMESTAMP_FORMAT:
        return option_format(s, a, text, &o->values.timestamp_format, err);
    case OPTION_TIMESTAMP_NTZ_FORMAT:
        return option_format(s, a, text, &o->values.timestamp_ntz_format, err);
    case OPTION_TIME_ZONE:
        o->zone_name = text;
        return time_zone_load(&s->arena, text, &o->values.zone, err);
    case OPTION_CORRUPT_COLUMN:
        o->corrupt_given = text.size > 0;
        o->corrupt_column = text;
        return DBX_OK;
    case OPTION_RESCUED_COLUMN:
        o->rescued_column = text;
        return DBX_OK;
    case OPTION_ENCODING:
        return text_encoding_from_name(text, &o->decoder.encoding)
                   ? DBX_OK
                   : argument_raise(a, "it is not UTF-8, UTF-16, ISO-8859-1 or windows-1252", err);
    case OPTION_LINE_END:
        return option_line_end(s, a, text, err);
    case OPTION_COMPRESSION:
        return io_stream_codec_from_name(text, &o->codec)
                   ? DBX_OK
                   : argument_raise(a, "it is not a known codec", err);
    case OPTION_GLOB:
        o->list.path_glob_filter = text;
        return DBX_OK;
    case OPTION_MODIFIED_AFTER:
        return option_modified(s, a, text, &o->list.modified_after_us, err);
    case OPTION_MODIFIED_BEFORE:
        return option_modified(s, a, text, &o->list.modified_before_us, err);
    }
    return DBX_BUG;
}

dbx_status text_option(text_source *s, const table_argument *a, bool *taken, error *err) {
    text_options *o = &s->options;
    string_view text;
    bool flag;
    if (argument_is(a, "inferSchema") || argument_is(a, "inferColumnTypes"))
        return argument_bool(a, &o->infer_types, err);
    if (argument_is(a, "recursiveFileLookup")) return argument_bool(a, &o->list.no_partitions, err);
    if (argument_is(a, "multiLine")) return argument_bool(a, &flag, err); /* seen from the text */
    /* All files' names are joined, or one has them all: schemas are merged where they differ. */
    if (argument_is(a, "mergeSchema")) return argument_bool(a, &flag, err);
    if (argument_is(a, "samplingRatio")) return argument_double(a, 0, 1, &o->sampling_ratio, err);
    for (uint32_t i = 0; i < ARRAY_COUNT(option_names); i++) {
        if (!argument_is(a, option_names[i].name)) continue;
        TRY(argument_text(a, &s->arena, &text, err));
        return option_set(s, a, option_names[i].id, text, err);
    }
    *taken = false;
    return DBX_OK;
}

dbx_status text_argument_char(const table_argument *a, arena *to, char *out, error *err) {
    string_view text;
    TRY(argument_text(a, to, &text, err));
    if (text.size == 0 || sv_equal(text, SV("\\0")))
        *out = '\0';
    else if (text.size == 1)
        *out = text.data[0];
    else if (sv_equal(text, SV("\\t")))
        *out = '\t';
    else if (sv_equal(text, SV("\\\\")))
        *out = '\\';
    else
        return argument_raise(a, "it is not one character", err);
    return DBX_OK;
}

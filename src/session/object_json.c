/* object_json.c - DESCRIBE … EXTENDED … AS JSON: a table's or view's definition as one JSON object,
 * with the names and the order of Spark. */
#include "session/object_info.h"

#include "vector/collation.h"

static dbx_status object_json_string(buffer *out, string_view s) {
    TRY(buffer_append_char(out, '"'));
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '"' || c == '\\') {
            TRY(buffer_append_char(out, '\\'));
            TRY(buffer_append_char(out, c));
        } else if (c == '\n') {
            TRY(buffer_append_sv(out, SV("\\n")));
        } else if ((unsigned char)c < 0x20) {
            TRY(buffer_printf(out, "\\u%04x", c));
        } else {
            TRY(buffer_append_char(out, c));
        }
    }
    return buffer_append_char(out, '"');
}

/* "key": the separating comma is left out after an opening bracket. */
static dbx_status object_json_key(buffer *out, const char *key) {
    char last = out->size > 0 ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[') TRY(buffer_append_char(out, ','));
    TRY(object_json_string(out, sv_from(key)));
    return buffer_append_char(out, ':');
}

static dbx_status object_json_text(buffer *out, const char *key, string_view value) {
    TRY(object_json_key(out, key));
    return object_json_string(out, value);
}

static dbx_status object_json_item(buffer *out, string_view value) {
    if (out->data[out->size - 1] != '[') TRY(buffer_append_char(out, ','));
    return object_json_string(out, value);
}

/* ---- types ---- */

static dbx_status object_json_type(buffer *out, type t);

static dbx_status object_json_fields(buffer *out, type t) {
    TRY(object_json_key(out, "fields"));
    TRY(buffer_append_char(out, '['));
    for (uint32_t i = 0; i < t.child_count; i++) {
        TRY(buffer_append_sv(out, i > 0 ? SV(",{") : SV("{")));
        TRY(object_json_text(out, "name", t.children[i].name));
        TRY(object_json_key(out, "type"));
        TRY(object_json_type(out, t.children[i].type));
        TRY(object_json_key(out, "nullable"));
        TRY(buffer_append_sv(out, t.children[i].nullable ? SV("true") : SV("false")));
        if (t.children[i].comment.size > 0)
            TRY(object_json_text(out, "comment", t.children[i].comment));
        TRY(buffer_append_char(out, '}'));
    }
    return buffer_append_char(out, ']');
}

static dbx_status object_json_interval(buffer *out, type t) {
    static const char *const months[] = {"year", "month"};
    static const char *const days[] = {"day", "hour", "minute", "second"};
    const char *const *units = t.id == TYPE_INTERVAL_YM ? months : days;
    TRY(object_json_text(out, "name", SV("interval")));
    TRY(object_json_text(out, "start_unit", sv_from(units[t.precision])));
    return object_json_text(out, "end_unit", sv_from(units[t.scale]));
}

static dbx_status object_json_string_type(buffer *out, type t) {
    static const char *const names[] = {"string", "char", "varchar"};
    TRY(object_json_text(out, "name", sv_from(names[t.char_kind])));
    if (t.char_kind != CHAR_KIND_STRING) {
        TRY(object_json_key(out, "length"));
        return buffer_printf(out, "%u", t.length);
    }
    TRY(object_json_key(out, "collation"));
    TRY(buffer_append_char(out, '"'));
    TRY(collation_append_name(out, t.collation));
    return buffer_append_char(out, '"');
}

static dbx_status object_json_type(buffer *out, type t) {
    TRY(buffer_append_char(out, '{'));
    switch ((type_id)t.id) {
    case TYPE_STRING:
        TRY(object_json_string_type(out, t));
        break;
    case TYPE_DECIMAL:
        TRY(object_json_text(out, "name", SV("decimal")));
        TRY(object_json_key(out, "precision"));
        TRY(buffer_printf(out, "%u", t.precision));
        TRY(object_json_key(out, "scale"));
        TRY(buffer_printf(out, "%u", t.scale));
        break;
    case TYPE_ARRAY:
        TRY(object_json_text(out, "name", SV("array")));
        TRY(object_json_key(out, "element_type"));
        TRY(object_json_type(out, t.children[0].type));
        TRY(object_json_key(out, "element_nullable"));
        TRY(buffer_append_sv(out, t.children[0].nullable ? SV("true") : SV("false")));
        break;
    case TYPE_MAP:
        TRY(object_json_text(out, "name", SV("map")));
        TRY(object_json_key(out, "key_type"));
        TRY(object_json_type(out, t.children[0].type));
        TRY(object_json_key(out, "value_type"));
        TRY(object_json_type(out, t.children[1].type));
        TRY(object_json_key(out, "value_nullable"));
        TRY(buffer_append_sv(out, t.children[1].nullable ? SV("true") : SV("false")));
        break;
    case TYPE_STRUCT:
        TRY(object_json_text(out, "name", SV("struct")));
        TRY(object_json_fields(out, t));
        break;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        TRY(object_json_interval(out, t));
        break;
    case TYPE_TIMESTAMP:
        TRY(object_json_text(out, "name", SV("timestamp_ltz")));
        break;
    default: {
        TRY(object_json_key(out, "name"));
        TRY(buffer_append_char(out, '"'));
        TRY(type_append_name(out, t));
        TRY(buffer_append_char(out, '"'));
        break;
    }
    }
    return buffer_append_char(out, '}');
}

static dbx_status object_json_columns(buffer *out, const catalog_column *columns, uint32_t count) {
    TRY(object_json_key(out, "columns"));
    TRY(buffer_append_char(out, '['));
    for (uint32_t i = 0; i < count; i++) {
        const catalog_column *c = &columns[i];
        TRY(buffer_append_sv(out, i > 0 ? SV(",{") : SV("{")));
        TRY(object_json_text(out, "name", c->name));
        TRY(object_json_key(out, "type"));
        TRY(object_json_type(out, c->type));
        if (c->comment.data != NULL) TRY(object_json_text(out, "comment", c->comment));
        TRY(object_json_key(out, "nullable"));
        TRY(buffer_append_sv(out, c->nullable ? SV("true") : SV("false")));
        if (c->default_text.data != NULL) TRY(object_json_text(out, "default", c->default_text));
        TRY(buffer_append_char(out, '}'));
    }
    return buffer_append_char(out, ']');
}

/* ---- objects ---- */

static dbx_status object_json_properties(buffer *out, const char *key, const catalog_property *p,
                                         uint32_t count) {
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        if (property_is_reserved(p[i].key)) continue;
        if (!any) {
            TRY(object_json_key(out, key));
            TRY(buffer_append_char(out, '{'));
        }
        any = true;
        if (out->data[out->size - 1] != '{') TRY(buffer_append_char(out, ','));
        TRY(object_json_string(out, p[i].key));
        TRY(buffer_append_char(out, ':'));
        TRY(object_json_string(out, property_shown(&p[i])));
    }
    return any ? buffer_append_char(out, '}') : DBX_OK;
}

static dbx_status object_json_names(buffer *out, const char *key, const string_view *names,
                                    uint32_t count) {
    TRY(object_json_key(out, key));
    TRY(buffer_append_char(out, '['));
    for (uint32_t i = 0; i < count; i++) TRY(object_json_item(out, names[i]));
    return buffer_append_char(out, ']');
}

/* "`a`, `b`" as an array of names. */
static dbx_status object_json_quoted_names(buffer *out, const char *key, string_view list) {
    TRY(object_json_key(out, key));
    TRY(buffer_append_char(out, '['));
    for (size_t i = 0; i < list.size; i++) {
        if (list.data[i] != '`') continue;
        size_t end = i + 1;
        while (end < list.size && list.data[end] != '`') end++;
        TRY(object_json_item(out, (string_view){list.data + i + 1, end - i - 1}));
        i = end;
    }
    return buffer_append_char(out, ']');
}

static dbx_status object_json_buckets(buffer *out, const catalog_info *info) {
    string_view count = property_text(info, PROPERTY_BUCKET_COUNT);
    if (count.data == NULL) return DBX_OK;
    TRY(object_json_key(out, "num_buckets"));
    TRY(buffer_append_sv(out, count));
    TRY(object_json_quoted_names(out, "bucket_columns",
                                 property_text(info, PROPERTY_BUCKET_COLUMNS)));
    return object_json_quoted_names(out, "sort_columns",
                                    property_text(info, PROPERTY_SORT_COLUMNS));
}

/* The labelled rows that Spark repeats as they are. */
static dbx_status object_json_rows(buffer *out, const object_info *rows) {
    static const struct {
        const char *label, *key;
    } names[] = {{"Owner", "owner"},
                 {"Created Time", "created_time"},
                 {"Last Access", "last_access"},
                 {"Created By", "created_by"},
                 {"Type", "type"},
                 {"Provider", "provider"},
                 {"Comment", "comment"},
                 {"View Text", "view_text"},
                 {"View Original Text", "view_original_text"},
                 {"View Schema Mode", "view_schema_mode"},
                 {"View Catalog and Namespace", "view_catalog_and_namespace"}};
    for (uint32_t i = 0; i < rows->count; i++) {
        for (uint32_t k = 0; k < ARRAY_COUNT(names); k++) {
            if (strcmp(rows->items[i].label, names[k].label) == 0)
                TRY(object_json_text(out, names[k].key, rows->items[i].text));
        }
    }
    return DBX_OK;
}

static dbx_status object_json_view_columns(buffer *out, const object_info *rows) {
    for (uint32_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].label, "View Query Output Columns") == 0)
            TRY(object_json_quoted_names(out, "view_query_output_columns", rows->items[i].text));
    }
    return DBX_OK;
}

dbx_status object_append_json(statement_call *call, const catalog_object *o,
                              const string_view *partition, buffer *out) {
    const catalog_table *table = catalog_as_table(o);
    object_info rows;
    TRY(object_info_collect(call, o, &rows));
    uint32_t count;
    const catalog_column *columns = object_column_list(o, &count);
    TRY(buffer_append_char(out, '{'));
    TRY(object_json_text(out, "table_name", o->info.name));
    if (!o->is_temporary) {
        TRY(object_json_text(out, "catalog_name", o->catalog_name));
        TRY(object_json_names(out, "namespace", &o->schema_name, 1));
        TRY(object_json_text(out, "schema_name", o->schema_name));
    }
    TRY(object_json_columns(out, columns, count));
    if (partition != NULL) {
        TRY(object_json_key(out, "partition_values"));
        TRY(buffer_append_char(out, '{'));
        for (uint32_t i = 0; i < table->def.partition_column_count; i++) {
            if (i > 0) TRY(buffer_append_char(out, ','));
            TRY(object_json_string(out, table->def.partition_columns[i]));
            TRY(buffer_append_char(out, ':'));
            TRY(object_json_string(out, partition[i]));
        }
        TRY(buffer_append_char(out, '}'));
    }
    if (table != NULL) {
        if (partition == NULL) TRY(object_json_buckets(out, &o->info));
        TRY(object_json_text(out, "location", object_location(call, o)));
        TRY(object_json_properties(out, "storage_properties", table->def.options,
                                   table->def.option_count));
    }
    TRY(object_json_rows(out, &rows));
    if (partition != NULL) TRY(object_json_buckets(out, &o->info));
    TRY(object_json_view_columns(out, &rows));
    TRY(object_json_properties(out, "table_properties", o->info.properties,
                               o->info.property_count));
    if (table != NULL && table->def.partition_column_count > 0) {
        TRY(object_json_text(out, "partition_provider", SV("Catalog")));
        TRY(object_json_names(out, "partition_columns", table->def.partition_columns,
                              table->def.partition_column_count));
    }
    string_view collation = property_text(&o->info, PROPERTY_COLLATION);
    TRY(object_json_text(out, "collation", collation.data ? collation : SV("UTF8_BINARY")));
    return buffer_append_char(out, '}');
}

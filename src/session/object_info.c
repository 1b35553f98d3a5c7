/* object_info.c - see object_info.h. */
#include "session/object_info.h"

#include "functions/cast.h"

/* ---- properties ---- */

bool property_is_reserved(string_view key) {
    return sv_starts_with(key, SV("dbx.")) || sv_starts_with(key, SV("view."));
}

static bool property_key_contains(string_view key, string_view word) {
    for (size_t i = 0; i + word.size <= key.size; i++) {
        if (sv_equal_ignore_case((string_view){key.data + i, word.size}, word)) return true;
    }
    return false;
}

string_view property_shown(const catalog_property *p) {
    static const char *const secrets[] = {"secret",    "password",   "token",
                                          "accesskey", "access.key", "url"};
    for (uint32_t i = 0; i < ARRAY_COUNT(secrets); i++) {
        if (property_key_contains(p->key, sv_from(secrets[i]))) return SV("*********(redacted)");
    }
    return p->value;
}

string_view property_text(const catalog_info *info, const char *key) {
    const catalog_property *p = catalog_find_property(info, sv_from(key));
    return p == NULL ? (string_view){0} : p->value;
}

/* ---- names ---- */

static bool object_name_is_plain(string_view name) {
    bool digits = true;
    for (size_t i = 0; i < name.size; i++) {
        char c = ascii_lower(name.data[i]);
        if (!((c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '_')) return false;
        digits &= ascii_is_digit(c);
    }
    return !digits;
}

static dbx_status object_append_quoted(buffer *out, string_view name) {
    TRY(buffer_append_char(out, '`'));
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') TRY(buffer_append_char(out, '`'));
        TRY(buffer_append_char(out, name.data[i]));
    }
    return buffer_append_char(out, '`');
}

dbx_status object_append_path(buffer *out, const string_view *parts, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_char(out, '.'));
        TRY(object_name_is_plain(parts[i]) ? buffer_append_sv(out, parts[i])
                                           : object_append_quoted(out, parts[i]));
    }
    return DBX_OK;
}

/* Text of a buffer in the statement's arena, and the buffer's end. */
static string_view object_keep(statement_call *call, buffer *text, dbx_status status) {
    string_view copy = {0};
    if (status == DBX_OK) {
        copy =
            arena_copy_string(&call->execution->arena, text->size > 0 ? buffer_view(text) : SV(""));
    }
    buffer_deinit(text);
    return copy;
}

const char *object_quoted_list(statement_call *call, const string_view *names, uint32_t count) {
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        if (i > 0) status = buffer_append_sv(&text, SV(", "));
        if (status == DBX_OK) status = object_append_quoted(&text, names[i]);
    }
    return object_keep(call, &text, status).data;
}

const catalog_column *object_column_list(const catalog_object *o, uint32_t *count) {
    const catalog_table *table = catalog_as_table(o);
    const catalog_view *view = catalog_as_view(o);
    *count = table ? table->def.column_count : view ? view->def.schema_count : 0;
    return table ? table->def.columns : view ? view->def.schema : NULL;
}

string_view object_location(statement_call *call, const catalog_object *o) {
    const catalog_table *table = catalog_as_table(o);
    arena *a = &call->execution->arena;
    char *text;
    if (table != NULL && table->def.location.data != NULL) {
        bool absolute = sv_starts_with(table->def.location, SV("/"));
        text = arena_printf(a, absolute ? "file:" SV_FMT : SV_FMT, SV_ARG(table->def.location));
    } else {
        text = arena_printf(a, "file:dbx/" SV_FMT "/" SV_FMT "/" SV_FMT, SV_ARG(o->catalog_name),
                            SV_ARG(o->schema_name), SV_ARG(o->info.name));
    }
    return sv_from(text);
}

/* ---- rows ---- */

static dbx_status info_push(statement_call *call, object_info *out, const char *label,
                            string_view text) {
    if (text.data == NULL) return error_nomem(call->execution->err);
    object_info_row row = {label, text};
    if (ARENA_LIST_PUSH(&call->execution->arena, out, row) != DBX_OK)
        return error_nomem(call->execution->err);
    return DBX_OK;
}

/* "[a=1, b=2]" of what may be shown; no row when there is nothing. */
static dbx_status info_properties(statement_call *call, object_info *out, const char *label,
                                  const catalog_property *p, uint32_t count) {
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = buffer_append_char(&text, '[');
    bool any = false;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        if (property_is_reserved(p[i].key)) continue;
        status = buffer_printf(&text, "%s" SV_FMT "=" SV_FMT, any ? ", " : "", SV_ARG(p[i].key),
                               SV_ARG(property_shown(&p[i])));
        any = true;
    }
    if (status == DBX_OK) status = buffer_append_char(&text, ']');
    string_view kept = object_keep(call, &text, status);
    return any || kept.data == NULL ? info_push(call, out, label, kept) : DBX_OK;
}

string_view object_properties_text(statement_call *call, const catalog_info *info) {
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = DBX_OK;
    bool any = false;
    for (uint32_t i = 0; status == DBX_OK && i < info->property_count; i++) {
        const catalog_property *p = &info->properties[i];
        if (property_is_reserved(p->key)) continue;
        status = buffer_printf(&text, "%s(" SV_FMT "," SV_FMT ")", any ? ", " : "(", SV_ARG(p->key),
                               SV_ARG(property_shown(p)));
        any = true;
    }
    if (status == DBX_OK && any) status = buffer_append_char(&text, ')');
    return object_keep(call, &text, status);
}

static string_view info_time(statement_call *call, int64_t microseconds) {
    execution *e = call->execution;
    vector v;
    buffer text;
    buffer_init(&text, &e->query.ledger);
    dbx_status status = vector_init(&v, type_simple(TYPE_TIMESTAMP), 1, &e->arena);
    if (status == DBX_OK) {
        VECTOR_DATA(&v, int64_t)[0] = microseconds;
        status = value_append_text(&text, &v, 0, DBX_TEXT_HIVE, &e->query);
    }
    return object_keep(call, &text, status);
}

static dbx_status info_bracketed(statement_call *call, object_info *out, const char *label,
                                 string_view list) {
    return info_push(call, out, label,
                     sv_from(arena_printf(&call->execution->arena, "[" SV_FMT "]", SV_ARG(list))));
}

static dbx_status info_buckets(statement_call *call, object_info *out, const catalog_info *info) {
    string_view count = property_text(info, PROPERTY_BUCKET_COUNT);
    if (count.data == NULL) return DBX_OK;
    TRY(info_push(call, out, "Num Buckets", count));
    TRY(info_bracketed(call, out, "Bucket Columns", property_text(info, PROPERTY_BUCKET_COLUMNS)));
    return info_bracketed(call, out, "Sort Columns", property_text(info, PROPERTY_SORT_COLUMNS));
}

static dbx_status info_statistics(statement_call *call, object_info *out,
                                  const catalog_info *info) {
    string_view rows = property_text(info, PROPERTY_ROW_COUNT);
    string_view bytes = property_text(info, PROPERTY_BYTE_COUNT);
    if (bytes.data == NULL) return DBX_OK;
    arena *a = &call->execution->arena;
    char *text = rows.data == NULL ? arena_printf(a, SV_FMT " bytes", SV_ARG(bytes))
                                   : arena_printf(a, SV_FMT " bytes, " SV_FMT " rows",
                                                  SV_ARG(bytes), SV_ARG(rows));
    return info_push(call, out, "Statistics", sv_from(text));
}

static const char *const info_binding_names[] = {[CATALOG_VIEW_COMPENSATION] = "COMPENSATION",
                                                 [CATALOG_VIEW_BINDING] = "BINDING",
                                                 [CATALOG_VIEW_TYPE_EVOLUTION] = "TYPE EVOLUTION",
                                                 [CATALOG_VIEW_EVOLUTION] = "EVOLUTION"};

static dbx_status info_view_columns(statement_call *call, object_info *out,
                                    const catalog_info *info) {
    arena *a = &call->execution->arena;
    ARENA_LIST(string_view) names = {0};
    for (;;) {
        char *key = arena_printf(a, PROPERTY_VIEW_COLUMN "%u", names.count);
        if (key == NULL) return error_nomem(call->execution->err);
        string_view name = property_text(info, key);
        if (name.data == NULL) break;
        if (ARENA_LIST_PUSH(a, &names, name) != DBX_OK) return error_nomem(call->execution->err);
    }
    if (names.count == 0) return DBX_OK;
    return info_bracketed(call, out, "View Query Output Columns",
                          sv_from(object_quoted_list(call, names.items, names.count)));
}

static dbx_status info_view(statement_call *call, object_info *out, const catalog_view *view) {
    const catalog_view_def *d = &view->def;
    const session *s = call->execution->session;
    bool files = property_text(&view->base.info, PROPERTY_VIEW_PROVIDER).data != NULL;
    if (!files) TRY(info_push(call, out, "View Text", d->sql));
    if (!view->base.is_temporary) TRY(info_push(call, out, "View Original Text", d->sql));
    if (s->settings.view_schema_binding) {
        TRY(info_push(call, out, "View Schema Mode", sv_from(info_binding_names[d->binding])));
    }
    if (files) return DBX_OK;
    string_view path[] = {d->current_catalog, d->current_schema};
    buffer text;
    buffer_init(&text, &call->execution->query.ledger);
    dbx_status status = object_append_path(&text, path, 2);
    TRY(info_push(call, out, "View Catalog and Namespace", object_keep(call, &text, status)));
    return info_view_columns(call, out, &view->base.info);
}

dbx_status object_info_collect(statement_call *call, const catalog_object *o, object_info *out) {
    const catalog_table *table = catalog_as_table(o);
    const catalog_view *view = catalog_as_view(o);
    const catalog_info *info = &o->info;
    *out = (object_info){0};
    if (!o->is_temporary) {
        TRY(info_push(call, out, "Catalog", o->catalog_name));
        TRY(info_push(call, out, "Database", o->schema_name));
    }
    TRY(info_push(call, out, "Table", info->name));
    if (info->owner.size > 0 && !sv_equal(info->owner, call->execution->query.user_name))
        TRY(info_push(call, out, "Owner", info->owner));
    TRY(info_push(call, out, "Created Time", info_time(call, info->created_us)));
    TRY(info_push(call, out, "Last Access", SV("UNKNOWN")));
    TRY(info_push(call, out, "Created By", SV("dbx")));
    bool external = table != NULL && table->def.location.data != NULL;
    TRY(info_push(call, out, "Type",
                  view       ? SV("VIEW")
                  : external ? SV("EXTERNAL")
                             : SV("MANAGED")));
    if (table != NULL) {
        TRY(info_push(call, out, "Provider",
                      table->def.provider.size > 0 ? table->def.provider : SV("dbx")));
        TRY(info_buckets(call, out, info));
    }
    if (info->comment.data != NULL) TRY(info_push(call, out, "Comment", info->comment));
    string_view collation = property_text(info, PROPERTY_COLLATION);
    if (collation.data != NULL) TRY(info_push(call, out, "Collation", collation));
    if (view != NULL) TRY(info_view(call, out, view));
    TRY(info_properties(call, out, "Table Properties", info->properties, info->property_count));
    TRY(info_statistics(call, out, info));
    if (table == NULL) return DBX_OK;
    TRY(info_push(call, out, "Location", object_location(call, o)));
    TRY(info_properties(call, out, "Storage Properties", table->def.options,
                        table->def.option_count));
    if (table->def.partition_column_count > 0)
        TRY(info_push(call, out, "Partition Provider", SV("Catalog")));
    return DBX_OK;
}

/* ---- the schema as a tree ---- */

static dbx_status tree_type_name(buffer *out, type t) {
    static const char *const names[TYPE_ID_COUNT] = {
        [TYPE_TINYINT] = "byte", [TYPE_SMALLINT] = "short", [TYPE_INT] = "integer",
        [TYPE_BIGINT] = "long",  [TYPE_ARRAY] = "array",    [TYPE_MAP] = "map",
        [TYPE_STRUCT] = "struct"};
    if (names[t.id] != NULL) return buffer_append_sv(out, sv_from(names[t.id]));
    return type_append_name(out, t);
}

static dbx_status tree_line(buffer *out, uint32_t depth, string_view name, type t, const char *flag,
                            bool nullable);

static dbx_status tree_children(buffer *out, uint32_t depth, type t) {
    for (uint32_t i = 0; i < t.child_count; i++) {
        const type_field *f = &t.children[i];
        if (t.id == TYPE_MAP && i == 0) {
            TRY(tree_line(out, depth, f->name, f->type, NULL, false));
            continue;
        }
        bool field = t.id == TYPE_STRUCT;
        const char *flag = field              ? "nullable"
                           : t.id == TYPE_MAP ? "valueContainsNull"
                                              : "containsNull";
        TRY(tree_line(out, depth, f->name, f->type, flag, f->nullable));
    }
    return DBX_OK;
}

static dbx_status tree_line(buffer *out, uint32_t depth, string_view name, type t, const char *flag,
                            bool nullable) {
    for (uint32_t i = 0; i < depth; i++) TRY(buffer_append_sv(out, SV(" |   ")));
    TRY(buffer_printf(out, " |-- " SV_FMT ": ", SV_ARG(name)));
    TRY(tree_type_name(out, t));
    if (flag != NULL) TRY(buffer_printf(out, " (%s = %s)", flag, nullable ? "true" : "false"));
    TRY(buffer_append_char(out, '\n'));
    return depth < TYPE_DEPTH_MAX ? tree_children(out, depth + 1, t) : DBX_OK;
}

dbx_status object_append_tree(buffer *out, const catalog_column *columns, uint32_t count) {
    TRY(buffer_append_sv(out, SV("root\n")));
    for (uint32_t i = 0; i < count; i++) {
        TRY(tree_line(out, 0, columns[i].name, columns[i].type, "nullable", columns[i].nullable));
    }
    return DBX_OK;
}

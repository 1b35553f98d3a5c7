/* information_schema.c - see information_schema.h. */
#include "session/information_schema.h"

typedef struct infoschema_writer {
    buffer text;
    uint32_t column; /* of the row under way */
} infoschema_writer;

typedef struct infoschema_place {
    const catalog_space *space;
    const catalog_schema *schema; /* NULL: the row is about the catalog */
    const catalog_object *object; /* NULL: about the schema */
} infoschema_place;

typedef dbx_status (*infoschema_fill)(infoschema_writer *w, const infoschema_place *at);

/* ---- writing rows ---- */

static dbx_status infoschema_begin(infoschema_writer *w) {
    w->column = 0;
    return buffer_append_sv(&w->text, SV(", ("));
}

static dbx_status infoschema_end(infoschema_writer *w) {
    return buffer_append_char(&w->text, ')');
}

static dbx_status infoschema_text(infoschema_writer *w, string_view value) {
    if (w->column++ > 0) TRY(buffer_append_sv(&w->text, SV(", ")));
    if (value.data == NULL) return buffer_append_sv(&w->text, SV("NULL"));
    TRY(buffer_append_char(&w->text, '\''));
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '\'' || value.data[i] == '\\') TRY(buffer_append_char(&w->text, '\\'));
        TRY(buffer_append_char(&w->text, value.data[i]));
    }
    return buffer_append_char(&w->text, '\'');
}

static dbx_status infoschema_number(infoschema_writer *w, int64_t value) {
    if (w->column++ > 0) TRY(buffer_append_sv(&w->text, SV(", ")));
    return buffer_printf(&w->text, "'%lld'", (long long)value);
}

static dbx_status infoschema_path(infoschema_writer *w, const infoschema_place *at) {
    TRY(infoschema_text(w, at->space->info.name));
    TRY(infoschema_text(w, at->schema->info.name));
    return infoschema_text(w, at->object->info.name);
}

/* ---- the relations ---- */

static dbx_status infoschema_catalogs(infoschema_writer *w, const infoschema_place *at) {
    if (at->schema != NULL) return DBX_OK;
    TRY(infoschema_begin(w));
    TRY(infoschema_text(w, at->space->info.name));
    TRY(infoschema_text(w, at->space->info.owner));
    TRY(infoschema_text(w, at->space->info.comment));
    return infoschema_end(w);
}

static dbx_status infoschema_schemata(infoschema_writer *w, const infoschema_place *at) {
    if (at->schema == NULL || at->object != NULL) return DBX_OK;
    TRY(infoschema_begin(w));
    TRY(infoschema_text(w, at->space->info.name));
    TRY(infoschema_text(w, at->schema->info.name));
    TRY(infoschema_text(w, at->schema->info.owner));
    TRY(infoschema_text(w, at->schema->info.comment));
    return infoschema_end(w);
}

static dbx_status infoschema_tables(infoschema_writer *w, const infoschema_place *at) {
    const catalog_table *table = catalog_as_table(at->object);
    const catalog_view *view = catalog_as_view(at->object);
    if (table == NULL && view == NULL) return DBX_OK;
    bool external = table != NULL && table->def.location.data != NULL;
    string_view format = table == NULL                  ? (string_view){0}
                         : table->def.provider.size > 0 ? table->def.provider
                                                        : SV("delta");
    TRY(infoschema_begin(w));
    TRY(infoschema_path(w, at));
    TRY(infoschema_text(w, view ? SV("VIEW") : external ? SV("EXTERNAL") : SV("MANAGED")));
    TRY(infoschema_text(w, at->object->info.owner));
    TRY(infoschema_text(w, at->object->info.comment));
    TRY(infoschema_text(w, format));
    return infoschema_end(w);
}

static dbx_status infoschema_column(infoschema_writer *w, const infoschema_place *at,
                                    const catalog_column *c, uint32_t number) {
    buffer full;
    buffer_init(&full, w->text.ledger);
    dbx_status status = type_append_name(&full, c->type);
    TRY(infoschema_begin(w));
    TRY(infoschema_path(w, at));
    TRY(infoschema_text(w, c->name));
    TRY(infoschema_number(w, number));
    TRY(infoschema_text(w, c->default_text));
    TRY(infoschema_text(w, c->nullable ? SV("YES") : SV("NO")));
    if (status == DBX_OK) status = infoschema_text(w, buffer_view(&full));
    size_t plain = 0;
    while (plain < full.size && full.data[plain] != '(' && full.data[plain] != '<') plain++;
    char upper[64];
    for (size_t i = 0; i < MIN(plain, sizeof(upper)); i++) upper[i] = ascii_upper(full.data[i]);
    buffer_deinit(&full);
    TRY(status);
    TRY(infoschema_text(w, (string_view){upper, MIN(plain, sizeof(upper))}));
    TRY(infoschema_text(w, c->comment));
    return infoschema_end(w);
}

static dbx_status infoschema_columns(infoschema_writer *w, const infoschema_place *at) {
    const catalog_table *table = catalog_as_table(at->object);
    const catalog_view *view = catalog_as_view(at->object);
    const catalog_column *columns = table ? table->def.columns : view ? view->def.schema : NULL;
    uint32_t count = table ? table->def.column_count : view ? view->def.schema_count : 0;
    for (uint32_t i = 0; i < count; i++) TRY(infoschema_column(w, at, &columns[i], i));
    return DBX_OK;
}

static dbx_status infoschema_views(infoschema_writer *w, const infoschema_place *at) {
    const catalog_view *view = catalog_as_view(at->object);
    if (view == NULL) return DBX_OK;
    TRY(infoschema_begin(w));
    TRY(infoschema_path(w, at));
    TRY(infoschema_text(w, view->def.sql));
    return infoschema_end(w);
}

static dbx_status infoschema_routines(infoschema_writer *w, const infoschema_place *at) {
    const catalog_function *f = catalog_as_function(at->object);
    if (f == NULL) return DBX_OK;
    TRY(infoschema_begin(w));
    TRY(infoschema_path(w, at));
    TRY(infoschema_text(w, SV("FUNCTION")));
    TRY(infoschema_text(w, f->def.is_table ? SV("TABLE") : SV("SCALAR")));
    TRY(infoschema_text(w, f->def.body));
    TRY(infoschema_text(w, f->base.info.comment));
    return infoschema_end(w);
}

static dbx_status infoschema_constraints(infoschema_writer *w, const infoschema_place *at) {
    static const char *const kinds[] = {"PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK"};
    const catalog_table *table = catalog_as_table(at->object);
    for (uint32_t i = 0; table != NULL && i < table->def.constraint_count; i++) {
        const catalog_constraint *c = &table->def.constraints[i];
        TRY(infoschema_begin(w));
        TRY(infoschema_path(w, at));
        TRY(infoschema_text(w, c->name));
        TRY(infoschema_text(w, sv_from(kinds[c->kind])));
        TRY(infoschema_text(w, c->enforced ? SV("YES") : SV("NO")));
        TRY(infoschema_end(w));
    }
    return DBX_OK;
}

/* Column names; one that starts with '#' is an INT, all others are STRINGs. */
static const struct {
    const char *name;
    infoschema_fill fill;
    const char *columns[12];
} infoschema_relations[] = {
    {"catalogs", infoschema_catalogs, {"catalog_name", "catalog_owner", "comment"}},
    {"schemata", infoschema_schemata, {"catalog_name", "schema_name", "schema_owner", "comment"}},
    {"tables",
     infoschema_tables,
     {"table_catalog", "table_schema", "table_name", "table_type", "table_owner", "comment",
      "data_source_format"}},
    {"columns",
     infoschema_columns,
     {"table_catalog", "table_schema", "table_name", "column_name", "#ordinal_position",
      "column_default", "is_nullable", "full_data_type", "data_type", "comment"}},
    {"views", infoschema_views, {"table_catalog", "table_schema", "table_name", "view_definition"}},
    {"routines",
     infoschema_routines,
     {"routine_catalog", "routine_schema", "routine_name", "routine_type", "data_kind",
      "routine_definition", "comment"}},
    {"table_constraints",
     infoschema_constraints,
     {"table_catalog", "table_schema", "table_name", "constraint_name", "constraint_type",
      "enforced"}},
};

/* ---- the text ---- */

static dbx_status infoschema_of_space(infoschema_writer *w, infoschema_fill fill,
                                      const catalog_space *space) {
    infoschema_place at = {.space = space};
    TRY(fill(w, &at));
    for (uint32_t i = 0; i < space->schema_count; i++) {
        at = (infoschema_place){space, space->schemas[i], NULL};
        TRY(fill(w, &at));
        for (uint32_t k = 0; k < at.schema->object_count; k++) {
            infoschema_place object = {space, at.schema, at.schema->objects[k]};
            TRY(fill(w, &object));
        }
    }
    return DBX_OK;
}

/* SELECT a, CAST(b AS INT) b FROM VALUES (NULL, …), (rows) AS t(a, b) WHERE a IS NOT NULL: the
 * first row makes the inline table and its types exist when there is no other. */
static dbx_status infoschema_write(infoschema_writer *w, uint32_t index, const catalog_root *root,
                                   string_view space) {
    const char *const *columns = infoschema_relations[index].columns;
    TRY(buffer_append_sv(&w->text, SV("SELECT ")));
    for (uint32_t i = 0; columns[i] != NULL; i++) {
        bool number = columns[i][0] == '#';
        TRY(buffer_printf(&w->text, number ? "%sCAST(`%s` AS INT) AS %s" : "%s%s%s",
                          i > 0 ? ", " : "", columns[i], number ? columns[i] + 1 : ""));
    }
    TRY(buffer_append_sv(&w->text, SV(" FROM VALUES (")));
    for (uint32_t i = 0; columns[i] != NULL; i++)
        TRY(buffer_printf(&w->text, "%sCAST(NULL AS STRING)", i > 0 ? ", " : ""));
    TRY(buffer_append_char(&w->text, ')'));
    bool all = sv_equal_ignore_case(space, SV("system"));
    for (uint32_t i = 0; i < root->space_count; i++) {
        if (all || sv_equal_ignore_case(space, root->spaces[i]->info.name))
            TRY(infoschema_of_space(w, infoschema_relations[index].fill, root->spaces[i]));
    }
    TRY(buffer_append_sv(&w->text, SV(" AS t(")));
    for (uint32_t i = 0; columns[i] != NULL; i++)
        TRY(buffer_printf(&w->text, "%s`%s`", i > 0 ? ", " : "", columns[i]));
    return buffer_printf(&w->text, ") WHERE %s IS NOT NULL", columns[0]);
}

dbx_status information_schema_relation(const query *q, arena *a, const string_view *parts,
                                       uint32_t count, binder_relation *out, error *err) {
    if (q == NULL || q->txn == NULL || count < 2 || count > 3 ||
        !sv_equal_ignore_case(parts[count - 2], SV("information_schema")))
        return DBX_OK;
    string_view space = count == 3 ? parts[0] : q->current_catalog;
    if (!sv_equal_ignore_case(space, SV("system")) && catalog_find_space(q->txn, space) == NULL)
        return DBX_OK;
    uint32_t index = 0;
    while (index < ARRAY_COUNT(infoschema_relations) &&
           !sv_equal_ignore_case(parts[count - 1], sv_from(infoschema_relations[index].name)))
        index++;
    if (index == ARRAY_COUNT(infoschema_relations)) return DBX_OK;
    infoschema_writer w = {0};
    buffer_init(&w.text, a->ledger);
    dbx_status status = infoschema_write(&w, index, catalog_root_of(q->txn), space);
    string_view sql = {0};
    if (status == DBX_OK) sql = arena_copy_string(a, buffer_view(&w.text));
    buffer_deinit(&w.text);
    if (sql.data == NULL) return error_nomem(err);
    out->kind = BINDER_RELATION_VIEW;
    out->view = (binder_view){.sql = sql};
    return DBX_OK;
}

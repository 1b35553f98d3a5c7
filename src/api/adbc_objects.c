/* adbc_objects.c - GetObjects: catalogs, their schemas, tables, columns and constraints.
 *
 * Temporary objects have neither catalog nor schema: they stand under one catalog and one schema
 * without a name.
 */
#include "api/adbc_objects.h"

#define FIELDS(list) list, ARRAY_COUNT(list)

/* ---- the schema that the specification gives ---- */

static const adbc_field object_usage[] = {
    {"fk_catalog", "u", true, NULL, 0},
    {"fk_db_schema", "u", true, NULL, 0},
    {"fk_table", "u", false, NULL, 0},
    {"fk_column_name", "u", false, NULL, 0},
};
static const adbc_field object_usages[] = {{"item", "+s", true, FIELDS(object_usage)}};
static const adbc_field object_names[] = {{"item", "u", true, NULL, 0}};
static const adbc_field object_constraint[] = {
    {"constraint_name", "u", true, NULL, 0},
    {"constraint_type", "u", false, NULL, 0},
    {"constraint_column_names", "+l", false, FIELDS(object_names)},
    {"constraint_column_usage", "+l", true, FIELDS(object_usages)},
};
static const adbc_field object_column[] = {
    {"column_name", "u", false, NULL, 0},
    {"ordinal_position", "i", true, NULL, 0},
    {"remarks", "u", true, NULL, 0},
    {"xdbc_data_type", "s", true, NULL, 0},
    {"xdbc_type_name", "u", true, NULL, 0},
    {"xdbc_column_size", "i", true, NULL, 0},
    {"xdbc_decimal_digits", "s", true, NULL, 0},
    {"xdbc_num_prec_radix", "s", true, NULL, 0},
    {"xdbc_nullable", "s", true, NULL, 0},
    {"xdbc_column_def", "u", true, NULL, 0},
    {"xdbc_sql_data_type", "s", true, NULL, 0},
    {"xdbc_datetime_sub", "s", true, NULL, 0},
    {"xdbc_char_octet_length", "i", true, NULL, 0},
    {"xdbc_is_nullable", "u", true, NULL, 0},
    {"xdbc_scope_catalog", "u", true, NULL, 0},
    {"xdbc_scope_schema", "u", true, NULL, 0},
    {"xdbc_scope_table", "u", true, NULL, 0},
    {"xdbc_is_autoincrement", "b", true, NULL, 0},
    {"xdbc_is_generatedcolumn", "b", true, NULL, 0},
};
static const adbc_field object_columns[] = {{"item", "+s", true, FIELDS(object_column)}};
static const adbc_field object_constraints[] = {{"item", "+s", true, FIELDS(object_constraint)}};
static const adbc_field object_table[] = {
    {"table_name", "u", false, NULL, 0},
    {"table_type", "u", false, NULL, 0},
    {"table_columns", "+l", true, FIELDS(object_columns)},
    {"table_constraints", "+l", true, FIELDS(object_constraints)},
};
static const adbc_field object_tables[] = {{"item", "+s", true, FIELDS(object_table)}};
static const adbc_field object_schema[] = {
    {"db_schema_name", "u", true, NULL, 0},
    {"db_schema_tables", "+l", true, FIELDS(object_tables)},
};
static const adbc_field object_schemas[] = {{"item", "+s", true, FIELDS(object_schema)}};
static const adbc_field object_catalog[] = {
    {"catalog_name", "u", true, NULL, 0},
    {"catalog_db_schemas", "+l", true, FIELDS(object_schemas)},
};
static const adbc_field object_row = {"", "+s", false, FIELDS(object_catalog)};

/* ---- filters ---- */

bool adbc_like(const char *pattern, string_view text) {
    if (pattern == NULL) return true;
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    size_t size = strlen(pattern);
    while (t < text.size) {
        if (p < size && pattern[p] == '%') {
            star = p++;
            mark = t;
        } else if (p < size && pattern[p] == '_') {
            p++;
            do t++;
            while (t < text.size && ((unsigned char)text.data[t] & 0xC0u) == 0x80u);
        } else if (p < size && ascii_lower(pattern[p]) == ascii_lower(text.data[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < size && pattern[p] == '%') p++;
    return p == size;
}

typedef struct object_filter {
    int depth; /* levels shown, columns being 4 */
    const char *space, *schema, *table, *column;
    const char **types;
} object_filter;

static bool object_wanted(const object_filter *f, const catalog_object *o, const char **kind) {
    if (o->kind == CATALOG_FUNCTION || !adbc_like(f->table, o->info.name)) return false;
    *kind = o->kind == CATALOG_VIEW ? "VIEW" : "TABLE";
    bool wanted = f->types == NULL;
    for (uint32_t i = 0; f->types != NULL && f->types[i] != NULL; i++)
        wanted |= strcmp(f->types[i], *kind) == 0;
    return wanted;
}

/* ---- columns ---- */

/* Codes of SQL types in ODBC and JDBC. */
static int16_t object_xdbc_type(type t) {
    static const int16_t codes[TYPE_ID_COUNT] = {
        [TYPE_BOOLEAN] = -7,   [TYPE_TINYINT] = -6,      [TYPE_SMALLINT] = 5, [TYPE_INT] = 4,
        [TYPE_BIGINT] = -5,    [TYPE_FLOAT] = 7,         [TYPE_DOUBLE] = 8,   [TYPE_DECIMAL] = 3,
        [TYPE_STRING] = 12,    [TYPE_BINARY] = -3,       [TYPE_DATE] = 91,    [TYPE_TIME] = 92,
        [TYPE_TIMESTAMP] = 93, [TYPE_TIMESTAMP_NTZ] = 93};
    return codes[t.id];
}

static void object_put_optional_int(adbc_column *c, bool known, int64_t value) {
    if (known)
        adbc_put_int(c, value);
    else
        adbc_put_null(c);
}

static void object_put_column(adbc_column *columns, const catalog_column *column,
                              uint32_t ordinal) {
    arena a;
    arena_init(&a, NULL);
    adbc_column *c = columns->children;
    type t = column->type;
    int16_t code = object_xdbc_type(t);
    bool decimal = t.id == TYPE_DECIMAL;
    bool exact = decimal || type_is_integer(t);
    const char *name = type_name(&a, t);
    columns->failed |= name == NULL;
    static const uint8_t digits[TYPE_ID_COUNT] = {
        [TYPE_TINYINT] = 3, [TYPE_SMALLINT] = 5, [TYPE_INT] = 10, [TYPE_BIGINT] = 19};
    int64_t size = decimal ? t.precision : exact ? digits[t.id] : t.length;
    adbc_put_text(&c[0], column->name);
    adbc_put_int(&c[1], ordinal);
    adbc_put_text(&c[2], column->comment);
    object_put_optional_int(&c[3], code != 0, code);
    adbc_put_text(&c[4], sv_from(name));
    object_put_optional_int(&c[5], size > 0, size);
    object_put_optional_int(&c[6], exact, decimal ? t.scale : 0);
    object_put_optional_int(&c[7], exact, 10);
    adbc_put_int(&c[8], column->nullable);
    adbc_put_text(&c[9], column->default_text);
    object_put_optional_int(&c[10], code != 0, code);
    adbc_put_null(&c[11]);
    adbc_put_null(&c[12]);
    adbc_put_text(&c[13], column->nullable ? SV("YES") : SV("NO"));
    for (uint32_t i = 14; i < 17; i++) adbc_put_null(&c[i]);
    adbc_put_int(&c[17], column->generated == CATALOG_GENERATED_ALWAYS_IDENTITY ||
                             column->generated == CATALOG_GENERATED_DEFAULT_IDENTITY);
    adbc_put_int(&c[18], column->generated == CATALOG_GENERATED_EXPRESSION);
    adbc_put_struct(columns);
    arena_deinit(&a);
}

/* A view's columns are those that its query had when it was made, under the view's names. */
static void object_put_columns(adbc_column *list, const object_filter *f, const catalog_object *o) {
    const catalog_table *table = catalog_as_table(o);
    const catalog_view *view = catalog_as_view(o);
    const catalog_column *columns = table != NULL ? table->def.columns : view->def.schema;
    uint32_t count = table != NULL ? table->def.column_count : view->def.schema_count;
    bool renamed = view != NULL && view->def.column_count == count;
    for (uint32_t i = 0; i < count; i++) {
        catalog_column column = columns[i];
        if (renamed && view->def.columns[i].name.data != NULL) {
            column.name = view->def.columns[i].name;
            column.comment = view->def.columns[i].comment;
        }
        if (adbc_like(f->column, column.name))
            object_put_column(&list->children[0], &column, i + 1);
    }
    adbc_put_list(list);
}

static void object_put_constraints(adbc_column *list, const catalog_object *o) {
    static const char *const kinds[] = {
        [CATALOG_CONSTRAINT_PRIMARY_KEY] = "PRIMARY KEY",
        [CATALOG_CONSTRAINT_FOREIGN_KEY] = "FOREIGN KEY",
        [CATALOG_CONSTRAINT_UNIQUE] = "UNIQUE",
        [CATALOG_CONSTRAINT_CHECK] = "CHECK",
    };
    const catalog_table *table = catalog_as_table(o);
    adbc_column *row = &list->children[0];
    for (uint32_t i = 0; table != NULL && i < table->def.constraint_count; i++) {
        const catalog_constraint *c = &table->def.constraints[i];
        adbc_put_text(&row->children[0], c->name);
        adbc_put_text(&row->children[1], sv_from(kinds[c->kind]));
        for (uint32_t k = 0; k < c->column_count; k++)
            adbc_put_text(&row->children[2].children[0], c->columns[k]);
        adbc_put_list(&row->children[2]);
        adbc_put_null(&row->children[3]);
        adbc_put_struct(row);
    }
    adbc_put_list(list);
}

/* ---- tables, schemas, catalogs ---- */

enum { OBJECT_DEPTH_SCHEMAS = 2, OBJECT_DEPTH_TABLES = 3, OBJECT_DEPTH_COLUMNS = 4 };

static void object_put_table(adbc_column *rows, const object_filter *f, const catalog_object *o,
                             const char *kind) {
    adbc_put_text(&rows->children[0], o->info.name);
    adbc_put_text(&rows->children[1], sv_from(kind));
    if (f->depth >= OBJECT_DEPTH_COLUMNS) {
        object_put_columns(&rows->children[2], f, o);
        object_put_constraints(&rows->children[3], o);
    } else {
        adbc_put_null(&rows->children[2]);
        adbc_put_null(&rows->children[3]);
    }
    adbc_put_struct(rows);
}

static void object_put_schema(adbc_column *rows, const object_filter *f, string_view name,
                              catalog_object *const *objects, uint32_t count) {
    adbc_put_text(&rows->children[0], name);
    adbc_column *tables = &rows->children[1];
    if (f->depth >= OBJECT_DEPTH_TABLES) {
        for (uint32_t i = 0; i < count; i++) {
            const char *kind;
            if (object_wanted(f, objects[i], &kind))
                object_put_table(&tables->children[0], f, objects[i], kind);
        }
        adbc_put_list(tables);
    } else {
        adbc_put_null(tables);
    }
    adbc_put_struct(rows);
}

static void object_put_catalog(adbc_column *rows, const object_filter *f,
                               const catalog_space *space) {
    adbc_put_text(&rows->children[0], space->info.name);
    adbc_column *schemas = &rows->children[1];
    if (f->depth >= OBJECT_DEPTH_SCHEMAS) {
        for (uint32_t i = 0; i < space->schema_count; i++) {
            const catalog_schema *s = space->schemas[i];
            if (adbc_like(f->schema, s->info.name))
                object_put_schema(&schemas->children[0], f, s->info.name, s->objects,
                                  s->object_count);
        }
        adbc_put_list(schemas);
    } else {
        adbc_put_null(schemas);
    }
    adbc_put_struct(rows);
}

static void object_put_temporary(adbc_column *rows, const object_filter *f, const struct txn *t) {
    uint32_t count;
    catalog_object *const *objects = catalog_temporary_objects(t, &count);
    bool asked = adbc_like(f->space, SV("")) && adbc_like(f->schema, SV(""));
    if (count == 0 || !asked) return;
    adbc_put_null(&rows->children[0]);
    adbc_column *schemas = &rows->children[1];
    if (f->depth >= OBJECT_DEPTH_SCHEMAS) {
        object_put_schema(&schemas->children[0], f, (string_view){0}, objects, count);
        adbc_put_list(schemas);
    } else {
        adbc_put_null(schemas);
    }
    adbc_put_struct(rows);
}

AdbcStatusCode adbc_reading_start(adbc_connection *c, adbc_reading *r, struct AdbcError *e) {
    ADBC_TRY(adbc_connection_ready(c, e));
    session *s = c->con->session;
    *r = (adbc_reading){.txn = s->txn};
    if (r->txn != NULL) return ADBC_STATUS_OK;
    dbx_status status = txn_begin(s->db->catalog, s->objects, NULL, &r->own, &s->error);
    r->txn = r->own;
    return status == DBX_OK ? ADBC_STATUS_OK : adbc_fail_dbx(e, c->con, status);
}

void adbc_reading_end(adbc_reading *r) {
    if (r->own != NULL) txn_rollback(r->own);
}

AdbcStatusCode adbc_connection_get_objects(struct AdbcConnection *handle, int depth,
                                           const char *space, const char *schema, const char *table,
                                           const char **types, const char *column,
                                           struct ArrowArrayStream *out, struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    if (depth < ADBC_OBJECT_DEPTH_ALL || depth > ADBC_OBJECT_DEPTH_TABLES)
        return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "There is no depth %d", depth);
    object_filter f = {.depth = depth == ADBC_OBJECT_DEPTH_ALL ? OBJECT_DEPTH_COLUMNS : depth,
                       .space = space,
                       .schema = schema,
                       .table = table,
                       .column = column,
                       .types = types};
    adbc_reading reading;
    ADBC_TRY(adbc_reading_start(c, &reading, e));
    adbc_column *rows = adbc_column_new(&object_row);
    if (rows != NULL) {
        const catalog_root *root = catalog_root_of(reading.txn);
        for (uint32_t i = 0; i < root->space_count; i++) {
            if (adbc_like(space, root->spaces[i]->info.name))
                object_put_catalog(rows, &f, root->spaces[i]);
        }
        object_put_temporary(rows, &f, reading.txn);
    }
    adbc_reading_end(&reading);
    return rows == NULL ? adbc_fail_nomem(e) : adbc_rows_finish(rows, out, e);
}

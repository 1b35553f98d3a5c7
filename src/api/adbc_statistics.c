/* adbc_statistics.c - GetStatistics: what the catalog's tables know of themselves without reading
 * rows. */
#include "api/adbc_objects.h"

#include "catalog/table_write.h"

#define FIELDS(list) list, ARRAY_COUNT(list)

static const adbc_field statistic_values[] = {
    {"int64", "l", true, NULL, 0},
    {"uint64", "L", true, NULL, 0},
    {"float64", "g", true, NULL, 0},
    {"binary", "z", true, NULL, 0},
};
static const adbc_field statistic_row[] = {
    {"table_name", "u", false, NULL, 0},
    {"column_name", "u", true, NULL, 0},
    {"statistic_key", "s", false, NULL, 0},
    {"statistic_value", "+ud:0,1,2,3", false, FIELDS(statistic_values)},
    {"statistic_is_approximate", "b", false, NULL, 0},
};
static const adbc_field statistic_items[] = {{"item", "+s", true, FIELDS(statistic_row)}};
static const adbc_field statistic_schema[] = {
    {"db_schema_name", "u", true, NULL, 0},
    {"db_schema_statistics", "+l", false, FIELDS(statistic_items)},
};
static const adbc_field statistic_schemas[] = {{"item", "+s", true, FIELDS(statistic_schema)}};
static const adbc_field statistic_catalog[] = {
    {"catalog_name", "u", true, NULL, 0},
    {"catalog_db_schemas", "+l", false, FIELDS(statistic_schemas)},
};
static const adbc_field statistic_root = {"", "+s", false, FIELDS(statistic_catalog)};

/* Keys of the specification. */
enum {
    STATISTIC_AVERAGE_BYTE_WIDTH = 0,
    STATISTIC_DISTINCT_COUNT = 1,
    STATISTIC_NULL_COUNT = 5,
    STATISTIC_ROW_COUNT = 6
};
enum { STATISTIC_INT64 = 0, STATISTIC_FLOAT64 = 2 }; /* children of the union */

static void statistic_start(adbc_column *row, string_view table, string_view column, int key) {
    adbc_put_text(&row->children[0], table);
    adbc_put_text(&row->children[1], column);
    adbc_put_int(&row->children[2], key);
}

static void statistic_end(adbc_column *row, uint32_t kind, bool approximate) {
    adbc_put_union(&row->children[3], kind);
    adbc_put_int(&row->children[4], approximate);
    adbc_put_struct(row);
}

static void statistic_put_int(adbc_column *row, string_view table, string_view column, int key,
                              int64_t value) {
    statistic_start(row, table, column, key);
    adbc_put_int(&row->children[3].children[STATISTIC_INT64], value);
    statistic_end(row, STATISTIC_INT64, false);
}

static void statistic_put_estimate(adbc_column *row, string_view table, string_view column, int key,
                                   double value) {
    statistic_start(row, table, column, key);
    adbc_put_double(&row->children[3].children[STATISTIC_FLOAT64], value);
    statistic_end(row, STATISTIC_FLOAT64, true);
}

static dbx_status statistic_put_table(adbc_column *rows, const catalog_table *table, struct txn *t,
                                      session *s) {
    string_view name = table->base.info.name;
    statistic_put_int(rows, name, (string_view){0}, STATISTIC_ROW_COUNT,
                      (int64_t)table_row_count(table));
    source *data;
    TRY(catalog_table_source(table, t, &s->ledger, &data, &s->error));
    for (uint32_t i = 0; data->vtab->stats != NULL && i < table->def.column_count; i++) {
        column_stats stats;
        if (!data->vtab->stats(data, i, &stats)) continue;
        string_view column = table->def.columns[i].name;
        if (stats.has_null_count)
            statistic_put_int(rows, name, column, STATISTIC_NULL_COUNT, (int64_t)stats.null_count);
        if (stats.distinct_count >= 0)
            statistic_put_estimate(rows, name, column, STATISTIC_DISTINCT_COUNT,
                                   stats.distinct_count);
        if (stats.average_size >= 0)
            statistic_put_estimate(rows, name, column, STATISTIC_AVERAGE_BYTE_WIDTH,
                                   stats.average_size);
    }
    source_free(data);
    return DBX_OK;
}

static dbx_status statistic_put_schema(adbc_column *rows, const catalog_schema *schema,
                                       const char *table, struct txn *t, session *s) {
    adbc_put_text(&rows->children[0], schema->info.name);
    for (uint32_t i = 0; i < schema->object_count; i++) {
        const catalog_table *found = catalog_as_table(schema->objects[i]);
        bool stored = found != NULL && found->version != NULL;
        if (stored && adbc_like(table, found->base.info.name))
            TRY(statistic_put_table(&rows->children[1].children[0], found, t, s));
    }
    adbc_put_list(&rows->children[1]);
    adbc_put_struct(rows);
    return DBX_OK;
}

/* Exact values are not computed on request: `approximate` changes nothing. */
AdbcStatusCode adbc_connection_get_statistics(struct AdbcConnection *handle,
                                              const char *wanted_space, const char *schema,
                                              const char *table, char approximate,
                                              struct ArrowArrayStream *out, struct AdbcError *e) {
    (void)approximate;
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    adbc_reading reading;
    ADBC_TRY(adbc_reading_start(c, &reading, e));
    session *s = c->con->session;
    adbc_column *rows = adbc_column_new(&statistic_root);
    dbx_status status = rows != NULL ? DBX_OK : error_nomem(&s->error);
    const catalog_root *root = catalog_root_of(reading.txn);
    for (uint32_t i = 0; status == DBX_OK && i < root->space_count; i++) {
        const catalog_space *space = root->spaces[i];
        if (!adbc_like(wanted_space, space->info.name)) continue;
        adbc_put_text(&rows->children[0], space->info.name);
        for (uint32_t k = 0; status == DBX_OK && k < space->schema_count; k++) {
            if (!adbc_like(schema, space->schemas[k]->info.name)) continue;
            status = statistic_put_schema(&rows->children[1].children[0], space->schemas[k], table,
                                          reading.txn, s);
        }
        adbc_put_list(&rows->children[1]);
        adbc_put_struct(rows);
    }
    adbc_reading_end(&reading);
    if (status == DBX_OK) return adbc_rows_finish(rows, out, e);
    if (rows != NULL) adbc_column_free(rows);
    return adbc_fail_dbx(e, c->con, status);
}

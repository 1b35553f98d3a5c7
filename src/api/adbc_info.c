/* adbc_info.c - what ADBC asks of the driver itself: GetInfo, GetTableTypes, GetStatisticNames, and
 * GetTableSchema. */
#include "api/adbc_rows.h"

#define FIELDS(list) list, ARRAY_COUNT(list)

/* ---- GetInfo ---- */

static const adbc_field info_text[] = {{"item", "u", true, NULL, 0}};
static const adbc_field info_ints[] = {{"item", "i", true, NULL, 0}};
static const adbc_field info_entry[] = {{"key", "i", false, NULL, 0},
                                        {"value", "+l", true, FIELDS(info_ints)}};
static const adbc_field info_entries[] = {{"entries", "+s", false, FIELDS(info_entry)}};
static const adbc_field info_values[] = {
    {"string_value", "u", true, NULL, 0},
    {"bool_value", "b", true, NULL, 0},
    {"int64_value", "l", true, NULL, 0},
    {"int32_bitmask", "i", true, NULL, 0},
    {"string_list", "+l", true, FIELDS(info_text)},
    {"int32_to_int32_list_map", "+m", true, FIELDS(info_entries)},
};
static const adbc_field info_columns[] = {
    {"info_name", "I", false, NULL, 0},
    {"info_value", "+ud:0,1,2,3,4,5", true, FIELDS(info_values)},
};
static const adbc_field info_row = {"", "+s", false, FIELDS(info_columns)};

enum { INFO_TEXT = 0, INFO_BOOL = 1, INFO_INT = 2 }; /* children of the union */

typedef struct info_fact {
    uint32_t code;
    uint32_t kind;
    const char *text;
    int64_t number;
} info_fact;

static const info_fact info_facts[] = {
    {0, INFO_TEXT, "dbx", 0},
    {1, INFO_TEXT, DBX_VERSION_STRING, 0},
    {3, INFO_BOOL, NULL, 1}, /* SQL */
    {4, INFO_BOOL, NULL, 0}, /* Substrait */
    {100, INFO_TEXT, "ADBC dbx driver", 0},
    {101, INFO_TEXT, DBX_VERSION_STRING, 0},
    {103, INFO_INT, NULL, ADBC_VERSION_1_1_0},
};

static void info_put(adbc_column *rows, const info_fact *fact) {
    adbc_column *value = &rows->children[1];
    adbc_put_int(&rows->children[0], fact->code);
    if (fact->kind == INFO_TEXT)
        adbc_put_text(&value->children[INFO_TEXT], sv_from(fact->text));
    else
        adbc_put_int(&value->children[fact->kind], fact->number);
    adbc_put_union(value, fact->kind);
    adbc_put_struct(rows);
}

AdbcStatusCode adbc_connection_get_info(struct AdbcConnection *handle, const uint32_t *codes,
                                        size_t count, struct ArrowArrayStream *out,
                                        struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    adbc_column *rows = adbc_column_new(&info_row);
    if (rows == NULL) return adbc_fail_nomem(e);
    for (uint32_t i = 0; i < ARRAY_COUNT(info_facts); i++) {
        bool wanted = codes == NULL;
        for (size_t k = 0; codes != NULL && k < count; k++)
            wanted |= codes[k] == info_facts[i].code;
        if (wanted) info_put(rows, &info_facts[i]);
    }
    return adbc_rows_finish(rows, out, e);
}

/* ---- GetTableTypes, GetStatisticNames ---- */

AdbcStatusCode adbc_connection_get_table_types(struct AdbcConnection *handle,
                                               struct ArrowArrayStream *out, struct AdbcError *e) {
    static const adbc_field columns[] = {{"table_type", "u", false, NULL, 0}};
    static const adbc_field row = {"", "+s", false, FIELDS(columns)};
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    adbc_column *rows = adbc_column_new(&row);
    if (rows == NULL) return adbc_fail_nomem(e);
    static const char *const types[] = {"TABLE", "VIEW"};
    for (uint32_t i = 0; i < ARRAY_COUNT(types); i++) {
        adbc_put_text(&rows->children[0], sv_from(types[i]));
        adbc_put_struct(rows);
    }
    return adbc_rows_finish(rows, out, e);
}

/* All statistics that dbx gives are the specification's own: no names of dbx. */
AdbcStatusCode adbc_connection_get_statistic_names(struct AdbcConnection *handle,
                                                   struct ArrowArrayStream *out,
                                                   struct AdbcError *e) {
    static const adbc_field columns[] = {{"statistic_name", "u", false, NULL, 0},
                                         {"statistic_key", "s", false, NULL, 0}};
    static const adbc_field row = {"", "+s", false, FIELDS(columns)};
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    adbc_column *rows = adbc_column_new(&row);
    return rows == NULL ? adbc_fail_nomem(e) : adbc_rows_finish(rows, out, e);
}

/* ---- GetTableSchema ---- */

AdbcStatusCode adbc_connection_get_table_schema(struct AdbcConnection *handle, const char *space,
                                                const char *schema, const char *table,
                                                struct ArrowSchema *out, struct AdbcError *e) {
    adbc_connection *c;
    ADBC_TRY(adbc_connection_of(handle, &c, e));
    if (table == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No table is named");
    ADBC_TRY(adbc_connection_ready(c, e));
    session *s = c->con->session;
    string_view current_space, current;
    session_current(s, &current_space, &current);
    bool needs_schema = space != NULL && space[0] != '\0' && (schema == NULL || !schema[0]);
    buffer sql;
    buffer_init(&sql, &s->ledger);
    dbx_status status = buffer_append_sv(&sql, SV("SELECT * FROM "));
    if (status == DBX_OK)
        status = adbc_append_name(&sql, space, needs_schema ? current.data : schema, table);
    query_result *columns = NULL;
    if (status == DBX_OK) status = session_describe(s, buffer_view(&sql), NULL, &columns);
    if (status == DBX_OK)
        status = adbc_schema_export(columns->columns, columns->column_count, c, out);
    AdbcStatusCode code = ADBC_STATUS_OK;
    if (status != DBX_OK)
        code = s->error.status != DBX_OK ? adbc_fail_dbx(e, c->con, status) : adbc_fail_nomem(e);
    result_free(columns);
    buffer_deinit(&sql);
    return code;
}

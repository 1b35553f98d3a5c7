/* api_arrow.c - results as Arrow streams, streams as tables and as parameters. */
#include "api/api_int.h"

#include "formats/arrow.h"
#include "vector/time_zone.h"

#include <errno.h>
#include <stdlib.h>

enum { API_ARROW_BATCH_ROWS = 1 << 16 };

/* ---- results out ---- */

typedef struct api_arrow_stream {
    dbx_result *result;
    char *error; /* of the last failure */
    char *zone;  /* of TIMESTAMP columns, as it was when the stream was made */
} api_arrow_stream;

static int api_arrow_failed(api_arrow_stream *s, dbx_status status) {
    const error *e = &s->result->connection->session->error;
    free(s->error);
    s->error = strdup(e->message != NULL ? e->message : "out of memory");
    switch (status) {
    case DBX_NOMEM:
        return ENOMEM;
    case DBX_CANCELLED:
        return ECANCELED;
    case DBX_MISUSE:
        return EINVAL;
    default:
        return EIO;
    }
}

static int api_arrow_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    api_arrow_stream *s = stream->private_data;
    result_column *columns = s->result->result->columns;
    uint32_t count = s->result->result->column_count;
    type row;
    arena a;
    arena_init(&a, NULL);
    type_field *fields = ARENA_ARRAY(&a, type_field, MAX(count, 1u));
    dbx_status status = fields != NULL ? DBX_OK : DBX_NOMEM;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        fields[i] = (type_field){
            .name = columns[i].name, .type = columns[i].type, .nullable = columns[i].nullable};
    }
    if (status == DBX_OK) status = type_struct(&a, fields, count, &row);
    if (status == DBX_OK) status = arrow_schema_export(row, SV(""), false, sv_from(s->zone), out);
    arena_deinit(&a);
    return status == DBX_OK ? 0 : api_arrow_failed(s, status);
}

/* Chunks are joined into batches of up to API_ARROW_BATCH_ROWS rows. */
static dbx_status api_arrow_gather(api_arrow_stream *s, collection *rows) {
    while (rows->rows < API_ARROW_BATCH_ROWS) {
        const chunk *next;
        TRY(api_result_advance(s->result, &next));
        if (next == NULL) break;
        TRY(collection_append(rows, next));
    }
    return DBX_OK;
}

static dbx_status api_arrow_join(const collection *rows, arena *a, chunk *out) {
    out->column_count = rows->column_count;
    out->rows = (uint32_t)rows->rows;
    out->columns = ARENA_ARRAY(a, vector, MAX(rows->column_count, 1u));
    if (out->columns == NULL) return DBX_NOMEM;
    for (uint32_t c = 0; c < rows->column_count; c++) {
        TRY(vector_init(&out->columns[c], rows->types[c], MAX(out->rows, 1u), a));
        uint32_t at = 0;
        for (uint32_t i = 0; i < rows->chunks.count; i++) {
            const chunk *part = rows->chunks.items[i];
            TRY(vector_copy(&out->columns[c], at, &part->columns[c], NULL, 0, part->rows, a));
            at += part->rows;
        }
    }
    return DBX_OK;
}

static int api_arrow_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    api_arrow_stream *s = stream->private_data;
    memset(out, 0, sizeof(*out));
    session *owner = s->result->connection->session;
    result_column *columns = s->result->result->columns;
    uint32_t count = s->result->result->column_count;
    arena a;
    arena_init(&a, NULL);
    collection rows = {0};
    chunk joined;
    error_clear(&owner->error);
    type *types = ARENA_ARRAY(&a, type, MAX(count, 1u));
    dbx_status status = types != NULL ? DBX_OK : DBX_NOMEM;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) types[i] = columns[i].type;
    if (status == DBX_OK) status = collection_init(&rows, types, count, &owner->ledger);
    if (status == DBX_OK) {
        status = api_arrow_gather(s, &rows);
        if (status == DBX_OK && rows.rows > 0) {
            status = api_arrow_join(&rows, &a, &joined);
            if (status == DBX_OK) status = arrow_batch_export(&joined, out);
        }
        collection_deinit(&rows);
    }
    arena_deinit(&a);
    return status == DBX_OK ? 0 : api_arrow_failed(s, status);
}

static const char *api_arrow_last_error(struct ArrowArrayStream *stream) {
    return ((api_arrow_stream *)stream->private_data)->error;
}

static void api_arrow_release(struct ArrowArrayStream *stream) {
    api_arrow_stream *s = stream->private_data;
    dbx_result_free(s->result);
    free(s->error);
    free(s->zone);
    free(s);
    stream->release = NULL;
}

char *api_arrow_zone(session *s) {
    const time_zone *zone = session_time_zone(s);
    string_view name = zone != NULL ? zone->name : SV("");
    bool utc = name.size == 0 || sv_equal(name, SV("Z"));
    if (utc) name = SV("UTC");
    char *copy = malloc(name.size + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, name.data, name.size);
    copy[name.size] = '\0';
    return copy;
}

dbx_status dbx_result_arrow(dbx_result *result, struct ArrowArrayStream *stream) {
    api_start(result->connection);
    api_arrow_stream *s = calloc(1, sizeof(*s));
    if (s != NULL) s->zone = api_arrow_zone(result->connection->session);
    if (s == NULL || s->zone == NULL) {
        free(s);
        return error_nomem(&result->connection->session->error);
    }
    s->result = result;
    *stream = (struct ArrowArrayStream){.get_schema = api_arrow_get_schema,
                                        .get_next = api_arrow_get_next,
                                        .get_last_error = api_arrow_last_error,
                                        .release = api_arrow_release,
                                        .private_data = s};
    return DBX_OK;
}

/* ---- streams in ---- */

dbx_status dbx_register_arrow(dbx_connection *connection, const char *name,
                              struct ArrowArrayStream *stream) {
    api_start(connection);
    session *s = connection->session;
    source *rows;
    TRY(arrow_stream_source(stream, &s->ledger, &rows, &s->error));
    return session_add_source(s, sv_from(name), rows);
}

/* The stream's column for a parameter: that of its name, else that of its position. */
static uint32_t bind_arrow_column(const dbx_statement *statement, const struct ArrowSchema *schema,
                                  uint32_t parameter) {
    string_view name = statement->parameters[parameter].name;
    for (int64_t i = 0; name.size > 0 && i < schema->n_children; i++) {
        const char *column = schema->children[i]->name;
        if (column != NULL && sv_equal(name, sv_from(column))) return (uint32_t)i;
    }
    return parameter;
}

/* All rows of the stream, each to be one execution's parameters. */
static dbx_status bind_arrow_rows(dbx_statement *statement, struct ArrowArrayStream *stream,
                                  const struct ArrowSchema *schema, error *err) {
    uint32_t count = (uint32_t)schema->n_children;
    if (count != statement->parameter_count) {
        return api_misuse(statement->connection,
                          "The stream has another number of columns than the statement parameters");
    }
    arena *a = &statement->arena;
    type *types = ARENA_ARRAY(a, type, MAX(count, 1u));
    if (types == NULL) return error_nomem(err);
    uint32_t *columns = ARENA_ARRAY(a, uint32_t, MAX(count, 1u));
    if (columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        columns[i] = bind_arrow_column(statement, schema, i);
        TRY(arrow_schema_import(schema->children[columns[i]], a, &types[i], err));
    }
    if (collection_init(&statement->rows, types, count, &statement->connection->session->ledger) !=
        DBX_OK) {
        return error_nomem(err);
    }
    statement->has_rows = true;
    for (;;) {
        struct ArrowArray batch;
        if (stream->get_next(stream, &batch) != 0)
            return api_misuse(statement->connection, "The Arrow stream failed");
        if (batch.release == NULL) return DBX_OK;
        dbx_status status = DBX_OK;
        for (int64_t at = 0; status == DBX_OK && at < batch.length; at += CHUNK_ROWS_MAX) {
            arena scratch;
            arena_init(&scratch, &statement->connection->session->ledger);
            chunk rows = {.column_count = count,
                          .rows = (uint32_t)MIN(batch.length - at, (int64_t)CHUNK_ROWS_MAX)};
            rows.columns = ARENA_ARRAY(&scratch, vector, MAX(count, 1u));
            status = rows.columns != NULL ? DBX_OK : DBX_NOMEM;
            for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
                uint32_t c = columns[i];
                status = arrow_array_import(schema->children[c], batch.children[c], types[i],
                                            at + batch.offset, rows.rows, &rows.columns[i],
                                            &scratch, err);
            }
            if (status == DBX_OK) status = collection_append(&statement->rows, &rows);
            arena_deinit(&scratch);
        }
        batch.release(&batch);
        if (status == DBX_NOMEM) return error_nomem(err);
        TRY(status);
    }
}

dbx_status dbx_bind_arrow(dbx_statement *statement, struct ArrowArrayStream *stream) {
    api_start(statement->connection);
    error *err = &statement->connection->session->error;
    if (statement->has_rows) collection_deinit(&statement->rows);
    statement->has_rows = false;
    struct ArrowSchema schema = {0};
    dbx_status status = stream->get_schema(stream, &schema) == 0
                            ? bind_arrow_rows(statement, stream, &schema, err)
                            : api_misuse(statement->connection, "The Arrow stream has no schema");
    if (schema.release != NULL) schema.release(&schema);
    if (stream->release != NULL) stream->release(stream);
    return status;
}

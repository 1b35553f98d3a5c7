/* api_int.h - the public handles over the session's objects. For src/api only. */
#ifndef DBX_API_API_INT_H
#define DBX_API_API_INT_H

#include "session/session.h"

struct dbx_database {
    database *db;
};

struct dbx_connection {
    session *session;
    buffer report; /* text of dbx_error_report */
    buffer sql;    /* of the last statement that failed */
};

typedef struct api_parameter {
    string_view name; /* in the statement's arena; empty for ? */
    vector value;     /* CONSTANT, when bound */
    bool bound;
    uint64_t validity;
    union {
        uint8_t boolean;
        int8_t int8;
        int16_t int16;
        int32_t int32;
        int64_t int64;
        __int128 int128;
        float float32;
        double float64;
        vstring string;
        dbx_interval interval;
    } data;
    arena arena; /* owns the value's bytes */
} api_parameter;

struct dbx_statement {
    dbx_connection *connection;
    buffer sql;
    arena arena;
    api_parameter *parameters;
    uint32_t parameter_count;
    statement_parameter *bound; /* what an execution is given; a streaming result borrows it */
    bool has_rows;              /* dbx_bind_arrow: one execution a row */
    collection rows;
    arena row_values; /* of the row that is executed */
    query_result *described; /* columns with the current bindings, made on demand; no rows */
};

struct dbx_result {
    dbx_connection *connection;
    query_result *result;
    const chunk *current; /* of dbx_result_next */
    chunk flat;           /* current, made flat on demand */
    bool *flat_done;
    arena chunk_arena; /* flattened columns of the current chunk */
    buffer text;
};

/* Clears the connection's error at the start of a call. */
void api_start(dbx_connection *c);
/* Raises API_MISUSE with the text. */
dbx_status api_misuse(dbx_connection *c, const char *message);
/* Wraps; frees r on failure. */
dbx_status api_result_new(dbx_connection *c, query_result *r, dbx_result **out) MUST_CHECK;
/* The next chunk, NULL at the end; the connection is free for other statements after the last. */
dbx_status api_result_advance(dbx_result *result, const chunk **out) MUST_CHECK;
/* Computes and keeps the rest of a streaming result, so that the connection can run others. */
dbx_status api_result_keep(dbx_result *result) MUST_CHECK;
/* The result columns as planned with the current bindings; borrowed until they change. */
dbx_status api_statement_describe(dbx_statement *s, const query_result **out) MUST_CHECK;
/* Keeps the text that failed, for the error report. */
void api_remember(dbx_connection *c, string_view sql);
/* The session's time zone as Arrow names it, to be freed; NULL when out of memory. */
char *api_arrow_zone(session *s);
/* Runs SQL text and wraps its result; keeps the text for the error report. out may be NULL. */
dbx_status api_run(dbx_connection *c, string_view sql, const statement_parameters *parameters,
                   bool stream, dbx_result **out) MUST_CHECK;

#endif

/* result.h - what a statement gives back: columns, rows (kept or streamed), a row count.
 *
 * A kept result owns its rows and outlives the execution that made it; a streaming one owns its
 * execution and computes a chunk at each result_next.
 */
#ifndef DBX_SESSION_RESULT_H
#define DBX_SESSION_RESULT_H

#include "common/query.h"
#include "vector/vector.h"

typedef struct result_column {
    string_view name; /* NUL-terminated */
    type type;
    bool nullable;
    const char *type_name; /* lower case, as Spark's catalog string */
} result_column;

struct execution;

typedef struct query_result {
    ledger *ledger;   /* the session's */
    arena arena;      /* columns and their names */
    const char *kind; /* static: "SELECT", "CREATE TABLE", … */
    result_column *columns;
    uint32_t column_count;
    int64_t rows_changed; /* -1 where it makes no sense */
    bool streaming;
    collection rows;             /* kept rows; initialized unless streaming */
    uint32_t next_chunk;         /* kept: the chunk that result_next gives next */
    struct execution *execution; /* streaming: owned */
} query_result;

/* Types and names are copied. The collection starts empty. */
dbx_status result_new(ledger *l, const char *kind, const result_column *columns, uint32_t count,
                      query_result **out) MUST_CHECK;
void result_free(query_result *r);
/* The next chunk, NULL at the end. Borrowed until the next call. */
dbx_status result_next(query_result *r, const chunk **out, error *err) MUST_CHECK;
/* Makes a streaming result a kept one: computes and keeps what is left of its rows. */
dbx_status result_keep(query_result *r, error *err) MUST_CHECK;

/* Rows made by hand, for SHOW, DESCRIBE, EXPLAIN and the like: every column is STRING, BOOLEAN or
 * BIGINT. */
typedef struct result_builder {
    query_result *result;
    chunk row; /* one row under construction */
    arena arena;
} result_builder;

typedef struct result_builder_column {
    const char *name;
    type_id type;
    bool nullable;
} result_builder_column;

dbx_status result_builder_init(result_builder *b, ledger *l, const char *kind,
                               const result_builder_column *columns, uint32_t count) MUST_CHECK;
dbx_status result_builder_text(result_builder *b, uint32_t column,
                               string_view value) MUST_CHECK; /* data NULL: NULL */
void result_builder_boolean(result_builder *b, uint32_t column, bool value);
void result_builder_int64(result_builder *b, uint32_t column, int64_t value);
/* Ends a row; columns that were not given are NULL. */
dbx_status result_builder_row(result_builder *b) MUST_CHECK;
/* Hands the result over and frees the builder. */
query_result *result_builder_finish(result_builder *b);
void result_builder_deinit(result_builder *b);

#endif

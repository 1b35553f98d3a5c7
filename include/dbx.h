/* dbx.h - the public interface of dbx, an analytical SQL database as one C library.
 *
 * GUARANTEES
 *   - Nothing here aborts, exits or prints. Every failure is a dbx_status and, with it, an error
 * text.
 *   - An error ends its statement, never the connection and never the database.
 *   - All text is UTF-8. Text given to dbx need not outlive the call.
 *
 * OWNERSHIP
 *   - dbx_X_open/_new/_prepare/_query give you an object; free it with dbx_X_close/_free (NULL is
 * fine).
 *   - Free in the reverse order: results before statements, statements before their connection,
 *     connections before the database. Pointers returned by accessors are borrowed; each says until
 * when.
 *
 * THREADS
 *   - A dbx_database may be used from any thread. A connection, and all that comes from it, belongs
 * to one thread at a time; only dbx_interrupt and dbx_progress may be called from another.
 *   - A statement runs on up to `threads` threads, the calling one included.
 *
 * A first program:
 *
 *     dbx_database *db; dbx_connection *con; dbx_result *res;
 *     if (dbx_open(":memory:", NULL, 0, &db, NULL) != DBX_OK) return 1;
 *     dbx_connect(db, &con);
 *     if (dbx_query(con, "SELECT 6 * 7 AS answer", &res) == DBX_OK)
 *         printf("%" PRId64 "\n", dbx_value_int64(res, 0, 0));
 *     else
 *         puts(dbx_error_message(con));
 *     dbx_result_free(res); dbx_disconnect(con); dbx_close(db);
 */
#ifndef DBX_H
#define DBX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DBX_VERSION_MAJOR 0
#define DBX_VERSION_MINOR 1
#define DBX_VERSION_PATCH 0
#define DBX_VERSION_STRING "0.1.0"

#if defined(_WIN32) && defined(DBX_BUILD_SHARED)
#define DBX_API __declspec(dllexport)
#elif defined(__GNUC__)
#define DBX_API __attribute__((visibility("default")))
#else
#define DBX_API
#endif

/* ---- status
 * --------------------------------------------------------------------------------------- */

typedef enum dbx_status {
    DBX_OK = 0,
    DBX_ERROR = 1,     /* the statement is wrong or its data is: see class and SQLSTATE */
    DBX_NOMEM = 2,     /* memory_limit reached or the system is out of memory */
    DBX_IO = 3,        /* the operating system refused an operation */
    DBX_CORRUPT = 4,   /* a file is damaged or not what it claims to be */
    DBX_CANCELLED = 5, /* dbx_interrupt or a timeout */
    DBX_BUSY = 6,      /* another transaction or process holds what is needed; retry */
    DBX_MISUSE = 7,    /* the API was called wrongly: index out of range, wrong state */
    DBX_BUG = 8        /* a defect in dbx; please report it */
} dbx_status;

typedef struct dbx_database dbx_database;
typedef struct dbx_connection dbx_connection;
typedef struct dbx_statement dbx_statement;
typedef struct dbx_result dbx_result;
typedef struct dbx_appender dbx_appender;

/* Static text such as "0.1.0". */
DBX_API const char *dbx_version(void);
/* Static one-word name of a status ("ok", "error", ...). */
DBX_API const char *dbx_status_name(dbx_status status);

/* ---- databases and connections
 * ---------------------------------------------------------------------- */

/* A setting given at open: name and value as in SQL's SET. */
typedef struct dbx_option {
    const char *name;
    const char *value;
} dbx_option;

/* Opens or creates the database file at path; NULL, "" or ":memory:" makes one in memory. Options:
 * "read_only", "threads", "memory_limit", "temp_directory", or any setting (default for
 * connections). On failure *db is NULL and, if error_message is not NULL, it gets a text to free
 * with dbx_free. */
DBX_API dbx_status dbx_open(const char *path, const dbx_option *options, size_t option_count,
                            dbx_database **db, char **error_message);
DBX_API void dbx_close(dbx_database *db);

DBX_API dbx_status dbx_connect(dbx_database *db, dbx_connection **connection);
DBX_API void dbx_disconnect(dbx_connection *connection);

/* Stops what the connection is executing, from any thread; it then returns DBX_CANCELLED. */
DBX_API void dbx_interrupt(dbx_connection *connection);

/* Progress of the running statement, from any thread. fraction is in [0, 1], or -1 when unknown. */
typedef struct dbx_progress_info {
    double fraction;
    uint64_t rows_read;
    uint64_t bytes_read;
} dbx_progress_info;
DBX_API dbx_progress_info dbx_progress(const dbx_connection *connection);

/* ---- errors
 * ------------------------------------------------------------------------------------------- */

/* The last failed call on this connection (or on its statements and results); NULL/0 if none
 * failed. Borrowed until the next call on the connection. */
DBX_API const char *
dbx_error_message(const dbx_connection *connection); /* "[CLASS] text SQLSTATE: x" */
DBX_API const char *dbx_error_class(const dbx_connection *connection);    /* "DIVIDE_BY_ZERO" */
DBX_API const char *dbx_error_sqlstate(const dbx_connection *connection); /* "22012" */
/* The error with line, column, the SQL line and a caret under the place; for people. */
DBX_API const char *dbx_error_report(const dbx_connection *connection);
/* Byte range in the SQL text that the error points at; false when it points nowhere. */
DBX_API bool dbx_error_position(const dbx_connection *connection, uint32_t *start, uint32_t *end);
/* Message parameters by index; false past the last. */
DBX_API bool dbx_error_parameter(const dbx_connection *connection, uint32_t index,
                                 const char **name, const char **value);

/* ---- types
 * -------------------------------------------------------------------------------------------- */

typedef enum dbx_type {
    DBX_TYPE_VOID = 0,
    DBX_TYPE_BOOLEAN = 1,
    DBX_TYPE_TINYINT = 2,  /* int8 */
    DBX_TYPE_SMALLINT = 3, /* int16 */
    DBX_TYPE_INT = 4,      /* int32 */
    DBX_TYPE_BIGINT = 5,   /* int64 */
    DBX_TYPE_FLOAT = 6,
    DBX_TYPE_DOUBLE = 7,
    DBX_TYPE_DECIMAL = 8, /* precision 1..38, scale 0..precision */
    DBX_TYPE_STRING = 9,  /* also CHAR(n), VARCHAR(n) */
    DBX_TYPE_BINARY = 10,
    DBX_TYPE_DATE = 11,                /* days since 1970-01-01 */
    DBX_TYPE_TIMESTAMP = 12,           /* microseconds since the epoch, UTC */
    DBX_TYPE_TIMESTAMP_NTZ = 13,       /* microseconds, no zone */
    DBX_TYPE_TIME = 14,                /* microseconds since midnight */
    DBX_TYPE_INTERVAL_YEAR_MONTH = 15, /* months */
    DBX_TYPE_INTERVAL_DAY_TIME = 16,   /* microseconds */
    DBX_TYPE_INTERVAL = 17,            /* months, days, microseconds */
    DBX_TYPE_ARRAY = 18,
    DBX_TYPE_MAP = 19,
    DBX_TYPE_STRUCT = 20,
    DBX_TYPE_VARIANT = 21,  /* as BINARY: metadata, then value, of Parquet's variant encoding */
    DBX_TYPE_GEOMETRY = 22, /* as BINARY: 4 bytes of SRID, then WKB, little-endian */
    DBX_TYPE_GEOGRAPHY = 23
} dbx_type;

typedef struct dbx_date {
    int32_t days;
} dbx_date;
typedef struct dbx_timestamp {
    int64_t micros;
} dbx_timestamp;
typedef struct dbx_interval {
    int32_t months;
    int32_t days;
    int64_t micros;
} dbx_interval;
/* value = unscaled / 10^scale; unscaled is lower + upper * 2^64, two's complement. */
typedef struct dbx_decimal {
    uint64_t lower;
    int64_t upper;
    uint8_t precision;
    uint8_t scale;
} dbx_decimal;
/* Borrowed bytes. Strings are also followed by a NUL where the accessor says so. */
typedef struct dbx_bytes {
    const char *data;
    size_t size;
} dbx_bytes;

/* ---- running SQL
 * ---------------------------------------------------------------------------------------- */

/* Runs one statement, or several separated by `;` (the result is the last one's), to the end; the
 * whole result is kept in memory. On failure *result is NULL. result may be NULL if it is not
 * wanted. */
DBX_API dbx_status dbx_query(dbx_connection *connection, const char *sql, dbx_result **result);
/* Runs one statement and streams: rows are computed as they are fetched by dbx_result_next. Until
 * the result is freed or exhausted, the connection can run nothing else (DBX_MISUSE). */
DBX_API dbx_status dbx_query_stream(dbx_connection *connection, const char *sql,
                                    dbx_result **result);

/* Length in bytes of the first statement of sql, its `;` included, honouring quotes, comments and
 * scripting blocks; 0 if there is none. complete says whether it is ended by `;`. For shells. */
DBX_API size_t dbx_statement_length(const char *sql, size_t size, bool *complete);

/* ---- prepared statements
 * ---------------------------------------------------------------------------------- */

/* Parameters are ? (numbered from 1 in order) or :name. */
DBX_API dbx_status dbx_prepare(dbx_connection *connection, const char *sql,
                               dbx_statement **statement);
DBX_API void dbx_statement_free(dbx_statement *statement);
DBX_API uint32_t dbx_parameter_count(const dbx_statement *statement);
/* Name without colon, or NULL for ?. Borrowed from the statement. */
DBX_API const char *dbx_parameter_name(const dbx_statement *statement, uint32_t index);
/* Index from 1 of a named parameter, or 0. */
DBX_API uint32_t dbx_parameter_index(const dbx_statement *statement, const char *name);

DBX_API dbx_status dbx_bind_null(dbx_statement *statement, uint32_t index);
DBX_API dbx_status dbx_bind_boolean(dbx_statement *statement, uint32_t index, bool value);
DBX_API dbx_status dbx_bind_int8(dbx_statement *statement, uint32_t index, int8_t value);
DBX_API dbx_status dbx_bind_int16(dbx_statement *statement, uint32_t index, int16_t value);
DBX_API dbx_status dbx_bind_int32(dbx_statement *statement, uint32_t index, int32_t value);
DBX_API dbx_status dbx_bind_int64(dbx_statement *statement, uint32_t index, int64_t value);
DBX_API dbx_status dbx_bind_float(dbx_statement *statement, uint32_t index, float value);
DBX_API dbx_status dbx_bind_double(dbx_statement *statement, uint32_t index, double value);
DBX_API dbx_status dbx_bind_decimal(dbx_statement *statement, uint32_t index, dbx_decimal value);
DBX_API dbx_status dbx_bind_string(dbx_statement *statement, uint32_t index, const char *data,
                                   size_t size);
DBX_API dbx_status dbx_bind_binary(dbx_statement *statement, uint32_t index, const void *data,
                                   size_t size);
DBX_API dbx_status dbx_bind_date(dbx_statement *statement, uint32_t index, dbx_date value);
DBX_API dbx_status dbx_bind_timestamp(dbx_statement *statement, uint32_t index,
                                      dbx_timestamp value);
DBX_API dbx_status dbx_bind_timestamp_ntz(dbx_statement *statement, uint32_t index,
                                          dbx_timestamp value);
DBX_API dbx_status dbx_bind_interval(dbx_statement *statement, uint32_t index, dbx_interval value);
/* A value written as SQL text, converted to the named type ("ARRAY<INT>", "DATE", ...) by CAST. */
DBX_API dbx_status dbx_bind_text(dbx_statement *statement, uint32_t index, const char *type,
                                 const char *text, size_t size);
DBX_API void dbx_clear_bindings(dbx_statement *statement);

/* Result columns as planned with the current bindings; 0 for statements without a result set. */
DBX_API uint32_t dbx_statement_column_count(dbx_statement *statement);
DBX_API const char *dbx_statement_column_name(dbx_statement *statement, uint32_t column);
DBX_API const char *dbx_statement_column_type_name(dbx_statement *statement, uint32_t column);
DBX_API dbx_type dbx_statement_column_type(dbx_statement *statement, uint32_t column);

DBX_API dbx_status dbx_execute(dbx_statement *statement, dbx_result **result);
DBX_API dbx_status dbx_execute_stream(dbx_statement *statement, dbx_result **result);

/* ---- results
 * ------------------------------------------------------------------------------------------------
 */

DBX_API void dbx_result_free(dbx_result *result);
DBX_API uint32_t dbx_column_count(const dbx_result *result);
/* Borrowed until the result is freed; NULL when out of range. */
DBX_API const char *dbx_column_name(const dbx_result *result, uint32_t column);
DBX_API dbx_type dbx_column_type(const dbx_result *result, uint32_t column);
/* As SQL writes it in lower case: "decimal(10,2)", "array<struct<a:int,b:string>>". */
DBX_API const char *dbx_column_type_name(const dbx_result *result, uint32_t column);
DBX_API bool dbx_column_nullable(const dbx_result *result, uint32_t column);
/* Precision and scale of DECIMAL, else 0. */
DBX_API uint8_t dbx_column_precision(const dbx_result *result, uint32_t column);
DBX_API uint8_t dbx_column_scale(const dbx_result *result, uint32_t column);
/* What ran: "SELECT", "INSERT", "CREATE TABLE", ... Static text. */
DBX_API const char *dbx_result_kind(const dbx_result *result);
/* Rows of a materialized result; 0 for a streaming one. */
DBX_API uint64_t dbx_row_count(const dbx_result *result);
/* Rows that a DML statement inserted, updated or deleted; -1 where that makes no sense. */
DBX_API int64_t dbx_rows_changed(const dbx_result *result);

/* Values of a materialized result, by column and row from 0. A wrong index or NULL gives 0/empty;
 * integers, floats and decimals convert to each other (saturating). */
DBX_API bool dbx_value_is_null(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API bool dbx_value_boolean(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API int64_t dbx_value_int64(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API double dbx_value_double(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API dbx_decimal dbx_value_decimal(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API dbx_date dbx_value_date(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API dbx_timestamp dbx_value_timestamp(const dbx_result *result, uint32_t column, uint64_t row);
DBX_API dbx_interval dbx_value_interval(const dbx_result *result, uint32_t column, uint64_t row);
/* Bytes of a STRING or BINARY; borrowed until the result is freed, not NUL-terminated. */
DBX_API dbx_bytes dbx_value_bytes(const dbx_result *result, uint32_t column, uint64_t row);
/* Any value as CAST(... AS STRING) writes it; nested values as Spark's shell prints them. NULL
 * gives data == NULL. Followed by a NUL; borrowed until the next dbx_value_text on this result. */
DBX_API dbx_bytes dbx_value_text(dbx_result *result, uint32_t column, uint64_t row);

/* How dbx_value_text and dbx_row_hive write nested values, times and NULLs. */
typedef enum dbx_text_style {
    DBX_TEXT_CAST = 0, /* as CAST(x AS STRING): [1, 2], {a -> 1} */
    DBX_TEXT_HIVE = 1, /* as Spark's SQL shell prints: [1,2], {"a":1}, "quoted" inside, NULL */
    DBX_TEXT_JSON = 2  /* a JSON value */
} dbx_text_style;
DBX_API dbx_bytes dbx_value_text_as(dbx_result *result, uint32_t column, uint64_t row,
                                    dbx_text_style style);

/* ---- chunks: columnar access, up to 2,048 rows at a time
 * --------------------------------------------------- */

/* Moves to the next chunk of a result (materialized or streaming). *rows is 0 at the end. The
 * chunk's pointers are valid until the next call on this result. */
DBX_API dbx_status dbx_result_next(dbx_result *result, uint32_t *rows);
/* Flat values of a column of the current chunk, laid out as the type says: int8..int64, float,
 * double, bool (1 byte), DATE int32, TIMESTAMP* and TIME int64, DECIMAL int64 up to precision 18
 * and __int128 above, INTERVAL dbx_interval, STRING and BINARY dbx_string. NULL for nested types
 * (use Arrow). */
DBX_API const void *dbx_chunk_data(const dbx_result *result, uint32_t column);
/* Bit i says that row i is not NULL; NULL pointer when no row is. Little-endian 64-bit words. */
DBX_API const uint64_t *dbx_chunk_validity(const dbx_result *result, uint32_t column);
/* Text of any value of the current chunk; like dbx_value_text_as. */
DBX_API dbx_bytes dbx_chunk_text(dbx_result *result, uint32_t column, uint32_t row,
                                 dbx_text_style style);

/* A string value in a chunk: up to 12 bytes are inside, longer ones are pointed at. */
typedef struct dbx_string {
    uint32_t size;
    char prefix[4];
    union {
        char rest[8];
        const char *data;
    } u;
} dbx_string;
static inline const char *dbx_string_data(const dbx_string *s) {
    return s->size <= 12 ? s->prefix : s->u.data;
}

/* ---- Arrow C data interface
 * --------------------------------------------------------------------------------- */

struct ArrowSchema;
struct ArrowArray;
struct ArrowArrayStream;

/* Moves the result's remaining rows into a stream, which then owns the result. */
DBX_API dbx_status dbx_result_arrow(dbx_result *result, struct ArrowArrayStream *stream);
/* Makes a stream readable as a table of this connection under `name` until the connection is closed
 * or another stream takes the name. The stream is consumed by one scan; dbx releases it. */
DBX_API dbx_status dbx_register_arrow(dbx_connection *connection, const char *name,
                                      struct ArrowArrayStream *stream);
/* Binds rows: a column gives the parameter of its name, or parameter i + 1, and dbx_execute runs
 * the statement once a row, all or none of them in one transaction; the result has the rows of
 * every execution, one after the other, and the sum of rows changed. The stream is read to its end;
 * dbx releases it. */
DBX_API dbx_status dbx_bind_arrow(dbx_statement *statement, struct ArrowArrayStream *stream);

/* ---- appender: bulk rows into a table
 * ------------------------------------------------------------------------- */

/* table may be qualified ("catalog.schema.table", backticks allowed). Values are given column by
 * column and must fit the column's type: integers, floats and decimals where no digit is lost. A
 * value that does not fit fails the appender, which then drops what was not flushed. Tables with
 * CHECK constraints or generated columns take INSERT only. */
DBX_API dbx_status dbx_appender_new(dbx_connection *connection, const char *table,
                                    dbx_appender **appender);
DBX_API dbx_status dbx_append_null(dbx_appender *appender);
DBX_API dbx_status dbx_append_boolean(dbx_appender *appender, bool value);
DBX_API dbx_status dbx_append_int64(dbx_appender *appender, int64_t value);
DBX_API dbx_status dbx_append_double(dbx_appender *appender, double value);
DBX_API dbx_status dbx_append_decimal(dbx_appender *appender, dbx_decimal value);
DBX_API dbx_status dbx_append_string(dbx_appender *appender, const char *data, size_t size);
DBX_API dbx_status dbx_append_binary(dbx_appender *appender, const void *data, size_t size);
DBX_API dbx_status dbx_append_date(dbx_appender *appender, dbx_date value);
DBX_API dbx_status dbx_append_timestamp(dbx_appender *appender, dbx_timestamp value);
DBX_API dbx_status dbx_append_interval(dbx_appender *appender, dbx_interval value);
/* A nested value: begin, then its parts, then end. ARRAY: the items; STRUCT: all fields in order;
 * MAP: keys and values in turn. Parts may be nested themselves. */
DBX_API dbx_status dbx_append_begin(dbx_appender *appender);
DBX_API dbx_status dbx_append_end(dbx_appender *appender);
/* Ends a row; all columns must have been given. */
DBX_API dbx_status dbx_append_row_end(dbx_appender *appender);
/* Makes appended rows visible (in the connection's transaction). */
DBX_API dbx_status dbx_appender_flush(dbx_appender *appender);
/* Flushes and frees; rows of a failed appender are dropped. */
DBX_API dbx_status dbx_appender_close(dbx_appender *appender);

/* ---- functions in C
 * --------------------------------------------------------------------------------------------- */

/* Values of a user function's arguments and result for up to 2,048 rows. */
typedef struct dbx_udf_call dbx_udf_call;
DBX_API uint32_t dbx_udf_row_count(const dbx_udf_call *call);
/* Flat argument values and validity, laid out as in dbx_chunk_data. Borrowed for the call. */
DBX_API const void *dbx_udf_arg(const dbx_udf_call *call, uint32_t index);
DBX_API const uint64_t *dbx_udf_arg_validity(const dbx_udf_call *call, uint32_t index);
/* Where to write the results of fixed-width types. */
DBX_API void *dbx_udf_result(dbx_udf_call *call);
DBX_API void dbx_udf_set_null(dbx_udf_call *call, uint32_t row);
/* Copies bytes into the result of a STRING or BINARY function. */
DBX_API dbx_status dbx_udf_set_bytes(dbx_udf_call *call, uint32_t row, const void *data,
                                     size_t size);
/* Fails the statement with [USER_RAISED_EXCEPTION] and this text; return its value. */
DBX_API dbx_status dbx_udf_fail(dbx_udf_call *call, const char *message);

typedef dbx_status (*dbx_scalar_function)(void *user_data, dbx_udf_call *call);
typedef struct dbx_scalar_function_options {
    const char *name;
    const char *const *argument_types; /* SQL type names */
    uint32_t argument_count;
    const char *return_type;
    bool null_aware; /* false: NULL arguments give NULL and the row is not computed */
    bool nondeterministic;
    void *user_data;
    void (*free_user_data)(void *user_data); /* may be NULL */
} dbx_scalar_function_options;
/* Registers for all connections of the database, until it is closed; the name must not be a
 * built-in function's, and a later registration hides an earlier one. Arguments and results may
 * have any type but nested ones and VARIANT. The function may be called on several threads at once.
 * On failure user_data stays yours. */
DBX_API dbx_status dbx_register_scalar_function(dbx_connection *connection,
                                                const dbx_scalar_function_options *options,
                                                dbx_scalar_function function);

/* A table function: called with constant arguments as text, answers with an Arrow stream. */
typedef dbx_status (*dbx_table_function)(void *user_data, const char *const *arguments,
                                         uint32_t argument_count, struct ArrowArrayStream *stream,
                                         char *error_message, size_t error_message_size);
typedef struct dbx_table_function_options {
    const char *name;
    void *user_data;
    void (*free_user_data)(void *user_data);
} dbx_table_function_options;
DBX_API dbx_status dbx_register_table_function(dbx_connection *connection,
                                               const dbx_table_function_options *options,
                                               dbx_table_function function);

/* ---- for shells and tools
 * ------------------------------------------------------------------------------------------ */

/* Splits SQL into tokens for highlighting; each call gives the token at *offset and moves it on. */
typedef enum dbx_token_kind {
    DBX_TOKEN_END = 0,
    DBX_TOKEN_SPACE,
    DBX_TOKEN_COMMENT,
    DBX_TOKEN_KEYWORD,
    DBX_TOKEN_IDENTIFIER,
    DBX_TOKEN_STRING,
    DBX_TOKEN_NUMBER,
    DBX_TOKEN_OPERATOR,
    DBX_TOKEN_PARAMETER,
    DBX_TOKEN_ERROR
} dbx_token_kind;
DBX_API dbx_token_kind dbx_next_token(const char *sql, size_t size, size_t *offset,
                                      size_t *token_size);
/* Names for completion by index, NULL past the end; static. */
DBX_API const char *dbx_keyword(uint32_t index);
DBX_API const char *dbx_function_name(uint32_t index);

/* Frees memory that dbx handed over and says so. */
DBX_API void dbx_free(void *ptr);

#ifdef __cplusplus
}
#endif

#endif

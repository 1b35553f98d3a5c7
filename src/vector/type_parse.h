/* type_parse.h - types and column lists given as text: "INT", "ARRAY<STRING>", "a INT NOT NULL, b
 * STRUCT<x: DECIMAL(10,2)>". For schemas that functions and files are given as strings. */
#ifndef DBX_VECTOR_TYPE_PARSE_H
#define DBX_VECTOR_TYPE_PARSE_H

#include "vector/type.h"

/* Where a text stopped making sense. */
typedef struct type_parse_failure {
    string_view token; /* size 0: at the end of the text */
    bool unknown_type; /* the token stands where a type stands, but names none */
} type_parse_failure;

/* One type. DBX_ERROR: see failure, nothing is raised. */
dbx_status type_parse(arena *a, string_view text, type *out,
                      type_parse_failure *failure) MUST_CHECK;
/* A column list gives a STRUCT. */
dbx_status type_parse_columns(arena *a, string_view text, type *out,
                              type_parse_failure *failure) MUST_CHECK;
/* A type, or else a column list; the failure is that of the type. ntz: TIMESTAMP is TIMESTAMP_NTZ.
 */
dbx_status type_parse_schema(arena *a, string_view text, bool ntz, type *out,
                             type_parse_failure *failure) MUST_CHECK;

#endif

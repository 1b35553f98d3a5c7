/* schema_argument.h - schemas in arguments: types as text, options as maps, and what type values
 * seen one after the other have in common. Shared by JSON, CSV, XML, VARIANT. */
#ifndef DBX_FUNCTIONS_SCHEMA_ARGUMENT_H
#define DBX_FUNCTIONS_SCHEMA_ARGUMENT_H

#include "functions/signature.h"

/* The type that constant argument i spells. Raises INVALID_SCHEMA.NON_STRING_LITERAL,
 * PARSE_SYNTAX_ERROR, UNSUPPORTED_DATATYPE. */
dbx_status schema_argument_type(fn_bind *b, uint32_t i, type *out) MUST_CHECK;
/* The same, for a STRUCT. Raises INVALID_SCHEMA.NON_STRUCT_TYPE. */
dbx_status schema_argument_struct(fn_bind *b, uint32_t i, type *out) MUST_CHECK;

/* Argument i, called `name`, must be a constant and not NULL. Raises NON_FOLDABLE_INPUT,
 * UNEXPECTED_NULL. */
dbx_status schema_argument_constant(fn_bind *b, uint32_t i, const char *name) MUST_CHECK;

/* Options of a constant MAP<STRING, STRING>; keys are compared without case. */
typedef struct schema_options {
    const string_view *keys;
    const string_view *values;
    uint32_t count;
} schema_options;

/* Raises INVALID_OPTIONS.NON_MAP_FUNCTION, INVALID_OPTIONS.NON_STRING_TYPE. No argument i: none. */
dbx_status schema_argument_options(fn_bind *b, uint32_t i, schema_options *out) MUST_CHECK;
/* data is NULL when the option is not given. */
string_view schema_option(const schema_options *o, const char *key);
bool schema_option_bool(const schema_options *o, const char *key, bool otherwise);

/* The option "mode": PERMISSIVE or FAILFAST. Raises PARSE_MODE_UNSUPPORTED. */
dbx_status schema_option_mode(fn_bind *b, const schema_options *o, bool *fail_fast) MUST_CHECK;

/* The type that holds values of both: numbers widen, struct fields are merged by name (sorted),
 * what does not go together becomes `fallback`. */
dbx_status schema_merge(arena *a, type x, type y, type fallback, type *out) MUST_CHECK;
/* The type with everything in it nullable. */
dbx_status schema_nullable(arena *a, type t, type *out) MUST_CHECK;

#endif

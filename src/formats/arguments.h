/* arguments.h - reading the arguments of table functions and the options of writers.
 *
 * Options come typed (header => true) or as text (header => 'true', OPTIONS ("header" "true"));
 * both are taken. A value that does not fit raises INVALID_PARAMETER_VALUE at the argument's
 * position.
 */
#ifndef DBX_FORMATS_ARGUMENTS_H
#define DBX_FORMATS_ARGUMENTS_H

#include "vector/source.h"

/* Named `name`, ASCII case-insensitively. */
static inline bool argument_is(const table_argument *a, const char *name) {
    return a->name.size > 0 && sv_equal_ignore_case(a->name, sv_from(name));
}
bool argument_is_null(const table_argument *a);
dbx_status argument_bool(const table_argument *a, bool *out, error *err) MUST_CHECK;
dbx_status argument_int(const table_argument *a, int64_t low, int64_t high, int64_t *out,
                        error *err) MUST_CHECK;
dbx_status argument_double(const table_argument *a, double low, double high, double *out,
                           error *err) MUST_CHECK;
/* Text of a STRING, number or BOOLEAN; copied into the arena. */
dbx_status argument_text(const table_argument *a, arena *to, string_view *out,
                         error *err) MUST_CHECK;
/* A STRING or ARRAY<STRING> as views copied into the arena; NULL elements raise. */
dbx_status argument_texts(const table_argument *a, arena *to, string_view **out, uint32_t *count,
                          error *err) MUST_CHECK;
dbx_status argument_raise(const table_argument *a, const char *message, error *err);
/* UNRECOGNIZED_PARAMETER_NAME, with the arguments that the function takes. */
dbx_status argument_raise_unknown(const table_argument *a, const table_function_row *row,
                                  error *err);

/* The same for text options of a writer. */
dbx_status option_bool(string_view name, string_view value, bool *out, error *err) MUST_CHECK;
dbx_status option_int(string_view name, string_view value, int64_t low, int64_t high, int64_t *out,
                      error *err) MUST_CHECK;
dbx_status option_raise(string_view name, string_view value, const char *message, error *err);

#endif

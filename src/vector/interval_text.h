/* interval_text.h - intervals to and from text: literals, CAST and the shell's style. */
#ifndef DBX_VECTOR_INTERVAL_TEXT_H
#define DBX_VECTOR_INTERVAL_TEXT_H

#include "common/memory.h"
#include "vector/type.h"

enum { INTERVAL_TEXT_MAX = 192 };

/* Print to out (INTERVAL_TEXT_MAX bytes), return the length. sql: "INTERVAL '1-2' YEAR TO MONTH",
 * else the shell's "1-2" and "1 02:03:04.000000000". */
uint32_t interval_ym_print(int32_t months, type t, bool sql, char *out);
uint32_t interval_dt_print(int64_t micros, type t, bool sql, char *out);
uint32_t interval_print(dbx_interval v, char *out); /* "1 years 2 months 3 days 4.5 seconds" */

typedef enum interval_status { INTERVAL_OK, INTERVAL_MALFORMED, INTERVAL_OVERFLOW } interval_status;

/* The text between the quotes of INTERVAL '…' YEAR TO MONTH for type t, or the whole literal. A
 * sign may lead. */
interval_status interval_ym_parse(string_view text, type t, int32_t *months);
interval_status interval_dt_parse(string_view text, type t, int64_t *micros);
/* "[interval] 1 year -2 days 3.5 seconds" */
interval_status interval_parse(string_view text, dbx_interval *out);
/* Names of a unit: "year", "years", … as index 0 year, 1 quarter, 2 month, 3 week, 4 day, 5 hour, 6
 * minute, 7 second, 8 millisecond, 9 microsecond; -1 when unknown. */
int interval_unit(string_view name);
/* What a text for type t must look like, as error messages give it: "`[+|-]y-m`, `INTERVAL …`". */
const char *interval_format_text(type t);

#endif

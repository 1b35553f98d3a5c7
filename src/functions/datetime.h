/* datetime.h - shared by the files about dates, times and intervals. */
#ifndef DBX_FUNCTIONS_DATETIME_H
#define DBX_FUNCTIONS_DATETIME_H

#include "functions/function.h"
#include "vector/time_zone.h"
#include "vector/vector.h"

/* Adds months and days in local time of the zone, then microseconds. False on overflow. */
bool datetime_add_interval(const time_zone *zone, int64_t *micros, int64_t months, int64_t days,
                           int64_t rest) MUST_CHECK;

/* timestampadd(unit, n, t) and timestampdiff(unit, from, to), which date_add and date_diff are with
 * three arguments. */
dbx_status datetime_timestamp_add(fn_call *call, const vector *args, vector *out);
dbx_status datetime_timestamp_diff(fn_call *call, const vector *args, vector *out);
dbx_status datetime_bind_unit(fn_bind *b);

#endif

/* calendar.h - the proleptic Gregorian calendar over days since 1970-01-01.
 *
 * Years are counted from March, so that the leap day is a year's last; 400 years are 146097 days.
 */
#ifndef DBX_KERNEL_CALENDAR_H
#define DBX_KERNEL_CALENDAR_H

#include "kernel/kernel.h"

#define MICROS_PER_SECOND INT64_C(1000000)
#define MICROS_PER_MINUTE (60 * MICROS_PER_SECOND)
#define MICROS_PER_HOUR (3600 * MICROS_PER_SECOND)
#define MICROS_PER_DAY (86400 * MICROS_PER_SECOND)

typedef struct civil_date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
} civil_date;

static inline int64_t floor_divide(int64_t x, int64_t y) {
    return x / y - (x % y != 0 && (x % y < 0) != (y < 0));
}
static inline int64_t floor_modulo(int64_t x, int64_t y) {
    return x - floor_divide(x, y) * y;
}

static inline int64_t calendar_days(int64_t year, int64_t month, int64_t day) {
    int64_t y = year - (month <= 2);
    int64_t era = floor_divide(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t shifted = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static inline civil_date calendar_civil(int64_t days) {
    int64_t z = days + 719468;
    int64_t era = floor_divide(z, 146097);
    uint32_t day_of_era = (uint32_t)(z - era * 146097);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted = (5 * day_of_year + 2) / 153;
    civil_date c;
    c.day = (int32_t)(day_of_year - (153 * shifted + 2) / 5 + 1);
    c.month = (int32_t)(shifted < 10 ? shifted + 3 : shifted - 9);
    c.year = (int32_t)(year_of_era + era * 400 + (c.month <= 2));
    return c;
}

static inline bool calendar_is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static inline int32_t calendar_month_days(int64_t year, int32_t month) {
    if (month == 2) return calendar_is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Adds months; the day is cut to the month's last. */
static inline int64_t calendar_add_months(int64_t days, int64_t months) {
    civil_date c = calendar_civil(days);
    int64_t total = (int64_t)c.year * 12 + c.month - 1 + months;
    int64_t year = floor_divide(total, 12);
    int32_t month = (int32_t)(total - year * 12) + 1;
    int32_t last = calendar_month_days(year, month);
    return calendar_days(year, month, c.day < last ? c.day : last);
}

/* 1 Monday … 7 Sunday */
static inline int32_t calendar_iso_weekday(int64_t days) {
    return (int32_t)floor_modulo(days + 3, 7) + 1;
}
static inline int32_t calendar_day_of_year(int64_t days) {
    return (int32_t)(days - calendar_days(calendar_civil(days).year, 1, 1)) + 1;
}
/* ISO 8601 week and the year that it belongs to. */
static inline int32_t calendar_iso_week(int64_t days, int32_t *week_year) {
    int64_t thursday = days - calendar_iso_weekday(days) + 4;
    int32_t year = calendar_civil(thursday).year;
    if (week_year != NULL) *week_year = year;
    return (int32_t)((thursday - calendar_days(year, 1, 1)) / 7) + 1;
}

#endif

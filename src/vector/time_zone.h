/* time_zone.h - offsets of named and fixed time zones, as java.time gives them.
 *
 * A zone is immutable once loaded and may be used from any thread. Session zones live as long as
 * the session; zones named by arguments are cached in the worker's scratch arena (time_zone_cache).
 */
#ifndef DBX_VECTOR_TIME_ZONE_H
#define DBX_VECTOR_TIME_ZONE_H

#include "common/query.h"

typedef struct time_zone {
    string_view name;       /* as Spark prints it: "America/Los_Angeles", "+01:00", "Z" */
    int32_t first_offset_s; /* before the first transition */
    uint32_t count;
    const int64_t *instants_s; /* UTC seconds of transitions, ascending */
    const int32_t *offsets_s;  /* seconds east of UTC from each transition on */
    bool periodic;             /* the last 400 years of transitions repeat for ever */
} time_zone;

extern const time_zone time_zone_utc;

/* Finds a zone by IANA name or as "Z", "UTC", "GMT+1", "+01:30", "UTC-08:00:00". Raises
 * INVALID_TIMEZONE. */
dbx_status time_zone_load(arena *a, string_view name, const time_zone **out, error *err) MUST_CHECK;
/* The system's zone: TZ, then /etc/localtime, then UTC. */
dbx_status time_zone_load_system(arena *a, const time_zone **out, error *err) MUST_CHECK;

/* Seconds east of UTC at an instant. */
int32_t time_zone_offset_at(const time_zone *z, int64_t utc_s);
/* Seconds east of UTC for a local time: the earlier offset in an overlap, the one before in a gap.
 */
int32_t time_zone_offset_for_local(const time_zone *z, int64_t local_s);

/* Local microseconds of an instant and back (gaps move forward). */
static inline int64_t time_zone_floor_seconds(int64_t micros) {
    return micros / 1000000 - (micros % 1000000 < 0);
}
static inline int64_t time_zone_to_local(const time_zone *z, int64_t micros) {
    return (int64_t)((uint64_t)micros +
                     (uint64_t)((int64_t)time_zone_offset_at(z, time_zone_floor_seconds(micros)) *
                                1000000));
}
static inline int64_t time_zone_to_utc(const time_zone *z, int64_t local_micros) {
    return (int64_t)((uint64_t)local_micros -
                     (uint64_t)((int64_t)time_zone_offset_for_local(
                                    z, time_zone_floor_seconds(local_micros)) *
                                1000000));
}

/* The zone of a statement; UTC when none was set. */
static inline const time_zone *time_zone_of(const query *q) {
    return q->zone != NULL ? q->zone : &time_zone_utc;
}

/* Zones that a column names, kept per worker: zero-initialized scratch. */
typedef struct time_zone_cache {
    uint32_t count;
    const time_zone *zones[8];
    string_view names[8];
} time_zone_cache;
dbx_status time_zone_cached(time_zone_cache *c, arena *a, string_view name, const time_zone **out,
                            error *err) MUST_CHECK;

#endif

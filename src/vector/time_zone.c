/* time_zone.c - reads TZif files (RFC 8536) and answers what offset holds when.
 *
 * The footer's POSIX rule is expanded to 400 years of transitions after the last listed one: the
 * Gregorian calendar repeats after that, so any later instant is looked up one cycle or more
 * earlier, and there is one kind of search.
 */
#include "vector/time_zone.h"

#include "common/os.h"
#include "kernel/calendar.h"

enum {
    ZONE_NAME_MAX = 64,
    ZONE_FOLDER_MAX = 1024,
    ZONE_CYCLE_YEARS = 400,
    ZONE_TRANSITIONS_MAX = 4096,
    ZONE_OFFSET_MAX = 18 * 3600,
};
static const int64_t zone_cycle_s = INT64_C(146097) * 86400;

const time_zone time_zone_utc = {.name = {"UTC", 3}};

/* ---- asking ---- */

int32_t time_zone_offset_at(const time_zone *z, int64_t utc_s) {
    if (z->count == 0 || utc_s < z->instants_s[0]) return z->first_offset_s;
    int64_t last = z->instants_s[z->count - 1];
    if (utc_s > last && z->periodic) utc_s -= ((utc_s - last) / zone_cycle_s + 1) * zone_cycle_s;
    uint32_t low = 0, high = z->count; /* instants[low] <= utc < instants[high] */
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (z->instants_s[middle] <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return z->offsets_s[low];
}

int32_t time_zone_offset_for_local(const time_zone *z, int64_t local_s) {
    if (z->count == 0) return z->first_offset_s;
    int32_t before = time_zone_offset_at(z, local_s - 86400);
    int32_t after = time_zone_offset_at(z, local_s + 86400);
    if (before == after || time_zone_offset_at(z, local_s - before) == before) return before;
    return time_zone_offset_at(z, local_s - after) == after ? after : before;
}

/* ---- fixed offsets ---- */

static bool zone_digits(string_view *s, uint32_t least, uint32_t most, int32_t *out) {
    uint32_t n = 0;
    *out = 0;
    while (n < most && n < s->size && ascii_is_digit(s->data[n]))
        *out = *out * 10 + (s->data[n++] - '0');
    s->data += n;
    s->size -= n;
    return n >= least;
}

/* "+8", "-08", "+08:30", "+0830", "+08:30:15" */
static bool zone_parse_offset(string_view s, int32_t *out) {
    if (s.size < 2 || (s.data[0] != '+' && s.data[0] != '-')) return false;
    int32_t sign = s.data[0] == '-' ? -1 : 1, hours, minutes = 0, seconds = 0;
    s.data++;
    s.size--;
    if (!zone_digits(&s, 1, 2, &hours)) return false;
    if (s.size > 0) {
        bool colon = s.data[0] == ':';
        if (colon) {
            s.data++;
            s.size--;
        }
        if (!zone_digits(&s, colon ? 1 : 2, 2, &minutes)) return false;
        if (s.size > 0) {
            if (colon) {
                if (s.data[0] != ':') return false;
                s.data++;
                s.size--;
            }
            if (!zone_digits(&s, 2, 2, &seconds)) return false;
        }
    }
    int32_t total = hours * 3600 + minutes * 60 + seconds;
    if (s.size > 0 || minutes > 59 || seconds > 59 || total > ZONE_OFFSET_MAX) return false;
    *out = sign * total;
    return true;
}

static dbx_status zone_make_fixed(arena *a, string_view prefix, int32_t offset_s,
                                  const time_zone **out, error *err) {
    time_zone *z = ARENA_NEW(a, time_zone);
    uint32_t s = (uint32_t)(offset_s < 0 ? -offset_s : offset_s);
    char *name = z == NULL ? NULL
                 : s % 60 != 0
                     ? arena_printf(a, SV_FMT "%c%02u:%02u:%02u", SV_ARG(prefix),
                                    offset_s < 0 ? '-' : '+', s / 3600, s / 60 % 60, s % 60)
                     : arena_printf(a, SV_FMT "%c%02u:%02u", SV_ARG(prefix),
                                    offset_s < 0 ? '-' : '+', s / 3600, s / 60 % 60);
    if (name == NULL) return error_nomem(err);
    z->name = offset_s == 0 && prefix.size == 0 ? SV("Z") : sv_from(name);
    z->first_offset_s = offset_s;
    *out = z;
    return DBX_OK;
}

static bool zone_is_fixed(string_view name, string_view *prefix, int32_t *offset_s) {
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    *prefix = (string_view){NULL, 0};
    *offset_s = 0;
    if (sv_equal(name, SV("Z")) || sv_equal(name, SV("z"))) return true;
    if (zone_parse_offset(name, offset_s)) return true;
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
        string_view p = sv_from(prefixes[i]);
        if (!sv_starts_with(name, p) || name.size == p.size) continue;
        *prefix = p;
        return zone_parse_offset((string_view){name.data + p.size, name.size - p.size}, offset_s);
    }
    return false;
}

/* ---- TZif ---- */

typedef struct zone_reader {
    const uint8_t *at;
    const uint8_t *end;
} zone_reader;

static int64_t zone_big_endian(const uint8_t *p, uint32_t bytes) {
    uint64_t x = (p[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < bytes; i++) x = x << 8 | p[i];
    return (int64_t)x;
}

typedef struct zone_header {
    uint32_t isut, isstd, leap, times, types, chars;
} zone_header;

static bool zone_read_header(zone_reader *r, zone_header *h, uint8_t *version) {
    if (r->end - r->at < 44 || memcmp(r->at, "TZif", 4) != 0) return false;
    *version = r->at[4];
    uint32_t *fields[] = {&h->isut, &h->isstd, &h->leap, &h->times, &h->types, &h->chars};
    for (uint32_t i = 0; i < 6; i++) {
        *fields[i] = (uint32_t)zone_big_endian(r->at + 20 + 4 * i, 4);
        if (*fields[i] > 65536) return false;
    }
    r->at += 44;
    return h->types > 0;
}

static size_t zone_body_size(const zone_header *h, uint32_t time_size) {
    return (size_t)h->times * (time_size + 1) + (size_t)h->types * 6 + h->chars +
           (size_t)h->leap * (time_size + 4) + h->isstd + h->isut;
}

/* One end of a POSIX rule: "M3.2.0/2" */
typedef struct zone_rule {
    char kind; /* 'M', 'J' (1..365, no leap day), 'D' (0..365) */
    int32_t month, week, day;
    int32_t time_s;
} zone_rule;

static bool zone_skip_name(string_view *s) {
    size_t n = 0;
    if (s->size > 0 && s->data[0] == '<') {
        while (n < s->size && s->data[n] != '>') n++;
        if (n == s->size) return false;
        n++;
    } else {
        while (n < s->size && ((s->data[n] | 32) >= 'a' && (s->data[n] | 32) <= 'z')) n++;
    }
    s->data += n;
    s->size -= n;
    return n > 0;
}

static bool zone_take(string_view *s, char c) {
    if (s->size == 0 || s->data[0] != c) return false;
    s->data++;
    s->size--;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool zone_rule_time(string_view *s, int32_t *out) {
    int32_t sign = zone_take(s, '-') ? -1 : 1, h, m = 0, sec = 0;
    if (sign > 0) zone_take(s, '+');
    if (!zone_digits(s, 1, 3, &h)) return false;
    if (zone_take(s, ':') && !zone_digits(s, 1, 2, &m)) return false;
    if (zone_take(s, ':') && !zone_digits(s, 1, 2, &sec)) return false;
    *out = sign * (h * 3600 + m * 60 + sec);
    return true;
}

static bool zone_rule_parse(string_view *s, zone_rule *r) {
    *r = (zone_rule){.kind = 'D', .time_s = 7200};
    if (zone_take(s, 'M')) {
        r->kind = 'M';
        if (!zone_digits(s, 1, 2, &r->month) || !zone_take(s, '.') ||
            !zone_digits(s, 1, 1, &r->week) || !zone_take(s, '.') || !zone_digits(s, 1, 1, &r->day))
            return false;
        if (r->month < 1 || r->month > 12 || r->week < 1 || r->week > 5 || r->day > 6) return false;
    } else {
        if (zone_take(s, 'J')) r->kind = 'J';
        if (!zone_digits(s, 1, 3, &r->day)) return false;
    }
    return !zone_take(s, '/') || zone_rule_time(s, &r->time_s);
}

/* Local seconds at which the rule takes effect in a year. */
static int64_t zone_rule_instant(const zone_rule *r, int32_t year) {
    int64_t days = calendar_days(year, 1, 1);
    if (r->kind == 'M') {
        int64_t first = calendar_days(year, r->month, 1);
        int32_t weekday = (int32_t)floor_modulo(first + 4, 7); /* 0 is Sunday */
        int32_t day = (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
        while (day >= calendar_month_days(year, r->month)) day -= 7;
        days = first + day;
    } else if (r->kind == 'J') {
        days += r->day - 1 + (calendar_is_leap(year) && r->day > 59);
    } else {
        days += r->day;
    }
    return days * 86400 + r->time_s;
}

typedef struct zone_build {
    int64_t *instants;
    int32_t *offsets;
    uint32_t count;
} zone_build;

static void zone_add(zone_build *b, int64_t instant, int32_t offset) {
    if (b->count == ZONE_TRANSITIONS_MAX || (b->count > 0 && instant <= b->instants[b->count - 1]))
        return;
    b->instants[b->count] = instant;
    b->offsets[b->count++] = offset;
}

/* Expands "PST8PDT,M3.2.0,M11.1.0" behind the listed transitions. Offsets of POSIX count westwards.
 */
static bool zone_expand_footer(string_view s, zone_build *b) {
    int32_t standard, summer;
    zone_rule start, end;
    if (!zone_skip_name(&s) || !zone_rule_time(&s, &standard)) return false;
    standard = -standard;
    if (s.size == 0) return false; /* no daylight saving */
    summer = standard + 3600;
    if (!zone_skip_name(&s)) return false;
    if (s.size > 0 && s.data[0] != ',') {
        if (!zone_rule_time(&s, &summer)) return false;
        summer = -summer;
    }
    if (!zone_take(&s, ',') || !zone_rule_parse(&s, &start) || !zone_take(&s, ',') ||
        !zone_rule_parse(&s, &end))
        return false;
    int64_t from = b->count > 0 ? b->instants[b->count - 1] : 0;
    int32_t year = calendar_civil(floor_divide(from, 86400)).year;
    for (int32_t y = year; y <= year + ZONE_CYCLE_YEARS + 1; y++) {
        int64_t on = zone_rule_instant(&start, y) - standard,
                off = zone_rule_instant(&end, y) - summer;
        if (on < off) {
            zone_add(b, on, summer);
            zone_add(b, off, standard);
        } else {
            zone_add(b, off, standard);
            zone_add(b, on, summer);
        }
    }
    return true;
}

static bool zone_parse_file(arena *a, const uint8_t *bytes, size_t size, time_zone *z) {
    zone_reader r = {bytes, bytes + size};
    zone_header h;
    uint8_t version;
    uint32_t time_size = 4;
    if (!zone_read_header(&r, &h, &version)) return false;
    if (version >= '2') {
        size_t skip = zone_body_size(&h, 4);
        if ((size_t)(r.end - r.at) < skip) return false;
        r.at += skip;
        time_size = 8;
        if (!zone_read_header(&r, &h, &version)) return false;
    }
    if ((size_t)(r.end - r.at) < zone_body_size(&h, time_size)) return false;
    const uint8_t *times = r.at, *indexes = times + (size_t)h.times * time_size,
                  *types = indexes + h.times;
    zone_build b = {ARENA_ARRAY(a, int64_t, ZONE_TRANSITIONS_MAX),
                    ARENA_ARRAY(a, int32_t, ZONE_TRANSITIONS_MAX), 0};
    if (b.instants == NULL || b.offsets == NULL) return false;
    z->first_offset_s = (int32_t)zone_big_endian(types, 4);
    for (uint32_t i = 0; i < h.times; i++) {
        if (indexes[i] >= h.types) return false;
        zone_add(&b, zone_big_endian(times + (size_t)i * time_size, time_size),
                 (int32_t)zone_big_endian(types + 6 * (size_t)indexes[i], 4));
    }
    const uint8_t *footer = r.at + zone_body_size(&h, time_size);
    if (time_size == 8 && footer < r.end && *footer == '\n') {
        const uint8_t *stop = memchr(footer + 1, '\n', (size_t)(r.end - footer - 1));
        if (stop != NULL)
            z->periodic = zone_expand_footer(
                (string_view){(const char *)footer + 1, (size_t)(stop - footer - 1)}, &b);
    }
    z->count = b.count;
    z->instants_s = b.instants;
    z->offsets_s = b.offsets;
    return true;
}

static bool zone_name_is_safe(string_view name) {
    if (name.size == 0 || name.size > ZONE_NAME_MAX || name.data[0] == '/' || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ascii_is_digit(c) ||
                  c == '_' || c == '-' || c == '+' || c == '/';
        if (!ok) return false;
    }
    return true;
}

static dbx_status zone_load_path(arena *a, const char *path, string_view name,
                                 const time_zone **out, error *err) {
    const void *bytes = NULL;
    size_t size = 0;
    *out = NULL;
    if (os_path_stat(path, NULL, NULL) != OS_PATH_FILE) return DBX_OK;
    TRY(os_map(path, &bytes, &size, err));
    time_zone *z = ARENA_NEW(a, time_zone);
    bool good = z != NULL && zone_parse_file(a, bytes, size, z);
    os_unmap(bytes, size);
    if (z == NULL) return error_nomem(err);
    if (!good) return DBX_OK;
    z->name = arena_copy_string(a, name);
    if (z->name.data == NULL) return error_nomem(err);
    *out = z;
    return DBX_OK;
}

dbx_status time_zone_load(arena *a, string_view name, const time_zone **out, error *err) {
    /* java.time.ZoneId.SHORT_IDS, which Spark accepts; EST, MST and HST are zones of tzdata. */
    static const char *const aliases[][2] = {
        {"ACT", "Australia/Darwin"},
        {"AET", "Australia/Sydney"},
        {"AGT", "America/Argentina/Buenos_Aires"},
        {"ART", "Africa/Cairo"},
        {"AST", "America/Anchorage"},
        {"BET", "America/Sao_Paulo"},
        {"BST", "Asia/Dhaka"},
        {"CAT", "Africa/Harare"},
        {"CNT", "America/St_Johns"},
        {"CST", "America/Chicago"},
        {"CTT", "Asia/Shanghai"},
        {"EAT", "Africa/Addis_Ababa"},
        {"ECT", "Europe/Paris"},
        {"IET", "America/Indiana/Indianapolis"},
        {"IST", "Asia/Kolkata"},
        {"JST", "Asia/Tokyo"},
        {"MIT", "Pacific/Apia"},
        {"NET", "Asia/Yerevan"},
        {"NST", "Pacific/Auckland"},
        {"PLT", "Asia/Karachi"},
        {"PNT", "America/Phoenix"},
        {"PRT", "America/Puerto_Rico"},
        {"PST", "America/Los_Angeles"},
        {"SST", "Pacific/Guadalcanal"},
        {"VST", "Asia/Ho_Chi_Minh"},
    };
    string_view prefix, trimmed = sv_trim(name), wanted = trimmed;
    int32_t offset;
    if (sv_equal(trimmed, SV("UTC"))) {
        *out = &time_zone_utc;
        return DBX_OK;
    }
    if (zone_is_fixed(trimmed, &prefix, &offset))
        return zone_make_fixed(a, prefix, offset, out, err);
    for (size_t i = 0; i < ARRAY_COUNT(aliases); i++) {
        if (sv_equal(trimmed, sv_from(aliases[i][0]))) wanted = sv_from(aliases[i][1]);
    }
    *out = NULL;
    if (zone_name_is_safe(wanted)) {
        char folder[ZONE_FOLDER_MAX];
        if (!os_zoneinfo_folder(folder, sizeof(folder))) folder[0] = '\0';
        char *path = arena_printf(a, "%s/" SV_FMT, folder, SV_ARG(wanted));
        if (path == NULL) return error_nomem(err);
        TRY(zone_load_path(a, path, wanted, out, err));
    }
    if (*out != NULL) return DBX_OK;
    char *text = arena_printf(a, "'" SV_FMT "'", SV_ARG(name));
    return error_raise(err, ERR_INVALID_TIMEZONE, (span){0, 0}, "timeZone",
                       text == NULL ? "" : text, NULL);
}

dbx_status time_zone_load_system(arena *a, const time_zone **out, error *err) {
    char name[ZONE_NAME_MAX];
    error ignored;
    error_init(&ignored);
    if (os_environment("TZ", name, sizeof(name)) && name[0] != '\0') {
        dbx_status status =
            time_zone_load(a, sv_from(name[0] == ':' ? name + 1 : name), out, &ignored);
        error_deinit(&ignored);
        if (status == DBX_OK) return DBX_OK;
        error_init(&ignored);
    }
    error_deinit(&ignored);
    TRY(zone_load_path(a, "/etc/localtime", SV("localtime"), out, err));
    if (*out == NULL || (*out)->count == 0) *out = &time_zone_utc;
    return DBX_OK;
}

dbx_status time_zone_cached(time_zone_cache *c, arena *a, string_view name, const time_zone **out,
                            error *err) {
    for (uint32_t i = 0; i < MIN(c->count, (uint32_t)ARRAY_COUNT(c->zones)); i++) {
        if (sv_equal(c->names[i], name)) {
            *out = c->zones[i];
            return DBX_OK;
        }
    }
    string_view copy = arena_copy_string(a, name);
    if (copy.data == NULL) return error_nomem(err);
    TRY(time_zone_load(a, copy, out, err));
    uint32_t slot = c->count++ % ARRAY_COUNT(c->zones);
    c->zones[slot] = *out;
    c->names[slot] = copy;
    return DBX_OK;
}

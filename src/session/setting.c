/* setting.c - reading and changing the settings of a session that runs.
 *
 * A setting of scope SHARED lives in the database's settings, under its lock; the sessions' copies
 * of it are not looked at.
 */
#include "session/session.h"

enum { SETTING_MS_PER_S = 1000, SETTING_NS_PER_MS = 1000000 };

static bool setting_is_shared(string_view name) {
    const setting_row *row = settings_find(name);
    return row != NULL && row->scope == SETTING_SCOPE_SHARED;
}

static dbx_status setting_set_shared(session *s, string_view name, string_view value) {
    os_mutex_lock(&s->db->lock);
    dbx_status status = database_set(s->db, name, value, &s->error);
    os_mutex_unlock(&s->db->lock);
    return status;
}

/* A zone that does not exist is refused, and the zone is the database's again. */
static dbx_status setting_check_zone(session *s) {
    const struct time_zone *zone;
    dbx_status status = session_time_zone_find(s, &zone);
    if (status == DBX_OK) return DBX_OK;
    if (status == DBX_ERROR) {
        char name[64]; /* a longer name is no zone's */
        size_t size = MIN(s->settings.timezone.size, sizeof(name) - 1);
        memcpy(name, s->settings.timezone.data, size);
        name[size] = '\0';
        error_clear(&s->error);
        status = error_raise(&s->error, ERR_INVALID_CONF_VALUE__TIME_ZONE, (span){0, 0},
                             "confValue", name, "confName", "spark.sql.session.timeZone", NULL);
    }
    error ignored;
    error_init(&ignored);
    (void)!settings_reset(&s->settings, SV("timezone"), &s->db->settings, &ignored);
    error_clear(&ignored);
    return status;
}

dbx_status session_set(session *s, string_view name, string_view value) {
    if (setting_is_shared(name)) return setting_set_shared(s, name, value);
    TRY(settings_set(&s->settings, name, value, false, &s->error));
    return setting_check_zone(s);
}

dbx_status session_reset(session *s, string_view name) {
    if (!setting_is_shared(name))
        return settings_reset(&s->settings, name, &s->db->settings, &s->error);
    buffer text;
    buffer_init(&text, &s->ledger);
    bool known = settings_get(&s->db->opened, name, &text);
    assert(known);
    (void)known;
    dbx_status status = setting_set_shared(s, name, buffer_view(&text));
    buffer_deinit(&text);
    return status;
}

dbx_status session_reset_all(session *s) {
    uint32_t count;
    const setting_row *rows = settings_rows(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].scope == SETTING_SCOPE_SHARED) TRY(session_reset(s, sv_from(rows[i].name)));
    }
    os_mutex_lock(&s->db->lock);
    dbx_status status = settings_copy(&s->settings, &s->db->settings);
    os_mutex_unlock(&s->db->lock);
    return status == DBX_OK ? DBX_OK : error_nomem(&s->error);
}

bool session_get(session *s, string_view name, buffer *out) {
    if (!setting_is_shared(name)) return settings_get(&s->settings, name, out);
    os_mutex_lock(&s->db->lock);
    bool known = settings_get(&s->db->settings, name, out);
    os_mutex_unlock(&s->db->lock);
    return known;
}

uint32_t session_threads(const session *s) {
    int64_t threads = s->settings.threads;
    return threads > 0 ? (uint32_t)MIN(threads, (int64_t)DATABASE_THREADS_MAX) : s->db->cpus;
}

uint64_t session_deadline(const session *s) {
    int64_t ms = s->settings.statement_timeout_ms;
    int64_t seconds = s->settings.statement_timeout;
    bool by_seconds = seconds > 0 && (ms == 0 || seconds < ms / SETTING_MS_PER_S);
    if (by_seconds)
        ms = MIN(seconds, INT64_MAX / SETTING_NS_PER_MS / SETTING_MS_PER_S) * SETTING_MS_PER_S;
    if (ms <= 0) return 0;
    return os_monotonic_ns() +
           (uint64_t)MIN(ms, INT64_MAX / SETTING_NS_PER_MS / 2) * SETTING_NS_PER_MS;
}

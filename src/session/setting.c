/* setting.c - changing a setting of a session that runs. */
#include "session/session.h"

/* A zone that does not exist is refused, and the zone is the database's again. */
static dbx_status setting_check_zone(session *s) {
    const struct time_zone *zone;
    dbx_status status = session_time_zone_find(s, &zone);
    if (status == DBX_OK) return DBX_OK;
    error ignored;
    error_init(&ignored);
    (void)!settings_reset(&s->settings, SV("timezone"), &s->db->settings, &ignored);
    error_clear(&ignored);
    return status;
}

dbx_status session_set(session *s, string_view name, string_view value) {
    TRY(settings_set(&s->settings, name, value, false, &s->error));
    return setting_check_zone(s);
}

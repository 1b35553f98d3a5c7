/* database.c - see database.h. */
#include "session/database.h"

#include "session/registered.h"

#include <stdio.h>
#include <stdlib.h>

enum { DATABASE_PERCENT_MAX = 100, DATABASE_MEMORY_MIN = 16 << 20 };

/* "512MB", "2g", "1000000", "80%" of the machine's memory; false when it is none of these. */
static bool database_parse_size(string_view text, size_t *out) {
    char digits[32];
    size_t n = 0;
    while (n < text.size && n < sizeof(digits) - 1 &&
           (ascii_is_digit(text.data[n]) || text.data[n] == '.')) {
        digits[n] = text.data[n];
        n++;
    }
    digits[n] = '\0';
    if (n == 0) return false;
    double value = strtod(digits, NULL);
    string_view unit = sv_trim((string_view){text.data + n, text.size - n});
    if (sv_equal(unit, SV("%"))) {
        if (value > DATABASE_PERCENT_MAX) return false;
        *out = (size_t)((double)os_memory_total() * value / DATABASE_PERCENT_MAX);
        return true;
    }
    static const struct {
        const char *name;
        double factor;
    } units[] = {{"", 1},
                 {"b", 1},
                 {"k", 1024.0},
                 {"kb", 1024.0},
                 {"kib", 1024.0},
                 {"m", 1048576.},
                 {"mb", 1048576.0},
                 {"mib", 1048576.0},
                 {"g", 1073741824.0},
                 {"gb", 1073741824.0},
                 {"gib", 1073741824.0},
                 {"t", 1099511627776.0},
                 {"tb", 1099511627776.0}};
    for (uint32_t i = 0; i < ARRAY_COUNT(units); i++) {
        if (!sv_equal_ignore_case(unit, sv_from(units[i].name))) continue;
        *out = (size_t)(value * units[i].factor);
        return true;
    }
    return false;
}

static dbx_status database_apply_memory_limit(database *db, string_view text, error *err) {
    size_t limit;
    if (!database_parse_size(text, &limit) || limit < DATABASE_MEMORY_MIN) {
        char shown[64];
        size_t size = MIN(text.size, sizeof(shown) - 1);
        memcpy(shown, text.data, size);
        shown[size] = '\0';
        return error_raise(err, ERR_INVALID_CONF_VALUE, (span){0, 0}, "confValue", shown,
                           "confName", "memory_limit", "expected",
                           "a size of at least 16MB, such as 2GB, or a share such as 80%", NULL);
    }
    atomic_store(&db->ledger.limit, limit);
    return DBX_OK;
}

static dbx_status database_apply_file_cache(database *db, error *err) {
    size_t limit;
    if (!database_parse_size(db->settings.file_cache_limit, &limit)) {
        return error_raise(err, ERR_INVALID_CONF_VALUE, (span){0, 0}, "confValue",
                           db->settings.file_cache_limit.data, "confName", "file_cache_limit",
                           "expected", "a size, such as 2GB, or a share such as 15%", NULL);
    }
    limit = MIN(limit, db->ledger.limit / 4);
    if (limit == 0) return DBX_OK;
    page_cache_init(&db->pages, &db->ledger, limit);
    db->gate.pages = &db->pages;
    return DBX_OK;
}

/* By name, in the order of storage_sync. */
static dbx_status database_parse_sync(string_view text, uint8_t *out, error *err) {
    static const char *const names[] = {"full", "normal", "off"};
    for (uint8_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(text, sv_from(names[i]))) continue;
        *out = i;
        return DBX_OK;
    }
    return error_raise(err, ERR_INVALID_CONF_VALUE, (span){0, 0}, "confValue", text.data,
                       "confName", "synchronous", "expected", "full, normal or off", NULL);
}

/* Beside the database file, or where the system keeps temporary files. */
static void database_default_directory(const char *path, char *out, size_t size) {
    if (path == NULL) {
        if (!os_environment("TMPDIR", out, size) && !os_environment("TEMP", out, size))
            snprintf(out, size, "/tmp");
        return;
    }
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    snprintf(out, size, "%.*s", length > 0 ? (int)length : 1,
             length > 0      ? path
             : slash != NULL ? "/"
                             : ".");
}

static dbx_status database_apply_temp(database *db, const char *path, error *err) {
    const settings *s = &db->settings;
    size_t limit = SIZE_MAX;
    if (s->temp_directory.size >= sizeof(db->temp.directory)) {
        return error_raise(err, ERR_INVALID_CONF_VALUE, (span){0, 0}, "confValue",
                           s->temp_directory.data, "confName", "temp_directory", "expected",
                           "the path of a directory", NULL);
    }
    if (s->temp_directory_limit.size > 0 && !database_parse_size(s->temp_directory_limit, &limit)) {
        return error_raise(err, ERR_INVALID_CONF_VALUE, (span){0, 0}, "confValue",
                           s->temp_directory_limit.data, "confName", "temp_directory_limit",
                           "expected", "a size, such as 100GB", NULL);
    }
    db->temp.limit = limit == SIZE_MAX ? UINT64_MAX : limit;
    if (s->temp_directory.size > 0) {
        memcpy(db->temp.directory, s->temp_directory.data, s->temp_directory.size);
        db->temp.directory[s->temp_directory.size] = '\0';
    } else {
        database_default_directory(path, db->temp.directory, sizeof(db->temp.directory));
    }
    return DBX_OK;
}

dbx_status database_set(database *db, string_view name, string_view value, error *err) {
    value = sv_trim(value);
    TRY(database_apply_memory_limit(db, value, err)); /* the only setting of scope SHARED */
    return settings_set(&db->settings, name, value, true, err);
}

dbx_status database_open(const char *path, const dbx_option *options, size_t count, database **out,
                         error *err) {
    *out = NULL;
    database *db = calloc(1, sizeof(*db));
    if (db == NULL) return error_nomem(err);
    ledger_init(&db->ledger, NULL, "database", SIZE_MAX);
    settings_init(&db->settings, &db->ledger);
    settings_init(&db->opened, &db->ledger);
    os_mutex_init(&db->lock);
    dbx_status status = DBX_OK;
    for (size_t i = 0; status == DBX_OK && i < count; i++) {
        status = settings_set(&db->settings, sv_from(options[i].name), sv_from(options[i].value),
                              true, err);
    }
    if (status == DBX_OK) status = database_apply_memory_limit(db, db->settings.memory_limit, err);
    if (status == DBX_OK) status = database_apply_file_cache(db, err);
    if (status == DBX_OK && settings_copy(&db->opened, &db->settings) != DBX_OK)
        status = error_nomem(err);
    db->cpus = os_cpu_count();
    catalog_open_options open = {.read_only = db->settings.read_only,
                                 .busy_timeout_ms = (uint64_t)db->settings.busy_timeout_ms};
    if (status == DBX_OK) status = database_parse_sync(db->settings.synchronous, &open.sync, err);
    bool in_memory = path == NULL || path[0] == '\0' || strcmp(path, ":memory:") == 0;
    if (status == DBX_OK) status = database_apply_temp(db, in_memory ? NULL : path, err);
    if (status == DBX_OK)
        status = catalog_open(in_memory ? NULL : path, &open, &db->ledger, &db->catalog, err);
    if (status != DBX_OK) {
        database_close(db);
        return status;
    }
    *out = db;
    return DBX_OK;
}

void database_close(database *db) {
    if (db == NULL) return;
    assert(atomic_load(&db->sessions) == 0);
    registered_free_all(db->functions, &db->ledger);
    if (db->catalog != NULL) catalog_close(db->catalog);
    if (db->gate.pages != NULL) page_cache_deinit(&db->pages);
    settings_deinit(&db->opened);
    settings_deinit(&db->settings);
    os_mutex_deinit(&db->lock);
    ledger_deinit(&db->ledger);
    free(db);
}

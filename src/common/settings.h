/* settings.h - typed values of settings.def plus any other configuration a session was given.
 *
 * Unknown spark.* keys are kept as text and read back by SET, so that scripts run unchanged.
 */
#ifndef DBX_COMMON_SETTINGS_H
#define DBX_COMMON_SETTINGS_H

#include "common/error.h"
#include "common/memory.h"

#define SETTING_FIELD_BOOL(field) bool field;
#define SETTING_FIELD_INT(field) int64_t field;
#define SETTING_FIELD_TEXT(field) string_view field;

typedef struct settings_entry {
    string_view key;
    string_view value;
} settings_entry;

typedef struct settings {
#define SETTING(field, kind, initial, name, spark, scope, doc) SETTING_FIELD_##kind(field)
#include "common/settings.def"
#undef SETTING
    arena arena;                       /* owns the texts */
    ARENA_LIST(settings_entry) others; /* keys that no row declares */
} settings;

typedef enum setting_kind { SETTING_BOOL, SETTING_INT, SETTING_TEXT } setting_kind;
typedef enum setting_scope {
    SETTING_SCOPE_SESSION,
    SETTING_SCOPE_SHARED,
    SETTING_SCOPE_DATABASE
} setting_scope;

typedef struct setting_row {
    const char *name;
    const char *spark_name; /* "" when there is none */
    const char *doc;
    setting_kind kind;
    setting_scope scope;
    size_t offset; /* in struct settings */
} setting_row;

/* All rows; *count gets their number. Static. */
const setting_row *settings_rows(uint32_t *count);

/* The row of a dbx or Spark name, without case; NULL when there is none. */
const setting_row *settings_find(string_view name);

/* Defaults. */
void settings_init(settings *s, ledger *l);
void settings_deinit(settings *s);
/* Copies values (not the arena) so that a session starts from its database's. */
dbx_status settings_copy(settings *to, const settings *from) MUST_CHECK;
/* Sets by dbx or Spark name, case-insensitively. A bad value raises INVALID_CONF_VALUE; unknown
 * names are kept in `others`. at_open allows DATABASE scope. */
dbx_status settings_set(settings *s, string_view name, string_view value, bool at_open,
                        error *err) MUST_CHECK;
/* Sets a declared setting in a shallow copy, borrowing the value; unknown names and bad values
 * change nothing. */
void settings_overlay(settings *s, string_view name, string_view value);
/* Text of the current value in `out`; false when the name is unknown and was never set. */
bool settings_get(const settings *s, string_view name, buffer *out);
dbx_status settings_reset(settings *s, string_view name, const settings *defaults,
                          error *err) MUST_CHECK;

#endif

/* settings.c - see settings.h. */
#include "common/settings.h"

#include <stdlib.h>

static const setting_row setting_table[] = {
#define SETTING(field, kind, initial, name, spark, scope, doc)                                     \
    {name, spark, doc, SETTING_##kind, SETTING_SCOPE_##scope, offsetof(settings, field)},
#include "common/settings.def"
#undef SETTING
};

/* Default of every row as text, in order. */
static const char *const setting_defaults[] = {
#define SETTING(field, kind, initial, name, spark, scope, doc) SETTING_DEFAULT_##kind(initial),
#define SETTING_DEFAULT_BOOL(initial) ((initial) ? "true" : "false")
#define SETTING_DEFAULT_INT(initial) #initial
#define SETTING_DEFAULT_TEXT(initial) initial
#include "common/settings.def"
#undef SETTING
};

enum { SETTING_TABLE_COUNT = sizeof(setting_table) / sizeof(setting_table[0]) };

const setting_row *settings_rows(uint32_t *count) {
    *count = SETTING_TABLE_COUNT;
    return setting_table;
}

const setting_row *settings_find(string_view name) {
    for (uint32_t i = 0; i < SETTING_TABLE_COUNT; i++) {
        const setting_row *row = &setting_table[i];
        if (sv_equal_ignore_case(name, sv_from(row->name))) return row;
        if (row->spark_name[0] != '\0' && sv_equal_ignore_case(name, sv_from(row->spark_name)))
            return row;
    }
    return NULL;
}

static void *setting_field(const settings *s, const setting_row *row) {
    return (char *)(uintptr_t)s + row->offset;
}

static bool setting_parse_bool(string_view text, bool *out) {
    static const char *const yes[] = {"true", "1", "on", "yes"};
    static const char *const no[] = {"false", "0", "off", "no"};
    for (uint32_t i = 0; i < ARRAY_COUNT(yes); i++) {
        if (sv_equal_ignore_case(text, sv_from(yes[i]))) return *out = true, true;
        if (sv_equal_ignore_case(text, sv_from(no[i]))) return *out = false, true;
    }
    return false;
}

static bool setting_parse_int(string_view text, int64_t *out) {
    char digits[24];
    if (text.size == 0 || text.size >= sizeof(digits)) return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    char *end;
    long long value = strtoll(digits, &end, 10);
    *out = value;
    return *end == '\0' && value >= -1;
}

void settings_init(settings *s, ledger *l) {
    memset(s, 0, sizeof(*s));
    arena_init(&s->arena, l);
    for (uint32_t i = 0; i < SETTING_TABLE_COUNT; i++) {
        const setting_row *row = &setting_table[i];
        string_view text = sv_from(setting_defaults[i]);
        void *field = setting_field(s, row);
        bool parsed = true;
        switch (row->kind) {
        case SETTING_BOOL:
            parsed = setting_parse_bool(text, field);
            break;
        case SETTING_INT:
            parsed = setting_parse_int(text, field);
            break;
        case SETTING_TEXT:
            *(string_view *)field = text;
            break;
        }
        assert(parsed);
        (void)parsed;
    }
}

void settings_deinit(settings *s) {
    arena_deinit(&s->arena);
}

static dbx_status settings_keep_text(settings *s, string_view value, string_view *out) {
    *out = arena_copy_string(&s->arena, value);
    return out->data != NULL ? DBX_OK : DBX_NOMEM;
}

dbx_status settings_copy(settings *to, const settings *from) {
    for (uint32_t i = 0; i < SETTING_TABLE_COUNT; i++) {
        const setting_row *row = &setting_table[i];
        void *target = setting_field(to, row);
        const void *source = setting_field(from, row);
        switch (row->kind) {
        case SETTING_BOOL:
            *(bool *)target = *(const bool *)source;
            break;
        case SETTING_INT:
            *(int64_t *)target = *(const int64_t *)source;
            break;
        case SETTING_TEXT:
            TRY(settings_keep_text(to, *(const string_view *)source, target));
            break;
        }
    }
    to->others.count = 0;
    for (uint32_t i = 0; i < from->others.count; i++) {
        settings_entry entry;
        TRY(settings_keep_text(to, from->others.items[i].key, &entry.key));
        TRY(settings_keep_text(to, from->others.items[i].value, &entry.value));
        TRY(ARENA_LIST_PUSH(&to->arena, &to->others, entry));
    }
    return DBX_OK;
}

static dbx_status setting_bad_value(const setting_row *row, string_view value, error *err) {
    char text[128];
    size_t size = MIN(value.size, sizeof(text) - 1);
    memcpy(text, value.data, size);
    text[size] = '\0';
    return error_raise(err, ERR_INVALID_CONF_VALUE, (span){0, 0}, "confValue", text, "confName",
                       row->name, "expected",
                       row->kind == SETTING_BOOL ? "true or false" : "a number from -1", NULL);
}

void settings_overlay(settings *s, string_view name, string_view value) {
    const setting_row *row = settings_find(name);
    if (row == NULL) return;
    void *field = setting_field(s, row);
    switch (row->kind) {
    case SETTING_BOOL:
        (void)setting_parse_bool(value, field);
        break;
    case SETTING_INT:
        (void)setting_parse_int(value, field);
        break;
    case SETTING_TEXT:
        *(string_view *)field = value;
        break;
    }
}

static dbx_status settings_set_other(settings *s, string_view name, string_view value) {
    settings_entry entry;
    TRY(settings_keep_text(s, value, &entry.value));
    for (uint32_t i = 0; i < s->others.count; i++) {
        if (sv_equal_ignore_case(s->others.items[i].key, name)) {
            s->others.items[i].value = entry.value;
            return DBX_OK;
        }
    }
    TRY(settings_keep_text(s, name, &entry.key));
    return ARENA_LIST_PUSH(&s->arena, &s->others, entry);
}

dbx_status settings_set(settings *s, string_view name, string_view value, bool at_open,
                        error *err) {
    const setting_row *row = settings_find(name);
    value = sv_trim(value);
    if (row == NULL) {
        dbx_status status = settings_set_other(s, name, value);
        return status == DBX_NOMEM ? error_nomem(err) : status;
    }
    if (row->scope == SETTING_SCOPE_DATABASE && !at_open) {
        return error_raise(err, ERR_CANNOT_MODIFY_CONFIG, (span){0, 0}, "key", row->name, NULL);
    }
    void *field = setting_field(s, row);
    switch (row->kind) {
    case SETTING_BOOL:
        if (!setting_parse_bool(value, field)) return setting_bad_value(row, value, err);
        break;
    case SETTING_INT: {
        int64_t number;
        if (!setting_parse_int(value, &number)) return setting_bad_value(row, value, err);
        *(int64_t *)field = number;
        break;
    }
    case SETTING_TEXT:
        if (settings_keep_text(s, value, field) != DBX_OK) return error_nomem(err);
        break;
    }
    return DBX_OK;
}

bool settings_get(const settings *s, string_view name, buffer *out) {
    const setting_row *row = settings_find(name);
    if (row == NULL) {
        for (uint32_t i = 0; i < s->others.count; i++) {
            if (!sv_equal_ignore_case(s->others.items[i].key, name)) continue;
            return buffer_append_sv(out, s->others.items[i].value) == DBX_OK;
        }
        return false;
    }
    const void *field = setting_field(s, row);
    dbx_status status = DBX_OK;
    switch (row->kind) {
    case SETTING_BOOL:
        status = buffer_append_sv(out, *(const bool *)field ? SV("true") : SV("false"));
        break;
    case SETTING_INT:
        status = buffer_printf(out, "%lld", (long long)*(const int64_t *)field);
        break;
    case SETTING_TEXT:
        status = buffer_append_sv(out, *(const string_view *)field);
        break;
    }
    return status == DBX_OK;
}

dbx_status settings_reset(settings *s, string_view name, const settings *defaults, error *err) {
    const setting_row *row = settings_find(name);
    if (row == NULL) {
        for (uint32_t i = 0; i < s->others.count; i++) {
            if (!sv_equal_ignore_case(s->others.items[i].key, name)) continue;
            s->others.items[i] = s->others.items[--s->others.count];
            return DBX_OK;
        }
        return DBX_OK;
    }
    if (row->scope == SETTING_SCOPE_DATABASE) {
        return error_raise(err, ERR_CANNOT_MODIFY_CONFIG, (span){0, 0}, "key", row->name, NULL);
    }
    void *field = setting_field(s, row);
    const void *initial = setting_field(defaults, row);
    switch (row->kind) {
    case SETTING_BOOL:
        *(bool *)field = *(const bool *)initial;
        break;
    case SETTING_INT:
        *(int64_t *)field = *(const int64_t *)initial;
        break;
    case SETTING_TEXT:
        if (settings_keep_text(s, *(const string_view *)initial, field) != DBX_OK)
            return error_nomem(err);
        break;
    }
    return DBX_OK;
}

/* type.c - see type.h. */
#include "vector/type.h"

#include "vector/collation.h"
#include "vector/hash.h"

/* ---- making ---------------------------------------------------------------------------------- */

static dbx_status type_field_copy(arena *a, const type_field *from, type_field *to) {
    TRY(type_copy(a, from->type, &to->type));
    to->nullable = from->nullable;
    to->name = arena_copy_string(a, from->name);
    if (to->name.data == NULL) return DBX_NOMEM;
    to->comment = (string_view){NULL, 0};
    if (from->comment.size > 0) {
        to->comment = arena_copy_string(a, from->comment);
        if (to->comment.data == NULL) return DBX_NOMEM;
    }
    return DBX_OK;
}

static dbx_status type_nested_new(arena *a, type_id id, const type_field *fields, uint32_t count,
                                  type *out) {
    assert(count <= UINT16_MAX);
    *out = type_simple(TYPE_VOID);
    type_field *copy = ARENA_ARRAY(a, type_field, MAX(count, 1));
    if (copy == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) TRY(type_field_copy(a, &fields[i], &copy[i]));
    out->id = (uint8_t)id;
    out->child_count = (uint16_t)count;
    out->children = copy;
    return DBX_OK;
}

dbx_status type_array(arena *a, type element, bool nullable, type *out) {
    type_field field = {.name = SV("element"), .type = element, .nullable = nullable};
    return type_nested_new(a, TYPE_ARRAY, &field, 1, out);
}

dbx_status type_map(arena *a, type key, type value, bool value_nullable, type *out) {
    type_field fields[2] = {
        {.name = SV("key"), .type = key, .nullable = false},
        {.name = SV("value"), .type = value, .nullable = value_nullable},
    };
    return type_nested_new(a, TYPE_MAP, fields, 2, out);
}

dbx_status type_struct(arena *a, const type_field *fields, uint32_t count, type *out) {
    return type_nested_new(a, TYPE_STRUCT, fields, count, out);
}

dbx_status type_copy(arena *a, type from, type *out) {
    if (from.child_count == 0) {
        *out = from;
        return DBX_OK;
    }
    return type_nested_new(a, (type_id)from.id, from.children, from.child_count, out);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool type_same_head(type a, type b) {
    return a.id == b.id && a.precision == b.precision && a.scale == b.scale &&
           a.child_count == b.child_count;
}

bool type_equal(type a, type b) {
    if (!type_same_head(a, b)) return false;
    if (a.char_kind != b.char_kind || a.collation != b.collation || a.length != b.length)
        return false;
    if (a.children == b.children) return true;
    for (uint32_t i = 0; i < a.child_count; i++) {
        if (!sv_equal(a.children[i].name, b.children[i].name)) return false;
        if (!type_equal(a.children[i].type, b.children[i].type)) return false;
    }
    return true;
}

bool type_same_layout(type a, type b) {
    if (!type_same_head(a, b)) return false;
    if (a.children == b.children) return true;
    for (uint32_t i = 0; i < a.child_count; i++) {
        if (!type_same_layout(a.children[i].type, b.children[i].type)) return false;
    }
    return true;
}

uint64_t type_hash(type t) {
    uint64_t head = (uint64_t)t.id | (uint64_t)t.precision << 8 | (uint64_t)t.scale << 16 |
                    (uint64_t)t.char_kind << 24 | (uint64_t)t.collation << 32 |
                    (uint64_t)t.child_count << 48;
    uint64_t hash = hash_combine(hash_mix(head), t.length);
    for (uint32_t i = 0; i < t.child_count; i++) {
        string_view name = t.children[i].name;
        for (size_t k = 0; k < name.size; k++)
            hash = hash_combine(hash, (unsigned char)name.data[k]);
        hash = hash_combine(hash, type_hash(t.children[i].type));
    }
    return hash;
}

uint32_t physical_size(physical_type p) {
    static const uint8_t sizes[PHYS_COUNT] = {
        [PHYS_BOOL] = 1,    [PHYS_INT8] = 1,      [PHYS_INT16] = 2, [PHYS_INT32] = 4,
        [PHYS_INT64] = 8,   [PHYS_INT128] = 16,   [PHYS_FLOAT] = 4, [PHYS_DOUBLE] = 8,
        [PHYS_STRING] = 16, [PHYS_INTERVAL] = 16, [PHYS_LIST] = 8,  [PHYS_STRUCT] = 0,
    };
    assert(p < PHYS_COUNT);
    return sizes[p];
}

/* ---- names ----------------------------------------------------------------------------------- */

typedef struct type_style {
    bool upper;
    const char *between_items;
    const char *after_name;
} type_style;

static const type_style type_style_catalog = {false, ",", ":"};
static const type_style type_style_sql = {true, ", ", ": "};

static const char *const type_words[TYPE_ID_COUNT] = {
    [TYPE_VOID] = "void",
    [TYPE_BOOLEAN] = "boolean",
    [TYPE_TINYINT] = "tinyint",
    [TYPE_SMALLINT] = "smallint",
    [TYPE_INT] = "int",
    [TYPE_BIGINT] = "bigint",
    [TYPE_FLOAT] = "float",
    [TYPE_DOUBLE] = "double",
    [TYPE_DECIMAL] = "decimal",
    [TYPE_STRING] = "string",
    [TYPE_BINARY] = "binary",
    [TYPE_DATE] = "date",
    [TYPE_TIMESTAMP] = "timestamp",
    [TYPE_TIMESTAMP_NTZ] = "timestamp_ntz",
    [TYPE_TIME] = "time",
    [TYPE_INTERVAL_YM] = "interval",
    [TYPE_INTERVAL_DT] = "interval",
    [TYPE_INTERVAL] = "interval",
    [TYPE_ARRAY] = "array",
    [TYPE_MAP] = "map",
    [TYPE_STRUCT] = "struct",
    [TYPE_VARIANT] = "variant",
    [TYPE_GEOMETRY] = "geometry",
    [TYPE_GEOGRAPHY] = "geography",
};

static dbx_status type_append_word(buffer *out, const char *word, bool upper) {
    for (; *word != '\0'; word++) {
        TRY(buffer_append_char(out, upper ? ascii_upper(*word) : *word));
    }
    return DBX_OK;
}

static dbx_status type_append_interval(buffer *out, type t, bool upper) {
    static const char *const ym[] = {"year", "month"};
    static const char *const dt[] = {"day", "hour", "minute", "second"};
    const char *const *words = t.id == TYPE_INTERVAL_YM ? ym : dt;
    assert(t.precision <= t.scale);
    assert(t.scale < (t.id == TYPE_INTERVAL_YM ? ARRAY_COUNT(ym) : ARRAY_COUNT(dt)));
    TRY(type_append_word(out, "interval ", upper));
    TRY(type_append_word(out, words[t.precision], upper));
    if (t.scale == t.precision) return DBX_OK;
    TRY(type_append_word(out, " to ", upper));
    return type_append_word(out, words[t.scale], upper);
}

static dbx_status type_append_string(buffer *out, type t, bool upper) {
    if (t.char_kind == CHAR_KIND_STRING) {
        TRY(type_append_word(out, "string", upper));
    } else {
        TRY(type_append_word(out, t.char_kind == CHAR_KIND_CHAR ? "char" : "varchar", upper));
        TRY(buffer_printf(out, "(%u)", t.length));
    }
    if (t.collation == COLLATION_UTF8_BINARY) return DBX_OK;
    TRY(type_append_word(out, " collate ", upper));
    return collation_append_name(out, t.collation);
}

static bool type_name_is_plain(string_view name) {
    if (name.size == 0 || ascii_is_digit(name.data[0])) return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = ascii_lower(name.data[i]);
        if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '_') return false;
    }
    return true;
}

static dbx_status type_append_quoted(buffer *out, string_view text, char quote, char escape) {
    TRY(buffer_append_char(out, quote));
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote || text.data[i] == escape) TRY(buffer_append_char(out, escape));
        TRY(buffer_append_char(out, text.data[i]));
    }
    return buffer_append_char(out, quote);
}

dbx_status type_append_identifier(buffer *out, string_view name) {
    if (type_name_is_plain(name)) return buffer_append_sv(out, name);
    return type_append_quoted(out, name, '`', '`');
}

static dbx_status type_append_styled(buffer *out, type t, const type_style *style);

static dbx_status type_append_field(buffer *out, const type_field *field, const type_style *style) {
    bool sql = style->upper;
    TRY(sql ? type_append_identifier(out, field->name) : buffer_append_sv(out, field->name));
    TRY(buffer_append_sv(out, sv_from(style->after_name)));
    TRY(type_append_styled(out, field->type, style));
    if (sql && !field->nullable) TRY(buffer_append_sv(out, SV(" NOT NULL")));
    if (sql && field->comment.size > 0) {
        TRY(buffer_append_sv(out, SV(" COMMENT ")));
        TRY(type_append_quoted(out, field->comment, '\'', '\\'));
    }
    return DBX_OK;
}

static dbx_status type_append_styled(buffer *out, type t, const type_style *style) {
    assert(t.id < TYPE_ID_COUNT);
    switch (t.id) {
    case TYPE_STRING:
        return type_append_string(out, t, style->upper);
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return type_append_interval(out, t, style->upper);
    default:
        break;
    }
    TRY(type_append_word(out, type_words[t.id], style->upper));
    if (t.id == TYPE_DECIMAL) return buffer_printf(out, "(%u,%u)", t.precision, t.scale);
    if (type_is_geo(t)) {
        if (t.length != TYPE_SRID_ANY) return buffer_printf(out, "(%u)", t.length);
        return type_append_word(out, "(any)", style->upper);
    }
    if (t.id == TYPE_TIME) return buffer_printf(out, "(%u)", type_time_precision(t));
    if (!type_is_nested(t)) return DBX_OK;
    TRY(buffer_append_char(out, '<'));
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (i > 0) TRY(buffer_append_sv(out, sv_from(style->between_items)));
        if (t.id == TYPE_STRUCT) {
            TRY(type_append_field(out, &t.children[i], style));
        } else {
            TRY(type_append_styled(out, t.children[i].type, style));
        }
    }
    return buffer_append_char(out, '>');
}

dbx_status type_append_name(buffer *out, type t) {
    return type_append_styled(out, t, &type_style_catalog);
}

dbx_status type_append_sql(buffer *out, type t) {
    return type_append_styled(out, t, &type_style_sql);
}

static const char *type_text(arena *a, type t, const type_style *style) {
    buffer text;
    buffer_init(&text, a->ledger);
    const char *result = NULL;
    if (type_append_styled(&text, t, style) == DBX_OK) {
        result = arena_copy_string(a, buffer_view(&text)).data;
    }
    buffer_deinit(&text);
    return result;
}

const char *type_name(arena *a, type t) {
    return type_text(a, t, &type_style_catalog);
}

const char *type_sql(arena *a, type t) {
    return type_text(a, t, &type_style_sql);
}

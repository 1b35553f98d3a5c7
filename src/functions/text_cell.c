/* text_cell.c - see text_cell.h. */
#include "functions/text_cell.h"

#include "functions/cast.h"
#include "kernel/calendar.h"

/* ---- patterns ---- */

static dbx_status text_format_bind(fn_bind *b, string_view pattern, bool parsing,
                                   const datetime_format **out) {
    *out = NULL;
    if (pattern.data == NULL) return DBX_OK;
    datetime_format *f = ARENA_NEW(b->arena, datetime_format);
    if (f == NULL) return error_nomem(b->err);
    *out = f;
    return datetime_format_compile(b->arena, pattern, parsing, f, b->position, b->err);
}

static bool text_formats_need(type t, type_id id) {
    if (t.id == id) return true;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (text_formats_need(t.children[i].type, id)) return true;
    }
    return false;
}

dbx_status text_formats_bind(fn_bind *b, const schema_options *o, bool parsing, type t,
                             const char *const defaults[3], text_formats *out) {
    static const uint8_t types[] = {TYPE_TIMESTAMP, TYPE_TIMESTAMP_NTZ, TYPE_DATE, TYPE_TIME};
    static const char *const names[] = {"timestampFormat", "timestampNTZFormat", "dateFormat",
                                        "timeFormat"};
    const datetime_format **places[] = {&out->timestamp, &out->timestamp_ntz, &out->date,
                                        &out->time};
    string_view zone = schema_option(o, "timeZone");
    out->zone = time_zone_of(b->query);
    if (zone.data != NULL) TRY(time_zone_load(b->arena, zone, &out->zone, b->err));
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        string_view pattern = schema_option(o, names[i]);
        if (pattern.data == NULL && defaults != NULL && i < 3) pattern = sv_from(defaults[i]);
        if (!text_formats_need(t, (type_id)types[i])) pattern.data = NULL;
        TRY(text_format_bind(b, pattern, parsing, places[i]));
    }
    return DBX_OK;
}

/* ---- reading ---- */

dbx_status text_cell_bind(fn_bind *b, type to, const text_formats *formats, text_cell *out) {
    bool can_fail;
    *out = (text_cell){.to = to, .zone = formats->zone};
    switch ((type_id)to.id) {
    case TYPE_TIMESTAMP:
        out->format = formats->timestamp;
        break;
    case TYPE_TIMESTAMP_NTZ:
        out->format = formats->timestamp_ntz;
        break;
    case TYPE_DATE:
        out->format = formats->date;
        break;
    case TYPE_TIME:
        out->format = formats->time;
        break;
    default:
        break;
    }
    if (!cast_allowed(type_simple(TYPE_STRING), to, CAST_ANSI)) return DBX_OK;
    query *zoned = b->query;
    if (formats->zone != time_zone_of(b->query)) {
        zoned = arena_alloc(b->arena, sizeof(query));
        if (zoned == NULL) return error_nomem(b->err);
        memcpy((void *)zoned, (const void *)b->query, sizeof(query));
        zoned->zone = formats->zone;
    }
    return cast_bind(b->arena, zoned, type_simple(TYPE_STRING), to, CAST_TRY, b->position,
                     &out->cast, &out->state, &can_fail, b->err);
}

static void text_cell_store_parsed(const text_cell *c, const datetime_parsed *p, vector *out,
                                   uint32_t row) {
    int64_t local = p->local_micros, utc;
    if (c->to.id == TYPE_DATE) {
        VECTOR_DATA(out, int32_t)[row] = (int32_t)floor_divide(local, MICROS_PER_DAY);
        return;
    }
    if (c->to.id == TYPE_TIME) local = floor_modulo(local, MICROS_PER_DAY);
    if (!p->has_zone)
        utc = time_zone_to_utc(c->zone, local);
    else if (p->zone != NULL)
        utc = time_zone_to_utc(p->zone, local);
    else
        utc = local - (int64_t)p->offset_s * MICROS_PER_SECOND;
    VECTOR_DATA(out, int64_t)[row] = c->to.id == TYPE_TIMESTAMP ? utc : local;
}

dbx_status text_cell_store(fn_call *call, const text_cell *c, string_view text, vector *out,
                           uint32_t row, bool *good) {
    *good = false;
    if (c->format != NULL) {
        datetime_parsed parsed;
        if (datetime_format_parse(c->format, text, call->arena, &parsed) != NULL) return DBX_OK;
        if (out->validity != NULL) validity_set_valid(out->validity, row);
        text_cell_store_parsed(c, &parsed, out, row);
        *good = true;
        return DBX_OK;
    }
    if (c->cast == NULL) return DBX_OK;
    vstring s = vstring_from(text.data, text.size);
    type string = type_simple(TYPE_STRING);
    vector arg = {.type = string, .form = VECTOR_CONSTANT, .phys = PHYS_STRING, .data = &s};
    fn_call one = *call;
    one.state = c->state;
    one.sel = &row;
    one.rows = 1;
    one.row_bound = row + 1;
    one.arg_types = &string;
    one.result_type = c->to;
    bool was_valid = validity_get(out->validity, row);
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    TRY(c->cast(&one, &arg, out));
    *good = validity_get(out->validity, row);
    if (*good || !was_valid) return DBX_OK;
    validity_set_valid(out->validity, row);
    return DBX_OK;
}

/* ---- writing ---- */

static dbx_status text_cell_print(buffer *out, const datetime_format *f, int64_t local,
                                  const time_zone *zone, int64_t utc) {
    int32_t offset = time_zone_offset_at(zone, time_zone_floor_seconds(utc));
    return datetime_format_print(f, local, zone, offset, out);
}

dbx_status text_cell_append(buffer *out, const vector *base, uint32_t i,
                            const text_formats *formats, const query *q) {
    const time_zone *zone = formats->zone;
    if (base->type.id == TYPE_TIMESTAMP && formats->timestamp != NULL) {
        int64_t utc = VECTOR_DATA(base, int64_t)[i];
        return text_cell_print(out, formats->timestamp, time_zone_to_local(zone, utc), zone, utc);
    }
    if (base->type.id == TYPE_TIMESTAMP_NTZ && formats->timestamp_ntz != NULL) {
        int64_t local = VECTOR_DATA(base, int64_t)[i];
        return text_cell_print(out, formats->timestamp_ntz, local, &time_zone_utc, local);
    }
    if (base->type.id == TYPE_DATE && formats->date != NULL) {
        int64_t local = VECTOR_DATA(base, int32_t)[i] * MICROS_PER_DAY;
        return text_cell_print(out, formats->date, local, &time_zone_utc, local);
    }
    if (base->type.id == TYPE_TIME && formats->time != NULL) {
        int64_t local = VECTOR_DATA(base, int64_t)[i];
        return text_cell_print(out, formats->time, local, &time_zone_utc, local);
    }
    return value_append_text(out, base, i, DBX_TEXT_CAST, q);
}

/* ---- rows of nested vectors ---- */

dbx_status text_cell_null(fn_call *call, vector *out, uint32_t row) {
    if (vector_ensure_validity(out, call->arena) != DBX_OK) return error_nomem(call->err);
    validity_set_null(out->validity, row);
    for (uint32_t k = 0; out->phys == PHYS_STRUCT && k < out->type.child_count; k++)
        TRY(text_cell_null(call, &out->children[k], row));
    return DBX_OK;
}

dbx_status text_list_push(fn_call *call, vector *out, uint32_t *at) {
    vector *child = &out->children[0];
    if (out->child_count >= child->capacity) {
        uint32_t room = MAX(64u, child->capacity * 2);
        if (out->child_count > UINT32_MAX / 4 ||
            vector_list_reserve(out, room, call->arena) != DBX_OK)
            return error_nomem(call->err);
    }
    *at = out->child_count++;
    if (child->validity != NULL) validity_set_valid(child->validity, *at);
    if (out->type.id == TYPE_MAP) {
        for (uint32_t k = 0; k < 2; k++)
            if (child->children[k].validity != NULL)
                validity_set_valid(child->children[k].validity, *at);
    }
    return DBX_OK;
}

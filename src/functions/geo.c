/* geo.c - GEOMETRY and GEOGRAPHY values: from and to well-known binary, their reference systems.
 *
 * A value is one string: the reference system's number (4 bytes, little-endian), then the WKB in
 * little-endian order.
 */
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "functions/wkb.h"

enum { GEO_HEAD = 4, GEO_DEGREES = 4326, GEO_MERCATOR = 3857 };

static uint32_t geo_srid(const vstring *s) {
    uint32_t srid = 0;
    for (uint32_t i = 0; i < GEO_HEAD && i < s->size; i++)
        srid |= (uint32_t)(uint8_t)vstring_data(s)[i] << (8 * i);
    return srid;
}

static bool geo_srid_is_known(type_id id, int64_t srid) {
    if (id == TYPE_GEOGRAPHY) return srid == GEO_DEGREES;
    return srid == 0 || srid == GEO_DEGREES || srid == GEO_MERCATOR;
}

static dbx_status geo_raise_srid(error *err, arena *a, span position, int64_t srid) {
    const char *text = arena_printf(a, "%lld", (long long)srid);
    return error_raise(err, ERR_ST_INVALID_SRID_VALUE, position, "srid", text == NULL ? "" : text,
                       NULL);
}

static void geo_put_srid(char *at, int64_t srid) {
    for (uint32_t i = 0; i < GEO_HEAD; i++) at[i] = (char)(uint8_t)((uint64_t)srid >> (8 * i));
}

/* ---- from and to WKB ---- */

static dbx_status geo_raise_wkb(fn_call *call, size_t at) {
    const char *place = arena_printf(call->arena, "%zu", at);
    return error_raise(call->err, ERR_WKB_PARSE_ERROR, call->position, "parseError",
                       "the bytes are not a geometry", "pos", place == NULL ? "" : place, NULL);
}

static dbx_status geo_from_wkb(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    bool degrees = call->result_type.id == TYPE_GEOGRAPHY;
    buffer bytes;
    dbx_status status = DBX_OK;
    buffer_init(&bytes, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        char head[GEO_HEAD];
        size_t at = 0;
        buffer_clear(&bytes);
        geo_put_srid(head, call->result_type.length);
        status = buffer_append(&bytes, head, GEO_HEAD);
        if (status == DBX_OK)
            status = wkb_rewrite(vstring_view(text_arg(&view, r)), false, degrees, &bytes, &at);
        if (status == DBX_OK) status = text_copy(call, out, r, bytes.data, bytes.size);
        if (status == DBX_ERROR) status = geo_raise_wkb(call, at);
        if (status == DBX_NOMEM) status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&bytes);
    return status;
}

static dbx_status geo_as_binary(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&view, r);
        uint32_t head = MIN(s->size, (uint32_t)GEO_HEAD);
        text_borrow(out, r, vstring_data(s) + head, s->size - head);
    }
    return DBX_OK;
}

/* "NDR" or "XDR". */
static dbx_status geo_as_binary_ordered(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]), orders = vector_view_of(&args[1]);
    buffer bytes;
    dbx_status status = DBX_OK;
    buffer_init(&bytes, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&view, r);
        string_view order = vstring_view(text_arg(&orders, r));
        bool big = sv_equal_ignore_case(order, SV("XDR"));
        size_t at;
        if (!big && !sv_equal_ignore_case(order, SV("NDR"))) {
            string_view copy = arena_copy_string(call->arena, order);
            status = error_raise(call->err, ERR_ST_INVALID_ENDIANNESS_VALUE, call->position,
                                 "endianness", copy.data == NULL ? "" : copy.data, NULL);
            break;
        }
        buffer_clear(&bytes);
        string_view wkb = {vstring_data(s) + GEO_HEAD, s->size - MIN(s->size, (uint32_t)GEO_HEAD)};
        status = wkb_rewrite(wkb, big, false, &bytes, &at);
        if (status == DBX_OK) status = text_copy(call, out, r, bytes.data, bytes.size);
        if (status == DBX_ERROR) status = geo_raise_wkb(call, at);
        if (status == DBX_NOMEM) status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&bytes);
    return status;
}

/* ---- reference systems ---- */

static dbx_status geo_srid_of(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)[r] = (int32_t)geo_srid(text_arg(&view, r));
    return DBX_OK;
}

static dbx_status geo_set_srid(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]), srids = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&view, r);
        int32_t srid = int_arg(&srids, r);
        if (!geo_srid_is_known((type_id)call->arg_types[0].id, srid))
            return geo_raise_srid(call->err, call->arena, call->position, srid);
        char *copy = text_room(call, s->size);
        if (copy == NULL) return error_nomem(call->err);
        memcpy(copy, vstring_data(s), s->size);
        if (s->size >= GEO_HEAD) geo_put_srid(copy, srid);
        text_borrow(out, r, copy, s->size);
    }
    return DBX_OK;
}

/* ---- binding ---- */

/* The argument must be a geometry or geography. */
static dbx_status geo_bind_value(fn_bind *b) {
    type t = b->arg_types[0];
    if (t.id == TYPE_GEOMETRY || t.id == TYPE_GEOGRAPHY) return DBX_OK;
    if (t.id != TYPE_VOID) return fn_bind_unexpected_type(b, 0, "(\"GEOMETRY\" or \"GEOGRAPHY\")");
    b->arg_types[0] = type_geo(TYPE_GEOMETRY, TYPE_SRID_ANY);
    return DBX_OK;
}

static dbx_status geo_bind_as_binary(fn_bind *b) {
    if (b->arg_count > 1) b->kernel = geo_as_binary_ordered;
    return geo_bind_value(b);
}

static dbx_status geo_bind_geography(fn_bind *b) {
    b->result = type_geo(TYPE_GEOGRAPHY, GEO_DEGREES);
    return DBX_OK;
}

static dbx_status geo_bind_geometry(fn_bind *b) {
    int64_t srid = 0;
    if (b->arg_count > 1 && !fn_bind_constant_int(b, 1, &srid))
        return fn_bind_unexpected_type(b, 1, "\"INT\"");
    if (!geo_srid_is_known(TYPE_GEOMETRY, srid))
        return geo_raise_srid(b->err, b->arena, b->position, srid);
    b->result = type_geo(TYPE_GEOMETRY, (uint32_t)srid);
    return DBX_OK;
}

static dbx_status geo_bind_set_srid(fn_bind *b) {
    int64_t srid;
    TRY(geo_bind_value(b));
    type_id id = (type_id)b->arg_types[0].id;
    bool constant = fn_bind_constant_int(b, 1, &srid);
    if (constant && !geo_srid_is_known(id, srid))
        return geo_raise_srid(b->err, b->arena, b->position, srid);
    b->result = type_geo(id, constant ? (uint32_t)srid : TYPE_SRID_ANY);
    return DBX_OK;
}

const function_row geo_functions[] = {
    {.name = "st_geogfromwkb",
     .signature = "(wkb binary) -> bind",
     .kernel = geo_from_wkb,
     .bind = geo_bind_geography,
     .category = "st",
     .doc = "The GEOGRAPHY of well-known binary, in longitudes and latitudes.",
     .examples = "st_srid(st_geogfromwkb(X'0101000000000000000000F03F0000000000000040')) => 4326"},
    {.name = "st_geomfromwkb",
     .signature = "(wkb binary, [srid int]) -> bind",
     .kernel = geo_from_wkb,
     .bind = geo_bind_geometry,
     .category = "st",
     .doc = "The GEOMETRY of well-known binary, in a reference system (0).",
     .examples = "st_srid(st_geomfromwkb(X'0101000000000000000000F03F0000000000000040')) => 0"},
    {.name = "st_asbinary",
     .signature = "(geo any, [endianness string]) -> binary",
     .kernel = geo_as_binary,
     .bind = geo_bind_as_binary,
     .category = "st",
     .doc = "The well-known binary of a GEOMETRY or GEOGRAPHY, in little-endian ('NDR') or "
            "big-endian ('XDR') order.",
     .examples =
         "hex(st_asbinary(st_geomfromwkb(X'00000000013FF00000000000004000000000000000'))) => "
         "0101000000000000000000F03F0000000000000040; "
         "hex(st_asbinary(st_geomfromwkb(X'0101000000000000000000F03F0000000000000040'), "
         "'XDR')) => 00000000013FF00000000000004000000000000000"},
    {.name = "st_srid",
     .signature = "(geo any) -> int",
     .kernel = geo_srid_of,
     .bind = geo_bind_value,
     .category = "st",
     .doc = "The number of the reference system of a GEOMETRY or GEOGRAPHY.",
     .examples = "st_srid(NULL) => NULL"},
    {.name = "st_setsrid",
     .signature = "(geo any, srid int) -> bind",
     .kernel = geo_set_srid,
     .bind = geo_bind_set_srid,
     .category = "st",
     .doc = "The same coordinates in another reference system.",
     .examples =
         "st_srid(st_setsrid(st_geomfromwkb(X'0101000000000000000000F03F0000000000000040'), "
         "3857)) => 3857"},
};
const uint32_t geo_functions_count = ARRAY_COUNT(geo_functions);

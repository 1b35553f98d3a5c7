/* type_name.c - types as SQL writes them to types as the engine knows them. */
#include "binder/binder_int.h"

static dbx_status bind_type_decimal(binder *b, const ast_type *t, type *out) {
    int32_t precision = t->parameter_count > 0 ? t->parameters[0] : 10;
    int32_t scale = t->parameter_count > 1 ? t->parameters[1] : 0;
    span s = binder_node_span(b, &t->node);
    if (precision > DECIMAL_PRECISION_MAX) {
        return error_raise(b->err, ERR_DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION, s, "precision",
                           arena_printf(b->arena, "%d", precision), "maxPrecision", "38", NULL);
    }
    if (precision < 1 || scale < 0 || scale > precision) {
        return error_raise(b->err, ERR_DECIMAL_SCALE_EXCEEDS_PRECISION, s, "scale",
                           arena_printf(b->arena, "%d", scale), "precision",
                           arena_printf(b->arena, "%d", precision), NULL);
    }
    *out = type_decimal((uint32_t)precision, (uint32_t)scale);
    return DBX_OK;
}

static dbx_status bind_type_struct(binder *b, const ast_type *t, type *out) {
    type_field *fields = ARENA_ARRAY(b->arena, type_field, t->fields.count + 1);
    if (fields == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < t->fields.count; i++) {
        const ast_type_field *f = AST_AS(ast_type_field, t->fields.items[i]);
        fields[i].name = f->name.text;
        fields[i].nullable = !f->not_null;
        fields[i].comment = f->comment;
        TRY(bind_type(b, f->type, &fields[i].type));
    }
    if (type_struct(b->arena, fields, t->fields.count, out) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

static dbx_status bind_type_string(binder *b, const ast_type *t, type *out) {
    *out = type_simple(TYPE_STRING);
    if (t->id != AST_TYPE_STRING) {
        if (t->parameter_count == 0) {
            return error_raise(b->err, ERR_DATATYPE_MISSING_SIZE, binder_node_span(b, &t->node),
                               "type", t->id == AST_TYPE_CHAR ? "\"CHAR\"" : "\"VARCHAR\"", NULL);
        }
        out->char_kind = t->id == AST_TYPE_CHAR ? CHAR_KIND_CHAR : CHAR_KIND_VARCHAR;
        out->length = (uint32_t)MAX(t->parameters[0], 1);
    }
    if (t->collation.text.data == NULL) {
        if (t->id == AST_TYPE_STRING) out->collation = b->default_collation;
        return DBX_OK;
    }
    return fn_bind_collation(b->query, t->collation.text, binder_span(b, t->collation.span),
                             &out->collation, b->err);
}

static type bind_type_interval(const ast_type *t) {
    static const uint8_t positions[] = {
        [AST_FIELD_YEAR] = INTERVAL_YEAR,     [AST_FIELD_MONTH] = INTERVAL_MONTH,
        [AST_FIELD_DAY] = INTERVAL_DAY,       [AST_FIELD_HOUR] = INTERVAL_HOUR,
        [AST_FIELD_MINUTE] = INTERVAL_MINUTE, [AST_FIELD_SECOND] = INTERVAL_SECOND};
    if (t->id == AST_TYPE_INTERVAL_YEAR_MONTH)
        return type_interval_ym(positions[t->from], positions[t->to]);
    return type_interval_dt(positions[t->from], positions[t->to]);
}

static dbx_status bind_type_time(binder *b, const ast_type *t, type *out) {
    if (t->parameters[0] < 0 || t->parameters[0] > 6) {
        return error_raise(b->err, ERR_UNSUPPORTED_TIME_PRECISION, binder_node_span(b, &t->node),
                           "precision", arena_printf(b->arena, "%d", t->parameters[0]), NULL);
    }
    *out = type_time((uint32_t)t->parameters[0]);
    return DBX_OK;
}

/* GEOMETRY(4326), GEOGRAPHY(ANY); -1 stands for ANY. */
static dbx_status bind_type_geo(binder *b, const ast_type *t, type *out) {
    bool degrees = t->id == AST_TYPE_GEOGRAPHY;
    int32_t srid = t->parameter_count > 0 ? t->parameters[0] : degrees ? 4326 : 0;
    bool known = srid == -1 || srid == 4326 || (!degrees && (srid == 0 || srid == 3857));
    if (!known) {
        return error_raise(b->err, ERR_ST_INVALID_SRID_VALUE, binder_node_span(b, &t->node), "srid",
                           arena_printf(b->arena, "%d", srid), NULL);
    }
    *out = type_geo(degrees ? TYPE_GEOGRAPHY : TYPE_GEOMETRY,
                    srid == -1 ? TYPE_SRID_ANY : (uint32_t)srid);
    return DBX_OK;
}

dbx_status bind_type(binder *b, const ast_type *t, type *out) {
    static const uint8_t simple[AST_TYPE_COUNT] = {
        [AST_TYPE_VOID] = TYPE_VOID,
        [AST_TYPE_BOOLEAN] = TYPE_BOOLEAN,
        [AST_TYPE_TINYINT] = TYPE_TINYINT,
        [AST_TYPE_SMALLINT] = TYPE_SMALLINT,
        [AST_TYPE_INT] = TYPE_INT,
        [AST_TYPE_BIGINT] = TYPE_BIGINT,
        [AST_TYPE_FLOAT] = TYPE_FLOAT,
        [AST_TYPE_DOUBLE] = TYPE_DOUBLE,
        [AST_TYPE_BINARY] = TYPE_BINARY,
        [AST_TYPE_DATE] = TYPE_DATE,
        [AST_TYPE_TIME] = TYPE_TIME,
        [AST_TYPE_TIMESTAMP] = TYPE_TIMESTAMP,
        [AST_TYPE_TIMESTAMP_NTZ] = TYPE_TIMESTAMP_NTZ,
        [AST_TYPE_TIMESTAMP_LTZ] = TYPE_TIMESTAMP,
        [AST_TYPE_INTERVAL] = TYPE_INTERVAL,
        [AST_TYPE_VARIANT] = TYPE_VARIANT,
    };
    type element, key;
    switch (t->id) {
    case AST_TYPE_DECIMAL:
        return bind_type_decimal(b, t, out);
    case AST_TYPE_STRING:
    case AST_TYPE_CHAR:
    case AST_TYPE_VARCHAR:
        return bind_type_string(b, t, out);
    case AST_TYPE_INTERVAL_YEAR_MONTH:
    case AST_TYPE_INTERVAL_DAY_TIME:
        *out = bind_type_interval(t);
        return DBX_OK;
    case AST_TYPE_ARRAY:
        TRY(bind_type(b, t->element, &element));
        return type_array(b->arena, element, true, out) == DBX_OK ? DBX_OK : binder_nomem(b);
    case AST_TYPE_MAP:
        TRY(bind_type(b, t->key, &key));
        TRY(bind_type(b, t->element, &element));
        return type_map(b->arena, key, element, true, out) == DBX_OK ? DBX_OK : binder_nomem(b);
    case AST_TYPE_STRUCT:
        return bind_type_struct(b, t, out);
    case AST_TYPE_GEOMETRY:
    case AST_TYPE_GEOGRAPHY:
        return bind_type_geo(b, t, out);
    case AST_TYPE_OBJECT:
        return error_raise(b->err, ERR_UNSUPPORTED_DATATYPE, binder_node_span(b, &t->node),
                           "typeName", arena_printf(b->arena, "\"%s\"", ast_type_name(t->id)),
                           NULL);
    default:
        break;
    }
    *out = type_simple((type_id)simple[t->id]);
    if (t->id == AST_TYPE_TIME && t->has_parameters) return bind_type_time(b, t, out);
    if (t->id == AST_TYPE_TIMESTAMP && binder_timestamp_is_ntz(b))
        *out = type_simple(TYPE_TIMESTAMP_NTZ);
    return DBX_OK;
}

/* cast_types.c - which casts exist, which happen by themselves, and what type two types share.
 *
 * The rules are Spark's: Cast.canAnsiCast / canCast, AnsiTypeCoercion and TypeCoercion,
 * DecimalPrecision.
 */
#include "functions/variant.h"

enum { DECIMAL_MINIMUM_ADJUSTED_SCALE = 6 };

static bool cast_is_timestamp(type t) {
    return t.id == TYPE_TIMESTAMP || t.id == TYPE_TIMESTAMP_NTZ;
}

static bool cast_is_exact_numeric(type t) {
    return type_is_integer(t) || t.id == TYPE_DECIMAL;
}

static bool cast_allowed_nested(type from, type to, cast_mode mode) {
    if (from.id != to.id || from.child_count != to.child_count) return false;
    for (uint32_t i = 0; i < from.child_count; i++) {
        if (!cast_allowed(from.children[i].type, to.children[i].type, mode)) return false;
    }
    return true;
}

/* Any reference system takes all of one kind; a geography is a geometry of the same system. */
static bool cast_allowed_geo(type from, type to) {
    if (from.id == to.id) return to.length == TYPE_SRID_ANY;
    return from.id == TYPE_GEOGRAPHY && to.id == TYPE_GEOMETRY && from.length == to.length &&
           to.length != TYPE_SRID_ANY;
}

bool cast_allowed(type from, type to, cast_mode mode) {
    bool legacy = mode == CAST_LEGACY;
    if (from.id == TYPE_VOID || type_equal(from, to)) return true;
    if (to.id == TYPE_VOID) return false;
    if (from.id == TYPE_VARIANT) return variant_can_hold(to, true);
    if (to.id == TYPE_VARIANT) return variant_can_hold(from, false);
    if (type_is_geo(from) || type_is_geo(to)) return cast_allowed_geo(from, to);
    if (type_is_nested(from) && type_is_nested(to)) return cast_allowed_nested(from, to, mode);
    if (to.id == TYPE_STRING) return true;
    if (type_is_nested(from) || type_is_nested(to)) return false;
    switch ((type_id)to.id) {
    case TYPE_BINARY:
        return from.id == TYPE_STRING || (legacy && type_is_integer(from));
    case TYPE_BOOLEAN:
        return from.id == TYPE_STRING || type_is_numeric(from) ||
               (legacy && (from.id == TYPE_DATE || from.id == TYPE_TIMESTAMP));
    case TYPE_TIMESTAMP:
        return from.id == TYPE_STRING || from.id == TYPE_DATE || cast_is_timestamp(from) ||
               type_is_numeric(from) || (legacy && from.id == TYPE_BOOLEAN);
    case TYPE_TIMESTAMP_NTZ:
        return from.id == TYPE_STRING || from.id == TYPE_DATE || cast_is_timestamp(from);
    case TYPE_DATE:
        return from.id == TYPE_STRING || from.id == TYPE_DATE || cast_is_timestamp(from);
    case TYPE_TIME:
        return from.id == TYPE_STRING || from.id == TYPE_TIME || cast_is_timestamp(from);
    case TYPE_INTERVAL:
        return from.id == TYPE_STRING || from.id == TYPE_INTERVAL;
    case TYPE_INTERVAL_YM:
    case TYPE_INTERVAL_DT:
        return from.id == TYPE_STRING || from.id == to.id || cast_is_exact_numeric(from);
    default:
        break;
    }
    if (!type_is_numeric(to)) return false;
    if (from.id == TYPE_STRING || from.id == TYPE_BOOLEAN || type_is_numeric(from) ||
        from.id == TYPE_TIMESTAMP)
        return true;
    if (from.id == TYPE_TIME) return true;
    if (from.id == TYPE_INTERVAL_YM || from.id == TYPE_INTERVAL_DT)
        return cast_is_exact_numeric(to);
    return legacy && from.id == TYPE_DATE;
}

static bool cast_is_atomic(type t) {
    return !type_is_nested(t) && t.id != TYPE_VARIANT && !type_is_geo(t) && t.id != TYPE_VOID;
}

bool cast_implicit_allowed(type from, type to, bool ansi) {
    if (from.id == TYPE_VOID || type_equal(from, to)) return true;
    if (from.id == to.id && !type_is_nested(from)) return true;
    if (from.id == TYPE_STRING && cast_is_atomic(to)) return to.id != TYPE_INTERVAL || !ansi;
    if (to.id == TYPE_STRING) return cast_is_atomic(from);
    if (type_is_numeric(from) && type_is_numeric(to)) return true;
    if (type_is_datetime(from) && type_is_datetime(to) && from.id != TYPE_TIME &&
        to.id != TYPE_TIME)
        return true;
    if (!type_is_nested(from) || from.id != to.id || from.child_count != to.child_count)
        return false;
    for (uint32_t i = 0; i < from.child_count; i++) {
        if (!cast_implicit_allowed(from.children[i].type, to.children[i].type, ansi)) return false;
    }
    return true;
}

static uint32_t cast_integer_digits(type t) {
    static const uint8_t digits[] = {
        [TYPE_TINYINT] = 3, [TYPE_SMALLINT] = 5, [TYPE_INT] = 10, [TYPE_BIGINT] = 20};
    assert(type_is_integer(t));
    return digits[t.id];
}

type type_decimal_for(type integer) {
    return type_decimal(cast_integer_digits(integer), 0);
}

bool cast_is_widening(type from, type to) {
    if (from.id == TYPE_VOID || type_equal(from, to)) return true;
    if (type_is_integer(from)) {
        if (type_is_integer(to)) return from.id <= to.id;
        if (to.id == TYPE_DECIMAL)
            return (uint32_t)(to.precision - to.scale) >= cast_integer_digits(from);
        if (to.id == TYPE_FLOAT) return from.id <= TYPE_SMALLINT;
        return to.id == TYPE_DOUBLE && from.id <= TYPE_INT;
    }
    if (from.id == TYPE_DECIMAL)
        return to.id == TYPE_DECIMAL && to.scale >= from.scale &&
               to.precision - to.scale >= from.precision - from.scale;
    if (from.id == TYPE_FLOAT) return to.id == TYPE_DOUBLE;
    if (from.id == TYPE_DATE) return cast_is_timestamp(to);
    if (from.id == TYPE_STRING) return to.id == TYPE_STRING && to.char_kind == CHAR_KIND_STRING;
    if (!type_is_nested(from) || from.id != to.id || from.child_count != to.child_count)
        return false;
    for (uint32_t i = 0; i < from.child_count; i++) {
        if (!cast_is_widening(from.children[i].type, to.children[i].type)) return false;
    }
    return true;
}

/* ---- common types ---- */

static type cast_decimal_bounded(uint32_t precision, uint32_t scale) {
    return type_decimal(MIN(precision, (uint32_t)DECIMAL_PRECISION_MAX),
                        MIN(scale, (uint32_t)DECIMAL_PRECISION_MAX));
}

static type cast_wider_decimal(type x, type y) {
    if (type_is_integer(x)) x = type_decimal_for(x);
    if (type_is_integer(y)) y = type_decimal_for(y);
    uint32_t scale = MAX(x.scale, y.scale);
    uint32_t range = (uint32_t)MAX(x.precision - x.scale, y.precision - y.scale);
    /* Digits before the point are kept at the cost of those after it. */
    if (range + scale > DECIMAL_PRECISION_MAX)
        scale = DECIMAL_PRECISION_MAX - MIN(range, (uint32_t)DECIMAL_PRECISION_MAX);
    return cast_decimal_bounded(range + scale, scale);
}

static bool cast_common_numeric(type x, type y, bool ansi, type *out) {
    if (x.id == TYPE_DECIMAL || y.id == TYPE_DECIMAL) {
        if (type_is_float(x) || type_is_float(y))
            *out = type_simple(TYPE_DOUBLE);
        else
            *out = cast_wider_decimal(x, y);
        return true;
    }
    type wider = x.id >= y.id ? x : y;
    type narrower = x.id >= y.id ? y : x;
    if (wider.id == TYPE_FLOAT && ansi && type_is_integer(narrower))
        wider = type_simple(TYPE_DOUBLE);
    *out = wider;
    return true;
}

/* A string beside another atomic type. */
static bool cast_common_string(type string, type other, bool ansi, type *out) {
    if (type_is_nested(other)) return false;
    if (!ansi) {
        if (other.id == TYPE_BINARY || other.id == TYPE_BOOLEAN) return false;
        *out = string;
        return true;
    }
    if (type_is_integer(other))
        *out = type_simple(TYPE_BIGINT);
    else if (type_is_numeric(other))
        *out = type_simple(TYPE_DOUBLE);
    else if (type_is_interval(other))
        return false;
    else
        *out = other;
    return true;
}

static bool cast_common_nested(arena *a, type x, type y, bool ansi, type *out) {
    if (x.child_count != y.child_count) return false;
    type parts[2];
    if (x.id != TYPE_STRUCT) {
        for (uint32_t i = 0; i < x.child_count; i++) {
            if (!type_common(a, x.children[i].type, y.children[i].type, ansi, &parts[i]))
                return false;
        }
        if (x.id == TYPE_ARRAY)
            return type_array(a, parts[0], x.children[0].nullable || y.children[0].nullable, out) ==
                   DBX_OK;
        return type_map(a, parts[0], parts[1], x.children[1].nullable || y.children[1].nullable,
                        out) == DBX_OK;
    }
    type_field *fields = ARENA_ARRAY(a, type_field, x.child_count);
    if (fields == NULL) return false;
    for (uint32_t i = 0; i < x.child_count; i++) {
        if (!sv_equal_ignore_case(x.children[i].name, y.children[i].name)) return false;
        fields[i] = x.children[i];
        fields[i].nullable = x.children[i].nullable || y.children[i].nullable;
        if (!type_common(a, x.children[i].type, y.children[i].type, ansi, &fields[i].type))
            return false;
    }
    return type_struct(a, fields, x.child_count, out) == DBX_OK;
}

bool type_common(arena *a, type x, type y, bool ansi, type *out) {
    if (x.id == TYPE_VOID || type_equal(x, y)) {
        *out = y;
        return true;
    }
    if (y.id == TYPE_VOID) {
        *out = x;
        return true;
    }
    if (type_is_numeric(x) && type_is_numeric(y)) return cast_common_numeric(x, y, ansi, out);
    if (x.id == TYPE_STRING && y.id == TYPE_STRING) {
        *out = type_simple(TYPE_STRING);
        out->collation = x.collation != 0 ? x.collation : y.collation;
        return x.collation == y.collation || x.collation == 0 || y.collation == 0;
    }
    if (x.id == TYPE_VARIANT || y.id == TYPE_VARIANT) {
        *out = type_simple(TYPE_VARIANT);
        return variant_can_hold(x.id == TYPE_VARIANT ? y : x, false);
    }
    if (type_is_geo(x) || type_is_geo(y)) {
        *out = type_geo((type_id)x.id, TYPE_SRID_ANY);
        return x.id == y.id;
    }
    if (x.id == TYPE_STRING) return cast_common_string(x, y, ansi, out);
    if (y.id == TYPE_STRING) return cast_common_string(y, x, ansi, out);
    if (type_is_datetime(x) && type_is_datetime(y)) {
        if (x.id == TYPE_TIME || y.id == TYPE_TIME) return false;
        bool zoned = x.id == TYPE_TIMESTAMP || y.id == TYPE_TIMESTAMP;
        *out = type_simple(zoned ? TYPE_TIMESTAMP : TYPE_TIMESTAMP_NTZ);
        return true;
    }
    if (x.id == y.id && (x.id == TYPE_INTERVAL_YM || x.id == TYPE_INTERVAL_DT)) {
        *out = x;
        out->precision = MIN(x.precision, y.precision);
        out->scale = MAX(x.scale, y.scale);
        return true;
    }
    if (x.id == y.id && type_is_nested(x)) return cast_common_nested(a, x, y, ansi, out);
    return false;
}

/* ---- decimal results ---- */

static type cast_decimal_adjusted(uint32_t precision, uint32_t scale, bool allow_loss) {
    if (!allow_loss || precision <= DECIMAL_PRECISION_MAX)
        return cast_decimal_bounded(precision, scale);
    uint32_t integer_digits = precision - scale;
    uint32_t minimum = MIN(scale, (uint32_t)DECIMAL_MINIMUM_ADJUSTED_SCALE);
    uint32_t room =
        integer_digits >= DECIMAL_PRECISION_MAX ? 0 : DECIMAL_PRECISION_MAX - integer_digits;
    return type_decimal(DECIMAL_PRECISION_MAX, MAX(room, minimum));
}

type type_decimal_result(function_op op, type x, type y, bool allow_precision_loss) {
    assert(x.id == TYPE_DECIMAL && y.id == TYPE_DECIMAL);
    uint32_t p1 = x.precision, s1 = x.scale, p2 = y.precision, s2 = y.scale;
    if (op == OP_ADD || op == OP_SUBTRACT) {
        uint32_t scale = MAX(s1, s2);
        return cast_decimal_adjusted(MAX(p1 - s1, p2 - s2) + scale + 1, scale,
                                     allow_precision_loss);
    }
    if (op == OP_MULTIPLY) return cast_decimal_adjusted(p1 + p2 + 1, s1 + s2, allow_precision_loss);
    assert(op == OP_DIVIDE);
    uint32_t integer_digits = p1 - s1 + s2;
    uint32_t scale = MAX((uint32_t)DECIMAL_MINIMUM_ADJUSTED_SCALE, s1 + p2 + 1);
    if (allow_precision_loss) return cast_decimal_adjusted(integer_digits + scale, scale, true);
    integer_digits = MIN(integer_digits, (uint32_t)DECIMAL_PRECISION_MAX);
    scale = MIN(scale, (uint32_t)DECIMAL_PRECISION_MAX);
    if (integer_digits + scale > DECIMAL_PRECISION_MAX) {
        uint32_t excess = integer_digits + scale - DECIMAL_PRECISION_MAX;
        scale -= excess / 2 + 1;
        integer_digits = DECIMAL_PRECISION_MAX - scale;
    }
    return cast_decimal_bounded(integer_digits + scale, scale);
}

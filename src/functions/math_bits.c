/* math_bits.c - shifts, bit counts, number bases, factorial, width_bucket. */
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"

/* ---- shifts: the distance counts modulo the width, as in Java ---- */

#define BITS_SHIFT(name, EXPR32, EXPR64)                                                           \
    static dbx_status bits_##name(fn_call *call, const vector *args, vector *out) {                \
        vector_view x = vector_view_of(&args[0]), by = vector_view_of(&args[1]);                   \
        if (out->phys == PHYS_INT32) {                                                             \
            FN_FOR_EACH_ROW(call, r) {                                                             \
                int32_t v = int_arg(&x, r);                                                        \
                uint32_t n = (uint32_t)int_arg(&by, r) & 31u;                                      \
                VECTOR_DATA(out, int32_t)[r] = (int32_t)(EXPR32);                                  \
            }                                                                                      \
            return DBX_OK;                                                                         \
        }                                                                                          \
        FN_FOR_EACH_ROW(call, r) {                                                                 \
            int64_t v = bigint_arg(&x, r);                                                         \
            uint32_t n = (uint32_t)int_arg(&by, r) & 63u;                                          \
            VECTOR_DATA(out, int64_t)[r] = (int64_t)(EXPR64);                                      \
        }                                                                                          \
        return DBX_OK;                                                                             \
    }
BITS_SHIFT(shift_left, (uint32_t)v << n, (uint64_t)v << n)
BITS_SHIFT(shift_right, v >> n, v >> n)
BITS_SHIFT(shift_right_unsigned, (uint32_t)v >> n, (uint64_t)v >> n)

static dbx_status bits_not(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&x, r);
        switch ((physical_type)out->phys) {
        case PHYS_INT8:
            VECTOR_DATA(out, int8_t)[r] = (int8_t) ~((const int8_t *)x.data)[i];
            break;
        case PHYS_INT16:
            VECTOR_DATA(out, int16_t)[r] = (int16_t) ~((const int16_t *)x.data)[i];
            break;
        case PHYS_INT32:
            VECTOR_DATA(out, int32_t)[r] = ~((const int32_t *)x.data)[i];
            break;
        default:
            VECTOR_DATA(out, int64_t)[r] = ~((const int64_t *)x.data)[i];
            break;
        }
    }
    return DBX_OK;
}

static int64_t bits_load(const vector_view *x, uint32_t r) {
    uint32_t i = view_index(x, r);
    switch ((physical_type)x->base->phys) {
    case PHYS_BOOL:
        return ((const uint8_t *)x->data)[i];
    case PHYS_INT8:
        return ((const int8_t *)x->data)[i];
    case PHYS_INT16:
        return ((const int16_t *)x->data)[i];
    case PHYS_INT32:
        return ((const int32_t *)x->data)[i];
    default:
        return ((const int64_t *)x->data)[i];
    }
}
static dbx_status bits_count(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    VECTOR_DATA(out, int32_t)[r] = __builtin_popcountll((uint64_t)bits_load(&x, r));
    return DBX_OK;
}
static dbx_status bits_get(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), position = vector_view_of(&args[1]);
    int32_t width = (int32_t)physical_size((physical_type)args[0].phys) * 8;
    FN_FOR_EACH_ROW(call, r) {
        int32_t p = int_arg(&position, r);
        if (p < 0 || p >= width) {
            const char *value = arena_printf(call->arena, "%d", p),
                       *upper = arena_printf(call->arena, "%d", width);
            return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__BIT_POSITION_RANGE,
                               call->position, "functionName", "`getbit`", "parameter", "`pos`",
                               "upper", upper == NULL ? "" : upper, "invalidValue",
                               value == NULL ? "" : value, NULL);
        }
        VECTOR_DATA(out, int8_t)[r] = (int8_t)(bits_load(&x, r) >> p & 1);
    }
    return DBX_OK;
}

/* ---- bases ---- */

static dbx_status bits_bin(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        uint64_t v = (uint64_t)bigint_arg(&x, r);
        uint32_t n = v == 0 ? 1 : 64 - (uint32_t)__builtin_clzll(v);
        char text[64];
        for (uint32_t i = 0; i < n; i++) text[i] = (char)('0' + (v >> (n - 1 - i) & 1));
        TRY(text_copy(call, out, r, text, n));
    }
    return DBX_OK;
}

static const char bits_digits[] = "0123456789ABCDEF";

static dbx_status bits_hex_number(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        uint64_t v = (uint64_t)bigint_arg(&x, r);
        uint32_t n = v == 0 ? 1 : (67 - (uint32_t)__builtin_clzll(v)) / 4;
        char text[16];
        for (uint32_t i = 0; i < n; i++) text[i] = bits_digits[v >> (4 * (n - 1 - i)) & 15];
        TRY(text_copy(call, out, r, text, n));
    }
    return DBX_OK;
}
static dbx_status bits_hex_text(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&x, r);
        const uint8_t *from = (const uint8_t *)vstring_data(s);
        char *to = text_room(call, (size_t)s->size * 2);
        if (to == NULL) return error_nomem(call->err);
        for (uint32_t i = 0; i < s->size; i++) {
            to[2 * i] = bits_digits[from[i] >> 4];
            to[2 * i + 1] = bits_digits[from[i] & 15];
        }
        text_borrow(out, r, to, (size_t)s->size * 2);
    }
    return DBX_OK;
}
static dbx_status bits_bind_hex(fn_bind *b) {
    type t = b->arg_types[0];
    if (t.id == TYPE_STRING || t.id == TYPE_BINARY) {
        b->kernel = bits_hex_text;
        return DBX_OK;
    }
    b->arg_types[0] = type_simple(TYPE_BIGINT);
    return DBX_OK;
}
static int bits_digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 64;
}
static dbx_status bits_unhex(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&x, r);
        const char *from = vstring_data(s);
        char *to = text_room(call, s->size / 2 + 1);
        if (to == NULL) return error_nomem(call->err);
        uint32_t n = 0, i = 0;
        bool bad = false;
        int high = 0;
        if (s->size % 2 == 0) high = -1;
        for (; i < s->size && !bad; i++) {
            int d = bits_digit_value(from[i]);
            bad = d > 15;
            if (high < 0)
                high = d;
            else {
                to[n++] = (char)(high << 4 | d);
                high = -1;
            }
        }
        if (bad)
            TRY(fn_set_null(call, out, r));
        else
            text_borrow(out, r, to, n);
    }
    return DBX_OK;
}

/* conv(num, from, to): digits up to the first that is none of the base; overflow is an error under
 * ANSI, else the largest value. A negative `to` base means a signed result. */
static dbx_status bits_conv(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]), from = vector_view_of(&args[1]),
                to = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = sv_trim(vstring_view(text_arg(&x, r)));
        int64_t source = int_arg(&from, r), target = int_arg(&to, r),
                base = target < 0 ? -target : target;
        if (source < 2 || source > 36 || base < 2 || base > 36 || s.size == 0) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        bool negative = s.data[0] == '-', overflow = false;
        uint64_t v = 0;
        for (size_t i = negative; i < s.size; i++) {
            int d = bits_digit_value(s.data[i]);
            if (d >= source) break;
            uint64_t next;
            overflow |= __builtin_mul_overflow(v, (uint64_t)source, &next) ||
                        __builtin_add_overflow(next, (uint64_t)d, &next);
            v = next;
        }
        if (overflow) {
            if (call->query->settings->ansi)
                return error_raise(call->err, ERR_ARITHMETIC_OVERFLOW, call->position, "message",
                                   "Overflow in function conv()", "alternative", "", "config",
                                   FN_ANSI_CONFIG, NULL);
            v = UINT64_MAX;
        } else if (negative) {
            v = target < 0 || (int64_t)v >= 0 ? (uint64_t)0 - v : UINT64_MAX;
        }
        bool minus = target < 0 && (int64_t)v < 0;
        if (minus) v = (uint64_t)0 - v;
        char text[66];
        uint32_t at = 66;
        do {
            uint32_t d = (uint32_t)(v % (uint64_t)base);
            text[--at] = (char)(d < 10 ? '0' + d : 'A' + d - 10);
            v /= (uint64_t)base;
        } while (v > 0);
        if (minus) text[--at] = '-';
        TRY(text_copy(call, out, r, text + at, 66 - at));
    }
    return DBX_OK;
}

static dbx_status bits_factorial(fn_call *call, const vector *args, vector *out) {
    vector_view x = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        int32_t n = int_arg(&x, r);
        int64_t v = 1;
        if (n < 0 || n > 20) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        for (int32_t i = 2; i <= n; i++) v *= i;
        VECTOR_DATA(out, int64_t)[r] = v;
    }
    return DBX_OK;
}

static dbx_status bits_width_bucket(fn_call *call, const vector *args, vector *out) {
    vector_view v[4];
    for (uint32_t i = 0; i < 4; i++) v[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        double x = double_arg(&v[0], r), low = double_arg(&v[1], r), high = double_arg(&v[2], r);
        int64_t count = bigint_arg(&v[3], r);
        bool bad = count <= 0 || count == INT64_MAX || x != x || low == high || low - low != 0 ||
                   high - high != 0;
        if (bad) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        double lower = low < high ? low : high, upper = low < high ? high : low;
        bool ascending = low < high;
        int64_t bucket;
        if (ascending) {
            bucket = x < lower    ? 0
                     : x >= upper ? count + 1
                                  : (int64_t)((double)count * (x - lower) / (upper - lower)) + 1;
        } else {
            bucket = x > upper    ? 0
                     : x <= lower ? count + 1
                                  : (int64_t)((double)count * (upper - x) / (upper - lower)) + 1;
        }
        VECTOR_DATA(out, int64_t)[r] = bucket;
    }
    return DBX_OK;
}
/* Intervals are counted in whole months or microseconds. */
static dbx_status bits_width_bucket_interval(fn_call *call, const vector *args, vector *out) {
    vector_view v[4];
    for (uint32_t i = 0; i < 4; i++) v[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        int64_t x = bits_load(&v[0], r), low = bits_load(&v[1], r), high = bits_load(&v[2], r),
                count = bits_load(&v[3], r);
        if (count <= 0 || count == INT64_MAX || low == high) {
            TRY(fn_set_null(call, out, r));
            continue;
        }
        bool ascending = low < high;
        double lower = (double)(ascending ? low : high), upper = (double)(ascending ? high : low),
               value = (double)x;
        double offset = ascending ? value - lower : upper - value, width = upper - lower;
        VECTOR_DATA(out, int64_t)
        [r] = offset < 0        ? 0
              : offset >= width ? count + 1
                                : (int64_t)((double)count * offset / width) + 1;
    }
    return DBX_OK;
}
static dbx_status bits_bind_width_bucket(fn_bind *b) {
    type *t = b->arg_types;
    b->arg_types[3] = type_simple(TYPE_BIGINT);
    if (t[0].id == t[1].id && t[1].id == t[2].id &&
        (t[0].id == TYPE_INTERVAL_YM || t[0].id == TYPE_INTERVAL_DT)) {
        b->kernel = bits_width_bucket_interval;
        return DBX_OK;
    }
    for (uint32_t i = 0; i < 3; i++) {
        if (!type_is_numeric(t[i]) && t[i].id != TYPE_STRING && t[i].id != TYPE_VOID)
            return fn_bind_unexpected_type(
                b, i, "(\"DOUBLE\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")");
        t[i] = type_simple(TYPE_DOUBLE);
    }
    return DBX_OK;
}
static dbx_status bits_bind_shift(fn_bind *b) {
    if (b->arg_types[0].id != TYPE_BIGINT) b->arg_types[0] = type_simple(TYPE_INT);
    b->result = b->arg_types[0];
    return DBX_OK;
}

#define BITS_ROW(text, sig, extra, k, binder, about, sample)                                       \
    {                                                                                              \
        .name = text, .signature = sig, .flags = extra, .kernel = k, .bind = binder,               \
        .category = "bitwise", .doc = about, .examples = sample                                    \
    }
#define BITS_SHIFT_ROW(text, k, about, sample)                                                     \
    BITS_ROW(text, "(base int|bigint, exp int) -> bind", FN_TOTAL, k, bits_bind_shift, about,      \
             sample)
const function_row math_bits_functions[] = {
    BITS_SHIFT_ROW("shiftleft", bits_shift_left, "Bits moved left.", "shiftleft(2, 1) => 4"),
    BITS_SHIFT_ROW("<<", bits_shift_left, "Bits moved left.", "2 << 1 => 4"),
    BITS_SHIFT_ROW("shiftright", bits_shift_right, "Bits moved right, keeping the sign.",
                   "shiftright(4, 1) => 2"),
    BITS_SHIFT_ROW(">>", bits_shift_right, "Bits moved right, keeping the sign.", "4 >> 1 => 2"),
    BITS_SHIFT_ROW("shiftrightunsigned", bits_shift_right_unsigned,
                   "Bits moved right, zeros moved in.", "shiftrightunsigned(4, 1) => 2"),
    BITS_SHIFT_ROW(">>>", bits_shift_right_unsigned, "Bits moved right, zeros moved in.",
                   "4 >>> 1 => 2"),
    BITS_ROW("~", "(expr integral) -> same", FN_TOTAL, bits_not, NULL, "Bitwise NOT.", "~ 0 => -1"),
    BITS_ROW("bit_count", "(expr integral|boolean) -> int", FN_TOTAL, bits_count, NULL,
             "Number of bits set.", "bit_count(0) => 0; bit_count(7) => 3"),
    BITS_ROW("bit_get", "(expr integral, pos int) -> tinyint", 0, bits_get, NULL,
             "The bit at a position, 0 is the lowest.", "bit_get(11, 0) => 1; bit_get(11, 2) => 0"),
    BITS_ROW("getbit", "(expr integral, pos int) -> tinyint", 0, bits_get, NULL,
             "The bit at a position, 0 is the lowest.", "getbit(11, 0) => 1"),
    BITS_ROW("bin", "(expr bigint) -> string", 0, bits_bin, NULL, "Binary digits.",
             "bin(13) => 1101"),
    BITS_ROW("hex", "(expr bigint|string|binary) -> string", 0, bits_hex_number, bits_bind_hex,
             "Hexadecimal digits.", "hex(17) => 11; hex('Spark SQL') => 537061726B2053514C"),
    BITS_ROW("unhex", "(expr string) -> binary", FN_ALWAYS_NULLABLE, bits_unhex, NULL,
             "Bytes of hexadecimal digits.",
             "hex(unhex('537061726B2053514C')) => 537061726B2053514C"),
    BITS_ROW("conv", "(num string, from_base int, to_base int) -> string", FN_ALWAYS_NULLABLE,
             bits_conv, NULL, "A number from one base to another.",
             "conv('100', 2, 10) => 4; conv(-10, 16, -10) => -16"),
    BITS_ROW("factorial", "(expr int) -> bigint", FN_ALWAYS_NULLABLE, bits_factorial, NULL,
             "Factorial of 0 to 20.", "factorial(5) => 120; factorial(21) => NULL"),
    BITS_ROW("width_bucket", "(value any, min any, max any, num_bucket any) -> bigint",
             FN_ALWAYS_NULLABLE, bits_width_bucket, bits_bind_width_bucket,
             "Number of the bucket of a histogram with equal widths.",
             "width_bucket(5.3, 0.2, 10.6, 5) => 3; width_bucket(-2.1, 1.3, 3.4, 3) => 0"),
};
const uint32_t math_bits_functions_count = ARRAY_COUNT(math_bits_functions);

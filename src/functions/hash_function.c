/* hash_function.c - hash() and xxhash64(); see hash_function.h. */
#include "functions/hash_function.h"

#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/int128.h"

#include <xxhash.h>

enum { HASH_FUNCTION_SEED = 42 };

/* ---- Murmur3 ---- */

static uint32_t spark_rotate(uint32_t x, int by) {
    return x << by | x >> (32 - by);
}
static uint32_t spark_murmur3_mix(uint32_t h, uint32_t k) {
    h ^= spark_rotate(k * 0xcc9e2d51u, 15) * 0x1b873593u;
    return spark_rotate(h, 13) * 5 + 0xe6546b64u;
}

uint32_t spark_murmur3(const char *bytes, size_t size, uint32_t seed) {
    uint32_t h = seed;
    size_t words = size / 4 * 4;
    for (size_t i = 0; i < words; i += 4) {
        uint32_t word;
        memcpy(&word, bytes + i, 4);
        h = spark_murmur3_mix(h, word);
    }
    for (size_t i = words; i < size; i++)
        h = spark_murmur3_mix(h, (uint32_t)(int32_t)(int8_t)bytes[i]);
    h ^= (uint32_t)size;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* ---- values ---- */

static uint64_t spark_hash_bytes(const void *bytes, size_t size, bool murmur, uint64_t seed) {
    if (murmur) return spark_murmur3(bytes, size, (uint32_t)seed);
    return XXH64(bytes, size, seed);
}
static uint64_t spark_hash_int(int32_t x, bool murmur, uint64_t seed) {
    return spark_hash_bytes(&x, sizeof(x), murmur, seed);
}
static uint64_t spark_hash_long(int64_t x, bool murmur, uint64_t seed) {
    return spark_hash_bytes(&x, sizeof(x), murmur, seed);
}

/* NaNs are one value, and so are the zeros. */
static uint64_t spark_hash_float(float x, bool murmur, uint64_t seed) {
    int32_t bits;
    if (x == 0) x = 0;
    memcpy(&bits, &x, sizeof(bits));
    return spark_hash_int(x != x ? 0x7fc00000 : x == 0 ? 0 : bits, murmur, seed);
}
static uint64_t spark_hash_double(double x, bool murmur, uint64_t seed) {
    int64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return spark_hash_long(x != x ? INT64_C(0x7ff8000000000000) : x == 0 ? 0 : bits, murmur, seed);
}

/* The fewest bytes of two's complement, big-endian. */
static uint64_t spark_hash_int128(int128 x, bool murmur, uint64_t seed) {
    int8_t bytes[16];
    for (uint32_t i = 0; i < 16; i++) bytes[i] = (int8_t)(uint8_t)(x >> (8 * (15 - i)));
    uint32_t from = 0;
    while (from < 15 && ((bytes[from] == 0 && bytes[from + 1] >= 0) ||
                         (bytes[from] == -1 && bytes[from + 1] < 0)))
        from++;
    return spark_hash_bytes(bytes + from, 16 - from, murmur, seed);
}

static uint64_t spark_hash_list(const vector *base, uint32_t i, bool murmur, uint64_t seed) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    for (uint32_t k = 0; k < e.length; k++)
        seed = spark_hash_value(&base->children[0], e.offset + k, murmur, seed);
    return seed;
}

uint64_t spark_hash_value(const vector *v, uint32_t row, bool murmur, uint64_t seed) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    const void *data = view.data;
    if (!validity_get(view.validity, i)) return seed;
    switch ((type_id)v->type.id) {
    case TYPE_BOOLEAN:
        return spark_hash_int(((const uint8_t *)data)[i], murmur, seed);
    case TYPE_TINYINT:
        return spark_hash_int(((const int8_t *)data)[i], murmur, seed);
    case TYPE_SMALLINT:
        return spark_hash_int(((const int16_t *)data)[i], murmur, seed);
    case TYPE_INT:
    case TYPE_DATE:
    case TYPE_INTERVAL_YM:
        return spark_hash_int(((const int32_t *)data)[i], murmur, seed);
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_INTERVAL_DT:
        return spark_hash_long(((const int64_t *)data)[i], murmur, seed);
    case TYPE_TIME: /* Spark keeps nanoseconds */
        return spark_hash_long(((const int64_t *)data)[i] * 1000, murmur, seed);
    case TYPE_FLOAT:
        return spark_hash_float(((const float *)data)[i], murmur, seed);
    case TYPE_DOUBLE:
        return spark_hash_double(((const double *)data)[i], murmur, seed);
    case TYPE_DECIMAL:
        if (v->phys == PHYS_INT64) return spark_hash_long(((const int64_t *)data)[i], murmur, seed);
        return spark_hash_int128(((const int128 *)data)[i], murmur, seed);
    case TYPE_INTERVAL: {
        dbx_interval x = ((const dbx_interval *)data)[i];
        seed = spark_hash_long(x.micros, murmur, seed);
        return spark_hash_int(x.months, murmur, spark_hash_int(x.days, murmur, seed));
    }
    case TYPE_ARRAY:
    case TYPE_MAP:
        return spark_hash_list(view.base, i, murmur, seed);
    case TYPE_STRUCT:
        for (uint32_t k = 0; k < v->type.child_count; k++)
            seed = spark_hash_value(&view.base->children[k], i, murmur, seed);
        return seed;
    case TYPE_STRING:
    case TYPE_BINARY: {
        const vstring *s = &((const vstring *)data)[i];
        return spark_hash_bytes(vstring_data(s), s->size, murmur, seed);
    }
    default:
        return seed;
    }
}

/* ---- functions ---- */

static dbx_status hash_function_murmur3(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    FN_FOR_EACH_ROW(call, r) {
        uint64_t hash = HASH_FUNCTION_SEED;
        for (uint32_t a = 0; a < count; a++) hash = spark_hash_value(&args[a], r, true, hash);
        VECTOR_DATA(out, int32_t)[r] = (int32_t)(uint32_t)hash;
    }
    return DBX_OK;
}
static dbx_status hash_function_xxhash64(fn_call *call, const vector *args, vector *out) {
    uint32_t count = *(const uint32_t *)call->state;
    FN_FOR_EACH_ROW(call, r) {
        uint64_t hash = HASH_FUNCTION_SEED;
        for (uint32_t a = 0; a < count; a++) hash = spark_hash_value(&args[a], r, false, hash);
        VECTOR_DATA(out, int64_t)[r] = (int64_t)hash;
    }
    return DBX_OK;
}

static bool hash_function_holds(type t, type_id id) {
    if (t.id == id) return true;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (hash_function_holds(t.children[i].type, id)) return true;
    }
    return false;
}

static dbx_status hash_function_bind(fn_bind *b) {
    uint32_t *count = ARENA_NEW(b->arena, uint32_t);
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
               *name = arena_printf(b->arena, "`%s`", b->row->name);
    if (count == NULL || sql == NULL || name == NULL) return error_nomem(b->err);
    *count = b->arg_count;
    b->state = count;
    for (uint32_t i = 0; i < b->arg_count; i++) {
        bool map = hash_function_holds(b->arg_types[i], TYPE_MAP);
        if (!map && !hash_function_holds(b->arg_types[i], TYPE_VARIANT)) continue;
        return error_raise(b->err,
                           map ? ERR_DATATYPE_MISMATCH__HASH_MAP_TYPE
                               : ERR_DATATYPE_MISMATCH__HASH_VARIANT_TYPE,
                           b->position, "sqlExpr", sql, "functionName", name, NULL);
    }
    return DBX_OK;
}

const function_row hash_function_functions[] = {
    {.name = "hash",
     .signature = "(expr any...) -> int",
     .flags = NULLS_AWARE | FN_NEVER_NULL | FN_NEVER_FAILS,
     .kernel = hash_function_murmur3,
     .bind = hash_function_bind,
     .category = "hash",
     .doc = "Murmur3 of the values, as Spark computes it.",
     .examples = "hash('Spark', array(123), 2) => -1321691492; hash(NULL) => 42"},
    {.name = "xxhash64",
     .signature = "(expr any...) -> bigint",
     .flags = NULLS_AWARE | FN_NEVER_NULL | FN_NEVER_FAILS,
     .kernel = hash_function_xxhash64,
     .bind = hash_function_bind,
     .category = "hash",
     .doc = "xxHash64 of the values with the seed 42, as Spark computes it.",
     .examples = "xxhash64('Spark', array(123), 2) => 5602566077635097486; xxhash64(NULL) => 42"},
};
const uint32_t hash_function_functions_count = ARRAY_COUNT(hash_function_functions);

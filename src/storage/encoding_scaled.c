/* encoding_scaled.c - floats that are decimals: value * 10^e as an int stream, the rest as
 * exceptions.
 *
 *   u32 exponent | u32 exception_count | int stream | u32 rows of exceptions, padded | values of
 * exceptions, padded A value is no exception when its integer divided by 10^e gives the same bits
 * back, so reading is exact. (The idea of PseudoDecimals and ALP, SIGMOD 2024, in its simplest
 * form.)
 */
#include "storage/encoding.h"

#include <math.h>

enum {
    SCALED_EXPONENT_MAX = 14,
    SCALED_SAMPLE = 256,
    SCALED_HEADER = 8,
    SCALED_EXCEPTION_SHARE = 16, /* at most 1 in 16 */
};

static const double scaled_powers[SCALED_EXPONENT_MAX + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};

static size_t scaled_pad(size_t size) {
    return (size + 7) & ~(size_t)7;
}

static double scaled_load(const void *values, uint32_t value_size, uint32_t i) {
    return value_size == 8 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

/* Integer of a value; false when it does not give the same bits back. Integers stay below 2^53. */
static bool scaled_encode(const void *values, uint32_t value_size, uint32_t i, double power,
                          int64_t *out) {
    double v = scaled_load(values, value_size, i) * power;
    if (!(v > -9007199254740992.0 && v < 9007199254740992.0)) return false;
    int64_t integer = llrint(v);
    *out = integer;
    if (value_size == 8) {
        double back = (double)integer / power;
        return memcmp(&back, (const double *)values + i, 8) == 0;
    }
    float back = (float)((double)integer / power);
    return memcmp(&back, (const float *)values + i, 4) == 0;
}

bool scaled_plan(const void *values, uint32_t value_size, uint32_t count, uint32_t *exponent) {
    uint32_t samples = MIN(count, (uint32_t)SCALED_SAMPLE);
    for (uint32_t e = 0; e <= SCALED_EXPONENT_MAX; e++) {
        uint32_t good = 0, bad = 0;
        for (uint32_t i = 0; i < samples && bad * SCALED_EXCEPTION_SHARE <= samples; i++) {
            int64_t integer;
            uint32_t row = (uint32_t)((uint64_t)i * count / samples);
            if (scaled_encode(values, value_size, row, scaled_powers[e], &integer))
                good++;
            else
                bad++;
        }
        if (good > 0 && bad * SCALED_EXCEPTION_SHARE <= samples) {
            *exponent = e;
            return true;
        }
    }
    return false;
}

static dbx_status scaled_put(buffer *out, const void *bytes, size_t size) {
    static const char zeros[8] = {0};
    TRY(buffer_append(out, bytes, size));
    return buffer_append(out, zeros, scaled_pad(size) - size);
}

dbx_status scaled_write(buffer *out, const void *values, uint32_t value_size, uint32_t count,
                        uint32_t exponent, bool *fits) {
    assert(exponent <= SCALED_EXPONENT_MAX && out->size % 8 == 0);
    uint32_t room = count / SCALED_EXCEPTION_SHARE + 1, exceptions = 0;
    size_t scratch_size = (size_t)count * 8 + (size_t)room * 12;
    char *scratch = mem_alloc(out->ledger, scratch_size);
    if (scratch == NULL) return DBX_NOMEM;
    int64_t *integers = (int64_t *)(void *)scratch;
    char *kept = scratch + (size_t)count * 8;
    uint32_t *rows = (uint32_t *)(void *)(kept + (size_t)room * 8);
    *fits = true;
    int64_t last = 0;
    for (uint32_t i = 0; i < count && *fits; i++) {
        if (scaled_encode(values, value_size, i, scaled_powers[exponent], &integers[i])) {
            last = integers[i];
            continue;
        }
        integers[i] = last;
        if (exceptions == room) {
            *fits = false;
            break;
        }
        memcpy(kept + (size_t)exceptions * value_size,
               (const char *)values + (size_t)i * value_size, value_size);
        rows[exceptions++] = i;
    }
    dbx_status status = DBX_OK;
    if (*fits) {
        uint32_t head[2] = {exponent, exceptions};
        int_plan plan;
        int_stream_plan(integers, 8, count, &plan);
        TRY_GOTO(buffer_append(out, head, sizeof(head)), done);
        TRY_GOTO(int_stream_write(out, integers, 8, count, &plan), done);
        TRY_GOTO(scaled_put(out, rows, (size_t)exceptions * 4), done);
        TRY_GOTO(scaled_put(out, kept, (size_t)exceptions * value_size), done);
    }
done:
    mem_free(out->ledger, scratch, scratch_size);
    return status;
}

bool scaled_reader_open(scaled_reader *r, const uint8_t *bytes, size_t size, uint32_t value_size,
                        uint32_t count, arena *a, bool *nomem) {
    memset(r, 0, sizeof(*r));
    *nomem = false;
    uint32_t exponent;
    if (size < SCALED_HEADER) return false;
    memcpy(&exponent, bytes, 4);
    memcpy(&r->exception_count, bytes + 4, 4);
    if (exponent > SCALED_EXPONENT_MAX || r->exception_count > count) return false;
    r->value_size = value_size;
    r->divisor = scaled_powers[exponent];
    bytes += SCALED_HEADER;
    size -= SCALED_HEADER;
    size_t used;
    if (!int_reader_open(&r->ints, bytes, size, count, &used, a, nomem)) return false;
    bytes += used;
    size -= used;
    size_t rows_size = scaled_pad((size_t)r->exception_count * 4);
    if (size < rows_size || size - rows_size < (size_t)r->exception_count * value_size)
        return false;
    r->exception_rows = (const uint32_t *)(const void *)bytes;
    r->exceptions = bytes + rows_size;
    for (uint32_t i = 0; i < r->exception_count; i++) {
        if (r->exception_rows[i] >= count) return false;
        if (i > 0 && r->exception_rows[i] <= r->exception_rows[i - 1]) return false;
    }
    return true;
}

static uint32_t scaled_first_exception(const scaled_reader *r, uint32_t row) {
    uint32_t low = 0, high = r->exception_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (r->exception_rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void scaled_reader_read(scaled_reader *r, uint32_t from, uint32_t count, void *out) {
    int64_t integers[LANEPACK_ROWS];
    for (uint32_t at = 0; at < count; at += LANEPACK_ROWS) {
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - at);
        int_reader_read(&r->ints, from + at, n, integers, 8);
        if (r->value_size == 8)
            lanepack_divide_doubles(integers, n, r->divisor, (double *)out + at);
        else
            lanepack_divide_floats(integers, n, r->divisor, (float *)out + at);
    }
    for (uint32_t e = scaled_first_exception(r, from);
         e < r->exception_count && r->exception_rows[e] - from < count; e++) {
        size_t row = r->exception_rows[e] - from;
        memcpy((char *)out + row * r->value_size, r->exceptions + (size_t)e * r->value_size,
               r->value_size);
    }
}

void scaled_reader_gather(scaled_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                          void *out) {
    int64_t integers[LANEPACK_ROWS];
    for (uint32_t at = 0; at < count; at += LANEPACK_ROWS) {
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - at);
        int_reader_gather(&r->ints, from, sel + at, n, integers, 8);
        if (r->value_size == 8)
            lanepack_divide_doubles(integers, n, r->divisor, (double *)out + at);
        else
            lanepack_divide_floats(integers, n, r->divisor, (float *)out + at);
    }
    for (uint32_t i = 0; i < count && r->exception_count > 0; i++) {
        uint32_t e = scaled_first_exception(r, from + sel[i]);
        if (e == r->exception_count || r->exception_rows[e] != from + sel[i]) continue;
        memcpy((char *)out + (size_t)i * r->value_size, r->exceptions + (size_t)e * r->value_size,
               r->value_size);
    }
}

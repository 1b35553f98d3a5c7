/* encoding_ints.c - int streams: constant, runs, or bit-packed over a base, plainly or block by
 * block with deltas.
 *
 * Dictionary codes, string sizes, list offsets and scaled floats are int streams too. Planning
 * measures blocks of 1024 once; writing packs them. A last block of fewer values is stored as plain
 * narrow integers, so that a table of one row stays small.
 */
#include "storage/encoding.h"

enum {                       /* kinds of a block of INT_BLOCKS */
       INT_BLOCK_BASE = 0,   /* base + code */
       INT_BLOCK_DELTAS = 1, /* first value, step, packed differences to the step */
};

/* Header of a block of INT_BLOCKS. */
typedef struct int_block_header {
    int64_t base;    /* BASE: minimum. DELTAS: first value */
    uint32_t offset; /* of its payload, in units of 8 bytes */
    uint8_t width;
    uint8_t kind;
    uint16_t zero;
} int_block_header;
static_assert(sizeof(int_block_header) == 16, "written as 16 bytes");

enum {
    INT_STREAM_HEADER = 8,
    INT_SCALED = 0x80, /* flag of the mode: i64 origin and i64 factor come before the body */
    INT_SCALE_BYTES = 16,
    INT_FACTOR_SAMPLE = 64,
    INT_POINTS_MAX = 8,         /* values of a block that are cheaper to get one by one */
    INT_BITMAP_LOOK_WORDS = 64, /* of a set that are looked at before a block is unpacked */
    INT_DELTA_HEADER = 24,      /* step, minimum and maximum, before the codes */
};

static size_t int_pad(size_t size) {
    return (size + 7) & ~(size_t)7;
}

/* ---- planning
 * -------------------------------------------------------------------------------------------- */

static uint32_t int_load_block(const void *values, uint32_t value_size, uint32_t count,
                               uint32_t from, int64_t *out) {
    uint32_t n = MIN((uint32_t)LANEPACK_ROWS, count - from);
    if (value_size == 16) {
        const __int128 *wide = (const __int128 *)values + from;
        for (uint32_t i = 0; i < n; i++) out[i] = (int64_t)wide[i];
    } else {
        lanepack_load((const char *)values + (size_t)from * value_size, value_size, n, out);
    }
    return n;
}

static size_t int_codes_size(uint32_t width, uint32_t n) {
    if (n == LANEPACK_ROWS) return lanepack_size(width);
    return width == 0 ? 0 : int_pad((size_t)n * lanepack_code_size(width));
}

static uint32_t int_base_width(const lanepack_range *m) {
    return lanepack_width((uint64_t)m->max - (uint64_t)m->min);
}

/* Deltas are for whole blocks and only where they save enough to pay for the running sum. */
static bool int_prefers_deltas(const lanepack_range *m, uint32_t n, uint32_t *width) {
    uint32_t base_width = int_base_width(m);
    *width = base_width;
    if (n < LANEPACK_ROWS || base_width < 4) return false;
    uint32_t delta_width = lanepack_width((uint64_t)m->max_step - (uint64_t)m->min_step);
    if (delta_width + 2 > base_width - base_width / 4) return false;
    *width = delta_width;
    return true;
}

static size_t int_block_size(const lanepack_range *m, uint32_t n) {
    uint32_t width;
    bool deltas = int_prefers_deltas(m, n, &width);
    return int_codes_size(width, n) + (deltas ? INT_DELTA_HEADER : 0);
}

/* Greatest common divisor of what is over `min` in a block, and of `factor`. */
static uint64_t int_common_factor(const int64_t *values, uint32_t n, int64_t min, uint64_t factor) {
    for (uint32_t i = 0; i < n && factor != 1; i++) {
        uint64_t a = (uint64_t)values[i] - (uint64_t)min, b = factor;
        if (b != 0 && a % b == 0) continue;
        while (b != 0) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        factor = a;
    }
    return factor;
}

/* A factor that all values share over their minimum: cents that are whole, times that are whole
 * seconds. */
static int64_t int_find_factor(const void *values, uint32_t value_size, uint32_t count,
                               int64_t min) {
    int64_t block[LANEPACK_ROWS];
    uint64_t factor = 0;
    uint32_t n = int_load_block(values, value_size, count, 0, block);
    factor = int_common_factor(block, MIN(n, (uint32_t)INT_FACTOR_SAMPLE), min, factor);
    for (uint32_t from = 0; from < count && factor != 1; from += LANEPACK_ROWS) {
        n = int_load_block(values, value_size, count, from, block);
        factor = int_common_factor(block, n, min, factor);
    }
    return factor > 1 && factor <= INT64_MAX ? (int64_t)factor : 1;
}

/* Divides a block into multiples of the plan's factor. */
static void int_reduce(const int_plan *plan, int64_t *block, uint32_t n) {
    if (plan->factor <= 1) return;
    uint64_t factor = (uint64_t)plan->factor;
    for (uint32_t i = 0; i < n; i++)
        block[i] = (int64_t)(((uint64_t)block[i] - (uint64_t)plan->min) / factor);
}

/* A block as the stream holds it. */
static uint32_t int_load_reduced(const void *values, uint32_t value_size, uint32_t count,
                                 uint32_t from, const int_plan *plan, int64_t *out) {
    uint32_t n = int_load_block(values, value_size, count, from, out);
    int_reduce(plan, out, n);
    return n;
}

static void int_measure(const void *values, uint32_t value_size, uint32_t count, int_plan *plan) {
    int64_t block[LANEPACK_ROWS];
    int64_t last = 0;
    plan->min = INT64_MAX;
    plan->max = INT64_MIN;
    plan->runs = 1;
    for (uint32_t from = 0; from < count; from += LANEPACK_ROWS) {
        uint32_t n = int_load_block(values, value_size, count, from, block);
        lanepack_range m = lanepack_measure(block, n);
        plan->min = MIN(plan->min, m.min);
        plan->max = MAX(plan->max, m.max);
        plan->runs += m.changes + (from > 0 && block[0] != last);
        plan->ascending = plan->ascending && m.ascending && (from == 0 || block[0] >= last);
        last = block[n - 1];
    }
}

static uint64_t int_blocks_size(const void *values, uint32_t value_size, uint32_t count,
                                const int_plan *plan) {
    int64_t block[LANEPACK_ROWS];
    uint64_t size = INT_STREAM_HEADER + 8;
    for (uint32_t from = 0; from < count; from += LANEPACK_ROWS) {
        uint32_t n = int_load_reduced(values, value_size, count, from, plan, block);
        lanepack_range m = lanepack_measure(block, n);
        size += sizeof(int_block_header) + int_block_size(&m, n);
    }
    return size;
}

static uint32_t int_plan_width(const int_plan *plan) {
    uint64_t reach = (uint64_t)plan->max - (uint64_t)plan->min;
    return lanepack_width(plan->factor > 1 ? reach / (uint64_t)plan->factor : reach);
}

void int_stream_plan(const void *values, uint32_t value_size, uint32_t count, int_plan *plan) {
    *plan = (int_plan){.size = INT_STREAM_HEADER + 8, .ascending = true, .factor = 1};
    if (count == 0) return;
    int_measure(values, value_size, count, plan);
    if (plan->min == plan->max) return;
    uint64_t runs_size = INT_STREAM_HEADER + 8 + plan->runs * 8 + int_pad(plan->runs * 4);
    plan->factor = int_find_factor(values, value_size, count, plan->min);
    uint64_t extra = plan->factor > 1 ? INT_SCALE_BYTES : 0;
    uint32_t width = int_plan_width(plan);
    plan->mode = INT_PACKED;
    plan->size = INT_STREAM_HEADER + 8 + (uint64_t)(count / LANEPACK_ROWS) * lanepack_size(width) +
                 int_codes_size(width, count % LANEPACK_ROWS) + extra;
    uint64_t blocks_size = int_blocks_size(values, value_size, count, plan) + extra;
    if (blocks_size < plan->size - plan->size / 16) {
        plan->mode = INT_BLOCKS;
        plan->size = blocks_size;
    }
    /* Short runs decode slower than packed codes, so they must save something. */
    if (runs_size < plan->size - plan->size / 4 && plan->runs <= MAX(count / 4, 1u)) {
        plan->mode = INT_RUNS;
        plan->size = runs_size;
        plan->factor = 1;
    }
}

/* ---- writing
 * --------------------------------------------------------------------------------------------- */

static dbx_status int_append_zeros(buffer *out, size_t size, char **at) {
    TRY(buffer_reserve(out, size));
    *at = out->data + out->size;
    memset(*at, 0, size);
    out->size += size;
    return DBX_OK;
}

/* Codes of n values, packed or (in a last, shorter block) narrow; `at` has int_codes_size bytes. */
static void int_write_codes(const int64_t *values, uint32_t n, int64_t base, uint32_t width,
                            char *at) {
    if (width == 0) return;
    uint64_t codes[LANEPACK_ROWS];
    lanepack_narrow(values, n, base, width, codes);
    if (n == LANEPACK_ROWS)
        lanepack_pack(codes, width, at);
    else
        memcpy(at, codes, (size_t)n * lanepack_code_size(width));
}

static dbx_status int_write_runs(buffer *out, const void *values, uint32_t value_size,
                                 uint32_t count, const int_plan *plan) {
    uint32_t run_count = (uint32_t)plan->runs, zero = 0;
    TRY(buffer_append(out, &run_count, 4));
    TRY(buffer_append(out, &zero, 4));
    char *at;
    TRY(int_append_zeros(out, (size_t)run_count * 8 + int_pad((size_t)run_count * 4), &at));
    int64_t *run_values = (int64_t *)(void *)at;
    uint32_t *run_ends = (uint32_t *)(void *)(at + (size_t)run_count * 8);
    int64_t block[LANEPACK_ROWS];
    uint32_t run = 0;
    for (uint32_t from = 0; from < count; from += LANEPACK_ROWS) {
        uint32_t n = int_load_block(values, value_size, count, from, block);
        for (uint32_t i = 0; i < n; i++) {
            if (from + i > 0 && block[i] != run_values[run]) run_ends[run++] = from + i;
            run_values[run] = block[i];
        }
    }
    run_ends[run] = count;
    assert(run + 1 == run_count);
    return DBX_OK;
}

static dbx_status int_write_packed(buffer *out, const void *values, uint32_t value_size,
                                   uint32_t count, const int_plan *plan, uint32_t width) {
    int64_t base = plan->factor > 1 ? 0 : plan->min;
    TRY(buffer_append(out, &base, 8));
    int64_t block[LANEPACK_ROWS];
    for (uint32_t from = 0; from < count; from += LANEPACK_ROWS) {
        uint32_t n = int_load_reduced(values, value_size, count, from, plan, block);
        char *at;
        TRY(int_append_zeros(out, int_codes_size(width, n), &at));
        int_write_codes(block, n, base, width, at);
    }
    return DBX_OK;
}

static dbx_status int_write_block(buffer *out, const int64_t *block, uint32_t n,
                                  int_block_header *header) {
    lanepack_range m = lanepack_measure(block, n);
    uint32_t width;
    bool deltas = int_prefers_deltas(&m, n, &width);
    header->width = (uint8_t)width;
    header->kind = deltas ? INT_BLOCK_DELTAS : INT_BLOCK_BASE;
    header->base = deltas ? block[0] : m.min;
    header->zero = 0;
    char *at;
    if (!deltas) {
        TRY(int_append_zeros(out, int_codes_size(width, n), &at));
        int_write_codes(block, n, m.min, width, at);
        return DBX_OK;
    }
    /* Value i is the sum of i + 1 steps from first - step: the first difference is the step itself.
     */
    int64_t steps[LANEPACK_ROWS];
    steps[0] = m.min_step;
    for (uint32_t i = 1; i < n; i++)
        steps[i] = (int64_t)((uint64_t)block[i] - (uint64_t)block[i - 1]);
    TRY(buffer_append(out, &m.min_step, 8));
    TRY(buffer_append(out, &m.min, 8));
    TRY(buffer_append(out, &m.max, 8));
    TRY(int_append_zeros(out, int_codes_size(width, n), &at));
    int_write_codes(steps, n, m.min_step, width, at);
    return DBX_OK;
}

static dbx_status int_write_blocks(buffer *out, const void *values, uint32_t value_size,
                                   uint32_t count, const int_plan *plan) {
    uint32_t block_count = (count + LANEPACK_ROWS - 1) / LANEPACK_ROWS, zero = 0;
    TRY(buffer_append(out, &block_count, 4));
    TRY(buffer_append(out, &zero, 4));
    size_t headers_at = out->size;
    char *unused;
    TRY(int_append_zeros(out, (size_t)block_count * sizeof(int_block_header), &unused));
    size_t payload_at = out->size;
    int64_t block[LANEPACK_ROWS];
    for (uint32_t b = 0; b < block_count; b++) {
        uint32_t n = int_load_reduced(values, value_size, count, b * LANEPACK_ROWS, plan, block);
        int_block_header header = {.offset = (uint32_t)((out->size - payload_at) / 8)};
        TRY(int_write_block(out, block, n, &header));
        memcpy(out->data + headers_at + (size_t)b * sizeof(header), &header, sizeof(header));
    }
    return DBX_OK;
}

dbx_status int_stream_write(buffer *out, const void *values, uint32_t value_size, uint32_t count,
                            const int_plan *plan) {
    assert(out->size % 8 == 0);
    uint32_t width = plan->mode == INT_PACKED ? int_plan_width(plan) : 0;
    bool scaled = plan->factor > 1;
    uint8_t head[4] = {(uint8_t)(plan->mode | (scaled ? INT_SCALED : 0)), (uint8_t)width, 0, 0};
    TRY(buffer_append(out, head, 4));
    TRY(buffer_append(out, &count, 4));
    if (scaled) {
        TRY(buffer_append(out, &plan->min, 8));
        TRY(buffer_append(out, &plan->factor, 8));
    }
    switch (plan->mode) {
    case INT_CONSTANT:
        return buffer_append(out, &plan->min, 8);
    case INT_RUNS:
        return int_write_runs(out, values, value_size, count, plan);
    case INT_PACKED:
        return int_write_packed(out, values, value_size, count, plan, width);
    case INT_BLOCKS:
        return int_write_blocks(out, values, value_size, count, plan);
    }
    return DBX_BUG;
}

/* ---- opening
 * --------------------------------------------------------------------------------------------- */

static bool int_open_runs(int_reader *r, const uint8_t *body, size_t size, size_t *used) {
    if (size < 8) return false;
    memcpy(&r->run_count, body, 4);
    if (r->run_count == 0 || r->run_count > r->count) return false;
    size_t needed = 8 + (size_t)r->run_count * 8 + int_pad((size_t)r->run_count * 4);
    if (size < needed) return false;
    r->run_values = (const int64_t *)(const void *)(body + 8);
    r->run_ends = (const uint32_t *)(const void *)(body + 8 + (size_t)r->run_count * 8);
    uint32_t last = 0;
    for (uint32_t i = 0; i < r->run_count; i++) {
        if (r->run_ends[i] <= last) return false;
        last = r->run_ends[i];
    }
    *used = needed;
    return last == r->count;
}

static bool int_open_blocks(int_reader *r, const uint8_t *body, size_t size, size_t *used) {
    uint32_t block_count;
    if (size < 8) return false;
    memcpy(&block_count, body, 4);
    size_t headers = (size_t)r->block_count * sizeof(int_block_header);
    if (block_count != r->block_count || size - 8 < headers) return false;
    r->blocks = body + 8;
    r->data = r->blocks + headers;
    size_t payload = size - 8 - headers, end = 0;
    for (uint32_t b = 0; b < block_count; b++) {
        int_block_header h;
        memcpy(&h, r->blocks + (size_t)b * sizeof(h), sizeof(h));
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS, r->count - b * LANEPACK_ROWS);
        if (h.width > LANEPACK_WIDTH_MAX || h.kind > INT_BLOCK_DELTAS) return false;
        if (h.kind == INT_BLOCK_DELTAS && n < LANEPACK_ROWS) return false;
        size_t needed =
            int_codes_size(h.width, n) + (h.kind == INT_BLOCK_DELTAS ? INT_DELTA_HEADER : 0);
        size_t at = (size_t)h.offset * 8;
        if (at > payload || payload - at < needed) return false;
        end = MAX(end, at + needed);
    }
    *used = 8 + headers + end;
    return true;
}

static bool int_open_packed(int_reader *r, const uint8_t *body, size_t size, size_t *used) {
    if (r->width == 0 || r->width > LANEPACK_WIDTH_MAX) return false;
    size_t needed = 8 + (size_t)(r->count / LANEPACK_ROWS) * lanepack_size(r->width) +
                    int_codes_size(r->width, r->count % LANEPACK_ROWS);
    if (size < needed) return false;
    memcpy(&r->base, body, 8);
    r->data = body + 8;
    *used = needed;
    return true;
}

bool int_reader_open(int_reader *r, const uint8_t *bytes, size_t size, uint32_t count, size_t *used,
                     arena *a, bool *nomem) {
    memset(r, 0, sizeof(*r));
    *nomem = false;
    if (size < INT_STREAM_HEADER + 8) return false;
    r->mode = bytes[0] & ~INT_SCALED;
    r->scaled = (bytes[0] & INT_SCALED) != 0;
    r->factor = 1;
    r->width = bytes[1];
    memcpy(&r->count, bytes + 4, 4);
    if (r->count != count) return false;
    r->block_count = (uint32_t)(((uint64_t)count + LANEPACK_ROWS - 1) / LANEPACK_ROWS);
    const uint8_t *body = bytes + INT_STREAM_HEADER;
    size_t body_size = size - INT_STREAM_HEADER, body_used = 8;
    bool good = true;
    if (r->scaled) {
        if (r->mode < INT_PACKED || body_size < INT_SCALE_BYTES + 8) return false;
        memcpy(&r->origin, body, 8);
        memcpy(&r->factor, body + 8, 8);
        if (r->factor < 2) return false;
        body += INT_SCALE_BYTES;
        body_size -= INT_SCALE_BYTES;
    }
    if (r->mode == INT_CONSTANT)
        memcpy(&r->base, body, 8);
    else if (r->mode == INT_RUNS)
        good = int_open_runs(r, body, body_size, &body_used);
    else if (r->mode == INT_PACKED)
        good = int_open_packed(r, body, body_size, &body_used);
    else if (r->mode == INT_BLOCKS)
        good = int_open_blocks(r, body, body_size, &body_used);
    else
        good = false;
    if (!good) return false;
    *used = INT_STREAM_HEADER + (r->scaled ? INT_SCALE_BYTES : 0) + body_used;
    if (r->mode >= INT_PACKED) {
        r->slots = arena_alloc(a, (size_t)INT_READER_SLOTS * LANEPACK_ROWS * 8);
        *nomem = r->slots == NULL;
        for (uint32_t i = 0; i < INT_READER_SLOTS; i++) r->slot_block[i] = UINT32_MAX;
    }
    return !*nomem;
}

/* ---- reading
 * --------------------------------------------------------------------------------------------- */

static const uint8_t *int_block_at(const int_reader *r, uint32_t b, int_block_header *h) {
    assert(b < r->block_count);
    if (r->mode == INT_PACKED) {
        *h = (int_block_header){.base = r->base, .width = r->width, .kind = INT_BLOCK_BASE};
        return r->data + (size_t)b * lanepack_size(r->width);
    }
    memcpy(h, r->blocks + (size_t)b * sizeof(*h), sizeof(*h));
    return r->data + (size_t)h->offset * 8;
}

/* Unpacks block b into its slot unless it is there. */
static int_block int_block_load(int_reader *r, uint32_t b) {
    uint32_t slot = b % INT_READER_SLOTS;
    uint64_t *codes = r->slots + (size_t)slot * LANEPACK_ROWS;
    if (r->slot_block[slot] == b)
        return (int_block){codes, r->slot_code_size[slot], r->slot_base[slot]};
    int_block_header h;
    const uint8_t *payload = int_block_at(r, b, &h);
    uint32_t n = MIN((uint32_t)LANEPACK_ROWS, r->count - b * LANEPACK_ROWS);
    uint32_t code_size = lanepack_code_size(h.width);
    if (n < LANEPACK_ROWS && h.width > 0) return (int_block){payload, code_size, h.base};
    int64_t base = h.base;
    if (h.kind == INT_BLOCK_DELTAS) {
        uint64_t deltas[LANEPACK_ROWS] = {0};
        int64_t step;
        memcpy(&step, payload, 8);
        if (h.width > 0) lanepack_unpack(payload + INT_DELTA_HEADER, h.width, deltas);
        int64_t before = (int64_t)((uint64_t)h.base - (uint64_t)step);
        lanepack_prefix(deltas, code_size, n, before, step, (int64_t *)codes);
        code_size = 8;
        base = 0;
    } else if (h.width == 0) {
        memset(codes, 0, LANEPACK_ROWS);
    } else {
        lanepack_unpack(payload, h.width, codes);
    }
    r->slot_block[slot] = b;
    r->slot_code_size[slot] = (uint8_t)code_size;
    r->slot_base[slot] = base;
    return (int_block){codes, code_size, base};
}

static uint32_t int_run_of(const int_reader *r, uint32_t row) {
    uint32_t low = 0, high = r->run_count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (r->run_ends[middle] <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void int_fill(void *out, uint32_t value_size, uint32_t at, uint32_t count, int64_t value) {
    switch (value_size) {
    case 1:
        memset((uint8_t *)out + at, (uint8_t)value, count);
        break;
    case 2:
        for (uint32_t i = 0; i < count; i++) ((int16_t *)out)[at + i] = (int16_t)value;
        break;
    case 4:
        for (uint32_t i = 0; i < count; i++) ((int32_t *)out)[at + i] = (int32_t)value;
        break;
    case 8:
        for (uint32_t i = 0; i < count; i++) ((int64_t *)out)[at + i] = value;
        break;
    default:
        for (uint32_t i = 0; i < count; i++) ((__int128 *)out)[at + i] = value;
        break;
    }
}

/* What the stream holds as a value. */
static int64_t int_expand(const int_reader *r, int64_t held) {
    return (int64_t)((uint64_t)r->origin + (uint64_t)r->factor * (uint64_t)held);
}

static void int_widen(const int_reader *r, const int_block *block, uint32_t from, uint32_t n,
                      void *out, uint32_t value_size) {
    const uint8_t *codes = (const uint8_t *)block->codes + (size_t)from * block->code_size;
    if (!r->scaled && value_size <= 8) {
        lanepack_widen(codes, block->code_size, n, block->base, out, value_size);
        return;
    }
    int64_t own[LANEPACK_ROWS];
    int64_t *values = value_size == 8 ? out : own;
    if (r->scaled) {
        int64_t base = int_expand(r, block->base);
        lanepack_widen_scaled(codes, block->code_size, n, base, r->factor, values);
    } else {
        lanepack_widen(codes, block->code_size, n, block->base, values, 8);
    }
    if (value_size == 8) return;
    if (value_size < 8) {
        lanepack_store(values, n, out, value_size);
        return;
    }
    for (uint32_t i = 0; i < n; i++) ((__int128 *)out)[i] = values[i];
}

void int_reader_read(int_reader *r, uint32_t from, uint32_t count, void *out, uint32_t value_size) {
    assert(from <= r->count && count <= r->count - from);
    if (r->mode == INT_CONSTANT) {
        int_fill(out, value_size, 0, count, r->base);
        return;
    }
    if (count == 0) return;
    if (r->mode == INT_RUNS) {
        uint32_t end = from + count, at = from;
        for (uint32_t run = int_run_of(r, from); at < end; run++) {
            uint32_t stop = MIN(r->run_ends[run], end);
            int_fill(out, value_size, at - from, stop - at, r->run_values[run]);
            at = stop;
        }
        return;
    }
    for (uint32_t at = from; at < from + count;) {
        uint32_t inside = at % LANEPACK_ROWS;
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS - inside, from + count - at);
        int_block block = int_block_load(r, at / LANEPACK_ROWS);
        int_widen(r, &block, inside, n, (char *)out + (size_t)(at - from) * value_size, value_size);
        at += n;
    }
}

/* A few values of block b, one by one, when that is less work than unpacking it. */
static bool int_gather_points(int_reader *r, uint32_t b, uint32_t from, const sel_t *sel,
                              uint32_t count, int64_t *out) {
    int_block_header h;
    const uint8_t *payload = int_block_at(r, b, &h);
    bool whole = r->count - b * LANEPACK_ROWS >= LANEPACK_ROWS;
    if (count > INT_POINTS_MAX || r->slot_block[b % INT_READER_SLOTS] == b ||
        h.kind == INT_BLOCK_DELTAS || !whole)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t code =
            h.width == 0 ? 0 : lanepack_get(payload, h.width, (from + sel[i]) % LANEPACK_ROWS);
        int64_t held = (int64_t)((uint64_t)h.base + code);
        out[i] = r->scaled ? int_expand(r, held) : held;
    }
    return true;
}

static void int_store(const int64_t *values, uint32_t count, void *out, uint32_t value_size) {
    if (value_size <= 8) {
        lanepack_store(values, count, out, value_size);
        return;
    }
    for (uint32_t i = 0; i < count; i++) ((__int128 *)out)[i] = values[i];
}

/* Values of rows from + sel[i], all of block b. */
static void int_gather_block(int_reader *r, uint32_t b, uint32_t from, const sel_t *sel,
                             uint32_t count, void *out, uint32_t value_size) {
    int64_t values[LANEPACK_ROWS];
    if (int_gather_points(r, b, from, sel, count, values)) {
        int_store(values, count, out, value_size);
        return;
    }
    int_block block = int_block_load(r, b);
    sel_t skip = b * LANEPACK_ROWS - from; /* modulo 2^32, as sel[i] - skip is */
    if (!r->scaled && value_size <= 8) {
        lanepack_gather(block.codes, block.code_size, sel, count, skip, block.base, out,
                        value_size);
        return;
    }
    lanepack_gather(block.codes, block.code_size, sel, count, skip, block.base, values, 8);
    for (uint32_t i = 0; r->scaled && i < count; i++) values[i] = int_expand(r, values[i]);
    int_store(values, count, out, value_size);
}

static void int_gather_runs(const int_reader *r, uint32_t from, const sel_t *sel, uint32_t count,
                            void *out, uint32_t value_size) {
    uint32_t run = int_run_of(r, from + sel[0]);
    for (uint32_t i = 0; i < count; i++) {
        while (r->run_ends[run] <= from + sel[i]) run++;
        int_fill(out, value_size, i, 1, r->run_values[run]);
    }
}

/* The first of sel[at, count) that is not in block b. */
static uint32_t int_end_of_block(uint32_t from, const sel_t *sel, uint32_t at, uint32_t count,
                                 uint32_t b) {
    uint32_t low = at + 1, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if ((from + sel[middle]) / LANEPACK_ROWS == b)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void int_reader_gather(int_reader *r, uint32_t from, const sel_t *sel, uint32_t count, void *out,
                       uint32_t value_size) {
    if (r->mode == INT_CONSTANT) {
        int_fill(out, value_size, 0, count, r->base);
        return;
    }
    if (count == 0) return;
    assert(from + sel[count - 1] < r->count);
    if (r->mode == INT_RUNS) {
        int_gather_runs(r, from, sel, count, out, value_size);
        return;
    }
    for (uint32_t at = 0; at < count;) {
        uint32_t b = (from + sel[at]) / LANEPACK_ROWS;
        uint32_t end = int_end_of_block(from, sel, at, count, b);
        int_gather_block(r, b, from, sel + at, end - at, (char *)out + (size_t)at * value_size,
                         value_size);
        at = end;
    }
}

bool int_reader_is_constant(const int_reader *r, uint32_t from, uint32_t count, int64_t *value) {
    if (r->mode == INT_CONSTANT) {
        *value = r->base;
        return true;
    }
    if (r->mode != INT_RUNS || count == 0) return false;
    uint32_t run = int_run_of(r, from);
    *value = r->run_values[run];
    return r->run_ends[run] >= from + count;
}

/* ---- predicates
 * ------------------------------------------------------------------------------------------ */

/* Largest code that block b can hold. The narrow integers of a last, shorter block may hold more
 * than its width says. */
static uint64_t int_block_top(const int_reader *r, uint32_t b, const int_block_header *h) {
    bool whole = r->count - b * LANEPACK_ROWS >= LANEPACK_ROWS;
    uint32_t width = whole || h->width == 0 ? h->width : lanepack_code_size(h->width) * 8;
    return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static void int_match_block(int_reader *r, uint32_t b, uint32_t inside, uint32_t n, int64_t lo,
                            int64_t hi, uint8_t *matches) {
    int_block_header h;
    (void)int_block_at(r, b, &h);
    if (h.kind == INT_BLOCK_BASE) {
        /* In the domain of codes; a bound outside of it is known without reading. */
        uint64_t top = int_block_top(r, b, &h);
        uint64_t low = lo <= h.base ? 0 : (uint64_t)lo - (uint64_t)h.base;
        if (hi < h.base || low > top) {
            memset(matches, 0, n);
            return;
        }
        uint64_t high = MIN((uint64_t)hi - (uint64_t)h.base, top);
        if (low == 0 && high == top) {
            memset(matches, 1, n);
            return;
        }
        int_block block = int_block_load(r, b);
        lanepack_match((const uint8_t *)block.codes + (size_t)inside * block.code_size,
                       block.code_size, n, low, high, matches);
        return;
    }
    int_block block = int_block_load(r, b);
    lanepack_match_values((const int64_t *)block.codes + inside, n, lo, hi, matches);
}

/* Bounds of values as bounds of what the stream holds; what is held never is negative. */
static void int_reduce_bounds(const int_reader *r, int64_t *lo, int64_t *hi) {
    __int128 low = (__int128)*lo - r->origin, high = (__int128)*hi - r->origin;
    if (high < 0) {
        *lo = 1;
        *hi = 0;
        return;
    }
    low = low <= 0 ? 0 : (low + r->factor - 1) / r->factor;
    high /= r->factor;
    *lo = low > INT64_MAX ? INT64_MAX : (int64_t)low;
    *hi = high > INT64_MAX ? INT64_MAX : (int64_t)high;
}

void int_reader_match(int_reader *r, uint32_t from, uint32_t count, int64_t lo, int64_t hi,
                      uint8_t *matches) {
    assert(from <= r->count && count <= r->count - from);
    if (r->scaled) int_reduce_bounds(r, &lo, &hi);
    if (lo > hi) {
        memset(matches, 0, count);
        return;
    }
    if (r->mode == INT_CONSTANT) {
        memset(matches, lo <= r->base && r->base <= hi, count);
        return;
    }
    if (count == 0) return;
    if (r->mode == INT_RUNS) {
        uint32_t end = from + count, at = from;
        for (uint32_t run = int_run_of(r, from); at < end; run++) {
            uint32_t stop = MIN(r->run_ends[run], end);
            memset(matches + (at - from), lo <= r->run_values[run] && r->run_values[run] <= hi,
                   stop - at);
            at = stop;
        }
        return;
    }
    for (uint32_t at = from; at < from + count;) {
        uint32_t inside = at % LANEPACK_ROWS;
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS - inside, from + count - at);
        int_match_block(r, at / LANEPACK_ROWS, inside, n, lo, hi, matches + (at - from));
        at += n;
    }
}

static void int_block_bounds(const int_reader *r, uint32_t b, int64_t *min, int64_t *max) {
    int_block_header h;
    const uint8_t *payload = int_block_at(r, b, &h);
    if (h.kind == INT_BLOCK_DELTAS) {
        memcpy(min, payload + 8, 8);
        memcpy(max, payload + 16, 8);
        return;
    }
    uint64_t reach = int_block_top(r, b, &h);
    *min = h.base;
    *max = reach > (uint64_t)INT64_MAX - (uint64_t)h.base ? INT64_MAX
                                                          : (int64_t)((uint64_t)h.base + reach);
}

bool int_bitmap_misses(const int_bitmap *set, int64_t min, int64_t max, uint64_t words) {
    if (max < set->min || min > set->max) return true;
    uint64_t first = (uint64_t)MAX(min, set->min) - (uint64_t)set->min;
    uint64_t last = (uint64_t)MIN(max, set->max) - (uint64_t)set->min;
    if (last / 64 - first / 64 >= words) return false;
    uint64_t any = 0;
    for (uint64_t w = first / 64; w <= last / 64; w++) {
        uint64_t word = set->bits[w];
        if (w == first / 64) word &= UINT64_MAX << (first % 64);
        if (w == last / 64) word &= UINT64_MAX >> (63 - last % 64);
        any |= word;
    }
    return any == 0;
}

static void int_match_block_bitmap(int_reader *r, uint32_t b, uint32_t inside, uint32_t n,
                                   const int_bitmap *set, uint8_t *matches) {
    int64_t min, max;
    uint64_t reach = (uint64_t)set->max - (uint64_t)set->min;
    if (!r->scaled) {
        int_block_bounds(r, b, &min, &max);
        /* Sorted and clustered keys lie so close together that looking costs less than unpacking.
         */
        if (int_bitmap_misses(set, min, max, INT_BITMAP_LOOK_WORDS)) {
            memset(matches, 0, n);
            return;
        }
    }
    int_block block = int_block_load(r, b);
    const void *codes = (const uint8_t *)block.codes + (size_t)inside * block.code_size;
    if (r->scaled) {
        int64_t values[LANEPACK_ROWS];
        lanepack_widen_scaled(codes, block.code_size, n, int_expand(r, block.base), r->factor,
                              values);
        lanepack_match_bits(values, 8, n, 0 - (uint64_t)set->min, set->bits, reach, matches);
        return;
    }
    uint64_t base = (uint64_t)block.base - (uint64_t)set->min;
    __int128 least = (__int128)min - set->min, most = (__int128)max - set->min;
    if (least >= INT32_MIN && most <= INT32_MAX && reach <= INT32_MAX)
        lanepack_match_bits_near(codes, block.code_size, n, (uint32_t)base, set->bits,
                                 (uint32_t)reach, matches);
    else
        lanepack_match_bits(codes, block.code_size, n, base, set->bits, reach, matches);
}

static bool int_bitmap_has(const int_bitmap *set, int64_t v) {
    uint64_t bit = (uint64_t)v - (uint64_t)set->min;
    return v >= set->min && v <= set->max && (set->bits[bit / 64] >> (bit % 64) & 1);
}

void int_reader_match_bitmap(int_reader *r, uint32_t from, uint32_t count, const int_bitmap *set,
                             uint8_t *matches) {
    assert(from <= r->count && count <= r->count - from);
    assert(set->min <= set->max);
    if (r->mode == INT_CONSTANT) {
        memset(matches, int_bitmap_has(set, r->base), count);
        return;
    }
    if (count == 0) return;
    if (r->mode == INT_RUNS) {
        uint32_t end = from + count, at = from;
        for (uint32_t run = int_run_of(r, from); at < end; run++) {
            uint32_t stop = MIN(r->run_ends[run], end);
            memset(matches + (at - from), int_bitmap_has(set, r->run_values[run]), stop - at);
            at = stop;
        }
        return;
    }
    for (uint32_t at = from; at < from + count;) {
        uint32_t inside = at % LANEPACK_ROWS;
        uint32_t n = MIN((uint32_t)LANEPACK_ROWS - inside, from + count - at);
        int_match_block_bitmap(r, at / LANEPACK_ROWS, inside, n, set, matches + (at - from));
        at += n;
    }
}

void int_reader_bounds(const int_reader *r, uint32_t from, uint32_t count, int64_t *min,
                       int64_t *max) {
    assert(count > 0);
    if (int_reader_is_constant(r, from, count, min)) {
        *max = *min;
        return;
    }
    *min = INT64_MIN;
    *max = INT64_MAX;
    if (r->mode == INT_RUNS || r->scaled) return;
    uint32_t first = from / LANEPACK_ROWS, last = (from + count - 1) / LANEPACK_ROWS;
    int_block_bounds(r, first, min, max);
    for (uint32_t b = first + 1; b <= last; b++) {
        int64_t block_min, block_max;
        int_block_bounds(r, b, &block_min, &block_max);
        *min = MIN(*min, block_min);
        *max = MAX(*max, block_max);
    }
}

/* window_frame.c - peers and frames of rows: ROWS by counting, GROUPS by peer groups, RANGE by
 * keys.
 *
 * A RANGE bound is a value of the order key's type; encoded as a sort key it is compared with the
 * rows' keys, so that direction and the place of NULLs need no care. Bounds move one way only
 * within a partition: two pointers suffice.
 */
#include "exec/window_part.h"

dbx_status window_peers(window_batch *b) {
    if (b->peer_start != NULL) return DBX_OK;
    b->peer_start = ARENA_ARRAY(b->arena, uint32_t, b->rows);
    b->peer_end = ARENA_ARRAY(b->arena, uint32_t, b->rows);
    if (b->peer_start == NULL || b->peer_end == NULL) return DBX_NOMEM;
    for (uint32_t p = 0; p < b->partition_count; p++) {
        uint32_t first = b->starts[p];
        while (first < b->starts[p + 1]) {
            uint32_t end = first + 1;
            while (end < b->starts[p + 1] &&
                   sort_same_key(b->spec, &b->records[first], &b->records[end]))
                end++;
            for (uint32_t i = first; i < end; i++) {
                b->peer_start[i] = first;
                b->peer_end[i] = end;
            }
            first = end;
        }
    }
    return DBX_OK;
}

/* Keys of the RANGE bounds in `column`, as sort_key_encode writes them. */
typedef struct window_keys {
    buffer bytes;
    uint64_t *offsets;
} window_keys;

static dbx_status window_keys_init(window_batch *b, uint32_t column, window_keys *out) {
    buffer_init(&out->bytes, &b->query->ledger);
    out->offsets = ARENA_ARRAY(b->arena, uint64_t, (size_t)b->rows + 1);
    if (out->offsets == NULL) return DBX_NOMEM;
    return sort_key_encode(&b->spec->keys, &b->columns[column], b->rows, &out->bytes, out->offsets);
}

static int window_key_compare(const window_batch *b, uint32_t row, const window_keys *bounds,
                              uint32_t bound) {
    const sort_trailer *t = sort_trailer_of(b->spec, b->records[row].row);
    const uint8_t *key = t->key + t->part_size;
    uint64_t size = t->key_size - t->part_size;
    uint64_t bound_size = bounds->offsets[bound + 1] - bounds->offsets[bound];
    int order =
        memcmp(key, bounds->bytes.data + bounds->offsets[bound], (size_t)MIN(size, bound_size));
    if (order != 0) return order;
    return (size > bound_size) - (size < bound_size);
}

/* at[i] = first row of the partition whose key is >= (or, past_equal, >) the bound of row i. */
static void window_range_bound(window_batch *b, const window_keys *bounds, bool past_equal,
                               uint32_t *at) {
    for (uint32_t p = 0; p < b->partition_count; p++) {
        uint32_t end = b->starts[p + 1];
        uint32_t cursor = b->starts[p];
        for (uint32_t i = b->starts[p]; i < end; i++) {
            while (cursor < end) {
                int order = window_key_compare(b, cursor, bounds, i);
                if (past_equal ? order > 0 : order >= 0) break;
                cursor++;
            }
            at[i] = cursor;
        }
    }
}

/* Row where the group that is `steps` groups away from row i's starts; clamped to the partition's
 * ends. */
static uint32_t window_group_start(const window_batch *b, uint32_t i, int64_t steps, uint32_t first,
                                   uint32_t end) {
    uint32_t at = b->peer_start[i];
    for (; steps < 0 && at > first; steps++) at = b->peer_start[at - 1];
    for (; steps > 0 && at < end; steps--) at = b->peer_end[at];
    return steps < 0 ? first : at;
}

static uint32_t window_clamp(int64_t at, uint32_t first, uint32_t end) {
    if (at < (int64_t)first) return first;
    return at > (int64_t)end ? end : (uint32_t)at;
}

/* One side of the frame for rows of one partition; RANGE offsets were done by window_range_bound.
 */
static void window_side(window_batch *b, const window_frame *f, frame_bound_kind kind,
                        int64_t offset, bool is_end, uint32_t first, uint32_t end, uint32_t *at) {
    bool rows = f->unit == FRAME_ROWS;
    int64_t signed_offset = kind == BOUND_PRECEDING ? -offset : offset;
    for (uint32_t i = first; i < end; i++) {
        switch (kind) {
        case BOUND_UNBOUNDED_PRECEDING:
            at[i] = first;
            break;
        case BOUND_UNBOUNDED_FOLLOWING:
            at[i] = end;
            break;
        case BOUND_CURRENT_ROW:
            if (rows)
                at[i] = i + is_end;
            else
                at[i] = is_end ? b->peer_end[i] : b->peer_start[i];
            break;
        case BOUND_PRECEDING:
        case BOUND_FOLLOWING:
            if (f->unit == FRAME_RANGE) break;
            if (rows)
                at[i] = window_clamp((int64_t)i + signed_offset + is_end, first, end);
            else
                at[i] = window_group_start(b, i, signed_offset + is_end, first, end);
            break;
        }
    }
}

static bool window_has_offset(frame_bound_kind kind) {
    return kind == BOUND_PRECEDING || kind == BOUND_FOLLOWING;
}

dbx_status window_frames(window_batch *b, uint32_t f, uint32_t *from, uint32_t *to, error *err) {
    const window_frame *frame = &b->op->functions[f]->u.window.frame;
    const window_inputs *in = &b->inputs[f];
    (void)err;
    if (frame->unit != FRAME_ROWS) TRY(window_peers(b));
    bool ranged = frame->unit == FRAME_RANGE;
    if (ranged && window_has_offset(frame->start)) {
        window_keys keys;
        dbx_status status = window_keys_init(b, in->start_bound, &keys);
        if (status == DBX_OK) window_range_bound(b, &keys, false, from);
        buffer_deinit(&keys.bytes);
        TRY(status);
    }
    if (ranged && window_has_offset(frame->end)) {
        window_keys keys;
        dbx_status status = window_keys_init(b, in->end_bound, &keys);
        if (status == DBX_OK) window_range_bound(b, &keys, true, to);
        buffer_deinit(&keys.bytes);
        TRY(status);
    }
    for (uint32_t p = 0; p < b->partition_count; p++) {
        uint32_t first = b->starts[p], end = b->starts[p + 1];
        window_side(b, frame, frame->start, in->start_rows, false, first, end, from);
        window_side(b, frame, frame->end, in->end_rows, true, first, end, to);
    }
    for (uint32_t i = 0; i < b->rows; i++) to[i] = MAX(to[i], from[i]);
    return DBX_OK;
}

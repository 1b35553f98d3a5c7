/* group_strands.c - see group_strands.h. */
#include "exec/group_strands.h"

#include "kernel/runs.h"

#include <stdlib.h>

enum {
    GROUP_STRAND_RUN_MAX = 64, /* longer runs are few groups: others do better */
    GROUP_STRANDS_FREE = 16,   /* so many strands are no sign of disorder, */
    GROUP_STRAND_CHUNKS = 8,   /* nor is one in so many chunks */
    GROUP_STRAND_JUMP = 4,     /* a chunk that spans so many times more than others has a hole */
};

void group_strands_init(group_strands *s, const group_layout *l, ledger *owner) {
    memset(s, 0, offsetof(group_strands, run_ends));
    arena_init(&s->arena, owner);
    s->off = !group_layout_is_integer(l);
}

void group_strands_deinit(group_strands *s) {
    arena_deinit(&s->arena);
}

/* Ends of the runs, when keys ascend and none is NULL. */
static bool group_strands_find_runs(group_strands *s, const vector *key, uint32_t rows) {
    if (key->form != VECTOR_FLAT || key->validity != NULL) return false;
    switch (physical_size((physical_type)key->phys)) {
    case 4:
        return runs_ascending_int32(key->data, rows, s->run_ends, &s->run_count);
    case 8:
        return runs_ascending_int64(key->data, rows, s->run_ends, &s->run_count);
    default:
        return false;
    }
}

static int64_t group_strands_key(const vector *key, uint32_t row) {
    return key->phys == PHYS_INT32 ? VECTOR_DATA(key, int32_t)[row]
                                   : VECTOR_DATA(key, int64_t)[row];
}

/* The run before which the keys jump by more than the rest of the chunk spans: other workers may
 * have what lies between, so the strand is cut there. 0: there is none. */
static uint32_t group_strands_hole(const group_strands *s, const vector *key, uint32_t rows) {
    uint64_t least = (uint64_t)group_strands_key(key, 0);
    uint64_t reach = (uint64_t)group_strands_key(key, rows - 1) - least, widest = 0;
    uint32_t hole = 0;
    if (reach / GROUP_STRAND_JUMP <= s->reach) return 0; /* no wider than the chunks before */
    for (uint32_t r = 1; r < s->run_count; r++) {
        uint64_t value = (uint64_t)group_strands_key(key, s->run_ends[r - 1]);
        if (value - least > widest) {
            widest = value - least;
            hole = r;
        }
        least = value;
    }
    return widest > reach / 2 ? hole : 0;
}

static dbx_status group_strands_start(group_strands *s, group_strand **open) {
    TRY(ARENA_LIST_PUSH(&s->arena, &s->list, (group_strand){0}));
    *open = &s->list.items[s->list.count - 1];
    return DBX_OK;
}

static dbx_status group_strands_append(group_strands *s, group_table *t, const vector *key,
                                       uint32_t hole, group_strand *open) {
    bool narrow = key->phys == PHYS_INT32;
    uint32_t start = 0;
    for (uint32_t r = 0; r < s->run_count; start = s->run_ends[r++]) {
        int64_t value = group_strands_key(key, start);
        if (r == 0 && open->last != NULL && value == open->max) {
            s->run_rows[0] = open->last;
            continue;
        }
        if (UNLIKELY(r == hole && r > 0)) TRY(group_strands_start(s, &open));
        uint8_t *row = group_table_append_packed(t, narrow ? (uint32_t)value : (uint64_t)value);
        if (row == NULL) return DBX_NOMEM;
        s->run_rows[r] = row;
        if (open->first == NULL) {
            open->first = row;
            open->min = value;
        }
        open->last = row;
        open->max = value;
    }
    return DBX_OK;
}

/* Does the chunk go on where the last strand stopped? */
static bool group_strands_go_on(const group_strands *s, uint64_t morsel, int64_t least) {
    const group_strand *open = &s->list.items[s->list.count - 1];
    return morsel == s->morsel && least >= open->max &&
           (uint64_t)least - (uint64_t)open->max <= s->reach;
}

dbx_status group_strands_take(group_strands *s, group_table *t, uint64_t morsel, const vector *key,
                              uint32_t rows, bool *taken) {
    *taken = false;
    if (s->off || rows == 0) return DBX_OK;
    bool fits = group_strands_find_runs(s, key, rows);
    if (s->chunks == 0) fits = fits && (uint64_t)s->run_count * GROUP_STRAND_RUN_MAX >= rows;
    bool more =
        fits && (s->chunks == 0 || !group_strands_go_on(s, morsel, group_strands_key(key, 0)));
    if (more) fits = s->list.count <= GROUP_STRANDS_FREE + s->chunks / GROUP_STRAND_CHUNKS;
    if (!fits) {
        s->off = true;
        return DBX_OK;
    }
    uint32_t hole = s->chunks == 0 ? 0 : group_strands_hole(s, key, rows);
    group_strand *open = NULL;
    if (more)
        TRY(group_strands_start(s, &open));
    else
        open = &s->list.items[s->list.count - 1];
    if (hole == 0) {
        uint64_t reach =
            (uint64_t)group_strands_key(key, rows - 1) - (uint64_t)group_strands_key(key, 0);
        s->reach = MAX(s->reach / 2, reach);
    }
    s->morsel = morsel;
    s->chunks++;
    *taken = true;
    return group_strands_append(s, t, key, hole, open);
}

static int group_strand_order(const void *a, const void *b) {
    const group_strand *x = a, *y = b;
    if (x->min != y->min) return x->min < y->min ? -1 : 1;
    return (x->max > y->max) - (x->max < y->max);
}

bool group_strands_are_apart(group_strand *strands, uint32_t count) {
    qsort(strands, count, sizeof(*strands), group_strand_order);
    for (uint32_t i = 1; i < count; i++) {
        if (strands[i].min < strands[i - 1].max) return false;
    }
    return true;
}

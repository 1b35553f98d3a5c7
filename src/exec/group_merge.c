/* group_merge.c - see group_merge.h. */
#include "exec/group_merge.h"

enum {
    GROUP_MERGE_BITS =
        6, /* partitions of tables too small to have any, when they are merged in parallel */
    GROUP_MERGE_ALONE_ROWS = 16384, /* fewer rows than this are merged by one task */
};

void group_merge_init(group_merge *m, const group_layout *l, ledger *owner) {
    memset(m, 0, sizeof(*m));
    m->layout = l;
    m->ledger = owner;
    os_mutex_init(&m->mutex);
    arena_init(&m->heap, owner);
}

void group_merge_deinit(group_merge *m) {
    if (m->ledger == NULL) return;
    for (uint32_t i = 0; i < m->parts.count; i++) {
        group_part *part = &m->parts.items[i];
        for (uint32_t p = 0; p < 1u << part->bits; p++)
            group_rows_free(&part->partitions[p], m->ledger);
        mem_free(m->ledger, part->partitions, sizeof(group_rows) << part->bits);
    }
    for (uint32_t p = 0; m->results != NULL && p < 1u << m->bits; p++) {
        mem_free(m->ledger, m->results[p].rows, m->results[p].room * sizeof(uint8_t *));
    }
    arena_deinit(&m->heap);
    os_mutex_deinit(&m->mutex);
    m->ledger = NULL;
}

static dbx_status group_merge_add_strands(group_merge *m, const group_strands *strands) {
    uint32_t count = strands == NULL ? 0 : strands->list.count;
    m->mixed |= count == 0;
    for (uint32_t i = 0; i < count; i++)
        TRY(ARENA_LIST_PUSH(&m->heap, &m->strands, strands->list.items[i]));
    return DBX_OK;
}

dbx_status group_merge_add(group_merge *m, group_table *t, bool emptied,
                           const group_strands *strands) {
    if (t->row_count == 0) return DBX_OK;
    os_mutex_lock(&m->mutex);
    group_part part = {t->partitions, t->partition_bits};
    dbx_status status = arena_adopt(&m->heap, &t->heap);
    if (status == DBX_OK) status = group_merge_add_strands(m, strands);
    if (status == DBX_OK) status = ARENA_LIST_PUSH(&m->heap, &m->parts, part);
    if (status == DBX_OK) {
        m->row_count += t->row_count;
        m->dirty |= emptied;
        t->partitions = NULL;
        t->partition_bits = 0;
        t->row_count = 0;
        group_table_forget(t);
    }
    os_mutex_unlock(&m->mutex);
    return status;
}

/* Cuts a part without partitions into 1 << bits. */
static dbx_status group_part_split(group_merge *m, group_part *part, uint32_t bits) {
    group_table t;
    dbx_status status = group_table_init(&t, m->layout, m->ledger);
    if (status == DBX_OK) {
        mem_free(m->ledger, t.partitions, sizeof(group_rows));
        t.partitions = part->partitions;
        status = group_table_partition(&t, bits);
        part->partitions = t.partitions;
        part->bits = t.partition_bits;
        t.partitions = NULL;
        t.partition_bits = 0;
    }
    group_table_deinit(&t);
    return status;
}

/* Deals the pages of all parts out to results, some for each; they need not be merged. */
static dbx_status group_merge_deal(group_merge *m, uint32_t *tasks) {
    uint32_t bits = m->row_count > GROUP_MERGE_ALONE_ROWS ? GROUP_MERGE_BITS : 0;
    uint64_t share = (m->row_count >> bits) + 1;
    group_rows *dealt = mem_alloc_zero(m->ledger, sizeof(group_rows) << bits);
    m->results = ARENA_ARRAY(&m->heap, group_result, (size_t)1 << bits);
    if (dealt == NULL || m->results == NULL) {
        mem_free(m->ledger, dealt, sizeof(group_rows) << bits);
        return DBX_NOMEM;
    }
    uint32_t p = 0;
    for (uint32_t i = 0; i < m->parts.count; i++) {
        group_rows *from = m->parts.items[i].partitions;
        while (from->first != NULL) {
            group_page *page = from->first;
            from->first = page->next;
            page->next = NULL;
            group_rows one = {page, page, page->used / m->layout->width};
            if (dealt[p].count >= share) p++;
            group_rows_append(&dealt[p], &one);
        }
        mem_free(m->ledger, from, sizeof(*from));
    }
    for (uint32_t k = 0; k <= p; k++) {
        m->results[k].pages = dealt[k].first;
        m->results[k].count = dealt[k].count;
    }
    m->parts.items[0] = (group_part){dealt, bits};
    m->parts.count = 1;
    m->bits = bits;
    m->stranded = true;
    *tasks = 1;
    return DBX_OK;
}

/* Is every row of a strand, and do no strands overlap? */
static bool group_merge_is_stranded(group_merge *m) {
    return m->strands.count > 0 && !m->mixed &&
           group_strands_are_apart(m->strands.items, m->strands.count);
}

dbx_status group_merge_plan(group_merge *m, uint32_t *tasks) {
    assert(!m->planned);
    m->planned = true;
    if (group_merge_is_stranded(m)) return group_merge_deal(m, tasks);
    m->dirty |= m->strands.count > 0; /* they overlap */
    uint32_t bits = 0;
    for (uint32_t i = 0; i < m->parts.count; i++) bits = MAX(bits, m->parts.items[i].bits);
    if (bits == 0 && m->parts.count > 1 && m->row_count > GROUP_MERGE_ALONE_ROWS)
        bits = GROUP_MERGE_BITS;
    for (uint32_t i = 0; i < m->parts.count; i++) {
        group_part *part = &m->parts.items[i];
        assert(part->bits == 0 || part->bits == bits);
        if (part->bits != bits) TRY(group_part_split(m, part, bits));
    }
    m->results = ARENA_ARRAY(&m->heap, group_result, (size_t)1 << bits);
    if (m->results == NULL) return DBX_NOMEM;
    m->bits = bits;
    m->needed = m->parts.count > 1 || (m->parts.count == 1 && m->dirty);
    for (uint32_t p = 0; !m->needed && m->parts.count == 1 && p < 1u << bits; p++) {
        m->results[p].pages = m->parts.items[0].partitions[p].first;
        m->results[p].count = m->parts.items[0].partitions[p].count;
    }
    *tasks = m->needed ? 1u << bits : 0;
    return DBX_OK;
}

/* Lists the rows of a batch that stand for themselves. */
static void group_result_keep(group_result *r, uint8_t *const *batch, uint32_t count,
                              uint8_t *const *from, uint32_t duplicates) {
    uint32_t d = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (d < duplicates && from[d] == batch[i]) {
            d++;
        } else {
            assert(r->count < r->room);
            r->rows[r->count++] = batch[i];
        }
    }
}

typedef struct group_merge_batch {
    uint8_t *rows[CHUNK_ROWS_MAX];
    uint8_t *from[CHUNK_ROWS_MAX];
    uint8_t *to[CHUNK_ROWS_MAX];
} group_merge_batch;

static dbx_status group_merge_rows(group_merge *m, group_table *t, const group_rows *rows,
                                   group_result *result, group_merge_batch *b, group_fold fold,
                                   void *state) {
    group_cursor cursor = {rows->first, 0};
    for (;;) {
        uint32_t count = group_cursor_next(&cursor, m->layout->width, b->rows, CHUNK_ROWS_MAX);
        if (count == 0) return DBX_OK;
        uint32_t duplicates = 0;
        TRY(group_table_absorb(t, b->rows, count, b->from, b->to, &duplicates));
        if (duplicates > 0 && fold != NULL) TRY(fold(state, b->from, b->to, duplicates));
        group_result_keep(result, b->rows, count, b->from, duplicates);
    }
}

/* A strand that starts with the key at which another ends: its first row is folded into that one's
 * last and is dead from then on. */
static dbx_status group_merge_ends(group_merge *m, group_fold fold, void *state) {
    uint8_t *last = m->strands.items[0].last;
    for (uint32_t i = 1; i < m->strands.count; i++) {
        const group_strand *s = &m->strands.items[i];
        bool touches = s->min == m->strands.items[i - 1].max;
        if (touches) {
            uint8_t *first = s->first;
            if (fold != NULL) TRY(fold(state, &first, &last, 1));
            group_row_kill(m->layout, first);
            m->has_dead = true;
        }
        if (!touches || s->first != s->last) last = s->last;
    }
    return DBX_OK;
}

dbx_status group_merge_partition(group_merge *m, uint32_t partition, group_fold fold, void *state) {
    if (m->stranded) return group_merge_ends(m, fold, state);
    group_result *result = &m->results[partition];
    uint64_t rows = 0;
    for (uint32_t i = 0; i < m->parts.count; i++)
        rows += m->parts.items[i].partitions[partition].count;
    if (rows == 0) return DBX_OK;
    result->rows = mem_alloc(m->ledger, rows * sizeof(uint8_t *));
    if (result->rows == NULL) return DBX_NOMEM;
    result->room = rows;
    group_table t;
    group_merge_batch *b = mem_alloc(m->ledger, sizeof(*b));
    dbx_status status = group_table_init(&t, m->layout, m->ledger);
    if (b == NULL) status = DBX_NOMEM;
    for (uint32_t i = 0; status == DBX_OK && i < m->parts.count; i++) {
        status = group_merge_rows(m, &t, &m->parts.items[i].partitions[partition], result, b, fold,
                                  state);
    }
    group_table_deinit(&t);
    mem_free(m->ledger, b, sizeof(*b));
    return status;
}

uint64_t group_merge_count(const group_merge *m) {
    uint64_t count = 0;
    for (uint32_t p = 0; m->results != NULL && p < 1u << m->bits; p++) count += m->results[p].count;
    return count;
}

void group_reader_init(group_reader *r, const group_merge *m, uint32_t partition) {
    assert(partition < 1u << m->bits);
    r->merge = m;
    r->result = &m->results[partition];
    r->at = 0;
    r->cursor = (group_cursor){r->result->pages, 0};
}

/* Drops dead rows; never gives none while there are some. */
static uint32_t group_reader_drop_dead(group_reader *r, uint8_t **out, uint32_t got, uint32_t max) {
    const group_layout *l = r->merge->layout;
    for (;;) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < got; i++) {
            out[kept] = out[i];
            kept += !group_row_is_dead(l, out[i]);
        }
        if (kept > 0 || got == 0) return kept;
        got = group_cursor_next(&r->cursor, l->width, out, max);
    }
}

uint32_t group_reader_next(group_reader *r, uint8_t **out, uint32_t max) {
    if (r->result->rows == NULL) {
        uint32_t got = group_cursor_next(&r->cursor, r->merge->layout->width, out, max);
        return r->merge->has_dead && got > 0 ? group_reader_drop_dead(r, out, got, max) : got;
    }
    uint32_t count = (uint32_t)MIN(max, r->result->count - r->at);
    if (count > 0) memcpy(out, r->result->rows + r->at, count * sizeof(*out));
    r->at += count;
    return count;
}

/* entries.c - calls over stable dictionaries: a kernel runs once per entry, and its results are
 * kept while the dictionary stays. A kernel that can fail sees only entries that active rows name,
 * when they first do; the others see all at once, so that the result is a stable dictionary itself.
 * Kernels run over windows of a chunk's size.
 */
#include "eval/program_int.h"
#include "kernel/bitmap.h"
#include "kernel/selection.h"
#include "vector/hash.h"

enum {
    ENTRIES_MAX = 1 << 16,       /* larger dictionaries are read like flat values */
    ENTRIES_EAGER_MAX = 1 << 13, /* at most so many are computed before they are wanted */
};

void eval_free_entries(entry_cache *cache) {
    arena_deinit(&cache->arena);
}

static dbx_status entries_reset(evaluator *e, uint32_t reg, uint64_t dict_id, const vector *values,
                                uint32_t entries) {
    eval_register *r = &e->registers[reg];
    if (r->cache == NULL) {
        r->cache = ARENA_NEW(&e->life, entry_cache);
        if (r->cache == NULL) return DBX_NOMEM;
        arena_init(&r->cache->arena, e->ledger);
    }
    entry_cache *c = r->cache;
    if (c->dict_id == dict_id && c->source == values->data && c->entries == entries) return DBX_OK;
    c->dict_id = 0;
    arena_reset(&c->arena);
    TRY(vector_init(&c->result, e->program->steps[reg].type, entries, &c->arena));
    memset(c->result.data, 0, (size_t)physical_size((physical_type)c->result.phys) * entries);
    TRY(vector_ensure_validity(&c->result, &c->arena));
    size_t words = validity_bytes(entries) / sizeof(uint64_t);
    c->done = ARENA_ARRAY(&c->arena, uint64_t, words);
    c->wanted = ARENA_ARRAY(&c->arena, uint64_t, words);
    if (c->done == NULL || c->wanted == NULL) return DBX_NOMEM;
    c->source = values->data;
    c->generation = ++e->caches_filled;
    c->entries = entries;
    c->done_count = 0;
    c->dict_id = dict_id;
    return DBX_OK;
}

/* A kernel may show another vector instead of filling out's buffers. */
static dbx_status entries_take_back(vector *window, const vector *before, eval_rows rows,
                                    arena *a) {
    if (window->form == VECTOR_FLAT && window->data == before->data) return DBX_OK;
    vector target = *before;
    for (uint32_t i = 0; i < rows.count; i++) {
        TRY(vector_copy(&target, rows.sel[i], window, NULL, rows.sel[i], 1, a));
    }
    return DBX_OK;
}

/* Computes the listed entries of the window from `from` on. */
static dbx_status entries_compute(evaluator *e, uint32_t reg, const vector *dictionary,
                                  uint32_t from, eval_rows rows) {
    const step *s = &e->program->steps[reg];
    entry_cache *c = e->registers[reg].cache;
    uint32_t bound = MIN(c->entries - from, (uint32_t)CHUNK_ROWS_MAX);
    vector values, out;
    TRY(vector_window(&values, &dictionary->children[0], from, &c->arena));
    TRY(vector_window(&out, &c->result, from, &c->arena));
    if (!(s->flags & NULLS_AWARE)) {
        for (uint32_t i = 0; i < s->arg_count; i++) {
            const vector *arg = e->registers[s->args[i]].value;
            bool null = arg->form == VECTOR_CONSTANT && !validity_get(arg->validity, 0);
            for (uint32_t k = 0; null && k < rows.count; k++)
                validity_set_null(out.validity, rows.sel[k]);
            if (null) return DBX_OK;
        }
        sel_t *valid = eval_take_sel(e);
        if (valid == NULL) return DBX_NOMEM;
        uint32_t count = 0;
        for (uint32_t k = 0; k < rows.count; k++) {
            sel_t row = rows.sel[k];
            bool is_valid = validity_get(values.validity, row);
            if (!is_valid) validity_set_null(out.validity, row);
            valid[count] = row;
            count += is_valid;
        }
        rows = (eval_rows){valid, count};
    }
    if (rows.count == 0) return DBX_OK;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        e->args[i] = s->args[i] == s->dictionary ? values : *e->registers[s->args[i]].value;
        e->args[i].own = NULL;
    }
    vector before = out;
    TRY(eval_kernel(e, reg, &c->arena, rows, bound, false, &out));
    return entries_take_back(&out, &before, rows, &c->arena);
}

/* Computes the entries whose bit is set in `wanted` among words [first, last]. */
static dbx_status entries_compute_wanted(evaluator *e, uint32_t reg, const vector *dictionary,
                                         uint32_t first, uint32_t last) {
    entry_cache *c = e->registers[reg].cache;
    for (uint32_t word = first / VALIDITY_WORDS * VALIDITY_WORDS; word <= last;
         word += VALIDITY_WORDS) {
        uint32_t from = word * 64;
        uint32_t bound = MIN(c->entries - from, (uint32_t)CHUNK_ROWS_MAX);
        uint32_t mark = eval_mark_sels(e);
        sel_t *sel = eval_take_sel(e);
        if (sel == NULL) return DBX_NOMEM;
        uint32_t count = sel_from_bits(c->wanted + word, true, NULL, bound, sel);
        if (count > 0) TRY(entries_compute(e, reg, dictionary, from, (eval_rows){sel, count}));
        eval_drop_sels(e, mark);
        for (uint32_t i = word; i < word + (bound + 63) / 64; i++) {
            c->done[i] |= c->wanted[i];
            c->wanted[i] = 0;
        }
        c->done_count += count;
    }
    return DBX_OK;
}

/* Marks and computes what active rows name and nobody has computed. */
static dbx_status entries_compute_named(evaluator *e, uint32_t reg, const vector *dictionary,
                                        eval_rows rows) {
    entry_cache *c = e->registers[reg].cache;
    uint32_t first = UINT32_MAX, last = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t entry = dictionary->sel[rows.sel != NULL ? rows.sel[i] : i];
        uint32_t word = entry / 64;
        uint64_t bit = (uint64_t)1 << (entry % 64);
        if (LIKELY(c->done[word] & bit)) continue;
        c->wanted[word] |= bit;
        first = MIN(first, word);
        last = MAX(last, word);
    }
    if (first == UINT32_MAX) return DBX_OK;
    dbx_status status = entries_compute_wanted(e, reg, dictionary, first, last);
    if (status != DBX_OK) c->dict_id = 0; /* half-marked: start again */
    return status;
}

static dbx_status entries_compute_all(evaluator *e, uint32_t reg, const vector *dictionary) {
    entry_cache *c = e->registers[reg].cache;
    bitmap_set_range(c->wanted, 0, c->entries, true);
    for (uint32_t i = 0; i < (c->entries + 63) / 64; i++) c->wanted[i] &= ~c->done[i];
    dbx_status status = entries_compute_wanted(e, reg, dictionary, 0, (c->entries - 1) / 64);
    if (status != DBX_OK) c->dict_id = 0;
    return status;
}

dbx_status eval_call_entries(evaluator *e, uint32_t reg, eval_rows rows, bool *used) {
    const step *s = &e->program->steps[reg];
    const eval_register *source = &e->registers[s->dictionary];
    const vector *dictionary = source->value;
    *used = source->dict_id != 0 && dictionary->form == VECTOR_DICTIONARY &&
            dictionary->child_count > 0 && dictionary->child_count <= ENTRIES_MAX &&
            e->chunk_rows == CHUNK_ROWS_MAX;
    if (!*used) return DBX_OK;
    TRY(entries_reset(e, reg, source->dict_id, dictionary->children, dictionary->child_count));
    eval_register *r = &e->registers[reg];
    entry_cache *c = r->cache;
    bool eager = !s->can_fail && dictionary->dict_stable && c->entries <= ENTRIES_EAGER_MAX;
    if (c->done_count < c->entries) {
        if (eager)
            TRY(entries_compute_all(e, reg, dictionary));
        else
            TRY(entries_compute_named(e, reg, dictionary, rows));
    }
    if (c->done_count == c->entries && c->result.validity != NULL &&
        bitmap_all(c->result.validity, c->entries)) {
        c->result.validity = NULL;
    }
    uint64_t id = hash_combine(hash_combine(c->dict_id, c->generation), (uintptr_t)s);
    id += id == 0;
    bool complete = c->done_count == c->entries && dictionary->dict_stable;
    r->shown = (vector){.type = s->type,
                        .phys = (uint8_t)type_physical(s->type),
                        .form = VECTOR_DICTIONARY,
                        .sel = dictionary->sel,
                        .children = &c->result,
                        .child_count = c->entries,
                        .dict_stable = complete,
                        .dict_id = complete ? id : 0};
    bool safe = source->safe_everywhere;
    eval_set_value(e, reg, &r->shown, safe);
    r->dict_id = id;
    return DBX_OK;
}

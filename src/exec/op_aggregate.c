/* op_aggregate.c - GROUP BY, grouping sets and aggregates without groups.
 *
 * SINK    each worker keeps a table of groups (group_growth.h says when it is emptied); chunks
 * whose keys have small codes find their groups by position (group_codes.h), and few groups are fed
 * together (aggregate_few.h). combine hands the table over. FINISH  round 1, only
 * for DISTINCT and ordered aggregates: they are fed (aggregate_collect.h). round 2: partitions are
 * merged, one task each (group_merge.h). A single table needs no merge. SOURCE  a morsel is a
 * partition.
 *
 * Grouping sets run every chunk through the table once a set, with NULL for the columns left out
 * and the set's number as one more key. Without groups there is one group, which exists even
 * without rows.
 */
#include "exec/aggregate_collect.h"
#include "exec/aggregate_few.h"
#include "exec/operators.h"

typedef struct aggregate_state {
    const phys_aggregate *op;
    exec *x;
    ledger *ledger;
    arena arena;
    const program *program; /* groups, then values; NULL: none of either */
    aggregate_set set;
    uint32_t value_count; /* of the program */
    type *key_types;
    uint32_t key_count; /* groups, and the number of the set */
    bool global;        /* no groups at all */
    group_layout layout;
    collector *collectors; /* one an item; only those of collected items are made */
    group_merge merge;
    uint32_t feed_tasks; /* of round 1 */
    bool fed;
    bool plan_failed; /* for want of memory: told by the next task */
    _Atomic uint32_t next_partition;
} aggregate_state;

typedef struct aggregate_sink {
    evaluator *evaluator;
    aggregate_calls *calls;
    group_table table;
    group_growth growth;
    group_codes *codes;
    group_strands strands;
    collector_local *collectors; /* one an item */
    uint8_t *only;               /* the row of a global aggregation */
    vector *values;
    vector *keys;
    vector *set_keys;
    arena arena;     /* of the arrays above */
    arena constants; /* of one set's keys */
    uint8_t *groups[CHUNK_ROWS_MAX];
    aggregate_few few;
} aggregate_sink;

typedef struct aggregate_local {
    aggregate_state *state;
    aggregate_sink *sink;   /* made with the first chunk */
    aggregate_calls *calls; /* source */
    group_reader reader;
    chunk out;
    uint8_t *rows[CHUNK_ROWS_MAX];
} aggregate_local;

/* ---- state ---- */

static bool aggregate_wants_one_worker(const phys_op *op, bool as_sink) {
    const phys_aggregate *a = (const phys_aggregate *)op;
    for (uint32_t i = 0; as_sink && i < a->aggregate_count; i++) {
        const expr_aggregate *e = &a->aggregates[i]->u.aggregate;
        if ((e->row->flags & FN_ORDER_SENSITIVE) || e->order_count > 0) return true;
    }
    return false;
}

static dbx_status aggregate_state_compile(aggregate_state *s, error *err) {
    const phys_aggregate *op = s->op;
    uint32_t most = op->group_count + aggregate_set_value_count(op);
    expr **exprs = ARENA_ARRAY(&s->arena, expr *, most + 1);
    if (exprs == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < op->group_count; i++) exprs[i] = op->groups[i];
    OP_TRY(aggregate_set_init(&s->set, op, exec_query(s->x), op->group_count, exprs, &s->arena),
           err);
    s->value_count = op->group_count + s->set.value_count;
    assert(s->value_count == most);
    if (most == 0) return DBX_OK;
    bool *narrow = ARENA_ARRAY(&s->arena, bool, most);
    if (narrow == NULL) return error_nomem(err);
    aggregate_set_narrow(&s->set, narrow);
    return program_compile_narrow(&s->arena, exec_query(s->x), exprs, most, narrow, &s->program,
                                  err);
}

static dbx_status aggregate_state_init(aggregate_state *s) {
    const phys_aggregate *op = s->op;
    s->global = op->group_count == 0 && op->set_count == 0;
    s->key_count = op->group_count + (op->set_count > 0 ? 1u : 0u);
    s->key_types = ARENA_ARRAY(&s->arena, type, s->key_count + 1);
    if (s->key_types == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < op->group_count; i++) s->key_types[i] = op->groups[i]->type;
    if (op->set_count > 0) s->key_types[op->group_count] = type_simple(TYPE_INT);
    TRY(group_layout_init(&s->layout, s->key_types, s->key_count, true, s->set.initial_states,
                          s->set.states_size, &s->arena));
    group_merge_init(&s->merge, &s->layout, s->ledger);
    s->collectors = ARENA_ARRAY(&s->arena, collector, s->set.count + 1);
    if (s->collectors == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < s->set.count; i++) {
        if (!s->set.items[i].collected) continue;
        TRY(collector_init(&s->collectors[i], &s->set, i, s->key_types, s->key_count, s->ledger,
                           &s->arena));
    }
    return DBX_OK;
}

static dbx_status aggregate_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    aggregate_state *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_aggregate *)op;
    s->x = x;
    s->ledger = l;
    arena_init(&s->arena, l);
    *out = (op_state *)s;
    TRY(aggregate_state_compile(s, err));
    return op_check(aggregate_state_init(s), err);
}

static void aggregate_state_free(exec *x, op_state *state) {
    aggregate_state *s = (aggregate_state *)state;
    (void)x;
    for (uint32_t i = 0; s->collectors != NULL && i < s->set.count; i++) {
        if (s->collectors[i].ledger != NULL) collector_deinit(&s->collectors[i]);
    }
    group_merge_deinit(&s->merge);
    arena_deinit(&s->arena);
    mem_free(s->ledger, s, sizeof(*s));
}

/* ---- local ---- */

static dbx_status aggregate_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                      op_local **out, error *err) {
    aggregate_state *s = (aggregate_state *)state;
    (void)w, (void)sink_input;
    aggregate_local *l = mem_alloc(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    memset(l, 0, offsetof(aggregate_local, rows));
    l->state = s;
    *out = (op_local *)l;
    return DBX_OK;
}

static void aggregate_sink_free(aggregate_state *s, aggregate_sink *k) {
    if (k == NULL) return;
    if (k->evaluator != NULL) evaluator_free(k->evaluator);
    aggregate_calls_free(k->calls, s->ledger);
    group_table_deinit(&k->table);
    group_strands_deinit(&k->strands);
    if (k->codes != NULL) group_codes_deinit(k->codes);
    mem_free(s->ledger, k->codes, sizeof(*k->codes));
    for (uint32_t i = 0; k->collectors != NULL && i < s->set.count; i++) {
        collector_local_deinit(&k->collectors[i]);
    }
    mem_free(s->ledger, k->collectors, s->set.count * sizeof(*k->collectors));
    arena_deinit(&k->constants);
    arena_deinit(&k->arena);
    mem_free(s->ledger, k, sizeof(*k));
}

static void aggregate_local_free(exec_worker *w, op_local *local) {
    aggregate_local *l = (aggregate_local *)local;
    (void)w;
    aggregate_sink_free(l->state, l->sink);
    aggregate_calls_free(l->calls, l->state->ledger);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status aggregate_sink_init(aggregate_state *s, aggregate_sink *k, error *err) {
    arena_init(&k->arena, s->ledger);
    arena_init(&k->constants, s->ledger);
    k->values = ARENA_ARRAY(&k->arena, vector, s->value_count + 1);
    k->keys = ARENA_ARRAY(&k->arena, vector, s->key_count + 1);
    k->set_keys = ARENA_ARRAY(&k->arena, vector, s->key_count + 1);
    if (k->values == NULL || k->keys == NULL || k->set_keys == NULL) return error_nomem(err);
    group_strands_init(&k->strands, &s->layout, s->ledger);
    if (s->global || s->op->set_count > 0) k->strands.off = true;
    OP_TRY(group_table_init(&k->table, &s->layout, s->ledger), err);
    OP_TRY(aggregate_calls_new(&s->set, s->ledger, &k->calls), err);
    group_growth_init(&k->growth, &s->layout, s->op->groups_estimate);
    if (!s->global) {
        k->codes = mem_alloc(s->ledger, sizeof(*k->codes));
        if (k->codes == NULL) return error_nomem(err);
        group_codes_init(k->codes, s->key_count, s->ledger);
    }
    if (s->set.any_collected) {
        k->collectors = mem_alloc_zero(s->ledger, s->set.count * sizeof(*k->collectors));
        if (k->collectors == NULL) return error_nomem(err);
    }
    for (uint32_t i = 0; i < s->set.count; i++) {
        if (!s->set.items[i].collected) continue;
        OP_TRY(collector_local_init(&k->collectors[i], &s->collectors[i]), err);
    }
    if (s->program == NULL) return DBX_OK;
    return evaluator_new(s->program, exec_query(s->x), s->ledger, CHUNK_ROWS_MAX, &k->evaluator,
                         err);
}

static dbx_status aggregate_sink_ensure(aggregate_local *l, error *err) {
    if (LIKELY(l->sink != NULL)) return DBX_OK;
    aggregate_sink *k = mem_alloc(l->state->ledger, sizeof(*k));
    if (k == NULL) return error_nomem(err);
    memset(k, 0, offsetof(aggregate_sink, groups));
    l->sink = k;
    return aggregate_sink_init(l->state, k, err);
}

/* ---- feeding ---- */

static dbx_status aggregate_feed_groups(aggregate_state *s, aggregate_sink *k, uint32_t rows,
                                        error *err) {
    for (uint32_t a = 0; a < s->set.count; a++) {
        const aggregate_item *item = &s->set.items[a];
        const sel_t *sel;
        uint32_t kept;
        if (aggregate_item_is_idle(item)) continue;
        aggregate_select(k->calls, a, k->values, NULL, rows, &sel, &kept);
        TRY(aggregate_update(k->calls, a, k->values + item->first_arg, sel, kept, rows, k->groups,
                             s->layout.states_offset, &k->table.heap, err));
    }
    return DBX_OK;
}

/* The chunk's rows lie in runs of groups. */
static dbx_status aggregate_feed_runs(aggregate_state *s, aggregate_sink *k, uint32_t rows,
                                      error *err) {
    const group_strands *runs = &k->strands;
    bool spread = false;
    for (uint32_t a = 0; a < s->set.count; a++) {
        const aggregate_item *item = &s->set.items[a];
        const sel_t *sel;
        uint32_t kept;
        if (aggregate_item_is_idle(item)) continue;
        aggregate_select(k->calls, a, k->values, NULL, rows, &sel, &kept);
        const vector *args = k->values + item->first_arg;
        if (sel == NULL && item->e->kernel->update_runs != NULL) {
            TRY(aggregate_update_runs(k->calls, a, args, runs->run_ends, runs->run_count,
                                      runs->run_rows, s->layout.states_offset, &k->table.heap,
                                      err));
            continue;
        }
        for (uint32_t r = 0, i = 0; !spread && r < runs->run_count; r++) {
            for (; i < runs->run_ends[r]; i++) k->groups[i] = runs->run_rows[r];
        }
        spread = true;
        TRY(aggregate_update(k->calls, a, args, sel, kept, rows, k->groups, s->layout.states_offset,
                             &k->table.heap, err));
    }
    return DBX_OK;
}

static dbx_status aggregate_feed_only(aggregate_state *s, aggregate_sink *k, uint32_t rows,
                                      error *err) {
    if (k->only == NULL) OP_TRY(group_table_find(&k->table, NULL, 1, &k->only), err);
    for (uint32_t a = 0; a < s->set.count; a++) {
        const aggregate_item *item = &s->set.items[a];
        const sel_t *sel;
        uint32_t kept;
        if (aggregate_item_is_idle(item)) continue;
        aggregate_select(k->calls, a, k->values, NULL, rows, &sel, &kept);
        TRY(aggregate_update_one(k->calls, a, k->values + item->first_arg, sel, kept, rows,
                                 k->only + s->layout.states_offset, &k->table.heap, err));
    }
    return DBX_OK;
}

static dbx_status aggregate_collect(aggregate_state *s, aggregate_sink *k, const exec_worker *w,
                                    const vector *keys, uint32_t rows, error *err) {
    for (uint32_t a = 0; s->set.any_collected && a < s->set.count; a++) {
        const sel_t *sel;
        uint32_t kept;
        if (!s->set.items[a].collected) continue;
        aggregate_select(k->calls, a, k->values, NULL, rows, &sel, &kept);
        OP_TRY(collector_add(&k->collectors[a], w, keys, k->values, sel, kept), err);
    }
    return DBX_OK;
}

static dbx_status aggregate_feed_numbered(aggregate_state *s, aggregate_sink *k, uint32_t rows,
                                          error *err) {
    return aggregate_feed_few(&s->set, k->calls, &k->few, k->codes, k->values, rows,
                              s->layout.states_offset, &k->table.heap, err);
}

/* Rows of the chunk find their groups and are fed. */
static dbx_status aggregate_feed_found(aggregate_state *s, aggregate_sink *k, exec_worker *w,
                                       const vector *keys, uint32_t rows, error *err) {
    bool coded = false;
    bool taken = false;
    OP_TRY(group_strands_take(&k->strands, &k->table, worker_morsel_index(w), keys, rows, &taken),
           err);
    if (taken) return aggregate_feed_runs(s, k, rows, err);
    if (k->strands.list.count > 0) { /* the rows so far are partial groups, in no directory */
        group_strands_forget(&k->strands);
        k->growth.emptied = true;
        OP_TRY(group_table_partition(&k->table, k->growth.bits), err);
    }
    OP_TRY(group_codes_compute(k->codes, keys, rows, &coded), err);
    if (!coded) {
        OP_TRY(group_table_find(&k->table, keys, rows, k->groups), err);
        return aggregate_feed_groups(s, k, rows, err);
    }
    if (group_codes_number_rows(k->codes, rows, k->few.groups))
        return aggregate_feed_numbered(s, k, rows, err);
    OP_TRY(group_codes_find(k->codes, &k->table, keys, rows, k->groups, worker_chunk_arena(w)),
           err);
    if (group_codes_number_rows(k->codes, rows, k->few.groups))
        return aggregate_feed_numbered(s, k, rows, err);
    return aggregate_feed_groups(s, k, rows, err);
}

/* One chunk's rows by one set of keys. */
static dbx_status aggregate_feed_keys(aggregate_state *s, aggregate_sink *k, exec_worker *w,
                                      const vector *keys, uint32_t rows, error *err) {
    bool moved = false;
    TRY(aggregate_collect(s, k, w, keys, rows, err));
    if (k->growth.pass_left > 0) {
        OP_TRY(group_table_append(&k->table, keys, rows, k->groups), err);
        TRY(aggregate_feed_groups(s, k, rows, err));
    } else {
        TRY(aggregate_feed_found(s, k, w, keys, rows, err));
    }
    OP_TRY(group_growth_step(&k->growth, &k->table, rows, &moved), err);
    if (moved) group_codes_forget(k->codes);
    return DBX_OK;
}

/* The keys of a grouping set: NULL where a group is left out, then the set's number. */
static dbx_status aggregate_set_keys(aggregate_state *s, aggregate_sink *k, uint32_t set) {
    uint32_t groups = s->op->group_count;
    for (uint32_t g = 0; g < groups; g++) {
        k->set_keys[g] = k->keys[g];
        if (s->op->sets[set] >> g & 1u) continue;
        memset(&k->set_keys[g], 0, sizeof(vector));
        TRY(vector_init(&k->set_keys[g], s->key_types[g], 1, &k->constants));
        TRY(vector_set_constant_null(&k->set_keys[g], &k->constants));
    }
    vector *number = &k->set_keys[groups];
    TRY(vector_init(number, type_simple(TYPE_INT), 1, &k->constants));
    VECTOR_DATA(number, int32_t)[0] = (int32_t)set;
    number->form = VECTOR_CONSTANT;
    return DBX_OK;
}

static dbx_status aggregate_sink_chunk(exec_worker *w, op_state *state, op_local *local,
                                       const chunk *in, error *err) {
    aggregate_state *s = (aggregate_state *)state;
    aggregate_local *l = (aggregate_local *)local;
    TRY(aggregate_sink_ensure(l, err));
    aggregate_sink *k = l->sink;
    if (k->evaluator != NULL) TRY(evaluator_run(k->evaluator, in, NULL, in->rows, k->values, err));
    for (uint32_t i = 0; i < s->value_count; i++) {
        if (k->values[i].form != VECTOR_SEQUENCE) continue;
        vector flat;
        OP_TRY(vector_init(&flat, k->values[i].type, in->rows, worker_chunk_arena(w)), err);
        OP_TRY(vector_flatten(&flat, &k->values[i], in->rows, worker_chunk_arena(w)), err);
        k->values[i] = flat;
    }
    if (s->global) {
        TRY(aggregate_collect(s, k, w, k->keys, in->rows, err));
        return aggregate_feed_only(s, k, in->rows, err);
    }
    for (uint32_t g = 0; g < s->op->group_count; g++) k->keys[g] = k->values[g];
    if (s->op->set_count == 0) return aggregate_feed_keys(s, k, w, k->keys, in->rows, err);
    for (uint32_t set = 0; set < s->op->set_count; set++) {
        arena_reset(&k->constants);
        OP_TRY(aggregate_set_keys(s, k, set), err);
        TRY(aggregate_feed_keys(s, k, w, k->set_keys, in->rows, err));
    }
    return DBX_OK;
}

static dbx_status aggregate_combine_local(exec_worker *w, op_state *state, op_local *local,
                                          error *err) {
    aggregate_state *s = (aggregate_state *)state;
    aggregate_sink *k = ((aggregate_local *)local)->sink;
    (void)w;
    if (k == NULL) return DBX_OK;
    OP_TRY(group_merge_add(&s->merge, &k->table, k->growth.emptied, &k->strands), err);
    for (uint32_t a = 0; a < s->set.count; a++) {
        if (s->set.items[a].collected) OP_TRY(collector_combine(&k->collectors[a]), err);
    }
    return DBX_OK;
}

/* ---- finish ---- */

/* A global aggregation has a row even without input. */
static dbx_status aggregate_ensure_only(aggregate_state *s) {
    group_table t;
    uint8_t *row;
    if (!s->global || s->merge.row_count > 0) return DBX_OK;
    dbx_status status = group_table_init(&t, &s->layout, s->ledger);
    if (status == DBX_OK) status = group_table_find(&t, NULL, 1, &row);
    if (status == DBX_OK) status = group_merge_add(&s->merge, &t, false, NULL);
    group_table_deinit(&t);
    return status;
}

/* Round 2. */
static uint32_t aggregate_plan_merge(aggregate_state *s) {
    uint32_t tasks = 0;
    s->fed = true;
    s->plan_failed =
        aggregate_ensure_only(s) != DBX_OK || group_merge_plan(&s->merge, &tasks) != DBX_OK;
    return s->plan_failed ? 1 : tasks;
}

static uint32_t aggregate_finish_task_count(exec *x, op_state *state) {
    aggregate_state *s = (aggregate_state *)state;
    (void)x;
    s->feed_tasks = 0;
    for (uint32_t a = 0; a < s->set.count; a++) {
        uint32_t tasks = 0;
        if (!s->set.items[a].collected) continue;
        s->plan_failed = collector_plan(&s->collectors[a], &tasks) != DBX_OK;
        if (s->plan_failed) return 1;
        s->feed_tasks += tasks;
    }
    return s->feed_tasks > 0 ? s->feed_tasks : aggregate_plan_merge(s);
}

static uint32_t aggregate_finish_again(exec *x, op_state *state) {
    aggregate_state *s = (aggregate_state *)state;
    (void)x;
    return s->fed ? 0 : aggregate_plan_merge(s);
}

static dbx_status aggregate_feed_task(aggregate_state *s, uint32_t task, aggregate_calls *calls,
                                      error *err) {
    uint32_t item = 0;
    while (item < s->set.count && task >= s->collectors[item].tasks)
        task -= s->collectors[item++].tasks;
    assert(item < s->set.count);
    group_table t;
    dbx_status status = op_check(group_table_init(&t, &s->layout, s->ledger), err);
    if (status == DBX_OK) status = collector_feed(&s->collectors[item], task, calls, &t, err);
    if (status == DBX_OK) status = op_check(group_merge_add(&s->merge, &t, false, NULL), err);
    group_table_deinit(&t);
    return status;
}

typedef struct aggregate_fold_state {
    aggregate_state *s;
    aggregate_calls *calls;
    arena contents;
    error *err;
} aggregate_fold_state;

static dbx_status aggregate_fold(void *state, uint8_t *const *from, uint8_t *const *to,
                                 uint32_t count) {
    aggregate_fold_state *f = state;
    return aggregate_combine(f->calls, from, to, count, f->s->layout.states_offset, &f->contents,
                             f->err);
}

static dbx_status aggregate_merge_task(aggregate_state *s, uint32_t task, aggregate_calls *calls,
                                       error *err) {
    aggregate_fold_state f = {.s = s, .calls = calls, .err = err};
    arena_init(&f.contents, s->ledger);
    dbx_status status = op_check(group_merge_partition(&s->merge, task, aggregate_fold, &f), err);
    os_mutex_lock(&s->merge.mutex);
    if (status == DBX_OK) status = op_check(arena_adopt(&s->merge.heap, &f.contents), err);
    os_mutex_unlock(&s->merge.mutex);
    arena_deinit(&f.contents);
    return status;
}

static dbx_status aggregate_finish_task(exec_worker *w, op_state *state, uint32_t task,
                                        error *err) {
    aggregate_state *s = (aggregate_state *)state;
    aggregate_calls *calls;
    (void)w;
    if (s->plan_failed) return error_nomem(err);
    OP_TRY(aggregate_calls_new(&s->set, s->ledger, &calls), err);
    dbx_status status = s->fed ? aggregate_merge_task(s, task, calls, err)
                               : aggregate_feed_task(s, task, calls, err);
    aggregate_calls_free(calls, s->ledger);
    return status;
}

/* ---- source ---- */

static dbx_status aggregate_source_start(exec *x, op_state *state, error *err) {
    (void)x, (void)err;
    atomic_store(&((aggregate_state *)state)->next_partition, 0);
    return DBX_OK;
}

static uint64_t aggregate_source_rows(exec *x, op_state *state) {
    (void)x;
    return group_merge_count(&((aggregate_state *)state)->merge);
}

static dbx_status aggregate_next_morsel(exec_worker *w, op_state *state, op_local *local,
                                        bool *more, uint64_t *index, error *err) {
    aggregate_state *s = (aggregate_state *)state;
    aggregate_local *l = (aggregate_local *)local;
    (void)w;
    *more = false;
    if (l->calls == NULL) OP_TRY(aggregate_calls_new(&s->set, s->ledger, &l->calls), err);
    while (!*more) {
        uint32_t partition = atomic_fetch_add(&s->next_partition, 1);
        if (partition >= 1u << s->merge.bits || s->merge.results == NULL) return DBX_OK;
        *index = partition;
        *more = s->merge.results[partition].count > 0;
        if (*more) group_reader_init(&l->reader, &s->merge, partition);
    }
    return DBX_OK;
}

/* grouping_id: bit (groups - 1 - g) is 1 where group g is left out of the set. */
static dbx_status aggregate_grouping_id(aggregate_state *s, uint8_t *const *rows, uint32_t count,
                                        vector *out, arena *a) {
    uint32_t groups = s->op->group_count;
    vector number;
    TRY(vector_init(&number, type_simple(TYPE_INT), count, a));
    TRY(group_layout_gather(&s->layout, rows, count, groups, &number, 0, a));
    int64_t *ids = VECTOR_DATA(out, int64_t);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t kept = s->op->sets[VECTOR_DATA(&number, int32_t)[i]];
        int64_t id = 0;
        for (uint32_t g = 0; g < groups; g++) id = id << 1 | (kept >> g & 1u ? 0 : 1);
        ids[i] = id;
    }
    return DBX_OK;
}

static dbx_status aggregate_read(exec_worker *w, op_state *state, op_local *local,
                                 const chunk **out, error *err) {
    aggregate_state *s = (aggregate_state *)state;
    aggregate_local *l = (aggregate_local *)local;
    const phys_aggregate *op = s->op;
    arena *a = worker_chunk_arena(w);
    *out = NULL;
    uint32_t count = group_reader_next(&l->reader, l->rows, exec_vector_size(s->x));
    if (count == 0) return DBX_OK;
    vector *columns = ARENA_ARRAY(a, vector, op->base.column_count + 1);
    if (columns == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < op->base.column_count; i++) {
        vector *v = &columns[i];
        OP_TRY(vector_init(v, op->base.types[i], count, a), err);
        if (i < op->group_count) {
            OP_TRY(group_layout_gather(&s->layout, l->rows, count, i, v, 0, a), err);
        } else if (i < op->group_count + op->aggregate_count) {
            TRY(aggregate_finalize(l->calls, i - op->group_count, l->rows, count,
                                   s->layout.states_offset, v, 0, a, err));
        } else {
            OP_TRY(aggregate_grouping_id(s, l->rows, count, v, a), err);
        }
    }
    l->out = (chunk){columns, op->base.column_count, count};
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_aggregate_vtab = {
    .state_new = aggregate_state_new,
    .state_free = aggregate_state_free,
    .local_new = aggregate_local_new,
    .local_free = aggregate_local_free,
    .source_start = aggregate_source_start,
    .source_rows = aggregate_source_rows,
    .next_morsel = aggregate_next_morsel,
    .read = aggregate_read,
    .sink = aggregate_sink_chunk,
    .combine = aggregate_combine_local,
    .finish_task_count = aggregate_finish_task_count,
    .finish_task = aggregate_finish_task,
    .finish_again = aggregate_finish_again,
    .wants_one_worker = aggregate_wants_one_worker,
};

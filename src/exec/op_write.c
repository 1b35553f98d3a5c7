/* op_write.c - WRITE: rows into a file or a table; gives the number of rows changed.
 *
 * A table is changed through two sinks of its transaction (catalog/table_write.h): one takes new
 * rows, one row ids of rows to delete. INSERT and files use the first, DELETE the second, UPDATE
 * and MERGE both. Workers open their part of a table's sink when they have the first rows for it.
 */
#include "catalog/table_write.h"
#include "exec/operators.h"

enum { WRITE_MORSEL_BITS = 40 }; /* chunks of several pipelines are ordered by pipeline first */

/* What MERGE does with a row: the values of its action column. */
enum { WRITE_ACTION_NONE, WRITE_ACTION_INSERT, WRITE_ACTION_UPDATE, WRITE_ACTION_DELETE };

typedef struct write_state {
    const phys_write *op;
    exec *x;
    ledger *ledger;
    data_sink *insert;        /* NULL when no row is added */
    data_sink *remove;        /* NULL when none is deleted */
    bool owned;               /* the sinks were made here */
    _Atomic uint64_t changed; /* MERGE: rows with an action */
    uint64_t rows;
    _Atomic bool taken;
} write_state;

typedef struct write_local {
    write_state *state;
    sink_local *insert;
    sink_local *remove;
    bool given;
    vector column;
    chunk out;
} write_local;

static dbx_status write_open_sinks(write_state *s, error *err) {
    const phys_write *op = s->op;
    query *q = exec_query(s->x);
    if (op->write == WRITE_FILE) {
        s->insert = op->sink;
        return DBX_OK;
    }
    s->owned = true;
    bool removes = op->write != WRITE_INSERT;
    bool inserts = op->write != WRITE_DELETE;
    bool once = op->write != WRITE_DELETE;
    if (removes) TRY(table_delete_new(q, q->txn, op->table, once, &s->remove, err));
    if (!inserts) return DBX_OK;
    return table_insert_new(q, q->txn, op->table, op->overwrite, &s->insert, err);
}

static dbx_status write_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    write_state *s = mem_alloc_zero(l, sizeof(*s));
    *out = NULL;
    if (s == NULL) return error_nomem(err);
    s->op = (const phys_write *)op;
    s->x = x;
    s->ledger = l;
    *out = (op_state *)s;
    return op_check(write_open_sinks(s, err), err);
}

static void write_state_free(exec *x, op_state *state) {
    write_state *s = (write_state *)state;
    (void)x;
    if (s->owned && s->insert != NULL) s->insert->vtab->free(s->insert);
    if (s->owned && s->remove != NULL) s->remove->vtab->free(s->remove);
    mem_free(s->ledger, s, sizeof(*s));
}

static dbx_status write_local_new(exec_worker *w, op_state *state, uint32_t sink_input,
                                  op_local **out, error *err) {
    write_state *s = (write_state *)state;
    (void)w, (void)sink_input;
    write_local *l = mem_alloc_zero(s->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->state = s;
    if (s->op->write ==
        WRITE_FILE) { /* a file keeps row order: it must know all who may bring rows */
        dbx_status status = op_check(s->insert->vtab->local_new(s->insert, &l->insert, err), err);
        if (status != DBX_OK) {
            mem_free(s->ledger, l, sizeof(*l));
            return status;
        }
    }
    *out = (op_local *)l;
    return DBX_OK;
}

/* Ends a worker's part; in an execution that failed nothing of it will be visible. */
static dbx_status write_end_part(data_sink *to, sink_local **part, error *err) {
    sink_local *ended = *part;
    *part = NULL;
    return ended == NULL ? DBX_OK : op_check(to->vtab->combine(to, ended, err), err);
}

static void write_local_free(exec_worker *w, op_local *local) {
    write_local *l = (write_local *)local;
    (void)w;
    error ignored;
    error_init(&ignored);
    (void)!write_end_part(l->state->insert, &l->insert, &ignored);
    (void)!write_end_part(l->state->remove, &l->remove, &ignored);
    error_deinit(&ignored);
    mem_free(l->state->ledger, l, sizeof(*l));
}

static dbx_status write_append(exec_worker *w, data_sink *to, sink_local **part, vector *columns,
                               uint32_t count, uint32_t rows, error *err) {
    if (rows == 0) return DBX_OK;
    if (*part == NULL) TRY(op_check(to->vtab->local_new(to, part, err), err));
    chunk c = {columns, count, rows};
    uint64_t order = (uint64_t)worker_pipeline(w) << WRITE_MORSEL_BITS | worker_morsel_index(w);
    return op_check(to->vtab->append(to, *part, &c, order, err), err);
}

/* Columns of the selected rows. */
static dbx_status write_select(exec_worker *w, const vector *columns, uint32_t count,
                               const sel_t *sel, uint32_t rows, vector **out) {
    vector *sliced = ARENA_ARRAY(worker_chunk_arena(w), vector, count);
    if (sliced == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        TRY(vector_slice(&sliced[i], &columns[i], sel, rows, worker_chunk_arena(w)));
    }
    *out = sliced;
    return DBX_OK;
}

/* Columns: action, row id, the table's columns. */
static dbx_status write_merge(exec_worker *w, write_local *l, const chunk *in, error *err) {
    write_state *s = l->state;
    arena *a = worker_chunk_arena(w);
    sel_t *inserts = ARENA_ARRAY(a, sel_t, in->rows);
    sel_t *removes = ARENA_ARRAY(a, sel_t, in->rows);
    vector action;
    if (inserts == NULL || removes == NULL) return error_nomem(err);
    OP_TRY(vector_flatten(&action, &in->columns[0], in->rows, a), err);
    assert(action.phys == PHYS_INT32);
    uint32_t insert_count = 0, remove_count = 0, changed = 0;
    for (uint32_t r = 0; r < in->rows; r++) {
        int32_t what =
            validity_get(action.validity, r) ? VECTOR_DATA(&action, int32_t)[r] : WRITE_ACTION_NONE;
        inserts[insert_count] = r;
        insert_count += what == WRITE_ACTION_INSERT || what == WRITE_ACTION_UPDATE;
        removes[remove_count] = r;
        remove_count += what == WRITE_ACTION_UPDATE || what == WRITE_ACTION_DELETE;
        changed += what != WRITE_ACTION_NONE;
    }
    vector *columns = NULL;
    uint32_t count = in->column_count - 2;
    OP_TRY(write_select(w, in->columns + 1, 1, removes, remove_count, &columns), err);
    TRY(write_append(w, s->remove, &l->remove, columns, 1, remove_count, err));
    OP_TRY(write_select(w, in->columns + 2, count, inserts, insert_count, &columns), err);
    TRY(write_append(w, s->insert, &l->insert, columns, count, insert_count, err));
    atomic_fetch_add(&s->changed, changed);
    return DBX_OK;
}

static dbx_status write_sink(exec_worker *w, op_state *state, op_local *local, const chunk *in,
                             error *err) {
    write_state *s = (write_state *)state;
    write_local *l = (write_local *)local;
    switch (s->op->write) {
    case WRITE_FILE:
    case WRITE_INSERT:
        return write_append(w, s->insert, &l->insert, in->columns, in->column_count, in->rows, err);
    case WRITE_DELETE:
        return write_append(w, s->remove, &l->remove, in->columns, 1, in->rows, err);
    case WRITE_UPDATE:
        TRY(write_append(w, s->remove, &l->remove, in->columns, 1, in->rows, err));
        return write_append(w, s->insert, &l->insert, in->columns + 1, in->column_count - 1,
                            in->rows, err);
    case WRITE_MERGE:
        return write_merge(w, l, in, err);
    }
    return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message", "unknown kind of write",
                       NULL);
}

static dbx_status write_combine(exec_worker *w, op_state *s, op_local *local, error *err) {
    write_local *l = (write_local *)local;
    (void)w, (void)s;
    TRY(write_end_part(l->state->insert, &l->insert, err));
    return write_end_part(l->state->remove, &l->remove, err);
}

static dbx_status write_finish(exec *x, op_state *state, error *err) {
    write_state *s = (write_state *)state;
    (void)x;
    uint64_t added = 0, removed = 0;
    if (s->remove != NULL) TRY(op_check(s->remove->vtab->finish(s->remove, &removed, err), err));
    if (s->insert != NULL) TRY(op_check(s->insert->vtab->finish(s->insert, &added, err), err));
    s->rows = s->op->write == WRITE_MERGE ? atomic_load(&s->changed)
              : s->insert != NULL         ? added
                                          : removed;
    return DBX_OK;
}

static dbx_status write_source_start(exec *x, op_state *s, error *err) {
    (void)x, (void)err;
    atomic_store(&((write_state *)s)->taken, false);
    return DBX_OK;
}

static uint64_t write_source_rows(exec *x, op_state *s) {
    (void)x, (void)s;
    return 1;
}

static dbx_status write_next_morsel(exec_worker *w, op_state *s, op_local *l, bool *more,
                                    uint64_t *index, error *err) {
    (void)w, (void)err;
    *more = !atomic_exchange(&((write_state *)s)->taken, true);
    *index = 0;
    ((write_local *)l)->given = false;
    return DBX_OK;
}

static dbx_status write_read(exec_worker *w, op_state *state, op_local *local, const chunk **out,
                             error *err) {
    write_state *s = (write_state *)state;
    write_local *l = (write_local *)local;
    *out = NULL;
    if (l->given) return DBX_OK;
    l->given = true;
    OP_TRY(vector_init(&l->column, type_simple(TYPE_BIGINT), 1, worker_chunk_arena(w)), err);
    VECTOR_DATA(&l->column, int64_t)[0] = (int64_t)s->rows;
    l->out = (chunk){&l->column, 1, 1};
    *out = &l->out;
    return DBX_OK;
}

const op_vtab op_write_vtab = {
    .state_new = write_state_new,
    .state_free = write_state_free,
    .local_new = write_local_new,
    .local_free = write_local_free,
    .source_start = write_source_start,
    .source_rows = write_source_rows,
    .next_morsel = write_next_morsel,
    .read = write_read,
    .sink = write_sink,
    .combine = write_combine,
    .finish = write_finish,
};

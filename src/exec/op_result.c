/* op_result.c - the root: collects all rows, or hands chunks to the calling thread while workers
 * run.
 *
 * STREAMING  Each worker has a queue of copied chunks, all of growing morsel index. The next chunk
 * of the result is the head of the queue with the smallest morsel, once no worker can still give a
 * smaller one (worker floors). A helper waits when its own queue is full; the worker with the
 * smallest morsel is then never kept waiting by another one.
 */
#include "exec/exec_int.h"
#include "exec/operators.h"
#include "exec/ordered_rows.h"

enum { RESULT_QUEUE_CHUNKS = 8 }; /* per worker */

typedef struct result_slot result_slot;
struct result_slot {
    result_slot *next;
    uint64_t morsel;
    arena arena;
    chunk chunk;
};

typedef struct result_queue {
    result_slot *head, *tail;
    result_slot *spare; /* list of emptied slots */
    uint32_t count;
} result_queue;

typedef struct result_state {
    const phys_op *op;
    ledger *ledger;
    ordered_rows rows;
    bool streaming;
    os_mutex mutex;
    os_cond room, ready;
    result_queue *queues; /* exec_threads */
    uint32_t queue_count;
    result_slot *taken; /* what the caller borrows */
    uint32_t taken_from;
    uint64_t epoch, seen_epoch;
    bool aborted;
} result_state;

typedef struct result_local {
    ledger *ledger;
    ordered_local rows;
} result_local;

/* ---- streaming queues ---- */

static void result_free_slots(result_state *r, result_slot *list) {
    while (list != NULL) {
        result_slot *next = list->next;
        arena_deinit(&list->arena);
        mem_free(r->ledger, list, sizeof(*list));
        list = next;
    }
}

static dbx_status result_stream_push(result_state *r, exec_worker *w, const chunk *in) {
    result_queue *q = &r->queues[worker_number(w)];
    os_mutex_lock(&r->mutex);
    bool helper = worker_number(w) != 0;
    while (helper && q->count >= RESULT_QUEUE_CHUNKS && !r->aborted)
        os_cond_wait(&r->room, &r->mutex);
    bool aborted = r->aborted;
    result_slot *slot = q->spare;
    if (slot != NULL) q->spare = slot->next;
    os_mutex_unlock(&r->mutex);
    if (slot == NULL && !aborted) {
        slot = mem_alloc_zero(r->ledger, sizeof(*slot));
        if (slot != NULL) arena_init(&slot->arena, r->ledger);
    }
    if (slot == NULL) return aborted ? DBX_CANCELLED : DBX_NOMEM;
    arena_reset(&slot->arena);
    slot->next = NULL;
    slot->morsel = worker_morsel_index(w);
    dbx_status status = aborted ? DBX_CANCELLED : chunk_copy(&slot->chunk, in, &slot->arena);
    os_mutex_lock(&r->mutex);
    if (status != DBX_OK) {
        slot->next = q->spare;
        q->spare = slot;
    } else if (q->tail == NULL) {
        q->head = q->tail = slot;
        q->count = 1;
    } else {
        q->tail->next = slot;
        q->tail = slot;
        q->count++;
    }
    r->epoch++;
    os_cond_signal(&r->ready);
    os_mutex_unlock(&r->mutex);
    return status;
}

void result_stream_progress(op_state *s) {
    result_state *r = (result_state *)s;
    os_mutex_lock(&r->mutex);
    r->epoch++;
    os_cond_signal(&r->ready);
    os_mutex_unlock(&r->mutex);
}

void result_stream_abort(op_state *s) {
    result_state *r = (result_state *)s;
    os_mutex_lock(&r->mutex);
    r->aborted = true;
    r->epoch++;
    os_cond_broadcast(&r->room);
    os_cond_signal(&r->ready);
    os_mutex_unlock(&r->mutex);
}

static void result_give_back_taken(result_state *r) {
    if (r->taken == NULL) return;
    result_queue *q = &r->queues[r->taken_from];
    r->taken->next = q->spare;
    q->spare = r->taken;
    r->taken = NULL;
}

const chunk *result_stream_pop(op_state *s, pipeline_run *run, bool *all_done) {
    result_state *r = (result_state *)s;
    os_mutex_lock(&r->mutex);
    result_give_back_taken(r);
    uint32_t best = 0;
    uint64_t best_key = UINT64_MAX;
    bool queued = false;
    for (uint32_t i = 0; i < run->worker_limit; i++) {
        result_queue *q = &r->queues[i];
        uint64_t floor = atomic_load(&run->workers[i].floor);
        uint64_t key = q->head != NULL ? q->head->morsel : floor;
        queued |= q->head != NULL;
        if (key < best_key) {
            best_key = key;
            best = i;
        }
    }
    const chunk *out = NULL;
    result_queue *q = &r->queues[best];
    if (q->head != NULL) {
        r->taken = q->head;
        r->taken_from = best;
        q->head = q->head->next;
        if (q->head == NULL) q->tail = NULL;
        q->count--;
        out = &r->taken->chunk;
        os_cond_broadcast(&r->room);
    }
    *all_done = !queued && best_key == UINT64_MAX;
    r->seen_epoch = r->epoch;
    os_mutex_unlock(&r->mutex);
    return out;
}

bool result_stream_is_full(op_state *s) {
    result_state *r = (result_state *)s;
    os_mutex_lock(&r->mutex);
    bool full = r->queues[0].count >= RESULT_QUEUE_CHUNKS;
    os_mutex_unlock(&r->mutex);
    return full;
}

void result_stream_wait(op_state *s) {
    result_state *r = (result_state *)s;
    os_mutex_lock(&r->mutex);
    while (r->epoch == r->seen_epoch && !r->aborted) os_cond_wait(&r->ready, &r->mutex);
    os_mutex_unlock(&r->mutex);
}

/* ---- the operator ---- */

static void result_state_free(exec *x, op_state *s) {
    result_state *r = (result_state *)s;
    (void)x;
    result_give_back_taken(r);
    for (uint32_t i = 0; r->queues != NULL && i < r->queue_count; i++) {
        result_free_slots(r, r->queues[i].head);
        result_free_slots(r, r->queues[i].spare);
    }
    mem_free(r->ledger, r->queues, r->queue_count * sizeof(*r->queues));
    ordered_rows_deinit(&r->rows);
    os_cond_deinit(&r->ready);
    os_cond_deinit(&r->room);
    os_mutex_deinit(&r->mutex);
    mem_free(r->ledger, r, sizeof(*r));
}

static dbx_status result_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    ledger *l = exec_op_ledger(x, op);
    result_state *r = mem_alloc_zero(l, sizeof(*r));
    if (r == NULL) return error_nomem(err);
    r->op = op;
    r->ledger = l;
    r->streaming = x->is_streaming;
    os_mutex_init(&r->mutex);
    os_cond_init(&r->room);
    os_cond_init(&r->ready);
    *out = (op_state *)r;
    dbx_status status = DBX_OK;
    if (r->streaming) {
        r->queue_count = exec_threads(x);
        r->queues = mem_alloc_zero(l, r->queue_count * sizeof(*r->queues));
        if (r->queues == NULL) status = DBX_NOMEM;
    } else {
        status = ordered_rows_init(&r->rows, op->types, op->column_count, l);
    }
    return op_check(status, err);
}

static dbx_status result_local_new(exec_worker *w, op_state *s, uint32_t sink_input, op_local **out,
                                   error *err) {
    result_state *r = (result_state *)s;
    (void)w, (void)sink_input;
    if (r->streaming) return DBX_OK;
    result_local *l = mem_alloc_zero(r->ledger, sizeof(*l));
    if (l == NULL) return error_nomem(err);
    l->ledger = r->ledger;
    *out = (op_local *)l;
    return op_check(ordered_local_init(&l->rows, &r->rows), err);
}

static void result_local_free(exec_worker *w, op_local *local) {
    result_local *l = (result_local *)local;
    (void)w;
    ordered_local_deinit(&l->rows);
    mem_free(l->ledger, l, sizeof(*l));
}

static dbx_status result_sink(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                              error *err) {
    result_state *r = (result_state *)s;
    if (r->streaming) return op_check(result_stream_push(r, w, in), err);
    return op_check(ordered_local_append(&((result_local *)l)->rows, w, in), err);
}

static dbx_status result_combine(exec_worker *w, op_state *s, op_local *l, error *err) {
    (void)w, (void)s;
    if (l == NULL) return DBX_OK;
    return op_check(ordered_local_combine(&((result_local *)l)->rows), err);
}

static dbx_status result_finish(exec *x, op_state *s, error *err) {
    result_state *r = (result_state *)s;
    (void)x;
    return r->streaming ? DBX_OK : op_check(ordered_rows_finish(&r->rows), err);
}

dbx_status result_take(exec *x, op_state *s, collection *into, error *err) {
    result_state *r = (result_state *)s;
    (void)x;
    assert(!r->streaming);
    return op_check(collection_concat(into, &r->rows.rows), err);
}

const op_vtab op_result_vtab = {
    .state_new = result_state_new,
    .state_free = result_state_free,
    .local_new = result_local_new,
    .local_free = result_local_free,
    .sink = result_sink,
    .combine = result_combine,
    .finish = result_finish,
};

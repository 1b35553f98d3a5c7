/* exec_int.h - inside of exec.c, scheduler.c, pipeline.c and op_result.c; no other file includes
 * it.
 *
 * THREADS  The thread that calls exec_run or exec_next is the coordinator and worker 0. Helper
 * threads exist from the first job that is worth waking them until exec_free. Everything of `exec`
 * but the atomics, `first_error` (guarded by error_mutex) and the streams of op_result.c is written
 * by the coordinator only, while no job runs.
 *
 *   idle --scheduler_open(job)--> open: helpers may join --scheduler_close--> draining --last
 * helper leaves--> idle
 */
#ifndef DBX_EXEC_EXEC_INT_H
#define DBX_EXEC_EXEC_INT_H

#include "exec/exec.h"
#include "exec/operator.h"

enum {
    EXEC_THREADS_MAX = 1024,
    EXEC_WAKE_CHUNKS = 3,     /* chunks that worker 0 processes alone before it wakes helpers */
    EXEC_WAKE_ROWS = 1 << 16, /* sources that promise more wake helpers at once */
    EXEC_NO_OWNER = UINT32_MAX,
};

/* ---- scheduler: a lazily started pool; one job at a time ---- */

typedef void (*scheduler_work)(void *state, uint32_t worker); /* worker >= 1 */

typedef struct scheduler {
    os_mutex mutex;
    os_cond work; /* a job is open, or quit */
    os_cond idle; /* running fell to 0 */
    os_thread *threads;
    uint32_t thread_count; /* started */
    uint32_t limit;        /* helpers at most */
    ledger *ledger;
    scheduler_work run; /* NULL: no open job */
    void *state;
    uint64_t job; /* counts jobs, so that a helper joins each once */
    uint32_t joined, running;
    uint32_t helpers; /* wanted for this job */
    bool quit;
} scheduler;

void scheduler_init(scheduler *s, ledger *l, uint32_t helper_limit);
/* Offers a job to at most `helpers` helper threads; starts threads as needed. A thread that cannot
 * be had is done without: the job is complete with worker 0 alone. */
void scheduler_open(scheduler *s, uint32_t helpers, scheduler_work run, void *state);
/* Lets no further helper join and waits until those that did have left. */
void scheduler_close(scheduler *s);
void scheduler_deinit(scheduler *s);

/* ---- pipelines ---- */

typedef struct pipeline_run pipeline_run;

struct exec_worker {
    exec *x;
    pipeline_run *run;
    uint32_t number;
    uint32_t position; /* stage that is running: 0 source, then operators, then sink */
    op_local **locals; /* one a stage */
    arena chunk_arena;
    error *err; /* own_error's address; what operators raise into */
    error own_error;
    uint64_t morsel;
    uint32_t chunks; /* read so far */
    bool begun, in_morsel, done;
    uint64_t clock_ns;      /* profile: since when the running stage runs */
    _Atomic uint64_t floor; /* no smaller morsel will come from this worker; UINT64_MAX when done */
    char padding[64];       /* keeps floors of two workers off one cache line */
};

struct pipeline_run {
    exec *x;
    const phys_pipeline *pipeline;
    uint32_t index;       /* of the pipeline in the plan */
    uint32_t stage_count; /* operators + 2 */
    const phys_op **ops;
    const op_vtab **vtabs;
    op_state **states;
    exec_worker *workers; /* exec_threads */
    uint32_t worker_limit;
    arena arena;                 /* arrays of the run */
    bool opened;                 /* helpers were offered the job */
    bool streaming;              /* the calling thread takes chunks while it runs */
    _Atomic uint32_t stop_stage; /* the last stage that wants no more input; 0: none */
    uint32_t pass;               /* 0: the source's */
    uint32_t rest_operator;      /* the operator whose rests come next */
    uint32_t first_operator;     /* stage k > 0 is operator first_operator + k - 1 */
    uint32_t stopped_operator;   /* operators before it need not give more */
    bool sink_stopped;           /* the sink has enough */
    uint32_t task_count;         /* finish tasks */
    _Atomic uint32_t next_task;
};

/* Prepares the run and worker 0. On failure nothing is left to end. */
dbx_status pipeline_begin(exec *x, uint32_t index, bool streaming, pipeline_run **out,
                          error *err) MUST_CHECK;
/* Worker 0 reads and pushes one source chunk. True when nothing is left for it (or the execution
 * failed). */
bool pipeline_step(pipeline_run *r);
/* Runs worker 0 to its end; deterministic interleaving of all workers on this thread when a seed is
 * set. */
void pipeline_drive(pipeline_run *r);
/* When worker 0 is done: waits for helpers; *more: some operator had input put aside, and the run
 * stands at the start of another pass. */
dbx_status pipeline_next_pass(pipeline_run *r, bool *more, error *err) MUST_CHECK;
/* Waits for helpers, frees the workers; with `complete` and no failure, runs the sink's finish when
 * it is due. Frees the run in every case. */
dbx_status pipeline_end(pipeline_run *r, bool complete, error *err) MUST_CHECK;
/* Records a failure and makes every worker stop at its next chunk. */
void exec_fail(exec *x, error *from, dbx_status status);
/* The failure, handed to the caller's error. */
dbx_status exec_give_error(exec *x, error *err);
/* Makes the operator's state unless it is there. */
dbx_status exec_state_ensure(exec *x, const phys_op *op, error *err) MUST_CHECK;

struct exec {
    const physical_plan *plan;
    query *query;
    ledger ledger;
    ledger *op_ledgers; /* op_count */
    arena arena;
    uint32_t threads;
    uint32_t vector_size;
    uint64_t seed;        /* scheduler_seed: deterministic interleaving; 0 off */
    op_state **states;    /* op_count; made when the first pipeline that needs one begins */
    uint32_t *owners;     /* per pipeline: RECURSIVE op whose step runs it, or EXEC_NO_OWNER */
    uint32_t *feeds_left; /* per op: pipelines that still feed the sink before its finish */
    bool *sink_full;      /* per op: the sink wants no more */
    uint32_t *order;      /* pipelines in dependency order */
    uint32_t next_in_order;
    scheduler scheduler;
    _Atomic bool halt; /* failed or being freed */
    os_mutex error_mutex;
    error first_error;
    dbx_status first_status;
    struct temp_file *temp; /* opened when the first operator spills; guarded by error_mutex */
    exec_profile profile;
    bool profiling;
    uint64_t started_ns;
    /* streaming */
    bool is_streaming;
    pipeline_run *stream;
};

/* op_result.c */
dbx_status result_take(exec *x, op_state *s, collection *into, error *err) MUST_CHECK;
/* The next chunk in order, when it is ready; valid until the next call. *all_done: every worker has
 * left and nothing is queued. */
const chunk *result_stream_pop(op_state *s, pipeline_run *r, bool *all_done);
/* Worker 0 has queued as much as a worker may. */
bool result_stream_is_full(op_state *s);
/* Waits until something has changed since the last pop. */
void result_stream_wait(op_state *s);
/* Wakes workers that wait for room; called when the execution stops. */
void result_stream_abort(op_state *s);
/* A worker took or ended a morsel: the order of what is queued may have become known. */
void result_stream_progress(op_state *s);

#endif

/* operator.h - the contract of physical operators and of the scheduler that drives them.
 *
 * STATES  op_state: one per operator and execution, shared by all workers. op_local: one per
 * worker, operator and pipeline. Both are made and freed by exec; locals are used by one thread at
 * a time.
 *
 * DRIVING  A pipeline runs as: source_start once; for each worker: local_new of source, operators,
 * sink; then until the source has no morsel: next_morsel, and for each chunk of it push through the
 * operators into the sink. push(in) hands each output chunk on with pipeline_emit, any number of
 * times. At the end of each morsel: flush of each operator in order (buffered rows). When a worker
 * has no morsel left: the sink's combine(local). After all workers' combine of the last pipeline
 * that feeds a sink (whatever its sink_input): the sink's finish tasks in parallel, then finish
 * once. Only then do dependent pipelines start. Pipelines run one after the other, each on all
 * workers.
 *
 * PASSES  When a pipeline's source has no morsel left, and no later pipeline has the operator, each
 * streaming operator is asked (in order, until it has none) for input that it put aside. Each part
 * makes another pass: the operator is the source, the operators from it on (or behind it, for
 * output) and the sink get fresh locals, and combine follows as in the first pass. Morsel indexes
 * grow from pass to pass.
 *
 * RULES
 *   1. An input chunk is borrowed: valid during push only, not to be changed.
 *   2. A chunk passed on holds 1..exec_vector_size rows; never empty.
 *   3. An operator polls nothing: pipeline_emit and the source loop check cancellation and failure.
 * A loop that can emit very many chunks for one input ends early when pipeline_is_stopped.
 *   4. Memory comes from exec_op_ledger; blocking operators ask ledger_under_pressure and spill.
 *   5. A sink that has enough (LIMIT, TOP_N bound, EXISTS) calls pipeline_stop: sources then end
 * early, and later pipelines that feed the same sink are skipped.
 *   6. Order of rows is (worker_pipeline, worker_morsel_index, order of arrival): sinks that keep
 * order sort by it. next_morsel hands out growing indexes.
 */
#ifndef DBX_EXEC_OPERATOR_H
#define DBX_EXEC_OPERATOR_H

#include "common/os.h"
#include "eval/program.h"
#include "plan/physical.h"

typedef struct exec exec;               /* one execution of one plan */
typedef struct exec_worker exec_worker; /* one thread's view of a running pipeline */
typedef struct op_state op_state;
typedef struct op_local op_local;

/* What the chunks of a rest pass are: input that the operator put aside, or output of it. */
typedef enum op_rest { OP_REST_NONE, OP_REST_INPUT, OP_REST_OUTPUT } op_rest;

typedef struct op_vtab op_vtab;
struct op_vtab {
    dbx_status (*state_new)(exec *x, const phys_op *op, op_state **out, error *err);
    void (*state_free)(exec *x, op_state *s);
    /* Which role the local serves; sink_input as in phys_pipeline. */
    dbx_status (*local_new)(exec_worker *w, op_state *s, uint32_t sink_input, op_local **out,
                            error *err);
    void (*local_free)(exec_worker *w, op_local *l);

    /* source role */
    dbx_status (*source_start)(exec *x, op_state *s,
                               error *err); /* once per pipeline run; may be NULL */
    /* After source_start: about how many rows it will give; UINT64_MAX unknown. May be NULL. Helper
     * threads are woken at once when it is much, else only when the first chunks did not suffice.
     */
    uint64_t (*source_rows)(exec *x, op_state *s);
    dbx_status (*next_morsel)(exec_worker *w, op_state *s, op_local *l, bool *more,
                              uint64_t *morsel_index, error *err);
    /* *out is borrowed until the next call; rows 0 (or NULL) ends the morsel. */
    dbx_status (*read)(exec_worker *w, op_state *s, op_local *l, const chunk **out, error *err);

    /* streaming role */
    dbx_status (*push)(exec_worker *w, op_state *s, op_local *l, const chunk *in, error *err);
    dbx_status (*flush)(exec_worker *w, op_state *s, op_local *l, error *err); /* may be NULL */

    /* sink role */
    dbx_status (*sink)(exec_worker *w, op_state *s, op_local *l, const chunk *in, error *err);
    dbx_status (*combine)(exec_worker *w, op_state *s, op_local *l, error *err);
    uint32_t (*finish_task_count)(exec *x, op_state *s); /* may be NULL: none */
    dbx_status (*finish_task)(exec_worker *w, op_state *s, uint32_t task, error *err);
    dbx_status (*finish)(exec *x, op_state *s, error *err); /* may be NULL */
    /* After finish: tasks of another round of finish_task, which ends with finish again; 0: done.
     * May be NULL. */
    uint32_t (*finish_again)(exec *x, op_state *s);

    /* A pipeline that has it as streaming operator (or as its sink) runs on one worker. NULL: no.
     */
    bool (*wants_one_worker)(const phys_op *op, bool as_sink);

    /* Rest role, of a streaming operator that puts input aside; see PASSES. Makes the next part
     * ready and says what its chunks are; OP_REST_NONE: nothing is left. On the coordinator, while
     * no worker runs. May be NULL. */
    dbx_status (*rest_next)(exec *x, op_state *s, op_rest *kind, error *err);
    const op_vtab *rest; /* the source role over OP_REST_INPUT; OP_REST_OUTPUT comes from its own */
};

/* One row a kind, in exec/operators.def order; NULL members where a role does not exist. */
const op_vtab *op_vtab_of(phys_kind kind);
const char *op_name_of(phys_kind kind);

/* Hands a chunk to the operator after the one that is running on this worker. */
dbx_status pipeline_emit(exec_worker *w, const chunk *out, error *err) MUST_CHECK;
/* No more input is wanted by this pipeline. */
void pipeline_stop(exec_worker *w);
bool pipeline_is_stopped(const exec_worker *w);
/* Morsel being processed, for sinks that keep order, and the position of the running pipeline in
 * the plan. */
uint64_t worker_morsel_index(const exec_worker *w);
uint32_t worker_pipeline(const exec_worker *w);
/* A morsel index below which no worker of this pipeline has or will take one: all rows of morsels
 * before it have been pushed. */
uint64_t worker_morsel_floor(exec_worker *w);
/* Workers that take part in this pipeline at most, and this one's number. */
uint32_t worker_count(const exec_worker *w);
uint32_t worker_number(const exec_worker *w);
exec *worker_exec(const exec_worker *w);
/* Arena reset before each source chunk: for what lives only as long as that chunk's way through the
 * pipeline. */
arena *worker_chunk_arena(exec_worker *w);

query *exec_query(exec *x);
ledger *exec_ledger(exec *x);
/* What the operator holds; a child of exec_ledger, shown by EXPLAIN ANALYZE. */
ledger *exec_op_ledger(exec *x, const phys_op *op);
/* Arena of the whole execution; only on the thread that starts pipelines (state_new, finish). */
arena *exec_arena(exec *x);
uint32_t exec_threads(const exec *x);
uint32_t exec_vector_size(const exec *x);
op_state *exec_state(exec *x, const phys_op *op);
/* The execution's temporary file, opened at the first call; from any thread. Raises OUT_OF_MEMORY
 * where the statement has no place for one. */
struct temp_file; /* io/temp_file.h */
dbx_status exec_temp_file(exec *x, struct temp_file **out, error *err) MUST_CHECK;
/* Whether an operator that holds `bytes`, and could move them out of memory, should do so now. */
bool exec_should_spill(exec *x, const phys_op *op, size_t bytes);
/* Counters of the operator; NULL unless profiling. */
struct exec_op_profile *exec_op_profile_of(exec *x, const phys_op *op);
/* What a scan adds to the query's units_total: its source's rows, estimated where unknown. */
uint64_t scan_work(const phys_scan *op);
const physical_plan *exec_plan(const exec *x);
/* For RECURSIVE's finish: runs pipelines [first, first + count) of the plan again, on fresh states
 * of the operators that occur in these pipelines only. */
dbx_status exec_run_pipelines(exec *x, uint32_t first, uint32_t count, error *err) MUST_CHECK;

#endif

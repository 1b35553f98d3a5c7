/* program_int.h - the inside of programs and evaluators, for the files of eval only.
 *
 * A program is a list of steps; step i computes register i. Steps are value-numbered: equal
 * expressions are one step. Where a step runs is said by blocks: lists of steps in an order that
 * computes arguments first. A lazy step (AND, OR, CASE, COALESCE) has a block for each of its
 * parts, run over the rows that need it.
 *
 * While a block runs, its selection is a scope on the evaluator's stack. A register remembers the
 * scope that computed it and is valid as long as that scope is on the stack, because inner scopes
 * have fewer rows. So a step that several blocks list runs once for all that nest, and again for
 * siblings.
 */
#ifndef DBX_EVAL_PROGRAM_INT_H
#define DBX_EVAL_PROGRAM_INT_H

#include "eval/program.h"

/* ---- programs -------------------------------------------------------------------------------- */

typedef enum step_kind {
    STEP_INPUT,    /* column `input` of the input chunk */
    STEP_CONSTANT, /* value */
    STEP_CALL,     /* a kernel over args */
    STEP_RELABEL,  /* args[0] as another type of the same layout */
    STEP_AND,      /* args: parts */
    STEP_OR,
    STEP_CASE,     /* args: condition, value, …, else */
    STEP_COALESCE, /* args in order of preference */
} step_kind;

typedef struct step_block {
    const uint32_t *steps;
    uint32_t count;
    uint32_t result; /* register */
    bool is_cheap; /* a few steps that are safe on any rows: better run on all rows than on selected
                      ones */
    bool is_guess; /* the same with steps that are speculative: run on all rows, and again if one
                      fails */
} step_block;

typedef struct lambda_code {
    uint32_t param_count;
    type result_type;
    const program *body;      /* its inputs are the parameters, then the captures */
    const uint32_t *captures; /* registers of the program around */
    uint32_t capture_count;
} lambda_code;

typedef struct step {
    uint8_t kind;   /* step_kind */
    bool is_static; /* CALL, RELABEL, CONSTANT: one value for all rows of all chunks */
    bool is_volatile;
    bool can_fail;
    bool narrow;        /* CALL: all that read the result take narrow layouts (FN_NARROW) */
    bool by_dictionary; /* CALL: may run per dictionary entry of register `dictionary` */
    uint32_t dictionary;
    type type;
    span position;
    const expr *origin;
    const uint32_t *args;
    uint32_t arg_count;
    uint32_t input;      /* INPUT */
    const vector *value; /* CONSTANT */
    /* CALL */
    scalar_kernel kernel;
    const void *state;
    uint32_t scratch_size;
    uint32_t flags; /* NULLS_* and FN_* */
    const type *arg_types;
    const lambda_code *lambdas;
    uint32_t lambda_count;
    /* lazy steps; part 0 runs in the block around, so blocks[0] lists nothing */
    const step_block *blocks;
    uint32_t block_count;
} step;

struct program {
    const step *steps;
    uint32_t step_count;
    uint32_t max_args;
    uint32_t result_count;
    const uint32_t *results; /* registers */
    step_block main;         /* all results */
    const step_block
        *conjuncts; /* the results, ANDs taken apart; none when a result is not BOOLEAN */
    const bool *conjunct_can_fail;
    uint32_t conjunct_count;
};

/* ---- evaluators ------------------------------------------------------------------------------ */

/* Results per entry of one stable dictionary. */
typedef struct entry_cache {
    arena arena;
    uint64_t dict_id;    /* 0: empty */
    const void *source;  /* the dictionary's values, since kernels may borrow from them */
    uint64_t generation; /* a number of its own for each filling */
    vector result;       /* FLAT, an entry a row */
    uint64_t *done;      /* bit per entry */
    uint64_t *wanted;    /* scratch of the same size */
    uint32_t entries;
    uint32_t done_count;
} entry_cache;

typedef struct eval_register {
    const vector *value; /* what other steps read */
    vector own;   /* FLAT buffers; of fixed-width types and strings kept for the evaluator's life */
    vector shown; /* constants, dictionaries and aliases */
    uint32_t scope; /* place on the stack and serial of the scope that computed it */
    uint64_t serial;
    uint64_t dict_id; /* identity of a dictionary whose computed entries never change; 0: none */
    bool own_ready;
    bool static_ready;
    bool guess_failed;    /* speculation is over */
    bool safe_everywhere; /* reading rows outside the selection is safe */
    entry_cache *cache;
    void *scratch;
    fn_lambda *lambdas;
} eval_register;

typedef struct conjunct_stats {
    uint64_t rows_in, rows_out;
    uint64_t nanoseconds; /* over measured_rows */
    uint64_t measured_rows;
} conjunct_stats;

struct evaluator {
    const program *program;
    query *query;
    ledger *ledger;
    uint32_t chunk_rows;
    arena life;  /* as long as the evaluator */
    arena chunk; /* reset by each run */
    eval_register *registers;
    vector *args; /* room for max_args */
    /* of the current run */
    error *err;
    uint32_t bound;   /* row numbers are below it */
    uint64_t *scopes; /* serials */
    uint32_t scope_count, scope_capacity;
    uint64_t next_serial;
    ARENA_LIST(sel_t *) sels; /* a stack of row lists, chunk_rows each */
    uint32_t sels_used;
    uint64_t caches_filled;
    /* filters */
    conjunct_stats *conjuncts;
    uint32_t *conjunct_order;
    uint64_t filter_runs;
};

/* The rows that a step computes. */
typedef struct eval_rows {
    const sel_t *sel; /* NULL: 0..count-1 */
    uint32_t count;
} eval_rows;

/* ---- evaluator.c ----------------------------------------------------------------------------- */
/* Begins and ends the run over a chunk. */
dbx_status eval_begin(evaluator *e, const chunk *input, error *err) MUST_CHECK;
dbx_status eval_finish(evaluator *e, dbx_status status);
dbx_status eval_push_scope(evaluator *e) MUST_CHECK;
static inline void eval_pop_scopes(evaluator *e, uint32_t to) {
    assert(to <= e->scope_count);
    e->scope_count = to;
}
/* Computes the block's steps in the innermost scope; rows are not empty. */
dbx_status eval_block(evaluator *e, const step_block *b, eval_rows rows) MUST_CHECK;
/* A list of chunk_rows rows until eval_drop_sels(e, mark). NULL when out of memory. */
sel_t *eval_take_sel(evaluator *e);
static inline uint32_t eval_mark_sels(const evaluator *e) {
    return e->sels_used;
}
static inline void eval_drop_sels(evaluator *e, uint32_t mark) {
    e->sels_used = mark;
}
/* The register's FLAT buffers, cleared, with room for the bound. */
dbx_status eval_fresh_own(evaluator *e, uint32_t reg, vector **out) MUST_CHECK;
void eval_set_value(evaluator *e, uint32_t reg, const vector *value, bool safe_everywhere);
dbx_status eval_set_null(evaluator *e, uint32_t reg) MUST_CHECK;

/* ---- call.c, entries.c, lazy.c, lambda.c ----------------------------------------------------- */
dbx_status eval_call_step(evaluator *e, uint32_t reg, eval_rows rows) MUST_CHECK;
/* The kernel alone; args are e->args. */
dbx_status eval_kernel(evaluator *e, uint32_t reg, arena *a, eval_rows rows, uint32_t bound,
                       bool narrow, vector *out) MUST_CHECK;
/* Per dictionary entry; *used is false when the arguments are not of the form that pays. */
dbx_status eval_call_entries(evaluator *e, uint32_t reg, eval_rows rows, bool *used) MUST_CHECK;
void eval_free_entries(entry_cache *cache);
dbx_status eval_lazy_step(evaluator *e, uint32_t reg, eval_rows rows) MUST_CHECK;
dbx_status eval_lambdas_new(evaluator *e, uint32_t reg, error *err) MUST_CHECK;
void eval_lambdas_free(fn_lambda *lambdas, uint32_t count);

/* ---- in_set.c -------------------------------------------------------------------------------- */
/* x IN (constants): a kernel and its state, from the arena. The kernel never fails. */
dbx_status in_set_new(arena *a, const expr *in, scalar_kernel *kernel, const void **state,
                      error *err) MUST_CHECK;

/* ---- kernels that expressions need beside functions: operators.c ----------------------------- */
dbx_status eval_not(fn_call *call, const vector *args, vector *out); /* FN_TOTAL */
dbx_status eval_is_not_null(fn_call *call, const vector *args,
                            vector *out);                              /* NULLS_AWARE | FN_TOTAL */
dbx_status eval_equal(fn_call *call, const vector *args, vector *out); /* any type, never fails */

#endif

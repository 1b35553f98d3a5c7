/* physical.h - physical plans: operators with slot-based expressions, cut into pipelines.
 *
 * Made by the planner, frozen, then only read by exec: one plan can run on many threads, be run
 * again, and be written to bytes. Expressions use EXPR_SLOT: positions in the operator's input
 * chunk (joins: probe columns first, then build columns). Nothing here points to running state.
 *
 * A pipeline is source -> streaming operators -> sink. An operator that must see all its input
 * before it can give any (a breaker) is the sink of one pipeline and the source of a later one:
 *
 *   SCAN -> FILTER -> PROJECT -> [HASH_AGGREGATE]        pipeline 0
 *                                [HASH_AGGREGATE] -> PROJECT -> [RESULT]   pipeline 1, after 0
 *   SCAN b -> [HASH_JOIN build]                          pipeline 2
 *   SCAN p -> HASH_JOIN probe -> …                       pipeline 3, after 2 (RIGHT, FULL: the join
 * is then also the source of a pipeline that gives unmatched build rows)
 */
#ifndef DBX_PLAN_PHYSICAL_H
#define DBX_PLAN_PHYSICAL_H

#include "plan/logical.h"

typedef enum phys_kind {
    PHYS_OP_SCAN,
    PHYS_OP_VALUES,
    PHYS_OP_FILTER,
    PHYS_OP_PROJECT,
    PHYS_OP_LIMIT,
    PHYS_OP_SAMPLE,
    PHYS_OP_HASH_AGGREGATE,
    PHYS_OP_UNGROUPED_AGGREGATE,
    PHYS_OP_HASH_JOIN,
    PHYS_OP_NESTED_LOOP_JOIN,
    PHYS_OP_SORT,
    PHYS_OP_TOP_N,
    PHYS_OP_WINDOW,
    PHYS_OP_UNION_ALL,
    PHYS_OP_SET_OP,
    PHYS_OP_GENERATE,
    PHYS_OP_MATERIALIZE, /* CTE definition */
    PHYS_OP_MATERIALIZED_SCAN,
    PHYS_OP_RECURSIVE,
    PHYS_OP_RECURSIVE_SCAN,
    PHYS_OP_WRITE,
    PHYS_OP_RESULT,
    PHYS_OP_KIND_COUNT
} phys_kind;

typedef struct phys_op phys_op;
struct phys_op {
    uint8_t kind;   /* phys_kind */
    uint32_t index; /* position in physical_plan.ops: exec keeps its state and profile there */
    uint32_t child_count;
    phys_op **children; /* the tree, for EXPLAIN; HASH_JOIN: probe, build */
    uint32_t column_count;
    const type *types;        /* output chunk */
    const string_view *names; /* output columns, for EXPLAIN */
    double rows;              /* estimate; < 0 unknown */
};

typedef struct phys_scan {
    phys_op base;
    source *source;
    string_view name;
    const uint32_t *columns; /* source columns in output order */
    scan_predicate *predicates;
    uint32_t predicate_count;
    /* Exactness is known at open: predicate i equals residual[i]; those not exact, and the rest,
     * are evaluated after the read. The same goes for pairs: pair i equals residual[predicate_count
     * + i]. Residuals behind those have neither. */
    const scan_pair *pairs;
    uint32_t pair_count;
    expr **residual;
    uint32_t residual_count;
    /* Runtime filters: column output slot `slot` must pass the filter of hash join op `join`, key
     * number `key`. */
    struct {
        uint32_t slot;
        uint32_t join;
        uint32_t key;
    } * runtime_filters;
    uint32_t runtime_filter_count;
    /* The last `filter_columns` outputs are read only by residuals; nothing above uses them, so
     * they may be left out of the read (and hold anything) when every residual over them is applied
     * by the source. */
    uint32_t filter_columns;
    uint64_t row_limit;
    bool ordered;
} phys_scan;

typedef struct phys_values {
    phys_op base;
    uint32_t row_count;
    expr **exprs; /* row-major, no slots */
} phys_values;

typedef struct phys_filter {
    phys_op base;
    expr **conjuncts;
    uint32_t conjunct_count;
} phys_filter;

typedef struct phys_project {
    phys_op base;
    expr **exprs;
} phys_project;

typedef struct phys_limit {
    phys_op base;
    uint64_t limit, offset; /* keeps input (morsel) order: the first rows of the source's order */
} phys_limit;

typedef struct phys_sample {
    phys_op base;
    plan_sample spec; /* base of it unused */
} phys_sample;

/* Input chunk -> groups and aggregate arguments by expressions. Output: groups, aggregates,
 * [grouping_id]. */
typedef struct phys_aggregate { /* also UNGROUPED (no groups, one row always) */
    phys_op base;
    expr **groups;
    uint32_t group_count;
    expr **aggregates; /* EXPR_AGGREGATE with args over input slots */
    uint32_t aggregate_count;
    const uint64_t *sets;
    uint32_t set_count;
    double groups_estimate; /* < 0 unknown */
    bool has_grouping_id;
} phys_aggregate;

/* Output: probe columns then build columns (SEMI, ANTI: probe's; MARK: probe's then mark). RIGHT
 * and FULL are kept; the optimizer may swap sides to build on the smaller one: LEFT<->RIGHT. For
 * MARK and SINGLE build is right, for SEMI and ANTI, too, unless answers_build. */
typedef struct phys_hash_join {
    phys_op base;
    join_kind join;
    expr **probe_keys; /* over probe's output */
    expr **build_keys; /* over build's output; same types pairwise */
    uint32_t key_count;
    const bool *null_safe; /* per key: <=> instead of = */
    expr **residual;       /* over probe then build columns; further conditions of the match */
    uint32_t residual_count;
    bool null_aware;
    bool make_runtime_filter; /* some scan waits for it */
    uint64_t filtered_rows;   /* rows of the largest such scan; what a filter may cost */
    span position;            /* for errors of SINGLE */
    bool build_unique;        /* known from statistics: at most one match */
    /* SEMI, ANTI: the logical left side is the build. The probe gives nothing; when it is done, the
     * join is a source of the build rows that met a match (SEMI) or none (ANTI). Output: the
     * build's columns. Never null_aware. */
    bool answers_build;
} phys_hash_join;

typedef struct phys_nested_loop_join { /* any condition, or none; right child is materialized */
    phys_op base;
    join_kind join;
    expr **conditions;
    uint32_t condition_count;
    bool null_aware;
    span position;
    /* Conditions of the form range_key OP range_bounds[i] (range_ops[i]: OP_LT, OP_LE, OP_GT or
     * OP_GE): right rows are sorted by the key, so that a left row meets only those between its
     * bounds. They stand among the conditions as well. */
    expr *range_key;     /* over the right child; NULL: no such condition */
    expr **range_bounds; /* over the left child */
    uint8_t *range_ops;
    uint32_t range_count;
} phys_nested_loop_join;

typedef struct phys_sort { /* also TOP_N */
    phys_op base;
    expr **keys;
    const sort_order *orders;
    uint32_t key_count;
    uint64_t limit, offset; /* TOP_N */
} phys_sort;

typedef struct phys_window {
    phys_op base; /* input columns then one per function */
    expr **partition;
    uint32_t partition_count;
    expr **order;
    const sort_order *orders;
    uint32_t order_count;
    expr **functions; /* EXPR_WINDOW over input slots */
    uint32_t function_count;
} phys_window;

typedef struct phys_set_op { /* EXCEPT and INTERSECT, ALL or not; children's columns align by
                                position */
    phys_op base;
    set_op_kind op;
} phys_set_op;

typedef struct phys_generate {
    phys_op base;         /* columns kept of the input, then the generator's */
    const uint32_t *kept; /* input slots that go to the output */
    uint32_t kept_count;
    const function_row *row;
    const generator_kernel *kernel;
    const void *state;
    uint32_t scratch_size;
    expr **args;
    uint32_t arg_count;
    bool outer;
    span position;
} phys_generate;

typedef struct phys_materialize { /* MATERIALIZE and its scans share `cte` */
    phys_op base;
    uint32_t cte;
    const uint32_t *columns; /* scans: columns of the definition in output order */
    phys_op *definition;     /* scans: the MATERIALIZE or RECURSIVE op read */
} phys_materialize;

typedef struct phys_recursive {
    phys_op base;
    uint32_t cte;
    bool distinct;
    uint32_t max_depth;
    uint64_t max_rows;
    uint64_t row_limit;
    string_view name;
    /* The step's pipelines are run once an iteration: pipelines [first, first + count) of the plan,
     * not in `order`. */
    uint32_t step_first, step_count;
} phys_recursive;

typedef struct phys_write {
    phys_op base; /* one BIGINT: rows */
    write_kind write;
    struct catalog_table *table;
    bool overwrite;
    data_sink *sink;
    string_view name;
} phys_write;

typedef struct phys_pipeline {
    phys_op *source;
    phys_op **operators; /* streaming, in order */
    uint32_t operator_count;
    phys_op *sink;
    /* sink_input: which child of the sink this pipeline feeds (joins: 1 = build; UNION_ALL, SET_OP:
     * child number). */
    uint32_t sink_input;
    const uint32_t *depends; /* pipelines that must be done before */
    uint32_t depend_count;
    bool ordered; /* rows must reach the sink's finish in morsel order (LIMIT without sort, ordered
                     results) */
} phys_pipeline;

typedef struct physical_plan {
    phys_op **ops;
    uint32_t op_count;
    phys_op *root; /* PHYS_OP_RESULT */
    phys_pipeline *pipelines;
    uint32_t pipeline_count;
    const plan_column *columns; /* of the result */
    uint32_t column_count;
} physical_plan;

/* Operator tree with estimates; with `profile` (plan/profile.h, may be NULL) also actual rows,
 * time, memory. */
struct exec_profile;
dbx_status physical_append_text(buffer *out, const physical_plan *plan,
                                const struct exec_profile *profile, const query *q) MUST_CHECK;
/* A tree of kinds with numbers, then each operator's columns and arguments: EXPLAIN FORMATTED. */
dbx_status physical_append_formatted(buffer *out, const physical_plan *plan,
                                     const query *q) MUST_CHECK;
const char *phys_kind_name(phys_kind kind);

#endif

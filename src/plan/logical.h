/* logical.h - logical plans: trees of relational operators over column ids.
 *
 * Every node lists its output columns (plan_column); ids are unique in a statement and made by
 * plan_context. A node's expressions may use the outputs of its children (and, inside a dependent
 * join's right side, those of the left). Nodes live in the statement's arena. plan_verify checks
 * the rules below; debug builds run it after every rule.
 *
 *   SCAN       columns[i] is source column source_columns[i]; predicates were offered to the source
 * but hold exactly VALUES     rows x columns of expressions without columns; 0 columns and 1 row is
 * "no FROM" FILTER     conjuncts; outputs the child's columns PROJECT    exprs[i] gives columns[i]
 *   AGGREGATE  columns: groups first, then aggregates, then grouping_id when there are grouping
 * sets JOIN       columns: left's then right's (SEMI, ANTI: left's; MARK: left's then the mark;
 * SINGLE: both) WINDOW     child's columns then one per window expression; all share partition and
 * order SORT, LIMIT, TOP_N, DISTINCT, SAMPLE   the child's columns SET_OP     fresh columns; child
 * k's column i feeds columns[i] through inputs[k][i] GENERATE   child's columns (those required)
 * then the generator's CTE        children: definition, body; outputs the body's. CTE_SCAN reads it
 * by cte index with fresh columns RECURSIVE  children: anchor, step; RECURSIVE_SCAN inside step
 * reads the last iteration's rows; its source_columns are the recursion's or the anchor's WRITE
 * child feeds a table or file; one output: the number of rows
 */
#ifndef DBX_PLAN_LOGICAL_H
#define DBX_PLAN_LOGICAL_H

#include "plan/expr.h"
#include "vector/source.h"

typedef enum plan_kind {
    PLAN_SCAN,
    PLAN_VALUES,
    PLAN_FILTER,
    PLAN_PROJECT,
    PLAN_AGGREGATE,
    PLAN_JOIN,
    PLAN_WINDOW,
    PLAN_SORT,
    PLAN_LIMIT,
    PLAN_TOP_N,
    PLAN_DISTINCT,
    PLAN_SET_OP,
    PLAN_GENERATE,
    PLAN_SAMPLE,
    PLAN_CTE,
    PLAN_CTE_SCAN,
    PLAN_RECURSIVE,
    PLAN_RECURSIVE_SCAN,
    PLAN_WRITE,
    PLAN_KIND_COUNT
} plan_kind;

typedef struct plan_column {
    column_id id;
    string_view name; /* for results and EXPLAIN */
    type type;
    bool nullable;
} plan_column;

typedef struct plan_node plan_node;
struct plan_node {
    uint8_t kind; /* plan_kind */
    uint32_t child_count;
    plan_node **children;
    uint32_t column_count;
    plan_column *columns;
    span span;
    double rows; /* estimate; < 0 unknown. Set by the optimizer */
    double cost;
};

/* Numbers columns and remembers what lives as long as the statement (sources to free). */
typedef struct plan_context {
    arena *arena;
    query *query;
    error *err;
    column_id next_column;              /* starts at 1 */
    ARENA_LIST(source *) owned_sources; /* freed when the statement ends */
    uint32_t cte_count;
} plan_context;
static inline column_id plan_new_column(plan_context *c) {
    return c->next_column++;
}

typedef struct plan_scan {
    plan_node base;
    source *source;
    const uint32_t *source_columns;
    expr **predicates; /* conjuncts over the scan's columns; the planner passes on what a source can
                          take */
    uint32_t predicate_count;
    string_view name;            /* "catalog.schema.table" or "read_parquet('x')" */
    struct catalog_table *table; /* NULL for files */
    column_id row_id;   /* column that carries row ids for DML, also among columns; 0 when none */
    uint64_t row_limit; /* UINT64_MAX: all */
} plan_scan;

typedef struct plan_values {
    plan_node base;
    uint32_t row_count;
    expr **exprs; /* row-major */
} plan_values;

typedef struct plan_filter {
    plan_node base;
    expr **conjuncts;
    uint32_t conjunct_count;
} plan_filter;

typedef struct plan_project {
    plan_node base;
    expr **exprs; /* one per column */
} plan_project;

typedef struct plan_aggregate {
    plan_node base;
    expr **groups;
    uint32_t group_count;
    expr **aggregates; /* EXPR_AGGREGATE */
    uint32_t aggregate_count;
    /* Grouping sets: bit g of sets[s] says that group g is kept in set s. None: one implicit set of
     * all groups. grouping_id then follows as a BIGINT column: bit (group_count - 1 - g) is 1 where
     * g is NOT kept; where two sets are equal they are told apart by position only. */
    const uint64_t *sets;
    uint32_t set_count;
} plan_aggregate;

typedef enum join_kind {
    JOIN_INNER,
    JOIN_LEFT,
    JOIN_RIGHT,
    JOIN_FULL,
    JOIN_SEMI,
    JOIN_ANTI,
    JOIN_MARK, /* left rows plus BOOLEAN mark: does a match exist (three-valued: NULL when unknown,
                  as IN needs) */
    JOIN_SINGLE, /* left join that fails with SCALAR_SUBQUERY_TOO_MANY_ROWS at a second match */
} join_kind;

typedef struct plan_join {
    plan_node base;
    join_kind join;
    expr **conditions; /* conjuncts; none: cross product */
    uint32_t condition_count;
    bool dependent;  /* right side uses left's columns (LATERAL, correlated subquery); gone after
                        unnesting */
    bool null_aware; /* ANTI made from NOT IN: a NULL comparison counts as a match */
    column_id mark;
    span position; /* of the subquery for errors of SINGLE */
} plan_join;

typedef struct plan_window {
    plan_node base;
    expr **partition;
    uint32_t partition_count;
    sort_key *order;
    uint32_t order_count;
    expr **functions; /* EXPR_WINDOW */
    uint32_t function_count;
} plan_window;

typedef struct plan_sort { /* also TOP_N */
    plan_node base;
    sort_key *keys;
    uint32_t key_count;
    uint64_t limit, offset; /* TOP_N only */
} plan_sort;

typedef struct plan_limit {
    plan_node base;
    uint64_t limit; /* UINT64_MAX: none */
    uint64_t offset;
} plan_limit;

typedef enum set_op_kind {
    SET_UNION_ALL,
    SET_EXCEPT,
    SET_EXCEPT_ALL,
    SET_INTERSECT,
    SET_INTERSECT_ALL
} set_op_kind;
typedef struct plan_set_op { /* UNION DISTINCT is DISTINCT over UNION ALL; UNION ALL may have many
                                children */
    plan_node base;
    set_op_kind op;
    column_id **inputs; /* [child][column] */
} plan_set_op;

typedef struct plan_generate {
    plan_node base;
    const function_row *row;
    const generator_kernel *kernel;
    const void *state;
    uint32_t scratch_size;
    expr **args;
    uint32_t arg_count;
    bool outer;         /* LATERAL VIEW OUTER: a row of NULLs when there is none */
    uint32_t generated; /* the last `generated` columns are the generator's */
    span position;
} plan_generate;

typedef struct plan_sample {
    plan_node base;
    double fraction; /* [0, 1]; < 0: by rows */
    uint64_t row_count;
    double lower; /* BUCKET x OUT OF y: sample [lower, lower + fraction) */
    uint64_t seed;
} plan_sample;

typedef struct plan_cte {
    plan_node base;
    uint32_t index; /* plan_context.cte_count numbering */
    string_view name;
} plan_cte;
typedef struct plan_cte_scan { /* also RECURSIVE_SCAN */
    plan_node base;
    uint32_t index;
    const column_id *source_columns; /* columns of the definition, in the order of base.columns */
    string_view name;
} plan_cte_scan;
typedef struct plan_recursive {
    plan_node base; /* fresh columns; both children's columns by position */
    uint32_t index;
    bool distinct;      /* UNION instead of UNION ALL */
    uint32_t max_depth; /* RECURSION_LEVEL_LIMIT_EXCEEDED above it */
    uint64_t max_rows;
    uint64_t row_limit; /* no more rows are asked for: the recursion stops there; UINT64_MAX: none */
    string_view name;
} plan_recursive;

typedef enum write_kind {
    WRITE_INSERT,
    WRITE_DELETE,
    WRITE_UPDATE,
    WRITE_MERGE,
    WRITE_FILE
} write_kind;
typedef struct plan_write {
    plan_node base;
    write_kind write;
    struct catalog_table *table; /* NULL for WRITE_FILE */
    bool overwrite;              /* INSERT OVERWRITE: delete all rows first */
    /* The child gives: INSERT: the table's columns in order. DELETE: row id. UPDATE: row id, then
     * all columns. MERGE: action (INT: 0 none, 1 insert, 2 update, 3 delete), row id (NULL for
     * inserts), all columns. */
    data_sink *sink; /* WRITE_FILE: opened by the session's statement executor */
    string_view name;
} plan_write;

/* ---- making nodes: sets kind, children, outputs where they follow from the children. NULL when
 * out of memory ---- */
plan_node *plan_node_new(plan_context *c, plan_kind kind, uint32_t child_count,
                         uint32_t column_count);
#define PLAN_NEW(c, type, kind, children, columns)                                                 \
    ((type *)plan_node_new((c), (kind), (children), (columns)))
plan_filter *plan_filter_new(plan_context *c, plan_node *child, expr *const *conjuncts,
                             uint32_t count);
plan_join *plan_join_new(plan_context *c, join_kind kind, plan_node *left, plan_node *right);
plan_limit *plan_limit_new(plan_context *c, plan_node *child, uint64_t limit, uint64_t offset);
/* Room for `count` outputs; columns and exprs are to be filled. */
plan_project *plan_project_new(plan_context *c, plan_node *child, uint32_t count);
/* Groups come first, then aggregates; columns and expressions are to be filled. */
plan_aggregate *plan_aggregate_new(plan_context *c, plan_node *child, uint32_t group_count,
                                   uint32_t aggregate_count);
/* DISTINCT, SORT and the like: a node whose outputs are its child's. */
plan_node *plan_unary_new(plan_context *c, plan_kind kind, plan_node *child);
/* Copies a node with its own arrays; children and expressions are shared. */
plan_node *plan_node_clone(plan_context *c, const plan_node *n);
/* Sets a join's outputs after its kind or children changed (join_kind decides columns and
 * nullability). */
dbx_status plan_join_set_columns(plan_context *c, plan_join *j) MUST_CHECK;
const char *plan_kind_name(plan_kind kind);
const char *join_kind_name(join_kind kind);
/* The output column with this id; NULL when the node has none. */
const plan_column *plan_find_column(const plan_node *n, column_id id);
expr *plan_column_expr(arena *a, const plan_column *column);

/* Every expression slot of a node, for generic walks and rewrites: visit gets the address of the
 * slot. */
typedef dbx_status (*plan_expr_visit)(expr **slot, void *state);
dbx_status plan_visit_exprs(plan_node *n, plan_expr_visit visit, void *state) MUST_CHECK;
dbx_status plan_output_set(const plan_node *n, column_set *out, arena *a) MUST_CHECK;
/* Columns that the subtree uses but does not produce: its correlation. */
dbx_status plan_free_columns(plan_node *n, column_set *out, arena *a) MUST_CHECK;
/* Copies a subtree with fresh column ids; map gives old → new for its outputs. */
dbx_status plan_copy_fresh(plan_context *c, const plan_node *n, plan_node **out,
                           const column_id **old_ids, const column_id **new_ids,
                           uint32_t *count) MUST_CHECK;
/* Raises INTERNAL_ERROR with the rule's name when a node breaks the rules above. */
dbx_status plan_verify(const plan_node *root, const char *after, error *err) MUST_CHECK;
/* Tree text for EXPLAIN EXTENDED and tests. */
dbx_status plan_append_text(buffer *out, const plan_node *root, const query *q) MUST_CHECK;

#endif

/* expr.h - bound expressions: typed, resolved, ready to be rewritten or compiled.
 *
 * Columns are named by plan-wide ids (column_id), not positions, so that rules move expressions
 * freely; the planner replaces them by slots of the input chunk. All children stand in args[], so
 * that every walk is one loop. Expressions live in the statement's arena and are immutable once
 * shared: rewrite by copying (expr_rewrite).
 */
#ifndef DBX_PLAN_EXPR_H
#define DBX_PLAN_EXPR_H

#include "functions/cast.h"
#include "functions/function.h"
#include "vector/compare.h"

typedef uint32_t column_id; /* 0 is no column */

typedef enum expr_kind {
    EXPR_CONSTANT,  /* value */
    EXPR_COLUMN,    /* column: an output of some operator below */
    EXPR_SLOT,      /* slot: position in the input chunk; physical plans only */
    EXPR_PARAMETER, /* parameter: index from 0 into the statement's bindings */
    EXPR_CALL,      /* call; args are the arguments (lambdas among them) */
    EXPR_CAST,      /* cast; args[0] */
    EXPR_CASE,      /* args: condition, value, condition, value, …, else (always present) */
    EXPR_AND,       /* args: 2 or more, BOOLEAN */
    EXPR_OR,
    EXPR_NOT,       /* args[0] */
    EXPR_IN,        /* args[0] IN (args[1..]), all of one type; three-valued */
    EXPR_LAMBDA,    /* lambda.params; args[0] is the body, which uses them as EXPR_COLUMN */
    EXPR_AGGREGATE, /* aggregate; only in plan_aggregate and (as window aggregates) plan_window */
    EXPR_WINDOW,    /* window; only in plan_window */
    EXPR_SUBQUERY,  /* subquery; gone after unnesting */
} expr_kind;

typedef struct expr expr;
struct plan_node;

typedef struct expr_call {
    const function_row *row;
    scalar_kernel kernel;
    const void *state;
    uint32_t scratch_size;
} expr_call;

typedef struct sort_key {
    expr *expr;
    sort_order order;
} sort_key;

typedef struct expr_aggregate {
    const function_row *row;
    const aggregate_kernel *kernel;
    const void *state;
    uint32_t scratch_size;
    bool distinct;
    bool ignore_nulls;
    uint32_t argument_count; /* args[0..argument_count) */
    bool has_filter;         /* args[argument_count] */
    uint32_t order_count;    /* WITHIN GROUP / ORDER BY: the args after that, in order */
    const sort_order *orders;
} expr_aggregate;

typedef enum frame_unit { FRAME_ROWS, FRAME_RANGE, FRAME_GROUPS } frame_unit;
typedef enum frame_bound_kind {
    BOUND_UNBOUNDED_PRECEDING,
    BOUND_PRECEDING,
    BOUND_CURRENT_ROW,
    BOUND_FOLLOWING,
    BOUND_UNBOUNDED_FOLLOWING
} frame_bound_kind;
typedef struct window_frame {
    frame_unit unit;
    frame_bound_kind start, end;
    /* ROWS/GROUPS: BIGINT constants. RANGE: the bound value per row: expressions key - offset / key
     * + offset of the order key's type, computed below the window. NULL when the bound has no
     * offset. */
    expr *start_offset, *end_offset;
} window_frame;

typedef struct expr_window {
    const function_row *row;
    window_function function;       /* WINDOW_NONE: an aggregate over the frame */
    const aggregate_kernel *kernel; /* aggregates */
    const void *state;
    uint32_t scratch_size;
    bool distinct;
    bool ignore_nulls;
    uint32_t argument_count;
    bool has_filter; /* args[argument_count] */
    window_frame frame;
} expr_window;

typedef enum subquery_kind { SUBQUERY_SCALAR, SUBQUERY_EXISTS, SUBQUERY_IN } subquery_kind;
typedef struct expr_subquery {
    subquery_kind kind;
    struct plan_node *plan; /* its columns: 1 for SCALAR; as many as args for IN */
    bool negated;           /* NOT IN, NOT EXISTS */
    bool correlated;
} expr_subquery;

struct expr {
    uint8_t kind; /* expr_kind */
    bool nullable;
    type type;
    span span;
    uint32_t arg_count;
    expr **args;
    union {
        const vector *value; /* CONSTANT form */
        column_id column;
        uint32_t slot;
        uint32_t parameter;
        expr_call call;
        struct {
            cast_mode mode;
            scalar_kernel kernel;
            const void *state;
            bool can_fail;
        } cast;
        struct {
            const column_id *params;
            const type *param_types;
            uint32_t param_count;
        } lambda;
        expr_aggregate aggregate;
        expr_window window;
        expr_subquery subquery;
    } u;
};

/* ---- making ---- (all return NULL when out of memory) */
expr *expr_new(arena *a, expr_kind kind, type t, bool nullable, span s, uint32_t arg_count);
expr *expr_constant(arena *a, const vector *value, span s);
expr *expr_constant_bool(arena *a, bool value, span s);
expr *expr_constant_int64(arena *a, type t, int64_t value,
                          span s); /* t: an integer type, DATE, TIMESTAMP* */
expr *expr_constant_string(arena *a, string_view value, span s);
expr *expr_constant_null(arena *a, type t, span s);
expr *expr_column(arena *a, column_id id, type t, bool nullable, span s);
/* Joins conjuncts: NULL list gives constant true, one gives itself. */
expr *expr_and(arena *a, expr *const *items, uint32_t count);
/* Calls a function by name with arguments that have exactly fitting types after its signature (or
 * are cast to them); raises like the binder. For rules that make expressions. */
dbx_status expr_call_new(arena *a, query *q, const char *name, expr *const *args, uint32_t count,
                         span s, expr **out, error *err) MUST_CHECK;
struct function_match;
/* The call that a bound match (function_match_bind) describes: arguments in the order of the row,
 * defaults put in, casts to m->bind.arg_types. args are the caller's. */
dbx_status expr_call_bound(arena *a, query *q, const struct function_match *m, expr *const *args,
                           span s, expr **out, error *err) MUST_CHECK;
/* arg itself when it is of the type already; a NULL constant for a bare NULL. */
dbx_status expr_cast_new(arena *a, query *q, expr *arg, type to, cast_mode mode, span s, expr **out,
                         error *err) MUST_CHECK;

/* ---- asking ---- */
bool expr_equal(const expr *x, const expr *y); /* structurally; volatile calls are never equal */
uint64_t expr_hash(const expr *x);
bool expr_is_volatile(const expr *x);
/* Evaluates to one value: no columns, slots, parameters, subqueries or volatile calls. */
bool expr_is_foldable(const expr *x);
bool expr_can_fail(const expr *x);
function_op expr_op(const expr *x); /* OP_NONE when not a call */
bool expr_is_constant_true(const expr *x);
bool expr_is_null_or_false(const expr *x); /* constant NULL or false */

/* A set of column ids; a zeroed one is empty. */
typedef struct column_set {
    uint64_t *words;
    uint32_t word_count;
} column_set;
dbx_status column_set_init(column_set *s, column_id bound, arena *a) MUST_CHECK;
dbx_status column_set_add(column_set *s, column_id id, arena *a) MUST_CHECK; /* grows */
bool column_set_has(const column_set *s, column_id id);
bool column_set_contains(const column_set *outer, const column_set *inner);
bool column_set_intersects(const column_set *x, const column_set *y);
bool column_set_is_empty(const column_set *s);
dbx_status column_set_union(column_set *into, const column_set *from, arena *a) MUST_CHECK;
/* Adds every column that x uses, those of lambda parameters excluded, outer references of
 * subqueries included. */
dbx_status expr_collect_columns(const expr *x, column_set *out, arena *a) MUST_CHECK;

/* ---- rewriting ---- */
/* Calls visit on each node bottom-up with already rewritten children; visit may return the node
 * itself or another one, or NULL for out of memory (or after raising into its own state). Nodes are
 * copied only where changed. */
typedef expr *(*expr_visit)(expr *x, void *state);
expr *expr_rewrite(arena *a, expr *x, expr_visit visit, void *state);
/* Replaces columns: ids[i] by with[i]; plans of subqueries are left alone. */
expr *expr_substitute(arena *a, expr *x, const column_id *ids, expr *const *with, uint32_t count);
expr *expr_copy(arena *a, const expr *x);

/* ---- printing, for EXPLAIN and tests: "(#3 + 1)", names from the callback when given ---- */
typedef string_view (*expr_name_of)(column_id id, void *state);
dbx_status expr_append_text(buffer *out, const expr *x, const query *q, expr_name_of name_of,
                            void *state) MUST_CHECK;

#endif

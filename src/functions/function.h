/* function.h - the function row, and what a kernel is called with.
 *
 * One row declares a function: names, signature, result type, null handling, kernel, documentation,
 * examples. The binder, SHOW/DESCRIBE FUNCTION, completion and the example tests all read it. Rows
 * stand in tables, one `const function_row X_functions[]` a family (math.c, string.c, …), listed in
 * functions/registry.c.
 *
 * SIGNATURES are text, parsed once by signature.h:  "(str string, pos int, [len int]) -> string"
 *   type classes   any, numeric, integral, fractional, decimal, interval, datetime, nested, and
 * every SQL type variables      T, U: the same type wherever they stand, arguments are brought to
 * the common type; array<T>, map<K,V>, struct are patterns [x type]       optional, `x type...` one
 * or more, `[x type...]` any number x lambda(T, [int] -> U)  a lambda by the types of its
 * parameters (optional ones in brackets) and of its result a|b            one of several types [x
 * string = 'X']  optional with a default x const type   must be foldable result         a type, T,
 * array<T>, "same" (first argument's type), or "bind" (the bind function decides)
 *
 * SCALAR KERNEL CONTRACT  kernel(call, args, out): for each active row r (call->sel[0..rows) or
 * 0..rows-1 when sel is NULL) computes out[r]; all vectors share one row numbering. out is FLAT
 * with room for call->row_bound rows. Rows that are not active must not be touched in out, nor may
 * they fail. NULLS_PROPAGATE: the evaluator has set out's NULLs from the arguments and removed
 * these rows from sel, so every active row has valid arguments. A kernel may make more NULLs with
 * fn_set_null. NULLS_AWARE:     the kernel reads validity itself and sets out's. FN_TOTAL: cannot
 * fail and is safe on garbage under NULLs: it is run densely over all rows. args keep the positions
 * of the call: args[i] of a lambda argument is a NULL constant and must not be read. Arguments may
 * have any form but SEQUENCE; fast paths for FLAT and CONSTANT come from kernel templates, the rest
 * reads through vector_view. When every argument is CONSTANT the evaluator calls with one row.
 * Errors: a kernel loop reports the first bad row; the wrapper raises at call->position.
 */
#ifndef DBX_FUNCTIONS_FUNCTION_H
#define DBX_FUNCTIONS_FUNCTION_H

#include "common/query.h"
#include "vector/vector.h"

typedef struct function_row function_row;
typedef struct fn_call fn_call;
typedef struct fn_lambda fn_lambda;

struct fn_call {
    query *query;
    error *err;
    arena *arena;      /* results' strings and nested values; lives as long as the output chunk */
    const void *state; /* what bind returned */
    void *scratch;     /* per worker, zeroed scratch_size bytes; lives as long as the program */
    arena *scratch_arena; /* per worker, same life: caches such as compiled patterns */
    const sel_t *sel;     /* active rows, ascending; NULL: 0..rows-1 */
    uint32_t rows;        /* number of active rows */
    uint32_t row_bound;   /* all row numbers are below it */
    const type *arg_types;
    type result_type;
    fn_lambda *lambdas; /* one per lambda argument, in order */
    span position;
    bool narrow; /* who reads the result takes FN_NARROW layouts */
};

/* A lambda argument. eval computes the body for `rows` rows of parameter vectors; outer_rows[i] is
 * the row of the calling chunk that row i belongs to (for captured columns). out is made by the
 * callee; valid until next eval. */
struct fn_lambda {
    uint32_t param_count;
    type result_type;
    dbx_status (*eval)(fn_lambda *l, fn_call *call, const vector *params, const sel_t *outer_rows,
                       uint32_t rows, vector *out);
    void *program;
};

typedef dbx_status (*scalar_kernel)(fn_call *call, const vector *args, vector *out);

/* ---- aggregates ----
 * A state is state_size bytes (a multiple of 16, zeroed before init). Bigger contents live in
 * call->arena, which lives as long as the aggregation. `states` has one pointer per active row:
 * states[i] belongs to row sel[i]. Rows that the function ignores (NULL arguments, unless
 * NULLS_AWARE) are removed by the caller. */
typedef struct aggregate_kernel {
    uint32_t state_size;
    bool takes_narrow;  /* arguments may be of an FN_NARROW layout */
    bool shares_states; /* updates do not depend on call->state: equal calls share one state */
    void (*init)(void *state); /* NULL: zero is right */
    dbx_status (*update)(fn_call *call, const vector *args, void *const *states);
    /* All active rows into one state; NULL: update is called with equal pointers. */
    dbx_status (*update_single)(fn_call *call, const vector *args, void *state);
    /* Row r < call->rows into states[groups[r]], for few groups; counts[g] rows are of group g.
     * NULL: there is no such loop. *done is false when the values do not suit it. */
    dbx_status (*update_few)(fn_call *call, const vector *args, const uint8_t *groups,
                             const uint32_t *counts, uint32_t group_count, void *const *states,
                             bool *done);
    /* Rows in runs: those before ends[0] into states[0], then those before ends[1] into states[1],
     * …; all rows < call->rows are active. NULL: there is no such loop. */
    dbx_status (*update_runs)(fn_call *call, const vector *args, const uint32_t *ends,
                              uint32_t runs, void *const *states);
    /* Folds from[i] into to[i]; `from` is dead afterwards. Contents of from live as long as those
     * of to. */
    dbx_status (*combine)(fn_call *call, void *const *from, void *const *to, uint32_t count);
    /* Results of states[0..count) into rows at.. of out (FLAT); sets NULLs itself. */
    dbx_status (*finalize)(fn_call *call, void *const *states, uint32_t count, vector *out,
                           uint32_t at);
    /* For spilling states with contents; NULL: the state's bytes are all there is. */
    dbx_status (*write)(const void *state, buffer *out);
    dbx_status (*read)(fn_call *call, const char *bytes, size_t size, void *state);
} aggregate_kernel;

/* ---- generators: explode, inline, stack, … ---- */
typedef struct generator_kernel {
    /* Number of rows that each active row gives. */
    dbx_status (*count)(fn_call *call, const vector *args, uint32_t *counts);
    /* Writes output rows [first, first + n) of input row `row` to rows at.. of the result columns.
     */
    dbx_status (*emit)(fn_call *call, const vector *args, uint32_t row, uint32_t first, uint32_t n,
                       vector *outs, uint32_t at);
} generator_kernel;

/* ---- window-only functions; the window operator implements these ---- */
typedef enum window_function {
    WINDOW_NONE,
    WINDOW_ROW_NUMBER,
    WINDOW_RANK,
    WINDOW_DENSE_RANK,
    WINDOW_PERCENT_RANK,
    WINDOW_CUME_DIST,
    WINDOW_NTILE,
    WINDOW_LAG,
    WINDOW_LEAD,
    WINDOW_FIRST_VALUE,
    WINDOW_LAST_VALUE,
    WINDOW_NTH_VALUE,
} window_function;

/* ---- binding ---- */
typedef struct fn_bind {
    /* given */
    const function_row *row;
    arena *arena;
    query *query; /* settings: ANSI, time zone */
    error *err;
    span position;
    uint32_t arg_count;
    const vector *const
        *constants; /* per argument: its value when foldable (CONSTANT vector), else NULL */
    const span *arg_positions;
    const bool *arg_nullable;
    const bool *arg_literal;    /* per argument: a literal, not merely foldable */
    const string_view *arg_sql; /* per argument: its text, for errors */
    bool distinct;
    /* given as they are after signature matching; bind may change them, and the binder adds casts
     */
    type *arg_types;
    /* to fill; preset from the row */
    type result;
    bool nullable;
    scalar_kernel kernel;
    const aggregate_kernel *aggregate;
    const generator_kernel *generator;
    const type_field *generator_fields; /* GENERATOR: result columns */
    uint32_t generator_field_count;
    const void *state; /* from the arena; immutable, derived only from types and constants */
    uint32_t scratch_size;
} fn_bind;

typedef enum function_kind {
    FUNCTION_SCALAR,
    FUNCTION_AGGREGATE,
    FUNCTION_WINDOW,
    FUNCTION_GENERATOR
} function_kind;

enum {
    NULLS_PROPAGATE = 0,
    NULLS_AWARE = 1 << 0,
    FN_TOTAL = 1 << 1,           /* cannot fail, safe on garbage */
    FN_VOLATILE = 1 << 2,        /* rand(), uuid(): never folded, never merged */
    FN_QUERY_STABLE = 1 << 3,    /* current_date(): one value a statement; folded */
    FN_NEVER_NULL = 1 << 4,      /* result is not NULL even when arguments are */
    FN_ALWAYS_NULLABLE = 1 << 5, /* may be NULL for valid arguments */
    FN_ORDER_SENSITIVE = 1 << 6, /* aggregate depends on input order: first, collect_list */
    FN_DISTINCT_FREE = 1 << 7,   /* aggregate ignores DISTINCT: min, max, bool_and */
    FN_NEVER_FAILS =
        1 << 9, /* no error for any valid arguments, but not safe on garbage: may be reordered */
    FN_SPECULATIVE =
        1 << 10, /* may fail, but is safe on garbage: the evaluator may run it over more rows than
                  * asked for (call->err is NULL then), and over these again if that fails */
    FN_NARROW = 1 << 11, /* takes arguments of 128-bit layout whose data are int64 (vector.phys says
                          * so), and may give such a result where fn_call.narrow allows it */
    FN_INTERNAL = 1 << 8, /* operators and helpers; not in SHOW FUNCTIONS */
    /* Collations. Arguments with strings are brought to one collation by the binder: all of them,
     * or those at even and at odd places apart. */
    FN_COLLATES = 1 << 11,
    FN_COLLATES_PAIRS = 1 << 12,
    FN_COLLATED = 1 << 13,    /* strings of the result have the collation of the first argument that
                               * is a string */
    FN_DETERMINATE = 1 << 14, /* strings must have one known collation */
    FN_SEARCHES = 1 << 15,    /* refuses collations that only mind case (CS_AI) */
    FN_REPLACED = 1 << 17,    /* generated names show the arguments as they were written, collations
                               * apart */
    FN_LCASE = 1 << 16,       /* refuses all but UTF8_BINARY and UTF8_LCASE */
};

/* What the optimizer must recognize without knowing names. */
typedef enum function_op {
    OP_NONE,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_EQ_NULL_SAFE,
    OP_IS_NULL,
    OP_IS_NOT_NULL,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_NEGATE,
    OP_LIKE,
    OP_COALESCE,
    OP_STARTS_WITH,
    OP_COUNT_STAR,
    OP_COUNT,
    OP_SUM,
    OP_MIN,
    OP_MAX,
    OP_AVG,
    OP_FIRST,
    OP_ANY_VALUE,
    OP_STRUCT_FIELD,
    OP_NAMED_STRUCT,
    OP_IF,
    OP_NVL2, /* with OP_COALESCE: the evaluator runs only the arguments that are needed */
} function_op;

struct function_row {
    const char *name; /* as generated column names print it ("SQRT"); SHOW FUNCTIONS prints it in
                         lower case */
    const char
        *aliases; /* comma-separated or NULL: names that generated column names replace by `name` */
    const char *signature;
    uint8_t kind;         /* function_kind */
    uint8_t op;           /* function_op */
    uint8_t window;       /* window_function */
    uint32_t flags;       /* NULLS_* and FN_* */
    scalar_kernel kernel; /* SCALAR; may be NULL when bind sets it */
    const aggregate_kernel *aggregate;
    const generator_kernel *generator;
    dbx_status (*bind)(fn_bind *b); /* may be NULL */
    const char *category;           /* "string", "math", … for documentation */
    const char *doc;                /* one line */
    const char
        *examples; /* "upper('a') => A; upper(NULL) => NULL": run by the tests; may be NULL */
};

/* Overloads are adjacent rows of one name, in order of preference; ASCII case is ignored, aliases
 * are names too. Returns the first row and their number; NULL when unknown. */
const function_row *function_lookup(string_view name, uint32_t *count);
/* All rows in the registry, families in order; NULL past the end. */
const function_row *function_at(uint32_t index);
/* Names close to a misspelt one, best first; at most max. */
uint32_t function_suggest(string_view name, const char **out, uint32_t max);

/* Makes out[row] NULL. DBX_NOMEM when the bitmap cannot be had. */
dbx_status fn_set_null(fn_call *call, vector *out, uint32_t row) MUST_CHECK;

/* Loops `for each active row r`; body uses r. */
#define FN_FOR_EACH_ROW(call, r)                                                                   \
    for (uint32_t r##_i = 0, r = (call)->rows ? ((call)->sel ? (call)->sel[0] : 0) : 0;            \
         r##_i < (call)->rows;                                                                     \
         r##_i++, r = r##_i < (call)->rows ? ((call)->sel ? (call)->sel[r##_i] : r##_i) : 0)

#endif

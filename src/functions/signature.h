/* signature.h - from a name and argument types to one function row, bound.
 *
 * The binder, rules that make calls (expr_call_new) and tests enter here:
 *
 *     function_match m = {.arena = a, .query = q, .err = err, .position = s, .name = SV("substr"),
 *                         .arg_count = 2, .arg_types = types, .arg_nullable = nullable};
 *     rows = function_lookup(m.name, &count);                     // NULL: UNRESOLVED_ROUTINE is
 * the caller's TRY(function_match_row(&m, rows, count)); if (m.lambda_count > 0) { // bind bodies
 * with m.lambda_params[i], then … m.arg_types[i] = body's type; m.arg_nullable[i] = …;  // i is an
 * index into the caller's arguments
 *     }
 *     TRY(function_match_bind(&m));
 *     // m.bind is filled: row, kernel, state, result, nullable. For each i in [0,
 * m.bind.arg_count):
 *     //   m.source[i] is the caller's argument, or FUNCTION_ARG_DEFAULT (a STRING constant
 * m.defaults[i]) or
 *     //   FUNCTION_ARG_NULL (an optional one left out before a named one);
 *     //   it is cast (cast_bind, mode of the query) where its type is not m.bind.arg_types[i].
 *
 * How a row is chosen: overloads whose arity, names and lambdas fit are tried in order; the one
 * that needs the fewest implicit casts wins, the first of equals. Implicit casts follow Spark's
 * ANSI or legacy rules (cast_implicit_allowed). When none fits, the error is that of the first row
 * that fits by arity. bind may replace m.bind.row by another row of the same name (other flags or
 * kernels): use m.bind.row.
 */
#ifndef DBX_FUNCTIONS_SIGNATURE_H
#define DBX_FUNCTIONS_SIGNATURE_H

#include "functions/function.h"

enum {
    FUNCTION_ARGS_MAX = 4096,
    FUNCTION_ARG_DEFAULT = UINT32_MAX - 1,
    FUNCTION_ARG_NULL = UINT32_MAX,
};

/* ---- parsed signatures ---- */

typedef enum signature_kind {
    SIGNATURE_TYPE,     /* exactly `type` */
    SIGNATURE_CLASS,    /* a set of types: numeric, any, … */
    SIGNATURE_VARIABLE, /* T */
    SIGNATURE_ARRAY,    /* children[0] */
    SIGNATURE_MAP,      /* children[0], children[1] */
    SIGNATURE_STRUCT,
    SIGNATURE_UNION,  /* one of children */
    SIGNATURE_LAMBDA, /* children: parameters, then the result */
    SIGNATURE_SAME,   /* result: the first argument's type */
    SIGNATURE_BIND,   /* result: bind decides */
} signature_kind;

typedef enum type_class {
    CLASS_ANY,
    CLASS_NUMERIC,
    CLASS_INTEGRAL,
    CLASS_FRACTIONAL,
    CLASS_DECIMAL,
    CLASS_INTERVAL,
    CLASS_DATETIME,
    CLASS_NESTED,
    CLASS_COUNT
} type_class;

typedef struct signature_type signature_type;
struct signature_type {
    uint8_t kind;       /* signature_kind */
    uint8_t type_class; /* SIGNATURE_CLASS */
    uint8_t variable;   /* SIGNATURE_VARIABLE: its letter */
    uint8_t lambda_min; /* SIGNATURE_LAMBDA: parameters that must be there; lambda_max = child_count
                           - 1 */
    type type;
    uint32_t child_count;
    signature_type *children;
};

typedef struct signature_param {
    string_view name;
    signature_type type;
    bool optional;
    bool variadic; /* the last; takes one or more (optional: any number) */
    bool constant;
    string_view default_text; /* [x string = 'X']: a string constant put in when left out; data NULL
                                 when none */
} signature_param;

typedef struct signature {
    signature_param *params;
    uint32_t count;
    uint32_t min_args;
    uint32_t max_args; /* UINT32_MAX when variadic */
    signature_type result;
} signature;

/* Parses a row's signature text. A malformed one is INTERNAL_ERROR: rows are checked by the unit
 * tests. */
dbx_status signature_parse(arena *a, const function_row *row, signature *out,
                           error *err) MUST_CHECK;

/* ---- matching ---- */

typedef struct function_match function_match;
struct function_match {
    /* ---- given ---- */
    arena *arena; /* outlives the bound call */
    query *query;
    error *err;
    span position;
    string_view name; /* as written, for errors */
    uint32_t arg_count;
    type *arg_types; /* TYPE_VOID for a bare NULL; a lambda's is its body's type, filled before bind
                      */
    bool *arg_nullable;           /* NULL: all nullable */
    const string_view *arg_names; /* named arguments; size 0: positional. NULL: none is named */
    const vector *const
        *constants;            /* values of foldable arguments, else NULL. NULL: none is known */
    const bool *arg_literal;   /* is a literal, not merely foldable (decimal rules). NULL: every
                                  constant is */
    const span *arg_positions; /* may be NULL */
    const uint8_t
        *lambda_arity; /* parameters of a lambda argument; 0: an expression. NULL: no lambdas */
    const string_view
        *arg_sql; /* texts of arguments for errors; NULL: cut from query->sql by position */
    bool distinct;

    /* ---- after function_match_row ---- */
    uint32_t lambda_count; /* lambda arguments */
    type **lambda_params;  /* per caller's argument: parameter types, NULL when not a lambda */

    /* ---- after function_match_bind ---- */
    fn_bind bind;
    uint32_t *source;      /* per bind argument */
    string_view *defaults; /* per bind argument: text when source is FUNCTION_ARG_DEFAULT */

    /* ---- private ---- */
    const function_row *row;
    signature signature;
    const signature_param **params; /* per bind argument */
    type variables[26];
    bool variable_bound[26];
};

/* Chooses the row. Raises WRONG_NUM_ARGS, DATATYPE_MISMATCH.*, named-argument errors. */
dbx_status function_match_row(function_match *m, const function_row *rows,
                              uint32_t count) MUST_CHECK;
/* Resolves types and calls the row's bind. */
dbx_status function_match_bind(function_match *m) MUST_CHECK;

/* ---- for bind functions ---- */

/* The collation of a name, loaded. Raises COLLATION_INVALID_NAME. */
dbx_status fn_bind_collation(query *q, string_view name, span position, uint16_t *id,
                             error *err) MUST_CHECK;

/* Raises DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE for argument i: `required` is text such as
 * "\"INT\"". */
dbx_status fn_bind_unexpected_type(fn_bind *b, uint32_t i, const char *required) MUST_CHECK;
/* Raises DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES / BINARY_OP_WRONG_TYPE for a two-argument operator.
 */
dbx_status fn_bind_different_types(fn_bind *b) MUST_CHECK;
dbx_status fn_bind_wrong_operand(fn_bind *b, const char *required) MUST_CHECK;
/* Raises DATATYPE_MISMATCH.DATA_DIFF_TYPES: all arguments should be of one type. */
dbx_status fn_bind_data_different_types(fn_bind *b) MUST_CHECK;
/* Text of argument i, and of the whole call: "(a + b)", "round(x, 2)". From the arena; "" when out
 * of memory. */
const char *fn_bind_arg_sql(fn_bind *b, uint32_t i);
const char *fn_bind_sql(fn_bind *b);
/* Brings arguments [from, to) to their common type, or raises DATA_DIFF_TYPES. *out gets it. */
dbx_status fn_bind_common_type(fn_bind *b, uint32_t from, uint32_t to, type *out) MUST_CHECK;
/* Integer value of constant argument i; false when it is not constant, NULL, or not an integer
 * type. */
bool fn_bind_constant_int(const fn_bind *b, uint32_t i, int64_t *out);
/* Text of constant STRING argument i; false when it is not constant or NULL. */
bool fn_bind_constant_string(const fn_bind *b, uint32_t i, string_view *out);

#endif

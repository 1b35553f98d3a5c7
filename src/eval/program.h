/* program.h - bound expressions compiled to linear programs of kernel calls over registers
 * (vectors).
 *
 * A program is made once per operator and is immutable; an `evaluator` holds the registers, scratch
 * and arena of one worker. Common subexpressions are computed once; CASE, AND and OR evaluate their
 * parts only for the rows that need them, through selections: all registers of a chunk share one
 * row numbering and no row is moved. A call whose argument is a stable dictionary and is otherwise
 * constant runs once per dictionary entry.
 */
#ifndef DBX_EVAL_PROGRAM_H
#define DBX_EVAL_PROGRAM_H

#include "plan/expr.h"

typedef struct program program;
typedef struct evaluator evaluator;

/* Compiles `count` expressions over EXPR_SLOT inputs into one program; allocates from the arena. */
dbx_status program_compile(arena *a, query *q, expr *const *exprs, uint32_t count,
                           const program **out, error *err) MUST_CHECK;
/* The same; narrow[i] says that who reads result i takes FN_NARROW layouts (function.h): its
 * vector's phys tells how the values lie. */
dbx_status program_compile_narrow(arena *a, query *q, expr *const *exprs, uint32_t count,
                                  const bool *narrow, const program **out, error *err) MUST_CHECK;
/* One worker's state. chunk_rows bounds the rows of inputs (usually CHUNK_ROWS_MAX). */
dbx_status evaluator_new(const program *p, query *q, ledger *l, uint32_t chunk_rows,
                         evaluator **out, error *err) MUST_CHECK;
void evaluator_free(evaluator *e);

/* Computes every expression for the rows of `input` (sel: only these rows; other rows of the
 * results are unspecified). results[i] borrows from the evaluator or the input until the next call.
 */
dbx_status evaluator_run(evaluator *e, const chunk *input, const sel_t *sel, uint32_t rows,
                         vector *results, error *err) MUST_CHECK;
/* The program's expressions are conjuncts: writes the rows that satisfy all (TRUE, not NULL) to
 * out_sel, ascending, and their number to *out_rows. Reorders conjuncts by measured cost and
 * selectivity, never one that can fail before one that guards it. */
dbx_status evaluator_filter(evaluator *e, const chunk *input, const sel_t *sel, uint32_t rows,
                            sel_t *out_sel, uint32_t *out_rows, error *err) MUST_CHECK;

/* Evaluates an expression without columns to a CONSTANT vector in the arena; a volatile function
 * gives one of its values. */
dbx_status expr_fold(arena *a, query *q, const expr *x, const vector **out, error *err) MUST_CHECK;

#endif

/* operators.c - the table of operators.def. A kind without a row raises UNSUPPORTED_FEATURE when it
 * is started. */
#include "exec/operators.h"

static dbx_status operator_none_state_new(exec *x, const phys_op *op, op_state **out, error *err) {
    (void)x;
    *out = NULL;
    return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                       op_name_of((phys_kind)op->kind), NULL);
}
static dbx_status operator_none_push(exec_worker *w, op_state *s, op_local *l, const chunk *in,
                                     error *err) {
    (void)w, (void)s, (void)l, (void)in;
    return error_raise(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature", "this operator",
                       NULL);
}
static dbx_status operator_none_read(exec_worker *w, op_state *s, op_local *l, const chunk **out,
                                     error *err) {
    *out = NULL;
    return operator_none_push(w, s, l, NULL, err);
}

static const op_vtab operator_none_vtab = {
    .state_new = operator_none_state_new,
    .read = operator_none_read,
    .push = operator_none_push,
    .sink = operator_none_push,
};

static const op_vtab *const operator_vtabs[PHYS_OP_KIND_COUNT] = {
#define OPERATOR(kind, vtab) [PHYS_OP_##kind] = &vtab,
#include "exec/operators.def"
#undef OPERATOR
};

static const char *const operator_names[PHYS_OP_KIND_COUNT] = {
    [PHYS_OP_SCAN] = "SCAN",
    [PHYS_OP_VALUES] = "VALUES",
    [PHYS_OP_FILTER] = "FILTER",
    [PHYS_OP_PROJECT] = "PROJECT",
    [PHYS_OP_LIMIT] = "LIMIT",
    [PHYS_OP_SAMPLE] = "SAMPLE",
    [PHYS_OP_HASH_AGGREGATE] = "HASH_AGGREGATE",
    [PHYS_OP_UNGROUPED_AGGREGATE] = "UNGROUPED_AGGREGATE",
    [PHYS_OP_HASH_JOIN] = "HASH_JOIN",
    [PHYS_OP_NESTED_LOOP_JOIN] = "NESTED_LOOP_JOIN",
    [PHYS_OP_SORT] = "SORT",
    [PHYS_OP_TOP_N] = "TOP_N",
    [PHYS_OP_WINDOW] = "WINDOW",
    [PHYS_OP_UNION_ALL] = "UNION_ALL",
    [PHYS_OP_SET_OP] = "SET_OP",
    [PHYS_OP_GENERATE] = "GENERATE",
    [PHYS_OP_MATERIALIZE] = "MATERIALIZE",
    [PHYS_OP_MATERIALIZED_SCAN] = "MATERIALIZED_SCAN",
    [PHYS_OP_RECURSIVE] = "RECURSIVE",
    [PHYS_OP_RECURSIVE_SCAN] = "RECURSIVE_SCAN",
    [PHYS_OP_WRITE] = "WRITE",
    [PHYS_OP_RESULT] = "RESULT",
};

const op_vtab *op_vtab_of(phys_kind kind) {
    assert(kind < PHYS_OP_KIND_COUNT);
    return operator_vtabs[kind] != NULL ? operator_vtabs[kind] : &operator_none_vtab;
}

const char *op_name_of(phys_kind kind) {
    assert(kind < PHYS_OP_KIND_COUNT);
    return operator_names[kind];
}

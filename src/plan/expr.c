/* expr.c - making bound expressions and asking about them. See expr.h. */
#include "plan/expr.h"

#include "functions/signature.h"
#include "plan/logical.h"

/* ---- making ---------------------------------------------------------------------------------- */

expr *expr_new(arena *a, expr_kind kind, type t, bool nullable, span s, uint32_t arg_count) {
    expr *x = ARENA_NEW(a, expr);
    if (x == NULL) return NULL;
    x->kind = (uint8_t)kind;
    x->nullable = nullable;
    x->type = t;
    x->span = s;
    x->arg_count = arg_count;
    if (arg_count == 0) return x;
    x->args = ARENA_ARRAY(a, expr *, arg_count);
    return x->args != NULL ? x : NULL;
}

expr *expr_constant(arena *a, const vector *value, span s) {
    assert(value->form == VECTOR_CONSTANT);
    expr *x = expr_new(a, EXPR_CONSTANT, value->type, vector_is_null(value, 0), s, 0);
    if (x != NULL) x->u.value = value;
    return x;
}

static vector *expr_constant_vector(arena *a, type t) {
    vector *v = ARENA_NEW(a, vector);
    if (v == NULL || vector_init(v, t, 1, a) != DBX_OK) return NULL;
    v->form = VECTOR_CONSTANT;
    return v;
}

expr *expr_constant_bool(arena *a, bool value, span s) {
    vector *v = expr_constant_vector(a, type_simple(TYPE_BOOLEAN));
    if (v == NULL) return NULL;
    *VECTOR_DATA(v, uint8_t) = value;
    return expr_constant(a, v, s);
}

expr *expr_constant_int64(arena *a, type t, int64_t value, span s) {
    vector *v = expr_constant_vector(a, t);
    if (v == NULL) return NULL;
    switch (v->phys) {
    case PHYS_INT8:
        *VECTOR_DATA(v, int8_t) = (int8_t)value;
        break;
    case PHYS_INT16:
        *VECTOR_DATA(v, int16_t) = (int16_t)value;
        break;
    case PHYS_INT32:
        *VECTOR_DATA(v, int32_t) = (int32_t)value;
        break;
    default:
        assert(v->phys == PHYS_INT64);
        *VECTOR_DATA(v, int64_t) = value;
    }
    return expr_constant(a, v, s);
}

expr *expr_constant_string(arena *a, string_view value, span s) {
    vector *v = expr_constant_vector(a, type_simple(TYPE_STRING));
    string_view copy = arena_copy_string(a, value);
    if (v == NULL || copy.data == NULL) return NULL;
    *VECTOR_DATA(v, vstring) = vstring_from(copy.data, copy.size);
    return expr_constant(a, v, s);
}

expr *expr_constant_null(arena *a, type t, span s) {
    vector *v = ARENA_NEW(a, vector);
    if (v == NULL) return NULL;
    v->type = t;
    v->phys = (uint8_t)type_physical(t);
    if (vector_set_constant_null(v, a) != DBX_OK) return NULL;
    return expr_constant(a, v, s);
}

expr *expr_column(arena *a, column_id id, type t, bool nullable, span s) {
    assert(id != 0);
    expr *x = expr_new(a, EXPR_COLUMN, t, nullable, s, 0);
    if (x != NULL) x->u.column = id;
    return x;
}

expr *expr_and(arena *a, expr *const *items, uint32_t count) {
    if (count == 0) return expr_constant_bool(a, true, (span){0, 0});
    if (count == 1) return items[0];
    expr *x = expr_new(a, EXPR_AND, type_simple(TYPE_BOOLEAN), false, (span){0, 0}, count);
    if (x == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        x->args[i] = items[i];
        x->nullable = x->nullable || items[i]->nullable;
        x->span = span_join(x->span, items[i]->span);
    }
    return x;
}

dbx_status expr_cast_new(arena *a, query *q, expr *arg, type to, cast_mode mode, span s, expr **out,
                         error *err) {
    if (type_equal(arg->type, to)) {
        *out = arg;
        return DBX_OK;
    }
    if (arg->type.id == TYPE_VOID && arg->kind == EXPR_CONSTANT) {
        *out = expr_constant_null(a, to, s);
        return *out != NULL ? DBX_OK : error_nomem(err);
    }
    expr *x = expr_new(a, EXPR_CAST, to, arg->nullable, s, 1);
    if (x == NULL) return error_nomem(err);
    x->args[0] = arg;
    x->u.cast.mode = mode;
    TRY(cast_bind(a, q, arg->type, to, mode, s, &x->u.cast.kernel, &x->u.cast.state,
                  &x->u.cast.can_fail, err));
    if (mode != CAST_ANSI && x->u.cast.can_fail) x->nullable = true;
    *out = x;
    return DBX_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static dbx_status expr_call_arg(arena *a, query *q, const function_match *m, uint32_t i,
                                expr *const *args, span s, expr **out, error *err) {
    expr *arg = NULL;
    type wanted = m->bind.arg_types[i];
    if (m->source[i] == FUNCTION_ARG_NULL)
        arg = expr_constant_null(a, wanted, s);
    else if (m->source[i] == FUNCTION_ARG_DEFAULT)
        arg = expr_constant_string(a, m->defaults[i], s);
    else
        arg = args[m->source[i]];
    if (arg == NULL) return error_nomem(err);
    *out = arg;
    if (arg->kind == EXPR_LAMBDA) return DBX_OK;
    cast_mode mode = q->settings->ansi ? CAST_ANSI : CAST_LEGACY;
    return expr_cast_new(a, q, arg, wanted, mode, arg->span, out, err);
}

dbx_status expr_call_bound(arena *a, query *q, const function_match *m, expr *const *args, span s,
                           expr **out, error *err) {
    const fn_bind *b = &m->bind;
    expr *x = expr_new(a, EXPR_CALL, b->result, b->nullable, s, b->arg_count);
    if (x == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < b->arg_count; i++)
        TRY(expr_call_arg(a, q, m, i, args, s, &x->args[i], err));
    x->u.call = (expr_call){
        .row = b->row, .kernel = b->kernel, .state = b->state, .scratch_size = b->scratch_size};
    *out = x;
    return DBX_OK;
}

dbx_status expr_call_new(arena *a, query *q, const char *name, expr *const *args, uint32_t count,
                         span s, expr **out, error *err) {
    function_match m = {.arena = a,
                        .query = q,
                        .err = err,
                        .position = s,
                        .name = sv_from(name),
                        .arg_count = count};
    m.arg_types = ARENA_ARRAY(a, type, MAX(count, 1));
    m.arg_nullable = ARENA_ARRAY(a, bool, MAX(count, 1));
    uint8_t *arity = ARENA_ARRAY(a, uint8_t, MAX(count, 1));
    const vector **constants = ARENA_ARRAY(a, const vector *, MAX(count, 1));
    if (m.arg_types == NULL || m.arg_nullable == NULL || arity == NULL || constants == NULL)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        m.arg_types[i] = args[i]->type;
        m.arg_nullable[i] = args[i]->nullable;
        if (args[i]->kind == EXPR_CONSTANT) constants[i] = args[i]->u.value;
        if (args[i]->kind == EXPR_LAMBDA) arity[i] = (uint8_t)args[i]->u.lambda.param_count;
    }
    m.constants = constants;
    m.lambda_arity = arity;
    uint32_t row_count;
    const function_row *rows = function_lookup(m.name, &row_count);
    if (rows == NULL)
        return error_raisef(err, ERR_INTERNAL_ERROR, s, "message", "no function is named %s", name);
    TRY(function_match_row(&m, rows, row_count));
    TRY(function_match_bind(&m));
    return expr_call_bound(a, q, &m, args, s, out, err);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Flags of the function that a node calls; 0 for others. */
static uint32_t expr_function_flags(const expr *x) {
    switch (x->kind) {
    case EXPR_CALL:
        return x->u.call.row->flags;
    case EXPR_AGGREGATE:
        return x->u.aggregate.row->flags;
    case EXPR_WINDOW:
        return x->u.window.row->flags;
    default:
        return 0;
    }
}

bool expr_is_volatile(const expr *x) {
    if (expr_function_flags(x) & FN_VOLATILE) return true;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (expr_is_volatile(x->args[i])) return true;
    }
    return false;
}

/* Parameters of the lambdas around a place. */
typedef struct expr_scope {
    const struct expr_scope *outer;
    const expr *lambda;
} expr_scope;

static bool expr_scope_has(const expr_scope *scope, column_id id) {
    for (; scope != NULL; scope = scope->outer) {
        for (uint32_t i = 0; i < scope->lambda->u.lambda.param_count; i++) {
            if (scope->lambda->u.lambda.params[i] == id) return true;
        }
    }
    return false;
}

static bool expr_is_foldable_in(const expr *x, const expr_scope *scope) {
    expr_scope inner = {scope, x};
    switch (x->kind) {
    case EXPR_COLUMN:
        return expr_scope_has(scope, x->u.column);
    case EXPR_SLOT:
    case EXPR_PARAMETER:
    case EXPR_SUBQUERY:
    case EXPR_AGGREGATE:
    case EXPR_WINDOW:
        return false;
    case EXPR_LAMBDA:
        scope = &inner;
        break;
    default:
        break;
    }
    if (expr_function_flags(x) & FN_VOLATILE) return false;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (!expr_is_foldable_in(x->args[i], scope)) return false;
    }
    return true;
}

bool expr_is_foldable(const expr *x) {
    return x->kind != EXPR_LAMBDA && expr_is_foldable_in(x, NULL);
}

bool expr_can_fail(const expr *x) {
    switch (x->kind) {
    case EXPR_CALL:
        if (!(x->u.call.row->flags & (FN_TOTAL | FN_NEVER_FAILS))) return true;
        break;
    case EXPR_CAST:
        if (x->u.cast.can_fail && x->u.cast.mode == CAST_ANSI) return true;
        break;
    case EXPR_AGGREGATE:
    case EXPR_WINDOW:
    case EXPR_SUBQUERY:
        return true;
    default:
        break;
    }
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (expr_can_fail(x->args[i])) return true;
    }
    return false;
}

function_op expr_op(const expr *x) {
    return x->kind == EXPR_CALL ? (function_op)x->u.call.row->op : OP_NONE;
}

bool expr_is_constant_true(const expr *x) {
    return x->kind == EXPR_CONSTANT && x->type.id == TYPE_BOOLEAN &&
           !vector_is_null(x->u.value, 0) && *VECTOR_DATA(x->u.value, uint8_t) != 0;
}

bool expr_is_null_or_false(const expr *x) {
    if (x->kind != EXPR_CONSTANT) return false;
    if (vector_is_null(x->u.value, 0)) return true;
    return x->type.id == TYPE_BOOLEAN && *VECTOR_DATA(x->u.value, uint8_t) == 0;
}

static dbx_status expr_collect_in(const expr *x, const expr_scope *scope, column_set *out,
                                  arena *a) {
    expr_scope inner = {scope, x};
    switch (x->kind) {
    case EXPR_COLUMN:
        return expr_scope_has(scope, x->u.column) ? DBX_OK : column_set_add(out, x->u.column, a);
    case EXPR_LAMBDA:
        scope = &inner;
        break;
    case EXPR_SUBQUERY:
        TRY(plan_free_columns(x->u.subquery.plan, out, a));
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(expr_collect_in(x->args[i], scope, out, a));
    if (x->kind == EXPR_WINDOW) {
        const window_frame *frame = &x->u.window.frame;
        if (frame->start_offset != NULL) TRY(expr_collect_in(frame->start_offset, scope, out, a));
        if (frame->end_offset != NULL) TRY(expr_collect_in(frame->end_offset, scope, out, a));
    }
    return DBX_OK;
}

dbx_status expr_collect_columns(const expr *x, column_set *out, arena *a) {
    return expr_collect_in(x, NULL, out, a);
}

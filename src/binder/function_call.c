/* function_call.c - calls: finding the row, matching arguments, lambdas, and the functions that are
 * syntax.
 *
 * A call is matched by functions/signature.h in two steps, between which lambda bodies are bound
 * with the parameter types that the first step found. Functions that must not evaluate all their
 * arguments (if, nullif, …) become CASE.
 */
#include "binder/binder_int.h"

/* ---- matching ---- */

static dbx_status call_prepare(binder *b, const call_shape *c, function_match *m) {
    uint32_t n = c->count;
    memset(m, 0, sizeof(*m));
    m->arena = b->arena;
    m->query = b->query;
    m->err = b->err;
    m->position = binder_span(b, c->span);
    m->name = c->name;
    m->arg_count = n;
    m->distinct = c->distinct;
    m->arg_names = c->names;
    m->arg_types = ARENA_ARRAY(b->arena, type, n + 1);
    m->arg_nullable = ARENA_ARRAY(b->arena, bool, n + 1);
    const vector **constants = ARENA_ARRAY(b->arena, const vector *, n + 1);
    bool *literal = ARENA_ARRAY(b->arena, bool, n + 1);
    span *positions = ARENA_ARRAY(b->arena, span, n + 1);
    uint8_t *arity = ARENA_ARRAY(b->arena, uint8_t, n + 1);
    if (m->arg_types == NULL || m->arg_nullable == NULL || constants == NULL || literal == NULL ||
        positions == NULL || arity == NULL)
        return binder_nomem(b);
    for (uint32_t i = 0; i < n; i++) {
        const expr *e = c->args[i];
        if (e == NULL) { /* a lambda */
            const ast_lambda *l = AST_AS(ast_lambda, c->asts[i]);
            arity[i] = (uint8_t)MIN(l->parameters.count, 255u);
            positions[i] = binder_node_span(b, &l->node);
            m->lambda_arity = arity;
            continue;
        }
        m->arg_types[i] = e->type;
        m->arg_nullable[i] = e->nullable;
        constants[i] = bind_try_fold(b, e);
        literal[i] = e->kind == EXPR_CONSTANT && binder_note_of(b, e) == NULL;
        positions[i] = e->span;
    }
    m->constants = constants;
    m->arg_literal = literal;
    m->arg_positions = positions;
    return DBX_OK;
}

static dbx_status call_bind_lambda(binder *b, const ast_lambda *l, const type *param_types,
                                   expr **out) {
    uint32_t n = l->parameters.count;
    column_id *ids = ARENA_ARRAY(b->arena, column_id, n + 1);
    expr *body;
    if (ids == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = plan_new_column(b->plan);
        for (uint32_t k = 0; k < i; k++) {
            if (!binder_same_name(b, l->parameters.items[i].text, l->parameters.items[k].text))
                continue;
            return error_raise(b->err, ERR_INVALID_LAMBDA_FUNCTION_CALL__DUPLICATE_ARG_NAMES,
                               binder_node_span(b, &l->node), "args",
                               binder_cstr(b, l->parameters.items[i].text), "caseSensitiveConfig",
                               "\"spark.sql.caseSensitive\"", NULL);
        }
    }
    lambda_frame frame = {
        .next = b->lambdas, .names = &l->parameters, .ids = ids, .types = param_types, .count = n};
    b->lambdas = &frame;
    dbx_status status = bind_expr(b, l->body, &body);
    b->lambdas = frame.next;
    TRY(status);
    expr *e = expr_new(b->arena, EXPR_LAMBDA, body->type, body->nullable,
                       binder_node_span(b, &l->node), 1);
    if (e == NULL) return binder_nomem(b);
    e->args[0] = body;
    e->u.lambda.params = ids;
    e->u.lambda.param_types = param_types;
    e->u.lambda.param_count = n;
    *out = e;
    return DBX_OK;
}

/* An expression as a lambda that ignores its parameters. */
static dbx_status call_implicit_lambda(binder *b, const type *param_types, uint32_t count,
                                       expr **arg) {
    expr *body = *arg;
    column_id *ids = ARENA_ARRAY(b->arena, column_id, count + 1);
    expr *e = expr_new(b->arena, EXPR_LAMBDA, body->type, body->nullable, body->span, 1);
    if (ids == NULL || e == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < count; i++) ids[i] = plan_new_column(b->plan);
    e->args[0] = body;
    e->u.lambda.params = ids;
    e->u.lambda.param_types = param_types;
    e->u.lambda.param_count = count;
    *arg = e;
    return DBX_OK;
}

/* Fewest parameters of the lambda that the caller's argument stands for. */
static uint32_t call_lambda_parameters(const function_match *m, uint32_t arg) {
    for (uint32_t i = 0; i < m->bind.arg_count; i++) {
        if (m->source[i] == arg) return m->params[i]->type.lambda_min;
    }
    return 1;
}

dbx_status bind_match(binder *b, call_shape *c, const function_row *rows, uint32_t row_count,
                      function_match *m) {
    TRY(bind_call_collations(b, c, rows));
    TRY(call_prepare(b, c, m));
    TRY(function_match_row(m, rows, row_count));
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->args[i] != NULL) {
            if (m->lambda_params[i] != NULL) {
                TRY(call_implicit_lambda(b, m->lambda_params[i], call_lambda_parameters(m, i),
                                         &c->args[i]));
            }
            continue;
        }
        TRY(call_bind_lambda(b, AST_AS(ast_lambda, c->asts[i]), m->lambda_params[i], &c->args[i]));
        m->arg_types[i] = c->args[i]->type;
        m->arg_nullable[i] = c->args[i]->nullable;
    }
    return function_match_bind(m);
}

static dbx_status call_cast_lambda(binder *b, expr *lambda, type to, expr **out) {
    expr *body;
    if (type_equal(lambda->type, to) || to.id == TYPE_VOID) {
        *out = lambda;
        return DBX_OK;
    }
    TRY(bind_cast(b, lambda->args[0], to, &body));
    expr *e = expr_new(b->arena, EXPR_LAMBDA, to, body->nullable, lambda->span, 1);
    if (e == NULL) return binder_nomem(b);
    e->args[0] = body;
    e->u = lambda->u;
    *out = e;
    return DBX_OK;
}

dbx_status bind_matched_args(binder *b, const call_shape *c, const function_match *m, expr **to) {
    span s = binder_span(b, c->span);
    cast_mode mode = b->query->settings->ansi ? CAST_ANSI : CAST_LEGACY;
    for (uint32_t i = 0; i < m->bind.arg_count; i++) {
        uint32_t from = m->source[i];
        type wanted = m->bind.arg_types[i];
        expr *arg;
        if (from == FUNCTION_ARG_NULL) {
            arg = expr_constant_null(b->arena, wanted, s);
        } else if (from == FUNCTION_ARG_DEFAULT) {
            arg = expr_constant_string(b->arena, m->defaults[i], s);
        } else {
            arg = c->args[from];
        }
        if (arg == NULL) return binder_nomem(b);
        if (arg->kind == EXPR_LAMBDA) {
            TRY(call_cast_lambda(b, arg, wanted, &to[i]));
        } else {
            TRY(bind_cast_mode(b, arg, wanted, mode, c->span, &to[i]));
        }
    }
    return DBX_OK;
}

static dbx_status call_finish_scalar(binder *b, const call_shape *c, const function_match *m,
                                     expr **out) {
    const fn_bind *f = &m->bind;
    expr *e = expr_new(b->arena, EXPR_CALL, f->result, f->nullable, binder_span(b, c->span),
                       f->arg_count);
    if (e == NULL) return binder_nomem(b);
    TRY(bind_matched_args(b, c, m, e->args));
    if (f->kernel == NULL) return binder_unsupported(b, c->span, f->row->name);
    e->u.call.row = f->row;
    e->u.call.kernel = f->kernel;
    e->u.call.state = f->state;
    e->u.call.scratch_size = f->scratch_size;
    *out = e;
    return DBX_OK;
}

static dbx_status call_note(binder *b, const void *node, const function_row *row, expr *bound) {
    if (node == NULL) return DBX_OK;
    bind_note *note = binder_note(b, node);
    if (note == NULL) return binder_nomem(b);
    note->row = row;
    note->bound = bound;
    return DBX_OK;
}

dbx_status bind_call(binder *b, const char *name, expr *const *args, uint32_t count, span s,
                     const void *node, expr **out) {
    call_shape c = {.name = sv_from(name), .span = s, .count = count};
    function_match m;
    uint32_t row_count;
    const function_row *rows = function_lookup(c.name, &row_count);
    if (rows == NULL) {
        return error_raise(b->err, ERR_UNRESOLVED_ROUTINE, binder_span(b, s), "routineName",
                           binder_quote_parts(b, &c.name, 1), "searchPath", "[`system`.`builtin`]",
                           NULL);
    }
    c.args = ARENA_ARRAY(b->arena, expr *, count + 1);
    if (c.args == NULL) return binder_nomem(b);
    if (count > 0) memcpy(c.args, args, count * sizeof(expr *));
    TRY(bind_match(b, &c, rows, row_count, &m));
    TRY(call_finish_scalar(b, &c, &m, out));
    return call_note(b, node, m.bind.row, *out);
}

/* ---- functions that are made of other expressions ---- */

typedef dbx_status (*call_rewrite)(binder *b, const ast_function_call *f, expr **args,
                                   uint32_t count, expr **out);

static dbx_status call_wrong_arity(binder *b, const ast_function_call *f, const char *expected) {
    string_view name = f->name->parts.items[f->name->parts.count - 1].text;
    return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION,
                       binder_node_span(b, &f->node), "functionName",
                       binder_quote_parts(b, &name, 1), "expectedNum", expected, "actualNum",
                       arena_printf(b->arena, "%u", f->arguments.count), "docroot",
                       "https://spark.apache.org/docs/latest", NULL);
}

static dbx_status call_null(binder *b, span s, expr **out) {
    *out = expr_constant_null(b->arena, type_simple(TYPE_VOID), binder_span(b, s));
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status call_if(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                          expr **out) {
    if (count != 3) return call_wrong_arity(b, f, "3");
    if (args[0]->type.id != TYPE_BOOLEAN && args[0]->type.id != TYPE_VOID) {
        return error_raise(
            b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_INPUT_TYPE, binder_node_span(b, &f->node),
            "sqlExpr", binder_sql_of(b, &f->node), "paramIndex", "first", "requiredType",
            "\"BOOLEAN\"", "inputSql", binder_sql_of(b, f->arguments.items[0]), "inputType",
            arena_printf(b->arena, "\"%s\"", type_sql(b->arena, args[0]->type)), NULL);
    }
    TRY(bind_cast(b, args[0], type_simple(TYPE_BOOLEAN), &args[0]));
    return bind_make_case(b, args, 3, f->node.span, &f->node, out);
}

static dbx_status call_nvl2(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                            expr **out) {
    if (count != 3) return call_wrong_arity(b, f, "3");
    TRY(bind_call(b, "isnotnull", args, 1, f->node.span, NULL, &args[0]));
    return bind_make_case(b, args, 3, f->node.span, &f->node, out);
}

static dbx_status call_nullif(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                              expr **out) {
    expr *parts[3];
    if (count != 2) return call_wrong_arity(b, f, "2");
    TRY(bind_call(b, "=", args, 2, f->node.span, NULL, &parts[0]));
    TRY(call_null(b, f->node.span, &parts[1]));
    parts[2] = args[0];
    return bind_make_case(b, parts, 3, f->node.span, &f->node, out);
}

static dbx_status call_nullifzero(binder *b, const ast_function_call *f, expr **args,
                                  uint32_t count, expr **out) {
    if (count != 1) return call_wrong_arity(b, f, "1");
    expr *both[2] = {args[0],
                     expr_constant_int64(b->arena, type_simple(TYPE_INT), 0, args[0]->span)};
    if (both[1] == NULL) return binder_nomem(b);
    return call_nullif(b, f, both, 2, out);
}

/* COALESCE stays a call where no later argument can fail, so that the optimizer knows it. */
static dbx_status call_coalesce(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                                expr **out) {
    if (count == 0) return call_wrong_arity(b, f, "> 0");
    type common;
    bool ok, lazy = false;
    TRY(bind_common(b, args, count, &common, &ok));
    for (uint32_t i = 1; ok && i < count; i++) lazy = lazy || expr_can_fail(args[i]);
    if (!lazy) return bind_call(b, "coalesce", args, count, f->node.span, NULL, out);
    expr **parts = ARENA_ARRAY(b->arena, expr *, count * 2);
    if (parts == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i + 1 < count; i++) {
        TRY(bind_call(b, "isnotnull", &args[i], 1, f->node.span, NULL, &parts[i * 2]));
        parts[i * 2 + 1] = args[i];
    }
    parts[count * 2 - 2] = args[count - 1];
    TRY(bind_make_case(b, parts, count * 2 - 1, f->node.span, &f->node, out));
    return DBX_OK;
}

static dbx_status call_nvl(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                           expr **out) {
    if (count != 2) return call_wrong_arity(b, f, "2");
    return call_coalesce(b, f, args, count, out);
}

static dbx_status call_zeroifnull(binder *b, const ast_function_call *f, expr **args,
                                  uint32_t count, expr **out) {
    if (count != 1) return call_wrong_arity(b, f, "1");
    expr *both[2] = {args[0],
                     expr_constant_int64(b->arena, type_simple(TYPE_INT), 0, args[0]->span)};
    if (both[1] == NULL) return binder_nomem(b);
    return call_coalesce(b, f, both, 2, out);
}

static dbx_status call_equal_null(binder *b, const ast_function_call *f, expr **args,
                                  uint32_t count, expr **out) {
    if (count != 2) return call_wrong_arity(b, f, "2");
    return bind_call(b, "<=>", args, 2, f->node.span, NULL, out);
}

/* decode(e, search, result, …[, default]) */
static dbx_status call_decode(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                              expr **out) {
    if (count < 3) return bind_call(b, "decode", args, count, f->node.span, f, out);
    uint32_t pairs = (count - 1) / 2;
    expr **parts = ARENA_ARRAY(b->arena, expr *, pairs * 2 + 1);
    if (parts == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < pairs; i++) {
        expr *both[2] = {args[0], args[1 + i * 2]};
        TRY(bind_call(b, "<=>", both, 2, f->node.span, NULL, &parts[i * 2]));
        parts[i * 2 + 1] = args[2 + i * 2];
    }
    if ((count - 1) % 2 == 1)
        parts[pairs * 2] = args[count - 1];
    else
        TRY(call_null(b, f->node.span, &parts[pairs * 2]));
    return bind_make_case(b, parts, pairs * 2 + 1, f->node.span, &f->node, out);
}

/* trim(characters, s) */
static dbx_status call_trim(binder *b, const ast_function_call *f, expr **args, uint32_t count,
                            expr **out) {
    if (count != 2) return bind_call(b, "trim", args, count, f->node.span, f, out);
    expr *swapped[2] = {args[1], args[0]};
    return bind_call(b, "btrim", swapped, 2, f->node.span, f, out);
}

static const struct {
    const char *name;
    call_rewrite rewrite;
    bool is_direct; /* its name shows collations that arguments were brought to */
} call_rewrites[] = {
    {"if", call_if, true},
    {"iff", call_if, true},
    {"nvl2", call_nvl2, false},
    {"nullif", call_nullif, false},
    {"nullifzero", call_nullifzero, false},
    {"zeroifnull", call_zeroifnull, false},
    {"nvl", call_nvl, false},
    {"ifnull", call_nvl, false},
    {"coalesce", call_coalesce, true},
    {"equal_null", call_equal_null, false},
    {"decode", call_decode, false},
    {"trim", call_trim, true},
};

/* int(x), string(x), …: casts written as calls. */
static bool call_cast_type(string_view name, type *out) {
    static const struct {
        const char *name;
        uint8_t id;
    } casts[] = {{"boolean", TYPE_BOOLEAN},   {"tinyint", TYPE_TINYINT},
                 {"smallint", TYPE_SMALLINT}, {"int", TYPE_INT},
                 {"bigint", TYPE_BIGINT},     {"float", TYPE_FLOAT},
                 {"double", TYPE_DOUBLE},     {"decimal", TYPE_DECIMAL},
                 {"date", TYPE_DATE},         {"timestamp", TYPE_TIMESTAMP},
                 {"binary", TYPE_BINARY},     {"string", TYPE_STRING}};
    for (uint32_t i = 0; i < ARRAY_COUNT(casts); i++) {
        if (!sv_equal_ignore_case(name, sv_from(casts[i].name))) continue;
        *out =
            casts[i].id == TYPE_DECIMAL ? type_decimal(10, 0) : type_simple((type_id)casts[i].id);
        return true;
    }
    return false;
}

bool bind_is_cast_function(string_view name) {
    type ignored;
    return call_cast_type(name, &ignored);
}

/* ---- arguments ---- */

static dbx_status call_push_star(binder *b, const ast_star *star, call_arguments *to) {
    expr **columns;
    string_view *names;
    uint32_t count;
    TRY(bind_star_exprs(b, star, &columns, &names, &count));
    for (uint32_t i = 0; i < count; i++) {
        if (ARENA_LIST_PUSH(b->arena, &to->args, columns[i]) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &to->asts, (const ast_expr *)&star->node) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &to->names, ((string_view){NULL, 0})) != DBX_OK)
            return binder_nomem(b);
    }
    return DBX_OK;
}

dbx_status bind_arguments(binder *b, const ast_list *list, call_arguments *to) {
    memset(to, 0, sizeof(*to));
    for (uint32_t i = 0; i < list->count; i++) {
        const ast_expr *e = list->items[i];
        string_view name = {NULL, 0};
        expr *value = NULL;
        if (e->kind == AST_STAR) {
            TRY(call_push_star(b, AST_AS(ast_star, e), to));
            continue;
        }
        if (e->kind == AST_NAMED_ARGUMENT) {
            const ast_named_argument *n = AST_AS(ast_named_argument, e);
            name = n->name.text;
            e = n->value;
            to->any_named = true;
        }
        if (e->kind == AST_TABLE_ARGUMENT)
            return binder_unsupported(b, e->span, "table arguments of functions");
        if (e->kind != AST_LAMBDA) TRY(bind_expr(b, e, &value));
        if (ARENA_LIST_PUSH(b->arena, &to->args, value) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &to->asts, e) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &to->names, name) != DBX_OK)
            return binder_nomem(b);
    }
    return DBX_OK;
}

void bind_call_shape(const ast_function_call *f, string_view name, call_arguments *from,
                     call_shape *c) {
    memset(c, 0, sizeof(*c));
    c->name = name;
    c->span = f->node.span;
    c->count = from->args.count;
    c->args = from->args.items;
    c->asts = from->asts.items;
    c->names = from->any_named ? from->names.items : NULL;
    c->distinct = f->distinct;
}

/* ---- the call ---- */

static dbx_status call_check_plain(binder *b, const ast_function_call *f, string_view name) {
    const char *syntax = f->distinct                   ? "DISTINCT"
                         : f->filter != NULL           ? "FILTER clause"
                         : f->within_group.count > 0   ? "WITHIN GROUP (ORDER BY ...)"
                         : f->nulls != AST_NULLS_UNSET ? "IGNORE NULLS"
                                                       : NULL;
    if (syntax == NULL) return DBX_OK;
    return error_raise(b->err, ERR_INVALID_SQL_SYNTAX__FUNCTION_WITH_UNSUPPORTED_SYNTAX,
                       binder_node_span(b, &f->node), "prettyName", binder_quote_parts(b, &name, 1),
                       "syntax", syntax, NULL);
}

static dbx_status call_unresolved(binder *b, const ast_function_call *f, const string_view *parts,
                                  uint32_t count) {
    const char *path = arena_printf(
        b->arena, "[`system`.`builtin`, `system`.`session`, `" SV_FMT "`.`" SV_FMT "`]",
        SV_ARG(b->catalog), SV_ARG(b->schema));
    return error_raise(b->err, ERR_UNRESOLVED_ROUTINE, binder_node_span(b, &f->name->node),
                       "routineName", binder_quote_parts(b, parts, count), "searchPath",
                       path == NULL ? "" : path, NULL);
}

static bool call_is_builtin_name(const string_view *parts, uint32_t count) {
    if (count == 1) return true;
    if (!sv_equal_ignore_case(parts[count - 2], SV("builtin"))) return false;
    return count == 2 || (count == 3 && sv_equal_ignore_case(parts[0], SV("system")));
}

static dbx_status call_builtin(binder *b, const ast_function_call *f, string_view name,
                               const function_row *rows, uint32_t row_count, expr **out) {
    call_arguments arguments;
    call_shape shape;
    function_match m;
    if (f->over != NULL || rows->kind == FUNCTION_WINDOW)
        return bind_window_call(b, f, name, rows, row_count, out);
    if (rows->kind == FUNCTION_AGGREGATE)
        return bind_aggregate_call(b, f, name, rows, row_count, out);
    if (rows->kind == FUNCTION_GENERATOR) {
        return error_raise(b->err,
                           b->block != NULL && (b->block->clause == CLAUSE_SELECT ||
                                                b->block->clause == CLAUSE_GENERATOR)
                               ? ERR_UNSUPPORTED_GENERATOR__NESTED_IN_EXPRESSIONS
                               : ERR_UNSUPPORTED_GENERATOR__OUTSIDE_SELECT,
                           binder_node_span(b, &f->node), "expression", binder_sql_of(b, &f->node),
                           "plan", "", NULL);
    }
    TRY(call_check_plain(b, f, name));
    TRY(bind_arguments(b, &f->arguments, &arguments));
    bind_call_shape(f, name, &arguments, &shape);
    uint32_t collated = b->collated.count;
    TRY(bind_match(b, &shape, rows, row_count, &m));
    TRY(call_finish_scalar(b, &shape, &m, out));
    if (m.bind.row->flags & FN_REPLACED) b->collated.count = collated;
    return call_note(b, f, m.bind.row, *out);
}

/* Where TIMESTAMP means TIMESTAMP_NTZ, so do the functions that make one. */
static const function_row *call_timestamp_rows(const binder *b, const ast_function_call *f,
                                               const function_row *rows, uint32_t *count) {
    static const char *const names[][2] = {{"make_timestamp", "make_timestamp_ntz"},
                                           {"try_make_timestamp", "try_make_timestamp_ntz"},
                                           {"to_timestamp", "to_timestamp_ntz"}};
    bool parts = f->arguments.count == 6 || strcmp(rows->name, "to_timestamp") == 0;
    if (!binder_timestamp_is_ntz(b) || !parts) return rows;
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (strcmp(rows->name, names[i][0]) != 0) continue;
        uint32_t other_count;
        const function_row *other = function_lookup(sv_from(names[i][1]), &other_count);
        if (other == NULL) return rows;
        *count = other_count;
        return other;
    }
    return rows;
}

/* Calls that are rewritten or cast; *done false when the name is none of these. */
static dbx_status call_special(binder *b, const ast_function_call *f, string_view name, expr **out,
                               bool *done) {
    call_arguments arguments;
    type to;
    *done = true;
    if (f->syntax == AST_CALL_ROW_NAMES || (f->arguments.count > 0 && sv_equal_ignore_case(name, SV("struct"))))
        return bind_row_items(b, &f->arguments, f->node.span, f, out);
    if (call_cast_type(name, &to)) {
        if (to.id == TYPE_TIMESTAMP && binder_timestamp_is_ntz(b))
            to = type_simple(TYPE_TIMESTAMP_NTZ);
        TRY(bind_arguments(b, &f->arguments, &arguments));
        if (arguments.args.count != 1) return call_wrong_arity(b, f, "1");
        TRY(bind_cast_mode(b, arguments.args.items[0], to,
                           b->query->settings->ansi ? CAST_ANSI : CAST_LEGACY, f->node.span, out));
        return DBX_OK;
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(call_rewrites); i++) {
        if (!sv_equal_ignore_case(name, sv_from(call_rewrites[i].name))) continue;
        TRY(call_check_plain(b, f, name));
        TRY(bind_arguments(b, &f->arguments, &arguments));
        for (uint32_t k = 0; k < arguments.args.count; k++) {
            if (arguments.args.items[k] == NULL || arguments.any_named)
                return call_wrong_arity(b, f, "expressions");
        }
        uint32_t collated = b->collated.count;
        TRY(call_rewrites[i].rewrite(b, f, arguments.args.items, arguments.args.count, out));
        if (!call_rewrites[i].is_direct) b->collated.count = collated;
        const bind_note *made = binder_note_of(b, f);
        return call_note(b, f, made != NULL && made->bound == *out ? made->row : NULL, *out);
    }
    TRY(bind_grouping_function(b, f, out));
    *done = *out != NULL;
    return DBX_OK;
}

/* A keyword without parentheses may be a column of that name. */
static dbx_status call_as_column(binder *b, const ast_function_call *f, expr **out, bool *done) {
    const scope_column *c;
    uint32_t used;
    *done = false;
    if (b->block == NULL || b->block->scope == NULL) return DBX_OK;
    TRY(scope_find_column(b, b->block->scope, &f->name->parts.items[0].text, 1, false, f->node.span,
                          &c, &used));
    if (c == NULL) return DBX_OK;
    ast_column_ref *ref = ARENA_NEW(b->arena, ast_column_ref);
    if (ref == NULL) return binder_nomem(b);
    ref->node = (ast_node){.kind = AST_COLUMN_REF, .span = f->node.span};
    ref->name = f->name;
    TRY(bind_column_ref(b, ref, out));
    const bind_note *from = binder_note_of(b, ref);
    if (from != NULL) {
        bind_note copy = *from;
        bind_note *to = binder_note(b, f);
        if (to == NULL) return binder_nomem(b);
        *to = copy;
        to->node = &f->node;
    }
    *done = true;
    return DBX_OK;
}

dbx_status bind_function_call(binder *b, const ast_function_call *f, expr **out) {
    const string_view *parts;
    uint32_t count, row_count;
    bool done = false;
    *out = NULL;
    TRY(binder_name_parts(b, f->name, &parts, &count));
    if (f->syntax == AST_CALL_NO_PARENTHESES && count == 1) {
        TRY(call_as_column(b, f, out, &done));
        if (done) return DBX_OK;
    }
    string_view name = parts[count - 1];
    if (call_is_builtin_name(parts, count)) {
        if (f->over == NULL) TRY(call_special(b, f, name, out, &done));
        if (done) return DBX_OK;
        const function_row *rows = function_lookup(name, &row_count);
        if (rows != NULL) rows = call_timestamp_rows(b, f, rows, &row_count);
        if (rows != NULL) return call_builtin(b, f, name, rows, row_count, out);
    }
    TRY(bind_sql_function(b, f, parts, count, out));
    if (*out != NULL) return DBX_OK;
    const binder_host *host = b->context->host;
    if (count == 1 && host != NULL && host->native != NULL) {
        const function_row *rows = host->native(host->state, name, &row_count);
        if (rows != NULL) return call_builtin(b, f, name, rows, row_count, out);
    }
    return call_unresolved(b, f, parts, count);
}

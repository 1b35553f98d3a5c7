/* generator.c - functions that give rows: in the select list, after LATERAL VIEW, and in FROM.
 *
 * A select list has at most one. Its columns become items that refer to the GENERATE node's output,
 * which stands between the windows and the final projection, so that its arguments may hold
 * aggregates.
 */
#include "binder/binder_int.h"

struct raw_generator {
    const function_row *row;
    const generator_kernel *kernel;
    const void *state;
    uint32_t scratch_size;
    uint32_t arg_count;
    bool outer;
    const type_field *fields;
    uint32_t field_count;
    column_id *ids;
    span span;
};

/* The row of a generator; explode_outer is explode that keeps rows without elements. */
static const function_row *generator_lookup(string_view name, uint32_t *count, bool *outer) {
    const function_row *rows = function_lookup(name, count);
    *outer = false;
    if (rows == NULL && name.size > 6 &&
        sv_equal_ignore_case((string_view){name.data + name.size - 6, 6}, SV("_outer"))) {
        name.size -= 6;
        rows = function_lookup(name, count);
        *outer = true;
    }
    return rows != NULL && rows->kind == FUNCTION_GENERATOR ? rows : NULL;
}

static string_view generator_name(const ast_function_call *f) {
    uint32_t n = f->name->parts.count;
    return n == 0 ? SV("") : f->name->parts.items[n - 1].text;
}

bool bind_is_generator(const ast_function_call *f) {
    uint32_t count;
    bool outer;
    return generator_lookup(generator_name(f), &count, &outer) != NULL;
}

static dbx_status generator_bind(binder *b, const ast_function_call *f, struct raw_generator **out,
                                 expr ***args) {
    call_arguments arguments;
    call_shape shape;
    function_match m;
    uint32_t row_count;
    struct raw_generator *g = ARENA_NEW(b->arena, struct raw_generator);
    if (g == NULL) return binder_nomem(b);
    string_view name = generator_name(f);
    const function_row *rows = generator_lookup(name, &row_count, &g->outer);
    assert(rows != NULL);
    TRY(bind_arguments(b, &f->arguments, &arguments));
    bind_call_shape(f, name, &arguments, &shape);
    TRY(bind_match(b, &shape, rows, row_count, &m));
    *args = ARENA_ARRAY(b->arena, expr *, m.bind.arg_count + 1);
    g->ids = ARENA_ARRAY(b->arena, column_id, m.bind.generator_field_count + 1);
    if (*args == NULL || g->ids == NULL) return binder_nomem(b);
    TRY(bind_matched_args(b, &shape, &m, *args));
    g->row = m.bind.row;
    g->kernel = m.bind.generator;
    g->state = m.bind.state;
    g->scratch_size = m.bind.scratch_size;
    g->arg_count = m.bind.arg_count;
    g->fields = m.bind.generator_fields;
    g->field_count = m.bind.generator_field_count;
    g->span = binder_node_span(b, &f->node);
    for (uint32_t i = 0; i < g->field_count; i++) g->ids[i] = plan_new_column(b->plan);
    if (g->kernel == NULL) return binder_unsupported(b, f->node.span, g->row->name);
    *out = g;
    return DBX_OK;
}

static dbx_status generator_plan(binder *b, plan_node *child, const struct raw_generator *g,
                                 expr **args, const string_view *names, bool outer,
                                 plan_node **out) {
    plan_generate *n =
        PLAN_NEW(b->plan, plan_generate, PLAN_GENERATE, 1, child->column_count + g->field_count);
    if (n == NULL) return binder_nomem(b);
    n->base.children[0] = child;
    n->base.span = g->span;
    if (child->column_count > 0)
        memcpy(n->base.columns, child->columns, child->column_count * sizeof(plan_column));
    for (uint32_t i = 0; i < g->field_count; i++) {
        n->base.columns[child->column_count + i] =
            (plan_column){.id = g->ids[i],
                          .name = names != NULL ? names[i] : g->fields[i].name,
                          .type = g->fields[i].type,
                          .nullable = g->fields[i].nullable || outer || g->outer};
    }
    n->row = g->row;
    n->kernel = g->kernel;
    n->state = g->state;
    n->scratch_size = g->scratch_size;
    n->args = args;
    n->arg_count = g->arg_count;
    n->outer = outer || g->outer;
    n->generated = g->field_count;
    n->position = g->span;
    *out = &n->base;
    return DBX_OK;
}

static dbx_status generator_alias_mismatch(binder *b, span s, uint32_t aliases, uint32_t columns,
                                           const ast_ident_list *names) {
    const char *list = "";
    for (uint32_t i = 0; i < names->count && list != NULL; i++) {
        list = arena_printf(b->arena, "%s%s" SV_FMT, list, i > 0 ? "," : "",
                            SV_ARG(names->items[i].text));
    }
    (void)aliases;
    return error_raise(b->err, ERR_UDTF_ALIAS_NUMBER_MISMATCH, binder_span(b, s), "aliasesSize",
                       arena_printf(b->arena, "%u", columns), "aliasesNames",
                       list == NULL ? "" : list, NULL);
}

/* ---- select list ---- */

dbx_status bind_generator_items(binder *b, select_state *s, const ast_select_item *item,
                                bool *done) {
    *done = false;
    if (item->expr->kind != AST_FUNCTION_CALL) return DBX_OK;
    const ast_function_call *f = AST_AS(ast_function_call, item->expr);
    if (f->over != NULL || !bind_is_generator(f)) return DBX_OK;
    span at = binder_node_span(b, &item->node);
    if (s->generator != NULL) {
        return error_raise(b->err, ERR_UNSUPPORTED_GENERATOR__MULTI_GENERATOR, at, "num", "2",
                           "generators", binder_sql_of(b, item->expr), NULL);
    }
    TRY(generator_bind(b, f, &s->generator, &s->generator_args));
    const struct raw_generator *g = s->generator;
    if (item->aliases.count > 0 && item->aliases.count != g->field_count) {
        return generator_alias_mismatch(b, item->node.span, item->aliases.count, g->field_count,
                                        &item->aliases);
    }
    for (uint32_t i = 0; i < g->field_count; i++) {
        bool nullable = g->fields[i].nullable || g->outer;
        select_item column = {.expr =
                                  expr_column(b->arena, g->ids[i], g->fields[i].type, nullable, at),
                              .name = g->fields[i].name,
                              .bound = true,
                              .contains_raw = true,
                              .span = at};
        if (column.expr == NULL) return binder_nomem(b);
        if (item->aliases.count > 0) {
            column.name = item->aliases.items[i].text;
            column.has_alias = true;
        }
        TRY(bind_push_item(b, s, column));
    }
    *done = true;
    return DBX_OK;
}

uint32_t bind_generator_arg_count(const select_state *s) {
    return s->generator == NULL ? 0 : s->generator->arg_count;
}

dbx_status bind_make_generate(binder *b, select_state *s) {
    if (s->generator == NULL) return DBX_OK;
    return generator_plan(b, s->plan, s->generator, s->generator_args, NULL, false, &s->plan);
}

/* ---- FROM ---- */

dbx_status bind_lateral_view(binder *b, const ast_lateral_view *v, bound_relation *input,
                             bound_relation *out) {
    struct raw_generator *g;
    expr **args;
    bind_block block;
    string_view name = generator_name(v->call);
    if (!bind_is_generator(v->call)) {
        uint32_t ignored;
        if (function_lookup(name, &ignored) == NULL) {
            return error_raise(b->err, ERR_UNRESOLVED_ROUTINE, binder_node_span(b, &v->call->node),
                               "routineName", binder_quote_parts(b, &name, 1), "searchPath",
                               "[`system`.`builtin`]", NULL);
        }
        return error_raise(b->err, ERR_UNSUPPORTED_GENERATOR__NOT_GENERATOR,
                           binder_node_span(b, &v->call->node), "functionName",
                           binder_quote_parts(b, &name, 1), "classCanonicalName", "", NULL);
    }
    binder_push(b, &block, input->scope, CLAUSE_GENERATOR);
    dbx_status status = generator_bind(b, v->call, &g, &args);
    binder_pop(b, &block);
    TRY(status);
    if (v->columns.count > 0 && v->columns.count != g->field_count) {
        return generator_alias_mismatch(b, v->node.span, v->columns.count, g->field_count,
                                        &v->columns);
    }
    string_view *names = ARENA_ARRAY(b->arena, string_view, g->field_count + 1);
    if (names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < g->field_count; i++) {
        names[i] = v->columns.count > 0 ? v->columns.items[i].text : g->fields[i].name;
    }
    TRY(generator_plan(b, input->plan, g, args, names, v->outer, &out->plan));
    scope *s = scope_new(b);
    bind_qualifier *q = v->table.text.data == NULL ? NULL : scope_qualifier(b, v->table.text);
    if (s == NULL || (v->table.text.data != NULL && q == NULL)) return binder_nomem(b);
    if (input->scope != NULL) TRY(scope_append(b, s, input->scope));
    for (uint32_t i = 0; i < g->field_count; i++) {
        const plan_column *p = &out->plan->columns[out->plan->column_count - g->field_count + i];
        scope_column c = {
            .id = p->id, .type = p->type, .nullable = p->nullable, .name = p->name, .qualifier = q};
        TRY(scope_add(b, s, c));
    }
    out->scope = s;
    return DBX_OK;
}

dbx_status bind_generator_relation(binder *b, const ast_function_call *f, bound_relation *out) {
    struct raw_generator *g;
    expr **args;
    bind_block block;
    bound_relation one;
    TRY(bind_empty_relation(b, &one));
    binder_push(b, &block, NULL, CLAUSE_GENERATOR);
    dbx_status status = generator_bind(b, f, &g, &args);
    binder_pop(b, &block);
    TRY(status);
    TRY(generator_plan(b, one.plan, g, args, NULL, false, &out->plan));
    out->scope = scope_of_plan(b, out->plan, NULL);
    return out->scope == NULL ? binder_nomem(b) : DBX_OK;
}

dbx_status bind_generate(binder *b, plan_node *child, const char *name, expr **args, uint32_t count,
                         const string_view *names, uint32_t name_count, span s, plan_node **out) {
    call_shape shape = {.name = sv_from(name), .span = s, .count = count, .args = args};
    struct raw_generator g = {0};
    function_match m;
    uint32_t row_count;
    const function_row *rows = generator_lookup(shape.name, &row_count, &g.outer);
    if (rows == NULL) return binder_unsupported(b, s, name);
    TRY(bind_match(b, &shape, rows, row_count, &m));
    expr **to = ARENA_ARRAY(b->arena, expr *, m.bind.arg_count + 1);
    g.ids = ARENA_ARRAY(b->arena, column_id, m.bind.generator_field_count + 1);
    if (to == NULL || g.ids == NULL) return binder_nomem(b);
    TRY(bind_matched_args(b, &shape, &m, to));
    g.row = m.bind.row;
    g.kernel = m.bind.generator;
    g.state = m.bind.state;
    g.scratch_size = m.bind.scratch_size;
    g.arg_count = m.bind.arg_count;
    g.fields = m.bind.generator_fields;
    g.field_count = m.bind.generator_field_count;
    g.span = binder_span(b, s);
    if (g.kernel == NULL || (names != NULL && g.field_count != name_count))
        return binder_unsupported(b, s, name);
    for (uint32_t i = 0; i < g.field_count; i++) g.ids[i] = plan_new_column(b->plan);
    return generator_plan(b, child, &g, to, names, false, out);
}

/* dml.c - INSERT, UPDATE and DELETE as WRITE nodes.
 *
 * Every one ends in a projection of exactly the table's columns (and a row id where rows are
 * replaced), cast by store assignment, with defaults and generated columns computed and CHECK
 * constraints guarded.
 */
#include "binder/dml.h"

/* ---- the target ---- */

dbx_status dml_target(binder *b, const ast_name *name, dml_table *out) {
    const catalog_object *object;
    const string_view *parts;
    uint32_t count;
    TRY(binder_name_parts(b, name, &parts, &count));
    catalog_name n = {parts, count, binder_node_span(b, &name->node)};
    if (b->query->txn == NULL) {
        return error_raise(b->err, ERR_TABLE_OR_VIEW_NOT_FOUND, n.span, "relationName",
                           binder_quote_parts(b, parts, count), NULL);
    }
    TRY(catalog_resolve(b->query, CATALOG_RELATIONS, &n, &object, b->err));
    memset(out, 0, sizeof(*out));
    out->table = catalog_as_table(object);
    out->qualifier = bind_object_qualifier(b, object);
    out->span = name->node.span;
    if (out->qualifier == NULL) return binder_nomem(b);
    out->text = sv_from(binder_quote_parts(b, out->qualifier->parts, out->qualifier->count));
    if (out->table == NULL) {
        return error_raise(b->err, ERR_EXPECT_TABLE_NOT_VIEW__NO_ALTERNATIVE, n.span, "viewName",
                           binder_cstr(b, out->text), "operation",
                           "INSERT, UPDATE, DELETE or MERGE", NULL);
    }
    if (out->table->version == NULL)
        return binder_unsupported(b, out->span, "writing to an external table");
    return DBX_OK;
}

dbx_status dml_column(binder *b, const dml_table *t, string_view name, span s, uint32_t *out) {
    for (uint32_t i = 0; i < t->table->def.column_count; i++) {
        if (!binder_same_name(b, t->table->def.columns[i].name, name)) continue;
        *out = i;
        return DBX_OK;
    }
    scope *columns = scope_new(b);
    if (columns == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < t->table->def.column_count; i++) {
        TRY(scope_add(b, columns, (scope_column){.name = t->table->def.columns[i].name}));
    }
    return bind_raise_unresolved_column(b, &name, 1, columns, s);
}

/* ---- values of columns ---- */

/* Binds a text of the catalog (a default, a generation, a check) over a scope. */
static dbx_status dml_bind_text(binder *b, string_view text, scope *s, span position, expr **out) {
    ast_expr *e;
    bind_block block;
    bind_block *outer = b->block;
    span fixed = b->fixed_span;
    b->block = NULL;
    b->fixed_span = binder_span(b, position);
    dbx_status status = parser_parse_expression(b->arena, text, NULL, &e, b->err);
    binder_push(b, &block, s, CLAUSE_DML);
    if (status == DBX_OK) status = bind_expr(b, e, out);
    b->block = outer;
    b->fixed_span = fixed;
    if (status != DBX_OK && b->err != NULL) b->err->position = binder_span(b, position);
    return status;
}

dbx_status dml_default(binder *b, const dml_table *t, uint32_t column, span position, expr **out) {
    const catalog_column *c = &t->table->def.columns[column];
    if (c->generated == CATALOG_GENERATED_ALWAYS_IDENTITY ||
        c->generated == CATALOG_GENERATED_DEFAULT_IDENTITY) {
        return binder_unsupported(b, position, "values of identity columns");
    }
    if (c->default_text.data != NULL) return dml_bind_text(b, c->default_text, NULL, position, out);
    if (!c->nullable && c->generated == CATALOG_GENERATED_NONE) {
        return error_raise(b->err, ERR_NO_DEFAULT_COLUMN_VALUE_AVAILABLE, binder_span(b, position),
                           "colName", binder_quote_parts(b, &c->name, 1), NULL);
    }
    *out = expr_constant_null(b->arena, c->type, binder_span(b, position));
    return *out == NULL ? binder_nomem(b) : DBX_OK;
}

dbx_status dml_store(binder *b, const dml_table *t, uint32_t column, expr *e, span position,
                     expr **out) {
    const catalog_column *c = &t->table->def.columns[column];
    return bind_store_cast(b, e, c->type, c->name, t->text, position, out);
}

static bool dml_has_checks(const dml_table *t, bool *generated) {
    bool checks = false;
    *generated = false;
    for (uint32_t i = 0; i < t->table->def.constraint_count; i++) {
        checks = checks || t->table->def.constraints[i].kind == CATALOG_CONSTRAINT_CHECK;
    }
    for (uint32_t i = 0; i < t->table->def.column_count; i++) {
        *generated =
            *generated || t->table->def.columns[i].generated == CATALOG_GENERATED_EXPRESSION;
    }
    return checks;
}

/* The columns of a plan, from `first` on, under the table's names. */
static dbx_status dml_scope(binder *b, const dml_table *t, const plan_node *n, uint32_t first,
                            scope **out) {
    scope *s = scope_new(b);
    if (s == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < t->table->def.column_count; i++) {
        const plan_column *p = &n->columns[first + i];
        TRY(scope_add(b, s,
                      (scope_column){.id = p->id,
                                     .type = p->type,
                                     .nullable = p->nullable,
                                     .name = t->table->def.columns[i].name,
                                     .qualifier = t->qualifier}));
    }
    *out = s;
    return DBX_OK;
}

static dbx_status dml_all_columns(binder *b, const plan_node *n, expr ***exprs,
                                  string_view **names) {
    *exprs = ARENA_ARRAY(b->arena, expr *, n->column_count + 1);
    *names = ARENA_ARRAY(b->arena, string_view, n->column_count + 1);
    if (*exprs == NULL || *names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n->column_count; i++) {
        (*exprs)[i] = bind_plan_column(b, n, i, n->span);
        (*names)[i] = n->columns[i].name;
        if ((*exprs)[i] == NULL) return binder_nomem(b);
    }
    return DBX_OK;
}

static dbx_status dml_generate(binder *b, const dml_table *t, plan_node *n, uint32_t first,
                               plan_node **out) {
    expr **exprs;
    string_view *names;
    scope *s;
    TRY(dml_all_columns(b, n, &exprs, &names));
    TRY(dml_scope(b, t, n, first, &s));
    for (uint32_t i = 0; i < t->table->def.column_count; i++) {
        const catalog_column *c = &t->table->def.columns[i];
        if (c->generated != CATALOG_GENERATED_EXPRESSION) continue;
        TRY(dml_bind_text(b, c->generation_text, s, t->span, &exprs[first + i]));
        TRY(dml_store(b, t, i, exprs[first + i], t->span, &exprs[first + i]));
    }
    return bind_project(b, n, exprs, names, n->column_count, out);
}

/* CASE WHEN (check) IS NOT FALSE THEN column ELSE raise_error(…) END around the first column. */
static dbx_status dml_check_one(binder *b, const dml_table *t, const catalog_constraint *c,
                                scope *s, expr **column) {
    expr *check, *parts[3], *pair[2];
    span at = binder_span(b, t->span);
    TRY(dml_bind_text(b, c->text, s, t->span, &check));
    TRY(bind_cast(b, check, type_simple(TYPE_BOOLEAN), &pair[0]));
    pair[1] = expr_constant_bool(b->arena, false, at);
    if (pair[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "<=>", pair, 2, t->span, NULL, &parts[0]));
    const char *text =
        arena_printf(b->arena, "CHECK constraint " SV_FMT " " SV_FMT " violated by row",
                     SV_ARG(c->name), SV_ARG(c->text));
    if (text == NULL) return binder_nomem(b);
    parts[1] = expr_constant_string(b->arena, sv_from(text), at);
    if (parts[1] == NULL) return binder_nomem(b);
    TRY(bind_call(b, "raise_error", &parts[1], 1, t->span, NULL, &parts[1]));
    parts[2] = *column;
    return bind_make_case(b, parts, 3, t->span, NULL, column);
}

static dbx_status dml_check(binder *b, const dml_table *t, plan_node *n, uint32_t first,
                            plan_node **out) {
    expr **exprs;
    string_view *names;
    scope *s;
    TRY(dml_all_columns(b, n, &exprs, &names));
    TRY(dml_scope(b, t, n, first, &s));
    for (uint32_t i = 0; i < t->table->def.constraint_count; i++) {
        const catalog_constraint *c = &t->table->def.constraints[i];
        if (c->kind == CATALOG_CONSTRAINT_CHECK) TRY(dml_check_one(b, t, c, s, &exprs[first]));
    }
    return bind_project(b, n, exprs, names, n->column_count, out);
}

/* Generated columns and checks over a plan whose columns from `first` on are the table's. */
dbx_status dml_finish_rows(binder *b, const dml_table *t, plan_node *n, uint32_t first,
                           plan_node **out) {
    bool generated, checks = dml_has_checks(t, &generated);
    *out = n;
    if (generated) TRY(dml_generate(b, t, *out, first, out));
    if (checks) TRY(dml_check(b, t, *out, first, out));
    return DBX_OK;
}

dbx_status dml_write(binder *b, const dml_table *t, write_kind kind, bool overwrite,
                     plan_node *child, plan_node **out) {
    plan_write *w = PLAN_NEW(b->plan, plan_write, PLAN_WRITE, 1, 1);
    if (w == NULL) return binder_nomem(b);
    w->base.children[0] = child;
    w->base.span = binder_span(b, t->span);
    w->base.columns[0] = (plan_column){.id = plan_new_column(b->plan),
                                       .name = SV("num_affected_rows"),
                                       .type = type_simple(TYPE_BIGINT),
                                       .nullable = false};
    w->write = kind;
    w->table = (struct catalog_table *)(uintptr_t)t->table;
    w->overwrite = overwrite;
    w->name = t->text;
    *out = &w->base;
    return DBX_OK;
}

/* ---- INSERT ---- */

typedef struct dml_insert {
    dml_table t;
    const ast_insert *ast;
    uint32_t *targets; /* table column of each source column */
    uint32_t target_count;
    expr **fixed; /* per table column: PARTITION (p = value), else NULL */
} dml_insert;

static const char *dml_column_list(binder *b, const plan_node *n, const dml_table *t) {
    const char *list = "";
    uint32_t count = n != NULL ? n->column_count : t->table->def.column_count;
    for (uint32_t i = 0; i < count && list != NULL && i < 64; i++) {
        string_view name = n != NULL ? n->columns[i].name : t->table->def.columns[i].name;
        list = arena_printf(b->arena, "%s%s%s", list, i > 0 ? ", " : "",
                            binder_quote_parts(b, &name, 1));
    }
    return list == NULL ? "" : list;
}

static dbx_status insert_fixed_partitions(binder *b, dml_insert *n) {
    const ast_partition_spec *p = n->ast->partition;
    for (uint32_t i = 0; p != NULL && i < p->count; i++) {
        uint32_t column;
        bind_block block;
        expr *e;
        TRY(dml_column(b, &n->t, p->items[i].column.text, p->items[i].column.span, &column));
        if (p->items[i].value == NULL) continue;
        if (p->items[i].value->kind == AST_DEFAULT) {
            TRY(dml_default(b, &n->t, column, p->items[i].column.span, &e));
        } else {
            binder_push(b, &block, NULL, CLAUSE_NONE);
            dbx_status status = bind_expr(b, p->items[i].value, &e);
            binder_pop(b, &block);
            TRY(status);
            /* Values in PARTITION are texts of the column's type. */
            if (e->type.id == TYPE_STRING) {
                TRY(bind_cast_mode(b, e, n->t.table->def.columns[column].type, CAST_ANSI, e->span,
                                   &e));
            }
        }
        TRY(dml_store(b, &n->t, column, e, p->items[i].column.span, &n->fixed[column]));
    }
    return DBX_OK;
}

static dbx_status insert_listed_targets(binder *b, dml_insert *n) {
    const ast_ident_list *list = &n->ast->columns;
    for (uint32_t i = 0; i < list->count; i++) {
        string_view name;
        TRY(binder_ident_text(b, &list->items[i], &name));
        TRY(dml_column(b, &n->t, name, list->items[i].span, &n->targets[i]));
        for (uint32_t k = 0; k < i; k++) {
            if (n->targets[k] != n->targets[i]) continue;
            return error_raise(b->err, ERR_COLUMN_ALREADY_EXISTS,
                               binder_span(b, list->items[i].span), "columnName",
                               binder_quote_parts(b, &list->items[i].text, 1), NULL);
        }
        if (n->t.table->def.columns[n->targets[i]].generated == CATALOG_GENERATED_EXPRESSION) {
            return binder_unsupported(b, list->items[i].span, "values for a generated column");
        }
    }
    n->target_count = list->count;
    return DBX_OK;
}

static dbx_status insert_targets(binder *b, dml_insert *n) {
    uint32_t columns = n->t.table->def.column_count;
    uint32_t room = MAX(columns, n->ast->columns.count);
    n->targets = ARENA_ARRAY(b->arena, uint32_t, room + 1);
    n->fixed = ARENA_ARRAY(b->arena, expr *, columns + 1);
    if (n->targets == NULL || n->fixed == NULL) return binder_nomem(b);
    TRY(insert_fixed_partitions(b, n));
    if (n->ast->columns.count > 0) return insert_listed_targets(b, n);
    /* Dynamic partition columns come last in the rows, others in the table's order. */
    const ast_partition_spec *p = n->ast->partition;
    for (uint32_t i = 0; i < columns; i++) {
        bool dynamic = false;
        for (uint32_t k = 0; p != NULL && k < p->count; k++) {
            dynamic = dynamic ||
                      binder_same_name(b, p->items[k].column.text, n->t.table->def.columns[i].name);
        }
        if (n->fixed[i] != NULL || dynamic) continue;
        if (n->t.table->def.columns[i].generated == CATALOG_GENERATED_EXPRESSION) continue;
        n->targets[n->target_count++] = i;
    }
    for (uint32_t k = 0; p != NULL && k < p->count; k++) {
        uint32_t column;
        TRY(dml_column(b, &n->t, p->items[k].column.text, p->items[k].column.span, &column));
        if (n->fixed[column] == NULL) n->targets[n->target_count++] = column;
    }
    return DBX_OK;
}

static dbx_status insert_arity(binder *b, const dml_insert *n, const plan_node *rows) {
    bool few = rows->column_count < n->target_count;
    return error_raise(b->err,
                       few ? ERR_INSERT_COLUMN_ARITY_MISMATCH__NOT_ENOUGH_DATA_COLUMNS
                           : ERR_INSERT_COLUMN_ARITY_MISMATCH__TOO_MANY_DATA_COLUMNS,
                       binder_node_span(b, &n->ast->source->node), "tableName",
                       binder_cstr(b, n->t.text), "tableColumns", dml_column_list(b, NULL, &n->t),
                       "dataColumns", dml_column_list(b, rows, &n->t), NULL);
}

/* BY NAME: each source column names its target. */
static dbx_status insert_by_name(binder *b, dml_insert *n, const plan_node *rows) {
    n->targets = ARENA_ARRAY(b->arena, uint32_t, rows->column_count + 1);
    if (n->targets == NULL) return binder_nomem(b);
    n->target_count = rows->column_count;
    for (uint32_t i = 0; i < rows->column_count; i++) {
        int32_t at = catalog_table_column(n->t.table, rows->columns[i].name);
        if (at < 0) {
            return error_raise(b->err, ERR_INCOMPATIBLE_DATA_FOR_TABLE__EXTRA_COLUMNS,
                               binder_node_span(b, &n->ast->source->node), "tableName",
                               binder_cstr(b, n->t.text), "extraColumns",
                               binder_quote_parts(b, &rows->columns[i].name, 1), NULL);
        }
        n->targets[i] = (uint32_t)at;
        for (uint32_t k = 0; k < i; k++) {
            if (n->targets[k] != n->targets[i]) continue;
            return error_raise(b->err, ERR_COLUMN_ALREADY_EXISTS,
                               binder_node_span(b, &n->ast->source->node), "columnName",
                               binder_quote_parts(b, &rows->columns[i].name, 1), NULL);
        }
    }
    return DBX_OK;
}

static dbx_status insert_project(binder *b, dml_insert *n, plan_node *rows, plan_node **out) {
    uint32_t columns = n->t.table->def.column_count;
    span s = n->ast != NULL && n->ast->source != NULL ? n->ast->source->node.span : n->t.span;
    expr **exprs = ARENA_ARRAY(b->arena, expr *, columns + 1);
    string_view *names = ARENA_ARRAY(b->arena, string_view, columns + 1);
    if (exprs == NULL || names == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < n->target_count; i++) {
        expr *e = bind_plan_column(b, rows, i, s);
        if (e == NULL) return binder_nomem(b);
        TRY(dml_store(b, &n->t, n->targets[i], e, s, &exprs[n->targets[i]]));
    }
    for (uint32_t i = 0; i < columns; i++) {
        names[i] = n->t.table->def.columns[i].name;
        if (exprs[i] != NULL) continue;
        if (n->fixed != NULL && n->fixed[i] != NULL) {
            exprs[i] = n->fixed[i];
            continue;
        }
        TRY(dml_default(b, &n->t, i, s, &exprs[i]));
        TRY(dml_store(b, &n->t, i, exprs[i], s, &exprs[i]));
    }
    TRY(bind_project(b, rows, exprs, names, columns, out));
    return dml_finish_rows(b, &n->t, *out, 0, out);
}

dbx_status bind_insert(binder *b, const ast_insert *ast, plan_node **out) {
    dml_insert n = {.ast = ast};
    plan_node *rows;
    TRY(dml_target(b, ast->table, &n.t));
    if (ast->replace_where != NULL || ast->replace_using.count > 0 || ast->replace_on != NULL) {
        return binder_unsupported(b, ast->node.span, "INSERT ... REPLACE");
    }
    if (ast->with_schema_evolution)
        return binder_unsupported(b, ast->node.span, "WITH SCHEMA EVOLUTION");
    if (ast->overwrite && ast->partition != NULL) {
        return binder_unsupported(b, ast->node.span, "INSERT OVERWRITE of a partition");
    }
    TRY(insert_targets(b, &n));
    if (ast->default_values || ast->source == NULL) {
        bound_relation one;
        TRY(bind_empty_relation(b, &one));
        rows = one.plan;
        n.target_count = 0;
    } else {
        insert_defaults defaults = {.table = &n.t,
                                    .targets = n.targets,
                                    .target_count = n.target_count,
                                    .body = ast->source->body};
        const insert_defaults *outer = b->defaults;
        b->defaults = ast->by_name ? NULL : &defaults;
        dbx_status status = bind_query(b, ast->source, &rows);
        b->defaults = outer;
        TRY(status);
        if (ast->by_name) TRY(insert_by_name(b, &n, rows));
    }
    if (rows->column_count != n.target_count) return insert_arity(b, &n, rows);
    TRY(insert_project(b, &n, rows, out));
    return dml_write(b, &n.t, WRITE_INSERT, ast->overwrite, *out, out);
}

dbx_status bind_insert_default(binder *b, const ast_node *body, uint32_t column, span s, expr **out,
                               bool *done) {
    const insert_defaults *d = b->defaults;
    *done = d != NULL && d->body == body && column < d->target_count;
    if (!*done) return DBX_OK;
    return dml_default(b, d->table, d->targets[column], s, out);
}

dbx_status binder_write_query(binder_context *c, plan_node *rows, struct catalog_table *table,
                              bool overwrite, span position, plan_node **out) {
    binder b;
    dml_insert n = {0};
    TRY(binder_init(&b, c));
    n.t.table = table;
    n.t.span = position;
    n.t.qualifier = bind_object_qualifier(&b, &table->base);
    if (n.t.qualifier == NULL) return binder_nomem(&b);
    n.t.text = sv_from(binder_quote_parts(&b, n.t.qualifier->parts, n.t.qualifier->count));
    n.target_count = rows->column_count;
    n.targets = ARENA_ARRAY(b.arena, uint32_t, rows->column_count + 1);
    if (n.targets == NULL) return binder_nomem(&b);
    if (rows->column_count > table->def.column_count) {
        return error_raise(b.err, ERR_INSERT_COLUMN_ARITY_MISMATCH__TOO_MANY_DATA_COLUMNS, position,
                           "tableName", binder_cstr(&b, n.t.text), "tableColumns",
                           dml_column_list(&b, NULL, &n.t), "dataColumns",
                           dml_column_list(&b, rows, &n.t), NULL);
    }
    for (uint32_t i = 0; i < rows->column_count; i++) n.targets[i] = i;
    TRY(insert_project(&b, &n, rows, out));
    return dml_write(&b, &n.t, WRITE_INSERT, overwrite, *out, out);
}

/* ---- UPDATE, DELETE ---- */

/* The table's rows with their ids, under the alias. */
dbx_status dml_scan(binder *b, const dml_table *t, const ast_alias *alias, bound_relation *out,
                    column_id *row_id) {
    TRY(bind_catalog_table(b, t->table, t->qualifier, true, t->span, out));
    *row_id = ((const plan_scan *)out->plan)->row_id;
    if (!ast_ident_given(&alias->name)) return DBX_OK;
    return bind_alias(b, alias, t->span, out);
}

expr *dml_row_id(binder *b, column_id id, bool nullable, span s) {
    return expr_column(b->arena, id, type_simple(TYPE_BIGINT), nullable, binder_span(b, s));
}

static dbx_status dml_join(binder *b, const bound_relation *target, const ast_relation *other,
                           bound_relation *out) {
    bound_relation right;
    TRY(bind_from(b, other, &right));
    plan_join *j = plan_join_new(b->plan, JOIN_INNER, target->plan, right.plan);
    scope *s = scope_new(b);
    if (j == NULL || s == NULL) return binder_nomem(b);
    if (target->scope != NULL) TRY(scope_append(b, s, target->scope));
    if (right.scope != NULL) TRY(scope_append(b, s, right.scope));
    out->plan = &j->base;
    out->scope = s;
    return DBX_OK;
}

static dbx_status dml_where(binder *b, const ast_expr *where, bound_relation *r) {
    bind_block block;
    if (where == NULL) return DBX_OK;
    binder_push(b, &block, r->scope, CLAUSE_WHERE);
    dbx_status status = bind_where(b, where, &r->plan);
    binder_pop(b, &block);
    return status;
}

/* The struct `base` with the field that path names replaced. */
static dbx_status dml_replace_field(binder *b, expr *base, const string_view *path, uint32_t count,
                                    expr *value, span s, expr **out) {
    ARENA_LIST(expr *) args = {0};
    bool found = false;
    if (count == 0) {
        *out = value;
        return DBX_OK;
    }
    for (uint32_t i = 0; base->type.id == TYPE_STRUCT && i < base->type.child_count; i++) {
        const type_field *f = &base->type.children[i];
        expr *field;
        TRY(bind_field(b, base, f->name, s, &field));
        if (binder_same_name(b, f->name, path[0])) {
            found = true;
            TRY(dml_replace_field(b, field, path + 1, count - 1, value, s, &field));
        }
        expr *name = expr_constant_string(b->arena, f->name, binder_span(b, s));
        if (name == NULL || ARENA_LIST_PUSH(b->arena, &args, name) != DBX_OK ||
            ARENA_LIST_PUSH(b->arena, &args, field) != DBX_OK)
            return binder_nomem(b);
    }
    if (!found) return bind_raise_unresolved_column(b, path, 1, NULL, s);
    return bind_call(b, "named_struct", args.items, args.count, s, NULL, out);
}

dbx_status dml_assign(binder *b, const dml_table *t, const ast_list *assignments, expr **values) {
    bool *assigned = ARENA_ARRAY(b->arena, bool, t->table->def.column_count + 1);
    if (assigned == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < assignments->count; i++) {
        const ast_assignment *a = AST_AS(ast_assignment, assignments->items[i]);
        const string_view *parts;
        uint32_t count, column, skip = 0;
        expr *e;
        TRY(binder_name_parts(b, a->target, &parts, &count));
        /* A leading table name or alias. */
        if (count > 1 && catalog_table_column(t->table, parts[0]) < 0) skip = 1;
        TRY(dml_column(b, t, parts[skip], a->target->node.span, &column));
        uint32_t depth = count - skip - 1;
        if (assigned[column] && depth == 0) {
            return error_raise(b->err, ERR_DUPLICATE_ASSIGNMENTS, binder_node_span(b, &a->node),
                               "nameList", binder_quote_parts(b, parts, count), NULL);
        }
        assigned[column] = true;
        if (a->value->kind == AST_DEFAULT)
            TRY(dml_default(b, t, column, a->node.span, &e));
        else
            TRY(bind_expr(b, a->value, &e));
        if (depth > 0) {
            TRY(dml_replace_field(b, values[column], parts + skip + 1, depth, e, a->node.span, &e));
        }
        TRY(dml_store(b, t, column, e, a->node.span, &values[column]));
    }
    return DBX_OK;
}

/* The table's columns as they are, from the scan's columns. */
dbx_status dml_current_values(binder *b, const dml_table *t, const plan_node *scan, bool nullable,
                              expr **values) {
    for (uint32_t i = 0; i < t->table->def.column_count; i++) {
        const plan_column *p = &scan->columns[i];
        values[i] =
            expr_column(b->arena, p->id, p->type, p->nullable || nullable, binder_span(b, t->span));
        if (values[i] == NULL) return binder_nomem(b);
        TRY(dml_store(b, t, i, values[i], t->span, &values[i]));
    }
    return DBX_OK;
}

static dbx_status dml_with_ctes(binder *b, const ast_list *ctes, bool recursive,
                                const ast_statement *s,
                                dbx_status (*bind)(binder *, const ast_statement *, plan_node **),
                                plan_node **out) {
    bind_cte *outer = b->ctes, *first = NULL;
    TRY(bind_push_ctes(b, ctes, recursive, &first));
    TRY(bind(b, s, out));
    if (ctes->count > 0) TRY(bind_finish_ctes(b, first, outer, &(*out)->children[0]));
    b->ctes = outer;
    return DBX_OK;
}

static dbx_status dml_update(binder *b, const ast_statement *statement, plan_node **out) {
    const ast_update *s = AST_AS(ast_update, statement);
    dml_table t;
    bound_relation r;
    column_id row_id;
    bind_block block;
    TRY(dml_target(b, s->table, &t));
    uint32_t columns = t.table->def.column_count;
    TRY(dml_scan(b, &t, &s->alias, &r, &row_id));
    const plan_node *scan = r.plan;
    if (s->from != NULL) TRY(dml_join(b, &r, s->from, &r));
    TRY(dml_where(b, s->where, &r));
    expr **values = ARENA_ARRAY(b->arena, expr *, columns + 2);
    string_view *names = ARENA_ARRAY(b->arena, string_view, columns + 2);
    if (values == NULL || names == NULL) return binder_nomem(b);
    TRY(dml_current_values(b, &t, scan, false, values + 1));
    binder_push(b, &block, r.scope, CLAUSE_DML);
    dbx_status status = dml_assign(b, &t, &s->assignments, values + 1);
    binder_pop(b, &block);
    TRY(status);
    values[0] = dml_row_id(b, row_id, false, t.span);
    if (values[0] == NULL) return binder_nomem(b);
    names[0] = SV(CATALOG_ROW_ID_NAME);
    for (uint32_t i = 0; i < columns; i++) names[i + 1] = t.table->def.columns[i].name;
    TRY(bind_project(b, r.plan, values, names, columns + 1, out));
    TRY(dml_finish_rows(b, &t, *out, 1, out));
    return dml_write(b, &t, WRITE_UPDATE, false, *out, out);
}

static dbx_status dml_delete(binder *b, const ast_statement *statement, plan_node **out) {
    const ast_delete *s = AST_AS(ast_delete, statement);
    dml_table t;
    bound_relation r;
    column_id row_id;
    string_view name = SV(CATALOG_ROW_ID_NAME);
    TRY(dml_target(b, s->table, &t));
    TRY(dml_scan(b, &t, &s->alias, &r, &row_id));
    if (s->using_relation != NULL) TRY(dml_join(b, &r, s->using_relation, &r));
    TRY(dml_where(b, s->where, &r));
    expr *id = dml_row_id(b, row_id, false, t.span);
    if (id == NULL) return binder_nomem(b);
    TRY(bind_project(b, r.plan, &id, &name, 1, out));
    return dml_write(b, &t, WRITE_DELETE, false, *out, out);
}

dbx_status bind_update(binder *b, const ast_update *s, plan_node **out) {
    return dml_with_ctes(b, &s->ctes, s->recursive, &s->node, dml_update, out);
}

dbx_status bind_delete(binder *b, const ast_delete *s, plan_node **out) {
    return dml_with_ctes(b, &s->ctes, s->recursive, &s->node, dml_delete, out);
}

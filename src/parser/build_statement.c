/* build_statement.c - DML, DDL and utility statements from the grammar's parts. */
#include "parser/build.h"
#include "parser/sql.h"

void parser_add_statement(parser_state *p, ast_statement *statement) {
    if (p->status != DBX_OK) return;
    PARSER_PUSH(p, p->statements, statement);
}

/* ---- INSERT, MERGE --------------------------------------------------------------------------- */

ast_insert *parser_insert_query(parser_state *p, ast_insert *insert, ast_query *query) {
    insert->source = query;
    insert->node.span.end = p->previous.end;
    parser_adopt(p, insert, query);
    return insert;
}

ast_statement *parser_insert_with(parser_state *p, ast_query *with, ast_insert *insert) {
    if (p->status == DBX_OK && insert->source != NULL) {
        uint32_t start = insert->source->node.span.start;
        parser_query_with(p, with, insert->source);
        insert->source->node.span.start = start;
        parser_adopt(p, insert, insert->source);
    }
    insert->node.span.start = with->node.span.start;
    return &insert->node;
}

ast_statement *parser_insert_directory(parser_state *p, ast_insert_directory *insert,
                                       ast_query *query) {
    insert->source = query;
    insert->node.span.end = p->previous.end;
    parser_adopt(p, insert, query);
    return &insert->node;
}

ast_statement *parser_multi_insert(parser_state *p, parser_expr from, ast_list *branches) {
    ast_multi_insert *m = PARSER_NODE(p, ast_multi_insert, MULTI_INSERT, from.outer.start);
    m->from = from.e;
    m->branches = parser_list(branches);
    parser_adopt(p, m, from.e);
    parser_adopt_list(p, m, branches);
    return &m->node;
}

ast_statement *parser_multi_insert_with(parser_state *p, ast_query *with,
                                        ast_statement *statement) {
    ast_multi_insert *m = (ast_multi_insert *)statement;
    m->recursive = with->recursive;
    m->ctes = with->ctes;
    m->node.span.start = with->node.span.start;
    parser_adopt(p, m, with);
    return statement;
}

ast_partition_item *parser_partition_item(parser_state *p, parser_word column, int op,
                                          ast_expr *value) {
    ast_partition_item *item = parser_memory(p, sizeof(*item));
    item->column = parser_ident(p, column);
    item->op = (ast_operator)op;
    item->value = value;
    return item;
}

ast_assignment *parser_assignment(parser_state *p, ast_name *target, ast_expr *value) {
    ast_assignment *a = PARSER_NODE(p, ast_assignment, ASSIGNMENT, target->node.span.start);
    a->target = target;
    a->value = parser_default_or(p, value);
    parser_adopt(p, a, value);
    return a;
}

ast_merge_clause *parser_merge_action(parser_state *p, uint32_t start, ast_merge_action action) {
    ast_merge_clause *c = PARSER_NODE(p, ast_merge_clause, MERGE_CLAUSE, start);
    c->action = action;
    return c;
}

ast_merge_clause *parser_merge_insert(parser_state *p, uint32_t start, ast_list *columns,
                                      ast_list *values) {
    ast_merge_clause *c = parser_merge_action(p, start, AST_MERGE_INSERT);
    c->columns = parser_list(columns);
    for (uint32_t i = 0; p->status == DBX_OK && i < values->count; i++) {
        values->items[i] = parser_default_or(p, values->items[i]);
    }
    c->values = parser_list(values);
    parser_adopt_list(p, c, values);
    return c;
}

/* An action must suit its match: nothing to insert when matched, nothing but an insert otherwise.
 */
ast_merge_clause *parser_merge_when(parser_state *p, uint32_t start, ast_merge_match match,
                                    ast_expr *condition, ast_merge_clause *clause) {
    bool inserts = clause->action == AST_MERGE_INSERT || clause->action == AST_MERGE_INSERT_ALL;
    bool all = clause->action == AST_MERGE_UPDATE_ALL && match == AST_MERGE_NOT_MATCHED_BY_SOURCE;
    if (inserts != (match == AST_MERGE_NOT_MATCHED) || all) {
        parser_syntax_error_at(p, clause->node.span);
    }
    clause->node.span = parser_span(p, start);
    clause->match = match;
    clause->condition = condition;
    parser_adopt(p, clause, condition);
    return clause;
}

/* ---- CREATE ---------------------------------------------------------------------------------- */

void parser_no_replace(parser_state *p, parser_token create) {
    if (create.code == 0) return;
    parser_fail_operation(p, create, "CREATE OR REPLACE of this kind of object");
}

ast_create_table *parser_table_head(parser_state *p, parser_token create, bool if_not_exists,
                                    ast_name *name) {
    ast_create_table *t = PARSER_NODE(p, ast_create_table, CREATE_TABLE, create.start);
    t->or_replace = create.code == 1;
    t->if_not_exists = if_not_exists;
    t->name = name;
    if (t->or_replace && if_not_exists) {
        parser_fail_operation(p, create, "CREATE OR REPLACE TABLE IF NOT EXISTS");
    }
    return t;
}

/* Collects columns and constraints; `elements` is no node, only their carrier. */
void parser_add_element(parser_state *p, ast_create_table *elements, ast_column_def *column,
                        ast_constraint *constraint) {
    if (column != NULL) {
        parser_require_one_part(p, column->name);
        parser_push(p, &elements->columns, column);
    } else {
        parser_push(p, &elements->constraints, constraint);
    }
}

ast_statement *parser_create_table(parser_state *p, ast_create_table *t, ast_create_table *elements,
                                   ast_table_clauses *clauses, ast_query *query) {
    t->node.span.end = p->previous.end;
    if (elements != NULL) {
        t->has_columns = true;
        t->columns = elements->columns;
        t->constraints = elements->constraints;
        parser_adopt_list(p, t, &t->columns);
        parser_adopt_list(p, t, &t->constraints);
    }
    t->clauses = clauses;
    t->query = query;
    parser_adopt(p, t, query);
    if (query != NULL) t->query_text = parser_copy_text(p, query->node.span.start, p->previous.end);
    return &t->node;
}

ast_statement *parser_create_table_like(parser_state *p, parser_token create, bool temporary,
                                        bool if_not_exists, ast_name *name, ast_name *source,
                                        ast_table_clauses *clauses) {
    ast_create_table_like *t =
        PARSER_NODE(p, ast_create_table_like, CREATE_TABLE_LIKE, create.start);
    t->or_replace = create.code == 1;
    t->temporary = temporary;
    t->if_not_exists = if_not_exists;
    t->name = name;
    t->source = source;
    t->clauses = clauses;
    return &t->node;
}

ast_statement *parser_clone_table(parser_state *p, parser_token create, bool if_not_exists,
                                  ast_name *name, bool shallow, ast_name *source,
                                  const ast_table_ref *travel, ast_table_clauses *clauses) {
    ast_clone_table *t = PARSER_NODE(p, ast_clone_table, CLONE_TABLE, create.start);
    t->or_replace = create.code == 1;
    t->if_not_exists = if_not_exists;
    t->shallow = shallow;
    t->name = name;
    t->source = parser_table_ref(p, source, travel, NULL, NULL, NULL);
    t->clauses = clauses;
    return &t->node;
}

ast_column_def *parser_column_def(parser_state *p, ast_name *name, ast_type *type) {
    ast_column_def *c = PARSER_NODE(p, ast_column_def, COLUMN_DEF, name->node.span.start);
    c->name = name;
    c->type = type;
    parser_plain_name(p, name);
    parser_adopt(p, c, type);
    return c;
}

ast_column_def *parser_identity(parser_state *p, ast_column_def *c, parser_token at,
                                ast_generated generated, const ast_column_def *options) {
    parser_once(p, c->generated != AST_GENERATED_NO, "GENERATED ALWAYS AS", at);
    c->generated = generated;
    if (options != NULL) {
        c->identity_start = options->identity_start;
        c->identity_step = options->identity_step;
    }
    return c;
}

ast_constraint *parser_constraint(parser_state *p, ast_constraint_type type, uint32_t start) {
    ast_constraint *c = PARSER_NODE(p, ast_constraint, CONSTRAINT, start);
    c->type = type;
    return c;
}

ast_constraint *parser_check(parser_state *p, parser_token keyword, parser_token open,
                             parser_expr e, parser_token close) {
    ast_constraint *c = parser_constraint(p, AST_CONSTRAINT_CHECK, keyword.start);
    c->check = e.e;
    c->check_text = parser_copy_text(p, open.end, close.start);
    parser_adopt(p, c, e.e);
    return c;
}

void parser_add_trait(parser_state *p, ast_constraint *constraint, span at) {
    ast_ident ident = parser_ident_upper(p, at);
    PARSER_PUSH(p, &constraint->characteristics, ident);
    constraint->node.span.end = p->previous.end;
}

ast_statement *parser_create_view(parser_state *p, parser_token create, int type,
                                  bool if_not_exists, ast_name *name, ast_list *columns,
                                  ast_table_clauses *clauses, parser_token as, ast_query *query) {
    ast_create_view *v = PARSER_NODE(p, ast_create_view, CREATE_VIEW, create.start);
    v->type = (ast_view_type)type;
    v->or_replace = create.code == 1;
    v->if_not_exists = if_not_exists;
    v->name = name;
    v->clauses = clauses;
    v->query = query;
    v->query_text = parser_copy_text(p, as.end, p->previous.end);
    parser_adopt(p, v, query);
    for (uint32_t i = 0; p->status == DBX_OK && columns != NULL && i < columns->count; i++) {
        bool constraint = columns->items[i]->kind == AST_CONSTRAINT;
        parser_push(p, constraint ? &v->constraints : &v->columns, columns->items[i]);
    }
    bool temporary = type == AST_VIEW_TEMP || type == AST_VIEW_GLOBAL_TEMP;
    if (temporary && name->parts.count > 1) {
        parser_fail(p, ERR_TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS, name->node.span, "actualName",
                    parser_name_shown(p, name), NULL);
    } else if (v->or_replace && if_not_exists) {
        parser_fail_operation(p, create, "CREATE VIEW with both IF NOT EXISTS and REPLACE");
    } else if (temporary && if_not_exists) {
        parser_fail_operation(p, create, "CREATE TEMPORARY VIEW IF NOT EXISTS");
    }
    return &v->node;
}

ast_statement *parser_create_view_using(parser_state *p, parser_token create, int type,
                                        ast_name *name, ast_list *columns,
                                        ast_table_clauses *clauses) {
    ast_create_temp_view_using *v =
        PARSER_NODE(p, ast_create_temp_view_using, CREATE_TEMP_VIEW_USING, create.start);
    v->or_replace = create.code == 1;
    v->global = type == AST_VIEW_GLOBAL_TEMP;
    v->name = name;
    v->columns = parser_list(columns);
    v->provider = clauses->provider;
    v->options = clauses->options;
    bool temporary = type == AST_VIEW_TEMP || type == AST_VIEW_GLOBAL_TEMP;
    if (clauses->provider == NULL || !temporary) {
        parser_syntax_error_at(p, (span){p->previous.end, p->previous.end});
    }
    return &v->node;
}

/* ---- functions ------------------------------------------------------------------------------- */

ast_create_function *parser_function_head(parser_state *p, parser_token create, bool if_not_exists,
                                          ast_name *name) {
    ast_create_function *f = PARSER_NODE(p, ast_create_function, CREATE_FUNCTION, create.start);
    f->or_replace = create.code == 1;
    f->if_not_exists = if_not_exists;
    f->name = name;
    return f;
}

void parser_check_temp_function(parser_state *p, const ast_create_function *f) {
    if (p->status != DBX_OK || f->name->parts.count <= 1) return;
    parser_fail(p, ERR_INVALID_SQL_SYNTAX__CREATE_TEMP_FUNC_WITH_DATABASE, f->name->node.span,
                "database", parser_cstr(p, f->name->parts.items[0].text), NULL);
}

static void build_function_take_traits(parser_state *p, ast_create_function *f,
                                       ast_list *parameters, const ast_create_function *traits) {
    f->has_parameters = true;
    f->parameters = parser_list(parameters);
    f->returns = traits->returns;
    f->return_type = traits->return_type;
    f->return_columns = traits->return_columns;
    f->language = traits->language;
    f->specific = traits->specific;
    f->deterministic = traits->deterministic;
    f->not_deterministic = traits->not_deterministic;
    f->data_access = traits->data_access;
    f->null_call = traits->null_call;
    f->security = traits->security;
    f->comment = traits->comment;
    f->node.span.end = p->previous.end;
    parser_adopt_list(p, f, parameters);
}

ast_statement *parser_function_class(parser_state *p, ast_create_function *f, parser_token text,
                                     ast_list *resources) {
    f->body_text = parser_string(p, text);
    f->resources = parser_list(resources);
    f->node.span.end = p->previous.end;
    return &f->node;
}

ast_statement *parser_function(parser_state *p, ast_create_function *f, ast_list *parameters,
                               const ast_create_function *traits, parser_token before,
                               parser_function_body body) {
    build_function_take_traits(p, f, parameters, traits);
    f->body_expr = body.expr;
    f->body_query = body.query;
    f->body_block = body.block;
    uint32_t start = body.block != NULL ? body.block->span.start : before.end;
    f->body_text = parser_copy_text(p, start, p->previous.end);
    parser_adopt(p, f, body.expr);
    parser_adopt(p, f, body.query);
    parser_adopt(p, f, body.block);
    return &f->node;
}

ast_statement *parser_function_code(parser_state *p, ast_create_function *f, ast_list *parameters,
                                    const ast_create_function *traits, parser_token text) {
    build_function_take_traits(p, f, parameters, traits);
    if (text.code == TK_DOLLAR_STRING) {
        f->body_text = parser_copy_text(p, text.start + 2, text.end - 2);
    } else {
        f->body_text = parser_string(p, text);
    }
    return &f->node;
}

/* ---- DROP, ALTER, ANALYZE -------------------------------------------------------------------- */

ast_statement *parser_drop(parser_state *p, parser_token keyword, int object, bool if_exists,
                           ast_name *name, int behavior) {
    ast_drop *d = PARSER_NODE(p, ast_drop, DROP, keyword.start);
    d->object = (ast_object)object;
    d->if_exists = if_exists;
    d->cascade = (behavior & 1) != 0;
    d->restrict_given = (behavior & 2) != 0;
    d->purge = (behavior & 4) != 0;
    d->name = name;
    if (object == AST_OBJECT_TEMP_FUNCTION && name->parts.count > 1) {
        parser_fail(p, ERR_INVALID_SQL_SYNTAX__MULTI_PART_NAME, name->node.span, "statement",
                    "DROP TEMPORARY FUNCTION", "name", parser_name_shown(p, name), NULL);
    }
    return &d->node;
}

ast_analyze *parser_analyze(parser_state *p, uint32_t start, ast_name *name,
                            ast_partition_spec *partition) {
    ast_analyze *a = PARSER_NODE(p, ast_analyze, ANALYZE, start);
    a->name = name;
    a->partition = partition;
    return a;
}

void parser_check_noscan(parser_state *p, parser_word mode) {
    string_view text = parser_text(p, mode.span.start, mode.span.end);
    if (sv_equal_ignore_case(text, SV("noscan"))) return;
    parser_fail(p, ERR_INVALID_SQL_SYNTAX__ANALYZE_TABLE_UNEXPECTED_NOSCAN, mode.span, "ctx",
                parser_cstr(p, text), NULL);
}

ast_alter *parser_alter(parser_state *p, ast_alter_action action, uint32_t start) {
    ast_alter *a = parser_memory(p, sizeof(*a));
    a->action = action;
    a->span = parser_span(p, start);
    return a;
}

ast_alter *parser_alter_column(parser_state *p, ast_alter_action action, ast_name *column) {
    ast_alter *a = parser_alter(p, action, column->node.span.start);
    a->column = column;
    return a;
}

/* ALTER COLUMN with one action is that action. */
ast_alter *parser_alter_columns(parser_state *p, const parser_alters *list) {
    ast_alter *a = parser_memory(p, sizeof(*a));
    if (p->status != DBX_OK) return a;
    if (list->count == 1) {
        *a = list->items[0];
        return a;
    }
    a->action = AST_ALTER_COLUMNS;
    a->span = parser_span(p, list->items[0].span.start);
    a->actions = list->items;
    a->action_count = list->count;
    return a;
}

ast_alter *parser_alter_cluster(parser_state *p, uint32_t start, ast_list *names, int mode) {
    ast_alter *a = parser_alter(p, AST_ALTER_CLUSTER_BY, start);
    a->clauses = PARSER_NODE(p, ast_table_clauses, TABLE_CLAUSES, start);
    a->clauses->has_cluster_by = true;
    a->clauses->cluster_by = parser_list(names);
    a->clauses->cluster_by_none = mode == 1;
    a->clauses->cluster_by_auto = mode == 2;
    return a;
}

ast_alter *parser_alter_query(parser_state *p, ast_query *query) {
    ast_alter *a = parser_alter(p, AST_ALTER_AS_QUERY, query->node.span.start);
    a->query = query;
    a->text = parser_copy_text(p, query->node.span.start, p->previous.end);
    return a;
}

static void build_alter_adopt(parser_state *p, void *statement, const ast_alter *a) {
    parser_adopt_list(p, statement, &a->columns);
    parser_adopt(p, statement, a->type);
    parser_adopt(p, statement, a->value);
    parser_adopt_list(p, statement, &a->values);
    parser_adopt_list(p, statement, &a->properties);
    parser_adopt(p, statement, a->constraint);
    parser_adopt(p, statement, a->query);
}

void parser_adopt_alter(parser_state *p, void *statement, const ast_alter *a) {
    if (p->status != DBX_OK) return;
    build_alter_adopt(p, statement, a);
    for (uint32_t i = 0; i < a->action_count; i++) build_alter_adopt(p, statement, &a->actions[i]);
}

/* Columns and new names are no references that IDENTIFIER(…) may stand for. */
static void build_alter_plain_names(parser_state *p, const ast_alter *a) {
    parser_plain_name(p, a->column);
    if (a->action == AST_ALTER_RENAME) parser_plain_name(p, a->name);
    for (uint32_t i = 0; i < a->names.count; i++)
        parser_plain_name(p, AST_AS(ast_name, a->names.items[i]));
    for (uint32_t i = 0; i < a->action_count; i++) parser_plain_name(p, a->actions[i].column);
}

ast_statement *parser_alter_table(parser_state *p, uint32_t start, ast_name *name,
                                  const ast_alter *a) {
    ast_alter_table *t = PARSER_NODE(p, ast_alter_table, ALTER_TABLE, start);
    t->table = name;
    PARSER_COPY(t->alter, a);
    build_alter_plain_names(p, a);
    parser_adopt_alter(p, t, a);
    return &t->node;
}

ast_statement *parser_alter_view(parser_state *p, uint32_t start, bool materialized, ast_name *name,
                                 const ast_alter *a) {
    ast_alter_view *v = PARSER_NODE(p, ast_alter_view, ALTER_VIEW, start);
    v->materialized = materialized;
    v->view = name;
    PARSER_COPY(v->alter, a);
    parser_adopt_alter(p, v, a);
    return &v->node;
}

ast_statement *parser_alter_schema(parser_state *p, uint32_t start, ast_object object,
                                   ast_name *name, const ast_alter *a) {
    ast_alter_schema *s = PARSER_NODE(p, ast_alter_schema, ALTER_SCHEMA, start);
    s->object = object;
    s->name = name;
    PARSER_COPY(s->alter, a);
    return &s->node;
}

/* ---- SHOW, DESCRIBE, USE --------------------------------------------------------------------- */

ast_show *parser_show(parser_state *p, ast_show_type type, ast_name *name, ast_name *in,
                      const ast_text *pattern) {
    ast_show *s = PARSER_NODE(p, ast_show, SHOW, p->previous.start);
    s->type = type;
    s->name = name;
    s->in = in;
    if (pattern != NULL) PARSER_COPY(s->pattern, pattern);
    return s;
}

ast_show *parser_show_functions(parser_state *p, const parser_word *scope, ast_name *in,
                                ast_show *like) {
    if (scope != NULL) {
        like->scope = parser_ident(p, *scope);
        string_view text = like->scope.text;
        bool ok = sv_equal_ignore_case(text, SV("user")) ||
                  sv_equal_ignore_case(text, SV("system")) || sv_equal_ignore_case(text, SV("all"));
        if (!ok) parser_syntax_error_at(p, scope->span);
    }
    like->in = in;
    return like;
}

ast_show *parser_show_grants(parser_state *p, const parser_word *principal,
                             const ast_grant *object) {
    ast_show *s = parser_show(p, AST_SHOW_GRANTS, NULL, NULL, NULL);
    if (principal != NULL) s->scope = parser_ident(p, *principal);
    s->object = AST_OBJECT_OTHER;
    if (object != NULL) {
        s->object = object->object;
        s->name = object->name;
    }
    return s;
}

ast_describe *parser_describe(parser_state *p, ast_describe_type type, ast_name *name) {
    ast_describe *d = PARSER_NODE(p, ast_describe, DESCRIBE, p->previous.start);
    d->type = type;
    d->name = name;
    return d;
}

void parser_describe_check(parser_state *p, const ast_describe *d) {
    if (p->status != DBX_OK) return;
    if (d->as_json && d->column != NULL) {
        parser_fail(p, ERR_UNSUPPORTED_FEATURE__DESC_TABLE_COLUMN_JSON, d->column->node.span, NULL);
    } else if (d->as_json && !d->extended && !d->formatted) {
        parser_fail(p, ERR_DESCRIBE_JSON_NOT_EXTENDED, d->node.span, "tableName",
                    parser_name_shown(p, d->name), NULL);
    }
    for (uint32_t i = 0; d->partition != NULL && i < d->partition->count; i++) {
        const ast_partition_item *item = &d->partition->items[i];
        if (item->value != NULL) continue;
        const char *shown = arena_printf(p->arena, "`" SV_FMT "`", SV_ARG(item->column.text));
        parser_fail(p, ERR_INVALID_SQL_SYNTAX__EMPTY_PARTITION_VALUE, item->column.span, "partKey",
                    shown ? shown : "", NULL);
    }
}

ast_describe *parser_describe_mode(parser_state *p, int mode, ast_describe *d) {
    d->extended = mode == 1;
    d->formatted = mode == 2;
    parser_describe_check(p, d);
    return d;
}

ast_statement *parser_use(parser_state *p, uint32_t start, ast_object object, ast_name *name) {
    ast_use *u = PARSER_NODE(p, ast_use, USE, start);
    u->object = object;
    u->name = name;
    return &u->node;
}

/* ---- variables, EXECUTE IMMEDIATE ------------------------------------------------------------ */

ast_statement *parser_set_variable(parser_state *p, uint32_t start, bool var_given,
                                   ast_list *assignments, ast_list *names, ast_query *query) {
    ast_set_variable *s = PARSER_NODE(p, ast_set_variable, SET_VARIABLE, start);
    s->var_given = var_given;
    s->assignments = parser_list(assignments);
    s->names = parser_list(names);
    s->query = query;
    /* After a failure lists may have lost their items. */
    for (uint32_t i = 0; p->status == DBX_OK && i < s->assignments.count; i++)
        parser_plain_name(p, AST_AS(ast_assignment, s->assignments.items[i])->target);
    parser_adopt_list(p, s, assignments);
    parser_adopt(p, s, query);
    return &s->node;
}

ast_declare_variable *parser_declare(parser_state *p, uint32_t start, bool or_replace,
                                     ast_list *names, ast_type *type, const parser_expr *value) {
    ast_declare_variable *d = PARSER_NODE(p, ast_declare_variable, DECLARE_VARIABLE, start);
    d->or_replace = or_replace;
    d->names = parser_list(names);
    d->type = type;
    if (value != NULL) {
        d->value = value->e;
        d->value_text = parser_copy_text(p, value->outer.start, value->outer.end);
        parser_adopt(p, d, value->e);
    } else if (type == NULL) {
        parser_fail(p, ERR_INVALID_SQL_SYNTAX__VARIABLE_TYPE_OR_DEFAULT_REQUIRED, d->node.span,
                    NULL);
    }
    parser_adopt(p, d, type);
    return d;
}

/* USING (a AS x, b): the row's items are the arguments. */
ast_list *parser_using_row(parser_state *p, ast_list *items) {
    if (p->status != DBX_OK || items->count != 1) return items;
    const ast_select_item *item = AST_AS(ast_select_item, items->items[0]);
    if (item->aliases.count > 0 || item->expr->kind != AST_ROW) return items;
    return &((ast_row *)item->expr)->items;
}

void parser_check_using(parser_state *p, const ast_list *items) {
    for (uint32_t i = 0; p->status == DBX_OK && items != NULL && i < items->count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, items->items[i]);
        for (uint32_t k = 0; k < i && item->aliases.count > 0; k++) {
            const ast_select_item *other = AST_AS(ast_select_item, items->items[k]);
            string_view name = item->aliases.items[0].text;
            if (other->aliases.count == 0) continue;
            if (!sv_equal_ignore_case(name, other->aliases.items[0].text)) continue;
            const char *shown = arena_printf(p->arena, "`" SV_FMT "`", SV_ARG(name));
            parser_fail(p, ERR_EXEC_IMMEDIATE_DUPLICATE_ARGUMENT_ALIASES, item->node.span,
                        "aliases", shown ? shown : "", NULL);
            return;
        }
    }
}

ast_statement *parser_transaction(parser_state *p, uint32_t start, ast_transaction_type type,
                                  bool read_only) {
    ast_transaction *t = PARSER_NODE(p, ast_transaction, TRANSACTION, start);
    t->type = type;
    t->read_only = read_only;
    return &t->node;
}

/* ---- maintenance, privileges ----------------------------------------------------------------- */

ast_maintenance *parser_maintain_name(parser_state *p, ast_maintenance_type type, uint32_t start,
                                      ast_name *name) {
    ast_maintenance *m = PARSER_NODE(p, ast_maintenance, MAINTENANCE, start);
    m->type = type;
    m->name = name;
    return m;
}

ast_maintenance *parser_maintain(parser_state *p, ast_maintenance_type type, uint32_t start,
                                 const ast_table_ref *table) {
    ast_maintenance *m = parser_maintain_name(p, type, start, table->name);
    if (p->status == DBX_OK && table->path != NULL)
        m->path = AST_AS(ast_literal, table->path)->value;
    return m;
}

ast_ident_list *parser_push_privilege(parser_state *p, ast_ident_list *list, span words) {
    if (list == NULL) list = parser_memory(p, sizeof(*list));
    ast_ident ident = parser_ident_upper(p, words);
    if (p->status == DBX_OK) { /* runs of white space become one blank */
        char *text = (char *)ident.text.data;
        size_t size = 0;
        for (size_t i = 0; i < ident.text.size; i++) {
            bool space = ascii_is_space(text[i]);
            if (space && size > 0 && text[size - 1] == ' ') continue;
            text[size++] = space ? ' ' : text[i];
        }
        text[size] = '\0';
        ident.text.size = size;
    }
    PARSER_PUSH(p, list, ident);
    return list;
}

ast_grant *parser_grant_object(parser_state *p, int object, ast_name *name) {
    ast_grant *g = parser_memory(p, sizeof(*g));
    g->object = (ast_object)object;
    g->name = name;
    return g;
}

/* verb: 0 GRANT, 1 REVOKE, 2 DENY */
ast_statement *parser_grant(parser_state *p, uint32_t start, int verb, ast_ident_list *privileges,
                            const ast_grant *object, parser_word principal) {
    ast_grant *g = PARSER_NODE(p, ast_grant, GRANT, start);
    g->revoke = verb == 1;
    g->deny = verb == 2;
    g->privileges = parser_idents(privileges);
    g->object = object->object;
    g->name = object->name;
    g->principal = parser_ident(p, principal);
    if (p->status == DBX_OK && g->privileges.count == 1) {
        string_view text = g->privileges.items[0].text;
        g->all_privileges = sv_equal(text, SV("ALL PRIVILEGES")) || sv_equal(text, SV("ALL"));
    }
    return &g->node;
}

/* ast_print_utility.c - utility statements and scripting as s-expressions. */
#include "parser/ast_print.h"

static const char *const ast_print_show_names[] = {
    "schemas",   "tables",     "table-extended", "views",         "columns",      "catalogs",
    "functions", "procedures", "partitions",     "tblproperties", "create-table", "current-schema",
    "grants",    "keys",       "volumes",        "users",         "groups",       "collations",
    "variables", "settings",   "metrics"};
static_assert(ARRAY_COUNT(ast_print_show_names) == AST_SHOW_METRICS + 1, "a name for each kind");

static void ast_print_show(ast_printer *p, const ast_show *s) {
    ast_print_word(p, ast_print_show_names[s->type]);
    ast_print_given(p, "scope", &s->scope);
    ast_print_node(p, s->name);
    ast_print_flag(p, s->in_catalog, "catalog");
    ast_print_part(p, "in", s->in);
    ast_print_labelled(p, "like", s->pattern);
    ast_print_node(p, s->partition);
    ast_print_flag(p, s->as_serde, "as-serde");
}

static void ast_print_describe(ast_printer *p, const ast_describe *d) {
    static const char *const types[] = {"table",   "query",   "function", "procedure", "schema",
                                        "catalog", "history", "detail",   "volume"};
    ast_print_word(p, types[d->type]);
    ast_print_flag(p, d->extended, "extended");
    ast_print_flag(p, d->formatted, "formatted");
    ast_print_node(p, d->name);
    ast_print_labelled(p, "path", d->path);
    ast_print_node(p, d->partition);
    ast_print_part(p, "column", d->column);
    ast_print_flag(p, d->as_json, "as-json");
    ast_print_node(p, d->query);
}

static void ast_print_set(ast_printer *p, const ast_set *s) {
    static const char *const types[] = {"all",       "all-documented", "show", "value",
                                        "time-zone", "collation",      "role"};
    ast_print_word(p, types[s->type]);
    ast_print_string(p, s->key);
    ast_print_string(p, s->value);
    ast_print_flag(p, s->local, "local");
    ast_print_node(p, s->interval);
}

static void ast_print_maintenance(ast_printer *p, const ast_maintenance *m) {
    static const char *const types[] = {"optimize",
                                        "vacuum",
                                        "restore",
                                        "refresh-table",
                                        "refresh-function",
                                        "refresh-materialized-view",
                                        "refresh-streaming-table",
                                        "refresh-path",
                                        "repair",
                                        "reorg",
                                        "convert-to-delta",
                                        "generate",
                                        "fsck",
                                        "checkpoint",
                                        "undrop",
                                        "sync"};
    static_assert(ARRAY_COUNT(types) == AST_MAINTAIN_SYNC + 1, "a name for each kind");
    static const char *const travels[] = {"", "version", "timestamp"};
    ast_print_word(p, types[m->type]);
    ast_print_node(p, m->name);
    ast_print_labelled(p, "path", m->path);
    if (m->travel != AST_TRAVEL_NONE) ast_print_part(p, travels[m->travel], m->travel_to);
    ast_print_flag(p, m->full, "full");
    ast_print_part(p, "where", m->where);
    ast_print_list(p, "zorder-by", &m->zorder_by);
    ast_print_part(p, "hours", m->hours);
    ast_print_flag(p, m->dry_run, "dry-run");
    ast_print_given(p, "mode", &m->mode);
    ast_print_list(p, "columns", &m->columns);
}

static void ast_print_grant(ast_printer *p, const ast_grant *g) {
    ast_print_word(p, g->deny ? "deny" : g->revoke ? "revoke" : "grant");
    for (uint32_t i = 0; i < g->privileges.count; i++)
        ast_print_string(p, g->privileges.items[i].text);
    ast_print_part(p, "on", g->name);
    ast_print_given(p, "principal", &g->principal);
}

static void ast_print_explain(ast_printer *p, const ast_explain *e) {
    static const char *const modes[] = {"",     "extended", "formatted", "analyze",
                                        "cost", "codegen",  "logical"};
    ast_print_flag(p, e->mode != AST_EXPLAIN_SIMPLE, modes[e->mode]);
    ast_print_node(p, e->statement);
}

static void ast_print_use(ast_printer *p, const ast_use *u) {
    ast_print_flag(p, u->object == AST_OBJECT_SCHEMA, "schema");
    ast_print_flag(p, u->object == AST_OBJECT_CATALOG, "catalog");
    ast_print_node(p, u->name);
}

static void ast_print_set_variable(ast_printer *p, const ast_set_variable *s) {
    ast_print_list(p, NULL, &s->assignments);
    ast_print_list(p, "names", &s->names);
    ast_print_node(p, s->query);
}

static void ast_print_declare(ast_printer *p, const ast_declare_variable *d) {
    ast_print_flag(p, d->or_replace, "or-replace");
    ast_print_list(p, NULL, &d->names);
    ast_print_node(p, d->type);
    ast_print_part(p, "default", d->value);
}

static void ast_print_cache(ast_printer *p, const ast_cache *c) {
    static const char *const types[] = {"cache", "uncache", "clear"};
    ast_print_word(p, types[c->type]);
    ast_print_flag(p, c->lazy, "lazy");
    ast_print_flag(p, c->if_exists, "if-exists");
    ast_print_node(p, c->name);
    ast_print_list(p, "options", &c->options);
    ast_print_node(p, c->query);
}

static void ast_print_transaction(ast_printer *p, const ast_transaction *t) {
    static const char *const types[] = {"begin", "commit", "rollback"};
    ast_print_word(p, types[t->type]);
    ast_print_flag(p, t->read_only, "read-only");
}

/* ---- scripting ------------------------------------------------------------------------------- */

static void ast_print_branches(ast_printer *p, const ast_branch *branches, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        ast_print_open(p, "when");
        ast_print_node(p, branches[i].condition);
        ast_print_list(p, NULL, &branches[i].statements);
        ast_print_close(p);
    }
}

static void ast_print_else(ast_printer *p, bool given, const ast_list *statements) {
    if (!given) return;
    ast_print_open(p, "else");
    ast_print_list(p, NULL, statements);
    ast_print_close(p);
}

static void ast_print_condition(ast_printer *p, const ast_condition *c) {
    static const char *const types[] = {"", "sqlstate", "sqlexception", "not-found"};
    ast_print_flag(p, c->type != AST_CONDITION_NAME, types[c->type]);
    ast_print_node(p, c->name);
    ast_print_string(p, c->sqlstate);
}

static void ast_print_loop(ast_printer *p, const ast_loop *l) {
    static const char *const types[] = {"", "while", "repeat-until"};
    ast_print_given(p, "label", &l->label);
    if (l->type != AST_LOOP_ENDLESS) ast_print_part(p, types[l->type], l->condition);
    ast_print_list(p, NULL, &l->statements);
}

static void ast_print_for(ast_printer *p, const ast_for *f) {
    ast_print_given(p, "label", &f->label);
    ast_print_given(p, "as", &f->variable);
    ast_print_node(p, f->query);
    ast_print_list(p, "do", &f->statements);
}

static void ast_print_handler(ast_printer *p, const ast_handler *h) {
    ast_print_word(p, h->exit ? "exit" : "continue");
    for (uint32_t i = 0; i < h->condition_count; i++) ast_print_condition(p, &h->conditions[i]);
    ast_print_node(p, h->body);
}

static void ast_print_cursor(ast_printer *p, const ast_cursor *c) {
    static const char *const actions[] = {"open", "fetch", "close"};
    ast_print_word(p, actions[c->action]);
    ast_print_node(p, c->name);
    ast_print_list(p, "using", &c->using_arguments);
    ast_print_list(p, "into", &c->into);
}

static void ast_print_signal(ast_printer *p, const ast_signal *s) {
    ast_print_flag(p, s->resignal, "resignal");
    if (s->has_condition) ast_print_condition(p, &s->condition);
    ast_print_list(p, "set", &s->items);
}

static void ast_print_block(ast_printer *p, const ast_block *b) {
    ast_print_given(p, "label", &b->label);
    ast_print_flag(p, b->atomic, "atomic");
    ast_print_list(p, "handlers", &b->handlers);
    ast_print_list(p, NULL, &b->statements);
}

static bool ast_print_script_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_BLOCK:
        ast_print_block(p, AST_AS(ast_block, n));
        return true;
    case AST_IF:
        ast_print_branches(p, AST_AS(ast_if, n)->branches, AST_AS(ast_if, n)->branch_count);
        ast_print_else(p, AST_AS(ast_if, n)->has_else, &AST_AS(ast_if, n)->otherwise);
        return true;
    case AST_CASE_STATEMENT: {
        const ast_case_statement *c = AST_AS(ast_case_statement, n);
        ast_print_node(p, c->operand);
        ast_print_branches(p, c->branches, c->branch_count);
        ast_print_else(p, c->has_else, &c->otherwise);
        return true;
    }
    case AST_LOOP:
        ast_print_loop(p, AST_AS(ast_loop, n));
        return true;
    case AST_FOR:
        ast_print_for(p, AST_AS(ast_for, n));
        return true;
    case AST_JUMP:
        ast_print_word(p, AST_AS(ast_jump, n)->iterate ? "iterate" : "leave");
        ast_print_ident(p, &AST_AS(ast_jump, n)->label);
        return true;
    case AST_HANDLER:
        ast_print_handler(p, AST_AS(ast_handler, n));
        return true;
    case AST_DECLARE_CONDITION:
        ast_print_ident(p, &AST_AS(ast_declare_condition, n)->name);
        ast_print_string(p, AST_AS(ast_declare_condition, n)->sqlstate);
        return true;
    case AST_DECLARE_CURSOR:
        ast_print_ident(p, &AST_AS(ast_declare_cursor, n)->name);
        ast_print_node(p, AST_AS(ast_declare_cursor, n)->query);
        ast_print_node(p, AST_AS(ast_declare_cursor, n)->sql);
        return true;
    case AST_CURSOR:
        ast_print_cursor(p, AST_AS(ast_cursor, n));
        return true;
    case AST_SIGNAL:
        ast_print_signal(p, AST_AS(ast_signal, n));
        return true;
    case AST_GET_DIAGNOSTICS:
        ast_print_node(p, AST_AS(ast_get_diagnostics, n)->condition);
        ast_print_list(p, NULL, &AST_AS(ast_get_diagnostics, n)->items);
        return true;
    case AST_RETURN:
        ast_print_node(p, AST_AS(ast_return, n)->expr);
        ast_print_node(p, AST_AS(ast_return, n)->query);
        return true;
    default:
        return false;
    }
}

bool ast_print_utility_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_SHOW:
        ast_print_show(p, AST_AS(ast_show, n));
        return true;
    case AST_DESCRIBE:
        ast_print_describe(p, AST_AS(ast_describe, n));
        return true;
    case AST_EXPLAIN:
        ast_print_explain(p, AST_AS(ast_explain, n));
        return true;
    case AST_USE:
        ast_print_use(p, AST_AS(ast_use, n));
        return true;
    case AST_SET:
        ast_print_set(p, AST_AS(ast_set, n));
        return true;
    case AST_SET_VARIABLE:
        ast_print_set_variable(p, AST_AS(ast_set_variable, n));
        return true;
    case AST_RESET:
        ast_print_string(p, AST_AS(ast_reset, n)->key);
        return true;
    case AST_TRANSACTION:
        ast_print_transaction(p, AST_AS(ast_transaction, n));
        return true;
    case AST_DECLARE_VARIABLE:
        ast_print_declare(p, AST_AS(ast_declare_variable, n));
        return true;
    case AST_EXECUTE_IMMEDIATE:
        ast_print_node(p, AST_AS(ast_execute_immediate, n)->sql);
        ast_print_list(p, "into", &AST_AS(ast_execute_immediate, n)->into);
        ast_print_list(p, "using", &AST_AS(ast_execute_immediate, n)->using_arguments);
        return true;
    case AST_MAINTENANCE:
        ast_print_maintenance(p, AST_AS(ast_maintenance, n));
        return true;
    case AST_CACHE:
        ast_print_cache(p, AST_AS(ast_cache, n));
        return true;
    case AST_GRANT:
        ast_print_grant(p, AST_AS(ast_grant, n));
        return true;
    case AST_CALL:
        ast_print_node(p, AST_AS(ast_call, n)->call);
        return true;
    case AST_UNSUPPORTED:
        ast_print_string(p, AST_AS(ast_unsupported, n)->feature);
        return true;
    default:
        return ast_print_script_fields(p, n);
    }
}

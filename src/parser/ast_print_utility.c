/* ast_print_utility.c - utility statements and scripting as s-expressions. */
#include "parser/ast_print.h"

static const char *const print_show_names[] = {
    "schemas",    "tables",  "table-extended", "views",         "columns",      "catalogs",
    "functions",  "procedures", "partitions",  "tblproperties", "create-table", "current-schema",
    "grants",     "keys",    "volumes",        "users",         "groups",       "collations",
    "variables",  "settings", "metrics"};
static_assert(ARRAY_COUNT(print_show_names) == AST_SHOW_METRICS + 1, "a name for each kind");

static void print_show(ast_printer *p, const ast_show *s) {
    print_word(p, print_show_names[s->type]);
    print_given(p, "scope", &s->scope);
    print_node(p, s->name);
    print_flag(p, s->in_catalog, "catalog");
    print_part(p, "in", s->in);
    print_labelled(p, "like", s->pattern);
    print_node(p, s->partition);
    print_flag(p, s->as_serde, "as-serde");
}

static void print_describe(ast_printer *p, const ast_describe *d) {
    static const char *const types[] = {"table",   "query",   "function", "procedure", "schema",
                                        "catalog", "history", "detail",   "volume"};
    print_word(p, types[d->type]);
    print_flag(p, d->extended, "extended");
    print_flag(p, d->formatted, "formatted");
    print_node(p, d->name);
    print_labelled(p, "path", d->path);
    print_node(p, d->partition);
    print_part(p, "column", d->column);
    print_flag(p, d->as_json, "as-json");
    print_node(p, d->query);
}

static void print_set(ast_printer *p, const ast_set *s) {
    static const char *const types[] = {"all", "all-documented", "show", "value", "time-zone", "collation",
                                        "role"};
    print_word(p, types[s->type]);
    print_string(p, s->key);
    print_string(p, s->value);
    print_flag(p, s->local, "local");
    print_node(p, s->interval);
}

static void print_maintenance(ast_printer *p, const ast_maintenance *m) {
    static const char *const types[] = {
        "optimize",     "vacuum", "restore", "refresh-table",    "refresh-function", "refresh-materialized-view",
        "refresh-streaming-table", "refresh-path", "repair", "reorg", "convert-to-delta", "generate",
        "fsck",         "checkpoint", "undrop", "sync"};
    static_assert(ARRAY_COUNT(types) == AST_MAINTAIN_SYNC + 1, "a name for each kind");
    static const char *const travels[] = {"", "version", "timestamp"};
    print_word(p, types[m->type]);
    print_node(p, m->name);
    print_labelled(p, "path", m->path);
    if (m->travel != AST_TRAVEL_NONE) print_part(p, travels[m->travel], m->travel_to);
    print_flag(p, m->full, "full");
    print_part(p, "where", m->where);
    print_list(p, "zorder-by", &m->zorder_by);
    print_part(p, "hours", m->hours);
    print_flag(p, m->dry_run, "dry-run");
    print_given(p, "mode", &m->mode);
    print_list(p, "columns", &m->columns);
}

static void print_grant(ast_printer *p, const ast_grant *g) {
    print_word(p, g->deny ? "deny" : g->revoke ? "revoke" : "grant");
    for (uint32_t i = 0; i < g->privileges.count; i++) print_string(p, g->privileges.items[i].text);
    print_part(p, "on", g->name);
    print_given(p, "principal", &g->principal);
}

static void print_explain(ast_printer *p, const ast_explain *e) {
    static const char *const modes[] = {"", "extended", "formatted", "analyze", "cost", "codegen", "logical"};
    print_flag(p, e->mode != AST_EXPLAIN_SIMPLE, modes[e->mode]);
    print_node(p, e->statement);
}

static void print_use(ast_printer *p, const ast_use *u) {
    print_flag(p, u->object == AST_OBJECT_SCHEMA, "schema");
    print_flag(p, u->object == AST_OBJECT_CATALOG, "catalog");
    print_node(p, u->name);
}

static void print_set_variable(ast_printer *p, const ast_set_variable *s) {
    print_list(p, NULL, &s->assignments);
    print_list(p, "names", &s->names);
    print_node(p, s->query);
}

static void print_declare(ast_printer *p, const ast_declare_variable *d) {
    print_flag(p, d->or_replace, "or-replace");
    print_list(p, NULL, &d->names);
    print_node(p, d->type);
    print_part(p, "default", d->value);
}

static void print_cache(ast_printer *p, const ast_cache *c) {
    static const char *const types[] = {"cache", "uncache", "clear"};
    print_word(p, types[c->type]);
    print_flag(p, c->lazy, "lazy");
    print_flag(p, c->if_exists, "if-exists");
    print_node(p, c->name);
    print_list(p, "options", &c->options);
    print_node(p, c->query);
}

static void print_transaction(ast_printer *p, const ast_transaction *t) {
    static const char *const types[] = {"begin", "commit", "rollback"};
    print_word(p, types[t->type]);
    print_flag(p, t->read_only, "read-only");
}

/* ---- scripting --------------------------------------------------------------------------------------- */

static void print_branches(ast_printer *p, const ast_branch *branches, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        print_open(p, "when");
        print_node(p, branches[i].condition);
        print_list(p, NULL, &branches[i].statements);
        print_close(p);
    }
}

static void print_else(ast_printer *p, bool given, const ast_list *statements) {
    if (!given) return;
    print_open(p, "else");
    print_list(p, NULL, statements);
    print_close(p);
}

static void print_condition(ast_printer *p, const ast_condition *c) {
    static const char *const types[] = {"", "sqlstate", "sqlexception", "not-found"};
    print_flag(p, c->type != AST_CONDITION_NAME, types[c->type]);
    print_node(p, c->name);
    print_string(p, c->sqlstate);
}

static void print_loop(ast_printer *p, const ast_loop *l) {
    static const char *const types[] = {"", "while", "repeat-until"};
    print_given(p, "label", &l->label);
    if (l->type != AST_LOOP_ENDLESS) print_part(p, types[l->type], l->condition);
    print_list(p, NULL, &l->statements);
}

static void print_for(ast_printer *p, const ast_for *f) {
    print_given(p, "label", &f->label);
    print_given(p, "as", &f->variable);
    print_node(p, f->query);
    print_list(p, "do", &f->statements);
}

static void print_handler(ast_printer *p, const ast_handler *h) {
    print_word(p, h->exit ? "exit" : "continue");
    for (uint32_t i = 0; i < h->condition_count; i++) print_condition(p, &h->conditions[i]);
    print_node(p, h->body);
}

static void print_cursor(ast_printer *p, const ast_cursor *c) {
    static const char *const actions[] = {"open", "fetch", "close"};
    print_word(p, actions[c->action]);
    print_node(p, c->name);
    print_list(p, "using", &c->using_arguments);
    print_list(p, "into", &c->into);
}

static void print_signal(ast_printer *p, const ast_signal *s) {
    print_flag(p, s->resignal, "resignal");
    if (s->has_condition) print_condition(p, &s->condition);
    print_list(p, "set", &s->items);
}

static void print_block(ast_printer *p, const ast_block *b) {
    print_given(p, "label", &b->label);
    print_flag(p, b->atomic, "atomic");
    print_list(p, "handlers", &b->handlers);
    print_list(p, NULL, &b->statements);
}

static bool print_script_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_BLOCK: print_block(p, AST_AS(ast_block, n)); return true;
        case AST_IF:
            print_branches(p, AST_AS(ast_if, n)->branches, AST_AS(ast_if, n)->branch_count);
            print_else(p, AST_AS(ast_if, n)->has_else, &AST_AS(ast_if, n)->otherwise);
            return true;
        case AST_CASE_STATEMENT: {
            const ast_case_statement *c = AST_AS(ast_case_statement, n);
            print_node(p, c->operand);
            print_branches(p, c->branches, c->branch_count);
            print_else(p, c->has_else, &c->otherwise);
            return true;
        }
        case AST_LOOP: print_loop(p, AST_AS(ast_loop, n)); return true;
        case AST_FOR: print_for(p, AST_AS(ast_for, n)); return true;
        case AST_JUMP:
            print_word(p, AST_AS(ast_jump, n)->iterate ? "iterate" : "leave");
            print_ident(p, &AST_AS(ast_jump, n)->label);
            return true;
        case AST_HANDLER: print_handler(p, AST_AS(ast_handler, n)); return true;
        case AST_DECLARE_CONDITION:
            print_ident(p, &AST_AS(ast_declare_condition, n)->name);
            print_string(p, AST_AS(ast_declare_condition, n)->sqlstate);
            return true;
        case AST_DECLARE_CURSOR:
            print_ident(p, &AST_AS(ast_declare_cursor, n)->name);
            print_node(p, AST_AS(ast_declare_cursor, n)->query);
            print_node(p, AST_AS(ast_declare_cursor, n)->sql);
            return true;
        case AST_CURSOR: print_cursor(p, AST_AS(ast_cursor, n)); return true;
        case AST_SIGNAL: print_signal(p, AST_AS(ast_signal, n)); return true;
        case AST_GET_DIAGNOSTICS:
            print_node(p, AST_AS(ast_get_diagnostics, n)->condition);
            print_list(p, NULL, &AST_AS(ast_get_diagnostics, n)->items);
            return true;
        case AST_RETURN:
            print_node(p, AST_AS(ast_return, n)->expr);
            print_node(p, AST_AS(ast_return, n)->query);
            return true;
        default: return false;
    }
}

bool print_utility_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_SHOW: print_show(p, AST_AS(ast_show, n)); return true;
        case AST_DESCRIBE: print_describe(p, AST_AS(ast_describe, n)); return true;
        case AST_EXPLAIN: print_explain(p, AST_AS(ast_explain, n)); return true;
        case AST_USE: print_use(p, AST_AS(ast_use, n)); return true;
        case AST_SET: print_set(p, AST_AS(ast_set, n)); return true;
        case AST_SET_VARIABLE: print_set_variable(p, AST_AS(ast_set_variable, n)); return true;
        case AST_RESET: print_string(p, AST_AS(ast_reset, n)->key); return true;
        case AST_TRANSACTION: print_transaction(p, AST_AS(ast_transaction, n)); return true;
        case AST_DECLARE_VARIABLE: print_declare(p, AST_AS(ast_declare_variable, n)); return true;
        case AST_EXECUTE_IMMEDIATE:
            print_node(p, AST_AS(ast_execute_immediate, n)->sql);
            print_list(p, "into", &AST_AS(ast_execute_immediate, n)->into);
            print_list(p, "using", &AST_AS(ast_execute_immediate, n)->using_arguments);
            return true;
        case AST_MAINTENANCE: print_maintenance(p, AST_AS(ast_maintenance, n)); return true;
        case AST_CACHE: print_cache(p, AST_AS(ast_cache, n)); return true;
        case AST_GRANT: print_grant(p, AST_AS(ast_grant, n)); return true;
        case AST_CALL: print_node(p, AST_AS(ast_call, n)->call); return true;
        case AST_UNSUPPORTED: print_string(p, AST_AS(ast_unsupported, n)->feature); return true;
        default: return print_script_fields(p, n);
    }
}

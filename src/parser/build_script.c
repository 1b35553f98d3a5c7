/* build_script.c - SQL scripting: blocks, control flow, conditions, cursors. */
#include "parser/build.h"

static void build_script_check_label(parser_state *p, const ast_ident *label, parser_word end) {
    if (end.span.end == 0) return;
    ast_ident last = parser_ident(p, end);
    const char *shown = parser_cstr(p, last.text);
    if (!ast_ident_given(label)) {
        parser_fail(p, ERR_END_LABEL_WITHOUT_BEGIN_LABEL, end.span, "endLabel", shown, NULL);
    } else if (p->status == DBX_OK && !sv_equal_ignore_case(label->text, last.text)) {
        parser_fail(p, ERR_LABELS_MISMATCH, end.span, "beginLabel", parser_cstr(p, label->text),
                    "endLabel", shown, NULL);
    }
}

/* Handlers leave the statements and stand beside them. */
ast_statement *parser_block(parser_state *p, uint32_t start, const parser_word *label, bool atomic,
                            ast_list *statements, parser_word end) {
    ast_block *b = PARSER_NODE(p, ast_block, BLOCK, start);
    if (label != NULL) b->label = parser_ident(p, *label);
    b->atomic = atomic;
    for (uint32_t i = 0; p->status == DBX_OK && statements != NULL && i < statements->count; i++) {
        bool handler = statements->items[i]->kind == AST_HANDLER;
        parser_push(p, handler ? &b->handlers : &b->statements, statements->items[i]);
    }
    parser_adopt_list(p, b, statements);
    build_script_check_label(p, &b->label, end);
    return &b->node;
}

static void build_script_adopt_branches(parser_state *p, void *parent,
                                        const parser_branches *branches) {
    for (uint32_t i = 0; p->status == DBX_OK && i < branches->count; i++) {
        parser_adopt(p, parent, branches->items[i].condition);
        parser_adopt_list(p, parent, &branches->items[i].statements);
    }
}

ast_statement *parser_if(parser_state *p, uint32_t start, const parser_branches *branches,
                         bool has_else, ast_list *otherwise) {
    ast_if *s = PARSER_NODE(p, ast_if, IF, start);
    s->branches = branches->items;
    s->branch_count = branches->count;
    s->has_else = has_else;
    s->otherwise = parser_list(otherwise);
    build_script_adopt_branches(p, s, branches);
    parser_adopt_list(p, s, otherwise);
    return &s->node;
}

ast_statement *parser_case_statement(parser_state *p, uint32_t start, ast_expr *operand,
                                     const parser_branches *branches, bool has_else,
                                     ast_list *otherwise) {
    ast_case_statement *s = PARSER_NODE(p, ast_case_statement, CASE_STATEMENT, start);
    s->operand = operand;
    s->branches = branches->items;
    s->branch_count = branches->count;
    s->has_else = has_else;
    s->otherwise = parser_list(otherwise);
    parser_adopt(p, s, operand);
    build_script_adopt_branches(p, s, branches);
    parser_adopt_list(p, s, otherwise);
    return &s->node;
}

/* The end label is kept in the loop's own label until parser_label has seen the one in front. */
ast_statement *parser_loop(parser_state *p, uint32_t start, ast_loop_type type, ast_expr *condition,
                           ast_list *statements, parser_word end) {
    ast_loop *l = PARSER_NODE(p, ast_loop, LOOP, start);
    l->type = type;
    l->condition = condition;
    l->statements = parser_list(statements);
    if (end.span.end != 0) l->label = parser_ident(p, end);
    parser_adopt(p, l, condition);
    parser_adopt_list(p, l, statements);
    return &l->node;
}

ast_statement *parser_for(parser_state *p, uint32_t start, const parser_word *variable,
                          ast_query *query, ast_list *statements, parser_word end) {
    ast_for *f = PARSER_NODE(p, ast_for, FOR, start);
    if (variable != NULL) f->variable = parser_ident(p, *variable);
    f->query = query;
    f->statements = parser_list(statements);
    if (end.span.end != 0) f->label = parser_ident(p, end);
    parser_adopt(p, f, query);
    parser_adopt_list(p, f, statements);
    return &f->node;
}

/* label NULL: the loop has none in front, and then it may have none behind. */
ast_statement *parser_label(parser_state *p, const parser_word *label, ast_statement *loop) {
    if (p->status != DBX_OK) return loop;
    ast_ident *own = loop->kind == AST_FOR ? &((ast_for *)loop)->label : &((ast_loop *)loop)->label;
    ast_ident end = *own;
    *own = (ast_ident){0};
    if (label != NULL) {
        *own = parser_ident(p, *label);
        loop->span.start = label->span.start;
    }
    if (ast_ident_given(&end)) build_script_check_label(p, own, (parser_word){end.span, end.expr});
    return loop;
}

ast_statement *parser_jump(parser_state *p, uint32_t start, bool iterate, parser_word label) {
    ast_jump *j = PARSER_NODE(p, ast_jump, JUMP, start);
    j->iterate = iterate;
    j->label = parser_ident(p, label);
    return &j->node;
}

ast_condition *parser_condition(parser_state *p, ast_condition_type type, uint32_t start) {
    ast_condition *c = parser_memory(p, sizeof(*c));
    c->type = type;
    c->span = parser_span(p, start);
    return c;
}

string_view parser_sqlstate(parser_state *p, parser_token string) {
    string_view state = parser_string(p, string);
    bool ok = state.size == 5;
    for (size_t i = 0; i < state.size && ok; i++) {
        char c = ascii_upper(state.data[i]);
        ok = ascii_is_digit(c) || (c >= 'A' && c <= 'Z');
    }
    if (ok) {
        ok = !sv_starts_with(state, SV("00")) && !sv_starts_with(state, SV("01")) &&
             !sv_starts_with(state, SV("XX"));
    }
    if (!ok) {
        parser_fail(p, ERR_INVALID_SQLSTATE, (span){string.start, string.end}, "sqlState",
                    parser_cstr(p, state), NULL);
    }
    return state;
}

ast_statement *parser_handler(parser_state *p, uint32_t start, bool exit,
                              const parser_conditions *list, ast_statement *body) {
    ast_handler *h = PARSER_NODE(p, ast_handler, HANDLER, start);
    h->exit = exit;
    h->conditions = list->items;
    h->condition_count = list->count;
    h->body = body;
    parser_adopt(p, h, body);
    return &h->node;
}

ast_statement *parser_declare_condition(parser_state *p, uint32_t start, parser_word name,
                                        const parser_token *sqlstate) {
    ast_declare_condition *d = PARSER_NODE(p, ast_declare_condition, DECLARE_CONDITION, start);
    d->name = parser_ident(p, name);
    if (sqlstate != NULL) d->sqlstate = parser_sqlstate(p, *sqlstate);
    return &d->node;
}

ast_statement *parser_declare_cursor(parser_state *p, uint32_t start, parser_word name,
                                     ast_query *query) {
    ast_declare_cursor *c = PARSER_NODE(p, ast_declare_cursor, DECLARE_CURSOR, start);
    c->name = parser_ident(p, name);
    c->query = query;
    parser_adopt(p, c, query);
    return &c->node;
}

ast_statement *parser_cursor(parser_state *p, uint32_t start, ast_cursor_action action,
                             ast_name *name, ast_list *using_arguments, ast_list *into) {
    ast_cursor *c = PARSER_NODE(p, ast_cursor, CURSOR, start);
    c->action = action;
    c->name = name;
    c->using_arguments = parser_list(using_arguments);
    c->into = parser_list(into);
    parser_adopt_list(p, c, using_arguments);
    return &c->node;
}

ast_statement *parser_signal(parser_state *p, uint32_t start, bool resignal,
                             const ast_condition *condition, ast_list *items) {
    ast_signal *s = PARSER_NODE(p, ast_signal, SIGNAL, start);
    s->resignal = resignal;
    if (condition != NULL) {
        s->has_condition = true;
        PARSER_COPY(s->condition, condition);
    }
    s->items = parser_list(items);
    parser_adopt_list(p, s, items);
    return &s->node;
}

ast_statement *parser_return(parser_state *p, uint32_t start, ast_expr *expr, ast_query *query) {
    ast_return *r = PARSER_NODE(p, ast_return, RETURN, start);
    r->expr = expr;
    r->query = query;
    parser_adopt(p, r, expr);
    parser_adopt(p, r, query);
    return &r->node;
}

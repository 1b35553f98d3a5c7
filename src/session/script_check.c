/* script_check.c - what can be said of a script before it runs: labels, places of declarations. */
#include "session/script_int.h"

typedef struct check_label {
    string_view name;
    bool loop;
    const struct check_label *outer;
} check_label;

static dbx_status check_list(statement_call *call, const ast_list *list, const check_label *labels);
static dbx_status check_statement(statement_call *call, const ast_statement *x,
                                  const check_label *labels);

static const check_label *check_find(const check_label *labels, string_view name) {
    while (labels != NULL && !sv_equal_ignore_case(labels->name, name)) labels = labels->outer;
    return labels;
}

static dbx_status check_new_label(statement_call *call, const ast_ident *label,
                                  const check_label *labels) {
    if (label->text.data == NULL || check_find(labels, label->text) == NULL) return DBX_OK;
    return error_raise(call->execution->err, ERR_LABEL_ALREADY_EXISTS, label->span, "label",
                       statement_quote(call, &label->text, 1), NULL);
}

static dbx_status check_jump(statement_call *call, const ast_jump *j, const check_label *labels) {
    const check_label *target = check_find(labels, j->label.text);
    const char *name = statement_quote(call, &j->label.text, 1);
    if (target == NULL) {
        return error_raise(call->execution->err, ERR_INVALID_LABEL_USAGE__DOES_NOT_EXIST,
                           j->label.span, "labelName", name, "statementType",
                           j->iterate ? "ITERATE" : "LEAVE", NULL);
    }
    if (!j->iterate || target->loop) return DBX_OK;
    return error_raise(call->execution->err, ERR_INVALID_LABEL_USAGE__ITERATE_IN_COMPOUND,
                       j->label.span, "labelName", name, NULL);
}

static dbx_status check_declare_variable(statement_call *call, const ast_declare_variable *d,
                                         bool at_start) {
    const ast_name *name = AST_AS(ast_name, d->names.items[0]);
    string_view parts[3];
    uint32_t count;
    TRY(statement_name_parts(call, name, parts, 3, &count));
    error_class cls = ERR_NONE;
    if (!at_start)
        cls = ERR_INVALID_VARIABLE_DECLARATION__ONLY_AT_BEGINNING;
    else if (count > 1)
        cls = ERR_INVALID_VARIABLE_DECLARATION__QUALIFIED_LOCAL_VARIABLE;
    else if (d->or_replace)
        cls = ERR_INVALID_VARIABLE_DECLARATION__REPLACE_LOCAL_VARIABLE;
    if (cls == ERR_NONE) return DBX_OK;
    return error_raise(call->execution->err, cls, d->node.span, "varName",
                       statement_quote(call, parts, count), NULL);
}

static dbx_status check_handlers(statement_call *call, const ast_block *b, uint32_t first_statement,
                                 const check_label *labels) {
    for (uint32_t i = 0; i < b->handlers.count; i++) {
        const ast_handler *h = AST_AS(ast_handler, b->handlers.items[i]);
        if (h->node.span.start > first_statement) {
            return error_raise(call->execution->err,
                               ERR_INVALID_HANDLER_DECLARATION__WRONG_PLACE_OF_DECLARATION,
                               h->node.span, NULL);
        }
        TRY(check_statement(call, h->body, labels));
    }
    return DBX_OK;
}

static dbx_status check_block(statement_call *call, const ast_block *b, const check_label *labels) {
    check_label own = {b->label.text, false, labels};
    TRY(check_new_label(call, &b->label, labels));
    if (b->label.text.data != NULL) labels = &own;
    bool at_start = true;
    uint32_t first_statement = UINT32_MAX;
    for (uint32_t i = 0; i < b->statements.count; i++) {
        const ast_statement *x = b->statements.items[i];
        if (x->kind == AST_DECLARE_VARIABLE) {
            TRY(check_declare_variable(call, AST_AS(ast_declare_variable, x), at_start));
        } else if (x->kind != AST_DECLARE_CONDITION && x->kind != AST_DECLARE_CURSOR) {
            if (at_start) first_statement = x->span.start;
            at_start = false;
        } else if (x->kind == AST_DECLARE_CONDITION && !at_start) {
            const ast_declare_condition *c = AST_AS(ast_declare_condition, x);
            return error_raise(call->execution->err,
                               ERR_INVALID_ERROR_CONDITION_DECLARATION__ONLY_AT_BEGINNING, x->span,
                               "conditionName", statement_quote(call, &c->name.text, 1), NULL);
        }
        TRY(check_statement(call, x, labels));
    }
    return check_handlers(call, b, first_statement, labels);
}

static dbx_status check_branches(statement_call *call, const ast_branch *branches, uint32_t count,
                                 const ast_list *otherwise, const check_label *labels) {
    for (uint32_t i = 0; i < count; i++) TRY(check_list(call, &branches[i].statements, labels));
    return check_list(call, otherwise, labels);
}

static dbx_status check_loop(statement_call *call, const ast_ident *label, const ast_list *body,
                             const check_label *labels) {
    check_label own = {label->text, true, labels};
    TRY(check_new_label(call, label, labels));
    return check_list(call, body, label->text.data != NULL ? &own : labels);
}

static dbx_status check_statement(statement_call *call, const ast_statement *x,
                                  const check_label *labels) {
    switch (x->kind) {
    case AST_BLOCK:
        return check_block(call, AST_AS(ast_block, x), labels);
    case AST_IF: {
        const ast_if *s = AST_AS(ast_if, x);
        return check_branches(call, s->branches, s->branch_count, &s->otherwise, labels);
    }
    case AST_CASE_STATEMENT: {
        const ast_case_statement *s = AST_AS(ast_case_statement, x);
        return check_branches(call, s->branches, s->branch_count, &s->otherwise, labels);
    }
    case AST_LOOP:
        return check_loop(call, &AST_AS(ast_loop, x)->label, &AST_AS(ast_loop, x)->statements,
                          labels);
    case AST_FOR:
        return check_loop(call, &AST_AS(ast_for, x)->label, &AST_AS(ast_for, x)->statements,
                          labels);
    case AST_JUMP:
        return check_jump(call, AST_AS(ast_jump, x), labels);
    default:
        return DBX_OK;
    }
}

/* Declarations stand in blocks only: in a branch or loop they are in the wrong scope. */
static dbx_status check_list(statement_call *call, const ast_list *list,
                             const check_label *labels) {
    for (uint32_t i = 0; i < list->count; i++) {
        const ast_statement *x = list->items[i];
        if (x->kind == AST_DECLARE_VARIABLE) {
            const ast_declare_variable *d = AST_AS(ast_declare_variable, x);
            string_view parts[3];
            uint32_t count;
            TRY(statement_name_parts(call, AST_AS(ast_name, d->names.items[0]), parts, 3, &count));
            return error_raise(call->execution->err,
                               ERR_INVALID_VARIABLE_DECLARATION__NOT_ALLOWED_IN_SCOPE, x->span,
                               "varName", statement_quote(call, parts, count), NULL);
        }
        TRY(check_statement(call, x, labels));
    }
    return DBX_OK;
}

dbx_status script_check(statement_call *call, const ast_block *block) {
    return check_block(call, block, NULL);
}

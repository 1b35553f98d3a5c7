/* script_run.c - statements and control flow of scripts; see script.h. */
#include "session/script_int.h"

/* ---- values ---- */

/* SELECT x, so that an expression may hold whatever a query may. */
static ast_query *script_select_of(script *s, const ast_expr *x) {
    ast_query *q = ARENA_NEW(&s->scratch, ast_query);
    ast_select *select = ARENA_NEW(&s->scratch, ast_select);
    ast_select_item *item = ARENA_NEW(&s->scratch, ast_select_item);
    ast_node **items = ARENA_ARRAY(&s->scratch, ast_node *, 1);
    if (q == NULL || select == NULL || item == NULL || items == NULL) return NULL;
    item->node = (ast_node){AST_SELECT_ITEM, (uint16_t)(x->depth + 1), x->span};
    item->expr = (ast_expr *)(uintptr_t)x;
    items[0] = &item->node;
    select->node = (ast_node){AST_SELECT, (uint16_t)(x->depth + 2), x->span};
    select->items = (ast_list){items, 1, 1};
    q->node = (ast_node){AST_QUERY, (uint16_t)(x->depth + 3), x->span};
    q->body = &select->node;
    return q;
}

dbx_status script_query(script *s, const ast_query *q, query_result **out) {
    return statement_run(s->session, s->call->execution->query.sql, &q->node,
                         s->call->execution->parameters, false, out);
}

dbx_status script_value(script *s, const ast_expr *x, const type *target, const vector **out) {
    query_result *rows;
    const ast_query *q = script_select_of(s, x);
    if (q == NULL) return error_nomem(&s->session->error);
    TRY(script_query(s, q, &rows));
    dbx_status status = DBX_OK;
    if (rows->rows.rows > 1)
        status = error_raise(&s->session->error, ERR_SCALAR_SUBQUERY_TOO_MANY_ROWS, x->span, NULL);
    if (status == DBX_OK)
        status = statement_result_value_in(s->call, &s->scratch, rows, 0, target, out);
    result_free(rows);
    return status;
}

/* NULL counts as false. */
static dbx_status script_true(script *s, const ast_expr *x, bool *out) {
    const vector *value;
    TRY(script_value(s, x, NULL, &value));
    if (value->type.id != TYPE_BOOLEAN && value->type.id != TYPE_VOID) {
        string_view sql = s->call->execution->query.sql;
        char *text = arena_printf(&s->scratch, "%.*s", (int)(x->span.end - x->span.start),
                                  sql.data + x->span.start);
        if (text == NULL) return error_nomem(&s->session->error);
        return error_raise(&s->session->error, ERR_INVALID_BOOLEAN_STATEMENT, x->span,
                           "invalidStatement", text, NULL);
    }
    *out = !vector_is_null(value, 0) && VECTOR_DATA(value, uint8_t)[0] != 0;
    return DBX_OK;
}

/* ---- statements that are not control flow ---- */

static dbx_status script_plain(script *s, const ast_statement *x) {
    query_result *rows;
    TRY(statement_run(s->session, s->call->execution->query.sql, x, s->call->execution->parameters,
                      false, &rows));
    /* Commands give no result of a script; queries do. */
    bool gives_rows =
        x->kind == AST_QUERY || x->kind == AST_EXECUTE_IMMEDIATE || x->kind == AST_CALL;
    if (!gives_rows || (x->kind != AST_QUERY && rows->column_count == 0)) {
        result_free(rows);
        return DBX_OK;
    }
    result_free(s->last);
    s->last = rows;
    return DBX_OK;
}

/* ---- sequences and blocks ---- */

static dbx_status script_list(script *s, const ast_list *list, script_flow *flow) {
    *flow = SCRIPT_NEXT;
    for (uint32_t i = 0; i < list->count && *flow == SCRIPT_NEXT; i++)
        TRY(script_statement(s, list->items[i], flow));
    return DBX_OK;
}

static bool script_jump_is(const script *s, const ast_ident *label) {
    return label->text.data != NULL && sv_equal_ignore_case(s->jump, label->text);
}

static dbx_status script_block_body(script *s, const ast_block *b, script_flow *flow) {
    script_scope scope = {.label = b->label.text, .block = b};
    script_scope_push(s, &scope);
    dbx_status status = script_list(s, &b->statements, flow);
    script_scope_pop(s);
    if (status == DBX_OK && *flow == SCRIPT_LEAVE && script_jump_is(s, &b->label))
        *flow = SCRIPT_NEXT;
    if (status == DBX_OK && *flow == SCRIPT_EXIT && s->exit_scope == &scope) *flow = SCRIPT_NEXT;
    return status;
}

/* ATOMIC: all statements are one transaction, unless one is open already. */
static dbx_status script_block(script *s, const ast_block *b, script_flow *flow) {
    session *owner = s->session;
    if (!b->atomic || owner->txn != NULL) return script_block_body(s, b, flow);
    TRY(txn_begin(owner->db->catalog, owner->objects, NULL, &owner->txn, &owner->error));
    owner->txn_failed = false;
    dbx_status status = script_block_body(s, b, flow);
    struct txn *ended = owner->txn;
    owner->txn = NULL;
    owner->txn_failed = false;
    if (status == DBX_OK) return txn_commit(ended, &owner->error);
    txn_rollback(ended);
    return status;
}

/* ---- branches ---- */

static dbx_status script_if(script *s, const ast_if *x, script_flow *flow) {
    for (uint32_t i = 0; i < x->branch_count; i++) {
        bool holds = false;
        TRY(script_true(s, x->branches[i].condition, &holds));
        if (holds) return script_list(s, &x->branches[i].statements, flow);
    }
    return script_list(s, &x->otherwise, flow);
}

/* operand = value as an expression of its own. */
static ast_expr *script_equality(script *s, const ast_expr *operand, const ast_expr *value) {
    ast_binary *x = ARENA_NEW(&s->scratch, ast_binary);
    if (x == NULL) return NULL;
    uint16_t depth = MAX(operand->depth, value->depth);
    x->node = (ast_node){AST_BINARY, (uint16_t)(depth + 1), value->span};
    x->op = AST_OP_EQUAL;
    x->left = (ast_expr *)(uintptr_t)operand;
    x->right = (ast_expr *)(uintptr_t)value;
    return &x->node;
}

static dbx_status script_case(script *s, const ast_case_statement *x, script_flow *flow) {
    for (uint32_t i = 0; i < x->branch_count; i++) {
        const ast_expr *condition = x->branches[i].condition;
        if (x->operand != NULL) condition = script_equality(s, x->operand, condition);
        if (condition == NULL) return error_nomem(&s->session->error);
        bool holds = false;
        TRY(script_true(s, condition, &holds));
        if (holds) return script_list(s, &x->branches[i].statements, flow);
    }
    return script_list(s, &x->otherwise, flow);
}

/* ---- loops ---- */

/* After one turn: whether the loop goes on, and what the statements around it are told. */
static bool script_turn_ends(script *s, const ast_ident *label, script_flow *flow) {
    if (*flow == SCRIPT_NEXT) return false;
    bool own = *flow != SCRIPT_EXIT && script_jump_is(s, label);
    bool again = own && *flow == SCRIPT_ITERATE;
    if (own) *flow = SCRIPT_NEXT;
    return !again;
}

static dbx_status script_loop(script *s, const ast_loop *x, script_flow *flow) {
    for (;;) {
        bool holds = true;
        TRY(query_check_cancelled(&s->call->execution->query, &s->session->error));
        if (x->type == AST_LOOP_WHILE) TRY(script_true(s, x->condition, &holds));
        if (!holds) return DBX_OK;
        TRY(script_list(s, &x->statements, flow));
        if (script_turn_ends(s, &x->label, flow)) return DBX_OK;
        if (x->type == AST_LOOP_REPEAT) TRY(script_true(s, x->condition, &holds));
        if (x->type == AST_LOOP_REPEAT && holds) return DBX_OK;
    }
}

/* The row's columns are variables of the body, `x.column` where FOR names the row. */
static dbx_status script_for_row(script *s, const ast_for *x, const query_result *rows,
                                 const chunk *c, uint32_t row, script_flow *flow) {
    script_scope scope = {.label = x->variable.text};
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < rows->column_count; i++) {
        vector value;
        status = vector_init(&value, rows->columns[i].type, 1, &s->scratch);
        if (status == DBX_OK)
            status = vector_copy(&value, 0, &c->columns[i], NULL, row, 1, &s->scratch);
        if (status != DBX_OK) status = error_nomem(&s->session->error);
        if (status == DBX_OK) {
            status = script_add_variable(s, &scope, rows->columns[i].name, rows->columns[i].type,
                                         &value);
        }
    }
    script_scope_push(s, &scope);
    if (status == DBX_OK) status = script_list(s, &x->statements, flow);
    script_scope_pop(s);
    return status;
}

static dbx_status script_for(script *s, const ast_for *x, script_flow *flow) {
    query_result *rows;
    TRY(script_query(s, x->query, &rows));
    dbx_status status = DBX_OK;
    bool ended = false;
    for (uint32_t i = 0; status == DBX_OK && !ended && i < rows->rows.chunks.count; i++) {
        const chunk *c = rows->rows.chunks.items[i];
        for (uint32_t row = 0; status == DBX_OK && !ended && row < c->rows; row++) {
            status = query_check_cancelled(&s->call->execution->query, &s->session->error);
            if (status == DBX_OK) status = script_for_row(s, x, rows, c, row, flow);
            if (status == DBX_OK) ended = script_turn_ends(s, &x->label, flow);
        }
    }
    result_free(rows);
    return status;
}

/* ---- one statement ---- */

static dbx_status script_dispatch(script *s, const ast_statement *x, script_flow *flow) {
    switch (x->kind) {
    case AST_BLOCK:
        return script_block(s, AST_AS(ast_block, x), flow);
    case AST_IF:
        return script_if(s, AST_AS(ast_if, x), flow);
    case AST_CASE_STATEMENT:
        return script_case(s, AST_AS(ast_case_statement, x), flow);
    case AST_LOOP:
        return script_loop(s, AST_AS(ast_loop, x), flow);
    case AST_FOR:
        return script_for(s, AST_AS(ast_for, x), flow);
    case AST_JUMP:
        s->jump = AST_AS(ast_jump, x)->label.text;
        *flow = AST_AS(ast_jump, x)->iterate ? SCRIPT_ITERATE : SCRIPT_LEAVE;
        return DBX_OK;
    case AST_DECLARE_VARIABLE:
        return script_declare_variable(s, AST_AS(ast_declare_variable, x));
    case AST_DECLARE_CONDITION:
        return script_declare_condition(s, AST_AS(ast_declare_condition, x));
    case AST_DECLARE_CURSOR:
        return script_declare_cursor(s, AST_AS(ast_declare_cursor, x));
    case AST_CURSOR:
        return script_cursor_step(s, AST_AS(ast_cursor, x));
    case AST_SIGNAL:
        return script_signal(s, AST_AS(ast_signal, x));
    case AST_GET_DIAGNOSTICS:
        return script_get_diagnostics(s, AST_AS(ast_get_diagnostics, x));
    case AST_RETURN:
        return statement_unsupported(s->call, "RETURN outside of a function");
    default:
        return script_plain(s, x);
    }
}

static bool script_is_simple(const ast_statement *x) {
    return x->kind != AST_BLOCK && x->kind != AST_IF && x->kind != AST_CASE_STATEMENT &&
           x->kind != AST_LOOP && x->kind != AST_FOR;
}

dbx_status script_statement(script *s, const ast_statement *x, script_flow *flow) {
    TRY(query_check_cancelled(&s->call->execution->query, &s->session->error));
    *flow = SCRIPT_NEXT;
    script_scope *scope = s->scope;
    dbx_status status = script_dispatch(s, x, flow);
    assert(s->scope == scope);
    (void)scope;
    if (status != DBX_OK) status = script_handle(s, status, flow);
    if (script_is_simple(x)) arena_reset(&s->scratch);
    return status;
}

dbx_status statement_block(statement_call *call, query_result **out) {
    const ast_block *block = AST_AS(ast_block, call->node);
    session *owner = call->execution->session;
    TRY(script_check(call, block));
    script s = {.call = call, .session = owner, .outer = owner->script};
    arena_init(&s.scratch, &call->execution->query.ledger);
    owner->script = &s;
    script_flow flow = SCRIPT_NEXT;
    dbx_status status = script_statement(&s, &block->node, &flow);
    owner->script = s.outer;
    arena_deinit(&s.scratch);
    if (status == DBX_OK && s.last != NULL) {
        *out = s.last;
        return DBX_OK;
    }
    result_free(s.last);
    return status == DBX_OK ? statement_result_empty(call, out) : status;
}

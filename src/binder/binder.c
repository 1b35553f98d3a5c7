/* binder.c - what every part of the binder uses: state, names as text, notes, and the entry points.
 *
 * Notes tie nodes of the AST to what they were bound to. Generated column names are made from the
 * AST, as the user wrote the expression, but need resolved facts: the function's own name, whether
 * `a.b` is a column or a field.
 */
#include "binder/binder_int.h"

dbx_status binder_init(binder *b, binder_context *c) {
    assert(c != NULL && c->plan != NULL);
    memset(b, 0, sizeof(*b));
    b->context = c;
    b->plan = c->plan;
    b->arena = c->plan->arena;
    b->query = c->plan->query;
    b->err = c->plan->err;
    b->catalog = b->query->current_catalog;
    b->schema = b->query->current_schema;
    b->default_collation = c->default_collation;
    if (b->plan->next_column == 0) b->plan->next_column = 1;
    return DBX_OK;
}

bool binder_timestamp_is_ntz(const binder *b) {
    return sv_equal_ignore_case(b->query->settings->timestamp_type, SV("TIMESTAMP_NTZ"));
}

bool binder_same_name(const binder *b, string_view x, string_view y) {
    if (b->query->settings != NULL && b->query->settings->case_sensitive) return sv_equal(x, y);
    return sv_equal_ignore_case(x, y);
}

dbx_status binder_enter(binder *b, span s) {
    TRY(query_check_cancelled(b->query, b->err));
    if (b->depth >= BINDER_DEPTH_MAX) {
        return error_raise(b->err, ERR_QUERY_TOO_DEEP, binder_span(b, s), NULL);
    }
    b->depth++;
    return DBX_OK;
}

void binder_leave(binder *b) {
    assert(b->depth > 0);
    b->depth--;
}

dbx_status binder_unsupported(const binder *b, span s, const char *feature) {
    return error_raise(b->err, ERR_UNSUPPORTED_FEATURE, binder_span(b, s), "feature", feature,
                       NULL);
}

void binder_push(binder *b, bind_block *block, scope *s, bind_clause clause) {
    memset(block, 0, sizeof(*block));
    block->parent = b->block;
    block->level = b->block == NULL ? 1 : b->block->level + 1;
    block->scope = s;
    block->clause = clause;
    b->block = block;
}

void binder_pop(binder *b, bind_block *block) {
    assert(b->block == block);
    b->block = block->parent;
}

/* ---- names as text ---- */

dbx_status binder_append_quoted(buffer *out, string_view name) {
    TRY(buffer_append_char(out, '`'));
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`') TRY(buffer_append_char(out, '`'));
        TRY(buffer_append_char(out, name.data[i]));
    }
    return buffer_append_char(out, '`');
}

const char *binder_quote_parts(const binder *b, const string_view *parts, uint32_t count) {
    buffer text;
    const char *result = "";
    dbx_status status = DBX_OK;
    buffer_init(&text, &b->query->ledger);
    for (uint32_t i = 0; i < count && status == DBX_OK; i++) {
        if (i > 0) status = buffer_append_char(&text, '.');
        if (status == DBX_OK) status = binder_append_quoted(&text, parts[i]);
    }
    if (status == DBX_OK && text.size > 0) {
        string_view copy = arena_copy_string(b->arena, buffer_view(&text));
        if (copy.data != NULL) result = copy.data;
    }
    buffer_deinit(&text);
    return result;
}

const char *binder_quote_name(const binder *b, const ast_name *name) {
    string_view parts[8];
    uint32_t count = MIN(name->parts.count, (uint32_t)ARRAY_COUNT(parts));
    for (uint32_t i = 0; i < count; i++) parts[i] = name->parts.items[i].text;
    return binder_quote_parts(b, parts, count);
}

const char *binder_cstr(const binder *b, string_view s) {
    string_view copy = arena_copy_string(b->arena, s);
    return copy.data != NULL ? copy.data : "";
}

const char *binder_sql_of(binder *b, const ast_expr *e) {
    buffer text;
    const char *result = "\"\"";
    buffer_init(&text, &b->query->ledger);
    if (buffer_append_char(&text, '"') == DBX_OK && pretty_append(b, &text, e) == DBX_OK &&
        buffer_append_char(&text, '"') == DBX_OK) {
        result = binder_cstr(b, buffer_view(&text));
    }
    buffer_deinit(&text);
    return result;
}

/* The text that IDENTIFIER(expression) gives. */
static dbx_status binder_identifier_text(binder *b, const ast_expr *ast, string_view *out) {
    expr *e;
    const vector *value;
    bind_block constants;
    binder_push(b, &constants, NULL, CLAUSE_NONE);
    dbx_status status = bind_expr(b, ast, &e);
    binder_pop(b, &constants);
    TRY(status);
    span s = binder_node_span(b, ast);
    TRY(bind_fold(b, e, &value));
    if (value == NULL) {
        return error_raise(b->err, ERR_NOT_A_CONSTANT_STRING__NOT_CONSTANT, s, "name", "IDENTIFIER",
                           "expr", binder_sql_of(b, ast), NULL);
    }
    if (value->type.id != TYPE_STRING && value->type.id != TYPE_VOID) {
        return error_raise(b->err, ERR_NOT_A_CONSTANT_STRING__WRONG_TYPE, s, "name", "IDENTIFIER",
                           "expr", binder_sql_of(b, ast), "dataType",
                           type_sql(b->arena, value->type), NULL);
    }
    if (vector_string_value(value, out)) return DBX_OK;
    return error_raise(b->err, ERR_NOT_A_CONSTANT_STRING__NULL, s, "name", "IDENTIFIER", "expr",
                       binder_sql_of(b, ast), NULL);
}

typedef struct binder_parts {
    ARENA_LIST(string_view) list;
} binder_parts;

static dbx_status binder_push_part(binder *b, binder_parts *to, const ast_ident *ident) {
    string_view text;
    ast_name *parsed;
    if (ident->expr == NULL) {
        return ARENA_LIST_PUSH(b->arena, &to->list, ident->text) == DBX_OK ? DBX_OK
                                                                           : binder_nomem(b);
    }
    TRY(binder_identifier_text(b, ident->expr, &text));
    dbx_status status = parser_parse_name(b->arena, text, NULL, &parsed, b->err);
    if (status != DBX_OK) {
        if (b->err != NULL) b->err->position = binder_node_span(b, ident->expr);
        return status;
    }
    for (uint32_t i = 0; i < parsed->parts.count; i++) {
        if (ARENA_LIST_PUSH(b->arena, &to->list, parsed->parts.items[i].text) != DBX_OK)
            return binder_nomem(b);
    }
    return DBX_OK;
}

dbx_status binder_name_parts(binder *b, const ast_name *name, const string_view **parts,
                             uint32_t *count) {
    binder_parts all = {0};
    for (uint32_t i = 0; i < name->parts.count; i++)
        TRY(binder_push_part(b, &all, &name->parts.items[i]));
    *parts = all.list.items;
    *count = all.list.count;
    return DBX_OK;
}

dbx_status binder_ident_text(binder *b, const ast_ident *ident, string_view *out) {
    binder_parts all = {0};
    *out = ident->text;
    if (ident->expr == NULL) return DBX_OK;
    TRY(binder_push_part(b, &all, ident));
    if (all.list.count != 1) {
        return error_raise(b->err, ERR_IDENTIFIER_TOO_MANY_NAME_PARTS, binder_span(b, ident->span),
                           "identifier", binder_quote_parts(b, all.list.items, all.list.count),
                           "limit", "1", NULL);
    }
    *out = all.list.items[0];
    return DBX_OK;
}

/* ---- notes ---- */

static uint32_t binder_note_slot(const binder *b, const void *node) {
    uint64_t h = (uint64_t)(uintptr_t)node;
    h = (h >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t mask = b->notes.capacity - 1;
    uint32_t at = (uint32_t)(h >> 32) & mask;
    while (b->notes.slots[at].node != NULL && (const void *)b->notes.slots[at].node != node)
        at = (at + 1) & mask;
    return at;
}

static bool binder_notes_grow(binder *b) {
    uint32_t old_capacity = b->notes.capacity;
    bind_note *old = b->notes.slots;
    uint32_t capacity = old_capacity == 0 ? 64 : old_capacity * 2;
    bind_note *slots = ARENA_ARRAY(b->arena, bind_note, capacity);
    if (slots == NULL) return false;
    b->notes.slots = slots;
    b->notes.capacity = capacity;
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i].node != NULL) slots[binder_note_slot(b, old[i].node)] = old[i];
    }
    return true;
}

bind_note *binder_note(binder *b, const void *node) {
    if (b->notes.count * 2 >= b->notes.capacity && !binder_notes_grow(b)) return NULL;
    bind_note *n = &b->notes.slots[binder_note_slot(b, node)];
    if (n->node == NULL) b->notes.count++;
    memset(n, 0, sizeof(*n));
    n->node = node;
    return n;
}

const bind_note *binder_note_of(const binder *b, const void *node) {
    if (b->notes.capacity == 0) return NULL;
    const bind_note *n = &b->notes.slots[binder_note_slot(b, node)];
    return n->node == NULL ? NULL : n;
}

void binder_use_temporary(binder *b, const char *kind, const string_view *parts, uint32_t count) {
    if (b->view_depth > 0 || b->context->temporary.kind != NULL) return;
    b->context->temporary.kind = kind;
    b->context->temporary.name = binder_quote_parts(b, parts, count);
}

/* ---- entry points ---- */

dbx_status binder_bind_query(binder_context *c, const ast_query *q, plan_node **out) {
    binder b;
    TRY(binder_init(&b, c));
    return bind_query(&b, q, out);
}

dbx_status binder_bind_dml(binder_context *c, const ast_statement *s, plan_node **out) {
    binder b;
    TRY(binder_init(&b, c));
    switch (s->kind) {
    case AST_INSERT:
        return bind_insert(&b, AST_AS(ast_insert, s), out);
    case AST_UPDATE:
        return bind_update(&b, AST_AS(ast_update, s), out);
    case AST_DELETE:
        return bind_delete(&b, AST_AS(ast_delete, s), out);
    case AST_MERGE:
        return bind_merge(&b, AST_AS(ast_merge, s), out);
    default:
        break;
    }
    return binder_unsupported(&b, s->span, ast_kind_name((ast_kind)s->kind));
}

dbx_status binder_bind_expression(binder_context *c, const ast_expr *e, const plan_column *columns,
                                  uint32_t column_count, const type *target, expr **out) {
    binder b;
    bind_block block;
    TRY(binder_init(&b, c));
    scope *s = scope_new(&b);
    if (s == NULL) return binder_nomem(&b);
    for (uint32_t i = 0; i < column_count; i++) {
        scope_column column = {.id = columns[i].id,
                               .type = columns[i].type,
                               .nullable = columns[i].nullable,
                               .name = columns[i].name};
        TRY(scope_add(&b, s, column));
    }
    binder_push(&b, &block, s, CLAUSE_DML);
    TRY(bind_expr(&b, e, out));
    if (target != NULL) TRY(bind_store_cast(&b, *out, *target, SV(""), SV(""), e->span, out));
    return DBX_OK;
}

dbx_status binder_evaluate(binder_context *c, const ast_expr *e, const type *target,
                           const vector **out) {
    binder b;
    bind_block block;
    expr *bound;
    TRY(binder_init(&b, c));
    binder_push(&b, &block, NULL, CLAUSE_NONE);
    TRY(bind_expr(&b, e, &bound));
    if (expr_contains(bound, EXPR_SUBQUERY)) {
        return error_raise(b.err, ERR_UNSUPPORTED_EXPR_FOR_PARAMETER, e->span, "invalidExprSql",
                           binder_sql_of(&b, e), NULL);
    }
    if (target != NULL) TRY(bind_store_cast(&b, bound, *target, SV(""), SV(""), e->span, &bound));
    return expr_fold(b.arena, b.query, bound, out, b.err);
}

dbx_status binder_bind_type(binder_context *c, const ast_type *t, type *out) {
    binder b;
    TRY(binder_init(&b, c));
    return bind_type(&b, t, out);
}

dbx_status binder_expression_name(binder_context *c, const ast_expr *e, buffer *out) {
    binder b;
    TRY(binder_init(&b, c));
    return pretty_append(&b, out, e);
}

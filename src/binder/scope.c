/* scope.c - the columns that names may mean at one place of a query.
 *
 * A scope is a flat list in the order of `SELECT *`. A column knows its qualifier (`t`, or
 * `catalog.schema.t`), so that a join's scope is its sides' lists one behind the other.
 */
#include "binder/binder_int.h"

scope *scope_new(binder *b) {
    return ARENA_NEW(b->arena, scope);
}

dbx_status scope_add(binder *b, scope *s, scope_column c) {
    if (ARENA_LIST_PUSH(b->arena, &s->columns, c) != DBX_OK) return binder_nomem(b);
    return DBX_OK;
}

dbx_status scope_add_plan(binder *b, scope *s, const plan_node *n, const bind_qualifier *q) {
    for (uint32_t i = 0; i < n->column_count; i++) {
        const plan_column *p = &n->columns[i];
        scope_column c = {
            .id = p->id, .type = p->type, .nullable = p->nullable, .name = p->name, .qualifier = q};
        TRY(scope_add(b, s, c));
    }
    return DBX_OK;
}

dbx_status scope_append(binder *b, scope *to, const scope *from) {
    for (uint32_t i = 0; i < from->columns.count; i++)
        TRY(scope_add(b, to, from->columns.items[i]));
    return DBX_OK;
}

scope *scope_of_plan(binder *b, const plan_node *n, const bind_qualifier *q) {
    scope *s = scope_new(b);
    if (s == NULL || scope_add_plan(b, s, n, q) != DBX_OK) return NULL;
    return s;
}

bind_qualifier *scope_qualifier(binder *b, string_view name) {
    bind_qualifier *q = ARENA_NEW(b->arena, bind_qualifier);
    if (q == NULL) return NULL;
    q->parts[0] = name;
    q->count = 1;
    return q;
}

void scope_set_nullable(scope *s) {
    for (uint32_t i = 0; i < s->columns.count; i++) s->columns.items[i].nullable = true;
}

const scope_column *scope_find_id(const scope *s, column_id id) {
    for (uint32_t i = 0; i < s->columns.count; i++) {
        if (s->columns.items[i].id == id) return &s->columns.items[i];
    }
    return NULL;
}

expr *scope_column_expr(binder *b, const scope_column *c, span s) {
    if (c->value != NULL) return c->value;
    return expr_column(b->arena, c->id, c->type, c->nullable, binder_span(b, s));
}

const char *scope_column_text(binder *b, const scope_column *c) {
    string_view parts[4];
    uint32_t count = 0;
    if (c->qualifier != NULL) {
        for (uint32_t i = 0; i < c->qualifier->count; i++) parts[count++] = c->qualifier->parts[i];
    }
    parts[count++] = c->name;
    return binder_quote_parts(b, parts, count);
}

/* relation_name.c - what a name in FROM is: a CTE, a file, a temporary or stored relation, a view.
 *
 * Tried in this order: CTE (one part), relations of the session's host, the catalog, format.`path`.
 * Views are view.c's.
 */
#include "binder/binder_int.h"
#include "catalog/transaction.h"
#include "formats/registry.h"

/* ---- scans ---- */

static type relation_column_type(type t) {
    /* CHAR(n) and VARCHAR(n) are rules for writing; what is read is a STRING. */
    if (t.id == TYPE_STRING) {
        t.char_kind = CHAR_KIND_STRING;
        t.length = 0;
    }
    return t;
}

static bool relation_is_row_id(const source_column *c) {
    return c->hidden && sv_equal_ignore_case(c->name, SV(CATALOG_ROW_ID_NAME));
}

dbx_status bind_scan(binder *b, source *s, bool owned, string_view name, const bind_qualifier *q,
                     bool row_id, span position, bound_relation *out) {
    uint32_t count = 0;
    if (owned && ARENA_LIST_PUSH(b->arena, &b->plan->owned_sources, s) != DBX_OK) {
        source_free(s);
        return binder_nomem(b);
    }
    for (uint32_t i = 0; i < s->column_count; i++)
        count += row_id || !relation_is_row_id(&s->columns[i]);
    plan_scan *n = PLAN_NEW(b->plan, plan_scan, PLAN_SCAN, 0, count);
    uint32_t *indexes = ARENA_ARRAY(b->arena, uint32_t, count + 1);
    scope *columns = scope_new(b);
    if (n == NULL || indexes == NULL || columns == NULL) return binder_nomem(b);
    uint32_t at = 0;
    for (uint32_t i = 0; i < s->column_count; i++) {
        const source_column *c = &s->columns[i];
        bool is_id = relation_is_row_id(c);
        if (is_id && !row_id) continue;
        plan_column *p = &n->base.columns[at];
        *p = (plan_column){.id = plan_new_column(b->plan),
                           .name = c->name,
                           .type = relation_column_type(c->type),
                           .nullable = c->nullable};
        if (is_id) n->row_id = p->id;
        indexes[at++] = i;
        scope_column sc = {.id = p->id,
                           .type = p->type,
                           .nullable = p->nullable,
                           .name = p->name,
                           .qualifier = q,
                           .metadata = c->hidden};
        TRY(scope_add(b, columns, sc));
    }
    n->source = s;
    n->source_columns = indexes;
    n->name = name;
    n->row_limit = UINT64_MAX;
    n->base.span = binder_span(b, position);
    out->plan = &n->base;
    out->scope = columns;
    return DBX_OK;
}

/* ---- files ---- */

static dbx_status relation_option(binder *b, const ast_property *p, table_argument *out) {
    expr *e;
    const vector *value = NULL;
    bind_block block;
    out->name = p->key;
    out->position = binder_node_span(b, &p->node);
    binder_push(b, &block, NULL, CLAUSE_NONE);
    dbx_status status = p->value == NULL ? DBX_OK : bind_expr(b, p->value, &e);
    if (status == DBX_OK && p->value != NULL) status = bind_fold(b, e, &value);
    binder_pop(b, &block);
    TRY(status);
    if (value == NULL) {
        e = expr_constant_string(b->arena, SV(""), out->position);
        if (e == NULL) return binder_nomem(b);
        value = e->u.value;
    }
    out->value = *value;
    return DBX_OK;
}

static dbx_status relation_of_file(binder *b, const table_function_row *row, string_view path,
                                   const ast_list *options, span position, bound_relation *out) {
    source *s;
    span at = binder_span(b, position);
    table_argument *arguments = ARENA_ARRAY(b->arena, table_argument, options->count + 1);
    expr *text = expr_constant_string(b->arena, path, at);
    if (arguments == NULL || text == NULL) return binder_nomem(b);
    arguments[0].value = *text->u.value;
    arguments[0].position = at;
    for (uint32_t i = 0; i < options->count; i++) {
        TRY(relation_option(b, AST_AS(ast_property, options->items[i]), &arguments[i + 1]));
    }
    TRY(row->bind(b->query, &b->query->ledger, arguments, options->count + 1, at, &s, b->err));
    string_view name = sv_from(arena_printf(b->arena, "%s('" SV_FMT "')", row->name, SV_ARG(path)));
    return bind_scan(b, s, true, name, NULL, false, position, out);
}

static dbx_status relation_of_path(binder *b, const ast_table_ref *t, bound_relation *out) {
    expr *e;
    const vector *value;
    string_view path;
    bind_block block;
    binder_push(b, &block, NULL, CLAUSE_NONE);
    dbx_status status = bind_expr(b, t->path, &e);
    if (status == DBX_OK) status = bind_fold(b, e, &value);
    binder_pop(b, &block);
    TRY(status);
    if (!vector_string_value(value, &path)) {
        return error_raise(b->err, ERR_NOT_A_CONSTANT_STRING__NULL, binder_node_span(b, t->path),
                           "name", "path", "expr", binder_sql_of(b, t->path), NULL);
    }
    const table_function_row *row = table_function_for_path(path);
    if (row == NULL) {
        const char *feature = arena_printf(
            b->arena, "reading '" SV_FMT "': its name tells no known format", SV_ARG(path));
        return binder_unsupported(b, t->path->span, feature == NULL ? "" : feature);
    }
    return relation_of_file(b, row, path, &t->options, t->node.span, out);
}

/* ---- tables ---- */

static dbx_status relation_external(binder *b, const catalog_table *t, const bind_qualifier *q,
                                    span position, bound_relation *out) {
    const table_function_row *row = table_function_lookup(t->def.provider);
    source *s;
    span at = binder_span(b, position);
    if (row == NULL) return binder_unsupported(b, position, binder_cstr(b, t->def.provider));
    table_argument *arguments = ARENA_ARRAY(b->arena, table_argument, t->def.option_count + 1);
    if (arguments == NULL) return binder_nomem(b);
    uint32_t count = 0;
    for (uint32_t i = 0; i <= t->def.option_count; i++) {
        bool path = i == t->def.option_count;
        string_view key = path ? SV("") : t->def.options[i].key;
        string_view value = path ? t->def.location : t->def.options[i].value;
        if (value.data == NULL) continue;
        if (!path && sv_equal_ignore_case(key, SV("path"))) {
            if (t->def.location.data != NULL) continue;
            key = SV("");
        }
        expr *text = expr_constant_string(b->arena, value, at);
        if (text == NULL) return binder_nomem(b);
        arguments[count++] = (table_argument){.name = key, .value = *text->u.value, .position = at};
    }
    TRY(row->bind(b->query, &b->query->ledger, arguments, count, at, &s, b->err));
    return bind_scan(b, s, true, sv_from(binder_quote_parts(b, q->parts, q->count)), q, false,
                     position, out);
}

dbx_status bind_catalog_table(binder *b, const catalog_table *t, const bind_qualifier *q,
                              bool row_id, span position, bound_relation *out) {
    source *s;
    if (t->version == NULL) return relation_external(b, t, q, position, out);
    TRY(catalog_table_source(t, b->query->txn, &b->query->ledger, &s, b->err));
    TRY(bind_scan(b, s, true, sv_from(binder_quote_parts(b, q->parts, q->count)), q, row_id,
                  position, out));
    ((plan_scan *)out->plan)->table = (struct catalog_table *)(uintptr_t)t;
    return DBX_OK;
}

bind_qualifier *bind_object_qualifier(binder *b, const catalog_object *o) {
    bind_qualifier *q = ARENA_NEW(b->arena, bind_qualifier);
    if (q == NULL) return NULL;
    string_view name = o->info.name;
    string_view global = SV(CATALOG_GLOBAL_TEMP ".");
    if (!o->is_temporary && o->catalog_name.size > 0) {
        q->parts[q->count++] = o->catalog_name;
        q->parts[q->count++] = o->schema_name;
    } else if (o->is_temporary && sv_starts_with(name, global)) {
        q->parts[q->count++] = SV(CATALOG_GLOBAL_TEMP);
        name = (string_view){name.data + global.size, name.size - global.size};
    }
    q->parts[q->count++] = name;
    return q;
}

/* ---- the name ---- */

static dbx_status relation_from_host(binder *b, const string_view *parts, uint32_t count,
                                     span position, bound_relation *out, bool *found) {
    const binder_host *h = b->context->host;
    binder_relation r = {0};
    *found = false;
    if (h == NULL || h->relation == NULL || count > 3) return DBX_OK;
    TRY(h->relation(h->state, parts, count, &r, b->err));
    if (r.kind == BINDER_RELATION_NONE) return DBX_OK;
    *found = true;
    string_view name = r.name.size > 0 ? r.name : parts[count - 1];
    bind_qualifier *q = scope_qualifier(b, name);
    if (q == NULL) return binder_nomem(b);
    if (r.kind == BINDER_RELATION_VIEW) return bind_host_view(b, &r.view, name, q, position, out);
    return bind_scan(b, r.source, r.source_owned, name, q, false, position, out);
}

static dbx_status relation_from_catalog(binder *b, const ast_table_ref *t, const string_view *parts,
                                        uint32_t count, bound_relation *out) {
    catalog_name name = {parts, count, binder_node_span(b, &t->name->node)};
    const catalog_object *object =
        b->query->txn == NULL ? NULL : catalog_find(b->query, CATALOG_RELATIONS, &name);
    if (object == NULL) {
        const table_function_row *row = count == 2 ? table_function_lookup(parts[0]) : NULL;
        bool format = row != NULL || (count == 2 && sv_equal_ignore_case(parts[0], SV("orc")));
        if (format && parts[1].size == 0) {
            return error_raise(b->err, ERR_INVALID_EMPTY_LOCATION, name.span, "location", "", NULL);
        }
        if (row != NULL) return relation_of_file(b, row, parts[1], &t->options, t->node.span, out);
        if (b->query->txn != NULL) {
            TRY(catalog_resolve(b->query, CATALOG_RELATIONS, &name, &object, b->err));
        }
        return error_raise(b->err, ERR_TABLE_OR_VIEW_NOT_FOUND, name.span, "relationName",
                           binder_quote_parts(b, parts, count), NULL);
    }
    bind_qualifier *q = bind_object_qualifier(b, object);
    if (q == NULL) return binder_nomem(b);
    const catalog_view *view = catalog_as_view(object);
    if (object->is_temporary) binder_use_temporary(b, "VIEW", parts, count);
    if (t->travel != AST_TRAVEL_NONE) {
        const catalog_table *then;
        TRY(bind_travel(b, object, t, &then));
        return bind_catalog_table(b, then, q, false, t->node.span, out);
    }
    if (view != NULL) return bind_catalog_view(b, view, q, t->node.span, out);
    const catalog_table *table = catalog_as_table(object);
    if (table == NULL) return binder_unsupported(b, t->node.span, "this object in FROM");
    return bind_catalog_table(b, table, q, false, t->node.span, out);
}

dbx_status bind_named_relation(binder *b, const ast_table_ref *t, bound_relation *out) {
    const string_view *parts;
    uint32_t count;
    bool found;
    if (t->path != NULL) return relation_of_path(b, t, out);
    TRY(binder_name_parts(b, t->name, &parts, &count));
    bind_cte *cte = count == 1 ? bind_find_cte(b, parts[0]) : NULL;
    if (cte != NULL && t->travel != AST_TRAVEL_NONE)
        return error_raise(b->err, ERR_DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS,
                           binder_span(b, t->node.span), NULL);
    if (cte != NULL) return bind_cte_reference(b, cte, t->node.span, out);
    TRY(relation_from_host(b, parts, count, t->node.span, out, &found));
    if (found) return DBX_OK;
    return relation_from_catalog(b, t, parts, count, out);
}

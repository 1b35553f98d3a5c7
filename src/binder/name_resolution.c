/* name_resolution.c - what a dotted name means.
 *
 * Tried in this order, as Spark does:
 *   1. parameters of the lambdas around
 *   2. columns of the current block, the most qualified reading first (catalog.schema.table.column,
 * …, column); parts that are left over are fields of a struct or keys of a map
 *   3. aliases of the select list, where the clause sees them: lateral ones, GROUP BY, HAVING,
 * QUALIFY, ORDER BY
 *   4. columns of the blocks around (correlation), innermost first
 *   5. parameters of the SQL function whose body this is
 *   6. functions that need no parentheses: current_date, …
 *   7. variables of the session
 */
#include "binder/binder_int.h"

#include <stdlib.h>

/* ---- one scope ---- */

static bool scope_qualifier_matches(const binder *b, const bind_qualifier *q,
                                    const string_view *parts, uint32_t count) {
    if (count == 0) return true;
    if (q == NULL || q->count < count) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!binder_same_name(b, q->parts[q->count - count + i], parts[i])) return false;
    }
    return true;
}

static bool scope_same_column(const scope_column *x, const scope_column *y) {
    if (x->value != NULL || y->value != NULL) return x->value == y->value;
    return x->id == y->id;
}

static dbx_status scope_raise_ambiguous(binder *b, const scope *s, const string_view *parts,
                                        uint32_t qualifier, bool hidden_too, span position) {
    const char *list = "";
    uint32_t shown = 0;
    for (uint32_t i = 0; i < s->columns.count && list != NULL && shown < 16; i++) {
        const scope_column *c = &s->columns.items[i];
        if ((c->hidden && !hidden_too) || c->metadata) continue;
        if (!binder_same_name(b, c->name, parts[qualifier])) continue;
        if (!scope_qualifier_matches(b, c->qualifier, parts, qualifier)) continue;
        list = arena_printf(b->arena, "%s%s%s", list, shown++ > 0 ? ", " : "",
                            scope_column_text(b, c));
    }
    if (list == NULL) return binder_nomem(b);
    const char *names = arena_printf(b->arena, "[%s]", list);
    if (names == NULL) return binder_nomem(b);
    return error_raise(b->err, ERR_AMBIGUOUS_REFERENCE, binder_span(b, position), "name",
                       binder_quote_parts(b, parts, qualifier + 1), "referenceNames", names, NULL);
}

dbx_status scope_find_column(binder *b, const scope *s, const string_view *parts, uint32_t count,
                             bool hidden_too, span position, const scope_column **out,
                             uint32_t *used) {
    *out = NULL;
    for (uint32_t turn = MIN(count - 1, 3u) + 1; turn-- > 0;) {
        const scope_column *found = NULL, *metadata = NULL;
        bool ambiguous = false;
        bool hidden = turn > 0 || hidden_too;
        for (uint32_t i = 0; i < s->columns.count; i++) {
            const scope_column *c = &s->columns.items[i];
            if (c->hidden && !hidden) continue;
            if (!binder_same_name(b, c->name, parts[turn])) continue;
            if (!scope_qualifier_matches(b, c->qualifier, parts, turn)) continue;
            if (c->metadata) {
                metadata = c;
            } else if (found == NULL) {
                found = c;
            } else if (!scope_same_column(found, c)) {
                ambiguous = true;
            }
        }
        if (ambiguous) return scope_raise_ambiguous(b, s, parts, turn, hidden, position);
        if (found == NULL) found = metadata;
        if (found == NULL) continue;
        *out = found;
        *used = turn + 1;
        return DBX_OK;
    }
    return DBX_OK;
}

/* ---- suggestions ---- */

typedef struct suggestion {
    const char *text;
    uint32_t distance;
    uint32_t at;
} suggestion;

static int suggestion_compare(const void *x, const void *y) {
    const suggestion *p = x, *q = y;
    if (p->distance != q->distance) return p->distance < q->distance ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

static bool suggestion_same_qualifier(const bind_qualifier *x, const bind_qualifier *y) {
    if (x == NULL || y == NULL) return x == y;
    if (x->count != y->count) return false;
    for (uint32_t i = 0; i < x->count; i++) {
        if (!sv_equal(x->parts[i], y->parts[i])) return false;
    }
    return true;
}

dbx_status bind_raise_unresolved_column(binder *b, const string_view *parts, uint32_t count,
                                        const scope *s, span position) {
    enum { CANDIDATES_MAX = 256, DISTANCE_MAX = 64 };
    suggestion items[CANDIDATES_MAX];
    uint32_t item_count = 0;
    bool same = true;
    const char *name = binder_quote_parts(b, parts, count);
    string_view wanted = sv_from(name);
    for (uint32_t i = 1; s != NULL && i < s->columns.count; i++) {
        same = same && suggestion_same_qualifier(s->columns.items[i].qualifier,
                                                 s->columns.items[0].qualifier);
    }
    for (uint32_t i = 0; s != NULL && i < s->columns.count && item_count < CANDIDATES_MAX; i++) {
        const scope_column *c = &s->columns.items[i];
        if (c->hidden || c->metadata || c->name.size == 0) continue;
        const char *text =
            same && count == 1 ? binder_quote_parts(b, &c->name, 1) : scope_column_text(b, c);
        items[item_count] =
            (suggestion){text, sv_edit_distance(wanted, sv_from(text), DISTANCE_MAX), item_count};
        item_count++;
    }
    span at = binder_span(b, position);
    if (item_count == 0) {
        return error_raise(b->err, ERR_UNRESOLVED_COLUMN__WITHOUT_SUGGESTION, at, "objectName",
                           name, NULL);
    }
    qsort(items, item_count, sizeof(items[0]), suggestion_compare);
    const char *list = items[0].text;
    for (uint32_t i = 1; i < MIN(item_count, (uint32_t)SUGGESTIONS_MAX) && list != NULL; i++) {
        list = arena_printf(b->arena, "%s, %s", list, items[i].text);
    }
    if (list == NULL) return binder_nomem(b);
    return error_raise(b->err, ERR_UNRESOLVED_COLUMN__WITH_SUGGESTION, at, "objectName", name,
                       "proposal", list, NULL);
}

/* ---- fields ---- */

static dbx_status bind_struct_field(binder *b, expr *base, type of, string_view name, span s,
                                    uint32_t *index) {
    const char *fields = "";
    uint32_t matches = 0;
    for (uint32_t i = 0; i < of.child_count; i++) {
        if (!binder_same_name(b, of.children[i].name, name)) continue;
        if (matches++ == 0) *index = i;
    }
    (void)base;
    if (matches == 1) return DBX_OK;
    if (matches > 1) {
        return error_raise(b->err, ERR_AMBIGUOUS_REFERENCE_TO_FIELDS, binder_span(b, s), "field",
                           binder_quote_parts(b, &name, 1), "count",
                           arena_printf(b->arena, "%u", matches), NULL);
    }
    for (uint32_t i = 0; i < of.child_count && fields != NULL; i++) {
        fields = arena_printf(b->arena, "%s%s%s", fields, i > 0 ? ", " : "",
                              binder_quote_parts(b, &of.children[i].name, 1));
    }
    if (fields == NULL) return binder_nomem(b);
    return error_raise(b->err, ERR_FIELD_NOT_FOUND, binder_span(b, s), "fieldName",
                       binder_quote_parts(b, &name, 1), "fields", fields, NULL);
}

dbx_status bind_field(binder *b, expr *base, string_view name, span s, expr **out) {
    span at = binder_span(b, s);
    expr *args[2] = {base, NULL};
    if (base->type.id == TYPE_MAP) {
        args[1] = expr_constant_string(b->arena, name, at);
        if (args[1] == NULL) return binder_nomem(b);
        return bind_call(b, SYNTAX_FN_SUBSCRIPT, args, 2, s, NULL, out);
    }
    bool in_array = base->type.id == TYPE_ARRAY && base->type.children[0].type.id == TYPE_STRUCT;
    type of = in_array ? base->type.children[0].type : base->type;
    if (of.id != TYPE_STRUCT) {
        const char *quoted = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, base->type));
        const char *text = binder_quote_parts(b, &name, 1);
        return error_raise(b->err, ERR_INVALID_EXTRACT_BASE_FIELD_TYPE, at, "base", text, "other",
                           quoted == NULL ? "" : quoted, NULL);
    }
    uint32_t index = 0;
    TRY(bind_struct_field(b, base, of, name, s, &index));
    args[1] = expr_constant_int64(b->arena, type_simple(TYPE_INT), index, at);
    if (args[1] == NULL) return binder_nomem(b);
    return bind_call(b, in_array ? SYNTAX_FN_ARRAY_STRUCT_FIELD : SYNTAX_FN_STRUCT_FIELD, args, 2,
                     s, NULL, out);
}

static dbx_status bind_fields(binder *b, expr *base, const string_view *parts, uint32_t count,
                              span s, expr **out) {
    for (uint32_t i = 0; i < count; i++) TRY(bind_field(b, base, parts[i], s, &base));
    *out = base;
    return DBX_OK;
}

/* ---- the steps ---- */

typedef struct name_lookup {
    const ast_column_ref *ast;
    const string_view *parts;
    uint32_t count;
    uint32_t used; /* parts that name the column itself */
    expr *found;
    bool is_lambda;
    bool is_variable;
    bool is_alias;
    const char *outer; /* text of a column of an outer block */
} name_lookup;

static void bind_mark_level(binder *b, uint32_t level) {
    if (b->level_min == 0 || level < b->level_min) b->level_min = level;
    if (level > b->level_max) b->level_max = level;
}

static dbx_status bind_lookup_lambda(binder *b, name_lookup *l) {
    for (const lambda_frame *f = b->lambdas; f != NULL; f = f->next) {
        for (uint32_t i = 0; i < f->count; i++) {
            if (!binder_same_name(b, f->names->items[i].text, l->parts[0])) continue;
            l->found = expr_column(b->arena, f->ids[i], f->types[i], true,
                                   binder_node_span(b, &l->ast->node));
            l->used = 1;
            l->is_lambda = true;
            return l->found == NULL ? binder_nomem(b) : DBX_OK;
        }
    }
    return DBX_OK;
}

static dbx_status bind_lookup_scope(binder *b, name_lookup *l, bind_block *block, const scope *s) {
    const scope_column *c;
    TRY(scope_find_column(b, s, l->parts, l->count, false, l->ast->node.span, &c, &l->used));
    if (c == NULL) return DBX_OK;
    l->found = scope_column_expr(b, c, l->ast->node.span);
    if (l->found == NULL) return binder_nomem(b);
    if (block != b->block) l->outer = scope_column_text(b, c);
    bind_mark_level(b, block->level);
    return DBX_OK;
}

/* An alias of the select list. `before`: only items in front of the one being bound. */
typedef enum alias_use {
    ALIAS_LATERAL, /* one written alias */
    ALIAS_GROUP,   /* the first written alias */
    ALIAS_OUTPUT,  /* one output column, its name generated or not */
} alias_use;

static dbx_status bind_lookup_alias(binder *b, name_lookup *l, select_state *s, uint32_t limit,
                                    alias_use use) {
    uint32_t found = UINT32_MAX, matches = 0;
    for (uint32_t i = 0; i < MIN(limit, s->items.count); i++) {
        const select_item *item = &s->items.items[i];
        if (item->binding || (use != ALIAS_OUTPUT && !item->has_alias)) continue;
        if (!binder_same_name(b, item->name, l->parts[0])) continue;
        if (use == ALIAS_GROUP && matches > 0) break;
        found = i;
        matches++;
    }
    if (matches == 0) return DBX_OK;
    if (matches > 1) {
        const char *name = binder_quote_parts(b, l->parts, 1);
        if (use == ALIAS_OUTPUT) {
            return error_raise(b->err, ERR_AMBIGUOUS_REFERENCE, binder_node_span(b, &l->ast->node),
                               "name", name, "referenceNames",
                               arena_printf(b->arena, "[%s, %s]", name, name), NULL);
        }
        return error_raise(b->err, ERR_AMBIGUOUS_LATERAL_COLUMN_ALIAS,
                           binder_node_span(b, &l->ast->node), "name", name, "n",
                           arena_printf(b->arena, "%u", matches), NULL);
    }
    TRY(bind_alias_value(b, s, found, &l->found));
    l->used = 1;
    l->is_alias = use == ALIAS_LATERAL;
    bind_mark_level(b, b->block->level);
    return DBX_OK;
}

/* Columns of the output (ORDER BY, HAVING over a finished list). An ambiguous name is no match
 * where another scope may still have it. */
static dbx_status bind_lookup_output(binder *b, name_lookup *l, bind_block *block) {
    const scope *s = block->output;
    uint32_t matches = 0;
    for (uint32_t i = 0; i < s->columns.count; i++) {
        if (binder_same_name(b, s->columns.items[i].name, l->parts[0])) matches++;
    }
    if (matches > 1 && l->count == 1 && block->scope != NULL) {
        const scope_column *below;
        uint32_t used;
        TRY(scope_find_column(b, block->scope, l->parts, 1, false, l->ast->node.span, &below,
                              &used));
        if (below != NULL) return DBX_OK;
    }
    TRY(bind_lookup_scope(b, l, block, s));
    if (l->found != NULL) b->used_output = true;
    return DBX_OK;
}

/* Whether the fields that the name goes on with can be taken from what was found. */
static bool lookup_has_fields(const binder *b, const name_lookup *l) {
    type t = l->found->type;
    for (uint32_t i = l->used; i < l->count; i++) {
        uint32_t k = 0;
        if (t.id == TYPE_ARRAY) t = t.children[0].type;
        if (t.id == TYPE_MAP)
            t = t.children[1].type;
        else if (t.id == TYPE_VARIANT)
            return true;
        else {
            if (t.id != TYPE_STRUCT) return false;
            while (k < t.child_count && !binder_same_name(b, t.children[k].name, l->parts[i])) k++;
            if (k == t.child_count) return false;
            t = t.children[k].type;
        }
    }
    return true;
}

/* Is this one of the GROUP BY expressions? */
static bool bind_is_group(const select_state *s, const expr *e) {
    for (uint32_t i = 0; i < s->groups.count; i++) {
        if (expr_equal(s->groups.items[i], e)) return true;
    }
    return false;
}

static dbx_status bind_lookup_having(binder *b, name_lookup *l) {
    bind_block *block = b->block;
    select_state *s = block->select;
    bool named = false;
    for (uint32_t i = 0; s != NULL && i < s->visible; i++) {
        named = named || binder_same_name(b, s->items.items[i].name, l->parts[0]);
    }
    if (block->scope != NULL) {
        /* An ambiguous column is no hindrance where an output column has the name. */
        error ignored, *saved = b->err;
        error_init(&ignored);
        if (named && block->aggregate_depth == 0) b->err = &ignored;
        dbx_status status = bind_lookup_scope(b, l, block, block->scope);
        b->err = saved;
        error_deinit(&ignored);
        if (status != DBX_OK && !(status == DBX_ERROR && named && block->aggregate_depth == 0))
            return status;
    }
    if (block->aggregate_depth > 0 || s == NULL) return DBX_OK;
    if (l->found != NULL && (!s->aggregated || bind_is_group(s, l->found)) &&
        (!named || lookup_has_fields(b, l)))
        return DBX_OK;
    expr *below = l->found;
    uint32_t used = l->used;
    l->found = NULL;
    TRY(bind_lookup_alias(b, l, s, s->visible, ALIAS_OUTPUT));
    if (l->found == NULL) {
        l->found = below;
        l->used = used;
    }
    return DBX_OK;
}

static dbx_status bind_lookup_current(binder *b, name_lookup *l) {
    bind_block *block = b->block;
    if (block->clause == CLAUSE_HAVING) return bind_lookup_having(b, l);
    if (block->output != NULL && block->aggregate_depth == 0) {
        TRY(bind_lookup_output(b, l, block));
        if (l->found != NULL && lookup_has_fields(b, l)) return DBX_OK;
    }
    if (block->scope != NULL) {
        name_lookup above = *l;
        l->found = NULL;
        l->is_alias = false;
        dbx_status status = bind_lookup_scope(b, l, block, block->scope);
        if (above.found != NULL &&
            (status != DBX_OK || l->found == NULL || !lookup_has_fields(b, l))) {
            if (status == DBX_ERROR) error_clear(b->err);
            *l = above;
            return status == DBX_ERROR ? DBX_OK : status;
        }
        TRY(status);
        if (above.found != NULL) b->used_output = false;
        if (l->found != NULL) {
            b->used_scope = true;
            return DBX_OK;
        }
    }
    select_state *s = block->select;
    if (s == NULL) return DBX_OK;
    switch (block->clause) {
    case CLAUSE_SELECT:
        return bind_lookup_alias(b, l, s, s->current, ALIAS_LATERAL);
    case CLAUSE_GROUP_BY:
        if (!b->query->settings->group_by_aliases) return DBX_OK;
        return bind_lookup_alias(b, l, s, s->visible, ALIAS_GROUP);
    case CLAUSE_QUALIFY:
        return bind_lookup_alias(b, l, s, s->visible, ALIAS_OUTPUT);
    default:
        return DBX_OK;
    }
}

static dbx_status bind_lookup_outer(binder *b, name_lookup *l) {
    for (bind_block *block = b->block->parent; block != NULL; block = block->parent) {
        if (block->scope != NULL) TRY(bind_lookup_scope(b, l, block, block->scope));
        if (l->found == NULL && block->output != NULL)
            TRY(bind_lookup_scope(b, l, block, block->output));
        if (l->found != NULL) return DBX_OK;
    }
    return DBX_OK;
}

static dbx_status bind_lookup_function_parameter(binder *b, name_lookup *l) {
    const function_frame *f = b->functions;
    if (f == NULL) return DBX_OK;
    uint32_t at = l->count > 1 && binder_same_name(b, l->parts[0], f->function->name) ? 1 : 0;
    for (uint32_t i = 0; i < f->function->parameter_count; i++) {
        if (!binder_same_name(b, f->function->parameters[i].name, l->parts[at])) continue;
        l->found = f->arguments[i];
        l->used = at + 1;
        return DBX_OK;
    }
    return DBX_OK;
}

/* The number of the grouping set, as Hive named it. */
static dbx_status bind_lookup_grouping_id(binder *b, name_lookup *l) {
    const select_state *s = b->block == NULL ? NULL : b->block->select;
    if (s == NULL || s->grouping_id == 0 || l->count != 1) return DBX_OK;
    if (!sv_equal_ignore_case(l->parts[0], SV("grouping__id"))) return DBX_OK;
    l->found = expr_column(b->arena, s->grouping_id, type_simple(TYPE_BIGINT), false,
                           binder_node_span(b, &l->ast->node));
    l->used = 1;
    return l->found == NULL ? binder_nomem(b) : DBX_OK;
}

static dbx_status bind_lookup_niladic(binder *b, name_lookup *l) {
    static const char *const names[] = {"current_date",
                                        "current_timestamp",
                                        "current_time",
                                        "current_user",
                                        "user",
                                        "session_user",
                                        "localtimestamp",
                                        "current_catalog",
                                        "current_database",
                                        "current_schema",
                                        "current_timezone"};
    if (l->count != 1) return DBX_OK;
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (!sv_equal_ignore_case(l->parts[0], sv_from(names[i]))) continue;
        TRY(bind_call(b, names[i], NULL, 0, l->ast->node.span, l->ast, &l->found));
        l->used = 1;
        return DBX_OK;
    }
    return DBX_OK;
}

static dbx_status bind_lookup_variable(binder *b, name_lookup *l) {
    const binder_host *host = b->context->host;
    if (host == NULL || host->variable == NULL) return DBX_OK;
    /* The longest name that is a variable; the rest are fields. */
    for (uint32_t n = MIN(l->count, 3u); n > 0; n--) {
        binder_variable v;
        bool found = false;
        TRY(host->variable(host->state, l->parts, n, &v, &found, b->err));
        if (!found) continue;
        binder_use_temporary(b, "VARIABLE", l->parts, n);
        l->found = expr_constant(b->arena, v.value, binder_node_span(b, &l->ast->node));
        if (l->found == NULL) return binder_nomem(b);
        l->used = n;
        l->is_variable = true;
        return DBX_OK;
    }
    return DBX_OK;
}

/* Whose columns a name that was not found may have meant. */
static const scope *bind_suggestion_scope(const bind_block *block) {
    if (block->scope == NULL || block->scope->columns.count == 0) return block->output;
    if (block->output != NULL && block->clause == CLAUSE_ORDER_BY) return block->output;
    return block->scope;
}

static dbx_status bind_lookup_name(binder *b, const ast_column_ref *c, const string_view *parts,
                                   uint32_t count, name_lookup *l) {
    memset(l, 0, sizeof(*l));
    l->ast = c;
    l->parts = parts;
    l->count = count;
    TRY(bind_lookup_lambda(b, l));
    if (l->found == NULL && b->block != NULL) TRY(bind_lookup_current(b, l));
    if (l->found == NULL && b->block != NULL) TRY(bind_lookup_outer(b, l));
    if (l->found == NULL) TRY(bind_lookup_function_parameter(b, l));
    if (l->found == NULL) TRY(bind_lookup_grouping_id(b, l));
    if (l->found == NULL) TRY(bind_lookup_niladic(b, l));
    if (l->found == NULL) TRY(bind_lookup_variable(b, l));
    return DBX_OK;
}

dbx_status bind_column_ref(binder *b, const ast_column_ref *c, expr **out) {
    const string_view *parts;
    uint32_t count;
    name_lookup l;
    TRY(binder_name_parts(b, c->name, &parts, &count));
    TRY(bind_lookup_name(b, c, parts, count, &l));
    if (l.found == NULL) {
        return bind_raise_unresolved_column(
            b, parts, count, b->block == NULL ? NULL : bind_suggestion_scope(b->block),
            c->node.span);
    }
    TRY(bind_fields(b, l.found, parts + l.used, count - l.used, c->node.span, out));
    const bind_note *before = binder_note_of(b, c);
    const function_row *row = before != NULL && before->bound == l.found ? before->row : NULL;
    bind_note *note = binder_note(b, c);
    if (note == NULL) return binder_nomem(b);
    note->row = row;
    note->bound = *out;
    note->path = parts + (l.used - 1);
    note->path_count = count - (l.used - 1);
    note->is_lambda_variable = l.is_lambda;
    note->is_variable = l.is_variable;
    note->is_alias = l.is_alias;
    note->is_field = count > l.used;
    note->outer = l.outer;
    return DBX_OK;
}

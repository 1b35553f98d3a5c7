/* build_query.c - queries, relations and pipe operators from the grammar's parts. */
#include "parser/build.h"
#include "parser/sql.h"

/* ---- queries --------------------------------------------------------------------------------- */

ast_query *parser_query(parser_state *p, uint32_t start, ast_body *body) {
    ast_query *q = PARSER_NODE(p, ast_query, QUERY, start);
    q->body = body;
    parser_adopt(p, q, body);
    return q;
}

static void build_query_adopt_clauses(parser_state *p, ast_query *q) {
    parser_adopt_list(p, q, &q->order_by);
    parser_adopt_list(p, q, &q->sort_by);
    parser_adopt_list(p, q, &q->distribute_by);
    parser_adopt_list(p, q, &q->cluster_by);
    parser_adopt_list(p, q, &q->windows);
    parser_adopt(p, q, q->limit);
    parser_adopt(p, q, q->offset);
}

/* The clauses' node becomes the query. */
ast_query *parser_query_clauses(parser_state *p, uint32_t start, ast_body *body,
                                ast_query *clauses) {
    if (p->status != DBX_OK) return clauses;
    if (clauses->body != NULL) parser_syntax_error_at(p, clauses->body->span);
    bool sorts = clauses->order_by.count > 0;
    bool others = clauses->sort_by.count > 0 || clauses->distribute_by.count > 0 ||
                  clauses->cluster_by.count > 0;
    bool clustered = clauses->cluster_by.count > 0 &&
                     (clauses->sort_by.count > 0 || clauses->distribute_by.count > 0);
    if ((sorts && others) || clustered) {
        parser_fail(p, ERR_UNSUPPORTED_FEATURE__COMBINATION_QUERY_RESULT_CLAUSES,
                    clauses->node.span, NULL);
    }
    clauses->node.span = parser_span(p, start);
    clauses->body = body;
    parser_adopt(p, clauses, body);
    build_query_adopt_clauses(p, clauses);
    return clauses;
}

ast_query *parser_query_with(parser_state *p, ast_query *with, ast_query *query) {
    query->recursive = with->recursive;
    query->ctes = with->ctes;
    query->node.span.start = with->node.span.start;
    parser_adopt(p, query, with);
    return query;
}

/* Where a clause stands in the order that SQL gives them. */
static int build_query_clause_rank(const ast_query *q) {
    if (q->order_by.count > 0) return 1;
    if (q->cluster_by.count > 0) return 2;
    if (q->distribute_by.count > 0) return 3;
    if (q->sort_by.count > 0) return 4;
    if (q->windows.count > 0) return 5;
    if (q->limit != NULL || q->limit_all) return 6;
    return 7;
}

static int build_query_last_rank(const ast_query *q) {
    if (q->offset != NULL) return 7;
    if (q->limit != NULL || q->limit_all) return 6;
    if (q->windows.count > 0) return 5;
    if (q->sort_by.count > 0) return 4;
    if (q->distribute_by.count > 0) return 3;
    return q->cluster_by.count > 0 ? 2 : 1;
}

/* A clause out of order begins a second set, kept in the body of the first: an error after a query,
 * the next operator after a |>. */
ast_query *parser_merge_clause(parser_state *p, ast_query *all, ast_query *clause) {
    if (p->status != DBX_OK) return all;
    ast_query *clauses = all->body != NULL ? (ast_query *)all->body : all;
    if (build_query_clause_rank(clause) <= build_query_last_rank(clauses)) {
        uint32_t start = clause->node.span.start;
        if (clauses != all) parser_syntax_error_at(p, (span){start, start + 5});
        clauses->body = &clause->node;
        return all;
    }
    if (clause->cluster_by.count > 0) clauses->cluster_by = clause->cluster_by;
    if (clause->distribute_by.count > 0) clauses->distribute_by = clause->distribute_by;
    if (clause->sort_by.count > 0) clauses->sort_by = clause->sort_by;
    if (clause->windows.count > 0) clauses->windows = clause->windows;
    if (clause->limit != NULL) clauses->limit = clause->limit;
    if (clause->limit_all) clauses->limit_all = true;
    if (clause->offset != NULL) clauses->offset = clause->offset;
    clauses->node.span.end = p->previous.end;
    return all;
}

ast_query *parser_order_by_all(parser_state *p, uint32_t start, int direction, int nulls) {
    ast_query *q = PARSER_NODE(p, ast_query, QUERY, start);
    ast_sort_item *item = PARSER_NODE(p, ast_sort_item, SORT_ITEM, start);
    item->descending = direction < 0;
    item->direction_given = direction != 0;
    item->nulls = (ast_nulls_order)nulls;
    q->order_by_all = true;
    parser_push(p, &q->order_by, item);
    return q;
}

ast_cte *parser_cte(parser_state *p, parser_word name, ast_ident_list *columns,
                    ast_expr *max_recursion, ast_query *query) {
    ast_cte *c = PARSER_NODE(p, ast_cte, CTE, name.span.start);
    c->name = parser_ident(p, name);
    c->columns = parser_idents(columns);
    c->max_recursion = max_recursion;
    c->query = query;
    parser_adopt(p, c, query);
    return c;
}

void parser_check_ctes(parser_state *p, bool recursive, const ast_list *ctes) {
    for (uint32_t i = 0; p->status == DBX_OK && i < ctes->count && !recursive; i++) {
        const ast_cte *c = AST_AS(ast_cte, ctes->items[i]);
        if (c->max_recursion == NULL) continue;
        parser_fail_operation_at(p, c->max_recursion->span,
                                 "Cannot specify MAX RECURSION LEVEL when the CTE is not marked as "
                                 "RECURSIVE");
    }
    for (uint32_t i = 1; p->status == DBX_OK && i < ctes->count; i++) {
        const ast_cte *c = AST_AS(ast_cte, ctes->items[i]);
        for (uint32_t k = 0; k < i && c->name.text.data != NULL; k++) {
            const ast_cte *other = AST_AS(ast_cte, ctes->items[k]);
            if (other->name.text.data == NULL) continue;
            if (!sv_equal_ignore_case(c->name.text, other->name.text)) continue;
            const char *shown = arena_printf(p->arena, "`" SV_FMT "`", SV_ARG(c->name.text));
            parser_fail(p, ERR_DUPLICATED_CTE_NAMES, c->name.span, "duplicateNames",
                        shown ? shown : "", NULL);
            return;
        }
    }
}

ast_body *parser_table_query(parser_state *p, uint32_t start, ast_name *name) {
    ast_table_query *t = PARSER_NODE(p, ast_table_query, TABLE_QUERY, start);
    ast_table_ref *ref = PARSER_NODE(p, ast_table_ref, TABLE_REF, name->node.span.start);
    ref->name = name;
    t->table = ref;
    parser_adopt(p, t, ref);
    return &t->node;
}

ast_body *parser_set_operation(parser_state *p, ast_set_operator op, parser_body left,
                               int quantifier, bool by_name, ast_body *right) {
    ast_set_operation *s = PARSER_NODE(p, ast_set_operation, SET_OPERATION, left.start);
    s->op = op;
    s->all = quantifier == 2;
    s->distinct_given = quantifier == 1;
    s->by_name = by_name;
    s->left = left.body;
    s->right = right;
    parser_adopt(p, s, left.body);
    parser_adopt(p, s, right);
    return &s->node;
}

/* ---- SELECT ---------------------------------------------------------------------------------- */

ast_body *parser_select(parser_state *p, ast_select *s, ast_relation *from, ast_expr *where,
                        ast_select *group, ast_expr *having, ast_expr *qualify, ast_list *windows) {
    s->from = from;
    s->where = where;
    if (group != NULL) {
        s->group_by_all = group->group_by_all;
        s->group_by = group->group_by;
        s->group_by_legacy = group->group_by_legacy;
        s->group_by_base = group->group_by_base;
    }
    s->having = having;
    s->qualify = qualify;
    s->windows = parser_list(windows);
    s->node.span.end = p->previous.end;
    parser_adopt(p, s, from);
    parser_adopt(p, s, where);
    parser_adopt_list(p, s, &s->group_by);
    parser_adopt(p, s, having);
    parser_adopt(p, s, qualify);
    parser_adopt_list(p, s, windows);
    return &s->node;
}

ast_body *parser_from_alone(parser_state *p, parser_expr from) {
    ast_select *s = PARSER_NODE(p, ast_select, SELECT, from.outer.start);
    s->from_first = true;
    s->from = from.e;
    parser_adopt(p, s, from.e);
    return &s->node;
}

ast_body *parser_select_from_first(parser_state *p, parser_expr from, ast_select *s,
                                   ast_relation *views, ast_expr *where, ast_select *group,
                                   ast_expr *having, ast_expr *qualify, ast_list *windows) {
    ast_relation *relation = views != NULL ? parser_on_relation(p, from.e, views) : from.e;
    s->from_first = true;
    ast_body *body = parser_select(p, s, relation, where, group, having, qualify, windows);
    body->span.start = from.outer.start;
    return body;
}

ast_grouping *parser_grouping(parser_state *p, ast_grouping_type type, uint32_t start,
                              ast_list *items) {
    ast_grouping *g = PARSER_NODE(p, ast_grouping, GROUPING, start);
    g->type = type;
    g->items = parser_list(items);
    parser_adopt_list(p, g, items);
    if (type != AST_GROUPING_ROLLUP && type != AST_GROUPING_CUBE) return g;
    for (uint32_t i = 0; p->status == DBX_OK && i < g->items.count; i++) {
        const ast_grouping *set = AST_AS(ast_grouping, g->items.items[i]);
        if (set->type == AST_GROUPING_SET && set->items.count == 0) {
            const char *element = type == AST_GROUPING_CUBE ? "CUBE" : "ROLLUP";
            parser_fail(p, ERR_GROUPING_SET_EMPTY, set->node.span, "element", element, NULL);
        }
    }
    return g;
}

/* In ROLLUP and the like, a row is a set of several expressions. */
ast_grouping *parser_grouping_set(parser_state *p, ast_grouping *g) {
    if (p->status != DBX_OK || g->type != AST_GROUPING_EXPR) return g;
    ast_list *items = parser_partition_list(p, (parser_expr){g->items.items[0], g->node.span});
    g->type = AST_GROUPING_SET;
    g->items = parser_list(items);
    return g;
}

/* GROUP BY a, b WITH ROLLUP | WITH CUBE | GROUPING SETS (...): the older forms. */
ast_select *parser_group_with(parser_state *p, ast_list *groupings, ast_grouping_type type,
                              ast_list *sets) {
    ast_select *group = parser_memory(p, sizeof(*group));
    group->group_by_legacy = true;
    if (p->status != DBX_OK) return group;
    for (uint32_t i = 0; i < groupings->count; i++) {
        const ast_grouping *g = AST_AS(ast_grouping, groupings->items[i]);
        if (g->type != AST_GROUPING_EXPR) {
            parser_syntax_error_at(p, (span){p->previous.start, p->previous.end});
            return group;
        }
        parser_push(p, &group->group_by_base, g->items.items[0]);
        parser_grouping_set(p, (ast_grouping *)groupings->items[i]);
    }
    ast_list *items = sets != NULL ? sets : groupings;
    uint32_t start = groupings->items[0]->span.start;
    parser_push(p, &group->group_by, parser_grouping(p, type, start, items));
    return group;
}

/* ---- VALUES ---------------------------------------------------------------------------------- */

static bool build_query_is_default(const ast_expr *e) {
    if (e->kind != AST_COLUMN_REF) return false;
    const ast_name *name = AST_AS(ast_column_ref, e)->name;
    return parser_name_is(name, "default") && !name->parts.items[0].quoted;
}

/* DEFAULT where a value of a row or an assignment stands. */
ast_expr *parser_default_or(parser_state *p, ast_expr *e) {
    if (p->status != DBX_OK || !build_query_is_default(e)) return e;
    ast_default *d = PARSER_NODE(p, ast_default, DEFAULT, e->span.start);
    d->node.span = e->span;
    return &d->node;
}

ast_list *parser_values_rows(parser_state *p, ast_list *rows) {
    for (uint32_t i = 0; p->status == DBX_OK && i < rows->count; i++) {
        if (rows->items[i]->kind != AST_ROW) {
            rows->items[i] = parser_default_or(p, rows->items[i]);
            continue;
        }
        const ast_row *row = AST_AS(ast_row, rows->items[i]);
        for (uint32_t k = 0; k < row->items.count; k++) {
            ast_select_item *item = (ast_select_item *)row->items.items[k];
            item->expr = parser_default_or(p, item->expr);
        }
    }
    return rows;
}

/* ---- relations ------------------------------------------------------------------------------- */

static const char *build_query_join_name(int type) {
    static const char *const names[] = {"INNER", "LEFT OUTER", "RIGHT OUTER", "FULL OUTER",
                                        "CROSS", "CROSS",      "LEFT SEMI",   "LEFT ANTI"};
    return names[type];
}

static bool build_query_is_lateral(const ast_relation *r) {
    if (r->kind == AST_SUBQUERY_REF) return AST_AS(ast_subquery_ref, r)->lateral;
    return r->kind == AST_FUNCTION_REF && AST_AS(ast_function_ref, r)->lateral;
}

ast_relation *parser_join(parser_state *p, ast_relation *left, int type, ast_relation *right,
                          ast_expr *on, ast_ident_list *using_columns) {
    bool natural = (type & PARSER_NATURAL) != 0;
    type &= ~PARSER_NATURAL;
    ast_join *j =
        PARSER_NODE(p, ast_join, JOIN, left != NULL ? left->span.start : right->span.start);
    j->type = (ast_join_type)type;
    j->natural = natural;
    j->left = left;
    j->right = right;
    j->on = on;
    j->using_columns = parser_idents(using_columns);
    if (p->status == DBX_OK && build_query_is_lateral(right) && natural) {
        parser_fail(p, ERR_INCOMPATIBLE_JOIN_TYPES, right->span, "joinType1", "LATERAL",
                    "joinType2", "NATURAL", NULL);
    } else if (p->status == DBX_OK && build_query_is_lateral(right) && using_columns != NULL) {
        parser_fail(p, ERR_UNSUPPORTED_FEATURE__LATERAL_JOIN_USING, right->span, NULL);
    } else if (natural && type == AST_JOIN_CROSS) {
        parser_fail(p, ERR_INCOMPATIBLE_JOIN_TYPES, right->span, "joinType1", "NATURAL",
                    "joinType2", build_query_join_name(type), NULL);
    }
    parser_adopt(p, j, left);
    parser_adopt(p, j, right);
    parser_adopt(p, j, on);
    return &j->node;
}

/* Puts `relation` under an operator that was built without it. */
ast_relation *parser_on_relation(parser_state *p, ast_relation *relation, ast_relation *op) {
    if (p->status != DBX_OK) return op;
    ast_relation **slot = NULL;
    ast_relation *lowest = op;
    for (;;) { /* several lateral views come as one chain */
        switch (lowest->kind) {
        case AST_JOIN:
            slot = &((ast_join *)lowest)->left;
            break;
        case AST_PIVOT:
            slot = &((ast_pivot *)lowest)->relation;
            break;
        case AST_UNPIVOT:
            slot = &((ast_unpivot *)lowest)->relation;
            break;
        default:
            slot = &((ast_lateral_view *)lowest)->relation;
            break;
        }
        if (*slot == NULL) break;
        lowest = *slot;
        lowest->span.start = relation->span.start;
    }
    *slot = relation;
    op->span.start = relation->span.start;
    uint32_t above = (uint32_t)op->depth - lowest->depth;
    parser_adopt(p, lowest, relation);
    if (p->status == DBX_OK && lowest != op) {
        if (lowest->depth + above > p->max_depth) parser_too_complex(p);
        op->depth = (uint16_t)MAX(op->depth, lowest->depth + above);
    }
    return op;
}

static void build_query_apply_alias(ast_alias *to, const ast_alias *alias) {
    if (alias != NULL) PARSER_COPY(*to, alias);
}

ast_relation *parser_subquery_ref(parser_state *p, parser_parens query, bool lateral,
                                  ast_sample *sample, const ast_alias *alias) {
    ast_subquery_ref *r = PARSER_NODE(p, ast_subquery_ref, SUBQUERY_REF, query.outer.start);
    r->lateral = lateral;
    r->query = query.query;
    r->sample = sample;
    build_query_apply_alias(&r->alias, alias);
    parser_adopt(p, r, query.query);
    return &r->node;
}

ast_relation *parser_function_ref(parser_state *p, ast_function_call *call, bool lateral,
                                  bool ordinality, ast_sample *sample, const ast_alias *alias) {
    ast_function_ref *r = PARSER_NODE(p, ast_function_ref, FUNCTION_REF, call->node.span.start);
    parser_call_done(p, call);
    r->lateral = lateral;
    r->with_ordinality = ordinality;
    r->call = call;
    r->sample = sample;
    build_query_apply_alias(&r->alias, alias);
    parser_adopt(p, r, call);
    return &r->node;
}

ast_relation *parser_paren_ref(parser_state *p, uint32_t start, ast_relation *relation,
                               ast_sample *sample, const ast_alias *alias) {
    ast_paren_ref *r = PARSER_NODE(p, ast_paren_ref, PAREN_REF, start);
    r->relation = relation;
    r->sample = sample;
    build_query_apply_alias(&r->alias, alias);
    parser_adopt(p, r, relation);
    return &r->node;
}

ast_table_ref *parser_table_ref(parser_state *p, ast_name *name, const ast_table_ref *travel,
                                ast_list *options, ast_sample *sample, const ast_alias *alias) {
    ast_table_ref *t = PARSER_NODE(p, ast_table_ref, TABLE_REF, name->node.span.start);
    t->name = name;
    if (travel != NULL) {
        t->travel = travel->travel;
        t->travel_to = travel->travel_to;
        parser_adopt(p, t, travel->travel_to);
    }
    t->options = parser_list(options);
    t->sample = sample;
    build_query_apply_alias(&t->alias, alias);
    parser_adopt(p, t, name);
    return t;
}

ast_relation *parser_path_ref(parser_state *p, parser_token path, ast_sample *sample,
                              const ast_alias *alias) {
    ast_table_ref *t = PARSER_NODE(p, ast_table_ref, TABLE_REF, path.start);
    t->path = parser_string_literal(p, path).e;
    t->path->span.end = path.end;
    if (p->sql.data[path.start] == '"') parser_syntax_error(p, path);
    t->sample = sample;
    build_query_apply_alias(&t->alias, alias);
    return &t->node;
}

ast_table_ref *parser_travel(parser_state *p, ast_travel travel, parser_expr to) {
    ast_table_ref *t = parser_memory(p, sizeof(*t));
    t->travel = travel;
    t->travel_to = to.e;
    return t;
}

/* @v12: a version; @20240131000000000: a time as yyyyMMddHHmmssSSS. */
ast_table_ref *parser_travel_mark(parser_state *p, parser_token token) {
    string_view text = parser_text(p, token.start + 1, token.end);
    bool version = ascii_lower(text.data[0]) == 'v';
    uint32_t start = token.start + 1 + version;
    ast_literal_type type = version ? AST_LITERAL_INTEGER : AST_LITERAL_STRING;
    parser_expr to = parser_literal(p, type, parser_copy_text(p, start, token.end), start);
    return parser_travel(p, version ? AST_TRAVEL_VERSION : AST_TRAVEL_TIMESTAMP, to);
}

/* ---- samples --------------------------------------------------------------------------------- */

ast_sample *parser_sample(parser_state *p, ast_sample_method method, ast_expr *amount) {
    ast_sample *s = PARSER_NODE(p, ast_sample, SAMPLE, p->previous.start);
    s->method = method;
    s->amount = amount;
    parser_adopt(p, s, amount);
    return s;
}

ast_sample *parser_sample_bucket(parser_state *p, parser_token bucket, parser_token buckets,
                                 ast_expr *on) {
    ast_sample *s = parser_sample(p, AST_SAMPLE_BUCKET, parser_number(p, bucket).e);
    s->buckets = parser_number(p, buckets).e;
    s->on = on;
    parser_adopt(p, s, on);
    return s;
}

static bool build_sample_is_byte_length(string_view text) {
    if (text.size < 2 || strchr("bkmg", ascii_lower(text.data[text.size - 1])) == NULL)
        return false;
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (!ascii_is_digit(text.data[i])) return false;
    }
    return true;
}

static void build_sample_check_percent(parser_state *p, const ast_sample *s) {
    if (s->amount->kind != AST_LITERAL) return;
    string_view value = AST_AS(ast_literal, s->amount)->value;
    bool ok = value.size > 0 && value.data[0] != '-' && value.size < 32;
    double percent = ok ? strtod(value.data, NULL) : -1;
    if (ok && percent <= 100.0) return;
    parser_fail(p, ERR_PARSE_REFUSED, s->amount->span, "msg",
                "Sampling fraction must be on interval [0, 1]", NULL);
}

ast_sample *parser_sample_done(parser_state *p, ast_sample *s, uint32_t start, ast_expr *seed) {
    s->node.span = parser_span(p, start);
    s->seed = seed;
    if (p->status != DBX_OK) return s;
    if (s->method == AST_SAMPLE_PERCENT && s->amount == NULL) {
        parser_fail(p, ERR_SAMPLE_EMPTY, s->node.span, NULL);
    } else if (s->method == AST_SAMPLE_PERCENT) {
        build_sample_check_percent(p, s);
    } else if (s->method == AST_SAMPLE_BYTES) {
        string_view text = parser_text(p, s->amount->span.start, s->amount->span.end);
        error_class cls =
            build_sample_is_byte_length(text) ? ERR_SAMPLE_BYTES : ERR_SAMPLE_BYTES_LITERAL;
        parser_fail(p, cls, s->amount->span, "msg", "byteLengthLiteral", "bytesStr",
                    parser_cstr(p, text), NULL);
    } else if (s->method == AST_SAMPLE_BUCKET) {
        int64_t bucket = parser_small_integer(p, AST_AS(ast_literal, s->amount)->value,
                                              s->amount->span, INT32_MAX);
        int64_t buckets = parser_small_integer(p, AST_AS(ast_literal, s->buckets)->value,
                                               s->buckets->span, INT32_MAX);
        if (bucket > buckets) {
            parser_fail(p, ERR_PARSE_REFUSED, s->node.span, "msg",
                        "Sampling fraction must be on interval [0, 1]", NULL);
        }
    }
    return s;
}

/* ---- pivots, lateral views ------------------------------------------------------------------- */

ast_relation *parser_pivot(parser_state *p, uint32_t start, ast_list *aggregates, ast_list *columns,
                           ast_list *values, const ast_alias *alias) {
    ast_pivot *v = PARSER_NODE(p, ast_pivot, PIVOT, start);
    v->aggregates = parser_list(aggregates);
    v->columns = parser_list(columns);
    v->values = parser_list(values);
    build_query_apply_alias(&v->alias, alias);
    parser_adopt_list(p, v, aggregates);
    parser_adopt_list(p, v, values);
    return &v->node;
}

ast_unpivot_item *parser_unpivot_item(parser_state *p, ast_list *columns, parser_word alias) {
    ast_unpivot_item *item = parser_memory(p, sizeof(*item));
    item->columns = parser_list(columns);
    if (alias.span.end != 0) item->alias = parser_ident(p, alias);
    return item;
}

ast_relation *parser_unpivot(parser_state *p, uint32_t start, int nulls, ast_ident_list *values,
                             bool multi, parser_word column, parser_unpivot_items *items,
                             const ast_alias *alias) {
    ast_unpivot *u = PARSER_NODE(p, ast_unpivot, UNPIVOT, start);
    u->include_nulls = nulls == 1;
    u->nulls_given = nulls != 0;
    u->multi = multi;
    u->value_columns = parser_idents(values);
    u->name_column = parser_ident(p, column);
    u->items = items->items;
    u->item_count = items->count;
    build_query_apply_alias(&u->alias, alias);
    return &u->node;
}

ast_relation *parser_lateral_view(parser_state *p, uint32_t start, bool outer,
                                  ast_function_call *call, parser_word table,
                                  ast_ident_list *columns) {
    ast_lateral_view *v = PARSER_NODE(p, ast_lateral_view, LATERAL_VIEW, start);
    parser_call_done(p, call);
    v->outer = outer;
    v->call = call;
    if (table.span.end != 0) v->table = parser_ident(p, table);
    v->columns = parser_idents(columns);
    parser_adopt(p, v, call);
    return &v->node;
}

/* ---- pipe operators -------------------------------------------------------------------------- */

ast_body *parser_pipe(parser_state *p, parser_body input, ast_pipe_operator *op) {
    if (p->status == DBX_OK && op->query != NULL && op->query->body != NULL) {
        ast_query *rest = (ast_query *)op->query->body;
        op->query->body = NULL;
        ast_body *first = parser_pipe(p, input, parser_pipe_clauses(p, op->query));
        return parser_pipe(p, (parser_body){first, input.start}, parser_pipe_clauses(p, rest));
    }
    ast_pipe *pipe = PARSER_NODE(p, ast_pipe, PIPE, input.start);
    pipe->input = input.body;
    pipe->op = op;
    parser_adopt(p, pipe, input.body);
    parser_adopt(p, pipe, op);
    return &pipe->node;
}

ast_pipe_operator *parser_pipe_operator(parser_state *p, ast_pipe_type type, uint32_t start) {
    ast_pipe_operator *op = PARSER_NODE(p, ast_pipe_operator, PIPE_OPERATOR, start);
    op->type = type;
    return op;
}

ast_assignment *parser_pipe_assignment(parser_state *p, ast_name *target, ast_expr *value) {
    if (target->parts.count > 1) {
        parser_fail_operation_at(p, target->node.span,
                                 "SQL pipe syntax |> SET operator with multi-part assignment key "
                                 "(only single-part keys are allowed)");
    }
    return parser_assignment(p, target, value);
}

ast_list parser_names_of(parser_state *p, const ast_ident_list *idents) {
    ast_list names = {0};
    for (uint32_t i = 0; p->status == DBX_OK && i < idents->count; i++) {
        ast_name *name = PARSER_NODE(p, ast_name, NAME, idents->items[i].span.start);
        name->node.span = idents->items[i].span;
        PARSER_PUSH(p, &name->parts, idents->items[i]);
        parser_push(p, &names, name);
    }
    return names;
}

ast_pipe_operator *parser_pipe_relation(parser_state *p, ast_pipe_type type,
                                        ast_relation *relation) {
    ast_pipe_operator *op = parser_pipe_operator(p, type, relation->span.start);
    op->relation = relation;
    parser_adopt(p, op, relation);
    return op;
}

ast_pipe_operator *parser_pipe_set(parser_state *p, uint32_t start, ast_set_operator set,
                                   int quantifier, bool by_name, ast_body *right) {
    ast_pipe_operator *op = parser_pipe_operator(p, AST_PIPE_SET_OPERATION, start);
    parser_body none = {NULL, start};
    ast_body *body = parser_set_operation(p, set, none, quantifier, by_name, right);
    op->set = (ast_set_operation *)body;
    parser_adopt(p, op, body);
    return op;
}

static const char *build_pipe_clause_name(const ast_query *q) {
    static const char *const names[] = {"ORDER BY", "CLUSTER BY", "DISTRIBUTE BY", "SORT BY",
                                        "WINDOW",   "LIMIT",      "OFFSET"};
    return names[build_query_clause_rank(q) - 1];
}

static const char *build_pipe_last_clause_name(const ast_query *q) {
    static const char *const names[] = {"ORDER BY", "CLUSTER BY", "DISTRIBUTE BY", "SORT BY",
                                        "WINDOW",   "LIMIT",      "OFFSET"};
    return names[build_query_last_rank(q) - 1];
}

ast_pipe_operator *parser_pipe_clauses(parser_state *p, ast_query *clauses) {
    ast_pipe_operator *op = parser_pipe_operator(p, AST_PIPE_ORDER, clauses->node.span.start);
    op->query = clauses;
    if (clauses->body != NULL) return op; /* parser_pipe takes them apart */
    build_query_adopt_clauses(p, clauses);
    parser_adopt(p, op, clauses);
    bool sorts = clauses->order_by.count > 0;
    bool others =
        clauses->sort_by.count + clauses->distribute_by.count + clauses->cluster_by.count > 0;
    if (sorts && others) {
        parser_fail(p, ERR_UNSUPPORTED_FEATURE__COMBINATION_QUERY_RESULT_CLAUSES, op->node.span,
                    NULL);
    } else if (build_query_last_rank(clauses) > 5 &&
               build_query_clause_rank(clauses) < build_query_last_rank(clauses) &&
               (sorts || others)) {
        parser_fail(p, ERR_MULTIPLE_QUERY_RESULT_CLAUSES_WITH_PIPE_OPERATORS, op->node.span,
                    "clause1", build_pipe_clause_name(clauses), "clause2",
                    build_pipe_last_clause_name(clauses), NULL);
    }
    return op;
}

ast_pipe_operator *parser_pipe_aggregate(parser_state *p, uint32_t start, ast_list *items,
                                         const ast_pipe_operator *group) {
    ast_pipe_operator *op = parser_pipe_operator(p, AST_PIPE_AGGREGATE, start);
    op->items = parser_list(items);
    if (group != NULL) {
        op->group_by_all = group->group_by_all;
        op->group_by = group->group_by;
        op->group_by_aliases = group->group_by_aliases;
        if (group->group_by_all) parser_fail_pipe_grouping(p, "GROUP BY ALL");
    }
    parser_adopt_list(p, op, items);
    parser_adopt_list(p, op, &op->group_by);
    return op;
}

void parser_fail_pipe_grouping(parser_state *p, const char *what) {
    parser_fail(p, ERR_UNSUPPORTED_FEATURE__PIPE_OPERATOR_AGGREGATE_UNSUPPORTED_CASE,
                (span){p->previous.start, p->previous.end}, "case", what, NULL);
}

void parser_pipe_group_add(parser_state *p, ast_pipe_operator *group, ast_select_item *item) {
    parser_push(p, &group->group_by, (void *)item->expr);
    item->expr = NULL;
    parser_push(p, &group->group_by_aliases, item);
}

ast_select_item *parser_pipe_grouping(parser_state *p, ast_grouping *grouping,
                                      const parser_word *alias) {
    static const char *const names[] = {"", "", "GROUP BY ROLLUP", "GROUP BY CUBE",
                                        "GROUPING SETS"};
    ast_select_item *item = PARSER_NODE(p, ast_select_item, SELECT_ITEM, grouping->node.span.start);
    item->expr = &grouping->node;
    if (alias != NULL) item->aliases = parser_idents(parser_push_word(p, NULL, *alias));
    if (p->status == DBX_OK && grouping->type >= AST_GROUPING_ROLLUP) {
        parser_fail_pipe_grouping(p, names[grouping->type]);
    } else if (p->status == DBX_OK && grouping->items.count == 0) {
        uint32_t end = grouping->node.span.end;
        parser_syntax_error_at(p, (span){end - 1, end});
    }
    return item;
}

/* ---- TRANSFORM ------------------------------------------------------------------------------- */

ast_transform *parser_transform(parser_state *p, uint32_t start, int quantifier, ast_list *items,
                                ast_row_format *input, parser_token writer, parser_token script,
                                ast_list *columns, ast_row_format *output, parser_token reader) {
    ast_transform *t = PARSER_NODE(p, ast_transform, TRANSFORM, start);
    if (quantifier != 0)
        parser_fail(p, ERR_UNSUPPORTED_FEATURE__TRANSFORM_DISTINCT_ALL, t->node.span, NULL);
    t->items = parser_list(items);
    t->input_format = input;
    if (writer.end != 0) t->record_writer = parser_string(p, writer);
    t->script = parser_string(p, script);
    t->columns = parser_list(columns);
    t->output_format = output;
    if (reader.end != 0) t->record_reader = parser_string(p, reader);
    parser_adopt_list(p, t, items);
    return t;
}

ast_body *parser_transform_done(parser_state *p, ast_transform *t, ast_relation *from,
                                ast_expr *where, ast_select *group, ast_expr *having,
                                ast_list *windows) {
    t->from = from;
    t->where = where;
    if (group != NULL) t->group_by = group->group_by;
    t->having = having;
    t->windows = parser_list(windows);
    t->node.span.end = p->previous.end;
    parser_adopt(p, t, from);
    parser_adopt(p, t, where);
    return &t->node;
}

/* Spark's rule for rows that a script exchanges. */
void parser_check_lines(parser_state *p, parser_token string) {
    string_view text = parser_string(p, string);
    if (p->status != DBX_OK || sv_equal(text, SV("\n"))) return;
    parser_fail(p, ERR_PARSE_REFUSED, (span){string.start, string.end}, "msg",
                "LINES TERMINATED BY only supports newline '\\n' right now", NULL);
}

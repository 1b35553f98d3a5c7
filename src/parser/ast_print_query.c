/* ast_print_query.c - queries, relations and their parts as s-expressions. */
#include "parser/ast_print.h"

static void ast_print_bound(ast_printer *p, const ast_bound *b) {
    static const char *const names[] = {"unbounded-preceding", "preceding", "current-row",
                                        "following", "unbounded-following"};
    ast_print_open(p, names[b->type]);
    ast_print_node(p, b->offset);
    ast_print_close(p);
}

static void ast_print_window(ast_printer *p, const ast_window_spec *w) {
    ast_print_given(p, "name", &w->name);
    ast_print_given(p, "base", &w->base);
    ast_print_list(p, "partition-by", &w->partition_by);
    ast_print_list(p, "order-by", &w->order_by);
    ast_print_node(p, w->frame);
}

static void ast_print_frame(ast_printer *p, const ast_window_frame *f) {
    static const char *const units[] = {"rows", "range", "groups"};
    ast_print_word(p, units[f->unit]);
    ast_print_bound(p, &f->start);
    if (f->has_end) ast_print_bound(p, &f->end);
}

static void ast_print_sample(ast_printer *p, const ast_sample *s) {
    static const char *const methods[] = {"percent", "rows", "bucket", "bytes"};
    ast_print_word(p, methods[s->method]);
    ast_print_node(p, s->amount);
    ast_print_node(p, s->buckets);
    ast_print_part(p, "on", s->on);
    ast_print_part(p, "seed", s->seed);
}

static void ast_print_grouping(ast_printer *p, const ast_grouping *g) {
    static const char *const types[] = {"", "set", "rollup", "cube", "sets"};
    if (g->type != AST_GROUPING_EXPR) ast_print_word(p, types[g->type]);
    ast_print_list(p, NULL, &g->items);
}

static void ast_print_sort(ast_printer *p, const ast_sort_item *s) {
    ast_print_node(p, s->expr);
    if (s->direction_given) ast_print_word(p, s->descending ? "desc" : "asc");
    if (s->nulls != AST_NULLS_DEFAULT) {
        ast_print_word(p, s->nulls == AST_NULLS_FIRST ? "nulls-first" : "nulls-last");
    }
}

static bool ast_print_part_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_SELECT_ITEM:
        ast_print_node(p, AST_AS(ast_select_item, n)->expr);
        ast_print_idents(p, "as", &AST_AS(ast_select_item, n)->aliases);
        return true;
    case AST_SORT_ITEM:
        ast_print_sort(p, AST_AS(ast_sort_item, n));
        return true;
    case AST_WINDOW_SPEC:
        ast_print_window(p, AST_AS(ast_window_spec, n));
        return true;
    case AST_WINDOW_FRAME:
        ast_print_frame(p, AST_AS(ast_window_frame, n));
        return true;
    case AST_GROUPING:
        ast_print_grouping(p, AST_AS(ast_grouping, n));
        return true;
    case AST_CTE:
        ast_print_ident(p, &AST_AS(ast_cte, n)->name);
        ast_print_idents(p, "columns", &AST_AS(ast_cte, n)->columns);
        ast_print_part(p, "max-recursion", AST_AS(ast_cte, n)->max_recursion);
        ast_print_node(p, AST_AS(ast_cte, n)->query);
        return true;
    case AST_HINT:
        ast_print_ident(p, &AST_AS(ast_hint, n)->name);
        ast_print_list(p, NULL, &AST_AS(ast_hint, n)->parameters);
        return true;
    case AST_SAMPLE:
        ast_print_sample(p, AST_AS(ast_sample, n));
        return true;
    default:
        return false;
    }
}

/* ---- relations ------------------------------------------------------------------------------- */

static void ast_print_table_ref(ast_printer *p, const ast_table_ref *t) {
    static const char *const travels[] = {"", "version", "timestamp"};
    ast_print_flag(p, t->stream, "stream");
    ast_print_node(p, t->name);
    ast_print_part(p, "path", t->path);
    if (t->travel != AST_TRAVEL_NONE) ast_print_part(p, travels[t->travel], t->travel_to);
    ast_print_list(p, "options", &t->options);
    ast_print_node(p, t->sample);
    ast_print_alias(p, &t->alias);
}

static void ast_print_join(ast_printer *p, const ast_join *j) {
    static const char *const types[] = {"inner", "left",  "right", "full",
                                        "cross", "comma", "semi",  "anti"};
    ast_print_word(p, types[j->type]);
    ast_print_flag(p, j->natural, "natural");
    ast_print_node(p, j->left);
    ast_print_node(p, j->right);
    ast_print_part(p, "on", j->on);
    ast_print_idents(p, "using", &j->using_columns);
}

static void ast_print_unpivot(ast_printer *p, const ast_unpivot *u) {
    ast_print_node(p, u->relation);
    if (u->nulls_given) ast_print_word(p, u->include_nulls ? "include-nulls" : "exclude-nulls");
    ast_print_idents(p, "values", &u->value_columns);
    ast_print_given(p, "for", &u->name_column);
    for (uint32_t i = 0; i < u->item_count; i++) {
        ast_print_open(p, "in");
        ast_print_list(p, NULL, &u->items[i].columns);
        ast_print_given(p, "as", &u->items[i].alias);
        ast_print_close(p);
    }
    ast_print_alias(p, &u->alias);
}

static bool ast_print_relation_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_TABLE_REF:
        ast_print_table_ref(p, AST_AS(ast_table_ref, n));
        return true;
    case AST_SUBQUERY_REF:
        ast_print_flag(p, AST_AS(ast_subquery_ref, n)->lateral, "lateral");
        ast_print_node(p, AST_AS(ast_subquery_ref, n)->query);
        ast_print_node(p, AST_AS(ast_subquery_ref, n)->sample);
        ast_print_alias(p, &AST_AS(ast_subquery_ref, n)->alias);
        return true;
    case AST_FUNCTION_REF:
        ast_print_flag(p, AST_AS(ast_function_ref, n)->stream, "stream");
        ast_print_flag(p, AST_AS(ast_function_ref, n)->lateral, "lateral");
        ast_print_node(p, AST_AS(ast_function_ref, n)->call);
        ast_print_flag(p, AST_AS(ast_function_ref, n)->with_ordinality, "with-ordinality");
        ast_print_node(p, AST_AS(ast_function_ref, n)->sample);
        ast_print_alias(p, &AST_AS(ast_function_ref, n)->alias);
        return true;
    case AST_VALUES_REF:
        ast_print_node(p, AST_AS(ast_values_ref, n)->values);
        return true;
    case AST_JOIN:
        ast_print_join(p, AST_AS(ast_join, n));
        return true;
    case AST_PAREN_REF:
        ast_print_node(p, AST_AS(ast_paren_ref, n)->relation);
        ast_print_node(p, AST_AS(ast_paren_ref, n)->sample);
        ast_print_alias(p, &AST_AS(ast_paren_ref, n)->alias);
        return true;
    case AST_PIVOT:
        ast_print_node(p, AST_AS(ast_pivot, n)->relation);
        ast_print_list(p, "aggregates", &AST_AS(ast_pivot, n)->aggregates);
        ast_print_list(p, "for", &AST_AS(ast_pivot, n)->columns);
        ast_print_list(p, "in", &AST_AS(ast_pivot, n)->values);
        ast_print_alias(p, &AST_AS(ast_pivot, n)->alias);
        return true;
    case AST_UNPIVOT:
        ast_print_unpivot(p, AST_AS(ast_unpivot, n));
        return true;
    case AST_LATERAL_VIEW:
        ast_print_node(p, AST_AS(ast_lateral_view, n)->relation);
        ast_print_flag(p, AST_AS(ast_lateral_view, n)->outer, "outer");
        ast_print_node(p, AST_AS(ast_lateral_view, n)->call);
        ast_print_given(p, "as", &AST_AS(ast_lateral_view, n)->table);
        ast_print_idents(p, "columns", &AST_AS(ast_lateral_view, n)->columns);
        return true;
    default:
        return false;
    }
}

/* ---- queries --------------------------------------------------------------------------------- */

static void ast_print_query(ast_printer *p, const ast_query *q) {
    ast_print_flag(p, q->recursive, "recursive");
    ast_print_list(p, "with", &q->ctes);
    ast_print_node(p, q->body);
    ast_print_flag(p, q->order_by_all, "order-by-all");
    ast_print_list(p, "order-by", &q->order_by);
    ast_print_list(p, "cluster-by", &q->cluster_by);
    ast_print_list(p, "distribute-by", &q->distribute_by);
    ast_print_list(p, "sort-by", &q->sort_by);
    ast_print_list(p, "windows", &q->windows);
    ast_print_flag(p, q->limit_all, "limit-all");
    ast_print_part(p, "limit", q->limit);
    ast_print_part(p, "offset", q->offset);
}

static void ast_print_select(ast_printer *p, const ast_select *s) {
    ast_print_flag(p, s->from_first, "from-first");
    ast_print_list(p, "hints", &s->hints);
    ast_print_flag(p, s->distinct, "distinct");
    ast_print_flag(p, s->all, "all");
    ast_print_list(p, NULL, &s->items);
    ast_print_part(p, "from", s->from);
    ast_print_part(p, "where", s->where);
    ast_print_flag(p, s->group_by_all, "group-by-all");
    ast_print_list(p, "group-base", &s->group_by_base);
    ast_print_list(p, "group-by", &s->group_by);
    ast_print_part(p, "having", s->having);
    ast_print_part(p, "qualify", s->qualify);
    ast_print_list(p, "windows", &s->windows);
}

static void ast_print_row_format(ast_printer *p, const ast_row_format *r) {
    ast_print_labelled(p, "serde", r->serde);
    ast_print_list(p, "properties", &r->properties);
    ast_print_labelled(p, "fields", r->fields_terminated);
    ast_print_labelled(p, "escaped", r->fields_escaped);
    ast_print_labelled(p, "items", r->items_terminated);
    ast_print_labelled(p, "keys", r->keys_terminated);
    ast_print_labelled(p, "lines", r->lines_terminated);
    ast_print_labelled(p, "null", r->null_defined);
}

static void ast_print_transform(ast_printer *p, const ast_transform *t) {
    ast_print_list(p, NULL, &t->items);
    ast_print_node(p, t->input_format);
    ast_print_labelled(p, "writer", t->record_writer);
    ast_print_labelled(p, "script", t->script);
    ast_print_list(p, "as", &t->columns);
    ast_print_node(p, t->output_format);
    ast_print_labelled(p, "reader", t->record_reader);
    ast_print_part(p, "from", t->from);
    ast_print_part(p, "where", t->where);
    ast_print_list(p, "group-by", &t->group_by);
    ast_print_part(p, "having", t->having);
    ast_print_list(p, "windows", &t->windows);
}

static void ast_print_set_operation(ast_printer *p, const ast_set_operation *s) {
    static const char *const ops[] = {"union", "intersect", "except"};
    ast_print_word(p, ops[s->op]);
    ast_print_flag(p, s->all, "all");
    ast_print_flag(p, s->distinct_given, "distinct");
    ast_print_flag(p, s->by_name, "by-name");
    ast_print_node(p, s->left);
    ast_print_node(p, s->right);
}

static void ast_print_pipe_operator(ast_printer *p, const ast_pipe_operator *o) {
    static const char *const types[] = {"select", "extend",    "set",          "drop",
                                        "as",     "where",     "pivot",        "unpivot",
                                        "sample", "join",      "lateral-view", "set-operation",
                                        "order",  "aggregate", "window"};
    ast_print_word(p, types[o->type]);
    ast_print_list(p, "hints", &o->hints);
    ast_print_flag(p, o->distinct, "distinct");
    ast_print_flag(p, o->all, "all");
    ast_print_list(p, NULL, &o->items);
    ast_print_list(p, NULL, &o->names);
    ast_print_alias(p, &o->alias);
    ast_print_node(p, o->expr);
    ast_print_node(p, o->relation);
    ast_print_node(p, o->sample);
    ast_print_node(p, o->set);
    ast_print_node(p, o->query);
    ast_print_flag(p, o->group_by_all, "group-by-all");
    ast_print_list(p, "group-by", &o->group_by);
    bool aliased = false;
    for (uint32_t i = 0; i < o->group_by_aliases.count; i++) {
        aliased |= AST_AS(ast_select_item, o->group_by_aliases.items[i])->aliases.count > 0;
    }
    if (aliased) ast_print_list(p, "group-aliases", &o->group_by_aliases);
    ast_print_list(p, "windows", &o->windows);
}

bool ast_print_query_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_QUERY:
        ast_print_query(p, AST_AS(ast_query, n));
        return true;
    case AST_SELECT:
        ast_print_select(p, AST_AS(ast_select, n));
        return true;
    case AST_TRANSFORM:
        ast_print_transform(p, AST_AS(ast_transform, n));
        return true;
    case AST_ROW_FORMAT:
        ast_print_row_format(p, AST_AS(ast_row_format, n));
        return true;
    case AST_SET_OPERATION:
        ast_print_set_operation(p, AST_AS(ast_set_operation, n));
        return true;
    case AST_VALUES:
        ast_print_list(p, NULL, &AST_AS(ast_values, n)->rows);
        ast_print_alias(p, &AST_AS(ast_values, n)->alias);
        return true;
    case AST_TABLE_QUERY:
        ast_print_node(p, AST_AS(ast_table_query, n)->table);
        return true;
    case AST_PIPE:
        ast_print_node(p, AST_AS(ast_pipe, n)->input);
        ast_print_node(p, AST_AS(ast_pipe, n)->op);
        return true;
    case AST_PIPE_OPERATOR:
        ast_print_pipe_operator(p, AST_AS(ast_pipe_operator, n));
        return true;
    default:
        return ast_print_part_fields(p, n) || ast_print_relation_fields(p, n);
    }
}

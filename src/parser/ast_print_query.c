/* ast_print_query.c - queries, relations and their parts as s-expressions. */
#include "parser/ast_print.h"

static void print_bound(ast_printer *p, const ast_bound *b) {
    static const char *const names[] = {"unbounded-preceding", "preceding", "current-row", "following",
                                        "unbounded-following"};
    print_open(p, names[b->type]);
    print_node(p, b->offset);
    print_close(p);
}

static void print_window(ast_printer *p, const ast_window_spec *w) {
    print_given(p, "name", &w->name);
    print_given(p, "base", &w->base);
    print_list(p, "partition-by", &w->partition_by);
    print_list(p, "order-by", &w->order_by);
    print_node(p, w->frame);
}

static void print_frame(ast_printer *p, const ast_window_frame *f) {
    static const char *const units[] = {"rows", "range", "groups"};
    print_word(p, units[f->unit]);
    print_bound(p, &f->start);
    if (f->has_end) print_bound(p, &f->end);
}

static void print_sample(ast_printer *p, const ast_sample *s) {
    static const char *const methods[] = {"percent", "rows", "bucket", "bytes"};
    print_word(p, methods[s->method]);
    print_node(p, s->amount);
    print_node(p, s->buckets);
    print_part(p, "on", s->on);
    print_part(p, "seed", s->seed);
}

static void print_grouping(ast_printer *p, const ast_grouping *g) {
    static const char *const types[] = {"", "set", "rollup", "cube", "sets"};
    if (g->type != AST_GROUPING_EXPR) print_word(p, types[g->type]);
    print_list(p, NULL, &g->items);
}

static void print_sort(ast_printer *p, const ast_sort_item *s) {
    print_node(p, s->expr);
    if (s->direction_given) print_word(p, s->descending ? "desc" : "asc");
    if (s->nulls != AST_NULLS_DEFAULT) {
        print_word(p, s->nulls == AST_NULLS_FIRST ? "nulls-first" : "nulls-last");
    }
}

static bool print_part_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_SELECT_ITEM:
            print_node(p, AST_AS(ast_select_item, n)->expr);
            print_idents(p, "as", &AST_AS(ast_select_item, n)->aliases);
            return true;
        case AST_SORT_ITEM: print_sort(p, AST_AS(ast_sort_item, n)); return true;
        case AST_WINDOW_SPEC: print_window(p, AST_AS(ast_window_spec, n)); return true;
        case AST_WINDOW_FRAME: print_frame(p, AST_AS(ast_window_frame, n)); return true;
        case AST_GROUPING: print_grouping(p, AST_AS(ast_grouping, n)); return true;
        case AST_CTE:
            print_ident(p, &AST_AS(ast_cte, n)->name);
            print_idents(p, "columns", &AST_AS(ast_cte, n)->columns);
            print_part(p, "max-recursion", AST_AS(ast_cte, n)->max_recursion);
            print_node(p, AST_AS(ast_cte, n)->query);
            return true;
        case AST_HINT:
            print_ident(p, &AST_AS(ast_hint, n)->name);
            print_list(p, NULL, &AST_AS(ast_hint, n)->parameters);
            return true;
        case AST_SAMPLE: print_sample(p, AST_AS(ast_sample, n)); return true;
        default: return false;
    }
}

/* ---- relations ---------------------------------------------------------------------------------------- */

static void print_table_ref(ast_printer *p, const ast_table_ref *t) {
    static const char *const travels[] = {"", "version", "timestamp"};
    print_node(p, t->name);
    print_part(p, "path", t->path);
    if (t->travel != AST_TRAVEL_NONE) print_part(p, travels[t->travel], t->travel_to);
    print_list(p, "options", &t->options);
    print_node(p, t->sample);
    print_alias(p, &t->alias);
}

static void print_join(ast_printer *p, const ast_join *j) {
    static const char *const types[] = {"inner", "left", "right", "full", "cross", "comma", "semi", "anti"};
    print_word(p, types[j->type]);
    print_flag(p, j->natural, "natural");
    print_node(p, j->left);
    print_node(p, j->right);
    print_part(p, "on", j->on);
    print_idents(p, "using", &j->using_columns);
}

static void print_unpivot(ast_printer *p, const ast_unpivot *u) {
    print_node(p, u->relation);
    if (u->nulls_given) print_word(p, u->include_nulls ? "include-nulls" : "exclude-nulls");
    print_idents(p, "values", &u->value_columns);
    print_given(p, "for", &u->name_column);
    for (uint32_t i = 0; i < u->item_count; i++) {
        print_open(p, "in");
        print_list(p, NULL, &u->items[i].columns);
        print_given(p, "as", &u->items[i].alias);
        print_close(p);
    }
    print_alias(p, &u->alias);
}

static bool print_relation_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_TABLE_REF: print_table_ref(p, AST_AS(ast_table_ref, n)); return true;
        case AST_SUBQUERY_REF:
            print_flag(p, AST_AS(ast_subquery_ref, n)->lateral, "lateral");
            print_node(p, AST_AS(ast_subquery_ref, n)->query);
            print_node(p, AST_AS(ast_subquery_ref, n)->sample);
            print_alias(p, &AST_AS(ast_subquery_ref, n)->alias);
            return true;
        case AST_FUNCTION_REF:
            print_flag(p, AST_AS(ast_function_ref, n)->lateral, "lateral");
            print_node(p, AST_AS(ast_function_ref, n)->call);
            print_flag(p, AST_AS(ast_function_ref, n)->with_ordinality, "with-ordinality");
            print_node(p, AST_AS(ast_function_ref, n)->sample);
            print_alias(p, &AST_AS(ast_function_ref, n)->alias);
            return true;
        case AST_VALUES_REF: print_node(p, AST_AS(ast_values_ref, n)->values); return true;
        case AST_JOIN: print_join(p, AST_AS(ast_join, n)); return true;
        case AST_PAREN_REF:
            print_node(p, AST_AS(ast_paren_ref, n)->relation);
            print_node(p, AST_AS(ast_paren_ref, n)->sample);
            print_alias(p, &AST_AS(ast_paren_ref, n)->alias);
            return true;
        case AST_PIVOT:
            print_node(p, AST_AS(ast_pivot, n)->relation);
            print_list(p, "aggregates", &AST_AS(ast_pivot, n)->aggregates);
            print_list(p, "for", &AST_AS(ast_pivot, n)->columns);
            print_list(p, "in", &AST_AS(ast_pivot, n)->values);
            print_alias(p, &AST_AS(ast_pivot, n)->alias);
            return true;
        case AST_UNPIVOT: print_unpivot(p, AST_AS(ast_unpivot, n)); return true;
        case AST_LATERAL_VIEW:
            print_node(p, AST_AS(ast_lateral_view, n)->relation);
            print_flag(p, AST_AS(ast_lateral_view, n)->outer, "outer");
            print_node(p, AST_AS(ast_lateral_view, n)->call);
            print_given(p, "as", &AST_AS(ast_lateral_view, n)->table);
            print_idents(p, "columns", &AST_AS(ast_lateral_view, n)->columns);
            return true;
        default: return false;
    }
}

/* ---- queries ---------------------------------------------------------------------------------------------- */

static void print_query(ast_printer *p, const ast_query *q) {
    print_flag(p, q->recursive, "recursive");
    print_list(p, "with", &q->ctes);
    print_node(p, q->body);
    print_flag(p, q->order_by_all, "order-by-all");
    print_list(p, "order-by", &q->order_by);
    print_list(p, "cluster-by", &q->cluster_by);
    print_list(p, "distribute-by", &q->distribute_by);
    print_list(p, "sort-by", &q->sort_by);
    print_list(p, "windows", &q->windows);
    print_flag(p, q->limit_all, "limit-all");
    print_part(p, "limit", q->limit);
    print_part(p, "offset", q->offset);
}

static void print_select(ast_printer *p, const ast_select *s) {
    print_flag(p, s->from_first, "from-first");
    print_list(p, "hints", &s->hints);
    print_flag(p, s->distinct, "distinct");
    print_flag(p, s->all, "all");
    print_list(p, NULL, &s->items);
    print_part(p, "from", s->from);
    print_part(p, "where", s->where);
    print_flag(p, s->group_by_all, "group-by-all");
    print_list(p, "group-base", &s->group_by_base);
    print_list(p, "group-by", &s->group_by);
    print_part(p, "having", s->having);
    print_part(p, "qualify", s->qualify);
    print_list(p, "windows", &s->windows);
}

static void print_row_format(ast_printer *p, const ast_row_format *r) {
    print_labelled(p, "serde", r->serde);
    print_list(p, "properties", &r->properties);
    print_labelled(p, "fields", r->fields_terminated);
    print_labelled(p, "escaped", r->fields_escaped);
    print_labelled(p, "items", r->items_terminated);
    print_labelled(p, "keys", r->keys_terminated);
    print_labelled(p, "lines", r->lines_terminated);
    print_labelled(p, "null", r->null_defined);
}

static void print_transform(ast_printer *p, const ast_transform *t) {
    print_list(p, NULL, &t->items);
    print_node(p, t->input_format);
    print_labelled(p, "writer", t->record_writer);
    print_labelled(p, "script", t->script);
    print_list(p, "as", &t->columns);
    print_node(p, t->output_format);
    print_labelled(p, "reader", t->record_reader);
    print_part(p, "from", t->from);
    print_part(p, "where", t->where);
    print_list(p, "group-by", &t->group_by);
    print_part(p, "having", t->having);
    print_list(p, "windows", &t->windows);
}

static void print_set_operation(ast_printer *p, const ast_set_operation *s) {
    static const char *const ops[] = {"union", "intersect", "except"};
    print_word(p, ops[s->op]);
    print_flag(p, s->all, "all");
    print_flag(p, s->distinct_given, "distinct");
    print_flag(p, s->by_name, "by-name");
    print_node(p, s->left);
    print_node(p, s->right);
}

static void print_pipe_operator(ast_printer *p, const ast_pipe_operator *o) {
    static const char *const types[] = {"select", "extend", "set",    "drop",  "as",           "where",
                                        "pivot",  "unpivot", "sample", "join", "lateral-view", "set-operation",
                                        "order",  "aggregate", "window"};
    print_word(p, types[o->type]);
    print_list(p, "hints", &o->hints);
    print_flag(p, o->distinct, "distinct");
    print_flag(p, o->all, "all");
    print_list(p, NULL, &o->items);
    print_list(p, NULL, &o->names);
    print_alias(p, &o->alias);
    print_node(p, o->expr);
    print_node(p, o->relation);
    print_node(p, o->sample);
    print_node(p, o->set);
    print_node(p, o->query);
    print_flag(p, o->group_by_all, "group-by-all");
    print_list(p, "group-by", &o->group_by);
    bool aliased = false;
    for (uint32_t i = 0; i < o->group_by_aliases.count; i++) {
        aliased |= AST_AS(ast_select_item, o->group_by_aliases.items[i])->aliases.count > 0;
    }
    if (aliased) print_list(p, "group-aliases", &o->group_by_aliases);
    print_list(p, "windows", &o->windows);
}

bool print_query_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_QUERY: print_query(p, AST_AS(ast_query, n)); return true;
        case AST_SELECT: print_select(p, AST_AS(ast_select, n)); return true;
        case AST_TRANSFORM: print_transform(p, AST_AS(ast_transform, n)); return true;
        case AST_ROW_FORMAT: print_row_format(p, AST_AS(ast_row_format, n)); return true;
        case AST_SET_OPERATION: print_set_operation(p, AST_AS(ast_set_operation, n)); return true;
        case AST_VALUES:
            print_list(p, NULL, &AST_AS(ast_values, n)->rows);
            print_alias(p, &AST_AS(ast_values, n)->alias);
            return true;
        case AST_TABLE_QUERY: print_node(p, AST_AS(ast_table_query, n)->table); return true;
        case AST_PIPE:
            print_node(p, AST_AS(ast_pipe, n)->input);
            print_node(p, AST_AS(ast_pipe, n)->op);
            return true;
        case AST_PIPE_OPERATOR: print_pipe_operator(p, AST_AS(ast_pipe_operator, n)); return true;
        default: return print_part_fields(p, n) || print_relation_fields(p, n);
    }
}

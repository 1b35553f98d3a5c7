/* ast_print.c - the AST as an s-expression: the parts that all nodes share, and expressions.
 *
 * Clauses that were not written leave no trace, so that the text of a small tree is small.
 */
#include "parser/ast_print.h"

#include <inttypes.h>
#include <stdio.h>

void ast_print_text(ast_printer *p, const char *text) {
    if (p->status == DBX_OK) p->status = buffer_append(p->out, text, strlen(text));
}

void ast_print_word(ast_printer *p, const char *word) {
    ast_print_text(p, " ");
    ast_print_text(p, word);
}

void ast_print_flag(ast_printer *p, bool flag, const char *word) {
    if (flag) ast_print_word(p, word);
}

static void ast_print_bytes(ast_printer *p, string_view text) {
    if (p->status == DBX_OK) p->status = buffer_append_sv(p->out, text);
}

void ast_print_string(ast_printer *p, string_view text) {
    if (text.data == NULL) return;
    ast_print_text(p, " '");
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '\'') continue;
        ast_print_bytes(p, (string_view){text.data + start, i - start + 1});
        start = i;
    }
    ast_print_bytes(p, (string_view){text.data + start, text.size - start});
    ast_print_text(p, "'");
}

void ast_print_labelled(ast_printer *p, const char *label, string_view text) {
    if (text.data == NULL) return;
    ast_print_word(p, label);
    ast_print_string(p, text);
}

void ast_print_ident(ast_printer *p, const ast_ident *ident) {
    if (ident->expr != NULL) {
        ast_print_part(p, "identifier", ident->expr);
        return;
    }
    ast_print_text(p, " ");
    if (ident->quoted) ast_print_text(p, "`");
    ast_print_bytes(p, ident->text);
    if (ident->quoted) ast_print_text(p, "`");
}

void ast_print_given(ast_printer *p, const char *label, const ast_ident *ident) {
    if (!ast_ident_given(ident)) return;
    ast_print_open(p, label);
    ast_print_ident(p, ident);
    ast_print_close(p);
}

void ast_print_idents(ast_printer *p, const char *label, const ast_ident_list *list) {
    if (list->count == 0) return;
    if (label != NULL) ast_print_open(p, label);
    for (uint32_t i = 0; i < list->count; i++) ast_print_ident(p, &list->items[i]);
    if (label != NULL) ast_print_close(p);
}

void ast_print_open(ast_printer *p, const char *label) {
    ast_print_text(p, " (");
    ast_print_text(p, label);
}

void ast_print_close(ast_printer *p) {
    ast_print_text(p, ")");
}

/* a.b.c */
static void ast_print_name(ast_printer *p, const ast_name *name) {
    for (uint32_t i = 0; i < name->parts.count; i++) {
        const ast_ident *part = &name->parts.items[i];
        if (i > 0) ast_print_text(p, ".");
        if (part->expr != NULL) {
            ast_print_text(p, "(identifier");
            ast_print_node(p, part->expr);
            ast_print_text(p, ")");
            continue;
        }
        if (part->quoted) ast_print_text(p, "`");
        ast_print_bytes(p, part->text);
        if (part->quoted) ast_print_text(p, "`");
    }
}

void ast_print_node(ast_printer *p, const void *node) {
    const ast_node *n = node;
    if (n == NULL || p->status != DBX_OK) return;
    ast_print_text(p, " ");
    if (n->kind == AST_NAME) {
        ast_print_name(p, AST_AS(ast_name, n));
        return;
    }
    ast_print_text(p, "(");
    ast_print_text(p, ast_kind_name((ast_kind)n->kind));
    bool known = ast_print_expr_fields(p, n) || ast_print_query_fields(p, n) ||
                 ast_print_change_fields(p, n) || ast_print_utility_fields(p, n);
    if (!known) ast_print_word(p, "?");
    ast_print_text(p, ")");
}

void ast_print_part(ast_printer *p, const char *label, const void *node) {
    if (node == NULL) return;
    ast_print_open(p, label);
    ast_print_node(p, node);
    ast_print_close(p);
}

void ast_print_list(ast_printer *p, const char *label, const ast_list *list) {
    if (list->count == 0) return;
    if (label != NULL) ast_print_open(p, label);
    for (uint32_t i = 0; i < list->count; i++) ast_print_node(p, list->items[i]);
    if (label != NULL) ast_print_close(p);
}

void ast_print_alias(ast_printer *p, const ast_alias *alias) {
    if (!ast_ident_given(&alias->name)) return;
    ast_print_open(p, "as");
    ast_print_ident(p, &alias->name);
    ast_print_idents(p, "columns", &alias->columns);
    ast_print_close(p);
}

/* ---- types and leaves ------------------------------------------------------------------------ */

static void ast_print_type(ast_printer *p, const ast_type *t) {
    ast_print_word(p, ast_type_name(t->id));
    for (uint32_t i = 0; i < t->parameter_count; i++) {
        char text[16];
        snprintf(text, sizeof(text), " %" PRId32, t->parameters[i]);
        ast_print_text(p, text);
    }
    bool interval = t->id == AST_TYPE_INTERVAL_YEAR_MONTH || t->id == AST_TYPE_INTERVAL_DAY_TIME;
    if (interval) {
        ast_print_word(p, ast_interval_field_name(t->from));
        ast_print_word(p, ast_interval_field_name(t->to));
    }
    ast_print_given(p, "collate", &t->collation);
    ast_print_node(p, t->key);
    ast_print_node(p, t->element);
    ast_print_list(p, NULL, &t->fields);
}

static void ast_print_literal(ast_printer *p, const ast_literal *l) {
    static const char *const names[] = {
        "null",  "true",   "false",     "integer",       "tinyint",       "smallint", "bigint",
        "float", "double", "exponent",  "fraction",      "decimal",       "string",   "binary",
        "date",  "time",   "timestamp", "timestamp_ntz", "timestamp_ltz", "unit"};
    static_assert(ARRAY_COUNT(names) == AST_LITERAL_UNIT + 1, "a name for each type");
    ast_print_word(p, names[l->type]);
    if (l->type == AST_LITERAL_BINARY) {
        ast_print_text(p, " ");
        for (size_t i = 0; i < l->value.size; i++) {
            char text[4];
            snprintf(text, sizeof(text), "%02X", (unsigned char)l->value.data[i]);
            ast_print_text(p, text);
        }
    } else if (l->type >= AST_LITERAL_STRING && l->type != AST_LITERAL_UNIT) {
        ast_print_string(p, l->value);
    } else if (l->type >= AST_LITERAL_INTEGER) {
        ast_print_text(p, " ");
        ast_print_bytes(p, l->value);
    }
}

static void ast_print_interval(ast_printer *p, const ast_interval_literal *l) {
    ast_print_string(p, l->text);
    for (uint32_t i = 0; i < l->part_count; i++) {
        const ast_interval_part *part = &l->parts[i];
        if (part->is_string) {
            ast_print_string(p, part->value);
        } else {
            ast_print_text(p, " ");
            ast_print_bytes(p, part->value);
        }
        if (!l->has_range) ast_print_word(p, ast_unit_name(part->unit));
    }
    if (!l->has_range) return;
    ast_print_word(p, ast_interval_field_name(l->from));
    ast_print_word(p, ast_interval_field_name(l->to));
}

static void ast_print_parameter(ast_printer *p, const ast_parameter *q) {
    char text[24];
    snprintf(text, sizeof(text), " %" PRIu32, q->index);
    if (q->name.data == NULL) {
        ast_print_text(p, text);
    } else {
        ast_print_text(p, " :");
        ast_print_bytes(p, q->name);
    }
}

static void ast_print_path(ast_printer *p, const ast_path *path) {
    ast_print_node(p, path->operand);
    for (uint32_t i = 0; i < path->step_count; i++) {
        const ast_path_step *step = &path->steps[i];
        char text[32];
        snprintf(text, sizeof(text), " [%" PRId64 "]", step->index);
        if (step->kind == AST_STEP_ANY) {
            ast_print_text(p, " [*]");
        } else if (step->kind == AST_STEP_INDEX) {
            ast_print_text(p, text);
        } else if (step->quoted) {
            ast_print_string(p, step->name);
        } else {
            ast_print_text(p, " ");
            ast_print_bytes(p, step->name);
        }
    }
}

/* ---- operators ------------------------------------------------------------------------------- */

static void ast_print_like(ast_printer *p, const ast_like *l) {
    static const char *const quantifiers[] = {"", "any", "all"};
    ast_print_word(p, ast_operator_text(l->op));
    ast_print_flag(p, l->negated, "not");
    ast_print_flag(p, l->quantifier != AST_QUANTIFIER_NONE, quantifiers[l->quantifier]);
    ast_print_node(p, l->operand);
    ast_print_list(p, NULL, &l->patterns);
    ast_print_part(p, "escape", l->escape);
}

static void ast_print_is(ast_printer *p, const ast_is *is) {
    static const char *const names[] = {"null", "true", "false", "unknown", "distinct-from"};
    ast_print_flag(p, is->negated, "not");
    ast_print_word(p, names[is->test]);
    ast_print_node(p, is->operand);
    ast_print_node(p, is->other);
}

static void ast_print_case(ast_printer *p, const ast_case *c) {
    ast_print_node(p, c->operand);
    for (uint32_t i = 0; i < c->when_count; i++) {
        ast_print_open(p, "when");
        ast_print_node(p, c->whens[i].condition);
        ast_print_node(p, c->whens[i].result);
        ast_print_close(p);
    }
    ast_print_part(p, "else", c->otherwise);
}

static void ast_print_call(ast_printer *p, const ast_function_call *c) {
    static const char *const syntax[] = {
        "", "no-parentheses", "position", "substring-from", "overlay", ""};
    static const char *const nulls[] = {"", "ignore-nulls", "respect-nulls"};
    ast_print_node(p, c->name);
    if (syntax[c->syntax][0] != '\0') ast_print_word(p, syntax[c->syntax]);
    ast_print_flag(p, c->distinct, "distinct");
    ast_print_list(p, NULL, &c->arguments);
    ast_print_flag(p, c->nulls != AST_NULLS_UNSET, nulls[c->nulls]);
    ast_print_list(p, "within-group", &c->within_group);
    ast_print_part(p, "filter", c->filter);
    ast_print_part(p, "over", c->over);
}

static void ast_print_cast(ast_printer *p, const ast_cast *c) {
    static const char *const forms[] = {"", "try", "::", "?::"};
    if (forms[c->form][0] != '\0') ast_print_word(p, forms[c->form]);
    ast_print_node(p, c->operand);
    ast_print_node(p, c->type);
}

static void ast_print_table_argument(ast_printer *p, const ast_table_argument *t) {
    ast_print_node(p, t->table);
    ast_print_node(p, t->query);
    ast_print_flag(p, t->single_partition, "single-partition");
    ast_print_list(p, "partition-by", &t->partition_by);
    ast_print_list(p, "order-by", &t->order_by);
}

static void ast_print_trim(ast_printer *p, const ast_trim *t) {
    static const char *const sides[] = {"both", "leading", "trailing"};
    ast_print_word(p, sides[t->side]);
    ast_print_node(p, t->characters);
    ast_print_part(p, "from", t->source);
}

static void ast_print_star(ast_printer *p, const ast_star *s) {
    ast_print_node(p, s->qualifier);
    ast_print_list(p, "except", &s->except);
    ast_print_list(p, "replace", &s->replace);
}

static bool ast_print_operator_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_UNARY:
        ast_print_word(p, ast_operator_text(AST_AS(ast_unary, n)->op));
        ast_print_node(p, AST_AS(ast_unary, n)->operand);
        return true;
    case AST_BINARY:
        ast_print_word(p, ast_operator_text(AST_AS(ast_binary, n)->op));
        ast_print_node(p, AST_AS(ast_binary, n)->left);
        ast_print_node(p, AST_AS(ast_binary, n)->right);
        return true;
    case AST_LOGICAL:
        ast_print_word(p, ast_operator_text(AST_AS(ast_logical, n)->op));
        ast_print_list(p, NULL, &AST_AS(ast_logical, n)->operands);
        return true;
    case AST_BETWEEN:
        ast_print_flag(p, AST_AS(ast_between, n)->negated, "not");
        ast_print_node(p, AST_AS(ast_between, n)->operand);
        ast_print_node(p, AST_AS(ast_between, n)->low);
        ast_print_node(p, AST_AS(ast_between, n)->high);
        return true;
    case AST_IN_LIST:
        ast_print_flag(p, AST_AS(ast_in_list, n)->negated, "not");
        ast_print_node(p, AST_AS(ast_in_list, n)->operand);
        ast_print_list(p, NULL, &AST_AS(ast_in_list, n)->items);
        return true;
    case AST_IN_QUERY:
        ast_print_flag(p, AST_AS(ast_in_query, n)->negated, "not");
        ast_print_node(p, AST_AS(ast_in_query, n)->operand);
        ast_print_node(p, AST_AS(ast_in_query, n)->query);
        return true;
    case AST_LIKE:
        ast_print_like(p, AST_AS(ast_like, n));
        return true;
    case AST_IS:
        ast_print_is(p, AST_AS(ast_is, n));
        return true;
    case AST_CASE:
        ast_print_case(p, AST_AS(ast_case, n));
        return true;
    case AST_CAST:
        ast_print_cast(p, AST_AS(ast_cast, n));
        return true;
    default:
        return false;
    }
}

static bool ast_print_access_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_SUBSCRIPT:
        ast_print_node(p, AST_AS(ast_subscript, n)->operand);
        ast_print_node(p, AST_AS(ast_subscript, n)->index);
        return true;
    case AST_FIELD:
        ast_print_node(p, AST_AS(ast_field, n)->operand);
        ast_print_ident(p, &AST_AS(ast_field, n)->name);
        return true;
    case AST_PATH:
        ast_print_path(p, AST_AS(ast_path, n));
        return true;
    case AST_ROW:
        ast_print_list(p, NULL, &AST_AS(ast_row, n)->items);
        return true;
    case AST_SUBQUERY:
        ast_print_node(p, AST_AS(ast_subquery, n)->query);
        return true;
    case AST_EXISTS:
        ast_print_node(p, AST_AS(ast_exists, n)->query);
        return true;
    case AST_COLLATE:
        ast_print_node(p, AST_AS(ast_collate, n)->operand);
        ast_print_node(p, AST_AS(ast_collate, n)->collation);
        return true;
    case AST_DEFAULT:
        return true;
    default:
        return false;
    }
}

bool ast_print_expr_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
    case AST_TYPE:
        ast_print_type(p, AST_AS(ast_type, n));
        return true;
    case AST_TYPE_FIELD:
        ast_print_ident(p, &AST_AS(ast_type_field, n)->name);
        ast_print_node(p, AST_AS(ast_type_field, n)->type);
        ast_print_flag(p, AST_AS(ast_type_field, n)->not_null, "not-null");
        ast_print_labelled(p, "comment", AST_AS(ast_type_field, n)->comment);
        return true;
    case AST_LITERAL:
        ast_print_literal(p, AST_AS(ast_literal, n));
        return true;
    case AST_INTERVAL_LITERAL:
        ast_print_interval(p, AST_AS(ast_interval_literal, n));
        return true;
    case AST_PARAMETER:
        ast_print_parameter(p, AST_AS(ast_parameter, n));
        return true;
    case AST_COLUMN_REF:
        ast_print_node(p, AST_AS(ast_column_ref, n)->name);
        return true;
    case AST_STAR:
        ast_print_star(p, AST_AS(ast_star, n));
        return true;
    case AST_FUNCTION_CALL:
        ast_print_call(p, AST_AS(ast_function_call, n));
        return true;
    case AST_NAMED_ARGUMENT:
        ast_print_ident(p, &AST_AS(ast_named_argument, n)->name);
        ast_print_node(p, AST_AS(ast_named_argument, n)->value);
        return true;
    case AST_TABLE_ARGUMENT:
        ast_print_table_argument(p, AST_AS(ast_table_argument, n));
        return true;
    case AST_EXTRACT:
        ast_print_ident(p, &AST_AS(ast_extract, n)->field);
        ast_print_node(p, AST_AS(ast_extract, n)->source);
        return true;
    case AST_TRIM:
        ast_print_trim(p, AST_AS(ast_trim, n));
        return true;
    case AST_LAMBDA:
        ast_print_idents(p, "parameters", &AST_AS(ast_lambda, n)->parameters);
        ast_print_node(p, AST_AS(ast_lambda, n)->body);
        return true;
    default:
        return ast_print_operator_fields(p, n) || ast_print_access_fields(p, n);
    }
}

dbx_status ast_print(const ast_node *node, buffer *out) {
    ast_printer p = {out, DBX_OK};
    size_t start = out->size;
    ast_print_node(&p, node);
    if (p.status != DBX_OK) return p.status;
    if (out->size > start) { /* without the blank in front */
        memmove(out->data + start, out->data + start + 1, out->size - start);
        out->size--;
    }
    return DBX_OK;
}

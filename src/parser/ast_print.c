/* ast_print.c - the AST as an s-expression: the parts that all nodes share, and expressions.
 *
 * Clauses that were not written leave no trace, so that the text of a small tree is small.
 */
#include "parser/ast_print.h"

#include <inttypes.h>
#include <stdio.h>

void print_text(ast_printer *p, const char *text) {
    if (p->status == DBX_OK) p->status = buffer_append(p->out, text, strlen(text));
}

void print_word(ast_printer *p, const char *word) {
    print_text(p, " ");
    print_text(p, word);
}

void print_flag(ast_printer *p, bool flag, const char *word) {
    if (flag) print_word(p, word);
}

static void print_bytes(ast_printer *p, string_view text) {
    if (p->status == DBX_OK) p->status = buffer_append_sv(p->out, text);
}

void print_string(ast_printer *p, string_view text) {
    if (text.data == NULL) return;
    print_text(p, " '");
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '\'') continue;
        print_bytes(p, (string_view){text.data + start, i - start + 1});
        start = i;
    }
    print_bytes(p, (string_view){text.data + start, text.size - start});
    print_text(p, "'");
}

void print_labelled(ast_printer *p, const char *label, string_view text) {
    if (text.data == NULL) return;
    print_word(p, label);
    print_string(p, text);
}

void print_ident(ast_printer *p, const ast_ident *ident) {
    if (ident->expr != NULL) {
        print_part(p, "identifier", ident->expr);
        return;
    }
    print_text(p, " ");
    if (ident->quoted) print_text(p, "`");
    print_bytes(p, ident->text);
    if (ident->quoted) print_text(p, "`");
}

void print_given(ast_printer *p, const char *label, const ast_ident *ident) {
    if (!ast_ident_given(ident)) return;
    print_open(p, label);
    print_ident(p, ident);
    print_close(p);
}

void print_idents(ast_printer *p, const char *label, const ast_ident_list *list) {
    if (list->count == 0) return;
    if (label != NULL) print_open(p, label);
    for (uint32_t i = 0; i < list->count; i++) print_ident(p, &list->items[i]);
    if (label != NULL) print_close(p);
}

void print_open(ast_printer *p, const char *label) {
    print_text(p, " (");
    print_text(p, label);
}

void print_close(ast_printer *p) { print_text(p, ")"); }

/* a.b.c */
static void print_name(ast_printer *p, const ast_name *name) {
    for (uint32_t i = 0; i < name->parts.count; i++) {
        const ast_ident *part = &name->parts.items[i];
        if (i > 0) print_text(p, ".");
        if (part->expr != NULL) {
            print_text(p, "(identifier");
            print_node(p, part->expr);
            print_text(p, ")");
            continue;
        }
        if (part->quoted) print_text(p, "`");
        print_bytes(p, part->text);
        if (part->quoted) print_text(p, "`");
    }
}

void print_node(ast_printer *p, const void *node) {
    const ast_node *n = node;
    if (n == NULL || p->status != DBX_OK) return;
    print_text(p, " ");
    if (n->kind == AST_NAME) {
        print_name(p, AST_AS(ast_name, n));
        return;
    }
    print_text(p, "(");
    print_text(p, ast_kind_name((ast_kind)n->kind));
    bool known = print_expr_fields(p, n) || print_query_fields(p, n) || print_change_fields(p, n) ||
                 print_utility_fields(p, n);
    if (!known) print_word(p, "?");
    print_text(p, ")");
}

void print_part(ast_printer *p, const char *label, const void *node) {
    if (node == NULL) return;
    print_open(p, label);
    print_node(p, node);
    print_close(p);
}

void print_list(ast_printer *p, const char *label, const ast_list *list) {
    if (list->count == 0) return;
    if (label != NULL) print_open(p, label);
    for (uint32_t i = 0; i < list->count; i++) print_node(p, list->items[i]);
    if (label != NULL) print_close(p);
}

void print_alias(ast_printer *p, const ast_alias *alias) {
    if (!ast_ident_given(&alias->name)) return;
    print_open(p, "as");
    print_ident(p, &alias->name);
    print_idents(p, "columns", &alias->columns);
    print_close(p);
}

/* ---- types and leaves ------------------------------------------------------------------------------- */

static void print_type(ast_printer *p, const ast_type *t) {
    print_word(p, ast_type_name(t->id));
    for (uint32_t i = 0; i < t->parameter_count; i++) {
        char text[16];
        snprintf(text, sizeof(text), " %" PRId32, t->parameters[i]);
        print_text(p, text);
    }
    bool interval = t->id == AST_TYPE_INTERVAL_YEAR_MONTH || t->id == AST_TYPE_INTERVAL_DAY_TIME;
    if (interval) {
        print_word(p, ast_interval_field_name(t->from));
        print_word(p, ast_interval_field_name(t->to));
    }
    print_given(p, "collate", &t->collation);
    print_node(p, t->key);
    print_node(p, t->element);
    print_list(p, NULL, &t->fields);
}

static void print_literal(ast_printer *p, const ast_literal *l) {
    static const char *const names[] = {"null", "true", "false", "integer", "tinyint", "smallint",
                                        "bigint", "float", "double", "exponent", "fraction", "decimal",
                                        "string", "binary", "date", "time", "timestamp",
                                        "timestamp_ntz", "timestamp_ltz", "unit"};
    static_assert(ARRAY_COUNT(names) == AST_LITERAL_UNIT + 1, "a name for each type");
    print_word(p, names[l->type]);
    if (l->type == AST_LITERAL_BINARY) {
        print_text(p, " ");
        for (size_t i = 0; i < l->value.size; i++) {
            char text[4];
            snprintf(text, sizeof(text), "%02X", (unsigned char)l->value.data[i]);
            print_text(p, text);
        }
    } else if (l->type >= AST_LITERAL_STRING && l->type != AST_LITERAL_UNIT) {
        print_string(p, l->value);
    } else if (l->type >= AST_LITERAL_INTEGER) {
        print_text(p, " ");
        print_bytes(p, l->value);
    }
}

static void print_interval(ast_printer *p, const ast_interval_literal *l) {
    print_string(p, l->text);
    for (uint32_t i = 0; i < l->part_count; i++) {
        const ast_interval_part *part = &l->parts[i];
        if (part->is_string) {
            print_string(p, part->value);
        } else {
            print_text(p, " ");
            print_bytes(p, part->value);
        }
        if (!l->has_range) print_word(p, ast_unit_name(part->unit));
    }
    if (!l->has_range) return;
    print_word(p, ast_interval_field_name(l->from));
    print_word(p, ast_interval_field_name(l->to));
}

static void print_parameter(ast_printer *p, const ast_parameter *q) {
    char text[24];
    snprintf(text, sizeof(text), " %" PRIu32, q->index);
    if (q->name.data == NULL) {
        print_text(p, text);
    } else {
        print_text(p, " :");
        print_bytes(p, q->name);
    }
}

static void print_path(ast_printer *p, const ast_path *path) {
    print_node(p, path->operand);
    for (uint32_t i = 0; i < path->step_count; i++) {
        const ast_path_step *step = &path->steps[i];
        char text[32];
        snprintf(text, sizeof(text), " [%" PRId64 "]", step->index);
        if (step->kind == AST_STEP_ANY) {
            print_text(p, " [*]");
        } else if (step->kind == AST_STEP_INDEX) {
            print_text(p, text);
        } else if (step->quoted) {
            print_string(p, step->name);
        } else {
            print_text(p, " ");
            print_bytes(p, step->name);
        }
    }
}

/* ---- operators ------------------------------------------------------------------------------------------ */

static void print_like(ast_printer *p, const ast_like *l) {
    static const char *const quantifiers[] = {"", "any", "all"};
    print_word(p, ast_operator_text(l->op));
    print_flag(p, l->negated, "not");
    print_flag(p, l->quantifier != AST_QUANTIFIER_NONE, quantifiers[l->quantifier]);
    print_node(p, l->operand);
    print_list(p, NULL, &l->patterns);
    print_part(p, "escape", l->escape);
}

static void print_is(ast_printer *p, const ast_is *is) {
    static const char *const names[] = {"null", "true", "false", "unknown", "distinct-from"};
    print_flag(p, is->negated, "not");
    print_word(p, names[is->test]);
    print_node(p, is->operand);
    print_node(p, is->other);
}

static void print_case(ast_printer *p, const ast_case *c) {
    print_node(p, c->operand);
    for (uint32_t i = 0; i < c->when_count; i++) {
        print_open(p, "when");
        print_node(p, c->whens[i].condition);
        print_node(p, c->whens[i].result);
        print_close(p);
    }
    print_part(p, "else", c->otherwise);
}

static void print_call(ast_printer *p, const ast_function_call *c) {
    static const char *const syntax[] = {"", "no-parentheses", "position", "substring-from", "overlay", ""};
    static const char *const nulls[] = {"", "ignore-nulls", "respect-nulls"};
    print_node(p, c->name);
    if (syntax[c->syntax][0] != '\0') print_word(p, syntax[c->syntax]);
    print_flag(p, c->distinct, "distinct");
    print_list(p, NULL, &c->arguments);
    print_flag(p, c->nulls != AST_NULLS_UNSET, nulls[c->nulls]);
    print_list(p, "within-group", &c->within_group);
    print_part(p, "filter", c->filter);
    print_part(p, "over", c->over);
}

static void print_cast(ast_printer *p, const ast_cast *c) {
    static const char *const forms[] = {"", "try", "::", "?::"};
    if (forms[c->form][0] != '\0') print_word(p, forms[c->form]);
    print_node(p, c->operand);
    print_node(p, c->type);
}

static void print_table_argument(ast_printer *p, const ast_table_argument *t) {
    print_node(p, t->table);
    print_node(p, t->query);
    print_flag(p, t->single_partition, "single-partition");
    print_list(p, "partition-by", &t->partition_by);
    print_list(p, "order-by", &t->order_by);
}

static void print_trim(ast_printer *p, const ast_trim *t) {
    static const char *const sides[] = {"both", "leading", "trailing"};
    print_word(p, sides[t->side]);
    print_node(p, t->characters);
    print_part(p, "from", t->source);
}

static void print_star(ast_printer *p, const ast_star *s) {
    print_node(p, s->qualifier);
    print_list(p, "except", &s->except);
    print_list(p, "replace", &s->replace);
}

static bool print_operator_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_UNARY:
            print_word(p, ast_operator_text(AST_AS(ast_unary, n)->op));
            print_node(p, AST_AS(ast_unary, n)->operand);
            return true;
        case AST_BINARY:
            print_word(p, ast_operator_text(AST_AS(ast_binary, n)->op));
            print_node(p, AST_AS(ast_binary, n)->left);
            print_node(p, AST_AS(ast_binary, n)->right);
            return true;
        case AST_LOGICAL:
            print_word(p, ast_operator_text(AST_AS(ast_logical, n)->op));
            print_list(p, NULL, &AST_AS(ast_logical, n)->operands);
            return true;
        case AST_BETWEEN:
            print_flag(p, AST_AS(ast_between, n)->negated, "not");
            print_node(p, AST_AS(ast_between, n)->operand);
            print_node(p, AST_AS(ast_between, n)->low);
            print_node(p, AST_AS(ast_between, n)->high);
            return true;
        case AST_IN_LIST:
            print_flag(p, AST_AS(ast_in_list, n)->negated, "not");
            print_node(p, AST_AS(ast_in_list, n)->operand);
            print_list(p, NULL, &AST_AS(ast_in_list, n)->items);
            return true;
        case AST_IN_QUERY:
            print_flag(p, AST_AS(ast_in_query, n)->negated, "not");
            print_node(p, AST_AS(ast_in_query, n)->operand);
            print_node(p, AST_AS(ast_in_query, n)->query);
            return true;
        case AST_LIKE: print_like(p, AST_AS(ast_like, n)); return true;
        case AST_IS: print_is(p, AST_AS(ast_is, n)); return true;
        case AST_CASE: print_case(p, AST_AS(ast_case, n)); return true;
        case AST_CAST: print_cast(p, AST_AS(ast_cast, n)); return true;
        default: return false;
    }
}

static bool print_access_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_SUBSCRIPT:
            print_node(p, AST_AS(ast_subscript, n)->operand);
            print_node(p, AST_AS(ast_subscript, n)->index);
            return true;
        case AST_FIELD:
            print_node(p, AST_AS(ast_field, n)->operand);
            print_ident(p, &AST_AS(ast_field, n)->name);
            return true;
        case AST_PATH: print_path(p, AST_AS(ast_path, n)); return true;
        case AST_ROW: print_list(p, NULL, &AST_AS(ast_row, n)->items); return true;
        case AST_SUBQUERY: print_node(p, AST_AS(ast_subquery, n)->query); return true;
        case AST_EXISTS: print_node(p, AST_AS(ast_exists, n)->query); return true;
        case AST_COLLATE:
            print_node(p, AST_AS(ast_collate, n)->operand);
            print_node(p, AST_AS(ast_collate, n)->collation);
            return true;
        case AST_DEFAULT: return true;
        default: return false;
    }
}

bool print_expr_fields(ast_printer *p, const ast_node *n) {
    switch (n->kind) {
        case AST_TYPE: print_type(p, AST_AS(ast_type, n)); return true;
        case AST_TYPE_FIELD:
            print_ident(p, &AST_AS(ast_type_field, n)->name);
            print_node(p, AST_AS(ast_type_field, n)->type);
            print_flag(p, AST_AS(ast_type_field, n)->not_null, "not-null");
            print_labelled(p, "comment", AST_AS(ast_type_field, n)->comment);
            return true;
        case AST_LITERAL: print_literal(p, AST_AS(ast_literal, n)); return true;
        case AST_INTERVAL_LITERAL: print_interval(p, AST_AS(ast_interval_literal, n)); return true;
        case AST_PARAMETER: print_parameter(p, AST_AS(ast_parameter, n)); return true;
        case AST_COLUMN_REF: print_node(p, AST_AS(ast_column_ref, n)->name); return true;
        case AST_STAR: print_star(p, AST_AS(ast_star, n)); return true;
        case AST_FUNCTION_CALL: print_call(p, AST_AS(ast_function_call, n)); return true;
        case AST_NAMED_ARGUMENT:
            print_ident(p, &AST_AS(ast_named_argument, n)->name);
            print_node(p, AST_AS(ast_named_argument, n)->value);
            return true;
        case AST_TABLE_ARGUMENT: print_table_argument(p, AST_AS(ast_table_argument, n)); return true;
        case AST_EXTRACT:
            print_ident(p, &AST_AS(ast_extract, n)->field);
            print_node(p, AST_AS(ast_extract, n)->source);
            return true;
        case AST_TRIM: print_trim(p, AST_AS(ast_trim, n)); return true;
        case AST_LAMBDA:
            print_idents(p, "parameters", &AST_AS(ast_lambda, n)->parameters);
            print_node(p, AST_AS(ast_lambda, n)->body);
            return true;
        default: return print_operator_fields(p, n) || print_access_fields(p, n);
    }
}

dbx_status ast_print(const ast_node *node, buffer *out) {
    ast_printer p = {out, DBX_OK};
    size_t start = out->size;
    print_node(&p, node);
    if (p.status != DBX_OK) return p.status;
    if (out->size > start) { /* without the blank in front */
        memmove(out->data + start, out->data + start + 1, out->size - start);
        out->size--;
    }
    return DBX_OK;
}

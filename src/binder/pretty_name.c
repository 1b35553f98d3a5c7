/* pretty_name.c - the names that columns get without an alias, as Spark generates them.
 *
 * The text follows the expression as written, with Spark's normal form of it: `a <> b` is (NOT (a =
 * b)), functions bear their own name, casts that the binder put in are not seen, strings stand
 * without quotes. It is also the text of expressions in error messages, so it must cope with
 * expressions that could not be bound.
 */
#include "binder/pretty.h"

#include "vector/collation.h"

dbx_status pretty_text(buffer *out, const char *text) {
    return buffer_append(out, text, strlen(text));
}

dbx_status pretty_list(binder *b, buffer *out, const ast_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) TRY(pretty_text(out, ", "));
        TRY(pretty_append(b, out, list->items[i]));
    }
    return DBX_OK;
}

/* ---- constants ---- */

/* DECIMAL as Java's BigDecimal prints it: with an exponent where there are many zeros after the
 * point. */
static dbx_status pretty_decimal(binder *b, buffer *out, const vector *v) {
    vector_view view = vector_view_of(v);
    __int128 value =
        v->phys == PHYS_INT128 ? ((const __int128 *)view.data)[0] : ((const int64_t *)view.data)[0];
    char digits[48];
    int32_t count = 0;
    __int128 rest = value < 0 ? -value : value;
    do {
        digits[sizeof(digits) - 1 - (size_t)count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0);
    int32_t exponent = count - 1 - v->type.scale;
    if (exponent >= -6) return value_append_text(out, v, 0, DBX_TEXT_CAST, b->query);
    const char *first = digits + sizeof(digits) - count;
    if (value < 0) TRY(buffer_append_char(out, '-'));
    TRY(buffer_append_char(out, first[0]));
    if (count > 1) {
        TRY(buffer_append_char(out, '.'));
        TRY(buffer_append(out, first + 1, (size_t)count - 1));
    }
    return buffer_printf(out, "E%d", exponent);
}

static dbx_status pretty_value(binder *b, buffer *out, const vector *v) {
    string_view text;
    if (v->type.id == TYPE_VOID || vector_is_null(v, 0)) return pretty_text(out, "NULL");
    if (v->type.id == TYPE_STRING && vector_string_value(v, &text))
        return buffer_append_sv(out, text);
    if (v->type.id == TYPE_DECIMAL) return pretty_decimal(b, out, v);
    if (v->type.id == TYPE_BOOLEAN || type_is_numeric(v->type)) {
        return value_append_text(out, v, 0, DBX_TEXT_CAST, b->query);
    }
    return value_append_sql(out, v, 0, b->query);
}

/* 'text' collate NAME */
static dbx_status pretty_collated(buffer *out, const vector *value, uint16_t collation) {
    string_view text = SV("");
    if (!vector_string_value(value, &text)) return pretty_text(out, "NULL");
    TRY(buffer_append_char(out, '\''));
    TRY(buffer_append_sv(out, text));
    TRY(pretty_text(out, "' collate "));
    return collation_append_name(out, collation);
}

/* Binds a literal or parameter anew; what cannot be bound is printed as written. */
static dbx_status pretty_constant(binder *b, buffer *out, const ast_expr *e) {
    expr *bound = NULL;
    const bind_note *known = binder_note_of(b, e);
    expr *literal = known == NULL ? NULL : known->bound; /* as it stands in the expression */
    error ignored, *saved = b->err;
    dbx_status status;
    error_init(&ignored);
    b->err = &ignored;
    if (e->kind == AST_LITERAL)
        status = bind_literal(b, AST_AS(ast_literal, e), &bound);
    else if (e->kind == AST_PARAMETER)
        status = bind_parameter(b, AST_AS(ast_parameter, e), &bound);
    else
        status = bind_interval(b, AST_AS(ast_interval_literal, e), &bound);
    b->err = saved;
    error_deinit(&ignored);
    uint16_t collation = 0;
    if (status == DBX_OK && bound->kind == EXPR_CONSTANT && bound->type.id == TYPE_STRING) {
        collation = bound->type.collation;
        if (literal != NULL) binder_collated_literal(b, literal, &collation);
    }
    if (collation != COLLATION_UTF8_BINARY) return pretty_collated(out, bound->u.value, collation);
    if (status == DBX_OK && bound->kind == EXPR_CONSTANT)
        return pretty_value(b, out, bound->u.value);
    if (e->kind == AST_LITERAL) return buffer_append_sv(out, AST_AS(ast_literal, e)->value);
    return pretty_text(out, "?");
}

/* ---- names ---- */

dbx_status pretty_parts(buffer *out, const string_view *parts, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_char(out, '.'));
        TRY(buffer_append_sv(out, parts[i]));
    }
    return DBX_OK;
}

static dbx_status pretty_outer(buffer *out, const char *quoted) {
    TRY(pretty_text(out, "outer("));
    for (const char *c = quoted; *c != '\0'; c++) {
        if (*c != '`') TRY(buffer_append_char(out, *c));
    }
    return buffer_append_char(out, ')');
}

static dbx_status pretty_column(binder *b, buffer *out, const ast_column_ref *c) {
    const bind_note *n = binder_note_of(b, c);
    if (n == NULL || n->path_count == 0) {
        for (uint32_t i = 0; i < c->name->parts.count; i++) {
            if (i > 0) TRY(buffer_append_char(out, '.'));
            TRY(buffer_append_sv(out, c->name->parts.items[i].text));
        }
        return DBX_OK;
    }
    if (n->is_lambda_variable) {
        TRY(pretty_text(out, "namedlambdavariable()"));
        if (n->path_count > 1) TRY(buffer_append_char(out, '.'));
        return pretty_parts(out, n->path + 1, n->path_count - 1);
    }
    if (n->is_alias) {
        TRY(pretty_text(out, "lateralAliasReference("));
        TRY(pretty_parts(out, n->path, n->path_count));
        return buffer_append_char(out, ')');
    }
    if (n->row != NULL) {
        TRY(pretty_text(out, n->row->name));
        return pretty_text(out, "()");
    }
    if (n->is_variable && n->bound->kind == EXPR_CONSTANT) {
        TRY(pretty_text(out, "variablereference(system.session."));
        TRY(buffer_append_sv(out, n->path[0]));
        TRY(buffer_append_char(out, '='));
        if (vector_is_null(n->bound->u.value, 0) && n->bound->type.id != TYPE_VOID) {
            TRY(pretty_text(out, "CAST(NULL AS "));
            TRY(type_append_sql(out, n->bound->type));
            return pretty_text(out, "))");
        }
        TRY(value_append_sql(out, n->bound->u.value, 0, b->query));
        return buffer_append_char(out, ')');
    }
    if (n->outer != NULL) {
        TRY(pretty_outer(out, n->outer));
        if (n->path_count > 1) TRY(buffer_append_char(out, '.'));
        return pretty_parts(out, n->path + 1, n->path_count - 1);
    }
    return pretty_parts(out, n->path, n->path_count);
}

/* ---- operators ---- */

dbx_status pretty_infix(binder *b, buffer *out, const ast_expr *left, const char *op,
                        const ast_expr *right) {
    TRY(buffer_append_char(out, '('));
    TRY(pretty_append(b, out, left));
    TRY(buffer_append_char(out, ' '));
    TRY(pretty_text(out, op));
    TRY(buffer_append_char(out, ' '));
    TRY(pretty_append(b, out, right));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_call2(binder *b, buffer *out, const char *name, const ast_expr *x,
                               const ast_expr *y) {
    TRY(pretty_text(out, name));
    TRY(buffer_append_char(out, '('));
    TRY(pretty_append(b, out, x));
    TRY(pretty_text(out, ", "));
    TRY(pretty_append(b, out, y));
    return buffer_append_char(out, ')');
}

static bool pretty_is_time(type t) {
    return t.id == TYPE_DATE || t.id == TYPE_TIMESTAMP || t.id == TYPE_TIMESTAMP_NTZ ||
           t.id == TYPE_TIME;
}

/* The type that a written operand has: bound anew where that is cheap, else from its note. */
static bool pretty_operand_type(binder *b, const ast_expr *e, type *out) {
    const bind_note *n = binder_note_of(b, e);
    if (n != NULL && n->bound != NULL) {
        *out = n->bound->type;
        return true;
    }
    if (e->kind == AST_INTERVAL_LITERAL) {
        expr *bound = NULL;
        error ignored, *saved = b->err;
        error_init(&ignored);
        b->err = &ignored;
        dbx_status status = bind_interval(b, AST_AS(ast_interval_literal, e), &bound);
        b->err = saved;
        error_deinit(&ignored);
        *out = status == DBX_OK ? bound->type : type_simple(TYPE_INTERVAL);
        return true;
    }
    if (e->kind == AST_CAST) {
        const ast_type *t = AST_AS(ast_cast, e)->type;
        static const struct {
            uint8_t from, to;
        } map[] = {{AST_TYPE_DATE, TYPE_DATE},
                   {AST_TYPE_TIMESTAMP, TYPE_TIMESTAMP},
                   {AST_TYPE_TIMESTAMP_NTZ, TYPE_TIMESTAMP_NTZ},
                   {AST_TYPE_TIME, TYPE_TIME},
                   {AST_TYPE_INTERVAL_DAY_TIME, TYPE_INTERVAL_DT},
                   {AST_TYPE_INTERVAL_YEAR_MONTH, TYPE_INTERVAL_YM},
                   {AST_TYPE_INT, TYPE_INT}};
        for (uint32_t i = 0; i < ARRAY_COUNT(map); i++) {
            if (map[i].from != t->id) continue;
            *out = type_simple((type_id)map[i].to);
            return true;
        }
        return false;
    }
    if (e->kind != AST_LITERAL) return false;
    switch (AST_AS(ast_literal, e)->type) {
    case AST_LITERAL_NULL:
        *out = type_simple(TYPE_VOID);
        return true;
    case AST_LITERAL_DATE:
        *out = type_simple(TYPE_DATE);
        return true;
    case AST_LITERAL_TIME:
        *out = type_simple(TYPE_TIME);
        return true;
    case AST_LITERAL_TIMESTAMP:
    case AST_LITERAL_TIMESTAMP_LTZ:
        *out = type_simple(TYPE_TIMESTAMP);
        return true;
    case AST_LITERAL_TIMESTAMP_NTZ:
        *out = type_simple(TYPE_TIMESTAMP_NTZ);
        return true;
    case AST_LITERAL_INTEGER:
    case AST_LITERAL_TINYINT:
    case AST_LITERAL_SMALLINT:
        *out = type_simple(TYPE_INT);
        return true;
    default:
        return false;
    }
}

/* Dates, timestamps and intervals print differently; *done when this was such a case. */
static dbx_status pretty_time_arithmetic(binder *b, buffer *out, const ast_binary *n, bool *done) {
    type l, r;
    *done = false;
    if (!pretty_operand_type(b, n->left, &l) || !pretty_operand_type(b, n->right, &r)) {
        /* 3 * INTERVAL prints the interval first, whatever the number is. */
        bool right_interval = pretty_operand_type(b, n->right, &r) && type_is_interval(r);
        if (n->op != AST_OP_MULTIPLY || !right_interval) return DBX_OK;
        l = type_simple(TYPE_INT);
    }
    const ast_expr *left = n->left, *right = n->right;
    bool add = n->op == AST_OP_ADD, subtract = n->op == AST_OP_SUBTRACT;
    if (n->op == AST_OP_MULTIPLY && type_is_interval(r) && !type_is_interval(l)) {
        *done = true;
        return pretty_infix(b, out, right, "*", left);
    }
    if (add && pretty_is_time(r) && !pretty_is_time(l)) {
        const ast_expr *swap = left;
        left = right;
        right = swap;
        type t = l;
        l = r;
        r = t;
    }
    if (!(add || subtract) || !pretty_is_time(l)) return DBX_OK;
    if (l.id == TYPE_DATE && type_is_integer(r)) {
        *done = true;
        return pretty_call2(b, out, add ? "date_add" : "date_sub", left, right);
    }
    bool times = l.id == TYPE_TIME && r.id == TYPE_TIME;
    if (!type_is_interval(r) && r.id != TYPE_VOID && !(times && subtract)) return DBX_OK;
    if (subtract && r.id == TYPE_VOID) return DBX_OK;
    *done = true;
    if (l.id == TYPE_DATE && r.id == TYPE_INTERVAL_DT && r.precision == INTERVAL_DAY &&
        r.scale == INTERVAL_DAY) {
        TRY(pretty_text(out, "date_add("));
        TRY(pretty_append(b, out, left));
        TRY(pretty_text(out, add ? ", extractansiintervaldays(" : ", (- extractansiintervaldays("));
        TRY(pretty_append(b, out, right));
        return pretty_text(out, add ? "))" : ")))");
    }
    TRY(pretty_append(b, out, left));
    TRY(pretty_text(out, add ? " + " : " - "));
    return pretty_append(b, out, right);
}

static dbx_status pretty_binary(binder *b, buffer *out, const ast_binary *n) {
    bool done;
    switch (n->op) {
    case AST_OP_NOT_EQUAL:
        TRY(pretty_text(out, "(NOT "));
        TRY(pretty_infix(b, out, n->left, "=", n->right));
        return buffer_append_char(out, ')');
    case AST_OP_CONCAT:
        return pretty_call2(b, out, "concat", n->left, n->right);
    case AST_OP_INT_DIVIDE:
        return pretty_infix(b, out, n->left, "div", n->right);
    case AST_OP_ADD:
    case AST_OP_SUBTRACT:
    case AST_OP_MULTIPLY:
        TRY(pretty_time_arithmetic(b, out, n, &done));
        if (done) return DBX_OK;
        break;
    default:
        break;
    }
    return pretty_infix(b, out, n->left, ast_operator_text(n->op), n->right);
}

/* A chain of ANDs is a balanced tree. */
static dbx_status pretty_chain(binder *b, buffer *out, const ast_logical *n, uint32_t low,
                               uint32_t high) {
    if (low == high) return pretty_append(b, out, n->operands.items[low]);
    uint32_t middle = low + (high - low) / 2;
    TRY(buffer_append_char(out, '('));
    TRY(pretty_chain(b, out, n, low, middle));
    TRY(pretty_text(out, n->op == AST_OP_AND ? " AND " : " OR "));
    TRY(pretty_chain(b, out, n, middle + 1, high));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_unary(binder *b, buffer *out, const ast_unary *n) {
    if (n->op == AST_OP_BIT_NOT) {
        TRY(buffer_append_char(out, '~'));
        return pretty_append(b, out, n->operand);
    }
    TRY(pretty_text(out, n->op == AST_OP_NOT ? "(NOT " : n->op == AST_OP_NEGATE ? "(- " : "(+ "));
    TRY(pretty_append(b, out, n->operand));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_between(binder *b, buffer *out, const ast_between *n) {
    if (n->negated) TRY(pretty_text(out, "(NOT "));
    TRY(pretty_text(out, "between("));
    TRY(pretty_append(b, out, n->operand));
    TRY(pretty_text(out, ", "));
    TRY(pretty_append(b, out, n->low));
    TRY(pretty_text(out, ", "));
    TRY(pretty_append(b, out, n->high));
    return pretty_text(out, n->negated ? "))" : ")");
}

static dbx_status pretty_in_list(binder *b, buffer *out, const ast_in_list *n) {
    if (n->negated) TRY(pretty_text(out, "(NOT "));
    TRY(buffer_append_char(out, '('));
    TRY(pretty_append(b, out, n->operand));
    TRY(pretty_text(out, " IN ("));
    for (uint32_t i = 0; i < n->items.count; i++) {
        if (i > 0) TRY(pretty_text(out, ", "));
        if (n->items.items[i]->kind == AST_STAR)
            TRY(pretty_star_columns(b, out, AST_AS(ast_star, n->items.items[i])));
        else
            TRY(pretty_append(b, out, n->items.items[i]));
    }
    return pretty_text(out, n->negated ? ")))" : "))");
}

/* ---- columns of the blocks around that a subquery uses: each time it does, from the top of its
 * plan down ---- */

typedef struct pretty_outer_walk {
    binder *b;
    buffer *out;
    const column_set *free;
    uint32_t shown;
} pretty_outer_walk;

static const scope_column *pretty_find_outer(const binder *b, column_id id) {
    for (const bind_block *block = b->block; block != NULL; block = block->parent) {
        const scope_column *c = block->scope == NULL ? NULL : scope_find_id(block->scope, id);
        if (c != NULL) return c;
    }
    return NULL;
}

static dbx_status pretty_outer_plan(plan_node *n, pretty_outer_walk *w);

static dbx_status pretty_outer_expr(expr **slot, void *state) {
    pretty_outer_walk *w = state;
    const expr *e = *slot;
    const scope_column *c;
    if (e->kind == EXPR_COLUMN && column_set_has(w->free, e->u.column)) {
        c = pretty_find_outer(w->b, e->u.column);
        if (c != NULL) {
            if (w->shown++ > 0) TRY(pretty_text(w->out, ", "));
            TRY(buffer_append_sv(w->out, c->name));
        }
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        TRY(pretty_outer_expr(&((expr *)(uintptr_t)e)->args[i], w));
    return e->kind == EXPR_SUBQUERY ? pretty_outer_plan(e->u.subquery.plan, w) : DBX_OK;
}

static dbx_status pretty_outer_plan(plan_node *n, pretty_outer_walk *w) {
    TRY(plan_visit_exprs(n, pretty_outer_expr, w));
    for (uint32_t i = 0; i < n->child_count; i++) TRY(pretty_outer_plan(n->children[i], w));
    return DBX_OK;
}

static dbx_status pretty_outer_columns(binder *b, buffer *out, const void *node) {
    const bind_note *n = binder_note_of(b, node);
    if (n == NULL || n->bound == NULL || n->bound->kind != EXPR_SUBQUERY ||
        !n->bound->u.subquery.correlated)
        return DBX_OK;
    column_set used;
    if (column_set_init(&used, b->plan->next_column, b->arena) != DBX_OK ||
        plan_free_columns(n->bound->u.subquery.plan, &used, b->arena) != DBX_OK)
        return binder_nomem(b);
    pretty_outer_walk w = {b, out, &used, 0};
    return pretty_outer_plan(n->bound->u.subquery.plan, &w);
}

static dbx_status pretty_in_query(binder *b, buffer *out, const ast_in_query *n) {
    if (n->negated) TRY(pretty_text(out, "(NOT "));
    TRY(buffer_append_char(out, '('));
    if (n->operand->kind == AST_ROW) {
        const ast_row *row = AST_AS(ast_row, n->operand);
        TRY(pretty_text(out, "named_struct("));
        for (uint32_t i = 0; i < row->items.count; i++) {
            const ast_expr *e = AST_AS(ast_select_item, row->items.items[i])->expr;
            if (i > 0) TRY(pretty_text(out, ", "));
            TRY(pretty_append(b, out, e));
            TRY(pretty_text(out, ", "));
            TRY(pretty_append(b, out, e));
        }
        TRY(buffer_append_char(out, ')'));
    } else {
        TRY(pretty_append(b, out, n->operand));
    }
    TRY(pretty_text(out, " IN (listquery("));
    TRY(pretty_outer_columns(b, out, n));
    return pretty_text(out, n->negated ? "))))" : ")))");
}

static dbx_status pretty_like(binder *b, buffer *out, const ast_like *n) {
    const char *op = ast_operator_text(n->op);
    if (n->quantifier != AST_QUANTIFIER_NONE) {
        TRY(pretty_text(out, n->negated ? "not" : ""));
        TRY(pretty_text(out, n->op == AST_OP_ILIKE   ? "ilike"
                             : n->op == AST_OP_RLIKE ? "rlike"
                                                     : "like"));
        TRY(pretty_text(out, n->quantifier == AST_QUANTIFIER_ANY ? "any(" : "all("));
        TRY(pretty_append(b, out, n->operand));
        TRY(pretty_text(out, ", "));
        TRY(pretty_list(b, out, &n->patterns));
        return buffer_append_char(out, ')');
    }
    if (n->negated) TRY(pretty_text(out, "(NOT "));
    if (n->op == AST_OP_LIKE) {
        TRY(pretty_append(b, out, n->operand));
        TRY(pretty_text(out, " LIKE "));
        TRY(pretty_append(b, out, n->patterns.items[0]));
    } else {
        TRY(pretty_text(out, n->op == AST_OP_RLIKE ? "RLIKE(" : "ilike("));
        TRY(pretty_append(b, out, n->operand));
        TRY(pretty_text(out, ", "));
        TRY(pretty_append(b, out, n->patterns.items[0]));
        TRY(buffer_append_char(out, ')'));
    }
    (void)op;
    if (n->escape != NULL) {
        TRY(pretty_text(out, " ESCAPE '"));
        TRY(pretty_append(b, out, n->escape));
        TRY(buffer_append_char(out, '\''));
    }
    return n->negated ? buffer_append_char(out, ')') : DBX_OK;
}

static dbx_status pretty_is(binder *b, buffer *out, const ast_is *n) {
    bool null_test = n->test == AST_IS_NULL || n->test == AST_IS_UNKNOWN;
    if (null_test) {
        TRY(buffer_append_char(out, '('));
        TRY(pretty_append(b, out, n->operand));
        return pretty_text(out, n->negated ? " IS NOT NULL)" : " IS NULL)");
    }
    bool negated = n->test == AST_IS_DISTINCT_FROM ? !n->negated : n->negated;
    if (negated) TRY(pretty_text(out, "(NOT "));
    TRY(buffer_append_char(out, '('));
    TRY(pretty_append(b, out, n->operand));
    TRY(pretty_text(out, " <=> "));
    if (n->test == AST_IS_DISTINCT_FROM)
        TRY(pretty_append(b, out, n->other));
    else
        TRY(pretty_text(out, n->test == AST_IS_TRUE ? "true" : "false"));
    return pretty_text(out, negated ? "))" : ")");
}

static dbx_status pretty_case(binder *b, buffer *out, const ast_case *n) {
    TRY(pretty_text(out, "CASE"));
    for (uint32_t i = 0; i < n->when_count; i++) {
        TRY(pretty_text(out, " WHEN "));
        if (n->operand != NULL)
            TRY(pretty_infix(b, out, n->operand, "=", n->whens[i].condition));
        else
            TRY(pretty_append(b, out, n->whens[i].condition));
        TRY(pretty_text(out, " THEN "));
        TRY(pretty_append(b, out, n->whens[i].result));
    }
    if (n->otherwise != NULL) {
        TRY(pretty_text(out, " ELSE "));
        TRY(pretty_append(b, out, n->otherwise));
    }
    return pretty_text(out, " END");
}

static dbx_status pretty_cast(binder *b, buffer *out, const ast_cast *n) {
    type to;
    if (n->type->id == AST_TYPE_ARRAY || n->type->id == AST_TYPE_MAP ||
        n->type->id == AST_TYPE_STRUCT) {
        return pretty_append(b, out, n->operand);
    }
    bool try = n->form == AST_CAST_TRY || n->form == AST_CAST_QUESTION;
    TRY(pretty_text(out, try ? "TRY_CAST(" : "CAST("));
    TRY(pretty_append(b, out, n->operand));
    TRY(pretty_text(out, " AS "));
    error ignored, *saved = b->err;
    error_init(&ignored);
    b->err = &ignored;
    dbx_status status = bind_type(b, n->type, &to);
    b->err = saved;
    error_deinit(&ignored);
    if (status == DBX_OK)
        TRY(type_append_sql(out, to));
    else
        TRY(pretty_text(out, ast_type_name(n->type->id)));
    return buffer_append_char(out, ')');
}

/* ---- other forms ---- */

static dbx_status pretty_trim(binder *b, buffer *out, const ast_trim *n) {
    static const char *const sides[] = {
        [AST_TRIM_BOTH] = "BOTH", [AST_TRIM_LEADING] = "LEADING", [AST_TRIM_TRAILING] = "TRAILING"};
    static const char *const plain[] = {
        [AST_TRIM_BOTH] = "trim(", [AST_TRIM_LEADING] = "ltrim(", [AST_TRIM_TRAILING] = "rtrim("};
    if (n->characters == NULL) {
        TRY(pretty_text(out, plain[n->side]));
    } else {
        TRY(pretty_text(out, "TRIM("));
        TRY(pretty_text(out, sides[n->side]));
        TRY(buffer_append_char(out, ' '));
        TRY(pretty_append(b, out, n->characters));
        TRY(pretty_text(out, " FROM "));
    }
    TRY(pretty_append(b, out, n->source));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_lambda(binder *b, buffer *out, const ast_lambda *n) {
    TRY(pretty_text(out, "lambdafunction("));
    TRY(pretty_append(b, out, n->body));
    for (uint32_t i = 0; i < n->parameters.count; i++)
        TRY(pretty_text(out, ", namedlambdavariable()"));
    return buffer_append_char(out, ')');
}

static string_view pretty_path_name(const ast_path *n) {
    for (uint32_t i = n->step_count; i-- > 0;) {
        if (n->steps[i].kind == AST_STEP_NAME) return n->steps[i].name;
    }
    return n->text;
}

static dbx_status pretty_path(binder *b, buffer *out, const ast_path *n) {
    TRY(pretty_text(out, "variant_get("));
    TRY(pretty_append(b, out, n->operand));
    TRY(pretty_text(out, n->text.size > 0 && n->text.data[0] == '[' ? ", $" : ", $."));
    TRY(buffer_append_sv(out, n->text));
    TRY(pretty_text(out, ") AS "));
    return buffer_append_sv(out, pretty_path_name(n));
}

static dbx_status pretty_row(binder *b, buffer *out, const ast_row *n) {
    TRY(pretty_text(out, "struct("));
    for (uint32_t i = 0; i < n->items.count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, n->items.items[i]);
        if (i > 0) TRY(pretty_text(out, ", "));
        TRY(pretty_append(b, out, item->expr));
        if (item->aliases.count == 0) continue;
        TRY(pretty_text(out, " AS "));
        TRY(buffer_append_sv(out, item->aliases.items[0].text));
    }
    return buffer_append_char(out, ')');
}

static dbx_status pretty_subscript(binder *b, buffer *out, const ast_subscript *n) {
    const bind_note *note = binder_note_of(b, n);
    bool field = note == NULL && n->index->kind == AST_LITERAL &&
                 AST_AS(ast_literal, n->index)->type == AST_LITERAL_STRING;
    TRY(pretty_append(b, out, n->operand));
    TRY(buffer_append_char(out, field ? '.' : '['));
    TRY(pretty_append(b, out, n->index));
    return field ? DBX_OK : buffer_append_char(out, ']');
}

static dbx_status pretty_subquery(binder *b, buffer *out, const ast_expr *e) {
    TRY(pretty_text(out, e->kind == AST_EXISTS ? "exists(" : "scalarsubquery("));
    TRY(pretty_outer_columns(b, out, e));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_collate(binder *b, buffer *out, const ast_collate *n) {
    const ast_ident_list *parts = &n->collation->parts;
    TRY(pretty_text(out, "collate("));
    TRY(pretty_append(b, out, n->operand));
    TRY(pretty_text(out, ", "));
    if (parts->count > 0) TRY(buffer_append_sv(out, parts->items[parts->count - 1].text));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_extract(binder *b, buffer *out, const ast_extract *n) {
    TRY(pretty_text(out, "extract("));
    TRY(buffer_append_sv(out, n->field.text));
    TRY(pretty_text(out, " FROM "));
    TRY(pretty_append(b, out, n->source));
    return buffer_append_char(out, ')');
}

dbx_status pretty_append(binder *b, buffer *out, const ast_expr *e) {
    switch (e->kind) {
    case AST_LITERAL:
    case AST_INTERVAL_LITERAL:
    case AST_PARAMETER:
        return pretty_constant(b, out, e);
    case AST_COLUMN_REF:
        return pretty_column(b, out, AST_AS(ast_column_ref, e));
    case AST_UNARY:
        return pretty_unary(b, out, AST_AS(ast_unary, e));
    case AST_BINARY:
        return pretty_binary(b, out, AST_AS(ast_binary, e));
    case AST_LOGICAL:
        return pretty_chain(b, out, AST_AS(ast_logical, e), 0,
                            AST_AS(ast_logical, e)->operands.count - 1);
    case AST_BETWEEN:
        return pretty_between(b, out, AST_AS(ast_between, e));
    case AST_IN_LIST:
        return pretty_in_list(b, out, AST_AS(ast_in_list, e));
    case AST_IN_QUERY:
        return pretty_in_query(b, out, AST_AS(ast_in_query, e));
    case AST_LIKE:
        return pretty_like(b, out, AST_AS(ast_like, e));
    case AST_IS:
        return pretty_is(b, out, AST_AS(ast_is, e));
    case AST_CASE:
        return pretty_case(b, out, AST_AS(ast_case, e));
    case AST_CAST:
        return pretty_cast(b, out, AST_AS(ast_cast, e));
    case AST_FUNCTION_CALL:
        return pretty_call(b, out, AST_AS(ast_function_call, e));
    case AST_NAMED_ARGUMENT:
        return pretty_append(b, out, AST_AS(ast_named_argument, e)->value);
    case AST_EXTRACT:
        return pretty_extract(b, out, AST_AS(ast_extract, e));
    case AST_TRIM:
        return pretty_trim(b, out, AST_AS(ast_trim, e));
    case AST_LAMBDA:
        return pretty_lambda(b, out, AST_AS(ast_lambda, e));
    case AST_SUBSCRIPT:
        return pretty_subscript(b, out, AST_AS(ast_subscript, e));
    case AST_FIELD: {
        const ast_field *n = AST_AS(ast_field, e);
        TRY(pretty_append(b, out, n->operand));
        TRY(buffer_append_char(out, '.'));
        return buffer_append_sv(out, n->name.text);
    }
    case AST_PATH:
        return pretty_path(b, out, AST_AS(ast_path, e));
    case AST_ROW:
        return pretty_row(b, out, AST_AS(ast_row, e));
    case AST_SUBQUERY:
    case AST_EXISTS:
        return pretty_subquery(b, out, e);
    case AST_COLLATE:
        return pretty_collate(b, out, AST_AS(ast_collate, e));
    case AST_DEFAULT:
        return pretty_text(out, "DEFAULT");
    case AST_STAR:
        return pretty_text(out, "*");
    default:
        return pretty_text(out, ast_kind_name((ast_kind)e->kind));
    }
}

/* A name alone, or a cast of one: the last part of what was written. */
static bool pretty_plain_name(binder *b, const ast_expr *e, string_view *out) {
    if (e->kind == AST_COLUMN_REF) {
        const bind_note *n = binder_note_of(b, e);
        if (n == NULL || n->path_count == 0 || n->is_lambda_variable || n->row != NULL)
            return false;
        *out = n->path[n->path_count - 1];
        return true;
    }
    if (e->kind == AST_PATH) {
        *out = pretty_path_name(AST_AS(ast_path, e));
        return true;
    }
    if (e->kind == AST_FUNCTION_CALL) {
        const bind_note *n = binder_note_of(b, e);
        if (n == NULL || n->path_count == 0) return false;
        *out = n->path[n->path_count - 1];
        return true;
    }
    return false;
}

dbx_status pretty_column_name(binder *b, const ast_expr *e, string_view *out) {
    buffer text;
    const ast_expr *inner = e;
    if (e->kind == AST_CAST) inner = AST_AS(ast_cast, e)->operand;
    if (e->kind == AST_FUNCTION_CALL) {
        const ast_function_call *f = AST_AS(ast_function_call, e);
        uint32_t n = f->name->parts.count;
        if (n > 0 && f->arguments.count == 1 &&
            bind_is_cast_function(f->name->parts.items[n - 1].text)) {
            inner = f->arguments.items[0];
        }
    }
    if (pretty_plain_name(b, inner, out)) return DBX_OK;
    buffer_init(&text, &b->query->ledger);
    dbx_status status = pretty_append(b, &text, e);
    if (status == DBX_OK) {
        *out = arena_copy_string(b->arena, text.size == 0 ? SV("") : buffer_view(&text));
        if (out->data == NULL) status = binder_nomem(b);
    } else {
        status = binder_nomem(b);
    }
    buffer_deinit(&text);
    return status;
}

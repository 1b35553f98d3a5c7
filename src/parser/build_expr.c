/* build_expr.c - expressions, function calls and types from the grammar's parts. */
#include "parser/build.h"
#include "parser/sql.h"

parser_expr parser_wrap(parser_state *p, void *node, uint32_t start) {
    return (parser_expr){node, parser_span(p, start)};
}

parser_expr parser_paren(parser_state *p, parser_expr e, uint32_t start) {
    return (parser_expr){e.e, parser_span(p, start)};
}

/* Whether parentheses stand around the expression. */
static bool build_expr_in_parens(parser_expr e) {
    return e.outer.start != e.e->span.start;
}

parser_expr parser_unary(parser_state *p, ast_operator op, uint32_t start, parser_expr operand) {
    ast_unary *u = PARSER_NODE(p, ast_unary, UNARY, start);
    u->op = op;
    u->operand = operand.e;
    parser_adopt(p, u, operand.e);
    return parser_wrap(p, u, start);
}

parser_expr parser_binary(parser_state *p, ast_operator op, parser_expr left, parser_expr right) {
    ast_binary *b = PARSER_NODE(p, ast_binary, BINARY, left.outer.start);
    b->op = op;
    b->left = left.e;
    b->right = right.e;
    parser_adopt(p, b, left.e);
    parser_adopt(p, b, right.e);
    return parser_wrap(p, b, left.outer.start);
}

parser_expr parser_logical(parser_state *p, ast_operator op, parser_expr left, parser_expr right) {
    ast_logical *l = (ast_logical *)left.e;
    bool chain = p->status == DBX_OK && left.e->kind == AST_LOGICAL && l->op == op &&
                 !build_expr_in_parens(left);
    if (!chain) {
        l = PARSER_NODE(p, ast_logical, LOGICAL, left.outer.start);
        l->op = op;
        parser_push(p, &l->operands, left.e);
        parser_adopt(p, l, left.e);
    }
    parser_push(p, &l->operands, right.e);
    parser_adopt(p, l, right.e);
    l->node.span.end = p->previous.end;
    return parser_wrap(p, l, left.outer.start);
}

parser_expr parser_between(parser_state *p, parser_expr operand, bool negated, parser_expr low,
                           parser_expr high) {
    ast_between *b = PARSER_NODE(p, ast_between, BETWEEN, operand.outer.start);
    b->negated = negated;
    b->operand = operand.e;
    b->low = low.e;
    b->high = high.e;
    parser_adopt(p, b, operand.e);
    parser_adopt(p, b, low.e);
    parser_adopt(p, b, high.e);
    return parser_wrap(p, b, operand.outer.start);
}

parser_expr parser_in_list(parser_state *p, parser_expr operand, bool negated, ast_list *items) {
    ast_in_list *in = PARSER_NODE(p, ast_in_list, IN_LIST, operand.outer.start);
    in->negated = negated;
    in->operand = operand.e;
    in->items = parser_list(items);
    parser_adopt(p, in, operand.e);
    parser_adopt_list(p, in, items);
    return parser_wrap(p, in, operand.outer.start);
}

parser_expr parser_in_query(parser_state *p, parser_expr operand, bool negated, ast_query *query) {
    ast_in_query *in = PARSER_NODE(p, ast_in_query, IN_QUERY, operand.outer.start);
    in->negated = negated;
    in->operand = operand.e;
    in->query = query;
    parser_adopt(p, in, operand.e);
    parser_adopt(p, in, query);
    return parser_wrap(p, in, operand.outer.start);
}

parser_expr parser_like(parser_state *p, parser_expr operand, bool negated, int op, int quantifier,
                        ast_list *patterns, ast_expr *escape) {
    ast_like *like = PARSER_NODE(p, ast_like, LIKE, operand.outer.start);
    like->op = (ast_operator)op;
    like->negated = negated;
    like->quantifier = (ast_quantifier)quantifier;
    like->operand = operand.e;
    like->patterns = parser_list(patterns);
    like->escape = escape;
    if (patterns == NULL) {
        parser_fail(p, ERR_PARSE_REFUSED, like->node.span, "msg",
                    "Expected something between '(' and ')'", NULL);
    }
    parser_adopt(p, like, operand.e);
    parser_adopt_list(p, like, patterns);
    return parser_wrap(p, like, operand.outer.start);
}

parser_expr parser_is(parser_state *p, parser_expr operand, bool negated, ast_is_test test,
                      ast_expr *other) {
    ast_is *is = PARSER_NODE(p, ast_is, IS, operand.outer.start);
    is->test = test;
    is->negated = negated;
    is->operand = operand.e;
    is->other = other;
    parser_adopt(p, is, operand.e);
    parser_adopt(p, is, other);
    return parser_wrap(p, is, operand.outer.start);
}

parser_expr parser_case(parser_state *p, uint32_t start, ast_expr *operand, parser_whens *whens,
                        ast_expr *otherwise) {
    ast_case *c = PARSER_NODE(p, ast_case, CASE, start);
    c->operand = operand;
    c->whens = whens->items;
    c->when_count = whens->count;
    c->otherwise = otherwise;
    parser_adopt(p, c, operand);
    parser_adopt(p, c, otherwise);
    for (uint32_t i = 0; p->status == DBX_OK && i < whens->count; i++) {
        parser_adopt(p, c, whens->items[i].condition);
        parser_adopt(p, c, whens->items[i].result);
    }
    return parser_wrap(p, c, start);
}

parser_expr parser_cast(parser_state *p, uint32_t start, ast_cast_form form, ast_expr *operand,
                        ast_type *type) {
    ast_cast *c = PARSER_NODE(p, ast_cast, CAST, start);
    c->form = form;
    c->operand = operand;
    c->type = type;
    parser_adopt(p, c, operand);
    parser_adopt(p, c, type);
    return parser_wrap(p, c, start);
}

/* With ansi_reserved, CURRENT_DATE and the like are calls; else the binder looks for a column
 * first. */
static bool build_expr_is_column_function(const parser_state *p, const ast_name *name) {
    if (!p->options.ansi_reserved || name->parts.count != 1) return false;
    const ast_ident *part = &name->parts.items[0];
    if (part->quoted || part->text.data == NULL) return false;
    uint16_t number = keyword_find(part->text.data, part->text.size);
    return number != 0 && (keyword_at(number)->flags & KEYWORD_COLUMN_FUNCTION) != 0;
}

parser_expr parser_column(parser_state *p, ast_name *name) {
    uint32_t start = name->node.span.start;
    if (p->status == DBX_OK && build_expr_is_column_function(p, name)) {
        ast_function_call *call = PARSER_NODE(p, ast_function_call, FUNCTION_CALL, start);
        call->name = name;
        call->syntax = AST_CALL_NO_PARENTHESES;
        return parser_wrap(p, call, start);
    }
    ast_column_ref *c = PARSER_NODE(p, ast_column_ref, COLUMN_REF, start);
    c->node.span = name->node.span;
    c->name = name;
    return (parser_expr){&c->node, c->node.span};
}

parser_expr parser_field(parser_state *p, parser_expr operand, parser_word name) {
    ast_field *f = PARSER_NODE(p, ast_field, FIELD, operand.outer.start);
    f->operand = operand.e;
    f->name = parser_ident(p, name);
    parser_adopt(p, f, operand.e);
    return parser_wrap(p, f, operand.outer.start);
}

parser_expr parser_row(parser_state *p, uint32_t start, ast_list *items) {
    ast_row *r = PARSER_NODE(p, ast_row, ROW, start);
    r->items = parser_list(items);
    parser_adopt_list(p, r, items);
    return parser_wrap(p, r, start);
}

parser_expr parser_subquery(parser_state *p, parser_parens query) {
    ast_subquery *s = PARSER_NODE(p, ast_subquery, SUBQUERY, query.outer.start);
    s->node.span = query.outer;
    s->query = query.query;
    parser_adopt(p, s, query.query);
    return (parser_expr){&s->node, query.outer};
}

/* Two strings or parameters side by side: one text. */
parser_expr parser_adjacent(parser_state *p, parser_expr left, parser_expr right) {
    return parser_binary(p, AST_OP_CONCAT, left, right);
}

/* ---- lambdas, paths, stars ------------------------------------------------------------------- */

static void build_expr_lambda_parameter(parser_state *p, ast_lambda *lambda, const ast_expr *e) {
    if (p->status != DBX_OK) return;
    const ast_name *name = e->kind == AST_COLUMN_REF ? AST_AS(ast_column_ref, e)->name : NULL;
    if (name == NULL || name->parts.count != 1) {
        parser_syntax_error_at(p, e->span);
        return;
    }
    PARSER_PUSH(p, &lambda->parameters, name->parts.items[0]);
}

parser_expr parser_lambda(parser_state *p, uint32_t start, parser_expr parameters, ast_expr *body) {
    ast_lambda *l = PARSER_NODE(p, ast_lambda, LAMBDA, start);
    l->body = body;
    parser_adopt(p, l, body);
    if (p->status == DBX_OK && parameters.e->kind == AST_ROW) {
        const ast_row *row = AST_AS(ast_row, parameters.e);
        for (uint32_t i = 0; i < row->items.count; i++) {
            const ast_select_item *item = AST_AS(ast_select_item, row->items.items[i]);
            if (item->aliases.count > 0) parser_syntax_error_at(p, item->aliases.items[0].span);
            build_expr_lambda_parameter(p, l, item->expr);
        }
    } else {
        build_expr_lambda_parameter(p, l, parameters.e);
    }
    return parser_wrap(p, l, start);
}

/* The path as written, without the backticks of names: Spark drops them, and a point that they
 * quoted then parts two names. */
static string_view parser_path_text(parser_state *p, uint32_t start) {
    string_view text = parser_copy_text(p, start, p->previous.end);
    if (text.data == NULL || memchr(text.data, '`', text.size) == NULL) return text;
    char *bare = arena_alloc_bytes(p->arena, text.size + 1);
    if (bare == NULL) return (string_view){NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '`') bare[n++] = text.data[i];
    }
    return (string_view){bare, n};
}

parser_expr parser_path(parser_state *p, parser_expr operand, parser_path_steps *steps,
                        uint32_t text_start) {
    ast_path *path = PARSER_NODE(p, ast_path, PATH, operand.outer.start);
    path->operand = operand.e;
    path->steps = steps->items;
    path->step_count = steps->count;
    path->text = parser_path_text(p, text_start);
    parser_adopt(p, path, operand.e);
    return parser_wrap(p, path, operand.outer.start);
}

void parser_path_name(parser_state *p, parser_path_steps *steps, parser_word word) {
    ast_ident ident = parser_ident(p, word);
    string_view rest = ident.text;
    for (;;) {
        const char *point =
            ident.quoted && rest.size > 0 ? memchr(rest.data, '.', rest.size) : NULL;
        size_t size = point == NULL ? rest.size : (size_t)(point - rest.data);
        ast_path_step step = {AST_STEP_NAME, {rest.data, size}, ident.quoted, 0, word.span};
        PARSER_PUSH(p, steps, step);
        if (point == NULL) return;
        rest = (string_view){point + 1, rest.size - size - 1};
    }
}

void parser_path_key(parser_state *p, parser_path_steps *steps, parser_token key) {
    ast_path_step step = {AST_STEP_NAME, parser_string(p, key), true, 0, {key.start, key.end}};
    PARSER_PUSH(p, steps, step);
}

void parser_path_index(parser_state *p, parser_path_steps *steps, parser_token index) {
    span at = {index.start, index.end};
    int64_t value = parser_small_integer(p, parser_text(p, at.start, at.end), at, INT32_MAX);
    ast_path_step step = {AST_STEP_INDEX, {NULL, 0}, false, value, at};
    PARSER_PUSH(p, steps, step);
}

parser_expr parser_star(parser_state *p, uint32_t start, ast_name *qualifier, ast_list *except,
                        ast_list *replace) {
    ast_star *s = PARSER_NODE(p, ast_star, STAR, start);
    s->qualifier = qualifier;
    s->except = parser_list(except);
    s->replace = parser_list(replace);
    parser_adopt_list(p, s, replace);
    return parser_wrap(p, s, start);
}

ast_select_item *parser_item(parser_state *p, parser_expr e, ast_ident_list *aliases) {
    ast_select_item *item = PARSER_NODE(p, ast_select_item, SELECT_ITEM, e.outer.start);
    item->expr = e.e;
    item->aliases = parser_idents(aliases);
    parser_adopt(p, item, e.e);
    return item;
}

ast_select_item *parser_item_alias(parser_state *p, parser_expr e, parser_word alias) {
    return parser_item(p, e, parser_push_word(p, NULL, alias));
}

/* ---- function calls -------------------------------------------------------------------------- */

ast_function_call *parser_call(parser_state *p, ast_name *name, ast_list *arguments) {
    ast_function_call *call =
        PARSER_NODE(p, ast_function_call, FUNCTION_CALL, name->node.span.start);
    call->name = name;
    call->arguments = parser_list(arguments);
    parser_adopt(p, call, name);
    parser_adopt_list(p, call, arguments);
    return call;
}

parser_expr parser_call_of(parser_state *p, parser_token name, ast_call_syntax syntax, ast_expr *a,
                           ast_expr *b, ast_expr *c, ast_expr *d) {
    ast_expr *all[] = {a, b, c, d};
    ast_list *arguments = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        if (all[i] != NULL) arguments = parser_push(p, arguments, all[i]);
    }
    ast_function_call *call = parser_call(p, parser_name(p, parser_word_of(name)), arguments);
    call->syntax = syntax;
    return parser_wrap(p, call, name.start);
}

parser_expr parser_trim(parser_state *p, uint32_t start, int side, ast_expr *characters,
                        ast_expr *source) {
    ast_trim *t = PARSER_NODE(p, ast_trim, TRIM, start);
    t->side = (ast_trim_side)side;
    t->characters = characters;
    t->source = source;
    parser_adopt(p, t, characters);
    parser_adopt(p, t, source);
    return parser_wrap(p, t, start);
}

ast_node *parser_named_argument(parser_state *p, parser_word name, ast_node *value) {
    ast_named_argument *n = PARSER_NODE(p, ast_named_argument, NAMED_ARGUMENT, name.span.start);
    n->name = parser_ident(p, name);
    n->value = value;
    parser_adopt(p, n, value);
    return &n->node;
}

/* STRUCT(a AS x, b): items for all arguments. Aliases elsewhere are an error. */
static void build_expr_settle_aliases(parser_state *p, ast_function_call *call) {
    bool aliased = false;
    for (uint32_t i = 0; i < call->arguments.count; i++) {
        const ast_node *argument = call->arguments.items[i];
        if (argument->kind != AST_SELECT_ITEM) continue;
        aliased = true;
        if (!parser_name_is(call->name, "struct")) {
            parser_syntax_error_at(p, AST_AS(ast_select_item, argument)->aliases.items[0].span);
            return;
        }
    }
    if (!aliased) return;
    call->syntax = AST_CALL_ROW_NAMES;
    for (uint32_t i = 0; i < call->arguments.count && p->status == DBX_OK; i++) {
        ast_node *argument = call->arguments.items[i];
        if (argument->kind == AST_SELECT_ITEM) continue;
        parser_expr e = {argument, argument->span};
        ast_select_item *item = parser_item(p, e, NULL);
        item->node.span = argument->span;
        call->arguments.items[i] = &item->node;
    }
}

/* TIMESTAMPADD(MONTH, ...): the unit is a word, not a column. */
static void build_expr_settle_unit(parser_state *p, ast_function_call *call) {
    static const char *const names[] = {"timestampadd", "dateadd",   "date_add", "timestampdiff",
                                        "datediff",     "date_diff", "timediff"};
    bool known = false;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) known |= parser_name_is(call->name, names[i]);
    if (!known || call->arguments.count != 3) return;
    ast_node *first = call->arguments.items[0];
    if (first->kind == AST_LITERAL && AST_AS(ast_literal, first)->type == AST_LITERAL_STRING) {
        const char *shown =
            arena_printf(p->arena, "'" SV_FMT "'", SV_ARG(AST_AS(ast_literal, first)->value));
        const char *name =
            arena_printf(p->arena, "`" SV_FMT "`", SV_ARG(call->name->parts.items[0].text));
        parser_fail(p, ERR_INVALID_PARAMETER_VALUE__DATETIME_UNIT, call->node.span, "functionName",
                    name ? name : "", "invalidValue", shown ? shown : "", NULL);
        return;
    }
    ast_unit unit;
    const ast_name *name =
        first->kind == AST_COLUMN_REF ? AST_AS(ast_column_ref, first)->name : NULL;
    bool ok =
        name != NULL && name->parts.count == 1 && name->parts.items[0].text.data != NULL &&
        parser_unit(name->parts.items[0].text, &unit) && unit != AST_UNIT_NANOSECOND &&
        ascii_lower(name->parts.items[0].text.data[name->parts.items[0].text.size - 1]) != 's';
    if (!ok) {
        parser_syntax_error_at(p, first->span);
        return;
    }
    ast_literal *literal = PARSER_NODE(p, ast_literal, LITERAL, first->span.start);
    literal->node.span = first->span;
    literal->type = AST_LITERAL_UNIT;
    literal->value = sv_from(ast_unit_name(unit));
    if (p->status == DBX_OK) call->arguments.items[0] = &literal->node;
}

/* POSITION(a IN (b)) and POSITION(a IN (SELECT ..)) came in as one argument. */
static void build_expr_settle_position(parser_state *p, ast_function_call *call) {
    if (!parser_name_is(call->name, "position") || call->arguments.count != 1) return;
    ast_node *argument = call->arguments.items[0];
    ast_expr *operand = NULL;
    ast_expr *source = NULL;
    if (argument->kind == AST_IN_LIST) {
        const ast_in_list *in = AST_AS(ast_in_list, argument);
        if (in->negated || in->items.count != 1) return;
        operand = in->operand;
        source = in->items.items[0];
    } else if (argument->kind == AST_IN_QUERY) {
        const ast_in_query *in = AST_AS(ast_in_query, argument);
        if (in->negated) return;
        operand = in->operand;
        source = parser_subquery(p, (parser_parens){in->query, in->query->node.span}).e;
    } else {
        return;
    }
    ast_list *list = parser_push(p, parser_push(p, NULL, operand), source);
    call->syntax = AST_CALL_POSITION;
    call->arguments = parser_list(list);
}

parser_expr parser_call_done(parser_state *p, ast_function_call *call) {
    if (p->status == DBX_OK) {
        build_expr_settle_aliases(p, call);
        build_expr_settle_unit(p, call);
        build_expr_settle_position(p, call);
    }
    return (parser_expr){&call->node, call->node.span};
}

ast_list *parser_partition_list(parser_state *p, parser_expr e) {
    if (p->status != DBX_OK || e.e->kind != AST_ROW) return parser_push(p, NULL, e.e);
    const ast_row *row = AST_AS(ast_row, e.e);
    ast_list *list = NULL;
    for (uint32_t i = 0; i < row->items.count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, row->items.items[i]);
        if (item->aliases.count > 0) parser_syntax_error_at(p, item->aliases.items[0].span);
        list = parser_push(p, list, item->expr);
    }
    return list;
}

/* ORDER BY (a, b) of a table argument: the row's items. */
ast_list *parser_sort_row(parser_state *p, ast_sort_item *item) {
    bool row = p->status == DBX_OK && item->expr->kind == AST_ROW && !item->direction_given;
    if (!row) return parser_push(p, NULL, item);
    ast_list *items = parser_partition_list(p, (parser_expr){item->expr, item->expr->span});
    ast_list *list = NULL;
    for (uint32_t i = 0; p->status == DBX_OK && i < items->count; i++) {
        parser_expr e = {items->items[i], items->items[i]->span};
        ast_sort_item *sort = parser_sort_item(p, e, 0, AST_NULLS_DEFAULT);
        sort->node.span = e.outer;
        list = parser_push(p, list, sort);
    }
    return list;
}

ast_list *parser_sort_plain(parser_state *p, ast_list *items, ast_sort_item *last) {
    ast_list *list = NULL;
    for (uint32_t i = 0; p->status == DBX_OK && i < items->count; i++) {
        const ast_select_item *item = AST_AS(ast_select_item, items->items[i]);
        if (item->aliases.count > 0) parser_syntax_error_at(p, item->aliases.items[0].span);
        parser_expr e = {item->expr, item->expr->span};
        ast_sort_item *sort = parser_sort_item(p, e, 0, AST_NULLS_DEFAULT);
        sort->node.span = e.outer;
        list = parser_push(p, list, sort);
    }
    return parser_push(p, list, last);
}

ast_bound *parser_bound(parser_state *p, ast_bound_type type, uint32_t start, ast_expr *offset) {
    ast_bound *b = parser_memory(p, sizeof(*b));
    b->type = type;
    b->offset = offset;
    b->span = parser_span(p, start);
    return b;
}

ast_sort_item *parser_sort_item(parser_state *p, parser_expr e, int direction, int nulls) {
    ast_sort_item *s = PARSER_NODE(p, ast_sort_item, SORT_ITEM, e.outer.start);
    s->expr = e.e;
    s->descending = direction < 0;
    s->direction_given = direction != 0;
    s->nulls = (ast_nulls_order)nulls;
    parser_adopt(p, s, e.e);
    return s;
}

parser_expr *parser_keep_expr(parser_state *p, parser_expr e) {
    parser_expr *kept = parser_memory(p, sizeof(*kept));
    *kept = e;
    return kept;
}

/* ---- types ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ast_type_id id;
    uint8_t parameters; /* at most */
} build_type_rows[] = {
    {"BOOLEAN", AST_TYPE_BOOLEAN, 0},
    {"TINYINT", AST_TYPE_TINYINT, 0},
    {"BYTE", AST_TYPE_TINYINT, 0},
    {"SMALLINT", AST_TYPE_SMALLINT, 0},
    {"SHORT", AST_TYPE_SMALLINT, 0},
    {"INT", AST_TYPE_INT, 0},
    {"INTEGER", AST_TYPE_INT, 0},
    {"BIGINT", AST_TYPE_BIGINT, 0},
    {"LONG", AST_TYPE_BIGINT, 0},
    {"FLOAT", AST_TYPE_FLOAT, 0},
    {"REAL", AST_TYPE_FLOAT, 0},
    {"DOUBLE", AST_TYPE_DOUBLE, 0},
    {"DATE", AST_TYPE_DATE, 0},
    {"TIME", AST_TYPE_TIME, 1},
    {"TIMESTAMP", AST_TYPE_TIMESTAMP, 0},
    {"TIMESTAMP_NTZ", AST_TYPE_TIMESTAMP_NTZ, 0},
    {"TIMESTAMP_LTZ", AST_TYPE_TIMESTAMP_LTZ, 0},
    {"STRING", AST_TYPE_STRING, 0},
    {"CHARACTER", AST_TYPE_CHAR, 1},
    {"CHAR", AST_TYPE_CHAR, 1},
    {"VARCHAR", AST_TYPE_VARCHAR, 1},
    {"BINARY", AST_TYPE_BINARY, 0},
    {"DECIMAL", AST_TYPE_DECIMAL, 2},
    {"DEC", AST_TYPE_DECIMAL, 2},
    {"NUMERIC", AST_TYPE_DECIMAL, 2},
    {"VOID", AST_TYPE_VOID, 0},
    {"VARIANT", AST_TYPE_VARIANT, 0},
    {"OBJECT", AST_TYPE_OBJECT, 0},
    {"GEOMETRY", AST_TYPE_GEOMETRY, 1},
    {"GEOGRAPHY", AST_TYPE_GEOGRAPHY, 1},
};

static void build_type_unsupported(parser_state *p, span at) {
    string_view upper = parser_upper(p, parser_text(p, at.start, at.end));
    const char *shown = arena_printf(p->arena, "\"" SV_FMT "\"", SV_ARG(upper));
    parser_fail(p, ERR_UNSUPPORTED_DATATYPE, at, "typeName", shown ? shown : "", NULL);
}

/* ARRAY, MAP, STRUCT without <...>. */
static void build_type_incomplete(parser_state *p, string_view word, span at) {
    if (sv_equal_ignore_case(word, SV("array"))) {
        parser_fail(p, ERR_INCOMPLETE_TYPE_DEFINITION__ARRAY, at, NULL);
    } else if (sv_equal_ignore_case(word, SV("map"))) {
        parser_fail(p, ERR_INCOMPLETE_TYPE_DEFINITION__MAP, at, NULL);
    } else if (sv_equal_ignore_case(word, SV("struct"))) {
        parser_fail(p, ERR_INCOMPLETE_TYPE_DEFINITION__STRUCT, at, NULL);
    }
}

static void build_type_set_parameters(parser_state *p, ast_type *type, const ast_list *parameters,
                                      uint32_t most) {
    if (parameters->count > most) {
        build_type_unsupported(p, type->node.span);
        return;
    }
    type->has_parameters = true;
    type->parameter_count = parameters->count;
    bool spatial = type->id == AST_TYPE_GEOMETRY || type->id == AST_TYPE_GEOGRAPHY;
    for (uint32_t i = 0; i < parameters->count; i++) {
        const ast_node *parameter = parameters->items[i];
        if (parameter->kind != AST_LITERAL) { /* GEOMETRY(ANY) */
            string_view word = parser_text(p, parameter->span.start, parameter->span.end);
            if (!spatial || !sv_equal_ignore_case(word, SV("any"))) {
                parser_syntax_error_at(p, parameter->span);
            }
            type->parameters[i] = -1;
        } else {
            type->parameters[i] = (int32_t)parser_small_integer(
                p, AST_AS(ast_literal, parameter)->value, parameter->span, INT32_MAX);
        }
    }
}

ast_type *parser_type_named(parser_state *p, parser_word name, ast_list *parameters) {
    ast_type *type = PARSER_NODE(p, ast_type, TYPE, name.span.start);
    if (p->status != DBX_OK) return type;
    string_view word = parser_text(p, name.span.start, name.span.end);
    size_t row = 0;
    while (row < ARRAY_COUNT(build_type_rows) &&
           !sv_equal_ignore_case(word, sv_from(build_type_rows[row].name)))
        row++;
    if (row == ARRAY_COUNT(build_type_rows)) {
        build_type_incomplete(p, word, name.span);
        build_type_unsupported(p, name.span);
        return type;
    }
    type->id = build_type_rows[row].id;
    if (parameters != NULL) {
        build_type_set_parameters(p, type, parameters, build_type_rows[row].parameters);
    } else if (type->id == AST_TYPE_CHAR || type->id == AST_TYPE_VARCHAR) {
        const char *upper = parser_upper(p, word).data;
        const char *shown = arena_printf(p->arena, "\"%s\"", upper);
        parser_fail(p, ERR_DATATYPE_MISSING_SIZE, name.span, "type", shown ? shown : "", NULL);
    }
    return type;
}

/* TIMESTAMP WITHOUT TIME ZONE, TIMESTAMP WITH LOCAL TIME ZONE, TIME(p) WITHOUT TIME ZONE. */
ast_type *parser_type_zoned(parser_state *p, parser_word name, ast_list *parameters, bool local) {
    ast_type *type = parser_type_named(p, name, parameters);
    bool timestamp = type->id == AST_TYPE_TIMESTAMP;
    bool time = type->id == AST_TYPE_TIME && !local;
    if (!timestamp && !time) parser_syntax_error_at(p, (span){name.span.end, p->previous.end});
    if (timestamp) type->id = local ? AST_TYPE_TIMESTAMP_LTZ : AST_TYPE_TIMESTAMP_NTZ;
    type->node.span.end = p->previous.end;
    return type;
}

ast_type *parser_type_interval(parser_state *p, parser_token keyword, const parser_token *from,
                               const parser_token *to) {
    ast_type *type = PARSER_NODE(p, ast_type, TYPE, keyword.start);
    type->id = AST_TYPE_INTERVAL;
    if (from == NULL) return type;
    bool known = parser_interval_field(parser_text(p, from->start, from->end), &type->from);
    type->to = type->from;
    if (known && to != NULL) {
        known = parser_interval_field(parser_text(p, to->start, to->end), &type->to);
        if (known) known = type->from < type->to;
    }
    bool months = type->from <= AST_FIELD_MONTH;
    if (!known || months != (type->to <= AST_FIELD_MONTH)) {
        parser_syntax_error(p, to != NULL ? *to : *from);
    }
    type->id = months ? AST_TYPE_INTERVAL_YEAR_MONTH : AST_TYPE_INTERVAL_DAY_TIME;
    return type;
}

ast_type *parser_type_nested(parser_state *p, ast_type_id id, uint32_t start, ast_type *key,
                             ast_type *element, ast_list *fields) {
    ast_type *type = PARSER_NODE(p, ast_type, TYPE, start);
    type->id = id;
    type->key = key;
    type->element = element;
    type->fields = parser_list(fields);
    parser_adopt(p, type, key);
    parser_adopt(p, type, element);
    parser_adopt_list(p, type, fields);
    return type;
}

ast_type_field *parser_type_field(parser_state *p, parser_word name, ast_type *type) {
    ast_type_field *field = PARSER_NODE(p, ast_type_field, TYPE_FIELD, name.span.start);
    field->name = parser_ident(p, name);
    field->type = type;
    parser_adopt(p, field, type);
    return field;
}

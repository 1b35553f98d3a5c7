/* sql.y - the grammar: Spark 4.1's SQL with Databricks' statements, as LALR(1) for Lemon.
 *
 * Identifiers are the token IDENT only. Whether a keyword stands for itself or for an identifier
 * is settled before it gets here (parse.c probes this very automaton), so rules name keywords
 * freely and need no lists of words that may be names. The parse loop also
 *   - joins NOT and NULL to NOT_NULL, a sign and a number to a negative number, adjacent strings;
 *   - splits >> and the like where a type's closing > is wanted;
 *   - says EXCEPT_COLUMNS for the EXCEPT of a star, WITH_OPTIONS for WITH before a parenthesis,
 *     EXPLAIN_ANALYZE, TRANSFORM where a script follows, RAW_SET, RAW_RESET and RAW_STATEMENT for
 *     statements that are texts.
 *
 * Actions build nodes with the functions of build.h. A node's span begins where the action says
 * and ends with the last token shifted, which is the rule's last one. Conflicts are resolved by the
 * precedence of rules marked LOW and HIGH; none is left for Lemon to guess.
 *
 * It is one file because Lemon takes one; its parts are marked by lines of dashes.
 */
%name SqlParser
%token_prefix TK_
%token_type {parser_token}
%extra_context {parser_state *p}
%stack_size PARSER_STACK
%start_symbol input

%include {
#include "parser/build.h"
#define SqlParser_ENGINEALWAYSONSTACK
#define YYNOERRORRECOVERY 1
#ifndef NDEBUG
#define NDEBUG /* no tracing: it would need a global */
#define SQL_Y_NDEBUG
#endif
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
}

%syntax_error { parser_syntax_error(p, TOKEN); }
%stack_overflow { parser_too_complex(p); }
%parse_accept { p->accepted = true; }

/* ---- precedence, loosest first --------------------------------------------------------------- */

%nonassoc LOWER.
%nonassoc LOW.
%left PIPE_OP.
%left UNION EXCEPT SETMINUS.
%left INTERSECT.
%nonassoc ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET WINDOW.
%left OR.
%left AND.
%right NOT BANG.
%left EQ NSEQ NE LT LE GT GE.
%left BAR.
%left CARET.
%left AMPERSAND.
%left SHIFT_LEFT SHIFT_RIGHT SHIFT_RIGHT_UNSIGNED.
%left PLUS MINUS CONCAT.
%left STAR SLASH PERCENT DIV.
%right UNARY.
%nonassoc COLLATE.
%nonassoc LP RP LB DOT COMMA PIVOT UNPIVOT WITH STORED MAP IGNORE RESPECT.
%nonassoc HIGH.

/* ---- entry points ---------------------------------------------------------------------------- */

input ::= START_SCRIPT script.
input ::= START_QUERY query(Q). { p->result = Q; }
input ::= START_EXPRESSION expr(E). { p->result = E.e; }
input ::= START_TYPE type(T). { p->result = T; }
input ::= START_SCHEMA type(T). { p->result = T; }
input ::= START_SCHEMA type_fields(F). {
    p->result = parser_type_nested(p, AST_TYPE_STRUCT, 0, NULL, NULL, F);
}
input ::= START_NAME name(N). { p->result = N; }

script ::= script_item.
script ::= script SEMICOLON script_item.
script_item ::= .
script_item ::= top_statement(S). { parser_add_statement(p, S); }

%type top_statement {ast_statement *}
top_statement(A) ::= statement(A).
top_statement(A) ::= transaction(A).
top_statement(A) ::= block(A).
top_statement(A) ::= control_labelled(A).
top_statement(A) ::= setting(A).

%type statement {ast_statement *}
statement(A) ::= query(Q). { A = &Q->node; }
statement(A) ::= dml(A).
statement(A) ::= definition(A).
statement(A) ::= utility(A).

/* ---- names ----------------------------------------------------------------------------------- */

%type ident {parser_word}
%type alias_ident {parser_word}
%type name {ast_name *}
%type name_list {ast_list *}
%type ident_list {ast_ident_list *}
%type ident_list_opt {ast_ident_list *}
%type alias_opt {ast_alias *}
%type name_paren_list {ast_list *}

/* A keyword that no table alias may be comes as STRICT_IDENT where it is an identifier. */
ident(A) ::= alias_ident(A).
ident(A) ::= STRICT_IDENT(T). { A = parser_word_of(T); }
alias_ident(A) ::= IDENT(T). { A = parser_word_of(T); }
alias_ident(A) ::= IDENTIFIER(K) LP expr(E) RP. { A = parser_word_identifier(p, K, E); }
alias_ident(A) ::= IDENTIFIER(K) LP adjacent(E) RP. { A = parser_word_identifier(p, K, E); }

%type word {parser_word}
word(A) ::= IDENT(T). { A = parser_word_of(T); }
word(A) ::= STRICT_IDENT(T). { A = parser_word_of(T); }

/* Parameters and strings side by side: IDENTIFIER(:schema '.' :table) */
%type adjacent {parser_expr}
%type adjacent_item {parser_expr}
adjacent(A) ::= adjacent_item(L) adjacent_item(R). { A = parser_adjacent(p, L, R); }
adjacent(A) ::= adjacent(L) adjacent_item(R). { A = parser_adjacent(p, L, R); }
adjacent_item(A) ::= STRING(S). [HIGH] { A = parser_string_literal(p, S); }
adjacent_item(A) ::= parameter(A). [HIGH]

name(A) ::= ident(I). [LOW] { A = parser_name(p, I); }
name(A) ::= name(N) DOT ident(I). { A = parser_name_add(p, N, I); }

name_list(A) ::= name(N). { A = parser_push(p, NULL, N); }
name_list(A) ::= name_list(L) COMMA name(N). { A = parser_push(p, L, N); }
name_paren_list(A) ::= LP name_list(L) RP. { A = L; }
ident_list(A) ::= ident(I). { A = parser_push_word(p, NULL, I); }
ident_list(A) ::= ident_list(L) COMMA ident(I). { A = parser_push_word(p, L, I); }
ident_list_opt(A) ::= . { A = NULL; }
ident_list_opt(A) ::= LP ident_list(L) RP. { A = L; }

alias_opt(A) ::= . [LOW] { A = NULL; }
alias_opt(A) ::= alias_ident(I) ident_list_opt(C). {
    A = parser_memory(p, sizeof(*A));
    A->name = parser_ident(p, I);
    A->columns = parser_idents(C);
}
alias_opt(A) ::= AS alias_ident(I) ident_list_opt(C). {
    A = parser_memory(p, sizeof(*A));
    A->name = parser_ident(p, I);
    A->columns = parser_idents(C);
}

/* ---- expressions ----------------------------------------------------------------------------- */

%type expr {parser_expr}
%type value {parser_expr}
%type primary {parser_expr}
%type other {parser_expr}
%type literal {parser_expr}
%type parameter {parser_expr}
%type not_opt {int}
%type is_not_opt {int}
%type like_op {int}
%type quantifier {int}
%type escape_opt {ast_expr *}
%type expr_list {ast_list *}
%type expr_list_opt {ast_list *}

expr(A) ::= value(A). [LOW]
expr(A) ::= expr(L) OR expr(R). { A = parser_logical(p, AST_OP_OR, L, R); }
expr(A) ::= expr(L) AND expr(R). { A = parser_logical(p, AST_OP_AND, L, R); }
expr(A) ::= NOT(K) expr(E). { A = parser_unary(p, AST_OP_NOT, K.start, E); }
expr(A) ::= BANG(K) expr(E). { A = parser_unary(p, AST_OP_NOT, K.start, E); }
expr(A) ::= value(X) not_opt(N) BETWEEN value(L) AND value(H). {
    A = parser_between(p, X, N, L, H);
}
expr(A) ::= value(X) not_opt(N) IN LP expr_list(L) RP. { A = parser_in_list(p, X, N, L); }
expr(A) ::= value(X) not_opt(N) IN query_parens(Q). [HIGH] {
    A = parser_in_query(p, X, N, Q.query);
}
expr(A) ::= value(X) not_opt(N) like_op(O) value(V) escape_opt(E). {
    A = parser_like(p, X, N, O, AST_QUANTIFIER_NONE, parser_push(p, NULL, V.e), E);
}
expr(A) ::= value(X) not_opt(N) like_op(O) quantifier(Q) LP expr_list_opt(L) RP escape_opt(E). {
    A = parser_like(p, X, N, O, Q, L, E);
}
expr(A) ::= value(X) not_opt(N) RLIKE value(V). {
    A = parser_like(p, X, N, AST_OP_RLIKE, AST_QUANTIFIER_NONE, parser_push(p, NULL, V.e), NULL);
}
expr(A) ::= value(X) IS NULL. { A = parser_is(p, X, false, AST_IS_NULL, NULL); }
expr(A) ::= value(X) IS NOT_NULL. { A = parser_is(p, X, true, AST_IS_NULL, NULL); }
expr(A) ::= value(X) IS BANG NULL. { A = parser_is(p, X, true, AST_IS_NULL, NULL); }
expr(A) ::= value(X) IS is_not_opt(N) TRUE. { A = parser_is(p, X, N, AST_IS_TRUE, NULL); }
expr(A) ::= value(X) IS is_not_opt(N) FALSE. { A = parser_is(p, X, N, AST_IS_FALSE, NULL); }
expr(A) ::= value(X) IS is_not_opt(N) UNKNOWN. { A = parser_is(p, X, N, AST_IS_UNKNOWN, NULL); }
expr(A) ::= value(X) IS is_not_opt(N) DISTINCT FROM value(V). {
    A = parser_is(p, X, N, AST_IS_DISTINCT_FROM, V.e);
}

not_opt(A) ::= . { A = 0; }
not_opt(A) ::= NOT. { A = 1; }
not_opt(A) ::= BANG. { A = 1; }
is_not_opt(A) ::= . { A = 0; }
is_not_opt(A) ::= NOT. { A = 1; }
is_not_opt(A) ::= BANG. { A = 1; }
like_op(A) ::= LIKE. { A = AST_OP_LIKE; }
like_op(A) ::= ILIKE. { A = AST_OP_ILIKE; }
quantifier(A) ::= ANY. { A = AST_QUANTIFIER_ANY; }
quantifier(A) ::= SOME. { A = AST_QUANTIFIER_ANY; }
quantifier(A) ::= ALL. { A = AST_QUANTIFIER_ALL; }
escape_opt(A) ::= . { A = NULL; }
escape_opt(A) ::= ESCAPE STRING(S). { A = parser_string_literal(p, S).e; }
escape_opt(A) ::= ESCAPE parameter(E). { A = E.e; }

expr_list(A) ::= expr(E). [LOW] { A = parser_push(p, NULL, E.e); }
expr_list(A) ::= expr_list(L) COMMA expr(E). { A = parser_push(p, L, E.e); }
expr_list_opt(A) ::= . { A = NULL; }
expr_list_opt(A) ::= expr_list(A).

value(A) ::= primary(A).
value(A) ::= MINUS(K) value(V). [UNARY] { A = parser_unary(p, AST_OP_NEGATE, K.start, V); }
value(A) ::= PLUS(K) value(V). [UNARY] { A = parser_unary(p, AST_OP_PLUS_SIGN, K.start, V); }
value(A) ::= TILDE(K) value(V). [UNARY] { A = parser_unary(p, AST_OP_BIT_NOT, K.start, V); }
value(A) ::= value(L) STAR value(R). { A = parser_binary(p, AST_OP_MULTIPLY, L, R); }
value(A) ::= value(L) SLASH value(R). { A = parser_binary(p, AST_OP_DIVIDE, L, R); }
value(A) ::= value(L) PERCENT value(R). { A = parser_binary(p, AST_OP_MODULO, L, R); }
value(A) ::= value(L) DIV value(R). { A = parser_binary(p, AST_OP_INT_DIVIDE, L, R); }
value(A) ::= value(L) PLUS value(R). { A = parser_binary(p, AST_OP_ADD, L, R); }
value(A) ::= value(L) MINUS value(R). { A = parser_binary(p, AST_OP_SUBTRACT, L, R); }
value(A) ::= value(L) CONCAT value(R). { A = parser_binary(p, AST_OP_CONCAT, L, R); }
value(A) ::= value(L) SHIFT_LEFT value(R). { A = parser_binary(p, AST_OP_SHIFT_LEFT, L, R); }
value(A) ::= value(L) SHIFT_RIGHT value(R). { A = parser_binary(p, AST_OP_SHIFT_RIGHT, L, R); }
value(A) ::= value(L) SHIFT_RIGHT_UNSIGNED value(R). {
    A = parser_binary(p, AST_OP_SHIFT_RIGHT_UNSIGNED, L, R);
}
value(A) ::= value(L) AMPERSAND value(R). { A = parser_binary(p, AST_OP_BIT_AND, L, R); }
value(A) ::= value(L) CARET value(R). { A = parser_binary(p, AST_OP_BIT_XOR, L, R); }
value(A) ::= value(L) BAR value(R). { A = parser_binary(p, AST_OP_BIT_OR, L, R); }
value(A) ::= value(L) EQ value(R). { A = parser_binary(p, AST_OP_EQUAL, L, R); }
value(A) ::= value(L) NSEQ value(R). { A = parser_binary(p, AST_OP_NULL_SAFE_EQUAL, L, R); }
value(A) ::= value(L) NE value(R). { A = parser_binary(p, AST_OP_NOT_EQUAL, L, R); }
value(A) ::= value(L) LT value(R). { A = parser_binary(p, AST_OP_LESS, L, R); }
value(A) ::= value(L) LE value(R). { A = parser_binary(p, AST_OP_LESS_EQUAL, L, R); }
value(A) ::= value(L) GT value(R). { A = parser_binary(p, AST_OP_GREATER, L, R); }
value(A) ::= value(L) GE value(R). { A = parser_binary(p, AST_OP_GREATER_EQUAL, L, R); }

/* A name is kept apart from what else is primary: its dots belong to it. */
primary(A) ::= name(N). [LOW] { A = parser_column(p, N); }
primary(A) ::= other(A).

other(A) ::= literal(A).
other(A) ::= parameter(A). [LOW]
other(A) ::= ident(I) STRING(S). { A = parser_typed_literal(p, I, S); }
other(A) ::= star(A).
other(A) ::= LP(K) expr(E) RP. { A = parser_paren(p, E, K.start); }
other(A) ::= row(R). { A = R; }
other(A) ::= query_parens(Q). [LOW] { A = parser_subquery(p, Q); }
other(A) ::= EXISTS(K) query_parens(Q). {
    ast_exists *e = PARSER_NODE(p, ast_exists, EXISTS, K.start);
    e->query = Q.query;
    parser_adopt(p, e, Q.query);
    A = parser_wrap(p, e, K.start);
}
other(A) ::= other(O) DOT ident(I). { A = parser_field(p, O, I); }
other(A) ::= primary(O) LB value(I) RB. {
    ast_subscript *s = PARSER_NODE(p, ast_subscript, SUBSCRIPT, O.outer.start);
    s->operand = O.e;
    s->index = I.e;
    parser_adopt(p, s, O.e);
    parser_adopt(p, s, I.e);
    A = parser_wrap(p, s, O.outer.start);
}
other(A) ::= primary(O) COLON(K) path(S). [LOW] { A = parser_path(p, O, S, K.end); }
other(A) ::= primary(O) DOUBLE_COLON type(T). {
    A = parser_cast(p, O.outer.start, AST_CAST_COLONS, O.e, T);
}
other(A) ::= primary(O) TRY_COLON type(T). {
    A = parser_cast(p, O.outer.start, AST_CAST_QUESTION, O.e, T);
}
other(A) ::= primary(O) COLLATE name(N). [LOW] {
    ast_collate *c = PARSER_NODE(p, ast_collate, COLLATE, O.outer.start);
    c->operand = O.e;
    c->collation = N;
    parser_adopt(p, c, O.e);
    A = parser_wrap(p, c, O.outer.start);
}
other(A) ::= CAST(K) LP expr(E) AS type(T) RP. {
    A = parser_cast(p, K.start, AST_CAST_FUNCTION, E.e, T);
}
other(A) ::= TRY_CAST(K) LP expr(E) AS type(T) RP. {
    A = parser_cast(p, K.start, AST_CAST_TRY, E.e, T);
}
other(A) ::= CASE(K) whens(W) else_opt(E) END. { A = parser_case(p, K.start, NULL, W, E); }
other(A) ::= CASE(K) expr(X) whens(W) else_opt(E) END. { A = parser_case(p, K.start, X.e, W, E); }
other(A) ::= call(C). { A = parser_call_done(p, C); }
other(A) ::= special_call(A).
other(A) ::= interval(A).

parameter(A) ::= QUESTION(K). {
    ast_parameter *q = PARSER_NODE(p, ast_parameter, PARAMETER, K.start);
    q->index = p->parameters++;
    A = parser_wrap(p, q, K.start);
}
parameter(A) ::= COLON(K) IDENT(T). {
    ast_parameter *q = PARSER_NODE(p, ast_parameter, PARAMETER, K.start);
    q->name = parser_ident(p, parser_word_of(T)).text;
    p->named_parameters = true;
    A = parser_wrap(p, q, K.start);
}

literal(A) ::= NULL(K). { A = parser_literal(p, AST_LITERAL_NULL, SV("NULL"), K.start); }
literal(A) ::= TRUE(K). { A = parser_literal(p, AST_LITERAL_TRUE, SV("true"), K.start); }
literal(A) ::= FALSE(K). { A = parser_literal(p, AST_LITERAL_FALSE, SV("false"), K.start); }
literal(A) ::= INTEGER(T). { A = parser_number(p, T); }
literal(A) ::= NUMBER(T). { A = parser_number(p, T); }
literal(A) ::= STRING(T). [LOW] { A = parser_string_literal(p, T); }

%type interval {parser_expr}
%type interval_parts {parser_interval_parts *}
%type interval_value {parser_token}
interval(A) ::= INTERVAL(K) STRING(S). [LOW] {
    A = parser_typed_literal(p, parser_word_of(K), S);
}
interval(A) ::= INTERVAL(K) interval_parts(L). [LOW] { A = parser_interval(p, K, L); }
interval(A) ::= INTERVAL(K) interval_value(V) UNIT(F) TO UNIT(T). {
    A = parser_interval_range(p, K, V, false, F, T);
}
interval(A) ::= INTERVAL(K) MINUS STRING(V) UNIT(F) TO UNIT(T). {
    A = parser_interval_range(p, K, V, true, F, T);
}
interval(A) ::= INTERVAL(K) PLUS STRING(V) UNIT(F) TO UNIT(T). {
    A = parser_interval_range(p, K, V, false, F, T);
}
/* One range, and nothing beside it. */
interval(A) ::= INTERVAL(K) interval_parts(L) interval_value UNIT TO UNIT. {
    A = parser_interval(p, K, L);
    parser_fail(p, ERR_INTERVAL_RANGE_DUPLICATE, A.outer, NULL);
}
interval(A) ::= INTERVAL(K) interval_value(V) UNIT(F) TO UNIT(T) interval_value UNIT. {
    A = parser_interval_range(p, K, V, false, F, T);
    parser_fail(p, ERR_INTERVAL_RANGE_DUPLICATE, A.outer, NULL);
}
interval(A) ::= INTERVAL(K) interval_value(V) UNIT(F) TO UNIT(T) interval_value UNIT TO UNIT. {
    A = parser_interval_range(p, K, V, false, F, T);
    parser_fail(p, ERR_INTERVAL_RANGE_DUPLICATE, A.outer, NULL);
}
interval_parts(A) ::= interval_value(V) UNIT(U). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, parser_interval_part(p, V, false, U));
}
interval_parts(A) ::= MINUS STRING(V) UNIT(U). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, parser_interval_part(p, V, true, U));
}
interval_parts(A) ::= PLUS STRING(V) UNIT(U). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, parser_interval_part(p, V, false, U));
}
interval_parts(A) ::= interval_parts(L) interval_value(V) UNIT(U). {
    A = L;
    PARSER_PUSH(p, A, parser_interval_part(p, V, false, U));
}
interval_value(A) ::= INTEGER(A).
interval_value(A) ::= NUMBER(A).
interval_value(A) ::= STRING(A).

%type star {parser_expr}
%type star_except {ast_list *}
%type star_replace {ast_list *}
star(A) ::= STAR(K) star_except(E) star_replace(R). { A = parser_star(p, K.start, NULL, E, R); }
star(A) ::= name(N) DOT STAR star_except(E) star_replace(R). {
    A = parser_star(p, N->node.span.start, N, E, R);
}
star_except(A) ::= . [LOW] { A = NULL; }
star_except(A) ::= EXCEPT_COLUMNS name_paren_list(L). { A = L; }
star_replace(A) ::= . [LOW] { A = NULL; }
star_replace(A) ::= REPLACE LP select_items(L) RP. { A = L; }

/* (a, b AS x): two or more */
%type row {parser_expr}
%type row_items {ast_list *}
row(A) ::= LP(K) row_items(L) RP. { A = parser_row(p, K.start, L); }
row_items(A) ::= named_expr(X) COMMA named_expr(Y). {
    A = parser_push(p, parser_push(p, NULL, X), Y);
}
row_items(A) ::= row_items(L) COMMA named_expr(X). { A = parser_push(p, L, X); }

%type whens {parser_whens *}
%type else_opt {ast_expr *}
whens(A) ::= WHEN expr(C) THEN expr(R). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, ((ast_when){C.e, R.e}));
}
whens(A) ::= whens(L) WHEN expr(C) THEN expr(R). {
    A = L;
    PARSER_PUSH(p, A, ((ast_when){C.e, R.e}));
}
else_opt(A) ::= . { A = NULL; }
else_opt(A) ::= ELSE expr(E). { A = E.e; }

/* c:a.b[0]['x'] takes all the dots and brackets that follow. */
%type path {parser_path_steps *}
path(A) ::= ident(I). {
    A = parser_memory(p, sizeof(*A));
    parser_path_name(p, A, I);
}
path(A) ::= LB STRING(S) RB. {
    A = parser_memory(p, sizeof(*A));
    parser_path_key(p, A, S);
}
path(A) ::= LB INTEGER(T) RB. {
    A = parser_memory(p, sizeof(*A));
    parser_path_index(p, A, T);
}
path(A) ::= LB STAR(K) RB. {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, ((ast_path_step){.kind = AST_STEP_ANY, .span = {K.start, K.end}}));
}
path(A) ::= path(L) DOT ident(I). {
    A = L;
    parser_path_name(p, A, I);
}
path(A) ::= path(L) LB STRING(S) RB. {
    A = L;
    parser_path_key(p, A, S);
}
path(A) ::= path(L) LB INTEGER(T) RB. {
    A = L;
    parser_path_index(p, A, T);
}
path(A) ::= path(L) LB STAR(K) RB. {
    A = L;
    PARSER_PUSH(p, A, ((ast_path_step){.kind = AST_STEP_ANY, .span = {K.start, K.end}}));
}

/* ---- function calls -------------------------------------------------------------------------- */

%type call {ast_function_call *}
%type call_base {ast_function_call *}
%type call_args {ast_list *}
%type call_arg {ast_node *}
%type lambda {parser_expr}
%type nulls_opt {int}
%type within_opt {ast_list *}
%type filter_opt {ast_expr *}
%type over_opt {ast_window_spec *}
%type special_call {parser_expr}

call(A) ::= call_base(C) within_opt(W) filter_opt(F) nulls_opt(N) over_opt(O). {
    A = C;
    A->within_group = parser_list(W);
    A->filter = F;
    if (N != AST_NULLS_UNSET) A->nulls = N;
    A->over = O;
    A->node.span.end = p->previous.end;
    parser_adopt_list(p, A, W);
    parser_adopt(p, A, F);
    parser_adopt(p, A, O);
}
call_base(A) ::= name(N) LP RP. { A = parser_call(p, N, NULL); }
call_base(A) ::= name(N) LP call_args(L) nulls_opt(I) RP. {
    A = parser_call(p, N, L);
    A->nulls = I;
}
call_base(A) ::= name(N) LP DISTINCT call_args(L) nulls_opt(I) RP. {
    A = parser_call(p, N, L);
    A->nulls = I;
    A->distinct = true;
}
call_base(A) ::= name(N) LP ALL call_args(L) nulls_opt(I) RP. {
    A = parser_call(p, N, L);
    A->nulls = I;
    A->all = true;
}
/* Words with a syntax of their own that are plain functions, too. */
call_base(A) ::= SUBSTRING(T) LP call_args(L) RP. {
    A = parser_call(p, parser_name(p, parser_word_of(T)), L);
}
call_base(A) ::= TRIM(T) LP call_args(L) RP. {
    A = parser_call(p, parser_name(p, parser_word_of(T)), L);
}
call_base(A) ::= OVERLAY(T) LP call_args(L) RP. {
    A = parser_call(p, parser_name(p, parser_word_of(T)), L);
}
call_base(A) ::= POSITION(T) LP call_args(L) RP. {
    A = parser_call(p, parser_name(p, parser_word_of(T)), L);
}

call_args(A) ::= call_arg(X). { A = parser_push(p, NULL, X); }
call_args(A) ::= call_args(L) COMMA call_arg(X). { A = parser_push(p, L, X); }
call_arg(A) ::= expr(E). [LOW] { A = E.e; }
call_arg(A) ::= expr(E) AS ident(I). { A = &parser_item_alias(p, E, I)->node; }
call_arg(A) ::= expr(E) ident(I). { A = &parser_item_alias(p, E, I)->node; }
call_arg(A) ::= lambda(E). { A = E.e; }
call_arg(A) ::= ident(I) FAT_ARROW expr(E). { A = parser_named_argument(p, I, E.e); }
call_arg(A) ::= ident(I) FAT_ARROW lambda(E). { A = parser_named_argument(p, I, E.e); }
call_arg(A) ::= table_argument(T). { A = T; }
call_arg(A) ::= ident(I) FAT_ARROW table_argument(T). { A = parser_named_argument(p, I, T); }
lambda(A) ::= ident(I) ARROW expr(E). {
    parser_expr x = parser_column(p, parser_name(p, I));
    A = parser_lambda(p, I.span.start, x, E.e);
}
lambda(A) ::= row(R) ARROW expr(E). { A = parser_lambda(p, R.outer.start, R, E.e); }
lambda(A) ::= LP(K) expr(X) RP ARROW expr(E). { A = parser_lambda(p, K.start, X, E.e); }

nulls_opt(A) ::= . [LOW] { A = AST_NULLS_UNSET; }
nulls_opt(A) ::= IGNORE NULLS. { A = AST_NULLS_IGNORE; }
nulls_opt(A) ::= RESPECT NULLS. { A = AST_NULLS_RESPECT; }
within_opt(A) ::= . { A = NULL; }
within_opt(A) ::= WITHIN GROUP LP ORDER BY sort_list(L) RP. { A = L; }
filter_opt(A) ::= . { A = NULL; }
filter_opt(A) ::= FILTER LP WHERE expr(E) RP. { A = E.e; }
over_opt(A) ::= . { A = NULL; }
over_opt(A) ::= OVER ident(I). {
    A = PARSER_NODE(p, ast_window_spec, WINDOW_SPEC, I.span.start);
    A->base = parser_ident(p, I);
}
over_opt(A) ::= OVER window_parens(W). { A = W; }

special_call(A) ::= EXTRACT(K) LP word(I) FROM expr(E) RP. {
    ast_extract *x = PARSER_NODE(p, ast_extract, EXTRACT, K.start);
    x->field = parser_ident(p, I);
    x->source = E.e;
    parser_adopt(p, x, E.e);
    A = parser_wrap(p, x, K.start);
}
special_call(A) ::= SUBSTRING(K) LP expr(X) FROM expr(Y) RP. {
    A = parser_call_of(p, K, AST_CALL_SUBSTRING_FROM, X.e, Y.e, NULL, NULL);
}
special_call(A) ::= SUBSTRING(K) LP expr(X) FROM expr(Y) FOR expr(Z) RP. {
    A = parser_call_of(p, K, AST_CALL_SUBSTRING_FROM, X.e, Y.e, Z.e, NULL);
}
special_call(A) ::= OVERLAY(K) LP expr(X) PLACING expr(Y) FROM expr(Z) RP. {
    A = parser_call_of(p, K, AST_CALL_OVERLAY, X.e, Y.e, Z.e, NULL);
}
special_call(A) ::= OVERLAY(K) LP expr(X) PLACING expr(Y) FROM expr(Z) FOR expr(W) RP. {
    A = parser_call_of(p, K, AST_CALL_OVERLAY, X.e, Y.e, Z.e, W.e);
}
/* POSITION(a IN (b)) comes in as a call whose argument is an IN; parser_call_done settles it. */
special_call(A) ::= POSITION(K) LP value(X) not_opt(N) IN value(Y) RP. {
    if (N) parser_syntax_error_at(p, (span){X.outer.end, Y.outer.start});
    A = parser_call_of(p, K, AST_CALL_POSITION, X.e, Y.e, NULL, NULL);
}
%type trim_side {int}
special_call(A) ::= TRIM(K) LP trim_side(S) expr(C) FROM expr(E) RP. {
    A = parser_trim(p, K.start, S, C.e, E.e);
}
special_call(A) ::= TRIM(K) LP trim_side(S) FROM expr(E) RP. {
    A = parser_trim(p, K.start, S, NULL, E.e);
}
special_call(A) ::= TRIM(K) LP expr(C) FROM expr(E) RP. {
    A = parser_trim(p, K.start, AST_TRIM_BOTH, C.e, E.e);
}
special_call(A) ::= TRIM(K) LP FROM expr(E) RP. {
    A = parser_trim(p, K.start, AST_TRIM_BOTH, NULL, E.e);
}
trim_side(A) ::= BOTH. { A = AST_TRIM_BOTH; }
trim_side(A) ::= LEADING. { A = AST_TRIM_LEADING; }
trim_side(A) ::= TRAILING. { A = AST_TRIM_TRAILING; }

%type table_argument {ast_node *}
%type table_argument_base {ast_table_argument *}
%type table_argument_parts {ast_table_argument *}
table_argument(A) ::= table_argument_parts(T). { A = &T->node; }
table_argument(A) ::= table_argument_parts(T) ORDER BY table_sorts(L). {
    A = &T->node;
    T->order_by = parser_list(L);
    T->node.span.end = p->previous.end;
}
table_argument(A) ::= table_argument_parts(T) SORT BY table_sorts(L). {
    A = &T->node;
    T->order_by = parser_list(L);
    T->node.span.end = p->previous.end;
}
table_argument_parts(A) ::= table_argument_base(A).
table_argument_parts(A) ::= table_argument_base(T) WITH SINGLE PARTITION. {
    A = T;
    A->single_partition = true;
    A->node.span.end = p->previous.end;
}
table_argument_parts(A) ::= table_argument_base(T) partition_word BY table_partition(L). {
    A = T;
    A->partition_by = parser_list(L);
    A->node.span.end = p->previous.end;
}
partition_word ::= PARTITION.
partition_word ::= DISTRIBUTE.
%type table_partition {ast_list *}
table_partition(A) ::= expr(E). { A = parser_partition_list(p, E); }
%type table_sorts {ast_list *}
table_sorts(A) ::= sort_item(S). { A = parser_sort_row(p, S); }
table_sorts(A) ::= LP sort_directed(L) RP. { A = L; }
/* (a DESC, b): with a direction somewhere; without one it is a row and comes as a sort_item */
%type sort_directed {ast_list *}
sort_directed(A) ::= sort_marked(S). { A = parser_push(p, NULL, S); }
sort_directed(A) ::= sort_directed(L) COMMA sort_item(S). { A = parser_push(p, L, S); }
sort_directed(A) ::= named_expr(X) COMMA sort_marked(S). {
    A = parser_sort_plain(p, parser_push(p, NULL, X), S);
}
sort_directed(A) ::= row_items(L) COMMA sort_marked(S). { A = parser_sort_plain(p, L, S); }
table_argument_base(A) ::= TABLE(K) name(N). {
    A = PARSER_NODE(p, ast_table_argument, TABLE_ARGUMENT, K.start);
    A->table = N;
}
table_argument_base(A) ::= TABLE(K) LP name(N) RP. {
    A = PARSER_NODE(p, ast_table_argument, TABLE_ARGUMENT, K.start);
    A->table = N;
}
table_argument_base(A) ::= TABLE(K) query_parens(Q). {
    A = PARSER_NODE(p, ast_table_argument, TABLE_ARGUMENT, K.start);
    A->query = Q.query;
    parser_adopt(p, A, Q.query);
}

/* ---- windows and sorting --------------------------------------------------------------------- */

%type window_parens {ast_window_spec *}
%type window_body {ast_window_spec *}
%type window_base {parser_word}
%type window_partition {ast_list *}
%type window_order {ast_list *}
%type frame_opt {ast_window_frame *}
%type frame_unit {int}
%type bound {ast_bound *}
%type windows {ast_list *}
%type window_def {ast_window_spec *}
%type sort_list {ast_list *}
%type sort_item {ast_sort_item *}
%type sort_marked {ast_sort_item *}
%type nulls_order {int}

window_parens(A) ::= LP(K) window_body(W) RP. {
    A = W;
    A->node.span = parser_span(p, K.start);
}
window_body(A) ::= window_base(B) window_partition(P) window_order(O) frame_opt(F). {
    A = PARSER_NODE(p, ast_window_spec, WINDOW_SPEC, 0);
    if (B.span.end != 0) A->base = parser_ident(p, B);
    A->partition_by = parser_list(P);
    A->order_by = parser_list(O);
    A->frame = F;
    parser_adopt_list(p, A, P);
    parser_adopt_list(p, A, O);
    parser_adopt(p, A, F);
}
window_base(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
window_base(A) ::= ident(A).
window_partition(A) ::= . { A = NULL; }
window_partition(A) ::= partition_word BY expr_list(L). { A = L; }
window_partition(A) ::= CLUSTER BY expr_list(L). { A = L; }
window_order(A) ::= . { A = NULL; }
window_order(A) ::= ORDER BY sort_list(L). { A = L; }
window_order(A) ::= SORT BY sort_list(L). { A = L; }

frame_opt(A) ::= . { A = NULL; }
frame_opt(A) ::= frame_unit(U) bound(S). {
    A = PARSER_NODE(p, ast_window_frame, WINDOW_FRAME, S->span.start);
    A->unit = U;
    PARSER_COPY(A->start, S);
    A->end.type = AST_BOUND_CURRENT_ROW;
    parser_adopt(p, A, S->offset);
}
frame_opt(A) ::= frame_unit(U) BETWEEN(K) bound(S) AND bound(E). {
    A = PARSER_NODE(p, ast_window_frame, WINDOW_FRAME, K.start);
    A->unit = U;
    A->has_end = true;
    PARSER_COPY(A->start, S);
    PARSER_COPY(A->end, E);
    parser_adopt(p, A, S->offset);
    parser_adopt(p, A, E->offset);
}
frame_unit(A) ::= ROWS. { A = AST_FRAME_ROWS; }
frame_unit(A) ::= RANGE. { A = AST_FRAME_RANGE; }
frame_unit(A) ::= GROUPS. { A = AST_FRAME_GROUPS; }
bound(A) ::= UNBOUNDED(K) PRECEDING. {
    A = parser_bound(p, AST_BOUND_UNBOUNDED_PRECEDING, K.start, NULL);
}
bound(A) ::= UNBOUNDED(K) FOLLOWING. {
    A = parser_bound(p, AST_BOUND_UNBOUNDED_FOLLOWING, K.start, NULL);
}
bound(A) ::= CURRENT(K) ROW. { A = parser_bound(p, AST_BOUND_CURRENT_ROW, K.start, NULL); }
bound(A) ::= value(V) PRECEDING. { A = parser_bound(p, AST_BOUND_PRECEDING, V.outer.start, V.e); }
bound(A) ::= value(V) FOLLOWING. { A = parser_bound(p, AST_BOUND_FOLLOWING, V.outer.start, V.e); }

windows(A) ::= WINDOW window_def(W). { A = parser_push(p, NULL, W); }
windows(A) ::= windows(L) COMMA window_def(W). { A = parser_push(p, L, W); }
window_def(A) ::= ident(I) AS window_parens(W). {
    A = W;
    A->name = parser_ident(p, I);
}
window_def(A) ::= ident(I) AS ident(B). {
    A = PARSER_NODE(p, ast_window_spec, WINDOW_SPEC, I.span.start);
    A->name = parser_ident(p, I);
    A->base = parser_ident(p, B);
}

sort_list(A) ::= sort_item(S). { A = parser_push(p, NULL, S); }
sort_list(A) ::= sort_list(L) COMMA sort_item(S). { A = parser_push(p, L, S); }
sort_item(A) ::= expr(E). [LOW] { A = parser_sort_item(p, E, 0, AST_NULLS_DEFAULT); }
sort_item(A) ::= sort_marked(A).
sort_marked(A) ::= expr(E) ASC nulls_order(N). { A = parser_sort_item(p, E, 1, N); }
sort_marked(A) ::= expr(E) DESC nulls_order(N). { A = parser_sort_item(p, E, -1, N); }
sort_marked(A) ::= expr(E) NULLS FIRST. { A = parser_sort_item(p, E, 0, AST_NULLS_FIRST); }
sort_marked(A) ::= expr(E) NULLS LAST. { A = parser_sort_item(p, E, 0, AST_NULLS_LAST); }
nulls_order(A) ::= . { A = AST_NULLS_DEFAULT; }
nulls_order(A) ::= NULLS FIRST. { A = AST_NULLS_FIRST; }
nulls_order(A) ::= NULLS LAST. { A = AST_NULLS_LAST; }

/* ---- types ----------------------------------------------------------------------------------- */

%type type {ast_type *}
%type plain_type {ast_type *}
%type type_parameters {ast_list *}
%type type_fields {ast_list *}
%type type_field {ast_type_field *}
%type field_options {ast_type_field *}
type(A) ::= plain_type(A). [LOW]
type(A) ::= plain_type(T) COLLATE ident(I). {
    A = T;
    A->collation = parser_ident(p, I);
    A->node.span.end = p->previous.end;
}
plain_type(A) ::= alias_ident(I). [LOW] { A = parser_type_named(p, I, NULL); }
plain_type(A) ::= alias_ident(I) LP type_parameters(L) RP. { A = parser_type_named(p, I, L); }
plain_type(A) ::= alias_ident(I) WITHOUT TIME ZONE. { A = parser_type_zoned(p, I, NULL, false); }
plain_type(A) ::= alias_ident(I) WITH_LOCAL LOCAL TIME ZONE. {
    A = parser_type_zoned(p, I, NULL, true);
}
plain_type(A) ::= alias_ident(I) LP type_parameters(L) RP WITHOUT TIME ZONE. {
    A = parser_type_zoned(p, I, L, false);
}
plain_type(A) ::= INTERVAL(K). [LOW] { A = parser_type_interval(p, K, NULL, NULL); }
plain_type(A) ::= INTERVAL(K) UNIT(F). [LOW] { A = parser_type_interval(p, K, &F, NULL); }
plain_type(A) ::= INTERVAL(K) UNIT(F) TO UNIT(T). { A = parser_type_interval(p, K, &F, &T); }
plain_type(A) ::= ARRAY(K) LT type(T) GT. {
    A = parser_type_nested(p, AST_TYPE_ARRAY, K.start, NULL, T, NULL);
}
plain_type(A) ::= MAP(K) LT type(X) COMMA type(Y) GT. {
    A = parser_type_nested(p, AST_TYPE_MAP, K.start, X, Y, NULL);
}
plain_type(A) ::= STRUCT(K) LT type_fields(L) GT. {
    A = parser_type_nested(p, AST_TYPE_STRUCT, K.start, NULL, NULL, L);
}
plain_type(A) ::= STRUCT(K) LT GT. {
    A = parser_type_nested(p, AST_TYPE_STRUCT, K.start, NULL, NULL, NULL);
}
plain_type(A) ::= STRUCT(K) NE. {
    A = parser_type_nested(p, AST_TYPE_STRUCT, K.start, NULL, NULL, NULL);
}
type_parameters(A) ::= type_parameter(X). { A = parser_push(p, NULL, X); }
type_parameters(A) ::= type_parameters(L) COMMA type_parameter(X). { A = parser_push(p, L, X); }
%type type_parameter {ast_node *}
type_parameter(A) ::= INTEGER(T). { A = parser_number(p, T).e; }
type_parameter(A) ::= ident(I). { A = parser_column(p, parser_name(p, I)).e; }
type_fields(A) ::= type_field(F). { A = parser_push(p, NULL, F); }
type_fields(A) ::= type_fields(L) COMMA type_field(F). { A = parser_push(p, L, F); }
type_field(A) ::= field_options(F). {
    A = F;
    A->node.span.end = p->previous.end;
}
field_options(A) ::= ident(I) type(T). { A = parser_type_field(p, I, T); }
field_options(A) ::= ident(I) COLON type(T). { A = parser_type_field(p, I, T); }
field_options(A) ::= field_options(F) NOT_NULL. {
    A = F;
    A->not_null = true;
}
field_options(A) ::= field_options(F) NULL. { A = F; }
field_options(A) ::= field_options(F) COMMENT STRING(S). {
    A = F;
    A->has_comment = true;
    A->comment = parser_string(p, S);
}

/* ---- queries ------------------------------------------------------------------------------------
 *
 * query_parens is a query with its parentheses and nothing more; wherever an expression, a relation
 * and a query may all begin with a parenthesis, it is the common part.
 */

%type query {ast_query *}
%type query_np {ast_query *}
%type query_parens {parser_parens}
%type body_np {ast_body *}
%type body_any {parser_body}
%type query_clauses {ast_query *}
%type query_clause {ast_query *}
%type with_clause {ast_query *}
%type cte_list {ast_list *}
%type cte {ast_cte *}
%type recursive_opt {int}
%type max_recursion_opt {ast_expr *}
%type set_quantifier {int}
%type by_name_opt {int}

query(A) ::= query_np(A).
query(A) ::= query_parens(Q). { A = Q.query; }
query_parens(A) ::= LP(K) query_np(Q) RP. { A = (parser_parens){Q, parser_span(p, K.start)}; }
query_parens(A) ::= LP(K) query_parens(Q) RP. {
    A = (parser_parens){Q.query, parser_span(p, K.start)};
}

query_np(A) ::= body_np(B). { A = parser_query(p, B->span.start, B); }
query_np(A) ::= body_any(B) query_clauses(C). { A = parser_query_clauses(p, B.start, B.body, C); }
query_np(A) ::= with_clause(W) body_any(B). {
    A = parser_query_with(p, W, parser_query(p, W->node.span.start, B.body));
}
query_np(A) ::= with_clause(W) body_any(B) query_clauses(C). {
    A = parser_query_with(p, W, parser_query_clauses(p, W->node.span.start, B.body, C));
}

with_clause(A) ::= WITH(K) recursive_opt(R) cte_list(L). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->recursive = R;
    A->ctes = parser_list(L);
    parser_adopt_list(p, A, L);
    parser_check_ctes(p, R, L);
}
recursive_opt(A) ::= . { A = 0; }
recursive_opt(A) ::= RECURSIVE. { A = 1; }
cte_list(A) ::= cte(C). { A = parser_push(p, NULL, C); }
cte_list(A) ::= cte_list(L) COMMA cte(C). { A = parser_push(p, L, C); }
cte(A) ::= ident(I) max_recursion_opt(M) query_parens(Q). {
    A = parser_cte(p, I, NULL, M, Q.query);
}
cte(A) ::= ident(I) max_recursion_opt(M) AS query_parens(Q). {
    A = parser_cte(p, I, NULL, M, Q.query);
}
cte(A) ::= ident(I) LP ident_list(L) RP max_recursion_opt(M) query_parens(Q). {
    A = parser_cte(p, I, L, M, Q.query);
}
cte(A) ::= ident(I) LP ident_list(L) RP max_recursion_opt(M) AS query_parens(Q). {
    A = parser_cte(p, I, L, M, Q.query);
}
max_recursion_opt(A) ::= . [LOW] { A = NULL; }
max_recursion_opt(A) ::= MAX RECURSION LEVEL INTEGER(T). { A = parser_number(p, T).e; }

body_any(A) ::= body_np(B). { A = (parser_body){B, B->span.start}; }
body_any(A) ::= query_parens(Q). [LOW] { A = (parser_body){&Q.query->node, Q.outer.start}; }

body_np(A) ::= select(A).
body_np(A) ::= values(V). [HIGH] { A = &V->node; }
body_np(A) ::= TABLE(K) name(N). [LOW] { A = parser_table_query(p, K.start, N); }
body_np(A) ::= body_any(L) UNION set_quantifier(Q) by_name_opt(N) body_any(R). [UNION] {
    A = parser_set_operation(p, AST_SET_UNION, L, Q, N, R.body);
}
body_np(A) ::= body_any(L) EXCEPT set_quantifier(Q) by_name_opt(N) body_any(R). [UNION] {
    A = parser_set_operation(p, AST_SET_EXCEPT, L, Q, N, R.body);
}
body_np(A) ::= body_any(L) SETMINUS set_quantifier(Q) by_name_opt(N) body_any(R). [UNION] {
    A = parser_set_operation(p, AST_SET_EXCEPT, L, Q, N, R.body);
}
body_np(A) ::= body_any(L) INTERSECT set_quantifier(Q) by_name_opt(N) body_any(R). [INTERSECT] {
    A = parser_set_operation(p, AST_SET_INTERSECT, L, Q, N, R.body);
}
body_np(A) ::= body_any(I) PIPE_OP pipe_operator(O). [PIPE_OP] { A = parser_pipe(p, I, O); }
set_quantifier(A) ::= . { A = 0; }
set_quantifier(A) ::= DISTINCT. { A = 1; }
set_quantifier(A) ::= ALL. { A = 2; }
by_name_opt(A) ::= . { A = 0; }
by_name_opt(A) ::= BY NAME. { A = 1; }

query_clauses(A) ::= query_clause(C). [LOW] { A = C; }
query_clauses(A) ::= query_clauses(L) query_clause(C). { A = parser_merge_clause(p, L, C); }
query_clause(A) ::= ORDER(K) BY sort_list(L). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->order_by = parser_list(L);
}
query_clause(A) ::= ORDER(K) BY ALL. { A = parser_order_by_all(p, K.start, 0, 0); }
query_clause(A) ::= ORDER(K) BY ALL ASC nulls_order(N). {
    A = parser_order_by_all(p, K.start, 1, N);
}
query_clause(A) ::= ORDER(K) BY ALL DESC nulls_order(N). {
    A = parser_order_by_all(p, K.start, -1, N);
}
query_clause(A) ::= ORDER(K) BY ALL NULLS FIRST. {
    A = parser_order_by_all(p, K.start, 0, AST_NULLS_FIRST);
}
query_clause(A) ::= ORDER(K) BY ALL NULLS LAST. {
    A = parser_order_by_all(p, K.start, 0, AST_NULLS_LAST);
}
query_clause(A) ::= CLUSTER(K) BY expr_list(L). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->cluster_by = parser_list(L);
}
query_clause(A) ::= DISTRIBUTE(K) BY expr_list(L). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->distribute_by = parser_list(L);
}
query_clause(A) ::= SORT(K) BY sort_list(L). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->sort_by = parser_list(L);
}
query_clause(A) ::= windows(L). [LOW] {
    A = PARSER_NODE(p, ast_query, QUERY, p->previous.start);
    A->windows = parser_list(L);
}
query_clause(A) ::= LIMIT(K) ALL. {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->limit_all = true;
}
query_clause(A) ::= LIMIT(K) expr(E). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->limit = E.e;
}
query_clause(A) ::= OFFSET(K) expr(E). {
    A = PARSER_NODE(p, ast_query, QUERY, K.start);
    A->offset = E.e;
}

%type select {ast_body *}
%type select_head {ast_select *}
%type hints {ast_list *}
%type hint_list {ast_list *}
%type hint_item {ast_hint *}
%type select_items {ast_list *}
%type named_expr {ast_select_item *}
%type from_opt {ast_relation *}
%type from_clause {parser_expr}
%type from_list {ast_relation *}
%type from_views {ast_relation *}
%type where_opt {ast_expr *}
%type group_opt {ast_select *}
%type having_opt {ast_expr *}
%type qualify_opt {ast_expr *}
%type windows_opt {ast_list *}

select(A) ::= select_head(S) from_opt(F) where_opt(W) group_opt(G) having_opt(H) qualify_opt(Q)
              windows_opt(D). {
    A = parser_select(p, S, F, W, G, H, Q, D);
}
select(A) ::= from_clause(F). [LOW] { A = parser_from_alone(p, F); }
select(A) ::= from_clause(F) select_head(S) from_first_views(V) where_opt(W) group_opt(G)
              having_opt(H) qualify_opt(Q) windows_opt(D). {
    A = parser_select_from_first(p, F, S, V, W, G, H, Q, D);
}
%type from_first_views {ast_relation *}
from_first_views(A) ::= . { A = NULL; }
from_first_views(A) ::= lateral_views(A).
select(A) ::= transform(T) from_opt(F) where_opt(W) group_opt(G) having_opt(H) windows_opt(D). {
    A = parser_transform_done(p, T, F, W, G, H, D);
}
select(A) ::= from_clause(F) transform(T) where_opt(W). {
    A = parser_transform_done(p, T, F.e, W, NULL, NULL, NULL);
}

select_head(A) ::= SELECT(K) hints(H) set_quantifier(Q) select_items(L). {
    A = PARSER_NODE(p, ast_select, SELECT, K.start);
    A->hints = parser_list(H);
    A->distinct = Q == 1;
    A->all = Q == 2;
    A->items = parser_list(L);
    parser_adopt_list(p, A, H);
    parser_adopt_list(p, A, L);
}
hints(A) ::= . { A = NULL; }
hints(A) ::= hints HINT_OPEN hint_list(L) HINT_CLOSE. { A = L; }
hint_list(A) ::= hint_item(H). { A = parser_push(p, NULL, H); }
hint_list(A) ::= hint_list(L) hint_item(H). { A = parser_push(p, L, H); }
hint_list(A) ::= hint_list(L) COMMA hint_item(H). { A = parser_push(p, L, H); }
hint_item(A) ::= word(I). [LOW] {
    A = PARSER_NODE(p, ast_hint, HINT, I.span.start);
    A->name = parser_ident(p, I);
}
hint_item(A) ::= word(I) LP hint_parameters(L) RP. {
    A = PARSER_NODE(p, ast_hint, HINT, I.span.start);
    A->name = parser_ident(p, I);
    A->parameters = parser_list(L);
    parser_adopt_list(p, A, L);
}
%type hint_parameters {ast_list *}
hint_parameters(A) ::= . { A = NULL; }
hint_parameters(A) ::= hint_some(A).
%type hint_some {ast_list *}
hint_some(A) ::= primary(E). { A = parser_push(p, NULL, E.e); }
hint_some(A) ::= hint_some(L) COMMA primary(E). { A = parser_push(p, L, E.e); }

select_items(A) ::= named_expr(X). { A = parser_push(p, NULL, X); }
select_items(A) ::= select_items(L) COMMA named_expr(X). { A = parser_push(p, L, X); }
named_expr(A) ::= expr(E). [LOWER] { A = parser_item(p, E, NULL); }
named_expr(A) ::= expr(E) ident(I). { A = parser_item_alias(p, E, I); }
named_expr(A) ::= expr(E) AS ident(I). { A = parser_item_alias(p, E, I); }
named_expr(A) ::= expr(E) AS LP ident_list(L) RP. { A = parser_item(p, E, L); }

from_opt(A) ::= . [LOW] { A = NULL; }
from_opt(A) ::= from_clause(F). { A = F.e; }
from_opt(A) ::= lateral_views(A).
from_clause(A) ::= FROM(K) from_list(R). [LOW] { A = parser_wrap(p, R, K.start); }
from_clause(A) ::= FROM(K) from_views(R). { A = parser_wrap(p, R, K.start); }
from_list(A) ::= relation(A).
from_list(A) ::= from_list(L) COMMA relation(R). {
    A = parser_join(p, L, AST_JOIN_COMMA, R, NULL, NULL);
}
from_views(A) ::= from_list(R) lateral_view(V). { A = parser_on_relation(p, R, V); }
from_views(A) ::= from_views(R) lateral_view(V). { A = parser_on_relation(p, R, V); }
from_views(A) ::= from_views(R) pivot(V). { A = parser_on_relation(p, R, V); }
from_views(A) ::= from_views(R) unpivot(V). { A = parser_on_relation(p, R, V); }
from_views(A) ::= from_views(L) COMMA relation(R). [LOW] {
    A = parser_join(p, L, AST_JOIN_COMMA, R, NULL, NULL);
}
%type lateral_views {ast_relation *}
lateral_views(A) ::= lateral_view(A).
lateral_views(A) ::= lateral_views(R) lateral_view(V). { A = parser_on_relation(p, R, V); }

where_opt(A) ::= . { A = NULL; }
where_opt(A) ::= WHERE expr(E). { A = E.e; }
having_opt(A) ::= . { A = NULL; }
having_opt(A) ::= HAVING expr(E). { A = E.e; }
qualify_opt(A) ::= . { A = NULL; }
qualify_opt(A) ::= QUALIFY expr(E). { A = E.e; }
windows_opt(A) ::= . [LOW] { A = NULL; }
windows_opt(A) ::= windows(A).

%type grouping {ast_grouping *}
%type groupings {ast_list *}
%type grouping_sets {ast_list *}
%type grouping_set {ast_grouping *}
group_opt(A) ::= . { A = NULL; }
group_opt(A) ::= GROUP BY ALL. {
    A = parser_memory(p, sizeof(*A));
    A->group_by_all = true;
}
group_opt(A) ::= GROUP BY groupings(L). [LOW] {
    A = parser_memory(p, sizeof(*A));
    A->group_by = parser_list(L);
}
group_opt(A) ::= GROUP BY groupings(L) WITH ROLLUP. {
    A = parser_group_with(p, L, AST_GROUPING_ROLLUP, NULL);
}
group_opt(A) ::= GROUP BY groupings(L) WITH CUBE. {
    A = parser_group_with(p, L, AST_GROUPING_CUBE, NULL);
}
group_opt(A) ::= GROUP BY groupings(L) GROUPING SETS LP grouping_sets(S) RP. {
    A = parser_group_with(p, L, AST_GROUPING_SETS, S);
}
groupings(A) ::= grouping(G). { A = parser_push(p, NULL, G); }
groupings(A) ::= groupings(L) COMMA grouping(G). { A = parser_push(p, L, G); }
grouping(A) ::= expr(E). [LOW] {
    A = parser_grouping(p, AST_GROUPING_EXPR, E.outer.start, parser_push(p, NULL, E.e));
}
grouping(A) ::= LP(K) RP. { A = parser_grouping(p, AST_GROUPING_SET, K.start, NULL); }
grouping(A) ::= ROLLUP(K) LP grouping_sets(L) RP. {
    A = parser_grouping(p, AST_GROUPING_ROLLUP, K.start, L);
}
grouping(A) ::= CUBE(K) LP grouping_sets(L) RP. {
    A = parser_grouping(p, AST_GROUPING_CUBE, K.start, L);
}
grouping(A) ::= GROUPING(K) SETS LP grouping_sets(L) RP. {
    A = parser_grouping(p, AST_GROUPING_SETS, K.start, L);
}
grouping_sets(A) ::= grouping_set(G). { A = parser_push(p, NULL, G); }
grouping_sets(A) ::= grouping_sets(L) COMMA grouping_set(G). { A = parser_push(p, L, G); }
grouping_set(A) ::= grouping(G). { A = parser_grouping_set(p, G); }

%type values {ast_values *}
values(A) ::= VALUES(K) value_rows(L) alias_opt(I). {
    A = PARSER_NODE(p, ast_values, VALUES, K.start);
    A->rows = parser_list(parser_values_rows(p, L));
    if (I != NULL) PARSER_COPY(A->alias, I);
    parser_adopt_list(p, A, L);
}
%type value_rows {ast_list *}
value_rows(A) ::= expr(E). [LOW] { A = parser_push(p, NULL, E.e); }
value_rows(A) ::= value_rows(L) COMMA expr(E). { A = parser_push(p, L, E.e); }

/* ---- relations ------------------------------------------------------------------------------- */

%type relation {ast_relation *}
%type relation_primary {ast_relation *}
%type table_ref {ast_table_ref *}
%type join_type {int}
%type join_natural {int}
%type travel_opt {ast_table_ref *}
%type options_opt {ast_list *}
%type sample_opt {ast_sample *}
%type sample {ast_sample *}
%type repeatable_opt {ast_expr *}
%type join_tail {ast_relation *}

relation(A) ::= relation_primary(A).
relation(A) ::= relation(L) join_tail(J). { A = parser_on_relation(p, L, J); }
relation(A) ::= relation(R) pivot(V). { A = parser_on_relation(p, R, V); }
relation(A) ::= relation(R) unpivot(V). { A = parser_on_relation(p, R, V); }

join_tail(A) ::= join_type(T) JOIN relation_primary(R). [LOW] {
    A = parser_join(p, NULL, T, R, NULL, NULL);
}
join_tail(A) ::= join_type(T) JOIN relation_primary(R) ON expr(E). {
    A = parser_join(p, NULL, T, R, E.e, NULL);
}
join_tail(A) ::= join_type(T) JOIN relation_primary(R) USING LP ident_list(L) RP. {
    A = parser_join(p, NULL, T, R, NULL, L);
}
join_tail(A) ::= NATURAL join_type(T) JOIN relation_primary(R). {
    A = parser_join(p, NULL, T | PARSER_NATURAL, R, NULL, NULL);
}
join_type(A) ::= . { A = AST_JOIN_INNER; }
join_type(A) ::= INNER. { A = AST_JOIN_INNER; }
join_type(A) ::= CROSS. { A = AST_JOIN_CROSS; }
join_type(A) ::= LEFT outer_opt. { A = AST_JOIN_LEFT; }
join_type(A) ::= RIGHT outer_opt. { A = AST_JOIN_RIGHT; }
join_type(A) ::= FULL outer_opt. { A = AST_JOIN_FULL; }
join_type(A) ::= LEFT SEMI. { A = AST_JOIN_LEFT_SEMI; }
join_type(A) ::= SEMI. { A = AST_JOIN_LEFT_SEMI; }
join_type(A) ::= LEFT ANTI. { A = AST_JOIN_LEFT_ANTI; }
join_type(A) ::= ANTI. { A = AST_JOIN_LEFT_ANTI; }
outer_opt ::= .
outer_opt ::= OUTER.

relation_primary(A) ::= table_ref(T). { A = &T->node; }
relation_primary(A) ::= STRING(S) sample_opt(M) alias_opt(I). { A = parser_path_ref(p, S, M, I); }
relation_primary(A) ::= query_parens(Q) sample_opt(M) alias_opt(I). {
    A = parser_subquery_ref(p, Q, false, M, I);
}
relation_primary(A) ::= LATERAL(K) query_parens(Q) sample_opt(M) alias_opt(I). {
    A = parser_subquery_ref(p, Q, true, M, I);
    A->span.start = K.start;
}
relation_primary(A) ::= call_base(C) ordinality_opt(O) sample_opt(M) alias_opt(I). {
    A = parser_function_ref(p, C, false, O, M, I);
}
relation_primary(A) ::= LATERAL(K) call_base(C) ordinality_opt(O) sample_opt(M) alias_opt(I). {
    A = parser_function_ref(p, C, true, O, M, I);
    A->span.start = K.start;
}
relation_primary(A) ::= STREAM(K) table_ref(T). {
    T->stream = true;
    T->node.span.start = K.start;
    A = &T->node;
}
relation_primary(A) ::= STREAM(K) call_base(C) ordinality_opt(O) sample_opt(M) alias_opt(I). {
    A = parser_function_ref(p, C, false, O, M, I);
    A->span.start = K.start;
    ((ast_function_ref *)A)->stream = true;
}
%type ordinality_opt {int}
ordinality_opt(A) ::= . { A = 0; }
ordinality_opt(A) ::= WITH ORDINALITY. { A = 1; }
relation_primary(A) ::= values(V). [LOW] {
    ast_values_ref *r = PARSER_NODE(p, ast_values_ref, VALUES_REF, V->node.span.start);
    r->values = V;
    r->alias = V->alias;
    parser_adopt(p, r, V);
    A = &r->node;
}
relation_primary(A) ::= LP(K) relation(R) RP sample_opt(M) alias_opt(I). {
    A = parser_paren_ref(p, K.start, R, M, I);
}

table_ref(A) ::= name(N) travel_opt(V) options_opt(O) sample_opt(M) alias_opt(I). {
    A = parser_table_ref(p, N, V, O, M, I);
}
travel_opt(A) ::= . { A = NULL; }
travel_opt(A) ::= travel(A).
%type travel {ast_table_ref *}
travel(A) ::= VERSION AS OF version(E). { A = parser_travel(p, AST_TRAVEL_VERSION, E); }
travel(A) ::= FOR VERSION AS OF version(E). { A = parser_travel(p, AST_TRAVEL_VERSION, E); }
travel(A) ::= TIMESTAMP AS OF value(E). { A = parser_travel(p, AST_TRAVEL_TIMESTAMP, E); }
travel(A) ::= FOR TIMESTAMP AS OF value(E). { A = parser_travel(p, AST_TRAVEL_TIMESTAMP, E); }
travel(A) ::= TRAVEL(T). { A = parser_travel_mark(p, T); }
%type version {parser_expr}
version(A) ::= INTEGER(T). { A = parser_number(p, T); }
version(A) ::= STRING(T). { A = parser_string_literal(p, T); }
version(A) ::= parameter(A).
options_opt(A) ::= . { A = NULL; }
options_opt(A) ::= WITH_OPTIONS properties(L). { A = L; }

sample_opt(A) ::= . [LOW] { A = NULL; }
sample_opt(A) ::= sample(A).
sample(A) ::= TABLESAMPLE(K) LP sample_method(M) RP repeatable_opt(S). {
    A = parser_sample_done(p, M, K.start, S);
}
%type sample_method {ast_sample *}
sample_method(A) ::= . { A = parser_sample(p, AST_SAMPLE_PERCENT, NULL); }
sample_method(A) ::= expr(E) PERCENT_WORD. { A = parser_sample(p, AST_SAMPLE_PERCENT, E.e); }
sample_method(A) ::= expr(E) ROWS. { A = parser_sample(p, AST_SAMPLE_ROWS, E.e); }
sample_method(A) ::= expr(E). { A = parser_sample(p, AST_SAMPLE_BYTES, E.e); }
sample_method(A) ::= BUCKET INTEGER(N) OUT OF INTEGER(M). {
    A = parser_sample_bucket(p, N, M, NULL);
}
sample_method(A) ::= BUCKET INTEGER(N) OUT OF INTEGER(M) ON expr(E). {
    A = parser_sample_bucket(p, N, M, E.e);
}
repeatable_opt(A) ::= . { A = NULL; }
repeatable_opt(A) ::= REPEATABLE LP INTEGER(T) RP. { A = parser_number(p, T).e; }

%type pivot {ast_relation *}
%type pivot_columns {ast_list *}
%type pivot_values {ast_list *}
pivot(A) ::= PIVOT(K) LP select_items(L) FOR pivot_columns(C) IN LP pivot_values(V) RP RP
             alias_opt(I). {
    A = parser_pivot(p, K.start, L, C, V, I);
}
pivot_columns(A) ::= name(N). { A = parser_push(p, NULL, N); }
pivot_columns(A) ::= LP name_list(L) RP. { A = L; }
pivot_values(A) ::= named_expr(X). { A = parser_push(p, NULL, X); }
pivot_values(A) ::= pivot_values(L) COMMA named_expr(X). { A = parser_push(p, L, X); }

%type unpivot {ast_relation *}
%type unpivot_nulls {int}
%type unpivot_items {parser_unpivot_items *}
%type unpivot_item {ast_unpivot_item *}
%type unpivot_sets {parser_unpivot_items *}
%type unpivot_set {ast_unpivot_item *}
unpivot(A) ::= UNPIVOT(K) unpivot_nulls(N) LP ident(V) FOR ident(C) IN LP unpivot_items(L) RP RP
               alias_opt(I). {
    A = parser_unpivot(p, K.start, N, parser_push_word(p, NULL, V), false, C, L, I);
}
unpivot(A) ::= UNPIVOT(K) unpivot_nulls(N) LP LP ident_list(V) RP FOR ident(C) IN LP unpivot_sets(L)
               RP RP alias_opt(I). {
    A = parser_unpivot(p, K.start, N, V, true, C, L, I);
}
unpivot_nulls(A) ::= . { A = 0; }
unpivot_nulls(A) ::= INCLUDE NULLS. { A = 1; }
unpivot_nulls(A) ::= EXCLUDE NULLS. { A = 2; }
unpivot_items(A) ::= unpivot_item(X). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, *X);
}
unpivot_items(A) ::= unpivot_items(L) COMMA unpivot_item(X). {
    A = L;
    PARSER_PUSH(p, A, *X);
}
unpivot_item(A) ::= name(N) unpivot_alias(I). {
    A = parser_unpivot_item(p, parser_push(p, NULL, N), I);
}
unpivot_sets(A) ::= unpivot_set(X). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, *X);
}
unpivot_sets(A) ::= unpivot_sets(L) COMMA unpivot_set(X). {
    A = L;
    PARSER_PUSH(p, A, *X);
}
unpivot_set(A) ::= LP name_list(L) RP unpivot_alias(I). { A = parser_unpivot_item(p, L, I); }
%type unpivot_alias {parser_word}
unpivot_alias(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
unpivot_alias(A) ::= ident(A).
unpivot_alias(A) ::= AS ident(I). { A = I; }

%type lateral_view {ast_relation *}
%type lateral_columns {ast_ident_list *}
lateral_view(A) ::= LATERAL(K) VIEW call_base(C) ident(T) lateral_columns(L). {
    A = parser_lateral_view(p, K.start, false, C, T, L);
}
lateral_view(A) ::= LATERAL(K) VIEW OUTER call_base(C) ident(T) lateral_columns(L). {
    A = parser_lateral_view(p, K.start, true, C, T, L);
}
lateral_view(A) ::= LATERAL(K) VIEW call_base(C) lateral_as(L). {
    A = parser_lateral_view(p, K.start, false, C, (parser_word){{0, 0}, NULL}, L);
}
lateral_view(A) ::= LATERAL(K) VIEW OUTER call_base(C) lateral_as(L). {
    A = parser_lateral_view(p, K.start, true, C, (parser_word){{0, 0}, NULL}, L);
}
%type lateral_as {ast_ident_list *}
lateral_as(A) ::= AS ident_list(L). [LOW] { A = L; }
lateral_columns(A) ::= . [LOW] { A = NULL; }
lateral_columns(A) ::= ident_list(A). [LOW]
lateral_columns(A) ::= AS ident_list(L). [LOW] { A = L; }

/* ---- pipe operators -------------------------------------------------------------------------- */

%type pipe_operator {ast_pipe_operator *}
pipe_operator(A) ::= SELECT(K) hints(H) set_quantifier(Q) select_items(L) windows_opt(D). {
    A = parser_pipe_operator(p, AST_PIPE_SELECT, K.start);
    A->hints = parser_list(H);
    A->distinct = Q == 1;
    A->all = Q == 2;
    A->items = parser_list(L);
    A->windows = parser_list(D);
    parser_adopt_list(p, A, L);
}
pipe_operator(A) ::= EXTEND(K) select_items(L) windows_opt(D). {
    A = parser_pipe_operator(p, AST_PIPE_EXTEND, K.start);
    A->items = parser_list(L);
    A->windows = parser_list(D);
    parser_adopt_list(p, A, L);
}
pipe_operator(A) ::= SET(K) pipe_assignments(L) windows_opt(D). {
    A = parser_pipe_operator(p, AST_PIPE_SET, K.start);
    A->items = parser_list(L);
    A->windows = parser_list(D);
    parser_adopt_list(p, A, L);
}
%type pipe_assignments {ast_list *}
pipe_assignments(A) ::= name(N) EQ expr(E). {
    A = parser_push(p, NULL, parser_pipe_assignment(p, N, E.e));
}
pipe_assignments(A) ::= pipe_assignments(L) COMMA name(N) EQ expr(E). {
    A = parser_push(p, L, parser_pipe_assignment(p, N, E.e));
}
pipe_operator(A) ::= DROP(K) ident_list(L). {
    A = parser_pipe_operator(p, AST_PIPE_DROP, K.start);
    A->names = parser_names_of(p, L);
}
pipe_operator(A) ::= AS(K) ident(I). {
    A = parser_pipe_operator(p, AST_PIPE_AS, K.start);
    A->alias.name = parser_ident(p, I);
}
pipe_operator(A) ::= WHERE(K) expr windows(L). {
    A = parser_pipe_operator(p, AST_PIPE_WHERE, K.start);
    parser_fail(p, ERR_NOT_ALLOWED_IN_PIPE_OPERATOR_WHERE__WINDOW_CLAUSE, L->items[0]->span, NULL);
}
pipe_operator(A) ::= pivot unpivot(R). {
    A = parser_pipe_relation(p, AST_PIPE_UNPIVOT, R);
    parser_fail(p, ERR_NOT_ALLOWED_IN_FROM__UNPIVOT_WITH_PIVOT, R->span, NULL);
}
pipe_operator(A) ::= unpivot pivot(R). {
    A = parser_pipe_relation(p, AST_PIPE_PIVOT, R);
    parser_fail(p, ERR_NOT_ALLOWED_IN_FROM__UNPIVOT_WITH_PIVOT, R->span, NULL);
}
pipe_operator(A) ::= AGGREGATE(K). [LOW] {
    A = parser_pipe_operator(p, AST_PIPE_AGGREGATE, K.start);
    parser_fail_operation(p, K,
                          "The AGGREGATE clause requires a list of aggregate expressions or a "
                          "list of grouping expressions, or both");
}
pipe_operator(A) ::= WHERE(K) expr(E). [LOW] {
    A = parser_pipe_operator(p, AST_PIPE_WHERE, K.start);
    A->expr = E.e;
    parser_adopt(p, A, E.e);
}
pipe_operator(A) ::= pivot(R). [LOW] { A = parser_pipe_relation(p, AST_PIPE_PIVOT, R); }
pipe_operator(A) ::= unpivot(R). [LOW] { A = parser_pipe_relation(p, AST_PIPE_UNPIVOT, R); }
pipe_operator(A) ::= sample(S). {
    A = parser_pipe_operator(p, AST_PIPE_SAMPLE, S->node.span.start);
    A->sample = S;
}
pipe_operator(A) ::= join_tail(R). { A = parser_pipe_relation(p, AST_PIPE_JOIN, R); }
pipe_operator(A) ::= lateral_view(R). { A = parser_pipe_relation(p, AST_PIPE_LATERAL_VIEW, R); }
pipe_operator(A) ::= UNION(K) set_quantifier(Q) by_name_opt(N) pipe_operand(R). {
    A = parser_pipe_set(p, K.start, AST_SET_UNION, Q, N, R);
}
pipe_operator(A) ::= EXCEPT(K) set_quantifier(Q) by_name_opt(N) pipe_operand(R). {
    A = parser_pipe_set(p, K.start, AST_SET_EXCEPT, Q, N, R);
}
pipe_operator(A) ::= SETMINUS(K) set_quantifier(Q) by_name_opt(N) pipe_operand(R). {
    A = parser_pipe_set(p, K.start, AST_SET_EXCEPT, Q, N, R);
}
pipe_operator(A) ::= INTERSECT(K) set_quantifier(Q) by_name_opt(N) pipe_operand(R). {
    A = parser_pipe_set(p, K.start, AST_SET_INTERSECT, Q, N, R);
}
/* One operand, not a set operation: a later |> or UNION applies to the result of this one. */
%type pipe_operand {ast_body *}
pipe_operand(A) ::= query_parens(Q). { A = &Q.query->node; }
pipe_operand(A) ::= select(A).
pipe_operand(A) ::= values(V). { A = &V->node; }
pipe_operand(A) ::= TABLE(K) name(N). { A = parser_table_query(p, K.start, N); }
pipe_operator(A) ::= query_clauses(Q). [LOW] { A = parser_pipe_clauses(p, Q); }
pipe_operator(A) ::= AGGREGATE(K) select_items(L) pipe_group_opt(G). {
    A = parser_pipe_aggregate(p, K.start, L, G);
}
pipe_operator(A) ::= AGGREGATE(K) pipe_group(G). { A = parser_pipe_aggregate(p, K.start, NULL, G); }
%type pipe_group_opt {ast_pipe_operator *}
%type pipe_group {ast_pipe_operator *}
pipe_group_opt(A) ::= . { A = NULL; }
pipe_group_opt(A) ::= pipe_group(A).
pipe_group(A) ::= GROUP BY ALL. {
    A = parser_memory(p, sizeof(*A));
    A->group_by_all = true;
}
pipe_group(A) ::= GROUP BY pipe_groupings(L). [LOW] { A = L; }
pipe_group(A) ::= GROUP BY pipe_groupings(L) WITH ROLLUP. {
    A = L;
    parser_fail_pipe_grouping(p, "WITH ROLLUP");
}
pipe_group(A) ::= GROUP BY pipe_groupings(L) WITH CUBE. {
    A = L;
    parser_fail_pipe_grouping(p, "WITH CUBE");
}
pipe_group(A) ::= GROUP BY pipe_groupings(L) GROUPING SETS LP grouping_sets RP. {
    A = L;
    parser_fail_pipe_grouping(p, "GROUPING SETS");
}
%type pipe_groupings {ast_pipe_operator *}
pipe_groupings(A) ::= pipe_grouping(G). {
    A = parser_memory(p, sizeof(*A));
    parser_pipe_group_add(p, A, G);
}
pipe_groupings(A) ::= pipe_groupings(L) COMMA pipe_grouping(G). {
    A = L;
    parser_pipe_group_add(p, A, G);
}
%type pipe_grouping {ast_select_item *}
pipe_grouping(A) ::= grouping(G). [LOW] { A = parser_pipe_grouping(p, G, NULL); }
pipe_grouping(A) ::= grouping(G) ident(I). { A = parser_pipe_grouping(p, G, &I); }
pipe_grouping(A) ::= grouping(G) AS ident(I). { A = parser_pipe_grouping(p, G, &I); }

/* ---- TRANSFORM ------------------------------------------------------------------------------- */

%type transform {ast_transform *}
%type transform_columns {ast_list *}
%type transform_column {ast_type_field *}
%type transform_as {ast_list *}
%type row_format_opt {ast_row_format *}
%type row_format {ast_row_format *}
%type delimited {ast_row_format *}
transform(A) ::= SELECT(K) TRANSFORM LP set_quantifier(Q) expr_list(L) RP row_format_opt(I)
                 record_writer(W) USING STRING(S) transform_as(C) row_format_opt(O)
                 record_reader(R). {
    A = parser_transform(p, K.start, Q, L, I, W, S, C, O, R);
}
transform(A) ::= MAP(K) set_quantifier(Q) expr_list(L) row_format_opt(I)
                 record_writer(W) USING STRING(S) transform_as(C) row_format_opt(O)
                 record_reader(R). {
    A = parser_transform(p, K.start, Q, L, I, W, S, C, O, R);
}
transform(A) ::= REDUCE(K) set_quantifier(Q) expr_list(L) row_format_opt(I)
                 record_writer(W) USING STRING(S) transform_as(C) row_format_opt(O)
                 record_reader(R). {
    A = parser_transform(p, K.start, Q, L, I, W, S, C, O, R);
}
%type record_writer {parser_token}
%type record_reader {parser_token}
record_writer(A) ::= . { A = (parser_token){0, 0, 0, 0}; }
record_writer(A) ::= RECORDWRITER STRING(S). { A = S; }
record_reader(A) ::= . { A = (parser_token){0, 0, 0, 0}; }
record_reader(A) ::= RECORDREADER STRING(S). { A = S; }
transform_as(A) ::= . { A = NULL; }
transform_as(A) ::= AS transform_columns(L). { A = L; }
transform_as(A) ::= AS LP transform_columns(L) RP. { A = L; }
transform_columns(A) ::= transform_column(C). { A = parser_push(p, NULL, C); }
transform_columns(A) ::= transform_columns(L) COMMA transform_column(C). {
    A = parser_push(p, L, C);
}
transform_column(A) ::= ident(I). { A = parser_type_field(p, I, NULL); }
transform_column(A) ::= field_options(A).
row_format_opt(A) ::= . { A = NULL; }
row_format_opt(A) ::= row_format(A).
row_format(A) ::= ROW(K) FORMAT SERDE STRING(S) serde_properties(L). {
    A = PARSER_NODE(p, ast_row_format, ROW_FORMAT, K.start);
    A->serde = parser_string(p, S);
    A->properties = parser_list(L);
}
row_format(A) ::= ROW(K) FORMAT DELIMITED delimited(D). [LOW] {
    A = D;
    A->node.span = parser_span(p, K.start);
}
%type serde_properties {ast_list *}
serde_properties(A) ::= . [LOW] { A = NULL; }
serde_properties(A) ::= WITH SERDEPROPERTIES properties(L). { A = L; }
delimited(A) ::= . { A = PARSER_NODE(p, ast_row_format, ROW_FORMAT, 0); }
delimited(A) ::= delimited(D) FIELDS TERMINATED BY STRING(S). {
    A = D;
    A->fields_terminated = parser_string(p, S);
}
delimited(A) ::= delimited(D) ESCAPED BY STRING(S). {
    A = D;
    A->fields_escaped = parser_string(p, S);
}
delimited(A) ::= delimited(D) COLLECTION ITEMS TERMINATED BY STRING(S). {
    A = D;
    A->items_terminated = parser_string(p, S);
}
delimited(A) ::= delimited(D) MAP KEYS TERMINATED BY STRING(S). {
    A = D;
    A->keys_terminated = parser_string(p, S);
}
delimited(A) ::= delimited(D) LINES TERMINATED BY STRING(S). {
    A = D;
    A->lines_terminated = parser_string(p, S);
    parser_check_lines(p, S);
}
delimited(A) ::= delimited(D) NULL DEFINED AS STRING(S). {
    A = D;
    A->null_defined = parser_string(p, S);
}

/* ---- DML ------------------------------------------------------------------------------------- */

%type dml {ast_statement *}
%type insert {ast_insert *}
%type insert_head {ast_insert *}
%type insert_start {ast_insert *}
%type insert_directory {ast_insert_directory *}
%type partition_opt {ast_partition_spec *}
%type partition {ast_partition_spec *}
%type partition_items {parser_partition_items *}
%type partition_item {ast_partition_item *}
%type if_not_exists {int}
%type if_exists {int}
%type assignments {ast_list *}
%type assignment {ast_assignment *}

dml(A) ::= insert(I). { A = &I->node; }
dml(A) ::= with_clause(W) insert(I). { A = parser_insert_with(p, W, I); }
insert(A) ::= insert_head(I) query(Q). { A = parser_insert_query(p, I, Q); }
insert(A) ::= insert_head(I) LP ident_list(L) RP query(Q). {
    A = parser_insert_query(p, I, Q);
    A->columns = parser_idents(L);
}
insert(A) ::= insert_head(I) LP ident_list(L) RP BY NAME query(Q). {
    A = parser_insert_query(p, I, Q);
    A->columns = parser_idents(L);
    A->by_name = true;
}
insert(A) ::= insert_head(I) BY NAME query(Q). {
    A = parser_insert_query(p, I, Q);
    A->by_name = true;
}
insert(A) ::= insert_head(I) REPLACE WHERE expr(E) query_np(Q). {
    A = parser_insert_query(p, I, Q);
    A->replace_where = E.e;
}
insert(A) ::= insert_head(I) BY NAME REPLACE WHERE expr(E) query_np(Q). {
    A = parser_insert_query(p, I, Q);
    A->replace_where = E.e;
    A->by_name = true;
}
insert(A) ::= insert_head(I) REPLACE USING LP ident_list(L) RP query(Q). {
    A = parser_insert_query(p, I, Q);
    A->replace_using = parser_idents(L);
}
insert(A) ::= insert_head(I) REPLACE ON expr(E) query_np(Q). {
    A = parser_insert_query(p, I, Q);
    A->replace_on = E.e;
}
insert(A) ::= insert_head(I) DEFAULT VALUES. {
    A = I;
    A->default_values = true;
    A->node.span.end = p->previous.end;
}
insert_start(A) ::= INSERT(K) INTO table_word_opt. {
    A = PARSER_NODE(p, ast_insert, INSERT, K.start);
}
insert_start(A) ::= INSERT(K) WITH SCHEMA EVOLUTION INTO table_word_opt. {
    A = PARSER_NODE(p, ast_insert, INSERT, K.start);
    A->with_schema_evolution = true;
}
insert_start(A) ::= INSERT(K) OVERWRITE table_word_opt. {
    A = PARSER_NODE(p, ast_insert, INSERT, K.start);
    A->overwrite = true;
}
insert_start(A) ::= INSERT(K) OVERWRITE INTO table_word_opt. {
    A = PARSER_NODE(p, ast_insert, INSERT, K.start);
    A->overwrite = true;
}
insert_head(A) ::= insert_start(I) name(N) options_opt(O) insert_alias(X) partition_opt(P)
                   if_not_exists(E). {
    A = I;
    A->table = N;
    A->options = parser_list(O);
    if (X.span.end != 0) A->table_alias = parser_ident(p, X);
    A->partition = P;
    A->if_not_exists = E;
}
%type insert_alias {parser_word}
insert_alias(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
insert_alias(A) ::= AS ident(I). { A = I; }
table_word_opt ::= .
table_word_opt ::= TABLE.

dml(A) ::= insert_directory(I) query(Q). { A = parser_insert_directory(p, I, Q); }
dml(A) ::= with_clause(W) insert_directory(I) query(Q). {
    parser_query_with(p, W, Q);
    A = parser_insert_directory(p, I, Q);
}
insert_directory(A) ::= INSERT(K) OVERWRITE local_opt(L) DIRECTORY STRING(S) directory_clauses(C). {
    A = PARSER_NODE(p, ast_insert_directory, INSERT_DIRECTORY, K.start);
    A->local = L;
    A->path = parser_string(p, S);
    A->clauses = C;
}
insert_directory(A) ::= INSERT(K) OVERWRITE local_opt(L) DIRECTORY directory_clauses(C). {
    A = PARSER_NODE(p, ast_insert_directory, INSERT_DIRECTORY, K.start);
    A->local = L;
    A->clauses = C;
}
%type directory_clauses {ast_table_clauses *}
directory_clauses(A) ::= . {
    A = PARSER_NODE(p, ast_table_clauses, TABLE_CLAUSES, p->previous.end);
}
directory_clauses(A) ::= directory_clauses(C) USING name(N). {
    A = C;
    A->provider = N;
}
directory_clauses(A) ::= directory_clauses(C) OPTIONS properties(L). {
    A = C;
    A->options = parser_list(L);
}
directory_clauses(A) ::= directory_clauses(C) PARTITIONED(K) BY LP partition_fields(L) RP. {
    A = C;
    parser_once(p, A->partitioned_by_count > 0, "PARTITIONED BY", K);
    A->partitioned_by = L->items;
    A->partitioned_by_count = L->count;
}
directory_clauses(A) ::= directory_clauses(C) row_format(R). {
    A = C;
    A->row_format = R;
}
directory_clauses(A) ::= directory_clauses(C) STORED AS ident(I). {
    A = C;
    A->stored_as = parser_ident(p, I);
}
%type local_opt {int}
local_opt(A) ::= . { A = 0; }
local_opt(A) ::= LOCAL. { A = 1; }

/* FROM t INSERT INTO a SELECT .. INSERT INTO b SELECT .. */
dml(A) ::= multi_insert(M). { A = M; }
dml(A) ::= with_clause(W) multi_insert(M). { A = parser_multi_insert_with(p, W, M); }
%type multi_insert {ast_statement *}
%type branches {ast_list *}
%type branch {ast_node *}
multi_insert(A) ::= from_clause(F) branches(L). { A = parser_multi_insert(p, F, L); }
branches(A) ::= branch(X). { A = parser_push(p, NULL, X); }
branches(A) ::= branches(L) branch(X). { A = parser_push(p, L, X); }
branch(A) ::= insert_head(I) branch_query(Q). { A = &parser_insert_query(p, I, Q)->node; }
branch(A) ::= insert_head(I) LP ident_list(L) RP branch_query(Q). {
    parser_insert_query(p, I, Q);
    I->columns = parser_idents(L);
    A = &I->node;
}
branch(A) ::= insert_head(I) BY NAME branch_query(Q). {
    parser_insert_query(p, I, Q);
    I->by_name = true;
    A = &I->node;
}
branch(A) ::= insert_directory(I) branch_query(Q). { A = parser_insert_directory(p, I, Q); }
%type branch_query {ast_query *}
%type branch_select {ast_body *}
branch_query(A) ::= branch_select(B). { A = parser_query(p, B->span.start, B); }
branch_query(A) ::= branch_select(B) query_clauses(C). {
    A = parser_query_clauses(p, B->span.start, B, C);
}
branch_select(A) ::= select_head(S) from_first_views(V) where_opt(W) group_opt(G) having_opt(H)
                     qualify_opt(Q) windows_opt(D). {
    A = parser_select(p, S, V, W, G, H, Q, D);
}
branch_select(A) ::= transform(T) where_opt(W). {
    A = parser_transform_done(p, T, NULL, W, NULL, NULL, NULL);
}

partition_opt(A) ::= . [HIGH] { A = NULL; }
partition_opt(A) ::= partition(A).
partition(A) ::= PARTITION(K) LP partition_items(L) RP. {
    A = PARSER_NODE(p, ast_partition_spec, PARTITION_SPEC, K.start);
    A->items = L->items;
    A->count = L->count;
}
partition_items(A) ::= partition_item(X). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, *X);
}
partition_items(A) ::= partition_items(L) COMMA partition_item(X). {
    A = L;
    PARSER_PUSH(p, A, *X);
}
partition_item(A) ::= ident(I). { A = parser_partition_item(p, I, AST_OP_EQUAL, NULL); }
partition_item(A) ::= ident(I) comparison(O) value(V). {
    A = parser_partition_item(p, I, O, parser_default_or(p, V.e));
}
%type comparison {int}
comparison(A) ::= EQ. { A = AST_OP_EQUAL; }
comparison(A) ::= NE. { A = AST_OP_NOT_EQUAL; }
comparison(A) ::= LT. { A = AST_OP_LESS; }
comparison(A) ::= LE. { A = AST_OP_LESS_EQUAL; }
comparison(A) ::= GT. { A = AST_OP_GREATER; }
comparison(A) ::= GE. { A = AST_OP_GREATER_EQUAL; }
comparison(A) ::= NSEQ. { A = AST_OP_NULL_SAFE_EQUAL; }

if_not_exists(A) ::= . { A = 0; }
if_not_exists(A) ::= IF NOT EXISTS. { A = 1; }
if_not_exists(A) ::= IF BANG EXISTS. { A = 1; }
if_exists(A) ::= . { A = 0; }
if_exists(A) ::= IF EXISTS. { A = 1; }

assignments(A) ::= assignment(X). { A = parser_push(p, NULL, X); }
assignments(A) ::= assignments(L) COMMA assignment(X). { A = parser_push(p, L, X); }
assignment(A) ::= name(N) EQ expr(E). { A = parser_assignment(p, N, E.e); }

%type update {ast_update *}
dml(A) ::= update(U). { A = &U->node; }
dml(A) ::= with_clause(W) update(U). {
    U->recursive = W->recursive;
    U->ctes = W->ctes;
    U->node.span.start = W->node.span.start;
    parser_adopt(p, U, W);
    A = &U->node;
}
update(A) ::= UPDATE(K) name(N) alias_opt(I) SET assignments(L) from_opt(F) where_opt(W). {
    A = PARSER_NODE(p, ast_update, UPDATE, K.start);
    A->table = N;
    if (I != NULL) PARSER_COPY(A->alias, I);
    A->assignments = parser_list(L);
    A->from = F;
    A->where = W;
    parser_adopt_list(p, A, L);
    parser_adopt(p, A, F);
    parser_adopt(p, A, W);
}
%type delete {ast_delete *}
dml(A) ::= delete(D). { A = &D->node; }
dml(A) ::= with_clause(W) delete(D). {
    D->recursive = W->recursive;
    D->ctes = W->ctes;
    D->node.span.start = W->node.span.start;
    parser_adopt(p, D, W);
    A = &D->node;
}
delete(A) ::= DELETE(K) FROM name(N) alias_opt(I) where_opt(W). {
    A = PARSER_NODE(p, ast_delete, DELETE, K.start);
    A->table = N;
    if (I != NULL) PARSER_COPY(A->alias, I);
    A->where = W;
    parser_adopt(p, A, W);
}
delete(A) ::= DELETE(K) FROM name(N) alias_opt(I) USING from_list(R) where_opt(W). {
    A = PARSER_NODE(p, ast_delete, DELETE, K.start);
    A->table = N;
    if (I != NULL) PARSER_COPY(A->alias, I);
    A->using_relation = R;
    A->where = W;
    parser_adopt(p, A, R);
    parser_adopt(p, A, W);
}

%type merge {ast_merge *}
%type merge_clauses {ast_list *}
%type merge_clause {ast_merge_clause *}
%type merge_action {ast_merge_clause *}
%type evolution_opt {int}
%type and_opt {ast_expr *}
dml(A) ::= merge(M). { A = &M->node; }
dml(A) ::= with_clause(W) merge(M). {
    M->recursive = W->recursive;
    M->ctes = W->ctes;
    M->node.span.start = W->node.span.start;
    parser_adopt(p, M, W);
    A = &M->node;
}
merge(A) ::= MERGE(K) evolution_opt(V) INTO name(N) alias_opt(I) USING relation_primary(R) ON
             expr(E)
             merge_clauses(L). {
    A = PARSER_NODE(p, ast_merge, MERGE, K.start);
    A->with_schema_evolution = V;
    A->target = N;
    if (I != NULL) PARSER_COPY(A->target_alias, I);
    A->source = R;
    A->on = E.e;
    A->clauses = parser_list(L);
    parser_adopt(p, A, R);
    parser_adopt(p, A, E.e);
    parser_adopt_list(p, A, L);
    if (L == NULL) parser_syntax_error_at(p, (span){p->previous.end, p->previous.end});
}
evolution_opt(A) ::= . { A = 0; }
evolution_opt(A) ::= WITH SCHEMA EVOLUTION. { A = 1; }
merge_clauses(A) ::= . { A = NULL; }
merge_clauses(A) ::= merge_clauses(L) merge_clause(C). { A = parser_push(p, L, C); }
merge_clause(A) ::= WHEN(K) MATCHED and_opt(E) THEN merge_action(C). {
    A = parser_merge_when(p, K.start, AST_MERGE_MATCHED, E, C);
}
merge_clause(A) ::= WHEN(K) NOT MATCHED and_opt(E) THEN merge_action(C). {
    A = parser_merge_when(p, K.start, AST_MERGE_NOT_MATCHED, E, C);
}
merge_clause(A) ::= WHEN(K) NOT MATCHED BY TARGET and_opt(E) THEN merge_action(C). {
    A = parser_merge_when(p, K.start, AST_MERGE_NOT_MATCHED, E, C);
}
merge_clause(A) ::= WHEN(K) NOT MATCHED BY SOURCE and_opt(E) THEN merge_action(C). {
    A = parser_merge_when(p, K.start, AST_MERGE_NOT_MATCHED_BY_SOURCE, E, C);
}
and_opt(A) ::= . { A = NULL; }
and_opt(A) ::= AND expr(E). { A = E.e; }
merge_action(A) ::= DELETE(K). { A = parser_merge_action(p, K.start, AST_MERGE_DELETE); }
merge_action(A) ::= UPDATE(K) SET STAR star_except(L). {
    A = parser_merge_action(p, K.start, AST_MERGE_UPDATE_ALL);
    A->except = parser_list(L);
}
merge_action(A) ::= UPDATE(K) SET assignments(L). {
    A = parser_merge_action(p, K.start, AST_MERGE_UPDATE);
    A->assignments = parser_list(L);
    parser_adopt_list(p, A, L);
}
merge_action(A) ::= INSERT(K) STAR star_except(L). {
    A = parser_merge_action(p, K.start, AST_MERGE_INSERT_ALL);
    A->except = parser_list(L);
}
merge_action(A) ::= INSERT(K) LP name_list(N) RP VALUES LP expr_list(L) RP. {
    A = parser_merge_insert(p, K.start, N, L);
}
merge_action(A) ::= INSERT(K) VALUES LP expr_list(L) RP. {
    A = parser_merge_insert(p, K.start, NULL, L);
}

%type copy_into {ast_copy_into *}
%type copy_source {ast_copy_into *}
dml(A) ::= copy_into(C). {
    A = &C->node;
    C->node.span.end = p->previous.end;
}
copy_into(A) ::= COPY(K) INTO name(N) ident_list_opt(L) copy_by(B) FROM copy_source(S). {
    A = S;
    A->node.span = parser_span(p, K.start);
    A->table = N;
    A->columns = parser_idents(L);
    A->by_position = B;
}
%type copy_by {int}
copy_by(A) ::= . { A = 0; }
copy_by(A) ::= BY POSITION. { A = 1; }
copy_source(A) ::= STRING(S). {
    A = PARSER_NODE(p, ast_copy_into, COPY_INTO, S.start);
    A->path = parser_string(p, S);
}
copy_source(A) ::= query_parens(Q). {
    A = PARSER_NODE(p, ast_copy_into, COPY_INTO, Q.query->node.span.start);
    A->query = Q.query;
    parser_adopt(p, A, Q.query);
}
copy_source(A) ::= copy_source(S) WITH_OPTIONS LP copy_credentials(L) RP. {
    A = S;
    A->credential = parser_list(L);
}
copy_source(A) ::= copy_source(S) WITH CREDENTIAL ident(I). {
    A = S;
    A->credential_name = parser_ident(p, I);
}
%type copy_credentials {ast_list *}
copy_credentials(A) ::= CREDENTIAL properties(L). { A = L; }
copy_credentials(A) ::= copy_credentials(L) CREDENTIAL properties(M). {
    A = parser_append(p, L, M);
}
copy_credentials(A) ::= ENCRYPTION properties(L). { A = L; }
copy_credentials(A) ::= copy_credentials(L) ENCRYPTION properties(M). {
    A = parser_append(p, L, M);
}
copy_into(A) ::= copy_into(C) FILEFORMAT eq_opt ident(I). {
    A = C;
    A->file_format = parser_ident(p, I);
}
copy_into(A) ::= copy_into(C) VALIDATE. {
    A = C;
    A->validate = true;
}
copy_into(A) ::= copy_into(C) VALIDATE ALL. {
    A = C;
    A->validate = A->validate_all = true;
}
copy_into(A) ::= copy_into(C) VALIDATE INTEGER(T) ROWS. {
    A = C;
    A->validate = true;
    A->validate_rows = parser_number(p, T).e;
}
copy_into(A) ::= copy_into(C) FILES eq_opt LP expr_list(L) RP. {
    A = C;
    A->files = parser_list(L);
}
copy_into(A) ::= copy_into(C) PATTERN eq_opt STRING(S). {
    A = C;
    A->pattern = parser_string(p, S);
}
copy_into(A) ::= copy_into(C) FORMAT_OPTIONS properties(L). {
    A = C;
    A->format_options = parser_list(L);
}
copy_into(A) ::= copy_into(C) COPY_OPTIONS properties(L). {
    A = C;
    A->copy_options = parser_list(L);
}
eq_opt ::= .
eq_opt ::= EQ.

dml(A) ::= COPY(K) name(N) ident_list_opt(L) TO STRING(S) copy_options(O). {
    ast_copy_to *c = PARSER_NODE(p, ast_copy_to, COPY_TO, K.start);
    c->table = N;
    c->columns = parser_idents(L);
    c->path = parser_string(p, S);
    c->options = parser_list(O);
    A = &c->node;
}
dml(A) ::= COPY(K) query_parens(Q) TO STRING(S) copy_options(O). {
    ast_copy_to *c = PARSER_NODE(p, ast_copy_to, COPY_TO, K.start);
    c->query = Q.query;
    c->path = parser_string(p, S);
    c->options = parser_list(O);
    parser_adopt(p, c, Q.query);
    A = &c->node;
}
%type copy_options {ast_list *}
copy_options(A) ::= . { A = NULL; }
copy_options(A) ::= properties(A).
copy_options(A) ::= WITH_OPTIONS properties(L). { A = L; }
copy_options(A) ::= OPTIONS properties(L). { A = L; }

dml(A) ::= LOAD(K) DATA local_opt(L) INPATH STRING(S) overwrite_opt(O) INTO TABLE name(N)
           partition_opt(P). {
    ast_load_data *l = PARSER_NODE(p, ast_load_data, LOAD_DATA, K.start);
    l->local = L;
    l->overwrite = O;
    l->path = parser_string(p, S);
    l->table = N;
    l->partition = P;
    A = &l->node;
}
%type overwrite_opt {int}
overwrite_opt(A) ::= . { A = 0; }
overwrite_opt(A) ::= OVERWRITE. { A = 1; }

/* ---- properties ------------------------------------------------------------------------------ */

%type properties {ast_list *}
%type property_list {ast_list *}
%type property {ast_property *}
properties(A) ::= LP property_list(L) RP. { A = L; }
property_list(A) ::= property(X). { A = parser_push(p, NULL, X); }
property_list(A) ::= property_list(L) COMMA property(X). { A = parser_push(p, L, X); }
property(A) ::= name(N). [LOW] { A = parser_property(p, N, NULL); }
property(A) ::= name(N) EQ expr(E). { A = parser_property(p, N, E.e); }
property(A) ::= name(N) literal(E). { A = parser_property(p, N, E.e); }
property(A) ::= name(N) word(W). {
    A = parser_property(p, N, parser_column(p, parser_name(p, W)).e);
}
property(A) ::= STRING(S). [LOW] { A = parser_property_quoted(p, S, NULL); }
property(A) ::= STRING(S) EQ expr(E). { A = parser_property_quoted(p, S, E.e); }
property(A) ::= STRING(S) property_value(E). { A = parser_property_quoted(p, S, E.e); }
%type property_value {parser_expr}
property_value(A) ::= INTEGER(T). { A = parser_number(p, T); }
property_value(A) ::= NUMBER(T). { A = parser_number(p, T); }
property_value(A) ::= STRING(T). { A = parser_string_literal(p, T); }
property_value(A) ::= TRUE(K). { A = parser_literal(p, AST_LITERAL_TRUE, SV("true"), K.start); }
property_value(A) ::= FALSE(K). { A = parser_literal(p, AST_LITERAL_FALSE, SV("false"), K.start); }

/* ---- CREATE ---------------------------------------------------------------------------------- */

%type definition {ast_statement *}
%type create_head {parser_token}
%type table_head {ast_create_table *}
%type table_elements {ast_create_table *}
%type as_query_opt {ast_query *}
%type table_clauses {ast_table_clauses *}

/* code of the token: 1 for OR REPLACE */
create_head(A) ::= CREATE(K). {
    A = K;
    A.code = 0;
}
create_head(A) ::= CREATE(K) OR REPLACE. {
    A = K;
    A.code = 1;
}
table_head(A) ::= CREATE(K) OR REFRESH STREAMING TABLE if_not_exists(E) name(N). {
    K.code = 0;
    A = parser_table_head(p, K, E, N);
    A->streaming = true;
    A->or_refresh = true;
}

definition(A) ::= table_head(T) LP table_elements(E) RP table_clauses(C) as_query_opt(Q). {
    A = parser_create_table(p, T, E, C, Q);
}
definition(A) ::= table_head(T) table_clauses(C) as_query_opt(Q). {
    A = parser_create_table(p, T, NULL, C, Q);
}
table_head(A) ::= create_head(K) TABLE if_not_exists(E) name(N). {
    A = parser_table_head(p, K, E, N);
}
table_head(A) ::= create_head(K) TEMPORARY TABLE if_not_exists(E) name(N). {
    A = parser_table_head(p, K, E, N);
    A->temporary = true;
}
table_head(A) ::= create_head(K) EXTERNAL TABLE if_not_exists(E) name(N). {
    A = parser_table_head(p, K, E, N);
    A->external = true;
}
table_head(A) ::= create_head(K) STREAMING TABLE if_not_exists(E) name(N). {
    A = parser_table_head(p, K, E, N);
    A->streaming = true;
}
table_head(A) ::= REPLACE(K) TABLE name(N). {
    A = parser_table_head(p, K, false, N);
    A->or_replace = false;
    A->replace_only = true;
}
as_query_opt(A) ::= . { A = NULL; }
as_query_opt(A) ::= AS query(Q). { A = Q; }
as_query_opt(A) ::= query(Q). { A = Q; }

definition(A) ::= create_head(K) TABLE if_not_exists(E) name(N) LIKE name(S) table_clauses(C). {
    A = parser_create_table_like(p, K, false, E, N, S, C);
}
definition(A) ::= create_head(K) TEMPORARY TABLE if_not_exists(E) name(N) LIKE name(S)
                  table_clauses(C). {
    A = parser_create_table_like(p, K, true, E, N, S, C);
}
definition(A) ::= create_head(K) TABLE if_not_exists(E) name(N) clone_word(D) CLONE name(S)
                  travel_opt(V) table_clauses(C). {
    A = parser_clone_table(p, K, E, N, D, S, V, C);
}
%type clone_word {int}
clone_word(A) ::= . { A = 0; }
clone_word(A) ::= SHALLOW. { A = 1; }
clone_word(A) ::= DEEP. { A = 0; }

table_elements(A) ::= column_def(C). {
    A = parser_memory(p, sizeof(*A));
    parser_add_element(p, A, C, NULL);
}
table_elements(A) ::= table_constraint(C). {
    A = parser_memory(p, sizeof(*A));
    parser_add_element(p, A, NULL, C);
}
table_elements(A) ::= table_elements(L) COMMA column_def(C). {
    A = L;
    parser_add_element(p, A, C, NULL);
}
table_elements(A) ::= table_elements(L) COMMA table_constraint(C). {
    A = L;
    parser_add_element(p, A, NULL, C);
}

%type column_def {ast_column_def *}
%type column_options {ast_column_def *}
%type column_defs {ast_list *}
%type parameters_opt {ast_list *}
%type parameters {ast_list *}
%type parameter_def {ast_column_def *}
column_def(A) ::= column_options(C). {
    A = C;
    A->node.span.end = p->previous.end;
}
column_defs(A) ::= column_def(C). { A = parser_push(p, NULL, C); }
column_defs(A) ::= column_defs(L) COMMA column_def(C). { A = parser_push(p, L, C); }
parameters_opt(A) ::= . { A = NULL; }
parameters_opt(A) ::= parameters(A).
parameters(A) ::= parameter_def(C). { A = parser_push(p, NULL, C); }
parameters(A) ::= parameters(L) COMMA parameter_def(C). { A = parser_push(p, L, C); }
parameter_def(A) ::= column_def(A).
parameter_def(A) ::= IN column_def(C). { A = C; }
parameter_def(A) ::= OUT column_def(C). {
    A = C;
    A->mode = AST_PARAMETER_OUT;
}
parameter_def(A) ::= INOUT column_def(C). {
    A = C;
    A->mode = AST_PARAMETER_INOUT;
}
column_options(A) ::= name(N) type(T). { A = parser_column_def(p, N, T); }
column_options(A) ::= column_options(C) NOT_NULL(K). {
    A = C;
    parser_once(p, A->not_null, "NOT NULL", K);
    A->not_null = true;
}
column_options(A) ::= column_options(C) NULL. { A = C; }
column_options(A) ::= column_options(C) DEFAULT(K) expr(E). {
    A = C;
    parser_once(p, A->default_value != NULL, "DEFAULT", K);
    A->default_value = E.e;
    A->default_text = parser_copy_text(p, E.outer.start, E.outer.end);
    parser_adopt(p, A, E.e);
}
column_options(A) ::= column_options(C) COMMENT(K) STRING(S). {
    A = C;
    parser_once(p, A->comment.data != NULL, "COMMENT", K);
    A->comment = parser_string(p, S);
}
column_options(A) ::= column_options(C) GENERATED(K) ALWAYS AS LP(L) expr(E) RP(R). {
    A = C;
    parser_once(p, A->generated != AST_GENERATED_NO, "GENERATED ALWAYS AS", K);
    A->generated = AST_GENERATED_EXPRESSION;
    A->generation = E.e;
    A->generation_text = parser_copy_text(p, L.end, R.start);
    parser_adopt(p, A, E.e);
}
column_options(A) ::= column_options(C) GENERATED(K) ALWAYS AS IDENTITY identity_opt(I). {
    A = parser_identity(p, C, K, AST_GENERATED_ALWAYS_IDENTITY, I);
}
column_options(A) ::= column_options(C) GENERATED(K) BY DEFAULT AS IDENTITY identity_opt(I). {
    A = parser_identity(p, C, K, AST_GENERATED_DEFAULT_IDENTITY, I);
}
column_options(A) ::= column_options(C) column_constraint(X). {
    A = C;
    parser_push(p, &A->constraints, X);
    parser_adopt(p, A, X);
}
column_options(A) ::= column_options(C) MASK name(N) mask_using(L). {
    A = C;
    A->mask = N->parts;
    A->mask_using = parser_list(L);
}
column_options(A) ::= column_options(C) FIRST. {
    A = C;
    A->position = AST_POSITION_FIRST;
}
column_options(A) ::= column_options(C) AFTER ident(I). {
    A = C;
    A->position = AST_POSITION_AFTER;
    A->after = parser_ident(p, I);
}
%type mask_using {ast_list *}
mask_using(A) ::= . { A = NULL; }
mask_using(A) ::= USING COLUMNS LP expr_list(L) RP. { A = L; }
%type identity_opt {ast_column_def *}
%type identity_options {ast_column_def *}
identity_opt(A) ::= . { A = NULL; }
identity_opt(A) ::= LP identity_options(I) RP. { A = I; }
identity_options(A) ::= . { A = parser_memory(p, sizeof(*A)); }
identity_options(A) ::= identity_options(I) START WITH INTEGER(T). {
    A = I;
    parser_once(p, A->identity_start != NULL, "START", T);
    A->identity_start = parser_number(p, T).e;
}
identity_options(A) ::= identity_options(I) INCREMENT BY INTEGER(T). {
    A = I;
    parser_once(p, A->identity_step != NULL, "STEP", T);
    A->identity_step = parser_number(p, T).e;
}

%type table_constraint {ast_constraint *}
%type column_constraint {ast_constraint *}
%type constraint_body {ast_constraint *}
%type constraint_inline {ast_constraint *}
%type key_columns {ast_constraint *}
table_constraint(A) ::= CONSTRAINT(K) ident(I) constraint_body(C). {
    A = C;
    A->name = parser_ident(p, I);
    A->node.span = parser_span(p, K.start);
}
table_constraint(A) ::= constraint_body(C). { A = C; }
constraint_body(A) ::= PRIMARY(K) KEY LP key_columns(C) RP. {
    A = C;
    A->type = AST_CONSTRAINT_PRIMARY_KEY;
    A->node.span = parser_span(p, K.start);
}
constraint_body(A) ::= UNIQUE(K) LP ident_list(L) RP. {
    A = parser_constraint(p, AST_CONSTRAINT_UNIQUE, K.start);
    A->columns = parser_idents(L);
}
constraint_body(A) ::= FOREIGN(K) KEY LP ident_list(L) RP REFERENCES name(N) ident_list_opt(R). {
    A = parser_constraint(p, AST_CONSTRAINT_FOREIGN_KEY, K.start);
    A->columns = parser_idents(L);
    A->references = N;
    A->referenced_columns = parser_idents(R);
}
constraint_body(A) ::= CHECK(K) LP(L) expr(E) RP(R). { A = parser_check(p, K, L, E, R); }
constraint_body(A) ::= EXPECT(K) LP(L) expr(E) RP(R). {
    A = parser_check(p, K, L, E, R);
    A->type = AST_CONSTRAINT_EXPECT;
}
constraint_body(A) ::= constraint_body(C) ON VIOLATION DROP ROW. {
    A = C;
    A->violation = AST_VIOLATION_DROP_ROW;
}
constraint_body(A) ::= constraint_body(C) ON VIOLATION FAIL UPDATE. {
    A = C;
    A->violation = AST_VIOLATION_FAIL;
}
constraint_body(A) ::= constraint_body(C) constraint_trait(T). {
    A = C;
    parser_add_trait(p, A, T);
}
key_columns(A) ::= ident(I) timeseries_opt(T). {
    A = parser_constraint(p, AST_CONSTRAINT_PRIMARY_KEY, I.span.start);
    A->timeseries = T;
    parser_push_word(p, &A->columns, I);
}
key_columns(A) ::= key_columns(C) COMMA ident(I) timeseries_opt(T). {
    A = C;
    A->timeseries |= T;
    parser_push_word(p, &A->columns, I);
}
%type timeseries_opt {int}
timeseries_opt(A) ::= . { A = 0; }
timeseries_opt(A) ::= TIMESERIES. { A = 1; }
column_constraint(A) ::= CONSTRAINT(K) ident(I) constraint_inline(C). {
    A = C;
    A->name = parser_ident(p, I);
    A->node.span = parser_span(p, K.start);
}
column_constraint(A) ::= constraint_inline(A). [LOW]
constraint_inline(A) ::= PRIMARY(K) KEY. {
    A = parser_constraint(p, AST_CONSTRAINT_PRIMARY_KEY, K.start);
}
constraint_inline(A) ::= UNIQUE(K). { A = parser_constraint(p, AST_CONSTRAINT_UNIQUE, K.start); }
constraint_inline(A) ::= REFERENCES(K) name(N) ident_list_opt(R). {
    A = parser_constraint(p, AST_CONSTRAINT_FOREIGN_KEY, K.start);
    A->references = N;
    A->referenced_columns = parser_idents(R);
}
constraint_inline(A) ::= FOREIGN(K) KEY REFERENCES name(N) ident_list_opt(R). {
    A = parser_constraint(p, AST_CONSTRAINT_FOREIGN_KEY, K.start);
    A->references = N;
    A->referenced_columns = parser_idents(R);
}
constraint_inline(A) ::= CHECK(K) LP(L) expr(E) RP(R). { A = parser_check(p, K, L, E, R); }
constraint_inline(A) ::= constraint_inline(C) constraint_trait(T). {
    A = C;
    parser_add_trait(p, A, T);
}
%type constraint_trait {span}
constraint_trait(A) ::= ENFORCED(K). { A = parser_span(p, K.start); }
constraint_trait(A) ::= NOT(K) ENFORCED. { A = parser_span(p, K.start); }
constraint_trait(A) ::= RELY(K). { A = parser_span(p, K.start); }
constraint_trait(A) ::= NORELY(K). { A = parser_span(p, K.start); }
constraint_trait(A) ::= DEFERRABLE(K). { A = parser_span(p, K.start); }
constraint_trait(A) ::= NOT(K) DEFERRABLE. { A = parser_span(p, K.start); }
constraint_trait(A) ::= INITIALLY(K) DEFERRED. { A = parser_span(p, K.start); }
constraint_trait(A) ::= INITIALLY(K) IMMEDIATE. { A = parser_span(p, K.start); }
constraint_trait(A) ::= MATCH(K) FULL. { A = parser_span(p, K.start); }
constraint_trait(A) ::= ON(K) UPDATE NO ACTION. { A = parser_span(p, K.start); }
constraint_trait(A) ::= ON(K) DELETE NO ACTION. { A = parser_span(p, K.start); }

table_clauses(A) ::= . [LOW] {
    A = PARSER_NODE(p, ast_table_clauses, TABLE_CLAUSES, p->previous.end);
}
table_clauses(A) ::= table_clauses(C) USING(K) name(N). {
    A = C;
    parser_once(p, A->provider != NULL, "USING", K);
    A->provider = N;
}
table_clauses(A) ::= table_clauses(C) OPTIONS(K) properties(L). {
    A = C;
    parser_once(p, A->options.count > 0, "OPTIONS", K);
    A->options = parser_list(L);
}
table_clauses(A) ::= table_clauses(C) TBLPROPERTIES(K) properties(L). {
    A = C;
    parser_once(p, A->properties.count > 0, "TBLPROPERTIES", K);
    A->properties = parser_list(L);
}
table_clauses(A) ::= table_clauses(C) PARTITIONED(K) BY LP partition_fields(L) RP. {
    A = C;
    parser_once(p, A->partitioned_by_count > 0, "PARTITIONED BY", K);
    A->partitioned_by = L->items;
    A->partitioned_by_count = L->count;
}
table_clauses(A) ::= table_clauses(C) PARTITIONED ON LP ident_list(L) RP. {
    A = C;
    A->partitioned_on = parser_idents(L);
}
table_clauses(A) ::= table_clauses(C) CLUSTER(K) BY LP name_list(L) RP. {
    A = C;
    parser_once(p, A->has_cluster_by, "CLUSTER BY", K);
    A->has_cluster_by = true;
    A->cluster_by = parser_list(L);
}
table_clauses(A) ::= table_clauses(C) CLUSTER(K) BY AUTO. {
    A = C;
    parser_once(p, A->has_cluster_by, "CLUSTER BY", K);
    A->has_cluster_by = A->cluster_by_auto = true;
}
table_clauses(A) ::= table_clauses(C) CLUSTER(K) BY NONE. {
    A = C;
    parser_once(p, A->has_cluster_by, "CLUSTER BY", K);
    A->has_cluster_by = A->cluster_by_none = true;
}
table_clauses(A) ::= table_clauses(C) CLUSTERED(K) BY LP ident_list(L) RP bucket_sort(S)
                     INTO INTEGER(T) BUCKETS. {
    A = C;
    parser_once(p, A->bucket_count != NULL, "CLUSTERED BY", K);
    A->bucket_columns = parser_idents(L);
    A->bucket_sort = parser_list(S);
    A->bucket_count = parser_number(p, T).e;
}
table_clauses(A) ::= table_clauses(C) SKEWED(K) BY LP ident_list(L) RP ON LP expr_list(V) RP
                     skewed_stored(S). {
    A = C;
    parser_once(p, A->skewed_by.count > 0, "SKEWED BY", K);
    A->skewed_by = parser_idents(L);
    A->skewed_on = parser_list(V);
    A->skewed_directories = S;
}
%type skewed_stored {int}
skewed_stored(A) ::= . [LOW] { A = 0; }
skewed_stored(A) ::= STORED AS DIRECTORIES. { A = 1; }
%type bucket_sort {ast_list *}
bucket_sort(A) ::= . { A = NULL; }
bucket_sort(A) ::= SORTED BY LP sort_list(L) RP. { A = L; }
table_clauses(A) ::= table_clauses(C) LOCATION(K) STRING(S). {
    A = C;
    parser_once(p, A->location.data != NULL, "LOCATION", K);
    A->location = parser_string(p, S);
}
table_clauses(A) ::= table_clauses(C) COMMENT(K) STRING(S). {
    A = C;
    parser_once(p, A->comment.data != NULL, "COMMENT", K);
    A->comment = parser_string(p, S);
}
table_clauses(A) ::= table_clauses(C) DEFAULT COLLATION(K) ident(I). {
    A = C;
    parser_once(p, ast_ident_given(&A->collation), "DEFAULT COLLATION", K);
    A->collation = parser_ident(p, I);
}
table_clauses(A) ::= table_clauses(C) row_format(R). {
    A = C;
    A->row_format = R;
}
table_clauses(A) ::= table_clauses(C) STORED(K) AS ident(I). {
    A = C;
    parser_once(p, ast_ident_given(&A->stored_as) || A->input_format.data != NULL,
                "STORED AS/BY", K);
    A->stored_as = parser_ident(p, I);
}
table_clauses(A) ::= table_clauses(C) STORED AS INPUTFORMAT STRING(I) OUTPUTFORMAT STRING(O). {
    A = C;
    A->input_format = parser_string(p, I);
    A->output_format = parser_string(p, O);
}
table_clauses(A) ::= table_clauses(C) STORED BY STRING(S) serde_properties(L). {
    A = C;
    A->stored_by = parser_string(p, S);
    A->stored_by_properties = parser_list(L);
}
table_clauses(A) ::= table_clauses(C) WITH ROW FILTER name(N) ON LP row_filter_columns(L) RP. {
    A = C;
    A->row_filter = N;
    A->row_filter_on = parser_list(L);
}
%type row_filter_columns {ast_list *}
row_filter_columns(A) ::= . { A = NULL; }
row_filter_columns(A) ::= expr_list(A).
table_clauses(A) ::= table_clauses(C) WITH SCHEMA schema_binding(S). {
    A = C;
    A->schema_binding = parser_ident_upper(p, S);
}
table_clauses(A) ::= table_clauses(C) SCHEDULE(K) schedule_words. {
    A = C;
    A->schedule = parser_copy_text(p, K.start, p->previous.end);
}
%type schema_binding {span}
schema_binding(A) ::= BINDING(K). { A = parser_span(p, K.start); }
schema_binding(A) ::= COMPENSATION(K). { A = parser_span(p, K.start); }
schema_binding(A) ::= EVOLUTION(K). { A = parser_span(p, K.start); }
schema_binding(A) ::= TYPE(K) EVOLUTION. { A = parser_span(p, K.start); }
schedule_words ::= refresh_opt EVERY INTEGER UNIT.
schedule_words ::= refresh_opt CRON STRING.
schedule_words ::= refresh_opt CRON STRING AT TIME ZONE STRING.
refresh_opt ::= .
refresh_opt ::= REFRESH.

%type partition_fields {parser_partition_fields *}
%type partition_field {ast_partition_field *}
partition_fields(A) ::= partition_field(F). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, *F);
}
partition_fields(A) ::= partition_fields(L) COMMA partition_field(F). {
    A = L;
    PARSER_PUSH(p, A, *F);
}
partition_field(A) ::= name(N). [LOW] {
    A = parser_memory(p, sizeof(*A));
    A->transform = parser_column(p, N).e;
}
partition_field(A) ::= name(N) LP expr_list_opt(L) RP. {
    A = parser_memory(p, sizeof(*A));
    A->transform = &parser_call(p, N, L)->node;
}
partition_field(A) ::= column_def(C). {
    A = parser_memory(p, sizeof(*A));
    A->column = C;
}

/* views */
%type view_columns {ast_list *}
%type view_column {ast_column_def *}
%type view_kind {int}
definition(A) ::= create_head(K) view_kind(T) VIEW if_not_exists(E) name(N) view_columns(L)
                  table_clauses(C) AS(S) query(Q). {
    A = parser_create_view(p, K, T, E, N, L, C, S, Q);
}
definition(A) ::= create_head(K) view_kind(T) VIEW if_not_exists name(N) view_columns(L)
                  table_clauses(C). {
    A = parser_create_view_using(p, K, T, N, L, C);
}
%type options_clause {ast_list *}
options_clause(A) ::= . { A = NULL; }
options_clause(A) ::= OPTIONS properties(L). { A = L; }
view_kind(A) ::= . { A = AST_VIEW_PLAIN; }
view_kind(A) ::= TEMPORARY. { A = AST_VIEW_TEMP; }
view_kind(A) ::= GLOBAL TEMPORARY. { A = AST_VIEW_GLOBAL_TEMP; }
view_kind(A) ::= MATERIALIZED. { A = AST_VIEW_MATERIALIZED; }
view_columns(A) ::= . [LOW] { A = NULL; }
view_columns(A) ::= LP view_column_list(L) RP. { A = L; }
%type view_column_list {ast_list *}
view_column_list(A) ::= view_column(C). { A = parser_push(p, NULL, C); }
view_column_list(A) ::= view_column_list(L) COMMA view_column(C). { A = parser_push(p, L, C); }
view_column_list(A) ::= view_column_list(L) COMMA table_constraint(C). { A = parser_push(p, L, C); }
view_column(A) ::= name(N). { A = parser_column_def(p, N, NULL); }
view_column(A) ::= name(N) COMMENT STRING(S). {
    A = parser_column_def(p, N, NULL);
    A->comment = parser_string(p, S);
}
view_column(A) ::= column_def(A).

/* schemas, catalogs */
%type schema_clauses {ast_create_schema *}
definition(A) ::= create_head(K) SCHEMA if_not_exists(E) name(N) schema_clauses(C). {
    C->or_replace = K.code;
    C->if_not_exists = E;
    C->name = N;
    C->node.span = parser_span(p, K.start);
    parser_no_replace(p, K);
    A = &C->node;
}
schema_clauses(A) ::= . { A = PARSER_NODE(p, ast_create_schema, CREATE_SCHEMA, 0); }
schema_clauses(A) ::= schema_clauses(C) COMMENT(K) STRING(S). {
    A = C;
    parser_once(p, A->comment.data != NULL, "COMMENT", K);
    A->comment = parser_string(p, S);
}
schema_clauses(A) ::= schema_clauses(C) LOCATION(K) STRING(S). {
    A = C;
    parser_once(p, A->location.data != NULL, "LOCATION", K);
    A->location = parser_string(p, S);
}
schema_clauses(A) ::= schema_clauses(C) MANAGED LOCATION(K) STRING(S). {
    A = C;
    parser_once(p, A->managed_location.data != NULL, "MANAGED LOCATION", K);
    A->managed_location = parser_string(p, S);
}
schema_clauses(A) ::= schema_clauses(C) DEFAULT COLLATION ident(I). {
    A = C;
    A->collation = parser_ident(p, I);
}
schema_clauses(A) ::= schema_clauses(C) WITH DBPROPERTIES(K) properties(L). {
    A = C;
    parser_once(p, A->properties.count > 0, "WITH PROPERTIES", K);
    A->properties = parser_list(L);
}
%type catalog_clauses {ast_create_catalog *}
definition(A) ::= create_head(K) CATALOG if_not_exists(E) name(N) catalog_clauses(C). {
    C->if_not_exists = E;
    C->name = N;
    C->node.span = parser_span(p, K.start);
    parser_no_replace(p, K);
    A = &C->node;
}
catalog_clauses(A) ::= . { A = PARSER_NODE(p, ast_create_catalog, CREATE_CATALOG, 0); }
catalog_clauses(A) ::= catalog_clauses(C) USING ident(I). {
    A = C;
    A->provider = parser_ident(p, I);
}
catalog_clauses(A) ::= catalog_clauses(C) COMMENT STRING(S). {
    A = C;
    A->comment = parser_string(p, S);
}
catalog_clauses(A) ::= catalog_clauses(C) MANAGED LOCATION STRING(S). {
    A = C;
    A->managed_location = parser_string(p, S);
}
catalog_clauses(A) ::= catalog_clauses(C) DEFAULT COLLATION ident(I). {
    A = C;
    A->collation = parser_ident(p, I);
}
catalog_clauses(A) ::= catalog_clauses(C) OPTIONS properties(L). {
    A = C;
    A->options = parser_list(L);
}

/* functions, procedures */
%type function_head {ast_create_function *}
%type function_traits {ast_create_function *}
definition(A) ::= function_head(F) AS STRING(S) resources_opt(R). {
    A = parser_function_class(p, F, S, R);
}
definition(A) ::= function_head(F) LP parameters_opt(L) RP function_traits(T) RETURN(K) expr(E). {
    A = parser_function(p, F, L, T, K, (parser_function_body){.expr = E.e});
}
definition(A) ::= function_head(F) LP parameters_opt(L) RP function_traits(T) RETURN(K)
                  query_np(Q). {
    A = parser_function(p, F, L, T, K, (parser_function_body){.query = Q});
}
definition(A) ::= function_head(F) LP parameters_opt(L) RP function_traits(T) block(B). {
    A = parser_function(p, F, L, T, p->previous, (parser_function_body){.block = B});
}
definition(A) ::= function_head(F) LP parameters_opt(L) RP function_traits(T) AS block(B). {
    A = parser_function(p, F, L, T, p->previous, (parser_function_body){.block = B});
}
definition(A) ::= function_head(F) LP parameters_opt(L) RP function_traits(T) AS code_text(S). {
    A = parser_function_code(p, F, L, T, S);
}
%type code_text {parser_token}
code_text(A) ::= DOLLAR_STRING(A).
code_text(A) ::= STRING(A).
function_head(A) ::= create_head(K) FUNCTION if_not_exists(E) name(N). {
    A = parser_function_head(p, K, E, N);
}
function_head(A) ::= create_head(K) TEMPORARY FUNCTION if_not_exists(E) name(N). {
    A = parser_function_head(p, K, E, N);
    A->temporary = true;
    parser_check_temp_function(p, A);
}
function_head(A) ::= create_head(K) PROCEDURE if_not_exists(E) name(N). {
    A = parser_function_head(p, K, E, N);
    A->procedure = true;
}
%type resources_opt {ast_list *}
%type resources {ast_list *}
%type resource {ast_property *}
resources_opt(A) ::= . { A = NULL; }
resources_opt(A) ::= USING resources(L). { A = L; }
resources(A) ::= resource(R). { A = parser_push(p, NULL, R); }
resources(A) ::= resources(L) COMMA resource(R). { A = parser_push(p, L, R); }
resource(A) ::= ident(I) STRING(S). {
    A = parser_property(p, parser_name(p, I), parser_string_literal(p, S).e);
}
function_traits(A) ::= . { A = parser_memory(p, sizeof(*A)); }
function_traits(A) ::= function_traits(F) RETURNS(K) type(T). {
    A = F;
    parser_once(p, A->returns != AST_RETURNS_UNSET, "RETURNS", K);
    A->returns = AST_RETURNS_TYPE;
    A->return_type = T;
}
function_traits(A) ::= function_traits(F) RETURNS TABLE LP column_defs(L) RP. {
    A = F;
    A->returns = AST_RETURNS_TABLE;
    A->return_columns = parser_list(L);
}
function_traits(A) ::= function_traits(F) RETURNS TABLE. [LOW] {
    A = F;
    A->returns = AST_RETURNS_TABLE;
}
function_traits(A) ::= function_traits(F) LANGUAGE(K) ident(I). {
    A = F;
    parser_once(p, ast_ident_given(&A->language), "LANGUAGE", K);
    A->language = parser_ident(p, I);
}
function_traits(A) ::= function_traits(F) SPECIFIC(K) ident(I). {
    A = F;
    parser_once(p, ast_ident_given(&A->specific), "SPECIFIC", K);
    A->specific = parser_ident(p, I);
}
function_traits(A) ::= function_traits(F) DETERMINISTIC(K). {
    A = F;
    parser_once(p, A->deterministic || A->not_deterministic, "DETERMINISTIC", K);
    A->deterministic = true;
}
function_traits(A) ::= function_traits(F) NOT DETERMINISTIC(K). {
    A = F;
    parser_once(p, A->deterministic || A->not_deterministic, "DETERMINISTIC", K);
    A->not_deterministic = true;
}
function_traits(A) ::= function_traits(F) data_access(S). {
    A = F;
    A->data_access = parser_ident_upper(p, S);
}
%type data_access {span}
data_access(A) ::= NO(K) SQL. { A = (span){K.start, K.end}; }
data_access(A) ::= CONTAINS(K) SQL. { A = (span){K.start, K.end}; }
data_access(A) ::= READS(K) SQL DATA. { A = (span){K.start, K.end}; }
data_access(A) ::= MODIFIES(K) SQL DATA. { A = (span){K.start, K.end}; }
function_traits(A) ::= function_traits(F) RETURNS(K) NULL ON NULL INPUT. {
    A = F;
    A->null_call = parser_ident_upper(p, (span){K.start, K.end});
}
function_traits(A) ::= function_traits(F) CALLED(K) ON NULL INPUT. {
    A = F;
    A->null_call = parser_ident_upper(p, (span){K.start, K.end});
}
function_traits(A) ::= function_traits(F) COMMENT(K) STRING(S). {
    A = F;
    parser_once(p, A->comment.data != NULL, "COMMENT", K);
    A->comment = parser_string(p, S);
}
function_traits(A) ::= function_traits(F) SQL SECURITY INVOKER(K). {
    A = F;
    A->security = parser_ident_upper(p, (span){K.start, K.end});
}
function_traits(A) ::= function_traits(F) SQL SECURITY DEFINER(K). {
    A = F;
    A->security = parser_ident_upper(p, (span){K.start, K.end});
}

definition(A) ::= create_head(K) INDEX if_not_exists(E) ident(I) ON table_word_opt name(N)
                  index_method(M) LP index_columns(L) RP options_clause(O). {
    ast_create_index *x = PARSER_NODE(p, ast_create_index, CREATE_INDEX, K.start);
    x->if_not_exists = E;
    x->name = parser_ident(p, I);
    x->table = N;
    if (M.span.end != 0) x->method = parser_ident(p, M);
    x->columns = parser_list(L);
    x->options = parser_list(O);
    parser_no_replace(p, K);
    A = &x->node;
}
%type index_method {parser_word}
index_method(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
index_method(A) ::= USING ident(I). { A = I; }
%type index_columns {ast_list *}
index_columns(A) ::= name(N) options_clause. { A = parser_push(p, NULL, N); }
index_columns(A) ::= index_columns(L) COMMA name(N) options_clause. { A = parser_push(p, L, N); }

/* ---- DROP, TRUNCATE, COMMENT ON, ANALYZE ----------------------------------------------------- */

%type drop_object {int}
%type drop_behavior {int}
definition(A) ::= DROP(K) drop_object(O) if_exists(E) name(N) drop_behavior(B). {
    A = parser_drop(p, K, O, E, N, B);
}
definition(A) ::= DROP(K) INDEX if_exists(E) name(N) ON table_word_opt name(T). {
    A = parser_drop(p, K, AST_OBJECT_INDEX, E, N, 0);
    ((ast_drop *)A)->on = T;
}
drop_object(A) ::= TABLE. { A = AST_OBJECT_TABLE; }
drop_object(A) ::= TEMPORARY TABLE. { A = AST_OBJECT_TABLE; }
drop_object(A) ::= VIEW. { A = AST_OBJECT_VIEW; }
drop_object(A) ::= MATERIALIZED VIEW. { A = AST_OBJECT_MATERIALIZED_VIEW; }
drop_object(A) ::= STREAMING TABLE. { A = AST_OBJECT_STREAMING_TABLE; }
drop_object(A) ::= SCHEMA. { A = AST_OBJECT_SCHEMA; }
drop_object(A) ::= CATALOG. { A = AST_OBJECT_CATALOG; }
drop_object(A) ::= FUNCTION. { A = AST_OBJECT_FUNCTION; }
drop_object(A) ::= TEMPORARY FUNCTION. { A = AST_OBJECT_TEMP_FUNCTION; }
drop_object(A) ::= PROCEDURE. { A = AST_OBJECT_PROCEDURE; }
drop_object(A) ::= TEMPORARY VARIABLE. { A = AST_OBJECT_TEMP_VARIABLE; }
drop_object(A) ::= VOLUME. { A = AST_OBJECT_VOLUME; }
drop_object(A) ::= CONNECTION. { A = AST_OBJECT_CONNECTION; }
drop_object(A) ::= SHARE. { A = AST_OBJECT_SHARE; }
/* bit 0: CASCADE, 1: RESTRICT, 2: PURGE */
drop_behavior(A) ::= . { A = 0; }
drop_behavior(A) ::= CASCADE. { A = 1; }
drop_behavior(A) ::= RESTRICT. { A = 2; }
drop_behavior(A) ::= PURGE. { A = 4; }

definition(A) ::= TRUNCATE(K) TABLE name(N) partition_opt(P). {
    ast_truncate *t = PARSER_NODE(p, ast_truncate, TRUNCATE, K.start);
    t->table = N;
    t->partition = P;
    A = &t->node;
}
definition(A) ::= COMMENT(K) ON comment_object(O) name(N) IS STRING(S). {
    ast_comment_on *c = PARSER_NODE(p, ast_comment_on, COMMENT_ON, K.start);
    c->object = O;
    c->name = N;
    c->comment = parser_string(p, S);
    A = &c->node;
}
definition(A) ::= COMMENT(K) ON comment_object(O) name(N) IS NULL. {
    ast_comment_on *c = PARSER_NODE(p, ast_comment_on, COMMENT_ON, K.start);
    c->object = O;
    c->name = N;
    A = &c->node;
}
%type comment_object {int}
comment_object(A) ::= TABLE. { A = AST_OBJECT_TABLE; }
comment_object(A) ::= VIEW. { A = AST_OBJECT_VIEW; }
comment_object(A) ::= SCHEMA. { A = AST_OBJECT_SCHEMA; }
comment_object(A) ::= CATALOG. { A = AST_OBJECT_CATALOG; }
comment_object(A) ::= COLUMN. { A = AST_OBJECT_COLUMN; }
comment_object(A) ::= FUNCTION. { A = AST_OBJECT_FUNCTION; }
comment_object(A) ::= VOLUME. { A = AST_OBJECT_VOLUME; }
comment_object(A) ::= CONNECTION. { A = AST_OBJECT_CONNECTION; }
comment_object(A) ::= SHARE. { A = AST_OBJECT_SHARE; }

%type analyze {ast_analyze *}
definition(A) ::= analyze(X). { A = &X->node; }
analyze(A) ::= ANALYZE(K) TABLE name(N) partition_opt(P) COMPUTE STATISTICS. [LOW] {
    A = parser_analyze(p, K.start, N, P);
}
analyze(A) ::= ANALYZE(K) TABLE name(N) partition_opt(P) COMPUTE STATISTICS ident(I). {
    A = parser_analyze(p, K.start, N, P);
    A->mode = parser_ident(p, I);
    parser_check_noscan(p, I);
}
analyze(A) ::= ANALYZE(K) TABLE name(N) partition_opt(P) COMPUTE DELTA STATISTICS. {
    A = parser_analyze(p, K.start, N, P);
    A->mode = parser_ident_text(p, "DELTA", A->node.span);
}
analyze(A) ::= ANALYZE(K) TABLE name(N) partition_opt(P) COMPUTE STATISTICS FOR COLUMNS
               ident_list(L). {
    A = parser_analyze(p, K.start, N, P);
    A->columns = parser_idents(L);
}
analyze(A) ::= ANALYZE(K) TABLE name(N) partition_opt(P) COMPUTE STATISTICS FOR ALL COLUMNS. {
    A = parser_analyze(p, K.start, N, P);
    A->all_columns = true;
}
analyze(A) ::= ANALYZE(K) TABLES in_opt(N) COMPUTE STATISTICS. {
    A = parser_analyze(p, K.start, N, NULL);
    A->all_tables = true;
}
analyze(A) ::= ANALYZE(K) TABLES in_opt(N) COMPUTE STATISTICS ident(I). {
    A = parser_analyze(p, K.start, N, NULL);
    A->all_tables = true;
    A->mode = parser_ident(p, I);
    parser_check_noscan(p, I);
}

/* ---- ALTER ----------------------------------------------------------------------------------- */

%type alter_table {ast_alter *}
%type alter_view {ast_alter *}
%type alter_schema {ast_alter *}
%type alter_column {ast_alter *}
%type alter_columns {parser_alters *}
%type partitions {ast_list *}
%type located_partitions {ast_list *}
%type located_partition {ast_partition_spec *}

definition(A) ::= ALTER(K) TABLE name(N) alter_table(X). {
    A = parser_alter_table(p, K.start, N, X);
}
definition(A) ::= ALTER(K) STREAMING TABLE name(N) alter_table(X). {
    A = parser_alter_table(p, K.start, N, X);
}
definition(A) ::= ALTER(K) VIEW name(N) alter_view(X). {
    A = parser_alter_view(p, K.start, false, N, X);
}
definition(A) ::= ALTER(K) MATERIALIZED VIEW name(N) alter_view(X). {
    A = parser_alter_view(p, K.start, true, N, X);
}
definition(A) ::= ALTER(K) SCHEMA name(N) alter_schema(X). {
    A = parser_alter_schema(p, K.start, AST_OBJECT_SCHEMA, N, X);
}
definition(A) ::= ALTER(K) CATALOG name(N) alter_schema(X). {
    A = parser_alter_schema(p, K.start, AST_OBJECT_CATALOG, N, X);
}

alter_table(A) ::= ADD(K) column_word column_defs(L). {
    A = parser_alter(p, AST_ALTER_ADD_COLUMNS, K.start);
    A->columns = parser_list(L);
}
alter_table(A) ::= ADD(K) column_word LP column_defs(L) RP. {
    A = parser_alter(p, AST_ALTER_ADD_COLUMNS, K.start);
    A->columns = parser_list(L);
}
alter_table(A) ::= ADD(K) column_word IF NOT EXISTS column_defs(L). {
    A = parser_alter(p, AST_ALTER_ADD_COLUMNS, K.start);
    A->if_not_exists = true;
    A->columns = parser_list(L);
}
alter_table(A) ::= REPLACE(K) COLUMNS LP column_defs(L) RP. {
    A = parser_alter(p, AST_ALTER_REPLACE_COLUMNS, K.start);
    A->columns = parser_list(L);
}
alter_table(A) ::= partition REPLACE(K) COLUMNS LP column_defs(L) RP. {
    A = parser_alter(p, AST_ALTER_REPLACE_COLUMNS, K.start);
    A->columns = parser_list(L);
    parser_fail_operation(p, K, "ALTER TABLE PARTITION REPLACE COLUMNS");
}
alter_table(A) ::= DROP(K) column_word if_exists(E) name_list(L). {
    A = parser_alter(p, AST_ALTER_DROP_COLUMNS, K.start);
    A->if_exists = E;
    A->names = parser_list(L);
}
alter_table(A) ::= DROP(K) column_word if_exists(E) LP name_list(L) RP. {
    A = parser_alter(p, AST_ALTER_DROP_COLUMNS, K.start);
    A->if_exists = E;
    A->names = parser_list(L);
}
alter_table(A) ::= RENAME(K) COLUMN name(N) TO ident(I). {
    A = parser_alter(p, AST_ALTER_RENAME_COLUMN, K.start);
    A->column = N;
    A->new_name = parser_ident(p, I);
}
column_word ::= COLUMN.
column_word ::= COLUMNS.
alter_table(A) ::= ALTER column_opt alter_columns(L). { A = parser_alter_columns(p, L); }
alter_table(A) ::= CHANGE column_opt alter_column(X). { A = X; }
alter_table(A) ::= CHANGE(K) column_opt name(N) column_def(C). {
    A = parser_alter(p, AST_ALTER_CHANGE_COLUMN, K.start);
    A->column = N;
    parser_push(p, &A->columns, C);
}
alter_table(A) ::= partition(P) CHANGE(K) column_opt name(N) column_def(C). {
    A = parser_alter(p, AST_ALTER_CHANGE_COLUMN, K.start);
    A->partition = P;
    A->column = N;
    parser_push(p, &A->columns, C);
    parser_fail_operation(p, K, "ALTER TABLE PARTITION CHANGE COLUMN");
}
column_opt ::= .
column_opt ::= COLUMN.
alter_columns(A) ::= alter_column(X). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, *X);
}
alter_columns(A) ::= alter_columns(L) COMMA alter_column(X). {
    A = L;
    PARSER_PUSH(p, A, *X);
}
alter_column(A) ::= name(N). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_TYPE, N);
    parser_fail_operation_at(p, N->node.span,
                             "ALTER TABLE table ALTER COLUMN requires a TYPE, a SET/DROP, a "
                             "COMMENT, or a FIRST/AFTER");
}
alter_column(A) ::= name(N) TYPE type(T). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_TYPE, N);
    A->type = T;
}
alter_column(A) ::= name(N) SET DATA TYPE type(T). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_TYPE, N);
    A->type = T;
}
alter_column(A) ::= name(N) COMMENT STRING(S). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_COMMENT, N);
    A->comment = parser_string(p, S);
}
alter_column(A) ::= name(N) FIRST. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_POSITION, N);
    A->position = AST_POSITION_FIRST;
}
alter_column(A) ::= name(N) AFTER ident(I). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_POSITION, N);
    A->position = AST_POSITION_AFTER;
    A->after = parser_ident(p, I);
}
alter_column(A) ::= name(N) SET NOT NULL. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_SET_NOT_NULL, N);
}
alter_column(A) ::= name(N) SET NOT_NULL. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_SET_NOT_NULL, N);
}
alter_column(A) ::= name(N) DROP NOT_NULL. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_DROP_NOT_NULL, N);
}
alter_column(A) ::= name(N) SET DEFAULT expr(E). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_SET_DEFAULT, N);
    A->value = E.e;
    A->text = parser_copy_text(p, E.outer.start, E.outer.end);
}
alter_column(A) ::= name(N) DROP DEFAULT. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_DROP_DEFAULT, N);
}
alter_column(A) ::= name(N) SET MASK name(F) mask_using(L). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_SET_MASK, N);
    A->name = F;
    A->values = parser_list(L);
}
alter_column(A) ::= name(N) DROP MASK. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_DROP_MASK, N);
}
alter_column(A) ::= name(N) SYNC IDENTITY. {
    A = parser_alter_column(p, AST_ALTER_COLUMN_SYNC_IDENTITY, N);
}
alter_column(A) ::= name(N) SET TAGS properties(L). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_SET_TAGS, N);
    A->properties = parser_list(L);
}
alter_column(A) ::= name(N) UNSET TAGS properties(L). {
    A = parser_alter_column(p, AST_ALTER_COLUMN_UNSET_TAGS, N);
    A->properties = parser_list(L);
}

/* What tables and views share. */
alter_table(A) ::= alter_common(A).
alter_view(A) ::= alter_common(A).
%type alter_common {ast_alter *}
alter_common(A) ::= RENAME(K) TO name(N). {
    A = parser_alter(p, AST_ALTER_RENAME, K.start);
    A->name = N;
}
alter_common(A) ::= SET(K) TBLPROPERTIES properties(L). {
    A = parser_alter(p, AST_ALTER_SET_PROPERTIES, K.start);
    A->properties = parser_list(L);
}
alter_common(A) ::= UNSET(K) TBLPROPERTIES if_exists(E) properties(L). {
    A = parser_alter(p, AST_ALTER_UNSET_PROPERTIES, K.start);
    A->if_exists = E;
    A->properties = parser_list(L);
}
alter_common(A) ::= ADD(K) if_not_exists(E) located_partitions(L). {
    A = parser_alter(p, AST_ALTER_ADD_PARTITIONS, K.start);
    A->if_not_exists = E;
    A->partitions = parser_list(L);
}
alter_common(A) ::= DROP(K) if_exists(E) partitions(L) purge_opt(G). {
    A = parser_alter(p, AST_ALTER_DROP_PARTITIONS, K.start);
    A->if_exists = E;
    A->partitions = parser_list(L);
    A->purge = G;
}
alter_common(A) ::= SET(K) TAGS properties(L). {
    A = parser_alter(p, AST_ALTER_SET_TAGS, K.start);
    A->properties = parser_list(L);
}
alter_common(A) ::= UNSET(K) TAGS properties(L). {
    A = parser_alter(p, AST_ALTER_UNSET_TAGS, K.start);
    A->properties = parser_list(L);
}
alter_common(A) ::= set_owner(K) TO ident(I). {
    A = parser_alter(p, AST_ALTER_SET_OWNER, K.start);
    A->new_name = parser_ident(p, I);
}
%type set_owner {parser_token}
set_owner(A) ::= SET OWNER(K). { A = K; }
set_owner(A) ::= OWNER(A).
%type purge_opt {int}
purge_opt(A) ::= . { A = 0; }
purge_opt(A) ::= PURGE. { A = 1; }
partitions(A) ::= partition(P). { A = parser_push(p, NULL, P); }
partitions(A) ::= partitions(L) COMMA partition(P). { A = parser_push(p, L, P); }
located_partitions(A) ::= located_partition(P). { A = parser_push(p, NULL, P); }
located_partitions(A) ::= located_partitions(L) located_partition(P). { A = parser_push(p, L, P); }
located_partition(A) ::= partition(A).
located_partition(A) ::= partition(P) LOCATION STRING(S). {
    A = P;
    A->location = parser_string(p, S);
}

alter_table(A) ::= partition(P) RENAME(K) TO partition(Q). {
    A = parser_alter(p, AST_ALTER_RENAME_PARTITION, K.start);
    A->partition = P;
    parser_push(p, &A->partitions, Q);
}
alter_table(A) ::= RECOVER(K) PARTITIONS. {
    A = parser_alter(p, AST_ALTER_RECOVER_PARTITIONS, K.start);
}
alter_table(A) ::= alter_storage(A).
alter_table(A) ::= partition(P) alter_storage(X). {
    A = X;
    A->partition = P;
}
%type alter_storage {ast_alter *}
alter_storage(A) ::= SET(K) LOCATION STRING(S). {
    A = parser_alter(p, AST_ALTER_SET_LOCATION, K.start);
    A->text = parser_string(p, S);
}
alter_storage(A) ::= SET(K) SERDE STRING(S) serde_properties(L). {
    A = parser_alter(p, AST_ALTER_SET_SERDE, K.start);
    A->text = parser_string(p, S);
    A->properties = parser_list(L);
}
alter_storage(A) ::= SET(K) SERDEPROPERTIES properties(L). {
    A = parser_alter(p, AST_ALTER_SET_SERDE, K.start);
    A->properties = parser_list(L);
}
alter_table(A) ::= CLUSTER(K) BY LP name_list(L) RP. {
    A = parser_alter_cluster(p, K.start, L, 0);
}
alter_table(A) ::= CLUSTER(K) BY NONE. { A = parser_alter_cluster(p, K.start, NULL, 1); }
alter_table(A) ::= CLUSTER(K) BY AUTO. { A = parser_alter_cluster(p, K.start, NULL, 2); }
alter_table(A) ::= ADD(K) table_constraint(C). {
    A = parser_alter(p, AST_ALTER_ADD_CONSTRAINT, K.start);
    A->constraint = C;
}
alter_table(A) ::= DROP(K) CONSTRAINT if_exists(E) ident(I) drop_behavior(B). {
    A = parser_alter(p, AST_ALTER_DROP_CONSTRAINT, K.start);
    A->if_exists = E;
    A->new_name = parser_ident(p, I);
    A->cascade = B & 1;
}
alter_table(A) ::= DROP(K) PRIMARY KEY if_exists(E) drop_behavior(B). {
    A = parser_alter(p, AST_ALTER_DROP_CONSTRAINT, K.start);
    A->if_exists = E;
    A->constraint = parser_constraint(p, AST_CONSTRAINT_PRIMARY_KEY, K.start);
    A->cascade = B & 1;
}
alter_table(A) ::= DROP(K) FOREIGN KEY if_exists(E) LP ident_list(L) RP drop_behavior(B). {
    A = parser_alter(p, AST_ALTER_DROP_CONSTRAINT, K.start);
    A->if_exists = E;
    A->constraint = parser_constraint(p, AST_CONSTRAINT_FOREIGN_KEY, K.start);
    A->constraint->columns = parser_idents(L);
    A->cascade = B & 1;
}
alter_table(A) ::= SET(K) ROW FILTER name(N) ON LP row_filter_columns(L) RP. {
    A = parser_alter(p, AST_ALTER_SET_ROW_FILTER, K.start);
    A->name = N;
    A->values = parser_list(L);
}
alter_table(A) ::= DROP(K) ROW FILTER. { A = parser_alter(p, AST_ALTER_DROP_ROW_FILTER, K.start); }
alter_table(A) ::= DROP(K) FEATURE ident(I) truncate_opt(T). {
    A = parser_alter(p, AST_ALTER_DROP_FEATURE, K.start);
    A->new_name = parser_ident(p, I);
    A->cascade = T;
}
%type truncate_opt {int}
truncate_opt(A) ::= . { A = 0; }
truncate_opt(A) ::= TRUNCATE HISTORY. { A = 1; }
alter_table(A) ::= DEFAULT(K) COLLATION ident(I). {
    A = parser_alter(p, AST_ALTER_DEFAULT_COLLATION, K.start);
    A->new_name = parser_ident(p, I);
}
alter_view(A) ::= AS query(Q). { A = parser_alter_query(p, Q); }
alter_view(A) ::= query(Q). { A = parser_alter_query(p, Q); }
alter_view(A) ::= WITH(K) SCHEMA schema_binding(S). {
    A = parser_alter(p, AST_ALTER_SCHEMA_BINDING, K.start);
    A->new_name = parser_ident_upper(p, S);
}
alter_schema(A) ::= SET(K) DBPROPERTIES properties(L). {
    A = parser_alter(p, AST_ALTER_SET_PROPERTIES, K.start);
    A->properties = parser_list(L);
}
alter_schema(A) ::= UNSET(K) DBPROPERTIES if_exists(E) properties(L). {
    A = parser_alter(p, AST_ALTER_UNSET_PROPERTIES, K.start);
    A->if_exists = E;
    A->properties = parser_list(L);
}
alter_schema(A) ::= SET(K) LOCATION STRING(S). {
    A = parser_alter(p, AST_ALTER_SET_LOCATION, K.start);
    A->text = parser_string(p, S);
}
alter_schema(A) ::= set_owner(K) TO ident(I). {
    A = parser_alter(p, AST_ALTER_SET_OWNER, K.start);
    A->new_name = parser_ident(p, I);
}
alter_schema(A) ::= SET(K) TAGS properties(L). {
    A = parser_alter(p, AST_ALTER_SET_TAGS, K.start);
    A->properties = parser_list(L);
}
alter_schema(A) ::= UNSET(K) TAGS properties(L). {
    A = parser_alter(p, AST_ALTER_UNSET_TAGS, K.start);
    A->properties = parser_list(L);
}
alter_schema(A) ::= DEFAULT(K) COLLATION ident(I). {
    A = parser_alter(p, AST_ALTER_DEFAULT_COLLATION, K.start);
    A->new_name = parser_ident(p, I);
}
alter_schema(A) ::= RENAME(K) TO name(N). {
    A = parser_alter(p, AST_ALTER_RENAME, K.start);
    A->name = N;
}

/* ---- SHOW, DESCRIBE, EXPLAIN, USE ------------------------------------------------------------ */

%type utility {ast_statement *}
%type show {ast_show *}
%type in_opt {ast_name *}
%type in_name {ast_name *}
%type like_opt {ast_text *}

utility(A) ::= SHOW(K) show(S). {
    S->node.span = parser_span(p, K.start);
    A = &S->node;
}
in_opt(A) ::= . { A = NULL; }
in_opt(A) ::= in_name(A).
in_name(A) ::= FROM name(N). { A = N; }
in_name(A) ::= IN name(N). { A = N; }
like_opt(A) ::= . { A = NULL; }
like_opt(A) ::= STRING(S). { A = parser_text_of(p, S); }
like_opt(A) ::= LIKE STRING(S). { A = parser_text_of(p, S); }

show(A) ::= SCHEMAS in_opt(N) like_opt(L). { A = parser_show(p, AST_SHOW_SCHEMAS, NULL, N, L); }
show(A) ::= TABLES in_opt(N) like_opt(L). { A = parser_show(p, AST_SHOW_TABLES, NULL, N, L); }
show(A) ::= TABLE EXTENDED in_opt(N) LIKE STRING(S) partition_opt(P). {
    A = parser_show(p, AST_SHOW_TABLE_EXTENDED, NULL, N, parser_text_of(p, S));
    A->partition = P;
}
show(A) ::= VIEWS in_opt(N) like_opt(L). { A = parser_show(p, AST_SHOW_VIEWS, NULL, N, L); }
show(A) ::= COLUMNS in_name(T). { A = parser_show(p, AST_SHOW_COLUMNS, T, NULL, NULL); }
show(A) ::= COLUMNS in_name(T) in_name(N). { A = parser_show(p, AST_SHOW_COLUMNS, T, N, NULL); }
show(A) ::= COLUMNS IN CATALOG name(N). {
    A = parser_show(p, AST_SHOW_COLUMNS, NULL, N, NULL);
    A->in_catalog = true;
}
show(A) ::= CATALOGS like_opt(L). { A = parser_show(p, AST_SHOW_CATALOGS, NULL, NULL, L); }
show(A) ::= FUNCTIONS in_opt(N) function_like(T). { A = parser_show_functions(p, NULL, N, T); }
show(A) ::= word(I) FUNCTIONS in_opt(N) function_like(T). {
    A = parser_show_functions(p, &I, N, T);
}
%type function_like {ast_show *}
function_like(A) ::= like_opt(L). { A = parser_show(p, AST_SHOW_FUNCTIONS, NULL, NULL, L); }
function_like(A) ::= name(N). { A = parser_show(p, AST_SHOW_FUNCTIONS, N, NULL, NULL); }
function_like(A) ::= LIKE name(N). { A = parser_show(p, AST_SHOW_FUNCTIONS, N, NULL, NULL); }
show(A) ::= PROCEDURES in_opt(N) like_opt(L). {
    A = parser_show(p, AST_SHOW_PROCEDURES, NULL, N, L);
}
show(A) ::= PARTITIONS name(T) partition_opt(P). {
    A = parser_show(p, AST_SHOW_PARTITIONS, T, NULL, NULL);
    A->partition = P;
}
show(A) ::= TBLPROPERTIES name(T). { A = parser_show(p, AST_SHOW_TBLPROPERTIES, T, NULL, NULL); }
show(A) ::= TBLPROPERTIES name(T) LP property(X) RP. {
    A = parser_show(p, AST_SHOW_TBLPROPERTIES, T, NULL, NULL);
    A->pattern = X->key;
}
show(A) ::= CREATE TABLE name(T). { A = parser_show(p, AST_SHOW_CREATE_TABLE, T, NULL, NULL); }
show(A) ::= CREATE TABLE name(T) AS SERDE. {
    A = parser_show(p, AST_SHOW_CREATE_TABLE, T, NULL, NULL);
    A->as_serde = true;
}
show(A) ::= CURRENT SCHEMA. { A = parser_show(p, AST_SHOW_CURRENT_SCHEMA, NULL, NULL, NULL); }
show(A) ::= GRANTS ON grant_object(O). { A = parser_show_grants(p, NULL, O); }
show(A) ::= GRANTS ident(I) ON grant_object(O). { A = parser_show_grants(p, &I, O); }
show(A) ::= GRANTS TO ident(I). { A = parser_show_grants(p, &I, NULL); }
show(A) ::= KEYS in_name(N). { A = parser_show(p, AST_SHOW_KEYS, N, NULL, NULL); }
show(A) ::= VOLUMES in_opt(N) like_opt(L). { A = parser_show(p, AST_SHOW_VOLUMES, NULL, N, L); }
show(A) ::= USERS like_opt(L). { A = parser_show(p, AST_SHOW_USERS, NULL, NULL, L); }
show(A) ::= GROUPS like_opt(L). { A = parser_show(p, AST_SHOW_GROUPS, NULL, NULL, L); }
show(A) ::= COLLATIONS like_opt(L). { A = parser_show(p, AST_SHOW_COLLATIONS, NULL, NULL, L); }
show(A) ::= VARIABLES like_opt(L). { A = parser_show(p, AST_SHOW_VARIABLES, NULL, NULL, L); }
show(A) ::= SETTINGS like_opt(L). { A = parser_show(p, AST_SHOW_SETTINGS, NULL, NULL, L); }
show(A) ::= ALL. { A = parser_show(p, AST_SHOW_SETTINGS, NULL, NULL, NULL); }
show(A) ::= METRICS. { A = parser_show(p, AST_SHOW_METRICS, NULL, NULL, NULL); }

%type describe {ast_describe *}
%type described {ast_describe *}
%type described_table {ast_describe *}
utility(A) ::= describe_word(K) describe(D). {
    D->node.span = parser_span(p, K.start);
    if (p->status == DBX_OK && D->query != NULL) {
        D->query_text = parser_copy_text(p, D->query->node.span.start, D->query->node.span.end);
    }
    A = &D->node;
}
%type describe_word {parser_token}
describe_word(A) ::= DESCRIBE(A).
describe_word(A) ::= DESC(A).
describe(A) ::= described_table(A). { parser_describe_check(p, A); }
describe(A) ::= TABLE described_table(D). {
    A = D;
    parser_describe_check(p, A);
}
describe(A) ::= described_mode(M) described_table(D). { A = parser_describe_mode(p, M, D); }
describe(A) ::= TABLE described_mode(M) described_table(D). { A = parser_describe_mode(p, M, D); }
%type described_mode {int}
described_mode(A) ::= EXTENDED. { A = 1; }
described_mode(A) ::= FORMATTED. { A = 2; }
described_table(A) ::= name(N) partition_opt(P) describe_column(C) as_json(J). {
    A = parser_describe(p, AST_DESCRIBE_TABLE, N);
    A->partition = P;
    A->column = C;
    A->as_json = J;
}
%type describe_column {ast_name *}
describe_column(A) ::= . { A = NULL; }
describe_column(A) ::= name(A).
%type as_json {int}
as_json(A) ::= . { A = 0; }
as_json(A) ::= AS JSON. { A = 1; }
describe(A) ::= QUERY query(Q). {
    A = parser_describe(p, AST_DESCRIBE_QUERY, NULL);
    A->query = Q;
}
describe(A) ::= query(Q). {
    A = parser_describe(p, AST_DESCRIBE_QUERY, NULL);
    A->query = Q;
}
describe(A) ::= SCHEMA extended_opt(E) name(N). {
    A = parser_describe(p, AST_DESCRIBE_SCHEMA, N);
    A->extended = E;
}
describe(A) ::= CATALOG extended_opt(E) name(N). {
    A = parser_describe(p, AST_DESCRIBE_CATALOG, N);
    A->extended = E;
}
describe(A) ::= FUNCTION extended_opt(E) function_ref(N). {
    A = parser_describe(p, AST_DESCRIBE_FUNCTION, N);
    A->extended = E;
}
describe(A) ::= PROCEDURE extended_opt(E) name(N). {
    A = parser_describe(p, AST_DESCRIBE_PROCEDURE, N);
    A->extended = E;
}
describe(A) ::= VOLUME name(N). { A = parser_describe(p, AST_DESCRIBE_VOLUME, N); }
describe(A) ::= HISTORY name(N). { A = parser_describe(p, AST_DESCRIBE_HISTORY, N); }
describe(A) ::= HISTORY STRING(S). {
    A = parser_describe(p, AST_DESCRIBE_HISTORY, NULL);
    A->path = parser_string(p, S);
}
describe(A) ::= DETAIL name(N). { A = parser_describe(p, AST_DESCRIBE_DETAIL, N); }
describe(A) ::= DETAIL STRING(S). {
    A = parser_describe(p, AST_DESCRIBE_DETAIL, NULL);
    A->path = parser_string(p, S);
}
%type extended_opt {int}
extended_opt(A) ::= . { A = 0; }
extended_opt(A) ::= EXTENDED. { A = 1; }
%type function_ref {ast_name *}
%type operator_token {parser_token}
function_ref(A) ::= name(A).
function_ref(A) ::= STRING(S). {
    A = parser_name_text(p, parser_string(p, S), (span){S.start, S.end});
}
function_ref(A) ::= operator_token(T). {
    A = parser_name_text(p, parser_copy_text(p, T.start, T.end), (span){T.start, T.end});
}
operator_token(A) ::= EQ(A).
operator_token(A) ::= NSEQ(A).
operator_token(A) ::= NE(A).
operator_token(A) ::= LT(A).
operator_token(A) ::= LE(A).
operator_token(A) ::= GT(A).
operator_token(A) ::= GE(A).
operator_token(A) ::= PLUS(A).
operator_token(A) ::= MINUS(A).
operator_token(A) ::= STAR(A).
operator_token(A) ::= SLASH(A).
operator_token(A) ::= PERCENT(A).
operator_token(A) ::= TILDE(A).
operator_token(A) ::= AMPERSAND(A).
operator_token(A) ::= BAR(A).
operator_token(A) ::= CARET(A).
operator_token(A) ::= CONCAT(A).
operator_token(A) ::= BANG(A).
operator_token(A) ::= SHIFT_LEFT(A).
operator_token(A) ::= SHIFT_RIGHT(A).
operator_token(A) ::= SHIFT_RIGHT_UNSIGNED(A).

utility(A) ::= EXPLAIN(K) explain_mode(M) explained(S). {
    ast_explain *e = PARSER_NODE(p, ast_explain, EXPLAIN, K.start);
    e->mode = M;
    e->statement = S;
    parser_adopt(p, e, S);
    A = &e->node;
}
%type explained {ast_statement *}
explained(A) ::= statement(A).
explained(A) ::= setting(A).
%type explain_mode {int}
explain_mode(A) ::= . { A = AST_EXPLAIN_SIMPLE; }
explain_mode(A) ::= EXTENDED. { A = AST_EXPLAIN_EXTENDED; }
explain_mode(A) ::= FORMATTED. { A = AST_EXPLAIN_FORMATTED; }
explain_mode(A) ::= EXPLAIN_ANALYZE. { A = AST_EXPLAIN_ANALYZE; }
explain_mode(A) ::= COST. { A = AST_EXPLAIN_COST; }
explain_mode(A) ::= CODEGEN. { A = AST_EXPLAIN_CODEGEN; }
explain_mode(A) ::= LOGICAL. { A = AST_EXPLAIN_LOGICAL; }

utility(A) ::= USE(K) name(N). { A = parser_use(p, K.start, AST_OBJECT_OTHER, N); }
utility(A) ::= USE(K) SCHEMA name(N). { A = parser_use(p, K.start, AST_OBJECT_SCHEMA, N); }
utility(A) ::= USE(K) CATALOG name(N). { A = parser_use(p, K.start, AST_OBJECT_CATALOG, N); }
utility(A) ::= SET(K) CATALOG ident(I). {
    A = parser_use(p, K.start, AST_OBJECT_CATALOG, parser_name(p, I));
}
utility(A) ::= SET(K) CATALOG STRING(S). {
    A = parser_use(p, K.start, AST_OBJECT_CATALOG,
                   parser_name_text(p, parser_string(p, S), (span){S.start, S.end}));
}
utility(A) ::= USE(K) CATALOG STRING(S). {
    A = parser_use(p, K.start, AST_OBJECT_CATALOG,
                   parser_name_text(p, parser_string(p, S), (span){S.start, S.end}));
}

/* ---- settings, variables, transactions ------------------------------------------------------- */

%type setting {ast_statement *}
setting(A) ::= RAW_SET(T). { A = parser_set_statement(p, T); }
setting(A) ::= RAW_RESET(T). { A = parser_reset_statement(p, T); }
setting(A) ::= RAW_STATEMENT(T). { A = parser_raw_statement(p, T); }
setting(A) ::= SET(K) TIME ZONE interval(E). { A = parser_set_time_zone(p, K.start, E.e, NULL); }
setting(A) ::= SET(K) TIME ZONE STRING(S). { A = parser_set_time_zone(p, K.start, NULL, &S); }
setting(A) ::= SET(K) TIME ZONE LOCAL. { A = parser_set_time_zone(p, K.start, NULL, NULL); }
setting(A) ::= SET(K) TIME ZONE(Z). [LOW] {
    A = parser_set_time_zone(p, K.start, NULL, NULL);
    parser_fail(p, ERR_TIME_ZONE_INVALID, (span){Z.start, Z.end}, NULL);
}
setting(A) ::= SET(K) COLLATION ident(I). { A = parser_set_collation(p, K.start, I); }

utility(A) ::= SET(K) variable_word assignments(L). {
    A = parser_set_variable(p, K.start, true, L, NULL, NULL);
}
utility(A) ::= SET(K) variable_word LP name_list(L) RP EQ query_parens(Q). {
    A = parser_set_variable(p, K.start, true, NULL, L, Q.query);
}
variable_word ::= VARIABLE.

%type declare {ast_declare_variable *}
utility(A) ::= declare(D). { A = &D->node; }
declare(A) ::= DECLARE(K) name_list(L) default_clause(E). {
    A = parser_declare(p, K.start, false, L, NULL, E);
}
declare(A) ::= DECLARE(K) name_list(L) type(T) default_clause(E). {
    A = parser_declare(p, K.start, false, L, T, E);
}
declare(A) ::= declare_head(K) name_list(L) default_clause(E). {
    A = parser_declare(p, K.start, K.code, L, NULL, E);
}
declare(A) ::= declare_head(K) name_list(L) type(T) default_clause(E). {
    A = parser_declare(p, K.start, K.code, L, T, E);
}
/* code of the token: 1 for OR REPLACE */
%type declare_head {parser_token}
declare_head(A) ::= DECLARE(K) VARIABLE. {
    A = K;
    A.code = 0;
}
declare_head(A) ::= DECLARE(K) OR REPLACE. {
    A = K;
    A.code = 1;
}
declare_head(A) ::= DECLARE(K) OR REPLACE VARIABLE. {
    A = K;
    A.code = 1;
}
%type default_clause {parser_expr *}
default_clause(A) ::= . { A = NULL; }
default_clause(A) ::= DEFAULT expr(E). { A = parser_keep_expr(p, E); }
default_clause(A) ::= EQ expr(E). { A = parser_keep_expr(p, E); }

utility(A) ::= EXECUTE(K) IMMEDIATE expr(E) into_opt(I) using_opt(U). {
    ast_execute_immediate *x = PARSER_NODE(p, ast_execute_immediate, EXECUTE_IMMEDIATE, K.start);
    x->sql = E.e;
    x->into = parser_list(I);
    x->using_arguments = parser_list(U);
    parser_adopt(p, x, E.e);
    parser_adopt_list(p, x, U);
    parser_check_using(p, U);
    A = &x->node;
}
%type into_opt {ast_list *}
%type using_opt {ast_list *}
into_opt(A) ::= . { A = NULL; }
into_opt(A) ::= INTO name_list(L). { A = L; }
using_opt(A) ::= . { A = NULL; }
using_opt(A) ::= USING select_items(L). { A = parser_using_row(p, L); }

%type transaction {ast_statement *}
transaction(A) ::= BEGIN(K). [HIGH] {
    A = parser_transaction(p, K.start, AST_TRANSACTION_BEGIN, false);
}
transaction(A) ::= BEGIN(K) TRANSACTION read_only_opt(R). {
    A = parser_transaction(p, K.start, AST_TRANSACTION_BEGIN, R);
}
transaction(A) ::= START(K) TRANSACTION read_only_opt(R). {
    A = parser_transaction(p, K.start, AST_TRANSACTION_BEGIN, R);
}
transaction(A) ::= COMMIT(K) transaction_word. {
    A = parser_transaction(p, K.start, AST_TRANSACTION_COMMIT, false);
}
transaction(A) ::= ROLLBACK(K) transaction_word. {
    A = parser_transaction(p, K.start, AST_TRANSACTION_ROLLBACK, false);
}
transaction_word ::= .
transaction_word ::= TRANSACTION.
%type read_only_opt {int}
read_only_opt(A) ::= . { A = 0; }
read_only_opt(A) ::= READ ONLY. { A = 1; }
read_only_opt(A) ::= READ WRITE. { A = 0; }

/* ---- maintenance, cache, privileges, calls --------------------------------------------------- */

%type maintenance {ast_maintenance *}
utility(A) ::= maintenance(M). { A = &M->node; }
maintenance(A) ::= OPTIMIZE(K) table_or_path(T) full_opt(F) where_opt(W) zorder_opt(Z). {
    A = parser_maintain(p, AST_MAINTAIN_OPTIMIZE, K.start, T);
    A->full = F;
    A->where = W;
    A->zorder_by = parser_list(Z);
    parser_adopt(p, A, W);
}
maintenance(A) ::= VACUUM(K) table_or_path(T) vacuum_mode(M) retain_opt(R) dry_run_opt(D). {
    A = parser_maintain(p, AST_MAINTAIN_VACUUM, K.start, T);
    if (M.span.end != 0) A->mode = parser_ident_upper(p, M.span);
    A->hours = R;
    A->dry_run = D;
}
maintenance(A) ::= RESTORE(K) table_word_opt table_or_path(T) to_opt travel(V). {
    A = parser_maintain(p, AST_MAINTAIN_RESTORE, K.start, T);
    A->travel = V->travel;
    A->travel_to = V->travel_to;
}
to_opt ::= .
to_opt ::= TO.
%type table_or_path {ast_table_ref *}
table_or_path(A) ::= name(N). {
    A = parser_memory(p, sizeof(*A));
    A->name = N;
}
table_or_path(A) ::= STRING(S). {
    A = parser_memory(p, sizeof(*A));
    A->path = parser_string_literal(p, S).e;
}
%type full_opt {int}
full_opt(A) ::= . { A = 0; }
full_opt(A) ::= FULL. { A = 1; }
%type zorder_opt {ast_list *}
zorder_opt(A) ::= . { A = NULL; }
zorder_opt(A) ::= ZORDER BY name_list(L). { A = L; }
zorder_opt(A) ::= ZORDER BY LP name_list(L) RP. { A = L; }
%type vacuum_mode {parser_word}
vacuum_mode(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
vacuum_mode(A) ::= FULL(K). { A = parser_word_of(K); }
vacuum_mode(A) ::= LITE(K). { A = parser_word_of(K); }
%type retain_opt {ast_expr *}
retain_opt(A) ::= . { A = NULL; }
retain_opt(A) ::= RETAIN INTEGER(T) UNIT. { A = parser_number(p, T).e; }
retain_opt(A) ::= RETAIN NUMBER(T) UNIT. { A = parser_number(p, T).e; }
%type dry_run_opt {int}
dry_run_opt(A) ::= . { A = 0; }
dry_run_opt(A) ::= DRY RUN. { A = 1; }
maintenance(A) ::= REFRESH(K) TABLE name(N). {
    A = parser_maintain_name(p, AST_MAINTAIN_REFRESH_TABLE, K.start, N);
}
maintenance(A) ::= REFRESH(K) FUNCTION name(N). {
    A = parser_maintain_name(p, AST_MAINTAIN_REFRESH_FUNCTION, K.start, N);
}
maintenance(A) ::= REFRESH(K) MATERIALIZED VIEW name(N) refresh_mode(M). {
    A = parser_maintain_name(p, AST_MAINTAIN_REFRESH_MATERIALIZED_VIEW, K.start, N);
    if (M.span.end != 0) A->mode = parser_ident_upper(p, M.span);
}
maintenance(A) ::= REFRESH(K) STREAMING TABLE name(N) refresh_mode(M). {
    A = parser_maintain_name(p, AST_MAINTAIN_REFRESH_STREAMING_TABLE, K.start, N);
    if (M.span.end != 0) A->mode = parser_ident_upper(p, M.span);
}
%type refresh_mode {parser_word}
refresh_mode(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
refresh_mode(A) ::= FULL(K). { A = parser_word_of(K); }
maintenance(A) ::= REFRESH(K) STRING(S). {
    A = parser_maintain_name(p, AST_MAINTAIN_REFRESH_PATH, K.start, NULL);
    A->path = parser_string(p, S);
}
maintenance(A) ::= repair_word(K) TABLE name(N) repair_mode(M). {
    A = parser_maintain_name(p, AST_MAINTAIN_REPAIR, K.start, N);
    if (M.span.end != 0) A->mode = parser_ident_upper(p, M.span);
}
%type repair_word {parser_token}
repair_word(A) ::= REPAIR(A).
repair_word(A) ::= MSCK(K) REPAIR. { A = K; }
%type repair_mode {parser_word}
repair_mode(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
repair_mode(A) ::= ADD(K) PARTITIONS. { A = parser_word_of(K); }
repair_mode(A) ::= DROP(K) PARTITIONS. { A = parser_word_of(K); }
repair_mode(A) ::= SYNC(K) PARTITIONS. { A = parser_word_of(K); }
repair_mode(A) ::= SYNC(K) METADATA. { A = parser_word_of(K); }
maintenance(A) ::= FSCK(K) REPAIR TABLE name(N) dry_run_opt(D). {
    A = parser_maintain_name(p, AST_MAINTAIN_FSCK, K.start, N);
    A->dry_run = D;
}
maintenance(A) ::= REORG(K) TABLE name(N) where_opt(W) APPLY LP PURGE(M) RP. {
    A = parser_maintain_name(p, AST_MAINTAIN_REORG, K.start, N);
    A->where = W;
    A->mode = parser_ident_upper(p, (span){M.start, M.end});
}
maintenance(A) ::= CONVERT(K) TO DELTA table_or_path(T) statistics_opt. {
    A = parser_maintain(p, AST_MAINTAIN_CONVERT_TO_DELTA, K.start, T);
}
maintenance(A) ::= CONVERT(K) TO DELTA table_or_path(T) statistics_opt PARTITIONED BY LP
                   column_defs(L) RP. {
    A = parser_maintain(p, AST_MAINTAIN_CONVERT_TO_DELTA, K.start, T);
    A->columns = parser_list(L);
}
statistics_opt ::= .
statistics_opt ::= NO STATISTICS.
maintenance(A) ::= GENERATE(K) ident(M) FOR TABLE table_or_path(T). {
    A = parser_maintain(p, AST_MAINTAIN_GENERATE, K.start, T);
    A->mode = parser_ident(p, M);
}
maintenance(A) ::= CHECKPOINT(K). {
    A = parser_maintain_name(p, AST_MAINTAIN_CHECKPOINT, K.start, NULL);
}
maintenance(A) ::= CHECKPOINT(K) name(N). {
    A = parser_maintain_name(p, AST_MAINTAIN_CHECKPOINT, K.start, N);
}
maintenance(A) ::= UNDROP(K) TABLE name(N). {
    A = parser_maintain_name(p, AST_MAINTAIN_UNDROP, K.start, N);
}

utility(A) ::= CACHE(K) lazy_opt(L) TABLE name(N) options_clause(O) as_query_opt(Q). {
    ast_cache *c = PARSER_NODE(p, ast_cache, CACHE, K.start);
    c->lazy = L;
    c->name = N;
    c->options = parser_list(O);
    c->query = Q;
    parser_adopt(p, c, Q);
    A = &c->node;
}
%type lazy_opt {int}
lazy_opt(A) ::= . { A = 0; }
lazy_opt(A) ::= LAZY. { A = 1; }
utility(A) ::= CACHE(K) select(B). {
    ast_cache *c = PARSER_NODE(p, ast_cache, CACHE, K.start);
    c->query = parser_query(p, B->span.start, B);
    parser_adopt(p, c, c->query);
    A = &c->node;
}
utility(A) ::= UNCACHE(K) TABLE if_exists(E) name(N). {
    ast_cache *c = PARSER_NODE(p, ast_cache, CACHE, K.start);
    c->type = AST_CACHE_UNCACHE;
    c->if_exists = E;
    c->name = N;
    A = &c->node;
}
utility(A) ::= CLEAR(K) CACHE. {
    ast_cache *c = PARSER_NODE(p, ast_cache, CACHE, K.start);
    c->type = AST_CACHE_CLEAR;
    A = &c->node;
}

%type grant_object {ast_grant *}
%type privileges {ast_ident_list *}
%type privilege {span}
utility(A) ::= GRANT(K) privileges(L) ON grant_object(O) TO ident(I). {
    A = parser_grant(p, K.start, 0, L, O, I);
}
utility(A) ::= REVOKE(K) privileges(L) ON grant_object(O) FROM ident(I). {
    A = parser_grant(p, K.start, 1, L, O, I);
}
utility(A) ::= DENY(K) privileges(L) ON grant_object(O) TO ident(I). {
    A = parser_grant(p, K.start, 2, L, O, I);
}
privileges(A) ::= privilege(S). { A = parser_push_privilege(p, NULL, S); }
privileges(A) ::= privileges(L) COMMA privilege(S). { A = parser_push_privilege(p, L, S); }
privilege(A) ::= ident(I). { A = I.span; }
privilege(A) ::= privilege(S) ident(I). { A = (span){S.start, I.span.end}; }
grant_object(A) ::= grant_kind(O) name(N). [LOW] { A = parser_grant_object(p, O, N); }
grant_object(A) ::= name(N). [LOW] { A = parser_grant_object(p, AST_OBJECT_TABLE, N); }
grant_object(A) ::= CATALOG. [LOW] { A = parser_grant_object(p, AST_OBJECT_CATALOG, NULL); }
grant_object(A) ::= METASTORE. { A = parser_grant_object(p, AST_OBJECT_METASTORE, NULL); }
grant_object(A) ::= ANY FILE. { A = parser_grant_object(p, AST_OBJECT_ANY_FILE, NULL); }
%type grant_kind {int}
grant_kind(A) ::= TABLE. { A = AST_OBJECT_TABLE; }
grant_kind(A) ::= VIEW. { A = AST_OBJECT_VIEW; }
grant_kind(A) ::= MATERIALIZED VIEW. { A = AST_OBJECT_MATERIALIZED_VIEW; }
grant_kind(A) ::= SCHEMA. { A = AST_OBJECT_SCHEMA; }
grant_kind(A) ::= CATALOG. { A = AST_OBJECT_CATALOG; }
grant_kind(A) ::= FUNCTION. { A = AST_OBJECT_FUNCTION; }
grant_kind(A) ::= PROCEDURE. { A = AST_OBJECT_PROCEDURE; }
grant_kind(A) ::= VOLUME. { A = AST_OBJECT_VOLUME; }
grant_kind(A) ::= SHARE. { A = AST_OBJECT_SHARE; }
grant_kind(A) ::= CONNECTION. { A = AST_OBJECT_CONNECTION; }

utility(A) ::= CALL(K) call_base(C). {
    ast_call *c = PARSER_NODE(p, ast_call, CALL, K.start);
    c->call = C;
    parser_call_done(p, C);
    parser_adopt(p, c, C);
    A = &c->node;
}

/* ---- scripting ------------------------------------------------------------------------------- */

%type block {ast_statement *}
%type control {ast_statement *}
%type control_labelled {ast_statement *}
%type script_statements {ast_list *}
%type script_statement {ast_statement *}
%type end_label {parser_word}
%type branches_if {parser_branches *}
%type branches_case {parser_branches *}
%type conditions {parser_conditions *}
%type condition {ast_condition *}

block(A) ::= BEGIN(K) atomic_opt(T) script_statements(L) END end_label(E). {
    A = parser_block(p, K.start, NULL, T, L, E);
}
block(A) ::= ident(I) COLON BEGIN atomic_opt(T) script_statements(L) END end_label(E). {
    A = parser_block(p, I.span.start, &I, T, L, E);
}
%type atomic_opt {int}
atomic_opt(A) ::= . [LOW] { A = 0; }
atomic_opt(A) ::= ATOMIC. { A = 1; }
atomic_opt(A) ::= NOT ATOMIC. { A = 0; }
end_label(A) ::= . { A = (parser_word){{0, 0}, NULL}; }
end_label(A) ::= ident(A).
script_statements(A) ::= . { A = NULL; }
script_statements(A) ::= script_statements(L) script_statement(S) SEMICOLON. {
    A = parser_push(p, L, S);
}
script_statements(A) ::= script_statements(L) SEMICOLON. { A = L; }
script_statement(A) ::= statement(A).
script_statement(A) ::= block(A).
script_statement(A) ::= control(A).
script_statement(A) ::= control_labelled(A).
script_statement(A) ::= SET(K) assignments(L). {
    A = parser_set_variable(p, K.start, false, L, NULL, NULL);
}
script_statement(A) ::= SET(K) LP name_list(L) RP EQ query_parens(Q). {
    A = parser_set_variable(p, K.start, false, NULL, L, Q.query);
}
control(A) ::= IF(K) branches_if(B) END IF. { A = parser_if(p, K.start, B, false, NULL); }
control(A) ::= IF(K) branches_if(B) ELSE script_statements(L) END IF. {
    A = parser_if(p, K.start, B, true, L);
}
branches_if(A) ::= expr(E) THEN script_statements(L). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, ((ast_branch){E.e, parser_list(L)}));
}
branches_if(A) ::= branches_if(B) ELSEIF expr(E) THEN script_statements(L). {
    A = B;
    PARSER_PUSH(p, A, ((ast_branch){E.e, parser_list(L)}));
}
control(A) ::= CASE(K) branches_case(B) END CASE. {
    A = parser_case_statement(p, K.start, NULL, B, false, NULL);
}
control(A) ::= CASE(K) branches_case(B) ELSE script_statements(L) END CASE. {
    A = parser_case_statement(p, K.start, NULL, B, true, L);
}
control(A) ::= CASE(K) expr(E) branches_case(B) END CASE. {
    A = parser_case_statement(p, K.start, E.e, B, false, NULL);
}
control(A) ::= CASE(K) expr(E) branches_case(B) ELSE script_statements(L) END CASE. {
    A = parser_case_statement(p, K.start, E.e, B, true, L);
}
branches_case(A) ::= WHEN expr(E) THEN script_statements(L). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, ((ast_branch){E.e, parser_list(L)}));
}
branches_case(A) ::= branches_case(B) WHEN expr(E) THEN script_statements(L). {
    A = B;
    PARSER_PUSH(p, A, ((ast_branch){E.e, parser_list(L)}));
}
control_labelled(A) ::= loop(L). { A = parser_label(p, NULL, L); }
control_labelled(A) ::= ident(I) COLON loop(L). { A = parser_label(p, &I, L); }
%type loop {ast_statement *}
loop(A) ::= LOOP(K) script_statements(L) END LOOP end_label(E). {
    A = parser_loop(p, K.start, AST_LOOP_ENDLESS, NULL, L, E);
}
loop(A) ::= WHILE(K) expr(C) DO script_statements(L) END WHILE end_label(E). {
    A = parser_loop(p, K.start, AST_LOOP_WHILE, C.e, L, E);
}
loop(A) ::= REPEAT(K) script_statements(L) UNTIL expr(C) END REPEAT end_label(E). {
    A = parser_loop(p, K.start, AST_LOOP_REPEAT, C.e, L, E);
}
loop(A) ::= FOR(K) query(Q) DO script_statements(L) END FOR end_label(E). {
    A = parser_for(p, K.start, NULL, Q, L, E);
}
loop(A) ::= FOR(K) ident(I) AS query(Q) DO script_statements(L) END FOR end_label(E). {
    A = parser_for(p, K.start, &I, Q, L, E);
}
control(A) ::= LEAVE(K) ident(I). { A = parser_jump(p, K.start, false, I); }
control(A) ::= ITERATE(K) ident(I). { A = parser_jump(p, K.start, true, I); }

control(A) ::= DECLARE(K) handler_kind(X) HANDLER FOR conditions(C) script_statement(S). {
    A = parser_handler(p, K.start, X, C, S);
}
%type handler_kind {int}
handler_kind(A) ::= EXIT. { A = 1; }
handler_kind(A) ::= CONTINUE. { A = 0; }
conditions(A) ::= condition(C). {
    A = parser_memory(p, sizeof(*A));
    PARSER_PUSH(p, A, *C);
}
conditions(A) ::= conditions(L) COMMA condition(C). {
    A = L;
    PARSER_PUSH(p, A, *C);
}
condition(A) ::= SQLEXCEPTION(K). { A = parser_condition(p, AST_CONDITION_SQLEXCEPTION, K.start); }
condition(A) ::= NOT(K) FOUND. { A = parser_condition(p, AST_CONDITION_NOT_FOUND, K.start); }
condition(A) ::= sqlstate(T). {
    A = parser_condition(p, AST_CONDITION_SQLSTATE, T.start);
    A->sqlstate = parser_sqlstate(p, T);
}
condition(A) ::= name(N). {
    A = parser_condition(p, AST_CONDITION_NAME, N->node.span.start);
    A->name = N;
}
%type sqlstate {parser_token}
sqlstate(A) ::= SQLSTATE STRING(S). { A = S; }
sqlstate(A) ::= SQLSTATE VALUE STRING(S). { A = S; }
control(A) ::= DECLARE(K) ident(I) CONDITION. { A = parser_declare_condition(p, K.start, I, NULL); }
control(A) ::= DECLARE(K) ident(I) CONDITION FOR sqlstate(T). {
    A = parser_declare_condition(p, K.start, I, &T);
}
control(A) ::= DECLARE(K) ident(I) CURSOR FOR query(Q). {
    A = parser_declare_cursor(p, K.start, I, Q);
}
control(A) ::= OPEN(K) name(N) using_opt(U). {
    A = parser_cursor(p, K.start, AST_CURSOR_OPEN, N, U, NULL);
}
control(A) ::= FETCH(K) fetch_from name(N) INTO name_list(L). {
    A = parser_cursor(p, K.start, AST_CURSOR_FETCH, N, NULL, L);
}
fetch_from ::= .
fetch_from ::= FROM.
fetch_from ::= NEXT FROM.
control(A) ::= CLOSE(K) name(N). { A = parser_cursor(p, K.start, AST_CURSOR_CLOSE, N, NULL, NULL); }
control(A) ::= SIGNAL(K) condition(C) signal_items(L). {
    A = parser_signal(p, K.start, false, C, L);
}
control(A) ::= RESIGNAL(K). { A = parser_signal(p, K.start, true, NULL, NULL); }
control(A) ::= RESIGNAL(K) condition(C) signal_items(L). {
    A = parser_signal(p, K.start, true, C, L);
}
%type signal_items {ast_list *}
signal_items(A) ::= . { A = NULL; }
signal_items(A) ::= SET assignments(L). { A = L; }
control(A) ::= GET(K) DIAGNOSTICS CONDITION value(N) assignments(L). {
    ast_get_diagnostics *g = PARSER_NODE(p, ast_get_diagnostics, GET_DIAGNOSTICS, K.start);
    g->condition = N.e;
    g->items = parser_list(L);
    A = &g->node;
}
control(A) ::= RETURN(K) expr(E). { A = parser_return(p, K.start, E.e, NULL); }
control(A) ::= RETURN(K) query_np(Q). { A = parser_return(p, K.start, NULL, Q); }

/* ---- the automaton, asked ahead -------------------------------------------------------------- */

%code {
size_t sql_engine_size(void) { return sizeof(yyParser); }

void sql_engine_init(void *engine, parser_state *p) { SqlParserInit(engine, p); }

void sql_engine_push(void *engine, uint16_t code, parser_token token) {
    SqlParser(engine, code, token);
}

sql_probe sql_probe_start(const void *engine) {
    const yyParser *e = engine;
    sql_probe probe;
    probe.engine = engine;
    probe.base = (uint32_t)(e->yytos - e->yystack) + 1;
    probe.count = 0;
    return probe;
}

static YYACTIONTYPE sql_probe_top(const sql_probe *probe) {
    const yyParser *e = probe->engine;
    return probe->count > 0 ? probe->states[probe->count - 1] : e->yystack[probe->base - 1].stateno;
}

bool sql_probe_shift(sql_probe *probe, uint16_t code) {
    if (code >= YYNTOKEN) return false;
    for (;;) {
        YYACTIONTYPE action = yy_find_shift_action(code, sql_probe_top(probe));
        if (action >= YY_MIN_REDUCE) {
            unsigned rule = action - YY_MIN_REDUCE;
            uint32_t size = (uint32_t)-yyRuleInfoNRhs[rule];
            uint32_t own = size < probe->count ? size : probe->count;
            probe->count -= own;
            if (size - own >= probe->base) return false;
            probe->base -= size - own;
            action = yy_find_reduce_action(sql_probe_top(probe), yyRuleInfoLhs[rule]);
        } else if (action <= YY_MAX_SHIFTREDUCE) {
            if (action > YY_MAX_SHIFT) action += YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE;
            if (probe->count == SQL_PROBE_STATES) return false;
            probe->states[probe->count++] = action;
            return true;
        } else {
            return action == YY_ACCEPT_ACTION;
        }
        if (probe->count == SQL_PROBE_STATES) return false;
        probe->states[probe->count++] = action;
    }
}

#ifdef SQL_Y_NDEBUG
#undef NDEBUG
#endif
}

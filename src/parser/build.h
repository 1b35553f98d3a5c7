/* build.h - the functions that the grammar's actions call. Only src/parser and grammar include it.
 *
 * Conventions: `start` is the byte offset where the node begins, its end is the token shifted last.
 * Pointers to lists and to optional parts may be NULL unless the grammar makes them always. Nothing
 * returns NULL where it is handed parts that were there.
 */
#ifndef DBX_PARSER_BUILD_H
#define DBX_PARSER_BUILD_H

#include "parser/parser_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Records the first failure of the parse. */
#define parser_fail(p, ...)                                                                        \
    do {                                                                                           \
        if ((p)->status == DBX_OK) (p)->status = error_raise((p)->err, __VA_ARGS__);               \
    } while (0)

/* A zeroed node whose span is [start, end of the token shifted last). Never NULL: after a failure
 * it is the scratch area. */
#define PARSER_NODE(p, type, KIND, start)                                                          \
    ((type *)parser_node((p), AST_##KIND, sizeof(type), (start)))

/* Grows any ARENA_LIST unless the parse has failed. */
#define PARSER_PUSH(p, list, value)                                                                \
    ((p)->status == DBX_OK && ARENA_LIST_PUSH((p)->arena, (list), (value)) != DBX_OK               \
         ? (void)parser_fail_nomem(p)                                                              \
         : (void)0)

/* Copies a structure into a field. After a failure both may lie in the scratch area. */
#define PARSER_COPY(to, from) memmove(&(to), (from), sizeof(to))

/* Set in a join's type by the grammar for NATURAL. */
#define PARSER_NATURAL 64

/* What RETURN, or the block of a function, gives; one of the three. */
typedef struct parser_function_body {
    ast_expr *expr;
    ast_query *query;
    ast_statement *block;
} parser_function_body;

static inline span parser_span(const parser_state *p, uint32_t start) {
    return (span){start, p->previous.end};
}
/* Lists by value; empty for NULL. */
static inline ast_list parser_list(const ast_list *list) {
    return list ? *list : (ast_list){0};
}
static inline ast_ident_list parser_idents(const ast_ident_list *list) {
    return list ? *list : (ast_ident_list){0};
}

/* ---- failures, nodes, lists, names (build.c) ------------------------------------------------- */
dbx_status parser_fail_nomem(parser_state *p);
const char *parser_cstr(parser_state *p, string_view s);
void parser_syntax_error_at(parser_state *p, span at);
/* Refuses IDENTIFIER(…) in the name of something new where only references may be such clauses. */
void parser_plain_name(parser_state *p, const ast_name *name);
void parser_syntax_error(parser_state *p, parser_token token);
void parser_too_complex(parser_state *p);
void parser_once(parser_state *p, bool already, const char *clause, parser_token at);
void parser_fail_operation_at(parser_state *p, span at, const char *what);
void parser_fail_operation(parser_state *p, parser_token at, const char *what);
void *parser_memory(parser_state *p, size_t size);
void *parser_node(parser_state *p, ast_kind kind, size_t size, uint32_t start);
void parser_adopt(parser_state *p, void *parent, const void *child);
void parser_adopt_list(parser_state *p, void *parent, const ast_list *list);
string_view parser_text(const parser_state *p, uint32_t start, uint32_t end);
string_view parser_copy_text(parser_state *p, uint32_t start, uint32_t end);
string_view parser_upper(parser_state *p, string_view s);
ast_list *parser_push(parser_state *p, ast_list *list, void *node);
ast_list *parser_append(parser_state *p, ast_list *list, const ast_list *more);
ast_ident_list *parser_push_word(parser_state *p, ast_ident_list *list, parser_word word);
parser_word parser_word_of(parser_token token);
parser_word parser_word_identifier(parser_state *p, parser_token keyword, parser_expr argument);
ast_ident parser_ident(parser_state *p, parser_word word);
ast_ident parser_ident_upper(parser_state *p, span at);
ast_ident parser_ident_text(parser_state *p, const char *text, span at);
ast_name *parser_name(parser_state *p, parser_word word);
ast_name *parser_name_add(parser_state *p, ast_name *name, parser_word word);
ast_name *parser_name_text(parser_state *p, string_view text, span at);
bool parser_name_is(const ast_name *name, const char *text);
void parser_require_one_part(parser_state *p, const ast_name *name);
const char *parser_name_shown(parser_state *p, const ast_name *name);
ast_text *parser_text_of(parser_state *p, parser_token string);
ast_property *parser_property(parser_state *p, ast_name *key, ast_expr *value);
ast_property *parser_property_quoted(parser_state *p, parser_token key, ast_expr *value);

/* ---- texts and literals (literal.c) ---------------------------------------------------------- */
string_view parser_string(parser_state *p, parser_token token);
string_view parser_identifier_text(parser_state *p, span at, bool *quoted);
parser_expr parser_literal(parser_state *p, ast_literal_type type, string_view value,
                           uint32_t start);
parser_expr parser_string_literal(parser_state *p, parser_token token);
parser_expr parser_number(parser_state *p, parser_token token);
int64_t parser_small_integer(parser_state *p, string_view digits, span at, int64_t max);
parser_expr parser_typed_literal(parser_state *p, parser_word type, parser_token text);
bool parser_unit(string_view word, ast_unit *unit);
bool parser_interval_field(string_view word, ast_interval_field *field);
ast_interval_part parser_interval_part(parser_state *p, parser_token value, bool negative,
                                       parser_token unit);
parser_expr parser_interval(parser_state *p, parser_token keyword, parser_interval_parts *parts);
parser_expr parser_interval_range(parser_state *p, parser_token keyword, parser_token value,
                                  bool negative, parser_token from, parser_token to);

/* ---- expressions, calls, types (build_expr.c) ------------------------------------------------ */
parser_expr parser_wrap(parser_state *p, void *node, uint32_t start);
parser_expr parser_paren(parser_state *p, parser_expr e, uint32_t start);
parser_expr parser_unary(parser_state *p, ast_operator op, uint32_t start, parser_expr operand);
parser_expr parser_binary(parser_state *p, ast_operator op, parser_expr left, parser_expr right);
parser_expr parser_logical(parser_state *p, ast_operator op, parser_expr left, parser_expr right);
parser_expr parser_between(parser_state *p, parser_expr operand, bool negated, parser_expr low,
                           parser_expr high);
parser_expr parser_in_list(parser_state *p, parser_expr operand, bool negated, ast_list *items);
parser_expr parser_in_query(parser_state *p, parser_expr operand, bool negated, ast_query *query);
parser_expr parser_like(parser_state *p, parser_expr operand, bool negated, int op, int quantifier,
                        ast_list *patterns, ast_expr *escape);
parser_expr parser_is(parser_state *p, parser_expr operand, bool negated, ast_is_test test,
                      ast_expr *other);
parser_expr parser_case(parser_state *p, uint32_t start, ast_expr *operand, parser_whens *whens,
                        ast_expr *otherwise);
parser_expr parser_cast(parser_state *p, uint32_t start, ast_cast_form form, ast_expr *operand,
                        ast_type *type);
parser_expr parser_column(parser_state *p, ast_name *name);
parser_expr parser_field(parser_state *p, parser_expr operand, parser_word name);
parser_expr parser_row(parser_state *p, uint32_t start, ast_list *items);
parser_expr parser_subquery(parser_state *p, parser_parens query);
parser_expr parser_adjacent(parser_state *p, parser_expr left, parser_expr right);
parser_expr parser_lambda(parser_state *p, uint32_t start, parser_expr parameters, ast_expr *body);
parser_expr parser_path(parser_state *p, parser_expr operand, parser_path_steps *steps,
                        uint32_t text_start);
void parser_path_name(parser_state *p, parser_path_steps *steps, parser_word word);
void parser_path_key(parser_state *p, parser_path_steps *steps, parser_token key);
void parser_path_index(parser_state *p, parser_path_steps *steps, parser_token index);
parser_expr parser_star(parser_state *p, uint32_t start, ast_name *qualifier, ast_list *except,
                        ast_list *replace);
ast_select_item *parser_item(parser_state *p, parser_expr e, ast_ident_list *aliases);
ast_select_item *parser_item_alias(parser_state *p, parser_expr e, parser_word alias);
ast_function_call *parser_call(parser_state *p, ast_name *name, ast_list *arguments);
parser_expr parser_call_of(parser_state *p, parser_token name, ast_call_syntax syntax, ast_expr *a,
                           ast_expr *b, ast_expr *c, ast_expr *d);
parser_expr parser_trim(parser_state *p, uint32_t start, int side, ast_expr *characters,
                        ast_expr *source);
ast_node *parser_named_argument(parser_state *p, parser_word name, ast_node *value);
parser_expr parser_call_done(parser_state *p, ast_function_call *call);
ast_list *parser_partition_list(parser_state *p, parser_expr e);
ast_list *parser_sort_row(parser_state *p, ast_sort_item *item);
ast_list *parser_sort_plain(parser_state *p, ast_list *items, ast_sort_item *last);
ast_bound *parser_bound(parser_state *p, ast_bound_type type, uint32_t start, ast_expr *offset);
ast_sort_item *parser_sort_item(parser_state *p, parser_expr e, int direction, int nulls);
parser_expr *parser_keep_expr(parser_state *p, parser_expr e);
ast_type *parser_type_named(parser_state *p, parser_word name, ast_list *parameters);
ast_type *parser_type_zoned(parser_state *p, parser_word name, ast_list *parameters, bool local);
ast_type *parser_type_interval(parser_state *p, parser_token keyword, const parser_token *from,
                               const parser_token *to);
ast_type *parser_type_nested(parser_state *p, ast_type_id id, uint32_t start, ast_type *key,
                             ast_type *element, ast_list *fields);
ast_type_field *parser_type_field(parser_state *p, parser_word name, ast_type *type);

/* ---- queries and relations (build_query.c) --------------------------------------------------- */
ast_query *parser_query(parser_state *p, uint32_t start, ast_body *body);
ast_query *parser_query_clauses(parser_state *p, uint32_t start, ast_body *body,
                                ast_query *clauses);
ast_query *parser_query_with(parser_state *p, ast_query *with, ast_query *query);
ast_query *parser_merge_clause(parser_state *p, ast_query *all, ast_query *clause);
ast_query *parser_order_by_all(parser_state *p, uint32_t start, int direction, int nulls);
ast_cte *parser_cte(parser_state *p, parser_word name, ast_ident_list *columns,
                    ast_expr *max_recursion, ast_query *query);
void parser_check_ctes(parser_state *p, bool recursive, const ast_list *ctes);
ast_body *parser_table_query(parser_state *p, uint32_t start, ast_name *name);
ast_body *parser_set_operation(parser_state *p, ast_set_operator op, parser_body left,
                               int quantifier, bool by_name, ast_body *right);
ast_body *parser_select(parser_state *p, ast_select *s, ast_relation *from, ast_expr *where,
                        ast_select *group, ast_expr *having, ast_expr *qualify, ast_list *windows);
ast_body *parser_from_alone(parser_state *p, parser_expr from);
ast_body *parser_select_from_first(parser_state *p, parser_expr from, ast_select *s,
                                   ast_relation *views, ast_expr *where, ast_select *group,
                                   ast_expr *having, ast_expr *qualify, ast_list *windows);
ast_grouping *parser_grouping(parser_state *p, ast_grouping_type type, uint32_t start,
                              ast_list *items);
ast_grouping *parser_grouping_set(parser_state *p, ast_grouping *g);
ast_select *parser_group_with(parser_state *p, ast_list *groupings, ast_grouping_type type,
                              ast_list *sets);
ast_expr *parser_default_or(parser_state *p, ast_expr *e);
ast_list *parser_values_rows(parser_state *p, ast_list *rows);
ast_relation *parser_join(parser_state *p, ast_relation *left, int type, ast_relation *right,
                          ast_expr *on, ast_ident_list *using_columns);
ast_relation *parser_on_relation(parser_state *p, ast_relation *relation, ast_relation *op);
ast_relation *parser_subquery_ref(parser_state *p, parser_parens query, bool lateral,
                                  ast_sample *sample, const ast_alias *alias);
ast_relation *parser_function_ref(parser_state *p, ast_function_call *call, bool lateral,
                                  bool ordinality, ast_sample *sample, const ast_alias *alias);
ast_relation *parser_paren_ref(parser_state *p, uint32_t start, ast_relation *relation,
                               ast_sample *sample, const ast_alias *alias);
ast_table_ref *parser_table_ref(parser_state *p, ast_name *name, const ast_table_ref *travel,
                                ast_list *options, ast_sample *sample, const ast_alias *alias);
ast_relation *parser_path_ref(parser_state *p, parser_token path, ast_sample *sample,
                              const ast_alias *alias);
ast_table_ref *parser_travel(parser_state *p, ast_travel travel, parser_expr to);
ast_table_ref *parser_travel_mark(parser_state *p, parser_token token);
ast_sample *parser_sample(parser_state *p, ast_sample_method method, ast_expr *amount);
ast_sample *parser_sample_bucket(parser_state *p, parser_token bucket, parser_token buckets,
                                 ast_expr *on);
ast_sample *parser_sample_done(parser_state *p, ast_sample *s, uint32_t start, ast_expr *seed);
ast_relation *parser_pivot(parser_state *p, uint32_t start, ast_list *aggregates, ast_list *columns,
                           ast_list *values, const ast_alias *alias);
ast_unpivot_item *parser_unpivot_item(parser_state *p, ast_list *columns, parser_word alias);
ast_relation *parser_unpivot(parser_state *p, uint32_t start, int nulls, ast_ident_list *values,
                             bool multi, parser_word column, parser_unpivot_items *items,
                             const ast_alias *alias);
ast_relation *parser_lateral_view(parser_state *p, uint32_t start, bool outer,
                                  ast_function_call *call, parser_word table,
                                  ast_ident_list *columns);
ast_body *parser_pipe(parser_state *p, parser_body input, ast_pipe_operator *op);
ast_pipe_operator *parser_pipe_operator(parser_state *p, ast_pipe_type type, uint32_t start);
ast_assignment *parser_pipe_assignment(parser_state *p, ast_name *target, ast_expr *value);
ast_list parser_names_of(parser_state *p, const ast_ident_list *idents);
ast_pipe_operator *parser_pipe_relation(parser_state *p, ast_pipe_type type,
                                        ast_relation *relation);
ast_pipe_operator *parser_pipe_set(parser_state *p, uint32_t start, ast_set_operator set,
                                   int quantifier, bool by_name, ast_body *right);
ast_pipe_operator *parser_pipe_clauses(parser_state *p, ast_query *clauses);
ast_pipe_operator *parser_pipe_aggregate(parser_state *p, uint32_t start, ast_list *items,
                                         const ast_pipe_operator *group);
void parser_fail_pipe_grouping(parser_state *p, const char *what);
void parser_pipe_group_add(parser_state *p, ast_pipe_operator *group, ast_select_item *item);
ast_select_item *parser_pipe_grouping(parser_state *p, ast_grouping *grouping,
                                      const parser_word *alias);
ast_transform *parser_transform(parser_state *p, uint32_t start, int quantifier, ast_list *items,
                                ast_row_format *input, parser_token writer, parser_token script,
                                ast_list *columns, ast_row_format *output, parser_token reader);
ast_body *parser_transform_done(parser_state *p, ast_transform *t, ast_relation *from,
                                ast_expr *where, ast_select *group, ast_expr *having,
                                ast_list *windows);
void parser_check_lines(parser_state *p, parser_token string);

/* ---- statements (build_statement.c) ---------------------------------------------------------- */
void parser_add_statement(parser_state *p, ast_statement *statement);
ast_insert *parser_insert_query(parser_state *p, ast_insert *insert, ast_query *query);
ast_statement *parser_insert_with(parser_state *p, ast_query *with, ast_insert *insert);
ast_statement *parser_insert_directory(parser_state *p, ast_insert_directory *insert,
                                       ast_query *query);
ast_statement *parser_multi_insert(parser_state *p, parser_expr from, ast_list *branches);
ast_statement *parser_multi_insert_with(parser_state *p, ast_query *with, ast_statement *statement);
ast_partition_item *parser_partition_item(parser_state *p, parser_word column, int op,
                                          ast_expr *value);
ast_assignment *parser_assignment(parser_state *p, ast_name *target, ast_expr *value);
ast_merge_clause *parser_merge_action(parser_state *p, uint32_t start, ast_merge_action action);
ast_merge_clause *parser_merge_insert(parser_state *p, uint32_t start, ast_list *columns,
                                      ast_list *values);
ast_merge_clause *parser_merge_when(parser_state *p, uint32_t start, ast_merge_match match,
                                    ast_expr *condition, ast_merge_clause *clause);
void parser_no_replace(parser_state *p, parser_token create);
ast_create_table *parser_table_head(parser_state *p, parser_token create, bool if_not_exists,
                                    ast_name *name);
void parser_add_element(parser_state *p, ast_create_table *elements, ast_column_def *column,
                        ast_constraint *constraint);
ast_statement *parser_create_table(parser_state *p, ast_create_table *t, ast_create_table *elements,
                                   ast_table_clauses *clauses, ast_query *query);
ast_statement *parser_create_table_like(parser_state *p, parser_token create, bool temporary,
                                        bool if_not_exists, ast_name *name, ast_name *source,
                                        ast_table_clauses *clauses);
ast_statement *parser_clone_table(parser_state *p, parser_token create, bool if_not_exists,
                                  ast_name *name, bool shallow, ast_name *source,
                                  const ast_table_ref *travel, ast_table_clauses *clauses);
ast_column_def *parser_column_def(parser_state *p, ast_name *name, ast_type *type);
ast_column_def *parser_identity(parser_state *p, ast_column_def *c, parser_token at,
                                ast_generated generated, const ast_column_def *options);
ast_constraint *parser_constraint(parser_state *p, ast_constraint_type type, uint32_t start);
ast_constraint *parser_check(parser_state *p, parser_token keyword, parser_token open,
                             parser_expr e, parser_token close);
void parser_add_trait(parser_state *p, ast_constraint *constraint, span at);
ast_statement *parser_create_view(parser_state *p, parser_token create, int type,
                                  bool if_not_exists, ast_name *name, ast_list *columns,
                                  ast_table_clauses *clauses, parser_token as, ast_query *query);
ast_statement *parser_create_view_using(parser_state *p, parser_token create, int type,
                                        ast_name *name, ast_list *columns,
                                        ast_table_clauses *clauses);
ast_create_function *parser_function_head(parser_state *p, parser_token create, bool if_not_exists,
                                          ast_name *name);
void parser_check_temp_function(parser_state *p, const ast_create_function *f);
ast_statement *parser_function_class(parser_state *p, ast_create_function *f, parser_token text,
                                     ast_list *resources);
ast_statement *parser_function(parser_state *p, ast_create_function *f, ast_list *parameters,
                               const ast_create_function *traits, parser_token before,
                               parser_function_body body);
ast_statement *parser_function_code(parser_state *p, ast_create_function *f, ast_list *parameters,
                                    const ast_create_function *traits, parser_token text);
ast_statement *parser_drop(parser_state *p, parser_token keyword, int object, bool if_exists,
                           ast_name *name, int behavior);
ast_analyze *parser_analyze(parser_state *p, uint32_t start, ast_name *name,
                            ast_partition_spec *partition);
void parser_check_noscan(parser_state *p, parser_word mode);
ast_alter *parser_alter(parser_state *p, ast_alter_action action, uint32_t start);
ast_alter *parser_alter_column(parser_state *p, ast_alter_action action, ast_name *column);
ast_alter *parser_alter_columns(parser_state *p, const parser_alters *list);
ast_alter *parser_alter_cluster(parser_state *p, uint32_t start, ast_list *names, int mode);
ast_alter *parser_alter_query(parser_state *p, ast_query *query);
void parser_adopt_alter(parser_state *p, void *statement, const ast_alter *a);
ast_statement *parser_alter_table(parser_state *p, uint32_t start, ast_name *name,
                                  const ast_alter *a);
ast_statement *parser_alter_view(parser_state *p, uint32_t start, bool materialized, ast_name *name,
                                 const ast_alter *a);
ast_statement *parser_alter_schema(parser_state *p, uint32_t start, ast_object object,
                                   ast_name *name, const ast_alter *a);
ast_show *parser_show(parser_state *p, ast_show_type type, ast_name *name, ast_name *in,
                      const ast_text *pattern);
ast_show *parser_show_functions(parser_state *p, const parser_word *scope, ast_name *in,
                                ast_show *like);
ast_show *parser_show_grants(parser_state *p, const parser_word *principal,
                             const ast_grant *object);
ast_describe *parser_describe(parser_state *p, ast_describe_type type, ast_name *name);
void parser_describe_check(parser_state *p, const ast_describe *d);
ast_describe *parser_describe_mode(parser_state *p, int mode, ast_describe *d);
ast_statement *parser_use(parser_state *p, uint32_t start, ast_object object, ast_name *name);
ast_statement *parser_set_variable(parser_state *p, uint32_t start, bool var_given,
                                   ast_list *assignments, ast_list *names, ast_query *query);
ast_declare_variable *parser_declare(parser_state *p, uint32_t start, bool or_replace,
                                     ast_list *names, ast_type *type, const parser_expr *value);
ast_list *parser_using_row(parser_state *p, ast_list *items);
void parser_check_using(parser_state *p, const ast_list *items);
ast_statement *parser_transaction(parser_state *p, uint32_t start, ast_transaction_type type,
                                  bool read_only);
ast_maintenance *parser_maintain_name(parser_state *p, ast_maintenance_type type, uint32_t start,
                                      ast_name *name);
ast_maintenance *parser_maintain(parser_state *p, ast_maintenance_type type, uint32_t start,
                                 const ast_table_ref *table);
ast_ident_list *parser_push_privilege(parser_state *p, ast_ident_list *list, span words);
ast_grant *parser_grant_object(parser_state *p, int object, ast_name *name);
ast_statement *parser_grant(parser_state *p, uint32_t start, int verb, ast_ident_list *privileges,
                            const ast_grant *object, parser_word principal);

/* ---- settings (build_setting.c) -------------------------------------------------------------- */
ast_statement *parser_set_statement(parser_state *p, parser_token statement);
ast_statement *parser_reset_statement(parser_state *p, parser_token statement);
ast_statement *parser_raw_statement(parser_state *p, parser_token statement);
ast_statement *parser_set_time_zone(parser_state *p, uint32_t start, ast_expr *interval,
                                    const parser_token *text);
ast_statement *parser_set_collation(parser_state *p, uint32_t start, parser_word name);

/* ---- scripting (build_script.c) -------------------------------------------------------------- */
ast_statement *parser_block(parser_state *p, uint32_t start, const parser_word *label, bool atomic,
                            ast_list *statements, parser_word end);
ast_statement *parser_if(parser_state *p, uint32_t start, const parser_branches *branches,
                         bool has_else, ast_list *otherwise);
ast_statement *parser_case_statement(parser_state *p, uint32_t start, ast_expr *operand,
                                     const parser_branches *branches, bool has_else,
                                     ast_list *otherwise);
ast_statement *parser_loop(parser_state *p, uint32_t start, ast_loop_type type, ast_expr *condition,
                           ast_list *statements, parser_word end);
ast_statement *parser_for(parser_state *p, uint32_t start, const parser_word *variable,
                          ast_query *query, ast_list *statements, parser_word end);
ast_statement *parser_label(parser_state *p, const parser_word *label, ast_statement *loop);
ast_statement *parser_jump(parser_state *p, uint32_t start, bool iterate, parser_word label);
ast_condition *parser_condition(parser_state *p, ast_condition_type type, uint32_t start);
string_view parser_sqlstate(parser_state *p, parser_token string);
ast_statement *parser_handler(parser_state *p, uint32_t start, bool exit,
                              const parser_conditions *list, ast_statement *body);
ast_statement *parser_declare_condition(parser_state *p, uint32_t start, parser_word name,
                                        const parser_token *sqlstate);
ast_statement *parser_declare_cursor(parser_state *p, uint32_t start, parser_word name,
                                     ast_query *query);
ast_statement *parser_cursor(parser_state *p, uint32_t start, ast_cursor_action action,
                             ast_name *name, ast_list *using_arguments, ast_list *into);
ast_statement *parser_signal(parser_state *p, uint32_t start, bool resignal,
                             const ast_condition *condition, ast_list *items);
ast_statement *parser_return(parser_state *p, uint32_t start, ast_expr *expr, ast_query *query);

#endif

/* binder_test.c - result schemas with Spark's generated names, plans' shapes, error classes and
 * positions.
 *
 * Relations come from VALUES, so that no database is needed. Names and classes are those of
 * Spark 4.1's published golden files or follow from their rules.
 */
#include "binder/binder.h"
#include "parser/parser.h"

#include <criterion/criterion.h>
#include <stdio.h>

typedef struct binder_fixture {
    query query;
    settings settings;
    arena arena;
    error err;
    plan_context plan;
    binder_context context;
} binder_fixture;

static void binder_fixture_init(binder_fixture *f) {
    memset(f, 0, sizeof(*f));
    ledger_init(&f->query.ledger, NULL, "test", SIZE_MAX);
    arena_init(&f->arena, &f->query.ledger);
    settings_init(&f->settings, &f->query.ledger);
    error_init(&f->err);
    f->query.settings = &f->settings;
    f->query.current_catalog = SV("spark_catalog");
    f->query.current_schema = SV("default");
    f->plan =
        (plan_context){.arena = &f->arena, .query = &f->query, .err = &f->err, .next_column = 1};
    f->context = (binder_context){.plan = &f->plan};
}

static void binder_fixture_deinit(binder_fixture *f) {
    for (uint32_t i = 0; i < f->plan.owned_sources.count; i++)
        source_free(f->plan.owned_sources.items[i]);
    error_deinit(&f->err);
    settings_deinit(&f->settings);
    arena_deinit(&f->arena);
    ledger_deinit(&f->query.ledger);
}

static dbx_status bind_sql(binder_fixture *f, const char *sql, plan_node **out) {
    ast_query *q;
    f->query.sql = sv_from(sql);
    dbx_status status = parser_parse_query(&f->arena, f->query.sql, NULL, &q, &f->err);
    return status == DBX_OK ? binder_bind_query(&f->context, q, out) : status;
}

/* "name:type, name:type" of a query's result; its plan obeys the rules of plans. */
static void check_schema(const char *sql, const char *expected) {
    binder_fixture f;
    plan_node *plan;
    buffer text;
    binder_fixture_init(&f);
    cr_assert_eq(bind_sql(&f, sql, &plan), DBX_OK, "%s: %s", sql, f.err.message);
    cr_assert_eq(plan_verify(plan, "binder", &f.err), DBX_OK, "%s: %s", sql, f.err.message);
    buffer_init(&text, &f.query.ledger);
    for (uint32_t i = 0; i < plan->column_count; i++) {
        if (i > 0) cr_assert_eq(buffer_append(&text, ", ", 2), DBX_OK);
        cr_assert_eq(buffer_append_sv(&text, plan->columns[i].name), DBX_OK);
        cr_assert_eq(buffer_append_char(&text, ':'), DBX_OK);
        cr_assert_eq(type_append_name(&text, plan->columns[i].type), DBX_OK);
    }
    cr_assert_str_eq(text.data, expected, "%s\n  want %s\n  got  %s", sql, expected, text.data);
    buffer_deinit(&text);
    binder_fixture_deinit(&f);
}

/* The error's class, and the text that its position covers (NULL: not looked at). */
static void check_error(const char *sql, const char *class_name, const char *at) {
    binder_fixture f;
    plan_node *plan;
    binder_fixture_init(&f);
    cr_assert_eq(bind_sql(&f, sql, &plan), DBX_ERROR, "%s binds", sql);
    cr_assert_str_eq(error_class_name(f.err.cls), class_name, "%s: %s", sql, f.err.message);
    if (at != NULL) {
        string_view covered = {sql + f.err.position.start,
                               f.err.position.end - f.err.position.start};
        cr_assert(sv_equal(covered, sv_from(at)), "%s: the error covers '%.*s'", sql,
                  (int)covered.size, covered.data);
    }
    binder_fixture_deinit(&f);
}

static void check_plan(const char *sql, const char *expected) {
    binder_fixture f;
    plan_node *plan;
    buffer text;
    binder_fixture_init(&f);
    cr_assert_eq(bind_sql(&f, sql, &plan), DBX_OK, "%s: %s", sql, f.err.message);
    buffer_init(&text, &f.query.ledger);
    cr_assert_eq(plan_append_text(&text, plan, &f.query), DBX_OK);
    cr_assert_str_eq(text.data, expected, "%s\n  want\n%s\n  got\n%s", sql, expected, text.data);
    buffer_deinit(&text);
    binder_fixture_deinit(&f);
}

#define T_AB " FROM VALUES (1, 'x'), (2, 'y') t(a, b)"

Test(binder, literals_have_sparks_types) {
    check_schema(
        "SELECT 1, 2147483648, 99999999999999999999, 1.50, 1e3, 1L, 1Y, 1.5D, 'x', NULL, true",
        "1:int, 2147483648:bigint, 99999999999999999999:decimal(20,0), 1.50:decimal(3,2), "
        "1000.0:double, "
        "1:bigint, 1:tinyint, 1.5:double, x:string, NULL:void, true:boolean");
    check_schema("SELECT X'1A', DATE '2020-01-02', INTERVAL 2 YEARS 4 MONTHS, INTERVAL '1 day'",
                 "X'1A':binary, DATE '2020-01-02':date, INTERVAL '2-4' YEAR TO MONTH:interval year "
                 "to month, "
                 "INTERVAL '1' DAY:interval day");
    check_schema("SELECT 123.0E-28BD, .5, -0.18",
                 "1.230E-26:decimal(29,29), 0.5:decimal(1,1), -0.18:decimal(2,2)");
    check_error("SELECT 300Y", "INVALID_NUMERIC_LITERAL_RANGE", "300Y");
    check_error("SELECT DATE 'x'", "INVALID_TYPED_LITERAL", "DATE 'x'");
}

Test(binder, generated_names) {
    check_schema("SELECT a + 1, a <> 1, NOT a = 1, a IS NULL" T_AB,
                 "(a + 1):int, (NOT (a = 1)):boolean, (NOT (a = 1)):boolean, (a IS NULL):boolean");
    check_schema("SELECT a BETWEEN 1 AND 2, a NOT IN (1, 2), b LIKE 'x%', b || 'z'" T_AB,
                 "between(a, 1, 2):boolean, (NOT (a IN (1, 2))):boolean, b LIKE x%:boolean, "
                 "concat(b, z):string");
    check_schema(
        "SELECT CASE a WHEN 1 THEN 'p' ELSE b END, CAST(a AS BIGINT), CAST(a + 1 AS STRING)" T_AB,
        "CASE WHEN (a = 1) THEN p ELSE b END:string, a:bigint, CAST((a + 1) AS STRING):string");
    check_schema("SELECT a = 1 AND a = 2 AND a = 3 AND a = 4" T_AB,
                 "(((a = 1) AND (a = 2)) AND ((a = 3) AND (a = 4))):boolean");
    check_schema("SELECT A, t.B, a AS c" T_AB, "A:int, B:string, c:int");
    check_schema("SELECT count(*), count(DISTINCT a), sum(a) FILTER (WHERE a > 1)" T_AB,
                 "count(1):bigint, count(DISTINCT a):bigint, sum(a) FILTER (WHERE (a > 1)):bigint");
    check_schema("SELECT sum(a) OVER (PARTITION BY b ORDER BY a DESC)" T_AB,
                 "sum(a) OVER (PARTITION BY b ORDER BY a DESC NULLS LAST RANGE BETWEEN UNBOUNDED "
                 "PRECEDING AND CURRENT "
                 "ROW):bigint");
    check_schema("SELECT (SELECT 1), EXISTS (SELECT 1), a IN (SELECT 1)" T_AB,
                 "scalarsubquery():int, exists():boolean, (a IN (listquery())):boolean");
    check_schema("SELECT (SELECT max(x) FROM VALUES (1) u(x) WHERE x = a)" T_AB,
                 "scalarsubquery(a):int");
    check_schema("SELECT 1 AS x, x + 1", "x:int, (lateralAliasReference(x) + 1):int");
}

Test(binder, names_are_resolved) {
    check_schema("SELECT t.* FROM VALUES (1, 2) t(a, b), VALUES (3) u(a)", "a:int, b:int");
    check_schema("SELECT * EXCEPT (a)" T_AB, "b:string");
    check_schema("SELECT * REPLACE (a + 1.5 AS a)" T_AB, "a:decimal(12,1), b:string");
    check_error("SELECT c" T_AB, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "c");
    check_error("SELECT c", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "c");
    check_error("SELECT a FROM VALUES (1) t(a), VALUES (2) u(a)", "AMBIGUOUS_REFERENCE", "a");
    check_error("SELECT u.*" T_AB, "CANNOT_RESOLVE_STAR_EXPAND", "u.*");
    check_error("SELECT a.x" T_AB, "INVALID_EXTRACT_BASE_FIELD_TYPE", "a.x");
    check_error("SELECT nosuch(1)", "UNRESOLVED_ROUTINE", "nosuch");
}

Test(binder, using_and_natural_give_a_key_once) {
    check_schema("SELECT * FROM VALUES (1, 2) l(k, a) JOIN VALUES (1, 3) r(k, b) USING (k)",
                 "k:int, a:int, b:int");
    check_schema("SELECT l.k, r.k, k FROM VALUES (1) l(k) FULL JOIN VALUES (1) r(k) USING (k)",
                 "k:int, k:int, k:int");
    check_schema("SELECT * FROM VALUES (1, 2) l(k, a) NATURAL LEFT JOIN VALUES (1, 3) r(k, b)",
                 "k:int, a:int, b:int");
    check_schema("SELECT l.* FROM VALUES (1, 2) l(k, a) JOIN VALUES (1, 3) r(k, b) USING (k)",
                 "k:int, a:int");
    check_error("SELECT * FROM VALUES (1) l(k) JOIN VALUES (1) r(m) USING (k)",
                "UNRESOLVED_USING_COLUMN_FOR_JOIN", "k");
}

Test(binder, grouping) {
    check_schema("SELECT a + 1, count(*)" T_AB " GROUP BY a + 1", "(a + 1):int, count(1):bigint");
    check_schema("SELECT 1 + a, count(*)" T_AB " GROUP BY a + 1", "(1 + a):int, count(1):bigint");
    check_schema("SELECT a AS k, count(*)" T_AB " GROUP BY k", "k:int, count(1):bigint");
    check_schema("SELECT b, sum(a)" T_AB " GROUP BY ALL HAVING sum(a) > 1 ORDER BY max(a)",
                 "b:string, sum(a):bigint");
    check_schema("SELECT b, grouping(b), grouping_id()" T_AB " GROUP BY CUBE (a, b)",
                 "b:string, grouping(b):tinyint, grouping_id():bigint");
    check_schema("SELECT sum(a) + 1 AS s, s * 2 AS d" T_AB, "s:bigint, d:bigint");
    check_error("SELECT a, count(*)" T_AB, "MISSING_GROUP_BY", "a");
    check_error("SELECT a, count(*)" T_AB " GROUP BY b", "MISSING_AGGREGATION", "a");
    check_error("SELECT count(*)" T_AB " GROUP BY b ORDER BY a",
                "UNRESOLVED_COLUMN.WITH_SUGGESTION", "a");
    check_error("SELECT sum(max(a))" T_AB, "NESTED_AGGREGATE_FUNCTION", "max(a)");
    check_error("SELECT 1" T_AB " WHERE sum(a) > 1", "INVALID_WHERE_CONDITION", "sum(a)");
    check_error("SELECT a" T_AB " GROUP BY 3", "GROUP_BY_POS_OUT_OF_RANGE", "3");
    check_error("SELECT sum(a)" T_AB " GROUP BY 1", "GROUP_BY_POS_AGGREGATE", "1");
    check_error("SELECT grouping(a)" T_AB " GROUP BY a", "UNSUPPORTED_GROUPING_EXPRESSION",
                "grouping(a)");
}

Test(binder, having_alone_is_one_group) {
    check_plan("SELECT 1 FROM VALUES (1), (2) t(a) HAVING true", "PROJECT [1 AS 1#2]\n"
                                                                 "  FILTER [true]\n"
                                                                 "    AGGREGATE [] []\n"
                                                                 "      VALUES [a#1] 2 rows\n");
}

Test(binder, ordering) {
    check_schema("SELECT a AS b, b AS a" T_AB " ORDER BY a, 2 DESC", "b:int, a:string");
    check_schema("SELECT a" T_AB " ORDER BY b", "a:int");
    check_error("SELECT DISTINCT a" T_AB " ORDER BY b", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "b");
    check_error("SELECT a" T_AB " ORDER BY 2", "ORDER_BY_POS_OUT_OF_RANGE", "2");
    check_error("SELECT a" T_AB " LIMIT -1", "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE", "-1");
}

Test(binder, windows) {
    check_schema("SELECT lag(a) OVER (ORDER BY a), rank() OVER w" T_AB " WINDOW w AS (ORDER BY b)",
                 "lag(a, 1, NULL) OVER (ORDER BY a ASC NULLS FIRST ROWS BETWEEN -1 FOLLOWING AND "
                 "-1 FOLLOWING):int, "
                 "RANK() OVER (ORDER BY b ASC NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND "
                 "CURRENT ROW):int");
    check_schema("SELECT a" T_AB " QUALIFY row_number() OVER (ORDER BY a) = 1", "a:int");
    check_error("SELECT sum(a) OVER w" T_AB, "MISSING_WINDOW_SPECIFICATION", "w");
    check_error("SELECT row_number()" T_AB, "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", "row_number()");
    check_error("SELECT sum(a) OVER (ORDER BY a ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING)" T_AB,
                "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_INVALID_BOUND", NULL);
}

Test(binder, set_operations_widen) {
    check_schema("SELECT 1 AS a UNION SELECT 2.5", "a:decimal(11,1)");
    check_schema("SELECT 1 AS a, 2 AS b UNION ALL BY NAME SELECT 3 AS b, 4 AS a", "a:int, b:int");
    check_error("SELECT 1 UNION SELECT 1, 2", "NUM_COLUMNS_MISMATCH", NULL);
    check_schema("VALUES (1, NULL), (2.5, 'x')", "col1:decimal(11,1), col2:string");
    check_error("VALUES (1), (2, 3)", "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", NULL);
}

Test(binder, ctes) {
    check_schema("WITH c(x) AS (SELECT 1), d AS (SELECT x + 1 AS y FROM c) SELECT * FROM c, d",
                 "x:int, y:int");
    check_schema("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) "
                 "SELECT * FROM r",
                 "n:int");
    check_error("WITH c AS (SELECT 1), c AS (SELECT 2) SELECT * FROM c", "DUPLICATED_CTE_NAMES",
                "c");
    check_error("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT max(n) FROM r) SELECT * FROM r",
                "INVALID_RECURSIVE_REFERENCE.PLACE", NULL);
    check_plan("WITH c AS (SELECT 1 AS x) SELECT * FROM c JOIN c d USING (x)",
               "CTE c(0)\n"
               "  PROJECT [1 AS x#1]\n"
               "    VALUES [] 1 rows\n"
               "  PROJECT [x#2 AS x#4]\n"
               "    JOIN INNER [(x#2 = x#3)]\n"
               "      CTE_SCAN c(0) [x#2]\n"
               "      CTE_SCAN c(0) [x#3]\n");
}

Test(binder, pipes) {
    check_schema("VALUES (1, 2) t(a, b) |> WHERE a > 0 |> EXTEND a + b AS c |> DROP b",
                 "a:int, c:int");
    check_schema("VALUES (1, 2) t(a, b) |> AGGREGATE sum(b) AS s GROUP BY a", "a:int, s:bigint");
    check_schema("VALUES (1, 2) t(a, b) |> SET a = a + 0.5", "a:decimal(12,1), b:int");
    check_error("VALUES (1) t(a) |> SELECT sum(a)", "PIPE_OPERATOR_CONTAINS_AGGREGATE_FUNCTION",
                "sum(a)");
}

Test(binder, correlation_is_marked) {
    check_plan(
        "SELECT a FROM VALUES (1) t(a) WHERE EXISTS (SELECT 1 FROM VALUES (1) u(x) WHERE x = a)",
        "PROJECT [a#1 AS a#4]\n"
        "  FILTER [exists()]\n"
        "    EXISTS subquery:\n"
        "      PROJECT [1 AS 1#3]\n"
        "        FILTER [(x#2 = a#1)]\n"
        "          VALUES [x#2] 1 rows\n"
        "    VALUES [a#1] 1 rows\n");
    check_schema("SELECT * FROM VALUES (1) t(a), LATERAL (SELECT a + 1 AS c)", "a:int, c:int");
    check_error("SELECT (SELECT 1, 2)",
                "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN",
                NULL);
}

Test(binder, parameters_are_constants) {
    binder_fixture f;
    plan_node *plan;
    ast_expr *e;
    const vector *value;
    binder_fixture_init(&f);
    f.query.sql = SV("40 + 2");
    cr_assert_eq(parser_parse_expression(&f.arena, f.query.sql, NULL, &e, &f.err), DBX_OK);
    cr_assert_eq(binder_evaluate(&f.context, e, NULL, &value), DBX_OK);
    cr_assert_eq(VECTOR_DATA(value, int32_t)[0], 42);
    binder_parameter parameters[] = {{.name = SV("n"), .value = value}};
    f.context.parameters = parameters;
    f.context.parameter_count = 1;
    cr_assert_eq(bind_sql(&f, "SELECT :n AS n", &plan), DBX_OK, "%s", f.err.message);
    cr_assert_eq(plan->columns[0].type.id, TYPE_INT);
    cr_assert_eq(bind_sql(&f, "SELECT :m", &plan), DBX_ERROR);
    cr_assert_str_eq(error_class_name(f.err.cls), "UNBOUND_SQL_PARAMETER");
    binder_fixture_deinit(&f);
}

Test(binder, depth_and_size_are_bounded) {
    /* Each alias doubles the one before: 2^40 nodes if all were put in place. */
    char sql[4096];
    size_t at = (size_t)snprintf(sql, sizeof(sql), "SELECT sum(a) AS x0");
    for (int i = 1; i < 40; i++)
        at += (size_t)snprintf(sql + at, sizeof(sql) - at, ", x%d + x%d AS x%d", i - 1, i - 1, i);
    snprintf(sql + at, sizeof(sql) - at, "%s", T_AB);
    check_error(sql, "QUERY_TOO_DEEP", NULL);
}

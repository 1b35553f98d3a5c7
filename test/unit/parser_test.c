/* parser_test.c - shapes of ASTs by their printed form, errors, spans, tokens. */
#include "common/error.h"
#include "common/memory.h"
#include "parser/parser.h"

#include <criterion/criterion.h>
#ifdef DBX_FAULT_INJECTION
#include "common/fault.h"
#endif

typedef struct fixture {
    ledger ledger;
    arena arena;
    error err;
    buffer out;
    ast_statement_list list;
} fixture;

static void setup(fixture *f) {
    ledger_init(&f->ledger, NULL, "test", SIZE_MAX);
    arena_init(&f->arena, &f->ledger);
    error_init(&f->err);
    buffer_init(&f->out, &f->ledger);
}

static void teardown(fixture *f) {
    buffer_deinit(&f->out);
    error_deinit(&f->err);
    arena_deinit(&f->arena);
    ledger_deinit(&f->ledger);
}

typedef struct shape {
    const char *sql;
    const char *tree;
} shape;

/* Parses as statements; several print one after another. */
static void check_statements(const shape *shapes, size_t count, const parser_options *options) {
    fixture f;
    setup(&f);
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&f.out);
        arena_reset(&f.arena);
        error_clear(&f.err);
        dbx_status status =
            parser_parse(&f.arena, sv_from(shapes[i].sql), options, &f.list, &f.err);
        cr_expect_eq(status, DBX_OK, "%s\n  %s", shapes[i].sql, f.err.message);
        if (status != DBX_OK) continue;
        for (uint32_t k = 0; k < f.list.count; k++) {
            if (k > 0) cr_assert_eq(buffer_append_char(&f.out, ' '), DBX_OK);
            cr_assert_eq(ast_print(f.list.items[k], &f.out), DBX_OK);
        }
        cr_expect_str_eq(f.out.data, shapes[i].tree, "%s\n  is   %s\n  want %s", shapes[i].sql,
                         f.out.data, shapes[i].tree);
    }
    teardown(&f);
}

static void check_expressions(const shape *shapes, size_t count) {
    fixture f;
    setup(&f);
    for (size_t i = 0; i < count; i++) {
        ast_expr *e;
        buffer_clear(&f.out);
        error_clear(&f.err);
        dbx_status status =
            parser_parse_expression(&f.arena, sv_from(shapes[i].sql), NULL, &e, &f.err);
        cr_expect_eq(status, DBX_OK, "%s\n  %s", shapes[i].sql, f.err.message);
        if (status != DBX_OK) continue;
        cr_assert_eq(ast_print(e, &f.out), DBX_OK);
        cr_expect_str_eq(f.out.data, shapes[i].tree, "%s\n  is   %s\n  want %s", shapes[i].sql,
                         f.out.data, shapes[i].tree);
    }
    teardown(&f);
}

/* Each text must fail with its class. */
static void check_errors(const shape *shapes, size_t count) {
    fixture f;
    setup(&f);
    for (size_t i = 0; i < count; i++) {
        error_clear(&f.err);
        dbx_status status = parser_parse(&f.arena, sv_from(shapes[i].sql), NULL, &f.list, &f.err);
        cr_expect_eq(status, DBX_ERROR, "%s", shapes[i].sql);
        if (status != DBX_ERROR) continue;
        cr_expect_not_null(strstr(f.err.message, shapes[i].tree), "%s\n  is   %s\n  want %s",
                           shapes[i].sql, f.err.message, shapes[i].tree);
    }
    teardown(&f);
}

#define CHECK_STATEMENTS(shapes) check_statements((shapes), ARRAY_COUNT(shapes), NULL)
#define CHECK_EXPRESSIONS(shapes) check_expressions((shapes), ARRAY_COUNT(shapes))
#define CHECK_ERRORS(shapes) check_errors((shapes), ARRAY_COUNT(shapes))

Test(parser, literals) {
    static const shape shapes[] = {
        {"1", "(literal integer 1)"},
        {"-1", "(literal integer -1)"},
        {"- 1", "(literal integer -1)"},
        {"-(1)", "(unary - (literal integer 1))"},
        {"1Y", "(literal tinyint 1)"},
        {"-128y", "(literal tinyint -128)"},
        {"2S", "(literal smallint 2)"},
        {"3L", "(literal bigint 3)"},
        {"1.5", "(literal fraction 1.5)"},
        {".5", "(literal fraction .5)"},
        {"1e3", "(literal exponent 1e3)"},
        {"1.5F", "(literal float 1.5)"},
        {"1D", "(literal double 1)"},
        {"1.20BD", "(literal decimal 1.20)"},
        {"null", "(literal null)"},
        {"TRUE", "(literal true)"},
        {"'it''s'", "(literal string 'it''s')"},
        {"'a' \"b\" 'c'", "(literal string 'abc')"},
        {"'\\n\\u0041\\x'", "(literal string '\nAx')"},
        {"'\\%\\_'", "(literal string '\\%\\_')"},
        {"r'\\n'", "(literal string '\\n')"},
        {"'\\101'", "(literal string 'A')"},
        {"X'1aF'", "(literal binary 01AF)"},
        {"DATE '2020-01-02'", "(literal date '2020-01-02')"},
        {"TIMESTAMP_NTZ'2020-01-02'", "(literal timestamp_ntz '2020-01-02')"},
        {"TIME '12:00:00'", "(literal time '12:00:00')"},
        {"INTERVAL '1 day'", "(interval '1 day')"},
        {"INTERVAL 3 DAYS -2 hours", "(interval 3 DAY -2 HOUR)"},
        {"INTERVAL '1' YEAR '2' MONTHS", "(interval '1' YEAR '2' MONTH)"},
        {"INTERVAL -'1-2' YEAR TO MONTH", "(interval '-1-2' YEAR MONTH)"},
        {"? + :x", "(binary + (parameter 0) (parameter :x))"},
    };
    CHECK_EXPRESSIONS(shapes);
}

Test(parser, operators_bind_as_in_spark) {
    static const shape shapes[] = {
        {"a + b * c", "(binary + (column a) (binary * (column b) (column c)))"},
        {"a - b - c", "(binary - (binary - (column a) (column b)) (column c))"},
        {"a - -1", "(binary - (column a) (literal integer -1))"},
        {"a -1", "(binary - (column a) (literal integer 1))"},
        {"a DIV b % c", "(binary % (binary DIV (column a) (column b)) (column c))"},
        {"a || b = c", "(binary = (binary || (column a) (column b)) (column c))"},
        {"a | b ^ c & d << 1",
         "(binary | (column a) (binary ^ (column b) (binary & (column c) (binary << (column d) "
         "(literal integer 1)))))"},
        {"a >>> 1 >> 2",
         "(binary >> (binary >>> (column a) (literal integer 1)) (literal integer 2))"},
        {"NOT a = b AND c OR d AND e",
         "(logical OR (logical AND (unary NOT (binary = (column a) (column b))) (column c)) "
         "(logical AND (column d) (column e)))"},
        {"a AND b AND c", "(logical AND (column a) (column b) (column c))"},
        {"a AND (b AND c)", "(logical AND (column a) (logical AND (column b) (column c)))"},
        {"a <=> b", "(binary <=> (column a) (column b))"},
        {"-a.b", "(unary - (column a.b))"},
        {"-1::string", "(cast :: (literal integer -1) (type string))"},
        {"-a::string", "(unary - (cast :: (column a) (type string)))"},
        {"a BETWEEN 1 AND 2 AND b",
         "(logical AND (between (column a) (literal integer 1) (literal integer 2)) (column b))"},
        {"a NOT IN (1, 2)", "(in not (column a) (literal integer 1) (literal integer 2))"},
        {"a LIKE 'x' ESCAPE '!'",
         "(like LIKE (column a) (literal string 'x') (escape (literal string '!')))"},
        {"a NOT ILIKE ALL ('x', 'y')",
         "(like ILIKE not all (column a) (literal string 'x') (literal string 'y'))"},
        {"a REGEXP 'x'", "(like RLIKE (column a) (literal string 'x'))"},
        {"a IS NOT NULL", "(is not null (column a))"},
        {"a IS NOT DISTINCT FROM b", "(is not distinct-from (column a) (column b))"},
        {"a IS UNKNOWN", "(is unknown (column a))"},
        {"NOT NULL", "(unary NOT (literal null))"},
        {"(a, b) IN (SELECT 1, 2)", "(in-query (row (item (column a)) (item (column b))) (query "
                                    "(select (item (literal integer 1)) (item (literal integer "
                                    "2)))))"},
    };
    CHECK_EXPRESSIONS(shapes);
}

Test(parser, calls_and_special_forms) {
    static const shape shapes[] = {
        {"count(*)", "(call count (star))"},
        {"count(DISTINCT a, b)", "(call count distinct (column a) (column b))"},
        {"sum(a) FILTER (WHERE b) OVER w",
         "(call sum (column a) (filter (column b)) (over (window (base w))))"},
        {"lag(a, 1) IGNORE NULLS OVER (PARTITION BY b ORDER BY c DESC ROWS BETWEEN 1 PRECEDING "
         "AND UNBOUNDED FOLLOWING)",
         "(call lag (column a) (literal integer 1) ignore-nulls (over (window (partition-by "
         "(column b)) (order-by (sort (column c) desc)) (frame rows (preceding (literal integer "
         "1)) (unbounded-following)))))"},
        {"first(a IGNORE NULLS)", "(call first (column a) ignore-nulls)"},
        {"percentile_cont(0.5) WITHIN GROUP (ORDER BY a)",
         "(call percentile_cont (literal fraction 0.5) (within-group (sort (column a))))"},
        {"f(x => 1, y => z -> z)",
         "(call f (named x (literal integer 1)) (named y (lambda (parameters z) (column z))))"},
        {"transform(a, (x, i) -> x + i)",
         "(call transform (column a) (lambda (parameters x i) (binary + (column x) (column i))))"},
        {"exists(a, x -> x > 1)", "(call exists (column a) (lambda (parameters x) (binary > "
                                  "(column x) (literal integer 1))))"},
        {"EXISTS (SELECT 1)", "(exists (query (select (item (literal integer 1)))))"},
        {"c.s.f(1)", "(call c.s.f (literal integer 1))"},
        {"EXTRACT(YEAR FROM d)", "(extract YEAR (column d))"},
        {"POSITION('a' IN b)", "(call POSITION position (literal string 'a') (column b))"},
        {"POSITION('a' IN (b))", "(call POSITION position (literal string 'a') (column b))"},
        {"position(a, b, 1)", "(call position (column a) (column b) (literal integer 1))"},
        {"SUBSTRING(a FROM 2 FOR 3)",
         "(call SUBSTRING substring-from (column a) (literal integer 2) (literal integer 3))"},
        {"TRIM(LEADING 'x' FROM a)", "(trim leading (literal string 'x') (from (column a)))"},
        {"trim(a)", "(call trim (column a))"},
        {"OVERLAY(a PLACING b FROM 1)",
         "(call OVERLAY overlay (column a) (column b) (literal integer 1))"},
        {"TIMESTAMPADD(MONTH, 1, t)",
         "(call TIMESTAMPADD (literal unit MONTH) (literal integer 1) (column t))"},
        {"struct(a AS x, b)", "(call struct (item (column a) (as x)) (item (column b)))"},
        {"left(a, 1) || if(b, c, d)",
         "(binary || (call left (column a) (literal integer 1)) (call if (column b) (column c) "
         "(column d)))"},
        {"CASE WHEN a THEN 1 ELSE 2 END",
         "(case (when (column a) (literal integer 1)) (else (literal integer 2)))"},
        {"CASE a WHEN 1 THEN 2 END",
         "(case (column a) (when (literal integer 1) (literal integer 2)))"},
        {"try_cast(a AS DECIMAL(10, 2))", "(cast try (column a) (type decimal 10 2))"},
        {"a?::int", "(cast ?:: (column a) (type int))"},
        {"a COLLATE UTF8_LCASE", "(collate (column a) UTF8_LCASE)"},
        {"a[0].b.c", "(field (field (subscript (column a) (literal integer 0)) b) c)"},
        {"v:a.b[0]['x y'][*]", "(path (column v) a b [0] 'x y' [*])"},
        {"v:a::int", "(cast :: (path (column v) a) (type int))"},
        {"IDENTIFIER('a.`b c`')", "(column a.`b c`)"},
        {"IDENTIFIER(:p).x", "(column (identifier (parameter :p)).x)"},
        {"current_date", "(column current_date)"},
    };
    CHECK_EXPRESSIONS(shapes);
}

Test(parser, types) {
    static const shape shapes[] = {
        {"array<struct<a:int, b: map<string,array<decimal(3)>>>>",
         "(type array (type struct (type-field a (type int)) (type-field b (type map (type "
         "string) (type array (type decimal 3))))))"},
        {"STRUCT<a INT NOT NULL COMMENT 'c'>",
         "(type struct (type-field a (type int) not-null comment 'c'))"},
        {"struct<>", "(type struct)"},
        {"INTERVAL DAY TO SECOND", "(type interval day to second DAY SECOND)"},
        {"INTERVAL YEAR", "(type interval year to month YEAR YEAR)"},
        {"STRING COLLATE UNICODE", "(type string (collate UNICODE))"},
        {"timestamp without time zone", "(type timestamp_ntz)"},
        {"VARCHAR(10)", "(type varchar 10)"},
        {"LONG", "(type bigint)"},
    };
    fixture f;
    setup(&f);
    for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
        ast_type *t;
        buffer_clear(&f.out);
        dbx_status status = parser_parse_type(&f.arena, sv_from(shapes[i].sql), NULL, &t, &f.err);
        cr_assert_eq(status, DBX_OK, "%s: %s", shapes[i].sql, f.err.message);
        cr_assert_eq(ast_print(&t->node, &f.out), DBX_OK);
        cr_expect_str_eq(f.out.data, shapes[i].tree);
    }
    ast_type *t;
    buffer_clear(&f.out);
    cr_assert_eq(parser_parse_schema(&f.arena, SV("a INT, `b c`: array<int>"), NULL, &t, &f.err),
                 DBX_OK);
    cr_assert_eq(ast_print(&t->node, &f.out), DBX_OK);
    cr_expect_str_eq(f.out.data,
                     "(type struct (type-field a (type int)) (type-field `b c` (type array (type "
                     "int))))");
    cr_assert_eq(parser_parse_schema(&f.arena, SV("array<int>"), NULL, &t, &f.err), DBX_OK);
    cr_expect_eq(t->id, AST_TYPE_ARRAY);
    ast_name *name;
    cr_assert_eq(parser_parse_name(&f.arena, SV("a.`b``c`.select"), NULL, &name, &f.err), DBX_OK);
    cr_assert_eq(name->parts.count, 3);
    cr_expect_str_eq(name->parts.items[1].text.data, "b`c");
    teardown(&f);
}

Test(parser, queries) {
    static const shape shapes[] = {
        {"SELECT a, b AS x, c y FROM t WHERE d GROUP BY ALL HAVING e QUALIFY f ORDER BY 1 NULLS "
         "LAST LIMIT 5 OFFSET 2",
         "(query (select (item (column a)) (item (column b) (as x)) (item (column c) (as y)) "
         "(from (table t)) (where (column d)) group-by-all (having (column e)) (qualify (column "
         "f))) (order-by (sort (literal integer 1) nulls-last)) (limit (literal integer 5)) "
         "(offset (literal integer 2)))"},
        {"SELECT * EXCEPT (a) FROM t EXCEPT SELECT 1",
         "(query (set-operation except (select (item (star (except a))) (from (table t))) (select "
         "(item (literal integer 1)))))"},
        {"SELECT 1 UNION ALL BY NAME SELECT 2 INTERSECT SELECT 3",
         "(query (set-operation union all by-name (select (item (literal integer 1))) "
         "(set-operation intersect (select (item (literal integer 2))) (select (item (literal "
         "integer 3))))))"},
        {"((SELECT 1)) LIMIT 1",
         "(query (query (select (item (literal integer 1)))) (limit (literal integer 1)))"},
        {"WITH RECURSIVE r(n) MAX RECURSION LEVEL 9 AS (SELECT 1) SELECT n FROM r",
         "(query recursive (with (cte r (columns n) (max-recursion (literal integer 9)) (query "
         "(select (item (literal integer 1)))))) (select (item (column n)) (from (table r))))"},
        {"SELECT /*+ BROADCAST(a, b), COALESCE(3) */ 1",
         "(query (select (hints (hint BROADCAST (column a) (column b)) (hint COALESCE (literal "
         "integer 3))) (item (literal integer 1))))"},
        {"SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, ())",
         "(query (select (item (column a)) (from (table t)) (group-by (grouping sets (grouping "
         "set (column a) (column b)) (grouping set (column a)) (grouping set)))))"},
        {"SELECT a FROM t GROUP BY a, b WITH CUBE",
         "(query (select (item (column a)) (from (table t)) (group-base (column a) (column b)) "
         "(group-by (grouping cube (grouping set (column a)) (grouping set (column b))))))"},
        {"VALUES (1, DEFAULT), (2, 3) AS t(a, b)",
         "(query (values (row (item (literal integer 1)) (item (default))) (row (item (literal "
         "integer 2)) (item (literal integer 3))) (as t (columns a b))))"},
        {"TABLE c.s.t", "(query (table-query (table c.s.t)))"},
        {"FROM t SELECT a WHERE b",
         "(query (select from-first (item (column a)) (from (table t)) (where (column b))))"},
        {"FROM t |> WHERE a |> AGGREGATE sum(b) AS s GROUP BY c AS d |> ORDER BY s |> LIMIT 1",
         "(query (pipeline (pipeline (pipeline (pipeline (select from-first (from (table t))) "
         "(pipe where (column a))) (pipe aggregate (item (call sum (column b)) (as s)) (group-by "
         "(grouping (column c))) (group-aliases (item (as d))))) (pipe order (query (order-by "
         "(sort (column s)))))) (pipe order (query (limit (literal integer 1))))))"},
        {"SELECT sum(a) OVER w FROM t WINDOW w AS (ORDER BY b)",
         "(query (select (item (call sum (column a) (over (window (base w))))) (from (table t)) "
         "(windows (window (name w) (order-by (sort (column b)))))))"},
        {"SELECT 1 ORDER BY ALL DESC",
         "(query (select (item (literal integer 1))) order-by-all (order-by (sort desc)))"},
        {"SELECT TRANSFORM (a, b) USING 'cat' AS (x INT) FROM t",
         "(query (transform (column a) (column b) script 'cat' (as (type-field x (type int))) "
         "(from (table t))))"},
    };
    CHECK_STATEMENTS(shapes);
}

Test(parser, relations) {
    static const shape shapes[] = {
        {"FROM a LEFT SEMI JOIN b ON x, c NATURAL JOIN d",
         "(query (select from-first (from (join comma (join semi (table a) (table b) (on (column "
         "x))) (join inner natural (table c) (table d))))))"},
        {"FROM a CROSS JOIN b FULL OUTER JOIN c USING (x, y)",
         "(query (select from-first (from (join full (join cross (table a) (table b)) (table c) "
         "(using x y)))))"},
        {"FROM a, LATERAL (SELECT 1) AS s(x)", "(query (select from-first (from (join comma "
                                               "(table a) (subquery-ref lateral (query (select "
                                               "(item (literal integer 1)))) (as s (columns "
                                               "x)))))))"},
        {"FROM range(1, 5) r, VALUES (1) v(x)", "(query (select from-first (from (join comma "
                                                "(table-function (call range (literal integer 1) "
                                                "(literal integer 5)) (as r)) (values-ref (values "
                                                "(literal integer 1) (as v (columns x))))))))"},
        {"FROM parquet.`/a/b.parquet` p, 'c.csv'",
         "(query (select from-first (from (join comma (table parquet.`/a/b.parquet` (as p)) "
         "(table (path (literal string 'c.csv')))))))"},
        {"FROM t VERSION AS OF 3 x, u TIMESTAMP AS OF '2020' TABLESAMPLE (5 PERCENT) REPEATABLE "
         "(7), w@v2",
         "(query (select from-first (from (join comma (join comma (table t (version (literal "
         "integer 3)) (as x)) (table u (timestamp (literal string '2020')) (sample percent "
         "(literal integer 5) (seed (literal integer 7))))) (table w (version (literal integer "
         "2)))))))"},
        {"FROM t PIVOT (sum(a) AS s FOR b IN (1 AS x, 2)) LATERAL VIEW OUTER explode(c) e AS k, v",
         "(query (select from-first (from (lateral-view (pivot (table t) (aggregates (item (call "
         "sum (column a)) (as s))) (for b) (in (item (literal integer 1) (as x)) (item (literal "
         "integer 2)))) outer (call explode (column c)) (as e) (columns k v)))))"},
        {"FROM t UNPIVOT INCLUDE NULLS (v FOR n IN (a, b AS x))",
         "(query (select from-first (from (unpivot (table t) include-nulls (values v) (for n) (in "
         "a) (in b (as x))))))"},
        {"FROM (a JOIN b) x",
         "(query (select from-first (from (paren-ref (join inner (table a) (table b)) (as x)))))"},
        {"FROM f(TABLE(t) PARTITION BY a ORDER BY b, 1)",
         "(query (select from-first (from (table-function (call f (table-argument t (partition-by "
         "(column a)) (order-by (sort (column b)))) (literal integer 1))))))"},
        {"FROM STREAM t, STREAM f(1), stream",
         "(query (select from-first (from (join comma (join comma (table stream t) "
         "(table-function stream (call f (literal integer 1)))) (table stream)))))"},
        {"FROM t WITH (k = 1)", "(query (select from-first (from (table t (options (property 'k' "
                                "(literal integer 1)))))))"},
    };
    CHECK_STATEMENTS(shapes);
}

Test(parser, keywords_may_be_identifiers) {
    static const shape shapes[] = {
        {"SELECT select, from FROM where.table order", /* an alias: nothing follows that ORDER needs
                                                        */
         "(query (select (item (column select)) (item (column from)) (from (table where.table (as "
         "order)))))"},
        {"SELECT date, interval, first, left FROM t limit",
         "(query (select (item (column date)) (item (column interval)) (item (column first)) "
         "(item (column left)) (from (table t (as limit)))))"},
        {"SELECT user AS end FROM values",
         "(query (select (item (column user) (as end)) (from (table values))))"},
        {"SELECT a.group FROM a LEFT JOIN left ON left.right",
         "(query (select (item (column a.group)) (from (join left (table a) (table left) (on "
         "(column left.right))))))"},
        {"CREATE TABLE table (check INT, primary STRING, date DATE)",
         "(create-table table (column-def check (type int)) (column-def primary (type string)) "
         "(column-def date (type date)) (clauses))"},
        {"SELECT map(1, 2), array(1), struct(1)",
         "(query (select (item (call map (literal integer 1) (literal integer 2))) (item (call "
         "array (literal integer 1))) (item (call struct (literal integer 1)))))"},
    };
    CHECK_STATEMENTS(shapes);
    static const shape reserved[] = {
        {"SELECT current_date", "(query (select (item (call current_date no-parentheses))))"},
        {"SELECT date FROM t", "(query (select (item (column date)) (from (table t))))"},
        {"SELECT TIME '12:00', left(a, 1)",
         "(query (select (item (literal time '12:00')) (item (call left (column a) (literal "
         "integer 1)))))"},
    };
    parser_options options = {.ansi_reserved = true};
    check_statements(reserved, ARRAY_COUNT(reserved), &options);
    fixture f;
    setup(&f);
    cr_expect_eq(parser_parse(&f.arena, SV("SELECT 1 AS select"), &options, &f.list, &f.err),
                 DBX_ERROR);
    error_clear(&f.err);
    options = (parser_options){.double_quoted_identifiers = true};
    cr_assert_eq(parser_parse(&f.arena, SV("SELECT \"a b\""), &options, &f.list, &f.err), DBX_OK);
    cr_assert_eq(ast_print(f.list.items[0], &f.out), DBX_OK);
    cr_expect_str_eq(f.out.data, "(query (select (item (column `a b`))))");
    teardown(&f);
}

Test(parser, data_changes) {
    static const shape shapes[] = {
        {"INSERT INTO t (a, b) VALUES (1, DEFAULT)",
         "(insert t (columns a b) (query (values (row (item (literal integer 1)) (item "
         "(default))))))"},
        {"INSERT OVERWRITE TABLE t PARTITION (p = 1, q) BY NAME SELECT 1",
         "(insert overwrite t (partition (= p (literal integer 1)) (= q)) by-name (query (select "
         "(item (literal integer 1)))))"},
        {"INSERT INTO t REPLACE WHERE a > 1 SELECT 2",
         "(insert t (replace-where (binary > (column a) (literal integer 1))) (query (select "
         "(item (literal integer 2)))))"},
        {"WITH c AS (SELECT 1) INSERT INTO t (SELECT * FROM c)",
         "(insert t (query (with (cte c (query (select (item (literal integer 1)))))) (select "
         "(item (star)) (from (table c)))))"},
        {"FROM s INSERT INTO a SELECT x INSERT INTO b SELECT y WHERE z",
         "(multi-insert (from (table s)) (insert a (query (select (item (column x))))) (insert b "
         "(query (select (item (column y)) (where (column z))))))"},
        {"UPDATE t AS u SET a = 1, b.c = DEFAULT WHERE d",
         "(update t (as u) (assign a (literal integer 1)) (assign b.c (default)) (where (column "
         "d)))"},
        {"DELETE FROM t WHERE a IN (SELECT 1)",
         "(delete t (where (in-query (column a) (query (select (item (literal integer 1)))))))"},
        {"MERGE WITH SCHEMA EVOLUTION INTO t USING s ON t.a = s.a WHEN MATCHED AND x THEN UPDATE "
         "SET * WHEN NOT MATCHED THEN INSERT (a) VALUES (1) WHEN NOT MATCHED BY SOURCE THEN DELETE",
         "(merge evolution t (using (table s)) (on (binary = (column t.a) (column s.a))) (when "
         "matched (and (column x)) update-all) (when not-matched insert (columns a) (values "
         "(literal integer 1))) (when not-matched-by-source delete))"},
        {"COPY INTO t FROM '/p' FILEFORMAT = CSV PATTERN = '*.csv' FORMAT_OPTIONS ('header' = "
         "'true')",
         "(copy-into t path '/p' (format CSV) pattern '*.csv' (format-options (property 'header' "
         "(literal string 'true'))))"},
        {"COPY (SELECT 1) TO '/p' (format = 'parquet')",
         "(copy-to (query (select (item (literal integer 1)))) path '/p' (options (property "
         "'format' (literal string 'parquet'))))"},
    };
    CHECK_STATEMENTS(shapes);
}

Test(parser, definitions) {
    static const shape shapes[] = {
        {"CREATE OR REPLACE TABLE t (a INT NOT NULL DEFAULT 1 + 2 COMMENT 'c', b BIGINT GENERATED "
         "ALWAYS AS IDENTITY (START WITH 5), PRIMARY KEY (a), CONSTRAINT k CHECK (a > 0) NOT "
         "ENFORCED) USING delta PARTITIONED BY (a) TBLPROPERTIES ('x' = 1, y.z = true)",
         "(create-table or-replace t (column-def a (type int) not-null (default (binary + "
         "(literal integer 1) (literal integer 2))) comment 'c') (column-def b (type bigint) "
         "(identity (literal integer 5))) (constraint primary-key (columns a)) (constraint check "
         "(name k) (binary > (column a) (literal integer 0)) (traits NOT ENFORCED)) (clauses "
         "(using delta) (properties (property 'x' (literal integer 1)) (property 'y.z' (literal "
         "true))) (partitioned-by (column a))))"},
        {"CREATE TABLE t USING parquet AS SELECT 1",
         "(create-table t (clauses (using parquet)) (query (select (item (literal integer 1)))))"},
        {"CREATE TABLE IF NOT EXISTS a LIKE b",
         "(create-table-like if-not-exists a (like b) (clauses))"},
        {"CREATE TABLE a SHALLOW CLONE b VERSION AS OF 1",
         "(clone-table shallow a (table b (version (literal integer 1))) (clauses))"},
        {"CREATE TEMP VIEW v (a COMMENT 'x') AS (SELECT 1) UNION SELECT 2",
         "(create-view temp v (column-def a comment 'x') (clauses) (query (set-operation union "
         "(query (select (item (literal integer 1)))) (select (item (literal integer 2))))) text "
         "'(SELECT 1) UNION SELECT 2')"},
        {"CREATE TEMPORARY VIEW v USING csv OPTIONS (path '/x')",
         "(create-temp-view-using v (using csv) (options (property 'path' (literal string "
         "'/x'))))"},
        {"CREATE FUNCTION f(x INT DEFAULT 1) RETURNS INT COMMENT 'c' RETURN x + 1",
         "(create-function f (parameters (column-def x (type int) (default (literal integer 1)))) "
         "(returns (type int)) comment 'c' (return (binary + (column x) (literal integer 1))) "
         "text 'x + 1')"},
        {"CREATE SCHEMA IF NOT EXISTS s COMMENT 'c' WITH DBPROPERTIES (a = 'b')",
         "(create-schema if-not-exists s comment 'c' (properties (property 'a' (literal string "
         "'b'))))"},
        {"DROP TABLE IF EXISTS a.b PURGE; DROP SCHEMA s CASCADE",
         "(drop table if-exists a.b purge) (drop schema s cascade)"},
        {"ALTER TABLE t ADD COLUMNS (a INT FIRST, b.c STRING AFTER d)",
         "(alter-table t (add-columns (column-def a (type int) first) (column-def b.c (type "
         "string) (after d))))"},
        {"ALTER TABLE t ALTER COLUMN a SET NOT NULL", "(alter-table t (column-not-null a))"},
        {"ALTER TABLE t RENAME COLUMN a TO b", "(alter-table t (rename-column a b))"},
        {"ALTER TABLE t DROP PARTITION (a = 1), PARTITION (a = 2)",
         "(alter-table t (drop-partitions (partitions (partition (= a (literal integer 1))) "
         "(partition (= a (literal integer 2))))))"},
        {"ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (b)",
         "(alter-table t (add-constraint (constraint foreign-key (name c) (columns a) (references "
         "u) (columns b))))"},
        {"COMMENT ON TABLE t IS NULL", "(comment-on table t)"},
        {"ANALYZE TABLE t COMPUTE STATISTICS FOR COLUMNS a, b", "(analyze t (columns a b))"},
        {"TRUNCATE TABLE t", "(truncate t)"},
    };
    CHECK_STATEMENTS(shapes);
}

Test(parser, utilities) {
    static const shape shapes[] = {
        {"SHOW TABLES IN s LIKE 'a*'", "(show tables (in s) like 'a*')"},
        {"SHOW USER FUNCTIONS f", "(show functions (scope USER) f)"},
        {"SHOW CREATE TABLE t", "(show create-table t)"},
        {"DESCRIBE TABLE EXTENDED t AS JSON", "(describe table extended t as-json)"},
        {"DESC FUNCTION +", "(describe function +)"},
        {"DESCRIBE SELECT 1", "(describe query (query (select (item (literal integer 1)))))"},
        {"DESC t a.b", "(describe table t (column a.b))"},
        {"EXPLAIN ANALYZE SELECT 1",
         "(explain analyze (query (select (item (literal integer 1)))))"},
        {"EXPLAIN ANALYZE TABLE t COMPUTE STATISTICS", "(explain (analyze t))"},
        {"USE CATALOG c; USE s", "(use catalog c) (use s)"},
        {"SET", "(set all)"},
        {"SET a.b", "(set show 'a.b')"},
        {"SET a.b = x y; SET c='d'", "(set value 'a.b' 'x y') (set value 'c' 'd')"},
        {"SET TIME ZONE 'UTC'", "(set time-zone 'UTC')"},
        {"SET TIME ZONE LOCAL", "(set time-zone local)"},
        {"SET VAR a = 1, b = DEFAULT",
         "(set-variable (assign a (literal integer 1)) (assign b (default)))"},
        {"SET VAR (a, b) = (SELECT 1, 2)", "(set-variable (names a b) (query (select (item "
                                           "(literal integer 1)) (item (literal integer 2)))))"},
        {"RESET a.b", "(reset 'a.b')"},
        {"BEGIN; COMMIT; ROLLBACK",
         "(transaction begin) (transaction commit) (transaction rollback)"},
        {"DECLARE OR REPLACE VARIABLE x INT DEFAULT 1",
         "(declare-variable or-replace x (type int) (default (literal integer 1)))"},
        {"EXECUTE IMMEDIATE 'SELECT ?' INTO a USING 1 AS p",
         "(execute-immediate (literal string 'SELECT ?') (into a) (using (item (literal integer "
         "1) (as p))))"},
        {"OPTIMIZE t WHERE a ZORDER BY (b, c)",
         "(maintenance optimize t (where (column a)) (zorder-by b c))"},
        {"VACUUM t RETAIN 168 HOURS DRY RUN",
         "(maintenance vacuum t (hours (literal integer 168)) dry-run)"},
        {"RESTORE TABLE t TO VERSION AS OF 3",
         "(maintenance restore t (version (literal integer 3)))"},
        {"CACHE LAZY TABLE t AS SELECT 1",
         "(cache cache lazy t (query (select (item (literal integer 1)))))"},
        {"GRANT SELECT, CREATE TABLE ON SCHEMA s TO `u@x`",
         "(grant grant 'SELECT' 'CREATE TABLE' (on s) (principal `u@x`))"},
        {"CALL c.p(1, x => 2)",
         "(call (call c.p (literal integer 1) (named x (literal integer 2))))"},
        {"ADD JAR /tmp/x.jar", "(unsupported 'ADD JAR')"},
        {"CREATE EXTERNAL VOLUME v; SET ROLE x",
         "(unsupported 'CREATE EXTERNAL') (unsupported 'SET ROLE')"},
    };
    CHECK_STATEMENTS(shapes);
}

Test(parser, scripts) {
    static const shape shapes[] = {
        {"BEGIN DECLARE x INT = 1; SET x = x + 1; SELECT x; END",
         "(block (declare-variable x (type int) (default (literal integer 1))) (set-variable "
         "(assign x (binary + (column x) (literal integer 1)))) (query (select (item (column "
         "x)))))"},
        {"l: BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN END; IF a THEN SELECT 1; ELSEIF b "
         "THEN SELECT 2; ELSE LEAVE l; END IF; END l",
         "(block (label l) (handlers (handler exit sqlexception (block))) (if (when (column a) "
         "(query (select (item (literal integer 1))))) (when (column b) (query (select (item "
         "(literal integer 2))))) (else (jump leave l))))"},
        {"BEGIN w: WHILE a < 3 DO ITERATE w; END WHILE w; REPEAT SELECT 1; UNTIL b END REPEAT; "
         "LOOP SELECT 2; END LOOP; END",
         "(block (loop (label w) (while (binary < (column a) (literal integer 3))) (jump iterate "
         "w)) (loop (repeat-until (column b)) (query (select (item (literal integer 1))))) (loop "
         "(query (select (item (literal integer 2))))))"},
        {"BEGIN FOR r AS SELECT 1 DO SELECT r; END FOR; CASE x WHEN 1 THEN SELECT 1; ELSE SELECT "
         "2; END CASE; END",
         "(block (for (as r) (query (select (item (literal integer 1)))) (do (query (select (item "
         "(column r)))))) (case-statement (column x) (when (literal integer 1) (query (select "
         "(item (literal integer 1))))) (else (query (select (item (literal integer 2)))))))"},
        {"BEGIN DECLARE c CURSOR FOR SELECT 1; OPEN c; FETCH c INTO a; CLOSE c; SIGNAL SQLSTATE "
         "'45000' SET MESSAGE_TEXT = 'm'; END",
         "(block (declare-cursor c (query (select (item (literal integer 1))))) (cursor open c) "
         "(cursor fetch c (into a)) (cursor close c) (signal sqlstate '45000' (set (assign "
         "MESSAGE_TEXT (literal string 'm')))))"},
    };
    CHECK_STATEMENTS(shapes);
}

Test(parser, errors_name_their_class_and_place) {
    static const shape shapes[] = {
        {"", "[PARSE_EMPTY_STATEMENT]"},
        {" ; -- nothing", "[PARSE_EMPTY_STATEMENT]"},
        {"SELCT 1", "[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELCT'"},
        {"SELECT 1 +", "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input"},
        {"SELECT (1", "at or near end of input"},
        {"SELECT 'a", "at or near ''a'"},
        {"SELECT 1 FROM a-b", "[INVALID_IDENTIFIER] The unquoted identifier a-b"},
        {"SELECT \xC3\xA4 FROM t", "[INVALID_IDENTIFIER]"},
        {"SELECT /* 1", "[UNCLOSED_BRACKETED_COMMENT]"},
        {"SELECT 128Y", "[INVALID_NUMERIC_LITERAL_RANGE]"},
        {"SELECT 1E309", "[INVALID_NUMERIC_LITERAL_RANGE]"},
        {"SELECT X'1g'", "[INVALID_TYPED_LITERAL]"},
        {"SELECT GEO '1'", "[UNSUPPORTED_TYPED_LITERAL]"},
        {"SELECT a::BINT", "[UNSUPPORTED_DATATYPE]"},
        {"SELECT a::VARCHAR", "[DATATYPE_MISSING_SIZE]"},
        {"SELECT a::ARRAY", "[INCOMPLETE_TYPE_DEFINITION.ARRAY]"},
        {"SELECT date_add('MONTH', 1, d)", "[INVALID_PARAMETER_VALUE.DATETIME_UNIT]"},
        {"SELECT date_add(fake, 1, d)", "at or near 'fake'"},
        {"SELECT f(a AS b)", "at or near 'b'"},
        {"SELECT 1 LIMIT 1 ORDER BY 1", "[PARSE_SYNTAX_ERROR]"},
        {"SELECT 1 ORDER BY 1 SORT BY 1", "[UNSUPPORTED_FEATURE.COMBINATION_QUERY_RESULT_CLAUSES]"},
        {"WITH a AS (SELECT 1), A AS (SELECT 2) SELECT 3", "[DUPLICATED_CTE_NAMES]"},
        {"CREATE TABLE t (a INT) USING x USING y", "[DUPLICATE_CLAUSES]"},
        {"CREATE TABLE t (a INT DEFAULT 1 DEFAULT 2)", "[DUPLICATE_CLAUSES]"},
        {"DECLARE x", "[INVALID_SQL_SYNTAX.VARIABLE_TYPE_OR_DEFAULT_REQUIRED]"},
        {"INTERVAL 1 MONTH", "at or near 'INTERVAL'"},
        {"SELECT INTERVAL 1 MONTH 1 DAY", "[_LEGACY_ERROR_TEMP_0029]"},
        {"SELECT INTERVAL '1' YEAR TO SECOND",
         "[INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION]"},
        {"SET a b = c", "[INVALID_SET_SYNTAX]"},
        {"BEGIN END x", "[END_LABEL_WITHOUT_BEGIN_LABEL]"},
        {"a: BEGIN END b", "[LABELS_MISMATCH]"},
        {"MERGE INTO t USING s ON a WHEN MATCHED THEN INSERT *", "[PARSE_SYNTAX_ERROR]"},
        {"SELECT * FROM a NATURAL JOIN LATERAL (SELECT 1)", "[INCOMPATIBLE_JOIN_TYPES]"},
    };
    CHECK_ERRORS(shapes);
    fixture f;
    setup(&f);
    cr_assert_eq(parser_parse(&f.arena, SV("SELECT a\nFROM FROM x y z"), NULL, &f.list, &f.err),
                 DBX_ERROR);
    cr_expect_eq(f.err.position.start, 23);
    cr_expect_eq(f.err.position.end, 24);
    teardown(&f);
}

/* A span must be exactly the text of its expression. */
static void expect_span(fixture *f, const char *sql, const ast_node *node, const char *text) {
    string_view is = {sql + node->span.start, node->span.end - node->span.start};
    cr_expect(sv_equal(is, sv_from(text)), "%s: " SV_FMT " should be %s", sql, SV_ARG(is), text);
    (void)f;
}

Test(parser, spans_cover_exactly_their_text) {
    static const char sql[] = " ((a + b) * f(x , y)) IS  NULL /* c */ AND - 5 < c.d [ 1 ] ";
    fixture f;
    setup(&f);
    ast_expr *e;
    cr_assert_eq(parser_parse_expression(&f.arena, SV(sql), NULL, &e, &f.err), DBX_OK);
    expect_span(&f, sql, e, "((a + b) * f(x , y)) IS  NULL /* c */ AND - 5 < c.d [ 1 ]");
    const ast_logical *l = AST_AS(ast_logical, e);
    const ast_is *is = AST_AS(ast_is, l->operands.items[0]);
    expect_span(&f, sql, &is->node, "((a + b) * f(x , y)) IS  NULL");
    const ast_binary *product = AST_AS(ast_binary, is->operand);
    expect_span(&f, sql, &product->node, "(a + b) * f(x , y)");
    expect_span(&f, sql, product->left, "a + b");
    expect_span(&f, sql, product->right, "f(x , y)");
    const ast_binary *less = AST_AS(ast_binary, l->operands.items[1]);
    expect_span(&f, sql, less->left, "- 5");
    expect_span(&f, sql, less->right, "c.d [ 1 ]");
    const char *two = "SELECT 1 ; \n (SELECT 2) UNION (SELECT 3);";
    cr_assert_eq(parser_parse(&f.arena, sv_from(two), NULL, &f.list, &f.err), DBX_OK);
    cr_assert_eq(f.list.count, 2);
    expect_span(&f, two, f.list.items[0], "SELECT 1");
    expect_span(&f, two, f.list.items[1], "(SELECT 2) UNION (SELECT 3)");
    teardown(&f);
}

Test(parser, parameters_are_counted) {
    fixture f;
    setup(&f);
    cr_assert_eq(parser_parse(&f.arena, SV("SELECT ?, f(?) WHERE a = ?"), NULL, &f.list, &f.err),
                 DBX_OK);
    cr_expect_eq(f.list.positional_parameters, 3);
    cr_expect_not(f.list.named_parameters);
    cr_assert_eq(parser_parse(&f.arena, SV("SELECT :a"), NULL, &f.list, &f.err), DBX_OK);
    cr_expect(f.list.named_parameters);
    teardown(&f);
}

/* `count` times `open`, then `middle`, then `count` times `close`. */
static string_view nested(fixture *f, const char *open, const char *middle, const char *close,
                          int count) {
    buffer_clear(&f->out);
    for (int i = 0; i < count; i++)
        cr_assert_eq(buffer_append(&f->out, open, strlen(open)), DBX_OK);
    cr_assert_eq(buffer_append(&f->out, middle, strlen(middle)), DBX_OK);
    for (int i = 0; i < count; i++)
        cr_assert_eq(buffer_append(&f->out, close, strlen(close)), DBX_OK);
    return buffer_view(&f->out);
}

Test(parser, depth_is_bounded) {
    static const char *const pairs[][3] = {
        {"(", "1", ")"},
        {"f(", "1", ")"},
        {"NOT ", "a", ""},
        {"- ", "a", ""},
        {"", "1", " + 1"},
        {"(SELECT ", "1", ")"},
        {"CASE WHEN ", "a", " THEN 1 END"},
        {"", "a", "[0]"},
        {"array(", "1", ")"},
        {"", "a", "::int"},
        {"(SELECT * FROM ", "t", ")"},
    };
    fixture f;
    setup(&f);
    ast_expr *e;
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
        string_view deep = nested(&f, pairs[i][0], pairs[i][1], pairs[i][2], 200);
        error_clear(&f.err);
        cr_expect_eq(parser_parse_expression(&f.arena, deep, NULL, &e, &f.err),
                     strstr(pairs[i][0], "FROM") ? f.err.status : DBX_OK, "%s %s", pairs[i][0],
                     f.err.message);
        deep = nested(&f, pairs[i][0], pairs[i][1], pairs[i][2], 20000);
        error_clear(&f.err);
        dbx_status status = parser_parse_expression(&f.arena, deep, NULL, &e, &f.err);
        cr_expect_eq(status, DBX_ERROR, "%s", pairs[i][0]);
        cr_expect_eq(f.err.cls, ERR_FAILED_TO_PARSE_TOO_COMPLEX, "%s %s", pairs[i][0],
                     f.err.message);
    }
    /* A chain of one operator is flat, and no list counts as depth. */
    error_clear(&f.err);
    cr_expect_eq(
        parser_parse_expression(&f.arena, nested(&f, "a OR ", "b", "", 50000), NULL, &e, &f.err),
        DBX_OK, "%s", f.err.message);
    cr_expect_eq(e->depth, 1);
    parser_options options = {.max_depth = 3};
    cr_expect_eq(parser_parse_expression(&f.arena, SV("a+b+c+d+e"), &options, &e, &f.err),
                 DBX_ERROR);
    teardown(&f);
}

Test(parser, any_bytes_are_survived) {
    fixture f;
    setup(&f);
    uint32_t random = 12345;
    char text[64];
    for (int i = 0; i < 20000; i++) {
        size_t size = i % sizeof(text);
        for (size_t k = 0; k < size; k++) {
            random = random * 1664525u + 1013904223u;
            text[k] = (char)(random >> 24);
        }
        arena_reset(&f.arena);
        error_clear(&f.err);
        dbx_status status =
            parser_parse(&f.arena, (string_view){text, size}, NULL, &f.list, &f.err);
        cr_assert(status == DBX_OK || status == DBX_ERROR);
        cr_assert_leq(f.err.position.end, size);
    }
    teardown(&f);
}

Test(parser, tokens_for_shells) {
    static const char sql[] = "SELECT a, :p /*x*/ 'unclosed";
    static const struct {
        dbx_token_kind kind;
        size_t size;
    } want[] = {{DBX_TOKEN_KEYWORD, 6},  {DBX_TOKEN_SPACE, 1},   {DBX_TOKEN_IDENTIFIER, 1},
                {DBX_TOKEN_OPERATOR, 1}, {DBX_TOKEN_SPACE, 1},   {DBX_TOKEN_PARAMETER, 2},
                {DBX_TOKEN_SPACE, 1},    {DBX_TOKEN_COMMENT, 5}, {DBX_TOKEN_SPACE, 1},
                {DBX_TOKEN_STRING, 9},   {DBX_TOKEN_END, 0}};
    size_t offset = 0;
    for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
        size_t size;
        cr_expect_eq(dbx_next_token(sql, sizeof(sql) - 1, &offset, &size), want[i].kind, "%zu", i);
        cr_expect_eq(size, want[i].size, "%zu", i);
    }
    bool seen = false;
    uint32_t count = 0;
    for (const char *word; (word = dbx_keyword(count)) != NULL; count++)
        seen |= strcmp(word, "SELECT") == 0;
    cr_expect(seen);
    cr_expect_gt(count, 400);
    bool reserved = true;
    cr_expect_str_eq(parser_keyword(0, &reserved), "ADD");
    cr_expect_not(reserved);
    cr_expect_null(parser_keyword(100000, &reserved));
    cr_expect(parser_is_reserved(SV("Select")));
    cr_expect_not(parser_is_reserved(SV("date")));
}

static void expect_length(const char *sql, size_t length, bool complete) {
    bool is_complete;
    cr_expect_eq(dbx_statement_length(sql, strlen(sql), &is_complete), length, "%s", sql);
    cr_expect_eq(is_complete, complete, "%s", sql);
}

Test(parser, statement_length_for_shells) {
    expect_length("SELECT 1; SELECT 2", 9, true);
    expect_length("SELECT ';' -- ;\n;x", 17, true);
    expect_length("SELECT 1", 8, false);
    expect_length("  -- only", 0, false);
    expect_length("", 0, false);
    expect_length("BEGIN; SELECT 1;", 6, true);
    expect_length("BEGIN SELECT 1; END; SELECT", 20, true);
    expect_length("BEGIN SELECT 1;", 15, false);
    expect_length("BEGIN IF a THEN SELECT CASE WHEN b THEN 1 END; END IF; END; x", 59, true);
    expect_length("BEGIN SELECT if(a, 1, 2); WHILE a DO SELECT 1; END WHILE; END;", 62, true);
    expect_length("CREATE FUNCTION f() RETURNS INT BEGIN RETURN 1; END; x", 52, true);
    expect_length("CREATE TABLE begin (end INT); x", 29, true);
}

#ifdef DBX_FAULT_INJECTION
Test(parser, every_failed_allocation_fails_cleanly) {
    static const char sql[] =
        "WITH c AS (SELECT a.b, 'x\\n', 1.5, `q` FROM t@v1 LEFT JOIN u USING (k)) INSERT INTO d "
        "(e) SELECT CASE WHEN f(x -> x + 1) THEN 1 END FROM c GROUP BY ROLLUP (a) ORDER BY 1 "
        "LIMIT 2; CREATE TABLE t (a ARRAY<INT> DEFAULT 1) TBLPROPERTIES (a.b = 1); SET x = y; "
        "GRANT SELECT ON t TO u; BEGIN IF a THEN SELECT INTERVAL 1 DAY; END IF; END";
    for (uint64_t nth = 1;; nth++) {
        fixture f;
        setup(&f);
        f.arena.next_block_size = 64; /* many blocks */
        fault_arm(FAULT_ALLOC, nth);
        dbx_status status = parser_parse(&f.arena, SV(sql), NULL, &f.list, &f.err);
        bool hit = fault_count(FAULT_ALLOC) >= nth;
        fault_arm(FAULT_ALLOC, 0);
        /* The arena may get by with a smaller block. */
        cr_expect(status == DBX_OK || (hit && status == DBX_NOMEM), "%d", (int)nth);
        teardown(&f);
        if (!hit) break;
    }
}
#endif

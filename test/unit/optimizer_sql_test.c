/* optimizer_sql_test.c - queries give the same rows with every rule on, with each rule off, and
 * with all off.
 *
 * The tables have NULLs, doubles and values without partners, so that NULL logic, outer joins and
 * the count bug show.
 */
#include "dbx.h"
#include "optimizer/optimizer.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char *const setup[] = {
    "CREATE TABLE t (a INT, b INT, c BIGINT, s STRING)",
    "INSERT INTO t VALUES (10, 6, 74, NULL), (NULL, 8, 88, 'fool'), (NULL, NULL, 579, 'foo'), (20, "
    "0, "
    "406, 'foo'), (1, 2, 147, 'abc'), (9, 2, 584, 'bar'), (17, NULL, 210, 'fool'), (13, 7, 464, "
    "'baz'), "
    "(5, NULL, 307, 'abc'), (10, 4, 74, 'foo'), (5, 2, 431, 'foo'), (2, 9, 837, 'baz'), (11, 9, "
    "70, "
    "'foo'), (15, NULL, 718, 'baz'), (14, 6, 355, 'foo'), (11, 1, 223, 'baz'), (7, NULL, 459, "
    "'fool'), "
    "(4, 8, 425, 'baz'), (12, NULL, 154, 'bar'), (0, 9, 288, 'foo'), (17, 9, 128, 'abc'), (20, 0, "
    "891, "
    "'abc'), (12, 7, 63, NULL), (6, 1, 53, NULL), (4, 5, 72, 'bar'), (4, 5, 485, 'foo'), (15, 7, "
    "319, "
    "'foo'), (10, 7, 165, NULL), (16, 8, 776, 'abc'), (20, 4, 930, 'bar'), (7, 8, 228, 'abc'), (6, "
    "6, "
    "232, 'bar'), (11, 0, 483, 'baz'), (19, 7, 740, 'baz'), (NULL, 1, 201, 'baz'), (19, 9, 490, "
    "'baz'), "
    "(2, 1, 801, 'bar'), (5, NULL, 968, 'fool'), (2, 2, 28, 'bar'), (14, 2, 610, 'fool')",
    "CREATE TABLE u (a INT, b INT, d DECIMAL(10,2), k INT)",
    "INSERT INTO u VALUES (11, 8, 0.71, 0), (23, 8, 6.96, 1), (6, NULL, 10.64, 2), (16, 9, 27.22, "
    "3), "
    "(NULL, 5, 33.12, 4), (16, 8, 7.59, 5), (NULL, 7, 30.43, 6), (24, 2, 30.96, 7), (3, 5, 26.54, "
    "8), "
    "(15, 1, 2.84, 9), (6, 1, 28.09, 10), (24, 1, 30.63, 11), (16, 3, 22.62, 12), (17, 8, 34.96, "
    "13), (8,"
    " 3, 6.86, 14), (3, NULL, 12.03, 15), (2, 4, 44.85, 16), (4, 5, 44.14, 17), (14, 1, 24.36, "
    "18), (21, "
    "2, 49.7, 19), (12, 3, 4.61, 20), (NULL, 8, 35.16, 21), (12, 9, 48.04, 22), (3, 3, 5.24, 23), "
    "(8, 2, "
    "6.48, 24), (13, 4, 26.83, 25), (16, NULL, 2.88, 26), (22, 1, 0.84, 27), (2, 1, 11.12, 28), "
    "(8, NULL,"
    " 49.72, 29)",
    "CREATE TABLE v (a INT, x STRING, y DOUBLE)",
    "INSERT INTO v VALUES (13, 'zzz', CAST(0.43 AS DOUBLE)), (30, 'foo', CAST(1.81 AS DOUBLE)), "
    "(20, "
    "'foo', CAST(5.0 AS DOUBLE)), (11, NULL, CAST(0.18 AS DOUBLE)), (6, 'foo', CAST(1.06 AS "
    "DOUBLE)), "
    "(13, 'bar', CAST(3.93 AS DOUBLE)), (22, 'foo', CAST(8.32 AS DOUBLE)), (20, 'zzz', NULL), (20, "
    "'zzz',"
    " CAST(0.55 AS DOUBLE)), (12, 'bar', CAST(5.99 AS DOUBLE)), (1, 'foo', CAST(0.04 AS DOUBLE)), "
    "(10, "
    "'bar', CAST(0.34 AS DOUBLE)), (6, 'foo', CAST(0.84 AS DOUBLE)), (20, 'bar', CAST(0.91 AS "
    "DOUBLE)), "
    "(4, 'foo', CAST(3.0 AS DOUBLE)), (2, 'bar', CAST(1.55 AS DOUBLE)), (25, 'zzz', CAST(7.21 AS "
    "DOUBLE)), (9, 'bar', CAST(8.25 AS DOUBLE))",
    "CREATE TABLE e (src INT, dst INT)",
    "INSERT INTO e VALUES (13, 4), (0, 7), (2, 0), (1, 4), (11, 3), (12, 14), (1, 0), (7, 15), (8, "
    "0), "
    "(14, 2), (2, 2), (15, 8), (2, 8), (7, 6), (7, 14), (15, 12), (2, 15), (9, 1), (6, 2), (4, 10)",
    "CREATE TABLE empty (a INT, b INT)",
};

static const char *const queries[] = {
    "select t.a, u.b from t join u on t.a = u.a where t.b > 3",
    "select t.a, u.b from t left join u on t.a = u.a and u.b > 3",
    "select t.a, u.b from t left join u on t.a = u.a where u.b is null",
    "select t.a, u.b from t left join u on t.a = u.a where u.b > 2",
    "select t.a, u.b from t right join u on t.a = u.a and t.b > 2",
    "select t.a, u.b from t full join u on t.a = u.a and t.b > 2",
    "select t.a, u.b from t full join u on t.a = u.a where t.b > 2",
    "select t.a, u.b from t full join u on t.a = u.a where u.b > 2 or u.b is null",
    "select * from t where exists (select 1 from u where u.a = t.a)",
    "select * from t where not exists (select 1 from u where u.a = t.a)",
    "select * from t where exists (select 1 from u where u.a < t.a and u.b = t.b)",
    "select * from t where not exists (select 1 from u where u.a <> t.a and u.b = t.b)",
    "select * from t where a in (select a from u)",
    "select * from t where a not in (select a from u)",
    "select * from t where a not in (select a from u where a is not null)",
    "select * from t where a not in (select a from u where u.b = t.b)",
    "select * from t where a not in (select a from empty)",
    "select * from t where (a in (select a from u)) is null",
    "select t.a, a in (select a from u) from t",
    "select t.a, a not in (select a from u where u.b = t.b) from t",
    "select t.a, a in (select a from u where u.k > t.c / 100) from t",
    "select t.a, exists (select 1 from u where u.b = t.b and u.k > 20) from t",
    "select * from t where a = 3 or exists (select 1 from u where u.a = t.a and u.k < 10)",
    "select * from t where a = 3 or not exists (select 1 from u where u.a = t.a and u.k < 10)",
    "select t.a, (select max(k) from u where u.a = t.a) from t",
    "select t.a, (select count(*) from u where u.a = t.a) from t",
    "select t.a, (select count(*) from u where u.a > t.a) from t",
    "select t.a, (select count(k) + 1 from u where u.a = t.a and u.b = t.b) from t",
    "select t.a, (select sum(k) from u where u.a = t.a having count(*) > 2) from t",
    "select * from t where 2 < (select count(*) from u where u.a = t.a)",
    "select * from t where t.b > (select avg(b) from u where u.a = t.a)",
    "select * from t where t.b > (select avg(b) from u)",
    "select t.a, (select max(k) from u where u.a = t.a or u.b = t.b) from t",
    "select t.a, (select count(distinct u.b) from u where u.a = t.a) from t",
    "select t.a, (select max(x.c) from (select u.a, count(*) as c from u where u.b = t.b group by "
    "u.a) x) "
    "from t",
    "select t.a, (select count(*) from u join v on u.a = v.a where u.b = t.b and v.y > t.b) from t",
    "select t.a, (select count(*) from u left join v on u.a = v.a and v.y > t.b where u.b = t.b) "
    "from t",
    "select t.a, (select count(*) from (select a from u where u.b = t.b union all select a from v "
    "where v.a ="
    " t.a) z) from t",
    "select t.a, (select count(*) from (select a from u where u.b = t.b union select a from v "
    "where v.a = "
    "t.a) z) from t",
    "select t.a, (select count(*) from (select a from u where u.b = t.b except select a from v "
    "where v.a > "
    "t.a) z) from t",
    "select t.a, (select count(*) from u where u.a = t.a and exists (select 1 from v where v.a = "
    "u.a and v.y "
    "> t.b)) from t",
    "select t.a, (select count(*) from u where u.a = t.a and u.k > (select avg(k) from u u2 where "
    "u2.b = t.b "
    "and u2.a = u.a)) from t",
    "select t.a, (select count(*) from u where exists (select 1 from v where v.a = t.a and v.a = "
    "u.a)) from t",
    "select * from t where exists (select 1 from u where u.a = t.a group by u.b having count(*) > "
    "1)",
    "select * from t where t.a in (select max(a) from u where u.b = t.b)",
    "select * from t where t.a not in (select max(a) from u where u.b = t.b)",
    "select * from t where exists (select max(a) from u where u.b = t.b)",
    "select t.a, l.m from t, lateral (select max(k) as m from u where u.a = t.a) l",
    "select t.a, l.k from t, lateral (select k from u where u.a = t.a) l",
    "select t.a, l.k from t left join lateral (select k from u where u.a = t.a and k > 10) l on "
    "true",
    "select t.a, l.k from t left join lateral (select k + t.b as k from u where u.a = t.a) l on "
    "true",
    "select t.a, l.z from t, lateral (select t.a + t.b as z) l",
    "select t.a, l.z from t, lateral (select t.a + u.k as z from u where u.b = t.b) l",
    "select t.a, (select t.a + t.b) from t",
    "select t.a, (select 5) from t",
    "select (select max(a) from t), (select min(k) from u)",
    "with x as (select a, count(*) as c from t group by a) select * from x where c > 2",
    "with x as (select a, count(*) as c from t group by a) select x1.a, x2.c from x x1 join x x2 "
    "on x1.a = "
    "x2.a where x1.c > 2",
    "with x as (select a, b from t where b > 3) select x1.a, x2.b from x x1 join x x2 on x1.a = "
    "x2.b",
    "with recursive r(n, d) as (select 0, 0 union all select e.dst, d + 1 from r join e on r.n = "
    "e.src where "
    "d < 4) select d, count(*) from r group by d",
    "select a, b from t union all select a, b from u",
    "select a, b from t union select a, b from u",
    "select a, b from t except select a, b from u",
    "select a, b from t intersect select a, b from u",
    "select * from (select a, b from t union all select a, b from u) z where a = 5",
    "select a, sum(c) from t group by a having sum(c) > 1000",
    "select * from (select a, sum(c) as s from t group by a) z where a > 5 and s > 500",
    "select distinct a from t where b in (1, 2, 3) or b = 5",
    "select count(distinct a), count(distinct b), sum(distinct c) from t",
    "select b, count(distinct a) from t group by b",
    "select a, b, grouping(a), sum(c) from t group by rollup (a, b)",
    "select a, b, sum(c) from t group by cube (a, b) having a is not null",
    "select * from (select a, b, sum(c) over (partition by b) as r from t) z where b = 3",
    "select t1.a, t2.b, u.k, v.y from t t1, t t2, u, v where t1.a = u.a and u.a = v.a and t2.b = "
    "u.b and t1.c"
    " < 500",
    "select count(*) from t, u, v where t.a = u.a and t.a = v.a and u.k > 5",
    "select count(*) from t, u, v where (t.a = u.a and t.b = 2 and v.a = 1) or (t.a = u.a and t.b "
    "= 3 and v.a"
    " = 2)",
    "select count(*) from t, u where (t.b = 1 and u.b = 2) or (t.b = 2 and u.b = 1)",
    "select * from t where not (a < 5 or b > 3)",
    "select * from t where not (a = 5) and not (b is null)",
    "select * from t where s like 'foo%'",
    "select * from t where s like 'ba_' or s = 'abc'",
    "select * from t where s is not null and not s like 'f%'",
    "select * from t where case when a > 5 then b > 3 else b is null end",
    "select * from t where a in (1, 2, null)",
    "select * from t where a not in (1, 2, null)",
    "select t.a, u.k from t left join (select a, max(k) as k from u group by a) u on t.a = u.a",
    "select t.a from t left join (select a, max(k) as k from u group by a) u on t.a = u.a",
    "select t.a, u.k from t join (select a as aa, k from u where k > 3) u on t.a = u.aa join v on "
    "v.a = u.aa "
    "where v.y > 1",
    "select x.a, x.n from (select t.a, t.b + 1 as n from t join u on t.a = u.a) x join v on x.a = "
    "v.a where "
    "x.n > 2",
    "select * from t where false",
    "select count(*), sum(a) from t where 1 = 0",
    "select * from t join empty on t.a = empty.a",
    "select * from t left join empty on t.a = empty.a",
    "select * from t where a > (select a from empty)",
    "select t.a from t semi join u on t.a = u.a",
    "select t.a from t anti join u on t.a = u.a",
    "select t.a, u.k from t join u on t.a <=> u.a",
    "select t.a, v.a from t join v on t.a < v.a and t.b = 1",
    "select t.a, v.a from t left join v on t.a < v.a and t.b = 1",
    "select t.a, v.a from t full join v on t.a < v.a and t.b = 1",
    "select * from t where (select count(*) from u where u.a = t.a) = (select count(*) from v "
    "where v.a = "
    "t.a)",
    "select a, (select count(*) from u where u.a = z.a) from (select a, sum(c) as s from t group "
    "by a) z "
    "where s > (select avg(c) from t where t.a = z.a)",
    "select b, sum((select max(k) from u where u.a = t.a)) from t group by b",
    "select * from t order by (select max(k) from u where u.a = t.a), a, b, c limit 10",
    "select t.a, u.a from t join u on t.a = u.a and exists (select 1 from v where v.a = t.a)",
    "select t.a, u.a from t left join u on t.a = u.a and u.k in (select a from v)",
    "select * from u where (a, b) in (select a, b from t)",
    "select * from u where (a, b) not in (select a, b from t where a is not null and b is not "
    "null)",
};

static int compare_lines(const void *x, const void *y) {
    return strcmp(*(char *const *)x, *(char *const *)y);
}

/* All rows as text, sorted; the error's text when the query fails. Freed by the caller. */
static char *rows_of(dbx_connection *con, const char *sql) {
    dbx_result *result = NULL;
    if (dbx_query(con, sql, &result) != DBX_OK) return strdup(dbx_error_message(con));
    uint64_t rows = dbx_row_count(result);
    uint32_t columns = dbx_column_count(result);
    char **lines = calloc(rows + 1, sizeof *lines);
    size_t total = 1;
    for (uint64_t r = 0; r < rows; r++) {
        char line[1024];
        size_t size = 0;
        for (uint32_t c = 0; c < columns; c++) {
            dbx_bytes text = dbx_value_text(result, c, r);
            const char *data = text.data != NULL ? (const char *)text.data : "NULL";
            size += (size_t)snprintf(line + size, sizeof line - size, "%s|", data);
        }
        lines[r] = strdup(line);
        total += size + 1;
    }
    qsort(lines, rows, sizeof *lines, compare_lines);
    char *all = calloc(1, total);
    for (uint64_t r = 0, at = 0; r < rows; r++) {
        at += (uint64_t)sprintf(all + at, "%s\n", lines[r]);
        free(lines[r]);
    }
    free(lines);
    dbx_result_free(result);
    return all;
}

static void run(dbx_connection *con, const char *sql) {
    dbx_result *result = NULL;
    cr_assert_eq(dbx_query(con, sql, &result), DBX_OK, "%s: %s", sql, dbx_error_message(con));
    dbx_result_free(result);
}

static void disable(dbx_connection *con, const char *rule) {
    char sql[128];
    snprintf(sql, sizeof sql, "SET dbx.optimizer.disabled = %s", rule);
    run(con, sql);
}

Test(optimizer_sql, rules_do_not_change_rows) {
    dbx_database *db;
    dbx_connection *con;
    cr_assert_eq(dbx_open(":memory:", NULL, 0, &db, NULL), DBX_OK);
    cr_assert_eq(dbx_connect(db, &con), DBX_OK);
    for (size_t i = 0; i < sizeof setup / sizeof *setup; i++) run(con, setup[i]);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        disable(con, "none");
        char *expected = rows_of(con, queries[i]);
        cr_expect(expected[0] != '[', "%s fails: %s", queries[i], expected);
        bool done = false;
        for (uint32_t k = 0; !done; k++) {
            const optimizer_rule_row *rule = optimizer_rule_at(k);
            done = rule == NULL;
            if (rule != NULL && rule->mandatory) continue;
            const char *name = rule != NULL ? rule->name : "all";
            disable(con, name);
            char *rows = rows_of(con, queries[i]);
            cr_expect_str_eq(rows, expected, "without %s: %s", name, queries[i]);
            free(rows);
        }
        free(expected);
    }
    dbx_disconnect(con);
    dbx_close(db);
}

/* adbc_test.c - the ADBC driver, called as a driver manager calls it. test/adbc has the long test.
 */
#include <criterion/criterion.h>

#include "api/adbc.h"
#include "dbx.h"

#include <errno.h>
#include <string.h>

AdbcStatusCode AdbcDriverInit(int version, void *raw, struct AdbcError *e);

static struct AdbcDriver driver;
static struct AdbcDatabase database;
static struct AdbcConnection connection;
static struct AdbcError failure;

static struct AdbcError *fresh(void) {
    if (failure.release != NULL) failure.release(&failure);
    failure = (struct AdbcError){.vendor_code = ADBC_ERROR_VENDOR_CODE_PRIVATE_DATA};
    return &failure;
}

#define OK(call) cr_assert((call) == ADBC_STATUS_OK, "%s: %s", #call, failure.message)

static void adbc_setup(void) {
    OK(AdbcDriverInit(ADBC_VERSION_1_1_0, &driver, fresh()));
    OK(driver.DatabaseNew(&database, fresh()));
    OK(driver.DatabaseSetOption(&database, "uri", ":memory:", fresh()));
    OK(driver.DatabaseInit(&database, fresh()));
    OK(driver.ConnectionNew(&connection, fresh()));
    OK(driver.ConnectionInit(&connection, &database, fresh()));
}

static void adbc_teardown(void) {
    OK(driver.ConnectionRelease(&connection, fresh()));
    OK(driver.DatabaseRelease(&database, fresh()));
    OK(driver.release(&driver, fresh()));
    fresh();
}

TestSuite(adbc, .init = adbc_setup, .fini = adbc_teardown, .timeout = 60);

/* Runs SQL; the only BIGINT of its result, or the number of rows changed where it has none. */
static int64_t adbc_ask(const char *sql) {
    struct AdbcStatement s = {0};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int64_t changed;
    OK(driver.StatementNew(&connection, &s, fresh()));
    OK(driver.StatementSetSqlQuery(&s, sql, fresh()));
    OK(driver.StatementExecuteQuery(&s, &stream, &changed, fresh()));
    cr_assert(stream.get_next(&stream, &batch) == 0, "%s", stream.get_last_error(&stream));
    int64_t value = changed;
    if (batch.release != NULL) {
        value = ((const int64_t *)batch.children[0]->buffers[1])[0];
        batch.release(&batch);
    }
    stream.release(&stream);
    OK(driver.StatementRelease(&s, fresh()));
    return value;
}

Test(adbc, versions, .init = NULL, .fini = NULL) {
    struct AdbcDriver old;
    memset(&old, 0x55, sizeof(old));
    OK(AdbcDriverInit(ADBC_VERSION_1_0_0, &old, fresh()));
    cr_assert(old.StatementNew != NULL);
    uint64_t untouched;
    memcpy(&untouched, &old.ErrorGetDetailCount, sizeof(untouched));
    cr_assert(untouched == 0x5555555555555555u); /* the members of 1.1.0 are not there */
    cr_assert(AdbcDriverInit(2000000, &old, fresh()) == ADBC_STATUS_NOT_IMPLEMENTED);
    fresh();
}

Test(adbc, query) {
    cr_assert(adbc_ask("CREATE TABLE t (a BIGINT)") == -1);
    cr_assert(adbc_ask("INSERT INTO t SELECT id FROM range(5)") == 5);
    cr_assert(adbc_ask("SELECT sum(a) FROM t") == 10);
}

Test(adbc, error) {
    struct AdbcStatement s = {0};
    struct ArrowArrayStream stream;
    OK(driver.StatementNew(&connection, &s, fresh()));
    cr_assert(driver.StatementExecuteQuery(&s, &stream, NULL, fresh()) ==
              ADBC_STATUS_INVALID_STATE);
    OK(driver.StatementSetSqlQuery(&s, "SELECT nothing", fresh()));
    cr_assert(driver.StatementExecuteQuery(&s, &stream, NULL, fresh()) ==
              ADBC_STATUS_INVALID_ARGUMENT);
    cr_assert(memcmp(failure.sqlstate, "42703", 5) == 0);
    cr_assert(driver.ErrorGetDetailCount(&failure) >= 2);
    struct AdbcErrorDetail detail = driver.ErrorGetDetail(&failure, 0);
    cr_assert_str_eq(detail.key, "dbx.error_class");
    cr_assert(driver.ErrorGetDetail(&failure, 99).key == NULL);
    /* an error struct of 1.0.0 has no room for details */
    struct AdbcError old = {0};
    cr_assert(driver.StatementExecuteQuery(&s, &stream, NULL, &old) ==
              ADBC_STATUS_INVALID_ARGUMENT);
    cr_assert(old.private_data == NULL && driver.ErrorGetDetailCount(&old) == 0);
    old.release(&old);
    OK(driver.StatementRelease(&s, fresh()));
}

Test(adbc, stream_error) {
    struct AdbcStatement s = {0};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    OK(driver.StatementNew(&connection, &s, fresh()));
    OK(driver.StatementSetSqlQuery(&s, "SELECT 1 / (id - 2500) FROM range(5000)", fresh()));
    OK(driver.StatementExecuteQuery(&s, &stream, NULL, fresh()));
    cr_assert(stream.get_next(&stream, &batch) == EIO);
    AdbcStatusCode code = ADBC_STATUS_OK;
    const struct AdbcError *e = driver.ErrorFromArrayStream(&stream, &code);
    cr_assert(code == ADBC_STATUS_INVALID_DATA && memcmp(e->sqlstate, "22012", 5) == 0);
    stream.release(&stream);
    /* the next execution takes the result set before it away */
    struct ArrowArrayStream first;
    OK(driver.StatementSetSqlQuery(&s, "SELECT id FROM range(100000)", fresh()));
    OK(driver.StatementExecuteQuery(&s, &first, NULL, fresh()));
    OK(driver.StatementExecuteQuery(&s, &stream, NULL, fresh()));
    cr_assert(first.get_next(&first, &batch) == EINVAL);
    first.release(&first);
    OK(driver.StatementRelease(&s, fresh())); /* the stream holds what it needs */
    cr_assert(stream.get_next(&stream, &batch) == 0 && batch.length > 0);
    batch.release(&batch);
    stream.release(&stream);
}

Test(adbc, ingest) {
    struct AdbcStatement from = {0}, to = {0};
    struct ArrowArrayStream stream;
    int64_t count;
    OK(driver.StatementNew(&connection, &from, fresh()));
    OK(driver.StatementNew(&connection, &to, fresh()));
    OK(driver.StatementSetSqlQuery(&from, "SELECT id AS a, concat('x', id) AS b FROM range(10)",
                                   fresh()));
    OK(driver.StatementExecuteQuery(&from, &stream, NULL, fresh()));
    OK(driver.StatementSetOption(&to, "adbc.ingest.target_table", "u", fresh()));
    OK(driver.StatementBindStream(&to, &stream, fresh()));
    OK(driver.StatementExecuteQuery(&to, NULL, &count, fresh()));
    cr_assert(count == 10);
    cr_assert(adbc_ask("SELECT sum(a) + count(b) FROM u") == 55);
    OK(driver.StatementRelease(&from, fresh()));
    OK(driver.StatementRelease(&to, fresh()));
}

Test(adbc, options) {
    char value[64];
    size_t size = 2;
    OK(driver.ConnectionGetOption(&connection, "adbc.connection.catalog", value, &size, fresh()));
    cr_assert(size == sizeof("spark_catalog")); /* too small: only the size */
    size = sizeof(value);
    OK(driver.ConnectionGetOption(&connection, "adbc.connection.catalog", value, &size, fresh()));
    cr_assert_str_eq(value, "spark_catalog");
    int64_t number;
    OK(driver.DatabaseGetOptionInt(&database, "dbx.vector_size", &number, fresh()));
    cr_assert(number == 2048);
    cr_assert(driver.ConnectionSetOption(&connection, "no.such.option", "1", fresh()) ==
              ADBC_STATUS_NOT_IMPLEMENTED);
    cr_assert(driver.ConnectionGetOption(&connection, "no.such.option", value, &size, fresh()) ==
              ADBC_STATUS_NOT_FOUND);
    cr_assert(driver.ConnectionCommit(&connection, fresh()) == ADBC_STATUS_INVALID_STATE);
    cr_assert(driver.ConnectionCancel(&connection, fresh()) == ADBC_STATUS_INVALID_STATE);
}

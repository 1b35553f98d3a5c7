/* adbc_driver.c - the entry point by which an ADBC driver manager loads dbx. */
#include "api/adbc_int.h"

static AdbcStatusCode adbc_driver_release(struct AdbcDriver *driver, struct AdbcError *e) {
    (void)e;
    driver->release = NULL;
    return ADBC_STATUS_OK;
}

/* The driver manager's struct may be that of revision 1.0.0, which ends before the members
 * of 1.1.0.
 */
DBX_API AdbcStatusCode AdbcDriverInit(int version, void *raw, struct AdbcError *e) {
    enum { REVISION_1_0 = 10, REVISION_1_1 = 11 };
    if (raw == NULL) return adbc_fail(e, ADBC_STATUS_INVALID_ARGUMENT, "No driver struct is given");
    int revision = version == ADBC_VERSION_1_1_0   ? REVISION_1_1
                   : version == ADBC_VERSION_1_0_0 ? REVISION_1_0
                                                   : 0;
    if (revision == 0) {
        return adbc_fail(e, ADBC_STATUS_NOT_IMPLEMENTED,
                         "ADBC version %d is not supported: ask for 1.1.0 or 1.0.0", version);
    }
    struct AdbcDriver *driver = raw;
    driver->private_data = NULL;
    driver->release = adbc_driver_release;
#define ADBC_ENTRY(since, result, name, internal, parameters, arguments)                           \
    if (since <= revision) driver->name = internal;
#include "api/adbc_entries.def"
#undef ADBC_ENTRY
    return ADBC_STATUS_OK;
}

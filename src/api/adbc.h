/* adbc.h - the ABI of ADBC 1.1: its structs and constants, as a driver needs them.
 *
 * Layouts, values and names are those of the specification "ADBC: Arrow Database Connectivity"
 * (C API, revisions 1.0.0 and 1.1.0); the guard is the specification's, so that another header may
 * define them first.
 */
#ifndef DBX_API_ADBC_H
#define DBX_API_ADBC_H

#include "formats/arrow.h"

#ifndef ADBC
#define ADBC

typedef uint8_t AdbcStatusCode;
enum {
    ADBC_STATUS_OK = 0,
    ADBC_STATUS_UNKNOWN = 1,
    ADBC_STATUS_NOT_IMPLEMENTED = 2,
    ADBC_STATUS_NOT_FOUND = 3,
    ADBC_STATUS_ALREADY_EXISTS = 4,
    ADBC_STATUS_INVALID_ARGUMENT = 5,
    ADBC_STATUS_INVALID_STATE = 6,
    ADBC_STATUS_INVALID_DATA = 7,
    ADBC_STATUS_INTEGRITY = 8,
    ADBC_STATUS_INTERNAL = 9,
    ADBC_STATUS_IO = 10,
    ADBC_STATUS_CANCELLED = 11,
    ADBC_STATUS_TIMEOUT = 12,
    ADBC_STATUS_UNAUTHENTICATED = 13,
    ADBC_STATUS_UNAUTHORIZED = 14
};

enum { ADBC_VERSION_1_0_0 = 1000000, ADBC_VERSION_1_1_0 = 1001000 };

/* The caller's AdbcError has the members from private_data on only when its vendor_code is this. */
#define ADBC_ERROR_VENDOR_CODE_PRIVATE_DATA INT32_MIN

struct AdbcDriver;

struct AdbcError {
    char *message;
    int32_t vendor_code;
    char sqlstate[5];
    void (*release)(struct AdbcError *error);
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcErrorDetail {
    const char *key;
    const uint8_t *value;
    size_t value_length;
};

struct AdbcDatabase {
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcConnection {
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcStatement {
    void *private_data;
    struct AdbcDriver *private_driver;
};

struct AdbcPartitions {
    size_t num_partitions;
    const uint8_t **partitions;
    const size_t *partition_lengths;
    void *private_data;
    void (*release)(struct AdbcPartitions *partitions);
};

/* Depths of GetObjects. */
enum {
    ADBC_OBJECT_DEPTH_ALL = 0,
    ADBC_OBJECT_DEPTH_CATALOGS = 1,
    ADBC_OBJECT_DEPTH_DB_SCHEMAS = 2,
    ADBC_OBJECT_DEPTH_TABLES = 3
};

/* The function table that AdbcDriverInit fills; members in the order of adbc_entries.def. */
struct AdbcDriver {
    void *private_data;
    void *private_manager;
    AdbcStatusCode (*release)(struct AdbcDriver *driver, struct AdbcError *error);
#define ADBC_ENTRY(revision, result, name, internal, parameters, arguments)                        \
    result(*name) parameters;
#include "api/adbc_entries.def"
#undef ADBC_ENTRY
};

#endif
#endif

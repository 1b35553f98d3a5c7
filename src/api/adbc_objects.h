/* adbc_objects.h - walking the catalog for ADBC's metadata: patterns and a transaction to read in.
 */
#ifndef DBX_API_ADBC_OBJECTS_H
#define DBX_API_ADBC_OBJECTS_H

#include "api/adbc_rows.h"

/* % is any run, _ any character, without case; a NULL pattern takes all. */
bool adbc_like(const char *pattern, string_view text);

/* The session's transaction or one of its own, to read the catalog in. */
typedef struct adbc_reading {
    struct txn *txn;
    struct txn *own;
} adbc_reading;

AdbcStatusCode adbc_reading_start(adbc_connection *c, adbc_reading *r, struct AdbcError *e);
void adbc_reading_end(adbc_reading *r);

#endif

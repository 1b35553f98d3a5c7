/* roots.h - the header page and the two root slots of a database file. Byte layout: README.md. */
#ifndef DBX_STORAGE_ROOTS_H
#define DBX_STORAGE_ROOTS_H

#include "storage/storage_int.h"

/* Writes and syncs the header and a first root of an empty database. */
dbx_status roots_create(storage *s, error *err) MUST_CHECK;
/* Checks the header and finds the newest root, or the one of that sequence. */
dbx_status roots_load(storage *s, uint64_t sequence, error *err) MUST_CHECK;
/* Writes the slot that holds the older root. */
dbx_status roots_write(storage *s, const storage_root_slot *slot, error *err) MUST_CHECK;

#endif

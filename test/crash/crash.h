/* crash.h - what the crash programmes share: options, random numbers, a database under test, and
 * workloads whose every commit has a digest.
 *
 * Each programme takes --seed N and --size N, prints what it did, and ends with one line of JSON.
 */
#ifndef DBX_TEST_CRASH_H
#define DBX_TEST_CRASH_H

#include "dbx.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct crash_options {
    uint64_t seed;
    uint64_t size;
    char folder[256]; /* for files; in memory where the system has such a place */
} crash_options;

/* Parses arguments and makes the folder. */
crash_options crash_start(int argc, char **argv, uint64_t default_size);
void crash_end(const crash_options *o); /* removes the folder */
/* Ends the programme with a message. */
_Noreturn void crash_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t crash_random(uint64_t *state);
/* In [0, bound). */
static inline uint64_t crash_below(uint64_t *state, uint64_t bound) {
    return crash_random(state) % bound;
}

/* ---- a database ---- */

typedef struct crash_db {
    dbx_database *database;
    dbx_connection *connection;
    char error[512];
} crash_db;

/* False with the error's text when it does not open. */
bool crash_open(crash_db *d, const char *path, const char *synchronous);
void crash_close(crash_db *d);
dbx_status crash_run(crash_db *d, const char *sql);
/* Hash of all tables' names and contents (columns id, v, name). Reads every column; 0 on error. */
uint64_t crash_digest(crash_db *d);
/* First value of the first row as a number; fails the programme on error. */
int64_t crash_number(crash_db *d, const char *sql);
/* Removes a database file and what stands beside it. */
void crash_remove(const char *path);

/* ---- workloads ---- */

typedef struct crash_workload {
    const char *name;
    const char *setup; /* statements that end with ';' */
    /* Statements of transaction `step`; ";" ends each. "REOPEN" closes and opens the file. */
    void (*step)(uint64_t *random, uint64_t step, char *sql, size_t room);
} crash_workload;

extern const crash_workload crash_workloads[];
extern const size_t crash_workload_count;
/* Runs statements up to the first that fails; a transaction that is open then is rolled back. */
dbx_status crash_run_all(crash_db *d, const char *path, const char *sql, const char *synchronous);

#endif

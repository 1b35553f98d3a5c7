/* runner.h - what the conformance runners share: options, files (folders and .tar.zst), growing
 * text. */
#ifndef DBX_TEST_RUNNER_H
#define DBX_TEST_RUNNER_H

#include "dbx.h"

#include <stdbool.h>
#include <stddef.h>

enum { RUNNER_SETTINGS_MAX = 16 };

typedef struct runner_options {
    char **paths;
    int path_count;
    int jobs;           /* processes at once */
    const char *filter; /* only files whose name contains it */
    bool verbose;
    bool native;                              /* slt: dbx's own files */
    bool results;                             /* spark_sql: print what each block gave */
    dbx_option settings[RUNNER_SETTINGS_MAX]; /* the runner's own, then those of --set */
    size_t setting_count;
} runner_options;

/* Exits with usage text when the arguments make no sense. */
void runner_parse(runner_options *o, int argc, char **argv, const char *usage);

/* Adds a setting that databases are opened with; later ones win. */
void runner_set(runner_options *o, const char *name, const char *value);

typedef struct runner_file {
    char *name; /* relative to what was given */
    char *text; /* NUL-terminated */
    size_t size;
} runner_file;

typedef struct runner_files {
    runner_file *items;
    size_t count;
    size_t capacity;
} runner_files;

/* Reads every file with the suffix (and the filter) below the paths; .tar.zst archives count as
 * folders. Sorted by name. Exits when a path cannot be read. */
void runner_load(const runner_options *o, const char *suffix, runner_files *out);
void runner_free(runner_options *o, runner_files *files);
/* A whole file, NUL-terminated; NULL when it cannot be read. */
char *runner_read(const char *path, size_t *size);

void *xmalloc(size_t size);
void *xrealloc(void *ptr, size_t size);

typedef struct text_buffer {
    char *data;
    size_t size;
    size_t capacity;
} text_buffer;
void text_append(text_buffer *b, const char *text, size_t size); /* keeps a NUL behind */
void text_appendf(text_buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

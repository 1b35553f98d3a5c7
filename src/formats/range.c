/* range.c - range([start,] end [, step [, partitions]]): a column `id` of BIGINTs, made as they are
 * read.
 *
 * A morsel is a run of rows; value = start + row * step. Rows are counted in 128 bits, so that no
 * bounds overflow.
 */
#include "formats/arguments.h"
#include "vector/source.h"

enum { RANGE_MORSEL_ROWS = 64 * CHUNK_ROWS_MAX };

typedef struct range_source {
    source base;
    ledger *ledger;
    source_column column;
    int64_t start, step;
    uint64_t rows;
} range_source;

typedef struct range_scan {
    const range_source *source;
    ledger *ledger;
    _Atomic uint64_t next; /* morsel */
    uint32_t column_count; /* 0: only counted */
    uint32_t vector_size;
} range_scan;

typedef struct range_local {
    uint64_t at, end; /* rows of the morsel that are left */
} range_local;

static bool range_row_count(const source *s, uint64_t *rows, bool *exact) {
    *rows = ((const range_source *)s)->rows;
    *exact = true;
    return true;
}

static bool range_stats(const source *s, uint32_t column, column_stats *out) {
    const range_source *r = (const range_source *)s;
    (void)column;
    memset(out, 0, sizeof(*out));
    out->nan_free = true;
    out->has_null_count = true;
    out->distinct_count = (double)r->rows;
    out->average_size = 8;
    out->sorted_ascending = r->step > 0;
    out->unique = true;
    return true;
}

static dbx_status range_open(source *s, query *q, const scan_spec *spec, source_scan **out,
                             error *err) {
    range_scan *scan = mem_alloc_zero(&q->ledger, sizeof(range_scan));
    if (scan == NULL) return error_nomem(err);
    scan->source = (const range_source *)s;
    scan->ledger = &q->ledger;
    scan->column_count = spec->column_count;
    scan->vector_size = MIN(spec->vector_size, (uint32_t)CHUNK_ROWS_MAX);
    assert(scan->vector_size > 0);
    *out = (source_scan *)scan;
    return DBX_OK;
}

static dbx_status range_local_new(source_scan *s, source_local **out, error *err) {
    range_local *l = mem_alloc_zero(((range_scan *)s)->ledger, sizeof(range_local));
    if (l == NULL) return error_nomem(err);
    *out = (source_local *)l;
    return DBX_OK;
}

static dbx_status range_next_morsel(source_scan *s, source_local *local, bool *more,
                                    uint64_t *morsel_index, error *err) {
    range_scan *scan = (range_scan *)s;
    range_local *l = (range_local *)local;
    (void)err;
    uint64_t morsel = atomic_fetch_add(&scan->next, 1);
    *more = morsel <= scan->source->rows / RANGE_MORSEL_ROWS &&
            morsel * RANGE_MORSEL_ROWS < scan->source->rows;
    if (!*more) return DBX_OK;
    l->at = morsel * RANGE_MORSEL_ROWS;
    l->end = MIN(l->at + RANGE_MORSEL_ROWS, scan->source->rows);
    *morsel_index = morsel;
    return DBX_OK;
}

static dbx_status range_read(source_scan *s, source_local *local, chunk *out, error *err) {
    const range_scan *scan = (const range_scan *)s;
    range_local *l = (range_local *)local;
    (void)err;
    uint32_t rows = (uint32_t)MIN(l->end - l->at, (uint64_t)scan->vector_size);
    for (uint32_t c = 0; c < scan->column_count; c++) {
        int64_t *to = VECTOR_DATA(&out->columns[c], int64_t);
        uint64_t value = (uint64_t)scan->source->start + l->at * (uint64_t)scan->source->step;
        for (uint32_t i = 0; i < rows; i++, value += (uint64_t)scan->source->step)
            to[i] = (int64_t)value;
    }
    out->rows = rows;
    l->at += rows;
    return DBX_OK;
}

static void range_local_free(source_scan *s, source_local *local) {
    mem_free(((range_scan *)s)->ledger, local, sizeof(range_local));
}

static void range_close(source_scan *s) {
    range_scan *scan = (range_scan *)s;
    mem_free(scan->ledger, scan, sizeof(*scan));
}

static double range_progress(const source_scan *s) {
    range_scan *scan = (range_scan *)(uintptr_t)s;
    if (scan->source->rows == 0) return 1;
    double done = (double)atomic_load(&scan->next) * RANGE_MORSEL_ROWS / (double)scan->source->rows;
    return done > 1 ? 1 : done;
}

static void range_free(source *s) {
    range_source *r = (range_source *)s;
    mem_free(r->ledger, r, sizeof(*r));
}

static const source_vtab range_vtab = {.name = "range",
                                       .stats = range_stats,
                                       .row_count = range_row_count,
                                       .open = range_open,
                                       .local_new = range_local_new,
                                       .next_morsel = range_next_morsel,
                                       .read = range_read,
                                       .local_free = range_local_free,
                                       .close = range_close,
                                       .progress = range_progress,
                                       .free = range_free};

static dbx_status range_value(const table_argument *a, int64_t *out, error *err) {
    if (argument_is_null(a)) {
        return error_raise(err, ERR_UNEXPECTED_INPUT_TYPE, a->position, "functionName", "`range`",
                           "paramIndex", "", "requiredType", "\"BIGINT\"", "inputSql", "\"NULL\"",
                           "inputType", "\"VOID\"", NULL);
    }
    return argument_int(a, INT64_MIN, INT64_MAX, out, err);
}

static dbx_status range_bind(query *q, ledger *l, const table_argument *arguments, uint32_t count,
                             span position, source **out, error *err) {
    static const char *const names[] = {"start", "end", "step", "numSlices"};
    int64_t values[4] = {0, 0, 1, 0};
    uint32_t positional = 0;
    (void)q;
    for (uint32_t i = 0; i < count; i++) positional += arguments[i].name.size == 0;
    if (count == 0 || count > 4) {
        return error_raise(err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION, position, "functionName",
                           "`range`", "expectedNum", "[1, 2, 3, 4]", "actualNum",
                           count == 0 ? "0" : "more", "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = positional == 1 && i == 0 ? 1 : i;
        if (arguments[i].name.size > 0) {
            for (at = 0; at < ARRAY_COUNT(names) && !argument_is(&arguments[i], names[at]);) at++;
            if (at == ARRAY_COUNT(names)) {
                return error_raise(err, ERR_UNRECOGNIZED_PARAMETER_NAME, arguments[i].position,
                                   "routineName", "`range`", "argumentName", "", "proposal",
                                   "`start`, `end`, `step`, `numSlices`", NULL);
            }
        }
        TRY(range_value(&arguments[i], &values[at], err));
    }
    if (values[2] == 0) {
        return error_raise(err, ERR_FAILED_FUNCTION_CALL, position, "funcName", "`range`", NULL);
    }
    __int128 distance = (__int128)values[1] - values[0], step = values[2];
    __int128 rows = (distance > 0) == (step > 0) && distance != 0
                        ? (distance + step + (step > 0 ? -1 : 1)) / step
                        : 0;
    range_source *r = mem_alloc_zero(l, sizeof(range_source));
    if (r == NULL) return error_nomem(err);
    r->ledger = l;
    r->column = (source_column){.name = SV("id"), .type = type_simple(TYPE_BIGINT)};
    r->base = (source){&range_vtab, &r->column, 1};
    r->start = values[0];
    r->step = values[2];
    r->rows = (uint64_t)rows;
    *out = &r->base;
    return DBX_OK;
}

const table_function_row range_function = {
    .name = "range",
    .arguments = "[start BIGINT], end BIGINT, [step BIGINT], [numSlices INT]",
    .doc = "The numbers from start (0) to end, end excluded, in steps of step (1).",
    .bind = range_bind};

/* exec_support.h - what the tests of src/exec share: a query, a source of computed rows, plans made
 * by hand. */
#ifndef DBX_TEST_EXEC_SUPPORT_H
#define DBX_TEST_EXEC_SUPPORT_H

#include "exec/exec.h"
#include "exec/operator.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define OK(call) cr_assert_eq((call), DBX_OK)

/* ---- a source whose cells are computed ---- */

/* The value of a cell; false: NULL. STRING columns show it as "s<value>". */
typedef bool (*exec_test_cell)(uint32_t column, uint64_t row, int64_t *value);

typedef struct exec_test_source {
    source base;
    source_column columns[8];
    uint64_t rows;
    uint32_t morsel_rows;
    exec_test_cell cell;
    uint64_t fail_at; /* reading this row fails; UINT64_MAX: never */
    uint32_t vector_size;
    _Atomic uint64_t next;
    _Atomic uint64_t rows_given;
} exec_test_source;

typedef struct exec_test_scan {
    exec_test_source *source;
    const scan_spec *spec;
} exec_test_scan;
typedef struct exec_test_local {
    uint64_t at, end;
    arena arena;
} exec_test_local;

static ledger exec_test_ledger; /* of the sources' scans; unbounded */

static inline dbx_status exec_test_open(source *s, query *q, const scan_spec *spec,
                                        source_scan **out, error *err) {
    exec_test_source *from = (exec_test_source *)s;
    exec_test_scan *scan = malloc(sizeof(*scan));
    (void)q, (void)err;
    *scan = (exec_test_scan){from, spec};
    from->vector_size = spec->vector_size;
    atomic_store(&from->next, 0);
    *out = (source_scan *)scan;
    return DBX_OK;
}
static inline dbx_status exec_test_local_new(source_scan *scan, source_local **out, error *err) {
    exec_test_local *l = calloc(1, sizeof(*l));
    (void)scan, (void)err;
    arena_init(&l->arena, &exec_test_ledger);
    *out = (source_local *)l;
    return DBX_OK;
}
static inline dbx_status exec_test_next_morsel(source_scan *scan, source_local *local, bool *more,
                                               uint64_t *index, error *err) {
    exec_test_source *s = ((exec_test_scan *)scan)->source;
    exec_test_local *l = (exec_test_local *)local;
    (void)err;
    uint64_t morsel = atomic_fetch_add(&s->next, 1);
    l->at = morsel * s->morsel_rows;
    l->end = MIN(l->at + s->morsel_rows, s->rows);
    *more = l->at < s->rows;
    *index = morsel;
    return DBX_OK;
}
static inline void exec_test_fill(exec_test_source *s, uint32_t column, uint64_t at, uint32_t rows,
                                  vector *v, arena *a) {
    for (uint32_t i = 0; i < rows; i++) {
        int64_t value = 0;
        if (!s->cell(column, at + i, &value)) {
            OK(vector_ensure_validity(v, a));
            validity_set_null(v->validity, i);
        }
        char text[48];
        int size = snprintf(text, sizeof(text), "s%lld", (long long)value);
        switch (v->phys) {
        case PHYS_INT32:
            VECTOR_DATA(v, int32_t)[i] = (int32_t)value;
            break;
        case PHYS_INT64:
            VECTOR_DATA(v, int64_t)[i] = value;
            break;
        case PHYS_DOUBLE:
            VECTOR_DATA(v, double)[i] = (double)value;
            break;
        case PHYS_BOOL:
            VECTOR_DATA(v, uint8_t)[i] = value != 0;
            break;
        default: {
            char *copy = arena_alloc_bytes(a, 48);
            memcpy(copy, text, (size_t)size);
            VECTOR_DATA(v, vstring)[i] = vstring_from(copy, (size_t)size);
        }
        }
    }
}
static inline dbx_status exec_test_read(source_scan *scan, source_local *local, chunk *out,
                                        error *err) {
    exec_test_source *s = ((exec_test_scan *)scan)->source;
    exec_test_local *l = (exec_test_local *)local;
    const scan_spec *spec = ((exec_test_scan *)scan)->spec;
    uint32_t rows = (uint32_t)MIN(l->end - l->at, (uint64_t)s->vector_size);
    if (s->fail_at >= l->at && s->fail_at < l->at + rows) {
        return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", "read", "path", "test",
                           "message", "bad", NULL);
    }
    arena_reset(&l->arena);
    for (uint32_t i = 0; i < out->column_count; i++) {
        exec_test_fill(s, spec->columns[i], l->at, rows, &out->columns[i], &l->arena);
    }
    out->rows = rows;
    l->at += rows;
    atomic_fetch_add(&s->rows_given, rows);
    return DBX_OK;
}
static inline void exec_test_local_free(source_scan *scan, source_local *local) {
    (void)scan;
    arena_deinit(&((exec_test_local *)local)->arena);
    free(local);
}
static inline void exec_test_close(source_scan *scan) {
    free(scan);
}
static inline bool exec_test_row_count(const source *s, uint64_t *rows, bool *exact) {
    *rows = ((const exec_test_source *)s)->rows;
    *exact = true;
    return true;
}

static const source_vtab exec_test_vtab = {
    .name = "test",
    .row_count = exec_test_row_count,
    .open = exec_test_open,
    .local_new = exec_test_local_new,
    .next_morsel = exec_test_next_morsel,
    .read = exec_test_read,
    .local_free = exec_test_local_free,
    .close = exec_test_close,
};

static inline void exec_test_source_init(exec_test_source *s, uint64_t rows, uint32_t morsel_rows,
                                         exec_test_cell cell, const type *types, uint32_t columns) {
    memset(s, 0, sizeof(*s));
    s->base.vtab = &exec_test_vtab;
    s->base.columns = s->columns;
    s->base.column_count = columns;
    for (uint32_t i = 0; i < columns; i++) s->columns[i].type = types[i];
    s->rows = rows;
    s->morsel_rows = morsel_rows;
    s->cell = cell;
    s->fail_at = UINT64_MAX;
}

/* ---- a query and a plan under construction ---- */

enum { EXEC_TEST_OPS = 32, EXEC_TEST_PIPELINES = 32 };

typedef struct exec_fixture {
    settings settings;
    query query;
    arena arena;
    error err;
    phys_op *ops[EXEC_TEST_OPS];
    phys_pipeline pipelines[EXEC_TEST_PIPELINES];
    physical_plan plan;
    uint32_t threads;
} exec_fixture;

static inline void exec_fixture_init(exec_fixture *f) {
    memset(f, 0, sizeof(*f));
    ledger_init(&exec_test_ledger, NULL, "test", SIZE_MAX);
    ledger_init(&f->query.ledger, NULL, "query", SIZE_MAX);
    f->settings.vector_size = CHUNK_ROWS_MAX;
    f->query.settings = &f->settings;
    arena_init(&f->arena, &f->query.ledger);
    error_init(&f->err);
    f->plan.ops = f->ops;
    f->plan.pipelines = f->pipelines;
    f->threads = 1;
}
static inline void exec_fixture_deinit(exec_fixture *f) {
    error_deinit(&f->err);
    arena_deinit(&f->arena);
    cr_assert_eq(f->query.ledger.used, 0, "the execution gave all memory back");
    ledger_deinit(&f->query.ledger);
}

static inline void *exec_test_op(exec_fixture *f, phys_kind kind, size_t size, const type *types,
                                 uint32_t columns) {
    phys_op *op = arena_alloc_zero(&f->arena, size);
    type *copy = ARENA_ARRAY(&f->arena, type, columns + 1);
    for (uint32_t i = 0; i < columns; i++) copy[i] = types[i];
    op->kind = (uint8_t)kind;
    op->index = f->plan.op_count;
    op->types = copy;
    op->column_count = columns;
    op->rows = -1;
    f->ops[f->plan.op_count++] = op;
    if (kind == PHYS_OP_RESULT) f->plan.root = op;
    return op;
}

static inline phys_op *exec_test_scan_op(exec_fixture *f, exec_test_source *s) {
    type types[8];
    uint32_t *columns = ARENA_ARRAY(&f->arena, uint32_t, 8);
    for (uint32_t i = 0; i < s->base.column_count; i++) {
        types[i] = s->columns[i].type;
        columns[i] = i;
    }
    phys_scan *op = exec_test_op(f, PHYS_OP_SCAN, sizeof(*op), types, s->base.column_count);
    op->source = &s->base;
    op->columns = columns;
    op->row_limit = UINT64_MAX;
    op->ordered = true;
    return &op->base;
}

/* Operators from source to sink, ended by NULL. Depends on all pipelines before when `wait`. */
static inline uint32_t exec_test_pipeline(exec_fixture *f, uint32_t sink_input,
                                          phys_op *const *chain) {
    uint32_t count = 0;
    while (chain[count] != NULL) count++;
    uint32_t index = f->plan.pipeline_count++;
    uint32_t *depends = ARENA_ARRAY(&f->arena, uint32_t, index + 1);
    for (uint32_t i = 0; i < index; i++) depends[i] = i;
    phys_op **operators = ARENA_ARRAY(&f->arena, phys_op *, count);
    for (uint32_t i = 1; i + 1 < count; i++) operators[i - 1] = chain[i];
    f->pipelines[index] = (phys_pipeline){
        .source = chain[0],
        .operators = operators,
        .operator_count = count - 2,
        .sink = chain[count - 1],
        .sink_input = sink_input,
        .depends = depends,
        .depend_count = index,
    };
    return index;
}
#define PIPELINE(f, input, ...)                                                                    \
    exec_test_pipeline((f), (input), (phys_op *const[]){__VA_ARGS__, NULL})

/* ---- expressions ---- */

static inline expr *exec_test_slot(exec_fixture *f, uint32_t slot, type t) {
    expr *x = expr_new(&f->arena, EXPR_SLOT, t, true, (span){0, 0}, 0);
    x->u.slot = slot;
    return x;
}

static dbx_status exec_test_is_even_kernel(fn_call *call, const vector *args, vector *out) {
    vector_view v = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        VECTOR_DATA(out, uint8_t)[r] = ((const int64_t *)v.data)[view_index(&v, r)] % 2 == 0;
    }
    return DBX_OK;
}
static dbx_status exec_test_below_kernel(fn_call *call, const vector *args, vector *out) {
    vector_view v = vector_view_of(&args[0]);
    vector_view w = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        VECTOR_DATA(out, uint8_t)
        [r] = ((const int64_t *)v.data)[view_index(&v, r)] <
              ((const int64_t *)w.data)[view_index(&w, r)];
    }
    return DBX_OK;
}
static dbx_status exec_test_add_kernel(fn_call *call, const vector *args, vector *out) {
    vector_view v = vector_view_of(&args[0]);
    vector_view w = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        VECTOR_DATA(out, int64_t)
        [r] = ((const int64_t *)v.data)[view_index(&v, r)] +
              ((const int64_t *)w.data)[view_index(&w, r)];
    }
    return DBX_OK;
}
static const function_row exec_test_is_even = {.name = "is_even",
                                               .kernel = exec_test_is_even_kernel};
static const function_row exec_test_below = {.name = "below", .kernel = exec_test_below_kernel};
static const function_row exec_test_add = {.name = "add", .kernel = exec_test_add_kernel};

static inline expr *exec_test_call(exec_fixture *f, const function_row *row, type_id result,
                                   expr *x, expr *y) {
    expr *call =
        expr_new(&f->arena, EXPR_CALL, type_simple(result), true, (span){0, 0}, y != NULL ? 2 : 1);
    call->u.call = (expr_call){.row = row, .kernel = row->kernel};
    call->args[0] = x;
    if (y != NULL) call->args[1] = y;
    return call;
}
static inline expr *exec_test_bigint(exec_fixture *f, int64_t value) {
    return expr_constant_int64(&f->arena, type_simple(TYPE_BIGINT), value, (span){0, 0});
}

/* ---- running ---- */

static inline dbx_status exec_test_run(exec_fixture *f, collection *rows) {
    exec *x;
    OK(collection_init(rows, f->plan.root->types, f->plan.root->column_count, &f->query.ledger));
    OK(exec_new(&f->plan, &f->query, f->threads, &x, &f->err));
    dbx_status status = exec_run(x, rows, &f->err);
    exec_free(x);
    return status;
}

/* Appends one line a row: "1|NULL|s3". */
static inline void exec_test_print_row(buffer *out, const chunk *c, uint32_t row) {
    for (uint32_t i = 0; i < c->column_count; i++) {
        const vector *v = &c->columns[i];
        if (i > 0) OK(buffer_append_char(out, '|'));
        if (v->form == VECTOR_SEQUENCE) {
            OK(buffer_printf(out, "%lld", (long long)(v->sequence_start + v->sequence_step * row)));
            continue;
        }
        vector_view view = vector_view_of(v);
        uint32_t at = view_index(&view, row);
        if (!validity_get(view.validity, at)) {
            OK(buffer_printf(out, "NULL"));
            continue;
        }
        switch (v->phys) {
        case PHYS_BOOL:
            OK(buffer_printf(out, "%s", ((const uint8_t *)view.data)[at] ? "true" : "false"));
            break;
        case PHYS_INT32:
            OK(buffer_printf(out, "%d", ((const int32_t *)view.data)[at]));
            break;
        case PHYS_DOUBLE:
            OK(buffer_printf(out, "%.17g", ((const double *)view.data)[at]));
            break;
        case PHYS_STRING:
            OK(buffer_append_sv(out, vstring_view(&((const vstring *)view.data)[at])));
            break;
        default:
            OK(buffer_printf(out, "%lld", (long long)((const int64_t *)view.data)[at]));
            break;
        }
    }
    OK(buffer_append_char(out, '\n'));
}
static inline void exec_test_print(buffer *out, const collection *rows) {
    OK(buffer_append(out, "", 0));
    for (uint32_t i = 0; i < rows->chunks.count; i++) {
        const chunk *c = rows->chunks.items[i];
        for (uint32_t r = 0; r < c->rows; r++) exec_test_print_row(out, c, r);
    }
}
static int exec_test_line_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
/* Sorts the lines of a text in place. */
static inline void exec_test_sort_lines(buffer *text) {
    if (text->size == 0) return;
    char *copy = strndup(text->data, text->size);
    uint32_t count = 0;
    for (size_t i = 0; i < text->size; i++) count += copy[i] == '\n';
    char **lines = calloc(count + 1u, sizeof(*lines));
    char *at = copy;
    for (uint32_t i = 0; i < count; i++) {
        char *end = strchr(at, '\n');
        *end = '\0';
        lines[i] = at;
        at = end + 1;
    }
    qsort(lines, count, sizeof(*lines), exec_test_line_compare);
    buffer_clear(text);
    for (uint32_t i = 0; i < count; i++) OK(buffer_printf(text, "%s\n", lines[i]));
    free(lines);
    free(copy);
}
/* Runs and gives the rows as text; sorted: by line. Freed by the caller with free(). */
static inline char *exec_test_text(exec_fixture *f, bool sorted) {
    collection rows;
    buffer text;
    dbx_status status = exec_test_run(f, &rows);
    cr_assert_eq(status, DBX_OK, "%s", f->err.message != NULL ? f->err.message : "failed");
    buffer_init(&text, NULL);
    exec_test_print(&text, &rows);
    if (sorted) exec_test_sort_lines(&text);
    collection_deinit(&rows);
    char *out = text.size > 0 ? strndup(text.data, text.size) : strdup("");
    buffer_deinit(&text);
    return out;
}
static inline void exec_test_expect(exec_fixture *f, bool sorted, const char *expected) {
    char *text = exec_test_text(f, sorted);
    cr_assert_str_eq(text, expected);
    free(text);
}

#endif

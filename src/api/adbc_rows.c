/* adbc_rows.c - see adbc_rows.h. Buffers are plain malloc: they are handed to the application. */
#include "api/adbc_rows.h"

#include <errno.h>
#include <stdlib.h>

/* ---- columns ---- */

static void adbc_column_deinit(adbc_column *c) {
    for (uint32_t i = 0; c->children != NULL && i < c->field->child_count; i++)
        adbc_column_deinit(&c->children[i]);
    free(c->children);
    free(c->validity);
    free(c->data);
    free(c->offsets);
}

static bool adbc_column_init(adbc_column *c, const adbc_field *field) {
    memset(c, 0, sizeof(*c));
    c->field = field;
    if (field->child_count == 0) return true;
    c->children = calloc(field->child_count, sizeof(*c->children));
    if (c->children == NULL) return false;
    bool ok = true;
    for (uint32_t i = 0; i < field->child_count; i++)
        ok = adbc_column_init(&c->children[i], &field->children[i]) && ok;
    return ok;
}

adbc_column *adbc_column_new(const adbc_field *field) {
    adbc_column *c = malloc(sizeof(*c));
    if (c != NULL && adbc_column_init(c, field)) return c;
    if (c != NULL) adbc_column_free(c);
    return NULL;
}

void adbc_column_free(adbc_column *c) {
    adbc_column_deinit(c);
    free(c);
}

static char adbc_format(const adbc_column *c) {
    return c->field->format[0] == '+' ? c->field->format[1] : c->field->format[0];
}

/* Bytes of a fixed-width value. */
static uint32_t adbc_width(const adbc_column *c) {
    static const struct {
        char format;
        uint32_t width;
    } widths[] = {{'b', 1}, {'s', 2}, {'i', 4}, {'I', 4}, {'l', 8}, {'L', 8}, {'g', 8}};
    for (uint32_t i = 0; c->field->format[0] != '+' && i < ARRAY_COUNT(widths); i++) {
        if (adbc_format(c) == widths[i].format) return widths[i].width;
    }
    return 0;
}

/* Room for one more row; offsets[rows + 1] exists, too. */
static bool adbc_grow_rows(adbc_column *c) {
    if (c->rows < c->capacity) return true;
    int64_t capacity = MAX(c->capacity * 2, (int64_t)16);
    uint8_t *validity = realloc(c->validity, (size_t)capacity);
    if (validity != NULL) c->validity = validity;
    int32_t *offsets = realloc(c->offsets, (size_t)(capacity + 1) * sizeof(*offsets));
    if (offsets != NULL) c->offsets = offsets;
    if (validity == NULL || offsets == NULL) return c->failed = true, false;
    if (c->capacity == 0) offsets[0] = 0;
    c->capacity = capacity;
    return true;
}

static bool adbc_append_data(adbc_column *c, const void *bytes, size_t size) {
    if (c->data_size + size > c->data_capacity) {
        size_t capacity = MAX(c->data_capacity * 2, c->data_size + size + 64);
        char *data = realloc(c->data, capacity);
        if (data == NULL) return c->failed = true, false;
        c->data = data;
        c->data_capacity = capacity;
    }
    if (size > 0) memcpy(c->data + c->data_size, bytes, size);
    c->data_size += size;
    return true;
}

static void adbc_end_row(adbc_column *c, bool valid, int64_t end) {
    if (end > INT32_MAX) c->failed = true;
    if (c->failed) return;
    c->validity[c->rows] = valid;
    c->nulls += !valid;
    c->offsets[++c->rows] = (int32_t)end;
}

/* ---- values ---- */

void adbc_put_null(adbc_column *c) {
    static const char zero[8] = {0};
    if (!adbc_grow_rows(c)) return;
    if (adbc_width(c) > 0 && !adbc_append_data(c, zero, adbc_width(c))) return;
    bool is_struct = strcmp(c->field->format, "+s") == 0;
    for (uint32_t i = 0; is_struct && i < c->field->child_count; i++)
        adbc_put_null(&c->children[i]);
    adbc_end_row(c, false, c->offsets[c->rows]);
}

void adbc_put_text(adbc_column *c, string_view value) {
    if (value.data == NULL) {
        adbc_put_null(c);
        return;
    }
    if (!adbc_grow_rows(c) || !adbc_append_data(c, value.data, value.size)) return;
    adbc_end_row(c, true, (int64_t)c->data_size);
}

void adbc_put_int(adbc_column *c, int64_t value) {
    assert(adbc_width(c) > 0);
    if (!adbc_grow_rows(c)) return;
    if (!adbc_append_data(c, &value, adbc_width(c))) return; /* little-endian */
    adbc_end_row(c, true, 0);
}

void adbc_put_double(adbc_column *c, double value) {
    assert(adbc_format(c) == 'g');
    if (!adbc_grow_rows(c) || !adbc_append_data(c, &value, sizeof(value))) return;
    adbc_end_row(c, true, 0);
}

void adbc_put_list(adbc_column *c) {
    if (adbc_grow_rows(c)) adbc_end_row(c, true, c->children[0].rows);
}

void adbc_put_struct(adbc_column *c) {
    if (adbc_grow_rows(c)) adbc_end_row(c, true, 0);
}

/* offsets[i] of a union is its value's place in the child, so it is set in place. */
void adbc_put_union(adbc_column *c, uint32_t child) {
    int8_t id = (int8_t)child;
    if (!adbc_grow_rows(c) || !adbc_append_data(c, &id, 1)) return;
    c->offsets[c->rows] = (int32_t)(c->children[child].rows - 1);
    adbc_end_row(c, true, 0);
}

/* ---- as Arrow ---- */

static void adbc_schema_release(struct ArrowSchema *s) {
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i]->release != NULL) s->children[i]->release(s->children[i]);
        free(s->children[i]);
    }
    free(s->children);
    s->release = NULL;
}

static bool adbc_schema_of(const adbc_field *field, struct ArrowSchema *out) {
    memset(out, 0, sizeof(*out));
    out->format = field->format;
    out->name = field->name;
    out->flags = field->nullable ? ARROW_FLAG_NULLABLE : 0;
    out->release = adbc_schema_release;
    if (field->child_count == 0) return true;
    out->children = calloc(field->child_count, sizeof(*out->children));
    for (uint32_t i = 0; out->children != NULL && i < field->child_count; i++) {
        out->children[i] = calloc(1, sizeof(struct ArrowSchema));
        if (out->children[i] == NULL) return false;
        out->n_children++;
        if (!adbc_schema_of(&field->children[i], out->children[i])) return false;
    }
    return out->children != NULL;
}

typedef struct adbc_array_private {
    const void *buffers[3];
    struct ArrowArray **children;
} adbc_array_private;

static void adbc_array_release(struct ArrowArray *a) {
    adbc_array_private *p = a->private_data;
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i]->release != NULL) a->children[i]->release(a->children[i]);
        free(a->children[i]);
    }
    for (int64_t i = 0; i < a->n_buffers; i++) free((void *)(uintptr_t)p->buffers[i]);
    free(p->children);
    free(p);
    a->release = NULL;
}

/* Bytes of 0 and 1 become bits, in place. */
static void adbc_pack_bits(uint8_t *bytes, int64_t rows) {
    for (int64_t i = 0; i < rows; i++) {
        uint8_t bit = (uint8_t)((bytes[i] != 0) << (i % 8));
        bytes[i / 8] = i % 8 == 0 ? bit : (uint8_t)(bytes[i / 8] | bit);
    }
}

/* Takes a buffer of the column over; Arrow wants memory even for no rows. */
static void *adbc_take(void *from) {
    void **at = from;
    void *taken = *at != NULL ? *at : calloc(1, 64);
    *at = NULL;
    return taken;
}

static bool adbc_array_of(adbc_column *c, struct ArrowArray *out) {
    memset(out, 0, sizeof(*out));
    adbc_array_private *p = calloc(1, sizeof(*p));
    if (p == NULL || c->failed) {
        free(p);
        return false;
    }
    bool is_union = strncmp(c->field->format, "+u", 2) == 0;
    bool is_struct = strcmp(c->field->format, "+s") == 0;
    bool is_list = c->field->format[0] == '+' && !is_union && !is_struct;
    out->private_data = p;
    out->release = adbc_array_release;
    out->length = c->rows;
    out->null_count = is_union ? 0 : c->nulls;
    out->buffers = p->buffers;
    if (adbc_format(c) == 'b') adbc_pack_bits((uint8_t *)c->data, c->rows);
    uint32_t n = 0;
    if (!is_union) {
        adbc_pack_bits(c->validity, c->rows);
        p->buffers[n++] = c->nulls > 0 ? adbc_take(&c->validity) : NULL;
    }
    if (is_union) p->buffers[n++] = adbc_take(&c->data);
    if (is_union || is_list || (adbc_width(c) == 0 && !is_struct))
        p->buffers[n++] = adbc_take(&c->offsets);
    if (c->field->format[0] != '+') p->buffers[n++] = adbc_take(&c->data);
    out->n_buffers = n;
    bool ok = true;
    for (uint32_t i = 1; i < n; i++) ok = p->buffers[i] != NULL && ok;
    p->children = calloc(MAX(c->field->child_count, 1u), sizeof(*p->children));
    out->children = p->children;
    if (!ok || p->children == NULL) return false;
    for (uint32_t i = 0; i < c->field->child_count; i++) {
        p->children[i] = calloc(1, sizeof(struct ArrowArray));
        if (p->children[i] == NULL) return false;
        out->n_children++;
        if (!adbc_array_of(&c->children[i], p->children[i])) return false;
    }
    return true;
}

/* ---- the stream of one batch ---- */

typedef struct adbc_rows {
    const adbc_field *field;
    struct ArrowArray batch; /* moved out by the first get_next */
    bool given;
} adbc_rows;

static int adbc_rows_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    const adbc_rows *r = stream->private_data;
    if (adbc_schema_of(r->field, out)) return 0;
    out->release(out);
    return ENOMEM;
}

static int adbc_rows_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    adbc_rows *r = stream->private_data;
    memset(out, 0, sizeof(*out));
    if (!r->given && r->batch.length > 0) *out = r->batch;
    if (r->batch.length > 0) r->given = true;
    return 0;
}

static const char *adbc_rows_last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "out of memory";
}

static void adbc_rows_release(struct ArrowArrayStream *stream) {
    adbc_rows *r = stream->private_data;
    if (!r->given && r->batch.release != NULL) r->batch.release(&r->batch);
    free(r);
    stream->release = NULL;
}

AdbcStatusCode adbc_rows_finish(adbc_column *rows, struct ArrowArrayStream *out,
                                struct AdbcError *e) {
    adbc_rows *r = calloc(1, sizeof(*r));
    bool ok = r != NULL && adbc_array_of(rows, &r->batch);
    if (ok) {
        r->field = rows->field;
        *out = (struct ArrowArrayStream){.get_schema = adbc_rows_get_schema,
                                         .get_next = adbc_rows_get_next,
                                         .get_last_error = adbc_rows_last_error,
                                         .release = adbc_rows_release,
                                         .private_data = r};
    } else {
        if (r != NULL && r->batch.release != NULL) r->batch.release(&r->batch);
        free(r);
    }
    adbc_column_free(rows);
    return ok ? ADBC_STATUS_OK : adbc_fail_nomem(e);
}

/* parquet_distinct.c - how many values a column holds, from the sizes of its dictionaries.
 *
 * Footers seldom count distinct values, but the header of a dictionary page does for its row group.
 * Three row groups are looked at. Where the groups' ranges lie apart, the data is clustered and
 * groups add up; else each group is a sample of n rows with d values of a population D, and
 * d = D (1 - e^(-n/D)) (Cardenas) tells D. Without dictionaries nothing is known.
 */
#include "formats/parquet_prune.h"
#include "formats/parquet_source.h"
#include "vector/compare.h"

#include <math.h>

enum { DISTINCT_GROUPS = 3, DISTINCT_HEADER_BYTES = 256, DISTINCT_STEPS = 60 };

typedef struct distinct_group {
    double rows; /* non-NULL */
    double values;
    parquet_bounds bounds;
} distinct_group;

/* Entries of the chunk's dictionary; false when it has none, or values outside of it. */
static bool distinct_read(const parquet_source *s, const parquet_file *f,
                          const parquet_chunk_meta *c, uint32_t *count) {
    if (!c->all_dictionary) return false;
    io_file *file;
    uint8_t bytes[DISTINCT_HEADER_BYTES];
    parquet_page_header header;
    error ignored;
    error_init(&ignored);
    bool known = false;
    if (io_open(s->gate, s->ledger, f->entry->path, &file, &ignored) == DBX_OK) {
        uint64_t left = io_file_size(file) - MIN(c->start, io_file_size(file));
        size_t size = (size_t)MIN((uint64_t)sizeof(bytes), left);
        known = io_read_at(file, c->start, bytes, size, &ignored) == DBX_OK &&
                parquet_page_header_parse(bytes, size, &header) == PARQUET_HEADER_OK &&
                header.kind == PARQUET_DICTIONARY_PAGE;
        io_close(file);
    }
    error_deinit(&ignored);
    if (known) *count = header.num_values;
    return known;
}

/* Row group number `at` over all files. */
static bool distinct_group_at(const parquet_source *s, const source_column *c, uint64_t at,
                              distinct_group *out) {
    uint32_t i = 0, entries;
    while (at >= s->files[i].meta->row_group_count) at -= s->files[i++].meta->row_group_count;
    const parquet_file *f = &s->files[i];
    const parquet_field *field = parquet_file_field(f, c->name);
    if (field == NULL || field->kind != PARQUET_FIELD_LEAF) return false;
    const parquet_leaf *leaf = &f->schema.leaves[field->leaf];
    const parquet_chunk_meta *of_group = &f->meta->row_groups[at].chunks[leaf->index];
    if (!distinct_read(s, f, of_group, &entries)) return false;
    parquet_chunk_bounds(f->meta, leaf, of_group, c->type, &out->bounds);
    uint64_t nulls = out->bounds.has_null_count ? out->bounds.null_count : 0;
    out->rows =
        (double)((uint64_t)of_group->num_values - MIN(nulls, (uint64_t)of_group->num_values));
    out->values = MIN((double)entries, out->rows);
    return true;
}

/* Does each range begin where the one before ended, or later? */
static bool distinct_is_clustered(const distinct_group *groups, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        const parquet_bounds *a = &groups[i - 1].bounds, *b = &groups[i].bounds;
        if (!a->bounds.has_min_max || !b->bounds.has_min_max) return false;
        vector_view high = vector_view_of(&a->max), low = vector_view_of(&b->min);
        if (value_compare(&high, 0, &low, 0) > 0) return false;
    }
    return count > 1;
}

/* D for which n draws give d values; at most `most`. */
static double distinct_population(double n, double d, double most) {
    double low = d, high = MAX(most, d);
    for (int i = 0; i < DISTINCT_STEPS && low < high; i++) {
        double middle = (low + high) / 2;
        if (middle * -expm1(-n / middle) < d)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double parquet_distinct_estimate(const parquet_source *s, uint32_t column, uint64_t rows) {
    const source_column *c = &s->base.columns[column];
    uint64_t group_count = 0;
    for (uint32_t i = 0; i < s->list.count; i++) group_count += s->files[i].meta->row_group_count;
    if (group_count == 0 || rows == 0) return -1;
    const uint64_t at[DISTINCT_GROUPS] = {0, group_count / 2, group_count - 1};
    distinct_group groups[DISTINCT_GROUPS];
    uint32_t count = 0;
    double n = 0, d = 0, largest = 0;
    for (uint32_t i = 0; i < DISTINCT_GROUPS; i++) {
        if (i > 0 && at[i] == at[i - 1]) continue;
        if (!distinct_group_at(s, c, at[i], &groups[count])) return -1;
        n += groups[count].rows;
        d += groups[count].values;
        largest = MAX(largest, groups[count].values);
        count++;
    }
    if (d == 0) return 1;
    if (group_count == 1) return d;
    if (distinct_is_clustered(groups, count))
        return MIN(d / count * (double)group_count, (double)rows);
    double population = distinct_population(n / count, d / count, (double)rows);
    return MIN(MAX(population, largest), (double)rows);
}

/* parquet_leaf.c - from pages to values and rows of flat columns; see parquet_leaf.h.
 *
 * NULLs: dense values are decoded first and spread over the rows by the validity bitmap. Rows that
 * a selection does not name are decoded only where stepping over them costs as much. */
#include "formats/parquet_leaf.h"

#include "kernel/bitmap.h"
#include "kernel/gather.h"

/* ---- values ---- */

static uint32_t leaf_width(const parquet_reader *r) {
    return physical_size(type_physical(r->target));
}

static dbx_status leaf_ends_early(const parquet_reader *r, error *err) {
    return parquet_reader_corrupt(r, err, "a page has fewer values than it says");
}

/* Text of UUIDs, or fixed-length bytes as they are. */
static dbx_status leaf_fixed_strings(parquet_reader *r, const uint8_t *in, uint32_t count,
                                     vstring *out, error *err) {
    uint32_t width = r->leaf->type_length;
    if (r->leaf->convert == PARQUET_CONVERT_STRING) {
        for (uint32_t i = 0; i < count; i++) {
            out[i] = vstring_from((const char *)in + (size_t)i * width, width);
        }
        return DBX_OK;
    }
    char *text = r->uuid_heap;
    if (text != NULL)
        r->uuid_heap += (size_t)count * PARQUET_UUID_CHARS;
    else
        text = arena_alloc_bytes(&r->context->strings, (size_t)count * PARQUET_UUID_CHARS + 1);
    if (text == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++, text += PARQUET_UUID_CHARS) {
        parquet_uuid_text(in + (size_t)i * width, text);
        out[i] = vstring_from(text, PARQUET_UUID_CHARS);
    }
    return DBX_OK;
}

/* `count` stored values of fixed width at `in`, converted. */
static dbx_status leaf_fixed(parquet_reader *r, const uint8_t *in, uint32_t count, void *out,
                             error *err) {
    if (type_physical(r->target) == PHYS_STRING) {
        return leaf_fixed_strings(r, in, count, out, err);
    }
    if (!r->widen) {
        parquet_convert_fixed(r->leaf, in, count, out);
        return DBX_OK;
    }
    parquet_convert_fixed(r->leaf, in, count, r->context->widened);
    parquet_widen(r->leaf->type, r->target, r->context->widened, count, out);
    return DBX_OK;
}

/* Strings as stored to the target: themselves, or DECIMALs. */
static void leaf_strings(parquet_reader *r, vstring *in, uint32_t count, void *out) {
    if (type_physical(r->target) == PHYS_STRING) {
        if (in != out) memcpy(out, in, (size_t)count * sizeof(*in));
    } else if (!r->widen) {
        parquet_convert_strings(r->leaf, in, count, out);
    } else {
        parquet_convert_strings(r->leaf, in, count, r->context->widened);
        parquet_widen(r->leaf->type, r->target, r->context->widened, count, out);
    }
}

static dbx_status leaf_take_strings(parquet_reader *r, uint32_t count, void *out, error *err) {
    bool direct = type_physical(r->target) == PHYS_STRING;
    vstring *texts = direct ? out : (vstring *)(void *)r->context->dense;
    if (!parquet_plain_strings(&r->at, r->end, count, texts)) return leaf_ends_early(r, err);
    leaf_strings(r, texts, count, out);
    return DBX_OK;
}

/* Indexes in the context's scratch, each checked against the dictionary. */
static dbx_status leaf_take_indexes(parquet_reader *r, uint32_t count, uint32_t *out, error *err) {
    if (!parquet_rle_read(&r->indexes, count, out)) return leaf_ends_early(r, err);
    if (count > 0 && bitpack_max32(out, count) >= r->dictionary_count) {
        return parquet_reader_corrupt(r, err, "an index lies outside of the dictionary");
    }
    return DBX_OK;
}

static dbx_status leaf_take_bits(parquet_reader *r, uint32_t count, uint8_t *out, error *err) {
    uint64_t available = (uint64_t)(r->end - r->at) * 8 - r->bit_at;
    if (count > available) return leaf_ends_early(r, err);
    bitpack_bits_to_bytes(r->at, r->bit_at, count, out);
    r->bit_at += count;
    return DBX_OK;
}

dbx_status parquet_values_take(parquet_reader *r, uint32_t count, void *out, error *err) {
    assert(count <= PARQUET_BATCH_MAX);
    if (r->leaf->convert == PARQUET_CONVERT_NOTHING) {
        memset(out, 0, count);
        return parquet_values_skip(r, count, err);
    }
    switch (r->form) {
    case PARQUET_FORM_FIXED: {
        size_t size = (size_t)count * r->leaf->type_length;
        if (size > (size_t)(r->end - r->at)) return leaf_ends_early(r, err);
        TRY(leaf_fixed(r, r->at, count, out, err));
        r->at += size;
        return DBX_OK;
    }
    case PARQUET_FORM_STRINGS:
        return leaf_take_strings(r, count, out, err);
    case PARQUET_FORM_VSTRINGS: {
        size_t size = (size_t)count * sizeof(vstring);
        if (size > (size_t)(r->end - r->at)) return leaf_ends_early(r, err);
        leaf_strings(r, (vstring *)(uintptr_t)r->at, count, out);
        r->at += size;
        return DBX_OK;
    }
    case PARQUET_FORM_BITS:
        return leaf_take_bits(r, count, out, err);
    case PARQUET_FORM_RLE_BITS:
        return parquet_rle_read_bytes(&r->indexes, count, out) ? DBX_OK : leaf_ends_early(r, err);
    case PARQUET_FORM_DICTIONARY:
        TRY(leaf_take_indexes(r, count, r->context->indexes, err));
        gather_values(leaf_width(r), r->dictionary.data, r->context->indexes, count, out);
        return DBX_OK;
    }
    return DBX_BUG;
}

dbx_status parquet_values_skip(parquet_reader *r, uint32_t count, error *err) {
    bool ok = true;
    switch (r->form) {
    case PARQUET_FORM_FIXED:
    case PARQUET_FORM_VSTRINGS: {
        bool fixed = r->form == PARQUET_FORM_FIXED;
        size_t size = (size_t)count * (fixed ? r->leaf->type_length : sizeof(vstring));
        ok = size <= (size_t)(r->end - r->at);
        if (ok) r->at += size;
        break;
    }
    case PARQUET_FORM_STRINGS:
        ok = parquet_plain_strings_skip(&r->at, r->end, count);
        break;
    case PARQUET_FORM_BITS:
        ok = count <= (uint64_t)(r->end - r->at) * 8 - r->bit_at;
        if (ok) r->bit_at += count;
        break;
    case PARQUET_FORM_RLE_BITS:
    case PARQUET_FORM_DICTIONARY:
        ok = parquet_rle_skip(&r->indexes, count);
        break;
    }
    return ok ? DBX_OK : leaf_ends_early(r, err);
}

/* ---- batches ---- */

dbx_status parquet_batch_init(parquet_batch *b, type t, arena *a) {
    memset(b, 0, sizeof(*b));
    size_t entries = PARQUET_BATCH_MAX + 1;
    uint32_t width = physical_size(type_physical(t));
    b->flat = (vector){.type = t,
                       .form = VECTOR_FLAT,
                       .phys = (uint8_t)type_physical(t),
                       .capacity = PARQUET_BATCH_MAX};
    b->flat.data = arena_alloc_zero(a, entries * width);
    b->validity_words = arena_alloc_zero(a, validity_bytes(entries));
    b->indexes = arena_alloc_zero(a, entries * sizeof(*b->indexes));
    bool ok = b->flat.data != NULL && b->validity_words != NULL && b->indexes != NULL;
    return ok ? DBX_OK : DBX_NOMEM;
}

void parquet_batch_clear(parquet_batch *b) {
    b->has_null = false;
    b->dictionary = NULL;
}

static uint32_t batch_width(const parquet_batch *b) {
    return physical_size(b->flat.phys);
}

static uint8_t *batch_at(parquet_batch *b, uint32_t i) {
    return (uint8_t *)b->flat.data + (size_t)i * batch_width(b);
}

/* Entries from `filled` on may become NULL. */
static void batch_need_validity(parquet_batch *b) {
    if (b->has_null) return;
    b->has_null = true;
    validity_fill(b->validity_words, PARQUET_BATCH_MAX, true);
}

/* Values of dictionary entries at indexes[0..count), the NULL entry included, to `out` behind
 * `filled`. */
static void batch_look_up(parquet_batch *out, uint32_t filled, const parquet_reader *dictionary,
                          const sel_t *indexes, uint32_t count) {
    gather_values(batch_width(out), dictionary->dictionary.data, indexes, count,
                  batch_at(out, filled));
    if (dictionary->leaf->max_def == 0) return;
    uint32_t null_index = dictionary->dictionary_count;
    for (uint32_t i = 0; i < count; i++) {
        if (indexes[i] != null_index) continue;
        batch_need_validity(out);
        validity_set_null(out->validity_words, filled + i);
    }
}

void parquet_batch_flatten(parquet_batch *b, uint32_t filled) {
    if (b->dictionary == NULL) return;
    batch_look_up(b, 0, b->dictionary, b->indexes, filled);
    b->dictionary = NULL;
}

vector parquet_batch_vector(parquet_batch *b) {
    vector v = b->flat;
    if (b->dictionary == NULL) {
        v.validity = b->has_null ? b->validity_words : NULL;
        return v;
    }
    v.form = VECTOR_DICTIONARY;
    v.data = NULL;
    v.validity = NULL;
    v.sel = b->indexes;
    v.children = &b->dictionary->dictionary;
    v.child_count = b->dictionary->dictionary_count + 1;
    v.dict_stable = true;
    v.dict_id = b->dictionary->dictionary_id;
    return v;
}

void parquet_batch_append(parquet_batch *to, uint32_t filled, const parquet_batch *from,
                          const sel_t *sel, uint32_t count) {
    if (from->dictionary != NULL) {
        bool strings = to->flat.phys == PHYS_STRING;
        if (strings && (filled == 0 || to->dictionary == from->dictionary)) {
            to->dictionary = from->dictionary;
            gather_4(from->indexes, sel, count, to->indexes + filled);
            return;
        }
        parquet_batch_flatten(to, filled);
        uint32_t *indexes = from->dictionary->context->indexes;
        gather_4(from->indexes, sel, count, indexes);
        batch_look_up(to, filled, from->dictionary, indexes, count);
        return;
    }
    parquet_batch_flatten(to, filled);
    gather_values(batch_width(to), from->flat.data, sel, count, batch_at(to, filled));
    if (!from->has_null) return;
    for (uint32_t i = 0; i < count; i++) {
        if (validity_get(from->validity_words, sel[i])) continue;
        batch_need_validity(to);
        validity_set_null(to->validity_words, filled + i);
    }
}

/* ---- rows of flat columns ---- */

/* out[i] = dense value of row i; NULL rows get the value before the next one. dense has one spare
 * entry. */
#define LEAF_SPREAD(ctype)                                                                         \
    {                                                                                              \
        const ctype *in_ = (const ctype *)dense;                                                   \
        ctype *out_ = (ctype *)out;                                                                \
        for (uint32_t i = 0; i < rows; i++) {                                                      \
            out_[i] = in_[at];                                                                     \
            at += valid[i / 64] >> (i % 64) & 1;                                                   \
        }                                                                                          \
        return;                                                                                    \
    }

static void leaf_spread(uint32_t width, const void *dense, const uint64_t *valid, uint32_t rows,
                        void *out) {
    size_t at = 0;
    switch (width) {
    case 1:
        LEAF_SPREAD(uint8_t)
    case 2:
        LEAF_SPREAD(uint16_t)
    case 4:
        LEAF_SPREAD(uint32_t)
    case 8:
        LEAF_SPREAD(uint64_t)
    default:
        LEAF_SPREAD(vstring)
    }
}

static dbx_status leaf_valid_bits(parquet_reader *r, uint32_t rows, uint32_t *ones, error *err) {
    if (!parquet_rle_read_bits(&r->defs, rows, r->context->valid, 0, ones)) {
        return parquet_reader_corrupt(r, err, "a page has too few definition levels");
    }
    return DBX_OK;
}

/* Part of a batch within one page: rows [0, rows), those at sel[0..count) - base wanted (NULL:
 * all). */
typedef struct leaf_part {
    uint32_t rows;
    const sel_t *sel;
    uint32_t sel_count;
    uint32_t base;
    uint32_t filled;
} leaf_part;

static void leaf_local_sel(const leaf_part *p, sel_t *out) {
    for (uint32_t i = 0; i < p->sel_count; i++) out[i] = p->sel[i] - p->base;
}

/* Dictionary indexes of the part appended to out->indexes, NULL rows as the NULL entry. */
static dbx_status leaf_part_indexes(parquet_reader *r, const leaf_part *p, parquet_batch *out,
                                    error *err) {
    uint32_t *target = out->indexes + p->filled;
    uint32_t *all = p->sel == NULL ? target : (uint32_t *)(void *)r->context->dense;
    if (!r->page_has_nulls) {
        TRY(leaf_take_indexes(r, p->rows, all, err));
    } else {
        uint32_t ones;
        uint32_t *dense = r->context->indexes;
        TRY(leaf_valid_bits(r, p->rows, &ones, err));
        TRY(leaf_take_indexes(r, ones, dense, err));
        dense[ones] = 0;
        const uint64_t *valid = r->context->valid;
        uint32_t at = 0;
        for (uint32_t i = 0; i < p->rows; i++) {
            uint32_t bit = (uint32_t)(valid[i / 64] >> (i % 64)) & 1;
            all[i] = bit ? dense[at] : r->dictionary_count;
            at += bit;
        }
    }
    for (uint32_t i = 0; i < p->sel_count; i++) target[i] = all[p->sel[i] - p->base];
    return DBX_OK;
}

static dbx_status leaf_part_valid(parquet_reader *r, const leaf_part *p, parquet_batch *out,
                                  error *err) {
    uint8_t *target = batch_at(out, p->filled);
    uint32_t width = batch_width(out);
    if (p->sel == NULL) return parquet_values_take(r, p->rows, target, err);
    bool in_place =
        r->form == PARQUET_FORM_FIXED && !r->widen && width >= 4 &&
        (r->leaf->convert == PARQUET_CONVERT_COPY4 || r->leaf->convert == PARQUET_CONVERT_COPY8);
    if (in_place) { /* picks from the page */
        const uint8_t *in = r->at;
        TRY(parquet_values_skip(r, p->rows, err));
        for (uint32_t i = 0; i < p->sel_count; i++) {
            memcpy(target + (size_t)i * width, in + (size_t)(p->sel[i] - p->base) * width, width);
        }
        return DBX_OK;
    }
    sel_t local[PARQUET_BATCH_MAX];
    leaf_local_sel(p, local);
    if (r->form == PARQUET_FORM_DICTIONARY) {
        uint32_t *indexes = r->context->indexes;
        TRY(leaf_take_indexes(r, p->rows, indexes, err));
        for (uint32_t i = 0; i < p->sel_count; i++) indexes[i] = indexes[local[i]];
        gather_values(width, r->dictionary.data, indexes, p->sel_count, target);
        return DBX_OK;
    }
    uint8_t *dense = r->context->rows;
    TRY(parquet_values_take(r, p->rows, dense, err));
    gather_values(width, dense, local, p->sel_count, target);
    return DBX_OK;
}

static dbx_status leaf_part_nulls(parquet_reader *r, const leaf_part *p, parquet_batch *out,
                                  error *err) {
    uint32_t width = batch_width(out);
    uint32_t ones;
    TRY(leaf_valid_bits(r, p->rows, &ones, err));
    uint64_t *valid = r->context->valid;
    uint8_t *dense = r->context->rows;
    TRY(parquet_values_take(r, ones, dense, err));
    memset(dense + (size_t)ones * width, 0, width);
    batch_need_validity(out);
    if (p->sel == NULL) {
        leaf_spread(width, dense, valid, p->rows, batch_at(out, p->filled));
        bitmap_copy(out->validity_words, p->filled, valid, 0, p->rows);
        return DBX_OK;
    }
    sel_t local[PARQUET_BATCH_MAX];
    leaf_local_sel(p, local);
    leaf_spread(width, dense, valid, p->rows, r->context->spread);
    gather_values(width, r->context->spread, local, p->sel_count, batch_at(out, p->filled));
    for (uint32_t i = 0; i < p->sel_count; i++) {
        if (!validity_get(valid, local[i])) validity_set_null(out->validity_words, p->filled + i);
    }
    return DBX_OK;
}

static dbx_status leaf_part_read(parquet_reader *r, const leaf_part *p, bool keep_indexes,
                                 parquet_batch *out, error *err) {
    bool dictionary = r->form == PARQUET_FORM_DICTIONARY;
    bool wanted = keep_indexes || out->flat.phys == PHYS_STRING;
    if (dictionary && wanted && (p->filled == 0 || out->dictionary == r)) {
        out->dictionary = r;
        return leaf_part_indexes(r, p, out, err);
    }
    parquet_batch_flatten(out, p->filled);
    return r->page_has_nulls ? leaf_part_nulls(r, p, out, err) : leaf_part_valid(r, p, out, err);
}

static dbx_status leaf_part_skip(parquet_reader *r, uint32_t rows, error *err) {
    while (rows > 0) {
        uint32_t step = MIN(rows, (uint32_t)PARQUET_BATCH_MAX);
        uint32_t ones = step;
        if (r->page_has_nulls)
            TRY(leaf_valid_bits(r, step, &ones, err));
        else
            ones = step = rows;
        TRY(parquet_values_skip(r, ones, err));
        r->page_left -= step;
        rows -= step;
    }
    return DBX_OK;
}

dbx_status parquet_flat_skip(parquet_reader *r, uint64_t rows, error *err) {
    while (rows > 0) {
        if (r->page_left > 0) {
            uint32_t step = (uint32_t)MIN(rows, (uint64_t)r->page_left);
            TRY(leaf_part_skip(r, step, err));
            rows -= step;
            continue;
        }
        TRY(parquet_reader_peek(r, err));
        if (r->header.num_values <= rows) {
            rows -= r->header.num_values;
            parquet_reader_pass(r);
        } else {
            TRY(parquet_reader_load(r, err));
        }
    }
    return DBX_OK;
}

dbx_status parquet_flat_read(parquet_reader *r, uint32_t rows, const sel_t *sel, uint32_t sel_count,
                             bool keep_indexes, parquet_batch *out, uint32_t filled, error *err) {
    assert(rows <= PARQUET_BATCH_MAX);
    assert(filled + (sel ? sel_count : rows) <= PARQUET_BATCH_MAX);
    if (r->pending_skip > 0) {
        uint64_t skip = r->pending_skip;
        r->pending_skip = 0;
        TRY(parquet_flat_skip(r, skip, err));
    }
    uint32_t done = 0;
    uint32_t taken = 0;
    while (done < rows) {
        while (r->page_left == 0) {
            TRY(parquet_reader_peek(r, err));
            TRY(parquet_reader_load(r, err));
        }
        leaf_part p = {.rows = MIN(rows - done, r->page_left), .base = done, .filled = filled};
        uint32_t end = taken;
        if (sel != NULL) {
            while (end < sel_count && sel[end] < done + p.rows) end++;
            p.sel = sel + taken;
            p.sel_count = end - taken;
        }
        if (sel != NULL && p.sel_count == 0) {
            TRY(leaf_part_skip(r, p.rows, err));
        } else {
            if (p.sel_count == p.rows) p.sel = NULL, p.sel_count = 0;
            TRY(leaf_part_read(r, &p, keep_indexes, out, err));
            r->page_left -= p.rows;
            filled += p.sel ? p.sel_count : p.rows;
        }
        taken = end;
        done += p.rows;
    }
    return DBX_OK;
}

/* group_codes.c - see group_codes.h. */
#include "exec/group_codes.h"

#include "kernel/gather.h"

enum {
    GROUP_CODES_MISFITS_MAX = 8, /* chunks; then it gives up */
    GROUP_CODES_ROWS_MIN = 64,   /* of a chunk worth it */
};

void group_codes_init(group_codes *c, uint32_t column_count, ledger *l) {
    memset(c, 0, offsetof(group_codes, codes));
    c->ledger = l;
    c->column_count = column_count;
    c->off = column_count == 0 || column_count > GROUP_CODE_COLUMNS_MAX;
}

void group_codes_deinit(group_codes *c) {
    mem_free(c->ledger, c->groups, GROUP_CODES_MAX * sizeof(*c->groups));
    mem_free(c->ledger, c->ordinals, GROUP_CODES_MAX);
}

void group_codes_forget(group_codes *c) {
    if (c->groups != NULL) memset(c->groups, 0, GROUP_CODES_MAX * sizeof(*c->groups));
    if (c->ordinals != NULL) memset(c->ordinals, GROUP_NO_ORDINAL, GROUP_CODES_MAX);
    c->few_count = 0;
}

/* ---- how a column is coded ---- */

typedef struct group_code_range {
    int64_t min, max;
} group_code_range;

#define GROUP_CODE_RANGE_LOOP(ctype)                                                               \
    do {                                                                                           \
        const ctype *data = view->data;                                                            \
        ctype low = data[view_index(view, 0)], high = low;                                         \
        if (view->sel == NULL && view->mask != 0) {                                                \
            for (uint32_t i = 0; i < rows; i++) {                                                  \
                low = data[i] < low ? data[i] : low;                                               \
                high = data[i] > high ? data[i] : high;                                            \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t i = 0; i < rows; i++) {                                                  \
                ctype value = data[view_index(view, i)];                                           \
                low = value < low ? value : low;                                                   \
                high = value > high ? value : high;                                                \
            }                                                                                      \
        }                                                                                          \
        return (group_code_range){(int64_t)low, (int64_t)high};                                    \
    } while (0)

static group_code_range group_code_range_of(const vector_view *view, physical_type phys,
                                            uint32_t rows) {
    switch (phys) {
    case PHYS_BOOL:
        GROUP_CODE_RANGE_LOOP(uint8_t);
    case PHYS_INT8:
        GROUP_CODE_RANGE_LOOP(int8_t);
    case PHYS_INT16:
        GROUP_CODE_RANGE_LOOP(int16_t);
    case PHYS_INT32:
        GROUP_CODE_RANGE_LOOP(int32_t);
    default:
        GROUP_CODE_RANGE_LOOP(int64_t);
    }
}

static bool group_code_is_integer(const vector *v) {
    return v->phys == PHYS_BOOL || v->phys == PHYS_INT8 || v->phys == PHYS_INT16 ||
           v->phys == PHYS_INT32 || v->phys == PHYS_INT64;
}

/* Is the chunk's column within what the column's coding covers? *needed: the coding that
 * would, with codes 0 when there is none. */
static bool group_code_covers(const group_code_column *c, const vector *v, uint32_t rows,
                              group_code_column *needed) {
    *needed = (group_code_column){0};
    if (v->form == VECTOR_DICTIONARY && v->dict_stable) {
        needed->dict_id = v->dict_id;
        needed->codes = v->child_count + 1;
        return c->dict_id == v->dict_id && c->codes == needed->codes;
    }
    if (v->form == VECTOR_SEQUENCE || !group_code_is_integer(v)) return false;
    vector_view view = vector_view_of(v);
    group_code_range range = group_code_range_of(&view, (physical_type)v->phys, rows);
    uint64_t width = (uint64_t)range.max - (uint64_t)range.min;
    if (width >= GROUP_CODES_MAX) return false;
    if (c->dict_id == 0 && c->codes > 0 && range.min >= c->base &&
        (uint64_t)range.max - (uint64_t)c->base < c->codes - 1) {
        return true;
    }
    /* A new window covers the old one too when it can, with room to grow. */
    int64_t low = range.min;
    int64_t high = range.max;
    if (c->dict_id == 0 && c->codes > 0) {
        int64_t old_high = c->base + (int64_t)c->codes - 2;
        low = MIN(low, c->base);
        high = MAX(high, old_high);
        if ((uint64_t)high - (uint64_t)low >= GROUP_CODES_MAX) {
            low = range.min;
            high = range.max;
        }
    }
    needed->base = low;
    needed->codes = (uint32_t)((uint64_t)high - (uint64_t)low) + 2;
    return false;
}

/* Decides the coding of all columns; false when the chunk cannot be coded. */
static bool group_codes_fit(group_codes *c, const vector *keys, uint32_t rows) {
    group_code_column next[GROUP_CODE_COLUMNS_MAX];
    bool same = c->combinations > 0;
    uint64_t combinations = 1;
    for (uint32_t i = 0; i < c->column_count; i++) {
        group_code_column needed;
        if (group_code_covers(&c->columns[i], &keys[i], rows, &needed)) {
            next[i] = c->columns[i];
        } else {
            if (needed.codes == 0) return false;
            next[i] = needed;
            same = false;
        }
        combinations *= next[i].codes;
        if (combinations > GROUP_CODES_MAX) return false;
    }
    if (same) {
        c->misfits = 0;
        return true;
    }
    c->misfits++;
    memcpy(c->columns, next, c->column_count * sizeof(*next));
    c->combinations = (uint32_t)combinations;
    group_codes_forget(c);
    return true;
}

/* ---- codes ---- */

#define GROUP_CODE_LOOP(ctype)                                                                     \
    do {                                                                                           \
        const ctype *data = view.data;                                                             \
        if (view.sel == NULL && view.mask != 0 && view.validity == NULL) {                         \
            for (uint32_t i = 0; i < rows; i++) {                                                  \
                out[i] = (uint16_t)(out[i] * codes + (uint16_t)((uint64_t)data[i] - base));        \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t i = 0; i < rows; i++) {                                                  \
                uint32_t at = view_index(&view, i);                                                \
                uint16_t code = validity_get(view.validity, at)                                    \
                                    ? (uint16_t)((uint64_t)data[at] - base)                        \
                                    : (uint16_t)(codes - 1);                                       \
                out[i] = (uint16_t)(out[i] * codes + code);                                        \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static void group_codes_add_column(const group_code_column *c, const vector *v, uint32_t rows,
                                   uint16_t *out) {
    uint16_t codes = (uint16_t)c->codes;
    if (c->dict_id != 0) {
        combine_codes(v->sel, rows, codes, out);
        return;
    }
    vector_view view = vector_view_of(v);
    uint64_t base = (uint64_t)c->base;
    switch (v->phys) {
    case PHYS_BOOL:
        GROUP_CODE_LOOP(uint8_t);
        break;
    case PHYS_INT8:
        GROUP_CODE_LOOP(int8_t);
        break;
    case PHYS_INT16:
        GROUP_CODE_LOOP(int16_t);
        break;
    case PHYS_INT32:
        GROUP_CODE_LOOP(int32_t);
        break;
    default:
        GROUP_CODE_LOOP(int64_t);
        break;
    }
}

dbx_status group_codes_compute(group_codes *c, const vector *keys, uint32_t rows, bool *fits) {
    *fits = false;
    if (c->off || rows < GROUP_CODES_ROWS_MIN) return DBX_OK;
    if (c->groups == NULL) {
        c->groups = mem_alloc_zero(c->ledger, GROUP_CODES_MAX * sizeof(*c->groups));
        if (c->groups == NULL) return DBX_NOMEM;
        c->ordinals = mem_alloc(c->ledger, GROUP_CODES_MAX);
        if (c->ordinals == NULL) return DBX_NOMEM;
        memset(c->ordinals, GROUP_NO_ORDINAL, GROUP_CODES_MAX);
    }
    if (!group_codes_fit(c, keys, rows))
        c->misfits++;
    else
        *fits = true;
    if (c->misfits > GROUP_CODES_MISFITS_MAX) {
        c->off = true;
        *fits = false;
    }
    if (!*fits) return DBX_OK;
    memset(c->codes, 0, rows * sizeof(*c->codes));
    for (uint32_t i = 0; i < c->column_count; i++)
        group_codes_add_column(&c->columns[i], &keys[i], rows, c->codes);
    return DBX_OK;
}

/* ---- groups ---- */

static void group_codes_number(group_codes *c, uint32_t code, uint8_t *group) {
    for (uint32_t k = 0; k < MIN(c->few_count, (uint32_t)GROUP_FEW_MAX); k++) {
        if (c->few[k] != group) continue;
        c->ordinals[code] = (uint8_t)k;
        return;
    }
    if (c->few_count < GROUP_FEW_MAX) {
        c->ordinals[code] = (uint8_t)c->few_count;
        c->few[c->few_count] = group;
    }
    c->few_count = MIN(c->few_count + 1, GROUP_FEW_MAX + 1u);
}

bool group_codes_number_rows(const group_codes *c, uint32_t rows, uint8_t *out) {
    uint8_t most = 0;
    if (c->few_count == 0 || c->few_count > GROUP_FEW_MAX) return false;
    for (uint32_t i = 0; i < rows; i++) {
        out[i] = c->ordinals[c->codes[i]];
        most = MAX(most, out[i]);
    }
    return most < GROUP_FEW_MAX;
}

dbx_status group_codes_find(group_codes *c, group_table *t, const vector *keys, uint32_t rows,
                            uint8_t **out, arena *scratch) {
    sel_t *missing = arena_alloc(scratch, rows * sizeof(*missing));
    if (missing == NULL) return DBX_NOMEM;
    uint32_t missing_count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        out[i] = c->groups[c->codes[i]];
        missing[missing_count] = i;
        missing_count += out[i] == NULL;
    }
    if (missing_count == 0) return DBX_OK;
    vector *few = arena_alloc(scratch, c->column_count * sizeof(*few));
    uint8_t **found = arena_alloc(scratch, missing_count * sizeof(*found));
    if (few == NULL || found == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < c->column_count; i++) {
        TRY(vector_slice(&few[i], &keys[i], missing, missing_count, scratch));
    }
    TRY(group_table_find(t, few, missing_count, found));
    for (uint32_t k = 0; k < missing_count; k++) {
        uint32_t code = c->codes[missing[k]];
        out[missing[k]] = found[k];
        if (c->groups[code] != NULL) continue;
        c->groups[code] = found[k];
        group_codes_number(c, code, found[k]);
    }
    return DBX_OK;
}

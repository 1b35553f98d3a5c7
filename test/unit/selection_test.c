/* selection_test.c - lists of rows against a loop over single rows, at every length around a word.
 */
#include "kernel/bitmap.h"
#include "kernel/gather.h"
#include "kernel/selection.h"

#include <criterion/criterion.h>

enum { SELECTION_ROWS = 300 };

static bool selection_bit(const uint64_t *bits, uint32_t i) {
    return bits[i / 64] >> (i % 64) & 1;
}

Test(selection, agrees_with_single_rows) {
    uint8_t bools[SELECTION_ROWS];
    uint64_t valid[SELECTION_ROWS / 64 + 1];
    uint32_t sel[SELECTION_ROWS], index[SELECTION_ROWS], out[SELECTION_ROWS],
        expected[SELECTION_ROWS];
    uint64_t random = 1;
    for (uint32_t round = 0; round < 400; round++) {
        uint32_t count = round % SELECTION_ROWS, picked = 0;
        for (uint32_t i = 0; i < SELECTION_ROWS; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            bools[i] = (uint8_t)(random >> 40 & 1);
            index[i] = (uint32_t)(random >> 33) % SELECTION_ROWS;
            if (random >> 62 && picked < count) sel[picked++] = i;
            valid[i / 64] = i % 64 ? valid[i / 64] ^ (random >> 20 & 1) << i % 64 : random;
        }
        for (int form = 0; form < 4; form++) {
            const uint32_t *rows = form & 1 ? sel : NULL;
            const uint64_t *validity = form & 2 ? valid : NULL;
            uint32_t n = rows ? picked : count, k = 0;
            for (uint32_t i = 0; i < n; i++) {
                uint32_t row = rows ? rows[i] : i;
                if (bools[row] && (!validity || selection_bit(validity, row))) expected[k++] = row;
            }
            cr_assert_eq(sel_from_bools(bools, validity, rows, n, out), k);
            for (uint32_t i = 0; i < k; i++) cr_assert_eq(out[i], expected[i]);
            k = 0;
            for (uint32_t i = 0; i < n; i++) {
                uint32_t row = rows ? rows[i] : i;
                if (bools[index[row]] && (!validity || selection_bit(validity, index[row])))
                    expected[k++] = row;
            }
            cr_assert_eq(sel_from_indexed_bools(bools, validity, index, rows, n, out), k);
            for (uint32_t i = 0; i < k; i++) cr_assert_eq(out[i], expected[i]);
            k = 0;
            for (uint32_t i = 0; i < n; i++) {
                uint32_t row = rows ? rows[i] : i;
                if (selection_bit(valid, row) == (form >= 2)) expected[k++] = row;
            }
            cr_assert_eq(sel_from_bits(valid, form >= 2, rows, n, out), k);
            for (uint32_t i = 0; i < k; i++) cr_assert_eq(out[i], expected[i]);
        }
    }
}

Test(selection, blends_and_copies) {
    int64_t x[100], y[100], out[100], one = -1;
    uint8_t choose[100];
    uint32_t sel[50], index[100];
    for (uint32_t i = 0; i < 100; i++) {
        x[i] = i;
        y[i] = 1000 + i;
        choose[i] = i % 3 == 0;
        index[i] = 99 - i;
        if (i % 2) sel[i / 2] = i;
    }
    blend_values(8, choose, x, SIZE_MAX, y, SIZE_MAX, 100, out);
    for (uint32_t i = 0; i < 100; i++) cr_assert_eq(out[i], i % 3 == 0 ? x[i] : y[i]);
    blend_values(8, choose, &one, 0, y, SIZE_MAX, 100, out);
    for (uint32_t i = 0; i < 100; i++) cr_assert_eq(out[i], i % 3 == 0 ? -1 : y[i]);
    blend_values(8, choose, x, SIZE_MAX, &one, 0, 100, out);
    for (uint32_t i = 0; i < 100; i++) cr_assert_eq(out[i], i % 3 == 0 ? x[i] : -1);
    copy_indexed(8, y, index, sel, 50, x);
    for (uint32_t i = 0; i < 100; i++) cr_assert_eq(x[i], i % 2 ? y[99 - i] : i);
    fill_selected(8, &one, sel, 50, x);
    copy_selected(8, y, sel, 50, out);
    for (uint32_t i = 1; i < 100; i += 2) cr_assert(x[i] == -1 && out[i] == y[i]);
    uint64_t bits[2];
    uint8_t bytes[100];
    bitmap_from_bytes(choose, 100, bits);
    bitmap_to_bytes(bits, 100, bytes);
    cr_assert_arr_eq(bytes, choose, 100);
}

/* render_table.c - the Unicode box: names, types under them, right-aligned numbers, cells cut to
 * fit the terminal.
 *
 * All shown cells are read first, so that columns are as wide as needed. When that is too wide, the
 * widest columns shrink; when even that does not fit, columns in the middle give way to one with an
 * ellipsis.
 */
#include "shell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TABLE_CELL_MIN = 6,
    TABLE_CELL_MAX = 80,
    TABLE_ROWS_HEAD_SHARE = 2,
    TABLE_COLUMNS_KEPT_MIN = 2
};

typedef struct table_cell {
    char *data; /* NULL: NULL */
    size_t size;
    uint32_t width;
} table_cell;

typedef struct table {
    shell *shell;
    dbx_result *result;
    uint32_t columns;
    uint64_t total;    /* rows of the result */
    uint32_t shown;    /* rows kept in cells */
    uint32_t head;     /* of these, rows before the gap; == shown when there is none */
    table_cell *cells; /* shown x columns */
    uint32_t *widths;
    bool *hidden;
    uint32_t ellipsis; /* column after which hidden ones are; UINT32_MAX: none hidden */
} table;

static bool table_is_right(dbx_type t) {
    return t >= DBX_TYPE_TINYINT && t <= DBX_TYPE_DECIMAL;
}

/* Line breaks and tabs would break the box. */
static void table_clean(char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)data[i] < 32) data[i] = ' ';
    }
}

static table_cell table_read_cell(table *t, uint32_t row, uint32_t column) {
    dbx_bytes v = dbx_chunk_text(t->result, column, row, DBX_TEXT_CAST);
    table_cell c = {0};
    if (v.data == NULL) {
        c.width = width_of(t->shell->null_text, strlen(t->shell->null_text));
        return c;
    }
    c.data = malloc(v.size + 1);
    if (c.data == NULL) return c;
    memcpy(c.data, v.data, v.size);
    c.data[v.size] = '\0';
    c.size = v.size;
    table_clean(c.data, c.size);
    c.width = width_of(c.data, c.size);
    return c;
}

static void table_free_row(table *t, uint32_t row) {
    for (uint32_t c = 0; c < t->columns; c++) free(t->cells[(size_t)row * t->columns + c].data);
}

/* Reads all rows; of more than max_rows the first and last are kept. */
static bool table_load(table *t) {
    uint64_t most = t->shell->max_rows ? t->shell->max_rows : UINT32_MAX;
    uint64_t total = dbx_row_count(t->result);
    t->total = total;
    t->shown = (uint32_t)(total < most ? total : most);
    t->head = total > most ? t->shown / TABLE_ROWS_HEAD_SHARE : t->shown;
    t->cells = calloc((size_t)t->shown * t->columns + 1, sizeof(*t->cells));
    if (t->cells == NULL) return false;
    uint32_t rows, kept = 0;
    uint64_t row = 0;
    while (dbx_result_next(t->result, &rows) == DBX_OK && rows > 0) {
        for (uint32_t i = 0; i < rows; i++, row++) {
            if (row >= t->head && row < total - (t->shown - t->head)) continue;
            for (uint32_t c = 0; c < t->columns; c++)
                t->cells[(size_t)kept * t->columns + c] = table_read_cell(t, i, c);
            kept++;
        }
    }
    t->shown = kept;
    return true;
}

static uint32_t table_total_width(const table *t) {
    uint32_t total = 1;
    for (uint32_t c = 0; c < t->columns; c++) {
        if (!t->hidden[c]) total += t->widths[c] + 3;
    }
    return total + (t->ellipsis != UINT32_MAX ? 4 : 0);
}

static void table_measure(table *t) {
    for (uint32_t c = 0; c < t->columns; c++) {
        const char *name = dbx_column_name(t->result, c);
        const char *type = dbx_column_type_name(t->result, c);
        uint32_t w = width_of(name, strlen(name));
        uint32_t type_width = width_of(type, strlen(type));
        w = type_width > w && type_width <= 16 ? type_width : w;
        for (uint32_t r = 0; r < t->shown; r++) {
            uint32_t cell = t->cells[(size_t)r * t->columns + c].width;
            w = cell > w ? cell : w;
        }
        t->widths[c] = w > TABLE_CELL_MAX && t->shell->width ? TABLE_CELL_MAX : w;
        t->widths[c] = t->widths[c] ? t->widths[c] : 1;
    }
}

/* Takes width from the widest columns, one column at a time. */
static void table_shrink(table *t) {
    while (table_total_width(t) > t->shell->width) {
        uint32_t widest = UINT32_MAX;
        for (uint32_t c = 0; c < t->columns; c++) {
            if (!t->hidden[c] && (widest == UINT32_MAX || t->widths[c] > t->widths[widest]))
                widest = c;
        }
        if (t->widths[widest] <= TABLE_CELL_MIN) return;
        t->widths[widest]--;
    }
}

/* Hides columns from the middle outwards. */
static void table_hide(table *t) {
    uint32_t visible = t->columns;
    while (table_total_width(t) > t->shell->width && visible > TABLE_COLUMNS_KEPT_MIN) {
        uint32_t middle = t->columns / 2, best = UINT32_MAX;
        for (uint32_t c = 1; c + 1 < t->columns; c++) {
            uint32_t distance = c > middle ? c - middle : middle - c;
            uint32_t best_distance = best == UINT32_MAX ? UINT32_MAX
                                     : best > middle    ? best - middle
                                                        : middle - best;
            if (!t->hidden[c] && distance < best_distance) best = c;
        }
        if (best == UINT32_MAX) return;
        t->hidden[best] = true;
        visible--;
        t->ellipsis = 0;
        for (uint32_t c = 0; c < t->columns && !t->hidden[c]; c++) t->ellipsis = c;
    }
}

/* ---- drawing ---- */

static const char *table_dim(const table *t) {
    return t->shell->color ? "\033[2m" : "";
}
static const char *table_plain(const table *t) {
    return t->shell->color ? "\033[0m" : "";
}

static void table_rule(table *t, const char *left, const char *cross, const char *right) {
    FILE *out = t->shell->out;
    fprintf(out, "%s%s", table_dim(t), left);
    bool first = true;
    for (uint32_t c = 0; c < t->columns; c++) {
        if (t->hidden[c]) continue;
        if (!first) fputs(cross, out);
        first = false;
        for (uint32_t i = 0; i < t->widths[c] + 2; i++) fputs("─", out);
        if (c == t->ellipsis) fprintf(out, "%s───", cross);
    }
    fprintf(out, "%s%s\n", right, table_plain(t));
}

static void table_pad(FILE *out, uint32_t n) {
    fprintf(out, "%*s", (int)n, "");
}

/* One cell of exactly `width` columns, cut with an ellipsis when longer. */
static void table_put(FILE *out, const char *data, size_t size, uint32_t own, uint32_t width,
                      int align) {
    if (own > width) {
        uint32_t used;
        size_t n = width_fit(data, size, width - 1, &used);
        fwrite(data, 1, n, out);
        fputs("…", out);
        table_pad(out, width - 1 - used);
        return;
    }
    uint32_t space = width - own;
    uint32_t before = align > 0 ? space : align < 0 ? 0 : space / 2;
    table_pad(out, before);
    fwrite(data, 1, size, out);
    table_pad(out, space - before);
}

static void table_bar(const table *t) {
    fprintf(t->shell->out, "%s│%s", table_dim(t), table_plain(t));
}

typedef void (*table_cell_put)(table *t, uint32_t row, uint32_t column);

static void table_line(table *t, uint32_t row, table_cell_put put) {
    table_bar(t);
    for (uint32_t c = 0; c < t->columns; c++) {
        if (t->hidden[c]) continue;
        fputc(' ', t->shell->out);
        put(t, row, c);
        fputc(' ', t->shell->out);
        table_bar(t);
        if (c == t->ellipsis) {
            fputs(" … ", t->shell->out);
            table_bar(t);
        }
    }
    fputc('\n', t->shell->out);
}

static void table_put_name(table *t, uint32_t row, uint32_t c) {
    (void)row;
    const char *name = dbx_column_name(t->result, c);
    if (t->shell->color) fputs("\033[1m", t->shell->out);
    table_put(t->shell->out, name, strlen(name), width_of(name, strlen(name)), t->widths[c], 0);
    fputs(table_plain(t), t->shell->out);
}

static void table_put_type(table *t, uint32_t row, uint32_t c) {
    (void)row;
    const char *type = dbx_column_type_name(t->result, c);
    fputs(table_dim(t), t->shell->out);
    table_put(t->shell->out, type, strlen(type), width_of(type, strlen(type)), t->widths[c], 0);
    fputs(table_plain(t), t->shell->out);
}

static void table_put_value(table *t, uint32_t row, uint32_t c) {
    const table_cell *cell = &t->cells[(size_t)row * t->columns + c];
    int align = table_is_right(dbx_column_type(t->result, c)) ? 1 : -1;
    if (cell->data == NULL) {
        fputs(table_dim(t), t->shell->out);
        table_put(t->shell->out, t->shell->null_text, strlen(t->shell->null_text), cell->width,
                  t->widths[c], align);
        fputs(table_plain(t), t->shell->out);
        return;
    }
    table_put(t->shell->out, cell->data, cell->size, cell->width, t->widths[c], align);
}

static void table_put_gap(table *t, uint32_t row, uint32_t c) {
    (void)row;
    table_put(t->shell->out, "·", 2, 1, t->widths[c],
              table_is_right(dbx_column_type(t->result, c)) ? 1 : -1);
}

static void table_footer(table *t) {
    uint32_t hidden = 0;
    for (uint32_t c = 0; c < t->columns; c++) hidden += t->hidden[c];
    fprintf(t->shell->out, "%s%" PRIu64 " row%s", table_dim(t), t->total, t->total == 1 ? "" : "s");
    if (t->shown < t->total) fprintf(t->shell->out, " (%u shown)", t->shown);
    if (hidden > 0)
        fprintf(t->shell->out, ", %u columns (%u shown)", t->columns, t->columns - hidden);
    if (t->shell->interactive && !t->shell->timer)
        fprintf(t->shell->out, " · %.*f s", t->shell->seconds < 0.1 ? 3 : 1, t->shell->seconds);
    fprintf(t->shell->out, "%s\n", table_plain(t));
}

static void table_draw(table *t) {
    table_rule(t, "┌", "┬", "┐");
    table_line(t, 0, table_put_name);
    table_line(t, 0, table_put_type);
    table_rule(t, "├", "┼", "┤");
    for (uint32_t r = 0; r < t->shown; r++) {
        if (r == t->head) {
            for (int i = 0; i < 3; i++) table_line(t, 0, table_put_gap);
        }
        table_line(t, r, table_put_value);
    }
    table_rule(t, "└", "┴", "┘");
    table_footer(t);
}

void render_table(shell *s, dbx_result *result) {
    if (render_document(s, result)) return;
    table t = {
        .shell = s, .result = result, .columns = dbx_column_count(result), .ellipsis = UINT32_MAX};
    t.widths = calloc(t.columns, sizeof(*t.widths));
    t.hidden = calloc(t.columns, sizeof(*t.hidden));
    if (t.widths != NULL && t.hidden != NULL && table_load(&t)) {
        table_measure(&t);
        if (s->width > 0) {
            table_shrink(&t);
            table_hide(&t);
        }
        table_draw(&t);
        for (uint32_t r = 0; r < t.shown; r++) table_free_row(&t, r);
    }
    free(t.cells);
    free(t.widths);
    free(t.hidden);
    fflush(s->out);
}

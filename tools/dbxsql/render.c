/* render.c - output modes other than the table. Values come as text from dbx; modes only quote and
 * separate. */
#include "shell.h"

#include <inttypes.h>
#include <string.h>

static const char *const mode_names[MODE_COUNT] = {"table", "line",     "csv",  "tsv", "json",
                                                   "jsonl", "markdown", "html", "hive"};

const char *mode_name(shell_mode mode) {
    return mode_names[mode];
}

bool mode_find(const char *name, shell_mode *out) {
    for (uint32_t i = 0; i < MODE_COUNT; i++) {
        if (strcmp(name, mode_names[i]) != 0) continue;
        *out = (shell_mode)i;
        return true;
    }
    return false;
}

/* ---- quoting ---- */

static void put(FILE *out, const char *data, size_t size) {
    fwrite(data, 1, size, out);
}

static void put_csv(FILE *out, const char *data, size_t size) {
    bool quote = size == 0;
    for (size_t i = 0; i < size && !quote; i++)
        quote = strchr(",\"\n\r", data[i]) != NULL && data[i] != '\0';
    if (!quote) {
        put(out, data, size);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '"') fputc('"', out);
        fputc(data[i], out);
    }
    fputc('"', out);
}

static void put_tsv(FILE *out, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\t')
            fputs("\\t", out);
        else if (data[i] == '\n')
            fputs("\\n", out);
        else if (data[i] == '\\')
            fputs("\\\\", out);
        else
            fputc(data[i], out);
    }
}

static void put_json_string(FILE *out, const char *name) {
    fputc('"', out);
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            fprintf(out, "\\%c", *name);
        else if ((unsigned char)*name < 32)
            fprintf(out, "\\u%04x", *name);
        else
            fputc(*name, out);
    }
    fputc('"', out);
}

static void put_html(FILE *out, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '<')
            fputs("&lt;", out);
        else if (data[i] == '>')
            fputs("&gt;", out);
        else if (data[i] == '&')
            fputs("&amp;", out);
        else
            fputc(data[i], out);
    }
}

static void put_markdown(FILE *out, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '|')
            fputs("\\|", out);
        else if (data[i] == '\n')
            fputs("<br>", out);
        else
            fputc(data[i], out);
    }
}

static bool is_number(dbx_type t) {
    return t >= DBX_TYPE_TINYINT && t <= DBX_TYPE_DECIMAL;
}

/* ---- modes: one function a chunk row ---- */

typedef struct render {
    shell *shell;
    dbx_result *result;
    uint32_t columns;
    uint64_t row; /* number over all chunks */
} render;

static dbx_bytes cell(const render *r, uint32_t row, uint32_t column, dbx_text_style style) {
    return dbx_chunk_text(r->result, column, row, style);
}

static void row_line(const render *r, uint32_t row) {
    uint32_t widest = 0;
    for (uint32_t c = 0; c < r->columns; c++) {
        const char *name = dbx_column_name(r->result, c);
        uint32_t w = width_of(name, strlen(name));
        widest = w > widest ? w : widest;
    }
    if (r->row > 0) fputc('\n', r->shell->out);
    for (uint32_t c = 0; c < r->columns; c++) {
        const char *name = dbx_column_name(r->result, c);
        fprintf(r->shell->out, "%*s%s = ", (int)(widest - width_of(name, strlen(name))), "", name);
        dbx_bytes v = cell(r, row, c, DBX_TEXT_CAST);
        if (v.data == NULL)
            fputs(r->shell->null_text, r->shell->out);
        else
            put(r->shell->out, v.data, v.size);
        fputc('\n', r->shell->out);
    }
}

static void row_separated(const render *r, uint32_t row, char separator) {
    for (uint32_t c = 0; c < r->columns; c++) {
        if (c > 0) fputc(separator, r->shell->out);
        dbx_bytes v = cell(r, row, c, DBX_TEXT_CAST);
        if (v.data == NULL) continue;
        if (separator == ',')
            put_csv(r->shell->out, v.data, v.size);
        else
            put_tsv(r->shell->out, v.data, v.size);
    }
    fputc('\n', r->shell->out);
}

static void row_hive(const render *r, uint32_t row) {
    for (uint32_t c = 0; c < r->columns; c++) {
        if (c > 0) fputc('\t', r->shell->out);
        dbx_bytes v = cell(r, row, c, DBX_TEXT_HIVE);
        if (v.data == NULL)
            fputs("NULL", r->shell->out);
        else
            put(r->shell->out, v.data, v.size);
    }
    fputc('\n', r->shell->out);
}

static void row_json(const render *r, uint32_t row) {
    fputc('{', r->shell->out);
    for (uint32_t c = 0; c < r->columns; c++) {
        if (c > 0) fputc(',', r->shell->out);
        put_json_string(r->shell->out, dbx_column_name(r->result, c));
        fputc(':', r->shell->out);
        dbx_bytes v = cell(r, row, c, DBX_TEXT_JSON);
        if (v.data == NULL)
            fputs("null", r->shell->out);
        else
            put(r->shell->out, v.data, v.size);
    }
    fputc('}', r->shell->out);
}

static void row_markdown(const render *r, uint32_t row) {
    fputc('|', r->shell->out);
    for (uint32_t c = 0; c < r->columns; c++) {
        fputc(' ', r->shell->out);
        dbx_bytes v = cell(r, row, c, DBX_TEXT_CAST);
        if (v.data == NULL)
            fputs(r->shell->null_text, r->shell->out);
        else
            put_markdown(r->shell->out, v.data, v.size);
        fputs(" |", r->shell->out);
    }
    fputc('\n', r->shell->out);
}

static void row_html(const render *r, uint32_t row) {
    fputs("<tr>", r->shell->out);
    for (uint32_t c = 0; c < r->columns; c++) {
        fputs("<td>", r->shell->out);
        dbx_bytes v = cell(r, row, c, DBX_TEXT_CAST);
        if (v.data == NULL)
            fputs(r->shell->null_text, r->shell->out);
        else
            put_html(r->shell->out, v.data, v.size);
        fputs("</td>", r->shell->out);
    }
    fputs("</tr>\n", r->shell->out);
}

static void render_head(const render *r) {
    FILE *out = r->shell->out;
    char separator = r->shell->mode == MODE_CSV ? ',' : '\t';
    switch (r->shell->mode) {
    case MODE_CSV:
    case MODE_TSV:
        if (!r->shell->header) return;
        for (uint32_t c = 0; c < r->columns; c++) {
            const char *name = dbx_column_name(r->result, c);
            if (c > 0) fputc(separator, out);
            if (separator == ',')
                put_csv(out, name, strlen(name));
            else
                put_tsv(out, name, strlen(name));
        }
        fputc('\n', out);
        return;
    case MODE_MARKDOWN:
        fputc('|', out);
        for (uint32_t c = 0; c < r->columns; c++) {
            const char *name = dbx_column_name(r->result, c);
            fputc(' ', out);
            put_markdown(out, name, strlen(name));
            fputs(" |", out);
        }
        fputs("\n|", out);
        for (uint32_t c = 0; c < r->columns; c++) {
            fputs(is_number(dbx_column_type(r->result, c)) ? "---:|" : "---|", out);
        }
        fputc('\n', out);
        return;
    case MODE_HTML:
        fputs("<table>\n<tr>", out);
        for (uint32_t c = 0; c < r->columns; c++) {
            const char *name = dbx_column_name(r->result, c);
            fputs("<th>", out);
            put_html(out, name, strlen(name));
            fputs("</th>", out);
        }
        fputs("</tr>\n", out);
        return;
    case MODE_JSON:
        fputc('[', out);
        return;
    default:
        return;
    }
}

static void render_row(const render *r, uint32_t row) {
    switch (r->shell->mode) {
    case MODE_LINE:
        row_line(r, row);
        return;
    case MODE_CSV:
        row_separated(r, row, ',');
        return;
    case MODE_TSV:
        row_separated(r, row, '\t');
        return;
    case MODE_JSON:
        if (r->row > 0) fputs(",\n ", r->shell->out);
        row_json(r, row);
        return;
    case MODE_JSONL:
        row_json(r, row);
        fputc('\n', r->shell->out);
        return;
    case MODE_MARKDOWN:
        row_markdown(r, row);
        return;
    case MODE_HTML:
        row_html(r, row);
        return;
    default:
        row_hive(r, row);
        return;
    }
}

bool render_document(shell *s, dbx_result *result) {
    if (dbx_column_count(result) != 1 || dbx_row_count(result) != 1) return false;
    dbx_bytes v = dbx_value_text(result, 0, 0);
    if (v.data == NULL || memchr(v.data, '\n', v.size) == NULL) return false;
    put(s->out, v.data, v.size);
    if (v.data[v.size - 1] != '\n') fputc('\n', s->out);
    return true;
}

void render_result(shell *s, dbx_result *result) {
    if (dbx_column_count(result) == 0) return;
    if (s->mode == MODE_TABLE) {
        render_table(s, result);
        return;
    }
    bool plan = !s->mode_given && strcmp(dbx_result_kind(result), "EXPLAIN") == 0;
    if (plan && render_document(s, result)) return;
    render r = {.shell = s, .result = result, .columns = dbx_column_count(result)};
    render_head(&r);
    uint32_t rows;
    while (dbx_result_next(result, &rows) == DBX_OK && rows > 0) {
        for (uint32_t i = 0; i < rows; i++, r.row++) render_row(&r, i);
    }
    if (s->mode == MODE_JSON) fputs("]\n", s->out);
    if (s->mode == MODE_HTML) fputs("</table>\n", s->out);
    fflush(s->out);
}

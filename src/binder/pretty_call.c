/* pretty_call.c - calls as generated names print them: the function's own name,
 * arguments that were left out, FILTER, WITHIN GROUP and windows with the frame
 * that applies.
 */
#include "binder/pretty.h"

/* ---- calls ---- */

/* Arguments that Spark's expression has although they were not written: name,
 * arguments given, text added. */
static const struct {
    const char *name;
    uint8_t given;
    const char *rest;
} pretty_defaults[] = {
    {"make_interval", 0, "0, 0, 0, 0, 0, 0, 0.000000"},
    {"make_interval", 1, ", 0, 0, 0, 0, 0, 0.000000"},
    {"make_interval", 2, ", 0, 0, 0, 0, 0.000000"},
    {"make_interval", 3, ", 0, 0, 0, 0.000000"},
    {"make_interval", 4, ", 0, 0, 0.000000"},
    {"make_interval", 5, ", 0, 0.000000"},
    {"make_interval", 6, ", 0.000000"},
    {"make_dt_interval", 0, "0, 0, 0, 0.000000"},
    {"make_dt_interval", 1, ", 0, 0, 0.000000"},
    {"make_dt_interval", 2, ", 0, 0.000000"},
    {"make_dt_interval", 3, ", 0.000000"},
    {"make_ym_interval", 0, "0, 0"},
    {"make_ym_interval", 1, ", 0"},
    {"aggregate", 3, ", lambdafunction(namedlambdavariable(), namedlambdavariable())"},
    {"reduce", 3, ", lambdafunction(namedlambdavariable(), namedlambdavariable())"},
    {"locate", 2, ", 1"},
    {"position", 2, ", 1"},
    {"replace", 2, ", "},
    {"percentile", 2, ", 1"},
    {"listagg", 1, ", NULL"},
    {"string_agg", 1, ", NULL"},
    {"substr", 2, ", 2147483647"},
    {"substring", 2, ", 2147483647"},
    {"split", 2, ", -1"},
    {"lag", 1, ", 1, NULL"},
    {"lag", 2, ", NULL"},
    {"lead", 1, ", 1, NULL"},
    {"lead", 2, ", NULL"},
    {"nth_value", 9, ""},
    {"regexp_extract", 2, ", 1"},
    {"regexp_extract_all", 2, ", 1"},
    {"regexp_replace", 3, ", 1"},
    {"percentile_approx", 2, ", 10000"},
    {"approx_percentile", 2, ", 10000"},
    {"round", 1, ", 0"},
    {"bround", 1, ", 0"},
    {"lpad", 2, ",  "},
    {"rpad", 2, ",  "},
    {"replace", 2, ", "},
    {"make_interval", 0, "0, 0, 0, 0, 0, 0, 0.000000"},
    {"make_interval", 1, ", 0, 0, 0, 0, 0, 0.000000"},
    {"make_interval", 2, ", 0, 0, 0, 0, 0.000000"},
    {"make_interval", 3, ", 0, 0, 0, 0.000000"},
    {"make_interval", 4, ", 0, 0, 0.000000"},
    {"make_interval", 5, ", 0, 0.000000"},
    {"make_interval", 6, ", 0.000000"},
    {"make_dt_interval", 0, "0, 0, 0, 0.000000"},
    {"make_dt_interval", 1, ", 0, 0, 0.000000"},
    {"make_dt_interval", 2, ", 0, 0.000000"},
    {"make_dt_interval", 3, ", 0.000000"},
    {"make_ym_interval", 0, "0, 0"},
    {"make_ym_interval", 1, ", 0"},
    {"conv", 9, ""},
    {"sentences", 1, ", , "},
    {"parse_url", 9, ""},
    {"array_join", 9, ""},
    {"months_between", 2, ", true"},
    {"from_unixtime", 1, ", yyyy-MM-dd HH:mm:ss"},
    {"unix_timestamp", 0, "current_timestamp(), yyyy-MM-dd HH:mm:ss"},
    {"unix_timestamp", 1, ", yyyy-MM-dd HH:mm:ss"},
    {"to_unix_timestamp", 1, ", yyyy-MM-dd HH:mm:ss"},
    {"ntile", 0, "1"},
    {"mask", 1, ", X, x, n, NULL"},
    {"mask", 2, ", x, n, NULL"},
    {"mask", 3, ", n, NULL"},
    {"mask", 4, ", NULL"},
    {"sort_array", 1, ", true"},
    {"str_to_map", 1, ", ,, :"},
    {"str_to_map", 2, ", :"},
    {"approx_count_distinct", 9, ""},
    {"sequence", 9, ""},
    {"overlay", 3, ", -1"},
    {"hll_sketch_agg", 1, ", 12"},
    {"hll_union", 2, ", false"},
    {"hll_union_agg", 1, ", false"},
    {"theta_sketch_agg", 1, ", 12"},
    {"theta_union", 2, ", 12"},
    {"theta_union_agg", 1, ", 12"},
    {"aes_encrypt", 2, ", GCM, DEFAULT, , "},
    {"aes_encrypt", 3, ", DEFAULT, , "},
    {"aes_encrypt", 4, ", , "},
    {"aes_encrypt", 5, ", "},
    {"aes_decrypt", 2, ", GCM, DEFAULT, "},
    {"aes_decrypt", 3, ", DEFAULT, "},
    {"aes_decrypt", 4, ", "},
    {"try_aes_decrypt", 2, ", GCM, DEFAULT, "},
    {"try_aes_decrypt", 3, ", DEFAULT, "},
    {"try_aes_decrypt", 4, ", "},
};

/* Arguments that only shape the function, such as schemas and options, are not
 * printed: name, how many are. */
static const struct {
    const char *name;
    uint8_t shown;
} pretty_shown[] = {
    {"variant_get", 2},    {"try_variant_get", 2}, {"from_json", 1},     {"to_json", 1},
    {"schema_of_json", 1}, {"from_csv", 1},        {"to_csv", 1},        {"schema_of_csv", 1},
    {"from_xml", 1},       {"to_xml", 1},          {"schema_of_xml", 1},
};

static bool pretty_name_is(const char *x, const char *y) {
    return sv_equal_ignore_case(sv_from(x), sv_from(y));
}

static dbx_status pretty_default_arguments(buffer *out, const char *name, uint32_t given) {
    for (uint32_t i = 0; i < ARRAY_COUNT(pretty_defaults); i++) {
        if (pretty_defaults[i].given == given && pretty_name_is(pretty_defaults[i].name, name)) {
            return pretty_text(out, pretty_defaults[i].rest);
        }
    }
    return DBX_OK;
}

static dbx_status pretty_sort_items(binder *b, buffer *out, const ast_list *list, bool full) {
    for (uint32_t i = 0; i < list->count; i++) {
        const ast_sort_item *s = AST_AS(ast_sort_item, list->items[i]);
        if (i > 0) TRY(pretty_text(out, ", "));
        TRY(pretty_append(b, out, s->expr));
        if (!full) {
            if (s->descending) TRY(pretty_text(out, " DESC"));
            continue;
        }
        TRY(pretty_text(out, s->descending ? " DESC" : " ASC"));
        TRY(pretty_text(out, bind_sort_order(s).nulls_first ? " NULLS FIRST" : " NULLS LAST"));
    }
    return DBX_OK;
}

static dbx_status pretty_bound(binder *b, buffer *out, const ast_bound *n) {
    switch (n->type) {
    case AST_BOUND_UNBOUNDED_PRECEDING:
        return pretty_text(out, "UNBOUNDED PRECEDING");
    case AST_BOUND_CURRENT_ROW:
        return pretty_text(out, "CURRENT ROW");
    case AST_BOUND_UNBOUNDED_FOLLOWING:
        return pretty_text(out, "UNBOUNDED FOLLOWING");
    case AST_BOUND_PRECEDING:
    case AST_BOUND_FOLLOWING:
        break;
    }
    TRY(pretty_append(b, out, n->offset));
    return pretty_text(out, n->type == AST_BOUND_PRECEDING ? " PRECEDING" : " FOLLOWING");
}

/* lag(x, 2) looks at row -2 only, and so its frame is printed. */
static dbx_status pretty_shift_frame(binder *b, buffer *out, const ast_function_call *f, bool lag) {
    buffer offset;
    buffer_init(&offset, &b->query->ledger);
    dbx_status status = f->arguments.count > 1 ? pretty_append(b, &offset, f->arguments.items[1])
                                               : pretty_text(&offset, "1");
    bool minus = status == DBX_OK && offset.size > 0 && offset.data[0] == '-';
    for (uint32_t i = 0; i < 2 && status == DBX_OK; i++) {
        status = pretty_text(out, i == 0 ? "ROWS BETWEEN " : " AND ");
        if (status == DBX_OK && lag && !minus) status = buffer_append_char(out, '-');
        if (status == DBX_OK) {
            status = buffer_append(out, offset.data + (lag && minus), offset.size - (lag && minus));
        }
        if (status == DBX_OK) status = pretty_text(out, " FOLLOWING");
    }
    buffer_deinit(&offset);
    return status;
}

typedef struct pretty_window {
    const ast_list *partition, *order;
    const ast_window_frame *frame;
} pretty_window;

static void pretty_window_parts(binder *b, const ast_window_spec *spec, uint32_t depth,
                                pretty_window *w) {
    const select_state *s = b->block == NULL ? NULL : b->block->select;
    if (spec->base.text.data != NULL && s != NULL && depth < 16) {
        for (uint32_t turn = 0; turn < 2; turn++) {
            const ast_list *list = turn == 0 ? &s->windows : s->more_windows;
            for (uint32_t i = 0; list != NULL && i < list->count; i++) {
                const ast_window_spec *named = AST_AS(ast_window_spec, list->items[i]);
                if (binder_same_name(b, named->name.text, spec->base.text))
                    pretty_window_parts(b, named, depth + 1, w);
            }
        }
    }
    if (spec->partition_by.count > 0) w->partition = &spec->partition_by;
    if (spec->order_by.count > 0) w->order = &spec->order_by;
    if (spec->frame != NULL) w->frame = spec->frame;
}

/* A distance that is cast to the type of the sort key is no longer seen to be a negation. */
static bool pretty_bound_is_cast(const binder *b, const pretty_window *w, const ast_bound *n) {
    if (w->frame->unit != AST_FRAME_RANGE || n->type != AST_BOUND_PRECEDING || w->order == NULL ||
        w->order->count != 1 || n->offset->kind != AST_LITERAL)
        return false;
    const bind_note *key = binder_note_of(b, AST_AS(ast_sort_item, w->order->items[0])->expr);
    if (key == NULL || key->bound == NULL || !type_is_numeric(key->bound->type)) return false;
    bool is_integer = AST_AS(ast_literal, n->offset)->type == AST_LITERAL_INTEGER;
    return !is_integer || key->bound->type.id != TYPE_INT;
}

static dbx_status pretty_frame_bound(binder *b, buffer *out, const pretty_window *w,
                                     const ast_bound *n) {
    if (!pretty_bound_is_cast(b, w, n)) return pretty_bound(b, out, n);
    TRY(pretty_text(out, "(- "));
    TRY(pretty_append(b, out, n->offset));
    return pretty_text(out, ") FOLLOWING");
}

static dbx_status pretty_frame(binder *b, buffer *out, const ast_function_call *f,
                               const pretty_window *w, const function_row *row) {
    static const char *const units[] = {
        [AST_FRAME_ROWS] = "ROWS", [AST_FRAME_RANGE] = "RANGE", [AST_FRAME_GROUPS] = "GROUPS"};
    window_function kind = row == NULL ? WINDOW_NONE : (window_function)row->window;
    if (kind == WINDOW_LAG || kind == WINDOW_LEAD)
        return pretty_shift_frame(b, out, f, kind == WINDOW_LAG);
    if (kind >= WINDOW_ROW_NUMBER && kind <= WINDOW_NTILE) {
        return pretty_text(out, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
    }
    if (w->frame == NULL) {
        return pretty_text(out, w->order != NULL
                                    ? "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
                                    : "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING");
    }
    TRY(pretty_text(out, units[w->frame->unit]));
    TRY(pretty_text(out, " BETWEEN "));
    TRY(pretty_frame_bound(b, out, w, &w->frame->start));
    TRY(pretty_text(out, " AND "));
    if (!w->frame->has_end) return pretty_text(out, "CURRENT ROW");
    return pretty_frame_bound(b, out, w, &w->frame->end);
}

static dbx_status pretty_over(binder *b, buffer *out, const ast_function_call *f,
                              const function_row *row) {
    pretty_window w = {NULL, NULL, NULL};
    pretty_window_parts(b, f->over, 0, &w);
    TRY(pretty_text(out, " OVER ("));
    if (w.partition != NULL) {
        TRY(pretty_text(out, "PARTITION BY "));
        TRY(pretty_list(b, out, w.partition));
        TRY(buffer_append_char(out, ' '));
    }
    if (w.order != NULL) {
        TRY(pretty_text(out, "ORDER BY "));
        TRY(pretty_sort_items(b, out, w.order, true));
        TRY(buffer_append_char(out, ' '));
    }
    TRY(pretty_frame(b, out, f, &w, row));
    return buffer_append_char(out, ')');
}

dbx_status pretty_star_columns(binder *b, buffer *out, const ast_star *star) {
    expr **columns;
    string_view *names;
    uint32_t count = 0;
    error ignored, *saved = b->err;
    error_init(&ignored);
    b->err = &ignored;
    dbx_status status = bind_star_exprs(b, star, &columns, &names, &count);
    b->err = saved;
    error_deinit(&ignored);
    if (status != DBX_OK) return buffer_append_char(out, '*');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(pretty_text(out, ", "));
        TRY(buffer_append_sv(out, names[i]));
    }
    return DBX_OK;
}

/* count(*) counts 1; other stars stand for their columns. */
static dbx_status pretty_star(binder *b, buffer *out, const ast_star *star,
                              const ast_function_call *f) {
    uint32_t parts = f->name->parts.count;
    bool counts =
        parts > 0 && sv_equal_ignore_case(f->name->parts.items[parts - 1].text, SV("count"));
    if (counts && star->qualifier == NULL && !f->distinct) return buffer_append_char(out, '1');
    return pretty_star_columns(b, out, star);
}

/* An expression in place of a lambda shows the parameters that it ignores. */
static dbx_status pretty_argument(binder *b, buffer *out, const ast_function_call *f,
                                  const ast_expr *e, uint32_t i) {
    const bind_note *note = binder_note_of(b, f);
    const expr *call = note == NULL ? NULL : note->bound;
    bool wrapped = call != NULL && call->kind == EXPR_CALL && i < call->arg_count &&
                   call->args[i]->kind == EXPR_LAMBDA && e->kind != AST_LAMBDA;
    if (!wrapped) return pretty_append(b, out, e);
    TRY(pretty_text(out, "lambdafunction("));
    TRY(pretty_append(b, out, e));
    for (uint32_t k = 0; k < call->args[i]->u.lambda.param_count; k++)
        TRY(pretty_text(out, ", namedlambdavariable()"));
    return buffer_append_char(out, ')');
}

static dbx_status pretty_arguments(binder *b, buffer *out, const ast_function_call *f,
                                   const char *name) {
    uint32_t count = f->arguments.count;
    for (uint32_t i = 0; i < ARRAY_COUNT(pretty_shown); i++) {
        if (pretty_name_is(pretty_shown[i].name, name)) count = MIN(count, pretty_shown[i].shown);
    }
    for (uint32_t i = 0; i < count; i++) {
        const ast_expr *e = f->arguments.items[i];
        if (i > 0) TRY(pretty_text(out, ", "));
        if (e->kind == AST_STAR) {
            TRY(pretty_star(b, out, AST_AS(ast_star, e), f));
        } else if (e->kind == AST_SELECT_ITEM) {
            const ast_select_item *item = AST_AS(ast_select_item, e);
            TRY(pretty_append(b, out, item->expr));
            if (item->aliases.count > 0) {
                TRY(pretty_text(out, " AS "));
                TRY(buffer_append_sv(out, item->aliases.items[0].text));
            }
        } else {
            TRY(pretty_argument(b, out, f, e, i));
        }
    }
    if (count == 1 && pretty_name_is(name, "assert_true")) {
        TRY(pretty_text(out, ", '"));
        TRY(pretty_append(b, out, f->arguments.items[0]));
        return pretty_text(out, "' is not true!");
    }
    return DBX_OK;
}

/* The _ntz twin of a function that was written without it (spark.sql.timestampType). */
static bool pretty_is_ntz_of(const function_row *row, string_view written) {
    string_view name = sv_from(row->name);
    return name.size == written.size + 4 && sv_ends_with(name, SV("_ntz")) &&
           sv_equal_ignore_case((string_view){name.data, written.size}, written);
}

/* Calls that print as operators; *done when it was one. */
static dbx_status pretty_special_call(binder *b, buffer *out, const ast_function_call *f,
                                      string_view name, bool *done) {
    uint32_t n = f->arguments.count;
    const ast_node *const *a = (const ast_node *const *)f->arguments.items;
    *done = true;
    if (n == 1 && f->over == NULL) {
        bool not_null = sv_equal_ignore_case(name, SV("isnotnull"));
        if (not_null || sv_equal_ignore_case(name, SV("isnull"))) {
            TRY(buffer_append_char(out, '('));
            TRY(pretty_append(b, out, a[0]));
            return pretty_text(out, not_null ? " IS NOT NULL)" : " IS NULL)");
        }
        if (bind_is_cast_function(name)) return pretty_append(b, out, a[0]);
        if (sv_equal_ignore_case(name, SV("positive"))) {
            TRY(pretty_text(out, "(+ "));
            TRY(pretty_append(b, out, a[0]));
            return buffer_append_char(out, ')');
        }
        if (sv_equal_ignore_case(name, SV("not"))) {
            TRY(pretty_text(out, "(NOT "));
            TRY(pretty_append(b, out, a[0]));
            return buffer_append_char(out, ')');
        }
    }
    if (n == 2) {
        static const struct {
            const char *name, *side;
        } trims[] = {{"trim", "BOTH "}, {"ltrim", "LEADING "}, {"rtrim", "TRAILING "}};
        for (uint32_t i = 0; i < ARRAY_COUNT(trims); i++) {
            if (!sv_equal_ignore_case(name, sv_from(trims[i].name))) continue;
            TRY(pretty_text(out, "TRIM("));
            TRY(pretty_text(out, trims[i].side));
            TRY(pretty_append(b, out, a[0]));
            TRY(pretty_text(out, " FROM "));
            TRY(pretty_append(b, out, a[1]));
            return buffer_append_char(out, ')');
        }
        if (sv_equal_ignore_case(name, SV("div"))) return pretty_infix(b, out, a[0], "div", a[1]);
        static const char *const parts[] = {"extract", "datepart"};
        for (uint32_t i = 0; i < ARRAY_COUNT(parts); i++) {
            if (!sv_equal_ignore_case(name, sv_from(parts[i]))) continue;
            TRY(pretty_text(out, parts[i]));
            TRY(buffer_append_char(out, '('));
            TRY(pretty_append(b, out, a[0]));
            TRY(pretty_text(out, " FROM "));
            TRY(pretty_append(b, out, a[1]));
            return buffer_append_char(out, ')');
        }
        static const char *const matches[] = {"rlike", "regexp", "regexp_like"};
        for (uint32_t i = 0; i < ARRAY_COUNT(matches); i++) {
            if (!sv_equal_ignore_case(name, sv_from(matches[i]))) continue;
            for (const char *c = matches[i]; *c != '\0'; c++)
                TRY(buffer_append_char(out, ascii_upper(*c)));
            TRY(buffer_append_char(out, '('));
            TRY(pretty_list(b, out, &f->arguments));
            return buffer_append_char(out, ')');
        }
    }
    if (n == 3 && (sv_equal_ignore_case(name, SV("if")) || sv_equal_ignore_case(name, SV("iff")))) {
        TRY(pretty_text(out, "(IF("));
        TRY(pretty_list(b, out, &f->arguments));
        return pretty_text(out, "))");
    }
    *done = false;
    return DBX_OK;
}

/* dateadd(DAY, 1, d) and its like are timestampadd, timestampdiff. */
static bool pretty_has_unit(const ast_function_call *f) {
    if (f->arguments.count != 3 || f->arguments.items[0]->kind != AST_LITERAL) return false;
    return AST_AS(ast_literal, f->arguments.items[0])->type == AST_LITERAL_UNIT;
}

/* lpad and rpad fill binary values with zero bytes. */
static bool pretty_pads_binary(const bind_note *note, const char *name) {
    if (!pretty_name_is(name, "lpad") && !pretty_name_is(name, "rpad")) return false;
    const expr *e = note == NULL ? NULL : note->bound;
    return e != NULL && e->kind == EXPR_CALL && e->type.id == TYPE_BINARY;
}

static dbx_status pretty_filter(binder *b, buffer *out, const ast_function_call *f) {
    if (f->filter == NULL) return DBX_OK;
    TRY(pretty_text(out, " FILTER (WHERE "));
    TRY(pretty_append(b, out, f->filter));
    return buffer_append_char(out, ')');
}

/* mode(x, true) is the mode in descending order, and an ascending order is shown as descending. */
static dbx_status pretty_mode(binder *b, buffer *out, const ast_function_call *f, bool *done) {
    const ast_expr *of = NULL;
    bool descending = true, flag = false;
    if (f->arguments.count == 2 && f->arguments.items[1]->kind == AST_LITERAL) {
        uint8_t literal = (uint8_t)AST_AS(ast_literal, f->arguments.items[1])->type;
        flag = literal == AST_LITERAL_TRUE || literal == AST_LITERAL_FALSE;
        if (literal == AST_LITERAL_TRUE) of = f->arguments.items[0];
    } else if (f->within_group.count == 1 && f->arguments.count == 0) {
        const ast_sort_item *item = AST_AS(ast_sort_item, f->within_group.items[0]);
        of = item->expr;
        descending = !item->descending;
    }
    *done = of != NULL || flag;
    if (!*done) return DBX_OK;
    TRY(pretty_text(out, of != NULL ? "mode() WITHIN GROUP (ORDER BY " : "mode("));
    TRY(pretty_append(b, out, of != NULL ? of : f->arguments.items[0]));
    return pretty_text(out, of != NULL && descending ? " DESC)" : ")");
}

dbx_status pretty_call(binder *b, buffer *out, const ast_function_call *f) {
    const bind_note *note = binder_note_of(b, f);
    const function_row *row = note == NULL ? NULL : note->row;
    const string_view *parts;
    uint32_t part_count = 0;
    TRY(binder_name_parts(b, f->name, &parts, &part_count));
    string_view written = part_count == 0 ? SV("") : parts[part_count - 1];
    bool done;
    if (note != NULL && note->path_count > 0)
        return pretty_parts(out, note->path, note->path_count);
    TRY(pretty_special_call(b, out, f, written, &done));
    if (done) return DBX_OK;
    if (sv_equal_ignore_case(written, SV("mode")) && f->over == NULL) {
        TRY(pretty_mode(b, out, f, &done));
        if (done) return pretty_filter(b, out, f);
    }
    const char *name;
    if (f->syntax == AST_CALL_ROW_NAMES || sv_equal_ignore_case(written, SV("struct"))) {
        name = "struct";
    } else if (f->syntax == AST_CALL_POSITION) {
        name = "locate";
    } else if (f->syntax == AST_CALL_SUBSTRING_FROM) {
        name = "substring";
    } else if (pretty_has_unit(f)) {
        bool difference = sv_ends_with(written, SV("diff")) || sv_ends_with(written, SV("DIFF"));
        name = difference ? "timestampdiff" : "timestampadd";
    } else if (row != NULL && !(row->flags & FN_INTERNAL) && !pretty_is_ntz_of(row, written)) {
        name = row->name;
    } else {
        char *lower = arena_printf(b->arena, SV_FMT, SV_ARG(written));
        if (lower == NULL) return binder_nomem(b);
        for (char *c = lower; *c != '\0'; c++) *c = ascii_lower(*c);
        name = lower;
    }
    uint32_t given = f->arguments.count;
    bool time = pretty_name_is(name, "try_to_time");
    if (given <= 3 && (pretty_name_is(name, "make_timestamp_ltz") ||
                       pretty_name_is(name, "try_make_timestamp_ltz")))
        name = "make_timestamp"; /* of a date and a time */
    bool ranks = row != NULL && (row->window == WINDOW_RANK || row->window == WINDOW_DENSE_RANK ||
                                 row->window == WINDOW_PERCENT_RANK);
    for (const char *c = name; *c != '\0'; c++)
        TRY(buffer_append_char(out, ranks ? ascii_upper(*c) : *c));
    TRY(buffer_append_char(out, '('));
    if (f->distinct) TRY(pretty_text(out, "DISTINCT "));
    if (time) TRY(pretty_text(out, "to_time("));
    if (given == 2 && pretty_name_is(name, "convert_timezone"))
        TRY(pretty_text(out, "current_timezone(), "));
    TRY(pretty_arguments(b, out, f, name));
    if (given == 2 && pretty_pads_binary(note, name)) {
        TRY(pretty_text(out, ", X'00'"));
    } else {
        TRY(pretty_default_arguments(out, name, given));
    }
    TRY(pretty_text(out, time ? "))" : ")"));
    if (f->within_group.count > 0) {
        bool full = pretty_name_is(name, "listagg") || pretty_name_is(name, "string_agg");
        TRY(pretty_text(out, " WITHIN GROUP (ORDER BY "));
        TRY(pretty_sort_items(b, out, &f->within_group, full));
        TRY(buffer_append_char(out, ')'));
    }
    TRY(pretty_filter(b, out, f));
    if (f->nulls == AST_NULLS_IGNORE && row != NULL && row->kind != FUNCTION_WINDOW)
        TRY(pretty_text(out, " ignore nulls"));
    if (f->over != NULL) TRY(pretty_over(b, out, f, row));
    return DBX_OK;
}

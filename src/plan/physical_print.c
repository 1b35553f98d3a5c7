/* physical_print.c - physical plans as a tree of text for EXPLAIN and EXPLAIN ANALYZE.
 *
 *   RESULT  ~10 rows
 *   └─ TOP_N 10 [revenue DESC]  ~10 rows
 *      └─ HASH_JOIN INNER (a = b)  ~1000 rows
 *         ├─ SCAN main.t [a, c] WHERE (c > 5)  ~800 rows
 *         └─ SCAN main.u [b]  ~20 rows
 *
 * EXPLAIN ANALYZE puts what was measured in columns left of the tree. Slots print as the names of
 * the input's columns. Definitions of materialized CTEs stand in a tree of their own behind the
 * result's.
 */
#include "plan/physical.h"
#include "plan/profile.h"

#include <inttypes.h>
#include <stdio.h>

enum { PHYS_PRINT_DEPTH_MAX = 200 };

typedef struct phys_printer {
    buffer *out;
    const query *query;
    const physical_plan *plan;
    const exec_profile *profile;
    arena arena;
    /* Inputs whose columns slots name: one or two, the second's after the first's. */
    const phys_op *inputs[2];
} phys_printer;

const char *phys_kind_name(phys_kind kind) {
    static const char *const names[PHYS_OP_KIND_COUNT] = {
        [PHYS_OP_SCAN] = "SCAN",
        [PHYS_OP_VALUES] = "VALUES",
        [PHYS_OP_FILTER] = "FILTER",
        [PHYS_OP_PROJECT] = "PROJECT",
        [PHYS_OP_LIMIT] = "LIMIT",
        [PHYS_OP_SAMPLE] = "SAMPLE",
        [PHYS_OP_HASH_AGGREGATE] = "HASH_AGGREGATE",
        [PHYS_OP_UNGROUPED_AGGREGATE] = "UNGROUPED_AGGREGATE",
        [PHYS_OP_HASH_JOIN] = "HASH_JOIN",
        [PHYS_OP_NESTED_LOOP_JOIN] = "NESTED_LOOP_JOIN",
        [PHYS_OP_SORT] = "SORT",
        [PHYS_OP_TOP_N] = "TOP_N",
        [PHYS_OP_WINDOW] = "WINDOW",
        [PHYS_OP_UNION_ALL] = "UNION_ALL",
        [PHYS_OP_SET_OP] = "SET_OP",
        [PHYS_OP_GENERATE] = "GENERATE",
        [PHYS_OP_MATERIALIZE] = "MATERIALIZE",
        [PHYS_OP_MATERIALIZED_SCAN] = "MATERIALIZED_SCAN",
        [PHYS_OP_RECURSIVE] = "RECURSIVE",
        [PHYS_OP_RECURSIVE_SCAN] = "RECURSIVE_SCAN",
        [PHYS_OP_WRITE] = "WRITE",
        [PHYS_OP_RESULT] = "RESULT",
    };
    assert((unsigned)kind < PHYS_OP_KIND_COUNT);
    return names[kind];
}

/* ---- expressions ---- */

/* Slots become columns with id slot + 1, so that the printer of expressions asks for their names.
 */
static expr *phys_print_unslot(expr *x, void *state) {
    phys_printer *p = state;
    return x->kind == EXPR_SLOT
               ? expr_column(&p->arena, x->u.slot + 1, x->type, x->nullable, x->span)
               : x;
}

static string_view phys_print_slot_name(uint32_t slot, const phys_printer *p) {
    for (uint32_t i = 0; i < 2 && p->inputs[i] != NULL; i++) {
        if (slot < p->inputs[i]->column_count) return p->inputs[i]->names[slot];
        slot -= p->inputs[i]->column_count;
    }
    return (string_view){NULL, 0};
}

static string_view phys_print_name_of(column_id id, void *state) {
    string_view name = phys_print_slot_name(id - 1, state);
    return name.size > 0 ? name : (string_view){NULL, 0};
}

static dbx_status phys_print_expr(phys_printer *p, const expr *x) {
    expr *named = expr_rewrite(&p->arena, (expr *)(uintptr_t)x, phys_print_unslot, p);
    if (named == NULL) return DBX_NOMEM;
    return expr_append_text(p->out, named, p->query, phys_print_name_of, p);
}

static dbx_status phys_print_list(phys_printer *p, const char *open, expr *const *exprs,
                                  uint32_t count, const char *close) {
    TRY(buffer_printf(p->out, "%s", open));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        TRY(phys_print_expr(p, exprs[i]));
    }
    return buffer_printf(p->out, "%s", close);
}

static dbx_status phys_print_conjuncts(phys_printer *p, const char *label, expr *const *exprs,
                                       uint32_t count) {
    bool first = true;
    for (uint32_t i = 0; i < count; i++) {
        if (expr_is_constant_true(exprs[i]))
            continue; /* stands for a predicate that another conjunct implies */
        TRY(buffer_printf(p->out, "%s", first ? label : " AND "));
        TRY(phys_print_expr(p, exprs[i]));
        first = false;
    }
    return DBX_OK;
}

static dbx_status phys_print_names(phys_printer *p, const phys_op *op) {
    TRY(buffer_append_sv(p->out, SV(" [")));
    for (uint32_t i = 0; i < op->column_count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        if (op->names[i].size > 0)
            TRY(buffer_append_sv(p->out, op->names[i]));
        else
            TRY(buffer_printf(p->out, "$%u", i));
    }
    return buffer_append_char(p->out, ']');
}

static dbx_status phys_print_orders(phys_printer *p, const char *label, expr *const *keys,
                                    const sort_order *orders, uint32_t count) {
    TRY(buffer_printf(p->out, "%s[", label));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_append_sv(p->out, SV(", ")));
        TRY(phys_print_expr(p, keys[i]));
        if (orders[i].descending) TRY(buffer_append_sv(p->out, SV(" DESC")));
        if (orders[i].nulls_first == orders[i].descending) /* not the default of this direction */
            TRY(buffer_printf(p->out, " NULLS %s", orders[i].nulls_first ? "FIRST" : "LAST"));
    }
    return buffer_append_char(p->out, ']');
}

static dbx_status phys_print_limit(phys_printer *p, uint64_t limit, uint64_t offset) {
    if (limit != UINT64_MAX) TRY(buffer_printf(p->out, " %" PRIu64, limit));
    return offset != 0 ? buffer_printf(p->out, " OFFSET %" PRIu64, offset) : DBX_OK;
}

/* ---- operators ---- */

static dbx_status phys_print_scan(phys_printer *p, const phys_scan *s) {
    TRY(buffer_printf(p->out, " " SV_FMT, SV_ARG(s->name)));
    if (s->source != NULL && s->source->vtab->describe != NULL) {
        TRY(buffer_append_char(p->out, ' '));
        TRY(s->source->vtab->describe(s->source, p->out));
    }
    TRY(phys_print_names(p, &s->base));
    p->inputs[0] = &s->base;
    p->inputs[1] = NULL;
    TRY(phys_print_conjuncts(p, " WHERE ", s->residual, s->residual_count));
    if (s->row_limit != UINT64_MAX) TRY(buffer_printf(p->out, " LIMIT %" PRIu64, s->row_limit));
    for (uint32_t i = 0; i < s->runtime_filter_count; i++) {
        TRY(buffer_append_sv(p->out, i == 0 ? SV(" FILTERED BY ") : SV(", ")));
        TRY(buffer_append_sv(p->out, s->base.names[s->runtime_filters[i].slot]));
        TRY(buffer_printf(p->out, " of join %u", s->runtime_filters[i].join + 1));
    }
    return DBX_OK;
}

static dbx_status phys_print_aggregate(phys_printer *p, const phys_aggregate *g) {
    if (g->group_count > 0) TRY(phys_print_list(p, " BY [", g->groups, g->group_count, "]"));
    if (g->aggregate_count > 0)
        TRY(phys_print_list(p, " [", g->aggregates, g->aggregate_count, "]"));
    return g->set_count > 0 ? buffer_printf(p->out, " %u sets", g->set_count) : DBX_OK;
}

static dbx_status phys_print_hash_join(phys_printer *p, const phys_hash_join *j) {
    TRY(buffer_printf(p->out, " %s%s%s ", join_kind_name(j->join),
                      j->null_aware ? " NULL-AWARE" : "", j->answers_build ? " OF BUILD" : ""));
    for (uint32_t i = 0; i < j->key_count; i++) {
        TRY(buffer_append_sv(p->out, i == 0 ? SV("(") : SV(" AND (")));
        p->inputs[0] = j->base.children[0];
        p->inputs[1] = NULL;
        TRY(phys_print_expr(p, j->probe_keys[i]));
        TRY(buffer_append_sv(p->out, j->null_safe[i] ? SV(" <=> ") : SV(" = ")));
        p->inputs[0] = j->base.children[1];
        TRY(phys_print_expr(p, j->build_keys[i]));
        TRY(buffer_append_char(p->out, ')'));
    }
    p->inputs[0] = j->base.children[0];
    p->inputs[1] = j->base.children[1];
    TRY(phys_print_conjuncts(p, " AND ", j->residual, j->residual_count));
    if (j->build_unique) TRY(buffer_append_sv(p->out, SV(" unique")));
    return j->make_runtime_filter ? buffer_printf(p->out, " (join %u filters)", j->base.index + 1)
                                  : DBX_OK;
}

static dbx_status phys_print_detail(phys_printer *p, const phys_op *op) {
    static const char *const set_ops[] = {"UNION ALL", "EXCEPT", "EXCEPT ALL", "INTERSECT",
                                          "INTERSECT ALL"};
    static const char *const writes[] = {"INSERT", "DELETE", "UPDATE", "MERGE", "FILE"};
    p->inputs[0] = op->child_count > 0 ? op->children[0] : NULL;
    p->inputs[1] = NULL;
    switch ((phys_kind)op->kind) {
    case PHYS_OP_SCAN:
        return phys_print_scan(p, (const phys_scan *)op);
    case PHYS_OP_VALUES:
        return buffer_printf(p->out, " %u rows", ((const phys_values *)op)->row_count);
    case PHYS_OP_FILTER: {
        const phys_filter *f = (const phys_filter *)op;
        return phys_print_conjuncts(p, " ", f->conjuncts, f->conjunct_count);
    }
    case PHYS_OP_PROJECT:
        return phys_print_list(p, " [", ((const phys_project *)op)->exprs, op->column_count, "]");
    case PHYS_OP_LIMIT:
        return phys_print_limit(p, ((const phys_limit *)op)->limit,
                                ((const phys_limit *)op)->offset);
    case PHYS_OP_SAMPLE: {
        const plan_sample *s = &((const phys_sample *)op)->spec;
        return s->fraction >= 0 ? buffer_printf(p->out, " %g%%", s->fraction * 100)
                                : buffer_printf(p->out, " %" PRIu64 " rows", s->row_count);
    }
    case PHYS_OP_HASH_AGGREGATE:
    case PHYS_OP_UNGROUPED_AGGREGATE:
        return phys_print_aggregate(p, (const phys_aggregate *)op);
    case PHYS_OP_HASH_JOIN:
        return phys_print_hash_join(p, (const phys_hash_join *)op);
    case PHYS_OP_NESTED_LOOP_JOIN: {
        const phys_nested_loop_join *j = (const phys_nested_loop_join *)op;
        p->inputs[1] = op->children[1];
        TRY(buffer_printf(p->out, " %s%s", join_kind_name(j->join),
                          j->null_aware ? " NULL-AWARE" : ""));
        if (j->range_key != NULL) TRY(buffer_printf(p->out, " BY RANGE"));
        return phys_print_conjuncts(p, " ", j->conditions, j->condition_count);
    }
    case PHYS_OP_SORT:
    case PHYS_OP_TOP_N: {
        const phys_sort *s = (const phys_sort *)op;
        TRY(phys_print_limit(p, s->limit, s->offset));
        return phys_print_orders(p, " ", s->keys, s->orders, s->key_count);
    }
    case PHYS_OP_WINDOW: {
        const phys_window *w = (const phys_window *)op;
        TRY(phys_print_list(p, " [", w->functions, w->function_count, "]"));
        if (w->partition_count > 0)
            TRY(phys_print_list(p, " PARTITION BY [", w->partition, w->partition_count, "]"));
        return w->order_count > 0
                   ? phys_print_orders(p, " ORDER BY ", w->order, w->orders, w->order_count)
                   : DBX_OK;
    }
    case PHYS_OP_SET_OP:
        return buffer_printf(p->out, " %s", set_ops[((const phys_set_op *)op)->op]);
    case PHYS_OP_GENERATE: {
        const phys_generate *g = (const phys_generate *)op;
        TRY(buffer_printf(p->out, " %s%s", g->row->name, g->outer ? " OUTER" : ""));
        return phys_print_list(p, "(", g->args, g->arg_count, ")");
    }
    case PHYS_OP_MATERIALIZE:
        return buffer_printf(p->out, " cte %u", ((const phys_materialize *)op)->cte);
    case PHYS_OP_MATERIALIZED_SCAN:
    case PHYS_OP_RECURSIVE_SCAN:
        TRY(buffer_printf(p->out, " cte %u", ((const phys_materialize *)op)->cte));
        return phys_print_names(p, op);
    case PHYS_OP_RECURSIVE:
        return buffer_printf(p->out, " cte %u%s", ((const phys_recursive *)op)->cte,
                             ((const phys_recursive *)op)->distinct ? " DISTINCT" : "");
    case PHYS_OP_WRITE: {
        const phys_write *w = (const phys_write *)op;
        return buffer_printf(p->out, " %s%s " SV_FMT, writes[w->write],
                             w->overwrite ? " OVERWRITE" : "", SV_ARG(w->name));
    }
    case PHYS_OP_UNION_ALL:
    case PHYS_OP_RESULT:
    case PHYS_OP_KIND_COUNT:
        break;
    }
    return DBX_OK;
}

/* ---- measures ---- */

enum { PHYS_PRINT_COUNT_WIDTH = 14, PHYS_PRINT_MEASURE_WIDTH = 10, PHYS_PRINT_TEXT_MAX = 40 };

/* 1234567 as "1,234,567". */
static void phys_print_count(uint64_t count, char out[PHYS_PRINT_TEXT_MAX]) {
    char digits[PHYS_PRINT_TEXT_MAX];
    int size = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    int at = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void phys_print_size(uint64_t bytes, char out[PHYS_PRINT_TEXT_MAX]) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    uint32_t unit = 0;
    while (value >= 1024 && unit + 1 < ARRAY_COUNT(units)) {
        value /= 1024;
        unit++;
    }
    snprintf(out, PHYS_PRINT_TEXT_MAX, "%.*f %s", value < 10 && unit > 0 ? 1 : 0, value,
             units[unit]);
}

static void phys_print_duration(uint64_t ns, char out[PHYS_PRINT_TEXT_MAX]) {
    double ms = (double)ns / 1e6;
    if (ms < 1000)
        snprintf(out, PHYS_PRINT_TEXT_MAX, "%.*f ms", ms < 10 ? 2 : 1, ms);
    else
        snprintf(out, PHYS_PRINT_TEXT_MAX, "%.2f s", ms / 1000);
}

/* What stands left of the tree of EXPLAIN ANALYZE: rows, estimate, time, memory. op NULL: heads. */
static dbx_status phys_print_columns(phys_printer *p, const phys_op *op) {
    char rows[PHYS_PRINT_TEXT_MAX] = "rows", estimate[PHYS_PRINT_TEXT_MAX] = "estimate";
    char time[PHYS_PRINT_TEXT_MAX] = "time", memory[PHYS_PRINT_TEXT_MAX] = "memory";
    if (op != NULL) {
        exec_op_profile *m = &p->profile->ops[op->index];
        phys_print_count(atomic_load(&m->rows_out), rows);
        estimate[0] = '\0';
        if (op->rows >= 0 && op->rows < 1e18)
            phys_print_count((uint64_t)(op->rows + 0.5), estimate);
        phys_print_duration(atomic_load(&m->time_ns), time);
        phys_print_size(atomic_load(&m->memory_bytes), memory);
    }
    TRY(buffer_printf(p->out, "%*s%*s", PHYS_PRINT_COUNT_WIDTH, rows, PHYS_PRINT_COUNT_WIDTH,
                      estimate));
    if (!p->profile->hide_measures)
        TRY(buffer_printf(p->out, "  %*s  %*s", PHYS_PRINT_MEASURE_WIDTH, time,
                          PHYS_PRINT_MEASURE_WIDTH, memory));
    return buffer_append_sv(p->out, op != NULL ? SV("  ") : SV("  operator\n"));
}

/* What a scan read, behind its line. */
static dbx_status phys_print_read(phys_printer *p, const phys_op *op) {
    if (p->profile == NULL)
        return op->rows >= 0 ? buffer_printf(p->out, "  ~%.0f rows", op->rows) : DBX_OK;
    if (op->kind != PHYS_OP_SCAN) return DBX_OK;
    exec_op_profile *m = &p->profile->ops[op->index];
    char text[PHYS_PRINT_TEXT_MAX];
    phys_print_count(atomic_load(&m->rows_scanned), text);
    TRY(buffer_printf(p->out, "  (read %s rows", text));
    uint64_t bytes = atomic_load(&m->bytes_read);
    phys_print_size(bytes, text);
    if (bytes > 0 && !p->profile->hide_measures) TRY(buffer_printf(p->out, ", %s", text));
    uint64_t groups = atomic_load(&m->groups), pruned = atomic_load(&m->groups_pruned);
    if (groups > 0)
        TRY(buffer_printf(p->out, "; %" PRIu64 " of %" PRIu64 " row groups pruned", pruned,
                          groups));
    return buffer_append_char(p->out, ')');
}

/* The line below the tree. */
static dbx_status phys_print_summary(phys_printer *p) {
    uint64_t rows = 0, bytes = 0;
    for (uint32_t i = 0; i < p->plan->op_count; i++) {
        rows += atomic_load(&p->profile->ops[i].rows_scanned);
        bytes += atomic_load(&p->profile->ops[i].bytes_read);
    }
    char wall[PHYS_PRINT_TEXT_MAX], memory[PHYS_PRINT_TEXT_MAX], read[PHYS_PRINT_TEXT_MAX],
        size[PHYS_PRINT_TEXT_MAX];
    phys_print_duration(p->profile->wall_ns, wall);
    phys_print_size(p->profile->memory_bytes, memory);
    phys_print_count(rows, read);
    phys_print_size(bytes, size);
    if (p->profile->hide_measures) return buffer_printf(p->out, "\nRead %s rows\n", read);
    return buffer_printf(p->out,
                         "\nWall time %s on %u thread%s (operator times are summed over threads), "
                         "peak memory %s, read %s rows, %s\n",
                         wall, p->profile->threads, p->profile->threads == 1 ? "" : "s", memory,
                         read, size);
}

/* prefix: what stands before this operator's children on their lines. */
static dbx_status phys_print_op(phys_printer *p, const phys_op *op, char *prefix,
                                size_t prefix_size, uint32_t depth) {
    TRY(buffer_printf(p->out, "%s", phys_kind_name((phys_kind)op->kind)));
    TRY(phys_print_detail(p, op));
    TRY(phys_print_read(p, op));
    TRY(buffer_append_char(p->out, '\n'));
    for (uint32_t i = 0; i < op->child_count && depth < PHYS_PRINT_DEPTH_MAX; i++) {
        bool last = i + 1 == op->child_count;
        if (p->profile != NULL) TRY(phys_print_columns(p, op->children[i]));
        TRY(buffer_append(p->out, prefix, prefix_size));
        TRY(buffer_append_sv(p->out, last ? SV("└─ ") : SV("├─ ")));
        string_view more = last ? SV("   ") : SV("│  ");
        assert(prefix_size + more.size <= 6 * PHYS_PRINT_DEPTH_MAX);
        memcpy(prefix + prefix_size, more.data, more.size);
        TRY(phys_print_op(p, op->children[i], prefix, prefix_size + more.size, depth + 1));
    }
    return DBX_OK;
}

/* A tree whose root has no line prefix. */
static dbx_status phys_print_tree(phys_printer *p, const phys_op *root, char *prefix) {
    if (p->profile != NULL) TRY(phys_print_columns(p, root));
    return phys_print_op(p, root, prefix, 0, 0);
}

dbx_status physical_append_text(buffer *out, const physical_plan *plan,
                                const struct exec_profile *profile, const query *q) {
    phys_printer p = {.out = out, .query = q, .plan = plan, .profile = profile};
    arena_init(&p.arena, out->ledger);
    dbx_status status = DBX_NOMEM;
    char *prefix = arena_alloc_bytes(&p.arena, 6 * PHYS_PRINT_DEPTH_MAX + 8);
    if (prefix == NULL) goto done;
    if (profile != NULL) TRY_GOTO(phys_print_columns(&p, NULL), done);
    TRY_GOTO(phys_print_tree(&p, plan->root, prefix), done);
    for (uint32_t i = 0; i < plan->op_count; i++)
        if (plan->ops[i]->kind == PHYS_OP_MATERIALIZE)
            TRY_GOTO(phys_print_tree(&p, plan->ops[i], prefix), done);
    if (profile != NULL) TRY_GOTO(phys_print_summary(&p), done);
done:
    arena_deinit(&p.arena);
    return status;
}

/* ---- EXPLAIN FORMATTED ---- */

static dbx_status phys_print_kinds(phys_printer *p, const phys_op *op, uint32_t depth) {
    TRY(buffer_printf(p->out, "%*s%s (%u)\n", (int)(2 * depth), "",
                      phys_kind_name((phys_kind)op->kind), op->index + 1));
    for (uint32_t i = 0; i < op->child_count && depth < PHYS_PRINT_DEPTH_MAX; i++)
        TRY(phys_print_kinds(p, op->children[i], depth + 1));
    return DBX_OK;
}

static dbx_status phys_print_entry(phys_printer *p, const phys_op *op) {
    TRY(buffer_printf(p->out, "\n(%u) %s\n", op->index + 1, phys_kind_name((phys_kind)op->kind)));
    TRY(buffer_append_sv(p->out, SV("Output:")));
    TRY(phys_print_names(p, op));
    size_t before = p->out->size;
    TRY(buffer_append_sv(p->out, SV("\nArguments:")));
    size_t label = p->out->size;
    TRY(phys_print_detail(p, op));
    if (p->out->size == label) p->out->size = before;
    return op->rows >= 0 ? buffer_printf(p->out, "\nEstimated rows: %.0f\n", op->rows)
                         : buffer_append_char(p->out, '\n');
}

dbx_status physical_append_formatted(buffer *out, const physical_plan *plan, const query *q) {
    phys_printer p = {.out = out, .query = q, .plan = plan};
    arena_init(&p.arena, out->ledger);
    dbx_status status = phys_print_kinds(&p, plan->root, 0);
    for (uint32_t i = 0; status == DBX_OK && i < plan->op_count; i++)
        if (plan->ops[i]->kind == PHYS_OP_MATERIALIZE)
            status = phys_print_kinds(&p, plan->ops[i], 0);
    for (uint32_t i = 0; status == DBX_OK && i < plan->op_count; i++)
        status = phys_print_entry(&p, plan->ops[i]);
    arena_deinit(&p.arena);
    return status;
}

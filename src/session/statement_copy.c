/* statement_copy.c - COPY … TO and INSERT OVERWRITE DIRECTORY: a query's rows into files. */
#include "session/statement.h"

#include "formats/file_sink.h"
#include "formats/registry.h"

typedef struct copy_target {
    string_view path;
    string_view format; /* empty: by the path's extension */
    const sink_option *options;
    uint32_t option_count;
    const string_view *partition_by;
    uint32_t partition_count;
    span position;
} copy_target;

static dbx_status copy_options(statement_call *call, const ast_list *items, copy_target *target) {
    const catalog_property *properties;
    uint32_t count;
    TRY(statement_properties(call, items, &properties, &count));
    sink_option *options = ARENA_ARRAY(&call->execution->arena, sink_option, count);
    if (options == NULL) return error_nomem(call->execution->err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (sv_equal_ignore_case(properties[i].key, SV("format")))
            target->format = properties[i].value;
        else if (sv_equal_ignore_case(properties[i].key, SV("path")))
            target->path = properties[i].value;
        else
            options[n++] = (sink_option){properties[i].key, properties[i].value};
    }
    target->options = options;
    target->option_count = n;
    return DBX_OK;
}

static dbx_status copy_columns(statement_call *call, const plan_node *tree,
                               const source_column **out) {
    source_column *columns =
        ARENA_ARRAY(&call->execution->arena, source_column, tree->column_count);
    if (columns == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < tree->column_count; i++) {
        columns[i] = (source_column){.name = tree->columns[i].name,
                                     .type = tree->columns[i].type,
                                     .nullable = tree->columns[i].nullable};
    }
    *out = columns;
    return DBX_OK;
}

static dbx_status copy_run(statement_call *call, const ast_query *from, const copy_target *target,
                           query_result **out) {
    execution *e = call->execution;
    const format_writer_row *writer = target->format.size > 0
                                          ? format_writer_lookup(target->format)
                                          : format_writer_for_path(target->path);
    if (writer == NULL) {
        return error_raisef(e->err, ERR_UNSUPPORTED_FEATURE, target->position, "feature",
                            "writing the format of '" SV_FMT
                            "': give format => 'csv', 'json' or 'parquet'",
                            SV_ARG(target->format.size > 0 ? target->format : target->path));
    }
    plan_node *root;
    TRY(binder_bind_query(&e->binder, from, &root));
    const source_column *columns = NULL;
    TRY(copy_columns(call, root, &columns));
    plan_write *write = PLAN_NEW(&e->plan, plan_write, PLAN_WRITE, 1, 1);
    if (write == NULL) return error_nomem(e->err);
    write->base.children[0] = root;
    write->base.columns[0] = (plan_column){.id = plan_new_column(&e->plan),
                                           .name = SV("rows"),
                                           .type = type_simple(TYPE_BIGINT),
                                           .nullable = false};
    write->write = WRITE_FILE;
    write->name = target->path;
    file_sink_request request = {.writer = writer,
                                 .path = target->path,
                                 .columns = columns,
                                 .column_count = root->column_count,
                                 .partition_by = target->partition_by,
                                 .partition_count = target->partition_count,
                                 .options = target->options,
                                 .option_count = target->option_count};
    TRY(file_sink_open(&e->query, &request, &write->sink, e->err));
    query_result *rows = NULL;
    dbx_status status = statement_run_write(call, &write->base, &rows);
    int64_t changed = rows != NULL ? rows->rows_changed : 0;
    result_free(rows);
    exec_free(e->exec);
    e->exec = NULL;
    write->sink->vtab->free(write->sink);
    TRY(status);
    TRY(statement_result_empty(call, out));
    (*out)->rows_changed = changed;
    return DBX_OK;
}

/* SELECT columns FROM table, for COPY table TO. */
static dbx_status copy_query_of_table(statement_call *call, const ast_copy_to *c,
                                      const ast_query **out) {
    arena *a = &call->execution->arena;
    ast_query *made = ARENA_NEW(a, ast_query);
    ast_select *select = ARENA_NEW(a, ast_select);
    ast_table_ref *table = ARENA_NEW(a, ast_table_ref);
    uint32_t count = MAX(c->columns.count, 1u);
    ast_node **items = ARENA_ARRAY(a, ast_node *, count);
    if (made == NULL || select == NULL || table == NULL || items == NULL)
        return error_nomem(call->execution->err);
    span at = c->table->node.span;
    *table = (ast_table_ref){.node = {AST_TABLE_REF, 1, at}, .name = c->table};
    for (uint32_t i = 0; i < count; i++) {
        ast_select_item *item = ARENA_NEW(a, ast_select_item);
        ast_star *star = ARENA_NEW(a, ast_star);
        ast_name *name = ARENA_NEW(a, ast_name);
        ast_column_ref *ref = ARENA_NEW(a, ast_column_ref);
        if (item == NULL || star == NULL || name == NULL || ref == NULL)
            return error_nomem(call->execution->err);
        *item = (ast_select_item){.node = {AST_SELECT_ITEM, 2, at}};
        *star = (ast_star){.node = {AST_STAR, 1, at}};
        item->expr = &star->node;
        if (c->columns.count > 0) {
            *name = (ast_name){.node = {AST_NAME, 1, c->columns.items[i].span},
                               .parts = {&c->columns.items[i], 1, 1}};
            *ref = (ast_column_ref){.node = {AST_COLUMN_REF, 1, c->columns.items[i].span},
                                    .name = name};
            item->expr = &ref->node;
        }
        items[i] = &item->node;
    }
    *select = (ast_select){
        .node = {AST_SELECT, 3, at}, .items = {items, count, count}, .from = &table->node};
    *made = (ast_query){.node = {AST_QUERY, 4, at}, .body = &select->node};
    *out = made;
    return DBX_OK;
}

dbx_status statement_copy_to(statement_call *call, query_result **out) {
    const ast_copy_to *c = AST_AS(ast_copy_to, call->node);
    copy_target target = {.path = c->path, .position = c->node.span};
    TRY(copy_options(call, &c->options, &target));
    target.path = c->path;
    const ast_query *from = c->query;
    if (from == NULL) TRY(copy_query_of_table(call, c, &from));
    return copy_run(call, from, &target, out);
}

static dbx_status copy_partitions(statement_call *call, const ast_table_clauses *clauses,
                                  copy_target *target) {
    uint32_t count = clauses->partitioned_by_count;
    string_view *names = ARENA_ARRAY(&call->execution->arena, string_view, count + 1);
    if (names == NULL) return error_nomem(call->execution->err);
    for (uint32_t i = 0; i < count; i++) {
        const ast_expr *column = clauses->partitioned_by[i].transform;
        if (column == NULL || column->kind != AST_COLUMN_REF) {
            return error_raise(call->execution->err, ERR_UNSUPPORTED_FEATURE, target->position,
                               "feature", "partitioning files by more than names of columns", NULL);
        }
        const ast_ident_list *parts = &AST_AS(ast_column_ref, column)->name->parts;
        names[i] = parts->items[parts->count - 1].text;
    }
    target->partition_by = names;
    target->partition_count = count;
    return DBX_OK;
}

dbx_status statement_insert_directory(statement_call *call, query_result **out) {
    const ast_insert_directory *d = AST_AS(ast_insert_directory, call->node);
    copy_target target = {.path = d->path, .position = d->node.span};
    if (d->clauses != NULL) {
        TRY(copy_options(call, &d->clauses->options, &target));
        TRY(copy_partitions(call, d->clauses, &target));
        if (d->path.data != NULL) target.path = d->path;
        const ast_name *provider = d->clauses->provider;
        if (provider != NULL)
            target.format = provider->parts.items[provider->parts.count - 1].text;
        else if (d->clauses->stored_as.text.data != NULL)
            target.format = d->clauses->stored_as.text;
    }
    if (target.format.size == 0) target.format = SV("parquet");
    /* A trailing slash says that the path is a directory of part files. */
    if (!sv_ends_with(target.path, SV("/"))) {
        char *path = arena_printf(&call->execution->arena, SV_FMT "/", SV_ARG(target.path));
        if (path == NULL) return error_nomem(call->execution->err);
        target.path = sv_from(path);
    }
    return copy_run(call, d->source, &target, out);
}

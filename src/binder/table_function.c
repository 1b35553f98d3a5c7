/* table_function.c - functions in FROM: readers of files, range, generators, and what SQL defines.
 */
#include "binder/binder_int.h"
#include "formats/registry.h"

/* Reader arguments are constants; `x => v` and positional. */
static dbx_status table_function_arguments(binder *b, const ast_function_call *f,
                                           table_argument **out, uint32_t *count) {
    call_arguments given;
    bind_block block;
    binder_push(b, &block, NULL, CLAUSE_NONE);
    dbx_status status = bind_arguments(b, &f->arguments, &given);
    binder_pop(b, &block);
    TRY(status);
    *count = given.args.count;
    *out = ARENA_ARRAY(b->arena, table_argument, *count + 1);
    if (*out == NULL) return binder_nomem(b);
    for (uint32_t i = 0; i < *count; i++) {
        const expr *e = given.args.items[i];
        const vector *value = NULL;
        if (e != NULL) TRY(bind_fold(b, e, &value));
        if (value == NULL) {
            return error_raise(
                b->err, ERR_NON_FOLDABLE_ARGUMENT, binder_node_span(b, f->arguments.items[i]),
                "funcName", binder_quote_name(b, f->name), "paramName",
                arena_printf(b->arena, "`argument %u`", i + 1), "paramType", "\"constant\"", NULL);
        }
        (*out)[i] =
            (table_argument){.name = given.names.items[i], .value = *value, .position = e->span};
        if ((*out)[i].name.data == NULL) (*out)[i].name = SV("");
    }
    return DBX_OK;
}

static dbx_status table_function_read(binder *b, const table_function_row *row,
                                      const ast_function_ref *f, bound_relation *out) {
    table_argument *arguments;
    uint32_t count;
    source *s;
    string_view path = SV("");
    TRY(table_function_arguments(b, f->call, &arguments, &count));
    TRY(row->bind(b->query, &b->query->ledger, arguments, count, binder_node_span(b, &f->node), &s,
                  b->err));
    if (count > 0) vector_string_value(&arguments[0].value, &path);
    string_view name = sv_from(arena_printf(b->arena, "%s(" SV_FMT ")", row->name, SV_ARG(path)));
    bind_qualifier *q = scope_qualifier(b, sv_from(row->name));
    if (q == NULL) return binder_nomem(b);
    return bind_scan(b, s, true, name, q, false, f->node.span, out);
}

/* A function in C that the application registered; *found false when there is none of that name. */
static dbx_status table_function_native(binder *b, const ast_function_ref *f, string_view name,
                                        bound_relation *out, bool *found) {
    binder_table_function native;
    table_argument *arguments;
    uint32_t count;
    source *s;
    *found = b->context->host != NULL && b->context->host->table_function != NULL &&
             b->context->host->table_function(b->context->host->state, name, &native);
    if (!*found) return DBX_OK;
    TRY(table_function_arguments(b, f->call, &arguments, &count));
    TRY(native.open(native.function, b->query, &b->query->ledger, arguments, count,
                    binder_node_span(b, &f->node), &s, b->err));
    bind_qualifier *q = scope_qualifier(b, native.name);
    if (q == NULL) {
        source_free(s);
        return binder_nomem(b);
    }
    return bind_scan(b, s, true, native.name, q, false, f->node.span, out);
}

static dbx_status table_function_unresolved(binder *b, const ast_function_ref *f,
                                            const string_view *parts, uint32_t count) {
    uint32_t ignored;
    if (count == 1 && function_lookup(parts[0], &ignored) != NULL) {
        return error_raise(b->err, ERR_NOT_A_TABLE_FUNCTION, binder_node_span(b, &f->node),
                           "functionName", binder_quote_parts(b, parts, count), NULL);
    }
    return error_raise(b->err, ERR_UNRESOLVABLE_TABLE_VALUED_FUNCTION,
                       binder_node_span(b, &f->node), "name", binder_quote_parts(b, parts, count),
                       NULL);
}

dbx_status bind_function_ref(binder *b, const ast_function_ref *f, bound_relation *out) {
    const string_view *parts;
    uint32_t count;
    bool found = false;
    TRY(binder_name_parts(b, f->call->name, &parts, &count));
    if (f->with_ordinality) return binder_unsupported(b, f->node.span, "WITH ORDINALITY");
    if (bind_is_generator(f->call)) {
        TRY(bind_generator_relation(b, f->call, out));
        uint32_t aliases = f->alias.columns.count, width = out->scope->columns.count;
        if (aliases == 0 || aliases == width) return DBX_OK;
        return error_raise(b->err, ERR_NUM_TABLE_VALUE_ALIASES_MISMATCH,
                           binder_node_span(b, &f->node), "funcName",
                           binder_quote_parts(b, parts, count), "aliasesNum",
                           arena_printf(b->arena, "%u", aliases), "outColsNum",
                           arena_printf(b->arena, "%u", width), NULL);
    }
    if (count == 1 && sv_equal_ignore_case(parts[0], SV("table_changes")))
        return bind_table_changes(b, f, out);
    const table_function_row *row = table_function_lookup(parts[count - 1]);
    if (row != NULL && count == 1) return table_function_read(b, row, f, out);
    TRY(bind_sql_table_function(b, f->call, parts, count, out, &found));
    if (found) return DBX_OK;
    if (count == 1) TRY(table_function_native(b, f, parts[0], out, &found));
    if (found) return DBX_OK;
    return table_function_unresolved(b, f, parts, count);
}

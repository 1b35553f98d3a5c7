/* collation_function.c - collate() and collation(). */
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "vector/collation.h"

static dbx_status collation_run_collate(fn_call *call, const vector *args, vector *out) {
    vector_view text = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) text_set(out, r, *text_arg(&text, r));
    return DBX_OK;
}

static dbx_status collation_bind_collate(fn_bind *b) {
    string_view name;
    if (!fn_bind_constant_string(b, 1, &name))
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position, "sqlExpr",
                           arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)), "exprName",
                           "`collation`", NULL);
    b->result = type_simple(TYPE_STRING);
    return fn_bind_collation(b->query, name, b->position, &b->result.collation, b->err);
}

dbx_status fn_bind_collation(query *q, string_view name, span position, uint16_t *id, error *err) {
    if (collation_by_name(name, id)) {
        dbx_status status = collation_open(*id);
        return status == DBX_OK ? status : error_nomem(err);
    }
    buffer close, given;
    buffer_init(&close, &q->ledger);
    buffer_init(&given, &q->ledger);
    dbx_status status = collation_append_suggestions(&close, name);
    if (status == DBX_OK) status = buffer_append_sv(&given, name);
    if (status == DBX_OK) status = buffer_append_char(&close, '\0');
    if (status == DBX_OK) status = buffer_append_char(&given, '\0');
    if (status != DBX_OK)
        status = error_nomem(err);
    else
        status = error_raise(err, ERR_COLLATION_INVALID_NAME, position, "collationName", given.data,
                             "proposals", close.data, NULL);
    buffer_deinit(&close);
    buffer_deinit(&given);
    return status;
}

/* State: the name. */
static dbx_status collation_run_name(fn_call *call, const vector *args, vector *out) {
    (void)args;
    const string_view *name = call->state;
    FN_FOR_EACH_ROW(call, r) text_borrow(out, r, name->data, name->size);
    return DBX_OK;
}

static dbx_status collation_bind_name(fn_bind *b) {
    string_view *name = ARENA_NEW(b->arena, string_view);
    buffer text;
    if (name == NULL) return error_nomem(b->err);
    buffer_init(&text, &b->query->ledger);
    dbx_status status = buffer_append_sv(&text, SV("SYSTEM.BUILTIN."));
    if (status == DBX_OK) status = collation_append_name(&text, b->arg_types[0].collation);
    if (status == DBX_OK) *name = arena_copy_string(b->arena, buffer_view(&text));
    buffer_deinit(&text);
    if (status != DBX_OK || name->data == NULL) return error_nomem(b->err);
    b->state = name;
    return DBX_OK;
}

const function_row collation_functions[] = {
    {.name = "collate",
     .signature = "(expr string, collation const string) -> bind",
     .flags = FN_NEVER_FAILS,
     .kernel = collation_run_collate,
     .bind = collation_bind_collate,
     .category = "string",
     .doc = "expr as a string of the collation.",
     .examples = "collate('a', 'UTF8_LCASE') = 'A' => true"},
    {.name = "collation",
     .signature = "(expr string) -> string",
     .flags = NULLS_AWARE | FN_NEVER_NULL | FN_NEVER_FAILS,
     .kernel = collation_run_name,
     .bind = collation_bind_name,
     .category = "string",
     .doc = "The name of the collation of expr.",
     .examples = "collation('Spark SQL') => SYSTEM.BUILTIN.UTF8_BINARY"},
};
const uint32_t collation_functions_count = ARRAY_COUNT(collation_functions);

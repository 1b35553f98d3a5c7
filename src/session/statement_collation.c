/* statement_collation.c - DEFAULT COLLATION of schemas, tables and views, and SET COLLATION. */
#include "functions/signature.h"
#include "session/statement.h"
#include "vector/collation.h"

static dbx_status collation_name(statement_call *call, uint16_t id, string_view *out) {
    execution *e = call->execution;
    buffer text;
    buffer_init(&text, &e->query.ledger);
    dbx_status status = collation_append_name(&text, id);
    if (status == DBX_OK) *out = arena_copy_string(&e->arena, buffer_view(&text));
    buffer_deinit(&text);
    return status != DBX_OK || out->data == NULL ? error_nomem(e->err) : DBX_OK;
}

dbx_status statement_default_collation(statement_call *call, const ast_ident *given,
                                       const catalog_path *path, catalog_info *info) {
    execution *e = call->execution;
    uint16_t id = COLLATION_UTF8_BINARY;
    e->binder.default_collation = id;
    if (given != NULL && given->text.data != NULL) {
        TRY(fn_bind_collation(&e->query, given->text, given->span, &id, e->err));
    } else {
        const catalog_schema *schema =
            path == NULL ? NULL : catalog_find_schema(e->query.txn, path->catalog, path->schema);
        if (schema == NULL) return DBX_OK;
        id = catalog_default_collation(&schema->info);
        if (id == COLLATION_UTF8_BINARY) return DBX_OK;
    }
    string_view name;
    TRY(collation_name(call, id, &name));
    e->binder.default_collation = id;
    return statement_add_property(call, info, CATALOG_COLLATION, name);
}

uint16_t statement_session_collation(const settings *s) {
    uint16_t id;
    if (sv_equal(s->collation, SV("UTF8_BINARY"))) return COLLATION_UTF8_BINARY;
    return collation_by_name(s->collation, &id) && collation_open(id) == DBX_OK
               ? id
               : (uint16_t)COLLATION_UTF8_BINARY;
}

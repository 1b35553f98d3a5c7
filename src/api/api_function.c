/* api_function.c - functions in C: registering them, and what they see of a call. */
#include "api/api_int.h"

#include "session/registered.h"

dbx_status dbx_register_scalar_function(dbx_connection *connection,
                                        const dbx_scalar_function_options *options,
                                        dbx_scalar_function function) {
    api_start(connection);
    return registered_add_scalar(connection->session, options, function);
}

dbx_status dbx_register_table_function(dbx_connection *connection,
                                       const dbx_table_function_options *options,
                                       dbx_table_function function) {
    api_start(connection);
    return registered_add_table(connection->session, options, function);
}

/* ---- the call ---- */

static const registered_function *udf_function(const dbx_udf_call *call) {
    return call->call->state;
}

uint32_t dbx_udf_row_count(const dbx_udf_call *call) {
    return call->rows;
}

const void *dbx_udf_arg(const dbx_udf_call *call, uint32_t index) {
    return index < udf_function(call)->argument_count ? call->args[index].data : NULL;
}

const uint64_t *dbx_udf_arg_validity(const dbx_udf_call *call, uint32_t index) {
    return index < udf_function(call)->argument_count ? call->args[index].validity : NULL;
}

void *dbx_udf_result(dbx_udf_call *call) {
    return call->result.data;
}

/* Memory may be short: the failure waits in the call's error and ends it when the function returns.
 */
void dbx_udf_set_null(dbx_udf_call *call, uint32_t row) {
    if (row >= call->rows) {
        (void)error_raise(call->call->err, ERR_MISUSE, call->call->position, "message",
                          "There is no such row", NULL);
        return;
    }
    (void)!fn_set_null(call->call, &call->result, row);
}

dbx_status dbx_udf_set_bytes(dbx_udf_call *call, uint32_t row, const void *data, size_t size) {
    fn_call *c = call->call;
    if (row >= call->rows || call->result.phys != PHYS_STRING || size > UINT32_MAX) {
        return error_raise(c->err, ERR_MISUSE, c->position, "message",
                           "dbx_udf_set_bytes needs a row of a STRING or BINARY function", NULL);
    }
    const char *bytes = data;
    if (size > VSTRING_INLINE_MAX) {
        char *copy = arena_alloc_bytes(c->arena, size);
        if (copy == NULL) return error_nomem(c->err);
        memcpy(copy, data, size);
        bytes = copy;
    }
    VECTOR_DATA(&call->result, vstring)[row] = vstring_from(bytes, size);
    return DBX_OK;
}

dbx_status dbx_udf_fail(dbx_udf_call *call, const char *message) {
    return error_raise(call->call->err, ERR_USER_RAISED_EXCEPTION, call->call->position,
                       "errorMessage", message, NULL);
}

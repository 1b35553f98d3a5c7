/* kernel_call.c - running kernels over the vectors of a call. */
#include "functions/kernel_call.h"

#include "functions/cast.h"

kernel_operand fn_operand(const vector *v) {
    vector_view view = vector_view_of(v);
    return (kernel_operand){view.data, view.sel, view.mask};
}

/* A kernel said that some row failed; `bad` are their numbers. */
static dbx_status fn_settle(fn_call *call, const vector *args, vector *out, const uint32_t *bad,
                            uint32_t count, failure_mode mode, fn_raise_row raise) {
    if (count == 0) return DBX_OK;
    if (mode == FAILURE_RAISE) return raise(call, args, out, bad[0]);
    for (uint32_t i = 0; i < count; i++) TRY(fn_set_null(call, out, bad[i]));
    return DBX_OK;
}

dbx_status fn_run_binary(fn_call *call, kernel_binary loop, const void *context, const vector *args,
                         vector *out, failure_mode mode, fn_raise_row raise) {
    assert(loop != NULL && out->form == VECTOR_FLAT);
    kernel_operand x = fn_operand(&args[0]), y = fn_operand(&args[1]);
    if (LIKELY(loop(x, y, out->data, call->sel, call->rows, NULL, context) == 0) ||
        mode == FAILURE_KEEP)
        return DBX_OK;
    uint32_t *bad = ARENA_ARRAY(call->arena, uint32_t, call->rows);
    if (bad == NULL) return error_nomem(call->err);
    uint32_t count = loop(x, y, out->data, call->sel, call->rows, bad, context);
    return fn_settle(call, args, out, bad, count, mode, raise);
}

dbx_status fn_run_unary(fn_call *call, kernel_unary loop, const void *context, const vector *args,
                        vector *out, failure_mode mode, fn_raise_row raise) {
    assert(loop != NULL && out->form == VECTOR_FLAT);
    kernel_operand x = fn_operand(&args[0]);
    if (LIKELY(loop(x, out->data, call->sel, call->rows, NULL, context) == 0) ||
        mode == FAILURE_KEEP)
        return DBX_OK;
    uint32_t *bad = ARENA_ARRAY(call->arena, uint32_t, call->rows);
    if (bad == NULL) return error_nomem(call->err);
    uint32_t count = loop(x, out->data, call->sel, call->rows, bad, context);
    return fn_settle(call, args, out, bad, count, mode, raise);
}

static const char *fn_value_print(fn_call *call, const vector *v, uint32_t row, bool sql) {
    buffer text;
    buffer_init(&text, call->arena->ledger);
    dbx_status status = sql ? value_append_sql(&text, v, row, call->query)
                            : value_append_text(&text, v, row, DBX_TEXT_CAST, call->query);
    string_view copy = {0};
    if (status == DBX_OK) copy = arena_copy_string(call->arena, buffer_view(&text));
    buffer_deinit(&text);
    return copy.data == NULL ? "" : copy.data;
}

const char *fn_value_sql(fn_call *call, const vector *v, uint32_t row) {
    return fn_value_print(call, v, row, true);
}
const char *fn_value_text(fn_call *call, const vector *v, uint32_t row) {
    return fn_value_print(call, v, row, false);
}

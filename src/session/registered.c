/* registered.c - see registered.h. */
#include "session/registered.h"

#include "formats/arrow.h"
#include "formats/registry.h"
#include "functions/cast.h"
#include "functions/signature.h"
#include "parser/parser.h"
#include "session/execution.h"

#include <stdio.h>

enum { REGISTERED_MESSAGE_MAX = 1024 };

/* ---- the list ---- */

static void registered_free(registered_function *f, ledger *l) {
    arena_deinit(&f->arena);
    mem_free(l, f, sizeof(*f));
}

void registered_free_all(registered_function *head, ledger *l) {
    while (head != NULL) {
        registered_function *next = head->next;
        if (head->free_user_data != NULL) head->free_user_data(head->user_data);
        registered_free(head, l);
        head = next;
    }
}

static const registered_function *registered_find(database *db, string_view name, bool is_table) {
    os_mutex_lock(&db->lock);
    const registered_function *f = db->functions;
    while (f != NULL && (f->is_table != is_table || !sv_equal_ignore_case(f->name, name)))
        f = f->next;
    os_mutex_unlock(&db->lock);
    return f;
}

static void registered_list(database *db, registered_function *f) {
    os_mutex_lock(&db->lock);
    f->next = db->functions;
    db->functions = f;
    os_mutex_unlock(&db->lock);
}

static dbx_status registered_new(session *s, const char *name, registered_function **out) {
    ledger *l = &s->db->ledger;
    if (name == NULL || name[0] == '\0') {
        return error_raise(&s->error, ERR_MISUSE, (span){0, 0}, "message",
                           "A function needs a name", NULL);
    }
    uint32_t ignored;
    if (function_lookup(sv_from(name), &ignored) != NULL ||
        table_function_lookup(sv_from(name)) != NULL) {
        return error_raise(&s->error, ERR_ROUTINE_ALREADY_EXISTS, (span){0, 0}, "newRoutineType",
                           "routine", "routineName", name, "existingRoutineType",
                           "built-in routine", NULL);
    }
    registered_function *f = mem_alloc_zero(l, sizeof(*f));
    if (f == NULL) return error_nomem(&s->error);
    arena_init(&f->arena, l);
    f->name = arena_copy_string(&f->arena, sv_from(name));
    if (f->name.data == NULL) {
        registered_free(f, l);
        return error_nomem(&s->error);
    }
    *out = f;
    return DBX_OK;
}

/* ---- scalar functions ---- */

static bool registered_has_layout(type t) {
    return t.id != TYPE_VOID && t.id != TYPE_ARRAY && t.id != TYPE_MAP && t.id != TYPE_STRUCT &&
           t.id != TYPE_VARIANT && !type_is_geo(t);
}

static dbx_status registered_parse_type(execution *e, registered_function *f, const char *text,
                                        type *out) {
    ast_type *written;
    type t;
    TRY(parser_parse_type(&e->arena, sv_from(text), NULL, &written, e->err));
    TRY(binder_bind_type(&e->binder, written, &t));
    if (!registered_has_layout(t)) {
        return error_raisef(e->err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "values of type %s in functions in C", text);
    }
    return type_copy(&f->arena, t, out) == DBX_OK ? DBX_OK : error_nomem(e->err);
}

static dbx_status registered_parse_types(session *s, registered_function *f,
                                         const dbx_scalar_function_options *options) {
    execution *e;
    TRY(execution_new(s, SV(""), NULL, &e));
    dbx_status status = DBX_OK;
    f->argument_count = options->argument_count;
    f->argument_types = ARENA_ARRAY(&f->arena, type, MAX(options->argument_count, 1u));
    if (f->argument_types == NULL) status = error_nomem(&s->error);
    for (uint32_t i = 0; status == DBX_OK && i < options->argument_count; i++) {
        status = registered_parse_type(e, f, options->argument_types[i], &f->argument_types[i]);
    }
    if (status == DBX_OK)
        status = registered_parse_type(e, f, options->return_type, &f->result_type);
    status = execution_end(e, status, &s->error);
    execution_free(e);
    return status;
}

/* Any arguments match the row; the declared types are checked here, as for functions that SQL
 * defines. */
static dbx_status registered_bind(fn_bind *b) {
    const registered_function *f = (const registered_function *)(const void *)b->row;
    if (b->arg_count != f->argument_count) {
        char expected[16], actual[16];
        snprintf(expected, sizeof(expected), "%u", f->argument_count);
        snprintf(actual, sizeof(actual), "%u", b->arg_count);
        return error_raise(b->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION, b->position,
                           "functionName", arena_printf(b->arena, "`%s`", f->name.data),
                           "expectedNum", expected, "actualNum", actual, "docroot",
                           "https://spark.apache.org/docs/latest", NULL);
    }
    for (uint32_t i = 0; i < b->arg_count; i++) {
        type wanted = f->argument_types[i];
        if (!type_equal(b->arg_types[i], wanted) &&
            !cast_implicit_allowed(b->arg_types[i], wanted, b->query->settings->ansi)) {
            return fn_bind_unexpected_type(
                b, i, arena_printf(b->arena, "\"%s\"", type_sql(b->arena, wanted)));
        }
        b->arg_types[i] = wanted;
    }
    b->result = f->result_type;
    b->state = f;
    return DBX_OK;
}

/* The active rows of the arguments, side by side. */
static dbx_status registered_gather(fn_call *call, const registered_function *f, const vector *args,
                                    arena *a, dbx_udf_call *u) {
    u->args = ARENA_ARRAY(a, vector, MAX(f->argument_count, 1u));
    if (u->args == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < f->argument_count; i++) {
        vector active;
        const vector *from = &args[i];
        if (call->sel != NULL && from->form != VECTOR_CONSTANT) {
            TRY(vector_slice(&active, from, call->sel, call->rows, a));
            from = &active;
        }
        if (from->form == VECTOR_FLAT)
            u->args[i] = *from;
        else
            TRY(vector_flatten(&u->args[i], from, call->rows, a));
    }
    return vector_init(&u->result, f->result_type, call->rows, a);
}

/* Results back to the rows that they belong to. */
static dbx_status registered_scatter(fn_call *call, const dbx_udf_call *u, vector *out) {
    uint32_t size = physical_size((physical_type)u->result.phys);
    assert(out->form == VECTOR_FLAT);
    assert(out->phys == u->result.phys);
    for (uint32_t i = 0; i < call->rows; i++) {
        uint32_t r = call->sel != NULL ? call->sel[i] : i;
        memcpy((char *)out->data + (size_t)r * size,
               (const char *)u->result.data + (size_t)i * size, size);
        if (!validity_get(u->result.validity, i)) TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}

static dbx_status registered_kernel(fn_call *call, const vector *args, vector *out) {
    const registered_function *f = call->state;
    if (call->rows == 0) return DBX_OK;
    arena scratch;
    arena_init(&scratch, &call->query->ledger);
    dbx_udf_call u = {.call = call, .rows = call->rows};
    dbx_status status = registered_gather(call, f, args, &scratch, &u);
    if (status == DBX_OK) {
        memset(u.result.data, 0, (size_t)physical_size((physical_type)u.result.phys) * call->rows);
        status = f->scalar(f->user_data, &u);
        if (status == DBX_OK && call->err != NULL)
            status = call->err->status; /* dbx_udf_fail without its return value */
        if (status == DBX_OK)
            status = registered_scatter(call, &u, out);
        else if (status != DBX_NOMEM && call->err != NULL && call->err->status == DBX_OK) {
            error_raisef(call->err, ERR_USER_RAISED_EXCEPTION, call->position, "errorMessage",
                         "The function %s failed with status %s", f->name.data,
                         dbx_status_name(status));
        }
    }
    arena_deinit(&scratch);
    if (status == DBX_NOMEM) return error_nomem(call->err);
    return status == DBX_OK || call->err == NULL ? status : call->err->status;
}

dbx_status registered_add_scalar(session *s, const dbx_scalar_function_options *options,
                                 dbx_scalar_function function) {
    bool valid = function != NULL && options->return_type != NULL &&
                 options->argument_count <= REGISTERED_ARGUMENTS_MAX;
    if (!valid) {
        return error_raise(
            &s->error, ERR_MISUSE, (span){0, 0}, "message",
            "A scalar function needs a body, a return type and at most 255 arguments", NULL);
    }
    registered_function *f;
    TRY(registered_new(s, options->name, &f));
    dbx_status status = registered_parse_types(s, f, options);
    if (status != DBX_OK) {
        registered_free(f, &s->db->ledger);
        return status;
    }
    uint32_t nulls = options->null_aware ? NULLS_AWARE : NULLS_PROPAGATE;
    uint32_t fixed = options->nondeterministic ? FN_VOLATILE : 0;
    f->row = (function_row){.name = f->name.data,
                            .signature = "([x any...]) -> bind",
                            .kind = FUNCTION_SCALAR,
                            .flags = nulls | fixed | FN_ALWAYS_NULLABLE,
                            .kernel = registered_kernel,
                            .bind = registered_bind,
                            .category = "user",
                            .doc = "A function that the application registered."};
    f->scalar = function;
    f->user_data = options->user_data;
    f->free_user_data = options->free_user_data;
    registered_list(s->db, f);
    return DBX_OK;
}

const function_row *registered_native(void *state, string_view name, uint32_t *count) {
    const registered_function *f = registered_find(((session *)state)->db, name, false);
    *count = f != NULL;
    return f != NULL ? &f->row : NULL;
}

/* ---- table functions ---- */

static dbx_status registered_texts(query *q, const table_argument *arguments, uint32_t count,
                                   arena *a, const char ***out) {
    const char **texts = ARENA_ARRAY(a, const char *, MAX(count, 1u));
    if (texts == NULL) return DBX_NOMEM;
    buffer text;
    buffer_init(&text, a->ledger);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; status == DBX_OK && i < count; i++) {
        if (vector_is_null(&arguments[i].value, 0)) continue;
        buffer_clear(&text);
        status = value_append_text(&text, &arguments[i].value, 0, DBX_TEXT_CAST, q);
        string_view copy =
            status == DBX_OK ? arena_copy_string(a, buffer_view(&text)) : (string_view){NULL, 0};
        if (copy.data == NULL) status = DBX_NOMEM;
        texts[i] = copy.data;
    }
    buffer_deinit(&text);
    *out = texts;
    return status;
}

static dbx_status registered_open_table(const void *function, query *q, ledger *l,
                                        const table_argument *arguments, uint32_t count,
                                        span position, source **out, error *err) {
    const registered_function *f = function;
    arena scratch;
    arena_init(&scratch, l);
    const char **texts;
    char message[REGISTERED_MESSAGE_MAX] = "";
    struct ArrowArrayStream stream = {0};
    dbx_status status = registered_texts(q, arguments, count, &scratch, &texts);
    if (status == DBX_NOMEM) {
        arena_deinit(&scratch);
        return error_nomem(err);
    }
    status = f->table(f->user_data, texts, count, &stream, message, sizeof(message));
    arena_deinit(&scratch);
    message[sizeof(message) - 1] = '\0';
    if (status == DBX_OK && stream.release != NULL)
        return arrow_stream_source(&stream, l, out, err);
    if (stream.release != NULL) stream.release(&stream);
    if (message[0] == '\0') {
        return error_raisef(err, ERR_USER_RAISED_EXCEPTION, position, "errorMessage",
                            "The table function %s failed", f->name.data);
    }
    return error_raise(err, ERR_USER_RAISED_EXCEPTION, position, "errorMessage", message, NULL);
}

bool registered_table_function(void *state, string_view name, binder_table_function *out) {
    const registered_function *f = registered_find(((session *)state)->db, name, true);
    if (f == NULL) return false;
    *out = (binder_table_function){.name = f->name, .function = f, .open = registered_open_table};
    return true;
}

dbx_status registered_add_table(session *s, const dbx_table_function_options *options,
                                dbx_table_function function) {
    if (function == NULL) {
        return error_raise(&s->error, ERR_MISUSE, (span){0, 0}, "message",
                           "A table function needs a body", NULL);
    }
    registered_function *f;
    TRY(registered_new(s, options->name, &f));
    f->is_table = true;
    f->table = function;
    f->user_data = options->user_data;
    f->free_user_data = options->free_user_data;
    registered_list(s->db, f);
    return DBX_OK;
}

/* generator.c - functions that give rows: explode, posexplode, inline, stack. explode_outer and
 * LATERAL VIEW OUTER are the operator's. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"

static dbx_status generator_list_count(fn_call *call, const vector *args, uint32_t *counts) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        uint32_t i = view_index(&view, r);
        counts[r_i] =
            validity_get(view.validity, i) ? ((const list_entry *)view.data)[i].length : 0;
    }
    return DBX_OK;
}

static dbx_status generator_copy(fn_call *call, vector *to, uint32_t at, const vector *from,
                                 uint32_t first, uint32_t n) {
    if (vector_copy(to, at, from, NULL, first, n, call->arena) != DBX_OK)
        return error_nomem(call->err);
    return DBX_OK;
}

static dbx_status generator_explode(fn_call *call, const vector *args, uint32_t row, uint32_t first,
                                    uint32_t n, vector *outs, uint32_t at) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    uint32_t from = nested_entry(&list, row).offset + first;
    if (list.parts == NULL) return generator_copy(call, &outs[0], at, list.child, from, n);
    TRY(generator_copy(call, &outs[0], at, &list.parts[0], from, n));
    return generator_copy(call, &outs[1], at, &list.parts[1], from, n);
}

static dbx_status generator_posexplode(fn_call *call, const vector *args, uint32_t row,
                                       uint32_t first, uint32_t n, vector *outs, uint32_t at) {
    for (uint32_t i = 0; i < n; i++) {
        VECTOR_DATA(&outs[0], int32_t)[at + i] = (int32_t)(first + i);
        if (outs[0].validity != NULL) validity_set_valid(outs[0].validity, at + i);
    }
    return generator_explode(call, args, row, first, n, outs + 1, at);
}

/* A NULL struct gives a row of NULLs. */
static dbx_status generator_inline(fn_call *call, const vector *args, uint32_t row, uint32_t first,
                                   uint32_t n, vector *outs, uint32_t at) {
    nested_list list;
    TRY(nested_open(call, &args[0], &list));
    const vector *structs = list.elements.base;
    uint32_t from = nested_entry(&list, row).offset + first;
    for (uint32_t f = 0; f < structs->type.child_count; f++) {
        for (uint32_t i = 0; i < n; i++) {
            if (!nested_element_valid(&list, from + i))
                TRY(nested_put_null(call, &outs[f], at + i));
            else
                TRY(generator_copy(call, &outs[f], at + i, &structs->children[f],
                                   view_index(&list.elements, from + i), 1));
        }
    }
    return DBX_OK;
}

/* state: number of rows, columns, arguments with the first */
typedef struct generator_stack_state {
    uint32_t rows, columns, args;
} generator_stack_state;

static dbx_status generator_stack_count(fn_call *call, const vector *args, uint32_t *counts) {
    const generator_stack_state *s = call->state;
    (void)args;
    for (uint32_t i = 0; i < call->rows; i++) counts[i] = s->rows;
    return DBX_OK;
}

static dbx_status generator_stack(fn_call *call, const vector *args, uint32_t row, uint32_t first,
                                  uint32_t n, vector *outs, uint32_t at) {
    const generator_stack_state *s = call->state;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < s->columns; c++) {
            uint32_t arg = 1 + (first + i) * s->columns + c;
            if (arg >= s->args)
                TRY(nested_put_null(call, &outs[c], at + i));
            else
                TRY(generator_copy(call, &outs[c], at + i, &args[arg], row, 1));
        }
    }
    return DBX_OK;
}

static const generator_kernel generator_explode_kernel = {generator_list_count, generator_explode};
static const generator_kernel generator_posexplode_kernel = {generator_list_count,
                                                             generator_posexplode};
static const generator_kernel generator_inline_kernel = {generator_list_count, generator_inline};
static const generator_kernel generator_stack_kernel = {generator_stack_count, generator_stack};

/* ---- binding ---- */

static dbx_status generator_bind_list(fn_bind *b, bool positions) {
    type t = b->arg_types[0];
    if (t.id != TYPE_ARRAY && t.id != TYPE_MAP)
        return fn_bind_unexpected_type(b, 0, "(\"ARRAY\" or \"MAP\")");
    type_field *fields = ARENA_ARRAY(b->arena, type_field, 3);
    if (fields == NULL) return error_nomem(b->err);
    uint32_t n = 0;
    if (positions) fields[n++] = (type_field){.name = SV("pos"), .type = type_simple(TYPE_INT)};
    for (uint32_t i = 0; i < t.child_count; i++) {
        fields[n] = t.children[i];
        if (t.id == TYPE_ARRAY) fields[n].name = SV("col");
        n++;
    }
    b->generator_fields = fields;
    b->generator_field_count = n;
    return DBX_OK;
}
static dbx_status generator_bind_explode(fn_bind *b) {
    return generator_bind_list(b, false);
}
static dbx_status generator_bind_posexplode(fn_bind *b) {
    return generator_bind_list(b, true);
}

static dbx_status generator_bind_inline(fn_bind *b) {
    type t = b->arg_types[0];
    if (t.id != TYPE_ARRAY || t.children[0].type.id != TYPE_STRUCT)
        return fn_bind_unexpected_type(b, 0, "\"ARRAY<STRUCT>\"");
    type element = t.children[0].type;
    type_field *fields = ARENA_ARRAY(b->arena, type_field, element.child_count + 1u);
    if (fields == NULL) return error_nomem(b->err);
    for (uint32_t i = 0; i < element.child_count; i++) {
        fields[i] = element.children[i];
        fields[i].nullable = fields[i].nullable || t.children[0].nullable;
    }
    b->generator_fields = fields;
    b->generator_field_count = element.child_count;
    return DBX_OK;
}

enum { GENERATOR_STACK_ROWS_MAX = 1 << 20 };

static dbx_status generator_bind_stack(fn_bind *b) {
    int64_t rows;
    generator_stack_state *s = ARENA_NEW(b->arena, generator_stack_state);
    if (s == NULL) return error_nomem(b->err);
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b));
    if (b->constants[0] != NULL && vector_is_null(b->constants[0], 0))
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_NULL, b->position, "sqlExpr",
                           sql == NULL ? "" : sql, "exprName", "`n`", NULL);
    if (!fn_bind_constant_int(b, 0, &rows)) {
        if (b->constants[0] != NULL) return fn_bind_unexpected_type(b, 0, "\"INT\"");
        const char *input = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, 0));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "inputName", "`n`", "inputType",
                           "\"INT\"", "inputExpr", input == NULL ? "" : input, NULL);
    }
    if (rows < 1 || rows > GENERATOR_STACK_ROWS_MAX) {
        const char *text = arena_printf(b->arena, "%lld", (long long)rows);
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__VALUE_OUT_OF_RANGE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "exprName", "`n`", "valueRange",
                           "(0, 2147483647]", "currentValue", text == NULL ? "" : text, NULL);
    }
    uint32_t values = b->arg_count - 1;
    uint32_t columns = (uint32_t)((values + (uint64_t)rows - 1) / (uint64_t)rows);
    *s = (generator_stack_state){(uint32_t)rows, columns, b->arg_count};
    type_field *fields = ARENA_ARRAY(b->arena, type_field, columns + 1);
    if (fields == NULL) return error_nomem(b->err);
    for (uint32_t c = 0; c < columns; c++) {
        const char *name = arena_printf(b->arena, "col%u", c);
        if (name == NULL) return error_nomem(b->err);
        fields[c] =
            (type_field){.name = sv_from(name), .type = type_simple(TYPE_VOID), .nullable = true};
        for (uint32_t i = 1 + c; i < b->arg_count; i += columns) {
            if (b->arg_types[i].id == TYPE_VOID) continue;
            if (fields[c].type.id == TYPE_VOID) fields[c].type = b->arg_types[i];
            if (!type_same_layout(fields[c].type, b->arg_types[i])) {
                const char *left = type_sql(b->arena, fields[c].type),
                           *right = type_sql(b->arena, b->arg_types[i]);
                return error_raise(
                    b->err, ERR_DATATYPE_MISMATCH__STACK_COLUMN_DIFF_TYPES, b->position, "sqlExpr",
                    sql == NULL ? "" : sql, "columnIndex", arena_printf(b->arena, "%u", c),
                    "leftParamIndex", arena_printf(b->arena, "%u", c + 1), "leftType",
                    arena_printf(b->arena, "\"%s\"", left == NULL ? "" : left), "rightParamIndex",
                    arena_printf(b->arena, "%u", i), "rightType",
                    arena_printf(b->arena, "\"%s\"", right == NULL ? "" : right), NULL);
            }
        }
        for (uint32_t i = 1 + c; i < b->arg_count; i += columns) b->arg_types[i] = fields[c].type;
    }
    b->state = s;
    b->generator_fields = fields;
    b->generator_field_count = columns;
    return DBX_OK;
}

const function_row generator_functions[] = {
    {.name = "explode",
     .signature = "(collection any) -> bind",
     .kind = FUNCTION_GENERATOR,
     .generator = &generator_explode_kernel,
     .bind = generator_bind_explode,
     .category = "generator",
     .doc = "A row for each element of an array or entry of a map."},
    {.name = "posexplode",
     .signature = "(collection any) -> bind",
     .kind = FUNCTION_GENERATOR,
     .generator = &generator_posexplode_kernel,
     .bind = generator_bind_posexplode,
     .category = "generator",
     .doc = "A row for each element of an array or entry of a map, with its position from 0."},
    {.name = "inline",
     .signature = "(input any) -> bind",
     .kind = FUNCTION_GENERATOR,
     .generator = &generator_inline_kernel,
     .bind = generator_bind_inline,
     .category = "generator",
     .doc = "A row for each struct of an array."},
    {.name = "stack",
     .signature = "(n any, expr any...) -> bind",
     .kind = FUNCTION_GENERATOR,
     .flags = NULLS_AWARE,
     .generator = &generator_stack_kernel,
     .bind = generator_bind_stack,
     .category = "generator",
     .doc = "The values expr1, expr2, … in n rows."},
};
const uint32_t generator_functions_count = ARRAY_COUNT(generator_functions);

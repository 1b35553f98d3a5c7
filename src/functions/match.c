/* match.c - overload choice, type variables, implicit casts and the errors of calls that do not
 * fit.
 *
 * A row is tried in two steps: which argument goes to which parameter (names, arity, lambdas), then
 * what it costs to convert the arguments. Type variables are bound to the common type of all places
 * where they stand.
 */
#include "functions/cast.h"
#include "functions/signature.h"
#include "vector/collation.h"

#include <stdio.h>

enum { MATCH_IMPOSSIBLE = 1 << 28 };

typedef struct match_try {
    function_match *m;
    const function_row *row;
    signature sig;
    uint32_t arg_count;             /* of the call as bound */
    const signature_param **params; /* per bound argument */
    uint32_t *source;
    type *types; /* resolved; VOID for lambdas */
    type variables[26];
    bool bound[26];
    bool variable_failed;
    uint32_t bad_arg; /* first that does not fit */
} match_try;

/* ---- errors ---- */

static const char *match_function_name(function_match *m) {
    char *lower = arena_printf(m->arena, "`" SV_FMT "`", SV_ARG(m->name));
    for (char *c = lower; c != NULL && *c != 0; c++) *c = ascii_lower(*c);
    return lower == NULL ? "" : lower;
}

static const char *match_number(arena *a, uint64_t n) {
    const char *text = arena_printf(a, "%llu", (unsigned long long)n);
    return text == NULL ? "" : text;
}

static dbx_status match_raise_arity(function_match *m, const function_row *rows, uint32_t count) {
    bool accepted[64] = {false};
    bool unbounded = false;
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        signature s;
        TRY(signature_parse(m->arena, &rows[i], &s, m->err));
        least = MIN(least, s.min_args);
        if (s.max_args == UINT32_MAX) unbounded = true;
        for (uint32_t n = s.min_args; n <= s.max_args && n < ARRAY_COUNT(accepted); n++)
            accepted[n] = true;
    }
    char text[256];
    size_t used = 0;
    uint32_t shown = 0;
    if (unbounded) {
        snprintf(text, sizeof(text), "> %u", least - (least > 0));
    } else {
        for (uint32_t n = 0; n < ARRAY_COUNT(accepted) && used < sizeof(text) - 16; n++) {
            if (!accepted[n]) continue;
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u",
                                     shown++ > 0 ? ", " : "", n);
        }
    }
    const char *expected = shown > 1 ? arena_printf(m->arena, "[%s]", text) : text;
    return error_raise(m->err, ERR_WRONG_NUM_ARGS__WITHOUT_SUGGESTION, m->position, "functionName",
                       match_function_name(m), "expectedNum", expected, "actualNum",
                       match_number(m->arena, m->arg_count), "docroot",
                       "https://spark.apache.org/docs/latest", NULL);
}

const char *fn_bind_arg_sql(fn_bind *b, uint32_t i) {
    assert(i < b->arg_count);
    string_view text = {0};
    if (b->arg_sql != NULL && b->arg_sql[i].size > 0)
        text = b->arg_sql[i];
    else if (b->arg_positions != NULL && b->arg_positions[i].end > b->arg_positions[i].start &&
             b->arg_positions[i].end <= b->query->sql.size)
        text = (string_view){b->query->sql.data + b->arg_positions[i].start,
                             b->arg_positions[i].end - b->arg_positions[i].start};
    string_view copy = arena_copy_string(b->arena, text);
    return copy.data == NULL ? "" : copy.data;
}

static bool match_is_operator(const char *name) {
    return !((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z') ||
             name[0] == '_');
}

const char *fn_bind_sql(fn_bind *b) {
    const char *name = b->row->name;
    const char *text = NULL;
    if ((match_is_operator(name) || strcmp(name, "div") == 0) && b->arg_count == 2) {
        text = arena_printf(b->arena, "(%s %s %s)", fn_bind_arg_sql(b, 0), name,
                            fn_bind_arg_sql(b, 1));
    } else if (match_is_operator(name) && b->arg_count == 1) {
        text = arena_printf(b->arena, "(%s %s)", name, fn_bind_arg_sql(b, 0));
    } else {
        text = arena_printf(b->arena, "%s(", name);
        for (uint32_t i = 0; i < b->arg_count && text != NULL; i++)
            text = arena_printf(b->arena, "%s%s%s", text, i > 0 ? ", " : "", fn_bind_arg_sql(b, i));
        if (text != NULL) text = arena_printf(b->arena, "%s)", text);
    }
    return text == NULL ? "" : text;
}

static const char *match_quoted(arena *a, const char *text) {
    const char *quoted = arena_printf(a, "\"%s\"", text);
    return quoted == NULL ? "" : quoted;
}

static const char *match_quoted_type(arena *a, type t) {
    const char *text = type_sql(a, t);
    return match_quoted(a, text == NULL ? "" : text);
}

static span match_arg_position(const fn_bind *b, uint32_t i) {
    (void)i;
    return b->position;
}

dbx_status fn_bind_unexpected_type(fn_bind *b, uint32_t i, const char *required) {
    static const char *const ordinals[] = {"first", "second",  "third",  "fourth", "fifth",
                                           "sixth", "seventh", "eighth", "ninth",  "tenth"};
    const char *ordinal = i < ARRAY_COUNT(ordinals) ? ordinals[i] : match_number(b->arena, i + 1);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__UNEXPECTED_INPUT_TYPE,
                       match_arg_position(b, i), "sqlExpr", match_quoted(b->arena, fn_bind_sql(b)),
                       "paramIndex", ordinal, "requiredType", required, "inputSql",
                       match_quoted(b->arena, fn_bind_arg_sql(b, i)), "inputType",
                       match_quoted_type(b->arena, b->arg_types[i]), NULL);
}

dbx_status fn_bind_different_types(fn_bind *b) {
    assert(b->arg_count >= 2);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__BINARY_OP_DIFF_TYPES, b->position, "sqlExpr",
                       match_quoted(b->arena, fn_bind_sql(b)), "left",
                       match_quoted_type(b->arena, b->arg_types[0]), "right",
                       match_quoted_type(b->arena, b->arg_types[1]), NULL);
}

dbx_status fn_bind_wrong_operand(fn_bind *b, const char *required) {
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__BINARY_OP_WRONG_TYPE, b->position, "sqlExpr",
                       match_quoted(b->arena, fn_bind_sql(b)), "inputType", required,
                       "actualDataType", match_quoted_type(b->arena, b->arg_types[0]), NULL);
}

dbx_status fn_bind_data_different_types(fn_bind *b) {
    const char *list = "";
    for (uint32_t i = 0; i < b->arg_count && list != NULL; i++)
        list = arena_printf(b->arena, "%s%s%s", list, i > 0 ? " or " : "",
                            match_quoted_type(b->arena, b->arg_types[i]));
    const char *name = arena_printf(b->arena, "`%s`", b->row->name);
    const char *types = arena_printf(b->arena, "(%s)", list == NULL ? "" : list);
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__DATA_DIFF_TYPES, b->position, "sqlExpr",
                       match_quoted(b->arena, fn_bind_sql(b)), "functionName",
                       name == NULL ? "" : name, "dataType", types == NULL ? "" : types, NULL);
}

dbx_status fn_bind_common_type(fn_bind *b, uint32_t from, uint32_t to, type *out) {
    assert(from < to && to <= b->arg_count);
    type common = b->arg_types[from];
    for (uint32_t i = from + 1; i < to; i++) {
        if (!type_common(b->arena, common, b->arg_types[i], b->query->settings->ansi, &common))
            return fn_bind_data_different_types(b);
    }
    for (uint32_t i = from; i < to; i++) b->arg_types[i] = common;
    *out = common;
    return DBX_OK;
}

bool fn_bind_constant_int(const fn_bind *b, uint32_t i, int64_t *out) {
    if (i >= b->arg_count || b->constants[i] == NULL || vector_is_null(b->constants[i], 0))
        return false;
    const vector *v = b->constants[i];
    switch (type_physical(v->type)) {
    case PHYS_INT8:
        *out = VECTOR_DATA(v, int8_t)[0];
        break;
    case PHYS_INT16:
        *out = VECTOR_DATA(v, int16_t)[0];
        break;
    case PHYS_INT32:
        *out = VECTOR_DATA(v, int32_t)[0];
        break;
    case PHYS_INT64:
        *out = VECTOR_DATA(v, int64_t)[0];
        break;
    default:
        return false;
    }
    return type_is_integer(v->type);
}

bool fn_bind_constant_string(const fn_bind *b, uint32_t i, string_view *out) {
    if (i >= b->arg_count || b->constants[i] == NULL || vector_is_null(b->constants[i], 0))
        return false;
    if (b->constants[i]->type.id != TYPE_STRING) return false;
    *out = vstring_view(&VECTOR_DATA(b->constants[i], vstring)[0]);
    return true;
}

/* ---- names and arity ---- */

static bool match_place(match_try *t, uint32_t arg, uint32_t param) {
    const function_match *m = t->m;
    uint8_t arity = m->lambda_arity == NULL ? 0 : m->lambda_arity[arg];
    const signature_type *st = &t->sig.params[param].type;
    /* An expression where a lambda is wanted is one that ignores its parameters. */
    if (arity > 0 && st->kind != SIGNATURE_LAMBDA) return false;
    if (arity > 0 && (arity < st->lambda_min || arity > st->child_count - 1)) return false;
    t->params[param] = &t->sig.params[param];
    t->source[param] = arg;
    return true;
}

/* Assigns caller's arguments to parameters. DBX_ERROR without a raised error: the row does not fit.
 */
static bool match_assign(match_try *t) {
    const function_match *m = t->m;
    const signature *s = &t->sig;
    uint32_t positional = m->arg_count;
    for (uint32_t i = 0; m->arg_names != NULL && i < m->arg_count; i++) {
        if (m->arg_names[i].size > 0 && positional == m->arg_count) positional = i;
    }
    if (positional == m->arg_count) {
        if (m->arg_count < s->min_args || m->arg_count > s->max_args) return false;
        for (uint32_t i = 0; i < m->arg_count; i++) {
            uint32_t param = MIN(i, s->count - 1);
            bool fits;
            if (param == i)
                fits = match_place(t, i, param);
            else {
                t->params[i] = &s->params[param];
                t->source[i] = i;
                fits = m->lambda_arity == NULL || m->lambda_arity[i] == 0;
            }
            if (!fits) return false;
        }
        t->arg_count = m->arg_count;
        for (uint32_t i = m->arg_count; i < s->count && s->params[i].default_text.data != NULL;
             i++) {
            t->params[i] = &s->params[i];
            t->source[i] = FUNCTION_ARG_DEFAULT;
            t->arg_count++;
        }
        return true;
    }
    if (s->max_args == UINT32_MAX || positional > s->count) return false;
    for (uint32_t i = 0; i < positional; i++) {
        if (!match_place(t, i, i)) return false;
    }
    t->arg_count = positional;
    for (uint32_t i = positional; i < m->arg_count; i++) {
        uint32_t param = 0;
        while (param < s->count && !sv_equal_ignore_case(s->params[param].name, m->arg_names[i]))
            param++;
        if (param == s->count || t->params[param] != NULL || !match_place(t, i, param))
            return false;
        t->arg_count = MAX(t->arg_count, param + 1);
    }
    for (uint32_t i = 0; i < t->arg_count || (i < s->count && !s->params[i].optional); i++) {
        if (t->params[i] != NULL) continue;
        if (!s->params[i].optional) return false;
        t->params[i] = &s->params[i];
        t->source[i] =
            s->params[i].default_text.data != NULL ? FUNCTION_ARG_DEFAULT : FUNCTION_ARG_NULL;
    }
    return true;
}

/* Says why named arguments do not fit the first row. */
static dbx_status match_raise_names(function_match *m, const function_row *row) {
    signature s;
    TRY(signature_parse(m->arena, row, &s, m->err));
    const char *routine = match_function_name(m);
    uint32_t positional = 0;
    while (positional < m->arg_count && m->arg_names[positional].size == 0) positional++;
    for (uint32_t i = positional; i < m->arg_count; i++) {
        string_view name = m->arg_names[i];
        if (name.size == 0)
            return error_raise(m->err, ERR_UNEXPECTED_POSITIONAL_ARGUMENT, m->position,
                               "routineName", routine, "parameterName",
                               arena_printf(m->arena, "`" SV_FMT "`", SV_ARG(m->arg_names[i - 1])),
                               NULL);
        const char *quoted = arena_printf(m->arena, "`" SV_FMT "`", SV_ARG(name));
        for (uint32_t j = positional; j < i; j++) {
            if (sv_equal_ignore_case(m->arg_names[j], name))
                return error_raise(
                    m->err,
                    ERR_DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT__DOUBLE_NAMED_ARGUMENT_REFERENCE,
                    m->position, "routineName", routine, "parameterName", quoted, NULL);
        }
        uint32_t param = 0;
        while (param < s.count && !sv_equal_ignore_case(s.params[param].name, name)) param++;
        if (param < positional)
            return error_raise(
                m->err, ERR_DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT__BOTH_POSITIONAL_AND_NAMED,
                m->position, "routineName", routine, "parameterName", quoted, NULL);
        if (param < s.count) continue;
        const char *list = "";
        for (uint32_t j = 0; j < s.count && list != NULL; j++)
            list = arena_printf(m->arena, "%s%s`" SV_FMT "`", list, j > 0 ? ", " : "",
                                SV_ARG(s.params[j].name));
        return error_raise(m->err, ERR_UNRECOGNIZED_PARAMETER_NAME, m->position, "routineName",
                           routine, "argumentName", quoted, "proposal", list == NULL ? "" : list,
                           NULL);
    }
    for (uint32_t i = positional; i < s.count; i++) {
        bool given = s.params[i].optional;
        for (uint32_t j = positional; j < m->arg_count; j++)
            given = given || sv_equal_ignore_case(m->arg_names[j], s.params[i].name);
        if (!given)
            return error_raise(m->err, ERR_REQUIRED_PARAMETER_NOT_FOUND, m->position, "routineName",
                               routine, "parameterName",
                               arena_printf(m->arena, "`" SV_FMT "`", SV_ARG(s.params[i].name)),
                               "index", match_number(m->arena, i), NULL);
    }
    return match_raise_arity(m, row, 1);
}

/* ---- types ---- */

static bool match_class_accepts(uint8_t cls, type t) {
    switch ((type_class)cls) {
    case CLASS_ANY:
        return true;
    case CLASS_NUMERIC:
        return type_is_numeric(t);
    case CLASS_INTEGRAL:
        return type_is_integer(t);
    case CLASS_FRACTIONAL:
        return type_is_float(t) || t.id == TYPE_DECIMAL;
    case CLASS_DECIMAL:
        return t.id == TYPE_DECIMAL;
    case CLASS_INTERVAL:
        return type_is_interval(t);
    case CLASS_DATETIME:
        return type_is_datetime(t);
    case CLASS_NESTED:
        return type_is_nested(t);
    case CLASS_COUNT:
        break;
    }
    return false;
}

/* What a NULL or a string becomes where a class is asked for. */
static type match_class_default(uint8_t cls, bool from_string) {
    switch ((type_class)cls) {
    case CLASS_INTEGRAL:
        return type_simple(from_string ? TYPE_BIGINT : TYPE_INT);
    case CLASS_DECIMAL:
        return type_decimal(38, 18);
    case CLASS_INTERVAL:
        return type_simple(TYPE_INTERVAL);
    case CLASS_DATETIME:
        return type_simple(TYPE_TIMESTAMP);
    case CLASS_NUMERIC:
    case CLASS_FRACTIONAL:
        return type_simple(TYPE_DOUBLE);
    case CLASS_ANY:
    case CLASS_NESTED:
    case CLASS_COUNT:
        break;
    }
    return type_simple(TYPE_VOID);
}

/* Does t satisfy st without conversion? Unbound variables accept all. */
static bool match_is_exact(const signature_type *st, type t) {
    switch ((signature_kind)st->kind) {
    case SIGNATURE_TYPE:
        if (st->type.id != t.id) return false;
        return t.id != TYPE_DECIMAL ||
               (t.precision == st->type.precision && t.scale == st->type.scale);
    case SIGNATURE_CLASS:
        return match_class_accepts(st->type_class, t);
    case SIGNATURE_VARIABLE:
        return true;
    case SIGNATURE_ARRAY:
        return t.id == TYPE_ARRAY && match_is_exact(&st->children[0], t.children[0].type);
    case SIGNATURE_MAP:
        return t.id == TYPE_MAP && match_is_exact(&st->children[0], t.children[0].type) &&
               match_is_exact(&st->children[1], t.children[1].type);
    case SIGNATURE_STRUCT:
        return t.id == TYPE_STRUCT;
    case SIGNATURE_UNION:
        for (uint32_t i = 0; i < st->child_count; i++) {
            if (match_is_exact(&st->children[i], t)) return true;
        }
        return false;
    case SIGNATURE_LAMBDA:
    case SIGNATURE_SAME:
    case SIGNATURE_BIND:
        break;
    }
    return false;
}

static uint32_t match_cost_one(match_try *t, const signature_type *st, type from);

/* Binds variables below st from the argument's type, and returns the cost of the conversion. */
static uint32_t match_cost_nested(match_try *t, const signature_type *st, type from) {
    type_id wanted = st->kind == SIGNATURE_ARRAY ? TYPE_ARRAY : TYPE_MAP;
    if (from.id == TYPE_VOID) return 1;
    if (from.id != wanted) return MATCH_IMPOSSIBLE;
    uint32_t cost = 0;
    for (uint32_t i = 0; i < st->child_count; i++)
        cost += match_cost_one(t, &st->children[i], from.children[i].type);
    return cost;
}

static uint32_t match_bind_variable(match_try *t, uint8_t variable, type from) {
    function_match *m = t->m;
    if (!t->bound[variable]) {
        t->bound[variable] = true;
        t->variables[variable] = from;
        return 0;
    }
    type common;
    if (type_equal(t->variables[variable], from)) return 0;
    if (!type_common(m->arena, t->variables[variable], from, m->query->settings->ansi, &common)) {
        t->variable_failed = true;
        return MATCH_IMPOSSIBLE;
    }
    t->variables[variable] = common;
    return 1;
}

static uint32_t match_cost_one(match_try *t, const signature_type *st, type from) {
    bool ansi = t->m->query->settings->ansi;
    switch ((signature_kind)st->kind) {
    case SIGNATURE_TYPE:
        if (match_is_exact(st, from)) return 0;
        if (!cast_implicit_allowed(from, st->type, ansi)) return MATCH_IMPOSSIBLE;
        if (from.id == TYPE_VOID) return 1;
        /* Widening is preferred to narrowing, and numbers stay numbers. */
        if (cast_is_widening(from, st->type))
            return 2 + (uint32_t)(st->type.id > from.id ? st->type.id - from.id : 0);
        return type_is_numeric(from) && type_is_numeric(st->type) ? 30 : 40;
    case SIGNATURE_CLASS:
        if (match_is_exact(st, from)) return 0;
        if (from.id == TYPE_VOID) return 1;
        if (from.id == TYPE_STRING && match_class_default(st->type_class, true).id != TYPE_VOID &&
            st->type_class != CLASS_INTERVAL)
            return 40;
        if (st->type_class == CLASS_DECIMAL && type_is_numeric(from)) return 10;
        return MATCH_IMPOSSIBLE;
    case SIGNATURE_VARIABLE:
        return match_bind_variable(t, st->variable, from);
    case SIGNATURE_ARRAY:
    case SIGNATURE_MAP:
        return match_cost_nested(t, st, from);
    case SIGNATURE_STRUCT:
        return from.id == TYPE_STRUCT ? 0 : from.id == TYPE_VOID ? 1 : MATCH_IMPOSSIBLE;
    case SIGNATURE_UNION: {
        uint32_t best = MATCH_IMPOSSIBLE;
        for (uint32_t i = 0; i < st->child_count; i++) {
            if (match_is_exact(&st->children[i], from))
                return match_cost_one(t, &st->children[i], from);
        }
        if (type_is_integer(from) || from.id == TYPE_DECIMAL || type_is_float(from)) {
            /* No narrowing into one of several: date_add(d, 1L) is refused. */
            for (uint32_t i = 0; i < st->child_count; i++) {
                if (st->children[i].kind == SIGNATURE_TYPE &&
                    cast_is_widening(from, st->children[i].type))
                    best = MIN(best, match_cost_one(t, &st->children[i], from));
                else if (st->children[i].kind == SIGNATURE_TYPE &&
                         st->children[i].type.id == TYPE_STRING)
                    best = MIN(best, 40);
            }
            return best;
        }
        for (uint32_t i = 0; i < st->child_count; i++)
            best = MIN(best, match_cost_one(t, &st->children[i], from));
        return best;
    }
    case SIGNATURE_LAMBDA:
    case SIGNATURE_SAME:
    case SIGNATURE_BIND:
        break;
    }
    return 0;
}

static uint32_t match_cost(match_try *t) {
    uint32_t total = 0;
    t->bad_arg = UINT32_MAX;
    for (uint32_t i = 0; i < t->arg_count; i++) {
        if (t->source[i] >= FUNCTION_ARG_DEFAULT) continue;
        if (t->params[i]->type.kind == SIGNATURE_LAMBDA) {
            bool written = t->m->lambda_arity != NULL && t->m->lambda_arity[t->source[i]] > 0;
            total = MIN(total + (written ? 0 : 1), (uint32_t)MATCH_IMPOSSIBLE);
            continue;
        }
        uint32_t cost = match_cost_one(t, &t->params[i]->type, t->m->arg_types[t->source[i]]);
        if (cost >= MATCH_IMPOSSIBLE && t->bad_arg == UINT32_MAX) t->bad_arg = i;
        total = MIN(total + MIN(cost, (uint32_t)MATCH_IMPOSSIBLE), (uint32_t)MATCH_IMPOSSIBLE);
    }
    return total;
}

/* The type that an argument of type `from` is brought to. */
static dbx_status match_resolve(function_match *m, const signature_type *st, type from, type *out) {
    switch ((signature_kind)st->kind) {
    case SIGNATURE_TYPE:
        *out = match_is_exact(st, from) ? from : st->type;
        return DBX_OK;
    case SIGNATURE_CLASS:
        if (from.id == TYPE_VOID)
            *out = match_class_default(st->type_class, false);
        else if (match_class_accepts(st->type_class, from))
            *out = from;
        else if (st->type_class == CLASS_DECIMAL && type_is_integer(from))
            *out = type_decimal_for(from);
        else
            *out = match_class_default(st->type_class, from.id == TYPE_STRING);
        return DBX_OK;
    case SIGNATURE_VARIABLE:
        *out =
            m->variable_bound[st->variable] ? m->variables[st->variable] : type_simple(TYPE_VOID);
        return DBX_OK;
    case SIGNATURE_ARRAY: {
        type element = type_simple(TYPE_VOID), item = element;
        bool nullable = true;
        if (from.id == TYPE_ARRAY) {
            item = from.children[0].type;
            nullable = from.children[0].nullable;
        }
        TRY(match_resolve(m, &st->children[0], item, &element));
        if (from.id == TYPE_ARRAY && type_equal(element, item)) {
            *out = from;
            return DBX_OK;
        }
        if (type_array(m->arena, element, nullable, out) != DBX_OK) return error_nomem(m->err);
        return DBX_OK;
    }
    case SIGNATURE_MAP: {
        type parts[2];
        for (uint32_t i = 0; i < 2; i++) {
            type item = from.id == TYPE_MAP ? from.children[i].type : type_simple(TYPE_VOID);
            TRY(match_resolve(m, &st->children[i], item, &parts[i]));
        }
        bool nullable = from.id != TYPE_MAP || from.children[1].nullable;
        if (type_map(m->arena, parts[0], parts[1], nullable, out) != DBX_OK)
            return error_nomem(m->err);
        return DBX_OK;
    }
    case SIGNATURE_UNION: {
        for (uint32_t i = 0; i < st->child_count; i++) {
            if (match_is_exact(&st->children[i], from))
                return match_resolve(m, &st->children[i], from, out);
        }
        match_try t = {.m = m};
        uint32_t best = 0, best_cost = MATCH_IMPOSSIBLE;
        for (uint32_t i = 0; i < st->child_count; i++) {
            uint32_t cost = match_cost_one(&t, &st->children[i], from);
            if (cost < best_cost) {
                best = i;
                best_cost = cost;
            }
        }
        return match_resolve(m, &st->children[best], from, out);
    }
    case SIGNATURE_STRUCT:
    case SIGNATURE_LAMBDA:
    case SIGNATURE_SAME:
    case SIGNATURE_BIND:
        break;
    }
    *out = from;
    return DBX_OK;
}

/* "INT", ("INT" or "SMALLINT"), ARRAY, NUMERIC, … as Spark prints what it requires. */
static const char *match_required(arena *a, const signature_type *st) {
    static const char *const classes[CLASS_COUNT] = {
        [CLASS_ANY] = "\"ANY\"",
        [CLASS_NUMERIC] = "\"NUMERIC\"",
        [CLASS_INTEGRAL] = "\"INTEGRAL\"",
        [CLASS_FRACTIONAL] = "\"FRACTIONAL\"",
        [CLASS_DECIMAL] = "\"DECIMAL\"",
        [CLASS_INTERVAL] =
            "(\"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL\")",
        [CLASS_DATETIME] = "(\"DATE\" or \"TIMESTAMP\")",
        [CLASS_NESTED] = "(\"ARRAY\" or \"MAP\" or \"STRUCT\")",
    };
    const char *text = "";
    switch ((signature_kind)st->kind) {
    case SIGNATURE_TYPE:
        return match_quoted_type(a, st->type);
    case SIGNATURE_CLASS:
        return classes[st->type_class];
    case SIGNATURE_ARRAY:
        return "\"ARRAY\"";
    case SIGNATURE_MAP:
        return "\"MAP\"";
    case SIGNATURE_STRUCT:
        return "\"STRUCT\"";
    case SIGNATURE_UNION:
        for (uint32_t i = 0; i < st->child_count && text != NULL; i++)
            text = arena_printf(a, "%s%s%s", text, i > 0 ? " or " : "",
                                match_required(a, &st->children[i]));
        text = arena_printf(a, "(%s)", text == NULL ? "" : text);
        return text == NULL ? "" : text;
    case SIGNATURE_VARIABLE:
    case SIGNATURE_LAMBDA:
    case SIGNATURE_SAME:
    case SIGNATURE_BIND:
        break;
    }
    return "\"ANY\"";
}

/* ---- the two steps ---- */

/* A default as a constant, so that bind functions see it like one that was given. */
static dbx_status match_default_constant(function_match *m, string_view text, const vector **out) {
    vector *v = ARENA_NEW(m->arena, vector);
    vstring *value = ARENA_NEW(m->arena, vstring);
    if (v == NULL || value == NULL) return error_nomem(m->err);
    *value = vstring_from(text.data, text.size);
    v->type = type_simple(TYPE_STRING);
    v->form = VECTOR_CONSTANT;
    v->phys = PHYS_STRING;
    v->data = value;
    *out = v;
    return DBX_OK;
}

static dbx_status match_fill_bind(function_match *m) {
    fn_bind *b = &m->bind;
    uint32_t n = b->arg_count;
    type *types = ARENA_ARRAY(m->arena, type, n + 1);
    bool *nullable = ARENA_ARRAY(m->arena, bool, n + 1);
    bool *literal = ARENA_ARRAY(m->arena, bool, n + 1);
    const vector **constants = ARENA_ARRAY(m->arena, const vector *, n + 1);
    span *positions = ARENA_ARRAY(m->arena, span, n + 1);
    string_view *sql = ARENA_ARRAY(m->arena, string_view, n + 1);
    m->defaults = ARENA_ARRAY(m->arena, string_view, n + 1);
    if (types == NULL || nullable == NULL || literal == NULL || constants == NULL ||
        positions == NULL || sql == NULL || m->defaults == NULL)
        return error_nomem(m->err);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = m->source[i];
        if (from >= FUNCTION_ARG_DEFAULT) {
            m->defaults[i] = m->params[i]->default_text;
            if (from == FUNCTION_ARG_DEFAULT)
                TRY(match_default_constant(m, m->defaults[i], &constants[i]));
            nullable[i] = from == FUNCTION_ARG_NULL;
            types[i] = type_simple(from == FUNCTION_ARG_NULL ? TYPE_VOID : TYPE_STRING);
            continue;
        }
        types[i] = m->arg_types[from];
        nullable[i] = m->arg_nullable == NULL || m->arg_nullable[from] || types[i].id == TYPE_VOID;
        constants[i] = m->constants == NULL ? NULL : m->constants[from];
        literal[i] = m->arg_literal == NULL ? constants[i] != NULL : m->arg_literal[from];
        if (m->arg_positions != NULL) positions[i] = m->arg_positions[from];
        if (m->arg_sql != NULL) sql[i] = m->arg_sql[from];
    }
    b->arg_types = types;
    b->arg_nullable = nullable;
    b->arg_literal = literal;
    b->constants = constants;
    b->arg_positions = positions;
    b->arg_sql = sql;
    return DBX_OK;
}

static void match_start_bind(function_match *m, const match_try *t) {
    m->row = t->row;
    m->signature = t->sig;
    m->params = t->params;
    m->source = t->source;
    memcpy(m->variables, t->variables, sizeof(m->variables));
    memcpy(m->variable_bound, t->bound, sizeof(m->variable_bound));
    m->bind = (fn_bind){
        .row = t->row,
        .arena = m->arena,
        .query = m->query,
        .err = m->err,
        .position = m->position,
        .arg_count = t->arg_count,
        .distinct = m->distinct,
        .kernel = t->row->kernel,
        .aggregate = t->row->aggregate,
        .generator = t->row->generator,
    };
}

static dbx_status match_lambda_params(function_match *m) {
    m->lambda_params = ARENA_ARRAY(m->arena, type *, m->arg_count + 1);
    if (m->lambda_params == NULL) return error_nomem(m->err);
    m->lambda_count = 0;
    for (uint32_t i = 0; i < m->bind.arg_count; i++) {
        const signature_type *st = &m->params[i]->type;
        if (m->source[i] >= FUNCTION_ARG_DEFAULT || st->kind != SIGNATURE_LAMBDA) continue;
        type *types = ARENA_ARRAY(m->arena, type, st->child_count);
        if (types == NULL) return error_nomem(m->err);
        for (uint32_t p = 0; p + 1 < st->child_count; p++)
            TRY(match_resolve(m, &st->children[p], type_simple(TYPE_VOID), &types[p]));
        m->lambda_params[m->source[i]] = types;
        m->lambda_count++;
    }
    return DBX_OK;
}

static dbx_status match_raise_misfit(function_match *m, match_try *t) {
    match_start_bind(m, t);
    TRY(match_fill_bind(m));
    if (t->variable_failed) return fn_bind_data_different_types(&m->bind);
    assert(t->bad_arg < t->arg_count);
    return fn_bind_unexpected_type(&m->bind, t->bad_arg,
                                   match_required(m->arena, &t->params[t->bad_arg]->type));
}

static dbx_status match_raise_no_row(function_match *m, const function_row *rows, uint32_t count) {
    bool named = false, has_lambda = false;
    for (uint32_t i = 0; i < m->arg_count; i++) {
        named = named || (m->arg_names != NULL && m->arg_names[i].size > 0);
        has_lambda = has_lambda || (m->lambda_arity != NULL && m->lambda_arity[i] > 0);
    }
    if (named) return match_raise_names(m, &rows[0]);
    if (has_lambda) {
        signature s;
        TRY(signature_parse(m->arena, &rows[0], &s, m->err));
        for (uint32_t i = 0; i < MIN(s.count, m->arg_count); i++) {
            if (s.params[i].type.kind == SIGNATURE_LAMBDA && m->lambda_arity[i] > 0 &&
                m->lambda_arity[i] != s.params[i].type.child_count - 1)
                return error_raise(
                    m->err, ERR_INVALID_LAMBDA_FUNCTION_CALL__NUM_ARGS_MISMATCH, m->position,
                    "expectedNumArgs", match_number(m->arena, s.params[i].type.child_count - 1),
                    "actualNumArgs", match_number(m->arena, m->lambda_arity[i]), NULL);
        }
        if (m->arg_count >= s.min_args && m->arg_count <= s.max_args)
            return error_raise(m->err, ERR_INVALID_LAMBDA_FUNCTION_CALL__NON_HIGHER_ORDER_FUNCTION,
                               m->position, "class", match_function_name(m), NULL);
    }
    return match_raise_arity(m, rows, count);
}

dbx_status function_match_row(function_match *m, const function_row *rows, uint32_t count) {
    assert(rows != NULL && count > 0);
    match_try best = {0}, misfit = {0};
    uint32_t best_cost = MATCH_IMPOSSIBLE;
    for (uint32_t i = 0; i < count && best_cost > 0; i++) {
        match_try t = {.m = m, .row = &rows[i]};
        TRY(signature_parse(m->arena, &rows[i], &t.sig, m->err));
        uint32_t room = MAX(m->arg_count, t.sig.count) + 1;
        t.params = ARENA_ARRAY(m->arena, const signature_param *, room);
        t.source = ARENA_ARRAY(m->arena, uint32_t, room);
        if (t.params == NULL || t.source == NULL) return error_nomem(m->err);
        if (!match_assign(&t)) continue;
        uint32_t cost = match_cost(&t);
        if (cost >= MATCH_IMPOSSIBLE) {
            if (misfit.row == NULL) misfit = t;
        } else if (best.row == NULL || cost < best_cost) {
            best = t;
            best_cost = cost;
        }
    }
    if (best.row == NULL) {
        if (misfit.row != NULL) return match_raise_misfit(m, &misfit);
        return match_raise_no_row(m, rows, count);
    }
    match_start_bind(m, &best);
    return match_lambda_params(m);
}

/* Body types of lambdas bind the variables of their results. */
static dbx_status match_bind_lambda_results(function_match *m) {
    match_try t = {.m = m};
    memcpy(t.variables, m->variables, sizeof(t.variables));
    memcpy(t.bound, m->variable_bound, sizeof(t.bound));
    for (uint32_t i = 0; i < m->bind.arg_count; i++) {
        const signature_type *st = &m->params[i]->type;
        if (m->source[i] >= FUNCTION_ARG_DEFAULT || st->kind != SIGNATURE_LAMBDA) continue;
        const signature_type *result = &st->children[st->child_count - 1];
        uint32_t cost = match_cost_one(&t, result, m->bind.arg_types[i]);
        if (cost >= MATCH_IMPOSSIBLE)
            return fn_bind_unexpected_type(&m->bind, i, match_required(m->arena, result));
    }
    memcpy(m->variables, t.variables, sizeof(t.variables));
    memcpy(m->variable_bound, t.bound, sizeof(t.bound));
    return DBX_OK;
}

static dbx_status match_check_constants(function_match *m) {
    fn_bind *b = &m->bind;
    for (uint32_t i = 0; i < b->arg_count; i++) {
        if (!m->params[i]->constant || b->constants[i] != NULL ||
            m->source[i] >= FUNCTION_ARG_DEFAULT)
            continue;
        const char *name = arena_printf(m->arena, "`" SV_FMT "`", SV_ARG(m->params[i]->name));
        return error_raise(m->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, m->position,
                           "sqlExpr", match_quoted(m->arena, fn_bind_sql(b)), "inputName",
                           name == NULL ? "" : name, "inputType",
                           match_required(m->arena, &m->params[i]->type), "inputExpr",
                           match_quoted(m->arena, fn_bind_arg_sql(b, i)), NULL);
    }
    return DBX_OK;
}

/* ---- collations ---- */

static bool match_collation_fits(uint32_t flags, uint16_t id) {
    if (id == COLLATION_INDETERMINATE) return true; /* refused by name elsewhere */
    if ((flags & FN_LCASE) && collation_is_icu(id)) return false;
    return !(flags & FN_SEARCHES) || !collation_is_cs_ai(id);
}

static dbx_status match_check_collations(fn_bind *b) {
    uint32_t flags = b->row->flags;
    if (!(flags & (FN_SEARCHES | FN_LCASE))) return DBX_OK;
    for (uint32_t i = 0; i < b->arg_count; i++) {
        type t = b->arg_types[i];
        if (t.id != TYPE_STRING || t.collation == COLLATION_UTF8_BINARY) continue;
        if (!match_collation_fits(flags, t.collation))
            return fn_bind_unexpected_type(b, i, "\"STRING\"");
        if (t.collation == COLLATION_INDETERMINATE)
            return error_raise(b->err, ERR_INDETERMINATE_COLLATION, b->position, NULL);
    }
    return DBX_OK;
}

static bool match_first_collation(const type *types, uint32_t count, uint16_t *out) {
    for (uint32_t i = 0; i < count; i++) {
        if (types[i].id == TYPE_STRING) {
            *out = types[i].collation;
            return true;
        }
        type child = types[i].child_count == 0 ? types[i] : types[i].children[0].type;
        if (types[i].child_count > 0 && match_first_collation(&child, 1, out)) return true;
    }
    return false;
}

static dbx_status match_collate_result(fn_bind *b) {
    uint16_t id;
    if (!(b->row->flags & FN_COLLATED) || !match_first_collation(b->arg_types, b->arg_count, &id) ||
        id == COLLATION_UTF8_BINARY)
        return DBX_OK;
    if (type_with_collation(b->arena, b->result, id, &b->result) != DBX_OK)
        return error_nomem(b->err);
    return DBX_OK;
}

dbx_status function_match_bind(function_match *m) {
    assert(m->row != NULL);
    fn_bind *b = &m->bind;
    TRY(match_fill_bind(m));
    TRY(match_bind_lambda_results(m));
    TRY(match_check_constants(m));
    bool any_nullable = false;
    for (uint32_t i = 0; i < b->arg_count; i++) {
        const signature_type *st = &m->params[i]->type;
        if (st->kind == SIGNATURE_LAMBDA)
            st = &st->children[st->child_count - 1];
        else
            any_nullable = any_nullable || b->arg_nullable[i];
        TRY(match_resolve(m, st, b->arg_types[i], &b->arg_types[i]));
    }
    b->nullable = (any_nullable && !(b->row->flags & NULLS_AWARE)) ||
                  (b->row->flags & NULLS_AWARE) || (b->row->flags & FN_ALWAYS_NULLABLE) ||
                  b->row->kind != FUNCTION_SCALAR;
    if (b->row->flags & FN_NEVER_NULL) b->nullable = false;
    if (m->signature.result.kind == SIGNATURE_SAME) {
        if (b->arg_count > 0) b->result = b->arg_types[0];
    } else if (m->signature.result.kind != SIGNATURE_BIND) {
        TRY(match_resolve(m, &m->signature.result, type_simple(TYPE_VOID), &b->result));
    }
    TRY(match_check_collations(b));
    if (b->row->bind != NULL) TRY(b->row->bind(b));
    TRY(match_collate_result(b));
    assert(b->row->kind != FUNCTION_SCALAR || b->kernel != NULL || m->err->status != DBX_OK);
    return DBX_OK;
}

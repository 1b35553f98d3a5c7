/* compile.c - expressions become steps, value-numbered, and blocks that say where steps run. See
 * program_int.h.
 *
 * A lambda's body is a program of its own. What it uses from outside becomes a capture: an input of
 * the body that the call reads from a register of the program around. Parts of the body that do not
 * depend on its parameters and cannot fail are captured whole, so that they are computed per row
 * and not per element.
 */
#include "eval/program_int.h"
#include "vector/hash.h"

enum { COMPILE_CHEAP_STEPS = 2, COMPILE_GUESS_STEPS = 6 };

typedef struct compiler {
    arena *arena;
    query *query;
    error *err;
    struct compiler *outer; /* of the program around; NULL at the top */
    const expr *lambda;
    ARENA_LIST(uint32_t) captures; /* registers of `outer` */
    ARENA_LIST(step) steps;
    uint32_t *table; /* hash table of register + 1 */
    uint32_t table_size;
    uint32_t *marks; /* per step: the last block that listed it */
    uint32_t mark_count;
    uint32_t last_mark;
} compiler;

static dbx_status compile_expr(compiler *c, const expr *x, uint32_t *reg);

/* ---- value numbering ------------------------------------------------------------------------- */

static uint64_t compile_step_hash(const step *s) {
    uint64_t hash = hash_combine(s->kind, s->type.id);
    for (uint32_t i = 0; i < s->arg_count; i++) hash = hash_combine(hash, s->args[i]);
    if (s->kind == STEP_INPUT) hash = hash_combine(hash, s->input);
    if (s->kind == STEP_CONSTANT) hash = hash_combine(hash, expr_hash(s->origin));
    if (s->kind == STEP_CALL) hash = hash_combine(hash, (uintptr_t)s->kernel);
    return hash;
}

/* Calls whose meaning is not in row, kernel and argument registers alone are compared as
 * expressions. */
static bool compile_calls_same(const step *s, const step *t) {
    if (s->kernel != t->kernel || s->flags != t->flags || s->lambda_count != t->lambda_count)
        return false;
    if (s->is_volatile || t->is_volatile || s->origin->kind != t->origin->kind) return false;
    if (s->origin->kind == EXPR_CALL && s->lambda_count == 0)
        return s->origin->u.call.row == t->origin->u.call.row;
    if (s->origin->kind == EXPR_CAST) return s->origin->u.cast.mode == t->origin->u.cast.mode;
    if (s->origin->kind == EXPR_NOT) return true;
    return expr_equal(s->origin, t->origin);
}

static bool compile_steps_same(const step *s, const step *t) {
    if (s->kind != t->kind || s->arg_count != t->arg_count || !type_equal(s->type, t->type))
        return false;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        if (s->args[i] != t->args[i]) return false;
    }
    switch (s->kind) {
    case STEP_INPUT:
        return s->input == t->input;
    case STEP_CONSTANT:
        return expr_equal(s->origin, t->origin);
    case STEP_CALL:
        return compile_calls_same(s, t);
    default:
        return true;
    }
}

static dbx_status compile_grow_table(compiler *c) {
    uint32_t size = c->table_size == 0 ? 32 : c->table_size * 2;
    uint32_t *table = ARENA_ARRAY(c->arena, uint32_t, size);
    if (table == NULL) return error_nomem(c->err);
    for (uint32_t i = 0; i < c->steps.count; i++) {
        uint32_t at = (uint32_t)compile_step_hash(&c->steps.items[i]) & (size - 1);
        while (table[at] != 0) at = (at + 1) & (size - 1);
        table[at] = i + 1;
    }
    c->table = table;
    c->table_size = size;
    return DBX_OK;
}

/* The register of an equal step, or of a new one. */
static dbx_status compile_add(compiler *c, const step *s, uint32_t *reg) {
    if (c->steps.count * 2 >= c->table_size) TRY(compile_grow_table(c));
    uint32_t at = (uint32_t)compile_step_hash(s) & (c->table_size - 1);
    for (; c->table[at] != 0; at = (at + 1) & (c->table_size - 1)) {
        if (!compile_steps_same(&c->steps.items[c->table[at] - 1], s)) continue;
        *reg = c->table[at] - 1;
        return DBX_OK;
    }
    if (ARENA_LIST_PUSH(c->arena, &c->steps, *s) != DBX_OK) return error_nomem(c->err);
    *reg = c->steps.count - 1;
    c->table[at] = c->steps.count;
    return DBX_OK;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

typedef struct block_builder {
    ARENA_LIST(uint32_t) steps;
    uint32_t mark;
} block_builder;

static dbx_status compile_list_step(compiler *c, block_builder *b, uint32_t reg) {
    const step *s = &c->steps.items[reg];
    if (s->kind == STEP_INPUT || s->kind == STEP_CONSTANT || c->marks[reg] == b->mark)
        return DBX_OK;
    c->marks[reg] = b->mark;
    bool lazy = s->block_count > 0;
    for (uint32_t i = 0; i < (lazy ? 1 : s->arg_count); i++)
        TRY(compile_list_step(c, b, s->args[i]));
    for (uint32_t i = 0; i < s->lambda_count; i++) {
        for (uint32_t k = 0; k < s->lambdas[i].capture_count; k++) {
            TRY(compile_list_step(c, b, s->lambdas[i].captures[k]));
        }
    }
    return ARENA_LIST_PUSH(c->arena, &b->steps, reg) == DBX_OK ? DBX_OK : error_nomem(c->err);
}

/* Is the step a plain call with one of the flags? */
static bool compile_step_has(const compiler *c, uint32_t reg, uint32_t flags) {
    const step *s = &c->steps.items[reg];
    if (s->kind == STEP_RELABEL) return true;
    return s->kind == STEP_CALL && (s->flags & flags) && s->lambda_count == 0 && !s->is_volatile;
}

static dbx_status compile_block_of(compiler *c, const uint32_t *regs, uint32_t count,
                                   step_block *out) {
    if (c->mark_count < c->steps.count) {
        uint32_t grown = c->steps.count * 2;
        uint32_t *marks = ARENA_ARRAY(c->arena, uint32_t, grown);
        if (marks == NULL) return error_nomem(c->err);
        c->marks = marks; /* marks of blocks being built do not matter: none is while another is */
        c->mark_count = grown;
    }
    block_builder b = {.mark = ++c->last_mark};
    for (uint32_t i = 0; i < count; i++) TRY(compile_list_step(c, &b, regs[i]));
    *out = (step_block){
        .steps = b.steps.items, .count = b.steps.count, .result = count > 0 ? regs[0] : 0};
    out->is_cheap = out->count <= COMPILE_CHEAP_STEPS;
    out->is_guess = out->count <= COMPILE_GUESS_STEPS;
    for (uint32_t i = 0; i < out->count; i++) {
        out->is_cheap = out->is_cheap && compile_step_has(c, out->steps[i], FN_TOTAL);
        out->is_guess =
            out->is_guess && compile_step_has(c, out->steps[i], FN_TOTAL | FN_SPECULATIVE);
    }
    return DBX_OK;
}

/* A block per part; the first part belongs to the block around. */
static dbx_status compile_parts(compiler *c, step *s) {
    step_block *blocks = ARENA_ARRAY(c->arena, step_block, s->arg_count);
    if (blocks == NULL) return error_nomem(c->err);
    blocks[0] = (step_block){.result = s->args[0], .is_cheap = true, .is_guess = true};
    for (uint32_t i = 1; i < s->arg_count; i++)
        TRY(compile_block_of(c, &s->args[i], 1, &blocks[i]));
    s->blocks = blocks;
    s->block_count = s->arg_count;
    return DBX_OK;
}

/* ---- lambdas --------------------------------------------------------------------------------- */

static bool compile_uses_params(const expr *x, const expr *lambda) {
    if (x->kind == EXPR_COLUMN) {
        for (uint32_t i = 0; i < lambda->u.lambda.param_count; i++) {
            if (lambda->u.lambda.params[i] == x->u.column) return true;
        }
    }
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (compile_uses_params(x->args[i], lambda)) return true;
    }
    return false;
}

static dbx_status compile_input(compiler *c, const expr *x, uint32_t input, uint32_t *reg) {
    step s = {.kind = STEP_INPUT, .type = x->type, .origin = x, .input = input};
    return compile_add(c, &s, reg);
}

/* Computes x outside the lambda and reads it as an input after the parameters. */
static dbx_status compile_capture(compiler *c, const expr *x, uint32_t *reg) {
    uint32_t outer;
    TRY(compile_expr(c->outer, x, &outer));
    uint32_t i = 0;
    while (i < c->captures.count && c->captures.items[i] != outer) i++;
    if (i == c->captures.count && ARENA_LIST_PUSH(c->arena, &c->captures, outer) != DBX_OK)
        return error_nomem(c->err);
    return compile_input(c, x, c->lambda->u.lambda.param_count + i, reg);
}

static dbx_status compile_finish(compiler *c, const uint32_t *results, uint32_t count,
                                 program **out);

static dbx_status compile_lambda(compiler *c, const expr *lambda, lambda_code *out) {
    compiler inner = {
        .arena = c->arena, .query = c->query, .err = c->err, .outer = c, .lambda = lambda};
    uint32_t result;
    TRY(compile_expr(&inner, lambda->args[0], &result));
    program *body;
    TRY(compile_finish(&inner, &result, 1, &body));
    *out = (lambda_code){.param_count = lambda->u.lambda.param_count,
                         .result_type = lambda->args[0]->type,
                         .body = body,
                         .captures = inner.captures.items,
                         .capture_count = inner.captures.count};
    return DBX_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static bool compile_has_entries(type t) {
    physical_type p = type_physical(t);
    return p != PHYS_LIST && p != PHYS_STRUCT;
}

/* One register of plain values beside static ones: results can be kept per dictionary entry. */
static void compile_find_dictionary(const compiler *c, step *s) {
    uint32_t found = UINT32_MAX;
    if (s->is_volatile || s->lambda_count > 0 || !compile_has_entries(s->type)) return;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        const step *arg = &c->steps.items[s->args[i]];
        if (arg->is_static || s->args[i] == found) continue;
        if (found != UINT32_MAX || !compile_has_entries(arg->type)) return;
        found = s->args[i];
    }
    s->by_dictionary = found != UINT32_MAX;
    s->dictionary = found;
}

static dbx_status compile_add_call(compiler *c, step *s, uint32_t *reg) {
    s->kind = STEP_CALL;
    s->is_static = !s->is_volatile;
    for (uint32_t i = 0; i < s->arg_count; i++)
        s->is_static = s->is_static && c->steps.items[s->args[i]].is_static;
    for (uint32_t i = 0; i < s->lambda_count; i++)
        s->is_static = s->is_static && s->lambdas[i].capture_count == 0;
    compile_find_dictionary(c, s);
    return compile_add(c, s, reg);
}

/* Compiles the arguments that are no lambdas; a lambda's place gets a NULL constant. */
static dbx_status compile_args(compiler *c, const expr *x, step *s) {
    uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, MAX(x->arg_count, 1));
    type *types = ARENA_ARRAY(c->arena, type, MAX(x->arg_count, 1));
    if (args == NULL || types == NULL) return error_nomem(c->err);
    for (uint32_t i = 0; i < x->arg_count; i++) {
        const expr *arg = x->args[i];
        types[i] = arg->type;
        if (arg->kind == EXPR_LAMBDA) {
            types[i] = arg->args[0]->type;
            arg = expr_constant_null(c->arena, types[i], arg->span);
            if (arg == NULL) return error_nomem(c->err);
        }
        TRY(compile_expr(c, arg, &args[i]));
    }
    s->type = x->type;
    s->position = x->span;
    s->origin = x;
    s->args = args;
    s->arg_types = types;
    s->arg_count = x->arg_count;
    return DBX_OK;
}

static dbx_status compile_lambda_args(compiler *c, const expr *x, step *s) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < x->arg_count; i++) count += x->args[i]->kind == EXPR_LAMBDA;
    if (count == 0) return DBX_OK;
    lambda_code *lambdas = ARENA_ARRAY(c->arena, lambda_code, count);
    if (lambdas == NULL) return error_nomem(c->err);
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (x->args[i]->kind == EXPR_LAMBDA)
            TRY(compile_lambda(c, x->args[i], &lambdas[s->lambda_count++]));
    }
    s->lambdas = lambdas;
    return DBX_OK;
}

/* ---- lazy steps ------------------------------------------------------------------------------ */

static dbx_status compile_lazy(compiler *c, const expr *x, step_kind kind, uint32_t *reg) {
    step s = {.can_fail = false};
    TRY(compile_args(c, x, &s));
    s.kind = (uint8_t)kind;
    if (x->arg_count == 1) { /* coalesce(x) */
        *reg = s.args[0];
        return DBX_OK;
    }
    TRY(compile_parts(c, &s));
    return compile_add(c, &s, reg);
}

/* if(c, a, b) and nvl2(x, a, b) are CASE WHEN … THEN a ELSE b END. */
static dbx_status compile_choice(compiler *c, const expr *x, bool by_null, uint32_t *reg) {
    assert(x->arg_count == 3);
    step s = {.can_fail = false};
    TRY(compile_args(c, x, &s));
    if (by_null) {
        step test = {.type = type_simple(TYPE_BOOLEAN),
                     .position = x->span,
                     .origin = x,
                     .args = s.args,
                     .arg_types = s.arg_types,
                     .arg_count = 1,
                     .kernel = eval_is_not_null,
                     .flags = NULLS_AWARE | FN_TOTAL};
        uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, 3);
        if (args == NULL) return error_nomem(c->err);
        memcpy(args, s.args, 3 * sizeof(*args));
        TRY(compile_add_call(c, &test, &args[0]));
        s.args = args;
    }
    s.kind = STEP_CASE;
    TRY(compile_parts(c, &s));
    return compile_add(c, &s, reg);
}

static dbx_status compile_call(compiler *c, const expr *x, uint32_t *reg) {
    const function_row *row = x->u.call.row;
    if (row->op == OP_COALESCE && x->arg_count > 0) return compile_lazy(c, x, STEP_COALESCE, reg);
    if (row->op == OP_IF) return compile_choice(c, x, false, reg);
    if (row->op == OP_NVL2) return compile_choice(c, x, true, reg);
    step s = {.kernel = x->u.call.kernel,
              .state = x->u.call.state,
              .scratch_size = x->u.call.scratch_size,
              .flags = row->flags,
              .can_fail = !(row->flags & (FN_TOTAL | FN_NEVER_FAILS))};
    TRY(compile_args(c, x, &s));
    TRY(compile_lambda_args(c, x, &s));
    s.is_volatile = (row->flags & FN_VOLATILE) != 0 || (s.lambda_count > 0 && expr_is_volatile(x));
    if (s.kernel == NULL) {
        return error_raisef(c->err, ERR_INTERNAL_ERROR, x->span, "message", "%s has no kernel",
                            row->name);
    }
    return compile_add_call(c, &s, reg);
}

/* ---- casts ----------------------------------------------------------------------------------- */

static bool compile_cast_is_relabel(type from, type to) {
    if (!type_same_layout(from, to)) return false;
    return to.char_kind == CHAR_KIND_STRING ||
           (to.char_kind == from.char_kind && to.length == from.length);
}

/* A cast between fixed-width types reads nothing through its values. */
static uint32_t compile_cast_flags(const expr *x) {
    physical_type from = type_physical(x->args[0]->type), to = type_physical(x->type);
    if (from >= PHYS_STRING || to >= PHYS_STRING) return 0;
    return x->u.cast.can_fail && x->u.cast.mode == CAST_ANSI ? FN_SPECULATIVE : FN_TOTAL;
}

static dbx_status compile_cast(compiler *c, const expr *x, uint32_t *reg) {
    step s = {.kernel = x->u.cast.kernel, .state = x->u.cast.state};
    /* A NULL of no type becomes one of this type; raise_error() must still run. */
    if (x->args[0]->type.id == TYPE_VOID && !expr_can_fail(x->args[0])) {
        const expr *null = expr_constant_null(c->arena, x->type, x->span);
        return null != NULL ? compile_expr(c, null, reg) : error_nomem(c->err);
    }
    TRY(compile_args(c, x, &s));
    if (compile_cast_is_relabel(x->args[0]->type, x->type)) {
        s.kind = STEP_RELABEL;
        s.is_static = c->steps.items[s.args[0]].is_static;
        return compile_add(c, &s, reg);
    }
    s.can_fail = x->u.cast.can_fail && x->u.cast.mode == CAST_ANSI;
    s.flags = compile_cast_flags(x);
    if (s.kernel == NULL)
        return error_raisef(c->err, ERR_INTERNAL_ERROR, x->span, "message", "cast has no kernel");
    return compile_add_call(c, &s, reg);
}

/* ---- IN -------------------------------------------------------------------------------------- */

static bool compile_in_is_constant(const expr *x) {
    for (uint32_t i = 1; i < x->arg_count; i++) {
        if (x->args[i]->kind != EXPR_CONSTANT) return false;
    }
    return true;
}

static dbx_status compile_in_set(compiler *c, const expr *x, uint32_t *reg) {
    step s = {.type = x->type, .position = x->span, .origin = x, .arg_count = 1};
    uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, 1);
    type *types = ARENA_ARRAY(c->arena, type, 1);
    if (args == NULL || types == NULL) return error_nomem(c->err);
    types[0] = x->args[0]->type;
    s.args = args;
    s.arg_types = types;
    TRY(in_set_new(c->arena, x, &s.kernel, &s.state, c->err));
    TRY(compile_expr(c, x->args[0], &args[0]));
    return compile_add_call(c, &s, reg);
}

/* x IN (y, z) is x = y OR x = z. */
static dbx_status compile_in_list(compiler *c, const expr *x, uint32_t *reg) {
    step any = {.kind = STEP_OR,
                .type = x->type,
                .position = x->span,
                .origin = x,
                .arg_count = x->arg_count - 1};
    uint32_t *parts = ARENA_ARRAY(c->arena, uint32_t, any.arg_count);
    type *types = ARENA_ARRAY(c->arena, type, 2);
    if (parts == NULL || types == NULL) return error_nomem(c->err);
    types[0] = types[1] = x->args[0]->type;
    for (uint32_t i = 0; i < any.arg_count; i++) {
        uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, 2);
        if (args == NULL) return error_nomem(c->err);
        TRY(compile_expr(c, x->args[0], &args[0]));
        TRY(compile_expr(c, x->args[i + 1], &args[1]));
        step s = {.type = x->type,
                  .position = x->span,
                  .origin = x->args[i + 1],
                  .args = args,
                  .arg_types = types,
                  .arg_count = 2,
                  .kernel = eval_equal};
        TRY(compile_add_call(c, &s, &parts[i]));
    }
    any.args = parts;
    if (any.arg_count == 1) {
        *reg = parts[0];
        return DBX_OK;
    }
    TRY(compile_parts(c, &any));
    return compile_add(c, &any, reg);
}

/* ---- expressions ----------------------------------------------------------------------------- */

static dbx_status compile_not(compiler *c, const expr *x, uint32_t *reg) {
    step s = {.kernel = eval_not, .flags = FN_TOTAL};
    TRY(compile_args(c, x, &s));
    return compile_add_call(c, &s, reg);
}

static dbx_status compile_column(compiler *c, const expr *x, uint32_t *reg) {
    if (c->lambda != NULL) {
        for (uint32_t i = 0; i < c->lambda->u.lambda.param_count; i++) {
            if (c->lambda->u.lambda.params[i] == x->u.column) return compile_input(c, x, i, reg);
        }
        return compile_capture(c, x, reg);
    }
    return error_raisef(c->err, ERR_INTERNAL_ERROR, x->span, "message", "column #%u has no slot",
                        x->u.column);
}

static dbx_status compile_constant(compiler *c, const expr *x, uint32_t *reg) {
    vector *value = ARENA_NEW(c->arena, vector);
    if (value == NULL) return error_nomem(c->err);
    *value = *x->u.value;
    value->type = x->type;
    step s = {
        .kind = STEP_CONSTANT, .is_static = true, .type = x->type, .origin = x, .value = value};
    return compile_add(c, &s, reg);
}

static dbx_status compile_expr(compiler *c, const expr *x, uint32_t *reg) {
    bool leaf = x->arg_count == 0;
    if (c->outer != NULL && !leaf && !compile_uses_params(x, c->lambda) && !expr_is_foldable(x) &&
        !expr_can_fail(x) && !expr_is_volatile(x)) {
        return compile_capture(c, x, reg);
    }
    switch ((expr_kind)x->kind) {
    case EXPR_CONSTANT:
        return compile_constant(c, x, reg);
    case EXPR_COLUMN:
        return compile_column(c, x, reg);
    case EXPR_SLOT:
        return c->outer != NULL ? compile_capture(c, x, reg) : compile_input(c, x, x->u.slot, reg);
    case EXPR_CALL:
        return compile_call(c, x, reg);
    case EXPR_CAST:
        return compile_cast(c, x, reg);
    case EXPR_CASE:
        return compile_lazy(c, x, STEP_CASE, reg);
    case EXPR_AND:
        return compile_lazy(c, x, STEP_AND, reg);
    case EXPR_OR:
        return compile_lazy(c, x, STEP_OR, reg);
    case EXPR_NOT:
        return compile_not(c, x, reg);
    case EXPR_IN:
        return compile_in_is_constant(x) ? compile_in_set(c, x, reg) : compile_in_list(c, x, reg);
    case EXPR_PARAMETER:
    case EXPR_LAMBDA:
    case EXPR_AGGREGATE:
    case EXPR_WINDOW:
    case EXPR_SUBQUERY:
        break;
    }
    return error_raisef(c->err, ERR_INTERNAL_ERROR, x->span, "message",
                        "expression of kind %u cannot be computed here", x->kind);
}

/* ---- programs -------------------------------------------------------------------------------- */

typedef ARENA_LIST(const expr *) conjunct_list;

/* Parts of ANDs are conjuncts of their own. */
static dbx_status compile_split(compiler *c, const expr *x, conjunct_list *out) {
    if (x->kind != EXPR_AND)
        return ARENA_LIST_PUSH(c->arena, out, x) == DBX_OK ? DBX_OK : error_nomem(c->err);
    for (uint32_t i = 0; i < x->arg_count; i++) TRY(compile_split(c, x->args[i], out));
    return DBX_OK;
}

static dbx_status compile_conjuncts(compiler *c, expr *const *exprs, uint32_t count, program *p) {
    conjunct_list parts = {NULL, 0, 0};
    for (uint32_t i = 0; i < count; i++) {
        if (exprs[i]->type.id != TYPE_BOOLEAN) return DBX_OK;
        TRY(compile_split(c, exprs[i], &parts));
    }
    step_block *blocks = ARENA_ARRAY(c->arena, step_block, MAX(parts.count, 1));
    bool *can_fail = ARENA_ARRAY(c->arena, bool, MAX(parts.count, 1));
    if (blocks == NULL || can_fail == NULL) return error_nomem(c->err);
    for (uint32_t i = 0; i < parts.count; i++) {
        uint32_t reg;
        TRY(compile_expr(c, parts.items[i], &reg));
        TRY(compile_block_of(c, &reg, 1, &blocks[i]));
        can_fail[i] = expr_can_fail(parts.items[i]) || expr_is_volatile(parts.items[i]);
    }
    p->conjuncts = blocks;
    p->conjunct_can_fail = can_fail;
    p->conjunct_count = parts.count;
    return DBX_OK;
}

/* The program of what was compiled so far; conjuncts are added by the caller. */
static dbx_status compile_finish(compiler *c, const uint32_t *results, uint32_t count,
                                 program **out) {
    program *p = ARENA_NEW(c->arena, program);
    uint32_t *copy = ARENA_ARRAY(c->arena, uint32_t, MAX(count, 1));
    if (p == NULL || copy == NULL) return error_nomem(c->err);
    if (count > 0) memcpy(copy, results, count * sizeof(*copy));
    p->results = copy;
    p->result_count = count;
    TRY(compile_block_of(c, results, count, &p->main));
    p->steps = c->steps.items;
    p->step_count = c->steps.count;
    for (uint32_t i = 0; i < p->step_count; i++)
        p->max_args = MAX(p->max_args, p->steps[i].arg_count);
    *out = p;
    return DBX_OK;
}

/* A call's result may be narrow when every use of it is an argument of a call that takes that. */
static dbx_status compile_narrow(compiler *c, const uint32_t *results, uint32_t count,
                                 const bool *narrow) {
    bool *wide = ARENA_ARRAY(c->arena, bool, MAX(c->steps.count, 1));
    if (wide == NULL) return error_nomem(c->err);
    for (uint32_t i = 0; i < c->steps.count; i++) {
        const step *s = &c->steps.items[i];
        bool takes = s->kind == STEP_CALL && (s->flags & FN_NARROW) && s->lambda_count == 0;
        for (uint32_t k = 0; k < s->arg_count; k++) wide[s->args[k]] |= !takes;
        for (uint32_t l = 0; l < s->lambda_count; l++) {
            for (uint32_t k = 0; k < s->lambdas[l].capture_count; k++)
                wide[s->lambdas[l].captures[k]] = true;
        }
    }
    for (uint32_t i = 0; i < count; i++) wide[results[i]] |= narrow == NULL || !narrow[i];
    for (uint32_t i = 0; i < c->steps.count; i++) {
        step *s = &c->steps.items[i];
        s->narrow = s->kind == STEP_CALL && (s->flags & FN_NARROW) && !wide[i];
    }
    return DBX_OK;
}

dbx_status program_compile(arena *a, query *q, expr *const *exprs, uint32_t count,
                           const program **out, error *err) {
    return program_compile_narrow(a, q, exprs, count, NULL, out, err);
}

dbx_status program_compile_narrow(arena *a, query *q, expr *const *exprs, uint32_t count,
                                  const bool *narrow, const program **out, error *err) {
    compiler c = {.arena = a, .query = q, .err = err};
    program filter = {0};
    uint32_t *results = ARENA_ARRAY(a, uint32_t, MAX(count, 1));
    if (results == NULL) return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) TRY(compile_expr(&c, exprs[i], &results[i]));
    TRY(compile_conjuncts(&c, exprs, count, &filter));
    TRY(compile_narrow(&c, results, count, narrow));
    program *p;
    TRY(compile_finish(&c, results, count, &p));
    p->conjuncts = filter.conjuncts;
    p->conjunct_can_fail = filter.conjunct_can_fail;
    p->conjunct_count = filter.conjunct_count;
    *out = p;
    return DBX_OK;
}

/* expr_rewrite.c - copying and rewriting expressions. A node is copied only where it or something
 * below changes. */
#include "plan/expr.h"

static expr *expr_clone_node(arena *a, const expr *x) {
    expr *copy = arena_alloc(a, sizeof(expr));
    if (copy == NULL) return NULL;
    *copy = *x;
    if (x->arg_count == 0) return copy;
    copy->args = ARENA_ARRAY(a, expr *, x->arg_count);
    if (copy->args == NULL) return NULL;
    memcpy(copy->args, x->args, x->arg_count * sizeof(expr *));
    return copy;
}

/* Rewrites one child in place of its slot; the owner is cloned at the first change. */
static bool expr_rewrite_child(arena *a, expr **owner, const expr *original, uint32_t i,
                               expr_visit visit, void *state) {
    expr *child = expr_rewrite(a, original->args[i], visit, state);
    if (child == NULL) return false;
    if (child == original->args[i]) return true;
    if (*owner == original) *owner = expr_clone_node(a, original);
    if (*owner == NULL) return false;
    (*owner)->args[i] = child;
    return true;
}

/* The offsets of a window frame are children, too. */
static bool expr_rewrite_frame(arena *a, expr **owner, const expr *original, expr_visit visit,
                               void *state) {
    const window_frame *frame = &original->u.window.frame;
    expr *start = frame->start_offset;
    expr *end = frame->end_offset;
    if (start != NULL && (start = expr_rewrite(a, start, visit, state)) == NULL) return false;
    if (end != NULL && (end = expr_rewrite(a, end, visit, state)) == NULL) return false;
    if (start == frame->start_offset && end == frame->end_offset) return true;
    if (*owner == original) *owner = expr_clone_node(a, original);
    if (*owner == NULL) return false;
    (*owner)->u.window.frame.start_offset = start;
    (*owner)->u.window.frame.end_offset = end;
    return true;
}

expr *expr_rewrite(arena *a, expr *x, expr_visit visit, void *state) {
    expr *result = x;
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (!expr_rewrite_child(a, &result, x, i, visit, state)) return NULL;
    }
    if (x->kind == EXPR_WINDOW && !expr_rewrite_frame(a, &result, x, visit, state)) return NULL;
    return visit(result, state);
}

typedef struct expr_substitution {
    const column_id *ids;
    expr *const *with;
    uint32_t count;
} expr_substitution;

static expr *expr_substitute_visit(expr *x, void *state) {
    const expr_substitution *s = state;
    if (x->kind != EXPR_COLUMN) return x;
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->ids[i] == x->u.column) return s->with[i];
    }
    return x;
}

expr *expr_substitute(arena *a, expr *x, const column_id *ids, expr *const *with, uint32_t count) {
    expr_substitution s = {ids, with, count};
    return expr_rewrite(a, x, expr_substitute_visit, &s);
}

expr *expr_copy(arena *a, const expr *x) {
    expr *copy = expr_clone_node(a, x);
    if (copy == NULL) return NULL;
    for (uint32_t i = 0; i < copy->arg_count; i++) {
        copy->args[i] = expr_copy(a, copy->args[i]);
        if (copy->args[i] == NULL) return NULL;
    }
    if (x->kind != EXPR_WINDOW) return copy;
    window_frame *frame = &copy->u.window.frame;
    if (frame->start_offset != NULL &&
        (frame->start_offset = expr_copy(a, frame->start_offset)) == NULL)
        return NULL;
    if (frame->end_offset != NULL && (frame->end_offset = expr_copy(a, frame->end_offset)) == NULL)
        return NULL;
    return copy;
}

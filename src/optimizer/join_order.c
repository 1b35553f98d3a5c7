/* join_order.c - the order of joins, by dynamic programming over subsets of relations.
 *
 * A region is what stands together of INNER joins, of the left sides of LEFT, SEMI, ANTI and MARK
 * joins, of filters, and of projections that only pass on or rename columns. Its leaves are
 * relations. The right side of a non-inner join is a relation that can only be joined, by its own
 * kind and conditions, to a set that has all relations whose columns its conditions use. What such
 * a join does to a row of these depends on that row alone, so it may stand anywhere above them.
 *
 * PRECONDITIONS  SINGLE joins end a region, since they may raise for rows that another join would
 * have dropped; so do RIGHT and FULL. Volatile conjuncts stay above the region. A conjunct is
 * applied as soon as all its columns are there: as a condition of an INNER join, as a filter above
 * another.
 *
 * METHOD  Up to JOIN_ORDER_EXACT relations all splits of all connected subsets are tried (bushy);
 * cross products only between sets that no condition connects to others. Above that, the pair with
 * the smallest result is joined first. Cost is the rows of all intermediate results plus the rows
 * that are built into hash tables (C_out with build costs). Equalities are closed over
 * transitivity, and one equality a class is tested at each join.
 */
#include "optimizer/rule.h"
#include "optimizer/statistics.h"

#include <math.h>

enum { JOIN_ORDER_EXACT = 12, JOIN_ORDER_RELATIONS = 48, JOIN_ORDER_NO_CLASS = UINT32_MAX };

#define COST_BUILD 1.5 /* per row put into a hash table, relative to a row of a result */
#define COST_PROBE 0.3
#define COST_PAIR 0.05 /* per pair of rows that a nested loop compares */

typedef uint64_t relation_set;

typedef struct order_relation {
    plan_node *node;
    plan_join *join;     /* of a dependent relation: how it is joined; NULL for others */
    relation_set refs;   /* dependent: what it needs */
    relation_set linked; /* relations that share a conjunct of two relations with it */
    column_set columns;  /* what it makes visible */
} order_relation;

typedef struct order_predicate {
    expr *x;
    relation_set relations;
    uint32_t class; /* equalities of one class imply each other */
    bool implied;   /* made by closure */
} order_predicate;

typedef struct order_plan {
    double rows, cost;
    relation_set left, right; /* 0: a single relation */
    bool valid;
} order_plan;

typedef struct order_rename {
    column_id id;
    expr *to;
} order_rename;

typedef struct join_region {
    plan_context *context;
    statistics *statistics;
    ARENA_LIST(order_relation) relations;
    ARENA_LIST(order_predicate) predicates;
    ARENA_LIST(order_rename) renames; /* outer ones first */
    expr_list conjuncts;              /* before they become predicates */
    expr_list above;                  /* volatile */
} join_region;

static dbx_status order_subtree(plan_context *c, statistics *s, plan_node **slot);

/* ---- collecting a region ---- */

static bool order_is_rename(const plan_project *p) {
    for (uint32_t i = 0; i < p->base.column_count; i++)
        if (p->exprs[i]->kind != EXPR_COLUMN) return false;
    return true;
}

static bool order_is_region_join(const plan_node *n) {
    if (n->kind != PLAN_JOIN) return false;
    join_kind kind = ((const plan_join *)n)->join;
    return kind == JOIN_INNER || kind == JOIN_LEFT || kind == JOIN_SEMI || kind == JOIN_ANTI ||
           kind == JOIN_MARK;
}

/* A projection or filter is part of a region when there is a join below it. */
static bool order_leads_to_join(const plan_node *n) {
    for (;;) {
        if (order_is_region_join(n)) return true;
        bool passes = n->kind == PLAN_FILTER ||
                      (n->kind == PLAN_PROJECT && order_is_rename((const plan_project *)n));
        if (!passes) return false;
        n = n->children[0];
    }
}

static dbx_status order_add_relation(join_region *r, plan_node *node, plan_join *join) {
    order_relation relation = {.node = node, .join = join};
    if (join == NULL || join->join == JOIN_LEFT) {
        TRY(plan_output_set(node, &relation.columns, r->context->arena));
    } else if (join->join == JOIN_MARK) {
        TRY(column_set_add(&relation.columns, join->mark, r->context->arena));
    }
    return ARENA_LIST_PUSH(r->context->arena, &r->relations, relation);
}

/* Relations that a region at n has. */
static uint32_t order_size(const plan_node *n) {
    if (!order_leads_to_join(n)) return 1;
    if (n->kind != PLAN_JOIN) return order_size(n->children[0]);
    return order_size(n->children[0]) +
           (((const plan_join *)n)->join == JOIN_INNER ? order_size(n->children[1]) : 1);
}

/* Adds at most `budget` relations; what is too large becomes a relation with a region of its own.
 */
static dbx_status order_collect(join_region *r, plan_node *n, uint32_t budget) {
    plan_context *c = r->context;
    assert(budget > 0);
    if (!order_leads_to_join(n) || budget < 2) {
        TRY(order_subtree(c, r->statistics, &n));
        return order_add_relation(r, n, NULL);
    }
    if (n->kind == PLAN_FILTER) {
        plan_filter *f = (plan_filter *)n;
        TRY(rule_append(c, &r->conjuncts, f->conjuncts, f->conjunct_count));
        return order_collect(r, n->children[0], budget);
    }
    if (n->kind == PLAN_PROJECT) {
        for (uint32_t i = 0; i < n->column_count; i++) {
            order_rename rename = {.id = n->columns[i].id, .to = ((plan_project *)n)->exprs[i]};
            if (rename.to->u.column != rename.id)
                TRY(ARENA_LIST_PUSH(c->arena, &r->renames, rename));
        }
        return order_collect(r, n->children[0], budget);
    }
    plan_join *j = (plan_join *)n;
    if (j->join == JOIN_INNER) {
        uint32_t right = order_size(n->children[1]);
        right = MIN(right, budget / 2);
        TRY(rule_append(c, &r->conjuncts, j->conditions, j->condition_count));
        TRY(order_collect(r, n->children[0], budget - right));
        return order_collect(r, n->children[1], right);
    }
    TRY(order_collect(r, n->children[0], budget - 1));
    j = (plan_join *)plan_node_clone(c, n);
    if (j == NULL) return DBX_NOMEM;
    TRY(order_subtree(c, r->statistics, &j->base.children[1]));
    return order_add_relation(r, j->base.children[1], j);
}

static dbx_status order_rename_all(const join_region *r, expr **items, uint32_t count) {
    for (uint32_t k = 0; k < r->renames.count; k++) {
        order_rename *rename = &r->renames.items[k];
        for (uint32_t i = 0; i < count; i++) {
            items[i] = expr_substitute(r->context->arena, items[i], &rename->id, &rename->to, 1);
            if (items[i] == NULL) return DBX_NOMEM;
        }
    }
    return DBX_OK;
}

static relation_set order_all(const join_region *r) {
    return ((relation_set)1 << r->relations.count) - 1;
}

/* Relations that make the columns x uses. */
static dbx_status order_relations_of(const join_region *r, const expr *x, relation_set *out) {
    column_set used = {0};
    *out = 0;
    TRY(expr_collect_columns(x, &used, r->context->arena));
    for (uint32_t i = 0; i < r->relations.count; i++)
        if (column_set_intersects(&used, &r->relations.items[i].columns))
            *out |= (relation_set)1 << i;
    return DBX_OK;
}

static dbx_status order_add_predicate(join_region *r, expr *x, bool implied) {
    order_predicate p = {.x = x, .class = JOIN_ORDER_NO_CLASS, .implied = implied};
    TRY(order_relations_of(r, x, &p.relations));
    return ARENA_LIST_PUSH(r->context->arena, &r->predicates, p);
}

/* Dependent relations' own conditions: what they refer to, and what their own side alone can test.
 */
static dbx_status order_resolve_dependent(join_region *r) {
    relation_set real = 0;
    for (uint32_t i = 0; i < r->relations.count; i++)
        if (r->relations.items[i].join == NULL) real |= (relation_set)1 << i;
    for (uint32_t i = 0; i < r->relations.count; i++) {
        order_relation *rel = &r->relations.items[i];
        if (rel->join == NULL) continue;
        TRY(order_rename_all(r, rel->join->conditions, rel->join->condition_count));
        for (uint32_t k = 0; k < rel->join->condition_count; k++) {
            relation_set used;
            TRY(order_relations_of(r, rel->join->conditions[k], &used));
            rel->refs |= used;
        }
        rel->refs &= ~((relation_set)1 << i);
        if (rel->refs == 0) rel->refs = real;
    }
    return DBX_OK;
}

/* ---- equalities ---- */

static bool order_is_equality(const expr *x) {
    return expr_op(x) == OP_EQ && x->args[0]->kind == EXPR_COLUMN &&
           x->args[1]->kind == EXPR_COLUMN && type_equal(x->args[0]->type, x->args[1]->type) &&
           !type_is_float(x->args[0]->type) && x->args[0]->type.collation == COLLATION_UTF8_BINARY;
}

typedef struct order_member {
    expr *column;
    uint32_t class;
} order_member;

static uint32_t order_member_of(const order_member *members, uint32_t count, column_id id) {
    for (uint32_t i = 0; i < count; i++)
        if (members[i].column->u.column == id) return i;
    return count;
}

/* Only between relations of the region proper: a LEFT join's columns may be NULL where they were
 * equal below. */
static bool order_class_member(const join_region *r, const order_predicate *p) {
    if (!order_is_equality(p->x) || __builtin_popcountll(p->relations) != 2) return false;
    for (uint32_t i = 0; i < r->relations.count; i++)
        if ((p->relations >> i & 1) && r->relations.items[i].join != NULL) return false;
    return true;
}

static dbx_status order_close_equalities(join_region *r) {
    plan_context *c = r->context;
    uint32_t given = r->predicates.count, count = 0;
    order_member *members = ARENA_ARRAY(c->arena, order_member, 2 * (size_t)given + 1);
    if (members == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < given; i++) {
        order_predicate *p = &r->predicates.items[i];
        if (!order_class_member(r, p)) continue;
        uint32_t at[2];
        for (uint32_t side = 0; side < 2; side++) {
            at[side] = order_member_of(members, count, p->x->args[side]->u.column);
            if (at[side] == count) {
                members[count] = (order_member){.column = p->x->args[side], .class = count};
                count++;
            }
        }
        uint32_t from = members[at[1]].class, to = members[at[0]].class;
        for (uint32_t k = 0; k < count; k++)
            if (members[k].class == from) members[k].class = to;
    }
    for (uint32_t i = 0; i < given; i++) {
        order_predicate *p = &r->predicates.items[i];
        if (order_class_member(r, p))
            p->class = members[order_member_of(members, count, p->x->args[0]->u.column)].class;
    }
    for (uint32_t x = 0; x < count; x++)
        for (uint32_t y = x + 1; y < count; y++) {
            bool there = members[x].class != members[y].class;
            for (uint32_t i = 0; i < given && !there; i++) {
                const expr *e = r->predicates.items[i].x;
                if (!order_class_member(r, &r->predicates.items[i])) continue;
                column_id l = e->args[0]->u.column, m = e->args[1]->u.column;
                column_id p = members[x].column->u.column, q = members[y].column->u.column;
                there = (l == p && m == q) || (l == q && m == p);
            }
            if (there) continue;
            expr *made;
            TRY(rule_equal(c, members[x].column, members[y].column, false, &made));
            TRY(order_add_predicate(r, made, true));
            order_predicate *p = &r->predicates.items[r->predicates.count - 1];
            p->class = members[x].class;
            if ((p->relations & (p->relations - 1)) ==
                0) { /* two columns of one relation that equal a third */
                order_relation *rel = &r->relations.items[__builtin_ctzll(p->relations)];
                r->predicates.count--;
                TRY(rule_filter(c, &rel->node, &made, 1));
                TRY(statistics_estimate_node(r->statistics, rel->node));
            }
        }
    return DBX_OK;
}

/* ---- which predicates join two sets ---- */

static bool order_connects(const order_predicate *p, relation_set left, relation_set right) {
    return (p->relations & ~(left | right)) == 0 && (p->relations & ~left) != 0 &&
           (p->relations & ~right) != 0;
}

/* Conjuncts that become testable where left and right meet; one a class of equalities. Constants
 * are at no join. */
static dbx_status order_conditions(const join_region *r, relation_set left, relation_set right,
                                   expr_list *out) {
    uint64_t seen[(2 * 4096) / 64 + 1] = {0};
    for (uint32_t i = 0; i < r->predicates.count; i++) {
        const order_predicate *p = &r->predicates.items[i];
        if (!order_connects(p, left, right)) continue;
        if (p->class != JOIN_ORDER_NO_CLASS && p->class < 2 * 4096) {
            if (seen[p->class / 64] >> (p->class % 64) & 1) continue;
            seen[p->class / 64] |= (uint64_t)1 << (p->class % 64);
        }
        TRY(ARENA_LIST_PUSH(r->context->arena, out, p->x));
    }
    return DBX_OK;
}

static bool order_has_edge(const join_region *r, relation_set left, relation_set right) {
    for (uint32_t i = 0; i < r->predicates.count; i++)
        if (order_connects(&r->predicates.items[i], left, right)) return true;
    return false;
}

static dbx_status order_columns_of(const join_region *r, relation_set set, column_set *out) {
    for (uint32_t i = 0; i < r->relations.count; i++)
        if (set >> i & 1)
            TRY(column_set_union(out, &r->relations.items[i].columns, r->context->arena));
    return DBX_OK;
}

/* The dependent relation that is all of `set`; NULL if it is another set. */
static const order_relation *order_dependent(const join_region *r, relation_set set) {
    if ((set & (set - 1)) != 0) return NULL;
    const order_relation *rel = &r->relations.items[__builtin_ctzll(set)];
    return rel->join != NULL ? rel : NULL;
}

/* Estimates left joined with right; out->valid is false when they cannot be joined. The cost is
 * without the result. */
static dbx_status order_try(const join_region *r, const order_plan *l, relation_set left,
                            const order_plan *m, relation_set right, order_plan *out) {
    const order_relation *dependent = order_dependent(r, right);
    column_set left_columns = {0}, right_columns = {0};
    expr_list conditions = {0};
    join_estimate e;
    double rows;
    *out = (order_plan){.left = left, .right = right};
    if (order_dependent(r, left) != NULL || (dependent != NULL && (dependent->refs & ~left) != 0))
        return DBX_OK;
    TRY(order_columns_of(r, left, &left_columns));
    if (dependent == NULL) {
        TRY(order_columns_of(r, right, &right_columns));
        TRY(order_conditions(r, left, right, &conditions));
        TRY(statistics_join(r->statistics, conditions.items, conditions.count, &left_columns,
                            &right_columns, &e));
        rows = statistics_join_rows(JOIN_INNER, &e, l->rows, m->rows);
    } else {
        const plan_join *j = dependent->join;
        TRY(plan_output_set(dependent->node, &right_columns, r->context->arena));
        TRY(statistics_join(r->statistics, j->conditions, j->condition_count, &left_columns,
                            &right_columns, &e));
        rows = statistics_join_rows(j->join, &e, l->rows, m->rows);
    }
    double build = dependent != NULL ? m->rows : MIN(l->rows, m->rows);
    double probe = dependent != NULL ? l->rows : MAX(l->rows, m->rows);
    out->valid = true;
    out->rows = rows;
    out->cost = l->cost + m->cost + COST_BUILD * build + COST_PROBE * probe;
    if (e.keys == 0) out->cost += COST_PAIR * l->rows * m->rows;
    return DBX_OK;
}

/* ---- components ---- */

/* Relations reachable from `start` by conjuncts and by what dependent relations need. */
static relation_set order_component(const join_region *r, relation_set start) {
    relation_set set = start;
    for (bool grown = true; grown;) {
        grown = false;
        for (uint32_t i = 0; i < r->predicates.count; i++) {
            relation_set p = r->predicates.items[i].relations;
            if ((p & set) == 0 || (p & ~set) == 0) continue;
            set |= p;
            grown = true;
        }
        for (uint32_t i = 0; i < r->relations.count; i++) {
            const order_relation *rel = &r->relations.items[i];
            relation_set p = rel->refs | (relation_set)1 << i;
            if (rel->join == NULL || (p & set) == 0 || (p & ~set) == 0) continue;
            set |= p;
            grown = true;
        }
    }
    return set;
}

/* A cross product only of sets to which nothing else can be connected. */
static bool order_may_cross(const join_region *r, relation_set left, relation_set right) {
    relation_set component = order_component(r, left);
    return (component & ~left) == 0 && (order_component(r, right) & ~right) == 0;
}

/* ---- exact ---- */

static dbx_status order_consider(const join_region *r, order_plan *plans, relation_set left,
                                 relation_set right, bool cross) {
    order_plan *best = &plans[left | right], candidate;
    bool dependent = order_dependent(r, right) != NULL || order_dependent(r, left) != NULL;
    if (order_dependent(r, left) != NULL) { /* it stands right */
        relation_set swap = left;
        left = right;
        right = swap;
    }
    if (!dependent && !cross && !order_has_edge(r, left, right) && !order_may_cross(r, left, right))
        return DBX_OK;
    TRY(order_try(r, &plans[left], left, &plans[right], right, &candidate));
    if (!candidate.valid) return DBX_OK;
    double rows = best->valid ? MAX(best->rows, candidate.rows) : candidate.rows;
    if (!best->valid || candidate.cost < best->cost) *best = candidate;
    best->rows = rows;
    return DBX_OK;
}

/* cross: any cross product is allowed. */
static dbx_status order_exact(const join_region *r, bool cross, order_plan **out) {
    uint32_t count = r->relations.count;
    order_plan *plans = ARENA_ARRAY(r->context->arena, order_plan, (size_t)1 << count);
    if (plans == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        double rows = r->relations.items[i].node->rows;
        plans[(relation_set)1 << i] = (order_plan){.rows = rows, .cost = 0, .valid = true};
    }
    for (relation_set set = 1; set <= order_all(r); set++) {
        relation_set lowest = set & -set;
        if (set == lowest) continue;
        for (relation_set left = (set - 1) & set; left != 0; left = (left - 1) & set) {
            if (!(left & lowest)) continue; /* each split once */
            relation_set right = set ^ left;
            if (plans[left].valid && plans[right].valid)
                TRY(order_consider(r, plans, left, right, cross));
        }
        plans[set].cost +=
            plans[set].rows; /* all splits give the same rows: the largest estimate of them */
    }
    *out = plans;
    return DBX_OK;
}

/* ---- greedy ---- */

typedef struct order_tree {
    relation_set set;
    order_plan plan;
} order_tree;

/* Joins the pair with the smallest result until one is left. `history` gets every join for
 * building. */
static dbx_status order_greedy(const join_region *r, order_tree *trees, uint32_t *tree_count) {
    uint32_t count = r->relations.count, total = 0;
    bool *used = ARENA_ARRAY(r->context->arena, bool, 2 * (size_t)count);
    if (used == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        trees[total++] = (order_tree){(relation_set)1 << i,
                                      {.rows = r->relations.items[i].node->rows, .valid = true}};
    for (uint32_t left_over = count; left_over > 1; left_over--) {
        order_plan best = {0};
        uint32_t pair[2] = {0, 0};
        for (uint32_t pass = 0; pass < 2 && !best.valid;
             pass++) /* cross products when nothing connects */
            for (uint32_t x = 0; x < total; x++)
                for (uint32_t y = 0; y < total; y++) {
                    order_plan candidate;
                    bool dependent = order_dependent(r, trees[y].set) != NULL;
                    if (x == y || used[x] || used[y] || (!dependent && x > y)) continue;
                    if (pass == 0 && !dependent && !order_has_edge(r, trees[x].set, trees[y].set))
                        continue;
                    TRY(order_try(r, &trees[x].plan, trees[x].set, &trees[y].plan, trees[y].set,
                                  &candidate));
                    if (!candidate.valid || (best.valid && candidate.rows >= best.rows)) continue;
                    best = candidate;
                    pair[0] = x;
                    pair[1] = y;
                }
        if (!best.valid) break;
        used[pair[0]] = used[pair[1]] = true;
        trees[total++] = (order_tree){trees[pair[0]].set | trees[pair[1]].set, best};
    }
    *tree_count = total;
    return DBX_OK;
}

/* ---- building ---- */

typedef struct order_source {
    const order_plan *plans; /* exact: by set */
    const order_tree *trees; /* greedy: searched */
    uint32_t tree_count;
} order_source;

static const order_plan *order_find(const order_source *s, relation_set set) {
    if (s->plans != NULL) return &s->plans[set];
    for (uint32_t i = 0; i < s->tree_count; i++)
        if (s->trees[i].set == set) return &s->trees[i].plan;
    assert(false && "a set that was joined");
    return NULL;
}

static dbx_status order_build(const join_region *r, const order_source *s, relation_set set,
                              plan_node **out) {
    plan_context *c = r->context;
    const order_plan *plan = order_find(s, set);
    if (plan->left == 0) {
        *out = r->relations.items[__builtin_ctzll(set)].node;
        return DBX_OK;
    }
    const order_relation *dependent = order_dependent(r, plan->right);
    expr_list conditions = {0};
    plan_node *left, *right;
    TRY(order_build(r, s, plan->left, &left));
    TRY(order_build(r, s, plan->right, &right));
    TRY(order_conditions(r, plan->left, plan->right, &conditions));
    plan_join *j;
    if (dependent != NULL) {
        j = dependent->join;
        j->base.children[0] = left;
        j->base.children[1] = right;
        TRY(plan_join_set_columns(c, j));
    } else {
        bool swap = left->rows < right->rows; /* the right side is built */
        j = plan_join_new(c, JOIN_INNER, swap ? right : left, swap ? left : right);
        if (j == NULL) return DBX_NOMEM;
        TRY(rule_add_conditions(c, j, conditions.items, conditions.count));
    }
    j->base.rows = plan->rows;
    j->base.cost = plan->cost;
    *out = &j->base;
    if (dependent == NULL) return DBX_OK;
    TRY(rule_filter(c, out, conditions.items, conditions.count));
    (*out)->rows = plan->rows;
    return DBX_OK;
}

/* Conjuncts over one relation (they could not be pushed, or push_filters is off) filter it. */
static dbx_status order_filter_relations(join_region *r) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->predicates.count; i++) {
        order_predicate *p = &r->predicates.items[i];
        bool single = (p->relations & (p->relations - 1)) == 0 && p->relations != 0;
        order_relation *rel = single ? &r->relations.items[__builtin_ctzll(p->relations)] : NULL;
        if (rel != NULL && rel->join == NULL) {
            TRY(rule_filter(r->context, &rel->node, &p->x, 1));
            TRY(statistics_estimate_node(r->statistics, rel->node));
        } else if (rel != NULL && rel->join != NULL) {
            TRY(ARENA_LIST_PUSH(r->context->arena, &r->above,
                                p->x)); /* tests a mark or a null-extended column */
        } else {
            r->predicates.items[kept++] = *p;
        }
    }
    r->predicates.count = kept;
    return DBX_OK;
}

static dbx_status order_make_predicates(join_region *r) {
    plan_context *c = r->context;
    expr_list all = {0};
    for (uint32_t i = 0; i < r->conjuncts.count; i++)
        TRY(rule_split(c, r->conjuncts.items[i], &all));
    TRY(order_rename_all(r, all.items, all.count));
    for (uint32_t i = 0; i < all.count; i++) {
        relation_set used;
        TRY(order_relations_of(r, all.items[i], &used));
        if (expr_is_volatile(all.items[i]) || used == 0)
            TRY(ARENA_LIST_PUSH(c->arena, &r->above, all.items[i]));
        else
            TRY(order_add_predicate(r, all.items[i], false));
    }
    TRY(order_filter_relations(r));
    return order_close_equalities(r);
}

/* The region's outputs as they were: renamed columns are projected. */
static dbx_status order_restore(join_region *r, const plan_node *was, plan_node **out) {
    plan_context *c = r->context;
    if (r->renames.count == 0) return rule_keep(c, out, was->columns, was->column_count);
    plan_project *p = plan_project_new(c, *out, was->column_count);
    if (p == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < was->column_count; i++) {
        p->base.columns[i] = was->columns[i];
        if ((p->exprs[i] = plan_column_expr(c->arena, &was->columns[i])) == NULL) return DBX_NOMEM;
    }
    TRY(order_rename_all(r, p->exprs, was->column_count));
    p->base.rows = (*out)->rows;
    *out = &p->base;
    return DBX_OK;
}

static dbx_status order_region(plan_context *c, statistics *s, plan_node **slot) {
    join_region r = {.context = c, .statistics = s};
    order_source made = {0};
    TRY(order_collect(&r, *slot, JOIN_ORDER_RELATIONS));
    TRY(order_resolve_dependent(&r));
    TRY(order_make_predicates(&r));
    if (r.relations.count <= JOIN_ORDER_EXACT) {
        order_plan *plans;
        TRY(order_exact(&r, false, &plans));
        if (!plans[order_all(&r)].valid) TRY(order_exact(&r, true, &plans));
        made.plans = plans;
    } else {
        order_tree *trees = ARENA_ARRAY(c->arena, order_tree, 2 * (size_t)r.relations.count);
        if (trees == NULL) return DBX_NOMEM;
        TRY(order_greedy(&r, trees, &made.tree_count));
        made.trees = trees;
    }
    const order_plan *whole = NULL;
    if (made.plans != NULL)
        whole = &made.plans[order_all(&r)];
    else if (made.trees[made.tree_count - 1].set == order_all(&r))
        whole = &made.trees[made.tree_count - 1].plan;
    if (whole == NULL || !whole->valid)
        return error_raise(c->err, ERR_INTERNAL_ERROR, (*slot)->span, "message",
                           "no order of joins was found", NULL);
    plan_node *was = *slot, *built;
    TRY(order_build(&r, &made, order_all(&r), &built));
    TRY(rule_filter(c, &built, r.above.items, r.above.count));
    if (built->rows < 0) TRY(statistics_estimate_node(s, built));
    TRY(order_restore(&r, was, &built));
    if (built->rows < 0) built->rows = built->children[0]->rows;
    *slot = built;
    return DBX_OK;
}

static dbx_status order_children(plan_context *c, statistics *s, plan_node *n) {
    for (uint32_t i = 0; i < n->child_count; i++) {
        const plan_column *columns = n->children[i]->columns;
        uint32_t count = n->children[i]->column_count;
        TRY(order_subtree(c, s, &n->children[i]));
        TRY(rule_keep(c, &n->children[i], columns, count));
        if (n->children[i]->rows < 0) TRY(statistics_estimate_node(s, n->children[i]));
        if (n->kind == PLAN_CTE && i == 0)
            s->ctes[((plan_cte *)n)->index].rows = n->children[0]->rows;
    }
    return DBX_OK;
}

static dbx_status order_subtree(plan_context *c, statistics *s, plan_node **slot) {
    if (order_leads_to_join(*slot)) return order_region(c, s, slot);
    TRY(order_children(c, s, *slot));
    TRY(rule_refresh(c, *slot));
    return statistics_estimate_node(s, *slot);
}

dbx_status rule_join_order(plan_context *c, plan_node **root) {
    statistics s;
    TRY(statistics_init(&s, c));
    TRY(statistics_estimate(&s, *root));
    return order_subtree(c, &s, root);
}

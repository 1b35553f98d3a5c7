/* execution.c - see execution.h. */
#include "session/execution.h"

#include "optimizer/optimizer.h"
#include "planner/planner.h"
#include "session/statement.h"

/* A fresh seed for rand(), uuid() and the like: splitmix64 over a state that the system seeded. */
static uint64_t execution_seed(session *s) {
    uint64_t z = s->random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static dbx_status execution_start_query(execution *e, string_view sql) {
    session *s = e->session;
    query *q = &e->query;
    ledger_init(&q->ledger, &s->ledger, "query", SIZE_MAX);
    q->settings = &s->settings;
    q->start_time_us = os_wall_clock_us();
    q->deadline_ns = session_deadline(s);
    q->gate = &s->db->gate;
    q->temp = &s->db->temp;
    q->random_seed = execution_seed(s);
    q->sql = sql;
    q->current_catalog = s->current_catalog;
    q->current_schema = s->current_schema;
    q->user_name = s->user_name;
    TRY(session_time_zone_find(s, &q->zone));
    if (s->txn != NULL) {
        e->mark = txn_savepoint(s->txn);
        q->txn = s->txn;
        return DBX_OK;
    }
    TRY(txn_begin(s->db->catalog, s->objects, NULL, &e->own_txn, e->err));
    q->txn = e->own_txn;
    return DBX_OK;
}

dbx_status execution_new(session *s, string_view sql, const statement_parameters *parameters,
                         execution **out) {
    *out = NULL;
    execution *e = mem_alloc_zero(&s->ledger, sizeof(*e));
    if (e == NULL) return error_nomem(&s->error);
    e->session = s;
    e->err = &s->error;
    e->parameters = parameters;
    dbx_status status = execution_start_query(e, sql);
    arena_init(&e->arena, &e->query.ledger);
    e->plan =
        (plan_context){.arena = &e->arena, .query = &e->query, .err = e->err, .next_column = 1};
    e->binder = (binder_context){.plan = &e->plan,
                                 .host = &s->host,
                                 .default_collation = statement_session_collation(&s->settings)};
    if (status == DBX_OK && parameters != NULL && parameters->count > 0) {
        binder_parameter *items = ARENA_ARRAY(&e->arena, binder_parameter, parameters->count);
        if (items == NULL) status = error_nomem(e->err);
        for (uint32_t i = 0; items != NULL && i < parameters->count; i++) {
            items[i] = (binder_parameter){parameters->items[i].name, parameters->items[i].value};
        }
        e->binder.parameters = items;
        e->binder.parameter_count = parameters->count;
    }
    if (status != DBX_OK) {
        execution_free(e);
        return status;
    }
    os_mutex_lock(&s->running_lock);
    e->outer = s->running;
    s->running = &e->query;
    if (e->outer != NULL && query_is_cancelled(e->outer)) atomic_store(&e->query.cancelled, true);
    if (e->outer != NULL && e->outer->deadline_ns != 0)
        e->query.deadline_ns = e->outer->deadline_ns; /* the whole statement's time counts */
    os_mutex_unlock(&s->running_lock);
    *out = e;
    return DBX_OK;
}

dbx_status execution_plan(execution *e, plan_node *root) {
    TRY(optimizer_run(&e->plan, &root));
    return planner_plan(&e->plan, root, &e->physical);
}

result_column *execution_columns(execution *e) {
    const physical_plan *p = e->physical;
    result_column *columns = ARENA_ARRAY(&e->arena, result_column, p->column_count);
    for (uint32_t i = 0; columns != NULL && i < p->column_count; i++) {
        columns[i] = (result_column){.name = p->columns[i].name,
                                     .type = p->columns[i].type,
                                     .nullable = p->columns[i].nullable};
    }
    return columns;
}

static dbx_status execution_start_exec(execution *e) {
    if (e->exec != NULL) return DBX_OK;
    return exec_new(e->physical, &e->query, session_threads(e->session), &e->exec, e->err);
}

dbx_status execution_run(execution *e, const char *kind, query_result **out) {
    *out = NULL;
    TRY(execution_start_exec(e));
    result_column *columns = execution_columns(e);
    query_result *r;
    if (columns == NULL ||
        result_new(&e->session->ledger, kind, columns, e->physical->column_count, &r) != DBX_OK) {
        return error_nomem(e->err);
    }
    dbx_status status = exec_run(e->exec, &r->rows, e->err);
    if (status != DBX_OK) {
        result_free(r);
        return status;
    }
    *out = r;
    return DBX_OK;
}

dbx_status execution_next(execution *e, const chunk **out, error *err) {
    (void)err;
    TRY(execution_start_exec(e));
    return exec_next(e->exec, out, e->err);
}

/* Takes the statement off the session's list of what dbx_interrupt reaches. */
static void execution_unlink(execution *e) {
    session *s = e->session;
    os_mutex_lock(&s->running_lock);
    if (s->running == &e->query) s->running = e->outer;
    os_mutex_unlock(&s->running_lock);
}

dbx_status execution_end(execution *e, dbx_status status, error *err) {
    exec_free(e->exec);
    e->exec = NULL;
    struct txn *own = e->own_txn;
    e->own_txn = NULL;
    if (own == NULL) {
        struct txn *outer = e->session->txn;
        bool inside = outer != NULL && outer == e->query.txn;
        if (inside && status != DBX_OK)
            txn_rollback_to(outer, &e->mark);
        else if (inside)
            txn_release(outer, &e->mark);
        return status;
    }
    if (status == DBX_OK) return txn_commit(own, err);
    txn_rollback(own);
    return status;
}

void execution_free(execution *e) {
    if (e == NULL) return;
    session *s = e->session;
    execution_unlink(e);
    exec_free(e->exec);
    for (uint32_t i = 0; i < e->plan.owned_sources.count; i++)
        source_free(e->plan.owned_sources.items[i]);
    if (e->own_txn != NULL) txn_rollback(e->own_txn);
    arena_deinit(&e->arena);
    ledger_deinit(&e->query.ledger);
    mem_free(&s->ledger, e, sizeof(*e));
}

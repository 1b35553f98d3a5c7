/* scheduler.c - a pool of helper threads that join one open job at a time.
 *
 * Threads start with the first job that wants them, so that small queries never pay for them. A job
 * needs no helper: the coordinator does all the work that nobody else took, closes the job and
 * waits only for those who joined.
 */
#include "exec/exec_int.h"

void scheduler_init(scheduler *s, ledger *l, uint32_t helper_limit) {
    memset(s, 0, sizeof(*s));
    os_mutex_init(&s->mutex);
    os_cond_init(&s->work);
    os_cond_init(&s->idle);
    s->ledger = l;
    s->limit = helper_limit;
}

static void *scheduler_thread_main(void *state) {
    scheduler *s = state;
    uint64_t seen = 0;
    os_mutex_lock(&s->mutex);
    for (;;) {
        while (!s->quit && (s->run == NULL || s->job == seen || s->joined == s->helpers)) {
            os_cond_wait(&s->work, &s->mutex);
        }
        if (s->quit) break;
        seen = s->job;
        uint32_t number = ++s->joined;
        s->running++;
        scheduler_work run = s->run;
        void *job = s->state;
        os_mutex_unlock(&s->mutex);
        run(job, number);
        os_mutex_lock(&s->mutex);
        assert(s->running > 0);
        if (--s->running == 0) os_cond_signal(&s->idle);
    }
    os_mutex_unlock(&s->mutex);
    return NULL;
}

/* Starts threads up to `count`; fewer when the system refuses. */
static void scheduler_start_threads(scheduler *s, uint32_t count) {
    if (s->threads == NULL) {
        s->threads = mem_alloc(s->ledger, s->limit * sizeof(*s->threads));
        if (s->threads == NULL) return;
    }
    while (s->thread_count < count) {
        if (os_thread_start(&s->threads[s->thread_count], scheduler_thread_main, s) != DBX_OK)
            return;
        s->thread_count++;
    }
}

void scheduler_open(scheduler *s, uint32_t helpers, scheduler_work run, void *state) {
    assert(run != NULL);
    helpers = MIN(helpers, s->limit);
    if (helpers == 0) return;
    scheduler_start_threads(s, helpers);
    os_mutex_lock(&s->mutex);
    assert(s->run == NULL);
    assert(s->running == 0);
    s->run = run;
    s->state = state;
    s->job++;
    s->joined = 0;
    s->helpers = helpers;
    if (helpers == 1) {
        os_cond_signal(&s->work);
    } else {
        os_cond_broadcast(&s->work);
    }
    os_mutex_unlock(&s->mutex);
}

void scheduler_close(scheduler *s) {
    os_mutex_lock(&s->mutex);
    s->run = NULL;
    while (s->running > 0) os_cond_wait(&s->idle, &s->mutex);
    os_mutex_unlock(&s->mutex);
}

void scheduler_deinit(scheduler *s) {
    os_mutex_lock(&s->mutex);
    assert(s->running == 0);
    s->quit = true;
    os_cond_broadcast(&s->work);
    os_mutex_unlock(&s->mutex);
    for (uint32_t i = 0; i < s->thread_count; i++) os_thread_join(s->threads[i]);
    mem_free(s->ledger, s->threads, s->limit * sizeof(*s->threads));
    os_cond_deinit(&s->idle);
    os_cond_deinit(&s->work);
    os_mutex_deinit(&s->mutex);
}

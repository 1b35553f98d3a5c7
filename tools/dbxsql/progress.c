/* progress.c - a thread that draws a progress line while a statement runs long, and Ctrl-C.
 *
 * The line goes to stderr, is drawn at most ten
 * times a second, and is gone when the statement ends.
 */
#include "platform.h"
#include "shell.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    PROGRESS_FIRST_MS = 500,
    PROGRESS_STEP_MS = 100,
    PROGRESS_BAR_MAX = 40,
    PROGRESS_BAR_MIN = 8
};
enum { PROGRESS_TEXT_WIDTH = 60 }; /* columns that percentage, rows and times may take */

static struct {
    shell *shell;
    pthread_t thread;
    struct timespec start;
    bool running;
} progress;

static double progress_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - progress.start.tv_sec) +
           (double)(now.tv_nsec - progress.start.tv_nsec) / 1e9;
}

static void progress_bar(text *out, double fraction, int width) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int steps = (int)(fraction * width * 8);
    text_add(out, "▕", 3);
    for (int i = 0; i < width; i++) {
        const char *cell = steps >= 8 ? "█" : steps > 0 ? eighths[steps] : " ";
        text_add(out, cell, strlen(cell));
        steps = steps > 8 ? steps - 8 : 0;
    }
    text_add(out, "▏ ", 4);
}

/* 12345678 as "12.3M". */
static void progress_count(text *out, uint64_t rows) {
    static const char *const units[] = {"", "k", "M", "G", "T"};
    double value = (double)rows;
    int unit = 0;
    while (value >= 1000 && unit < 4) {
        value /= 1000;
        unit++;
    }
    text_addf(out, "%.*f%s rows", unit > 0 && value < 100 ? 1 : 0, value, units[unit]);
}

static void progress_draw(dbx_progress_info info) {
    int columns = (int)terminal_width();
    if (columns == 0) columns = 80;
    double seconds = progress_seconds();
    int width = columns - PROGRESS_TEXT_WIDTH;
    width = width > PROGRESS_BAR_MAX ? PROGRESS_BAR_MAX : width;
    text out = {0};
    text_add(&out, "\r", 1);
    if (info.fraction >= 0 && width >= PROGRESS_BAR_MIN) progress_bar(&out, info.fraction, width);
    if (info.fraction >= 0) text_addf(&out, "%3.0f%% · ", info.fraction * 100);
    progress_count(&out, info.rows_read);
    text_addf(&out, " · %.1f s", seconds);
    if (info.fraction > 0.02 && info.fraction < 1 && seconds > 2)
        text_addf(&out, " · %.0f s left", seconds / info.fraction * (1 - info.fraction));
    text_add(&out, " · Ctrl-C stops\033[K", strlen(" · Ctrl-C stops\033[K"));
    fwrite(out.data, 1, out.size, stderr);
    fflush(stderr);
    text_free(&out);
}

static void *progress_run(void *state) {
    (void)state;
    bool drawn = false;
    uint32_t wait_ms = PROGRESS_FIRST_MS;
    for (;;) {
        terminal_event event = terminal_watch_wait(wait_ms);
        wait_ms = PROGRESS_STEP_MS;
        if (event == TERMINAL_DONE) break;
        if (event == TERMINAL_INTERRUPT) {
            dbx_interrupt(progress.shell->con);
            continue;
        }
        progress_draw(dbx_progress(progress.shell->con));
        drawn = true;
    }
    if (drawn) fputs("\r\033[K", stderr), fflush(stderr);
    return NULL;
}

void progress_begin(shell *s) {
    progress.shell = s;
    progress.running = false;
    if (!s->interactive || !terminal_is_error() || !terminal_watch_begin()) return;
    clock_gettime(CLOCK_MONOTONIC, &progress.start);
    progress.running = pthread_create(&progress.thread, NULL, progress_run, NULL) == 0;
    if (!progress.running) terminal_watch_end();
}

void progress_end(shell *s) {
    (void)s;
    if (!progress.running) return;
    terminal_watch_done();
    pthread_join(progress.thread, NULL);
    terminal_watch_end();
    progress.running = false;
}

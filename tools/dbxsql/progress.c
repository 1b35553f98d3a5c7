/* progress.c - a thread that draws a progress bar while a statement runs long, and Ctrl-C.
 *
 * The signal handler only writes a byte to a pipe; the thread reads it and calls dbx_interrupt, so
 * that nothing happens in the handler that must not.
 */
#include "shell.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_FIRST_MS = 700, PROGRESS_STEP_MS = 100, PROGRESS_BAR = 40 };

static struct {
    shell *shell;
    int pipe[2];
    pthread_t thread;
    struct sigaction before;
    bool running;
} progress;

static void progress_signal(int number) {
    (void)number;
    ssize_t written = write(progress.pipe[1], "c", 1);
    (void)written;
}

static void progress_draw(double fraction) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int steps = (int)(fraction * PROGRESS_BAR * 8);
    int full = steps / 8;
    fprintf(stderr, "\r%3.0f%% ▕", fraction * 100);
    for (int i = 0; i < full; i++) fputs("█", stderr);
    fputs(full < PROGRESS_BAR ? eighths[steps % 8] : "", stderr);
    for (int i = full + (full < PROGRESS_BAR && steps % 8 != 0); i < PROGRESS_BAR; i++)
        fputc(' ', stderr);
    fputs("▏", stderr);
    fflush(stderr);
}

static void *progress_run(void *state) {
    (void)state;
    bool drawn = false;
    int wait = PROGRESS_FIRST_MS;
    for (;;) {
        struct pollfd p = {.fd = progress.pipe[0], .events = POLLIN};
        int ready = poll(&p, 1, wait);
        wait = PROGRESS_STEP_MS;
        char what = '\0';
        if (ready > 0 && read(progress.pipe[0], &what, 1) == 1) {
            if (what == 'c') dbx_interrupt(progress.shell->con);
            if (what == 'e') break;
            continue;
        }
        if (!progress.shell->interactive) continue;
        dbx_progress_info info = dbx_progress(progress.shell->con);
        if (info.fraction < 0) continue;
        progress_draw(info.fraction);
        drawn = true;
    }
    if (drawn) fputs("\r\033[K", stderr);
    return NULL;
}

void progress_begin(shell *s) {
    progress.shell = s;
    progress.running = false;
    if (!s->interactive || pipe(progress.pipe) != 0) return;
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = progress_signal;
    sigemptyset(&action.sa_mask);
    if (pthread_create(&progress.thread, NULL, progress_run, NULL) != 0) {
        close(progress.pipe[0]);
        close(progress.pipe[1]);
        return;
    }
    sigaction(SIGINT, &action, &progress.before);
    progress.running = true;
}

void progress_end(shell *s) {
    (void)s;
    if (!progress.running) return;
    sigaction(SIGINT, &progress.before, NULL);
    ssize_t written = write(progress.pipe[1], "e", 1);
    (void)written;
    pthread_join(progress.thread, NULL);
    close(progress.pipe[0]);
    close(progress.pipe[1]);
    progress.running = false;
}

/* platform_posix.c - platform.h for POSIX systems.
 *
 * The signal handler only writes a byte to a pipe, so that nothing happens in it that must not.
 */
#ifndef _WIN32
#include "platform.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct {
    struct termios cooked;
    bool is_raw;
    int pipe[2];
    struct sigaction before;
} terminal;

void terminal_init(void) {}

bool terminal_is_input(void) {
    return isatty(STDIN_FILENO);
}

bool terminal_is_output(void) {
    return isatty(STDOUT_FILENO);
}

bool terminal_is_error(void) {
    return isatty(STDERR_FILENO);
}

bool terminal_has_color(void) {
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL && term != NULL &&
           strcmp(term, "dumb") != 0;
}

/* Of whichever of them is a terminal: output first. */
static struct winsize terminal_size(void) {
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    return size;
}

uint32_t terminal_width(void) {
    return terminal_size().ws_col;
}

uint32_t terminal_height(void) {
    return terminal_size().ws_row;
}

void terminal_raw(bool on) {
    if (on == terminal.is_raw) return;
    if (on && tcgetattr(STDIN_FILENO, &terminal.cooked) != 0) return;
    struct termios t = terminal.cooked;
    if (on) {
        t.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
        t.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
        t.c_cc[VMIN] = 1;
        t.c_cc[VTIME] = 0;
    }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
    terminal.is_raw = on;
    terminal_write(on ? "\033[?2004h" : "\033[?2004l", 8); /* bracketed paste */
}

int terminal_read(void) {
    unsigned char c;
    return read(STDIN_FILENO, &c, 1) == 1 ? c : -1;
}

void terminal_write(const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, data, size);
        if (written <= 0) return;
        data += written;
        size -= (size_t)written;
    }
}

const char *platform_home(void) {
    return getenv("HOME");
}

FILE *platform_create_private(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

/* ---- waiting while a statement runs ---- */

static void watch_tell(char what) {
    ssize_t written = write(terminal.pipe[1], &what, 1);
    (void)written;
}

static void watch_signal(int number) {
    (void)number;
    watch_tell('c');
}

bool terminal_watch_begin(void) {
    if (pipe(terminal.pipe) != 0) return false;
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = watch_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &terminal.before);
    return true;
}

terminal_event terminal_watch_wait(uint32_t timeout_ms) {
    struct pollfd p = {.fd = terminal.pipe[0], .events = POLLIN};
    char what = '\0';
    if (poll(&p, 1, (int)timeout_ms) <= 0 || read(terminal.pipe[0], &what, 1) != 1)
        return TERMINAL_TIMEOUT;
    return what == 'c' ? TERMINAL_INTERRUPT : TERMINAL_DONE;
}

void terminal_watch_done(void) {
    watch_tell('e');
}

void terminal_watch_end(void) {
    sigaction(SIGINT, &terminal.before, NULL);
    close(terminal.pipe[0]);
    close(terminal.pipe[1]);
}

#else
typedef int platform_posix_is_empty;
#endif

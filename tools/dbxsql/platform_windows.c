/* platform_windows.c - platform.h for the Windows console (10 and later, which know escape
 * sequences). */
#ifdef _WIN32
#include "platform.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static struct {
    DWORD cooked; /* mode of the input before terminal_raw */
    bool is_raw;
    HANDLE interrupted, done; /* events */
} terminal;

void terminal_init(void) {
    SetConsoleOutputCP(CP_UTF8);
    SetConsoleCP(CP_UTF8);
    _setmode(_fileno(stdout), _O_BINARY); /* \n stays \n */
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;
    if (GetConsoleMode(out, &mode))
        SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING | ENABLE_PROCESSED_OUTPUT);
}

bool terminal_is_input(void) {
    return _isatty(_fileno(stdin));
}

bool terminal_is_output(void) {
    return _isatty(_fileno(stdout));
}

bool terminal_is_error(void) {
    return _isatty(_fileno(stderr));
}

bool terminal_has_color(void) {
    return terminal_is_output() && getenv("NO_COLOR") == NULL;
}

static SMALL_RECT terminal_window(void) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info))
        return (SMALL_RECT){0, 0, -1, -1};
    return info.srWindow;
}

uint32_t terminal_width(void) {
    SMALL_RECT window = terminal_window();
    return (uint32_t)(window.Right - window.Left + 1);
}

uint32_t terminal_height(void) {
    SMALL_RECT window = terminal_window();
    return (uint32_t)(window.Bottom - window.Top + 1);
}

void terminal_raw(bool on) {
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    if (on == terminal.is_raw) return;
    if (on && !GetConsoleMode(in, &terminal.cooked)) return;
    SetConsoleMode(in, on ? ENABLE_VIRTUAL_TERMINAL_INPUT : terminal.cooked);
    terminal.is_raw = on;
}

int terminal_read(void) {
    unsigned char c;
    DWORD got = 0;
    return ReadFile(GetStdHandle(STD_INPUT_HANDLE), &c, 1, &got, NULL) && got == 1 ? c : -1;
}

void terminal_write(const char *data, size_t size) {
    fflush(stdout);
    DWORD written;
    (void)WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), data, (DWORD)size, &written, NULL);
}

const char *platform_home(void) {
    return getenv("USERPROFILE");
}

FILE *platform_create_private(const char *path) {
    return fopen(path, "w"); /* the user's folder is the user's alone */
}

/* ---- what the C library lacks ---- */

char *strndup(const char *text, size_t size) {
    size_t kept = strnlen(text, size);
    char *copy = malloc(kept + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, text, kept);
    copy[kept] = '\0';
    return copy;
}

char *strcasestr(const char *text, const char *wanted) {
    size_t size = strlen(wanted);
    for (; _strnicmp(text, wanted, size) != 0; text++) {
        if (*text == '\0') return NULL;
    }
    return (char *)(uintptr_t)text;
}

/* ---- waiting while a statement runs ---- */

static BOOL WINAPI watch_control(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) return FALSE;
    SetEvent(terminal.interrupted);
    return TRUE;
}

bool terminal_watch_begin(void) {
    terminal.interrupted = CreateEventW(NULL, FALSE, FALSE, NULL);
    terminal.done = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (terminal.interrupted == NULL || terminal.done == NULL) return false;
    return SetConsoleCtrlHandler(watch_control, TRUE);
}

terminal_event terminal_watch_wait(uint32_t timeout_ms) {
    HANDLE events[] = {terminal.done, terminal.interrupted};
    switch (WaitForMultipleObjects(2, events, FALSE, timeout_ms)) {
    case WAIT_OBJECT_0:
        return TERMINAL_DONE;
    case WAIT_OBJECT_0 + 1:
        return TERMINAL_INTERRUPT;
    default:
        return TERMINAL_TIMEOUT;
    }
}

void terminal_watch_done(void) {
    SetEvent(terminal.done);
}

void terminal_watch_end(void) {
    SetConsoleCtrlHandler(watch_control, FALSE);
    CloseHandle(terminal.interrupted);
    CloseHandle(terminal.done);
}

#else
typedef int platform_windows_is_empty;
#endif

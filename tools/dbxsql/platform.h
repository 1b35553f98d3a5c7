/* platform.h - what the shell asks of the terminal and the system. The only part of the shell that
 * differs by platform; platform_posix.c and platform_windows.c implement it.
 */
#ifndef DBXSQL_PLATFORM_H
#define DBXSQL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* To be called first: output in UTF-8, with escape sequences, where that is not given. */
void terminal_init(void);
bool terminal_is_input(void);
bool terminal_is_output(void);
bool terminal_is_error(void); /* stderr */
bool terminal_has_color(void);
/* Columns and rows of the terminal; 0 when there is none. */
uint32_t terminal_width(void);
uint32_t terminal_height(void);
/* Raw: bytes come as they are typed, without echo, Ctrl-C is a byte, and pasted text is marked. */
void terminal_raw(bool on);
/* The next byte of the input; -1 at its end. */
int terminal_read(void);
void terminal_write(const char *data, size_t size);
/* The user's folder; NULL when unknown. */
const char *platform_home(void);
/* Creates or empties a file that only its owner may read, where the system has such. */
FILE *platform_create_private(const char *path);

/* ---- waiting while a statement runs ---- */

typedef enum terminal_event { TERMINAL_TIMEOUT, TERMINAL_INTERRUPT, TERMINAL_DONE } terminal_event;

/* From here to terminal_watch_end, Ctrl-C is an event instead of the program's end. */
bool terminal_watch_begin(void);
terminal_event terminal_watch_wait(uint32_t timeout_ms);
/* Makes the waiting thread see TERMINAL_DONE. */
void terminal_watch_done(void);
void terminal_watch_end(void);

#ifdef _WIN32 /* what its C library lacks */
char *strndup(const char *text, size_t size);
char *strcasestr(const char *text, const char *wanted);
#endif

#endif

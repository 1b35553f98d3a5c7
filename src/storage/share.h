/* share.h - one database file, many processes: any number read while one writes.
 *
 * Processes meet in a small file of shared memory beside the database (`file-shm`) and in locks on
 * bytes beyond its end, which the system drops with a process. The memory holds what the newest
 * state is (sequence of the root, end of the log), the next number to give, and a slot for each
 * process with the oldest root that it reads: pages which that root leads to are not used again.
 * A killed process leaves a slot whose lock is free; whoever is hindered by its pin takes it away.
 *
 *   ALONE   on a network file system: one process writes and nobody else opens the file, or many
 *           read it
 *   PLAIN   no memory can be made (read-only media, a directory without permission): the process
 *           reads, and while it does nobody writes
 *   MEMORY  as above
 *
 * THREADS  share_read from any; the rest one at a time.
 */
#ifndef DBX_STORAGE_SHARE_H
#define DBX_STORAGE_SHARE_H

#include "common/error.h"
#include "common/memory.h"
#include "common/os.h"

typedef enum share_mode { SHARE_CLOSED, SHARE_ALONE, SHARE_PLAIN, SHARE_MEMORY } share_mode;

typedef struct share_state {
    uint64_t sequence; /* of the newest root */
    uint64_t log_end;  /* bytes of its log that count */
} share_state;

enum { SHARE_SLOTS = 1000 };

typedef struct share {
    share_mode mode;
    bool read_only;
    bool first;          /* nobody else had the file open: its state must be found and published */
    _Atomic bool writes; /* has the right to write */
    uint64_t timeout_ms;
    os_file *file; /* the database; borrowed */
    os_file *memory_file;
    struct share_memory *memory; /* NULL unless MEMORY */
    uint32_t slot;
} share;

/* Joins the processes that have `file` open. Until share_opened others wait at the door. */
dbx_status share_open(share *s, os_file *file, const char *memory_path, bool read_only,
                      uint64_t timeout_ms, error *err) MUST_CHECK;
void share_opened(share *s);
/* Closes the door and says whether nobody else has the file open. */
bool share_is_last(share *s);
/* Leaves; the last one removes the memory. */
void share_close(share *s, const char *memory_path, bool last);

share_state share_read(const share *s);
void share_publish(share *s, share_state state);
/* Where numbers are given from; NULL when the process does that alone. */
_Atomic uint64_t *share_next_id(share *s);

/* The oldest root that this process reads from now on; 0: none. */
void share_pin(share *s, uint64_t sequence);
/* The oldest that any process reads; UINT64_MAX: none. */
uint64_t share_oldest_pin(share *s);

/* Takes the right to write unless another process has it; *busy says what is in the way then, NULL
 * when it was taken. */
dbx_status share_lock_writes(share *s, const char **busy, error *err) MUST_CHECK;
dbx_status share_busy(const share *s, const char *what, error *err);
void share_unlock_writes(share *s);

#endif

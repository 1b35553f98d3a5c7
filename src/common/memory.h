/* memory.h - ledgers, sized allocation, arenas, growing buffers.
 *
 * Every allocation is charged to a ledger; ledgers form a tree (database <- query <- operator), and
 * a charge must fit in each of them. Freeing takes the size back, so that no header is kept per
 * block. Ledgers are thread-safe; arenas and buffers belong to one thread at a time.
 */
#ifndef DBX_COMMON_MEMORY_H
#define DBX_COMMON_MEMORY_H

#include "common/str.h"

#include <stdatomic.h>

/* A cache that gives memory back rather than let a charge fail. Before a ledger refuses a charge of
 * `bytes`, reclaim(state, bytes) is called, from any thread; it should release about as much, and
 * must not charge. */
typedef struct ledger_reclaimer {
    struct ledger_reclaimer *next; /* the ledger's */
    void (*reclaim)(void *state, size_t bytes);
    void *state;
} ledger_reclaimer;

typedef struct ledger {
    struct ledger *parent;               /* borrowed, may be NULL */
    const char *owner;                   /* static name shown in memory reports */
    _Atomic size_t used;                 /* bytes */
    _Atomic size_t peak;                 /* bytes */
    _Atomic size_t limit;                /* bytes; SIZE_MAX when unbounded; may change */
    struct ledger_reclaimer *reclaimers; /* caches below this ledger; see ledger_add_reclaimer */
    _Atomic size_t reclaimable;          /* bytes that the cache could give back, about */
} ledger;

void ledger_init(ledger *l, ledger *parent, const char *owner, size_t limit);
/* Asserts that everything was given back. */
void ledger_deinit(ledger *l);
/* Charges l and all its parents, or nothing and returns false. */
bool ledger_charge(ledger *l, size_t bytes) MUST_CHECK;
void ledger_release(ledger *l, size_t bytes);
/* The nearest ledger from l upwards that has a limit; NULL when none has. */
ledger *ledger_bounded(ledger *l);
/* Enters a reclaimer, which the caller keeps, and takes it away. Pressure is reckoned without what
 * is reclaimable. Only while no other thread uses the ledger. */
void ledger_add_reclaimer(ledger *l, ledger_reclaimer *r);
void ledger_remove_reclaimer(ledger *l, ledger_reclaimer *r);
/* True when another `bytes` would exceed `fraction_percent` of a limit on the way up: time to
 * spill. */
bool ledger_under_pressure(const ledger *l, size_t bytes, uint32_t fraction_percent);

/* All return NULL when the ledger refuses, the system is out of memory, or a fault is injected. The
 * memory is 16-byte aligned (64 for sizes >= 4096). `old_size` must be the size asked for before.
 */
void *mem_alloc(ledger *l, size_t size) MUST_CHECK;
void *mem_alloc_zero(ledger *l, size_t size) MUST_CHECK;
void *mem_realloc(ledger *l, void *ptr, size_t old_size, size_t new_size) MUST_CHECK;
void mem_free(ledger *l, void *ptr, size_t size);

/* ---- arena: one lifetime, reset whole ---------------------------------------------------------
 */

typedef struct arena_block arena_block;
typedef struct arena {
    ledger *ledger;
    arena_block *head; /* newest block */
    char *cursor;
    char *end;
    size_t next_block_size;
    size_t held; /* bytes of all blocks */
} arena;

void arena_init(arena *a, ledger *l);
void arena_deinit(arena *a);
/* Forgets all allocations; keeps the largest block for reuse. */
void arena_reset(arena *a);
void *arena_alloc_slow(arena *a, size_t size) MUST_CHECK;
/* Moves everything that `from` holds into `to`, which frees it with its own; `from` is left empty.
 * Fails, with both unchanged, only when their ledgers differ and that of `to` refuses. */
dbx_status arena_adopt(arena *to, arena *from) MUST_CHECK;

/* 16-byte aligned, not zeroed. NULL on failure, never for size 0. */
static inline MUST_CHECK void *arena_alloc(arena *a, size_t size) {
    size_t rounded = (MAX(size, (size_t)1) + 15u) & ~(size_t)15u;
    if (LIKELY(rounded >= size && rounded <= (size_t)(a->end - a->cursor))) {
        void *result = a->cursor;
        a->cursor += rounded;
        return result;
    }
    return arena_alloc_slow(a, size);
}
/* Unaligned bytes, for string payloads. */
static inline MUST_CHECK char *arena_alloc_bytes(arena *a, size_t size) {
    if (LIKELY(size < (size_t)(a->end - a->cursor))) {
        char *result = a->cursor;
        a->cursor += size;
        /* keeps the next aligned allocation aligned */
        size_t misaligned = (uintptr_t)a->cursor & 15u;
        size_t pad = misaligned ? 16u - misaligned : 0;
        a->cursor += MIN(pad, (size_t)(a->end - a->cursor));
        return result;
    }
    return arena_alloc_slow(a, size);
}
void *arena_alloc_zero(arena *a, size_t size) MUST_CHECK;
#define ARENA_NEW(a, type) ((type *)arena_alloc_zero((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc_array((a), sizeof(type), (count)))
/* Zeroed; NULL on overflow of size * count, too. */
void *arena_alloc_array(arena *a, size_t size, size_t count) MUST_CHECK;
/* Copies, adding a NUL that is not counted. .data is NULL on failure (never for an empty input). */
string_view arena_copy_string(arena *a, string_view s) MUST_CHECK;
char *arena_printf(arena *a, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 2, 3)));

/* ---- buffer: growing bytes ----------------------------------------------------------------------
 */

typedef struct buffer {
    ledger *ledger;
    char *data; /* always NUL-terminated once something was appended */
    size_t size;
    size_t capacity;
} buffer;

void buffer_init(buffer *b, ledger *l);
void buffer_deinit(buffer *b);
static inline void buffer_clear(buffer *b) {
    b->size = 0;
}
dbx_status buffer_reserve(buffer *b,
                          size_t extra) MUST_CHECK; /* room for extra more bytes (+NUL) */
dbx_status buffer_append(buffer *b, const void *bytes, size_t size) MUST_CHECK;
dbx_status buffer_append_sv(buffer *b, string_view s) MUST_CHECK;
dbx_status buffer_append_char(buffer *b, char c) MUST_CHECK;
dbx_status buffer_printf(buffer *b, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 2, 3)));
static inline string_view buffer_view(const buffer *b) {
    return (string_view){b->data, b->size};
}

/* ---- arena vectors: growing typed arrays in an arena
 * ---------------------------------------------- */

/* Makes room for one more element of `elem_size` in *items (count used, *capacity allocated). */
dbx_status arena_grow(arena *a, void **items, size_t elem_size, uint32_t count,
                      uint32_t *capacity) MUST_CHECK;

/* ARENA_LIST(type) declares {type *items; uint32_t count, capacity;}; push evaluates to a
 * dbx_status. */
#define ARENA_LIST(type)                                                                           \
    struct {                                                                                       \
        type *items;                                                                               \
        uint32_t count;                                                                            \
        uint32_t capacity;                                                                         \
    }
#define ARENA_LIST_PUSH(a, list, value)                                                            \
    (((list)->count < (list)->capacity ||                                                          \
      arena_grow((a), (void **)&(list)->items, sizeof(*(list)->items), (list)->count,              \
                 &(list)->capacity) == DBX_OK)                                                     \
         ? ((list)->items[(list)->count++] = (value), DBX_OK)                                      \
         : DBX_NOMEM)

#endif

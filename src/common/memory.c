/* memory.c - see memory.h. */
#include "common/memory.h"

#include "common/fault.h"
#include "common/os.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_BLOCK_MIN = 4096,
    ARENA_BLOCK_MAX = 1 << 20,
    BUFFER_MIN = 64,
    ALIGN_LARGE_FROM = 4096,
    ALIGN_LARGE = 64,
    ALIGN_HUGE_FROM = 4 << 20,
    ALIGN_HUGE = 2 << 20, /* the size of a large page */
};

/* ---- ledger ---------------------------------------------------------------------------------- */

void ledger_init(ledger *l, ledger *parent, const char *owner, size_t limit) {
    assert(l != parent);
    l->parent = parent;
    l->owner = owner;
    atomic_init(&l->used, 0);
    atomic_init(&l->peak, 0);
    l->limit = limit;
    l->reclaimers = NULL;
    atomic_init(&l->reclaimable, 0);
}

ledger *ledger_bounded(ledger *l) {
    while (l != NULL && l->limit == SIZE_MAX) l = l->parent;
    return l;
}

void ledger_add_reclaimer(ledger *l, ledger_reclaimer *r) {
    r->next = l->reclaimers;
    l->reclaimers = r;
}

void ledger_remove_reclaimer(ledger *l, ledger_reclaimer *r) {
    ledger_reclaimer **at = &l->reclaimers;
    while (*at != NULL && *at != r) at = &(*at)->next;
    if (*at == r) *at = r->next;
}

void ledger_deinit(ledger *l) {
    assert(atomic_load(&l->used) == 0);
    (void)l;
}

static bool ledger_try_charge(ledger *l, size_t bytes) {
    size_t before = atomic_fetch_add_explicit(&l->used, bytes, memory_order_relaxed);
    size_t after = before + bytes;
    if (UNLIKELY(after < before || after > l->limit)) {
        atomic_fetch_sub_explicit(&l->used, bytes, memory_order_relaxed);
        return false;
    }
    size_t peak = atomic_load_explicit(&l->peak, memory_order_relaxed);
    while (after > peak &&
           !atomic_compare_exchange_weak_explicit(&l->peak, &peak, after, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
    return true;
}

static bool ledger_charge_one(ledger *l, size_t bytes) {
    if (LIKELY(ledger_try_charge(l, bytes))) return true;
    if (bytes > l->limit) return false;
    for (ledger_reclaimer *r = l->reclaimers; r != NULL; r = r->next) {
        r->reclaim(r->state, bytes);
        if (ledger_try_charge(l, bytes)) return true;
    }
    return false;
}

bool ledger_charge(ledger *l, size_t bytes) {
    for (ledger *at = l; at != NULL; at = at->parent) {
        if (!ledger_charge_one(at, bytes)) {
            for (ledger *undo = l; undo != at; undo = undo->parent) {
                atomic_fetch_sub_explicit(&undo->used, bytes, memory_order_relaxed);
            }
            return false;
        }
    }
    return true;
}

void ledger_release(ledger *l, size_t bytes) {
    for (ledger *at = l; at != NULL; at = at->parent) {
        size_t before = atomic_fetch_sub_explicit(&at->used, bytes, memory_order_relaxed);
        assert(before >= bytes);
        (void)before;
    }
}

bool ledger_under_pressure(const ledger *l, size_t bytes, uint32_t fraction_percent) {
    assert(fraction_percent <= 100);
    for (const ledger *at = l; at != NULL; at = at->parent) {
        if (at->limit == SIZE_MAX) continue;
        size_t used = atomic_load_explicit(&at->used, memory_order_relaxed);
        size_t spare = atomic_load_explicit(&at->reclaimable, memory_order_relaxed);
        used -= MIN(spare, used);
        if (used + bytes > at->limit / 100 * fraction_percent) return true;
    }
    return false;
}

/* ---- sized allocation -------------------------------------------------------------------------
 */

static void *system_alloc(size_t size) {
    if (fault_hit(FAULT_ALLOC)) return NULL;
    if (size < ALIGN_LARGE_FROM) return malloc(size ? size : 1);
    size_t align = size < ALIGN_HUGE_FROM ? ALIGN_LARGE : ALIGN_HUGE;
    size_t rounded = (size + (align - 1)) & ~(align - 1);
    if (rounded < size) return NULL;
    void *ptr = os_alloc_aligned(align, rounded);
    if (ptr != NULL && align == ALIGN_HUGE) os_prefer_huge_pages(ptr, rounded);
    return ptr;
}

/* A block of an arena, which promises 16 bytes of alignment only: the general allocator's fast path. */
static void *block_alloc(ledger *l, size_t size) {
    if (size >= ALIGN_HUGE_FROM) return mem_alloc(l, size);
    if (l != NULL && !ledger_charge(l, size)) return NULL;
    void *ptr = fault_hit(FAULT_ALLOC) ? NULL : malloc(size);
    if (ptr == NULL && l != NULL) ledger_release(l, size);
    return ptr;
}

void *mem_alloc(ledger *l, size_t size) {
    if (l != NULL && !ledger_charge(l, size)) return NULL;
    void *ptr = system_alloc(size);
    if (ptr == NULL && l != NULL) ledger_release(l, size);
    return ptr;
}

void *mem_alloc_zero(ledger *l, size_t size) {
    void *ptr = mem_alloc(l, size);
    if (ptr != NULL) memset(ptr, 0, size);
    return ptr;
}

void *mem_realloc(ledger *l, void *ptr, size_t old_size, size_t new_size) {
    if (ptr == NULL) return mem_alloc(l, new_size);
    void *fresh = mem_alloc(l, new_size);
    if (fresh == NULL) return NULL;
    memcpy(fresh, ptr, MIN(old_size, new_size));
    mem_free(l, ptr, old_size);
    return fresh;
}

void mem_free(ledger *l, void *ptr, size_t size) {
    if (ptr == NULL) return;
    free(ptr);
    if (l != NULL) ledger_release(l, size);
}

/* ---- arena -------------------------------------------------------------------------------------
 */

struct arena_block {
    arena_block *next; /* older block */
    size_t size;       /* bytes, header included */
};

static_assert(sizeof(arena_block) % 16 == 0, "payload must start aligned");

void arena_init(arena *a, ledger *l) {
    memset(a, 0, sizeof(*a));
    a->ledger = l;
    a->next_block_size = ARENA_BLOCK_MIN;
}

void arena_deinit(arena *a) {
    while (a->head != NULL) {
        arena_block *next = a->head->next;
        mem_free(a->ledger, a->head, a->head->size);
        a->head = next;
    }
    a->cursor = a->end = NULL;
    a->held = 0;
}

void arena_reset(arena *a) {
    if (a->head == NULL) return;
    arena_block *keep = a->head;
    for (arena_block *b = a->head->next; b != NULL; b = b->next) {
        if (b->size > keep->size && b->size <= ARENA_BLOCK_MAX) keep = b;
    }
    arena_block *b = a->head;
    while (b != NULL) {
        arena_block *next = b->next;
        if (b != keep) mem_free(a->ledger, b, b->size);
        b = next;
    }
    keep->next = NULL;
    a->held = keep->size;
    a->head = keep;
    a->cursor = (char *)(keep + 1);
    a->end = (char *)keep + keep->size;
}

dbx_status arena_adopt(arena *to, arena *from) {
    assert(to != from);
    size_t total = 0;
    arena_block *last = NULL;
    for (arena_block *b = from->head; b != NULL; b = b->next) {
        total += b->size;
        last = b;
    }
    if (last == NULL) return DBX_OK;
    if (to->ledger != from->ledger) {
        if (to->ledger != NULL && !ledger_charge(to->ledger, total)) return DBX_NOMEM;
        if (from->ledger != NULL) ledger_release(from->ledger, total);
    }
    if (to->head == NULL) {
        to->head = from->head;
        to->cursor = from->cursor;
        to->end = from->end;
    } else { /* behind the head, which is still being filled */
        last->next = to->head->next;
        to->head->next = from->head;
    }
    to->held += total;
    from->held = 0;
    from->head = NULL;
    from->cursor = from->end = NULL;
    return DBX_OK;
}

void *arena_alloc_slow(arena *a, size_t size) {
    size_t rounded = (size + 15u) & ~(size_t)15u;
    if (rounded < size || rounded > SIZE_MAX - sizeof(arena_block)) return NULL;
    size_t need = rounded + sizeof(arena_block);
    size_t block_size = MAX(need, a->next_block_size);
    arena_block *b = block_alloc(a->ledger, block_size);
    if (b == NULL && block_size > need) {
        block_size = need; /* a tight limit may still allow the exact size */
        b = block_alloc(a->ledger, block_size);
    }
    if (b == NULL) return NULL;
    b->size = block_size;
    a->held += block_size;
    a->next_block_size = MIN(a->next_block_size * 2, (size_t)ARENA_BLOCK_MAX);
    char *payload = (char *)(b + 1);
    size_t left_in_head = (size_t)(a->end - a->cursor);
    if (a->head != NULL && block_size - need < left_in_head) {
        /* keep filling the current block; the new one is full enough already */
        b->next = a->head->next;
        a->head->next = b;
        return payload;
    }
    b->next = a->head;
    a->head = b;
    a->cursor = payload + rounded;
    a->end = (char *)b + block_size;
    return payload;
}

void *arena_alloc_zero(arena *a, size_t size) {
    void *ptr = arena_alloc(a, size);
    if (ptr != NULL) memset(ptr, 0, size);
    return ptr;
}

void *arena_alloc_array(arena *a, size_t size, size_t count) {
    size_t total;
    if (__builtin_mul_overflow(size, count, &total)) return NULL;
    return arena_alloc_zero(a, total);
}

string_view arena_copy_string(arena *a, string_view s) {
    char *copy = arena_alloc_bytes(a, s.size + 1);
    if (copy == NULL) return (string_view){NULL, 0};
    if (s.size > 0) memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    return (string_view){copy, s.size};
}

char *arena_printf(arena *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : arena_alloc_bytes(a, (size_t)length + 1);
    if (text != NULL) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

dbx_status arena_grow(arena *a, void **items, size_t elem_size, uint32_t count,
                      uint32_t *capacity) {
    assert(count <= *capacity);
    if (*capacity > UINT32_MAX / 2) return DBX_NOMEM;
    uint32_t grown = *capacity ? *capacity * 2 : 4;
    void *fresh = arena_alloc_array(a, elem_size, grown);
    if (fresh == NULL) return DBX_NOMEM;
    if (count > 0) memcpy(fresh, *items, elem_size * count);
    *items = fresh;
    *capacity = grown;
    return DBX_OK;
}

/* ---- buffer -------------------------------------------------------------------------------------
 */

void buffer_init(buffer *b, ledger *l) {
    *b = (buffer){.ledger = l};
}

void buffer_deinit(buffer *b) {
    mem_free(b->ledger, b->data, b->capacity);
    *b = (buffer){.ledger = b->ledger};
}

dbx_status buffer_reserve(buffer *b, size_t extra) {
    size_t need;
    if (__builtin_add_overflow(b->size, extra, &need) || need == SIZE_MAX) return DBX_NOMEM;
    need += 1; /* NUL */
    if (need <= b->capacity) return DBX_OK;
    size_t capacity = MAX(b->capacity, (size_t)BUFFER_MIN);
    while (capacity < need) capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    char *data = mem_realloc(b->ledger, b->data, b->capacity, capacity);
    if (data == NULL) return DBX_NOMEM;
    b->data = data;
    b->capacity = capacity;
    return DBX_OK;
}

dbx_status buffer_append(buffer *b, const void *bytes, size_t size) {
    TRY(buffer_reserve(b, size));
    if (size > 0) memcpy(b->data + b->size, bytes, size);
    b->size += size;
    b->data[b->size] = '\0';
    return DBX_OK;
}

dbx_status buffer_append_sv(buffer *b, string_view s) {
    return buffer_append(b, s.data, s.size);
}

dbx_status buffer_append_char(buffer *b, char c) {
    return buffer_append(b, &c, 1);
}

dbx_status buffer_printf(buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    dbx_status status = length < 0 ? DBX_BUG : buffer_reserve(b, (size_t)length);
    if (status == DBX_OK) {
        vsnprintf(b->data + b->size, (size_t)length + 1, format, again);
        b->size += (size_t)length;
    }
    va_end(again);
    return status;
}

/* space.h - free pages of the file as runs, sorted by page. Guarded by the storage's lock. */
#ifndef DBX_STORAGE_SPACE_H
#define DBX_STORAGE_SPACE_H

#include "common/memory.h"

typedef struct page_run {
    uint64_t page;
    uint64_t pages;
} page_run;

typedef struct space_map {
    ledger *ledger;
    page_run *runs; /* sorted, disjoint, never adjacent */
    size_t count, capacity;
    uint64_t free_pages;
} space_map;

void space_init(space_map *m, ledger *l);
void space_deinit(space_map *m);
/* Makes room for `more` further frees, so that space_free cannot fail. */
dbx_status space_reserve(space_map *m, size_t more) MUST_CHECK;
/* Adds a free run and joins it with its neighbours. Room must have been reserved. */
void space_free(space_map *m, uint64_t page, uint64_t pages);
/* Takes pages from the first run that is long enough; false when there is none. */
bool space_take(space_map *m, uint64_t pages, uint64_t *page);
/* Takes just these pages, of which one may be free and another not: false then. Needs room for one
 * run. */
bool space_take_at(space_map *m, uint64_t page, uint64_t pages);
/* Takes the run that ends at `end`, if any: pages to cut off the file. */
uint64_t space_take_tail(space_map *m, uint64_t end);

#endif

/* space.c - see space.h. First fit from the file's start keeps the file short, so that its end can
 * be cut off. */
#include "storage/space.h"

enum { SPACE_RUNS_MIN = 16 };

void space_init(space_map *m, ledger *l) {
    memset(m, 0, sizeof(*m));
    m->ledger = l;
}

void space_deinit(space_map *m) {
    mem_free(m->ledger, m->runs, m->capacity * sizeof(page_run));
    memset(m, 0, sizeof(*m));
}

dbx_status space_reserve(space_map *m, size_t more) {
    size_t needed = m->count + more;
    if (needed <= m->capacity) return DBX_OK;
    size_t capacity = MAX(MAX(needed, m->capacity * 2), (size_t)SPACE_RUNS_MIN);
    page_run *runs = mem_realloc(m->ledger, m->runs, m->capacity * sizeof(page_run),
                                 capacity * sizeof(page_run));
    if (runs == NULL) return DBX_NOMEM;
    m->runs = runs;
    m->capacity = capacity;
    return DBX_OK;
}

/* Index of the first run that starts after `page`. */
static size_t space_find(const space_map *m, uint64_t page) {
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->runs[middle].page <= page)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void space_remove(space_map *m, size_t index) {
    assert(index < m->count);
    memmove(&m->runs[index], &m->runs[index + 1], (m->count - index - 1) * sizeof(page_run));
    m->count--;
}

void space_free(space_map *m, uint64_t page, uint64_t pages) {
    assert(pages > 0);
    size_t at = space_find(m, page);
    assert(at == 0 || m->runs[at - 1].page + m->runs[at - 1].pages <= page);
    assert(at == m->count || page + pages <= m->runs[at].page);
    m->free_pages += pages;
    bool joins_left = at > 0 && m->runs[at - 1].page + m->runs[at - 1].pages == page;
    bool joins_right = at < m->count && page + pages == m->runs[at].page;
    if (joins_left) {
        m->runs[at - 1].pages += pages;
        if (joins_right) {
            m->runs[at - 1].pages += m->runs[at].pages;
            space_remove(m, at);
        }
        return;
    }
    if (joins_right) {
        m->runs[at].page = page;
        m->runs[at].pages += pages;
        return;
    }
    assert(m->count < m->capacity);
    memmove(&m->runs[at + 1], &m->runs[at], (m->count - at) * sizeof(page_run));
    m->runs[at] = (page_run){page, pages};
    m->count++;
}

bool space_take(space_map *m, uint64_t pages, uint64_t *page) {
    assert(pages > 0);
    if (pages > m->free_pages) return false;
    for (size_t i = 0; i < m->count; i++) {
        page_run *run = &m->runs[i];
        if (run->pages < pages) continue;
        *page = run->page;
        run->page += pages;
        run->pages -= pages;
        m->free_pages -= pages;
        if (run->pages == 0) space_remove(m, i);
        return true;
    }
    return false;
}

bool space_take_at(space_map *m, uint64_t page, uint64_t pages) {
    size_t after = space_find(m, page);
    if (after == 0) return false;
    page_run *run = &m->runs[after - 1];
    uint64_t end = run->page + run->pages;
    if (end < page || end - page < pages) return false;
    m->free_pages -= pages;
    uint64_t tail = end - page - pages;
    run->pages = page - run->page;
    if (run->pages == 0 && tail == 0) {
        space_remove(m, after - 1);
    } else if (run->pages == 0) {
        *run = (page_run){page + pages, tail};
    } else if (tail > 0) {
        assert(m->count < m->capacity);
        memmove(&m->runs[after + 1], &m->runs[after], (m->count - after) * sizeof(*run));
        m->runs[after] = (page_run){page + pages, tail};
        m->count++;
    }
    return true;
}

uint64_t space_take_tail(space_map *m, uint64_t end) {
    if (m->count == 0) return 0;
    page_run last = m->runs[m->count - 1];
    if (last.page + last.pages != end) return 0;
    m->count--;
    m->free_pages -= last.pages;
    return last.pages;
}

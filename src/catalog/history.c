/* history.c - see history.h. A table object points at its history: what made it, and the versions
 * before. Histories are immutable and counted; each commit makes one from that before. */
#include "catalog/history.h"

#include "catalog/catalog_int.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HISTORY_VERSIONS_MAX = 1000,
    HISTORY_BYTES_MIN = 256 << 10, /* of small tables, beside as much as the table itself */
    HISTORY_VERSION_BYTES = 256,   /* what a version takes besides rows */
    HISTORY_DAYS = 7,
};
#define HISTORY_SECOND_US ((int64_t)1000000)

/* ---- memory ---- */

static size_t history_size(uint32_t count) {
    return sizeof(catalog_history) + sizeof(catalog_version *) * count;
}

static void version_unref(catalog_version *v) {
    if (v == NULL || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1) return;
    if (v->state != NULL) catalog_object_unref(&v->state->base);
    table_version_unref(v->change);
    mem_free(v->ledger, v, sizeof(*v));
}

catalog_version *history_version_new(ledger *l, const catalog_event *event) {
    catalog_version *v = mem_alloc_zero(l, sizeof(*v));
    if (v == NULL) return NULL;
    atomic_init(&v->refs, 1);
    v->ledger = l;
    v->event = *event;
    return v;
}

catalog_history *history_new(ledger *l, uint32_t count) {
    catalog_history *h = mem_alloc_zero(l, history_size(count));
    if (h == NULL) return NULL;
    atomic_init(&h->refs, 1);
    h->ledger = l;
    h->count = h->room = count;
    return h;
}

void history_unref(catalog_history *h) {
    if (h == NULL || atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) != 1) return;
    for (uint32_t i = 0; i < h->count; i++) version_unref(h->past[i]);
    table_version_unref(h->change);
    catalog_blob_unref(h->blob);
    mem_free(h->ledger, h, history_size(h->room));
}

/* ---- retention ---- */

/* "interval 30 days", "7 days", "INTERVAL '12' HOURS": the first number and unit. */
static bool history_parse_interval(string_view text, int64_t *us) {
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}, {"week", 604800}};
    size_t at = 0;
    while (at < text.size && !ascii_is_digit(text.data[at])) at++;
    int64_t number = 0;
    bool any = at < text.size;
    for (; at < text.size && ascii_is_digit(text.data[at]); at++) {
        if (number > INT32_MAX) return false;
        number = number * 10 + (text.data[at] - '0');
    }
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\'')) at++;
    for (uint32_t i = 0; any && i < ARRAY_COUNT(units); i++) {
        size_t size = strlen(units[i].name);
        if (text.size - at < size) continue;
        if (!sv_equal_ignore_case((string_view){text.data + at, size}, sv_from(units[i].name)))
            continue;
        *us = number * units[i].seconds * HISTORY_SECOND_US;
        return true;
    }
    return false;
}

int64_t catalog_retention_us(const catalog_table *table) {
    int64_t us = (int64_t)HISTORY_DAYS * 86400 * HISTORY_SECOND_US;
    const catalog_property *p =
        catalog_find_property(&table->base.info, SV("delta.deletedFileRetentionDuration"));
    if (p != NULL) (void)history_parse_interval(p->value, &us);
    return us;
}

/* ---- making one from another ---- */

static uint64_t history_bytes(const table_version *v) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        for (uint32_t k = 0; k < v->leaves[i]->count; k++) bytes += v->leaves[i]->groups[k]->bytes;
    }
    return bytes;
}

static int history_compare_ids(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static dbx_status history_dead(const table_version *old, const table_version *fresh,
                               catalog_difference *out) {
    ledger *l = storage_ledger(old->storage);
    size_t size = sizeof(uint64_t) * ((size_t)fresh->group_count + 1);
    uint64_t *ids = mem_alloc(l, size);
    *out = (catalog_difference){0};
    if (ids == NULL) return DBX_NOMEM;
    uint32_t count = 0;
    for (uint32_t i = 0; i < fresh->leaf_count; i++) {
        for (uint32_t k = 0; k < fresh->leaves[i]->count; k++)
            ids[count++] = fresh->leaves[i]->groups[k]->id;
    }
    qsort(ids, count, sizeof(uint64_t), history_compare_ids);
    for (uint32_t i = 0; i < old->leaf_count; i++) {
        bool shared = i < fresh->leaf_count && fresh->leaves[i] == old->leaves[i];
        for (uint32_t k = 0; k < old->leaves[i]->count && !shared; k++) {
            const row_group *g = old->leaves[i]->groups[k];
            if (bsearch(&g->id, ids, count, sizeof(uint64_t), history_compare_ids) != NULL)
                continue;
            out->groups++;
            out->bytes += g->bytes;
        }
    }
    mem_free(l, ids, size);
    return DBX_OK;
}

dbx_status catalog_version_difference(const catalog_table *a, const catalog_table *b,
                                      catalog_difference *out, error *err) {
    return history_dead(a->version, b->version, out) == DBX_OK ? DBX_OK : error_nomem(err);
}

catalog_difference catalog_version_size(const catalog_table *table) {
    return (catalog_difference){table->version->group_count, history_bytes(table->version)};
}

/* How many of the oldest of `count` versions go. The version after a past one says when it was
 * replaced. */
static uint32_t history_surplus(catalog_version *const *past, uint32_t count,
                                const catalog_table *table, int64_t now_us) {
    int64_t end = now_us - catalog_retention_us(table);
    uint64_t live = history_bytes(table->version) + HISTORY_BYTES_MIN, dead = 0;
    uint32_t kept = 0;
    while (kept < count && kept < HISTORY_VERSIONS_MAX) {
        const catalog_version *v = past[count - 1 - kept];
        int64_t replaced = kept == 0 ? now_us : past[count - kept]->event.committed_us;
        dead += v->dead_bytes + HISTORY_VERSION_BYTES;
        if (replaced < end || dead > live) break;
        kept++;
    }
    return count - kept;
}

/* The state that a commit replaces, as a past version. */
static catalog_version *history_past(const catalog_table *old, const catalog_event *event,
                                     uint64_t dead_bytes) {
    ledger *l = old->base.memory->ledger;
    catalog_version *v = history_version_new(l, event);
    if (v == NULL) return NULL;
    v->dead_bytes = dead_bytes;
    if (old->history != NULL && old->history->change != NULL)
        v->change = table_version_ref(old->history->change);
    v->state = (catalog_table *)catalog_object_copy(l, &old->base);
    if (v->state == NULL) {
        version_unref(v);
        return NULL;
    }
    history_unref(v->state->history);
    v->state->history = NULL;
    return v;
}

catalog_history *history_push(const catalog_table *old, const catalog_table *fresh,
                              table_version *change, string_view operation, int64_t now_us) {
    ledger *l = fresh->base.memory->ledger;
    catalog_event first = {.committed_us = fresh->base.info.created_us};
    snprintf(first.operation, sizeof(first.operation), "CREATE TABLE");
    const catalog_history *before = old != NULL ? old->history : NULL;
    const catalog_event *event = before != NULL ? &before->now : &first;
    uint32_t count = before != NULL ? before->count : 0, surplus = 0;
    catalog_version *past = NULL;
    if (old != NULL) {
        catalog_difference dead;
        if (history_dead(old->version, fresh->version, &dead) != DBX_OK) return NULL;
        past = history_past(old, event, dead.bytes);
        if (past == NULL) return NULL;
        count++;
    }
    catalog_history *h = history_new(l, count);
    if (h == NULL) {
        version_unref(past);
        return NULL;
    }
    for (uint32_t i = 0; i + 1 < count; i++) h->past[i] = before->past[i];
    if (past != NULL) h->past[count - 1] = past;
    surplus = history_surplus(h->past, count, fresh, now_us);
    if (surplus == count && past != NULL) version_unref(past);
    memmove(h->past, h->past + surplus, sizeof(*h->past) * (count - surplus));
    h->count = count - surplus;
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->past[i] != past)
            atomic_fetch_add_explicit(&h->past[i]->refs, 1, memory_order_relaxed);
    }
    h->now.number = old != NULL ? event->number + 1 : 0;
    h->now.committed_us = now_us;
    if (old != NULL && now_us <= event->committed_us) h->now.committed_us = event->committed_us + 1;
    snprintf(h->now.operation, sizeof(h->now.operation), SV_FMT, SV_ARG(operation));
    uint64_t rows_before = old != NULL ? table_version_rows(old->version) : 0, added = 0;
    const table_version *seen = change != NULL ? change : fresh->version;
    uint64_t rows_after = table_version_rows(seen);
    if (old == NULL || old->version->rows <= seen->rows)
        added = seen->rows - (old != NULL ? old->version->rows : 0);
    else
        added = rows_after; /* rewritten */
    h->now.rows_added = added;
    h->now.rows_removed = rows_before + added >= rows_after ? rows_before + added - rows_after : 0;
    if (change != NULL && change != fresh->version) h->change = table_version_ref(change);
    return h;
}

catalog_history *history_keep(const catalog_history *old, uint32_t from, table_version *change) {
    catalog_history *h = history_new(old->ledger, old->count - from);
    if (h == NULL) return NULL;
    h->now = old->now;
    for (uint32_t i = from; i < old->count; i++) {
        h->past[i - from] = old->past[i];
        atomic_fetch_add_explicit(&old->past[i]->refs, 1, memory_order_relaxed);
    }
    if (change == NULL) change = old->change;
    if (change != NULL) h->change = table_version_ref(change);
    return h;
}

/* ---- reading ---- */

uint32_t catalog_version_count(const catalog_table *table) {
    return table->history == NULL ? 0 : table->history->count + 1;
}

const catalog_event *catalog_version_event(const catalog_table *table, uint32_t index) {
    const catalog_history *h = table->history;
    return index < h->count ? &h->past[index]->event : &h->now;
}

const catalog_table *catalog_version_table(const catalog_table *table, uint32_t index) {
    const catalog_history *h = table->history;
    return h != NULL && index < h->count ? h->past[index]->state : table;
}

dbx_status catalog_version_of_number(const catalog_table *table, int64_t number, uint32_t *index,
                                     error *err) {
    uint32_t count = catalog_version_count(table);
    if (count == 0)
        return error_raise(err, ERR_DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS, (span){0, 0}, NULL);
    uint64_t first = catalog_version_event(table, 0)->number;
    uint64_t last = catalog_version_event(table, count - 1)->number;
    if (number >= 0 && (uint64_t)number >= first && (uint64_t)number <= last) {
        *index = (uint32_t)((uint64_t)number - first);
        return DBX_OK;
    }
    char texts[3][24];
    snprintf(texts[0], sizeof(texts[0]), "%lld", (long long)number);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)first);
    snprintf(texts[2], sizeof(texts[2]), "%llu", (unsigned long long)last);
    return error_raise(err, ERR_DELTA_VERSION_NOT_FOUND, (span){0, 0}, "userVersion", texts[0],
                       "earliest", texts[1], "latest", texts[2], NULL);
}

dbx_status catalog_version_of_time(const catalog_table *table, int64_t time_us, const char *text,
                                   uint32_t *index, error *err) {
    uint32_t count = catalog_version_count(table);
    if (count == 0)
        return error_raise(err, ERR_DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS, (span){0, 0}, NULL);
    if (time_us < catalog_version_event(table, 0)->committed_us)
        return error_raise(err, ERR_DELTA_TIMESTAMP_EARLIER, (span){0, 0}, "userTimestamp", text,
                           NULL);
    if (time_us > MAX(os_wall_clock_us(), catalog_version_event(table, count - 1)->committed_us))
        return error_raise(err, ERR_DELTA_TIMESTAMP_GREATER, (span){0, 0}, "providedTimestamp",
                           text, NULL);
    *index = count - 1;
    while (catalog_version_event(table, *index)->committed_us > time_us) --*index;
    return DBX_OK;
}

/* ---- changing ---- */

static dbx_status history_current(txn *t, const catalog_table *table, catalog_table **out,
                                  error *err) {
    catalog_space *space;
    catalog_schema *schema;
    TRY(txn_check_writable(t, table->base.is_temporary, "the table", err));
    *out = (catalog_table *)txn_find_object(t, &table->base, &space, &schema);
    if (*out != NULL) return DBX_OK;
    return error_raise(err, ERR_INTERNAL_ERROR, (span){0, 0}, "message", "no such table", NULL);
}

/* A table with the name and identity of `now` and the definition and rows of `then`. Columns keep
 * their field ids, by which the rows know them. */
static dbx_status history_fill(txn *t, const catalog_table *now, const catalog_table *then,
                               catalog_table *fresh) {
    catalog_object *o = &fresh->base;
    arena *a = &o->memory->arena;
    o->id = now->base.id;
    catalog_info info = then->base.info;
    info.name = now->base.info.name;
    TRY(catalog_copy_info(a, &info, &o->info));
    TRY(catalog_copy_text(a, now->base.catalog_name, &o->catalog_name));
    TRY(catalog_copy_text(a, now->base.schema_name, &o->schema_name));
    TRY(catalog_copy_table_def(a, &then->def, &fresh->def));
    fresh->next_field_id = now->next_field_id;
    fresh->identity = catalog_identity_new(t->catalog->ledger, &fresh->def);
    if (fresh->identity == NULL) return DBX_NOMEM;
    if (now->identity != NULL) catalog_identity_keep(now->identity, fresh->identity);
    if (now->history != NULL) fresh->history = history_ref(now->history);
    fresh->version = table_version_ref(then->version);
    return DBX_OK;
}

dbx_status catalog_restore_table(txn *t, const catalog_table *table, uint32_t index, error *err) {
    catalog_table *now;
    TRY(history_current(t, table, &now, err));
    const catalog_table *then = catalog_version_table(table, index);
    bool same = then->base.memory == now->base.memory;
    catalog_object *fresh = same ? catalog_object_copy(t->catalog->ledger, &now->base)
                                 : catalog_object_new(t->catalog->ledger, CATALOG_TABLE);
    if (fresh == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    if (same) {
        table_version_unref(((catalog_table *)fresh)->version);
        ((catalog_table *)fresh)->version = table_version_ref(then->version);
    } else if (history_fill(t, now, then, (catalog_table *)fresh) != DBX_OK) {
        status = error_nomem(err);
    }
    if (status == DBX_OK) status = txn_replace_object(t, &now->base, fresh, err);
    catalog_object_unref(fresh);
    return status;
}

dbx_status catalog_vacuum_table(txn *t, const catalog_table *table, int64_t before_us, bool dry_run,
                                uint32_t *count, error *err) {
    catalog_table *now;
    *count = 0;
    TRY(history_current(t, table, &now, err));
    const catalog_history *h = now->history;
    if (h == NULL) return DBX_OK;
    while (*count < h->count) {
        const catalog_event *next = *count + 1 < h->count ? &h->past[*count + 1]->event : &h->now;
        if (next->committed_us > before_us) break;
        ++*count;
    }
    if (dry_run || *count == 0) return DBX_OK;
    catalog_object *fresh = catalog_object_copy(t->catalog->ledger, &now->base);
    catalog_history *kept = fresh == NULL ? NULL : history_keep(h, *count, NULL);
    if (kept == NULL) {
        catalog_object_unref(fresh);
        return error_nomem(err);
    }
    history_unref(((catalog_table *)fresh)->history);
    ((catalog_table *)fresh)->history = kept;
    dbx_status status = txn_replace_object(t, &now->base, fresh, err);
    catalog_object_unref(fresh);
    return status;
}

dbx_status catalog_verify_table(const catalog_table *table, uint64_t *blocks, uint64_t *bytes,
                                error *err) {
    table_verified seen;
    *blocks = *bytes = 0;
    if (table->version == NULL) return DBX_OK;
    for (uint32_t i = 0; table->history != NULL && i < table->history->count; i++)
        TRY(table_version_verify(table->history->past[i]->state->version, &seen, err));
    TRY(table_version_verify(table->version, &seen, err));
    *blocks = seen.blocks;
    *bytes = seen.bytes;
    return DBX_OK;
}

/* table_verify.c - reading everything that a version leads to, past the cache, and checking hashes.
 */
#include "storage/table_int.h"

#include <xxhash.h>

static dbx_status verify_segment(storage *s, const segment *seg, uint8_t *block,
                                 table_verified *out, error *err) {
    for (uint32_t i = 0; i < seg->bytes.check_count; i++) {
        uint64_t at = seg->bytes.offset + (uint64_t)i * STORAGE_BLOCK_SIZE;
        size_t size =
            MIN((size_t)STORAGE_BLOCK_SIZE, seg->bytes.size - (size_t)i * STORAGE_BLOCK_SIZE);
        TRY(storage_read(s, at, block, size, err));
        if (XXH64(block, size, 0) != seg->bytes.checks[i])
            return storage_corrupt(s, err, "block at byte %llu (%zu bytes) has a wrong checksum",
                                   (unsigned long long)at, size);
        out->blocks++;
        out->bytes += size;
    }
    return DBX_OK;
}

dbx_status table_version_verify(const table_version *v, table_verified *out, error *err) {
    storage *s = v->storage;
    *out = (table_verified){0};
    uint8_t *block = mem_alloc(storage_ledger(s), STORAGE_BLOCK_SIZE);
    if (block == NULL) return error_nomem(err);
    dbx_status status = DBX_OK;
    for (uint32_t i = 0; i < v->leaf_count; i++) {
        for (uint32_t k = 0; k < v->leaves[i]->count; k++) {
            const row_group *g = v->leaves[i]->groups[k];
            bool settled = row_group_is_settled(g);
            for (uint32_t n = 0; n < g->segment_count && settled && status == DBX_OK; n++)
                status = verify_segment(s, &g->segments[n], block, out, err);
            out->groups++;
        }
    }
    mem_free(storage_ledger(s), block, STORAGE_BLOCK_SIZE);
    return status;
}

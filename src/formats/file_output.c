/* file_output.c - see file_output.h. */
#include "formats/file_output.h"

#include <stdio.h>

dbx_status file_output_open(file_output *f, const io_gate *gate, ledger *l, string_view path,
                            const char *extension, error *err) {
    memset(f, 0, sizeof(*f));
    f->gate = gate;
    f->ledger = l;
    f->is_directory = sv_ends_with(path, SV("/"));
    if (!f->is_directory) {
        TRY(io_resolve(gate, path, IO_WRITE, f->path, err));
        return io_create(gate, l, sv_from(f->path), &f->out, err);
    }
    TRY(io_make_directory(gate, path, err));
    TRY(io_resolve(gate, path, IO_WRITE, f->directory, err));
    int length = snprintf(f->path, sizeof(f->path), "%s/part-00000-%016llx%s", f->directory,
                          (unsigned long long)os_random_seed(), extension);
    if (length < 0 || (size_t)length >= sizeof(f->path)) {
        return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", "create", "path",
                           f->directory, "message", "the name is too long", NULL);
    }
    return io_create(gate, l, sv_from(f->path), &f->out, err);
}

static dbx_status output_remove_old(const file_output *f, const io_listing *old, error *err) {
    for (uint32_t i = 0; i < old->entries.count; i++) {
        TRY(io_remove(f->gate, old->entries.items[i].path, err));
    }
    return DBX_OK;
}

dbx_status file_output_commit(file_output *f, error *err) {
    if (!f->is_directory) return io_output_commit(f->out, err);
    arena a;
    arena_init(&a, f->ledger);
    io_listing old = {0};
    dbx_status status = io_list(f->gate, sv_from(f->directory), &a, &old, err);
    if (status == DBX_OK) status = io_output_commit(f->out, err);
    if (status == DBX_OK) status = output_remove_old(f, &old, err);
    arena_deinit(&a);
    return status;
}

void file_output_close(file_output *f) {
    io_output_close(f->out);
    f->out = NULL;
}

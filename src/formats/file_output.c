/* file_output.c - see file_output.h. */
#include "formats/file_output.h"

#include <stdio.h>

struct file_set {
    const io_gate *gate;
    ledger *ledger;
    file_set_mode mode;
    bool is_directory;
    uint64_t job; /* in the names of part files */
    os_mutex lock;
    arena arena; /* under the lock */
    ARENA_LIST(io_output *) files;
    char path[IO_PATH_MAX]; /* resolved */
};

static dbx_status set_check_existing(const file_set *s, os_path_kind kind, error *err) {
    if (s->mode == FILE_SET_ERROR_IF_EXISTS && kind != OS_PATH_NONE) {
        return error_raise(err, ERR_PATH_ALREADY_EXISTS, (span){0, 0}, "outputPath", s->path, NULL);
    }
    if (s->mode == FILE_SET_APPEND && !s->is_directory) {
        return error_raise(err, ERR_INVALID_PARAMETER_VALUE, (span){0, 0}, "parameter", "mode",
                           "message",
                           "'append' adds part files to a directory: end the path with '/'", NULL);
    }
    return DBX_OK;
}

static dbx_status set_start(file_set *s, string_view path, bool directory, error *err) {
    TRY(io_resolve(s->gate, path, IO_WRITE, s->path, err));
    os_path_kind kind = os_path_stat(s->path, NULL, NULL);
    s->is_directory = directory || sv_ends_with(path, SV("/")) || kind == OS_PATH_DIRECTORY;
    TRY(set_check_existing(s, kind, err));
    return s->is_directory ? io_make_directory(s->gate, path, err) : DBX_OK;
}

static dbx_status set_open(const io_gate *gate, ledger *l, string_view path, file_set_mode mode,
                           bool directory, file_set **out, error *err) {
    *out = NULL;
    file_set *s = mem_alloc_zero(l, sizeof(*s));
    if (s == NULL) return error_nomem(err);
    s->gate = gate;
    s->ledger = l;
    s->mode = mode;
    s->job = os_random_seed();
    os_mutex_init(&s->lock);
    arena_init(&s->arena, l);
    dbx_status status = set_start(s, path, directory, err);
    if (status != DBX_OK) {
        file_set_free(s);
        return status;
    }
    *out = s;
    return DBX_OK;
}

dbx_status file_set_open(const io_gate *gate, ledger *l, string_view path, file_set_mode mode,
                         file_set **out, error *err) {
    return set_open(gate, l, path, mode, false, out, err);
}

dbx_status file_set_open_directory(const io_gate *gate, ledger *l, string_view path,
                                   file_set_mode mode, file_set **out, error *err) {
    return set_open(gate, l, path, mode, true, out, err);
}

bool file_set_is_directory(const file_set *s) {
    return s->is_directory;
}

const char *file_set_path(const file_set *s) {
    return s->path;
}

static dbx_status set_add(file_set *s, string_view folder, string_view extension, io_output **out,
                          error *err) {
    const char *path = s->path;
    assert(s->is_directory || s->files.count == 0);
    if (s->is_directory) {
        const char *slash = folder.size > 0 ? "/" : "";
        path = arena_printf(&s->arena, "%s%s" SV_FMT, s->path, slash, SV_ARG(folder));
        if (path == NULL) return error_nomem(err);
        if (folder.size > 0) TRY(io_make_directory(s->gate, sv_from(path), err));
        path = arena_printf(&s->arena, "%s/part-%05u-%016llx" SV_FMT, path, s->files.count,
                            (unsigned long long)s->job, SV_ARG(extension));
        if (path == NULL) return error_nomem(err);
    }
    TRY(io_create(s->gate, s->ledger, sv_from(path), out, err));
    if (ARENA_LIST_PUSH(&s->arena, &s->files, *out) == DBX_OK) return DBX_OK;
    io_output_close(*out);
    return error_nomem(err);
}

dbx_status file_set_add(file_set *s, string_view folder, string_view extension, io_output **out,
                        error *err) {
    os_mutex_lock(&s->lock);
    dbx_status status = set_add(s, folder, extension, out, err);
    os_mutex_unlock(&s->lock);
    return status;
}

static dbx_status set_remove_old(const file_set *s, const io_listing *old, error *err) {
    for (uint32_t i = 0; i < old->entries.count; i++) {
        TRY(io_remove(s->gate, old->entries.items[i].path, err));
    }
    return DBX_OK;
}

/* An empty directory is no path that lists anything. */
static dbx_status set_list_old(file_set *s, io_listing *old, error *err) {
    error none;
    error_init(&none);
    dbx_status status = io_list(s->gate, sv_from(s->path), &s->arena, old, &none);
    bool empty = status != DBX_OK && none.cls == ERR_PATH_NOT_FOUND;
    error_deinit(&none);
    if (status == DBX_NOMEM) return error_nomem(err);
    if (status == DBX_OK || empty) return DBX_OK;
    return io_list(s->gate, sv_from(s->path), &s->arena, old, err);
}

static dbx_status set_commit_files(file_set *s, error *err) {
    for (uint32_t i = 0; i < s->files.count; i++) {
        dbx_status status = io_output_commit(s->files.items[i], err);
        if (status == DBX_OK) continue;
        error ignored;
        error_init(&ignored);
        for (uint32_t k = 0; s->is_directory && k < i; k++) {
            (void)!io_remove(s->gate, sv_from(io_output_target(s->files.items[k])), &ignored);
        }
        error_deinit(&ignored);
        return status;
    }
    return DBX_OK;
}

dbx_status file_set_commit(file_set *s, error *err) {
    io_listing old = {.arena = &s->arena};
    bool replaces = s->is_directory && s->mode == FILE_SET_OVERWRITE;
    if (replaces) TRY(set_list_old(s, &old, err));
    TRY(set_commit_files(s, err));
    return replaces ? set_remove_old(s, &old, err) : DBX_OK;
}

void file_set_free(file_set *s) {
    if (s == NULL) return;
    for (uint32_t i = 0; i < s->files.count; i++) io_output_close(s->files.items[i]);
    arena_deinit(&s->arena);
    os_mutex_deinit(&s->lock);
    mem_free(s->ledger, s, sizeof(*s));
}

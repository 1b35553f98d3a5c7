/* gate.c - paths to open files: schemes, privileges, random access and complete-or-absent output.
 * Listing is in list.c, decompressed streams in stream.c. */
#include "io/gate.h"

#include <stdio.h>

struct io_file {
    os_file *os;
    ledger *ledger;
    uint64_t size;
    int64_t modified_us;
    size_t alloc_size;
    uint32_t path_size;
    char path[];
};

/* ---- paths ---- */

static dbx_status gate_raise_path(error *err, error_class cls, string_view path) {
    return error_raisef(err, cls, (span){0, 0}, "path", "%.*s", SV_ARG(path));
}

static dbx_status gate_raise_io(error *err, const char *operation, const char *path,
                                const char *message) {
    return error_raise(err, ERR_IO_ERROR, (span){0, 0}, "operation", operation, "path", path,
                       "message", message, NULL);
}

/* Length of "scheme" in "scheme:/…"; 0 for none. One letter is a Windows drive. */
static size_t gate_scheme_size(string_view path) {
    size_t i = 0;
    while (i < path.size) {
        char c = ascii_lower(path.data[i]);
        bool letter = c >= 'a' && c <= 'z';
        bool other = ascii_is_digit(c) || c == '+' || c == '-' || c == '.';
        if (!letter && (i == 0 || !other)) break;
        i++;
    }
    if (i < 2 || i + 1 >= path.size || path.data[i] != ':' || path.data[i + 1] != '/') return 0;
    return i;
}

/* Takes "file:" and its authority off. */
static dbx_status gate_strip_scheme(string_view *path, error *err) {
    size_t scheme = gate_scheme_size(*path);
    if (scheme == 0) return DBX_OK;
    if (!sv_equal_ignore_case((string_view){path->data, scheme}, SV("file"))) {
        return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                            "the path %.*s, whose scheme %.*s is not supported", SV_ARG(*path),
                            (int)scheme, path->data);
    }
    string_view rest = {path->data + scheme + 1, path->size - scheme - 1};
    if (sv_starts_with(rest, SV("//"))) {
        rest.data += 2;
        rest.size -= 2;
        if (sv_starts_with(rest, SV("localhost/"))) {
            rest.data += 9;
            rest.size -= 9;
        }
        if (rest.size == 0 || rest.data[0] != '/') {
            return error_raisef(err, ERR_UNSUPPORTED_FEATURE, (span){0, 0}, "feature",
                                "the path %.*s, which names another host", SV_ARG(*path));
        }
    }
    *path = rest;
    return DBX_OK;
}

dbx_status io_resolve(const io_gate *gate, string_view path, io_access access, char *out,
                      error *err) {
    string_view rest = path;
    if (path.size == 0) return gate_raise_path(err, ERR_PATH_NOT_FOUND, path);
    TRY(gate_strip_scheme(&rest, err));
    if (memchr(rest.data, '\0', rest.size) != NULL) {
        return gate_raise_path(err, ERR_PATH_NOT_FOUND, path);
    }
    size_t prefix = 0;
    if (rest.data[0] == '~' && (rest.size == 1 || rest.data[1] == '/')) {
        if (os_environment("HOME", out, IO_PATH_MAX)) {
            prefix = strlen(out);
            rest.data++;
            rest.size--;
        }
    }
    if (prefix + rest.size >= IO_PATH_MAX) {
        return gate_raise_io(err, "open", "a path", "it is too long");
    }
    memcpy(out + prefix, rest.data, rest.size);
    size_t size = prefix + rest.size;
    while (size > 1 && out[size - 1] == '/') size--;
    out[size] = '\0';
    if (gate == NULL || gate->check == NULL) return DBX_OK;
    return gate->check(gate->state, (string_view){out, size}, access, err);
}

dbx_status io_path_kind(const io_gate *gate, string_view path, os_path_kind *out, error *err) {
    char resolved[IO_PATH_MAX];
    TRY(io_resolve(gate, path, IO_LIST, resolved, err));
    *out = os_path_stat(resolved, NULL, NULL);
    return DBX_OK;
}

dbx_status io_make_directory(const io_gate *gate, string_view path, error *err) {
    char resolved[IO_PATH_MAX];
    TRY(io_resolve(gate, path, IO_WRITE, resolved, err));
    return os_make_directories(resolved, err);
}

dbx_status io_remove(const io_gate *gate, string_view path, error *err) {
    char resolved[IO_PATH_MAX];
    TRY(io_resolve(gate, path, IO_WRITE, resolved, err));
    return os_remove_tree(resolved, err);
}

/* ---- random access ---- */

dbx_status io_open(const io_gate *gate, ledger *l, string_view path, io_file **out, error *err) {
    *out = NULL;
    char resolved[IO_PATH_MAX];
    TRY(io_resolve(gate, path, IO_READ, resolved, err));
    int64_t modified_us = 0;
    os_path_kind kind = os_path_stat(resolved, NULL, &modified_us);
    if (kind == OS_PATH_DIRECTORY) return gate_raise_io(err, "open", resolved, "it is a directory");
    size_t path_size = strlen(resolved);
    size_t alloc_size = sizeof(io_file) + path_size + 1;
    io_file *file = mem_alloc(l, alloc_size);
    if (file == NULL) return error_nomem(err);
    *file = (io_file){.ledger = l,
                      .modified_us = modified_us,
                      .alloc_size = alloc_size,
                      .path_size = (uint32_t)path_size};
    memcpy(file->path, resolved, path_size + 1);
    dbx_status status = os_file_open(resolved, OS_READ, &file->os, err);
    if (status == DBX_OK) status = os_file_size(file->os, &file->size, err);
    if (status != DBX_OK) {
        io_close(file);
        return status;
    }
    *out = file;
    return DBX_OK;
}

void io_close(io_file *file) {
    if (file == NULL) return;
    os_file_close(file->os);
    mem_free(file->ledger, file, file->alloc_size);
}

uint64_t io_file_size(const io_file *file) {
    return file->size;
}
int64_t io_file_modified_us(const io_file *file) {
    return file->modified_us;
}
string_view io_file_path(const io_file *file) {
    return (string_view){file->path, file->path_size};
}

dbx_status io_read_at(io_file *file, uint64_t offset, void *to, size_t size, error *err) {
    if (offset > file->size || size > file->size - offset) {
        return error_raise(err, ERR_FILE_CORRUPT, (span){0, 0}, "path", file->path, "message",
                           "data lies behind the end of the file", NULL);
    }
    if (size == 0) return DBX_OK;
    return os_file_read(file->os, offset, to, size, err);
}

void io_prefetch(io_file *file, const io_range *ranges, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].size > 0) os_file_prefetch(file->os, ranges[i].offset, ranges[i].size);
    }
}

/* ---- output ---- */

struct io_output {
    os_file *os;
    ledger *ledger;
    uint64_t size;
    bool committed;
    char target[IO_PATH_MAX];
    char temporary[IO_PATH_MAX];
};

/* "dir/name" -> "dir/.name.<random>.tmp": hidden from listings, on the same file system. */
static bool gate_temporary_name(const char *target, char *out) {
    const char *slash = strrchr(target, '/');
    size_t directory = slash ? (size_t)(slash - target) + 1 : 0;
    int length = snprintf(out, IO_PATH_MAX, "%.*s.%s.%016llx.tmp", (int)directory, target,
                          target + directory, (unsigned long long)os_random_seed());
    return length > 0 && length < IO_PATH_MAX;
}

dbx_status io_create(const io_gate *gate, ledger *l, string_view path, io_output **out,
                     error *err) {
    *out = NULL;
    io_output *o = mem_alloc_zero(l, sizeof(*o));
    if (o == NULL) return error_nomem(err);
    o->ledger = l;
    dbx_status status;
    TRY_GOTO(io_resolve(gate, path, IO_WRITE, o->target, err), failed);
    if (os_path_stat(o->target, NULL, NULL) == OS_PATH_DIRECTORY) {
        status = gate_raise_io(err, "create", o->target, "it is a directory");
        goto failed;
    }
    if (!gate_temporary_name(o->target, o->temporary)) {
        status = gate_raise_io(err, "create", o->target, "the name is too long");
        goto failed;
    }
    TRY_GOTO(os_file_open(o->temporary, OS_READ_WRITE | OS_CREATE | OS_EXCLUSIVE, &o->os, err),
             failed);
    *out = o;
    return DBX_OK;
failed:
    mem_free(l, o, sizeof(*o));
    return status;
}

static dbx_status gate_output_reopen(io_output *o, error *err) {
    return o->os != NULL ? DBX_OK : os_file_open(o->temporary, OS_READ_WRITE, &o->os, err);
}

dbx_status io_output_write(io_output *o, const void *data, size_t size, error *err) {
    assert(!o->committed);
    TRY(gate_output_reopen(o, err));
    TRY(os_file_write(o->os, o->size, data, size, err));
    o->size += size;
    return DBX_OK;
}

uint64_t io_output_size(const io_output *o) {
    return o->size;
}

void io_output_park(io_output *o) {
    os_file_close(o->os);
    o->os = NULL;
}

const char *io_output_target(const io_output *o) {
    return o->target;
}

dbx_status io_output_commit(io_output *o, error *err) {
    assert(!o->committed);
    TRY(gate_output_reopen(o, err));
    TRY(os_file_sync(o->os, err));
    TRY(os_rename(o->temporary, o->target, err));
    o->committed = true;
    return DBX_OK;
}

void io_output_close(io_output *o) {
    if (o == NULL) return;
    os_file_close(o->os);
    if (!o->committed && os_remove(o->temporary, NULL) != DBX_OK) {
        o->size = 0; /* a hidden temporary file stays behind: nobody lists it */
    }
    mem_free(o->ledger, o, sizeof(*o));
}

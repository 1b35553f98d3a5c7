/* read_files.c - read_files(path, format => …): binds another format's row. */
#include "formats/arguments.h"
#include "formats/file_list.h"
#include "formats/registry.h"

static dbx_status read_files_find(query *q, arena *a, const table_argument *arguments,
                                  uint32_t count, span position, const table_function_row **row,
                                  error *err) {
    const table_argument *path = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (argument_is(&arguments[i], "format")) {
            string_view name;
            TRY(argument_text(&arguments[i], a, &name, err));
            *row = table_function_lookup(name);
            if (*row != NULL && (*row)->bind != NULL && !sv_equal(name, SV("read_files"))) {
                return DBX_OK;
            }
            return error_raisef(err, ERR_DATA_SOURCE_NOT_FOUND, arguments[i].position, "provider",
                                "%.*s", SV_ARG(name));
        }
        if (arguments[i].name.size == 0 || argument_is(&arguments[i], "path")) {
            if (path == NULL) path = &arguments[i];
        }
    }
    if (path == NULL) return error_raise(err, ERR_PATH_NOT_FOUND, position, "path", "", NULL);
    string_view *paths;
    uint32_t path_count;
    TRY(argument_texts(path, a, &paths, &path_count, err));
    for (uint32_t i = 0; i < path_count; i++) {
        *row = table_function_for_path(paths[i]);
        if (*row != NULL) return DBX_OK;
    }
    file_list list;
    TRY(file_list_build(&list, q->gate, a, paths, path_count, NULL, err));
    for (uint32_t i = 0; i < list.count; i++) {
        *row = table_function_for_path(list.files[i].path);
        if (*row != NULL) return DBX_OK;
    }
    return error_raisef(err, ERR_UNABLE_TO_INFER_SCHEMA, path->position, "format", "%.*s",
                        SV_ARG(paths[0]));
}

static dbx_status read_files_bind(query *q, ledger *l, const table_argument *arguments,
                                  uint32_t argument_count, span position, source **out,
                                  error *err) {
    arena a;
    arena_init(&a, l);
    const table_function_row *row = NULL;
    dbx_status status = read_files_find(q, &a, arguments, argument_count, position, &row, err);
    table_argument *kept = NULL;
    if (status == DBX_OK) {
        kept = ARENA_ARRAY(&a, table_argument, argument_count);
        if (kept == NULL && argument_count > 0) status = error_nomem(err);
    }
    if (status == DBX_OK) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < argument_count; i++) {
            if (!argument_is(&arguments[i], "format")) kept[count++] = arguments[i];
        }
        status = row->bind(q, l, kept, count, position, out, err);
    }
    arena_deinit(&a);
    return status;
}

const table_function_row read_files_function = {
    .name = "read_files",
    .arguments = "path STRING | ARRAY<STRING>, [format STRING], [options of the format]",
    .doc = "Reads files of any known format; the format follows from the name unless given.",
    .bind = read_files_bind,
};

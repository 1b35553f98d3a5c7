/* runner.c - see runner.h. */
#include "runner.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

void *xmalloc(size_t size) {
    void *ptr = malloc(size ? size : 1);
    if (ptr == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return ptr;
}

void *xrealloc(void *ptr, size_t size) {
    void *fresh = realloc(ptr, size ? size : 1);
    if (fresh == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return fresh;
}

void text_append(text_buffer *b, const char *text, size_t size) {
    if (b->size + size + 1 > b->capacity) {
        b->capacity = (b->size + size + 1) * 2;
        b->data = xrealloc(b->data, b->capacity);
    }
    memcpy(b->data + b->size, text, size);
    b->size += size;
    b->data[b->size] = '\0';
}

void text_appendf(text_buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) exit(2);
    text_append(b, text, (size_t)n);
    free(text);
}

void runner_set(runner_options *o, const char *name, const char *value) {
    if (o->setting_count == RUNNER_SETTINGS_MAX) {
        fputs("too many settings\n", stderr);
        exit(2);
    }
    o->settings[o->setting_count++] = (dbx_option){name, value};
}

/* NAME=VALUE, cut at the equals sign. */
static bool parse_setting(runner_options *o, char *text) {
    char *equals = strchr(text, '=');
    if (equals == NULL) return false;
    *equals = '\0';
    runner_set(o, text, equals + 1);
    return true;
}

void runner_parse(runner_options *o, int argc, char **argv, const char *usage) {
    o->paths = xmalloc(sizeof(char *) * (size_t)argc);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
            o->jobs = atoi(argv[++i]);
        else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
            o->filter = argv[++i];
        else if (strcmp(argv[i], "--verbose") == 0)
            o->verbose = true;
        else if (strcmp(argv[i], "--native") == 0)
            o->native = true;
        else if (strcmp(argv[i], "--results") == 0)
            o->results = true;
        else if (strcmp(argv[i], "--set") == 0 && i + 1 < argc && parse_setting(o, argv[i + 1]))
            i++;
        else if (argv[i][0] == '-')
            o->path_count = -1000;
        else
            o->paths[o->path_count++] = argv[i];
    }
    if (o->path_count <= 0 || o->jobs < 1) {
        fprintf(stderr, "usage: %s\n", usage);
        exit(2);
    }
}

char *runner_read(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (f == NULL) return NULL;
    text_buffer b = {0};
    char block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), f)) > 0) text_append(&b, block, got);
    fclose(f);
    text_append(&b, "", 0);
    *size = b.size;
    return b.data;
}

static void add_file(runner_files *files, const char *name, char *text, size_t size) {
    if (files->count == files->capacity) {
        files->capacity = files->capacity ? files->capacity * 2 : 64;
        files->items = xrealloc(files->items, files->capacity * sizeof(*files->items));
    }
    files->items[files->count++] = (runner_file){strdup(name), text, size};
}

static bool wanted(const runner_options *o, const char *name, const char *suffix) {
    size_t n = strlen(name), s = strlen(suffix);
    if (n < s || strcmp(name + n - s, suffix) != 0) return false;
    return o->filter == NULL || strstr(name, o->filter) != NULL;
}

/* Members of an unpacked tar (ustar, with GNU long names). */
static void add_tar(const runner_options *o, const char *suffix, const char *tar, size_t size,
                    runner_files *out) {
    char long_name[4096] = "";
    for (size_t at = 0; at + 512 <= size && tar[at] != '\0';) {
        const char *head = tar + at;
        size_t bytes = strtoull(head + 124, NULL, 8);
        char name[4096];
        if (long_name[0] != '\0')
            snprintf(name, sizeof(name), "%s", long_name);
        else if (head[345] != '\0' && memcmp(head + 257, "ustar\0", 6) == 0)
            snprintf(name, sizeof(name), "%.155s/%.100s", head + 345, head);
        else
            snprintf(name, sizeof(name), "%.100s", head);
        long_name[0] = '\0';
        const char *body = head + 512;
        if (at + 512 + bytes > size) break;
        if (head[156] == 'L') {
            snprintf(long_name, sizeof(long_name), "%.*s", (int)bytes, body);
        } else if ((head[156] == '0' || head[156] == '\0') && wanted(o, name, suffix)) {
            char *text = xmalloc(bytes + 1);
            memcpy(text, body, bytes);
            text[bytes] = '\0';
            add_file(out, name, text, bytes);
        }
        at += 512 + (bytes + 511) / 512 * 512;
    }
}

static void add_archive(const runner_options *o, const char *suffix, const char *path,
                        runner_files *out) {
    size_t packed_size;
    char *packed = runner_read(path, &packed_size);
    if (packed == NULL) {
        perror(path);
        exit(2);
    }
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed, packed_size, 0};
    text_buffer tar = {0};
    size_t step = 1 << 20;
    char *block = xmalloc(step);
    while (in.pos < in.size) {
        ZSTD_outBuffer to = {block, step, 0};
        size_t left = ZSTD_decompressStream(stream, &to, &in);
        if (ZSTD_isError(left)) {
            fprintf(stderr, "%s: %s\n", path, ZSTD_getErrorName(left));
            exit(2);
        }
        text_append(&tar, block, to.pos);
    }
    ZSTD_freeDStream(stream);
    free(block);
    free(packed);
    add_tar(o, suffix, tar.data, tar.size, out);
    free(tar.data);
}

static void add_path(const runner_options *o, const char *suffix, const char *root,
                     const char *relative, runner_files *out) {
    char path[4096];
    snprintf(path, sizeof(path), "%s%s%s", root, relative[0] ? "/" : "", relative);
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        exit(2);
    }
    size_t n = strlen(path);
    if (S_ISDIR(info.st_mode)) {
        struct dirent **entries;
        int count = scandir(path, &entries, NULL, alphasort);
        for (int i = 0; i < count; i++) {
            const char *name = entries[i]->d_name;
            if (name[0] != '.') {
                char next[4096];
                snprintf(next, sizeof(next), "%s%s%s", relative, relative[0] ? "/" : "", name);
                add_path(o, suffix, root, next, out);
            }
            free(entries[i]);
        }
        free(entries);
    } else if (n > 8 && strcmp(path + n - 8, ".tar.zst") == 0) {
        add_archive(o, suffix, path, out);
    } else if (wanted(o, relative[0] ? relative : path, suffix)) {
        size_t size;
        char *text = runner_read(path, &size);
        if (text != NULL) add_file(out, relative[0] ? relative : path, text, size);
    }
}

static int compare_files(const void *a, const void *b) {
    return strcmp(((const runner_file *)a)->name, ((const runner_file *)b)->name);
}

void runner_load(const runner_options *o, const char *suffix, runner_files *out) {
    for (int i = 0; i < o->path_count; i++) add_path(o, suffix, o->paths[i], "", out);
    if (out->count > 1) qsort(out->items, out->count, sizeof(*out->items), compare_files);
}

void runner_free(runner_options *o, runner_files *files) {
    free(o->paths);
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free(files->items[i].text);
    }
    free(files->items);
}

/* gate.h - the one place where a statement opens a path.
 *
 * Every path that SQL names is opened, listed and created through here, so that privileges
 * (io_gate.check) and schemes live in one file. Local paths work today: plain, file:/x, file:///x
 * and ~/x. Any other scheme raises UNSUPPORTED_FEATURE with its name. A path is UTF-8; '/'
 * separates on every system.
 *
 *   io_file    random access by absolute offset; safe from many threads at once
 *   io_stream  sequential bytes, decompressed on the way; one thread
 *   io_list    which files a path, directory or glob stands for
 *   io_output  a file that appears under its name only when complete
 *
 * Opened objects charge the ledger given to them, which must outlive them.
 */
#ifndef DBX_IO_GATE_H
#define DBX_IO_GATE_H

#include "common/os.h"
#include "io/codec.h"

typedef enum io_access { IO_READ, IO_WRITE, IO_LIST } io_access;

/* A session owns one. The zero value allows everything. */
struct page_cache; /* io/page_cache.h */
typedef struct io_gate io_gate;
struct io_gate {
    /* Refuses a resolved path by raising; NULL allows everything. Called from many threads at once.
     */
    dbx_status (*check)(void *state, string_view path, io_access access, error *err);
    void *state;
    struct page_cache *pages; /* of files read through the gate; NULL: none are kept */
};

enum {
    IO_PATH_MAX = 4096, /* bytes of a path, NUL included */
    IO_LIST_FILES_MAX = 10000000,
    IO_LIST_DEPTH_MAX = 64,          /* directories below one another */
    IO_GLOB_ALTERNATIVES_MAX = 1024, /* patterns that {a,b} may expand to */
};

/* The path as the file system takes it: scheme stripped, ~ expanded. out has IO_PATH_MAX bytes.
 * gate may be NULL, which allows everything. */
dbx_status io_resolve(const io_gate *gate, string_view path, io_access access, char *out,
                      error *err) MUST_CHECK;

/* ---- random access ---- */

typedef struct io_file io_file;
typedef struct io_range {
    uint64_t offset;
    uint64_t size;
} io_range;

dbx_status io_open(const io_gate *gate, ledger *l, string_view path, io_file **out,
                   error *err) MUST_CHECK;
void io_close(io_file *file); /* NULL is fine */
uint64_t io_file_size(const io_file *file);
int64_t io_file_modified_us(const io_file *file);
string_view io_file_path(const io_file *file); /* as resolved; NUL-terminated */
/* Reads exactly `size` bytes; a range past the end raises FILE_CORRUPT. */
dbx_status io_read_at(io_file *file, uint64_t offset, void *to, size_t size, error *err) MUST_CHECK;
/* Announces ranges that will be read soon. Never fails. */
void io_prefetch(io_file *file, const io_range *ranges, uint32_t count);

/* ---- sequential, decompressed ---- */

typedef struct io_stream io_stream;

/* Opens for sequential reading. IO_STREAM_AUTO looks at the extension (.gz .gzip .deflate .zst
 * .zstd .lz4 .snappy .sz .br) and then at the first bytes. */
typedef enum io_stream_codec {
    IO_STREAM_AUTO,
    IO_STREAM_NONE,
    IO_STREAM_GZIP, /* gzip, any number of members; also zlib */
    IO_STREAM_ZSTD,
    IO_STREAM_LZ4,    /* the frame format, or Hadoop's blocks */
    IO_STREAM_SNAPPY, /* the framing format, or Hadoop's blocks */
    IO_STREAM_BROTLI,
} io_stream_codec;

dbx_status io_stream_open(const io_gate *gate, ledger *l, string_view path, io_stream_codec codec,
                          io_stream **out, error *err) MUST_CHECK;
/* Fills `to` with 1..capacity bytes; *got 0 is the end. capacity must be > 0. */
dbx_status io_stream_read(io_stream *s, void *to, size_t capacity, size_t *got,
                          error *err) MUST_CHECK;
/* True when bytes come as they lie in the file, so that readers may use io_open and split it. */
bool io_stream_is_plain(const io_stream *s);
uint64_t io_stream_position(const io_stream *s); /* compressed bytes consumed, for progress */
uint64_t io_stream_file_size(const io_stream *s);
void io_stream_close(io_stream *s);
/* The codec that a name's extension stands for (IO_STREAM_NONE when none), and the name without it:
 * "a.csv.gz" gives GZIP and "a.csv". stripped may be NULL. */
io_stream_codec io_path_codec(string_view path, string_view *stripped);
/* "gzip", "zstd", "none", "auto", … ; false when unknown. */
bool io_stream_codec_from_name(string_view name, io_stream_codec *out);

/* ---- listing ---- */

typedef struct io_entry {
    string_view path;   /* NUL-terminated */
    uint32_t root_size; /* leading bytes of path that the statement named: hive partitions are
                           looked for behind */
    uint64_t size;
    int64_t modified_us;
} io_entry;

typedef struct io_listing {
    arena *arena;
    ARENA_LIST(io_entry) entries; /* sorted by path, each path once */
} io_listing;

/* Adds the files that `path` stands for: a file is itself; a directory is every file below it whose
 * name, and whose directories' names, do not start with '.' or '_' (but _x=y directories count); a
 * glob (* ? [a-z] [!a] {a,b} and ** over directories) is what matches, directories listed. Nothing
 * found raises PATH_NOT_FOUND. A path that exists literally is never a glob. */
dbx_status io_list(const io_gate *gate, string_view path, arena *a, io_listing *out,
                   error *err) MUST_CHECK;
/* Whether text matches one segment pattern (no '/'), for tests and recursive filters. */
bool io_glob_match(string_view pattern, string_view text);
bool io_path_is_glob(string_view path);

dbx_status io_path_kind(const io_gate *gate, string_view path, os_path_kind *out,
                        error *err) MUST_CHECK;

/* ---- output ---- */

/* Bytes go to a hidden temporary file beside the target (so that the rename is atomic);
 * io_output_commit makes it durable and renames it over the target, io_output_close without commit
 * removes it. */
typedef struct io_output io_output;

dbx_status io_create(const io_gate *gate, ledger *l, string_view path, io_output **out,
                     error *err) MUST_CHECK;
dbx_status io_output_write(io_output *o, const void *data, size_t size, error *err) MUST_CHECK;
uint64_t io_output_size(const io_output *o);
/* Gives the file descriptor back until the next write: for those who write many files at once. */
void io_output_park(io_output *o);
const char *io_output_target(const io_output *o); /* the name it will have */
dbx_status io_output_commit(io_output *o, error *err) MUST_CHECK;
void io_output_close(io_output *o); /* NULL is fine */

/* Extension of files that io_pack writes with the codec, "" for none; NULL when it writes none. */
const char *io_pack_extension(io_stream_codec c);
/* Appends `in` compressed as a piece of its own; pieces one after the other make a valid file. */
dbx_status io_pack(codec_context *context, io_stream_codec c, int level, const void *in,
                   size_t size, buffer *out) MUST_CHECK;

dbx_status io_make_directory(const io_gate *gate, string_view path, error *err) MUST_CHECK;
/* Removes a file, or a directory with everything below it. */
dbx_status io_remove(const io_gate *gate, string_view path, error *err) MUST_CHECK;

#endif

/* source.h - where rows come from (and go to): the interface between exec and every kind of data.
 *
 * Storage tables, CSV, JSON, Parquet, Delta, Arrow streams and table functions implement `source`;
 * exec consumes it and learns no format's name. `data_sink` is the same for writing.
 *
 * Protocol of a scan (each arrow is a call):
 *   source --open(spec)--> source_scan --local_new (one a worker)--> next_morsel --> read, read, …
 * (rows == 0)
 *          --> next_morsel … (false) --> local_free --> close
 * open and close run on one thread; next_morsel and read run on many at once, each with its own
 * local. A source never waits for another morsel inside read. It polls nothing: exec checks
 * cancellation per chunk.
 */
#ifndef DBX_VECTOR_SOURCE_H
#define DBX_VECTOR_SOURCE_H

#include "common/query.h"
#include "vector/vector.h"

typedef struct source source;
typedef struct source_scan
    source_scan; /* global state of one scan; first member: nothing, opaque */
typedef struct source_local source_local; /* one worker's state */

/* ---- schema and statistics ---- */

typedef struct source_column {
    string_view name;
    type type;
    bool nullable;
    bool hidden; /* metadata columns such as _metadata, row ids: only when named */
    string_view comment;
} source_column;

/* What is known of a column for pruning and cost; "unknown" is the default and must be assumed. */
typedef struct column_stats {
    bool has_min_max; /* min and max bound every non-NULL value (NaN excluded: see has_nan_free) */
    bool nan_free;    /* known to hold no NaN */
    bool has_null_count;
    bool min_max_exact; /* the bounds occur as values */
    uint64_t null_count;
    double distinct_count; /* estimate; < 0 unknown */
    double average_size;   /* bytes per value for strings; < 0 unknown */
    bool sorted_ascending; /* non-decreasing over the whole source in morsel order, NULLs none */
    bool unique;           /* known: no value twice (keys) */
    vector min;            /* CONSTANT of the column's type */
    vector max;
} column_stats;

/* ---- predicates that a source may use to skip data ---- */

typedef enum scan_predicate_op {
    SCAN_EQ,
    SCAN_NE,
    SCAN_LT,
    SCAN_LE,
    SCAN_GT,
    SCAN_GE,
    SCAN_IS_NULL,
    SCAN_IS_NOT_NULL,
    SCAN_IN,      /* value is FLAT with value_count entries, none NULL, sorted ascending */
    SCAN_RUNTIME, /* filter made by a join while the query runs; see runtime_filter */
} scan_predicate_op;

/* A join's build side tells probe-side scans what can match. Published once, then read-only; a scan
 * polls `ready` at each morsel. Values outside [min, max] or failing the test cannot match. */
typedef struct runtime_filter {
    _Atomic bool ready;
    bool is_empty; /* nothing matches at all */
    type type;
    bool has_min_max;
    int64_t min, max;       /* integers and dates; only when has_min_max */
    const uint64_t *bitmap; /* bit (v - min) for v in [min, max]: exact; NULL when absent */
    const uint64_t
        *bloom; /* blocked Bloom filter over the 64-bit hash of hash.h; NULL when absent */
    uint32_t bloom_block_bits; /* log2 of the number of 64-byte blocks */
} runtime_filter;

typedef struct scan_predicate {
    uint32_t column; /* index into the source's schema */
    scan_predicate_op op;
    vector value; /* CONSTANT of the column's type (SCAN_IN: FLAT); unused for IS [NOT] NULL */
    uint32_t value_count;
    const runtime_filter *runtime; /* SCAN_RUNTIME */
} scan_predicate;

/* Both columns are of one type; rows where a value is NULL do not pass. */
typedef struct scan_pair {
    uint32_t left, right; /* indexes into the source's schema */
    scan_predicate_op op; /* SCAN_EQ to SCAN_GE */
} scan_pair;

/* What exec asks of a scan. All predicates are ANDed. The source may use them to skip rows, and
 * reports in `exact[i]` (array given by the caller) whether predicate i was applied to every row,
 * so that exec need not repeat it. Pointers stay valid until close. */
typedef struct scan_spec {
    const uint32_t *columns; /* indexes into the schema, in the order of the output chunk */
    uint32_t column_count;
    const scan_predicate *predicates;
    uint32_t predicate_count;
    bool *exact; /* predicate_count entries, zeroed by the caller */
    /* Comparisons between columns, ANDed too; pairs_exact as `exact`. */
    const scan_pair *pairs;
    uint32_t pair_count;
    bool *pairs_exact;
    /* column_count entries, or NULL: outputs that nobody reads, so that any values of their type
     * do. Set between open and local_new, when the caller knows what was applied exactly. */
    const bool *unread;
    /* column_count entries, or NULL: outputs that read may leave alone, because the caller asks for
     * them by read_late when it knows which rows it wants. Set as `unread`; only for sources that
     * have read_late. */
    const bool *late;
    uint64_t row_limit;   /* rows wanted at most, a hint; UINT64_MAX when all */
    uint32_t threads;     /* workers that will take part at most */
    uint32_t vector_size; /* rows per chunk at most */
    bool ordered; /* the consumer keeps morsel order: morsel_index must grow with row order */
} scan_spec;

/* What a scan did so far, for EXPLAIN ANALYZE and progress. */
typedef struct source_counts {
    uint64_t bytes_read;    /* as stored: encoded, compressed */
    uint64_t groups;        /* row groups come to; 0 where the format has none */
    uint64_t groups_pruned; /* of them, left out by statistics without reading a row */
} source_counts;

typedef struct source_vtab {
    const char *name; /* "parquet", "table", … as EXPLAIN prints it */
    /* Statistics of a column, false when nothing is known. Cheap: metadata only. Values borrow from
     * the source. */
    bool (*stats)(const source *s, uint32_t column, column_stats *out);
    /* Row count, exact or estimated; false when unknown. */
    bool (*row_count)(const source *s, uint64_t *rows, bool *exact);
    dbx_status (*open)(source *s, query *q, const scan_spec *spec, source_scan **out, error *err);
    dbx_status (*local_new)(source_scan *scan, source_local **out, error *err);
    /* Takes the next morsel for this worker; *more is false when none is left. *morsel_index
     * numbers the morsels of a scan in row order, from 0, without promise of density. */
    dbx_status (*next_morsel)(source_scan *scan, source_local *local, bool *more,
                              uint64_t *morsel_index, error *err);
    /* Fills out->columns[0..column_count) with up to vector_size rows; rows 0 ends the morsel.
     * `out` comes from chunk_init with the spec's types; the source may overwrite its vectors by
     * ones it owns. Valid until the local's next read, next_morsel or free. A chunk may have 0
     * columns but rows (count(*)). */
    dbx_status (*read)(source_scan *scan, source_local *local, chunk *out, error *err);
    /* Fills the late columns of `out` with rows sel[0..rows) (NULL: all) of what the last read
     * gave. NULL: the source has no such columns. */
    dbx_status (*read_late)(source_scan *scan, source_local *local, const sel_t *sel, uint32_t rows,
                            chunk *out, error *err);
    void (*local_free)(source_scan *scan, source_local *local);
    void (*close)(source_scan *scan);
    /* Fraction of the work given out in [0, 1], or -1. May be NULL. Called by any worker at any
     * time, as is counts. */
    double (*progress)(const source_scan *scan);
    void (*counts)(const source_scan *scan, source_counts *out); /* may be NULL */
    /* Appends a short description for EXPLAIN (path, files left after pruning). May be NULL. */
    dbx_status (*describe)(const source *s, buffer *out);
    /* A source that is one big statement-independent thing (a file list) can be written down and
     * rebound: appends bytes that table_function_row.bind of the same name accepts as arguments.
     * May be NULL. */
    void (*free)(source *s);
} source_vtab;

/* Implementations embed this first. Immutable after bind but for the scan states. */
struct source {
    const source_vtab *vtab;
    const source_column *columns; /* borrowed from the source itself */
    uint32_t column_count;
};

static inline void source_free(source *s) {
    if (s != NULL && s->vtab->free != NULL) s->vtab->free(s);
}

/* ---- table functions: how a name and arguments become a source ---- */

typedef struct table_argument {
    string_view name; /* empty for positional */
    vector value;     /* CONSTANT; type says what it is. Lists (ARRAY<STRING>) for several paths */
    span position;
} table_argument;

typedef struct table_function_row {
    const char *name;    /* lower case: "read_parquet"; matched case-insensitively */
    const char *aliases; /* comma-separated or NULL; format names for `parquet.\`path\`` go here */
    const char *arguments;  /* shown by DESCRIBE FUNCTION: "path STRING | ARRAY<STRING>, [header
                               BOOLEAN], …" */
    const char *doc;        /* one line */
    const char *extensions; /* FROM 'x.parquet': ".parquet,.pq" or NULL */
    /* Makes a source that the caller frees. Memory from q->ledger's parent lives as long as the
     * source: `l` is the ledger to charge. */
    dbx_status (*bind)(query *q, ledger *l, const table_argument *arguments,
                       uint32_t argument_count, span position, source **out, error *err);
} table_function_row;

/* ---- sinks: where rows go ---- */

typedef struct data_sink data_sink;
typedef struct sink_local sink_local;

typedef struct sink_vtab {
    const char *name;
    dbx_status (*local_new)(data_sink *s, sink_local **out, error *err);
    /* Takes a chunk with the sink's columns, in order. Many workers at once, each with its own
     * local. morsel_index orders chunks of different workers where the sink keeps order. */
    dbx_status (*append)(data_sink *s, sink_local *local, const chunk *rows, uint64_t morsel_index,
                         error *err);
    /* Ends a worker's part; frees local in every case. */
    dbx_status (*combine)(data_sink *s, sink_local *local, error *err);
    /* Makes everything complete (file footers, catalog entry); on failure nothing is visible. */
    dbx_status (*finish)(data_sink *s, uint64_t *rows_written, error *err);
    /* Frees; a sink that was not finished leaves nothing behind. */
    void (*free)(data_sink *s);
} sink_vtab;

/* Implementations embed this first. */
struct data_sink {
    const sink_vtab *vtab;
    const source_column *columns;
    uint32_t column_count;
};

/* Writers by format name, for COPY … TO and INSERT OVERWRITE DIRECTORY. */
typedef struct sink_option {
    string_view name;
    string_view value;
} sink_option;
struct file_set; /* formats/file_output.h: files that appear together */
typedef struct format_writer_row {
    const char *name;       /* "csv", "json", "parquet" */
    const char *extensions; /* ".csv,.tsv" */
    /* A sink whose files belong to the set and lie in `folder` below its directory. finish makes
     * them complete; they appear when the set is committed. */
    dbx_status (*open)(query *q, struct file_set *files, string_view folder,
                       const source_column *columns, uint32_t column_count,
                       const sink_option *options, uint32_t option_count, data_sink **out,
                       error *err);
} format_writer_row;

#endif

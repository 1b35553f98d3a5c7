/* json_from.c - from_json: JSON text into values of a schema.
 *
 * A field whose value does not fit its type becomes NULL and makes the record a bad one; a text
 * that is not JSON gives NULLs only. What becomes of bad records is the option `mode`: PERMISSIVE
 * keeps what could be read and puts the text into the column columnNameOfCorruptRecord, where the
 * schema has it; FAILFAST raises MALFORMED_RECORD_IN_PARSING.
 */
#include "functions/cast.h"
#include "functions/families.h"
#include "functions/json_flags.h"
#include "functions/nested.h"
#include "functions/text_cell.h"
#include "functions/text_out.h"
#include "functions/variant.h"
#include "kernel/base64.h"
#include "kernel/json_scan.h"
#include "kernel/number_text.h"

#include <math.h>

typedef struct from_json_converter from_json_converter;
struct from_json_converter {
    type to;
    text_cell cell;                /* scalars */
    from_json_converter *children; /* ARRAY: 1; MAP: 1, the value; STRUCT: fields */
};

typedef struct from_json_state {
    from_json_converter root;
    uint32_t flags; /* of the scanner */
    bool fail_fast;
    bool element_alone; /* the schema is an array of structs: an object is an array of one */
    int64_t corrupt;    /* field of the root for bad records, or -1 */
} from_json_state;

/* What became of a value. */
typedef enum from_json_result {
    FROM_JSON_DONE,
    FROM_JSON_PARTIAL, /* stored, but something in it is NULL that did not fit */
    FROM_JSON_BAD,     /* does not fit */
    FROM_JSON_BROKEN,  /* not JSON */
    FROM_JSON_NO_MEMORY,
} from_json_result;

typedef struct from_json_run {
    fn_call *call;
    const from_json_state *state;
    json_scanner scan;
} from_json_run;

#define FROM_JSON_TRY(status)                                                                      \
    do {                                                                                           \
        if ((status) != DBX_OK) return FROM_JSON_NO_MEMORY;                                        \
    } while (0)

/* The text of the current string; in the call's arena when it has escapes. */
static bool from_json_text(from_json_run *r, string_view *out) {
    *out = r->scan.text;
    if (!r->scan.escaped) return true;
    char *copy = text_room(r->call, out->size);
    if (copy == NULL) return false;
    *out = (string_view){copy, json_scan_unescape(r->scan.text, copy)};
    return true;
}

/* ---- scalars ---- */

static bool from_json_non_number(string_view text, double *out) {
    static const struct {
        const char *text;
        double value;
    } words[] = {
        {"NaN", NAN},        {"+INF", INFINITY},     {"+Infinity", INFINITY}, {"INF", INFINITY},
        {"-INF", -INFINITY}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (uint32_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (!sv_equal(text, sv_from(words[i].text))) continue;
        *out = words[i].value;
        return true;
    }
    return false;
}

static from_json_result from_json_real(from_json_run *r, const from_json_converter *c, vector *out,
                                       uint32_t row) {
    double x = 0;
    string_view text = r->scan.text;
    json_token token = r->scan.token;
    if (token == JSON_STRING) {
        if (!(r->state->flags & JSON_NON_NUMBERS) || sv_equal(text, SV("INF")) ||
            !from_json_non_number(text, &x))
            return FROM_JSON_BAD;
    } else if (token != JSON_INTEGER && token != JSON_REAL) {
        return FROM_JSON_BAD;
    } else if (!from_json_non_number(text, &x)) {
        float narrow;
        if (c->to.id == TYPE_FLOAT) {
            if (number_parse_float(text.data, text.size, &narrow) == NUMBER_MALFORMED)
                return FROM_JSON_BAD;
            VECTOR_DATA(out, float)[row] = narrow;
            return FROM_JSON_DONE;
        }
        if (number_parse_double(text.data, text.size, &x) == NUMBER_MALFORMED) return FROM_JSON_BAD;
    }
    if (c->to.id == TYPE_FLOAT)
        VECTOR_DATA(out, float)[row] = (float)x;
    else
        VECTOR_DATA(out, double)[row] = x;
    return FROM_JSON_DONE;
}

/* Any value as a STRING: strings without their quotes, others as they are written. */
static from_json_result from_json_string(from_json_run *r, vector *out, uint32_t row) {
    string_view text;
    const char *start = r->scan.start;
    if (r->scan.token == JSON_STRING) {
        if (!from_json_text(r, &text)) return FROM_JSON_NO_MEMORY;
    } else {
        if (!json_scan_skip(&r->scan)) return FROM_JSON_BROKEN;
        text = (string_view){start, (size_t)(r->scan.at - start)};
    }
    text_borrow(out, row, text.data, text.size);
    return FROM_JSON_DONE;
}

static from_json_result from_json_binary(from_json_run *r, vector *out, uint32_t row) {
    string_view text;
    size_t size;
    if (r->scan.token != JSON_STRING) return FROM_JSON_BAD;
    if (!from_json_text(r, &text)) return FROM_JSON_NO_MEMORY;
    char *bytes = text_room(r->call, base64_decoded_room(text.size));
    if (bytes == NULL) return FROM_JSON_NO_MEMORY;
    if (!base64_decode(text.data, text.size, true, bytes, &size)) return FROM_JSON_BAD;
    text_borrow(out, row, bytes, size);
    return FROM_JSON_DONE;
}

static from_json_result from_json_cell(from_json_run *r, const from_json_converter *c,
                                       string_view text, vector *out, uint32_t row) {
    bool good;
    FROM_JSON_TRY(text_cell_store(r->call, &c->cell, text, out, row, &good));
    return good ? FROM_JSON_DONE : FROM_JSON_BAD;
}

static from_json_result from_json_integer(from_json_run *r, const from_json_converter *c,
                                          vector *out, uint32_t row) {
    if (r->scan.token != JSON_INTEGER) return FROM_JSON_BAD;
    return from_json_cell(r, c, r->scan.text, out, row);
}

/* Without the commas of thousands. */
static from_json_result from_json_decimal(from_json_run *r, const from_json_converter *c,
                                          vector *out, uint32_t row) {
    string_view text;
    if (r->scan.token == JSON_INTEGER || r->scan.token == JSON_REAL)
        return from_json_cell(r, c, r->scan.text, out, row);
    if (r->scan.token != JSON_STRING) return FROM_JSON_BAD;
    if (!from_json_text(r, &text)) return FROM_JSON_NO_MEMORY;
    char *digits = text_room(r->call, text.size);
    if (digits == NULL) return FROM_JSON_NO_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != ',') digits[n++] = text.data[i];
    }
    return from_json_cell(r, c, (string_view){digits, n}, out, row);
}

/* Numbers are seconds, or days for a DATE without a pattern. */
static from_json_result from_json_datetime(from_json_run *r, const from_json_converter *c,
                                           vector *out, uint32_t row) {
    string_view text;
    int64_t number;
    if (r->scan.token == JSON_INTEGER && c->to.id == TYPE_TIMESTAMP) {
        if (number_parse_int64(r->scan.text.data, r->scan.text.size, false, &number) != NUMBER_OK)
            return FROM_JSON_BAD;
        VECTOR_DATA(out, int64_t)[row] = (int64_t)((uint64_t)number * 1000000u);
        return FROM_JSON_DONE;
    }
    if (r->scan.token != JSON_STRING) return FROM_JSON_BAD;
    if (!from_json_text(r, &text)) return FROM_JSON_NO_MEMORY;
    if (text.size == 0) return FROM_JSON_BAD;
    from_json_result result = from_json_cell(r, c, text, out, row);
    if (result != FROM_JSON_BAD || c->to.id != TYPE_DATE || c->cell.format != NULL) return result;
    if (number_parse_int64(text.data, text.size, false, &number) != NUMBER_OK ||
        number != (int32_t)number)
        return FROM_JSON_BAD;
    VECTOR_DATA(out, int32_t)[row] = (int32_t)number;
    return FROM_JSON_DONE;
}

static from_json_result from_json_scalar(from_json_run *r, const from_json_converter *c,
                                         vector *out, uint32_t row) {
    string_view text;
    switch ((type_id)c->to.id) {
    case TYPE_BOOLEAN:
        if (r->scan.token != JSON_TRUE && r->scan.token != JSON_FALSE) return FROM_JSON_BAD;
        VECTOR_DATA(out, uint8_t)[row] = r->scan.token == JSON_TRUE;
        return FROM_JSON_DONE;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return from_json_integer(r, c, out, row);
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        return from_json_real(r, c, out, row);
    case TYPE_DECIMAL:
        return from_json_decimal(r, c, out, row);
    case TYPE_STRING:
        return from_json_string(r, out, row);
    case TYPE_BINARY:
        return from_json_binary(r, out, row);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_NTZ:
    case TYPE_TIME:
        return from_json_datetime(r, c, out, row);
    default:
        if (r->scan.token != JSON_STRING) return FROM_JSON_BAD;
        if (!from_json_text(r, &text)) return FROM_JSON_NO_MEMORY;
        return from_json_cell(r, c, text, out, row);
    }
}

/* ---- nested values; the opening token was read ---- */

static from_json_result from_json_value(from_json_run *r, const from_json_converter *c, vector *out,
                                        uint32_t row);

/* Reads one value of an object or array into a row; a bad one is passed over and is NULL. */
static from_json_result from_json_member(from_json_run *r, const from_json_converter *c,
                                         vector *out, uint32_t row) {
    uint32_t depth = r->scan.depth;
    (void)json_scan_next(&r->scan);
    if (r->scan.token == JSON_MALFORMED) return FROM_JSON_BROKEN;
    from_json_result result = from_json_value(r, c, out, row);
    if (result != FROM_JSON_BAD) return result;
    while (r->scan.depth > depth) {
        if (json_scan_next(&r->scan) == JSON_MALFORMED) return FROM_JSON_BROKEN;
    }
    FROM_JSON_TRY(text_cell_null(r->call, out, row));
    return FROM_JSON_BAD;
}

static uint32_t from_json_find(type t, string_view name, uint32_t hint) {
    if (hint < t.child_count && sv_equal(t.children[hint].name, name)) return hint;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (sv_equal(t.children[i].name, name)) return i;
    }
    return UINT32_MAX;
}

static from_json_result from_json_struct(from_json_run *r, const from_json_converter *c,
                                         vector *out, uint32_t row) {
    bool partial = false;
    uint32_t hint = 0;
    for (uint32_t i = 0; i < c->to.child_count; i++)
        FROM_JSON_TRY(text_cell_null(r->call, &out->children[i], row));
    while (json_scan_next(&r->scan) == JSON_KEY) {
        string_view name;
        if (!from_json_text(r, &name)) return FROM_JSON_NO_MEMORY;
        uint32_t field = from_json_find(c->to, name, hint);
        if (field == UINT32_MAX) {
            (void)json_scan_next(&r->scan);
            if (!json_scan_skip(&r->scan)) return FROM_JSON_BROKEN;
            continue;
        }
        hint = field + 1;
        from_json_result result =
            from_json_member(r, &c->children[field], &out->children[field], row);
        if (result > FROM_JSON_BAD) return result;
        partial = partial || result != FROM_JSON_DONE;
    }
    if (r->scan.token != JSON_OBJECT_END) return FROM_JSON_BROKEN;
    return partial ? FROM_JSON_PARTIAL : FROM_JSON_DONE;
}

static from_json_result from_json_array(from_json_run *r, const from_json_converter *c, vector *out,
                                        uint32_t row) {
    uint32_t first = out->child_count, at, level = r->scan.depth;
    bool partial = false;
    for (;;) {
        (void)json_scan_next(&r->scan);
        if (r->scan.token == JSON_MALFORMED) return FROM_JSON_BROKEN;
        if (r->scan.token == JSON_ARRAY_END && r->scan.depth < level) break;
        FROM_JSON_TRY(text_list_push(r->call, out, &at));
        from_json_result result = from_json_value(r, &c->children[0], &out->children[0], at);
        if (result >= FROM_JSON_BAD) {
            out->child_count = first;
            return result;
        }
        partial = partial || result == FROM_JSON_PARTIAL;
    }
    text_list_end(out, row, first);
    return partial ? FROM_JSON_PARTIAL : FROM_JSON_DONE;
}

static from_json_result from_json_map(from_json_run *r, const from_json_converter *c, vector *out,
                                      uint32_t row) {
    uint32_t first = out->child_count, at;
    bool partial = false, bad = false;
    while (json_scan_next(&r->scan) == JSON_KEY) {
        string_view key;
        if (!from_json_text(r, &key)) return FROM_JSON_NO_MEMORY;
        FROM_JSON_TRY(text_list_push(r->call, out, &at));
        vector *parts = out->children[0].children;
        text_borrow(&parts[0], at, key.data, key.size);
        from_json_result result = from_json_member(r, &c->children[0], &parts[1], at);
        if (result > FROM_JSON_BAD) return result;
        bad = bad || result == FROM_JSON_BAD;
        partial = partial || result == FROM_JSON_PARTIAL;
    }
    if (r->scan.token != JSON_OBJECT_END) return FROM_JSON_BROKEN;
    if (bad) {
        out->child_count = first;
        return FROM_JSON_BAD;
    }
    text_list_end(out, row, first);
    return partial ? FROM_JSON_PARTIAL : FROM_JSON_DONE;
}

static from_json_result from_json_value(from_json_run *r, const from_json_converter *c, vector *out,
                                        uint32_t row) {
    if (r->scan.token == JSON_NULL || c->to.id == TYPE_VOID) {
        if (!json_scan_skip(&r->scan)) return FROM_JSON_BROKEN;
        FROM_JSON_TRY(text_cell_null(r->call, out, row));
        return FROM_JSON_DONE;
    }
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    if (!type_is_nested(c->to)) return from_json_scalar(r, c, out, row);
    json_token opening = c->to.id == TYPE_ARRAY ? JSON_ARRAY : JSON_OBJECT;
    if (r->scan.token != opening) return FROM_JSON_BAD;
    if (c->to.id == TYPE_ARRAY) return from_json_array(r, c, out, row);
    return c->to.id == TYPE_MAP ? from_json_map(r, c, out, row) : from_json_struct(r, c, out, row);
}

/* ---- records ---- */

static from_json_result from_json_root(from_json_run *r, vector *out, uint32_t row) {
    const from_json_state *s = r->state;
    const from_json_converter *c = &s->root;
    bool is_struct = c->to.id == TYPE_STRUCT;
    if (s->element_alone && r->scan.token == JSON_OBJECT) {
        uint32_t first = out->child_count, at;
        FROM_JSON_TRY(text_list_push(r->call, out, &at));
        from_json_result result = from_json_struct(r, &c->children[0], &out->children[0], at);
        text_list_end(out, row, first);
        return result;
    }
    if (is_struct && r->scan.token == JSON_ARRAY) { /* the first element that is an object */
        (void)json_scan_next(&r->scan);
        if (r->scan.token == JSON_ARRAY_END) {
            FROM_JSON_TRY(text_cell_null(r->call, out, row));
            return FROM_JSON_DONE;
        }
    }
    if (is_struct && r->scan.token == JSON_NULL) return FROM_JSON_BAD;
    return from_json_value(r, c, out, row);
}

static dbx_status from_json_raise(fn_call *call, string_view record) {
    string_view copy = arena_copy_string(call->arena, record);
    if (copy.data == NULL) return error_nomem(call->err);
    return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                       call->position, "badRecord", copy.data, "failFastMode", "FAILFAST", NULL);
}

static dbx_status from_json_settle(fn_call *call, const from_json_state *s, from_json_result result,
                                   string_view record, vector *out, uint32_t row) {
    bool is_struct = s->root.to.id == TYPE_STRUCT;
    if (result == FROM_JSON_NO_MEMORY) return error_nomem(call->err);
    if (result != FROM_JSON_DONE && s->fail_fast) return from_json_raise(call, record);
    if (result == FROM_JSON_BAD || result == FROM_JSON_BROKEN) {
        TRY(text_cell_null(call, out, row));
        if (is_struct) validity_set_valid(out->validity, row);
    }
    if (result == FROM_JSON_DONE || s->corrupt < 0) return DBX_OK;
    vector *corrupt = &out->children[s->corrupt];
    if (corrupt->validity != NULL) validity_set_valid(corrupt->validity, row);
    text_borrow(corrupt, row, record.data, record.size);
    return DBX_OK;
}

static dbx_status from_json_rows(fn_call *call, const vector *args, vector *out) {
    const from_json_state *s = call->state;
    vector_view view = vector_view_of(&args[0]);
    from_json_run run = {.call = call, .state = s};
    FN_FOR_EACH_ROW(call, r) {
        string_view record = vstring_view(text_arg(&view, r));
        json_scan_begin(&run.scan, record, s->flags);
        if (json_scan_next(&run.scan) == JSON_END) {
            TRY(text_cell_null(call, out, r));
            continue;
        }
        uint32_t children = out->phys == PHYS_LIST ? out->child_count : 0;
        from_json_result result =
            run.scan.token == JSON_MALFORMED ? FROM_JSON_BROKEN : from_json_root(&run, out, r);
        if (out->phys == PHYS_LIST && result >= FROM_JSON_BAD) out->child_count = children;
        TRY(from_json_settle(call, s, result, record, out, r));
    }
    return DBX_OK;
}

static dbx_status from_json_variant_rows(fn_call *call, const vector *args, vector *out) {
    const from_json_state *s = call->state;
    vector_view view = vector_view_of(&args[0]);
    variant_builder b;
    buffer scratch;
    dbx_status status = DBX_OK;
    variant_builder_init(&b, call->arena->ledger);
    buffer_init(&scratch, call->arena->ledger);
    FN_FOR_EACH_ROW(call, r) {
        string_view record = vstring_view(text_arg(&view, r));
        variant_builder_clear(&b);
        status = variant_parse_json(&b, record, &scratch);
        if (status == DBX_OK)
            status = variant_store(call, &b, out, r);
        else if (status == DBX_ERROR)
            status = s->fail_fast ? from_json_raise(call, record) : fn_set_null(call, out, r);
        else
            status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    variant_builder_deinit(&b);
    buffer_deinit(&scratch);
    return status;
}

/* ---- binding ---- */

static dbx_status from_json_bind_converter(fn_bind *b, type to, const text_formats *formats,
                                           from_json_converter *c) {
    c->to = to;
    if (!type_is_nested(to)) return text_cell_bind(b, to, formats, &c->cell);
    uint32_t skip = to.id == TYPE_MAP ? 1 : 0;
    c->children = ARENA_ARRAY(b->arena, from_json_converter, to.child_count + 1u);
    if (c->children == NULL) return error_nomem(b->err);
    for (uint32_t i = skip; i < to.child_count; i++)
        TRY(from_json_bind_converter(b, to.children[i].type, formats, &c->children[i - skip]));
    return DBX_OK;
}

static bool from_json_has_odd_key(type t) {
    if (t.id == TYPE_MAP && t.children[0].type.id != TYPE_STRING) return true;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (from_json_has_odd_key(t.children[i].type)) return true;
    }
    return false;
}

static dbx_status from_json_check_schema(fn_bind *b, type t) {
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
               *schema = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, t));
    bool root = type_is_nested(t) || t.id == TYPE_VARIANT;
    if (root && !from_json_has_odd_key(t)) return DBX_OK;
    return error_raise(b->err,
                       root ? ERR_DATATYPE_MISMATCH__INVALID_JSON_MAP_KEY_TYPE
                            : ERR_DATATYPE_MISMATCH__INVALID_JSON_SCHEMA,
                       b->position, "sqlExpr", sql == NULL ? "" : sql, "schema",
                       schema == NULL ? "" : schema, NULL);
}

static dbx_status from_json_bind_corrupt(fn_bind *b, const schema_options *o, from_json_state *s) {
    string_view name = schema_option(o, "columnNameOfCorruptRecord");
    if (name.data == NULL) name = SV("_corrupt_record");
    s->corrupt = -1;
    for (uint32_t i = 0; b->result.id == TYPE_STRUCT && i < b->result.child_count; i++) {
        const type_field *f = &b->result.children[i];
        if (!sv_equal(f->name, name)) continue;
        s->corrupt = i;
        if (f->type.id != TYPE_STRING)
            return error_raise(b->err, ERR_INVALID_CORRUPT_RECORD_TYPE, b->position, "columnName",
                               "`_corrupt_record`", "actualType", "", NULL);
    }
    return DBX_OK;
}

static dbx_status from_json_bind(fn_bind *b) {
    schema_options options;
    text_formats formats;
    from_json_state *s = ARENA_NEW(b->arena, from_json_state);
    if (s == NULL) return error_nomem(b->err);
    TRY(schema_argument_type(b, 1, &b->result));
    TRY(schema_argument_options(b, 2, &options));
    TRY(from_json_check_schema(b, b->result));
    TRY(text_formats_bind(b, &options, true, b->result, NULL, &formats));
    TRY(schema_option_mode(b, &options, &s->fail_fast));
    TRY(from_json_bind_corrupt(b, &options, s));
    s->flags = json_flags_of(&options);
    s->element_alone = b->result.id == TYPE_ARRAY && b->result.children[0].type.id == TYPE_STRUCT;
    if (b->result.id == TYPE_VARIANT)
        b->kernel = from_json_variant_rows;
    else
        TRY(from_json_bind_converter(b, b->result, &formats, &s->root));
    b->nullable = true;
    b->state = s;
    return DBX_OK;
}

const function_row json_from_functions[] = {
    {.name = "from_json",
     .signature = "(jsonStr string, schema any, [options any]) -> bind",
     .kernel = from_json_rows,
     .bind = from_json_bind,
     .category = "json",
     .doc = "The value of a JSON text in a schema: a struct, array or map.",
     .examples = "from_json('{\"a\":1, \"b\":0.8}', 'a INT, b DOUBLE') => {\"a\":1,\"b\":0.8}; "
                 "from_json('{\"time\":\"26/08/2015\"}', 'time Timestamp', "
                 "map('timestampFormat', 'dd/MM/yyyy')) => {\"time\":2015-08-26 00:00:00}; "
                 "from_json('{\"a\":\"x\"}', 'a INT') => {\"a\":null}; "
                 "from_json('[1, 2]', 'array<int>') => [1,2]"},
};
const uint32_t json_from_functions_count = ARRAY_COUNT(json_from_functions);

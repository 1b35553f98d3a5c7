/* xml_from.c - from_xml and schema_of_xml: an XML element as a struct. Attributes are fields with a
 * prefix, child elements fields, repeated ones arrays, text beside them the field `valueTag`. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/text_cell.h"
#include "functions/text_out.h"
#include "functions/xml_node.h"
#include "kernel/number_text.h"
#include "vector/datetime_text.h"

#include <stdlib.h>

typedef struct from_xml_converter from_xml_converter;
struct from_xml_converter {
    type to;
    text_cell cell;
    from_xml_converter *children; /* ARRAY: 1; MAP: 1, the value; STRUCT: fields */
};

typedef struct from_xml_state {
    xml_options options;
    from_xml_converter root;
    bool fail_fast;
    int64_t corrupt; /* field for bad records, or -1 */
} from_xml_state;

typedef struct from_xml_run {
    fn_call *call;
    const from_xml_state *state;
    bool bad; /* something did not fit */
} from_xml_run;

/* ---- values ---- */

static int from_xml_hex(char c) {
    char lower = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Bytes as to_xml writes them in the setting binary_output_style; other text stands for its own
 * bytes. */
static dbx_status from_xml_binary(from_xml_run *r, string_view text, vector *out, uint32_t row) {
    string_view style = r->call->query->settings->binary_output_style;
    bool hex = sv_equal_ignore_case(style, SV("HEX")) ||
               sv_equal_ignore_case(style, SV("HEX_DISCRETE")),
         decimal = sv_equal_ignore_case(style, SV("BASIC"));
    char *bytes = text_room(r->call, text.size);
    size_t n = 0, i = 0;
    if (bytes == NULL) return error_nomem(r->call->err);
    while ((hex || decimal) && i < text.size) {
        char c = text.data[i];
        bool digits =
            hex && i + 1 < text.size && from_xml_hex(c) >= 0 && from_xml_hex(text.data[i + 1]) >= 0;
        if (digits) {
            bytes[n++] = (char)(from_xml_hex(c) << 4 | from_xml_hex(text.data[i + 1]));
            i += 2;
        } else if (decimal && (ascii_is_digit(c) || c == '-')) {
            int value = 0;
            bool minus = c == '-';
            for (i += minus; i < text.size && ascii_is_digit(text.data[i]) && value < 1000; i++)
                value = value * 10 + (text.data[i] - '0');
            bytes[n++] = (char)(minus ? -value : value);
        } else if (c == '[' || c == ']' || c == ' ' || c == ',') {
            i++;
        } else {
            break;
        }
    }
    if ((hex || decimal) && i == text.size) {
        text_borrow(out, row, bytes, n);
        return DBX_OK;
    }
    return text_copy(r->call, out, row, text.data, text.size);
}

static dbx_status from_xml_scalar(from_xml_run *r, const from_xml_converter *c, string_view text,
                                  vector *out, uint32_t row, bool *good) {
    *good = true;
    if (c->to.id == TYPE_BINARY) return from_xml_binary(r, text, out, row);
    if (c->to.id == TYPE_STRING) return text_copy(r->call, out, row, text.data, text.size);
    if (c->to.id == TYPE_BOOLEAN) {
        bool yes = sv_equal_ignore_case(text, SV("true")) || sv_equal(text, SV("1"));
        *good = yes || sv_equal_ignore_case(text, SV("false")) || sv_equal(text, SV("0"));
        VECTOR_DATA(out, uint8_t)[row] = yes;
        return DBX_OK;
    }
    return text_cell_store(r->call, &c->cell, text, out, row, good);
}

static dbx_status from_xml_value(from_xml_run *r, const from_xml_converter *c, const xmlNode *node,
                                 vector *out, uint32_t row, bool *good);

/* The text of an attribute or element into a row; an empty element of another type is NULL. */
static dbx_status from_xml_text(from_xml_run *r, const from_xml_converter *c, const xmlNode *node,
                                vector *out, uint32_t row, bool *good) {
    string_view text;
    TRY(xml_node_text(r->call, node, &text));
    *good = true;
    if (text.size == 0 && c->to.id != TYPE_STRING) return text_cell_null(r->call, out, row);
    return from_xml_scalar(r, c, text, out, row, good);
}

static uint32_t from_xml_find(type t, string_view name) {
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (sv_equal(t.children[i].name, name)) return i;
    }
    return UINT32_MAX;
}

/* Puts one attribute or child into the field of its name; arrays grow. */
static dbx_status from_xml_field(from_xml_run *r, const from_xml_converter *c, string_view name,
                                 const xmlNode *node, vector *out, uint32_t row) {
    uint32_t field = from_xml_find(c->to, name);
    if (field == UINT32_MAX || field == r->state->corrupt) return DBX_OK;
    const from_xml_converter *fc = &c->children[field];
    vector *to = &out->children[field];
    bool good = true;
    if (fc->to.id == TYPE_ARRAY) {
        uint32_t at, first = to->child_count;
        bool started = validity_get(to->validity, row);
        if (started) first = VECTOR_DATA(to, list_entry)[row].offset;
        TRY(text_list_push(r->call, to, &at));
        TRY(from_xml_value(r, &fc->children[0], node, &to->children[0], at, &good));
        if (!good) to->child_count--;
        if (to->validity != NULL) validity_set_valid(to->validity, row);
        text_list_end(to, row, first);
    } else {
        if (to->validity != NULL) validity_set_valid(to->validity, row);
        TRY(from_xml_value(r, fc, node, to, row, &good));
        if (!good) TRY(text_cell_null(r->call, to, row));
    }
    r->bad = r->bad || !good;
    return DBX_OK;
}

static dbx_status from_xml_struct(from_xml_run *r, const from_xml_converter *c, const xmlNode *node,
                                  vector *out, uint32_t row) {
    const xml_options *o = &r->state->options;
    string_view name, text;
    for (uint32_t i = 0; i < c->to.child_count; i++)
        TRY(text_cell_null(r->call, &out->children[i], row));
    /* Elements of one name may stand apart, but what an array holds must lie together: fields that
     * are arrays are filled name by name. */
    for (const xmlAttr *a = o->exclude_attributes ? NULL : node->properties; a != NULL;
         a = a->next) {
        TRY(xml_attribute_name(r->call, o, a, &name));
        TRY(from_xml_field(r, c, name, (const xmlNode *)a, out, row));
    }
    for (const xmlNode *n = node->children; n != NULL; n = n->next) {
        if (n->type != XML_ELEMENT_NODE || xml_seen_before(n)) continue;
        for (const xmlNode *same = n; same != NULL; same = xml_next_same(same)) {
            TRY(xml_element_name(r->call, same, &name));
            TRY(from_xml_field(r, c, name, same, out, row));
        }
    }
    uint32_t value = from_xml_find(c->to, o->value_tag);
    if (value == UINT32_MAX) return DBX_OK;
    bool good = true;
    TRY(xml_own_text(r->call, node, &text));
    if (text.size == 0) return DBX_OK;
    vector *to = &out->children[value];
    validity_set_valid(to->validity, row);
    TRY(from_xml_scalar(r, &c->children[value], text, to, row, &good));
    r->bad = r->bad || !good;
    return good ? DBX_OK : text_cell_null(r->call, to, row);
}

static dbx_status from_xml_entry(from_xml_run *r, const from_xml_converter *c, string_view name,
                                 const xmlNode *node, vector *out, bool *good) {
    uint32_t at;
    bool fits;
    TRY(text_list_push(r->call, out, &at));
    vector *parts = out->children[0].children;
    TRY(text_copy(r->call, &parts[0], at, name.data, name.size));
    TRY(from_xml_value(r, &c->children[0], node, &parts[1], at, &fits));
    *good = *good && fits;
    return DBX_OK;
}

static dbx_status from_xml_map(from_xml_run *r, const from_xml_converter *c, const xmlNode *node,
                               vector *out, uint32_t row, bool *good) {
    const xml_options *o = &r->state->options;
    uint32_t first = out->child_count;
    string_view name;
    for (const xmlAttr *a = o->exclude_attributes ? NULL : node->properties; a != NULL;
         a = a->next) {
        TRY(xml_attribute_name(r->call, o, a, &name));
        TRY(from_xml_entry(r, c, name, (const xmlNode *)a, out, good));
    }
    for (const xmlNode *n = node->children; n != NULL; n = n->next) {
        if (n->type != XML_ELEMENT_NODE) continue;
        TRY(xml_element_name(r->call, n, &name));
        TRY(from_xml_entry(r, c, name, n, out, good));
    }
    text_list_end(out, row, first);
    return DBX_OK;
}

static dbx_status from_xml_value(from_xml_run *r, const from_xml_converter *c, const xmlNode *node,
                                 vector *out, uint32_t row, bool *good) {
    *good = true;
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    if (c->to.id == TYPE_STRUCT && node->type == XML_ELEMENT_NODE)
        return from_xml_struct(r, c, node, out, row);
    if (c->to.id == TYPE_MAP && node->type == XML_ELEMENT_NODE)
        return from_xml_map(r, c, node, out, row, good);
    if (type_is_nested(c->to)) {
        *good = false;
        return DBX_OK;
    }
    return from_xml_text(r, c, node, out, row, good);
}

/* ---- records ---- */

static dbx_status from_xml_row(fn_call *call, const from_xml_state *s, string_view xml, vector *out,
                               uint32_t row) {
    from_xml_run run = {.call = call, .state = s};
    xmlDoc *document = xml_parse(xml);
    const xmlNode *root = document == NULL ? NULL : xmlDocGetRootElement(document);
    dbx_status status = DBX_OK;
    if (out->validity != NULL) validity_set_valid(out->validity, row);
    if (root != NULL) {
        status = from_xml_struct(&run, &s->root, root, out, row);
    } else {
        run.bad = true;
        for (uint32_t i = 0; i < out->type.child_count && status == DBX_OK; i++)
            status = text_cell_null(call, &out->children[i], row);
    }
    if (document != NULL) xmlFreeDoc(document);
    if (status != DBX_OK || !run.bad) return status;
    if (s->fail_fast) {
        string_view copy = arena_copy_string(call->arena, xml);
        return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                           call->position, "badRecord", copy.data == NULL ? "" : copy.data,
                           "failFastMode", "FAILFAST", NULL);
    }
    if (s->corrupt < 0) return DBX_OK;
    vector *corrupt = &out->children[s->corrupt];
    validity_set_valid(corrupt->validity, row);
    return text_copy(call, corrupt, row, xml.data, xml.size);
}

static dbx_status from_xml_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    TRY(from_xml_row(call, call->state, vstring_view(text_arg(&view, r)), out, r));
    return DBX_OK;
}

static dbx_status from_xml_bind_converter(fn_bind *b, type to, const text_formats *formats,
                                          from_xml_converter *c) {
    c->to = to;
    if (!type_is_nested(to)) return text_cell_bind(b, to, formats, &c->cell);
    if (to.id == TYPE_MAP && to.children[0].type.id != TYPE_STRING) {
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                   *schema = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, to));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_XML_MAP_KEY_TYPE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "schema",
                           schema == NULL ? "" : schema, NULL);
    }
    uint32_t skip = to.id == TYPE_MAP ? 1 : 0;
    c->children = ARENA_ARRAY(b->arena, from_xml_converter, to.child_count + 1u);
    if (c->children == NULL) return error_nomem(b->err);
    for (uint32_t i = skip; i < to.child_count; i++)
        TRY(from_xml_bind_converter(b, to.children[i].type, formats, &c->children[i - skip]));
    return DBX_OK;
}

static dbx_status from_xml_bind(fn_bind *b) {
    schema_options options;
    text_formats formats;
    from_xml_state *s = ARENA_NEW(b->arena, from_xml_state);
    if (s == NULL) return error_nomem(b->err);
    TRY(schema_argument_struct(b, 1, &b->result));
    TRY(schema_argument_options(b, 2, &options));
    TRY(text_formats_bind(b, &options, true, b->result, NULL, &formats));
    TRY(schema_option_mode(b, &options, &s->fail_fast));
    TRY(from_xml_bind_converter(b, b->result, &formats, &s->root));
    s->options = xml_options_of(&options);
    string_view corrupt = schema_option(&options, "columnNameOfCorruptRecord");
    uint32_t field =
        from_xml_find(b->result, corrupt.data == NULL ? SV("_corrupt_record") : corrupt);
    s->corrupt = field == UINT32_MAX ? -1 : (int64_t)field;
    b->nullable = true;
    b->state = s;
    return DBX_OK;
}

/* ---- schema_of_xml ---- */

static type schema_xml_text_type(fn_call *call, string_view text) {
    int64_t integer;
    double real;
    int32_t days;
    time_zone_cache cache = {0};
    bool digit = text.size > 0 &&
                 (ascii_is_digit(text.data[text.size - 1]) || text.data[text.size - 1] == '.');
    if (text.size == 0) return type_simple(TYPE_VOID);
    if (number_parse_int64(text.data, text.size, false, &integer) == NUMBER_OK)
        return type_simple(TYPE_BIGINT);
    if (digit && number_parse_double(text.data, text.size, &real) == NUMBER_OK)
        return type_simple(TYPE_DOUBLE);
    if (sv_equal_ignore_case(text, SV("true")) || sv_equal_ignore_case(text, SV("false")))
        return type_simple(TYPE_BOOLEAN);
    if (date_parse(text, &days) && memchr(text.data, ':', text.size) == NULL)
        return type_simple(TYPE_DATE);
    if (timestamp_parse(text, time_zone_of(call->query), 0, &cache, call->arena, &integer))
        return type_simple(TYPE_TIMESTAMP);
    return type_simple(TYPE_STRING);
}

/* Arrays and single values meet in an array; text and structs in the value tag of the struct. */
static dbx_status schema_xml_merge(fn_call *call, const xml_options *o, type x, type y, type *out) {
    bool x_array = x.id == TYPE_ARRAY, y_array = y.id == TYPE_ARRAY;
    if (x_array != y_array && x.id != TYPE_VOID && y.id != TYPE_VOID) {
        type element;
        TRY(schema_xml_merge(call, o, x_array ? x.children[0].type : x,
                             y_array ? y.children[0].type : y, &element));
        return type_array(call->arena, element, true, out);
    }
    bool x_struct = x.id == TYPE_STRUCT, y_struct = y.id == TYPE_STRUCT;
    if (x_struct != y_struct && x.id != TYPE_VOID && y.id != TYPE_VOID) {
        type_field value = {.name = o->value_tag, .type = x_struct ? y : x, .nullable = true};
        type wrapped;
        TRY(type_struct(call->arena, &value, 1, &wrapped));
        return schema_merge(call->arena, x_struct ? x : y, wrapped, type_simple(TYPE_STRING), out);
    }
    return schema_merge(call->arena, x, y, type_simple(TYPE_STRING), out);
}

typedef ARENA_LIST(type_field) schema_xml_fields;

static dbx_status schema_xml_add(fn_call *call, const xml_options *o, schema_xml_fields *fields,
                                 string_view name, type t) {
    for (uint32_t i = 0; i < fields->count; i++) {
        type_field *f = &fields->items[i];
        type merged;
        if (!sv_equal(f->name, name)) continue;
        TRY(schema_xml_merge(call, o, f->type, t, &merged));
        f->type = merged;
        return merged.id == TYPE_ARRAY ? DBX_OK : type_array(call->arena, merged, true, &f->type);
    }
    type_field f = {.name = name, .type = t, .nullable = true};
    return ARENA_LIST_PUSH(call->arena, fields, f);
}

static int schema_xml_compare(const void *x, const void *y) {
    string_view a = ((const type_field *)x)->name, b = ((const type_field *)y)->name;
    int order = memcmp(a.data, b.data, MIN(a.size, b.size));
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static dbx_status schema_xml_element(fn_call *call, const xml_options *o, const xmlNode *node,
                                     uint32_t depth, type *out) {
    schema_xml_fields fields = {0};
    string_view name, text;
    type t;
    if (depth > TYPE_DEPTH_MAX) return DBX_ERROR;
    for (const xmlAttr *a = o->exclude_attributes ? NULL : node->properties; a != NULL;
         a = a->next) {
        TRY(xml_attribute_name(call, o, a, &name));
        TRY(xml_node_text(call, (const xmlNode *)a, &text));
        TRY(schema_xml_add(call, o, &fields, name, schema_xml_text_type(call, text)));
    }
    for (const xmlNode *n = node->children; n != NULL; n = n->next) {
        if (n->type != XML_ELEMENT_NODE) continue;
        TRY(xml_element_name(call, n, &name));
        TRY(schema_xml_element(call, o, n, depth + 1, &t));
        TRY(schema_xml_add(call, o, &fields, name, t));
    }
    TRY(xml_own_text(call, node, &text));
    t = schema_xml_text_type(call, text);
    if (fields.count == 0) {
        *out = t;
        return DBX_OK;
    }
    if (t.id != TYPE_VOID) TRY(schema_xml_add(call, o, &fields, o->value_tag, t));
    qsort(fields.items, fields.count, sizeof(type_field), schema_xml_compare);
    return type_struct(call->arena, fields.items, fields.count, out);
}

/* What is nothing but empty becomes STRING. */
static dbx_status schema_xml_tidy(arena *a, type t, type *out) {
    *out = t.id == TYPE_VOID ? type_simple(TYPE_STRING) : t;
    if (!type_is_nested(t)) return DBX_OK;
    type_field *fields = ARENA_ARRAY(a, type_field, t.child_count + 1u);
    if (fields == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < t.child_count; i++) {
        fields[i] = t.children[i];
        TRY(schema_xml_tidy(a, t.children[i].type, &fields[i].type));
    }
    out->children = fields;
    return DBX_OK;
}

static dbx_status schema_xml_row(fn_call *call, const xml_options *o, string_view xml, vector *out,
                                 uint32_t row) {
    type t = type_simple(TYPE_VOID), tidy;
    xmlDoc *document = xml_parse(xml);
    const xmlNode *root = document == NULL ? NULL : xmlDocGetRootElement(document);
    dbx_status status = root == NULL ? DBX_ERROR : schema_xml_element(call, o, root, 0, &t);
    if (document != NULL) xmlFreeDoc(document);
    if (status == DBX_ERROR) {
        string_view copy = arena_copy_string(call->arena, xml);
        return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                           call->position, "badRecord", copy.data == NULL ? "" : copy.data,
                           "failFastMode", "FAILFAST", NULL);
    }
    if (status == DBX_OK) status = schema_xml_tidy(call->arena, t, &tidy);
    if (status == DBX_OK && tidy.id != TYPE_STRUCT) {
        type_field value = {.name = o->value_tag, .type = tidy, .nullable = true};
        status = type_struct(call->arena, &value, t.id == TYPE_VOID ? 0 : 1, &tidy);
    }
    const char *sql = status == DBX_OK ? type_sql(call->arena, tidy) : NULL;
    if (sql == NULL) return error_nomem(call->err);
    text_borrow(out, row, sql, strlen(sql));
    return DBX_OK;
}

static dbx_status schema_xml_rows(fn_call *call, const vector *args, vector *out) {
    vector_view view = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r)
    TRY(schema_xml_row(call, call->state, vstring_view(text_arg(&view, r)), out, r));
    return DBX_OK;
}

static dbx_status schema_xml_bind(fn_bind *b) {
    schema_options options;
    xml_options *o = ARENA_NEW(b->arena, xml_options);
    if (o == NULL) return error_nomem(b->err);
    if (b->arg_types[0].id != TYPE_STRING && b->arg_types[0].id != TYPE_VOID)
        return fn_bind_unexpected_type(b, 0, "\"STRING\"");
    TRY(schema_argument_constant(b, 0, "xml"));
    TRY(schema_argument_options(b, 1, &options));
    *o = xml_options_of(&options);
    b->state = o;
    return DBX_OK;
}

const function_row xml_from_functions[] = {
    {.name = "from_xml",
     .signature = "(xmlStr string, schema any, [options any]) -> bind",
     .kernel = from_xml_rows,
     .bind = from_xml_bind,
     .category = "xml",
     .doc = "The struct that an XML element is in a schema.",
     .examples = "from_xml('<p><a>1</a><b>0.8</b></p>', 'a INT, b DOUBLE') => {\"a\":1,\"b\":0.8}; "
                 "from_xml('<p x=\"7\"><a>1</a><a>2</a></p>', 'a array<int>, _x int') => "
                 "{\"a\":[1,2],\"_x\":7}; from_xml('<p><a>x</a></p>', 'a INT') => {\"a\":null}"},
    {.name = "schema_of_xml",
     .signature = "(xml any, [options any]) -> string",
     .kernel = schema_xml_rows,
     .bind = schema_xml_bind,
     .category = "xml",
     .doc = "The schema of a constant XML text, as SQL writes it.",
     .examples = "schema_of_xml('<p><a>1</a></p>') => STRUCT<a: BIGINT>; "
                 "schema_of_xml('<p><a attr=\"2\">1</a><a>3</a></p>', "
                 "map('excludeAttribute', 'true')) => STRUCT<a: ARRAY<BIGINT>>; "
                 "schema_of_xml('<p><a attr=\"2\">x</a></p>') => "
                 "STRUCT<a: STRUCT<_VALUE: STRING, _attr: BIGINT>>"},
};
const uint32_t xml_from_functions_count = ARRAY_COUNT(xml_from_functions);

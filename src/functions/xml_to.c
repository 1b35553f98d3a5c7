/* xml_to.c - to_xml: a struct as an XML element. */
#include "functions/families.h"
#include "functions/text_cell.h"
#include "functions/text_out.h"
#include "functions/xml_node.h"
#include "vector/value_text.h"

typedef struct to_xml_state {
    xml_options options;
    text_formats formats;
    string_view null_value; /* data NULL: fields that are NULL are left out */
} to_xml_state;

typedef struct to_xml_run {
    const to_xml_state *state;
    const query *query;
    buffer *out;
    buffer *scratch;
} to_xml_run;

static dbx_status to_xml_escape(buffer *out, string_view text, bool attribute) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        string_view escaped = c == '&'                ? SV("&amp;")
                              : c == '<'              ? SV("&lt;")
                              : c == '>'              ? SV("&gt;")
                              : c == '"' && attribute ? SV("&quot;")
                                                      : (string_view){&c, 1};
        TRY(buffer_append_sv(out, escaped));
    }
    return DBX_OK;
}

/* The text of a scalar, escaped. */
static dbx_status to_xml_text(to_xml_run *r, const vector *v, uint32_t row, bool attribute) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    buffer_clear(r->scratch);
    if (v->type.id == TYPE_BINARY)
        TRY(value_append_binary(r->scratch, vstring_view(&((const vstring *)view.data)[i]),
                                r->query));
    else if (v->type.id == TYPE_INTERVAL_YM || v->type.id == TYPE_INTERVAL_DT)
        TRY(value_append_sql(r->scratch, view.base, i, r->query));
    else
        TRY(text_cell_append(r->scratch, view.base, i, &r->state->formats, r->query));
    return to_xml_escape(r->out, buffer_view(r->scratch), attribute);
}

static dbx_status to_xml_line(to_xml_run *r, uint32_t depth) {
    string_view indent = r->state->options.indent;
    if (indent.size == 0) return DBX_OK;
    if (r->out->size > 0) TRY(buffer_append_char(r->out, '\n'));
    for (uint32_t i = 0; i < depth; i++) TRY(buffer_append_sv(r->out, indent));
    return DBX_OK;
}

static dbx_status to_xml_tag(to_xml_run *r, const char *open, string_view name, const char *close) {
    TRY(buffer_append_sv(r->out, sv_from(open)));
    TRY(buffer_append_sv(r->out, name));
    return buffer_append_sv(r->out, sv_from(close));
}

static bool to_xml_is_attribute(const to_xml_run *r, const type_field *f) {
    const xml_options *o = &r->state->options;
    return sv_starts_with(f->name, o->attribute_prefix) && !sv_equal(f->name, o->value_tag) &&
           !type_is_nested(f->type);
}

static dbx_status to_xml_element(to_xml_run *r, string_view name, const vector *v, uint32_t row,
                                 uint32_t depth);

static dbx_status to_xml_struct(to_xml_run *r, string_view name, const vector *base, uint32_t i,
                                uint32_t depth) {
    const xml_options *o = &r->state->options;
    bool children = false, text = false;
    TRY(to_xml_line(r, depth));
    TRY(to_xml_tag(r, "<", name, ""));
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        const type_field *f = &base->type.children[k];
        if (!to_xml_is_attribute(r, f)) {
            bool null = vector_is_null(&base->children[k], i) && r->state->null_value.data == NULL;
            text = text || (!null && sv_equal(f->name, o->value_tag));
            children = children || (!null && !sv_equal(f->name, o->value_tag));
            continue;
        }
        if (vector_is_null(&base->children[k], i)) continue;
        string_view bare = {f->name.data + o->attribute_prefix.size,
                            f->name.size - o->attribute_prefix.size};
        TRY(to_xml_tag(r, " ", bare, "=\""));
        TRY(to_xml_text(r, &base->children[k], i, true));
        TRY(buffer_append_char(r->out, '"'));
    }
    if (!children && !text) return buffer_append_sv(r->out, SV("/>"));
    TRY(buffer_append_char(r->out, '>'));
    for (uint32_t k = 0; k < base->type.child_count; k++) {
        const type_field *f = &base->type.children[k];
        if (to_xml_is_attribute(r, f)) continue;
        if (sv_equal(f->name, o->value_tag)) {
            if (!vector_is_null(&base->children[k], i))
                TRY(to_xml_text(r, &base->children[k], i, false));
            continue;
        }
        TRY(to_xml_element(r, f->name, &base->children[k], i, depth + 1));
    }
    if (children) TRY(to_xml_line(r, depth));
    return to_xml_tag(r, "</", name, ">");
}

/* An array is its elements one after the other, each under the array's name. */
static dbx_status to_xml_array(to_xml_run *r, string_view name, const vector *base, uint32_t i,
                               uint32_t depth) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    bool nested = base->children[0].type.id == TYPE_ARRAY;
    for (uint32_t k = 0; k < e.length; k++) {
        if (!nested || vector_is_null(&base->children[0], e.offset + k)) {
            TRY(to_xml_element(r, name, &base->children[0], e.offset + k, depth));
            continue;
        }
        TRY(to_xml_line(r, depth));
        TRY(to_xml_tag(r, "<", name, ">"));
        TRY(to_xml_element(r, r->state->options.array_tag, &base->children[0], e.offset + k,
                           depth + 1));
        TRY(to_xml_line(r, depth));
        TRY(to_xml_tag(r, "</", name, ">"));
    }
    return DBX_OK;
}

static dbx_status to_xml_map(to_xml_run *r, string_view name, const vector *base, uint32_t i,
                             uint32_t depth) {
    list_entry e = VECTOR_DATA(base, list_entry)[i];
    vector_view entries = vector_view_of(&base->children[0]);
    TRY(to_xml_line(r, depth));
    if (e.length == 0) return to_xml_tag(r, "<", name, "/>");
    TRY(to_xml_tag(r, "<", name, ">"));
    for (uint32_t k = 0; k < e.length; k++) {
        uint32_t at = view_index(&entries, e.offset + k);
        vector_view keys = vector_view_of(&entries.base->children[0]);
        string_view key = vstring_view(&((const vstring *)keys.data)[view_index(&keys, at)]);
        TRY(to_xml_element(r, key, &entries.base->children[1], at, depth + 1));
    }
    TRY(to_xml_line(r, depth));
    return to_xml_tag(r, "</", name, ">");
}

static dbx_status to_xml_element(to_xml_run *r, string_view name, const vector *v, uint32_t row,
                                 uint32_t depth) {
    vector_view view = vector_view_of(v);
    uint32_t i = view_index(&view, row);
    bool null = v->type.id == TYPE_VOID || !validity_get(view.validity, i);
    if (null && r->state->null_value.data == NULL) return DBX_OK;
    if (!null && v->type.id == TYPE_STRUCT) return to_xml_struct(r, name, view.base, i, depth);
    if (!null && v->type.id == TYPE_ARRAY) return to_xml_array(r, name, view.base, i, depth);
    if (!null && v->type.id == TYPE_MAP) return to_xml_map(r, name, view.base, i, depth);
    TRY(to_xml_line(r, depth));
    TRY(to_xml_tag(r, "<", name, ">"));
    TRY(null ? to_xml_escape(r->out, r->state->null_value, false) : to_xml_text(r, v, row, false));
    return to_xml_tag(r, "</", name, ">");
}

static dbx_status to_xml_rows(fn_call *call, const vector *args, vector *out) {
    const to_xml_state *s = call->state;
    buffer text, scratch;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    buffer_init(&scratch, call->arena->ledger);
    to_xml_run run = {s, call->query, &text, &scratch};
    FN_FOR_EACH_ROW(call, r) {
        buffer_clear(&text);
        status = to_xml_element(&run, s->options.row_tag, &args[0], r, 0);
        if (status == DBX_OK)
            status = text_copy(call, out, r, text.data, text.size);
        else
            status = error_nomem(call->err);
        if (status != DBX_OK) break;
    }
    buffer_deinit(&text);
    buffer_deinit(&scratch);
    return status;
}

static bool to_xml_keys_are_text(type t) {
    if (t.id == TYPE_MAP && t.children[0].type.id != TYPE_STRING) return false;
    for (uint32_t i = 0; i < t.child_count; i++) {
        if (!to_xml_keys_are_text(t.children[i].type)) return false;
    }
    return true;
}

static dbx_status to_xml_bind(fn_bind *b) {
    static const char *const patterns[] = {"yyyy-MM-dd'T'HH:mm:ss[.SSS]"
                                           "[X"
                                           "XX]",
                                           "yyyy-MM-dd'T'HH:mm:ss[.SSS]", "yyyy-MM-dd"};
    schema_options options;
    type t = b->arg_types[0];
    to_xml_state *s = ARENA_NEW(b->arena, to_xml_state);
    if (s == NULL) return error_nomem(b->err);
    TRY(schema_argument_options(b, 1, &options));
    if (t.id != TYPE_STRUCT) return fn_bind_unexpected_type(b, 0, "\"STRUCT\"");
    if (!to_xml_keys_are_text(t)) {
        const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
                   *schema = arena_printf(b->arena, "\"%s\"", type_sql(b->arena, t));
        return error_raise(b->err, ERR_DATATYPE_MISMATCH__INVALID_XML_MAP_KEY_TYPE, b->position,
                           "sqlExpr", sql == NULL ? "" : sql, "schema",
                           schema == NULL ? "" : schema, NULL);
    }
    TRY(text_formats_bind(b, &options, false, t, patterns, &s->formats));
    s->options = xml_options_of(&options);
    s->null_value = schema_option(&options, "nullValue");
    b->state = s;
    return DBX_OK;
}

const function_row xml_to_functions[] = {
    {.name = "to_xml",
     .signature = "(expr any, [options any]) -> string",
     .kernel = to_xml_rows,
     .bind = to_xml_bind,
     .category = "xml",
     .doc = "A struct as an XML element.",
     .examples = "to_xml(named_struct('a', 1, 'b', array('x', '<')), map('indent', '')) => "
                 "<ROW><a>1</a><b>x</b><b>&lt;</b></ROW>; "
                 "to_xml(named_struct('_id', 7, 'm', map('k', 1.5)), map('indent', '')) => "
                 "<ROW id=\"7\"><m><k>1.5</k></m></ROW>"},
};
const uint32_t xml_to_functions_count = ARRAY_COUNT(xml_to_functions);

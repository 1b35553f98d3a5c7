/* xml_node.c - see xml_node.h. */
#include "functions/xml_node.h"

#include <libxml/parser.h>

static string_view xml_option(const schema_options *o, const char *key, string_view otherwise) {
    string_view text = schema_option(o, key);
    return text.data == NULL ? otherwise : text;
}

xml_options xml_options_of(const schema_options *o) {
    return (xml_options){
        .attribute_prefix = xml_option(o, "attributePrefix", SV("_")),
        .value_tag = xml_option(o, "valueTag", SV("_VALUE")),
        .row_tag = xml_option(o, "rowTag", SV("ROW")),
        .array_tag = xml_option(o, "arrayElementName", SV("item")),
        .indent = xml_option(o, "indent", SV("    ")),
        .exclude_attributes = schema_option_bool(o, "excludeAttribute", false),
    };
}

xmlDoc *xml_parse(string_view text) {
    if (text.size > INT32_MAX) return NULL;
    return xmlReadMemory(text.data, (int)text.size, NULL, NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                             XML_PARSE_NOCDATA);
}

static dbx_status xml_name(fn_call *call, string_view prefix, const xmlNs *ns, const xmlChar *name,
                           string_view *out) {
    const char *space = ns == NULL || ns->prefix == NULL ? "" : (const char *)ns->prefix;
    const char *text = arena_printf(call->arena, SV_FMT "%s%s%s", SV_ARG(prefix), space,
                                    *space == '\0' ? "" : ":", (const char *)name);
    if (text == NULL) return error_nomem(call->err);
    *out = sv_from(text);
    return DBX_OK;
}

dbx_status xml_element_name(fn_call *call, const xmlNode *n, string_view *out) {
    return xml_name(call, SV(""), n->ns, n->name, out);
}

dbx_status xml_attribute_name(fn_call *call, const xml_options *o, const xmlAttr *a,
                              string_view *out) {
    return xml_name(call, o->attribute_prefix, a->ns, a->name, out);
}

dbx_status xml_node_text(fn_call *call, const xmlNode *n, string_view *out) {
    xmlChar *text = xmlNodeGetContent(n);
    if (text == NULL) {
        *out = SV("");
        return DBX_OK;
    }
    *out = arena_copy_string(call->arena, sv_trim(sv_from((const char *)text)));
    xmlFree(text);
    return out->data == NULL ? error_nomem(call->err) : DBX_OK;
}

dbx_status xml_own_text(fn_call *call, const xmlNode *n, string_view *out) {
    buffer text;
    dbx_status status = DBX_OK;
    buffer_init(&text, call->arena->ledger);
    for (const xmlNode *c = n->children; c != NULL && status == DBX_OK; c = c->next) {
        if (c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE)
            status = buffer_append_sv(&text, sv_from((const char *)c->content));
    }
    *out = SV("");
    if (status == DBX_OK && text.size > 0)
        *out = arena_copy_string(call->arena, sv_trim(buffer_view(&text)));
    buffer_deinit(&text);
    return status != DBX_OK || out->data == NULL ? error_nomem(call->err) : DBX_OK;
}

static bool xml_same_name(const xmlNode *x, const xmlNode *y) {
    return y->type == XML_ELEMENT_NODE && x->ns == y->ns && xmlStrEqual(x->name, y->name);
}

bool xml_seen_before(const xmlNode *n) {
    for (const xmlNode *p = n->prev; p != NULL; p = p->prev) {
        if (xml_same_name(n, p)) return true;
    }
    return false;
}

const xmlNode *xml_next_same(const xmlNode *n) {
    const xmlNode *next = n->next;
    while (next != NULL && !xml_same_name(n, next)) next = next->next;
    return next;
}

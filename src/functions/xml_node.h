/* xml_node.h - what the XML functions share: parsing with libxml2, names and texts of nodes.
 *
 * No entity is expanded and nothing is loaded from elsewhere. libxml2 allocates by itself: a
 * document lives for one row only. */
#ifndef DBX_FUNCTIONS_XML_NODE_H
#define DBX_FUNCTIONS_XML_NODE_H

#include "functions/schema_argument.h"

#include <libxml/tree.h>

typedef struct xml_options {
    string_view attribute_prefix, value_tag, row_tag, array_tag, indent;
    bool exclude_attributes, keep_spaces;
} xml_options;

xml_options xml_options_of(const schema_options *o);

/* NULL when malformed. Freed with xmlFreeDoc. */
xmlDoc *xml_parse(string_view text);

/* Names and texts are in the call's arena. "ns:name" keeps its namespace's prefix. */
dbx_status xml_element_name(fn_call *call, const xmlNode *n, string_view *out) MUST_CHECK;
dbx_status xml_attribute_name(fn_call *call, const xml_options *o, const xmlAttr *a,
                              string_view *out) MUST_CHECK;
/* All text of an attribute or element, without surrounding white space. */
dbx_status xml_node_text(fn_call *call, const xmlNode *n, string_view *out) MUST_CHECK;
/* The text between an element's children. */
dbx_status xml_own_text(fn_call *call, const xmlNode *n, string_view *out) MUST_CHECK;

/* Does an earlier sibling bear the same name? The next one that does. */
bool xml_seen_before(const xmlNode *n);
const xmlNode *xml_next_same(const xmlNode *n);

#endif

/* xpath.c - xpath and its typed forms: XPath 1.0 over XML texts, by libxml2. */
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "functions/xml_node.h"

#include <libxml/xpath.h>
#include <math.h>

/* What becomes of the result of one row. */
typedef dbx_status (*xpath_take)(fn_call *call, const xmlXPathObject *found, vector *out,
                                 uint32_t row);

static dbx_status xpath_raise(fn_call *call, string_view xml) {
    string_view copy = arena_copy_string(call->arena, xml);
    return error_raise(call->err, ERR_MALFORMED_RECORD_IN_PARSING__WITHOUT_SUGGESTION,
                       call->position, "badRecord", copy.data == NULL ? "" : copy.data,
                       "failFastMode", "FAILFAST", NULL);
}

static void xpath_be_silent(void *context, xmlErrorPtr problem) {
    (void)context;
    (void)problem;
}

static dbx_status xpath_row(fn_call *call, string_view xml, string_view path, vector *out,
                            uint32_t row, xpath_take take) {
    dbx_status status;
    string_view copy = arena_copy_string(call->arena, path);
    if (copy.data == NULL) return error_nomem(call->err);
    if (xml.size == 0 || path.size == 0) return fn_set_null(call, out, row);
    xmlDoc *document = xml_parse(xml);
    if (document == NULL) return xpath_raise(call, xml);
    xmlXPathContext *context = xmlXPathNewContext(document);
    xmlXPathObject *found = NULL;
    if (context != NULL) {
        context->error = xpath_be_silent;
        context->node = (xmlNode *)document;
        found = xmlXPathEvalExpression((const xmlChar *)copy.data, context);
    }
    if (context == NULL)
        status = error_nomem(call->err);
    else
        status = found == NULL ? xpath_raise(call, path) : take(call, found, out, row);
    if (found != NULL) xmlXPathFreeObject(found);
    if (context != NULL) xmlXPathFreeContext(context);
    xmlFreeDoc(document);
    return status;
}

static dbx_status xpath_rows(fn_call *call, const vector *args, vector *out, xpath_take take) {
    vector_view texts = vector_view_of(&args[0]), paths = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r)
    TRY(xpath_row(call, vstring_view(text_arg(&texts, r)), vstring_view(text_arg(&paths, r)), out,
                  r, take));
    return DBX_OK;
}

static bool xpath_is_nodes(const xmlXPathObject *found) {
    return found->type == XPATH_NODESET;
}
static uint32_t xpath_node_count(const xmlXPathObject *found) {
    return found->nodesetval == NULL ? 0 : (uint32_t)found->nodesetval->nodeNr;
}

/* ---- results ---- */

/* Values of nodes: texts and attributes have one, elements have none. */
static dbx_status xpath_take_list(fn_call *call, const xmlXPathObject *found, vector *out,
                                  uint32_t row) {
    uint32_t count = xpath_is_nodes(found) ? xpath_node_count(found) : 0, at;
    TRY(nested_begin(call, out, row, count, &at));
    for (uint32_t i = 0; i < count; i++) {
        const xmlNode *n = found->nodesetval->nodeTab[i];
        vector *to = &out->children[0];
        bool has_value = n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE ||
                         n->type == XML_ATTRIBUTE_NODE || n->type == XML_COMMENT_NODE;
        if (!has_value) {
            TRY(nested_put_null(call, to, at + i));
            continue;
        }
        xmlChar *text = xmlNodeGetContent(n);
        string_view s = text == NULL ? SV("") : sv_from((const char *)text);
        dbx_status status = text_copy(call, to, at + i, s.data, s.size);
        if (text != NULL) xmlFree(text);
        TRY(status);
    }
    return DBX_OK;
}

static dbx_status xpath_take_boolean(fn_call *call, const xmlXPathObject *found, vector *out,
                                     uint32_t row) {
    (void)call;
    VECTOR_DATA(out, uint8_t)
    [row] = (uint8_t)xmlXPathCastToBoolean((xmlXPathObject *)(uintptr_t)found);
    return DBX_OK;
}

static dbx_status xpath_take_string(fn_call *call, const xmlXPathObject *found, vector *out,
                                    uint32_t row) {
    xmlChar *text = xmlXPathCastToString((xmlXPathObject *)(uintptr_t)found);
    if (text == NULL) return error_nomem(call->err);
    string_view s = sv_from((const char *)text);
    dbx_status status = text_copy(call, out, row, s.data, s.size);
    xmlFree(text);
    return status;
}

/* As Java narrows a double: towards zero, bounded, NaN is 0. */
static int64_t xpath_integer(double x, int64_t min, int64_t max) {
    if (isnan(x)) return 0;
    if (x <= (double)min) return min;
    return x >= (double)max ? max : (int64_t)x;
}

static dbx_status xpath_take_number(fn_call *call, const xmlXPathObject *found, vector *out,
                                    uint32_t row) {
    double x = xmlXPathCastToNumber((xmlXPathObject *)(uintptr_t)found);
    (void)call;
    switch ((type_id)out->type.id) {
    case TYPE_SMALLINT:
        VECTOR_DATA(out, int16_t)[row] = (int16_t)xpath_integer(x, INT32_MIN, INT32_MAX);
        break;
    case TYPE_INT:
        VECTOR_DATA(out, int32_t)[row] = (int32_t)xpath_integer(x, INT32_MIN, INT32_MAX);
        break;
    case TYPE_BIGINT:
        VECTOR_DATA(out, int64_t)[row] = xpath_integer(x, INT64_MIN, INT64_MAX);
        break;
    case TYPE_FLOAT:
        VECTOR_DATA(out, float)[row] = (float)x;
        break;
    default:
        VECTOR_DATA(out, double)[row] = x;
        break;
    }
    return DBX_OK;
}

static dbx_status xpath_list(fn_call *call, const vector *args, vector *out) {
    return xpath_rows(call, args, out, xpath_take_list);
}
static dbx_status xpath_boolean(fn_call *call, const vector *args, vector *out) {
    return xpath_rows(call, args, out, xpath_take_boolean);
}
static dbx_status xpath_string(fn_call *call, const vector *args, vector *out) {
    return xpath_rows(call, args, out, xpath_take_string);
}
static dbx_status xpath_number(fn_call *call, const vector *args, vector *out) {
    return xpath_rows(call, args, out, xpath_take_number);
}

static dbx_status xpath_bind(fn_bind *b) {
    if (b->constants[1] != NULL) return DBX_OK;
    const char *sql = arena_printf(b->arena, "\"%s\"", fn_bind_sql(b)),
               *input = arena_printf(b->arena, "\"%s\"", fn_bind_arg_sql(b, 1));
    return error_raise(b->err, ERR_DATATYPE_MISMATCH__NON_FOLDABLE_INPUT, b->position, "sqlExpr",
                       sql == NULL ? "" : sql, "inputName", "`path`", "inputType", "\"STRING\"",
                       "inputExpr", input == NULL ? "" : input, NULL);
}

#define XPATH_ROW(text, result, k, about, sample)                                                  \
    {                                                                                              \
        .name = text, .signature = "(xml string, path string) -> " result,                         \
        .flags = FN_ALWAYS_NULLABLE, .kernel = k, .bind = xpath_bind, .category = "xml",           \
        .doc = about, .examples = sample                                                           \
    }

const function_row xpath_functions[] = {
    XPATH_ROW("xpath", "array<string>", xpath_list, "The values of the nodes that a path finds.",
              "xpath('<a><b>b1</b><b>b2</b></a>', 'a/b/text()') => [\"b1\",\"b2\"]; "
              "xpath('<a><b x=\"1\"/></a>', 'a/b/@x') => [\"1\"]; "
              "xpath('<a><b>b1</b></a>', 'a/b') => [null]"),
    XPATH_ROW("xpath_boolean", "boolean", xpath_boolean, "Is a path true, or does it find a node?",
              "xpath_boolean('<a><b>1</b></a>', 'a/b') => true; "
              "xpath_boolean('<a><b>1</b></a>', 'a/b = 2') => false"),
    XPATH_ROW("xpath_double", "double", xpath_number, "The number that a path gives.",
              "xpath_double('<a><b>1</b><b>2</b></a>', 'sum(a/b)') => 3.0; "
              "xpath_double('<a>b</a>', 'a') => NaN"),
    XPATH_ROW("xpath_number", "double", xpath_number, "The number that a path gives.",
              "xpath_number('<a><b>1</b><b>2</b></a>', 'sum(a/b)') => 3.0"),
    XPATH_ROW("xpath_float", "float", xpath_number, "The number that a path gives.",
              "xpath_float('<a><b>1</b><b>2</b></a>', 'sum(a/b)') => 3.0"),
    XPATH_ROW("xpath_int", "int", xpath_number, "The integer that a path gives; 0 when it is none.",
              "xpath_int('<a><b>1</b><b>2</b></a>', 'sum(a/b)') => 3; "
              "xpath_int('<a>b</a>', 'a') => 0"),
    XPATH_ROW("xpath_long", "bigint", xpath_number,
              "The integer that a path gives; 0 when it is none.",
              "xpath_long('<a><b>1</b><b>2</b></a>', 'sum(a/b)') => 3"),
    XPATH_ROW("xpath_short", "smallint", xpath_number,
              "The integer that a path gives; 0 when it is none.",
              "xpath_short('<a><b>1</b><b>2</b></a>', 'sum(a/b)') => 3"),
    XPATH_ROW("xpath_string", "string", xpath_string,
              "The text of the first node that a path finds.",
              "xpath_string('<a><b>b</b><c>cc</c></a>', 'a/c') => cc"),
};
const uint32_t xpath_functions_count = ARRAY_COUNT(xpath_functions);

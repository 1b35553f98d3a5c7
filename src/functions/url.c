/* url.c - parts of URLs, and URL encoding. The grammar is that of RFC 2396 as java.net.URI reads
 * it. */
#include "functions/families.h"
#include "functions/text_out.h"

typedef struct url_parts {
    string_view scheme, authority, user_info, host, path, query, fragment; /* data NULL: none */
    bool opaque; /* "mailto:x": nothing but a scheme and the rest */
} url_parts;

/* ---- parsing ---- */

static bool url_is_alnum(char c) {
    char lower = ascii_lower(c);
    return ascii_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

static bool url_is_hex(char c) {
    char lower = ascii_lower(c);
    return ascii_is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/* Letters, digits, `marks`, escapes, and anything beyond ASCII. */
static bool url_is_made_of(string_view text, const char *marks) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((unsigned char)c >= 0x80 || url_is_alnum(c)) continue;
        if (c == '%') {
            if (text.size - i < 3 || !url_is_hex(text.data[i + 1]) || !url_is_hex(text.data[i + 2]))
                return false;
            i += 2;
        } else if (c == '\0' || strchr(marks, c) == NULL) {
            return false;
        }
    }
    return true;
}

#define URL_UNRESERVED "_-!.~'()*"
#define URL_PATH_MARKS URL_UNRESERVED ":@&=+$,;/"
#define URL_ANY_MARKS URL_UNRESERVED ";/?:@&=+$,[]"

/* [from, the first of `stops`); the cursor goes there. */
static string_view url_until(string_view text, size_t *at, const char *stops) {
    size_t from = *at;
    while (*at < text.size && (text.data[*at] == '\0' || strchr(stops, text.data[*at]) == NULL))
        (*at)++;
    return (string_view){text.data + from, *at - from};
}

static bool url_is_number_below_256(string_view s) {
    uint32_t x = 0;
    if (s.size == 0 || s.size > 3) return false;
    for (size_t i = 0; i < s.size; i++) {
        if (!ascii_is_digit(s.data[i])) return false;
        x = x * 10 + (uint32_t)(s.data[i] - '0');
    }
    return x < 256;
}

/* Labels of letters, digits and hyphens, the last beginning with a letter; or four numbers; or
 * brackets. */
static bool url_is_host(string_view host) {
    if (host.size == 0) return false;
    if (host.data[0] == '[') return host.size > 2 && host.data[host.size - 1] == ']';
    uint32_t labels = 0, numbers = 0;
    bool last_is_name = false;
    for (size_t at = 0; at <= host.size;) {
        string_view label = url_until(host, &at, ".");
        at++;
        if (label.size == 0) {
            if (at > host.size && labels > 0) break; /* a point at the end */
            return false;
        }
        for (size_t i = 0; i < label.size; i++) {
            bool edge = i == 0 || i + 1 == label.size;
            if (!url_is_alnum(label.data[i]) && (edge || label.data[i] != '-')) return false;
        }
        labels++;
        numbers += url_is_number_below_256(label);
        last_is_name = !ascii_is_digit(label.data[0]);
    }
    return last_is_name || (labels == 4 && numbers == 4);
}

/* [user@]host[:port]; other authorities have no host. */
static void url_split_authority(url_parts *p) {
    string_view a = p->authority;
    const char *sign = sv_find_last(a, '@');
    string_view user = {0}, host = a;
    if (sign != NULL) {
        user = (string_view){a.data, (size_t)(sign - a.data)};
        host = (string_view){sign + 1, a.size - user.size - 1};
    }
    size_t end = host.size;
    while (end > 0 && ascii_is_digit(host.data[end - 1])) end--;
    if (end > 0 && host.data[end - 1] == ':') host.size = end - 1;
    if (!url_is_host(host)) return;
    p->host = host;
    p->user_info = user;
}

static bool url_parse_scheme(string_view url, size_t *at, url_parts *p) {
    size_t end = 0;
    string_view head = url_until(url, &end, ":/?#");
    if (end == url.size || url.data[end] != ':') return true;
    if (head.size == 0 || !url_is_alnum(head.data[0]) || ascii_is_digit(head.data[0])) return false;
    for (size_t i = 0; i < head.size; i++) {
        char c = head.data[i];
        if (!url_is_alnum(c) && c != '+' && c != '-' && c != '.') return false;
    }
    p->scheme = head;
    *at = end + 1;
    return *at < url.size;
}

static bool url_parse(string_view url, url_parts *p) {
    size_t at = 0;
    *p = (url_parts){0};
    if (!url_parse_scheme(url, &at, p)) return false;
    p->opaque = p->scheme.data != NULL && url.data[at] != '/';
    if (p->opaque) {
        if (!url_is_made_of(url_until(url, &at, "#"), URL_ANY_MARKS)) return false;
    } else {
        if (url.size - at >= 2 && url.data[at] == '/' && url.data[at + 1] == '/') {
            at += 2;
            p->authority = url_until(url, &at, "/?#");
            if (p->authority.size == 0) {
                if (at == url.size) return false;
                p->authority.data = NULL;
            } else if (!url_is_made_of(p->authority, URL_UNRESERVED "$,;:@&=+[]")) {
                return false;
            } else {
                url_split_authority(p);
            }
        }
        p->path = url_until(url, &at, "?#");
        if (!url_is_made_of(p->path, URL_PATH_MARKS)) return false;
        if (at < url.size && url.data[at] == '?') {
            at++;
            p->query = url_until(url, &at, "#");
            if (!url_is_made_of(p->query, URL_ANY_MARKS)) return false;
        }
    }
    if (at < url.size && url.data[at] == '#') {
        at++;
        p->fragment = (string_view){url.data + at, url.size - at};
        if (!url_is_made_of(p->fragment, URL_ANY_MARKS)) return false;
    }
    return true;
}

/* ---- parse_url ---- */

typedef struct url_state {
    uint32_t count;
    bool fail;
} url_state;

/* The path with the query. */
static string_view url_file(const url_parts *p) {
    string_view file = p->path;
    if (p->query.data != NULL) file.size = (size_t)(p->query.data + p->query.size - file.data);
    return file;
}

static string_view url_part(const url_parts *p, string_view part) {
    if (sv_equal(part, SV("HOST"))) return p->host;
    if (sv_equal(part, SV("PATH"))) return p->path;
    if (sv_equal(part, SV("QUERY"))) return p->query;
    if (sv_equal(part, SV("REF"))) return p->fragment;
    if (sv_equal(part, SV("PROTOCOL"))) return p->scheme;
    if (sv_equal(part, SV("FILE"))) return url_file(p);
    if (sv_equal(part, SV("AUTHORITY"))) return p->authority;
    if (sv_equal(part, SV("USERINFO"))) return p->user_info;
    return (string_view){0};
}

/* The value of "key=value" in a query. */
static string_view url_query_value(string_view pairs, string_view key) {
    for (size_t at = 0; pairs.data != NULL && at < pairs.size; at++) {
        string_view pair = url_until(pairs, &at, "&");
        if (pair.size > key.size && pair.data[key.size] == '=' &&
            (key.size == 0 || memcmp(pair.data, key.data, key.size) == 0))
            return (string_view){pair.data + key.size + 1, pair.size - key.size - 1};
    }
    return (string_view){0};
}

static dbx_status url_parse_rows(fn_call *call, const vector *args, vector *out) {
    const url_state *s = call->state;
    vector_view urls = vector_view_of(&args[0]), parts = vector_view_of(&args[1]), keys = {0};
    if (s->count > 2) keys = vector_view_of(&args[2]);
    FN_FOR_EACH_ROW(call, r) {
        url_parts p;
        string_view url = vstring_view(text_arg(&urls, r)),
                    part = vstring_view(text_arg(&parts, r)), result;
        if (!url_parse(url, &p)) {
            if (s->fail) {
                string_view copy = arena_copy_string(call->arena, url);
                return error_raise(call->err, ERR_INVALID_URL, call->position, "url",
                                   copy.data == NULL ? "" : copy.data, "ansiConfig",
                                   "\"spark.sql.ansi.enabled\"", NULL);
            }
            TRY(fn_set_null(call, out, r));
            continue;
        }
        result = url_part(&p, part);
        if (s->count > 2)
            result = sv_equal(part, SV("QUERY"))
                         ? url_query_value(result, vstring_view(text_arg(&keys, r)))
                         : (string_view){0};
        if (result.data == NULL)
            TRY(fn_set_null(call, out, r));
        else
            text_borrow(out, r, result.data, result.size);
    }
    return DBX_OK;
}

static dbx_status url_bind(fn_bind *b, bool fail) {
    url_state *s = ARENA_NEW(b->arena, url_state);
    if (s == NULL) return error_nomem(b->err);
    *s = (url_state){b->arg_count, fail};
    b->state = s;
    return DBX_OK;
}
static dbx_status url_bind_parse(fn_bind *b) {
    return url_bind(b, b->query->settings->ansi);
}
static dbx_status url_bind_try(fn_bind *b) {
    return url_bind(b, false);
}

/* ---- encoding ---- */

static dbx_status url_encode_rows(fn_call *call, const vector *args, vector *out) {
    static const char digits[] = "0123456789ABCDEF";
    vector_view texts = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view s = vstring_view(text_arg(&texts, r));
        char *to = text_room(call, s.size * 3);
        size_t n = 0;
        if (to == NULL) return error_nomem(call->err);
        for (size_t i = 0; i < s.size; i++) {
            char c = s.data[i];
            if (url_is_alnum(c) || c == '.' || c == '-' || c == '*' || c == '_') {
                to[n++] = c;
            } else if (c == ' ') {
                to[n++] = '+';
            } else {
                to[n++] = '%';
                to[n++] = digits[(uint8_t)c >> 4];
                to[n++] = digits[(uint8_t)c & 15];
            }
        }
        text_borrow(out, r, to, n);
    }
    return DBX_OK;
}

static uint8_t url_hex_value(char c) {
    return (uint8_t)(ascii_is_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10);
}

/* Room for the text's size suffices; false for a broken escape. */
static bool url_decode_text(string_view s, char *to, size_t *size) {
    size_t n = 0;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '%') {
            if (s.size - i < 3 || !url_is_hex(s.data[i + 1]) || !url_is_hex(s.data[i + 2]))
                return false;
            to[n++] = (char)(url_hex_value(s.data[i + 1]) << 4 | url_hex_value(s.data[i + 2]));
            i += 2;
        } else {
            to[n++] = c == '+' ? ' ' : c;
        }
    }
    *size = n;
    return true;
}

static dbx_status url_decode_rows(fn_call *call, const vector *args, vector *out) {
    const url_state *s = call->state;
    vector_view texts = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        string_view text = vstring_view(text_arg(&texts, r));
        char *to = text_room(call, text.size);
        size_t size;
        if (to == NULL) return error_nomem(call->err);
        if (url_decode_text(text, to, &size)) {
            text_borrow(out, r, to, size);
        } else if (s->fail) {
            string_view copy = arena_copy_string(call->arena, text);
            return error_raise(call->err, ERR_CANNOT_DECODE_URL, call->position, "url",
                               copy.data == NULL ? "" : copy.data, NULL);
        } else {
            TRY(fn_set_null(call, out, r));
        }
    }
    return DBX_OK;
}
static dbx_status url_bind_decode(fn_bind *b) {
    return url_bind(b, true);
}

const function_row url_functions[] = {
    {.name = "parse_url",
     .signature = "(url string, partToExtract string, [key string]) -> string",
     .flags = FN_ALWAYS_NULLABLE,
     .kernel = url_parse_rows,
     .bind = url_bind_parse,
     .category = "url",
     .doc =
         "A part of a URL: HOST, PATH, QUERY (of a key), REF, PROTOCOL, FILE, AUTHORITY, USERINFO.",
     .examples = "parse_url('http://spark.apache.org/path?query=1', 'HOST') => spark.apache.org; "
                 "parse_url('http://spark.apache.org/path?query=1', 'QUERY', 'query') => 1; "
                 "parse_url('http://u@h:80/p?q#r', 'FILE') => /p?q"},
    {.name = "try_parse_url",
     .signature = "(url string, partToExtract string, [key string]) -> string",
     .flags = FN_ALWAYS_NULLABLE,
     .kernel = url_parse_rows,
     .bind = url_bind_try,
     .category = "url",
     .doc = "As parse_url, but NULL for what is no URL.",
     .examples = "try_parse_url('inva lid://spark.apache.org/path?query=1', 'QUERY') => NULL"},
    {.name = "url_encode",
     .signature = "(str string) -> string",
     .flags = FN_NEVER_FAILS,
     .kernel = url_encode_rows,
     .category = "url",
     .doc = "Text as application/x-www-form-urlencoded.",
     .examples = "url_encode('https://spark.apache.org') => https%3A%2F%2Fspark.apache.org; "
                 "url_encode('a b') => a+b"},
    {.name = "url_decode",
     .signature = "(str string) -> string",
     .kernel = url_decode_rows,
     .bind = url_bind_decode,
     .category = "url",
     .doc = "The text that url_encode encoded.",
     .examples = "url_decode('https%3A%2F%2Fspark.apache.org') => https://spark.apache.org"},
    {.name = "try_url_decode",
     .signature = "(str string) -> string",
     .flags = FN_ALWAYS_NULLABLE,
     .kernel = url_decode_rows,
     .bind = url_bind_try,
     .category = "url",
     .doc = "The text that url_encode encoded; NULL for a broken escape.",
     .examples = "try_url_decode('%2') => NULL"},
};
const uint32_t url_functions_count = ARRAY_COUNT(url_functions);

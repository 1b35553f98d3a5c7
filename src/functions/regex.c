/* regex.c - see regex.h. Patterns are compiled into arenas: PCRE2 is given allocation functions
 * that never free. Just-in-time compilation is not used, since its memory would need an owner that
 * frees it. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "functions/regex.h"
#include "kernel/text.h"
#include "vector/collation.h"

#include <pcre2.h>

static void *regex_alloc(size_t size, void *a) {
    return arena_alloc(a, size);
}
static void regex_free(void *memory, void *a) {
    (void)memory;
    (void)a;
}

static bool regex_has(string_view s, const char *part) {
    return text_find(s.data, s.size, part, strlen(part)) != NULL;
}

static dbx_status regex_compile(fn_call *call, arena *a, string_view pattern, const char *function,
                                regex *out) {
    if (regex_has(pattern, "&&["))
        return error_raise(call->err, ERR_UNSUPPORTED_FEATURE, call->position, "feature",
                           "intersection of character classes in a regular expression", NULL);
    pcre2_general_context *general = pcre2_general_context_create(regex_alloc, regex_free, a);
    pcre2_compile_context *context = general == NULL ? NULL : pcre2_compile_context_create(general);
    if (context == NULL) return error_nomem(call->err);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    if (regex_has(pattern, "\\u")) options |= PCRE2_ALT_BSUX;
    if (collation_base(call->arg_types[0].collation) == COLLATION_UTF8_LCASE)
        options |= PCRE2_CASELESS;
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern.data, pattern.size, options, &code, &offset, context);
    if (compiled == NULL) {
        if (code == PCRE2_ERROR_HEAP_FAILED) return error_nomem(call->err);
        const char *name = arena_printf(call->arena, "`%s`", function);
        const char *text = arena_printf(call->arena, "'" SV_FMT "'", SV_ARG(pattern));
        return error_raise(call->err, ERR_INVALID_PARAMETER_VALUE__PATTERN, call->position,
                           "parameter", "`regexp`", "functionName", name == NULL ? "" : name,
                           "value", text == NULL ? "" : text, NULL);
    }
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(compiled, general);
    if (match == NULL) return error_nomem(call->err);
    uint32_t groups = 0;
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
    *out = (regex){compiled, match, pcre2_get_ovector_pointer(match), groups};
    return DBX_OK;
}

dbx_status regex_get(fn_call *call, regex_cache *cache, arena *a, string_view pattern,
                     const char *function, const regex **out) {
    if (!cache->filled || !sv_equal(cache->pattern, pattern)) {
        cache->filled = false;
        TRY(regex_compile(call, a, pattern, function, &cache->regex));
        cache->pattern = arena_copy_string(a, pattern);
        if (cache->pattern.data == NULL) return error_nomem(call->err);
        cache->filled = true;
    }
    *out = &cache->regex;
    return DBX_OK;
}

dbx_status regex_find(fn_call *call, const regex *x, string_view text, size_t from, bool *found) {
    *found = false;
    if (from > text.size) return DBX_OK;
    int rc = pcre2_match(x->code, (PCRE2_SPTR)(text.data == NULL ? "" : text.data), text.size, from,
                         0, x->match, NULL);
    if (rc == PCRE2_ERROR_NOMATCH) return DBX_OK;
    if (rc == PCRE2_ERROR_NOMEMORY || rc == PCRE2_ERROR_HEAPLIMIT) return error_nomem(call->err);
    if (rc < 0)
        return error_raise(call->err, ERR_UNSUPPORTED_FEATURE, call->position, "feature",
                           "a regular expression that needs too many steps on this text", NULL);
    for (uint32_t g = (uint32_t)rc; g <= x->group_count; g++) {
        ((size_t *)(uintptr_t)x->groups)[2 * g] = REGEX_UNSET;
        ((size_t *)(uintptr_t)x->groups)[2 * g + 1] = REGEX_UNSET;
    }
    *found = true;
    return DBX_OK;
}

int regex_group_number(const regex *x, string_view name, arena *a) {
    string_view copy = arena_copy_string(a, name);
    if (copy.data == NULL) return -1;
    int n = pcre2_substring_number_from_name(x->code, (PCRE2_SPTR)copy.data);
    return n > 0 ? n : -1;
}

size_t regex_next(string_view text, size_t start, size_t end) {
    if (end > start) return end;
    return end >= text.size ? text.size + 1
                            : end + text_char_size(text.data + end, text.size - end);
}

/* string_trim.c - trim, btrim, ltrim, rtrim. Characters are compared by the collation of the text.
 */
#include "functions/families.h"
#include "functions/signature.h"
#include "functions/text_out.h"
#include "kernel/text.h"
#include "vector/collation.h"

typedef struct trim_state {
    bool left, right;
    uint32_t text_arg;   /* index of the text */
    bool has_characters; /* the other argument is the set of characters */
} trim_state;

enum { TRIM_DOTTED_I = 0x130, TRIM_DOT = 0x307 };

/* Lower case of a character; the dotted I stays one. */
static int32_t trim_lower(int32_t code) {
    int32_t codes[2];
    return collation_lower(code, codes) > 1 ? code : codes[0];
}

static bool trim_lcase_has(string_view set, int32_t code) {
    uint32_t used;
    for (size_t i = 0; i < set.size; i += used) {
        if (trim_lower(collation_read(set.data + i, set.data + set.size, &used)) == code)
            return true;
    }
    return false;
}

static bool trim_has(uint16_t collation, string_view set, const char *data, size_t size) {
    uint32_t used;
    if (collation_base(collation) == COLLATION_UTF8_LCASE)
        return trim_lcase_has(set, trim_lower(collation_read(data, data + size, &used)));
    for (size_t i = 0; i < set.size;) {
        size_t n = text_char_size(set.data + i, set.size - i);
        if (n == size && memcmp(set.data + i, data, n) == 0) return true;
        if (UNLIKELY(collation_is_icu(collation))) {
            vstring x = vstring_from(data, size), y = vstring_from(set.data + i, n);
            if (collation_compare(collation, &x, &y) == 0) return true;
        }
        i += n;
    }
    return false;
}

/* An i with a dot above it is the dotted I, where the set has that. */
static bool trim_has_dotted(uint16_t collation, string_view set, const char *i, const char *end) {
    uint32_t used;
    return collation_base(collation) == COLLATION_UTF8_LCASE && i + 3 <= end &&
           ascii_lower(*i) == 'i' && collation_read(i + 1, end, &used) == TRIM_DOT &&
           trim_lcase_has(set, TRIM_DOTTED_I);
}

static void trim_left(uint16_t collation, string_view set, string_view *text) {
    while (text->size > 0) {
        size_t n = text_char_size(text->data, text->size);
        if (!trim_has(collation, set, text->data, n)) {
            if (!trim_has_dotted(collation, set, text->data, text->data + text->size)) break;
            n = 3;
        }
        text->data += n;
        text->size -= n;
    }
}

static void trim_right(uint16_t collation, string_view set, string_view *text) {
    while (text->size > 0) {
        size_t start = text->size - 1;
        while (start > 0 && text_is_continuation(text->data[start])) start--;
        if (!trim_has(collation, set, text->data + start, text->size - start)) {
            if (start == 0 ||
                !trim_has_dotted(collation, set, text->data + start - 1, text->data + text->size))
                break;
            start--;
        }
        text->size = start;
    }
}

/* Trailing spaces that do not count under _RTRIM stay, and do not shield what stands before them.
 */
static size_t trim_take_spaces(uint16_t collation, string_view set, string_view *text) {
    size_t size = text->size;
    if (LIKELY(!(collation & COLLATION_RTRIM)) || set.size == 0 ||
        memchr(set.data, ' ', set.size) != NULL)
        return 0;
    *text = collation_trim(collation, *text);
    return size - text->size;
}

static dbx_status trim_give_spaces(fn_call *call, vector *out, uint32_t r, string_view text,
                                   size_t spaces) {
    char *to = text_room(call, text.size + spaces);
    if (to == NULL) return error_nomem(call->err);
    memcpy(to, text.data, text.size);
    memset(to + text.size, ' ', spaces);
    text_borrow(out, r, to, text.size + spaces);
    return DBX_OK;
}

static dbx_status trim_run(fn_call *call, const vector *args, vector *out) {
    const trim_state *s = call->state;
    uint16_t collation = call->arg_types[0].collation;
    vector_view texts = vector_view_of(&args[s->text_arg]), sets = {0};
    if (s->has_characters) sets = vector_view_of(&args[1 - s->text_arg]);
    if (UNLIKELY(collation == COLLATION_INDETERMINATE))
        return error_raise(call->err, ERR_INDETERMINATE_COLLATION, call->position, NULL);
    FN_FOR_EACH_ROW(call, r) {
        string_view set = s->has_characters ? vstring_view(text_arg(&sets, r)) : SV(" ");
        string_view text = vstring_view(text_arg(&texts, r));
        size_t spaces = s->right ? trim_take_spaces(collation, set, &text) : 0;
        if (s->left) trim_left(collation, set, &text);
        if (s->right) trim_right(collation, set, &text);
        if (UNLIKELY(spaces > 0))
            TRY(trim_give_spaces(call, out, r, text, spaces));
        else
            text_borrow(out, r, text.data, text.size);
    }
    return DBX_OK;
}

static dbx_status trim_bind(fn_bind *b, bool left, bool right, bool text_last) {
    trim_state *s = ARENA_NEW(b->arena, trim_state);
    if (s == NULL) return error_nomem(b->err);
    s->left = left;
    s->right = right;
    s->has_characters = b->arg_count > 1;
    s->text_arg = text_last && s->has_characters ? 1 : 0;
    b->state = s;
    return DBX_OK;
}
static dbx_status trim_bind_btrim(fn_bind *b) {
    return trim_bind(b, true, true, false);
}
static dbx_status trim_bind_ltrim(fn_bind *b) {
    return trim_bind(b, true, false, true);
}
static dbx_status trim_bind_rtrim(fn_bind *b) {
    return trim_bind(b, false, true, true);
}

#define TRIM_ROW(text, sig, f, k, binder, about, sample)                                           \
    {                                                                                              \
        .name = text, .signature = sig,                                                            \
        .flags = FN_NEVER_FAILS | FN_COLLATES | FN_COLLATED | FN_DETERMINATE | FN_SEARCHES | (f),  \
        .kernel = k, .bind = binder, .category = "string", .doc = about, .examples = sample        \
    }

const function_row string_trim_functions[] = {
    TRIM_ROW("trim", "(str string) -> string", 0, trim_run, trim_bind_btrim,
             "Without spaces at both ends.", "trim('    SparkSQL   ') => SparkSQL"),
    TRIM_ROW("btrim", "(str string, [trimStr string]) -> string", FN_REPLACED, trim_run,
             trim_bind_btrim, "Without spaces, or characters of trimStr, at both ends.",
             "btrim('SSparkSQLS', 'SL') => parkSQ"),
    TRIM_ROW("ltrim", "(str string, [trimStr string]) -> string", 0, trim_run, trim_bind_ltrim,
             "ltrim(trimStr, str): without leading spaces or characters of trimStr.",
             "ltrim('    SparkSQL   ') => SparkSQL   "),
    TRIM_ROW("rtrim", "(str string, [trimStr string]) -> string", 0, trim_run, trim_bind_rtrim,
             "rtrim(trimStr, str): without trailing spaces or characters of trimStr.",
             "rtrim('    SparkSQL   ') =>     SparkSQL"),
};
const uint32_t string_trim_functions_count = ARRAY_COUNT(string_trim_functions);

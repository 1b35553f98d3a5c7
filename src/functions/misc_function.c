/* misc_function.c - errors on purpose, the version, sentences. */
#include "dbx.h"
#include "functions/families.h"
#include "functions/nested.h"
#include "functions/signature.h"
#include "functions/text_out.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

/* ---- raise_error, assert_true ---- */

static dbx_status misc_raise(fn_call *call, string_view message) {
    const char *text = arena_printf(call->arena, SV_FMT, SV_ARG(message));
    return error_raise(call->err, ERR_USER_RAISED_EXCEPTION, call->position, "errorMessage",
                       text == NULL ? "" : text, NULL);
}

static dbx_status misc_raise_error(fn_call *call, const vector *args, vector *out) {
    vector_view messages = vector_view_of(&args[0]);
    (void)out;
    FN_FOR_EACH_ROW(call, r) {
        bool given = view_valid(&messages, r);
        return misc_raise(call, given ? vstring_view(text_arg(&messages, r)) : SV("null"));
    }
    return DBX_OK;
}

/* State: the message when none is given. */
static dbx_status misc_assert_true(fn_call *call, const vector *args, vector *out) {
    const string_view *standard = call->state;
    vector_view conditions = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        bool holds = view_valid(&conditions, r) &&
                     ((const uint8_t *)conditions.data)[view_index(&conditions, r)] != 0;
        if (!holds && standard->data != NULL) return misc_raise(call, *standard);
        if (!holds) {
            vector_view messages = vector_view_of(&args[1]);
            bool given = view_valid(&messages, r);
            return misc_raise(call, given ? vstring_view(text_arg(&messages, r)) : SV("null"));
        }
        TRY(fn_set_null(call, out, r));
    }
    return DBX_OK;
}
static dbx_status misc_bind_assert_true(fn_bind *b) {
    string_view *standard = ARENA_NEW(b->arena, string_view);
    if (standard == NULL) return error_nomem(b->err);
    b->state = standard;
    if (b->arg_count > 1) return DBX_OK;
    *standard = sv_from(arena_printf(b->arena, "'%s' is not true!", fn_bind_arg_sql(b, 0)));
    return standard->data == NULL ? error_nomem(b->err) : DBX_OK;
}

/* ---- version, current_path ---- */

static dbx_status misc_text(fn_call *call, vector *out, const char *text) {
    if (text == NULL) return error_nomem(call->err);
    FN_FOR_EACH_ROW(call, r) text_borrow(out, r, text, strlen(text));
    return DBX_OK;
}
static dbx_status misc_version(fn_call *call, const vector *args, vector *out) {
    (void)args;
    return misc_text(call, out, arena_printf(call->arena, DBX_VERSION_STRING " dbx"));
}
static dbx_status misc_current_path(fn_call *call, const vector *args, vector *out) {
    (void)args;
    return misc_text(call, out,
                     arena_printf(call->arena, "system.builtin,system.session," SV_FMT "." SV_FMT,
                                  SV_ARG(call->query->current_catalog),
                                  SV_ARG(call->query->current_schema)));
}

/* ---- sentences ---- */

typedef struct misc_sentences {
    fn_call *call;
    UBreakIterator *by_sentence, *by_word;
    UChar *wide;
    int32_t length;
    string_view text;
    ARENA_LIST(string_view) words;
    ARENA_LIST(uint32_t) sizes; /* words of each sentence */
} misc_sentences;

static dbx_status misc_split_words(misc_sentences *s, int32_t start, int32_t end, size_t *byte,
                                   int32_t *unit) {
    UErrorCode code = U_ZERO_ERROR;
    uint32_t count = 0;
    ubrk_setText(s->by_word, s->wide + start, end - start, &code);
    if (U_FAILURE(code)) return error_nomem(s->call->err);
    int32_t from = ubrk_first(s->by_word);
    for (int32_t to = ubrk_next(s->by_word); to != UBRK_DONE;
         from = to, to = ubrk_next(s->by_word)) {
        size_t bounds[2];
        for (uint32_t k = 0; k < 2; k++) { /* bytes of the units passed */
            int32_t wanted = start + (k == 0 ? from : to);
            while (*unit < wanted) {
                UChar32 c;
                U16_NEXT(s->wide, *unit, s->length, c);
                *byte += U8_LENGTH(c);
            }
            bounds[k] = *byte;
        }
        UChar32 first;
        int32_t at = start + from;
        U16_NEXT(s->wide, at, s->length, first);
        if (!u_isalnum(first)) continue;
        string_view word = {s->text.data + bounds[0], bounds[1] - bounds[0]};
        if (ARENA_LIST_PUSH(s->call->arena, &s->words, word) != DBX_OK)
            return error_nomem(s->call->err);
        count++;
    }
    return ARENA_LIST_PUSH(s->call->arena, &s->sizes, count) == DBX_OK ? DBX_OK
                                                                       : error_nomem(s->call->err);
}

static dbx_status misc_split(misc_sentences *s, string_view text) {
    UErrorCode code = U_ZERO_ERROR;
    s->words.count = s->sizes.count = 0;
    s->text = text;
    s->wide = ARENA_ARRAY(s->call->arena, UChar, text.size + 1);
    if (s->wide == NULL || text.size > INT32_MAX / 4) return error_nomem(s->call->err);
    u_strFromUTF8(s->wide, (int32_t)text.size + 1, &s->length, text.data, (int32_t)text.size,
                  &code);
    if (U_FAILURE(code)) return DBX_OK; /* not UTF-8: no sentences */
    ubrk_setText(s->by_sentence, s->wide, s->length, &code);
    if (U_FAILURE(code)) return error_nomem(s->call->err);
    size_t byte = 0;
    int32_t unit = 0, from = ubrk_first(s->by_sentence);
    for (int32_t to = ubrk_next(s->by_sentence); to != UBRK_DONE;
         from = to, to = ubrk_next(s->by_sentence))
        TRY(misc_split_words(s, from, to, &byte, &unit));
    return DBX_OK;
}

static dbx_status misc_put_sentences(misc_sentences *s, vector *out, uint32_t r) {
    uint32_t at, word_at, next = 0;
    TRY(nested_begin(s->call, out, r, s->sizes.count, &at));
    for (uint32_t i = 0; i < s->sizes.count; i++) {
        vector *lists = &out->children[0];
        TRY(nested_begin(s->call, lists, at + i, s->sizes.items[i], &word_at));
        for (uint32_t k = 0; k < s->sizes.items[i]; k++, next++)
            text_borrow(&lists->children[0], word_at + k, s->words.items[next].data,
                        s->words.items[next].size);
    }
    return DBX_OK;
}

static dbx_status misc_sentences_rows(misc_sentences *s, const vector *args, vector *out) {
    vector_view texts = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(s->call, r) {
        if (!view_valid(&texts, r)) {
            TRY(fn_set_null(s->call, out, r));
            continue;
        }
        TRY(misc_split(s, vstring_view(text_arg(&texts, r))));
        TRY(misc_put_sentences(s, out, r));
    }
    return DBX_OK;
}

/* State: the locale, "en_US". */
static dbx_status misc_run_sentences(fn_call *call, const vector *args, vector *out) {
    UErrorCode code = U_ZERO_ERROR;
    misc_sentences s = {.call = call};
    dbx_status status = DBX_OK;
    s.by_sentence = ubrk_open(UBRK_SENTENCE, call->state, NULL, 0, &code);
    s.by_word = ubrk_open(UBRK_WORD, call->state, NULL, 0, &code);
    status = U_FAILURE(code) ? error_nomem(call->err) : misc_sentences_rows(&s, args, out);
    if (s.by_sentence != NULL) ubrk_close(s.by_sentence);
    if (s.by_word != NULL) ubrk_close(s.by_word);
    return status;
}
static dbx_status misc_bind_sentences(fn_bind *b) {
    string_view language = SV("en"), country = SV("US");
    type words;
    if (b->arg_count > 1 && (!fn_bind_constant_string(b, 1, &language) || language.size > 16))
        language = SV("en");
    if (b->arg_count > 1 && (!fn_bind_constant_string(b, 2, &country) || country.size > 16))
        country = SV("");
    b->state = arena_printf(b->arena, SV_FMT "%s" SV_FMT, SV_ARG(language),
                            country.size > 0 ? "_" : "", SV_ARG(country));
    if (b->state == NULL) return error_nomem(b->err);
    TRY(nested_array_type(b, type_simple(TYPE_STRING), false, &words));
    return nested_array_type(b, words, false, &b->result);
}

#define MISC_ROW(text, sig, f, k, binder, cat, about, sample)                                      \
    {                                                                                              \
        .name = text, .signature = sig, .flags = (f), .kernel = k, .bind = binder,                 \
        .category = cat, .doc = about, .examples = sample                                          \
    }

const function_row misc_functions[] = {
    MISC_ROW("raise_error", "(errorMessage string) -> void",
             NULLS_AWARE | FN_ALWAYS_NULLABLE | FN_VOLATILE, misc_raise_error, NULL, "misc",
             "Raises an error with the message.", NULL),
    MISC_ROW("assert_true", "(expr boolean, [message string]) -> void",
             NULLS_AWARE | FN_ALWAYS_NULLABLE | FN_VOLATILE, misc_assert_true,
             misc_bind_assert_true, "misc", "NULL if expr is true; an error otherwise.",
             "assert_true(0 < 1) => NULL"),
    MISC_ROW("version", "() -> string", FN_QUERY_STABLE | FN_NEVER_NULL, misc_version, NULL, "misc",
             "The version of the engine.", NULL),
    MISC_ROW("current_path", "() -> string", FN_QUERY_STABLE | FN_NEVER_NULL, misc_current_path,
             NULL, "misc", "Where names of functions are looked up.", NULL),
    MISC_ROW("sentences", "(str string, [lang string = ''], [country string = '']) -> bind",
             NULLS_AWARE | FN_COLLATED, misc_run_sentences, misc_bind_sentences, "string",
             "The words of each sentence.",
             "sentences('Hi there! Good morning.') => "
             "[[\"Hi\",\"there\"],[\"Good\",\"morning\"]]"),
};
const uint32_t misc_functions_count = ARRAY_COUNT(misc_functions);

/* text_finder.c - see text_finder.h. UTF8_LCASE compares lower-cased code points from each
 * character on; locales are searched by ICU. */
#include "functions/text_finder.h"

#include "vector/collation_icu.h"

#include <unicode/usearch.h>
#include <unicode/ustring.h>

/* ---- UTF8_LCASE ---- */

/* End of the match of the needle that starts at byte `from`, SIZE_MAX when there is none. A match
 * ends where a character of the text ends. */
static size_t finder_lcase_match(const text_finder *f, size_t from) {
    const char *t = f->text.data + from, *t_end = f->text.data + f->text.size;
    const char *n = f->needle.data, *n_end = n + f->needle.size;
    int32_t left[2], right[2];
    uint32_t left_count = 0, right_count = 0, left_at = 0, right_at = 0, used;
    for (;;) {
        if (right_at == right_count) {
            if (n == n_end) break;
            right_count = collation_lower(collation_read(n, n_end, &used), right);
            right_at = 0;
            n += used;
        }
        if (left_at == left_count) {
            if (t == t_end) return SIZE_MAX;
            left_count = collation_lower(collation_read(t, t_end, &used), left);
            left_at = 0;
            t += used;
        }
        if (left[left_at++] != right[right_at++]) return SIZE_MAX;
    }
    return left_at == left_count ? (size_t)(t - f->text.data) : SIZE_MAX;
}

static bool finder_lcase_find(const text_finder *f, size_t from, text_match *out) {
    for (size_t at = from; at <= f->text.size;) {
        size_t end = finder_lcase_match(f, at);
        if (end != SIZE_MAX) {
            *out = (text_match){at, end};
            return true;
        }
        if (at == f->text.size) break;
        at += text_char_size(f->text.data + at, f->text.size - at);
    }
    return false;
}

/* ---- locales ---- */

static UChar *finder_wide(text_finder *f, string_view s, int32_t *length) {
    UErrorCode code = U_ZERO_ERROR;
    UChar *wide = ARENA_ARRAY(f->call->arena, UChar, s.size + 1);
    if (wide == NULL || s.size > COLLATION_INPUT_MAX) return NULL;
    u_strFromUTF8WithSub(wide, (int32_t)s.size + 1, length, s.data, (int32_t)s.size, 0xFFFD, NULL,
                         &code);
    return U_SUCCESS(code) ? wide : NULL;
}

static dbx_status finder_push(text_finder *f, text_match m) {
    if (f->count == f->room) {
        uint32_t room = f->room * 2 + 8;
        text_match *grown = ARENA_ARRAY(f->call->arena, text_match, room);
        if (grown == NULL) return error_nomem(f->call->err);
        if (f->count > 0) memcpy(grown, f->matches, f->count * sizeof(text_match));
        f->matches = grown;
        f->room = room;
    }
    f->matches[f->count++] = m;
    return DBX_OK;
}

/* Bytes of the text that `units` UTF-16 units from byte `at` on take. */
static size_t finder_bytes(string_view text, size_t at, int32_t units) {
    while (units > 0 && at < text.size) {
        uint32_t used;
        int32_t code = collation_read(text.data + at, text.data + text.size, &used);
        units -= code >= 0x10000 && code < 0x110000 ? 2 : 1;
        at += used;
    }
    return at;
}

static dbx_status finder_collect(text_finder *f, UStringSearch *search) {
    UErrorCode code = U_ZERO_ERROR;
    size_t byte = 0;
    int32_t unit = 0;
    usearch_setAttribute(search, USEARCH_OVERLAP, USEARCH_ON, &code);
    for (int32_t at = usearch_first(search, &code); at != USEARCH_DONE && U_SUCCESS(code);
         at = usearch_next(search, &code)) {
        byte = finder_bytes(f->text, byte, at - unit);
        unit = at;
        size_t end = finder_bytes(f->text, byte, usearch_getMatchedLength(search));
        TRY(finder_push(f, (text_match){byte, end}));
    }
    return U_FAILURE(code) ? error_nomem(f->call->err) : DBX_OK;
}

static dbx_status finder_prepare_icu(text_finder *f) {
    f->count = 0;
    if (f->needle.size == 0 || f->text.size == 0) return DBX_OK;
    int32_t text_size = 0, needle_size = 0;
    UErrorCode code = U_ZERO_ERROR;
    const UChar *text = finder_wide(f, f->text, &text_size);
    const UChar *needle = finder_wide(f, f->needle, &needle_size);
    const UCollator *collator = collation_collator(f->collation);
    if (text == NULL || needle == NULL || collator == NULL) return error_nomem(f->call->err);
    UStringSearch *search =
        usearch_openFromCollator(needle, needle_size, text, text_size, collator, NULL, &code);
    if (U_FAILURE(code)) return error_nomem(f->call->err);
    dbx_status status = finder_collect(f, search);
    usearch_close(search);
    return status;
}

/* ---- all of them ---- */

dbx_status text_finder_prepare(text_finder *f) {
    if (f->collation == COLLATION_INDETERMINATE)
        return error_raise(f->call->err, ERR_INDETERMINATE_COLLATION, f->call->position, NULL);
    f->needle = collation_trim(f->collation, f->needle);
    return collation_is_icu(f->collation) ? finder_prepare_icu(f) : DBX_OK;
}

bool text_finder_next(const text_finder *f, size_t from, text_match *out) {
    if (from > f->text.size) return false;
    if (f->needle.size == 0) {
        *out = (text_match){from, from};
        return true;
    }
    if (collation_base(f->collation) == COLLATION_UTF8_LCASE)
        return finder_lcase_find(f, from, out);
    if (collation_is_icu(f->collation)) {
        for (uint32_t i = 0; i < f->count; i++) {
            if (f->matches[i].start < from) continue;
            *out = f->matches[i];
            return true;
        }
        return false;
    }
    const char *at =
        text_find(f->text.data + from, f->text.size - from, f->needle.data, f->needle.size);
    if (at == NULL) return false;
    *out = (text_match){(size_t)(at - f->text.data), (size_t)(at - f->text.data) + f->needle.size};
    return true;
}

bool text_finder_at_start(const text_finder *f, text_match *out) {
    if (f->needle.size > 0 && collation_base(f->collation) == COLLATION_UTF8_LCASE) {
        out->start = 0;
        out->end = finder_lcase_match(f, 0);
        return out->end != SIZE_MAX;
    }
    if (!collation_is_icu(f->collation)) {
        *out = (text_match){0, f->needle.size};
        return f->text.size >= f->needle.size &&
               memcmp(f->text.data, f->needle.data, f->needle.size) == 0;
    }
    return text_finder_next(f, 0, out) && out->start == 0;
}

bool text_finder_at_end(const text_finder *f, text_match *out) {
    string_view text = collation_trim(f->collation, f->text);
    if (f->needle.size == 0 ||
        (f->bytes || !(collation_is_icu(f->collation) ||
                       collation_base(f->collation) == COLLATION_UTF8_LCASE))) {
        *out = (text_match){text.size - MIN(text.size, f->needle.size), text.size};
        return text.size >= f->needle.size &&
               memcmp(text.data + text.size - f->needle.size, f->needle.data, f->needle.size) == 0;
    }
    text_match m;
    for (size_t from = 0; text_finder_next(f, from, &m);
         from = m.start + text_char_size(f->text.data + m.start, f->text.size - m.start)) {
        if (m.end == text.size || m.end == f->text.size) {
            *out = m;
            return true;
        }
    }
    return false;
}

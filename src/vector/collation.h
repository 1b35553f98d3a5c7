/* collation.h - named string orders: UTF8_BINARY, UTF8_LCASE, UNICODE and the locales of
 * collation_locales.def with _CI and _AI, each with _RTRIM.
 *
 * Every collation but UTF8_BINARY maps a string to a key; strings are equal, ordered and hashed as
 * the bytes of their keys are. An id is a base plus flags, so that a type holds it in 16 bits.
 */
#ifndef DBX_VECTOR_COLLATION_H
#define DBX_VECTOR_COLLATION_H

#include "vector/vector.h"

enum {
    COLLATION_UNICODE = 2, /* the first locale: canonically equivalent strings are equal */
    COLLATION_BASE_MASK = 0xFF,
    COLLATION_RTRIM = 0x100, /* flag: trailing spaces do not count */
    COLLATION_CI = 0x200,    /* flag of locales: case does not count */
    COLLATION_AI = 0x400,    /* flag of locales: accents do not count */
    COLLATION_UNICODE_CI = COLLATION_UNICODE | COLLATION_CI,
    COLLATION_UNICODE_AI = COLLATION_UNICODE | COLLATION_AI,
    COLLATION_UNICODE_CI_AI = COLLATION_UNICODE | COLLATION_CI | COLLATION_AI,
    /* Strings of several implicit collations were merged: they can be shown but not compared. */
    COLLATION_INDETERMINATE = 0xFFFF,
};

static inline uint32_t collation_base(uint16_t id) {
    return id & (uint32_t)COLLATION_BASE_MASK;
}
/* Case-sensitive and accent-insensitive: such strings can be compared but not searched. */
static inline bool collation_is_cs_ai(uint16_t id) {
    return id != COLLATION_INDETERMINATE && (id & COLLATION_AI) && !(id & COLLATION_CI);
}
/* Compared by ICU. */
static inline bool collation_is_icu(uint16_t id) {
    return id != COLLATION_INDETERMINATE && collation_base(id) >= COLLATION_UNICODE;
}

/* Does the type, or one inside it, have another collation than UTF8_BINARY? */
bool type_is_collated(type t);
/* Is there a string in it? */
bool type_has_string(type t);
/* The same type with `id` for the collation of every string in it. */
dbx_status type_with_collation(arena *a, type t, uint16_t id, type *out) MUST_CHECK;

/* Finds a collation by name, case-insensitively, with or without "SYSTEM.BUILTIN." before it;
 * modifiers may stand in any order. False when unknown. */
bool collation_by_name(string_view name, uint16_t *id);
/* Names close to one that is unknown: "`UNICODE_CI`, `UNICODE`". */
dbx_status collation_append_suggestions(buffer *out, string_view name) MUST_CHECK;
/* The id that a file stores; false when there is none such. */
bool collation_from_stored(uint64_t stored, uint16_t *id);
/* Loads what comparing needs. Whoever makes a type with a collation calls it once, so that
 * collation_compare cannot fail; DBX_NOMEM or DBX_ERROR (ICU has no data). */
dbx_status collation_open(uint16_t id) MUST_CHECK;
/* Appends the canonical name, "UTF8_LCASE"; "null" for the indeterminate one. */
dbx_status collation_append_name(buffer *out, uint16_t id) MUST_CHECK;
/* Order of two strings, <0, 0, >0, without memory of its own: that of their keys. */
int collation_compare(uint16_t id, const vstring *a, const vstring *b);
/* The key of a string under a collation, in the arena or the input itself where nothing changes.
 * Bytes that are not UTF-8 stand for themselves under UTF8_LCASE, and for U+FFFD under locales. */
dbx_status collation_key(uint16_t id, const vstring *in, vstring *out, arena *a) MUST_CHECK;

/* Lower case as UTF8_LCASE compares it, code point by code point: at most two for one. */
uint32_t collation_lower(int32_t code, int32_t to[2]);
/* Reads a code point at a byte, *used its bytes; a byte that starts none gives 0x110000 + byte. */
int32_t collation_read(const char *at, const char *end, uint32_t *used);
/* Appends the UTF-8 of what collation_read or collation_lower gave; returns its bytes (<= 4). */
size_t collation_write(int32_t code, char *to);
/* The text without trailing spaces where the collation ignores them. */
string_view collation_trim(uint16_t id, string_view text);

#endif

/* collation.h - named string orders: UTF8_BINARY, UTF8_LCASE, UNICODE with _CI and _AI, each with
 * _RTRIM.
 *
 * Every collation but UTF8_BINARY maps a string to a key; strings are equal, ordered and hashed as
 * the bytes of their keys are. An id is a base plus flags, so that a type holds it in 16 bits.
 */
#ifndef DBX_VECTOR_COLLATION_H
#define DBX_VECTOR_COLLATION_H

#include "vector/vector.h"

enum {
    COLLATION_UNICODE = 2, /* canonically equivalent strings are equal */
    COLLATION_UNICODE_CI = 3,
    COLLATION_UNICODE_AI = 4,
    COLLATION_UNICODE_CI_AI = 5,
    COLLATION_BASE_COUNT = 6,
    COLLATION_RTRIM = 0x100, /* flag: trailing spaces do not count */
};

/* Finds a collation by name, case-insensitively; "UNICODE_AI_CI" and "UNICODE_CI_AI" are one. False
 * when unknown. */
bool collation_by_name(string_view name, uint16_t *id);
/* Appends the canonical name, "UTF8_LCASE". */
dbx_status collation_append_name(buffer *out, uint16_t id) MUST_CHECK;
/* Order of two strings, <0, 0, >0, without memory of its own: that of their keys. */
int collation_compare(uint16_t id, const vstring *a, const vstring *b);
/* The key of a string under a collation, in the arena or the input itself where nothing changes.
 * Bytes that are not UTF-8 stand for themselves. */
dbx_status collation_key(uint16_t id, const vstring *in, vstring *out, arena *a) MUST_CHECK;

#endif

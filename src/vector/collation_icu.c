/* collation_icu.c - see collation_icu.h.
 *
 * A collator is opened when its collation is first named and then stays for the life of the
 * process, as the data that ICU itself maps does: opening one costs more than comparing a thousand
 * strings, and types that name it have no owner to close it. The table is published by
 * compare-and-swap; what it holds is immutable.
 */
#include "vector/collation_icu.h"

#include <stdatomic.h>
#include <unicode/ustring.h>

static const struct {
    const char *name, *icu;
} collation_locales[] = {
#define COLLATION_LOCALE(name, icu) {name, icu},
#include "vector/collation_locales.def"
#undef COLLATION_LOCALE
};
static_assert(ARRAY_COUNT(collation_locales) + COLLATION_UNICODE <= COLLATION_BASE_MASK,
              "an id has one byte for the locale");

const char *collation_locale_name(uint32_t base) {
    assert(base >= COLLATION_UNICODE);
    base -= COLLATION_UNICODE;
    return base < ARRAY_COUNT(collation_locales) ? collation_locales[base].name : NULL;
}

static UCollator *collation_make(uint16_t id) {
    UErrorCode code = U_ZERO_ERROR;
    UCollator *c = ucol_open(collation_locales[collation_base(id) - COLLATION_UNICODE].icu, &code);
    if (U_FAILURE(code)) return NULL;
    bool ci = (id & COLLATION_CI) != 0, ai = (id & COLLATION_AI) != 0;
    ucol_setStrength(c, ai ? UCOL_PRIMARY : ci ? UCOL_SECONDARY : UCOL_TERTIARY);
    if (ai && !ci) ucol_setAttribute(c, UCOL_CASE_LEVEL, UCOL_ON, &code);
    if (U_SUCCESS(code)) return c;
    ucol_close(c);
    return NULL;
}

const UCollator *collation_collator(uint16_t id) {
    static _Atomic(UCollator *) collators[ARRAY_COUNT(collation_locales)][4];
    assert(collation_is_icu(id));
    uint32_t variant = ((id & COLLATION_CI) ? 1u : 0u) | ((id & COLLATION_AI) ? 2u : 0u);
    _Atomic(UCollator *) *slot = &collators[collation_base(id) - COLLATION_UNICODE][variant];
    UCollator *known = atomic_load_explicit(slot, memory_order_acquire);
    if (LIKELY(known != NULL)) return known;
    UCollator *made = collation_make(id);
    if (made == NULL) return NULL;
    if (atomic_compare_exchange_strong(slot, &known, made)) return made;
    ucol_close(made);
    return known;
}

int collation_icu_compare(uint16_t id, string_view a, string_view b) {
    const UCollator *c = collation_collator(id);
    assert(c != NULL); /* collation_open */
    UErrorCode code = U_ZERO_ERROR;
    return (int)ucol_strcollUTF8(c, a.data, (int32_t)a.size, b.data, (int32_t)b.size, &code);
}

dbx_status collation_icu_key(uint16_t id, string_view text, vstring *out, arena *a) {
    const UCollator *c = collation_collator(id);
    if (c == NULL || text.size > COLLATION_INPUT_MAX) return DBX_NOMEM;
    UErrorCode code = U_ZERO_ERROR;
    UChar *wide = ARENA_ARRAY(a, UChar, text.size + 1);
    int32_t length = 0;
    if (wide == NULL) return DBX_NOMEM;
    u_strFromUTF8WithSub(wide, (int32_t)text.size + 1, &length, text.data, (int32_t)text.size,
                         0xFFFD, NULL, &code);
    int32_t room = length * 4 + 16;
    for (;;) {
        char *key = arena_alloc_bytes(a, (size_t)room);
        if (key == NULL) return DBX_NOMEM;
        int32_t size = ucol_getSortKey(c, wide, length, (uint8_t *)key, room);
        if (size <= 0) return DBX_NOMEM;
        if (size <= room) {
            *out = vstring_from(key, (size_t)size - 1); /* its end is a zero byte */
            return DBX_OK;
        }
        room = size;
    }
}

/* collation_icu.h - ICU's collators behind the collations of locales. */
#ifndef DBX_VECTOR_COLLATION_ICU_H
#define DBX_VECTOR_COLLATION_ICU_H

#include "vector/collation.h"

#include <unicode/ucol.h>

enum { COLLATION_INPUT_MAX = 1 << 26 };

/* The locale's names; NULL past the end. */
const char *collation_locale_name(uint32_t base);

/* The collator of an id with collation_is_icu; NULL when it cannot be had. Collators are never
 * changed after they are made, so any number of threads may use one. */
const UCollator *collation_collator(uint16_t id);
int collation_icu_compare(uint16_t id, string_view a, string_view b);
dbx_status collation_icu_key(uint16_t id, string_view text, vstring *out, arena *a) MUST_CHECK;

#endif

/* variant_path.h - paths into VARIANT values: $.name, $['name'], $[0]. */
#ifndef DBX_FUNCTIONS_VARIANT_PATH_H
#define DBX_FUNCTIONS_VARIANT_PATH_H

#include "functions/variant.h"

typedef struct variant_step {
    string_view key; /* data NULL: the element `index` of an array */
    uint32_t index;
} variant_step;

typedef struct variant_path {
    variant_step *steps;
    uint32_t count;
} variant_path;

/* Keys borrow `text`. DBX_ERROR: not a path, nothing is raised. */
dbx_status variant_path_parse(arena *a, string_view text, variant_path *out) MUST_CHECK;
/* Follows the path; *found is false where it leads nowhere. False: malformed. */
bool variant_path_follow(const variant_path *p, variant *v, bool *found) MUST_CHECK;

#endif

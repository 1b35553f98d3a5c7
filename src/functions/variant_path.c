/* variant_path.c - see variant_path.h. */
#include "functions/variant_path.h"

/* [123], ['name'], ["name"]; the cursor is behind the bracket. */
static bool variant_path_bracket(string_view text, size_t *at, variant_step *out) {
    const char *data = text.data;
    if (*at < text.size && (data[*at] == '\'' || data[*at] == '"')) {
        char quote = data[(*at)++];
        size_t start = *at;
        while (*at < text.size && data[*at] != quote) (*at)++;
        out->key = (string_view){data + start, *at - start};
        if (text.size - *at < 2 || data[*at + 1] != ']') return false;
        *at += 2;
        return true;
    }
    uint64_t index = 0;
    size_t start = *at;
    while (*at < text.size && ascii_is_digit(data[*at]) && index <= INT32_MAX)
        index = index * 10 + (uint64_t)(data[(*at)++] - '0');
    if (*at == start || index > INT32_MAX || *at == text.size || data[*at] != ']') return false;
    (*at)++;
    *out = (variant_step){.index = (uint32_t)index};
    return true;
}

dbx_status variant_path_parse(arena *a, string_view text, variant_path *out) {
    ARENA_LIST(variant_step) steps = {0};
    if (text.size == 0 || text.data[0] != '$') return DBX_ERROR;
    for (size_t at = 1; at < text.size;) {
        variant_step step = {0};
        char c = text.data[at++];
        if (c == '[') {
            if (!variant_path_bracket(text, &at, &step)) return DBX_ERROR;
        } else {
            size_t start = at;
            while (at < text.size && text.data[at] != '.' && text.data[at] != '[') at++;
            if (c != '.' || at == start) return DBX_ERROR;
            step.key = (string_view){text.data + start, at - start};
        }
        TRY(ARENA_LIST_PUSH(a, &steps, step));
    }
    *out = (variant_path){steps.items, steps.count};
    return DBX_OK;
}

bool variant_path_follow(const variant_path *p, variant *v, bool *found) {
    *found = false;
    for (uint32_t i = 0; i < p->count; i++) {
        variant_item item;
        const variant_step *step = &p->steps[i];
        if (!variant_read(*v, &item)) return false;
        if (step->key.data != NULL) {
            variant child;
            bool there = false;
            if (item.kind != VARIANT_OBJECT) return true;
            if (!variant_find(*v, &item, step->key, &there, &child)) return false;
            if (!there) return true;
            *v = child;
        } else {
            if (item.kind != VARIANT_ARRAY || step->index >= item.count) return true;
            if (!variant_element(*v, &item, step->index, v)) return false;
        }
    }
    *found = true;
    return true;
}

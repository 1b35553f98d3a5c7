/* str.c - see str.h. */
#include "common/str.h"

bool sv_equal_ignore_case(string_view a, string_view b) {
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++) {
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i])) return false;
    }
    return true;
}

uint64_t sv_hash_ignore_case(string_view s) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < s.size; i++) {
        hash = (hash ^ (uint8_t)ascii_lower(s.data[i])) * 1099511628211u;
    }
    return hash;
}

bool sv_starts_with(string_view s, string_view prefix) {
    return s.size >= prefix.size && memcmp(s.data, prefix.data, prefix.size) == 0;
}

bool sv_ends_with(string_view s, string_view suffix) {
    return s.size >= suffix.size &&
           memcmp(s.data + s.size - suffix.size, suffix.data, suffix.size) == 0;
}

string_view sv_trim(string_view s) {
    while (s.size > 0 && ascii_is_space(s.data[0])) s.data++, s.size--;
    while (s.size > 0 && ascii_is_space(s.data[s.size - 1])) s.size--;
    return s;
}

uint32_t sv_edit_distance(string_view a, string_view b, uint32_t limit) {
    enum { LENGTH_MAX = 63 };
    if (a.size > LENGTH_MAX || b.size > LENGTH_MAX) return limit + 1;
    uint8_t row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= b.size; j++) row[j] = (uint8_t)j;
    for (size_t i = 1; i <= a.size; i++) {
        uint8_t diagonal = row[0];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b.size; j++) {
            bool differs = ascii_lower(a.data[i - 1]) != ascii_lower(b.data[j - 1]);
            uint8_t replace = (uint8_t)(diagonal + differs);
            diagonal = row[j];
            uint8_t shift = (uint8_t)(MIN(row[j], row[j - 1]) + 1);
            row[j] = MIN(replace, shift);
        }
    }
    return MIN((uint32_t)row[b.size], limit + 1);
}

/* keywords.c - finds keywords by binary search; the table is sorted in keywords.def. */
#include "parser/parser_int.h"
#include "parser/sql.h"

static const keyword_row keyword_rows[] = {
#define KEYWORD(text, token, flags) {text, sizeof(text) - 1, flags, TK_##token},
#include "parser/keywords.def"
#undef KEYWORD
};

/* Longest keyword; longer words need no search. */
#define KEYWORD_MAX_SIZE 18

static int keyword_compare(const char *word, size_t size, const keyword_row *k) {
    size_t common = MIN(size, k->size);
    for (size_t i = 0; i < common; i++) {
        int difference = (unsigned char)ascii_upper(word[i]) - (unsigned char)k->text[i];
        if (difference != 0) return difference;
    }
    return (int)size - (int)k->size;
}

uint16_t keyword_find(const char *word, size_t size) {
    if (size < 2 || size > KEYWORD_MAX_SIZE) return 0;
    uint32_t low = 0;
    uint32_t high = ARRAY_COUNT(keyword_rows);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = keyword_compare(word, size, &keyword_rows[middle]);
        if (order == 0) return (uint16_t)(middle + 1);
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return 0;
}

const keyword_row *keyword_at(uint16_t number_plus_1) {
    assert(number_plus_1 > 0);
    assert(number_plus_1 <= ARRAY_COUNT(keyword_rows));
    return &keyword_rows[number_plus_1 - 1];
}

uint32_t keyword_count(void) {
    return ARRAY_COUNT(keyword_rows);
}

const char *parser_keyword(uint32_t index, bool *reserved) {
    for (uint32_t i = 0; i < ARRAY_COUNT(keyword_rows); i++) {
        if ((keyword_rows[i].flags & KEYWORD_SPARK) == 0 || index-- > 0) continue;
        *reserved = (keyword_rows[i].flags & KEYWORD_RESERVED) != 0;
        return keyword_rows[i].text;
    }
    return NULL;
}

bool parser_is_reserved(string_view word) {
    uint16_t number = keyword_find(word.data, word.size);
    return number != 0 && (keyword_at(number)->flags & KEYWORD_RESERVED) != 0;
}

/* base64.c - see base64.h. */
#include "kernel/base64.h"

#include "common/str.h"

void base64_encode(const char *from, size_t size, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3, out += 4) {
        uint32_t word = (uint32_t)(uint8_t)from[i] << 16;
        if (i + 1 < size) word |= (uint32_t)(uint8_t)from[i + 1] << 8;
        if (i + 2 < size) word |= (uint8_t)from[i + 2];
        out[0] = digits[word >> 18];
        out[1] = digits[word >> 12 & 63];
        out[2] = i + 1 < size ? digits[word >> 6 & 63] : '=';
        out[3] = i + 2 < size ? digits[word & 63] : '=';
    }
}

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What follows padding: nothing of the alphabet, nor more padding. */
static bool base64_ends(const char *text, size_t size, bool strict) {
    for (size_t i = 0; i < size; i++) {
        if (base64_value(text[i]) >= 0 || text[i] == '=') return false;
        if (strict && !ascii_is_space(text[i])) return false;
    }
    return true;
}

bool base64_decode(const char *text, size_t size, bool strict, char *out, size_t *out_size) {
    uint32_t word = 0, digits = 0;
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        int value = base64_value(text[i]);
        if (value >= 0) {
            word = word << 6 | (uint32_t)value;
            if (++digits < 4) continue;
            out[n++] = (char)(word >> 16);
            out[n++] = (char)(word >> 8);
            out[n++] = (char)word;
            word = digits = 0;
        } else if (text[i] == '=') {
            if (digits < 2) return false;
            if (digits == 2 && (i + 1 == size || text[++i] != '=')) return false;
            if (!base64_ends(text + i + 1, size - i - 1, strict)) return false;
            break;
        } else if (strict && !ascii_is_space(text[i])) {
            return false;
        }
    }
    if (digits == 1) return false;
    if (digits >= 2) out[n++] = (char)(word >> (digits == 2 ? 4 : 10));
    if (digits == 3) out[n++] = (char)(word >> 2);
    *out_size = n;
    return true;
}

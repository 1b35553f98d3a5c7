/* text_encoding.h - text of other encodings to UTF-8, piece by piece. */
#ifndef DBX_FORMATS_TEXT_ENCODING_H
#define DBX_FORMATS_TEXT_ENCODING_H

#include "common/memory.h"

typedef enum text_encoding {
    TEXT_ENCODING_AUTO, /* by the byte order mark, else UTF-8 */
    TEXT_ENCODING_UTF8,
    TEXT_ENCODING_UTF16, /* by its mark, else big-endian */
    TEXT_ENCODING_UTF16LE,
    TEXT_ENCODING_UTF16BE,
    TEXT_ENCODING_LATIN1,
    TEXT_ENCODING_WINDOWS_1252,
} text_encoding;

/* "UTF-8", "utf16", "ISO-8859-1", "latin1", "windows-1252", …; false when unknown. */
bool text_encoding_from_name(string_view name, text_encoding *out);

typedef struct text_decoder {
    text_encoding encoding;
    bool begun;      /* the mark was looked for */
    bool carriage;   /* '\r' ends a line: it becomes '\n' */
    uint8_t held[4]; /* bytes of a character that the next piece completes */
    uint32_t held_size;
} text_decoder;

/* Are bytes taken as they are, once the mark is passed? */
static inline bool text_decoder_is_plain(const text_decoder *d) {
    return d->begun && d->encoding == TEXT_ENCODING_UTF8 && !d->carriage;
}
/* Looks at a file's first bytes (at least four, unless it is shorter): decides the encoding and
 * returns the size of the mark to be passed over. */
size_t text_decoder_begin(text_decoder *d, const uint8_t *bytes, size_t size);
/* Appends `bytes` as UTF-8; at the end of the file what is incomplete becomes U+FFFD. */
dbx_status text_decoder_append(text_decoder *d, const uint8_t *bytes, size_t size, bool end,
                               buffer *out) MUST_CHECK;

#endif

/* charset.h - character sets other than UTF-8, for encode and decode and for files in them. */
#ifndef DBX_FUNCTIONS_CHARSET_H
#define DBX_FUNCTIONS_CHARSET_H

#include "functions/function.h"

typedef enum charset {
    CHARSET_UTF8,
    CHARSET_US_ASCII,
    CHARSET_ISO_8859_1,
    CHARSET_UTF16, /* big-endian with a byte order mark; read either way */
    CHARSET_UTF16BE,
    CHARSET_UTF16LE,
    CHARSET_UTF32, /* big-endian without a mark; read either way */
    CHARSET_WINDOWS_1252,
    CHARSET_COUNT
} charset;

/* Case does not count. `any`: sets beyond Spark's seven too. */
bool charset_by_name(string_view name, bool any, charset *out);

/* UTF-8 to the set and back, appended to out. What cannot be written or read becomes '?' or U+FFFD
 * when `replace`, else the result is DBX_ERROR and nothing is raised. */
dbx_status charset_encode(charset set, string_view text, bool replace, buffer *out) MUST_CHECK;
dbx_status charset_decode(charset set, string_view bytes, bool replace, buffer *out) MUST_CHECK;

#endif

/* json_flags.h - what options of JSON functions mean to the scanner. */
#ifndef DBX_FUNCTIONS_JSON_FLAGS_H
#define DBX_FUNCTIONS_JSON_FLAGS_H

#include "functions/schema_argument.h"
#include "kernel/json_scan.h"

static inline uint32_t json_flags_of(const schema_options *o) {
    static const struct {
        const char *name;
        uint32_t flag;
        bool otherwise;
    } options[] = {{"allowComments", JSON_COMMENTS, false},
                   {"allowUnquotedFieldNames", JSON_UNQUOTED_NAMES, false},
                   {"allowSingleQuotes", JSON_SINGLE_QUOTES, true},
                   {"allowNumericLeadingZeros", JSON_LEADING_ZEROS, false},
                   {"allowNonNumericNumbers", JSON_NON_NUMBERS, true},
                   {"allowBackslashEscapingAnyCharacter", JSON_ANY_ESCAPE, false},
                   {"allowUnquotedControlChars", JSON_CONTROL_CHARACTERS, false}};
    uint32_t flags = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(options); i++) {
        if (schema_option_bool(o, options[i].name, options[i].otherwise)) flags |= options[i].flag;
    }
    return flags;
}

#endif

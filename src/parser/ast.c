/* ast.c - names of the AST's tables. */
#include "parser/ast.h"

const char *ast_kind_name(ast_kind kind) {
    switch (kind) {
#define AST_KIND(id, type, name)                                                                   \
    case AST_##id:                                                                                 \
        return name;
#define AST_GROUP_END(group)
#include "parser/ast_kinds.def"
#undef AST_KIND
#undef AST_GROUP_END
    default:
        return "none";
    }
}

const char *ast_operator_text(ast_operator op) {
    static const char *const texts[AST_OP_COUNT] = {
#define AST_OPERATOR(id, text) text,
#include "parser/ast_operators.def"
#undef AST_OPERATOR
    };
    assert(op < AST_OP_COUNT);
    return texts[op];
}

const char *ast_type_name(ast_type_id id) {
    static const char *const names[AST_TYPE_COUNT] = {
#define AST_TYPE(id, name) name,
#include "parser/ast_types.def"
#undef AST_TYPE
    };
    assert(id < AST_TYPE_COUNT);
    return names[id];
}

const char *ast_unit_name(ast_unit unit) {
    static const char *const names[] = {"YEAR",   "QUARTER",     "MONTH",       "WEEK",
                                        "DAY",    "DAYOFYEAR",   "HOUR",        "MINUTE",
                                        "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND"};
    static_assert(ARRAY_COUNT(names) == AST_UNIT_NANOSECOND + 1, "a name for each unit");
    assert(unit <= AST_UNIT_NANOSECOND);
    return names[unit];
}

const char *ast_interval_field_name(ast_interval_field field) {
    static const char *const names[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    static_assert(ARRAY_COUNT(names) == AST_FIELD_SECOND + 1, "a name for each field");
    assert(field <= AST_FIELD_SECOND);
    return names[field];
}

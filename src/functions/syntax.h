/* syntax.h - names of the function rows that SQL syntax stands for: a contract between binder and
 * functions.
 *
 * Operators are rows named as written, so that `function_lookup` finds them and errors print them:
 *
 *     a + b, a - b, a * b, a / b, a % b, a DIV b     "+" "-" "*" "/" "%" "div"  (date and interval
 * overloads too) -a, +a                                         "negative" "positive" a = b, a <=>
 * b, a <> b, <, <=, >, >=           "=" "<=>" "!=" "<" "<=" ">" ">=" a & b, a | b, a ^ b, ~a "&"
 * "|" "^" "~" a << b, a >> b, a >>> b                        "shiftleft" "shiftright"
 * "shiftrightunsigned" a || b                                         "concat" a LIKE p [ESCAPE e],
 * ILIKE, RLIKE              "like" "ilike" "rlike"  (str, pattern, [escape]) a IS NULL, IS NOT
 * NULL, NOT a                  "isnull" "isnotnull"; NOT is EXPR_NOT EXTRACT(f FROM x) "date_part"
 * ('f', x) TRIM(BOTH c FROM s), LEADING, TRAILING         "btrim" (s, c), "ltrim" (c, s), "rtrim"
 * (c, s) STRUCT(a AS x, b), (a, b)                      "named_struct" ('x', a, …) s COLLATE c
 * "collate" (s, 'c') v:a.b[0] of VARIANT, of STRING                 "variant_get" (v, '$.a.b[0]',
 * 'variant'), "get_json_object" a AND b, OR, IN, CASE, CAST                    kinds of expr of
 * their own; BETWEEN is made of >= and <=
 *
 * The rows below have no name in SQL; they are FN_INTERNAL.
 */
#ifndef DBX_FUNCTIONS_SYNTAX_H
#define DBX_FUNCTIONS_SYNTAX_H

/* a[i] of an array (index from 0, INVALID_ARRAY_INDEX under ANSI), m[k] of a map (NULL when
 * absent). */
#define SYNTAX_FN_SUBSCRIPT "[]"
/* (struct, INT constant from 0): the field; op OP_STRUCT_FIELD. */
#define SYNTAX_FN_STRUCT_FIELD "struct_field"
/* (array of structs, INT constant from 0): an array of that field. */
#define SYNTAX_FN_ARRAY_STRUCT_FIELD "array_struct_field"

#endif

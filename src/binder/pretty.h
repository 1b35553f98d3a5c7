/* pretty.h - what pretty_name.c and pretty_call.c share. */
#ifndef DBX_BINDER_PRETTY_H
#define DBX_BINDER_PRETTY_H

#include "binder/binder_int.h"

dbx_status pretty_text(buffer *out, const char *text) MUST_CHECK;
dbx_status pretty_list(binder *b, buffer *out, const ast_list *list) MUST_CHECK;
dbx_status pretty_parts(buffer *out, const string_view *parts, uint32_t count) MUST_CHECK;
dbx_status pretty_infix(binder *b, buffer *out, const ast_expr *left, const char *op,
                        const ast_expr *right) MUST_CHECK;
/* The columns that a star stands for, or the star where they cannot be had. */
dbx_status pretty_star_columns(binder *b, buffer *out, const ast_star *star) MUST_CHECK;
dbx_status pretty_call(binder *b, buffer *out, const ast_function_call *f) MUST_CHECK;

#endif

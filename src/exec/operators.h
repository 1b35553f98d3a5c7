/* operators.h - the tables of operator.h that the files op_*.c define, and the little that these
 * files share. */
#ifndef DBX_EXEC_OPERATORS_H
#define DBX_EXEC_OPERATORS_H

#include "exec/exec.h"
#include "exec/operator.h"

#define OPERATOR(kind, vtab) extern const op_vtab vtab;
#include "exec/operators.def"
#undef OPERATOR

/* NOMEM becomes an error with a text; other statuses were raised already. */
static inline dbx_status op_check(dbx_status status, error *err) {
    if (UNLIKELY(status == DBX_NOMEM)) return error_nomem(err);
    return status;
}
#define OP_TRY(call, err) TRY(op_check((call), (err)))

#endif

/* op_materialize.h - what MATERIALIZED_SCAN and RECURSIVE_SCAN read of the operators that keep the
 * rows. */
#ifndef DBX_EXEC_OP_MATERIALIZE_H
#define DBX_EXEC_OP_MATERIALIZE_H

#include "exec/operator.h"

const collection *materialize_rows(op_state *s);
/* All rows so far, and the chunks of them that the last iteration gave. */
const collection *recursive_rows(op_state *s);
void recursive_last_iteration(op_state *s, uint32_t *first_chunk, uint32_t *chunk_count);

#endif

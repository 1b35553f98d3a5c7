/* comparison_loop_tmpl.h - the loop template that comparison_tmpl.h's C_COMPACT chooses; K_* are its parameters. */
#if C_COMPACT
#include "kernel/binary_compact_tmpl.h"
#else
#include "kernel/binary_tmpl.h"
#endif

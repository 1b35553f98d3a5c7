/* wkb.h - geometries as well-known binary (OGC 06-103r4, with ISO's Z and M), checked and rewritten
 * in the other byte order. */
#ifndef DBX_FUNCTIONS_WKB_H
#define DBX_FUNCTIONS_WKB_H

#include "common/memory.h"

enum { WKB_DEPTH_MAX = 32 }; /* nested collections */

/* Appends the geometry in little-endian (or big-endian) order. degrees: coordinates must be
 * longitudes and latitudes. DBX_ERROR: malformed at byte *at, nothing is raised. */
dbx_status wkb_rewrite(string_view bytes, bool big_endian, bool degrees, buffer *out,
                       size_t *at) MUST_CHECK;

#endif

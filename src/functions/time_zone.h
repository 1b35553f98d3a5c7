/* time_zone.h - the zones of vector/time_zone.h under the name that function families include. */
#ifndef DBX_FUNCTIONS_TIME_ZONE_H
#define DBX_FUNCTIONS_TIME_ZONE_H

#include "vector/time_zone.h"

#endif

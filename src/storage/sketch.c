/* sketch.c - see sketch.h. Estimator: Flajolet et al. 2007 with linear counting for small sets;
 * 64-bit hashes need no correction for large ones. */
#include "storage/sketch.h"

#include <math.h>

void sketch_merge(sketch *into, const sketch *from) {
    for (uint32_t i = 0; i < SKETCH_REGISTERS; i++) {
        if (from->registers[i] > into->registers[i]) into->registers[i] = from->registers[i];
    }
}

double sketch_estimate(const sketch *s) {
    double sum = 0;
    uint32_t zeros = 0;
    for (uint32_t i = 0; i < SKETCH_REGISTERS; i++) {
        sum += ldexp(1.0, -(int)s->registers[i]);
        zeros += s->registers[i] == 0;
    }
    const double m = SKETCH_REGISTERS;
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && zeros > 0) return m * log(m / zeros);
    return estimate;
}

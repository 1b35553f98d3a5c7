/* sketch.c - see sketch.h. Estimator: Flajolet et al. 2007 with linear counting for small sets;
 * 64-bit hashes need no correction for large ones. */
#include "storage/sketch.h"

#include <math.h>

void sketch_merge(sketch *into, const sketch *from) {
    typedef uint8_t lanes __attribute__((vector_size(32)));
    for (uint32_t i = 0; i < SKETCH_REGISTERS; i += sizeof(lanes)) {
        lanes a, b;
        memcpy(&a, into->registers + i, sizeof(a));
        memcpy(&b, from->registers + i, sizeof(b));
        lanes more = (lanes)(b > a);
        a = (b & more) | (a & ~more);
        memcpy(into->registers + i, &a, sizeof(a));
    }
}

double sketch_estimate(const sketch *s) {
    enum { RANKS = 64 };
    uint32_t counts[RANKS] = {0};
    for (uint32_t i = 0; i < SKETCH_REGISTERS; i++) counts[s->registers[i] % RANKS]++;
    double sum = 0, weight = 1; /* of rank r: 2^-r */
    for (uint32_t r = 0; r < RANKS; r++, weight /= 2) sum += weight * counts[r];
    const double m = SKETCH_REGISTERS;
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && counts[0] > 0) return m * log(m / counts[0]);
    return estimate;
}

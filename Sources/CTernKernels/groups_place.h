/* What products by triples are told. */
#ifndef TERN_GROUPS_PLACE_H
#define TERN_GROUPS_PLACE_H

#include "levels.h"

/* Groups of rows to be multiplied: room for their sums, `stride` numbers a row of activations, and where their products go. */
typedef struct {
    const tern_matrix *matrix;
    const tern_activations *x;
    size_t first, end;
    int32_t *sums;
    size_t stride;
    float *out;
    size_t out_stride;
} groups_place;

/* By up to TERN_FEW rows of activations, groups of one band. */
void tern_product_few_avx512vbmi(const groups_place *place);
/* By up to TERN_MANY. */
void tern_product_many_avx512vbmi(const groups_place *place);

#endif

#include "groups_place.h"
#if TERN_X86

void tern_product_triples_avx512vbmi(const tern_matrix *m, size_t first, size_t end, const tern_activations *x, int32_t *sums, float *out,
                                     size_t out_stride)
{
    for (size_t group = first; group < end;) {
        const size_t band_end = tern_band_start(m->rows, tern_band_of(m->rows, group) + 1);
        const bool is_few = x->count <= TERN_FEW;
        const size_t some_end = is_few && band_end < end ? band_end : end;
        const groups_place place = {.matrix = m, .x = x, .first = group, .end = some_end, .sums = sums,
                                    .stride = (some_end - group) * TERN_TRIPLE_ROWS, .out = out + (group - first) * TERN_TRIPLE_ROWS,
                                    .out_stride = out_stride};
        is_few ? tern_product_few_avx512vbmi(&place) : tern_product_many_avx512vbmi(&place);
        group = some_end;
    }
}

#endif

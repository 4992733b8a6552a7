/* Kernels in other clothes than the program wears, so that more processors can run them. */
#ifndef KERNEL_VARIANTS_H
#define KERNEL_VARIANTS_H

#include "tern_kernels.h"

/* Those of AVX-VNNI, with AVX-512's encoding of its instruction; for machines that have TERN_AVX512. */
void tern_product_evex(const tern_matrix *matrix, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride);
void tern_product_integers_evex(const tern_integers *table, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride);
uint64_t tern_multiply_add_evex(size_t rounds);

#endif

#define TERN_EVEX
#include "../../Sources/CTernKernels/product_avxvnni.c"

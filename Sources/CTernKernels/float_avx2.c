#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define LEVEL(NAME) NAME##_avx2
#include "floats.h"
#include "integers.h"

#pragma clang attribute pop
#endif

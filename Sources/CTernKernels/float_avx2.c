#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define LEVEL(NAME) NAME##_avx2
#include "floats.h"
#include "integers.h"
#include "fives.h"
#include "lanes.h"
#include "dense.h"
#include "chains.h"
#include "attention.h"
#include "digits.h"

#pragma clang attribute pop
#endif

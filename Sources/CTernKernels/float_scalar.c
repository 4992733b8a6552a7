#include "levels.h"

#define LEVEL(NAME) NAME##_scalar
#include "floats.h"

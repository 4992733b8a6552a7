#define _GNU_SOURCE
#include "include/tern_processor.h"

#include <sched.h>

int tern_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

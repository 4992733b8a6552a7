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

int tern_may_run_on(int processor)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && processor >= 0 && processor < CPU_SETSIZE && CPU_ISSET(processor, &set);
}

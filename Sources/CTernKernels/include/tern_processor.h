/* What a pool of threads asks of the processor and Swift cannot reach. */
#ifndef TERN_PROCESSOR_H
#define TERN_PROCESSOR_H

#include <stddef.h>

/* Tells the processor that this is a loop that waits for another core. */
static inline void tern_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Asks for memory that will soon be read, without waiting for it. */
static inline void tern_fetch(const void *memory, size_t bytes)
{
    for (size_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const char *)memory + byte, 0, 2);
}

/* Processors that this process may run on, at least 1. */
int tern_processors(void);

/* Whether this process may run on processor number `processor`. */
int tern_may_run_on(int processor);

#endif

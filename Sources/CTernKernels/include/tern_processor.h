/* What a pool of threads asks of the processor and Swift cannot reach. */
#ifndef TERN_PROCESSOR_H
#define TERN_PROCESSOR_H

/* Tells the processor that this is a loop that waits for another core. */
static inline void tern_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Processors that this process may run on, at least 1. */
int tern_processors(void);

#endif

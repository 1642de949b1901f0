#include "Memory.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void skiff_heap_trim(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

void skiff_heap_single(void) {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 1);
#endif
}

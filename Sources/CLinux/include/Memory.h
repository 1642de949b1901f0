// What the C library knows of its heap that Swift's Glibc module does not have.
#pragma once

/// Gives free memory at the end and in the middle of the heaps back to the kernel (malloc_trim(3)); does nothing where
/// the C library cannot.
void skiff_heap_trim(void);

/// All threads use one heap from now on (M_ARENA_MAX of mallopt(3)), so that less lies idle in several; to be called before
/// there are threads. Does nothing where the C library cannot.
void skiff_heap_single(void);

// Named threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Starts a thread with a name of at most 15 bytes. Returns 0 and the thread, or an errno.
int linux_thread_start(
  const char *_Nonnull name, size_t stack, void (*_Nonnull body)(void *_Nullable), void *_Nullable context,
  uint64_t *_Nonnull thread);

/// Waits until the thread has ended.
void linux_thread_join(uint64_t thread);

/// Ends the calls in which the thread waits (EINTR) until it has ended; it must have been told to end. SIGURG is used, which
/// means nothing to who does not handle it.
void linux_thread_interrupt_and_join(uint64_t thread);

// Seeing packets pass: AF_PACKET with a classic packet filter, whose programs are written with macros.
#pragma once

#include <stdint.h>

/// A socket that sees the TCP segments with data that leave an IPv4 address and port on the loopback interface of the
/// calling thread's network namespace. Address and port are in the machine's order. Returns the descriptor or -1 with errno.
int linux_tap_open(uint32_t address, uint16_t port);

/// When the next segment passed, in nanoseconds of CLOCK_REALTIME, by the kernel's stamp. Waits for `milliseconds` at
/// most; 0 where none passed, -1 with errno on failure.
int64_t linux_tap_next(int tap, int milliseconds);

// System calls on processes that Swift's Glibc module does not have.
#pragma once

#include <sys/types.h>

/// A descriptor that becomes readable when the process ends (pidfd_open(2)); -1 with errno on failure.
int skiff_pidfd_open(pid_t pid);

// System calls on processes that Swift's Glibc module does not have.
#pragma once

#include <sys/types.h>

/// A descriptor that becomes readable when the process ends (pidfd_open(2)); -1 with errno on failure.
int skiff_pidfd_open(pid_t pid);

/// Has the started program get no descriptor from `first` on (posix_spawn_file_actions_addclosefrom_np(3)). `actions` is a
/// `posix_spawn_file_actions_t`. Returns 0 or an errno.
int skiff_spawn_close_from(void *actions, int first);

#define _GNU_SOURCE
#include "Process.h"

#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

int skiff_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int skiff_spawn_close_from(void *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

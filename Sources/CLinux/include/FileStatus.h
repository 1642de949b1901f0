// stat(2) with a struct that always belongs to this module: which module Swift finds `struct stat` in depends on what else
// is compiled beside the caller (Glibc, or CoreFoundation where Foundation comes in).
#pragma once
#include <stdint.h>

struct skiff_file_status_values {
  uint64_t device;
  uint64_t inode;
  uint32_t mode;
  int64_t size;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
};

// 0, or -1 with errno set. A link itself is looked at where `follow` is 0.
int skiff_file_status(const char *path, int follow, struct skiff_file_status_values *status);

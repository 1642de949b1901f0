#include "FileStatus.h"

#include <sys/stat.h>

int skiff_file_status(const char *path, int follow, struct skiff_file_status_values *status) {
  struct stat found;
  if ((follow ? stat(path, &found) : lstat(path, &found)) != 0) return -1;
  status->device = found.st_dev;
  status->inode = found.st_ino;
  status->mode = found.st_mode;
  status->size = found.st_size;
  status->modified_seconds = found.st_mtim.tv_sec;
  status->modified_nanoseconds = found.st_mtim.tv_nsec;
  return 0;
}

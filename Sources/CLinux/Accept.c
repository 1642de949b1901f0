#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Accept.h"

#include <stddef.h>
#include <sys/socket.h>

int linux_accept(int socket, int blocks) {
  return accept4(socket, NULL, NULL, SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK));
}

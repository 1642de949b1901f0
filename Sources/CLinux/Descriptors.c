#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Descriptors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int linux_descriptors_send(int socket, uint8_t tag, const int *descriptors, unsigned count) {
  if (count > LINUX_DESCRIPTORS_PER_MESSAGE) return -EINVAL;
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int) * LINUX_DESCRIPTORS_PER_MESSAGE)];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec vector = {&tag, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
  }
  while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

int linux_descriptors_receive(int socket, uint8_t *tag, int *descriptors) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int) * LINUX_DESCRIPTORS_PER_MESSAGE)];
  } control;
  struct iovec vector = {tag, 1};
  struct msghdr message = {
    .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t length;
  do length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) return -errno;
  if (length == 0) return -EPIPE;
  int count = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t bytes = header->cmsg_len - CMSG_LEN(0);
    memcpy(descriptors + count, CMSG_DATA(header), bytes);
    count += (int)(bytes / sizeof(int));
  }
  return count;
}

static int address_of(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
  strcpy(address->sun_path, path);
  return 0;
}

int linux_packet_listener(const char *path) {
  char hidden[256];
  struct sockaddr_un address;
  // Bound under a name that nobody knows, so that it is never open to others, not even for a moment.
  if (snprintf(hidden, sizeof hidden, "%s.%d", path, (int)getpid()) >= (int)sizeof hidden) return -ENAMETOOLONG;
  int result = address_of(hidden, &address);
  if (result) return result;
  int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  unlink(hidden);
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
    result = -errno;
  } else if (chmod(hidden, 0600) < 0 || listen(descriptor, 4) < 0 || rename(hidden, path) < 0) {
    result = -errno;
    unlink(hidden);
  }
  if (result) close(descriptor);
  return result ? result : descriptor;
}

int linux_packet_connect(const char *path) {
  struct sockaddr_un address;
  int result = address_of(path, &address);
  if (result) return result;
  int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
    result = -errno;
    close(descriptor);
    return result;
  }
  return descriptor;
}

int linux_peer_is_own_user(int socket) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

int linux_socket_type(int socket) {
  int type;
  socklen_t length = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ? -errno : type;
}

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int linux_socket_is_of_own_network(int descriptor) {
  uint64_t theirs = 0, own = 0;
  socklen_t length = sizeof theirs;
  int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return 1;
  int is_known = getsockopt(probe, SOL_SOCKET, SO_NETNS_COOKIE, &own, &length) == 0 &&
                 getsockopt(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, &theirs, &length) == 0;
  close(probe);
  return !is_known || theirs == own;
}

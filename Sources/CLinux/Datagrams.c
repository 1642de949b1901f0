#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxDatagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

struct calls {
  struct mmsghdr *in, *out;
  struct iovec *in_vectors, *out_vectors;
  struct sockaddr_storage *peers;
  unsigned filled;
};

linux_datagrams *linux_datagrams_create(unsigned capacity, uint32_t in_size, uint32_t out_size) {
  linux_datagrams *batch = calloc(1, sizeof *batch);
  struct calls *calls = calloc(1, sizeof *calls);
  if (!batch || !calls) {
    free(batch);
    free(calls);
    return NULL;
  }
  batch->calls = calls;
  batch->capacity = capacity;
  batch->in_size = in_size;
  batch->out_size = out_size;
  batch->in_bytes = calloc(capacity, in_size);
  batch->out_bytes = calloc(capacity, out_size);
  batch->in_lengths = calloc(capacity, sizeof *batch->in_lengths);
  batch->out_lengths = calloc(capacity, sizeof *batch->out_lengths);
  batch->out_peers = calloc(capacity, sizeof *batch->out_peers);
  calls->in = calloc(capacity, sizeof *calls->in);
  calls->out = calloc(capacity, sizeof *calls->out);
  calls->in_vectors = calloc(capacity, sizeof *calls->in_vectors);
  calls->out_vectors = calloc(capacity, sizeof *calls->out_vectors);
  calls->peers = calloc(capacity, sizeof *calls->peers);
  if (!batch->in_bytes || !batch->out_bytes || !batch->in_lengths || !batch->out_lengths || !batch->out_peers ||
      !calls->in || !calls->out || !calls->in_vectors || !calls->out_vectors || !calls->peers) {
    linux_datagrams_free(batch);
    errno = ENOMEM;
    return NULL;
  }
  for (unsigned i = 0; i < capacity; i++) {
    calls->in_vectors[i] = (struct iovec){batch->in_bytes + (size_t)i * in_size, in_size};
    calls->out_vectors[i] = (struct iovec){batch->out_bytes + (size_t)i * out_size, 0};
    calls->in[i].msg_hdr.msg_iov = &calls->in_vectors[i];
    calls->in[i].msg_hdr.msg_iovlen = 1;
    calls->in[i].msg_hdr.msg_name = &calls->peers[i];
    calls->in[i].msg_hdr.msg_namelen = sizeof calls->peers[i];
    calls->out[i].msg_hdr.msg_iov = &calls->out_vectors[i];
    calls->out[i].msg_hdr.msg_iovlen = 1;
  }
  return batch;
}

void linux_datagrams_free(linux_datagrams *batch) {
  if (!batch) return;
  struct calls *calls = batch->calls;
  free(calls->in);
  free(calls->out);
  free(calls->in_vectors);
  free(calls->out_vectors);
  free(calls->peers);
  free(calls);
  free(batch->in_bytes);
  free(batch->out_bytes);
  free(batch->in_lengths);
  free(batch->out_lengths);
  free(batch->out_peers);
  free(batch);
}

static int receive(linux_datagrams *batch, int socket, unsigned capacity, int flags) {
  struct calls *calls = batch->calls;
  // The kernel shortens the name lengths of the headers that it fills, and of these only.
  for (unsigned i = 0; i < calls->filled; i++) calls->in[i].msg_hdr.msg_namelen = sizeof calls->peers[i];
  int count = recvmmsg(socket, calls->in, capacity, flags, NULL);
  calls->filled = count > 0 ? (unsigned)count : 0;
  for (unsigned i = 0; i < calls->filled; i++)
    batch->in_lengths[i] = (calls->in[i].msg_hdr.msg_flags & MSG_TRUNC) ? 0 : calls->in[i].msg_len;
  return count < 0 ? -errno : count;
}

int linux_datagrams_receive(linux_datagrams *batch, int socket) {
  return receive(batch, socket, batch->capacity, MSG_WAITFORONE);
}

int linux_datagrams_peek(linux_datagrams *batch, int socket) { return receive(batch, socket, 1, MSG_PEEK); }

void linux_datagram_discard(int socket) { recv(socket, NULL, 0, MSG_DONTWAIT | MSG_TRUNC); }

const void *linux_datagrams_peer(const linux_datagrams *batch, unsigned index, uint32_t *length) {
  struct calls *calls = batch->calls;
  *length = calls->in[index].msg_hdr.msg_namelen;
  return &calls->peers[index];
}

static int send_headers(linux_datagrams *batch, int socket) {
  struct calls *calls = batch->calls;
  unsigned at = 0;
  int sent = 0;
  while (at < batch->queued) {
    int count = sendmmsg(socket, calls->out + at, batch->queued - at, 0);
    if (count > 0) {
      at += (unsigned)count;
      sent += count;
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      at++;
    }
  }
  batch->queued = 0;
  return sent;
}

int linux_datagrams_send(linux_datagrams *batch, int socket) {
  struct calls *calls = batch->calls;
  for (unsigned i = 0; i < batch->queued; i++) {
    unsigned peer = batch->out_peers[i];
    calls->out_vectors[i].iov_len = batch->out_lengths[i];
    calls->out[i].msg_hdr.msg_name = &calls->peers[peer];
    calls->out[i].msg_hdr.msg_namelen = calls->in[peer].msg_hdr.msg_namelen;
  }
  return send_headers(batch, socket);
}

int linux_datagram_send(int socket, const void *bytes, size_t count, const void *peer, uint32_t peer_length) {
  while (sendto(socket, bytes, count, 0, peer, peer_length) < 0) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

void linux_datagram_shutdown(int socket) {
  // An unconnected socket reports ENOTCONN, and is shut down all the same.
  shutdown(socket, SHUT_RDWR);
}

int linux_datagram_socket(const void *bytes, uint32_t length, int receive_buffer) {
  const struct sockaddr *address = bytes;
  int descriptor = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  int on = 1, result = 0;
  if (address->sa_family == AF_INET6 &&
      setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) result = -errno;
  if (!result && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) result = -errno;
  if (!result && receive_buffer > 0) {
    // FORCE passes net.core.rmem_max where the process may; else the limit of the system holds.
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) < 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  if (!result && address->sa_family == AF_INET) {
    // Answers are never fragmented on a path whose MTU an attacker made small.
    int discover = IP_PMTUDISC_DONT;
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
  }
  if (!result && bind(descriptor, address, length) < 0) result = -errno;
  if (result) {
    close(descriptor);
    return result;
  }
  return descriptor;
}

int linux_stream_listener(const void *bytes, uint32_t length, int backlog) {
  const struct sockaddr *address = bytes;
  int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  int on = 1, result = 0;
  if (address->sa_family == AF_INET6 &&
      setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) result = -errno;
  if (!result && setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) result = -errno;
  if (!result && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) result = -errno;
  if (!result && bind(descriptor, address, length) < 0) result = -errno;
  if (!result && listen(descriptor, backlog) < 0) result = -errno;
  if (result) close(descriptor);
  return result ? result : descriptor;
}

int linux_socket_name(int socket, void *address, uint32_t size) {
  socklen_t length = size;
  return getsockname(socket, address, &length) < 0 ? -errno : 0;
}

int linux_datagrams_send_to(linux_datagrams *batch, int socket, const void *peer, uint32_t peer_length) {
  struct calls *calls = batch->calls;
  for (unsigned i = 0; i < batch->queued; i++) {
    calls->out_vectors[i].iov_len = batch->out_lengths[i];
    calls->out[i].msg_hdr.msg_name = (void *)peer;
    calls->out[i].msg_hdr.msg_namelen = peer_length;
  }
  return send_headers(batch, socket);
}

int linux_datagram_timeout(int socket, unsigned milliseconds) {
  struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
  return setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) < 0 ? -errno : 0;
}

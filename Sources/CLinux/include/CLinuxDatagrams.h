// Datagrams in batches: recvmmsg and sendmmsg over buffers that are allocated once.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Room for `capacity` datagrams in and `capacity` datagrams out. One thread uses it at a time.
typedef struct linux_datagrams {
  unsigned capacity;
  unsigned queued;
  uint32_t in_size;
  uint32_t out_size;
  uint8_t *_Nonnull in_bytes;
  uint8_t *_Nonnull out_bytes;
  /// Of what was received: 0 where it was longer than the buffer.
  uint32_t *_Nonnull in_lengths;
  uint32_t *_Nonnull out_lengths;
  /// Which received datagram each queued one answers.
  uint32_t *_Nonnull out_peers;
  /// Headers and addresses of the system calls.
  void *_Nonnull calls;
} linux_datagrams;

/// NULL with errno where memory is short.
linux_datagrams *_Nullable linux_datagrams_create(unsigned capacity, uint32_t in_size, uint32_t out_size);
void linux_datagrams_free(linux_datagrams *_Nullable batch);

/// Waits for one datagram and takes what else has arrived. Returns how many, or -errno.
int linux_datagrams_receive(linux_datagrams *_Nonnull batch, int socket);

/// Waits for one datagram and looks at it, but leaves it in the socket. Returns 1, or -errno.
int linux_datagrams_peek(linux_datagrams *_Nonnull batch, int socket);

/// Takes the datagram that was looked at out of the socket.
void linux_datagram_discard(int socket);

/// Sends what was queued and empties the queue. Returns how many were sent: the kernel's refusal of one datagram
/// (unreachable peer, full buffer) drops that datagram and goes on.
int linux_datagrams_send(linux_datagrams *_Nonnull batch, int socket);

/// The sender of received datagram `index`, as a sockaddr of `*length` bytes that the next receive overwrites.
const void *_Nonnull linux_datagrams_peer(
  const linux_datagrams *_Nonnull batch, unsigned index, uint32_t *_Nonnull length);

static inline const uint8_t *_Nonnull linux_datagrams_received(const linux_datagrams *_Nonnull batch, unsigned index) {
  return batch->in_bytes + (size_t)index * batch->in_size;
}

/// Where the next datagram to send is written.
static inline uint8_t *_Nonnull linux_datagrams_next(const linux_datagrams *_Nonnull batch) {
  return batch->out_bytes + (size_t)batch->queued * batch->out_size;
}

/// Queues the datagram written at `linux_datagrams_next` to the sender of datagram `index`.
static inline void linux_datagrams_queue(linux_datagrams *_Nonnull batch, unsigned index, uint32_t length) {
  batch->out_peers[batch->queued] = index;
  batch->out_lengths[batch->queued] = length;
  batch->queued++;
}

/// A datagram socket bound to a sockaddr, with SO_REUSEPORT so that several sockets share one port.
/// Returns the descriptor or -errno.
int linux_datagram_socket(const void *_Nonnull address, uint32_t length, int receive_buffer);

/// Sends one datagram on a bound socket. Returns 0 or -errno.
int linux_datagram_send(
  int socket, const void *_Nonnull bytes, size_t count, const void *_Nonnull peer, uint32_t peer_length);

/// Wakes the thread that waits in linux_datagrams_receive; it receives nothing any more.
void linux_datagram_shutdown(int socket);

/// A TCP socket that listens on a sockaddr, not blocking, with SO_REUSEADDR and SO_REUSEPORT.
/// Returns the descriptor or -errno.
int linux_stream_listener(const void *_Nonnull address, uint32_t length, int backlog);

/// The sockaddr that a socket is bound to, at most `size` bytes of it. Returns 0 or -errno.
int linux_socket_name(int socket, void *_Nonnull address, uint32_t size);

/// Sends what was queued to one peer, whoever was answered, and empties the queue. Returns how many were sent.
int linux_datagrams_send_to(
  linux_datagrams *_Nonnull batch, int socket, const void *_Nonnull peer, uint32_t peer_length);

/// Makes receiving on a socket give up after so many milliseconds. Returns 0 or -errno.
int linux_datagram_timeout(int socket, unsigned milliseconds);

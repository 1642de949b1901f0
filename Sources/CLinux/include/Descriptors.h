// Descriptors that go from process to process over a unix socket (SCM_RIGHTS, unix(7)).
#pragma once

#include <stdint.h>

/// How many descriptors one message carries at most; the kernel's own limit is 253.
#define LINUX_DESCRIPTORS_PER_MESSAGE 250

/// Sends a message of one byte and `count` descriptors. Returns 0 or -errno.
int linux_descriptors_send(int socket, uint8_t tag, const int *_Nonnull descriptors, unsigned count);

/// Waits for a message and takes its byte and its descriptors, closed on exec. Returns how many there are; -EPIPE where the
/// other end is closed; -errno. `descriptors` has room for LINUX_DESCRIPTORS_PER_MESSAGE.
int linux_descriptors_receive(int socket, uint8_t *_Nonnull tag, int *_Nonnull descriptors);

/// A listening SOCK_SEQPACKET socket at `path`, which only its owner may open; a socket that lies there is replaced.
/// Returns the descriptor or -errno.
int linux_packet_listener(const char *_Nonnull path);

/// A connection to such a socket. Returns the descriptor or -errno.
int linux_packet_connect(const char *_Nonnull path);

/// Whether the process at the other end of a unix socket has this process's own user.
int linux_peer_is_own_user(int socket);

/// SOCK_DGRAM or SOCK_STREAM; -errno where the descriptor is no socket.
int linux_socket_type(int socket);

/// Whether a socket stands in the network namespace of the caller; also where the kernel cannot tell (before 5.14).
int linux_socket_is_of_own_network(int socket);

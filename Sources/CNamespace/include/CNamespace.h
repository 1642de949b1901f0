// Network namespaces: calls that glibc declares only under _GNU_SOURCE. A module of its own, with no library to link,
// for skiff-cni must stay small.
#pragma once

/// setns(2) of the calling thread to a network namespace. 0, or -1 with errno.
int cnamespace_setns_network(int descriptor);

/// unshare(2) of the calling thread's network namespace. 0, or -1 with errno.
int cnamespace_unshare_network(void);

/// Whether an open file is a network namespace (NS_GET_NSTYPE of linux/nsfs.h). 1 or 0.
int cnamespace_is_network_namespace(int descriptor);

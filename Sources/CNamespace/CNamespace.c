#define _GNU_SOURCE
#include "CNamespace.h"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

int cnamespace_setns_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int cnamespace_unshare_network(void) { return unshare(CLONE_NEWNET); }

int cnamespace_is_network_namespace(int descriptor) { return ioctl(descriptor, NS_GET_NSTYPE) == CLONE_NEWNET; }

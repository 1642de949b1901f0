#define _GNU_SOURCE
#include "CLinuxNamespace.h"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

int clinux_setns_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int clinux_unshare_network(void) { return unshare(CLONE_NEWNET); }

int clinux_is_network_namespace(int descriptor) { return ioctl(descriptor, NS_GET_NSTYPE) == CLONE_NEWNET; }

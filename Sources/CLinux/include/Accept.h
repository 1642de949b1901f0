// accept4(2), which strict POSIX hides.
#pragma once

/// The next connection to a listening socket, closed on exec, and blocking or not. Returns the descriptor or -1 with errno.
int linux_accept(int socket, int blocks);

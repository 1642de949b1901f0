// The process that holds a pod's namespaces: PID 1 of the sandbox. It reaps orphans (they become its
// children when the pod shares one PID namespace) and ends on SIGTERM or SIGINT.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal) {
  (void)signal;
  _exit(0);
}

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction onEnd = {.sa_handler = end};
  struct sigaction onChild = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  if (sigaction(SIGTERM, &onEnd, NULL) || sigaction(SIGINT, &onEnd, NULL)) return 1;
  if (sigaction(SIGCHLD, &onChild, NULL)) return 1;
  for (;;) pause();
}

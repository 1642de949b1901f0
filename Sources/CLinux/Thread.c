#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxThread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct start {
  char name[16];
  void (*body)(void *);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  pthread_setname_np(pthread_self(), start.name);
  // Whoever started the thread may block all signals; this one ends its waits.
  sigset_t wake;
  sigemptyset(&wake);
  sigaddset(&wake, SIGURG);
  pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
  start.body(start.context);
  return NULL;
}

int linux_thread_start(const char *name, size_t stack, void (*body)(void *), void *context, uint64_t *thread) {
  struct start *start = calloc(1, sizeof *start);
  if (!start) return ENOMEM;
  strncpy(start->name, name, sizeof start->name - 1);
  start->body = body;
  start->context = context;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  pthread_t handle;
  int code = pthread_create(&handle, &attributes, run, start);
  pthread_attr_destroy(&attributes);
  if (code) {
    free(start);
    return code;
  }
  *thread = (uint64_t)handle;
  return 0;
}

void linux_thread_join(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }

static void interrupted(int signal) { (void)signal; }

static void set_handler(void) {
  struct sigaction action = {.sa_handler = interrupted};
  // Without SA_RESTART, a call that waits ends with EINTR.
  sigaction(SIGURG, &action, NULL);
}

void linux_thread_interrupt_and_join(uint64_t thread) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_handler);
  struct timespec until;
  do {
    // Again and again: the signal may come just before the thread begins to wait.
    pthread_kill((pthread_t)thread, SIGURG);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
  } while (pthread_timedjoin_np((pthread_t)thread, NULL, &until) == ETIMEDOUT);
}

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxThread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct start {
  char name[16];
  void (*body)(void *);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  pthread_setname_np(pthread_self(), start.name);
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

// What Swift's Glibc module leaves out of Linux's own headers.
#pragma once
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

static inline int sluice_eventfd(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/// Names the calling thread in `top` and debuggers; at most 15 characters.
static inline void sluice_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

/// The calling process gets `signal` when its parent thread ends.
static inline int sluice_die_with_parent(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
}

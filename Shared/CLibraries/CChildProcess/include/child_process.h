#ifndef CHILD_PROCESS_H
#define CHILD_PROCESS_H

#include <sys/types.h>

/// What a child process is to be. Everything is read before `child_process_spawn` returns.
struct child_process_plan {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    /// Folder to start in, or NULL for the parent's.
    const char *directory;
    /// Descriptors that become standard input and standard output with standard error.
    int input;
    int output;
    /// Account to become, or -1 to stay who we are.
    long user;
    long group;
    /// Signal that the kernel sends to the child when the spawning *thread* ends; 0 for none.
    int death_signal;
};

/// Starts the child in a session of its own, so that a terminal's Ctrl-C reaches the parent only.
/// Returns its process id, or a negative errno with `*step` naming the call that failed.
pid_t child_process_spawn(const struct child_process_plan *plan, const char **step);

#endif

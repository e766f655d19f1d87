#define _GNU_SOURCE
#include "child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct failure {
    int error;
    const char *step;
};

/// Only async-signal-safe calls from here to exec: the parent has other threads.
static struct failure failed(const char *step) {
    return (struct failure){errno, step};
}

static void restore_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static struct failure become_user(const struct child_process_plan *plan) {
    if (plan->user < 0) {
        return (struct failure){0, NULL};
    }
    if (setgroups(0, NULL) != 0) {
        return failed("setgroups");
    }
    if (setgid((gid_t)plan->group) != 0) {
        return failed("setgid");
    }
    if (setuid((uid_t)plan->user) != 0) {
        return failed("setuid");
    }
    return (struct failure){0, NULL};
}

/// The kernel forgets the death signal when the user changes, so this comes after `become_user`.
static struct failure die_with_parent(const struct child_process_plan *plan, pid_t parent) {
    if (plan->death_signal != 0 && prctl(PR_SET_PDEATHSIG, plan->death_signal) != 0) {
        return failed("prctl");
    }
    // The parent may have gone between fork and prctl.
    if (plan->death_signal != 0 && getppid() != parent) {
        _exit(127);
    }
    return (struct failure){0, NULL};
}

static struct failure become(const struct child_process_plan *plan, pid_t parent) {
    restore_signals();
    setsid();
    if (dup2(plan->input, STDIN_FILENO) < 0 || dup2(plan->output, STDOUT_FILENO) < 0 ||
        dup2(plan->output, STDERR_FILENO) < 0) {
        return failed("dup2");
    }
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    struct failure user = become_user(plan);
    if (user.error != 0) {
        return user;
    }
    struct failure death = die_with_parent(plan, parent);
    if (death.error != 0) {
        return death;
    }
    if (plan->directory != NULL && chdir(plan->directory) != 0) {
        return failed("chdir");
    }
    execve(plan->executable, plan->arguments, plan->environment);
    return failed("execve");
}

pid_t child_process_spawn(const struct child_process_plan *plan, const char **step) {
    // Closed by a successful exec; otherwise it carries the failure.
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        *step = "pipe2";
        return -errno;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        struct failure why = become(plan, parent);
        ssize_t ignored = write(report[1], &why, sizeof why);
        (void)ignored;
        _exit(127);
    }
    int fork_error = errno;
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        *step = "fork";
        return -fork_error;
    }
    struct failure why;
    ssize_t count;
    do {
        count = read(report[0], &why, sizeof why);
    } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count != (ssize_t)sizeof why) {
        return child;
    }
    waitpid(child, NULL, 0);
    // Parent and child share one image, so the child's pointer to a literal is valid here.
    *step = why.step;
    return -why.error;
}

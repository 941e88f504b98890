/* measure PROGRAM [ARGUMENT...]: runs it once and prints wall clock (ns), processor time (us) and peak memory (KiB).
   A program of its own, because a process inherits the peak of what started it. As in a container, what it runs is the
   first process of a namespace, where this user may make one. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    unshare(CLONE_NEWPID);
    long long began = now_ns();
    pid_t child = vfork();
    if (!child) {
        execv(argv[1], argv + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    wait4(child, &status, 0, &usage);
    long long ended = now_ns();
    struct timeval user = usage.ru_utime, system = usage.ru_stime;
    printf("%lld %ld %ld\n", ended - began, (user.tv_sec + system.tv_sec) * 1000000L + user.tv_usec + system.tv_usec,
           usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

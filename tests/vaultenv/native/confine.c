/* confine REPORT ROOT UID [NAME=VALUE...] -- PROGRAM [ARGUMENT...]
   Runs PROGRAM as a strict container would: chroot to ROOT mounted read-only, no /proc, that user without any
   capability, no_new_privs, system calls refused, exactly this environment. Its peak of resident memory in KiB is
   written to the descriptor REPORT. */
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int done, const char *what)
{
    if (!done) {
        perror(what);
        _exit(99);
    }
}

static void enter(const char *root)
{
    need(!unshare(CLONE_NEWNS), "unshare");
    need(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
    need(!mount(root, root, NULL, MS_BIND, NULL), "bind");
    need(!mount(NULL, root, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL), "read-only");
    need(!chroot(root) && !chdir("/"), "chroot");
}

/* Some of what containerd's RuntimeDefault profile refuses. */
static const int refused[] = {SYS_add_key,  SYS_bpf,          SYS_io_uring_setup, SYS_keyctl,      SYS_mount,
                              SYS_ptrace,   SYS_perf_event_open, SYS_personality, SYS_setns,       SYS_unshare,
                              SYS_userfaultfd, SYS_process_vm_readv, SYS_memfd_secret, SYS_move_pages};
enum { REFUSED = sizeof refused / sizeof *refused };

static void filter_system_calls(void)
{
    struct sock_filter program[2 * REFUSED + 2], *next = program;
    *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < REFUSED; i++) {
        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i], 0, 1);
        *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {next - program, program};
    need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    need(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "seccomp");
}

static void become(unsigned user)
{
    need(!setgroups(0, NULL) && !setresgid(user, user, user) && !setresuid(user, user, user), "user");
}

int main(int argc, char **argv)
{
    int report = argc > 4 ? atoi(argv[1]) : -1, dashes = 4;
    while (dashes < argc && strcmp(argv[dashes], "--"))
        dashes++;
    if (dashes + 1 >= argc)
        return 99;
    argv[dashes] = NULL;
    pid_t child = fork();
    if (!child) {
        close(report);
        enter(argv[2]);
        become(strtoul(argv[3], NULL, 10));
        filter_system_calls();
        execve(argv[dashes + 1], argv + dashes + 1, argv + 4);
        need(0, argv[dashes + 1]);
    }
    int status;
    struct rusage usage;
    need(wait4(child, &status, 0, &usage) == child, "wait");
    dprintf(report, "%ld", usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

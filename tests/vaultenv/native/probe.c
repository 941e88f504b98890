/* Writes what it was started with, as a Python literal. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void list(const char *name, char **texts)
{
    printf("'%s': [", name);
    for (; *texts; texts++) {
        printf("b'");
        for (const unsigned char *at = (const unsigned char *)*texts; *at; at++)
            printf("\\x%02x", *at);
        printf("', ");
    }
    printf("], ");
}

static int is_ignored(int number)
{
    struct sigaction action;
    return !sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN;
}

static int is_blocked(int number)
{
    sigset_t blocked;
    return !sigprocmask(SIG_BLOCK, NULL, &blocked) && sigismember(&blocked, number) == 1;
}

static int is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

static void numbers(const char *name, int (*holds)(int), int first, int end)
{
    printf("'%s': [", name);
    for (int number = first; number < end; number++)
        if (holds(number))
            printf("%d, ", number);
    printf("], ");
}

int main(int argc, char **argv)
{
    (void)argc;
    printf("{");
    list("argv", argv);
    list("environ", environ);
    numbers("ignored", is_ignored, 1, 65);
    numbers("blocked", is_blocked, 1, 65);
    numbers("descriptors", is_open, 0, 256);
    printf("'umask': %d, 'user': %u, 'process': %d, 'no_new_privs': %d}\n", umask(0), getuid(), getpid(),
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

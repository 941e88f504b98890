/* Prints the variables that its arguments name, and "terminated" when it gets SIGTERM. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

static void ask(int number) { asked = number; }

int main(int count, char **names)
{
    struct sigaction action = {.sa_handler = ask};
    sigset_t none, term;
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    sigaction(SIGTERM, &action, NULL);
    for (int i = 1; i < count; i++)
        printf("%s=%s\n", names[i], getenv(names[i]) ? getenv(names[i]) : "(not set)");
    fflush(stdout);
    while (!asked)
        sigsuspend(&none);
    puts("terminated");
    return 0;
}

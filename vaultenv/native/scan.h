/* Starts the program at once when its environment needs nothing from Vault. */
#ifndef VAULTENV_SCAN_H
#define VAULTENV_SCAN_H

#include <limits.h>
#include <stddef.h>

/* One of the launcher's own variables; generated from vaultenv/variables.py. */
struct variable {
    const char *name;
    int removed;                 /* the program does not get it */
    int may_refer;               /* its value may be a reference */
    int takes_words;             /* Python would do nothing else with any word either */
    const char *const *harmless; /* values with which Python would do nothing else; NULL: any printable ASCII text */
};
extern const struct variable variables[];
extern const size_t variable_count;

/* What to execute: the file, and the environment without the launcher's variables. */
struct start {
    char file[PATH_MAX];
    char **environment;
};

/* Whether `argv` and `entries` leave Python nothing to do but execute `found`; 0 in any doubt.
   The strings of `found->environment` are those of `entries`; the array is never freed. */
int scan(char **argv, char **entries, struct start *found);

#endif

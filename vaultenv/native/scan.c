#include "scan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char REFERENCE[] = "vault:"; /* no reference is without it: vaultenv/references/grammar.py */

static const struct variable *find_variable(const char *name, size_t length)
{
    for (size_t i = 0; i < variable_count; i++)
        if (!strncmp(variables[i].name, name, length) && !variables[i].name[length])
            return &variables[i];
    return NULL;
}

static int is_printable_ascii(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~') /* a char may be signed or not */
            return 0;
    return 1;
}

static int is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

static int is_word(const char *text)
{
    if (!is_letter_or_digit(*text))
        return 0;
    for (; *text; text++)
        if (!is_letter_or_digit(*text) && !strchr("-_.", *text))
            return 0;
    return 1;
}

static int is_harmless(const struct variable *variable, const char *value)
{
    if (!variable->harmless)
        return is_printable_ascii(value);
    for (const char *const *one = variable->harmless; *one; one++)
        if (!strcmp(*one, value))
            return 1;
    return variable->takes_words && is_word(value);
}

static int compare_names(const void *left, const void *right)
{
    const unsigned char *a = *(const unsigned char *const *)left, *b = *(const unsigned char *const *)right;
    for (; *a == *b && *a != '='; a++, b++)
        ;
    return (*a == '=' ? 0 : *a) - (*b == '=' ? 0 : *b);
}

/* Whether a name occurs twice; Python keeps the first. */
static int has_duplicates(char **entries, size_t count)
{
    char **sorted = malloc((count + 1) * sizeof *sorted);
    int found = !sorted;
    if (sorted) {
        memcpy(sorted, entries, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_names);
    }
    for (size_t i = 1; i < count && !found; i++)
        found = !compare_names(&sorted[i - 1], &sorted[i]);
    free(sorted);
    return found;
}

/* Fills `remaining` with the entries that the program gets and finds its PATH; 0 in doubt. */
static int keep(char **entries, char **remaining, const char **path)
{
    for (; *entries; entries++) {
        const char *value = strchr(*entries, '=');
        if (!value || value == *entries)
            return 0;
        size_t length = (size_t)(value++ - *entries);
        const struct variable *variable = find_variable(*entries, length);
        if ((!variable || variable->may_refer) && strstr(value, REFERENCE))
            return 0;
        if (variable && !is_harmless(variable, value))
            return 0;
        if (length == 4 && !memcmp(*entries, "PATH", 4))
            *path = value;
        if (!variable || !variable->removed)
            *remaining++ = *entries;
    }
    *remaining = NULL;
    return 1;
}

static int is_program(const char *file)
{
    struct stat status;
    return !stat(file, &status) && !S_ISDIR(status.st_mode) && !access(file, X_OK);
}

/* Writes `directory/word` without doubled slashes at the seam; 0 if it is too long. */
static int join(char *file, const char *directory, size_t length, const char *word)
{
    while (length && directory[length - 1] == '/')
        length--;
    if (length + 1 + strlen(word) >= PATH_MAX)
        return 0;
    memcpy(file, directory, length);
    file[length] = '/';
    strcpy(file + length + 1, word);
    return 1;
}

/* As vaultenv/process/program.py finds it; what is missing or forbidden is left to Python, which explains it. */
static int find_program(const char *word, const char *path, char *file)
{
    if (strchr(word, '/'))
        return strlen(word) < PATH_MAX && is_program(strcpy(file, word));
    while (path && *path) {
        size_t length = strcspn(path, ":");
        if (*path == '/') {
            if (!join(file, path, length, word))
                return 0;
            if (is_program(file))
                return 1;
        }
        path += length + (path[length] == ':');
    }
    return 0;
}

int scan(char **argv, char **entries, struct start *found)
{
    const char *path = NULL;
    size_t count = 0;
    if (!argv[0] || !argv[1] || !*argv[1] || *argv[1] == '-')
        return 0;
    while (entries[count])
        count++;
    found->environment = malloc((count + 1) * sizeof *found->environment);
    return found->environment && keep(entries, found->environment, &path) && !has_duplicates(entries, count) &&
           find_program(argv[1], path, found->file);
}

/* Imports of a start: Python's import system costs it a millisecond, so it waits until something is missing. */
#ifndef VAULTENV_IMPORTS_H
#define VAULTENV_IMPORTS_H

#include <Python.h>

/* Modules that are loaded together as soon as `root` is imported. The last row has no root. */
struct module_group {
    const char *root, *modules;
    Py_ssize_t size;
};

#ifdef WITHOUT_IMPORTS
enum { HAS_IMPORT_SYSTEM = 1 };
static inline int load_first_modules(void)
{
    return 1;
}
static inline int install_import_system(void)
{
    return 1;
}
#else
enum { HAS_IMPORT_SYSTEM = 0 };

/* Loads what nearly every start needs into an interpreter without import system; 0 with an exception. */
int load_first_modules(void);

/* Brings the import system, if it is not there yet; 0 with an exception. Imports of what is not loaded call it. */
int install_import_system(void);
#endif

#endif

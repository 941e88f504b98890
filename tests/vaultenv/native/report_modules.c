/* Linked in with --wrap=execve: in the place of the program, the names of all loaded modules. */
#include <Python.h>
#include <stdio.h>
#include <unistd.h>

int __wrap_execve(const char *file, char *const *argv, char *const *environment)
{
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    (void)file, (void)argv, (void)environment;
    for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &name, &module);)
        dprintf(STDOUT_FILENO, "%s\n", PyUnicode_AsUTF8(name));
    _exit(0);
}

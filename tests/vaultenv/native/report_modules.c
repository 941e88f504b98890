/* Linked in with --wrap=execve and --wrap=_exit: in the place of the program, and at the end of an agent, the names of
   all loaded modules. */
#include <Python.h>
#include <stdio.h>
#include <unistd.h>

void __real__exit(int status);

void __wrap__exit(int status)
{
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &name, &module);)
        dprintf(STDOUT_FILENO, "%s\n", PyUnicode_AsUTF8(name));
    __real__exit(status);
}

int __wrap_execve(const char *file, char *const *argv, char *const *environment)
{
    (void)file, (void)argv, (void)environment;
    __wrap__exit(0);
    return 0;
}

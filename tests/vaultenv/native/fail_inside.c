/* Linked in with --wrap=PyImport_ImportFrozenModule: a mistake of the launcher's own, with a secret in its message. */
#include <Python.h>

int __wrap_PyImport_ImportFrozenModule(const char *name)
{
    (void)name;
    PyRun_SimpleString("def mistake():\n    raise ValueError('a secret')\n");
    PyObject *module = PyImport_AddModule("__main__");
    return module && PyObject_CallMethod(module, "mistake", NULL) ? 1 : -1;
}

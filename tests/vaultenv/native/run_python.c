/* Linked in with --wrap=execve: in the place of the program, the Python code that is its first argument. */
#include <Python.h>
#include <unistd.h>

int __wrap_execve(const char *file, char *const *argv, char *const *environment)
{
    PyObject *names = PyDict_New(), *done = NULL;
    (void)file, (void)environment;
    if (names && !PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()))
        done = PyRun_String(argv[1], Py_file_input, names, names);
    if (!done)
        PyErr_Print();
    _exit(!done);
}

/* Linked in with --wrap=PyEval_EvalCode: as the first module is loaded, a mistake with a secret in its message. */
#include <Python.h>

PyObject *__real_PyEval_EvalCode(PyObject *code, PyObject *globals, PyObject *locals);

PyObject *__wrap_PyEval_EvalCode(PyObject *code, PyObject *globals, PyObject *locals)
{
    static int calls;
    if (calls++)
        return __real_PyEval_EvalCode(code, globals, locals);
    PyRun_SimpleString("def mistake():\n    raise ValueError('a secret')\n");
    return PyObject_CallMethod(PyImport_AddModule("__main__"), "mistake", NULL);
}

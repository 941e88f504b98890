#define Py_BUILD_CORE /* for the start of the import system; the interpreter's version is pinned */
#include "imports.h"

#include <internal/pycore_import.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_namespace.h>
#include <internal/pycore_pystate.h>
#include <marshal.h>

extern const char first_modules[];
extern const Py_ssize_t first_modules_size;
extern const struct module_group later_groups[];
extern struct _frozen frozen_modules[];

static const char *const first_builtins[] = {"posix", "time", "_json", "_sha2", "_socket", "_ssl"};
static const char *const later_builtins[] = {"_vaultenv_native", "binascii", NULL};

static PyObject *usual_import;

/* Takes modules that are loaded out of the table: the import system is made for modules that it has loaded itself. */
static void take_out_loaded(void)
{
    for (struct _frozen *row = frozen_modules; row->name; row++)
        if (PyDict_GetItemString(PyImport_GetModuleDict(), row->name))
            row->name = "";
}

int install_import_system(void)
{
    PyThreadState *thread = PyThreadState_Get();
    if (!usual_import)
        return 1;
    take_out_loaded();
    if (PyDict_SetItemString(PyEval_GetBuiltins(), "__import__", usual_import))
        return 0;
    Py_CLEAR(usual_import);
    PyStatus status = _PyImport_InitCore(thread, PyImport_AddModule("sys"), 1);
    if (PyStatus_Exception(status))
        PyErr_SetString(PyExc_ImportError, status.err_msg);
    else
        thread->interp->config._install_importlib = 1; /* read as the interpreter is completed */
    return !PyStatus_Exception(status);
}

/* Whether a module is loaded and nothing but its attributes is asked for. */
static int is_loaded(PyObject *name, PyObject *from, int level)
{
    PyObject *module = level ? NULL : PyImport_GetModule(name);
    int loaded = module && (from == Py_None || !PyObject_HasAttrString(module, "__path__"));
    Py_XDECREF(module);
    return loaded;
}

/* What a module finds among its variables; `__path__` makes it a package. */
static int prepare(PyObject *variables, int is_package)
{
    if (PyDict_SetItemString(variables, "__builtins__", PyEval_GetBuiltins()))
        return 0;
    if (!is_package)
        return 1;
    PyObject *path = PyList_New(0);
    int prepared = path && !PyDict_SetItemString(variables, "__path__", path);
    Py_XDECREF(path);
    return prepared;
}

static int load_module(PyObject *name, int is_package, PyObject *code)
{
    PyObject *module = PyImport_AddModuleObject(name), *done = NULL;
    PyObject *variables = module ? PyModule_GetDict(module) : NULL;
    if (variables && prepare(variables, is_package))
        done = PyEval_EvalCode(code, variables, variables);
    Py_XDECREF(done);
    return done != NULL;
}

/* Loads those of the marshalled modules that are not loaded yet, in their order. */
static int load_modules(const char *marshalled, Py_ssize_t size)
{
    PyObject *modules = PyMarshal_ReadObjectFromString(marshalled, size), *name, *code;
    int loaded = modules != NULL, is_package;
    for (Py_ssize_t i = 0; loaded && i < PyTuple_GET_SIZE(modules); i++) {
        loaded = PyArg_ParseTuple(PyTuple_GET_ITEM(modules, i), "UpO", &name, &is_package, &code);
        PyObject *module = loaded ? PyImport_GetModule(name) : NULL;
        if (loaded && !module)
            loaded = load_module(name, is_package, code);
        Py_XDECREF(module);
    }
    Py_XDECREF(modules);
    return loaded;
}

/* Loads the group that a module is the root of, if there is one. */
static int load_group_of(PyObject *name)
{
    const struct module_group *group = later_groups;
    while (group->root && PyUnicode_CompareWithASCIIString(name, group->root))
        group++;
    return !group->root || load_modules(group->modules, group->size);
}

static PyModuleDef *definition_of(const char *name)
{
    for (const struct _inittab *row = PyImport_Inittab; row->name; row++)
        if (!strcmp(row->name, name))
            return (PyModuleDef *)row->initfunc();
    PyErr_Format(PyExc_ImportError, "no built-in module %s", name);
    return NULL;
}

static int load_builtin(const char *name)
{
    PyModuleDef *definition = definition_of(name);
    PyObject *facts = definition ? Py_BuildValue("{ss}", "name", name) : NULL;
    PyObject *spec = facts ? _PyNamespace_New(facts) : NULL;
    PyObject *module = spec ? PyModule_FromDefAndSpec(definition, spec) : NULL;
    int loaded = module && !PyDict_SetItemString(PyImport_GetModuleDict(), name, module) &&
                 !PyModule_ExecDef(module, definition);
    Py_XDECREF(facts);
    Py_XDECREF(spec);
    Py_XDECREF(module);
    return loaded;
}

/* Loads a built-in module that some starts need, if it is one. */
static int load_later_builtin(PyObject *name)
{
    const char *const *builtin = later_builtins;
    while (*builtin && PyUnicode_CompareWithASCIIString(name, *builtin))
        builtin++;
    return !*builtin || load_builtin(*builtin);
}

static PyObject *import(PyObject *self, PyObject *arguments)
{
    PyObject *name, *globals, *locals, *from;
    int level;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "UOOOi", &name, &globals, &locals, &from, &level))
        return NULL;
    if (!is_loaded(name, from, level) && !(load_group_of(name) && load_later_builtin(name)))
        return NULL;
    if (!is_loaded(name, from, level) && !install_import_system())
        return NULL;
    return PyImport_ImportModuleLevelObject(name, globals, locals, from, level);
}

static PyMethodDef import_method = {"__import__", import, METH_VARARGS, NULL};

static int replace_import(void)
{
    PyObject *builtins = PyEval_GetBuiltins(), *ours = PyCFunction_New(&import_method, NULL);
    usual_import = Py_XNewRef(PyDict_GetItemString(builtins, "__import__"));
    int replaced = ours && usual_import && !PyDict_SetItemString(builtins, "__import__", ours);
    Py_XDECREF(ours);
    return replaced;
}

int load_first_modules(void)
{
    int loaded = replace_import();
    for (size_t i = 0; loaded && i < sizeof first_builtins / sizeof *first_builtins; i++)
        loaded = load_builtin(first_builtins[i]);
    return loaded && load_modules(first_modules, first_modules_size);
}

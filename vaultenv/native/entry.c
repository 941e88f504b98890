/* The entry of the static executable: the scan, then CPython with nothing of the application's environment. */
#define Py_BUILD_CORE /* for gc.enabled; the interpreter's version is pinned */
#include <Python.h>
#include <elf.h>
#include <internal/pycore_runtime.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "imports.h"
#include "scan.h"

extern PyStatus _Py_InitializeMain(void); /* private: the interpreter's version is pinned */
extern struct _frozen frozen_modules[];
extern char **environ;

enum { INTERNAL_ERROR = 1 };

static char **application_environment;

/* The application's variables are not for OpenSSL, the allocator and the C library: they see none. This runs before
   any other initialiser, of which mimalloc's would read MIMALLOC_*. */
__attribute__((constructor(101))) static void take_environment(void)
{
    static char *none[] = {NULL};
    application_environment = environ;
    environ = none;
}

/* A standard stream that is closed must not become a connection, into which log lines would go. */
static void occupy_closed_streams(void)
{
    int descriptor;
    do
        descriptor = epoll_create1(EPOLL_CLOEXEC);
    while (0 <= descriptor && descriptor <= STDERR_FILENO);
    if (descriptor >= 0)
        close(descriptor);
}

static void end(int number)
{
    _exit(128 + number);
}

/* The kernel drops signals to process 1 that have no handler: a pod that waits for Vault could not be stopped. Executing
   the program takes the handlers away; the daemon and the agent hold these signals and wait for them. */
static void end_by_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction found, ending = {.sa_handler = end};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!sigaction(numbers[i], NULL, &found) && found.sa_handler == SIG_DFL)
            sigaction(numbers[i], &ending, NULL);
}

static void go_on(int number)
{
    (void)number;
}

/* A lost connection is an error of the exchange, not the end of this process; this handler goes with the execution too. */
static void survive_lost_connections(void)
{
    struct sigaction found, surviving = {.sa_handler = go_on};
    if (!sigaction(SIGPIPE, NULL, &found) && found.sa_handler == SIG_DFL)
        sigaction(SIGPIPE, &surviving, NULL);
}

static PyObject *complete(PyObject *module, PyObject *unused)
{
    static int completed;
    (void)module, (void)unused;
    if (completed)
        Py_RETURN_NONE;
    if (!install_import_system())
        return NULL;
    PyStatus status = _Py_InitializeMain();
    if (PyStatus_Exception(status))
        return PyErr_Format(PyExc_RuntimeError, "the interpreter cannot be completed: %s", status.err_msg);
    completed = 1;
    Py_RETURN_NONE;
}

/* The code and constants of the executable are in the page cache too: those that only the start needed leave this
   process, the others come back when they are used. */
static PyObject *release(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)getauxval(AT_PHDR);
    for (const Elf64_Phdr *end = segment + getauxval(AT_PHNUM); segment < end; segment++) {
        size_t offset = segment->p_vaddr % getauxval(AT_PAGESZ);
        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
            madvise((void *)(segment->p_vaddr - offset), segment->p_memsz + offset, MADV_DONTNEED);
    }
    Py_RETURN_NONE;
}

/* The module for signals belongs to the complete interpreter; an agent that may end before that holds them by this. */
static PyObject *hold_signals(PyObject *module, PyObject *unused)
{
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM};
    sigset_t held;
    (void)module, (void)unused;
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&held, numbers[i]);
    sigprocmask(SIG_BLOCK, &held, NULL);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"complete", complete, METH_NOARGS, "Make the rest of Python usable: signals, threads, codecs, files."},
    {"hold_signals", hold_signals, METH_NOARGS, "Block SIGCHLD, SIGHUP, SIGINT and SIGTERM."},
    {"release", release, METH_NOARGS, "Give back memory that only the start needed."},
    {NULL},
};
static struct PyModuleDef native = {PyModuleDef_HEAD_INIT, .m_name = "_vaultenv_native", .m_methods = methods};

static PyObject *make_native(void)
{
    return PyModuleDef_Init(&native);
}

static void check(PyStatus status)
{
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
}

/* Python reads no file, no variable and no locale, and leaves signals, standard streams and limits alone. */
static void start_python(void)
{
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    before.allocator = PYMEM_ALLOCATOR_MIMALLOC;
    check(Py_PreInitialize(&before));
    use_arenas();
    OPENSSL_init_ssl(OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                         OPENSSL_INIT_NO_LOAD_SSL_STRINGS, NULL);

    PyImport_FrozenModules = frozen_modules;
    PyImport_AppendInittab("_vaultenv_native", make_native);
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config._init_main = 0; /* the launcher works without codecs, files and sys.path; complete() brings the rest */
    config._install_importlib = HAS_IMPORT_SYSTEM;
    config.install_signal_handlers = 0;
    config.module_search_paths_set = 1;
    config.pathconfig_warnings = 0;
    config.site_import = 0;
    config.use_frozen_modules = 1;
    config.write_bytecode = 0;
    wchar_t **places[] = {&config.home, &config.prefix, &config.exec_prefix, &config.base_prefix,
                          &config.base_exec_prefix, &config.executable, &config.base_executable,
                          &config.stdlib_dir, &config.platlibdir};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        check(PyConfig_SetString(&config, places[i], L""));
    _PyRuntime._main_interpreter.gc.enabled = 0; /* nothing is worth collecting before the program starts */
    check(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
}

/* The words of the command line; the first is the file that was executed, whatever argv[0] says. */
static PyObject *words(int argc, char **argv)
{
    const char *itself = (const char *)getauxval(AT_EXECFN);
    PyObject *list = PyList_New(argc);
    for (int i = 0; list && i < argc; i++) {
        PyObject *word = PyBytes_FromString(i || !itself ? argv[i] : itself);
        if (!word)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, word);
    }
    return list;
}

static int add_variable(PyObject *variables, const char *name, const char *equals)
{
    PyObject *key = PyBytes_FromStringAndSize(name, equals - name);
    PyObject *value = PyBytes_FromString(equals + 1);
    int added = key && value && PyDict_SetDefault(variables, key, value); /* of doubles, the first */
    Py_XDECREF(key);
    Py_XDECREF(value);
    return added;
}

static PyObject *environment(char **entry)
{
    PyObject *variables = PyDict_New();
    for (; variables && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals && !add_variable(variables, *entry, equals))
            Py_CLEAR(variables);
    }
    return variables;
}

/* A mistake of ours: its kind and place only, as a message could hold a secret. */
static int report_internal_error(void)
{
    PyObject *error = PyErr_GetRaisedException();
    PyTracebackObject *place = (PyTracebackObject *)PyException_GetTraceback(error);
    while (place && place->tb_next)
        place = place->tb_next;
    PyCodeObject *code = place ? PyFrame_GetCode(place->tb_frame) : NULL;
    const char *file = code ? PyUnicode_AsUTF8(code->co_filename) : NULL;
    int line = code ? PyCode_Addr2Line(code, PyFrame_GetLasti(place->tb_frame)) : 0;
    dprintf(STDERR_FILENO, "level=ERROR msg=\"internal error: %s in %s, line %d: please report it\" app=vault-env\n",
            Py_TYPE(error)->tp_name, file ? file : "C", line);
    return INTERNAL_ERROR;
}

static int run(int argc, char **argv)
{
    PyObject *launch = load_first_modules() ? PyImport_ImportModule("vaultenv.start.launch") : NULL;
    PyObject *status = NULL;
    if (launch)
        status = PyObject_CallMethod(launch, "run", "NN", words(argc, argv), environment(application_environment));
    long number = status ? PyLong_AsLong(status) : -1;
    return number == -1 && PyErr_Occurred() ? report_internal_error() : (int)number;
}

int main(int argc, char **argv)
{
    struct start program;
    if (scan(argv, application_environment, &program))
        execve(program.file, argv + 1, program.environment);
    occupy_closed_streams();
    survive_lost_connections();
    if (getpid() == 1)
        end_by_signals();
    start_python();
    _exit(run(argc, argv));
}

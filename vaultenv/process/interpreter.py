"""The static executable's interpreter: the parts of Python that a start leaves out, and the release of memory."""


def complete() -> None:
    """Make signals, threads and imports by path usable; a stock interpreter has them already."""
    try:
        from _vaultenv_native import complete as complete_interpreter
    except ImportError:
        return
    complete_interpreter()
    from vaultenv.basics.signals import SIG_IGN, SIGPIPE, SIGXFSZ, signal

    # As a stock interpreter does: a program that hangs up must not end this process.
    for number in (SIGPIPE, SIGXFSZ):
        signal(number, SIG_IGN)


def hold_signals() -> None:
    """Block SIGCHLD, SIGHUP, SIGINT and SIGTERM, also before `complete`."""
    try:
        from _vaultenv_native import hold_signals as hold
    except ImportError:
        from vaultenv.basics.signals import SIG_SETMASK, SIGCHLD, SIGHUP, SIGINT, SIGTERM, pthread_sigmask

        pthread_sigmask(SIG_SETMASK, (SIGCHLD, SIGHUP, SIGINT, SIGTERM))
    else:
        hold()


def release() -> None:
    """Release memory that only the start needed, before a long run; does nothing in a stock interpreter."""
    try:
        from _vaultenv_native import release as release_memory
    except ImportError:
        return
    release_memory()

"""The static executable's interpreter: the rest of Python, which a start leaves out, and memory for a long life."""


def complete() -> None:
    """Make signals, threads and imports by path usable; a stock interpreter has them already."""
    try:
        from _vaultenv_native import complete as complete_interpreter
    except ImportError:
        return
    complete_interpreter()


def release() -> None:
    """Give back memory that only the start needed, before a long life; a stock interpreter keeps it."""
    try:
        from _vaultenv_native import release as release_memory
    except ImportError:
        return
    release_memory()

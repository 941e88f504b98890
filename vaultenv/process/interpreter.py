"""The rest of Python, which the static executable leaves out of its start."""


def complete() -> None:
    """Make signals, threads and imports by path usable; a stock interpreter has them already."""
    try:
        from _vaultenv_native import complete as complete_interpreter
    except ImportError:
        return
    complete_interpreter()

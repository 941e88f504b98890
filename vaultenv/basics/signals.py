"""Signals by the C module `_signal`: the standard library's `signal` adds enumerations, whose creation takes long."""

import _signal
from _signal import NSIG as NSIG
from _signal import SIG_IGN as SIG_IGN
from _signal import SIG_SETMASK as SIG_SETMASK
from _signal import SIGCHLD as SIGCHLD
from _signal import SIGHUP as SIGHUP
from _signal import SIGINT as SIGINT
from _signal import SIGKILL as SIGKILL
from _signal import SIGPIPE as SIGPIPE
from _signal import SIGQUIT as SIGQUIT
from _signal import SIGRTMIN as SIGRTMIN
from _signal import SIGSTOP as SIGSTOP
from _signal import SIGTERM as SIGTERM
from _signal import SIGXFSZ as SIGXFSZ
from _signal import pthread_sigmask as pthread_sigmask
from _signal import signal as signal
from _signal import sigtimedwait as sigtimedwait
from _signal import valid_signals as valid_signals


def number_of(name: str) -> int:
    """Return the number of the signal with this name, e.g. SIGHUP, or 0."""
    number = getattr(_signal, name, None)
    is_name = name.startswith("SIG") and not name.startswith("SIG_")
    return int(number) if is_name and isinstance(number, int) else 0

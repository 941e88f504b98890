"""The end of a server's process by a signal."""

import signal
import threading


def ending_event() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ending.set())
    return ending

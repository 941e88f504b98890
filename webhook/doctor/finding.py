"""Findings of the doctor: a check, how it went, and what to do. Pure."""

from enum import Enum
from typing import NamedTuple

ASK = "ask as an administrator of the cluster"
"""The remedy where the person who asks lacks a right."""


class State(Enum):
    """How a check went; the value is its word in the report."""

    OK = "ok"
    WRONG = "WRONG"
    WARNING = "warning"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """What a check found, and the remedy. `check` begins with the number of the manual's error, if it is one of the six."""

    check: str
    state: State
    text: str
    remedy: str = ""


def ok(check: str, text: str) -> Finding:
    """Return that the check found nothing wrong."""
    return Finding(check, State.OK, text)


def wrong(check: str, text: str, remedy: str) -> Finding:
    """Return that the check found something to mend."""
    return Finding(check, State.WRONG, text, remedy)


def unknown(check: str, text: str, remedy: str = "") -> Finding:
    """Return that the check could not be made."""
    return Finding(check, State.UNKNOWN, text, remedy)

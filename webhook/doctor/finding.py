"""Findings of the doctor: a check, its state, and the remedy. Pure."""

from enum import Enum
from typing import NamedTuple

ASK = "ask as an administrator of the cluster"
"""The remedy where the person who asks lacks a right."""


class State(Enum):
    """The state of a check; the value is its word in the report."""

    OK = "ok"
    WRONG = "WRONG"
    WARNING = "warning"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """The result of a check, and the remedy.

    `check` begins with the number of the error in the manual, for one of the six.
    """

    check: str
    state: State
    text: str
    remedy: str = ""


def ok(check: str, text: str) -> Finding:
    """Return the finding of a check without a problem."""
    return Finding(check, State.OK, text)


def wrong(check: str, text: str, remedy: str) -> Finding:
    """Return the finding of a check with a problem to correct."""
    return Finding(check, State.WRONG, text, remedy)


def unknown(check: str, text: str, remedy: str = "") -> Finding:
    """Return the finding of a check that could not be made."""
    return Finding(check, State.UNKNOWN, text, remedy)

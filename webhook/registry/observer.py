"""Who counts what became of look-ups."""

from typing import Protocol

REMEMBERED = "remembered"
"""Answered from memory, without the registry."""
CONFIRMED = "confirmed"
"""The registry was asked whether it is still so, and said yes."""
SHARED = "shared"
"""Another thread was asking the same."""
READ = "read"
"""Read from the registry."""


class Observer(Protocol):
    """Counts one outcome a look-up: one of the words above, or a `Kind` of failure in lower case."""

    def image_lookup(self, outcome: str) -> None: ...


class Unobserved:
    """Counts nothing."""

    def image_lookup(self, outcome: str) -> None:
        """Do nothing."""

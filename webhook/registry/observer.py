"""Observers of image look-ups, which count their outcomes."""

from typing import Protocol

REMEMBERED = "remembered"
"""Answered from the cache, without the registry."""
CONFIRMED = "confirmed"
"""Answered from the cache, after the registry confirmed the digest."""
SHARED = "shared"
"""Fetched by another thread at the same time."""
READ = "read"
"""Read from the registry."""


class Observer(Protocol):
    """Counts one outcome per look-up: one of the words above, or a `Kind` of failure in lower case."""

    def image_lookup(self, outcome: str) -> None: ...


class Unobserved:
    """Counts nothing."""

    def image_lookup(self, outcome: str) -> None:
        """Do nothing."""

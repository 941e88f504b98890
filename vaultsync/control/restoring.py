"""Restoring: how soon a Secret is looked at that somebody has changed.

Where another controller writes the same Secret, each of the two would undo the other's writes within a second, without an
end: credentials would be issued, and workloads rolled, each time.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from vaultkube.lru import LRUDict
from vaultkube.sync_resources.references import Reference

_FIRST_S, _LONGEST_S = 0.5, 60.0
_QUIET_S = 2 * _LONGEST_S
"""A Secret that was left alone for so long is restored as soon as the first time."""
_MOST = 10_000


class _Restored(NamedTuple):
    due_at: float
    pause_s: float


class Pauses:
    """Pauses before the next restoring of each Secret: half a second, doubled each time up to a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: LRUDict[Reference, _Restored] = LRUDict(_MOST)

    def next_s(self, secret: Reference) -> float:
        """Return the seconds until a Secret that was changed now is looked at: with one that is due already, those until then."""
        now = self._clock()
        last = self._last.get(secret, _Restored(-_QUIET_S, 0.0))
        if now >= last.due_at:
            is_quiet = now - last.due_at >= _QUIET_S
            pause_s = _FIRST_S if is_quiet else min(2 * last.pause_s, _LONGEST_S)
            last = _Restored(now + pause_s, pause_s)
        self._last[secret] = last
        return last.due_at - now

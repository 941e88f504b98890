"""The answers of Vault that are kept between the mounts of a pod, and how long. Pure.

A mount is repeated every minute or so. What Vault stores is read each time, so that a new value arrives. What Vault issues,
a lease, a certificate, a secret id, would be another one each time; it is kept, and asked for again near its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vaultenv.basics.jsontext import dumps
from vaultenv.renewal.schedule import (
    EXPIRING,
    LEASED,
    NEVER,
    STATIC,
    Held,
    Pace,
    Terms,
    granted,
    stale,
    terms_of,
)

AHEAD_S = 120.0
"""The next mount may come so much later: the poll interval of the driver. What ends before it is asked for now."""
_PACE = Pace(0.0)
_READS = ("GET", "LIST")


@dataclass(frozen=True)
class IssuedAnswer:
    """An answer that Vault has issued for one pod, as JSON, which is shorter than what it is read to, with its schedule.

    `failures` is how many of the last renewals failed in a row.
    """

    body: bytes = field(repr=False)
    held: Held
    failures: int = 0

    @property
    def ends_with_token(self) -> bool:
        """Whether it ends with the token that it was asked for with: a lease, and what a write has made."""
        return self.held.terms.kind != EXPIRING

    def is_replaced(self, now: float) -> bool:
        """Return whether a mount asks for another one: it is not renewed any more, and ends before the next mount."""
        if self.held.renewable:
            return stale(self.held, now)
        return now >= self.held.due_at or self.held.ends_at - now < AHEAD_S


def issued_answer(
    method: str, body: Mapping[str, Any], now: float, date_s: float, chance: float
) -> IssuedAnswer | None:
    """Return an answer to a request of this method as one that is kept; None for what is read at each mount.

    `now` is of a monotonic clock, `date_s` is the date in seconds since 1970, `chance` spreads ends (0 to 1). An answer to a
    write without an end of its own, such as a signed key, is kept for as long as its token.
    """
    terms = terms_of(body, date_s)
    if terms.kind in (LEASED, EXPIRING):
        return IssuedAnswer(dumps(body).encode(), granted(terms, _PACE, now, chance))
    if method not in _READS and terms.kind == STATIC:
        return IssuedAnswer(dumps(body).encode(), Held(Terms(), NEVER))
    return None

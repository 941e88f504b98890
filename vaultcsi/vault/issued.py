"""Answers of Vault that are cached between the mounts of a pod, and for how long. Pure.

A mount is repeated about every minute. Stored secrets are read each time, so that new values arrive. Issued ones (a lease,
a certificate, a secret id) would be different each time, so they are cached, and requested again near their end.
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
from vaultkube.provider_class.object_table import READS

AHEAD_S = 120.0
"""Seconds until the next mount at the latest: the poll interval of the driver. An answer that ends before it is replaced now."""
_PACE = Pace(0.0)


@dataclass(frozen=True)
class IssuedAnswer:
    """An answer issued for one pod, with its schedule; as JSON, which needs less memory than parsed values.

    `failures` is the number of the last renewals that failed in a row.
    """

    body: bytes = field(repr=False)
    held: Held
    failures: int = 0

    @property
    def ends_with_token(self) -> bool:
        """Whether the answer ends with the token of its request: true for a lease and for the result of a write."""
        return self.held.terms.kind != EXPIRING

    def is_replaced(self, now: float) -> bool:
        """Return whether a mount must request a new answer: this one is no longer renewed, and ends before the next mount."""
        if self.held.renewable:
            return stale(self.held, now)
        return now >= self.held.due_at or self.held.ends_at - now < AHEAD_S


def issued_answer(
    method: str, body: Mapping[str, Any], now: float, date_s: float, chance: float
) -> IssuedAnswer | None:
    """Return an issued answer to a request of this method; None for one to be read again at each mount.

    `now` is of a monotonic clock, `date_s` is the date in seconds since 1970, `chance` spreads ends (0 to 1). An answer to a
    write without an end of its own, such as a signed key, is cached for as long as its token.
    """
    terms = terms_of(body, date_s)
    if terms.kind in (LEASED, EXPIRING):
        return IssuedAnswer(dumps(body).encode(), granted(terms, _PACE, now, chance))
    if method not in READS and terms.kind == STATIC:
        return IssuedAnswer(dumps(body).encode(), Held(Terms(), NEVER))
    return None

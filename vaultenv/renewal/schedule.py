"""The schedule of secrets, as pure functions on frozen values: the validity of Vault's answers, and the times of actions.

Times are seconds of a monotonic clock that the caller reads, so that a change of the date has no effect; only an
expiration that Vault returns as a date is compared with the date, once, when the answer arrives. A `chance` is a number
from 0 up to 1 that spreads actions that many processes would do at the same moment.

The intervals follow consul-template (`leaseCheckWait` and `retryFunc` of
https://github.com/hashicorp/consul-template/tree/main), renewals Vault's client
(https://developer.hashicorp.com/vault/docs/concepts/lease).
"""

from __future__ import annotations

from vaultenv.basics.jsontext import Number
from vaultenv.basics.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    class Clock(Protocol):
        """The clocks and the chance that a process uses; tests have their own."""

        def monotonic(self) -> float:
            """Return the seconds of a clock that never jumps."""

        def date(self) -> float:
            """Return the seconds since 1970."""

        def chance(self) -> float:
            """Return a number from 0 up to 1."""


STATIC, LEASED, EXPIRING, ROTATED = "static", "leased", "expiring", "rotated"
"""Kinds of answers: without an end, with a lease, until a date of their own, until Vault rotates them."""
NEVER = float("inf")

RENEW_AT = 2 / 3
THRESHOLD = 0.90
SPREAD = 0.05
_SHRUNK = 1 / 3
_ROTATION_S = 1.0
_LATE_ROTATION_S = 7.0
"""The pause after a rotation by `rotation_schedule`: Vault may be five seconds late, and `ttl` counts to the next one meanwhile."""
_LEAST_S = 1.0
"""The shortest time between two requests for an answer with an end, also if the end has passed already."""

RETRIES = 12
"""The number of repetitions of a failed read before it counts as lost, about five minutes after the first failure."""
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 60.0
_LATER_PAUSE_S = 300.0


class Terms(Record):
    """The life of an answer from Vault: its kind, its seconds (0: not specified), and its lease."""

    __slots__ = ("kind", "lasts_s", "lease_id", "renewable")

    def __init__(
        self, kind: str = STATIC, lasts_s: float = 0.0, lease_id: str = "", renewable: bool = False
    ) -> None:
        self.kind = kind
        self.lasts_s = lasts_s
        self.lease_id = lease_id
        self.renewable = renewable


class Pace(Record):
    """The interval at which static secrets are read again (0: never), and the part of its life after which any other is."""

    __slots__ = ("interval_s", "threshold")

    def __init__(self, interval_s: float, threshold: float = THRESHOLD) -> None:
        self.interval_s = interval_s
        self.threshold = threshold


class Held(Record):
    """The schedule of an answer: its terms, the times of its next action and of its end, and its first grant.

    The action is a renewal if `renewable`, else another read. `first_s` is the length of the first grant.
    """

    __slots__ = ("due_at", "ends_at", "first_s", "renewable", "terms")

    def __init__(
        self,
        terms: Terms,
        due_at: float,
        ends_at: float = NEVER,
        first_s: float = 0.0,
        renewable: bool = False,
    ) -> None:
        self.terms = terms
        self.due_at = due_at
        self.ends_at = ends_at
        self.first_s = first_s
        self.renewable = renewable


def terms_of(body: Mapping[str, Any], now_s: float) -> Terms:
    """Return the terms of an answer, from the JSON object that Vault sent; `now_s` is the date, in seconds since 1970.

    A created token (`auth/token/create`) has its accessor as lease, and is created anew before its end.
    """
    auth = body.get("auth")
    if isinstance(auth, dict) and (token_s := number_in(auth.get("lease_duration"))):
        return Terms(LEASED, token_s, str(auth.get("accessor") or ""))
    return terms(
        str(body.get("lease_id") or ""),
        number_in(body.get("lease_duration")),
        body.get("renewable") is True,
        body.get("data"),
        now_s,
    )


def terms(lease_id: str, lease_s: float, renewable: bool, data: object, now_s: float) -> Terms:
    """Return the terms of a secret with this lease and these data; `now_s` is the date, in seconds since 1970.

    A lease time without a lease is from KV version 1: the time for which users may regard the value as current.
    """
    if lease_id:
        return Terms(LEASED, lease_s, lease_id, renewable)
    if lease_s:
        return Terms(STATIC, lease_s)
    fields = data if isinstance(data, dict) else {}
    if "certificate" in fields and (expiration_s := number_in(fields.get("expiration"))):
        return Terms(EXPIRING, max(0.0, expiration_s - now_s))
    if "secret_id" in fields and (ttl_s := number_in(fields.get("secret_id_ttl"))):
        return Terms(EXPIRING, ttl_s + _ROTATION_S)
    if is_rotated(fields):
        pause_s = _ROTATION_S if "rotation_period" in fields else _LATE_ROTATION_S
        return Terms(ROTATED, number_in(fields["ttl"]) + pause_s)
    return Terms()


def is_rotated(data: Mapping[str, Any]) -> bool:
    """Return whether the data are credentials of a static role, whose `ttl` is the time until Vault rotates them."""
    return "ttl" in data and ("rotation_period" in data or "rotation_schedule" in data)


def granted(terms: Terms, pace: Pace, now: float, chance: float) -> Held:
    """Return the schedule of an answer that has just arrived.

    Credentials that Vault rotates are read at the interval too: somebody may rotate them before their time.
    """
    if terms.kind == STATIC:
        return Held(terms, now + _static_s(terms, pace) * _factor(THRESHOLD, chance))
    ends_at = now + terms.lasts_s
    if terms.kind == ROTATED:
        early_at = now + (pace.interval_s or NEVER) * _factor(THRESHOLD, chance)
        return Held(terms, min(early_at, ends_at), ends_at, terms.lasts_s)
    part = RENEW_AT if terms.renewable else _factor(pace.threshold, chance)
    due_at = now + max(_LEAST_S, terms.lasts_s * part)
    return Held(terms, due_at, ends_at, terms.lasts_s, terms.renewable)


def until(held: Held, not_before: float, not_after: float, now: float, threshold: float) -> Held:
    """Return the schedule of a certificate, to be replaced after this part of its life; both dates are by the clock of `now`."""
    due_at = not_before + threshold * (not_after - not_before)
    return Held(held.terms, max(now + _LEAST_S, due_at), not_after, not_after - not_before)


def renewed(held: Held, lease_s: float, now: float) -> Held:
    """Return the schedule of an answer after a renewal for `lease_s` seconds.

    A renewal much shorter than the first grant is near the maximum TTL: the next action is another read.
    """
    ends_at = now + lease_s
    if lease_s <= held.first_s * _SHRUNK:
        return Held(held.terms, now + lease_s * THRESHOLD, ends_at, held.first_s)
    return Held(held.terms, now + lease_s * RENEW_AT, ends_at, held.first_s, renewable=True)


def ended(held: Held, now: float) -> Held:
    """Return the schedule of an answer that Vault does not renew: it is read again at once."""
    return Held(held.terms, now, held.ends_at, held.first_s)


def failed(held: Held, failures: int, now: float) -> Held:
    """Return the schedule of an answer after so many failures of its action in a row: a retry after a pause."""
    return Held(held.terms, now + pause_s(failures), held.ends_at, held.first_s, held.renewable)


def stale(held: Held, now: float) -> bool:
    """Return whether the end of the answer has passed, so that its content may no longer be valid."""
    return now >= held.ends_at


def pause_s(failures: int) -> float:
    """Return the pause after so many failures in a row: 0.25 s doubled to 32 s, a minute, and up to five after RETRIES."""
    if failures <= RETRIES:
        return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** (failures - 1))
    return min(_LATER_PAUSE_S, _LONGEST_PAUSE_S * 2.0 ** min(failures - RETRIES, 8))


def backoff_s(failures: int, least_s: float, most_s: float, chance: float) -> float:
    """Return the pause of a login after so many failures in a row: doubled each time, and up to a quarter shorter."""
    return float(min(most_s, least_s * 2.0 ** min(failures - 1, 32))) * (1 - chance / 4)


def _static_s(terms: Terms, pace: Pace) -> float:
    """Return the interval, or the lease time of KV version 1 if that is less; NEVER without an interval."""
    if not pace.interval_s:
        return NEVER
    return min(terms.lasts_s, pace.interval_s) if terms.lasts_s else pace.interval_s


def _factor(part: float, chance: float) -> float:
    """Return the part, spread to both sides within the life of the answer."""
    spread = part - SPREAD + 2 * SPREAD * chance
    return spread if 0 < spread < 1 else part


def number_in(value: object) -> float:
    """Return the number in an answer of Vault, 0.0 for anything else and for less."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return max(0.0, float(value))
    return float(value) if isinstance(value, Number) and value.isdigit() else 0.0

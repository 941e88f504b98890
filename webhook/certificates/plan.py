"""The next step for the certificate: pure, from the Secret's state, the CAs that the API server trusts, and the time.

A renewal takes three states, so that at each moment the API server trusts whatever a replica may serve:

    served: old            the new pair and its CA are made and stored; the webhook configuration gets both CAs
    served: old or new     API servers have seen both CAs: the new pair replaces the old one, replicas read it
    served: new            an hour later the old CA is removed

The key of each CA is discarded when it has signed its one certificate, so nobody can sign another.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from webhook.certificates.making import Certificate
from webhook.certificates.state import Pair, State, read_pair, signers, valid
from webhook.config.path_segments import is_segment

_DUE = 1 / 3
"""The share of the lifetime that is left when a certificate is renewed."""


@dataclass(frozen=True)
class Wanted:
    """The certificate that is needed: its names, and its lifetime in seconds."""

    hosts: tuple[str, ...]
    lifetime_s: float


@dataclass(frozen=True)
class Registered:
    """The present webhook configuration: the CAs that all its webhooks trust, and the segment of their path, if any."""

    trusted: tuple[bytes, ...] = ()
    segment: str = ""


def next_state(
    state: State,
    registered: Registered,
    wanted: Wanted,
    now: float,
    make: Callable[[], Certificate],
    *,
    settled: bool,
    overlapped: bool,
    reissue: bool,
) -> State:
    """Return the state to store; the same state if there is nothing to do. `now` is in seconds since 1970.

    `settled` is whether API servers have had the time to read the trusted CAs from the configuration, `overlapped`
    whether replicas have had the time to read the certificate that is served. `reissue` requests a new certificate
    before its time. `make` makes one.
    """
    state = with_segments(state, registered)
    current, following = state.current, state.following
    if following is not None and not (following.is_valid(now) and signers(state.trusted, following)):
        state, following = replace(state, following=None), None
    if current is None or current.not_after <= now:
        return _promoted(state) if following is not None else _begun(state, registered, now, make())
    if following is None:
        if reissue or _is_due(current, wanted, now) or not signers(state.trusted, current):
            made = make()
            present = (*state.trusted, *registered.trusted)
            return replace(state, following=_pair(made), trusted=valid((made.ca, *present), now))
        return replace(state, trusted=signers(state.trusted, current)) if overlapped else state
    if settled and registered.trusted and set(state.trusted) <= set(registered.trusted):
        return _promoted(state)
    return state


def with_segments(state: State, registered: Registered) -> State:
    """Return the state with two segments of the path: its own, else the one in the configuration, and new ones."""
    return replace(state, segments=full_segments(state.segments or _known(registered.segment)))


def full_segments(present: tuple[str, ...]) -> tuple[str, ...]:
    """Return the segments that replicas answer, with new ones up to two: the one in use, and the next one."""
    return (*present, *(_new_segment() for _ in range(2 - len(present))))


def next_segments(present: tuple[str, ...], *, rotate: bool) -> tuple[str, ...]:
    """Return the segments that replicas answer: first the one for the configuration, then the next one.

    With `rotate` the second becomes the first, as every replica knows it already. The old first one stays until the
    next change.
    """
    if rotate and len(present) >= 2:
        return present[1], _new_segment(), present[0]
    return full_segments(present)


def _begun(state: State, registered: Registered, now: float, made: Certificate) -> State:
    """Return a state that serves the new certificate at once, as there is none, or one that nobody trusts any more.

    The CAs of certificates that other replicas still serve stay trusted.
    """
    trusted = valid((made.ca, *state.trusted, *registered.trusted), now)
    return State(_pair(made), None, trusted, state.segments)


def _promoted(state: State) -> State:
    """Return the state that serves the following pair; the path changes to a segment that replicas know already."""
    return State(state.following, None, state.trusted, next_segments(state.segments, rotate=True))


def _is_due(pair: Pair, wanted: Wanted, now: float) -> bool:
    """Return whether another certificate is needed, also because a clock that was ahead has dated this one."""
    ends_soon = pair.not_after - now < wanted.lifetime_s * _DUE
    return ends_soon or not pair.is_valid(now) or not set(wanted.hosts) <= pair.names


def _pair(made: Certificate) -> Pair:
    return read_pair(made.chain, made.key)


def _known(segment: str) -> tuple[str, ...]:
    return (segment,) if is_segment(segment) else ()


def _new_segment() -> str:
    """Return a random segment in the form that the API server accepts in the path of a Service: an RFC 1123 name."""
    return secrets.token_hex(24)

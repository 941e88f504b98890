"""A cache of answers with a lease or a token, for programs that repeat a request; each is renewed until it ends
(https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent/caching).
"""

from __future__ import annotations

from _thread import allocate_lock

from vaultenv.basics.digest import sha256
from vaultenv.basics.jsontext import dumps
from vaultenv.client.answers import auth_of, body_of, cannot_answer
from vaultenv.renewal.schedule import (
    LEASED,
    NEVER,
    Pace,
    Terms,
    ended,
    failed,
    granted,
    number_in,
    renewed,
    stale,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable
    from typing import Any

    from vaultenv.agent.requests import Passed
    from vaultenv.client.http import Answer
    from vaultenv.renewal.schedule import Held

    Send = Callable[[str, str, str], Answer | None]

MOST = 500
_LARGEST = 64 << 10
_PACE = Pace(0.0)
_LEAVING = ("/v1/sys/leases/revoke", "/v1/sys/revoke", "/v1/auth/token/revoke")
_METHODS = ("GET", "POST", "PUT")


class Entry:
    """One answer, the token of its request, and its place in the schedule. Its repr shows no value."""

    __slots__ = ("answer", "created", "failures", "held", "token")

    def __init__(self, answer: Answer, token: str, created: str, held: Held) -> None:
        self.answer = answer
        self.token = token
        self.created = created
        self.held = held
        self.failures = 0


class Cache:
    """Holds at most MOST answers; further ones are not cached. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._entries: dict[bytes, Entry] = {}
        self._flights: dict[bytes, LockType] = {}

    def enter(self, request: Passed, longest_s: float) -> bool:
        """Return whether the caller is the first with this request, and must `leave`; others wait until then.

        So equal requests at the same time create only one lease.
        """
        if request.method not in _METHODS:
            return False
        with self._lock:
            flight = self._flights.get(_key(request))
            if flight is None:
                flight = self._flights[_key(request)] = allocate_lock()
                return flight.acquire()
        if flight.acquire(timeout=longest_s):
            flight.release()
        return False

    def leave(self, request: Passed) -> None:
        """Wake the threads that wait for the answer to this request."""
        with self._lock:
            self._flights.pop(_key(request)).release()

    def find(self, request: Passed, now: float) -> Answer | None:
        """Return the valid answer to the same request with the same token, or None."""
        with self._lock:
            entry = self._entries.get(_key(request))
            return entry.answer if entry and not stale(entry.held, now) else None

    def knows(self, token: str) -> bool:
        """Return whether a cached answer created the token."""
        with self._lock:
            return any(entry.created == token for entry in self._entries.values())

    def forget_revoked(self, request: Passed, answer: Answer) -> bool:
        """Remove all answers, of every token, if this request revoked a token or a lease; return whether it did."""
        if not request.target.startswith(_LEAVING) or answer.status >= 400:
            return False
        with self._lock:
            self._entries.clear()
        return True

    def take(self, request: Passed, answer: Answer, now: float) -> None:
        """Store the answer if it has a lease or a token."""
        if request.method not in _METHODS or answer.status != 200 or len(answer.body) > _LARGEST:
            return
        terms, created = _terms(body_of(answer.body))
        if terms is None:
            return
        with self._lock:
            self._drop_ended(now)
            if len(self._entries) < MOST:
                held = granted(terms, _PACE, now, 0.5)
                self._entries[_key(request)] = Entry(answer, request.token, created, held)

    def due_at(self) -> float:
        """Return the monotonic time of the next renewal."""
        with self._lock:
            return min([entry.held.due_at for entry in self._entries.values()], default=NEVER)

    def renew(self, send: Send, now: float) -> None:
        """Renew the due answers. `send` is called with a path, a body and a token, and returns the answer or None."""
        with self._lock:
            self._drop_ended(now)
            due = [entry for entry in self._entries.values() if entry.held.due_at <= now]
        for entry in due:
            self._renew(entry, send, now)

    def _renew(self, entry: Entry, send: Send, now: float) -> None:
        if not entry.held.renewable:
            entry.held = _until_its_end(entry.held)
            return
        if entry.created:
            answer = send("auth/token/renew-self", "{}", entry.created)
        else:
            answer = send("sys/leases/renew", dumps({"lease_id": entry.held.terms.lease_id}), entry.token)
        whole = body_of(answer.body) if answer else {}
        if answer is None or cannot_answer(answer.status) or not whole:  # or a page of a proxy
            entry.failures += 1
            entry.held = failed(entry.held, entry.failures, now)
            return
        entry.failures = 0
        lease_s = number_in((auth_of(whole) or whole).get("lease_duration"))
        if answer.status < 400 and lease_s:
            entry.held = renewed(entry.held, lease_s, now)
        else:
            entry.held = _until_its_end(ended(entry.held, now))

    def _drop_ended(self, now: float) -> None:
        for key in [key for key, entry in self._entries.items() if stale(entry.held, now)]:
            del self._entries[key]


def _until_its_end(held: Held) -> Held:
    """Return the schedule with the answer's end as its next action; the answer is served until then."""
    return type(held)(held.terms, held.ends_at, held.ends_at, held.first_s)


def _terms(body: dict[str, Any]) -> tuple[Terms | None, str]:
    """Return the terms of the lease or of the created token, and that token."""
    auth = auth_of(body)
    created = auth.get("client_token")
    if isinstance(created, str) and created:
        lease_s = number_in(auth.get("lease_duration"))
        return (Terms(LEASED, lease_s, "", auth.get("renewable") is True) if lease_s else None), created
    lease_id, lease_s = body.get("lease_id"), number_in(body.get("lease_duration"))
    if isinstance(lease_id, str) and lease_id and lease_s:
        return Terms(LEASED, lease_s, lease_id, body.get("renewable") is True), ""
    return None, ""


def _key(request: Passed) -> bytes:
    parts = [request.method, request.target, request.token, *sorted(map(":".join, request.fields.items()))]
    texts = [part.encode("latin-1", "replace") for part in parts] + [request.content]
    return bytes(sha256(b"".join(b"%d:%s" % (len(text), text) for text in texts)).digest())

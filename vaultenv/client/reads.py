"""Reads of secrets, repeated only if a second read has no further effect.

A read of a dynamic secret creates a lease each time. The look-up of a path's engine takes a round trip, so it is done
only if an answer was lost and the read would have to be repeated (`sys/internal/ui/mounts`, the request behind
`vault kv`).
"""

from __future__ import annotations

from vaultenv.client.answers import MOUNTS, body_of, data_of
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Answer, Request
from vaultenv.client.persistence import is_uncertain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaultenv.client.persistence import Outcome
    from vaultenv.client.wire import Wire

_READ = "/v1/"


class Reads:
    """An exchange for `Persistence.settle`: KV reads are pipelined, others use up to four connections."""

    __slots__ = ("_last", "_wire")

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._last: dict[int, Outcome] = {}

    def exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """Return the outcomes in order; an uncertain one is final unless Vault confirms that its path is KV."""
        final = {id(request): held for request in requests if (held := self._held(request)) is not None}
        fresh = [request for request in requests if id(request) not in final]
        outcomes = final | self._sent(fresh)
        self._last |= outcomes
        return [outcomes[id(request)] for request in requests]

    def _sent(self, requests: Sequence[Request]) -> dict[int, Outcome]:
        kv = [request for request in requests if "/data/" in request.target]
        others = [request for request in requests if "/data/" not in request.target]
        outcomes = dict(zip(map(id, kv), self._wire.pipelined(kv), strict=True))
        return outcomes | dict(zip(map(id, others), self._wire.spread(others), strict=True))

    def _held(self, request: Request) -> Outcome | None:
        """Return the final outcome of a request that must not be repeated; None if it may be repeated."""
        last = self._last.get(id(request))
        if last is None or not is_uncertain(last):
            return None
        engine = self._engine(request.target.removeprefix(_READ).partition("?")[0])
        if engine == "kv":
            return None
        if not engine:
            return last
        why = "not repeated, because that could make a second lease"
        return WireFailure(f"the answer of the {engine} engine was lost; {why}", sent=True, lasting=True)

    def _engine(self, target: str) -> str:
        """Return the type of the engine of an encoded path; "unknown" if Vault's answer has none, "" if Vault cannot
        answer yet.
        """
        outcome = self._wire.pipelined([Request("GET", f"/v1/{MOUNTS}/{target}")])[0]
        if not isinstance(outcome, Answer) or outcome.status >= 429:
            return ""
        return str(data_of(body_of(outcome.body)).get("type") or "unknown")

"""Requests of the listener to Vault, over its own connections, which the first request opens."""

from __future__ import annotations

from vaultenv.agent.requests import Passed
from vaultenv.basics.deadline import Deadline
from vaultenv.client.failures import WireFailure
from vaultenv.client.open import open_wire
from vaultenv.client.redirects import redirected
from vaultenv.errors import VaultEnvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.client.http import Answer
    from vaultenv.client.wire import Wire
    from vaultenv.settings import Settings

ANSWER_S = 60.0
"""The time limit for one answer."""
_MOST_REDIRECTS = 3


class NoAnswer(Exception):
    """Raised for a request without an answer of Vault; the message has the reason."""


class Upstream:
    """Sends one request after another, with the headers of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wire: Wire | None = None

    def answer(self, request: Passed) -> Answer:
        """Return the answer; redirects within Vault's own address are followed. Raises NoAnswer."""
        try:
            wire = self._wire or self._opened()
            wire.deadline = Deadline(ANSWER_S)
            return self._followed(wire, request)
        except (WireFailure, VaultEnvError) as error:
            raise NoAnswer(str(error)) from None

    def close(self) -> None:
        """Close the connections."""
        if self._wire:
            self._wire.close()

    def _opened(self) -> Wire:
        """Open the wire; it fails while a file of certificates is being replaced, so the next request tries again."""
        wire = self._wire = open_wire(self._settings, Deadline(ANSWER_S))
        wire.headers |= {name.lower(): value for name, value in self._settings.headers.items()}
        return wire

    def _followed(self, wire: Wire, request: Passed) -> Answer:
        answer = wire.one(request)
        for _ in range(_MOST_REDIRECTS):
            again = redirected(wire.address, request, answer)
            if again is None:
                break
            request = Passed(request.method, again.target, request.fields, request.content, request.is_last)
            answer = wire.one(request)
        return answer

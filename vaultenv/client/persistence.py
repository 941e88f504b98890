"""Repetition of requests that may be sent again, until the deadline."""

from __future__ import annotations

from vaultenv.basics.deadline import Backoff, Deadline
from vaultenv.client.answers import error_messages
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import Answer, Request
from vaultenv.errors import VaultUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaultenv.basics.log import Log

    Outcome = Answer | WireFailure
    Exchange = Callable[[Sequence[Request]], list[Outcome]]

# Answers to requests without an effect: precondition, rate limit, standby, sealed or starting.
_NOT_DONE = (412, 429, 472, 473, 503)
# Answers to requests that may have had an effect.
_UNCERTAIN = (500, 502, 504)


class Persistence:
    """Repeats requests until the deadline, or sends them only once if not patient; logs a line when Vault's state
    changes, not for each attempt.
    """

    __slots__ = ("_is_patient", "_log", "_state", "deadline")

    def __init__(self, deadline: Deadline, log: Log, is_patient: bool) -> None:
        self.deadline = deadline
        self._log = log
        self._is_patient = is_patient
        self._state = ""

    def settle(self, exchange: Exchange, requests: Sequence[Request], retries: int | None) -> list[Outcome]:
        """Return the last outcome of each request; repeat those that may be repeated, at most `retries` times."""
        outcomes = exchange(requests)
        backoff = Backoff(self.deadline)
        while self._is_patient and (
            again := [i for i, outcome in enumerate(outcomes) if repeats(requests[i], outcome)]
        ):
            self._report(_state(outcomes[again[0]]))
            if retries == 0 or not backoff.wait():
                return outcomes
            retries = None if retries is None else retries - 1
            fresh = exchange([requests[i] for i in again])
            for i, outcome in zip(again, fresh, strict=True):
                outcomes[i] = outcome
        if self._state:
            self._state = ""
            self._log.info("Vault answers again")
        return outcomes

    def made(self, make: Callable[[], Request]) -> Request:
        """Return the request that `make` returns; call it again, if that is to be done, while it raises VaultUnavailable."""
        backoff = Backoff(self.deadline)
        while True:
            try:
                return make()
            except VaultUnavailable as error:
                if not self._is_patient:
                    raise
                self._report(str(error))
                if not backoff.wait():
                    raise

    def _report(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._log.warn(f"waiting for Vault: {state}")


def repeats(request: Request, outcome: Outcome) -> bool:
    """Return whether a repetition of the request may help and cannot act twice."""
    if is_uncertain(outcome):
        return request.repeatable
    return not outcome.lasting if isinstance(outcome, WireFailure) else outcome.status in _NOT_DONE


def is_uncertain(outcome: Outcome) -> bool:
    """Return whether Vault may have executed the request although there is no answer."""
    if isinstance(outcome, WireFailure):
        return outcome.sent and not outcome.lasting
    return outcome.status in _UNCERTAIN


def _state(outcome: Outcome) -> str:
    if isinstance(outcome, WireFailure):
        return str(outcome)
    return f"Code: {outcome.status}. Errors: {error_messages(outcome.body) or 'none given'}"

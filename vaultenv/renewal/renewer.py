"""Renewal of secrets while the program runs: renews leases, reads secrets again, and reports changes."""

from __future__ import annotations

import time

from vaultenv.basics.deadline import Deadline
from vaultenv.basics.system import posix
from vaultenv.errors import (
    NotResolved,
    PermissionRefused,
    RequestRefused,
    TokenRefused,
    VaultEnvError,
    VaultUnavailable,
)
from vaultenv.references.cached_answers import Answer
from vaultenv.renewal.schedule import EXPIRING, NEVER, STATIC, Pace, Terms, ended, granted, terms
from vaultenv.renewal.token import Token, renewal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.references.cache import CachingReader, Question
    from vaultenv.references.secret import Secret
    from vaultenv.renewal.schedule import Held
    from vaultenv.settings import Settings

    Environ = dict[bytes, bytes]
    ReadAgain = Callable[[CachingReader, str], Environ]

_LONGEST_SLEEP_S = 3600.0
_AGAIN_S = 5.0
_ACTION_S = 20.0
"""The time limit for the renewals of a cycle, and for its reads."""
_BYTE = 256


class Renewer:
    """Renews the secrets of the program, in a thread of its own.

    `read_again` returns the program's environment from a reader and a token; `changed` is called with each new one.
    """

    def __init__(
        self,
        read_again: ReadAgain,
        vault: Vault,
        reader: CachingReader,
        environ: Environ,
        settings: Settings,
        log: Log,
        changed: Callable[[Environ], None],
    ) -> None:
        self._environ_from = read_again
        self._vault = vault
        self._reader = reader
        self._environ = environ
        self._settings = settings
        self._log = log
        self._changed = changed
        self._held: dict[Question, Held] = {}
        self._token = Token(vault, settings, log, time.monotonic())
        self._is_new_token = False
        self._is_refused = False
        self._failure = ""
        self._hold(time.monotonic())

    def run(self) -> None:
        """Renew for ever; a failure is retried, and the program continues to run."""
        while True:
            now = time.monotonic()
            due_at = min([now + _LONGEST_SLEEP_S, self._token.due_at(now), *self._due()])
            time.sleep(max(0.05, due_at - now))
            if not self.cycle():
                time.sleep(_AGAIN_S)

    def _due(self) -> list[float]:
        return [held.due_at for held in self._held.values()]

    def cycle(self) -> bool:
        """Renew the due token and leases, and read other due secrets again; log a failure. Return whether there was none."""
        try:
            self._renew_all()
        except VaultEnvError as error:
            self._is_refused = _is_token_refused(error)
            self._report(str(error).partition("\n")[0])
            return False
        self._report("")
        return True

    def _renew_all(self) -> None:
        """Act on the token, on leases and on other secrets. Raises a failure at the end, as far as others can be acted on."""
        deadline = Deadline(_ACTION_S)
        self._vault.within(deadline)
        is_refused, self._is_refused = self._is_refused, False
        if self._token.refresh(time.monotonic(), is_refused):
            self._is_new_token = True
            self._end_leases()
        failure = self._renew(deadline)
        stale = [question for question, held in self._due_now() if not held.renewable]
        if stale or self._is_new_token:
            self._vault.within(Deadline(_ACTION_S))
            self._read_again(stale)
        self._is_new_token = False
        if failure:
            raise failure

    def _report(self, failure: str) -> None:
        if failure and failure != self._failure:
            self._log.warn(f"secrets could not be renewed, the program runs on: {failure}")
        self._failure = failure

    def _due_now(self) -> list[tuple[Question, Held]]:
        now = time.monotonic()
        return [(question, held) for question, held in self._held.items() if held.due_at <= now]

    def _end_leases(self) -> None:
        """Schedule another read of the secrets that were leased with the old token: their leases end with it."""
        now = time.monotonic()
        for question, held in self._held.items():
            if held.terms.lease_id:
                self._held[question] = ended(held, now)

    def _renew(self, deadline: Deadline) -> VaultUnavailable | None:
        """Renew the due leases, and return the last failure. A lease that Vault cannot renew now is the last of the next cycle,
        so that it does not delay the others.
        """
        failure: VaultUnavailable | None = None
        for question, held in self._due_now():
            if deadline.passed() or not held.renewable:
                continue
            now = time.monotonic()
            del self._held[question]
            try:
                self._held[question] = renewal(self._vault, held, now)
            except (RequestRefused, PermissionRefused):
                self._held[question] = ended(held, now)
            except VaultUnavailable as error:
                self._held[question], failure = held, error
        return failure

    def _read_again(self, stale: list[Question]) -> None:
        """Read the stale secrets again; report the environment if it has changed."""
        previous = {question: self._reader.secrets[question] for question in stale}
        self._reader.forget(stale)
        try:
            environ = self._environ_from(self._reader, self._vault.token)
        except VaultEnvError:  # the others were read, which may have made leases
            unread = {
                question: previous[question] for question in stale if question not in self._reader.secrets
            }
            self._reader.secrets |= unread
            self._hold_again([question for question in stale if question not in unread])
            raise
        self._hold_again(stale)
        if environ != self._environ:
            self._environ = environ
            self._changed(environ)

    def _hold_again(self, questions: Iterable[Question]) -> None:
        """Schedule the secrets that were read again; those that nothing refers to any more have gone."""
        for question in questions:
            del self._held[question]
        self._hold(time.monotonic())

    def _hold(self, now: float) -> None:
        """Add the new secrets to the schedule, all with the same chance.

        Only static ones are read at the interval: the `ttl` of credentials that Vault rotates is another one at each read,
        and may be a variable.
        """
        interval_s, chance, date_s = self._settings.interval_s, posix.urandom(1)[0] / _BYTE, time.time()
        for question, secret in self._reader.secrets.items():
            if question not in self._held:
                found = _terms(secret, date_s)
                held = granted(found, Pace(interval_s if found.kind == STATIC else 0.0), now, chance)
                if held.due_at < NEVER:
                    self._held[question] = held


def _is_token_refused(error: VaultEnvError) -> bool:
    """Return whether Vault does not know the token any more, by one of the failed reads."""
    causes = [cause for _, _, cause in error.problems] if isinstance(error, NotResolved) else [error]
    return any(isinstance(cause, TokenRefused) for cause in causes)


def _terms(secret: Secret, date_s: float) -> Terms:
    """Return the terms of a secret.

    An answer without an end that is neither from KV nor a list of names, such as a ciphertext, is never read again.
    """
    if secret.from_kv or (isinstance(secret, Answer) and secret.is_list):
        return Terms(STATIC, secret.lease_s)
    found = terms(secret.lease_id, secret.lease_s, secret.renewable, secret.fields, date_s)
    return Terms(EXPIRING, NEVER) if found.kind == STATIC else found

"""Renewal of secrets while the program runs: renews leases, reads secrets again, and reports changes."""

from __future__ import annotations

import time

from vaultenv.basics.deadline import Deadline
from vaultenv.basics.system import posix
from vaultenv.errors import PermissionRefused, RequestRefused, VaultEnvError
from vaultenv.references.cached_answers import Answer
from vaultenv.renewal.schedule import EXPIRING, NEVER, STATIC, Pace, Terms, ended, granted, terms
from vaultenv.renewal.token import Token, renewal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
        self._failure = ""

    def run(self) -> None:
        """Renew for ever; a failure is retried, and the program continues to run."""
        self._hold(time.monotonic())
        while True:
            now = time.monotonic()
            due_at = min([now + _LONGEST_SLEEP_S, self._token.due_at(now), *self._due()])
            time.sleep(max(0.05, due_at - now))
            self._cycle()

    def _due(self) -> list[float]:
        return [held.due_at for held in self._held.values()]

    def _cycle(self) -> None:
        """Renew the due token and leases, and read other due secrets again; log a failure and pause."""
        self._vault.within(Deadline(_AGAIN_S * 4))
        try:
            self._is_new_token = self._token.refresh(time.monotonic()) or self._is_new_token
            old = self._of_old_token() if self._is_new_token else []
            stale = list(dict.fromkeys(old + self._renew(time.monotonic(), old)))
            if stale or self._is_new_token:
                self._read_again(stale)
            self._is_new_token = False
            self._report("")
        except VaultEnvError as error:
            self._report(str(error).partition("\n")[0])
            time.sleep(_AGAIN_S)

    def _report(self, failure: str) -> None:
        if failure and failure != self._failure:
            self._log.warn(f"secrets could not be renewed, the program runs on: {failure}")
        self._failure = failure

    def _of_old_token(self) -> list[Question]:
        """Return the questions whose leases have ended with the old token."""
        return [question for question, held in self._held.items() if held.terms.lease_id]

    def _renew(self, now: float, but: list[Question]) -> list[Question]:
        """Renew the due leases, except `but`; return the questions whose secrets must be read again."""
        due = [
            question for question, held in self._held.items() if held.due_at <= now and question not in but
        ]
        for question in due:
            try:
                self._held[question] = renewal(self._vault, self._held[question], now)
            except (RequestRefused, PermissionRefused):
                self._held[question] = ended(self._held[question], now)
        return [question for question in due if self._held[question].due_at <= now]

    def _read_again(self, stale: list[Question]) -> None:
        """Read the stale secrets again; report the environment if it has changed."""
        previous = {question: self._reader.secrets[question] for question in stale}
        self._reader.forget(stale)
        try:
            environ = self._environ_from(self._reader, self._vault.token)
        except VaultEnvError:
            self._reader.secrets.update(previous)
            raise
        for question in stale:
            self._held.pop(question, None)
        self._hold(time.monotonic())
        if environ != self._environ:
            self._environ = environ
            self._changed(environ)

    def _hold(self, now: float) -> None:
        """Add the new secrets to the schedule, all with the same chance."""
        pace, chance, date_s = Pace(self._settings.interval_s), posix.urandom(1)[0] / _BYTE, time.time()
        for question, secret in self._reader.secrets.items():
            if question not in self._held:
                held = granted(_terms(secret, date_s), pace, now, chance)
                if held.due_at < NEVER:
                    self._held[question] = held


def _terms(secret: Secret, date_s: float) -> Terms:
    """Return the terms of a secret.

    An answer without an end that is neither from KV nor a list of names, such as a ciphertext, is never read again.
    """
    if secret.from_kv or (isinstance(secret, Answer) and secret.is_list):
        return Terms(STATIC, secret.lease_s)
    found = terms(secret.lease_id, secret.lease_s, secret.renewable, secret.fields, date_s)
    return Terms(EXPIRING, NEVER) if found.kind == STATIC else found

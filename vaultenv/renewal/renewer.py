"""Renewal of secrets while the program runs: leases are renewed, secrets read again, changes reported."""

from __future__ import annotations

import time

from vaultenv.basics.deadline import Deadline
from vaultenv.basics.jsontext import dumps
from vaultenv.client.session import log_in, token_in_file
from vaultenv.errors import LoginFailed, NotResolved, PermissionRefused, RequestRefused, VaultEnvError
from vaultenv.references.parts import LOGIN
from vaultenv.renewal.lease import Lease

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.references.cache import CachingReader, Question
    from vaultenv.settings import Settings

    Environ = dict[bytes, bytes]
    ReadAgain = Callable[[CachingReader, str], Environ]

_LONGEST_SLEEP_S = 3600.0
_AGAIN_S = 5.0
_FILE_LOOK_S = 5.0


class Renewer:
    """Renews in a thread of its own.

    `read_again` makes the program's environment of a reader and a token; `changed` is called with each new one.
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
        self._leases: dict[Question, Lease] = {}
        self._token: Lease | None = None
        self._is_new_token = False
        self._file_token = self._first_file_token()
        self._failure = ""

    def run(self) -> None:
        """Renew for ever; a failure is retried, and the program runs on."""
        now = time.monotonic()
        self._token = self._token_lease(now)
        self._note_leases(now)
        next_look = now + (self._settings.interval_s or _LONGEST_SLEEP_S)
        while True:
            due = [lease.due_at() for lease in self._leases.values()]
            due += [self._token.due_at()] if self._token else []
            due += [time.monotonic() + _FILE_LOOK_S] if self._file_token else []
            time.sleep(max(0.05, min([next_look, *due]) - time.monotonic()))
            look = bool(self._settings.interval_s) and time.monotonic() >= next_look
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + (self._settings.interval_s or _LONGEST_SLEEP_S)
            self._cycle(look)

    def _cycle(self, refresh: bool) -> None:
        """Renew what is due, and with `refresh` read KV secrets again; log a failure and pause."""
        self._vault.within(Deadline(_AGAIN_S * 4))
        try:
            self._keep_token(time.monotonic())
            stale = [*self._leases] if self._is_new_token else self._renew(time.monotonic())
            if refresh:
                stale += [question for question, secret in self._reader.secrets.items() if secret.from_kv]
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

    def _renew(self, now: float) -> list[Question]:
        """Renew the leases that are due; return the questions whose secrets must be read again."""
        return [
            question
            for question, lease in self._leases.items()
            if lease.due_at() <= now and not self._renewed(lease, now)
        ]

    def _keep_token(self, now: float) -> None:
        """Renew the token, or replace it; leases of the old token end with it."""
        token = self._file_token and self._in_file()
        if token and token != self._file_token:
            self._log.info("the token file has another token")
        elif self._token and self._token.due_at() <= now and not self._renewed(self._token, now):
            self._log.info("the token cannot be renewed: logging in again")
        else:
            return
        log_in(self._vault, self._settings, self._log)
        self._file_token = token or self._file_token
        self._token = self._token_lease(now)
        self._is_new_token = True

    def _first_file_token(self) -> str:
        """The token that a file gave, which may hold another one by now; "" after a login, or for VAULT_TOKEN."""
        if self._settings.token and self._settings.token != LOGIN.decode():
            return ""
        if self._settings.unwrap_token:
            return self._in_file()
        return "" if self._vault.login_lease else self._vault.token

    def _in_file(self) -> str:
        """The token that the file holds now; "" while it cannot be read."""
        try:
            return token_in_file(self._settings)
        except LoginFailed:
            return ""

    def _renewed(self, lease: Lease, now: float) -> bool:
        """Return whether the lease lives on; raise VaultUnavailable while Vault cannot tell."""
        if not lease.renewable:
            return False
        try:
            answer = self._renewal(lease)
        except (RequestRefused, PermissionRefused):
            return False
        if not lease.renewed(answer, now):
            lease.end()
        return answer > 0

    def _renewal(self, lease: Lease) -> float:
        """Return the seconds that Vault grants."""
        if not lease.lease_id:
            answer = self._vault.call("PUT", "auth/token/renew-self", "{}").get("auth") or {}
        else:
            answer = self._vault.call("PUT", "sys/leases/renew", dumps({"lease_id": lease.lease_id}))
        return float(answer.get("lease_duration") or 0)

    def _read_again(self, stale: list[Question]) -> None:
        """Read the stale secrets again; report the environment if it has changed."""
        previous = {question: self._reader.secrets[question] for question in stale}
        self._reader.forget(stale)
        try:
            environ = self._environ_from(self._reader, self._vault.token)
        except NotResolved:
            self._reader.secrets.update(previous)
            raise
        for question in stale:
            self._leases.pop(question, None)
        self._note_leases(time.monotonic())
        if environ != self._environ:
            self._environ = environ
            self._changed(environ)

    def _note_leases(self, now: float) -> None:
        for question, secret in self._reader.secrets.items():
            if secret.lease_id and secret.lease_s and question not in self._leases:
                self._leases[question] = Lease(secret.lease_id, secret.lease_s, secret.renewable, now)

    def _token_lease(self, now: float) -> Lease | None:
        """Return the lease of our own login, or None: a token from outside is renewed by whoever provides it."""
        auth = self._vault.login_lease
        lease_s = float(auth.get("lease_duration") or 0)
        return Lease("", lease_s, auth.get("renewable") is True, now) if lease_s else None

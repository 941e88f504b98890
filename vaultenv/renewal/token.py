"""The token: renewed as long as Vault allows, then replaced by another login, or read from its file again."""

from __future__ import annotations

from vaultenv.basics.jsontext import dumps
from vaultenv.client.answers import auth_of
from vaultenv.client.session import is_static, log_in, token_in_file
from vaultenv.errors import LoginFailed, PermissionRefused, RequestRefused
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
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.renewal.schedule import Held
    from vaultenv.settings import Settings

_FILE_LOOK_S = 5.0
_AGAIN_S = 10.0
"""The least time between two logins where Vault refuses the token."""
_PACE = Pace(0.0)
_MIDDLE = 0.5


class Token:
    """Renews and replaces the token of a client that has logged in. Its repr shows no token.

    A token from outside is renewed by its provider; its file is read every few seconds.
    """

    __slots__ = ("_failures", "_file_token", "_held", "_log", "_settings", "_since", "_vault")

    def __init__(self, vault: Vault, settings: Settings, log: Log, now: float) -> None:
        self._vault = vault
        self._settings = settings
        self._log = log
        self._failures = 0
        self._since = now
        self._file_token = self._first_file_token()
        self._held = self._granted(now)

    @property
    def is_replaceable(self) -> bool:
        """Whether another login, or the token's file, may provide another token."""
        return bool(self._vault.login_lease or self._file_token)

    def due_at(self, now: float) -> float:
        """Return the monotonic time of the next call of `refresh`."""
        held_at = self._held.due_at if self._held else NEVER
        return min(held_at, now + _FILE_LOOK_S) if self._file_token else held_at

    def refresh(self, now: float, is_refused: bool) -> bool:
        """Renew or replace the token if due, or replace one that Vault refused; return whether it was replaced, so that
        the leases of the old token end. As long as the token's file has the refused token, there is none to replace it.

        Raises the errors of the login and VaultUnavailable, after which the next attempt is due after a pause.
        """
        in_file = self._file_token and self._in_file()
        if in_file and in_file != self._file_token:
            self._log.info("the token file has another token")
        elif is_refused and self.is_replaceable and not in_file and now >= self._since + _AGAIN_S:
            self._log.info("Vault does not know the token any more: logging in again")
        elif self._held and self._held.due_at <= now and not self._renewed(self._held, now):
            self._log.info("the token cannot be renewed: logging in again")
        else:
            return False
        self._replace(now)
        self._file_token = in_file or self._file_token
        return True

    def _replace(self, now: float) -> None:
        """Log in again, or read the token from its file again; raise the errors of the login, after which the token
        stays.
        """
        before = self._vault.token
        try:
            log_in(self._vault, self._settings, self._log)
        except Exception:
            self._vault.use(before)
            self._fail(now)
            raise
        self._failures, self._since = 0, now
        self._held = self._granted(now)

    def _fail(self, now: float) -> None:
        self._failures += 1
        if self._held:
            self._held = failed(ended(self._held, now), self._failures, now)

    def _renewed(self, held: Held, now: float) -> bool:
        try:
            self._held = renewal(self._vault, held, now)
        except (RequestRefused, PermissionRefused):
            return False
        except Exception:
            self._failures += 1
            self._held = failed(held, self._failures, now)
            raise
        self._failures = 0
        return self._held.due_at > now

    def _granted(self, now: float) -> Held | None:
        """Return the token of our own login with its next action, None for a token from outside."""
        auth = self._vault.login_lease
        lease_s = number_in(auth.get("lease_duration"))
        if not lease_s:
            return None
        return granted(Terms(LEASED, lease_s, "", auth.get("renewable") is True), _PACE, now, _MIDDLE)

    def _first_file_token(self) -> str:
        """Return the token that the token file had first; "" after a login, or for VAULT_TOKEN."""
        if is_static(self._settings):
            return ""
        if self._settings.unwrap_token:
            return self._in_file()
        return "" if self._vault.login_lease else self._vault.token

    def _in_file(self) -> str:
        """Return the present token in the file; "" while the file cannot be read."""
        try:
            return token_in_file(self._settings)
        except LoginFailed:
            return ""


def renewal(vault: Vault, held: Held, now: float) -> Held:
    """Renew a lease, or without a lease ID the token, and return its schedule: due at once if Vault grants no time.

    Raises RequestRefused or PermissionRefused when Vault refuses, VaultUnavailable when it does not answer.
    """
    if not held.renewable:
        return ended(held, now)
    if held.terms.lease_id:
        answer = vault.call("PUT", "sys/leases/renew", dumps({"lease_id": held.terms.lease_id}), retries=0)
    else:
        answer = auth_of(vault.call("PUT", "auth/token/renew-self", "{}", retries=0))
    lease_s = number_in(answer.get("lease_duration"))
    return renewed(held, lease_s, now) if lease_s else ended(held, now)

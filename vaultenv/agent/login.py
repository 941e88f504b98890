"""The agent's login: attempted with growing pauses, renewed, replaced where necessary, and written to the token files."""

from __future__ import annotations

from vaultenv.client.session import log_in
from vaultenv.errors import FileNotWritten, VaultEnvError, VaultUnavailable
from vaultenv.renewal.schedule import NEVER, backoff_s
from vaultenv.renewal.token import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vaultenv.agent.parts import Parts
    from vaultenv.agent.status import Status
    from vaultenv.client.wire import Meanwhile

_SINK = "/.vault-token"
_FILE_AGAIN_S = 10.0
"""The pause before the next attempt to write a token file that could not be written."""
LOGIN, TOKEN_FILE = "login", "token file"


class Login:
    """Logs in, and renews and writes the token of one agent."""

    def __init__(self, parts: Parts, meanwhile: Meanwhile) -> None:
        """`meanwhile` is called while Vault works on the first login."""
        self._settings = parts.agent_settings
        self._vault = parts.vault
        self._launcher = parts.settings
        self._log = parts.log
        self._clock = parts.clock
        self._writer = parts.writer
        self._meanwhile = meanwhile
        self._token: Token | None = None
        self._failures = 0
        self._next_at = 0.0
        self._logged_in_at = 0.0
        self._pending_files: list[str] = []

    @property
    def is_done(self) -> bool:
        """Whether there is a token."""
        return self._token is not None

    @property
    def logged_in_at(self) -> float:
        """The monotonic time of the last login; 0.0 before it."""
        return self._logged_in_at

    def adopt(self, token: str, auth: dict[str, Any], logged_in_at: float) -> bool:
        """Adopt the login of the previous agent unless Vault refuses its token; return whether it was adopted."""
        try:
            self._vault.use(token)
            self._vault.call("GET", "auth/token/lookup-self")
        except VaultUnavailable:
            pass  # Vault may still know it
        except VaultEnvError:
            return False
        self._vault.login_lease = auth
        self._token = Token(self._vault, self._launcher, self._log, logged_in_at)
        self._logged_in_at = logged_in_at
        self._pending_files = self._sinks()
        self._log.info("going on with the login of the agent before")
        return True

    def due_at(self, now: float) -> float:
        """Return the monotonic time of the next action."""
        if self._token is None:
            return self._next_at
        again_at = now + _FILE_AGAIN_S if self._pending_files else NEVER
        return min(again_at, max(self._next_at, self._token.due_at(now)))

    def keep(self, is_refused: bool, status: Status) -> bool:
        """Log in, renew the token, or replace it if it ends or `is_refused`; write it to the files that do not have it yet.
        Return whether the token is a new one.

        Failures are recorded in the status, and further attempts follow after a pause.
        """
        now = self._clock.monotonic()
        is_new = self._is_replaced(now, is_refused, status)
        if is_new:
            self._logged_in_at = now
            self._pending_files = self._sinks()
        self._write_token(status)
        return is_new

    def _is_replaced(self, now: float, is_refused: bool, status: Status) -> bool:
        if now < self._next_at:
            status.note_again(LOGIN)
            return False
        try:
            is_new = self._log_in_or_refresh(now, is_refused)
        except VaultEnvError as error:
            self._failures += 1
            least_s, most_s = self._settings.min_backoff_s, self._settings.max_backoff_s
            self._next_at = now + backoff_s(self._failures, least_s, most_s, self._clock.chance())
            status.note(LOGIN, error, self._clock.date())
            return False
        self._failures = 0
        return is_new

    def _log_in_or_refresh(self, now: float, is_refused: bool) -> bool:
        if self._token is None:
            log_in(self._vault, self._launcher, self._log, len(self._settings.files), self._meanwhile)
            self._token = Token(self._vault, self._launcher, self._log, now)
            return True
        return self._token.refresh(now, is_refused)

    def _sinks(self) -> list[str]:
        return [self._settings.home + _SINK, *filter(None, [self._settings.token_file])]

    def _write_token(self, status: Status) -> None:
        """Write the token to the pending files, of which there are none before the first login."""
        for target in list(self._pending_files):
            try:
                self._writer.write(target, self._vault.token.encode(), self._settings.token_mode)
                self._pending_files.remove(target)
            except FileNotWritten as error:
                status.note(TOKEN_FILE, error, self._clock.date())

"""Settings of the agent, which writes files from templates; `vaultenv/agent_document.py` reads and writes their text."""

from __future__ import annotations

from vaultenv.basics.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.template_sources import TemplateSource

INTERVAL_S, MIN_BACKOFF_S, MAX_BACKOFF_S = 300.0, 1.0, 300.0
LEASE_THRESHOLD = 0.9
HOME = "/home/vault"
TOKEN_MODE = 0o640
PORT = 8200
TRUE, FALSE, FORCE = "true", "false", "force"


class AgentFile(Record):
    """One file: its source and its absolute path; fields that are "" or None have the agent's defaults."""

    __slots__ = ("command", "file", "interval_s", "mode", "source", "template_file")

    def __init__(
        self,
        source: TemplateSource,
        file: str,
        template_file: str = "",
        mode: int | None = None,
        command: str = "",
        interval_s: float | None = None,
    ) -> None:
        self.source = source
        self.file = file
        self.template_file = template_file
        self.mode = mode
        self.command = command
        self.interval_s = interval_s


class Listener(Record):
    """A listener on 127.0.0.1: its port, whether requests get the agent's token, and whether /agent/v1/quit ends the agent."""

    __slots__ = ("port", "quit", "token")

    def __init__(self, port: int = PORT, token: str = TRUE, quit: bool = False) -> None:
        self.port = port
        self.token = token
        self.quit = quit


class AgentSettings(Record):
    """The settings of one agent."""

    __slots__ = (
        "exit_on_login_error",
        "exit_on_retry_failure",
        "files",
        "handover",
        "home",
        "interval_s",
        "lease_threshold",
        "listener",
        "max_backoff_s",
        "min_backoff_s",
        "revoke_on_shutdown",
        "token_file",
        "token_mode",
    )

    def __init__(
        self,
        files: tuple[AgentFile, ...] = (),
        token_file: str = "",
        interval_s: float = INTERVAL_S,
        lease_threshold: float = LEASE_THRESHOLD,
        exit_on_retry_failure: bool = True,
        exit_on_login_error: bool = False,
        min_backoff_s: float = MIN_BACKOFF_S,
        max_backoff_s: float = MAX_BACKOFF_S,
        revoke_on_shutdown: bool = False,
        home: str = HOME,
        handover: str = "",
        listener: Listener | None = None,
        token_mode: int = TOKEN_MODE,
    ) -> None:
        self.files = files
        self.token_file = token_file
        self.interval_s = interval_s
        self.lease_threshold = lease_threshold
        self.exit_on_retry_failure = exit_on_retry_failure
        self.exit_on_login_error = exit_on_login_error
        self.min_backoff_s = min_backoff_s
        self.max_backoff_s = max_backoff_s
        self.revoke_on_shutdown = revoke_on_shutdown
        self.home = home
        self.handover = handover
        self.listener = listener
        self.token_mode = token_mode

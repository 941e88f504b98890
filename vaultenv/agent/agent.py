"""Rounds of the agent: renew the token, renew or read secrets, render and write files, run commands."""

from __future__ import annotations

from vaultenv.agent.login import LOGIN, TOKEN_FILE, Login
from vaultenv.agent.secrets import Secrets
from vaultenv.agent.status import Status
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.text import bounded
from vaultenv.errors import FileNotWritten, NotResolved
from vaultenv.renewal.schedule import EXPIRING, NEVER, pause_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vaultenv.agent.parts import Parts
    from vaultenv.agent.rendering import File

    RunCommand = Callable[[str], str]

_ROUND_S = 60.0
"""The time limit for all requests of a round."""
_LARGEST_FILE = 1 << 20


class Agent:
    """Brings the files of one agent up to date, one `round` after another; a round waits only for answers of Vault."""

    def __init__(self, parts: Parts, run_command: RunCommand) -> None:
        """Only examine the targets; the first round parses the templates and reads Vault."""
        self._settings = settings = parts.agent_settings
        self._vault = parts.vault
        self._log = parts.log
        self._clock = parts.clock
        self._writer = writer = parts.writer
        self._run_command = run_command
        self._environ = parts.environ
        self._files: Sequence[File] | None = None
        self._unusable: NotResolved | None = None
        self._login = Login(parts, self._parse)
        self._secrets = Secrets(parts.vault, settings.lease_threshold, parts.clock)
        self._pending: dict[File, None] = {}
        self._unwritten: set[File] = set()
        self._write_failures = 0
        self._write_at = NEVER
        self._is_first = True
        self.status = Status(settings.home, writer, parts.log)
        self.status.is_complete = all(writer.exists(file.file) for file in settings.files)
        for folder in {file.file.rpartition("/")[0] for file in settings.files}:
            writer.sweep(folder or "/")

    @property
    def is_complete(self) -> bool:
        """Whether this process has brought every file up to date once."""
        return self._login.is_done and self._files is not None and not self._unwritten

    def round(self) -> None:
        """Perform the due actions; raise NotResolved with all templates that cannot be parsed, or with all
        problems if the first set of files cannot become complete.
        """
        self._vault.within(Deadline(_ROUND_S))
        self.status.begin()
        if self._is_first:
            self._adopt()
        if self._login.keep(self._secrets.token_refused, self.status):
            self._secrets.read_after_login()
        self._parse()
        if self._unusable:
            raise self._unusable
        if self._login.is_done:
            self._refresh()
        self._note_secrets()
        self.status.is_complete = self.status.is_complete or self.is_complete
        self.status.end()
        if not self.is_complete:
            self._give_up_if_hopeless()
        self.status.write(self.due_at())

    def due_at(self) -> float:
        """Return the monotonic time of the next round."""
        login_at = self._login.due_at(self._clock.monotonic())
        return min(login_at, self._write_at, self._secrets.due_at()) if self._login.is_done else login_at

    def hurry(self) -> None:
        """Render all files in the next round, after another read of failed and of static secrets."""
        self._secrets.hurry()
        self._pending = dict.fromkeys(self._files or ())

    def _parse(self) -> None:
        """Parse the templates, and load their language, once, while Vault works on a login; store an error in `_unusable`."""
        if self._files is not None:
            return
        from vaultenv.agent.rendering import parse_files

        self._files = []
        try:
            self._files = parse_files(self._settings.files, self._settings.interval_s, self._environ)
        except NotResolved as error:
            self._unusable = error
        self._pending, self._unwritten = dict.fromkeys(self._files), set(self._files)

    def _refresh(self) -> None:
        """Renew or read the due secrets, then render and write the files that use them."""
        from vaultenv.agent.rendering import render

        files = self._files or ()
        self._secrets.act()
        changed = self._secrets.pop_changes()
        self._pending |= dict.fromkeys(file for file in files if not changed.isdisjoint(file.used))
        render(list(self._pending), self._secrets, self._clock, self._content)
        self._secrets.pop_changes()  # first answers, whose files are rendered already
        commands: dict[str, None] = {}
        self._write_at = NEVER
        for file in list(self._pending):
            if file.output is None or self._is_written(file, commands):
                del self._pending[file]
        self._secrets.keep_only({need for file in files for need in file.used})
        self._run(commands)
        self._hand_over()

    def _adopt(self) -> None:
        """Adopt the login in the handover of the previous agent, if there is one, and what Vault issued to it.

        Leases end with a login that cannot be continued; certificates do not.
        """
        self._is_first = False
        file, now = self._settings.handover, self._clock.monotonic()
        if not file:
            return
        from vaultenv.agent.handover import read_handover

        found = read_handover(file, now)
        if found is None:
            return
        goes_on = not found.token or self._login.adopt(found.token, found.auth, found.logged_in_at)
        for need, body, held in found.issued:
            if goes_on or held.terms.kind == EXPIRING:
                self._secrets.adopt(need, body, held, self._settings.interval_s)

    def _hand_over(self) -> None:
        """Write the handover for the next agent of the pod."""
        if not self._settings.handover:
            return
        from vaultenv.agent.handover import MODE, Handover, handover_text

        auth = self._vault.login_lease
        token = self._vault.token if auth else ""
        handover = Handover(token, auth, self._login.logged_in_at, self._secrets.issued)
        try:
            self._writer.write(self._settings.handover, handover_text(handover), MODE)
        except FileNotWritten as error:
            self.status.note("handover", error, self._clock.date())

    def _is_written(self, file: File, commands: dict[str, None]) -> bool:
        """Write a rendered file, and add its command to `commands` if the file has changed; return whether it was written."""
        target, data = file.settings.file, file.output or b""
        file.output = None
        try:
            has_changed = self._writer.write(target, data, file.settings.mode)
        except FileNotWritten as error:
            self._write_failures += 1
            self._write_at = self._clock.monotonic() + pause_s(self._write_failures)
            self.status.note(_subject(file), error, self._clock.date())
            return False
        self._write_failures = 0
        self._unwritten.discard(file)
        if has_changed:
            self._log.info(f"rendered {file.name} to {target}")
            if file.settings.command:
                commands[file.settings.command] = None
        return True

    def _run(self, commands: Iterable[str]) -> None:
        for command in commands:
            wrong = self._run_command(command)
            if wrong:
                self._log.warn(f"the command {bounded(command, 120)!r} failed: {wrong}")

    def _content(self, target: str) -> str:
        """Return the text of a file that was written earlier, "" if there is none."""
        try:
            found = self._writer.read(target.encode("utf-8", "surrogateescape"), _LARGEST_FILE)
        except OSError:
            return ""
        return found.decode("utf-8", "surrogateescape")

    def _note_secrets(self) -> None:
        """Record each failed answer once, even if several files use it, and each failed template."""
        now, date_s = self._clock.monotonic(), self._clock.date()
        for need, entry in self._secrets.failures:
            if entry.error:
                since_s = date_s - now + self._secrets.stale_since(entry)
                self.status.note(f"secret {bounded(need.path, 240)}", entry.error, since_s)
        for file in self._files or ():
            if file.error and not file.lacks:
                self.status.note(_subject(file), file.error, date_s)

    def _give_up_if_hopeless(self) -> None:
        """Raise NotResolved for troubles that no later round corrects, or after the last repetition that the settings allow."""
        settings, troubles = self._settings, self.status.troubles
        is_hopeless = any(_subject(file) in troubles for file in self._files or ()) or TOKEN_FILE in troubles
        if settings.exit_on_login_error and LOGIN in troubles:
            is_hopeless = True
        if settings.exit_on_retry_failure and any(entry.is_lost for _, entry in self._secrets.failures):
            is_hopeless = True
        if is_hopeless:
            raise NotResolved([(what, "", trouble.error) for what, trouble in troubles.items()])


def _subject(file: File) -> str:
    return f"template {file.name}"

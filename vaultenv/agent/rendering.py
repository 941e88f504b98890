"""Rendering of files: templates are parsed once and rendered side by side, so that their requests are sent together."""

from __future__ import annotations

from vaultenv.basics.files import read_file, reason
from vaultenv.basics.text import bounded
from vaultenv.errors import InvalidSetting, NotResolved, SecretUnusable, VaultEnvError
from vaultenv.template.consul.answers import value_of
from vaultenv.template.consul.functions import POD_FACTS
from vaultenv.template.consul.needs import Certificate
from vaultenv.template.consul.template import UNITS, parse
from vaultenv.template.errors import TemplateError, placed
from vaultenv.template.expressions import ERROR, ZERO
from vaultenv.template.values import raw
from vaultenv.template.work import Work
from vaultenv.template_sources import LEFT, RIGHT, default_template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from vaultenv.agent.secrets import Secrets
    from vaultenv.agent_settings import AgentFile
    from vaultenv.renewal.schedule import Clock
    from vaultenv.template.consul.needs import Need
    from vaultenv.template.consul.template import Template

    Rounds = Generator[tuple[Need, ...], None, bytes]
    ReadTarget = Callable[[str], str]

_LONGEST_NAME = 120
_LONGEST_TEMPLATE = 1 << 20


class File:
    """One file: its template, the needs of its last rendering, and the result.

    Either `output` is the text, or `error` is the reason why the present answers give no text; with `lacks` only an answer
    of Vault is missing. Its repr shows no value.
    """

    __slots__ = (
        "error",
        "interval_s",
        "lacks",
        "missing_key",
        "name",
        "output",
        "settings",
        "template",
        "used",
    )

    def __init__(self, settings: AgentFile, interval_s: float, facts: Mapping[str, str]) -> None:
        """Parse the template; raise InvalidSetting with its line and column."""
        self.settings = settings
        self.interval_s = settings.interval_s or interval_s
        self.name = bounded(settings.source.name, _LONGEST_NAME)
        source = settings.source
        self.missing_key = ERROR if source.missing_key else ZERO
        try:
            self.template: Template = parse(_text(settings), source.name, *_delimiters(settings), facts)
        except TemplateError as error:
            raise InvalidSetting(placed(error)) from None
        self.used: dict[Need, None] = {}
        self.error: VaultEnvError | None = None
        self.lacks = False
        self.output: bytes | None = None


def parse_files(
    settings: Sequence[AgentFile], interval_s: float, environ: Mapping[bytes, bytes]
) -> list[File]:
    """Return the files in their order; raise NotResolved with all templates that cannot be parsed or read.

    Of `environ`, templates see what it has of POD_FACTS.
    """
    facts = {name: environ.get(name.encode(), b"").decode("utf-8", "surrogateescape") for name in POD_FACTS}
    files, problems = [], []
    for one in settings:
        try:
            files.append(File(one, interval_s, facts))
        except VaultEnvError as error:
            problems.append((f"template {bounded(one.source.name, _LONGEST_NAME)}", "", error))
    if problems:
        raise NotResolved(problems)
    return files


def render(files: Sequence[File], secrets: Secrets, clock: Clock, read_target: ReadTarget) -> None:
    """Read the missing answers, and render these files.

    `read_target` returns the text of a file that was written earlier, or "": a certificate in it that is still valid is
    used again.
    """
    runs = [_Run(file, secrets, clock) for file in files]
    while waiting := [run for run in runs if run.needs]:
        for run in waiting:
            run.want(read_target)
        secrets.read_new()
        for run in waiting:
            run.go_on()


class _Run:
    """One rendering in progress: it waits for `needs`, or has ended."""

    __slots__ = ("_clock", "_file", "_rounds", "_secrets", "needs")

    def __init__(self, file: File, secrets: Secrets, clock: Clock) -> None:
        self._file = file
        self._secrets = secrets
        self._clock = clock
        self._rounds = self._in_rounds()
        self.needs: tuple[Need, ...] = ()
        file.used, file.error, file.lacks, file.output = {}, None, False, None
        self.go_on()

    def want(self, read_target: ReadTarget) -> None:
        """Register the needs for the next read; a valid certificate in the file is used as the answer to its need."""
        for need in self.needs:
            entry = self._secrets.want(need, self._file.interval_s)
            if entry.body is None and isinstance(need, Certificate):
                self._reuse(need, read_target)

    def go_on(self) -> None:
        """Continue the rendering; a failure becomes the file's error."""
        file, self.needs = self._file, ()
        try:
            self.needs = next(self._rounds)
        except StopIteration as end:
            file.output = end.value
        except VaultEnvError as error:
            file.error, file.lacks = error, True
        except TemplateError as error:
            file.error = SecretUnusable(placed(error))

    def _in_rounds(self) -> Rounds:
        """Yield needs that may be unknown, and return the output; raise TemplateError, or the error of an answer."""
        file = self._file
        rounds = file.template.rounds(
            missing_key=file.missing_key, work=Work(UNITS), now_s=self._clock.date()
        )
        try:
            needs = next(rounds)
            while True:
                file.used |= dict.fromkeys(needs)
                yield needs
                needs = rounds.send({need: self._value(need) for need in needs})
        except StopIteration as end:
            return raw(end.value.text)

    def _value(self, need: Need) -> object:
        entry = self._secrets.want(need, self._file.interval_s)
        if entry.body is None:
            raise entry.error or SecretUnusable("there is no answer of Vault yet")
        return value_of(need, entry.body)

    def _reuse(self, need: Certificate, read_target: ReadTarget) -> None:
        """Reuse the certificate of the file's last content if it is the only one, and not near its end."""
        if any(isinstance(other, Certificate) and other != need for other in self._file.used):
            return
        from vaultenv.agent.certificates import held_in

        found = held_in(read_target(self._file.settings.file))
        if found is None:
            return
        leaf, body = found
        entry = self._secrets.want(need, self._file.interval_s)
        until_s = leaf.not_before_s + entry.pace.threshold * (leaf.not_after_s - leaf.not_before_s)
        if leaf.not_before_s <= self._clock.date() < until_s:
            self._secrets.hold(need, dict(body), entry)


def _delimiters(settings: AgentFile) -> tuple[str, str]:
    """Return the left and right delimiters of the settings, or of the default template."""
    source = settings.source
    return (source.left, source.right) if source.template or settings.template_file else (LEFT, RIGHT)


def _text(settings: AgentFile) -> str:
    """Return the template in the settings or in their file, or the default template for the path."""
    source = settings.source
    if source.template:
        return source.template
    if settings.template_file:
        try:
            return read_file(settings.template_file, _LONGEST_TEMPLATE).decode("utf-8", "surrogateescape")
        except OSError as error:
            raise InvalidSetting(
                f"{settings.template_file} cannot be read: {reason(error)}: mount it into the agent's container "
                "(agent-copy-volume-mounts, agent-extra-secret)"
            ) from None
    return default_template(source)

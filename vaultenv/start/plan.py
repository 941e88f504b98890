"""The plan of a start: the variables with references, and the program's environment made from them."""

from __future__ import annotations

import time

from vaultenv.basics.deadline import Deadline
from vaultenv.basics.text import bounded, shown
from vaultenv.errors import NotResolved, SecretUnusable, VaultEnvError
from vaultenv.references.parts import LOGIN, Ciphertext
from vaultenv.references.values import Transit, parse_values
from vaultenv.start.environment import child_environ, removed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vaultenv.basics.log import Log
    from vaultenv.references.cached_answers import BodyReader
    from vaultenv.references.frompath import FromPath
    from vaultenv.references.reader import Reader
    from vaultenv.settings import Settings
    from vaultenv.start.templates import Templates

_TEMPLATES = b"VAULT_ENV_TEMPLATES"
_TOKEN = b"VAULT_TOKEN"
MARKER = b"VAULT_ENV_MARKER"


class Plan:
    """Holds the references of one environment, and makes the program's environment.

    Raises InvalidReference for a bad VAULT_ENV_FROM_PATH, NotResolved for references that no Vault could resolve.
    """

    __slots__ = (
        "_deadline",
        "_environ",
        "_leaves_marker",
        "_log",
        "_parsed",
        "_prepared",
        "_settings",
        "_transit",
        "_warned_missing",
        "brought",
        "login",
        "paths",
        "sources",
        "templated",
        "values",
        "without",
    )

    def __init__(
        self, environ: Mapping[bytes, bytes], settings: Settings, log: Log, is_first: bool = False
    ) -> None:
        """Plan the start; `is_first` is true for the first process of a container."""
        self._environ = environ
        self._leaves_marker = is_first or settings.reuse
        self._log = log
        self._settings = settings
        self._prepared: Templates | None = None
        self._deadline: Deadline | None = None
        self.sources = settings.templates
        self.brought: list[bytes] = []
        self.templated: dict[bytes, str] = {}
        self.login = settings.token == LOGIN.decode()
        self.without = removed(self.login, settings.auth_method, settings.passthrough)
        self.paths = _paths(settings.from_path)
        self._transit = Transit(settings.transit_key, settings.transit_mount, settings.transit_batch_size)
        candidates = {name: value for name, value in environ.items() if not self._is_own(name)}
        self._parsed = parse_values(candidates, self._transit)
        self._warned_missing: set[bytes] = set()
        self.values = {name: environ[name] for name in self._parsed}

    def _is_own(self, name: bytes) -> bool:
        return name in self.without or name == _TEMPLATES or (self.login and name == _TOKEN)

    @property
    def needs_vault(self) -> bool:
        """Whether any secret or token is needed."""
        return bool(self.values or self.paths or self.sources or self.login)

    @property
    def reads(self) -> int:
        """The approximate number of paths to read: values that differ before the first `#`, one for each source."""
        written = len(self.paths) + len(self.sources)
        return written + len({value.partition(b"#")[0] for value in self.values.values()})

    def marker(self, brought: Iterable[bytes], left_out: Iterable[bytes] = ()) -> bytes:
        """Return the marker for a later launcher: a digest of all references, the names of variables from paths, and
        the names that were left out.
        """
        from vaultenv.basics.digest import sha256

        settings = self._settings
        texts = (settings.address, settings.namespace, settings.from_path)
        facts = [*(text.encode() for text in texts), b"%d" % self.login]
        if self.sources:
            facts.append(self._environ[_TEMPLATES])
        facts += [name + b"=" + value for name, value in sorted(self.values.items())]
        digest = sha256(b"".join(b"%d:%s" % (len(fact), fact) for fact in facts))
        return b"=".join((digest.hexdigest().encode(), *brought, b"", *left_out))

    def environ_from(self, running: Mapping[bytes, bytes]) -> dict[bytes, bytes] | None:
        """Return this program's environment with the values of a running one, or None unless both have the same plan."""
        if MARKER not in running:
            return None
        digest, *names = running[MARKER].split(b"=")
        if b"" not in names or digest != self.marker(()).partition(b"=")[0]:
            return None
        brought, left_out = names[: names.index(b"")], names[names.index(b"") + 1 :]
        references = [name for name in self.values if name not in left_out] + [_TOKEN] * self.login
        if not all(name in running for name in (*brought, *references)):
            return None
        return self._merged(
            {name: running[name] for name in references}, {name: running[name] for name in brought}
        )

    def prepare(self) -> None:
        """Parse the templates and load the modules that replace references, before `child_environ` does it, while Vault works
        on a login.
        """
        import vaultenv.references.resolve  # noqa: F401 (`_resolved` uses it)

        if not self.sources or self._prepared:
            return
        from vaultenv.start.templates import Templates

        deadline = self._deadline = Deadline(self._settings.timeout_s)
        self._prepared = Templates(self.sources, now_s=time.time(), check=lambda: _check(deadline))

    def child_environ(
        self, reader: Reader | None, token: str = "", body_reader: BodyReader | None = None
    ) -> dict[bytes, bytes]:
        """Return the program's environment; `reader` may be None if Vault is not needed, `body_reader` without templates.

        Afterwards `brought` has the names of all variables from paths and templates, and `templated` the source's name for
        each from a template. Raises NotResolved with all problems.
        """
        resolved: dict[bytes, bytes] = {}
        brought: dict[bytes, bytes] = {}
        if reader:
            resolved, brought = self._resolved(reader, body_reader)
        if self.login:
            resolved[_TOKEN] = token.encode()
        return self._merged(resolved, brought)

    def _merged(self, resolved: Mapping[bytes, bytes], brought: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        child = child_environ(self._environ, self.values, resolved, brought, self.without)
        if not self.needs_vault:
            return child
        child.pop(MARKER, None)
        left_out = [name for name in self.values if name not in resolved]
        own = self._environ.keys() - left_out
        self.brought = [name for name in brought if name in child and name not in own]
        if not self._leaves_marker:
            return child
        return {MARKER: self.marker(self.brought, left_out), **child}

    def _resolved(
        self, reader: Reader, body_reader: BodyReader | None
    ) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
        from vaultenv.references.resolve import from_path, resolve_values

        ignore_missing = self._settings.ignore_missing
        problems: list[tuple[str, str, VaultEnvError]] = []
        resolved: dict[bytes, bytes] = {}
        brought: dict[bytes, bytes] = {}
        self.prepare()
        templates, self._prepared = self._prepared, None
        deadline, self._deadline = self._deadline or Deadline(self._settings.timeout_s), None
        if templates:
            templates.raise_problems()  # before any read or write
        try:
            resolved = resolve_values(
                self._parsed,
                reader,
                transit=self._transit,
                ignore_missing=ignore_missing,
                before_each=lambda: _check(deadline),
            )
        except NotResolved as error:
            problems += error.problems
        try:
            brought = from_path(self.paths, reader, ignore_missing=ignore_missing, warn=self._log.warn)
        except NotResolved as error:
            problems += error.problems
        try:
            brought |= self._from_templates(templates, body_reader)
        except NotResolved as error:
            problems += error.problems
        problems += _with_nul({**brought, **resolved})
        if problems:
            raise NotResolved(problems)
        self._warn_missing({**brought, **resolved})
        return resolved, brought

    def _from_templates(
        self, templates: Templates | None, body_reader: BodyReader | None
    ) -> dict[bytes, bytes]:
        """Return the variables of all sources; a later source wins over an earlier one."""
        variables: dict[bytes, bytes] = {}
        for name, brought in templates.bring(body_reader) if templates and body_reader else ():
            variables |= brought
            self.templated |= dict.fromkeys(brought, name)
        return variables

    def _warn_missing(self, found: Mapping[bytes, bytes]) -> None:
        """Log a warning, once, for each variable whose missing secret is ignored, unless its reference is optional."""
        for name, value in self._parsed.items() if self._settings.ignore_missing else ():
            text = found.get(name)
            lost = [
                part
                for part, written in zip(value.parts, value.texts, strict=True)
                if not isinstance(part, bytes) and (text is None or (value.inline and written in text))
            ]
            if lost and name not in self._warned_missing and getattr(lost[0], "default", None) is None:
                self._warned_missing.add(name)
                outcome = "is left out" if text is None else "keeps its reference"
                fate = "is not decrypted" if isinstance(lost[0], Ciphertext) else "is missing"
                self._log.warn(
                    f"variable {shown(name)} {outcome}: {bounded(str(lost[0]), 240)} {fate}, and "
                    "VAULT_IGNORE_MISSING_SECRETS is set"
                )


def _check(deadline: Deadline) -> None:
    if deadline.passed():
        raise SecretUnusable(
            "replacing the references takes longer than VAULT_ENV_TIMEOUT: shorten the templates"
        )


def _paths(text: str) -> tuple[FromPath, ...]:
    if not text:
        return ()
    from vaultenv.references.frompath import parse_from_path

    return parse_from_path(text)


def _with_nul(variables: Mapping[bytes, bytes]) -> list[tuple[str, str, VaultEnvError]]:
    error = SecretUnusable(
        "the value holds a NUL byte, which no environment variable can: store it in base64"
    )
    return [(f"variable {shown(name)}", "", error) for name, value in variables.items() if b"\0" in value]

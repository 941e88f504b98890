"""What a start has to do: which variables hold references, and what the program's environment becomes."""

from vaultenv import environment
from vaultenv.errors import NotResolved
from vaultenv.frompath import parse_from_path
from vaultenv.reference import LOGIN, has_reference
from vaultenv.resolve import Transit, from_path, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vaultenv.reader import Reader
    from vaultenv.settings import Settings

_TOKEN = b"VAULT_TOKEN"
MARKER = b"VAULT_ENV_MARKER"


class Plan:
    """The references of one environment; raises InvalidReference for a bad VAULT_ENV_FROM_PATH."""

    __slots__ = ("_environ", "_settings", "login", "paths", "values", "without")

    def __init__(self, environ: "Mapping[bytes, bytes]", settings: "Settings") -> None:
        self._environ = environ
        self._settings = settings
        self.login = settings.token == LOGIN.decode()
        self.without = environment.removed(self.login, settings.passthrough)
        self.paths = parse_from_path(settings.from_path)
        self.values = {name: value for name, value in environ.items() if self._is_reference(name, value)}

    def _is_reference(self, name: bytes, value: bytes) -> bool:
        own = name in self.without or (self.login and name == _TOKEN)
        return not own and has_reference(value)

    @property
    def needs_vault(self) -> bool:
        """Whether anything has to be asked for."""
        return bool(self.values or self.paths or self.login)

    @property
    def reads(self) -> int:
        """About how many paths there are to read: what differs before the first `#`."""
        return len(self.paths) + len({value.partition(b"#")[0] for value in self.values.values()})

    def marker(self, names: "Iterable[bytes]") -> bytes:
        """What a launcher leaves for a later one: a digest of all references, and the names that paths
        brought.
        """
        from vaultenv.digest import sha256

        facts = [self._settings.address.encode(), self._settings.from_path.encode()]
        facts += [name + b"=" + value for name, value in sorted(self.values.items())]
        told = b"".join(b"%d:%s" % (len(fact), fact) for fact in facts)
        return b"=".join((sha256(told).hexdigest().encode(), *names))

    def environ_from(self, running: "Mapping[bytes, bytes]") -> dict[bytes, bytes] | None:
        """This program's environment with the values of a running one, None unless it was made from the same
        plan.
        """
        digest, *names = running.get(MARKER, b"").split(b"=")
        if (
            self.login
            or digest != self.marker(())
            or not all(name in running for name in (*names, *self.values))
        ):
            return None
        resolved = {name: running[name] for name in self.values}
        return self._merged(resolved, {name: running[name] for name in names})

    def child_environ(self, reader: "Reader | None", token: str = "") -> dict[bytes, bytes]:
        """The program's environment; no reader is needed if Vault is not. Raises NotResolved with all
        problems.
        """
        resolved: dict[bytes, bytes] = {}
        brought: dict[bytes, bytes] = {}
        if reader:
            resolved, brought = self._resolved(reader)
        if self.login:
            resolved[_TOKEN] = token.encode()
        return self._merged(resolved, brought)

    def _merged(
        self, resolved: "Mapping[bytes, bytes]", brought: "Mapping[bytes, bytes]"
    ) -> dict[bytes, bytes]:
        child = environment.child_environ(self._environ, self.values, resolved, brought, self.without)
        if not self._settings.reuse or not self.needs_vault:
            return child
        names = [name for name in brought if name in child and name not in self._environ]
        return {MARKER: self.marker(names), **child}

    def _resolved(self, reader: "Reader") -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
        settings, problems = self._settings, []
        transit = Transit(settings.transit_key, settings.transit_mount, settings.transit_batch_size)
        resolved: dict[bytes, bytes] = {}
        brought: dict[bytes, bytes] = {}
        try:
            resolved = resolve(self.values, reader, transit=transit, ignore_missing=settings.ignore_missing)
        except NotResolved as error:
            problems += error.problems
        try:
            brought = from_path(self.paths, reader, ignore_missing=settings.ignore_missing)
        except NotResolved as error:
            problems += error.problems
        if problems:
            raise NotResolved(problems)
        return resolved, brought

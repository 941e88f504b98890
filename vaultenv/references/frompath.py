"""The grammar of VAULT_ENV_FROM_PATH: all keys of its paths become variables.

from-path = item *( "," item )                      blanks around items are ignored
item      = path [ "#" [version] ["?"] ] *( ";" option )      "?": the path may be missing
option    = "prefix=" text                          put before each name
          | "only=" name *( "|" name )              no other keys; a name may end in "*"
          | "except=" [ name *( "|" name ) ]        not these keys; without a name, not the one that is empty
          | "containers=" name *( "|" name )        for the webhook: only these containers of the pod
"""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.errors import InvalidReference, SecretNotFound, SecretUnusable, VaultEnvError
from vaultenv.references.fields import Fault
from vaultenv.references.grammar import LATEST, is_version, normal_path
from vaultenv.references.secret import Secret, text_of

_OPTIONS = ("prefix", "only", "except", "containers")
# Variables that decide which code a program loads: a secret sets them only if `only=` names them.
_LOADING = ("PATH", "GCONV_PATH", "PYTHONPATH", "PYTHONHOME", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "BASH_ENV")
_LOADING_PREFIXES = ("LD_", "DYLD_")
_FORM = "write path#2;prefix=X_;only=a|b*;except=c"


class FromPath(Record):
    """A path in a version ("" is the latest), and the selection and naming of its keys as variables.

    `containers` is empty for all; the launcher ignores it.
    """

    __slots__ = ("containers", "excluded", "only", "optional", "path", "prefix", "version")

    def __init__(
        self,
        path: str,
        version: str = "",
        optional: bool = False,
        prefix: str = "",
        only: tuple[str, ...] = (),
        excluded: tuple[str, ...] = (),
        containers: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.version = version
        self.optional = optional
        self.prefix = prefix
        self.only = only
        self.excluded = excluded
        self.containers = containers

    def variables(self, secret: Secret | VaultEnvError) -> dict[bytes, bytes]:
        """Return the secret's keys as variables; none if it is optional and missing.

        Raises the error that is in place of a secret, or SecretUnusable, which names the path and the key.
        """
        if isinstance(secret, SecretNotFound) and self.optional:
            return {}
        if isinstance(secret, VaultEnvError):
            raise secret
        return {
            self._name(key).encode(): self._value(key, value)
            for key, value in secret.fields.items()
            if (not self.only or _matches(key, self.only)) and not _matches(key, self.excluded)
        }

    def _name(self, key: str) -> str:
        name = self.prefix + key
        if not key or "=" in name or not name.isprintable():
            raise self._unusable(key, f"cannot name a variable: rename it{_exclusion(key)}")
        if decides_code(name) and key not in self.only:
            raise self._unusable(key, "would change how programs load: add ;except=… or name it in ;only=…")
        return name

    def _value(self, key: str, value: object) -> bytes:
        try:
            return text_of(value)
        except SecretUnusable as error:
            raise self._unusable(key, str(error)) from None

    def _unusable(self, key: str, why: str) -> SecretUnusable:
        return SecretUnusable(f"key {key!r} under path: {self.path}: {why}")


def decides_code(name: str) -> bool:
    """Return whether a variable of this name decides which code a program loads."""
    return name in _LOADING or name.startswith(_LOADING_PREFIXES)


def _exclusion(key: str) -> str:
    """Return the advice to exclude the key by an option; "" if no option can do that."""
    writable = key
    for at, char in enumerate(key):
        if char in ",;|" or not char.isprintable():
            writable = key[:at].rstrip() + "*"
            break
    if writable == "*" or writable != writable.strip():
        return ""
    return f", or add ;except={writable}"


def _matches(key: str, patterns: tuple[str, ...]) -> bool:
    return any(key.startswith(p[:-1]) if p.endswith("*") else key == p for p in patterns)


def parse_from_path(text: str) -> tuple[FromPath, ...]:
    """Return the paths in their order, none for empty text; raise InvalidReference."""
    return tuple(_item(item.strip()) for item in text.split(",") if item.strip())


def _item(item: str) -> FromPath:
    source, *options = (part.strip() for part in item.split(";"))
    path, _, third = source.partition("#")
    version = third.removesuffix("?")
    try:
        if any(char < " " or char == "\x7f" for char in source):
            raise Fault(
                "a path holds a line break or another control character: commas stand between paths", 0
            )
        if not is_version(version):
            raise Fault("the version must be a number", len(path) + 1)
        chosen = _options(options, len(source))
        prefix = chosen.get("prefix", "")
        if "=" in prefix or not prefix.isprintable():
            raise Fault("the prefix cannot begin the name of a variable", item.index(";"))
        return FromPath(
            normal_path(path),
            "" if version in LATEST else version,
            third.endswith("?"),
            prefix,
            _names(chosen.get("only", "")),
            _names(chosen["except"]) or ("",) if "except" in chosen else (),
            _names(chosen.get("containers", "")),
        )
    except Fault as fault:
        raise InvalidReference(f"VAULT_ENV_FROM_PATH: {fault.message}: {_FORM}", item, fault.at) from None


def _options(options: list[str], at: int) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if name.strip() not in _OPTIONS or not equals:
            raise Fault(f"unknown option {name!r}", at)
        chosen[name.strip()] = value.strip()
    return chosen


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|") if name.strip())

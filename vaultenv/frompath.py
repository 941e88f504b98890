"""The grammar of VAULT_ENV_FROM_PATH: `path[#version]`, several divided by commas, blanks around them
ignored.
"""

from vaultenv.errors import InvalidReference, SecretUnusable, VaultEnvError
from vaultenv.record import Record
from vaultenv.reference import normal_path
from vaultenv.scan import Fault
from vaultenv.secret import Secret, text_of

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_LATER = _LETTERS | frozenset("0123456789.-")


class FromPath(Record):
    """A path, in a version ("" is the latest), whose keys all become variables."""

    __slots__ = ("path", "version")

    def __init__(self, path: str, version: str = "") -> None:
        self.path = path
        self.version = version

    def variables(self, secret: "Secret | VaultEnvError") -> dict[bytes, bytes]:
        """The secret's keys as variables; raises the error in its place, or SecretUnusable naming path and
        key.
        """
        if isinstance(secret, VaultEnvError):
            raise secret
        return {self._name(key): self._value(key, value) for key, value in secret.fields.items()}

    def _name(self, key: str) -> bytes:
        if key[:1] in _LETTERS and _LATER.issuperset(key):
            return key.encode()
        raise SecretUnusable(f"key '{key}' under path: {self.path} cannot name a variable: rename it")

    def _value(self, key: str, value: object) -> bytes:
        try:
            return text_of(value)
        except SecretUnusable as error:
            raise SecretUnusable(f"key '{key}' under path: {self.path}: {error}") from None


def parse_from_path(text: str) -> tuple[FromPath, ...]:
    """The paths in their order, none for empty text; raises InvalidReference."""
    return tuple(_one(item.strip()) for item in text.split(",") if item.strip())


def _one(item: str) -> FromPath:
    path, _, version = item.partition("#")
    try:
        if version and not (version.isascii() and version.isdigit()):
            raise Fault("VAULT_ENV_FROM_PATH: the version must be a number: write path#2", len(path) + 1)
        return FromPath(normal_path(path), version)
    except Fault as fault:
        raise InvalidReference(fault.message, item, fault.at) from None

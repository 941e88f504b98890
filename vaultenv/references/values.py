"""The values that have references, parsed before the first request to Vault."""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.basics.text import shown
from vaultenv.errors import InvalidReference, InvalidSetting, NotResolved, VaultEnvError
from vaultenv.references.grammar import parse
from vaultenv.references.parts import LOGIN_MISPLACED, Ciphertext, Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaultenv.references.parts import Part, Value


class Transit(Record):
    """Settings of decryption: the key ("" if none is set), the engine's mount, ciphertexts per request."""

    __slots__ = ("batch_size", "key", "mount")

    def __init__(self, key: str = "", mount: str = "transit", batch_size: int = 25) -> None:
        self.key = key
        self.mount = mount
        self.batch_size = batch_size


def parse_values(values: Mapping[bytes, bytes], transit: Transit) -> dict[bytes, Value]:
    """Return the values that have references, by name; plain text has no entry.

    Raises NotResolved with all problems that do not depend on Vault, so that nothing is written for a program
    that cannot start.
    """
    parsed: dict[bytes, Value] = {}
    problems: list[tuple[str, str, VaultEnvError]] = []
    for name, text in values.items():
        try:
            value = parse(text)
        except InvalidReference as error:
            problems.append((shown(name), error.reference, error))
            continue
        if value is not None:
            parsed[name] = value
            problems += [(shown(name), str(part), error) for part, error in _unusable(value, transit)]
    if problems:
        raise NotResolved(problems)
    return parsed


def _unusable(value: Value, transit: Transit) -> Iterator[tuple[Part, VaultEnvError]]:
    for part in value.parts:
        if isinstance(part, Login):
            yield part, InvalidSetting(LOGIN_MISPLACED)
        if isinstance(part, Ciphertext) and not transit.key:
            yield (
                part,
                InvalidSetting(
                    "found encrypted variable, but transit key ID is empty: set VAULT_TRANSIT_KEY_ID"
                ),
            )

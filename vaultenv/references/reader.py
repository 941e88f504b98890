"""The one seam between deciding what to read and reading it; implemented by both Vault clients and the file
store.
"""

from collections.abc import Sequence
from typing import Protocol

from vaultenv.errors import VaultEnvError
from vaultenv.references.secret import Secret


class Reader(Protocol):
    """Answers come in the order of the questions; an error concerns its own question only.

    VaultUnavailable and LoginFailed may be raised instead, when nothing can be read at all.
    """

    def read(self, wanted: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """The secrets at (path, version) pairs, each requested once; version "" is the latest."""

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        """What Vault answers to a write of a JSON object; never sent twice."""

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """The plaintexts from transit's `path` (`<mount>/decrypt/<key>`), in one request."""

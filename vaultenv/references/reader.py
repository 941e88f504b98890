"""The Protocol for readers of secrets, implemented by both Vault clients and the file store."""

from collections.abc import Sequence
from typing import Protocol

from vaultenv.errors import VaultEnvError
from vaultenv.references.secret import Secret


class Reader(Protocol):
    """Reads, writes and decrypts; answers are in the order of the questions, and an error concerns only its own
    question.

    VaultUnavailable and LoginFailed may be raised instead, if no question can be answered.
    """

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """Return the secrets at (path, version) pairs, each requested once; version "" is the latest."""

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        """Write a JSON object, never twice, and return Vault's answer."""

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """Return the plaintexts from transit's `path` (`<mount>/decrypt/<key>`), in one request."""

"""Requests repeated with a new login if Vault refuses them to a token that was used before.

The token may have been revoked, or its policies may have changed; a refused request has had no effect.
"""

from collections.abc import Callable, Sequence

from vaultenv.errors import PermissionRefused, VaultEnvError
from vaultenv.references.reader import Reader
from vaultenv.references.secret import Secret


class RepeatingReader:
    """A Reader that uses `reader`, and repeats refused requests with the Reader from `log_in_again`, which is called once."""

    def __init__(self, reader: Reader, log_in_again: Callable[[], Reader]) -> None:
        self._reader = reader
        self._log_in_again: Callable[[], Reader] | None = log_in_again

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """Return the secrets at (path, version) pairs."""
        answers = self._reader.read(questions)
        refused = [at for at, answer in enumerate(answers) if isinstance(answer, PermissionRefused)]
        if refused and self._is_renewed():
            for at, answer in zip(refused, self._reader.read([questions[at] for at in refused]), strict=True):
                answers[at] = answer
        return answers

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        """Write a JSON object, and return Vault's answer."""
        answer = self._reader.write(path, body)
        return self._reader.write(path, body) if self._may_repeat(answer) else answer

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """Return the plaintexts from transit's `path`."""
        answers = self._reader.decrypt(path, ciphertexts)
        return self._reader.decrypt(path, ciphertexts) if self._may_repeat(answers[0]) else answers

    def _may_repeat(self, answer: object) -> bool:
        return isinstance(answer, PermissionRefused) and self._is_renewed()

    def _is_renewed(self) -> bool:
        if self._log_in_again is None:
            return False
        self._reader, self._log_in_again = self._log_in_again(), None
        return True

"""A Reader that requests each secret once: for the daemon, and for references and paths that name the same secret."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vaultenv.errors import VaultEnvError
    from vaultenv.references.reader import Reader
    from vaultenv.references.secret import Secret

    Question = tuple[str, str] | tuple[str, str, str]


class CachingReader:
    """Caches the secrets of another Reader by their question: (path, version), or (path, body, "write")."""

    __slots__ = ("_plaintexts", "_reader", "secrets")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._plaintexts: dict[tuple[str, str], bytes] = {}
        self.secrets: dict[Question, Secret] = {}

    def forget(self, questions: Iterable[Question]) -> None:
        """Remove the answers to these questions, so that the next read requests them again."""
        for question in list(questions):
            self.secrets.pop(question, None)

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """Return the secrets, as `vaultenv.references.reader.Reader` defines; request only missing ones."""
        missing = [question for question in dict.fromkeys(questions) if question not in self.secrets]
        answers: dict[Question, Secret | VaultEnvError] = {**self.secrets}
        answers |= zip(missing, self._reader.read(missing) if missing else (), strict=True)
        for question in missing:
            self._keep(question, answers[question])
        return [answers[question] for question in questions]

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        """Write a JSON object, as `vaultenv.references.reader.Reader` defines, but the same one only once."""
        question = (path, body, "write")
        if question in self.secrets:
            return self.secrets[question]
        return self._keep(question, self._reader.write(path, body))

    def _keep(self, question: Question, answer: Secret | VaultEnvError) -> Secret | VaultEnvError:
        if not isinstance(answer, Exception):
            self.secrets[question] = answer
        return answer

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """Return the plaintexts, as `vaultenv.references.reader.Reader` defines; request only missing ones."""
        missing = [text for text in ciphertexts if (path, text) not in self._plaintexts]
        answers = dict(zip(missing, self._reader.decrypt(path, missing) if missing else (), strict=True))
        for text, answer in answers.items():
            if isinstance(answer, bytes):
                self._plaintexts[path, text] = answer
        return [answers[text] if text in answers else self._plaintexts[path, text] for text in ciphertexts]

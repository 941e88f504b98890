"""Answers to templates, each read once and cached with the secrets of a CachingReader: for the daemon."""

from __future__ import annotations

from vaultenv.errors import VaultEnvError
from vaultenv.references.secret import Secret, secret_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from vaultenv.references.cache import CachingReader

    Body = dict[str, Any]
    Query = Sequence[tuple[str, str]]

    class BodyReader(Protocol):
        """Reads and writes for templates, with Vault's whole answers; an error concerns only its own question."""

        def bodies(self, questions: Sequence[tuple[str, Query]]) -> list[Body | VaultEnvError]:
            """Return the JSON objects of reads at (path, query); a read with a possible second effect is not repeated."""

        def written(self, path: str, body: str) -> Body | VaultEnvError:
            """Write a JSON object, never twice, and return the answer's JSON object, {} if it has no content."""

        def mounts(self, paths: Sequence[str]) -> list[Body]:
            """Return Vault's answer about the mount of each path, or {}."""


_LIST = ("list", "true")


class Answer(Secret):
    """A secret with the JSON object of Vault's answer; with `is_list` it is the list of names below a path."""

    __slots__ = ("body", "is_list")

    def __init__(self, body: Body, is_list: bool = False) -> None:
        found = secret_of(body) or Secret({})
        super().__init__(
            found.fields, found.version, found.deleted, found.lease_id, found.lease_s, found.renewable
        )
        self.body = body
        self.is_list = is_list


class CachedAnswers:
    """Requests the answers that the reader has not cached. Mounts are looked up once; errors are not cached."""

    __slots__ = ("_mounts", "_reader", "_vault")

    def __init__(self, vault: BodyReader, reader: CachingReader) -> None:
        self._vault = vault
        self._reader = reader
        self._mounts: dict[str, Body] = {}

    def bodies(self, questions: Sequence[tuple[str, Query]]) -> list[Body | VaultEnvError]:
        """Return the JSON objects of reads at (path, query), or their errors."""
        secrets = self._reader.secrets
        keys = [
            (path, "".join(f"&{name}={value}" for name, value in query), "body") for path, query in questions
        ]
        missing = dict(
            (key, question) for key, question in zip(keys, questions, strict=True) if key not in secrets
        )
        found = self._vault.bodies(list(missing.values())) if missing else []
        errors: dict[tuple[str, str, str], VaultEnvError] = {}
        for (key, (_, query)), answer in zip(missing.items(), found, strict=True):
            if isinstance(answer, VaultEnvError):
                errors[key] = answer
            else:
                secrets[key] = Answer(answer, is_list=_LIST in query)
        return [errors[key] if key in errors else _body(secrets[key]) for key in keys]

    def written(self, path: str, body: str) -> Body | VaultEnvError:
        """Write a JSON object, unless its answer is cached, and return the answer's JSON object, or the error."""
        key = (path, body, "written")
        secrets = self._reader.secrets
        if key not in secrets:
            answer = self._vault.written(path, body)
            if isinstance(answer, VaultEnvError):
                return answer
            secrets[key] = Answer(answer)
        return _body(secrets[key])

    def mounts(self, paths: Sequence[str]) -> list[Body]:
        """Return Vault's answer about the mount of each path."""
        missing = [path for path in paths if path not in self._mounts]
        found = dict(zip(missing, self._vault.mounts(missing) if missing else (), strict=True))
        self._mounts |= {path: answer for path, answer in found.items() if answer}
        return [self._mounts.get(path) or found[path] for path in paths]


def _body(answer: Secret) -> Body:
    return answer.body if isinstance(answer, Answer) else {}

"""Answers of Vault to what templates ask: each need once in a start, the reads of a round together."""

from __future__ import annotations

from vaultenv.basics.jsontext import dumps
from vaultenv.client.mounts import Mounts
from vaultenv.errors import SecretNotFound, VaultEnvError
from vaultenv.template.consul.answers import certificate, secret
from vaultenv.template.consul.needs import Certificate, List, Read, Write
from vaultenv.template.types import NilStrings, Strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Protocol

    from vaultenv.client.answers import Body
    from vaultenv.template.consul.needs import Need

    Found = Mapping[Need, Body | VaultEnvError]

    class Asked(Protocol):
        """Vault, as templates need it; an error concerns its own question only."""

        def bodies(
            self, questions: Sequence[tuple[str, Sequence[tuple[str, str]]]]
        ) -> list[Body | VaultEnvError]:
            """Return the JSON objects of reads at (path, query); a read that could act twice is not repeated."""

        def written(self, path: str, body: str) -> Body | VaultEnvError:
            """Write a JSON object, never twice, and return the answer's JSON object."""

        def mounts(self, paths: Sequence[str]) -> list[Body]:
            """Return what Vault tells of the mount of each path, {} where it tells nothing."""


_LISTING = (("list", "true"),)


class Answering:
    """Asks Vault, and remembers the answers."""

    __slots__ = ("_known", "_mounts", "_vault")

    def __init__(self, vault: Asked) -> None:
        self._vault = vault
        self._mounts = Mounts(vault.mounts)
        self._known: dict[Need, Body | VaultEnvError] = {}

    def found(self, needs: Iterable[Need]) -> Found:
        """Return the answers to these needs, and to earlier ones: JSON objects, {} for names where there are none, or errors.

        Writes follow reads, in their order.
        """
        fresh = [need for need in dict.fromkeys(needs) if need not in self._known]
        self._mounts.learn([_path(need) for need in fresh if not isinstance(need, Certificate)])
        reads = [need for need in fresh if isinstance(need, (Read, List))]
        answers = self._vault.bodies([self._question(need) for need in reads]) if reads else []
        for question, answer in zip(reads, answers, strict=True):
            is_empty = isinstance(question, List) and isinstance(answer, SecretNotFound)
            self._known[question] = {} if is_empty else answer
        for need in fresh:
            if isinstance(need, Write):
                self._known[need] = self._write(need)
        return self._known

    def forget(self, needs: Iterable[Need]) -> None:
        """Forget the answers to these needs, so that they are asked for again."""
        for need in needs:
            self._known.pop(need, None)

    def _question(self, need: Read | List) -> tuple[str, Sequence[tuple[str, str]]]:
        mount = self._mounts.of(need.path)
        return (
            (mount.data(need.path), need.query)
            if isinstance(need, Read)
            else (mount.names(need.path), _LISTING)
        )

    def _write(self, need: Write) -> Body | VaultEnvError:
        data = dict(need.data)
        if isinstance(need, Certificate):
            return self._vault.written(need.path, dumps(data))
        mount = self._mounts.of(need.path)
        return self._vault.written(mount.data(need.path), dumps({"data": data} if mount.is_kv2 else data))


def value_of(need: Need, body: Body) -> object:
    """Return the answer as templates see it: a secret, a certificate, or names in their order."""
    if isinstance(need, List):
        names = (body.get("data") or {}).get("keys") or ()
        return Strings(sorted(name for name in names if isinstance(name, str))) or NilStrings()
    return certificate(body) if isinstance(need, Certificate) else secret(body)


def _path(need: Need) -> str:
    return need.path if isinstance(need, (Read, List, Write)) else ""

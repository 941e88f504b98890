"""Answers of Vault to the needs of templates: each need is read once in a start, all needs of a round together."""

from __future__ import annotations

from vaultenv.basics.jsontext import dumps
from vaultenv.client.mounts import Mounts
from vaultenv.errors import SecretNotFound, VaultEnvError
from vaultenv.references.secret import secret_of
from vaultenv.template.consul.needs import Certificate, List, Read, Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vaultenv.client.answers import Body
    from vaultenv.references.cached_answers import BodyReader
    from vaultenv.template.consul.needs import Need

    Found = Mapping[Need, Body | VaultEnvError]

_LISTING = (("list", "true"),)
_DATA = "/data/"


class Answering:
    """Reads and writes for needs, and caches the answers."""

    __slots__ = ("_known", "_mounts", "_vault")

    def __init__(self, vault: BodyReader) -> None:
        self._vault = vault
        self._mounts = Mounts(vault.mounts)
        self._known: dict[Need, Body | VaultEnvError] = {}

    def found(self, needs: Iterable[Need]) -> Found:
        """Return the answers to these and earlier needs: JSON objects ({} for an empty list of names), or errors.

        Writes follow reads, in their order.
        """
        fresh = [need for need in dict.fromkeys(needs) if need not in self._known]
        direct = self._read_directly([need for need in fresh if isinstance(need, Read)])
        unknown = [need for need in fresh if need not in self._known]
        self._mounts.learn([_path(need) for need in unknown if not isinstance(need, Certificate)])
        self._known |= {
            need: answer
            for need, answer in direct.items()
            if self._mounts.of(need.path).data(need.path) == need.path
        }
        self._read([need for need in unknown if isinstance(need, (Read, List)) and need not in self._known])
        for need in unknown:
            if isinstance(need, Write):
                self._known[need] = self._write(need)
        return self._known

    def _read_directly(self, reads: Sequence[Read]) -> Mapping[Read, Body | VaultEnvError]:
        """Read paths with `data/` unchanged, and return the answers that do not prove the type of their mount.

        All others are from KV version 2, by their form, or mean that Vault cannot answer: these need no look-up of the mount.
        """
        written = [need for need in reads if _DATA in need.path and not self._mounts.knows(need.path)]
        answers = self._vault.bodies([(need.path, need.query) for need in written]) if written else []
        found = dict(zip(written, answers, strict=True))
        self._known |= {need: answer for need, answer in found.items() if _is_final(answer)}
        return {need: answer for need, answer in found.items() if need not in self._known}

    def _read(self, reads: Sequence[Read | List]) -> None:
        answers = self._vault.bodies([self._question(need) for need in reads]) if reads else []
        for need, answer in zip(reads, answers, strict=True):
            is_empty = isinstance(need, List) and isinstance(answer, SecretNotFound)
            self._known[need] = {} if is_empty else answer

    def forget(self, needs: Iterable[Need]) -> None:
        """Forget the answers to these needs, so that they are read again."""
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
            issued = self._vault.written(need.path, dumps(data))
            return issued or SecretNotFound(f"path not found: {need.path}: the answer holds no certificate")
        mount = self._mounts.of(need.path)
        return self._vault.written(mount.data(need.path), dumps({"data": data} if mount.is_kv2 else data))


def _is_final(answer: Body | VaultEnvError) -> bool:
    """Return whether the answer has the form that only KV version 2 has for a read below `data/`, or is an outage."""
    if isinstance(answer, VaultEnvError):
        return answer.is_outage
    secret = secret_of(answer)
    return bool(secret and secret.version)


def _path(need: Need) -> str:
    return need.path if isinstance(need, (Read, List, Write)) else ""

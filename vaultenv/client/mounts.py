"""Paths of templates by the rules of consul-template: `secret/x` is `secret/data/x` if the mount is KV version 2.

`secrets` lists below `metadata/` there. Source: `shimKVv2Path` and `shimKvV2ListPath` of
https://github.com/hashicorp/consul-template/tree/main/dependency.
"""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.client.answers import data_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    LookUp = Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]

_VERSION_2 = "2"


class Mount(Record):
    """A mount: its path without a final slash, and whether it is KV version 2."""

    __slots__ = ("is_kv2", "path")

    def __init__(self, path: str, is_kv2: bool) -> None:
        self.path = path
        self.is_kv2 = is_kv2

    def has(self, path: str) -> bool:
        """Return whether the path is the mount's own or below it."""
        return f"{path}/".startswith(f"{self.path}/")

    def data(self, path: str) -> str:
        """Return the path at which a secret is read and written."""
        is_whole = self._rest(path).startswith(("data/", "metadata/", "subkeys/"))
        return path if is_whole or not self.is_kv2 else self._in("data", path)

    def names(self, path: str) -> str:
        """Return the path at which the names below `path` are listed."""
        is_whole = f"{self._rest(path)}/".startswith("metadata/")
        return path if is_whole or not self.is_kv2 else self._in("metadata", path)

    def _rest(self, path: str) -> str:
        return path[len(self.path) + 1 :]

    def _in(self, folder: str, path: str) -> str:
        return f"{self.path}/{folder}/{self._rest(path)}".rstrip("/")


def parse_mount(answer: Mapping[str, Any], path: str) -> Mount | None:
    """Return the mount of `path` from an answer of sys/internal/ui/mounts, or None if it names none.

    The answer may lack a namespace before the mount; the path supplies it.
    """
    data = data_of(answer)
    written, options = str(data.get("path") or "").strip("/"), data.get("options")
    at = f"/{path}/".find(f"/{written}/")
    if not written or at < 0:
        return None
    is_kv2 = isinstance(options, dict) and options.get("version") == _VERSION_2
    return Mount(path[: at + len(written)], is_kv2)


class Mounts:
    """Caches the mounts that were looked up in one start.

    A path with an unknown mount is used unchanged.
    """

    __slots__ = ("_known", "_look_up")

    def __init__(self, look_up: LookUp) -> None:
        """`look_up` returns the answers of sys/internal/ui/mounts for paths, {} for a refusal."""
        self._look_up = look_up
        self._known: list[Mount] = []

    def learn(self, paths: Sequence[str]) -> None:
        """Look up the unknown mounts: of one path for each first segment, then of the other paths."""
        for chosen in (_one_for_each_word, dict.fromkeys):
            unknown = list(chosen([path for path in paths if self._find(path) is None]))
            answers = self._look_up(unknown) if unknown else ()
            for path, answer in zip(unknown, answers, strict=True):
                self._known.append(parse_mount(answer, path) or Mount(path, is_kv2=False))

    def knows(self, path: str) -> bool:
        """Return whether the mount of a path was looked up."""
        return self._find(path) is not None

    def of(self, path: str) -> Mount:
        """Return the mount of a path; for an unknown mount, a mount with the path itself."""
        return self._find(path) or Mount(path, is_kv2=False)

    def _find(self, path: str) -> Mount | None:
        return next((mount for mount in self._known if mount.has(path)), None)


def _one_for_each_word(paths: Sequence[str]) -> list[str]:
    return list({path.partition("/")[0]: path for path in paths}.values())

"""The environment of an admitted container, as the kubelet makes it from `envFrom`, `env` and `$(NAME)`. Pure.

https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vaultkube.documents.base64 import decoded
from vaultkube.expansion import TooLong, expand

_MOST_BYTES = 4 << 20
"""Bytes of all variables of a pod: more than a program can be started with."""
_VARIABLE_BYTES = 64
"""Bytes that a variable takes beside its name and its value."""
_SOURCE_KINDS = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_KEY_FROM = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


class Source(NamedTuple):
    """A ConfigMap or Secret of the pod's namespace with values of variables."""

    kind: str
    name: str


Values = Mapping[str, bytes]
Sources = Mapping[Source, Values]


class Room:
    """Counts the bytes left for the variables of a pod: a ConfigMap may be named with many prefixes, by many containers."""

    def __init__(self, left_bytes: int = _MOST_BYTES) -> None:
        self.left_bytes = left_bytes

    def reserve(self, name: str, value: bytes) -> None:
        """Reserve the bytes of a variable or a key; raise TooLong if fewer are left, and at every later call."""
        self.left_bytes -= _VARIABLE_BYTES + len(name) + len(value)
        if self.left_bytes < 0:
            raise TooLong


def sources_of(container: Mapping[str, Any]) -> Iterator[Source]:
    """Yield the ConfigMaps and Secrets that the container's variables refer to."""
    for entry in container.get("envFrom") or ():
        yield from (
            Source(kind, entry[field]["name"]) for field, kind in _SOURCE_KINDS.items() if entry.get(field)
        )
    for entry in container.get("env") or ():
        origin = entry.get("valueFrom") or {}
        yield from (
            Source(kind, origin[field]["name"]) for field, kind in _KEY_FROM.items() if origin.get(field)
        )


def values_of(kind: str, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the values of a ConfigMap or, in base64, of a Secret."""
    data = document.get("data") or {}
    if kind == "Secret":
        return {key: decoded(text) or b"" for key, text in data.items()}
    return {key: text.encode() for key, text in data.items()}


def environment_of(container: Mapping[str, Any], sources: Sources, room: Room) -> dict[str, bytes]:
    """Return the variables with known values; ConfigMaps and Secrets that are not in `sources` add none.

    Raises TooLong if there is no room for them.
    """
    found: dict[str, bytes] = {}
    for entry in container.get("envFrom") or ():
        prefix = entry.get("prefix") or ""
        for field, kind in _SOURCE_KINDS.items():
            values = sources.get(Source(kind, entry[field]["name"]), {}) if entry.get(field) else {}
            for key, value in values.items():
                room.reserve(prefix + key, value)
                found[prefix + key] = value
    for entry in container.get("env") or ():
        own = _value(entry, found, sources, room.left_bytes)
        found.pop(entry["name"], None)
        if own is not None:
            room.reserve(entry["name"], own)
            found[entry["name"]] = own
    return found


def _value(
    entry: Mapping[str, Any], before: Mapping[str, bytes], sources: Sources, room_bytes: int
) -> bytes | None:
    origin = entry.get("valueFrom")
    if not origin:
        return expand((entry.get("value") or "").encode(), before.get, room_bytes)[0]
    for field, kind in _KEY_FROM.items():
        if origin.get(field):
            return sources.get(Source(kind, origin[field]["name"]), {}).get(origin[field].get("key"))
    return None
